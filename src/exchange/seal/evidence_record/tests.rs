//! Batches of any size, and records that outlive the certificates and digests of their time stamps.

use super::super::{KeyKind, Signer, StampAuthority, StampQuestion, ThrowAwayAuthority, TrustStore};
use super::super::{StampAnswer, StampTrust};
use super::*;
use DigestAlgorithm::{Belt, Sha256, Sha512};
use jiff::ToSpan;
use proptest::prelude::*;
use std::sync::LazyLock;
use uuid::Uuid;

fn day(days: i64) -> Timestamp {
    let begin: Timestamp = "2026-11-24T10:00:00Z".parse().unwrap();
    begin.checked_add((days * 24).hours()).unwrap()
}

/// A time-stamping authority from a day on; its certificates are valid for 90 days.
struct Clockmaker {
    authority: ThrowAwayAuthority,
    own: StampAuthority,
}

impl Clockmaker {
    fn since(days: i64) -> Self {
        let authority = ThrowAwayAuthority::new(&format!("time {days}"), "KZ", day(days)).unwrap();
        let issued = authority.issue_time_stamping("time", KeyKind::P256).unwrap();
        let own = StampAuthority::new(Signer::from_pem(&issued.key_pem, &issued.chain_pem).unwrap()).unwrap();
        Self { authority, own }
    }

    fn stamp(&self, batch: &StampBatch, at: Timestamp) -> TimeStamp {
        let question = StampQuestion::new(batch.imprint(), Uuid::from_u128(7), at);
        let (answer, _) = self.own.answer(&question.to_der().unwrap(), (Uuid::from_u128(9), at)).unwrap();
        match question.read_answer(&answer, &trust(&[self]), at).unwrap() {
            StampAnswer::Stamped(stamp) => stamp,
            StampAnswer::Refused(refusal) => panic!("{refusal}"),
        }
    }
}

fn trust(makers: &[&Clockmaker]) -> StampTrust {
    let bundle: Vec<u8> = makers.iter().flat_map(|maker| maker.authority.pem().unwrap()).collect();
    StampTrust::new(TrustStore::from_pem(&bundle).unwrap(), None)
}

fn verified(
    record: &EvidenceRecord,
    document: &[u8],
    makers: &[&Clockmaker],
    at: Timestamp,
) -> Result<Stamped, SealError> {
    let read = EvidenceRecord::read(&record.to_der()?)?;
    assert_eq!(read, *record);
    read.verify(&mut |algorithm| algorithm.of(document), &trust(makers), at)
}

fn documents(count: usize) -> Vec<Vec<u8>> {
    (0..count).map(|number| format!("document {number}").into_bytes()).collect()
}

fn batch(algorithm: DigestAlgorithm, documents: &[Vec<u8>]) -> StampBatch {
    let digests = documents.iter().map(|document| algorithm.of(document).unwrap());
    StampBatch::over(algorithm, digests.collect()).unwrap()
}

static MAKER: LazyLock<Clockmaker> = LazyLock::new(|| Clockmaker::since(0));

fn first(document: &[u8], batch: &StampBatch, stamp: &TimeStamp) -> EvidenceRecord {
    EvidenceRecord::first(&batch.algorithm.of(document).unwrap(), batch, stamp).unwrap()
}

#[test]
fn in_a_batch_of_any_size_each_document_has_a_record_that_holds_for_no_other_batch() {
    for count in 1..=17 {
        let documents = documents(count);
        let batch = batch(Sha256, &documents);
        let stamp = MAKER.stamp(&batch, day(0));
        for (number, document) in documents.iter().enumerate() {
            let record = first(document, &batch, &stamp);
            let stamped = verified(&record, document, &[&MAKER], day(1)).unwrap();
            assert_eq!((stamped.at, stamped.again.len()), (day(0), 0), "{number} of {count}");
            assert!(verified(&record, b"of another batch", &[&MAKER], day(1)).is_err());
            // RFC 4998 has the digest of a neighbour stand beside it, which was stamped as well
            let hold = documents.iter().filter(|one| verified(&record, one, &[&MAKER], day(1)).is_ok());
            assert!(hold.count() <= 2, "{number} of {count}");
        }
        assert!(EvidenceRecord::first(&Sha256.of(b"none").unwrap(), &batch, &stamp).is_err());
    }
}

