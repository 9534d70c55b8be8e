//! Receipts: the first that is kept of a document stands.

use super::fixture::*;
use crate::store::*;
use uuid::Uuid;

#[tokio::test]
async fn the_answer_of_a_third_party_is_kept_once_beside_its_document() {
    let (_folder, store) = store().await;
    let mut tx = store.begin().await.unwrap();
    let row = inbox_hold(&mut tx, &incoming("kz", 1)).await.unwrap();
    let other = inbox_hold(&mut tx, &incoming("kz", 2)).await.unwrap();
    let receipt = |answer: &[u8]| Receipt {
        question: Uuid::from_u128(7),
        asked_at: at(10),
        answer: answer.to_vec(),
        came_at: at(20),
    };
    receipt_put(&mut tx, row, &receipt(b"first")).await.unwrap();
    receipt_put(&mut tx, row, &receipt(b"second")).await.unwrap();
    assert_eq!(receipt_find(&mut tx, row).await.unwrap(), Some(receipt(b"first")));
    assert_eq!(receipt_find(&mut tx, other).await.unwrap(), None);
    tx.commit().await.unwrap();
}
