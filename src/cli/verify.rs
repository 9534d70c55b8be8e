//! `stazh verify`: checks the seals of files, offline.

use super::explain::remedy;
use super::{Exit, show};
use crate::base::{Clock, Language, Limits, SystemClock, explain, with_causes};
use crate::exchange::seal::{
    Aspect, Coverage, Inspection, ReceiptTrust, SealError, StatusKind, Statuses, Terms, TrustStore, inspect,
    inspect_container, is_container,
};
use anyhow::{Context, Result};
use jiff::Timestamp;
use std::path::PathBuf;
use std::sync::Arc;

/// Check the seals of files: who sealed them, and whether a byte was changed
/// since.
///
/// Everything that is wrong is told, not the first thing alone, with what to do
/// about it; with --receipts also what a third party said.
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
    /// A list of revoked certificates (CRL), as DER or PEM; may be given several
    /// times. Those in a container count too.
    #[arg(long)]
    crl: Vec<PathBuf>,
    /// An answer about one certificate (OCSP), as DER; may be given several times.
    #[arg(long)]
    ocsp: Vec<PathBuf>,
    /// Refuse what nothing shows not to be revoked; otherwise it is told.
    #[arg(long)]
    require_revocation: bool,
    /// The instant to judge certificates by; now if absent.
    #[arg(long)]
    at: Option<Timestamp>,
    /// In which language: en or ru.
    #[arg(long, default_value = "en")]
    language: Language,
    /// Print one JSON object a file.
    #[arg(long)]
    json: bool,
}

impl Verify {
    pub(super) fn run(self) -> Result<Exit> {
        let statuses = Arc::new(self.statuses()?);
        let trusted = |files: &[PathBuf]| {
            TrustStore::from_files(files).map(|trust| trust.with_statuses(statuses.clone()))
        };
        let trust = trusted(&self.trust)?;
        let receipts = match self.receipts.is_empty() {
            true => None,
            false => Some(ReceiptTrust::new(trusted(&self.receipts)?, self.receipt_signer)),
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
                show::json(&as_json(&name, at, &found, self.language))
            } else {
                show::line(&as_text(&name, at, &found, self.language))
            }
        }
        Ok(exit)
    }
}

impl Verify {
    /// What the files say of revoked certificates.
    fn statuses(&self) -> Result<Statuses> {
        let kinds = [(StatusKind::Crl, &self.crl), (StatusKind::Ocsp, &self.ocsp)];
        let mut answers = Vec::new();
        for (kind, file) in
            kinds.into_iter().flat_map(|(kind, files)| files.iter().map(move |file| (kind, file)))
        {
            answers.push((kind, std::fs::read(file).with_context(|| format!("read {}", file.display()))?));
        }
        let terms = Terms { is_required: self.require_revocation, ..Terms::default() };
        Ok(Statuses::of_answers(answers, terms))
    }
}

/// The outcome of looking for revoked certificates: three, and that nobody looked.
fn revocation_of(found: &Inspection) -> &'static str {
    let checked = found.checks.iter().find(|(aspect, _)| *aspect == Aspect::Revocation);
    match checked.map(|(_, outcome)| outcome) {
        Some(Ok(())) => "good",
        Some(Err(SealError::Revoked { .. })) => "revoked",
        Some(Err(_)) => "unknown",
        None => "not-checked",
    }
}

