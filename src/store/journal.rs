//! The journal: what happened, in order, written in the transaction in which it happened.
//!
//! It is only ever appended to, and chained afterwards (see `chain`). It holds ids and codes, never a person's values.

use super::chain::{JournalEntry, entry_columns};
use super::row::RowReader;
use super::statement::{Statement, query};
use super::tx::{change, on};
use super::{Conversation, Direction, InboxDraft, InboxRow, OutboxDraft, StoreError, Tx};
use crate::base::{ConversationId, DocumentId, MessageId, ProcedureId};
use jiff::Timestamp;
use sqlx::AssertSqlSafe;

/// An entry to append.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JournalDraft {
    /// When it happened.
    pub at: Timestamp,
    /// What happened: a stable word.
    pub kind: String,
    /// The message it happened to.
    pub message_id: Option<MessageId>,
    /// The message that one answers.
    pub relates_to: Option<MessageId>,
    /// The conversation it happened in.
    pub conversation_id: Option<ConversationId>,
    /// The procedure it happened in.
    pub procedure_id: Option<ProcedureId>,
    /// The document it happened to.
    pub document_id: Option<DocumentId>,
    /// The other node.
    pub peer: Option<String>,
    /// Whether the message came from it or goes to it.
    pub direction: Option<Direction>,
    /// The action of the message.
    pub action: Option<String>,
    /// The logical address the message goes to, where it was at hand.
    pub to: Option<String>,
    /// The logical address its answer goes to, where it was at hand.
    pub reply_to: Option<String>,
    /// The code of a failure.
    pub code: Option<String>,
    /// A sentence for the operator, without a person's values.
    pub detail: String,
}

/// An entry with its place in the order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JournalRow {
    /// Its place; later entries have greater ones.
    pub id: i64,
    /// What was appended.
    pub entry: JournalDraft,
}

/// Which entries to list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JournalBy<'a> {
    /// All of them.
    All,
    /// Those of a message.
    Message(MessageId),
    /// Those of messages that answer a message.
    RelatesTo(MessageId),
    /// Those of a conversation.
    Conversation(ConversationId),
    /// Those of a procedure, by its whole chain.
    Procedure(&'a ProcedureId),
    /// Those of a document.
    Document(DocumentId),
    /// Those of a peer.
    Peer(&'a str),
}

/// A choice among the entries, of which the latest are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct JournalChoice<'a> {
    /// Of what.
    pub by: JournalBy<'a>,
    /// Only those with this peer.
    pub peer: Option<&'a str>,
    /// Only those from this instant on.
    pub since: Option<Timestamp>,
}

impl JournalDraft {
    /// An entry that so far names nothing but itself.
    pub fn at(at: Timestamp, kind: impl Into<String>, detail: impl Into<String>) -> Self {
        Self {
            at,
            kind: kind.into(),
            message_id: None,
            relates_to: None,
            conversation_id: None,
            procedure_id: None,
            document_id: None,
            peer: None,
            direction: None,
            action: None,
            to: None,
            reply_to: None,
            code: None,
            detail: storable(&detail.into()),
        }
    }

    /// The same with the code of a failure.
    pub fn coded(self, code: Option<&str>) -> Self {
        Self { code: code.map(storable), ..self }
    }

    /// About a message that a peer sent.
    pub fn of_inbox(self, row: &InboxRow) -> Self {
        Self {
            message_id: row.message_id,
            relates_to: row.relates_to,
            conversation_id: row.conversation_id,
            procedure_id: row.procedure_id.clone(),
            ..self.of_peer(&row.peer, Direction::In, &row.action)
        }
    }

    /// About a message that comes from a peer.
    pub fn of_arrival(self, draft: &InboxDraft) -> Self {
        Self {
            message_id: draft.message_id,
            relates_to: draft.relates_to,
            conversation_id: draft.conversation_id,
            procedure_id: draft.procedure_id.clone(),
            ..self.of_peer(&draft.peer, Direction::In, &draft.action)
        }
    }

    /// About a message to a peer; each try of it has a message id of its own.
    pub fn of_outbox(self, draft: &OutboxDraft, try_id: Option<MessageId>) -> Self {
        Self {
            message_id: try_id,
            relates_to: draft.relates_to,
            conversation_id: Some(draft.conversation_id),
            procedure_id: Some(draft.procedure_id.clone()),
            document_id: draft.document_id,
            ..self.of_peer(&draft.peer, Direction::Out, &draft.action)
        }
    }

    /// About a conversation as a whole.
    pub fn of_conversation(self, conversation: &Conversation) -> Self {
        Self {
            conversation_id: Some(conversation.id),
            procedure_id: Some(conversation.procedure_id.clone()),
            document_id: conversation.request_document_id,
            peer: Some(storable(&conversation.peer)),
            ..self
        }
    }

    /// The same with the addresses of the message.
    pub fn on_the_way(self, to: Option<&str>, reply_to: Option<&str>) -> Self {
        Self { to: to.map(storable), reply_to: reply_to.map(storable), ..self }
    }

