//! Files and pages of vacancies, whole and in pieces: both ways give the same entries, and what is taken is lawful.
#![no_main]

use libfuzzer_sys::fuzz_target;
use stazh::base::Limits;
use stazh::exchange::adapter::jobs::{Cleaner, ContractRow, Entry, EntryForm, Page};
use stazh::exchange::canonical::State;
use stazh::exchange::canonical::job::Vacancy;
use std::io::BufReader;
use std::ops::ControlFlow;
use std::sync::LazyLock;

static CLEANER: LazyLock<Cleaner> =
    LazyLock::new(|| Cleaner::built_in(jiff::civil::date(2026, 8, 1)).expect("the tables are sound"));

fuzz_target!(|bytes: &[u8]| {
    let limits = Limits { local_row_bytes_max: 4096, ..Limits::default() };
    let _ = Page::read(bytes); // it ends, whatever it says
    for form in [EntryForm::Json, EntryForm::JsonLines, EntryForm::Csv { delimiter: Some('|') }] {
        let read = |piece: usize| {
            let mut all = Vec::new();
            let told =
                form.read("file", &mut BufReader::with_capacity(piece, bytes), &limits, &mut |entry| {
                    all.push(match entry {
                        Entry::Read(value, line) => Ok((value, line)),
                        Entry::Aside(finding) => Err(finding),
                    });
                    ControlFlow::Continue(())
                });
            (all, told.is_ok())
        };
        let whole = read(1 << 16);
        assert_eq!(whole, read(7));
        for (value, _) in whole.0.into_iter().flatten() {
            for taken in [
                CLEANER.trudvsem(&value, "file:1"),
                CLEANER.own(value.clone(), (State::By, &"gsz".parse().expect("a code")), "file:1"),
            ] {
                if let Ok(taken) = taken {
                    let written = serde_json::to_string(&taken.record).expect("a vacancy can be written");
                    assert_eq!(serde_json::from_str::<Vacancy>(&written).expect("and read"), taken.record);
                }
            }
            let _ = CLEANER.trudvsem_cv(&value, "file:1");
            let _ = ContractRow::read(&value, "file:1");
        }
    }
});
