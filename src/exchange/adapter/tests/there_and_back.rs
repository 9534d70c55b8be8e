//! What a profile writes it reads again, and the same file comes of what it read.

use crate::base::Findings;
use crate::base::Limits;
use crate::exchange::adapter::Entry;
use crate::exchange::adapter::LocalRecord;
use crate::exchange::adapter::Profile;
use crate::exchange::adapter::RecordKind;
use crate::exchange::canonical::State;
use proptest::prelude::*;
use serde_json::Value as Json;
use serde_json::json;

fn profile(state: State, files: &str) -> Profile {
    Profile::built_in(state).unwrap().into_iter().find(|profile| profile.head.files == files).unwrap()
}

fn record(kind: RecordKind, person: &Json, entry: &Json) -> LocalRecord {
    let entry = entry.clone();
    LocalRecord::original(
        serde_json::from_value(person.clone()).unwrap(),
        match kind {
            RecordKind::Person => Entry::Person,
            RecordKind::Contribution => Entry::Contribution(serde_json::from_value(entry).unwrap()),
            RecordKind::Period => Entry::Period(serde_json::from_value(entry).unwrap()),
            RecordKind::Event => Entry::Event(serde_json::from_value(entry).unwrap()),
        },
    )
}

fn read(profile: &Profile, bytes: &[u8]) -> (Vec<LocalRecord>, Findings) {
    let mut records = Vec::new();
    let findings =
        profile.read("f", bytes, &Limits::default(), &mut |record, _| records.push(record)).unwrap();
    (records, findings.findings)
}

/// Ids drawn from local fields are not written; they are set to what is read for the comparison.
fn same_ids(records: &mut [LocalRecord], read: &[LocalRecord]) {
    for (own, other) in records.iter_mut().zip(read) {
        match (&mut own.entry, &other.entry) {
            (Entry::Contribution(own), Entry::Contribution(other)) => own.id = other.id.clone(),
            (Entry::Period(own), Entry::Period(other)) => own.id = other.id.clone(),
            (Entry::Person | Entry::Contribution(_) | Entry::Period(_) | Entry::Event(_), _) => {}
        }
    }
}

fn assert_there_and_back(profile: &Profile, mut records: Vec<LocalRecord>, keeps_ids: bool) {
    let (bytes, lost) = profile.write(&records).unwrap();
    assert_eq!(lost, []);
    let (again, findings) = read(profile, &bytes);
    assert_eq!(findings, [], "{}", String::from_utf8_lossy(&bytes));
    if !keeps_ids {
        same_ids(&mut records, &again);
    }
    let shown = String::from_utf8_lossy(&bytes);
    assert_eq!(again.len(), records.len(), "{shown}");
    for (own, other) in records.iter().zip(&again) {
        assert!(own == other, "{}\n{}\n{shown}", debug(own), debug(other));
    }
    assert_eq!(profile.write(&again).unwrap().0, bytes);
}

fn debug(record: &LocalRecord) -> String {
    let entry = match &record.entry {
        Entry::Person => Ok(Json::Null),
        Entry::Contribution(one) => serde_json::to_value(one),
        Entry::Period(one) => serde_json::to_value(one),
        Entry::Event(one) => serde_json::to_value(one),
    };
    format!("{}\n{}", json!(record.person), entry.unwrap())
}

fn day() -> impl Strategy<Value = String> {
    (1901_i16..2099, 1_i8..=12, 1_i8..=28).prop_map(|(y, m, d)| format!("{y:04}-{m:02}-{d:02}"))
}

/// Letters, and all that has a meaning in CSV, JSON or XML.
fn title() -> impl Strategy<Value = String> {
    "[А-Яа-яA-Za-zӘәІі«<&\"';,=]{1,12}( [А-Я0-9>]{1,6})?"
}

fn word() -> impl Strategy<Value = String> {
    "[А-ЯӘҒ][а-яәғ]{1,10}(-[А-Я][а-я]{1,5})?"
}

/// An IIN of any check digit but of a lawful form.
fn iin() -> impl Strategy<Value = String> {
    (0_u8..100, 1_u8..=12, 1_u8..=28, 3_u8..=6, 0_u16..10_000)
        .prop_map(|(y, m, d, c, n)| sound_iin(&format!("{y:02}{m:02}{d:02}{c}{n:04}")))
}

fn sound_iin(body: &str) -> String {
    let digits: Vec<u32> = body.bytes().map(|b| u32::from(b - b'0')).collect();
    let sum = |weights: Vec<u32>| digits.iter().zip(weights).map(|(d, w)| d * w).sum::<u32>() % 11;
    let first = sum((1..=11).collect());
    let check = if first == 10 { sum(vec![3, 4, 5, 6, 7, 8, 9, 10, 11, 1, 2]) } else { first };
    if check == 10 { "850315300019".to_owned() } else { format!("{body}{check}") }
}

