//! Words of all six languages, as a search compares them.
//!
//! There are stemmers for Russian and Armenian, none for Kazakh, Kyrgyz and Belarusian (`labour.md` §11). So a word is kept
//! with its beginning, and with its grams of three letters, for all languages alike.

use unicode_normalization::UnicodeNormalization;

/// The words of a text, with letters folded that people write one for another: ё and е, the special letters of Kazakh,
/// Kyrgyz and Belarusian for the Russian ones of a keyboard, և for its two letters.
pub fn plain_words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    for letter in text.nfkc().flat_map(char::to_lowercase) {
        if letter.is_alphanumeric() {
            match folded(letter) {
                Some(folded) => word.push_str(folded),
                None => word.push(letter),
            }
        } else if !matches!(letter, '\'' | '’' | 'ʼ' | '\u{301}') && !word.is_empty() {
            words.push(std::mem::take(&mut word));
        }
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}

fn folded(letter: char) -> Option<&'static str> {
    Some(match letter {
        'ё' => "е",
        'і' | 'ї' => "и",
        'ў' | 'ұ' | 'ү' => "у",
        'ґ' | 'ғ' => "г",
        'ә' => "а",
        'қ' => "к",
        'ң' => "н",
        'ө' => "о",
        'һ' => "х",
        'և' => "եւ",
        _ => return None,
    })
}

/// The terms by which texts are found: each word, and the beginning of a long one in place of a stem.
pub fn word_terms(text: &str) -> Vec<String> {
    let mut terms = Vec::new();
    for word in plain_words(text) {
        if word.chars().count() > STEM_LETTERS {
            terms.push(stem(&word));
        }
        terms.push(word);
    }
    terms
}

/// A word, or the beginning of a long one, marked as such.
pub(super) fn stem(word: &str) -> String {
    match word.char_indices().nth(STEM_LETTERS) {
        Some((end, _)) => word.get(..end).unwrap_or(word).to_owned() + "~",
        None => word.to_owned(),
    }
}

/// Three letters at a time of each word, its ends marked.
pub fn grams(text: &str) -> Vec<String> {
    let mut grams = Vec::new();
    for word in plain_words(text) {
        let letters: Vec<char> = ['^'].into_iter().chain(word.chars()).chain(['$']).collect();
        grams.extend(letters.windows(GRAM_LETTERS).map(String::from_iter));
    }
    grams
}

/// A longer word is found by its beginning too.
const STEM_LETTERS: usize = 5;
const GRAM_LETTERS: usize = 3;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_of_six_languages_are_folded() {
        assert_eq!(plain_words("Ещё-Ёлка, зваршчыкі"), ["еще", "елка", "зваршчыки"]);
        assert_eq!(plain_words("Дәнекерлеуші құрылысшы"), ["данекерлеуши", "курылысшы"]);
        assert_eq!(plain_words("Եռակցող և ՎԱՐՊԵՏ"), ["եռակցող", "եւ", "վարպետ"]);
        assert_eq!(plain_words("аб'ект"), ["абект"]);
        assert_eq!(word_terms("сварщика"), ["сварщ~", "сварщика"]);
        assert_eq!(grams("пар"), ["^па", "пар", "ар$"]);
        assert!(grams("").is_empty() && plain_words(" ?! ").is_empty());
    }
}
