//! Containers whose certificates have expired: what their time stamps show, and what they do not.

use super::super::{
    KeyKind, Reason, Revocation, StampAnswer, StampAuthority, StampBatch, StampQuestion, StatusKind,
    Statuses, Terms, ThrowAwayAuthority, seal_unchecked,
};
use super::*;
use crate::base::DocumentId;
use jiff::ToSpan;

fn day(days: i64) -> Timestamp {
    let begin: Timestamp = "2026-11-24T10:00:00Z".parse().unwrap();
    begin.checked_add((days * 24).hours()).unwrap()
}

/// A state whose certificates are valid from day 0 to 90, and an authority for time stamps from day 50 to 140.
struct Land {
    authority: ThrowAwayAuthority,
    fund: Signer,
    clockmaker: ThrowAwayAuthority,
    stamps: StampAuthority,
}

impl Land {
    fn new() -> Self {
        let authority = ThrowAwayAuthority::new("seals", "KZ", day(0)).unwrap();
        let issued = authority.issue_seal("fund", KeyKind::P256).unwrap();
        let fund = Signer::from_pem(&issued.key_pem, &issued.chain_pem).unwrap();
        let clockmaker = ThrowAwayAuthority::new("time", "KZ", day(50)).unwrap();
        let issued = clockmaker.issue_time_stamping("clock", KeyKind::P256).unwrap();
        let stamps = Signer::from_pem(&issued.key_pem, &issued.chain_pem).unwrap();
        Self { authority, fund, clockmaker, stamps: StampAuthority::new(stamps).unwrap() }
    }

    fn stamp_trust(&self) -> StampTrust {
        StampTrust::new(TrustStore::from_pem(&self.clockmaker.pem().unwrap()).unwrap(), None)
    }

    fn stamp(&self, imprint: Imprint, at: Timestamp) -> TimeStamp {
        let question = StampQuestion::new(imprint, Uuid::from_u128(7), at);
        let request = question.to_der().unwrap();
        let (answer, _) = self.stamps.answer(&request, (Uuid::from_u128(9), at)).unwrap();
        let StampAnswer::Stamped(stamp) = question.read_answer(&answer, &self.stamp_trust(), at).unwrap()
        else {
            panic!("it refuses")
        };
        stamp
    }

    fn sealed(&self) -> Vec<u8> {
        let id: DocumentId = "7d2a1c58-0c5e-4f0f-9b8e-2f7f0d5b6a77".parse().unwrap();
        seal_unchecked(b"<a></a>", id, &self.fund).unwrap().into_bytes()
    }

    fn record(&self, document: &[u8], at: Timestamp) -> Vec<u8> {
        let digest = DigestAlgorithm::Sha256.of(document).unwrap();
        let batch = StampBatch::over(DigestAlgorithm::Sha256, vec![digest.clone(), vec![7; 32]]).unwrap();
        let stamp = self.stamp(batch.imprint(), at);
        EvidenceRecord::first(&digest, &batch, &stamp).unwrap().to_der().unwrap()
    }

    /// A container of the document, with a record of it and a time stamp of the container's own signature.
    fn container(&self, stamped_at: Option<Timestamp>, own_at: Option<Timestamp>) -> Vec<u8> {
        let document = self.sealed();
        let mut files = BTreeMap::new();
        if let Some(at) = stamped_at {
            files.insert(EVIDENCE_RECORD.to_owned(), self.record(&document, at));
        }
        files.insert(EVIDENCE_DOCUMENT.to_owned(), document);
        let mut packed = Packed::sign(files, &self.fund, day(60)).unwrap();
        if let Some(at) = own_at {
            let stamp = self.stamp(packed.imprint().unwrap(), at);
            packed = packed.stamped(&stamp).unwrap();
        }
        packed.into_bytes().unwrap()
    }

    fn judged(&self, container: &[u8], now: Timestamp, has_stamps: bool) -> Inspection {
        self.judged_by(container, now, has_stamps, Vec::new())
    }

