//! Files of the local systems: CSV, JSON and XML by every profile.
#![no_main]

use libfuzzer_sys::fuzz_target;
use stazh::base::Limits;
use stazh::exchange::adapter::Profile;
use stazh::exchange::canonical::State;
use std::sync::LazyLock;

static PROFILES: LazyLock<Vec<Profile>> = LazyLock::new(|| {
    [State::Kz, State::Ru].into_iter().flat_map(|state| Profile::built_in(state).expect("built in")).collect()
});

fuzz_target!(|bytes: &[u8]| {
    for profile in PROFILES.iter() {
        let _ = profile.read("file", bytes, &Limits::default(), &mut |_, _| ()); // only that it returns
    }
});
