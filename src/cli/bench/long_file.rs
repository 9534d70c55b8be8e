//! A long file taken the whole way of its rows, and the memory that this takes.

use super::super::progress::Progress;
use super::pipeline::{Done, Pipeline};
use crate::base::SeededRandom;
use crate::exchange::adapter::{Profile, Synthetic};
use crate::exchange::canonical::State;
use anyhow::{Context, Result};
use std::fs::File;
use std::io::{BufReader, BufWriter, Write};
use std::path::Path;

/// What it came to.
pub(super) struct LongFile {
    pub(super) done: Done,
    pub(super) file_bytes: u64,
    pub(super) peak_kib: u64,
}

impl LongFile {
    /// Writes a file of so many rows, takes it to validated documents, and sees how much memory there ever was.
    pub(super) fn measure(folder: &Path, rows: u64) -> Result<Self> {
        let path = folder.join("depositors.csv");
        write(&path, rows)?;
        let file_bytes = std::fs::metadata(&path)?.len();
        let pipeline = Pipeline::of("kz/depositors")?;
        let mut progress = Progress::of("rows", rows);
        let input = BufReader::with_capacity(BUFFER_BYTES, File::open(&path)?);
        let done = pipeline.run(input, true, Some(&mut progress))?;
        drop(progress);
        Ok(Self { done, file_bytes, peak_kib: peak_kib()? })
    }

    pub(super) fn is_within(&self) -> bool {
        self.peak_kib <= PEAK_KIB_MAX
    }

    pub(super) fn as_text(&self) -> String {
        format!(
            "{} rows in a file of {} MB taken to validated documents of {} bytes: {:.0} a second; \
             at most {} MiB resident (at most {}) {}",
            self.done.rows,
            self.file_bytes / 1_000_000,
            self.done.document_bytes(),
            self.done.a_second(),
            self.peak_kib / 1024,
            PEAK_KIB_MAX / 1024,
            if self.is_within() { "kept" } else { "BROKEN" }
        )
    }
}

/// Rows of a few hundred invented persons, again and again.
fn write(path: &Path, rows: u64) -> Result<()> {
    let profiles = Profile::built_in(State::Kz)?;
    let files = Synthetic::files(&profiles, PERSONS, &SeededRandom::new(1), &mut |_| ())?;
    let (_, bytes, _) = files.into_iter().next().context("make a form of persons")?;
    let text = String::from_utf8(bytes)?;
    let mut lines = text.split_inclusive('\n');
    let mut out = BufWriter::new(File::create(path).with_context(|| format!("write {}", path.display()))?);
    out.write_all(lines.next().unwrap_or_default().as_bytes())?;
    let lines: Vec<&str> = lines.collect();
    let mut again = lines.iter().cycle();
    for _ in 0..rows {
        out.write_all(again.next().context("make a row")?.as_bytes())?;
    }
    Ok(out.into_inner().map_err(|error| error.into_error())?.sync_all()?)
}

/// The most memory that this process ever had in the machine, as the kernel tells it.
fn peak_kib() -> Result<u64> {
    let text = std::fs::read_to_string("/proc/self/status").context("read /proc/self/status")?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let number = line.and_then(|line| line.split_whitespace().next()).and_then(|number| number.parse().ok());
    number.context("find VmHWM in /proc/self/status")
}

const PERSONS: u32 = 500;
const PEAK_KIB_MAX: u64 = 128 * 1024;
const BUFFER_BYTES: usize = 256 * 1024;
