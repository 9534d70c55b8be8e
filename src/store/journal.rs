//! The journal: what happened, in order, written in the transaction in which it happened.
//!
//! It is only ever appended to. It holds ids and codes, never a person's values.

use super::StoreError;
use super::Tx;
use super::row::RowReader;
use super::tx::on;
use crate::base::ConversationId;
use crate::base::DocumentId;
use crate::base::MessageId;
use jiff::Timestamp;

/// An entry to append.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JournalDraft {
    /// When it happened.
    pub at: Timestamp,
    /// What happened: a stable dotted word.
    pub kind: String,
    /// The message it happened to.
    pub message_id: Option<MessageId>,
    /// The conversation it happened in.
    pub conversation_id: Option<ConversationId>,
    /// The document it happened to.
    pub document_id: Option<DocumentId>,
    /// The other node.
    pub peer: Option<String>,
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
    /// Those of a conversation.
    Conversation(ConversationId),
    /// Those of a document.
    Document(DocumentId),
    /// Those of a peer.
    Peer(&'a str),
}

impl JournalDraft {
    /// An entry that so far names nothing but itself.
    pub fn at(at: Timestamp, kind: impl Into<String>, detail: impl Into<String>) -> Self {
        Self {
            at,
            kind: kind.into(),
            message_id: None,
            conversation_id: None,
            document_id: None,
            peer: None,
            code: None,
            detail: detail.into(),
        }
    }
}

/// Appends an entry and returns its place.
pub async fn journal_append(tx: &mut Tx, entry: &JournalDraft) -> Result<i64, StoreError> {
    on!(tx, "append to the journal", connection => sqlx::query_scalar(APPEND)
        .bind(entry.at.as_millisecond())
        .bind(&entry.kind)
        .bind(entry.message_id.map(|id| id.as_uuid().to_string()))
        .bind(entry.conversation_id.map(|id| id.as_uuid().to_string()))
        .bind(entry.document_id.map(|id| id.as_uuid().to_string()))
        .bind(&entry.peer)
        .bind(&entry.code)
        .bind(&entry.detail)
        .fetch_one(connection))
}

/// Up to `limit` entries after the place `after` (0: from the start), oldest first.
pub async fn journal_list(
    tx: &mut Tx,
    by: JournalBy<'_>,
    after: i64,
    limit: u32,
) -> Result<Vec<JournalRow>, StoreError> {
    let (text, key) = match by {
        JournalBy::All => (LIST_ALL, String::new()),
        JournalBy::Message(id) => (LIST_BY_MESSAGE, id.as_uuid().to_string()),
        JournalBy::Conversation(id) => (LIST_BY_CONVERSATION, id.as_uuid().to_string()),
        JournalBy::Document(id) => (LIST_BY_DOCUMENT, id.as_uuid().to_string()),
        JournalBy::Peer(peer) => (LIST_BY_PEER, peer.to_owned()),
    };
    let rows: Vec<RawJournal> = on!(tx, "list the journal", connection => sqlx::query_as(text)
        .bind(after)
        .bind(i64::from(limit))
        .bind(key)
        .fetch_all(connection))?;
    rows.into_iter().map(RawJournal::parse).collect()
}

/// The place of the last entry, 0 while there is none.
pub async fn journal_last(tx: &mut Tx) -> Result<i64, StoreError> {
    on!(tx, "find the end of the journal", connection => sqlx::query_scalar(LAST).fetch_one(connection))
}

#[derive(sqlx::FromRow)]
struct RawJournal {
    id: i64,
    at: i64,
    kind: String,
    message_id: Option<String>,
    conversation_id: Option<String>,
    document_id: Option<String>,
    peer: Option<String>,
    code: Option<String>,
    detail: String,
}

impl RawJournal {
    fn parse(self) -> Result<JournalRow, StoreError> {
        let reader = RowReader { table: "journal", id: &self.id };
        let entry = JournalDraft {
            at: reader.instant("at", self.at)?,
            message_id: reader.text_if_any("message_id", self.message_id.as_deref())?,
            conversation_id: reader.text_if_any("conversation_id", self.conversation_id.as_deref())?,
            document_id: reader.text_if_any("document_id", self.document_id.as_deref())?,
            kind: self.kind,
            peer: self.peer,
            code: self.code,
            detail: self.detail,
        };
        Ok(JournalRow { id: self.id, entry })
    }
}

/// One text per column, so that each finds its index.
macro_rules! list_where {
    ($condition:literal) => {
        concat!(
            "SELECT id, at, kind, message_id, conversation_id, document_id, peer, code, detail
             FROM journal WHERE id > $1 AND ",
            $condition,
            " ORDER BY id LIMIT $2"
        )
    };
}

const APPEND: &str = "
    INSERT INTO journal (at, kind, message_id, conversation_id, document_id, peer, code, detail)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
    RETURNING id";

const LAST: &str = "SELECT COALESCE(MAX(id), 0) FROM journal";

// The key is bound in every case; here it is the empty text, which equals itself.
const LIST_ALL: &str = list_where!("$3 = ''");
const LIST_BY_MESSAGE: &str = list_where!("message_id = $3");
const LIST_BY_CONVERSATION: &str = list_where!("conversation_id = $3");
const LIST_BY_DOCUMENT: &str = list_where!("document_id = $3");
const LIST_BY_PEER: &str = list_where!("peer = $3");
