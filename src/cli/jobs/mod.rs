//! `stazh jobs`: vacancies out of national systems, and out to others.

mod export;
mod fetch;
mod import;
mod out;

pub(super) use import::UnfitDrop;

use super::Exit;
use anyhow::Result;
use clap::Subcommand;

/// Vacancies of national systems: fetch, import, export.
///
///   stazh jobs fetch trudvsem --region 77 --out ru
///   stazh jobs import by/gsz.jsonl --state BY --out by-clean
///   stazh jobs export by-clean/vacancies.jsonl --as hr-xml --out by-xml
///
/// What is written are vacancies of our own form, one on each line, clean: plain texts,
/// known currencies, codes by explicit tables, no contacts unless --with-contacts asks for
/// them. Beside them stand a manifest and report.json, which tells what was set aside and
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
}

impl JobsCommand {
    pub(super) fn run(self) -> Result<Exit> {
        match self.what {
            What::Fetch(fetch) => fetch.run(),
            What::Import(import) => import.run(),
            What::Export(export) => export.run(),
        }
    }
}
