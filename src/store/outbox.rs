//! The outbox: sealed bytes on their way to a peer, and the message ids they were sent under.
//!
//! A row is claimed in the order of putting, and never while an earlier row of the same
//! conversation is queued, leased or parked.

use super::OutboxId;
use super::OutboxKind;
use super::OutboxState;
use super::Role;
use super::StoreError;
use super::Tx;
use super::row::RowReader;
use super::sqlite_query::row_struct;
use super::tx::beside;
use super::tx::change;
use super::tx::later;
use super::tx::on;
use crate::base::ConversationId;
use crate::base::Digest256;
use crate::base::DocumentId;
use crate::base::MessageId;
use crate::base::ProcedureId;
use jiff::Timestamp;
use std::collections::BTreeMap;

/// A message to put into the outbox.
#[derive(Clone, PartialEq, Eq)]
pub struct OutboxDraft {
    /// The node it goes to.
    pub peer: String,
    /// The conversation it belongs to.
    pub conversation_id: ConversationId,
    /// The chain of procedures.
    pub procedure_id: ProcedureId,
    /// The document inside, if it carries one.
    pub document_id: Option<DocumentId>,
    /// What it is.
    pub kind: OutboxKind,
    /// The side we play in its conversation.
    pub role: Role,
    /// The action of its addressing header.
    pub action: String,
    /// The sealed bytes; the envelope is built anew for every send.
    pub body: Vec<u8>,
    /// The message it answers.
    pub relates_to: Option<MessageId>,
    /// The digest of the body.
    pub digest: Digest256,
    /// When it was made; it is due at once.
    pub created_at: Timestamp,
}

/// A row of the outbox.
#[derive(Clone, PartialEq, Eq)]
pub struct OutboxRow {
    /// Its key.
    pub id: OutboxId,
    /// What was put.
    pub draft: OutboxDraft,
    /// Where it stands.
    pub state: OutboxState,
    /// Why it was returned, quarantined or parked.
    pub code: Option<String>,
    /// How many tries have failed since it was last queued afresh.
    pub attempts: u32,
    /// The earliest instant of the next try.
    pub next_try_at: Timestamp,
    /// Until when a claim holds.
    pub lease_until: Timestamp,
}

impl std::fmt::Debug for OutboxDraft {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OutboxDraft")
            .field("peer", &self.peer)
            .field("conversation_id", &self.conversation_id)
            .field("document_id", &self.document_id)
            .field("kind", &self.kind)
            .field("action", &self.action)
            .field("body_bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}

impl std::fmt::Debug for OutboxRow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OutboxRow")
            .field("id", &self.id)
            .field("state", &self.state)
            .field("code", &self.code)
            .field("attempts", &self.attempts)
            .field("draft", &self.draft)
            .finish_non_exhaustive()
    }
}

/// Puts a message into the outbox, queued and due.
pub async fn outbox_put(tx: &mut Tx, draft: &OutboxDraft) -> Result<OutboxId, StoreError> {
    let created_at = draft.created_at.as_millisecond();
    let text = tx.text(PUT, PUT_SHARED);
    beside!(tx, "put a message into the outbox", connection => sqlx::query_scalar(text)
        .bind(&draft.peer)
        .bind(draft.conversation_id.as_uuid().to_string())
        .bind(draft.procedure_id.to_string())
        .bind(draft.document_id.map(|id| id.as_uuid().to_string()))
        .bind(draft.kind.as_str())
        .bind(draft.role.as_str())
        .bind(&draft.action)
        .bind(&draft.body)
        .bind(draft.relates_to.map(|id| id.as_uuid().to_string()))
        .bind(draft.digest.0.as_slice())
        .bind(created_at)
        .fetch_one(connection))
    .map(OutboxId)
}

