//! `stazh jobs fetch`: the vacancies of a portal, region by region.

use super::out::{VacanciesOut, own, tell};
use crate::base::{Clock, OsRandom, SystemClock};
use crate::cli::progress::Progress;
use crate::cli::{Exit, Misused, local, show};
use crate::exchange::adapter::jobs::{Cleaner, JobTally};
use crate::exchange::canonical::State;
use crate::exchange::canonical::job::VacancyStatus;
use crate::exchange::transit::Schedule;
use crate::exchange::wire::{JobPortal, PortalPlan};
use anyhow::{Context, Result};
use std::path::PathBuf;

/// Fetch the open vacancies of a portal.
///
///   stazh jobs fetch trudvsem --region 77 --region 78 --out ru
///
/// Of a region with more vacancies than the portal gives of one list, those of each
/// employer are asked for as well. What could not be read is told and stands in
/// report.json; what was read before a failure is kept.
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(super) struct Fetch {
    /// Which portal.
    #[arg(value_enum)]
    portal: Portal,
    /// Where its interface is.
    #[arg(long, default_value = "https://opendata.trudvsem.ru/api/v1")]
    base: String,
    /// A region by its two digits, or its code of KLADR; may be given again.
    #[arg(long = "region", required = true)]
    regions: Vec<String>,
    /// Pass over what was changed before this instant, such as 2026-07-01T00:00:00Z.
    #[arg(long)]
    since: Option<jiff::Timestamp>,
    /// The folder to write into; files of the same names are replaced.
    #[arg(long)]
    out: PathBuf,
    /// Write the contacts of vacancies too. They are data of persons.
    #[arg(long)]
    with_contacts: bool,
    /// How often a page is asked for before it is given up.
    #[arg(long, default_value_t = 6, value_parser = clap::value_parser!(u32).range(1..=20))]
    tries: u32,
    /// The first wait between two tries, in milliseconds.
    #[arg(long, default_value_t = 1_000, value_parser = clap::value_parser!(u64).range(1..=60_000))]
    wait_ms: u64,
    /// How long one answer may take, in milliseconds.
    #[arg(long, default_value_t = 60_000, value_parser = clap::value_parser!(u64).range(1..=600_000))]
    timeout_ms: u64,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Portal {
    /// The Russian portal "Работа в России".
    Trudvsem,
}

impl Fetch {
    pub(super) fn run(self) -> Result<Exit> {
        let base = self.base.parse().map_err(|cause| Misused(format!("read --base: {cause}")))?;
        let schedule = Schedule { first_ms: self.wait_ms, ..Schedule::default() };
        let (timeout_ms, tries, since) = (self.timeout_ms, self.tries, self.since);
        let plan = PortalPlan { base, timeout_ms, tries, schedule, since };
        let today = SystemClock.now().to_zoned_datetime(jiff::tz::TimeZone::UTC).date();
        let cleaner = Cleaner::built_in(today)?;
        let Portal::Trudvsem = self.portal;
        let mut out = VacanciesOut::create(&self.out, (State::Ru, own(SOURCE)?), self.with_contacts)?;
        let mut tally = JobTally::default();
        let (fetched, failed) = local::block_on(async {
            let random = OsRandom::default();
            let mut portal = JobPortal::new(plan, &random)?;
            let mut failed: Vec<String> = Vec::new();
            for region in &self.regions {
                let mut progress: Option<Progress> = None;
                let begun = portal.fetched().entries;
                let mut fault: Result<()> = Ok(());
                let mut each =
                    |entry: &serde_json::Value, place: &str, (count, total): (u64, Option<u64>)| {
                        let progress = progress.get_or_insert_with(|| match total {
                            Some(total) => Progress::of("vacancies", total),
                            None => Progress::unmeasured("vacancies"),
                        });
                        progress.reach(count.saturating_sub(begun));
                        tally.met += 1;
                        match cleaner.trudvsem(entry, place) {
                            Err(finding) => tally.set_aside(&finding),
                            Ok(taken) if !tally.is_new(&taken.record.reference.id, place) => {}
                            Ok(taken) => {
                                tally.take(taken.record.status == VacancyStatus::Closed, &taken.findings);
                                if fault.is_ok() {
                                    fault = out.put(&taken.record);
                                }
                            }
                        }
                    };
                if let Err(error) = portal.region(region, &mut each).await {
                    // the regions that can be read are not lost with one that cannot
                    failed.push(format!("{region}: {:#}", anyhow::Error::new(error)));
                }
                fault?;
            }
            Ok((portal.fetched().clone(), failed))
        })?;
        let report = serde_json::json!({
            "portal": SOURCE, "regions": self.regions, "fetched": fetched, "failed": failed, "entries": tally,
        });
        if fetched.pages == 0 {
            let why = failed.join("; ");
            show::aside(&format!("nothing was read, and nothing is written (wire.job_source): {why}"));
            return Ok(Exit::Later);
        }
        out.finish(&report).context("keep what was fetched")?;
        tell(&tally);
        fetched.warnings.iter().for_each(|warning| show::aside(&format!("partial: {warning}")));
        failed.iter().for_each(|region| show::aside(&format!("region not read (wire.job_source): {region}")));
        Ok(if failed.is_empty() && fetched.warnings.is_empty() { Exit::Done } else { Exit::Later })
    }
}

const SOURCE: &str = "trudvsem";
