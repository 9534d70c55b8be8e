//! Messages by time, whoever looks for them: pages, choices, ids.

use super::fixture::*;
use crate::base::{Digest256, MessageId, ProcedureId};
use crate::store::*;
use jiff::Timestamp;
use std::collections::BTreeSet;
use uuid::Uuid;

const ALL: MessageChoice<'static> =
    MessageChoice { by: MessageBy::All, peer: None, direction: None, state: None, sort: None, since: None };

fn left(peer: &str, ms: i64) -> OutboxDraft {
    let second = u128::try_from(ms).unwrap();
    OutboxDraft { created_at: at(ms), document_id: Some(document(1_000 + second)), ..outgoing(peer, second) }
}

fn came(peer: &str, ms: i64) -> InboxDraft {
    let second = u128::try_from(ms).unwrap();
    InboxDraft {
        received_at: at(ms),
        message_id: Some(message(5_000 + second)),
        action: "int://CP/P.XP.01/1.0.0/P.XP.01.PRC.001/P.XP.01.TRN.001/P.XP.01.MSG.002".to_owned(),
        ..incoming(peer, second)
    }
}

async fn page(store: &Store, choice: &MessageChoice<'_>, after: Option<MessagePlace>) -> MessagePage {
    message_page(&mut store.read().await.unwrap(), choice, after, 10).await.unwrap()
}

async fn walked(store: &Store, choice: &MessageChoice<'_>) -> Vec<String> {
    let (mut all, mut after) = (Vec::new(), None);
    loop {
        let found = page(store, choice, after).await;
        all.extend(found.rows.iter().map(|row| row.id.to_string()));
        match found.next {
            // as a page carries it
            Some(next) => after = Some(next.to_string().parse().unwrap()),
            None => return all,
        }
    }
}

#[tokio::test]
async fn both_queues_are_one_list_with_the_newest_first() {
    let (_folder, store) = store().await;
    let mut tx = store.begin().await.unwrap();
    for ms in [10, 30, 30] {
        outbox_put(&mut tx, &left("KZ", ms)).await.unwrap();
    }
    for ms in [20, 30, 40] {
        inbox_hold(&mut tx, &came("BY", ms)).await.unwrap();
    }
    tx.commit().await.unwrap();
    let found = page(&store, &ALL, None).await;
    let ids: Vec<_> = found.rows.iter().map(|row| row.id.to_string()).collect();
    assert_eq!(ids, ["in_3", "out_3", "out_2", "in_2", "in_1", "out_1"]);
    assert_eq!((found.next, found.looked_until), (None, None));
    let first = &found.rows[0];
    assert_eq!((first.peer.as_str(), first.state, first.sort), ("BY", "held", MessageSort::Application));
    assert_eq!(first.message_id, Some(message(5_040)));
    assert!("1.7.3".parse::<MessagePlace>().is_err() && "x".parse::<MessagePlace>().is_err());
}

