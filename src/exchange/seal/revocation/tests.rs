//! Lists and answers of every suite, good and bad, and what becomes of seals by them.

use super::super::suites::tests::in_a_process_with_the_engine;
use super::super::{
    KeyKind, SealError, Signer, ThrowAwayAuthority, TrustStore, open, seal_unchecked, verify,
};
use super::issue::{entry, extension};
use super::*;
use crate::base::{DocumentId, Limits};
use der::asn1::ObjectIdentifier;
use jiff::ToSpan;
use proptest::prelude::*;
use std::sync::Arc;

fn now() -> Timestamp {
    "2026-11-24T10:00:00Z".parse().unwrap()
}

fn hours(hours: i64) -> Timestamp {
    now().checked_add(hours.hours()).unwrap()
}

/// An authority, somebody who seals under it, and a node that has a source for it.
struct Land {
    authority: ThrowAwayAuthority,
    chain_pem: Vec<u8>,
    sealed: Vec<u8>,
    trust: TrustStore,
    statuses: Arc<Statuses>,
}

impl Land {
    fn new(kind: KeyKind) -> Self {
        let authority = ThrowAwayAuthority::of_kind(kind, "seals", "KZ", now()).unwrap();
        let issued = authority.issue_seal("fund", kind).unwrap();
        let signer = Signer::from_pem(&issued.key_pem, &issued.chain_pem).unwrap();
        let id: DocumentId = "7d2a1c58-0c5e-4f0f-9b8e-2f7f0d5b6a77".parse().unwrap();
        let sealed = seal_unchecked(b"<a></a>", id, &signer).unwrap().into_bytes();
        let statuses = Arc::new(statuses(&authority));
        let trust = TrustStore::from_pem(&authority.pem().unwrap()).unwrap().with_statuses(statuses.clone());
        Self { authority, chain_pem: issued.chain_pem, sealed, trust, statuses }
    }

    fn judged(&self, at: Timestamp) -> Result<(), SealError> {
        verify(open(&self.sealed, &Limits::default())?, &self.trust, at).map(drop)
    }

    fn ask(&self) -> Ask {
        match self.judged(now()) {
            Err(SealError::StatusUnknown { asks, .. }) => asks.into_iter().next().unwrap(),
            other => panic!("nothing is asked: {other:?}"),
        }
    }

    fn revoked(&self, since: Timestamp, reason: Reason) -> Revocation {
        Revocation::of_pem(&self.chain_pem, since, reason).unwrap()
    }

    fn list(&self, revoked: &[Revocation], number: u32) -> Vec<u8> {
        self.authority.issue_list(revoked, number, (now(), hours(24))).unwrap()
    }

    fn question(&self) -> (Ask, StatusQuestion) {
        let ask = self.ask();
        let question = self.statuses.question(&ask, vec![7; 32]).unwrap();
        (ask, question)
    }

    /// What becomes of an answer.
    fn answered(&self, answer: &[u8], (ask, question): &(Ask, StatusQuestion)) -> Result<Taken, SealError> {
        self.statuses.take_answer(ask, Some(question), answer, now())
    }
}

fn statuses(authority: &ThrowAwayAuthority) -> Statuses {
    let source = StatusSource::new(&authority.pem().unwrap(), None, true).unwrap();
    Statuses::new(vec![source], Terms::default())
}

fn reason_of<T: std::fmt::Debug>(refused: Result<T, SealError>) -> &'static str {
    match refused {
        Err(SealError::StatusAnswer { reason }) => reason,
        other => panic!("it is taken: {other:?}"),
    }
}

const KINDS: [KeyKind; 4] = [KeyKind::Rsa2048, KeyKind::P256, KeyKind::P384, KeyKind::Bign];

#[test]
fn a_list_of_each_suite_tells_good_from_revoked_and_nothing_tells_neither() {
    lists_tell(&KINDS);
}

#[test]
fn an_answer_of_each_suite_tells_good_from_revoked() {
    answers_tell(&KINDS);
}

#[test]
fn gost_tells_the_same() {
    in_a_process_with_the_engine(module_path!(), "with_the_engine_gost_tells_the_same");
}

