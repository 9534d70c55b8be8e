//! Time stamps: the evidence record of each document that came or leaves, and which documents have none yet.
//!
//! A document is put down for one in the statement that stores it. Whoever stamps claims some by a lease, asks without
//! a transaction, and keeps the records.

use super::InboxId;
use super::OutboxId;
use super::PartOf;
use super::StoreError;
use super::Tx;
use super::row::RowReader;
use super::tx::change;
use super::tx::on;
use jiff::Timestamp;

/// The evidence record of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptStamp {
    /// The record, in DER.
    pub record: Vec<u8>,
    /// The time of its first time stamp.
    pub stamped_at: Timestamp,
    /// Until when its last one can be judged by its own certificate.
    pub good_until: Timestamp,
}

/// Claims up to `limit` documents that have no record, until `lease_until`.
pub async fn time_stamp_claim(
    tx: &mut Tx,
    now: Timestamp,
    lease_until: Timestamp,
    limit: u32,
) -> Result<Vec<PartOf>, StoreError> {
    let text = tx.text(CLAIM, CLAIM_LOCKING);
    let rows: Vec<(String, i64)> = on!(tx, "claim documents to be stamped", connection => sqlx::query_as(text)
        .bind(lease_until.as_millisecond())
        .bind(now.as_millisecond())
        .bind(i64::from(limit))
        .fetch_all(connection))?;
    rows.into_iter().map(|(side, row)| of(&side, row)).collect()
}

/// Gives a claimed document or record back, to be claimed again from `from` on.
pub async fn time_stamp_free(tx: &mut Tx, of: PartOf, from: Timestamp) -> Result<(), StoreError> {
    let ((side, row), from) = (of.key(), from.as_millisecond());
    change!(tx, "give back a document to be stamped", sqlx::query(FREE).bind(side).bind(row).bind(from))?;
    change!(
        tx,
        "give back a time stamp to be renewed",
        sqlx::query(FREE_KEPT).bind(side).bind(row).bind(from)
    )?;
    Ok(())
}

/// No record can be had for a document: it waits for none any more.
pub async fn time_stamp_forgo(tx: &mut Tx, of: PartOf) -> Result<(), StoreError> {
    let (side, row) = of.key();
    change!(tx, "forgo a time stamp", sqlx::query(DONE).bind(side).bind(row))?;
    Ok(())
}

/// Keeps the record of a document, which waits for none then; the first that is kept stands.
pub async fn time_stamp_put(tx: &mut Tx, of: PartOf, stamp: &KeptStamp) -> Result<(), StoreError> {
    let (side, row) = of.key();
    change!(
        tx,
        "keep a time stamp",
        sqlx::query(PUT)
            .bind(side)
            .bind(row)
            .bind(stamp.record.as_slice())
            .bind(stamp.stamped_at.as_millisecond())
            .bind(stamp.good_until.as_millisecond())
    )?;
    time_stamp_forgo(tx, of).await
}

/// The record of a document, if it has one.
pub async fn time_stamp_find(tx: &mut Tx, of: PartOf) -> Result<Option<KeptStamp>, StoreError> {
    let (side, id) = of.key();
    let row: Option<(Vec<u8>, i64, i64)> = on!(tx, "find a time stamp", connection =>
        sqlx::query_as(FIND).bind(side).bind(id).fetch_optional(connection))?;
    row.map(|(record, stamped_at, good_until)| kept(id, record, stamped_at, good_until)).transpose()
}

/// Claims up to `limit` records whose last time stamp ends between `now` and `before`, until `lease_until`; none that
/// lasts as long as the time stamps of today.
pub async fn time_stamp_ending(
    tx: &mut Tx,
    (now, before): (Timestamp, Timestamp),
    lease_until: Timestamp,
    limit: u32,
) -> Result<Vec<(PartOf, KeptStamp)>, StoreError> {
    let text = tx.text(ENDING, ENDING_LOCKING);
    let rows: Vec<(String, i64, Vec<u8>, i64, i64)> = on!(tx, "claim time stamps to be renewed", connection => sqlx::query_as(text)
            .bind(lease_until.as_millisecond())
            .bind(now.as_millisecond())
            .bind(after(before))
            .bind(i64::from(limit))
            .fetch_all(connection))?;
    let read = |(side, row, record, stamped_at, good_until): (String, i64, Vec<u8>, i64, i64)| {
        Ok((of(&side, row)?, kept(row, record, stamped_at, good_until)?))
    };
    rows.into_iter().map(read).collect()
}

/// The time stamps of today last until `end`: until `until` no record that lasts as long is claimed to be renewed,
/// whether it is here already or not. Tells whether nobody knew.
pub async fn time_stamp_reach(
    tx: &mut Tx,
    end: Timestamp,
    (now, until): (Timestamp, Timestamp),
) -> Result<bool, StoreError> {
    let known = change!(
        tx,
        "keep how long time stamps last",
        sqlx::query(REACH).bind(end.as_millisecond()).bind(until.as_millisecond()).bind(now.as_millisecond())
    )?;
    Ok(known > 0)
}

