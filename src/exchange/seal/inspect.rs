//! All that is to be said of a sealed document, good or bad, for a person who asks: where [`super::verify()`] ends at the
//! first reason to refuse, this goes on.

use super::error::SealError;
use super::open::open;
use super::receipt::{Said, open_receipt};
use super::revocation::Coverage;
use super::suites::{PublicKey, suite_of};
use super::third_party::{Outcome, ReceiptTrust};
use super::trust::{TrustStore, may_sign};
use super::verify::SignerCertificate;
use crate::base::{Digest256, Limits};
use crate::exchange::document::Scope;
use jiff::Timestamp;

/// What was looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Aspect {
    /// That nothing in a container was changed since somebody trusted made it.
    Container,
    /// That the file is one signed document of the profile.
    Form,
    /// That no byte of the content was changed since.
    Content,
    /// That the certificate's key made the signature.
    Signature,
    /// That the certificate leads to an authority that is trusted, all of it valid at the time.
    Certificate,
    /// That the certificate is made for signing documents.
    Usage,
    /// That neither the certificate nor one above it was revoked.
    Revocation,
    /// That a third party confirmed the signature.
    Receipt,
}

/// A sealed document as it was found.
#[derive(Debug)]
pub struct Inspection {
    /// What was looked at, and what is wrong with it if anything.
    pub checks: Vec<(Aspect, Result<(), SealError>)>,
    /// The subject of the signer's certificate.
    pub signer: Option<String>,
    /// What the document calls itself.
    pub doc_instance: String,
    /// The SHA-256 of its content.
    pub digest: Option<Digest256>,
    /// What a third party said of it.
    pub said: Option<Said>,
    /// How many certificates were looked at for being revoked.
    pub revocation: Coverage,
    /// As of when.
    pub revocation_at: Timestamp,
}

impl Inspection {
    /// A container that cannot be looked into.
    pub(super) fn of_container(error: SealError) -> Self {
        Self {
            checks: vec![(Aspect::Container, Err(error))],
            signer: None,
            doc_instance: String::new(),
            digest: None,
            said: None,
            revocation: Coverage::default(),
            revocation_at: Timestamp::UNIX_EPOCH,
        }
    }

    /// Whether nothing is wrong.
    pub fn is_good(&self) -> bool {
        self.checks.iter().all(|(_, outcome)| outcome.is_ok())
    }

    /// Whether what is wrong is only that something cannot be judged here.
    pub fn is_undecided(&self) -> bool {
        let mut wrong = self.checks.iter().filter_map(|(_, outcome)| outcome.as_ref().err()).peekable();
        wrong.peek().is_some() && wrong.all(SealError::is_undecided)
    }
}

/// Looks at a `SignedDoc` from every side; at its receipt only if it is told whose receipts count.
pub fn inspect(
    bytes: &[u8],
    trust: &TrustStore,
    receipts: Option<&ReceiptTrust>,
    now: Timestamp,
    limits: &Limits,
) -> Inspection {
    let mut found = Inspection {
        checks: Vec::new(),
        signer: None,
        doc_instance: String::new(),
        digest: None,
        said: None,
        revocation: Coverage::default(),
        revocation_at: trust.as_of(now),
    };
    let opened = match open(bytes, limits) {
        Ok(opened) => opened,
        Err(error) => {
            found.checks.push((Aspect::Form, Err(error)));
            return found;
        }
    };
    found.checks.push((Aspect::Form, Ok(())));
    found.doc_instance = opened.claimed_doc_instance().to_owned();
    if let Some(hole) = opened.holes.first() {
        let content_id = hole.content_id.clone();
        found.checks.push((Aspect::Content, Err(SealError::NoPart { content_id })));
    } else {
        let digests = opened.filling().and_then(|filling| filling.finish());
        found.digest = digests.as_ref().ok().map(|filled| filled.digests.ledger);
        let is_same = digests.and_then(|filled| match filled.digests.signed == opened.digest {
            true => Ok(()),
            false => Err(SealError::DigestMismatch),
        });
        found.checks.push((Aspect::Content, is_same));
    }
    match SignerCertificate::read(&opened.certificate) {
        Ok(signer) => {
            found.signer = Some(signer.name.clone());
            let suite = suite_of(&opened.signature_uri, &opened.digest_uri).map(|(suite, _)| suite);
            let is_its = suite.and_then(|suite| {
                let scheme = suite.scheme();
                let key: &PublicKey = &signer.key;
                if !scheme.is_fit(key) {
                    return Err(SealError::Certificate { reason: "its key does not fit the algorithm" });
                }
                match scheme.is_signature(key, &opened.signed_info, &opened.signature) {
                    true => Ok(()),
                    false => Err(SealError::SignatureMismatch),
                }
            });
            found.checks.push((Aspect::Signature, is_its));
            let usage = if may_sign(&signer.certificate) { Ok(()) } else { Err(SealError::KeyUsage) };
            let chain = trust.chain(&signer, now);
            let standings = chain.as_ref().ok().map(|chain| trust.standings(chain, now));
            found.checks.push((Aspect::Certificate, chain.map(drop)));
            found.checks.push((Aspect::Usage, usage));
            match standings {
                Some(Ok(coverage)) => {
                    found.revocation = coverage;
                    if coverage.checked == coverage.of && coverage.of > 0 {
                        found.checks.push((Aspect::Revocation, Ok(())));
                    }
                }
                Some(Err(error)) => found.checks.push((Aspect::Revocation, Err(error))),
                None => {}
            }
        }
        Err(error) => found.checks.push((Aspect::Certificate, Err(error))),
    }
    if let Some(receipts) = receipts {
        let said = said(bytes, receipts, now, limits);
        found.said = said.as_ref().ok().cloned();
        let confirmed = said.and_then(|said| match said.outcome {
            Outcome::Confirmed => Ok(()),
            Outcome::NotConfirmed { text, .. } | Outcome::Impossible { text } => {
                Err(SealError::NotConfirmed { reason: text })
            }
        });
        found.checks.push((Aspect::Receipt, confirmed));
    }
    found
}

fn said(bytes: &[u8], receipts: &ReceiptTrust, now: Timestamp, limits: &Limits) -> Result<Said, SealError> {
    let (subject, receipt) = open_receipt(bytes, &Scope::default(), limits)?;
    let receipt = receipt.ok_or(SealError::Receipt { reason: "there is none in the document" })?;
    let filled = receipt.filling(&subject)?.finish()?;
    receipt.verify((&subject, &filled), receipts, now)
}
