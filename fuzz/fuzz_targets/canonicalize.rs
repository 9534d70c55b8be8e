//! What the reader takes has one canonical form, and that form is its own.
#![no_main]

use libfuzzer_sys::fuzz_target;
use stazh::base::Limits;
use stazh::exchange::seal::canonicalize;

fuzz_target!(|bytes: &[u8]| {
    let limits = Limits::default();
    if let Ok(canonical) = canonicalize(bytes, &limits) {
        let again = canonicalize(&canonical, &limits).expect("the canonical form is well-formed");
        assert_eq!(again, canonical);
    }
});
