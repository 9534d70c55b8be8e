//! A fact asked for, given and offered (structures R.XP.XP.06.001–003).

use super::CodecError;
use super::fields::{Fields, finish};
use super::header::Header;
use super::namespaces::{CCDO, CSDO, XFDO, XPDO};
use super::parts::{
    COUNTRIES, coded, decode_interval, decode_money, decode_person, encode_interval, encode_money,
    encode_person,
};
use crate::base::{Findings, Limits};
use crate::exchange::canonical::{
    AddressLevel, Consent, Fact, FactInquiry, FactOffer, FactValue, Ground, Measure, MonthlyAmount, State,
    Validity,
};
use crate::exchange::document::{CanonicalWriter, Element};
use uuid::Uuid;

/// The question for a fact as canonical XML.
///
/// # Errors
/// A value holds a character XML does not allow.
pub fn encode_fact_inquiry(inquiry: &FactInquiry, header: &Header) -> Result<Vec<u8>, CodecError> {
    let mut writer = begun(INQUIRY, "FactInquiry", header);
    coded(&mut writer, "csdo", "UnifiedCountryCode", COUNTRIES, inquiry.asking.as_code());
    encode_person(&mut writer, &inquiry.person.told_apart());
    coded(&mut writer, "xfdo", "FactKindCode", KINDS, inquiry.kind.as_str());
    encode_ground(&mut writer, &inquiry.ground);
    writer.end();
    Ok(writer.finish()?)
}

/// A fact as canonical XML.
///
/// # Errors
/// A value holds a character XML does not allow.
pub fn encode_fact(fact: &Fact, header: &Header) -> Result<Vec<u8>, CodecError> {
    let mut writer = begun(FACT, "Fact", header);
    encode_details(&mut writer, fact);
    writer.end();
    Ok(writer.finish()?)
}

/// The offer of a fact as canonical XML.
///
/// # Errors
/// A value holds a character XML does not allow.
pub fn encode_fact_offer(offer: &FactOffer, header: &Header) -> Result<Vec<u8>, CodecError> {
    let mut writer = begun(OFFER, "FactOffer", header);
    coded(&mut writer, "xfdo", "LifeEventKindCode", EVENTS, offer.event.as_str());
    encode_details(&mut writer, &offer.fact);
    writer.end();
    Ok(writer.finish()?)
}

/// The question in a document that was found acceptable; `asked` is the state that reads it.
///
/// # Errors
/// Values that no schema can judge and that mean nothing.
pub(in crate::exchange) fn decode_fact_inquiry(
    document: &[u8],
    asked: State,
    limits: &Limits,
) -> Result<(Header, FactInquiry), CodecError> {
    let root = Element::parse(document, limits)?;
    let fields = Fields::of_root(&root);
    let mut findings = Findings::new();
    let header = Header::decode(&fields, &mut findings);
    let asking = fields.require(CSDO, "UnifiedCountryCode", &mut findings);
    let person = decode_person(&fields, &mut findings);
    let kind = fields.require(XFDO, "FactKindCode", &mut findings);
    let ground = decode_ground(&fields, &mut findings);
    let inquiry = (|| {
        let inquiry = FactInquiry { asking: asking?, asked, person: person?, kind: kind?, ground: ground? };
        Some((header?, inquiry))
    })();
    finish(inquiry, findings)
}

/// The fact in a document that was found acceptable.
///
/// # Errors
/// Values that no schema can judge and that mean nothing.
pub(in crate::exchange) fn decode_fact(
    document: &[u8],
    limits: &Limits,
) -> Result<(Header, Fact), CodecError> {
    let root = Element::parse(document, limits)?;
    let fields = Fields::of_root(&root);
    let mut findings = Findings::new();
    let header = Header::decode(&fields, &mut findings);
    let fact = decode_details(&fields, &mut findings);
    finish(header.zip(fact), findings)
}

/// The offer in a document that was found acceptable.
///
/// # Errors
/// Values that no schema can judge and that mean nothing.
pub(in crate::exchange) fn decode_fact_offer(
    document: &[u8],
    limits: &Limits,
) -> Result<(Header, FactOffer), CodecError> {
    let root = Element::parse(document, limits)?;
    let fields = Fields::of_root(&root);
    let mut findings = Findings::new();
    let header = Header::decode(&fields, &mut findings);
    let event = fields.require(XFDO, "LifeEventKindCode", &mut findings);
    let fact = decode_details(&fields, &mut findings);
    let offer = (|| Some((header?, FactOffer { event: event?, fact: fact? })))();
    finish(offer, findings)
}

