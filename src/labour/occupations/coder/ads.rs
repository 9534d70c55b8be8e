//! What stands in the title of an advertisement and is no title: pay, grade, shift, place (`schemas/labour/ads.toml`).

use super::normal;
use regex::Regex;
use serde::Deserialize;
use std::sync::LazyLock;
use unicode_normalization::UnicodeNormalization;

/// What is taken out of a title.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Ads {
    /// Regular expressions of names of places.
    places: Vec<String>,
    pattern: Vec<Pattern>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Pattern {
    /// Which kind of thing it finds: for those who read the file.
    #[serde(rename = "what")]
    _what: String,
    find: String,
}

#[expect(clippy::expect_used, reason = "the patterns are compiled in, and a test reads them")]
static PATTERNS: LazyLock<Vec<Regex>> = LazyLock::new(|| {
    let ads: Ads = toml::from_str(include_str!("../../../../schemas/labour/ads.toml"))
        .expect("the patterns are readable");
    let places = format!("(?:{})", ads.places.join("|"));
    let patterns = ads.pattern.iter().map(|pattern| pattern.find.replace("{places}", &places));
    patterns.map(|pattern| Regex::new(&pattern).expect("each is a regular expression")).collect()
});

/// The words of the title that a text holds, as [`normal::words`] writes them; none if it holds no title.
pub(super) fn title_words(text: &str) -> Vec<String> {
    let mut text: String =
        text.chars().take(TITLE_MAX).collect::<String>().nfc().collect::<String>().to_lowercase();
    for pattern in PATTERNS.iter() {
        text = pattern.replace_all(&text, " ").into_owned();
    }
    normal::words(&text)
}

/// How many characters of a text are looked at: a title is not longer.
const TITLE_MAX: usize = 300;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_title_is_taken_out() {
        for (ad, title) in [
            ("Электрогазосварщик 5 разряда", "электрогазосварщик"),
            ("СРОЧНО! Требуется сварщик 4-6 разряда, г. Москва, з/п от 120 000 руб.", "сварщик"),
            ("Слесарь-ремонтник V разряда", "слесарь ремонтник"),
            ("Водитель категории С (вахта 60/30)", "водитель категории с"),
            ("Официант/ка 2/2", "официант"),
            ("Продавец(-щица), Бишкек", "продавец"),
            ("Бухгалтер 1С от 60000 до 80000 рублей в месяц", "бухгалтер 1с"),
            ("Врач высшей категории", "врач"),
            ("5-разрядты дәнекерлеуші керек, 350 000 тг", "данекерлеуши"),
            ("Ширетүүчү керек (Бишкек)", "ширетуучу"),
            ("Зваршчык 5 разраду, Мінск", "зваршчык"),
            ("Եռակցող 5-րդ կարգի, Երևան", "եռակցող"),
            ("Urgently hiring: welder (m/f), full-time", "welder"),
            ("Повар в Москве", "повар"),
            ("Вахтёр", "вахтер"),
            ("Маляр", "маляр"),
            ("Мостовщик", "мостовщик"),
            ("вахта 2/2 срочно от 100 000 руб.", ""),
            ("", ""),
        ] {
            assert_eq!(title_words(ad).join(" "), title, "{ad}");
        }
    }
}
