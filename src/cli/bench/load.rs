//! What is asked for and answered while an exchange is measured: invented records of a size, or of a mix of sizes.

use crate::base::{Digest256, DocumentId, Verdict};
use crate::exchange::adapter::Found;
use crate::exchange::canonical::{CopyOfDocument, Inquiry, InsuranceRecord, Person};
use crate::exchange::seal::sha256;
use crate::flow::{CopyWriter, Desk, Done, FlowError, Origin};
use anyhow::Result;
use jiff::ToSpan;
use jiff::civil::date;
use std::collections::HashMap;
use std::io::{Cursor, Read, Write};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::Semaphore;

/// How large the answers are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Load {
    /// All of about 10 kB.
    Even,
    /// As X-Road is measured: of 1,000 answers 300 of 2 kB, 600 of 10 kB, 90 of 100 kB, 9 of 2 MB and 1 of 10 MB.
    Mix,
}

/// What one answer holds.
#[derive(Debug, Clone, Copy)]
struct Size {
    periods: u32,
    copy_bytes: usize,
}

impl Load {
    fn of(self, number: u32) -> Size {
        let plain = |periods| Size { periods, copy_bytes: 0 };
        match (self, number.wrapping_mul(SCATTER) % 1_000) {
            (Self::Even, _) | (Self::Mix, 300..900) => plain(9),
            (Self::Mix, 0..300) => plain(0),
            (Self::Mix, 900..990) => plain(140),
            (Self::Mix, 990..999) => Size { periods: 0, copy_bytes: 2_000_000 },
            (Self::Mix, _) => Size { periods: 0, copy_bytes: 10_000_000 },
        }
    }
}

/// Both local systems: one makes a record for whoever is asked about, the other only counts.
pub(super) struct BenchDesk {
    load: Load,
    scan: Arc<[u8]>,
    /// The digests of its beginnings, by their lengths.
    digests: HashMap<usize, Digest256>,
    asked: Mutex<HashMap<String, Instant>>,
    done: Mutex<Vec<Duration>>,
    /// Records that nobody had asked for.
    strange: Mutex<u32>,
    pub(super) places: Arc<Semaphore>,
}

impl BenchDesk {
    pub(super) fn new(load: Load, places: Arc<Semaphore>) -> Self {
        let bytes = (0..SCAN_BYTES).map(|at| u8::try_from(at.wrapping_mul(at) % 251).unwrap_or_default());
        let scan: Arc<[u8]> = bytes.collect();
        let digest_of = |length| (length, sha256(scan.get(..length).unwrap_or_default()));
        let digests = [2_000_000, SCAN_BYTES].map(digest_of).into();
        let (asked, done, strange) = (Mutex::default(), Mutex::default(), Mutex::default());
        Self { load, scan, digests, asked, done, strange, places }
    }

    /// Notes that a record is asked for now.
    pub(super) fn ask(&self, number: u32) {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).insert(name_of(number), Instant::now());
    }

    /// How long the records took that came since the last time, sorted; and how many were nobody's.
    pub(super) fn take(&self) -> (Vec<Duration>, u32) {
        let mut done = std::mem::take(&mut *self.done.lock().unwrap_or_else(PoisonError::into_inner));
        done.sort();
        (done, std::mem::take(&mut *self.strange.lock().unwrap_or_else(PoisonError::into_inner)))
    }

    fn record(&self, number: u32) -> Result<InsuranceRecord, serde_json::Error> {
        let Size { periods, copy_bytes } = self.load.of(number);
        let mut record = record(number, periods)?;
        if let Some(sha256) = self.digests.get(&copy_bytes) {
            let copy = serde_json::json!({ "bytes": copy_bytes, "sha256": sha256 });
            let evidence = serde_json::json!([{ "kind": "workbook", "copy": copy }]);
            record.evidence = serde_json::from_value(evidence)?;
        }
        Ok(record)
    }
}

impl Desk for BenchDesk {
    fn find(&self, inquiry: &Inquiry, _as_of: jiff::civil::Date) -> Result<Found, FlowError> {
        let number = inquiry.person.name.family().and_then(|name| name.strip_prefix(FAMILY)?.parse().ok());
        self.record(number.unwrap_or(0)).map(|record| Found::Record(record, Arc::default())).map_err(
            |error| FlowError::Local {
                verdict: Verdict::Park { code: "bench.person" },
                detail: error.to_string(),
            },
        )
    }

    fn open_copy(&self, _person: &Person, copy: &CopyOfDocument) -> Result<Box<dyn Read + Send>, FlowError> {
        Ok(Box::new(Cursor::new(self.scan.clone()).take(copy.bytes)))
    }

    fn take_copy(
        &self,
        _id: DocumentId,
        _copy: &CopyOfDocument,
    ) -> Result<Option<Box<dyn CopyWriter>>, FlowError> {
        Ok(Some(Box::new(Nowhere)))
    }

    fn hand_over(&self, _origin: &Origin, record: &InsuranceRecord) -> Result<Done, FlowError> {
        let name = record.person.name.family().unwrap_or_default();
        match self.asked.lock().unwrap_or_else(PoisonError::into_inner).remove(name) {
            Some(begun) => self.done.lock().unwrap_or_else(PoisonError::into_inner).push(begun.elapsed()),
            None => *self.strange.lock().unwrap_or_else(PoisonError::into_inner) += 1,
        }
        self.places.add_permits(1);
        Ok(Done::First)
    }
}

/// Where the copies go while an exchange is measured.
struct Nowhere;

impl Write for Nowhere {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl CopyWriter for Nowhere {
    fn finish(self: Box<Self>) -> Result<(), FlowError> {
        Ok(())
    }
}

fn name_of(number: u32) -> String {
    format!("{FAMILY}{number}")
}

pub(super) fn inquiry(number: u32) -> Result<Inquiry> {
    Ok(serde_json::from_value(serde_json::json!({
        "asking": "RU", "asked": "KZ", "purpose": "old-age", "person": person(number),
    }))?)
}

fn person(number: u32) -> serde_json::Value {
    serde_json::json!({
        "name": { "family": name_of(number), "given": "Ерлан" }, "birth_date": "1955-03-15",
    })
}

/// A record of so many periods; with nine, its sealed document has about 10 kB.
pub(super) fn record(number: u32, periods: u32) -> Result<InsuranceRecord, serde_json::Error> {
    let begin = date(1985, 1, 11);
    let periods: Vec<_> = (0..periods)
        .map(|period| {
            let from = begin.saturating_add((i64::from(period) * 90).days());
            serde_json::json!({
                "id": format!("p{number}-{period}"), "state": "KZ", "kind": "work",
                "interval": { "from": from, "to": from.saturating_add(60.days()) },
            })
        })
        .collect();
    serde_json::from_value(serde_json::json!({
        "state": "KZ", "as_of": "2026-11-01", "person": person(number), "periods": periods, "contributions": [],
    }))
}

const FAMILY: &str = "Тестов";
const SCAN_BYTES: usize = 10_000_000;
/// A prime, so that answers of a size do not come one after the other.
const SCATTER: u32 = 7_919;
