//! `stazh jobs`: posts and those who seek them, between nodes.

mod consent;
mod mirror;
mod publish;
mod sync;

pub(super) use sync::{lag_json, lag_table};

use super::{Exit, local, noted, show};
use anyhow::Result;

/// Publish vacancies, keep consents, take what peers publish.
///
///   stazh jobs publish kz vacancies.jsonl
///   stazh jobs consent give kg candidate.json --to RU,KZ --sections occupation,skills ...
///   stazh jobs sync kg --once
///   stazh jobs mirror kg
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(super) struct Jobs {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    Publish(publish::Publish),
    Consent(consent::ConsentCommand),
    Sync(sync::Sync),
    Mirror(mirror::Mirror),
}

impl Jobs {
    pub(super) fn run(self) -> Result<Exit> {
        match self.action {
            Action::Publish(publish) => publish.run(),
            Action::Consent(consent) => consent.run(),
            Action::Sync(sync) => sync.run(),
            Action::Mirror(mirror) => mirror.run(),
        }
    }
}
