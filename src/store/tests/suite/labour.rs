//! Streams of jobs lose nothing and say nothing twice; what is erased has neither content nor hash; the mirror moves with its place.

use super::fixture::*;
use crate::base::Digest256;
use crate::exchange::canonical::State;
use crate::exchange::canonical::job::IscoCode;
use crate::labour::consent::{
    Consent, ConsentState, ConsentTerms, ConsentText, EmployerClass, Purpose, Section, SignatureLevel,
};
use crate::labour::groups_of;
use crate::labour::sync::{Change, ChangeKind, StreamKind};
use crate::store::*;
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

const KIND: StreamKind = StreamKind::Vacancy;

fn hash(n: u8) -> Digest256 {
    Digest256([n; 32])
}

pub(super) fn record(name: &str, content: Option<u8>, consent: Option<u128>) -> Published {
    Published {
        kind: if consent.is_some() { StreamKind::Profile } else { KIND },
        reference: name.to_owned(),
        peer: if consent.is_some() { "KZ".to_owned() } else { String::new() },
        state: PublishedState::Active,
        content: content.map(|n| (format!("{{\"n\":{n}}}"), hash(n))),
        consent_id: consent.map(Uuid::from_u128),
        changed_at: at(1),
    }
}

async fn change(tx: &mut Tx, kind: StreamKind, name: &str, state: PublishedState, n: u8) {
    let head = stream_lock(tx, "KZ", kind).await.unwrap();
    let hash = (state == PublishedState::Active).then(|| hash(n));
    stream_put(tx, ("KZ", kind, head), &[(name, state, hash)], at(i64::from(n))).await.unwrap();
}

/// All changes after a number, by pages.
async fn walk(tx: &mut Tx, since: u64, limit: u32) -> Vec<Change> {
    let (mut all, mut since) = (Vec::new(), since);
    loop {
        let page = change_page(tx, ("KZ", KIND), since, limit).await.unwrap();
        let Some(last) = page.last() else { return all };
        assert!(last.seq > since, "a page leads on");
        since = last.seq;
        all.extend(page);
    }
}

/// D1, D2, D3: whatever happened, all of it at one instant, the union over the pages of any size is the set of what became of the
/// records, each in it once; a page that is taken before more happens loses nothing.
#[tokio::test]
async fn the_union_over_pages_is_the_set_of_changes_each_record_once() {
    let (_folder, store) = store().await;
    let mut tx = store.begin().await.unwrap();
    stream_open(&mut tx, "KZ", KIND, Uuid::from_u128(1)).await.unwrap();
    let mut truth: BTreeMap<String, PublishedState> = BTreeMap::new();
    let mut seen: BTreeMap<String, ChangeKind> = BTreeMap::new();
    let (mut state, mut place) = (7_u64, 0_u64);
    for step in 0..300_u64 {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let name = format!("v{:02}", (state >> 33) % 40);
        let becomes = match (state >> 40) % 3 {
            0 if truth.contains_key(&name) => PublishedState::Closed,
            _ => PublishedState::Active,
        };
        change(&mut tx, KIND, &name, becomes, 9).await; // one instant for all
        truth.insert(name, becomes);
        if step % 7 == 0 {
            // somebody who follows takes one small page now and then
            let page = change_page(&mut tx, ("KZ", KIND), place, 3).await.unwrap();
            place = page.last().map_or(place, |change| change.seq);
            seen.extend(page.into_iter().map(|change| (change.reference, change.kind)));
        }
        if step % 60 == 59 {
            for limit in [1, 3, 1_000] {
                let all = walk(&mut tx, 0, limit).await;
                let names: BTreeSet<&str> = all.iter().map(|change| change.reference.as_str()).collect();
                assert_eq!((all.len(), names.len()), (truth.len(), truth.len()), "each once, none lost");
                for change in &all {
                    let is_open = truth[&change.reference] == PublishedState::Active;
                    assert_eq!(change.kind == ChangeKind::Closed, !is_open);
                    // new to who begins at 0; on a later page it may be told as modified, if it was published before that page
                    assert!(limit < 1_000 || !is_open || change.kind == ChangeKind::Created);
                    assert_eq!(change.hash.is_some(), change.kind.has_content());
                }
            }
        }
    }
    seen.extend(walk(&mut tx, place, 5).await.into_iter().map(|change| (change.reference, change.kind)));
    for (name, state) in &truth {
        assert_eq!(seen[name].has_content(), *state == PublishedState::Active, "{name}");
    }
    let open: Vec<_> = truth.values().filter(|state| **state == PublishedState::Active).collect();
    assert_eq!(snapshot_page(&mut tx, ("KZ", KIND), 0, 1_000).await.unwrap().len(), open.len());
}

