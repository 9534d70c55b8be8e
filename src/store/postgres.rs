//! The server engine: transactions on PostgreSQL, which several replicas of a node may share.
//!
//! Nothing waits for a server for ever: each step has a term, and what looks wrong is told to the watch over the
//! servers ([`super::primary`]).

use super::Durable;
use super::StoreError;
use super::later::Later;
use super::primary::{Primary, Suspicion};
use super::server::Server;
use super::statement::{Statement, Value};
use sqlx::pool::PoolConnection;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{AssertSqlSafe, PgConnection, PgPool};
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, sleep, timeout};

/// A transaction on a server; dropped without a commit it leaves no trace.
///
/// It begins there with the first statement that is waited for. Each step is a journey to the server and back, so what
/// is only inserted goes with the next one; and if nothing else is done, all of it is one statement and no more.
#[derive(Debug)]
pub struct PostgresWork {
    primary: Arc<Primary>,
    how: How,
    begun: Option<Begun>,
    later: Later,
    /// Whether a statement failed: the server undoes the rest with it, and would answer a commit with a rollback.
    is_broken: bool,
}

/// What a transaction is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum How {
    Writing,
    Reading,
    /// One statement, which the server takes for a transaction.
    Single,
}

/// What was begun on a server, and the pool of that server.
#[derive(Debug)]
enum Begun {
    Transaction(sqlx::Transaction<'static, sqlx::Postgres>, PgPool),
    Single(PoolConnection<sqlx::Postgres>, PgPool),
}

/// Connects to the primary and brings the tables up to date; replicas that start together do so one after the other.
pub(super) async fn connect(urls: &[String], password: Option<&str>) -> Result<Arc<Primary>, StoreError> {
    let servers = urls.iter().map(|url| Server::parse(url, password)).collect::<Result<Vec<_>, _>>()?;
    let primary = Primary::find(servers).await?;
    let (place, options) = primary.place();
    let migrate = async {
        let pool = PgPoolOptions::new().max_connections(1).connect_with(unhurried(options)).await?;
        MIGRATIONS.run(&pool).await?;
        pool.close().await;
        Ok(())
    };
    migrate.await.map_err(|source| StoreError::Migrate { place, source })?;
    Ok(Arc::new(primary))
}

/// Begins a transaction, or takes a connection for a single statement, on a task of its own: a caller that gives up in the
/// middle would leave the connection in a transaction that the library does not know of, and the next to use it would be in
/// that one.
///
/// A server that is gone for a moment is waited for, since nothing was done yet.
async fn begin(primary: &Arc<Primary>, how: How) -> Result<Begun, StoreError> {
    let deadline = Instant::now() + GONE_PATIENCE;
    loop {
        let pool = primary.pool(deadline).await?;
        let mut task = tokio::spawn(async move {
            Ok(match how {
                How::Writing => Begun::Transaction(pool.begin_with(WRITING).await?, pool),
                How::Reading => Begun::Transaction(pool.begin_with(READING).await?, pool),
                How::Single => Begun::Single(pool.acquire().await?, pool),
            })
        });
        let mut is_looked_at = false;
        let begun = loop {
            tokio::select! {
                begun = &mut task => break begun.unwrap_or(Err(sqlx::Error::PoolClosed)),
                () = primary.held() => break Err(sqlx::Error::PoolClosed),
                () = sleep(BEGIN_PATIENCE), if !is_looked_at => {
                    primary.suspect(Suspicion::Gone);
                    is_looked_at = true;
                }
            }
        };
        match begun {
            Ok(begun) => return Ok(begun),
            Err(sqlx::Error::PoolClosed) if !primary.is_closed() => {} // there is none, or another one, now
            Err(source) => {
                primary.learn(&source);
                let is_gone = matches!(Suspicion::of(&source), Some(Suspicion::Gone));
                if !is_gone || Instant::now() + LOOK_PAUSE > deadline {
                    return Err(StoreError::Begin { source });
                }
                sleep(LOOK_PAUSE).await; // until the watch has had a look
            }
        }
    }
}

impl PostgresWork {
    /// A transaction that is begun as soon as it is needed, if there is a primary.
    pub(super) async fn begin(primary: &Arc<Primary>, how: How) -> Result<Self, StoreError> {
        if primary.is_closed() {
            return Err(StoreError::Begin { source: sqlx::Error::PoolClosed });
        }
        primary.pool(Instant::now() + GONE_PATIENCE).await?;
        let primary = primary.clone();
        Ok(Self { primary, how, begun: None, later: Later::default(), is_broken: false })
    }

