//! Where vacancies go: a file of lines, its manifest and the report of the run.

use crate::base::{Clock, Digest256, SystemClock, WholeFile};
use crate::cli::show;
use crate::exchange::adapter::jobs::{JobTally, Manifest, SCHEMA_VERSION};
use crate::exchange::canonical::job::Vacancy;
use crate::exchange::canonical::{Coded, State};
use crate::exchange::seal::{Sha256Hasher, sha256_hasher};
use crate::labour::Duplicate;
use anyhow::{Context, Result, anyhow};
use serde::Serialize;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

/// Lines of JSON that are there whole or not at all.
pub(super) struct LinesOut {
    folder: PathBuf,
    name: &'static str,
    file: BufWriter<WholeFile>,
    hasher: Sha256Hasher,
    count: u64,
}

impl LinesOut {
    pub(super) fn create(folder: &Path, name: &'static str) -> Result<Self> {
        std::fs::create_dir_all(folder).with_context(|| format!("make {}", folder.display()))?;
        let place = folder.join(format!("{name}.jsonl"));
        let file = WholeFile::create(place.with_extension("part"), place.clone());
        let file = BufWriter::new(file.with_context(|| format!("write {}", place.display()))?);
        Ok(Self { folder: folder.to_owned(), name, file, hasher: sha256_hasher(), count: 0 })
    }

    pub(super) fn put(&mut self, record: &impl Serialize) -> Result<()> {
        let mut line = serde_json::to_vec(record).context("write a line")?;
        line.push(b'\n');
        self.hasher.write_all(&line).and_then(|()| self.file.write_all(&line)).context("write a line")?;
        self.count += 1;
        Ok(())
    }

    /// Puts the file at its place; with how many lines, and their digest.
    pub(super) fn finish(self) -> Result<(u64, Digest256)> {
        let Self { folder, name, file, hasher, count } = self;
        let whole =
            file.into_inner().map_err(std::io::IntoInnerError::into_error).and_then(WholeFile::finish);
        whole.with_context(|| format!("write {name}.jsonl in {}", folder.display()))?;
        Ok((count, hasher.finish()))
    }
}

/// The vacancies of a run.
pub(super) struct VacanciesOut {
    lines: LinesOut,
    state: State,
    source: Coded,
    has_contacts: bool,
}

impl VacanciesOut {
    /// Begins `vacancies.jsonl` in a folder.
    pub(super) fn create(folder: &Path, (state, source): (State, Coded), has_contacts: bool) -> Result<Self> {
        Ok(Self { lines: LinesOut::create(folder, NAME)?, state, source, has_contacts })
    }

    pub(super) fn put(&mut self, vacancy: &Vacancy) -> Result<()> {
        match self.has_contacts {
            true => self.lines.put(vacancy),
            false => self.lines.put(&vacancy.without_contacts()),
        }
    }

    /// Puts the file, its manifest and the report at their places.
    pub(super) fn finish(self, report: &serde_json::Value) -> Result<()> {
        let Self { lines, state, source, .. } = self;
        let folder = lines.folder.clone();
        let (count, sha256) = lines.finish()?;
        let produced_at = SystemClock.now();
        let schema_version = SCHEMA_VERSION.to_owned();
        let manifest = Manifest { source, state, produced_at, count, sha256, schema_version };
        whole(&folder, "vacancies.manifest.json", &serde_json::to_vec_pretty(&manifest)?)?;
        whole(&folder, "report.json", format!("{report:#}\n").as_bytes())?;
        show::line(&format!("{count} vacancies in {}", folder.join(format!("{NAME}.jsonl")).display()));
        Ok(())
    }
}

/// Writes a file of a folder whole.
pub(super) fn whole(folder: &Path, name: &str, bytes: &[u8]) -> Result<()> {
    let place = folder.join(name);
    let write = || {
        let mut file = WholeFile::create(folder.join(format!("{name}.part")), place.clone())?;
        file.write_all(bytes)?;
        file.finish()
    };
    write().with_context(|| format!("write {}", place.display()))
}

/// What became of the entries, for a reader.
pub(super) fn tell(tally: &JobTally) {
    let (met, taken, closed, aside) = (tally.met, tally.taken, tally.closed, tally.aside_count());
    show::line(&format!("{met} entries: {taken} taken, {closed} of them closed; {aside} set aside"));
    for (what, all) in [("set aside", &tally.aside), ("left out", &tally.left_out)] {
        for one in all {
            let field = if one.field.is_empty() { String::new() } else { format!(" {}", one.field) };
            show::aside(&format!("{what}, {} times: {}{field}; first {}", one.count, one.code, one.first));
        }
    }
}

/// A duplicate as a line tells it.
pub(super) fn folded(duplicate: &Duplicate) -> serde_json::Value {
    use crate::labour::Sameness;
    let (reason, share) = match duplicate.reason {
        Sameness::Same => ("same", None),
        Sameness::Alike(share) => ("alike", Some(share)),
    };
    serde_json::json!({ "folded": duplicate.folded, "kept": duplicate.kept, "reason": reason, "share": share })
}

/// The name of a source that the program gives itself.
pub(super) fn own(source: &str) -> Result<Coded> {
    source.parse().map_err(|finding| anyhow!("name the source {source}: {finding}"))
}

const NAME: &str = "vacancies";
