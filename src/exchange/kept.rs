//! What a node reads again of documents that it kept. They were verified and accepted when they came, or sealed here; each is
//! known by the digest that was noted then, and one whose bytes are others is not read.

use super::canonical::case::CaseDocument;
use super::canonical::job::JobDocument;
use super::canonical::{Inquiry, InsuranceRecord, State};
use super::document::Scope;
use super::document::codec::{
    Attachments, CodecError, Header, decode_case, decode_inquiry, decode_job, decode_record,
};
use super::seal::{SealError, open_within, sha256};
use crate::base::{Digest256, HeldPart, Limits};
use std::collections::HashMap;

/// A document as it is kept.
#[derive(Clone, Copy)]
pub struct KeptDocument<'k> {
    /// With its seal.
    pub sealed: &'k [u8],
    /// The namespaces that were in scope around it.
    pub scope: &'k Scope,
    /// SHA-256 of what was sealed, as it was noted.
    pub digest: Digest256,
    /// The attachments that are kept beside it, by their Content-ID.
    pub parts: &'k HashMap<String, HeldPart>,
}

/// A document that tells of a person's work.
#[derive(Debug)]
pub enum RecordOrJob {
    /// An insurance record.
    Record(Box<InsuranceRecord>),
    /// A document of the labour half.
    Job(Box<JobDocument>),
}

/// What a document adds to a person's way from a post to his pension.
#[derive(Debug)]
pub enum OnTheWay {
    /// It is of the labour half.
    Job(Box<JobDocument>),
    /// It asks for his insurance record.
    Inquiry(Box<Inquiry>),
    /// Nothing.
    Nothing,
}

/// A document that is kept and cannot be read again.
#[derive(Debug, thiserror::Error)]
pub enum KeptError {
    /// It is not what was noted.
    #[error("open a document that is kept")]
    Seal(#[from] SealError),
    /// It holds something else.
    #[error("read a document that is kept")]
    Codec(#[from] CodecError),
}

impl KeptDocument<'_> {
    /// The insurance record that it carries, or the document of the labour half that it is.
    ///
    /// # Errors
    /// The bytes are not those that were noted, or hold neither.
    pub fn record_or_job(&self, limits: &Limits) -> Result<RecordOrJob, KeptError> {
        self.read(limits, |document, parts| {
            if Header::read(document, limits)?.structure.starts_with(JOB_STRUCTURES) {
                return Ok(RecordOrJob::Job(Box::new(decode_job(document, limits)?.1)));
            }
            Ok(RecordOrJob::Record(Box::new(decode_record(document, parts, limits)?.1)))
        })
    }

    /// What it adds to a person's way; `asked` is the state that an inquiry asks.
    ///
    /// # Errors
    /// The bytes are not those that were noted, or are not what their structure says.
    pub fn on_the_way(&self, asked: State, limits: &Limits) -> Result<OnTheWay, KeptError> {
        self.read(limits, |document, _parts| {
            let structure = Header::read(document, limits)?.structure;
            if structure.starts_with(JOB_STRUCTURES) {
                return Ok(OnTheWay::Job(Box::new(decode_job(document, limits)?.1)));
            }
            if structure == INQUIRY_STRUCTURE {
                return Ok(OnTheWay::Inquiry(Box::new(decode_inquiry(document, asked, limits)?.1)));
            }
            Ok(OnTheWay::Nothing)
        })
    }

    /// The document of a pension case that it is.
    ///
    /// # Errors
    /// The bytes are not those that were noted, or are no such document.
    pub fn case_document(&self, limits: &Limits) -> Result<(Header, CaseDocument), KeptError> {
        self.read(limits, |document, parts| decode_case(document, parts, limits))
    }

    fn read<T>(
        &self,
        limits: &Limits,
        decode: impl FnOnce(&[u8], Attachments<'_>) -> Result<T, CodecError>,
    ) -> Result<T, KeptError> {
        let opened = open_within(self.sealed, self.scope, limits)?;
        let mut beside = Vec::new();
        for name in opened.attachments() {
            let missing = || SealError::NoPart { content_id: name.to_owned() };
            beside.push(self.parts.get(name).copied().ok_or_else(missing)?);
        }
        let document = opened.own_document_without_parts(self.digest).ok_or(SealError::DigestMismatch)?;
        Ok(decode(document, Attachments::new(&beside, sha256))?)
    }
}

/// How the codes of the structures of the labour half begin.
const JOB_STRUCTURES: &str = "R.XL.";
/// The structure of an inquiry for an insurance record.
const INQUIRY_STRUCTURE: &str = "R.XP.XP.01.001";
