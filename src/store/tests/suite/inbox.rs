//! The inbox: order, leases, stages, transitions.

use super::fixture::*;
use crate::base::Verdict;
use crate::store::*;
use std::collections::BTreeMap;

#[tokio::test]
async fn a_row_comes_back_as_it_was_held() {
    let (_folder, store) = store().await;
    let mut tx = store.begin().await.unwrap();
    let draft = incoming("kz", 1);
    let id = inbox_hold(&mut tx, &draft).await.unwrap();
    let row = inbox_find(&mut tx, id).await.unwrap().unwrap();
    assert_eq!((row.peer, row.message_id, row.relates_to), (draft.peer, draft.message_id, None));
    assert_eq!((row.conversation_id, row.procedure_id), (draft.conversation_id, draft.procedure_id));
    assert_eq!((row.action, row.raw, row.digest), (draft.action, draft.raw, draft.digest));
    assert_eq!((row.headers, row.received_at), (draft.headers, draft.received_at));
    assert_eq!((row.state, row.code, row.attempts), (InboxState::Held, None, 0));
    assert_eq!(inbox_find(&mut tx, InboxId(99)).await.unwrap(), None);
}

#[tokio::test]
async fn a_message_refused_at_the_door_is_kept_and_never_claimed() {
    let (_folder, store) = store().await;
    let mut tx = store.begin().await.unwrap();
    let mut draft = incoming("kz", 1);
    (draft.message_id, draft.conversation_id, draft.procedure_id) = (None, None, None);
    draft.arrival = Arrival::Returned { code: "wire.header".to_owned() };
    let returned = inbox_hold(&mut tx, &draft).await.unwrap();
    draft.arrival = Arrival::Quarantined { code: "wire.identity".to_owned() };
    let quarantined = inbox_hold(&mut tx, &draft).await.unwrap();
    assert_eq!(settling(&mut tx, 0, 100).await, []);
    let row = inbox_find(&mut tx, returned).await.unwrap().unwrap();
    assert_eq!((row.state, row.code.as_deref()), (InboxState::Returned, Some("wire.header")));
    let row = inbox_find(&mut tx, quarantined).await.unwrap().unwrap();
    assert_eq!((row.state, row.code.as_deref()), (InboxState::Quarantined, Some("wire.identity")));
    inbox_release(&mut tx, quarantined).await.unwrap();
    assert_eq!(settling(&mut tx, 0, 100).await, [quarantined]);
}

#[tokio::test]
async fn a_conversation_is_settled_in_order() {
    let (_folder, store) = store().await;
    let mut tx = store.begin().await.unwrap();
    let first = inbox_hold(&mut tx, &incoming("kz", 1)).await.unwrap();
    let second = inbox_hold(&mut tx, &incoming("kz", 1)).await.unwrap();
    let third = inbox_hold(&mut tx, &incoming("kz", 1)).await.unwrap();
    let impostor = inbox_hold(&mut tx, &incoming("ru", 1)).await.unwrap();
    let rows = inbox_claim(&mut tx, at(0), at(100), 1, &[]).await.unwrap();
    assert_eq!(rows[0].id, first, "the limit is kept, oldest first");
    assert_eq!(rows[0].state, InboxState::Leased);
    assert_eq!(settling(&mut tx, 0, 100).await, [impostor], "another peer's conversation of the same id");
    inbox_received(&mut tx, first).await.unwrap();
    inbox_accepted(&mut tx, first).await.unwrap();
    assert_eq!(settling(&mut tx, 50, 100).await, []);
    inbox_settled(&mut tx, first).await.unwrap();
    assert_eq!(settling(&mut tx, 50, 100).await, [second]);
    inbox_parked(&mut tx, second, "seal.key").await.unwrap();
    assert_eq!(settling(&mut tx, 50, 90).await, []);
    inbox_release(&mut tx, second).await.unwrap();
    assert_eq!(settling(&mut tx, 50, 90).await, [second]);
    inbox_quarantined(&mut tx, second, "seal.broken").await.unwrap();
    assert_eq!(settling(&mut tx, 50, 90).await, [third]);
}

#[tokio::test]
async fn messages_without_a_conversation_hold_up_nobody() {
    let (_folder, store) = store().await;
    let mut tx = store.begin().await.unwrap();
    let mut draft = incoming("kz", 1);
    draft.conversation_id = None;
    let first = inbox_hold(&mut tx, &draft).await.unwrap();
    let second = inbox_hold(&mut tx, &draft).await.unwrap();
    assert_eq!(settling(&mut tx, 0, 100).await, [first, second]);
}

