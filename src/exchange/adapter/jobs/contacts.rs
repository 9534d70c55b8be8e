//! Contacts in free text are taken out of it (`privacy.md` (d)): telephones, mail, messengers, pages of persons, the name
//! of the person to ask for. What is taken stands in the contacts of the vacancy, which are never published.
//!
//! It errs on the side of privacy: a number that looks like a telephone goes, even if it was none.

use crate::exchange::canonical::job::{Contact, ContactChannel};
use regex::{Regex, RegexBuilder};

/// Finds contacts in texts.
#[derive(Debug, Clone)]
pub(super) struct ContactFinder {
    patterns: Vec<(ContactChannel, Regex)>,
}

impl ContactFinder {
    /// # Errors
    /// A pattern of ours is none.
    pub(super) fn new() -> Result<Self, regex::Error> {
        let of = |(channel, pattern): &(ContactChannel, &str)| {
            RegexBuilder::new(pattern).case_insensitive(true).build().map(|regex| (*channel, regex))
        };
        Ok(Self { patterns: PATTERNS.iter().map(of).collect::<Result<_, _>>()? })
    }

    /// The text with a mark where contacts stood; they are added to those that are known, each once.
    pub(super) fn strip(&self, text: &str, persons: &[String], contacts: &mut Vec<Contact>) -> String {
        let mut left = text.to_owned();
        for (channel, pattern) in &self.patterns {
            if !pattern.is_match(&left) {
                continue;
            }
            for found in pattern.find_iter(&left) {
                add(contacts, *channel, found.as_str());
            }
            left = pattern.replace_all(&left, MARK).into_owned();
        }
        for name in persons.iter().filter_map(|person| name_pattern(person)) {
            left = name.replace_all(&left, MARK).into_owned();
        }
        left
    }
}

/// Adds a contact that is not there yet, by its digits or letters.
pub(super) fn add(contacts: &mut Vec<Contact>, channel: ContactChannel, value: &str) {
    let is_number =
        matches!(channel, ContactChannel::Telephone | ContactChannel::Mobile | ContactChannel::Fax);
    let begin = value.find(|c: char| matches!(c, '+' | '(' | '0'..='9')).filter(|_| is_number).unwrap_or(0);
    let value = value.get(begin..).unwrap_or_default();
    let value = value.trim_matches(|c: char| c.is_whitespace() || matches!(c, ',' | ';' | '.' | ':' | '-'));
    let is_there = contacts.iter().any(|own| core(&own.value) == core(value));
    if !value.is_empty() && !is_there && contacts.len() < CONTACTS_MAX {
        contacts.push(Contact { channel, value: value.to_owned() });
    }
}

/// By what two writings of one contact are known: the last ten digits of a number, letters and digits of others.
fn core(value: &str) -> String {
    let digits: String = value.chars().filter(char::is_ascii_digit).collect();
    if digits.len() >= 7 && !value.contains('@') {
        let from = digits.len().saturating_sub(10);
        return digits.get(from..).unwrap_or_default().to_owned();
    }
    value.to_lowercase().chars().filter(|c| c.is_alphanumeric() || *c == '@').collect()
}

/// Two or more words of a name one after the other, initials among them; or the family name, which stands first.
fn name_pattern(person: &str) -> Option<Regex> {
    let words: Vec<String> = person
        .split(|c: char| !c.is_alphanumeric() && c != '-')
        .filter(|word| word.chars().count() >= NAME_CHARS_MIN)
        .map(regex::escape)
        .collect();
    let first = words.first()?;
    let any = format!("(?:{}|\\p{{Lu}}\\.)", words.join("|"));
    let pattern = format!("\\b(?:{any}(?:[\\s.]*\\b{any})+|{first}\\b)");
    RegexBuilder::new(&pattern).size_limit(PATTERN_BYTES_MAX).build().ok()
}

