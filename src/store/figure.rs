//! What the figures are counted from: those of days that are over are counted once, those of the day each time.

use super::tx::{change, on};
use super::{StoreError, Tx};
use jiff::Timestamp;
use sqlx::AssertSqlSafe;

/// How many of what, on a day, with a peer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FigureRow {
    /// The day, counted from 1970 (UTC).
    pub day: i64,
    /// The peer.
    pub peer: String,
    /// What is counted: `out-application`, `in-signal`, `asked-met`, `answered-late` and their kin.
    pub measure: String,
    /// The class of the duration, of what has one: how many of [`CLASS_ENDS_MS`] it reached.
    pub class: i64,
    /// How many.
    pub number: i64,
}

/// Where each class of durations ends, in milliseconds; what is longer than all of them is in one more.
pub const CLASS_ENDS_MS: [i64; 26] = [
    100,
    250,
    500,
    1_000,
    2_500,
    5_000,
    10_000,
    30_000,
    60_000,
    120_000,
    300_000,
    600_000,
    1_800_000,
    3_600_000,
    7_200_000,
    14_400_000,
    28_800_000,
    86_400_000,
    172_800_000,
    259_200_000,
    432_000_000,
    864_000_000,
    1_296_000_000,
    2_592_000_000,
    7_776_000_000,
    31_536_000_000,
];

/// Milliseconds of a day.
pub const DAY_MS: i64 = 86_400_000;

/// Counts a day anew, from the rows of its messages and conversations.
pub async fn figure_count(tx: &mut Tx, day: i64) -> Result<Vec<FigureRow>, StoreError> {
    let (from, to) = (day.saturating_mul(DAY_MS), day.saturating_add(1).saturating_mul(DAY_MS));
    let mut all = Vec::new();
    for text in [OUT, IN, ENDED] {
        let rows: Vec<(String, String, i64, i64)> = on!(tx, "count what came and left", connection =>
            sqlx::query_as(text).bind(from).bind(to).fetch_all(connection))?;
        let row = |(peer, measure, class, number)| FigureRow { day, peer, measure, class, number };
        all.extend(rows.into_iter().map(row));
    }
    Ok(all)
}

/// Keeps a day that is over; false if another replica was faster.
pub async fn figure_close(tx: &mut Tx, day: i64, rows: &[FigureRow]) -> Result<bool, StoreError> {
    let next = day.saturating_add(1);
    let moved = change!(tx, "close a day of the figures", sqlx::query(CLOSE).bind(next))?;
    if moved == 0 {
        return Ok(false);
    }
    for some in rows.chunks(ROWS_AT_ONCE) {
        let places: Vec<String> = (0..some.len())
            .map(|row| {
                let first = row * 5;
                let [a, b, c, d, e] = [1, 2, 3, 4, 5].map(|column| first + column);
                format!("(${a}, ${b}, ${c}, ${d}, ${e})")
            })
            .collect();
        let text = format!("{PUT} {}", places.join(", ")); // made of numbers alone
        change!(tx, "keep the figures of a day", {
            let mut query = sqlx::query(AssertSqlSafe(text.clone()));
            for row in some {
                query =
                    query.bind(row.day).bind(&row.peer).bind(&row.measure).bind(row.class).bind(row.number);
            }
            query
        })?;
    }
    Ok(true)
}

/// Days before this one are closed; nothing while none is.
pub async fn figure_closed(tx: &mut Tx) -> Result<Option<i64>, StoreError> {
    on!(tx, "find which days of the figures are closed", connection =>
        sqlx::query_scalar("SELECT day FROM figure_closed").fetch_optional(connection))
}

/// The first day on which anything came or left.
pub async fn figure_first(tx: &mut Tx) -> Result<Option<i64>, StoreError> {
    let (out, inside): (Option<i64>, Option<i64>) = on!(tx, "find the first message", connection =>
        sqlx::query_as(FIRST).fetch_one(connection))?;
    Ok([out, inside].into_iter().flatten().min().map(|ms| ms.div_euclid(DAY_MS)))
}

/// The figures of closed days, from one day to another, both included, added up by day, peer, measure and class.
pub async fn figure_days(tx: &mut Tx, from: i64, to: i64) -> Result<Vec<FigureRow>, StoreError> {
    let rows: Vec<(i64, String, String, i64, i64)> = on!(tx, "read the figures of days", connection =>
        sqlx::query_as(DAYS).bind(from).bind(to).fetch_all(connection))?;
    let row = |(day, peer, measure, class, number)| FigureRow { day, peer, measure, class, number };
    Ok(rows.into_iter().map(row).collect())
}

