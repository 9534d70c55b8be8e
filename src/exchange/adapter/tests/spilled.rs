//! Files that memory may not hold: every answer and every finding is the one that memory gives.

use crate::base::Limits;
use crate::exchange::adapter::FileRead;
use crate::exchange::adapter::ProfileBook;
use crate::exchange::adapter::Source;
use crate::exchange::canonical::Inquiry;
use crate::exchange::canonical::InsuranceRecord;
use crate::exchange::canonical::Person;
use crate::exchange::canonical::State;
use jiff::civil::Date;
use jiff::civil::date;
use proptest::prelude::*;
use std::fs;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;

const TODAY: Date = date(2026, 11, 23);

/// The same folder read in memory, and through files.
fn both(book: &Arc<ProfileBook>, folder: &Path, spills: &Path) -> [Source; 2] {
    [usize::MAX, 0].map(|local_held_bytes_max| {
        let limits = Limits { local_held_bytes_max, ..Limits::default() };
        Source::watch(book.clone(), folder, limits).spilling_to(spills)
    })
}

/// All that two sources tell of their files and of some persons is the same.
fn assert_same([held, spilled]: &[Source; 2], asked: &[Person], state: State) {
    let told = |source: &Source| {
        let read = source.take_reading().unwrap().unwrap();
        let files: Vec<FileRead> = read.files;
        (read.findings, files, source.count())
    };
    assert_eq!(told(held), told(spilled));
    let everybody: Vec<InsuranceRecord> = held.everybody(TODAY).unwrap();
    assert_eq!(everybody, spilled.everybody(TODAY).unwrap());
    let known = everybody.iter().flat_map(|record| alike(&record.person));
    for person in known.chain(asked.iter().cloned()) {
        assert_eq!(held.aside_of(&person).unwrap(), spilled.aside_of(&person).unwrap());
        let inquiry = inquiry(person, state);
        let [one, other] = [held, spilled].map(|source| source.answer(&inquiry, TODAY, &[]).unwrap());
        assert_eq!(one, other);
    }
}

fn inquiry(person: Person, asked: State) -> Inquiry {
    let asking = if asked == State::Ru { "KZ" } else { "RU" };
    let text =
        serde_json::json!({ "asking": asking, "asked": asked, "purpose": "pension", "person": person });
    serde_json::from_value(text).unwrap()
}

