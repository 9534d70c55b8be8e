//! Nodes of the real program in folders of their own, with a database in the folder or on a server.

use crate::exchange::{iin, inquiry_between};
use crate::postgres_server;
use stazh::exchange::canonical::InsuranceRecord;
use stazh::node::{Node, Settings};
use stazh::store::{ConversationState, conversation_counts};
use std::collections::HashMap;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

/// A node of the real program in its own folder, on its own ports.
pub(crate) struct Process {
    folder: PathBuf,
    pub(crate) child: Child,
    /// Where its watchers call.
    pub(crate) ready: String,
    _told: BufReader<ChildStdout>,
}

impl Process {
    /// Starts the node and waits until it says that it is ready.
    pub(crate) fn start(folder: &Path) -> Self {
        Self::start_with(stazh().arg("serve"), folder)
    }

    pub(crate) fn start_with(serve: &mut Command, folder: &Path) -> Self {
        let mut child = serve.arg(folder).stdout(Stdio::piped()).spawn().unwrap();
        let (mut line, mut told) = (String::new(), BufReader::new(child.stdout.take().unwrap()));
        told.read_line(&mut line).unwrap();
        let ready = line.split_once("watchers at ").map_or("", |(_, ready)| ready.trim()).to_owned();
        let process = Self { folder: folder.to_owned(), child, ready, _told: told };
        assert!(line.contains(" ready"), "it is not ready: {line}"); // it ends with this test all the same
        process
    }

    /// The same, with what it logs in a file.
    pub(crate) fn start_logging(folder: &Path, log: &Path) -> Self {
        let log = std::fs::File::create(log).unwrap();
        Self::start_with(stazh().args(["--log", "warn", "serve"]).stderr(log), folder)
    }

    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap(); // SIGKILL
        self.child.wait().unwrap();
    }

    pub(crate) fn kill_and_start_again(&mut self) {
        self.kill();
        *self = Self::start(&self.folder.clone());
    }

    /// Ends it as an operator does, by SIGTERM.
    pub(crate) fn stop_and_start_again(&mut self) {
        run(Command::new("kill").args(["-TERM", &self.child.id().to_string()]));
        assert!(self.child.wait().unwrap().success());
        *self = Self::start(&self.folder.clone());
    }

    pub(crate) fn is_running(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
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

/// Lets a program load the GOST engine.
pub(crate) fn with_engine(command: &mut Command) -> &mut Command {
    command.env("OPENSSL_CONF", concat!(env!("CARGO_MANIFEST_DIR"), "/deploy/openssl-gost.cnf"))
}

pub(crate) fn run(command: &mut Command) {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// A port that was free a moment ago; a node that is restarted must keep its port.
pub(crate) fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// Two folders made by `stazh init`, each trusting the other, with short waits between tries.
pub(crate) fn two_nodes(root: &Path) -> (PathBuf, PathBuf) {
    two_nodes_sealing_by(root, ["p256", "p256"])
}

/// The same with seals of these algorithms, and the GOST engine at hand.
pub(crate) fn two_nodes_sealing_by(root: &Path, [ru_seal, kz_seal]: [&str; 2]) -> (PathBuf, PathBuf) {
    let (ru, kz) = (root.join("ru"), root.join("kz"));
    let (ru_port, kz_port) = (free_port(), free_port());
    for (folder, state, port, peer, peer_port, seal) in
        [(&ru, "RU", ru_port, "KZ", kz_port, ru_seal), (&kz, "KZ", kz_port, "RU", ru_port, kz_seal)]
    {
        let peer = format!("{peer}=https://127.0.0.1:{peer_port}/");
        let listen = format!("127.0.0.1:{port}");
        run(with_engine(&mut stazh()).arg("init").arg(folder).args([
            "--seal-key",
            seal,
            "--state",
            state,
            "--listen",
            &listen,
            "--peer",
            &peer,
        ]));
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

/// Gives a node's database to the servers at `urls`.
pub(crate) fn on_server(folder: &Path, urls: &[String]) {
    let settings = folder.join("node.toml");
    let database = format!("[database]\nurl = {urls:?}\n\n[wire]");
    let text = std::fs::read_to_string(&settings).unwrap().replace("[wire]", &database);
    std::fs::write(&settings, text).unwrap();
}

/// Gives a node's database to a server and makes more replicas of it, each with a folder and a door of its own.
pub(crate) fn with_replicas(folder: &Path, more: u32) -> Vec<PathBuf> {
    on_server(folder, &[postgres_server::database()]);
    also_set(folder, "[limits]\nlease_ms = 2000\npost_timeout_ms = 1500");
    (0..more).map(|number| replica(folder, &format!("replica-{number}"))).collect()
}

/// Makes another replica of a node on the same database, with a folder and a door of its own.
pub(crate) fn replica(folder: &Path, name: &str) -> PathBuf {
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

/// A worker's contract and contribution as the Kazakh systems write them; the amount tells whose they are.
fn local_rows(number: u32) -> (String, String) {
    let iin = iin(number);
    let contract = format!(
        r#"{{ "iin": "{iin}", "bin": "051140000018", "employer": "ТОО Сарыарка", "full_name": "Тестов{number} Ерлан",
             "birth_date": "1985-03-15", "contract_number": "{number}", "start_date": "2010-01-11" }}"#
    );
    (contract, format!("{iin},051140000018,ТОО Сарыарка,02.2010,120000,{number}.50,ОПВ\n"))
}

/// What waits in a node, as a program reads it.
pub(crate) fn waiting(folder: &Path) -> Vec<serde_json::Value> {
    let status = stazh().arg("status").arg(folder).args(["--waiting", "--json"]).output().unwrap();
    let status: serde_json::Value = serde_json::from_slice(&status.stdout).unwrap();
    status["waiting"].as_array().unwrap().clone()
}
