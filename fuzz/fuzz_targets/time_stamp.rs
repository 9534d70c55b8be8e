//! Answers of a time-stamping authority, requests to one, and evidence records, all of a stranger: read within limits, and
//! no time stamp is forged.
#![no_main]

use libfuzzer_sys::fuzz_target;
use stazh::base::{Random, SeededRandom};
use stazh::exchange::seal::{
    DigestAlgorithm, EvidenceRecord, Imprint, KeyKind, Signer, StampAnswer, StampAuthority, StampQuestion,
    StampTrust, ThrowAwayAuthority, TimeStamp, TrustStore,
};
use std::sync::LazyLock;

static TRUST: LazyLock<StampTrust> = LazyLock::new(|| {
    let authority = include_bytes!("../../fixtures/keys/authority.pem");
    StampTrust::new(TrustStore::from_pem(authority).expect("a fixture"), None)
});
static OWN: LazyLock<StampAuthority> = LazyLock::new(|| {
    let authority = ThrowAwayAuthority::new("time", "KZ", now()).expect("an authority");
    let issued = authority.issue_time_stamping("clock", KeyKind::P256).expect("a key");
    let signer = Signer::from_pem(&issued.key_pem, &issued.chain_pem).expect("a signer");
    StampAuthority::new(signer).expect("one for time stamps")
});

fn imprint() -> Imprint {
    Imprint { algorithm: DigestAlgorithm::Sha256, digest: vec![7; 32] }
}

fn now() -> jiff::Timestamp {
    "2026-11-24T12:00:00Z".parse().expect("an instant")
}

fuzz_target!(|bytes: &[u8]| {
    let id = SeededRandom::new(7).uuid();
    let answer = StampQuestion::new(imprint(), id, now()).read_answer(bytes, &TRUST, now());
    assert!(!matches!(answer, Ok(StampAnswer::Stamped(_))), "a time stamp was forged");
    assert!(TimeStamp::verify(bytes, &imprint(), &TRUST, now()).is_err(), "a time stamp was forged");
    if let Ok(record) = EvidenceRecord::read(bytes) {
        let verified = record.verify(&mut |_| Ok(vec![7; 32]), &TRUST, now());
        assert!(verified.is_err(), "a record was forged");
        let again =
            record.to_der().and_then(|der| EvidenceRecord::read(&der)).expect("what was read is written");
        assert_eq!(again, record);
    }
    let _ = OWN.answer(bytes, (id, now()));
});
