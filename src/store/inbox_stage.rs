//! How a row of the inbox moves from state to state; a move from a wrong state is refused.
//!
//! `held -> leased -> received -> accepted -> settled`, of which `received` may be passed over in one move, or `-> returned | quarantined | parked`; in a transaction
//! whose end decides on the effect, `accepted -> deferred -> accepted`.

use super::InboxId;
use super::InboxState;
use super::StoreError;
use super::Tx;
use super::row::RowReader;
use super::tx::change;
use super::tx::on;
use crate::base::ConversationId;
use jiff::Timestamp;

/// Its structure was found readable: leased -> received; the lease goes on.
pub async fn inbox_received(tx: &mut Tx, id: InboxId) -> Result<(), StoreError> {
    let done = change!(tx, "record a message as received", sqlx::query(RECEIVED).bind(id.0))?;
    moved(tx, id, InboxState::Received, done).await
}

/// It passed signature and rules: received -> accepted; the lease goes on.
pub async fn inbox_accepted(tx: &mut Tx, id: InboxId) -> Result<(), StoreError> {
    let done = change!(tx, "record a message as accepted", sqlx::query(ACCEPTED).bind(id.0))?;
    moved(tx, id, InboxState::Accepted, done).await
}

/// The same with the stage before: leased -> accepted; the lease goes on.
pub async fn inbox_accepted_at_once(tx: &mut Tx, id: InboxId) -> Result<(), StoreError> {
    let done =
        change!(tx, "record a message as received and accepted", sqlx::query(ACCEPTED_AT_ONCE).bind(id.0))?;
    moved(tx, id, InboxState::Accepted, done).await
}

/// Its outcome is stored: leased (a signal has no stages), received or accepted -> settled.
pub async fn inbox_settled(tx: &mut Tx, id: InboxId) -> Result<(), StoreError> {
    let done = change!(tx, "record a message as settled", sqlx::query(SETTLED).bind(id.0))?;
    moved(tx, id, InboxState::Settled, done).await
}

/// Its effect waits for the end of its transaction: accepted -> deferred. It holds nothing up meanwhile.
pub async fn inbox_deferred(tx: &mut Tx, id: InboxId) -> Result<(), StoreError> {
    let done = change!(tx, "defer a message", sqlx::query(DEFERRED).bind(id.0))?;
    moved(tx, id, InboxState::Deferred, done).await
}

/// The transaction has ended: what was deferred in it goes on (deferred -> accepted, due at once); tells how many.
pub async fn inbox_resume(tx: &mut Tx, conversation: ConversationId, peer: &str) -> Result<u64, StoreError> {
    change!(
        tx,
        "resume what was deferred",
        sqlx::query(RESUME).bind(conversation.as_uuid().to_string()).bind(peer)
    )
}

/// It is refused for good: leased, received or accepted -> returned.
pub async fn inbox_returned(tx: &mut Tx, id: InboxId, code: &str) -> Result<(), StoreError> {
    close(tx, id, InboxState::Returned, code).await
}

/// It is kept and never settled by itself: leased, received or accepted -> quarantined.
pub async fn inbox_quarantined(tx: &mut Tx, id: InboxId, code: &str) -> Result<(), StoreError> {
    close(tx, id, InboxState::Quarantined, code).await
}

/// It waits for a person: leased, received or accepted -> parked.
pub async fn inbox_parked(tx: &mut Tx, id: InboxId, code: &str) -> Result<(), StoreError> {
    close(tx, id, InboxState::Parked, code).await
}

/// The try failed and another is due: the lease ends, the stage stays (leased -> held).
pub async fn inbox_retry(
    tx: &mut Tx,
    id: InboxId,
    next_try_at: Timestamp,
    attempts: u32,
) -> Result<(), StoreError> {
    let done = change!(
        tx,
        "hold a message for another try",
        sqlx::query(RETRY).bind(id.0).bind(next_try_at.as_millisecond()).bind(i64::from(attempts))
    )?;
    moved(tx, id, InboxState::Held, done).await
}

/// A person lets it go on from the stage it had reached: parked or quarantined -> held, received or accepted.
pub async fn inbox_release(tx: &mut Tx, id: InboxId) -> Result<(), StoreError> {
    let done = change!(tx, "release a message of the inbox", sqlx::query(RELEASE).bind(id.0))?;
    moved(tx, id, InboxState::Held, done).await
}

async fn close(tx: &mut Tx, id: InboxId, to: InboxState, code: &str) -> Result<(), StoreError> {
    let done = change!(
        tx,
        "close a message of the inbox",
        sqlx::query(CLOSE).bind(id.0).bind(to.as_str()).bind(code)
    )?;
    moved(tx, id, to, done).await
}

async fn moved(tx: &mut Tx, id: InboxId, to: InboxState, rows: u64) -> Result<(), StoreError> {
    if rows == 1 {
        return Ok(());
    }
    let word: Option<String> = on!(tx, "read the state of a message of the inbox", connection =>
        sqlx::query_scalar(STATE).bind(id.0).fetch_optional(connection))?;
    let word = word.ok_or_else(|| StoreError::Missing { table: "inbox", id: id.0.to_string() })?;
    let found: InboxState = RowReader { table: "inbox", id: &id.0 }.text("state", &word)?;
    Err(StoreError::Transition {
        table: "inbox",
        id: id.0.to_string(),
        found: found.as_str(),
        to: to.as_str(),
    })
}

const RECEIVED: &str = "UPDATE inbox SET state = 'received' WHERE id = $1 AND state = 'leased'";

const ACCEPTED: &str = "UPDATE inbox SET state = 'accepted' WHERE id = $1 AND state = 'received'";

const ACCEPTED_AT_ONCE: &str = "UPDATE inbox SET state = 'accepted' WHERE id = $1 AND state = 'leased'";

const DEFERRED: &str =
    "UPDATE inbox SET state = 'deferred', lease_until = 0 WHERE id = $1 AND state = 'accepted'";

const RESUME: &str = "
    UPDATE inbox SET state = 'accepted', next_try_at = 0, attempts = 0
    WHERE conversation_id = $1 AND peer = $2 AND state = 'deferred'";

const SETTLED: &str = "
    UPDATE inbox SET state = 'settled', lease_until = 0
    WHERE id = $1 AND state IN ('leased', 'received', 'accepted')";

const CLOSE: &str = "
    UPDATE inbox SET resume_state = CASE WHEN state = 'leased' THEN 'held' ELSE state END,
                     state = $2, code = $3, lease_until = 0
    WHERE id = $1 AND state IN ('leased', 'received', 'accepted')";

const RETRY: &str = "
    UPDATE inbox SET state = CASE WHEN state = 'leased' THEN 'held' ELSE state END,
                     lease_until = 0, next_try_at = $2, attempts = $3
    WHERE id = $1 AND state IN ('leased', 'received', 'accepted')";

const RELEASE: &str = "
    UPDATE inbox SET state = resume_state, code = NULL, lease_until = 0, next_try_at = 0, attempts = 0
    WHERE id = $1 AND state IN ('parked', 'quarantined')";

const STATE: &str = "SELECT state FROM inbox WHERE id = $1";
