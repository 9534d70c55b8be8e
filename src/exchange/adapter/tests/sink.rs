//! The sink: once per document, whole or not at all, readable by the state's own profile.

use crate::base::DocumentId;
use crate::base::Limits;
use crate::base::Verdict;
use crate::exchange::adapter::Entry;
use crate::exchange::adapter::Found;
use crate::exchange::adapter::HandedOver;
use crate::exchange::adapter::Profile;
use crate::exchange::adapter::ProfileBook;
use crate::exchange::adapter::RecordKind;
use crate::exchange::adapter::Sink;
use crate::exchange::adapter::Source;
use crate::exchange::canonical::Inquiry;
use crate::exchange::canonical::InsurancePeriod;
use crate::exchange::canonical::InsuranceRecord;
use crate::exchange::canonical::State;
use jiff::civil::date;
use std::fs;
use std::path::Path;
use std::sync::Arc;

fn kazakh_record() -> InsuranceRecord {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    let text = fs::read_to_string(fixtures.join("inquiries/ru-kz-by-name-interval.json")).unwrap();
    let inquiry: Inquiry = serde_json::from_str(&text).unwrap();
    let source = Source::open(State::Kz, fixtures.join("local/kz")).unwrap();
    match source.find(&inquiry, date(2026, 11, 23)).unwrap() {
        Found::Record(record, _) => record,
        found @ (Found::Nobody | Found::Several) => panic!("{found:?}"),
    }
}

fn document() -> DocumentId {
    "0190d0b2-1111-4000-8000-000000000001".parse().unwrap()
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn a_document_is_handed_over_once() {
    let folder = tempfile::tempdir().unwrap();
    let record = kazakh_record();
    let sink = Sink::open(Arc::new(ProfileBook::new(State::Ru, None)), folder.path()).unwrap();
    assert_eq!(sink.hand_over(document(), &record).unwrap(), HandedOver::First);
    let files = ["json", "xml"].map(|ending| format!("{}.{ending}", document()));
    assert_eq!(names(folder.path()), files);
    let before: Vec<Vec<u8>> = files.iter().map(|name| fs::read(folder.path().join(name)).unwrap()).collect();
    assert_eq!(sink.hand_over(document(), &record).unwrap(), HandedOver::AlreadyThere);
    let again = Sink::open(Arc::new(ProfileBook::new(State::Ru, None)), folder.path()).unwrap();
    assert_eq!(again.hand_over(document(), &record).unwrap(), HandedOver::AlreadyThere);
    let after: Vec<Vec<u8>> = files.iter().map(|name| fs::read(folder.path().join(name)).unwrap()).collect();
    assert_eq!(before, after);
    assert_eq!(serde_json::from_slice::<InsuranceRecord>(&before[0]).unwrap(), record);
}

#[test]
fn periods_of_the_other_state_are_whole_in_the_russian_form() {
    let folder = tempfile::tempdir().unwrap();
    let record = kazakh_record();
    Sink::open(Arc::new(ProfileBook::new(State::Ru, None)), folder.path())
        .unwrap()
        .hand_over(document(), &record)
        .unwrap();
    let bytes = fs::read(folder.path().join(format!("{}.xml", document()))).unwrap();
    let profile =
        Profile::built_in(State::Ru).unwrap().into_iter().find(|p| p.head().record == RecordKind::Period);
    let mut periods: Vec<InsurancePeriod> = Vec::new();
    let findings = profile.unwrap().read("f.xml", &bytes[..], &Limits::default(), &mut |local, _| {
        assert_eq!(local.person.to_person().map(|p| p.is_same(&record.person)), Some(true));
        if let Entry::Period(period) = local.entry {
            periods.push(period);
        }
    });
    assert_eq!(findings.unwrap().findings, []);
    periods.sort_by_key(|period| period.interval);
    assert_eq!(periods, record.periods);
}

#[test]
fn a_hand_over_cut_short_is_taken_up_again() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join(format!("{}.xml", document())), "<half").unwrap();
    fs::write(folder.path().join(format!("{}.json.part", document())), "{").unwrap();
    let sink = Sink::open(Arc::new(ProfileBook::new(State::Ru, None)), folder.path()).unwrap();
    assert_eq!(sink.hand_over(document(), &kazakh_record()).unwrap(), HandedOver::First);
    let files = ["json", "xml"].map(|ending| format!("{}.{ending}", document()));
    assert_eq!(names(folder.path()), files);
    assert_ne!(fs::read(folder.path().join(&files[1])).unwrap(), b"<half");
}

