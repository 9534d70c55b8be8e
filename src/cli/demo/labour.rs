//! The act of labour: a welder of Bishkek finds work in another state by consent, shows himself to one employer, is hired, and takes
//! his consent back. Each step is a command, shown before it is run; what is claimed at the end was looked up.

use super::exchange::{records, table};
use super::labour_facts::{self as facts, Told};
use super::people;
use super::stage::{LOOK_EVERY, LOOKS_MAX, Stage, typed};
use crate::base::{Clock, SystemClock};
use crate::cli::local;
use crate::cli::pair::free_address;
use crate::exchange::canonical::State;
use anyhow::{Context, Result, bail};
use jiff::civil::{Date, date};
use serde_json::Value;
use tokio::process::Child;

/// The nodes of Kyrgyzstan, Kazakhstan and Russia, and what becomes of one who seeks work.
pub(super) struct Search<'a> {
    pub(super) stage: Stage<'a>,
}

impl Search<'_> {
    /// Plays it; the nodes are left up.
    pub(super) async fn play(&self) -> Result<(Told, Vec<Child>)> {
        let begun_at = SystemClock.now();
        let stage = &self.stage;
        self.make()?;
        let mut told = Told::default();
        let nodes = stage.start_on(SOUGHT).await?;
        stage.say(
            "the autumn before: Bakyt, a welder in Bishkek, seeks work. Moscow and Astana publish vacancies",
        );
        stage.run(&["jobs", "publish", "ru", "vacancies-ru.jsonl"]).await?;
        stage.run(&["jobs", "publish", "kz", "vacancies-kz.jsonl"]).await?;
        for state in ["RU", "KZ"] {
            self.mirrored("kg", (state, "vacancy", "held"), VACANCIES).await?;
        }
        stage.run(&["jobs", "index", "kg"]).await?;
        stage.say(
            "what he finds, with the reasons; of his file the coded profile alone is read, not who he is",
        );
        stage.run(SEARCH).await?;
        told.found = facts::found(&self.value(SEARCH).await?);
        let (consent, profile) = self.consent(&mut told).await?;
        let shown = self.interest(&profile, &mut told).await?;
        stage.stop(nodes).await?;

        let nodes = stage.start_on(WORKED).await?;
        stage.say(
            "10 January: three months later Astana tells Bishkek of his employment (P.XL.03, the treaty's channel: no consent)",
        );
        stage.run(&["send", "kz", "employment-record.json", "--to", "KG"]).await?;
        for (state, folder) in [("Bishkek", "kg/handed-over"), ("Astana", "kz/handed-over")] {
            stage.handed_over(folder, 1).await?;
            stage.say(&format!("the pension side of {state} has it as an insurance record, in {folder}"));
            let known = records(&stage.root.join(folder.trim_end_matches("/handed-over")))?;
            stage.narrator.show(&table(&known));
            told.records += known.len();
        }
        let case = facts::case(&stage.root)?;
        stage.say(
            "his way so far; of it an institution that asks by the Agreement gets the treaty's links alone",
        );
        stage.narrator.show(&facts::links(&case));
        told.links = facts::channels(&case);
        self.withdraw((&consent, &shown), &profile, &mut told).await?;
        told.elapsed_ms = SystemClock.now().duration_since(begun_at).as_millis();
        Ok((told, nodes))
    }

    /// Where those who seek work can be looked at in a browser, and who may.
    pub(super) async fn show_console(&self) -> Result<()> {
        let stage = &self.stage;
        let node = stage.node(State::Kg);
        let officers = people::register_for_jobs(&node).await?;
        let console = local::settings(&node)?.console.context("find the door for people")?;
        stage.say("the Bishkek node for a clerk of the employment service, in a browser");
        let narrator = stage.narrator;
        for (path, told) in [
            ("vacancies", "posts of three states, with their counts"),
            (
                "matches",
                "four other welders, whose consents are in force, and the posts that each may take, with the reasons",
            ),
            ("workers", "Bakyt by his number 21503198500017: his consents, taken back, with both receipts"),
        ] {
            narrator.show(&format!("          http://{}/console/{path}  {told}", console.listen));
        }
        for people::Officer { what, login, temporary } in officers {
            narrator.show(&format!("          {what}: login {login}, temporary password {temporary}"));
        }
        Ok(())
    }

    fn make(&self) -> Result<()> {
        let stage = &self.stage;
        stage.make_nodes(
            WORKED,
            "\n[labour]\nenabled = true\nsync_every_ms = 200\npublish_within_minutes = 0\nrates = \"../rates.toml\"\n",
        )?;
        let settings = stage.node(State::Kg).join("node.toml");
        let text =
            std::fs::read_to_string(&settings).with_context(|| format!("read {}", settings.display()))?;
        let door = format!("{text}\n[console]\nlisten = \"{}\"\n", free_address()?);
        std::fs::write(&settings, door).with_context(|| format!("write {}", settings.display()))?;
        FILES.iter().try_for_each(|(name, text)| stage.write(name, text))?;
        let others: Vec<Value> = serde_json::from_str(OTHERS).context("read the other welders")?;
        for (number, other) in others.iter().enumerate() {
            stage.write(&format!("other-{}.json", number + 1), &other.to_string())?;
        }
        Ok(())
    }

    /// He consents; his profile comes to both peers without a name. The consent, and how Astana calls him.
    async fn consent(&self, told: &mut Told) -> Result<(String, String)> {
        let stage = &self.stage;
        stage.say("four other welders of Bishkek consented before; a profile that fewer than five share goes nowhere");
        for number in 1..=4 {
            let file = format!("other-{number}.json");
            let given = self.value(&give(&file, CV)).await?;
            told.waited += given.get("waiting").and_then(Value::as_array).map_or(0, Vec::len);
        }
        stage.narrator.show(&format!("          {} of their 8 profiles wait", told.waited));
        stage.say(
            "he consents that employers of Russia and Kazakhstan see his profile, named section by section",
        );
        let consent = self.given(&give("welder.json", CV)).await?;
        let shown = self.value(&["jobs", "consent", "show", "kg", "welder.json"]).await?;
        let mut profiles = Vec::new();
        for state in ["KZ", "RU"] {
            let reference = facts::reference(&shown, state).context("find how he is called there")?;
            let node = state.to_lowercase();
            self.mirrored(&node, ("KG", "profile", "held"), 5).await?;
            let held = stage.output(&["jobs", "mirror", &node, "--list", "profile"]).await?;
            if let Some(profile) = facts::profile(&held, &reference) {
                told.profiles += 1;
                profiles.push((reference, profile));
            }
        }
        let Some((reference, profile)) = profiles.first() else { bail!("see the profile in Astana") };
        stage.say("what Astana has of him; Moscow has the same under another reference, so that the two cannot compare");
        stage.narrator.show("$ stazh jobs mirror kz --list profile");
        stage.narrator.show(&facts::lines(profile));
        let known = facts::known()?;
        for node in ["kz", "ru"] {
            told.leaks_before += facts::files_with(&stage.root.join(node), &known)?;
        }
        stage.say(&format!(
            "in {} files of both nodes stands his name, number, telephone or day of birth",
            told.leaks_before
        ));
        Ok((consent, reference.clone()))
    }

    /// An employer of Kazakhstan is interested, and he shows himself to that one; the consent to it.
    async fn interest(&self, profile: &str, told: &mut Told) -> Result<String> {
        let stage = &self.stage;
        stage.say("an employer in Astana is interested in whoever that is");
        self.fill("interest.json", &["profile"], &facts::bare(profile)?)?;
        stage.run(&["send", "kz", "interest.json", "--to", "KG"]).await?;
        let interest = self.came("kg", "interest").await?;
        stage.say("Bakyt sees who, for which post and pay, and decides what that one employer may know");
        let consent = self.given(&give("welder.json", REVEAL)).await?;
        let fields = ["--fields", "name,contacts,experience_history"];
        let mut words = vec!["jobs", "reveal", "kg", &interest, "welder.json", "--consent", &consent];
        words.extend(fields);
        stage.run(&words).await?;
        let revealed = self.came("kz", "reveal").await?;
        let reveal: Value = crate::cli::local::read_json(&stage.root.join(&revealed), "reveal")?;
        let reveal = reveal.get("record").context("find the reveal")?;
        stage.narrator.show(&facts::lines(reveal.get("revealed").context("find what is shown")?));
        let known = facts::known()?;
        told.revealed_to_kz = facts::files_with(&stage.root.join("kz"), &known)? > 0;
        told.leaks_after = facts::files_with(&stage.root.join("ru"), &known)?;
        stage.say(&format!("Moscow got none of it: {} files there hold it", told.leaks_after));
        stage.say("he applies, is offered the post from 1 October, and takes it");
        let id = reveal.get("id").and_then(Value::as_str).context("find the id of the reveal")?;
        self.fill("offer.json", &["application", "reveal"], id)?;
        stage.run(&["send", "kz", "offer.json", "--to", "KG"]).await?;
        self.came("kg", "job-offer").await?;
        told.is_offered = true;
        Ok(consent)
    }

    /// He takes both consents back, and the peers prove what they erased.
    async fn withdraw(&self, (consent, shown): (&str, &str), profile: &str, told: &mut Told) -> Result<()> {
        let stage = &self.stage;
        stage.say("he has work, and takes both consents back: what he agreed to ends, his employment record does not");
        for consent in [consent, shown] {
            stage.run(&["jobs", "consent", "withdraw", "kg", consent, "--channel", "console"]).await?;
        }
        self.came("kz", "reveal-end").await?;
        told.is_reveal_ended = true;
        for node in ["kz", "ru"] {
            self.mirrored(node, ("KG", "profile", "erased"), 1).await?;
        }
        self.until("see every erasure confirmed", async || {
            Ok(stage.output(&["jobs", "consent", "missing", "kg", "--json"]).await?.trim().is_empty())
        })
        .await?;
        stage.say("the receipts of both: up to which change each has applied, by whose key");
        stage.run(&["jobs", "consent", "show", "kg", "welder.json"]).await?;
        let after = self.value(&["jobs", "consent", "show", "kg", "welder.json"]).await?;
        told.receipts = facts::receipts(&after);
        stage.say("what Astana and Moscow still have of the profiles: a tombstone, without content");
        for node in ["kz", "ru"] {
            stage.run(&["jobs", "mirror", node]).await?;
            let counts = self.value(&["jobs", "mirror", node]).await?;
            told.tombstones += facts::count(&counts, ("KG", "profile", "erased"));
            let held = stage.output(&["jobs", "mirror", node, "--list", "profile"]).await?;
            told.left_over += usize::from(facts::profile(&held, profile).is_some());
        }
        Ok(())
    }

    /// Gives a consent, after showing the command; its number.
    async fn given(&self, words: &[&str]) -> Result<String> {
        let narrator = self.stage.narrator;
        narrator.show(&typed(words));
        let given = self.value(words).await?;
        let id = given.get("consent").and_then(Value::as_str).context("find the number of the consent")?;
        let published = given.get("published").and_then(Value::as_array);
        let states = published.into_iter().flatten().filter_map(Value::as_str).collect::<Vec<_>>().join(", ");
        let end = if states.is_empty() { String::new() } else { format!("; published to {states}") };
        narrator.show(&format!("consent {id} is noted{end}"));
        Ok(id.to_owned())
    }

    /// What a command prints as JSON: one value, or a list of what stands on each line.
    async fn value(&self, words: &[&str]) -> Result<Value> {
        let mut words = words.to_vec();
        words.push("--json");
        let text = self.stage.output(&words).await?;
        if let Ok(one) = serde_json::from_str(&text) {
            return Ok(one);
        }
        let lines = text.lines().map(serde_json::from_str).collect::<Result<Vec<Value>, _>>();
        Ok(Value::Array(lines.with_context(|| format!("read what stazh {} prints", words.join(" ")))?))
    }

    /// Waits until a node has so many records of a peer that stand so.
    async fn mirrored(&self, node: &str, which: (&str, &str, &str), wanted: u64) -> Result<()> {
        self.until(&format!("see {wanted} of {which:?} in {node}"), async || {
            Ok(facts::count(&self.value(&["jobs", "mirror", node]).await?, which) >= wanted)
        })
        .await
    }

    /// Waits until a document of the labour half is handed over; its file, below the root.
    async fn came(&self, node: &str, document: &str) -> Result<String> {
        let folder = format!("{node}/handed-over/jobs");
        let path = self.stage.root.join(&folder);
        for _ in 0..LOOKS_MAX {
            if let Some(name) = facts::handed(&path, document)? {
                return Ok(format!("{folder}/{name}"));
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
        bail!("see {document} in {folder}")
    }

    async fn until(&self, what: &str, is_so: impl AsyncFn() -> Result<bool>) -> Result<()> {
        for _ in 0..LOOKS_MAX {
            if is_so().await? {
                return Ok(());
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
        bail!("{what} in time")
    }

    /// Writes a value into a file where the story has it only now.
    fn fill(&self, name: &str, at: &[&str], text: &str) -> Result<()> {
        let mut whole: Value = crate::cli::local::read_json(&self.stage.root.join(name), "document")?;
        let place = at.iter().try_fold(&mut whole, |value, key| value.get_mut(*key));
        *place.with_context(|| format!("find {} in {name}", at.join("/")))? = text.into();
        self.stage.write(name, &whole.to_string())
    }
}

/// The words that give a consent.
fn give<'w>(file: &'w str, terms: &[&'w str]) -> Vec<&'w str> {
    let mut words = vec!["jobs", "consent", "give", "kg", file];
    words.extend(terms);
    words.extend([
        "--text-version",
        "1",
        "--language",
        "ru",
        "--signature",
        "one_time_sms",
        "--basis",
        "KG 58, art. 9",
    ]);
    words
}

const CV: &[&str] = &[
    "--to",
    "RU,KZ",
    "--sections",
    "occupation,experience_years,skills,languages,location,relocation,salary_wish,schedule",
    "--text",
    "consent-ru.txt",
];
const REVEAL: &[&str] = &[
    "--purpose",
    "reveal",
    "--to",
    "KZ",
    "--sections",
    "experience_history",
    "--text",
    "consent-reveal-ru.txt",
];
const SEARCH: &[&str] = &[
    "jobs",
    "search",
    "kg",
    "--profile",
    "welder.json",
    "--rates",
    "rates.toml",
    "--currency",
    "KGS",
    "--per-page",
    "4",
];

const SOUGHT: Date = date(2027, 9, 6);
const WORKED: Date = date(2028, 1, 10);
/// So many each of both states publishes.
const VACANCIES: u64 = 8;

const OTHERS: &str = include_str!("../../../fixtures/demo/bakyt/others.json");
const FILES: [(&str, &str); 9] = [
    ("vacancies-ru.jsonl", include_str!("../../../fixtures/demo/bakyt/vacancies-ru.jsonl")),
    ("vacancies-kz.jsonl", include_str!("../../../fixtures/demo/bakyt/vacancies-kz.jsonl")),
    ("welder.json", facts::WELDER),
    ("consent-ru.txt", include_str!("../../../fixtures/demo/bakyt/consent-ru.txt")),
    ("consent-reveal-ru.txt", include_str!("../../../fixtures/demo/bakyt/consent-reveal-ru.txt")),
    ("rates.toml", include_str!("../../../fixtures/demo/bakyt/rates.toml")),
    ("interest.json", include_str!("../../../fixtures/demo/bakyt/interest.json")),
    ("offer.json", include_str!("../../../fixtures/demo/bakyt/offer.json")),
    ("employment-record.json", include_str!("../../../fixtures/demo/bakyt/employment-record.json")),
];
