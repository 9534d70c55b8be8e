//! Receipts: what our trusted third party said of a document that came, and what it was asked.

use super::InboxId;
use super::StoreError;
use super::Tx;
use super::row::RowReader;
use super::tx::change;
use super::tx::on;
use jiff::Timestamp;
use uuid::Uuid;

/// An answer of the third party, as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// The id of the question.
    pub question: Uuid,
    /// When it was asked.
    pub asked_at: Timestamp,
    /// The answer.
    pub answer: Vec<u8>,
    /// When that came.
    pub came_at: Timestamp,
}

/// Keeps the answer about a document, in place of an earlier one.
pub async fn receipt_put(tx: &mut Tx, of: InboxId, receipt: &Receipt) -> Result<(), StoreError> {
    change!(
        tx,
        "keep a receipt",
        sqlx::query(PUT)
            .bind(of.0)
            .bind(receipt.question.to_string())
            .bind(receipt.asked_at.as_millisecond())
            .bind(receipt.answer.as_slice())
            .bind(receipt.came_at.as_millisecond())
    )?;
    Ok(())
}

/// Notes that the journal tells what the kept answer says; false if it did before.
pub async fn receipt_told(tx: &mut Tx, of: InboxId) -> Result<bool, StoreError> {
    let rows = change!(tx, "note that a receipt was told of", sqlx::query(TELL).bind(of.0))?;
    Ok(rows == 1)
}

/// The answer about a document, if one is kept.
pub async fn receipt_find(tx: &mut Tx, of: InboxId) -> Result<Option<Receipt>, StoreError> {
    let row: Option<(String, i64, Vec<u8>, i64)> = on!(tx, "find a receipt", connection =>
        sqlx::query_as(FIND).bind(of.0).fetch_optional(connection))?;
    let Some((question, asked_at, answer, came_at)) = row else { return Ok(None) };
    let reader = RowReader { table: "receipt", id: &of };
    Ok(Some(Receipt {
        question: reader.text("question", &question)?,
        asked_at: reader.instant("asked_at", asked_at)?,
        answer,
        came_at: reader.instant("came_at", came_at)?,
    }))
}

const PUT: &str = "INSERT INTO receipt (inbox_id, question, asked_at, answer, came_at, is_told) \
     VALUES ($1, $2, $3, $4, $5, 0) \
     ON CONFLICT (inbox_id) DO UPDATE SET question = excluded.question, asked_at = excluded.asked_at, \
     answer = excluded.answer, came_at = excluded.came_at, is_told = 0";
const TELL: &str = "UPDATE receipt SET is_told = 1 WHERE inbox_id = $1 AND is_told = 0";
const FIND: &str = "SELECT question, asked_at, answer, came_at FROM receipt WHERE inbox_id = $1";