/// Claims up to `limit` due messages to `peer`, oldest first, until `lease_until`.
pub async fn outbox_claim(
    tx: &mut Tx,
    peer: &str,
    now: Timestamp,
    lease_until: Timestamp,
    limit: u32,
) -> Result<Vec<OutboxRow>, StoreError> {
    let text = tx.text(CLAIM, CLAIM_LOCKING);
    let mut rows: Vec<RawOutbox> = on!(tx, "claim messages of the outbox", connection => sqlx::query_as(text)
        .bind(lease_until.as_millisecond())
        .bind(now.as_millisecond())
        .bind(peer)
        .bind(i64::from(limit))
        .fetch_all(connection))?;
    rows.sort_by_key(|row| row.id);
    rows.into_iter().map(RawOutbox::parse).collect()
}

/// Claims the one due message to `peer` that failed least often: to find out whether the peer is back, so that one
/// message the peer cannot deal with does not stand before all others.
pub async fn outbox_probe(
    tx: &mut Tx,
    peer: &str,
    now: Timestamp,
    lease_until: Timestamp,
) -> Result<Vec<OutboxRow>, StoreError> {
    let text = tx.text(PROBE, PROBE_LOCKING);
    let rows: Vec<RawOutbox> = on!(tx, "claim a message to knock with", connection => sqlx::query_as(text)
        .bind(lease_until.as_millisecond())
        .bind(now.as_millisecond())
        .bind(peer)
        .bind(1_i64)
        .fetch_all(connection))?;
    rows.into_iter().map(RawOutbox::parse).collect()
}

/// Whether this node has ever sent a document of this id to `peer`.
pub async fn outbox_knows(tx: &mut Tx, peer: &str, document: DocumentId) -> Result<bool, StoreError> {
    let found: Option<i64> = on!(tx, "find a document in the outbox", connection => sqlx::query_scalar(KNOWS)
        .bind(document.as_uuid().to_string())
        .bind(peer)
        .fetch_optional(connection))?;
    Ok(found.is_some())
}

/// One row, if it is there.
pub async fn outbox_find(tx: &mut Tx, id: OutboxId) -> Result<Option<OutboxRow>, StoreError> {
    let row: Option<RawOutbox> = on!(tx, "find a message of the outbox", connection =>
        sqlx::query_as(FIND).bind(id.0).fetch_optional(connection))?;
    row.map(RawOutbox::parse).transpose()
}

/// The message by which a document of ours left first.
pub async fn outbox_of_document(
    tx: &mut Tx,
    peer: &str,
    document_id: DocumentId,
) -> Result<Option<OutboxRow>, StoreError> {
    let key = document_id.as_uuid().to_string();
    let row: Option<RawOutbox> = on!(tx, "find a document of the outbox", connection =>
        sqlx::query_as(OF_DOCUMENT).bind(peer).bind(&key).fetch_optional(connection))?;
    row.map(RawOutbox::parse).transpose()
}

/// How many rows are in each state; a state without rows is left out.
pub async fn outbox_counts(tx: &mut Tx) -> Result<BTreeMap<OutboxState, i64>, StoreError> {
    let rows: Vec<(String, i64)> = on!(tx, "count the outbox", connection =>
        sqlx::query_as(COUNTS).fetch_all(connection))?;
    rows.into_iter()
        .map(|(word, count)| {
            let reader = RowReader { table: "outbox", id: &"(counted)" };
            Ok((reader.text("state", &word)?, count))
        })
        .collect()
}

/// Records that a row is about to be sent under this message id, before the first byte leaves.
pub async fn delivery_put(
    tx: &mut Tx,
    message_id: MessageId,
    outbox_id: OutboxId,
    at: Timestamp,
) -> Result<(), StoreError> {
    later!(
        tx,
        "record a delivery",
        "delivery",
        DELIVERY_PUT,
        [message_id.as_uuid().to_string(), outbox_id.0, at.as_millisecond()]
    )?;
    Ok(())
}

/// The message of ours whose terms a conversation watches, seen from this side.
pub async fn outbox_of_conversation(
    tx: &mut Tx,
    id: ConversationId,
    role: Role,
) -> Result<Option<OutboxRow>, StoreError> {
    let row: Option<RawOutbox> = on!(tx, "find the message of a conversation", connection =>
        sqlx::query_as(OF_CONVERSATION)
            .bind(id.as_uuid().to_string())
            .bind(role.as_str())
            .fetch_optional(connection))?;
    row.map(RawOutbox::parse).transpose()
}

