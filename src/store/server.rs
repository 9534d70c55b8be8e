//! One PostgreSQL server: where it is, what it says of itself, and why it may not be worked with.

use super::StoreError;
use crate::base::with_causes;
use sqlx::ConnectOptions;
use sqlx::postgres::PgConnectOptions;
use std::time::Duration;
use tokio::time::timeout;

/// A server that may be the primary.
#[derive(Debug, Clone)]
pub(super) struct Server {
    /// Its database and host, for the operator.
    pub(super) name: String,
    /// How to connect to it.
    pub(super) options: PgConnectOptions,
}

/// A primary that can be worked with.
#[derive(Debug, Clone)]
pub(super) struct Found {
    pub(super) server: Server,
    pub(super) facts: Facts,
}

/// What a server says of itself.
#[derive(Debug, Clone, sqlx::FromRow)]
pub(super) struct Facts {
    pub(super) version: String,
    pub(super) fsync: String,
    pub(super) synchronous_commit: String,
    pub(super) encoding: String,
    /// Which database cluster it is a copy of.
    pub(super) system: String,
    pub(super) is_in_recovery: bool,
    pub(super) is_read_only: bool,
    /// How often a standby was promoted before; a standby has none of its own.
    #[sqlx(try_from = "i64")]
    pub(super) timeline: u32,
    pub(super) standbys_demanded: String,
    /// How many standbys it waits for are there; absent if we may not see them.
    pub(super) standbys_waited_for: Option<i64>,
}

/// Why a server may not be worked with.
#[derive(Debug)]
pub(super) enum Refusal {
    /// It could not be asked.
    Unreached(sqlx::Error),
    /// It follows a primary.
    Standby,
    /// It is the primary, but told not to write.
    ReadOnly,
    /// It was a primary before another one was promoted.
    Overtaken,
    /// It is a copy of another database cluster than the others.
    Foreign,
    /// It would not keep what was acknowledged.
    Unfit {
        /// What was found.
        found: String,
        /// What is needed, and why.
        needed: &'static str,
    },
}

impl Server {
    /// A server by its address.
    pub(super) fn parse(url: &str, password: Option<&str>) -> Result<Self, StoreError> {
        let options: PgConnectOptions = url
            .parse()
            .map_err(|source| StoreError::Open { place: "the database on PostgreSQL".to_owned(), source })?;
        let options = match password {
            Some(password) => options.password(password),
            None => options,
        };
        let host = match options.get_socket() {
            Some(folder) => folder.display().to_string(),
            None => options.get_host().to_owned(),
        };
        let port = match options.get_port() {
            PORT => String::new(),
            port => format!(":{port}"),
        };
        let name = format!("{} at {host}{port}", options.get_database().unwrap_or("the database"));
        // A server must not hold the locks of a replica whose machine is gone, nor work on what nobody waits for.
        // Its statements are a few hundred, and the library keeps a hundred of them prepared for a connection if not told
        // otherwise: the others would be sent, read and planned anew each time.
        let options = options.statement_cache_capacity(STATEMENTS).application_name("stazh").options([
            ("statement_timeout", "30s"),
            ("idle_in_transaction_session_timeout", "30s"),
            ("tcp_keepalives_idle", "10"),
            ("tcp_keepalives_interval", "5"),
            ("tcp_keepalives_count", "3"),
            ("tcp_user_timeout", "30000"),
        ]);
        Ok(Self { name, options })
    }

    /// Asks it what it is, on a connection of its own.
    pub(super) async fn ask(&self) -> Result<Facts, sqlx::Error> {
        let asking = async {
            let mut connection = self.options.connect().await?;
            let facts = sqlx::query_as(FACTS).fetch_one(&mut connection).await?;
            let _ = sqlx::Connection::close(connection).await; // it answered; how it parts does not matter
            Ok(facts)
        };
        timeout(ASK_FOR, asking).await.unwrap_or_else(|_elapsed| Err(sqlx::Error::PoolTimedOut))
    }
}

