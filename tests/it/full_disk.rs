//! The real program when its database cannot be written: callers are told so, nothing is lost, and it goes on by
//! itself. A limit on the size of files stands for a full disk; it can be put on and off a running process.

use crate::processes::{Process, also_set, completed, inquiries, keep_local, run, stazh, two_nodes, waiting};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// A node that is told of a full disk by an error and not by a signal.
fn start(folder: &Path) -> (Process, Arc<Mutex<String>>) {
    let script = "trap '' XFSZ; exec \"$0\" serve \"$1\"";
    let mut serve = Command::new("sh");
    serve.args(["-c", script, env!("CARGO_BIN_EXE_stazh")]).stderr(Stdio::piped());
    let mut process = Process::start_with(&mut serve, folder);
    let told = Arc::new(Mutex::new(String::new()));
    let (errors, sink) = (process.child.stderr.take().unwrap(), told.clone());
    std::thread::spawn(move || {
        for line in BufReader::new(errors).lines().map_while(Result::ok) {
            sink.lock().unwrap().push_str(&(line + "\n"));
        }
    });
    (process, told)
}

fn limit_files(process: &Process, bytes: &str) {
    run(Command::new("prlimit").args([
        "--pid",
        &process.child.id().to_string(),
        &format!("--fsize={bytes}:"),
    ]));
}

pub(crate) fn journal(folder: &Path) -> Vec<serde_json::Value> {
    let listed = stazh().args(["journal", "list", "--json", "--limit", "1000"]).arg(folder).output().unwrap();
    let listed = String::from_utf8(listed.stdout).unwrap();
    listed.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

pub(crate) async fn until(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    let begun = Instant::now();
    while !is_so().await {
        assert!(begun.elapsed() < Duration::from_secs(60), "{what}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

async fn is_ready(process: &Process) -> bool {
    reqwest::get(&process.ready).await.unwrap().status().is_success()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_whose_disk_is_full_tells_it_loses_nothing_and_goes_on_when_there_is_room() {
    let root = tempfile::tempdir().unwrap();
    let (ru, kz) = two_nodes(root.path());
    for folder in [&ru, &kz] {
        // what could not be recorded is done again when its lease ends
        also_set(folder, "[limits]\nlease_ms = 2000\npost_timeout_ms = 1500");
    }
    keep_local(&kz, 0..20);
    let _russian = Process::start(&ru);
    let (kazakh, told) = start(&kz);
    let ask = |numbers: std::ops::Range<u32>| {
        for inquiry in inquiries(root.path(), "KZ", numbers) {
            run(stazh().arg("send").arg(&ru).arg(&inquiry));
        }
    };
    // full before a message comes: its sender is told to try again, and the watchers that the node is not ready
    until("it is not ready", async || is_ready(&kazakh).await).await;
    limit_files(&kazakh, "1");
    until("it is ready with a full disk", async || !is_ready(&kazakh).await).await;
    ask(0..5);
    let answered_503 =
        |row: &serde_json::Value| row["detail"].as_str().is_some_and(|text| text.contains("503"));
    until("nobody was answered 503", async || journal(&ru).iter().any(answered_503)).await;
    assert_eq!(completed(&ru).await, 0);
    limit_files(&kazakh, "unlimited");
    until("it does not go on", async || completed(&ru).await == 5).await;
    until("it is not ready again", async || is_ready(&kazakh).await).await;
    // full in the middle of everything, over and over
    ask(5..20);
    for _ in 0..4 {
        limit_files(&kazakh, "1");
        tokio::time::sleep(Duration::from_millis(300)).await;
        limit_files(&kazakh, "unlimited");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    until("not all came to an end", async || completed(&ru).await == 20).await;
    assert!(waiting(&kz).iter().all(|row| row["needs_person"] == false), "{:?}", waiting(&kz));
    let back: Vec<_> = journal(&kz).into_iter().filter(|row| row["kind"] == "store_back").collect();
    let detail = back[0]["detail"].as_str().unwrap();
    assert!(detail.starts_with("messages are stored again; since "), "{detail}");
    assert_eq!(back[0]["code"], "store.unwritable");
    let told = told.lock().unwrap().clone();
    let times = told.matches("messages cannot be stored; peers are answered 503").count();
    assert_eq!(times, back.len(), "each time is told once:\n{told}");
}
