//! The generated world is frozen, and its measures are what they are called.

use super::*;
use crate::exchange::canonical::job::{ExperienceBand, Vacancy};
use crate::labour::matching::{NoTables, Tables};

#[test]
fn one_seed_makes_one_set() {
    let size = SetSize { vacancies: 300, profiles: 10 };
    let [one, same, other] = [1, 1, 2].map(|seed| World::new(seed).unwrap().set(size).unwrap());
    assert_eq!(one.vacancies, same.vacancies);
    assert_ne!(one.vacancies, other.vacancies);
    let grades =
        |set: &GeneratedSet| set.queries.iter().map(|query| query.grades.clone()).collect::<Vec<_>>();
    assert_eq!(grades(&one), grades(&same));
    assert!(one.queries.iter().all(|query| query.grades.iter().any(|grade| *grade >= 2)));
    assert!(one.queries.iter().all(|query| query.grades.iter().all(|grade| *grade <= 3)));
}

/// What is written has the gaps that it should have: none of them would make a set that is too easy.
#[test]
fn a_set_has_its_noise() {
    let world = World::new(4).unwrap();
    let vacancies: Vec<_> = (0..2_000).map(|number| world.vacancy(number).unwrap()).collect();
    let share = |is: &dyn Fn(&crate::exchange::canonical::job::Vacancy) -> bool| {
        vacancies.iter().filter(|vacancy| is(vacancy)).count() / 20
    };
    let without_code = share(&|one| one.occupations.is_empty());
    let without_pay = share(&|one| one.pay.is_none());
    let without_skills = share(&|one| one.skills.is_empty());
    let in_russian = share(&|one| one.language.is_some_and(|language| language.as_code() == "ru"));
    assert!((16..=24).contains(&without_code), "{without_code}");
    assert!((21..=29).contains(&without_pay), "{without_pay}");
    assert!((12..=30).contains(&without_skills), "{without_skills}");
    assert!((45..=75).contains(&in_russian), "{in_russian}");
    let understood = |one: &crate::exchange::canonical::job::Vacancy| {
        !world.lexicon().guesses(one.title.as_str(), one.language).is_empty()
    };
    let understood = share(&understood);
    assert!((50..=98).contains(&understood), "{understood}");
}

/// Who knows the world but sees what matching sees sets far more in order than chance, and does not see what is hidden.
#[test]
fn the_bound_is_high_and_not_whole() {
    let world = World::new(5).unwrap();
    let set = world.set(SetSize { vacancies: 600, profiles: 12 }).unwrap();
    let bound = Bound::of(&world, &set.vacancies);
    let value = |query: &Query| {
        let grade =
            |vacancy: &&Vacancy| query.grades[vacancy.reference.id.as_str().parse::<usize>().unwrap()];
        let ranked: Vec<u8> = bound.order(&query.profile).iter().map(grade).collect();
        ndcg(&ranked, &query.grades, 10).unwrap()
    };
    let values: Vec<f64> = set.queries.iter().map(value).collect();
    let mean = values.iter().sum::<f64>() / 12.0;
    assert!((0.75..0.99).contains(&mean), "{mean}");
    let twice = |query: &Query| (bound.order(&query.profile), bound.order(&query.profile));
    assert!(set.queries.iter().map(twice).all(|(one, other)| one == other));
}

const VACANCIES: &str = "identifier;id_hiring_organization;title;requirements_qualifications;responsibilities;region;date_last_updated\n\
    v1;o1;<b>Сварщик</b>;Разряд <p>4</p>;Сварка труб;77 Москва;2021-03-01\n\
    v2;o1;Повар;Опыт;Горячий цех;7700000000000;2021-03-02\n\
    v1;o1;Сварщик;Повтор;;77;2021-03-01\n\
    v3;o1;;Пусто;;77;2021-03-01\n";
const PEOPLE: &str = "id_cv;id_candidate;position_name;skills;salary;experience;region_code;inactive\n\
    c1;p1;Электросварщик;сварка;50000;7;5400000000000;false\n\
    c2;p2;;нет;0;;77;false\n";

#[test]
fn the_release_of_responses_is_read() {
    let mut release = Responses::default();
    release.read_vacancies(VACANCIES.as_bytes()).unwrap();
    release.read_people(PEOPLE.as_bytes(), &NoTables).unwrap();
    let pairs = "id_response;id_cv;id_vacancy\nr1;c1;v1\nr2;c1;v9\nr3;c2;v2\n";
    release.read_pairs(pairs.as_bytes(), Response::Applied).unwrap();
    release.read_pairs("\u{feff}id_cv;id_vacancy\nc1;v1\n".as_bytes(), Response::Invited).unwrap();
    let title = |at: usize| release.vacancies[at].title.as_str();
    assert_eq!((release.vacancies.len(), title(0), title(1)), (2, "Сварщик", "Повар"));
    assert_eq!(release.vacancies[0].description.as_ref().unwrap().as_str(), "Сварка труб Разряд 4");
    let aside: Vec<_> =
        ["vacancies", "curricula_vitae", "responses"].map(|table| release.set_aside[table]).into();
    assert_eq!(aside, [2, 1, 2]);
    let applied = release.applied();
    assert_eq!((applied.len(), applied[0].grades[&0]), (1, 3));
    assert_eq!(applied[0].words, "Электросварщик сварка");
    assert_eq!(applied[0].profile.home.as_ref().unwrap().region.as_ref().unwrap().as_str(), "54");
    let mut knowing = Responses::default();
    knowing.read_people(PEOPLE.as_bytes(), World::new(1).unwrap().lexicon()).unwrap();
    knowing.read_vacancies(VACANCIES.as_bytes()).unwrap();
    knowing.read_pairs(pairs.as_bytes(), Response::Applied).unwrap();
    let known = &knowing.applied()[0].profile.work[0];
    assert_eq!(known.occupation.isco.unwrap().as_code(), "7212");
    assert_eq!(known.experience, Some(ExperienceBand::OverFive));
}

#[test]
fn a_table_of_other_columns_is_told() {
    let mut release = Responses::default();
    let error = release.read_vacancies("id;name\n1;x\n".as_bytes()).unwrap_err();
    let expected =
        "find the column identifier in the table vacancies; the release has other columns than are known";
    assert_eq!(error.to_string(), expected);
}
