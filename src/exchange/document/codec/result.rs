//! R.006 ProcessingResultDetails: the notice of a processing result, a normal answer such as "no data".

use super::CodecError;
use super::fields::{Fields, finish};
use super::header::Header;
use super::namespaces::{CCDO, CSDO};
use crate::base::{Findings, Limits};
use crate::exchange::document::{CanonicalWriter, Element};

/// The notice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProcessingResult {
    /// When the processing ended, as it was written.
    pub ended_at: super::HeaderText,
    /// What came of it.
    pub code: NoticeCode,
    /// More about it.
    pub description: Option<String>,
}

/// The result, by the enumeration of the older element (data model 4.1); the reference book of the newer one is unknown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoticeCode(pub String);

impl NoticeCode {
    /// 1: there are no data.
    pub fn no_data() -> Self {
        Self("1".to_owned())
    }

    /// Ours: what was asked or offered is refused; the description begins with the code of the reason.
    pub fn refused() -> Self {
        Self("X-REFUSED".to_owned())
    }

    /// Ours: it is not known at present.
    pub fn unknown() -> Self {
        Self("X-UNKNOWN".to_owned())
    }

    /// 2: the data are received.
    pub fn received() -> Self {
        Self("2".to_owned())
    }
}

/// The notice as canonical XML.
///
/// # Errors
/// A value holds a character XML does not allow.
pub fn encode_result(result: &ProcessingResult, header: &Header) -> Result<Vec<u8>, CodecError> {
    let mut writer = CanonicalWriter::new(&[("doc", DOC), ("ccdo", CCDO), ("csdo", CSDO)]);
    writer.start("doc", "ProcessingResultDetails");
    header.encode(&mut writer);
    writer.leaf("csdo", "EventDateTime", &result.ended_at.0);
    writer.leaf("csdo", "ProcessingResultV2Code", &result.code.0);
    if let Some(description) = &result.description {
        writer.leaf("csdo", "DescriptionText", description);
    }
    writer.end();
    Ok(writer.finish()?)
}

/// The notice in a document that was found acceptable.
///
/// # Errors
/// A field is absent or cannot be read.
pub(in crate::exchange) fn decode_result(
    document: &[u8],
    limits: &Limits,
) -> Result<(Header, ProcessingResult), CodecError> {
    read_result(&Element::parse(document, limits)?)
}

pub(super) fn read_result(root: &Element) -> Result<(Header, ProcessingResult), CodecError> {
    let fields = Fields::of_root(root);
    let mut findings = Findings::new();
    let header = Header::decode(&fields, &mut findings);
    let ended_at = fields.require::<String>(CSDO, "EventDateTime", &mut findings).map(super::HeaderText);
    let code = fields.require::<String>(CSDO, "ProcessingResultV2Code", &mut findings).map(NoticeCode);
    let description = fields.read(CSDO, "DescriptionText", &mut findings);
    let result = (|| Some((header?, ProcessingResult { ended_at: ended_at?, code: code?, description })))();
    finish(result, findings)
}

const DOC: &str = "urn:EEC:R:ProcessingResultDetails:v1.0.7";
