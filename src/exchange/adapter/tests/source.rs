//! The source on the fixtures: sound files, ugly ones, inquiries, changed files.

use crate::base::Finding;
use crate::base::Limits;
use crate::base::Severity;
use crate::base::Verdict;
use crate::exchange::adapter::AdapterError;
use crate::exchange::adapter::Found;
use crate::exchange::adapter::ProfileBook;
use crate::exchange::adapter::Source;
use crate::exchange::canonical::Inquiry;
use crate::exchange::canonical::InsuranceRecord;
use crate::exchange::canonical::State;
use jiff::civil::Date;
use jiff::civil::date;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;

fn fixtures(folder: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(folder)
}

fn inquiry(name: &str) -> Inquiry {
    let text = fs::read_to_string(fixtures(name)).unwrap();
    serde_json::from_str(&text).unwrap()
}

fn record(found: Found) -> InsuranceRecord {
    match found {
        Found::Record(record, _) => record,
        Found::Nobody | Found::Several => panic!("{found:?}"),
    }
}

const TODAY: Date = date(2026, 11, 23);

#[test]
fn the_fixtures_of_both_states_load_without_findings() {
    for (state, folder, count) in [(State::Kz, "local/kz", 50), (State::Ru, "local/ru", 48)] {
        let source = Source::open(state, fixtures(folder)).unwrap();
        let findings: Vec<String> = source.findings().iter().map(ToString::to_string).collect();
        assert_eq!(findings, [""; 0]);
        assert_eq!(source.count(), count);
    }
}

#[test]
fn an_inquiry_is_answered_by_number_by_name_and_for_its_days() {
    let source = Source::open(State::Kz, fixtures("local/kz")).unwrap();
    for (name, periods, is_limited) in [
        ("inquiries/ru-kz-by-number.json", 2, false),
        ("inquiries/ru-kz-by-name.json", 1, false),
        ("inquiries/ru-kz-by-name-interval.json", 2, true),
    ] {
        let inquiry = inquiry(name);
        let found = record(source.find(&inquiry, TODAY).unwrap());
        assert_eq!(found.state, State::Kz);
        assert_eq!(found.as_of, TODAY);
        assert_eq!(found.periods.len(), periods, "{name}");
        assert!(!found.contributions.is_empty(), "{name}");
        assert!(found.person.name.is_alike(&inquiry.person.name));
        assert!(found.periods.iter().all(|p| p.kind.as_str() == "work" && p.employer.is_some()));
        assert_eq!(inquiry.interval.is_some(), is_limited);
        if let Some(asked) = inquiry.interval {
            assert!(found.periods.iter().all(|period| period.interval.overlaps(&asked)));
            let months: Vec<i16> = found.contributions.iter().map(|one| one.month.year()).collect();
            assert!(months.iter().all(|year| (2004..=2012).contains(year)), "{months:?}");
        }
    }
    assert_eq!(source.find(&inquiry("inquiries/ru-kz-nobody.json"), TODAY).unwrap(), Found::Nobody);
}

#[test]
fn who_worked_in_both_states_is_found_in_both() {
    let source = Source::open(State::Ru, fixtures("local/ru")).unwrap();
    for name in [
        "inquiries/ru-kz-by-number.json",
        "inquiries/ru-kz-by-name.json",
        "inquiries/ru-kz-by-name-interval.json",
    ] {
        let mut inquiry = inquiry(name);
        (inquiry.asking, inquiry.asked, inquiry.interval) = (State::Kz, State::Ru, None);
        let found = record(source.find(&inquiry, TODAY).unwrap());
        assert!(!found.periods.is_empty(), "{name}");
        assert_eq!(
            found.person.identifiers[0].identifier.as_str(),
            inquiry.person.identifiers[0].identifier.as_str()
        );
    }
}

