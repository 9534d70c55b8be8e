//! With whom a node checks persons in payment, by its settings, and where their outcomes go.

use super::StartError;
use crate::base::{Verdict, WholeFile};
use crate::exchange::canonical::case::Body;
use crate::exchange::canonical::{RecordId, State};
use crate::flow::{Checks, FlowError, OutcomeWriter};
use serde::Deserialize;
use std::collections::BTreeSet;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Bulk checks: the section `[checks]`; none until it names a peer and a list.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CheckSettings {
    /// With whom checks are agreed: whom we may ask, and who is answered without a person.
    pub peers: BTreeSet<State>,
    /// The list of persons in payment, one JSON object a line.
    pub persons: Option<PathBuf>,
    /// So many days after a check with a peer the next one may be opened.
    pub every_days: u32,
    /// Most values that either side may have; each of ours takes 40 bytes of memory while they are made.
    pub values_max: u32,
    /// How many values a batch of ours has.
    pub batch: u32,
    /// A check that a peer opened and never ended is forgotten after so many days.
    pub forget_days: u32,
    /// The body that asks about hits.
    pub body: Option<Body>,
}

impl Default for CheckSettings {
    fn default() -> Self {
        let Checks { peers, every_days, values_max, batch, forget_days, body } = Checks::default();
        Self { peers, persons: None, every_days, values_max, batch, forget_days, body }
    }
}

impl CheckSettings {
    /// The same, its path made one of the file that it stands in.
    pub(super) fn within(self, folder: &Path) -> Self {
        Self { persons: self.persons.map(|file| folder.join(file)), ..self }
    }

    /// What the flows are told of it.
    ///
    /// # Errors
    /// A peer without a list, a peer that is none, a batch of nothing.
    pub(super) fn of(&self, peers: &BTreeSet<State>) -> Result<Checks, StartError> {
        let unfit = |reason: String| StartError::Checks { reason };
        if let Some(other) = self.peers.iter().find(|state| !peers.contains(state)) {
            return Err(unfit(format!("{other} is no peer of this node; take it out of peers")));
        }
        if !self.peers.is_empty() && self.persons.is_none() {
            return Err(unfit("checks are agreed and no list is named; name its file as persons".to_owned()));
        }
        if !(1..=BATCH_MAX).contains(&self.batch) {
            return Err(unfit(format!("a batch has 1 to {BATCH_MAX} values; correct batch")));
        }
        let Self { peers, every_days, values_max, batch, forget_days, body, .. } = self.clone();
        Ok(Checks { peers, every_days, values_max, batch, forget_days, body })
    }
}

/// The outcomes of a check on their way into their file.
pub(super) struct Outcomes {
    file: WholeFile,
    place: PathBuf,
}

impl Outcomes {
    /// Begins `checks/<number>/outcomes.csv` in the folder of what is handed over.
    pub(super) fn begin(handed_over: &Path, check: &RecordId) -> Result<Self, FlowError> {
        let folder = handed_over.join(CHECKS).join(check.as_str());
        let place = folder.join("outcomes.csv");
        let begun = std::fs::create_dir_all(&folder)
            .and_then(|()| WholeFile::create(folder.join(".outcomes.csv.part"), place.clone()));
        Ok(Self { file: begun.map_err(|source| unwritten(&place, &source))?, place })
    }
}

impl Write for Outcomes {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl OutcomeWriter for Outcomes {
    fn finish(self: Box<Self>) -> Result<(), FlowError> {
        let Self { file, place } = *self;
        file.finish().map_err(|source| unwritten(&place, &source))
    }
}

fn unwritten(place: &Path, source: &io::Error) -> FlowError {
    let detail = format!("write {}: {source}", place.display());
    FlowError::Local { verdict: Verdict::Retry { not_before: None }, detail }
}

/// The folder of what checks came to.
const CHECKS: &str = "checks";
/// A batch of more values would be a document that few could take.
const BATCH_MAX: u32 = 65_536;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checks_are_with_peers_alone_and_need_a_list() {
        let of = |text: &str| {
            let settings: CheckSettings = toml::from_str(text).unwrap();
            settings.of(&[State::Kz, State::Kg].into()).map_err(|error| error.to_string())
        };
        assert!(of("").unwrap().peers.is_empty());
        assert_eq!(of("peers = [\"KZ\"]\npersons = \"a.jsonl\"").unwrap().peers.len(), 1);
        for (text, expected) in [
            ("peers = [\"AM\"]\npersons = \"a.jsonl\"", "AM is no peer"),
            ("peers = [\"KZ\"]", "no list is named"),
            ("batch = 0", "1 to 65536"),
            ("batch = 70000", "1 to 65536"),
        ] {
            let told = of(text).unwrap_err();
            assert!(told.contains(expected), "{told}");
        }
        assert!(toml::from_str::<CheckSettings>("peer = []").is_err());
    }
}
