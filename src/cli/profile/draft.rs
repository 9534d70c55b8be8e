//! `stazh profile new`: a first profile from a sample of a file.

use super::super::{Exit, Misused, show};
use crate::exchange::adapter::{FormatError, Profile, RecordKind};
use crate::exchange::canonical::State;
use anyhow::{Context, Result};
use std::path::PathBuf;

/// Make a first profile from a sample of a file, to be completed by hand.
///
/// Columns are recognised by their names and values; what is not is left as a
/// comment. Nothing of the values is written but codes.
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(super) struct New {
    /// A sample: CSV, JSON or JSON lines.
    sample: PathBuf,
    /// Whose form it is.
    #[arg(long)]
    state: String,
    /// What a row is: person, contribution, period or event.
    #[arg(long)]
    record: String,
}

impl New {
    pub(super) fn run(self) -> Result<Exit> {
        let state: State =
            self.state.parse().map_err(|finding| Misused(format!("read --state: {finding}")))?;
        let record: RecordKind =
            serde_json::from_value(serde_json::json!(self.record)).map_err(|_cause| {
                Misused("read --record: write person, contribution, period or event".to_owned())
            })?;
        let bytes = std::fs::read(&self.sample).with_context(|| format!("read {}", self.sample.display()))?;
        let name = self.sample.file_name().unwrap_or_default().to_string_lossy();
        let draft = match Profile::draft((state, record), (&name, &bytes)) {
            Err(error @ FormatError::NoSample) => return Err(Misused(error.to_string()).into()),
            draft => draft.with_context(|| format!("make a profile of {}", self.sample.display()))?,
        };
        show::line(&draft);
        Ok(Exit::Done)
    }
}