fn as_json(file: &str, at: Timestamp, found: &Inspection, language: Language) -> serde_json::Value {
    let outcome = match (found.is_good(), found.is_undecided()) {
        (true, _) => "valid",
        (false, true) => "cannot-verify",
        (false, false) => "invalid",
    };
    let checks = found.checks.iter().map(|(aspect, outcome)| match outcome {
        Ok(()) => serde_json::json!({ "of": name_of(*aspect), "is_good": true }),
        Err(error) => serde_json::json!({
            "of": name_of(*aspect), "is_good": false, "code": error.code(), "reason": with_causes(error),
            "cause": explain(error.code()).map(|it| it.cause.of(language)),
            "remedy": remedy(error.code(), language),
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
        "findings": checks.collect::<Vec<_>>(), "receipt": said, "revocation": revocation_of(found),
    })
}

fn as_text(file: &str, at: Timestamp, found: &Inspection, language: Language) -> String {
    let words = Words::of(language);
    let outcome = match (found.is_good(), found.is_undecided()) {
        (true, _) => words.valid,
        (false, true) => words.undecided,
        (false, false) => words.invalid,
    };
    let mut lines = vec![format!("{file}: {outcome}")];
    if let Some(signer) = &found.signer {
        lines.push(format!("  {} {signer}", words.sealed_by));
    }
    for (aspect, outcome) in &found.checks {
        let error = match outcome {
            Ok(()) => {
                lines.push(format!("  {}  {}", words.yes, good(*aspect, at, found, language)));
                continue;
            }
            Err(error) => error,
        };
        let mark = if error.is_undecided() { words.unknown } else { words.no };
        let code = error.code();
        let reason = match (language, explain(code)) {
            (Language::Ru, Some(it)) => it.cause.of(language).to_owned(),
            (Language::Ru, None) | (Language::En, _) => with_causes(error),
        };
        lines.push(format!("  {mark}  {reason} ({code})"));
        if language == Language::Ru {
            lines.push(format!("       {}", with_causes(error)));
        }
        lines.extend(remedy(code, language).map(|remedy| format!("       {}: {remedy}", words.remedy)));
    }
    if revocation_of(found) == "not-checked" {
        lines.push(format!("  -    {}", unchecked(found.revocation, language)));
    }
    if let Some(said) = &found.said {
        lines.push(format!("  {} {}, {}", words.receipt, said.receipt_id, said.at));
    }
    if let Some(digest) = found.digest {
        lines.push(format!("  {} {}, sha-256 {digest}", words.document, found.doc_instance));
    }
    lines.join("\n")
}

/// The words around the findings.
struct Words {
    valid: &'static str,
    undecided: &'static str,
    invalid: &'static str,
    sealed_by: &'static str,
    yes: &'static str,
    no: &'static str,
    unknown: &'static str,
    remedy: &'static str,
    receipt: &'static str,
    document: &'static str,
}

impl Words {
    fn of(language: Language) -> Self {
        match language {
            Language::En => Self {
                valid: "valid",
                undecided: "cannot be verified here",
                invalid: "NOT valid",
                sealed_by: "sealed by",
                yes: "yes",
                no: "NO ",
                unknown: "?  ",
                remedy: "what to do",
                receipt: "receipt",
                document: "document",
            },
            Language::Ru => Self {
                valid: "действителен",
                undecided: "здесь проверить невозможно",
                invalid: "НЕ действителен",
                sealed_by: "подписал",
                yes: "да ",
                no: "НЕТ",
                unknown: "?  ",
                remedy: "что делать",
                receipt: "квитанция",
                document: "документ",
            },
        }
    }
}

/// What is said where not every certificate was looked at for being revoked.
fn unchecked(Coverage { checked, of }: Coverage, language: Language) -> String {
    match (checked, language) {
        (0, Language::En) => "revocation was not checked".to_owned(),
        (0, Language::Ru) => "отзыв сертификатов не проверялся".to_owned(),
        (some, Language::En) => format!("revocation was checked of {some} in {of} certificates"),
        (some, Language::Ru) => format!("отзыв проверен у {some} из {of} сертификатов"),
    }
}

fn name_of(aspect: Aspect) -> &'static str {
    match aspect {
        Aspect::Container => "container",
        Aspect::Form => "form",
        Aspect::Content => "content",
        Aspect::Signature => "signature",
        Aspect::Certificate => "certificate",
        Aspect::Usage => "usage",
        Aspect::Revocation => "revocation",
        Aspect::Receipt => "receipt",
    }
}

fn good(aspect: Aspect, at: Timestamp, found: &Inspection, language: Language) -> String {
    let (en, ru) = match aspect {
        Aspect::Container => (
            "nothing in the container was changed since it was signed",
            "в контейнере ничего не изменено с момента его подписания",
        ),
        Aspect::Form => ("it is one signed document", "это один подписанный документ"),
        Aspect::Content => {
            ("no byte of the content was changed since", "ни один байт содержания с тех пор не изменён")
        }
        Aspect::Signature => {
            ("the signature was made by the key of the certificate", "подпись создана ключом сертификата")
        }
        Aspect::Certificate => {
            return match language {
                Language::En => format!("a trusted authority stands behind the certificate, valid at {at}"),
                Language::Ru => {
                    format!("за сертификатом стоит доверенный удостоверяющий центр, действителен на {at}")
                }
            };
        }
        Aspect::Usage => (
            "the certificate is made for signing documents",
            "сертификат предназначен для подписания документов",
        ),
        Aspect::Revocation => {
            let at = found.revocation_at;
            return match language {
                Language::En => format!("no certificate was known to be revoked at {at}"),
                Language::Ru => format!("на {at} не известно об отзыве ни одного сертификата"),
            };
        }
        Aspect::Receipt => (
            "a trusted third party confirmed this signature of this document",
            "доверенная третья сторона подтвердила эту подпись этого документа",
        ),
    };
    if language == Language::Ru { ru } else { en }.to_owned()
}
