//! Each local file of the fixtures is read: a source that meets something else in its place tells another thing.

use crate::exchange::adapter::Source;
use crate::exchange::canonical::State;
use std::fs;
use std::path::Path;
use std::path::PathBuf;

fn every_file_of(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(folder);
    fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect()
}

/// What a source tells of a folder of files, with the count of persons.
fn told(state: State, folder: &Path) -> Result<(usize, String), String> {
    let source = Source::open(state, folder).map_err(|error| error.to_string())?;
    Ok((source.count(), format!("{:?}", source.findings())))
}

#[test]
fn every_local_file_of_the_fixtures_is_read() {
    let cases = [
        ("local/kz", vec![State::Kz]),
        ("local/ru", vec![State::Ru]),
        ("local/by", vec![State::By]),
        ("local/kg", vec![State::Kg]),
        ("local/am", vec![State::Am]),
        ("local/ugly", vec![State::Kz, State::Ru, State::By, State::Kg, State::Am]),
    ];
    for (folder, states) in cases {
        let copy = tempfile::tempdir().unwrap();
        let files = every_file_of(folder);
        for file in &files {
            fs::copy(file, copy.path().join(file.file_name().unwrap())).unwrap();
        }
        for file in &files {
            let place = copy.path().join(file.file_name().unwrap());
            let before: Vec<_> = states.iter().map(|state| told(*state, copy.path())).collect();
            assert!(before.iter().all(Result::is_ok), "{before:?}");
            fs::write(&place, "something else").unwrap();
            let after: Vec<_> = states.iter().map(|state| told(*state, copy.path())).collect();
            assert_ne!(before, after, "{} is read by nobody", file.display());
            fs::copy(file, &place).unwrap();
        }
    }
}