#[test]
#[ignore = "gost_tells_the_same runs it where the engine is loaded"]
fn with_the_engine_gost_tells_the_same() {
    lists_tell(&[KeyKind::Gost256, KeyKind::Gost512]);
    answers_tell(&[KeyKind::Gost256, KeyKind::Gost512]);
}

fn lists_tell(kinds: &[KeyKind]) {
    for kind in kinds.iter().copied() {
        let land = Land::new(kind);
        let waits = land.judged(now()).unwrap_err();
        assert!(
            matches!(waits, SealError::StatusUnknown { .. }) && waits.is_undecided(),
            "{kind:?}: {waits}"
        );
        assert_eq!(waits.verdict(), crate::base::Verdict::Retry { not_before: None });
        let taken = land.statuses.take_list(0, &land.list(&[], 1), now()).unwrap();
        assert!(taken.kept.is_some() && taken.found.is_empty() && taken.ask_again_at <= hours(1));
        land.judged(now()).unwrap();
        land.judged(now()).unwrap();
        let list = land.list(&[land.revoked(now(), Reason::Superseded)], 2);
        let found = land.statuses.take_list(0, &list, now()).unwrap().found;
        assert_eq!(found.len(), 1, "{kind:?}");
        let refused = land.judged(now()).unwrap_err();
        assert!(matches!(refused, SealError::Revoked { reason: "superseded", .. }), "{kind:?}: {refused}");
        assert!(!refused.is_undecided());
        let again = land.statuses.take_list(0, &list, now()).unwrap();
        assert!(again.kept.is_none() && again.found.is_empty(), "it is told once");
    }
}

fn answers_tell(kinds: &[KeyKind]) {
    for kind in kinds.iter().copied() {
        for by_another in [false, true] {
            let land = Land::new(kind);
            let responder = land.authority.issue_responder("responder", kind, false).unwrap();
            let by = by_another.then_some(&responder);
            let asked = land.question();
            let answer = |revoked: &[Revocation]| {
                land.authority.answer_status(&asked.1.request, revoked, (now(), Some(hours(1))), by).unwrap()
            };
            land.answered(&answer(&[]), &asked).unwrap();
            land.judged(now()).unwrap();
            let found =
                land.answered(&answer(&[land.revoked(now(), Reason::KeyCompromise)]), &asked).unwrap().found;
            assert_eq!(found.len(), 1, "{kind:?} {by_another}");
            let refused = land.judged(hours(-1)).unwrap_err();
            assert!(matches!(refused, SealError::Revoked { reason: "keyCompromise", .. }), "{refused}");
        }
    }
}

#[test]
fn a_responder_that_knows_nothing_any_more_takes_back_nothing() {
    let land = Land::new(KeyKind::P256);
    let asked = land.question();
    let unknown =
        |hour| land.authority.answer_unknown(&asked.1.request, (hours(hour), Some(hours(9)))).unwrap();
    let known = |revoked: &[Revocation], hour| {
        let window = (hours(hour), Some(hours(9)));
        land.authority.answer_status(&asked.1.request, revoked, window, None).unwrap()
    };
    land.answered(&unknown(-4), &asked).unwrap();
    assert!(matches!(land.judged(now()), Err(SealError::StatusUnknown { .. })));
    land.answered(&known(&[], -3), &asked).unwrap();
    land.answered(&unknown(-2), &asked).unwrap();
    land.judged(now()).unwrap();
    land.answered(&known(&[land.revoked(hours(-5), Reason::KeyCompromise)], -1), &asked).unwrap();
    assert!(land.answered(&unknown(0), &asked).unwrap().kept.is_none());
    assert!(matches!(land.judged(now()), Err(SealError::Revoked { .. })));
}

#[test]
fn a_remembered_signer_that_has_been_revoked_since_is_refused() {
    let land = Land::new(KeyKind::P256);
    land.statuses.take_list(0, &land.list(&[], 1), now()).unwrap();
    land.judged(hours(1)).unwrap();
    let list = land.list(&[land.revoked(hours(1), Reason::CessationOfOperation)], 2);
    land.statuses.take_list(0, &list, now()).unwrap();
    land.judged(now()).unwrap(); // it was good then
    assert!(matches!(land.judged(hours(1)), Err(SealError::Revoked { .. })));
    land.judged(now()).unwrap();
}

