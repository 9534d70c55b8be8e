//! Answers a peer's question for our journal (D5 App.4 ¶6–8). A peer is told of its own exchange with us alone.

use super::{Context, FlowError};
use crate::base::MessageId;
use crate::exchange::canonical::State;
use crate::exchange::transit::{
    Action, GetJournal, JournalOf, JournalRecord, LogicalAddress, MessageCode, MessageDetail, ProcessInfo,
    PutJournal, Routing, ServiceHeaders,
};
use crate::exchange::wire::Envelope;
use crate::store::{
    Direction, Hop, JournalBy, JournalChoice, JournalDraft, JournalRow, Tx, journal_latest, storable,
};
use jiff::Timestamp;
use std::collections::HashMap;

/// The envelope that answers a question of `peer` for our journal. It is made anew for each question; nothing of it is
/// stored.
///
/// # Errors
/// The database does not answer.
pub(super) async fn answer_journal(
    asked: &ServiceHeaders,
    question: &GetJournal,
    peer: &str,
    ctx: &Context,
) -> Result<Vec<u8>, FlowError> {
    let mut tx = ctx.store.read().await?;
    let rows = rows_for(&mut tx, question, peer).await?;
    drop(tx);
    let body = put_journal(&rows, peer, ctx.state).encode()?;
    let headers = asked.answer(ctx.state.as_code(), MessageId::from_uuid(ctx.random.uuid()));
    Ok(Envelope::write_service(&headers, &body)?)
}

/// The entries that a question of a peer is about.
async fn rows_for(tx: &mut Tx, question: &GetJournal, peer: &str) -> Result<Vec<JournalRow>, FlowError> {
    // Without a platform that gives ids of its own, a message is tracked by the id it has.
    let (JournalOf::Message(id) | JournalOf::Track(id)) = question.of;
    let choice = |by| JournalChoice { by, peer: Some(peer), since: None };
    let mut rows = journal_latest(tx, choice(JournalBy::Message(id)), ROWS_MAX).await?;
    if question.find_relates && matches!(question.of, JournalOf::Message(_)) {
        rows.extend(journal_latest(tx, choice(JournalBy::RelatesTo(id)), ROWS_MAX).await?);
    }
    rows.sort_by_key(|row| row.id);
    rows.dedup_by_key(|row| row.id);
    Ok(rows)
}

/// What a peer is told of entries: those that are events of the Decision and of a message of its exchange with us.
fn put_journal(rows: &[JournalRow], peer: &str, own: State) -> PutJournal {
    let mut accepted: HashMap<MessageId, Timestamp> = HashMap::new();
    let mut records = Vec::new();
    for row in rows.iter().filter(|row| row.entry.peer.as_deref() == Some(peer)) {
        let Some(message_id) = row.entry.message_id else { continue };
        let first = *accepted.entry(message_id).or_insert(row.entry.at);
        let Some(hop) = Hop::of(&row.entry) else { continue };
        records.push(record(row, (message_id, first), hop, own));
    }
    PutJournal { records, source_segment: own.to_string() }
}

fn record(
    row: &JournalRow,
    (message_id, accepted_at): (MessageId, Timestamp),
    hop: Hop,
    own: State,
) -> JournalRecord {
    let entry = &row.entry;
    let peer = entry.peer.clone().unwrap_or_default();
    let (source, receiver) = match entry.direction {
        Some(Direction::In) => (peer, own.to_string()),
        Some(Direction::Out) | None => (own.to_string(), peer),
    };
    // What an older version stored may hold what XML cannot carry.
    let words = storable(&entry.detail);
    let error_code = entry.code.as_deref().map(storable);
    JournalRecord {
        message: detail(entry, message_id, (&source, &receiver)),
        operation_at: entry.at,
        track_id: message_id.to_urn(),
        accepted_at,
        source,
        receiver,
        status: hop.as_str().to_owned(),
        text: if error_code.is_none() { words.clone() } else { entry.kind.clone() },
        error_text: error_code.is_some().then_some(words),
        error_code,
        id_ref: Some(row.id.to_string()),
    }
}

/// Nothing for an entry of before its action was journalled.
fn detail(
    entry: &JournalDraft,
    message_id: MessageId,
    (source, receiver): (&str, &str),
) -> Option<MessageDetail> {
    let action = storable(entry.action.as_deref()?);
    let parsed: Option<Action> = action.parse().ok();
    let gate = |segment: &str| LogicalAddress::of_gate(segment).to_string();
    let to = entry.to.as_deref().map(storable);
    let to_segment = to.as_deref().and_then(|to| to.parse::<LogicalAddress>().ok());
    Some(MessageDetail {
        message_type: match parsed.as_ref().map(|action| &action.message) {
            Some(MessageCode::Application(_)) => "application",
            Some(MessageCode::Signal(_)) => "signal",
            None => "service",
        }
        .to_owned(),
        process: parsed.map(|action| ProcessInfo {
            message: action.message.to_string(),
            code: action.process,
            version: action.version,
            procedure: action.procedure,
            transaction: action.transaction,
        }),
        action,
        routing: Routing {
            to_segment: to_segment.map_or(receiver.to_owned(), |to| to.segment().to_owned()),
            to: to.unwrap_or_else(|| gate(receiver)),
            reply_to: Some(entry.reply_to.as_deref().map_or_else(|| gate(source), storable)),
            from: None,
            fault_to: None,
            from_segment: source.to_owned(),
        },
        message_id: message_id.to_urn(),
        relates_to: entry.relates_to.map(MessageId::to_urn),
        conversation_id: entry.conversation_id.map(crate::base::ConversationId::to_urn),
        receipt: None,
    })
}

