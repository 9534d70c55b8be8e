//! Record <-> XML: encoding writes canonical bytes, decoding reads them.
//!
//! Decoding is reached only through a document that was verified and found acceptable, so what it meets is of
//! the right structure; what it still refuses are values that a schema cannot judge, such as a reversed period.

mod case;
mod check;
mod container;
mod dice;
mod fact;
mod field;
mod fields;
mod header;
mod inquiry;
mod job;
mod lineage;
mod parts;
mod record;
mod result;
mod status;
mod subject;

pub use case::{case_root, encode_case, invent_case};
pub(in crate::exchange) use case::{decode_case, decode_case_head};
pub(in crate::exchange) use check::decode_check;
pub use check::{check_root, encode_check};
pub(in crate::exchange) use container::decode_container;
pub use container::{HeldDocument, encode_container};
pub use dice::Dice;
pub(in crate::exchange) use fact::{decode_fact, decode_fact_inquiry, decode_fact_offer};
pub use fact::{encode_fact, encode_fact_inquiry, encode_fact_offer};
pub use header::{Header, HeaderText};
pub(in crate::exchange) use inquiry::decode_inquiry;
pub use inquiry::encode_inquiry;
pub(in crate::exchange) use job::decode_job;
pub use job::{encode_job, invent_job, job_root};
pub use lineage::{Origin, origins};
pub(in crate::exchange) use record::contents_inside;
pub(in crate::exchange) use record::decode_record;
pub use record::{Attachments, encode_record};
pub(in crate::exchange) use result::decode_result;
pub use result::{NoticeCode, ProcessingResult, encode_result};
pub(in crate::exchange) use status::decode_status;
pub use status::encode_status;
pub(in crate::exchange) use subject::decode_subject;

use super::{WriteError, XmlError};
use crate::base::{Findings, Verdict};

/// The namespaces of the base and domain models, with the prefixes we write.
mod namespaces {
    pub(super) const CSDO: &str = "urn:EEC:M:SimpleDataObjects:v0.4.12";
    pub(super) const CCDO: &str = "urn:EEC:M:ComplexDataObjects:v0.4.12";
    pub(super) const XCDO: &str = "urn:x-stazh:M:CaseDataObjects:v1.0.0";
    pub(super) const XFDO: &str = "urn:x-stazh:M:FactDataObjects:v1.0.0";
    pub(super) const XKDO: &str = "urn:x-stazh:M:CheckDataObjects:v1.0.0";
    pub(super) const XLDO: &str = "urn:x-stazh:M:LabourDataObjects:v1.0.0";
    pub(super) const XPDO: &str = "urn:x-stazh:M:PensionDataObjects:v1.0.0";
}

/// A record that could not become a document, or a document that could not become a record.
#[derive(Debug, thiserror::Error)]
pub enum CodecError {
    /// A value holds a character XML does not allow.
    #[error("encode the document")]
    Write(#[from] WriteError),
    /// Documents that no container can hold.
    #[error("encode the container")]
    Held(#[from] HeldError),
    /// Not XML that we accept.
    #[error("decode the document")]
    Xml(#[from] XmlError),
    /// Values that mean nothing; all of them.
    #[error("decode the document: {}", first(.0))]
    Values(Findings),
}

/// Documents that no container can hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HeldError {
    /// There is none.
    #[error("a container holds one document at least")]
    None,
    /// More than a container may hold.
    #[error("more than {limit} documents; make several containers")]
    TooMany {
        /// The most it may hold.
        limit: usize,
    },
    /// One is not a single element of another namespace than the container's.
    #[error("document {place} is not one canonical element of a structure that may be held")]
    NotPlain {
        /// Which, counted from 1.
        place: usize,
    },
}

impl CodecError {
    /// What becomes of the document.
    pub fn verdict(&self) -> Verdict {
        match self {
            Self::Write(_) | Self::Held(_) => Verdict::Return { code: "document.encode" },
            Self::Xml(error) => error.verdict(),
            Self::Values(_) => Verdict::Return { code: "document.values" },
        }
    }
}

fn first(findings: &Findings) -> String {
    findings.first().map_or_else(String::new, ToString::to_string)
}

#[cfg(test)]
mod tests;
