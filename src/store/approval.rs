//! What waits for a second pair of eyes, and what became of it.

use super::row::RowReader;
use super::state::word_enum;
use super::tx::{change, on};
use super::{StoreError, Tx};
use jiff::Timestamp;
use uuid::Uuid;

word_enum!(
    /// What became of it.
    ApprovalState {
        /// Nobody has decided.
        Waiting = "waiting",
        /// Another person approved it.
        Approved = "approved",
        /// Another person rejected it.
        Rejected = "rejected",
        /// Who asked took it back.
        Withdrawn = "withdrawn",
    }
);

/// Something that waits for a second pair of eyes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApprovalRow {
    /// Its number; later ones have greater numbers.
    pub id: Uuid,
    /// The command that is to be done.
    pub command: String,
    /// To what.
    pub object: String,
    /// What is to be done, as JSON: exactly this is approved.
    pub body: String,
    /// Who asks.
    pub asked_by: String,
    /// When.
    pub asked_at: Timestamp,
    /// What became of it.
    pub state: ApprovalState,
    /// Who decided.
    pub decided_by: Option<String>,
    /// When.
    pub decided_at: Option<Timestamp>,
    /// Why.
    pub reason: Option<String>,
}

/// Puts what waits.
pub async fn approval_put(tx: &mut Tx, row: &ApprovalRow) -> Result<(), StoreError> {
    change!(
        tx,
        "ask for approval",
        sqlx::query(PUT)
            .bind(row.id.to_string())
            .bind(&row.command)
            .bind(&row.object)
            .bind(&row.body)
            .bind(&row.asked_by)
            .bind(row.asked_at.as_millisecond())
            .bind(row.state.as_str())
    )?;
    Ok(())
}

/// One of them.
pub async fn approval_find(tx: &mut Tx, id: Uuid) -> Result<Option<ApprovalRow>, StoreError> {
    let found: Option<Columns> = on!(tx, "find an approval", connection =>
        sqlx::query_as(FIND).bind(id.to_string()).fetch_optional(connection))?;
    found.map(row).transpose()
}

/// Up to `limit` of a state after a number, the oldest first.
pub async fn approval_page(
    tx: &mut Tx,
    state: ApprovalState,
    after: Option<Uuid>,
    limit: u32,
) -> Result<Vec<ApprovalRow>, StoreError> {
    let after = after.map(|id| id.to_string()).unwrap_or_default();
    let rows: Vec<Columns> = on!(tx, "list approvals", connection => sqlx::query_as(PAGE)
        .bind(state.as_str())
        .bind(after)
        .bind(i64::from(limit))
        .fetch_all(connection))?;
    rows.into_iter().map(row).collect()
}

/// Up to `limit` of those that a login asked for, before a number (nothing: from the latest on), the latest first.
pub async fn approval_page_of(
    tx: &mut Tx,
    login: &str,
    before: Option<Uuid>,
    limit: u32,
) -> Result<Vec<ApprovalRow>, StoreError> {
    let before = before.map_or_else(|| LAST.to_owned(), |id| id.to_string());
    let rows: Vec<Columns> = on!(tx, "list own approvals", connection => sqlx::query_as(PAGE_OF)
        .bind(login)
        .bind(before)
        .bind(i64::from(limit))
        .fetch_all(connection))?;
    rows.into_iter().map(row).collect()
}

/// The approvals of a command for an object, the latest first.
pub async fn approvals_of(tx: &mut Tx, command: &str, object: &str) -> Result<Vec<ApprovalRow>, StoreError> {
    let rows: Vec<Columns> = on!(tx, "list approvals", connection =>
        sqlx::query_as(OF).bind(command).bind(object).fetch_all(connection))?;
    rows.into_iter().map(row).collect()
}

/// The number and object of up to `limit` approved ones of a command, the one that was approved last first.
pub async fn approvals_done(
    tx: &mut Tx,
    command: &str,
    limit: u32,
) -> Result<Vec<(Uuid, String)>, StoreError> {
    let rows: Vec<(String, String)> = on!(tx, "list what was approved", connection =>
        sqlx::query_as(DONE).bind(command).bind(i64::from(limit)).fetch_all(connection))?;
    let number = |(id, object): (String, String)| {
        Ok((RowReader { table: "approval", id: &id }.text("id", &id)?, object))
    };
    rows.into_iter().map(number).collect()
}

/// Decides what waits; false if it does not wait.
pub async fn approval_decide(
    tx: &mut Tx,
    id: Uuid,
    state: ApprovalState,
    (by, at): (&str, Timestamp),
    reason: &str,
) -> Result<bool, StoreError> {
    let rows = change!(
        tx,
        "decide an approval",
        sqlx::query(DECIDE)
            .bind(id.to_string())
            .bind(state.as_str())
            .bind(by)
            .bind(at.as_millisecond())
            .bind(reason)
    )?;
    Ok(rows == 1)
}

type Columns =
    (String, String, String, String, String, i64, String, Option<String>, Option<i64>, Option<String>);

fn row(columns: Columns) -> Result<ApprovalRow, StoreError> {
    let (id, command, object, body, asked_by, asked_at, state, decided_by, decided_at, reason) = columns;
    let reader = RowReader { table: "approval", id: &id };
    Ok(ApprovalRow {
        id: reader.text("id", &id)?,
        command,
        object,
        body,
        asked_by,
        asked_at: reader.instant("asked_at", asked_at)?,
        state: reader.text("state", &state)?,
        decided_by,
        decided_at: reader.instant_if_any("decided_at", decided_at)?,
        reason,
    })
}

const PUT: &str = "
    INSERT INTO approval (id, command, object, body, asked_by, asked_at, state)
    VALUES ($1, $2, $3, $4, $5, $6, $7)";

const FIND: &str = "
    SELECT id, command, object, body, asked_by, asked_at, state, decided_by, decided_at, reason FROM approval
    WHERE id = $1";

pub(super) const PAGE: &str = "
    SELECT id, command, object, body, asked_by, asked_at, state, decided_by, decided_at, reason FROM approval
    WHERE state = $1 AND id > $2 ORDER BY id LIMIT $3";

pub(super) const PAGE_OF: &str = "
    SELECT id, command, object, body, asked_by, asked_at, state, decided_by, decided_at, reason FROM approval
    WHERE asked_by = $1 AND id < $2 ORDER BY id DESC LIMIT $3";

const OF: &str = "
    SELECT id, command, object, body, asked_by, asked_at, state, decided_by, decided_at, reason FROM approval
    WHERE command = $1 AND object = $2 ORDER BY id DESC";

pub(super) const DONE: &str = "
    SELECT id, object FROM approval
    WHERE command = $1 AND state = 'approved' ORDER BY decided_at DESC, id DESC LIMIT $2";

const DECIDE: &str = "
    UPDATE approval SET state = $2, decided_by = $3, decided_at = $4, reason = $5
    WHERE id = $1 AND state = 'waiting'";

/// Behind every number.
const LAST: &str = "g";