#[tokio::test]
async fn the_stage_survives_the_loss_of_a_lease_a_retry_and_a_person() {
    let (_folder, store) = store().await;
    let mut tx = store.begin().await.unwrap();
    let id = inbox_hold(&mut tx, &incoming("kz", 1)).await.unwrap();
    settling(&mut tx, 0, 100).await;
    inbox_received(&mut tx, id).await.unwrap();
    assert_eq!(settling(&mut tx, 99, 200).await, []);
    let rows = inbox_claim(&mut tx, at(100), at(200), 9, &[]).await.unwrap();
    assert_eq!((rows[0].id, rows[0].state), (id, InboxState::Received));
    inbox_accepted(&mut tx, id).await.unwrap();
    inbox_retry(&mut tx, id, at(150), 4).await.unwrap();
    assert_eq!(settling(&mut tx, 149, 300).await, []);
    let rows = inbox_claim(&mut tx, at(150), at(300), 9, &[]).await.unwrap();
    assert_eq!((rows[0].state, rows[0].attempts), (InboxState::Accepted, 4));
    inbox_parked(&mut tx, id, "seal.key").await.unwrap();
    inbox_release(&mut tx, id).await.unwrap();
    assert_eq!(inbox_state(&mut tx, id).await, InboxState::Accepted);
    assert_eq!(settling(&mut tx, 0, 300).await, [id]);
}

#[tokio::test]
async fn every_transition_is_refused_from_every_wrong_state() {
    use InboxState::*;
    let (_folder, store) = store().await;
    for (name, right, to) in [
        ("received", &[Leased][..], Received),
        ("accepted", &[Received], Accepted),
        ("accepted at once", &[Leased], Accepted),
        ("settled", &[Leased, Received, Accepted], Settled),
        ("returned", &[Leased, Received, Accepted], Returned),
        ("quarantined", &[Leased, Received, Accepted], Quarantined),
        ("parked", &[Leased, Received, Accepted], Parked),
        ("retry", &[Leased], Held),
        ("retry", &[Received], Received),
        ("retry", &[Accepted], Accepted),
        ("release", &[Parked, Quarantined], Held),
    ] {
        for from in InboxState::ALL {
            if name == "retry" && !right.contains(from) && [Leased, Received, Accepted].contains(from) {
                continue; // another line of the table
            }
            let mut tx = store.begin().await.unwrap();
            let id = inbox_hold(&mut tx, &incoming("kz", 1)).await.unwrap();
            force(&mut tx, "inbox", id.0, from.as_str()).await;
            let result = act(&mut tx, name, id).await;
            let expected = if right.contains(from) { to } else { *from };
            assert_eq!(result.is_ok(), right.contains(from), "{name} from {from}");
            assert_eq!(inbox_state(&mut tx, id).await, expected, "{name} from {from}");
            if let Err(error) = result {
                assert_eq!(error.verdict(), Verdict::Retry { not_before: None });
            }
        }
        let mut tx = store.begin().await.unwrap();
        let missing = act(&mut tx, name, InboxId(99)).await.unwrap_err();
        assert_eq!(missing.verdict(), Verdict::Park { code: "store.missing" });
    }
}

async fn act(tx: &mut Tx, name: &str, id: InboxId) -> Result<(), StoreError> {
    match name {
        "received" => inbox_received(tx, id).await,
        "accepted" => inbox_accepted(tx, id).await,
        "accepted at once" => inbox_accepted_at_once(tx, id).await,
        "settled" => inbox_settled(tx, id).await,
        "returned" => inbox_returned(tx, id, "x.y").await,
        "quarantined" => inbox_quarantined(tx, id, "x.y").await,
        "parked" => inbox_parked(tx, id, "x.y").await,
        "retry" => inbox_retry(tx, id, at(9), 3).await,
        "release" => inbox_release(tx, id).await,
        other => panic!("no transition {other}"),
    }
}

#[tokio::test]
async fn an_unknown_state_is_a_row_error_and_rows_are_counted_by_state() {
    let (_folder, store) = store().await;
    let mut tx = store.begin().await.unwrap();
    let id = inbox_hold(&mut tx, &incoming("kz", 1)).await.unwrap();
    inbox_hold(&mut tx, &incoming("kz", 2)).await.unwrap();
    inbox_claim(&mut tx, at(0), at(9), 1, &[]).await.unwrap();
    let expected = BTreeMap::from([(InboxState::Held, 1), (InboxState::Leased, 1)]);
    assert_eq!(inbox_counts(&mut tx).await.unwrap(), expected);
    force(&mut tx, "inbox", id.0, "lost").await;
    let error = inbox_find(&mut tx, id).await.unwrap_err();
    assert_eq!(error.to_string(), format!("read column state of row {} of inbox", id.0));
}

