//! `stazh bench exchange`: how much of the time of an exchange is what no exchange can do without.

use super::super::pair;
use super::super::progress::Progress;
use super::super::{Exit, local, show};
use super::load::{BenchDesk, Load, inquiry, record};
use crate::base::{Clock, DocumentId, OsRandom, Random, SystemClock};
use crate::exchange::document::codec::{Header, encode_inquiry, encode_record};
use crate::exchange::seal::{TrustStore, open, seal_unchecked, verify};
use crate::exchange::wire::{BareLine, NodeIdentity};
use crate::flow::{Desk, compose};
use crate::node::{Door, Node, Server, Settings};
use crate::store::{ConversationState, conversation_counts};
use anyhow::{Context, Result};
use futures_util::stream::{self, TryStreamExt};
use jiff::Timestamp;
use std::fs::File;
use std::io::Write;
use std::ops::Range;
use std::path::Path;
use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::Semaphore;

/// Measure the exchange of signed documents of 10 kB between two nodes in one
/// process, and what part of it is signing, verifying and durable commits.
///
/// Efficiency is the time of these and of the bytes over TLS, one after the
/// other, over the time of the exchange; each is measured in the same run, and
/// of ten measures the quickest counts. A durable commit is a bare write of as
/// many bytes as one of the exchange made, and a sync, in the folder for
/// temporary files, where the databases should lie too.
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
    kept: Kept,
    processor: Duration,
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

/// How long takes what cannot be left out, each for a whole conversation but for the commit.
struct Primitives {
    seals: Duration,
    verifications: Duration,
    crossing: Duration,
    commit: Duration,
}

/// What both nodes made durable.
#[derive(Debug, Clone, Copy)]
struct Kept {
    syncs: u64,
    bytes: u64,
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
        let (before, processor_before) = (kept(&russian, &kazakh).await?, processor_time());
        let begun = Instant::now();
        let all = WARM_UP..WARM_UP.saturating_add(self.conversations);
        self.ask(all.clone(), None, &russian, &desk, "records").await?;
        let elapsed = begun.elapsed();
        let processor = processor_time().saturating_sub(processor_before);
        let kept = kept(&russian, &kazakh).await?.since(before);
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
        russian.stop().await;
        kazakh.stop().await;
        let (primitives, document_bytes) = self.primitives((&ru, &kz), kept).await?;
        let conversations = self.conversations;
        Ok(Measured {
            conversations,
            elapsed,
            latencies,
            kept,
            processor,
            primitives,
            document_bytes,
            at_half,
        })
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
        let pace = between.map(tokio::time::interval);
        let numbers = stream::try_unfold((numbers, pace), |(mut numbers, mut pace)| async {
            let Some(number) = numbers.next() else { return anyhow::Ok(None) };
            if let Some(pace) = &mut pace {
                pace.tick().await;
            }
            take(1, desk, node).await?; // given back when the record is handed over
            Ok(Some((number, (numbers, pace))))
        });
        let asked = numbers.map_ok(|number| async move {
            let inquiry = inquiry(number)?;
            desk.ask(number);
            compose(&inquiry, node.flows()).await?;
            Ok(number)
        });
        let mut asked = pin!(asked.try_buffer_unordered(ASKERS));
        while let Some(number) = asked.try_next().await? {
            progress.reach(u64::from(number.saturating_sub(first)));
        }
        take(self.at_once, desk, node).await?;
        desk.places.add_permits(usize::try_from(self.at_once)?);
        Ok(())
    }

    /// What is unavoidable, measured where the exchange was.
    async fn primitives(&self, (ru, kz): (&Path, &Path), kept: Kept) -> Result<(Primitives, usize)> {
        let read = |folder: &Path| Settings::read(&folder.join("node.toml"));
        let (russian, kazakh) = (read(ru)?, read(kz)?);
        let signer = kazakh.seal.own.signer()?;
        let trust = TrustStore::from_pem(&signer.chain_pem()?)?;
        let (now, limits) = (SystemClock.now(), kazakh.limits);
        let mut primitives = Primitives::default();
        let mut messages = vec![vec![0; SIGNAL_BYTES]; 2]; // RCV and PRS
        for document in documents(now)? {
            let id = DocumentId::from_uuid(OsRandom::default().uuid());
            let sealed = seal_unchecked(&document, id, &signer)?.into_bytes();
            primitives.seals += timed(|| Ok(seal_unchecked(&document, id, &signer).map(drop)?))?;
            primitives.verifications +=
                timed(|| Ok(verify(open(&sealed, &limits)?, &trust, now).map(drop)?))?;
            messages.push(sealed);
        }
        let identity = |settings: &Settings| {
            let files = &settings.wire;
            NodeIdentity::read(&files.certificate, &files.key, &files.authorities)
        };
        let mut line = BareLine::open(&identity(&russian)?, &identity(&kazakh)?).await?;
        let mut times = Vec::new();
        for _ in 0..ROUNDS {
            let begun = Instant::now();
            for message in &messages {
                line.cross(message).await?;
            }
            times.push(begun.elapsed());
        }
        primitives.crossing = quick(times);
        let bytes = vec![7; usize::try_from(kept.bytes / kept.syncs.max(1))?.max(BLOCK_BYTES)];
        let mut file = File::create(kz.join("bare"))?;
        primitives.commit = timed(|| {
            file.write_all(&bytes)?;
            Ok(file.sync_data()?)
        })?;
        Ok((primitives, messages.last().map_or(0, Vec::len)))
    }
}

