//! Single forms: what each of them says beside its values, and that every file of the fixtures comes back.

use crate::base::Finding;
use crate::base::Limits;
use crate::exchange::adapter::Entry;
use crate::exchange::adapter::LocalRecord;
use crate::exchange::adapter::Profile;
use crate::exchange::adapter::ProfileBook;
use crate::exchange::adapter::Source;
use crate::exchange::adapter::late_feeds;
use crate::exchange::canonical::State;
use std::fs;
use std::path::Path;
use std::path::PathBuf;

fn fixtures(folder: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(folder)
}

fn read(profile: &str, text: &str) -> (Vec<LocalRecord>, Vec<Finding>) {
    let profile = Profile::named(profile).unwrap().unwrap();
    let mut rows = Vec::new();
    let findings =
        profile.read("f", text.as_bytes(), &Limits::default(), &mut |row, _| rows.push(row)).unwrap();
    (rows, findings.findings)
}

fn codes(findings: &[Finding]) -> Vec<(&str, &str)> {
    findings.iter().map(|one| (one.code.as_str(), one.path.as_str())).collect()
}

#[test]
fn every_file_of_a_states_fixtures_comes_back_or_the_profile_names_what_cannot() {
    let mut files = 0;
    for state in State::ALL {
        let folder = fixtures("local").join(state.as_code().to_lowercase());
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap();
            let bytes = fs::read(&path).unwrap();
            for profile in Profile::built_in(state).unwrap().iter().filter(|profile| profile.is_of(name)) {
                let trial = profile.try_out(name, &bytes, &Limits::default()).unwrap();
                assert_eq!(trial.findings, [], "{profile} {name}");
                assert_eq!((trial.lost, trial.differing), Default::default(), "{profile} {name}");
                files += 1;
            }
        }
        let persons = Source::open(state, &folder).unwrap().count();
        let least = if matches!(state, State::Kz | State::Ru) { 200 } else { 74 };
        assert!(persons >= least, "{state}: {persons}");
    }
    assert!(files >= 25, "{files}");
}

const REGISTER: &str = r#"[
{ "record": "contract", "iin": "850315300019", "bin": "051140000018", "employer": "ТОО А", "full_name": "Ким Олег",
  "birth_date": "1985-03-15", "contract_number": "7", "contract_date": "2024-03-01", "registered_on": "2024-03-11",
  "start_date": "2024-03-04", "type": "fixed", "end_date": "2025-12-31", "position": "Сварщик", "record_id": "a" },
{ "record": "amendment", "iin": "850315300019", "bin": "051140000018", "contract_number": "7",
  "registered_on": "2024-09-16", "changed_on": "2024-09-01", "full_name": "Ким Олег", "position": "Мастер", "record_id": "b" },
{ "record": "termination", "iin": "850315300019", "bin": "051140000018", "full_name": "Ким Олег", "contract_number": "7",
  "registered_on": "2025-05-06", "termination_date": "2025-04-30", "ground": "статья 56", "record_id": "c" },
{ "record": "termination", "iin": "850315300019", "bin": "051140000018", "full_name": "Ким Олег", "contract_number": "8",
  "termination_date": "2025-04-30" },
{ "record": "termination", "status": "cancelled", "cancelled_on": "2025-06-01", "iin": "850315300019", "bin": "051140000018",
  "full_name": "Ким Олег", "termination_date": "2025-04-30", "ground": "статья 56", "record_id": "c" }
]"#;

#[test]
fn a_contract_is_amended_and_terminated_and_each_has_its_own_term() {
    let (rows, findings) = read("kz/contract-register", REGISTER);
    assert_eq!(
        codes(&findings),
        [
            ("adapter.late", "f:3 registered_on"), // Friday 1 March, five working days end on the 8th
            ("adapter.late", "f:8 registered_on"), // Wednesday 30 April, three working days end on Monday the 5th
            ("adapter.missing", "f:9 ground"),
        ]
    );
    assert!(findings[0].rule.starts_with("5 working days, Rules of Order No 353"), "{}", findings[0].rule);
    let kinds: Vec<&str> = rows
        .iter()
        .map(|row| match &row.entry {
            Entry::Event(event) => event.kind.as_str(),
            Entry::Person | Entry::Contribution(_) | Entry::Period(_) => "",
        })
        .collect();
    assert_eq!(kinds, ["hire", "transfer", "dismissal", "dismissal"]);

    let folder = tempfile::tempdir().unwrap();
    let told = |text: &str| {
        fs::write(folder.path().join("contract-register.json"), text).unwrap();
        let source = Source::open(State::Kz, folder.path()).unwrap();
        let all = source.everybody("2026-11-30".parse().unwrap()).unwrap();
        let show = |one: &crate::exchange::canonical::InsurancePeriod| {
            let to = one.interval.to().map_or("…".to_owned(), |to| to.to_string());
            format!("{}..{to} {}", one.interval.from(), one.position.as_ref().unwrap().as_str())
        };
        all[0].standing_periods().map(show).collect::<Vec<_>>()
    };
    assert_eq!(
        told(REGISTER),
        ["2024-03-04..2024-08-31 Сварщик", "2024-09-01..2025-12-31 Мастер"],
        "its end is taken back"
    );
    let until_terminated = format!("{}]", REGISTER.rsplit_once(",\n{").unwrap().0);
    assert_eq!(told(&until_terminated)[1], "2024-09-01..2025-04-30 Мастер");
}

