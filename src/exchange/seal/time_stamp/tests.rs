//! Time stamps asked for, given and refused.

use super::super::suites::tests::in_a_process_with_the_engine;
use super::super::{Issued, KeyKind, Signer, StampAuthority, StampOutcome, ThrowAwayAuthority};
use super::*;
use jiff::ToSpan;
use proptest::prelude::*;

fn now() -> Timestamp {
    "2026-11-24T10:00:00Z".parse().unwrap()
}

fn signer(issued: &Issued) -> Signer {
    Signer::from_pem(&issued.key_pem, &issued.chain_pem).unwrap()
}

fn anchors(authority: &ThrowAwayAuthority) -> StampTrust {
    StampTrust::new(TrustStore::from_pem(&authority.pem().unwrap()).unwrap(), None)
}

fn stamping(kind: KeyKind) -> (StampAuthority, StampTrust) {
    let authority = ThrowAwayAuthority::of_kind(kind, "time stamps", "KZ", now()).unwrap();
    let issued = authority.issue_time_stamping("time", kind).unwrap();
    (StampAuthority::new(signer(&issued)).unwrap(), anchors(&authority))
}

fn question() -> StampQuestion {
    let imprint = Imprint::of(DigestAlgorithm::Sha256, b"a document").unwrap();
    StampQuestion::new(imprint, Uuid::from_u128(7), now())
}

fn answered(authority: &StampAuthority, question: &StampQuestion, at: Timestamp) -> Vec<u8> {
    let request = question.to_der().unwrap();
    let (answer, outcome) = authority.answer(&request, (Uuid::from_u128(9), at)).unwrap();
    assert_eq!(outcome, StampOutcome::Granted);
    answer
}

fn stamped(answer: Result<StampAnswer, SealError>) -> TimeStamp {
    match answer.unwrap() {
        StampAnswer::Stamped(stamp) => stamp,
        StampAnswer::Refused(refusal) => panic!("{refusal}"),
    }
}

#[test]
fn each_kind_of_key_stamps_each_kind_of_digest() {
    let kinds = [KeyKind::Rsa2048, KeyKind::P256, KeyKind::P384, KeyKind::Bign];
    stamp_by(&kinds, &[DigestAlgorithm::Sha256, DigestAlgorithm::Sha512, DigestAlgorithm::Belt]);
}

#[test]
fn gost_stamps_like_the_others_where_its_engine_is_loaded() {
    in_a_process_with_the_engine(module_path!(), "with_the_engine_gost_stamps");
}

#[test]
#[ignore = "gost_stamps_like_the_others_where_its_engine_is_loaded runs it"]
fn with_the_engine_gost_stamps() {
    let kinds = [KeyKind::Gost256, KeyKind::Gost512];
    let digests = [DigestAlgorithm::Streebog256, DigestAlgorithm::Streebog512, DigestAlgorithm::Sha256];
    stamp_by(&kinds, &digests);
}

fn stamp_by(kinds: &[KeyKind], algorithms: &[DigestAlgorithm]) {
    for kind in kinds.iter().copied() {
        let (authority, trust) = stamping(kind);
        for algorithm in algorithms.iter().copied() {
            let imprint = Imprint::of(algorithm, b"a document").unwrap();
            let question = StampQuestion::new(imprint.clone(), Uuid::from_u128(7), now());
            let stamp = stamped(question.read_answer(&answered(&authority, &question, now()), &trust, now()));
            assert_eq!((stamp.at(), stamp.signer()), (now(), "C=KZ, CN=time"), "{kind:?} {algorithm:?}");
            assert!(stamp.good_until() > now().saturating_add((24 * 80).hours()).unwrap());
            let other = Imprint::of(algorithm, b"another").unwrap();
            assert!(TimeStamp::verify(stamp.token(), &imprint, &trust, now()).is_ok());
            assert!(TimeStamp::verify(stamp.token(), &other, &trust, now()).is_err());
        }
    }
}

#[test]
fn a_refusal_is_told_by_its_name_and_is_no_failure_to_answer() {
    let (authority, trust) = stamping(KeyKind::P256);
    let request = question().to_der().unwrap();
    let refused = |request: &[u8]| {
        let (answer, outcome) = authority.answer(request, (Uuid::from_u128(9), now())).unwrap();
        let StampOutcome::Refused(failure) = outcome else { panic!("it was granted") };
        let StampAnswer::Refused(refusal) = question().read_answer(&answer, &trust, now()).unwrap() else {
            panic!("it was stamped")
        };
        assert_eq!((refusal.status(), refusal.failures.as_slice()), ("rejection", [failure].as_slice()));
        assert_eq!(refusal.to_string(), format!("rejection, {failure}: {failure}"));
        failure
    };
    assert_eq!(refused(b"GET / HTTP/1.1"), "badRequest");
    let place = |what: &[u8]| request.windows(what.len()).position(|window| window == what).unwrap();
    let sha256 = [0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01];
    let mut unknown = request.clone();
    unknown[place(&sha256) + 8] = 0x0f;
    assert_eq!(refused(&unknown), "badAlg");
    let mut longer = request.clone();
    longer[place(&sha256) + 8] = 0x03; // SHA-512, but 32 octets
    assert_eq!(refused(&longer), "badDataFormat");
    let fields = parts(&request).unwrap();
    let with = |more: &[u8]| sequence(&[fields[0], fields[1], more]).unwrap();
    assert_eq!(refused(&with(&[0x06, 0x03, 0x2a, 0x03, 0x04])), "unacceptedPolicy");
    assert_eq!(refused(&with(&[0xa0, 0x02, 0x30, 0x00])), "unacceptedExtension");
}

