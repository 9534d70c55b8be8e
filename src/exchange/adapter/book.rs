//! The profiles of a state: those compiled into the program, and those of a folder, which may change at any time.

use super::error::AdapterError;
use super::error::ProfileError;
use super::profile::Profile;
use crate::exchange::canonical::State;
use std::fs;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::SystemTime;

/// The profiles by which local files of a state are read and written.
///
/// A file of the folder replaces the built-in profile of its name; the others are added. They are read again when
/// one of them has changed. While one of them cannot be used none is: half of a change would be a wrong answer.
#[derive(Debug)]
pub struct ProfileBook {
    state: State,
    folder: Option<PathBuf>,
    held: Mutex<Option<Held>>,
}

#[derive(Debug)]
struct Held {
    stamps: Vec<Stamp>,
    profiles: Arc<Vec<Profile>>,
}

type Stamp = (String, u64, Option<SystemTime>);

impl ProfileBook {
    /// The built-in profiles of a state, and those of a folder.
    pub fn new(state: State, folder: Option<PathBuf>) -> Self {
        Self { state, folder, held: Mutex::new(None) }
    }

    /// These and no other.
    pub fn of(state: State, profiles: Vec<Profile>) -> Self {
        let held = Held { stamps: Vec::new(), profiles: Arc::new(profiles) };
        Self { state, folder: None, held: Mutex::new(Some(held)) }
    }

    /// Whose forms they describe.
    pub fn state(&self) -> State {
        self.state
    }

    /// The profiles as they are now; the same as before unless a file has changed.
    ///
    /// # Errors
    /// A folder that cannot be read, or a profile that cannot be used or is of another state.
    pub fn current(&self) -> Result<Arc<Vec<Profile>>, AdapterError> {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let stamps = self.folder.as_deref().map(stamps).transpose()?.unwrap_or_default();
        if let Some(held) = held.as_ref().filter(|held| held.stamps == stamps) {
            return Ok(held.profiles.clone());
        }
        let mut profiles = Profile::built_in(self.state)?;
        for (name, _, _) in &stamps {
            let own = self.read(name)?;
            let place = profiles.iter_mut().find(|built_in| built_in.is_named(name));
            match place {
                Some(built_in) => *built_in = own,
                None => profiles.push(own),
            }
        }
        let profiles = Arc::new(profiles);
        *held = Some(Held { stamps, profiles: profiles.clone() });
        Ok(profiles)
    }

    fn read(&self, name: &str) -> Result<Profile, AdapterError> {
        let path = self.folder.clone().unwrap_or_default().join(name);
        let text =
            fs::read_to_string(&path).map_err(|source| AdapterError::Read { path: path.clone(), source })?;
        let profile = Profile::parse(name, &text)?;
        if profile.head().state != self.state {
            let reason = format!("the profile is of {}, the node of {}", profile.head().state, self.state);
            return Err(ProfileError::of_key(name, &text, "state", reason).into());
        }
        Ok(profile)
    }
}

/// The profiles of a folder by name; a folder that is not there has none.
fn stamps(folder: &Path) -> Result<Vec<Stamp>, AdapterError> {
    let refuse = |source| AdapterError::Read { path: folder.to_owned(), source };
    if !folder.try_exists().map_err(refuse)? {
        return Ok(Vec::new());
    }
    let mut stamps = Vec::new();
    for entry in fs::read_dir(folder).map_err(refuse)? {
        let entry = entry.map_err(refuse)?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.ends_with(".toml") {
            let facts = entry.metadata().map_err(refuse)?;
            stamps.push((name, facts.len(), facts.modified().ok()));
        }
    }
    stamps.sort();
    Ok(stamps)
}
