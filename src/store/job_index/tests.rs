//! Each key keeps what it says; what is closed is gone; what is found is scored as if all were.

use super::question::{or_any, profile_filters, profile_query, together};
use super::search::CANDIDATES;
use super::*;
use crate::exchange::canonical::job::{CandidateProfile, Vacancy, VacancyStatus};
use crate::exchange::canonical::{Currency, Money, State};
use crate::labour::evaluation::World;
use crate::labour::matching::{
    Facets, Matching, Offer, Rates, Recognition, Sought, Tables, Weights, rank_vacancies, with_named_skills,
};
use jiff::ToSpan;
use std::sync::LazyLock;
use tantivy::collector::TopDocs;

static RATES: LazyLock<Rates> = LazyLock::new(|| World::rates().unwrap());

fn by(world: &World) -> Matching<'_> {
    Matching {
        weights: Weights::built_in().unwrap(),
        recognition: Recognition::built_in().unwrap(),
        tables: world.lexicon(),
        rates: Some(&RATES),
        currency: "RUB".parse::<Currency>().unwrap(),
        today: World::today(),
        sought: Sought::Vacancies,
    }
}

/// An index of generated vacancies.
fn filled(count: usize) -> (tempfile::TempDir, World, Vec<Vacancy>, JobIndex) {
    let folder = tempfile::tempdir().unwrap();
    let world = World::new(5).unwrap();
    let vacancies: Vec<Vacancy> = (0..count).map(|number| world.vacancy(number).unwrap()).collect();
    let index = JobIndex::open(folder.path()).unwrap();
    put(&index, &world, &vacancies);
    (folder, world, vacancies, index)
}

fn put(index: &JobIndex, world: &World, vacancies: &[Vacancy]) {
    let mut writer = index.writer(Weights::built_in().unwrap(), world.lexicon()).unwrap();
    vacancies.iter().for_each(|vacancy| writer.put(vacancy).unwrap());
    writer.commit().unwrap();
}

/// The index leaves out only what the score would: with fewer vacancies than are scored both find the same in one order.
#[test]
fn the_index_finds_what_matching_finds() {
    let (_folder, world, vacancies, index) = filled(350);
    let by = by(&world);
    let mut seen = 0;
    for _ in 0..40 {
        let profile: CandidateProfile = world.profile().unwrap();
        let guesses: Vec<_> =
            vacancies.iter().map(|one| world.lexicon().guesses(one.title.as_str(), one.language)).collect();
        let read: Vec<_> = vacancies.iter().map(|one| with_named_skills(one, world.lexicon())).collect();
        let offers = read.iter().zip(&guesses).map(|(vacancy, guesses)| Offer {
            vacancy: vacancy.as_ref(),
            guesses,
            likeness: None,
        });
        let all = rank_vacancies(&profile, offers, &by);
        let found = index.matches(&profile, &by).unwrap();
        let by_index: Vec<_> = found.iter().map(|one| &one.vacancy.reference.id).collect();
        let near: Vec<_> = all.found.iter().map(|one| &one.item.vacancy.reference.id).collect();
        let near: Vec<_> = near.into_iter().filter(|id| by_index.contains(id)).collect();
        assert_eq!(near, by_index, "what is found stands in the order of the scores");
        let best = all.found.iter().take(5).filter(|one| one.score.points > 900);
        for one in best {
            assert!(by_index.contains(&&one.item.vacancy.reference.id), "{:?}", one.score);
            seen += 1;
        }
    }
    assert!(seen > 20, "{seen}");
}

