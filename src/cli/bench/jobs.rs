//! `stazh bench jobs`: the index of vacancies, how fast it is built and searched.

use super::super::jobs::{index_files, unusable};
use super::super::progress::Progress;
use super::super::scratch::Scratch;
use super::super::{Exit, show};
use super::long_file::peak_kib;
use crate::exchange::canonical::Currency;
use crate::labour::evaluation::World;
use crate::labour::matching::{Matching, Recognition, Sought, Weights};
use crate::store::job_index::{JobIndex, Keys};
use anyhow::{Context, Result};
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::time::{Duration, Instant};

/// Measure the index of vacancies: generated ones of all five states are written to a
/// file of JSON lines, put into an index as stazh jobs index does, and found: for
/// generated profiles, for the words of titles, and for both together, each time a page
/// of ten with all filters, counts, facets, scores and reasons. The most memory is that
/// of the whole process, what is mapped of the index included.
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(super) struct Jobs {
    /// How many vacancies.
    #[arg(long, default_value_t = 50_000, value_parser = clap::value_parser!(u32).range(1_000..=10_000_000))]
    vacancies: u32,
    /// How many searches of each kind.
    #[arg(long, default_value_t = 500, value_parser = clap::value_parser!(u32).range(20..=100_000))]
    queries: u32,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

struct Times {
    name: &'static str,
    sorted: Vec<Duration>,
}

impl Jobs {
    pub(super) fn run(self) -> Result<Exit> {
        let world = World::new(SEED)?;
        let scratch = Scratch::new("bench-jobs")?;
        let file = scratch.path().join("vacancies.jsonl");
        let titles = write(&world, &file, (self.vacancies, self.queries + WARMING))?;
        let file_bytes = std::fs::metadata(&file)?.len();
        let index = JobIndex::open(&scratch.path().join("index"))?;
        let begun = Instant::now();
        index_files(&index, &[file], world.lexicon())?;
        let built = begun.elapsed();
        let built_kib = peak_kib()?;
        let rates = World::rates()?;
        let rouble: Currency = "RUB".parse().map_err(unusable)?;
        let by = Matching {
            weights: Weights::built_in().map_err(unusable)?,
            recognition: Recognition::built_in().map_err(unusable)?,
            tables: world.lexicon(),
            rates: Some(&rates),
            currency: rouble,
            today: World::today(),
            sought: Sought::Vacancies,
        };
        let mut times = KINDS.map(|name| Times { name, sorted: Vec::new() });
        let mut hits = 0;
        for (number, title) in (0..self.queries + WARMING).zip(titles.iter().cycle()) {
            let profile = world.profile()?;
            let typed = || Keys { words: title.clone(), per_page: PER_PAGE, ..Keys::default() };
            let asked = [
                (Some(&profile), Keys { per_page: PER_PAGE, ..Keys::default() }),
                (None, typed()),
                (Some(&profile), typed()),
            ];
            for (times, (profile, keys)) in times.iter_mut().zip(asked) {
                let begun = Instant::now();
                let found = index.search(profile, &keys, &by)?;
                if number >= WARMING {
                    times.sorted.push(begun.elapsed());
                    hits += found.hits;
                }
            }
        }
        times.iter_mut().for_each(|times| times.sorted.sort());
        let is_within = built <= BUILD_MAX
            && times.iter().all(|times| times.at(95) <= QUERY_MAX)
            && peak_kib()? <= PEAK_KIB_MAX;
        let searches = usize::try_from(self.queries)?.max(1) * KINDS.len();
        let measured = serde_json::json!({
            "vacancies": self.vacancies, "file_bytes": file_bytes, "build_seconds": built.as_secs_f64(),
            "build_peak_kib": built_kib, "peak_kib": peak_kib()?, "queries": self.queries,
            "hits_per_query": hits / searches,
            "times": times.iter().map(Times::as_json).collect::<Vec<_>>(), "kept": is_within,
        });
        if self.json {
            show::json(&measured);
        } else {
            show::line(&format!(
                "{} vacancies in {} MB put into an index in {:.0} s (at most {})",
                self.vacancies,
                file_bytes / 1_000_000,
                built.as_secs_f64(),
                BUILD_MAX.as_secs()
            ));
            times.iter().for_each(|times| show::line(&times.as_text()));
            show::line(&format!(
                "at most {} MiB resident, {} MiB while building (at most {}) {}",
                peak_kib()? / 1024,
                built_kib / 1024,
                PEAK_KIB_MAX / 1024,
                if is_within { "kept" } else { "BROKEN" }
            ));
        }
        Ok(if is_within { Exit::Done } else { Exit::Refused })
    }
}

/// Writes the file; some of the titles, as readers may type them.
fn write(world: &World, path: &Path, (vacancies, titles): (u32, u32)) -> Result<Vec<String>> {
    let mut out = BufWriter::new(File::create(path).with_context(|| format!("write {}", path.display()))?);
    let mut progress = Progress::of("vacancies", u64::from(vacancies));
    let each = usize::try_from((vacancies / titles).max(1))?;
    let mut some = Vec::new();
    for number in 0..usize::try_from(vacancies)? {
        let vacancy = world.vacancy(number)?;
        serde_json::to_writer(&mut out, &vacancy)?;
        out.write_all(b"\n")?;
        if number % each == 0 {
            some.push(vacancy.title.as_str().to_owned());
        }
        progress.reach(u64::try_from(number)?);
    }
    out.into_inner().map_err(|error| error.into_error())?.sync_all()?;
    Ok(some)
}

impl Times {
    fn at(&self, percent: usize) -> Duration {
        let last = self.sorted.len().saturating_sub(1);
        self.sorted.get(last * percent / 100).copied().unwrap_or_default()
    }

    fn as_text(&self) -> String {
        let ms = |percent| self.at(percent).as_secs_f64() * 1e3;
        format!("{}: p50 {:.1} ms, p95 {:.1} ms, p99 {:.1} ms", self.name, ms(50), ms(95), ms(99))
    }

    fn as_json(&self) -> serde_json::Value {
        let ms = |percent| self.at(percent).as_secs_f64() * 1e3;
        serde_json::json!({ "what": self.name, "p50_ms": ms(50), "p95_ms": ms(95), "p99_ms": ms(99) })
    }
}

const SEED: u64 = 7;
/// What is sought.
const KINDS: [&str; 3] = ["profile", "words", "profile and words"];
const PER_PAGE: usize = 10;
/// Queries that are not measured: the file cache fills.
const WARMING: u32 = 20;
const BUILD_MAX: Duration = Duration::from_secs(300);
const QUERY_MAX: Duration = Duration::from_millis(50);
const PEAK_KIB_MAX: u64 = 1_536 * 1024;