/// Takes places as records are handed over; in vain if a conversation ends without one.
async fn take(places: u32, desk: &BenchDesk, node: &Node) -> Result<()> {
    loop {
        let taken = tokio::time::timeout(LOOK_EVERY, desk.places.clone().acquire_many_owned(places)).await;
        if let Ok(taken) = taken {
            taken.context("take a place")?.forget();
            return Ok(());
        }
        let counts = conversation_counts(&mut node.flows().store.read().await?).await?;
        let failed = counts.get(&ConversationState::Failed).copied().unwrap_or_default();
        anyhow::ensure!(failed == 0, "{failed} conversations ended without a record");
    }
}

/// A question and its answer, as they are asked and answered here.
fn documents(now: Timestamp) -> Result<[Vec<u8>; 2]> {
    let id = DocumentId::from_uuid(OsRandom::default().uuid());
    let asking = Header::new(("P.XP.01.MSG.001", "R.XP.XP.01.001"), id, None, now);
    let answering = Header::new(("P.XP.01.MSG.002", "R.XP.XP.01.002"), id, Some(id), now);
    Ok([encode_inquiry(&inquiry(0)?, &asking)?, encode_record(&record(0, 9)?, &answering)?])
}

impl Default for Primitives {
    fn default() -> Self {
        let none = Duration::ZERO;
        Self { seals: none, verifications: none, crossing: none, commit: none }
    }
}

impl Kept {
    fn since(self, before: Self) -> Self {
        let Self { syncs, bytes } = before;
        Self { syncs: self.syncs.saturating_sub(syncs), bytes: self.bytes.saturating_sub(bytes) }
    }
}

impl Measured {
    /// The time that the seals, the verifications, the bytes over TLS and the commits as they were batched take one
    /// after the other.
    fn unavoidable(&self) -> Duration {
        let Primitives { seals, verifications, crossing, commit } = self.primitives;
        (seals + verifications + crossing) * self.conversations + commit.mul_f64(number(self.kept.syncs))
    }