impl Found {
    /// Whether it is the same server in the same life.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        self.server.name == other.server.name && self.facts.timeline == other.facts.timeline
    }
}

impl Facts {
    /// Why it may not be worked with, if so; `newest` is the latest timeline this process has worked on.
    pub(super) fn refusal(&self, newest: u32) -> Option<Refusal> {
        if self.is_in_recovery {
            return Some(Refusal::Standby);
        }
        if self.timeline < newest {
            return Some(Refusal::Overtaken);
        }
        if self.is_read_only {
            return Some(Refusal::ReadOnly);
        }
        self.unfit().map(|(found, needed)| Refusal::Unfit { found, needed })
    }

    /// What a server must promise: a commit is on its disk when it returns, and every character can be stored.
    pub(super) fn unfit(&self) -> Option<(String, &'static str)> {
        let version = &self.version;
        let is_recent = version.parse::<u32>().is_ok_and(|version| version >= 140_000);
        if !is_recent {
            return Some((format!("PostgreSQL {version}"), "PostgreSQL 14"));
        }
        if self.fsync != "on" {
            let needed = "fsync = on, or a power cut takes back what was acknowledged";
            return Some((format!("fsync = {}", self.fsync), needed));
        }
        if self.synchronous_commit == "off" {
            let needed = "synchronous_commit = on or more, or a power cut takes back what was acknowledged";
            return Some((format!("synchronous_commit = {}", self.synchronous_commit), needed));
        }
        let encoding = &self.encoding;
        (encoding != "UTF8").then(|| (format!("the encoding {encoding}"), "a database in the encoding UTF8"))
    }

    /// What a failover could cost, if anything.
    pub(super) fn failover_gap(&self) -> Option<String> {
        const LOST: &str = "what was acknowledged may be lost at a failover";
        if self.standbys_demanded.trim().is_empty() {
            return Some(format!(
                "{LOST}: the primary waits for no standby; set synchronous_standby_names on it"
            ));
        }
        if !matches!(self.synchronous_commit.as_str(), "on" | "remote_apply") {
            let found = &self.synchronous_commit;
            return Some(format!("{LOST}: synchronous_commit is {found} on the primary; set it to on"));
        }
        (self.standbys_waited_for == Some(0)).then(|| {
            let demanded = &self.standbys_demanded;
            format!(
                "nothing is acknowledged until a standby connects: none of {demanded} is with the primary"
            )
        })
    }
}

impl Refusal {
    /// Whether it may be gone in a moment.
    pub(super) fn may_pass(&self) -> bool {
        match self {
            Self::Unreached(source) => match source.as_database_error() {
                Some(error) => matches!(error.code().as_deref(), Some("57P03" | "53300")),
                None => matches!(source, sqlx::Error::Io(_) | sqlx::Error::PoolTimedOut),
            },
            Self::Standby | Self::ReadOnly | Self::Overtaken => true,
            Self::Foreign | Self::Unfit { .. } => false,
        }
    }
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Unreached(sqlx::Error::PoolTimedOut) => {
                write!(f, "does not answer within {} s", ASK_FOR.as_secs())
            }
            Self::Unreached(source) => write!(f, "cannot be asked: {}", with_causes(source)),
            Self::Standby => write!(f, "is a standby; promote it, or name its primary"),
            Self::ReadOnly => write!(f, "is read-only; set default_transaction_read_only = off"),
            Self::Overtaken => write!(f, "was overtaken by a later primary; stop it"),
            Self::Foreign => write!(f, "is no copy of the same database cluster; correct the url"),
            Self::Unfit { found, needed } => write!(f, "has {found}: at least {needed} is needed"),
        }
    }
}

const PORT: u16 = 5432;

/// More than the statements that there are, with what goes together with them ([`super::later`]).
const STATEMENTS: usize = 1_000;
const ASK_FOR: Duration = Duration::from_secs(3);

