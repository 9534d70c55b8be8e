//! Sessions of people who have signed in: known by the SHA-256 of what their browser holds.

use super::row::RowReader;
use super::tx::{change, on};
use super::{StoreError, Tx};
use crate::base::Digest256;
use jiff::Timestamp;

/// A session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionRow {
    /// SHA-256 of the token.
    pub token: Digest256,
    /// Its public id.
    pub id: String,
    /// Whose it is.
    pub login: String,
    /// What each form must bring back.
    pub csrf: String,
    /// The address it was begun from.
    pub address: String,
    /// The program it was begun with.
    pub agent: String,
    /// When it began.
    pub began_at: Timestamp,
    /// When it was last used, to the minute.
    pub used_at: Timestamp,
    /// When it ends at the latest.
    pub ends_at: Timestamp,
}

/// Begins a session; those that have ended are forgotten.
pub async fn session_put(tx: &mut Tx, row: &SessionRow) -> Result<(), StoreError> {
    let now = row.began_at.as_millisecond();
    change!(tx, "forget sessions", sqlx::query(FORGET).bind(now))?;
    change!(
        tx,
        "begin a session",
        sqlx::query(PUT)
            .bind(row.token.0.to_vec())
            .bind(&row.id)
            .bind(&row.login)
            .bind(&row.csrf)
            .bind(&row.address)
            .bind(&row.agent)
            .bind(now)
            .bind(row.used_at.as_millisecond())
            .bind(row.ends_at.as_millisecond())
    )?;
    Ok(())
}

/// The session of a token.
pub async fn session_find(tx: &mut Tx, token: &Digest256) -> Result<Option<SessionRow>, StoreError> {
    let found: Option<Columns> = on!(tx, "find a session", connection =>
        sqlx::query_as(FIND).bind(token.0.to_vec()).fetch_optional(connection))?;
    found.map(row).transpose()
}

/// The sessions of a login, the latest first.
pub async fn session_list(tx: &mut Tx, login: &str) -> Result<Vec<SessionRow>, StoreError> {
    let rows: Vec<Columns> = on!(tx, "list sessions", connection =>
        sqlx::query_as(LIST).bind(login).fetch_all(connection))?;
    rows.into_iter().map(row).collect()
}

/// Notes that a session was used.
pub async fn session_touch(tx: &mut Tx, token: &Digest256, at: Timestamp) -> Result<(), StoreError> {
    let at = at.as_millisecond();
    change!(tx, "note the use of a session", sqlx::query(TOUCH).bind(token.0.to_vec()).bind(at))?;
    Ok(())
}

/// Ends a session of a login by its public id; false if there is none.
pub async fn session_end(tx: &mut Tx, login: &str, id: &str) -> Result<bool, StoreError> {
    Ok(change!(tx, "end a session", sqlx::query(END).bind(login).bind(id))? == 1)
}

/// Ends all sessions of a login but one; tells how many.
pub async fn session_end_others(tx: &mut Tx, login: &str, but: &str) -> Result<u64, StoreError> {
    change!(tx, "end sessions", sqlx::query(END_OTHERS).bind(login).bind(but))
}

type Columns = (Vec<u8>, String, String, String, String, String, i64, i64, i64);

fn row(columns: Columns) -> Result<SessionRow, StoreError> {
    let (token, id, login, csrf, address, agent, began_at, used_at, ends_at) = columns;
    let reader = RowReader { table: "session", id: &id };
    Ok(SessionRow {
        token: reader.digest("token", &token)?,
        began_at: reader.instant("began_at", began_at)?,
        used_at: reader.instant("used_at", used_at)?,
        ends_at: reader.instant("ends_at", ends_at)?,
        login,
        csrf,
        address,
        agent,
        id,
    })
}

const PUT: &str = "
    INSERT INTO session (token, id, login, csrf, address, agent, began_at, used_at, ends_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";

pub(super) const FIND: &str = "
    SELECT token, id, login, csrf, address, agent, began_at, used_at, ends_at FROM session WHERE token = $1";

const LIST: &str = "
    SELECT token, id, login, csrf, address, agent, began_at, used_at, ends_at FROM session WHERE login = $1
    ORDER BY began_at DESC, id";

const TOUCH: &str = "UPDATE session SET used_at = $2 WHERE token = $1 AND used_at < $2";
const END: &str = "DELETE FROM session WHERE login = $1 AND id = $2";
const END_OTHERS: &str = "DELETE FROM session WHERE login = $1 AND id <> $2";
const FORGET: &str = "DELETE FROM session WHERE ends_at <= $1";
