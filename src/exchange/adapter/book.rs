//! The profiles of a state: those compiled into the program, and those of a folder, which may change at any time.

use super::code_list::OwnLists;
use super::error::AdapterError;
use super::error::ProfileError;
use super::folder::Stamp;
use super::folder::stamps;
use super::profile::Profile;
use crate::base::WholeFile;
use crate::exchange::canonical::State;
use std::fs;
use std::io::Write;
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

    /// The text of a profile of the folder; none if there is none of this name.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn text(&self, name: &str) -> Result<Option<String>, AdapterError> {
        let Some(path) = self.place(name) else { return Ok(None) };
        match fs::read_to_string(&path) {
            Ok(text) => Ok(Some(text)),
            Err(source) if source.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(AdapterError::Read { path, source }),
        }
    }

    /// Sees that a profile of this name and text could be used here.
    ///
    /// # Errors
    /// It could not: its name is none of a profile, or a key of it makes no sense, with line and column.
    pub fn check(&self, name: &str, text: &str) -> Result<(), AdapterError> {
        if self.place(name).is_none() {
            let reason = "a profile is a file of small letters, digits and hyphens that ends in .toml";
            return Err(ProfileError::of_key(name, text, "state", reason.to_owned()).into());
        }
        let lists = match &self.folder {
            Some(folder) => OwnLists::read(&OwnLists::folder_of(folder))?,
            None => OwnLists::default(),
        };
        self.parsed(name, text, &lists).map(drop)
    }

    /// Puts a profile into the folder, whole; it counts when it is next asked for.
    ///
    /// # Errors
    /// As [`ProfileBook::check`], and the disk.
    pub fn put(&self, name: &str, text: &str) -> Result<(), AdapterError> {
        self.check(name, text)?;
        let Some((folder, place)) = self.folder.as_ref().zip(self.place(name)) else { return Ok(()) };
        let refuse = |source| AdapterError::Write { path: place.clone(), source };
        fs::create_dir_all(folder).map_err(refuse)?;
        let part = folder.join(format!(".{name}.{}.part", std::process::id()));
        let mut file = WholeFile::create(part, place.clone()).map_err(refuse)?;
        file.write_all(text.as_bytes()).map_err(refuse)?;
        file.finish().map_err(refuse)
    }

    /// Where a profile of this name stands in the folder, if there is one and this is a name.
    fn place(&self, name: &str) -> Option<PathBuf> {
        let stem = name.strip_suffix(".toml")?;
        let is_plain = (1..=NAME_MAX).contains(&stem.len())
            && stem.bytes().all(|it| it.is_ascii_lowercase() || it.is_ascii_digit() || it == b'-');
        self.folder.as_ref().filter(|_| is_plain).map(|folder| folder.join(name))
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
        self.parsed(name, &text, lists)
    }

    fn parsed(&self, name: &str, text: &str, lists: &OwnLists) -> Result<Profile, AdapterError> {
        let profile = Profile::parse_with(name, text, lists)?;
        if profile.head().state != self.state {
            let reason = format!("the profile is of {}, the node of {}", profile.head().state, self.state);
            return Err(ProfileError::of_key(name, text, "state", reason).into());
        }
        Ok(profile)
    }
}

/// Letters of the name of a profile.
const NAME_MAX: usize = 60;
