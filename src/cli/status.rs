//! `stazh status`: what a node has sent, received and is waiting for.

use super::explain::remedy;
use super::jobs::{lag_json, lag_table};
use super::{Exit, local, set_aside, show};
use crate::base::{Clock, Language, SystemClock};
use crate::flow::labour::lags;
use crate::store::{
    ChainCounts, ChainSeal, Tx, Waiting, chain_counts, chain_seal_last, conversation_counts, handover_sum,
    inbox_counts, local_files, local_set_aside, outbox_counts, waiting_list,
};
use anyhow::Result;
use comfy_table::presets;
use jiff::Timestamp;
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;
use std::path::PathBuf;

/// Show what a node has sent, received and is waiting for; works while it runs.
///
///   stazh status ru
///   stazh status ru --waiting
///   stazh status ru --aside
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(super) struct Status {
    /// The node's folder, or its settings file.
    node: PathBuf,
    /// Show what has not come to rest: when it is tried next, or that it waits for a person.
    #[arg(long)]
    waiting: bool,
    /// Show which rows of the local files are set aside, why, and what to do.
    #[arg(long, conflicts_with = "waiting")]
    aside: bool,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

impl Status {
    pub(super) fn run(self) -> Result<Exit> {
        let settings = local::settings(&self.node)?;
        local::block_on(async {
            let store = local::store(&settings, "show the status").await?;
            let mut tx = store.read().await?;
            let counts = counts(&mut tx).await?;
            let journal = Chain::of(&mut tx).await?;
            let handed_over = handover_sum(&mut tx).await?;
            let waiting = if self.waiting { Some(waiting_list(&mut tx, WAITING_ROWS).await?) } else { None };
            let files = local_files(&mut tx).await?;
            let behind = lags(&mut tx, SystemClock.now()).await?;
            let aside = if self.aside { Some(local_set_aside(&mut tx, WAITING_ROWS).await?) } else { None };
            drop(tx);
            store.close().await;
            if self.json {
                let mut object = as_json(&counts, &journal, handed_over, waiting.as_deref());
                object.insert("local".to_owned(), set_aside::as_json(&files, aside.as_deref()));
                object.insert("jobs".to_owned(), behind.iter().map(lag_json).collect());
                show::json(&object.into());
                return Ok(Exit::Done);
            }
            show::line(&match (waiting, aside) {
                (Some(waiting), _) => waiting_table(&waiting),
                (None, Some(aside)) => set_aside::as_text(&files, &aside),
                (None, None) => {
                    let (local, journal) = (set_aside::in_one_line(&files), journal.as_text());
                    let told =
                        format!("{}\n{}\n{journal}\n{local}", counts_table(&counts), told_of(handed_over));
                    if behind.is_empty() { told } else { format!("{told}\n{}", lag_table(&behind)) }
                }
            });
            Ok(Exit::Done)
        })
    }
}

/// How far the journal is chained.
struct Chain {
    counts: ChainCounts,
    sealed: Option<ChainSeal>,
}

impl Chain {
    async fn of(tx: &mut Tx) -> Result<Self> {
        Ok(Self { counts: chain_counts(tx).await?, sealed: chain_seal_last(tx).await? })
    }

    fn as_text(&self) -> String {
        let ChainCounts { linked, unlinked } = self.counts;
        let sealed = match &self.sealed {
            Some(seal) => format!("sealed at {} up to link {}", seal.at, seal.number),
            None => "never sealed".to_owned(),
        };
        format!("journal: {linked} entries linked, {unlinked} not yet; {sealed}")
    }

    fn as_json(&self) -> Value {
        json!({
            "linked": self.counts.linked,
            "unlinked": self.counts.unlinked,
            "sealed_at": self.sealed.as_ref().map(|seal| seal.at.to_string()),
            "sealed_link": self.sealed.as_ref().map(|seal| seal.number),
        })
    }
}

/// How many there are of a thing in each state.
struct Counts {
    name: &'static str,
    states: Vec<(String, i64)>,
}

async fn counts(tx: &mut Tx) -> Result<[Counts; 3]> {
    fn of<S: ToString>(name: &'static str, states: impl IntoIterator<Item = (S, i64)>) -> Counts {
        Counts { name, states: states.into_iter().map(|(state, count)| (state.to_string(), count)).collect() }
    }
    Ok([
        of("conversations", conversation_counts(tx).await?),
        of("outbox", outbox_counts(tx).await?),
        of("inbox", inbox_counts(tx).await?),
    ])
}

fn counts_table(counts: &[Counts]) -> String {
    let mut table = show::table(presets::UTF8_HORIZONTAL_ONLY);
    table.set_header(["", "state", "count"]);
    for Counts { name, states } in counts {
        if states.is_empty() {
            table.add_row([name, "none yet", "0"]);
        }
        for (state, count) in states {
            table.add_row([name, state.as_str(), &count.to_string()]);
        }
    }
    table.to_string()
}

fn waiting_table(waiting: &[Waiting]) -> String {
    if waiting.is_empty() {
        return "nothing waits".to_owned();
    }
    let mut table = show::table(presets::UTF8_HORIZONTAL_ONLY);
    let header = ["row", "peer", "state", "why", "failed tries", "next", "what"];
    table.set_header(header);
    for row in waiting {
        let next = if row.needs_person() {
            "a person must act".to_owned()
        } else if row.attempts > 0 {
            format!("next try at {}", row.next_try_at)
        } else {
            "its turn".to_owned()
        };
        table.add_row([
            row.id.to_string(),
            row.peer.clone(),
            row.state.clone(),
            row.code.clone().unwrap_or_default(),
            row.attempts.to_string(),
            next,
            row.action.rsplit('/').next().unwrap_or_default().to_owned(),
        ]);
    }
    let codes: BTreeSet<&str> =
        waiting.iter().filter(|row| row.needs_person()).filter_map(|row| row.code.as_deref()).collect();
    let remedies = codes.into_iter().filter_map(|code| Some((code, remedy(code, Language::En)?)));
    let remedies = remedies.map(|(code, remedy)| format!("\n{code}: {remedy}"));
    table.to_string() + &remedies.collect::<String>()
}

/// What the local system has.
fn told_of((count, last): (i64, Option<Timestamp>)) -> String {
    match last {
        Some(at) => format!("handed over: {count} records, the last at {at}"),
        None => "handed over: no record yet".to_owned(),
    }
}

fn as_json(
    counts: &[Counts],
    journal: &Chain,
    (handed_over, last): (i64, Option<Timestamp>),
    waiting: Option<&[Waiting]>,
) -> Map<String, Value> {
    let mut object = Map::new();
    for Counts { name, states } in counts {
        let states: Map<_, _> = states.iter().map(|(state, count)| (state.clone(), json!(count))).collect();
        object.insert((*name).to_owned(), states.into());
    }
    let last = last.map(|at| at.to_string());
    object.insert("handed_over".to_owned(), json!({ "count": handed_over, "last_at": last }));
    object.insert("journal".to_owned(), journal.as_json());
    if let Some(waiting) = waiting {
        let row = |row: &Waiting| {
            json!({
                "row": row.id.to_string(), "peer": row.peer, "state": row.state, "code": row.code,
                "attempts": row.attempts, "next_try_at": row.next_try_at.to_string(), "action": row.action,
                "needs_person": row.needs_person(),
                "remedy": row.code.as_deref().and_then(|code| remedy(code, Language::En)),
            })
        };
        object.insert("waiting".to_owned(), waiting.iter().map(row).collect());
    }
    object
}

const WAITING_ROWS: u32 = 1_000;
