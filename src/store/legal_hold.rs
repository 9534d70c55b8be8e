//! Legal holds: a court or an authority has a record kept beyond its time. A hold has a number, a reason and an end.

use super::row::RowReader;
use super::state::word_enum;
use super::tx::{change, on};
use super::{StoreError, Tx};
use jiff::Timestamp;

word_enum!(
    /// What a hold keeps.
    HoldKind {
        /// A consent, with its profiles' tombstones and its reveals.
        Consent = "consent",
        /// A reveal: its record here, or what was shown by it at the node of the employer.
        Reveal = "reveal",
        /// A vacancy of ours.
        Vacancy = "vacancy",
    }
);

/// A hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HoldRow {
    /// Its number, as the court or the authority gave it.
    pub number: String,
    /// What it keeps.
    pub kind: HoldKind,
    /// Which one.
    pub record: String,
    /// Why.
    pub reason: String,
    /// From when on it holds no more.
    pub until: Timestamp,
    /// When it was set.
    pub set_at: Timestamp,
    /// When it was lifted before its end.
    pub lifted_at: Option<Timestamp>,
}

/// Sets a hold, or gives it another reason or end; one that was lifted holds again.
pub async fn hold_put(tx: &mut Tx, row: &HoldRow) -> Result<(), StoreError> {
    change!(
        tx,
        "set a hold",
        sqlx::query(PUT)
            .bind(&row.number)
            .bind(row.kind.as_str())
            .bind(&row.record)
            .bind(&row.reason)
            .bind(row.until.as_millisecond())
            .bind(row.set_at.as_millisecond())
    )?;
    Ok(())
}

/// Lifts all holds of a number that are not lifted; how many.
pub async fn hold_lift(tx: &mut Tx, number: &str, now: Timestamp) -> Result<u64, StoreError> {
    change!(tx, "lift a hold", sqlx::query(LIFT).bind(number).bind(now.as_millisecond()))
}

/// Until when a record is held, by the hold that lasts longest; none if none holds it now.
pub async fn hold_until(
    tx: &mut Tx,
    (kind, record): (HoldKind, &str),
    now: Timestamp,
) -> Result<Option<Timestamp>, StoreError> {
    let until: Option<i64> = on!(tx, "find a hold", connection => sqlx::query_scalar(UNTIL)
        .bind(kind.as_str()).bind(record).bind(now.as_millisecond()).fetch_one(connection))?;
    RowReader { table: "legal_hold", id: &record }.instant_if_any("until", until)
}

/// All holds, those first that were set last.
pub async fn hold_list(tx: &mut Tx, limit: u32) -> Result<Vec<HoldRow>, StoreError> {
    type Row = (String, String, String, String, i64, i64, Option<i64>);
    let rows: Vec<Row> = on!(tx, "list the holds", connection =>
        sqlx::query_as(LIST).bind(i64::from(limit)).fetch_all(connection))?;
    let row = |(number, kind, record, reason, until, set_at, lifted_at): Row| {
        let reader = RowReader { table: "legal_hold", id: &number };
        Ok(HoldRow {
            kind: reader.text("kind", &kind)?,
            until: reader.instant("until", until)?,
            set_at: reader.instant("set_at", set_at)?,
            lifted_at: reader.instant_if_any("lifted_at", lifted_at)?,
            record,
            reason,
            number: number.clone(),
        })
    };
    rows.into_iter().map(row).collect()
}

const PUT: &str = "
    INSERT INTO legal_hold (number, kind, record, reason, until, set_at) VALUES ($1, $2, $3, $4, $5, $6)
    ON CONFLICT (number, kind, record) DO UPDATE SET reason = excluded.reason, until = excluded.until,
        set_at = excluded.set_at, lifted_at = NULL";

const LIFT: &str = "UPDATE legal_hold SET lifted_at = $2 WHERE number = $1 AND lifted_at IS NULL";

pub(super) const UNTIL: &str = "
    SELECT MAX(until) FROM legal_hold WHERE kind = $1 AND record = $2 AND until > $3 AND lifted_at IS NULL";

const LIST: &str = "
    SELECT number, kind, record, reason, until, set_at, lifted_at FROM legal_hold ORDER BY set_at DESC, number, record
    LIMIT $1";
