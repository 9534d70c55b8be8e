//! A query of the settings about one person, asked of a national database while an inquiry waits: it can only read,
//! within bounds of time, rows and bytes. Values are bound under the names that the query gives them, never spliced.

use super::{National, NationalError, NationalPlan};
use futures_util::TryStreamExt;
use serde_json::{Map, Value};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{
    AssertSqlSafe, Column, ConnectOptions, Connection, Executor, PgConnection, Postgres, Row, SqlSafeStr,
    Sqlite, Statement,
};
use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use tokio::time::timeout;

/// Where a person is asked about, by which query, and how much may come of it.
#[derive(Debug, Clone)]
pub struct LivePlan {
    /// The database: a server, or `sqlite:` and a file.
    pub server: NationalPlan,
    /// One SELECT with `$name` for what is asked.
    pub query: String,
    /// The names that are known.
    pub names: &'static [&'static str],
    /// Most rows about one person.
    pub rows_max: usize,
    /// Most bytes of them.
    pub bytes_max: usize,
}

/// A query about one person.
#[derive(Debug)]
pub struct LiveQuery {
    way: Way,
    bounds: Bounds,
    /// The query, whose parameters are numbered.
    query: String,
    /// Which of the known names each parameter is.
    parameters: Vec<usize>,
}

/// What a query brought, as texts; NULL is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LiveRows {
    /// The names of the columns, each once.
    pub columns: Vec<String>,
    /// The rows, a value for each column.
    pub rows: Vec<Vec<Option<String>>>,
}

#[derive(Debug)]
enum Way {
    Server(National),
    File { name: String, options: Box<SqliteConnectOptions> },
}

#[derive(Debug, Clone, Copy)]
struct Bounds {
    statement: Duration,
    rows_max: usize,
    bytes_max: usize,
}

impl LiveQuery {
    /// Prepares the way; nothing is asked yet. Call it within a runtime.
    ///
    /// # Errors
    /// The address is none, nobody would vouch for the server, or the query names what is not known.
    pub fn new(plan: &LivePlan) -> Result<Self, NationalError> {
        let bounds = Bounds {
            statement: Duration::from_millis(plan.server.statement_timeout_ms),
            rows_max: plan.rows_max,
            bytes_max: plan.bytes_max,
        };
        let (way, mark) = match file_of(&plan.server.url) {
            Some(path) => (Way::of_file(&path, bounds), '?'),
            None => {
                (Way::Server(National::open(&plan.server, [("default_transaction_read_only", "on")])?), '$')
            }
        };
        let (query, parameters) = numbered(&plan.query, plan.names, mark)
            .map_err(|unknown| NationalError::query(way.name(), unnamed(&unknown, plan.names)))?;
        Ok(Self { way, bounds, query, parameters })
    }

    /// The names of the columns that the query gives; nothing is read.
    ///
    /// # Errors
    /// The database does not answer, or refuses the query.
    pub async fn columns(&self) -> Result<Vec<String>, NationalError> {
        self.in_time(async {
            match &self.way {
                Way::Server(national) => {
                    let mut connection = national.pool.acquire().await?;
                    columns(&mut *connection, &self.wrapped(), &self.texts::<Postgres>()).await
                }
                Way::File { options, .. } => {
                    let mut file = self.connect(options).await?;
                    columns(&mut file, &self.wrapped(), &self.texts::<Sqlite>()).await
                }
            }
        })
        .await
        .and_then(|columns| self.each_once(columns))
    }

    /// Asks for each set of values, in the order of the known names; sets that are the same for the query are asked once,
    /// and a row that came with one set does not come again with another.
    ///
    /// # Errors
    /// The database does not answer in time, refuses the query, or gives more than is taken.
    pub async fn ask(&self, sets: &[Vec<Option<String>>]) -> Result<LiveRows, NationalError> {
        let sets = self.bound(sets);
        if sets.len() > SETS_MAX {
            let reason = format!(
                "the person has so many numbers and names that it would be asked {} times",
                sets.len()
            );
            return Err(NationalError::query(self.way.name(), reason));
        }
        let (columns, gathered) = self
            .in_time(async {
                match &self.way {
                    Way::Server(national) => self.ask_server(national, &sets).await,
                    Way::File { options, .. } => self.ask_file(options, &sets).await,
                }
            })
            .await?;
        if gathered.is_too_much {
            let Bounds { rows_max, bytes_max, .. } = self.bounds;
            let name = self.way.name().to_owned();
            return Err(NationalError::TooMuch { name, rows_max, bytes_max });
        }
        Ok(LiveRows { columns: self.each_once(columns)?, rows: gathered.rows })
    }

