//! Receipts: the last that is kept of a document stands.

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
    assert_eq!(receipt_find(&mut tx, row).await.unwrap(), Some(receipt(b"second")));
    assert!(receipt_told(&mut tx, row).await.unwrap() && !receipt_told(&mut tx, row).await.unwrap());
    receipt_put(&mut tx, row, &receipt(b"third")).await.unwrap();
    assert!(receipt_told(&mut tx, row).await.unwrap(), "another answer is told of again");
    assert_eq!(receipt_find(&mut tx, other).await.unwrap(), None);
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn a_document_is_found_by_its_peer_and_its_id_where_it_came_and_where_it_left() {
    let (_folder, store) = store().await;
    let mut tx = store.begin().await.unwrap();
    let row = inbox_hold(&mut tx, &incoming("kz", 1)).await.unwrap();
    let id = crate::base::DocumentId::from_uuid(Uuid::from_u128(5));
    let digest = crate::base::Digest256([1; 32]);
    ledger_record(&mut tx, "kz", id, digest, row).await.unwrap();
    assert_eq!(ledger_first(&mut tx, "kz", id).await.unwrap(), Some(row));
    assert_eq!(ledger_first(&mut tx, "by", id).await.unwrap(), None);
    let draft = OutboxDraft { document_id: Some(id), ..outgoing("kz", 1) };
    let first = outbox_put(&mut tx, &draft).await.unwrap();
    outbox_put(&mut tx, &draft).await.unwrap();
    let found = outbox_of_document(&mut tx, "kz", id).await.unwrap();
    assert_eq!(found.map(|row| row.id), Some(first));
    assert!(outbox_of_document(&mut tx, "by", id).await.unwrap().is_none());
}
