//! The forms of facts: each is read, written and read again; what they say of a person; how old they may be.

use crate::base::Limits;
use crate::exchange::adapter::{
    FactFound, FactQuestion, FactSource, KnownFact, LocalRecord, Profile, ProfileBook,
};
use crate::exchange::canonical::{FactShape, FactValue, Person, State};
use jiff::civil::{Date, date};
use jiff::{Span, Timestamp};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

/// The forms of a state, as files.
fn forms_of(state: State) -> Vec<PathBuf> {
    every_file_of(match state {
        State::Am => "facts/local/am",
        State::By => "facts/local/by",
        State::Kg => "facts/local/kg",
        State::Kz => "facts/local/kz",
        State::Ru => "facts/local/ru",
    })
}

fn every_file_of(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(folder);
    let mut files: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

fn name_of(path: &Path) -> &str {
    path.file_name().unwrap().to_str().unwrap()
}

fn rows_of(profile: &Profile, name: &str, bytes: &[u8]) -> Vec<LocalRecord> {
    let mut rows = Vec::new();
    let findings = profile.read(name, bytes, &Limits::default(), &mut |row, _| rows.push(row)).unwrap();
    assert_eq!(findings.findings, [], "{name}");
    rows
}

#[test]
fn every_form_of_facts_has_a_fixture_that_comes_back_byte_for_byte() {
    let mut forms = 0;
    for state in State::ALL {
        let profiles = Profile::built_in_facts(state).unwrap();
        let files = forms_of(state);
        for profile in &profiles {
            let path = files.iter().find(|path| profile.is_of(name_of(path)));
            let path = path.unwrap_or_else(|| panic!("{} has no fixture", profile.file()));
            let (name, bytes) = (name_of(path), fs::read(path).unwrap());
            let rows = rows_of(profile, name, &bytes);
            assert!(rows.len() >= 2, "{name}");
            let (written, lost) = profile.write(&rows).unwrap();
            assert_eq!(lost, [], "{name}");
            assert_eq!(String::from_utf8(written).unwrap(), String::from_utf8(bytes).unwrap(), "{name}");
            forms += 1;
        }
        let is_described = |path: &&PathBuf| profiles.iter().any(|profile| profile.is_of(name_of(path)));
        assert_eq!(files.iter().filter(is_described).count(), files.len(), "{state}: a file of no form");
    }
    assert_eq!(forms, 20);
}

/// A folder with the fixtures of a state, as of a day.
fn fed(state: State, day: Date) -> (tempfile::TempDir, FactSource) {
    let folder = tempfile::tempdir().unwrap();
    for from in forms_of(state) {
        let to = folder.path().join(name_of(&from));
        fs::write(&to, fs::read(&from).unwrap()).unwrap();
        set_day(&to, day);
    }
    let book = Arc::new(ProfileBook::new(state, None));
    let source = FactSource::watch(book, folder.path(), Limits::default());
    (folder, source)
}

fn set_day(path: &Path, day: Date) {
    let at: Timestamp = format!("{day}T12:00:00Z").parse().unwrap();
    let at = SystemTime::UNIX_EPOCH + Duration::from_secs(at.as_second().try_into().unwrap());
    File::options().write(true).open(path).unwrap().set_modified(at).unwrap();
}

fn person(state: State, number: &str, family: &str, given: &str, birth: &str) -> Person {
    let kind = match state {
        State::Am => "psn",
        State::By => "by-number",
        State::Kg => "pin",
        State::Kz => "iin",
        State::Ru => "snils",
    };
    let json = serde_json::json!({
        "name": { "family": family, "given": given }, "birth_date": birth,
        "identifiers": [{ "kind": kind, "value": number }],
    });
    serde_json::from_value(json).unwrap()
}

fn question(kind: &str, shape: FactShape, person: &Person) -> FactQuestion {
    FactQuestion { kind: kind.parse().unwrap(), shape, age_days: 7, person: person.clone() }
}

fn told(found: FactFound) -> String {
    match found {
        FactFound::Known(KnownFact { value, until, .. }) => {
            let value = serde_json::to_string(&value).unwrap();
            until.map_or(value.clone(), |until| format!("{value} until {until}"))
        }
        FactFound::Nobody => "none".to_owned(),
        FactFound::Several => "several".to_owned(),
        FactFound::Late { as_of } => format!("late {as_of:?}"),
    }
}

const TODAY: Date = date(2026, 11, 30);

#[test]
fn the_forms_say_of_a_person_what_each_kind_asks() {
    let kim = || person(State::Ru, "110-671-867 34", "Ким", "Виктория", "1970-07-22");
    let kozlov = || person(State::By, "3190184A000PB4", "Козлов", "Иван", "1984-01-19");
    let kovalev = || person(State::By, "3170452A001PB7", "Ковалёв", "Иван", "1952-04-17");
    let akhmetov = || person(State::Kz, "850315300019", "Ахметов", "Ерлан", "1985-03-15");
    let nobody = || person(State::Kz, "900101300010", "Никто", "Некто", "1990-01-01");
    let zhumabaev = || person(State::Kg, "21901198400000", "Жумабаев", "Азамат", "1984-01-19");
    use FactShape::{Address, Amounts, Code, Match, Measures, Since, Until};
    for (state, kind, shape, who, expected) in [
        (State::Ru, "X-PENSION-SINCE", Since, kim(), r#"{"since":"2024-03-01"}"#),
        (
            State::Ru,
            "X-WAGE-SUMMARY",
            Amounts,
            kim(),
            r#"{"amounts":[{"month":"2026-08","amount":{"amount":"128000.00","currency":"RUB"}},{"month":"2026-09","amount":{"amount":"70250.50","currency":"RUB"}}]}"#,
        ),
        (
            State::Ru,
            "X-MEASURE",
            Measures,
            kim(),
            r#"{"measures":[{"code":"0401","interval":{"from":"2026-01-01"},"amount":{"amount":"3120.00","currency":"RUB"}},{"code":"0535","interval":{"from":"2026-03-01","to":"2026-12-31"}}]}"#,
        ),
        (State::Ru, "X-EMPLOYED-SINCE", Since, kim(), "none"),
        (State::By, "X-LARGE-FAMILY", Until, kozlov(), r#"{"until":"2031-08-31"} until 2031-08-31"#),
        (State::By, "X-LARGE-FAMILY", Until, kovalev(), "none"),
        (State::By, "X-DISABILITY-GROUP", Code, kozlov(), r#"{"code":"2"}"#),
        (State::By, "X-DISABILITY-GROUP", Code, kovalev(), "none"),
        (State::Kz, "X-IDENTITY", Match, akhmetov(), r#"{"match":"yes"}"#),
        (State::Kz, "X-IDENTITY", Match, nobody(), "none"),
        (State::Kz, "X-WELFARE-LEVEL", Code, akhmetov(), r#"{"code":"C"}"#),
        (
            State::Kz,
            "X-WALLET-STATUS",
            Measures,
            akhmetov(),
            r#"{"measures":[{"code":"food","status":"executed","interval":{"from":"2026-10-01","to":"2026-10-31"}},{"code":"medicine","status":"waiting","interval":{"from":"2026-11-01","to":"2026-11-30"}}]}"#,
        ),
        (
            State::Kg,
            "X-RESIDES",
            Address,
            zhumabaev(),
            r#"{"address":{"region":"Чуйская область","district":"Аламудунский район"}}"#,
        ),
    ] {
        let (_folder, source) = fed(state, TODAY);
        let found = source.find(&question(kind, shape, &who), TODAY).unwrap();
        assert_eq!(told(found), expected, "{kind}");
        assert_eq!(source.take_findings(), []);
    }
}

#[test]
fn a_feed_that_is_too_old_or_was_never_there_says_nothing() {
    let akhmetov = person(State::Kz, "850315300019", "Ахметов", "Ерлан", "1985-03-15");
    let account = question("X-ACCOUNT-SINCE", FactShape::Since, &akhmetov);
    let (folder, source) = fed(State::Kz, date(2026, 11, 23));
    assert_eq!(
        told(source.find(&account, TODAY).unwrap()),
        r#"{"since":"2009-06-15"}"#,
        "seven days are in time"
    );
    let next = TODAY.checked_add(Span::new().days(1)).unwrap();
    assert_eq!(told(source.find(&account, next).unwrap()), "late Some(2026-11-23)");
    set_day(&folder.path().join("accounts.csv"), next);
    assert!(matches!(source.find(&account, next).unwrap(), FactFound::Known(_)), "a new file counts at once");
    fs::remove_file(folder.path().join("accounts.csv")).unwrap();
    assert_eq!(told(source.find(&account, next).unwrap()), "late None");
}

#[test]
fn a_row_that_says_how_old_it_is_is_believed_before_its_file() {
    let (folder, source) = fed(State::Kz, TODAY);
    let text = fs::read_to_string(folder.path().join("accounts.csv")).unwrap();
    fs::write(folder.path().join("accounts.csv"), text.replace("2009-06-15,", "2009-06-15,2026-10-01"))
        .unwrap();
    set_day(&folder.path().join("accounts.csv"), TODAY);
    let akhmetov = person(State::Kz, "850315300019", "Ахметов", "Ерлан", "1985-03-15");
    let account = question("X-ACCOUNT-SINCE", FactShape::Since, &akhmetov);
    assert_eq!(told(source.find(&account, TODAY).unwrap()), "late Some(2026-10-01)");
}

#[test]
fn what_two_payers_paid_for_one_month_is_added_and_a_row_told_twice_counts_once() {
    let (folder, source) = fed(State::Ru, TODAY);
    let path = folder.path().join("facts.csv");
    let text = fs::read_to_string(&path).unwrap();
    let row = text.lines().find(|line| line.ends_with("w-3")).unwrap().to_owned();
    fs::write(&path, format!("{text}{row}\n")).unwrap();
    let kim = person(State::Ru, "110-671-867 34", "Ким", "Виктория", "1970-07-22");
    let found = source.find(&question("X-WAGE-SUMMARY", FactShape::Amounts, &kim), TODAY).unwrap();
    let FactFound::Known(KnownFact { value: FactValue::Amounts(months), .. }) = found else { panic!() };
    let sums: Vec<String> = months.iter().map(|one| one.amount.amount.to_string()).collect();
    assert_eq!(sums, ["128000.00", "70250.50"]);
    let findings = source.take_findings();
    assert_eq!(findings.iter().map(|one| one.code.as_str()).collect::<Vec<_>>(), ["adapter.row_twice"]);
    assert_eq!(source.take_findings(), [], "they are told once");
}

#[test]
fn a_row_that_is_wrong_is_set_aside_with_its_place_and_the_others_count() {
    let (folder, source) = fed(State::By, TODAY);
    let path = folder.path().join("disability.csv");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replace("3,2023-09-01,2024-08-31", "3,2023-09-01,2022-08-31")).unwrap();
    set_day(&path, TODAY);
    let kozlov = person(State::By, "3190184A000PB4", "Козлов", "Иван", "1984-01-19");
    let asked = question("X-DISABILITY-GROUP", FactShape::Code, &kozlov);
    assert_eq!(told(source.find(&asked, TODAY).unwrap()), r#"{"code":"2"}"#);
    let findings = source.take_findings();
    assert!(findings[0].path.starts_with("disability.csv:3"), "{findings:?}");
    assert!(!format!("{findings:?}").contains("Ковалёв"));
}

#[test]
fn life_events_are_told_with_the_person_and_the_other_state() {
    let (_folder, source) = fed(State::Ru, TODAY);
    let mut events = source.life_events().unwrap();
    events.sort_by(|a, b| a.event.id.cmp(&b.event.id));
    let told: Vec<String> = events
        .iter()
        .map(|one| format!("{} {} {}", one.event.kind.as_str(), one.event.date, one.event.state))
        .collect();
    assert_eq!(
        told,
        [
            "retirement-age 2026-11-20 KZ",
            "departure 2026-11-20 KG",
            "death 2026-11-21 KZ",
            "birth 2026-11-22 KG"
        ]
    );
    assert!(events.iter().all(|one| one.person.citizenships.is_empty() && one.person.identifiers.len() == 1));
}
