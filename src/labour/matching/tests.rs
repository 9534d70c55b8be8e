//! Scores that add up, barriers with names, an order that is total, and a thousand swapped candidates.

use super::*;
use crate::exchange::canonical::job::{Candidate, CandidateProfile, Remote, Vacancy, VacancyStatus};
use crate::exchange::canonical::{Currency, State};
use crate::labour::evaluation::World;
use jiff::civil::date;
use proptest::prelude::*;
use serde_json::json;
use std::collections::BTreeSet;
use std::sync::LazyLock;

/// Generated profiles and vacancies.
struct Pool {
    world: World,
    profiles: Vec<CandidateProfile>,
    vacancies: Vec<Vacancy>,
    rates: Rates,
}

static POOL: LazyLock<Pool> = LazyLock::new(|| {
    let world = World::new(3).unwrap();
    let profiles = (0..200).map(|_| world.profile().unwrap()).collect();
    let vacancies = (0..300).map(|number| world.vacancy(number).unwrap()).collect();
    Pool { world, profiles, vacancies, rates: World::rates().unwrap() }
});

fn by(currency: &str) -> Matching<'static> {
    Matching {
        weights: Weights::built_in().unwrap(),
        recognition: Recognition::built_in().unwrap(),
        tables: POOL.world.lexicon(),
        rates: Some(&POOL.rates),
        currency: currency.parse::<Currency>().unwrap(),
        today: World::today(),
        sought: Sought::Vacancies,
    }
}

fn profile(more: serde_json::Value) -> CandidateProfile {
    let mut profile = json!({
        "reference": "5f0c9e1e-6f0a-4c1c-9d6e-0d6f6f1d2a33", "state": "KG", "changed": "2026-11",
        "work": [{
            "occupation": { "scheme": "isco-08", "edition": "2008", "code": "7212", "isco": "7212" },
            "experience": "D"
        }],
        "skills": [{ "code": "X0101" }], "schooling": "4",
        "languages": [{ "language": "ky", "level": "native" }, { "language": "ru", "level": "B1" }],
        "licences": ["CE"], "home": { "country": "KG", "region": "41701" },
        "wishes": {
            "states": ["RU", "KZ"], "would_move": true,
            "pay": { "min": "60000", "currency": "KGS", "interval": "month", "tax": "net" }
        }
    });
    merge(&mut profile, more);
    serde_json::from_value(profile).unwrap()
}

fn vacancy(more: serde_json::Value) -> Vacancy {
    let mut vacancy = json!({
        "reference": { "state": "KZ", "source": "enbek", "id": "1" }, "status": "open",
        "title": "Электрогазосварщик", "language": "ru", "posts": 2,
        "occupations": [{ "scheme": "nkrk-01", "edition": "2017", "code": "7212-1", "isco": "7212" }],
        "places": [{ "country": "KZ", "region": "75" }],
        "skills": [{ "code": "X0101", "is_required": true }, { "code": "X0102" }, { "code": "X0103" }],
        "pay": { "min": "400000", "max": "500000", "currency": "KZT", "interval": "month" },
        "experience_months": 12, "schooling": "3", "posted_on": "2026-11-28",
        "changed_at": "2026-11-28T00:00:00Z"
    });
    merge(&mut vacancy, more);
    serde_json::from_value(vacancy).unwrap()
}

fn merge(into: &mut serde_json::Value, more: serde_json::Value) {
    let serde_json::Value::Object(more) = more else { return };
    for (key, value) in more {
        into[key] = value;
    }
}

