//! What the database could not do, and what becomes of it.

use crate::base::Verdict;
use std::sync::Arc;

/// A failure of the store. No variant carries the content of a row.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database could not be opened, created or reached.
    #[error("open the database {place}")]
    Open {
        /// Which file, or which database of which server.
        place: String,
        /// Why not.
        source: sqlx::Error,
    },
    /// The tables could not be brought to this program's version.
    #[error("bring the tables of {place} up to date")]
    Migrate {
        /// Which file, or which database of which server.
        place: String,
        /// Why not.
        source: sqlx::migrate::MigrateError,
    },
    /// The engine cannot keep what was acknowledged.
    #[error("accept {found}: at least {needed} is needed")]
    Engine {
        /// What was found.
        found: String,
        /// What is needed, and why.
        needed: &'static str,
    },
    /// None of the servers can be worked with as the primary.
    #[error("find the primary of the database: {told}")]
    NoPrimary {
        /// Why not, server by server.
        told: String,
    },
    /// The database cannot be used for now; the operator has been told.
    #[error("use the database before it is mended: {told}")]
    Unready {
        /// Why not.
        told: Arc<str>,
    },
    /// The notices between replicas do not get through.
    #[error("exchange notices with the other replicas")]
    Hint {
        /// Why not.
        source: sqlx::Error,
    },
    /// No transaction could be begun.
    #[error("begin a transaction")]
    Begin {
        /// Why not.
        source: sqlx::Error,
    },
    /// The transaction was not made durable.
    #[error("commit a transaction")]
    Commit {
        /// Why not; transactions that are committed together fail together.
        source: Arc<sqlx::Error>,
    },
    /// A statement failed.
    #[error("{action}")]
    Query {
        /// What the statement was for, as a verb and its object.
        action: &'static str,
        /// Why it failed.
        source: sqlx::Error,
    },
    /// A row holds what this program never writes.
    #[error("read column {column} of row {id} of {table}")]
    Row {
        /// The table.
        table: &'static str,
        /// The row's key.
        id: String,
        /// The column that makes no sense.
        column: &'static str,
    },
    /// A row is not where the transition starts: another worker was faster, or the lease was lost.
    #[error("move row {id} of {table} from {found} to {to}")]
    Transition {
        /// The table.
        table: &'static str,
        /// The row's key.
        id: String,
        /// The state it is in.
        found: &'static str,
        /// The state it was to reach.
        to: &'static str,
    },
    /// A transition names a row that is not there.
    #[error("find row {id} of {table}")]
    Missing {
        /// The table.
        table: &'static str,
        /// The row's key.
        id: String,
    },
}

impl StoreError {
    /// What becomes of the thing that was being stored.
    ///
    /// A row in another state than expected means that somebody else recorded the outcome, so the
    /// work is looked at again (`Retry`) and the row's own state decides. A row that cannot be
    /// read, a missing row and a refused statement are our bug or our disk: `Park`.
    pub fn verdict(&self) -> Verdict {
        match self {
            Self::NoPrimary { .. } | Self::Unready { .. } | Self::Hint { .. } => {
                Verdict::Retry { not_before: None }
            }
            // whatever a server has against us now, no message is to blame for it
            Self::Begin { source } if is_of_server(source) => Verdict::Retry { not_before: None },
            Self::Open { source, .. } | Self::Begin { source } | Self::Query { source, .. } => {
                verdict_of(source)
            }
            Self::Commit { source } => verdict_of(source),
            Self::Migrate { .. } => Verdict::Park { code: "store.migrate" },
            Self::Engine { .. } => Verdict::Park { code: "store.engine" },
            Self::Row { .. } => Verdict::Park { code: "store.row" },
            Self::Missing { .. } => Verdict::Park { code: "store.missing" },
            Self::Transition { .. } => Verdict::Retry { not_before: None },
        }
    }

    /// Whether the operator was told of the cause when it began, and need not be told each time.
    pub fn is_told(&self) -> bool {
        matches!(self, Self::Unready { .. })
    }
}

fn is_of_server(source: &sqlx::Error) -> bool {
    if let sqlx::Error::Database(error) = source {
        return error.try_downcast_ref::<sqlx::postgres::PgDatabaseError>().is_some();
    }
    matches!(source, sqlx::Error::Tls(_) | sqlx::Error::Protocol(_) | sqlx::Error::BeginFailed)
}

/// A busy or full database passes, and so does a disk that cannot be written for a while: a quota, a lost mount, a
/// file system that was remounted. A broken file or a wrong statement does not.
fn verdict_of(source: &sqlx::Error) -> Verdict {
    if matches!(source, sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed | sqlx::Error::Io(_)) {
        return Verdict::Retry { not_before: None };
    }
    let sqlx::Error::Database(database) = source else {
        return Verdict::Park { code: "store.query" };
    };
    let code = database.code().unwrap_or_default();
    if database.try_downcast_ref::<sqlx::postgres::PgDatabaseError>().is_some() {
        return verdict_of_sqlstate(&code);
    }
    // The low byte is the class, the rest its refinement (https://www.sqlite.org/rescode.html).
    match code.parse::<i32>().ok().map(|code| code & 0xff) {
        Some(BUSY | LOCKED | FULL | READONLY | IOERR) => Verdict::Retry { not_before: None },
        Some(CANTOPEN) => Verdict::Park { code: "store.disk" },
        Some(CORRUPT | NOTADB) => Verdict::Park { code: "store.corrupt" },
        Some(_) | None => Verdict::Park { code: "store.query" },
    }
}

/// A server that is full, stops, starts, fails over or finds a deadlock passes (PostgreSQL, appendix A).
fn verdict_of_sqlstate(code: &str) -> Verdict {
    match code.get(..2) {
        Some("08" | "40" | "53" | "57") => Verdict::Retry { not_before: None },
        // a standby before it is promoted, a server told not to write, a transaction that stood still too long
        Some("25") if code == "25006" || code == "25P03" => Verdict::Retry { not_before: None },
        Some("55") if code == "55P03" => Verdict::Retry { not_before: None }, // a lock that was not to be had
        Some("58") => Verdict::Park { code: "store.disk" },
        Some("XX") => Verdict::Park { code: "store.corrupt" },
        Some("28" | "3D" | "42") if !code.starts_with("42601") => Verdict::Park { code: "store.access" },
        Some(_) | None => Verdict::Park { code: "store.query" },
    }
}

const BUSY: i32 = 5;
const LOCKED: i32 = 6;
const READONLY: i32 = 8;
const IOERR: i32 = 10;
const CORRUPT: i32 = 11;
const FULL: i32 = 13;
const CANTOPEN: i32 = 14;
const NOTADB: i32 = 26;
