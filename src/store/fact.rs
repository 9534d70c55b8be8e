//! Facts that came and still count, so that none is asked for twice.

use super::StoreError;
use super::Tx;
use super::tx::change;
use super::tx::on;
use crate::base::DocumentId;
use jiff::Timestamp;

/// A fact to be kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FactDraft {
    /// By what it is found again.
    pub key: String,
    /// Who said it.
    pub peer: String,
    /// Its kind.
    pub kind: String,
    /// In which document.
    pub document_id: DocumentId,
    /// The last day on which it counts, as `2026-11-30`.
    pub valid_until: String,
    /// When it was kept.
    pub kept_at: Timestamp,
    /// What it says. A person's data: never log it.
    pub body: String,
}

/// Keeps a fact in place of an earlier one of its key.
pub async fn fact_put(tx: &mut Tx, draft: &FactDraft) -> Result<(), StoreError> {
    change!(
        tx,
        "keep a fact",
        sqlx::query(PUT)
            .bind(&draft.key)
            .bind(&draft.peer)
            .bind(&draft.kind)
            .bind(draft.document_id.as_uuid().to_string())
            .bind(&draft.valid_until)
            .bind(draft.kept_at.as_millisecond())
            .bind(&draft.body)
    )?;
    Ok(())
}

/// What a fact of this key says, if one counts on this day.
pub async fn fact_find(tx: &mut Tx, key: &str, today: &str) -> Result<Option<String>, StoreError> {
    on!(tx, "find a fact", connection =>
        sqlx::query_scalar(FIND).bind(key).bind(today).fetch_optional(connection))
}

/// What every fact says that counts on this day, the latest first.
pub async fn fact_list(tx: &mut Tx, today: &str) -> Result<Vec<String>, StoreError> {
    on!(tx, "list the facts", connection => sqlx::query_scalar(LIST).bind(today).fetch_all(connection))
}

/// Deletes the facts that ended before this day; tells how many.
pub async fn fact_forget(tx: &mut Tx, today: &str) -> Result<u64, StoreError> {
    change!(tx, "forget facts", sqlx::query(FORGET).bind(today))
}

const PUT: &str = "
    INSERT INTO fact (key, peer, kind, document_id, valid_until, kept_at, body)
    VALUES ($1, $2, $3, $4, $5, $6, $7)
    ON CONFLICT (key) DO UPDATE SET document_id = excluded.document_id, valid_until = excluded.valid_until,
    kept_at = excluded.kept_at, body = excluded.body";

const FIND: &str = "SELECT body FROM fact WHERE key = $1 AND valid_until >= $2";

const LIST: &str = "SELECT body FROM fact WHERE valid_until >= $1 ORDER BY kept_at DESC, key";

const FORGET: &str = "DELETE FROM fact WHERE valid_until < $1";
