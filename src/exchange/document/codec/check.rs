//! The documents of a bulk check (structures R.XP.XP.07.001–005).

use super::CodecError;
use super::fields::{Fields, finish};
use super::header::Header;
use super::namespaces::{CCDO, CSDO, XCDO, XKDO};
use super::parts::{COUNTRIES, coded};
use crate::base::{Finding, Findings, Limits};
use crate::exchange::canonical::{
    CheckAnswer, CheckBatch, CheckDocument, CheckOpening, CheckReply, CheckResult, CheckSaid, Marks, Points,
};
use crate::exchange::document::{CanonicalWriter, Element};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// The document as canonical XML.
///
/// # Errors
/// A value holds a character XML does not allow.
pub fn encode_check(document: &CheckDocument, header: &Header) -> Result<Vec<u8>, CodecError> {
    let (root, namespace) = check_root(document);
    let prefixes = [("doc", namespace), ("ccdo", CCDO), ("csdo", CSDO), ("xcdo", XCDO), ("xkdo", XKDO)];
    let mut writer = CanonicalWriter::new(&prefixes);
    writer.start("doc", root);
    header.encode(&mut writer);
    if let CheckDocument::Opening(it) = document {
        coded(&mut writer, "csdo", "UnifiedCountryCode", COUNTRIES, it.state.as_code());
    }
    writer.leaf("xkdo", "CheckId", document.number().as_str());
    match document {
        CheckDocument::Opening(it) => {
            writer.leaf_shown("xkdo", "CheckDate", &it.as_of);
            for kind in &it.kinds {
                coded(&mut writer, "xcdo", "PensionKindCode", PENSION_KINDS, kind.as_str());
            }
            coded(&mut writer, "xkdo", "CheckGroundCode", GROUNDS, it.ground.as_str());
            writer.leaf("xkdo", "CheckSchemeCode", it.scheme.as_str());
            writer.leaf_shown("xkdo", "ValueQuantity", &it.size);
            writer.leaf_shown("xkdo", "BatchQuantity", &it.batch);
        }
        CheckDocument::Answer(CheckAnswer { said: CheckSaid::Accepted { size }, .. }) => {
            writer.leaf_shown("xkdo", "ValueQuantity", &size);
        }
        CheckDocument::Answer(CheckAnswer { said: CheckSaid::Refused { reason }, .. }) => {
            coded(&mut writer, "xkdo", "CheckRefusalCode", REFUSALS, reason.as_str());
        }
        CheckDocument::Batch(it) => {
            writer.leaf_shown("xkdo", "BatchOrdinal", &it.place);
            binary(&mut writer, "PointsBinaryText", &it.points.to_bytes());
        }
        CheckDocument::Reply(it) => {
            writer.leaf_shown("xkdo", "BatchOrdinal", &it.place);
            binary(&mut writer, "RaisedPointsBinaryText", &it.raised.to_bytes());
            binary(&mut writer, "PointsBinaryText", &it.own.to_bytes());
        }
        CheckDocument::Result(it) => {
            writer.leaf_shown("xkdo", "ValueQuantity", &it.marks.count());
            writer.leaf_shown("xkdo", "HitQuantity", &it.hits);
            binary(&mut writer, "MarksBinaryText", it.marks.as_bytes());
        }
    }
    writer.end();
    Ok(writer.finish()?)
}

/// The root element of a document and its namespace.
pub fn check_root(document: &CheckDocument) -> (&'static str, &'static str) {
    match document {
        CheckDocument::Opening(_) => ("CheckOpening", "urn:x-stazh:R:XP:XP:07:CheckOpening:v1.0.0"),
        CheckDocument::Answer(_) => ("CheckAnswer", "urn:x-stazh:R:XP:XP:07:CheckAnswer:v1.0.0"),
        CheckDocument::Batch(_) => ("CheckBatch", "urn:x-stazh:R:XP:XP:07:CheckBatch:v1.0.0"),
        CheckDocument::Reply(_) => ("CheckReply", "urn:x-stazh:R:XP:XP:07:CheckReply:v1.0.0"),
        CheckDocument::Result(_) => ("CheckResult", "urn:x-stazh:R:XP:XP:07:CheckResult:v1.0.0"),
    }
}

/// The document of a check in a document that was found acceptable.
///
/// # Errors
/// Values that no schema can judge and that mean nothing.
pub(in crate::exchange) fn decode_check(
    document: &[u8],
    limits: &Limits,
) -> Result<(Header, CheckDocument), CodecError> {
    let root = Element::parse(document, limits)?;
    let fields = Fields::of_root(&root);
    let mut findings = Findings::new();
    let header = Header::decode(&fields, &mut findings);
    let read = match root.local.as_ref() {
        "CheckOpening" => opening(&fields, &mut findings).map(CheckDocument::Opening),
        "CheckAnswer" => answer(&fields, &mut findings).map(CheckDocument::Answer),
        "CheckBatch" => batch(&fields, &mut findings).map(CheckDocument::Batch),
        "CheckReply" => reply(&fields, &mut findings).map(CheckDocument::Reply),
        "CheckResult" => result(&fields, &mut findings).map(CheckDocument::Result),
        _ => {
            findings.push(fields.missing("CheckId"));
            None
        }
    };
    finish(header.zip(read), findings)
}

