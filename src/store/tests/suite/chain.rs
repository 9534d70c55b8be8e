//! The chain over the journal: without gaps however many link at once, and every change among its entries is found.

use super::fixture::*;
use crate::base::{Digest256, Random, SeededRandom};
use crate::exchange::canonical::State;
use crate::exchange::seal::{KeyKind, Signer, ThrowAwayAuthority, Witness};
use crate::store::*;

async fn append(store: &Store, numbers: std::ops::Range<u32>) {
    let mut tx = store.begin().await.unwrap();
    for number in numbers {
        let mut entry = JournalDraft::at(at(i64::from(number)), "sent", format!("entry {number}"));
        entry.message_id = Some(message(u128::from(number)));
        entry.peer = Some("KZ".to_owned());
        journal_append(&mut tx, &entry).await.unwrap();
    }
    tx.commit().await.unwrap();
}

/// Links until nothing waits; how many batches were ours.
async fn link_all(store: &Store, batch: u32) -> u32 {
    let mut ours = 0;
    loop {
        let mut tx = store.read().await.unwrap();
        let head = chain_head(&mut tx).await.unwrap();
        let entries = chain_unlinked(&mut tx, 0, batch).await.unwrap();
        drop(tx);
        if entries.is_empty() {
            return ours;
        }
        let mut tx = store.begin().await.unwrap();
        if chain_link(&mut tx, head, &head.follow(&entries)).await.unwrap() {
            tx.commit().await.unwrap();
            ours += 1;
        }
    }
}

fn identity() -> (Signer, Vec<u8>) {
    let authority = ThrowAwayAuthority::new("test", "RU", at(0)).unwrap();
    let issued = authority.issue_seal("fund", KeyKind::P256).unwrap();
    (Signer::from_pem(&issued.key_pem, &issued.chain_pem).unwrap(), issued.chain_pem)
}

fn witness(pem: &[u8]) -> Witness {
    let mut witness = Witness::default();
    witness.add_pem(pem).unwrap();
    witness
}

/// All that is wrong, in pages of seven, and the number of links.
async fn verify(tx: &mut Tx, witness: Witness) -> (Vec<Break>, Verifier) {
    let mut verifier = Verifier::new(State::Ru, witness);
    let (mut breaks, mut after) = (Vec::new(), 0);
    loop {
        let page = chain_page(tx, after, 7).await.unwrap();
        breaks.extend(verifier.page(&page));
        after = page.last;
        if page.is_last {
            break;
        }
    }
    let head = chain_head(tx).await.unwrap();
    breaks.extend(verifier.head(head));
    let beside = chain_strangers(tx, 100).await.unwrap();
    breaks.extend(verifier.beside(beside));
    (breaks, verifier)
}

