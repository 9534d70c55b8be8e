//! Where both stories are played: three nodes in folders of their own, and the commands of this program, each shown before it is
//! run.

use super::Narrator;
use crate::base::{Clock, SystemClock};
use crate::cli::init::{self, NodePlan};
use crate::cli::pair::{free_address, kill, start};
use crate::exchange::canonical::State;
use crate::exchange::seal::KeyKind;
use anyhow::{Context, Result, bail};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde_json::Value;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;
use tokio::process::{Child, Command};

/// The folders of the nodes, and who tells what is seen.
pub(super) struct Stage<'a> {
    pub(super) root: PathBuf,
    pub(super) narrator: &'a Narrator,
}

impl Stage<'_> {
    /// Three folders whose keys are valid as long as a story lasts that begins on a day, each trusting the others; `more` stands at the
    /// end of each one's settings.
    pub(super) fn make_nodes(&self, first: Date, more: &str) -> Result<()> {
        let mut places = Vec::new();
        for state in STATES {
            places.push((state, free_address()?));
        }
        for (state, listen) in &places {
            let peers = places.iter().filter(|(peer, _)| peer != state);
            let plan = NodePlan {
                state: *state,
                listen: *listen,
                health: SocketAddr::from(([127, 0, 0, 1], 0)),
                peers: peers.map(|(peer, at)| (*peer, format!("https://{at}/"))).collect(),
                kind: KeyKind::P256,
                has_third_party: false,
                rehearsal_days: days_until(first).max(1),
            };
            init::make(&self.node(*state), &plan)?;
        }
        for state in STATES {
            let settings = self.node(state).join("node.toml");
            let text = std::fs::read_to_string(&settings);
            let text = text.with_context(|| format!("read {}", settings.display()))?;
            std::fs::write(&settings, text + more)
                .with_context(|| format!("write {}", settings.display()))?;
        }
        for one in STATES {
            for other in STATES.into_iter().filter(|other| *other != one) {
                init::trust(&self.node(one), &self.node(other))?;
            }
        }
        Ok(())
    }

    /// The calendar goes on, and the nodes are started.
    pub(super) async fn start_on(&self, day: Date) -> Result<Vec<Child>> {
        let mut nodes = Vec::new();
        for state in STATES {
            let settings = self.node(state).join("node.toml");
            let text = std::fs::read_to_string(&settings);
            let text = text.with_context(|| format!("read {}", settings.display()))?;
            let is_clock = |line: &&str| line.starts_with(AHEAD);
            let old = text.lines().find(is_clock).context("find the clock of the rehearsal")?;
            let new = text.replace(old, &format!("{AHEAD}{}", days_until(day)));
            std::fs::write(&settings, new).with_context(|| format!("write {}", settings.display()))?;
            nodes.push(start(&self.node(state)).await?);
        }
        Ok(nodes)
    }

    pub(super) async fn stop(&self, nodes: Vec<Child>) -> Result<()> {
        for node in nodes {
            kill(node).await?;
        }
        Ok(())
    }

    /// Waits until so many files are handed over in a folder.
    pub(super) async fn handed_over(&self, folder: &str, wanted: usize) -> Result<()> {
        let path = self.root.join(folder);
        for _ in 0..LOOKS_MAX {
            if count(&path)? >= wanted {
                return Ok(());
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
        bail!("see {wanted} files in {folder} within {} seconds", LOOKS_MAX / 20)
    }

    /// Runs a command of this program, after showing it; what it prints is seen as it comes.
    pub(super) async fn run(&self, words: &[&str]) -> Result<()> {
        self.narrator.show(&typed(words));
        let out = if self.narrator.is_silent { Stdio::null() } else { Stdio::inherit() };
        let status = self.command(words)?.stdout(out).status().await;
        if status.with_context(|| format!("run stazh {}", words.join(" ")))?.success() {
            return Ok(());
        }
        bail!("run stazh {}", words.join(" "))
    }

    /// Sends a document; its id.
    pub(super) async fn send_told(&self, node: &str, file: &str, to: &str) -> Result<String> {
        self.narrator.show(&format!("$ stazh send {node} {file} --to {to}"));
        let told = self.output(&["send", node, file, "--to", to, "--json"]).await?;
        let told: Value = serde_json::from_str(&told).context("read what was sent")?;
        let id = told.get("document").and_then(Value::as_str).context("find the id of what was sent")?;
        self.narrator.show(&format!("document {id}"));
        Ok(id.to_owned())
    }

    /// The same, of which only some lines are shown.
    pub(super) async fn show_lines(&self, words: &[&str], beginnings: &[&str]) -> Result<()> {
        self.narrator.show(&typed(words));
        let text = self.output(words).await?;
        let is_meant = |line: &&str| beginnings.iter().any(|beginning| line.starts_with(beginning));
        for line in text.lines().filter(is_meant) {
            let cells = line.split(['│', '┆']).map(str::trim).filter(|cell| !cell.is_empty());
            self.narrator.show(&format!("  {}", cells.collect::<Vec<_>>().join("  ")));
        }
        Ok(())
    }

    pub(super) async fn output(&self, words: &[&str]) -> Result<String> {
        let output = self.command(words)?.stdout(Stdio::piped()).output().await;
        let output = output.with_context(|| format!("run stazh {}", words.join(" ")))?;
        if !output.status.success() {
            bail!("run stazh {}", words.join(" "));
        }
        String::from_utf8(output.stdout).context("read what it prints")
    }

    fn command(&self, words: &[&str]) -> Result<Command> {
        let mut command = Command::new(std::env::current_exe().context("find this program")?);
        command.args(["--log", "error"]).args(words).current_dir(&self.root).stderr(Stdio::inherit());
        Ok(command)
    }

    pub(super) fn say(&self, text: &str) {
        self.narrator.say(text);
    }

    pub(super) fn node(&self, state: State) -> PathBuf {
        self.root.join(state.as_code().to_lowercase())
    }

    pub(super) fn write(&self, name: &str, text: &str) -> Result<()> {
        let path = self.root.join(name);
        std::fs::write(&path, text).with_context(|| format!("write {}", path.display()))
    }
}

/// A command as it is typed.
pub(super) fn typed(words: &[&str]) -> String {
    let quoted = |word: &&str| if word.contains(' ') { format!("\"{word}\"") } else { (*word).to_owned() };
    format!("$ stazh {}", words.iter().map(quoted).collect::<Vec<_>>().join(" "))
}

/// How many documents lie in a folder, which may not be there yet.
pub(super) fn count(folder: &Path) -> Result<usize> {
    if !folder.exists() {
        return Ok(0);
    }
    let mut count = 0;
    for file in std::fs::read_dir(folder).with_context(|| format!("look into {}", folder.display()))? {
        count += usize::from(file?.path().extension().is_some_and(|ending| ending == "json"));
    }
    Ok(count)
}

/// How far the clock must run ahead for that day; not at all once it has come.
fn days_until(day: Date) -> u32 {
    let today = SystemClock.now().to_zoned_datetime(TimeZone::UTC).date();
    u32::try_from(day.duration_since(today).as_hours() / 24).unwrap_or_default()
}

pub(super) const STATES: [State; 3] = [State::Ru, State::Kg, State::Kz];
const AHEAD: &str = "days_ahead = ";
pub(super) const LOOK_EVERY: Duration = Duration::from_millis(50);
pub(super) const LOOKS_MAX: u32 = 1_200;
