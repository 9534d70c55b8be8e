//! The whole way of a row: from a local file to a document that its rules accept, one after the other.

use super::super::progress::Progress;
use crate::base::{Clock, DocumentId, Limits, OsRandom, Random, SystemClock};
use crate::exchange::adapter::{LocalRecord, Profile, RowRead};
use crate::exchange::canonical::{InsuranceRecord, State};
use crate::exchange::document::codec::{Header, encode_record};
use crate::exchange::rules::{Carries, Catalogue, MessageKind, Rules, SchemaFiles};
use anyhow::{Context, Result, bail};
use serde::Deserialize;
use std::io::BufRead;
use std::ops::ControlFlow;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

/// What becomes of the rows of a form of persons.
pub(super) struct Pipeline {
    profile: Profile,
    message: MessageKind,
    header: Header,
    rules: Rules,
}

/// What was done.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Done {
    pub(super) rows: u64,
    pub(super) bytes: u64,
    pub(super) elapsed: Duration,
}

impl Pipeline {
    /// By a built-in profile of persons, such as `kz/depositors`.
    pub(super) fn of(profile: &str) -> Result<Self> {
        let profile = Profile::named(profile).context("find the profile")??;
        let catalogue = Catalogue::built_in()?;
        let (process, transaction) = catalogue.beginning_with(Carries::Inquiry)?;
        let message = process.response(transaction, Carries::InsuranceRecord)?.clone();
        let id = DocumentId::from_uuid(OsRandom::default().uuid());
        let header = Header::new((&message.code, &message.structure), id, Some(id), SystemClock.now());
        Ok(Self { profile, message, header, rules: Rules::built_in(Limits::default())? })
    }

    /// Takes every row of a file the whole way; one that is not lawful is an error here.
    pub(super) fn run(
        &self,
        mut input: impl BufRead,
        is_validated: bool,
        progress: Option<&mut Progress>,
    ) -> Result<Done> {
        let (mut done, mut failed, mut progress) = (Done::default(), None, progress);
        let begun = Instant::now();
        let read = self.profile.read_rows("rows", &mut input, &Limits::default(), &mut |row| {
            match self.one(row, is_validated) {
                Ok(length) => {
                    done.rows += 1;
                    done.bytes += u64::try_from(length).unwrap_or_default();
                }
                Err(error) => {
                    failed = Some(error);
                    return ControlFlow::Break(());
                }
            }
            if let Some(progress) = progress.as_mut().filter(|_| done.rows.is_multiple_of(TOLD_EVERY)) {
                progress.reach(done.rows);
            }
            ControlFlow::Continue(())
        });
        done.elapsed = begun.elapsed();
        failed.map_or(Ok(()), Err)?;
        read?;
        Ok(done)
    }

    fn one(&self, row: RowRead, is_validated: bool) -> Result<usize> {
        let record = row.record.and_then(|row| self.record(row)).context("read an invented row")?;
        let document = encode_record(&record, &self.header)?;
        if is_validated && let Err(findings) = self.rules.check(&document, &self.message) {
            bail!("check an invented document: {} findings", findings.len());
        }
        Ok(document.len())
    }

    fn record(&self, row: LocalRecord) -> Option<InsuranceRecord> {
        Some(InsuranceRecord {
            state: self.state(),
            as_of: AS_OF,
            person: row.person.into_person()?,
            periods: Vec::new(),
            contributions: Vec::new(),
            evidence: Vec::new(),
        })
    }

    fn state(&self) -> State {
        self.profile.head().state
    }
}

impl Done {
    /// Rows a second.
    pub(super) fn a_second(&self) -> f64 {
        let rows = u32::try_from(self.rows).unwrap_or(u32::MAX);
        f64::from(rows) / self.elapsed.as_secs_f64()
    }

    /// Bytes of a document in the middle.
    pub(super) fn document_bytes(&self) -> u64 {
        self.bytes / self.rows.max(1)
    }
}

/// What the same mapping takes in Python.
#[derive(Debug, Deserialize)]
pub(super) struct Python {
    rows: u32,
    seconds: f64,
    validated_seconds: f64,
    bytes: u64,
}

impl Python {
    /// Runs the script on a file of the form `kz/depositors`.
    ///
    /// # Errors
    /// Python or lxml is not there, or it says something else.
    pub(super) fn run(folder: &Path, file: &Path) -> Result<Self> {
        write_schemas(folder)?;
        let script = folder.join("translate.py");
        std::fs::write(&script, SCRIPT)?;
        let run = Command::new(PYTHON).arg(&script).arg(file).arg(folder.join("schemas")).output();
        let output = run.with_context(|| format!("run {PYTHON}"))?;
        if !output.status.success() {
            let told = String::from_utf8_lossy(&output.stderr);
            bail!("{}", told.lines().last().unwrap_or("it ended without a word").to_owned());
        }
        serde_json::from_slice(&output.stdout).context("understand what it says")
    }

    pub(super) fn a_second(&self, is_validated: bool) -> f64 {
        f64::from(self.rows) / if is_validated { self.validated_seconds } else { self.seconds }
    }

    /// Bytes of a document in the middle.
    pub(super) fn document_bytes(&self) -> u64 {
        self.bytes / u64::from(self.rows.max(1))
    }
}

/// Writes the schema files that are compiled in, where another program finds them.
pub(super) fn write_schemas(folder: &Path) -> Result<()> {
    for (path, text) in SchemaFiles::built_in().all() {
        let path = folder.join("schemas").join(path);
        std::fs::create_dir_all(path.parent().context("a file stands in a folder")?)?;
        std::fs::write(path, text)?;
    }
    Ok(())
}

const AS_OF: jiff::civil::Date = jiff::civil::date(2026, 11, 1);
const TOLD_EVERY: u64 = 1_024;
const SCRIPT: &str = include_str!("../../../benches/translate.py");
/// Debian's own Python has Debian's modules, whichever comes first in the path.
pub(super) const PYTHON: &str = "/usr/bin/python3";
