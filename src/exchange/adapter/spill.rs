//! What does not fit into memory, in files that have no name: nobody else can open them, and nothing of them stays when
//! the process ends, however it ends.

use std::fs::File;
use std::fs::OpenOptions;
use std::io;
use std::io::BufReader;
use std::io::ErrorKind;
use std::io::Read;
use std::io::Write;
use std::os::unix::fs::FileExt;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::path::PathBuf;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering;

/// A file without a name, to whose end is written; while it is small, it is none yet.
#[derive(Debug)]
pub(super) struct Spill {
    folder: PathBuf,
    file: Option<File>,
    /// What is not in the file.
    buffer: Vec<u8>,
    /// How long the file is.
    written: u64,
}

impl Spill {
    /// A new file on the disk of a folder.
    pub(super) fn of(folder: &Path) -> Self {
        Self { folder: folder.to_owned(), file: None, buffer: Vec::new(), written: 0 }
    }

    /// Adds bytes; where they begin.
    pub(super) fn append(&mut self, bytes: &[u8]) -> io::Result<u64> {
        let at = self.length();
        self.buffer.extend_from_slice(bytes);
        if self.buffer.len() >= BUFFER {
            self.write()?;
        }
        Ok(at)
    }

    /// Ends writing; only then can all be read.
    pub(super) fn finish(&mut self) -> io::Result<()> {
        if self.file.is_some() {
            self.write()?;
            self.buffer = Vec::new();
        }
        Ok(())
    }

    fn write(&mut self) -> io::Result<()> {
        let file = match self.file.take() {
            Some(file) => file,
            None => nameless(&self.folder)?,
        };
        self.file.insert(file).write_all(&self.buffer)?;
        self.written = self.length();
        self.buffer.clear();
        Ok(())
    }

    /// How long it is.
    pub(super) fn length(&self) -> u64 {
        self.written.saturating_add(u64::try_from(self.buffer.len()).unwrap_or(u64::MAX))
    }

    /// So many bytes of a place.
    pub(super) fn read_at(&self, at: u64, length: u64) -> io::Result<Vec<u8>> {
        let length = usize::try_from(length).map_err(io::Error::other)?;
        let Some(file) = &self.file else {
            let at = usize::try_from(at).map_err(io::Error::other)?;
            let end = at.checked_add(length).ok_or(ErrorKind::UnexpectedEof)?;
            return Ok(self.buffer.get(at..end).ok_or(ErrorKind::UnexpectedEof)?.to_vec());
        };
        let mut bytes = vec![0; length];
        file.read_exact_at(&mut bytes, at)?;
        Ok(bytes)
    }

    /// All of it, from its beginning.
    pub(super) fn reader(&self) -> Box<dyn Read + '_> {
        match &self.file {
            Some(file) => Box::new(BufReader::with_capacity(BUFFER, FromStart { file, at: 0 })),
            None => Box::new(self.buffer.as_slice()),
        }
    }
}

/// A file that only we have, and only while we have it.
fn nameless(folder: &Path) -> io::Result<File> {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let path = folder.join(format!(".stazh-{}-{number}.spill", std::process::id()));
    let _ = std::fs::remove_file(&path); // of a process that was killed between the next two lines
    let file = OpenOptions::new().read(true).write(true).create_new(true).mode(0o600).open(&path)?;
    std::fs::remove_file(&path)?;
    Ok(file)
}

/// Reads a file of its own place, so that several may read at once.
struct FromStart<'f> {
    file: &'f File,
    at: u64,
}

impl Read for FromStart<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.file.read_at(buffer, self.at)?;
        self.at += u64::try_from(count).map_err(io::Error::other)?;
        Ok(count)
    }
}

/// Where something stands: by a hash, in an order of its own, so many bytes of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    pub(super) hash: u64,
    pub(super) order: u64,
    pub(super) at: u64,
    pub(super) length: u64,
}

impl Place {
    pub(super) fn to_bytes(self) -> [u8; PLACE] {
        let mut bytes = [0; PLACE];
        let parts = [self.hash, self.order, self.at, self.length];
        for (own, part) in bytes.chunks_exact_mut(8).zip(parts) {
            own.copy_from_slice(&part.to_le_bytes());
        }
        bytes
    }

    pub(super) fn of_bytes(bytes: &[u8]) -> Self {
        let mut parts =
            bytes.chunks_exact(8).map(|part| u64::from_le_bytes(part.try_into().unwrap_or_default()));
        let mut next = || parts.next().unwrap_or_default();
        Self { hash: next(), order: next(), at: next(), length: next() }
    }
}