#[tokio::test]
async fn a_record_is_modified_only_for_who_has_seen_it() {
    let (_folder, store) = store().await;
    let mut tx = store.begin().await.unwrap();
    stream_open(&mut tx, "KZ", KIND, Uuid::from_u128(1)).await.unwrap();
    change(&mut tx, KIND, "a", PublishedState::Active, 1).await;
    change(&mut tx, KIND, "a", PublishedState::Active, 2).await;
    assert_eq!(walk(&mut tx, 0, 9).await[0].kind, ChangeKind::Created);
    assert_eq!(walk(&mut tx, 1, 9).await[0].kind, ChangeKind::Modified);
    change(&mut tx, KIND, "a", PublishedState::Closed, 3).await;
    change(&mut tx, KIND, "a", PublishedState::Active, 4).await;
    assert_eq!(walk(&mut tx, 3, 9).await[0].kind, ChangeKind::Created, "it was closed meanwhile");
}

/// Numbers become visible in the order in which they grow, whoever commits first.
#[tokio::test(flavor = "multi_thread")]
async fn who_writes_at_the_same_time_makes_no_gap_that_fills_later() {
    let (place, first) = store().await;
    let mut tx = first.begin().await.unwrap();
    stream_open(&mut tx, "KZ", KIND, Uuid::from_u128(1)).await.unwrap();
    tx.commit().await.unwrap();
    let second = again(&place).await;
    let write = async |store: &Store, of: char| {
        for n in 0..30 {
            let mut tx = store.begin().await.unwrap();
            change(&mut tx, KIND, &format!("{of}{n}"), PublishedState::Active, 1).await;
            tx.commit().await.unwrap();
        }
    };
    let follow = async {
        let (mut since, mut seen) = (0, BTreeSet::new());
        while seen.len() < 60 {
            let page = change_page(&mut first.read().await.unwrap(), ("KZ", KIND), since, 7).await.unwrap();
            since = page.last().map_or(since, |change| change.seq);
            seen.extend(page.into_iter().map(|change| change.reference));
            tokio::task::yield_now().await;
        }
    };
    tokio::join!(write(&first, 'a'), write(&second, 'b'), follow);
    let row = stream_find(&mut first.read().await.unwrap(), "KZ", KIND).await.unwrap().unwrap();
    assert_eq!(row.head.head_seq, 60);
}

#[tokio::test]
async fn a_peer_that_comes_later_gets_what_is_open_and_lag_is_told() {
    let (_folder, store) = store().await;
    let mut tx = store.begin().await.unwrap();
    for name in ["a", "b"] {
        published_put(&mut tx, &record(name, Some(1), None)).await.unwrap();
    }
    stream_open(&mut tx, "KZ", KIND, Uuid::from_u128(1)).await.unwrap();
    stream_open(&mut tx, "KZ", KIND, Uuid::from_u128(2)).await.unwrap();
    assert_eq!(walk(&mut tx, 0, 9).await.len(), 2);
    let row = stream_find(&mut tx, "KZ", KIND).await.unwrap().unwrap();
    assert_eq!((row.head.head_seq, row.acked_seq, row.waits_since), (2, 0, Some(at(1))));
    let epoch = row.head.stream_epoch;
    assert!(!stream_acknowledge(&mut tx, ("KZ", KIND), ("other", 2), at(5)).await.unwrap());
    assert!(!stream_acknowledge(&mut tx, ("KZ", KIND), (&epoch, 3), at(5)).await.unwrap(), "beyond the head");
    assert!(stream_acknowledge(&mut tx, ("KZ", KIND), (&epoch, 2), at(5)).await.unwrap());
    let row = stream_find(&mut tx, "KZ", KIND).await.unwrap().unwrap();
    assert_eq!((row.acked_seq, row.waits_since), (2, None));
}

pub(super) fn consent(n: u128, expires: i64) -> Consent {
    let terms = ConsentTerms {
        id: Uuid::from_u128(n),
        subject: hash(5),
        purpose: Purpose::CvSearch,
        sections: [Section::Occupation].into(),
        target_states: [State::Kz].into(),
        employer_class: EmployerClass::VerifiedEmployer,
        is_agency_excluded: false,
        text: ConsentText { version: "1".parse().unwrap(), sha256: hash(6), language: "ru".parse().unwrap() },
        given_at: at(i64::try_from(n).unwrap()),
        expires_at: at(expires),
        signature_level: SignatureLevel::InPerson,
        evidence: None,
        legal_basis: "law".parse().unwrap(),
    };
    Consent::kept(terms, ConsentState::Active, None)
}

