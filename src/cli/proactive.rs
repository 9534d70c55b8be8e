//! `stazh proactive`: inquiries that were prepared for workers who near a pension age.

use super::{Exit, Misused, local, noted, show};
use crate::flow::{Context as Flows, drop_prepared, prepare_inquiries, prepared_after, send_prepared};
use crate::store::{PreparedRow, PreparedState};
use anyhow::{Context, Result};
use comfy_table::presets;
use serde_json::json;
use std::path::{Path, PathBuf};
use uuid::Uuid;

/// Look at the inquiries that were prepared for workers who near a pension age,
/// and send them. Ages, and how long before them, stand in the section proactive
/// of node.toml; without it nothing is prepared.
///
///   stazh proactive list ru
///   stazh proactive send ru 0193…
///   stazh proactive send ru --all
///
/// A running node looks each hour; what is asked stands in its folder prepared,
/// one file an inquiry, where a clerk may correct it before it leaves.
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(super) struct ProactiveCommand {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Look through the local files now, without waiting for the running node.
    Look {
        /// The node's folder, or its settings file.
        node: PathBuf,
    },
    /// Show them: about whom, which state is asked and why it may hold service of his.
    List {
        /// The node's folder, or its settings file.
        node: PathBuf,
        /// Also those that were sent or dropped.
        #[arg(long)]
        all: bool,
        /// Print one JSON object a line.
        #[arg(long)]
        json: bool,
    },
    /// Send them; each leaves once.
    Send {
        /// The node's folder, or its settings file.
        node: PathBuf,
        /// Their numbers, as list shows them.
        #[arg(required_unless_present = "all")]
        prepared: Vec<Uuid>,
        /// All that wait.
        #[arg(long, conflicts_with = "prepared")]
        all: bool,
    },
    /// Do not send them; nothing is prepared again for their worker and state.
    Drop {
        /// The node's folder, or its settings file.
        node: PathBuf,
        /// Their numbers, as list shows them.
        #[arg(required = true)]
        prepared: Vec<Uuid>,
    },
}

impl ProactiveCommand {
    pub(super) fn run(self) -> Result<Exit> {
        match self.action {
            Action::Look { node } => look(&node),
            Action::List { node, all, json } => list(&node, all, json),
            Action::Send { node, prepared, all } => send(&node, prepared, all),
            Action::Drop { node, prepared } => drop_some(&node, &prepared),
        }
    }
}

fn look(node: &Path) -> Result<Exit> {
    local::with_flows(node, async |ctx| {
        if ctx.proactive.is_none() {
            let text = "node.toml has no [proactive]; deploy/node.example.toml explains it";
            return Err(Misused(text.to_owned()).into());
        }
        let made = prepare_inquiries(ctx).await?;
        show::line(&format!("{made} inquiries are new"));
        Ok(Exit::Done)
    })
}

fn list(node: &Path, is_all: bool, as_json: bool) -> Result<Exit> {
    local::with_flows(node, async |ctx| {
        let rows = rows(ctx, is_all).await?;
        if as_json {
            for row in &rows {
                show::json_line(&as_value(row, ctx)?);
            }
        } else {
            show::line(&as_table(&rows, ctx)?);
        }
        Ok(Exit::Done)
    })
}

fn send(node: &Path, prepared: Vec<Uuid>, is_all: bool) -> Result<Exit> {
    noted::with_flows_noted(node, ("inquiry-send", &named(&prepared)), async |ctx| {
        let mut prepared = prepared;
        if is_all {
            prepared.extend(rows(ctx, false).await?.iter().map(|row| row.draft.id));
        }
        let mut exit = Exit::Done;
        for id in prepared {
            let sent = send_prepared(id, ctx).await.with_context(|| format!("send {id}"));
            match sent {
                Ok(sent) => {
                    show::line(&format!(
                        "{id} is in the outbox: conversation {}",
                        sent.conversation_id.as_uuid()
                    ));
                }
                Err(error) => {
                    show::error(&error);
                    exit = exit.max(Exit::of(&error));
                }
            }
        }
        Ok(exit)
    })
}

fn drop_some(node: &Path, prepared: &[Uuid]) -> Result<Exit> {
    noted::with_flows_noted(node, ("inquiry-send", &named(prepared)), async |ctx| {
        for id in prepared {
            drop_prepared(*id, ctx).await?;
            show::line(&format!("{id} is dropped"));
        }
        Ok(Exit::Done)
    })
}

/// What an act was on.
fn named(prepared: &[Uuid]) -> String {
    let ids: Vec<String> = prepared.iter().map(Uuid::to_string).collect();
    if ids.is_empty() { "prepared:all".to_owned() } else { format!("prepared:{}", ids.join(",")) }
}

async fn rows(ctx: &Flows, is_all: bool) -> Result<Vec<PreparedRow>> {
    let (mut rows, mut after) = (Vec::new(), String::new());
    loop {
        let page = prepared_after(&after, ctx).await?;
        let Some(last) = page.last() else { return Ok(rows) };
        after = last.draft.id.to_string();
        rows.extend(page.into_iter().filter(|row| is_all || row.state == PreparedState::Waiting));
    }
}

fn as_value(row: &PreparedRow, ctx: &Flows) -> Result<serde_json::Value> {
    let draft = &row.draft;
    let inquiry = ctx.desk.prepared(draft.id)?;
    Ok(json!({
        "prepared": draft.id, "asked": draft.peer, "kind": draft.kind, "reasons": draft.reasons,
        "state": row.state.as_str(), "made_at": draft.made_at.to_string(),
        "conversation": row.conversation_id.map(|id| id.as_uuid()),
        "person": inquiry.map(|inquiry| inquiry.person),
    }))
}

fn as_table(rows: &[PreparedRow], ctx: &Flows) -> Result<String> {
    if rows.is_empty() {
        return Ok("no inquiry waits".to_owned());
    }
    let mut table = show::table(presets::UTF8_HORIZONTAL_ONLY);
    let header = ["inquiry", "about", "born", "pension", "asked", "since it may have", "state"];
    table.set_header(header);
    for PreparedRow { draft, state, .. } in rows {
        let inquiry = ctx.desk.prepared(draft.id)?;
        let (name, born) = match &inquiry {
            Some(inquiry) => {
                let name = &inquiry.person.name;
                let parts: Vec<&str> =
                    [name.family(), name.given(), name.patronymic()].into_iter().flatten().collect();
                (parts.join(" "), inquiry.person.birth_date.to_string())
            }
            None => (String::new(), String::new()),
        };
        let reasons: Vec<String> = draft.reasons.iter().map(ToString::to_string).collect();
        table.add_row([
            draft.id.to_string(),
            name,
            born,
            draft.kind.clone(),
            draft.peer.clone(),
            reasons.join("\n"),
            state.to_string(),
        ]);
    }
    Ok(table.to_string())
}
