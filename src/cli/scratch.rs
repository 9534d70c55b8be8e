//! A folder that is there while a command runs.

use anyhow::{Context, Result};
use std::path::{Path, PathBuf};

/// A folder of one command, which goes with it.
pub(super) struct Scratch(PathBuf);

impl Scratch {
    pub(super) fn new(what: &str) -> Result<Self> {
        let path = std::env::temp_dir().join(format!("stazh-{what}-{}", std::process::id()));
        std::fs::create_dir_all(&path).with_context(|| format!("make {}", path.display()))?;
        Ok(Self(path))
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0); // a leftover folder harms nobody
    }
}
