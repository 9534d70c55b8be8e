//! The insurance record (structure R.XP.XP.01.002).

use super::CodecError;
use super::fields::{Fields, finish};
use super::header::Header;
use super::namespaces::{CCDO, CSDO, XPDO};
use super::parts::{
    COUNTRIES, coded, decode_employer, decode_interval, decode_money, decode_person, encode_employer,
    encode_interval, encode_money, encode_person,
};
use crate::base::{Digest256, Finding, Findings, HeldPart, Limits};
use crate::exchange::canonical::{
    Contribution, CopyOfDocument, Evidence, InsurancePeriod, InsuranceRecord, SpecialCondition,
};
use crate::exchange::document::{CanonicalWriter, Element};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// The record as canonical XML.
///
/// # Errors
/// A value holds a character XML does not allow.
pub fn encode_record(record: &InsuranceRecord, header: &Header) -> Result<Vec<u8>, CodecError> {
    let mut writer = CanonicalWriter::new(&[("doc", DOC), ("ccdo", CCDO), ("csdo", CSDO), ("xpdo", XPDO)]);
    writer.start("doc", "InsuranceRecord");
    header.encode(&mut writer);
    coded(&mut writer, "csdo", "UnifiedCountryCode", COUNTRIES, record.state.as_code());
    writer.leaf_shown("xpdo", "AsOfDate", &record.as_of);
    encode_person(&mut writer, &record.person);
    for period in &record.periods {
        encode_period(&mut writer, period);
    }
    for contribution in &record.contributions {
        encode_contribution(&mut writer, contribution);
    }
    for evidence in &record.evidence {
        encode_evidence(&mut writer, evidence);
    }
    writer.end();
    Ok(writer.finish()?)
}

/// The contents of a document's empty binary elements, and how those of the others are digested.
#[derive(Debug, Clone)]
pub struct Attachments<'p> {
    beside: std::slice::Iter<'p, HeldPart>,
    sha256: fn(&[u8]) -> Digest256,
}

impl<'p> Attachments<'p> {
    /// Those that were digested with a document, in its order; what stands inside it is digested by `sha256`.
    pub fn new(beside: &'p [HeldPart], sha256: fn(&[u8]) -> Digest256) -> Self {
        Self { beside: beside.iter(), sha256 }
    }

    /// A finding if one is left that no element of the document took.
    pub(super) fn without_place(mut self, root: &Fields<'_>) -> Option<Finding> {
        self.beside.next().map(|_part| no_place(root))
    }
}

/// The record in a document that was found acceptable.
///
/// # Errors
/// Values that no schema can judge and that mean nothing.
pub(in crate::exchange) fn decode_record(
    document: &[u8],
    parts: Attachments<'_>,
    limits: &Limits,
) -> Result<(Header, InsuranceRecord), CodecError> {
    read_record(&Element::parse(document, limits)?, parts)
}

pub(super) fn read_record(
    root: &Element,
    mut parts: Attachments<'_>,
) -> Result<(Header, InsuranceRecord), CodecError> {
    let fields = Fields::of_root(root);
    let mut findings = Findings::new();
    let header = Header::decode(&fields, &mut findings);
    let state = fields.require(CSDO, "UnifiedCountryCode", &mut findings);
    let as_of = fields.require_day(XPDO, "AsOfDate", &mut findings);
    let person = decode_person(&fields, &mut findings);
    let periods = fields
        .children(XPDO, "InsurancePeriodDetails")
        .iter()
        .filter_map(|period| decode_period(period, &mut parts, &mut findings))
        .collect();
    let contributions = fields
        .children(XPDO, "ContributionDetails")
        .iter()
        .filter_map(|contribution| decode_contribution(contribution, &mut findings))
        .collect();
    let evidence = fields
        .children(XPDO, "EvidenceDetails")
        .iter()
        .filter_map(|evidence| decode_evidence(evidence, &mut parts, &mut findings))
        .collect();
    findings.extend(parts.without_place(&fields));
    let record = (|| {
        Some((
            header?,
            InsuranceRecord {
                state: state?,
                as_of: as_of?,
                person: person?,
                periods,
                contributions,
                evidence,
            },
        ))
    })();
    finish(record, findings)
}