#[test]
fn what_begins_later_is_not_there_and_what_ends_later_goes_on() {
    let source = Source::open(State::Kz, fixtures("local/kz")).unwrap();
    let inquiry = inquiry("inquiries/ru-kz-by-number.json");
    let found = record(source.find(&inquiry, date(2003, 1, 31)).unwrap());
    assert_eq!(found.periods.len(), 1);
    assert_eq!(found.periods[0].interval.to(), None);
    assert_eq!(found.contributions, []);
}

#[test]
fn neither_number_nor_name_is_believed_against_the_rest() {
    let source = Source::open(State::Kz, fixtures("local/kz")).unwrap();
    let sound = inquiry("inquiries/ru-kz-by-number.json");
    let stranger = inquiry("inquiries/ru-kz-nobody.json");
    let mut slip = stranger.clone();
    slip.person.identifiers = sound.person.identifiers.clone();
    assert_eq!(source.find(&slip, TODAY).unwrap(), Found::Nobody);
    slip.person.birth_date = sound.person.birth_date;
    assert!(matches!(source.find(&slip, TODAY).unwrap(), Found::Record(..)), "a married name");
    let mut other_number = sound.clone();
    let number = r#"[{ "kind": "iin", "value": "850315300019" }]"#;
    other_number.person.identifiers = serde_json::from_str(number).unwrap();
    assert_eq!(source.find(&other_number, TODAY).unwrap(), Found::Nobody);
    let mut name_only = sound.clone();
    name_only.person.identifiers.clear();
    assert!(matches!(source.find(&name_only, TODAY).unwrap(), Found::Record(..)));
    name_only.person.birth_date = date(1968, 3, 16);
    assert_eq!(source.find(&name_only, TODAY).unwrap(), Found::Nobody);
}

#[test]
fn two_of_one_name_and_birth_date_are_several() {
    let folder = tempfile::tempdir().unwrap();
    let head = "iin,family,given,patronymic,birth_date,sex,citizenship\n";
    let rows = "850315300019,Ким,Анна,,15.03.1985,Ж,KZ\n850315301801,КИМ,анна,,15.03.1985,Ж,KZ\n";
    fs::write(folder.path().join("depositors.csv"), format!("{head}{rows}")).unwrap();
    let source = Source::open(State::Kz, folder.path()).unwrap();
    let person =
        r#"{ "name": { "family": "Ким", "given": "Анна" }, "birth_date": "1985-03-15", "identifiers": [] }"#;
    let text = format!(r#"{{ "asking": "RU", "asked": "KZ", "person": {person}, "purpose": "old-age" }}"#);
    let mut inquiry: Inquiry = serde_json::from_str(&text).unwrap();
    assert_eq!(source.find(&inquiry, TODAY).unwrap(), Found::Several);
    let number = r#"[{ "kind": "iin", "value": "850315301801" }]"#;
    inquiry.person.identifiers = serde_json::from_str(number).unwrap();
    assert_eq!(record(source.find(&inquiry, TODAY).unwrap()).person.identifiers, inquiry.person.identifiers);
}

#[test]
fn a_changed_file_is_read_again_and_a_broken_one_is_never_answered_from() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("depositors.csv");
    let head = "iin,family,given,patronymic,birth_date,sex,citizenship\n";
    fs::write(&path, head).unwrap();
    let source = Source::open(State::Kz, folder.path()).unwrap();
    let mut inquiry = inquiry("inquiries/ru-kz-by-number.json");
    assert_eq!(source.find(&inquiry, TODAY).unwrap(), Found::Nobody);
    let iin = inquiry.person.identifiers[1].identifier.as_str();
    let row = format!("{iin},Ахметов,Ерлан,Серикович,15.03.1968,М,KZ\n");
    fs::write(&path, format!("{head}{row}")).unwrap();
    assert!(record(source.find(&inquiry, TODAY).unwrap()).is_empty());
    fs::write(folder.path().join("contracts.json"), "[{").unwrap();
    let error = source.find(&inquiry, TODAY).unwrap_err();
    assert!(error.to_string().ends_with("contracts.json"), "{error}");
    assert_eq!(error.verdict(), Verdict::Retry { not_before: None });
    inquiry.asked = State::By;
    let error = source.find(&inquiry, TODAY).unwrap_err();
    assert_eq!(error.to_string(), "answer an inquiry to BY from the records of KZ");
    assert_eq!(error.verdict(), Verdict::Return { code: "adapter.not_asked" });
}

