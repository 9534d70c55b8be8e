//! Each kind of bad input: what is told of it, what is used all the same, and what is known of the person it is about.

use crate::base::Limits;
use crate::base::with_causes;
use crate::exchange::adapter::AdapterError;
use crate::exchange::adapter::Found;
use crate::exchange::adapter::Profile;
use crate::exchange::adapter::Source;
use crate::exchange::canonical::Inquiry;
use crate::exchange::canonical::State;
use std::fs;
use std::io::BufReader;
use std::io::Read;

/// A Kazakh folder in which two persons are known, with one more file.
fn folder(name: &str, bytes: &[u8]) -> (tempfile::TempDir, Result<Source, AdapterError>) {
    let folder = tempfile::tempdir().unwrap();
    let who = "iin,family,given,patronymic,birth_date,sex,citizenship\n\
        850315300019,Ким,Анна,,15.03.1985,Ж,KZ\n900722400456,Ли,Олег,,22.07.1990,М,KZ\n";
    fs::write(folder.path().join("depositors.csv"), who).unwrap();
    fs::write(folder.path().join(name), bytes).unwrap();
    let source = Source::open(State::Kz, folder.path());
    (folder, source)
}

fn asked(family: &str, given: &str, born: &str) -> Inquiry {
    let text = format!(
        r#"{{ "asking": "RU", "asked": "KZ", "purpose": "old-age", "person": {{
            "name": {{ "family": "{family}", "given": "{given}" }}, "birth_date": "{born}" }} }}"#
    );
    serde_json::from_str(&text).unwrap()
}

/// What is told of a file of contributions, how many rows of it are taken and set aside, how many contributions of
/// Anna are used, and how many rows are known to be missing of her and of Oleg.
type Told = (Vec<String>, (u64, u64), usize, (u64, u64));

fn told(bytes: &[u8]) -> Told {
    let (_folder, source) = folder("contributions.csv", bytes);
    let source = source.unwrap();
    let (anna, oleg) = (asked("Ким", "Анна", "1985-03-15"), asked("Ли", "Олег", "1990-07-22"));
    let Found::Record(record, _) = source.find(&anna, "2026-11-24".parse().unwrap()).unwrap() else {
        panic!()
    };
    let aside = |one: &Inquiry| source.aside_of(&one.person).unwrap();
    let reading = source.take_reading().unwrap().unwrap();
    assert!(source.take_reading().unwrap().is_none(), "it is told once");
    let file = reading.files.iter().find(|file| file.name == "contributions.csv").unwrap();
    assert_eq!(file.why.len(), usize::try_from(file.aside).unwrap());
    let findings = reading.findings.iter().map(ToString::to_string).collect();
    (findings, (file.taken, file.aside), record.contributions.len(), (aside(&anna), aside(&oleg)))
}

const HEAD: &str = "iin,bin,employer,month,base,amount,kind\n";

/// A sound row of Anna's between which bad ones stand, each about her but where it cannot be known.
fn row(month: &str, amount: &str, kind: &str) -> String {
    format!("850315300019,051140000018,ТОО А,{month},100,{amount},{kind}\n")
}

