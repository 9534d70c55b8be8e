//! Pairs of persons, each with what it is meant to show.

use super::*;
use serde_json::Value as Json;
use serde_json::json;

fn person(json: Json) -> Person {
    serde_json::from_value(json).unwrap()
}

fn named(family: &str, given: &str, patronymic: Option<&str>, birth: &str) -> Json {
    let mut name = json!({ "family": family, "given": given });
    if let Some(patronymic) = patronymic {
        name["patronymic"] = json!(patronymic);
    }
    json!({ "name": name, "birth_date": birth, "sex": "1", "citizenships": ["KZ"] })
}

fn with(mut person: Json, key: &str, value: Json) -> Json {
    person[key] = value;
    person
}

fn number(kind: &str, value: &str) -> Json {
    json!([{ "kind": kind, "value": value }])
}

fn told(one: Json, other: Json) -> (Resemblance, Vec<String>) {
    let (one, other) = (person(one), person(other));
    let matcher = Matcher::built_in().unwrap();
    let likeness = matcher.compare(&one, &other);
    let mirrored = matcher.compare(&other, &one);
    assert_eq!(likeness.resemblance, mirrored.resemblance, "the order does not matter");
    assert!((likeness.score - mirrored.score).abs() < 1e-9);
    let sum: f64 = likeness.reasons.iter().map(|reason| reason.weight).sum();
    assert!((likeness.score - sum).abs() < 1e-9, "the reasons are the score");
    (likeness.resemblance, likeness.reasons.into_iter().map(|reason| reason.code).collect())
}

fn serikov() -> Json {
    named("Қасымбеков", "Ерлан", Some("Серікұлы"), "1985-03-12")
}

#[test]
fn the_same_name_in_other_letters_and_the_fathers_name_otherwise_formed_are_strong() {
    let (resemblance, codes) =
        told(serikov(), named("KASSYMBEKOV", "YERLAN", Some("Serikovich"), "1985-03-12"));
    let expected = [
        "birth.same",
        "family.letters",
        "given.letters",
        "patronymic.letters",
        "sex.same",
        "citizenship.shared",
    ];
    assert_eq!((resemblance, codes), (Resemblance::Strong, expected.map(str::to_owned).to_vec()));
}

#[test]
fn a_name_at_home_is_compared_too() {
    let armenian = json!({
        "name": { "family": "Xxxxxx", "given": "Yyyyyy" }, "birth_date": "1985-03-12",
        "original_name": { "language": "hy", "name": { "family": "Ղազարյան", "given": "Գևորգ" } },
    });
    let (_, codes) = told(
        armenian,
        json!({ "name": { "family": "Ghazaryan", "given": "Gevorg" }, "birth_date": "1985-03-12" }),
    );
    assert_eq!(codes, ["birth.same", "family.letters", "given.letters"]);
}

#[test]
fn belarusian_and_russian_names_of_one_person_are_one() {
    let (resemblance, codes) = told(
        named("Гаўрыленка", "Сяргей", Some("Мікалаевіч"), "1979-11-02"),
        named("Гавриленко", "Сергей", Some("Николаевич"), "1979-11-02"),
    );
    assert_eq!(
        codes[1..4],
        ["family.typo", "given.letters", "patronymic.letters"].map(str::to_owned),
        "{codes:?}"
    );
    assert_eq!(resemblance, Resemblance::Possible);
}

#[test]
fn each_slip_of_a_day_of_birth_has_its_own_weight() {
    let of = |birth: &str| told(serikov(), with(serikov(), "birth_date", json!(birth))).1.swap_remove(0);
    assert_eq!(of("1985-12-03"), "birth.swapped");
    assert_eq!(of("1985-01-01"), "birth.year");
    assert_eq!(of("1986-03-12"), "birth.part");
    assert_eq!(of("1986-03-13"), "birth.other");
    let numbered = with(serikov(), "identifiers", number("pin", "21303198500017"));
    let codes = told(numbered, with(serikov(), "birth_date", json!("1985-03-13"))).1;
    assert_eq!(codes[0], "birth.by_number", "its number tells the other's day");
}

#[test]
fn a_shared_number_tells_unless_name_and_birth_date_are_another_persons() {
    let number = number("iin", "850315300019");
    let own = with(serikov(), "identifiers", number.clone());
    let married = with(named("Ким", "Ерлан", None, "1985-03-12"), "identifiers", number.clone());
    assert_eq!(told(own.clone(), married).0, Resemblance::SameNumber);
    let stranger = with(named("Петров", "Олег", None, "1990-07-22"), "identifiers", number);
    assert_eq!(told(own, stranger).0, Resemblance::Contradicted);
}

