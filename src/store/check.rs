//! Bulk checks: where each stands, what both sides agreed on, and its secret.

use super::Role;
use super::StoreError;
use super::Tx;
use super::row::RowReader;
use super::state::word_enum;
use super::tx::change;
use super::tx::on;
use crate::base::Secret;
use crate::exchange::canonical::{Coded, RecordId};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

word_enum!(
    /// How far a check has come.
    CheckState {
        /// Our values are being made.
        Preparing = "preparing",
        /// Our values are made: the opening is to be sent, or batches are awaited.
        Ready = "ready",
        /// The opening is sent.
        Opened = "opened",
        /// Batches are sent and answered.
        Running = "running",
        /// The result is sent.
        Told = "told",
        /// Both sides know their hits.
        Closed = "closed",
        /// The peer takes no part.
        Refused = "refused",
        /// A person ended it, or it could not go on.
        Ended = "ended",
        /// The peer that opened it never came to its end.
        Expired = "expired",
    }
);

/// What both sides agreed on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CheckTerms {
    /// The day on which a pension is in payment.
    pub as_of: Date,
    /// Of which pensions; none means all.
    pub kinds: Vec<Coded>,
    /// On which ground.
    pub ground: Coded,
    /// How many values a batch has.
    pub batch: u32,
}

/// A check that begins here.
#[derive(Debug, Clone)]
pub struct CheckDraft {
    /// Its number.
    pub number: RecordId,
    /// The code of the other state.
    pub peer: String,
    /// Which side of it we are.
    pub role: Role,
    /// What is compared.
    pub terms: CheckTerms,
    /// Our secret.
    pub secret: Secret<[u8; 32]>,
    /// How many values the peer has, if it has said so.
    pub peer_size: u32,
    /// When it began.
    pub opened_at: Timestamp,
}

/// A check that is known here.
#[derive(Debug, Clone)]
pub struct CheckRow {
    /// What began; its secret is of zeros when the check has ended.
    pub draft: CheckDraft,
    /// How far it has come.
    pub state: CheckState,
    /// How many values we have.
    pub own_size: u32,
    /// How many rows our list has.
    pub rows: u32,
    /// How many of them are set aside.
    pub aside: u32,
    /// How many rows are hits by a number.
    pub hits: u32,
    /// How many are hits by name and day of birth alone.
    pub weak: u32,
    /// Why it came to no good end.
    pub code: Option<String>,
    /// When it last went on.
    pub changed_at: Timestamp,
}

/// Begins a check; false if there is one of this number, or one with this peer and side that has not ended.
pub async fn check_put(tx: &mut Tx, draft: &CheckDraft) -> Result<bool, StoreError> {
    let unwritable = |_cause| RowReader { table: TABLE, id: &draft.number.as_str() }.fault("terms");
    let terms = serde_json::to_string(&draft.terms).map_err(unwritable)?;
    let rows = change!(
        tx,
        "begin a check",
        sqlx::query(PUT)
            .bind(draft.number.as_str())
            .bind(&draft.peer)
            .bind(draft.role.as_str())
            .bind(&terms)
            .bind(draft.secret.expose().as_slice())
            .bind(i64::from(draft.peer_size))
            .bind(draft.opened_at.as_millisecond())
    )?;
    Ok(rows == 1)
}

/// A check by its number.
pub async fn check_find(tx: &mut Tx, number: &RecordId) -> Result<Option<CheckRow>, StoreError> {
    let found: Option<Columns> = on!(tx, "find a check", connection =>
        sqlx::query_as(FIND).bind(number.as_str()).fetch_optional(connection))?;
    found.map(row).transpose()
}

/// All checks, the latest first.
pub async fn check_list(tx: &mut Tx) -> Result<Vec<CheckRow>, StoreError> {
    let rows: Vec<Columns> =
        on!(tx, "list checks", connection => sqlx::query_as(LIST).fetch_all(connection))?;
    rows.into_iter().map(row).collect()
}

