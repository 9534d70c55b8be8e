//! The groups of ISCO-08, with titles and job names of our own in six languages (`schemas/labour/occupations`).

use super::coder::{Coder, Named};
use crate::base::{Finding, Findings, Language};
use crate::exchange::canonical::job::IscoCode;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// The tree: 10 major, 43 sub-major, 130 minor and 436 unit groups.
#[derive(Debug)]
pub struct OccupationTree {
    groups: BTreeMap<IscoCode, Group>,
}

/// A group of ISCO-08.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// Its code.
    pub code: IscoCode,
    titles: BTreeMap<Language, String>,
    names: BTreeMap<Language, Vec<String>>,
}

/// A group as a table writes it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenGroup {
    title: BTreeMap<Language, String>,
    #[serde(default)]
    names: BTreeMap<Language, Vec<String>>,
}

impl Group {
    /// What it is called.
    pub fn title(&self, language: Language) -> &str {
        self.titles.get(&language).map_or("", String::as_str) // each has a title in each language
    }

    /// Jobs of it, of a unit group at least two in each language.
    pub fn names(&self, language: Language) -> &[String] {
        self.names.get(&language).map_or(&[], Vec::as_slice)
    }
}

impl OccupationTree {
    /// The tree compiled into the program.
    #[expect(clippy::expect_used, reason = "the tables are compiled in, and a test reads them")]
    pub fn built_in() -> &'static Self {
        static BUILT_IN: LazyLock<OccupationTree> =
            LazyLock::new(|| OccupationTree::of_tables(&TABLES).expect("the tables are in order"));
        &BUILT_IN
    }

    /// The tree out of one table for each major group, the digit of the group beside its text.
    ///
    /// # Errors
    /// All that is wrong with them: `labour.occupation_table`, with table and group.
    pub fn of_tables(tables: &[(&str, &str)]) -> Result<Self, Findings> {
        let (mut groups, mut findings) = (BTreeMap::new(), Findings::new());
        for (major, text) in tables {
            let written: BTreeMap<String, WrittenGroup> = match toml::from_str(text) {
                Ok(written) => written,
                Err(error) => {
                    findings.push(off(major, "TOML", &format!("not a table of groups: {}", error.message())));
                    continue;
                }
            };
            for (code, group) in written {
                let at = format!("{major}/{code}");
                let Ok(code) = code.parse::<IscoCode>() else {
                    findings.push(off(&at, "ISCO-08", "not a code of one to four digits"));
                    continue;
                };
                if !code.as_code().starts_with(major) {
                    findings.push(off(&at, "one major group", "it belongs into another table"));
                }
                let group = Group { code, titles: group.title, names: group.names };
                findings.extend(group.off().into_iter().map(|(rule, message)| off(&at, rule, &message)));
                groups.insert(code, group);
            }
        }
        for code in groups.keys().filter(|code| code.parent().is_some_and(|up| !groups.contains_key(&up))) {
            findings.push(off(code.as_code(), "ISCO-08", "the group above it is missing"));
        }
        for (level, count) in (1..).zip(COUNTS) {
            let found = groups.keys().filter(|code| code.level() == level).count();
            if found != count {
                let message = format!("{found} groups of level {level} instead of {count}");
                findings.push(off("tree", "10, 43, 130 and 436 groups", &message));
            }
        }
        if findings.is_empty() { Ok(Self { groups }) } else { Err(findings) }
    }

    /// A group.
    pub fn group(&self, code: IscoCode) -> Option<&Group> {
        self.groups.get(&code)
    }

    /// All groups, each before those below it.
    pub fn groups(&self) -> impl Iterator<Item = &Group> {
        self.groups.values()
    }

    /// The unit groups.
    pub fn units(&self) -> impl Iterator<Item = &Group> {
        self.groups().filter(|group| group.code.level() == IscoCode::LEVELS)
    }

    /// The groups right below one.
    pub fn below(&self, code: IscoCode) -> impl Iterator<Item = &Group> {
        self.groups().filter(move |group| group.code.parent() == Some(code))
    }

    /// The names of all unit groups, those of each language by themselves.
    pub fn named(&self) -> Vec<Named> {
        let of_group = |group: &Group| {
            let named = Language::ALL.map(|language| Named {
                group: group.code,
                language: Some(language),
                preferred: group.title(language).to_owned(),
                others: group.names(language).to_vec(),
            });
            named.into_iter()
        };
        self.units().flat_map(of_group).collect()
    }
}

impl Coder {
    /// The coder that knows the names of [`OccupationTree::built_in`]; made once.
    pub fn built_in() -> &'static Self {
        static BUILT_IN: LazyLock<Coder> = LazyLock::new(|| Coder::of(&OccupationTree::built_in().named()));
        &BUILT_IN
    }
}

