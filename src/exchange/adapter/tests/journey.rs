//! Ten thousand rows of each state: local -> canonical -> XML -> canonical -> local loses nothing that the form holds.

use crate::base::Digest256;
use crate::base::DocumentId;
use crate::base::Findings;
use crate::base::Limits;
use crate::base::SeededRandom;
use crate::exchange::adapter::LocalRecord;
use crate::exchange::adapter::Profile;
use crate::exchange::adapter::ProfileBook;
use crate::exchange::adapter::RecordKind;
use crate::exchange::adapter::Source;
use crate::exchange::adapter::Synthetic;
use crate::exchange::canonical::InsuranceRecord;
use crate::exchange::canonical::State;
use crate::exchange::document::codec::Attachments;
use crate::exchange::document::codec::Header;
use crate::exchange::document::codec::decode_record;
use crate::exchange::document::codec::encode_record;
use std::collections::HashMap;
use std::fs;
use std::sync::Arc;

fn read(profile: &Profile, file: &str, bytes: &[u8]) -> (Vec<LocalRecord>, Findings) {
    let mut rows = Vec::new();
    let findings =
        profile.read(file, bytes, &Limits::default(), &mut |row, _| rows.push(row)).unwrap().findings;
    (rows, findings)
}

fn through_xml(record: &InsuranceRecord) -> InsuranceRecord {
    let id: DocumentId = "0190d0b2-1111-4000-8000-000000000001".parse().unwrap();
    let at = "2026-11-24T00:00:00Z".parse().unwrap();
    let header = Header::new(("P.XP.01.MSG.002", "R.XP.XP.01.002"), id, Some(id), at);
    let document = encode_record(record, &header).unwrap();
    decode_record(&document, Attachments::new(&[], |_| Digest256([0; 32])), &Limits::default()).unwrap().1
}

/// How often each row stands, as text.
fn counted(rows: &[LocalRecord], with_ids: bool) -> HashMap<String, usize> {
    let mut counts = HashMap::new();
    for row in rows {
        let person = serde_json::to_string(&row.person).unwrap();
        let mut entry = entry_of(row);
        if let Some(map) = entry.as_object_mut().filter(|_| !with_ids) {
            map.remove("id");
        }
        let text = format!("{person} {:?} {entry}", row.form);
        *counts.entry(text).or_default() += 1;
    }
    counts
}

fn entry_of(row: &LocalRecord) -> serde_json::Value {
    use crate::exchange::adapter::Entry;
    match &row.entry {
        Entry::Person => Ok(serde_json::Value::Null),
        Entry::Contribution(one) => serde_json::to_value(one),
        Entry::Period(one) => serde_json::to_value(one),
        Entry::Event(one) => serde_json::to_value(one),
    }
    .unwrap()
}

#[test]
fn ten_thousand_rows_of_each_state_come_back_whole() {
    // Russia's forms tell no contributions, so more persons make as many rows
    let states =
        [(State::Am, 1_400), (State::By, 1_400), (State::Kg, 1_500), (State::Kz, 1_600), (State::Ru, 2_000)];
    for (state, persons) in states {
        let profiles = Profile::built_in(state).unwrap();
        let files =
            Synthetic::files(&profiles, persons, &SeededRandom::new(20_261_124), &mut |_| ()).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let mut told = Vec::new();
        for (profile, (name, bytes, lost)) in profiles.iter().zip(&files) {
            assert_eq!(*lost, [], "{profile}: {name}");
            let (rows, findings) = read(profile, name, bytes);
            assert_eq!(findings, [], "{profile}");
            assert_eq!(
                profile.write(&rows).unwrap(),
                (bytes.clone(), vec![]),
                "{profile}: local -> canonical -> local"
            );
            fs::write(folder.path().join(name), bytes).unwrap();
            told.push(rows);
        }
        let count: usize = told.iter().map(Vec::len).sum();
        assert!(count >= 10_000, "{state}: {count} rows");

        let book = Arc::new(ProfileBook::new(state, None));
        let source = Source::open_with(book, folder.path(), Limits::default()).unwrap();
        assert_eq!(source.findings().iter().filter(|one| one.is_error()).count(), 0);
        let records = source.everybody("2026-11-24".parse().unwrap()).unwrap();
        assert_eq!(records.len(), usize::try_from(persons).unwrap());
        let back: Vec<InsuranceRecord> = records.iter().map(through_xml).collect();
        assert!(back == records, "{state}: canonical -> XML -> canonical");

        // work that events tell too is kept once, under the event's id
        let with_ids = profiles.iter().all(|profile| profile.head().record != RecordKind::Event);
        for (profile, rows) in profiles.iter().zip(&told) {
            let kind = profile.head().record;
            if kind == RecordKind::Event {
                continue; // a record has the periods that were drawn from events
            }
            let all: Vec<LocalRecord> =
                back.iter().flat_map(|record| LocalRecord::all_of(record, kind)).collect();
            let (again, _) = read(profile, "again", &profile.write(&all).unwrap().0);
            let again = counted(&again, with_ids);
            for (row, count) in counted(rows, with_ids) {
                let found = again.get(&row).copied().unwrap_or_default();
                assert!(found >= count, "{profile}: {row} stands {found} times, not {count}");
            }
        }
    }
}