#[test]
fn documents_that_are_the_same_have_the_same_record_and_an_empty_batch_is_none() {
    let twice = [b"a".to_vec(), b"a".to_vec(), b"b".to_vec()];
    let twice = batch(Sha256, &twice);
    assert_eq!(twice.imprint(), batch(Sha256, &[b"b".to_vec(), b"a".to_vec()]).imprint());
    assert!(StampBatch::over(Sha256, Vec::new()).is_err());
}

#[test]
fn a_record_ends_with_its_certificate_unless_it_is_renewed_before() {
    let (old, new) = (Clockmaker::since(0), Clockmaker::since(80));
    let documents = documents(5);
    let batch = batch(Sha256, &documents);
    let stamp = old.stamp(&batch, day(0));
    let records: Vec<_> = documents.iter().map(|document| first(document, &batch, &stamp)).collect();
    let both = [&old, &new];
    assert!(matches!(verified(&records[0], &documents[0], &both, day(91)), Err(SealError::Expired)));
    // five records have one time stamp between them
    let leaves: Vec<_> = records.iter().map(|record| record.to_renew().unwrap()).collect();
    let again = StampBatch::over(Sha256, leaves).unwrap();
    let stamp = new.stamp(&again, day(85));
    for (record, document) in records.iter().zip(&documents) {
        let renewed = record.clone().renewed(&again, &stamp).unwrap();
        let stamped = verified(&renewed, document, &both, day(120)).unwrap();
        assert_eq!((stamped.at, stamped.again), (day(0), vec![day(85)]));
        assert!(verified(&renewed, b"another", &both, day(120)).is_err());
        assert!(matches!(verified(&renewed, document, &both, day(171)), Err(SealError::Expired)));
        assert!(matches!(verified(&renewed, document, &[&new], day(120)), Err(SealError::Foreign)));
    }
}

#[test]
fn a_renewal_that_came_too_late_shows_nothing() {
    let (old, new) = (Clockmaker::since(0), Clockmaker::since(80));
    let documents = documents(2);
    let batch = batch(Sha256, &documents);
    let record = first(&documents[0], &batch, &old.stamp(&batch, day(0)));
    let again = StampBatch::over(Sha256, vec![record.to_renew().unwrap()]).unwrap();
    let late = record.clone().renewed(&again, &new.stamp(&again, day(95))).unwrap();
    assert!(matches!(verified(&late, &documents[0], &[&old, &new], day(96)), Err(SealError::Expired)));
    let foreign = StampBatch::over(Sha512, vec![Sha512.of(b"x").unwrap()]).unwrap();
    assert!(record.renewed(&foreign, &new.stamp(&foreign, day(85))).is_err(), "a chain keeps its algorithm");
}

