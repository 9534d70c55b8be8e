//! Documents of cases that wait for a second pair of eyes.

use super::StoreError;
use super::Tx;
use super::row::RowReader;
use super::tx::change;
use super::tx::on;
use crate::exchange::canonical::{RecordId, State};
use jiff::Timestamp;
use std::fmt;
use uuid::Uuid;

/// A document as it is to be sent.
#[derive(Clone, PartialEq, Eq)]
pub struct CaseDraft {
    /// Its number.
    pub id: Uuid,
    /// Its case.
    pub case: RecordId,
    /// To whom it is to go.
    pub to: State,
    /// The document, as JSON: exactly this is approved.
    pub body: String,
    /// Who wrote it.
    pub made_by: String,
    /// When.
    pub made_at: Timestamp,
}

impl fmt::Debug for CaseDraft {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CaseDraft({}, {}, {}, …)", self.id, self.case.as_str(), self.to)
    }
}

/// Keeps a draft; one that was kept is never changed.
pub async fn case_draft_put(tx: &mut Tx, draft: &CaseDraft) -> Result<(), StoreError> {
    change!(
        tx,
        "keep a draft",
        sqlx::query(PUT)
            .bind(draft.id.to_string())
            .bind(draft.case.as_str())
            .bind(draft.to.as_code())
            .bind(&draft.body)
            .bind(&draft.made_by)
            .bind(draft.made_at.as_millisecond())
    )?;
    Ok(())
}

/// A draft by its number.
pub async fn case_draft_find(tx: &mut Tx, id: Uuid) -> Result<Option<CaseDraft>, StoreError> {
    let row: Option<(String, String, String, String, i64)> = on!(tx, "find a draft", connection =>
        sqlx::query_as(FIND).bind(id.to_string()).fetch_optional(connection))?;
    let Some((case, to, body, made_by, made_at)) = row else { return Ok(None) };
    let reader = RowReader { table: "case_draft", id: &id };
    let (case, to) = (reader.text("case_id", &case)?, reader.text("recipient", &to)?);
    let made_at = reader.instant("made_at", made_at)?;
    Ok(Some(CaseDraft { id, case, to, body, made_by, made_at }))
}

const PUT: &str = "
    INSERT INTO case_draft (id, case_id, recipient, body, made_by, made_at) VALUES ($1, $2, $3, $4, $5, $6)";

const FIND: &str = "SELECT case_id, recipient, body, made_by, made_at FROM case_draft WHERE id = $1";
