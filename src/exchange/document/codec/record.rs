//! The insurance record (structure R.XP.XP.01.002).

use super::CodecError;
use super::fields::{Fields, finish};
use super::header::Header;
use super::namespaces::{CCDO, CSDO, XPDO};
use super::parts::{
    COUNTRIES, coded, decode_employer, decode_interval, decode_money, decode_person, encode_employer,
    encode_interval, encode_money, encode_person,
};
use crate::base::{Findings, Limits};
use crate::exchange::canonical::{
    Contribution, Evidence, InsurancePeriod, InsuranceRecord, SpecialCondition,
};
use crate::exchange::document::{CanonicalWriter, Element};

/// The record as canonical XML.
///
/// # Errors
/// A value holds a character XML does not allow.
pub fn encode_record(record: &InsuranceRecord, header: &Header) -> Result<Vec<u8>, CodecError> {
    let mut writer = CanonicalWriter::new(&[("doc", DOC), ("ccdo", CCDO), ("csdo", CSDO), ("xpdo", XPDO)]);
    writer.start("doc", "InsuranceRecord");
    header.encode(&mut writer);
    coded(&mut writer, "csdo", "UnifiedCountryCode", COUNTRIES, record.state.as_code());
    writer.leaf("xpdo", "AsOfDate", &record.as_of.to_string());
    encode_person(&mut writer, &record.person);
    for period in &record.periods {
        encode_period(&mut writer, period);
    }
    for contribution in &record.contributions {
        encode_contribution(&mut writer, contribution);
    }
    writer.end();
    Ok(writer.finish()?)
}

/// The record in a document that was found acceptable.
///
/// # Errors
/// Values that no schema can judge and that mean nothing.
pub(in crate::exchange) fn decode_record(
    document: &[u8],
    limits: &Limits,
) -> Result<(Header, InsuranceRecord), CodecError> {
    read_record(&Element::parse(document, limits)?)
}

pub(super) fn read_record(root: &Element) -> Result<(Header, InsuranceRecord), CodecError> {
    let fields = Fields::of_root(root);
    let mut findings = Findings::new();
    let header = Header::decode(&fields, &mut findings);
    let state = fields.require(CSDO, "UnifiedCountryCode", &mut findings);
    let as_of = fields.require_day(XPDO, "AsOfDate", &mut findings);
    let person = decode_person(&fields, &mut findings);
    let periods = fields
        .children(XPDO, "InsurancePeriodDetails")
        .iter()
        .filter_map(|period| decode_period(period, &mut findings))
        .collect();
    let contributions = fields
        .children(XPDO, "ContributionDetails")
        .iter()
        .filter_map(|contribution| decode_contribution(contribution, &mut findings))
        .collect();
    let record = (|| {
        Some((
            header?,
            InsuranceRecord { state: state?, as_of: as_of?, person: person?, periods, contributions },
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
    for SpecialCondition { kind, code, coefficient } in &period.special_conditions {
        writer.start("xpdo", "SpecialConditionDetails");
        coded(writer, "xpdo", "SpecialConditionKindCode", CONDITION_KINDS, kind.as_str());
        if let Some(code) = code {
            writer.leaf("xpdo", "SpecialConditionCode", code.as_str());
        }
        if let Some(coefficient) = coefficient {
            writer.leaf("xpdo", "SpecialConditionCoefficient", &coefficient.to_string());
        }
        writer.end();
    }
    for Evidence { kind, number, date, title } in &period.evidence {
        writer.start("xpdo", "EvidenceDetails");
        coded(writer, "xpdo", "EvidenceKindCode", EVIDENCE_KINDS, kind.as_str());
        if let Some(number) = number {
            writer.leaf("csdo", "DocId", number.as_str());
        }
        if let Some(date) = date {
            writer.leaf("csdo", "DocCreationDate", &date.to_string());
        }
        if let Some(title) = title {
            writer.leaf("csdo", "DocName", title.as_str());
        }
        writer.end();
    }
    encode_fate(writer, period.supersedes.as_ref().map(|id| id.as_str()), period.cancelled_on);
    writer.end();
}

fn encode_contribution(writer: &mut CanonicalWriter, contribution: &Contribution) {
    writer.start("xpdo", "ContributionDetails");
    writer.leaf("xpdo", "RecordId", contribution.id.as_str());
    writer.leaf("xpdo", "ContributionMonth", &contribution.month.to_string());
    coded(writer, "xpdo", "ContributionKindCode", CONTRIBUTION_KINDS, contribution.kind.as_str());
    if let Some(employer) = &contribution.employer {
        encode_employer(writer, employer);
    }
    if let Some(base) = &contribution.base {
        encode_money(writer, "BaseAmount", base);
    }
    encode_money(writer, "ContributionAmount", &contribution.amount);
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
        writer.leaf("xpdo", "CancelledDate", &day.to_string());
    }
}

fn decode_period(fields: &Fields<'_>, findings: &mut Findings) -> Option<InsurancePeriod> {
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
        .filter_map(|evidence| decode_evidence(evidence, findings))
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

fn decode_condition(fields: &Fields<'_>, findings: &mut Findings) -> Option<SpecialCondition> {
    Some(SpecialCondition {
        kind: fields.require(XPDO, "SpecialConditionKindCode", findings)?,
        code: fields.read(XPDO, "SpecialConditionCode", findings),
        coefficient: fields.read(XPDO, "SpecialConditionCoefficient", findings),
    })
}

fn decode_evidence(fields: &Fields<'_>, findings: &mut Findings) -> Option<Evidence> {
    Some(Evidence {
        kind: fields.require(XPDO, "EvidenceKindCode", findings)?,
        number: fields.read(CSDO, "DocId", findings),
        date: fields.read_day(CSDO, "DocCreationDate", findings),
        title: fields.read(CSDO, "DocName", findings),
    })
}

fn decode_contribution(fields: &Fields<'_>, findings: &mut Findings) -> Option<Contribution> {
    let id = fields.require(XPDO, "RecordId", findings);
    let month = fields.require_day(XPDO, "ContributionMonth", findings);
    let kind = fields.require(XPDO, "ContributionKindCode", findings);
    let employer = decode_employer(fields, findings);
    let base = decode_money(fields, "BaseAmount", findings);
    let amount = decode_money(fields, "ContributionAmount", findings);
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