#[test]
fn a_digest_that_grows_weak_is_replaced_and_all_that_was_before_is_bound_in() {
    let makers = [Clockmaker::since(0), Clockmaker::since(80), Clockmaker::since(160)];
    let all = makers.each_ref();
    let documents = documents(3);
    let batch = batch(Sha256, &documents);
    let stamp = makers[0].stamp(&batch, day(0));
    let records: Vec<_> = documents.iter().map(|document| first(document, &batch, &stamp)).collect();
    let digest = |document: &[u8]| Belt.of(document).unwrap();
    let leaves = records.iter().zip(&documents);
    let leaves = leaves.map(|(record, document)| record.to_rehash(Belt, &digest(document)).unwrap());
    let again = StampBatch::over(Belt, leaves.collect()).unwrap();
    let stamp = makers[1].stamp(&again, day(85));
    for (record, document) in records.into_iter().zip(&documents) {
        let rehashed = record.rehashed(&digest(document), &again, &stamp).unwrap();
        assert_eq!(verified(&rehashed, document, &all, day(100)).unwrap().again, [day(85)]);
        assert!(verified(&rehashed, b"another", &all, day(100)).is_err());
        let once_more = StampBatch::over(Belt, vec![rehashed.to_renew().unwrap()]).unwrap();
        let stamp = makers[2].stamp(&once_more, day(165));
        let third = rehashed.renewed(&once_more, &stamp).unwrap();
        let stamped = verified(&third, document, &all, day(200)).unwrap();
        assert_eq!((stamped.at, stamped.again), (day(0), vec![day(85), day(165)]));
        assert!(stamped.good_until > day(240));
        // the first chain is bound in: nothing of it can be left out or put in another's place
        let mut without = third.clone();
        without.chains.remove(0);
        assert!(verified(&without, document, &all, day(200)).is_err());
        let mut turned = third.clone();
        turned.chains.swap(0, 1);
        assert!(verified(&turned, document, &all, day(200)).is_err());
        let mut short = third;
        short.chains[1].remove(0);
        assert!(verified(&short, document, &all, day(200)).is_err());
    }
}

/// The record, with one list of the way after another changed.
fn tampered(record: &EvidenceRecord, change: impl Fn(&mut Way)) -> EvidenceRecord {
    let stamp = &record.chains[0][0];
    let mut way = stamp.way.clone();
    change(&mut way);
    let stamp = ArchiveStamp::new(stamp.algorithm, way, stamp.token.clone()).unwrap();
    EvidenceRecord { chains: vec![vec![stamp]] }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_way_is_good_in_its_own_order_and_to_the_last_bit(
        count in 2..40_usize, member in 0..40_usize, place in any::<prop::sample::Index>(), bit in 0..256_usize,
    ) {
        let documents = documents(count);
        let document = &documents[member % count];
        let batch = batch(Sha256, &documents);
        let record = first(document, &batch, &MAKER.stamp(&batch, day(0)));
        prop_assert!(verified(&record, document, &[&MAKER], day(1)).is_ok());
        let is_good = |record: &EvidenceRecord| verified(record, document, &[&MAKER], day(1)).is_ok();
        let turned = tampered(&record, |way| way[0].reverse());
        prop_assert!(!is_good(&turned));
        let flipped = tampered(&record, |way| {
            let list = place.index(way.len());
            way[list][0][bit / 8] ^= 1 << (bit % 8);
        });
        prop_assert!(!is_good(&flipped));
        let cut = tampered(&record, |way| drop(way.pop()));
        prop_assert!(!is_good(&cut));
        let longer = tampered(&record, |way| way.push(vec![vec![7; 32]]));
        prop_assert!(!is_good(&longer));
        if record.chains[0][0].way.len() > 2 {
            let swapped = tampered(&record, |way| way.swap(1, 2));
            prop_assert!(!is_good(&swapped));
        }
    }

    #[test]
    fn no_changed_byte_makes_another_record(place in any::<prop::sample::Index>(), bit in 0..8_u8) {
        let documents = documents(5);
        let batch = batch(Sha256, &documents);
        let der = first(&documents[2], &batch, &MAKER.stamp(&batch, day(0))).to_der().unwrap();
        let mut changed = der.clone();
        changed[place.index(der.len())] ^= 1 << bit;
        let verified = EvidenceRecord::read(&changed)
            .and_then(|record| record.verify(&mut |it| it.of(&documents[2]), &trust(&[&MAKER]), day(1)));
        // what nobody signed of a token may differ; what it shows does not
        if let Ok(stamped) = verified {
            prop_assert_eq!((stamped.at, stamped.by), (day(0), "C=KZ, CN=time".to_owned()));
        }
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        prop_assert!(EvidenceRecord::read(&bytes).is_err());
    }
}