#[test]
fn only_a_yes_of_the_identity_base_tells_who_a_person_is() {
    let answer = |word: &str, iin: &str| {
        format!(
            r#"{{ "answer": "{word}", "iin": "{iin}", "family": "Ким", "given": "Олег", "birth_date": "1985-03-15", "sex": "male" }}"#
        )
    };
    let text =
        [answer("yes", "850315300019"), answer("no", "850315301801"), answer("ambiguous", "850315301801")];
    let (rows, findings) = read("kz/identity", &text.join("\n"));
    assert_eq!(rows.len(), 1);
    assert_eq!(codes(&findings), [("adapter.row_left", "f:2 answer"), ("adapter.row_left", "f:3 answer")]);
    assert!(findings.iter().all(|one| !one.is_error() && !one.to_string().contains("8503153")));
    let (_, findings) = read("kz/identity", &answer("yes", "850315300018"));
    assert_eq!(codes(&findings), [("canonical.identifier_checksum", "f:1 iin")]);
}

#[test]
fn a_correction_replaces_a_contribution_and_a_cancellation_takes_it_back() {
    let folder = tempfile::tempdir().unwrap();
    let put = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    put(
        "identity.jsonl",
        r#"{ "answer": "yes", "iin": "850315300019", "family": "Ким", "given": "Олег", "birth_date": "1985-03-15" }"#,
    );
    put(
        "contributions.csv",
        "form,form_date,iin,bin,month,amount,kind\n,,850315300019,051140000018,01.2020,100,ОПВ\n\
         original,,850315300019,051140000018,02.2020,100,ОПВ\n\
         correction,,850315300019,051140000018,01.2020,120,ОПВ\n\
         cancellation,15.03.2020,850315300019,051140000018,02.2020,100,ОПВ\n",
    );
    let source = Source::open(State::Kz, folder.path()).unwrap();
    assert_eq!(source.findings(), []);
    let record = source.everybody("2026-11-30".parse().unwrap()).unwrap().remove(0);
    assert_eq!(record.contributions.len(), 3, "the history is kept");
    let standing: Vec<String> =
        record.standing_contributions().map(|one| one.amount.amount.to_string()).collect();
    assert_eq!(standing, ["120"]);
}

#[test]
fn a_feed_that_is_late_is_told_with_its_rule() {
    let folder = tempfile::tempdir().unwrap();
    let book = ProfileBook::new(State::Kz, None);
    let late = |today: &str| late_feeds(&book, folder.path(), today.parse().unwrap()).unwrap();
    assert_eq!(late("2026-11-30"), [], "a feed that never came is none");
    let file = fs::File::create(folder.path().join("depositors.csv")).unwrap();
    let written: jiff::Timestamp = "2026-10-20T12:00:00Z".parse().unwrap();
    file.set_modified(std::time::SystemTime::try_from(written).unwrap()).unwrap();
    assert_eq!(late("2026-11-20"), []);
    let told = late("2026-11-21");
    assert_eq!(codes(&told), [("adapter.stale", "depositors*.csv")]);
    assert_eq!(told[0].rule, "at most 31 days, Order No 335 of 09.08.2023, list item 2");
}