#[test]
fn a_folder_that_is_not_there_and_a_file_too_large_are_errors() {
    let folder = tempfile::tempdir().unwrap();
    let error = Source::open(State::Ru, folder.path().join("none")).unwrap_err();
    assert!(matches!(error, AdapterError::Read { .. }));
    assert_eq!(error.verdict(), Verdict::Park { code: "adapter.read" });
    fs::write(folder.path().join("depositors.csv"), HEADER).unwrap();
    let open = |bytes| {
        let limits = Limits { local_bytes_max: bytes, ..Limits::default() };
        Source::open_with(Arc::new(ProfileBook::new(State::Kz, None)), folder.path(), limits)
    };
    assert!(open(HEADER.len()).is_ok());
    assert_eq!(open(HEADER.len() - 1).unwrap_err().verdict(), Verdict::Retry { not_before: None });
}

const HEADER: &str = "iin,family,given,patronymic,birth_date,sex,citizenship\n";

fn shown(findings: &[Finding]) -> Vec<String> {
    let kind = |one: &Finding| if one.severity == Severity::Error { "error" } else { "warning" };
    findings.iter().map(|one| format!("{} {one}", kind(one))).collect()
}

#[test]
fn the_ugly_files_give_exactly_these_findings() {
    for (state, expected) in [
        (State::Kz, UGLY_KZ),
        (State::Ru, UGLY_RU),
        (State::By, UGLY_BY),
        (State::Kg, UGLY_KG),
        (State::Am, UGLY_AM),
    ] {
        let source = Source::open(state, fixtures("local/ugly")).unwrap();
        assert_eq!(shown(&source.findings()).join("\n"), expected.join("\n"));
    }
}

/// A Kazakh folder with these files, read.
fn kazakh(files: &[(&str, &str)]) -> (tempfile::TempDir, Result<Source, AdapterError>) {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        fs::write(folder.path().join(name), text).unwrap();
    }
    let source = Source::open(State::Kz, folder.path());
    (folder, source)
}

#[test]
fn a_quote_that_is_not_closed_gives_nobody_what_is_anothers() {
    let text = "iin,bin,employer,month,base,amount,kind\n\
        850315300019,051140000018,\"ТОО А,01.2010,100,10,ОПВ\n\
        900722400456,051140000018,ТОО Б,02.2010,100,10,ОПВ\n\
        051105600120,051140000018,\"ТОО В\",03.2010,999,99,ОПВ\n";
    let (_folder, source) = kazakh(&[("contributions.csv", text)]);
    let findings = shown(&source.unwrap().findings());
    assert!(
        findings[0].starts_with("error contributions.csv:2: the row has a quote that is not closed"),
        "{findings:#?}"
    );
    let unknown = findings.iter().filter(|one| one.contains("adapter.person_unknown")).count();
    assert_eq!(unknown, 2, "both rows after it are read on their own: {findings:#?}");
}

