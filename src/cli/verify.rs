//! `stazh verify`: checks the seals of files, offline.

use super::{Exit, show};
use crate::base::{Clock, Limits, SystemClock, with_causes};
use crate::exchange::seal::{SealError, TrustStore, VerifiedDocument, open, verify};
use anyhow::{Context, Result};
use jiff::Timestamp;
use std::path::PathBuf;

/// Check the seals of files: who sealed them, and whether a byte was changed
/// since.
///
///   stazh verify sealed.xml --trust authorities.pem
///   stazh verify sealed.xml --trust authorities.pem --at 2026-06-01T00:00:00Z --json
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(super) struct Verify {
    /// SignedDoc files.
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// The authorities that are trusted, as PEM; may be given several times.
    #[arg(long, required = true)]
    trust: Vec<PathBuf>,
    /// The instant to judge certificates by; now if absent.
    #[arg(long)]
    at: Option<Timestamp>,
    /// Print one JSON object a file.
    #[arg(long)]
    json: bool,
}

impl Verify {
    pub(super) fn run(self) -> Result<Exit> {
        let trust = TrustStore::from_files(&self.trust)?;
        let at = self.at.unwrap_or_else(|| SystemClock.now());
        let mut exit = Exit::Done;
        for file in &self.files {
            let bytes = std::fs::read(file).with_context(|| format!("read {}", file.display()))?;
            let outcome = open(&bytes, &Limits::default()).and_then(|opened| verify(opened, &trust, at));
            if outcome.is_err() {
                exit = Exit::Refused;
            }
            let name = file.display().to_string();
            if self.json {
                show::json(&as_json(&name, at, &outcome))
            } else {
                show::line(&as_text(&name, at, &outcome))
            }
        }
        Ok(exit)
    }
}

fn as_json(file: &str, at: Timestamp, outcome: &Result<VerifiedDocument, SealError>) -> serde_json::Value {
    let at = at.to_string();
    match outcome {
        Ok(verified) => serde_json::json!({
            "file": file, "at": at, "outcome": "valid", "signer": verified.signer(),
            "document": verified.doc_instance(), "digest": verified.digest().to_string(),
        }),
        Err(error) => {
            let outcome = if error.is_undecided() { "cannot-verify" } else { "invalid" };
            serde_json::json!({ "file": file, "at": at, "outcome": outcome, "code": error.code(), "reason": with_causes(error) })
        }
    }
}

fn as_text(file: &str, at: Timestamp, outcome: &Result<VerifiedDocument, SealError>) -> String {
    match outcome {
        Ok(verified) => format!(
            "{file}: valid\n  sealed by {}\n  certificate valid at {at}; no byte of the content was changed since\n  document {}, sha-256 {}",
            verified.signer().unwrap_or_default(),
            verified.doc_instance(),
            verified.digest()
        ),
        Err(error) if error.is_undecided() => {
            format!("{file}: cannot be verified here\n  {} ({})", with_causes(error), error.code())
        }
        Err(error) => format!("{file}: NOT valid\n  {} ({})", with_causes(error), error.code()),
    }
}