    /// Puts something off.
    pub(super) fn later(&mut self, put: impl FnOnce(&mut Later)) -> Result<(), StoreError> {
        put(&mut self.later);
        Ok(())
    }

    /// The connection behind all that was put off, unless a statement has failed on it.
    pub(super) async fn ready(&mut self, action: &'static str) -> Result<&mut PgConnection, StoreError> {
        let later = std::mem::take(&mut self.later);
        if let Some(all) = later.with(None) {
            self.begun().await?;
            self.run(all).await.map_err(|source| StoreError::Query { action, source })?;
        }
        self.ready_beside(action).await
    }

    /// The same without waiting for what was put off.
    pub(super) async fn ready_beside(
        &mut self,
        action: &'static str,
    ) -> Result<&mut PgConnection, StoreError> {
        self.begun().await?;
        self.connection().map_err(|source| StoreError::Query { action, source })
    }

    /// Runs a statement, with what was put off if it may; tells how many rows it has changed.
    pub(super) async fn change(
        &mut self,
        action: &'static str,
        statement: Statement,
    ) -> Result<u64, StoreError> {
        if self.later.bars(&statement) {
            self.ready(action).await?;
        }
        self.begun().await?;
        let later = std::mem::take(&mut self.later);
        let Some(all) = later.with(Some(statement)) else { return Ok(0) };
        self.run(all).await.map_err(|source| StoreError::Query { action, source })
    }

    async fn begun(&mut self) -> Result<(), StoreError> {
        if self.begun.is_none() && !self.is_broken {
            self.begun = Some(begin(&self.primary, self.how).await?);
        }
        Ok(())
    }

    async fn run(&mut self, all: (String, Vec<Value>)) -> Result<u64, sqlx::Error> {
        let connection = self.connection()?;
        let outcome = in_time(execute(connection, all)).await;
        self.learn(outcome)
    }

    fn connection(&mut self) -> Result<&mut PgConnection, sqlx::Error> {
        match &mut self.begun {
            _ if self.is_broken => Err(undone()),
            Some(Begun::Transaction(inner, _)) => Ok(inner),
            Some(Begun::Single(inner, _)) => Ok(inner),
            None => Err(sqlx::Error::BeginFailed),
        }
    }

    /// Takes note of what a statement came to.
    pub(super) fn learn<T>(&mut self, outcome: Result<T, sqlx::Error>) -> Result<T, sqlx::Error> {
        if let Err(error) = &outcome
            && !self.is_broken
        {
            self.is_broken = !matches!(error, sqlx::Error::RowNotFound | sqlx::Error::ColumnDecode { .. });
            self.primary.learn(error);
        }
        outcome
    }

