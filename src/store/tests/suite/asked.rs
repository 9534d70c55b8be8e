//! Requests of the local system have their effect once; what it was handed keeps its order.

use super::fixture::*;
use crate::base::{Digest256, ProcedureId};
use crate::store::*;

fn request(key: &str, number: u128, digest: u8) -> LocalRequest {
    LocalRequest {
        key: key.to_owned(),
        digest: Digest256([digest; 32]),
        conversation_id: conversation(number),
        document_id: document(number),
        procedure_id: ProcedureId::start(uuid::Uuid::from_u128(number)),
        at: at(7),
    }
}

#[tokio::test]
async fn the_first_request_under_a_key_is_kept() {
    let (_folder, store) = store().await;
    let mut tx = store.begin().await.unwrap();
    assert_eq!(local_request_find(&mut tx, "k").await.unwrap(), None);
    assert!(local_request_put(&mut tx, &request("k", 1, 1)).await.unwrap());
    assert!(!local_request_put(&mut tx, &request("k", 2, 2)).await.unwrap());
    assert_eq!(local_request_find(&mut tx, "k").await.unwrap(), Some(request("k", 1, 1)));
    assert!(local_request_put(&mut tx, &request("K", 3, 1)).await.unwrap(), "another key");
}

async fn numbers(tx: &mut Tx, after: i64, limit: u32) -> Vec<(i64, crate::base::DocumentId)> {
    let page = handover_page(tx, after, limit).await.unwrap();
    page.into_iter().map(|one| (one.number, one.document_id)).collect()
}

#[tokio::test]
async fn what_was_handed_over_is_numbered_without_a_gap_and_for_ever() {
    let (_folder, store) = store().await;
    let mut tx = store.begin().await.unwrap();
    for (number, ms) in [(1, 30), (2, 10), (3, 20)] {
        handover_record(&mut tx, document(number), at(ms)).await.unwrap();
    }
    assert_eq!(numbers(&mut tx, 0, 10).await, [], "nobody asked yet");
    assert_eq!(handover_number(&mut tx, 2).await.unwrap(), 2);
    assert_eq!(numbers(&mut tx, 0, 10).await, [(1, document(2)), (2, document(3))]);
    // one that is older and commits later comes later, and changes nothing before it
    handover_record(&mut tx, document(4), at(1)).await.unwrap();
    assert_eq!(handover_number(&mut tx, 10).await.unwrap(), 2);
    assert_eq!(handover_number(&mut tx, 10).await.unwrap(), 0);
    let all = [(1, document(2)), (2, document(3)), (3, document(4)), (4, document(1))];
    assert_eq!(numbers(&mut tx, 0, 10).await, all);
    assert_eq!(numbers(&mut tx, 1, 2).await, all[1..3]);
    assert_eq!(numbers(&mut tx, 4, 2).await, []);
}

#[tokio::test]
async fn what_the_local_system_has_never_goes_back_nor_beyond_what_there_is() {
    let (_folder, store) = store().await;
    let mut tx = store.begin().await.unwrap();
    for number in 1..=3 {
        handover_record(&mut tx, document(number), at(1)).await.unwrap();
    }
    handover_number(&mut tx, 10).await.unwrap();
    assert_eq!(handover_acknowledged(&mut tx).await.unwrap(), 0);
    assert!(handover_acknowledge(&mut tx, 2).await.unwrap());
    assert!(!handover_acknowledge(&mut tx, 4).await.unwrap(), "there is none");
    assert!(!handover_acknowledge(&mut tx, -1).await.unwrap());
    assert!(handover_acknowledge(&mut tx, 1).await.unwrap());
    assert_eq!(handover_acknowledged(&mut tx).await.unwrap(), 2);
}

#[tokio::test]
async fn those_who_number_at_once_give_no_number_twice() {
    let (_folder, store) = store().await;
    let mut tx = store.begin().await.unwrap();
    for number in 1..=200 {
        handover_record(&mut tx, document(number), at(1)).await.unwrap();
    }
    tx.commit().await.unwrap();
    let mut going = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let store = store.clone();
        going.spawn(async move {
            let mut tx = store.begin().await.unwrap();
            let count = handover_number(&mut tx, 40).await.unwrap();
            tx.commit().await.unwrap();
            count
        });
    }
    let mut sum = 0;
    while let Some(count) = going.join_next().await {
        sum += count.unwrap();
    }
    let mut tx = store.begin().await.unwrap();
    let all = numbers(&mut tx, 0, 1000).await;
    assert_eq!(sum, 200);
    assert!(all.iter().map(|(number, _)| *number).eq(1..=200), "{all:?}");
}