#[tokio::test]
async fn documents_of_a_busy_peer_are_passed_over_and_its_signals_are_not() {
    let (_folder, store) = store().await;
    let mut tx = store.begin().await.unwrap();
    let hold = async |tx: &mut Tx, peer: &str, number, action: &str| {
        let draft = InboxDraft { action: action.to_owned(), ..incoming(peer, number) };
        inbox_hold(tx, &draft).await.unwrap()
    };
    let (document, signal) = ("int://CP/P/1/R/T/P.XP.01.MSG.001", "int://CP/P/1/R/T/P.MSG.RCV");
    let passed_over = hold(&mut tx, "kz", 1, document).await;
    let taken = [
        hold(&mut tx, "kz", 2, signal).await,
        hold(&mut tx, "ru", 3, document).await,
        hold(&mut tx, "k", 4, document).await,
    ];
    let ids = async |tx: &mut Tx, busy: &[&str]| -> Vec<InboxId> {
        let rows = inbox_claim(tx, at(0), at(100), 9, busy).await.unwrap();
        rows.into_iter().map(|row| row.id).collect()
    };
    assert_eq!(ids(&mut tx, &["kz", "by"]).await, taken);
    assert_eq!(ids(&mut tx, &[]).await, [passed_over]);
}

#[tokio::test]
async fn a_lease_that_goes_on_is_not_claimed_by_another() {
    let (_folder, store) = store().await;
    let mut tx = store.begin().await.unwrap();
    let id = inbox_hold(&mut tx, &incoming("kz", 1)).await.unwrap();
    inbox_extend(&mut tx, id, at(500)).await.unwrap();
    assert_eq!(settling(&mut tx, 0, 100).await, [id], "nobody holds it, so there is nothing to extend");
    inbox_extend(&mut tx, id, at(500)).await.unwrap();
    assert_eq!(settling(&mut tx, 100, 600).await, []);
    assert_eq!(settling(&mut tx, 500, 600).await, [id]);
}

#[tokio::test]
async fn what_is_deferred_holds_nothing_up_and_goes_on_from_where_it_was() {
    let (_folder, store) = store().await;
    let mut tx = store.begin().await.unwrap();
    let first = inbox_hold(&mut tx, &incoming("kz", 1)).await.unwrap();
    let second = inbox_hold(&mut tx, &incoming("kz", 1)).await.unwrap();
    assert!(inbox_deferred(&mut tx, first).await.is_err(), "it is not accepted");
    assert_eq!(settling(&mut tx, 0, 100).await, [first]);
    inbox_received(&mut tx, first).await.unwrap();
    inbox_accepted(&mut tx, first).await.unwrap();
    inbox_deferred(&mut tx, first).await.unwrap();
    assert_eq!(settling(&mut tx, 0, 100).await, [second]);
    assert_eq!(inbox_resume(&mut tx, conversation(1), "ru").await.unwrap(), 0, "another peer's");
    assert_eq!(inbox_resume(&mut tx, conversation(2), "kz").await.unwrap(), 0, "another one's");
    assert_eq!(inbox_resume(&mut tx, conversation(1), "kz").await.unwrap(), 1);
    assert_eq!(inbox_state(&mut tx, first).await, InboxState::Accepted);
    assert_eq!(settling(&mut tx, 0, 100).await, [first]);
}

#[tokio::test]
async fn an_answer_is_found_by_its_question_once_it_is_settled() {
    let (_folder, store) = store().await;
    let mut tx = store.begin().await.unwrap();
    let question = "eaddf37f-70db-45ee-9a08-542d2c5589c3".parse().unwrap();
    let draft = InboxDraft { relates_to: Some(question), ..incoming("kz", 1) };
    let id = inbox_hold(&mut tx, &draft).await.unwrap();
    assert_eq!(inbox_of_answer(&mut tx, "kz", question).await.unwrap(), None);
    assert_eq!(settling(&mut tx, 0, 100).await, [id]);
    inbox_received(&mut tx, id).await.unwrap();
    inbox_settled(&mut tx, id).await.unwrap();
    assert_eq!(inbox_of_answer(&mut tx, "kz", question).await.unwrap().map(|row| row.id), Some(id));
    assert_eq!(inbox_of_answer(&mut tx, "by", question).await.unwrap(), None);
}