async fn sealed(store: &Store, signer: &Signer) {
    let mut tx = store.begin().await.unwrap();
    let head = chain_head(&mut tx).await.unwrap();
    let seal = ChainSeal::make(head, at(9), State::Ru, signer).unwrap();
    chain_seal_put(&mut tx, &seal).await.unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn entries_are_linked_in_batches_and_the_whole_is_sound() {
    let (_folder, store) = store().await;
    let (signer, pem) = identity();
    append(&store, 0..23).await;
    let mut tx = store.read().await.unwrap();
    assert_eq!(chain_counts(&mut tx).await.unwrap(), ChainCounts { linked: 0, unlinked: 23 });
    drop(tx);
    assert_eq!(link_all(&store, 5).await, 5);
    sealed(&store, &signer).await;
    append(&store, 23..30).await;
    assert_eq!(link_all(&store, 100).await, 1);
    append(&store, 30..33).await;
    let mut tx = store.read().await.unwrap();
    assert_eq!(chain_counts(&mut tx).await.unwrap(), ChainCounts { linked: 30, unlinked: 3 });
    let (breaks, verifier) = verify(&mut tx, witness(&pem)).await;
    assert_eq!((breaks, verifier.links(), verifier.last()), (vec![], 30, 30));
    assert_eq!(verifier.sealed().map(|seal| seal.number), Some(23));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_who_append_and_link_at_once_make_one_chain_without_gaps() {
    let (place, first) = store().await;
    // a file has one process at a time, a server has several
    let second = if first.is_shared() { again(&place).await } else { first.clone() };
    let writers = [&first, &second, &first, &second].into_iter().enumerate().map(|(writer, store)| {
        let store = store.clone();
        tokio::spawn(async move {
            for round in 0..20 {
                let from = u32::try_from(writer).unwrap() * 1_000 + round * 3;
                append(&store, from..from + 3).await;
            }
        })
    });
    let writers: Vec<_> = writers.collect();
    let chainers = [&first, &second, &second].into_iter().map(|store| {
        let store = store.clone();
        tokio::spawn(async move {
            loop {
                link_all(&store, 7).await;
                let counts = chain_counts(&mut store.read().await.unwrap()).await.unwrap();
                if counts == (ChainCounts { linked: 240, unlinked: 0 }) {
                    return;
                }
            }
        })
    });
    let chainers: Vec<_> = chainers.collect();
    for task in writers.into_iter().chain(chainers) {
        tokio::time::timeout(std::time::Duration::from_secs(60), task).await.unwrap().unwrap();
    }
    let mut tx = second.read().await.unwrap();
    let (breaks, verifier) = verify(&mut tx, Witness::default()).await;
    assert_eq!((breaks, verifier.links(), verifier.last()), (vec![], 240, 240));
}

#[tokio::test]
async fn who_links_behind_a_head_that_has_moved_changes_nothing() {
    let (_folder, store) = store().await;
    append(&store, 0..4).await;
    let mut tx = store.read().await.unwrap();
    let head = chain_head(&mut tx).await.unwrap();
    let entries = chain_unlinked(&mut tx, 0, 4).await.unwrap();
    drop(tx);
    link_all(&store, 2).await;
    let mut tx = store.begin().await.unwrap();
    assert!(!chain_link(&mut tx, head, &head.follow(&entries)).await.unwrap());
    tx.commit().await.unwrap();
    // a process that dies in the middle of a batch leaves nothing of it
    append(&store, 4..8).await;
    let mut tx = store.begin().await.unwrap();
    let head = chain_head(&mut tx).await.unwrap();
    let entries = chain_unlinked(&mut tx, 0, 3).await.unwrap();
    assert!(chain_link(&mut tx, head, &head.follow(&entries)).await.unwrap());
    drop(tx);
    assert_eq!(link_all(&store, 3).await, 2);
    let (breaks, verifier) = verify(&mut store.read().await.unwrap(), Witness::default()).await;
    assert_eq!((breaks, verifier.links()), (vec![], 8));
}

#[tokio::test]
async fn each_kind_of_tampering_is_found_at_its_place() {
    let (_folder, store) = store().await;
    let (signer, pem) = identity();
    append(&store, 0..20).await;
    link_all(&store, 100).await;
    sealed(&store, &signer).await;
    append(&store, 20..30).await;
    link_all(&store, 100).await;
    append(&store, 30..32).await;
    let changed = |number| Break::Changed { number, entry: number };
    let gap = |from, to| Break::LinksMissing { from, to };
    let zeros = if store.is_shared() { "decode(repeat('00', 32), 'hex')" } else { "zeroblob(32)" };
    let forged_hash = format!("UPDATE journal_chain SET hash = {zeros} WHERE number = 9");
    let forged_seal = format!("UPDATE journal_seal SET signature = {zeros}");
    let forged_head = format!("UPDATE journal_head SET hash = {zeros}");
    let other_signer = format!("UPDATE journal_seal SET signer = {zeros}");
    let unknown = Break::SealUnknown { number: 20, signer: Digest256([0; 32]) };
    let cases: [(&str, Vec<Break>); 19] = [
        ("UPDATE journal SET detail = 'entry 6!' WHERE id = 7", vec![changed(7)]),
        ("UPDATE journal SET at = at + 1 WHERE id = 7", vec![changed(7)]),
        ("UPDATE journal SET code = '' WHERE id = 7", vec![changed(7)]),
        ("UPDATE journal SET peer = NULL WHERE id = 7", vec![changed(7)]),
        (
            "UPDATE journal SET detail = 'x' WHERE id IN (3, 19, 30)",
            vec![changed(3), changed(19), changed(30)],
        ),
        ("DELETE FROM journal WHERE id = 8", vec![Break::EntryMissing { number: 8, entry: 8 }]),
        ("DELETE FROM journal_chain WHERE number = 8", vec![gap(8, 8), Break::Stranger { entry: 8 }]),
        (&forged_hash, vec![changed(9)]),
        (
            "UPDATE journal_chain SET number = number + 100 WHERE number > 29",
            vec![gap(30, 129), Break::Head { told: 30, found: 130 }],
        ),
        (
            "UPDATE journal_chain SET entry_id = -entry_id WHERE number = 4",
            vec![Break::EntryMissing { number: 4, entry: -4 }, Break::Stranger { entry: 4 }],
        ),
        ("UPDATE journal_chain SET form = 2 WHERE number = 4", vec![Break::Form { number: 4, form: 2 }]),
        (
            "UPDATE journal SET detail = CASE id WHEN 5 THEN 'entry 5' ELSE 'entry 4' END WHERE id IN (5, 6)",
            vec![changed(5), changed(6)],
        ),
        ("DELETE FROM journal WHERE id = 32", vec![Break::WaitingMissing { entry: 32 }]),
        ("DELETE FROM journal_unlinked WHERE id = 32", vec![Break::Stranger { entry: 32 }]),
        (&forged_seal, vec![Break::SealForged { number: 20 }]),
        (&other_signer, vec![unknown]),
        ("UPDATE journal_seal SET number = 21", vec![Break::SealForged { number: 21 }]),
        (&forged_head, vec![Break::HeadHash { number: 30 }]),
        ("UPDATE journal_head SET number = 31", vec![Break::Head { told: 31, found: 30 }]),
    ];
    for (text, expected) in cases {
        let mut tx = store.begin().await.unwrap();
        tamper(&mut tx, text).await;
        let (breaks, verifier) = verify(&mut tx, witness(&pem)).await;
        assert_eq!(breaks, expected, "{text}");
        assert_eq!(verifier.breaks(), u64::try_from(expected.len()).unwrap());
    }
    let mut tx = store.begin().await.unwrap();
    tamper(&mut tx, "INSERT INTO journal (at, kind, detail) VALUES (5, 'sent', 'never')").await;
    let (breaks, _) = verify(&mut tx, witness(&pem)).await;
    assert!(matches!(breaks.as_slice(), [Break::Stranger { entry: 33 }]), "{breaks:?}");
}

#[tokio::test]
async fn a_chain_that_was_made_anew_does_not_bear_the_seal() {
    let (_folder, store) = store().await;
    let (signer, pem) = identity();
    append(&store, 0..12).await;
    link_all(&store, 100).await;
    sealed(&store, &signer).await;
    let mut tx = store.begin().await.unwrap();
    let start = ChainHead { number: 0, hash: Digest256([0; 32]) };
    for text in [
        "UPDATE journal SET detail = 'never' WHERE id = 3",
        "INSERT INTO journal_unlinked (id) SELECT id FROM journal",
        "DELETE FROM journal_chain",
    ] {
        tamper(&mut tx, text).await;
    }
    let zeros = if store.is_shared() { "decode(repeat('00', 32), 'hex')" } else { "zeroblob(32)" };
    tamper(&mut tx, &format!("UPDATE journal_head SET number = 0, hash = {zeros}")).await;
    let entries = chain_unlinked(&mut tx, 0, 100).await.unwrap();
    assert!(chain_link(&mut tx, start, &start.follow(&entries)).await.unwrap());
    let (breaks, verifier) = verify(&mut tx, witness(&pem)).await;
    assert_eq!(breaks, [Break::SealedOtherwise { number: 12 }]);
    assert_eq!(verifier.sealed(), None);
}

/// What a stranger with the database may do to one or two linked entries.
#[tokio::test]
async fn whatever_is_changed_deleted_or_exchanged_among_linked_entries_is_found_at_its_place() {
    let (_folder, store) = store().await;
    append(&store, 0..60).await;
    link_all(&store, 11).await;
    let random = SeededRandom::new(5);
    let below = |n: u128| i64::try_from((random.uuid().as_u128() >> 64) % n).unwrap();
    for _ in 0..120 {
        let (one, other) = (1 + below(60), 1 + below(60));
        let column = ["kind", "message_id", "peer", "code", "detail", "action", "relates_to", "to_address"];
        let column = column[usize::try_from(below(8)).unwrap()];
        let text = match below(5) {
            0 => format!("UPDATE journal SET {column} = 'other' WHERE id = {one}"),
            1 => format!("DELETE FROM journal WHERE id = {one}"),
            2 => format!("DELETE FROM journal_chain WHERE number = {one}"),
            // two links exchange their entries
            3 if one != other => format!(
                "UPDATE journal_chain SET entry_id = -entry_id WHERE number IN ({one}, {other});
                 UPDATE journal_chain SET entry_id = {other} WHERE number = {one};
                 UPDATE journal_chain SET entry_id = {one} WHERE number = {other}"
            ),
            // two links exchange their places
            4 if one != other => format!(
                "UPDATE journal_chain SET number = -number WHERE number IN ({one}, {other});
                 UPDATE journal_chain SET number = {other} WHERE number = -{one};
                 UPDATE journal_chain SET number = {one} WHERE number = -{other}"
            ),
            _ => format!("UPDATE journal SET at = at - 1 WHERE id = {one}"),
        };
        let mut tx = store.begin().await.unwrap();
        for statement in text.split(';') {
            tamper(&mut tx, statement).await;
        }
        let (breaks, _) = verify(&mut tx, Witness::default()).await;
        let is_at = |place: i64| {
            breaks.iter().any(|told| {
                let is_in_gap =
                    matches!(told, Break::LinksMissing { from, to } if (*from..=*to).contains(&place));
                let number = match told {
                    Break::Changed { number, .. } | Break::EntryMissing { number, .. } => Some(*number),
                    Break::Head { found, .. } => Some(found + 1), // the last link was deleted
                    Break::LinksMissing { .. }
                    | Break::OutOfOrder { .. }
                    | Break::Form { .. }
                    | Break::Stranger { .. }
                    | Break::WaitingMissing { .. }
                    | Break::HeadHash { .. }
                    | Break::SealedOtherwise { .. }
                    | Break::SealForged { .. }
                    | Break::SealUnknown { .. } => None,
                };
                number == Some(place) || is_in_gap
            })
        };
        assert!(is_at(one), "{text}: {breaks:?}");
        if text.contains(';') {
            assert!(is_at(other), "{text}: {breaks:?}");
        }
        assert!(breaks.len() <= 5, "one act is a few breaks: {breaks:?}");
    }
}
