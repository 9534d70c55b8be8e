//! Two states compare whom they pay: exact outcomes on both sides, nothing of who is no hit, whatever is killed.

mod documents;
mod forged;

use crate::fixtures::fixture;
use crate::postgres_server;
use crate::processes::{Process, also_set, on_server, stazh, two_nodes, with_replicas};
use serde_json::{Value, json};
use stazh::base::{Random, SeededRandom};
use stazh::node::{Node, Settings};
use stazh::store::{CheckPiece, CheckState, check_find, check_places};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::{Duration, Instant};

/// A row of a list: its reference, a number and a name if there are, since when a pension is paid.
struct Row<'r> {
    reference: &'r str,
    snils: Option<&'r str>,
    name: (&'r str, &'r str),
    since: &'r str,
}

impl Row<'_> {
    fn line(&self, kind: &str) -> String {
        let identifiers: Vec<Value> =
            self.snils.iter().map(|number| json!({ "kind": "snils", "value": number })).collect();
        json!({
            "reference": self.reference,
            "person": {
                "name": { "family": self.name.0, "given": self.name.1 }, "birth_date": "1955-04-09",
                "identifiers": identifiers,
            },
            "pensions": [{ "kind": kind, "since": self.since }],
        })
        .to_string()
    }
}

/// Both nodes agree checks with each other, over these lists.
fn agree((ru, kz): (&Path, &Path), (of_ru, of_kz): (&[String], &[String]), more: &str) {
    for (folder, peer, rows) in [(ru, "KZ", of_ru), (kz, "RU", of_kz)] {
        fs::write(folder.join("local/payments.jsonl"), rows.join("\n")).unwrap();
        let list = folder.join("local/payments.jsonl"); // whole, for replicas too
        let list = list.display();
        let checks = format!(
            "[checks]\npeers = [\"{peer}\"]\npersons = \"{list}\"\nbody = {{ id = \"1\", name = \"Фонд\" }}\n{more}"
        );
        also_set(folder, &checks);
    }
}

fn told(command: &mut Command) -> (Output, Value) {
    let output = command.output().unwrap();
    let value = serde_json::from_slice(&output.stdout).unwrap_or_default();
    (output, value)
}

fn begin(folder: &Path, peer: &str) -> Command {
    let mut command = stazh();
    command.args(["check", "begin"]).arg(folder).args(["--with", peer, "--json"]);
    command
}

/// Each row of an outcome file: by its line, the reference, the outcome, by what, and the code of why not.
fn outcomes(folder: &Path, number: &str) -> BTreeMap<u32, (String, String, String, String)> {
    let text = fs::read_to_string(folder.join(format!("handed-over/checks/{number}/outcomes.csv"))).unwrap();
    let mut lines = text.lines();
    assert_eq!(lines.next(), Some("row,reference,outcome,by,why"));
    let read = |line: &str| {
        let fields: Vec<&str> = line.splitn(5, ',').collect();
        let why = fields[4].trim_matches('"').split(':').next().unwrap().to_owned();
        let text = |at: usize| fields[at].to_owned();
        (fields[0].parse().unwrap(), (text(1), text(2), text(3), why))
    };
    let all: Vec<_> = lines.map(read).collect();
    let by_line: BTreeMap<_, _> = all.iter().cloned().collect();
    assert_eq!(by_line.len(), all.len(), "a row has two outcomes");
    by_line
}

fn outcome(reference: &str, outcome: &str, by: &str, why: &str) -> (String, String, String, String) {
    (reference.to_owned(), outcome.to_owned(), by.to_owned(), why.to_owned())
}

/// Whether any file of a node's database holds a text.
fn database_holds(folder: &Path, text: &str) -> bool {
    let files = fs::read_dir(folder.join("data")).unwrap().map(|entry| entry.unwrap().path());
    let bytes: Vec<Vec<u8>> =
        files.filter(|path| path.is_file()).map(|path| fs::read(path).unwrap()).collect();
    bytes.iter().any(|bytes| bytes.windows(text.len()).any(|window| window == text.as_bytes()))
}

