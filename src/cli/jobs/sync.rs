//! `stazh jobs sync`: takes what peers publish now; and how far they are behind us.

use super::{Exit, local, noted, show};
use crate::exchange::canonical::State;
use crate::flow::labour::{StreamLag, lags, pull};
use crate::store::{Cursor, cursor_list};
use anyhow::Result;
use comfy_table::presets;
use serde_json::{Value, json};
use std::path::PathBuf;

/// Show how far streams of jobs are taken, on both sides; with --once, take
/// what peers publish now. A running node does that by itself.
///
///   stazh jobs sync kg
///   stazh jobs sync kg --once --from KZ
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(super) struct Sync {
    /// The node's folder, or its settings file.
    node: PathBuf,
    /// Take what peers publish, once.
    #[arg(long)]
    once: bool,
    /// Only from this state.
    #[arg(long, requires = "once", value_parser = state)]
    from: Option<State>,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

impl Sync {
    pub(super) fn run(self) -> Result<Exit> {
        if !self.once {
            return local::with_flows(&self.node, async |ctx| tell(self.json, ctx).await);
        }
        noted::with_flows_noted(&self.node.clone(), ("jobs-sync", "peers:once"), async |ctx| {
            let peers = match self.from {
                Some(peer) => vec![peer.to_string()],
                None => ctx.labour.road.as_ref().map(|road| road.peers()).unwrap_or_default(),
            };
            let mut failed = None;
            for peer in peers {
                match pull(&peer, ctx).await {
                    Ok(sum) if self.json => show::json_line(&json!({
                        "peer": peer, "came": sum.came, "gone": sum.gone, "wanted": sum.wanted,
                        "unknown": sum.unknown, "pages": sum.pages,
                    })),
                    Ok(sum) => show::line(&format!(
                        "{peer}: {} came, {} are gone, {} could not be had; {} pages",
                        sum.came, sum.gone, sum.wanted, sum.pages
                    )),
                    Err(error) => {
                        show::aside(&format!("{peer}: {error}"));
                        failed = Some(error);
                    }
                }
            }
            failed.map_or(Ok(Exit::Done), |error| Err(error.into()))
        })
    }
}

async fn tell(as_json: bool, ctx: &crate::flow::Context) -> Result<Exit> {
    let now = ctx.clock.now();
    let mut tx = ctx.store.read().await?;
    let (behind, taken) = (lags(&mut tx, now).await?, cursor_list(&mut tx).await?);
    drop(tx);
    if as_json {
        show::json(&json!({
            "published": behind.iter().map(lag_json).collect::<Vec<_>>(),
            "taken": taken.iter().map(cursor_json).collect::<Vec<_>>(),
        }));
        return Ok(Exit::Done);
    }
    show::line(&lag_table(&behind));
    let mut table = show::table(presets::UTF8_HORIZONTAL_ONLY);
    table.set_header(["taken from", "of", "up to", "of", "heard at", "why it waits"]);
    for cursor in &taken {
        let up_to = match cursor.snapshot_after {
            Some(after) => format!("anew, {after}"),
            None => cursor.seq.to_string(),
        };
        table.add_row([
            cursor.peer.clone(),
            cursor.kind.as_str().to_owned(),
            up_to,
            cursor.head_seq.to_string(),
            cursor.heard_at.to_string(),
            cursor.code.clone().unwrap_or_default(),
        ]);
    }
    show::line(&table.to_string());
    Ok(Exit::Done)
}

/// How far peers are behind our streams.
pub(in crate::cli) fn lag_table(behind: &[StreamLag]) -> String {
    let mut table = show::table(presets::UTF8_HORIZONTAL_ONLY);
    table.set_header(["published to", "of", "last change", "not confirmed", "for"]);
    for lag in behind {
        let age = lag.age.map(|age| format!("{} s", age.as_secs()));
        table.add_row([
            lag.row.peer.clone(),
            lag.row.kind.as_str().to_owned(),
            lag.row.head.head_seq.to_string(),
            lag.changes.to_string(),
            age.unwrap_or_default(),
        ]);
    }
    table.to_string()
}

/// The same as JSON.
pub(in crate::cli) fn lag_json(lag: &StreamLag) -> Value {
    json!({
        "peer": lag.row.peer, "kind": lag.row.kind.as_str(), "head_seq": lag.row.head.head_seq,
        "acked_seq": lag.row.acked_seq, "lag": lag.changes, "lag_age_s": lag.age.map(|age| age.as_secs()),
    })
}

fn cursor_json(cursor: &Cursor) -> Value {
    json!({
        "peer": cursor.peer, "kind": cursor.kind.as_str(), "seq": cursor.seq, "head_seq": cursor.head_seq,
        "snapshot_after": cursor.snapshot_after, "acked_seq": cursor.acked_seq, "unknown": cursor.unknown,
        "heard_at": cursor.heard_at.to_string(), "code": cursor.code,
    })
}

/// A state by its code.
fn state(text: &str) -> Result<State, String> {
    text.parse().map_err(|finding: crate::base::Finding| finding.message)
}
