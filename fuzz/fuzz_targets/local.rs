//! Files of the local systems: CSV, JSON and XML by every profile.
#![no_main]

use libfuzzer_sys::fuzz_target;
use stazh::base::Limits;
use stazh::exchange::adapter::Profile;
use stazh::exchange::canonical::State;
use std::sync::LazyLock;

static PROFILES: LazyLock<Vec<Profile>> = LazyLock::new(|| {
    let records = |state| Profile::built_in(state).expect("built in");
    let facts = |state| Profile::built_in_facts(state).expect("built in");
    [State::Kz, State::Ru]
        .into_iter()
        .flat_map(|state| records(state).into_iter().chain(facts(state)))
        .collect()
});

fuzz_target!(|bytes: &[u8]| {
    for profile in PROFILES.iter() {
        let _ = profile.read("file", bytes, &Limits::default(), &mut |_, _| ()); // only that it returns
    }
});
