//! Figures: volumes, terms met, delays, what waits for a person and why, how old the local data are, what is overdue.
//! Days are days of UTC.

use super::super::facts::day_of;
use super::super::{Context, FlowError};
use super::tally::OVERDUE;
use crate::access::Permit;
use crate::store::{
    CLASS_ENDS_MS, DAY_MS, FigureRow, figure_closed, figure_count, figure_days, figure_faults, figure_first,
    figure_now, figure_open, figure_waiting,
};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::BTreeMap;

/// From which day to which, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// The first.
    pub from: Date,
    /// The last.
    pub to: Date,
}

impl Span {
    /// The longest span: a year and a day.
    pub const DAYS_MAX: i32 = 367;

    /// The thirty days that end today.
    pub fn month_before(now: Timestamp) -> Self {
        let to = day_of(now);
        Self { from: to.saturating_sub(29.days()), to }
    }

    /// Whether it is one: it does not end before it begins, and is no longer than a year.
    pub fn is_sound(self) -> bool {
        let days = self.from.until(self.to).map(|span| span.get_days());
        days.is_ok_and(|days| (0..Self::DAYS_MAX).contains(&days))
    }
}

/// The figures of a span.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Figures {
    /// The first day.
    #[schemars(with = "String")]
    pub from: Date,
    /// The last day.
    #[schemars(with = "String")]
    pub to: Date,
    /// Documents by day and peer; days without any are left out.
    pub volumes: Vec<Volume>,
    /// Each peer over the span.
    pub peers: Vec<ByPeer>,
    /// What cannot go on, of the messages of the span, by its code; the most frequent first.
    pub faults: Vec<FaultCount>,
    /// What waits for a person now, of all times.
    pub waiting: Vec<FaultCount>,
    /// How old the local data are.
    pub local: Vec<Aged>,
    /// Answers in pension cases that are overdue, by the state that is to give them.
    pub overdue: Vec<OverdueCount>,
    /// Days of the span that are not counted yet, for a node that was brought up to date a short while ago.
    pub uncounted_days: i64,
}

/// Documents of a day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Volume {
    /// The day.
    #[schemars(with = "String")]
    pub day: Date,
    /// The peer.
    pub peer: String,
    /// Documents that came.
    pub came: i64,
    /// Documents that were put into the outbox.
    pub left: i64,
}

/// What was exchanged with a peer.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ByPeer {
    /// The peer.
    pub peer: String,
    /// Documents that came.
    pub came: i64,
    /// Documents that were put into the outbox.
    pub left: i64,
    /// Signals that came.
    pub signals_came: i64,
    /// Signals that were put into the outbox.
    pub signals_left: i64,
    /// Transactions that we began and that ended with their result within every term.
    pub met: i64,
    /// The same, but only after a resend: a term had run out.
    pub late: i64,
    /// Transactions that we began and whose last term ran out.
    pub expired: i64,
    /// Transactions that we began and that ended by a fault or a refusal of structure.
    pub failed: i64,
    /// How long those took that ended with their result.
    pub delays: Delays,
    /// Transactions of the peer that ended here.
    pub answered: i64,
    /// How long those took.
    pub answer_delays: Delays,
    /// Transactions that we began and that go on now.
    pub open: i64,
    /// Of these, those a term of which has run out.
    pub open_late: i64,
}

/// How long things took: the ends of classes, so each is "at most".
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Delays {
    /// How many there are.
    pub number: i64,
    /// Half of them took at most so many milliseconds; nothing if there are none, or they took longer than a year.
    pub median_ms: Option<i64>,
    /// 95 of 100 of them.
    pub p95_ms: Option<i64>,
}

/// How many messages stand so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct FaultCount {
    /// The peer.
    pub peer: String,
    /// The state of the messages.
    pub state: String,
    /// The code; empty where none is told.
    pub code: String,
    /// How many.
    pub number: i64,
}

/// How old some local data are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Aged {
    /// Which: `records`, or a kind of facts.
    pub what: String,
    /// As of when they are; nothing if that is not known.
    #[schemars(with = "Option<String>")]
    pub as_of: Option<Timestamp>,
    /// How many hours ago that was.
    pub hours: Option<i64>,
}

/// Answers that are overdue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct OverdueCount {
    /// Who is to answer.
    pub state: String,
    /// How many answers.
    pub number: i64,
    /// When it was counted.
    #[schemars(with = "String")]
    pub at: Timestamp,
}

