//! `stazh status`: what a node has sent, received and is waiting for.

use super::{Exit, Misused, local, show};
use crate::node::Node;
use crate::store::{
    JournalBy, JournalRow, Tx, Waiting, conversation_counts, inbox_counts, journal_last, journal_list,
    outbox_counts, waiting_list,
};
use anyhow::{Result, bail};
use comfy_table::{Table, presets};
use serde_json::{Map, Value, json};
use std::path::PathBuf;

/// Show what a node has sent, received and is waiting for; works while it runs.
///
///   stazh status ru
///   stazh status ru --waiting
///   stazh status ru --journal
///   stazh status ru --conversation 6a1b7f0c-3c1e-4c39-8f2b-1b7f5b8a0c11
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(super) struct Status {
    /// The node's folder, or its settings file.
    node: PathBuf,
    /// Show what has not come to rest: when it is tried next, or that it waits for a person.
    #[arg(long, conflicts_with_all = ["journal", "conversation"])]
    waiting: bool,
    /// Show the latest entries of the journal, 50 or as many as given.
    #[arg(long, value_name = "ENTRIES", num_args = 0..=1, default_missing_value = "50")]
    journal: Option<u32>,
    /// Show the journal of one conversation.
    #[arg(long, value_name = "ID", conflicts_with = "journal")]
    conversation: Option<String>,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

impl Status {
    pub(super) fn run(self) -> Result<Exit> {
        let settings = local::settings(&self.node)?;
        let path = settings.data.join("stazh.db");
        if settings.database.is_none() && !path.exists() {
            bail!("show the status: {} is not there; the node has never been started", path.display());
        }
        local::block_on(async {
            let store = Node::store(&settings).await?;
            let mut tx = store.read().await?;
            let counts = counts(&mut tx).await?;
            let journal = self.entries(&mut tx).await?;
            let waiting = if self.waiting { Some(waiting_list(&mut tx, WAITING_ROWS).await?) } else { None };
            drop(tx);
            store.close().await;
            if self.json {
                show::json(&as_json(&counts, journal.as_deref(), waiting.as_deref()));
                return Ok(Exit::Done);
            }
            show::line(&match (journal, waiting) {
                (Some(journal), _) => journal_table(&journal),
                (None, Some(waiting)) => waiting_table(&waiting),
                (None, None) => counts_table(&counts),
            });
            Ok(Exit::Done)
        })
    }

    /// The entries of the journal that were asked for.
    async fn entries(&self, tx: &mut Tx) -> Result<Option<Vec<JournalRow>>> {
        if let Some(id) = &self.conversation {
            let by = JournalBy::Conversation(
                id.parse().map_err(|error| Misused(format!("read --conversation: {error}")))?,
            );
            return Ok(Some(journal_list(tx, by, 0, JOURNAL_ROWS).await?));
        }
        let Some(entries) = self.journal else { return Ok(None) };
        let after = journal_last(tx).await?.saturating_sub(i64::from(entries));
        Ok(Some(journal_list(tx, JournalBy::All, after, entries).await?))
    }
}

/// How many there are of a thing in each state.
struct Counts {
    name: &'static str,
    states: Vec<(String, i64)>,
}

async fn counts(tx: &mut Tx) -> Result<[Counts; 3]> {
    fn of<S: ToString>(name: &'static str, states: impl IntoIterator<Item = (S, i64)>) -> Counts {
        Counts { name, states: states.into_iter().map(|(state, count)| (state.to_string(), count)).collect() }
    }
    Ok([
        of("conversations", conversation_counts(tx).await?),
        of("outbox", outbox_counts(tx).await?),
        of("inbox", inbox_counts(tx).await?),
    ])
}

fn counts_table(counts: &[Counts]) -> String {
    let mut table = Table::new();
    table.load_preset(presets::UTF8_HORIZONTAL_ONLY).set_header(["", "state", "count"]);
    for Counts { name, states } in counts {
        if states.is_empty() {
            table.add_row([name, "none yet", "0"]);
        }
        for (state, count) in states {
            table.add_row([name, state.as_str(), &count.to_string()]);
        }
    }
    table.to_string()
}

fn journal_table(journal: &[JournalRow]) -> String {
    let mut table = Table::new();
    table.load_preset(presets::UTF8_HORIZONTAL_ONLY).set_header(["at", "peer", "what", "code", "detail"]);
    for JournalRow { entry, .. } in journal {
        table.add_row([
            &entry.at.to_string(),
            entry.peer.as_deref().unwrap_or_default(),
            &entry.kind,
            entry.code.as_deref().unwrap_or_default(),
            &entry.detail,
        ]);
    }
    table.to_string()
}

fn waiting_table(waiting: &[Waiting]) -> String {
    if waiting.is_empty() {
        return "nothing waits".to_owned();
    }
    let mut table = Table::new();
    let header = ["row", "peer", "state", "why", "failed tries", "next", "what"];
    table.load_preset(presets::UTF8_HORIZONTAL_ONLY).set_header(header);
    for row in waiting {
        let next = if row.needs_person() {
            "a person must act".to_owned()
        } else if row.attempts > 0 {
            format!("next try at {}", row.next_try_at)
        } else {
            "its turn".to_owned()
        };
        table.add_row([
            row.id.to_string(),
            row.peer.clone(),
            row.state.clone(),
            row.code.clone().unwrap_or_default(),
            row.attempts.to_string(),
            next,
            row.action.rsplit('/').next().unwrap_or_default().to_owned(),
        ]);
    }
    table.to_string()
}

fn as_json(counts: &[Counts], journal: Option<&[JournalRow]>, waiting: Option<&[Waiting]>) -> Value {
    let mut object = Map::new();
    for Counts { name, states } in counts {
        let states: Map<_, _> = states.iter().map(|(state, count)| (state.clone(), json!(count))).collect();
        object.insert((*name).to_owned(), states.into());
    }
    if let Some(journal) = journal {
        object.insert("journal".to_owned(), journal.iter().map(entry_as_json).collect());
    }
    if let Some(waiting) = waiting {
        let row = |row: &Waiting| {
            json!({
                "row": row.id.to_string(), "peer": row.peer, "state": row.state, "code": row.code,
                "attempts": row.attempts, "next_try_at": row.next_try_at.to_string(), "action": row.action,
                "needs_person": row.needs_person(),
            })
        };
        object.insert("waiting".to_owned(), waiting.iter().map(row).collect());
    }
    object.into()
}

fn entry_as_json(row: &JournalRow) -> Value {
    let entry = &row.entry;
    json!({
        "at": entry.at.to_string(),
        "kind": entry.kind,
        "code": entry.code,
        "peer": entry.peer,
        "message": entry.message_id.map(|id| id.as_uuid().to_string()),
        "conversation": entry.conversation_id.map(|id| id.as_uuid().to_string()),
        "document": entry.document_id.map(|id| id.as_uuid().to_string()),
        "detail": entry.detail,
    })
}

const JOURNAL_ROWS: u32 = 1_000;
const WAITING_ROWS: u32 = 1_000;
