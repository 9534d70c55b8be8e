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
    let mut second = JournalDraft::at(at(1), "message.settled", "settled");
    second.message_id = Some(message(1));
    let third = JournalDraft::at(at(2), "node.started", "");
    let mut places = Vec::new();
    for entry in [&first, &second, &third] {
        places.push(journal_append(&mut tx, entry).await.unwrap());
    }
    assert!(places.is_sorted());
    for (by, expected) in [
        (JournalBy::All, vec![&first, &second, &third]),
        (JournalBy::Message(message(1)), vec![&first, &second]),
        (JournalBy::Conversation(conversation(2)), vec![&first]),
        (JournalBy::Document(document(3)), vec![&first]),
        (JournalBy::Peer("kz"), vec![&first]),
        (JournalBy::Peer(""), vec![]),
        (JournalBy::Message(message(9)), vec![]),
    ] {
        let rows = journal_list(&mut tx, by, 0, 9).await.unwrap();
        assert_eq!(rows.iter().map(|row| &row.entry).collect::<Vec<_>>(), expected, "{by:?}");
    }
    let page = journal_list(&mut tx, JournalBy::All, places[0], 1).await.unwrap();
    assert_eq!(page.iter().map(|row| row.id).collect::<Vec<_>>(), [places[1]]);
}
