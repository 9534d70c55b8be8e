//! Which documents are about whom, by keyed digests: no number and no name of a person stands here.

use super::row::RowReader;
use super::tx::{change, later, on};
use super::{Direction, StoreError, Tx};
use crate::base::{ConversationId, Digest256, DocumentId};
use jiff::Timestamp;

/// A document that is about a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PersonRef {
    /// Which.
    pub document_id: DocumentId,
    /// The conversation it was stored in first.
    pub conversation_id: Option<ConversationId>,
    /// When.
    pub at: Timestamp,
}

/// How far documents are read that were here before they were noted by person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PersonFill {
    /// Of which queue.
    pub side: Direction,
    /// Up to this row they are.
    pub place: i64,
    /// Up to this row they are to be.
    pub last: i64,
    /// How many could not be read.
    pub unread: i64,
}

/// Notes whom a document is about; in a later transaction again, it changes nothing. In one transaction a document is noted
/// once: rows that are put off have no order.
pub async fn person_ref_put(tx: &mut Tx, subjects: &[Digest256], of: &PersonRef) -> Result<(), StoreError> {
    for subject in subjects {
        later!(
            tx,
            "note whom a document is about",
            "person_ref",
            PUT,
            [
                subject.0.to_vec(),
                of.document_id.as_uuid().to_string(),
                of.conversation_id.map(|id| id.as_uuid().to_string()),
                of.at.as_millisecond(),
            ]
        )?;
    }
    Ok(())
}

/// Up to `limit` documents about whom one of these digests is of, the newest first, each once.
pub async fn person_refs(
    tx: &mut Tx,
    subjects: &[Digest256],
    limit: u32,
) -> Result<Vec<PersonRef>, StoreError> {
    let mut found = Vec::new();
    for subject in subjects {
        let rows: Vec<(String, Option<String>, i64)> = on!(tx, "find the documents about a person", connection =>
            sqlx::query_as(FIND).bind(subject.0.as_slice()).bind(i64::from(limit)).fetch_all(connection))?;
        for (document, conversation, at) in rows {
            let reader = RowReader { table: "person_ref", id: &document };
            found.push(PersonRef {
                document_id: reader.text("document_id", &document)?,
                conversation_id: reader.text_if_any("conversation_id", conversation.as_deref())?,
                at: reader.instant("at", at)?,
            });
        }
    }
    found.sort_by_key(|of| std::cmp::Reverse((of.at, of.document_id.as_uuid())));
    found.dedup_by_key(|of| of.document_id);
    found.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    Ok(found)
}

/// Forgets which documents are about a person; tells how many notes there were. The documents stay.
pub async fn person_forget(tx: &mut Tx, subjects: &[Digest256]) -> Result<u64, StoreError> {
    let mut gone = 0;
    for subject in subjects {
        gone += change!(tx, "forget a person", sqlx::query(FORGET).bind(subject.0.as_slice()))?;
    }
    Ok(gone)
}

/// How far the documents of both queues are read; where nothing was here before, all of them are.
pub async fn person_fill(tx: &mut Tx) -> Result<Vec<PersonFill>, StoreError> {
    let rows: Vec<(String, i64, i64, i64)> = on!(tx, "find how far documents are noted by person", connection =>
        sqlx::query_as("SELECT side, place, last, unread FROM person_fill ORDER BY side").fetch_all(connection))?;
    rows.into_iter()
        .map(|(side, place, last, unread)| {
            let reader = RowReader { table: "person_fill", id: &side };
            Ok(PersonFill { side: reader.text("side", &side)?, place, last, unread })
        })
        .collect()
}

/// Moves on from where it was found; false if another replica was faster, and nothing is changed then.
pub async fn person_fill_move(
    tx: &mut Tx,
    found: PersonFill,
    place: i64,
    unread: i64,
) -> Result<bool, StoreError> {
    let rows = change!(
        tx,
        "move on in noting documents by person",
        sqlx::query(FILL_MOVE).bind(found.side.as_str()).bind(found.place).bind(place).bind(unread)
    )?;
    Ok(rows == 1)
}

/// Up to `limit` rows behind `after`, up to `last`, that carry documents, in the order of their keys.
pub async fn person_fill_rows(
    tx: &mut Tx,
    side: Direction,
    (after, last): (i64, i64),
    limit: u32,
) -> Result<Vec<i64>, StoreError> {
    let text = match side {
        Direction::Out => FILL_OUT,
        Direction::In => FILL_IN,
    };
    on!(tx, "find documents to be noted by person", connection =>
        sqlx::query_scalar(text).bind(after).bind(last).bind(i64::from(limit)).fetch_all(connection))
}

const PUT: &str = "
    INSERT INTO person_ref (subject, document_id, conversation_id, at) VALUES ($1, $2, $3, $4)
    ON CONFLICT (subject, document_id) DO NOTHING";

pub(super) const FIND: &str = "
    SELECT document_id, conversation_id, at FROM person_ref WHERE subject = $1
    ORDER BY at DESC, document_id DESC LIMIT $2";

const FORGET: &str = "DELETE FROM person_ref WHERE subject = $1";

const FILL_MOVE: &str = "
    UPDATE person_fill SET place = $3, unread = unread + $4 WHERE side = $1 AND place = $2";

const FILL_OUT: &str = "
    SELECT id FROM outbox WHERE id > $1 AND id <= $2 AND kind = 'application' AND document_id IS NOT NULL
    ORDER BY id LIMIT $3";

const FILL_IN: &str = "
    SELECT id FROM inbox WHERE id > $1 AND id <= $2 AND state IN ('accepted', 'deferred', 'settled')
      AND action NOT LIKE '%/P.MSG.%' AND action <> '' ORDER BY id LIMIT $3";
