//! `stazh bench`: what a node costs on this machine.

mod clerks;
mod exchange;
mod jobs;
mod load;
mod long_file;
mod pages;
mod pension;
mod pipeline;
mod reconcile;
mod sync;
mod translate;
mod validation;

use super::pair::{self, completed, kill, send, start};
use super::progress::Progress;
use super::{Exit, show};
use crate::base::{Clock, DocumentId, OsRandom, Random, SystemClock};
use crate::exchange::seal::{KeyKind, Signer, ThrowAwayAuthority, seal_unchecked};
use anyhow::{Context, Result, bail};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use tokio::process::Child;

/// Measure a node on this machine: its start, its memory, how fast records
/// cross.
///
/// Two nodes are started with throw-away keys; Moscow asks Astana for the
/// records of invented persons, as often as --conversations says. Speed is told
/// as a rate and as a multiple of the signatures that a conversation needs,
/// taken in the same run. The measures of single stages are in `make bench`.
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(super) struct Bench {
    #[command(subcommand)]
    part: Option<Part>,
    /// How many records are asked for.
    #[arg(long, default_value_t = 500, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    conversations: u32,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

/// A part of the node.
#[derive(Debug, clap::Subcommand)]
enum Part {
    Exchange(exchange::Exchange),
    Jobs(jobs::Jobs),
    Pages(pages::Pages),
    Pension(pension::Pension),
    Sync(sync::Sync),
    Translate(translate::Translate),
}

impl Bench {
    pub(super) fn run(self) -> Result<Exit> {
        match self.part {
            Some(Part::Exchange(exchange)) => return exchange.run(),
            Some(Part::Jobs(jobs)) => return jobs.run(),
            Some(Part::Pages(pages)) => return pages.run(),
            Some(Part::Pension(pension)) => return pension.run(),
            Some(Part::Sync(sync)) => return sync.run(),
            Some(Part::Translate(translate)) => return translate.run(),
            None => {}
        }
        let root = std::env::temp_dir().join(format!("stazh-bench-{}", std::process::id()));
        let outcome = super::local::block_on(measure(&root, self.conversations));
        let _ = std::fs::remove_dir_all(&root); // a leftover folder harms nobody
        let measured = outcome?;
        if self.json {
            show::json(&measured.as_json());
        } else {
            show::line(&measured.as_text());
        }
        Ok(if measured.is_within() { Exit::Done } else { Exit::Refused })
    }
}

/// What was measured.
struct Measured {
    start: Duration,
    idle_kib: u64,
    busy_kib: u64,
    conversations: u32,
    elapsed: Duration,
    signature: Duration,
}

async fn measure(root: &Path, conversations: u32) -> Result<Measured> {
    let (ru, kz) = (root.join("ru"), root.join("kz"));
    pair::make(&ru, &kz)?;
    let mut starts = Vec::new();
    for _ in 0..STARTS {
        let begun = Instant::now();
        let node = start(&kz).await?;
        starts.push(begun.elapsed());
        kill(node).await?;
    }
    starts.sort();
    let (russian, kazakh) = (start(&ru).await?, start(&kz).await?);
    let idle_kib = resident_kib(&russian)?.max(resident_kib(&kazakh)?);
    let inquiries = pair::inquiries(root)?;
    let asked: Vec<PathBuf> =
        inquiries.iter().cycle().take(usize::try_from(conversations)?).cloned().collect();
    let signature = signature()?;
    let begun = Instant::now();
    for some in asked.chunks(ARGUMENTS_MAX) {
        send(&ru, some).await?;
    }
    let mut progress = Progress::of("records", u64::from(conversations));
    loop {
        let done = completed(&ru).await?;
        progress.reach(u64::try_from(done).unwrap_or_default());
        if done >= i64::from(conversations) {
            break;
        }
        if begun.elapsed() > WAIT_MAX {
            bail!("see {conversations} answers within {} minutes; {done} came", WAIT_MAX.as_secs() / 60);
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
    let elapsed = begun.elapsed();
    drop(progress);
    let busy_kib = resident_kib(&russian)?.max(resident_kib(&kazakh)?);
    kill(russian).await?;
    kill(kazakh).await?;
    let start = starts.get(STARTS / 2).copied().unwrap_or_default();
    Ok(Measured { start, idle_kib, busy_kib, conversations, elapsed, signature })
}

impl Measured {
    fn is_within(&self) -> bool {
        self.start <= START_MAX && self.idle_kib <= IDLE_KIB_MAX
    }

    fn rate(&self) -> f64 {
        f64::from(self.conversations) / self.elapsed.as_secs_f64()
    }

    /// The time of a conversation in RSA-2048 signatures, of which it needs two.
    fn in_signatures(&self) -> f64 {
        self.elapsed.as_secs_f64() / f64::from(self.conversations) / self.signature.as_secs_f64()
    }

    fn as_text(&self) -> String {
        let kept = |is_kept: bool| if is_kept { "kept" } else { "BROKEN" };
        format!(
            "start to ready: {} ms (at most {}) {}\n\
             idle: {} MB resident (at most {}) {}\n\
             {} records in {:.1} s: {:.0} a second, each as long as {:.1} RSA-2048 signatures; {} MB resident after it",
            self.start.as_millis(),
            START_MAX.as_millis(),
            kept(self.start <= START_MAX),
            self.idle_kib / 1024,
            IDLE_KIB_MAX / 1024,
            kept(self.idle_kib <= IDLE_KIB_MAX),
            self.conversations,
            self.elapsed.as_secs_f64(),
            self.rate(),
            self.in_signatures(),
            self.busy_kib / 1024,
        )
    }

    fn as_json(&self) -> serde_json::Value {
        serde_json::json!({
            "start_ms": u64::try_from(self.start.as_millis()).unwrap_or(u64::MAX),
            "idle_kib": self.idle_kib,
            "busy_kib": self.busy_kib,
            "conversations": self.conversations,
            "elapsed_ms": u64::try_from(self.elapsed.as_millis()).unwrap_or(u64::MAX),
            "signatures_a_conversation_lasts": self.in_signatures(),
        })
    }
}

/// The memory of a node that is in the machine now, as the kernel tells it.
fn resident_kib(node: &Child) -> Result<u64> {
    let id = node.id().context("see the memory of a node: it has ended")?;
    let path = format!("/proc/{id}/status");
    let text = std::fs::read_to_string(&path).with_context(|| format!("read {path}"))?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let number = line.and_then(|line| line.split_whitespace().next()).and_then(|number| number.parse().ok());
    number.with_context(|| format!("find VmRSS in {path}"))
}

/// The median time of one RSA-2048 signature here.
fn signature() -> Result<Duration> {
    let authority = ThrowAwayAuthority::new("bench", "RU", SystemClock.now())?;
    let issued = authority.issue_seal("bench", KeyKind::Rsa2048)?;
    let signer = Signer::from_pem(&issued.key_pem, &issued.chain_pem)?;
    let id = DocumentId::from_uuid(OsRandom::default().uuid());
    let mut times = Vec::new();
    for _ in 0..SIGNATURES {
        let begun = Instant::now();
        seal_unchecked(b"<a></a>", id, &signer)?;
        times.push(begun.elapsed());
    }
    times.sort();
    Ok(times.get(SIGNATURES / 2).copied().unwrap_or_default())
}

const STARTS: usize = 5;
const SIGNATURES: usize = 51;
const START_MAX: Duration = Duration::from_millis(200);
const IDLE_KIB_MAX: u64 = 50 * 1024;
/// Inquiries handed to one command.
const ARGUMENTS_MAX: usize = 500;
const LOOK_EVERY: Duration = Duration::from_millis(50);
const WAIT_MAX: Duration = Duration::from_secs(1_800);
