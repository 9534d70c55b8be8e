//! `stazh eval titles`: how often the coder of job titles names the right unit group.

use super::{Exit, Interval, show};
use anyhow::Result;

/// Measure the coder of job titles.
#[derive(Debug, clap::Args)]
pub(super) struct Titles {
    /// By which the set is drawn.
    #[arg(long, default_value_t = 7)]
    seed: u64,
}

impl Titles {
    pub(super) fn run(self) -> Result<Exit> {
        let nothing = Interval::of(&[], self.seed); // the coder is not here yet
        show::json(&serde_json::json!({ "questions": 0, "acc_at_1": nothing }));
        Ok(Exit::Done)
    }
}
