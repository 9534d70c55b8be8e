//! From the employment record to the insurance record, and what is odd when the records of several states are laid side by
//! side (`labour.md` §3.5, rule 3). No rule of the Agreement is applied here: the pension side does that.

use crate::base::{Code, Finding, Findings};
use crate::exchange::canonical::job::{EmploymentBasis, EmploymentPeriod, EmploymentRecord};
use crate::exchange::canonical::{
    Coded, Contribution, Employer, Evidence, InsurancePeriod, InsuranceRecord, State, YearMonth,
};
use jiff::civil::Date;
use std::collections::{BTreeMap, BTreeSet};

/// The insurance record that an employment record makes: the same entries under the same ids, superseded and cancelled ones
/// included, each of the kind of its basis; the contract proves it.
///
/// # Errors
/// Never: the codes are of our own lists, and a test reads them.
pub fn insurance_record(record: &EmploymentRecord) -> Result<InsuranceRecord, Finding> {
    let contract = record.contract.as_ref().map(|contract| {
        let (number, date) = (Some(contract.number.clone()), Some(contract.signed_on));
        Ok(Evidence { kind: "contract".parse()?, number, date, title: None, copy: None })
    });
    Ok(InsuranceRecord {
        state: record.state,
        as_of: record.as_of,
        person: record.person.clone(),
        periods: record.periods.iter().map(insurance_period).collect::<Result<_, Finding>>()?,
        contributions: record.contributions.clone(),
        evidence: contract.transpose()?.into_iter().collect(),
    })
}

fn insurance_period(period: &EmploymentPeriod) -> Result<InsurancePeriod, Finding> {
    Ok(InsurancePeriod {
        id: period.id.clone(),
        state: period.state,
        interval: period.interval,
        kind: period_kind(period.basis)?,
        employer: period.employer.clone(),
        position: period.position.clone(),
        special_conditions: period.special_conditions.clone(),
        evidence: period.evidence.clone(),
        supersedes: period.supersedes.clone(),
        cancelled_on: period.cancelled_on,
    })
}

/// The kind of insurance period (XPK) that work on this basis makes.
fn period_kind(basis: EmploymentBasis) -> Result<Coded, Finding> {
    let kind = match basis {
        EmploymentBasis::Contract => "work",
        EmploymentBasis::Civil => "civil-contract",
        EmploymentBasis::SelfEmployed => "self-employment",
        EmploymentBasis::Service => "public-service",
        EmploymentBasis::Other => "other",
    };
    kind.parse()
}

/// What a person should look at in the records of one worker, of one state or of several. All are warnings: which state
/// knows better is not decided here. A finding is told at `/STATE/periods/ID`, and shows no name and no figure.
pub fn doubts(records: &[&EmploymentRecord]) -> Findings {
    let mut all = Vec::new();
    for record in records {
        all.extend(record.standing_periods().map(|period| Placed { of: record, period }));
    }
    all.sort_by_key(|one| (one.period.interval.from(), one.of.state, one.period.id.clone()));
    let mut findings = together(&all);
    findings.extend(gaps(&all));
    findings.extend(unpaid(&all, records));
    findings.extend(stray(&all, records));
    findings.extend(proved_twice(&all));
    findings.truncate(DOUBTS_MAX);
    findings
}

/// A period that stands, and the record that tells of it.
#[derive(Clone, Copy)]
struct Placed<'r> {
    of: &'r EmploymentRecord,
    period: &'r EmploymentPeriod,
}

impl Placed<'_> {
    fn path(&self) -> String {
        format!("/{}/periods/{}", self.of.state, self.period.id.as_str())
    }

    fn finding(&self, code: Code, message: String) -> Finding {
        Finding::error(code, self.path(), RULE, "", message).as_warning()
    }

    /// Work that fills the working time.
    fn is_full_time(&self) -> bool {
        let is_job = match self.period.basis {
            EmploymentBasis::Contract | EmploymentBasis::Service => true,
            EmploymentBasis::Civil | EmploymentBasis::SelfEmployed | EmploymentBasis::Other => false,
        };
        is_job && !self.period.is_part_time
    }

    /// Its last day; the last there is while it goes on.
    fn last(&self) -> Date {
        self.period.interval.to().unwrap_or(Date::MAX)
    }

    /// Its last day as far as the record knows.
    fn until(&self) -> Date {
        self.period.interval.to().unwrap_or_else(|| self.of.as_of.max(self.period.interval.from()))
    }
}

