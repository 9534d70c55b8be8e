//! What a person is told of once.

use super::fixture::*;
use crate::store::*;

#[tokio::test]
async fn a_person_is_told_once_and_what_was_rolled_back_was_not_told() {
    let (_folder, store) = store().await;
    let mut tx = store.begin().await.unwrap();
    assert!(told_once(&mut tx, "it ends", at(1)).await.unwrap());
    assert!(!told_once(&mut tx, "it ends", at(2)).await.unwrap());
    drop(tx);
    let mut tx = store.begin().await.unwrap();
    assert!(told_once(&mut tx, "it ends", at(3)).await.unwrap());
    tx.commit().await.unwrap();
    let mut tx = store.begin().await.unwrap();
    assert!(!told_once(&mut tx, "it ends", at(4)).await.unwrap());
    assert!(told_once(&mut tx, "it has ended", at(4)).await.unwrap());
}
