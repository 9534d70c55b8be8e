//! R.007 ResourceStatusDetails: the state of a shared resource, asked for and told.

use super::CodecError;
use super::fields::{Fields, finish};
use super::header::Header;
use super::namespaces::{CCDO, CSDO};
use super::parts::{COUNTRIES, coded};
use crate::base::{Findings, Limits};
use crate::exchange::canonical::{Country, ResourceStatus};
use crate::exchange::document::{CanonicalWriter, Element};

/// The state of a resource as canonical XML.
///
/// # Errors
/// A value holds a character XML does not allow.
pub fn encode_status(status: &ResourceStatus, header: &Header) -> Result<Vec<u8>, CodecError> {
    let mut writer = CanonicalWriter::new(&[("doc", DOC), ("ccdo", CCDO), ("csdo", CSDO)]);
    writer.start("doc", "ResourceStatusDetails");
    header.encode(&mut writer);
    if let Some(at) = &status.updated_at {
        writer.leaf_shown("csdo", "UpdateDateTime", &at);
    }
    for country in &status.countries {
        coded(&mut writer, "csdo", "UnifiedCountryCode", COUNTRIES, country.as_code());
    }
    if let Some(resource) = &status.resource {
        writer.leaf("csdo", "InformationResourceId", resource.as_str());
    }
    writer.end();
    Ok(writer.finish()?)
}

/// The state of a resource in a document that was found acceptable.
///
/// # Errors
/// Values that no schema can judge and that mean nothing, such as an hour that no day has.
pub(in crate::exchange) fn decode_status(
    document: &[u8],
    limits: &Limits,
) -> Result<(Header, ResourceStatus), CodecError> {
    read_status(&Element::parse(document, limits)?)
}

pub(super) fn read_status(root: &Element) -> Result<(Header, ResourceStatus), CodecError> {
    let fields = Fields::of_root(root);
    let mut findings = Findings::new();
    let header = Header::decode(&fields, &mut findings);
    let updated_at = fields.read(CSDO, "UpdateDateTime", &mut findings);
    let countries = fields.children(CSDO, "UnifiedCountryCode");
    let countries: Vec<Country> =
        countries.iter().filter_map(|country| country.parse(&mut findings)).collect();
    let resource = fields.read(CSDO, "InformationResourceId", &mut findings);
    let status = header.map(|header| (header, ResourceStatus { updated_at, countries, resource }));
    finish(status, findings)
}

const DOC: &str = "urn:EEC:R:ResourceStatusDetails:v1.0.0";