#[test]
fn a_welder_sees_why() {
    let (profile, vacancy) = (profile(json!({})), vacancy(json!({})));
    assert_eq!(barriers(&profile, &vacancy, World::today()), []);
    let score = score(&profile, &Offer::plain(&vacancy), &by("KGS"));
    let why = |kind| score.parts.iter().find(|part| part.kind == kind).map(|part| (part.points, &part.why));
    let (_, occupation) = why(PartKind::Occupation).unwrap();
    assert!(matches!(occupation, Why::Occupation { shared_levels: 4, is_guessed: false, .. }));
    let (_, Why::Skills { had, near, missing }) = why(PartKind::Skills).unwrap() else { panic!() };
    let codes = |codes: &[crate::exchange::canonical::Coded]| {
        codes.iter().map(|code| code.as_str().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(codes(had), ["X0101"]);
    assert_eq!(near.len() + missing.len(), 2, "{near:?} {missing:?}");
    let (_, Why::Pay { offered, wished }) = why(PartKind::Pay).unwrap() else { panic!() };
    let monthly = offered.monthly.unwrap();
    assert_eq!(offered.offered, vacancy.pay.unwrap(), "both amounts are kept");
    assert_eq!((monthly.currency.as_code(), monthly.rate_on), ("KGS", Some(date(2026, 11, 27))));
    assert!(wished.is_some() && why(PartKind::Text).is_none());
    let expected = Warning::Recognition {
        state: State::Kz,
        group: "7212".parse().unwrap(),
        asked: Asked::Mandatory,
        source: "EEC, 26 June 2025: list of most in-demand professions, welders".to_owned(),
    };
    assert!(score.warnings.contains(&expected) && score.warnings.contains(&Warning::TaxDiffers));
}

#[test]
fn each_barrier_has_its_name() {
    let today = World::today();
    let found = |profile: &CandidateProfile, vacancy: &Vacancy| {
        let names = barriers(profile, vacancy, today);
        names.iter().map(Barrier::name).collect::<Vec<_>>()
    };
    let plain = profile(json!({}));
    let wishes = |more| {
        let mut wishes = json!({ "states": ["RU", "KZ"], "would_move": true });
        merge(&mut wishes, more);
        profile(json!({ "wishes": wishes }))
    };
    let cases = [
        (plain.clone(), vacancy(json!({ "status": "closed" })), "closed"),
        (plain.clone(), vacancy(json!({ "closes_on": "2026-11-29" })), "closed"),
        (plain.clone(), vacancy(json!({ "places": [{ "country": "AM" }] })), "state_not_wished"),
        (wishes(json!({ "would_move": false })), vacancy(json!({})), "no_will_to_move"),
        (wishes(json!({ "remote": "only" })), vacancy(json!({})), "not_afar"),
        (wishes(json!({ "remote": "no" })), vacancy(json!({ "remote": "only" })), "afar_only"),
        (plain.clone(), vacancy(json!({ "licences": ["D"] })), "licence_lacking"),
        (plain.clone(), vacancy(json!({ "certificates": [{ "code": "X01" }] })), "certificate_lacking"),
        (
            profile(json!({ "certificates": [{ "code": "X01", "valid_to": "2026-10" }] })),
            vacancy(json!({ "certificates": [{ "code": "X01" }] })),
            "certificate_lacking",
        ),
        (
            plain.clone(),
            vacancy(json!({ "languages": [{ "language": "ru", "level": "B2", "is_required": true }] })),
            "language_lacking",
        ),
        (plain.clone(), vacancy(json!({ "schooling": "6" })), "schooling_below"),
    ];
    for (profile, vacancy, expected) in cases {
        assert_eq!(found(&profile, &vacancy), [expected]);
    }
    let free = [
        vacancy(json!({ "licences": ["C1", "C"] })),
        vacancy(json!({ "languages": [{ "language": "kk", "level": "B2" }] })),
        vacancy(json!({ "languages": [{ "language": "ru", "level": "B1", "is_required": true }] })),
        vacancy(json!({ "closes_on": "2026-11-30" })),
    ];
    free.iter().for_each(|vacancy| assert_eq!(found(&plain, vacancy), [""; 0], "{vacancy:?}"));
    let afar = wishes(json!({ "would_move": false, "remote": "possible" }));
    assert_eq!(found(&afar, &vacancy(json!({ "remote": "possible" }))), [""; 0]);
}

#[test]
fn a_need_is_read_as_it_is_written() {
    for vacancy in &POOL.vacancies {
        for need in Need::of(vacancy) {
            assert_eq!(Need::parse(&need.to_string()), Some(need));
        }
    }
    for text in ["licence:X", "skill:C", "language:ru:B9", "schooling", ""] {
        assert_eq!(Need::parse(text), None, "{text}");
    }
}

#[test]
fn what_nothing_is_found_for_says_why() {
    let profile = profile(json!({ "wishes": { "states": ["BY"], "would_move": true } }));
    let both = vacancy(json!({ "licences": ["D"] }));
    let one = vacancy(json!({ "reference": { "state": "KZ", "source": "enbek", "id": "2" } }));
    let ranked = rank_vacancies(&profile, [&both, &one].map(Offer::plain), &by("KGS"));
    assert!(ranked.found.is_empty() && ranked.looked_at == 2);
    assert_eq!(ranked.removed["state_not_wished"], Removed { all: 2, by_it_alone: 1 });
    assert_eq!(ranked.removed["licence_lacking"], Removed { all: 1, by_it_alone: 0 });
}

#[test]
fn facets_are_counts_of_what_was_found() {
    let facets =
        Facets::of([&vacancy(json!({})), &vacancy(json!({ "places": [{ "country": "RU" }] }))].into_iter());
    assert_eq!(facets.counts("state"), [("KZ".to_owned(), 1), ("RU".to_owned(), 1)]);
    assert_eq!(facets.counts("group"), [("72".to_owned(), 2)]);
    assert_eq!(facets.counts("region"), [("KZ/75".to_owned(), 1)]);
}

/// A thousand persons of one profile each, who differ in all that must not count: the scores and the order are the same.
#[test]
fn sex_age_and_citizenship_change_no_score_and_no_order() {
    let by = by("RUB");
    let offers = || POOL.vacancies.iter().take(60).map(Offer::plain);
    let person = |number: usize, swapped: bool| -> Candidate {
        let (sex, birth, citizenship) = match swapped {
            false => ("male", format!("{}-03-0{}", 1960 + number % 45, 1 + number % 9), "KG"),
            true => ("female", format!("{}-09-1{}", 2004 - number % 45, number % 9), "TJ"),
        };
        let profile = POOL.profiles[number % POOL.profiles.len()].clone();
        serde_json::from_value(json!({
            "person": {
                "name": { "family": "Осмонов", "given": "Азамат" }, "birth_date": birth, "sex": sex,
                "citizenships": [citizenship]
            },
            "citizenships": [citizenship], "summary": if swapped { "инвалид II группы" } else { "здоров" },
            "profile": profile
        }))
        .unwrap()
    };
    for number in 0..1_000 {
        let [one, other] = [false, true].map(|swapped| {
            let ranked = rank_vacancies(&person(number, swapped).profile, offers(), &by);
            let of = |one: &Matched<Offer<'_>>| (one.score.clone(), one.item.vacancy.reference.clone());
            ranked.found.iter().map(of).collect::<Vec<_>>()
        });
        assert_eq!(one, other);
    }
    let written = serde_json::to_value(&POOL.profiles[0]).unwrap();
    let fields: BTreeSet<String> = written.as_object().unwrap().keys().cloned().collect();
    for forbidden in
        ["sex", "birth_date", "age", "citizenships", "health", "disability", "family", "person", "name"]
    {
        assert!(!fields.contains(forbidden), "{forbidden}");
    }
}

#[test]
fn both_ways_give_one_score_but_for_freshness() {
    let vacancy = vacancy(json!({}));
    let offer = Offer::plain(&vacancy);
    let there = by("RUB");
    let back = Matching { sought: Sought::Profiles, ..there };
    let profiles: Vec<_> = POOL.profiles.iter().take(50).collect();
    let ranked = rank_profiles(&offer, profiles.iter().copied(), &back);
    for matched in &ranked.found {
        let forth = score(matched.item, &offer, &there);
        let but_fresh = |score: &Score| {
            let parts = score.parts.iter().filter(|part| part.kind != PartKind::Freshness);
            parts.map(|part| u32::from(part.points)).sum::<u32>()
        };
        assert_eq!(but_fresh(&forth), but_fresh(&matched.score));
    }
    assert!(ranked.found.is_sorted_by(|a, b| a.score.points >= b.score.points));
}

/// A title and skills of one trade outvote a code of another; a code that stands alone is believed.
#[test]
fn a_lone_wrong_code_is_outvoted() {
    let weights = Weights::built_in().unwrap();
    let cook = json!([{ "scheme": "isco-08", "edition": "2008", "code": "5120", "isco": "5120" }]);
    let skills = json!([{ "code": "X0101" }, { "code": "X0102" }, { "code": "X0103" }, { "code": "X0104" }]);
    let mistaken = vacancy(json!({ "occupations": cook, "skills": skills }));
    let guesses = BuiltInTables.guesses(mistaken.title.as_str(), None);
    let groups = |meant: Vec<Meant>| meant.iter().map(|one| one.group.to_string()).collect::<Vec<_>>();
    let meant = meant_occupations(&mistaken, &guesses, &BuiltInTables, weights);
    assert_eq!((meant[0].group.as_code(), meant[0].is_coded), ("7212", false), "{meant:?}");
    assert!(meant.iter().map(|one| one.share).sum::<u32>() <= 1000);
    let alone = vacancy(json!({ "occupations": cook, "skills": [] }));
    assert_eq!(groups(meant_occupations(&alone, &[], &BuiltInTables, weights)), ["5120"]);

    let work = json!([{ "occupation": cook[0], "experience": "D" }]);
    let welder =
        own_occupations(&profile(json!({ "work": work, "skills": skills })), &BuiltInTables, weights);
    let share = |own: &[Meant], code: &str| {
        own.iter().find(|one| one.group.as_code() == code).map_or(0, |one| one.share)
    };
    assert!(share(&welder, "7212") > share(&welder, "5120"), "{welder:?}");
    let untold = own_occupations(&profile(json!({ "work": work, "skills": [] })), &BuiltInTables, weights);
    assert_eq!(
        (untold.len(), share(&untold, "5120")),
        (1, 1000),
        "without skills nothing speaks against a code"
    );
}

/// What the text names is a demand too; a skill that has a code is not told twice.
#[test]
fn skills_of_the_text_count_beside_the_codes() {
    let silent = vacancy(json!({ "skills": [], "occupations": [], "title": "Работник" }));
    let telling = vacancy(json!({
        "skills": [{ "code": "X0103" }], "occupations": [], "title": "Работник",
        "description": "Обязанности: ручной дуговой сварки и аргонодуговая сварка. Дружный коллектив."
    }));
    assert_eq!(with_named_skills(&silent, &BuiltInTables).skills, []);
    let read = with_named_skills(&telling, &BuiltInTables);
    let codes: Vec<_> =
        read.skills.iter().map(|skill| (skill.code.as_ref().unwrap().as_str(), skill.is_required)).collect();
    assert_eq!(codes, [("X0103", false), ("X0101", false)]);
    let meant = meant_occupations(&read, &[], &BuiltInTables, Weights::built_in().unwrap());
    assert_eq!(meant[0].group.as_code(), "7212", "{meant:?}");
}

/// One who would not move sees what is told to be near before what may be far.
#[test]
fn a_region_that_is_not_told_costs_one_who_would_not_move() {
    let points = |would_move: bool, region: Option<&str>| {
        let person = profile(json!({ "wishes": { "states": ["KG"], "would_move": would_move } }));
        let place = json!({ "places": [{ "country": "KG", "region": region }] });
        let score = score(&person, &Offer::plain(&vacancy(place)), &by("KGS"));
        score.parts.iter().find(|part| part.kind == PartKind::Place).unwrap().points
    };
    assert!(points(false, None) + 30 < points(false, Some("41701")));
    assert!(points(true, None) > points(false, None));
}

/// Each thing that the person would not take costs points, and what is not told costs fewer.
#[test]
fn what_is_not_wished_costs_more_than_what_is_not_told() {
    let points = |profile: &CandidateProfile, vacancy: &Vacancy, kind| {
        let score = score(profile, &Offer::plain(vacancy), &by("KGS"));
        score.parts.iter().find(|part| part.kind == kind).unwrap().points
    };
    let picky = profile(json!({ "wishes": {
        "states": ["RU", "KZ"], "would_move": true, "schedules": ["FullTime"],
        "pay": { "min": "60000", "currency": "KGS", "interval": "month" }
    } }));
    let pay = |max: &str| json!({ "pay": { "max": max, "currency": "KGS", "interval": "month" } });
    let cases = [
        (PartKind::Terms, json!({ "schedule": "FullTime" }), json!({}), json!({ "schedule": "X-Shift" })),
        (PartKind::Pay, pay("70000"), json!({ "pay": null }), pay("50000")),
        (
            PartKind::Experience,
            json!({ "experience_months": 12 }),
            json!({ "experience_months": null }),
            json!({ "experience_months": 120 }),
        ),
    ];
    for (kind, wished, untold, unwished) in cases {
        let [wished, untold, unwished] =
            [wished, untold, unwished].map(|more| points(&picky, &vacancy(more), kind));
        assert!(wished > untold && untold > unwished, "{kind:?}: {wished} {untold} {unwished}");
    }
}

proptest! {
    #[test]
    fn parts_add_up_to_the_score(one in 0_usize..200, other in 0_usize..300, likeness in prop::option::of(0_u16..=1000)) {
        let (profile, vacancy) = (&POOL.profiles[one], &POOL.vacancies[other]);
        let guesses = POOL.world.lexicon().guesses(vacancy.title.as_str(), vacancy.language);
        let score = score(profile, &Offer { vacancy, guesses: &guesses, likeness }, &by("KZT"));
        let sum: u32 = score.parts.iter().map(|part| u32::from(part.points)).sum();
        let most: u32 = score.parts.iter().map(|part| u32::from(part.most)).sum();
        prop_assert_eq!(sum, u32::from(score.points));
        prop_assert_eq!(most, 1000);
        prop_assert!(score.parts.iter().all(|part| part.points <= part.most));
        prop_assert_eq!(score.parts.iter().any(|part| part.kind == PartKind::Text), likeness.is_some());
    }

    /// Who can do more or wishes more is never barred by more; what asks less never bars more.
    #[test]
    fn barriers_are_monotone(one in 0_usize..200, other in 0_usize..300) {
        let (profile, vacancy) = (&POOL.profiles[one], &POOL.vacancies[other]);
        let names = |profile: &CandidateProfile, vacancy: &Vacancy| -> BTreeSet<&'static str> {
            barriers(profile, vacancy, World::today()).iter().map(Barrier::name).collect()
        };
        let before = names(profile, vacancy);
        let mut more = profile.clone();
        more.licences = crate::exchange::canonical::job::DrivingLicence::ALL.to_vec();
        more.schooling = Some(crate::exchange::canonical::job::Schooling::Doctoral);
        more.wishes.would_move = true;
        more.wishes.states = State::ALL.to_vec();
        more.wishes.remote = Some(Remote::Possible);
        prop_assert!(names(&more, vacancy).is_subset(&before));
        let mut less = vacancy.clone();
        less.status = VacancyStatus::Open;
        less.licences.clear();
        less.languages.clear();
        less.certificates.clear();
        less.schooling = None;
        prop_assert!(names(profile, &less).is_subset(&before));
    }

    /// The order does not depend on how they come, and no two stand alike.
    #[test]
    fn the_order_is_total(one in 0_usize..200, start in 0_usize..300) {
        let by = by("RUB");
        let mut turned: Vec<&Vacancy> = POOL.vacancies.iter().collect();
        turned.rotate_left(start);
        let order = |vacancies: Vec<&Vacancy>| {
            let offers: Vec<Offer<'_>> = vacancies.into_iter().map(Offer::plain).collect();
            let ranked = rank_vacancies(&POOL.profiles[one], offers, &by);
            let found = ranked.found.iter();
            found.map(|one| (one.score.points, one.item.vacancy.posted_on, one.item.vacancy.reference.clone())).collect::<Vec<_>>()
        };
        let straight = order(POOL.vacancies.iter().collect());
        prop_assert_eq!(&straight, &order(turned));
        let is_total = straight.is_sorted_by(|a, b| (b.0, b.1).cmp(&(a.0, a.1)).then_with(|| a.2.cmp(&b.2)).is_lt());
        prop_assert!(is_total);
    }
}
