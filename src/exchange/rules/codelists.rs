//! Code lists: which codes a classifier knows, and what they are called.

use super::{FactCatalogue, Names, RulesError, SchemaFiles};
use crate::exchange::canonical::State;
use serde::Deserialize;
use std::collections::BTreeMap;

/// One classifier.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CodeList {
    /// Stands in documents as codeListId; ours begin with X.
    pub id: String,
    /// Which edition of it this is.
    pub edition: String,
    /// Where its codes come from.
    pub origin: String,
    /// Which reference book of Board Decision No. 60 of 28.05.2024 it stands for, by its number there.
    pub decision60: Option<u8>,
    /// What the list is called.
    #[serde(flatten)]
    pub name: Names,
    codes: BTreeMap<String, Code>,
}

/// One code of a classifier.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Code {
    /// What it is called.
    #[serde(flatten)]
    pub names: Names,
    /// In Armenian.
    pub hy: Option<String>,
    /// In Belarusian.
    pub be: Option<String>,
    /// In Kazakh.
    pub kk: Option<String>,
    /// In Kyrgyz.
    pub ky: Option<String>,
    /// The member state it belongs to; none where it is common to all.
    pub state: Option<State>,
    /// The rule of the Agreement it serves, such as `T14`.
    pub rule: Option<String>,
}

/// All classifiers, by id.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CodeLists(BTreeMap<String, CodeList>);

impl CodeList {
    /// A list that is drawn from other data of the program.
    pub(super) fn drawn(id: &str, name: Names, codes: BTreeMap<String, Names>) -> Self {
        let (edition, origin) = ("1".to_owned(), "authored by the project".to_owned());
        let codes = codes.into_iter().map(|(code, names)| (code, Code::of(names))).collect();
        Self { id: id.to_owned(), edition, origin, decision60: None, name, codes }
    }

    /// The list in one file.
    pub(super) fn of_file(files: &SchemaFiles, file: &str) -> Result<Self, RulesError> {
        let text = files.text(file).unwrap_or_default();
        toml::from_str(text)
            .map_err(|source| RulesError::Parse { file: file.to_owned(), source: Box::new(source) })
    }

    /// What is known of a code; none if the list does not know it.
    pub fn code(&self, code: &str) -> Option<&Code> {
        self.codes.get(code)
    }

    /// All its codes, each with what is known of it.
    pub fn codes(&self) -> impl Iterator<Item = (&str, &Code)> {
        self.codes.iter().map(|(code, known)| (code.as_str(), known))
    }
}

impl Code {
    /// A code of which no more is known than what it is called.
    fn of(names: Names) -> Self {
        Self { names, hy: None, be: None, kk: None, ky: None, state: None, rule: None }
    }

    /// What it is called in the language of a state: in Russia's, unless that state's own is known.
    pub fn in_language_of(&self, state: State) -> &str {
        let own = match state {
            State::Am => &self.hy,
            State::By => &self.be,
            State::Kg => &self.ky,
            State::Kz => &self.kk,
            State::Ru => &None,
        };
        own.as_deref().unwrap_or(&self.names.ru)
    }
}

impl CodeLists {
    /// A list by its id.
    pub fn list(&self, id: &str) -> Option<&CodeList> {
        self.0.get(id)
    }

    /// The edition of each list, by its id.
    pub fn editions(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.values().map(|list| (list.id.as_str(), list.edition.as_str()))
    }

    /// The lists compiled into the program.
    ///
    /// # Errors
    /// Never for the files of this repository; a test reads them.
    pub fn built_in() -> Result<Self, RulesError> {
        Self::read(&SchemaFiles::built_in())
    }

    /// Reads every list.
    pub(super) fn read(files: &SchemaFiles) -> Result<Self, RulesError> {
        let mut lists = BTreeMap::new();
        if files.text("facts/kinds.toml").is_some() {
            let drawn = FactCatalogue::read(files)?.lists();
            lists.extend(drawn.into_iter().map(|list| (list.id.clone(), list)));
        }
        for (file, _) in files.ending_in(".toml").filter(|(file, _)| file.starts_with("codelists/")) {
            let list = CodeList::of_file(files, file)?;
            if let Some(twice) = lists.insert(list.id.clone(), list) {
                let reason = format!("code list {} stands in two files", twice.id);
                return Err(RulesError::Unfit { file: file.to_owned(), reason });
            }
        }
        Ok(Self(lists))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_name_their_codes_in_both_languages() {
        let lists = CodeLists::read(&SchemaFiles::built_in()).unwrap();
        let countries = lists.list("2021").unwrap();
        assert_eq!(countries.codes().count(), 249);
        assert_eq!(countries.code("KG").unwrap().names.ru, "Кыргызстан");
        assert!(countries.code("XX").is_none() && lists.list("2022").is_none());
        for list in lists.0.values() {
            let is_whole = |names: &Names| !names.ru.is_empty() && !names.en.is_empty();
            assert!(
                is_whole(&list.name) && list.codes().all(|(_, code)| is_whole(&code.names)),
                "{}",
                list.id
            );
            assert!(list.codes().all(|(code, _)| (1..=20).contains(&code.chars().count())), "{}", list.id);
        }
    }

    #[test]
    fn each_reference_book_of_decision_60_has_one_list() {
        let lists = CodeLists::built_in().unwrap();
        let mut books: Vec<u8> = lists.0.values().filter_map(|list| list.decision60).collect();
        books.sort_unstable();
        assert_eq!(books, (1..=13).collect::<Vec<u8>>());
    }

    #[test]
    fn a_code_is_called_as_the_state_calls_it_where_that_is_known() {
        let lists = CodeLists::built_in().unwrap();
        let kind = lists.list("XPT").unwrap().code("by-old-age").unwrap();
        assert_eq!(kind.state, Some(State::By));
        assert_eq!(kind.in_language_of(State::By), "працоўная пенсія па ўзросце");
        assert_eq!(kind.in_language_of(State::Kz), kind.names.ru);
    }

    #[test]
    fn every_identifier_kind_and_state_we_know_is_in_its_list() {
        use crate::exchange::canonical::IdentifierKind;
        let lists = CodeLists::read(&SchemaFiles::built_in()).unwrap();
        let kinds = [
            IdentifierKind::Snils,
            IdentifierKind::Iin,
            IdentifierKind::ByNumber,
            IdentifierKind::Pin,
            IdentifierKind::Psn,
        ];
        assert!(kinds.iter().all(|kind| lists.list("XIK").unwrap().code(kind.as_code()).is_some()));
        assert!(State::ALL.iter().all(|state| lists.list("2021").unwrap().code(state.as_code()).is_some()));
    }
}
