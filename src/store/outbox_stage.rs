//! How a row of the outbox moves from state to state; a move from a wrong state is refused.
//!
//! `queued -> leased -> sent -> confirmed`, or `-> returned | quarantined | parked`. The peer's
//! answer may overtake our own record of the send, so confirming and closing start from any
//! unfinished state, and a worker that comes late learns it was overtaken.

use super::OutboxId;
use super::OutboxState;
use super::StoreError;
use super::Tx;
use super::tx::change;
use super::tx::on;
use jiff::Timestamp;

/// Whether a worker's record of its try still counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It was recorded.
    Recorded,
    /// The peer's answer was faster: the row is confirmed, returned or quarantined already.
    Overtaken,
}

/// What came of asking for a resend.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resend {
    /// The row is queued afresh, and goes out under a new message id.
    Queued,
    /// It was left as it is: still on its way, or waiting for a person.
    Unchanged(OutboxState),
}

/// The peer took the bytes: leased -> sent.
pub async fn outbox_sent(tx: &mut Tx, id: OutboxId) -> Result<Outcome, StoreError> {
    let done = change!(tx, "record a message as sent", sqlx::query(SENT).bind(id.0))?;
    outcome(tx, id, OutboxState::Sent, done).await
}

/// The try failed and another is due: leased -> queued, with the count of failed tries.
pub async fn outbox_retry(
    tx: &mut Tx,
    id: OutboxId,
    next_try_at: Timestamp,
    attempts: u32,
) -> Result<Outcome, StoreError> {
    let done = change!(
        tx,
        "queue a message for another try",
        sqlx::query(RETRY).bind(id.0).bind(next_try_at.as_millisecond()).bind(i64::from(attempts))
    )?;
    outcome(tx, id, OutboxState::Queued, done).await
}

/// The peer confirmed it: queued, leased or sent -> confirmed.
pub async fn outbox_confirmed(tx: &mut Tx, id: OutboxId) -> Result<(), StoreError> {
    let done = change!(tx, "record a message as confirmed", sqlx::query(CONFIRMED).bind(id.0))?;
    moved(tx, id, OutboxState::Confirmed, done).await
}

/// It is refused for good: queued, leased or sent -> returned.
pub async fn outbox_returned(tx: &mut Tx, id: OutboxId, code: &str) -> Result<(), StoreError> {
    close(tx, id, OutboxState::Returned, code).await
}

/// It is kept and never sent by itself: queued, leased or sent -> quarantined.
pub async fn outbox_quarantined(tx: &mut Tx, id: OutboxId, code: &str) -> Result<(), StoreError> {
    close(tx, id, OutboxState::Quarantined, code).await
}

/// It waits for a person: queued, leased or sent -> parked.
pub async fn outbox_parked(tx: &mut Tx, id: OutboxId, code: &str) -> Result<(), StoreError> {
    close(tx, id, OutboxState::Parked, code).await
}

/// Asks for the same bytes again: sent, confirmed or returned -> queued, due at `next_try_at`.
pub async fn outbox_requeue(tx: &mut Tx, id: OutboxId, next_try_at: Timestamp) -> Result<Resend, StoreError> {
    let next_try_at = next_try_at.as_millisecond();
    let done =
        change!(tx, "queue a message for a resend", sqlx::query(REQUEUE).bind(id.0).bind(next_try_at))?;
    if done == 1 {
        return Ok(Resend::Queued);
    }
    state(tx, id).await.map(Resend::Unchanged)
}

/// A person lets it go: parked or quarantined -> queued, due at once.
pub async fn outbox_release(tx: &mut Tx, id: OutboxId) -> Result<(), StoreError> {
    let done = change!(tx, "release a message of the outbox", sqlx::query(RELEASE).bind(id.0))?;
    moved(tx, id, OutboxState::Queued, done).await
}

async fn close(tx: &mut Tx, id: OutboxId, to: OutboxState, code: &str) -> Result<(), StoreError> {
    let done = change!(
        tx,
        "close a message of the outbox",
        sqlx::query(CLOSE).bind(id.0).bind(to.as_str()).bind(code)
    )?;
    moved(tx, id, to, done).await
}

/// A late worker is told that the peer was faster; from any other state its record is refused.
async fn outcome(tx: &mut Tx, id: OutboxId, to: OutboxState, rows: u64) -> Result<Outcome, StoreError> {
    if rows == 1 {
        return Ok(Outcome::Recorded);
    }
    match state(tx, id).await? {
        OutboxState::Confirmed | OutboxState::Returned | OutboxState::Quarantined => Ok(Outcome::Overtaken),
        found @ (OutboxState::Queued | OutboxState::Leased | OutboxState::Sent | OutboxState::Parked) => {
            Err(refusal(id, found, to))
        }
    }
}

async fn moved(tx: &mut Tx, id: OutboxId, to: OutboxState, rows: u64) -> Result<(), StoreError> {
    if rows == 1 {
        return Ok(());
    }
    let found = state(tx, id).await?;
    Err(refusal(id, found, to))
}

async fn state(tx: &mut Tx, id: OutboxId) -> Result<OutboxState, StoreError> {
    let word: Option<String> = on!(tx, "read the state of a message of the outbox", connection =>
        sqlx::query_scalar(STATE).bind(id.0).fetch_optional(connection))?;
    let word = word.ok_or_else(|| StoreError::Missing { table: "outbox", id: id.0.to_string() })?;
    super::row::RowReader { table: "outbox", id: &id.0 }.text("state", &word)
}

fn refusal(id: OutboxId, found: OutboxState, to: OutboxState) -> StoreError {
    StoreError::Transition { table: "outbox", id: id.0.to_string(), found: found.as_str(), to: to.as_str() }
}

const SENT: &str = "
    UPDATE outbox SET state = 'sent', lease_until = 0 WHERE id = $1 AND state = 'leased'";

const RETRY: &str = "
    UPDATE outbox SET state = 'queued', lease_until = 0, next_try_at = $2, attempts = $3
    WHERE id = $1 AND state = 'leased'";

const CONFIRMED: &str = "
    UPDATE outbox SET state = 'confirmed', lease_until = 0
    WHERE id = $1 AND state IN ('queued', 'leased', 'sent')";

const CLOSE: &str = "
    UPDATE outbox SET state = $2, code = $3, lease_until = 0
    WHERE id = $1 AND state IN ('queued', 'leased', 'sent')";

const REQUEUE: &str = "
    UPDATE outbox SET state = 'queued', code = NULL, lease_until = 0, next_try_at = $2, attempts = 0
    WHERE id = $1 AND state IN ('sent', 'confirmed', 'returned')";

const RELEASE: &str = "
    UPDATE outbox SET state = 'queued', code = NULL, lease_until = 0, next_try_at = 0, attempts = 0
    WHERE id = $1 AND state IN ('parked', 'quarantined')";

const STATE: &str = "SELECT state FROM outbox WHERE id = $1";
