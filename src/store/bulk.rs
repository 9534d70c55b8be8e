//! Very many exchanges at once, as they stand when they are over: for measuring what a node shows with a long past. Nothing
//! but a bench writes so.

use super::tx::change;
use super::{StoreError, Tx};
use crate::base::{ConversationId, Digest256, DocumentId, MessageId, ProcedureId};
use jiff::Timestamp;
use sqlx::AssertSqlSafe;

/// A question of ours and its answer, with the signals of both: six messages.
#[derive(Debug, Clone)]
pub struct PastExchange {
    /// With whom.
    pub peer: String,
    /// The conversation.
    pub conversation_id: ConversationId,
    /// The procedure.
    pub procedure_id: ProcedureId,
    /// The document that asked, and the one that answered.
    pub documents: [DocumentId; 2],
    /// The message ids of our question and our two signals, of their two signals and their answer.
    pub messages: [MessageId; 6],
    /// When it began.
    pub began_at: Timestamp,
    /// How many milliseconds it took.
    pub took_ms: i64,
    /// The bytes of each message.
    pub body: Vec<u8>,
    /// The digests of whom it is about.
    pub subjects: Vec<Digest256>,
    /// Why the answer was returned instead of settled, if it was.
    pub code: Option<String>,
    /// The actions of question, answer and of the two signals.
    pub actions: [String; 4],
}

/// Puts them, with the keys of their rows from `first` on: three of the outbox and three of the inbox each.
pub async fn bulk_put(tx: &mut Tx, first: i64, all: &[PastExchange]) -> Result<(), StoreError> {
    let ids: Vec<i64> =
        (0..).map(|place: i64| first.saturating_add(place.saturating_mul(3))).take(all.len()).collect();
    let rows: Vec<(i64, &PastExchange)> = ids.into_iter().zip(all).collect();
    for some in rows.chunks(EXCHANGES_AT_ONCE) {
        outbox(tx, some).await?;
        inbox(tx, some).await?;
        conversations(tx, some).await?;
        persons(tx, some).await?;
        journal(tx, some).await?;
    }
    Ok(())
}

/// Has a server learn what the tables hold by now, as it does by itself in time.
pub async fn bulk_end(tx: &mut Tx) -> Result<(), StoreError> {
    if matches!(tx, Tx::Postgres(_)) {
        change!(tx, "have the server learn what the tables hold", sqlx::query("ANALYZE"))?;
    }
    Ok(())
}

/// Runs one statement with as many rows of values as there are, numbered in one row.
macro_rules! put_rows {
    ($tx:expr, $action:literal, $text:literal, $columns:literal, $rows:expr, |$query:ident, $row:ident| $bind:expr) => {{
        let rows = $rows;
        let places: Vec<String> = (0..rows.len())
            .map(|row| {
                let numbers: Vec<String> =
                    (1..=$columns).map(|column| format!("${}", row * $columns + column)).collect();
                format!("({})", numbers.join(", "))
            })
            .collect();
        let mut text = format!(concat!($text, " {}"), places.join(", ")); // made of numbers alone
        if !matches!($tx, Tx::Postgres(_)) {
            text = text.replace(" OVERRIDING SYSTEM VALUE", "");
        }
        change!($tx, $action, {
            let mut $query = sqlx::query(AssertSqlSafe(text.clone()));
            for $row in &rows {
                $query = $bind;
            }
            $query
        })?;
    }};
}

