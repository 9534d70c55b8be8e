//! Clocks find what is due, leave out what is held, and what they delete is gone: what peers were not told of keeps its number.

use super::fixture::*;
use super::labour::{consent, record};
use crate::base::Digest256;
use crate::labour::consent::ConsentState;
use crate::labour::sync::StreamKind;
use crate::store::*;
use uuid::Uuid;

const OWN: StreamKind = StreamKind::Profile;

fn id(n: u128) -> Uuid {
    Uuid::from_u128(n)
}

fn hold(number: &str, kind: HoldKind, record: &str, until: i64) -> HoldRow {
    HoldRow {
        number: number.to_owned(),
        kind,
        record: record.to_owned(),
        reason: "complaint".to_owned(),
        until: at(until),
        set_at: at(1),
        lifted_at: None,
    }
}

/// A consent that ended at 10, whose profile was erased at two peers.
async fn ended(tx: &mut Tx) {
    consent_put(tx, &consent(1, 500), ConsentState::Active, None, at(400)).await.unwrap();
    for (n, peer) in ["KG", "KZ"].into_iter().enumerate() {
        stream_open(tx, peer, OWN, id(9)).await.unwrap();
        let name = format!("p-{peer}");
        target_put(tx, id(1), peer, (at(1), at(1))).await.unwrap();
        let published = Published { peer: peer.to_owned(), ..record(&name, Some(3), Some(1)) };
        published_put(tx, &published).await.unwrap();
        target_tried(tx, (id(1), peer), Some(&name), at(2)).await.unwrap();
        let head = stream_lock(tx, peer, OWN).await.unwrap();
        let head = stream_put(tx, (peer, OWN, head), &[(&name, PublishedState::Erased, None)], at(10))
            .await
            .unwrap();
        target_erased(tx, (id(1), peer), Some(head), at(10)).await.unwrap();
        assert_eq!(head, 1, "{n}");
    }
    assert!(consent_end(tx, id(1), (ConsentState::Withdrawn, None), at(10)).await.unwrap());
    assert_eq!(published_erase(tx, id(1), at(10)).await.unwrap().len(), 2);
}

#[tokio::test]
async fn a_tombstone_waits_for_all_receipts_and_leaves_a_floor_in_the_stream() {
    let (_folder, store) = store().await;
    let mut tx = store.begin().await.unwrap();
    ended(&mut tx).await;
    let due = async |tx: &mut Tx, before| tombstones_since(tx, at(before), (at(100), 9)).await.unwrap();
    target_confirm(&mut tx, ("KG", 1), (None, "line"), at(20)).await.unwrap();
    assert!(due(&mut tx, 90).await.is_empty(), "one peer has not confirmed");
    target_confirm(&mut tx, ("KZ", 1), (None, "line"), at(30)).await.unwrap();
    assert!(due(&mut tx, 29).await.is_empty(), "the last receipt counts");
    assert_eq!(due(&mut tx, 30).await, [(id(1), at(30))]);
    hold_put(&mut tx, &hold("C-1", HoldKind::Consent, &id(1).to_string(), 101)).await.unwrap();
    assert!(due(&mut tx, 90).await.is_empty(), "it is held");
    assert_eq!(hold_lift(&mut tx, "C-1", at(90)).await.unwrap(), 1);
    assert_eq!(hold_lift(&mut tx, "C-1", at(90)).await.unwrap(), 0, "once");
    assert_eq!(due(&mut tx, 30).await.len(), 1);
    assert!(
        consents_since(&mut tx, at(90), (at(100), 9)).await.unwrap().is_empty(),
        "its tombstones are there"
    );
    assert!(tombstone_delete(&mut tx, (id(1), "KZ", "p-KZ")).await.unwrap());
    assert!(!tombstone_delete(&mut tx, (id(1), "KZ", "p-KZ")).await.unwrap(), "once");
    let row = stream_find(&mut tx, "KZ", OWN).await.unwrap().unwrap();
    assert_eq!((row.floor_seq, row.head.head_seq), (1, 1));
    assert!(change_page(&mut tx, ("KZ", OWN), 0, 9).await.unwrap().is_empty());
    assert!(published_find(&mut tx, ("KZ", OWN), &["p-KZ".to_owned()]).await.unwrap().is_empty());
    assert_eq!(stream_find(&mut tx, "KG", OWN).await.unwrap().unwrap().floor_seq, 0, "that of another peer");
    assert!(tombstone_delete(&mut tx, (id(1), "KG", "p-KG")).await.unwrap());
    assert_eq!(consents_since(&mut tx, at(90), (at(100), 9)).await.unwrap(), [(id(1), at(10))]);
    let target = target_list(&mut tx, id(1)).await.unwrap().remove(1);
    assert_eq!((target.reference, target.confirmed_at), (None, Some(at(30))), "the receipt stays");
    assert!(target_waiting(&mut tx, at(100), 9).await.unwrap().is_empty(), "nor is it published again");
}

