//! `stazh jobs publish`: vacancies into the streams of all peers.

use super::{Exit, noted, show};
use crate::base::from_json;
use crate::exchange::canonical::job::Vacancy;
use crate::flow::labour::{PublishedSum, close_untouched, publish_vacancies};
use anyhow::{Context, Result, anyhow};
use std::collections::BTreeSet;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;

/// Publish vacancies: one JSON object of the canonical model a line.
///
/// Contacts are left out. What has not changed makes no change; of two lines for
/// one vacancy the last counts. A line that cannot be taken is told with its
/// number, and the others are published.
///
///   stazh jobs publish kz vacancies.jsonl
///   stazh jobs publish kz all-of-enbek.jsonl --whole
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(super) struct Publish {
    /// The node's folder, or its settings file.
    node: PathBuf,
    /// The vacancies.
    file: PathBuf,
    /// The file holds all of its sources: open vacancies of them that it does not name are closed.
    #[arg(long)]
    whole: bool,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

impl Publish {
    pub(super) fn run(self) -> Result<Exit> {
        let object = format!("file:{}", self.file.file_name().unwrap_or_default().display());
        noted::with_flows_noted(&self.node.clone(), ("jobs-publish", &object), async |ctx| {
            let began = ctx.clock.now();
            let file = File::open(&self.file).with_context(|| format!("read {}", self.file.display()))?;
            let (mut batch, mut sources) = (Vec::new(), BTreeSet::new());
            let (mut sum, mut refused) = (PublishedSum::default(), 0_u64);
            for (at, line) in BufReader::new(file).lines().enumerate() {
                let line = line.with_context(|| format!("read {}", self.file.display()))?;
                if line.trim().is_empty() {
                    continue;
                }
                match from_json::<Vacancy>(line.as_bytes()) {
                    Ok(vacancy) => {
                        sources.insert(vacancy.reference.source.as_str().to_owned());
                        batch.push((at + 1, vacancy));
                    }
                    Err(fault) => {
                        refused += 1;
                        show::aside(&format!("line {}: {}", at + 1, fault.what));
                    }
                }
                if batch.len() == AT_ONCE {
                    refused += put(&mut batch, &mut sum, ctx).await?;
                }
            }
            refused += put(&mut batch, &mut sum, ctx).await?;
            if self.whole && refused > 0 {
                show::aside("nothing is closed: not every line could be taken, so the file is not the whole");
            } else if self.whole {
                for source in &sources {
                    loop {
                        let closed = close_untouched(source, began, CLOSED_AT_ONCE, ctx).await?;
                        sum.closed += closed;
                        if closed == 0 {
                            break;
                        }
                    }
                }
            }
            let PublishedSum { created, modified, closed, unchanged } = sum;
            if self.json {
                show::json_line(&serde_json::json!({
                    "created": created, "modified": modified, "closed": closed, "unchanged": unchanged,
                    "refused": refused,
                }));
            } else {
                show::line(&format!(
                    "{created} created, {modified} modified, {closed} closed, {unchanged} as before, {refused} refused"
                ));
            }
            Ok(if refused > 0 { Exit::Refused } else { Exit::Done })
        })
    }
}

/// Publishes a batch; if it is refused, line by line, so that one line takes nothing from the others. How many were refused.
async fn put(
    batch: &mut Vec<(usize, Vacancy)>,
    sum: &mut PublishedSum,
    ctx: &crate::flow::Context,
) -> Result<u64> {
    let (lines, vacancies): (Vec<usize>, Vec<Vacancy>) = batch.drain(..).unzip();
    if vacancies.is_empty() {
        return Ok(0);
    }
    if let Ok(more) = publish_vacancies(&vacancies, ctx).await {
        add(sum, more);
        return Ok(0);
    }
    let mut refused = 0;
    for (line, vacancy) in lines.into_iter().zip(vacancies) {
        match publish_vacancies(&[vacancy], ctx).await {
            Ok(more) => add(sum, more),
            Err(error) if matches!(error.verdict(), crate::base::Verdict::Return { .. }) => {
                refused += 1;
                show::aside(&format!("line {line}: {error}"));
            }
            Err(error) => return Err(anyhow!(error)),
        }
    }
    Ok(refused)
}

fn add(sum: &mut PublishedSum, more: PublishedSum) {
    sum.created += more.created;
    sum.modified += more.modified;
    sum.closed += more.closed;
    sum.unchanged += more.unchanged;
}

const AT_ONCE: usize = 1_000;
const CLOSED_AT_ONCE: u32 = 500;
