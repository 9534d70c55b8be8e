//! Code lists of one's own: what the codes of a national classifier mean, as files beside the profiles.

use super::error::AdapterError;
use super::error::ProfileError;
use super::folder::Stamp;
use super::folder::stamps;
use crate::exchange::canonical::Coded;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::path::PathBuf;

/// The lists of a folder, each by the name of its file.
#[derive(Debug, Clone, Default)]
pub struct OwnLists(BTreeMap<String, OwnList>);

/// One national classifier.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct OwnList {
    /// What the list is called by who keeps it.
    #[expect(dead_code, reason = "for who reads the file")]
    id: String,
    /// Which edition of it this is.
    #[expect(dead_code, reason = "for who reads the file")]
    edition: String,
    pub(super) codes: BTreeMap<String, OwnCode>,
}

/// What one code means.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct OwnCode {
    /// The canonical code.
    pub(super) means: Coded,
    /// Whether another code of this meaning is the one that is written.
    #[serde(default)]
    pub(super) read_only: bool,
    /// What it is called, for who reads the file.
    #[serde(default)]
    #[expect(dead_code, reason = "for who reads the file")]
    name: String,
}

impl OwnLists {
    /// Where the lists of profiles in a folder are: in the folder `codelists` beside it.
    pub fn folder_of(profiles: &Path) -> PathBuf {
        match profiles.parent() {
            Some(parent) => parent.join(FOLDER),
            None => PathBuf::from("..").join(FOLDER),
        }
    }

    /// Reads the lists of a folder; one that is not there has none.
    ///
    /// # Errors
    /// A folder or file that cannot be read, or a file that is no list.
    pub fn read(folder: &Path) -> Result<Self, AdapterError> {
        let mut lists = BTreeMap::new();
        for Stamp { name, path, .. } in Self::stamps(folder)? {
            let text = fs::read_to_string(&path)
                .map_err(|source| AdapterError::Read { path: path.clone(), source })?;
            let list = toml::from_str(&text)
                .map_err(|source| ProfileError::of_toml(&format!("{FOLDER}/{name}"), &text, source))?;
            lists.insert(name.trim_end_matches(ENDING).to_owned(), list);
        }
        Ok(Self(lists))
    }

    /// By what a change of the lists is known.
    pub(super) fn stamps(folder: &Path) -> Result<Vec<Stamp>, AdapterError> {
        let refuse = |source| AdapterError::Read { path: folder.to_owned(), source };
        let is_there = folder.try_exists().map_err(refuse)?;
        if is_there { stamps(folder, |name| name.ends_with(ENDING)) } else { Ok(Vec::new()) }
    }

    pub(super) fn list(&self, name: &str) -> Option<&OwnList> {
        self.0.get(name)
    }
}

const FOLDER: &str = "codelists";
const ENDING: &str = ".toml";