fn encode_period(writer: &mut CanonicalWriter, period: &InsurancePeriod) {
    writer.start("xpdo", "InsurancePeriodDetails");
    writer.leaf("xpdo", "RecordId", period.id.as_str());
    coded(writer, "csdo", "UnifiedCountryCode", COUNTRIES, period.state.as_code());
    encode_interval(writer, &period.interval);
    coded(writer, "xpdo", "InsurancePeriodKindCode", PERIOD_KINDS, period.kind.as_str());
    if let Some(employer) = &period.employer {
        encode_employer(writer, employer);
    }
    if let Some(position) = &period.position {
        writer.leaf("csdo", "PositionName", position.as_str());
    }
    for condition in &period.special_conditions {
        encode_condition(writer, condition);
    }
    for evidence in &period.evidence {
        encode_evidence(writer, evidence);
    }
    encode_fate(writer, period.supersedes.as_ref().map(|id| id.as_str()), period.cancelled_on);
    writer.end();
}

pub(super) fn encode_condition(writer: &mut CanonicalWriter, condition: &SpecialCondition) {
    let SpecialCondition { kind, code, coefficient } = condition;
    writer.start("xpdo", "SpecialConditionDetails");
    coded(writer, "xpdo", "SpecialConditionKindCode", CONDITION_KINDS, kind.as_str());
    if let Some(code) = code {
        writer.leaf("xpdo", "SpecialConditionCode", code.as_str());
    }
    if let Some(coefficient) = coefficient {
        writer.leaf_shown("xpdo", "SpecialConditionCoefficient", &coefficient);
    }
    writer.end();
}

/// The content of a copy travels beside the document: its element is left empty (XOP).
pub(super) fn encode_evidence(writer: &mut CanonicalWriter, evidence: &Evidence) {
    let Evidence { kind, number, date, title, copy } = evidence;
    writer.start("xpdo", "EvidenceDetails");
    coded(writer, "xpdo", "EvidenceKindCode", EVIDENCE_KINDS, kind.as_str());
    if let Some(number) = number {
        writer.leaf("csdo", "DocId", number.as_str());
    }
    if let Some(date) = date {
        writer.leaf_shown("csdo", "DocCreationDate", &date);
    }
    if let Some(title) = title {
        writer.leaf("csdo", "DocName", title.as_str());
    }
    if let Some(copy) = copy {
        writer.start("csdo", "DocBinaryText");
        if let Some(media_type) = &copy.media_type {
            writer.attribute("", "mediaTypeCode", media_type.as_str());
        }
        writer.end();
    }
    writer.end();
}

pub(super) fn encode_contribution(writer: &mut CanonicalWriter, contribution: &Contribution) {
    writer.start("xpdo", "ContributionDetails");
    writer.leaf("xpdo", "RecordId", contribution.id.as_str());
    writer.leaf_shown("xpdo", "ContributionMonth", &contribution.month);
    coded(writer, "xpdo", "ContributionKindCode", CONTRIBUTION_KINDS, contribution.kind.as_str());
    if let Some(employer) = &contribution.employer {
        encode_employer(writer, employer);
    }
    if let Some(base) = &contribution.base {
        encode_money(writer, ("xpdo", "BaseAmount"), base);
    }
    encode_money(writer, ("xpdo", "ContributionAmount"), &contribution.amount);
    encode_fate(writer, contribution.supersedes.as_ref().map(|id| id.as_str()), contribution.cancelled_on);
    writer.end();
}

/// What an entry replaces, and when it was cancelled.
fn encode_fate(
    writer: &mut CanonicalWriter,
    supersedes: Option<&str>,
    cancelled_on: Option<jiff::civil::Date>,
) {
    if let Some(id) = supersedes {
        writer.leaf("xpdo", "SupersededRecordId", id);
    }
    if let Some(day) = cancelled_on {
        writer.leaf_shown("xpdo", "CancelledDate", &day);
    }
}

fn decode_period(
    fields: &Fields<'_>,
    parts: &mut Attachments<'_>,
    findings: &mut Findings,
) -> Option<InsurancePeriod> {
    let id = fields.require(XPDO, "RecordId", findings);
    let state = fields.require(CSDO, "UnifiedCountryCode", findings);
    let interval = decode_interval(fields, findings);
    let kind = fields.require(XPDO, "InsurancePeriodKindCode", findings);
    let employer = decode_employer(fields, findings);
    let position = fields.read(CSDO, "PositionName", findings);
    let special_conditions = fields
        .children(XPDO, "SpecialConditionDetails")
        .iter()
        .filter_map(|condition| decode_condition(condition, findings))
        .collect();
    let evidence = fields
        .children(XPDO, "EvidenceDetails")
        .iter()
        .filter_map(|evidence| decode_evidence(evidence, parts, findings))
        .collect();
    let supersedes = fields.read(XPDO, "SupersededRecordId", findings);
    let cancelled_on = fields.read_day(XPDO, "CancelledDate", findings);
    Some(InsurancePeriod {
        id: id?,
        state: state?,
        interval: interval?,
        kind: kind?,
        employer,
        position,
        special_conditions,
        evidence,
        supersedes,
        cancelled_on,
    })
}