/// The figures of a span.
///
/// # Errors
/// The database or the local system does not answer.
pub async fn figures(_permit: &Permit, span: Span, ctx: &Context) -> Result<Figures, FlowError> {
    let now = ctx.clock.now();
    let (from, to) = (number_of(span.from), number_of(span.to));
    let today = now.as_millisecond().div_euclid(DAY_MS);
    let mut tx = ctx.store.read().await?;
    let closed = match figure_closed(&mut tx).await? {
        Some(day) => Some(day),
        None => figure_first(&mut tx).await?,
    };
    let mut rows = Vec::new();
    let mut uncounted_days = 0;
    if let Some(closed) = closed {
        rows = figure_days(&mut tx, from, to.min(closed.saturating_sub(1))).await?;
        let last = to.min(today);
        // the days of now; those of long ago are counted by the worker
        let live = last.saturating_sub(LIVE_DAYS - 1).max(closed).max(from);
        uncounted_days = live.saturating_sub(closed.max(from)).max(0);
        for day in live..=last {
            rows.extend(figure_count(&mut tx, day).await?);
        }
    }
    let start = TimeZone::UTC.to_timestamp(span.from.at(0, 0, 0, 0));
    let mut faults = counts(figure_faults(&mut tx, start.unwrap_or(Timestamp::MIN)).await?);
    faults.sort_by_key(|fault| std::cmp::Reverse(fault.number));
    let waiting = figure_waiting(&mut tx).await?;
    let waiting = waiting.into_iter().map(|(peer, state, number)| (peer, state, String::new(), number));
    let waiting = counts(waiting.collect());
    let open = figure_open(&mut tx, now).await?;
    let overdue = figure_now(&mut tx, OVERDUE).await?;
    drop(tx);
    Ok(Figures {
        from: span.from,
        to: span.to,
        volumes: volumes(&rows),
        peers: by_peer(&rows, open),
        faults,
        waiting,
        local: ages(now, ctx).await?,
        overdue: overdue.into_iter().map(|(state, number, at)| OverdueCount { state, number, at }).collect(),
        uncounted_days,
    })
}

/// The same messages of both queues, added up.
fn counts(rows: Vec<(String, String, String, i64)>) -> Vec<FaultCount> {
    let mut all: BTreeMap<(String, String, String), i64> = BTreeMap::new();
    for (peer, state, code, number) in rows {
        *all.entry((peer, state, code)).or_default() += number;
    }
    let count = |((peer, state, code), number)| FaultCount { peer, state, code, number };
    all.into_iter().map(count).collect()
}

fn volumes(rows: &[FigureRow]) -> Vec<Volume> {
    let mut days: BTreeMap<(i64, &str), (i64, i64)> = BTreeMap::new();
    for row in rows {
        let day = days.entry((row.day, &row.peer));
        match row.measure.as_str() {
            "in-application" => day.or_default().0 += row.number,
            "out-application" => day.or_default().1 += row.number,
            _ => {}
        }
    }
    let volume = |((day, peer), (came, left)): ((i64, &str), (i64, i64))| {
        Some(Volume { day: day_of_number(day)?, peer: peer.to_owned(), came, left })
    };
    days.into_iter().filter_map(volume).collect()
}

fn by_peer(rows: &[FigureRow], open: Vec<(String, i64, i64)>) -> Vec<ByPeer> {
    let mut peers: BTreeMap<String, (ByPeer, Classes, Classes)> = BTreeMap::new();
    for row in rows {
        let (peer, asked, answered) = peers.entry(row.peer.clone()).or_default();
        match row.measure.as_str() {
            "in-application" => peer.came += row.number,
            "out-application" => peer.left += row.number,
            "in-signal" => peer.signals_came += row.number,
            "out-signal" => peer.signals_left += row.number,
            "asked-met" => {
                peer.met += row.number;
                asked.add(row);
            }
            "asked-late" => {
                peer.late += row.number;
                asked.add(row);
            }
            "asked-expired" => peer.expired += row.number,
            "asked-failed" => peer.failed += row.number,
            "answered-met" | "answered-late" => {
                peer.answered += row.number;
                answered.add(row);
            }
            _ => {}
        }
    }
    for (name, number, late) in open {
        let (peer, _, _) = peers.entry(name).or_default();
        (peer.open, peer.open_late) = (number, late);
    }
    peers
        .into_iter()
        .map(|(name, (peer, asked, answered))| ByPeer {
            peer: name,
            delays: asked.delays(),
            answer_delays: answered.delays(),
            ..peer
        })
        .collect()
}

