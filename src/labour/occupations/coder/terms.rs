//! What an index knows a title by: the stems of its words, and the grams of their letters.

use super::normal::{is_armenian, is_cyrillic};
use snowball_stemmers_rs::{Algorithm, Stemmer};
use std::sync::LazyLock;

/// The stems of words. A word says by its letters which rules count: those of English, Armenian or, for all four
/// languages that are written in Cyrillic, those of Russian after the plural of Kazakh and Kyrgyz is cut off.
pub(super) fn stems(words: &[String]) -> Vec<String> {
    words.iter().map(|word| stem(word)).collect()
}

fn stem(word: &str) -> String {
    if word.chars().any(is_armenian) {
        return ARMENIAN.stem(word).into_owned();
    }
    if word.chars().any(is_cyrillic) {
        return RUSSIAN.stem(without_turkic_plural(word)).into_owned();
    }
    ENGLISH.stem(word).into_owned()
}

/// Without the plural of Kazakh and Kyrgyz, and what stands behind it, if enough is left to be a word.
fn without_turkic_plural(word: &str) -> &str {
    let bare = CASES.iter().find_map(|ending| word.strip_suffix(ending)).unwrap_or(word);
    let stem = PLURALS.iter().find_map(|ending| bare.strip_suffix(ending));
    stem.filter(|stem| stem.chars().count() >= 4).unwrap_or(word)
}

/// Endings of the plural, as the normal form writes them.
const PLURALS: [&str; 10] = ["лар", "лер", "дар", "дер", "тар", "тер", "лор", "дор", "тор", "нар"];
/// What may follow the plural: possession.
const CASES: [&str; 2] = ["ы", "и"];

static RUSSIAN: LazyLock<Stemmer> = LazyLock::new(|| Stemmer::create(Algorithm::Russian));
static ARMENIAN: LazyLock<Stemmer> = LazyLock::new(|| Stemmer::create(Algorithm::Armenian));
static ENGLISH: LazyLock<Stemmer> = LazyLock::new(|| Stemmer::create(Algorithm::English));

/// The runs of three and four letters of each word, its beginning and end marked.
pub(super) fn grams(words: &[String]) -> Vec<String> {
    let mut grams = Vec::new();
    let mut letters = Vec::new();
    for word in words {
        letters.clear();
        letters.extend(std::iter::once('^').chain(word.chars()).chain(std::iter::once('$')));
        for length in [3, 4] {
            grams.extend(letters.windows(length).map(|run| run.iter().collect::<String>()));
        }
    }
    grams
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stem_of(word: &str) -> String {
        stem(&super::super::normal::words(word).concat())
    }

    #[test]
    fn forms_of_a_word_have_one_stem() {
        for (one, other) in [
            ("сварщики", "сварщик"),
            ("сварщиков", "сварщиком"),
            ("құрылысшылар", "құрылысшы"),
            ("мұғалімдер", "мұғалім"),
            ("куруучулар", "куруучу"),
            ("workers", "worker"),
            ("եռակցողներ", "եռակցող"),
        ] {
            assert_eq!(stem_of(one), stem_of(other), "{one} {other}");
        }
        assert_eq!(stem_of("мастер"), "мастер", "too little would be left");
    }

    #[test]
    fn grams_know_where_a_word_begins_and_ends() {
        assert_eq!(grams(&["ab".into()]), ["^ab", "ab$", "^ab$"]);
        assert_eq!(grams(&["é".into(), String::new()]), ["^é$"]);
    }
}
