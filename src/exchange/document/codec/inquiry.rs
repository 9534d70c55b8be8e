//! The inquiry for an insurance record (structure R.XP.XP.01.001).

use super::CodecError;
use super::fields::{Fields, finish};
use super::header::Header;
use super::namespaces::{CCDO, CSDO, XPDO};
use super::parts::{COUNTRIES, coded, decode_interval, decode_person, encode_interval, encode_person};
use crate::base::{Findings, Limits};
use crate::exchange::canonical::{Inquiry, State};
use crate::exchange::document::{CanonicalWriter, Element};

/// The inquiry as canonical XML.
///
/// # Errors
/// A value holds a character XML does not allow.
pub fn encode_inquiry(inquiry: &Inquiry, header: &Header) -> Result<Vec<u8>, CodecError> {
    let mut writer = CanonicalWriter::new(&[("doc", DOC), ("ccdo", CCDO), ("csdo", CSDO), ("xpdo", XPDO)]);
    writer.start("doc", "InsuranceRecordInquiry");
    header.encode(&mut writer);
    coded(&mut writer, "csdo", "UnifiedCountryCode", COUNTRIES, inquiry.asking.as_code());
    encode_person(&mut writer, &inquiry.person);
    if let Some(interval) = &inquiry.interval {
        encode_interval(&mut writer, interval);
    }
    coded(&mut writer, "xpdo", "InquiryPurposeCode", PURPOSES, inquiry.purpose.as_str());
    writer.end();
    Ok(writer.finish()?)
}

/// The inquiry in a document that was found acceptable; `asked` is the state that reads it.
///
/// # Errors
/// Values that no schema can judge and that mean nothing.
pub(in crate::exchange) fn decode_inquiry(
    document: &[u8],
    asked: State,
    limits: &Limits,
) -> Result<(Header, Inquiry), CodecError> {
    read_inquiry(&Element::parse(document, limits)?, asked)
}

pub(super) fn read_inquiry(root: &Element, asked: State) -> Result<(Header, Inquiry), CodecError> {
    let fields = Fields::of_root(root);
    let mut findings = Findings::new();
    let header = Header::decode(&fields, &mut findings);
    let asking = fields.require(CSDO, "UnifiedCountryCode", &mut findings);
    let person = decode_person(&fields, &mut findings);
    let interval = decode_interval(&fields, &mut findings);
    let purpose = fields.require(XPDO, "InquiryPurposeCode", &mut findings);
    let inquiry = (|| {
        Some((header?, Inquiry { asking: asking?, asked, person: person?, interval, purpose: purpose? }))
    })();
    finish(inquiry, findings)
}

const DOC: &str = "urn:x-stazh:R:XP:XP:01:InsuranceRecordInquiry:v1.0.0";
const PURPOSES: &str = "XIP";
