//! `stazh doctor`: examines a node.

use super::explain::remedy;
use super::{Exit, local, show};
use crate::base::{Language, Written, explain};
use crate::node::{Check, Grade, examine};
use anyhow::Result;
use std::path::PathBuf;

/// Examine a node: keys, certificates, clock, peers, third party, database,
/// local forms. It may run meanwhile, and nothing is changed.
///
/// Each finding says what to do. Ends with 3 if something does not work.
///
///   stazh doctor kz
///   stazh doctor kz --language ru
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(super) struct Doctor {
    /// The node's folder, or its settings file.
    node: PathBuf,
    /// In which language: en or ru.
    #[arg(long, default_value = "en")]
    language: Language,
    /// Print one JSON object a finding.
    #[arg(long)]
    json: bool,
}

impl Doctor {
    pub(super) fn run(self) -> Result<Exit> {
        let settings = local::settings(&self.node)?;
        let (mut warnings, mut failures) = (0_usize, 0_usize);
        let mut tell = |check: Check| {
            match check.grade {
                Grade::Good => {}
                Grade::Warning(_) => warnings += 1,
                Grade::Bad(_) => failures += 1,
            }
            if self.json {
                show::json_line(&as_json(&check, self.language));
            } else {
                show::line(&as_text(&check, self.language));
            }
        };
        local::block_on(async {
            examine(&settings, &mut tell).await;
            Ok(())
        })?;
        if !self.json {
            show::line(&match self.language.written() {
                Written::En => format!("\n{failures} do not work, {warnings} need a look"),
                Written::Ru => format!("\nне работает: {failures}, требует внимания: {warnings}"),
            });
        }
        Ok(if failures > 0 { Exit::Environment } else { Exit::Done })
    }
}

fn as_json(check: &Check, language: Language) -> serde_json::Value {
    let (grade, code) = match check.grade {
        Grade::Good => ("good", None),
        Grade::Warning(code) => ("warning", Some(code)),
        Grade::Bad(code) => ("bad", Some(code)),
    };
    serde_json::json!({
        "of": check.of, "grade": grade, "found": check.told, "code": code,
        "remedy": code.and_then(|code| remedy(code, language)),
    })
}

fn as_text(check: &Check, language: Language) -> String {
    let (mark, code) = match check.grade {
        Grade::Good => ("ok  ", None),
        Grade::Warning(code) => ("LOOK", Some(code)),
        Grade::Bad(code) => ("BAD ", Some(code)),
    };
    let mut text = format!("{mark}  {:<32} {}", check.of, check.told);
    if let Some(code) = code {
        text.push_str(&format!(" ({code})"));
        if language.written() == Written::Ru {
            text.extend(explain(code).map(|it| format!("\n      {}", it.cause.of(language))));
        }
        text.extend(remedy(code, language).map(|remedy| format!("\n      -> {remedy}")));
    }
    text
}
