//! Files of the local systems by every profile, whole and in pieces: both ways give the same rows.
#![no_main]

use libfuzzer_sys::fuzz_target;
use stazh::base::Limits;
use stazh::exchange::adapter::Profile;
use stazh::exchange::canonical::State;
use std::io::BufReader;
use std::sync::LazyLock;

static PROFILES: LazyLock<Vec<Profile>> = LazyLock::new(|| {
    let records = |state| Profile::built_in(state).expect("built in");
    let facts = |state| Profile::built_in_facts(state).expect("built in");
    [State::Kz, State::Ru, State::By, State::Kg, State::Am]
        .into_iter()
        .flat_map(|state| records(state).into_iter().chain(facts(state)))
        .collect()
});

fuzz_target!(|bytes: &[u8]| {
    let limits = Limits { local_row_bytes_max: 512, ..Limits::default() };
    for profile in PROFILES.iter() {
        let read = |piece: usize| {
            let mut rows = Vec::new();
            let told =
                profile.read("file", BufReader::with_capacity(piece, bytes), &limits, &mut |row, place| {
                    rows.push((row, place.to_owned()));
                });
            (rows, told.map(|told| told.findings).ok())
        };
        assert_eq!(read(1 << 16), read(7));
    }
});
