//! Where cases stand, drawn from their documents so that many are listed by what is due first.
//!
//! What is kept here may be behind the documents. Whoever writes to a case marks it, and it is drawn anew before it is listed.

use super::StoreError;
use super::Tx;
use super::row::RowReader;
use super::tx::{change, on};
use crate::base::DocumentId;
use crate::exchange::canonical::RecordId;
use jiff::civil::Date;

/// Where a case stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BoardRow {
    /// The word of its stage, as pages and the API have it.
    pub stage: String,
    /// The earliest day by which something of it is to be answered.
    pub due_on: Option<Date>,
    /// Whether something waits for us.
    pub is_ours: bool,
    /// Whether something waits for others.
    pub is_theirs: bool,
}

/// Which cases are wanted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BoardChoice {
    /// At this stage; all but the closed ones if absent.
    pub stage: Option<String>,
    /// Something waits for us.
    pub is_ours: bool,
    /// Something waits for others.
    pub is_theirs: bool,
    /// Something was due before this day.
    pub due_before: Option<Date>,
}

/// A place on the board: the next page begins after it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BoardPlace {
    /// The earliest day of the case.
    pub due_on: Option<Date>,
    /// The case.
    pub case: RecordId,
}

/// How many cases stand alike.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BoardCount {
    /// The word of their stage.
    pub stage: String,
    /// Whether something waits for us.
    pub is_ours: bool,
    /// Whether something waits for others.
    pub is_theirs: bool,
    /// Whether something of them is over.
    pub is_overdue: bool,
    /// How many.
    pub count: u64,
}

/// Up to `limit` cases that are to be drawn anew.
pub async fn case_board_waiting(tx: &mut Tx, limit: u32) -> Result<Vec<RecordId>, StoreError> {
    let rows: Vec<String> = on!(tx, "list the cases to be drawn anew", connection =>
        sqlx::query_scalar(STALE).bind(i64::from(limit)).fetch_all(connection))?;
    rows.iter().map(|id| RowReader { table: "pension_case", id }.text("case_id", id)).collect()
}

/// Takes a case in order to draw it anew: nobody else writes to it before this transaction ends. False if another has drawn it.
pub async fn case_board_take(tx: &mut Tx, case: &RecordId) -> Result<bool, StoreError> {
    let rows = change!(tx, "take a case to be drawn anew", sqlx::query(TAKE).bind(case.as_str()))?;
    Ok(rows == 1)
}

/// Keeps where a case stands.
pub async fn case_board_put(tx: &mut Tx, case: &RecordId, row: &BoardRow) -> Result<(), StoreError> {
    change!(
        tx,
        "keep where a case stands",
        sqlx::query(PUT)
            .bind(case.as_str())
            .bind(&row.stage)
            .bind(key(row.due_on))
            .bind(i64::from(row.is_ours))
            .bind(i64::from(row.is_theirs))
    )?;
    Ok(())
}

/// Has every case in which something waits drawn anew, since the terms have changed.
pub async fn case_board_renew(tx: &mut Tx) -> Result<(), StoreError> {
    change!(tx, "have all waiting cases drawn anew", sqlx::query(RENEW))?;
    Ok(())
}

/// Up to `limit` cases after a place, what is due first before the others.
pub async fn case_board_page(
    tx: &mut Tx,
    choice: &BoardChoice,
    after: Option<&BoardPlace>,
    limit: u32,
) -> Result<Vec<BoardPlace>, StoreError> {
    let after = after.map_or_else(Default::default, |it| (key(it.due_on), it.case.as_str().to_owned()));
    let text = if choice.stage.is_some() { PAGE_OF_STAGE } else { PAGE };
    let rows: Vec<(String, String)> = on!(tx, "list the board of cases", connection => sqlx::query_as(text)
        .bind(after.0)
        .bind(after.1)
        .bind(choice.stage.clone().unwrap_or_else(|| CLOSED.to_owned()))
        .bind(i64::from(choice.is_ours))
        .bind(i64::from(choice.is_theirs))
        .bind(choice.due_before.map_or_else(|| AFTER_ALL.to_owned(), |day| day.to_string()))
        .bind(i64::from(limit))
        .fetch_all(connection))?;
    let place = |(due_on, case): (String, String)| {
        let reader = RowReader { table: "pension_case", id: &case };
        let due_on = Some(due_on.as_str()).filter(|day| *day != NONE);
        Ok(BoardPlace { due_on: reader.text_if_any("due_on", due_on)?, case: reader.text("case_id", &case)? })
    };
    rows.into_iter().map(place).collect()
}

