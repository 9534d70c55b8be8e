//! Periods of work drawn from events of employment (`labour.md` §3.5, rule 2).
//!
//! A hire opens, a transfer closes and opens, a dismissal closes, a renaming changes the name alone, a suspension marks days
//! within. A cancellation undoes its event. What says nothing of periods is left to a person, and nothing is dropped.

use super::employment::named;
use crate::base::{Code, Finding, Findings};
use crate::exchange::canonical::job::{EmploymentBasis, EmploymentEvent, EmploymentPeriod, EventKind};
use crate::exchange::canonical::{Interval, RecordId};
use jiff::civil::Date;
use std::collections::{BTreeMap, BTreeSet};

/// What events say of periods.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Drawn {
    /// The periods, in the order of their days; each has the id of the event that opened it.
    pub periods: Vec<EmploymentPeriod>,
    /// The days within a period for which its contract rested.
    pub rests: Vec<(RecordId, Interval)>,
    /// The events that say nothing of periods, for a person: bans, qualifications, and what nobody knows.
    pub left: Vec<RecordId>,
    /// What contradicts itself, as warnings.
    pub findings: Findings,
}

/// The periods that the events of one person make; the order in which they are told means nothing.
pub fn draw(events: &[EmploymentEvent]) -> Drawn {
    let mut drawn = Drawn::default();
    let known: BTreeSet<&RecordId> =
        events.iter().filter(|it| it.cancels.is_none()).map(|it| &it.id).collect();
    let mut cancelled = BTreeSet::new();
    for (event, target) in events.iter().filter_map(|it| Some((it, it.cancels.as_ref()?))) {
        cancelled.insert(target);
        if !known.contains(target) {
            drawn.findings.push(odd(
                event,
                "labour.event_cancels_nothing",
                "it cancels an event that is not here",
            ));
        }
    }
    let is_left = |it: &&EmploymentEvent| it.cancels.is_none() && !cancelled.contains(&it.id);
    let mut standing = Vec::new();
    for event in events.iter().filter(is_left) {
        match Interval::new(event.on, None) {
            Ok(days) => standing.push(Placed { event, days }),
            Err(finding) => {
                drawn.left.push(event.id.clone());
                drawn.findings.push(Finding { path: path(event), ..finding }.as_warning());
            }
        }
    }
    standing.sort_by_key(|it| (it.event.on, rank(it.event.kind), &it.event.id));
    let mut seen = BTreeSet::new();
    standing.retain(|it| seen.insert(&it.event.id)); // two sources may tell of one event
    let mut jobs: BTreeMap<JobKey<'_>, Job> = BTreeMap::new();
    for placed in standing {
        let event = placed.event;
        let job = jobs.entry(key(event)).or_default();
        match event.kind {
            EventKind::Hire | EventKind::CivilStart => job.open(placed, &mut drawn),
            EventKind::Transfer => job.transfer(placed, &mut drawn),
            EventKind::Dismissal | EventKind::CivilEnd => job.close(event, &mut drawn),
            EventKind::Renaming => job.rename(event, &mut drawn),
            EventKind::Suspension => job.rest(event, &mut drawn),
            EventKind::Resumption => job.go_on(event, &mut drawn),
            EventKind::Qualification | EventKind::Ban | EventKind::Other => {
                drawn.left.push(event.id.clone());
                drawn.findings.push(odd(
                    event,
                    "labour.event_kind",
                    "no period is drawn from it; look what it changes",
                ));
            }
        }
    }
    for job in jobs.into_values() {
        job.end(&mut drawn);
    }
    drawn.periods.sort_by(|a, b| (a.interval, &a.id).cmp(&(b.interval, &b.id)));
    drawn.rests.sort();
    drawn
}

/// An event whose day a document may name.
#[derive(Clone, Copy)]
struct Placed<'e> {
    event: &'e EmploymentEvent,
    /// From its day on.
    days: Interval,
}

/// By what events of one job are told: the employer's number, else its name; main and second jobs and civil contracts apart.
type JobKey<'e> = (&'e str, bool, bool);

fn key(event: &EmploymentEvent) -> JobKey<'_> {
    let is_civil = match event.kind {
        EventKind::CivilStart | EventKind::CivilEnd => true,
        EventKind::Hire
        | EventKind::Transfer
        | EventKind::Renaming
        | EventKind::Qualification
        | EventKind::Dismissal
        | EventKind::Ban
        | EventKind::Suspension
        | EventKind::Resumption
        | EventKind::Other => false,
    };
    (event.employer.as_ref().map_or("", named), event.is_part_time, is_civil)
}

/// Of events of one day the one that opens comes first: who is hired and dismissed on one day worked that day.
fn rank(kind: EventKind) -> u8 {
    match kind {
        EventKind::Hire | EventKind::CivilStart => 0,
        EventKind::Renaming => 1,
        EventKind::Transfer => 2,
        EventKind::Suspension => 3,
        EventKind::Resumption => 4,
        EventKind::Qualification | EventKind::Ban | EventKind::Other => 5,
        EventKind::Dismissal | EventKind::CivilEnd => 6,
    }
}

/// One job while its events are followed.
#[derive(Default)]
struct Job {
    open: Option<EmploymentPeriod>,
    rests_from: Option<Date>,
}