async fn outbox(tx: &mut Tx, some: &[(i64, &PastExchange)]) -> Result<(), StoreError> {
    let rows: Vec<_> = some
        .iter()
        .flat_map(|(id, it)| {
            let document = (*id, *it, it.documents.first().copied(), "application", &it.actions[0], None, 0);
            let rcv = (*id + 1, *it, None, "signal", &it.actions[2], it.messages.last().copied(), it.took_ms);
            let prs = (*id + 2, *it, None, "signal", &it.actions[3], it.messages.last().copied(), it.took_ms);
            [document, rcv, prs]
        })
        .collect();
    put_rows!(
        tx,
        "put the past into the outbox",
        "INSERT INTO outbox (id, peer, conversation_id, procedure_id, document_id, kind, role, action, relates_to, digest,
            state, attempts, created_at, next_try_at, lease_until) OVERRIDING SYSTEM VALUE VALUES",
        15,
        rows.clone(),
        |query, row| {
            let (id, it, document, kind, action, relates_to, after) = row;
            let at = it.began_at.as_millisecond().saturating_add(*after);
            query
                .bind(*id)
                .bind(&it.peer)
                .bind(it.conversation_id.as_uuid().to_string())
                .bind(it.procedure_id.to_string())
                .bind(document.map(|id| id.as_uuid().to_string()))
                .bind(*kind)
                .bind("initiator")
                .bind(action.as_str())
                .bind(relates_to.map(|id: MessageId| id.as_uuid().to_string()))
                .bind([7_u8; 32].as_slice())
                .bind(if *kind == "signal" { "sent" } else { "confirmed" })
                .bind(0_i64)
                .bind(at)
                .bind(at)
                .bind(0_i64)
        }
    );
    put_rows!(
        tx,
        "put the bytes of the past",
        "INSERT INTO outbox_body (outbox_id, body) VALUES",
        2,
        rows.clone(),
        |query, row| query.bind(row.0).bind(row.1.body.as_slice())
    );
    let sent: Vec<_> = some
        .iter()
        .flat_map(|(id, it)| [(*id, *it, 0_usize), (*id + 1, *it, 1), (*id + 2, *it, 2)])
        .collect();
    put_rows!(
        tx,
        "put the sendings of the past",
        "INSERT INTO delivery (message_id, outbox_id, at) VALUES",
        3,
        sent,
        |query, row| {
            let message = row.1.messages.get(row.2).map(|id| id.as_uuid().to_string());
            query.bind(message).bind(row.0).bind(row.1.began_at.as_millisecond())
        }
    );
    Ok(())
}

async fn inbox(tx: &mut Tx, some: &[(i64, &PastExchange)]) -> Result<(), StoreError> {
    let rows: Vec<_> = some
        .iter()
        .flat_map(|(id, it)| {
            let half = it.took_ms / 2;
            [
                (*id, *it, 3_usize, &it.actions[2], half, it.messages.first().copied()),
                (*id + 1, *it, 4, &it.actions[3], half, it.messages.first().copied()),
                (*id + 2, *it, 5, &it.actions[1], it.took_ms, it.messages.first().copied()),
            ]
        })
        .collect();
    put_rows!(
        tx,
        "put the past into the inbox",
        "INSERT INTO inbox (id, peer, message_id, relates_to, conversation_id, procedure_id, action, digest, headers,
            received_at, state, resume_state, code, attempts, next_try_at, lease_until) OVERRIDING SYSTEM VALUE VALUES",
        16,
        rows.clone(),
        |query, row| {
            let (id, it, message, action, after, relates_to) = row;
            let at = it.began_at.as_millisecond().saturating_add(*after);
            let code = it.code.as_deref().filter(|_| *message == 5);
            query
                .bind(*id)
                .bind(&it.peer)
                .bind(it.messages.get(*message).map(|id| id.as_uuid().to_string()))
                .bind(relates_to.map(|id| id.as_uuid().to_string()))
                .bind(it.conversation_id.as_uuid().to_string())
                .bind(it.procedure_id.to_string())
                .bind(action.as_str())
                .bind([9_u8; 32].as_slice())
                .bind("")
                .bind(at)
                .bind(if code.is_some() { "returned" } else { "settled" })
                .bind("held")
                .bind(code)
                .bind(0_i64)
                .bind(at)
                .bind(0_i64)
        }
    );
    put_rows!(
        tx,
        "put the bytes of the past",
        "INSERT INTO inbox_raw (inbox_id, raw) VALUES",
        2,
        rows.clone(),
        |query, row| query.bind(row.0).bind(row.1.body.as_slice())
    );
    put_rows!(
        tx,
        "put the ledger of the past",
        "INSERT INTO ledger (peer, document_id, digest, inbox_id) VALUES",
        4,
        some.to_vec(),
        |query, row| {
            let answer = row.1.documents.last().map(|id| id.as_uuid().to_string());
            query.bind(&row.1.peer).bind(answer).bind([9_u8; 32].as_slice()).bind(row.0 + 2)
        }
    );
    Ok(())
}