/// How many cases stand how; of which something was due before a day, is over.
pub async fn case_board_counts(tx: &mut Tx, today: Date) -> Result<Vec<BoardCount>, StoreError> {
    let rows: Vec<(String, i64, i64, i64, i64)> = on!(tx, "count the board of cases", connection =>
        sqlx::query_as(COUNTS).bind(today.to_string()).fetch_all(connection))?;
    let count = |(stage, is_ours, is_theirs, is_overdue, count): (String, i64, i64, i64, i64)| {
        let count = RowReader { table: "pension_case", id: &stage }.length("count", count)?;
        let (is_ours, is_theirs, is_overdue) = (is_ours == 1, is_theirs == 1, is_overdue == 1);
        Ok(BoardCount { stage, is_ours, is_theirs, is_overdue, count })
    };
    rows.into_iter().map(count).collect()
}

/// Has the case of a document drawn anew.
pub(super) async fn case_stale(tx: &mut Tx, id: DocumentId) -> Result<(), StoreError> {
    change!(tx, "have a case drawn anew", sqlx::query(MARK).bind(id.as_uuid().to_string()))?;
    Ok(())
}

fn key(day: Option<Date>) -> String {
    day.map_or_else(|| NONE.to_owned(), |day| day.to_string())
}

/// Where nothing has a day.
const NONE: &str = "9999-12-31";
/// Later than every day, and than none.
const AFTER_ALL: &str = "9999-12-32";
/// The word of the stage of a case that has this number, as it was drawn last; none if there is no such case.
pub async fn case_stage(tx: &mut Tx, case: &str) -> Result<Option<String>, StoreError> {
    on!(tx, "find the stage of a case", connection =>
        sqlx::query_scalar(STAGE).bind(case).fetch_optional(connection))
}

/// The stage that is listed by itself alone.
const CLOSED: &str = "closed";

pub(super) const STALE: &str =
    "SELECT case_id FROM pension_case WHERE is_fresh = 0 ORDER BY case_id LIMIT $1";

const TAKE: &str = "UPDATE pension_case SET is_fresh = 1 WHERE case_id = $1 AND is_fresh = 0";

const PUT: &str = "
    UPDATE pension_case SET stage = $2, due_on = $3, is_ours = $4, is_theirs = $5 WHERE case_id = $1";

const STAGE: &str = "SELECT stage FROM pension_case WHERE case_id = $1";

const RENEW: &str = "UPDATE pension_case SET is_fresh = 0 WHERE is_watched = 1 AND is_fresh = 1";

const MARK: &str = "
    UPDATE pension_case SET is_fresh = 0
    WHERE case_id = (SELECT case_id FROM case_document WHERE document_id = $1)";

/// A case whose documents have all gone is in no list.
macro_rules! page {
    ($of_stage:literal) => {
        concat!(
            "SELECT due_on, case_id FROM pension_case
    WHERE (due_on, case_id) > ($1, $2) AND stage ",
            $of_stage,
            " $3 AND stage <> 'none' AND is_ours >= $4 AND is_theirs >= $5 AND due_on < $6
    ORDER BY due_on, case_id LIMIT $7"
        )
    };
}

pub(super) const PAGE: &str = page!("<>");
pub(super) const PAGE_OF_STAGE: &str = page!("=");

const COUNTS: &str = "
    SELECT stage, is_ours, is_theirs, CAST(CASE WHEN due_on < $1 THEN 1 ELSE 0 END AS BIGINT), COUNT(*)
    FROM pension_case
    WHERE stage <> 'none'
    GROUP BY 1, 2, 3, 4";
