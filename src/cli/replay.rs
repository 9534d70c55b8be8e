//! `stazh replay`: reads the local files as they are now and takes what was set aside.

use super::{Exit, local, set_aside, show};
use crate::flow::{Replayed, replay};
use anyhow::Result;
use serde_json::json;
use std::path::PathBuf;

/// Read the local files again and tell what became of the rows that were set
/// aside: which are taken now, which still are not, and what to do.
///
///   stazh status kz --aside
///   stazh replay kz
///
/// A running node takes mended files by itself; this tells a person, and ends
/// with 1 while something is still set aside.
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(super) struct Replay {
    /// The node's folder, or its settings file.
    node: PathBuf,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

impl Replay {
    pub(super) fn run(self) -> Result<Exit> {
        let settings = local::settings(&self.node)?;
        local::block_on(async {
            let ctx = local::context(&settings).await?;
            let replayed = replay(&ctx).await;
            ctx.store.close().await;
            let replayed = replayed?;
            if self.json {
                let mut object = set_aside::as_json(&replayed.now, Some(&replayed.set_aside));
                if let Some(map) = object.as_object_mut() {
                    map.insert("before".to_owned(), json!(before(&replayed)));
                }
                show::json(&object);
            } else {
                for line in told(&replayed) {
                    show::line(&line);
                }
            }
            let is_done = replayed.aside() == 0 && replayed.now.iter().all(|file| file.refused.is_none());
            Ok(if is_done { Exit::Done } else { Exit::Refused })
        })
    }
}

/// How many rows of each file were set aside before.
fn before(replayed: &Replayed) -> serde_json::Map<String, serde_json::Value> {
    replayed.before.iter().map(|file| (file.name.clone(), json!(file.aside))).collect()
}

fn told(replayed: &Replayed) -> Vec<String> {
    let mut lines = Vec::new();
    let mut names: Vec<&str> =
        replayed.before.iter().chain(&replayed.now).map(|file| file.name.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    for name in names {
        let was = replayed.before.iter().find(|file| file.name == name);
        let is = replayed.now.iter().find(|file| file.name == name);
        let was_aside = was.map_or(0, |file| file.aside);
        let was_refused = was.is_some_and(|file| file.refused.is_some());
        lines.extend(match is {
            None => Some(format!("{name} is gone")),
            Some(file) if file.refused.is_some() => Some(format!("{name} is refused; inquiries wait")),
            Some(file) if was_refused => {
                Some(format!("{name} is taken: {} rows, {} set aside", file.taken, file.aside))
            }
            Some(file) if was_aside > 0 || file.aside > 0 => Some(format!(
                "{name}: {was_aside} rows were set aside, {} are now; {} rows are taken, {} before",
                file.aside,
                file.taken,
                was.map_or(0, |file| file.taken)
            )),
            Some(_) => None,
        });
    }
    lines.push(set_aside::as_text(&replayed.now, &replayed.set_aside));
    lines
}