#[tokio::test]
async fn a_profile_that_is_there_is_never_deleted_as_a_tombstone() {
    let (_folder, store) = store().await;
    let mut tx = store.begin().await.unwrap();
    stream_open(&mut tx, "KZ", OWN, id(9)).await.unwrap();
    consent_put(&mut tx, &consent(1, 500), ConsentState::Active, None, at(400)).await.unwrap();
    published_put(&mut tx, &record("p", Some(3), Some(1))).await.unwrap();
    let head = stream_lock(&mut tx, "KZ", OWN).await.unwrap();
    let change = [("p", PublishedState::Active, Some(Digest256([3; 32])))];
    stream_put(&mut tx, ("KZ", OWN, head), &change, at(2)).await.unwrap();
    assert!(!tombstone_delete(&mut tx, (id(1), "KZ", "p")).await.unwrap());
    assert!(!consent_delete(&mut tx, id(1)).await.unwrap(), "it is in force");
    let found = published_find(&mut tx, ("KZ", OWN), &["p".to_owned()]).await.unwrap();
    assert!(found["p"].content.is_some());
    assert_eq!(change_page(&mut tx, ("KZ", OWN), 0, 9).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_consent_goes_after_its_reveals_and_its_hash_stays() {
    let (_folder, store) = store().await;
    let mut tx = store.begin().await.unwrap();
    consent_put(&mut tx, &consent(1, 500), ConsentState::Active, None, at(400)).await.unwrap();
    let sent = outbox_put(&mut tx, &outgoing("KZ", 1)).await.unwrap();
    let row = RevealRow {
        id: id(7),
        consent_id: id(1),
        body: RevealBody {
            employer: "1".to_owned(),
            state: "KZ".to_owned(),
            vacancy: "KZ/s/1".to_owned(),
            fields: vec!["name".to_owned()],
        },
        given_at: at(1),
        expires_at: at(300),
        ended_at: None,
    };
    reveal_put(&mut tx, &row, document(3)).await.unwrap();
    assert!(consent_end(&mut tx, id(1), (ConsentState::Withdrawn, None), at(10)).await.unwrap());
    assert!(consents_since(&mut tx, at(90), (at(900), 9)).await.unwrap().is_empty(), "its reveal is there");
    let over = async |tx: &mut Tx, before| reveals_since(tx, at(before), (at(900), 9)).await.unwrap();
    assert!(over(&mut tx, 299).await.is_empty());
    assert_eq!(over(&mut tx, 300).await, [id(7)], "it ended by itself");
    reveal_end(&mut tx, id(1), at(20)).await.unwrap();
    assert_eq!(over(&mut tx, 20).await, [id(7)]);
    for (number, kind, of) in [("C-1", HoldKind::Reveal, 7), ("C-2", HoldKind::Consent, 1)] {
        hold_put(&mut tx, &hold(number, kind, &id(of).to_string(), 901)).await.unwrap();
        assert!(over(&mut tx, 300).await.is_empty(), "held by {number}");
        hold_lift(&mut tx, number, at(5)).await.unwrap();
    }
    assert!(reveal_delete(&mut tx, id(7)).await.unwrap());
    assert!(!reveal_delete(&mut tx, id(7)).await.unwrap());
    let left = outbox_find(&mut tx, sent).await.unwrap().unwrap();
    assert!(left.draft.body.is_empty(), "what showed the person is blank");
    assert_eq!(consents_since(&mut tx, at(90), (at(900), 9)).await.unwrap().len(), 1);
    assert!(consent_touch(&mut tx, id(1)).await.unwrap() && consent_delete(&mut tx, id(1)).await.unwrap());
    assert!(!consent_touch(&mut tx, id(1)).await.unwrap());
    for _ in 0..2 {
        hash_put(&mut tx, "consent", Digest256([4; 32]), at(99)).await.unwrap();
    }
    assert_eq!(hash_count(&mut tx, "consent").await.unwrap(), 1);
    assert_eq!(hash_count(&mut tx, "reveal_record").await.unwrap(), 0);
}

fn shown(n: u128, expires: i64) -> ShownRow {
    ShownRow {
        peer: "KG".to_owned(),
        reveal: id(n),
        document_id: Some(document(n)),
        conversation_id: Some(id(n)),
        vacancy: Some("KZ/s/1".to_owned()),
        expires_at: at(expires),
        ended_at: None,
        vacancy_closed_at: None,
    }
}

/// By its end, by itself or by the vacancy; each message that brought it is blank then, and nothing else.
#[tokio::test]
async fn what_was_shown_is_found_by_each_of_its_ends_and_blank_in_every_message() {
    let (_folder, store) = store().await;
    let mut tx = store.begin().await.unwrap();
    let draft = |action: &str| InboxDraft { action: action.to_owned(), ..incoming("KG", 5) };
    let first = inbox_hold(&mut tx, &draft("REVEAL")).await.unwrap();
    let again = inbox_hold(&mut tx, &draft("REVEAL")).await.unwrap();
    let signal = inbox_hold(&mut tx, &draft("SIGNAL")).await.unwrap();
    let other =
        inbox_hold(&mut tx, &InboxDraft { action: "REVEAL".to_owned(), ..incoming("KG", 6) }).await.unwrap();
    ledger_record(&mut tx, "KG", document(5), Digest256([1; 32]), first).await.unwrap();
    ledger_record(&mut tx, "KG", document(6), Digest256([2; 32]), other).await.unwrap();
    shown_put(&mut tx, &shown(5, 100)).await.unwrap();
    shown_put(&mut tx, &shown(6, 800)).await.unwrap();
    let due = async |tx: &mut Tx, closed, now| -> Vec<u128> {
        let rows = shown_since(tx, at(closed), (at(now), 9)).await.unwrap();
        rows.iter().map(|row| row.reveal.as_u128()).collect()
    };
    assert!(due(&mut tx, 50, 99).await.is_empty());
    assert_eq!(due(&mut tx, 50, 100).await, [5], "it ended by itself");
    // the vacancy closes
    let closed =
        Published { state: PublishedState::Closed, changed_at: at(60), ..record("KZ/s/1", Some(1), None) };
    published_put(&mut tx, &closed).await.unwrap();
    assert!(due(&mut tx, 59, 99).await.is_empty());
    assert_eq!(due(&mut tx, 60, 99).await, [5, 6]);
    hold_put(&mut tx, &hold("C-1", HoldKind::Reveal, &id(5).to_string(), 100)).await.unwrap();
    assert_eq!(due(&mut tx, 60, 99).await, [6]);
    assert_eq!(due(&mut tx, 60, 100).await, [5, 6], "the hold is over");
    shown_end(&mut tx, ("KG", id(6)), at(70)).await.unwrap();
    shown_end(&mut tx, ("KZ", id(5)), at(70)).await.unwrap();
    assert_eq!(shown_find(&mut tx, ("KG", id(5))).await.unwrap().unwrap().ended_at, None, "of another node");
    let row = shown_find(&mut tx, ("KG", id(6))).await.unwrap().unwrap();
    assert_eq!((row.ended_at, row.vacancy_closed_at), (Some(at(70)), Some(at(60))));
    let row = shown_find(&mut tx, ("KG", id(5))).await.unwrap().unwrap();
    assert!(shown_erase(&mut tx, &row, at(101)).await.unwrap());
    assert!(!shown_erase(&mut tx, &row, at(101)).await.unwrap(), "once");
    for (row, is_blank) in [(first, true), (again, true), (signal, false), (other, false)] {
        let raw = inbox_find(&mut tx, row).await.unwrap().unwrap().raw;
        assert_eq!(raw.is_empty(), is_blank, "{row}");
    }
    assert_eq!(shown_open(&mut tx, 9).await.unwrap().len(), 2, "one of them is an end without a reveal");
}

#[tokio::test]
async fn an_end_that_comes_before_its_reveal_stands() {
    let (_folder, store) = store().await;
    let mut tx = store.begin().await.unwrap();
    shown_end(&mut tx, ("KG", id(5)), at(10)).await.unwrap();
    let row = shown_find(&mut tx, ("KG", id(5))).await.unwrap().unwrap();
    assert!(shown_erase(&mut tx, &row, at(11)).await.unwrap(), "nothing is there yet");
    shown_put(&mut tx, &shown(5, 800)).await.unwrap();
    let row = shown_since(&mut tx, at(0), (at(12), 9)).await.unwrap().remove(0);
    assert_eq!((row.ended_at, row.document_id), (Some(at(10)), Some(document(5))), "it is found again");
    shown_erase(&mut tx, &row, at(12)).await.unwrap();
    shown_put(&mut tx, &shown(5, 800)).await.unwrap();
    assert!(shown_open(&mut tx, 9).await.unwrap().is_empty(), "a repeat does not bring it back");
    shown_put(&mut tx, &ShownRow { document_id: Some(document(6)), ..shown(5, 800) }).await.unwrap();
    let due = shown_since(&mut tx, at(0), (at(12), 9)).await.unwrap();
    assert_eq!(due.len(), 1, "what came again by another document is over too");
}

#[tokio::test]
async fn a_vacancy_is_blank_only_while_it_is_closed_and_profiles_are_found_by_their_age() {
    let (_folder, store) = store().await;
    let mut tx = store.begin().await.unwrap();
    let closed =
        Published { state: PublishedState::Closed, changed_at: at(60), ..record("KZ/s/1", Some(1), None) };
    published_put(&mut tx, &closed).await.unwrap();
    published_put(&mut tx, &record("KZ/s/2", Some(1), None)).await.unwrap();
    let due = vacancies_since(&mut tx, at(60), (at(99), 9)).await.unwrap();
    assert_eq!(due, [("KZ/s/1".to_owned(), at(60))]);
    assert!(vacancies_since(&mut tx, at(59), (at(99), 9)).await.unwrap().is_empty());
    assert!(
        vacancy_touch(&mut tx, "KZ/s/1").await.unwrap() && vacancy_blank(&mut tx, "KZ/s/1").await.unwrap()
    );
    assert!(
        !vacancy_blank(&mut tx, "KZ/s/1").await.unwrap() && !vacancy_blank(&mut tx, "KZ/s/2").await.unwrap()
    );
    let names = ["KZ/s/1".to_owned(), "KZ/s/2".to_owned()];
    let found = published_find(&mut tx, ("", StreamKind::Vacancy), &names).await.unwrap();
    assert_eq!((&found["KZ/s/1"].content, found["KZ/s/1"].changed_at), (&None, at(60)));
    assert!(found["KZ/s/2"].content.is_some());
    consent_put(&mut tx, &consent(1, 500), ConsentState::Active, None, at(400)).await.unwrap();
    assert!(
        profiles_since(&mut tx, at(900), (at(900), 9)).await.unwrap().is_empty(),
        "nothing is published by it"
    );
    assert!(renewals_due(&mut tx, at(399), 9).await.unwrap().is_empty());
    assert_eq!(renewals_due(&mut tx, at(400), 9).await.unwrap().len(), 1);
    assert!(renewal_asked(&mut tx, id(1)).await.unwrap() && !renewal_asked(&mut tx, id(1)).await.unwrap());
    assert!(renewals_due(&mut tx, at(900), 9).await.unwrap().is_empty());
    let counts = clock_counts(&mut tx).await.unwrap();
    let counts: Vec<u64> = counts.into_iter().map(|(count, _)| count).collect();
    assert_eq!(counts, [0, 0, 1, 0, 0, 0]);
}

#[tokio::test]
async fn what_is_left_of_records_of_peers_goes_and_what_is_there_stays() {
    let (_folder, store) = store().await;
    let mut tx = store.begin().await.unwrap();
    let of = |name| ("RU", StreamKind::Vacancy, name);
    for name in ["a", "b", "c"] {
        let hold = MirrorMove::Hold { content: "{}".to_owned(), hash: Digest256([1; 32]), until: None };
        mirror_put(&mut tx, of(name), (&hold, 1), at(1)).await.unwrap();
    }
    mirror_blank(&mut tx, of("a"), MirrorState::Closed, at(10)).await.unwrap();
    mirror_blank(&mut tx, of("b"), MirrorState::Erased, at(20)).await.unwrap();
    assert_eq!(mirror_forget(&mut tx, at(9), 9).await.unwrap(), 0);
    assert_eq!(mirror_forget(&mut tx, at(30), 1).await.unwrap(), 1, "so many at once");
    assert!(
        mirror_find(&mut tx, of("a")).await.unwrap().is_none()
            && mirror_find(&mut tx, of("b")).await.unwrap().is_some()
    );
    assert_eq!(mirror_forget(&mut tx, at(30), 9).await.unwrap(), 1);
    assert!(mirror_find(&mut tx, of("c")).await.unwrap().is_some());
}

#[tokio::test]
async fn a_hold_is_set_anew_after_it_was_lifted_and_the_longest_counts() {
    let (_folder, store) = store().await;
    let mut tx = store.begin().await.unwrap();
    let of = (HoldKind::Vacancy, "KZ/s/1");
    let until = async |tx: &mut Tx, now| hold_until(tx, of, at(now)).await.unwrap();
    assert_eq!(until(&mut tx, 1).await, None);
    hold_put(&mut tx, &hold("C-1", of.0, of.1, 50)).await.unwrap();
    hold_put(&mut tx, &hold("C-2", of.0, of.1, 90)).await.unwrap();
    assert_eq!((until(&mut tx, 49).await, until(&mut tx, 90).await), (Some(at(90)), None));
    hold_lift(&mut tx, "C-2", at(3)).await.unwrap();
    assert_eq!((until(&mut tx, 49).await, until(&mut tx, 50).await), (Some(at(50)), None));
    hold_put(&mut tx, &hold("C-2", of.0, of.1, 70)).await.unwrap();
    assert_eq!(until(&mut tx, 50).await, Some(at(70)));
    assert_eq!(hold_until(&mut tx, (HoldKind::Reveal, of.1), at(1)).await.unwrap(), None);
    assert_eq!(hold_list(&mut tx, 9).await.unwrap().len(), 2);
}
