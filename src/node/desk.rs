//! The local system as two folders: its files in one, handed-over records in the other.

use crate::base::DocumentId;
use crate::exchange::adapter::{AdapterError, Found, HandedOver, Sink, Source};
use crate::exchange::canonical::{Inquiry, InsuranceRecord, State};
use crate::flow::{Desk, Done, FlowError};
use jiff::civil::Date;
use std::path::Path;

/// Reads the state's own forms by its profiles, writes records for its system.
#[derive(Debug)]
pub struct FolderDesk {
    source: Source,
    sink: Sink,
}

impl FolderDesk {
    /// A desk over two folders, which are made if they are not there.
    ///
    /// # Errors
    /// A folder that cannot be made or read, a file that is not of its form, no profile of the state.
    pub fn open(state: State, local: &Path, handed_over: &Path) -> Result<Self, AdapterError> {
        for folder in [local, handed_over] {
            let refuse = |source| AdapterError::Write { path: folder.to_owned(), source };
            std::fs::create_dir_all(folder).map_err(refuse)?;
        }
        Ok(Self { source: Source::open(state, local)?, sink: Sink::open(state, handed_over)? })
    }

    /// The local records.
    pub fn source(&self) -> &Source {
        &self.source
    }
}

impl Desk for FolderDesk {
    fn find(&self, inquiry: &Inquiry, as_of: Date) -> Result<Option<InsuranceRecord>, FlowError> {
        match self.source.find(inquiry, as_of).map_err(local)? {
            Found::Record(record) => Ok(Some(record)),
            Found::Nobody => Ok(None),
            Found::Several => {
                tracing::warn!(
                    "an inquiry fits several persons; it is answered as nobody, a clerk should look"
                );
                Ok(None)
            }
        }
    }

    fn hand_over(&self, id: DocumentId, record: &InsuranceRecord) -> Result<Done, FlowError> {
        Ok(match self.sink.hand_over(id, record).map_err(local)? {
            HandedOver::First => Done::First,
            HandedOver::AlreadyThere => Done::AlreadyThere,
        })
    }
}

fn local(error: AdapterError) -> FlowError {
    let verdict = error.verdict();
    let mut detail = error.to_string();
    let mut cause = std::error::Error::source(&error);
    while let Some(next) = cause {
        detail = format!("{detail}: {next}");
        cause = next.source();
    }
    FlowError::Local { verdict, detail }
}
