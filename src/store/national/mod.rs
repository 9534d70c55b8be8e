//! A database of the national system, on PostgreSQL or, where it is only asked about a person, in a file of SQLite: not the node's own, and nothing of the node is kept there.
//!
//! Which table, columns and statements is data of the settings; values are bound, never spliced. What the server says
//! about a value is not shown, since it shows the value.

mod error;
mod live;
mod query;
mod table;

pub use error::NationalError;
pub use live::{LivePlan, LiveQuery, LiveRows};
pub use query::NationalQuery;
pub use table::{NationalTable, Put, TablePlan};

use super::server::Server;
use crate::base::Secret;
use sqlx::PgPool;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions, PgSslMode};
use std::path::PathBuf;
use std::time::Duration;

/// Where it is and who we are there.
#[derive(Debug, Clone)]
pub struct NationalPlan {
    /// `postgresql://user@host/database`.
    pub url: String,
    /// The password, if one is asked for.
    pub password: Option<Secret<String>>,
    /// The authorities of its certificate; without, only a server on this machine is spoken to.
    pub authorities: Option<PathBuf>,
    /// How long a statement may take.
    pub statement_timeout_ms: u64,
}

/// A few connections to it, made when they are needed.
#[derive(Debug, Clone)]
struct National {
    /// Its database and host, for the operator.
    name: String,
    pool: PgPool,
}

impl National {
    fn open(plan: &NationalPlan, session: [(&str, &str); 1]) -> Result<Self, NationalError> {
        let password =
            plan.password.as_ref().map(|password| password.expose().trim_end_matches(['\r', '\n']));
        let Server { name, options } =
            Server::parse(&plan.url, password).map_err(|_shows_it| NationalError::Url)?;
        let is_near = is_near(&options);
        let options = match &plan.authorities {
            Some(authorities) => options.ssl_mode(PgSslMode::VerifyFull).ssl_root_cert(authorities),
            None if is_near => options,
            None => return Err(NationalError::Unauthenticated { name }),
        };
        let timeout = plan.statement_timeout_ms.to_string();
        let options = options.options([("statement_timeout", timeout.as_str())]).options(session);
        let pool = PgPoolOptions::new()
            .max_connections(CONNECTIONS_MAX)
            .acquire_timeout(ACQUIRE_TIMEOUT)
            .idle_timeout(IDLE_TIMEOUT)
            .connect_lazy_with(options);
        Ok(Self { name, pool })
    }

    /// What a failure means; the text of the server is left out.
    fn failed(&self, source: sqlx::Error) -> NationalError {
        NationalError::of(&self.name, source)
    }
}

/// A socket, or an address of this machine.
fn is_near(options: &PgConnectOptions) -> bool {
    options.get_socket().is_some() || ["localhost", "127.0.0.1", "::1"].contains(&options.get_host())
}

const CONNECTIONS_MAX: u32 = 8;
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(10);
const IDLE_TIMEOUT: Duration = Duration::from_secs(60);
