//! What the pages say, in six languages (Fluent, `schemas/languages`).
//!
//! No phrase counts things in words: numbers stand behind a colon, so that no language needs its plurals.

use super::Language;
use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource};
use std::collections::BTreeMap;
use std::sync::LazyLock;
use unic_langid::LanguageIdentifier;

/// The phrases of one language.
pub struct Phrases {
    language: Language,
    bundle: FluentBundle<FluentResource>,
}

/// The phrases of a language.
#[expect(clippy::expect_used, reason = "there is a bundle for each language")]
pub fn phrases(language: Language) -> &'static Phrases {
    BUNDLES.get(&language).expect("each language has its phrases")
}

impl Phrases {
    /// Whose phrases these are.
    pub fn language(&self) -> Language {
        self.language
    }

    /// A phrase without a gap.
    pub fn say(&self, key: &str) -> String {
        self.say_with(key, &[])
    }

    /// A phrase whose gaps are filled with `values`: name and text.
    ///
    /// What is not written in this language is said in Russian, else in English; a key that nobody knows is shown as it is.
    pub fn say_with(&self, key: &str, values: &[(&str, &str)]) -> String {
        let mut args = FluentArgs::new();
        for (name, value) in values {
            args.set(*name, *value);
        }
        let tried = [self.language, Language::Ru, Language::En];
        tried
            .into_iter()
            .find_map(|language| phrases(language).own(key, &args))
            .unwrap_or_else(|| key.to_owned())
    }

    fn own(&self, key: &str, args: &FluentArgs<'_>) -> Option<String> {
        let pattern = self.bundle.get_message(key)?.value()?;
        let mut errors = Vec::new(); // a gap that is not filled shows its name
        Some(self.bundle.format_pattern(pattern, Some(args), &mut errors).into_owned())
    }

    /// Whether it is written in this very language.
    pub fn has(&self, key: &str) -> bool {
        self.bundle.has_message(key)
    }
}

macro_rules! written {
    ($($language:ident $code:literal),+) => {
        [$((Language::$language, [
            include_str!(concat!("../../schemas/languages/", $code, "/access.ftl")),
            include_str!(concat!("../../schemas/languages/", $code, "/console.ftl")),
            include_str!(concat!("../../schemas/languages/", $code, "/labour.ftl")),
        ])),+]
    };
}

/// The files of each language.
const WRITTEN: [(Language, [&str; 3]); 6] = written!(Ru "ru", Kk "kk", Ky "ky", Hy "hy", Be "be", En "en");

#[expect(clippy::expect_used, reason = "the phrases are compiled in, and a test reads them")]
static BUNDLES: LazyLock<BTreeMap<Language, Phrases>> = LazyLock::new(|| {
    let bundles = WRITTEN.into_iter().map(|(language, files)| {
        let id: LanguageIdentifier = language.code().parse().expect("it is a code of ISO 639-1");
        let mut bundle = FluentBundle::new_concurrent(vec![id]);
        bundle.set_use_isolating(false); // the pages mark what is of another direction; none of the six is
        for text in files {
            let resource = FluentResource::try_new(text.to_owned()).expect("the phrases are readable");
            bundle.add_resource(resource).expect("no phrase stands twice");
        }
        (language, Phrases { language, bundle })
    });
    bundles.collect()
});

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn keys(language: Language) -> BTreeSet<String> {
        let (_, files) = WRITTEN.into_iter().find(|(written, _)| *written == language).unwrap();
        let lines = files.into_iter().flat_map(str::lines);
        let keys = lines.filter_map(|line| line.split_once(" ="));
        keys.map(|(key, _)| key).filter(|key| !key.starts_with([' ', '#'])).map(str::to_owned).collect()
    }

    fn gaps(text: &str) -> BTreeSet<&str> {
        text.match_indices("{ $").filter_map(|(at, _)| text[at + 3..].split(' ').next()).collect()
    }

    /// A14: no text lacks Kazakh or Russian; nor any of the others.
    #[test]
    fn a14_no_phrase_lacks_a_language() {
        let english = keys(Language::En);
        assert!(english.len() > 100);
        for language in Language::ALL {
            let missing: Vec<_> = english.iter().filter(|key| !phrases(language).has(key)).collect();
            assert!(missing.is_empty(), "{language} lacks {missing:?}");
            let own = keys(language);
            let dead: Vec<_> = own.difference(&english).collect();
            assert!(dead.is_empty(), "{language} has what English has not: {dead:?}");
        }
    }

    /// A gap that a translation lost would hide what was to be told.
    #[test]
    fn each_language_has_the_same_gaps() {
        let lines = |language| -> BTreeMap<&str, &str> {
            let (_, files) = WRITTEN.into_iter().find(|(written, _)| *written == language).unwrap();
            files.into_iter().flat_map(str::lines).filter_map(|line| line.split_once(" = ")).collect()
        };
        let english = lines(Language::En);
        for language in Language::ALL {
            for (key, text) in lines(language) {
                assert_eq!(gaps(text), gaps(english[key]), "{language}: {key}");
            }
        }
    }

    #[test]
    fn what_nobody_wrote_is_shown_as_its_key() {
        assert_eq!(phrases(Language::Hy).say("nothing-of-this-name"), "nothing-of-this-name");
    }
}
