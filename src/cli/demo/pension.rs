//! The second act: a worker of three states claims a pension. Three nodes rehearse the spring of 2028 by the commands that
//! a clerk would use; each is shown before it is run.

use super::exchange::{records, table};
use super::{Narrator, people};
use crate::base::{Clock, SystemClock};
use crate::cli::init::{self, NodePlan};
use crate::cli::local;
use crate::cli::pair::{free_address, kill, start};
use crate::exchange::canonical::State;
use crate::exchange::seal::KeyKind;
use anyhow::{Context, Result, bail};
use jiff::civil::{Date, date};
use jiff::tz::TimeZone;
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;
use tokio::process::{Child, Command};

/// The nodes of Russia, Kyrgyzstan and Kazakhstan, and what becomes of one claim.
pub(super) struct Story<'a> {
    pub(super) root: PathBuf,
    pub(super) narrator: &'a Narrator,
}

impl Story<'_> {
    pub(super) async fn play(&self, keep: bool) -> Result<Told> {
        let begun_at = SystemClock.now();
        self.make()?;
        let nodes = self.start_on(RECEIVED).await?;
        self.say(
            "Azamat Osmonov, a citizen of Kyrgyzstan, claimed his pension in Russia on 10 February 2028",
        );
        self.say("1 March: Moscow forwards the claim; the day of filing goes with it and counts everywhere (T7, T8)");
        self.run(&["send", "ru", "1-claim-kg.json", "--to", "KG"]).await?;
        self.run(&["send", "ru", "1-claim-kz.json", "--to", "KZ"]).await?;
        self.handed_over("kg/handed-over/cases", 1).await?;
        self.handed_over("kz/handed-over/cases", 1).await?;
        self.say("each state that decides asks the others for their records (T21, T22, T36)");
        self.run(&["send", "ru", "2-inquiry-ru-kg.json", "2-inquiry-ru-kz.json"]).await?;
        self.run(&["send", "kg", "2-inquiry-kg-ru.json"]).await?;
        self.handed_over("ru/handed-over", 2).await?;
        self.handed_over("kg/handed-over", 1).await?;
        let mut known = records(&self.root.join("kg"))?;
        known.extend(records(&self.root.join("ru"))?);
        self.narrator.show(&table(&known));
        let totalise = self.totalise()?;
        self.say("what the Agreement says of the claim; every line names its rule, and a person decides");
        self.run(&totalise.iter().map(String::as_str).collect::<Vec<_>>()).await?;
        self.say("what Bishkek has to do, and by when");
        self.run(&["case", "show", "kg", CASE]).await?;
        self.stop(nodes).await?;

        let nodes = self.start_on(DECIDED).await?;
        self.say(
            "14 March: each state decides by its own law, on its own pension, and tells (T19, T20, T28)",
        );
        let decision = self.send_told("ru", "4-decision-ru.json", "KG").await?;
        self.run(&["send", "ru", "4-decision-ru.json", "--to", "KZ"]).await?;
        for (node, file) in [("kg", "4-decision-kg.json"), ("kz", "4-decision-kz.json")] {
            self.answer_the_claim(node, file)?;
            self.run(&["send", node, file, "--to", "RU"]).await?;
        }
        self.handed_over("kg/handed-over/cases", 2).await?;
        self.handed_over("kz/handed-over/cases", 2).await?;
        self.handed_over("ru/handed-over/cases", 2).await?;
        self.say("the notice for Azamat, on paper");
        self.run(&["print", &decision, "--node", "ru", "--out", NOTICE]).await?;
        self.stop(nodes).await?;

        let nodes = self.start_on(CHANGED).await?;
        self.say("20 April: Azamat moved back to Bishkek, and Bishkek tells Moscow (T37)");
        self.run(&["send", "kg", "5-circumstance.json", "--to", "RU"]).await?;
        self.handed_over("ru/handed-over/cases", 3).await?;
        self.say("what is paid there, and what only to those who live in Russia (T11, T14)");
        let mut moved: Vec<&str> = totalise.iter().map(String::as_str).collect();
        if let Some(claim) = moved.get_mut(1) {
            *claim = MOVED;
        }
        self.show_lines(&moved, &["│ T11 ", "│ T14 "]).await?;
        self.say("Moscow recalculates, and tells both");
        self.run(&["send", "ru", "6-recalculation.json", "--to", "KG"]).await?;
        self.run(&["send", "ru", "6-recalculation.json", "--to", "KZ"]).await?;
        self.handed_over("kg/handed-over/cases", 3).await?;
        self.handed_over("kz/handed-over/cases", 3).await?;
        self.run(&["case", "show", "ru", CASE]).await?;
        let told = self.told(&totalise, SystemClock.now().duration_since(begun_at).as_millis()).await?;
        if keep {
            self.show_console().await?;
            let at = self.root.display();
            self.say(&format!("the three nodes stay up; folders in {at}; Ctrl-C ends them"));
            tokio::signal::ctrl_c().await.context("wait for Ctrl-C")?;
        }
        self.stop(nodes).await?;
        Ok(told)
    }

    /// Three folders whose keys are valid as long as the story lasts, the local files, and what the clerks write.
    fn make(&self) -> Result<()> {
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
                rehearsal_days: days_until(RECEIVED).max(1),
            };
            init::make(&self.node(*state), &plan)?;
        }
        let settings = self.node(State::Ru).join("node.toml");
        let text =
            std::fs::read_to_string(&settings).with_context(|| format!("read {}", settings.display()))?;
        let door = format!("{text}\n[console]\nlisten = \"{}\"\n", free_address()?);
        std::fs::write(&settings, door).with_context(|| format!("write {}", settings.display()))?;
        for one in STATES {
            for other in STATES.into_iter().filter(|other| *other != one) {
                init::trust(&self.node(one), &self.node(other))?;
            }
        }
        FILES.iter().try_for_each(|(name, text)| self.write(name, text))?;
        let mut moved: Value = serde_json::from_str(RIGHT).context("read the claim")?;
        if let Some(claim) = moved.as_object_mut() {
            claim.insert("residence".to_owned(), State::Kg.as_code().into());
        }
        self.write(MOVED, &moved.to_string())
    }

    /// Where the case can be looked at in a browser, and who may.
    async fn show_console(&self) -> Result<()> {
        let node = self.node(State::Ru);
        let officers = people::register(&node).await?;
        let console = local::settings(&node)?.console.context("find the door for people")?;
        self.say("the Moscow node for a clerk, in a browser; the temporary password opens the choice of an own one");
        self.narrator.show(&format!("          http://{}/console", console.listen));
        for people::Officer { what, login, temporary } in officers {
            self.narrator.show(&format!("          {what}: login {login}, temporary password {temporary}"));
        }
        self.narrator
            .show("          Cases, Azamat's case, Workbench: his periods in three states on one line");
        Ok(())
    }

    /// The calendar goes on, and the nodes are started.
    async fn start_on(&self, day: Date) -> Result<Vec<Child>> {
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

    async fn stop(&self, nodes: Vec<Child>) -> Result<()> {
        for node in nodes {
            kill(node).await?;
        }
        Ok(())
    }

    /// A decision names the claim that it answers, by the id under which that one came.
    fn answer_the_claim(&self, node: &str, file: &str) -> Result<()> {
        let folder = self.root.join(node).join("handed-over/cases");
        for came in std::fs::read_dir(&folder).with_context(|| format!("look into {}", folder.display()))? {
            let came: Value = local::read_json(&came?.path(), "document that came")?;
            let document = came.get("record").and_then(|record| record.get("document"));
            if document.and_then(Value::as_str) != Some("pension-claim") {
                continue;
            }
            let mut decision: Value = local::read_json(&self.root.join(file), "decision")?;
            if let Some(head) = decision.get_mut("head").and_then(Value::as_object_mut) {
                head.insert("about".to_owned(), came.get("document_id").cloned().unwrap_or_default());
            }
            return self.write(file, &decision.to_string());
        }
        bail!("find the claim in {}", folder.display())
    }

    /// Writes the own record of Russia beside those that came; the words that reckon with all of them.
    fn totalise(&self) -> Result<Vec<String>> {
        let mut words = vec!["totalise".to_owned(), "3-right.json".to_owned()];
        // what Russia answered Bishkek is what it knows itself
        for (node, name) in [("kg", "record-ru"), ("ru", "record-from")] {
            for record in records(&self.root.join(node))? {
                let name = format!("{name}-{}.json", record.state.as_code().to_lowercase());
                self.write(&name, &serde_json::to_string_pretty(&record)?)?;
                words.push(name);
            }
        }
        Ok(words)
    }

    async fn told(&self, totalise: &[String], elapsed_ms: i128) -> Result<Told> {
        let mut words: Vec<&str> = totalise.iter().map(String::as_str).collect();
        words.push("--json");
        let advice: Value = serde_json::from_str(&self.output(&words).await?).context("read the advice")?;
        let case = self.output(&["case", "show", "ru", CASE, "--json"]).await?;
        let case: Value = serde_json::from_str(&case).context("read the case")?;
        let steps = advice.get("steps").and_then(Value::as_array).into_iter().flatten();
        let mut totals = steps.filter(|step| step.get("key").is_some_and(|key| key == "total"));
        let text = |value: Option<&Value>| value.and_then(Value::as_str).unwrap_or_default().to_owned();
        let mut documents = 0;
        for state in STATES {
            documents += count(&self.node(state).join("handed-over/cases"))?;
        }
        Ok(Told {
            right: text(advice.get("right")),
            service: totals.next().and_then(|step| step.get("result")).cloned().unwrap_or_default(),
            stage: text(case.get("case").and_then(|case| case.get("stage"))),
            records: count(&self.root.join("ru/handed-over"))? + count(&self.root.join("kg/handed-over"))?,
            documents,
            elapsed_ms,
        })
    }

    /// Waits until so many files are handed over in a folder.
    async fn handed_over(&self, folder: &str, wanted: usize) -> Result<()> {
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
    async fn run(&self, words: &[&str]) -> Result<()> {
        self.narrator.show(&format!("$ stazh {}", words.join(" ")));
        let out = if self.narrator.is_silent { Stdio::null() } else { Stdio::inherit() };
        let status = self.command(words)?.stdout(out).status().await;
        if status.with_context(|| format!("run stazh {}", words.join(" ")))?.success() {
            return Ok(());
        }
        bail!("run stazh {}", words.join(" "))
    }

    /// Sends a document; its id.
    async fn send_told(&self, node: &str, file: &str, to: &str) -> Result<String> {
        self.narrator.show(&format!("$ stazh send {node} {file} --to {to}"));
        let told = self.output(&["send", node, file, "--to", to, "--json"]).await?;
        let told: Value = serde_json::from_str(&told).context("read what was sent")?;
        let id = told.get("document").and_then(Value::as_str).context("find the id of what was sent")?;
        self.narrator.show(&format!("document {id}"));
        Ok(id.to_owned())
    }

    /// The same, of which only some lines are shown.
    async fn show_lines(&self, words: &[&str], beginnings: &[&str]) -> Result<()> {
        self.narrator.show(&format!("$ stazh {}", words.join(" ")));
        let text = self.output(words).await?;
        let is_meant = |line: &&str| beginnings.iter().any(|beginning| line.starts_with(beginning));
        for line in text.lines().filter(is_meant) {
            let cells = line.split(['│', '┆']).map(str::trim).filter(|cell| !cell.is_empty());
            self.narrator.show(&format!("  {}", cells.collect::<Vec<_>>().join("  ")));
        }
        Ok(())
    }

    async fn output(&self, words: &[&str]) -> Result<String> {
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

    fn say(&self, text: &str) {
        self.narrator.say(text);
    }

    fn node(&self, state: State) -> PathBuf {
        self.root.join(state.as_code().to_lowercase())
    }

    fn write(&self, name: &str, text: &str) -> Result<()> {
        let path = self.root.join(name);
        std::fs::write(&path, text).with_context(|| format!("write {}", path.display()))
    }
}

/// What came of it.
pub(super) struct Told {
    right: String,
    service: Value,
    stage: String,
    records: usize,
    documents: usize,
    elapsed_ms: i128,
}

impl Told {
    /// Whether the story came to its end: the right was found, and each document is where it belongs.
    pub(super) fn is_whole(&self) -> bool {
        self.right == "added" && self.stage == "decided" && (self.records, self.documents) == (3, 9)
    }

    pub(super) fn as_json(&self) -> Value {
        json!({
            "right": self.right,
            "service": self.service,
            "stage": self.stage,
            "records": self.records,
            "documents": self.documents,
            "elapsed_ms": i64::try_from(self.elapsed_ms).unwrap_or(i64::MAX),
        })
    }

    pub(super) fn as_text(&self) -> String {
        format!(
            "\n{} records and {} documents of the case handed over in three states, the case is {}, in {}.{} s",
            self.records,
            self.documents,
            self.stage,
            self.elapsed_ms / 1000,
            self.elapsed_ms % 1000 / 100
        )
    }
}

/// How many documents lie in a folder, which may not be there yet.
fn count(folder: &Path) -> Result<usize> {
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

const STATES: [State; 3] = [State::Ru, State::Kg, State::Kz];
const CASE: &str = "RU-2028-000417";
const RECEIVED: Date = date(2028, 3, 1);
const DECIDED: Date = date(2028, 3, 14);
const CHANGED: Date = date(2028, 4, 20);
const NOTICE: &str = "notice.pdf";
const MOVED: &str = "5-right.json";
const AHEAD: &str = "days_ahead = ";
const LOOK_EVERY: Duration = Duration::from_millis(50);
const LOOKS_MAX: u32 = 1_200;

const RIGHT: &str = include_str!("../../../fixtures/demo/azamat/3-right.json");
/// Where each file goes: the local records of the nodes, and what the clerks write.
const FILES: [(&str, &str); 15] = [
    ("ru/local/labour-events.xml", include_str!("../../../fixtures/demo/azamat/ru-labour-events.xml")),
    ("kg/local/periods.csv", include_str!("../../../fixtures/demo/azamat/kg-periods.csv")),
    ("kg/local/pins.csv", include_str!("../../../fixtures/demo/azamat/kg-pins.csv")),
    ("kz/local/contracts.json", include_str!("../../../fixtures/demo/azamat/kz-contracts.json")),
    ("1-claim-kg.json", include_str!("../../../fixtures/demo/azamat/1-claim-kg.json")),
    ("1-claim-kz.json", include_str!("../../../fixtures/demo/azamat/1-claim-kz.json")),
    ("2-inquiry-ru-kg.json", include_str!("../../../fixtures/demo/azamat/2-inquiry-ru-kg.json")),
    ("2-inquiry-ru-kz.json", include_str!("../../../fixtures/demo/azamat/2-inquiry-ru-kz.json")),
    ("2-inquiry-kg-ru.json", include_str!("../../../fixtures/demo/azamat/2-inquiry-kg-ru.json")),
    ("3-right.json", RIGHT),
    ("4-decision-ru.json", include_str!("../../../fixtures/demo/azamat/4-decision-ru.json")),
    ("4-decision-kg.json", include_str!("../../../fixtures/demo/azamat/4-decision-kg.json")),
    ("4-decision-kz.json", include_str!("../../../fixtures/demo/azamat/4-decision-kz.json")),
    ("5-circumstance.json", include_str!("../../../fixtures/demo/azamat/5-circumstance.json")),
    ("6-recalculation.json", include_str!("../../../fixtures/demo/azamat/6-recalculation.json")),
];
