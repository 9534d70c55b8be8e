//! The outbox: order, leases, transitions.

use super::fixture::*;
use crate::base::Verdict;
use crate::store::*;
use std::collections::BTreeMap;

#[tokio::test]
async fn a_row_comes_back_as_it_was_put() {
    let (_folder, store) = store().await;
    let mut tx = store.begin().await.unwrap();
    let mut bare = outgoing("kz", 1);
    bare.document_id = None;
    bare.relates_to = None;
    bare.kind = OutboxKind::Fault;
    for draft in [outgoing("kz", 1), bare] {
        let id = outbox_put(&mut tx, &draft).await.unwrap();
        let row = outbox_find(&mut tx, id).await.unwrap().unwrap();
        assert_eq!(row.draft, draft);
        assert_eq!((row.state, row.attempts, row.next_try_at), (OutboxState::Queued, 0, at(0)));
    }
    assert_eq!(outbox_find(&mut tx, OutboxId(99)).await.unwrap(), None);
}

#[tokio::test]
async fn the_oldest_due_rows_of_one_peer_are_claimed_first() {
    let (_folder, store) = store().await;
    let mut tx = store.begin().await.unwrap();
    let first = outbox_put(&mut tx, &outgoing("kz", 1)).await.unwrap();
    let other_peer = outbox_put(&mut tx, &outgoing("ru", 2)).await.unwrap();
    let second = outbox_put(&mut tx, &outgoing("kz", 3)).await.unwrap();
    let third = outbox_put(&mut tx, &outgoing("kz", 4)).await.unwrap();
    let mut later = outgoing("kz", 5);
    later.created_at = at(500);
    let not_due = outbox_put(&mut tx, &later).await.unwrap();
    let rows = outbox_claim(&mut tx, "kz", at(0), at(100), 2).await.unwrap();
    assert_eq!(rows.iter().map(|row| row.id).collect::<Vec<_>>(), [first, second]);
    assert!(rows.iter().all(|row| row.state == OutboxState::Leased && row.lease_until == at(100)));
    assert_eq!(claimed(&mut tx, 0, 100).await, [third]);
    assert_eq!(claimed(&mut tx, 0, 100).await, []);
    assert_eq!(outbox_state(&mut tx, other_peer).await, OutboxState::Queued);
    assert_eq!(outbox_state(&mut tx, not_due).await, OutboxState::Queued);
}

#[tokio::test]
async fn a_conversation_is_sent_in_order() {
    let (_folder, store) = store().await;
    let mut tx = store.begin().await.unwrap();
    let first = outbox_put(&mut tx, &outgoing("kz", 1)).await.unwrap();
    let second = outbox_put(&mut tx, &outgoing("kz", 1)).await.unwrap();
    let elsewhere = outbox_put(&mut tx, &outgoing("kz", 2)).await.unwrap();
    assert_eq!(claimed(&mut tx, 0, 100).await, [first, elsewhere]);
    assert_eq!(claimed(&mut tx, 10, 100).await, [], "the first is on its way");
    outbox_retry(&mut tx, first, at(50), 1).await.unwrap();
    assert_eq!(claimed(&mut tx, 10, 100).await, [], "the first waits for its next try");
    assert_eq!(claimed(&mut tx, 50, 100).await, [first]);
    outbox_parked(&mut tx, first, "seal.key").await.unwrap();
    assert_eq!(claimed(&mut tx, 60, 100).await, [], "the first waits for a person");
    outbox_release(&mut tx, first).await.unwrap();
    assert_eq!(claimed(&mut tx, 60, 100).await, [first]);
    outbox_sent(&mut tx, first).await.unwrap();
    assert_eq!(claimed(&mut tx, 60, 100).await, [second]);
}

