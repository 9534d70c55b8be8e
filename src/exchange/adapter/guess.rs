//! What a column of a sample may mean, by its name and values.

use super::home::home;
use super::profile::RecordKind;
use super::target::Target;
use crate::exchange::canonical::State;
use std::collections::BTreeSet;

/// Where a column may belong, and the lines of its conversion.
pub(super) struct Guess {
    pub(super) canonical: String,
    pub(super) lines: String,
}

/// A guess, or none.
pub(super) fn guess((state, record): (State, RecordKind), local: &str, values: &[String]) -> Option<Guess> {
    let name = local.rsplit('/').next().unwrap_or(local).to_lowercase();
    let canonical = |place: &str| match place.strip_prefix('.') {
        Some(rest) => format!("{}.{rest}", record.part()),
        None => place.to_owned(),
    };
    let (_, place) = WORDS.iter().find(|(words, place)| {
        Target::of(&canonical(place), record).is_some() && words.iter().any(|word| is_in(word, &name))
    })?;
    let is_optional = values.iter().any(|value| value.trim().is_empty());
    let seen: BTreeSet<&str> =
        values.iter().map(|value| value.trim()).filter(|value| !value.is_empty()).collect();
    let mut lines = conversion(state, place, &seen)?;
    if is_optional {
        lines.push_str("optional = true\n");
    }
    Some(Guess { canonical: canonical(place), lines })
}

/// A short word stands at the beginning of one of the name's words: it is part of too many others.
fn is_in(word: &str, name: &str) -> bool {
    if word.chars().count() >= LONG_WORD {
        return name.contains(word);
    }
    name.split(|c: char| !c.is_alphanumeric()).any(|own| own.starts_with(word))
}

fn conversion(state: State, place: &str, seen: &BTreeSet<&str>) -> Option<String> {
    let home = home(state);
    let with_pattern = |kind: &str, patterns: &[(&str, &str)]| {
        let fits = |shape: &str| !seen.is_empty() && seen.iter().all(|value| is_shaped(value, shape));
        let (_, pattern) = patterns.iter().find(|(shape, _)| fits(shape))?;
        Some(format!("convert = \"{kind}\"\npattern = \"{pattern}\"\n"))
    };
    match place {
        "person.identifiers" => {
            Some(format!("convert = \"identifier\"\nkind = \"{}\"\n", home.identifier.as_code()))
        }
        ".employer.number" => Some(format!("convert = \"number\"\nkind = \"{}\"\n", home.register)),
        ".base" | ".amount" => Some(format!("convert = \"decimal\"\ncurrency = \"{}\"\n", home.currency)),
        ".month" => with_pattern("month", &MONTHS),
        "person.birth_date" | ".interval.from" | ".interval.to" | ".date" => with_pattern("date", &DAYS),
        "person.name" => Some("convert = \"name\"\n".to_owned()),
        "person.sex" | ".kind" if seen.len() <= CODES_MAX && seen.iter().all(|value| is_code(value)) => {
            let pairs: Vec<String> = seen
                .iter()
                .map(|code| format!("{} = {}", quoted(code), quoted(&format!("?{code}"))))
                .collect();
            Some(format!(
                "convert = \"codes\"\ntable = {{ {} }}   # write what each means\n",
                pairs.join(", ")
            ))
        }
        "person.sex" | ".kind" => None, // what is no code may be a person's
        _ => Some(String::new()),
    }
}

/// A text as TOML has it.
pub(super) fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

/// Whether a value can be shown as a code: a short word, and no number of a person.
fn is_code(value: &str) -> bool {
    let digits = value.chars().filter(char::is_ascii_digit).count();
    value.chars().count() <= CODE_CHARS_MAX
        && digits < DIGITS_OF_A_NUMBER
        && !value.contains(char::is_whitespace)
}

