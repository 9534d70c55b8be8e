//! An entry of the journal as it is stored, and the octets that its link is computed over.

use crate::base::Digest256;
use crate::exchange::seal::sha256;
use crate::store::sqlite_query;
use serde::{Deserialize, Serialize};
use sqlx::{ColumnIndex, Decode, FromRow, Row, Type};

/// A row of the journal, every column as it is stored: what is verified is what is there, not what it is read as.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JournalEntry {
    /// Its key.
    pub id: i64,
    /// When it happened, in milliseconds since 1970 (UTC).
    pub at: i64,
    /// What happened.
    pub kind: String,
    /// The message it happened to.
    pub message_id: Option<String>,
    /// The message that one answers.
    pub relates_to: Option<String>,
    /// The conversation it happened in.
    pub conversation_id: Option<String>,
    /// The procedure it happened in.
    pub procedure_id: Option<String>,
    /// The document it happened to.
    pub document_id: Option<String>,
    /// The other node.
    pub peer: Option<String>,
    /// Whether the message came from it or goes to it.
    pub direction: Option<String>,
    /// The action of the message.
    pub action: Option<String>,
    /// The address it goes to.
    pub to_address: Option<String>,
    /// The address its answer goes to.
    pub reply_to: Option<String>,
    /// The code of a failure.
    pub code: Option<String>,
    /// A sentence for the operator.
    pub detail: String,
}

/// The columns of [`JournalEntry`], of a journal that is called `j`.
macro_rules! entry_columns {
    () => {
        "j.id, j.at, j.kind, j.message_id, j.relates_to, j.conversation_id, j.procedure_id, j.document_id,
         j.peer, j.direction, j.action, j.to_address, j.reply_to, j.code, j.detail"
    };
}
pub(in crate::store) use entry_columns;

/// Reads an entry out of a row of any engine, its columns from the place `first` on.
macro_rules! entry_at {
    ($row:ident, $first:ident) => {
        Ok(Self {
            id: $row.try_get($first)?,
            at: $row.try_get($first + 1)?,
            kind: $row.try_get($first + 2)?,
            message_id: $row.try_get($first + 3)?,
            relates_to: $row.try_get($first + 4)?,
            conversation_id: $row.try_get($first + 5)?,
            procedure_id: $row.try_get($first + 6)?,
            document_id: $row.try_get($first + 7)?,
            peer: $row.try_get($first + 8)?,
            direction: $row.try_get($first + 9)?,
            action: $row.try_get($first + 10)?,
            to_address: $row.try_get($first + 11)?,
            reply_to: $row.try_get($first + 12)?,
            code: $row.try_get($first + 13)?,
            detail: $row.try_get($first + 14)?,
        })
    };
}

impl JournalEntry {
    /// The hash of a link to this entry, or nothing if links of that form are not known to this program.
    ///
    /// Form 1 is SHA-256 over: the text `stazh journal 1` and a zero octet; the hash of the link before, 32 octets of
    /// zero for the first; the number of the link, the key and the instant of the entry, 8 octets each, the most
    /// significant first; then the texts in the order of the fields above. A text that is absent is one zero octet; one
    /// that is there is an octet of 1, its length in octets as 8 octets, and its UTF-8.
    pub fn link(&self, number: i64, form: i64, previous: &Digest256) -> Option<Digest256> {
        if form != FORM {
            return None;
        }
        let mut octets = Vec::with_capacity(OCTETS_USUAL);
        octets.extend_from_slice(DOMAIN);
        octets.extend_from_slice(&previous.0);
        for fixed in [number, self.id, self.at] {
            octets.extend_from_slice(&fixed.to_be_bytes());
        }
        for text in self.texts() {
            match text {
                None => octets.push(0),
                Some(text) => {
                    octets.push(1);
                    octets.extend_from_slice(&u64::try_from(text.len()).unwrap_or(u64::MAX).to_be_bytes());
                    octets.extend_from_slice(text.as_bytes());
                }
            }
        }
        Some(sha256(&octets))
    }

    fn texts(&self) -> [Option<&str>; 13] {
        [
            Some(&self.kind),
            self.message_id.as_deref(),
            self.relates_to.as_deref(),
            self.conversation_id.as_deref(),
            self.procedure_id.as_deref(),
            self.document_id.as_deref(),
            self.peer.as_deref(),
            self.direction.as_deref(),
            self.action.as_deref(),
            self.to_address.as_deref(),
            self.reply_to.as_deref(),
            self.code.as_deref(),
            Some(&self.detail),
        ]
    }

    /// Reads the columns from the place `first` on.
    pub(super) fn from_columns<'r, R>(row: &'r R, first: usize) -> Result<Self, sqlx::Error>
    where
        R: Row,
        usize: ColumnIndex<R>,
        i64: Decode<'r, R::Database> + Type<R::Database>,
        String: Decode<'r, R::Database> + Type<R::Database>,
    {
        entry_at!(row, first)
    }

    /// The same on the connection that writes.
    pub(super) fn from_written(row: &sqlite_query::Row<'_>, first: usize) -> Result<Self, sqlx::Error> {
        entry_at!(row, first)
    }
}

impl<'r, R> FromRow<'r, R> for JournalEntry
where
    R: Row,
    usize: ColumnIndex<R>,
    i64: Decode<'r, R::Database> + Type<R::Database>,
    String: Decode<'r, R::Database> + Type<R::Database>,
{
    fn from_row(row: &'r R) -> Result<Self, sqlx::Error> {
        Self::from_columns(row, 0)
    }
}

impl sqlite_query::FromRow for JournalEntry {
    fn from_row(row: &sqlite_query::Row<'_>) -> Result<Self, sqlx::Error> {
        Self::from_written(row, 0)
    }
}

/// The form of the links that are made now.
pub(super) const FORM: i64 = 1;
const DOMAIN: &[u8] = b"stazh journal 1\0";
const OCTETS_USUAL: usize = 1_024;
