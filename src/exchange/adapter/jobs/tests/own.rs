//! The generic drop: its manifest, its entries and its twin in cells.

use super::cleaner;
use crate::base::Digest256;
use crate::exchange::adapter::jobs::Manifest;
use crate::exchange::canonical::job::{Vacancy, VacancyStatus};
use crate::exchange::canonical::{Coded, State};
use serde_json::{Value, json};

fn entry() -> Value {
    json!({
        "reference": { "state": "BY", "source": "gsz", "id": "b-1" }, "status": "open", "title": "Электрасваршчык",
        "language": "be", "description": "<b>Зварка</b> труб; тэл. +375 29 123-45-67",
        "occupations": [{ "scheme": "okrb-014", "edition": "2017", "code": "7212-003" }],
        "employer": { "state": "BY", "name": "ААТ «Заря»", "number": { "kind": "unp", "value": "100000001" } },
        "places": [{ "country": "BY", "region": "5", "name": "Мінск" }],
        "pay": { "min": "1500", "currency": "бел. руб.", "interval": "month" }, "offering": "DirectHire",
        "schedule": "FullTime", "languages": [{ "language": "be", "level": "B1", "is_required": true }],
        "licences": ["B"], "posts": 2, "posted_on": "2026-07-01", "changed_at": "2026-07-02T10:00:00Z",
        "closes_on": "2026-09-01", "contacts": [{ "channel": "X-Person", "value": "Ковалёва Анна" }],
    })
}

fn gsz() -> Coded {
    "gsz".parse().unwrap()
}

fn read(entry: Value) -> Result<(Vacancy, Vec<String>), String> {
    let taken =
        cleaner().own(entry, (State::By, &gsz()), "d.jsonl:1").map_err(|finding| finding.to_string())?;
    Ok((taken.record, taken.findings.iter().map(|one| format!("{} {}", one.code, one.path)).collect()))
}

#[test]
fn an_entry_is_read_and_cleaned() {
    let (vacancy, findings) = read(entry()).unwrap();
    assert_eq!(findings, Vec::<String>::new());
    assert_eq!(vacancy.description.as_ref().unwrap().as_str(), "Зварка труб; …");
    assert_eq!((vacancy.pay.unwrap().currency().as_code(), vacancy.contacts.len()), ("BYN", 2));
    let written = serde_json::to_value(&vacancy).unwrap();
    assert_eq!(read(written).unwrap().0, vacancy, "what we write we read");
}

#[test]
fn one_wrong_value_costs_itself_and_no_more() {
    for (name, value, told) in [
        ("offering", json!("Forever"), "adapter.job_code d.jsonl:1 offering"),
        ("schooling", json!("99"), "adapter.job_code d.jsonl:1 schooling"),
        ("licences", json!(["B", "Z"]), "adapter.job_code d.jsonl:1 licences"),
        (
            "pay",
            json!({ "min": "2", "max": "1", "currency": "BYN", "interval": "month" }),
            "adapter.job_pay d.jsonl:1 salary_min",
        ),
        (
            "pay",
            json!({ "min": "2", "currency": "XTS", "interval": "month" }),
            "adapter.job_currency d.jsonl:1 currency",
        ),
        (
            "pay",
            json!({ "min": "2", "currency": "BYN", "interval": "moon" }),
            "adapter.job_pay d.jsonl:1 pay",
        ),
        ("closes_on", json!("скоро"), "adapter.job_date d.jsonl:1 closes_on"),
        ("page", json!("javascript:x"), "adapter.job_code d.jsonl:1 page"),
    ] {
        let mut entry = entry();
        entry[name] = value;
        assert_eq!(read(entry).unwrap().1, [told], "{name}");
    }
    let mut closed = entry();
    closed["closes_on"] = json!("2026-07-31");
    assert_eq!(read(closed).unwrap().0.status, VacancyStatus::Closed);
}

#[test]
fn what_is_no_vacancy_of_the_drop_is_set_aside_without_its_values() {
    for (name, value) in [
        ("reference", json!({ "state": "KG", "source": "gsz", "id": "b-1" })),
        ("reference", json!({ "source": "other", "id": "b-1" })),
        ("reference", json!({})),
        ("title", json!("")),
        ("posted_on", json!("когда-то")),
        ("status", json!("maybe")),
        ("sekret", json!("Ковалёва")),
    ] {
        let mut entry = entry();
        entry[name] = value.clone();
        let told = read(entry).unwrap_err();
        assert!(
            told.starts_with("d.jsonl:1 ") && !told.contains("Ковал") && !told.contains("maybe"),
            "{name}: {told}"
        );
    }
    assert!(read(json!([1])).is_err());
}

#[test]
fn cells_with_dotted_names_tell_the_same() {
    let cells = json!({
        "id": "b-1", "title": "Сварщик", "posts": "2", "is_of_agency": "нет", "employer.name": "ААТ «Заря»",
        "employer.number.kind": "unp", "employer.number.value": "100000001", "places.0.country": "BY",
        "places.0.region": "5", "pay.min": "1 500,50", "pay.currency": "BYN", "pay.interval": "month",
        "occupations.0.scheme": "okrb-014", "occupations.0.edition": "2017", "occupations.0.code": "7212-003",
        "licences": "B; C", "languages.0.language": "be", "languages.0.is_required": "да", "schedule": "",
        "posted_on": "2026-07-01", "changed_at": "2026-07-02T10:00:00Z", "skills": [{ "name": "зварка" }],
    });
    let (vacancy, findings) = read(cells).unwrap();
    assert_eq!(findings, Vec::<String>::new());
    assert_eq!((vacancy.reference.state, vacancy.reference.source.as_str()), (State::By, "gsz"));
    assert_eq!((vacancy.posts, vacancy.licences.len(), vacancy.languages[0].is_required), (2, 2, true));
    assert_eq!(vacancy.pay.unwrap().min().unwrap().to_string(), "1500.50");
    assert_eq!(vacancy.occupations[0].code.as_str(), "7212-003");
}

#[test]
fn a_manifest_that_disagrees_says_in_what() {
    let digest = Digest256([7; 32]);
    let text = |version: &str| {
        format!(
            r#"{{"source":"gsz","state":"BY","produced_at":"2026-07-02T10:00:00Z","count":2,"sha256":"{digest}","schema_version":"{version}"}}"#
        )
    };
    let manifest = Manifest::read(text("1").as_bytes(), "m.json").unwrap();
    assert!(manifest.disagreements("m.json", (State::By, 2, digest)).is_empty());
    let found = manifest.disagreements("m.json", (State::Kg, 3, Digest256([8; 32])));
    let rules: Vec<&str> = found.iter().map(|one| one.rule.as_str()).collect();
    assert_eq!(rules, ["state", "sha256", "count"]);
    assert!(Manifest::read(text("2").as_bytes(), "m.json").is_err());
    assert!(Manifest::read(b"{}", "m.json").is_err());
}
