//! What may be decoded: a document whose signature is good *and* which the rules of its message accept.

use super::canonical::case::{CaseDocument, CaseHead};
use super::canonical::job::JobDocument;
use super::canonical::{
    CheckDocument, Fact, FactInquiry, FactOffer, Inquiry, InsuranceRecord, Person, ResourceStatus, State,
};
use super::document::Scope;
use super::document::codec::{
    Attachments, CodecError, Header, HeldDocument, ProcessingResult, contents_inside, decode_case,
    decode_case_head, decode_check, decode_container, decode_fact, decode_fact_inquiry, decode_fact_offer,
    decode_inquiry, decode_job, decode_record, decode_result, decode_status, decode_subject,
};
use super::rules::{MessageKind, Rules};
use super::seal::{SealError, VerifiedDocument, open, open_within, sha256};
use crate::base::{Digest256, Finding, Findings, Limits};

/// A document that is verified and lawful. Only [`accept`] and [`accept_holding`] make one, and only one can be decoded:
///
/// ```compile_fail
/// # use stazh::{base::Limits, exchange::{seal::VerifiedDocument, document::codec::decode_record}};
/// # fn not_checked(verified: &VerifiedDocument, limits: &Limits) {
/// let record = decode_record(verified.document(), limits);
/// # }
/// ```
#[derive(Debug)]
pub struct AcceptedDocument<'v>(&'v VerifiedDocument);

/// Checks a verified document by the rules of its message.
///
/// # Errors
/// Everything that is wrong with it.
pub fn accept<'v>(
    verified: &'v VerifiedDocument,
    message: &MessageKind,
    rules: &Rules,
) -> Result<AcceptedDocument<'v>, Findings> {
    accept_holding(verified, message, &[], rules)
}

/// The same for a container, which may hold documents of the structures `allowed`, such as `R.XP.XP.01.002`.
///
/// # Errors
/// Everything that is wrong with it.
pub fn accept_holding<'v>(
    verified: &'v VerifiedDocument,
    message: &MessageKind,
    allowed: &[String],
    rules: &Rules,
) -> Result<AcceptedDocument<'v>, Findings> {
    let findings = rules.content_holding(verified.document(), message, allowed);
    if findings.iter().any(Finding::is_error) { Err(findings) } else { Ok(AcceptedDocument(verified)) }
}

/// The inquiry in a document that this node sealed itself, known by the digest that was stored when it did.
///
/// # Errors
/// The bytes are not those that were sealed, or hold no inquiry.
pub fn own_inquiry(
    sealed: &[u8],
    digest: Digest256,
    asked: State,
    limits: &Limits,
) -> Result<Inquiry, OwnError> {
    let (_header, inquiry) =
        own((sealed, digest), limits, |document| decode_inquiry(document, asked, limits))?;
    Ok(inquiry)
}

/// The same of a question for a fact.
///
/// # Errors
/// As [`own_inquiry`].
pub fn own_fact_inquiry(
    sealed: &[u8],
    digest: Digest256,
    asked: State,
    limits: &Limits,
) -> Result<FactInquiry, OwnError> {
    let decode = |document: &[u8]| decode_fact_inquiry(document, asked, limits);
    let (_header, inquiry) = own((sealed, digest), limits, decode)?;
    Ok(inquiry)
}

/// The document of the labour half that this node sealed itself.
///
/// # Errors
/// As [`own_inquiry`].
pub fn own_job_document(sealed: &[u8], digest: Digest256, limits: &Limits) -> Result<JobDocument, OwnError> {
    let (_header, document) = own((sealed, digest), limits, |document| decode_job(document, limits))?;
    Ok(document)
}

/// Whose document of which case one is that this node sealed itself; the attachments beside it are not looked at.
///
/// # Errors
/// As [`own_inquiry`].
pub fn own_case_head(sealed: &[u8], digest: Digest256, limits: &Limits) -> Result<CaseHead, OwnError> {
    let opened = open(sealed, limits)?;
    let document = opened.own_document_without_parts(digest).ok_or(SealError::DigestMismatch)?;
    Ok(decode_case_head(document, limits)?)
}

/// The header of a document that stands in the database, and whom it is about; known by the digest that was
/// stored when this node sealed or accepted it.
///
/// # Errors
/// The bytes are not those, or cannot be read.
pub fn kept_subject(
    (sealed, scope): (&[u8], &Scope),
    digest: Digest256,
    limits: &Limits,
) -> Result<(Header, Option<Person>), OwnError> {
    let opened = open_within(sealed, scope, limits)?;
    let document = opened.own_document_without_parts(digest).ok_or(SealError::DigestMismatch)?;
    Ok(decode_subject(document, limits)?)
}

