//! The worked values of the Agreement, and properties of the arithmetic.

use super::step::keys;
use super::*;
use crate::base::Language;
use crate::exchange::canonical::{InsuranceRecord, State};
use jiff::ToSpan;
use jiff::civil::{Date, date};
use proptest::prelude::*;
use rust_decimal::Decimal;
use serde_json::json;
use std::collections::BTreeSet;

/// What a state knows of the worker: periods as (first day, last day or none, whether under special conditions).
fn record(state: State, periods: &[(&str, &str, bool)]) -> InsuranceRecord {
    let period = |(at, (from, to, is_special)): (usize, &(&str, &str, bool))| {
        let mut interval = json!({ "from": from });
        if !to.is_empty() {
            interval["to"] = json!(to);
        }
        let conditions = if *is_special { json!([{ "kind": "working-conditions" }]) } else { json!([]) };
        json!({ "id": format!("p{at}"), "state": state, "kind": "work", "interval": interval,
                "special_conditions": conditions })
    };
    let periods: Vec<_> = periods.iter().enumerate().map(period).collect();
    serde_json::from_value(json!({
        "state": state, "as_of": "2026-02-10", "periods": periods,
        "person": { "name": { "family": "Осмонов", "given": "Азамат" }, "birth_date": "1964-04-09", "citizenships": ["KG"] }
    }))
    .unwrap()
}

fn claim(state: State, kind: &str) -> Claim {
    serde_json::from_value(
        json!({ "state": state, "kind": kind, "filed_on": "2026-02-10", "residence": state }),
    )
    .unwrap()
}

fn needing(state: State, kind: &str, years: u16) -> Claim {
    let needed = Some(Needed { service: Length::new(years, 0, 0), coefficient: None });
    Claim { needed, ..claim(state, kind) }
}

fn advice(claim: &Claim, records: &[InsuranceRecord]) -> Advice {
    advise(claim, records, agreement())
}

fn step<'a>(advice: &'a Advice, key: &str) -> &'a Step {
    let found: Vec<&Step> = advice.steps.iter().filter(|step| step.key == key).collect();
    assert_eq!(found.len(), 1, "{key} in {:?}", sentences(advice));
    found[0]
}

fn sentences(advice: &Advice) -> Vec<String> {
    advice.steps.iter().map(|step| format!("{} {}", step.rule, step.sentence(Language::En))).collect()
}

#[test]
fn the_day_of_filing_is_kept_and_the_days_of_transit_are_told() {
    let mut claim = claim(State::Ru, "ru-old-age");
    (claim.filed_in, claim.received_on) = (Some(State::Kg), Some(date(2026, 3, 1)));
    let advice = advice(&claim, &[]);
    assert!(step(&advice, "filed").sentence(Language::En).contains("2026-02-10"));
    assert!(
        step(&advice, "transit")
            .sentence(Language::En)
            .starts_with("It took 19 days from Kyrgyzstan to Russia")
    );
}

#[test]
fn eleven_months_and_29_days_give_no_right_however_much_there_is_elsewhere() {
    let records = [
        record(State::Ru, &[("2015-01-01", "2015-12-29", false)]),
        record(State::By, &[("1990-01-01", "2009-12-31", false)]),
    ];
    let old_age = advice(&needing(State::Ru, "ru-old-age", 15), &records);
    assert_eq!(old_age.right, Right::UnderThreshold, "{:?}", sentences(&old_age));
    assert!(step(&old_age, "threshold_missed").sentence(Language::En).contains("there are 0 y 11 m 29 d"));
    let disability = advice(&needing(State::Ru, "ru-disability", 15), &records);
    assert_eq!(disability.right, Right::Added, "the threshold does not apply (T27)");
    step(&disability, "exempt");
    let one_more = record(State::Ru, &[("2015-01-01", "2015-12-30", false)]);
    let reached = advice(&needing(State::Ru, "ru-old-age", 15), &[one_more, records[1].clone()]);
    assert_eq!(reached.right, Right::Added, "{:?}", sentences(&reached));
}

#[test]
fn a_year_that_overlaps_is_not_added() {
    let records = [
        record(State::Ru, &[("2010-01-01", "2014-12-31", false)]),
        record(State::Kz, &[("2014-01-01", "2019-12-31", false)]),
    ];
    let advice = advice(&needing(State::Ru, "ru-old-age", 10), &records);
    assert_eq!(step(&advice, "added").result, Some(Length::new(5, 0, 0)));
    assert!(step(&advice, "overlap").sentence(Language::En).contains("1 y 0 m 0 d"));
    assert_eq!(step(&advice, "total").result, Some(Length::new(10, 0, 0)));
    assert_eq!(advice.right, Right::Added);
}

