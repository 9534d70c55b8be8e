//! What the states know of a worker, as sets of days, and what is wrong or odd about it.

use super::agreement::Agreement;
use super::claim::Claim;
use super::days::Days;
use crate::base::{Finding, Findings};
use crate::exchange::canonical::{Country, InsurancePeriod, InsuranceRecord, Interval, State};
use jiff::civil::Date;
use std::collections::BTreeMap;

/// The service of a worker by state.
#[derive(Debug, Clone, Default)]
pub(super) struct ByState(BTreeMap<State, Acquired>);

/// The service of a worker in one state.
#[derive(Debug, Clone, Default)]
pub(super) struct Acquired {
    /// All days that count.
    pub(super) days: Days,
    /// Those of them under special conditions.
    pub(super) special: Days,
}

impl ByState {
    pub(super) fn of(&self, state: State) -> &Acquired {
        static NONE: Acquired = Acquired { days: Days::NONE, special: Days::NONE };
        self.0.get(&state).unwrap_or(&NONE)
    }

    pub(super) fn all(&self) -> impl Iterator<Item = State> {
        self.0.keys().copied()
    }

    pub(super) fn others(&self, than: State) -> impl Iterator<Item = State> {
        self.all().filter(move |state| *state != than)
    }
}

/// Takes every period that stands and may count; tells of every one that may not.
pub(super) fn gather(
    claim: &Claim,
    records: &[InsuranceRecord],
    agreement: &Agreement,
) -> (ByState, Findings) {
    let mut findings = Findings::new();
    of_claim(claim, agreement, &mut findings);
    of_persons(records, &mut findings);
    let mut spans: BTreeMap<State, Spans<'_>> = BTreeMap::new();
    for (at, record) in records.iter().enumerate() {
        let whole = records.iter().enumerate().filter(|(_, other)| other.state == record.state);
        let newest = whole.max_by_key(|(at, other)| (other.as_of, *at)).map(|(at, _)| at);
        if newest != Some(at) {
            let message = "a later record of the same state is there; that one counts";
            findings.push(odd(
                "pension.record_replaced",
                &place(record),
                "T22",
                record.state.as_code(),
                message,
            ));
            continue;
        }
        for period in record.standing_periods() {
            if let Some(span) = counted(period, (record, claim), &mut findings) {
                let spans = spans.entry(period.state).or_default();
                if !period.special_conditions.is_empty() {
                    spans.special.push(span);
                }
                spans.all.push((span, record, period));
            }
        }
    }
    spans.values_mut().for_each(|spans| spans.tell_nested(&mut findings));
    let last = last_day(claim);
    let service = |spans: Spans<'_>| Acquired {
        days: Days::of(spans.all.into_iter().map(|(span, ..)| span), last),
        special: Days::of(spans.special, last),
    };
    let services = spans.into_iter().map(|(state, spans)| (state, service(spans)));
    (ByState(services.filter(|(_, service)| !service.days.is_empty()).collect()), findings)
}

#[derive(Default)]
struct Spans<'r> {
    all: Vec<(Interval, &'r InsuranceRecord, &'r InsurancePeriod)>,
    special: Vec<Interval>,
}

impl Spans<'_> {
    /// Periods of one state that share days: they count once.
    fn tell_nested(&mut self, findings: &mut Findings) {
        self.all.sort_by_key(|(span, ..)| (span.from(), span.to()));
        let mut last: Option<Date> = None;
        for (span, record, period) in &self.all {
            if last.is_some_and(|last| span.from() <= last) {
                let message = "it shares days with another period of the same state; they count once";
                findings.push(odd("pension.nested", &place_of(record, period), "T22", "a period", message));
            }
            last = last.max(span.to());
        }
    }
}

/// The days of a period that may count: of the worker's life, up to the day of filing.
fn counted(
    period: &InsurancePeriod,
    (record, claim): (&InsuranceRecord, &Claim),
    findings: &mut Findings,
) -> Option<Interval> {
    let (from, to) = (period.interval.from(), period.interval.to());
    let place = || place_of(record, period);
    if from < record.person.birth_date {
        let message =
            "the period begins before the worker was born; it is not counted, ask the state for a correction";
        findings.push(Finding::error("pension.before_birth", place(), "T22", "a period", message));
        return None;
    }
    if claim.died_on.is_some_and(|died_on| from > died_on) {
        let message =
            "the period begins after the worker's death; it is not counted, ask the state for a correction";
        findings.push(Finding::error("pension.begins_after_death", place(), "T22", "a period", message));
        return None;
    }
    if let Some(died_on) = claim.died_on
        && to.is_none_or(|to| to > died_on)
    {
        let message = "the period goes on after the worker's death; it counts up to that day";
        findings.push(odd("pension.after_death", &place(), "T22", "a period", message));
    }
    if to.is_none() && record.as_of < last_day(claim) {
        let message = "the period has no end and the record is older than the claim; it counts up to the day of the record, ask for a newer one";
        findings.push(odd("pension.open_ended", &place(), "T22", "a period", message));
    }
    period.interval.up_to(last_day(claim).min(to.unwrap_or(record.as_of)))
}

/// The last day that counts: of filing, or of the worker's death.
fn last_day(claim: &Claim) -> Date {
    claim.died_on.map_or(claim.filed_on, |died_on| died_on.min(claim.filed_on))
}

fn of_claim(claim: &Claim, agreement: &Agreement, findings: &mut Findings) {
    if claim.received_on.is_some_and(|received| received < claim.filed_on) {
        let message = "the claim was received before it was filed; correct one of the dates";
        findings.push(Finding::error("pension.filed_later", "claim/filed_on", "T8", "a date", message));
    }
    match agreement.kind(claim.kind.as_str()) {
        None => {
            let message = "not a kind of pension of the Agreement; stazh totalise --kinds lists them";
            findings.push(odd("pension.not_covered", "claim/kind", "T3", claim.kind.as_str(), message));
        }
        Some(kind) if kind.state != claim.state => {
            let message = "a kind of pension of another state; name one of the state where it is claimed";
            let code = "pension.kind_of_another_state";
            findings.push(Finding::error(code, "claim/kind", "T3", claim.kind.as_str(), message));
        }
        Some(_) => {}
    }
}

fn of_persons(records: &[InsuranceRecord], findings: &mut Findings) {
    let Some((first, others)) = records.split_first() else {
        let message = "no record is there: nothing can be counted";
        findings.push(odd("pension.no_record", "records", "T22", "", message));
        return;
    };
    for record in others.iter().filter(|record| !record.person.is_same(&first.person)) {
        let message = "not the person of the first record, by number or by name and birth; look whether it is the same worker";
        findings.push(Finding::error("pension.another_person", place(record), "T1", "a person", message));
    }
    let is_member = |country: &Country| State::ALL.iter().any(|state| Country::from(*state) == *country);
    let mut citizenships = records.iter().flat_map(|record| &record.person.citizenships).peekable();
    if citizenships.peek().is_some() && !citizenships.any(is_member) {
        let message =
            "a citizen of no member state is not a worker of the Agreement; look at the claimant's papers";
        findings.push(Finding::error(
            "pension.no_citizen",
            "records/person/citizenships",
            "T1",
            "a country",
            message,
        ));
    }
}

fn place_of(record: &InsuranceRecord, period: &InsurancePeriod) -> String {
    format!("{}/{}", place(record), period.id.as_str())
}

fn place(record: &InsuranceRecord) -> String {
    format!("record {}", record.state)
}

fn odd(code: &str, path: &str, rule: &str, value: &str, message: &str) -> Finding {
    Finding::error(code, path, rule, value, message).as_warning()
}
