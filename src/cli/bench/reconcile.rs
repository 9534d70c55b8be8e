//! Two real nodes that compare long lists, end to end: the time it takes, and the memory of each.

use super::super::pair::{self, kill, start};
use super::super::progress::Progress;
use crate::exchange::canonical::{RecordId, State};
use crate::flow::CheckPlan;
use crate::store::{CheckRow, CheckState, Store, check_find, check_steps};
use anyhow::{Context, Result, bail};
use jiff::ToSpan;
use jiff::civil::{Date, date};
use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::Path;
use std::time::{Duration, Instant};
use tokio::process::Child;

/// What it came to.
pub(super) struct Reconciled {
    persons: u32,
    values: u32,
    hits: u32,
    /// From the opening to the end on both sides.
    elapsed: Duration,
    peak_kib: [u64; 2],
    /// How long the databases are at the end.
    database_bytes: u64,
}

impl Reconciled {
    /// Makes two nodes over lists of so many persons each, of whom a tenth are in both, and lets one check with the other.
    pub(super) async fn measure(root: &Path, persons: u32) -> Result<Self> {
        let (ru, kz) = (root.join("ru"), root.join("kz"));
        pair::make(&ru, &kz)?;
        let shared = persons / SHARED;
        list((&ru, State::Kz), "ru-old-age", persons - shared..2 * persons - shared)?;
        list((&kz, State::Ru), "kz-funded-age", 0..persons)?;
        let nodes = [start(&ru).await?, start(&kz).await?];
        let begun = Instant::now();
        let number = open(&kz).await?;
        let row = until_closed(&kz, &number, begun).await?;
        let other = until_closed(&ru, &number, begun).await?;
        let elapsed = begun.elapsed();
        let peak_kib = [peak_kib(&nodes[0])?, peak_kib(&nodes[1])?];
        for node in nodes {
            kill(node).await?;
        }
        for (folder, first) in [(&kz, 0), (&ru, persons - shared)] {
            exact(
                &folder.join(format!("handed-over/checks/{}/outcomes.csv", number.as_str())),
                first,
                (persons, shared),
            )?;
        }
        if (row.hits, other.hits, row.weak, other.weak) != (shared, shared, 0, 0) {
            bail!("find {shared} hits: {} and {} were found", row.hits, other.hits);
        }
        let database = |folder: &Path| std::fs::metadata(folder.join("data/stazh.db")).map(|file| file.len());
        let database_bytes = database(&ru)?.max(database(&kz)?);
        Ok(Self { persons, values: row.own_size, hits: row.hits, elapsed, peak_kib, database_bytes })
    }

    /// Whether it is within ten minutes for a million, and within the memory of a small machine.
    pub(super) fn is_within(&self) -> bool {
        let allowed = ELAPSED_MAX.mul_f64(f64::from(self.persons.max(SMALL)) / 1e6);
        self.elapsed <= allowed && self.peak_kib.iter().all(|peak| *peak <= PEAK_KIB_MAX)
    }

    pub(super) fn as_text(&self) -> String {
        let [ru, kz] = self.peak_kib.map(|kib| kib / 1024);
        format!(
            "{} persons each, {} values each, {} hits: {:.0} s end to end ({:.0} persons a second); at most {ru} and {kz} MiB \
             resident (at most {}); databases up to {} MB {}",
            self.persons,
            self.values,
            self.hits,
            self.elapsed.as_secs_f64(),
            f64::from(self.persons) / self.elapsed.as_secs_f64(),
            PEAK_KIB_MAX / 1024,
            self.database_bytes / 1_000_000,
            if self.is_within() { "kept" } else { "BROKEN" }
        )
    }

    pub(super) fn as_json(&self) -> serde_json::Value {
        serde_json::json!({
            "persons": self.persons, "values": self.values, "hits": self.hits,
            "elapsed_ms": u64::try_from(self.elapsed.as_millis()).unwrap_or(u64::MAX),
            "peak_kib": self.peak_kib, "database_bytes": self.database_bytes,
        })
    }
}

