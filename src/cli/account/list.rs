//! `stazh account list` and `requests`: who has an account, and what was asked for.

use super::{Exit, local, noted, show};
use crate::store::{AccountRow, RequestRow, account_page, request_page};
use anyhow::Result;
use comfy_table::presets;
use serde_json::json;
use std::path::PathBuf;

/// List the accounts: login, role, and where each stands. No name is shown.
#[derive(Debug, clap::Args)]
pub(super) struct List {
    /// The node's folder, or its settings file.
    node: PathBuf,
    /// Print one JSON object a line.
    #[arg(long)]
    json: bool,
}

/// List the access requests, the latest first. No name is shown.
#[derive(Debug, clap::Args)]
pub(super) struct Requests {
    /// The node's folder, or its settings file.
    node: PathBuf,
    /// Print one JSON object a line.
    #[arg(long)]
    json: bool,
}

impl List {
    pub(super) fn run(self) -> Result<Exit> {
        let settings = local::settings(&self.node)?;
        local::block_on(async {
            let store = local::store(&settings, "list the accounts").await?;
            let clock = settings.clock();
            let rows = noted::noted(("account-list", ""), (&store, clock.as_ref()), async {
                let (mut rows, mut after): (Vec<AccountRow>, _) = (Vec::new(), String::new());
                loop {
                    let page = account_page(&mut store.read().await?, &after, PAGE).await?;
                    let Some(last) = page.last() else { return Ok(rows) };
                    after.clone_from(&last.login);
                    rows.extend(page);
                }
            });
            let rows = rows.await;
            store.close().await;
            self.tell(&rows?);
            Ok(Exit::Done)
        })
    }

    fn tell(&self, rows: &[AccountRow]) {
        let mut table = show::table(presets::UTF8_HORIZONTAL_ONLY);
        table.set_header(["login", "role", "state", "last entry", "second factor", "request"]);
        for row in rows {
            let ground = row.standing.ground().map(|ground| ground.word());
            if self.json {
                show::json_line(&json!({
                    "login": row.login, "role": row.role, "state": row.standing.word(), "ground": ground,
                    "used_at": row.used_at.to_string(), "has_second_factor": row.factor.is_some(),
                    "request": row.request_id,
                }));
                continue;
            }
            let state = match ground {
                Some(ground) => format!("{}: {ground}", row.standing.word()),
                None => row.standing.word().to_owned(),
            };
            let factor = if row.factor.is_some() { "yes" } else { "no" };
            table.add_row([
                row.login.clone(),
                row.role.to_string(),
                state,
                row.used_at.to_string(),
                factor.to_owned(),
                row.request_id.to_string(),
            ]);
        }
        match (self.json, rows.is_empty()) {
            (true, _) => {}
            (false, true) => {
                show::line("nobody has an account; stazh account first registers the administrators")
            }
            (false, false) => show::line(&table.to_string()),
        }
    }
}

impl Requests {
    pub(super) fn run(self) -> Result<Exit> {
        let settings = local::settings(&self.node)?;
        local::block_on(async {
            let store = local::store(&settings, "list the access requests").await?;
            let clock = settings.clock();
            let rows = noted::noted(("request-list", ""), (&store, clock.as_ref()), async {
                Ok(request_page(&mut store.read().await?, None, None, REQUESTS).await?)
            });
            let rows = rows.await;
            store.close().await;
            self.tell(&rows?);
            Ok(Exit::Done)
        })
    }

    fn tell(&self, rows: &[RequestRow]) {
        let mut table = show::table(presets::UTF8_HORIZONTAL_ONLY);
        table.set_header(["request", "asks to", "for", "users", "filed by", "answer by", "state"]);
        for row in rows {
            if self.json {
                show::json_line(&json!({
                    "request": row.id, "action": row.body.action, "reason": row.body.reason,
                    "role": row.body.role, "users": row.body.users.len(), "filed_by": row.filed_by,
                    "filed_at": row.filed_at.to_string(), "due_on": row.due_on.to_string(),
                    "state": row.state.as_str(), "wording": row.wording, "ground": row.ground,
                }));
                continue;
            }
            table.add_row([
                row.id.to_string(),
                row.body.action.word().to_owned(),
                row.body.role.to_string(),
                row.body.users.len().to_string(),
                row.filed_by.clone(),
                row.due_on.to_string(),
                row.state.to_string(),
            ]);
        }
        match (self.json, rows.is_empty()) {
            (true, _) => {}
            (false, true) => show::line("nothing was asked for"),
            (false, false) => show::line(&table.to_string()),
        }
    }
}

const PAGE: u32 = 1_000;
const REQUESTS: u32 = 1_000;