fn opening(fields: &Fields<'_>, findings: &mut Findings) -> Option<CheckOpening> {
    let kinds = fields.children(XCDO, "PensionKindCode");
    let kinds = kinds.iter().filter_map(|kind| kind.parse(findings)).collect();
    let number = fields.require(XKDO, "CheckId", findings);
    let state = fields.require(CSDO, "UnifiedCountryCode", findings);
    let as_of = fields.require_day(XKDO, "CheckDate", findings);
    let ground = fields.require(XKDO, "CheckGroundCode", findings);
    let scheme = fields.require(XKDO, "CheckSchemeCode", findings);
    let size = fields.require(XKDO, "ValueQuantity", findings);
    let batch = fields.require::<u32>(XKDO, "BatchQuantity", findings);
    if batch == Some(0) {
        let message = "a batch has no value; say how many values each has";
        findings.push(Finding::error(
            "document.value",
            fields.path(),
            "at least 1 value a batch",
            "0",
            message,
        ));
    }
    Some(CheckOpening {
        number: number?,
        state: state?,
        as_of: as_of?,
        kinds,
        ground: ground?,
        scheme: scheme?,
        size: size?,
        batch: batch?,
    })
}

fn answer(fields: &Fields<'_>, findings: &mut Findings) -> Option<CheckAnswer> {
    let number = fields.require(XKDO, "CheckId", findings);
    let said = match fields.read(XKDO, "CheckRefusalCode", findings) {
        Some(reason) => Some(CheckSaid::Refused { reason }),
        None => {
            let size = fields.require(XKDO, "ValueQuantity", findings);
            size.map(|size| CheckSaid::Accepted { size })
        }
    };
    Some(CheckAnswer { number: number?, said: said? })
}

fn batch(fields: &Fields<'_>, findings: &mut Findings) -> Option<CheckBatch> {
    let number = fields.require(XKDO, "CheckId", findings);
    let place = fields.require(XKDO, "BatchOrdinal", findings);
    let points = points(fields, "PointsBinaryText", findings);
    Some(CheckBatch { number: number?, place: place?, points: points? })
}

fn reply(fields: &Fields<'_>, findings: &mut Findings) -> Option<CheckReply> {
    let number = fields.require(XKDO, "CheckId", findings);
    let place = fields.require(XKDO, "BatchOrdinal", findings);
    let raised = points(fields, "RaisedPointsBinaryText", findings);
    let own = points(fields, "PointsBinaryText", findings);
    Some(CheckReply { number: number?, place: place?, raised: raised?, own: own? })
}

fn result(fields: &Fields<'_>, findings: &mut Findings) -> Option<CheckResult> {
    let number = fields.require(XKDO, "CheckId", findings);
    let count = fields.require::<u32>(XKDO, "ValueQuantity", findings);
    let hits = fields.require::<u32>(XKDO, "HitQuantity", findings);
    let bits = bytes(fields, "MarksBinaryText", findings);
    let marks = fields.keep(Marks::of_bytes(count?, bits?), findings)?;
    if hits != Some(marks.marked()) {
        let message = "the number of hits is not that of the marks; send the result anew";
        findings.push(Finding::error("canonical.marks", fields.path(), "one mark a hit", "", message));
    }
    Some(CheckResult { number: number?, hits: hits?, marks })
}

/// No element where there is nothing: an empty one would say so in two ways.
fn binary(writer: &mut CanonicalWriter, local: &str, bytes: &[u8]) {
    if !bytes.is_empty() {
        writer.leaf("xkdo", local, &STANDARD.encode(bytes));
    }
}

fn bytes(fields: &Fields<'_>, local: &str, findings: &mut Findings) -> Option<Vec<u8>> {
    let Some(field) = fields.child(XKDO, local) else { return Some(Vec::new()) };
    let read = STANDARD.decode(field.bare()).ok();
    if read.is_none() {
        let message = "the value is no base64; send it anew";
        findings.push(Finding::error("document.value", field.path(), "base64Binary", "", message));
    }
    read
}

fn points(fields: &Fields<'_>, local: &str, findings: &mut Findings) -> Option<Points> {
    let bytes = bytes(fields, local, findings)?;
    fields.keep(Points::of_bytes(&bytes), findings)
}

/// Lists whose id an element must name.
const PENSION_KINDS: &str = "XPT";
const GROUNDS: &str = "XKG";
const REFUSALS: &str = "XKR";