/// Writes a list of invented persons, and agrees checks with a peer.
fn list((folder, peer): (&Path, State), kind: &str, numbers: std::ops::Range<u32>) -> Result<()> {
    let path = folder.join("local/payments.jsonl");
    let mut out = BufWriter::new(File::create(&path).with_context(|| format!("write {}", path.display()))?);
    for number in numbers {
        let birth = FIRST_BORN.checked_add(i64::from(number % BIRTHS).days())?;
        let letter = |place: u32| {
            LETTERS.chars().nth(usize::try_from(number / 10_u32.pow(place) % 10).unwrap_or_default())
        };
        let family: String = (0..7).filter_map(letter).flat_map(|letter| [letter, 'о']).collect();
        writeln!(
            out,
            r#"{{"reference":"{number}","person":{{"name":{{"family":"{family}","given":"Ан"}},"birth_date":"{birth}","identifiers":[{{"kind":"snils","value":"{:011}"}}]}},"pensions":[{{"kind":"{kind}","since":"2020-01-01"}}]}}"#,
            11_000_000_000_u64 + u64::from(number)
        )?;
    }
    out.flush()?;
    let settings = folder.join("node.toml");
    let mut out = OpenOptions::new()
        .append(true)
        .open(&settings)
        .with_context(|| format!("write {}", settings.display()))?;
    write!(out, "\n[checks]\npeers = [\"{peer}\"]\npersons = \"local/payments.jsonl\"\n")?;
    Ok(())
}

async fn open(kz: &Path) -> Result<RecordId> {
    let settings = super::super::local::settings(kz)?;
    let ctx = super::super::local::context(&settings).await?;
    let ground = "simultaneous-payment".parse().map_err(|_finding| anyhow::anyhow!("name the ground"))?;
    let plan = CheckPlan { peer: State::Ru, as_of: None, kinds: Vec::new(), ground };
    let number = crate::flow::begin_check(&plan, &ctx).await?;
    ctx.store.close().await;
    Ok(number)
}

async fn until_closed(folder: &Path, number: &RecordId, begun: Instant) -> Result<CheckRow> {
    let store = Store::open(folder.join("data/stazh.db")).await?;
    let mut progress: Option<Progress> = None;
    let row = loop {
        let mut tx = store.read().await?;
        let row = check_find(&mut tx, number).await?.context("find the check")?;
        let steps = check_steps(&mut tx, number).await?;
        drop(tx);
        match row.state {
            CheckState::Closed => break row,
            CheckState::Refused | CheckState::Ended | CheckState::Expired => {
                bail!("compare the lists: the check is {}, {}", row.state, row.code.unwrap_or_default())
            }
            CheckState::Running => {
                let longer = row.own_size.max(row.draft.peer_size);
                let total = u64::from(longer.div_ceil(row.draft.terms.batch));
                let done = steps.iter().filter(|step| step.place >= 0 && step.is_answered).count();
                progress.get_or_insert_with(|| Progress::of("batches", total)).reach(u64::try_from(done)?);
            }
            CheckState::Preparing | CheckState::Ready | CheckState::Opened | CheckState::Told => {}
        }
        if begun.elapsed() > WAIT_MAX {
            bail!("compare the lists within {} minutes; the check is {}", WAIT_MAX.as_secs() / 60, row.state);
        }
        tokio::time::sleep(LOOK_EVERY).await;
    };
    store.close().await;
    Ok(row)
}

/// Sees that each row has the outcome that it must have, and one.
fn exact(outcomes: &Path, first: u32, (persons, shared): (u32, u32)) -> Result<()> {
    let file = File::open(outcomes).with_context(|| format!("read {}", outcomes.display()))?;
    let mut rows = 0;
    for (line, at) in BufReader::new(file).lines().skip(1).zip(1_u32..) {
        let (line, number) = (line?, first + at - 1);
        let is_hit = (persons - shared..persons).contains(&number);
        let expected = if is_hit { "hit,snils name-and-birth," } else { "none,," };
        if line != format!("{at},{number},{expected}") {
            bail!("find the right outcome of row {at} in {}", outcomes.display());
        }
        rows = at;
    }
    if rows == persons { Ok(()) } else { bail!("find an outcome of each row: {rows} of {persons} are there") }
}

/// The most memory that a node ever had in the machine, as the kernel tells it.
fn peak_kib(node: &Child) -> Result<u64> {
    let id = node.id().context("see the memory of a node: it has ended")?;
    let text = std::fs::read_to_string(format!("/proc/{id}/status")).context("read the memory of a node")?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let number = line.and_then(|line| line.split_whitespace().next()).and_then(|number| number.parse().ok());
    number.context("find VmHWM")
}

/// One of so many persons is in both lists.
const SHARED: u32 = 10;
/// Days on which somebody was born.
const BIRTHS: u32 = 10_000;
const FIRST_BORN: Date = date(1935, 1, 1);
const LETTERS: &str = "бгдзклмнпр";
const ELAPSED_MAX: Duration = Duration::from_secs(600);
/// Fewer persons are given as long as so many.
const SMALL: u32 = 50_000;
const PEAK_KIB_MAX: u64 = 256 * 1024;
const LOOK_EVERY: Duration = Duration::from_millis(100);
const WAIT_MAX: Duration = Duration::from_secs(3_600);
