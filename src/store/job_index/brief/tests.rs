//! A brief tells the score all that the vacancy does; a spoilt one is refused.

use super::*;
use crate::labour::evaluation::World;
use crate::labour::matching::{Matching, Offer, Recognition, Sought, Tables, Weights, barriers, score};
use jiff::ToSpan;
use jiff::civil::date;
use proptest::prelude::*;
use std::sync::LazyLock;

/// What a brief may tell of a vacancy: all else is blank.
fn told(vacancy: &Vacancy) -> Vacancy {
    let blank = || BLANK.parse::<Coded>().unwrap();
    let occupation = |isco: IscoCode| Occupation {
        scheme: blank(),
        edition: blank(),
        code: blank(),
        isco: Some(isco),
        relation: None,
    };
    let coded = vacancy.skills.iter().filter(|skill| skill.code.is_some());
    Vacancy {
        title: BLANK.parse().unwrap(),
        description: None,
        occupations: vacancy.isco().map(occupation).collect(),
        employer: None,
        is_of_agency: false,
        places: vacancy.places.iter().map(|place| Place { name: None, ..place.clone() }).collect(),
        skills: coded.map(|skill| Skill { name: None, ..skill.clone() }).collect(),
        certificates: vacancy
            .certificates
            .iter()
            .map(|one| Certificate { valid_to: None, ..one.clone() })
            .collect(),
        posts: 1,
        quotas: Vec::new(),
        benefits: Vec::new(),
        industries: Vec::new(),
        changed_at: Timestamp::UNIX_EPOCH,
        page: None,
        contacts: Vec::new(),
        ..vacancy.clone()
    }
}

/// Whatever the score reads one day, a brief must tell it: else a page would stand in another order than its points.
#[test]
fn the_score_of_a_brief_is_that_of_the_vacancy() {
    let world = World::new(31).unwrap();
    let rates = World::rates().unwrap();
    let by = Matching {
        weights: Weights::built_in().unwrap(),
        recognition: Recognition::built_in().unwrap(),
        tables: world.lexicon(),
        rates: Some(&rates),
        currency: "RUB".parse().unwrap(),
        today: World::today(),
        sought: Sought::Vacancies,
    };
    let profiles: Vec<_> = (0..12).map(|_| world.profile().unwrap()).collect();
    for number in 0..150 {
        let mut vacancy = world.vacancy(number).unwrap();
        let guesses = world.lexicon().guesses(vacancy.title.as_str(), vacancy.language);
        let (brief, guessed) = read(words(&vacancy, &guesses).into_iter()).unwrap();
        assert_eq!(guessed, guesses);
        vacancy.places.iter_mut().for_each(|place| place.name = None); // shown as a reason, and read whole for that
        for profile in &profiles {
            for likeness in [None, Some(700)] {
                let of_brief = Offer { vacancy: &brief, guesses: &guessed, likeness };
                let whole = Offer { vacancy: &vacancy, guesses: &guesses, likeness };
                assert_eq!(score(profile, &of_brief, &by), score(profile, &whole, &by));
            }
            let of_brief = barriers(profile, &brief, World::today());
            assert_eq!(of_brief, barriers(profile, &vacancy, World::today()));
        }
    }
}

static VACANCY: LazyLock<Vacancy> = LazyLock::new(|| World::new(3).unwrap().vacancy(0).unwrap());

/// Values that generated vacancies do not have.
#[derive(Debug, Clone)]
struct Odd {
    id: String,
    region: Option<String>,
    skills: Vec<(String, bool)>,
    ends: (Option<i64>, Option<i64>, u32),
    days: (i32, Option<i32>),
    months: Option<u16>,
    places: usize,
    picks: (usize, usize, usize, usize),
}

fn odd() -> impl Strategy<Value = Odd> {
    let code = "[A-Za-zА-я0-9.-]{1,10}";
    (
        "[!-~]{1,60}",
        proptest::option::of(code),
        proptest::collection::vec((code, any::<bool>()), 0..40),
        (proptest::option::of(1..=i64::MAX), proptest::option::of(1..=i64::MAX), 0..=4_u32),
        (0..3_000_000_i32, proptest::option::of(0..3_000_000_i32)),
        any::<Option<u16>>(),
        0..5_usize,
        (any::<usize>(), any::<usize>(), any::<usize>(), any::<usize>()),
    )
        .prop_map(|(id, region, skills, ends, days, months, places, picks)| Odd {
            id,
            region,
            skills,
            ends,
            days,
            months,
            places,
            picks,
        })
}

fn pick<T: Copy>(list: &[T], at: usize) -> Option<T> {
    list.get(at % (list.len() + 1)).copied()
}

fn made(odd: &Odd) -> Option<Vacancy> {
    let mut vacancy = VACANCY.clone();
    vacancy.reference.id = odd.id.parse().ok()?;
    let region = odd.region.as_ref().and_then(|region| region.parse().ok());
    let place =
        Place { country: "KZ".parse().unwrap(), region, name: Some("Екибастуз".parse().unwrap()) };
    vacancy.places = vec![place; odd.places];
    let skill = |(code, is_required): &(String, bool)| Skill {
        code: code.parse().ok(),
        name: None,
        is_required: *is_required,
    };
    vacancy.skills = odd.skills.iter().map(skill).collect();
    let end = |end: Option<i64>| end.map(|end| Decimal::new(end, odd.ends.2));
    let (interval, tax) = (pick(PayInterval::ALL, odd.picks.0), pick(PayTax::ALL, odd.picks.1));
    vacancy.pay = interval.and_then(|interval| {
        Pay::new((end(odd.ends.0), end(odd.ends.1)), "KGS".parse().unwrap(), interval, tax).ok()
    });
    let day = |days: i32| date(-2000, 1, 1).saturating_add(days.days());
    (vacancy.posted_on, vacancy.closes_on) = (day(odd.days.0), odd.days.1.map(day));
    vacancy.experience_months = odd.months;
    vacancy.schooling = pick(Schooling::ALL, odd.picks.2);
    vacancy.offering = pick(Offering::ALL, odd.picks.3);
    vacancy.schedule = pick(Schedule::ALL, odd.picks.0);
    vacancy.remote = pick(Remote::ALL, odd.picks.1);
    vacancy.licences = DrivingLicence::ALL.iter().copied().take(odd.picks.2 % 17).collect();
    Some(vacancy)
}

proptest! {
    #[test]
    fn what_is_written_is_read(odd in odd(), certainty: u16) {
        let Some(vacancy) = made(&odd) else { return Ok(()) };
        let guesses = vec![Guess { group: "7212".parse().unwrap(), certainty }; odd.places];
        let written = words(&vacancy, &guesses);
        prop_assert_eq!(read(written.iter().copied()), Some((told(&vacancy), guesses)));
        // none of its beginnings is a brief
        for length in 0..written.len() {
            prop_assert_eq!(read(written.iter().copied().take(length)), None);
        }
        let more = written.iter().copied().chain([0]);
        prop_assert_eq!(read(more), None);
    }

    /// Whatever lies in the column, the answer is a vacancy or none, and no memory is taken for what is not there.
    #[test]
    fn what_was_not_written_ends_too(garbage in proptest::collection::vec(any::<u64>(), 0..40)) {
        let version = garbage.iter().take(1).map(|word| (word & !0xff) | 1);
        let _ = read(version.chain(garbage.iter().copied().skip(1))); // that it comes back is all
        prop_assert_eq!(read(garbage.iter().copied().take(1).map(|word| (word & !0xff) | 2)), None);
    }
}
