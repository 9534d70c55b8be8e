//! A sealed document of a stranger: opened within limits, never verified unless it is the one we know.
#![no_main]

use libfuzzer_sys::fuzz_target;
use stazh::base::Limits;
use stazh::exchange::seal::{TrustStore, open, verify};
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
    "2026-11-23T12:00:00Z".parse().expect("an instant")
}

fuzz_target!(|bytes: &[u8]| {
    let Ok(opened) = open(bytes, &Limits::default()) else { return };
    if let Ok(verified) = verify(opened, &TRUST, now()) {
        assert_eq!(verified.signed_content(), SIGNED.as_slice(), "a document was forged");
    }
});
