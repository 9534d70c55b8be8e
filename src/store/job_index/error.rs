//! What the index could not do.

use crate::base::Verdict;
use std::path::PathBuf;

/// A failure of the index of vacancies. Nothing is lost by it: the index is made anew of the vacancies.
#[derive(Debug, thiserror::Error)]
pub enum JobIndexError {
    /// Its folder could not be made.
    #[error("make the folder of the index {path}")]
    Folder {
        /// Which.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// It could not be opened.
    #[error("open the index {path}; build it anew with stazh jobs index")]
    Open {
        /// Which.
        path: PathBuf,
        /// Why not.
        source: Box<tantivy::TantivyError>,
    },
    /// It could not be written: a full disk, or another writer.
    #[error("write the index {path}")]
    Write {
        /// Which.
        path: PathBuf,
        /// Why not.
        source: Box<tantivy::TantivyError>,
    },
    /// It could not be searched.
    #[error("search the index of vacancies")]
    Search {
        /// Why not.
        source: Box<tantivy::TantivyError>,
    },
    /// A vacancy could not be written as it is kept, or read.
    #[error("understand a vacancy that the index keeps")]
    Kept {
        /// Why not.
        source: serde_json::Error,
    },
    /// What the score reads of a vacancy was written by another version of this program.
    #[error("read a column of the index; build it anew with stazh jobs index")]
    Brief,
    /// A kept row has no vacancy.
    #[error("find the vacancy in a row of the index")]
    Empty,
}

impl JobIndexError {
    /// What becomes of it: a person looks after the folder.
    pub fn verdict(&self) -> Verdict {
        match self {
            Self::Folder { .. }
            | Self::Open { .. }
            | Self::Write { .. }
            | Self::Search { .. }
            | Self::Kept { .. }
            | Self::Brief
            | Self::Empty => Verdict::Park { code: "store.job_index" },
        }
    }
}

impl From<tantivy::TantivyError> for JobIndexError {
    fn from(source: tantivy::TantivyError) -> Self {
        Self::Search { source: Box::new(source) }
    }
}