impl Job {
    fn open(&mut self, placed: Placed<'_>, drawn: &mut Drawn) {
        let event = placed.event;
        if let Some(open) = &self.open {
            let message = "a hire while the job goes on; find the dismissal between them";
            drawn.findings.push(odd(event, "labour.event_order", message));
            if open.interval.from() == event.on {
                return;
            }
        }
        self.close_before(event.on, drawn);
        self.open = Some(begun(placed, None));
    }

    fn transfer(&mut self, placed: Placed<'_>, drawn: &mut Drawn) {
        let event = placed.event;
        let Some(open) = &mut self.open else {
            let message = "a transfer without a hire; find the hire. Work is known from the transfer on";
            drawn.findings.push(odd(event, "labour.event_order", message));
            self.open = Some(begun(placed, None));
            return;
        };
        if open.interval.from() == event.on {
            // a transfer on the first day: only what he works as is another
            let begun = begun(placed, Some(&*open));
            *open = EmploymentPeriod { id: open.id.clone(), ..begun };
            return;
        }
        let next = begun(placed, Some(&*open));
        let rests = self.rests_from;
        self.close_before(event.on, drawn);
        (self.open, self.rests_from) = (Some(next), rests.map(|_| event.on));
    }

    fn close(&mut self, event: &EmploymentEvent, drawn: &mut Drawn) {
        match self.open.take() {
            Some(open) => self.closed(open, event.on, drawn),
            None => {
                let message = "an end without a beginning; find the hire";
                drawn.findings.push(odd(event, "labour.event_order", message));
            }
        }
    }

    fn rename(&mut self, event: &EmploymentEvent, drawn: &mut Drawn) {
        match (&mut self.open, &event.employer) {
            (Some(open), Some(employer)) => open.employer = Some(employer.clone()),
            (None, _) | (_, None) => {
                let message = "an employer is renamed for whom no work is known; find the hire, or the number that ties them";
                drawn.findings.push(odd(event, "labour.event_order", message));
            }
        }
    }

    fn rest(&mut self, event: &EmploymentEvent, drawn: &mut Drawn) {
        if self.open.is_none() || self.rests_from.is_some() {
            let message = "a suspension of what does not go on; find the hire or the resumption";
            drawn.findings.push(odd(event, "labour.event_order", message));
        } else {
            self.rests_from = Some(event.on);
        }
    }

    fn go_on(&mut self, event: &EmploymentEvent, drawn: &mut Drawn) {
        let (Some(open), Some(from)) = (&self.open, self.rests_from.take()) else {
            let message = "a resumption of what was not suspended; find the suspension";
            drawn.findings.push(odd(event, "labour.event_order", message));
            return;
        };
        drawn.rests.extend(rest(open, from, event.on.yesterday().ok()));
    }

    /// Ends what goes on the day before another begins.
    fn close_before(&mut self, day: Date, drawn: &mut Drawn) {
        if let Some(open) = self.open.take() {
            let last = day.yesterday().unwrap_or(day);
            self.closed(open, last, drawn);
        }
    }

    fn closed(&mut self, open: EmploymentPeriod, last: Date, drawn: &mut Drawn) {
        if let Some(from) = self.rests_from.take() {
            drawn.rests.extend(rest(&open, from, Some(last)));
        }
        // events are followed in the order of their days: the last is no earlier than the first
        let interval = open.interval.up_to(last).unwrap_or(open.interval);
        drawn.periods.push(EmploymentPeriod { interval, ..open });
    }

    /// What goes on when there are no more events.
    fn end(self, drawn: &mut Drawn) {
        if let Some(open) = self.open {
            if let Some(from) = self.rests_from {
                drawn.rests.extend(rest(&open, from, None));
            }
            drawn.periods.push(open);
        }
    }
}

/// The days of a rest; none if it ended before it began.
fn rest(of: &EmploymentPeriod, from: Date, to: Option<Date>) -> Option<(RecordId, Interval)> {
    Some((of.id.clone(), Interval::new(from, to).ok()?))
}

/// The period that an event opens; what it does not say is as it was before.
fn begun(Placed { event, days }: Placed<'_>, before: Option<&EmploymentPeriod>) -> EmploymentPeriod {
    let (_employer, _part_time, is_civil) = key(event);
    let basis = if is_civil { EmploymentBasis::Civil } else { EmploymentBasis::Contract };
    EmploymentPeriod {
        id: event.id.clone(),
        state: event.state,
        interval: days,
        basis,
        employer: event.employer.clone().or_else(|| before.and_then(|it| it.employer.clone())),
        is_part_time: event.is_part_time,
        is_remote: false,
        position: event.position.clone().or_else(|| before.and_then(|it| it.position.clone())),
        occupation: event.occupation.clone().or_else(|| before.and_then(|it| it.occupation.clone())),
        special_conditions: event.special_conditions.clone(),
        source: event.source.clone(),
        evidence: event.evidence.clone(),
        supersedes: None,
        cancelled_on: None,
    }
}

fn odd(event: &EmploymentEvent, code: Code, message: &str) -> Finding {
    Finding::error(code, path(event), "events of employment in order", "", message).as_warning()
}

fn path(event: &EmploymentEvent) -> String {
    format!("/{}/events/{}", event.state, event.id.as_str())
}

#[cfg(test)]
mod tests;