impl Group {
    /// What is wrong with it by itself: the rule and what to do.
    fn off(&self) -> Vec<(&'static str, String)> {
        let mut off = Vec::new();
        for language in Language::ALL {
            if self.title(language).trim().is_empty() {
                off.push(("a title in six languages", format!("no title in {language}")));
            }
            let (names, least) = (self.names(language), least_names(language));
            if self.code.level() == IscoCode::LEVELS && names.len() < least {
                off.push(("names", format!("fewer than {least} names in {language}")));
            }
            let own = std::iter::once(self.title(language)).chain(names.iter().map(String::as_str));
            if own.flat_map(str::chars).any(|c| is_foreign(c, language)) {
                off.push(("letters", format!("letters of another alphabet in {language}")));
            }
        }
        off
    }
}

/// How many names a unit group has at least.
fn least_names(language: Language) -> usize {
    match language {
        Language::Ru => 4,
        Language::En => 3,
        Language::Kk | Language::Ky | Language::Hy | Language::Be => 2,
    }
}

/// Whether a letter is of an alphabet that no word of a language is written in. Latin is none: products are.
fn is_foreign(c: char, language: Language) -> bool {
    let (is_cyrillic, is_armenian) =
        (('\u{400}'..='\u{4ff}').contains(&c), ('\u{531}'..='\u{58f}').contains(&c));
    match language {
        Language::Hy => is_cyrillic,
        Language::Ru | Language::Kk | Language::Ky | Language::Be => is_armenian,
        Language::En => is_cyrillic || is_armenian,
    }
}

fn off(at: &str, rule: &str, message: &str) -> Finding {
    Finding::error("labour.occupation_table", at, rule, "", message)
}

/// How many groups each level has, the major ones first.
const COUNTS: [usize; 4] = [10, 43, 130, 436];

macro_rules! tables {
    ($($major:literal)+) => {
        [$(($major, include_str!(concat!("../../../schemas/labour/occupations/", $major, ".toml")))),+]
    };
}

const TABLES: [(&str, &str); 10] = tables!("0" "1" "2" "3" "4" "5" "6" "7" "8" "9");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_are_the_tree_of_isco() {
        let tree = OccupationTree::of_tables(&TABLES).unwrap_or_else(|findings| panic!("{findings:#?}"));
        assert_eq!((tree.groups().count(), tree.units().count()), (619, 436));
        let welder: IscoCode = "7212".parse().unwrap();
        let group = tree.group(welder).unwrap();
        assert!(group.names(Language::Ru).contains(&"электрогазосварщик".to_owned()));
        assert!(Language::ALL.iter().all(|language| !group.title(*language).is_empty()));
        let minor = tree.below("721".parse().unwrap()).map(|group| group.code.to_string());
        assert_eq!(minor.collect::<Vec<_>>(), ["7211", "7212", "7213", "7214", "7215"]);
        assert_eq!(tree.named().len(), 436 * 6);
    }

    #[test]
    fn no_name_of_a_group_stands_twice() {
        for group in OccupationTree::built_in().groups() {
            for language in Language::ALL {
                let mut names: Vec<String> =
                    group.names(language).iter().map(|name| name.to_lowercase()).collect();
                names.sort();
                let count = names.len();
                names.dedup();
                assert_eq!(names.len(), count, "{} {language}", group.code);
            }
        }
    }

    #[test]
    fn a_table_that_is_off_is_told_with_its_place() {
        let whole = TABLES.map(|(major, text)| (major, text.to_owned()));
        let spoiled = |spoil: &dyn Fn(&mut String)| {
            let mut tables = whole.clone();
            spoil(&mut tables[7].1);
            let tables: Vec<(&str, &str)> =
                tables.iter().map(|(major, text)| (*major, text.as_str())).collect();
            let findings = OccupationTree::of_tables(&tables).unwrap_err();
            assert!(findings.iter().all(|finding| finding.code == "labour.occupation_table"));
            findings
                .iter()
                .map(|finding| format!("{}: {}", finding.path, finding.message))
                .collect::<Vec<_>>()
        };
        let renamed = spoiled(&|text| {
            *text = text.replace("[\"7212\"]", "[\"7219\"]").replace("[\"721\"]", "[\"729\"]")
        });
        assert!(renamed.contains(&"7211: the group above it is missing".to_owned()), "{renamed:?}");
        let moved = spoiled(&|text| *text = text.replace("[\"7212\"]", "[\"6212\"]"));
        assert!(moved.contains(&"7/6212: it belongs into another table".to_owned()), "{moved:?}");
        let cut = spoiled(&|text| text.truncate(text.find("[\"7549\"]").unwrap()));
        assert_eq!(cut, ["tree: 435 groups of level 4 instead of 436"]);
        let mute =
            spoiled(&|text| *text = text.replacen("title = { en = \"", "title = { en = \"\", xx = \"", 1));
        assert!(mute[0].contains("not a table of groups"), "{mute:?}");
        let blank = spoiled(&|text| *text = text.replace("\"сварщик\"", "\"եռակցող\""));
        assert!(blank.iter().any(|finding| finding.contains("another alphabet")), "{blank:?}");
    }
}
