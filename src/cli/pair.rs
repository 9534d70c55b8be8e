//! Two nodes of this program on this machine, Moscow and Astana, for the commands that show or measure.

use super::init::{self, NodePlan};
use crate::exchange::canonical::State;
use crate::exchange::seal::KeyKind;
use crate::store::{ConversationState, JournalBy, JournalRow, Store, conversation_counts, journal_list};
use anyhow::{Context, Result, bail};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

/// Makes both folders with throw-away keys and the local records of invented persons.
pub(super) fn make(ru: &Path, kz: &Path) -> Result<()> {
    let (ru_at, kz_at) = (free_address()?, free_address()?);
    let plan = |state, listen, peer, at: SocketAddr| NodePlan {
        state,
        listen,
        health: SocketAddr::from(([127, 0, 0, 1], 0)),
        peers: vec![(peer, format!("https://{at}/"))],
        kind: KeyKind::Rsa2048,
        has_third_party: false,
        rehearsal_days: 0,
    };
    init::make(ru, &plan(State::Ru, ru_at, State::Kz, kz_at))?;
    init::make(kz, &plan(State::Kz, kz_at, State::Ru, ru_at))?;
    init::trust(ru, kz)?;
    init::trust(kz, ru)?;
    for (name, text) in [
        ("contracts.json", include_str!("../../fixtures/demo/kz-contracts.json")),
        ("contributions.csv", include_str!("../../fixtures/demo/kz-contributions.csv")),
    ] {
        let path = kz.join("local").join(name);
        std::fs::write(&path, text).with_context(|| format!("write {}", path.display()))?;
    }
    Ok(())
}

/// Writes the inquiries from Moscow about the persons of [`make`]; where they are.
pub(super) fn inquiries(root: &Path) -> Result<Vec<PathBuf>> {
    let write = |(number, text): (usize, &&str)| {
        let path = root.join(format!("inquiry-{}.json", number + 1));
        std::fs::write(&path, text).with_context(|| format!("write {}", path.display()))?;
        Ok(path)
    };
    INQUIRIES.iter().enumerate().map(write).collect()
}

/// Starts a node and waits until it says that it is ready.
pub(super) async fn start(folder: &Path) -> Result<Child> {
    start_as("serve", folder).await
}

/// The same for a third party.
pub(super) async fn start_third_party(folder: &Path) -> Result<Child> {
    start_as("ttp", folder).await
}

async fn start_as(what: &str, folder: &Path) -> Result<Child> {
    let mut child = this_program()?
        .args(["--log", "error", what])
        .arg(folder)
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .context("start a node")?;
    let out = child.stdout.take().context("hear a node")?;
    let mut line = String::new();
    BufReader::new(out).read_line(&mut line).await.context("hear a node")?;
    if line.contains("ready") { Ok(child) } else { bail!("start what is in {}", folder.display()) }
}

/// SIGKILL.
pub(super) async fn kill(mut node: Child) -> Result<()> {
    node.kill().await.context("end a node")
}

/// Puts inquiries into the outbox of a node.
pub(super) async fn send(folder: &Path, inquiries: &[PathBuf]) -> Result<()> {
    let sent = this_program()?.arg("send").arg(folder).args(inquiries).stdout(Stdio::null()).status().await;
    if sent.context("send an inquiry")?.success() { Ok(()) } else { bail!("send an inquiry") }
}

/// What a node has journalled after an entry.
pub(super) async fn journal(folder: &Path, after: i64) -> Result<Vec<JournalRow>> {
    let store = Store::open(folder.join("data/stazh.db")).await?;
    let rows = journal_list(&mut store.read().await?, JournalBy::All, after, JOURNAL_ROWS).await?;
    store.close().await;
    Ok(rows)
}

/// How many conversations have come to their good end.
pub(super) async fn completed(folder: &Path) -> Result<i64> {
    let store = Store::open(folder.join("data/stazh.db")).await?;
    let counts = conversation_counts(&mut store.read().await?).await?;
    store.close().await;
    Ok(counts.get(&ConversationState::Completed).copied().unwrap_or_default())
}

fn this_program() -> Result<Command> {
    Ok(Command::new(std::env::current_exe().context("find this program")?))
}

/// An address that was free a moment ago: a node that is started again must keep it.
pub(super) fn free_address() -> Result<SocketAddr> {
    let socket = std::net::TcpListener::bind("127.0.0.1:0").context("find a free port")?;
    socket.local_addr().context("find a free port")
}

const INQUIRIES: [&str; 4] = [
    include_str!("../../fixtures/demo/inquiry-1.json"),
    include_str!("../../fixtures/demo/inquiry-2.json"),
    include_str!("../../fixtures/demo/inquiry-3.json"),
    include_str!("../../fixtures/demo/inquiry-4.json"),
];

const JOURNAL_ROWS: u32 = 10_000;