pub(super) fn decode_condition(fields: &Fields<'_>, findings: &mut Findings) -> Option<SpecialCondition> {
    Some(SpecialCondition {
        kind: fields.require(XPDO, "SpecialConditionKindCode", findings)?,
        code: fields.read(XPDO, "SpecialConditionCode", findings),
        coefficient: fields.read(XPDO, "SpecialConditionCoefficient", findings),
    })
}

pub(super) fn decode_evidence(
    fields: &Fields<'_>,
    parts: &mut Attachments<'_>,
    findings: &mut Findings,
) -> Option<Evidence> {
    // first of all: each empty element takes its part, whatever is wrong beside it
    let copy = fields.child(CSDO, "DocBinaryText").and_then(|copy| decode_copy(&copy, parts, findings));
    Some(Evidence {
        kind: fields.require(XPDO, "EvidenceKindCode", findings)?,
        number: fields.read(CSDO, "DocId", findings),
        date: fields.read_day(CSDO, "DocCreationDate", findings),
        title: fields.read(CSDO, "DocName", findings),
        copy,
    })
}

/// A copy inside the document, or beside it.
fn decode_copy(
    fields: &Fields<'_>,
    parts: &mut Attachments<'_>,
    findings: &mut Findings,
) -> Option<CopyOfDocument> {
    let coded = fields.bare();
    let part = if coded.is_empty() {
        parts.beside.next().copied()
    } else {
        let content = STANDARD.decode(&coded).ok();
        content.map(|content| HeldPart { digest: (parts.sha256)(&content), bytes: count(content.len()) })
    };
    let Some(HeldPart { digest, bytes }) = part else {
        findings.push(fields.no_content());
        return None;
    };
    let media_type = fields.attribute("mediaTypeCode").map(str::parse).transpose();
    let media_type = fields.keep(media_type, findings).flatten();
    Some(CopyOfDocument { media_type, bytes, sha256: digest })
}

/// The contents of the copies that stand inside a document.
pub(in crate::exchange) fn contents_inside(
    document: &[u8],
    limits: &Limits,
) -> Result<Vec<Vec<u8>>, CodecError> {
    let root = Element::parse(document, limits)?;
    let mut contents = Vec::new();
    root.visit(&mut |_path, element| {
        if element.is(CSDO, "DocBinaryText") {
            let coded: String = element.text.split_ascii_whitespace().collect();
            contents.extend(STANDARD.decode(coded).ok().filter(|content| !content.is_empty()));
        }
    });
    Ok(contents)
}

fn count(bytes: usize) -> u64 {
    u64::try_from(bytes).unwrap_or(u64::MAX)
}

fn no_place(fields: &Fields<'_>) -> Finding {
    let text = "an attachment belongs into no element of the document; refer to each of them once, from DocBinaryText";
    Finding::error("document.attachment", fields.path(), "XOP 1.0", "", text)
}

pub(super) fn decode_contribution(fields: &Fields<'_>, findings: &mut Findings) -> Option<Contribution> {
    let id = fields.require(XPDO, "RecordId", findings);
    let month = fields.require_day(XPDO, "ContributionMonth", findings);
    let kind = fields.require(XPDO, "ContributionKindCode", findings);
    let employer = decode_employer(fields, findings);
    let base = decode_money(fields, (XPDO, "BaseAmount"), findings);
    let amount = decode_money(fields, (XPDO, "ContributionAmount"), findings);
    let supersedes = fields.read(XPDO, "SupersededRecordId", findings);
    let cancelled_on = fields.read_day(XPDO, "CancelledDate", findings);
    Some(Contribution {
        id: id?,
        month: month?,
        kind: kind?,
        employer,
        base,
        amount: amount?,
        supersedes,
        cancelled_on,
    })
}

const DOC: &str = "urn:x-stazh:R:XP:XP:01:InsuranceRecord:v1.0.0";
const PERIOD_KINDS: &str = "XPK";
const CONDITION_KINDS: &str = "XSK";
const EVIDENCE_KINDS: &str = "XEK";
const CONTRIBUTION_KINDS: &str = "XCK";