/// In the order in which they are looked for: mail before messengers, pages before numbers.
const PATTERNS: &[(ContactChannel, &str)] = &[
    (
        ContactChannel::Email,
        r"[\p{L}0-9._%+-]+\s?(?:@|\(at\)|\[at\]|\(собака\))\s?[\p{L}0-9-]+(?:\.[\p{L}0-9-]+)+",
    ),
    (
        ContactChannel::Web,
        r"(?:https?://)?(?:www\.)?(?:vk\.com|vk\.me|ok\.ru|facebook\.com|fb\.com|instagram\.com|linkedin\.com|m\.me)/\S+",
    ),
    (
        ContactChannel::Messenger,
        r"(?:https?://)?(?:www\.)?(?:t\.me|telegram\.me|wa\.me|api\.whatsapp\.com|chat\.whatsapp\.com|viber\.me|viber\.click|imo\.im)/\S+|viber://\S+|tg://\S+",
    ),
    (
        ContactChannel::Messenger,
        r"\b(?:skype|скайп|telegram|телеграм+|тг|tg|instagram|инстаграм+|инста|icq)\s*[:\-–—]\s*@?[a-z0-9_.\-]{4,}",
    ),
    (ContactChannel::Messenger, r"\B@[a-z][a-z0-9_]{3,}"),
    // whatever follows a word for it
    (
        ContactChannel::Telephone,
        r"\b(?:тел|телефон\w*|моб|сот|факс|phone|tel|whatsapp|вотсап|ватсап|вацап|viber|вайбер|հեռ|тэл|тэлефон\w*)[.:\s№]*\+?\d(?:[\s\-–().]{0,2}\d){4,12}\b",
    ),
    // one with its country in front
    (ContactChannel::Telephone, r"\+\d(?:[\s\-–().]{0,3}\d){8,13}\b"),
    // eight or seven, area, number; or nothing before a mobile one
    (
        ContactChannel::Telephone,
        r"\b[78][\s\-–(]{0,3}\d{3,5}[\s\-–)]{0,3}\d{1,3}[\s\-–]?\d{2}[\s\-–]?\d{2}\b",
    ),
    (ContactChannel::Telephone, r"\b(?:375|996|374|77|79)\d{8,10}\b|\b9\d{9}\b|\b0\d{8,9}\b"),
    (ContactChannel::Telephone, r"\b0[\s\-–(]{0,2}\d{2,3}[\s\-–)]{1,2}\d{2,3}[\s\-–]?\d{2}[\s\-–]?\d{2}\b"),
    (ContactChannel::Telephone, r"\(\d{3,5}\)[\s\-–]{0,2}\d(?:[\s\-–]?\d){4,6}\b"),
    (ContactChannel::Telephone, r"\b\d{3}[\s\-–]\d{3}[\s\-–]\d{2}[\s\-–]\d{2}\b"),
    (ContactChannel::Telephone, r"\b\d{2,3}[\-–]\d{2}[\-–]\d{2}\b"),
];

/// What stands where a contact stood: a word in no language.
const MARK: &str = "…";
const NAME_CHARS_MIN: usize = 3;
const PATTERN_BYTES_MAX: usize = 256 * 1024;
/// More contacts of one post are a list of something else.
const CONTACTS_MAX: usize = 50;

#[cfg(test)]
mod tests {
    use super::*;

    fn stripped(text: &str, person: &str) -> (String, Vec<Contact>) {
        let mut contacts = Vec::new();
        let persons = [person.to_owned()];
        let left = ContactFinder::new().unwrap().strip(text, &persons, &mut contacts);
        (left, contacts)
    }

    #[test]
    fn contacts_of_five_states_leave_the_text() {
        for text in [
            "+7 (495) 123-45-67",
            "8 (48762) 2-33-44",
            "8-912-345-67-89",
            "89123456789",
            "9123456789",
            "+375 29 123-45-67",
            "8 029 123 45 67",
            "+996 555 123456",
            "0555 12-34-56",
            "0555123456",
            "+374 91 123456",
            "7 701 123 45 67",
            "+77011234567",
            "(495) 123-45-67",
            "123-456-78-90",
            "45-12-33",
            "тел. 5-12-33",
            "WhatsApp 7011234567",
            "hr@example.invalid",
            "hr (собака) пример.рф",
            "https://t.me/somebody",
            "wa.me/77011234567",
            "vk.com/id123456",
            "telegram: @somebody",
            "skype: some.body",
            "@some_body",
        ] {
            let (left, contacts) = stripped(&format!("Звонить: {text} до вечера"), "");
            assert!(!contacts.is_empty(), "{text}");
            let kept: String = left.replace("Звонить:", "").replace("до вечера", "");
            assert!(!kept.chars().any(|c| c.is_ascii_digit() || c.is_ascii_alphabetic()), "{text}: {left}");
            assert!(left.starts_with("Звонить:") && left.ends_with("до вечера"), "{text}: {left}");
        }
    }

    #[test]
    fn what_is_no_contact_stays() {
        for text in [
            "Оклад от 60 000 до 80 000 руб.",
            "ставка 60000",
            "ГОСТ 12.1.004-91",
            "опыт от 3 лет, смены 2/2",
            "сайт example.org",
            "ИНН 7701",
            "с 01.02.2026 по 15.03.2026",
            "3-й разряд, группа III",
            "Ø 1220 мм",
        ] {
            assert_eq!(stripped(text, ""), (text.to_owned(), vec![]), "{text}");
        }
    }

    #[test]
    fn the_person_to_ask_for_leaves_the_text_in_any_order() {
        for text in ["Иванова Мария Петровна", "Мария Петровна", "Иванова М.П.", "М. П. Иванова", "Иванова"]
        {
            let (left, _) = stripped(&format!("Спросить: {text}, с девяти"), "Иванова Мария Петровна");
            assert!(!left.contains("Иванова") && !left.contains("Мария"), "{text}: {left}");
            assert!(left.contains("с девяти"), "{left}");
        }
        assert_eq!(stripped("улица Марии", "Иванова Мария Петровна").0, "улица Марии");
    }

    #[test]
    fn one_contact_written_twice_is_kept_once() {
        let (_, contacts) =
            stripped("+7 912 345-67-89 или 89123456789, hr@example.invalid, HR@example.invalid", "");
        assert_eq!(contacts.len(), 2);
        assert_eq!(contacts.first().map(|one| one.channel), Some(ContactChannel::Email));
    }
}
