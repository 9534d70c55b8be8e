//! The profiles of a state: those compiled into the program, and those of a folder, which may change at any time.

use super::code_list::OwnLists;
use super::error::AdapterError;
use super::error::ProfileError;
use super::folder::Stamp;
use super::folder::stamps;
use super::profile::Profile;
use crate::exchange::canonical::State;
use std::fs;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;

/// The profiles by which local files of a state are read and written.
///
/// A file of the folder replaces the built-in profile of its name; the others are added. They are read again when
/// one of them, or a code list beside them, has changed. While one of them cannot be used none is: half of a change would be a wrong answer.
#[derive(Debug)]
pub struct ProfileBook {
    state: State,
    folder: Option<PathBuf>,
    held: Mutex<Option<Held>>,
}

#[derive(Debug)]
struct Held {
    stamps: Vec<Stamp>,
    lists: Vec<Stamp>,
    shelves: Shelves,
}

/// What is read for records, and what for facts.
#[derive(Debug, Clone)]
struct Shelves {
    records: Arc<Vec<Profile>>,
    facts: Arc<Vec<Profile>>,
}

impl ProfileBook {
    /// The built-in profiles of a state, and those of a folder.
    pub fn new(state: State, folder: Option<PathBuf>) -> Self {
        Self { state, folder, held: Mutex::new(None) }
    }

    /// Whose forms they describe.
    pub fn state(&self) -> State {
        self.state
    }

    /// The profiles of records as they are now; the same as before unless a file has changed.
    ///
    /// # Errors
    /// A folder that cannot be read, or a profile that cannot be used or is of another state.
    pub fn current(&self) -> Result<Arc<Vec<Profile>>, AdapterError> {
        Ok(self.shelves()?.records)
    }

    /// The profiles of facts and of life events, likewise.
    ///
    /// # Errors
    /// As [`ProfileBook::current`].
    pub fn facts(&self) -> Result<Arc<Vec<Profile>>, AdapterError> {
        Ok(self.shelves()?.facts)
    }

    fn shelves(&self) -> Result<Shelves, AdapterError> {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let (stamps, lists) = (self.stamps()?, self.list_stamps()?);
        if let Some(held) = held.as_ref().filter(|held| held.stamps == stamps && held.lists == lists) {
            return Ok(held.shelves.clone());
        }
        let own_lists = match &self.folder {
            Some(folder) => OwnLists::read(&OwnLists::folder_of(folder))?,
            None => OwnLists::default(),
        };
        let mut profiles = Profile::built_in(self.state)?;
        profiles.extend(Profile::built_in_facts(self.state)?);
        for Stamp { name, path, .. } in &stamps {
            let own = self.read(name, path, &own_lists)?;
            let place = profiles.iter_mut().find(|built_in| built_in.is_named(name));
            match place {
                Some(built_in) => *built_in = own,
                None => profiles.push(own),
            }
        }
        let is_of_facts = |profile: &Profile| profile.head().record.is_of_facts();
        let (facts, records): (Vec<_>, Vec<_>) = profiles.into_iter().partition(is_of_facts);
        let shelves = Shelves { records: Arc::new(records), facts: Arc::new(facts) };
        *held = Some(Held { stamps, lists, shelves: shelves.clone() });
        Ok(shelves)
    }

    /// The profiles of the folder; one that is not there has none.
    fn stamps(&self) -> Result<Vec<Stamp>, AdapterError> {
        let Some(folder) = &self.folder else { return Ok(Vec::new()) };
        let refuse = |source| AdapterError::Read { path: folder.clone(), source };
        let is_there = folder.try_exists().map_err(refuse)?;
        if is_there { stamps(folder, |name| name.ends_with(".toml")) } else { Ok(Vec::new()) }
    }

    /// Those of the code lists beside it.
    fn list_stamps(&self) -> Result<Vec<Stamp>, AdapterError> {
        match &self.folder {
            Some(folder) => OwnLists::stamps(&OwnLists::folder_of(folder)),
            None => Ok(Vec::new()),
        }
    }

    fn read(&self, name: &str, path: &Path, lists: &OwnLists) -> Result<Profile, AdapterError> {
        let text = fs::read_to_string(path)
            .map_err(|source| AdapterError::Read { path: path.to_owned(), source })?;
        let profile = Profile::parse_with(name, &text, lists)?;
        if profile.head().state != self.state {
            let reason = format!("the profile is of {}, the node of {}", profile.head().state, self.state);
            return Err(ProfileError::of_key(name, &text, "state", reason).into());
        }
        Ok(profile)
    }
}
