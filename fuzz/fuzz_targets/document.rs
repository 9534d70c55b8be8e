//! A verified document before the rules: structure, code lists and fill rules always come to an end.
#![no_main]

use libfuzzer_sys::fuzz_target;
use stazh::base::Limits;
use stazh::exchange::rules::{Carries, Catalogue, Rules};
use std::sync::LazyLock;

static RULES: LazyLock<Rules> = LazyLock::new(|| Rules::built_in(Limits::default()).expect("built in"));
static CATALOGUE: LazyLock<Catalogue> = LazyLock::new(|| Catalogue::built_in().expect("built in"));

fuzz_target!(|bytes: &[u8]| {
    let _ = RULES.structure(bytes); // only that it returns
    let (process, transaction) = CATALOGUE.beginning_with(Carries::Inquiry).expect("built in");
    for carries in [Carries::Inquiry, Carries::InsuranceRecord, Carries::Notice] {
        let message = match carries {
            Carries::Inquiry => process.message(&transaction.request),
            Carries::InsuranceRecord | Carries::Notice => process.response(transaction, carries),
        };
        if let Ok(valid) = RULES.check(bytes, message.expect("built in")) {
            assert_eq!(valid.as_bytes(), bytes);
        }
    }
});
