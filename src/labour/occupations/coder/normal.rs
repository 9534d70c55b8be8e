//! One way to write a title, whatever keyboard, alphabet or form of Unicode it came from.

use crate::exchange::canonical::Romaniser;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// The words of a text in small letters, those folded that people write for each other.
///
/// ё is е; і, ї and ў are и and у; the letters that Kazakh and Kyrgyz have beside the Russian ones are those that stand
/// for them on a Russian keyboard; Armenian և, եւ and եվ are one; stress and marks above letters, apostrophes and the
/// signs that Armenian writes inside a word are dropped; Kazakh in Latin letters becomes Cyrillic; Latin letters that a
/// Cyrillic word was typed with become Cyrillic. The form of Unicode (NFC, NFD) makes no difference.
pub(super) fn words(text: &str) -> Vec<String> {
    let composed: String = text.nfc().collect();
    let mut folded = String::with_capacity(composed.len());
    for c in from_kazakh_latin(&composed).chars().flat_map(char::to_lowercase) {
        fold(c, &mut folded);
    }
    let folded = folded.replace('և', "եվ").replace("եւ", "եվ");
    let folded = SIGNS.iter().fold(folded, |text, (sign, word)| text.replace(sign, word));
    let words = folded.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.map(in_one_script).collect()
}

/// Names of which a sign is a part; the first letter may be a Cyrillic one.
const SIGNS: [(&str, &str); 5] =
    [("c++", "cpp"), ("с++", "cpp"), ("c#", "csharp"), ("с#", "csharp"), (".net", " dotnet")];

/// Appends the letter that stands for `c`, if any does.
fn fold(c: char, folded: &mut String) {
    match c {
        'й' => folded.push('й'),
        'ё' => folded.push('е'),
        'і' | 'ї' => folded.push('и'),
        'ў' | 'ұ' | 'ү' => folded.push('у'),
        'ґ' | 'ғ' => folded.push('г'),
        'ә' => folded.push('а'),
        'қ' => folded.push('к'),
        'ң' => folded.push('н'),
        'ө' => folded.push('о'),
        'һ' => folded.push('х'),
        '\'' | '’' | 'ʼ' | '`' | '\u{55a}'..='\u{55f}' => {}
        c => folded.extend(std::iter::once(c).nfd().filter(|c| !is_combining_mark(*c))),
    }
}

/// The text in Cyrillic, if letters show that it is Kazakh in the Latin alphabet of 2021.
fn from_kazakh_latin(text: &str) -> String {
    let is_marked = |c: char| "äğıŋñöşūüÄĞİŊÑÖŞŪÜ".contains(c);
    let Ok(romaniser) = Romaniser::built_in() else { return text.to_owned() };
    if !text.chars().any(is_marked) {
        return text.to_owned();
    }
    let mut written = String::with_capacity(text.len() * 2);
    for piece in text.split_inclusive(|c: char| !c.is_alphabetic()) {
        let word = piece.trim_end_matches(|c: char| !c.is_alphabetic());
        let rest = piece.get(word.len()..).unwrap_or_default();
        match romaniser.kazakh_cyrillic(&word.replace(['ñ', 'Ñ'], "ŋ")) {
            Some(cyrillic) if !word.is_empty() => written.push_str(&cyrillic),
            Some(_) | None => written.push_str(word),
        }
        written.push_str(rest);
    }
    written
}

/// A word that has letters of both scripts, in Cyrillic alone as far as a Latin letter looks like one.
fn in_one_script(word: &str) -> String {
    let is_mixed = word.chars().any(is_cyrillic) && word.chars().any(|c| c.is_ascii_lowercase());
    if !is_mixed {
        return word.to_owned();
    }
    let alike = |c: char| "aceopxykmtbhi".chars().zip("асеорхукмтвни".chars()).find(|(latin, _)| *latin == c);
    word.chars().map(|c| alike(c).map_or(c, |(_, cyrillic)| cyrillic)).collect()
}

/// Whether a letter is Cyrillic.
pub(super) fn is_cyrillic(c: char) -> bool {
    ('\u{400}'..='\u{52f}').contains(&c)
}

/// Whether a letter is Armenian.
pub(super) fn is_armenian(c: char) -> bool {
    ('\u{531}'..='\u{58f}').contains(&c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_write_for_each_other_is_one() {
        let same = |a: &str, b: &str| assert_eq!(words(a), words(b), "{a} {b}");
        same("Монтёр", "монтер");
        same("дәнекерлеуші", "данекерлеуши");
        same("dänekerleuşı", "дәнекерлеуші");
        same("ЕՎՐՈՊԱ և", "Еվրոպա եւ");
        same("вар՛պետ", "варպետ");
        same("вадзіцель аўтобуса", "вадзицель аутобуса");
        same("cваpщик", "сварщик");
        same("driver’s mate", "drivers mate");
        same("сва\u{301}рщик", "сварщик");
        same("café", "cafe");
        assert_eq!(words("слесарь-сборщик, 1С"), ["слесарь", "сборщик", "1с"]);
        assert_eq!(words("С++, C# и .NET"), ["cpp", "csharp", "и", "dotnet"]);
        assert_ne!(words("зной"), words("знои"), "й is no и");
    }

    #[test]
    fn the_form_of_unicode_makes_no_difference() {
        for text in ["Монтёр-йогурт", "вадзіцель аўтобуса", "Ёлка їжак", "Éclair ş ğ", "գծագրող և"]
        {
            let (composed, apart): (String, String) = (text.nfc().collect(), text.nfd().collect());
            assert_eq!(words(&composed), words(&apart), "{text}");
        }
    }
}
