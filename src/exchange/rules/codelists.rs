//! Code lists: which codes a classifier knows, and what they are called.

use super::{FactCatalogue, Names, RulesError, SchemaFiles};
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
    /// What the list is called.
    #[serde(flatten)]
    pub name: Names,
    codes: BTreeMap<String, Names>,
}

/// All classifiers, by id.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CodeLists(BTreeMap<String, CodeList>);

impl CodeList {
    /// A list that is drawn from other data of the program.
    pub(super) fn drawn(id: &str, name: Names, codes: BTreeMap<String, Names>) -> Self {
        let (edition, origin) = ("1".to_owned(), "authored by the project".to_owned());
        Self { id: id.to_owned(), edition, origin, name, codes }
    }

    /// The list in one file.
    pub(super) fn of_file(files: &SchemaFiles, file: &str) -> Result<Self, RulesError> {
        let text = files.text(file).unwrap_or_default();
        toml::from_str(text)
            .map_err(|source| RulesError::Parse { file: file.to_owned(), source: Box::new(source) })
    }

    /// What a code is called; none if the list does not know it.
    pub fn code(&self, code: &str) -> Option<&Names> {
        self.codes.get(code)
    }

    /// All its codes, each with its name.
    pub fn codes(&self) -> impl Iterator<Item = (&str, &Names)> {
        self.codes.iter().map(|(code, names)| (code.as_str(), names))
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
        assert_eq!(countries.code("KG").unwrap().ru, "Кыргызстан");
        assert!(countries.code("XX").is_none() && lists.list("2022").is_none());
        for list in lists.0.values() {
            let is_whole = |names: &Names| !names.ru.is_empty() && !names.en.is_empty();
            assert!(is_whole(&list.name) && list.codes().all(|(_, names)| is_whole(names)), "{}", list.id);
            assert!(list.codes().all(|(code, _)| (1..=20).contains(&code.chars().count())), "{}", list.id);
        }
    }

    #[test]
    fn every_identifier_kind_and_state_we_know_is_in_its_list() {
        use crate::exchange::canonical::{IdentifierKind, State};
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