#[test]
fn each_kind_of_bad_row_is_set_aside_with_its_place_and_the_rest_goes_on() {
    let first = row("01.2010", "10", "ОПВ");
    let last = row("12.2010", "10", "ОПВ");
    let between = |bad: &str| format!("{HEAD}{first}{bad}{last}").into_bytes();
    let windows = encoding_rs::WINDOWS_1251.encode(&row("02.2010", "10", "ОПВ")).0.into_owned();
    let mixed = [HEAD.as_bytes(), first.as_bytes(), &windows, last.as_bytes()].concat();
    for (what, bytes, expected, counts) in [
        (
            "a date 31.02",
            between(&row("31.02.2010", "10", "ОПВ")),
            "contributions.csv:3 month: not a month of the years 1900–2100 in this form; correct it in the source (adapter.month; rule %m.%Y; found 10 mixed characters)",
            (2, 1, 2, (1, 0)),
        ),
        (
            "a number with two commas",
            between(&row("02.2010", "1,234,5", "ОПВ").replace("1,234,5", "\"1,234,5\"")),
            "contributions.csv:3 amount: not an amount; write it as 1234.56 (canonical.amount; rule decimal 24/4; found 7 mixed characters)",
            (2, 1, 2, (1, 0)),
        ),
        (
            "an unknown code",
            between(&row("02.2010", "10", "НЕТ")),
            "contributions.csv:3 kind: a code that the profile does not know; add it to the profile's table or correct it (adapter.code; rule table of the profile; found 3 letters)",
            (2, 1, 2, (1, 0)),
        ),
        (
            "a missing column",
            between("850315300019,051140000018,ТОО А,02.2010,100,10\n"),
            "contributions.csv:3: the row has 6 fields; check its delimiters and quotes (adapter.row_length; rule 7 columns, as in the header; found empty)",
            (2, 1, 2, (1, 1)),
        ),
        (
            "the header again",
            between(HEAD),
            "contributions.csv:3: the header stands here again; join files without it (adapter.header_again; rule one header; found empty)",
            (2, 1, 2, (0, 0)),
        ),
        (
            "another encoding",
            mixed,
            "contributions.csv:3: the row is not UTF-8; write the file anew in one encoding (adapter.row_encoding; rule UTF-8; found empty)",
            (2, 1, 2, (1, 1)),
        ),
        (
            "nobody's row",
            between(&row("02.2010", "10", "ОПВ").replace("850315300019", "")),
            "contributions.csv:3 iin: absent; fill it in the source (adapter.missing; rule required; found empty)",
            (2, 1, 2, (1, 1)),
        ),
    ] {
        let (findings, file, used, aside) = told(&bytes);
        assert_eq!(findings, [expected], "{what}");
        assert_eq!((file.0, file.1, used, aside), counts, "{what}");
    }
}

#[test]
fn two_records_with_one_key_are_told_and_neither_is_lost() {
    let contract = |end: &str| {
        format!(
            r#"{{"iin":"850315300019","bin":"051140000018","employer":"А","full_name":"Ким Анна","birth_date":"1985-03-15","contract_number":"1","start_date":"2010-01-11","termination":{{"date":"{end}"}}}}"#
        )
    };
    let text =
        format!("[{},\n{},\n{}]", contract("2011-01-11"), contract("2012-01-11"), contract("2011-01-11"));
    let (_folder, source) = folder("contracts.json", text.as_bytes());
    let findings: Vec<String> = source.unwrap().findings().iter().map(ToString::to_string).collect();
    assert_eq!(
        findings,
        [
            "contracts.json:2: another entry with the same key stands before, and they differ; both are used (adapter.row_differs; rule one person, one row, one meaning; found empty)",
            "contracts.json:3: the same entry stands here and before; it is used once (adapter.row_twice; rule one person, one row, one meaning; found empty)",
        ]
    );
}

#[test]
fn a_number_with_a_comma_is_read_as_it_is_meant() {
    let bytes = format!("{HEAD}{}", row("01.2010", "\"10,5\"", "ОПВ"));
    assert_eq!(told(bytes.as_bytes()), (vec![], (1, 0), 1, (0, 0)));
}

