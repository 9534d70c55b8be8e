//! A sealed document of a stranger: opened within limits, never verified unless it is the one we know. And what is
//! canonical is sealed with a key of the fixtures, so that all of verifying is reached: the same comes out again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use stazh::base::DocumentId;
use stazh::base::Limits;
use stazh::exchange::seal::{Signer, TrustStore, canonicalize, open, seal_unchecked, verify};
use std::sync::LazyLock;

const SEALED: &[u8] = include_bytes!("../../fixtures/case-kz-to-ru/4-sealed.xml");
static TRUST: LazyLock<TrustStore> = LazyLock::new(|| {
    TrustStore::from_pem(include_bytes!("../../fixtures/keys/authority.pem")).expect("a fixture")
});
static SIGNED: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let opened = open(SEALED, &Limits::default()).expect("a fixture");
    verify(opened, &TRUST, now()).expect("a fixture").signed_content().to_vec()
});

fn now() -> jiff::Timestamp {
    "2026-11-24T12:00:00Z".parse().expect("an instant")
}

static SIGNER: LazyLock<Signer> = LazyLock::new(|| {
    let key = include_bytes!("../../fixtures/keys/seal.key.pem");
    Signer::from_pem(key, include_bytes!("../../fixtures/keys/seal.pem")).expect("a fixture")
});
static ID: LazyLock<DocumentId> =
    LazyLock::new(|| "7d2a1c58-0c5e-4f0f-9b8e-2f7f0d5b6a77".parse().expect("an id"));
/// What may be sealed unchecked and is not opened again: rules that no common process lets through.
const REFUSED: [&str; 6] = [
    "seal.duplicate_id",
    "seal.include",
    "seal.no_part",
    "seal.too_deep",
    "seal.too_large",
    "seal.too_many_elements",
];

fn seal_and_verify(bytes: &[u8]) {
    let limits = Limits::default();
    if !canonicalize(bytes, &limits).is_ok_and(|canonical| canonical == bytes) {
        return;
    }
    let Ok(sealed) = seal_unchecked(bytes, *ID, &*SIGNER) else { return };
    match open(sealed.as_bytes(), &limits).and_then(|opened| verify(opened, &TRUST, now())) {
        Ok(verified) => assert_eq!(verified.document(), bytes),
        Err(error) => assert!(REFUSED.contains(&error.code()), "{error}"),
    }
}

fuzz_target!(|bytes: &[u8]| {
    seal_and_verify(bytes);
    let Ok(opened) = open(bytes, &Limits::default()) else { return };
    if let Ok(verified) = verify(opened, &TRUST, now()) {
        assert_eq!(verified.signed_content(), SIGNED.as_slice(), "a document was forged");
    }
});
