//! What must not leave the home node, found in what is about to: a name, an address of electronic mail, a telephone, a number.

use crate::base::{Finding, Findings};
use crate::exchange::canonical::job::Candidate;
use serde_json::Value;
use std::collections::BTreeSet;

/// What is known of a person and must stand in nothing that leaves.
#[derive(Clone, Default)]
pub struct Known {
    /// Parts of names, in small letters.
    names: BTreeSet<String>,
    /// Numbers, contacts, employers, the address and the day of birth, in small letters.
    values: BTreeSet<String>,
}

impl std::fmt::Debug for Known {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Known({} names, {} values)", self.names.len(), self.values.len())
    }
}

impl Known {
    /// What a candidate is known by.
    pub fn of(candidate: &Candidate) -> Self {
        let person = &candidate.person;
        let parts = person.names().flat_map(|name| [name.family(), name.given(), name.patronymic()]);
        let names = parts.flatten().flat_map(words_of).filter(|word| word.chars().count() > 1).collect();
        let mut values: BTreeSet<String> = BTreeSet::new();
        let mut keep = |text: &str| {
            let text = text.trim().to_lowercase();
            if text.chars().count() >= VALUE_CHARS_MIN {
                values.insert(text);
            }
        };
        person.identifiers.iter().for_each(|held| keep(held.identifier.as_str()));
        candidate.contacts.iter().for_each(|contact| keep(&contact.value));
        candidate.history.iter().filter_map(|past| past.employer.as_ref()).for_each(|own| keep(own.as_str()));
        candidate.address.iter().for_each(|address| keep(address.as_str()));
        keep(&person.birth_date.to_string());
        keep(&person.birth_date.strftime("%d.%m.%Y").to_string());
        Self { names, values }
    }

    /// What of it a text holds.
    fn found_in(&self, text: &str) -> Option<&'static str> {
        let small = text.to_lowercase();
        if words_of(text).any(|word| self.names.contains(&word)) {
            return Some("it holds the person's name; take it out");
        }
        let digits = digits_of(text);
        let holds = |value: &String| {
            let number = digits_of(value);
            small.contains(value.as_str()) || number.len() >= NUMBER_DIGITS_MIN && digits.contains(&number)
        };
        self.values.iter().any(holds).then_some(
            "it holds a number, a contact, an employer or the day of birth of the person; take it out",
        )
    }
}

/// Everything in a value that must not leave, each with its place. Texts that people write, which stand under `name`, are searched
/// for whatever looks like a name, an address or a number, whosever it is.
pub fn leaks(value: &Value, known: &Known) -> Findings {
    let mut findings = Findings::new();
    walk(value, "", ("", known), &mut findings);
    findings
}

/// What of a contact a text shows: of anybody.
pub fn contact_in(text: &str) -> Option<&'static str> {
    if text.split_whitespace().any(is_mail) {
        return Some("it holds an address of electronic mail; take it out");
    }
    if longest_number(text) >= NUMBER_DIGITS_MIN {
        return Some("it holds a telephone or another long number; take it out");
    }
    None
}

