//! HR-XML of strangers: what is read is written, and then read as the same.
#![no_main]

use libfuzzer_sys::fuzz_target;
use stazh::base::Limits;
use stazh::exchange::document::hr_xml::{Contacts, read_candidate, read_opening, write_opening};

fuzz_target!(|bytes: &[u8]| {
    let limits = Limits::default();
    if let Ok((vacancy, _)) = read_opening(bytes, &limits) {
        let written = write_opening(&vacancy, Contacts::Shown).expect("what was read can be written");
        let (again, findings) = read_opening(&written, &limits).expect("what we write we read");
        assert!(findings.is_empty(), "{findings:?}");
        assert_eq!(again.reference, vacancy.reference);
    }
    let _ = read_candidate(bytes, &limits); // it ends, whatever it says
});
