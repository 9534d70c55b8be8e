//! The files of a folder, with what tells whether one has changed.

use super::error::AdapterError;
use super::error::FormatError;
use std::fs;
use std::fs::File;
use std::io::BufReader;
use std::path::Path;
use std::path::PathBuf;
use std::time::SystemTime;

/// By what a changed file is known.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Stamp {
    pub(super) name: String,
    pub(super) path: PathBuf,
    pub(super) length: u64,
    changed_at: Option<SystemTime>,
}

impl Stamp {
    /// Begins to read the file.
    ///
    /// # Errors
    /// It cannot be opened.
    pub(super) fn open(&self) -> Result<BufReader<File>, AdapterError> {
        let refuse = |source| AdapterError::Read { path: self.path.clone(), source };
        Ok(BufReader::with_capacity(BUFFER_BYTES, File::open(&self.path).map_err(refuse)?))
    }

    /// Why its rows could not be read.
    pub(super) fn unread(&self, source: FormatError) -> AdapterError {
        let path = self.path.clone();
        match source.into_io() {
            Ok(source) => AdapterError::Read { path, source },
            Err(source) => AdapterError::Format { path, source },
        }
    }
}

/// The files of these names, in the order of the names; links are followed.
///
/// # Errors
/// A folder, or such a file, that cannot be looked at.
pub(super) fn stamps(
    folder: &Path,
    mut is_wanted: impl FnMut(&str) -> bool,
) -> Result<Vec<Stamp>, AdapterError> {
    let refuse = |source| AdapterError::Read { path: folder.to_owned(), source };
    let mut stamps = Vec::new();
    for entry in fs::read_dir(folder).map_err(refuse)? {
        let entry = entry.map_err(refuse)?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if !is_wanted(&name) {
            continue;
        }
        let path = entry.path();
        let facts =
            fs::metadata(&path).map_err(|source| AdapterError::Read { path: path.clone(), source })?;
        stamps.push(Stamp { name, path, length: facts.len(), changed_at: facts.modified().ok() });
    }
    stamps.sort();
    Ok(stamps)
}

/// What is read of a file at once.
const BUFFER_BYTES: usize = 256 * 1024;
