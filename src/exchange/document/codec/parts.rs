//! The parts that several documents share: person, employer, money.

use super::fields::Fields;
use super::namespaces::{CCDO, CSDO, XPDO};
use crate::base::Findings;
use crate::exchange::canonical::{
    Coded, Employer, EmployerNumber, HeldIdentifier, Identifier, IdentifierKind, Interval, Money, Name,
    NameParts, OriginalName, Person,
};
use crate::exchange::document::CanonicalWriter;
use jiff::civil::Date;

/// Lists whose id an element must name.
pub(super) const COUNTRIES: &str = "2021";
pub(super) const SEXES: &str = "XSX";
pub(super) const IDENTIFIER_KINDS: &str = "XIK";
pub(super) const CURRENCIES: &str = "XCU";

pub(super) fn coded(writer: &mut CanonicalWriter, prefix: &str, local: &str, list: &str, code: &str) {
    writer.start(prefix, local).attribute("", "codeListId", list).text(code).end();
}

pub(super) fn encode_person(writer: &mut CanonicalWriter, person: &Person) {
    writer.start("xpdo", "PersonDetails");
    writer.start("ccdo", "FullNameDetails");
    encode_name(writer, &person.name);
    writer.end();
    if let Some(OriginalName { language, name }) = &person.original_name {
        writer.start("xpdo", "OriginalFullNameDetails").attribute("", "languageCode", language.as_str());
        encode_name(writer, name);
        writer.end();
    }
    writer.leaf_shown("csdo", "BirthDate", &person.birth_date);
    if let Some(sex) = &person.sex {
        coded(writer, "csdo", "UnifiedSexCode", SEXES, sex.as_str());
    }
    for country in &person.citizenships {
        coded(writer, "csdo", "NationalityCountryCode", COUNTRIES, country.as_code());
    }
    for HeldIdentifier { identifier, validity } in &person.identifiers {
        writer.start("xpdo", "PersonIdentifierDetails");
        coded(writer, "csdo", "UnifiedCountryCode", COUNTRIES, identifier.kind().state().as_code());
        coded(writer, "xpdo", "PersonIdentifierKindCode", IDENTIFIER_KINDS, identifier.kind().as_code());
        writer.leaf("xpdo", "PersonId", identifier.as_str());
        if let Some(validity) = validity {
            encode_interval(writer, validity);
        }
        writer.end();
    }
    writer.end();
}

pub(super) fn encode_name(writer: &mut CanonicalWriter, name: &Name) {
    let parts = [("FirstName", name.given()), ("MiddleName", name.patronymic()), ("LastName", name.family())];
    for (local, part) in parts {
        if let Some(part) = part {
            writer.leaf("csdo", local, part);
        }
    }
}

pub(super) fn encode_interval(writer: &mut CanonicalWriter, interval: &Interval) {
    writer.leaf_shown("csdo", "StartDate", &interval.from());
    if let Some(to) = interval.to() {
        writer.leaf_shown("csdo", "EndDate", &to);
    }
}

pub(super) fn encode_employer(writer: &mut CanonicalWriter, employer: &Employer) {
    writer.start("ccdo", "EmployerDetails");
    if let Some(country) = employer.state {
        coded(writer, "csdo", "UnifiedCountryCode", COUNTRIES, country.as_code());
    }
    if let Some(name) = &employer.name {
        writer.leaf("csdo", "BusinessEntityName", name.as_str());
    }
    if let Some(EmployerNumber { kind, value }) = &employer.number {
        writer.start("csdo", "BusinessEntityId").attribute("", "kindId", kind.as_str());
        writer.text(value.as_str()).end();
    }
    writer.end();
}

pub(super) fn encode_money(writer: &mut CanonicalWriter, (prefix, local): (&str, &str), money: &Money) {
    writer.start(prefix, local);
    writer.attribute("", "currencyCode", money.currency.as_code());
    writer.attribute("", "currencyCodeListId", CURRENCIES);
    writer.text_shown(&money.amount).end();
}

