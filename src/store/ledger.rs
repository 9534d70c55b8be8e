//! The ledger: which documents of a peer were seen, and what was answered; and what was handed over.
//!
//! A duplicate is known by peer, document id and digest, never by its message id.

use super::InboxId;
use super::OutboxId;
use super::StoreError;
use super::Tx;
use super::row::RowReader;
use super::tx::change;
use super::tx::later;
use super::tx::on;
use crate::base::Digest256;
use crate::base::DocumentId;
use jiff::Timestamp;

/// Whether a document was seen before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seen {
    /// Never, or by this very row of the inbox before its worker died.
    New,
    /// The same bytes came before: send the stored answers again.
    Repeat {
        /// The row that came first.
        inbox_id: InboxId,
    },
    /// Other bytes came under the same id: quarantine.
    Conflict {
        /// The row that came first.
        inbox_id: InboxId,
    },
}

/// Whether a document is handed over for the first time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Handover {
    /// Yes.
    First,
    /// No: it has had its effect.
    AlreadyThere,
}

/// Records a document as seen; the first to come is kept for ever.
pub async fn ledger_record(
    tx: &mut Tx,
    peer: &str,
    document_id: DocumentId,
    digest: Digest256,
    inbox_id: InboxId,
) -> Result<Seen, StoreError> {
    let key = document_id.as_uuid().to_string();
    let done = change!(
        tx,
        "record a document in the ledger",
        sqlx::query(RECORD).bind(peer).bind(&key).bind(digest.0.as_slice()).bind(inbox_id.0)
    )?;
    if done == 1 {
        return Ok(Seen::New);
    }
    let row: Option<(Vec<u8>, i64)> = on!(tx, "find a document in the ledger", connection =>
        sqlx::query_as(FIND).bind(peer).bind(&key).fetch_optional(connection))?;
    let (first_digest, first) = row.ok_or_else(|| missing(document_id))?;
    let first_digest = RowReader { table: "ledger", id: &document_id }.digest("digest", &first_digest)?;
    let first = InboxId(first);
    Ok(if first_digest != digest {
        Seen::Conflict { inbox_id: first }
    } else if first == inbox_id {
        Seen::New
    } else {
        Seen::Repeat { inbox_id: first }
    })
}

/// The message with which a document of a peer came first.
pub async fn ledger_first(
    tx: &mut Tx,
    peer: &str,
    document_id: DocumentId,
) -> Result<Option<InboxId>, StoreError> {
    Ok(ledger_find(tx, peer, document_id).await?.map(|(id, _digest)| id))
}

/// The same, with the digest of what was sealed.
pub async fn ledger_find(
    tx: &mut Tx,
    peer: &str,
    document_id: DocumentId,
) -> Result<Option<(InboxId, Digest256)>, StoreError> {
    let key = document_id.as_uuid().to_string();
    let row: Option<(Vec<u8>, i64)> = on!(tx, "find a document in the ledger", connection =>
        sqlx::query_as(FIND).bind(peer).bind(&key).fetch_optional(connection))?;
    let Some((digest, id)) = row else { return Ok(None) };
    let digest = RowReader { table: "ledger", id: &document_id }.digest("digest", &digest)?;
    Ok(Some((InboxId(id), digest)))
}

/// The document that came with a message, and the digest of what was sealed, if it was received.
pub async fn ledger_of_inbox(
    tx: &mut Tx,
    id: InboxId,
) -> Result<Option<(DocumentId, Digest256)>, StoreError> {
    let row: Option<(String, Vec<u8>)> = on!(tx, "find the document of a message in the ledger", connection =>
        sqlx::query_as(OF_INBOX).bind(id.0).fetch_optional(connection))?;
    let Some((document, digest)) = row else { return Ok(None) };
    let reader = RowReader { table: "ledger", id: &document };
    Ok(Some((reader.text("document_id", &document)?, reader.digest("digest", &digest)?)))
}

/// Whether a document of a peer was ever seen.
pub async fn ledger_knows(tx: &mut Tx, peer: &str, document_id: DocumentId) -> Result<bool, StoreError> {
    Ok(ledger_first(tx, peer, document_id).await?.is_some())
}

