//! The real program: killed while it synchronises, and its logs searched for what must not be told.

use super::{PLANTED, candidate, vacancy};
use crate::processes::{Process, also_set, run, stazh, two_nodes};
use serde_json::Value;
use stazh::base::{Random, SeededRandom};
use std::collections::BTreeSet;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

fn nodes(root: &Path) -> (std::path::PathBuf, std::path::PathBuf) {
    let (ru, kz) = two_nodes(root);
    for folder in [&ru, &kz] {
        also_set(
            folder,
            "[labour]\nenabled = true\nsync_every_ms = 50\nsmall_cell = 1\npublish_within_minutes = 0\npage = 40\nbatch = 20",
        );
    }
    (ru, kz)
}

fn output(command: &mut std::process::Command) -> String {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// The titles that a node has of its peer's vacancies.
fn titles(folder: &Path) -> BTreeSet<String> {
    let listed = output(stazh().args(["jobs", "mirror"]).arg(folder).args(["--list", "vacancy"]));
    let title =
        |line: &str| serde_json::from_str::<Value>(line).unwrap()["title"].as_str().unwrap().to_owned();
    let all: Vec<String> = listed.lines().map(title).collect();
    let once: BTreeSet<String> = all.iter().cloned().collect();
    assert_eq!(all.len(), once.len(), "one is there twice");
    once
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_in_the_middle_of_a_synchronisation_a_node_goes_on_and_loses_nothing() {
    const COUNT: u32 = 1_500;
    let root = tempfile::tempdir().unwrap();
    let (ru, kz) = nodes(root.path());
    let file = root.path().join("vacancies.jsonl");
    let lines = |numbers: std::ops::Range<u32>, is_open| -> String {
        let line = |number| {
            serde_json::to_string(&vacancy(number, &format!("Пост {number}"), is_open)).unwrap() + "\n"
        };
        numbers.map(line).collect()
    };
    fs::write(&file, lines(0..COUNT, true)).unwrap();
    let mut processes = [Process::start(&ru), Process::start(&kz)];
    run(stazh().args(["jobs", "publish"]).arg(&ru).arg(&file));
    fs::write(&file, lines(0..100, false) + "{\"no\":\"vacancy\"}\n").unwrap();
    let random = SeededRandom::new(17);
    let (begun, mut kills) = (Instant::now(), 0);
    let expected: BTreeSet<String> = (100..COUNT).map(|number| format!("Пост {number}")).collect();
    loop {
        tokio::time::sleep(Duration::from_millis(60 + u64::from(random.permille()) / 4)).await; // the random point
        if kills < 6 {
            processes[usize::from(random.permille() < 300)].kill_and_start_again();
            kills += 1;
        }
        if kills == 3 {
            // what closes while everything is being taken; and a line that is none
            let told =
                stazh().args(["jobs", "publish"]).arg(&ru).arg(&file).args(["--json"]).output().unwrap();
            assert_eq!(told.status.code(), Some(1));
            let told: Value = serde_json::from_slice(&told.stdout).unwrap();
            assert_eq!((&told["closed"], &told["refused"]), (&100.into(), &1.into()));
            kills += 1;
        }
        if kills >= 6 && titles(&kz) == expected {
            break;
        }
        assert!(begun.elapsed() < Duration::from_secs(120), "{} of {}", titles(&kz).len(), expected.len());
    }
    let status: Value = serde_json::from_str(&output(stazh().args(["status", "--json"]).arg(&ru))).unwrap();
    assert!(status["jobs"].as_array().unwrap().iter().any(|lag| lag["kind"] == "vacancy"), "{status}");
    let whole = output(stazh().args(["jobs", "mirror", "--json"]).arg(&kz));
    assert!(whole.contains("\"closed\"") || whole.contains("\"erased\"") || !whole.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn no_log_journal_or_mirror_tells_who_a_person_is_before_consent_or_after() {
    let root = tempfile::tempdir().unwrap();
    let (ru, kz) = nodes(root.path());
    let person = root.path().join("candidate.json");
    let text = root.path().join("text.txt");
    fs::write(&person, candidate().to_string()).unwrap();
    fs::write(&text, "Я согласен").unwrap();
    let logged = |name: &str| File::create(root.path().join(name)).unwrap();
    let serving = [("ru.log", &ru), ("kz.log", &kz)].map(|(log, folder)| {
        Process::start_with(stazh().args(["--log", "trace", "serve"]).stderr(logged(log)), folder)
    });
    let given = output(
        stazh()
            .args(["--log", "trace", "jobs", "consent", "give"])
            .arg(&ru)
            .arg(&person)
            .args([
                "--to",
                "KZ",
                "--sections",
                "occupation,location,skills,languages,relocation,summary",
                "--text",
            ])
            .arg(&text)
            .args([
                "--text-version",
                "1",
                "--language",
                "ru",
                "--signature",
                "in_person",
                "--basis",
                "152-FZ",
                "--json",
            ])
            .stderr(logged("give.log")),
    );
    let given: Value = serde_json::from_str(&given).unwrap();
    let state = |folder: &Path| output(stazh().args(["jobs", "mirror", "--json"]).arg(folder));
    let wait = async |what: &str| {
        let begun = Instant::now();
        while !state(&kz).contains(what) {
            assert!(begun.elapsed() < Duration::from_secs(60), "{what}: {}", state(&kz));
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    wait("\"held\"").await;
    let mut told = output(stazh().args(["jobs", "mirror"]).arg(&kz).args(["--list", "profile"]));
    assert!(told.contains("7212"), "the profile came");
    run(stazh().args(["jobs", "consent", "withdraw"]).arg(&ru).arg(given["consent"].as_str().unwrap()));
    wait("\"erased\"").await;
    let begun = Instant::now();
    while !output(stazh().args(["jobs", "consent", "missing"]).arg(&ru))
        .contains("every erasure is confirmed")
    {
        assert!(begun.elapsed() < Duration::from_secs(60), "no receipt came");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let shown = output(stazh().args(["jobs", "consent", "show"]).arg(&ru).arg(&person));
    assert!(
        shown.contains("withdrawn")
            && shown.contains("by the certificate of the line and the key of its seals"),
        "{shown}"
    );
    drop(serving);
    for log in ["ru.log", "kz.log", "give.log"] {
        told.push_str(&fs::read_to_string(root.path().join(log)).unwrap());
    }
    assert!(told.contains("TRACE"), "the level was trace");
    for folder in [&ru, &kz] {
        told.push_str(&output(
            stazh().args(["journal", "list"]).arg(folder).args(["--limit", "1000", "--json"]),
        ));
        told.push_str(&output(stazh().args(["acts"]).arg(folder)));
    }
    assert!(told.contains("consent_ended") && told.contains("erasure_confirmed"), "the journal was read");
    for value in PLANTED {
        let line = told.lines().find(|line| line.contains(value));
        assert_eq!(line, None, "{value} was told");
    }
    // nor does the peer's database hold a byte of it
    for file in files_below(&kz.join("data")) {
        let bytes = fs::read(file).unwrap();
        for value in PLANTED.into_iter().filter(|value| value.len() > 6) {
            assert!(
                !bytes.windows(value.len()).any(|window| window == value.as_bytes()),
                "{value} is kept by the peer"
            );
        }
    }
}

fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => files.extend(files_below(&path)),
            false => files.push(path),
        }
    }
    files
}
