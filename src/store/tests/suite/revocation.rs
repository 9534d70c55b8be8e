//! Answers about revoked certificates: the latest of each stands.

use super::fixture::*;
use crate::base::Digest256;
use crate::store::*;

fn row(kind: RevocationKind, serial: &str, answer: &[u8], came_at: i64) -> RevocationRow {
    let (serial, answer) = (serial.to_owned(), answer.to_vec());
    RevocationRow { kind, issuer: Digest256([7; 32]), serial, answer, came_at: at(came_at) }
}

#[tokio::test]
async fn the_latest_answer_about_a_certificate_takes_the_place_of_the_one_before() {
    let (_folder, store) = store().await;
    let mut tx = store.begin().await.unwrap();
    let list = row(RevocationKind::List, "", b"list", 10);
    let answer = row(RevocationKind::Answer, "0a", b"good", 10);
    let other = row(RevocationKind::Answer, "0b", b"good", 30);
    for row in [&list, &answer, &other] {
        revocation_put(&mut tx, row).await.unwrap();
    }
    let later = row(RevocationKind::Answer, "0a", b"revoked", 20);
    revocation_put(&mut tx, &later).await.unwrap();
    revocation_put(&mut tx, &answer).await.unwrap();
    assert_eq!(revocation_list(&mut tx).await.unwrap(), [list.clone(), later, other.clone()]);
    assert_eq!(revocation_forget(&mut tx, at(25)).await.unwrap(), 1);
    assert_eq!(revocation_list(&mut tx).await.unwrap(), [list, other]);
    tx.commit().await.unwrap();
}
