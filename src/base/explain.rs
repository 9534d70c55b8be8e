//! The error catalogue: what a stable code means, whose turn it is and what to do, in the reader's language.
//!
//! The texts are data (`schemas/errors.toml`). An error type knows its code and its verdict, and no text of any language
//! but its own sentence for the log.

use super::Language;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

/// One text in each language it is written in; a clone of it is the same text.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(from = "WrittenTexts")]
pub struct Texts(Arc<WrittenTexts>);

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenTexts {
    en: String,
    ru: String,
    kk: Option<String>,
    ky: Option<String>,
    hy: Option<String>,
    be: Option<String>,
}

impl Texts {
    /// The text in English and Russian.
    pub fn new(en: String, ru: String) -> Self {
        WrittenTexts { en, ru, kk: None, ky: None, hy: None, be: None }.into()
    }

    /// The text in one language; in Russian where it is not written in that one.
    pub fn of(&self, language: Language) -> &str {
        let WrittenTexts { en, ru, kk, ky, hy, be } = &*self.0;
        let own = match language {
            Language::En => return en,
            Language::Ru => return ru,
            Language::Kk => kk,
            Language::Ky => ky,
            Language::Hy => hy,
            Language::Be => be,
        };
        own.as_deref().unwrap_or(ru)
    }
}

impl Texts {
    /// Adds the text in a language.
    fn put(&mut self, language: Language, text: String) {
        let texts = Arc::make_mut(&mut self.0);
        match language {
            Language::En => texts.en = text,
            Language::Ru => texts.ru = text,
            Language::Kk => texts.kk = Some(text),
            Language::Ky => texts.ky = Some(text),
            Language::Hy => texts.hy = Some(text),
            Language::Be => texts.be = Some(text),
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
        language.en_or_ru(en, ru)
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
        language.en_or_ru(en, ru)
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
    let mut catalogue: BTreeMap<String, Explanation> =
        toml::from_str(include_str!("../../schemas/errors.toml")).expect("the error catalogue is readable");
    for (language, text) in TRANSLATED {
        let told: BTreeMap<String, Translated> = toml::from_str(text).expect("the translation is readable");
        for (code, Translated { cause, remedy }) in told {
            if let Some(explanation) = catalogue.get_mut(&code) {
                explanation.cause.put(language, cause);
                explanation.remedy.put(language, remedy);
            }
        }
    }
    catalogue
});

/// The two texts of a code in another language than English and Russian.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Translated {
    cause: String,
    remedy: String,
}

const TRANSLATED: [(Language, &str); 4] = [
    (Language::Kk, include_str!("../../schemas/languages/kk/errors.toml")),
    (Language::Ky, include_str!("../../schemas/languages/ky/errors.toml")),
    (Language::Hy, include_str!("../../schemas/languages/hy/errors.toml")),
    (Language::Be, include_str!("../../schemas/languages/be/errors.toml")),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Written;

    #[test]
    fn every_explanation_is_a_sentence_in_each_language() {
        let mut seen = 0;
        for (code, explanation) in explanations() {
            seen += 1;
            for (texts, language) in [&explanation.cause, &explanation.remedy]
                .into_iter()
                .flat_map(|texts| Language::ALL.map(|language| (texts, language)))
            {
                let text = texts.of(language);
                let end = if language == Language::Hy { '։' } else { '.' };
                assert!(text.ends_with(end) && text.len() > 15, "{code}: {language}: {text}");
                let letters = text.chars().filter(|c| c.is_alphabetic());
                let (other, latin): (Vec<_>, Vec<_>) = letters.partition(|c| !c.is_ascii());
                // codes, settings and names stay Latin in any sentence
                assert_eq!(other.len() * 3 > latin.len(), language != Language::En, "{code}: {text}");
                let is_own = language.written() == Written::En || text != texts.of(Language::Ru);
                assert!(is_own || language == Language::Ru, "{code} is not told in {language}");
            }
        }
        assert!(seen > 100);
    }

    #[test]
    fn no_translation_explains_a_code_that_is_gone() {
        for (language, text) in TRANSLATED {
            let told: BTreeMap<String, Translated> = toml::from_str(text).unwrap();
            let dead: Vec<_> = told.keys().filter(|code| explain(code).is_none()).collect();
            assert!(dead.is_empty(), "{language}: {dead:?}");
        }
    }

    #[test]
    fn a_code_that_nobody_gives_is_explained_by_nothing() {
        assert!(explain("seal.expired").is_some());
        assert_eq!(explain("seal.nothing"), None);
        assert_eq!("ru".parse(), Ok(Language::Ru));
        assert!("xx".parse::<Language>().is_err());
    }
}
