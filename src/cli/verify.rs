//! `stazh verify`: checks the seals of files, offline.

use super::explain::remedy;
use super::{Exit, show};
use crate::base::{Clock, Language, Limits, SystemClock, Written, explain, with_causes};
use crate::exchange::seal::{
    Aspect, Coverage, InspectedSignature, Inspection, Judges, ReceiptTrust, SealError, StampTrust,
    StatusKind, Statuses, Terms, TrustStore, inspect, inspect_container, is_container,
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
    /// The authorities whose time stamps count, as PEM; a container must hold one
    /// then, and its certificates are judged as of its time.
    #[arg(long)]
    time_stamps: Vec<PathBuf>,
    /// The subject of the certificate of time stamps; any that is made for them
    /// alone if absent.
    #[arg(long, requires = "time_stamps")]
    time_stamp_signer: Option<String>,
    /// The instant to judge certificates by; if absent, the time of a good time
    /// stamp, or now.
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
        let time_stamps = match self.time_stamps.is_empty() {
            true => None,
            false => Some(StampTrust::new(trusted(&self.time_stamps)?, self.time_stamp_signer)),
        };
        let judges = Judges {
            trust: &trust,
            receipts: receipts.as_ref(),
            time_stamps: time_stamps.as_ref(),
            now: self.at.unwrap_or_else(|| SystemClock.now()),
            is_time_told: self.at.is_some(),
        };
        let mut exit = Exit::Done;
        for file in &self.files {
            let bytes = std::fs::read(file).with_context(|| format!("read {}", file.display()))?;
            let limits = Limits::default();
            let found = match is_container(&bytes) {
                true => inspect_container(&bytes, &judges, &limits),
                false => {
                    let mut found = inspect(&bytes, &trust, receipts.as_ref(), judges.now, &limits);
                    if time_stamps.is_some() {
                        let reason = "a document by itself has none; verify its container of evidence";
                        found.checks.push((Aspect::TimeStamp, Err(SealError::TimeStamp { reason })));
                    }
                    found
                }
            };
            if !found.is_good() {
                exit = Exit::Refused;
            }
            let name = file.display().to_string();
            if self.json {
                show::json(&as_json(&name, &found, self.language))
            } else {
                show::line(&as_text(&name, &found, self.language))
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
    let looked =
        || found.all().filter(|(_, aspect, _)| *aspect == Aspect::Revocation).map(|(.., outcome)| outcome);
    if looked().any(|outcome| matches!(outcome, Err(SealError::Revoked { .. }))) {
        "revoked"
    } else if looked().any(Result::is_err) {
        "unknown"
    } else if looked().count() < found.signatures.len() || found.signatures.is_empty() {
        "not-checked"
    } else {
        "good"
    }
}

fn as_json(file: &str, found: &Inspection, language: Language) -> serde_json::Value {
    let outcome = match (found.is_good(), found.is_undecided()) {
        (true, _) => "valid",
        (false, true) => "cannot-verify",
        (false, false) => "invalid",
    };
    let checks = found.all().map(|(signature, aspect, outcome)| match outcome {
        Ok(()) => serde_json::json!({ "of": name_of(aspect), "signature": signature, "is_good": true }),
        Err(error) => serde_json::json!({
            "of": name_of(aspect), "signature": signature, "is_good": false, "code": error.code(),
            "reason": with_causes(error),
            "cause": explain(error.code()).map(|it| it.cause.of(language)),
            "remedy": remedy(error.code(), language),
        }),
    });
    let said = found
        .said
        .as_ref()
        .map(|said| serde_json::json!({ "receipt": said.receipt_id, "at": said.at.to_string() }));
    let stamped = found.stamped.as_ref().map(|stamped| {
        let again = stamped.again.iter().map(ToString::to_string).collect::<Vec<_>>();
        serde_json::json!({
            "at": stamped.at.to_string(), "by": stamped.by, "again": again,
            "good_until": stamped.good_until.to_string(),
        })
    });
    let container_at = found.container_judged_at.map(|at| at.to_string());
    let first = found.all().find_map(|(_, _, outcome)| outcome.as_ref().err());
    let signers: Vec<_> = found.signatures.iter().map(|signature| signature.signer.as_deref()).collect();
    serde_json::json!({
        "file": file, "at": found.judged_at.to_string(), "container_at": container_at, "outcome": outcome, "code": first.map(SealError::code),
        "reason": first.map(|error| with_causes(error)), "signer": signers.first(),
        "signers": signers, "document": found.doc_instance, "digest": found.digest.map(|digest| digest.to_string()),
        "findings": checks.collect::<Vec<_>>(), "receipt": said, "time_stamp": stamped,
        "revocation": revocation_of(found),
    })
}

fn as_text(file: &str, found: &Inspection, language: Language) -> String {
    let words = Words::of(language);
    let outcome = match (found.is_good(), found.is_undecided()) {
        (true, _) => words.valid,
        (false, true) => words.undecided,
        (false, false) => words.invalid,
    };
    let mut lines = vec![format!("{file}: {outcome}")];
    let is_of_several = found.signatures.len() > 1;
    for (place, signature) in found.signatures.iter().enumerate() {
        let number = if is_of_several { format!(" ({})", place + 1) } else { String::new() };
        let signer = signature.signer.as_deref().unwrap_or(words.unreadable);
        lines.push(format!("  {} {signer}{number}", words.sealed_by));
    }
    for (signature, aspect, outcome) in found.all() {
        let whose = match signature.filter(|_| is_of_several) {
            Some(number) => format!("{} {number}: ", words.signature),
            None => String::new(),
        };
        let error = match outcome {
            Ok(()) => {
                lines.push(format!("  {}  {whose}{}", words.yes, good(aspect, found, language)));
                continue;
            }
            Err(error) => error,
        };
        let mark = if error.is_undecided() { words.unknown } else { words.no };
        let code = error.code();
        let reason = match (language.written(), explain(code)) {
            (Written::Ru, Some(it)) => it.cause.of(language).to_owned(),
            (Written::Ru, None) | (Written::En, _) => with_causes(error),
        };
        lines.push(format!("  {mark}  {whose}{reason} ({code})"));
        if language.written() == Written::Ru {
            lines.push(format!("       {}", with_causes(error)));
        }
        lines.extend(remedy(code, language).map(|remedy| format!("       {}: {remedy}", words.remedy)));
    }
    if revocation_of(found) == "not-checked" {
        lines.push(format!("  -    {}", unchecked(found, language)));
    }
    if let Some(said) = &found.said {
        lines.push(format!("  {} {}, {}", words.receipt, said.receipt_id, said.at));
    }
    if let Some(stamped) = &found.stamped {
        lines.push(format!("  {} {}, {}", words.time_stamp, stamped.at, stamped.by));
        lines.extend(stamped.again.iter().map(|at| format!("  {} {at}", words.again)));
        if found.judged_at == stamped.at {
            lines.push(format!("  {}", words.as_of_stamp));
        }
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
    signature: &'static str,
    unreadable: &'static str,
    yes: &'static str,
    no: &'static str,
    unknown: &'static str,
    remedy: &'static str,
    receipt: &'static str,
    document: &'static str,
    time_stamp: &'static str,
    again: &'static str,
    as_of_stamp: &'static str,
}

impl Words {
    fn of(language: Language) -> Self {
        match language.written() {
            Written::En => Self {
                valid: "valid",
                undecided: "cannot be verified here",
                invalid: "NOT valid",
                sealed_by: "sealed by",
                signature: "signature",
                unreadable: "a certificate that cannot be read",
                yes: "yes",
                no: "NO ",
                unknown: "?  ",
                remedy: "what to do",
                receipt: "receipt",
                document: "document",
                time_stamp: "time stamp",
                again: "stamped again at",
                as_of_stamp: "its certificates are judged as of the time stamp, and may have expired since",
            },
            Written::Ru => Self {
                valid: "действителен",
                undecided: "здесь проверить невозможно",
                invalid: "НЕ действителен",
                sealed_by: "подписал",
                signature: "подпись",
                unreadable: "сертификат, который не удаётся прочитать",
                yes: "да ",
                no: "НЕТ",
                unknown: "?  ",
                remedy: "что делать",
                receipt: "квитанция",
                document: "документ",
                time_stamp: "метка времени",
                again: "метка обновлена",
                as_of_stamp: "сертификаты проверены на время метки и с тех пор могли истечь",
            },
        }
    }
}

/// What is said where not every certificate was looked at for being revoked.
fn unchecked(found: &Inspection, language: Language) -> String {
    let sum = |sum: Coverage, one: &InspectedSignature| Coverage {
        checked: sum.checked + one.revocation.checked,
        of: sum.of + one.revocation.of,
    };
    let Coverage { checked, of } = found.signatures.iter().fold(Coverage::default(), sum);
    match (checked, language.written()) {
        (0, Written::En) => "revocation was not checked".to_owned(),
        (0, Written::Ru) => "отзыв сертификатов не проверялся".to_owned(),
        (some, Written::En) => format!("revocation was checked of {some} in {of} certificates"),
        (some, Written::Ru) => format!("отзыв проверен у {some} из {of} сертификатов"),
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
        Aspect::TimeStamp => "time_stamp",
    }
}

fn good(aspect: Aspect, found: &Inspection, language: Language) -> String {
    let at = found.judged_at;
    let (en, ru) = match aspect {
        Aspect::Container => {
            let at = found.container_judged_at.unwrap_or(at);
            return match language.written() {
                Written::En => format!(
                    "nothing in the container was changed since it was signed; its certificate was judged as of {at}"
                ),
                Written::Ru => format!(
                    "в контейнере ничего не изменено с момента его подписания; его сертификат проверен на {at}"
                ),
            };
        }
        Aspect::Form => ("it is one signed document", "это один подписанный документ"),
        Aspect::Content => {
            ("no byte of the content was changed since", "ни один байт содержания с тех пор не изменён")
        }
        Aspect::Signature => {
            ("the signature was made by the key of the certificate", "подпись создана ключом сертификата")
        }
        Aspect::Certificate => {
            return match language.written() {
                Written::En => format!("a trusted authority stands behind the certificate, valid at {at}"),
                Written::Ru => {
                    format!("за сертификатом стоит доверенный удостоверяющий центр, действителен на {at}")
                }
            };
        }
        Aspect::TimeStamp => {
            let (since, until) = found.stamped.as_ref().map_or((at, at), |it| (it.at, it.good_until));
            return match language.written() {
                Written::En => format!(
                    "a time stamp shows that the document was there at {since}, and will show it until {until}"
                ),
                Written::Ru => format!(
                    "метка времени показывает, что документ существовал {since}, и будет показывать это до {until}"
                ),
            };
        }
        Aspect::Usage => (
            "the certificate is made for signing documents",
            "сертификат предназначен для подписания документов",
        ),
        Aspect::Revocation => {
            let at = found.revocation_at;
            return match language.written() {
                Written::En => format!("no certificate was known to be revoked at {at}"),
                Written::Ru => format!("на {at} не известно об отзыве ни одного сертификата"),
            };
        }
        Aspect::Receipt => (
            "a trusted third party confirmed this signature of this document",
            "доверенная третья сторона подтвердила эту подпись этого документа",
        ),
    };
    language.en_or_ru(en, ru).to_owned()
}