#[test]
fn a_file_cut_in_a_row_loses_that_row_alone() {
    let whole = format!("{HEAD}{}{}", row("01.2010", "10", "ОПВ"), row("02.2010", "10", "ОПВ"));
    let cut = &whole.as_bytes()[..whole.len() - 30];
    let (findings, file, used, aside) = told(cut);
    assert_eq!(
        findings,
        [
            "contributions.csv:3: the row has 3 fields; check its delimiters and quotes (adapter.row_length; rule 7 columns, as in the header; found empty)"
        ]
    );
    assert_eq!((file, used, aside), ((1, 1), 1, (1, 1)));

    let contract = |name: &str| {
        format!(
            r#"{{"iin":"850315300019","bin":"051140000018","employer":"{name}","full_name":"Ким Анна","birth_date":"1985-03-15","contract_number":"1","start_date":"2010-01-11"}}"#
        )
    };
    let whole = format!("[{},\n{}]", contract("А"), contract("Б"));
    let (_folder, source) = folder("contracts.json", &whole.as_bytes()[..whole.len() - 30]);
    let source = source.unwrap();
    let findings: Vec<String> = source.findings().iter().map(ToString::to_string).collect();
    assert_eq!(
        findings,
        [
            "contracts.json:2: the file is cut or spoilt here, and what follows is not read; bring the whole file again (adapter.cut; rule a whole file; found empty)"
        ]
    );
    let anna = asked("Ким", "Анна", "1985-03-15");
    assert!(
        matches!(source.find(&anna, "2026-11-24".parse().unwrap()).unwrap(), Found::Record(record, _) if record.periods.len() == 1)
    );
    let stranger = asked("Кто", "Угодно", "1985-03-15");
    assert_eq!(source.aside_of(&stranger.person).unwrap(), 1, "what was cut off may be about anybody");
}

#[test]
fn a_file_without_a_column_or_with_one_twice_keeps_inquiries_waiting() {
    for (head, expected) in [
        (HEAD.replace("month,", ""), "the column month is missing in the header"),
        (HEAD.replace("month,", "iin,"), "the header does not name each column once"),
    ] {
        let (_folder, source) = folder("contributions.csv", head.as_bytes());
        let error = with_causes(&source.unwrap_err());
        assert!(error.ends_with(expected), "{error}");
    }
}

#[test]
fn who_has_only_rows_set_aside_is_not_simply_nobody() {
    let text = "iin,family,given,patronymic,birth_date,sex,citizenship\n\
        051105600120,Пак,Вера,,05.11.2005,?,KZ\n";
    let (_folder, source) = folder("depositors-2.csv", text.as_bytes());
    let source = source.unwrap();
    let vera = asked("Пак", "Вера", "2005-11-05");
    assert_eq!(source.find(&vera, "2026-11-24".parse().unwrap()).unwrap(), Found::Nobody);
    let mut by_number = vera.clone();
    let number = r#"[{ "kind": "iin", "value": "051105600120" }]"#;
    by_number.person.identifiers = serde_json::from_str(number).unwrap();
    assert_eq!(source.aside_of(&by_number.person).unwrap(), 1);
    assert_eq!(source.aside_of(&vera.person).unwrap(), 1, "by name and birth date too");
    assert_eq!(source.aside_of(&asked("Ким", "Анна", "1985-03-15").person).unwrap(), 0, "it is not hers");
}

#[test]
fn a_line_of_a_gigabyte_is_set_aside_in_little_memory() {
    let profile =
        Profile::built_in(State::Kz).unwrap().into_iter().find(|one| one.is_of("contributions.csv")).unwrap();
    let begin = format!("{HEAD}{}", row("01.2010", "10", "ОПВ"));
    let end = format!("\n{}", row("02.2010", "10", "ОПВ"));
    let line = std::io::repeat(b'x').take(1 << 30);
    let input = BufReader::with_capacity(1 << 16, begin.as_bytes().chain(line).chain(end.as_bytes()));
    let mut places = Vec::new();
    let tally = profile
        .read("contributions.csv", input, &Limits::default(), &mut |_, place| places.push(place.to_owned()))
        .unwrap();
    assert_eq!(places, ["contributions.csv:2", "contributions.csv:4"]);
    assert_eq!(
        tally.findings.iter().map(ToString::to_string).collect::<Vec<_>>(),
        [
            "contributions.csv:3: the row is longer than any can be; find out what wrote it, and correct it in the source (adapter.row_too_long; rule at most 1048576 bytes a row; found empty)"
        ]
    );
}
