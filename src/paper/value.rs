//! What an element says, as a person reads it.

use super::labels::LABELS;
use crate::base::{Language, Written};
use crate::exchange::document::Element;
use crate::exchange::rules::{CodeLists, Names};
use unicode_normalization::UnicodeNormalization;

/// How values are told: in which language, with which code lists.
#[derive(Clone, Copy)]
pub(super) struct Telling<'a> {
    pub(super) lists: &'a CodeLists,
    pub(super) language: Language,
}

impl Telling<'_> {
    /// The label of an element.
    pub(super) fn label(self, local: &str) -> &str {
        LABELS.element(local, self.language)
    }

    /// A label without a sentence's end, and what the element says.
    pub(super) fn value(self, element: &Element) -> String {
        let text: String = element.token().nfc().collect();
        let words = &LABELS.words;
        if is_file(element) {
            return self.file(element, &text);
        }
        if text.is_empty() {
            return words.nothing.of(self.language).to_owned();
        }
        if let Some(list) = element.attribute("codeListId") {
            return self.code(list, &text);
        }
        if let Some(currency) = element.attribute("currencyCode") {
            return self.money(&text, currency, element.attribute("currencyCodeListId"));
        }
        if let Some(kind) = element.attribute("kindId") {
            let name = self.name(EMPLOYER_REGISTERS, kind);
            return name.map_or(format!("{text} ({kind})"), |name| format!("{text}, {name} ({kind})"));
        }
        let local = element.local.as_ref();
        if local.ends_with("DateTime") {
            return moment(&text).unwrap_or(text);
        }
        if local.ends_with("Date") || local.ends_with("Month") {
            return day(&text).unwrap_or(text);
        }
        if local.ends_with("Indicator") {
            match text.as_str() {
                "true" | "1" => return words.yes.of(self.language).to_owned(),
                "false" | "0" => return words.no.of(self.language).to_owned(),
                _ => {}
            }
        }
        text
    }

    /// What a language is called; a code that is not known stays.
    pub(super) fn language_of(self, element: &Element) -> Option<(String, String)> {
        let code = element.attribute("languageCode")?;
        let name = LABELS.language(code, self.language);
        let told = if name == code { code.to_owned() } else { format!("{name} ({code})") };
        Some((LABELS.attribute("languageCode", self.language).to_owned(), told))
    }

    /// The name of a country with its code.
    pub(super) fn country(self, code: &str) -> String {
        self.code(COUNTRIES, code)
    }

    fn code(self, list: &str, code: &str) -> String {
        match self.name(list, code) {
            Some(name) => format!("{name} ({code})"),
            None => format!("{code} ({} {list})", LABELS.attribute("codeListId", self.language)),
        }
    }

    fn name(self, list: &str, code: &str) -> Option<String> {
        let Names { ru, en } = &self.lists.list(list)?.code(code)?.names;
        Some(match self.language.written() {
            Written::Ru => ru.clone(),
            Written::En => en.clone(),
        })
    }

    fn money(self, text: &str, currency: &str, list: Option<&str>) -> String {
        let amount = grouped(text, self.language).unwrap_or_else(|| text.to_owned());
        match list.and_then(|list| self.name(list, currency)) {
            Some(name) => format!("{amount} {currency} ({name})"),
            None => format!("{amount} {currency}"),
        }
    }

    /// A file is on no paper: its kind and length are told.
    fn file(self, element: &Element, text: &str) -> String {
        let mut told = LABELS.words.file.of(self.language).to_owned();
        if let Some(media) = element.attribute("mediaTypeCode") {
            told.push_str(&format!(", {} {media}", LABELS.attribute("mediaTypeCode", self.language)));
        }
        let digits = text.chars().filter(|c| !matches!(c, ' ' | '=')).count();
        if digits > 0 {
            told.push_str(&format!(", {} {}", digits * 3 / 4, LABELS.words.bytes.of(self.language)));
        }
        told
    }
}

/// Whether an element holds a file, or the place of one that travels beside the message.
pub(super) fn is_file(element: &Element) -> bool {
    element.local.ends_with("BinaryText") || element.children.iter().any(|child| child.local == "Include")
}