fn begun(namespace: &'static str, root: &'static str, header: &Header) -> CanonicalWriter<'static> {
    let prefixes = [("doc", namespace), ("ccdo", CCDO), ("csdo", CSDO), ("xpdo", XPDO), ("xfdo", XFDO)];
    let mut writer = CanonicalWriter::new(&prefixes);
    writer.start("doc", root);
    header.encode(&mut writer);
    writer
}

fn encode_details(writer: &mut CanonicalWriter, fact: &Fact) {
    writer.start("xfdo", "FactDetails");
    coded(writer, "csdo", "UnifiedCountryCode", COUNTRIES, fact.state.as_code());
    encode_person(writer, &fact.person.told_apart());
    coded(writer, "xfdo", "FactKindCode", KINDS, fact.kind.as_str());
    writer.start("xfdo", "FactValueDetails");
    encode_value(writer, &fact.value);
    writer.end();
    encode_interval(writer, &fact.validity.into());
    writer.leaf_shown("xfdo", "DataDate", &fact.as_of);
    encode_ground(writer, &fact.ground);
    writer.end();
}

fn encode_value(writer: &mut CanonicalWriter, value: &FactValue) {
    match value {
        FactValue::Since(day) => {
            writer.leaf_shown("xfdo", "SinceDate", &day);
        }
        FactValue::Until(day) => {
            writer.leaf_shown("xfdo", "UntilDate", &day);
        }
        FactValue::Code(code) => {
            writer.leaf("xfdo", "ValueCode", code.as_str());
        }
        FactValue::Amounts(months) => months.iter().for_each(|one| {
            writer.start("xfdo", "MonthlyAmountDetails");
            writer.leaf_shown("xfdo", "AmountMonth", &one.month);
            encode_money(writer, ("xfdo", "FactAmount"), &one.amount);
            writer.end();
        }),
        FactValue::Address(AddressLevel { region, district }) => {
            writer.start("xfdo", "AddressLevelDetails");
            writer.leaf("xfdo", "FactRegionName", region.as_str());
            if let Some(district) = district {
                writer.leaf("xfdo", "FactDistrictName", district.as_str());
            }
            writer.end();
        }
        FactValue::Measures(measures) => measures.iter().for_each(|measure| {
            writer.start("xfdo", "MeasureDetails");
            writer.leaf("xfdo", "ValueCode", measure.code.as_str());
            if let Some(status) = &measure.status {
                writer.leaf("xfdo", "ValueStatusCode", status.as_str());
            }
            if let Some(interval) = &measure.interval {
                encode_interval(writer, interval);
            }
            if let Some(amount) = &measure.amount {
                encode_money(writer, ("xfdo", "FactAmount"), amount);
            }
            writer.end();
        }),
        FactValue::Match(answer) => {
            coded(writer, "xfdo", "IdentityAnswerCode", IDENTITY_ANSWERS, answer.as_code());
        }
    }
}

fn encode_ground(writer: &mut CanonicalWriter, ground: &Ground) {
    writer.start("xfdo", "FactGroundDetails");
    coded(writer, "xfdo", "FactPurposeCode", PURPOSES, ground.purpose.as_str());
    coded(writer, "xfdo", "FactChannelCode", CHANNELS, ground.channel.as_code());
    coded(writer, "xfdo", "LegalBasisCode", BASES, ground.basis.as_str());
    if let Some(consent) = &ground.consent {
        writer.start("xfdo", "ConsentDetails");
        writer.leaf_shown("xfdo", "ConsentId", &consent.id);
        coded(writer, "xfdo", "FactPurposeCode", PURPOSES, consent.purpose.as_str());
        for state in &consent.states {
            coded(writer, "csdo", "UnifiedCountryCode", COUNTRIES, state.as_code());
        }
        encode_interval(writer, &consent.validity.into());
        coded(writer, "xfdo", "ConsentLevelCode", CONSENT_LEVELS, consent.level.as_str());
        writer.end();
    }
    writer.end();
}

fn decode_details(parent: &Fields<'_>, findings: &mut Findings) -> Option<Fact> {
    let Some(fields) = parent.child(XFDO, "FactDetails") else {
        findings.push(parent.missing("FactDetails"));
        return None;
    };
    let state = fields.require(CSDO, "UnifiedCountryCode", findings);
    let person = decode_person(&fields, findings);
    let kind = fields.require(XFDO, "FactKindCode", findings);
    let value = decode_value(&fields, findings);
    let validity = decode_validity(&fields, findings);
    let as_of = fields.require_day(XFDO, "DataDate", findings);
    let ground = decode_ground(&fields, findings);
    Some(Fact {
        state: state?,
        kind: kind?,
        person: person?,
        value: value?,
        validity: validity?,
        as_of: as_of?,
        ground: ground?,
    })
}

