//! Questions to a third party, its answers and its receipts, all of a stranger: read within limits, and nothing confirmed
//! but the one document that was.
#![no_main]

use libfuzzer_sys::fuzz_target;
use stazh::base::{Limits, Random, SeededRandom};
use stazh::exchange::document::Scope;
use stazh::exchange::seal::{Asked, Judged, Question, ReceiptTrust, TrustStore, open_receipt};
use std::sync::LazyLock;

static TRUST: LazyLock<ReceiptTrust> = LazyLock::new(|| {
    let authority = include_bytes!("../../fixtures/keys/authority.pem");
    ReceiptTrust::new(TrustStore::from_pem(authority).expect("a fixture"), None)
});
static QUESTION: LazyLock<Question> =
    LazyLock::new(|| Question::new(SeededRandom::new(7).uuid(), now()).expect("a question"));

fn now() -> jiff::Timestamp {
    "2026-11-24T12:00:00Z".parse().expect("an instant")
}

fuzz_target!(|bytes: &[u8]| {
    let _ = Asked::read(bytes);
    if let Ok(answer) = QUESTION.read_answer(bytes, &TRUST, now()) {
        let judged = answer.of_document(&[0; 32]);
        assert!(!matches!(judged, Ok(Judged::Confirmed(_))), "a confirmation was forged");
    }
    let Ok((subject, Some(receipt))) = open_receipt(bytes, &Scope::default(), &Limits::default()) else {
        return;
    };
    let Ok(filled) = receipt.filling(&subject).and_then(|filling| filling.finish()) else { return };
    assert!(receipt.verify((&subject, &filled), &TRUST, now()).is_err(), "a receipt was forged");
});
