//! The files of a folder, with what tells whether one has changed.

use super::error::AdapterError;
use super::error::FormatError;
use std::fs;
use std::fs::File;
use std::io;
use std::io::BufReader;
use std::io::Read;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering;
use std::time::SystemTime;

/// By what a changed file is known.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Stamp {
    pub(super) name: String,
    pub(super) path: PathBuf,
    pub(super) length: u64,
    pub(super) changed_at: Option<SystemTime>,
}

/// A file that is read, and how much of it has been.
#[derive(Debug)]
pub(super) struct Counted {
    file: File,
    count: Arc<AtomicU64>,
}

impl Counted {
    /// How many bytes have been read, for who does not read them.
    pub(super) fn count(&self) -> Arc<AtomicU64> {
        self.count.clone()
    }
}

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.file.read(buffer)?;
        self.count.fetch_add(u64::try_from(count).unwrap_or_default(), Ordering::Relaxed);
        Ok(count)
    }
}

impl Stamp {
    /// Begins to read the file.
    ///
    /// # Errors
    /// It cannot be opened.
    pub(super) fn open(&self) -> Result<BufReader<Counted>, AdapterError> {
        let refuse = |source| AdapterError::Read { path: self.path.clone(), source };
        let counted = Counted { file: File::open(&self.path).map_err(refuse)?, count: Arc::default() };
        Ok(BufReader::with_capacity(BUFFER_BYTES, counted))
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
