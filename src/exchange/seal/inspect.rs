//! All that is to be said of a sealed document, good or bad, for a person who asks: where [`super::verify()`] ends at the
//! first reason to refuse, this goes on.

use super::error::SealError;
use super::evidence_record::Stamped;
use super::filling::{Filling, Hole};
use super::open::open;
use super::receipt::{Said, open_receipt};
use super::revocation::Coverage;
use super::signature::OpenedSignature;
use super::suites::ContentDigests;
use super::third_party::{Outcome, ReceiptTrust};
use super::trust::{TrustStore, may_sign};
use super::verify::SignerCertificate;
use crate::base::{Digest256, Limits};
use crate::exchange::document::Scope;
use jiff::Timestamp;
use std::sync::Arc;

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
    /// That a time stamp shows since when the document is there.
    TimeStamp,
}

impl Aspect {
    /// Whether it is of what the signatures stand in.
    fn is_around(self) -> bool {
        matches!(self, Self::Container | Self::Form)
    }
}

/// A sealed document as it was found.
#[derive(Debug)]
pub struct Inspection {
    /// What was looked at beside its signatures, and what is wrong with it if anything.
    pub checks: Vec<(Aspect, Result<(), SealError>)>,
    /// Its signatures, as they stand.
    pub signatures: Vec<InspectedSignature>,
    /// What the document calls itself.
    pub doc_instance: String,
    /// The SHA-256 of its content.
    pub digest: Option<Digest256>,
    /// What a third party said of it.
    pub said: Option<Said>,
    /// Since when it is shown to be there.
    pub stamped: Option<Stamped>,
    /// As of when its certificates were judged.
    pub judged_at: Timestamp,
    /// As of when the certificate of the container around it was, if it is in one.
    pub container_judged_at: Option<Timestamp>,
    /// As of when it was looked whether certificates were revoked.
    pub revocation_at: Timestamp,
}

/// One signature of it.
#[derive(Debug)]
pub struct InspectedSignature {
    /// The subject of the signer's certificate, if that can be read.
    pub signer: Option<String>,
    /// What was looked at, and what is wrong with it if anything.
    pub checks: Vec<(Aspect, Result<(), SealError>)>,
    /// How many certificates were looked at for being revoked.
    pub revocation: Coverage,
}

impl Inspection {
    /// A container that cannot be looked into.
    pub(super) fn of_container(error: SealError, now: Timestamp) -> Self {
        Self { checks: vec![(Aspect::Container, Err(error))], ..Self::nothing(now) }
    }

    fn nothing(judged_at: Timestamp) -> Self {
        Self {
            checks: Vec::new(),
            signatures: Vec::new(),
            doc_instance: String::new(),
            digest: None,
            said: None,
            stamped: None,
            judged_at,
            container_judged_at: None,
            revocation_at: judged_at,
        }
    }

    /// All that was looked at: what the signatures stand in, each signature, by which number it goes, and the rest.
    pub fn all(&self) -> impl Iterator<Item = (Option<usize>, Aspect, &Result<(), SealError>)> {
        let own = |is_around: bool| {
            let checks = self.checks.iter().filter(move |(aspect, _)| aspect.is_around() == is_around);
            checks.map(|(aspect, outcome)| (None, *aspect, outcome))
        };
        let signatures = self.signatures.iter().enumerate().flat_map(|(place, signature)| {
            signature.checks.iter().map(move |(aspect, outcome)| (Some(place + 1), *aspect, outcome))
        });
        own(true).chain(signatures).chain(own(false))
    }

    /// Where a time stamp cannot be checked, nobody knows whether what has ended or was revoked since was good then.
    pub(super) fn leave_time_open(&mut self) {
        let own = self.signatures.iter_mut().flat_map(|signature| &mut signature.checks);
        for (_, outcome) in own.chain(&mut self.checks) {
            if matches!(outcome, Err(SealError::Expired | SealError::Revoked { .. })) {
                *outcome = Err(SealError::TimeUnknown);
            }
        }
    }

    /// Whether nothing is wrong.
    pub fn is_good(&self) -> bool {
        self.all().all(|(_, _, outcome)| outcome.is_ok())
    }

    /// Whether what is wrong is only that something cannot be judged here.
    pub fn is_undecided(&self) -> bool {
        let mut wrong = self.all().filter_map(|(_, _, outcome)| outcome.as_ref().err()).peekable();
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
    let mut found = Inspection { revocation_at: trust.as_of(now), ..Inspection::nothing(now) };
    let opened = match open(bytes, limits) {
        Ok(opened) => opened,
        Err(error) => {
            found.checks.push((Aspect::Form, Err(error)));
            return found;
        }
    };
    found.checks.push((Aspect::Form, Ok(())));
    found.doc_instance = opened.claimed_doc_instance().to_owned();
    let digests = match opened.holes.first() {
        Some(Hole { content_id, .. }) => {
            let content_id = content_id.clone();
            found.checks.push((Aspect::Content, Err(SealError::NoPart { content_id })));
            None
        }
        None => match opened.filling().and_then(Filling::finish) {
            Ok(filled) => Some(filled.digests),
            Err(error) => {
                found.checks.push((Aspect::Content, Err(error)));
                None
            }
        },
    };
    found.digest = digests.as_ref().map(|digests| digests.ledger);
    let signatures = opened.signatures.iter();
    found.signatures =
        signatures.map(|signature| inspect_signature(signature, digests.as_ref(), trust, now)).collect();
    if let Some(receipts) = receipts {
        let said = said(bytes, receipts, now, limits);
        found.said = said.as_ref().ok().cloned();
        let confirmed = said.and_then(|said| match said.outcome {
            Outcome::Confirmed => Ok(()),
            Outcome::NotConfirmed { text, .. } => Err(SealError::NotConfirmed { reason: text }),
            Outcome::Impossible { text } => Err(SealError::NotDecided { reason: text }),
        });
        found.checks.push((Aspect::Receipt, confirmed));
    }
    found
}

fn inspect_signature(
    signature: &OpenedSignature,
    digests: Option<&ContentDigests>,
    trust: &TrustStore,
    now: Timestamp,
) -> InspectedSignature {
    let mut found = InspectedSignature { signer: None, checks: Vec::new(), revocation: Coverage::default() };
    if let Some(digests) = digests {
        found.checks.push((Aspect::Content, signature.check_content(digests)));
    }
    let signer = match SignerCertificate::read(&signature.certificate) {
        Ok(signer) => Arc::new(signer),
        Err(error) => {
            found.checks.push((Aspect::Certificate, Err(error)));
            return found;
        }
    };
    found.signer = Some(signer.name.clone());
    found.checks.push((Aspect::Signature, signature.check_key(&signer)));
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
    found
}

fn said(bytes: &[u8], receipts: &ReceiptTrust, now: Timestamp, limits: &Limits) -> Result<Said, SealError> {
    let (subject, receipt) = open_receipt(bytes, &Scope::default(), limits)?;
    let receipt = receipt.ok_or(SealError::Receipt { reason: "there is none in the document" })?;
    let filled = receipt.filling(&subject)?.finish()?;
    receipt.verify((&subject, &filled), receipts, now)
}