    /// So much of something for each conversation.
    fn each(&self, of: f64) -> f64 {
        of / f64::from(self.conversations)
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
             a conversation: seals {} µs, verifications {} µs, bytes over TLS {} µs, {:.1} durable commits of {:.0} kB \
             and {} µs; {:.1} ms of processor time\n\
             efficiency: {:.2} (at least 0.5)",
            self.conversations,
            self.document_bytes,
            self.elapsed.as_secs_f64(),
            self.rate(),
            latency(&self.latencies, 500).as_millis(),
            latency(&self.latencies, 990).as_millis(),
            micros(self.primitives.seals),
            micros(self.primitives.verifications),
            micros(self.primitives.crossing),
            self.each(number(self.kept.syncs)),
            number(self.kept.bytes / self.kept.syncs.max(1)) / 1_000.0,
            micros(self.primitives.commit),
            self.each(self.processor.as_secs_f64() * 1_000.0),
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
            "commits": self.kept.syncs,
            "commit_bytes": self.kept.bytes / self.kept.syncs.max(1),
            "processor_us": micros(self.processor),
            "seals_us": micros(self.primitives.seals),
            "verifications_us": micros(self.primitives.verifications),
            "crossing_us": micros(self.primitives.crossing),
            "commit_us": micros(self.primitives.commit),
            "efficiency": if self.at_half.is_some() { None } else { Some(self.efficiency()) },
            "at_half_a_second": self.at_half.as_ref().map(|half| half.rate),
            "at_half_p50_us": self.at_half.as_ref().map(|half| micros(latency(&half.latencies, 500))),
            "at_half_p99_us": self.at_half.as_ref().map(|half| micros(latency(&half.latencies, 990))),
        })
    }
}

/// What both nodes have made durable so far. Where the engine does not count bytes, this process does.
async fn kept(russian: &Node, kazakh: &Node) -> Result<Kept> {
    let one = russian.flows().store.durable().await?;
    let other = kazakh.flows().store.durable().await?;
    let other = Some(other).filter(|other| other.server.is_none() || other.server != one.server);
    let syncs = one.syncs + other.as_ref().map_or(0, |other| other.syncs);
    let bytes = match (one.bytes, other.map(|other| other.bytes)) {
        (Some(one), other) => one + other.flatten().unwrap_or(0),
        (None, _) => number_in("/proc/self/io", "write_bytes:"),
    };
    Ok(Kept { syncs, bytes })
}

/// What stands behind a word in a file of the kernel; 0 where there is none.
fn number_in(path: &str, word: &str) -> u64 {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    let found = text.lines().find_map(|line| line.strip_prefix(word)?.trim().parse().ok());
    found.unwrap_or(0)
}

/// The processor time of this process, of all its threads.
fn processor_time() -> Duration {
    let text = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = text.rsplit(')').next().unwrap_or_default().split_whitespace();
    let ticks: u64 = fields.skip(11).take(2).filter_map(|ticks| ticks.parse::<u64>().ok()).sum();
    Duration::from_millis(ticks * TICK_MS)
}

fn number(of: u64) -> f64 {
    f64::from(u32::try_from(of).unwrap_or(u32::MAX))
}

/// The longest of so many in a thousand, of the sorted.
fn latency(sorted: &[Duration], permille: usize) -> Duration {
    let at = sorted.len().saturating_sub(1) * permille / 1_000;
    sorted.get(at).copied().unwrap_or_default()
}

fn timed(mut run: impl FnMut() -> Result<()>) -> Result<Duration> {
    let mut times = Vec::new();
    for _ in 0..ROUNDS {
        let begun = Instant::now();
        run()?;
        times.push(begun.elapsed());
    }
    Ok(quick(times))
}

/// As long as it takes when nothing is in its way: of ten the quickest one.
fn quick(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times.get(times.len() / 10).copied().unwrap_or_default()
}

const WARM_UP: u32 = 100;
/// How many ask at once, as clerks and programs of a state do.
const ASKERS: usize = 8;
const LOOK_EVERY: Duration = Duration::from_secs(1);
const ROUNDS: usize = 101;
/// As long as a signal with its envelope.
const SIGNAL_BYTES: usize = 1_500;
/// The least that a disk writes.
const BLOCK_BYTES: usize = 4_096;
/// The clock of `/proc` on Linux.
const TICK_MS: u64 = 10;