const COPY: &str = r#"<ЭДСФР xmlns="urn:x-stazh:local:ru:std-sfr:v1" xmlns:УТ6="urn:x-stazh:local:ru:types-6:v1"><СТД-СФР>
<ЗЛ><УТ6:ФИО><Фамилия>Ким</Фамилия><Имя>Олег</Имя></УТ6:ФИО><ДатаРождения>1975-03-15</ДатаРождения><УТ6:СНИЛС>112-233-445 95</УТ6:СНИЛС></ЗЛ>
<Мероприятие><UUID>u-1</UUID><Вид>1</Вид><Дата>2021-02-01</Дата><Работодатель><НаименованиеОрганизации>ООО А</НаименованиеОрганизации><УТ6:ИНН>7707083893</УТ6:ИНН></Работодатель></Мероприятие>
<Мероприятие><Вид>9</Вид><Дата>2022-02-01</Дата><Работодатель><НаименованиеОрганизации>ООО Б</НаименованиеОрганизации><УТ6:РегНомер>087-105-000001</УТ6:РегНомер></Работодатель></Мероприятие>
<Мероприятие><Вид>10</Вид><Дата>2022-08-31</Дата><Работодатель><НаименованиеОрганизации>ООО Б</НаименованиеОрганизации><УТ6:РегНомер>087-105-000001</УТ6:РегНомер></Работодатель></Мероприятие>
<Мероприятие><Вид>14</Вид><Дата>2022-05-01</Дата></Мероприятие>
<Мероприятие><Вид>88</Вид><Дата>2022-05-02</Дата></Мероприятие>
<ТрудоваяДеятельность><ПериодРаботы><НаименованиеРаботодателя>Завод «Вымпел»
</НаименованиеРаботодателя><ПериодРаботыС>1995-09-01</ПериодРаботыС><ПериодРаботыПо>2003-04-30</ПериодРаботыПо></ПериодРаботы></ТрудоваяДеятельность>
</СТД-СФР></ЭДСФР>"#;

#[test]
fn the_citizens_copy_tells_events_and_periods_of_the_paper_era() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("std-sfr.xml"), COPY).unwrap();
    let source = Source::open(State::Ru, folder.path()).unwrap();
    let record = source.everybody("2026-11-30".parse().unwrap()).unwrap().remove(0);
    let shown: Vec<String> = record
        .standing_periods()
        .map(|one| {
            let employer = one.employer.as_ref().unwrap().name.as_ref().unwrap().as_str().to_owned();
            let to = one.interval.to().map_or("…".to_owned(), |to| to.to_string());
            format!("{}..{to} {} {employer}", one.interval.from(), one.kind.as_str())
        })
        .collect();
    assert_eq!(
        shown,
        [
            "1995-09-01..2003-04-30 work Завод «Вымпел»",
            "2021-02-01..… work ООО А",
            "2022-02-01..2022-08-31 civil-contract ООО Б",
        ]
    );
    let findings = source.findings();
    assert_eq!(
        codes(&findings),
        [("adapter.code", "std-sfr.xml:7 Вид"), ("adapter.event_kind", "std-sfr.xml:6")]
    );
}

#[test]
fn who_has_no_latin_name_gets_one_of_passports() {
    let row = r#"{ "psn": "2503850017", "name": { "family": "Ղազարյան", "given": "Գևորգ" }, "birth_date": "15/03/1985" }"#;
    let (rows, findings) = read("am/persons", row);
    assert_eq!(findings, []);
    let name = rows[0].person.name.as_ref().unwrap();
    assert_eq!((name.family(), name.given()), (Some("Ghazaryan"), Some("Gevorg")));
    let (_, findings) = read("am/persons", &row.replace("Գևորգ", "Գևորգ2"));
    assert_eq!(codes(&findings), [("adapter.letters", "f:1 name/given")]);
}

#[test]
fn numbers_that_replaced_each_other_are_in_order_whatever_the_order_of_the_rows() {
    let head = "previous_pin,pin,family,given,patronymic,birth_date,sex,citizenship\n";
    let row = |previous: &str, pin: &str| format!("{previous},{pin},Ким,Олег,,15.03.1985,М,KG\n");
    let (a, b, c) = ("21503198500017", "21503198500018", "21503198500019");
    for rows in [
        [row("", a), row(a, b), row(b, c)],
        [row(b, c), row(a, b), row("", a)],
        [row(a, b), row(b, c), row("", a)],
    ] {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("pins.csv"), format!("{head}{}", rows.concat())).unwrap();
        let source = Source::open(State::Kg, folder.path()).unwrap();
        let all = source.everybody("2026-11-30".parse().unwrap()).unwrap();
        let numbers: Vec<&str> =
            all[0].person.identifiers.iter().map(|held| held.identifier.as_str()).collect();
        assert_eq!((all.len(), numbers), (1, vec![a, b, c]), "the one in use is the last");
    }
}
