//! The index of a node and its rates, as they lie in their files: what is replaced while the node runs is seen at the next search.

use crate::labour::matching::Rates;
use crate::store::job_index::{JobIndex, JobIndexError};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::fs::Metadata;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// Where the index of vacancies and the rates are, with those of them that are open.
pub struct JobShelf {
    folder: PathBuf,
    rates_file: Option<PathBuf>,
    index: Mutex<Option<(Stamp, Arc<JobIndex>)>>,
    rates: Mutex<Option<(Stamp, Option<Arc<Rates>>)>>,
}

/// What tells one file from another under the same name.
type Stamp = (u64, Option<std::time::SystemTime>);

/// What the index was made of, and when; it lies in its folder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Made {
    /// Where the streams stood.
    pub of: String,
    /// When it was begun.
    pub at: Timestamp,
    /// For how long it was made, in milliseconds.
    pub took_ms: u64,
    /// How many vacancies are in it.
    pub taken: u64,
    /// How many could not be used.
    pub refused: u64,
}

impl std::fmt::Debug for JobShelf {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("JobShelf").field("folder", &self.folder).finish_non_exhaustive()
    }
}

impl JobShelf {
    /// With the index in a folder, which need not be there yet, and the rates in a file, if they are in any.
    pub fn new(folder: PathBuf, rates_file: Option<PathBuf>) -> Self {
        Self { folder, rates_file, index: Mutex::default(), rates: Mutex::default() }
    }

    /// Where the index lies.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The index of now; none if there is none. One that is being put in the place of another is not missed meanwhile.
    ///
    /// # Errors
    /// The folder holds something else.
    pub(super) fn index(&self) -> Result<Option<Arc<JobIndex>>, JobIndexError> {
        let mut open = self.index.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(stamp) = stamp_of(&self.folder.join("meta.json")) else {
            return Ok(open.as_ref().map(|(_, index)| index.clone()));
        };
        if let Some((_, index)) = open.as_ref().filter(|(known, _)| *known == stamp) {
            return Ok(Some(index.clone()));
        }
        let index = Arc::new(JobIndex::open(&self.folder)?);
        *open = Some((stamp, index.clone()));
        Ok(Some(index))
    }

    /// The rates of now; none if there are none, or if they cannot be read, which is logged once.
    pub(super) fn rates(&self) -> Option<Arc<Rates>> {
        let file = self.rates_file.as_ref()?;
        let mut known = self.rates.lock().unwrap_or_else(PoisonError::into_inner);
        let stamp = stamp_of(file).unwrap_or_default();
        if let Some((_, rates)) = known.as_ref().filter(|(of, _)| *of == stamp) {
            return rates.clone();
        }
        let read = std::fs::read_to_string(file).map_err(|error| error.to_string());
        let read = read.and_then(|text| Rates::parse(&text).map_err(|finding| finding.message));
        let rates = read
            .inspect_err(|error| {
                let file = file.display().to_string();
                tracing::warn!(
                    file,
                    error,
                    "rates of currencies cannot be used; pay is compared in one currency alone"
                );
            })
            .ok()
            .map(Arc::new);
        *known = Some((stamp, rates.clone()));
        rates
    }

    /// What the index of now was made of; none of one that was made before that was noted.
    pub fn made(&self) -> Option<Made> {
        let text = std::fs::read(self.folder.join(MADE)).ok()?;
        serde_json::from_slice(&text).ok()
    }
}

fn stamp_of(file: &Path) -> Option<Stamp> {
    let facts: Metadata = std::fs::metadata(file).ok()?;
    Some((facts.len(), facts.modified().ok()))
}

/// The file in the folder of an index that tells what it was made of.
pub(super) const MADE: &str = "made.json";