#[test]
fn many_at_once_have_one_effect() {
    let folder = tempfile::tempdir().unwrap();
    let record = kazakh_record();
    let sink = Sink::open(Arc::new(ProfileBook::new(State::Kz, None)), folder.path()).unwrap();
    let outcomes: Vec<HandedOver> = std::thread::scope(|scope| {
        let hand = || sink.hand_over(document(), &record).unwrap();
        let running: Vec<_> = (0..8).map(|_| scope.spawn(hand)).collect();
        running.into_iter().map(|one| one.join().unwrap()).collect()
    });
    assert_eq!(outcomes.iter().filter(|one| **one == HandedOver::First).count(), 1);
    assert_eq!(names(folder.path()), [format!("{}.json", document())]);
}

#[test]
fn a_folder_that_is_not_there_needs_a_person() {
    let folder = tempfile::tempdir().unwrap();
    let error =
        Sink::open(Arc::new(ProfileBook::new(State::Kz, None)), folder.path().join("none")).unwrap_err();
    assert_eq!(error.verdict(), Verdict::Park { code: "adapter.read" });
    let sink = Sink::open(Arc::new(ProfileBook::new(State::Kz, None)), folder.path()).unwrap();
    folder.close().unwrap();
    let error = sink.hand_over(document(), &kazakh_record()).unwrap_err();
    assert_eq!(error.verdict(), Verdict::Park { code: "adapter.write" });
}

#[test]
fn work_in_another_state_is_never_told_in_a_form_that_means_work_at_home() {
    let record = kazakh_record();
    for (state, ending) in
        [(State::Ru, "xml"), (State::By, "xml"), (State::Kg, "csv"), (State::Am, "csv"), (State::Kz, "")]
    {
        let folder = tempfile::tempdir().unwrap();
        let book = Arc::new(ProfileBook::new(state, None));
        Sink::open(book.clone(), folder.path()).unwrap().hand_over(document(), &record).unwrap();
        let file = folder.path().join(format!("{}.{ending}", document()));
        assert_eq!(file.is_file(), !ending.is_empty(), "{state}: {:?}", names(folder.path()));
        if ending.is_empty() {
            continue; // the Kazakh form is JSON and tells of contracts at home
        }
        let bytes = fs::read(&file).unwrap();
        let states: Vec<State> = book
            .current()
            .unwrap()
            .iter()
            .filter(|profile| profile.head().record == RecordKind::Period)
            .filter_map(|profile| {
                let mut states = Vec::new();
                let mut each = |row: crate::exchange::adapter::LocalRecord, _: &str| {
                    if let Entry::Period(one) = row.entry {
                        states.push(one.state);
                    }
                };
                profile.read("f", &bytes[..], &Limits::default(), &mut each).ok().map(|_| states)
            })
            .flatten()
            .collect();
        assert!(!states.is_empty() && states.iter().all(|one| *one == State::Kz), "{state}: {states:?}");
    }
    let contracts = Profile::named("by/pu-2").unwrap().unwrap();
    let rows = crate::exchange::adapter::LocalRecord::all_of(&record, RecordKind::Period);
    let (_, lost) = contracts.write(&rows).unwrap();
    assert!(lost.iter().any(|one| one.code == "adapter.constant" && one.path == "period.state"), "{lost:?}");
}
