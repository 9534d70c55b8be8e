//! The exchange under the simulator: many seeds, and a planted defect that it must find.

use stazh::simulation::{Plan, Report, rules, simulate};
use std::path::{Path, PathBuf};

/// Where databases need no disk, if this machine has such a place: the simulator is not about power cuts.
fn folder() -> tempfile::TempDir {
    let memory = Path::new("/dev/shm");
    let place = if memory.is_dir() { memory.to_owned() } else { std::env::temp_dir() };
    tempfile::Builder::new().prefix("stazh-simulation-").tempdir_in(place).unwrap()
}

fn run(seed: u64, without_ledger: bool, folder: PathBuf) -> Report {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let plan = Plan { seed, conversations: 4, steps: 60, folder, without_ledger };
    runtime.block_on(simulate(plan, rules().unwrap())).unwrap()
}

fn seeds(range: std::ops::Range<u64>, without_ledger: bool) -> Vec<(u64, Report)> {
    let folder = folder();
    let run_one = |seed: u64| {
        let place = folder.path().join(seed.to_string());
        let report = run(seed, without_ledger, place.clone());
        let _ = std::fs::remove_dir_all(place); // the whole folder is removed at the end anyway
        (seed, report)
    };
    let half = range.start + (range.end - range.start) / 2;
    std::thread::scope(|scope| {
        let second = scope.spawn(|| (half..range.end).map(run_one).collect::<Vec<_>>());
        let mut all: Vec<_> = (range.start..half).map(run_one).collect();
        all.extend(second.join().unwrap());
        all
    })
}

#[test]
fn a_thousand_seeds_keep_every_promise() {
    let (mut deaths, mut mishaps, mut completed) = (0, 0, 0);
    for (seed, report) in seeds(0..1_000, false) {
        let trace = report.trace.join("\n");
        assert!(report.broken.is_empty(), "seed {seed}: {:#?}\n{trace}", report.broken);
        deaths += report.deaths;
        mishaps += report.mishaps;
        completed += report.completed;
    }
    assert!(deaths > 500 && mishaps > 2_000, "{deaths} deaths and {mishaps} mishaps prove nothing");
    assert!(completed > 2_500, "only {completed} of about 4,000 conversations came to their good end");
}

#[test]
fn a_node_without_a_ledger_is_found_out_within_a_hundred_seeds() {
    let found = seeds(0..100, true).into_iter().find(|(_, report)| !report.broken.is_empty());
    let (_, report) = found.expect("the planted defect was not noticed");
    assert!(
        report.broken.iter().any(|text| text.contains("times with one document")),
        "{:#?}",
        report.broken
    );
}

#[test]
fn one_seed_is_one_story() {
    let folder = folder();
    for seed in [3, 17, 42] {
        let first = run(seed, false, folder.path().join(format!("{seed}-a")));
        let again = run(seed, false, folder.path().join(format!("{seed}-b")));
        assert_eq!(first.trace, again.trace, "seed {seed}");
    }
}