#[tokio::test]
async fn each_choice_finds_its_own() {
    let (_folder, store) = store().await;
    let mut tx = store.begin().await.unwrap();
    let parked = outbox_put(&mut tx, &left("KZ", 10)).await.unwrap();
    let sent = outbox_put(&mut tx, &left("BY", 20)).await.unwrap();
    force(&mut tx, "outbox", parked.0, "parked").await;
    force(&mut tx, "outbox", sent.0, "sent").await;
    delivery_put(&mut tx, message(77), sent, at(25)).await.unwrap();
    delivery_put(&mut tx, message(78), sent, at(26)).await.unwrap();
    let held = inbox_hold(&mut tx, &came("KZ", 30)).await.unwrap();
    let mut signal = came("KZ", 40);
    signal.action = "int://CP/P.XP.01/1.0.0/P/T/P.MSG.RCV".to_owned();
    let signal = inbox_hold(&mut tx, &signal).await.unwrap();
    force(&mut tx, "inbox", signal.0, "settled").await;
    let mut fault = came("BY", 50);
    (fault.action, fault.conversation_id) = (String::new(), None);
    fault.arrival = Arrival::Returned { code: "wire.header".to_owned() };
    inbox_hold(&mut tx, &fault).await.unwrap();
    ledger_record(&mut tx, "KZ", document(9), fault.digest, held).await.unwrap();
    let mut entry = JournalDraft::at(at(30), "held", "");
    entry.conversation_id = Some(conversation(30));
    entry.procedure_id = Some(ProcedureId::start(Uuid::from_u128(42)));
    journal_append(&mut tx, &entry).await.unwrap();
    tx.commit().await.unwrap();
    let procedure = ProcedureId::start(Uuid::from_u128(42));
    for (choice, wanted) in [
        (MessageChoice { peer: Some("KZ"), ..ALL }, &["in_2", "in_1", "out_1"][..]),
        (MessageChoice { direction: Some(Direction::Out), ..ALL }, &["out_2", "out_1"]),
        (MessageChoice { state: Some("parked"), ..ALL }, &["out_1"]),
        (MessageChoice { state: Some("returned"), ..ALL }, &["in_3"]),
        (MessageChoice { state: Some("held"), ..ALL }, &["in_1"]),
        (MessageChoice { state: Some("settled"), peer: Some("KZ"), ..ALL }, &["in_2"]),
        (MessageChoice { state: Some("sent"), peer: Some("KZ"), ..ALL }, &[]),
        (MessageChoice { state: Some("nonsense"), ..ALL }, &[]),
        (MessageChoice { sort: Some(MessageSort::Signal), ..ALL }, &["in_2"]),
        (MessageChoice { sort: Some(MessageSort::Fault), ..ALL }, &["in_3"]),
        (MessageChoice { since: Some(at(30)), ..ALL }, &["in_3", "in_2", "in_1"]),
        (MessageChoice { by: MessageBy::Message(message(77)), ..ALL }, &["out_2"]),
        (MessageChoice { by: MessageBy::Message(message(5_050)), ..ALL }, &["in_3"]),
        (MessageChoice { by: MessageBy::Conversation(conversation(10)), ..ALL }, &["out_1"]),
        (MessageChoice { by: MessageBy::Procedure(&procedure), ..ALL }, &["in_1"]),
        (MessageChoice { by: MessageBy::Document(document(9)), ..ALL }, &["in_1"]),
        (MessageChoice { by: MessageBy::Document(document(1_020)), ..ALL }, &["out_2"]),
        (MessageChoice { by: MessageBy::Message(message(1)), ..ALL }, &[]),
    ] {
        assert_eq!(walked(&store, &choice).await, wanted, "{choice:?}");
    }
    let mut tx = store.read().await.unwrap();
    let row = message_find(&mut tx, RowId::Outbox(sent)).await.unwrap().unwrap();
    assert_eq!(row.message_id, Some(message(78)), "that of the last try");
    assert_eq!(
        deliveries_of(&mut tx, sent, 9).await.unwrap(),
        [(message(77), at(25)), (message(78), at(26))]
    );
    let row = message_find(&mut tx, RowId::Inbox(held)).await.unwrap().unwrap();
    assert_eq!(row.document_id, Some(document(9)), "out of the ledger");
    assert_eq!(message_find(&mut tx, RowId::Inbox(InboxId(99))).await.unwrap(), None);
}

/// What is rare is found by going on: each page looks at so many rows and says how far.
#[tokio::test]
async fn a_walk_that_finds_little_says_how_far_it_looked() {
    let (_folder, store) = store().await;
    let mut tx = store.begin().await.unwrap();
    let mut rare = came("KZ", 0);
    rare.action = String::new();
    inbox_hold(&mut tx, &rare).await.unwrap();
    for ms in 1..=5_050 {
        inbox_hold(&mut tx, &came("KZ", ms)).await.unwrap();
    }
    tx.commit().await.unwrap();
    let choice = MessageChoice { sort: Some(MessageSort::Fault), ..ALL };
    let first = page(&store, &choice, None).await;
    assert_eq!((first.rows.len(), first.looked_until), (0, Some(at(51))));
    let second = page(&store, &choice, first.next).await;
    assert_eq!(second.rows.len(), 1);
    assert_eq!((second.next, second.looked_until), (None, None));
}

