//! `stazh bench pension`: what the arithmetic of a claim and the validation of a document cost.

use super::super::{Exit, show};
use super::validation::Validation;
use crate::exchange::canonical::{Ends, InsuranceRecord, State};
use crate::pension::{Claim, advise, agreement};
use anyhow::{Context, Result};
use jiff::ToSpan;
use jiff::civil::date;
use std::time::{Duration, Instant};

/// Measure the arithmetic of a claim on one thread: lives of 15, 60 and 240 periods
/// in all five states, each with its whole explanation. Time for each life, and
/// as a multiple of the shortest: it should grow as the periods do. Then the
/// validation of a record of 10 kB and of a pension claim, by schema and rules,
/// beside libxml2 by the schema alone (benches/validate.py).
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(super) struct Pension {
    /// How often each life is reckoned.
    #[arg(long, default_value_t = 2_000, value_parser = clap::value_parser!(u32).range(10..=1_000_000))]
    times: u32,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

impl Pension {
    pub(super) fn run(self) -> Result<Exit> {
        let claim: Claim = serde_json::from_value(serde_json::json!({
            "state": "RU", "kind": "ru-old-age", "filed_on": "2026-11-23", "residence": "RU",
            "needed": { "service": { "years": 60 }, "coefficient": "100" },
        }))
        .context("make the claim")?;
        let mut took: Vec<(usize, Duration)> = Vec::new();
        for periods in [15, 60, 240] {
            let life = life(periods)?;
            let begun = Instant::now();
            for _ in 0..self.times {
                std::hint::black_box(advise(&claim, &life, agreement()));
            }
            took.push((periods, begun.elapsed() / self.times));
        }
        let micros = |took: Duration| took.as_secs_f64() * 1e6;
        let first = took.first().map_or(1.0, |(_, took)| micros(*took));
        for (periods, took) in took {
            let (micros, times) = (micros(took), micros(took) / first);
            if self.json {
                show::json_line(&serde_json::json!({ "periods": periods, "microseconds": micros }));
            } else {
                show::line(&format!(
                    "a life of {periods:>3} periods  {micros:>7.1} µs  {times:>5.1} x the shortest"
                ));
            }
        }
        let folder = std::env::temp_dir().join(format!("stazh-bench-{}", std::process::id()));
        std::fs::create_dir_all(&folder).with_context(|| format!("make {}", folder.display()))?;
        let validations = Validation::measure(&folder);
        let _ = std::fs::remove_dir_all(&folder); // a leftover folder harms nobody
        let validations = validations?;
        for one in &validations {
            if self.json {
                show::json_line(&one.as_json());
            } else {
                show::line(&one.as_text());
            }
        }
        Ok(if validations.iter().all(Validation::is_within) { Exit::Done } else { Exit::Refused })
    }
}

/// Periods one after another, each in another state, each a little into the next.
fn life(periods: usize) -> Result<Vec<InsuranceRecord>> {
    let mut records: Vec<InsuranceRecord> = Vec::new();
    for state in State::ALL {
        records.push(serde_json::from_value(serde_json::json!({
            "state": state, "as_of": "2026-11-01", "periods": [],
            "person": { "name": { "family": "Осмонов", "given": "Азамат" }, "birth_date": "1950-04-09", "citizenships": ["KG"] },
        }))?);
    }
    let days = i64::try_from(18_000 / periods)?;
    let states = records.len();
    for at in 0..periods {
        let from = date(1975, 1, 1).checked_add((days * i64::try_from(at)?).days())?;
        let to = Some(from.checked_add((days + 9).days())?);
        let record = records.get_mut(at % states).context("find the state")?;
        record.periods.push(serde_json::from_value(serde_json::json!({
            "id": format!("p{at}"), "state": record.state, "kind": "work", "interval": Ends { from, to },
        }))?);
    }
    Ok(records)
}
