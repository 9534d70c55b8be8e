//! The second act: a worker of three states claims a pension. Three nodes rehearse the spring of 2028 by the commands that
//! a clerk would use; each is shown before it is run.

use super::exchange::{records, table};
use super::people;
use super::stage::{STATES, Stage, count};
use crate::base::{Clock, SystemClock};
use crate::cli::local;
use crate::cli::pair::free_address;
use crate::exchange::canonical::State;
use anyhow::{Context, Result, bail};
use jiff::civil::{Date, date};
use serde_json::{Value, json};
use tokio::process::Child;

/// The nodes of Russia, Kyrgyzstan and Kazakhstan, and what becomes of one claim.
pub(super) struct Story<'a> {
    pub(super) stage: Stage<'a>,
}

impl Story<'_> {
    pub(super) async fn play(&self) -> Result<(Told, Vec<Child>)> {
        let begun_at = SystemClock.now();
        self.make()?;
        let nodes = self.stage.start_on(RECEIVED).await?;
        self.stage.say(
            "Azamat Osmonov, a citizen of Kyrgyzstan, claimed his pension in Russia on 10 February 2028",
        );
        self.stage.say("1 March: Moscow forwards the claim; the day of filing goes with it and counts everywhere (T7, T8)");
        self.stage.run(&["send", "ru", "1-claim-kg.json", "--to", "KG"]).await?;
        self.stage.run(&["send", "ru", "1-claim-kz.json", "--to", "KZ"]).await?;
        self.stage.handed_over("kg/handed-over/cases", 1).await?;
        self.stage.handed_over("kz/handed-over/cases", 1).await?;
        self.stage.say("each state that decides asks the others for their records (T21, T22, T36)");
        self.stage.run(&["send", "ru", "2-inquiry-ru-kg.json", "2-inquiry-ru-kz.json"]).await?;
        self.stage.run(&["send", "kg", "2-inquiry-kg-ru.json"]).await?;
        self.stage.handed_over("ru/handed-over", 2).await?;
        self.stage.handed_over("kg/handed-over", 1).await?;
        let mut known = records(&self.stage.root.join("kg"))?;
        known.extend(records(&self.stage.root.join("ru"))?);
        self.stage.narrator.show(&table(&known));
        let totalise = self.totalise()?;
        self.stage
            .say("what the Agreement says of the claim; every line names its rule, and a person decides");
        self.stage.run(&totalise.iter().map(String::as_str).collect::<Vec<_>>()).await?;
        self.stage.say("what Bishkek has to do, and by when");
        self.stage.run(&["case", "show", "kg", CASE]).await?;
        self.stage.stop(nodes).await?;

        let nodes = self.stage.start_on(DECIDED).await?;
        self.stage.say(
            "14 March: each state decides by its own law, on its own pension, and tells (T19, T20, T28)",
        );
        let decision = self.stage.send_told("ru", "4-decision-ru.json", "KG").await?;
        self.stage.run(&["send", "ru", "4-decision-ru.json", "--to", "KZ"]).await?;
        for (node, file) in [("kg", "4-decision-kg.json"), ("kz", "4-decision-kz.json")] {
            self.answer_the_claim(node, file)?;
            self.stage.run(&["send", node, file, "--to", "RU"]).await?;
        }
        self.stage.handed_over("kg/handed-over/cases", 2).await?;
        self.stage.handed_over("kz/handed-over/cases", 2).await?;
        self.stage.handed_over("ru/handed-over/cases", 2).await?;
        self.stage.say("the notice for Azamat, on paper");
        self.stage.run(&["print", &decision, "--node", "ru", "--out", NOTICE]).await?;
        self.stage.stop(nodes).await?;

        let nodes = self.stage.start_on(CHANGED).await?;
        self.stage.say("20 April: Azamat moved back to Bishkek, and Bishkek tells Moscow (T37)");
        self.stage.run(&["send", "kg", "5-circumstance.json", "--to", "RU"]).await?;
        self.stage.handed_over("ru/handed-over/cases", 3).await?;
        self.stage.say("what is paid there, and what only to those who live in Russia (T11, T14)");
        let mut moved: Vec<&str> = totalise.iter().map(String::as_str).collect();
        if let Some(claim) = moved.get_mut(1) {
            *claim = MOVED;
        }
        self.stage.show_lines(&moved, &["│ T11 ", "│ T14 "]).await?;
        self.stage.say("Moscow recalculates, and tells both");
        self.stage.run(&["send", "ru", "6-recalculation.json", "--to", "KG"]).await?;
        self.stage.run(&["send", "ru", "6-recalculation.json", "--to", "KZ"]).await?;
        self.stage.handed_over("kg/handed-over/cases", 3).await?;
        self.stage.handed_over("kz/handed-over/cases", 3).await?;
        self.stage.run(&["case", "show", "ru", CASE]).await?;
        let told = self.told(&totalise, SystemClock.now().duration_since(begun_at).as_millis()).await?;
        Ok((told, nodes))
    }

    /// Leaves the nodes up for somebody who looks at them.
    pub(super) async fn stay(&self) -> Result<()> {
        self.show_console().await?;
        let at = self.stage.root.display();
        self.stage.say(&format!("the nodes of both stories stay up; folders in {at}; Ctrl-C ends them"));
        tokio::signal::ctrl_c().await.context("wait for Ctrl-C")
    }

    /// Three folders whose keys are valid as long as the story lasts, the local files, and what the clerks write.
    fn make(&self) -> Result<()> {
        self.stage.make_nodes(RECEIVED, "")?;
        let settings = self.stage.node(State::Ru).join("node.toml");
        let text =
            std::fs::read_to_string(&settings).with_context(|| format!("read {}", settings.display()))?;
        let door = format!("{text}\n[console]\nlisten = \"{}\"\n", free_address()?);
        std::fs::write(&settings, door).with_context(|| format!("write {}", settings.display()))?;
        FILES.iter().try_for_each(|(name, text)| self.stage.write(name, text))?;
        let mut moved: Value = serde_json::from_str(RIGHT).context("read the claim")?;
        if let Some(claim) = moved.as_object_mut() {
            claim.insert("residence".to_owned(), State::Kg.as_code().into());
        }
        self.stage.write(MOVED, &moved.to_string())
    }

    /// Where the case can be looked at in a browser, and who may.
    async fn show_console(&self) -> Result<()> {
        let node = self.stage.node(State::Ru);
        let officers = people::register(&node).await?;
        let console = local::settings(&node)?.console.context("find the door for people")?;
        self.stage.say("the Moscow node for a clerk, in a browser; the temporary password opens the choice of an own one");
        self.stage.narrator.show(&format!("          http://{}/console", console.listen));
        for people::Officer { what, login, temporary } in officers {
            self.stage
                .narrator
                .show(&format!("          {what}: login {login}, temporary password {temporary}"));
        }
        self.stage
            .narrator
            .show("          Cases, Azamat's case, Open the period workbench, Look for the person's records: his periods in three states on one line");
        Ok(())
    }

    /// A decision names the claim that it answers, by the id under which that one came.
    fn answer_the_claim(&self, node: &str, file: &str) -> Result<()> {
        let folder = self.stage.root.join(node).join("handed-over/cases");
        for came in std::fs::read_dir(&folder).with_context(|| format!("look into {}", folder.display()))? {
            let came: Value = local::read_json(&came?.path(), "document that came")?;
            let document = came.get("record").and_then(|record| record.get("document"));
            if document.and_then(Value::as_str) != Some("pension-claim") {
                continue;
            }
            let mut decision: Value = local::read_json(&self.stage.root.join(file), "decision")?;
            if let Some(head) = decision.get_mut("head").and_then(Value::as_object_mut) {
                head.insert("about".to_owned(), came.get("document_id").cloned().unwrap_or_default());
            }
            return self.stage.write(file, &decision.to_string());
        }
        bail!("find the claim in {}", folder.display())
    }

    /// Writes the own record of Russia beside those that came; the words that reckon with all of them.
    fn totalise(&self) -> Result<Vec<String>> {
        let mut words = vec!["totalise".to_owned(), "3-right.json".to_owned()];
        // what Russia answered Bishkek is what it knows itself
        for (node, name) in [("kg", "record-ru"), ("ru", "record-from")] {
            for record in records(&self.stage.root.join(node))? {
                let name = format!("{name}-{}.json", record.state.as_code().to_lowercase());
                self.stage.write(&name, &serde_json::to_string_pretty(&record)?)?;
                words.push(name);
            }
        }
        Ok(words)
    }

    async fn told(&self, totalise: &[String], elapsed_ms: i128) -> Result<Told> {
        let mut words: Vec<&str> = totalise.iter().map(String::as_str).collect();
        words.push("--json");
        let advice: Value =
            serde_json::from_str(&self.stage.output(&words).await?).context("read the advice")?;
        let case = self.stage.output(&["case", "show", "ru", CASE, "--json"]).await?;
        let case: Value = serde_json::from_str(&case).context("read the case")?;
        let steps = advice.get("steps").and_then(Value::as_array).into_iter().flatten();
        let mut totals = steps.filter(|step| step.get("key").is_some_and(|key| key == "total"));
        let text = |value: Option<&Value>| value.and_then(Value::as_str).unwrap_or_default().to_owned();
        let mut documents = 0;
        for state in STATES {
            documents += count(&self.stage.node(state).join("handed-over/cases"))?;
        }
        Ok(Told {
            right: text(advice.get("right")),
            service: totals.next().and_then(|step| step.get("result")).cloned().unwrap_or_default(),
            stage: text(case.get("case").and_then(|case| case.get("stage"))),
            records: count(&self.stage.root.join("ru/handed-over"))?
                + count(&self.stage.root.join("kg/handed-over"))?,
            documents,
            elapsed_ms,
        })
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

const CASE: &str = "RU-2028-000417";
const RECEIVED: Date = date(2028, 3, 1);
const DECIDED: Date = date(2028, 3, 14);
const CHANGED: Date = date(2028, 4, 20);
const NOTICE: &str = "notice.pdf";
const MOVED: &str = "5-right.json";

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