    /// Makes it durable on a task of its own: what was begun to commit is committed, whoever gives up.
    ///
    /// A server may keep a commit waiting as long as its synchronous standby is away. Then nobody is told that it is
    /// committed, but the connection is not let go: each would leave a process behind on the server.
    pub(super) async fn commit(mut self) -> Result<(), StoreError> {
        let refused = |source| StoreError::Commit { source: Arc::new(source) };
        if self.is_broken {
            return Err(refused(undone()));
        }
        let last = std::mem::take(&mut self.later).with(None);
        if self.begun.is_none() {
            let Some(_) = &last else { return Ok(()) };
            self.begun = Some(begin(&self.primary, How::Single).await?);
        }
        let (Some(begun), primary) = (self.begun, self.primary) else { return Ok(()) };
        let task = tokio::spawn(async move {
            let (Begun::Transaction(_, pool) | Begun::Single(_, pool)) = &begun;
            let is_over = pool.close_event();
            tokio::select! {
                biased;
                committed = begun.commit(last) => committed,
                () = async { is_over.await; sleep(COMMIT_GRACE).await } => Err(sqlx::Error::PoolClosed),
            }
        });
        let error = match timeout(COMMIT_PATIENCE, task).await {
            Ok(Ok(Ok(()))) => return Ok(()),
            Ok(Ok(Err(error))) => error,
            Ok(Err(_stopping)) => sqlx::Error::PoolClosed,
            Err(_elapsed) => {
                let told = format!(
                    "a commit is not confirmed within {} s; look whether the server hangs or waits for its synchronous standby",
                    COMMIT_PATIENCE.as_secs()
                );
                primary.suspect(Suspicion::Ailing(told.clone()));
                return Err(refused(sqlx::Error::Io(io::Error::new(io::ErrorKind::TimedOut, told))));
            }
        };
        primary.learn(&error);
        Err(refused(error))
    }
}

impl Begun {
    /// Runs the last statement, if there is one, and ends the transaction.
    async fn commit(self, last: Option<(String, Vec<Value>)>) -> Result<(), sqlx::Error> {
        match self {
            Self::Transaction(mut inner, _) => {
                if let Some(last) = last {
                    execute(&mut inner, last).await?;
                }
                inner.commit().await
            }
            Self::Single(mut inner, _) => match last {
                Some(last) => execute(&mut inner, last).await.map(drop),
                None => Ok(()), // its statement was the whole of it
            },
        }
    }
}

/// Runs a statement; tells how many rows it has changed.
async fn execute(
    connection: &mut PgConnection,
    (text, values): (String, Vec<Value>),
) -> Result<u64, sqlx::Error> {
    let query = sqlx::query(AssertSqlSafe(text)); // texts of ours alone
    let query = values.into_iter().fold(query, |query, value| value.bind_to(query));
    query.execute(connection).await.map(|done| done.rows_affected())
}

/// A statement that has its term: the server ends it sooner, if there is one.
pub(super) async fn in_time<T>(
    statement: impl Future<Output = Result<T, sqlx::Error>>,
) -> Result<T, sqlx::Error> {
    timeout(STATEMENT_TIMEOUT, statement).await.unwrap_or_else(|_elapsed| {
        let told =
            format!("the database did not answer a statement within {} s", STATEMENT_TIMEOUT.as_secs());
        Err(sqlx::Error::Io(io::Error::new(io::ErrorKind::TimedOut, told)))
    })
}

/// How often the server has synced its log, and how long that has become.
pub(super) async fn durable(primary: &Primary) -> Result<Durable, StoreError> {
    let pool = primary.pool(Instant::now()).await?;
    let (syncs, bytes, server): (i64, i64, String) = sqlx::query_as(DURABLE)
        .fetch_one(&pool)
        .await
        .map_err(|source| StoreError::Query { action: "count the syncs of the server", source })?;
    let count = |count| u64::try_from(count).unwrap_or(0);
    Ok(Durable { syncs: count(syncs), bytes: Some(count(bytes)), server: Some(server) })
}

const DURABLE: &str = "
    SELECT wal.wal_sync, wal.wal_bytes::BIGINT, control.system_identifier::TEXT
    FROM pg_stat_wal AS wal, pg_control_system() AS control";

impl Suspicion {
    /// What a failure says of the server (PostgreSQL, appendix A), if anything.
    pub(super) fn of(error: &sqlx::Error) -> Option<Self> {
        if matches!(error, sqlx::Error::Io(_) | sqlx::Error::Tls(_) | sqlx::Error::Protocol(_)) {
            return Some(Self::Gone);
        }
        if matches!(error, sqlx::Error::PoolTimedOut) {
            let told = "no connection became free: work is stuck in the database, look at pg_stat_activity";
            return Some(Self::Ailing(told.to_owned()));
        }
        let code = error.as_database_error()?.code()?;
        match (code.as_ref(), code.get(..2)) {
            ("53100", _) => Some(Self::Ailing("its disk is full; make room".to_owned())),
            ("57014", _) => None, // a statement that was too slow
            ("25006", _) | (_, Some("08" | "28" | "3D" | "53" | "57")) => Some(Self::Gone),
            (_, _) => None,
        }
    }
}

/// Changes of the tables may take their time.
fn unhurried(options: PgConnectOptions) -> PgConnectOptions {
    options.options([("statement_timeout", "0"), ("idle_in_transaction_session_timeout", "0")])
}

fn undone() -> sqlx::Error {
    sqlx::Error::Io(io::Error::other("a statement before it failed, and all of the transaction is undone"))
}

static MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate!("src/store/migrations/postgres");

const WRITING: &str = "BEGIN ISOLATION LEVEL READ COMMITTED";
const READING: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";

/// How long who begins waits for a primary, when there is none.
const GONE_PATIENCE: Duration = Duration::from_secs(3);
const LOOK_PAUSE: Duration = Duration::from_millis(50);

/// A transaction that takes longer to begin is a reason to look at the server.
const BEGIN_PATIENCE: Duration = Duration::from_secs(1);

/// How long who commits waits for the server's word.
const COMMIT_PATIENCE: Duration = Duration::from_secs(10);

/// How long a commit that is under way holds up the closing of its connections.
const COMMIT_GRACE: Duration = Duration::from_secs(2);

/// Longer than the server's own term for a statement.
const STATEMENT_TIMEOUT: Duration = Duration::from_secs(40);