/// What cannot go on of the messages since an instant: peer, state, code, how many.
pub async fn figure_faults(
    tx: &mut Tx,
    since: Timestamp,
) -> Result<Vec<(String, String, String, i64)>, StoreError> {
    on!(tx, "count what cannot go on by its code", connection =>
        sqlx::query_as(FAULTS).bind(since.as_millisecond()).fetch_all(connection))
}

/// What waits for a person now, of all times: peer, state, how many.
pub async fn figure_waiting(tx: &mut Tx) -> Result<Vec<(String, String, i64)>, StoreError> {
    on!(tx, "count what waits for a person", connection => sqlx::query_as(WAITING).fetch_all(connection))
}

/// When a message last left to a peer, and when one last came from it.
pub async fn figure_last(
    tx: &mut Tx,
    peer: &str,
) -> Result<(Option<Timestamp>, Option<Timestamp>), StoreError> {
    let (out, inside): (Option<i64>, Option<i64>) = on!(tx, "find the last exchange with a peer", connection =>
        sqlx::query_as(LAST).bind(peer).fetch_one(connection))?;
    let reader = super::row::RowReader { table: "outbox", id: &"(the last)" };
    Ok((reader.instant_if_any("created_at", out)?, reader.instant_if_any("received_at", inside)?))
}

/// Keeps what was counted at an instant, in place of what was counted before.
pub async fn figure_now_put(
    tx: &mut Tx,
    measure: &str,
    counted: &[(String, i64)],
    at: Timestamp,
) -> Result<(), StoreError> {
    change!(
        tx,
        "forget what was counted before",
        sqlx::query("DELETE FROM figure_now WHERE measure = $1").bind(measure)
    )?;
    for (peer, number) in counted {
        change!(
            tx,
            "keep what was counted",
            sqlx::query(NOW_PUT).bind(measure).bind(peer).bind(*number).bind(at.as_millisecond())
        )?;
    }
    Ok(())
}

/// What was counted last, by peer, and when.
pub async fn figure_now(tx: &mut Tx, measure: &str) -> Result<Vec<(String, i64, Timestamp)>, StoreError> {
    let rows: Vec<(String, i64, i64)> = on!(tx, "read what was counted last", connection =>
        sqlx::query_as(NOW).bind(measure).fetch_all(connection))?;
    let reader = super::row::RowReader { table: "figure_now", id: &measure };
    rows.into_iter().map(|(peer, number, at)| Ok((peer, number, reader.instant("at", at)?))).collect()
}

/// How many open conversations there are with each peer that this node began, and how many of them are past their term.
pub async fn figure_open(tx: &mut Tx, now: Timestamp) -> Result<Vec<(String, i64, i64)>, StoreError> {
    on!(tx, "count the open conversations", connection =>
        sqlx::query_as(OPEN).bind(now.as_millisecond()).fetch_all(connection))
}

pub(super) const OUT: &str = "
    SELECT peer, 'out-' || kind, CAST(0 AS BIGINT), COUNT(*) FROM outbox
    WHERE created_at >= $1 AND created_at < $2 GROUP BY peer, kind";

pub(super) const IN: &str = "
    SELECT peer, CASE WHEN action = '' THEN 'in-fault' WHEN action LIKE '%/P.MSG.%' THEN 'in-signal'
                      WHEN action LIKE 'int://SR/%' THEN 'in-service' ELSE 'in-application' END AS measure,
           CAST(0 AS BIGINT), COUNT(*)
    FROM inbox WHERE received_at >= $1 AND received_at < $2 AND peer NOT LIKE 'stranger %' GROUP BY 1, 2";

