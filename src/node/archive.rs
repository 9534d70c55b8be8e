//! The folder of archives: files that are there whole or not at all, and are never written twice.

use super::Settings;
use crate::base::{Verdict, WholeFile, with_causes};
use crate::flow::{ArchivePlace, FlowError};
use std::io::Write;
use std::path::PathBuf;

/// `archive` beside the database.
pub(super) struct ArchiveFolder(PathBuf);

impl ArchiveFolder {
    /// That of a node.
    pub(super) fn of(settings: &Settings) -> Self {
        Self(settings.data.join("archive"))
    }
}

impl ArchivePlace for ArchiveFolder {
    fn has(&self, name: &str) -> bool {
        self.0.join(name).exists()
    }

    fn keep(&self, name: &str, bytes: &[u8]) -> Result<(), FlowError> {
        let place = self.0.join(name);
        let part = self.0.join(format!(".{name}.{}.part", std::process::id()));
        let written = std::fs::create_dir_all(&self.0).and_then(|()| {
            let mut file = WholeFile::create(part, place.clone())?;
            file.write_all(bytes)?;
            file.finish()
        });
        written.map_err(|error| FlowError::Local {
            verdict: Verdict::Retry { not_before: None },
            detail: format!("write {}: {}", place.display(), with_causes(&error)),
        })
    }
}
