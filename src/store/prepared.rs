//! Inquiries that were prepared for workers who near a pension age: each once, waiting, sent or dropped.

use super::StoreError;
use super::Tx;
use super::row::RowReader;
use super::state::word_enum;
use super::tx::change;
use super::tx::on;
use crate::base::ConversationId;
use crate::pension::HeldBy;
use jiff::Timestamp;
use std::collections::BTreeSet;
use uuid::Uuid;

word_enum!(
    /// How far a prepared inquiry has come.
    PreparedState {
        /// Nobody has said that it be sent.
        Waiting = "waiting",
        /// It is on its way to the peer, or was answered.
        Sent = "sent",
        /// A person decided not to send it.
        Dropped = "dropped",
    }
);

/// An inquiry to be prepared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PreparedDraft {
    /// By what its worker and the state asked are known.
    pub key: String,
    /// Its number.
    pub id: Uuid,
    /// The state that is asked.
    pub peer: String,
    /// The kind of pension whose age is near.
    pub kind: String,
    /// Why this state may hold service of the worker.
    pub reasons: BTreeSet<HeldBy>,
    /// When it was prepared.
    pub made_at: Timestamp,
}

/// An inquiry that was prepared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PreparedRow {
    /// What was prepared.
    pub draft: PreparedDraft,
    /// How far it has come.
    pub state: PreparedState,
    /// The transaction by which it was sent.
    pub conversation_id: Option<ConversationId>,
}

/// Notes that an inquiry is prepared, unless it was before; tells whether it is new.
pub async fn prepared_put(tx: &mut Tx, draft: &PreparedDraft) -> Result<bool, StoreError> {
    let id = draft.id.to_string();
    let unwritable = |_cause| RowReader { table: "prepared", id: &id }.fault("reasons");
    let reasons = serde_json::to_string(&draft.reasons).map_err(unwritable)?;
    let rows = change!(
        tx,
        "note a prepared inquiry",
        sqlx::query(PUT)
            .bind(&draft.key)
            .bind(&id)
            .bind(&draft.peer)
            .bind(&draft.kind)
            .bind(reasons)
            .bind(PreparedState::Waiting.as_str())
            .bind(draft.made_at.as_millisecond())
    )?;
    Ok(rows == 1)
}

/// The inquiry that was prepared for a worker and a state.
pub async fn prepared_of(tx: &mut Tx, key: &str) -> Result<Option<PreparedRow>, StoreError> {
    let found: Option<Columns> = on!(tx, "find a prepared inquiry", connection =>
        sqlx::query_as(OF_KEY).bind(key).fetch_optional(connection))?;
    found.map(row).transpose()
}

/// A prepared inquiry by its number.
pub async fn prepared_find(tx: &mut Tx, id: Uuid) -> Result<Option<PreparedRow>, StoreError> {
    let found: Option<Columns> = on!(tx, "find a prepared inquiry", connection =>
        sqlx::query_as(FIND).bind(id.to_string()).fetch_optional(connection))?;
    found.map(row).transpose()
}

/// Up to `limit` prepared inquiries after a number, in the order of their numbers.
pub async fn prepared_page(tx: &mut Tx, after: &str, limit: u32) -> Result<Vec<PreparedRow>, StoreError> {
    let rows: Vec<Columns> = on!(tx, "list prepared inquiries", connection =>
        sqlx::query_as(PAGE).bind(after).bind(i64::from(limit)).fetch_all(connection))?;
    rows.into_iter().map(row).collect()
}

/// Notes by which transaction a prepared inquiry leaves; false if it does not wait, as when another replica sent it.
pub async fn prepared_sent(
    tx: &mut Tx,
    id: Uuid,
    conversation_id: ConversationId,
) -> Result<bool, StoreError> {
    let conversation = conversation_id.as_uuid().to_string();
    let rows =
        change!(tx, "send a prepared inquiry", sqlx::query(SENT).bind(id.to_string()).bind(conversation))?;
    Ok(rows == 1)
}

/// Notes that a person does not want it sent; false if it does not wait.
pub async fn prepared_drop(tx: &mut Tx, id: Uuid) -> Result<bool, StoreError> {
    let rows = change!(tx, "drop a prepared inquiry", sqlx::query(DROP).bind(id.to_string()))?;
    Ok(rows == 1)
}

type Columns = (String, String, String, String, String, String, i64, Option<String>);

fn row(columns: Columns) -> Result<PreparedRow, StoreError> {
    let (key, id, peer, kind, reasons, state, made_at, conversation) = columns;
    let reader = RowReader { table: "prepared", id: &id };
    let conversation: Option<Uuid> = reader.text_if_any("conversation_id", conversation.as_deref())?;
    let draft = PreparedDraft {
        key,
        id: reader.text("id", &id)?,
        peer,
        kind,
        reasons: reader.json("reasons", &reasons)?,
        made_at: reader.instant("made_at", made_at)?,
    };
    let conversation_id = conversation.map(ConversationId::from_uuid);
    Ok(PreparedRow { draft, state: reader.text("state", &state)?, conversation_id })
}

const PUT: &str = "
    INSERT INTO prepared (key, id, peer, kind, reasons, state, made_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (key) DO NOTHING";

const OF_KEY: &str = "
    SELECT key, id, peer, kind, reasons, state, made_at, conversation_id FROM prepared WHERE key = $1";

const FIND: &str = "
    SELECT key, id, peer, kind, reasons, state, made_at, conversation_id FROM prepared WHERE id = $1";

const PAGE: &str = "
    SELECT key, id, peer, kind, reasons, state, made_at, conversation_id FROM prepared
    WHERE id > $1 ORDER BY id LIMIT $2";

const SENT: &str = "
    UPDATE prepared SET state = 'sent', conversation_id = $2 WHERE id = $1 AND state = 'waiting'";

const DROP: &str = "UPDATE prepared SET state = 'dropped' WHERE id = $1 AND state = 'waiting'";