/// D9: content and hash go together, and after a new consent the same content is published under another name.
#[tokio::test]
async fn the_end_of_a_consent_blanks_content_and_hash_and_receipts_are_kept() {
    let (_folder, store) = store().await;
    let mut tx = store.begin().await.unwrap();
    let own = StreamKind::Profile;
    stream_open(&mut tx, "KZ", own, Uuid::from_u128(1)).await.unwrap();
    consent_put(&mut tx, &consent(1, 500), ConsentState::Active, None, at(400)).await.unwrap();
    target_put(&mut tx, Uuid::from_u128(1), "KZ", (at(1), at(2))).await.unwrap();
    assert!(target_waiting(&mut tx, at(1), 9).await.unwrap().is_empty(), "not before its instant");
    assert_eq!(target_waiting(&mut tx, at(2), 9).await.unwrap(), [(Uuid::from_u128(1), "KZ".to_owned())]);
    published_put(&mut tx, &record("p1", Some(3), Some(1))).await.unwrap();
    change(&mut tx, own, "p1", PublishedState::Active, 3).await;
    target_tried(&mut tx, (Uuid::from_u128(1), "KZ"), Some("p1"), at(2)).await.unwrap();
    assert!(target_waiting(&mut tx, at(2), 9).await.unwrap().is_empty());
    assert_eq!(consent_due(&mut tx, at(499), 9).await.unwrap(), Vec::<Uuid>::new());
    assert_eq!(consent_due(&mut tx, at(500), 9).await.unwrap(), [Uuid::from_u128(1)]);
    assert!(consent_end(&mut tx, Uuid::from_u128(1), (ConsentState::Withdrawn, None), at(9)).await.unwrap());
    assert!(!consent_end(&mut tx, Uuid::from_u128(1), (ConsentState::Expired, None), at(9)).await.unwrap());
    let erased = published_erase(&mut tx, Uuid::from_u128(1), at(9)).await.unwrap();
    assert_eq!(erased, [("KZ".to_owned(), "p1".to_owned())]);
    let found = published_find(&mut tx, ("KZ", own), &["p1".to_owned()]).await.unwrap();
    assert_eq!((&found["p1"].content, found["p1"].state), (&None, PublishedState::Erased));
    assert!(
        published_find(&mut tx, ("BY", own), &["p1".to_owned()]).await.unwrap().is_empty(),
        "of one peer"
    );
    target_erased(&mut tx, (Uuid::from_u128(1), "KZ"), Some(2), at(9)).await.unwrap();
    assert_eq!(target_oldest(&mut tx, "KZ").await.unwrap(), Some(at(9)));
    assert_eq!(target_confirm(&mut tx, ("KZ", 1), (None, "line"), at(10)).await.unwrap(), 0);
    assert_eq!(target_missing(&mut tx, 9).await.unwrap().len(), 1);
    assert_eq!(target_confirm(&mut tx, ("KZ", 2), (Some("sig"), "line"), at(11)).await.unwrap(), 1);
    assert_eq!(target_confirm(&mut tx, ("KZ", 2), (None, "again"), at(12)).await.unwrap(), 0);
    assert!(target_missing(&mut tx, 9).await.unwrap().is_empty());
    let target = target_list(&mut tx, Uuid::from_u128(1)).await.unwrap().remove(0);
    assert_eq!((target.confirmed_at, target.signature.as_deref()), (Some(at(11)), Some("sig")));
    // the next consent of the same person for the same purpose may stand now
    consent_put(&mut tx, &consent(2, 500), ConsentState::Active, None, at(400)).await.unwrap();
    let active = consent_active(&mut tx, hash(5), Purpose::CvSearch).await.unwrap().unwrap();
    assert_eq!(active.terms().id, Uuid::from_u128(2));
    assert_eq!(consent_list(&mut tx, hash(5)).await.unwrap().len(), 2);
    published_put(&mut tx, &record("p2", Some(3), Some(2))).await.unwrap();
    change(&mut tx, own, "p2", PublishedState::Active, 3).await;
    let served = published_find(&mut tx, ("KZ", own), &["p2".to_owned()]).await.unwrap();
    assert_eq!(served["p2"].content, Some(("{\"n\":3}".to_owned(), hash(3))));
    tx.commit().await.unwrap();
    let mut tx = store.begin().await.unwrap();
    assert!(
        consent_put(&mut tx, &consent(3, 500), ConsentState::Active, None, at(400)).await.is_err(),
        "two of one person for one purpose are never in force"
    );
}