/// Whether a value has such a shape: `9` stands for a digit.
fn is_shaped(value: &str, shape: &str) -> bool {
    value.chars().count() == shape.chars().count()
        && value
            .chars()
            .zip(shape.chars())
            .all(|(own, one)| if one == '9' { own.is_ascii_digit() } else { own == one })
}

const LONG_WORD: usize = 4;
const CODES_MAX: usize = 30;
const CODE_CHARS_MAX: usize = 12;
const DIGITS_OF_A_NUMBER: usize = 6;

const DAYS: [(&str, &str); 4] = [
    ("9999-99-99", "%Y-%m-%d"),
    ("99.99.9999", "%d.%m.%Y"),
    ("99/99/9999", "%d/%m/%Y"),
    ("99999999", "%Y%m%d"),
];

const MONTHS: [(&str, &str); 5] = [
    ("9999-99", "%Y-%m"),
    ("99.9999", "%m.%Y"),
    ("99/9999", "%m/%Y"),
    ("999999", "%Y%m"),
    ("9999.99", "%Y.%m"),
];

/// Parts of names of columns, the more telling first.
const WORDS: [(&[&str], &str); 21] = [
    (&["birth", "рожд", "born"], "person.birth_date"),
    (&["bin", "бин", "унп", "unp", "tax", "tin", "employer_inn", "инн", "inn", "рег"], ".employer.number"),
    (&["employer", "organi", "наимен", "payer", "работодат", "страхователь"], ".employer.name"),
    (&["iin", "иин", "snils", "снилс", "pin", "пин", "psn", "идент", "личный"], "person.identifiers"),
    (&["fio", "фио", "full_name", "fullname"], "person.name"),
    (&["family", "surname", "last_name", "фамил"], "person.name.family"),
    (&["patronymic", "middle", "отчеств"], "person.name.patronymic"),
    (&["given", "first_name", "имя"], "person.name.given"),
    (&["sex", "gender", "пол"], "person.sex"),
    (&["citizen", "граждан"], "person.citizenships"),
    (&["month", "месяц", "период"], ".month"),
    (&["base", "income", "доход", "заработ"], ".base"),
    (&["amount", "payment", "взнос", "сумма"], ".amount"),
    (&["from", "start", "begin", "hired", "прием", "приём", "начал"], ".interval.from"),
    (&["until", "end", "termination", "dismiss", "уволь", "оконч"], ".interval.to"),
    (&["position", "post", "должност"], ".position"),
    (&["date", "дата"], ".date"),
    (&["kind", "type", "вид", "тип"], ".kind"),
    (&["entry", "uuid", "record_id"], ".id"),
    (&["to"], ".interval.to"),
    (&["name"], "person.name"),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn guessed(local: &str, values: &[&str]) -> Option<(String, String)> {
        let values: Vec<String> = values.iter().map(|value| (*value).to_owned()).collect();
        let guess = guess((State::Kz, RecordKind::Contribution), local, &values)?;
        Some((guess.canonical, guess.lines))
    }

    #[test]
    fn nothing_of_a_person_is_taken_for_a_code() {
        let place = |local, values: &[&str]| guessed(local, values).map(|(place, _)| place);
        assert_eq!(place("Индивидуальный счёт", &["850315300019"]), None, "«вид» is part of the word");
        assert_eq!(place("Вид", &["850315300019"]), None);
        assert_eq!(place("kind", &["Ахметов Ерлан"]), None);
        assert_eq!(place("Вид", &["ОПВ", "ОППВ"]).as_deref(), Some("contribution.kind"));
        assert_eq!(place("ИдентНомер", &["1"]).as_deref(), Some("person.identifiers"));
        assert_eq!(place("Должность", &["инженер"]), None, "a contribution has no position");
    }

    #[test]
    fn a_code_with_a_quote_is_written_as_toml() {
        let (_, lines) = guessed("kind", &["a\"b"]).unwrap();
        let table: toml::Table = toml::from_str(&lines).unwrap();
        assert_eq!(table["table"]["a\"b"].as_str(), Some("?a\"b"));
    }
}