/// Places that are found by their hash: sorted runs in a file.
#[derive(Debug)]
pub(super) struct Index {
    spill: Spill,
    pending: Vec<Place>,
    /// Where each run begins, and how many places it has.
    runs: Vec<(u64, u64)>,
}

impl Index {
    /// A new one, in a file on the disk of a folder.
    pub(super) fn of(folder: &Path) -> Self {
        Self { spill: Spill::of(folder), pending: Vec::new(), runs: Vec::new() }
    }

    /// Adds a place.
    pub(super) fn push(&mut self, place: Place) -> io::Result<()> {
        self.pending.push(place);
        if self.pending.len() >= RUN { self.end_run() } else { Ok(()) }
    }

    fn end_run(&mut self) -> io::Result<()> {
        self.pending.sort_unstable();
        let begin = self.spill.length();
        for place in &self.pending {
            self.spill.append(&place.to_bytes())?;
        }
        self.runs.push((begin, u64::try_from(self.pending.len()).map_err(io::Error::other)?));
        self.pending.clear();
        Ok(())
    }

    /// Ends writing; only then can be looked up.
    pub(super) fn finish(&mut self) -> io::Result<()> {
        if !self.pending.is_empty() {
            self.end_run()?;
        }
        self.pending = Vec::new();
        self.spill.finish()
    }

    /// Every place of a hash.
    pub(super) fn find(&self, hash: u64) -> io::Result<Vec<Place>> {
        let mut found = Vec::new();
        for (begin, count) in &self.runs {
            let (mut low, mut high) = (0, *count);
            while low < high {
                let middle = low.midpoint(high);
                if self.place(*begin, middle)?.hash < hash {
                    low = middle + 1;
                } else {
                    high = middle;
                }
            }
            while low < *count {
                let place = self.place(*begin, low)?;
                if place.hash != hash {
                    break;
                }
                found.push(place);
                low += 1;
            }
        }
        Ok(found)
    }

    fn place(&self, begin: u64, number: u64) -> io::Result<Place> {
        let size = u64::try_from(PLACE).map_err(io::Error::other)?;
        Ok(Place::of_bytes(&self.spill.read_at(begin + number * size, size)?))
    }
}

const BUFFER: usize = 16 * 1024;
/// Bytes of a place.
pub(super) const PLACE: usize = 32;
/// Places that are sorted at once: 2 MiB.
const RUN: usize = 65_536;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_found_by_their_hash_in_all_runs() {
        let folder = tempfile::tempdir().unwrap();
        let mut index = Index::of(folder.path());
        let count = 3 * u64::try_from(RUN).unwrap() + 5;
        for order in 0..count {
            index.push(Place { hash: order % 1_000, order, at: order, length: 1 }).unwrap();
        }
        index.finish().unwrap();
        for hash in [0, 1, 500, 999] {
            let mut found: Vec<u64> = index.find(hash).unwrap().iter().map(|place| place.order).collect();
            found.sort_unstable();
            assert!(found.into_iter().eq((hash..count).step_by(1_000)), "{hash}");
        }
        assert!(index.find(1_000).unwrap().is_empty());
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "the file has no name");
    }

    #[test]
    fn what_is_written_is_read_from_its_start_and_from_its_place() {
        let folder = tempfile::tempdir().unwrap();
        let mut spill = Spill::of(folder.path());
        let texts: Vec<String> = (0..5_000).map(|number| format!("row {number}")).collect();
        let places: Vec<u64> = texts.iter().map(|text| spill.append(text.as_bytes()).unwrap()).collect();
        spill.finish().unwrap();
        for (text, at) in texts.iter().zip(places) {
            assert_eq!(spill.read_at(at, u64::try_from(text.len()).unwrap()).unwrap(), text.as_bytes());
        }
        let mut all = String::new();
        spill.reader().read_to_string(&mut all).unwrap();
        assert_eq!(all, texts.concat());
        assert!(spill.read_at(spill.length(), 1).is_err());
        let mut small = Spill::of(Path::new("no folder"));
        assert_eq!(small.append(b"a").unwrap() + small.append(b"bc").unwrap(), 1);
        small.finish().unwrap();
        assert_eq!(small.read_at(1, 2).unwrap(), b"bc");
        assert!(small.read_at(2, 2).is_err());
    }
}
