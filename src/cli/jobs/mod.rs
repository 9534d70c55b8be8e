//! `stazh jobs`: vacancies out of national systems and out to others, and between nodes with those who seek them.

mod consent;
mod export;
mod fetch;
mod hold;
mod import;
mod index;
mod live;
mod local_index;
mod mirror;
mod out;
mod publish;
mod retention;
mod reveal;
mod search;
mod sync;
mod told;

pub(super) use import::UnfitDrop;
pub(super) use index::index_files;
pub(super) use sync::{lag_json, lag_table};

use super::{Exit, local, noted, show};
use crate::base::Finding;
use crate::labour::matching::{BuiltInTables, Rates, Tables};
use anyhow::{Context, Result, anyhow};
use clap::Subcommand;
use std::path::Path;

/// Vacancies and those who seek them: fetch, clean, publish, take what peers publish.
///
///   stazh jobs fetch trudvsem --region 77 --out ru
///   stazh jobs import by/gsz.jsonl --state BY --out by-clean
///   stazh jobs export by-clean/vacancies.jsonl --as hr-xml --out by-xml
///   stazh jobs publish kz vacancies.jsonl
///   stazh jobs consent give kg candidate.json --to RU,KZ --sections occupation,skills ...
///   stazh jobs reveal kg interest.json candidate.json --consent 0d8e... --fields name,contacts
///   stazh jobs retention kg
///   stazh jobs hold set kg C-12/2027 --consent 0d8e... --reason "complaint" --until 2028-03-01
///   stazh jobs sync kg --once
///   stazh jobs mirror kg
///   stazh jobs index vacancies.jsonl jobs
///   stazh jobs index kg
///   stazh jobs search kg --profile candidate.json --rates rates.toml
///   stazh jobs search kg --words сварщик --live
///   stazh jobs search jobs --words сварщик --state KZ --state RU
///   stazh jobs search jobs --profile profile.json --rates rates.toml
///
/// What fetch and import write are vacancies of our own form, one on each line, clean: plain
/// texts, known currencies, codes by explicit tables, no contacts unless --with-contacts asks
/// for them. Beside them stand a manifest and report.json, which tells what was set aside and
/// left out, and why, with file and line.
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(super) struct JobsCommand {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    Fetch(fetch::Fetch),
    Import(import::Import),
    Export(export::Export),
    Publish(publish::Publish),
    Consent(consent::ConsentCommand),
    Reveal(reveal::RevealCommand),
    Retention(retention::Retention),
    Hold(hold::HoldCommand),
    Sync(sync::Sync),
    Mirror(mirror::Mirror),
    Index(index::IndexCommand),
    Search(Box<search::SearchCommand>),
}

impl JobsCommand {
    pub(super) fn run(self) -> Result<Exit> {
        match self.what {
            What::Fetch(fetch) => fetch.run(),
            What::Import(import) => import.run(),
            What::Export(export) => export.run(),
            What::Publish(publish) => publish.run(),
            What::Consent(consent) => consent.run(),
            What::Reveal(reveal) => reveal.run(),
            What::Retention(retention) => retention.run(),
            What::Hold(hold) => hold.run(),
            What::Sync(sync) => sync.run(),
            What::Mirror(mirror) => mirror.run(),
            What::Index(index) => index.run(),
            What::Search(search) => search.run(),
        }
    }
}

/// What is known of occupations and skills.
fn tables() -> &'static dyn Tables {
    &BuiltInTables
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
