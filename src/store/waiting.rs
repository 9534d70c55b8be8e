//! What has not come to rest: for the operator, from both queues.

use super::InboxId;
use super::OutboxId;
use super::StoreError;
use super::Tx;
use super::row::RowReader;
use super::sqlite_query::row_struct;
use super::tx::on;
use jiff::Timestamp;
use std::fmt;
use std::str::FromStr;

/// A row of either queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum RowId {
    /// On its way out.
    Outbox(OutboxId),
    /// That came.
    Inbox(InboxId),
}

/// A row that waits: for its turn, for its next try, or for a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// Which.
    pub id: RowId,
    /// The other node.
    pub peer: String,
    /// Where it stands; `parked` and `quarantined` wait for a person.
    pub state: String,
    /// Why.
    pub code: Option<String>,
    /// How many tries have failed.
    pub attempts: u32,
    /// The earliest instant of the next try.
    pub next_try_at: Timestamp,
    /// What it is.
    pub action: String,
}

impl Waiting {
    /// Whether it waits for a person.
    pub fn needs_person(&self) -> bool {
        matches!(self.state.as_str(), "parked" | "quarantined")
    }
}

/// Text that is not the id of a row.
#[derive(Debug, thiserror::Error)]
#[error("not a row; write it as status shows it, such as out_12 or in_7")]
pub struct RowIdError;

impl fmt::Display for RowId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Outbox(id) => id.fmt(f),
            Self::Inbox(id) => id.fmt(f),
        }
    }
}

impl FromStr for RowId {
    type Err = RowIdError;

    fn from_str(text: &str) -> Result<Self, RowIdError> {
        let number = |text: &str| text.parse().ok().filter(|number| *number > 0);
        let outbox = text.strip_prefix("out_").and_then(number).map(OutboxId).map(Self::Outbox);
        let inbox = || text.strip_prefix("in_").and_then(number).map(InboxId).map(Self::Inbox);
        outbox.or_else(inbox).ok_or(RowIdError)
    }
}

/// Up to `limit` rows of each queue that have not come to rest, oldest first.
pub async fn waiting_list(tx: &mut Tx, limit: u32) -> Result<Vec<Waiting>, StoreError> {
    let limit = i64::from(limit);
    let out: Vec<RawWaiting> = on!(tx, "list what waits in the outbox", connection =>
        sqlx::query_as(OUTBOX).bind(limit).fetch_all(connection))?;
    let inside: Vec<RawWaiting> = on!(tx, "list what waits in the inbox", connection =>
        sqlx::query_as(INBOX).bind(limit).fetch_all(connection))?;
    let out = out.into_iter().map(|row| row.parse("outbox", |id| RowId::Outbox(OutboxId(id))));
    let inside = inside.into_iter().map(|row| row.parse("inbox", |id| RowId::Inbox(InboxId(id))));
    out.chain(inside).collect()
}

row_struct! {
    struct RawWaiting {
        id: i64,
        peer: String,
        state: String,
        code: Option<String>,
        attempts: i64,
        next_try_at: i64,
        action: String,
    }
}

impl RawWaiting {
    fn parse(self, table: &'static str, id: impl Fn(i64) -> RowId) -> Result<Waiting, StoreError> {
        let reader = RowReader { table, id: &self.id };
        Ok(Waiting {
            id: id(self.id),
            attempts: reader.count("attempts", self.attempts)?,
            next_try_at: reader.instant("next_try_at", self.next_try_at)?,
            peer: self.peer,
            state: self.state,
            code: self.code,
            action: self.action,
        })
    }
}

const OUTBOX: &str = "
    SELECT id, peer, state, code, attempts, next_try_at, action FROM outbox
    WHERE state IN ('queued', 'leased', 'parked', 'quarantined') ORDER BY id LIMIT $1";

const INBOX: &str = "
    SELECT id, peer, state, code, attempts, next_try_at, action FROM inbox
    WHERE state IN ('held', 'leased', 'received', 'accepted', 'deferred', 'parked', 'quarantined') ORDER BY id LIMIT $1";