fn own<T>(
    (sealed, digest): (&[u8], Digest256),
    limits: &Limits,
    decode: impl FnOnce(&[u8]) -> Result<T, CodecError>,
) -> Result<T, OwnError> {
    let opened = open(sealed, limits)?;
    let document = opened.own_document(digest).ok_or(SealError::DigestMismatch)?;
    Ok(decode(document)?)
}

/// A document of ours that cannot be read again.
#[derive(Debug, thiserror::Error)]
pub enum OwnError {
    /// It is not what was sealed.
    #[error("open a document of our own")]
    Seal(#[from] SealError),
    /// It holds something else.
    #[error("read a document of our own")]
    Codec(#[from] CodecError),
}

impl AcceptedDocument<'_> {
    /// The inquiry it carries; `asked` is the state that reads it.
    ///
    /// # Errors
    /// Values that mean nothing.
    pub fn inquiry(&self, asked: State, limits: &Limits) -> Result<(Header, Inquiry), CodecError> {
        decode_inquiry(self.0.document(), asked, limits)
    }

    /// The insurance record it carries.
    ///
    /// # Errors
    /// Values that mean nothing.
    pub fn record(&self, limits: &Limits) -> Result<(Header, InsuranceRecord), CodecError> {
        decode_record(self.0.document(), Attachments::new(self.0.parts(), sha256), limits)
    }

    /// The document of a pension case that it is.
    ///
    /// # Errors
    /// Values that mean nothing.
    pub fn case_document(&self, limits: &Limits) -> Result<(Header, CaseDocument), CodecError> {
        decode_case(self.0.document(), Attachments::new(self.0.parts(), sha256), limits)
    }

    /// The document of a bulk check that it is.
    ///
    /// # Errors
    /// Values that mean nothing.
    pub fn check_document(&self, limits: &Limits) -> Result<(Header, CheckDocument), CodecError> {
        decode_check(self.0.document(), limits)
    }

    /// The document of the labour half that it is.
    ///
    /// # Errors
    /// Values that mean nothing.
    pub fn job_document(&self, limits: &Limits) -> Result<(Header, JobDocument), CodecError> {
        decode_job(self.0.document(), limits)
    }

    /// The contents of the attachments that stand inside it; those beside it were never in it.
    ///
    /// # Errors
    /// Never for a document that was accepted within these limits.
    pub fn contents_inside(&self, limits: &Limits) -> Result<Vec<Vec<u8>>, CodecError> {
        contents_inside(self.0.document(), limits)
    }

    /// The question for a fact that it carries; `asked` is the state that reads it.
    ///
    /// # Errors
    /// Values that mean nothing.
    pub fn fact_inquiry(&self, asked: State, limits: &Limits) -> Result<(Header, FactInquiry), CodecError> {
        decode_fact_inquiry(self.0.document(), asked, limits)
    }

    /// The fact it carries.
    ///
    /// # Errors
    /// Values that mean nothing.
    pub fn fact(&self, limits: &Limits) -> Result<(Header, Fact), CodecError> {
        decode_fact(self.0.document(), limits)
    }

    /// The offer of a fact that it carries.
    ///
    /// # Errors
    /// Values that mean nothing.
    pub fn fact_offer(&self, limits: &Limits) -> Result<(Header, FactOffer), CodecError> {
        decode_fact_offer(self.0.document(), limits)
    }

    /// The notice it carries.
    ///
    /// # Errors
    /// Values that mean nothing.
    pub fn notice(&self, limits: &Limits) -> Result<(Header, ProcessingResult), CodecError> {
        decode_result(self.0.document(), limits)
    }

    /// The state of a resource that it carries.
    ///
    /// # Errors
    /// Values that mean nothing.
    pub fn status(&self, limits: &Limits) -> Result<(Header, ResourceStatus), CodecError> {
        decode_status(self.0.document(), limits)
    }

    /// The documents it holds, in their order.
    ///
    /// # Errors
    /// It holds none, or too many.
    pub fn container(&self, limits: &Limits) -> Result<(Header, Vec<HeldDocument>), CodecError> {
        decode_container(self.0.document(), limits)
    }
}