#[tokio::test]
async fn another_peers_rows_do_not_hold_up_a_conversation_of_the_same_id() {
    let (_folder, store) = store().await;
    let mut tx = store.begin().await.unwrap();
    outbox_put(&mut tx, &outgoing("ru", 1)).await.unwrap();
    let ours = outbox_put(&mut tx, &outgoing("kz", 1)).await.unwrap();
    assert_eq!(claimed(&mut tx, 0, 100).await, [ours]);
}

#[tokio::test]
async fn a_lease_that_ran_out_is_claimed_again() {
    let (_folder, store) = store().await;
    let mut tx = store.begin().await.unwrap();
    let id = outbox_put(&mut tx, &outgoing("kz", 1)).await.unwrap();
    assert_eq!(claimed(&mut tx, 0, 100).await, [id]);
    assert_eq!(claimed(&mut tx, 99, 200).await, []);
    assert_eq!(claimed(&mut tx, 100, 200).await, [id]);
    assert_eq!(claimed(&mut tx, 150, 300).await, []);
}

#[tokio::test]
async fn every_lease_is_released_at_the_start_of_a_node() {
    let (_folder, store) = store().await;
    let mut tx = store.begin().await.unwrap();
    let out = outbox_put(&mut tx, &outgoing("kz", 1)).await.unwrap();
    let fresh = inbox_hold(&mut tx, &incoming("kz", 1)).await.unwrap();
    let accepted = inbox_hold(&mut tx, &incoming("kz", 2)).await.unwrap();
    assert_eq!(claimed(&mut tx, 0, 1000).await, [out]);
    assert_eq!(settling(&mut tx, 0, 1000).await, [fresh, accepted]);
    inbox_received(&mut tx, accepted).await.unwrap();
    inbox_accepted(&mut tx, accepted).await.unwrap();
    assert_eq!(lease_release_all(&mut tx).await.unwrap(), 3);
    assert_eq!(lease_release_all(&mut tx).await.unwrap(), 0);
    assert_eq!(inbox_state(&mut tx, fresh).await, InboxState::Held);
    assert_eq!(inbox_state(&mut tx, accepted).await, InboxState::Accepted);
    assert_eq!(claimed(&mut tx, 1, 1000).await, [out]);
    assert_eq!(settling(&mut tx, 1, 1000).await, [fresh, accepted]);
}

#[tokio::test]
async fn every_transition_is_refused_from_every_wrong_state() {
    use OutboxState::*;
    let (_folder, store) = store().await;
    for (name, right) in [
        ("sent", &[Leased][..]),
        ("retry", &[Leased]),
        ("confirmed", &[Queued, Leased, Sent]),
        ("returned", &[Queued, Leased, Sent]),
        ("quarantined", &[Queued, Leased, Sent]),
        ("parked", &[Queued, Leased, Sent]),
        ("release", &[Parked, Quarantined]),
    ] {
        for from in OutboxState::ALL {
            let mut tx = store.begin().await.unwrap();
            let id = outbox_put(&mut tx, &outgoing("kz", 1)).await.unwrap();
            force(&mut tx, "outbox", id.0, from.as_str()).await;
            let is_overtaken =
                ["sent", "retry"].contains(&name) && [Confirmed, Returned, Quarantined].contains(from);
            match act(&mut tx, name, id).await {
                Ok(Outcome::Recorded) => assert!(right.contains(from), "{name} from {from}"),
                Ok(Outcome::Overtaken) => {
                    assert!(is_overtaken, "{name} from {from}");
                    assert_eq!(outbox_state(&mut tx, id).await, *from);
                }
                Err(error) => {
                    assert!(!right.contains(from) && !is_overtaken, "{name} from {from}: {error}");
                    assert_eq!(error.verdict(), Verdict::Retry { not_before: None });
                    assert!(error.to_string().contains(from.as_str()));
                    assert_eq!(outbox_state(&mut tx, id).await, *from);
                }
            }
        }
    }
}

