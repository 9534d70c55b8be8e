//! Answers about revoked certificates: the latest of each stands.

use super::fixture::*;
use crate::base::Digest256;
use crate::store::*;

fn row(
    kind: RevocationKind,
    serial: &str,
    answer: &[u8],
    (this_update, came_at): (i64, i64),
) -> RevocationRow {
    let (serial, answer) = (serial.to_owned(), answer.to_vec());
    let (this_update, came_at) = (at(this_update), at(came_at));
    RevocationRow { kind, issuer: Digest256([7; 32]), serial, answer, this_update, came_at }
}

#[tokio::test]
async fn the_latest_answer_about_a_certificate_takes_the_place_of_the_one_before() {
    let (_folder, store) = store().await;
    let mut tx = store.begin().await.unwrap();
    let list = row(RevocationKind::List, "", b"list", (1, 10));
    let answer = row(RevocationKind::Answer, "0a", b"good", (2, 10));
    let other = row(RevocationKind::Answer, "0b", b"good", (2, 30));
    for row in [&list, &answer, &other] {
        revocation_put(&mut tx, row).await.unwrap();
    }
    let later = row(RevocationKind::Answer, "0a", b"revoked", (3, 20));
    revocation_put(&mut tx, &later).await.unwrap();
    let late = row(RevocationKind::Answer, "0a", b"good", (2, 40)); // by way of a source that lags behind
    revocation_put(&mut tx, &late).await.unwrap();
    assert_eq!(revocation_list(&mut tx).await.unwrap(), [list.clone(), later, other.clone()]);
    assert_eq!(revocation_forget(&mut tx, at(25)).await.unwrap(), 1);
    assert_eq!(revocation_list(&mut tx).await.unwrap(), [list, other]);
    tx.commit().await.unwrap();
}
