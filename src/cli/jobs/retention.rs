//! `stazh jobs retention`: how long what is kept of persons who seek work is kept, and what is due next.

use super::{Exit, local, noted, show};
use crate::flow::labour::{ClassView, retention_view, sweep_retention};
use crate::labour::retention::Terms;
use anyhow::Result;
use comfy_table::presets;
use serde_json::{Value, json};
use std::path::PathBuf;

/// Show each class of record with its clock: how many are kept, how many holds keep
/// some, when the first is due. With --sweep, do what is due now; a running node does
/// that by itself. The terms stand in [labour.keep] of the settings.
///
///   stazh jobs retention kg
///   stazh jobs retention kg --sweep
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(super) struct Retention {
    /// The node's folder, or its settings file.
    node: PathBuf,
    /// Do what is due, up to 200 records of each class.
    #[arg(long)]
    sweep: bool,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

impl Retention {
    pub(super) fn run(self) -> Result<Exit> {
        if !self.sweep {
            return local::with_flows(&self.node, async |ctx| tell(self.json, ctx).await);
        }
        noted::with_flows_noted(&self.node.clone(), ("jobs-retention", "records:due"), async |ctx| {
            let swept = sweep_retention(ctx).await?;
            let told = json!({
                "published_profile": swept.profiles, "tombstone": swept.tombstones, "consent": swept.consents,
                "reveal_record": swept.reveals, "revealed_contacts": swept.shown, "vacancy": swept.vacancies,
                "mirrored_tombstone": swept.mirrored,
            });
            if self.json {
                show::json_line(&told);
            } else if let Value::Object(told) = told {
                told.iter().for_each(|(class, count)| show::line(&format!("{class}: {count}")));
            }
            Ok(Exit::Done)
        })
    }
}

async fn tell(as_json: bool, ctx: &crate::flow::Context) -> Result<Exit> {
    let (views, terms) = (retention_view(ctx).await?, &ctx.labour.terms);
    if as_json {
        show::json(
            &json!({ "classes": views.iter().map(|view| view_json(view, terms)).collect::<Vec<_>>() }),
        );
        return Ok(Exit::Done);
    }
    let mut table = show::table(presets::UTF8_HORIZONTAL_ONLY);
    table.set_header(["class", "clock", "keep", "then", "kept", "holds", "next due", "hashes"]);
    for view in &views {
        table.add_row([
            view.class.as_str().to_owned(),
            view.class.starts().to_owned(),
            terms.of(view.class).to_string(),
            view.class.end().as_str().to_owned(),
            view.kept.to_string(),
            view.holds.to_string(),
            view.next_due.map(|at| at.to_string()).unwrap_or_default(),
            view.hashes.to_string(),
        ]);
    }
    show::line(&table.to_string());
    Ok(Exit::Done)
}

fn view_json(view: &ClassView, terms: &Terms) -> Value {
    json!({
        "class": view.class.as_str(), "clock": view.class.starts(), "keep": terms.of(view.class).to_string(),
        "then": view.class.end().as_str(), "kept": view.kept, "holds": view.holds,
        "next_due": view.next_due.map(|at| at.to_string()), "hashes": view.hashes,
    })
}
