//! A query of the settings against a national database, which it can only read: rows come one by one, as JSON.

use super::{National, NationalError, NationalPlan};
use futures_util::TryStreamExt;
use std::time::Duration;
use tokio::time::timeout;

/// A query that goes on from a cursor.
#[derive(Debug)]
pub struct NationalQuery {
    national: National,
    statement: String,
    row_timeout: Duration,
}

impl NationalQuery {
    /// Prepares the way; nothing is asked yet. `$cursor` in the query is bound, never spliced. Call it within a runtime.
    ///
    /// # Errors
    /// The address is none, or nobody would vouch for the server.
    pub fn new(server: &NationalPlan, query: &str) -> Result<Self, NationalError> {
        let national = National::open(server, [("default_transaction_read_only", "on")])?;
        let row_timeout = Duration::from_millis(server.statement_timeout_ms.saturating_mul(2));
        Ok(Self { national, statement: as_json(query), row_timeout })
    }

    /// Gives rows after the cursor, each a JSON object of texts and nulls on one line, until `each` has had enough.
    ///
    /// # Errors
    /// The server does not answer, or refuses the query; rows given before that stand.
    pub async fn rows<E>(
        &self,
        cursor: &str,
        each: &mut (dyn FnMut(String) -> Result<bool, E> + Send),
    ) -> Result<Result<(), E>, NationalError> {
        let failed = |source| self.national.failed(source);
        let mut tx = timeout(self.row_timeout, self.national.pool.begin_with("BEGIN READ ONLY"))
            .await
            .map_err(|_elapsed| failed(sqlx::Error::PoolTimedOut))?
            .map_err(failed)?;
        // the query of the settings stands inside of what makes JSON of its rows; one statement alone is taken
        let query = sqlx::query_scalar(sqlx::AssertSqlSafe(self.statement.clone())).bind(cursor);
        let mut rows = query.fetch(&mut *tx);
        loop {
            let row: Option<String> = timeout(self.row_timeout, rows.try_next())
                .await
                .map_err(|_elapsed| failed(sqlx::Error::PoolTimedOut))?
                .map_err(failed)?;
            let Some(row) = row else { return Ok(Ok(())) };
            match each(row) {
                Ok(true) => {}
                Ok(false) => return Ok(Ok(())),
                Err(error) => return Ok(Err(error)),
            }
        }
    }
}

/// Every column as text, so that a profile reads it as it reads a file; NULL stays null.
fn as_json(query: &str) -> String {
    let query = query.trim().trim_end_matches(';').replace("$cursor", "$1");
    format!(
        "SELECT (SELECT json_object_agg(key, value) FROM json_each_text(row_to_json(asked)))::text \
         FROM (\n{query}\n) AS asked WHERE $1::text IS NOT NULL"
    )
}