/// Which row was sent under this message id.
pub async fn delivery_find(tx: &mut Tx, message_id: MessageId) -> Result<Option<OutboxId>, StoreError> {
    let id: Option<i64> = on!(tx, "find a delivery", connection => sqlx::query_scalar(DELIVERY_FIND)
        .bind(message_id.as_uuid().to_string())
        .fetch_optional(connection))?;
    Ok(id.map(OutboxId))
}

/// The latest `limit` sendings of a row, each with its message id, the oldest first.
pub async fn deliveries_of(
    tx: &mut Tx,
    id: OutboxId,
    limit: u32,
) -> Result<Vec<(MessageId, Timestamp)>, StoreError> {
    let rows: Vec<(String, i64)> = on!(tx, "list the sendings of a message", connection =>
        sqlx::query_as(DELIVERIES).bind(id.0).bind(i64::from(limit)).fetch_all(connection))?;
    let parse = |(message, at): (String, i64)| {
        let reader = RowReader { table: "delivery", id: &message };
        Ok((reader.text("message_id", &message)?, reader.instant("at", at)?))
    };
    rows.into_iter().rev().map(parse).collect()
}

/// The row that was sent under this message id.
pub async fn outbox_of_delivery(tx: &mut Tx, message_id: MessageId) -> Result<Option<OutboxRow>, StoreError> {
    let key = message_id.as_uuid().to_string();
    let row: Option<RawOutbox> = on!(tx, "find a delivered message", connection =>
        sqlx::query_as(OF_DELIVERY).bind(&key).fetch_optional(connection))?;
    row.map(RawOutbox::parse).transpose()
}

/// A row is still being sent: its lease goes on until `lease_until`.
pub async fn outbox_extend(tx: &mut Tx, id: OutboxId, lease_until: Timestamp) -> Result<(), StoreError> {
    change!(
        tx,
        "extend the lease of a message that leaves",
        sqlx::query(EXTEND).bind(id.0).bind(lease_until.as_millisecond())
    )?;
    Ok(())
}

pub(super) async fn outbox_release_leases(tx: &mut Tx) -> Result<u64, StoreError> {
    let done = change!(tx, "release the leases of the outbox", sqlx::query(RELEASE_LEASES))?;
    Ok(done)
}

row_struct! {
    struct RawOutbox {
        id: i64,
        peer: String,
        conversation_id: String,
        procedure_id: String,
        document_id: Option<String>,
        kind: String,
        role: String,
        action: String,
        body: Vec<u8>,
        relates_to: Option<String>,
        digest: Vec<u8>,
        state: String,
        code: Option<String>,
        attempts: i64,
        created_at: i64,
        next_try_at: i64,
        lease_until: i64,
    }
}

impl RawOutbox {
    fn parse(self) -> Result<OutboxRow, StoreError> {
        let reader = RowReader { table: "outbox", id: &self.id };
        Ok(OutboxRow {
            id: OutboxId(self.id),
            state: reader.text("state", &self.state)?,
            attempts: reader.count("attempts", self.attempts)?,
            next_try_at: reader.instant("next_try_at", self.next_try_at)?,
            lease_until: reader.instant("lease_until", self.lease_until)?,
            draft: OutboxDraft {
                conversation_id: reader.text("conversation_id", &self.conversation_id)?,
                procedure_id: reader.text("procedure_id", &self.procedure_id)?,
                document_id: reader.text_if_any("document_id", self.document_id.as_deref())?,
                kind: reader.text("kind", &self.kind)?,
                role: reader.text("role", &self.role)?,
                relates_to: reader.text_if_any("relates_to", self.relates_to.as_deref())?,
                digest: reader.digest("digest", &self.digest)?,
                created_at: reader.instant("created_at", self.created_at)?,
                peer: self.peer,
                action: self.action,
                body: self.body,
            },
            code: self.code,
        })
    }
}

