//! What became of the entries of a source: how many were taken, what was set aside or left out, and where each reason was
//! met first.

use crate::base::Finding;
use crate::exchange::canonical::RecordId;
use serde::Serialize;
use std::collections::{BTreeMap, HashSet};

/// The count of one run over a source.
#[derive(Debug, Clone, Default, Serialize)]
pub struct JobTally {
    /// How many entries were met.
    pub met: u64,
    /// How many were taken.
    pub taken: u64,
    /// How many of those are closed.
    pub closed: u64,
    /// Why entries were set aside.
    pub aside: Vec<Counted>,
    /// What was left out of entries that were taken.
    pub left_out: Vec<Counted>,
    /// Ids that were met.
    #[serde(skip)]
    seen: HashSet<RecordId>,
    #[serde(skip)]
    at: BTreeMap<(bool, String, String), usize>,
}

/// One reason, as often as it was met.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Counted {
    /// Its code.
    pub code: String,
    /// The field, if it is about one.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub field: String,
    /// How often.
    pub count: u64,
    /// The finding that was met first, with file and line.
    pub first: String,
}

impl JobTally {
    /// An entry was set aside.
    pub fn set_aside(&mut self, finding: &Finding) {
        self.count(false, finding);
    }

    /// An entry was taken, less some of it.
    pub fn take(&mut self, is_closed: bool, findings: &[Finding]) {
        self.taken += 1;
        self.closed += u64::from(is_closed);
        findings.iter().for_each(|finding| self.count(true, finding));
    }

    /// How many were set aside.
    pub fn aside_count(&self) -> u64 {
        self.aside.iter().map(|one| one.count).sum()
    }

    /// Whether an id was not met before in this run; one that was is set aside, with a reason.
    pub fn is_new(&mut self, id: &RecordId, place: &str) -> bool {
        let is_new = self.seen.insert(id.clone());
        if !is_new {
            let message = "an entry of this id was met before, and that one is taken";
            self.set_aside(&Finding::error(
                "adapter.job_repeated",
                format!("{place} id"),
                "one entry an id",
                "",
                message,
            ));
        }
        is_new
    }

    fn count(&mut self, is_taken: bool, finding: &Finding) {
        let field = finding.path.rsplit_once(' ').map_or("", |(_, field)| field).to_owned();
        let list = if is_taken { &mut self.left_out } else { &mut self.aside };
        let place = *self.at.entry((is_taken, finding.code.clone(), field.clone())).or_insert(list.len());
        match list.get_mut(place) {
            Some(counted) => counted.count += 1,
            None => {
                list.push(Counted { code: finding.code.clone(), field, count: 1, first: finding.to_string() })
            }
        }
    }
}