#[tokio::test]
async fn a_person_is_counted_once_in_each_group_until_the_consent_ends() {
    let (_folder, store) = store().await;
    let mut tx = store.begin().await.unwrap();
    let isco = |text: &str| text.parse::<IscoCode>().unwrap();
    consent_put(&mut tx, &consent(1, 500), ConsentState::Active, None, at(400)).await.unwrap();
    let groups = || groups_of([isco("7212"), isco("7213")]);
    let region = "417".parse().unwrap();
    cell_put(&mut tx, Uuid::from_u128(1), Some(&region), groups()).await.unwrap();
    cell_put(&mut tx, Uuid::from_u128(8), None, groups()).await.unwrap();
    let mut counted = cell_counts(&mut tx, isco("721")).await.unwrap();
    counted.sort_by_key(|count| count.region.is_some());
    assert_eq!(counted.iter().map(|count| count.persons).collect::<Vec<_>>(), [1, 1]);
    assert_eq!(counted[1].region, Some(region));
    consent_end(&mut tx, Uuid::from_u128(1), (ConsentState::Expired, None), at(9)).await.unwrap();
    assert_eq!(cell_counts(&mut tx, isco("7212")).await.unwrap().len(), 1);
}

fn cursor(moves: u64, seq: u64) -> Cursor {
    Cursor {
        peer: "RU".to_owned(),
        kind: KIND,
        epoch: "e".to_owned(),
        seq,
        head_seq: 9,
        snapshot_after: None,
        generation: 1,
        acked_seq: 0,
        unknown: 0,
        moves,
        heard_at: at(1),
        code: None,
    }
}

#[tokio::test]
async fn a_place_is_moved_by_one_and_records_with_it_or_not_at_all() {
    let (_folder, store) = store().await;
    let mut tx = store.begin().await.unwrap();
    assert!(cursor_move(&mut tx, &cursor(0, 1)).await.unwrap());
    assert!(!cursor_move(&mut tx, &cursor(0, 5)).await.unwrap(), "somebody was there before");
    assert!(cursor_move(&mut tx, &cursor(1, 2)).await.unwrap());
    let found = cursor_find(&mut tx, "RU", KIND).await.unwrap().unwrap();
    assert_eq!((found.seq, found.moves), (2, 2));
    let of = |name| ("RU", KIND, name);
    let hold = |n: u8, until| MirrorMove::Hold { content: format!("{{\"n\":{n}}}"), hash: hash(n), until };
    mirror_put(&mut tx, of("a"), (&hold(1, None), 1), at(1)).await.unwrap();
    mirror_put(&mut tx, of("b"), (&hold(2, Some(at(50))), 1), at(1)).await.unwrap();
    mirror_put(&mut tx, of("c"), (&MirrorMove::Want { code: "x".to_owned() }, 1), at(1)).await.unwrap();
    let hashes = mirror_hashes(&mut tx, ("RU", KIND), &["a", "b", "c", "d"]).await.unwrap();
    assert_eq!((hashes.len(), hashes["b"]), (2, hash(2)));
    assert_eq!(mirror_wanted(&mut tx, ("RU", KIND), 9).await.unwrap(), ["c"]);
    let page = |now| async move { now };
    assert_eq!(mirror_page(&mut tx, ("RU", KIND), ("", 9), page(at(49)).await).await.unwrap().len(), 2);
    assert_eq!(
        mirror_page(&mut tx, ("RU", KIND), ("", 9), at(50)).await.unwrap().len(),
        1,
        "its time is over"
    );
    assert_eq!(mirror_expire(&mut tx, at(50)).await.unwrap(), 1);
    let blank = mirror_find(&mut tx, of("b")).await.unwrap().unwrap();
    assert_eq!((blank.content, blank.state), (None, MirrorState::Erased));
    assert!(mirror_blank(&mut tx, of("a"), MirrorState::Erased, at(3)).await.unwrap());
    assert!(!mirror_blank(&mut tx, of("a"), MirrorState::Erased, at(3)).await.unwrap(), "once");
    assert!(!mirror_blank(&mut tx, of("never"), MirrorState::Erased, at(3)).await.unwrap());
    mirror_put(&mut tx, of("new"), (&hold(4, None), 2), at(4)).await.unwrap();
    assert_eq!(mirror_sweep(&mut tx, ("RU", KIND), 2, at(5)).await.unwrap(), 1, "the wanted one is gone");
    assert!(mirror_find(&mut tx, of("new")).await.unwrap().unwrap().content.is_some());
}
