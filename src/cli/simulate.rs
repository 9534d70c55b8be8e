//! `stazh simulate`: the exchange of three nodes under a seed.

use super::progress::Progress;
use super::{Exit, show};
use crate::simulation::{Plan, Report, rules, simulate};
use anyhow::{Context, Result};
use std::path::Path;

/// Play the exchange of three nodes on a wire and on databases as bad as a
/// seed makes them.
///
/// Messages are dropped, repeated, delayed and cut short, nodes die between
/// any two statements, the clock jumps. In the end there is peace, and every
/// promise is judged: nothing lost, nothing handed over twice, every
/// conversation at one end. One seed is one story, always the same:
///
///   stazh simulate --seed 17
///   stazh simulate --seed 0 --runs 1000
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(super) struct Simulate {
    /// The seed; with --runs the first of them.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// How many seeds are played; of more than one only the broken are told.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    runs: u32,
    /// How many records are asked for.
    #[arg(long, default_value_t = 4)]
    conversations: u32,
    /// How many things happen before peace.
    #[arg(long, default_value_t = 60)]
    steps: u32,
    /// Let no node remember what it has seen: a defect, to see it found.
    #[arg(long)]
    without_ledger: bool,
}

impl Simulate {
    pub(super) fn run(self) -> Result<Exit> {
        let root = std::env::temp_dir().join(format!("stazh-simulate-{}", std::process::id()));
        let outcome = self.play(&root);
        let _ = std::fs::remove_dir_all(&root); // a leftover folder harms nobody
        outcome
    }

    fn play(&self, root: &Path) -> Result<Exit> {
        let rules = rules()?;
        let mut progress = Progress::of("seeds", u64::from(self.runs));
        let (mut deaths, mut mishaps, mut completed, mut broken) = (0_u32, 0_u32, 0_u32, 0_u32);
        for (at, seed) in (self.seed..).take(usize::try_from(self.runs)?).enumerate() {
            let folder = root.join(seed.to_string());
            let plan = Plan {
                seed,
                conversations: self.conversations,
                steps: self.steps,
                folder: folder.clone(),
                without_ledger: self.without_ledger,
            };
            // one thread: what happens next must not depend on the machine
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            let report = runtime.context("start the runtime")?.block_on(simulate(plan, rules.clone()))?;
            let _ = std::fs::remove_dir_all(folder); // the whole folder goes at the end
            if self.runs == 1 || !report.broken.is_empty() {
                tell(seed, &report);
            }
            deaths += report.deaths;
            mishaps += report.mishaps;
            completed += report.completed;
            broken += u32::from(!report.broken.is_empty());
            progress.reach(u64::try_from(at)? + 1);
        }
        drop(progress);
        show::line(&format!(
            "{} seeds: {deaths} deaths, {mishaps} mishaps on the wire, {completed} records or notices answered; {broken} seeds broke a promise",
            self.runs
        ));
        Ok(if broken == 0 { Exit::Done } else { Exit::Refused })
    }
}

fn tell(seed: u64, report: &Report) {
    show::line(&format!("seed {seed}"));
    for text in &report.trace {
        show::line(text);
    }
    for text in &report.broken {
        show::line(&format!("BROKEN: {text}"));
    }
}