/// A conversation counts its sendings: what was sent once was met in time. The ends of the classes stand here a second time; a
/// test compares both.
pub(super) const ENDED: &str = "
    SELECT peer,
           CASE role WHEN 'initiator' THEN 'asked-' ELSE 'answered-' END ||
           CASE WHEN state = 'completed' AND attempts <= 1 THEN 'met' WHEN state = 'completed' THEN 'late'
                WHEN state = 'expired' THEN 'expired' ELSE 'failed' END AS measure,
           CAST(CASE WHEN finished_at - started_at < 100 THEN 0
                WHEN finished_at - started_at < 250 THEN 1
                WHEN finished_at - started_at < 500 THEN 2
                WHEN finished_at - started_at < 1000 THEN 3
                WHEN finished_at - started_at < 2500 THEN 4
                WHEN finished_at - started_at < 5000 THEN 5
                WHEN finished_at - started_at < 10000 THEN 6
                WHEN finished_at - started_at < 30000 THEN 7
                WHEN finished_at - started_at < 60000 THEN 8
                WHEN finished_at - started_at < 120000 THEN 9
                WHEN finished_at - started_at < 300000 THEN 10
                WHEN finished_at - started_at < 600000 THEN 11
                WHEN finished_at - started_at < 1800000 THEN 12
                WHEN finished_at - started_at < 3600000 THEN 13
                WHEN finished_at - started_at < 7200000 THEN 14
                WHEN finished_at - started_at < 14400000 THEN 15
                WHEN finished_at - started_at < 28800000 THEN 16
                WHEN finished_at - started_at < 86400000 THEN 17
                WHEN finished_at - started_at < 172800000 THEN 18
                WHEN finished_at - started_at < 259200000 THEN 19
                WHEN finished_at - started_at < 432000000 THEN 20
                WHEN finished_at - started_at < 864000000 THEN 21
                WHEN finished_at - started_at < 1296000000 THEN 22
                WHEN finished_at - started_at < 2592000000 THEN 23
                WHEN finished_at - started_at < 7776000000 THEN 24
                WHEN finished_at - started_at < 31536000000 THEN 25 ELSE 26 END AS BIGINT) AS class,
           COUNT(*)
    FROM conversation WHERE finished_at >= $1 AND finished_at < $2 GROUP BY 1, 2, 3";

const CLOSE: &str = "
    INSERT INTO figure_closed (only_row, day) VALUES (1, $1)
    ON CONFLICT (only_row) DO UPDATE SET day = excluded.day WHERE figure_closed.day < excluded.day";

const PUT: &str = "INSERT INTO figure_day (day, peer, measure, class, number) VALUES";

const FIRST: &str = "
    SELECT (SELECT MIN(created_at) FROM outbox), (SELECT MIN(received_at) FROM inbox)";

pub(super) const DAYS: &str = "
    SELECT day, peer, measure, class, number FROM figure_day WHERE day >= $1 AND day <= $2
    ORDER BY day, peer, measure, class";

pub(super) const FAULTS: &str = "
    SELECT peer, state, COALESCE(code, ''), COUNT(*) FROM outbox
    WHERE state IN ('returned', 'quarantined', 'parked') AND created_at >= $1 GROUP BY peer, state, code
    UNION ALL
    SELECT peer, state, COALESCE(code, ''), COUNT(*) FROM inbox
    WHERE state IN ('deferred', 'returned', 'quarantined', 'parked') AND state <> 'deferred' AND received_at >= $1
    GROUP BY peer, state, code";

pub(super) const WAITING: &str = "
    SELECT peer, state, COUNT(*) FROM outbox WHERE state IN ('quarantined', 'parked') GROUP BY peer, state
    UNION ALL
    SELECT peer, state, COUNT(*) FROM inbox
    WHERE state IN ('deferred', 'returned', 'quarantined', 'parked') AND state IN ('quarantined', 'parked')
    GROUP BY peer, state";

/// A stretch of the index that begins with the peer, see `message`.
pub(super) const LAST: &str = "
    SELECT (SELECT o.created_at FROM outbox AS o
            WHERE (o.peer, o.created_at) >= ($1, 0) AND (o.peer, o.created_at) <= ($1, 9223372036854775807)
            ORDER BY o.peer DESC, o.created_at DESC LIMIT 1),
           (SELECT i.received_at FROM inbox AS i
            WHERE (i.peer, i.received_at) >= ($1, 0) AND (i.peer, i.received_at) <= ($1, 9223372036854775807)
            ORDER BY i.peer DESC, i.received_at DESC LIMIT 1)";

/// By the index of what is due, not by one that is in the order of the groups: a conversation without a term that runs is
/// not counted.
pub(super) const OPEN: &str = "
    SELECT peer || '', COUNT(*), CAST(SUM(CASE WHEN due_at <= $1 THEN 1 ELSE 0 END) AS BIGINT) FROM conversation
    WHERE state = 'open' AND due_at IS NOT NULL AND due_at >= 0 AND role = 'initiator' GROUP BY 1";

const NOW_PUT: &str = "
    INSERT INTO figure_now (measure, peer, number, at) VALUES ($1, $2, $3, $4)
    ON CONFLICT (measure, peer) DO UPDATE SET number = excluded.number, at = excluded.at";

const NOW: &str = "SELECT peer, number, at FROM figure_now WHERE measure = $1 ORDER BY peer";

const ROWS_AT_ONCE: usize = 100;
