//! The local system as two folders: records as canonical JSON in one, handed-over records in the other.

use crate::base::{DocumentId, Verdict};
use crate::exchange::canonical::{Inquiry, InsuranceRecord};
use crate::flow::{Desk, Done, FlowError};
use jiff::civil::Date;
use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

/// Reads records from `local/*.json`, writes them to `handed-over/<document>.json`.
#[derive(Debug)]
pub struct FolderDesk {
    local: PathBuf,
    handed_over: PathBuf,
    read: Mutex<HashMap<PathBuf, (SystemTime, InsuranceRecord)>>,
}

impl FolderDesk {
    /// A desk over two folders, which are made if they are not there.
    ///
    /// # Errors
    /// A folder cannot be made.
    pub fn open(local: &Path, handed_over: &Path) -> Result<Self, FlowError> {
        for folder in [local, handed_over] {
            fs::create_dir_all(folder).map_err(|error| unreachable_now(folder, &error))?;
        }
        Ok(Self { local: local.to_owned(), handed_over: handed_over.to_owned(), read: Mutex::default() })
    }

    /// The records of the person; with more than one nobody can say which is meant.
    fn fitting(&self, inquiry: &Inquiry) -> Result<Vec<InsuranceRecord>, FlowError> {
        let failed = |error: &std::io::Error| unreachable_now(&self.local, error);
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        let mut fitting = Vec::new();
        for entry in fs::read_dir(&self.local).map_err(|error| failed(&error))? {
            let path = entry.map_err(|error| failed(&error))?.path();
            if path.extension().is_none_or(|ending| ending != "json") {
                continue;
            }
            let changed_at =
                fs::metadata(&path).and_then(|file| file.modified()).map_err(|error| failed(&error))?;
            if read.get(&path).is_none_or(|(known, _)| *known != changed_at) {
                let text = fs::read_to_string(&path).map_err(|error| failed(&error))?;
                match serde_json::from_str(&text) {
                    Ok(record) => {
                        read.insert(path.clone(), (changed_at, record));
                    }
                    Err(error) => {
                        tracing::warn!(file = %path.display(), line = error.line(), "a local record cannot be read");
                    }
                }
            }
            if let Some((_, record)) = read.get(&path)
                && record.person.is_same(&inquiry.person)
            {
                fitting.push(record.clone());
            }
        }
        Ok(fitting)
    }
}

impl Desk for FolderDesk {
    fn find(&self, inquiry: &Inquiry, _as_of: Date) -> Result<Option<InsuranceRecord>, FlowError> {
        let mut fitting = self.fitting(inquiry)?.into_iter();
        match (fitting.next(), fitting.next()) {
            (Some(record), None) => Ok(Some(record)),
            (None, _) | (Some(_), Some(_)) => Ok(None),
        }
    }

    /// The file appears whole or not at all, and is on the disk when this returns.
    fn hand_over(&self, id: DocumentId, record: &InsuranceRecord) -> Result<Done, FlowError> {
        let path = self.handed_over.join(format!("{}.json", id.as_uuid()));
        if path.exists() {
            return Ok(Done::AlreadyThere);
        }
        let failed = |error: &std::io::Error| unreachable_now(&path, error);
        let text = serde_json::to_vec_pretty(record)
            .map_err(|error| failed(&std::io::Error::new(ErrorKind::InvalidData, error)))?;
        let draft = path.with_extension("draft");
        let mut file = File::create(&draft).map_err(|error| failed(&error))?;
        file.write_all(&text).and_then(|()| file.sync_all()).map_err(|error| failed(&error))?;
        fs::rename(&draft, &path).map_err(|error| failed(&error))?;
        File::open(&self.handed_over).and_then(|folder| folder.sync_all()).map_err(|error| failed(&error))?;
        Ok(Done::First)
    }
}

fn unreachable_now(path: &Path, error: &std::io::Error) -> FlowError {
    let is_denied = matches!(error.kind(), ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem);
    let verdict =
        if is_denied { Verdict::Park { code: "local.denied" } } else { Verdict::Retry { not_before: None } };
    FlowError::Local { verdict, detail: format!("{}: {error}", path.display()) }
}