fn snils() -> impl Strategy<Value = String> {
    (1_002_000_u32..999_999_999).prop_map(|n| {
        let body = format!("{n:09}");
        let sum: u32 = body.bytes().zip((1..=9).rev()).map(|(b, w)| u32::from(b - b'0') * w).sum();
        format!("{body}{:02}", sum % 101 % 100)
    })
}

/// Days in order; the last may be absent.
fn interval() -> impl Strategy<Value = Json> {
    (day(), proptest::option::of(day())).prop_map(|(a, b)| match b {
        Some(b) => json!({ "from": a.clone().min(b.clone()), "to": a.max(b) }),
        None => json!({ "from": a }),
    })
}

fn without_nulls(mut json: Json) -> Json {
    if let Json::Object(map) = &mut json {
        map.retain(|_, value| !value.is_null());
        for (_, value) in map.iter_mut() {
            *value = without_nulls(value.take());
        }
    }
    json
}

fn money() -> impl Strategy<Value = Json> {
    (0_i64..10_000_000_000, 0_u32..=4).prop_map(
        |(n, scale)| json!({ "amount": rust_decimal::Decimal::new(n, scale).to_string(), "currency": "KZT" }),
    )
}

fn many<T: std::fmt::Debug>(one: impl Strategy<Value = T>) -> impl Strategy<Value = Vec<T>> {
    proptest::collection::vec(one, 0..6)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn depositors(rows in many((iin(), word(), word(), proptest::option::of(word()), day(), 1_u8..=2))) {
        let records = rows.into_iter().map(|(iin, family, given, patronymic, birth, sex)| {
            let person = without_nulls(json!({
                "name": { "family": family, "given": given, "patronymic": patronymic },
                "birth_date": birth, "sex": sex.to_string(), "citizenships": ["KZ"],
                "identifiers": [{ "kind": "iin", "value": iin }],
            }));
            record(RecordKind::Person, &person, &Json::Null)
        });
        assert_there_and_back(&profile(State::Kz, "depositors*.csv"), records.collect(), true);
    }

    #[test]
    fn contributions(rows in many((iin(), title(), 1901_i16..2100, 1_u8..=12, money(), money(), any::<bool>()))) {
        let records = rows.into_iter().map(|(iin, employer, year, month, base, amount, is_opv)| {
            let person = json!({ "identifiers": [{ "kind": "iin", "value": iin }] });
            let entry = json!({
                "id": "?", "month": format!("{year}-{month:02}"), "kind": if is_opv { "opv" } else { "oppv" },
                "employer": { "state": "KZ", "name": employer, "number": { "kind": "bin", "value": "051140000018" } },
                "base": base, "amount": amount,
            });
            record(RecordKind::Contribution, &person, &entry)
        });
        assert_there_and_back(&profile(State::Kz, "contributions*.csv"), records.collect(), false);
    }

    #[test]
    fn contracts(rows in many((iin(), word(), word(), title(), title(), interval()))) {
        let records = rows.into_iter().map(|(iin, family, given, employer, position, interval)| {
            let person = json!({
                "name": { "family": family, "given": given },
                "identifiers": [{ "kind": "iin", "value": iin }],
            });
            let entry = json!({
                "id": "?", "state": "KZ", "interval": interval, "kind": "work", "position": position,
                "employer": { "state": "KZ", "name": employer, "number": { "kind": "bin", "value": "051140000018" } },
            });
            record(RecordKind::Period, &person, &entry)
        });
        assert_there_and_back(&profile(State::Kz, "contracts*.json"), records.collect(), false);
    }

    #[test]
    fn labour_events(rows in many((snils(), word(), day(), 0..9_usize, any::<[bool; 3]>(), title(), day()))) {
        let kinds = ["hire", "transfer", "rename", "qualification", "dismissal", "ban", "suspension", "resumption", "hire"];
        let records = rows.into_iter().enumerate().map(|(n, (snils, word, day, kind, is, title, other))| {
            let person = json!({
                "name": { "family": word, "given": "Анна" }, "birth_date": other,
                "identifiers": [{ "kind": "snils", "value": snils }],
            });
            let entry = without_nulls(json!({
                "id": format!("0190d0b2-0000-4000-8000-{n:012}"), "kind": (kinds[kind]), "date": day,
                "form": if is[0] { "cancellation" } else { "entry" },
                "work": if is[1] { "main" } else { "secondary" },
                "employer": { "state": "RU", "name": title, "number": { "kind": if is[2] { "inn" } else { "regnum" }, "value": (if is[2] { "7707083893" } else { "087-105-000001" }) } },
                "cancelled_on": is[0].then_some(&other), "position": (!is[0]).then_some(&title),
                "details": (!is[0] && is[1]).then_some(&title), "occupation": (!is[0] && is[2]).then_some("2512.8"),
                "from": (!is[0] && is[2]).then_some(&day), "to": (!is[0] && is[1]).then_some(&other),
            }));
            record(RecordKind::Event, &person, &entry)
        });
        assert_there_and_back(&profile(State::Ru, "labour-events*.xml"), records.collect(), true);
    }

    #[test]
    fn insured_periods(rows in many((snils(), iin(), word(), interval(), 0..5_usize, any::<[bool; 4]>(), title()))) {
        let kinds = [
            "work", "civil-contract", "childcare", "military-service", "public-service", "self-employment", "care",
            "sickness", "unemployment", "study", "other",
        ];
        let records = rows.into_iter().enumerate().map(|(n, (snils, iin, word, interval, kind, is, title))| {
            let mut identifiers = vec![json!({ "kind": "snils", "value": snils })];
            if is[0] {
                identifiers.push(json!({ "kind": "iin", "value": iin }));
            }
            let person = json!({
                "name": { "family": word, "given": "Анна" }, "birth_date": "1985-03-15", "identifiers": identifiers,
            });
            let conditions: Vec<Json> = ["territory", "working-conditions", "counting", "long-service"].iter().zip(is)
                .filter(|(_, is)| *is)
                .map(|(kind, _)| json!({ "kind": kind, "code": "27-1", "coefficient": "1.5" }))
                .chain(is[3].then(|| json!({ "kind": "long-service" })))
                .collect();
            let entry = without_nulls(json!({
                "id": format!("id-{n}"), "state": if is[1] { "RU" } else { "KZ" }, "interval": interval,
                "kind": (kinds[kind]), "special_conditions": conditions, "position": is[2].then_some(&title),
                "employer": { "state": if is[1] { "RU" } else { "KZ" }, "name": title,
                    "number": { "kind": (["inn", "bin", "regnum"][kind % 3]), "value": "051140000018" } },
            }));
            record(RecordKind::Period, &person, &entry)
        });
        assert_there_and_back(&profile(State::Ru, "insured-periods*.xml"), records.collect(), true);
    }
}

