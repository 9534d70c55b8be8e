//! `stazh journal ask`: what a peer's journal tells of a message.

use super::super::{Exit, Misused, local, show};
use crate::base::MessageId;
use crate::exchange::canonical::State;
use crate::exchange::transit::{GetJournal, JournalOf, PutJournal};
use crate::flow::{ask_journal, journal_records};
use crate::node::Settings;
use crate::store::{JournalBy, inbox_of_answer, journal_list};
use anyhow::Result;
use comfy_table::presets;
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// Ask a peer for its journal of a message, and show what it tells. The node must
/// be running: the answer comes to its door.
///
///   stazh journal ask ru KZ --message eaddf37f-70db-45ee-9a08-542d2c5589c3 --relates
///
/// A peer tells only of its exchange with us.
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(super) struct Ask {
    /// The node's folder, or its settings.
    node: PathBuf,
    /// Which peer, by its state.
    peer: String,
    /// Which message, as stazh journal list shows it.
    #[arg(long, value_name = "ID")]
    message: String,
    /// Of the messages that answer it, too.
    #[arg(long)]
    relates: bool,
    /// How many seconds the answer is waited for.
    #[arg(long, default_value_t = 30)]
    wait: u64,
    /// Print one JSON object a record.
    #[arg(long)]
    json: bool,
}

impl Ask {
    pub(super) fn run(self) -> Result<Exit> {
        let settings = local::settings(&self.node)?;
        let peer: State =
            self.peer.parse().map_err(|finding| Misused(format!("read the peer: {finding}")))?;
        let message: MessageId =
            self.message.parse().map_err(|error| Misused(format!("understand --message: {error}")))?;
        let told = local::block_on(self.ask(&settings, peer, message))?;
        let Some(told) = told else {
            show::aside(&format!(
                "{peer} took the question, but no answer came within {} s; is this node running? The answer will stand in its journal",
                self.wait
            ));
            return Ok(Exit::Later);
        };
        if self.json {
            for record in &told.records {
                show::json_line(&serde_json::json!({
                    "at": record.operation_at.to_string(), "event": record.status,
                    "message": record.message.as_ref().map(|one| &one.message_id), "text": record.text,
                    "code": record.error_code, "error": record.error_text,
                    "from": record.source, "to": record.receiver,
                }));
            }
        } else if told.records.is_empty() {
            show::line(&format!("the journal of {peer} has no such message between you and it"));
        } else {
            show::line(&as_table(&told));
        }
        Ok(Exit::Done)
    }

    async fn ask(&self, settings: &Settings, peer: State, message: MessageId) -> Result<Option<PutJournal>> {
        let ctx = local::context(settings).await?;
        let question = GetJournal { of: JournalOf::Message(message), find_relates: self.relates };
        let asked = ask_journal(peer, &question, &ctx).await?;
        let begun = Instant::now();
        let mut told = None;
        while told.is_none() && begun.elapsed() < Duration::from_secs(self.wait) {
            let mut tx = ctx.store.read().await?;
            let answers = journal_list(&mut tx, JournalBy::RelatesTo(asked), 0, 10).await?;
            if answers.iter().any(|row| row.entry.kind == "journal_learnt") {
                let row = inbox_of_answer(&mut tx, &peer.to_string(), asked).await?;
                told = row.map(|row| journal_records(&row.raw, &ctx)).transpose()?;
            }
            drop(tx);
            tokio::time::sleep(LOOK_AGAIN).await;
        }
        ctx.store.close().await;
        Ok(told)
    }
}

fn as_table(told: &PutJournal) -> String {
    let mut table = show::table(presets::UTF8_HORIZONTAL_ONLY);
    table.set_header(["at", "event", "message", "from", "to", "detail"]);
    for record in &told.records {
        let id = record.message.as_ref().map_or("", |one| one.message_id.as_str());
        table.add_row([
            &record.operation_at.to_string(),
            &record.status,
            id.trim_start_matches("urn:uuid:"),
            &record.source,
            &record.receiver,
            record.error_text.as_deref().unwrap_or(&record.text),
        ]);
    }
    table.to_string()
}

const LOOK_AGAIN: Duration = Duration::from_millis(50);
