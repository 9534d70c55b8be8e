//! Records side by side.

use super::*;
use crate::exchange::canonical::Interval;
use crate::exchange::canonical::job::JobDocument;
use jiff::civil::date;
use proptest::prelude::*;

fn record() -> EmploymentRecord {
    let text = include_str!("../../../fixtures/jobs/employment-record.json");
    let JobDocument::EmploymentRecord(record) = serde_json::from_str(text).unwrap() else { panic!() };
    *record
}

/// A record of one state with these periods (id, first day, last day), full-time jobs by contract, and nothing paid.
fn of_state(state: State, periods: &[(&str, Date, Option<Date>)]) -> EmploymentRecord {
    let mut record = record();
    let model = record.periods[1].clone();
    record.state = state;
    record.contributions.clear();
    record.periods = periods
        .iter()
        .map(|(id, from, to)| EmploymentPeriod {
            id: id.parse().unwrap(),
            state,
            interval: Interval::new(*from, *to).unwrap(),
            evidence: Vec::new(),
            supersedes: None,
            cancelled_on: None,
            ..model.clone()
        })
        .collect();
    record
}

/// The same, with a contribution for each month that it tells of.
fn paid(state: State, periods: &[(&str, Date, Option<Date>)]) -> EmploymentRecord {
    let mut it = of_state(state, periods);
    let model = record().contributions[0].clone();
    for period in &it.periods {
        let to = period.interval.to().unwrap_or(it.as_of);
        for month in months(period.interval.from(), to) {
            it.contributions.push(Contribution {
                id: format!("c-{month}").parse().unwrap(),
                month,
                ..model.clone()
            });
        }
    }
    it
}

fn told(records: &[&EmploymentRecord]) -> Vec<(String, String)> {
    let findings = doubts(records);
    assert!(findings.iter().all(|finding| !finding.is_error()), "{findings:?}");
    findings.into_iter().map(|finding| (finding.code, finding.path)).collect()
}

fn one(code: &str, path: &str) -> Vec<(String, String)> {
    vec![(code.to_owned(), path.to_owned())]
}

#[test]
fn the_insurance_record_has_the_same_entries_of_the_kind_of_their_basis() {
    let mut record = record();
    for (basis, kind) in [
        (EmploymentBasis::Contract, "work"),
        (EmploymentBasis::Civil, "civil-contract"),
        (EmploymentBasis::SelfEmployed, "self-employment"),
        (EmploymentBasis::Service, "public-service"),
        (EmploymentBasis::Other, "other"),
    ] {
        record.periods[1].basis = basis;
        let made = insurance_record(&record).unwrap();
        assert_eq!(made.periods[1].kind.as_str(), kind);
        assert_eq!((made.state, made.as_of, &made.person), (record.state, record.as_of, &record.person));
        let ids = |made: &InsuranceRecord| made.periods.iter().map(|it| it.id.clone()).collect::<Vec<_>>();
        assert_eq!(ids(&made), record.periods.iter().map(|it| it.id.clone()).collect::<Vec<_>>());
        assert_eq!(made.contributions, record.contributions);
        assert_eq!(made.standing_periods().count(), record.standing_periods().count());
        assert_eq!(made.standing_contributions().count(), record.standing_contributions().count());
        assert_eq!(made.evidence[0].number.as_ref().map(|it| it.as_str()), Some("ТД-17"));
    }
}

#[test]
fn a_record_that_is_whole_raises_no_doubt() {
    assert_eq!(told(&[&record()]), []);
}

#[test]
fn two_full_time_jobs_at_once_are_told_and_a_second_job_beside_one_is_not() {
    let (from, to) = (date(2026, 1, 12), Some(date(2026, 3, 20)));
    let kz = paid(State::Kz, &[("a", from, to)]);
    let mut ru = paid(State::Ru, &[("b", date(2026, 3, 2), Some(date(2026, 5, 29)))]);
    assert_eq!(told(&[&kz, &ru]), one("labour.two_full_time", "/KZ/periods/a"));
    ru.periods[0].is_part_time = true;
    assert_eq!(told(&[&kz, &ru]), one("labour.overlap", "/KZ/periods/a"));
    let mut both = paid(State::Kz, &[("a", from, to), ("b", date(2026, 3, 2), Some(date(2026, 3, 20)))]);
    assert_eq!(told(&[&both]), one("labour.two_full_time", "/KZ/periods/a"));
    both.periods[1].basis = EmploymentBasis::Civil;
    assert_eq!(told(&[&both]), []);
    // who leaves on one day and begins on the next has not two jobs, though it is one month
    let next = paid(State::Kz, &[("a", from, to), ("b", date(2026, 3, 21), Some(date(2026, 4, 20)))]);
    assert_eq!(told(&[&next]), []);
}

#[test]
fn what_is_cancelled_or_superseded_is_not_laid_beside_anything() {
    let (from, to) = (date(2026, 1, 12), Some(date(2026, 3, 20)));
    let mut record = paid(State::Kz, &[("a", from, to), ("b", from, to)]);
    record.periods[1].supersedes = Some("a".parse().unwrap());
    assert_eq!(told(&[&record]), []);
    record.periods[1].supersedes = None;
    record.periods[0].cancelled_on = Some(date(2026, 4, 1));
    assert_eq!(told(&[&record]), []);
}

