//! The ledger and the handover: a duplicate is known by its content and has its effect once.

use super::fixture::*;
use crate::base::{Digest256, Verdict};
use crate::store::*;

#[tokio::test]
async fn a_repeat_and_a_conflict_are_told_apart_by_the_digest() {
    let (_folder, store) = store().await;
    let mut tx = store.begin().await.unwrap();
    let first = inbox_hold(&mut tx, &incoming("kz", 1)).await.unwrap();
    let again = inbox_hold(&mut tx, &incoming("kz", 1)).await.unwrap();
    let (ours, other) = (Digest256([1; 32]), Digest256([2; 32]));
    assert_eq!(ledger_record(&mut tx, "kz", document(1), ours, first).await.unwrap(), Seen::New);
    assert_eq!(
        ledger_record(&mut tx, "kz", document(1), ours, again).await.unwrap(),
        Seen::Repeat { inbox_id: first }
    );
    assert_eq!(
        ledger_record(&mut tx, "kz", document(1), other, again).await.unwrap(),
        Seen::Conflict { inbox_id: first }
    );
    assert_eq!(ledger_record(&mut tx, "ru", document(1), other, again).await.unwrap(), Seen::New);
    assert_eq!(ledger_record(&mut tx, "kz", document(2), ours, again).await.unwrap(), Seen::New);
}

#[tokio::test]
async fn a_row_claimed_again_after_its_worker_died_is_not_its_own_repeat() {
    let (_folder, store) = store().await;
    let mut tx = store.begin().await.unwrap();
    let id = inbox_hold(&mut tx, &incoming("kz", 1)).await.unwrap();
    for _ in 0..2 {
        let seen = ledger_record(&mut tx, "kz", document(1), Digest256([1; 32]), id).await.unwrap();
        assert_eq!(seen, Seen::New);
    }
}

#[tokio::test]
async fn answers_are_kept_in_order_and_once() {
    let (_folder, store) = store().await;
    let mut tx = store.begin().await.unwrap();
    let inbox = inbox_hold(&mut tx, &incoming("kz", 1)).await.unwrap();
    let receipt = outbox_put(&mut tx, &outgoing("kz", 1)).await.unwrap();
    let answer = outbox_put(&mut tx, &outgoing("kz", 1)).await.unwrap();
    ledger_record(&mut tx, "kz", document(1), Digest256([1; 32]), inbox).await.unwrap();
    assert_eq!(ledger_answers(&mut tx, "kz", document(1)).await.unwrap(), []);
    ledger_outcome(&mut tx, "kz", document(1), &[answer]).await.unwrap();
    ledger_outcome(&mut tx, "kz", document(1), &[receipt, answer]).await.unwrap();
    assert_eq!(ledger_answers(&mut tx, "kz", document(1)).await.unwrap(), [receipt, answer]);
    assert_eq!(ledger_answers(&mut tx, "ru", document(1)).await.unwrap(), []);
    let unseen = ledger_outcome(&mut tx, "ru", document(1), &[answer]).await;
    let unseen = outcome(&mut tx, unseen).await.unwrap_err();
    assert_eq!(unseen.verdict(), Verdict::Park { code: "store.query" });
}

#[tokio::test]
async fn a_document_is_handed_over_for_the_first_time_once() {
    let (_folder, store) = store().await;
    let mut tx = store.begin().await.unwrap();
    assert_eq!(handover_sum(&mut tx).await.unwrap(), (0, None));
    assert_eq!(handover_record(&mut tx, document(1), at(1)).await.unwrap(), Handover::First);
    assert_eq!(handover_record(&mut tx, document(1), at(2)).await.unwrap(), Handover::AlreadyThere);
    assert_eq!(handover_record(&mut tx, document(2), at(3)).await.unwrap(), Handover::First);
    assert_eq!(handover_sum(&mut tx).await.unwrap(), (2, Some(at(3))));
}
