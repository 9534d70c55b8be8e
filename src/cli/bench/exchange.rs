//! `stazh bench exchange`: how much of the time of an exchange is what no exchange can do without.

use super::super::pair;
use super::super::progress::Progress;
use super::super::{Exit, local, show};
use super::load::{BenchDesk, Load, inquiry, record};
use crate::base::{Clock, DocumentId, OsRandom, Random, SystemClock};
use crate::exchange::document::codec::{Header, encode_record};
use crate::exchange::seal::{TrustStore, open, seal_unchecked, verify};
use crate::flow::{Desk, compose};
use crate::node::{Door, Node, Server, Settings};
use crate::store::{JournalDraft, Store, journal_append};
use anyhow::{Context, Result};
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::Semaphore;

/// Measure the exchange of signed documents of 10 kB between two nodes in one
/// process, and what part of it is signing, verifying and durable commits.
///
/// Efficiency is the time of these, taken one after the other in the same run,
/// over the time of the exchange. TLS is not counted, so the truth is better.
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(super) struct Exchange {
    /// How many records are asked for.
    #[arg(long, default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(100..=1_000_000))]
    conversations: u32,
    /// How many are under way at once.
    #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    at_once: u32,
    /// Answers of the sizes that X-Road is measured with, from 2 kB to 10 MB: how many a second, and how long they take
    /// at half of that.
    #[arg(long)]
    mix: bool,
    /// Two empty PostgreSQL databases instead of two files.
    #[arg(long, num_args = 2, value_names = ["RU", "KZ"])]
    databases: Vec<String>,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

/// What was measured.
struct Measured {
    conversations: u32,
    elapsed: Duration,
    /// From asking to handing over, sorted.
    latencies: Vec<Duration>,
    commits: u64,
    primitives: Primitives,
    document_bytes: usize,
    at_half: Option<AtHalf>,
}

/// What was measured at half of the most that was reached.
struct AtHalf {
    rate: f64,
    /// From asking to handing over, sorted.
    latencies: Vec<Duration>,
}

/// The medians of what cannot be left out.
struct Primitives {
    seal: Duration,
    verify: Duration,
    commit: Duration,
}

impl Exchange {
    pub(super) fn run(self) -> Result<Exit> {
        let root = std::env::temp_dir().join(format!("stazh-bench-{}", std::process::id()));
        let outcome = local::block_on(self.measure(&root));
        let _ = std::fs::remove_dir_all(&root); // a leftover folder harms nobody
        let measured = outcome?;
        if self.json {
            show::json(&measured.as_json());
        } else {
            show::line(&measured.as_text());
        }
        Ok(Exit::Done)
    }

    async fn measure(&self, root: &Path) -> Result<Measured> {
        let (ru, kz) = (root.join("ru"), root.join("kz"));
        pair::make(&ru, &kz)?;
        let places = Arc::new(Semaphore::new(usize::try_from(self.at_once)?));
        let load = if self.mix { Load::Mix } else { Load::Even };
        let desk = Arc::new(BenchDesk::new(load, places));
        let russian = self.start(&ru, 0, desk.clone()).await?;
        let kazakh = self.start(&kz, 1, desk.clone()).await?;
        self.ask(0..WARM_UP, None, &russian, &desk, "warm-up").await?;
        desk.take();
        let before = commits(&russian, &kazakh).await?;
        let begun = Instant::now();
        let all = WARM_UP..WARM_UP.saturating_add(self.conversations);
        self.ask(all.clone(), None, &russian, &desk, "records").await?;
        let elapsed = begun.elapsed();
        let commits = commits(&russian, &kazakh).await?.saturating_sub(before);
        let (latencies, mut strange) = desk.take();
        let mut at_half = None;
        if self.mix {
            let rate = f64::from(self.conversations) / elapsed.as_secs_f64() / 2.0;
            let more = all.end..all.end.saturating_add(self.conversations);
            let between = Duration::from_secs_f64(1.0 / rate);
            self.ask(more, Some(between), &russian, &desk, "records at half of the speed").await?;
            let (latencies, more_strange) = desk.take();
            strange += more_strange;
            at_half = Some(AtHalf { rate, latencies });
        }
        anyhow::ensure!(strange == 0, "{strange} records came that nobody had asked for");
        let (primitives, document_bytes) = self.primitives(&kz, kazakh.flows().store.clone()).await?;
        russian.stop().await;
        kazakh.stop().await;
        let conversations = self.conversations;
        Ok(Measured { conversations, elapsed, latencies, commits, primitives, document_bytes, at_half })
    }

    async fn start(&self, folder: &Path, number: usize, desk: Arc<dyn Desk>) -> Result<Node> {
        let mut settings = Settings::read(&folder.join("node.toml"))?;
        if let Some(url) = self.databases.get(number) {
            settings.database = Some(Server { urls: vec![url.clone()], password_file: None });
        }
        let door = Door::open(&settings).await?;
        Ok(Node::start(door, &settings, desk).await?)
    }

    /// Asks for these, never more than `at_once` at a time, one in each `between` if there is one; and waits for the
    /// last answer.
    async fn ask(
        &self,
        numbers: Range<u32>,
        between: Option<Duration>,
        node: &Node,
        desk: &BenchDesk,
        what: &'static str,
    ) -> Result<()> {
        let first = numbers.start;
        let mut progress = Progress::of(what, u64::from(numbers.end.saturating_sub(first)));
        let mut pace = between.map(tokio::time::interval);
        for number in numbers {
            if let Some(pace) = &mut pace {
                pace.tick().await;
            }
            let place = desk.places.clone().acquire_owned().await.context("take a place")?;
            place.forget(); // given back when the record is handed over
            let inquiry = inquiry(number)?;
            desk.ask(number);
            compose(&inquiry, node.flows()).await?;
            progress.reach(u64::from(number.saturating_sub(first)));
        }
        let all = desk.places.acquire_many(self.at_once).await.context("wait for the last")?;
        drop(all);
        Ok(())
    }

    /// What is unavoidable, measured where the exchange was.
    async fn primitives(&self, folder: &Path, store: Store) -> Result<(Primitives, usize)> {
        let settings = Settings::read(&folder.join("node.toml"))?;
        let signer = settings.seal.own.signer()?;
        let trust = TrustStore::from_pem(&signer.chain_pem()?)?;
        let now = SystemClock.now();
        let id = DocumentId::from_uuid(OsRandom.uuid());
        let header = Header::new(("P.XP.01.MSG.002", "R.XP.XP.01.002"), id, Some(id), now);
        let document = encode_record(&record(0, 9)?, &header)?;
        let sealed = seal_unchecked(&document, id, &signer)?.into_bytes();
        let seal = median(|| seal_unchecked(&document, id, &signer).map(drop).map_err(Into::into))?;
        let limits = settings.limits;
        let verify = median(|| Ok(verify(open(&sealed, &limits)?, &trust, now).map(drop)?))?;
        let mut times = Vec::new();
        for _ in 0..ROUNDS {
            let begun = Instant::now();
            let mut tx = store.begin().await?;
            journal_append(&mut tx, &JournalDraft::at(now, "bench", "a commit of its own")).await?;
            tx.commit().await?;
            times.push(begun.elapsed());
        }
        Ok((Primitives { seal, verify, commit: middle(times) }, sealed.len()))
    }
}

impl Measured {
    /// The time that two seals, two verifications and the commits as they were batched take one after the other.
    fn unavoidable(&self) -> Duration {
        let Primitives { seal, verify, commit } = self.primitives;
        let commits = commit.mul_f64(self.commits());
        (seal * 2 + verify * 2) * self.conversations + commits
    }

    fn commits(&self) -> f64 {
        f64::from(u32::try_from(self.commits).unwrap_or(u32::MAX))
    }

    fn efficiency(&self) -> f64 {
        self.unavoidable().as_secs_f64() / self.elapsed.as_secs_f64()
    }

    fn rate(&self) -> f64 {
        f64::from(self.conversations) / self.elapsed.as_secs_f64()
    }

    fn as_text(&self) -> String {
        let micros = |duration: Duration| duration.as_micros();
        if let Some(AtHalf { rate, latencies }) = &self.at_half {
            return format!(
                "{} records of a mix in {:.1} s: {:.0} a second\nat {rate:.0} a second: from asking to handing over {} ms \
                 in the middle, {} ms for 99 of 100 (under 250), {} ms for 999 of 1000",
                self.conversations,
                self.elapsed.as_secs_f64(),
                self.rate(),
                latency(latencies, 500).as_millis(),
                latency(latencies, 990).as_millis(),
                latency(latencies, 999).as_millis(),
            );
        }
        format!(
            "{} records of {} bytes in {:.1} s: {:.0} a second; from asking to handing over {} ms in the middle, \
             {} ms for 99 of 100\n\
             a seal {} µs, a verification {} µs, a durable commit {} µs; {} commits of both nodes, {:.1} a conversation\n\
             efficiency: {:.2} (at least 0.5)",
            self.conversations,
            self.document_bytes,
            self.elapsed.as_secs_f64(),
            self.rate(),
            latency(&self.latencies, 500).as_millis(),
            latency(&self.latencies, 990).as_millis(),
            micros(self.primitives.seal),
            micros(self.primitives.verify),
            micros(self.primitives.commit),
            self.commits,
            self.commits() / f64::from(self.conversations),
            self.efficiency(),
        )
    }

    fn as_json(&self) -> serde_json::Value {
        let micros = |duration: Duration| u64::try_from(duration.as_micros()).unwrap_or(u64::MAX);
        serde_json::json!({
            "conversations": self.conversations,
            "document_bytes": self.document_bytes,
            "elapsed_us": micros(self.elapsed),
            "latency_p50_us": micros(latency(&self.latencies, 500)),
            "latency_p99_us": micros(latency(&self.latencies, 990)),
            "commits": self.commits,
            "seal_us": micros(self.primitives.seal),
            "verify_us": micros(self.primitives.verify),
            "commit_us": micros(self.primitives.commit),
            "efficiency": if self.at_half.is_some() { None } else { Some(self.efficiency()) },
            "at_half_a_second": self.at_half.as_ref().map(|half| half.rate),
            "at_half_p50_us": self.at_half.as_ref().map(|half| micros(latency(&half.latencies, 500))),
            "at_half_p99_us": self.at_half.as_ref().map(|half| micros(latency(&half.latencies, 990))),
        })
    }
}

async fn commits(russian: &Node, kazakh: &Node) -> Result<u64> {
    Ok(russian.flows().store.durable_commits().await? + kazakh.flows().store.durable_commits().await?)
}

/// The longest of so many in a thousand, of the sorted.
fn latency(sorted: &[Duration], permille: usize) -> Duration {
    let at = sorted.len().saturating_sub(1) * permille / 1_000;
    sorted.get(at).copied().unwrap_or_default()
}

fn median(run: impl Fn() -> Result<()>) -> Result<Duration> {
    let mut times = Vec::new();
    for _ in 0..ROUNDS {
        let begun = Instant::now();
        run()?;
        times.push(begun.elapsed());
    }
    Ok(middle(times))
}

fn middle(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

const WARM_UP: u32 = 100;
const ROUNDS: usize = 101;
