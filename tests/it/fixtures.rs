//! The files of `fixtures`, for tests that walk a folder of them; `tidy` sees to it that each is used.

use std::fs;
use std::path::{Path, PathBuf};

/// A place below `fixtures`.
pub(crate) fn fixture(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(path)
}

/// Every file that stands in a folder of `fixtures` itself. Who calls it uses each: reads it or refuses it.
pub(crate) fn every_file_of(folder: &str) -> Vec<PathBuf> {
    let all = fs::read_dir(fixture(folder)).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> = all.filter(|path| path.is_file()).collect();
    files.sort();
    assert!(!files.is_empty(), "{folder} is empty");
    files
}
