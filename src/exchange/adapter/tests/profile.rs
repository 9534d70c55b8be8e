//! A profile that makes no sense is refused with file, line and key.

use crate::exchange::adapter::Profile;
use crate::exchange::adapter::ProfileError;
use crate::exchange::canonical::State;
use std::error::Error;

const SOUND: &str = r#"[profile]
state = "KZ"
record = "person"
version = "1"
files = "p*.csv"
format = "csv"

[[map]]
local = "iin"
canonical = "person.identifiers"
convert = "identifier"
kind = "iin"

[[map]]
local = "born"
canonical = "person.birth_date"
convert = "date"
pattern = "%d.%m.%Y"
"#;

fn error(from: &str, to: &str) -> ProfileError {
    assert!(SOUND.contains(from));
    Profile::parse("p.toml", &SOUND.replacen(from, to, 1)).unwrap_err()
}

#[test]
fn built_in_profiles_are_sound_and_belong_to_their_states() {
    assert!(Profile::parse("p.toml", SOUND).is_ok());
    let counts = [(State::Kz, 5), (State::Ru, 4), (State::By, 4), (State::Kg, 3), (State::Am, 3)];
    for (state, count) in counts {
        let profiles = Profile::built_in(state).unwrap();
        assert_eq!(profiles.len(), count);
        assert!(profiles.iter().all(|profile| profile.head().state == state));
    }
}

#[test]
fn a_mistake_is_named_with_file_line_and_key() {
    let told = |from: &str, to: &str| {
        let error = error(from, to);
        error.source().map_or(error.to_string(), |cause| {
            format!("{error}: {}", cause.to_string().lines().last().unwrap_or(""))
        })
    };
    for (from, to, expected) in [
        (
            "person.birth_date",
            "person.born",
            "use profile p.toml, line 16, column 1, key canonical: not a place of this record; see the list in schemas/profiles/README.md",
        ),
        (
            "pattern = \"%d.%m.%Y\"\n",
            "",
            "use profile p.toml, line 14, column 1, key pattern: absent; such as %Y-%m-%d",
        ),
        (
            "\"date\"\npattern = \"%d.%m.%Y\"",
            "\"text\"",
            "use profile p.toml, line 17, column 1, key convert: does not yield what stands there: Date",
        ),
        (
            "kind = \"iin\"",
            "kind = \"passport\"",
            "use profile p.toml, line 12, column 1, key kind: write one of snils iin by-number pin psn",
        ),
        (
            "kind = \"iin\"",
            "kind = \"iin\"\ncurrency = \"KZT\"",
            "use profile p.toml, line 13, column 1, key currency: means nothing for this conversion; leave it out",
        ),
        (
            "\"person.birth_date\"\nconvert = \"date\"\npattern = \"%d.%m.%Y\"",
            "\"person.sex\"\nconvert = \"codes\"\ntable = { \"a\" = \"1\", \"b\" = \"1\" }",
            "use profile p.toml, line 18, column 1, key table: two local codes mean 1; which one is written?",
        ),
        (
            "local = \"born\"",
            "local = \"../born\"",
            "use profile p.toml, line 15, column 1, key local: goes out 1 levels, the rows path has 0",
        ),
        (
            "\"csv\"",
            "\"json\"",
            "use profile p.toml, line 1, column 1, key rows: empty; write the path from the document to its rows",
        ),
        (
            "\"person.birth_date\"\nconvert = \"date\"\npattern = \"%d.%m.%Y\"",
            "\"person.name.given\"",
            "use profile p.toml, line 3, column 1, key record: no map sets person.birth_date, which every person needs",
        ),
        (
            "local = \"born\"",
            "locale = \"born\"",
            "understand profile p.toml, line 15, column 1, key locale: unknown field `locale`, expected one of `local`, `canonical`, `convert`, `pattern`, `currency`, `table`, `list`, `keep_unknown`, `unknown_as`, `kind`, `pad`, `digits`, `of`, `value`, `default`, `optional`, `fallback`, `only`, `when`, `also`, `former`, `language`",
        ),
    ] {
        assert_eq!(told(from, to), expected);
    }
}

#[test]
fn files_are_known_by_their_names() {
    let profile = |files: &str| Profile::parse("p", &SOUND.replace("p*.csv", files)).unwrap();
    assert!(profile("p*.csv").is_of("p.csv") && profile("p*.csv").is_of("p-2024.csv"));
    assert!(!profile("p*.csv").is_of("p.json") && !profile("p*.csv").is_of("q.csv"));
    assert!(profile("p.csv").is_of("p.csv") && !profile("p.csv").is_of("p.csv.bak"));
    assert!(profile("*-p-*.csv").is_of("a-p-b.csv") && !profile("*-p-*.csv").is_of("a-q.csv"));
}

#[test]
fn a_mistake_among_others_on_a_line_is_named_with_its_column() {
    let periods = include_str!("../../../../schemas/profiles/ru/insured-periods.toml");
    let text = periods.replacen("canonical = \"coefficient\"", "canonical = \"factor\"", 1);
    let told = Profile::parse("p.toml", &text).unwrap_err().to_string();
    let line = text.lines().position(|line| line.contains("factor")).unwrap();
    let column = text.lines().nth(line).unwrap().split("canonical").next().unwrap().chars().count();
    assert!(
        told.starts_with(&format!(
            "use profile p.toml, line {}, column {}, key canonical",
            line + 1,
            column + 1
        )),
        "{told}"
    );
}