#[test]
fn service_elsewhere_adds_to_the_coefficient_a_year_one() {
    let records = [
        record(State::Ru, &[("2010-01-01", "2014-12-31", false)]),
        record(State::Kz, &[("2015-01-01", "2018-05-18", false)]),
    ];
    let mut claim = needing(State::Ru, "ru-old-age", 8);
    claim.own_coefficient = Some(Decimal::from(20));
    claim.needed.as_mut().unwrap().coefficient = Some("23.383333".parse().unwrap());
    let reached = advice(&claim, &records);
    let told = step(&reached, "coefficient_added").sentence(Language::En);
    assert!(told.starts_with("3 y 4 m 18 d in other member states add 3.383333 "), "{told}");
    assert_eq!(reached.right, Right::Added);
    claim.needed.as_mut().unwrap().coefficient = Some("23.383334".parse().unwrap());
    assert_eq!(advice(&claim, &records).right, Right::Short);
    claim.own_coefficient = Some("23.4".parse().unwrap());
    assert_eq!(advice(&claim, &records).right, Right::Added);
    // Kazakhstan has no coefficient
    claim.state = State::Kz;
    claim.kind = "kz-funded-age".parse().unwrap();
    assert!(sentences(&advice(&claim, &records)).iter().all(|told| !told.contains("coefficient")));
}

#[test]
fn what_is_before_1992_has_a_coefficient_of_its_own() {
    let records = [
        record(State::Ru, &[("2010-01-01", "2014-12-31", false)]),
        record(State::Kz, &[("1985-03-13", "1995-03-12", false)]),
    ];
    let mut claim = needing(State::Ru, "ru-old-age", 5);
    claim.needed.as_mut().unwrap().coefficient = Some(Decimal::from(3));
    let advice = advice(&claim, &records);
    assert!(step(&advice, "coefficient_added").sentence(Language::En).starts_with("3 y 0 m 0 d in other"));
    step(&advice, "enough"); // of service, though not of the coefficient
    assert_eq!(advice.right, Right::Added);
}

#[test]
fn special_service_elsewhere_is_ordinary() {
    let records = [
        record(State::Ru, &[("2010-01-01", "2011-12-31", true), ("2012-01-01", "2012-12-31", false)]),
        record(State::By, &[("2013-01-01", "2020-12-31", true)]),
    ];
    let advice = advice(&needing(State::Ru, "ru-old-age", 11), &records);
    assert_eq!(step(&advice, "special").result, Some(Length::new(2, 0, 0)));
    assert!(step(&advice, "special_elsewhere").sentence(Language::En).contains("0 special years"));
    assert_eq!(step(&advice, "added").result, Some(Length::new(8, 0, 0)));
    assert_eq!(advice.right, Right::Added);
}

#[test]
fn who_moves_keeps_the_pension_and_loses_what_is_paid_at_home_only() {
    let mut claim = needing(State::Ru, "ru-old-age", 5);
    claim.residence = State::Am;
    let records = [record(State::Ru, &[("2010-01-01", "2014-12-31", false)])];
    let away = advice(&claim, &records);
    step(&away, "exported");
    assert!(step(&away, "residence_only").sentence(Language::En).contains("fixed payment"));
    let mut from_kazakhstan = needing(State::Kz, "kz-funded-age", 1);
    from_kazakhstan.residence = State::Am;
    let told = sentences(&advice(&from_kazakhstan, &records));
    assert!(!told.iter().any(|told| told.starts_with("T14")), "Kazakhstan lists nothing");
}

#[test]
fn a_kind_that_is_not_covered_is_left_to_the_state_of_residence() {
    let advice = advice(&claim(State::Kz, "kz-basic"), &[record(State::Kz, &[("2010-01-01", "", false)])]);
    assert_eq!(advice.right, Right::NotCovered);
    assert!(step(&advice, "not_covered").sentence(Language::En).contains("Kazakhstan"));
    assert!(advice.findings.iter().any(|finding| finding.code == "pension.not_covered"));
}