#[test]
fn an_answer_ends_and_grace_begins_only_while_its_source_is_away() {
    let land = Land::new(KeyKind::P256);
    land.statuses.take_list(0, &land.list(&[], 1), now()).unwrap();
    land.judged(hours(23)).unwrap();
    assert!(matches!(land.judged(hours(24)), Err(SealError::StatusUnknown { .. })));
    assert!(land.statuses.set_away(0, StatusKind::Crl, true));
    assert!(!land.statuses.set_away(0, StatusKind::Crl, true), "it is no news");
    land.judged(hours(47)).unwrap();
    land.judged(hours(47)).unwrap();
    assert!(matches!(land.judged(hours(48)), Err(SealError::StatusUnknown { .. })));
    assert!(land.statuses.set_away(0, StatusKind::Crl, false));
    assert!(matches!(land.judged(hours(47)), Err(SealError::StatusUnknown { .. })));
}

#[test]
fn no_byte_of_a_list_or_an_answer_can_be_changed() {
    // several, since half of all signatures end in a bit that could be said not to count
    for kind in [KeyKind::P256, KeyKind::Bign, KeyKind::P256, KeyKind::Bign, KeyKind::P256, KeyKind::Bign] {
        let land = Land::new(kind);
        let list = land.list(&[land.revoked(now(), Reason::Superseded)], 1);
        let asked = land.question();
        let revoked = [land.revoked(now(), Reason::Superseded)];
        let responder = land.authority.issue_responder("responder", kind, false).unwrap();
        let window = (now(), Some(hours(1)));
        let answer =
            land.authority.answer_status(&asked.1.request, &revoked, window, Some(&responder)).unwrap();
        for at in 0..list.len() {
            let mut changed = list.clone();
            changed[at] ^= 1;
            assert!(statuses(&land.authority).take_list(0, &changed, now()).is_err(), "{kind:?} list {at}");
        }
        for at in 0..answer.len() {
            let mut changed = answer.clone();
            changed[at] ^= 1;
            let fresh = statuses(&land.authority);
            assert!(
                fresh.take_answer(&asked.0, Some(&asked.1), &changed, now()).is_err(),
                "{kind:?} answer {at}"
            );
        }
    }
}

#[test]
fn a_list_of_another_authority_or_another_time_is_refused() {
    let land = Land::new(KeyKind::P256);
    let other = ThrowAwayAuthority::of_kind(KeyKind::P256, "seals", "KZ", now()).unwrap();
    let forged = other.issue_list(&[], 1, (now(), hours(1))).unwrap();
    let take = |list: &[u8]| land.statuses.take_list(0, list, now());
    assert!(reason_of(take(&forged)).contains("its signature is not that"));
    let stranger = ThrowAwayAuthority::of_kind(KeyKind::P256, "others", "KZ", now()).unwrap();
    let list = stranger.issue_list(&[], 1, (now(), hours(1))).unwrap();
    assert!(reason_of(take(&list)).contains("another authority"));
    let list = |number, from, to| land.authority.issue_list(&[], number, (from, to)).unwrap();
    assert!(reason_of(take(&list(1, hours(1), hours(2)))).contains("of the future"));
    take(&list(7, hours(-1), hours(2))).unwrap();
    for older in [list(6, now(), hours(2)), list(8, hours(-2), hours(2))] {
        assert!(take(&older).unwrap().kept.is_none(), "what is newer stays");
    }
    let revoking = land.list(&[land.revoked(now(), Reason::Superseded)], 9);
    take(&revoking).unwrap();
    take(&list(8, now(), hours(2))).unwrap();
    assert!(matches!(land.judged(now()), Err(SealError::Revoked { .. })), "nothing takes it back");
    let late = Land::new(KeyKind::P256);
    let stale = late.authority.issue_list(&[], 1, (hours(-3), hours(-1))).unwrap();
    assert!(reason_of(late.statuses.take_list(0, &stale, now())).contains("out of date"));
    late.statuses.set_away(0, StatusKind::Crl, true);
    late.judged(now()).unwrap(); // within the grace
}

