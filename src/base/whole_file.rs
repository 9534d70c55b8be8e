//! A file that is there whole or not at all, also after a power cut.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Personal data that is being written under a name of its own, for the node and the group of the local system; it gets
/// its place at its end.
#[derive(Debug)]
pub struct WholeFile {
    file: File,
    part: PathBuf,
    place: PathBuf,
}

impl WholeFile {
    /// Begins `place`, written as `part` until then: of the same folder, and of no other writer.
    ///
    /// # Errors
    /// The disk.
    pub fn create(part: PathBuf, place: PathBuf) -> io::Result<Self> {
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, FILE_MODE);
        Ok(Self { file: options.open(&part)?, part, place })
    }

    /// It is whole: it stands at its place when this returns.
    ///
    /// # Errors
    /// The disk.
    pub fn finish(self) -> io::Result<()> {
        self.file.sync_all()?;
        fs::rename(&self.part, &self.place)?;
        File::open(self.place.parent().unwrap_or(Path::new(".")))?.sync_all()
    }
}

impl Write for WholeFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

#[cfg(unix)]
const FILE_MODE: u32 = 0o640;