    fn of_peer(self, peer: &str, direction: Direction, action: &str) -> Self {
        let action = (!action.is_empty()).then(|| storable(action));
        Self { peer: Some(storable(peer)), direction: Some(direction), action, ..self }
    }
}

/// Appends an entry. On a server those of a transaction go together, with what is asked next or the commit.
pub async fn journal_append(tx: &mut Tx, entry: &JournalDraft) -> Result<(), StoreError> {
    if let Tx::Postgres(inner) = tx {
        return inner.later(|later| later.say(entry.clone()));
    }
    change!(tx, "append to the journal", bind_entry!(sqlx::query(APPEND), entry))?;
    Ok(())
}

/// Several entries in one statement, in their order.
pub(super) fn together(entries: &[JournalDraft]) -> Statement {
    let mut text = INSERT.to_owned();
    for row in 0..entries.len() {
        text.push_str(if row == 0 { " (" } else { ", (" });
        (1..=COLUMNS).for_each(|column| text.push_str(&format!("${}, ", row * COLUMNS + column)));
        text.push_str("1)");
    }
    let mut statement = query(AssertSqlSafe(text)); // made of numbers alone
    for entry in entries {
        statement = bind_entry!(statement, entry);
    }
    statement
}

/// Up to `limit` entries after the place `after` (0: from the start), oldest first.
pub async fn journal_list(
    tx: &mut Tx,
    by: JournalBy<'_>,
    after: i64,
    limit: u32,
) -> Result<Vec<JournalRow>, StoreError> {
    let text = match by {
        JournalBy::All => LIST_ALL,
        JournalBy::Message(_) => LIST_BY_MESSAGE,
        JournalBy::RelatesTo(_) => LIST_BY_RELATES,
        JournalBy::Conversation(_) => LIST_BY_CONVERSATION,
        JournalBy::Procedure(_) => LIST_BY_PROCEDURE,
        JournalBy::Document(_) => LIST_BY_DOCUMENT,
        JournalBy::Peer(_) => LIST_BY_PEER,
    };
    let rows: Vec<JournalEntry> = on!(tx, "list the journal", connection => sqlx::query_as(text)
        .bind(after)
        .bind(i64::from(limit))
        .bind(by.key())
        .fetch_all(connection))?;
    rows.into_iter().map(JournalRow::parse).collect()
}

/// The latest `limit` entries of a choice, oldest first.
pub async fn journal_latest(
    tx: &mut Tx,
    choice: JournalChoice<'_>,
    limit: u32,
) -> Result<Vec<JournalRow>, StoreError> {
    let text = match choice.by {
        JournalBy::All => LATEST,
        JournalBy::Message(_) => LATEST_BY_MESSAGE,
        JournalBy::RelatesTo(_) => LATEST_BY_RELATES,
        JournalBy::Conversation(_) => LATEST_BY_CONVERSATION,
        JournalBy::Procedure(_) => LATEST_BY_PROCEDURE,
        JournalBy::Document(_) => LATEST_BY_DOCUMENT,
        JournalBy::Peer(_) => LATEST_BY_PEER,
    };
    let rows: Vec<JournalEntry> = on!(tx, "list the journal", connection => sqlx::query_as(text)
        .bind(choice.since.map_or(i64::MIN, Timestamp::as_millisecond))
        .bind(i64::from(limit))
        .bind(choice.by.key())
        .bind(choice.peer.unwrap_or_default())
        .fetch_all(connection))?;
    rows.into_iter().rev().map(JournalRow::parse).collect()
}

/// The place of the last entry, 0 while there is none.
pub async fn journal_last(tx: &mut Tx) -> Result<i64, StoreError> {
    on!(tx, "find the end of the journal", connection => sqlx::query_scalar(LAST).fetch_one(connection))
}

/// A text as every engine can keep it and every terminal can show it: control characters and those that turn the
/// direction of writing are replaced, and what is too long is cut. A peer's words may not stop the record of them.
pub fn storable(text: &str) -> String {
    let mut kept = String::with_capacity(text.len().min(TEXT_BYTES_MAX));
    for letter in text.chars() {
        kept.push(match letter {
            '\t' | '\n' | '\r' => ' ',
            '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => char::REPLACEMENT_CHARACTER,
            '\u{fffe}' | '\u{ffff}' => char::REPLACEMENT_CHARACTER, // XML cannot carry them
            _ if letter.is_control() => char::REPLACEMENT_CHARACTER,
            _ => letter,
        });
        if kept.len() > TEXT_BYTES_MAX {
            kept.truncate(kept.floor_char_boundary(TEXT_BYTES_KEPT));
            kept.push_str(&format!("… (cut; {} bytes in all)", text.len()));
            break;
        }
    }
    kept
}

impl JournalBy<'_> {
    /// What the column of the choice holds; the empty text where there is no choice, see the texts.
    fn key(&self) -> String {
        match self {
            Self::All => String::new(),
            Self::Message(id) | Self::RelatesTo(id) => id.as_uuid().to_string(),
            Self::Conversation(id) => id.as_uuid().to_string(),
            Self::Procedure(id) => id.to_string(),
            Self::Document(id) => id.as_uuid().to_string(),
            Self::Peer(peer) => (*peer).to_owned(),
        }
    }
}

