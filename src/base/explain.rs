//! The error catalogue: what a stable code means, whose turn it is and what to do, in the reader's language.
//!
//! The texts are data (`schemas/errors.toml`). An error type knows its code and its verdict, and no text of any language
//! but its own sentence for the log.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::str::FromStr;
use std::sync::{Arc, LazyLock};

/// A language that texts for people are written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    /// English.
    #[default]
    En,
    /// Russian.
    Ru,
}

impl FromStr for Language {
    type Err = String;

    /// By its code of ISO 639-1.
    fn from_str(code: &str) -> Result<Self, String> {
        match code {
            "en" => Ok(Self::En),
            "ru" => Ok(Self::Ru),
            _ => Err(format!("no texts in language {code}; write en or ru")),
        }
    }
}

/// One text in each language; a clone of it is the same text.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(from = "WrittenTexts")]
pub struct Texts(Arc<WrittenTexts>);

#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenTexts {
    en: String,
    ru: String,
}

impl Texts {
    /// The text in both languages.
    pub fn new(en: String, ru: String) -> Self {
        WrittenTexts { en, ru }.into()
    }

    /// The text in one language.
    pub fn of(&self, language: Language) -> &str {
        match language {
            Language::En => &self.0.en,
            Language::Ru => &self.0.ru,
        }
    }
}

impl From<WrittenTexts> for Texts {
    fn from(written: WrittenTexts) -> Self {
        Self(Arc::new(written))
    }
}

/// Who must act.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Turn {
    /// Whoever made the document.
    Sender,
    /// The operator of the other node.
    Peer,
    /// The operator of this node.
    Operator,
    /// The local system, or its clerk.
    Local,
    /// A certification authority.
    Authority,
    /// The operator of a trusted third party, or of a time-stamping authority.
    ThirdParty,
    /// Nobody: the node goes on by itself.
    Nobody,
}

impl Turn {
    /// Who that is, in words.
    pub fn in_words(self, language: Language) -> &'static str {
        let (en, ru) = match self {
            Self::Sender => ("the sender of the document", "отправитель документа"),
            Self::Peer => ("the operator of the peer", "оператор узла-партнёра"),
            Self::Operator => ("the operator of this node", "оператор этого узла"),
            Self::Local => ("the local system or its clerk", "локальная система или её сотрудник"),
            Self::Authority => ("the certification authority", "удостоверяющий центр"),
            Self::ThirdParty => ("the operator of the third party", "оператор доверенной третьей стороны"),
            Self::Nobody => ("nobody; the node goes on by itself", "никто; узел продолжает сам"),
        };
        if language == Language::Ru { ru } else { en }
    }
}

/// Whether the same bytes may succeed later.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Again {
    /// They are never taken.
    Never,
    /// The node tries again by itself.
    Itself,
    /// Once a person has mended the cause and let them go.
    Released,
}

impl Again {
    /// The same in words.
    pub fn in_words(self, language: Language) -> &'static str {
        let (en, ru) = match self {
            Self::Never => ("never by the same bytes", "никогда с теми же данными"),
            Self::Itself => ("tried again by itself", "повторяется само"),
            Self::Released => {
                ("after it is mended, by stazh release", "после исправления, командой stazh release")
            }
        };
        if language == Language::Ru { ru } else { en }
    }
}

/// What a code means and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Explanation {
    /// Who must act.
    pub turn: Turn,
    /// Whether the same bytes may succeed later.
    #[serde(rename = "retry")]
    pub again: Again,
    /// What happened.
    pub cause: Texts,
    /// What to do.
    pub remedy: Texts,
}

/// What a code means; nothing for one that this program does not give.
pub fn explain(code: &str) -> Option<&'static Explanation> {
    CATALOGUE.get(code)
}

/// All of them, by code.
pub fn explanations() -> impl Iterator<Item = (&'static str, &'static Explanation)> {
    CATALOGUE.iter().map(|(code, explanation)| (code.as_str(), explanation))
}

#[expect(clippy::expect_used, reason = "the catalogue is compiled in, and a test reads it")]
static CATALOGUE: LazyLock<BTreeMap<String, Explanation>> = LazyLock::new(|| {
    toml::from_str(include_str!("../../schemas/errors.toml")).expect("the error catalogue is readable")
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_explanation_is_a_sentence_in_each_language() {
        let mut seen = 0;
        for (code, explanation) in explanations() {
            seen += 1;
            for (texts, is_russian) in [&explanation.cause, &explanation.remedy]
                .into_iter()
                .flat_map(|texts| [(texts.of(Language::En), false), (texts.of(Language::Ru), true)])
            {
                assert!(texts.ends_with('.') && texts.len() > 15, "{code}: {texts}");
                let letters = texts.chars().filter(|c| c.is_alphabetic());
                let (cyrillic, latin): (Vec<_>, Vec<_>) = letters.partition(|c| !c.is_ascii());
                // codes, settings and names stay Latin in a Russian sentence
                assert_eq!(cyrillic.len() * 3 > latin.len(), is_russian, "{code}: {texts}");
            }
        }
        assert!(seen > 100);
    }

    #[test]
    fn a_code_that_nobody_gives_is_explained_by_nothing() {
        assert!(explain("seal.expired").is_some());
        assert_eq!(explain("seal.nothing"), None);
        assert_eq!("ru".parse(), Ok(Language::Ru));
        assert!("xx".parse::<Language>().is_err());
    }
}