fn decode_value(parent: &Fields<'_>, findings: &mut Findings) -> Option<FactValue> {
    let Some(fields) = parent.child(XFDO, "FactValueDetails") else {
        findings.push(parent.missing("FactValueDetails"));
        return None;
    };
    let months = fields.children(XFDO, "MonthlyAmountDetails");
    let measures = fields.children(XFDO, "MeasureDetails");
    if !months.is_empty() {
        let months = months.iter().filter_map(|one| {
            let month = one.require_day(XFDO, "AmountMonth", findings);
            let amount = decode_money(one, (XFDO, "FactAmount"), findings);
            Some(MonthlyAmount { month: month?, amount: amount? })
        });
        return Some(FactValue::Amounts(months.collect()));
    }
    if !measures.is_empty() {
        let measures = measures.iter().filter_map(|one| {
            Some(Measure {
                code: one.require(XFDO, "ValueCode", findings)?,
                status: one.read(XFDO, "ValueStatusCode", findings),
                interval: decode_interval(one, findings),
                amount: decode_money(one, (XFDO, "FactAmount"), findings),
            })
        });
        return Some(FactValue::Measures(measures.collect()));
    }
    if let Some(address) = fields.child(XFDO, "AddressLevelDetails") {
        let region = address.require(XFDO, "FactRegionName", findings)?;
        let district = address.read(XFDO, "FactDistrictName", findings);
        return Some(FactValue::Address(AddressLevel { region, district }));
    }
    let since = fields.read_day(XFDO, "SinceDate", findings).map(FactValue::Since);
    let until = since.or_else(|| fields.read_day(XFDO, "UntilDate", findings).map(FactValue::Until));
    let code = until.or_else(|| fields.read(XFDO, "ValueCode", findings).map(FactValue::Code));
    let value = code.or_else(|| fields.read(XFDO, "IdentityAnswerCode", findings).map(FactValue::Match));
    if value.is_none() && findings.is_empty() {
        findings.push(fields.missing("SinceDate")); // the first of those that may stand here
    }
    value
}

fn decode_validity(fields: &Fields<'_>, findings: &mut Findings) -> Option<Validity> {
    let from = fields.require_day(CSDO, "StartDate", findings);
    let until = fields.require_day(CSDO, "EndDate", findings);
    fields.keep(Validity::new(from?, until?), findings)
}

fn decode_ground(parent: &Fields<'_>, findings: &mut Findings) -> Option<Ground> {
    let Some(fields) = parent.child(XFDO, "FactGroundDetails") else {
        findings.push(parent.missing("FactGroundDetails"));
        return None;
    };
    let purpose = fields.require(XFDO, "FactPurposeCode", findings);
    let channel = fields.require(XFDO, "FactChannelCode", findings);
    let basis = fields.require(XFDO, "LegalBasisCode", findings);
    let consent = match fields.child(XFDO, "ConsentDetails") {
        Some(consent) => Some(decode_consent(&consent, findings)?),
        None => None,
    };
    Some(Ground { purpose: purpose?, channel: channel?, basis: basis?, consent })
}

fn decode_consent(fields: &Fields<'_>, findings: &mut Findings) -> Option<Consent> {
    let id = fields.require::<Uuid>(XFDO, "ConsentId", findings);
    let purpose = fields.require(XFDO, "FactPurposeCode", findings);
    let states = fields.children(CSDO, "UnifiedCountryCode");
    let states = states.iter().filter_map(|state| state.parse(findings)).collect();
    let validity = decode_validity(fields, findings);
    let level = fields.require(XFDO, "ConsentLevelCode", findings);
    Some(Consent { id: id?, purpose: purpose?, states, validity: validity?, level: level? })
}

const INQUIRY: &str = "urn:x-stazh:R:XP:XP:06:FactInquiry:v1.0.0";
const FACT: &str = "urn:x-stazh:R:XP:XP:06:Fact:v1.0.0";
const OFFER: &str = "urn:x-stazh:R:XP:XP:06:FactOffer:v1.0.0";

/// Lists whose id an element must name.
const KINDS: &str = "XFK";
const PURPOSES: &str = "XFP";
const CHANNELS: &str = "XFC";
const BASES: &str = "XLB";
const EVENTS: &str = "XLE";
const CONSENT_LEVELS: &str = "XCL";
const IDENTITY_ANSWERS: &str = "XIA";