/// How many took how long.
#[derive(Default)]
struct Classes(BTreeMap<i64, i64>);

impl Classes {
    fn add(&mut self, row: &FigureRow) {
        *self.0.entry(row.class).or_default() += row.number;
    }

    fn delays(&self) -> Delays {
        Delays { number: self.0.values().sum(), median_ms: self.reach(50), p95_ms: self.reach(95) }
    }

    /// The end of the class in which so many of a hundred are reached.
    fn reach(&self, of_hundred: i64) -> Option<i64> {
        let all: i64 = self.0.values().sum();
        let wanted = all.saturating_mul(of_hundred);
        let mut reached: i64 = 0;
        for (class, number) in &self.0 {
            reached = reached.saturating_add(number.saturating_mul(100));
            if reached >= wanted {
                return usize::try_from(*class).ok().and_then(|class| CLASS_ENDS_MS.get(class).copied());
            }
        }
        None
    }
}

async fn ages(now: Timestamp, ctx: &Context) -> Result<Vec<Aged>, FlowError> {
    let (desk, kinds) = (ctx.desk.clone(), ctx.facts.gives.clone());
    let aged = move |what: String, as_of: Option<Timestamp>| Aged {
        what,
        as_of,
        hours: as_of.map(|as_of| (now.as_second().saturating_sub(as_of.as_second())).div_euclid(3_600)),
    };
    Context::aside(move || {
        let mut all = vec![aged("records".to_owned(), desk.updated_at()?)];
        for kind in kinds {
            let day: Option<Date> = desk.fed_on(&kind)?;
            let at = day.and_then(|day| TimeZone::UTC.to_timestamp(day.at(0, 0, 0, 0)).ok());
            all.push(aged(kind.as_str().to_owned(), at));
        }
        Ok(all)
    })
    .await?
}

fn number_of(day: Date) -> i64 {
    let at = TimeZone::UTC.to_timestamp(day.at(0, 0, 0, 0)).map(Timestamp::as_millisecond);
    at.unwrap_or_default().div_euclid(DAY_MS)
}

fn day_of_number(day: i64) -> Option<Date> {
    Timestamp::from_millisecond(day.checked_mul(DAY_MS)?).ok().map(day_of)
}

/// Today, and yesterday until it is closed.
const LIVE_DAYS: i64 = 2;

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    fn row(measure: &str, class: i64, number: i64) -> FigureRow {
        FigureRow { day: 20_000, peer: "KZ".to_owned(), measure: measure.to_owned(), class, number }
    }

    #[test]
    fn half_and_most_of_the_delays_are_told_by_the_ends_of_their_classes() {
        let rows = [row("asked-met", 3, 90), row("asked-late", 8, 9), row("asked-met", 17, 1)];
        let peers = by_peer(&rows, vec![("KZ".to_owned(), 4, 1), ("BY".to_owned(), 2, 0)]);
        let [by, kz] = peers.as_slice() else { panic!("{peers:?}") };
        assert_eq!((by.peer.as_str(), by.open, by.delays.median_ms), ("BY", 2, None));
        assert_eq!((kz.met, kz.late, kz.open, kz.open_late), (91, 9, 4, 1));
        assert_eq!(kz.delays, Delays { number: 100, median_ms: Some(1_000), p95_ms: Some(60_000) });
        let endless = by_peer(&[row("asked-met", 26, 5)], Vec::new());
        assert_eq!(endless[0].delays.median_ms, None, "longer than a year");
    }

    #[test]
    fn a_span_is_no_longer_than_a_year_and_does_not_run_backwards() {
        let span = |from, to| Span { from, to }.is_sound();
        assert!(span(date(2026, 11, 1), date(2026, 11, 1)));
        assert!(span(date(2025, 11, 30), date(2026, 11, 30)));
        assert!(!span(date(2026, 11, 2), date(2026, 11, 1)));
        assert!(!span(date(2020, 1, 1), date(2026, 11, 1)));
        assert_eq!(day_of_number(number_of(date(2026, 2, 28))), Some(date(2026, 2, 28)));
        assert_eq!(number_of(date(1970, 1, 2)), 1);
    }
}
