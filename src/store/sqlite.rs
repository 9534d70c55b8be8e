//! The embedded engine: one file, one connection that writes, a few that read.

use super::StoreError;
use super::sqlite_query::failed;
use super::sqlite_writer::Fate;
use super::sqlite_writer::SqliteWriter;
use rusqlite::{Connection, OpenFlags};
use sqlx::SqlitePool;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use std::path::Path;
use std::time::Duration;

#[derive(Debug, Clone)]
pub(super) struct SqliteFile {
    pub(super) writer: SqliteWriter,
    pub(super) readers: SqlitePool,
}

impl SqliteFile {
    /// A commit is on the disk when it returns (`synchronous=FULL`): with less, a power cut takes
    /// back messages that were acknowledged.
    pub(super) async fn open(path: &Path, fate: Option<Fate>) -> Result<Self, StoreError> {
        let place = || path.display().to_string();
        let open_error = |source| StoreError::Open { place: place(), source };
        let options = SqliteConnectOptions::new()
            .filename(path)
            .synchronous(SqliteSynchronous::Full)
            .busy_timeout(BUSY_TIMEOUT)
            .pragma("temp_store", "MEMORY") // what a savepoint may have to undo needs no file
            .foreign_keys(true);
        let writing = options.clone().create_if_missing(true).journal_mode(SqliteJournalMode::Wal);
        let first = pool_options(1).connect_with(writing).await.map_err(open_error)?;
        let version: String = sqlx::query_scalar("SELECT sqlite_version()")
            .fetch_one(&first)
            .await
            .map_err(|source| StoreError::Open { place: place(), source })?;
        if !is_recent_enough(&version) {
            let needed = "SQLite 3.51.3, before which committed pages of the write-ahead log can be lost";
            return Err(StoreError::Engine { found: format!("SQLite {version}"), needed });
        }
        MIGRATIONS.run(&first).await.map_err(|source| StoreError::Migrate { place: place(), source })?;
        let writer = connect(path).map_err(failed).map_err(open_error)?;
        first.close().await;
        let readers = pool_options(READERS).connect_lazy_with(options.pragma("query_only", "ON"));
        Ok(Self { writer: SqliteWriter::new(writer, fate), readers })
    }

    pub(super) async fn close(&self) {
        self.writer.close().await;
        self.readers.close().await;
    }
}

/// The connection that writes; it waits for no other process, see there.
fn connect(path: &Path) -> Result<Connection, rusqlite::Error> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.execute_batch(WRITER)?;
    connection.pragma_update(None, "wal_autocheckpoint", log_pages(path))?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    Ok(connection)
}

/// After how many pages of 4 kB the log goes into the file: a page that many commits change is copied once for all of
/// them. One that may grow long would fill a small disk before its first time, and then nothing makes room.
fn log_pages(path: &Path) -> u32 {
    let folder = path.parent().unwrap_or(path);
    let disk = rustix::fs::statvfs(folder).map_or(0, |disk| disk.f_blocks.saturating_mul(disk.f_frsize));
    if disk < SMALL_DISK { 1_000 } else { 4_000 }
}

fn pool_options(connections: u32) -> SqlitePoolOptions {
    SqlitePoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .idle_timeout(None)
        .max_lifetime(None)
        .test_before_acquire(false)
}

/// Before 3.51.3, resetting the write-ahead log could lose pages that were committed.
pub(super) fn is_recent_enough(version: &str) -> bool {
    let numbers: Vec<u32> = version.split('.').map_while(|part| part.parse().ok()).collect();
    numbers.as_slice() >= [3, 51, 3].as_slice()
}

/// The number of the last migration; it is the same on both engines.
pub(super) fn schema_version() -> i64 {
    MIGRATIONS.iter().map(|migration| migration.version).max().unwrap_or_default()
}

static MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate!("src/store/migrations/sqlite");
const READERS: u32 = 4;
/// As above; and 8 MB: what a busy node changes again and again stays at hand.
const WRITER: &str = "PRAGMA busy_timeout = 5000; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;
    PRAGMA temp_store = MEMORY; PRAGMA cache_size = -8192;
    PRAGMA busy_timeout = 0";
/// A gigabyte.
const SMALL_DISK: u64 = 1 << 30;
/// More than there are statements that write.
const STATEMENTS: usize = 256;
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(10);