async fn conversations(tx: &mut Tx, some: &[(i64, &PastExchange)]) -> Result<(), StoreError> {
    put_rows!(
        tx,
        "put the conversations of the past",
        "INSERT INTO conversation (id, role, peer, process, transaction_code, procedure_id, request_document_id,
            own_outbox_id, state, step, attempts, outcome, started_at, finished_at) VALUES",
        14,
        some.to_vec(),
        |query, row| {
            let (id, it) = row;
            let began = it.began_at.as_millisecond();
            query
                .bind(it.conversation_id.as_uuid().to_string())
                .bind("initiator")
                .bind(&it.peer)
                .bind("P.XP.01")
                .bind("P.XP.01.TRN.001")
                .bind(it.procedure_id.to_string())
                .bind(it.documents.first().map(|id| id.as_uuid().to_string()))
                .bind(*id)
                .bind(if it.code.is_some() { "failed" } else { "completed" })
                .bind("completed")
                .bind(0_i64)
                .bind(Option::<String>::None)
                .bind(began)
                .bind(began.saturating_add(it.took_ms))
        }
    );
    Ok(())
}

async fn persons(tx: &mut Tx, some: &[(i64, &PastExchange)]) -> Result<(), StoreError> {
    let rows: Vec<_> = some
        .iter()
        .flat_map(|(_, it)| {
            it.documents
                .iter()
                .flat_map(move |document| it.subjects.iter().map(move |of| (*it, *document, *of)))
        })
        .collect();
    put_rows!(
        tx,
        "note whom the past is about",
        "INSERT INTO person_ref (subject, document_id, conversation_id, at) VALUES",
        4,
        rows,
        |query, row| {
            let (it, document, subject) = row;
            query
                .bind(subject.0.as_slice())
                .bind(document.as_uuid().to_string())
                .bind(it.conversation_id.as_uuid().to_string())
                .bind(it.began_at.as_millisecond())
        }
    );
    Ok(())
}

async fn journal(tx: &mut Tx, some: &[(i64, &PastExchange)]) -> Result<(), StoreError> {
    let rows: Vec<_> = some
        .iter()
        .flat_map(|(_, it)| {
            let entry =
                |kind: &'static str,
                 message: Option<usize>,
                 action: usize,
                 direction: &'static str,
                 after: i64| { (*it, kind, message, action, direction, after) };
            let half = it.took_ms / 2;
            [
                entry("composed", None, 0, "out", 0),
                entry("sent", Some(0), 0, "out", 20),
                entry("held", Some(3), 2, "in", half),
                entry("signal", Some(3), 2, "in", half),
                entry("held", Some(4), 3, "in", half),
                entry("signal", Some(4), 3, "in", half),
                entry("held", Some(5), 1, "in", it.took_ms),
                entry("received", Some(5), 1, "in", it.took_ms),
                entry("accepted", Some(5), 1, "in", it.took_ms),
                entry("answered", Some(5), 1, "in", it.took_ms),
                entry("sent", Some(1), 2, "out", it.took_ms),
                entry("sent", Some(2), 3, "out", it.took_ms),
            ]
        })
        .collect();
    put_rows!(
        tx,
        "put the journal of the past",
        "INSERT INTO journal (at, kind, message_id, relates_to, conversation_id, procedure_id, document_id, peer, direction,
            action, detail) VALUES",
        11,
        rows,
        |query, row| {
            let (it, kind, message, action, direction, after) = row;
            let of_document = if message.is_none() { it.documents.first() } else { None };
            let relates_to = if *direction == "in" { it.messages.first() } else { None };
            query
                .bind(it.began_at.as_millisecond().saturating_add(*after))
                .bind(*kind)
                .bind(message.and_then(|at| it.messages.get(at)).map(|id| id.as_uuid().to_string()))
                .bind(relates_to.map(|id| id.as_uuid().to_string()))
                .bind(it.conversation_id.as_uuid().to_string())
                .bind(it.procedure_id.to_string())
                .bind(of_document.map(|id| id.as_uuid().to_string()))
                .bind(&it.peer)
                .bind(*direction)
                .bind(it.actions.get(*action).map_or("", |action| action.as_str()))
                .bind("")
        }
    );
    Ok(())
}

/// Few: SQLite looks for the place of each numbered value among all of them.
const EXCHANGES_AT_ONCE: usize = 10;
