//! `stazh match`: whether two records may be of one person, and why.

use super::{Exit, local, show};
use crate::base::{Language, Written};
use crate::exchange::canonical::{Likeness, Matcher};
use anyhow::{Context, Result, anyhow};
use comfy_table::{CellAlignment, presets};
use std::path::PathBuf;

/// Compare two persons: a score, and every reason for and against.
///
/// Names may be in any letters and order; days of birth may be mistaken; numbers may
/// have been changed. Nothing is decided and nothing is merged: the answer is for a
/// person who looks. No value is shown.
///
///   stazh match inquiry.json record.json
///   stazh match a.json b.json --language ru
///
/// The weights are those of schemas/names/likeness.toml.
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(super) struct Match {
    /// A person, an inquiry or a record, as JSON.
    one: PathBuf,
    /// Another.
    other: PathBuf,
    /// Weights of one's own, written as schemas/names/likeness.toml is.
    #[arg(long, value_name = "FILE")]
    weights: Option<PathBuf>,
    /// In which language: en or ru.
    #[arg(long, default_value = "en")]
    language: Language,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

impl Match {
    pub(super) fn run(self) -> Result<Exit> {
        let (one, other) = (local::read_person(&self.one)?, local::read_person(&self.other)?);
        let own = match &self.weights {
            None => None,
            Some(file) => {
                let text =
                    std::fs::read_to_string(file).with_context(|| format!("read {}", file.display()))?;
                Some(Matcher::of_weights(&text).map_err(|finding| anyhow!("use the weights: {finding}"))?)
            }
        };
        let likeness = match &own {
            Some(matcher) => matcher.compare(&one, &other),
            None => Matcher::built_in()
                .map_err(|finding| anyhow!("use the weights: {finding}"))?
                .compare(&one, &other),
        };
        if self.json {
            show::json(&serde_json::to_value(&likeness).context("write the reasons")?);
        } else {
            tell(&likeness, self.language);
        }
        Ok(Exit::Done)
    }
}

fn tell(likeness: &Likeness, language: Language) {
    let mut table = show::table(presets::UTF8_FULL_CONDENSED);
    table.set_header(["reason", "weight", ""]);
    for reason in &likeness.reasons {
        let words = match language.written() {
            Written::En => &reason.en,
            Written::Ru => &reason.ru,
        };
        table.add_row([reason.code.clone(), format!("{:+.1}", reason.weight), words.clone()]);
    }
    if let Some(weights) = table.column_mut(1) {
        weights.set_cell_alignment(CellAlignment::Right);
    }
    show::line(&table.to_string());
    show::line(&format!("{}: {:.1} bits", likeness.resemblance, likeness.score));
}