/// The row and its bytes in one call.
macro_rules! put {
    ($row:literal, $then:literal) => {
        concat!(
            $row,
            "INSERT INTO outbox (peer, conversation_id, procedure_id, document_id, kind, role, action, relates_to, digest,
                        state, attempts, created_at, next_try_at, lease_until)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $9, $10, 'queued', 0, $11, $11, 0)",
            $then
        )
    };
}

const PUT: &str = put!(
    "",
    "; INSERT INTO outbox_body (outbox_id, body) VALUES (last_insert_rowid(), $8) RETURNING outbox_id"
);
const PUT_SHARED: &str = put!(
    "WITH queued AS (",
    " RETURNING id) INSERT INTO outbox_body (outbox_id, body) SELECT queued.id, $8 FROM queued RETURNING outbox_id"
);

/// What a row is read from.
macro_rules! columns {
    () => {
        "id, peer, conversation_id, procedure_id, document_id, kind, role, action,
           (SELECT body FROM outbox_body WHERE outbox_id = outbox.id) AS body, relates_to, digest,
           state, code, attempts, created_at, next_try_at, lease_until"
    };
}

/// With the lock that the engine needs: a row that another worker is claiming is passed over. What is due is looked
/// up once, or a planner might do it again for each row and claim more than the limit.
macro_rules! claim {
    ($order:literal, $lock:literal) => {
        concat!(
            "WITH claimable AS MATERIALIZED (
        SELECT due.id FROM outbox AS due
        WHERE due.peer = $3
          AND due.state IN ('queued', 'leased')
          AND due.lease_until <= $2
          AND due.next_try_at <= $2
          AND NOT EXISTS (
            SELECT 1 FROM outbox AS earlier
            WHERE earlier.conversation_id = due.conversation_id AND earlier.peer = due.peer
              AND earlier.id < due.id AND earlier.state IN ('queued', 'leased', 'parked'))
        ORDER BY ",
            $order,
            " LIMIT $4 + 0",
            $lock,
            ")
    UPDATE outbox SET state = 'leased', lease_until = $1
    WHERE state IN ('queued', 'leased') AND lease_until <= $2
      AND id IN (SELECT claimable.id FROM claimable)
    RETURNING ",
            columns!()
        )
    };
}

pub(super) const CLAIM: &str = claim!("due.id", "");
const CLAIM_LOCKING: &str = claim!("due.id", " FOR UPDATE OF due SKIP LOCKED");
const PROBE: &str = claim!("due.attempts, due.id", "");
const PROBE_LOCKING: &str = claim!("due.attempts, due.id", " FOR UPDATE OF due SKIP LOCKED");

const EXTEND: &str = "
    UPDATE outbox SET lease_until = $2 WHERE id = $1 AND state = 'leased' AND lease_until < $2";

const KNOWS: &str = "SELECT id FROM outbox WHERE document_id = $1 AND peer = $2 LIMIT 1";

const OF_DOCUMENT: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM outbox WHERE peer = $1 AND document_id = $2 AND kind = 'application' ORDER BY id LIMIT 1"
);

const FIND: &str = concat!("SELECT ", columns!(), " FROM outbox WHERE id = $1");

const OF_DELIVERY: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM outbox WHERE id = (SELECT outbox_id FROM delivery WHERE message_id = $1)"
);

const OF_CONVERSATION: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM outbox WHERE id = (SELECT own_outbox_id FROM conversation WHERE conversation.id = $1 AND role = $2)"
);

const COUNTS: &str = "SELECT state, COUNT(*) FROM outbox GROUP BY state";

pub(super) const RELEASE_LEASES: &str =
    "UPDATE outbox SET state = 'queued', lease_until = 0 WHERE state = 'leased'";

const DELIVERY_PUT: &str = "INSERT INTO delivery (message_id, outbox_id, at) VALUES ($1, $2, $3)";

const DELIVERIES: &str = "
    SELECT message_id, at FROM delivery WHERE outbox_id = $1 ORDER BY at DESC, message_id DESC LIMIT $2";

const DELIVERY_FIND: &str = "SELECT outbox_id FROM delivery WHERE message_id = $1";
