//! The one connection that writes to an SQLite file, and group commit on it.
//!
//! Transactions take turns anyway. Those that wait for their turn when one is ready to commit go into the same
//! physical transaction, each in a savepoint of its own, and one sync of the disk makes all of them durable. Nobody
//! is told that he has committed before that sync.

use super::JournalDraft;
use super::StoreError;
use super::journal::put_together;
use super::later::Later;
use sqlx::AssertSqlSafe;
use sqlx::SqliteConnection;
use sqlx::SqlitePool;
use sqlx::pool::PoolConnection;
use sqlx::sqlite::Sqlite;
use std::sync::Arc;
use std::sync::OnceLock;
use std::sync::atomic::AtomicI64;
use std::sync::atomic::Ordering;
use tokio::sync::Mutex;
use tokio::sync::OwnedMutexGuard;

/// How long a simulated database lives: it dies between two statements, or at a commit, before or after it.
#[derive(Debug, Clone)]
pub struct Fate(Arc<AtomicI64>);

impl Fate {
    /// Lives until [`Fate::die_after`].
    pub fn immortal() -> Self {
        Self(Arc::new(AtomicI64::new(i64::MAX)))
    }

    /// Dies after so many more statements and commits.
    pub fn die_after(&self, statements: u32) {
        self.0.store(i64::from(statements), Ordering::Relaxed);
    }

    /// Whether it has died.
    pub fn is_dead(&self) -> bool {
        self.0.load(Ordering::Relaxed) < 0
    }

    fn statement(&self) -> Result<(), sqlx::Error> {
        if self.0.load(Ordering::Relaxed) != i64::MAX && self.0.fetch_sub(1, Ordering::Relaxed) <= 0 {
            self.0.store(-1, Ordering::Relaxed);
            return Err(sqlx::Error::Io(std::io::Error::other("the simulated database has died")));
        }
        Ok(())
    }
}

/// Hands out the turns. The lock is fair: who asks first has the first turn.
#[derive(Debug, Clone)]
pub(super) struct SqliteWriter {
    turn: Arc<Mutex<Turn>>,
    fate: Option<Fate>,
}

/// A transaction on the writing connection; dropped without a commit it leaves no trace.
#[derive(Debug)]
pub struct SqliteWriting {
    turn: OwnedMutexGuard<Turn>,
    writer: SqliteWriter,
    /// Entries of the journal that are written with the commit.
    pub(super) said: Vec<JournalDraft>,
    /// Statements that are run with the next one.
    pub(super) later: Later,
}

#[derive(Debug)]
struct Turn {
    pool: SqlitePool,
    connection: Option<PoolConnection<Sqlite>>,
    /// Whether a physical transaction is open.
    is_open: bool,
    /// Whether a savepoint may have been left behind by a turn that was dropped.
    is_torn: bool,
    /// What becomes of the group that is gathering.
    group: Arc<Outcome>,
    /// How many groups were made durable.
    groups: u64,
}

type Outcome = OnceLock<Result<(), Arc<sqlx::Error>>>;

impl SqliteWriter {
    pub(super) fn new(pool: SqlitePool, fate: Option<Fate>) -> Self {
        let turn = Arc::new(Mutex::new(Turn {
            pool,
            connection: None,
            is_open: false,
            is_torn: false,
            group: Arc::default(),
            groups: 0,
        }));
        Self { turn, fate }
    }

    /// Waits for its turn and begins.
    pub(super) async fn begin(&self) -> Result<SqliteWriting, StoreError> {
        let writer = self.clone();
        if let Some(fate) = &self.fate {
            fate.statement().map_err(|source| StoreError::Begin { source })?;
        }
        if let Ok(mut turn) = self.turn.clone().try_lock_owned()
            && turn.is_open
            && !turn.is_torn
        {
            turn.is_torn = true; // as below
            return Ok(SqliteWriting { turn, writer, said: Vec::new(), later: Later::default() });
        }
        on_its_own(async move {
            let mut turn = writer.turn.clone().lock_owned().await;
            turn.open().await.map_err(|source| StoreError::Begin { source })?;
            turn.is_torn = true; // until it is released, whatever happens
            Ok(SqliteWriting { turn, writer, said: Vec::new(), later: Later::default() })
        })
        .await
    }

    /// Makes durable what has gathered and lets the connection go.
    pub(super) async fn close(&self) {
        let mut turn = self.turn.lock().await;
        turn.finish().await;
        turn.connection = None;
    }

    /// How many groups were made durable since the start.
    pub(super) async fn groups(&self) -> u64 {
        self.turn.lock().await.groups
    }
}

