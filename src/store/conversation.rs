//! Conversations: one row per transaction instance of a common process and side of it.
//!
//! The store keeps the step and the timers; what they mean is the business of `exchange::transit`.

use super::ConversationState;
use super::OutboxId;
use super::Role;
use super::StoreError;
use super::Tx;
use super::row::RowReader;
use super::sqlite_query::row_struct;
use super::tx::change;
use super::tx::later;
use super::tx::on;
use crate::base::ConversationId;
use crate::base::DocumentId;
use crate::base::ProcedureId;
use jiff::Timestamp;
use std::collections::BTreeMap;

/// A conversation as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conversation {
    /// Which one.
    pub id: ConversationId,
    /// Which side this node is.
    pub role: Role,
    /// The other node.
    pub peer: String,
    /// The common process.
    pub process: String,
    /// The transaction of that process.
    pub transaction: String,
    /// The chain of procedures.
    pub procedure_id: ProcedureId,
    /// The document that asked, once it is known.
    pub request_document_id: Option<DocumentId>,
    /// The row of the outbox whose terms are watched: the request, or a response that is confirmed.
    pub own_outbox_id: Option<OutboxId>,
    /// Whether it goes on.
    pub state: ConversationState,
    /// Where the pattern of the transaction stands.
    pub step: String,
    /// When the time for the receipt of the request runs out.
    pub t1_at: Option<Timestamp>,
    /// When the time for its acceptance runs out.
    pub t2_at: Option<Timestamp>,
    /// When the time for the answer runs out.
    pub t3_at: Option<Timestamp>,
    /// How often its own message was sent.
    pub attempts: u32,
    /// The code of its end.
    pub outcome: Option<String>,
    /// When it started.
    pub started_at: Timestamp,
    /// When it ended.
    pub finished_at: Option<Timestamp>,
}

impl Conversation {
    fn due_at_ms(&self) -> Option<i64> {
        [self.t1_at, self.t2_at, self.t3_at].into_iter().flatten().min().map(|at| at.as_millisecond())
    }
}

/// Stores a conversation that starts.
pub async fn conversation_put(tx: &mut Tx, conversation: &Conversation) -> Result<(), StoreError> {
    later!(
        tx,
        "put a conversation",
        "conversation",
        PUT,
        [
            conversation.id.as_uuid().to_string(),
            conversation.role.as_str(),
            &conversation.peer,
            &conversation.process,
            &conversation.transaction,
            conversation.procedure_id.to_string(),
            conversation.request_document_id.map(|id| id.as_uuid().to_string()),
            conversation.own_outbox_id.map(|id| id.0),
            conversation.state.as_str(),
            &conversation.step,
            conversation.t1_at.map(|at| at.as_millisecond()),
            conversation.t2_at.map(|at| at.as_millisecond()),
            conversation.t3_at.map(|at| at.as_millisecond()),
            conversation.due_at_ms(),
            i64::from(conversation.attempts),
            &conversation.outcome,
            conversation.started_at.as_millisecond(),
            conversation.finished_at.map(|at| at.as_millisecond()),
        ]
    )?;
    Ok(())
}

/// The conversation with this id, seen from this side.
pub async fn conversation_find(
    tx: &mut Tx,
    id: ConversationId,
    role: Role,
) -> Result<Option<Conversation>, StoreError> {
    find(tx, FIND, id, role).await
}

/// The same in order to change it: nobody else changes it before this transaction ends.
pub async fn conversation_lock(
    tx: &mut Tx,
    id: ConversationId,
    role: Role,
) -> Result<Option<Conversation>, StoreError> {
    let text = tx.text(FIND, FIND_LOCKING);
    find(tx, text, id, role).await
}

async fn find(
    tx: &mut Tx,
    text: &'static str,
    id: ConversationId,
    role: Role,
) -> Result<Option<Conversation>, StoreError> {
    let row: Option<RawConversation> = on!(tx, "find a conversation", connection => sqlx::query_as(text)
        .bind(id.as_uuid().to_string())
        .bind(role.as_str())
        .fetch_optional(connection))?;
    row.map(RawConversation::parse).transpose()
}

/// Stores what changes in the course of an open conversation; one that has ended is refused.
///
/// Changed are the request, the state, the step, the timers, the attempts and the end.
pub async fn conversation_update(tx: &mut Tx, conversation: &Conversation) -> Result<(), StoreError> {
    let done = change!(
        tx,
        "update a conversation",
        sqlx::query(UPDATE)
            .bind(conversation.id.as_uuid().to_string())
            .bind(conversation.role.as_str())
            .bind(conversation.request_document_id.map(|id| id.as_uuid().to_string()))
            .bind(conversation.own_outbox_id.map(|id| id.0))
            .bind(conversation.state.as_str())
            .bind(&conversation.step)
            .bind(conversation.t1_at.map(|at| at.as_millisecond()))
            .bind(conversation.t2_at.map(|at| at.as_millisecond()))
            .bind(conversation.t3_at.map(|at| at.as_millisecond()))
            .bind(conversation.due_at_ms())
            .bind(i64::from(conversation.attempts))
            .bind(&conversation.outcome)
            .bind(conversation.finished_at.map(|at| at.as_millisecond()))
    )?;
    if done == 1 {
        return Ok(());
    }
    let id = conversation.id.to_string();
    match conversation_find(tx, conversation.id, conversation.role).await? {
        None => Err(StoreError::Missing { table: "conversation", id }),
        Some(found) => Err(StoreError::Transition {
            table: "conversation",
            id,
            found: found.state.as_str(),
            to: conversation.state.as_str(),
        }),
    }
}

