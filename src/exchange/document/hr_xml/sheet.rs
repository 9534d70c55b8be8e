//! Reads elements of HR-XML: a value that is none is left out and told, and so is an element that our record has no place
//! for.

use super::{HR_XML, OAGIS, OWN};
use crate::base::{Finding, Findings, Limits};
use crate::exchange::canonical::job::{
    Contact, ContactChannel, LanguageCode, LanguageLevel, Occupation, Pay, Place, Relation, Remote,
};
use crate::exchange::canonical::{Coded, Country};
use crate::exchange::document::{Element, XmlError};
use std::fmt::Display;
use std::str::FromStr;

/// Bytes that are no document of HR-XML that we read.
#[derive(Debug, thiserror::Error)]
pub enum HrXmlError {
    /// Not XML that we accept.
    #[error(transparent)]
    Xml(#[from] XmlError),
    /// XML, but it lacks what each must have.
    #[error("read HR-XML: {0}")]
    Unfit(Finding),
}

impl HrXmlError {
    /// The stable code of the failure.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Xml(error) => error.code(),
            Self::Unfit(_) => "document.hr_xml",
        }
    }
}

/// A document and what is left out of it.
pub(super) struct Sheet<'d> {
    pub(super) root: Element<'d>,
    pub(super) findings: Findings,
}

impl<'d> Sheet<'d> {
    /// Reads a document of a kind.
    ///
    /// # Errors
    /// It is another one, or none.
    pub(super) fn read(document: &'d [u8], kind: &str, limits: &Limits) -> Result<Self, HrXmlError> {
        let root = Element::parse(document, limits)?;
        if !root.is(HR_XML, kind) {
            return Err(unfit("/", &format!("not a {kind} of HR-XML 3")));
        }
        Ok(Self { root, findings: Vec::new() })
    }
}

/// The child of a name with its prefix, as [`super::pen::Pen`] writes it.
pub(super) fn child<'e, 'd>(element: &'e Element<'d>, name: &str) -> Option<&'e Element<'d>> {
    children(element, name).next()
}

/// The children of a name with its prefix.
pub(super) fn children<'e, 'd>(
    element: &'e Element<'d>,
    name: &str,
) -> impl Iterator<Item = &'e Element<'d>> {
    let (namespace, local) = match name.split_once(':') {
        Some(("oa", local)) => (OAGIS, local.to_owned()),
        Some(("x", local)) => (OWN, local.to_owned()),
        Some(_) | None => (HR_XML, name.to_owned()),
    };
    element.children.iter().filter(move |child| child.is(namespace, &local))
}

/// The element at the end of a path of names.
pub(super) fn below<'e, 'd>(element: &'e Element<'d>, path: &str) -> Option<&'e Element<'d>> {
    path.split('/').try_fold(element, child)
}

/// The text of an element that has one.
pub(super) fn text(element: Option<&Element<'_>>) -> Option<String> {
    element.map(Element::token).filter(|text| !text.is_empty())
}

/// The value of an element; one that is none is left out with a finding.
pub(super) fn value<T: FromStr<Err: Display>>(
    element: Option<&Element<'_>>,
    findings: &mut Findings,
) -> Option<T> {
    let element = element?;
    let text = text(Some(element))?;
    parsed(&text, &element.local, findings)
}

/// The values of all elements of a name.
pub(super) fn values<T: FromStr<Err: Display>>(
    element: &Element<'_>,
    name: &str,
    findings: &mut Findings,
) -> Vec<T> {
    children(element, name).filter_map(|child| value(Some(child), findings)).collect()
}

pub(super) fn parsed<T: FromStr<Err: Display>>(text: &str, name: &str, findings: &mut Findings) -> Option<T> {
    text.parse().map_err(|_cause| left_out(name, text, findings)).ok()
}

pub(super) fn left_out(name: &str, text: &str, findings: &mut Findings) {
    let message = "not a value that this element can have in our record; it is left out";
    findings.push(Finding::error(VALUE, name, "HR-XML 3.2, EURES profile 1.3", text, message).as_warning());
}

/// Tells elements with a text that nobody reads: our record has no place for them, and they would be lost unseen.
pub(super) fn tell_unread(root: &Element<'_>, read: &[&str], findings: &mut Findings) {
    root.visit(&mut |path, element| {
        if !element.children.is_empty() || element.text.trim().is_empty() {
            return;
        }
        let bare: String =
            path.split('/').map(|step| step.split('[').next().unwrap_or(step)).collect::<Vec<_>>().join("/");
        if !read.iter().any(|tail| bare.ends_with(tail)) {
            let message = "our record has no place for this element; it is left out";
            findings.push(
                Finding::error(VALUE, path, "the record of a job", &element.text, message).as_warning(),
            );
        }
    });
}

/// Country, region and settlement of an address.
pub(super) fn place(address: &Element<'_>, findings: &mut Findings) -> Option<Place> {
    let country: Country = value(child(address, "CountryCode"), findings)?;
    let region = child(address, "oa:CountrySubDivisionCode");
    let is_ours =
        region.is_none_or(|region| region.attribute("listName").is_none_or(|list| list == super::REGIONS));
    if let (Some(region), false) = (region, is_ours) {
        left_out(&region.local, &region.token(), findings);
    }
    let region = value(region.filter(|_| is_ours), findings);
    Some(Place { country, region, name: value(child(address, "oa:CityName"), findings) })
}

