//! Rows that correct and cancel others, numbers that were changed, profiles that change while a source is open.

use crate::base::Limits;
use crate::base::with_causes;
use crate::exchange::adapter::Found;
use crate::exchange::adapter::ProfileBook;
use crate::exchange::adapter::Source;
use crate::exchange::canonical::InsuranceRecord;
use crate::exchange::canonical::State;
use std::fs;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;

fn ugly() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/local/ugly")
}

fn asked(source: &Source, state: State, family: &str, given: &str, born: &str) -> InsuranceRecord {
    answered(source, state, (family, given, born)).0
}

fn answered(
    source: &Source,
    state: State,
    (family, given, born): (&str, &str, &str),
) -> (InsuranceRecord, Arc<[String]>) {
    let inquiry = format!(
        r#"{{ "asking": "{}", "asked": "{state}", "purpose": "old-age", "person": {{
            "name": {{ "family": "{family}", "given": "{given}" }}, "birth_date": "{born}" }} }}"#,
        if state == State::Ru { "KZ" } else { "RU" }
    );
    match source.find(&serde_json::from_str(&inquiry).unwrap(), "2026-11-24".parse().unwrap()).unwrap() {
        Found::Record(record, read_by) => (record, read_by),
        found @ (Found::Nobody | Found::Several) => panic!("{found:?}"),
    }
}

#[test]
fn a_correction_replaces_the_one_before_it_and_all_of_them_are_kept() {
    let source = Source::open(State::By, ugly()).unwrap();
    let record = asked(&source, State::By, "Ковалёў", "Алесь", "1985-03-15");
    let work: Vec<_> = record.periods.iter().filter(|one| one.kind.as_str() == "work").collect();
    assert_eq!(work.len(), 3, "the history is kept");
    let standing: Vec<String> = record
        .standing_periods()
        .filter(|one| one.kind.as_str() == "work")
        .map(|one| one.interval.to().unwrap().to_string())
        .collect();
    assert_eq!(standing, ["2012-07-31"], "the second correction corrects the first");
    let amounts: Vec<String> =
        record.standing_contributions().map(|one| one.amount.amount.to_string()).collect();
    assert_eq!(amounts, ["16.00", "15.00"], "January was corrected, February written with a comma");
    assert_eq!(record.contributions.len(), 3);
}

#[test]
fn a_cancellation_takes_back_what_it_names_and_nothing_else() {
    let source = Source::open(State::By, ugly()).unwrap();
    let record = asked(&source, State::By, "Новик", "Ольга", "1990-07-22");
    let cancelled: Vec<_> = record.periods.iter().filter(|one| one.cancelled_on.is_some()).collect();
    assert_eq!(cancelled.len(), 1);
    assert_eq!(cancelled[0].interval.from().to_string(), "2015-01-10");
    assert_eq!(cancelled[0].cancelled_on.unwrap().to_string(), "2015-02-05");
    assert_eq!(record.standing_periods().count(), 2, "a correction of nothing is told for the first time");

    let armenian = Source::open(State::Am, ugly()).unwrap();
    let record = asked(&armenian, State::Am, "Petrosyan", "Aram", "1985-03-15");
    assert_eq!(record.contributions.len(), 2);
    assert_eq!(record.standing_contributions().count(), 0, "the corrected return was withdrawn");
    let record = asked(&armenian, State::Am, "Sargsyan", "Anahit", "1990-07-22");
    assert_eq!(
        record.standing_contributions().count(),
        1,
        "who has no number is known by name and birth date"
    );
}

#[test]
fn what_was_told_under_a_former_number_is_of_the_same_person() {
    let source = Source::open(State::Kg, ugly()).unwrap();
    let record = asked(&source, State::Kg, "Бекмуратова", "Айгуль", "1990-07-22");
    let numbers: Vec<&str> = record.person.identifiers.iter().map(|held| held.identifier.as_str()).collect();
    assert_eq!(numbers, ["12207199000456", "12207199100459"], "the one in use stands last");
    assert_eq!(record.contributions.len(), 1);
}

