//! The first act: records are asked for and answered, and a node is killed on the way.

use super::Narrator;
use crate::base::{Clock, SystemClock};
use crate::cli::pair::{self, completed, journal, kill, send, start};
use crate::cli::show;
use crate::exchange::canonical::InsuranceRecord;
use crate::exchange::rules::Catalogue;
use crate::exchange::transit::Signal;
use crate::store::Act;
use anyhow::{Context, Result, bail};
use comfy_table::presets;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The two nodes and what is seen of them.
pub(super) struct Exchange<'a> {
    pub(super) root: PathBuf,
    pub(super) narrator: &'a Narrator,
    pub(super) catalogue: &'a Catalogue,
}

impl Exchange<'_> {
    pub(super) async fn play(&self) -> Result<Summary> {
        let (ru, kz) = (self.root.join("ru"), self.root.join("kz"));
        self.narrator.say("two nodes get their folders and throw-away keys");
        pair::make(&ru, &kz)?;
        let inquiries = pair::inquiries(&self.root)?;
        let (first, others) = inquiries.split_at_checked(1).unwrap_or_default();
        let russian = start(&ru).await?;
        let kazakh = start(&kz).await?;
        self.narrator.say("both nodes are up; Moscow asks for the first worker's record");
        let mut seen = Seen::default();
        send(&ru, first).await?;
        self.watch(&mut seen, &ru, &kz, 1).await?;
        self.narrator.say("the Kazakh node is killed (SIGKILL); Moscow asks for three more records");
        kill(kazakh).await?;
        send(&ru, others).await?;
        self.watch_until_missed(&mut seen, &ru, &kz).await?;
        self.narrator.say("the Kazakh node is started again");
        let kazakh = start(&kz).await?;
        self.watch(&mut seen, &ru, &kz, inquiries.len()).await?;
        self.narrator.say("what the Russian pension system can read now:");
        let records = records(&ru)?;
        self.narrator.show(&table(&records));
        let summary = self.summary(&ru, &kz, inquiries.len(), &records).await?;
        kill(russian).await?;
        kill(kazakh).await?;
        Ok(summary)
    }

    /// Shows what both nodes journal until Moscow has handed over `count` answers: a conversation is complete a moment
    /// before that.
    async fn watch(&self, seen: &mut Seen, ru: &Path, kz: &Path, count: usize) -> Result<()> {
        for _ in 0..LOOKS_MAX {
            self.show_new(seen, ru, kz).await?;
            if seen.answered >= count {
                return Ok(());
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
        bail!("see {count} answers within {} seconds", LOOKS_MAX / 20)
    }

    /// Shows what both nodes journal until a delivery has failed.
    async fn watch_until_missed(&self, seen: &mut Seen, ru: &Path, kz: &Path) -> Result<()> {
        for _ in 0..LOOKS_MAX {
            self.show_new(seen, ru, kz).await?;
            if seen.missed > 0 {
                return Ok(());
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
        bail!("see a delivery fail while the Kazakh node is down")
    }

    async fn show_new(&self, seen: &mut Seen, ru: &Path, kz: &Path) -> Result<()> {
        let mut new = Vec::new();
        for (name, folder) in [("RU", ru), ("KZ", kz)] {
            let after = seen.last.get(name).copied().unwrap_or_default();
            for row in journal(folder, after).await? {
                seen.last.insert(name, row.id);
                new.push((name, row));
            }
        }
        new.sort_by_key(|(_, row)| row.entry.at);
        for (name, row) in new.into_iter().filter(|(_, row)| row.entry.kind != Act::KIND) {
            seen.missed += u32::from(row.entry.kind == "missed");
            seen.answered += usize::from(name == "RU" && row.entry.kind == "answered");
            let entry = row.entry;
            let conversation = entry.conversation_id.map(|id| id.as_uuid().to_string()).unwrap_or_default();
            // the beginning of an id is its time
            let conversation =
                conversation.rsplit('-').next().and_then(|end| end.get(4..)).unwrap_or_default();
            let code = entry.code.map(|code| format!("[{code}] ")).unwrap_or_default();
            let detail = entry.detail.rsplit('/').next().filter(|_| entry.detail.starts_with("int://"));
            let detail = detail.unwrap_or(&entry.detail);
            self.narrator.tell(
                entry.at,
                &format!("{name}  {:<10} {conversation:<9} {code}{}", entry.kind, self.named(detail)),
            );
        }
        Ok(())
    }

    /// A message code with what it is called.
    fn named(&self, detail: &str) -> String {
        let process = self.catalogue.process(detail.get(..7).unwrap_or_default());
        let message = process.and_then(|process| process.message(detail));
        let signal =
            [Signal::Received, Signal::Accepted, Signal::Error].into_iter().find(|s| s.as_code() == detail);
        match (message, signal) {
            (Ok(message), _) => format!("{detail} {}", message.name.en),
            (Err(_), Some(Signal::Received)) => format!("{detail} the structure is in order"),
            (Err(_), Some(Signal::Accepted)) => format!("{detail} accepted for processing"),
            (Err(_), Some(Signal::Error) | None) => detail.to_owned(),
        }
    }

    async fn summary(
        &self,
        ru: &Path,
        kz: &Path,
        asked: usize,
        records: &[InsuranceRecord],
    ) -> Result<Summary> {
        let mut summary = Summary::default();
        for folder in [ru, kz] {
            for row in journal(folder, 0).await? {
                let is_ours = matches!(row.entry.kind.as_str(), "composed" | "answering");
                summary.documents_sent += u32::from(is_ours);
                summary.documents_received += u32::from(row.entry.kind == "received");
            }
        }
        summary.conversations = u32::try_from(asked).unwrap_or(u32::MAX);
        summary.lost = summary.conversations.saturating_sub(u32::try_from(completed(ru).await?).unwrap_or(0));
        summary.handed_over = u32::try_from(records.len()).unwrap_or(u32::MAX);
        let mut times: HashMap<String, u32> = HashMap::new();
        for record in records {
            *times.entry(serde_json::to_string(record)?).or_default() += 1;
        }
        summary.duplicates = times.values().map(|times| times - 1).sum();
        summary.elapsed_ms = SystemClock.now().as_millisecond() - self.narrator.begun_at.as_millisecond();
        Ok(summary)
    }
}

/// How far the journals were shown.
#[derive(Default)]
struct Seen {
    last: HashMap<&'static str, i64>,
    missed: u32,
    answered: usize,
}

/// What came of it.
#[derive(Default)]
pub(super) struct Summary {
    conversations: u32,
    documents_sent: u32,
    documents_received: u32,
    handed_over: u32,
    duplicates: u32,
    lost: u32,
    elapsed_ms: i64,
}

impl Summary {
    pub(super) fn as_json(&self) -> serde_json::Value {
        serde_json::json!({
            "conversations": self.conversations,
            "documents_sent": self.documents_sent,
            "documents_received": self.documents_received,
            "handed_over": self.handed_over,
            "duplicates": self.duplicates,
            "lost": self.lost,
            "elapsed_ms": self.elapsed_ms,
        })
    }

    pub(super) fn is_whole(&self) -> bool {
        self.lost == 0 && self.duplicates == 0
    }

    pub(super) fn as_text(&self) -> String {
        format!(
            "\n{} conversations, {} documents sent, {} received, {} records handed over, {} duplicates, {} lost, in {}.{} s",
            self.conversations,
            self.documents_sent,
            self.documents_received,
            self.handed_over,
            self.duplicates,
            self.lost,
            self.elapsed_ms / 1000,
            self.elapsed_ms % 1000 / 100
        )
    }
}

pub(super) fn records(ru: &Path) -> Result<Vec<InsuranceRecord>> {
    let mut records = Vec::new();
    for file in std::fs::read_dir(ru.join("handed-over")).context("read what was handed over")? {
        let path = file?.path();
        if path.extension().is_some_and(|ending| ending == "json") {
            let text = std::fs::read_to_string(&path).with_context(|| format!("read {}", path.display()))?;
            records.push(serde_json::from_str(&text).with_context(|| format!("read {}", path.display()))?);
        }
    }
    records.sort_by_key(|record: &InsuranceRecord| (record.person.birth_date, record.state));
    Ok(records)
}

pub(super) fn table(records: &[InsuranceRecord]) -> String {
    let mut table = show::table(presets::UTF8_FULL_CONDENSED);
    table.set_header(["worker", "state", "from", "to", "employer", "position", "contributions"]);
    for record in records {
        let name = &record.person.name;
        let mut worker = [name.family(), name.given()].into_iter().flatten().collect::<Vec<_>>().join(" ");
        let mut paid = format!("{} months", record.standing_contributions().count());
        for period in record.standing_periods() {
            let employer = period.employer.as_ref().and_then(|employer| employer.name.as_ref());
            table.add_row([
                std::mem::take(&mut worker),
                period.state.to_string(),
                period.interval.from().to_string(),
                period.interval.to().map_or_else(|| "…".to_owned(), |to| to.to_string()),
                employer.map(|name| name.as_str().to_owned()).unwrap_or_default(),
                period.position.as_ref().map(|position| position.as_str().to_owned()).unwrap_or_default(),
                std::mem::take(&mut paid),
            ]);
        }
    }
    table.to_string()
}

const LOOK_EVERY: Duration = Duration::from_millis(50);
const LOOKS_MAX: u32 = 1_200;
