//! Names in other letters: Cyrillic and Armenian in the Latin letters of passports, Kazakh in Cyrillic and Latin.
//!
//! The tables are data (`schemas/names`). No library has them: those for Cyrillic know Russian, Ukrainian and Belarusian
//! at most, and none Armenian by the rules of passports.

use crate::base::Finding;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::LazyLock;
use unicode_normalization::UnicodeNormalization;

/// The tables by which names are written in other letters.
#[derive(Debug)]
pub struct Romaniser {
    icao: Table,
    armenian: Table,
    kazakh: Kazakh,
}

/// The Kazakh alphabets, there and back.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Kazakh {
    to_latin: Table,
    to_cyrillic: Table,
}

/// How letters of one alphabet are written in another.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    id: String,
    title: String,
    /// Whether I ı and İ i are two letters.
    #[serde(default)]
    is_turkic: bool,
    /// Whether the letters a to z stand for themselves.
    #[serde(default)]
    keeps_latin: bool,
    #[serde(default)]
    vowels: Vec<String>,
    letters: BTreeMap<String, String>,
    /// At the beginning of a word.
    #[serde(default)]
    initial: BTreeMap<String, String>,
    /// After a vowel.
    #[serde(default)]
    after_vowel: BTreeMap<String, String>,
    /// In names of a language.
    #[serde(default)]
    of: BTreeMap<String, BTreeMap<String, String>>,
}

impl Romaniser {
    /// The tables compiled into the program.
    ///
    /// # Errors
    /// Never for the files of this repository; a test reads them.
    pub fn built_in() -> Result<&'static Self, Finding> {
        static BUILT_IN: LazyLock<Result<Romaniser, Finding>> = LazyLock::new(|| {
            Ok(Romaniser {
                icao: parse("icao-9303", include_str!("../../../schemas/names/icao-9303.toml"))?,
                armenian: parse("armenian", include_str!("../../../schemas/names/armenian.toml"))?,
                kazakh: parse("kazakh-2021", include_str!("../../../schemas/names/kazakh-2021.toml"))?,
            })
        });
        BUILT_IN.as_ref().map_err(Clone::clone)
    }

    /// A name in the letters A to Z of a passport, whatever its own letters are; `language` by two letters of ISO 639-1.
    /// None if a letter of it stands in no table.
    pub fn latin(&self, name: &str, language: Option<&str>) -> Option<String> {
        if language == Some("kk") && name.chars().any(|c| c.is_alphabetic() && !is_cyrillic(c)) {
            // in the Latin alphabet j is ж: only through Cyrillic it is written as passports have it
            if let Some(cyrillic) = self.kazakh_cyrillic(name) {
                return self.icao.write(&cyrillic, language);
            }
        }
        if name.chars().any(is_armenian) {
            return self.armenian.write(name, language);
        }
        self.icao.write(name, language)
    }

    /// A Kazakh name in the Latin alphabet of 2021. None if it is not in Kazakh Cyrillic.
    pub fn kazakh_latin(&self, name: &str) -> Option<String> {
        self.kazakh.to_latin.write(name, None)
    }

    /// A Kazakh name in Cyrillic, from the Latin alphabet of 2021. None if a letter is not of that alphabet.
    pub fn kazakh_cyrillic(&self, name: &str) -> Option<String> {
        self.kazakh.to_cyrillic.write(name, None)
    }

    /// The standards by which it writes, each by its id with its title.
    pub fn standards(&self) -> Vec<(&str, &str)> {
        let all = [&self.icao, &self.armenian, &self.kazakh.to_latin, &self.kazakh.to_cyrillic];
        all.into_iter().map(|table| (table.id.as_str(), table.title.as_str())).collect()
    }
}

impl Table {
    /// The text in the other letters, word by word; hyphens and blanks stay, apostrophes are dropped.
    fn write(&self, text: &str, language: Option<&str>) -> Option<String> {
        let own = language.and_then(|language| self.of.get(language));
        let mut written = String::with_capacity(text.len());
        let mut word: Vec<char> = Vec::new();
        for c in text.nfc().chain(std::iter::once(' ')) {
            if c.is_alphabetic() {
                word.push(c);
                continue;
            }
            self.write_word(&word, own, &mut written)?;
            word.clear();
            match c {
                '\'' | '’' | 'ʼ' | '`' | '՛' | '.' => {}
                '-' | '‐' | '–' | '֊' => written.push('-'),
                _ if c.is_whitespace() => written.push(' '),
                _ => return None,
            }
        }
        Some(written.trim_end().to_owned())
    }