#[test]
fn lists_of_kinds_that_are_not_taken_are_refused() {
    let land = Land::new(KeyKind::P256);
    let oid = ObjectIdentifier::new_unwrap;
    let with = |id: &str, critical, value: &[u8]| {
        let extensions = vec![extension(oid(id), critical, value).unwrap()];
        let list = land.authority.list(Vec::new(), extensions, (now(), hours(1))).unwrap();
        statuses(&land.authority).take_list(0, &list, now())
    };
    assert!(reason_of(with("2.5.29.27", true, &[2, 1, 1])).contains("delta"));
    assert!(reason_of(with("2.5.29.28", true, &[0x30, 3, 0x84, 1, 0xff])).contains("indirect"));
    assert!(reason_of(with("2.5.29.28", true, &[0x30, 3, 0x85, 1, 0xff])).contains("attributes"));
    assert!(reason_of(with("2.5.29.28", true, &[0x30, 4, 0x83, 2, 6, 0x40])).contains("some reasons"));
    assert!(reason_of(with("1.2.3.4", true, &[5, 0])).contains("critical extension"));
    with("1.2.3.4", false, &[5, 0]).unwrap();
    let with_entry = |id: &str, critical, value: &[u8]| {
        let mut revoked = entry(&land.revoked(hours(-1), Reason::Superseded)).unwrap();
        revoked.crl_entry_extensions = Some(vec![extension(oid(id), critical, value).unwrap()]);
        let list = land.authority.list(vec![revoked], Vec::new(), (now(), hours(1))).unwrap();
        statuses(&land.authority).take_list(0, &list, now())
    };
    assert!(reason_of(with_entry("2.5.29.29", true, &[0x30, 0])).contains("an entry of it"));
    assert!(reason_of(with_entry("2.5.29.21", false, &[10, 1, 8])).contains("removeFromCRL"));
    with_entry("2.5.29.21", false, &[10, 1, 6]).unwrap();
}

#[test]
fn a_list_is_not_about_certificates_that_it_does_not_name() {
    for (tag, is_about) in [(0x81, true), (0x82, false)] {
        let land = Land::new(KeyKind::P256);
        let id = ObjectIdentifier::new_unwrap("2.5.29.28");
        let only = vec![extension(id, true, &[0x30, 3, tag, 1, 0xff]).unwrap()];
        let list = land.authority.list(Vec::new(), only, (now(), hours(1))).unwrap();
        land.statuses.take_list(0, &list, now()).unwrap();
        assert_eq!(land.judged(now()).is_ok(), is_about, "{tag}: holders, authorities");
    }
    let land = Land::new(KeyKind::P256);
    let id = ObjectIdentifier::new_unwrap("2.5.29.28");
    let place = [0x30, 9, 0xa0, 7, 0xa0, 5, 0x86, 3, b'u', b'r', b'n'];
    let part = vec![extension(id, true, &place).unwrap()];
    let list = land.authority.list(Vec::new(), part, (now(), hours(1))).unwrap();
    land.statuses.take_list(0, &list, now()).unwrap();
    assert!(land.judged(now()).is_err(), "the certificate names no such place");
}

#[test]
fn an_invalidity_date_moves_the_revocation_back() {
    let land = Land::new(KeyKind::P256);
    let mut revoked = entry(&land.revoked(now(), Reason::Superseded)).unwrap();
    let date = b"\x18\x0f20261124093000Z";
    let id = ObjectIdentifier::new_unwrap("2.5.29.24");
    revoked.crl_entry_extensions.as_mut().unwrap().push(extension(id, false, date).unwrap());
    let list = land.authority.list(vec![revoked], Vec::new(), (now(), hours(1))).unwrap();
    land.statuses.take_list(0, &list, now()).unwrap();
    let then = now().checked_sub(30.minutes()).unwrap();
    assert!(matches!(land.judged(then), Err(SealError::Revoked { .. })));
    land.judged(then.checked_sub(1.second()).unwrap()).unwrap();
}