pub(super) fn decode_person(parent: &Fields<'_>, findings: &mut Findings) -> Option<Person> {
    let Some(fields) = parent.child(XPDO, "PersonDetails") else {
        findings.push(parent.missing("PersonDetails"));
        return None;
    };
    read_person(&fields, findings)
}

/// The person of an element that is his.
pub(super) fn read_person(fields: &Fields<'_>, findings: &mut Findings) -> Option<Person> {
    let Some(name) = fields.child(CCDO, "FullNameDetails") else {
        findings.push(fields.missing("FullNameDetails"));
        return None;
    };
    let name = read_name(&name, findings);
    let original_name = fields.child(XPDO, "OriginalFullNameDetails").and_then(|original| {
        let language = original.attribute("languageCode").unwrap_or_default().parse::<Coded>();
        let language = original.keep(language, findings);
        let name = read_name(&original, findings);
        Some(OriginalName { language: language?, name: name? })
    });
    let birth_date = fields.require_day(CSDO, "BirthDate", findings);
    let sex = fields.read(CSDO, "UnifiedSexCode", findings);
    let citizenships = fields
        .children(CSDO, "NationalityCountryCode")
        .iter()
        .filter_map(|country| country.parse(findings))
        .collect();
    let identifiers = fields
        .children(XPDO, "PersonIdentifierDetails")
        .iter()
        .filter_map(|identifier| decode_identifier(identifier, findings))
        .collect();
    Some(Person { name: name?, original_name, birth_date: birth_date?, sex, citizenships, identifiers })
}

/// The name of an element that holds it.
pub(super) fn read_name(fields: &Fields<'_>, findings: &mut Findings) -> Option<Name> {
    let mut part = |local| fields.read::<String>(CSDO, local, findings);
    let parts =
        NameParts { given: part("FirstName"), patronymic: part("MiddleName"), family: part("LastName") };
    fields.keep(Name::try_from(parts), findings)
}

fn decode_identifier(fields: &Fields<'_>, findings: &mut Findings) -> Option<HeldIdentifier> {
    let kind: IdentifierKind = fields.require(XPDO, "PersonIdentifierKindCode", findings)?;
    let value: String = fields.require(XPDO, "PersonId", findings)?;
    let identifier = fields.keep(Identifier::parse(kind, &value), findings)?;
    Some(HeldIdentifier { identifier, validity: decode_interval(fields, findings) })
}

/// A span, if its start is there.
pub(super) fn decode_interval(fields: &Fields<'_>, findings: &mut Findings) -> Option<Interval> {
    let from: Date = fields.read_day(CSDO, "StartDate", findings)?;
    let to = fields.read_day(CSDO, "EndDate", findings);
    fields.keep(Interval::new(from, to), findings)
}

pub(super) fn decode_employer(parent: &Fields<'_>, findings: &mut Findings) -> Option<Employer> {
    read_employer(&parent.child(CCDO, "EmployerDetails")?, findings)
}

/// The employer of an element that is its.
pub(super) fn read_employer(fields: &Fields<'_>, findings: &mut Findings) -> Option<Employer> {
    let number = fields.child(CSDO, "BusinessEntityId").and_then(|number| {
        let kind = number.attribute("kindId").unwrap_or_default().parse::<Coded>();
        let kind = number.keep(kind, findings);
        Some(EmployerNumber { kind: kind?, value: number.parse(findings)? })
    });
    Some(Employer {
        state: fields.read(CSDO, "UnifiedCountryCode", findings),
        name: fields.read(CSDO, "BusinessEntityName", findings),
        number,
    })
}

pub(super) fn decode_money(
    parent: &Fields<'_>,
    (namespace, local): (&str, &str),
    findings: &mut Findings,
) -> Option<Money> {
    read_money(&parent.child(namespace, local)?, findings)
}

/// The money of an element that holds it.
pub(super) fn read_money(fields: &Fields<'_>, findings: &mut Findings) -> Option<Money> {
    let currency = fields.attribute("currencyCode").unwrap_or_default();
    fields.keep(Money::parse(&fields.token(), currency), findings)
}
