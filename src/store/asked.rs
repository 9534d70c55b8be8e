//! What the local system asked for, each request once, and what it was handed, in an order that never changes.
//!
//! Numbers are given beside those who hand over, when somebody asks: a number drawn in their transactions would make
//! each wait for every other, or leave a gap that fills later and is overlooked.

use super::StoreError;
use super::Tx;
use super::row::RowReader;
use super::tx::change;
use super::tx::on;
use crate::base::{ConversationId, Digest256, DocumentId, ProcedureId};
use jiff::Timestamp;

/// A request of the local system, and what was begun for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LocalRequest {
    /// The key under which it came; it comes once.
    pub key: String,
    /// SHA-256 of what was asked.
    pub digest: Digest256,
    /// The transaction that was begun.
    pub conversation_id: ConversationId,
    /// Its first document.
    pub document_id: DocumentId,
    /// Its procedure.
    pub procedure_id: ProcedureId,
    /// When.
    pub at: Timestamp,
}

/// A document that was handed over, by its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HandedOver {
    /// Its place in the order.
    pub number: i64,
    /// Which.
    pub document_id: DocumentId,
    /// When.
    pub at: Timestamp,
}

/// Notes a request; false if one came under this key before.
pub async fn local_request_put(tx: &mut Tx, request: &LocalRequest) -> Result<bool, StoreError> {
    let rows = change!(
        tx,
        "note a request of the local system",
        sqlx::query(PUT)
            .bind(&request.key)
            .bind(request.digest.0.as_slice())
            .bind(request.conversation_id.as_uuid().to_string())
            .bind(request.document_id.as_uuid().to_string())
            .bind(request.procedure_id.to_string())
            .bind(request.at.as_millisecond())
    )?;
    Ok(rows == 1)
}

/// The request that came under a key.
pub async fn local_request_find(tx: &mut Tx, key: &str) -> Result<Option<LocalRequest>, StoreError> {
    let row: Option<(Vec<u8>, String, String, String, i64)> = on!(tx, "find a request of the local system", connection =>
            sqlx::query_as(FIND).bind(key).fetch_optional(connection))?;
    let Some((digest, conversation, document, procedure, at)) = row else { return Ok(None) };
    let reader = RowReader { table: "local_request", id: &key };
    Ok(Some(LocalRequest {
        key: key.to_owned(),
        digest: reader.digest("digest", &digest)?,
        conversation_id: reader.text("conversation_id", &conversation)?,
        document_id: reader.text("document_id", &document)?,
        procedure_id: reader.text("procedure_id", &procedure)?,
        at: reader.instant("at", at)?,
    }))
}

/// Numbers up to `limit` documents that were handed over and have no number yet; tells how many.
pub async fn handover_number(tx: &mut Tx, limit: u32) -> Result<u64, StoreError> {
    // whoever numbers holds this row: two must not draw the same numbers
    change!(tx, "take the turn to number what was handed over", sqlx::query(LOCK))?;
    change!(tx, "number what was handed over", sqlx::query(NUMBER).bind(i64::from(limit)))
}

/// Up to `limit` documents that were handed over after number `after`, in order.
pub async fn handover_page(tx: &mut Tx, after: i64, limit: u32) -> Result<Vec<HandedOver>, StoreError> {
    let rows: Vec<(i64, String, i64)> = on!(tx, "list what was handed over", connection =>
        sqlx::query_as(PAGE).bind(after).bind(i64::from(limit)).fetch_all(connection))?;
    let parse = |(number, document, at): (i64, String, i64)| {
        let reader = RowReader { table: "handover", id: &number };
        let document_id = reader.text("document_id", &document)?;
        Ok(HandedOver { number, document_id, at: reader.instant("at", at)? })
    };
    rows.into_iter().map(parse).collect()
}

/// Up to which number the local system has what was handed over.
pub async fn handover_acknowledged(tx: &mut Tx) -> Result<i64, StoreError> {
    on!(tx, "find what the local system has", connection =>
        sqlx::query_scalar(ACKNOWLEDGED).fetch_one(connection))
}

/// Notes that the local system has all up to `number`; false if there is no such number yet. It never goes back.
pub async fn handover_acknowledge(tx: &mut Tx, number: i64) -> Result<bool, StoreError> {
    let rows = change!(tx, "note what the local system has", sqlx::query(ACKNOWLEDGE).bind(number))?;
    Ok(rows == 1)
}

const PUT: &str = "
    INSERT INTO local_request (key, digest, conversation_id, document_id, procedure_id, at)
    VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (key) DO NOTHING";

const FIND: &str =
    "SELECT digest, conversation_id, document_id, procedure_id, at FROM local_request WHERE key = $1";

const LOCK: &str = "UPDATE local_cursor SET number = number WHERE name = 'handed-over'";

pub(super) const NUMBER: &str = "
    UPDATE handover SET number = fresh.number FROM (
        SELECT document_id,
            (SELECT COALESCE(MAX(number), 0) FROM handover) + ROW_NUMBER() OVER (ORDER BY at, document_id) AS number
        FROM handover WHERE number IS NULL ORDER BY at, document_id LIMIT $1
    ) AS fresh
    WHERE handover.document_id = fresh.document_id";

pub(super) const PAGE: &str =
    "SELECT number, document_id, at FROM handover WHERE number > $1 ORDER BY number LIMIT $2";

const ACKNOWLEDGED: &str = "SELECT number FROM local_cursor WHERE name = 'handed-over'";

const ACKNOWLEDGE: &str = "
    UPDATE local_cursor SET number = CASE WHEN number > $1 THEN number ELSE $1 END
    WHERE name = 'handed-over' AND EXISTS (SELECT 1 FROM handover WHERE handover.number = $1)";