/// What is scored is read out of a column of the index. Read whole, the same rows stand in the same order with the same
/// reasons.
#[test]
fn briefs_give_the_page_that_whole_vacancies_give() {
    let (_folder, world, _vacancies, index) = filled(1_500);
    let by = by(&world);
    let searcher = index.reader.searcher();
    let mut full = 0;
    for _ in 0..30 {
        let profile: CandidateProfile = world.profile().unwrap();
        let mut filters = Keys::default().filters(&index.fields, &by);
        let needs = index.needs(&searcher).unwrap();
        filters.extend(profile_filters(&profile, &needs, &index.fields, by.today));
        let query = together(or_any(profile_query(&profile, &index.fields, &by)), &filters).unwrap();
        let top = TopDocs::with_limit(CANDIDATES).order_by_score();
        let rows = searcher.search(query.as_ref(), &top).unwrap();
        let whole: Vec<(Vacancy, Vec<_>)> = rows
            .into_iter()
            .map(|(_, address)| {
                let vacancy = index.kept(&searcher, address).unwrap();
                let guesses = world.lexicon().guesses(vacancy.title.as_str(), vacancy.language);
                (vacancy, guesses)
            })
            .collect();
        let read: Vec<_> =
            whole.iter().map(|(vacancy, _)| with_named_skills(vacancy, world.lexicon())).collect();
        let offers = read.iter().zip(&whole).map(|(read, (_, guesses))| Offer {
            vacancy: read.as_ref(),
            guesses,
            likeness: None,
        });
        let ranked = rank_vacancies(&profile, offers, &by);
        let before: Vec<_> =
            ranked.found.iter().take(50).map(|one| (&one.item.vacancy.reference, &one.score)).collect();
        let found = index.best_matches(&profile, 50, &by).unwrap();
        assert!(found.iter().all(|one| whole.iter().any(|(vacancy, _)| *vacancy == one.vacancy)));
        let now: Vec<_> =
            found.iter().map(|one| (&one.vacancy.reference, one.score.as_ref().unwrap())).collect();
        assert_eq!(now, before);
        full += usize::from(now.len() == 50);
    }
    assert!(full > 10, "{full}");
}

#[test]
fn what_is_put_again_replaces_and_a_tombstone_takes_out() {
    let (_folder, world, mut vacancies, index) = filled(20);
    assert_eq!(index.count(), 20);
    put(&index, &world, &vacancies);
    assert_eq!(index.count(), 20);
    vacancies[3].status = VacancyStatus::Closed;
    put(&index, &world, &vacancies[3..4]);
    assert_eq!(index.count(), 19);
    let mut writer = index.writer(Weights::built_in().unwrap(), world.lexicon()).unwrap();
    writer.delete(&vacancies[4].reference);
    writer.delete(&vacancies[3].reference); // never seen any more: no error
    assert_eq!(index.count(), 19, "nothing is seen before it is committed");
    writer.commit().unwrap();
    assert_eq!(index.count(), 18);
    let found = index.search(None, &Keys { per_page: 50, ..Keys::default() }, &by(&world)).unwrap();
    let gone = [&vacancies[3].reference, &vacancies[4].reference];
    assert!(found.page.len() == 18 && found.page.iter().all(|one| !gone.contains(&&one.vacancy.reference)));
}

#[test]
fn a_repeated_line_of_a_first_build_is_one_vacancy() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::new(5).unwrap();
    let vacancy = world.vacancy(1).unwrap();
    let index = JobIndex::open(folder.path()).unwrap();
    let mut closed = vacancy.clone();
    closed.status = VacancyStatus::Closed;
    put(&index, &world, &[vacancy.clone(), vacancy.clone()]);
    assert_eq!(index.count(), 1);
    put(&index, &world, &[closed]);
    assert_eq!(index.count(), 0);
}

#[test]
fn contacts_do_not_stand_in_the_index() {
    let (_folder, world, mut vacancies, index) = filled(1);
    let contact = serde_json::json!([{ "channel": "Telephone", "value": "+77010000000" }]);
    vacancies[0].contacts = serde_json::from_value(contact).unwrap();
    put(&index, &world, &vacancies);
    let found = index.search(None, &Keys { per_page: 1, ..Keys::default() }, &by(&world)).unwrap();
    assert!(found.page[0].vacancy.contacts.is_empty());
    let by_number = Keys { words: "77010000000".to_owned(), per_page: 1, ..Keys::default() };
    assert!(index.search(None, &by_number, &by(&world)).unwrap().page.is_empty());
}

/// What a key should keep.
type Judge = Box<dyn Fn(&Vacancy) -> bool>;