    /// The same with lists of revoked certificates at hand.
    fn judged_by(
        &self,
        container: &[u8],
        now: Timestamp,
        has_stamps: bool,
        lists: Vec<Vec<u8>>,
    ) -> Inspection {
        let lists = lists.into_iter().map(|list| (StatusKind::Crl, list)).collect();
        let statuses = std::sync::Arc::new(Statuses::of_answers(lists, Terms::default()));
        let trusted = |pem: Vec<u8>| TrustStore::from_pem(&pem).unwrap().with_statuses(statuses.clone());
        let trust = trusted(self.authority.pem().unwrap());
        let stamps = StampTrust::new(trusted(self.clockmaker.pem().unwrap()), None);
        let by = Judges {
            trust: &trust,
            receipts: None,
            time_stamps: has_stamps.then_some(&stamps),
            now,
            is_time_told: false,
        };
        inspect_container(container, &by, &Limits::default())
    }
}

fn wrong(found: &Inspection) -> Vec<(Aspect, &'static str)> {
    let errors = found.all().filter_map(|(_, of, outcome)| Some((of, outcome.as_ref().err()?.code())));
    errors.collect()
}

#[test]
fn a_signer_who_expired_after_the_time_stamp_stays_good_and_one_without_it_does_not() {
    let land = Land::new();
    let stamped = land.container(Some(day(60)), Some(day(61)));
    let found = land.judged(&stamped, day(100), true);
    assert!(found.is_good(), "{:?}", found.checks);
    assert_eq!((found.judged_at, found.container_judged_at), (day(60), Some(day(61))));
    assert_eq!(found.stamped.unwrap().at, day(60));
    let expired = [(Aspect::Container, "seal.expired"), (Aspect::Certificate, "seal.expired")];
    // nobody said whose time stamps count
    assert_eq!(wrong(&land.judged(&stamped, day(100), false)), expired);
    assert!(land.judged(&stamped, day(80), false).is_good());
    let bare = land.container(None, None);
    let mut with_none = expired.to_vec();
    with_none.push((Aspect::TimeStamp, "seal.time_stamp"));
    assert_eq!(wrong(&land.judged(&bare, day(100), true)), with_none);
}

#[test]
fn a_time_stamp_that_came_too_late_or_has_ended_itself_saves_nobody() {
    let land = Land::new();
    let late = land.container(Some(day(95)), Some(day(95)));
    let expired = [(Aspect::Container, "seal.expired"), (Aspect::Certificate, "seal.expired")];
    assert_eq!(wrong(&land.judged(&late, day(100), true)), expired);
    let stamped = land.container(Some(day(60)), Some(day(60)));
    let mut ended = expired.to_vec();
    ended.push((Aspect::TimeStamp, "seal.expired"));
    assert_eq!(wrong(&land.judged(&stamped, day(141), true)), ended);
}

#[test]
fn the_time_stamp_of_the_document_says_nothing_of_the_container_around_it() {
    let land = Land::new();
    // somebody with an expired key makes a container around an old document
    let forged = land.container(Some(day(60)), None);
    assert_eq!(wrong(&land.judged(&forged, day(100), true)), [(Aspect::Container, "seal.expired")]);
    let late = land.container(Some(day(60)), Some(day(95)));
    assert_eq!(wrong(&land.judged(&late, day(100), true)), [(Aspect::Container, "seal.expired")]);
}

