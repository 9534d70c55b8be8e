//! Time stamps: each document is put down for one when it is stored, and is stamped once.

use super::fixture::*;
use crate::store::*;
use uuid::Uuid;

async fn came(tx: &mut Tx, number: u128) -> PartOf {
    let row = inbox_hold(tx, &incoming("kz", number)).await.unwrap();
    let id = crate::base::DocumentId::from_uuid(Uuid::from_u128(number));
    ledger_record(tx, "kz", id, crate::base::Digest256([1; 32]), row).await.unwrap();
    PartOf::Inbox(row)
}

fn kept(record: &[u8], good_until: i64) -> KeptStamp {
    KeptStamp { record: record.to_vec(), stamped_at: at(10), good_until: at(good_until) }
}

#[tokio::test]
async fn a_document_waits_for_its_stamp_from_when_it_is_verified_or_leaves_and_a_signal_for_none() {
    let (_folder, store) = store().await;
    let mut tx = store.begin().await.unwrap();
    inbox_hold(&mut tx, &incoming("kz", 8)).await.unwrap();
    let signal = OutboxDraft { document_id: None, kind: OutboxKind::Signal, ..outgoing("kz", 1) };
    outbox_put(&mut tx, &signal).await.unwrap();
    let first = came(&mut tx, 1).await;
    let second = PartOf::Outbox(outbox_put(&mut tx, &outgoing("kz", 1)).await.unwrap());
    let third = came(&mut tx, 2).await;
    let claimed = time_stamp_claim(&mut tx, at(0), at(100), 2).await.unwrap();
    assert_eq!(claimed, [first, third], "what came stands before what leaves");
    assert_eq!(time_stamp_claim(&mut tx, at(50), at(100), 9).await.unwrap(), [second]);
    assert_eq!(time_stamp_claim(&mut tx, at(50), at(100), 9).await.unwrap(), [], "all are leased");
    time_stamp_free(&mut tx, second, at(50)).await.unwrap();
    assert_eq!(time_stamp_claim(&mut tx, at(50), at(100), 9).await.unwrap(), [second]);
    time_stamp_put(&mut tx, first, &kept(b"first", 1_000)).await.unwrap();
    time_stamp_put(&mut tx, first, &kept(b"again", 2_000)).await.unwrap();
    time_stamp_forgo(&mut tx, second).await.unwrap();
    assert_eq!(time_stamp_claim(&mut tx, at(100), at(200), 9).await.unwrap(), [third], "its lease ran out");
    assert_eq!(time_stamp_find(&mut tx, first).await.unwrap(), Some(kept(b"first", 1_000)));
    assert_eq!(time_stamp_find(&mut tx, second).await.unwrap(), None);
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn a_document_that_is_seen_anew_waits_once() {
    let (_folder, store) = store().await;
    let mut tx = store.begin().await.unwrap();
    let first = came(&mut tx, 1).await;
    ledger_forget(&mut tx).await.unwrap();
    let PartOf::Inbox(row) = first else { panic!("it came") };
    let id = crate::base::DocumentId::from_uuid(Uuid::from_u128(1));
    ledger_record(&mut tx, "kz", id, crate::base::Digest256([1; 32]), row).await.unwrap();
    assert_eq!(time_stamp_claim(&mut tx, at(0), at(100), 9).await.unwrap(), [first]);
}

#[tokio::test]
async fn records_are_renewed_before_their_end_the_next_to_end_first_and_not_after_it() {
    let (_folder, store) = store().await;
    let mut tx = store.begin().await.unwrap();
    let (late, early, past) = (came(&mut tx, 1).await, came(&mut tx, 2).await, came(&mut tx, 3).await);
    for (of, end) in [(late, 900), (early, 500), (past, 100)] {
        time_stamp_put(&mut tx, of, &kept(b"first", end)).await.unwrap();
    }
    let window = (at(200), at(600));
    let ending = time_stamp_ending(&mut tx, window, at(300), 9).await.unwrap();
    assert_eq!(ending, [(early, kept(b"first", 500))]);
    assert_eq!(time_stamp_ending(&mut tx, window, at(300), 9).await.unwrap(), [], "it is leased");
    time_stamp_renew(&mut tx, early, &kept(b"second", 2_000)).await.unwrap();
    time_stamp_renew(&mut tx, early, &kept(b"older", 1_000)).await.unwrap();
    assert_eq!(time_stamp_find(&mut tx, early).await.unwrap(), Some(kept(b"second", 2_000)));
    let ending = time_stamp_ending(&mut tx, (at(200), at(9_000)), at(300), 1).await.unwrap();
    assert_eq!(ending, [(late, kept(b"first", 900))]);
    time_stamp_free(&mut tx, late, at(200)).await.unwrap();
    let both = time_stamp_ending(&mut tx, (at(200), at(9_000)), at(300), 9).await.unwrap();
    assert_eq!(both.len(), 2);
}

#[tokio::test]
async fn no_record_that_lasts_as_long_as_the_time_stamps_of_today_is_claimed_before_tomorrow() {
    let (_folder, store) = store().await;
    let mut tx = store.begin().await.unwrap();
    let (early, late) = (came(&mut tx, 1).await, came(&mut tx, 2).await);
    for (of, end) in [(early, 500), (late, 600)] {
        time_stamp_put(&mut tx, of, &kept(b"first", end)).await.unwrap();
    }
    let today = (at(200), at(300));
    assert!(time_stamp_reach(&mut tx, at(600), today).await.unwrap());
    assert!(!time_stamp_reach(&mut tx, at(600), (at(250), at(350))).await.unwrap(), "it is known");
    // one that is kept later is meant, too
    let new = came(&mut tx, 3).await;
    time_stamp_put(&mut tx, new, &kept(b"first", 600)).await.unwrap();
    let claim = async |tx: &mut Tx, now: i64, before: i64| {
        let claimed = time_stamp_ending(tx, (at(now), at(before)), at(now), 9).await.unwrap();
        claimed.into_iter().map(|(of, _)| of).collect::<Vec<_>>()
    };
    assert_eq!(claim(&mut tx, 200, 900).await, [early]);
    assert_eq!(claim(&mut tx, 200, 500).await, [early], "the last instant counts");
    assert_eq!(claim(&mut tx, 200, 499).await, []);
    assert_eq!(claim(&mut tx, 300, 900).await.len(), 3);
    assert!(time_stamp_reach(&mut tx, at(600), (at(300), at(400))).await.unwrap(), "a day has passed");
    assert_eq!(claim(&mut tx, 399, 900).await, [early]);
    // what ends anyway holds nothing back
    assert!(time_stamp_reach(&mut tx, at(399), (at(300), at(900))).await.unwrap());
    assert_eq!(claim(&mut tx, 400, 900).await.len(), 3);
}

#[tokio::test]
async fn what_another_has_claimed_is_due_all_the_same() {
    let (_folder, store) = store().await;
    let mut tx = store.begin().await.unwrap();
    let window = (at(200), at(600));
    assert!(!time_stamp_waits(&mut tx, window).await.unwrap());
    let document = came(&mut tx, 1).await;
    time_stamp_claim(&mut tx, at(200), at(900), 9).await.unwrap();
    assert!(time_stamp_waits(&mut tx, window).await.unwrap());
    time_stamp_put(&mut tx, document, &kept(b"first", 600)).await.unwrap();
    assert_eq!(time_stamp_ending(&mut tx, window, at(900), 9).await.unwrap().len(), 1);
    assert!(time_stamp_waits(&mut tx, window).await.unwrap());
    assert!(!time_stamp_waits(&mut tx, (at(200), at(599))).await.unwrap());
    time_stamp_reach(&mut tx, at(600), (at(200), at(300))).await.unwrap();
    assert!(!time_stamp_waits(&mut tx, window).await.unwrap(), "nothing can be done about it today");
}
