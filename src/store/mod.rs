//! The only SQL: what a node must not forget, in one database file.
//!
//! Every function takes a [`Tx`] and is named noun first. Nothing here decides, waits or talks to
//! anyone: the flows begin a transaction, call these and commit. Bytes are stored before they are
//! acted on; a claim is a lease that runs out by itself if its worker dies. The texts use `$1`
//! placeholders and nothing that only one engine has.

mod conversation;
mod error;
mod inbox;
mod inbox_stage;
mod journal;
mod ledger;
mod outbox;
mod outbox_stage;
mod row;
mod state;
mod tx;

#[cfg(test)]
mod tests;

pub use conversation::{
    Conversation, conversation_counts, conversation_due, conversation_find, conversation_put,
    conversation_update,
};
pub use error::StoreError;
pub use inbox::{Arrival, InboxDraft, InboxRow, inbox_claim, inbox_counts, inbox_find, inbox_hold};
pub use inbox_stage::{
    inbox_accepted, inbox_parked, inbox_quarantined, inbox_received, inbox_release, inbox_retry,
    inbox_returned, inbox_settled,
};
pub use journal::{JournalBy, JournalDraft, JournalRow, journal_append, journal_last, journal_list};
pub use ledger::{Handover, Seen, handover_record, ledger_answers, ledger_outcome, ledger_record};
pub use outbox::{
    OutboxDraft, OutboxRow, delivery_find, delivery_put, outbox_claim, outbox_counts, outbox_find, outbox_put,
};
pub use outbox_stage::{
    Outcome, Resend, outbox_confirmed, outbox_parked, outbox_quarantined, outbox_release, outbox_requeue,
    outbox_retry, outbox_returned, outbox_sent,
};
pub use row::{InboxId, OutboxId};
pub use state::{ConversationState, InboxState, OutboxKind, OutboxState, Role, WordError};
pub use tx::Tx;

use sqlx::SqlitePool;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use std::path::Path;
use std::time::Duration;

/// An open database: one connection that writes, a few that read.
#[derive(Debug, Clone)]
pub struct Store {
    writer: SqlitePool,
    readers: SqlitePool,
}

impl Store {
    /// Opens the file, creating it if need be, and brings its tables up to date.
    ///
    /// A commit is on the disk when it returns (`synchronous=FULL`): with less, a power cut takes
    /// back messages that were acknowledged.
    pub async fn open(path: impl AsRef<Path>) -> Result<Self, StoreError> {
        let path = path.as_ref();
        let open_error = |source| StoreError::Open { path: path.to_owned(), source };
        let options = SqliteConnectOptions::new()
            .filename(path)
            .synchronous(SqliteSynchronous::Full)
            .busy_timeout(BUSY_TIMEOUT)
            .foreign_keys(true);
        let writing = options.clone().create_if_missing(true).journal_mode(SqliteJournalMode::Wal);
        let writer = pool_options(1).connect_with(writing).await.map_err(open_error)?;
        let version: String = sqlx::query_scalar("SELECT sqlite_version()")
            .fetch_one(&writer)
            .await
            .map_err(|source| StoreError::Open { path: path.to_owned(), source })?;
        if !is_recent_enough(&version) {
            return Err(StoreError::EngineTooOld { found: version, needed: "3.51.3" });
        }
        MIGRATIONS
            .run(&writer)
            .await
            .map_err(|source| StoreError::Migrate { path: path.to_owned(), source })?;
        let readers = pool_options(READERS).connect_lazy_with(options.pragma("query_only", "ON"));
        Ok(Self { writer, readers })
    }

    /// Begins a transaction that may write; waits for the one before it.
    pub async fn begin(&self) -> Result<Tx, StoreError> {
        let begun = self.writer.begin_with("BEGIN IMMEDIATE").await;
        begun.map(Tx::Sqlite).map_err(|source| StoreError::Begin { source })
    }

    /// Begins a transaction that only reads, beside the one that writes.
    pub async fn read(&self) -> Result<Tx, StoreError> {
        let begun = self.readers.begin().await;
        begun.map(Tx::Sqlite).map_err(|source| StoreError::Begin { source })
    }

    /// Waits for what is going on and closes the file.
    pub async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }
}

/// Gives every claimed row back, whoever claimed it; returns how many.
///
/// For the start of a node whose database no other process uses: leases of the run before are dead.
pub async fn lease_release_all(tx: &mut Tx) -> Result<u64, StoreError> {
    Ok(outbox::outbox_release_leases(tx).await? + inbox::inbox_release_leases(tx).await?)
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
fn is_recent_enough(version: &str) -> bool {
    let numbers: Vec<u32> = version.split('.').map_while(|part| part.parse().ok()).collect();
    numbers.as_slice() >= [3, 51, 3].as_slice()
}

static MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate!("src/store/migrations/sqlite");
const READERS: u32 = 4;
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(10);
