//! The index of a node: what it published and what it has of its peers, in its data folder; and how old what it has is.

use super::{Exit, local, show};
use crate::flow::posts::{JobSource, Renewed, job_sources, renew_index};
use anyhow::Result;
use serde_json::json;
use std::path::{Path, PathBuf};

/// Whether a path is a node's folder or its settings file, and not an index.
pub(super) fn is_node(path: &Path) -> bool {
    path.join("node.toml").is_file() || path.extension().is_some_and(|ending| ending == "toml")
}

/// Where the index of a node lies.
pub(super) fn folder(node: &Path) -> Result<PathBuf> {
    Ok(local::settings(node)?.data.join("jobs"))
}

/// Makes the index of a node anew.
pub(super) fn make(node: &Path, as_json: bool) -> Result<Exit> {
    local::with_flows(node, async |ctx| {
        let Renewed { taken, refused, unread } = renew_index("new", ctx).await?;
        for (reference, fault) in &unread {
            show::aside(&format!("{reference}: not a vacancy: {fault}"));
        }
        let sources = job_sources(ctx).await?;
        if as_json {
            show::json(&json!({ "taken": taken, "refused": refused, "sources": sources }));
        } else {
            show::line(&format!(
                "{taken} vacancies are in the index of this node, {refused} could not be used"
            ));
            sources.iter().for_each(|source| show::line(&as_text(source)));
        }
        Ok(if refused == 0 { Exit::Done } else { Exit::Refused })
    })
}

/// A source as a line.
pub(super) fn as_text(source: &JobSource) -> String {
    let state = &source.state;
    match source.age_s {
        None => format!("! {state} has not answered yet: nothing of it is shown"),
        Some(age) if !source.answers => {
            let why = source.code.as_ref().map_or(String::new(), |code| format!(" ({code})"));
            format!("! {state} does not answer{why}: what is shown of it is {age} s old")
        }
        Some(age) => format!("{state}: as of {age} s ago"),
    }
}