#[test]
fn a_file_of_another_version_or_with_other_names_is_no_empty_file() {
    for (name, text, expected) in [
        (
            "contracts.json",
            r#"{ "contracts": [] }"#,
            "nothing stands at rows, where this form has its rows; a newer version needs a profile of its own",
        ),
        (
            "contributions.csv",
            "iin,bin,employer,period,base,amount,kind\n",
            "the column month is missing in the header",
        ),
    ] {
        let (_folder, source) = kazakh(&[(name, text)]);
        let error = crate::base::with_causes(&source.unwrap_err());
        assert!(error.ends_with(expected), "{error}");
    }
    let (_folder, source) = kazakh(&[("contracts.json", "[]")]);
    assert_eq!(source.unwrap().findings(), [], "an empty list is no mistake");
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("labour-events.xml"), "<ЭДПФР xmlns='urn:newer'><СЗВ-ТД/></ЭДПФР>").unwrap();
    let error = crate::base::with_causes(&Source::open(State::Ru, folder.path()).unwrap_err());
    assert!(error.contains("nothing stands at ЭДПФР|ЭДСФР"), "{error}");
}

#[test]
fn a_bare_value_where_a_row_or_parts_should_stand_is_a_finding() {
    let row = |termination: &str| {
        format!(
            r#"{{ "iin": "850315300019", "bin": "051140000018", "employer": "ТОО А", "full_name": "Ким Анна",
                 "birth_date": "1985-03-15", "contract_number": "1", "start_date": "2010-01-11",
                 "termination": {termination} }}"#
        )
    };
    let (_folder, source) = kazakh(&[("contracts.json", &format!("[{}, 7]", row("\"2016-02-29\"")))]);
    let findings = shown(&source.unwrap().findings());
    assert!(
        findings.iter().any(|one| one.contains("a bare value where parts should stand")),
        "{findings:#?}"
    );
    assert!(
        findings.iter().any(|one| one.contains("a bare value where a row should stand")),
        "{findings:#?}"
    );
    let (_folder, source) = kazakh(&[("contracts.json", &format!("[{}]", row("null")))]);
    assert_eq!(source.unwrap().findings(), []);
}

#[test]
fn a_number_that_is_a_slip_gives_nobody_what_is_anothers() {
    let contract = |number: &str, name: &str, birth: &str| {
        format!(
            r#"{{ "iin": "850315300019", "bin": "051140000018", "employer": "ТОО А", "full_name": "{name}",
                 "birth_date": "{birth}", "contract_number": "{number}", "start_date": "2010-01-11" }}"#
        )
    };
    let files = |second: String| format!("[{}, {second}]", contract("1", "Ким Анна", "1985-03-15"));
    for (second, periods, code) in [
        (contract("2", "Иванов Пётр", "1970-01-01"), 1, Some("adapter.person_mismatch")),
        (contract("2", "Ли Анна", "1985-03-15"), 2, Some("adapter.person_conflict")),
        (contract("2", "Ким Анна", "1985-03-15"), 2, None),
    ] {
        let (_folder, source) = kazakh(&[("contracts.json", &files(second))]);
        let source = source.unwrap();
        assert_eq!(source.findings().first().map(|one| one.code.clone()).as_deref(), code);
        let inquiry = r#"{ "asking": "RU", "asked": "KZ", "purpose": "old-age", "person": {
            "name": { "family": "Ким", "given": "Анна" }, "birth_date": "1985-03-15" } }"#;
        let found = record(source.find(&serde_json::from_str(inquiry).unwrap(), TODAY).unwrap());
        assert_eq!(found.periods.len(), periods, "{code:?}");
    }
}

#[test]
fn entries_with_one_key_that_differ_are_both_kept() {
    let head = "iin,bin,employer,month,base,amount,kind\n";
    let row = |amount: &str| format!("850315300019,051140000018,ТОО А,01.2010,100,{amount},ОПВ\n");
    let who = format!("{HEADER}850315300019,Ким,Анна,,15.03.1985,Ж,UA\n");
    let inquiry = r#"{ "asking": "RU", "asked": "KZ", "purpose": "old-age", "person": {
        "name": { "family": "Ким", "given": "Анна" }, "birth_date": "1985-03-15" } }"#;
    let inquiry: Inquiry = serde_json::from_str(inquiry).unwrap();
    for (second, count) in [("10", 1), ("20", 2)] {
        let text = format!("{head}{}{}", row("10"), row(second));
        let (_folder, source) = kazakh(&[("contributions.csv", &text), ("depositors.csv", &who)]);
        let found = record(source.unwrap().find(&inquiry, TODAY).unwrap());
        assert_eq!(found.contributions.len(), count, "the second is of {second}");
        assert_eq!(
            found.person.citizenships[0].to_string(),
            "UA",
            "a citizen of a third country is answered about"
        );
    }
}