#[test]
fn whole_months_without_work_are_a_gap() {
    let kz = paid(State::Kz, &[("a", date(2024, 1, 12), Some(date(2024, 3, 20)))]);
    let near = paid(State::Ru, &[("b", date(2024, 4, 29), Some(date(2024, 5, 29)))]);
    assert_eq!(told(&[&kz, &near]), []);
    let far = paid(State::Ru, &[("b", date(2024, 6, 3), Some(date(2024, 6, 28)))]);
    assert_eq!(told(&[&kz, &far]), one("labour.gap", "/RU/periods/b"));
    let message = &doubts(&[&kz, &far])[0].message;
    assert!(message.contains("the 2 months before it"), "{message}");
}

#[test]
fn work_for_which_nobody_paid_and_pay_for_which_nobody_worked_are_told() {
    let mut record = paid(State::Kz, &[("a", date(2026, 1, 12), Some(date(2026, 3, 20)))]);
    record.contributions[1].cancelled_on = Some(date(2026, 4, 1));
    assert_eq!(told(&[&record]), one("labour.unpaid_period", "/KZ/periods/a"));
    assert!(doubts(&[&record])[0].message.contains("for 1 of its 3 months"));
    record.contributions[1].cancelled_on = None;
    record.contributions[1].month = YearMonth::new(2026, 4).unwrap();
    let told = told(&[&record]);
    assert_eq!(
        told.iter().map(|(code, _)| code.as_str()).collect::<Vec<_>>(),
        ["labour.unpaid_period", "labour.stray_contribution"]
    );
    assert_eq!(told[1].1, "/KZ/contributions/c-2026-02");
    // nobody can have paid for the month in which the record is drawn up
    let record = of_state(State::Kz, &[("a", date(2026, 3, 1), None)]);
    assert_eq!(doubts(&[&record]), []);
}

#[test]
fn two_entries_that_one_contract_proves_are_told_and_those_of_one_work_book_are_not() {
    let days =
        [("a", date(2026, 1, 12), Some(date(2026, 1, 30))), ("b", date(2026, 2, 2), Some(date(2026, 2, 20)))];
    let mut it = paid(State::Kz, &days);
    for period in &mut it.periods {
        period.evidence = record().periods[1].evidence.clone();
    }
    assert_eq!(told(&[&it]), one("labour.evidence_twice", "/KZ/periods/b"));
    for period in &mut it.periods {
        period.evidence[0].kind = "workbook".parse().unwrap();
    }
    assert_eq!(told(&[&it]), []);
}

#[test]
fn no_doubt_shows_a_name_or_a_figure() {
    let mut record = record();
    record.contributions.clear();
    record.periods[0].cancelled_on = None;
    let shown = format!("{:?}", doubts(&[&record]));
    assert!(shown.contains("labour.unpaid_period") && shown.contains("labour.two_full_time"), "{shown}");
    for word in ["Токтосунов", "Бакыт", "ТД-17", "Сарыарка", "28000", "2026", "21503198500017"]
    {
        assert!(!shown.contains(word), "{word} in {shown}");
    }
}

fn any_period() -> impl Strategy<Value = (u16, u16, bool)> {
    (0_u16..3_000, 0_u16..900, any::<bool>())
}

fn any_record() -> impl Strategy<Value = EmploymentRecord> {
    (prop::sample::select(State::ALL.to_vec()), prop::collection::vec(any_period(), 0..8)).prop_map(
        |(state, periods)| {
            let day =
                |days: u16| date(2016, 1, 1).checked_add(jiff::Span::new().days(i32::from(days))).unwrap();
            let named: Vec<(String, Date, Option<Date>)> = periods
                .iter()
                .enumerate()
                .map(|(at, (from, days, is_open))| {
                    (format!("p{at}"), day(*from), (!is_open).then(|| day(from + days)))
                })
                .collect();
            let periods: Vec<_> = named.iter().map(|(id, from, to)| (id.as_str(), *from, *to)).collect();
            of_state(state, &periods)
        },
    )
}

proptest! {
    #[test]
    fn doubts_are_warnings_in_one_order_and_fewer_than_pairs(a in any_record(), b in any_record()) {
        let found = doubts(&[&a, &b]);
        prop_assert!(found.iter().all(|finding| !finding.is_error()));
        if a.state != b.state {
            prop_assert_eq!(&found, &doubts(&[&b, &a]), "whoever is named first");
        }
        prop_assert!(found.len() <= DOUBTS_MAX);
    }

    #[test]
    fn the_pension_side_sees_the_days_that_the_labour_side_told(record in any_record()) {
        let made = insurance_record(&record).unwrap();
        let days = |it: &InsurancePeriod| (it.id.clone(), it.interval);
        let told: Vec<_> = record.standing_periods().map(|it| (it.id.clone(), it.interval)).collect();
        prop_assert_eq!(made.standing_periods().map(days).collect::<Vec<_>>(), told);
    }
}