/// Whether a document has no record, or one that ends between `now` and `before` and could be renewed, claimed or not.
pub async fn time_stamp_waits(
    tx: &mut Tx,
    (now, before): (Timestamp, Timestamp),
) -> Result<bool, StoreError> {
    let any: Option<i64> = on!(tx, "see whether time stamps are due", connection => sqlx::query_scalar(WAITS)
        .bind(now.as_millisecond())
        .bind(after(before))
        .fetch_optional(connection))?;
    Ok(any.is_some())
}

/// Replaces the record of a document by the same with one more time stamp.
pub async fn time_stamp_renew(tx: &mut Tx, of: PartOf, stamp: &KeptStamp) -> Result<(), StoreError> {
    let (side, row) = of.key();
    change!(
        tx,
        "renew a time stamp",
        sqlx::query(RENEW)
            .bind(side)
            .bind(row)
            .bind(stamp.record.as_slice())
            .bind(stamp.good_until.as_millisecond())
    )?;
    Ok(())
}

/// The first instant that is not meant any more.
fn after(before: Timestamp) -> i64 {
    before.as_millisecond().saturating_add(1)
}

fn kept(row: i64, record: Vec<u8>, stamped_at: i64, good_until: i64) -> Result<KeptStamp, StoreError> {
    let reader = RowReader { table: "time_stamp", id: &row };
    let stamped_at = reader.instant("stamped_at", stamped_at)?;
    Ok(KeptStamp { record, stamped_at, good_until: reader.instant("good_until", good_until)? })
}

fn of(side: &str, row: i64) -> Result<PartOf, StoreError> {
    match side {
        "inbox" => Ok(PartOf::Inbox(InboxId(row))),
        "outbox" => Ok(PartOf::Outbox(OutboxId(row))),
        _ => Err(StoreError::Row { table: "time_stamp", id: row.to_string(), column: "side" }),
    }
}

macro_rules! claim {
    ($lock:literal) => {
        concat!(
            "WITH claimable AS (
        SELECT due.side, due.row_id FROM time_stamp_due AS due
        WHERE due.lease_until <= $2 ORDER BY due.side, due.row_id LIMIT $3",
            $lock,
            ")
    UPDATE time_stamp_due SET lease_until = $1
    WHERE lease_until <= $2 AND (side, row_id) IN (SELECT claimable.side, claimable.row_id FROM claimable)
    RETURNING side, row_id"
        )
    };
}

/// Ends after the first and before the second number, and before the end of the time stamps of today.
macro_rules! in_reach {
    ($now:literal, $end:literal) => {
        concat!(
            "kept.good_until > ",
            $now,
            " AND kept.good_until < (SELECT coalesce(min(reach.good_until), ",
            $end,
            ") FROM time_stamp_reach AS reach WHERE reach.good_until > ",
            $now,
            " AND reach.good_until < ",
            $end,
            " AND reach.until > ",
            $now,
            ")"
        )
    };
}

macro_rules! ending {
    ($lock:literal) => {
        concat!(
            "WITH claimable AS (
        SELECT kept.side, kept.row_id FROM time_stamp AS kept
        WHERE ",
            in_reach!("$2", "$3"),
            " AND kept.lease_until <= $2
        ORDER BY kept.good_until LIMIT $4",
            $lock,
            ")
    UPDATE time_stamp SET lease_until = $1
    WHERE lease_until <= $2 AND (side, row_id) IN (SELECT claimable.side, claimable.row_id FROM claimable)
    RETURNING side, row_id, record, stamped_at, good_until"
        )
    };
}

const CLAIM: &str = claim!("");
const CLAIM_LOCKING: &str = claim!(" FOR UPDATE OF due SKIP LOCKED");
pub(super) const ENDING: &str = ending!("");
const ENDING_LOCKING: &str = ending!(" FOR UPDATE OF kept SKIP LOCKED");

const FREE: &str = "UPDATE time_stamp_due SET lease_until = $3 WHERE side = $1 AND row_id = $2";

const FREE_KEPT: &str = "UPDATE time_stamp SET lease_until = $3 WHERE side = $1 AND row_id = $2";

const DONE: &str = "DELETE FROM time_stamp_due WHERE side = $1 AND row_id = $2";

const PUT: &str = "
    INSERT INTO time_stamp (side, row_id, record, stamped_at, good_until, lease_until)
    VALUES ($1, $2, $3, $4, $5, 0) ON CONFLICT (side, row_id) DO NOTHING";

const REACH: &str = "
    INSERT INTO time_stamp_reach (good_until, until) VALUES ($1, $2)
    ON CONFLICT (good_until) DO UPDATE SET until = excluded.until WHERE time_stamp_reach.until <= $3";

pub(super) const WAITS: &str = concat!(
    "SELECT due.row_id FROM time_stamp_due AS due
    UNION ALL SELECT kept.row_id FROM time_stamp AS kept WHERE ",
    in_reach!("$1", "$2"),
    " LIMIT 1"
);

const FIND: &str = "SELECT record, stamped_at, good_until FROM time_stamp WHERE side = $1 AND row_id = $2";

const RENEW: &str = "
    UPDATE time_stamp SET record = $3, good_until = $4, lease_until = 0
    WHERE side = $1 AND row_id = $2 AND good_until < $4";
