//! What the words of a source mean: explicit tables of `schemas/labour/sources`. A word that no table knows means nothing
//! here (D6).

use crate::exchange::canonical::job::{
    ContactChannel, LanguageCode, LanguageLevel, Offering, Remote, Schedule, Schooling, VacancyStatus,
};
use crate::exchange::canonical::{Coded, Currency};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::str::FromStr;

/// A file of tables that cannot be used: the program or a file of one's own is damaged.
#[derive(Debug, thiserror::Error)]
#[error("understand the table {file} of words")]
pub struct WordsError {
    file: &'static str,
    #[source]
    source: Box<toml::de::Error>,
}

/// The tables by which vacancies are read.
#[derive(Debug, Clone)]
pub struct Words {
    pub(super) common: Common,
    pub(super) portal: Portal,
}

/// Words that several sources share.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Common {
    currencies: BTreeMap<String, Currency>,
    known: Known,
    levels: BTreeMap<String, LanguageLevel>,
    languages: BTreeMap<String, LanguageCode>,
    channels: BTreeMap<String, ContactChannel>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Known {
    currencies: Vec<Currency>,
}

/// Words of trudvsem.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Portal {
    pub(super) scheme: Coded,
    pub(super) edition: Coded,
    pub(super) fresh_days: u16,
    work: BTreeMap<String, Work>,
    education: BTreeMap<String, String>,
    experience: BTreeMap<String, u16>,
    status: BTreeMap<String, VacancyStatus>,
    visibility: BTreeMap<String, VacancyStatus>,
    quotas: BTreeMap<String, Coded>,
    regions: BTreeMap<String, Coded>,
}

/// What a word of employment or schedule means; nothing of it is known and has no place in a vacancy.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Work {
    pub(super) offering: Option<Offering>,
    pub(super) schedule: Option<Schedule>,
    pub(super) remote: Option<Remote>,
}

impl Words {
    /// The tables compiled into the program.
    ///
    /// # Errors
    /// One of them is damaged.
    pub fn built_in() -> Result<Self, WordsError> {
        fn read<T: serde::de::DeserializeOwned>(file: &'static str, text: &str) -> Result<T, WordsError> {
            toml::from_str(text).map_err(|source| WordsError { file, source: Box::new(source) })
        }
        Ok(Self {
            common: read("common.toml", include_str!("../../../../schemas/labour/sources/common.toml"))?,
            portal: read("trudvsem.toml", include_str!("../../../../schemas/labour/sources/trudvsem.toml"))?,
        })
    }

    /// A currency by its code or by a word for it; one that is not taken is none.
    pub(super) fn currency(&self, text: &str) -> Option<Currency> {
        let word = folded(text);
        let told = self.common.currencies.get(&word).copied();
        let told = told.or_else(|| word.to_uppercase().parse().ok());
        told.filter(|currency| self.common.known.currencies.contains(currency))
    }

    /// A level of a language by a word, or by the code at its head (`A1 — начальный`).
    pub(super) fn level(&self, text: &str) -> Option<LanguageLevel> {
        let word = folded(text);
        let head = word.split([' ', '-', '—', '–', '(']).next().unwrap_or_default();
        let by_code = LanguageLevel::ALL.iter().copied();
        let mut by_code = by_code.filter(|level| *level != LanguageLevel::Native);
        let coded = by_code.find(|level| level.as_code().eq_ignore_ascii_case(head));
        coded.or_else(|| self.common.levels.get(&word).copied())
    }

    /// A language by its name, with or without the word for "language", or by its code.
    pub(super) fn language(&self, text: &str) -> Option<LanguageCode> {
        let word = folded(text);
        let word = word.strip_suffix(" язык").unwrap_or(&word);
        self.common.languages.get(word).copied().or_else(|| word.parse().ok())
    }

    /// By what one is reached, by the word for it.
    pub(super) fn channel(&self, text: &str) -> Option<ContactChannel> {
        let word = folded(text);
        self.common.channels.get(&word).copied().or_else(|| ContactChannel::from_str(text.trim()).ok())
    }
}

impl Portal {
    pub(super) fn work(&self, text: &str) -> Option<Work> {
        self.work.get(&folded(text)).copied()
    }

    /// `Some(None)` of a word that is known and demands nothing.
    pub(super) fn education(&self, text: &str) -> Option<Option<Schooling>> {
        self.education.get(&folded(text)).map(|code| code.parse().ok())
    }