#[test]
fn a_record_is_split_where_classes_begin() {
    let records = [record(State::By, &[("1990-01-01", "2023-12-31", false)])];
    let advice = advice(&claim(State::By, "by-old-age"), &records);
    let own = step(&advice, "own");
    let parts: Vec<_> =
        own.parts.iter().map(|part| (part.class, part.stretch.from, part.stretch.to)).collect();
    assert_eq!(
        parts,
        [
            (PeriodClass::P1, date(1990, 1, 1), date(1992, 3, 12)),
            (PeriodClass::P2, date(1992, 3, 13), date(2020, 12, 31)),
            (PeriodClass::P3, date(2021, 1, 1), date(2023, 12, 31)),
        ]
    );
    assert_eq!(own.result, Some(Length::new(34, 0, 0)));
    assert_eq!(advice.right, Right::Undecided);
}

#[test]
fn soviet_service_between_belarus_and_russia_is_paid_where_the_worker_lives() {
    let records = [
        record(State::Ru, &[("2010-01-01", "2014-12-31", false)]),
        record(State::By, &[("1985-01-01", "1994-12-31", false)]),
    ];
    let told = sentences(&advice(&needing(State::Ru, "ru-old-age", 10), &records));
    let has = |text: &str| told.iter().any(|one| one.contains(text));
    assert!(
        has("T45 Class P1 in Belarus: the state of residence at the time of the claim, Russia"),
        "{told:#?}"
    );
    assert!(has("T45 Class P2 in Belarus: Belarus pays for it"), "{told:#?}");
}

#[test]
fn enough_of_its_own_adds_nothing() {
    let records = [
        record(State::Ru, &[("2000-01-01", "2014-12-31", false)]),
        record(State::Kz, &[("2015-01-01", "2019-12-31", false)]),
    ];
    let advice = advice(&needing(State::Ru, "ru-old-age", 15), &records);
    assert_eq!(advice.right, Right::Own);
    assert!(advice.steps.iter().all(|step| step.key != "added"));
}

#[test]
fn everything_that_is_wrong_is_told_at_once() {
    let mut records = vec![
        record(State::Kg, &[("1960-01-01", "1970-01-01", false), ("2000-01-01", "2005-12-31", false)]),
        record(State::Kg, &[("2000-01-01", "2003-12-31", false), ("2001-01-01", "2002-12-31", false)]),
        record(State::Ru, &[("2019-01-01", "", false), ("1960-01-01", "1970-01-01", false)]),
    ];
    records[0].as_of = date(2020, 1, 1);
    records[2].as_of = date(2021, 1, 1);
    records[2].person.birth_date = date(1964, 4, 10);
    records.iter_mut().for_each(|record| record.person.citizenships = vec!["TR".parse().unwrap()]);
    let mut claim = claim(State::Ru, "kg-old-age");
    claim.received_on = Some(date(2026, 1, 1));
    claim.died_on = Some(date(2025, 6, 1));
    let codes: BTreeSet<String> = advice(&claim, &records).findings.into_iter().map(|one| one.code).collect();
    let wanted = [
        "after_death",
        "another_person",
        "before_birth",
        "filed_later",
        "kind_of_another_state",
        "nested",
        "no_citizen",
        "open_ended",
        "record_replaced",
    ];
    assert_eq!(codes, wanted.iter().map(|code| format!("pension.{code}")).collect());
    let none = advice(&claim, &[]).findings;
    assert!(none.iter().any(|one| one.code == "pension.no_record"));
}

#[test]
fn what_goes_on_is_counted_up_to_the_day_of_the_record_of_filing_or_of_death() {
    let counted = |as_of: Date, died_on: Option<Date>| {
        let mut one = record(State::Kg, &[("2020-01-01", "", false)]);
        one.as_of = as_of;
        let claim = Claim { died_on, ..claim(State::Kg, "kg-survivors") };
        step(&advice(&claim, &[one]), "own").result.unwrap()
    };
    assert_eq!(counted(date(2024, 12, 31), None), Length::new(5, 0, 0));
    assert_eq!(counted(date(2026, 6, 1), None), Length::new(6, 1, 10));
    assert_eq!(counted(date(2026, 6, 1), Some(date(2022, 12, 31))), Length::new(3, 0, 0));
}

