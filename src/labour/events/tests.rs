//! Periods drawn from events, by example and by chance.

use super::*;
use crate::exchange::canonical::{Employer, State};
use jiff::civil::date;
use proptest::prelude::*;

fn employer(number: &str, name: &str) -> Option<Employer> {
    let json = format!(r#"{{ "name": "{name}", "number": {{ "kind": "inn", "value": "{number}" }} }}"#);
    serde_json::from_str(&json).ok()
}

fn event(id: &str, kind: EventKind, on: Date) -> EmploymentEvent {
    EmploymentEvent {
        id: id.parse().unwrap(),
        state: State::Ru,
        kind,
        on,
        employer: employer("7707083893", "ООО Монтаж"),
        is_part_time: false,
        position: None,
        occupation: None,
        special_conditions: Vec::new(),
        days: None,
        evidence: Vec::new(),
        source: None,
        cancels: None,
    }
}

fn cancel(id: &str, target: &str) -> EmploymentEvent {
    let cancels = target.parse().ok();
    EmploymentEvent { cancels, ..event(id, EventKind::Other, date(2026, 1, 1)) }
}

fn days(drawn: &Drawn) -> Vec<(&str, Date, Option<Date>)> {
    let of = |it: &EmploymentPeriod| (it.interval.from(), it.interval.to());
    drawn.periods.iter().map(|it| (it.id.as_str(), of(it).0, of(it).1)).collect()
}

fn codes(drawn: &Drawn) -> Vec<&str> {
    drawn.findings.iter().map(|finding| finding.code.as_str()).collect()
}

const HIRED: Date = date(2024, 2, 5);
const MOVED: Date = date(2024, 9, 2);
const LEFT: Date = date(2025, 3, 31);

#[test]
fn a_hire_opens_a_transfer_parts_and_a_dismissal_closes() {
    let mut moved = event("2", EventKind::Transfer, MOVED);
    moved.position = "бригадир".parse().ok();
    let mut hired = event("1", EventKind::Hire, HIRED);
    hired.position = "сварщик".parse().ok();
    let drawn = draw(&[event("3", EventKind::Dismissal, LEFT), moved, hired]);
    assert_eq!(days(&drawn), [("1", HIRED, Some(date(2024, 9, 1))), ("2", MOVED, Some(LEFT))]);
    let posts: Vec<_> =
        drawn.periods.iter().filter_map(|it| it.position.as_ref()).map(|it| it.as_str()).collect();
    assert_eq!(posts, ["сварщик", "бригадир"]);
    assert_eq!(drawn.periods[0].employer, drawn.periods[1].employer);
    assert_eq!(codes(&drawn), [""; 0]);
}

#[test]
fn a_renaming_changes_the_name_alone() {
    let mut renamed = event("2", EventKind::Renaming, MOVED);
    renamed.employer = employer("7707083893", "АО Монтаж-Сервис");
    let drawn = draw(&[event("1", EventKind::Hire, HIRED), renamed.clone()]);
    assert_eq!(days(&drawn), [("1", HIRED, None)]);
    assert_eq!(drawn.periods[0].employer, renamed.employer);
    assert_eq!(codes(&draw(&[renamed])), ["labour.event_order"]);
}

#[test]
fn a_suspension_marks_days_within() {
    let (from, to) = (date(2024, 5, 6), date(2024, 6, 10));
    let hired = event("1", EventKind::Hire, HIRED);
    let rests = [event("2", EventKind::Suspension, from), event("3", EventKind::Resumption, to)];
    let drawn = draw(&[hired.clone(), rests[0].clone(), rests[1].clone()]);
    assert_eq!(days(&drawn), [("1", HIRED, None)]);
    assert_eq!(drawn.rests, [("1".parse().unwrap(), Interval::new(from, to.yesterday().ok()).unwrap())]);
    let drawn = draw(&[hired.clone(), rests[0].clone(), event("4", EventKind::Dismissal, LEFT)]);
    assert_eq!(drawn.rests, [("1".parse().unwrap(), Interval::new(from, Some(LEFT)).unwrap())]);
    assert_eq!(codes(&draw(&[hired, rests[1].clone()])), ["labour.event_order"]);
}

#[test]
fn a_civil_contract_and_a_second_job_stand_apart() {
    let mut second = event("3", EventKind::Hire, MOVED);
    second.is_part_time = true;
    let drawn = draw(&[
        event("1", EventKind::Hire, HIRED),
        event("2", EventKind::CivilStart, HIRED),
        second,
        event("4", EventKind::CivilEnd, MOVED),
        event("5", EventKind::Dismissal, LEFT),
    ]);
    let expected = [("2", HIRED, Some(MOVED)), ("1", HIRED, Some(LEFT)), ("3", MOVED, None)];
    assert_eq!(days(&drawn), expected);
    let basis: Vec<_> = drawn.periods.iter().filter(|it| it.id.as_str() == "2").map(|it| it.basis).collect();
    assert_eq!(basis, [EmploymentBasis::Civil]);
    assert_eq!(codes(&drawn), [""; 0]);
}

#[test]
fn what_is_cancelled_never_was_and_what_nobody_knows_is_left_to_a_person() {
    let hired = event("1", EventKind::Hire, HIRED);
    let wrong = event("2", EventKind::Dismissal, MOVED);
    let drawn = draw(&[hired.clone(), wrong, cancel("3", "2"), event("4", EventKind::Dismissal, LEFT)]);
    assert_eq!(days(&drawn), [("1", HIRED, Some(LEFT))]);
    assert_eq!(codes(&drawn), [""; 0]);
    assert_eq!(codes(&draw(&[cancel("3", "2")])), ["labour.event_cancels_nothing"]);
    let drawn = draw(&[hired, event("5", EventKind::Other, MOVED), event("6", EventKind::Ban, LEFT)]);
    assert_eq!(drawn.left.iter().map(|id| id.as_str()).collect::<Vec<_>>(), ["5", "6"]);
    assert_eq!(codes(&drawn), ["labour.event_kind"; 2]);
    assert_eq!(EventKind::of_ru("17"), EventKind::Other);
    assert_eq!(EventKind::of_ru("5"), EventKind::Dismissal);
}

#[test]
fn events_out_of_order_are_told_and_lose_nothing() {
    let drawn = draw(&[event("1", EventKind::Dismissal, LEFT)]);
    assert_eq!((days(&drawn), codes(&drawn)), (vec![], vec!["labour.event_order"]));
    let drawn = draw(&[event("1", EventKind::Hire, HIRED), event("2", EventKind::Hire, MOVED)]);
    assert_eq!(days(&drawn), [("1", HIRED, Some(date(2024, 9, 1))), ("2", MOVED, None)]);
    assert_eq!(codes(&drawn), ["labour.event_order"]);
    let drawn = draw(&[event("1", EventKind::Transfer, MOVED)]);
    assert_eq!((days(&drawn), codes(&drawn)), (vec![("1", MOVED, None)], vec!["labour.event_order"]));
    let drawn = draw(&[event("1", EventKind::Hire, date(1800, 1, 1))]);
    assert_eq!((days(&drawn), codes(&drawn)), (vec![], vec!["canonical.year"]));
    let shown = format!("{drawn:?}");
    assert!(!shown.contains("Монтаж") && !shown.contains("7707083893"), "{shown}");
    // hired and dismissed on one day: he worked that day
    let day = [event("2", EventKind::Dismissal, HIRED), event("1", EventKind::Hire, HIRED)];
    assert_eq!(days(&draw(&day)), [("1", HIRED, Some(HIRED))]);
}

/// Jobs with one employer that follow each other: for how many days each post is held, and the idle days after the job.
fn any_jobs() -> impl Strategy<Value = Vec<(Vec<u16>, u16)>> {
    let posts = prop::collection::vec(1_u16..400, 1..4);
    prop::collection::vec((posts, 1_u16..100), 0..5)
}

/// The events of such jobs, and the periods they mean.
fn told(jobs: &[(Vec<u16>, u16)]) -> (Vec<EmploymentEvent>, Vec<(Date, Option<Date>)>) {
    let (mut events, mut periods, mut day) = (Vec::new(), Vec::new(), date(2010, 1, 11));
    let after = |day: Date, days: u16| day.checked_add(jiff::Span::new().days(i32::from(days))).unwrap();
    for (posts, idle) in jobs {
        for (at, held) in posts.iter().enumerate() {
            let kind = if at == 0 { EventKind::Hire } else { EventKind::Transfer };
            events.push(event(&format!("e{}", events.len()), kind, day));
            let last = after(day, held - 1);
            periods.push((day, Some(last)));
            day = after(day, *held);
        }
        let last = day.yesterday().unwrap();
        events.push(event(&format!("e{}", events.len()), EventKind::Dismissal, last));
        day = after(day, *idle);
    }
    (events, periods)
}

fn any_event() -> impl Strategy<Value = EmploymentEvent> {
    let kind = prop::sample::select(EventKind::ALL.to_vec());
    let cancels = prop::option::weighted(0.2, 0_u8..12);
    (0_u8..12, kind, 0_u16..900, any::<bool>(), cancels).prop_map(|(id, kind, on, is_part_time, cancels)| {
        let on = date(2020, 1, 1).checked_add(jiff::Span::new().days(i32::from(on))).unwrap();
        let cancels = cancels.map(|id| format!("e{id}").parse().unwrap());
        let id = match &cancels {
            Some(_) => format!("c{id}"),
            None => format!("e{id}"),
        };
        EmploymentEvent { is_part_time, cancels, ..event(&id, kind, on) }
    })
}

proptest! {
    #[test]
    fn the_periods_of_lawful_events_are_those_they_mean(jobs in any_jobs(), turn in any::<u64>()) {
        let (mut events, periods) = told(&jobs);
        if !events.is_empty() {
            let by = usize::try_from(turn % 97).unwrap() % events.len();
            events.rotate_left(by);
        }
        let drawn = draw(&events);
        let found: Vec<_> = drawn.periods.iter().map(|it| (it.interval.from(), it.interval.to())).collect();
        prop_assert_eq!(found, periods);
        prop_assert!(drawn.findings.is_empty(), "{:?}", drawn.findings);
    }

    #[test]
    fn an_event_and_its_cancellation_change_nothing(jobs in any_jobs(), kind in prop::sample::select(EventKind::ALL.to_vec()), on in 0_u16..3_000) {
        let (mut events, _) = told(&jobs);
        let before = draw(&events);
        let on = date(2010, 1, 1).checked_add(jiff::Span::new().days(i32::from(on))).unwrap();
        events.push(event("x", kind, on));
        events.push(cancel("y", "x"));
        prop_assert_eq!(draw(&events), before);
    }

    #[test]
    fn whatever_comes_periods_are_lawful_and_do_not_overlap_in_one_job(events in prop::collection::vec(any_event(), 0..12)) {
        let drawn = draw(&events);
        for (at, one) in drawn.periods.iter().enumerate() {
            prop_assert!(one.interval.to().is_none_or(|to| one.interval.from() <= to));
            prop_assert!(events.iter().any(|it| it.id == one.id && it.cancels.is_none()));
            for other in drawn.periods.iter().skip(at + 1) {
                let is_one_job = one.is_part_time == other.is_part_time && one.basis == other.basis;
                prop_assert!(!is_one_job || !one.interval.overlaps(&other.interval), "{one:?} {other:?}");
            }
        }
        for (id, rest) in &drawn.rests {
            let within = drawn.periods.iter().find(|it| it.id == *id).unwrap();
            prop_assert!(within.interval.overlaps(rest) && within.interval.from() <= rest.from());
        }
    }
}