/// Adds to what was answered to a document; an answer named twice is stored once.
pub async fn ledger_outcome(
    tx: &mut Tx,
    peer: &str,
    document_id: DocumentId,
    answers: &[OutboxId],
) -> Result<(), StoreError> {
    let key = document_id.as_uuid().to_string();
    for answer in answers {
        later!(
            tx,
            "record an answer in the ledger",
            "ledger_answer",
            OUTCOME,
            [peer.to_owned(), key.clone(), answer.0]
        )?;
    }
    Ok(())
}

/// What was answered to a document so far, in the order of putting.
pub async fn ledger_answers(
    tx: &mut Tx,
    peer: &str,
    document_id: DocumentId,
) -> Result<Vec<OutboxId>, StoreError> {
    let rows: Vec<i64> = on!(tx, "list the answers in the ledger", connection => sqlx::query_scalar(ANSWERS)
        .bind(peer)
        .bind(document_id.as_uuid().to_string())
        .fetch_all(connection))?;
    Ok(rows.into_iter().map(OutboxId).collect())
}

/// Records that a document has been handed to the local system.
pub async fn handover_record(
    tx: &mut Tx,
    document_id: DocumentId,
    at: Timestamp,
) -> Result<Handover, StoreError> {
    let done = change!(
        tx,
        "record a handover",
        sqlx::query(HANDOVER).bind(document_id.as_uuid().to_string()).bind(at.as_millisecond())
    )?;
    Ok(if done == 1 { Handover::First } else { Handover::AlreadyThere })
}

/// The same for whoever does not ask whether it is the first time.
pub async fn handover_put(tx: &mut Tx, document_id: DocumentId, at: Timestamp) -> Result<(), StoreError> {
    later!(
        tx,
        "record a handover",
        "handover",
        HANDOVER,
        [document_id.as_uuid().to_string(), at.as_millisecond()]
    )
}

/// When a document was handed to the local system, if it was.
pub async fn handover_find(tx: &mut Tx, document_id: DocumentId) -> Result<Option<Timestamp>, StoreError> {
    let at: Option<i64> = on!(tx, "find a handover", connection =>
        sqlx::query_scalar("SELECT at FROM handover WHERE document_id = $1")
            .bind(document_id.as_uuid().to_string())
            .fetch_optional(connection))?;
    RowReader { table: "handover", id: &document_id }.instant_if_any("at", at)
}

/// How many documents were handed to the local system, and when the last of them.
pub async fn handover_sum(tx: &mut Tx) -> Result<(i64, Option<Timestamp>), StoreError> {
    let (count, last): (i64, Option<i64>) = on!(tx, "count what was handed over", connection =>
        sqlx::query_as("SELECT COUNT(*), MAX(at) FROM handover").fetch_one(connection))?;
    let last = RowReader { table: "handover", id: &"the last" }.instant_if_any("at", last)?;
    Ok((count, last))
}

/// Forgets every document that was seen. A defect, made on purpose: the simulator shows with it that it would notice
/// a node without a ledger.
pub async fn ledger_forget(tx: &mut Tx) -> Result<(), StoreError> {
    change!(tx, "forget the answers in the ledger", sqlx::query("DELETE FROM ledger_answer"))?;
    change!(tx, "forget the ledger", sqlx::query("DELETE FROM ledger"))?;
    Ok(())
}

fn missing(document_id: DocumentId) -> StoreError {
    StoreError::Missing { table: "ledger", id: document_id.to_string() }
}

const RECORD: &str = "
    INSERT INTO ledger (peer, document_id, digest, inbox_id) VALUES ($1, $2, $3, $4)
    ON CONFLICT (peer, document_id) DO NOTHING";

const FIND: &str = "SELECT digest, inbox_id FROM ledger WHERE peer = $1 AND document_id = $2";

const OF_INBOX: &str = "SELECT document_id, digest FROM ledger WHERE inbox_id = $1";

const OUTCOME: &str = "
    INSERT INTO ledger_answer (peer, document_id, outbox_id) VALUES ($1, $2, $3)
    ON CONFLICT (peer, document_id, outbox_id) DO NOTHING";

const ANSWERS: &str = "
    SELECT outbox_id FROM ledger_answer WHERE peer = $1 AND document_id = $2 ORDER BY outbox_id";

const HANDOVER: &str = "
    INSERT INTO handover (document_id, at) VALUES ($1, $2) ON CONFLICT (document_id) DO NOTHING";
