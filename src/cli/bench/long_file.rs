//! A long file taken the whole way of its rows, and the memory that this takes.

use super::super::progress::Progress;
use super::pipeline::{Done, Pipeline};
use crate::base::Limits;
use crate::exchange::adapter::{Found, ProfileBook, Source};
use crate::exchange::canonical::{Identifier, IdentifierKind, Inquiry, Standing, State};
use anyhow::{Context, Result};
use jiff::ToSpan;
use jiff::civil::{Date, date};
use std::fs::File;
use std::io::{BufReader, BufWriter, Write};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// What it came to.
pub(super) struct LongFile {
    pub(super) done: Done,
    pub(super) file_bytes: u64,
    /// How long it took until somebody in the file could be found.
    pub(super) found_after: Duration,
    pub(super) peak_kib: u64,
}

impl LongFile {
    /// Writes a file of so many rows, takes it to validated documents, answers about somebody in it, and sees how much
    /// memory there ever was.
    pub(super) fn measure(folder: &Path, rows: u64) -> Result<Self> {
        let path = folder.join("depositors.csv");
        write(&path, rows)?;
        let file_bytes = std::fs::metadata(&path)?.len();
        let pipeline = Pipeline::of("kz/depositors")?;
        let mut progress = Progress::of("rows", rows);
        let input = BufReader::with_capacity(BUFFER_BYTES, File::open(&path)?);
        let done = pipeline.run(input, true, Some(&mut progress))?;
        drop(progress);
        let found_after = ask(folder, rows)?;
        Ok(Self { done, file_bytes, found_after, peak_kib: peak_kib()? })
    }

    pub(super) fn is_within(&self) -> bool {
        self.peak_kib <= PEAK_KIB_MAX
    }

    pub(super) fn as_text(&self) -> String {
        format!(
            "{} rows in a file of {} MB taken to validated documents of {} bytes: {:.0} a second; \
             somebody in it found after {:.0} s; at most {} MiB resident (at most {}) {}",
            self.done.rows,
            self.file_bytes / 1_000_000,
            self.done.document_bytes(),
            self.done.a_second(),
            self.found_after.as_secs_f64(),
            self.peak_kib / 1024,
            PEAK_KIB_MAX / 1024,
            if self.is_within() { "kept" } else { "BROKEN" }
        )
    }
}

/// Rows of a million invented persons, again and again.
fn write(path: &Path, rows: u64) -> Result<()> {
    let mut out = BufWriter::new(File::create(path).with_context(|| format!("write {}", path.display()))?);
    out.write_all(b"iin,family,given,patronymic,birth_date,sex,citizenship\n")?;
    for row in 0..rows {
        let invented = Invented::of(row % PERSONS)?;
        let Invented { iin, family, birth_date } = &invented;
        let birth_date = birth_date.strftime("%d.%m.%Y");
        writeln!(out, "{iin},{family},Ерлан,Бекович,{birth_date},М,KZ")?;
    }
    Ok(out.into_inner().map_err(|error| error.into_error())?.sync_all()?)
}

/// An invented person.
struct Invented {
    iin: String,
    family: String,
    birth_date: Date,
}

impl Invented {
    fn of(number: u64) -> Result<Self> {
        let birth_date = FIRST_BORN.checked_add(i64::try_from(number / BORN_A_DAY)?.days())?;
        let body = format!("{}3{:04}", birth_date.strftime("%y%m%d"), number % BORN_A_DAY);
        let sound = (0..10).map(|check| format!("{body}{check}")).find(|iin| {
            Identifier::parse(IdentifierKind::Iin, iin).is_ok_and(|iin| iin.standing() == Standing::Sound)
        });
        // some numbers have no check digit; that person has a wrong one
        let iin = sound.unwrap_or_else(|| format!("{body}0"));
        let letter = |place: u32| {
            let at = usize::try_from(number / 16_u64.pow(place) % 16).unwrap_or_default();
            LETTERS.chars().nth(at)
        };
        let family = std::iter::once('К').chain((0..5).filter_map(letter)).collect();
        Ok(Self { iin, family, birth_date })
    }
}

/// Asks about somebody in the middle of the file; how long it took to know the file and him.
fn ask(folder: &Path, rows: u64) -> Result<Duration> {
    let invented = Invented::of(rows.min(PERSONS) / 2)?;
    let inquiry: Inquiry = serde_json::from_value(serde_json::json!({
        "asking": "RU", "asked": "KZ", "purpose": "old-age",
        "person": {
            "name": { "family": invented.family, "given": "Ерлан" }, "birth_date": invented.birth_date,
            "identifiers": [{ "kind": "iin", "value": invented.iin }]
        }
    }))?;
    let begun = Instant::now();
    let book = Arc::new(ProfileBook::new(State::Kz, None));
    let source = Source::watch(book, folder, Limits::default()).spilling_to(folder);
    match source.find(&inquiry, AS_OF)? {
        Found::Record(..) => Ok(begun.elapsed()),
        Found::Nobody | Found::Several | Found::Unsure(_) => {
            anyhow::bail!("somebody in the file is not found")
        }
    }
}

/// The most memory that this process ever had in the machine, as the kernel tells it.
pub(super) fn peak_kib() -> Result<u64> {
    let text = std::fs::read_to_string("/proc/self/status").context("read /proc/self/status")?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let number = line.and_then(|line| line.split_whitespace().next()).and_then(|number| number.parse().ok());
    number.context("find VmHWM in /proc/self/status")
}

const PERSONS: u64 = 1_000_000;
/// So many of them have one day of birth.
const BORN_A_DAY: u64 = 5_000;
const FIRST_BORN: Date = date(1950, 1, 1);
const AS_OF: Date = date(2026, 11, 1);
const LETTERS: &str = "абвгдежзиклмнопр";
const PEAK_KIB_MAX: u64 = 128 * 1024;
const BUFFER_BYTES: usize = 256 * 1024;
