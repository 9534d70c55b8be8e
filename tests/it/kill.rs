//! The real program under SIGKILL: nothing is lost, nothing is handed over twice.

use crate::exchange::{iin, inquiry_between};
use crate::postgres_server;
use stazh::base::{Random, SeededRandom};
use stazh::exchange::canonical::InsuranceRecord;
use stazh::node::{Node, Settings};
use stazh::store::{ConversationState, conversation_counts};
use std::collections::HashMap;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A node of the real program in its own folder, on its own ports.
pub(crate) struct Process {
    folder: PathBuf,
    pub(crate) child: Child,
}

impl Process {
    /// Starts the node and waits until it says that it is ready.
    pub(crate) fn start(folder: &Path) -> Self {
        Self::start_with(stazh().arg("serve"), folder)
    }

    pub(crate) fn start_with(serve: &mut Command, folder: &Path) -> Self {
        let mut child = serve.arg(folder).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        assert!(line.contains("ready"), "{line}");
        Self { folder: folder.to_owned(), child }
    }

    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap(); // SIGKILL
        self.child.wait().unwrap();
    }

    fn kill_and_start_again(&mut self) {
        self.kill();
        *self = Self::start(&self.folder.clone());
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill(); // it may be dead already
        let _ = self.child.wait(); // as above
    }
}

pub(crate) fn stazh() -> Command {
    Command::new(env!("CARGO_BIN_EXE_stazh"))
}

