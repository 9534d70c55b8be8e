//! `stazh scan`: which document a page on paper belongs to.

use super::explain::remedy;
use super::{Exit, journal, kept, local, show};
use crate::base::{Code, Language, explain};
use crate::node::Settings;
use crate::paper::{PageCode, scan};
use crate::store::JournalRow;
use anyhow::{Context, Result};
use serde_json::json;
use std::path::PathBuf;

/// Read the codes on scanned pages: which documents they are prints of.
///
/// Pages as PNG or JPEG, or the PDF that a scanner made of them, from 150 dpi on,
/// turned or dusty. With --node: whether this node has the document, whether it is
/// the same to the last byte, and what is known of it.
///
///   stazh scan page.png
///   stazh scan page-1.jpg page-2.jpg --node ru --json
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(super) struct Scan {
    /// The scanned pages.
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// The node's folder, or its settings file.
    #[arg(long)]
    node: Option<PathBuf>,
    /// In which language what to do is told: en or ru.
    #[arg(long, default_value = "en")]
    language: Language,
    /// Print one JSON object a page.
    #[arg(long)]
    json: bool,
}

impl Scan {
    pub(super) fn run(self) -> Result<Exit> {
        let settings = self.node.as_deref().map(local::settings).transpose()?;
        let mut exit = Exit::Done;
        for file in &self.files {
            let bytes = std::fs::read(file).with_context(|| format!("read {}", file.display()))?;
            let name = file.display().to_string();
            match scan(&bytes) {
                Ok(codes) => {
                    for code in codes {
                        let known =
                            settings.as_ref().map(|settings| Known::of(&code, settings)).transpose()?;
                        let wrong = known.as_ref().and_then(|known| known.code);
                        self.tell(&name, &code, known.as_ref());
                        exit = if wrong.is_some() { Exit::Refused } else { exit };
                    }
                }
                Err(error) => {
                    self.tell_unread(&name, error.code(), &crate::base::with_causes(&error));
                    exit = Exit::Refused;
                }
            }
        }
        Ok(exit)
    }

    fn tell(&self, file: &str, page: &PageCode, known: Option<&Known>) {
        let digest = page.digest().map(|digest| digest.to_string());
        let code = known.and_then(|known| known.code);
        if self.json {
            let (outcome, known) = match known {
                None => ("read", None),
                Some(known) => (known.outcome(), known.as_json()),
            };
            show::json_line(&json!({
                "file": file, "document": page.document.as_uuid().to_string(), "digest": digest, "page": page.page,
                "of": page.of, "outcome": outcome, "code": code, "remedy": self.remedy(code), "known": known,
            }));
            return;
        }
        let document = page.document.as_uuid();
        show::line(&format!("{file}: page {} of {} of document {document}", page.page, page.of));
        show::line(&match digest {
            Some(digest) => format!("  sha-256 of what was sealed {digest}"),
            None => "  it bore no seal when it was printed".to_owned(),
        });
        let Some(known) = known else { return };
        if let Some(found) = &known.found {
            let way = &found.way;
            show::line(&format!(
                "  this node has it: {} to {}, {}, {}",
                way.from, way.to, found.action, found.state
            ));
        }
        match code {
            None => show::line("  it is the same document"),
            Some(code) => self.tell_wrong(code),
        }
        if !known.journey.is_empty() {
            show::line(&journal::as_table(&known.journey));
        }
    }

    fn tell_unread(&self, file: &str, code: Code, why: &str) {
        if self.json {
            show::json_line(&json!({
                "file": file, "outcome": "unread", "code": code, "reason": why, "remedy": self.remedy(Some(code)),
            }));
        } else {
            show::line(&format!("{file}: failed to {why}"));
            self.tell_wrong(code);
        }
    }

    fn tell_wrong(&self, code: Code) {
        if let Some(explained) = explain(code) {
            show::line(&format!("  {} ({code})", explained.cause.of(self.language)));
        }
        if let Some(remedy) = self.remedy(Some(code)) {
            show::line(&format!("  {remedy}"));
        }
    }

    fn remedy(&self, code: Option<Code>) -> Option<&'static str> {
        code.and_then(|code| remedy(code, self.language))
    }
}

/// What a node knows of the document of a page.
struct Known {
    found: Option<kept::Kept>,
    /// What is wrong, if anything.
    code: Option<Code>,
    journey: Vec<JournalRow>,
}

impl Known {
    fn of(page: &PageCode, settings: &Settings) -> Result<Self> {
        local::block_on(async {
            let store = local::store(settings, "look for the document of a page").await?;
            let mut tx = store.read().await?;
            let found = kept::find(page.document, &mut tx, settings).await?;
            let journey = match &found {
                Some(found) => kept::journey(page.document, found, &mut tx).await?,
                None => Vec::new(),
            };
            drop(tx);
            store.close().await;
            let code = match (&found, page.digest()) {
                (None, _) => Some("paper.unknown"),
                (Some(_), None) => Some("paper.unsealed"),
                (Some(found), Some(digest)) if found.digest != digest => Some("paper.other_digest"),
                (Some(_), Some(_)) => None,
            };
            Ok(Self { found, code, journey })
        })
    }

    fn outcome(&self) -> &'static str {
        match (&self.found, self.code) {
            (None, _) => "unknown",
            (Some(_), None) => "same",
            (Some(_), Some("paper.unsealed")) => "unsealed",
            (Some(_), Some(_)) => "other",
        }
    }

    fn as_json(&self) -> Option<serde_json::Value> {
        let found = self.found.as_ref()?;
        let journey: Vec<_> = self.journey.iter().map(journal::as_json).collect();
        Some(json!({
            "digest": found.digest.to_string(), "from": found.way.from, "to": found.way.to, "peer": found.peer,
            "direction": found.direction.as_str(), "conversation": found.way.conversation,
            "action": found.action, "state": found.state, "journal": journey,
        }))
    }
}
