//! The journal: in order, found by each id.

use super::fixture::*;
use crate::store::*;

#[tokio::test]
async fn entries_are_listed_in_order_by_each_id() {
    let (_folder, store) = store().await;
    let mut tx = store.begin().await.unwrap();
    let mut first = JournalDraft::at(at(1), "message.held", "held");
    first.message_id = Some(message(1));
    first.conversation_id = Some(conversation(2));
    first.document_id = Some(document(3));
    first.peer = Some("kz".to_owned());
    first.code = Some("rules.schema".to_owned());
    let procedure = outgoing("kz", 2).procedure_id;
    let mut second = JournalDraft::at(at(1), "message.settled", "settled");
    second.message_id = Some(message(1));
    second.procedure_id = Some(procedure.clone());
    second.relates_to = Some(message(7));
    let third = JournalDraft::at(at(2), "node.started", "");
    let mut places = Vec::new();
    for entry in [&first, &second, &third] {
        journal_append(&mut tx, entry).await.unwrap();
        places.push(journal_last(&mut tx).await.unwrap());
    }
    assert!(places.is_sorted());
    for (by, expected) in [
        (JournalBy::All, vec![&first, &second, &third]),
        (JournalBy::Message(message(1)), vec![&first, &second]),
        (JournalBy::Conversation(conversation(2)), vec![&first]),
        (JournalBy::Document(document(3)), vec![&first]),
        (JournalBy::Procedure(&procedure), vec![&second]),
        (JournalBy::RelatesTo(message(7)), vec![&second]),
        (JournalBy::Peer("kz"), vec![&first]),
        (JournalBy::Peer(""), vec![]),
        (JournalBy::Message(message(9)), vec![]),
    ] {
        let rows = journal_list(&mut tx, by, 0, 9).await.unwrap();
        assert_eq!(rows.iter().map(|row| &row.entry).collect::<Vec<_>>(), expected, "{by:?}");
        let choice = JournalChoice { by, peer: None, since: None };
        assert_eq!(journal_latest(&mut tx, choice, 9).await.unwrap(), rows, "{by:?}");
    }
    let choice = JournalChoice { by: JournalBy::All, peer: None, since: None };
    let latest = journal_latest(&mut tx, choice, 2).await.unwrap();
    assert_eq!(latest.iter().map(|row| &row.entry).collect::<Vec<_>>(), [&second, &third]);
    let since = JournalChoice { since: Some(at(2)), ..choice };
    assert_eq!(journal_latest(&mut tx, since, 9).await.unwrap().len(), 1);
    let with_peer = JournalChoice { by: JournalBy::Message(message(1)), peer: Some("kz"), since: None };
    assert_eq!(journal_latest(&mut tx, with_peer, 9).await.unwrap().len(), 1);
    let page = journal_list(&mut tx, JournalBy::All, places[0], 1).await.unwrap();
    assert_eq!(page.iter().map(|row| row.id).collect::<Vec<_>>(), [places[1]]);
}

#[tokio::test]
async fn an_entry_keeps_all_that_its_message_says() {
    let (_folder, store) = store().await;
    let mut tx = store.begin().await.unwrap();
    let sent = outgoing("KZ", 2);
    let about_sent = JournalDraft::at(at(1), "sent", "gone")
        .coded(Some("wire.fault"))
        .of_outbox(&sent, Some(message(8)))
        .on_the_way(Some("EAEU://KZ/SR/gate"), Some("EAEU://RU/SR/gate"));
    let came = incoming("KZ", 2);
    let id = inbox_hold(&mut tx, &came).await.unwrap();
    let row = inbox_find(&mut tx, id).await.unwrap().unwrap();
    let about_row = JournalDraft::at(at(2), "settled", "").of_inbox(&row);
    assert_eq!(about_row, JournalDraft::at(at(2), "settled", "").of_arrival(&came));
    for entry in [&about_sent, &about_row] {
        journal_append(&mut tx, entry).await.unwrap();
    }
    let found = journal_list(&mut tx, JournalBy::All, 0, 9).await.unwrap();
    assert_eq!(found.iter().map(|row| &row.entry).collect::<Vec<_>>(), [&about_sent, &about_row]);
    assert_eq!(about_sent.procedure_id.as_ref(), Some(&sent.procedure_id));
    assert_eq!((about_sent.relates_to, about_sent.document_id), (sent.relates_to, sent.document_id));
    assert_eq!((about_sent.direction, about_row.direction), (Some(Direction::Out), Some(Direction::In)));
    assert_eq!(about_row.action.as_deref(), Some("P.XP.01.MSG.002"));
}

#[tokio::test]
async fn a_peers_words_can_neither_stop_an_entry_nor_act_on_a_terminal() {
    let (_folder, store) = store().await;
    let mut tx = store.begin().await.unwrap();
    let rude = "a\u{0}b\u{1b}[2J\n\u{202e}c\u{9b}";
    let mut entry = JournalDraft::at(at(1), "faulted", format!("{rude}{}", "я".repeat(5_000)));
    assert!(entry.detail.starts_with("a\u{fffd}b\u{fffd}[2J \u{fffd}c\u{fffd}яя"), "{entry:?}");
    assert!(
        entry.detail.ends_with("я… (cut; 10014 bytes in all)") && entry.detail.len() < 4_000,
        "{}",
        entry.detail
    );
    let zeros = JournalDraft::at(at(1), "x", "\u{0}".repeat(4_000)).detail;
    assert_eq!(JournalDraft::at(at(1), "x", zeros.clone()).detail, zeros, "cut once, it is as it is stored");
    entry.peer = Some(rude.to_owned());
    entry.code = Some(rude.to_owned());
    entry.action = Some(rude.to_owned());
    entry.to = Some(rude.to_owned());
    entry.reply_to = Some(rude.to_owned());
    journal_append(&mut tx, &entry).await.unwrap();
    let found = journal_list(&mut tx, JournalBy::All, 0, 9).await.unwrap();
    assert_eq!(found[0].entry.detail, entry.detail, "what the draft shows is what is stored");
    let clean = Some("a\u{fffd}b\u{fffd}[2J \u{fffd}c\u{fffd}".to_owned());
    let stored = &found[0].entry;
    for text in [&stored.peer, &stored.code, &stored.action, &stored.to, &stored.reply_to] {
        assert_eq!(*text, clean);
    }
}

#[tokio::test]
async fn entries_of_one_transaction_stand_in_their_order_however_many_and_go_with_it() {
    let (_folder, store) = store().await;
    for count in [1, 2, 15, 16, 17, 40] {
        let mut tx = store.begin().await.unwrap();
        let before = journal_last(&mut tx).await.unwrap();
        for number in 0..count {
            let entry = JournalDraft::at(at(number), "node.started", number.to_string());
            journal_append(&mut tx, &entry).await.unwrap();
        }
        tx.commit().await.unwrap();
        let mut tx = store.begin().await.unwrap();
        journal_append(&mut tx, &JournalDraft::at(at(0), "node.stopped", "undone")).await.unwrap();
        drop(tx);
        let mut tx = store.read().await.unwrap();
        let rows = journal_list(&mut tx, JournalBy::All, before, 99).await.unwrap();
        let told: Vec<i64> = rows.iter().map(|row| row.entry.detail.parse().unwrap()).collect();
        assert_eq!(told, (0..count).collect::<Vec<_>>());
    }
}
