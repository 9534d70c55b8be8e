//! `stazh journal`: what happened, whether anyone changed the record of it, and a copy that can be verified elsewhere.

mod ask;
mod export;
mod file;
mod list;
mod verify;

use super::Exit;
use crate::store::JournalRow;
use anyhow::Result;

/// Show, verify or export the journal of a node; works while it runs.
///
///   stazh journal list ru
///   stazh journal list ru --message eaddf37f-70db-45ee-9a08-542d2c5589c3
///   stazh journal verify ru
///   stazh journal export ru journal.jsonl
///   stazh journal verify --from journal.jsonl
///   stazh journal ask ru KZ --message eaddf37f-70db-45ee-9a08-542d2c5589c3
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(super) struct Journal {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    List(list::List),
    Verify(verify::Verify),
    Export(export::Export),
    Ask(ask::Ask),
}

impl Journal {
    pub(super) fn run(self) -> Result<Exit> {
        match self.what {
            What::List(list) => list.run(),
            What::Verify(verify) => verify.run(),
            What::Export(export) => export.run(),
            What::Ask(ask) => ask.run(),
        }
    }
}

/// Entries as a table, for the commands that show some.
pub(super) fn as_table(rows: &[JournalRow]) -> String {
    list::as_table(rows, None)
}

/// An entry as JSON.
pub(super) fn as_json(row: &JournalRow) -> serde_json::Value {
    list::as_json(row)
}
