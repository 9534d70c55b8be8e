//! `stazh verify`: checks the seals of files, offline.

use super::{Exit, show};
use crate::base::{Clock, Limits, SystemClock, with_causes};
use crate::exchange::seal::{
    Aspect, Inspection, ReceiptTrust, SealError, TrustStore, inspect, inspect_container, is_container,
};
use anyhow::{Context, Result};
use jiff::Timestamp;
use std::path::PathBuf;

/// Check the seals of files: who sealed them, and whether a byte was changed
/// since.
///
/// Everything that is wrong is told, not the first thing alone; with --receipts
/// also what a third party said.
///
///   stazh verify sealed.xml --trust authorities.pem
///   stazh verify case.asice --trust ours.pem --trust theirs.pem
///   stazh verify sealed.xml --trust authorities.pem --at 2026-06-01T00:00:00Z --json
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(super) struct Verify {
    /// SignedDoc files, or containers of evidence.
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// The authorities that are trusted, as PEM; may be given several times.
    #[arg(long, required = true)]
    trust: Vec<PathBuf>,
    /// The authorities whose receipts count, as PEM; the document must have one
    /// then.
    #[arg(long)]
    receipts: Vec<PathBuf>,
    /// The subject of the third party's certificate; one issued for RFC 3029 if
    /// absent.
    #[arg(long, requires = "receipts")]
    receipt_signer: Option<String>,
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
        let receipts = match self.receipts.is_empty() {
            true => None,
            false => Some(ReceiptTrust::new(TrustStore::from_files(&self.receipts)?, self.receipt_signer)),
        };
        let at = self.at.unwrap_or_else(|| SystemClock.now());
        let mut exit = Exit::Done;
        for file in &self.files {
            let bytes = std::fs::read(file).with_context(|| format!("read {}", file.display()))?;
            let look = if is_container(&bytes) { inspect_container } else { inspect };
            let found = look(&bytes, &trust, receipts.as_ref(), at, &Limits::default());
            if !found.is_good() {
                exit = Exit::Refused;
            }
            let name = file.display().to_string();
            if self.json {
                show::json(&as_json(&name, at, &found))
            } else {
                show::line(&as_text(&name, at, &found))
            }
        }
        Ok(exit)
    }
}

fn as_json(file: &str, at: Timestamp, found: &Inspection) -> serde_json::Value {
    let outcome = match (found.is_good(), found.is_undecided()) {
        (true, _) => "valid",
        (false, true) => "cannot-verify",
        (false, false) => "invalid",
    };
    let checks = found.checks.iter().map(|(aspect, outcome)| match outcome {
        Ok(()) => serde_json::json!({ "of": name_of(*aspect), "is_good": true }),
        Err(error) => serde_json::json!({
            "of": name_of(*aspect), "is_good": false, "code": error.code(), "reason": with_causes(error),
        }),
    });
    let said = found
        .said
        .as_ref()
        .map(|said| serde_json::json!({ "receipt": said.receipt_id, "at": said.at.to_string() }));
    let first = found.checks.iter().find_map(|(_, outcome)| outcome.as_ref().err());
    serde_json::json!({
        "file": file, "at": at.to_string(), "outcome": outcome, "code": first.map(SealError::code),
        "reason": first.map(|error| with_causes(error)), "signer": found.signer,
        "document": found.doc_instance, "digest": found.digest.map(|digest| digest.to_string()),
        "findings": checks.collect::<Vec<_>>(), "receipt": said,
    })
}

fn as_text(file: &str, at: Timestamp, found: &Inspection) -> String {
    let outcome = match (found.is_good(), found.is_undecided()) {
        (true, _) => "valid",
        (false, true) => "cannot be verified here",
        (false, false) => "NOT valid",
    };
    let mut lines = vec![format!("{file}: {outcome}")];
    if let Some(signer) = &found.signer {
        lines.push(format!("  sealed by {signer}"));
    }
    for (aspect, outcome) in &found.checks {
        lines.push(match outcome {
            Ok(()) => format!("  yes  {}", good(*aspect, at)),
            Err(error) if error.is_undecided() => format!("  ?    {} ({})", with_causes(error), error.code()),
            Err(error) => format!("  NO   {} ({})", with_causes(error), error.code()),
        });
    }
    if let Some(said) = &found.said {
        lines.push(format!("  receipt {} of {}", said.receipt_id, said.at));
    }
    if let Some(digest) = found.digest {
        lines.push(format!("  document {}, sha-256 {digest}", found.doc_instance));
    }
    lines.join("\n")
}

fn name_of(aspect: Aspect) -> &'static str {
    match aspect {
        Aspect::Container => "container",
        Aspect::Form => "form",
        Aspect::Content => "content",
        Aspect::Signature => "signature",
        Aspect::Certificate => "certificate",
        Aspect::Usage => "usage",
        Aspect::Receipt => "receipt",
    }
}

fn good(aspect: Aspect, at: Timestamp) -> String {
    match aspect {
        Aspect::Container => "nothing in the container was changed since it was signed".to_owned(),
        Aspect::Form => "it is one signed document".to_owned(),
        Aspect::Content => "no byte of the content was changed since".to_owned(),
        Aspect::Signature => "the signature was made by the key of the certificate".to_owned(),
        Aspect::Certificate => format!("a trusted authority stands behind the certificate, valid at {at}"),
        Aspect::Usage => "the certificate is made for signing documents".to_owned(),
        Aspect::Receipt => "a trusted third party confirmed this signature of this document".to_owned(),
    }
}
