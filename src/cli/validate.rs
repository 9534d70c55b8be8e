//! `stazh validate`: checks documents by the schemas and rules, before they are sent or after they came.

use super::{Exit, show};
use crate::base::{Finding, Findings, Limits};
use crate::exchange::document::Element;
use crate::exchange::rules::{Catalogue, Rules};
use crate::exchange::seal::canonicalize;
use anyhow::{Context, Result};
use std::path::PathBuf;

/// Check interstate documents by the schemas and the rules of their message;
/// every finding at once.
///
///   stazh validate record.xml
///
/// The document is the bare structure, not a SignedDoc: a seal is checked by
/// stazh verify.
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(super) struct Validate {
    /// XML documents.
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// Print one JSON object a file.
    #[arg(long)]
    json: bool,
}

impl Validate {
    pub(super) fn run(self) -> Result<Exit> {
        let limits = Limits::default();
        let (rules, catalogue) = (Rules::built_in(limits)?, Catalogue::built_in()?);
        let mut exit = Exit::Done;
        for file in &self.files {
            let bytes = std::fs::read(file).with_context(|| format!("read {}", file.display()))?;
            let findings = judge(&bytes, &limits, &rules, &catalogue);
            if findings.iter().any(Finding::is_error) {
                exit = Exit::Refused;
            }
            let name = file.display();
            if self.json {
                show::json(&serde_json::json!({ "file": name.to_string(), "findings": findings }));
            } else if findings.is_empty() {
                show::line(&format!("{name}: lawful"));
            } else {
                show::line(&format!("{name}: {} findings", findings.len()));
                findings.iter().for_each(|finding| show::line(&format!("  {finding}")));
            }
        }
        Ok(exit)
    }
}

fn judge(bytes: &[u8], limits: &Limits, rules: &Rules, catalogue: &Catalogue) -> Findings {
    let refuse = |code: &str, text: String| vec![Finding::error(code, "/", "XML 1.0", "", text)];
    let document = match canonicalize(bytes, limits) {
        Ok(document) => document,
        Err(error) => return refuse(error.code(), error.to_string()),
    };
    let mut findings = rules.structure(&document);
    let root = Element::parse(&document, limits);
    let message = root.ok().and_then(|root| catalogue.message_of_root(&root.namespace, &root.local));
    match message {
        Some(message) => findings.extend(rules.content(&document, message)),
        None => findings.extend(refuse(
            "rules.unknown_root",
            "no message of the catalogue has this root element".to_owned(),
        )),
    }
    findings
}