/// What a check left in a database: its state, whether its secret is gone, and whether anything but hits is.
async fn left(folder: &Path, number: &str) -> (CheckState, bool, bool) {
    let store = Node::store(&Settings::read(&folder.join("node.toml")).unwrap()).await.unwrap();
    let mut tx = store.read().await.unwrap();
    let number = number.parse().unwrap();
    let row = check_find(&mut tx, &number).await.unwrap().unwrap();
    let mut is_wiped = true;
    for kind in CheckPiece::ALL.iter().filter(|kind| **kind != CheckPiece::Hits) {
        is_wiped &= check_places(&mut tx, &number, *kind).await.unwrap().is_empty();
    }
    drop(tx);
    store.close().await;
    (row.state, *row.draft.secret.expose() == [0; 32], is_wiped)
}

fn journal(folder: &Path) -> String {
    let output = stazh().args(["journal", "list"]).arg(folder).output().unwrap();
    String::from_utf8(output.stdout).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn both_sides_learn_their_hits_and_nothing_of_the_others() {
    let root = tempfile::tempdir().unwrap();
    let (ru, kz) = two_nodes(root.path());
    let list = |path: &str| -> Vec<String> {
        fs::read_to_string(fixture(path)).unwrap().lines().map(str::to_owned).collect()
    };
    let (of_ru, of_kz) = (list("checks/ru.jsonl"), list("checks/kz.jsonl"));
    agree((&ru, &kz), (&of_ru, &of_kz), "batch = 3");
    let (_ru, _kz) = (Process::start(&ru), Process::start(&kz));
    let (output, closed) = told(begin(&kz, "RU").arg("--wait"));
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(
        (&closed["state"], &closed["hits"], &closed["weak"]),
        (&json!("closed"), &json!(3), &json!(1))
    );
    assert_eq!((&closed["rows"], &closed["set_aside"]), (&json!(8), &json!(3)));
    let number = closed["check"].as_str().unwrap().to_owned();
    let ours = outcomes(&kz, &number);
    let expected = [
        outcome("kz-a", "hit", "snils", ""),
        outcome("kz-b", "weak", "name-and-birth", ""),
        outcome("kz-c", "none", "", ""),
        outcome("kz-d", "set aside", "", "check.not_paid"),
        outcome("", "set aside", "", "adapter.row_form"),
        outcome("kz-f", "hit", "snils name-and-birth", ""),
        outcome("kz-f2", "hit", "snils name-and-birth", ""),
        outcome("kz-g", "set aside", "", "check.no_key"),
    ];
    assert_eq!(ours, (1..).zip(expected).collect());
    let theirs = outcomes(&ru, &number);
    let expected = [
        outcome("ru-1", "hit", "snils name-and-birth", ""),
        outcome("ru-2", "hit", "snils", ""),
        outcome("ru-3", "weak", "name-and-birth", ""),
        outcome("ru-4", "none", "", ""),
    ];
    assert_eq!(theirs, (1..).zip(expected).collect());
    for folder in [&ru, &kz] {
        assert_eq!(left(folder, &number).await, (CheckState::Closed, true, true));
        let told = journal(folder);
        assert!(told.contains("is compared: ") && told.contains("is closed"), "{told}");
        for value in ["Неизвестнов", "11000000003", "11000000006", "Щеглова", "Федотова"]
        {
            assert!(!database_holds(folder, value) && !told.contains(value), "{value}");
        }
    }
    let (output, _) = told(&mut begin(&kz, "RU"));
    let refused = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.code() == Some(1) && refused.contains("the last one is too new"), "{refused}");
    permitted(&ru, &kz, &number).await;
}