#[test]
fn other_numbers_contradict_only_where_no_rule_lets_them_change() {
    let of = |kind: &str, one: &str, other: &str| {
        told(
            with(serikov(), "identifiers", number(kind, one)),
            with(serikov(), "identifiers", number(kind, other)),
        )
    };
    assert_eq!(of("iin", "850315300019", "850315301801").0, Resemblance::Contradicted);
    assert_eq!(of("snils", "11223344595", "12345678964").0, Resemblance::Contradicted);
    let (resemblance, codes) = of("pin", "21203198500017", "21203198500099");
    assert_eq!((resemblance, codes[0].as_str()), (Resemblance::Possible, "number.other.pin"));
    let (resemblance, codes) = of("iin", "850315300019", "850315300018");
    assert_eq!(
        (resemblance, codes[0].as_str()),
        (Resemblance::Strong, "number.near"),
        "its check digit is wrong"
    );
    let (_, codes) = of("iin", "850315300019", "850315300080");
    assert_ne!(codes[0], "number.near", "two sound numbers are two persons");
}

#[test]
fn a_number_that_was_replaced_is_told_as_such() {
    let history = json!([
        { "kind": "pin", "value": "21203198500017", "validity": { "from": "2005-01-01", "to": "2019-12-31" } },
        { "kind": "pin", "value": "21203198500099", "validity": { "from": "2020-01-01" } },
    ]);
    let own = with(serikov(), "identifiers", history);
    let old = with(serikov(), "identifiers", number("pin", "21203198500017"));
    let (resemblance, codes) = told(own, old);
    assert_eq!((resemblance, codes[0].as_str()), (Resemblance::SameNumber, "number.former"));
}

#[test]
fn names_that_changed_places_double_names_and_initials_are_seen() {
    let (_, codes) = told(serikov(), named("Ерлан", "Қасымбеков", None, "1985-03-12"));
    assert_eq!(
        codes[1..5],
        ["family.same", "given.same", "name.order", "patronymic.missing"].map(str::to_owned)
    );
    let (_, codes) = told(serikov(), named("Қасымбеков-Нұров", "Е.", Some("С."), "1985-03-12"));
    assert_eq!(codes[1..4], ["family.part", "given.initial", "patronymic.initial"].map(str::to_owned));
    let woman = |family: &str| with(named(family, "Айгуль", None, "1985-03-12"), "sex", json!("2"));
    assert_eq!(told(woman("Байжанова"), woman("Байжанов")).1[1], "family.form");
    assert_eq!(told(woman("Байжанова"), woman("Сергеева")).1[1], "family.other.woman");
    assert_eq!(told(woman("Байжанова"), woman("Байжнова")).1[1], "family.typo");
}

#[test]
fn what_a_namesake_a_twin_and_a_father_share_is_not_enough() {
    let common = named("Иванов", "Иван", Some("Иванович"), "1985-03-12");
    assert_eq!(told(common.clone(), common).0, Resemblance::Possible, "there are too many of them");
    assert_ne!(
        told(serikov(), named("Қасымбеков", "Нұрлан", Some("Серікұлы"), "1985-03-12")).0,
        Resemblance::Strong
    );
    assert_eq!(
        told(serikov(), named("Қасымбеков", "Серік", Some("Болатұлы"), "1958-01-20")).0,
        Resemblance::Unlikely
    );
}

#[test]
fn no_reason_shows_a_value() {
    let likeness = Matcher::built_in().unwrap().compare(&person(serikov()), &person(serikov()));
    let shown = format!("{likeness:?} {}", likeness.in_short());
    for personal in ["асымбеков", "kasimbekov", "1985", "Ерлан"] {
        assert!(!shown.contains(personal), "{shown}");
    }
    assert!(likeness.in_short().starts_with("birth.same +14.4, family.same "), "{shown}");
}

#[test]
fn weights_that_are_missing_or_no_frequencies_are_refused() {
    let text = include_str!("../../../../schemas/names/likeness.toml");
    let refused = |text: String| Matcher::of_weights(&text).map(|_| ()).unwrap_err().message;
    assert!(refused(text.replace("\"sex.other\"", "\"sex.others\"")).contains("no weight of sex.other"));
    assert!(refused(text.replace("u = 0.5", "u = 0.0")).contains("not above 0"));
    assert!(refused(text.replace("[verdict]", "[verdicts]")).contains("cannot be read"));
}
