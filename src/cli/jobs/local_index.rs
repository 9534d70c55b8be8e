//! The index of a node: what it published and what it has of its peers, in its data folder; and how old what it has is.

use super::{Exit, local, show, tables, unusable};
use crate::base::from_json;
use crate::exchange::canonical::job::Vacancy;
use crate::flow::Context as Flows;
use crate::labour::matching::Weights;
use crate::labour::sync::StreamKind;
use crate::store::job_index::{JobIndex, JobIndexWriter};
use crate::store::{Cursor, cursor_list, mirror_page, published_page};
use anyhow::{Context, Result};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// Whether a path is a node's folder or its settings file, and not an index.
pub(super) fn is_node(path: &Path) -> bool {
    path.join("node.toml").is_file() || path.extension().is_some_and(|ending| ending == "toml")
}

/// Where the index of a node lies.
pub(super) fn folder(node: &Path) -> Result<PathBuf> {
    Ok(local::settings(node)?.data.join("jobs"))
}

/// Makes the index of a node anew, beside the old one, and puts it in its place: what was withdrawn meanwhile is in no part of it.
pub(super) fn make(node: &Path, as_json: bool) -> Result<Exit> {
    let folder = folder(node)?;
    local::with_flows(node, async |ctx| {
        let fresh = folder.with_extension("new");
        if fresh.exists() {
            std::fs::remove_dir_all(&fresh).with_context(|| format!("remove {}", fresh.display()))?;
        }
        let index = JobIndex::open(&fresh)?;
        let mut filling = Filling {
            writer: index.writer(Weights::built_in().map_err(unusable)?, tables())?,
            taken: 0,
            refused: 0,
        };
        filling.fill(ctx).await?;
        let Filling { writer, taken, refused } = filling;
        let mut writer = writer;
        writer.commit()?;
        drop(writer);
        drop(index);
        if folder.exists() {
            std::fs::remove_dir_all(&folder).with_context(|| format!("remove {}", folder.display()))?;
        }
        std::fs::rename(&fresh, &folder).with_context(|| format!("make {}", folder.display()))?;
        let sources = sources(ctx).await?;
        if as_json {
            show::json(&json!({
                "taken": taken, "refused": refused,
                "sources": sources.iter().map(Source::as_json).collect::<Vec<_>>(),
            }));
        } else {
            show::line(&format!(
                "{taken} vacancies are in the index of this node, {refused} could not be used"
            ));
            sources.iter().for_each(|source| show::line(&source.as_text()));
        }
        Ok(if refused == 0 { Exit::Done } else { Exit::Refused })
    })
}

struct Filling<'a> {
    writer: JobIndexWriter<'a>,
    taken: u64,
    refused: u64,
}

impl Filling<'_> {
    async fn fill(&mut self, ctx: &Flows) -> Result<()> {
        let now = ctx.clock.now();
        let mut tx = ctx.store.read().await?;
        let mut after = String::new();
        loop {
            let page = published_page(&mut tx, &after, PAGE).await?;
            let Some((last, _)) = page.last() else { break };
            after.clone_from(last);
            for (reference, content) in &page {
                self.put(reference, content)?;
            }
        }
        for cursor in cursor_list(&mut tx).await?.iter().filter(|one| one.kind == StreamKind::Vacancy) {
            after.clear();
            loop {
                let of = (cursor.peer.as_str(), StreamKind::Vacancy);
                let page = mirror_page(&mut tx, of, (&after, PAGE), now).await?;
                let Some(last) = page.last() else { break };
                after.clone_from(&last.reference);
                for record in &page {
                    if let Some((content, _)) = &record.content {
                        self.put(&record.reference, content)?;
                    }
                }
            }
        }
        Ok(())
    }

    fn put(&mut self, reference: &str, content: &str) -> Result<()> {
        match from_json::<Vacancy>(content.as_bytes()) {
            Ok(vacancy) => {
                self.writer.put(&vacancy)?;
                self.taken += 1;
            }
            Err(fault) => {
                self.refused += 1;
                show::aside(&format!("{reference}: not a vacancy: {fault}"));
            }
        }
        Ok(())
    }
}

/// How old what a node has of a state is.
pub(super) struct Source {
    state: String,
    /// Its stream, if it was ever heard.
    heard: Option<(Cursor, i64)>,
    is_late: bool,
}

/// Of every peer.
pub(super) async fn sources(ctx: &Flows) -> Result<Vec<Source>> {
    let now = ctx.clock.now();
    let cursors = cursor_list(&mut ctx.store.read().await?).await?;
    let late_s = i64::try_from(ctx.labour.every_ms / 1000).unwrap_or(i64::MAX).saturating_mul(3).max(LATE_S);
    let source = |state: String| {
        let of = |one: &&Cursor| one.kind == StreamKind::Vacancy && one.peer == state;
        let heard = cursors.iter().find(of).cloned();
        let heard = heard.map(|cursor| (now.duration_since(cursor.heard_at).as_secs(), cursor));
        let is_late = heard.as_ref().is_none_or(|(age, cursor)| *age > late_s || cursor.code.is_some());
        Source { state, heard: heard.map(|(age, cursor)| (cursor, age)), is_late }
    };
    Ok(ctx.peers.names().into_iter().map(source).collect())
}

impl Source {
    pub(super) fn as_json(&self) -> Value {
        json!({
            "state": self.state, "answers": !self.is_late,
            "heard_at": self.heard.as_ref().map(|(cursor, _)| cursor.heard_at.to_string()),
            "age_s": self.heard.as_ref().map(|(_, age)| age),
            "code": self.heard.as_ref().and_then(|(cursor, _)| cursor.code.as_deref()),
        })
    }

    pub(super) fn as_text(&self) -> String {
        let state = &self.state;
        match &self.heard {
            None => format!("! {state} has not answered yet: nothing of it is shown"),
            Some((cursor, age)) if self.is_late => {
                let why = cursor.code.as_ref().map_or(String::new(), |code| format!(" ({code})"));
                format!("! {state} does not answer{why}: what is shown of it is {age} s old")
            }
            Some((_, age)) => format!("{state}: as of {age} s ago"),
        }
    }
}

const PAGE: u32 = 500;
/// A peer that was not heard for less is not called silent.
const LATE_S: i64 = 30;