async fn act(tx: &mut Tx, name: &str, id: OutboxId) -> Result<Outcome, StoreError> {
    match name {
        "sent" => return outbox_sent(tx, id).await,
        "retry" => return outbox_retry(tx, id, at(9), 3).await,
        "confirmed" => outbox_confirmed(tx, id).await?,
        "returned" => outbox_returned(tx, id, "x.y").await?,
        "quarantined" => outbox_quarantined(tx, id, "x.y").await?,
        "parked" => outbox_parked(tx, id, "x.y").await?,
        "release" => outbox_release(tx, id).await?,
        other => panic!("no transition {other}"),
    }
    Ok(Outcome::Recorded)
}

#[tokio::test]
async fn transitions_record_what_they_are_told() {
    let (_folder, store) = store().await;
    let mut tx = store.begin().await.unwrap();
    let id = outbox_put(&mut tx, &outgoing("kz", 1)).await.unwrap();
    claimed(&mut tx, 0, 100).await;
    outbox_retry(&mut tx, id, at(70), 2).await.unwrap();
    let row = outbox_find(&mut tx, id).await.unwrap().unwrap();
    assert_eq!((row.state, row.attempts, row.next_try_at), (OutboxState::Queued, 2, at(70)));
    outbox_returned(&mut tx, id, "rules.schema").await.unwrap();
    let row = outbox_find(&mut tx, id).await.unwrap().unwrap();
    assert_eq!((row.state, row.code.as_deref()), (OutboxState::Returned, Some("rules.schema")));
    assert_eq!(outbox_requeue(&mut tx, id, at(0)).await.unwrap(), Resend::Queued);
    let row = outbox_find(&mut tx, id).await.unwrap().unwrap();
    assert_eq!((row.state, row.attempts, row.code), (OutboxState::Queued, 0, None));
    assert_eq!(claimed(&mut tx, 0, 100).await, [id]);
}

#[tokio::test]
async fn a_resend_leaves_alone_what_is_on_its_way_or_waits_for_a_person() {
    use OutboxState::*;
    let (_folder, store) = store().await;
    let mut tx = store.begin().await.unwrap();
    let id = outbox_put(&mut tx, &outgoing("kz", 1)).await.unwrap();
    for from in OutboxState::ALL {
        force(&mut tx, "outbox", id.0, from.as_str()).await;
        let expected = match from {
            Sent | Confirmed | Returned => Resend::Queued,
            Queued | Leased | Quarantined | Parked => Resend::Unchanged(*from),
        };
        assert_eq!(outbox_requeue(&mut tx, id, at(0)).await.unwrap(), expected);
    }
}

#[tokio::test]
async fn a_row_that_is_missing_or_unreadable_parks_the_lane() {
    let (_folder, store) = store().await;
    let mut tx = store.begin().await.unwrap();
    let missing = outbox_sent(&mut tx, OutboxId(99)).await.unwrap_err();
    assert_eq!(missing.verdict(), Verdict::Park { code: "store.missing" });
    assert!(outbox_requeue(&mut tx, OutboxId(99), at(0)).await.is_err());
    let id = outbox_put(&mut tx, &outgoing("kz", 1)).await.unwrap();
    force(&mut tx, "outbox", id.0, "sealed").await;
    let unknown = outbox_find(&mut tx, id).await.unwrap_err();
    assert_eq!(unknown.to_string(), format!("read column state of row {} of outbox", id.0));
    assert_eq!(unknown.verdict(), Verdict::Park { code: "store.row" });
    assert!(outbox_counts(&mut tx).await.is_err());
    assert!(outbox_confirmed(&mut tx, id).await.is_err());
}