/// `2026-11-23T10:00:00Z` as `23.11.2026 10:00:00 UTC`.
fn moment(text: &str) -> Option<String> {
    let (date, time) = text.split_once('T')?;
    let time = match time.strip_suffix('Z') {
        Some(time) => format!("{time} UTC"),
        None => time.to_owned(),
    };
    Some(format!("{} {time}", day(date)?))
}

/// `2026-11-23` as `23.11.2026`, `2026-11` as `11.2026`.
fn day(text: &str) -> Option<String> {
    let parts: Vec<&str> = text.split('-').collect();
    let is_number = |part: &&str, digits| part.len() == digits && part.bytes().all(|b| b.is_ascii_digit());
    match parts.as_slice() {
        [year, month, day] if is_number(year, 4) && is_number(month, 2) && is_number(day, 2) => {
            Some(format!("{day}.{month}.{year}"))
        }
        [year, month] if is_number(year, 4) && is_number(month, 2) => Some(format!("{month}.{year}")),
        _ => None,
    }
}

/// `-128000.00` as `-128 000,00` or `-128,000.00`.
fn grouped(text: &str, language: Language) -> Option<String> {
    let (sign, number) = text.strip_prefix('-').map_or(("", text), |rest| ("-", rest));
    let (whole, fraction) = number.split_once('.').map_or((number, None), |(w, f)| (w, Some(f)));
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number(whole) || !fraction.is_none_or(is_number) {
        return None;
    }
    let (between, point) = match language.written() {
        Written::Ru => ('\u{a0}', ','),
        Written::En => (',', '.'),
    };
    let mut told = sign.to_owned();
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at).is_multiple_of(3) {
            told.push(between);
        }
        told.push(digit);
    }
    if let Some(fraction) = fraction {
        told.push(point);
        told.push_str(fraction);
    }
    Some(told)
}

const COUNTRIES: &str = "2021";
const EMPLOYER_REGISTERS: &str = "XER";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Limits;

    fn told(xml: &str, language: Language) -> String {
        let lists = CodeLists::built_in().unwrap();
        let element = Element::parse(xml.as_bytes(), &Limits::default()).unwrap();
        Telling { lists: &lists, language }.value(&element)
    }

    #[test]
    fn values_are_told_as_a_person_reads_them() {
        let ru = |xml: &str| told(xml, Language::Ru);
        assert_eq!(ru("<C codeListId='2021'>KG</C>"), "Кыргызстан (KG)");
        assert_eq!(ru("<C codeListId='2021'>XX</C>"), "XX (справочник 2021)");
        assert_eq!(ru("<BirthDate>1985-03-15</BirthDate>"), "15.03.1985");
        assert_eq!(ru("<AmountMonth>2026-08</AmountMonth>"), "08.2026");
        assert_eq!(ru("<EDocDateTime>2026-11-23T10:00:00Z</EDocDateTime>"), "23.11.2026 10:00:00 UTC");
        assert_eq!(ru("<DocId>2009-06-01</DocId>"), "2009-06-01", "no date by its name");
        assert_eq!(ru("<BirthDate>soon</BirthDate>"), "soon");
        let money = "<A currencyCode='RUB' currencyCodeListId='XCU'>-1128000.50</A>";
        assert_eq!(ru(money).split('(').next(), Some("-1\u{a0}128\u{a0}000,50 RUB "));
        assert!(told(money, Language::En).starts_with("-1,128,000.50 RUB ("));
        assert_eq!(ru("<A currencyCode='ZZZ'>much</A>"), "much ZZZ");
        assert_eq!(
            told("<DocBinaryText mediaTypeCode='application/pdf'>JVBERi0xLjQ=</DocBinaryText>", Language::En),
            "file with the electronic document, type application/pdf, 8 bytes"
        );
        assert_eq!(
            told("<B kindId='bin'>051140000018</B>", Language::Ru),
            "051140000018, БИН (Казахстан) (bin)"
        );
    }
}
