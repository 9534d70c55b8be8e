//! Certificates, lists of revoked ones and answers about one, all of a stranger: read within bounds, and nothing taken
//! that an authority did not sign.
#![no_main]

use libfuzzer_sys::fuzz_target;
use stazh::exchange::seal::{StatusAnswer, StatusKind, StatusSource, Statuses, Terms, TrustStore, Witness};
use std::sync::LazyLock;

const AUTHORITY: &[u8] = include_bytes!("../../fixtures/keys/authority.pem");

static STATUSES: LazyLock<Statuses> = LazyLock::new(|| {
    let source = StatusSource::new(AUTHORITY, None, true).expect("a fixture");
    Statuses::new(vec![source], Terms::default())
});

fn now() -> jiff::Timestamp {
    "2026-11-24T12:00:00Z".parse().expect("an instant")
}

fuzz_target!(|bytes: &[u8]| {
    let _ = TrustStore::from_pem(bytes);
    let _ = StatusSource::new(bytes, Some(bytes), true);
    let _ = Witness::default().add_der(bytes);
    let _ = Witness::default().add_pem(bytes);
    assert!(STATUSES.take_list(0, bytes, now()).is_err(), "a list was forged");
    let issuer = STATUSES.authorities().next().expect("the one source");
    for kind in [StatusKind::Crl, StatusKind::Ocsp] {
        let (serial, this_update) = ("0a".to_owned(), now());
        let kept = StatusAnswer { kind, issuer, serial, this_update, der: bytes.to_vec() };
        assert_eq!(STATUSES.load(&[kept], now()), 0, "an answer was forged");
    }
});