impl JournalRow {
    /// Reads an entry as it is stored.
    ///
    /// # Errors
    /// A column holds what this program never writes.
    pub fn parse(stored: JournalEntry) -> Result<Self, StoreError> {
        let reader = RowReader { table: "journal", id: &stored.id };
        let entry = JournalDraft {
            at: reader.instant("at", stored.at)?,
            message_id: reader.text_if_any("message_id", stored.message_id.as_deref())?,
            relates_to: reader.text_if_any("relates_to", stored.relates_to.as_deref())?,
            conversation_id: reader.text_if_any("conversation_id", stored.conversation_id.as_deref())?,
            procedure_id: reader.text_if_any("procedure_id", stored.procedure_id.as_deref())?,
            document_id: reader.text_if_any("document_id", stored.document_id.as_deref())?,
            direction: reader.text_if_any("direction", stored.direction.as_deref())?,
            kind: stored.kind,
            peer: stored.peer,
            action: stored.action,
            to: stored.to_address,
            reply_to: stored.reply_to,
            code: stored.code,
            detail: stored.detail,
        };
        Ok(Self { id: stored.id, entry })
    }
}

/// The values of an entry, in the order of its columns.
macro_rules! bind_entry {
    ($query:expr, $entry:expr) => {{
        let (entry, text) = ($entry, |text: &Option<String>| text.as_deref().map(storable));
        $query
            .bind(entry.at.as_millisecond())
            .bind(storable(&entry.kind))
            .bind(entry.message_id.map(|id| id.as_uuid().to_string()))
            .bind(entry.relates_to.map(|id| id.as_uuid().to_string()))
            .bind(entry.conversation_id.map(|id| id.as_uuid().to_string()))
            .bind(entry.procedure_id.as_ref().map(ToString::to_string))
            .bind(entry.document_id.map(|id| id.as_uuid().to_string()))
            .bind(text(&entry.peer))
            .bind(entry.direction.map(Direction::as_str))
            .bind(text(&entry.action))
            .bind(text(&entry.to))
            .bind(text(&entry.reply_to))
            .bind(text(&entry.code))
            .bind(storable(&entry.detail))
    }};
}
use bind_entry;

// A trigger lets what has a form wait for its link.
/// Without the values; [`APPEND`] is that of one entry.
const INSERT: &str = "
    INSERT INTO journal (at, kind, message_id, relates_to, conversation_id, procedure_id, document_id, peer,
                         direction, action, to_address, reply_to, code, detail, link_form)
    VALUES";

const APPEND: &str = "
    INSERT INTO journal (at, kind, message_id, relates_to, conversation_id, procedure_id, document_id, peer,
                         direction, action, to_address, reply_to, code, detail, link_form)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, 1)";

/// How many values an entry binds.
const COLUMNS: usize = 14;

pub(super) const TABLE: &str = "journal";

const LAST: &str = "SELECT COALESCE(MAX(id), 0) FROM journal";

/// One text per column, so that each finds its index.
macro_rules! list_where {
    ($condition:literal) => {
        concat!(
            "SELECT ",
            entry_columns!(),
            " FROM journal AS j WHERE j.id > $1 AND ",
            $condition,
            " ORDER BY j.id LIMIT $2"
        )
    };
}

macro_rules! latest_where {
    ($condition:literal) => {
        concat!(
            "SELECT ",
            entry_columns!(),
            " FROM journal AS j WHERE j.at >= $1 AND ($4 = '' OR j.peer = $4) AND ",
            $condition,
            " ORDER BY j.id DESC LIMIT $2"
        )
    };
}

// The key is bound in every case; without a choice it is the empty text, which equals itself.
const LIST_ALL: &str = list_where!("$3 = ''");
const LIST_BY_MESSAGE: &str = list_where!("j.message_id = $3");
const LIST_BY_RELATES: &str = list_where!("j.relates_to = $3");
const LIST_BY_CONVERSATION: &str = list_where!("j.conversation_id = $3");
const LIST_BY_PROCEDURE: &str = list_where!("j.procedure_id = $3");
const LIST_BY_DOCUMENT: &str = list_where!("j.document_id = $3");
const LIST_BY_PEER: &str = list_where!("j.peer = $3");

const LATEST: &str = latest_where!("$3 = ''");
pub(super) const LATEST_BY_MESSAGE: &str = latest_where!("j.message_id = $3");
pub(super) const LATEST_BY_RELATES: &str = latest_where!("j.relates_to = $3");
pub(super) const LATEST_BY_CONVERSATION: &str = latest_where!("j.conversation_id = $3");
pub(super) const LATEST_BY_PROCEDURE: &str = latest_where!("j.procedure_id = $3");
pub(super) const LATEST_BY_DOCUMENT: &str = latest_where!("j.document_id = $3");
const LATEST_BY_PEER: &str = latest_where!("j.peer = $3");

/// A refusal may carry very many findings, a fault a whole page; both are kept elsewhere in full.
const TEXT_BYTES_MAX: usize = 4_000;
/// Of a text that is cut; with what is said of the rest it is no longer than the other.
const TEXT_BYTES_KEPT: usize = 3_900;
