//! Whole entries, in all shapes that the sources write.

mod bulk;
mod own;
mod posting;
mod shapes;

use super::Cleaner;
use jiff::civil::date;
use serde_json::Value;
use std::sync::LazyLock;

/// As of a day on which the samples are fresh.
fn cleaner() -> &'static Cleaner {
    static CLEANER: LazyLock<Cleaner> = LazyLock::new(|| Cleaner::built_in(date(2026, 8, 1)).unwrap());
    &CLEANER
}

/// The entry of the sample of the interface.
fn sample() -> Value {
    let page: Value =
        serde_json::from_str(include_str!("../../../../fixtures/vacancies/trudvsem-page.json")).unwrap();
    page["results"]["vacancies"][0]["vacancy"].clone()
}