fn lives() -> impl Strategy<Value = Vec<InsuranceRecord>> {
    let period = (0_i64..16_000, 0_i64..3_000, any::<bool>());
    let one = (0_usize..5, prop::collection::vec(period, 0..12));
    prop::collection::vec(one, 0..5).prop_map(|all| {
        let day = |number: i64| date(1980, 1, 1).checked_add(number.days()).unwrap().to_string();
        let mut records: Vec<InsuranceRecord> = Vec::new();
        for (state, periods) in all {
            let periods: Vec<(String, String, bool)> = periods
                .into_iter()
                .map(|(from, long, special)| (day(from), day(from + long), special))
                .collect();
            let periods: Vec<_> =
                periods.iter().map(|(from, to, special)| (from.as_str(), to.as_str(), *special)).collect();
            if records.iter().all(|record| record.state != State::ALL[state]) {
                records.push(record(State::ALL[state], &periods));
            }
        }
        records
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn no_day_is_counted_twice_and_sums_are_those_of_their_parts(records in lives(), of in 0_usize..5) {
        let claim = claim(State::ALL[of], "x");
        let kind = agreement().kinds().find(|(_, kind)| kind.state == claim.state && kind.branch == Branch::Disability);
        let kind = kind.map_or("kz-funded-age", |(code, _)| code);
        let claim = Claim { kind: kind.parse().unwrap(), ..claim };
        let advice = advice(&claim, &records);
        let counted: Vec<&Step> = advice.steps.iter().filter(|step| ["own", "added"].contains(&step.key)).collect();
        let mut seen = BTreeSet::new();
        let mut total = Length::default();
        for step in counted {
            let sum = step.parts.iter().fold(Length::default(), |sum, part| sum + part.length);
            prop_assert_eq!(Some(sum), step.result);
            total += sum;
            for part in &step.parts {
                let mut at = part.stretch.from;
                while at <= part.stretch.to {
                    prop_assert!(seen.insert(at), "{} twice", at);
                    at = at.tomorrow().unwrap();
                }
            }
        }
        prop_assert!(seen.last().is_none_or(|last| *last <= claim.filed_on));
        prop_assert_eq!(step(&advice, "total_only").result, Some(total));
        // every day that a state knows of is counted, once
        let spans = records.iter().flat_map(|record| record.periods.iter().map(|period| period.interval));
        let known: usize = Days::of(spans, claim.filed_on).stretches().iter()
            .map(|stretch| usize::try_from(stretch.from.until(stretch.to).unwrap().get_days()).unwrap() + 1).sum();
        prop_assert_eq!(seen.len(), known);
    }

    #[test]
    fn the_order_of_records_and_periods_changes_nothing(records in lives(), needed in 0_u16..40) {
        let claim = needing(State::Ru, "ru-disability", needed);
        let mut turned = records.clone();
        turned.reverse();
        turned.iter_mut().for_each(|record| record.periods.reverse());
        let (one, two) = (advice(&claim, &records), advice(&claim, &turned));
        prop_assert_eq!(one.steps, two.steps);
        prop_assert_eq!(one.right, two.right);
    }

    #[test]
    fn more_service_never_takes_a_right_away(records in lives(), needed in 0_u16..40) {
        let claim = needing(State::Ru, "ru-old-age", needed);
        let has_right = |records: &[InsuranceRecord]| matches!(advice(&claim, records).right, Right::Own | Right::Added);
        if has_right(&records) {
            let mut more = records;
            more.retain(|record| record.state != State::Ru);
            more.push(record(State::Ru, &[("1980-01-01", "2025-12-31", false)]));
            prop_assert!(has_right(&more));
        }
    }

    #[test]
    fn every_sentence_is_whole_in_each_language(records in lives(), needed in 0_u16..40, short in any::<bool>()) {
        let mut claim = needing(State::Ru, "ru-old-age", needed);
        claim.needed.as_mut().unwrap().coefficient = Some(Decimal::from(if short { 60 } else { 0 }));
        (claim.residence, claim.filed_in, claim.received_on) = (State::Am, Some(State::Kg), Some(date(2026, 3, 1)));
        for step in advice(&claim, &records).steps {
            for language in [Language::En, Language::Ru] {
                let told = step.sentence(language);
                prop_assert!(told.ends_with('.') && !told.contains(['{', '}']), "{}: {}", step.key, told);
            }
        }
    }
}

#[test]
fn every_sentence_has_its_step() {
    let code = include_str!("right.rs");
    for key in keys() {
        assert!(code.contains(&format!("\"{key}\"")), "no step is told by {key}");
    }
    let named = code.match_indices("Step::new(\"").filter_map(|(at, _)| code[at..].split('"').nth(3));
    for key in named {
        assert!(keys().any(|one| one == key), "no sentence for {key}");
    }
}