/// The checks that have not come to an end, the oldest first.
pub async fn check_open(tx: &mut Tx) -> Result<Vec<CheckRow>, StoreError> {
    let rows: Vec<Columns> =
        on!(tx, "list open checks", connection => sqlx::query_as(OPEN).fetch_all(connection))?;
    rows.into_iter().map(row).collect()
}

/// When the last check with a peer began in which we were this side, refused ones not counted.
pub async fn check_last(tx: &mut Tx, peer: &str, role: Role) -> Result<Option<Timestamp>, StoreError> {
    let found: Option<Option<i64>> = on!(tx, "find the last check", connection =>
        sqlx::query_scalar(LAST).bind(peer).bind(role.as_str()).fetch_optional(connection))?;
    RowReader { table: TABLE, id: &peer }.instant_if_any("opened_at", found.flatten())
}

/// Takes a check for this worker; false while another has it.
pub async fn check_claim(
    tx: &mut Tx,
    number: &RecordId,
    (now, until): (Timestamp, Timestamp),
) -> Result<bool, StoreError> {
    let rows = change!(
        tx,
        "claim a check",
        sqlx::query(CLAIM).bind(number.as_str()).bind(now.as_millisecond()).bind(until.as_millisecond())
    )?;
    Ok(rows == 1)
}

/// Keeps a claimed check claimed until then; the epoch gives it back.
pub async fn check_lease(tx: &mut Tx, number: &RecordId, until: Timestamp) -> Result<(), StoreError> {
    let until = until.as_millisecond();
    change!(tx, "keep a check claimed", sqlx::query(LEASE).bind(number.as_str()).bind(until))?;
    Ok(())
}

/// Gives every claimed check back; tells how many.
pub(super) async fn check_release_leases(tx: &mut Tx) -> Result<u64, StoreError> {
    change!(tx, "give checks back", sqlx::query(RELEASE))
}

/// Takes a check from one state to another; false if it is not in the first one.
pub async fn check_move(
    tx: &mut Tx,
    number: &RecordId,
    (from, to): (CheckState, CheckState),
    now: Timestamp,
) -> Result<bool, StoreError> {
    let rows = change!(
        tx,
        "move a check",
        sqlx::query(MOVE)
            .bind(number.as_str())
            .bind(from.as_str())
            .bind(to.as_str())
            .bind(now.as_millisecond())
    )?;
    Ok(rows == 1)
}

/// Notes what our list came to: values, rows, rows set aside.
pub async fn check_prepared(
    tx: &mut Tx,
    number: &RecordId,
    (own_size, rows, aside): (u32, u32, u32),
) -> Result<(), StoreError> {
    change!(
        tx,
        "note what a list came to",
        sqlx::query(PREPARED)
            .bind(number.as_str())
            .bind(i64::from(own_size))
            .bind(i64::from(rows))
            .bind(i64::from(aside))
    )?;
    Ok(())
}

/// Notes how many values the peer has.
pub async fn check_peer_size(tx: &mut Tx, number: &RecordId, size: u32) -> Result<(), StoreError> {
    let size = i64::from(size);
    change!(tx, "note the size of a peer's list", sqlx::query(PEER_SIZE).bind(number.as_str()).bind(size))?;
    Ok(())
}

/// Notes how many rows are hits: by a number, and by name and day of birth alone.
pub async fn check_found(tx: &mut Tx, number: &RecordId, (hits, weak): (u32, u32)) -> Result<(), StoreError> {
    change!(
        tx,
        "note the hits of a check",
        sqlx::query(FOUND).bind(number.as_str()).bind(i64::from(hits)).bind(i64::from(weak))
    )?;
    Ok(())
}

/// Ends a check: its secret is overwritten, and all that was made with it is deleted but for the hits. False if it has
/// ended before.
///
/// The secret is overwritten where it stands. A copy of the database that was made before (a backup, a log of changes that
/// is not yet written over) still holds it.
pub async fn check_end(
    tx: &mut Tx,
    number: &RecordId,
    (to, code): (CheckState, Option<&str>),
    now: Timestamp,
) -> Result<bool, StoreError> {
    let rows = change!(
        tx,
        "end a check",
        sqlx::query(END)
            .bind(number.as_str())
            .bind(to.as_str())
            .bind(code)
            .bind(now.as_millisecond())
            .bind([0_u8; 32].as_slice())
    )?;
    if rows == 1 {
        change!(tx, "wipe what a check was made of", sqlx::query(WIPE).bind(number.as_str()))?;
    }
    Ok(rows == 1)
}

