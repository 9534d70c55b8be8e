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
