//! `stazh eval`: how good what the program proposes is, on frozen sets, beside a baseline of the same run.

mod interval;
mod matching;
mod responses;
mod titles;

use super::{Exit, show};
use anyhow::Result;
use interval::Interval;

/// Measure how good what the program proposes is.
///
/// Each set is frozen: the same seed gives the same questions and the same figures on
/// every machine. A baseline is measured in the same run, and each figure stands with
/// the interval in which 95 of 100 sets drawn from the same questions lie.
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(super) struct Eval {
    #[command(subcommand)]
    part: Part,
}

/// What is measured.
#[derive(Debug, clap::Subcommand)]
enum Part {
    Matching(matching::MatchingEval),
    Responses(responses::ResponsesEval),
    Titles(titles::Titles),
}

impl Eval {
    pub(super) fn run(self) -> Result<Exit> {
        match self.part {
            Part::Matching(matching) => matching.run(),
            Part::Responses(responses) => responses.run(),
            Part::Titles(titles) => titles.run(),
        }
    }
}
