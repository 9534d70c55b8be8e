//! What the reader takes libxml2 takes too, and both have one canonical form of it, which is its own. Bytes that begin
//! as a document does are one; from others a document is grown.
#![no_main]

#[path = "../../tests/it/seal/canonical/grown.rs"]
mod grown;
#[path = "../../tests/it/seal/canonical/libxml2.rs"]
mod libxml2;

use grown::grown;
use libfuzzer_sys::fuzz_target;
use libxml2::{Judged, Libxml2};
use stazh::base::Limits;
use stazh::exchange::seal::canonicalize;
use std::borrow::Cow;
use std::sync::{LazyLock, Mutex};

static JUDGE: LazyLock<Mutex<Libxml2>> = LazyLock::new(|| Mutex::new(Libxml2::start()));

fuzz_target!(|bytes: &[u8]| {
    let limits = Limits::default();
    let is_document = bytes.starts_with(b"<") || bytes.starts_with("\u{feff}".as_bytes());
    let (document, must_be_taken) = match is_document {
        true => (Cow::Borrowed(bytes), false),
        false => {
            let (document, must_be_taken) = grown(bytes);
            (Cow::Owned(document), must_be_taken)
        }
    };
    match canonicalize(&document, &limits) {
        Ok(ours) => {
            let theirs = JUDGE.lock().expect("one thread").judge(&document);
            let (text, form) = (String::from_utf8_lossy(&document), String::from_utf8_lossy(&ours));
            assert!(theirs == Judged::Canonical(ours.clone()), "{text}\nours: {form}\nlibxml2: {theirs:?}");
            let again = canonicalize(&ours, &limits).expect("the canonical form is well-formed");
            assert_eq!(again, ours);
        }
        Err(error) => {
            assert!(!must_be_taken, "{error}: {}", String::from_utf8_lossy(&document));
        }
    }
});
