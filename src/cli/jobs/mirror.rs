//! `stazh jobs mirror`: what came from peers, and how old it is.

use super::{Exit, local, show};
use crate::labour::sync::StreamKind;
use crate::store::{cursor_list, mirror_counts, mirror_page};
use anyhow::Result;
use comfy_table::presets;
use serde_json::json;
use std::path::PathBuf;

/// Show what peers published: how many records stand how, and when each peer
/// was heard last; with --list, the records themselves, one JSON object a line.
///
///   stazh jobs mirror kg
///   stazh jobs mirror kg --list vacancy
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(super) struct Mirror {
    /// The node's folder, or its settings file.
    node: PathBuf,
    /// Print the records of this kind: vacancy or profile.
    #[arg(long, value_name = "KIND", value_parser = kind)]
    list: Option<StreamKind>,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

impl Mirror {
    pub(super) fn run(self) -> Result<Exit> {
        local::with_flows(&self.node, async |ctx| {
            let now = ctx.clock.now();
            let mut tx = ctx.store.read().await?;
            let (counts, cursors) = (mirror_counts(&mut tx).await?, cursor_list(&mut tx).await?);
            if let Some(kind) = self.list {
                for cursor in cursors.iter().filter(|cursor| cursor.kind == kind) {
                    let mut after = String::new();
                    loop {
                        let page = mirror_page(&mut tx, (&cursor.peer, kind), (&after, PAGE), now).await?;
                        let Some(last) = page.last() else { break };
                        after.clone_from(&last.reference);
                        for content in page.iter().filter_map(|record| record.content.as_ref()) {
                            show::line(&content.0);
                        }
                    }
                }
                return Ok(Exit::Done);
            }
            let heard = |peer: &str, kind: StreamKind| {
                let of = cursors.iter().find(|cursor| cursor.peer == peer && cursor.kind == kind);
                of.map(|cursor| (cursor.heard_at, now.duration_since(cursor.heard_at).as_secs()))
            };
            if self.json {
                let rows = counts.iter().map(|(peer, kind, state, count)| {
                    let heard = heard(peer, *kind);
                    json!({
                        "peer": peer, "kind": kind.as_str(), "state": state.as_str(), "count": count,
                        "heard_at": heard.map(|(at, _)| at.to_string()), "age_s": heard.map(|(_, age)| age),
                    })
                });
                show::json(&json!({ "mirror": rows.collect::<Vec<_>>() }));
                return Ok(Exit::Done);
            }
            let mut table = show::table(presets::UTF8_HORIZONTAL_ONLY);
            table.set_header(["from", "what", "state", "records", "heard"]);
            for (peer, kind, state, count) in &counts {
                let age = heard(peer, *kind).map(|(_, age)| format!("{age} s ago")).unwrap_or_default();
                table.add_row([peer.as_str(), kind.as_str(), state.as_str(), &count.to_string(), &age]);
            }
            show::line(&table.to_string());
            Ok(Exit::Done)
        })
    }
}

fn kind(text: &str) -> Result<StreamKind, String> {
    text.parse().map_err(|fault: crate::labour::WordFault| fault.to_string())
}

const PAGE: u32 = 500;
