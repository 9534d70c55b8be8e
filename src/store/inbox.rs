//! The inbox: what peers sent, as it came, stored before anything is decided on it.
//!
//! A row is claimed in the order of arrival, and never while an earlier row of the same peer's
//! conversation is unfinished or parked. The stage a row has reached survives the loss of its lease.

use super::InboxId;
use super::InboxState;
use super::StoreError;
use super::Tx;
use super::row::RowReader;
use super::sqlite_query::row_struct;
use super::statement::query;
use super::tx::beside;
use super::tx::change;
use super::tx::on;
use crate::base::ConversationId;
use crate::base::Digest256;
use crate::base::MessageId;
use crate::base::ProcedureId;
use jiff::Timestamp;
use std::collections::BTreeMap;

/// How a message comes into the inbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Arrival {
    /// To be settled.
    Held,
    /// Kept as evidence, never settled by itself.
    Quarantined {
        /// Why.
        code: String,
    },
    /// Refused at the door, kept as evidence.
    Returned {
        /// Why.
        code: String,
    },
}

/// A message that came. What a broken header does not tell is left out.
#[derive(Clone, PartialEq, Eq)]
pub struct InboxDraft {
    /// The node that sent it, by its certificate.
    pub peer: String,
    /// Its message id.
    pub message_id: Option<MessageId>,
    /// The message it answers.
    pub relates_to: Option<MessageId>,
    /// The conversation it names.
    pub conversation_id: Option<ConversationId>,
    /// The chain of procedures it names.
    pub procedure_id: Option<ProcedureId>,
    /// The action of its addressing header; empty if there is none.
    pub action: String,
    /// The bytes as they came.
    pub raw: Vec<u8>,
    /// The digest of the bytes.
    pub digest: Digest256,
    /// The headers of the transport.
    pub headers: String,
    /// When it came.
    pub received_at: Timestamp,
    /// How it comes in.
    pub arrival: Arrival,
}

/// A row of the inbox.
#[derive(Clone, PartialEq, Eq)]
pub struct InboxRow {
    /// Its key.
    pub id: InboxId,
    /// The node that sent it.
    pub peer: String,
    /// Its message id.
    pub message_id: Option<MessageId>,
    /// The message it answers.
    pub relates_to: Option<MessageId>,
    /// The conversation it names.
    pub conversation_id: Option<ConversationId>,
    /// The chain of procedures it names.
    pub procedure_id: Option<ProcedureId>,
    /// The action of its addressing header.
    pub action: String,
    /// The bytes as they came.
    pub raw: Vec<u8>,
    /// The digest of the bytes.
    pub digest: Digest256,
    /// The headers of the transport.
    pub headers: String,
    /// When it came.
    pub received_at: Timestamp,
    /// Where it stands: of a claimed row, the stage to go on from.
    pub state: InboxState,
    /// Why it was returned, quarantined or parked.
    pub code: Option<String>,
    /// How many tries have failed.
    pub attempts: u32,
    /// The earliest instant of the next try.
    pub next_try_at: Timestamp,
    /// Until when a claim holds.
    pub lease_until: Timestamp,
}

impl std::fmt::Debug for InboxDraft {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("InboxDraft")
            .field("peer", &self.peer)
            .field("message_id", &self.message_id)
            .field("action", &self.action)
            .field("raw_bytes", &self.raw.len())
            .field("arrival", &self.arrival)
            .finish_non_exhaustive()
    }
}

impl std::fmt::Debug for InboxRow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("InboxRow")
            .field("id", &self.id)
            .field("peer", &self.peer)
            .field("message_id", &self.message_id)
            .field("action", &self.action)
            .field("raw_bytes", &self.raw.len())
            .field("state", &self.state)
            .field("code", &self.code)
            .field("attempts", &self.attempts)
            .finish_non_exhaustive()
    }
}

impl Arrival {
    fn state(&self) -> InboxState {
        match self {
            Self::Held => InboxState::Held,
            Self::Quarantined { .. } => InboxState::Quarantined,
            Self::Returned { .. } => InboxState::Returned,
        }
    }

    fn code(&self) -> Option<&str> {
        match self {
            Self::Held => None,
            Self::Quarantined { code } | Self::Returned { code } => Some(code),
        }
    }
}

/// Stores a message that came.
pub async fn inbox_hold(tx: &mut Tx, draft: &InboxDraft) -> Result<InboxId, StoreError> {
    let text = tx.text(HOLD, HOLD_SHARED);
    beside!(tx, "hold a message in the inbox", connection =>
        bind_draft!(sqlx::query_scalar(text), draft).fetch_one(connection))
    .map(InboxId)
}

