//! Sees certificates come to their end, and calls a person in time: a new one takes weeks to get.

use super::{Context, FlowError};
use crate::exchange::seal::{CertificateFacts, certificates_in};
use crate::store::{JournalDraft, journal_append, told_once};
use jiff::{SignedDuration, Timestamp};
use std::collections::HashSet;
use std::path::PathBuf;

/// A file with certificates that the node works with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificateFile {
    /// What they are, for an operator: `our seal`.
    pub what: String,
    /// Where they are.
    pub path: PathBuf,
}

/// Journals each certificate whose end has come near, once at 60, 30, 14 and 7 days and once when it has ended; a
/// person is asked each time. `told` keeps what needs not be looked for again.
///
/// # Errors
/// The database does not answer.
pub async fn note_endings(
    files: &[CertificateFile],
    told: &mut HashSet<String>,
    ctx: &Context,
) -> Result<(), FlowError> {
    let now = ctx.clock.now();
    let (wanted, signers) = (files.to_vec(), ctx.signers.get());
    let read = move || {
        // those in a PKCS#12 file or on a token stand in no file of their own
        let own = signers.all().iter().flat_map(|signer| {
            let facts = signer.certificates_pem().and_then(|pem| certificates_in(&pem));
            facts.unwrap_or_default().into_iter().filter_map(|facts| ending("our seal", &facts, now))
        });
        own.chain(wanted.iter().flat_map(|file| endings_of(file, now))).collect::<Vec<_>>()
    };
    for detail in Context::aside(read).await? {
        if told.contains(&detail) {
            continue;
        }
        let mut tx = ctx.store.begin().await?;
        // it may be another replica that told of it, or this one before its last start
        if told_once(&mut tx, &detail, now).await? {
            journal_append(&mut tx, &JournalDraft::at(now, ASK, &detail).coded(Some("seal.ends_soon")))
                .await?;
            tracing::warn!("{detail}");
        }
        tx.commit().await?;
        told.insert(detail);
    }
    Ok(())
}

/// What is to be told of the certificates of a file; a file that cannot be read is told of where it is used.
fn endings_of(file: &CertificateFile, now: Timestamp) -> Vec<String> {
    let facts = std::fs::read(&file.path).ok().and_then(|pem| certificates_in(&pem).ok());
    facts.iter().flatten().filter_map(|facts| ending(&file.what, facts, now)).collect()
}

/// A sentence that stays the same until the next threshold.
fn ending(what: &str, facts: &CertificateFacts, now: Timestamp) -> Option<String> {
    let left = facts.not_after.duration_since(now);
    let far = if left <= SignedDuration::ZERO {
        "it has ended".to_owned()
    } else {
        let days = ALARM_DAYS.into_iter().find(|days| left < SignedDuration::from_hours(days * 24))?;
        format!("fewer than {days} days are left")
    };
    // no subject: it may be a person
    let fingerprint: String = facts.fingerprint.to_string().chars().take(16).collect();
    Some(format!("{what}: certificate {fingerprint}… ends at {}; {far}", facts.not_after))
}

const ASK: &str = "ask_person";
/// Nearest first.
const ALARM_DAYS: [i64; 4] = [7, 14, 30, 60];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Digest256;

    #[test]
    fn each_threshold_is_one_sentence_and_before_the_first_there_is_none() {
        let end: Timestamp = "2026-12-31T12:00:00Z".parse().unwrap();
        let facts = CertificateFacts {
            fingerprint: Digest256([7; 32]),
            name: "C=KZ, CN=Somebody".to_owned(),
            not_before: Timestamp::UNIX_EPOCH,
            not_after: end,
            may_sign: true,
            is_issuer_beside: true,
        };
        let before = |hours: i64| end.checked_sub(SignedDuration::from_hours(hours)).unwrap();
        let told = |hours: i64| ending("our seal", &facts, before(hours));
        assert_eq!(told(60 * 24), None);
        for (hours, days) in [(60 * 24 - 1, 60), (30 * 24, 60), (30 * 24 - 1, 30), (13 * 24, 14), (1, 7)] {
            let told = told(hours).unwrap();
            assert!(told.ends_with(&format!("fewer than {days} days are left")), "{hours}: {told}");
        }
        assert_eq!(told(6 * 24), told(24), "it would be told each day");
        assert!(told(0).unwrap().ends_with("it has ended") && told(-100) == told(0));
        assert!(!told(1).unwrap().contains("Somebody"), "a subject may be a person");
    }
}
