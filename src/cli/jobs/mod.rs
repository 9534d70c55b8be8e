//! `stazh jobs`: vacancies of all states on this node.

mod index;
mod search;
mod told;

use super::{Exit, show};
use crate::base::Finding;
use crate::labour::matching::{NoTables, Rates, Tables};
use anyhow::{Context, Result, anyhow};
use std::path::Path;

pub(super) use index::index_files;

/// Find work in all five states.
///
///   stazh jobs index vacancies.jsonl jobs
///   stazh jobs search jobs --words сварщик --state KZ --state RU
///   stazh jobs search jobs --profile profile.json --rates rates.toml
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(super) struct JobsCommand {
    #[command(subcommand)]
    part: Part,
}

/// What is done.
#[derive(Debug, clap::Subcommand)]
enum Part {
    Index(index::IndexCommand),
    Search(Box<search::SearchCommand>),
}

impl JobsCommand {
    pub(super) fn run(self) -> Result<Exit> {
        match self.part {
            Part::Index(index) => index.run(),
            Part::Search(search) => search.run(),
        }
    }
}

/// What is known of occupations and skills.
fn tables() -> &'static dyn Tables {
    &NoTables
}

/// A table that cannot be used.
pub(super) fn unusable(finding: Finding) -> anyhow::Error {
    anyhow!("use a table of matching: {finding}")
}

/// Rates of currencies out of a file.
fn rates(path: Option<&Path>) -> Result<Option<Rates>> {
    let Some(path) = path else { return Ok(None) };
    let text = std::fs::read_to_string(path).with_context(|| format!("read {}", path.display()))?;
    Rates::parse(&text).map(Some).map_err(|finding| anyhow!("use the rates in {}: {finding}", path.display()))
}
