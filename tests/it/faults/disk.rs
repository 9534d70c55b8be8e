//! A disk that is full: a file system of its own under a node's database, which only root can make.

use crate::door::{head, hear, say};
use crate::full_disk::{journal, until};
use crate::link::address_of;
use crate::processes::{
    Process, also_set, assert_handed_over, completed, inquiries, keep_local, run, stazh, two_nodes,
};
use crate::refusals::{connect, headers};
use stazh::exchange::wire::Envelope;
use std::collections::HashSet;
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A small disk; unmounted at the end.
struct SmallDisk(PathBuf);

impl SmallDisk {
    /// None where this process may not mount one.
    #[expect(clippy::print_stderr, reason = "who reads the test's output learns that it proved nothing")]
    fn at(folder: &Path) -> Option<Self> {
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", "size=8m", "stazh-test"]).arg(folder);
        let made = mount.output().unwrap();
        if made.status.success() {
            return Some(Self(folder.to_owned()));
        }
        eprintln!("SKIPPED: no small disk can be mounted: {}", String::from_utf8_lossy(&made.stderr).trim());
        None
    }

    /// Takes so much room, or all that is left, by a file.
    fn fill(&self, bytes: usize) -> PathBuf {
        let filler = self.0.join(format!("filler-{bytes}"));
        let mut file = File::create(&filler).unwrap();
        let mut left = bytes;
        for piece in [64 * 1024, 1024, 1] {
            while left >= piece && file.write(&vec![0; piece]).is_ok_and(|written| written == piece) {
                left -= piece;
            }
        }
        filler
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        run(Command::new("umount").arg("--lazy").arg(&self.0));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_small_disk_that_runs_full_loses_nothing_that_was_acknowledged() {
    const ASKED: u32 = 20;
    let root = tempfile::tempdir().unwrap();
    let (ru, kz) = two_nodes(root.path());
    let Some(disk) = SmallDisk::at(&kz.join("data")) else { return };
    for folder in [&ru, &kz] {
        also_set(folder, "[limits]\nlease_ms = 2000\npost_timeout_ms = 1500");
    }
    keep_local(&kz, 0..ASKED);
    let log = root.path().join("kz.log");
    let mut serve = stazh();
    serve.arg("serve").stderr(File::create(&log).unwrap());
    let _kazakh = Process::start_with(&mut serve, &kz);

    // Messages until there is no room for one more.
    let filler = disk.fill(3 * 1024 * 1024);
    let (key, certificate) = (ru.join("keys/wire.key.pem"), ru.join("keys/wire.pem"));
    let mut line = connect(address_of(&kz), &key, &certificate).await;
    let large = format!("<x>{}</x>", "a".repeat(200_000));
    let mut acknowledged = HashSet::new();
    let answer = loop {
        let headers = headers();
        let message = String::from_utf8(Envelope::write(&headers, large.as_bytes()).unwrap()).unwrap();
        say(&mut line, &head(message.len())).await;
        say(&mut line, &message).await;
        let answer = hear(&mut line).await;
        if !answer.starts_with("HTTP/1.1 202") {
            break answer;
        }
        acknowledged.insert(headers.message_id.as_uuid().to_string());
        assert!(acknowledged.len() < 100, "the disk does not run full");
    };
    assert!(answer.starts_with("HTTP/1.1 503"), "{answer}");
    assert!(acknowledged.len() > 3, "only {} found room", acknowledged.len());

    // With no room at all, a peer at work is told to wait.
    let last = disk.fill(usize::MAX);
    let _russian = Process::start(&ru);
    run(stazh().arg("send").arg(&ru).args(inquiries(root.path(), "KZ", 0..ASKED)));
    let was_503 = |row: &serde_json::Value| row["detail"].to_string().contains("503");
    until("nobody was answered 503", async || journal(&ru).iter().any(was_503)).await;
    assert_eq!(completed(&ru).await, 0);
    for filler in [filler, last] {
        std::fs::remove_file(filler).unwrap();
    }
    until("it does not go on", async || completed(&ru).await == i64::from(ASKED)).await;
    assert_handed_over(&ru, 0..ASKED).await;

    let entries = journal(&kz);
    let kept = |id: &String| entries.iter().any(|row| row["kind"] == "held" && row["message"] == **id);
    let lost: Vec<_> = acknowledged.iter().filter(|id| !kept(id)).collect();
    assert!(lost.is_empty(), "acknowledged and lost: {lost:?}");
    let told = std::fs::read_to_string(&log).unwrap();
    let times = told.matches("messages cannot be stored; peers are answered 503").count();
    let back = entries.iter().filter(|row| row["kind"] == "store_back").count();
    assert!(times >= 1 && times == back, "told {times} times, back {back} times:\n{told}");
}