/// The occupations, of which those that a table made of others are told by what maps to what.
pub(super) fn occupations<'e>(
    codes: impl Iterator<Item = &'e Element<'e>>,
    area: Option<&Element<'_>>,
    findings: &mut Findings,
) -> Vec<Occupation> {
    let mut all: Vec<Occupation> = Vec::new();
    for code in codes.filter(|code| code.attribute("name") != Some(super::pen::MAPPED)) {
        let list = code.attribute("listName").unwrap_or(super::ISCO.0);
        let scheme = if list == super::ISCO.0 { super::ISCO.1 } else { list };
        let edition = code.attribute("listVersionID").unwrap_or("2008");
        let read = || -> Option<Occupation> {
            let (scheme, edition): (Coded, Coded) = (scheme.parse().ok()?, edition.parse().ok()?);
            let isco = if list == super::ISCO.0 { code.token().parse().ok() } else { None };
            Some(Occupation { scheme, edition, code: code.token().parse().ok()?, isco, relation: None })
        };
        match read() {
            Some(occupation) => all.push(occupation),
            None => left_out(&code.local, &code.token(), findings),
        }
    }
    for mapping in area.into_iter().flat_map(|area| children(area, "x:Mapping")) {
        let of = |one: &Occupation| {
            Some(one.scheme.as_str()) == mapping.attribute("listName")
                && Some(one.code.as_str()) == mapping.attribute("code")
        };
        let relation: Option<Relation> = mapping.attribute("relation").and_then(|word| word.parse().ok());
        for one in all.iter_mut().filter(|one| of(one)) {
            (one.isco, one.relation) = (value(Some(mapping), findings), relation);
        }
    }
    all
}

pub(super) fn pay(area: &Element<'_>, findings: &mut Findings) -> Option<Pay> {
    let told = child(area, "x:Pay")?;
    let of = |name: &str| told.attribute(name);
    let read = || -> Option<Pay> {
        let end = |name: &str| match of(name) {
            Some(text) => text.parse().ok().map(Some),
            None => Some(None),
        };
        let tax = match of("tax") {
            Some(word) => Some(word.parse().ok()?),
            None => None,
        };
        Pay::new(
            (end("min")?, end("max")?),
            of("currency")?.parse().ok()?,
            of("interval")?.parse().ok()?,
            tax,
        )
        .ok()
    };
    let pay = read();
    if pay.is_none() {
        left_out("x:Pay", "", findings);
    }
    pay
}

/// Whether work is done from afar; where only the flag of the profile tells it, it may be done so.
pub(super) fn remote(area: &Element<'_>, findings: &mut Findings) -> Option<Remote> {
    let own = value(child(area, "x:Remote"), findings);
    own.or_else(|| match text(child(area, "RemoteWorkIndicator"))?.as_str() {
        "true" | "1" => Some(Remote::Possible),
        "false" | "0" => Some(Remote::No),
        other => {
            left_out("RemoteWorkIndicator", other, findings);
            None
        }
    })
}

pub(super) fn level(text: &str, findings: &mut Findings) -> Option<LanguageLevel> {
    parsed(text, "ScoreText", findings)
}

/// Whether a competency is a language, and which.
pub(super) fn language_of(competency: &Element<'_>, findings: &mut Findings) -> Option<Option<LanguageCode>> {
    let is_language = text(child(competency, "TaxonomyID")).as_deref() == Some("language")
        || child(competency, "CompetencyID").and_then(|id| id.attribute("schemeID"))
            == Some(super::LANGUAGES.0);
    is_language.then(|| value(child(competency, "CompetencyID"), findings))
}

/// The contact that a `Communication` tells; none of one that tells an address.
pub(super) fn contact(communication: &Element<'_>, findings: &mut Findings) -> Option<Contact> {
    let told = text(child(communication, "oa:DialNumber"));
    let (value_text, otherwise) = match told {
        Some(number) => (number, ContactChannel::Telephone),
        None => (text(child(communication, "oa:URI"))?, ContactChannel::Web),
    };
    let channel = value(child(communication, "ChannelCode"), findings).unwrap_or(otherwise);
    Some(Contact { channel, value: value_text })
}

/// The person that a `PersonContact` names.
pub(super) fn named(contact: &Element<'_>) -> Option<Contact> {
    let name = child(contact, "PersonName")?;
    let parts = ["oa:GivenName", "FamilyName"].iter().filter_map(|part| text(child(name, part)));
    let value = text(child(name, "FormattedName")).unwrap_or_else(|| parts.collect::<Vec<_>>().join(" "));
    (!value.is_empty()).then_some(Contact { channel: ContactChannel::Person, value })
}

pub(super) fn unfit(path: &str, message: &str) -> HrXmlError {
    HrXmlError::Unfit(Finding::error("document.hr_xml", path, "HR-XML 3.2, EURES profile 1.3", "", message))
}

const VALUE: &str = "document.hr_xml_value";
