//! What a database of the national system could not do, told without what it says about values.

use crate::base::Verdict;

/// A failure of the national system's database.
#[derive(Debug, thiserror::Error)]
pub enum NationalError {
    /// Its address is none.
    #[error("read the url of the national database; write postgresql://user@host/database")]
    Url,
    /// Personal data would go over a line that nobody vouches for.
    #[error("use the national database {name}: it is on another machine and no authorities are named")]
    Unauthenticated {
        /// Which.
        name: String,
    },
    /// It does not answer, or cannot work for now.
    #[error("reach the national database {name}: {detail}")]
    Away {
        /// Which.
        name: String,
        /// Why, without a value.
        detail: String,
    },
    /// A table, a column or a right is not as it must be.
    #[error("use the national database {name}: {reason}")]
    Misfit {
        /// Which.
        name: String,
        /// What is missing, and what to do.
        reason: String,
    },
    /// It refuses a value.
    #[error("put a record into the national database {name}: it refuses a value (SQLSTATE {state}{about})")]
    Refused {
        /// Which.
        name: String,
        /// The five characters of PostgreSQL's appendix A.
        state: String,
        /// The column or constraint, where the server names one.
        about: String,
    },
    /// It refuses the query about a person, or the query is not as it must be.
    #[error("ask the national database {name}: {reason}")]
    Query {
        /// Which.
        name: String,
        /// What is wrong, and what to do.
        reason: String,
    },
    /// The query about a person brings more than is taken.
    #[error(
        "ask the national database {name}: more than {rows_max} rows or {bytes_max} bytes about one person; let the query \
         ask for one person, or raise rows_max and bytes_max"
    )]
    TooMuch {
        /// Which.
        name: String,
        /// Most rows.
        rows_max: usize,
        /// Most bytes.
        bytes_max: usize,
    },
}

impl NationalError {
    /// What becomes of the work.
    pub fn verdict(&self) -> Verdict {
        match self {
            Self::Away { .. } => Verdict::Retry { not_before: None },
            Self::Url | Self::Unauthenticated { .. } | Self::Misfit { .. } => {
                Verdict::Park { code: "store.national_table" }
            }
            Self::Refused { .. } => Verdict::Park { code: "store.national_value" },
            Self::Query { .. } => Verdict::Park { code: "store.national_query" },
            Self::TooMuch { .. } => Verdict::Park { code: "store.national_rows" },
        }
    }

    pub(super) fn query(name: &str, reason: impl Into<String>) -> Self {
        Self::Query { name: name.to_owned(), reason: reason.into() }
    }

    /// Of a query about a person: what waiting mends is [`NationalError::Away`], all else is for whoever wrote the query.
    pub(super) fn of_query(name: &str, source: sqlx::Error) -> Self {
        if matches!(source, sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_)) {
            return Self::query(name, "it gives what is no text; cast that column in the query");
        }
        let sqlx::Error::Database(error) = &source else { return Self::of(name, source) };
        let is_server = error.try_downcast_ref::<sqlx::postgres::PgDatabaseError>().is_some();
        let state = error.code().unwrap_or_default().into_owned();
        if !is_server {
            // the lower eight bits are the result, the others say more of it
            let result = state.parse::<u32>().unwrap_or_default() & 0xff;
            return match result {
                SQLITE_ERROR | SQLITE_READONLY | SQLITE_MISMATCH | SQLITE_RANGE | SQLITE_NOTADB => {
                    Self::query(name, format!("it refuses the query (SQLite result {result}); correct it"))
                }
                _ => Self::Away { name: name.to_owned(), detail: format!("SQLite result {result}") },
            };
        }
        match state.get(..2) {
            Some("0A" | "21" | "22" | "25" | "42") => Self::query(
                name,
                format!(
                    "it refuses the query, or what is cast in it (SQLSTATE {state}); correct it, or the grants"
                ),
            ),
            Some(_) | None => Self::of(name, source),
        }
    }

    pub(super) fn misfit(name: &str, reason: impl Into<String>) -> Self {
        Self::Misfit { name: name.to_owned(), reason: reason.into() }
    }

    /// Only what the server says of itself is shown: its word about a value holds the value.
    pub(super) fn of(name: &str, source: sqlx::Error) -> Self {
        let name = name.to_owned();
        let sqlx::Error::Database(error) = &source else {
            return Self::Away { name, detail: of_line(&source) };
        };
        let state = error.code().unwrap_or_default().into_owned();
        let about = error.try_downcast_ref::<sqlx::postgres::PgDatabaseError>();
        let about = about.and_then(|error| error.column().or(error.constraint()));
        let about = about.map(|about| format!(", {about}")).unwrap_or_default();
        match state.get(..2) {
            Some("22" | "23") => Self::Refused { name, state, about },
            Some("42") => {
                let reason = format!(
                    "a table, column or right is not there any more (SQLSTATE {state}{about}); stazh doctor tells which"
                );
                Self::Misfit { name, reason }
            }
            Some("28" | "3D") => {
                Self::Away { name, detail: format!("it does not let us in (SQLSTATE {state})") }
            }
            Some(_) | None => Self::Away { name, detail: format!("SQLSTATE {state}") },
        }
    }
}

/// What is wrong with the line; never what came over it.
fn of_line(error: &sqlx::Error) -> String {
    if let sqlx::Error::Io(error) = error {
        return error.to_string();
    }
    if let sqlx::Error::Tls(error) = error {
        return error.to_string();
    }
    let told = if matches!(error, sqlx::Error::PoolTimedOut) {
        "no connection within 10 s"
    } else if matches!(error, sqlx::Error::Protocol(_)) {
        "it does not speak as PostgreSQL does"
    } else if matches!(error, sqlx::Error::PoolClosed) {
        "the node is stopping"
    } else {
        "what it says cannot be read"
    };
    told.to_owned()
}

/// Results of SQLite that waiting does not mend.
const SQLITE_ERROR: u32 = 1;
const SQLITE_READONLY: u32 = 8;
const SQLITE_MISMATCH: u32 = 20;
const SQLITE_RANGE: u32 = 25;
const SQLITE_NOTADB: u32 = 26;