/// A message has a handful of entries; one that is tried for weeks has thousands, of which the latest tell enough.
const ROWS_MAX: u32 = 1_000;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::ConversationId;
    use crate::store::{Store, journal_append};
    use uuid::Uuid;

    const ACTION: &str = "int://CP/P.XP.01/1.0.0/P.XP.01.PRC.001/P.XP.01.TRN.001/";

    fn id(n: u128) -> MessageId {
        MessageId::from_uuid(Uuid::from_u128(n))
    }

    fn entry(
        kind: &str,
        message: u128,
        (peer, direction): (&str, Direction),
        code: Option<&str>,
    ) -> JournalDraft {
        let at = Timestamp::from_millisecond(1_700_000_000_000 + i64::try_from(message).unwrap()).unwrap();
        JournalDraft {
            message_id: Some(id(message)),
            conversation_id: Some(ConversationId::from_uuid(Uuid::from_u128(90))),
            peer: Some(peer.to_owned()),
            direction: Some(direction),
            action: Some(format!("{ACTION}P.XP.01.MSG.001")),
            ..JournalDraft::at(at, kind, "in words").coded(code)
        }
    }

    async fn store() -> (tempfile::TempDir, Store) {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path().join("node.db")).await.unwrap();
        let mut tx = store.begin().await.unwrap();
        let mut sent = entry("sent", 1, ("KZ", Direction::Out), None);
        sent.to = Some("EAEU://KZ/CP/P.XP.01/P.XP.01.ACT.002".to_owned());
        sent.reply_to = Some("EAEU://RU/CP/P.XP.01/P.XP.01.ACT.001".to_owned());
        let mut signal = entry("held", 2, ("KZ", Direction::In), None);
        signal.relates_to = Some(id(1));
        signal.action = Some(format!("{ACTION}P.MSG.RCV"));
        let mut foreign = entry("held", 3, ("BY", Direction::In), None);
        foreign.relates_to = Some(id(1));
        let missed = entry("missed", 1, ("KZ", Direction::Out), Some("wire.unreachable"));
        let inner = entry("parked", 1, ("KZ", Direction::Out), Some("flow.envelope"));
        for draft in [missed, sent, inner, signal, foreign, entry("sent", 4, ("BY", Direction::Out), None)] {
            journal_append(&mut tx, &draft).await.unwrap();
        }
        tx.commit().await.unwrap();
        (folder, store)
    }

    async fn ask(store: &Store, of: JournalOf, find_relates: bool, peer: &str) -> Vec<JournalRecord> {
        let question = GetJournal { of, find_relates };
        let rows = rows_for(&mut store.read().await.unwrap(), &question, peer).await.unwrap();
        put_journal(&rows, peer, State::Ru).records
    }

    #[tokio::test]
    async fn a_peer_is_told_the_events_of_its_own_messages() {
        let (_folder, store) = store().await;
        let told = ask(&store, JournalOf::Message(id(1)), false, "KZ").await;
        let events: Vec<_> = told.iter().map(|record| record.status.as_str()).collect();
        assert_eq!(events, ["timed-out", "sent"], "what is no event of the Decision is not told");
        let [missed, sent] = told.as_slice() else { panic!("{told:?}") };
        assert_eq!((missed.text.as_str(), missed.error_text.as_deref()), ("missed", Some("in words")));
        let routing = &sent.message.as_ref().unwrap().routing;
        assert_eq!((routing.to_segment.as_str(), routing.from_segment.as_str()), ("KZ", "RU"));
        assert_eq!(routing.to, "EAEU://KZ/CP/P.XP.01/P.XP.01.ACT.002");
        assert_eq!(
            missed.message.as_ref().unwrap().routing.to,
            "EAEU://KZ/SR/gate",
            "where it was not at hand"
        );
        assert_eq!(
            (sent.accepted_at, sent.track_id.as_str()),
            (missed.operation_at, id(1).to_urn().as_str())
        );
        let with_answers = ask(&store, JournalOf::Message(id(1)), true, "KZ").await;
        assert_eq!(with_answers.len(), 3);
        let signal = with_answers.last().unwrap();
        assert_eq!((signal.source.as_str(), signal.receiver.as_str()), ("KZ", "RU"));
        assert_eq!(signal.message.as_ref().unwrap().message_type, "signal");
        assert_eq!(ask(&store, JournalOf::Track(id(1)), true, "KZ").await.len(), 2, "D5 App.4 ¶7");
    }

    #[tokio::test]
    async fn a_peer_is_told_nothing_of_the_exchange_with_another() {
        let (_folder, store) = store().await;
        assert_eq!(ask(&store, JournalOf::Message(id(4)), true, "KZ").await, []);
        assert_eq!(ask(&store, JournalOf::Message(id(1)), false, "BY").await, []);
        assert_eq!(ask(&store, JournalOf::Message(id(1)), true, "BY").await.len(), 1, "its own answer alone");
        let choice = JournalChoice { by: JournalBy::All, peer: None, since: None };
        let rows = journal_latest(&mut store.read().await.unwrap(), choice, 99).await.unwrap();
        let told = put_journal(&rows, "KZ", State::Ru);
        assert!(
            told.records.iter().all(|record| [&record.source, &record.receiver].iter().any(|of| *of == "KZ"))
        );
    }
}
