//! Rows and instants for the tests, whichever engine they run on.

use crate::base::{ConversationId, Digest256, DocumentId, MessageId, ProcedureId};
use crate::store::*;
use jiff::Timestamp;
use uuid::Uuid;

pub(crate) fn at(ms: i64) -> Timestamp {
    Timestamp::from_millisecond(1_700_000_000_000 + ms).unwrap()
}

pub(crate) fn message(n: u128) -> MessageId {
    MessageId::from_uuid(Uuid::from_u128(n))
}

pub(crate) fn conversation(n: u128) -> ConversationId {
    ConversationId::from_uuid(Uuid::from_u128(n))
}

pub(crate) fn document(n: u128) -> DocumentId {
    DocumentId::from_uuid(Uuid::from_u128(n))
}

pub(crate) fn outgoing(peer: &str, conversation_number: u128) -> OutboxDraft {
    OutboxDraft {
        peer: peer.to_owned(),
        conversation_id: conversation(conversation_number),
        procedure_id: ProcedureId::start(Uuid::from_u128(1)).nest(Uuid::from_u128(2)),
        document_id: Some(document(3)),
        kind: OutboxKind::Application,
        role: Role::Initiator,
        action: "P.XP.01.MSG.001".to_owned(),
        body: vec![0, 1, 2, 255],
        relates_to: Some(message(4)),
        digest: Digest256([7; 32]),
        created_at: at(0),
    }
}

pub(crate) fn incoming(peer: &str, conversation_number: u128) -> InboxDraft {
    InboxDraft {
        peer: peer.to_owned(),
        message_id: Some(message(5)),
        relates_to: None,
        conversation_id: Some(conversation(conversation_number)),
        procedure_id: Some(ProcedureId::start(Uuid::from_u128(1))),
        action: "P.XP.01.MSG.002".to_owned(),
        raw: b"<Envelope/>".to_vec(),
        digest: Digest256([9; 32]),
        headers: "content-type: text/xml".to_owned(),
        received_at: at(0),
        arrival: Arrival::Held,
    }
}

/// Puts any word into the state column, as no function of the store would.
pub(crate) async fn force(tx: &mut Tx, table: &str, id: i64, state: &str) {
    tamper(tx, &format!("UPDATE {table} SET state = '{state}' WHERE id = {id}")).await;
}

/// Runs a statement that no function of the store would.
pub(crate) async fn tamper(tx: &mut Tx, text: &str) {
    let query = sqlx::AssertSqlSafe(text.to_owned());
    match tx {
        Tx::Sqlite(inner) => {
            sqlite_query::query(query).execute(inner.connection().unwrap()).map(drop).unwrap();
        }
        Tx::SqliteReading(_) => panic!("it only reads"),
        Tx::Postgres(inner) => {
            let connection = inner.ready("tamper").await.unwrap();
            sqlx::query(query).execute(connection).await.map(drop).unwrap();
        }
    }
}

/// What became of a statement that may be run with the next one.
pub(crate) async fn outcome(tx: &mut Tx, put: Result<(), StoreError>) -> Result<(), StoreError> {
    put?;
    outbox_knows(tx, "nobody", document(1)).await.map(drop)
}

pub(crate) async fn outbox_state(tx: &mut Tx, id: OutboxId) -> OutboxState {
    outbox_find(tx, id).await.unwrap().unwrap().state
}

pub(crate) async fn inbox_state(tx: &mut Tx, id: InboxId) -> InboxState {
    inbox_find(tx, id).await.unwrap().unwrap().state
}

pub(crate) async fn claimed(tx: &mut Tx, now: i64, until: i64) -> Vec<OutboxId> {
    let rows = outbox_claim(tx, "kz", at(now), at(until), 100).await.unwrap();
    rows.into_iter().map(|row| row.id).collect()
}

pub(crate) async fn settling(tx: &mut Tx, now: i64, until: i64) -> Vec<InboxId> {
    let rows = inbox_claim(tx, at(now), at(until), 100, &[]).await.unwrap();
    rows.into_iter().map(|row| row.id).collect()
}
