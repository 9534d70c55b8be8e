//! Files row by row: the same whatever pieces they come in, and no row takes its neighbours with it.

use crate::base::Limits;
use crate::exchange::adapter::Format;
use crate::exchange::adapter::FormatError;
use crate::exchange::adapter::LocalRecord;
use crate::exchange::adapter::Profile;
use crate::exchange::canonical::State;
use proptest::prelude::*;
use std::io::BufReader;
use std::ops::ControlFlow;

/// What is read of a file that comes in pieces of `piece` bytes: each row with its place, or what is told of it.
fn read(profile: &Profile, bytes: &[u8], piece: usize, limits: &Limits) -> Result<Vec<Seen>, String> {
    let mut seen = Vec::new();
    let mut input = BufReader::with_capacity(piece, bytes);
    let read = profile.read_rows("f", &mut input, limits, &mut |row| {
        seen.push((row.place, row.record, row.findings.iter().map(ToString::to_string).collect()));
        ControlFlow::Continue(())
    });
    read.map(|()| seen).map_err(|error| error.to_string())
}

type Seen = (String, Option<LocalRecord>, Vec<String>);

fn profile(state: State, file: &str) -> Profile {
    Profile::built_in(state).unwrap().into_iter().find(|one| one.is_of(file)).unwrap()
}

