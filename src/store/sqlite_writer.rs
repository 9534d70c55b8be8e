//! The one connection that writes to an SQLite file, and group commit on it.
//!
//! Transactions take turns anyway. Those that wait for their turn when one is ready to commit go into the same
//! physical transaction, each in a savepoint of its own, and one sync of the disk makes all of them durable. Nobody
//! is told that he has committed before that sync.

use super::StoreError;
use super::sqlite_query::{failed, query};
use rusqlite::Connection;
use std::sync::Arc;
use std::sync::OnceLock;
use std::sync::atomic::AtomicI64;
use std::sync::atomic::Ordering;
use std::time::Duration;
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
}

#[derive(Debug)]
struct Turn {
    /// None when it is closed, and while a thread for what takes long has it.
    connection: Option<Connection>,
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
    pub(super) fn new(connection: Connection, fate: Option<Fate>) -> Self {
        let turn = Arc::new(Mutex::new(Turn {
            connection: Some(connection),
            is_open: false,
            is_torn: false,
            group: Arc::default(),
            groups: 0,
        }));
        Self { turn, fate }
    }

    /// Waits for its turn and begins.
    pub(super) async fn begin(&self) -> Result<SqliteWriting, StoreError> {
        if let Some(fate) = &self.fate {
            fate.statement().map_err(|source| StoreError::Begin { source })?;
        }
        let mut turn = self.turn.clone().lock_owned().await;
        if !turn.open().map_err(|source| StoreError::Begin { source })? {
            turn = on_its_own(async move {
                turn.wait_and_open().await.map_err(|source| StoreError::Begin { source })?;
                Ok(turn)
            })
            .await?;
        }
        turn.is_torn = true; // until it is released, whatever happens
        Ok(SqliteWriting { turn, writer: self.clone() })
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
    pub(super) fn connection(&mut self) -> Result<&mut Connection, sqlx::Error> {
        if let Some(fate) = &self.writer.fate {
            fate.statement()?;
        }
        self.turn.connection()
    }

    /// The same; who runs very many statements lets other tasks of this thread have it at times.
    pub(super) async fn ready(&mut self) -> Result<&mut Connection, sqlx::Error> {
        tokio::task::coop::consume_budget().await;
        self.connection()
    }

    /// Gives the turn to the next and waits until the whole group is on the disk.
    pub(super) async fn commit(self) -> Result<(), StoreError> {
        let Self { mut turn, writer } = self;
        if let Some(fate) = &writer.fate {
            fate.statement().map_err(|source| StoreError::Commit { source: Arc::new(source) })?;
        }
        let fate = writer.fate.clone();
        on_its_own(async move {
            let refuse = |source| StoreError::Commit { source };
            let released = turn.run(NEXT);
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
    fn connection(&mut self) -> Result<&mut Connection, sqlx::Error> {
        self.connection.as_mut().ok_or(sqlx::Error::PoolClosed)
    }

    fn run(&mut self, text: &'static str) -> Result<(), sqlx::Error> {
        run(self.connection()?, text)
    }

    /// Sees that a physical transaction is open and whole, with a savepoint for the next turn; false if another process
    /// writes just now.
    fn open(&mut self) -> Result<bool, sqlx::Error> {
        self.mend();
        if !self.is_open {
            match self.run(BEGIN) {
                Ok(()) => {}
                Err(error) if is_busy(&error) => return Ok(false),
                Err(error) => return Err(error),
            }
            self.is_open = true;
        }
        Ok(true)
    }

    /// The same, as soon as the other process is done.
    async fn wait_and_open(&mut self) -> Result<(), sqlx::Error> {
        self.aside(|connection| {
            connection.busy_timeout(BUSY_TIMEOUT).map_err(failed)?;
            let begun = run(connection, BEGIN);
            connection.busy_timeout(Duration::ZERO).map_err(failed)?;
            begun
        })
        .await?;
        self.is_open = true;
        Ok(())
    }

    /// What takes long is run where it keeps no other task waiting.
    async fn aside(
        &mut self,
        work: impl FnOnce(&mut Connection) -> Result<(), sqlx::Error> + Send + 'static,
    ) -> Result<(), sqlx::Error> {
        let mut connection = self.connection.take().ok_or(sqlx::Error::PoolClosed)?;
        let work = move || {
            let outcome = work(&mut connection);
            (connection, outcome)
        };
        let (connection, outcome) =
            tokio::task::spawn_blocking(work).await.map_err(|_stopping| sqlx::Error::PoolClosed)?;
        self.connection = Some(connection);
        outcome
    }

    /// Undoes a turn that was dropped. If that cannot be done, the engine has undone the whole group by itself.
    fn mend(&mut self) {
        if !self.is_torn {
            return;
        }
        self.is_torn = false;
        if !self.is_open {
            return;
        }
        // The savepoint stays for the next turn.
        if let Err(error) = self.run("ROLLBACK TO stazh") {
            self.end(Err(Arc::new(error)));
        }
    }

    /// Makes the group durable and tells all who are in it.
    async fn finish(&mut self) {
        self.mend();
        if self.is_open {
            let outcome = self.aside(|connection| run(connection, "COMMIT")).await.map_err(Arc::new);
            self.end(outcome);
        }
    }

    fn end(&mut self, outcome: Result<(), Arc<sqlx::Error>>) {
        if outcome.is_err() {
            let _ = self.run("ROLLBACK"); // there may be nothing left to undo
        }
        self.is_open = false;
        self.groups += u64::from(outcome.is_ok());
        let _ = std::mem::take(&mut self.group).set(outcome); // nobody else sets it
    }
}

fn run(connection: &mut Connection, text: &'static str) -> Result<(), sqlx::Error> {
    query(text).execute(connection).map(drop)
}

fn is_busy(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(|error| error.code()?.parse::<i32>().ok());
    code.is_some_and(|code| code & 0xff == rusqlite::ffi::SQLITE_BUSY)
}

const BEGIN: &str = "BEGIN IMMEDIATE; SAVEPOINT stazh";
const NEXT: &str = "RELEASE stazh; SAVEPOINT stazh";
/// How long another process may write.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