fn walk(value: &Value, path: &str, (key, known): (&str, &Known), findings: &mut Findings) {
    match value {
        Value::Object(fields) => {
            for (key, value) in fields {
                walk(value, &format!("{path}/{key}"), (key, known), findings);
            }
        }
        Value::Array(items) => {
            for (at, item) in items.iter().enumerate() {
                walk(item, &format!("{path}[{}]", at + 1), (key, known), findings);
            }
        }
        Value::String(text) => {
            let of_people = if key == "name" { contact_in(text).or_else(|| name_in(text)) } else { None };
            if let Some(message) = known.found_in(text).or(of_people) {
                let rule = "nothing that tells a person leaves before consent and reveal";
                findings.push(Finding::error("labour.identity", path, rule, text, message));
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// A patronymic stands in no title of a skill or a place. Only words with a capital are looked at: others end so too.
pub(super) fn name_in(text: &str) -> Option<&'static str> {
    let words = text.split(|letter: char| !letter.is_alphanumeric());
    let is_patronymic = |word: &str| {
        let small = word.to_lowercase();
        word.starts_with(char::is_uppercase)
            && PATRONYMICS.iter().any(|end| small.ends_with(end) && small.len() > end.len() + 2)
    };
    words.into_iter().any(is_patronymic).then_some("it holds what looks like a person's name; take it out")
}

fn words_of(text: &str) -> impl Iterator<Item = String> + '_ {
    let words = text.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty());
    words.map(|word| word.to_lowercase().replace('ё', "е"))
}

fn is_mail(word: &str) -> bool {
    word.split_once('@').is_some_and(|(before, after)| {
        before.chars().next_back().is_some_and(char::is_alphanumeric)
            && after.chars().next().is_some_and(char::is_alphanumeric)
    })
}

fn digits_of(text: &str) -> String {
    text.chars().filter(char::is_ascii_digit).collect()
}

/// The most digits that stand together, with no more between two than a telephone has.
fn longest_number(text: &str) -> usize {
    let (mut longest, mut run) = (0_usize, 0_usize);
    for letter in text.chars() {
        if letter.is_ascii_digit() {
            run += 1;
            longest = longest.max(run);
        } else if !matches!(letter, ' ' | '\u{a0}' | '-' | '–' | '(' | ')' | '+' | '.') {
            run = 0;
        }
    }
    longest
}

const PATRONYMICS: [&str; 17] = [
    "ович",
    "овича",
    "овичу",
    "овичем",
    "евич",
    "евича",
    "евичу",
    "евичем",
    "овна",
    "овне",
    "овну",
    "евна",
    "евне",
    "қызы",
    "кызы",
    "уулу",
    "ұлы",
];
/// A shorter value would be found everywhere.
const VALUE_CHARS_MIN: usize = 5;
/// The shortest telephone with its code.
const NUMBER_DIGITS_MIN: usize = 7;

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn known() -> Known {
        Known {
            names: ["асанов", "бакыт"].map(str::to_owned).into(),
            values: ["21503198500123", "ооо пример", "1985-03-15"].map(str::to_owned).into(),
        }
    }

    fn places(value: &Value) -> Vec<String> {
        leaks(value, &known()).into_iter().map(|finding| finding.path).collect()
    }

    #[test]
    fn what_tells_a_person_is_found_with_its_place_and_not_shown() {
        let value = json!({
            "skills": [
                { "name": "сварка труб" },
                { "name": "Сварщик Асанов" },
                { "name": "звонить 0 (555) 12-34-56" },
                { "name": "bakyt@example.kg" },
                { "name": "спросить Ивана Петровича" },
                { "name": "работал в ООО Пример" },
                { "code": "21503198500123" },
                { "name": "ПИН 2 15031985 00123" },
            ],
            "born": "1985-03-15",
        });
        let found: Vec<String> = (2..=8)
            .map(|at| {
                let key = if at == 7 { "code" } else { "name" };
                format!("/skills[{at}]/{key}")
            })
            .collect();
        assert_eq!(places(&value), [found, vec!["/born".to_owned()]].concat());
        let told: String = leaks(&value, &known()).iter().map(ToString::to_string).collect();
        for value in ["Асанов", "555", "bakyt", "Петрович", "Пример", "21503198500123", "1985"]
        {
            assert!(!told.contains(value), "{value} is shown: {told}");
        }
    }

    #[test]
    fn what_is_lawful_passes() {
        let value = json!({
            "home": { "country": "KG", "region": "417", "name": "Чуйская область" },
            "skills": [{ "name": "сварка до 6 мм, 3 разряд" }, { "code": "X0101" }, { "name": "1С 8.3" },
                { "name": "работа на уровне ключевых" }],
            "pay": { "min": "150000", "currency": "KGS" }, "occupation": "7212", "kato": "750000000",
        });
        assert_eq!(places(&value), Vec::<String>::new());
    }
}
