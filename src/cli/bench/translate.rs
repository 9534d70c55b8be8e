//! `stazh bench translate`: how fast local rows become canonical records and interstate documents.

use super::super::progress::Progress;
use super::super::{Exit, show};
use super::long_file::LongFile;
use super::pipeline::{Pipeline, Python};
use crate::base::{Clock, DocumentId, Limits, OsRandom, Random, SeededRandom, SystemClock};
use crate::exchange::adapter::{Entry, LocalRecord, Profile, Synthetic};
use crate::exchange::canonical::{InsuranceRecord, State};
use crate::exchange::document::codec::{Header, encode_record};
use crate::exchange::rules::{Carries, Catalogue, Rules};
use anyhow::{Context, Result};
use std::path::Path;
use std::time::{Duration, Instant};

/// Measure the translation of local rows on one thread: rows of each format into
/// canonical records; records of one contribution into documents, without and with
/// their validation; rows of CSV and JSON the whole way, beside a Python script of
/// the same mapping with lxml (benches/translate.py).
///
/// A long file in little memory:
///
///   stazh bench translate --rows 5000000
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(super) struct Translate {
    /// Of how many invented persons.
    #[arg(long, default_value_t = 2_000, value_parser = clap::value_parser!(u32).range(100..=100_000))]
    persons: u32,
    /// Only take a file of so many rows the whole way, find somebody in it, and tell the most memory of it.
    #[arg(long, value_parser = clap::value_parser!(u64).range(1_000..=1_000_000_000))]
    rows: Option<u64>,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

/// A count and how long it took.
struct Rate {
    what: String,
    count: usize,
    elapsed: Duration,
}

impl Translate {
    pub(super) fn run(self) -> Result<Exit> {
        let folder = std::env::temp_dir().join(format!("stazh-bench-{}", std::process::id()));
        std::fs::create_dir_all(&folder).with_context(|| format!("make {}", folder.display()))?;
        let outcome = match self.rows {
            Some(rows) => self.long_file(&folder, rows),
            None => self.rates(&folder),
        };
        let _ = std::fs::remove_dir_all(&folder); // a leftover folder harms nobody
        outcome
    }

    fn long_file(&self, folder: &Path, rows: u64) -> Result<Exit> {
        let measured = LongFile::measure(folder, rows)?;
        if self.json {
            show::json(&serde_json::json!({
                "rows": measured.done.rows, "a_second": measured.done.a_second(),
                "file_bytes": measured.file_bytes, "peak_kib": measured.peak_kib,
                "found_after_s": measured.found_after.as_secs_f64(),
            }));
        } else {
            show::line(&measured.as_text());
        }
        Ok(if measured.is_within() { Exit::Done } else { Exit::Refused })
    }

    fn rates(&self, folder: &Path) -> Result<Exit> {
        let limits = Limits { local_bytes_max: usize::MAX, ..Limits::default() };
        let mut rates = Vec::new();
        let mut contributions: Vec<LocalRecord> = Vec::new();
        let begun = Instant::now();
        let mut profiles = 0;
        for state in [State::Am, State::By, State::Kg, State::Kz, State::Ru] {
            profiles += u32::try_from(Profile::built_in(state)?.len())?;
        }
        let compile = begun.elapsed() / profiles.max(1);
        for (state, name) in [
            (State::Kz, "kz/contributions"),
            (State::Am, "am/returns"),
            (State::Kg, "kg/accounts"),
            (State::By, "by/pu-3"),
        ] {
            let profiles = Profile::built_in(state)?;
            let mut progress = Progress::of(name, u64::from(self.persons));
            let mut made = |done| progress.reach(u64::from(done));
            let files = Synthetic::files(&profiles, self.persons, &SeededRandom::new(1), &mut made)?;
            let all = profiles.iter().zip(files);
            let (profile, (file, bytes, _)) = all
                .into_iter()
                .find(|(profile, _)| profile.file().trim_end_matches(".toml") == name)
                .context("find the form")?;
            let mut rows = Vec::new();
            let begun = Instant::now();
            profile.read(&file, &bytes[..], &limits, &mut |row, _| rows.push(row))?;
            let what = format!("{} rows of {name} read", profile.head().format.ending());
            rates.push(Rate { what, count: rows.len(), elapsed: begun.elapsed() });
            if state == State::Kz {
                contributions = rows;
            }
        }
        let records: Vec<InsuranceRecord> =
            contributions.into_iter().filter_map(record_of).take(DOCUMENTS).collect();
        let (catalogue, rules) = (Catalogue::built_in()?, Rules::built_in(Limits::default())?);
        let (process, transaction) = catalogue.beginning_with(Carries::Inquiry)?;
        let message = process.response(transaction, Carries::InsuranceRecord)?;
        let id = DocumentId::from_uuid(OsRandom::default().uuid());
        let header = Header::new((&message.code, &message.structure), id, Some(id), SystemClock.now());
        let begun = Instant::now();
        let documents: Vec<Vec<u8>> =
            records.iter().map(|record| encode_record(record, &header)).collect::<Result<_, _>>()?;
        let bytes: usize = documents.iter().map(Vec::len).sum();
        let what = format!("documents of {} bytes written", bytes / documents.len().max(1));
        rates.push(Rate { what, count: documents.len(), elapsed: begun.elapsed() });
        let begun = Instant::now();
        for document in &documents {
            rules.check(document, message).map_err(|findings| {
                anyhow::anyhow!("check an invented document: {} findings", findings.len())
            })?;
        }
        rates.push(Rate {
            what: "documents validated".to_owned(),
            count: documents.len(),
            elapsed: begun.elapsed(),
        });
        let (whole, python) = self.whole_way(folder)?;
        let millis = compile.as_secs_f64() * 1_000.0;
        if self.json {
            let rate = |one: &Rate| serde_json::json!({ "what": one.what, "count": one.count, "a_second": one.a_second() });
            show::json(&serde_json::json!({
                "rates": rates.iter().chain(&whole).map(rate).collect::<Vec<_>>(),
                "times_python": python.as_ref().ok().map(|python| python.times(&whole)),
                "profile_ms": millis,
            }));
            return Ok(Exit::Done);
        }
        for rate in rates.iter().chain(&whole) {
            show::line(&format!("{:>9.0} a second: {} ({})", rate.a_second(), rate.what, rate.count));
        }
        match python {
            Ok(python) => show::line(&python.as_text(&whole)),
            Err(error) => show::line(&format!("not compared with Python and lxml: {error:#}")),
        }
        show::line(&format!("{millis:.2} ms to compile a profile ({profiles})"));
        Ok(Exit::Done)
    }

    /// Rows of CSV and JSON taken the whole way, without and with validation; and what Python takes for those of CSV.
    fn whole_way(&self, folder: &Path) -> Result<(Vec<Rate>, Result<Python>)> {
        let mut rates = Vec::new();
        let mut python = Err(anyhow::anyhow!("no rows of CSV"));
        for (state, name) in [(State::Kz, "kz/depositors"), (State::Am, "am/persons")] {
            let profiles = Profile::built_in(state)?;
            let mut progress = Progress::of("persons", u64::from(self.persons));
            let mut made = |done| progress.reach(u64::from(done));
            let files = Synthetic::files(&profiles, self.persons, &SeededRandom::new(1), &mut made)?;
            drop(progress);
            let of = |(profile, _): &(&Profile, _)| profile.file().trim_end_matches(".toml") == name;
            let found = profiles.iter().zip(&files).find(of);
            let (profile, (file, bytes, _)) = found.context("find the form")?;
            let pipeline = Pipeline::of(name)?;
            for (is_validated, how) in [(false, ""), (true, ", validated")] {
                let done = pipeline.run(&bytes[..], is_validated, None)?;
                let what = format!(
                    "{} rows to documents of {} bytes{how}",
                    profile.head().format.ending(),
                    done.document_bytes()
                );
                rates.push(Rate { what, count: usize::try_from(done.rows)?, elapsed: done.elapsed });
            }
            if state == State::Kz {
                let path = folder.join(file);
                std::fs::write(&path, bytes).with_context(|| format!("write {}", path.display()))?;
                python = Python::run(folder, &path);
            }
        }
        Ok((rates, python))
    }
}

impl Python {
    /// How many times as fast our rows of CSV are, without and with validation.
    fn times(&self, whole: &[Rate]) -> [f64; 2] {
        let own = |at: usize| whole.get(at).map_or(0.0, Rate::a_second);
        [own(0) / self.a_second(false), own(1) / self.a_second(true)]
    }

    fn as_text(&self, whole: &[Rate]) -> String {
        let [bare, validated] = self.times(whole);
        let kept = if validated >= TIMES_MIN { "kept" } else { "BROKEN" };
        format!(
            "as a Python script with lxml does it, documents of {} bytes: {:.0} a second, {:.0} validated; \
             {bare:.1} and {validated:.1} times (at least {TIMES_MIN}) {kept}",
            self.document_bytes(),
            self.a_second(false),
            self.a_second(true)
        )
    }
}

impl Rate {
    fn a_second(&self) -> f64 {
        f64::from(u32::try_from(self.count).unwrap_or(u32::MAX)) / self.elapsed.as_secs_f64()
    }
}

/// A record of one contribution.
fn record_of(row: LocalRecord) -> Option<InsuranceRecord> {
    let Entry::Contribution(one) = row.entry else { return None };
    let mut person = row.person;
    person.birth_date = person.birth_date.or_else(|| "1985-03-15".parse().ok());
    let name = serde_json::json!({ "family": "Ахметов", "given": "Ерлан" });
    person.name = person.name.or_else(|| serde_json::from_value(name).ok());
    Some(InsuranceRecord {
        state: State::Kz,
        as_of: AS_OF,
        person: person.into_person()?,
        periods: Vec::new(),
        contributions: vec![one],
        evidence: Vec::new(),
    })
}

const DOCUMENTS: usize = 10_000;
/// How many times as fast as Python it should be.
const TIMES_MIN: f64 = 3.0;
const AS_OF: jiff::civil::Date = jiff::civil::date(2026, 11, 1);
