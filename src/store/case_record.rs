//! Which insurance records a case rests on, and where records may be found.

use super::OutboxId;
use super::Role;
use super::StoreError;
use super::Tx;
use super::row::RowReader;
use super::tx::change;
use super::tx::on;
use crate::base::{ConversationId, DocumentId};
use crate::exchange::canonical::RecordId;
use jiff::Timestamp;

/// A record that a case rests on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseRecord {
    /// The document that brought it.
    pub document_id: DocumentId,
    /// The run of the transaction that brought that.
    pub conversation_id: ConversationId,
    /// The node that sent it.
    pub peer: String,
    /// When it was put there.
    pub put_at: Timestamp,
    /// By whom: a login.
    pub put_by: String,
}

/// A conversation that may have brought a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordCandidate {
    /// Which.
    pub conversation_id: ConversationId,
    /// The other node.
    pub peer: String,
    /// Our side of it.
    pub role: Role,
    /// What asked, if we did.
    pub own_outbox_id: Option<OutboxId>,
}

/// A document that came in a conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CameDocument {
    /// Which.
    pub document_id: DocumentId,
    /// The action it was sent under.
    pub action: String,
}

/// Puts a record into a case; false if it is there already.
pub async fn case_record_put(tx: &mut Tx, case: &RecordId, record: &CaseRecord) -> Result<bool, StoreError> {
    let rows = change!(
        tx,
        "put a record into a case",
        sqlx::query(PUT)
            .bind(case.as_str())
            .bind(record.document_id.as_uuid().to_string())
            .bind(record.conversation_id.as_uuid().to_string())
            .bind(&record.peer)
            .bind(record.put_at.as_millisecond())
            .bind(&record.put_by)
    )?;
    Ok(rows == 1)
}

/// Takes a record out of a case; false if it is not there.
pub async fn case_record_drop(tx: &mut Tx, case: &RecordId, id: DocumentId) -> Result<bool, StoreError> {
    let rows = change!(
        tx,
        "take a record out of a case",
        sqlx::query(DROP).bind(case.as_str()).bind(id.as_uuid().to_string())
    )?;
    Ok(rows == 1)
}

/// The records that a case rests on, in the order in which they were put there.
pub async fn case_records(tx: &mut Tx, case: &RecordId) -> Result<Vec<CaseRecord>, StoreError> {
    let rows: Vec<(String, String, String, i64, String)> = on!(tx, "list the records of a case", connection =>
        sqlx::query_as(OF_CASE).bind(case.as_str()).fetch_all(connection))?;
    let record = |(document, conversation, peer, put_at, put_by): (String, String, String, i64, String)| {
        let reader = RowReader { table: "case_record", id: &document };
        Ok(CaseRecord {
            document_id: reader.text("document_id", &document)?,
            conversation_id: reader.text("conversation_id", &conversation)?,
            peer,
            put_at: reader.instant("put_at", put_at)?,
            put_by,
        })
    };
    rows.into_iter().map(record).collect()
}

/// Up to `limit` conversations of a transaction that are complete, the latest first.
pub async fn record_candidates(
    tx: &mut Tx,
    transaction: &str,
    role: Role,
    limit: u32,
) -> Result<Vec<RecordCandidate>, StoreError> {
    let rows: Vec<(String, String, Option<i64>)> = on!(tx, "list conversations that may bring records", connection =>
        sqlx::query_as(CANDIDATES)
            .bind(transaction)
            .bind(role.as_str())
            .bind(i64::from(limit))
            .fetch_all(connection))?;
    let candidate = |(id, peer, own): (String, String, Option<i64>)| {
        let reader = RowReader { table: "conversation", id: &id };
        let own_outbox_id = own.map(OutboxId);
        Ok(RecordCandidate { conversation_id: reader.text("id", &id)?, peer, role, own_outbox_id })
    };
    rows.into_iter().map(candidate).collect()
}

/// The documents that a peer sent in a conversation and that are settled, in their order.
pub async fn documents_of_conversation(
    tx: &mut Tx,
    id: ConversationId,
    peer: &str,
) -> Result<Vec<CameDocument>, StoreError> {
    let rows: Vec<(String, String)> = on!(tx, "list what came in a conversation", connection =>
        sqlx::query_as(CAME).bind(id.as_uuid().to_string()).bind(peer).fetch_all(connection))?;
    let came = |(document, action): (String, String)| {
        let reader = RowReader { table: "ledger", id: &document };
        Ok(CameDocument { document_id: reader.text("document_id", &document)?, action })
    };
    rows.into_iter().map(came).collect()
}

const PUT: &str = "
    INSERT INTO case_record (case_id, document_id, conversation_id, peer, put_at, put_by)
    VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (case_id, document_id) DO NOTHING";

const DROP: &str = "DELETE FROM case_record WHERE case_id = $1 AND document_id = $2";

const OF_CASE: &str = "
    SELECT document_id, conversation_id, peer, put_at, put_by FROM case_record
    WHERE case_id = $1 ORDER BY put_at, document_id";

pub(super) const CANDIDATES: &str = "
    SELECT id, peer, own_outbox_id FROM conversation
    WHERE transaction_code = $1 AND role = $2 AND state = 'completed' ORDER BY started_at DESC LIMIT $3";

/// By the conversation, of which there are few rows; what is put together uses no index of a peer's whole backlog.
pub(super) const CAME: &str = "
    SELECT ledger.document_id, inbox.action FROM inbox JOIN ledger ON ledger.inbox_id = inbox.id
    WHERE inbox.conversation_id = $1 AND inbox.peer || '' = $2 AND inbox.state || '' = 'settled' ORDER BY inbox.id";