/// Nobody is named before a person permits it, and then hits alone, each once.
async fn permitted(ru: &Path, kz: &Path, number: &str) {
    let permit = |more: &[&str]| {
        let mut command = stazh();
        command.args(["check", "permit"]).arg(kz).arg(number);
        told(command.args(["--by", "A. Clerk", "--reason", "case 17", "--json"]).args(more))
    };
    let (output, written) = permit(&[]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(written["inquiries"], 3);
    let folder = kz.join(format!("handed-over/checks/{number}/inquiries"));
    let mut files: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let names: Vec<_> = files.iter().map(|path| path.file_name().unwrap().to_str().unwrap()).collect();
    assert_eq!(names, ["1.json", "6.json", "7.json"], "a weak one is not among them");
    let inquiry: Value = serde_json::from_slice(&fs::read(&files[0]).unwrap()).unwrap();
    assert_eq!((&inquiry["check"], &inquiry["days"]["from"]), (&json!(number), &json!("2020-01-01")));
    assert!(!database_holds(ru, "11000000001"), "they are not sent");
    for _ in 0..2 {
        let (output, sent) = permit(&["--send", "--weak"]);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        assert_eq!((&sent["inquiries"], &sent["is_sent"]), (&json!(4), &json!(true)));
    }
    let begun = Instant::now();
    let cases = || {
        let output = stazh().args(["case", "list"]).arg(ru).arg("--json").output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()).collect::<Vec<_>>()
    };
    while cases().len() < 4 {
        assert!(begun.elapsed() < Duration::from_secs(60), "{:?}", cases());
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert!(
        cases().iter().all(|case| case["sort"] == "bulk-check" && case["documents"] == 1),
        "{:?}",
        cases()
    );
    assert!(database_holds(ru, "11000000001") && database_holds(ru, "SHCHEGLOVA"), "so it would be seen");
    assert!(!database_holds(ru, "Неизвестнов") && !database_holds(ru, "11000000003"));
    let told = journal(kz);
    assert!(told.contains("A. Clerk lets its hits be asked about by name: case 17"), "{told}");
}

/// 400 rows each, 150 of them in both lists; either node is killed over and over.
async fn survives_sigkill((ru, kz): (&Path, &Path), more: u32) {
    let list = |numbers: std::ops::Range<u32>, kind: &str| -> Vec<String> {
        let line = |number: u32| {
            let (snils, family) = (format!("12{number:09}"), format!("Фамилия{}", letters(number)));
            Row {
                reference: &number.to_string(),
                snils: Some(&snils),
                name: (&family, "Ан"),
                since: "2020-01-01",
            }
            .line(kind)
        };
        numbers.map(line).collect()
    };
    agree((ru, kz), (&list(250..650, "ru-old-age"), &list(0..400, "kz-funded-age")), "batch = 30");
    let replicas = if more > 0 { with_replicas(kz, more) } else { Vec::new() };
    let folders = [ru, kz].into_iter().chain(replicas.iter().map(PathBuf::as_path));
    let mut nodes: Vec<Process> = folders.map(Process::start).collect();
    let number = told(&mut begin(kz, "RU")).1["check"].as_str().unwrap().to_owned();
    let (begun, mut kills, random) = (Instant::now(), 0, SeededRandom::new(20_261_130));
    let state = || {
        let mut command = stazh();
        told(command.args(["check", "show"]).arg(kz).arg(&number).arg("--json")).1["state"].clone()
    };
    while state() != "closed" {
        assert!(begun.elapsed() < Duration::from_secs(240), "{}", state());
        tokio::time::sleep(Duration::from_millis(u64::from(random.permille()) / 4)).await; // the random point
        let which = usize::try_from(random.permille()).unwrap() % nodes.len();
        nodes[which].kill_and_start_again();
        kills += 1;
    }
    assert!(kills >= 4, "only {kills} kills: the test proves nothing");
    for (folder, first) in [(kz, 0), (ru, 250)] {
        let all = outcomes(folder, &number);
        assert_eq!(all.len(), 400);
        for (line, (reference, outcome, by, _)) in &all {
            let number = first + line - 1;
            let expected =
                if (250..400).contains(&number) { ("hit", "snils name-and-birth") } else { ("none", "") };
            assert_eq!(reference, &number.to_string());
            assert_eq!((outcome.as_str(), by.as_str()), expected, "{number}");
        }
        assert_eq!(left(folder, &number).await, (CheckState::Closed, true, true));
        let verified = stazh().args(["journal", "verify"]).arg(folder).output().unwrap();
        assert!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stdout));
    }
}

