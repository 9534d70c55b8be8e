//! The files of rules that a state has of its own, which two persons change by the console.

use super::{Settings, StartError, TreatySettings};
use crate::base::{Verdict, WholeFile, with_causes};
use crate::flow::FlowError;
use crate::flow::upkeep::{OwnRule, RulePlace};
use crate::pension::{CALENDARS_TEXT, TERMS_TEXT, TermBook};
use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use uuid::Uuid;

/// Terms and working days of one's own in their files, and which change was put in place last.
pub(super) struct RuleFiles {
    treaty: TreatySettings,
    /// A file of the last approval by object.
    mark: PathBuf,
    /// One writes the mark at a time.
    turn: Mutex<()>,
}

impl RuleFiles {
    /// Those of a node.
    pub(super) fn of(settings: &Settings) -> Self {
        let mark = settings.data.join("changes.json");
        Self { treaty: settings.treaty.clone(), mark, turn: Mutex::new(()) }
    }

    fn marks(&self) -> Result<BTreeMap<String, Uuid>, FlowError> {
        match fs::read(&self.mark) {
            Ok(bytes) => serde_json::from_slice(&bytes).map_err(|cause| passing(&self.mark, &cause)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(BTreeMap::new()),
            Err(error) => Err(passing(&self.mark, &error)),
        }
    }
}

impl RulePlace for RuleFiles {
    fn rules(&self) -> Result<Vec<OwnRule>, FlowError> {
        let own = |name: &str, text: Result<Option<String>, StartError>, built_in: &str| {
            let text = text.map_err(|error| local(&error))?;
            let is_own = text.is_some();
            Ok::<_, FlowError>(OwnRule {
                name: name.to_owned(),
                is_own,
                text: text.unwrap_or_else(|| built_in.to_owned()),
            })
        };
        Ok(vec![
            own(TERMS, self.treaty.terms_text(), TERMS_TEXT)?,
            own(WORKING_DAYS, self.treaty.calendars_text(), CALENDARS_TEXT)?,
        ])
    }

    fn check(&self, name: &str, text: &str) -> Result<(), FlowError> {
        let (terms, days) = match name {
            TERMS => (Some(text), None),
            WORKING_DAYS => (None, Some(text)),
            _ => {
                return Err(FlowError::Local {
                    verdict: Verdict::Return { code: "access.not_there" },
                    detail: format!("find a rule of this name: there are {TERMS} and {WORKING_DAYS}"),
                });
            }
        };
        // each adds to, or stands in place of, what the program knows, and of nothing of the other
        TermBook::built_in().with(terms, days).map(drop).map_err(|error| FlowError::Local {
            verdict: Verdict::Return { code: "pension.terms" },
            detail: with_causes(&error),
        })
    }

    fn put(&self, name: &str, text: &str) -> Result<(), FlowError> {
        self.check(name, text)?;
        let place = match name {
            TERMS => self.treaty.terms_file(),
            _ => self.treaty.calendars_file(),
        };
        write(&place, text.as_bytes())
    }

    fn placed(&self, object: &str) -> Result<Option<Uuid>, FlowError> {
        Ok(self.marks()?.get(object).copied())
    }

    fn note_placed(&self, object: &str, approval: Uuid) -> Result<(), FlowError> {
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let mut marks = self.marks()?;
        marks.insert(object.to_owned(), approval);
        let bytes = serde_json::to_vec_pretty(&marks).map_err(|cause| passing(&self.mark, &cause))?;
        write(&self.mark, &bytes)
    }
}

fn write(place: &Path, bytes: &[u8]) -> Result<(), FlowError> {
    let name = place.file_name().unwrap_or_default().to_string_lossy();
    let part = place.with_file_name(format!(".{name}.{}.part", std::process::id()));
    let written = WholeFile::create(part, place.to_owned()).and_then(|mut file| {
        file.write_all(bytes)?;
        file.finish()
    });
    written.map_err(|error| passing(place, &error))
}

/// The disk may be mended.
fn passing(file: &Path, error: &dyn std::error::Error) -> FlowError {
    FlowError::Local {
        verdict: Verdict::Retry { not_before: None },
        detail: format!("read or write {}: {}", file.display(), with_causes(error)),
    }
}

fn local(error: &StartError) -> FlowError {
    FlowError::Local { verdict: Verdict::Retry { not_before: None }, detail: with_causes(error) }
}

const TERMS: &str = "terms";
const WORKING_DAYS: &str = "working-days";
