//! A folder whose files are inquiries: each asked once, none half written, none lost.

use crate::exchange::inquiry_between;
use crate::processes::{Process, completed, inquiries, keep_local, stazh, two_nodes};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

fn watched(root: &Path) -> (PathBuf, PathBuf, PathBuf) {
    let (ru, kz) = two_nodes(root);
    let settings = ru.join("node.toml");
    let text = std::fs::read_to_string(&settings).unwrap();
    std::fs::write(settings, text.replace("[wire]", "inquiries = \"inquiries\"\n\n[wire]")).unwrap();
    let folder = ru.join("inquiries");
    std::fs::create_dir_all(&folder).unwrap();
    (ru, kz, folder)
}

async fn until(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    let begun = Instant::now();
    while !is_so().await {
        assert!(begun.elapsed() < Duration::from_secs(100), "{what}");
        tokio::time::sleep(Duration::from_millis(30)).await;
    }
}

fn conversations(ru: &Path) -> i64 {
    let status = stazh().arg("status").arg(ru).arg("--json").output().unwrap();
    let status: Value = serde_json::from_slice(&status.stdout).unwrap();
    status["conversations"].as_object().unwrap().values().filter_map(Value::as_i64).sum()
}

fn json(path: &Path) -> Value {
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_asked_once_and_moved_with_what_came_of_it() {
    let root = tempfile::tempdir().unwrap();
    let (ru, kz, folder) = watched(root.path());
    keep_local(&kz, 0..1);
    let _nodes = [Process::start(&ru), Process::start(&kz)];
    let good = serde_json::to_string(&inquiry_between("RU", "KZ", 0)).unwrap();
    std::fs::write(folder.join("one.json"), &good).unwrap();
    std::fs::write(folder.join("same.json"), &good).unwrap();
    std::fs::write(folder.join("far.json"), good.replace("\"KZ\"", "\"AM\"")).unwrap();
    std::fs::write(folder.join("bad.json"), good.replace("1985-03-15", "Тестов")).unwrap();
    std::fs::write(folder.join("large.json"), " ".repeat(1024 * 1024 + 1)).unwrap();
    std::fs::write(folder.join(".hidden.json"), &good).unwrap();
    std::fs::write(folder.join("other.txt"), &good).unwrap();
    until("all are dealt with", async || {
        folder.join("sent/one.json").exists()
            && folder.join("sent/same.json").exists()
            && ["far", "bad", "large"].iter().all(|name| folder.join(format!("refused/{name}.json")).exists())
    })
    .await;
    let (one, same) =
        (json(&folder.join("sent/one.json.sent.json")), json(&folder.join("sent/same.json.sent.json")));
    assert_eq!(
        (&one["is_repeat"], &same["is_repeat"]),
        (&false.into(), &true.into()),
        "by the order of names"
    );
    assert_eq!(one["conversation_id"], same["conversation_id"]);
    for (name, code) in [("far", "flow.unknown_peer"), ("bad", "http.not_json"), ("large", "http.body")] {
        let found = json(&folder.join(format!("refused/{name}.json.findings.json")));
        assert_eq!(found["code"], code);
        assert!(!found.to_string().contains("Тестов"), "{found}");
    }
    until("it is answered", async || completed(&ru).await == 1).await;
    assert_eq!(conversations(&ru), 1);
    assert!(folder.join("other.txt").exists() && folder.join(".hidden.json").exists(), "they are not ours");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_grows_is_left_until_it_stands_still() {
    let root = tempfile::tempdir().unwrap();
    let (ru, _kz, folder) = watched(root.path());
    let _node = Process::start(&ru);
    let good = serde_json::to_string(&inquiry_between("RU", "KZ", 0)).unwrap();
    // each part alone is no inquiry: one that is taken too early would be refused
    for end in (0..good.len()).filter(|end| good.is_char_boundary(*end)).step_by(good.chars().count() / 12) {
        std::fs::write(folder.join("slow.json"), good.as_bytes().get(..end).unwrap()).unwrap();
        tokio::time::sleep(Duration::from_millis(300)).await; // how slowly it is written
        assert!(folder.join("slow.json").exists(), "taken at {end}");
    }
    std::fs::write(folder.join("slow.json"), &good).unwrap();
    until("it is sent", async || folder.join("sent/slow.json").exists()).await;
    assert!(!folder.join("refused/slow.json").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_killed_over_and_over_asks_each_file_once() {
    const COUNT: u32 = 60;
    let root = tempfile::tempdir().unwrap();
    let (ru, kz, folder) = watched(root.path());
    keep_local(&kz, 0..COUNT);
    let (mut node, _other) = (Process::start(&ru), Process::start(&kz));
    for file in inquiries(root.path(), "KZ", 0..COUNT) {
        std::fs::copy(&file, folder.join(file.file_name().unwrap())).unwrap();
    }
    let left =
        || std::fs::read_dir(&folder).unwrap().filter(|it| it.as_ref().unwrap().path().is_file()).count();
    let (mut kills, begun) = (0, Instant::now());
    while left() > 0 {
        assert!(begun.elapsed() < Duration::from_secs(100), "{} are left", left());
        tokio::time::sleep(Duration::from_millis(1_050 + 37 * (kills % 8))).await; // the random point
        node.kill_and_start_again();
        kills += 1;
    }
    until("all are answered", async || completed(&ru).await == i64::from(COUNT)).await;
    assert_eq!(conversations(&ru), i64::from(COUNT), "none twice, in {kills} kills");
}