    fn write_word(
        &self,
        word: &[char],
        own: Option<&BTreeMap<String, String>>,
        to: &mut String,
    ) -> Option<()> {
        let is_shouted = word.len() > 1 && word.iter().all(|c| !c.is_lowercase());
        let mut at = 0;
        let mut was_vowel = false;
        while let Some(first) = word.get(at) {
            let rest = word.get(at..)?;
            let (length, piece, written) =
                (1..=PIECE_CHARS_MAX.min(rest.len())).rev().find_map(|length| {
                    let piece: String = rest.get(..length)?.iter().map(|c| self.small(*c)).collect();
                    let written = self.piece(&piece, (at == 0, was_vowel), own)?;
                    Some((length, piece, written))
                })?;
            let is_capital = first.is_uppercase();
            for (number, c) in written.chars().enumerate() {
                if is_shouted || (is_capital && number == 0) {
                    self.capital(c, to);
                } else {
                    to.push(c);
                }
            }
            was_vowel = self.vowels.contains(&piece);
            at += length;
        }
        Some(())
    }

    fn piece(
        &self,
        piece: &str,
        (is_first, is_after_vowel): (bool, bool),
        own: Option<&BTreeMap<String, String>>,
    ) -> Option<String> {
        let initial = is_first.then(|| self.initial.get(piece)).flatten();
        let after_vowel = is_after_vowel.then(|| self.after_vowel.get(piece)).flatten();
        let found = own
            .and_then(|own| own.get(piece))
            .or(initial)
            .or(after_vowel)
            .or_else(|| self.letters.get(piece))
            .cloned();
        let is_plain = piece.len() == 1 && piece.bytes().all(|b| b.is_ascii_lowercase());
        found.or_else(|| (is_plain && self.keeps_latin).then(|| piece.to_owned()))
    }

    fn small(&self, c: char) -> String {
        match c {
            'I' if self.is_turkic => "ı".to_owned(),
            'İ' => "i".to_owned(),
            _ => c.to_lowercase().collect(),
        }
    }

    fn capital(&self, c: char, to: &mut String) {
        match c {
            'i' if self.is_turkic => to.push('İ'),
            _ => to.extend(c.to_uppercase()),
        }
    }
}

fn parse<T: serde::de::DeserializeOwned>(file: &str, text: &str) -> Result<T, Finding> {
    toml::from_str(text).map_err(|cause| {
        let message = format!("the table cannot be read: {}", cause.message());
        Finding::error("canonical.letters", file, "schemas/names", "", message)
    })
}

fn is_cyrillic(c: char) -> bool {
    ('\u{400}'..='\u{52f}').contains(&c)
}

fn is_armenian(c: char) -> bool {
    ('\u{531}'..='\u{587}').contains(&c)
}

