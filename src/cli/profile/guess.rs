//! What a column of a sample may mean, by its name and values.

use crate::exchange::adapter::RecordKind;
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
    let part = record.part();
    let (_, place) = WORDS.iter().find(|(words, place)| {
        let fits = place.starts_with("person.") || place.starts_with('.') && is_of(record, place);
        fits && words.iter().any(|word| name.contains(word))
    })?;
    let canonical = if place.starts_with('.') { format!("{part}{place}") } else { (*place).to_owned() };
    let is_optional = values.iter().any(|value| value.trim().is_empty());
    let seen: BTreeSet<&str> =
        values.iter().map(|value| value.trim()).filter(|value| !value.is_empty()).collect();
    let mut lines = conversion(state, place, &seen)?;
    if is_optional {
        lines.push_str("optional = true\n");
    }
    Some(Guess { canonical, lines })
}

fn conversion(state: State, place: &str, seen: &BTreeSet<&str>) -> Option<String> {
    let (identifier, register, currency) = match state {
        State::Am => ("psn", "am-tin", "AMD"),
        State::By => ("by-number", "unp", "BYN"),
        State::Kg => ("pin", "kg-inn", "KGS"),
        State::Kz => ("iin", "bin", "KZT"),
        State::Ru => ("snils", "inn", "RUB"),
    };
    let with_pattern = |kind: &str, patterns: &[(&str, &str)]| {
        let fits = |shape: &str| !seen.is_empty() && seen.iter().all(|value| is_shaped(value, shape));
        let (_, pattern) = patterns.iter().find(|(shape, _)| fits(shape))?;
        Some(format!("convert = \"{kind}\"\npattern = \"{pattern}\"\n"))
    };
    match place {
        "person.identifiers" => Some(format!("convert = \"identifier\"\nkind = \"{identifier}\"\n")),
        ".employer.number" => Some(format!("convert = \"number\"\nkind = \"{register}\"\n")),
        ".base" | ".amount" => Some(format!("convert = \"decimal\"\ncurrency = \"{currency}\"\n")),
        ".month" => with_pattern("month", &MONTHS),
        "person.birth_date" | ".interval.from" | ".interval.to" | ".date" => with_pattern("date", &DAYS),
        "person.name" => Some("convert = \"name\"\n".to_owned()),
        "person.sex" | ".kind" => {
            let pairs: Vec<String> =
                seen.iter().take(30).map(|code| format!("\"{code}\" = \"?{code}\"")).collect();
            Some(format!(
                "convert = \"codes\"\ntable = {{ {} }}   # write what each means\n",
                pairs.join(", ")
            ))
        }
        _ => Some(String::new()),
    }
}

/// Whether a value has such a shape: `9` stands for a digit.
fn is_shaped(value: &str, shape: &str) -> bool {
    value.chars().count() == shape.chars().count()
        && value
            .chars()
            .zip(shape.chars())
            .all(|(own, one)| if one == '9' { own.is_ascii_digit() } else { own == one })
}

fn is_of(record: RecordKind, place: &str) -> bool {
    match place {
        ".interval.from" | ".interval.to" => record == RecordKind::Period,
        ".position" => matches!(record, RecordKind::Period | RecordKind::Event),
        ".month" | ".base" | ".amount" => record == RecordKind::Contribution,
        ".date" => record == RecordKind::Event,
        _ => record != RecordKind::Person,
    }
}

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
    (&["iin", "иин", "snils", "снилс", "pin", "пин", "psn", "иденти", "личный"], "person.identifiers"),
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