#[tokio::test]
async fn a_row_has_many_message_ids_and_a_message_id_one_row() {
    let (_folder, store) = store().await;
    let mut tx = store.begin().await.unwrap();
    let id = outbox_put(&mut tx, &outgoing("kz", 1)).await.unwrap();
    let other = outbox_put(&mut tx, &outgoing("kz", 2)).await.unwrap();
    delivery_put(&mut tx, message(10), id, at(1)).await.unwrap();
    delivery_put(&mut tx, message(11), id, at(2)).await.unwrap();
    delivery_put(&mut tx, message(12), other, at(3)).await.unwrap();
    assert_eq!(delivery_find(&mut tx, message(10)).await.unwrap(), Some(id));
    assert_eq!(delivery_find(&mut tx, message(11)).await.unwrap(), Some(id));
    assert_eq!(delivery_find(&mut tx, message(12)).await.unwrap(), Some(other));
    assert_eq!(delivery_find(&mut tx, message(13)).await.unwrap(), None);
    let sent = outbox_of_delivery(&mut tx, message(12)).await.unwrap().unwrap();
    assert_eq!((sent.id, sent.draft), (other, outgoing("kz", 2)));
    assert_eq!(outbox_of_delivery(&mut tx, message(13)).await.unwrap(), None);
    let twice = delivery_put(&mut tx, message(10), other, at(4)).await;
    let twice = outcome(&mut tx, twice).await.unwrap_err();
    assert_eq!(twice.verdict(), Verdict::Park { code: "store.query" });
    let unknown = delivery_put(&mut tx, message(14), OutboxId(99), at(4)).await;
    assert!(outcome(&mut tx, unknown).await.is_err(), "no such row");
}

#[tokio::test]
async fn rows_are_counted_by_state() {
    let (_folder, store) = store().await;
    let mut tx = store.begin().await.unwrap();
    for number in 0..5 {
        outbox_put(&mut tx, &outgoing("kz", number)).await.unwrap();
    }
    let rows = outbox_claim(&mut tx, "kz", at(0), at(9), 2).await.unwrap();
    outbox_sent(&mut tx, rows[0].id).await.unwrap();
    let expected =
        BTreeMap::from([(OutboxState::Queued, 3), (OutboxState::Leased, 1), (OutboxState::Sent, 1)]);
    assert_eq!(outbox_counts(&mut tx).await.unwrap(), expected);
}

#[tokio::test]
async fn the_bytes_of_a_row_are_not_printed() {
    let mut draft = outgoing("kz", 1);
    draft.body = b"850315300018".to_vec();
    let shown = format!("{draft:?}");
    assert!(shown.contains("body_bytes: 12"));
    assert!(!shown.contains("56, 53"));
}

#[tokio::test]
async fn a_lane_knocks_with_what_failed_least_often() {
    let (_folder, store) = store().await;
    let mut tx = store.begin().await.unwrap();
    let stubborn = outbox_put(&mut tx, &outgoing("kz", 1)).await.unwrap();
    let fresh = outbox_put(&mut tx, &outgoing("kz", 2)).await.unwrap();
    assert_eq!(claimed(&mut tx, 0, 10).await, [stubborn, fresh]);
    outbox_retry(&mut tx, stubborn, at(0), 3).await.unwrap();
    outbox_retry(&mut tx, fresh, at(0), 1).await.unwrap();
    let probe = outbox_probe(&mut tx, "kz", at(0), at(10)).await.unwrap();
    assert_eq!(probe.iter().map(|row| row.id).collect::<Vec<_>>(), [fresh]);
    assert_eq!(outbox_probe(&mut tx, "ru", at(0), at(10)).await.unwrap(), []);
}

#[tokio::test]
async fn a_document_that_was_ever_sent_is_known_to_its_peer_alone() {
    let (_folder, store) = store().await;
    let mut tx = store.begin().await.unwrap();
    let draft = OutboxDraft { document_id: Some(document(8)), ..outgoing("kz", 1) };
    outbox_put(&mut tx, &draft).await.unwrap();
    assert!(outbox_knows(&mut tx, "kz", document(8)).await.unwrap());
    assert!(!outbox_knows(&mut tx, "ru", document(8)).await.unwrap());
    assert!(!outbox_knows(&mut tx, "kz", document(9)).await.unwrap());
}
