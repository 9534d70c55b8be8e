//! A table of the national system into which records are put, each document once.

use super::{National, NationalError, NationalPlan};
use crate::store::postgres::in_time;
use std::sync::{Arc, Mutex, PoisonError};

/// Which table and columns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TablePlan {
    /// `schema.table`, or a table of the search path.
    pub table: String,
    /// The columns that are filled, in the order of the values.
    pub columns: Vec<String>,
    /// The one of them with the document id: unique, so that what is put twice is there once.
    pub key: String,
}

/// The table, as the node puts into it.
#[derive(Debug)]
pub struct NationalTable {
    national: National,
    plan: TablePlan,
    /// The statement, once the table was looked at.
    statement: Mutex<Option<Arc<str>>>,
}

/// Whether a record was put.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Put {
    /// It is there now.
    First,
    /// It was there before.
    AlreadyThere,
}

/// A column as its server describes it.
#[derive(sqlx::FromRow)]
struct Column {
    name: String,
    kind: String,
    is_needed: bool,
    may_insert: bool,
    may_select: bool,
}

impl NationalTable {
    /// Prepares the way; nothing is asked yet. Call it within a runtime.
    ///
    /// # Errors
    /// The address is none, or nobody would vouch for the server.
    pub fn new(server: &NationalPlan, plan: TablePlan) -> Result<Self, NationalError> {
        // what is acknowledged is on its disk, whatever it does by default
        let national = National::open(server, [("synchronous_commit", "on")])?;
        Ok(Self { national, plan, statement: Mutex::new(None) })
    }

    /// Sees that the table is there, with all columns and rights that are needed.
    ///
    /// # Errors
    /// The first thing that is missing, or the server does not answer.
    pub async fn check(&self) -> Result<(), NationalError> {
        let statement = self.look().await?;
        *self.statement.lock().unwrap_or_else(PoisonError::into_inner) = Some(statement.into());
        Ok(())
    }

    /// Puts a record: one text for each column, or nothing.
    ///
    /// # Errors
    /// It is not there; the verdict says whether it may be later.
    pub async fn put(&self, values: &[Option<String>]) -> Result<Put, NationalError> {
        let known = self.statement.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let statement = match known {
            Some(statement) => statement,
            None => self.look().await?.into(),
        };
        // what the settings and the server's catalogue made: identifiers are quoted, values are bound
        let mut query = sqlx::query(sqlx::AssertSqlSafe(statement.to_string()));
        for value in values {
            query = query.bind(value.as_deref());
        }
        let done = in_time(query.execute(&self.national.pool)).await;
        let mut held = self.statement.lock().unwrap_or_else(PoisonError::into_inner);
        match done {
            Ok(done) => {
                *held = Some(statement);
                Ok(if done.rows_affected() == 0 { Put::AlreadyThere } else { Put::First })
            }
            Err(source) => {
                *held = None; // the table may be another one now
                Err(self.national.failed(source))
            }
        }
    }

    /// Looks at the table and makes the statement for it.
    async fn look(&self) -> Result<String, NationalError> {
        let TablePlan { table, columns, key } = &self.plan;
        let (name, quoted) = (&self.national.name, quoted_table(table));
        let misfit = |reason: String| NationalError::misfit(name, reason);
        let asked = in_time(sqlx::query_as(COLUMNS).bind(&quoted).fetch_all(&self.national.pool)).await;
        let found: Vec<Column> = asked.map_err(|source| self.national.failed(source))?;
        if found.is_empty() {
            return Err(misfit(format!(
                "there is no table {table}; make it, or correct table in the settings"
            )));
        }
        let mut kinds = Vec::new();
        for wanted in columns {
            let column = found.iter().find(|column| column.name == *wanted).ok_or_else(|| {
                misfit(format!(
                    "table {table} has no column {wanted}; add it, or take it out of the settings"
                ))
            })?;
            if !column.may_insert {
                return Err(misfit(format!("we may not INSERT into column {wanted} of {table}; grant it")));
            }
            kinds.push(column.kind.as_str());
        }
        if found.iter().any(|column| column.name == *key && !column.may_select) {
            return Err(misfit(format!(
                "we may not SELECT column {key} of {table}, which ON CONFLICT needs; grant it"
            )));
        }
        if let Some(column) = found.iter().find(|column| column.is_needed && !columns.contains(&column.name))
        {
            return Err(misfit(format!(
                "column {} of {table} must not be null and has no default; fill it by the settings, or give it one",
                column.name
            )));
        }
        let asked =
            in_time(sqlx::query_scalar(UNIQUE).bind(&quoted).bind(key).fetch_one(&self.national.pool));
        let is_unique: bool = asked.await.map_err(|source| self.national.failed(source))?;
        if !is_unique {
            return Err(misfit(format!(
                "column {key} of {table} is not unique by itself: a record could be there twice; make it the primary key"
            )));
        }
        Ok(statement(&quoted, columns, &kinds, key))
    }
}

fn statement(table: &str, columns: &[String], kinds: &[&str], key: &str) -> String {
    let names: Vec<String> = columns.iter().map(|name| quoted(name)).collect();
    // the names of types are the server's own, quoted by it where need be
    let values = kinds.iter().zip(1..).map(|(kind, number)| format!("CAST(${number}::text AS {kind})"));
    let values: Vec<String> = values.collect();
    let (names, values, key) = (names.join(", "), values.join(", "), quoted(key));
    format!("INSERT INTO {table} ({names}) VALUES ({values}) ON CONFLICT ({key}) DO NOTHING")
}

fn quoted_table(table: &str) -> String {
    table.split('.').map(quoted).collect::<Vec<_>>().join(".")
}

/// An identifier of the settings, whatever stands in it.
fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

const COLUMNS: &str = "
    SELECT a.attname::text AS name, format_type(a.atttypid, a.atttypmod) AS kind,
        a.attnotnull AND NOT a.atthasdef AND a.attidentity = '' AS is_needed,
        has_column_privilege(a.attrelid, a.attnum, 'INSERT') AS may_insert,
        has_column_privilege(a.attrelid, a.attnum, 'SELECT') AS may_select
    FROM pg_attribute a
    WHERE a.attrelid = to_regclass($1) AND a.attnum > 0 AND NOT a.attisdropped";

const UNIQUE: &str = "
    SELECT EXISTS (
        SELECT 1 FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
        WHERE i.indrelid = to_regclass($1) AND a.attname = $2 AND i.indnkeyatts = 1
            AND i.indisunique AND i.indimmediate AND i.indisvalid AND i.indpred IS NULL)";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_the_settings_are_quoted_whatever_they_hold() {
        let columns = ["id".to_owned(), "a\"); DROP TABLE x; --".to_owned()];
        assert_eq!(
            statement(&quoted_table("s.t\"x"), &columns, &["uuid", "character varying(3)"], "id"),
            "INSERT INTO \"s\".\"t\"\"x\" (\"id\", \"a\"\"); DROP TABLE x; --\") VALUES (CAST($1::text AS uuid), \
             CAST($2::text AS character varying(3))) ON CONFLICT (\"id\") DO NOTHING"
        );
    }
}