/// A file of each form, with its own mistakes in it.
fn files() -> Vec<(Profile, &'static [u8])> {
    macro_rules! file {
        ($state:ident, $name:literal) => {
            (
                profile(State::$state, $name),
                &include_bytes!(concat!("../../../../fixtures/local/ugly/", $name))[..],
            )
        };
    }
    vec![
        file!(Kz, "depositors.csv"),
        file!(Kz, "depositors-1251.csv"),
        file!(Kz, "contributions.csv"),
        file!(Kz, "contracts.json"),
        file!(Ru, "insured-periods.xml"),
        file!(Ru, "labour-events.xml"),
        file!(By, "pu-2.csv"),
        file!(By, "pu-3.xml"),
        file!(Kg, "accounts.txt"),
        file!(Am, "returns.jsonl"),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn the_pieces_a_file_comes_in_change_nothing(
        which in 0..10_usize,
        piece in 1..300_usize,
        at in any::<prop::sample::Index>(),
        with in "[\"'<>&;,\\[\\]{}\n\0=/!-я]{0,3}",
        cut in 0_usize..4,
    ) {
        let (profile, sound) = files().swap_remove(which);
        let mut spoilt = sound.to_vec();
        let at = at.index(spoilt.len());
        spoilt.splice(at..(at + cut).min(sound.len()), with.into_bytes());
        for bytes in [sound, &spoilt] {
            let limits = Limits::default();
            prop_assert_eq!(read(&profile, bytes, bytes.len(), &limits), read(&profile, bytes, piece, &limits));
        }
    }
}

/// A sound row of each form, and the same with a value that makes it too long.
fn rows() -> Vec<(Profile, String, String, String)> {
    let contract = |name: &str| {
        format!(
            "{{\"iin\":\"850315300019\",\"bin\":\"051140000018\",\"employer\":\"{name}\",\"full_name\":\"Ким Анна\",\
             \"birth_date\":\"1985-03-15\",\"contract_number\":\"1\",\"start_date\":\"2010-01-11\"}}"
        )
    };
    let month = |period: &str| format!("<Месяц><Период>{period}</Период><Взнос>15.00</Взнос></Месяц>");
    let long = "и".repeat(4_000);
    vec![
        (
            profile(State::Kz, "depositors.csv"),
            "iin,family,given,patronymic,birth_date,sex,citizenship\n@".to_owned(),
            "850315300019,Ким,Анна,,15.03.1985,Ж,KZ\n".to_owned(),
            format!("850315300019,Ким,{long},,15.03.1985,Ж,KZ\n"),
        ),
        (
            profile(State::Am, "persons.jsonl"),
            "@".to_owned(),
            "{\"psn\":\"2503850016\",\"last_name\":\"Petrosyan\"}\n".to_owned(),
            format!("{{\"psn\":\"{long}\"}}\n"),
        ),
        (profile(State::Kz, "contracts.json"), "{\"rows\":[@0]}".to_owned(), contract("А") + ",\n", contract(&long) + ",\n"),
        (
            profile(State::By, "pu-3.xml"),
            "<ПУ-3 xmlns='urn:x-stazh:local:by:pu-3:v1'><Форма><ТипФормы>исходная</ТипФормы><УНП>100123456</УНП>\
             <Лицо><ИдентНомер>3150385A001PB6</ИдентНомер><Фамилия>К</Фамилия><Имя>А</Имя>\n@</Лицо></Форма></ПУ-3>"
                .to_owned(),
            month("2020-01") + "\n",
            month(&long) + "\n",
        ),
    ]
}

#[test]
fn a_row_too_long_is_set_aside_and_the_others_are_read_whatever_the_form() {
    for (profile, around, sound, long) in rows() {
        let text = around.replace('@', &[sound.as_str(), &long, &sound].concat());
        let limits = Limits { local_row_bytes_max: 3_000, ..Limits::default() };
        let seen = read(&profile, text.as_bytes(), 100, &limits).unwrap();
        let line = text.lines().position(|line| line.len() > 4_000).unwrap() + 1;
        let told: Vec<&String> = seen.iter().flat_map(|(_, _, told)| told).collect();
        let expected = format!(
            "f:{line}: the row is longer than any can be; find out what wrote it, and correct it in the source (adapter.row_too_long; rule at most 3000 bytes a row; found empty)"
        );
        assert!(told.iter().any(|one| **one == expected), "{profile}: {told:#?}");
        let read_lines: Vec<&str> = seen
            .iter()
            .filter(|(place, ..)| *place != format!("f:{line}"))
            .map(|(place, ..)| place.as_str())
            .collect();
        assert!(read_lines.contains(&&*format!("f:{}", line - 1)), "{profile}: {read_lines:?}");
        assert!(read_lines.contains(&&*format!("f:{}", line + 1)), "{profile}: {read_lines:?}");
    }
}

#[test]
fn a_document_cut_in_a_row_gives_the_rows_before_it_and_tells_where_it_is_cut() {
    for (profile, around, sound, _) in rows().split_off(2) {
        let text = around.replace('@', &sound.repeat(3));
        let third = text.match_indices(sound.as_str()).nth(2).unwrap().0;
        let cut = &text.as_bytes()[..third + sound.len() / 2];
        let seen = read(&profile, cut, 64, &Limits::default()).unwrap();
        assert_eq!(seen.iter().filter(|(_, record, _)| record.is_some()).count(), 2, "{profile}: {seen:#?}");
        let (place, record, told) = seen.last().unwrap();
        assert!(record.is_none() && told[0].contains("adapter.cut"), "{profile}: {place} {told:?}");
        let nothing = &text.as_bytes()[..text.find(sound.as_str()).unwrap() + 5];
        assert!(read(&profile, nothing, 64, &Limits::default()).is_err(), "nothing was read: {profile}");
    }
}

#[test]
fn a_spoilt_row_of_a_document_leaves_its_neighbours() {
    let spoil = |profile: &Profile, row: &str| match profile.head().format {
        Format::Json => row.replacen(':', " ", 1),
        Format::Xml | Format::Csv | Format::Jsonl | Format::Fixed => row.replacen("</Период>", "", 1),
    };
    for (profile, around, sound, _) in rows().split_off(2) {
        let spoilt = spoil(&profile, &sound);
        let text = around.replace('@', &[sound.as_str(), &spoilt, &sound].concat());
        let seen = read(&profile, text.as_bytes(), 64, &Limits::default()).unwrap();
        assert_eq!(seen.iter().filter(|(_, record, _)| record.is_some()).count(), 2, "{profile}: {seen:#?}");
        assert!(seen.iter().any(|(_, _, told)| told.iter().any(|one| one.contains("adapter.row_form"))));
    }
    let broken = "{\"rows\":[{\"a\":\"\u{0}\"},\n{\"a\":1}]}".replace('\u{0}', "\\q");
    let seen = read(&profile(State::Kz, "contracts.json"), broken.as_bytes(), 3, &Limits::default()).unwrap();
    assert_eq!(seen.len(), 2, "{seen:#?}");
    let mut windows = b"{\"rows\":[{\"a\":\"".to_vec();
    windows.extend(b"\xca\xe8\xec\"},\n{\"a\":1}]}");
    let seen = read(&profile(State::Kz, "contracts.json"), &windows, 3, &Limits::default()).unwrap();
    assert!(seen[0].2[0].contains("adapter.row_encoding") && seen.len() == 2, "{seen:#?}");
}

#[test]
fn a_row_of_another_encoding_is_set_aside_and_a_file_of_another_one_is_refused() {
    let head = b"iin,family,given,patronymic,birth_date,sex,citizenship\n";
    let profile = Profile::parse("t", &PERSONS.replace("@", "utf-8")).unwrap();
    let utf8 = "850315300019,Ким,Анна,,15.03.1985,Ж,KZ\n".as_bytes();
    let windows = encoding_rs::WINDOWS_1251.encode("850315300019,Ким,Анна,,15.03.1985,Ж,KZ\n").0.into_owned();
    let seen = read(&profile, &[&head[..], utf8, &windows, utf8].concat(), 50, &Limits::default()).unwrap();
    let taken: Vec<&str> =
        seen.iter().filter(|(_, record, _)| record.is_some()).map(|(place, ..)| place.as_str()).collect();
    assert_eq!(taken, ["f:2", "f:4"]);
    assert_eq!(
        seen[1].2,
        [
            "f:3: the row is not UTF-8; write the file anew in one encoding (adapter.row_encoding; rule UTF-8; found empty)"
        ]
    );
    let refused = read(&profile, &[&head[..], &windows, &windows].concat(), 50, &Limits::default());
    assert_eq!(refused, Err("not UTF-8 on line 2".to_owned()));
}

const PERSONS: &str = r#"[profile]
state = "KZ"
record = "person"
version = "1"
files = "fl-*.csv"
format = "csv"
encoding = "@"

[[map]]
local = "iin"
canonical = "person.identifiers"
convert = "identifier"
kind = "iin"

[[map]]
local = "family"
canonical = "person.name.family"

[[map]]
local = "birth_date"
canonical = "person.birth_date"
convert = "date"
pattern = "%d.%m.%Y"
"#;

#[test]
fn what_stands_after_its_rows_is_waited_for_within_the_limit_and_never_guessed() {
    let profile = profile(State::By, "pu-3.xml");
    let month = "<Месяц><Период>2020-01</Период><Взнос>15.00</Взнос></Месяц>\n";
    let text = |months: usize| {
        format!(
            "<ПУ-3 xmlns='urn:x-stazh:local:by:pu-3:v1'><Форма><ТипФормы>исходная</ТипФормы><Лицо>{}\
             <ИдентНомер>3150385A001PB6</ИдентНомер><Фамилия>К</Фамилия><Имя>А</Имя></Лицо>\
             <УНП>100123456</УНП></Форма></ПУ-3>",
            month.repeat(months)
        )
    };
    let limits = Limits { local_row_bytes_max: 3_000, ..Limits::default() };
    let seen = read(&profile, text(20).as_bytes(), 64, &limits).unwrap();
    assert_eq!(seen.iter().filter(|(_, record, _)| record.is_some()).count(), 20, "{seen:#?}");
    let mut given = 0;
    let error = profile
        .read_rows("f", &mut text(60).as_bytes(), &limits, &mut |_| {
            given += 1;
            ControlFlow::Continue(())
        })
        .unwrap_err();
    assert!(matches!(error, FormatError::Late { ref name, .. } if name == "ИдентНомер"), "{error}");
    assert!(given > 0);
}

#[test]
fn a_query_gives_rows_as_columns_and_null_is_absence() {
    let profile = profile(State::Kz, "depositors.csv");
    let row = |given: Option<&str>| {
        let of = |text: &str| Some(text.to_owned());
        let columns = [
            ("iin", of("850315300019")),
            ("family", of("Ким")),
            ("given", given.map(str::to_owned)),
            ("birth_date", of("15.03.1985")),
        ];
        profile.read_columns("query", 7, columns)
    };
    let sound = row(Some("Анна"));
    assert_eq!((sound.place.as_str(), sound.findings.len()), ("query:7", 0));
    assert_eq!(sound.record.unwrap().person.name.unwrap().given(), Some("Анна"));
    let short = row(None);
    assert!(short.record.is_none_or(|record| record.person.name.is_none_or(|name| name.given().is_none())));
}

#[test]
fn who_has_had_enough_is_given_no_more() {
    for (profile, bytes) in files() {
        let mut given = 0;
        let read = profile.read_rows("f", &mut &bytes[..], &Limits::default(), &mut |_| {
            given += 1;
            ControlFlow::Break(())
        });
        assert!(read.is_ok() && given == 1, "{profile}: {given}");
    }
}