/// Two full-time jobs at once, wherever they are, and any work in two states at once. A second job, a civil contract or
/// work on one's own account beside a job in one state is nothing odd.
fn together(all: &[Placed<'_>]) -> Findings {
    let mut findings = Findings::new();
    for (at, one) in all.iter().enumerate() {
        let begun = all.iter().skip(at + 1).take_while(|other| other.period.interval.from() <= one.last());
        for other in begun.take(DOUBTS_MAX) {
            let with = other.path();
            if one.is_full_time() && other.is_full_time() {
                let months = months_both(one, other);
                let message =
                    format!("full-time work here and at {with} in the same {months} months; ask both states");
                findings.push(one.finding("labour.two_full_time", message));
            } else if one.of.state != other.of.state || one.period.state != other.period.state {
                let message = format!("it shares days with {with}; ask both states which of them is right");
                findings.push(one.finding("labour.overlap", message));
            }
        }
    }
    findings
}

/// In how many calendar months both go on.
fn months_both(one: &Placed<'_>, other: &Placed<'_>) -> usize {
    let from = one.period.interval.from().max(other.period.interval.from());
    months(from, one.until().min(other.until()).max(from)).len()
}

/// Whole months between two periods in which nothing is known.
fn gaps(all: &[Placed<'_>]) -> Findings {
    let mut findings = Findings::new();
    let mut worked = BTreeSet::new();
    let mut before: Option<Date> = None;
    for one in all {
        let from = one.period.interval.from();
        if let Some(before) = before.filter(|before| *before < from) {
            let idle: Vec<YearMonth> =
                months(before, from).into_iter().filter(|month| !worked.contains(month)).collect();
            let own = months(from, from);
            let idle = idle.iter().filter(|month| !own.contains(month)).count();
            if idle > 0 {
                let message =
                    format!("no work is known for the {idle} months before it; ask where the person worked");
                findings.push(one.finding("labour.gap", message));
            }
        }
        worked.extend(months(from, one.until()));
        before = before.max(Some(one.until()));
    }
    findings
}

/// Months of work, before that of the record, for which nobody paid.
fn unpaid(all: &[Placed<'_>], records: &[&EmploymentRecord]) -> Findings {
    let paid = |state: State| -> BTreeSet<YearMonth> {
        let of_state = records.iter().filter(|record| record.state == state);
        of_state.flat_map(|record| record.standing_contributions()).map(|one| one.month).collect()
    };
    let mut by_state: BTreeMap<State, BTreeSet<YearMonth>> = BTreeMap::new();
    let mut findings = Findings::new();
    for one in all {
        let paid = by_state.entry(one.of.state).or_insert_with(|| paid(one.of.state));
        let drawn_up = months(one.of.as_of, one.of.as_of);
        let of_work = months(one.period.interval.from(), one.until());
        let lacking = of_work.iter().filter(|month| !paid.contains(month) && !drawn_up.contains(month));
        let lacking = lacking.count();
        if lacking > 0 {
            let message = format!(
                "no contribution is known for {lacking} of its {} months; ask whether they were paid",
                of_work.len()
            );
            findings.push(one.finding("labour.unpaid_period", message));
        }
    }
    findings
}

/// Contributions for months in which the state that tells of them knows of no work.
fn stray(all: &[Placed<'_>], records: &[&EmploymentRecord]) -> Findings {
    let mut worked: BTreeMap<State, BTreeSet<YearMonth>> = BTreeMap::new();
    for one in all {
        let of_state = worked.entry(one.of.state).or_default();
        of_state.extend(months(one.period.interval.from(), one.until()));
    }
    let mut findings = Findings::new();
    for record in records {
        let is_known =
            |one: &&Contribution| worked.get(&record.state).is_some_and(|months| months.contains(&one.month));
        for one in record.standing_contributions().filter(|one| !is_known(one)) {
            let path = format!("/{}/contributions/{}", record.state, one.id.as_str());
            let message =
                "the contribution is for a month in which no work is known; ask for the period of work";
            findings.push(Finding::error("labour.stray_contribution", path, RULE, "", message).as_warning());
        }
    }
    findings
}

/// Two entries that stand and are proved by one contract. One work book, extract or certificate proves many.
fn proved_twice(all: &[Placed<'_>]) -> Findings {
    let mut seen: BTreeMap<(State, &str, &str, Option<Date>, &str), &Placed<'_>> = BTreeMap::new();
    let mut findings = Findings::new();
    for one in all {
        let proofs = one.period.evidence.iter().filter(|it| OF_ONE_JOB.contains(&it.kind.as_str()));
        for proof in proofs {
            let Some(number) = &proof.number else { continue };
            let with = one.period.employer.as_ref().map_or("", named);
            let key = (one.of.state, proof.kind.as_str(), number.as_str(), proof.date, with);
            if let Some(first) = seen.get(&key).filter(|first| first.period.id != one.period.id) {
                let message = format!(
                    "the contract that proves it proves {} too; ask the state which entry is superseded",
                    first.path()
                );
                findings.push(one.finding("labour.evidence_twice", message));
            } else {
                seen.insert(key, one);
            }
        }
    }
    findings
}

/// By what an employer is told: its number, else its name.
pub(super) fn named(employer: &Employer) -> &str {
    let number = employer.number.as_ref().map(|number| number.value.as_str());
    number.or_else(|| employer.name.as_ref().map(|name| name.as_str())).unwrap_or_default()
}

/// The calendar months from one day to another, both included; none if the first is after the second.
fn months(from: Date, to: Date) -> Vec<YearMonth> {
    let (mut year, mut month) = (from.year(), from.month());
    let mut all = Vec::new();
    while (year, month) <= (to.year(), to.month()) {
        all.extend(YearMonth::new(year, month).ok());
        (year, month) = if month == 12 { (year + 1, 1) } else { (year, month + 1) };
    }
    all
}

/// More doubts than this about one worker are a record that is broken as a whole.
const DOUBTS_MAX: usize = 500;
/// What a finding here is by.
const RULE: &str = "records side by side";
/// Kinds of evidence of which one number stands for one job.
const OF_ONE_JOB: [&str; 2] = ["contract", "civil-contract"];

#[cfg(test)]
mod tests;
