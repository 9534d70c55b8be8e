//! Counts what the figures are made of: each day once when it is over, and what is too long to count for each who asks.

use super::super::cases::cases_watched;
use super::super::facts::day_of;
use super::super::{Context, FlowError};
use crate::pension::is_overdue;
use crate::store::{DAY_MS, figure_close, figure_closed, figure_count, figure_first, figure_now_put};
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeMap;

/// Closes up to so many days that are over; tells whether more are to be closed. Several replicas may do it at once.
///
/// # Errors
/// The database does not answer.
pub async fn close_days(days_max: u32, ctx: &Context) -> Result<bool, FlowError> {
    let last = last_over(ctx.clock.now());
    for _ in 0..days_max {
        let mut tx = ctx.store.read().await?;
        let day = match figure_closed(&mut tx).await? {
            Some(day) => Some(day),
            None => figure_first(&mut tx).await?,
        };
        let Some(day) = day.filter(|day| *day <= last) else { return Ok(false) };
        let rows = figure_count(&mut tx, day).await?;
        drop(tx);
        let mut tx = ctx.store.begin().await?;
        if figure_close(&mut tx, day, &rows).await? {
            tx.commit().await?;
        }
    }
    Ok(true)
}

/// Counts the answers in pension cases that are overdue, by the state that is to give them.
///
/// # Errors
/// The database does not answer.
pub async fn count_overdue(ctx: &Context) -> Result<(), FlowError> {
    let now = ctx.clock.now();
    let (book, today) = (ctx.cases.book.get(), day_of(now));
    let mut counted: BTreeMap<String, i64> = BTreeMap::new();
    let mut after = String::new();
    loop {
        let cases = cases_watched(&after, PAGE, ctx).await?;
        let Some(last) = cases.last() else { break };
        last.id.as_str().clone_into(&mut after);
        for case in &cases {
            for waiting in case.file.waiting() {
                let due = waiting.is_due(case.file.filed(), &book);
                if due.is_some_and(|due| is_overdue(due.day, today)) {
                    *counted.entry(waiting.who.to_string()).or_default() += 1;
                }
            }
        }
    }
    let counted: Vec<(String, i64)> = counted.into_iter().collect();
    let mut tx = ctx.store.begin().await?;
    figure_now_put(&mut tx, OVERDUE, &counted, now).await?;
    Ok(tx.commit().await?)
}

/// The last day that is over for good: what was begun in it is committed by now.
pub(super) fn last_over(now: Timestamp) -> i64 {
    let settled = now.checked_sub(GRACE).unwrap_or(Timestamp::MIN);
    settled.as_millisecond().div_euclid(DAY_MS).saturating_sub(1)
}

pub(super) const OVERDUE: &str = "overdue";
const GRACE: SignedDuration = SignedDuration::from_hours(1);
const PAGE: u32 = 200;