#[test]
fn each_key_keeps_what_it_says_and_nothing_else() {
    let (_folder, world, vacancies, index) = filled(300);
    let by = by(&world);
    let count = |keys: Keys| index.search(None, &Keys { per_page: 50, ..keys }, &by).unwrap().hits;
    let expected = |is: &dyn Fn(&Vacancy) -> bool| vacancies.iter().filter(|vacancy| is(vacancy)).count();
    let any = Keys::default;
    let cases: Vec<(Keys, Judge)> = vec![
        (
            Keys { states: vec![State::Kz, State::Am], ..any() },
            Box::new(|one| [State::Kz, State::Am].contains(&one.reference.state)),
        ),
        (
            Keys {
                regions: vec![serde_json::from_str(r#"{"country":"RU","region":"77"}"#).unwrap()],
                ..any()
            },
            Box::new(|one| {
                one.reference.state == State::Ru
                    && one.places[0].region.as_ref().is_some_and(|region| region.as_str() == "77")
            }),
        ),
        (
            Keys { posted_from: Some(World::today().saturating_sub(7.days())), ..any() },
            Box::new(|one| one.posted_on >= World::today().saturating_sub(7.days())),
        ),
        (
            Keys { schedules: vec!["X-Shift".parse().unwrap()], ..any() },
            Box::new(|one| one.schedule.is_some_and(|schedule| schedule.as_code() == "X-Shift")),
        ),
        (
            Keys { schoolings: vec!["6".parse().unwrap()], ..any() },
            Box::new(|one| one.schooling.is_some_and(|asked| asked.as_code() == "6")),
        ),
        (
            Keys { experience: vec!["B".parse().unwrap()], ..any() },
            Box::new(|one| one.experience_months == Some(12)),
        ),
        (
            Keys { languages: vec!["kk".parse().unwrap()], ..any() },
            Box::new(|one| one.language.is_some_and(|language| language.as_code() == "kk")),
        ),
        (
            Keys { remote: vec!["possible".parse().unwrap()], ..any() },
            Box::new(|one| one.remote.is_some_and(|remote| remote.as_code() == "possible")),
        ),
        (
            Keys { sources: vec![(State::By, "X-GENERATED".parse().unwrap())], ..any() },
            Box::new(|one| one.reference.state == State::By),
        ),
        (
            Keys { pay_from: Some(Money::parse("70000", "RUB").unwrap()), ..any() },
            Box::new(|one| {
                let Some(pay) = one.pay else { return false };
                let (factor, _) =
                    RATES.factor(pay.currency(), "RUB".parse().unwrap(), World::today()).unwrap();
                pay.max().unwrap() * factor >= 70_000.into()
            }),
        ),
    ];
    for (keys, is) in cases {
        let wanted = expected(is.as_ref());
        assert!(wanted > 0 && wanted < 300, "{keys:?}");
        assert_eq!(count(keys.clone()), wanted, "{keys:?}");
    }
    assert_eq!(count(any()), 300);
}

#[test]
fn pages_follow_each_other_and_facets_count_everything() {
    let (_folder, world, vacancies, index) = filled(120);
    let by = by(&world);
    let page = |page, order| {
        index.search(None, &Keys { per_page: 50, page, order, ..Keys::default() }, &by).unwrap()
    };
    let mut ids = Vec::new();
    for number in 0..3 {
        ids.extend(
            page(number, Order::Recent)
                .page
                .into_iter()
                .map(|one| (one.vacancy.posted_on, one.vacancy.reference)),
        );
    }
    assert_eq!(ids.len(), 120);
    assert!(ids.is_sorted_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(&b.1)).is_lt()));
    let found = page(0, Order::Match);
    assert!(page(3, Order::Match).page.is_empty());
    assert_eq!(found.facets, Facets::of(vacancies.iter()));
}

#[test]
fn where_nothing_is_found_each_filter_says_what_it_kept_out() {
    let (_folder, world, _vacancies, index) = filled(100);
    let keys = Keys {
        states: vec![State::Am],
        languages: vec!["kk".parse().unwrap()],
        per_page: 10,
        ..Keys::default()
    };
    let found = index.search(None, &keys, &by(&world)).unwrap();
    assert!(found.page.is_empty());
    let (state, language) = (found.removed["state"], found.removed["language"]);
    assert!(state.all > 50 && state.by_it_alone > 0 && state.by_it_alone < 100, "{state:?}");
    assert!(language.all > 50 && language.by_it_alone > 0, "{language:?}");
}

