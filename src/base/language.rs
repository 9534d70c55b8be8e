//! The languages in which the program speaks to people.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::str::FromStr;

/// A language that texts for people are written in.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    /// Russian.
    Ru,
    /// Kazakh.
    Kk,
    /// Kyrgyz.
    Ky,
    /// Armenian.
    Hy,
    /// Belarusian.
    Be,
    /// English.
    #[default]
    En,
}

/// The two languages in which everything is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Written {
    /// English.
    En,
    /// Russian, which those read who have no text in their own language.
    Ru,
}

impl Language {
    /// All of them, in the order in which they are offered.
    pub const ALL: [Self; 6] = [Self::Ru, Self::Kk, Self::Ky, Self::Hy, Self::Be, Self::En];

    /// Its code of ISO 639-1.
    pub fn code(self) -> &'static str {
        match self {
            Self::Ru => "ru",
            Self::Kk => "kk",
            Self::Ky => "ky",
            Self::Hy => "hy",
            Self::Be => "be",
            Self::En => "en",
        }
    }

    /// Its name, as those who read it call it.
    pub fn own_name(self) -> &'static str {
        match self {
            Self::Ru => "Русский",
            Self::Kk => "Қазақша",
            Self::Ky => "Кыргызча",
            Self::Hy => "Հայերեն",
            Self::Be => "Беларуская",
            Self::En => "English",
        }
    }

    /// In which of the two a reader of this language is told what is written in them alone.
    pub fn written(self) -> Written {
        match self {
            Self::En => Written::En,
            Self::Ru | Self::Kk | Self::Ky | Self::Hy | Self::Be => Written::Ru,
        }
    }

    /// Of a text in English and in Russian, the one that a reader of this language is shown.
    pub fn en_or_ru<T>(self, en: T, ru: T) -> T {
        match self.written() {
            Written::En => en,
            Written::Ru => ru,
        }
    }

    /// The first of the languages that a caller reads, by `Accept-Language` (RFC 9110): by weight, then by order.
    pub fn accepted(header: &str) -> Option<Self> {
        let mut best: Option<(Self, f32)> = None;
        for range in header.split(',') {
            let (tag, parameters) = range.split_once(';').unwrap_or((range, ""));
            let primary = tag.trim().split('-').next().unwrap_or_default().to_ascii_lowercase();
            let Ok(language) = primary.parse::<Self>() else { continue };
            let weight = parameters.trim().strip_prefix("q=").map_or(Ok(1.0), str::parse::<f32>);
            let weight = weight.unwrap_or_default();
            if weight > 0.0 && best.is_none_or(|(_, heaviest)| weight > heaviest) {
                best = Some((language, weight));
            }
        }
        best.map(|(language, _)| language)
    }
}

impl FromStr for Language {
    type Err = String;

    /// By its code of ISO 639-1.
    fn from_str(code: &str) -> Result<Self, String> {
        let known = Self::ALL.into_iter().find(|language| language.code() == code);
        known.ok_or_else(|| {
            let codes = Self::ALL.map(Self::code);
            format!("no texts in language {code}; write one of {}", codes.join(", "))
        })
    }
}

impl std::fmt::Display for Language {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_caller_reads_the_language_he_likes_most_of_those_we_have() {
        assert_eq!(Language::accepted("kk-KZ,kk;q=0.9,ru;q=0.8"), Some(Language::Kk));
        assert_eq!(Language::accepted("de, en;q=0.3, hy;q=0.7"), Some(Language::Hy));
        assert_eq!(Language::accepted("fr;q=1, be;q=0, *;q=0.1"), None);
        assert_eq!(Language::accepted("ru;q=x"), None);
        assert_eq!(Language::accepted(""), None);
    }

    #[test]
    fn each_language_is_found_by_its_code() {
        for language in Language::ALL {
            assert_eq!(language.code().parse(), Ok(language));
        }
        assert!("xx".parse::<Language>().unwrap_err().contains("ru, kk, ky, hy, be, en"));
    }
}