#[test]
fn an_answer_counts_for_its_question_its_certificate_and_from_whom_it_should_come() {
    let land = Land::new(KeyKind::P256);
    let asked = land.question();
    let window = (now(), Some(hours(1)));
    let answer = |by: &ThrowAwayAuthority, request: &[u8], signer| {
        by.answer_status(request, &[], window, signer).unwrap()
    };
    let other_question = land.statuses.question(&asked.0, vec![8; 32]).unwrap();
    let replayed = answer(&land.authority, &other_question.request, None);
    assert!(reason_of(land.answered(&replayed, &asked)).contains("another question"));
    let stranger = ThrowAwayAuthority::of_kind(KeyKind::P256, "seals", "KZ", now()).unwrap();
    let forged = answer(&stranger, &asked.1.request, None);
    assert!(reason_of(land.answered(&forged, &asked)).contains("its signature is not that"));
    let issued = land.authority.issue_seal("no responder", KeyKind::P256).unwrap();
    let unfit = answer(&land.authority, &asked.1.request, Some(&issued));
    assert!(reason_of(land.answered(&unfit, &asked)).contains("not made for OCSP"));
    let foreign = stranger.issue_responder("responder", KeyKind::P256, false).unwrap();
    let foreign = answer(&land.authority, &asked.1.request, Some(&foreign));
    assert!(reason_of(land.answered(&foreign, &asked)).contains("of another authority"));
    let other = Land::new(KeyKind::P256);
    let about_other = other.question().1.request;
    let about_other = answer(&land.authority, &about_other, None);
    assert!(land.answered(&about_other, &asked).is_err());
    for (from, to, why) in [(hours(1), None, "of the future"), (hours(-2), Some(hours(-1)), "out of date")] {
        let told = land.authority.answer_status(&asked.1.request, &[], (from, to), None).unwrap();
        assert!(reason_of(land.answered(&told, &asked)).contains(why), "{why}");
    }
    let responses: [(&[u8], &str); 3] = [
        (&[0x30, 3, 10, 1, 3], "asked later"),
        (&[0x30, 3, 10, 1, 6], "does not answer for this authority"),
        (b"<html>", "not in DER"),
    ];
    for (bytes, why) in responses {
        assert!(reason_of(land.answered(bytes, &asked)).contains(why), "{why}");
    }
    land.answered(&answer(&land.authority, &asked.1.request, None), &asked).unwrap();
    land.judged(now()).unwrap();
}

#[test]
fn a_responder_that_may_be_revoked_is_looked_up_and_one_of_the_settings_is_believed() {
    let land = Land::new(KeyKind::P256);
    let asked = land.question();
    let responder = land.authority.issue_responder("responder", KeyKind::P256, true).unwrap();
    let window = (now(), Some(hours(1)));
    let answer = land.authority.answer_status(&asked.1.request, &[], window, Some(&responder)).unwrap();
    land.answered(&answer, &asked).unwrap();
    let dismissed = Revocation::of_pem(&responder.chain_pem, now(), Reason::CessationOfOperation).unwrap();
    land.statuses.take_list(0, &land.list(&[dismissed], 1), now()).unwrap();
    assert!(reason_of(land.answered(&answer, &asked)).contains("responder's certificate is revoked"));
    let elsewhere = ThrowAwayAuthority::of_kind(KeyKind::P256, "elsewhere", "KZ", now()).unwrap();
    let delegate = elsewhere.issue_responder("delegate", KeyKind::P256, false).unwrap();
    let answer = land.authority.answer_status(&asked.1.request, &[], window, Some(&delegate)).unwrap();
    assert!(reason_of(land.answered(&answer, &asked)).contains("of another authority"));
    let source = StatusSource::new(&land.authority.pem().unwrap(), Some(&delegate.chain_pem), true).unwrap();
    let trusting = Statuses::new(vec![source], Terms::default());
    trusting.take_answer(&asked.0, Some(&asked.1), &answer, now()).unwrap();
}

#[test]
fn an_authority_that_nobody_answers_for_is_not_checked_unless_that_is_wanted() {
    let land = Land::new(KeyKind::P256);
    let stranger = ThrowAwayAuthority::of_kind(KeyKind::P256, "others", "KZ", now()).unwrap();
    let trust = |is_required| {
        let source = StatusSource::new(&stranger.pem().unwrap(), None, true).unwrap();
        let statuses = Statuses::new(vec![source], Terms { is_required, ..Terms::default() });
        TrustStore::from_pem(&land.authority.pem().unwrap()).unwrap().with_statuses(Arc::new(statuses))
    };
    let opened = || open(&land.sealed, &Limits::default()).unwrap();
    assert!(verify(opened(), &trust(false), now()).is_ok());
    assert!(matches!(verify(opened(), &trust(true), now()), Err(SealError::StatusUnknown { .. })));
}