type Columns =
    (String, String, String, String, String, Vec<u8>, i64, i64, i64, i64, i64, i64, Option<String>, i64, i64);

fn row(columns: Columns) -> Result<CheckRow, StoreError> {
    let (
        number,
        peer,
        role,
        state,
        terms,
        secret,
        own,
        peers,
        rows,
        aside,
        hits,
        weak,
        code,
        opened,
        changed,
    ) = columns;
    let reader = RowReader { table: TABLE, id: &number };
    let secret = Secret::new(secret);
    let secret: [u8; 32] = secret.expose().as_slice().try_into().map_err(|_cause| reader.fault("secret"))?;
    let draft = CheckDraft {
        number: reader.text("number", &number)?,
        peer,
        role: reader.text("role", &role)?,
        terms: reader.json("terms", &terms)?,
        secret: Secret::new(secret),
        peer_size: reader.count("peer_size", peers)?,
        opened_at: reader.instant("opened_at", opened)?,
    };
    Ok(CheckRow {
        draft,
        state: reader.text("state", &state)?,
        own_size: reader.count("own_size", own)?,
        rows: reader.count("row_count", rows)?,
        aside: reader.count("aside_count", aside)?,
        hits: reader.count("hit_count", hits)?,
        weak: reader.count("weak_count", weak)?,
        code,
        changed_at: reader.instant("changed_at", changed)?,
    })
}

const TABLE: &str = "bulk_check";

const PUT: &str = "
    INSERT INTO bulk_check (number, peer, role, state, terms, secret, peer_size, opened_at, changed_at)
    VALUES ($1, $2, $3, 'preparing', $4, $5, $6, $7, $7) ON CONFLICT DO NOTHING";

const FIND: &str = "
    SELECT number, peer, role, state, terms, secret, own_size, peer_size, row_count, aside_count, hit_count, weak_count,
           code, opened_at, changed_at
    FROM bulk_check WHERE number = $1";

const LIST: &str = "
    SELECT number, peer, role, state, terms, secret, own_size, peer_size, row_count, aside_count, hit_count, weak_count,
           code, opened_at, changed_at
    FROM bulk_check ORDER BY opened_at DESC, number";

const OPEN: &str = "
    SELECT number, peer, role, state, terms, secret, own_size, peer_size, row_count, aside_count, hit_count, weak_count,
           code, opened_at, changed_at
    FROM bulk_check WHERE state IN ('preparing', 'ready', 'opened', 'running', 'told') ORDER BY opened_at, number";

const LAST: &str = "
    SELECT MAX(opened_at) FROM bulk_check WHERE peer = $1 AND role = $2 AND state <> 'refused'";

const CLAIM: &str = "UPDATE bulk_check SET leased_until = $3 WHERE number = $1 AND leased_until <= $2";

const LEASE: &str = "UPDATE bulk_check SET leased_until = $2 WHERE number = $1";

const RELEASE: &str = "UPDATE bulk_check SET leased_until = 0 WHERE leased_until > 0";

const MOVE: &str = "UPDATE bulk_check SET state = $3, changed_at = $4 WHERE number = $1 AND state = $2";

const PREPARED: &str =
    "UPDATE bulk_check SET own_size = $2, row_count = $3, aside_count = $4 WHERE number = $1";

const PEER_SIZE: &str = "UPDATE bulk_check SET peer_size = $2 WHERE number = $1";

const FOUND: &str = "UPDATE bulk_check SET hit_count = $2, weak_count = $3 WHERE number = $1";

const END: &str = "
    UPDATE bulk_check SET state = $2, code = $3, changed_at = $4, secret = $5
    WHERE number = $1 AND state IN ('preparing', 'ready', 'opened', 'running', 'told')";

const WIPE: &str = "DELETE FROM bulk_check_piece WHERE number = $1 AND kind <> 'hits'";