#[test]
fn a_record_of_another_document_and_a_stamp_of_another_container_are_found() {
    let land = Land::new();
    let document = land.sealed();
    let other = land.record(b"another document", day(60));
    let files = || {
        BTreeMap::from([
            (EVIDENCE_RECORD.to_owned(), other.clone()),
            (EVIDENCE_DOCUMENT.to_owned(), document.clone()),
        ])
    };
    let packed = Packed::sign(files(), &land.fund, day(60)).unwrap();
    let found = land.judged(&packed.into_bytes().unwrap(), day(80), true);
    assert_eq!(wrong(&found), [(Aspect::TimeStamp, "seal.time_stamp")]);
    let foreign = land.stamp(Imprint::of(DigestAlgorithm::Sha256, b"x").unwrap(), day(60));
    let files = BTreeMap::from([
        (EVIDENCE_RECORD.to_owned(), land.record(&document, day(60))),
        (EVIDENCE_DOCUMENT.to_owned(), document.clone()),
    ]);
    let packed = Packed::sign(files, &land.fund, day(60)).unwrap().stamped(&foreign).unwrap();
    let found = land.judged(&packed.into_bytes().unwrap(), day(80), false);
    assert_eq!(wrong(&found), [(Aspect::Container, "seal.container")]);
}

/// A list that says since when a certificate is revoked, fresh at `now`.
fn list(
    authority: &ThrowAwayAuthority,
    signer: &Signer,
    (since, reason): (Timestamp, Reason),
    now: Timestamp,
) -> Vec<u8> {
    let certificate = openssl::x509::X509::from_der(&signer.certificate_der().unwrap()).unwrap();
    let revoked = Revocation::of_pem(&certificate.to_pem().unwrap(), since, reason).unwrap();
    let until = now.checked_add(24.hours()).unwrap();
    authority.issue_list(&[revoked], 1, (now, until)).unwrap()
}

#[test]
fn the_time_that_a_container_tells_of_itself_passes_over_no_revocation() {
    let land = Land::new();
    // its holder says that he packed it on day 60, before his certificate was revoked; no time stamp shows that
    let bare = land.container(None, None);
    let of = |since: i64| list(&land.authority, &land.fund, (day(since), Reason::Superseded), day(80));
    let revoked = [(Aspect::Container, "seal.revoked"), (Aspect::Revocation, "seal.revoked")];
    assert_eq!(wrong(&land.judged_by(&bare, day(80), false, vec![of(70)])), revoked);
    let stamped = land.container(Some(day(60)), Some(day(60)));
    assert!(land.judged_by(&stamped, day(80), true, vec![of(70)]).is_good(), "it was good then");
    assert_eq!(wrong(&land.judged_by(&stamped, day(80), true, vec![of(55)])), revoked);
}

#[test]
fn a_time_stamp_of_a_stolen_key_shows_nothing_and_one_of_a_key_that_was_laid_down_does() {
    let land = Land::new();
    let stamped = land.container(Some(day(60)), Some(day(60)));
    let of = |since: i64, reason| list(&land.clockmaker, &land.stamps.signer, (day(since), reason), day(80));
    let stolen = land.judged_by(&stamped, day(80), true, vec![of(70, Reason::KeyCompromise)]);
    assert_eq!(wrong(&stolen), [(Aspect::TimeStamp, "seal.revoked")]);
    assert!(land.judged_by(&stamped, day(80), true, vec![of(70, Reason::CessationOfOperation)]).is_good());
    let late = land.judged_by(&stamped, day(80), true, vec![of(55, Reason::CessationOfOperation)]);
    assert_eq!(wrong(&late), [(Aspect::TimeStamp, "seal.revoked")]);
}

#[test]
fn where_a_time_stamp_cannot_be_checked_nothing_is_called_bad_that_may_have_been_good() {
    let land = Land::new();
    let stamped = land.container(Some(day(60)), Some(day(60)));
    // the responder of the authority's issuer says nothing of it: a list that is too old
    let old = land.clockmaker.issue_list(&[], 1, (day(51), day(52))).unwrap();
    let found = land.judged_by(&stamped, day(100), true, vec![old]);
    assert!(!found.is_good() && found.is_undecided(), "{:?}", wrong(&found));
    assert!(wrong(&found).contains(&(Aspect::Certificate, "seal.time_unknown")));
    // without any time stamp it has simply ended
    assert!(!land.judged(&stamped, day(100), false).is_undecided());
}