    pub(super) fn experience(&self, text: &str) -> Option<u16> {
        self.experience.get(&folded(text)).copied()
    }

    pub(super) fn status(&self, text: &str) -> Option<VacancyStatus> {
        self.status.get(&folded(text)).copied()
    }

    pub(super) fn visibility(&self, text: &str) -> Option<VacancyStatus> {
        self.visibility.get(&folded(text)).copied()
    }

    pub(super) fn quota(&self, text: &str) -> Option<&Coded> {
        self.quotas.get(&folded(text))
    }

    /// The region that a place begins with, such as `г Москва` or `Тульская область, г Тула`.
    pub(super) fn region(&self, place: &str) -> Option<&Coded> {
        let head = folded(place.split(',').next().unwrap_or_default());
        let is_kind = |word: &&str| REGION_KINDS.contains(&word.trim_end_matches('.'));
        let bare: Vec<&str> = head.split(' ').filter(|word| !is_kind(word)).collect();
        self.regions.get(&bare.join(" ")).or_else(|| self.regions.get(&head))
    }
}

/// A word as the tables have it: small, without quotes, with single blanks.
pub(super) fn folded(text: &str) -> String {
    let plain: String = text.chars().filter(|c| !matches!(c, '«' | '»' | '"' | '“' | '”' | '„')).collect();
    crate::base::collapsed(&plain.to_lowercase().replace('ё', "е")).into_owned()
}

/// Words that say what kind of region follows.
const REGION_KINDS: &[&str] = &[
    "г",
    "город",
    "область",
    "обл",
    "край",
    "республика",
    "респ",
    "автономный",
    "ао",
    "округ",
    "область",
    "авт",
    "окр",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_mean_what_the_tables_say_and_nothing_else() {
        let words = Words::built_in().unwrap();
        let currency = |text| words.currency(text).map(|c| c.to_string());
        for (text, code) in
            [("«руб.»", "RUB"), ("RUR", "RUB"), ("kzt", "KZT"), ("Тенге", "KZT"), ("сом", "KGS")]
        {
            assert_eq!(currency(text).as_deref(), Some(code), "{text}");
        }
        for text in ["", "XXX", "SUR", "BYR", "фантик"] {
            assert_eq!(currency(text), None, "{text}");
        }
        let level = |text| words.level(text).map(|level| level.as_code());
        for (text, code) in [("A1 — начальный", "A1"), ("BASIC", "A1"), ("c2", "C2"), ("Родной", "native")]
        {
            assert_eq!(level(text), Some(code), "{text}");
        }
        assert_eq!((level("A3 — странный"), level("хорошо")), (None, None));
        let language = |text| words.language(text).map(|code| code.to_string());
        assert_eq!(language("Английский").as_deref(), Some("en"));
        assert_eq!(language("Казахский язык").as_deref(), Some("kk"));
        assert_eq!(language("эльфийский"), None);
    }

    #[test]
    fn a_region_is_found_by_the_head_of_a_place() {
        let words = Words::built_in().unwrap();
        let region = |text| words.portal.region(text).map(Coded::as_str);
        for (text, code) in [
            ("г Москва", "77"),
            ("Город Москва", "77"),
            ("Московская область, г Химки", "50"),
            ("Тульская обл., г. Тула", "71"),
            ("Республика Татарстан, г Казань", "16"),
            ("Ханты-Мансийский автономный округ - Югра", "86"),
            ("Кемеровская область - Кузбасс, г Кемерово", "42"),
        ] {
            assert_eq!(region(text), Some(code), "{text}");
        }
        for text in ["", "Алматы", "Дальний край"] {
            assert_eq!(region(text), None, "{text}");
        }
    }

    #[test]
    fn a_known_word_may_say_nothing() {
        let portal = Words::built_in().unwrap().portal;
        assert_eq!(portal.work("Ненормированный рабочий день"), Some(Work::default()));
        assert_eq!(portal.work("Когда как"), None);
        assert_eq!(portal.education("Не указано"), Some(None));
        assert_eq!(portal.education("Среднее профессиональное"), Some(Some(Schooling::PostSecondary)));
        assert_eq!(portal.education("Кое-какое"), None);
        assert_eq!(portal.experience("1"), None, "its numbers are not documented");
    }
}
