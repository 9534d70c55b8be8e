//! Documents by person: notes that tell nothing, and progress that survives a stop.

use super::fixture::*;
use crate::base::Digest256;
use crate::store::*;

fn of(n: u128, ms: i64) -> PersonRef {
    PersonRef { document_id: document(n), conversation_id: Some(conversation(n)), at: at(ms) }
}

#[tokio::test]
async fn a_person_is_found_by_any_of_his_digests_and_each_document_once() {
    let (_folder, store) = store().await;
    let [number, name, other] = [1, 2, 3].map(|octet| Digest256([octet; 32]));
    let mut tx = store.begin().await.unwrap();
    person_ref_put(&mut tx, &[number, name], &of(1, 10)).await.unwrap();
    person_ref_put(&mut tx, &[name], &of(2, 30)).await.unwrap();
    person_ref_put(&mut tx, &[other], &of(3, 20)).await.unwrap();
    tx.commit().await.unwrap();
    let mut tx = store.begin().await.unwrap();
    person_ref_put(&mut tx, &[number], &of(1, 99)).await.unwrap();
    let found = person_refs(&mut tx, &[number, name], 9).await.unwrap();
    assert_eq!(found, [of(2, 30), of(1, 10)], "the first note of a document stays");
    assert_eq!(person_refs(&mut tx, &[number, name], 1).await.unwrap(), [of(2, 30)]);
    assert_eq!(person_forget(&mut tx, &[number, name]).await.unwrap(), 3);
    assert_eq!(person_refs(&mut tx, &[number, name], 9).await.unwrap(), []);
    assert_eq!(person_refs(&mut tx, &[other], 9).await.unwrap(), [of(3, 20)]);
}

#[tokio::test]
async fn noting_what_was_here_before_goes_on_where_it_was() {
    let (_folder, store) = store().await;
    let mut tx = store.begin().await.unwrap();
    let fill = person_fill(&mut tx).await.unwrap();
    assert!(fill.iter().all(|fill| fill.place == fill.last), "an empty database has no before: {fill:?}");
    for number in 1..=5 {
        let mut draft = outgoing("KZ", number);
        draft.kind = if number == 3 { OutboxKind::Signal } else { OutboxKind::Application };
        outbox_put(&mut tx, &draft).await.unwrap();
    }
    tamper(&mut tx, "UPDATE person_fill SET last = 4 WHERE side = 'out'").await;
    let rows = person_fill_rows(&mut tx, Direction::Out, (0, 4), 2).await.unwrap();
    assert_eq!(rows, [1, 2]);
    assert_eq!(person_fill_rows(&mut tx, Direction::Out, (2, 4), 9).await.unwrap(), [4]);
    let at = *person_fill(&mut tx).await.unwrap().iter().find(|fill| fill.side == Direction::Out).unwrap();
    assert!(person_fill_move(&mut tx, at, 2, 1).await.unwrap());
    assert!(!person_fill_move(&mut tx, at, 3, 1).await.unwrap(), "another replica was faster");
    let now = *person_fill(&mut tx).await.unwrap().iter().find(|fill| fill.side == Direction::Out).unwrap();
    assert_eq!((now.place, now.last, now.unread), (2, 4, 1));
    assert_eq!(person_fill_rows(&mut tx, Direction::In, (0, 9), 9).await.unwrap(), Vec::<i64>::new());
}