/// The same for one of which nothing more is stored but entries of the journal. On a server it goes with the commit.
pub async fn inbox_hold_alone(tx: &mut Tx, draft: &InboxDraft) -> Result<(), StoreError> {
    match tx {
        Tx::Postgres(inner) => inner.later(|later| later.put_last(bind_draft!(query(HOLD_SHARED), draft))),
        tx @ (Tx::Sqlite(_) | Tx::SqliteReading(_)) => {
            change!(tx, "hold a message in the inbox", bind_draft!(sqlx::query(HOLD), draft)).map(drop)
        }
    }
}

/// Claims up to `limit` messages that wait to be settled, oldest first, until `lease_until`.
///
/// A row that had reached `received` or `accepted` keeps that state, so nothing is signalled twice. Documents of the
/// `busy` peers are passed over; their signals are not.
pub async fn inbox_claim(
    tx: &mut Tx,
    now: Timestamp,
    lease_until: Timestamp,
    limit: u32,
    busy: &[&str],
) -> Result<Vec<InboxRow>, StoreError> {
    let text = tx.text(CLAIM, CLAIM_LOCKING);
    let busy: String = busy.iter().map(|peer| format!("|{peer}|")).collect();
    let mut rows: Vec<RawInbox> = on!(tx, "claim messages of the inbox", connection => sqlx::query_as(text)
        .bind(lease_until.as_millisecond())
        .bind(now.as_millisecond())
        .bind(i64::from(limit))
        .bind(busy)
        .fetch_all(connection))?;
    rows.sort_by_key(|row| row.id);
    rows.into_iter().map(RawInbox::parse).collect()
}

/// A row is still being settled: its lease goes on until `lease_until`.
pub async fn inbox_extend(tx: &mut Tx, id: InboxId, lease_until: Timestamp) -> Result<(), StoreError> {
    change!(
        tx,
        "extend the lease of a message",
        sqlx::query(EXTEND).bind(id.0).bind(lease_until.as_millisecond())
    )?;
    Ok(())
}

/// One row, if it is there.
pub async fn inbox_find(tx: &mut Tx, id: InboxId) -> Result<Option<InboxRow>, StoreError> {
    let row: Option<RawInbox> = on!(tx, "find a message of the inbox", connection =>
        sqlx::query_as(FIND).bind(id.0).fetch_optional(connection))?;
    row.map(RawInbox::parse).transpose()
}

/// The settled message of a peer that answers `question`, if it came.
pub async fn inbox_of_answer(
    tx: &mut Tx,
    peer: &str,
    question: MessageId,
) -> Result<Option<InboxRow>, StoreError> {
    let row: Option<RawInbox> = on!(tx, "find an answer in the inbox", connection => sqlx::query_as(OF_ANSWER)
        .bind(peer)
        .bind(question.as_uuid().to_string())
        .fetch_optional(connection))?;
    row.map(RawInbox::parse).transpose()
}

/// How many rows are in each state; a state without rows is left out.
pub async fn inbox_counts(tx: &mut Tx) -> Result<BTreeMap<InboxState, i64>, StoreError> {
    let rows: Vec<(String, i64)> = on!(tx, "count the inbox", connection =>
        sqlx::query_as(COUNTS).fetch_all(connection))?;
    rows.into_iter()
        .map(|(word, count)| {
            let reader = RowReader { table: "inbox", id: &"(counted)" };
            Ok((reader.text("state", &word)?, count))
        })
        .collect()
}

pub(super) async fn inbox_release_leases(tx: &mut Tx) -> Result<u64, StoreError> {
    let done = change!(tx, "release the leases of the inbox", sqlx::query(RELEASE_LEASES))?;
    Ok(done)
}

row_struct! {
    struct RawInbox {
        id: i64,
        peer: String,
        message_id: Option<String>,
        relates_to: Option<String>,
        conversation_id: Option<String>,
        procedure_id: Option<String>,
        action: String,
        raw: Vec<u8>,
        digest: Vec<u8>,
        headers: String,
        received_at: i64,
        state: String,
        code: Option<String>,
        attempts: i64,
        next_try_at: i64,
        lease_until: i64,
    }
}

impl RawInbox {
    fn parse(self) -> Result<InboxRow, StoreError> {
        let reader = RowReader { table: "inbox", id: &self.id };
        Ok(InboxRow {
            id: InboxId(self.id),
            message_id: reader.text_if_any("message_id", self.message_id.as_deref())?,
            relates_to: reader.text_if_any("relates_to", self.relates_to.as_deref())?,
            conversation_id: reader.text_if_any("conversation_id", self.conversation_id.as_deref())?,
            procedure_id: reader.text_if_any("procedure_id", self.procedure_id.as_deref())?,
            digest: reader.digest("digest", &self.digest)?,
            received_at: reader.instant("received_at", self.received_at)?,
            state: reader.text("state", &self.state)?,
            attempts: reader.count("attempts", self.attempts)?,
            next_try_at: reader.instant("next_try_at", self.next_try_at)?,
            lease_until: reader.instant("lease_until", self.lease_until)?,
            peer: self.peer,
            action: self.action,
            raw: self.raw,
            headers: self.headers,
            code: self.code,
        })
    }
}

