//! What it costs to validate a document by its schema and rules, beside libxml2's XSD validation of the same bytes.

use super::pipeline::{PYTHON, write_schemas};
use crate::base::{Clock, DocumentId, Limits, OsRandom, Random, SystemClock};
use crate::exchange::canonical::case::CaseDocument;
use crate::exchange::canonical::{InsurancePeriod, InsuranceRecord};
use crate::exchange::document::codec::{Header, case_root, encode_case, encode_record};
use crate::exchange::rules::{Carries, Catalogue, MessageKind, Rules};
use anyhow::{Context, Result, anyhow, bail};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

/// A document and what its validation took.
pub(super) struct Validation {
    what: &'static str,
    bytes: usize,
    /// By us: read, judged by schema and rules.
    ours: Duration,
    /// By libxml2: read and judged by the schema; judged alone, already read.
    theirs: Result<[Duration; 2]>,
}

impl Validation {
    /// Of an insurance record of 10 kB and of a pension claim.
    pub(super) fn measure(folder: &Path) -> Result<Vec<Self>> {
        let (catalogue, rules) = (Catalogue::built_in()?, Rules::built_in(Limits::default())?);
        write_schemas(folder)?;
        let (process, transaction) = catalogue.beginning_with(Carries::Inquiry)?;
        let message = process.response(transaction, Carries::InsuranceRecord)?;
        let record = Self::of("an insurance record", &record(message)?, (message, &rules), folder)?;
        let claim: CaseDocument = serde_json::from_str(CLAIM).context("read the claim")?;
        let (process, transaction) = catalogue.beginning_with_root(case_root(claim.kind()))?;
        let message = process.message(&transaction.request)?;
        let document = encode_case(&claim, &header(message))?;
        let claim = Self::of("a pension claim", &document, (message, &rules), folder)?;
        Ok(vec![record, claim])
    }

    fn of(
        what: &'static str,
        document: &[u8],
        (message, rules): (&MessageKind, &Rules),
        folder: &Path,
    ) -> Result<Self> {
        let ours = || -> Result<Duration> {
            let begun = Instant::now();
            for _ in 0..TIMES {
                if let Err(findings) = rules.check(document, message) {
                    bail!("check {what}: {findings:?}");
                }
            }
            Ok(begun.elapsed() / TIMES)
        };
        ours()?; // the first look at a structure compiles its schema
        let mut theirs = Lxml::start(document, message, folder);
        let (mut of_us, mut of_them, mut alone) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            of_us.push(ours()?);
            if let Ok(lxml) = &mut theirs {
                of_them.push(lxml.time("whole")?);
                alone.push(lxml.time("alone")?);
            }
        }
        let theirs = theirs.map(|_lxml| [median(of_them), median(alone)]);
        Ok(Self { what, bytes: document.len(), ours: median(of_us), theirs })
    }

    /// How much longer than libxml2 we take: where it reads the document too, and where it only judges it.
    fn times(&self) -> Option<[f64; 2]> {
        let times = |theirs: &Duration| self.ours.as_secs_f64() / theirs.as_secs_f64();
        self.theirs.as_ref().ok().map(|[whole, alone]| [times(whole), times(alone)])
    }

    /// Whether it is as quick as promised, as far as that was measured.
    pub(super) fn is_within(&self) -> bool {
        self.times().is_none_or(|[whole, _]| whole <= TIMES_MAX)
    }

    pub(super) fn as_text(&self) -> String {
        let micros = |took: Duration| took.as_secs_f64() * 1e6;
        let own =
            format!("{} of {} bytes  {:.1} µs by schema and rules", self.what, self.bytes, micros(self.ours));
        match (&self.theirs, self.times()) {
            (Ok([whole, alone]), Some([times, of_alone])) => format!(
                "{own}; libxml2 by schema {:.1} µs, already read {:.1} µs; {times:.2} times (at most {TIMES_MAX}) {}, {of_alone:.2} times",
                micros(*whole),
                micros(*alone),
                if self.is_within() { "kept" } else { "BROKEN" }
            ),
            (Err(error), _) => format!("{own}; not compared with libxml2: {error:#}"),
            (Ok(_), None) => own,
        }
    }

    pub(super) fn as_json(&self) -> serde_json::Value {
        let micros = |took: &Duration| took.as_secs_f64() * 1e6;
        let theirs = self.theirs.as_ref().ok();
        serde_json::json!({
            "document": self.what, "bytes": self.bytes, "microseconds": micros(&self.ours),
            "libxml2_microseconds": theirs.map(|[whole, _]| micros(whole)),
            "libxml2_already_read_microseconds": theirs.map(|[_, alone]| micros(alone)),
            "times": self.times().map(|[whole, _]| whole),
        })
    }
}

