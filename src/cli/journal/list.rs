//! `stazh journal list`: what happened, by any of the four ids.

use crate::base::{MessageId, ProcedureId};
use crate::cli::exit::Misused;
use crate::cli::{Exit, local, show};
use crate::store::{Direction, Hop, JournalBy, JournalChoice, JournalDraft, JournalRow, Tx, journal_latest};
use anyhow::Result;
use comfy_table::presets;
use jiff::Timestamp;
use serde_json::{Value, json};
use std::fmt::Display;
use std::path::PathBuf;
use std::str::FromStr;

/// Show the latest entries of the journal, or those of one message,
/// conversation, procedure or document.
///
/// The journey of a message is shown from its making to what answers it.
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
#[command(group = clap::ArgGroup::new("id").args(["message", "conversation", "procedure", "document"]))]
pub(super) struct List {
    /// The node's folder, or its settings file.
    node: PathBuf,
    /// The journey of this message.
    #[arg(long, value_name = "ID")]
    message: Option<String>,
    /// Entries of this conversation.
    #[arg(long, value_name = "ID")]
    conversation: Option<String>,
    /// Entries of this procedure: its whole chain of ids, joined by /.
    #[arg(long, value_name = "ID")]
    procedure: Option<String>,
    /// Entries of this document.
    #[arg(long, value_name = "ID")]
    document: Option<String>,
    /// Only entries with this peer, such as KZ.
    #[arg(long)]
    peer: Option<String>,
    /// Only entries from this instant on, such as 2026-11-23T00:00:00Z.
    #[arg(long)]
    since: Option<Timestamp>,
    /// How many of the latest entries are shown.
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    limit: u32,
    /// Print one JSON object an entry.
    #[arg(long)]
    json: bool,
}

impl List {
    pub(super) fn run(self) -> Result<Exit> {
        let settings = local::settings(&self.node)?;
        let message: Option<MessageId> = parsed("--message", self.message.as_ref())?;
        let procedure: Option<ProcedureId> = parsed("--procedure", self.procedure.as_ref())?;
        let conversation = parsed("--conversation", self.conversation.as_ref())?;
        let document = parsed("--document", self.document.as_ref())?;
        let by = None
            .or(message.map(JournalBy::Message))
            .or(conversation.map(JournalBy::Conversation))
            .or(procedure.as_ref().map(JournalBy::Procedure))
            .or(document.map(JournalBy::Document))
            .unwrap_or(JournalBy::All);
        let rows = local::block_on(async {
            let store = local::store(&settings, "list the journal").await?;
            let mut tx = store.read().await?;
            let rows = match message {
                Some(id) => self.journey(&mut tx, id).await?,
                None => self.latest(&mut tx, by).await?,
            };
            drop(tx);
            store.close().await;
            Ok(rows)
        })?;
        if self.json {
            rows.iter().for_each(|row| show::json_line(&as_json(row)));
        } else if rows.is_empty() {
            show::line("no such entry");
        } else {
            show::line(&as_table(&rows, message));
        }
        Ok(Exit::Done)
    }

    async fn latest(&self, tx: &mut Tx, by: JournalBy<'_>) -> Result<Vec<JournalRow>> {
        let choice = JournalChoice { by, peer: self.peer.as_deref(), since: self.since };
        Ok(journal_latest(tx, choice, self.limit).await?)
    }

    /// The entries of a message, of its document before it had an id, and of what answers it.
    async fn journey(&self, tx: &mut Tx, id: MessageId) -> Result<Vec<JournalRow>> {
        let mut rows = self.latest(tx, JournalBy::Message(id)).await?;
        let conversation = rows.iter().find_map(|row| row.entry.conversation_id);
        if let Some(document) = rows.iter().find_map(|row| row.entry.document_id) {
            let made = self.latest(tx, JournalBy::Document(document)).await?;
            let is_before =
                |entry: &JournalDraft| entry.message_id.is_none() && entry.conversation_id == conversation;
            rows.extend(made.into_iter().filter(|row| is_before(&row.entry)));
        }
        rows.extend(self.latest(tx, JournalBy::RelatesTo(id)).await?);
        rows.sort_by_key(|row| row.id);
        rows.dedup_by_key(|row| row.id);
        let surplus = rows.len().saturating_sub(usize::try_from(self.limit)?);
        Ok(rows.split_off(surplus))
    }
}