/// The values of a message, in the order of its columns.
macro_rules! bind_draft {
    ($query:expr, $draft:expr) => {
        $query
            .bind(&$draft.peer)
            .bind($draft.message_id.map(|id| id.as_uuid().to_string()))
            .bind($draft.relates_to.map(|id| id.as_uuid().to_string()))
            .bind($draft.conversation_id.map(|id| id.as_uuid().to_string()))
            .bind($draft.procedure_id.as_ref().map(ToString::to_string))
            .bind(&$draft.action)
            .bind(&$draft.raw)
            .bind($draft.digest.0.as_slice())
            .bind(&$draft.headers)
            .bind($draft.received_at.as_millisecond())
            .bind($draft.arrival.state().as_str())
            .bind($draft.arrival.code())
    };
}
use bind_draft;

/// The row and its bytes in one call.
macro_rules! hold {
    ($row:literal, $then:literal) => {
        concat!(
            $row,
            "INSERT INTO inbox (peer, message_id, relates_to, conversation_id, procedure_id, action, digest, headers,
                       received_at, state, resume_state, code, attempts, next_try_at, lease_until)
    VALUES ($1, $2, $3, $4, $5, $6, $8, $9, $10, $11, 'held', $12, 0, $10, 0)",
            $then
        )
    };
}

const HOLD: &str =
    hold!("", "; INSERT INTO inbox_raw (inbox_id, raw) VALUES (last_insert_rowid(), $7) RETURNING inbox_id");
const HOLD_SHARED: &str = hold!(
    "WITH held AS (",
    " RETURNING id) INSERT INTO inbox_raw (inbox_id, raw) SELECT held.id, $7 FROM held RETURNING inbox_id"
);

/// What a row is read from.
macro_rules! columns {
    () => {
        "id, peer, message_id, relates_to, conversation_id, procedure_id, action,
           (SELECT raw FROM inbox_raw WHERE inbox_id = inbox.id) AS raw, digest, headers,
           received_at, state, code, attempts, next_try_at, lease_until"
    };
}

/// With the lock that the engine needs: a row that another worker is claiming is passed over. What is due is looked
/// up once, or a planner might do it again for each row and claim more than the limit.
macro_rules! claim {
    ($lock:literal) => {
        concat!(
            "WITH claimable AS MATERIALIZED (
        SELECT due.id FROM inbox AS due
        WHERE due.state IN ('held', 'leased', 'received', 'accepted')
          AND due.lease_until <= $2
          AND due.next_try_at <= $2
          AND (due.action LIKE '%/P.MSG.%' OR $4 NOT LIKE '%|' || due.peer || '|%')
          AND NOT EXISTS (
            SELECT 1 FROM inbox AS earlier
            WHERE earlier.conversation_id = due.conversation_id AND earlier.peer = due.peer
              AND earlier.id < due.id
              AND earlier.state IN ('held', 'leased', 'received', 'accepted', 'parked'))
        ORDER BY due.id LIMIT $3 + 0",
            $lock,
            ")
    UPDATE inbox SET state = CASE WHEN state = 'held' THEN 'leased' ELSE state END, lease_until = $1
    WHERE state IN ('held', 'leased', 'received', 'accepted') AND lease_until <= $2
      AND id IN (SELECT claimable.id FROM claimable)
    RETURNING ",
            columns!()
        )
    };
}

pub(super) const CLAIM: &str = claim!("");
const CLAIM_LOCKING: &str = claim!(" FOR UPDATE OF due SKIP LOCKED");

const EXTEND: &str = "
    UPDATE inbox SET lease_until = $2
    WHERE id = $1 AND state IN ('leased', 'received', 'accepted') AND lease_until > 0 AND lease_until < $2";

const FIND: &str = concat!("SELECT ", columns!(), " FROM inbox WHERE id = $1");

const OF_ANSWER: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM inbox WHERE peer = $1 AND state = 'settled' AND relates_to = $2 ORDER BY id DESC LIMIT 1"
);

const COUNTS: &str = "SELECT state, COUNT(*) FROM inbox GROUP BY state";

pub(super) const RELEASE_LEASES: &str = "
    UPDATE inbox SET state = CASE WHEN state = 'leased' THEN 'held' ELSE state END, lease_until = 0
    WHERE state IN ('held', 'leased', 'received', 'accepted') AND lease_until > 0";