#[test]
fn an_answer_counts_for_its_own_request_at_its_own_time_alone() {
    let (authority, trust) = stamping(KeyKind::P256);
    let answer = answered(&authority, &question(), now());
    let imprint = question().imprint;
    for other in [
        StampQuestion::new(imprint.clone(), Uuid::from_u128(8), now()),
        StampQuestion::new(Imprint::of(DigestAlgorithm::Sha256, b"b").unwrap(), Uuid::from_u128(7), now()),
        StampQuestion::new(imprint, Uuid::from_u128(7), now().checked_add(1.hours()).unwrap()),
    ] {
        let error = other.read_answer(&answer, &trust, now()).unwrap_err();
        assert!(matches!(error, SealError::TimeStamp { .. }), "{error}");
    }
    let early = now().checked_sub(1.hours()).unwrap();
    let error = question().read_answer(&answer, &trust, early).unwrap_err();
    assert!(matches!(error, SealError::TimeStamp { reason: OTHER_TIME }), "{error}");
    assert!(matches!(question().read_answer(b"<html>", &trust, now()), Err(SealError::TimeStamp { .. })));
}

#[test]
fn nobody_stamps_whose_certificate_is_not_made_for_that_alone() {
    let authority = ThrowAwayAuthority::new("all", "KZ", now()).unwrap();
    for issued in [
        authority.issue_seal("fund", KeyKind::P256).unwrap(),
        authority.issue_third_party("third party", KeyKind::P256).unwrap(),
    ] {
        assert!(matches!(StampAuthority::new(signer(&issued)), Err(SealError::Key { .. })));
        let forged = StampAuthority { signer: signer(&issued) };
        let error = question()
            .read_answer(&answered(&forged, &question(), now()), &anchors(&authority), now())
            .unwrap_err();
        assert!(error.to_string().contains("not made for time stamps alone"), "{error}");
    }
    let issued = authority.issue_time_stamping("time", KeyKind::P256).unwrap();
    let own = StampAuthority::new(signer(&issued)).unwrap();
    let answer = answered(&own, &question(), now());
    let stranger = ThrowAwayAuthority::new("all", "KZ", now()).unwrap();
    assert!(matches!(question().read_answer(&answer, &anchors(&stranger), now()), Err(SealError::Foreign)));
    let named = |name: &str| {
        let trust = TrustStore::from_pem(&authority.pem().unwrap()).unwrap();
        question().read_answer(&answer, &StampTrust::new(trust, Some(name.to_owned())), now())
    };
    assert!(named("C=KZ, CN=time").is_ok());
    assert!(matches!(named("C=KZ, CN=other"), Err(SealError::TimeStamp { .. })));
}

#[test]
fn no_changed_byte_makes_another_time_stamp() {
    for kind in [KeyKind::Rsa2048, KeyKind::P256, KeyKind::Bign] {
        let (authority, trust) = stamping(kind);
        let answer = answered(&authority, &question(), now());
        let good = stamped(question().read_answer(&answer, &trust, now()));
        for at in 0..answer.len() {
            let mut changed = answer.clone();
            changed[at] ^= 1;
            if let Ok(StampAnswer::Stamped(stamp)) = question().read_answer(&changed, &trust, now()) {
                let told = (stamp.at(), stamp.policy(), stamp.signer());
                assert_eq!(told, (good.at(), good.policy(), good.signer()), "{kind:?} byte {at}");
            }
        }
    }
}

#[test]
fn a_time_may_have_a_fraction_and_nothing_else() {
    let read = |text: &str| {
        let octets = u8::try_from(text.len()).unwrap();
        instant(&[&[0x18, octets], text.as_bytes()].concat())
    };
    assert_eq!(read("20261124100000Z"), Some(now()));
    assert_eq!(read("20261124100000.25Z"), Some(now().checked_add(250.milliseconds()).unwrap()));
    assert_eq!(read("20261124100000.1234567891234Z").map(|at| at.subsec_nanosecond()), Some(123_456_789));
    for text in ["20261124100000", "202611241000Z", "20261324100000Z", "20261124100000.Z", "2026112410000xZ"]
    {
        assert_eq!(read(text), None, "{text}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]
    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let trust = StampTrust::new(TrustStore::from_pem(ANCHOR.as_slice()).unwrap(), None);
        let read = question().read_answer(&bytes, &trust, now());
        prop_assert!(!matches!(read, Ok(StampAnswer::Stamped(_))));
    }
}

static ANCHOR: std::sync::LazyLock<Vec<u8>> =
    std::sync::LazyLock::new(|| ThrowAwayAuthority::new("a", "KZ", now()).unwrap().pem().unwrap());