/// One column holds the amount of contributions of one kind, another that of the other.
const BY_KIND: &str = r#"[profile]
state = "KZ"
record = "contribution"
version = "1"
files = "p*.csv"
format = "csv"

[[map]]
local = "iin"
canonical = "person.identifiers"
convert = "identifier"
kind = "iin"

[[map]]
canonical = "contribution.id"
convert = "digest"
of = ["iin", "month", "kind"]

[[map]]
local = "month"
canonical = "contribution.month"
convert = "month"
pattern = "%Y-%m"

[[map]]
local = "kind"
canonical = "contribution.kind"
convert = "codes"
table = { "O" = "opv", "P" = "oppv" }

[[map]]
local = "opv"
canonical = "contribution.amount"
convert = "decimal"
currency = "KZT"
when = { local = "kind", is = ["O"] }

[[map]]
local = "oppv"
canonical = "contribution.amount"
convert = "decimal"
currency = "KZT"
when = { local = "kind", is = ["P"] }
"#;

#[test]
fn a_condition_holds_there_and_back_and_what_it_looks_at_stands_before() {
    let profile = Profile::parse("p.toml", BY_KIND).unwrap();
    let text =
        "iin,month,kind,opv,oppv\n850315300019,2020-01,O,10.00,99.00\n850315300019,2020-02,P,99.00,5.00\n";
    let (records, findings) = read(&profile, text.as_bytes());
    assert_eq!(findings, []);
    let amounts: Vec<String> = records
        .iter()
        .map(|record| match &record.entry {
            Entry::Contribution(one) => one.amount.amount.to_string(),
            Entry::Person | Entry::Period(_) | Entry::Event(_) => String::new(),
        })
        .collect();
    assert_eq!(amounts, ["10.00", "5.00"]);
    let (bytes, lost) = profile.write(&records).unwrap();
    assert_eq!(lost, []);
    let written = "iin,month,kind,opv,oppv\n850315300019,2020-01,O,10.00,\n850315300019,2020-02,P,,5.00\n";
    assert_eq!(String::from_utf8(bytes).unwrap(), written);

    let kind = BY_KIND.find("[[map]]\nlocal = \"kind\"").unwrap();
    let (before, rest) = BY_KIND.split_at(kind);
    let end = rest.find("\n\n").unwrap() + 2;
    let late = format!("{before}{}\n{}", &rest[end..], &rest[..end]);
    let error = Profile::parse("p.toml", &late).unwrap_err().to_string();
    assert!(
        error.contains("key when: no map before this one sets kind, so no row could be written"),
        "{error}"
    );
}