impl SqliteWriting {
    /// The connection, for one statement.
    pub(super) fn connection(&mut self) -> Result<&mut SqliteConnection, sqlx::Error> {
        if let Some(fate) = &self.writer.fate {
            fate.statement()?;
        }
        self.turn.connection()
    }

    /// The same behind all that was put off.
    pub(super) async fn ready(&mut self) -> Result<&mut SqliteConnection, sqlx::Error> {
        if !self.later.is_empty() {
            let (text, values) = std::mem::take(&mut self.later).with("");
            sqlx::query_with(AssertSqlSafe(text), values).execute(self.connection()?).await?;
        }
        self.connection()
    }

    /// Gives the turn to the next and waits until the whole group is on the disk.
    pub(super) async fn commit(self) -> Result<(), StoreError> {
        let Self { mut turn, writer, said, later } = self;
        if let Some(fate) = &writer.fate {
            fate.statement().map_err(|source| StoreError::Commit { source: Arc::new(source) })?;
        }
        let fate = writer.fate.clone();
        on_its_own(async move {
            let refuse = |source| StoreError::Commit { source };
            let released = match turn.connection() {
                Ok(connection) if said.is_empty() && later.is_empty() => {
                    sqlx::query(NEXT).execute(connection).await.map(drop)
                }
                Ok(connection) => put_together(connection, (later, &said), THEN_NEXT).await,
                Err(closed) => Err(closed),
            };
            released.map_err(|source| refuse(Arc::new(source)))?;
            turn.is_torn = false;
            let group = turn.group.clone();
            drop(turn);
            let mut turn = writer.turn.lock().await; // behind those who waited before us: they join the group
            if group.get().is_none() {
                turn.finish().await;
            }
            group.get().cloned().unwrap_or_else(|| Err(Arc::new(sqlx::Error::PoolClosed))).map_err(refuse)
        })
        .await?;
        // Dying here, it has committed and nobody is told.
        fate.map_or(Ok(()), |fate| fate.statement())
            .map_err(|source| StoreError::Commit { source: Arc::new(source) })
    }
}

/// On a task of its own: who waits may give up in the middle, but the connection and the others of a group may not
/// be left there.
async fn on_its_own<T: Send + 'static>(
    work: impl Future<Output = Result<T, StoreError>> + Send + 'static,
) -> Result<T, StoreError> {
    let stopping = |_stopping| StoreError::Begin { source: sqlx::Error::PoolClosed };
    tokio::spawn(work).await.map_err(stopping)?
}

impl Turn {
    fn connection(&mut self) -> Result<&mut SqliteConnection, sqlx::Error> {
        self.connection.as_deref_mut().ok_or(sqlx::Error::PoolClosed)
    }

    async fn run(&mut self, text: &'static str) -> Result<(), sqlx::Error> {
        sqlx::query(text).execute(self.connection()?).await.map(drop)
    }

    /// Sees that a physical transaction is open and whole, with a savepoint for the next turn.
    async fn open(&mut self) -> Result<(), sqlx::Error> {
        if self.connection.is_none() {
            self.connection = Some(self.pool.acquire().await?);
        }
        self.mend().await;
        if !self.is_open {
            self.run("BEGIN IMMEDIATE; SAVEPOINT stazh").await?;
            self.is_open = true;
        }
        Ok(())
    }

    /// Undoes a turn that was dropped. If that cannot be done, the engine has undone the whole group by itself.
    async fn mend(&mut self) {
        if !self.is_torn {
            return;
        }
        self.is_torn = false;
        if !self.is_open {
            return;
        }
        // The savepoint stays for the next turn.
        if let Err(error) = self.run("ROLLBACK TO stazh").await {
            self.end(Err(Arc::new(error))).await;
        }
    }

    /// Makes the group durable and tells all who are in it.
    async fn finish(&mut self) {
        self.mend().await;
        if self.is_open {
            let outcome = self.run("COMMIT").await.map_err(Arc::new);
            self.end(outcome).await;
        }
    }

    async fn end(&mut self, outcome: Result<(), Arc<sqlx::Error>>) {
        if outcome.is_err() {
            let _ = self.run("ROLLBACK").await; // there may be nothing left to undo
        }
        self.is_open = false;
        self.groups += u64::from(outcome.is_ok());
        let _ = std::mem::take(&mut self.group).set(outcome); // nobody else sets it
    }
}

/// One call, where two would cross to the connection's thread twice: most of what a statement costs.
const NEXT: &str = "RELEASE stazh; SAVEPOINT stazh";
/// The same behind another statement.
const THEN_NEXT: &str = "; RELEASE stazh; SAVEPOINT stazh";