/// Up to `limit` open conversations one of whose timers has run out, the most overdue first.
pub async fn conversation_due(
    tx: &mut Tx,
    now: Timestamp,
    limit: u32,
) -> Result<Vec<Conversation>, StoreError> {
    let rows: Vec<RawConversation> = on!(tx, "list the conversations that are due", connection =>
        sqlx::query_as(DUE).bind(now.as_millisecond()).bind(i64::from(limit)).fetch_all(connection))?;
    rows.into_iter().map(RawConversation::parse).collect()
}

/// Up to `limit` conversations that this node began and that ended without their result, the oldest first; those
/// that were begun again are left out.
pub async fn conversation_ended(tx: &mut Tx, limit: u32) -> Result<Vec<Conversation>, StoreError> {
    let rows: Vec<RawConversation> = on!(tx, "list the conversations that ended", connection =>
        sqlx::query_as(ENDED).bind(i64::from(limit)).fetch_all(connection))?;
    rows.into_iter().map(RawConversation::parse).collect()
}

/// Records that a conversation which ended without its result is begun again; tells whether it was one.
pub async fn conversation_resent(tx: &mut Tx, id: ConversationId) -> Result<bool, StoreError> {
    let done = change!(
        tx,
        "record a conversation as begun again",
        sqlx::query(RESENT).bind(id.as_uuid().to_string())
    )?;
    Ok(done == 1)
}

/// How many conversations are in each state; a state without rows is left out.
pub async fn conversation_counts(tx: &mut Tx) -> Result<BTreeMap<ConversationState, i64>, StoreError> {
    let rows: Vec<(String, i64)> = on!(tx, "count the conversations", connection =>
        sqlx::query_as(COUNTS).fetch_all(connection))?;
    rows.into_iter()
        .map(|(word, count)| {
            let reader = RowReader { table: "conversation", id: &"(counted)" };
            Ok((reader.text("state", &word)?, count))
        })
        .collect()
}

row_struct! {
    struct RawConversation {
        id: String,
        role: String,
        peer: String,
        process: String,
        transaction_code: String,
        procedure_id: String,
        request_document_id: Option<String>,
        own_outbox_id: Option<i64>,
        state: String,
        step: String,
        t1_at: Option<i64>,
        t2_at: Option<i64>,
        t3_at: Option<i64>,
        attempts: i64,
        outcome: Option<String>,
        started_at: i64,
        finished_at: Option<i64>,
    }
}

impl RawConversation {
    fn parse(self) -> Result<Conversation, StoreError> {
        let reader = RowReader { table: "conversation", id: &self.id };
        Ok(Conversation {
            id: reader.text("id", &self.id)?,
            role: reader.text("role", &self.role)?,
            procedure_id: reader.text("procedure_id", &self.procedure_id)?,
            request_document_id: reader
                .text_if_any("request_document_id", self.request_document_id.as_deref())?,
            own_outbox_id: self.own_outbox_id.map(OutboxId),
            state: reader.text("state", &self.state)?,
            t1_at: reader.instant_if_any("t1_at", self.t1_at)?,
            t2_at: reader.instant_if_any("t2_at", self.t2_at)?,
            t3_at: reader.instant_if_any("t3_at", self.t3_at)?,
            attempts: reader.count("attempts", self.attempts)?,
            started_at: reader.instant("started_at", self.started_at)?,
            finished_at: reader.instant_if_any("finished_at", self.finished_at)?,
            peer: self.peer,
            process: self.process,
            transaction: self.transaction_code,
            step: self.step,
            outcome: self.outcome,
        })
    }
}

const PUT: &str = "
    INSERT INTO conversation (id, role, peer, process, transaction_code, procedure_id, request_document_id,
                              own_outbox_id, state, step, t1_at, t2_at, t3_at, due_at, attempts, outcome,
                              started_at, finished_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)";

/// With the lock that the engine needs.
macro_rules! find {
    ($lock:literal) => {
        concat!(
            "SELECT id, role, peer, process, transaction_code, procedure_id, request_document_id,
                    own_outbox_id, state, step, t1_at, t2_at, t3_at, attempts, outcome, started_at,
                    finished_at
             FROM conversation WHERE id = $1 AND role = $2",
            $lock
        )
    };
}

const FIND: &str = find!("");
const FIND_LOCKING: &str = find!(" FOR UPDATE");

const UPDATE: &str = "
    UPDATE conversation
    SET request_document_id = $3, own_outbox_id = $4, state = $5, step = $6, t1_at = $7, t2_at = $8,
        t3_at = $9, due_at = $10, attempts = $11, outcome = $12, finished_at = $13
    WHERE id = $1 AND role = $2 AND state = 'open'";

pub(super) const DUE: &str = "
    SELECT id, role, peer, process, transaction_code, procedure_id, request_document_id, own_outbox_id,
           state, step, t1_at, t2_at, t3_at, attempts, outcome, started_at, finished_at
    FROM conversation WHERE state = 'open' AND due_at IS NOT NULL AND due_at <= $1
    ORDER BY due_at, id, role LIMIT $2";

const ENDED: &str = "
    SELECT id, role, peer, process, transaction_code, procedure_id, request_document_id, own_outbox_id,
           state, step, t1_at, t2_at, t3_at, attempts, outcome, started_at, finished_at
    FROM conversation
    WHERE state IN ('failed', 'expired') AND role = 'initiator' AND outcome <> 'resent'
    ORDER BY started_at, id LIMIT $1";

const RESENT: &str = "
    UPDATE conversation SET outcome = 'resent'
    WHERE id = $1 AND role = 'initiator' AND state IN ('failed', 'expired') AND outcome <> 'resent'";

const COUNTS: &str = "SELECT state, COUNT(*) FROM conversation GROUP BY state";