#[test]
fn no_finding_contains_a_value() {
    let words = |text: &str| -> BTreeSet<String> {
        let all = text.split(|c: char| !c.is_alphanumeric()).filter(|word| word.chars().count() > 3);
        all.map(str::to_owned).collect()
    };
    // names of columns and elements are no values
    let mut names = BTreeSet::new();
    for state in ["am", "by", "kg", "kz", "ru"] {
        for entry in fs::read_dir(fixtures("../schemas/profiles").join(state)).unwrap() {
            names.append(&mut words(&fs::read_to_string(entry.unwrap().path()).unwrap()));
        }
    }
    let mut values = BTreeSet::new();
    for entry in fs::read_dir(fixtures("local/ugly")).unwrap() {
        let bytes = fs::read(entry.unwrap().path()).unwrap();
        let text = crate::exchange::adapter::Encoding::Auto.decode(&bytes).unwrap().into_owned();
        values.extend(words(&text).into_iter().filter(|word| !names.contains(word)));
    }
    assert!(values.contains("Темирбеков") && values.contains("Щукин"));
    for state in [State::Kz, State::Ru, State::By, State::Kg, State::Am] {
        for finding in Source::open(state, fixtures("local/ugly")).unwrap().findings() {
            let told = words(&format!("{finding:?}"));
            assert_eq!(told.intersection(&values).collect::<Vec<_>>(), [""; 0], "{finding}");
        }
    }
}