#[test]
fn what_was_kept_counts_after_a_start() {
    let land = Land::new(KeyKind::P256);
    let asked = land.question();
    let answer = land.authority.answer_status(&asked.1.request, &[], (now(), Some(hours(1))), None).unwrap();
    let kept = [
        land.answered(&answer, &asked).unwrap().kept.unwrap(),
        land.statuses.take_list(0, &land.list(&[], 1), now()).unwrap().kept.unwrap(),
    ];
    for one in kept {
        let again = Land { statuses: Arc::new(statuses(&land.authority)), ..Land::new(KeyKind::P256) };
        again.statuses.load(&[one], now());
        let trust = TrustStore::from_pem(&land.authority.pem().unwrap()).unwrap();
        let trust = trust.with_statuses(again.statuses);
        verify(open(&land.sealed, &Limits::default()).unwrap(), &trust, now()).unwrap();
    }
}

#[test]
fn what_is_known_is_asked_for_again_before_it_ends() {
    let land = Land::new(KeyKind::P256);
    let asked = land.question();
    let answer = land.authority.answer_status(&asked.1.request, &[], (now(), Some(hours(1))), None).unwrap();
    land.answered(&answer, &asked).unwrap();
    assert_eq!(land.statuses.due(now()), []);
    assert_eq!(land.statuses.due(now().checked_add(54.minutes()).unwrap()), [asked.0]);
    assert_eq!(land.statuses.due(hours(25)), [], "nobody met it in a day");
}

#[test]
fn a_source_that_has_nothing_newer_yet_is_left_alone_for_a_minute() {
    let land = Land::new(KeyKind::P256);
    let late = hours(23); // in the last tenth
    let soon = |seconds: i64| late.checked_add(seconds.seconds()).unwrap();
    let asked = land.question();
    let (list, older) = (land.list(&[], 7), land.list(&[], 6));
    land.statuses.take_list(0, &list, now()).unwrap();
    for what in [&list, &older] {
        let taken = land.statuses.take_list(0, what, late).unwrap();
        assert_eq!((taken.kept, taken.ask_again_at), (None, soon(60)));
    }
    let newer = land.authority.issue_list(&[], 8, (late, hours(24))).unwrap();
    assert_eq!(land.statuses.take_list(0, &newer, late).unwrap().ask_again_at, soon(54 * 60));
    land.judged(late).unwrap(); // it is met lately

    let answer = |hour| {
        land.authority.answer_status(&asked.1.request, &[], (hours(hour), Some(hours(24))), None).unwrap()
    };
    let take = |answer: &[u8]| land.statuses.take_answer(&asked.0, Some(&asked.1), answer, late).unwrap();
    let (known, older) = (answer(0), answer(-1));
    let first = take(&known);
    assert!(first.kept.is_some());
    assert_eq!(first.ask_again_at, soon(1), "a newer one may be there by now");
    for what in [&known, &older] {
        let taken = take(what);
        assert_eq!((taken.kept, taken.ask_again_at), (None, soon(60)));
        assert_eq!(land.statuses.due(soon(59)), []);
        assert_eq!(land.statuses.due(soon(60)), std::slice::from_ref(&asked.0));
    }
}

#[test]
fn a_source_is_of_one_authority() {
    let land = Land::new(KeyKind::P256);
    let two = [land.authority.pem().unwrap(), Land::new(KeyKind::P256).authority.pem().unwrap()].concat();
    assert!(matches!(StatusSource::new(&two, None, true), Err(SealError::TrustBundle { .. })));
    assert!(matches!(StatusSource::new(b"x", None, true), Err(SealError::TrustBundle { .. })));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]
    #[test]
    fn no_bytes_make_it_panic_and_none_are_taken(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(LAND.statuses.take_list(0, &bytes, now()).is_err());
        let (ask, question) = &*ASKED;
        prop_assert!(LAND.statuses.take_answer(ask, Some(question), &bytes, now()).is_err());
    }
}

static LAND: std::sync::LazyLock<Land> = std::sync::LazyLock::new(|| Land::new(KeyKind::P256));
static ASKED: std::sync::LazyLock<(Ask, StatusQuestion)> = std::sync::LazyLock::new(|| LAND.question());
