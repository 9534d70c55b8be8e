//! The files of a folder, with what tells whether one has changed.

use super::error::AdapterError;
use std::fs;
use std::path::Path;
use std::path::PathBuf;
use std::time::SystemTime;

/// By what a changed file is known.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Stamp {
    pub(super) name: String,
    pub(super) path: PathBuf,
    pub(super) length: u64,
    pub(super) changed_at: Option<SystemTime>,
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