#[test]
fn what_is_sound_in_the_ugly_files_is_used() {
    let source = Source::open(State::Kz, fixtures("local/ugly")).unwrap();
    let answer = |family: &str, given: &str, birth: &str| {
        let name = format!(r#"{{ "family": "{family}", "given": "{given}" }}"#);
        let person = format!(r#"{{ "name": {name}, "birth_date": "{birth}" }}"#);
        let text =
            format!(r#"{{ "asking": "RU", "asked": "KZ", "person": {person}, "purpose": "old-age" }}"#);
        let found = source.find(&serde_json::from_str(&text).unwrap(), TODAY).unwrap();
        match found {
            Found::Record(record, _) => Some((record.periods.len(), record.contributions.len())),
            Found::Nobody | Found::Several => None,
        }
    };
    assert_eq!(answer("Темирбеков", "Асхат", "1984-04-12"), Some((1, 3)));
    assert_eq!(answer("Бекмуратова", "Дильназ", "2005-11-05"), Some((1, 1)), "the lost zero is put back");
    assert_eq!(answer("Лукпанова", "Роза", "1977-08-09"), Some((1, 0)), "a wrong check digit is a warning");
    assert_eq!(answer("Щукин", "Ёжик", "1975-05-20"), Some((0, 0)), "windows-1251 is read");
    assert_eq!(answer("Безродный", "Лев", "1990-02-28"), None);
}

const UGLY_KZ: &[&str] = &[
    "warning depositors.csv:4 iin: the check digit does not fit; ask the body that issued the number (canonical.identifier_checksum; rule IIN: 12 digits, birth date first, check digit mod 11; found 12 digits)",
    "error depositors.csv:5 iin: not a number of this kind; compare it with the person's document (canonical.identifier_malformed; rule IIN: 12 digits, birth date first, check digit mod 11; found 7 digits)",
    "error depositors.csv:6 birth_date: not a day of the years 1900–2100 in this form; correct it in the source (adapter.date; rule %d.%m.%Y; found 10 mixed characters)",
    "error depositors.csv:7: the row has 8 fields; check its delimiters and quotes (adapter.row_length; rule 7 columns, as in the header; found empty)",
    "error depositors.csv:8 citizenship: not a country; write its two letters, such as KZ (canonical.country; rule ISO 3166-1; found 2 letters)",
    "error contracts.json:12 termination/date: the period ends before it begins; correct one of the dates (canonical.dates_reversed; rule from ≤ to, both ends inclusive; found 10 mixed characters)",
    "warning contracts.json:40 iin: the check digit does not fit; ask the body that issued the number (canonical.identifier_checksum; rule IIN: 12 digits, birth date first, check digit mod 11; found 12 digits)",
    "error contracts.json:46 employer: absent; fill it in the source (adapter.missing; rule required; found empty)",
    "error contracts.json:46 start_date: absent; fill it in the source (adapter.missing; rule required; found empty)",
    "error contributions.csv:3 month: not a month of the years 1900–2100 in this form; correct it in the source (adapter.month; rule %m.%Y; found 7 mixed characters)",
    "error contributions.csv:4 amount: not an amount; write it as 1234.56 (canonical.amount; rule decimal 24/4; found 8 letters)",
    "error contributions.csv:5 kind: a code that the profile does not know; add it to the profile's table or correct it (adapter.code; rule table of the profile; found 4 letters)",
    "error contributions.csv:6: the row has a quote that is not closed; check its delimiters and quotes (adapter.row_length; rule 7 columns, as in the header; found empty)",
    "error contributions.csv:11: the row has 2 fields; check its delimiters and quotes (adapter.row_length; rule 7 columns, as in the header; found empty)",
    "warning contributions.csv:12 bin: not a number of this register; find out which employer is meant (adapter.employer_number; rule bin; found 8 digits)",
    "warning contracts.json:37: name or birth date differ from what another row says; the first one is used (adapter.person_conflict; rule one person, one row, one meaning; found empty)",
    "warning contributions.csv:8: the same entry stands here and before; it is used once (adapter.row_twice; rule one person, one row, one meaning; found empty)",
    "error contributions.csv:10: nothing tells name and birth date of this person; nobody will be answered about him (adapter.person_unknown; rule name and birth date; found empty)",
];

const UGLY_RU: &[&str] = &[
    "warning labour-events.xml:5 Работодатель/УТ2:ИНН: not a number of this register; find out which employer is meant (adapter.employer_number; rule inn; found 9 digits)",
    "warning labour-events.xml:11 Вид: a code that the profile does not know; add it to the profile's table or correct it (adapter.code; rule table of the profile; found 2 digits)",
    "warning labour-events.xml:15 УТ2:СНИЛС: the check digit does not fit; ask the body that issued the number (canonical.identifier_checksum; rule SNILS: 11 digits, control = weighted sum mod 101; found 11 digits)",
    "error labour-events.xml:18 ЯвляетсяСовместителем: a code that the profile does not know; add it to the profile's table or correct it (adapter.code; rule table of the profile; found 1 digits)",
    "error labour-events.xml:23 ДатаРождения: absent; fill it in the source (adapter.missing; rule required; found empty)",
    "error insured-periods.xml:6 Период/По: the period ends before it begins; correct one of the dates (canonical.dates_reversed; rule from ≤ to, both ends inclusive; found 10 mixed characters)",
    "error insured-periods.xml:7 Коэффициент: not a decimal; write it as 1.5 (adapter.decimal; rule decimal; found 7 letters)",
    "warning insured-periods.xml:8 ДопСведенияИС: a code that the profile does not know; add it to the profile's table or correct it (adapter.code; rule table of the profile; found 5 letters)",
    "warning labour-events.xml:12: cancels an event that is not there; compare it with the work book (adapter.cancellation; rule labour events in order; found empty)",
    "warning labour-events.xml:17: ends work that was not begun; compare it with the work book (adapter.event_order; rule labour events in order; found empty)",
];

const UGLY_BY: &[&str] = &[
    "error pu-1.csv:4 ДатаРождения: not a day of the years 1900–2100 in this form; correct it in the source (adapter.date; rule %d.%m.%Y; found 10 mixed characters)",
    "error pu-1.csv:5 ИдентНомер: not a number of this kind; compare it with the person's document (canonical.identifier_malformed; rule BY number: 14 Latin characters, check digit of weights 7 3 1; found 14 mixed characters)",
    "error pu-2.csv:7 ДатаФормы: absent, and the row cancels; fill in the day on which it does (adapter.missing; rule required; found empty)",
    "error pu-2.csv:10 ДатаУвольнения: the period ends before it begins; correct one of the dates (canonical.dates_reversed; rule from ≤ to, both ends inclusive; found 10 mixed characters)",
    "warning pu-2.csv:11 УНП: not a number of this register; find out which employer is meant (adapter.employer_number; rule unp; found 5 digits)",
    "error pu-2.csv:12 ВидДоговора: a code that the profile does not know; add it to the profile's table or correct it (adapter.code; rule table of the profile; found 6 letters)",
    "error pu-2.csv:13 ТипФормы: neither original, correcting nor cancelling; correct it in the source (adapter.form; rule исходная, корректирующая or отменяющая; found 12 letters)",
    "error pu-3.xml:10 Период: not a month of the years 1900–2100 in this form; correct it in the source (adapter.month; rule %Y-%m; found 7 mixed characters)",
    "error pu-3.xml:11 Взнос: not an amount; write it as 1234.56 (canonical.amount; rule decimal 24/4; found 10 letters)",
    "warning pu-3.xml:13 Код: a code that the profile does not know; add it to the profile's table or correct it (adapter.code; rule table of the profile; found 7 mixed characters)",
    "warning pu-2.csv:8: cancels a row that is not there; it is not used (adapter.revision; rule one person, one row, one meaning; found empty)",
    "warning pu-2.csv:9: corrects a row that is not there; it is used as the first (adapter.revision; rule one person, one row, one meaning; found empty)",
];

const UGLY_KG: &[&str] = &[
    "error pins.csv:4 pin: not a number of this kind; compare it with the person's document (canonical.identifier_malformed; rule PIN: 14 digits, sex and birth date first; found 14 digits)",
    "error accounts.txt:4: the line has 70 characters; check which column is cut or shifted (adapter.row_length; rule 157 characters, as the columns have; found empty)",
    "error accounts.txt:5: the line has 158 characters; check which column is cut or shifted (adapter.row_length; rule 157 characters, as the columns have; found empty)",
    "error accounts.txt:6 pin: not a number of this kind; compare it with the person's document (canonical.identifier_malformed; rule PIN: 14 digits, sex and birth date first; found 14 digits)",
    "error accounts.txt:8 kind: a code that the profile does not know; add it to the profile's table or correct it (adapter.code; rule table of the profile; found 2 letters)",
];

const UGLY_AM: &[&str] = &[
    "error persons.jsonl:3: the line is not a JSON object; correct it in the source (adapter.row_form; rule one JSON object in each line; found empty)",
    "error returns.jsonl:5: the line is not a JSON object; correct it in the source (adapter.row_form; rule one JSON object in each line; found empty)",
    "error returns.jsonl:6 month: not a month of the years 1900–2100 in this form; correct it in the source (adapter.month; rule %m/%Y; found 7 mixed characters)",
    "error returns.jsonl:9 payer/name: a bare value where parts should stand; correct it in the source (adapter.row_form; rule parts; found empty)",
    "error returns.jsonl:9 payer/tax_number: a bare value where parts should stand; correct it in the source (adapter.row_form; rule parts; found empty)",
    "warning returns.jsonl:8: neither a number nor a name with birth date; the row is not used (adapter.nobody; rule one person, one row, one meaning; found empty)",
];
