//! To whom persons were revealed: who, for which vacancy, which fields by their names. No value of a person stands here.

use super::row::RowReader;
use super::tx::{change, on};
use super::{StoreError, Tx};
use crate::base::DocumentId;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A reveal (`privacy.md` §6).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RevealRow {
    /// Its number.
    pub id: Uuid,
    /// The consent to it.
    pub consent_id: Uuid,
    /// Who learned what.
    pub body: RevealBody,
    /// When.
    pub given_at: Timestamp,
    /// Until when the employer may keep it.
    pub expires_at: Timestamp,
    /// When the person ended it.
    pub ended_at: Option<Timestamp>,
}

/// Who learned what.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RevealBody {
    /// The employer, by the number of the register of its state.
    pub employer: String,
    /// In which state.
    pub state: String,
    /// For which vacancy.
    pub vacancy: String,
    /// Which fields, by their names.
    pub fields: Vec<String>,
}

/// Notes a reveal, and the document by which the person shows himself.
pub async fn reveal_put(tx: &mut Tx, row: &RevealRow, document: DocumentId) -> Result<(), StoreError> {
    let reader = RowReader { table: "labour_reveal", id: &row.id };
    let body = serde_json::to_string(&row.body).map_err(|_cause| reader.fault("body"))?;
    change!(
        tx,
        "note a reveal",
        sqlx::query(PUT)
            .bind(row.id.to_string())
            .bind(row.consent_id.to_string())
            .bind(body)
            .bind(row.given_at.as_millisecond())
            .bind(row.expires_at.as_millisecond())
            .bind(document.as_uuid().to_string())
    )?;
    Ok(())
}

/// Ends all reveals of a consent; how many.
pub async fn reveal_end(tx: &mut Tx, consent_id: Uuid, now: Timestamp) -> Result<u64, StoreError> {
    change!(
        tx,
        "end the reveals of a consent",
        sqlx::query(END).bind(consent_id.to_string()).bind(now.as_millisecond())
    )
}

/// The reveals of a consent, the earliest first.
pub async fn reveal_list(tx: &mut Tx, consent_id: Uuid) -> Result<Vec<RevealRow>, StoreError> {
    let rows: Vec<(String, String, i64, i64, Option<i64>)> = on!(tx, "list the reveals of a consent", connection =>
        sqlx::query_as(LIST).bind(consent_id.to_string()).fetch_all(connection))?;
    let row = |(id, body, given_at, expires_at, ended_at): (String, String, i64, i64, Option<i64>)| {
        let reader = RowReader { table: "labour_reveal", id: &id };
        Ok(RevealRow {
            id: reader.text("id", &id)?,
            consent_id,
            body: reader.json("body", &body)?,
            given_at: reader.instant("given_at", given_at)?,
            expires_at: reader.instant("expires_at", expires_at)?,
            ended_at: reader.instant_if_any("ended_at", ended_at)?,
        })
    };
    rows.into_iter().map(row).collect()
}

/// A reveal.
pub async fn reveal_find(tx: &mut Tx, id: Uuid) -> Result<Option<RevealRow>, StoreError> {
    let row: Option<(String, String, i64, i64, Option<i64>)> = on!(tx, "find a reveal", connection =>
        sqlx::query_as(FIND).bind(id.to_string()).fetch_optional(connection))?;
    let Some((consent, body, given_at, expires_at, ended_at)) = row else { return Ok(None) };
    let reader = RowReader { table: "labour_reveal", id: &id };
    Ok(Some(RevealRow {
        id,
        consent_id: reader.text("consent_id", &consent)?,
        body: reader.json("body", &body)?,
        given_at: reader.instant("given_at", given_at)?,
        expires_at: reader.instant("expires_at", expires_at)?,
        ended_at: reader.instant_if_any("ended_at", ended_at)?,
    }))
}

/// Ends one reveal; false if it is ended already.
pub async fn reveal_end_one(tx: &mut Tx, id: Uuid, now: Timestamp) -> Result<bool, StoreError> {
    Ok(change!(tx, "end a reveal", sqlx::query(END_ONE).bind(id.to_string()).bind(now.as_millisecond()))?
        == 1)
}

const PUT: &str = "
    INSERT INTO labour_reveal (id, consent_id, body, given_at, expires_at, document_id)
    VALUES ($1, $2, $3, $4, $5, $6)";

const END: &str = "UPDATE labour_reveal SET ended_at = $2 WHERE consent_id = $1 AND ended_at IS NULL";

const END_ONE: &str = "UPDATE labour_reveal SET ended_at = $2 WHERE id = $1 AND ended_at IS NULL";

const FIND: &str = "SELECT consent_id, body, given_at, expires_at, ended_at FROM labour_reveal WHERE id = $1";

pub(super) const LIST: &str = "
    SELECT id, body, given_at, expires_at, ended_at FROM labour_reveal WHERE consent_id = $1 ORDER BY given_at";
