//! What several commands share: the settings of a folder, a runtime.

use crate::node::Settings;
use anyhow::{Context, Result};
use std::path::{Path, PathBuf};

/// Settings from a node's folder or from its settings file.
pub(super) fn settings(place: &Path) -> Result<Settings> {
    let file = if place.is_dir() { place.join("node.toml") } else { PathBuf::from(place) };
    Ok(Settings::read(&file)?)
}

/// Runs a future to its end.
pub(super) fn block_on<T>(work: impl Future<Output = Result<T>>) -> Result<T> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    runtime.context("start the runtime")?.block_on(work)
}