pub(crate) fn run(command: &mut Command) {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// A port that was free a moment ago; a node that is restarted must keep its port.
fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// Two folders made by `stazh init`, each trusting the other, with short waits between tries.
pub(crate) fn two_nodes(root: &Path) -> (PathBuf, PathBuf) {
    let (ru, kz) = (root.join("ru"), root.join("kz"));
    let (ru_port, kz_port) = (free_port(), free_port());
    for (folder, state, port, peer, peer_port) in
        [(&ru, "RU", ru_port, "KZ", kz_port), (&kz, "KZ", kz_port, "RU", ru_port)]
    {
        let peer = format!("{peer}=https://127.0.0.1:{peer_port}/");
        let listen = format!("127.0.0.1:{port}");
        run(stazh()
            .arg("init")
            .arg(folder)
            .args(["--ec", "--state", state, "--listen", &listen, "--peer", &peer]));
        let settings = folder.join("node.toml");
        let text =
            std::fs::read_to_string(&settings).unwrap() + "\n[retry]\nfirst_ms = 20\nlongest_ms = 200\n";
        std::fs::write(settings, text).unwrap();
    }
    run(stazh().arg("init").arg(&ru).arg("--trust").arg(&kz));
    run(stazh().arg("init").arg(&kz).arg("--trust").arg(&ru));
    (ru, kz)
}

pub(crate) async fn completed(settings: &Path) -> i64 {
    let store = Node::store(&Settings::read(&settings.join("node.toml")).unwrap()).await.unwrap();
    let counts = conversation_counts(&mut store.read().await.unwrap()).await.unwrap();
    store.close().await;
    counts.get(&ConversationState::Completed).copied().unwrap_or_default()
}

/// Adds lines to the settings of a node.
pub(crate) fn also_set(folder: &Path, lines: &str) {
    let settings = folder.join("node.toml");
    let text = std::fs::read_to_string(&settings).unwrap();
    std::fs::write(&settings, format!("{text}\n{lines}\n")).unwrap();
}

/// Gives a node's database to a server and makes more replicas of it, each with a folder and a door of its own.
pub(crate) fn with_replicas(folder: &Path, more: u32) -> Vec<PathBuf> {
    let settings = folder.join("node.toml");
    let database = format!("[database]\nurl = \"{}\"\n\n[wire]", postgres_server::database());
    let text = std::fs::read_to_string(&settings).unwrap().replace("[wire]", &database);
    std::fs::write(&settings, &text).unwrap();
    also_set(folder, "[limits]\nlease_ms = 2000\npost_timeout_ms = 1500");
    (0..more).map(|number| replica(folder, &format!("replica-{number}"))).collect()
}

fn replica(folder: &Path, name: &str) -> PathBuf {
    let text = std::fs::read_to_string(folder.join("node.toml")).unwrap();
    let replica = folder.with_extension(name);
    let (listen, other) = (text.lines().find(|line| line.starts_with("listen")).unwrap(), free_port());
    let inside = |name: &str| folder.join(name).to_str().unwrap().to_owned();
    let text = text
        .replace(listen, &format!("listen = \"127.0.0.1:{other}\""))
        .replace("\"local\"", &format!("\"{}\"", inside("local")))
        .replace("\"handed-over\"", &format!("\"{}\"", inside("handed-over")));
    std::fs::create_dir_all(replica.join("keys")).unwrap();
    for key in std::fs::read_dir(folder.join("keys")).unwrap() {
        let key = key.unwrap();
        std::fs::copy(key.path(), replica.join("keys").join(key.file_name())).unwrap();
    }
    std::fs::write(replica.join("node.toml"), text).unwrap();
    replica
}

/// Gives a Kazakh node the local records of these workers.
pub(crate) fn keep_local(kz: &Path, numbers: impl Iterator<Item = u32>) {
    let (contracts, contributions): (Vec<_>, Vec<_>) = numbers.map(local_rows).unzip();
    std::fs::write(kz.join("local/contracts.json"), format!("[{}]", contracts.join(","))).unwrap();
    let header = "iin,bin,employer,month,base,amount,kind\n".to_owned();
    std::fs::write(kz.join("local/contributions.csv"), header + &contributions.concat()).unwrap();
}

/// Inquiries for the records of these workers, as files.
pub(crate) fn inquiries(root: &Path, asked: &str, numbers: impl Iterator<Item = u32>) -> Vec<PathBuf> {
    let write = |number| {
        let path = root.join(format!("{asked}-{number}.json"));
        std::fs::write(&path, serde_json::to_string(&inquiry_between("RU", asked, number)).unwrap()).unwrap();
        path
    };
    numbers.map(write).collect()
}

/// The records that a node handed over: whose, and the amount in them. None may be there twice.
pub(crate) fn handed_over(folder: &Path) -> HashMap<String, String> {
    let mut records = HashMap::new();
    for file in std::fs::read_dir(folder.join("handed-over")).unwrap() {
        let path = file.unwrap().path();
        if path.extension().is_some_and(|ending| ending == "json") {
            let record: InsuranceRecord =
                serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
            let iin = record.person.identifiers[0].identifier.as_str().to_owned();
            let amount = record.contributions[0].amount.amount.to_string();
            assert!(records.insert(iin, amount).is_none(), "a record was handed over twice");
        }
    }
    records
}

/// The records of these workers are handed over, each once and no other; a conversation may be complete a moment
/// before its record is there.
pub(crate) async fn assert_handed_over(folder: &Path, numbers: impl Iterator<Item = u32>) {
    let records: HashMap<_, _> = numbers.map(|number| (iin(number), format!("{number}.50"))).collect();
    let begun = Instant::now();
    while handed_over(folder).len() < records.len() && begun.elapsed() < Duration::from_secs(60) {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(handed_over(folder), records);
}

/// Asks for `count` records while a random node is killed and started again, over and over.
async fn survives(root: &Path, (ru, kz): (&Path, &Path), folders: &[&Path], count: u32) {
    keep_local(kz, 0..count);
    let inquiries = inquiries(root, "KZ", 0..count);
    let mut nodes: Vec<Process> = folders.iter().map(|folder| Process::start(folder)).collect();
    let mut sending = stazh().arg("send").arg(ru).args(&inquiries).stdout(Stdio::null()).spawn().unwrap();
    let random = SeededRandom::new(20_261_123);
    let begun = Instant::now();
    let mut kills = 0;
    while completed(ru).await < i64::from(count) {
        assert!(begun.elapsed() < Duration::from_secs(300), "{} of {count}", completed(ru).await);
        tokio::time::sleep(Duration::from_millis(100 + u64::from(random.permille()) / 2)).await; // the random point
        let which = usize::try_from(random.permille()).unwrap() * nodes.len() / 1001;
        nodes[which].kill_and_start_again();
        kills += 1;
    }
    assert!(sending.wait().unwrap().success());
    assert!(kills >= 5, "only {kills} kills: the test proves nothing");
    assert_handed_over(ru, 0..count).await;
    for folder in [ru, kz] {
        let verified = stazh().args(["journal", "verify", "--json"]).arg(folder).output().unwrap();
        let told = String::from_utf8(verified.stdout).unwrap();
        let whole: serde_json::Value = serde_json::from_str(told.lines().last().unwrap()).unwrap();
        assert_eq!(whole["breaks"], 0, "after {kills} kills: {told}");
        assert!(whole["links"].as_u64() > Some(u64::from(count)), "it was linked all the time: {told}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn five_hundred_conversations_survive_sigkill_at_random_points() {
    let root = tempfile::tempdir().unwrap();
    let (ru, kz) = two_nodes(root.path());
    survives(root.path(), (&ru, &kz), &[&ru, &kz], 500).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_replicas_of_each_node_on_a_server_survive_sigkill_too() {
    let root = tempfile::tempdir().unwrap();
    let (ru, kz) = two_nodes(root.path());
    let (second_ru, second_kz) = (with_replicas(&ru, 1), with_replicas(&kz, 1));
    survives(root.path(), (&ru, &kz), &[&ru, &kz, &second_ru[0], &second_kz[0]], 200).await;
}

/// A worker's contract and contribution as the Kazakh systems write them; the amount tells whose they are.
fn local_rows(number: u32) -> (String, String) {
    let iin = iin(number);
    let contract = format!(
        r#"{{ "iin": "{iin}", "bin": "051140000018", "employer": "ТОО Сарыарка", "full_name": "Тестов{number} Ерлан",
             "birth_date": "1985-03-15", "contract_number": "{number}", "start_date": "2010-01-11" }}"#
    );
    (contract, format!("{iin},051140000018,ТОО Сарыарка,02.2010,120000,{number}.50,ОПВ\n"))
}

#[tokio::test(flavor = "multi_thread")]
async fn neither_logs_nor_journals_name_a_person_whatever_the_level() {
    let root = tempfile::tempdir().unwrap();
    let (ru, kz) = two_nodes(root.path());
    keep_local(&kz, 7..8);
    let inquiry = inquiries(root.path(), "KZ", 7..8).remove(0);
    let logged = |name: &str| std::fs::File::create(root.path().join(name)).unwrap();
    let nodes = [("ru.log", &ru), ("kz.log", &kz)].map(|(log, folder)| {
        Process::start_with(stazh().args(["--log", "trace", "serve"]).stderr(logged(log)), folder)
    });
    run(stazh().args(["--log", "trace", "send"]).arg(&ru).arg(&inquiry).stderr(logged("send.log")));
    let begun = Instant::now();
    while completed(&ru).await < 1 {
        assert!(begun.elapsed() < Duration::from_secs(60), "no answer came");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    drop(nodes);
    let handed_over = std::fs::read_dir(ru.join("handed-over")).unwrap().count();
    assert!(handed_over > 0, "the record came, so there was something to log");
    let mut told = String::new();
    for log in ["ru.log", "kz.log", "send.log"] {
        told.push_str(&std::fs::read_to_string(root.path().join(log)).unwrap());
    }
    assert!(told.contains("TRACE"), "the level was trace");
    for folder in [&ru, &kz] {
        let status = stazh()
            .args(["journal", "list"])
            .arg(folder)
            .args(["--limit", "1000", "--json"])
            .output()
            .unwrap();
        told.push_str(&String::from_utf8(status.stdout).unwrap());
    }
    assert!(told.contains("P.XP.01.MSG.002"), "the journal was read");
    for value in [iin(7).as_str(), "Тестов", "Ерлан", "1985-03-15", "051140000018"] {
        let line = told.lines().find(|line| line.contains(value));
        assert_eq!(line, None, "a value of a person was told");
    }
}

/// What waits in a node, as a program reads it.
pub(crate) fn waiting(folder: &Path) -> Vec<serde_json::Value> {
    let status = stazh().arg("status").arg(folder).args(["--waiting", "--json"]).output().unwrap();
    let status: serde_json::Value = serde_json::from_slice(&status.stdout).unwrap();
    status["waiting"].as_array().unwrap().clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_for_a_person_is_shown_and_goes_on_when_the_cause_is_mended_and_it_is_released() {
    let root = tempfile::tempdir().unwrap();
    let (ru, kz) = two_nodes(root.path());
    keep_local(&kz, 1..2);
    let authorities = kz.join("keys/ru-seal-authorities.pem");
    let lawful = std::fs::read(&authorities).unwrap();
    std::fs::copy(kz.join("keys/own-seal-authority.pem"), &authorities).unwrap(); // the wrong ones
    let (_ru, mut kazakh) = (Process::start(&ru), Process::start(&kz));
    let inquiry = inquiries(root.path(), "KZ", 1..2).remove(0);
    run(stazh().arg("send").arg(&ru).arg(&inquiry));
    let begun = Instant::now();
    let row = loop {
        assert!(begun.elapsed() < Duration::from_secs(30), "{:?}", waiting(&kz));
        if let Some(row) = waiting(&kz).into_iter().find(|row| row["needs_person"] == true) {
            break row;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    };
    assert_eq!((&row["state"], &row["code"]), (&"quarantined".into(), &"seal.foreign".into()));
    std::fs::write(&authorities, lawful).unwrap();
    kazakh.kill_and_start_again(); // it reads its authorities at the start
    let release = |words: &[&str]| stazh().arg("release").arg(&kz).args(words).output().unwrap();
    let told = release(&[row["row"].as_str().unwrap()]);
    assert_eq!(
        String::from_utf8(told.stdout).unwrap(),
        format!("{} goes on\n", row["row"].as_str().unwrap())
    );
    // Moscow was told by ERR that its inquiry is refused, so that is over there; it begins again.
    let resent = stazh().arg("resend").arg(&ru).args(["--all", "--peer", "KZ"]).output().unwrap();
    assert!(String::from_utf8(resent.stdout).unwrap().contains(" begins again as "));
    let begun = Instant::now();
    let handed_over = || std::fs::read_dir(ru.join("handed-over")).unwrap().count();
    while handed_over() == 0 {
        assert!(begun.elapsed() < Duration::from_secs(30), "the record did not come");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let again = release(&[row["row"].as_str().unwrap()]);
    assert_eq!(again.status.code(), Some(1));
    assert!(String::from_utf8(again.stderr).unwrap().contains("does not wait for a person"));
    assert_eq!(String::from_utf8(release(&["--all"]).stdout).unwrap(), "nothing waits for a person\n");
    assert_eq!(release(&["out_x"]).status.code(), Some(2));
}
