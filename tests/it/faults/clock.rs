//! The clock of the machine jumps while conversations go on. libfaketime of Debian moves the clock of one process; what
//! measures durations keeps its pace.

use crate::full_disk::{journal, until};
use crate::processes::{
    Process, assert_handed_over, completed, inquiries, keep_local, run, stazh, two_nodes, waiting,
};
use jiff::Timestamp;
use stazh::base::{Clock as _, SystemClock};
use std::path::{Path, PathBuf};
use std::process::Command;

/// The clock of a process, as far from the machine's as it was moved.
pub(super) struct Clock {
    file: PathBuf,
}

impl Clock {
    pub(super) fn new(folder: &Path) -> Self {
        let clock = Self { file: folder.join("clock") };
        clock.is_off_by(0);
        clock
    }

    /// Moves it so many seconds from the machine's.
    pub(super) fn is_off_by(&self, seconds: i64) {
        let next = self.file.with_extension("next");
        std::fs::write(&next, format!("{seconds:+}\n")).unwrap();
        std::fs::rename(&next, &self.file).unwrap(); // a reader sees the old or the new, never half of it
    }

    /// A node that goes by this clock.
    pub(super) fn start(&self, folder: &Path) -> Process {
        let mut serve = Command::new(env!("CARGO_BIN_EXE_stazh"));
        serve.arg("serve").env("LD_PRELOAD", library()).env("FAKETIME_TIMESTAMP_FILE", &self.file);
        for set in
            ["FAKETIME_NO_CACHE", "FAKETIME_DONT_FAKE_MONOTONIC", "DONT_FAKE_MONOTONIC", "NO_FAKE_STAT"]
        {
            serve.env(set, "1");
        }
        Process::start_with(&mut serve, folder)
    }
}

/// The one for programs of several threads, wherever Debian puts it on this kind of machine.
fn library() -> PathBuf {
    let places = std::fs::read_dir("/usr/lib").unwrap().flatten();
    let found =
        places.map(|entry| entry.path().join("faketime/libfaketimeMT.so.1")).find(|path| path.exists());
    found.unwrap_or_else(|| panic!("libfaketime is not there; deploy/prerequisites installs it"))
}

/// How far from the machine's clock the latest entry is that a node wrote into its journal; what was composed was
/// journalled by another process.
fn latest_entry_is_off_by(folder: &Path) -> i64 {
    let entries = journal(folder);
    let latest = entries.iter().rfind(|entry| entry["kind"] != "composed").unwrap();
    let at: Timestamp = latest["at"].as_str().unwrap().parse().unwrap();
    at.duration_since(SystemClock.now()).as_secs()
}

/// What was due before a jump back is due that much later, so at the end the clocks are set on again.
#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_jumps_an_hour_forward_and_a_minute_back_loses_and_doubles_nothing() {
    const BATCH: usize = 20;
    const ALL: u32 = 80;
    let root = tempfile::tempdir().unwrap();
    let (ru, kz) = two_nodes(root.path());
    let (ru_clock, kz_clock) = (Clock::new(&ru), Clock::new(&kz));
    let jumps = [(&ru_clock, &ru, HOUR), (&kz_clock, &kz, -MINUTE), (&ru_clock, &ru, HOUR - MINUTE)];
    keep_local(&kz, 0..ALL);
    let inquiries = inquiries(root.path(), "KZ", 0..ALL);
    let mut batches = inquiries.chunks(BATCH);
    let _nodes = [ru_clock.start(&ru), kz_clock.start(&kz)];
    let mut ask = || run(stazh().arg("send").arg(&ru).args(batches.next().unwrap()));
    ask();
    for (clock, folder, seconds) in jumps {
        let before = completed(&ru).await;
        until("nothing goes on", async || completed(&ru).await > before).await;
        clock.is_off_by(seconds); // in the middle of the batch
        ask();
        let is_so = |off: i64| (off - seconds).abs() < MINUTE / 2;
        until("the clock did not jump", async || is_so(latest_entry_is_off_by(folder))).await;
    }
    kz_clock.is_off_by(0);
    ru_clock.is_off_by(HOUR);
    until("not every conversation ended", async || completed(&ru).await == i64::from(ALL)).await;
    until("one side did not end", async || completed(&kz).await == i64::from(ALL)).await;
    assert_handed_over(&ru, 0..ALL).await;
    for folder in [&ru, &kz] {
        assert!(waiting(folder).iter().all(|row| row["needs_person"] == false), "{:?}", waiting(folder));
    }
}

const MINUTE: i64 = 60;
const HOUR: i64 = 3600;