/// Who may not see the states of the standbys does not count them. The name of the log file being written begins
/// with the timeline.
const FACTS: &str = "
    SELECT current_setting('server_version_num') AS version, current_setting('fsync') AS fsync,
           current_setting('synchronous_commit') AS synchronous_commit,
           current_setting('server_encoding') AS encoding,
           (SELECT system_identifier::text FROM pg_control_system()) AS system,
           pg_is_in_recovery() AS is_in_recovery,
           current_setting('default_transaction_read_only') = 'on' AS is_read_only,
           CASE WHEN pg_is_in_recovery() THEN 0
                ELSE ('x' || lpad(left(pg_walfile_name(pg_current_wal_lsn()), 8), 16, '0'))::bit(64)::bigint
           END AS timeline,
           current_setting('synchronous_standby_names') AS standbys_demanded,
           (SELECT CASE WHEN count(*) = count(sync_state)
                        THEN count(*) FILTER (WHERE sync_state IN ('sync', 'quorum')) END
            FROM pg_stat_replication) AS standbys_waited_for";

#[cfg(test)]
mod tests {
    use super::*;

    fn facts() -> Facts {
        Facts {
            version: "150018".to_owned(),
            fsync: "on".to_owned(),
            synchronous_commit: "on".to_owned(),
            encoding: "UTF8".to_owned(),
            system: "7".to_owned(),
            is_in_recovery: false,
            is_read_only: false,
            timeline: 3,
            standbys_demanded: "*".to_owned(),
            standbys_waited_for: Some(1),
        }
    }

    #[test]
    fn a_server_that_forgets_commits_or_characters_is_refused() {
        let found = |facts: Facts| facts.unfit().map(|(found, _needed)| found);
        assert_eq!(found(facts()), None);
        let applied = Facts { synchronous_commit: "remote_apply".to_owned(), ..facts() };
        assert_eq!(found(applied), None);
        let old = Facts { version: "130011".to_owned(), ..facts() };
        assert_eq!(found(old).as_deref(), Some("PostgreSQL 130011"));
        let unsynced = Facts { fsync: "off".to_owned(), ..facts() };
        assert_eq!(found(unsynced).as_deref(), Some("fsync = off"));
        let hasty = Facts { synchronous_commit: "off".to_owned(), ..facts() };
        assert_eq!(found(hasty).as_deref(), Some("synchronous_commit = off"));
        let narrow = Facts { encoding: "SQL_ASCII".to_owned(), ..facts() };
        assert_eq!(found(narrow).as_deref(), Some("the encoding SQL_ASCII"));
    }

    #[test]
    fn only_a_primary_that_writes_and_was_not_overtaken_is_worked_with() {
        let told = |facts: Facts| facts.refusal(3).map(|refusal| refusal.to_string());
        assert_eq!(told(facts()), None);
        assert_eq!(told(Facts { timeline: 4, ..facts() }), None);
        let standby = Facts { is_in_recovery: true, timeline: 0, ..facts() };
        assert_eq!(told(standby).as_deref(), Some("is a standby; promote it, or name its primary"));
        let overtaken = Facts { timeline: 2, ..facts() };
        assert_eq!(told(overtaken).as_deref(), Some("was overtaken by a later primary; stop it"));
        let read_only = Facts { is_read_only: true, ..facts() };
        assert_eq!(told(read_only).as_deref(), Some("is read-only; set default_transaction_read_only = off"));
    }

    #[test]
    fn what_a_failover_would_lose_is_told() {
        assert_eq!(facts().failover_gap(), None);
        assert_eq!(Facts { standbys_waited_for: None, ..facts() }.failover_gap(), None); // not ours to see
        let none = Facts { standbys_demanded: String::new(), ..facts() }.failover_gap().unwrap();
        assert!(
            none.contains("may be lost at a failover") && none.contains("synchronous_standby_names"),
            "{none}"
        );
        let local = Facts { synchronous_commit: "local".to_owned(), ..facts() }.failover_gap().unwrap();
        assert!(local.contains("synchronous_commit is local"), "{local}");
        let away = Facts { standbys_waited_for: Some(0), ..facts() }.failover_gap().unwrap();
        assert!(away.contains("nothing is acknowledged until a standby connects"), "{away}");
    }
}
