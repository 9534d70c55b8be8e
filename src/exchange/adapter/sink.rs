//! The sink: what a peer told, handed over to the local system as files of a folder.

use super::book::ProfileBook;
use super::error::AdapterError;
use super::error::FormatError;
use super::local::Entry;
use super::local::KnownPerson;
use super::local::LocalRecord;
use super::profile::Format;
use super::profile::Head;
use super::profile::Profile;
use super::profile::RecordKind;
use crate::base::{DocumentId, WholeFile};
use crate::exchange::canonical::InsuranceRecord;
use serde::Serialize;
use std::fs;
use std::io::Write;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;

/// Where records of other states are handed over. Each document once, however often it is tried.
#[derive(Debug)]
pub struct Sink {
    folder: PathBuf,
    /// Among them the local form in which periods are written beside the record, where the state has one.
    book: Arc<ProfileBook>,
    /// One hand-over at a time: two of one document must not both be the first.
    turn: Mutex<()>,
}

/// Whether a hand-over had an effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HandedOver {
    /// The files are there now.
    First,
    /// They were there before.
    AlreadyThere,
}

impl Sink {
    /// Hands over into a folder, which must be there.
    ///
    /// # Errors
    /// No such folder.
    pub fn open(book: Arc<ProfileBook>, folder: impl Into<PathBuf>) -> Result<Self, AdapterError> {
        let folder = folder.into();
        fs::read_dir(&folder).map_err(|source| AdapterError::Read { path: folder.clone(), source })?;
        Ok(Self { folder, book, turn: Mutex::new(()) })
    }

    /// Writes `<document id>.json`, and before it the periods in the local form beside it.
    ///
    /// The JSON file is the sign that all is there: it is written last, and where it is nothing is done.
    ///
    /// # Errors
    /// The disk, or a record that the local form cannot hold.
    pub fn hand_over(
        &self,
        document: DocumentId,
        record: &InsuranceRecord,
    ) -> Result<HandedOver, AdapterError> {
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let whole = self.folder.join(format!("{document}.json"));
        let is_there =
            whole.try_exists().map_err(|source| AdapterError::Read { path: whole.clone(), source })?;
        if is_there {
            return Ok(HandedOver::AlreadyThere);
        }
        let refuse = |source| AdapterError::Encode { document, source };
        if let Some(form) = self.book.current()?.iter().find(|profile| is_form(profile)) {
            let (bytes, findings) = form.write(&local_records(record)).map_err(refuse)?;
            if !findings.is_empty() {
                let count = findings.len();
                tracing::warn!(%document, count, "the local form cannot say all of a record; its JSON file does");
            }
            self.put(&self.folder.join(format!("{document}.{}", form.head().format.ending())), &bytes)?;
        }
        let mut bytes = serde_json::to_vec_pretty(record).map_err(|_cause| refuse(FormatError::Write))?;
        bytes.push(b'\n');
        self.put(&whole, &bytes)?;
        Ok(HandedOver::First)
    }

    /// Writes something as `<kind>/<document id>.json`, once.
    ///
    /// # Errors
    /// The disk.
    pub fn hand_over_json(
        &self,
        kind: &str,
        document: DocumentId,
        what: &impl Serialize,
    ) -> Result<HandedOver, AdapterError> {
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let folder = self.folder.join(kind);
        fs::create_dir_all(&folder).map_err(|source| AdapterError::Write { path: folder.clone(), source })?;
        let whole = folder.join(format!("{document}.json"));
        let is_there =
            whole.try_exists().map_err(|source| AdapterError::Read { path: whole.clone(), source })?;
        if is_there {
            return Ok(HandedOver::AlreadyThere);
        }
        let refuse = |source| AdapterError::Encode { document, source };
        let mut bytes = serde_json::to_vec_pretty(what).map_err(|_cause| refuse(FormatError::Write))?;
        bytes.push(b'\n');
        self.put(&whole, &bytes)?;
        Ok(HandedOver::First)
    }

    /// A file is there whole or not at all, also after a power cut.
    fn put(&self, path: &Path, bytes: &[u8]) -> Result<(), AdapterError> {
        let mut name = path.file_name().unwrap_or_default().to_owned();
        name.push(".part");
        let part = path.with_file_name(name);
        let written = WholeFile::create(part, path.to_owned()).and_then(|mut file| {
            file.write_all(bytes)?;
            file.finish()
        });
        written.map_err(|source| AdapterError::Write { path: path.to_owned(), source })
    }
}

/// Whether periods are handed over in this form too: one that can say in which state they were. JSON would bear the
/// name of the record's own file.
fn is_form(profile: &Profile) -> bool {
    let Head { record, format, .. } = profile.head();
    *record == RecordKind::Period
        && !matches!(format, Format::Json | Format::Jsonl)
        && profile.coverage().iter().any(|one| one.place == "period.state" && one.is_said)
}

fn local_records(record: &InsuranceRecord) -> Vec<LocalRecord> {
    let person = KnownPerson::from(&record.person);
    let mut periods: Vec<_> = record.standing_periods().cloned().collect();
    // neighbours of one employer share its element
    periods.sort_by_key(|period| {
        let employer = period.employer.as_ref();
        let number = employer.and_then(|one| one.number.as_ref()).map(|number| number.value.clone());
        (number, employer.and_then(|one| one.name.clone()))
    });
    let local = |period| LocalRecord::original(person.clone(), Entry::Period(period));
    periods.into_iter().map(local).collect()
}