    async fn ask_server(&self, national: &National, sets: &[Values]) -> Result<Asked, sqlx::Error> {
        // one snapshot for all sets
        let begin = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
        let mut tx = national.pool.begin_with(begin).await?;
        let connection: &mut PgConnection = &mut tx;
        let columns = columns(&mut *connection, &self.wrapped(), &self.texts::<Postgres>()).await?;
        let mut gathered = Gathered::new(self.bounds);
        let sql = self.as_json();
        for set in sets {
            let mut query = sqlx::query_scalar(AssertSqlSafe(sql.clone()));
            for value in set {
                query = query.bind(value.as_deref());
            }
            let mut rows = query.fetch(&mut *connection);
            while let Some(row) = rows.try_next().await? {
                let row: Option<String> = row;
                let values = row.map(|row| of_json(&columns, &row));
                if !gathered.take(values) {
                    return Ok((columns, gathered));
                }
            }
            drop(rows);
            gathered.end_of_set();
        }
        Ok((columns, gathered))
    }

    async fn ask_file(&self, options: &SqliteConnectOptions, sets: &[Values]) -> Result<Asked, sqlx::Error> {
        let mut file = self.connect(options).await?;
        let mut tx = file.begin().await?;
        let columns = columns(&mut *tx, &self.wrapped(), &self.texts::<Sqlite>()).await?;
        let mut gathered = Gathered::new(self.bounds);
        let sql = self.wrapped();
        for set in sets {
            let mut query = sqlx::query(AssertSqlSafe(sql.clone()));
            for value in set {
                query = query.bind(value.as_deref());
            }
            let mut rows = query.fetch(&mut *tx);
            while let Some(row) = rows.try_next().await? {
                // whatever its type, SQLite gives it as text
                let value = |at: usize| row.try_get_unchecked::<Option<String>, _>(at);
                let values = (0..columns.len()).map(value).collect::<Result<Vec<_>, _>>()?;
                if !gathered.take(Some(values)) {
                    return Ok((columns, gathered));
                }
            }
            drop(rows);
            gathered.end_of_set();
        }
        Ok((columns, gathered))
    }

    /// A connection whose statements end in time: the file is read by a thread that nobody can cut off.
    async fn connect(&self, options: &SqliteConnectOptions) -> Result<SqliteConnection, sqlx::Error> {
        let mut file = options.connect().await?;
        let (begun, most) = (Instant::now(), self.bounds.statement);
        file.lock_handle().await?.set_progress_handler(STEPS, move || begun.elapsed() < most);
        Ok(file)
    }

    /// The values for the parameters, each set once.
    fn bound(&self, sets: &[Vec<Option<String>>]) -> Vec<Values> {
        let mut bound: Vec<Values> = Vec::new();
        for set in sets {
            let value = |at: &usize| set.get(*at).cloned().flatten();
            let values: Values = self.parameters.iter().map(value).collect();
            if !bound.contains(&values) {
                bound.push(values);
            }
        }
        bound
    }

    /// Every parameter is a text.
    fn texts<D: sqlx::Database>(&self) -> Vec<D::TypeInfo>
    where
        String: sqlx::Type<D>,
    {
        self.parameters.iter().map(|_| <String as sqlx::Type<D>>::type_info()).collect()
    }

    async fn in_time<T>(
        &self,
        work: impl Future<Output = Result<T, sqlx::Error>>,
    ) -> Result<T, NationalError> {
        let most = self.bounds.statement.saturating_mul(2);
        let done = timeout(most, work).await.map_err(|_elapsed| NationalError::Away {
            name: self.way.name().to_owned(),
            detail: format!("no answer within {} ms", most.as_millis()),
        })?;
        done.map_err(|source| NationalError::of_query(self.way.name(), source))
    }

    fn each_once(&self, columns: Vec<String>) -> Result<Vec<String>, NationalError> {
        let mut seen = HashSet::new();
        match columns.iter().find(|column| !seen.insert(column.as_str())) {
            Some(twice) => Err(NationalError::query(
                self.way.name(),
                format!("the query gives the column {twice} twice; name one of them otherwise"),
            )),
            None => Ok(columns),
        }
    }

    /// One statement alone is taken.
    fn wrapped(&self) -> String {
        format!("SELECT * FROM (\n{}\n) AS asked", self.query)
    }

    /// Every column as text; a row that is larger than all rows may be does not leave the server.
    fn as_json(&self) -> String {
        format!(
            "SELECT CASE WHEN octet_length(told) <= {} THEN told END FROM (\
             SELECT (SELECT json_object_agg(key, value) FROM json_each_text(row_to_json(asked)))::text AS told \
             FROM (\n{}\n) AS asked) AS rows",
            self.bounds.bytes_max, self.query
        )
    }
}

/// What is bound for one set.
type Values = Vec<Option<String>>;
type Asked = (Vec<String>, Gathered);