/// Whatever comes meanwhile, whoever walks meets each row once that was there when he began.
#[tokio::test]
async fn the_cursor_walks_every_row_once_while_rows_arrive() {
    for seed in 0..6_u64 {
        let (_folder, store) = store().await;
        let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(99);
        let mut dice = move |below: u64| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) % below
        };
        let mut now = 0_i64;
        let mut arrive = async |count: u64, dice: &mut dyn FnMut(u64) -> u64| {
            let mut tx = store.begin().await.unwrap();
            let mut ids = Vec::new();
            for _ in 0..count {
                now += i64::try_from(dice(3)).unwrap(); // many of one millisecond
                let peer = ["KZ", "BY", "RU"][usize::try_from(dice(3)).unwrap()];
                ids.push(match dice(2) {
                    0 => outbox_put(&mut tx, &left(peer, now)).await.unwrap().to_string(),
                    _ => inbox_hold(&mut tx, &came(peer, now)).await.unwrap().to_string(),
                });
            }
            tx.commit().await.unwrap();
            now += 1;
            ids
        };
        let there: BTreeSet<String> = arrive(60 + seed, &mut dice).await.into_iter().collect();
        let choice = match seed % 3 {
            0 => ALL,
            1 => MessageChoice { sort: Some(MessageSort::Application), ..ALL },
            _ => MessageChoice { peer: Some("KZ"), ..ALL },
        };
        let wanted: BTreeSet<String> = walked(&store, &choice).await.into_iter().collect();
        assert!(choice != ALL || wanted == there);
        let (mut met, mut after) = (Vec::new(), None);
        loop {
            let limit = u32::try_from(1 + dice(9)).unwrap();
            let mut tx = store.read().await.unwrap();
            let found = message_page(&mut tx, &choice, after, limit).await.unwrap();
            drop(tx);
            met.extend(found.rows.iter().map(|row| row.id.to_string()));
            let more = 1 + dice(5);
            arrive(more, &mut dice).await;
            match found.next {
                Some(next) => after = Some(next),
                None => break,
            }
        }
        let once: BTreeSet<String> = met.iter().cloned().collect();
        assert_eq!(once.len(), met.len(), "seed {seed}: a row was met twice");
        assert_eq!(once, wanted, "seed {seed}");
    }
}

#[tokio::test]
async fn the_past_of_a_bench_is_one_that_a_node_would_have() {
    let (_folder, store) = store().await;
    let past: Vec<PastExchange> = (0..3_u128).map(past).collect();
    let mut tx = store.begin().await.unwrap();
    bulk_put(&mut tx, 1, &past).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(walked(&store, &ALL).await.len(), 18);
    let answer = MessageChoice { by: MessageBy::Document(document(2_001)), ..ALL };
    assert_eq!(walked(&store, &answer).await, ["in_6"]);
    let mut tx = store.read().await.unwrap();
    let of: Vec<_> = person_refs(&mut tx, &[Digest256([1; 32])], 9).await.unwrap();
    assert_eq!(of.len(), 2);
    let day = figure_first(&mut tx).await.unwrap().unwrap();
    let rows = figure_count(&mut tx, day).await.unwrap();
    let number =
        |measure: &str| rows.iter().filter(|row| row.measure == measure).map(|row| row.number).sum::<i64>();
    assert_eq!((number("out-application"), number("in-signal"), number("asked-met")), (3, 6, 2));
    assert_eq!(number("asked-failed"), 1);
    let faults = figure_faults(&mut tx, Timestamp::UNIX_EPOCH).await.unwrap();
    assert_eq!(faults, [("KZ".to_owned(), "returned".to_owned(), "rules.content".to_owned(), 1)]);
}

fn past(n: u128) -> PastExchange {
    let action = |code: &str| format!("int://CP/P.XP.01/1.0.0/P.XP.01.PRC.001/P.XP.01.TRN.001/{code}");
    let ids: [MessageId; 6] = [0, 1, 2, 3, 4, 5].map(|place| message(10_000 + n * 10 + place));
    PastExchange {
        peer: "KZ".to_owned(),
        conversation_id: conversation(n),
        procedure_id: ProcedureId::start(Uuid::from_u128(n)),
        documents: [document(1_000 + n), document(2_000 + n)],
        messages: ids,
        began_at: at(i64::try_from(n).unwrap() * 10),
        took_ms: 300,
        body: b"<a/>".to_vec(),
        subjects: vec![Digest256([u8::try_from(n).unwrap(); 32])],
        code: (n == 2).then(|| "rules.content".to_owned()),
        actions: [
            action("P.XP.01.MSG.001"),
            action("P.XP.01.MSG.002"),
            action("P.MSG.RCV"),
            action("P.MSG.PRS"),
        ],
    }
}