/// A record of about 10 kB: that of the worked case, with more periods of its kind.
fn record(message: &MessageKind) -> Result<Vec<u8>> {
    let mut record: InsuranceRecord = serde_json::from_str(RECORD).context("read the record")?;
    let periods: Vec<InsurancePeriod> = record.periods.clone();
    for (number, period) in (1..).zip(periods.iter().cycle()) {
        let document = encode_record(&record, &header(message))?;
        if document.len() >= BYTES {
            return Ok(document);
        }
        let id = format!("{}-{number}", period.id.as_str());
        let id = id.parse().map_err(|finding| anyhow!("number a period: {finding}"))?;
        record.periods.push(InsurancePeriod { id, supersedes: None, ..period.clone() });
    }
    bail!("make a record of {BYTES} bytes: it has no period")
}

fn header(message: &MessageKind) -> Header {
    let id = DocumentId::from_uuid(OsRandom::default().uuid());
    Header::new((&message.code, &message.structure), id, Some(id), SystemClock.now())
}

fn median(mut all: Vec<Duration>) -> Duration {
    all.sort();
    all.get(all.len() / 2).copied().unwrap_or_default()
}

/// libxml2 in a process of Python.
struct Lxml {
    process: Child,
    to: ChildStdin,
    from: BufReader<ChildStdout>,
}

impl Lxml {
    fn start(document: &[u8], message: &MessageKind, folder: &Path) -> Result<Self> {
        let path = folder.join("document.xml");
        std::fs::write(&path, document).with_context(|| format!("write {}", path.display()))?;
        let schemas = folder.join("schemas/pension");
        let mut schema = None;
        for entry in std::fs::read_dir(&schemas).context("list the schemas")? {
            let path = entry.context("list the schemas")?.path();
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            if name.contains(&format!("_{}_v", message.root)) && name.ends_with(".xsd") {
                schema = Some(path);
            }
        }
        let schema = schema.with_context(|| format!("find the schema of {}", message.root))?;
        let script = folder.join("validate.py");
        std::fs::write(&script, SCRIPT).with_context(|| format!("write {}", script.display()))?;
        let mut process = Command::new(PYTHON)
            .args([&script, &schema, &path])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .with_context(|| format!("run {PYTHON}"))?;
        let to = process.stdin.take().context("speak to Python")?;
        let from = BufReader::new(process.stdout.take().context("listen to Python")?);
        let mut lxml = Self { process, to, from };
        if lxml.line()? != "ready" {
            bail!("python3-lxml is missing or refuses the document; deploy/prerequisites installs it");
        }
        Ok(lxml)
    }

    /// How long one piece of work takes.
    fn time(&mut self, work: &str) -> Result<Duration> {
        writeln!(self.to, "{work} {TIMES}").context("speak to Python")?;
        let nanos: u64 = self.line()?.parse().context("understand Python")?;
        Ok(Duration::from_nanos(nanos) / TIMES)
    }

    fn line(&mut self) -> Result<String> {
        let mut line = String::new();
        self.from.read_line(&mut line).context("listen to Python")?;
        Ok(line.trim_end().to_owned())
    }
}

impl Drop for Lxml {
    fn drop(&mut self) {
        let _ = self.process.kill(); // it has ended already
        let _ = self.process.wait(); // likewise
    }
}

const BYTES: usize = 10_000;
/// How much of the time of libxml2 ours may take, where both read the document.
const TIMES_MAX: f64 = 1.5;
/// How often a document is validated in a round; rounds of both sides alternate, so that a busy machine touches both.
const TIMES: u32 = 20;
const ROUNDS: usize = 101;
const RECORD: &str = include_str!("../../../fixtures/case-kz-to-ru/2-record.json");
const CLAIM: &str = include_str!("../../../fixtures/cases/pension-claim.json");
const SCRIPT: &str = include_str!("../../../benches/validate.py");