impl Way {
    fn of_file(path: &Path, bounds: Bounds) -> Self {
        let options = SqliteConnectOptions::new().filename(path).read_only(true);
        let options = options.busy_timeout(bounds.statement).disable_statement_logging();
        Self::File { name: path.display().to_string(), options: Box::new(options) }
    }

    /// Its database, for the operator.
    fn name(&self) -> &str {
        match self {
            Self::Server(national) => &national.name,
            Self::File { name, .. } => name,
        }
    }
}

/// Rows of all sets, within their bounds.
struct Gathered {
    bounds: Bounds,
    rows: Vec<Values>,
    bytes: usize,
    is_too_much: bool,
    /// Those of the sets before.
    before: HashSet<Values>,
    of_set: usize,
}

impl Gathered {
    fn new(bounds: Bounds) -> Self {
        let (rows, before) = (Vec::new(), HashSet::new());
        Self { bounds, rows, bytes: 0, is_too_much: false, before, of_set: 0 }
    }

    /// Takes a row, if it is not larger than all may be. False if that was too much.
    fn take(&mut self, row: Option<Values>) -> bool {
        let Some(row) = row else {
            self.is_too_much = true;
            return false;
        };
        if self.before.contains(&row) {
            return true;
        }
        self.bytes += row.iter().flatten().map(String::len).sum::<usize>();
        self.rows.push(row);
        self.is_too_much = self.rows.len() > self.bounds.rows_max || self.bytes > self.bounds.bytes_max;
        !self.is_too_much
    }

    fn end_of_set(&mut self) {
        self.before.extend(self.rows.iter().skip(self.of_set).cloned());
        self.of_set = self.rows.len();
    }
}

/// The names of the columns of a statement.
async fn columns<'c, D, E>(
    connection: E,
    sql: &str,
    parameters: &[D::TypeInfo],
) -> Result<Vec<String>, sqlx::Error>
where
    D: sqlx::Database,
    E: Executor<'c, Database = D>,
{
    // the query of the settings, whose values are bound
    let sql = AssertSqlSafe(sql.to_owned()).into_sql_str();
    let statement = connection.prepare_with(sql, parameters).await?;
    Ok(statement.columns().iter().map(|column| column.name().to_owned()).collect())
}

/// The values of a row that the server made JSON of.
fn of_json(columns: &[String], row: &str) -> Values {
    let row: Map<String, Value> = serde_json::from_str(row).unwrap_or_default();
    let value = |column: &String| row.get(column).and_then(Value::as_str).map(str::to_owned);
    columns.iter().map(value).collect()
}

/// The file of a `sqlite:` address.
fn file_of(url: &str) -> Option<PathBuf> {
    url.strip_prefix("sqlite:").map(PathBuf::from)
}

/// Puts a number for each `$name`, wherever it stands; the name that is not known, if there is one.
fn numbered(query: &str, known: &[&str], mark: char) -> Result<(String, Vec<usize>), String> {
    let query = query.trim().trim_end_matches(';');
    let mut parts = query.split('$');
    let mut text = parts.next().unwrap_or_default().to_owned();
    let mut parameters: Vec<usize> = Vec::new();
    for part in parts {
        let is_of_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let end = part.find(|c| !is_of_name(c)).unwrap_or(part.len());
        let (name, rest) = part.split_at(end);
        let Some(at) = known.iter().position(|own| *own == name) else { return Err(name.to_owned()) };
        let number = parameters.iter().position(|own| *own == at).unwrap_or_else(|| {
            parameters.push(at);
            parameters.len() - 1
        });
        text.push_str(&format!("{mark}{}{rest}", number + 1));
    }
    Ok((text, parameters))
}

fn unnamed(unknown: &str, known: &[&str]) -> String {
    let known = known.join(", $");
    format!("the query has ${unknown}; what can be asked is ${known}")
}

/// A person has a few numbers, and two names at most.
const SETS_MAX: usize = 32;

/// So many steps of SQLite's machine between two looks at the clock.
const STEPS: i32 = 10_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_a_query_become_numbers_and_one_that_is_not_known_is_told() {
        let known = ["number", "number_kind", "family"];
        let query =
            "SELECT * FROM t WHERE a = $family AND b = $number OR c = $number_kind AND d = $family::text;";
        let (text, parameters) = numbered(query, &known, '$').unwrap();
        assert_eq!(text, "SELECT * FROM t WHERE a = $1 AND b = $2 OR c = $3 AND d = $1::text");
        assert_eq!(parameters, [2, 0, 1]);
        assert_eq!(numbered("a = $family", &known, '?').unwrap().0, "a = ?1");
        for unknown in ["$numbers", "$1", "$$a$$", "$"] {
            assert!(numbered(&format!("SELECT {unknown}"), &known, '$').is_err(), "{unknown}");
        }
    }
}
