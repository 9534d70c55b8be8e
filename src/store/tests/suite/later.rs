//! What a transaction puts off: seen by what is asked in it, in its order, and durable with it or not at all.

use super::fixture::*;
use crate::store::*;

fn said(number: i64) -> JournalDraft {
    JournalDraft::at(at(number), format!("kind{number}"), "said")
}

async fn kinds(store: &Store) -> Vec<String> {
    let mut tx = store.read().await.unwrap();
    let rows = journal_list(&mut tx, JournalBy::All, 0, 99).await.unwrap();
    rows.into_iter().map(|row| row.entry.kind).collect()
}

#[tokio::test]
async fn what_is_put_off_is_durable_with_the_commit_in_its_order() {
    let (_folder, store) = store().await;
    let mut tx = store.begin().await.unwrap();
    for number in 1..=20 {
        journal_append(&mut tx, &said(number)).await.unwrap();
    }
    handover_put(&mut tx, document(1), at(1)).await.unwrap();
    assert_eq!(kinds(&store).await, [""; 0]);
    tx.commit().await.unwrap();
    let expected: Vec<String> = (1..=20).map(|number| format!("kind{number}")).collect();
    assert_eq!(kinds(&store).await, expected);
    let mut tx = store.begin().await.unwrap();
    handover_put(&mut tx, document(1), at(2)).await.unwrap();
    tx.commit().await.unwrap(); // it is there already
    assert_eq!(handover_sum(&mut store.read().await.unwrap()).await.unwrap(), (1, Some(at(1))));
    store.begin().await.unwrap().commit().await.unwrap(); // of nothing
}

#[tokio::test]
async fn what_is_put_off_leaves_no_trace_without_a_commit() {
    let (_folder, store) = store().await;
    let mut tx = store.begin().await.unwrap();
    journal_append(&mut tx, &said(1)).await.unwrap();
    drop(tx);
    let mut tx = store.begin().await.unwrap();
    let id = outbox_put(&mut tx, &outgoing("kz", 1)).await.unwrap();
    delivery_put(&mut tx, message(1), id, at(1)).await.unwrap();
    journal_append(&mut tx, &said(2)).await.unwrap();
    drop(tx);
    assert_eq!(kinds(&store).await, [""; 0]);
    assert_eq!(delivery_find(&mut store.read().await.unwrap(), message(1)).await.unwrap(), None);
}

#[tokio::test]
async fn what_cannot_be_inserted_takes_all_of_its_transaction_with_it() {
    let (_folder, store) = store().await;
    let mut tx = store.begin().await.unwrap();
    let id = outbox_put(&mut tx, &outgoing("kz", 1)).await.unwrap();
    delivery_put(&mut tx, message(1), id, at(1)).await.unwrap();
    tx.commit().await.unwrap();
    let mut tx = store.begin().await.unwrap();
    journal_append(&mut tx, &said(1)).await.unwrap();
    let twice = delivery_put(&mut tx, message(1), id, at(2)).await;
    let refused = match twice {
        Ok(()) => tx.commit().await,
        Err(error) => Err(error),
    };
    assert!(refused.is_err(), "a message id stands once");
    assert_eq!(kinds(&store).await, [""; 0]);
}

#[tokio::test]
async fn a_move_goes_with_what_was_put_off_and_is_refused_as_ever() {
    let (_folder, store) = store().await;
    let mut tx = store.begin().await.unwrap();
    let id = inbox_hold(&mut tx, &incoming("kz", 1)).await.unwrap();
    inbox_claim(&mut tx, at(0), at(9), 1, &[]).await.unwrap();
    journal_append(&mut tx, &said(1)).await.unwrap();
    inbox_settled(&mut tx, id).await.unwrap();
    let begun = JournalDraft { peer: Some("kz".to_owned()), ..said(2) };
    journal_append(&mut tx, &begun).await.unwrap();
    assert!(inbox_settled(&mut tx, id).await.is_err(), "it is settled");
    tx.commit().await.unwrap();
    assert_eq!(kinds(&store).await, ["kind1", "kind2"]);
    let found = inbox_find(&mut store.read_single().await.unwrap(), id).await.unwrap();
    assert_eq!(found.unwrap().state, InboxState::Settled);
}

#[tokio::test]
async fn a_message_that_is_held_alone_is_there_with_its_entry() {
    let (_folder, store) = store().await;
    let draft = incoming("kz", 1);
    let mut tx = store.begin().await.unwrap();
    journal_append(&mut tx, &said(1)).await.unwrap();
    inbox_hold_alone(&mut tx, &draft).await.unwrap();
    tx.commit().await.unwrap();
    let mut tx = store.begin().await.unwrap();
    inbox_hold_alone(&mut tx, &draft).await.unwrap();
    assert_eq!(
        inbox_counts(&mut tx).await.unwrap()[&InboxState::Held],
        2,
        "it is seen by what is asked next"
    );
    drop(tx);
    let mut tx = store.begin_single().await.unwrap();
    let rows = inbox_claim(&mut tx, at(0), at(9), 9, &[]).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(rows.iter().map(|row| &row.raw).collect::<Vec<_>>(), [&draft.raw]);
    assert_eq!(inbox_counts(&mut store.read().await.unwrap()).await.unwrap()[&InboxState::Leased], 1);
    assert_eq!(kinds(&store).await, ["kind1"]);
}
