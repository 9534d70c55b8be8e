//! Two real nodes that synchronise vacancies: how long it takes to publish them, and to take them over the line.

use super::super::pair::{self, kill, start};
use super::super::{Exit, local, show};
use crate::exchange::canonical::State;
use crate::exchange::canonical::job::Vacancy;
use crate::flow::labour::{publish_vacancies, pull};
use crate::store::mirror_counts;
use anyhow::{Context, Result, bail};
use serde_json::json;
use std::path::Path;
use std::time::{Duration, Instant};

/// Measure how fast vacancies cross between two nodes.
///
/// Moscow publishes invented vacancies; Astana, which has none, takes all of them
/// over mutually authenticated HTTPS into its own database, page by page, and
/// then once more what has changed: a hundredth of them.
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(super) struct Sync {
    /// How many vacancies.
    #[arg(long, default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(100..=2_000_000))]
    vacancies: u32,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

impl Sync {
    pub(super) fn run(self) -> Result<Exit> {
        let root = std::env::temp_dir().join(format!("stazh-bench-{}", std::process::id()));
        let outcome = local::block_on(measure(&root, self.vacancies));
        let _ = std::fs::remove_dir_all(&root); // a leftover folder harms nobody
        let (published, taken, changed, bytes) = outcome?;
        let rate = |count: u32, time: Duration| f64::from(count) / time.as_secs_f64();
        let allowed = ELAPSED_MAX.mul_f64(f64::from(self.vacancies) / 1e6);
        let is_within = taken <= allowed;
        if self.json {
            show::json(&json!({
                "vacancies": self.vacancies, "content_bytes": bytes, "publish_s": published.as_secs_f64(),
                "take_s": taken.as_secs_f64(), "records_per_second": rate(self.vacancies, taken),
                "changes_s": changed.as_secs_f64(), "is_within": is_within,
            }));
        } else {
            show::line(&format!(
                "{} vacancies of {bytes} bytes: published in {:.1} s ({:.0} a second), taken in {:.1} s ({:.0} a second) {}; \
                 then the {} that changed in {:.2} s",
                self.vacancies,
                published.as_secs_f64(),
                rate(self.vacancies, published),
                taken.as_secs_f64(),
                rate(self.vacancies, taken),
                if is_within { "kept" } else { "BROKEN" },
                self.vacancies / CHANGED,
                changed.as_secs_f64(),
            ));
        }
        Ok(if is_within { Exit::Done } else { Exit::Refused })
    }
}

async fn measure(root: &Path, count: u32) -> Result<(Duration, Duration, Duration, usize)> {
    let (ru, kz) = (root.join("ru"), root.join("kz"));
    pair::make(&ru, &kz)?;
    for folder in [&ru, &kz] {
        let path = folder.join("node.toml");
        let text = std::fs::read_to_string(&path).with_context(|| format!("read {}", path.display()))?;
        std::fs::write(&path, text + SETTINGS).with_context(|| format!("write {}", path.display()))?;
    }
    let (own, other) = (local::settings(&ru)?, local::settings(&kz)?);
    let node = start(&ru).await?;
    let publisher = local::context(&own).await?;
    let bytes = serde_json::to_string(&vacancy(0, 0)?)?.len();
    let begun = Instant::now();
    for first in (0..count).step_by(AT_ONCE) {
        let last = count.min(first.saturating_add(u32::try_from(AT_ONCE)?));
        let some = (first..last).map(|number| vacancy(number, 0)).collect::<Result<Vec<_>>>()?;
        publish_vacancies(&some, &publisher).await?;
    }
    let published = begun.elapsed();
    let follower = local::context(&other).await?;
    let begun = Instant::now();
    let first = pull(State::Ru.as_code(), &follower).await?;
    let taken = begun.elapsed();
    let some = (0..count / CHANGED).map(|number| vacancy(number * CHANGED, 1)).collect::<Result<Vec<_>>>()?;
    for some in some.chunks(AT_ONCE) {
        publish_vacancies(some, &publisher).await?;
    }
    let begun = Instant::now();
    let second = pull(State::Ru.as_code(), &follower).await?;
    let changed = begun.elapsed();
    let held = mirror_counts(&mut follower.store.read().await?).await?;
    let held: u64 = held.iter().map(|(_, _, _, count)| count).sum();
    if (first.came, second.came, held) != (u64::from(count), u64::from(count / CHANGED), u64::from(count)) {
        bail!("take {count} vacancies: {} and {} came, {held} are there", first.came, second.came);
    }
    kill(node).await?;
    publisher.store.close().await;
    follower.store.close().await;
    Ok((published, taken, changed, bytes))
}

fn vacancy(number: u32, edition: u32) -> Result<Vacancy> {
    let text = "Сварка трубопроводов и металлоконструкций, чтение чертежей, работа в бригаде. ".repeat(6);
    Ok(serde_json::from_value(json!({
        "reference": { "state": "RU", "source": "trudvsem", "id": format!("{number:08x}-5c1e-11ee-be56-0242ac120002") },
        "status": "open", "title": format!("Электрогазосварщик {edition}"), "language": "ru", "description": text,
        "occupations": [{ "scheme": "okz", "edition": "2014", "code": "7212", "isco": "7212", "relation": "exact" }],
        "places": [{ "country": "RU", "region": format!("{:02}", number % 89 + 1) }],
        "pay": { "min": (60_000 + number % 90_000).to_string(), "currency": "RUB", "interval": "month" },
        "schedule": "FullTime", "skills": [{ "code": "X0101", "is_required": true }],
        "posts": number % 5 + 1, "posted_on": "2026-11-01", "changed_at": "2026-11-20T08:00:00Z",
        "page": format!("https://trudvsem.example/vacancy/{number}"),
    }))?)
}

const SETTINGS: &str = "\n[labour]\nenabled = true\nsync_every_ms = 3600000\npage = 1000\nbatch = 500\n";
const AT_ONCE: usize = 1_000;
const CHANGED: u32 = 100;
/// For a million.
const ELAPSED_MAX: Duration = Duration::from_secs(600);
