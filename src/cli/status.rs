//! `stazh status`: what a node has sent, received and is waiting for.

use super::{Exit, local, show};
use crate::store::{JournalBy, Store, conversation_counts, inbox_counts, journal_list, outbox_counts};
use anyhow::{Context, Result, bail};
use comfy_table::{Table, presets};
use std::path::PathBuf;

/// Show what a node has sent, received and is waiting for; works while it runs.
///
///   stazh status ru
///   stazh status ru --conversation 6a1b7f0c-3c1e-4c39-8f2b-1b7f5b8a0c11
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(super) struct Status {
    /// The node's folder, or its settings file.
    node: PathBuf,
    /// Show the journal of one conversation.
    #[arg(long, value_name = "ID")]
    conversation: Option<String>,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

impl Status {
    pub(super) fn run(self) -> Result<Exit> {
        let settings = local::settings(&self.node)?;
        let path = settings.data.join("stazh.db");
        if !path.exists() {
            bail!("show the status: {} is not there; the node has never been started", path.display());
        }
        local::block_on(async {
            let store = Store::open(&path).await?;
            let mut tx = store.read().await?;
            let by = match &self.conversation {
                Some(id) => JournalBy::Conversation(id.parse().context("read --conversation")?),
                None => JournalBy::All,
            };
            let words = |name: &str, counts: Vec<(String, i64)>| (name.to_owned(), counts);
            let counts = [
                words(
                    "conversations",
                    conversation_counts(&mut tx)
                        .await?
                        .into_iter()
                        .map(|(s, n)| (s.to_string(), n))
                        .collect(),
                ),
                words(
                    "outbox",
                    outbox_counts(&mut tx).await?.into_iter().map(|(s, n)| (s.to_string(), n)).collect(),
                ),
                words(
                    "inbox",
                    inbox_counts(&mut tx).await?.into_iter().map(|(s, n)| (s.to_string(), n)).collect(),
                ),
            ];
            let journal = match self.conversation {
                Some(_) => journal_list(&mut tx, by, 0, JOURNAL_ROWS).await?,
                None => Vec::new(),
            };
            drop(tx);
            store.close().await;
            if self.json {
                let mut object = serde_json::Map::new();
                for (name, counts) in counts {
                    object.insert(
                        name,
                        counts
                            .into_iter()
                            .collect::<std::collections::BTreeMap<_, _>>()
                            .into_iter()
                            .map(|(k, v)| (k, v.into()))
                            .collect::<serde_json::Map<_, _>>()
                            .into(),
                    );
                }
                show::json(&object.into());
                return Ok(Exit::Done);
            }
            let mut table = Table::new();
            table.load_preset(presets::UTF8_HORIZONTAL_ONLY);
            if self.conversation.is_some() {
                table.set_header(["at", "what", "code", "detail"]);
                for row in journal {
                    let entry = row.entry;
                    table.add_row([
                        entry.at.to_string(),
                        entry.kind,
                        entry.code.unwrap_or_default(),
                        entry.detail,
                    ]);
                }
            } else {
                table.set_header(["", "state", "count"]);
                for (name, counts) in counts {
                    for (state, count) in counts {
                        table.add_row([name.clone(), state, count.to_string()]);
                    }
                }
            }
            show::line(&table.to_string());
            Ok(Exit::Done)
        })
    }
}

const JOURNAL_ROWS: u32 = 1_000;