/// A name of letters for a number, of which no two are folded into one.
fn letters(number: u32) -> String {
    let letter =
        |place: u32| "бгдзклмнпр".chars().nth(usize::try_from(number / 10_u32.pow(place) % 10).unwrap());
    (0..3).filter_map(letter).flat_map(|letter| [letter, 'о']).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_check_survives_sigkill_of_both_nodes() {
    let root = tempfile::tempdir().unwrap();
    let (ru, kz) = two_nodes(root.path());
    survives_sigkill((&ru, &kz), 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_check_survives_sigkill_on_a_server_too() {
    let root = tempfile::tempdir().unwrap();
    let (ru, kz) = two_nodes(root.path());
    for folder in [&ru, &kz] {
        on_server(folder, &[postgres_server::database()]);
        also_set(folder, "[limits]\nlease_ms = 2000\npost_timeout_ms = 1500");
    }
    survives_sigkill((&ru, &kz), 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_replicas_that_are_killed_tell_each_outcome_once_too() {
    let root = tempfile::tempdir().unwrap();
    let (ru, kz) = two_nodes(root.path());
    survives_sigkill((&ru, &kz), 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_not_agreed_refuses_and_a_person_is_told() {
    let root = tempfile::tempdir().unwrap();
    let (ru, kz) = two_nodes(root.path());
    let row =
        Row { reference: "a", snils: Some("11000000001"), name: ("Ким", "Ан"), since: "2020-01-01" };
    fs::write(kz.join("local/payments.jsonl"), row.line("kz-funded-age")).unwrap();
    also_set(&kz, "[checks]\npeers = [\"RU\"]\npersons = \"local/payments.jsonl\"");
    let (_ru, _kz) = (Process::start(&ru), Process::start(&kz));
    let (output, refused) = told(begin(&kz, "RU").arg("--wait"));
    assert_eq!(output.status.code(), Some(1));
    assert_eq!((&refused["state"], &refused["code"]), (&json!("refused"), &json!("check.refused")));
    let number = refused["check"].as_str().unwrap();
    assert!(journal(&kz).contains("is refused by the peer: not-agreed"), "{}", journal(&kz));
    assert!(
        journal(&ru).contains("a check that a peer opened is refused here: not-agreed"),
        "{}",
        journal(&ru)
    );
    assert_eq!(left(&kz, number).await, (CheckState::Refused, true, true));
    let permit = |number: &str| {
        let mut command = stazh();
        command
            .args(["check", "permit"])
            .arg(&kz)
            .args([number, "--by", "A", "--reason", "B"])
            .output()
            .unwrap()
    };
    let (open, none) = (permit(number), permit("KZ-RU-0"));
    let text = |output: &Output| String::from_utf8(output.stderr.clone()).unwrap();
    assert!(open.status.code() == Some(1) && text(&open).contains("is not closed"), "{}", text(&open));
    assert!(none.status.code() == Some(1) && text(&none).contains("find check"), "{}", text(&none));
    // a refusal is no check: another may be opened at once; nobody is left to prepare it for
    let (output, _) = told(&mut begin(&ru, "KZ"));
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.code() == Some(1) && text.contains("none is agreed"), "{text}");
    let again = told(&mut begin(&kz, "RU")).1["check"].as_str().unwrap().to_owned();
    let mut end = stazh();
    let ended = end.args(["check", "end"]).arg(&kz).args([&again, "--by", "A. Clerk", "--reason", "no need"]);
    let _ = ended.output().unwrap(); // the peer may have refused it before
    assert!(matches!(left(&kz, &again).await, (CheckState::Ended | CheckState::Refused, true, _)));
}