/// The longest piece of a table.
const PIECE_CHARS_MAX: usize = 3;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn romaniser() -> &'static Romaniser {
        Romaniser::built_in().unwrap()
    }

    fn latin(name: &str, language: &str) -> String {
        romaniser().latin(name, Some(language)).unwrap()
    }

    #[test]
    fn names_of_five_states_are_written_as_passports_have_them() {
        let names = [
            ("ru", "Юлия Щеглова", "Iuliia Shcheglova"),
            ("ru", "ПОДЪЯЧЕВ-ЁЛКИН", "PODIEIACHEV-ELKIN"),
            ("be", "Ігар Міховіч", "Ihar Mikhovich"),
            ("be", "Аляксандр Сярго́ў", "Aliaksandr Siarhou"),
            ("kk", "Нұрлан Әбдірұлы", "Nurlan Abdiruly"),
            ("kk", "Jumabaev Äbdır", "Zhumabaev Abdir"),
            ("ky", "Өмүрбек Жаңыл", "Omurbek Zhanyl"),
            ("hy", "Երևան Ոսկանյան", "Yerevan Voskanyan"),
            ("hy", "Հարությունյան Գևորգ", "Harutyunyan Gevorg"),
            ("hy", "ՂԱԶԱՐՅԱՆ", "GHAZARYAN"),
            ("ru", "O’Brien", "OBrien"),
        ];
        for (language, name, written) in names {
            let name = name.replace('\u{301}', ""); // the stress is for the reader of this test
            assert_eq!(latin(&name, language), written);
        }
        assert_eq!(romaniser().latin("Иванов2", None), None);
        assert_eq!(romaniser().latin("김", None), None);
        assert_eq!(latin("\u{438}\u{306}", "ru"), latin("\u{439}", "ru"), "two characters or one");
    }

    #[test]
    fn kazakh_names_go_there_and_back() {
        for (cyrillic, written) in [
            ("Айгерім", "Aigerım"),
            ("Нұрсұлтан", "Nūrsūltan"),
            ("Әлия Шәріпова", "Äliia Şärıpova"),
            ("ІЛИЯС ӨМІРБЕКҰЛЫ", "ILİİAS ÖMIRBEKŪLY"),
            ("Қоңыр Ғабиден Үсен", "Qoŋyr Ğabiden Üsen"),
            ("Жұмабаев", "Jūmabaev"),
        ] {
            assert_eq!(romaniser().kazakh_latin(cyrillic).as_deref(), Some(written));
            assert_eq!(romaniser().kazakh_cyrillic(written).as_deref(), Some(cyrillic));
        }
        assert_eq!(romaniser().kazakh_cyrillic("Иван"), None, "it is Cyrillic already");
        assert_eq!(romaniser().kazakh_latin("Արամ"), None);
    }

    #[test]
    fn every_table_says_by_which_standard_it_is() {
        let ids: Vec<&str> = romaniser().standards().into_iter().map(|(id, _)| id).collect();
        assert_eq!(ids, ["icao-9303", "bgn-pcgn-1981", "kazakh-2021", "kazakh-2021-back"]);
    }

    /// Words of the letters of an alphabet, in any case, with what stands between words.
    fn words(letters: &'static str) -> impl Strategy<Value = String> {
        let letter = proptest::sample::select(letters.chars().collect::<Vec<char>>());
        let one = (letter, any::<bool>())
            .prop_map(|(c, is_large)| if is_large { c.to_uppercase().collect() } else { c.to_string() });
        let word = proptest::collection::vec(one, 1..12).prop_map(|all: Vec<String>| all.concat());
        (word.clone(), proptest::option::of(word)).prop_map(|(a, b)| match b {
            Some(b) => format!("{a}-{b} {a}"),
            None => a,
        })
    }

    const RUSSIAN: &str = "абвгдеёжзийклмнопрстуфхцчшщъыьэюя";
    const BELARUSIAN: &str = "абвгдеёжзійклмнопрстуўфхцчшыьэюя";
    const KAZAKH: &str = "аәбвгғдеёжзийкқлмнңоөпрстуұүфхһцчшщъыіьэюя";
    const KAZAKH_LATIN: &str = "aäbdefgğhıijklmnŋoöpqrsştuūüvyz";
    const KYRGYZ: &str = "абвгдеёжзийклмнңоөпрстуүфхцчшщъыьэюя";
    const ARMENIAN: &str = "աբգդեզէըթժիլխծկհձղճմյնշոչպջռսվտրցւփքօֆև";

    fn assert_total_and_stable(name: &str, language: &str) -> Result<(), TestCaseError> {
        let written = romaniser().latin(name, Some(language));
        prop_assert!(written.is_some(), "{name}");
        let written = written.unwrap();
        let is_plain = |c: char| c.is_ascii_alphabetic() || matches!(c, ' ' | '-');
        prop_assert!(written.chars().all(is_plain), "{name} -> {written}");
        prop_assert_eq!(romaniser().latin(&written, None), Some(written.clone()));
        prop_assert_eq!(romaniser().latin(name, Some(language)), Some(written));
        Ok(())
    }

    proptest! {
        #[test]
        fn every_word_of_each_alphabet_is_written_in_a_to_z(
            ru in words(RUSSIAN), be in words(BELARUSIAN), kk in words(KAZAKH), la in words(KAZAKH_LATIN),
            ky in words(KYRGYZ), hy in words(ARMENIAN),
        ) {
            for (name, language) in [(ru, "ru"), (be, "be"), (kk, "kk"), (la, "kk"), (ky, "ky"), (hy, "hy")] {
                assert_total_and_stable(&name, language)?;
            }
        }

        #[test]
        fn kazakh_latin_is_the_same_after_a_way_through_cyrillic(name in words(KAZAKH)) {
            let written = romaniser().kazakh_latin(&name.to_lowercase()).unwrap();
            let back = romaniser().kazakh_cyrillic(&written).unwrap();
            prop_assert_eq!(romaniser().kazakh_latin(&back), Some(written));
        }

        #[test]
        fn no_text_makes_a_table_panic(text in "\\PC{0,20}") {
            let _ = (romaniser().latin(&text, None), romaniser().kazakh_cyrillic(&text)); // only that they return
        }
    }
}