/// A person as he is known, without numbers, a day later, and with another's name.
fn alike(person: &Person) -> Vec<Person> {
    let mut nameless = person.clone();
    nameless.identifiers.clear();
    let mut later = nameless.clone();
    later.birth_date = later.birth_date.tomorrow().unwrap();
    let mut renamed = later.clone();
    renamed.birth_date = person.birth_date;
    renamed.name = serde_json::from_str(r#"{ "family": "Иная", "given": "Особа" }"#).unwrap();
    vec![person.clone(), nameless, later, renamed]
}

fn fixtures(folder: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(folder)
}

#[test]
fn the_fixtures_of_all_states_are_told_as_from_memory() {
    let spills = tempfile::tempdir().unwrap();
    for (state, folder) in [
        (State::Kz, "local/kz"),
        (State::Ru, "local/ru"),
        (State::By, "local/by"),
        (State::Kg, "local/kg"),
        (State::Am, "local/am"),
    ] {
        let book = Arc::new(ProfileBook::new(state, None));
        let sources = both(&book, &fixtures(folder), spills.path());
        assert_same(&sources, &[], state);
        assert_eq!(fs::read_dir(spills.path()).unwrap().count(), 0, "what is kept has no name");
    }
}

const PROFILE: &str = r#"
[profile]
state = "KZ"
record = "contribution"
version = "1.0.0"
files = "pay*.csv"
format = "csv"
[profile.revision]
local = "form"
original = "o"
correcting = "c"
cancelling = "x"
key = ["contribution.month"]
date = "form_date"
pattern = "%Y-%m-%d"
[[map]]
canonical = "contribution.id"
convert = "digest"
of = ["iin", "old", "month"]
[[map]]
local = "old"
canonical = "person.identifiers"
convert = "identifier"
kind = "iin"
optional = true
[[map]]
local = "iin"
canonical = "person.identifiers"
convert = "identifier"
kind = "iin"
optional = true
[[map]]
local = "family"
canonical = "person.name.family"
optional = true
[[map]]
local = "given"
canonical = "person.name.given"
optional = true
[[map]]
local = "born"
canonical = "person.birth_date"
convert = "date"
pattern = "%Y-%m-%d"
optional = true
[[map]]
local = "month"
canonical = "contribution.month"
convert = "month"
pattern = "%Y-%m"
[[map]]
local = "amount"
canonical = "contribution.amount"
convert = "decimal"
currency = "KZT"
[[map]]
canonical = "contribution.kind"
convert = "constant"
value = "opv"
"#;

/// Numbers of invented persons.
fn numbers() -> Vec<String> {
    let text = fs::read_to_string(fixtures("local/kz/depositors.csv")).unwrap();
    let numbers = text.lines().skip(1).filter_map(|line| line.split(',').next().map(str::to_owned));
    numbers.filter(|number| number.len() == 12).take(7).collect()
}

/// Rows of few persons, numbers and names, so that they meet in all ways; some are wrong.
fn row() -> impl Strategy<Value = String> {
    let numbers = numbers();
    let number = || {
        let mut all = numbers.clone();
        all.extend(["", "", "", "12345"].map(str::to_owned));
        prop::sample::select(all)
    };
    let of = |all: &'static [&'static str]| prop::sample::select(all.to_vec());
    (
        (number(), number()),
        of(&["Ким", "Ли", "Цой", ""]),
        of(&["Анна", "Вера", ""]),
        of(&["1990-07-22", "1990-07-23", "1985-03-15", "", "1990-02-31"]),
        of(&["2020-01", "2020-02", "2020-13"]),
        of(&["10", "11", "1x"]),
        of(&["o", "o", "o", "c", "x"]),
    )
        .prop_map(|((old, iin), family, given, born, month, amount, form)| {
            format!("{old},{iin},{family},{given},{born},{month},{amount},{form},2021-01-01\n")
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn whatever_rows_meet_is_told_as_from_memory(files in prop::collection::vec(prop::collection::vec(row(), 1..40), 1..4)) {
        let folder = tempfile::tempdir().unwrap();
        let (profiles, local) = (folder.path().join("profiles"), folder.path().join("local"));
        fs::create_dir(&profiles).unwrap();
        fs::create_dir(&local).unwrap();
        fs::write(profiles.join("pay.toml"), PROFILE).unwrap();
        for (number, rows) in files.iter().enumerate() {
            let text = format!("old,iin,family,given,born,month,amount,form,form_date\n{}", rows.concat());
            fs::write(local.join(format!("pay-{number}.csv")), text).unwrap();
        }
        let book = Arc::new(ProfileBook::new(State::Kz, Some(profiles)));
        let sources = both(&book, &local, &folder.path().join("spills"));
        let asked: Vec<Person> = [("Ким", "Анна", "1990-07-22"), ("Ли", "Вера", "1985-03-15"), ("Цой", "Анна", "1990-07-24")]
            .iter()
            .map(|(family, given, born)| {
                let name = serde_json::json!({ "family": family, "given": given });
                serde_json::from_value(serde_json::json!({ "name": name, "birth_date": born })).unwrap()
            })
            .collect();
        assert_same(&sources, &asked, State::Kz);
    }
}

#[test]
fn what_is_held_has_an_exact_bound() {
    let folder = tempfile::tempdir().unwrap();
    let (local, spills) = (folder.path().join("local"), folder.path().join("no-folder"));
    fs::create_dir(&local).unwrap();
    fs::write(&spills, "a file, where a folder is needed").unwrap();
    let text = "iin,family,given,birth_date\n850315300019,Ким,Анна,15.03.1985\n";
    fs::write(local.join("depositors.csv"), text).unwrap();
    let book = Arc::new(ProfileBook::new(State::Kz, None));
    let count = |local_held_bytes_max| {
        let limits = Limits { local_held_bytes_max, ..Limits::default() };
        let source = Source::watch(book.clone(), &local, limits).spilling_to(&spills);
        source.take_reading().map(|_read| source.count())
    };
    assert_eq!(count(text.len()).unwrap(), 1);
    let error = count(text.len() - 1).unwrap_err();
    assert_eq!(error.code(), "adapter.write");
}