const DEPOSITORS: &str = "ИИН;ФИО;Родился\n850315300019;Ахметов Ерлан;1985-03-15\n";

const PROFILE: &str = r#"[profile]
state = "KZ"
record = "person"
version = "7"
files = "fl-*.csv"
format = "csv"

[[map]]
local = "ИИН"
canonical = "person.identifiers"
convert = "identifier"
kind = "iin"

[[map]]
local = "ФИО"
canonical = "person.name"
convert = "name"

[[map]]
local = "Родился"
canonical = "person.birth_date"
convert = "date"
pattern = "%Y-%m-%d"
"#;

#[test]
fn a_profile_of_ones_own_is_data_and_counts_as_soon_as_it_changes() {
    let (local, own) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    fs::write(local.path().join("fl-1.csv"), DEPOSITORS).unwrap();
    let book = Arc::new(ProfileBook::new(State::Kz, Some(own.path().to_owned())));
    let source = Source::open_with(book, local.path(), Limits::default()).unwrap();
    assert_eq!(source.count(), 0, "no profile knows such a file");

    let erlan = ("Ахметов", "Ерлан", "1985-03-15");
    fs::write(own.path().join("fl.toml"), PROFILE).unwrap();
    let (record, read_by) = answered(&source, State::Kz, erlan);
    assert_eq!((record.person.identifiers.len(), &*read_by), (1, &["fl.toml 7".to_owned()][..]));

    let changed = PROFILE.replace("version = \"7\"", "version = \"7.1\"\n");
    fs::write(own.path().join("fl.toml"), &changed).unwrap();
    assert_eq!(*answered(&source, State::Kz, erlan).1, ["fl.toml 7.1"]);

    // A mistake keeps everybody waiting, with its place, and passes when it is mended.
    fs::write(own.path().join("fl.toml"), changed.replace("convert = \"date\"", "convert = \"day\""))
        .unwrap();
    let error = source.take_reading().unwrap_err();
    let told = with_causes(&error);
    assert!(told.contains("profile fl.toml, line 23, column 11, key convert"), "{told}");
    assert_eq!(error.verdict(), crate::base::Verdict::Retry { not_before: None });
    fs::write(own.path().join("fl.toml"), &changed).unwrap();
    assert!(source.take_reading().is_ok());

    // One of the same name stands for the built-in; one of another state is refused.
    fs::write(own.path().join("depositors.toml"), PROFILE.replace("fl-*", "depositors*")).unwrap();
    fs::write(local.path().join("depositors.csv"), DEPOSITORS).unwrap();
    assert_eq!(*answered(&source, State::Kz, erlan).1, ["depositors.toml 7", "fl.toml 7.1"]);

    // A link is what it leads to: another version there is another profile here.
    let elsewhere = tempfile::tempdir().unwrap();
    fs::write(elsewhere.path().join("a.toml"), &changed).unwrap();
    fs::remove_file(own.path().join("fl.toml")).unwrap();
    std::os::unix::fs::symlink(elsewhere.path().join("a.toml"), own.path().join("fl.toml")).unwrap();
    assert_eq!(answered(&source, State::Kz, erlan).1[1], "fl.toml 7.1");
    fs::write(elsewhere.path().join("a.toml"), changed.replace("7.1", "7.10")).unwrap();
    assert_eq!(answered(&source, State::Kz, erlan).1[1], "fl.toml 7.10");
    fs::write(own.path().join("ru.toml"), PROFILE.replace("\"KZ\"", "\"RU\"")).unwrap();
    let told = with_causes(&source.take_reading().unwrap_err());
    assert_eq!(
        told,
        "use profile ru.toml, line 2, column 1, key state: the profile is of RU, the node of KZ"
    );
}
