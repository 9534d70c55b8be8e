//! What a text may not hold: mark-up of a page, and whatever a person can be reached by.

use regex::Regex;
use std::sync::LazyLock;

/// Whether a text has tags or named letters of HTML in it. What only looks alike, as "<18 years>", is none.
pub(super) fn has_markup(text: &str) -> bool {
    MARKUP.as_ref().is_some_and(|pattern| pattern.is_match(&text.to_lowercase()))
}

/// Whether a text has a telephone, an address of mail, a page or a name of a messenger in it.
pub(super) fn has_contact(text: &str) -> bool {
    CONTACT.as_ref().is_some_and(|pattern| pattern.is_match(&text.to_lowercase()))
}

// a pattern of ours that does not compile would find nothing: the tests below see that both do
static MARKUP: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let tags = "p|br|ul|ol|li|b|i|u|s|strong|em|div|span|a|h[1-6]|table|tbody|thead|tr|td|th|font|img|script|style|\
                iframe|html|body|head|hr|pre|code|blockquote|sup|sub|small|center|input|form|svg|object|embed";
    let tag = format!(r"</?(?:{tags})(?:\s[^<>]*)?/?\s*>");
    let letter =
        r"&(?:nbsp|amp|lt|gt|quot|apos|laquo|raquo|mdash|ndash|bull|hellip|shy|#[0-9]{1,6}|#x[0-9a-f]{1,6});";
    Regex::new(&format!("{tag}|{letter}|<!--|<!\\[cdata\\[")).ok()
});

static CONTACT: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let mail = r"[^\s@<>,;:]+@[^\s@<>,;:]+\.[^\s@<>,;:.]{2,}";
    let abroad = r"\+\s?[0-9](?:[\s().-]{0,2}[0-9]){9,13}";
    let home = r"\b[78][\s(-]{0,2}[0-9]{3}[\s)-]{0,2}[0-9]{3}[\s-]?[0-9]{2}[\s-]?[0-9]{2}\b";
    let local = r"\b0\s?\(?[0-9]{2,3}\)?[\s-]?[0-9]{2,3}[\s-][0-9]{2,3}[\s-]?[0-9]{2,3}\b";
    let page = r"https?://|\bwww\.|\b(?:t\.me|wa\.me|vk\.com)/";
    let name = r"(?:^|\s)@[a-z0-9_]{4,}";
    Regex::new(&format!("{mail}|{abroad}|{home}|{local}|{page}|{name}")).ok()
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_told_from_signs() {
        for text in [
            "<p>a</p>",
            "a<br>b",
            "a<BR/>b",
            "<a href=\"x\">y</a>",
            "a&nbsp;b",
            "&#171;a&#187;",
            "<!-- x -->",
            "<script>alert(1)</script>",
            "</div>",
        ] {
            assert!(has_markup(text), "{text}");
        }
        for text in ["старше <18> лет", "a < b > c", "R&D; отдел", "5 & 6", "<о вакансии>", "", "Тариф <N>"]
        {
            assert!(!has_markup(text), "{text}");
        }
    }

    #[test]
    fn what_a_person_can_be_reached_by_is_told_from_figures() {
        for text in [
            "звоните +7 701 234 56 78",
            "тел. 8(495)123-45-67",
            "87011234567",
            "+996555123456",
            "пишите hr@sary.kz",
            "Кадры: ivanov@почта.рф",
            "https://hh.example/1",
            "www.sary.kz",
            "t.me/welder",
            "в телеграме @azamat_o",
            "0 555 12-34-56",
            "+375 (29) 123-45-67",
            "+37491234567",
        ] {
            assert!(has_contact(text), "{text}");
        }
        for text in [
            "оплата 60 000 - 80 000 руб.",
            "ГОСТ 12345-67, 2 смены",
            "с 2026-12-01 по 2027-03-31",
            "ИНН 7701234567",
            "ОГРН 1027700132195",
            "12.5 кВт @ 380 В",
            "от 120000 до 250000",
            "",
        ] {
            assert!(!has_contact(text), "{text}");
        }
    }
}