#[test]
fn words_of_six_languages_are_found_in_other_forms() {
    let (_folder, world, mut vacancies, index) = filled(200);
    let titles = ["Сварщик", "Дәнекерлеуші", "Ширетүүчү", "Եռակցող", "Зваршчык", "Welder"];
    for (vacancy, title) in vacancies.iter_mut().zip(titles) {
        vacancy.title = title.parse().unwrap();
    }
    put(&index, &world, &vacancies);
    for (words, title) in
        ["сварщика", "данекерлеушиге", "ширетүүчүнү", "եռակցողի", "зваршчыка", "welders"].iter().zip(titles)
    {
        let keys = Keys { words: (*words).to_owned(), per_page: 5, ..Keys::default() };
        let found = index.search(None, &keys, &by(&world)).unwrap();
        assert_eq!(found.page[0].vacancy.title.as_str(), title, "{words}");
        assert_eq!(found.page[0].score.as_ref().unwrap().points, 1000);
    }
}

#[test]
fn a_folder_of_something_else_is_told() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("meta.json"), "{}").unwrap();
    let error = JobIndex::open(folder.path()).err().unwrap();
    assert!(error.to_string().starts_with("open the index"), "{error}");
    assert_eq!(error.verdict().code(), Some("store.job_index"));
    let (_folder, world, _vacancies, index) = filled(1);
    let first = index.writer(Weights::built_in().unwrap(), world.lexicon()).unwrap();
    let second = index.writer(Weights::built_in().unwrap(), world.lexicon()).err().unwrap();
    assert!(second.to_string().starts_with("write the index"), "{second}");
    drop(first);
}

/// A question of another node is answered out of one state's own alone, and the keys come over as they were.
#[test]
fn the_sources_of_a_state_are_known_and_narrow_the_search_to_it() {
    let (_folder, world, vacancies, index) = filled(400);
    let by = by(&world);
    let mut sum = 0;
    for state in State::ALL {
        let own: Vec<&Vacancy> = vacancies.iter().filter(|one| one.reference.state == state).collect();
        let sources = index.sources_of(state).unwrap();
        assert_eq!(sources.is_empty(), own.is_empty());
        assert!(sources.iter().all(|(of, source)| {
            *of == state && own.iter().any(|one| one.reference.source.as_str() == source.as_str())
        }));
        if sources.is_empty() {
            continue;
        }
        let keys = Keys { sources, ..Keys::default() };
        let over = Keys::of_question(&keys.question(200));
        let found = index.first(None, &over, 500, &by).unwrap();
        assert!(found.page.iter().all(|one| one.vacancy.reference.state == state));
        assert_eq!(found.page.len(), found.hits);
        sum += found.hits;
    }
    let all = index.first(None, &Keys::default(), 500, &by).unwrap();
    assert!(sum == all.hits && sum > 300, "{sum} {}", all.hits);
}

/// An index in memory finds what the one on the disk finds, in the same order and for the same reasons.
#[test]
fn an_index_of_few_is_like_the_one_on_the_disk() {
    let (_folder, world, vacancies, index) = filled(150);
    let by = by(&world);
    let few = JobIndex::of_few(&vacancies, Weights::built_in().unwrap(), world.lexicon()).unwrap();
    assert_eq!(few.count(), index.count());
    for _ in 0..10 {
        let profile = world.profile().unwrap();
        let of = |index: &JobIndex| -> Vec<(String, u16)> {
            let found = index.first(Some(&profile), &Keys::default(), 200, &by).unwrap();
            let told = |one: FoundVacancy| {
                (one.vacancy.reference.id.as_str().to_owned(), one.score.map(|score| score.points).unwrap())
            };
            found.page.into_iter().map(told).collect()
        };
        assert_eq!(of(&few), of(&index));
    }
}