fn parsed<T: FromStr>(option: &str, text: Option<&String>) -> Result<Option<T>>
where
    T::Err: Display,
{
    let parse =
        |text: &String| text.parse().map_err(|error| Misused(format!("understand {option}: {error}")));
    Ok(text.map(parse).transpose()?)
}

pub(super) fn as_table(rows: &[JournalRow], journey_of: Option<MessageId>) -> String {
    let mut table = show::table(presets::UTF8_HORIZONTAL_ONLY);
    let header = ["at", "after", "event", "what", "message", "peer", "code", "detail"];
    table.set_header(header);
    let mut before = None;
    for JournalRow { entry, .. } in rows {
        let after = before.map_or(String::new(), |before| after(entry.at, before));
        before = Some(entry.at);
        let code = entry.code.as_deref().unwrap_or_default();
        table.add_row([
            &entry.at.to_string(),
            &after,
            &Hop::of(entry).map_or(String::new(), |hop| format!("{} {hop}", hop.number())),
            &entry.kind,
            &message_of(entry, journey_of),
            &peer_of(entry),
            code,
            &entry.detail,
        ]);
    }
    let Some(id) = journey_of else { return table.to_string() };
    let about: Vec<&JournalDraft> =
        rows.iter().map(|row| &row.entry).filter(|entry| entry.message_id == Some(id)).collect();
    let mut lines = vec![format!("message      {}", id.as_uuid())];
    let found = [
        ("relates to", about.iter().find_map(|entry| entry.relates_to).map(|id| id.as_uuid().to_string())),
        (
            "conversation",
            about.iter().find_map(|entry| entry.conversation_id).map(|id| id.as_uuid().to_string()),
        ),
        ("procedure", about.iter().find_map(|entry| entry.procedure_id.as_ref()).map(ToString::to_string)),
        ("document", about.iter().find_map(|entry| entry.document_id).map(|id| id.as_uuid().to_string())),
        ("action", about.iter().find_map(|entry| entry.action.clone())),
        ("to", about.iter().find_map(|entry| entry.to.clone())),
        ("reply to", about.iter().find_map(|entry| entry.reply_to.clone())),
    ];
    for (name, text) in found {
        if let Some(text) = text {
            lines.push(format!("{name:<12} {text}"));
        }
    }
    lines.push(table.to_string());
    lines.join("\n")
}

/// The last component of the action; in a journey, that of an answer is marked.
fn message_of(entry: &JournalDraft, journey_of: Option<MessageId>) -> String {
    let action = entry.action.as_deref().unwrap_or_default();
    let code = action.rsplit('/').next().unwrap_or_default();
    let is_answer = journey_of.is_some() && entry.relates_to == journey_of;
    if is_answer { format!("answer {code}") } else { code.to_owned() }
}

fn peer_of(entry: &JournalDraft) -> String {
    let peer = entry.peer.as_deref().unwrap_or_default();
    match entry.direction {
        Some(Direction::In) => format!("from {peer}"),
        Some(Direction::Out) => format!("to {peer}"),
        None => peer.to_owned(),
    }
}

/// The time between two stages, in the unit that is read most easily.
fn after(at: Timestamp, before: Timestamp) -> String {
    let ms = at.duration_since(before).as_millis();
    match ms {
        i128::MIN..1_000 => format!("{ms} ms"),
        1_000..120_000 => format!("{}.{} s", ms / 1_000, ms % 1_000 / 100),
        120_000..7_200_000 => format!("{} min", ms / 60_000),
        _ => format!("{} h", ms / 3_600_000),
    }
}

pub(super) fn as_json(row: &JournalRow) -> Value {
    let entry = &row.entry;
    json!({
        "entry": row.id,
        "at": entry.at.to_string(),
        "event": Hop::of(entry).map(Hop::number),
        "kind": entry.kind,
        "code": entry.code,
        "peer": entry.peer,
        "direction": entry.direction.map(Direction::as_str),
        "message": entry.message_id.map(|id| id.as_uuid().to_string()),
        "relates_to": entry.relates_to.map(|id| id.as_uuid().to_string()),
        "conversation": entry.conversation_id.map(|id| id.as_uuid().to_string()),
        "procedure": entry.procedure_id.as_ref().map(ToString::to_string),
        "document": entry.document_id.map(|id| id.as_uuid().to_string()),
        "action": entry.action,
        "to": entry.to,
        "reply_to": entry.reply_to,
        "detail": entry.detail,
    })
}
