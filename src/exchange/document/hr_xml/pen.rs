//! Writes elements of HR-XML; what is absent is not written, and no text has a character that XML does not allow.

use super::{HR_XML, ISCO, OAGIS, OWN};
use crate::exchange::canonical::job::{Contact, ContactChannel, Occupation, Pay, Place, Remote};
use crate::exchange::document::{CanonicalWriter, WriteError};
use std::borrow::Cow;
use std::fmt::Display;

pub(super) struct Pen(CanonicalWriter<'static>);

impl Pen {
    pub(super) fn new() -> Self {
        Self(CanonicalWriter::new(&[("", HR_XML), ("oa", OAGIS), ("x", OWN)]))
    }

    pub(super) fn finish(self) -> Result<Vec<u8>, WriteError> {
        self.0.finish()
    }

    /// Opens an element, its name with its prefix.
    pub(super) fn start(&mut self, name: &str, attributes: &[(&str, &str)]) -> &mut Self {
        let (prefix, local) = name.split_once(':').unwrap_or(("", name));
        self.0.start(prefix, local);
        for (name, value) in attributes {
            self.0.attribute("", name, &legal(value));
        }
        self
    }

    pub(super) fn end(&mut self) -> &mut Self {
        self.0.end();
        self
    }

    /// An element that holds a text.
    pub(super) fn leaf(&mut self, name: &str, text: impl Display) -> &mut Self {
        self.coded(name, &[], text)
    }

    /// The same with attributes.
    pub(super) fn coded(&mut self, name: &str, attributes: &[(&str, &str)], text: impl Display) -> &mut Self {
        self.start(name, attributes);
        self.0.text(&legal(&text.to_string()));
        self.end()
    }

    /// An element that holds a text, if there is one.
    pub(super) fn some(&mut self, name: &str, text: Option<impl Display>) -> &mut Self {
        if let Some(text) = text {
            self.leaf(name, text);
        }
        self
    }

    /// An element around others, if there is one of them.
    pub(super) fn around(&mut self, name: &str, is_there: bool, inside: impl FnOnce(&mut Self)) -> &mut Self {
        if is_there {
            self.start(name, &[]);
            inside(self);
            self.end();
        }
        self
    }

    pub(super) fn root(&mut self, name: &str, valid_from: Option<&str>) -> &mut Self {
        self.start(name, &[("majorVersionID", "3"), ("minorVersionID", "2")]);
        if let Some(day) = valid_from {
            self.0.attribute("", "validFrom", day);
        }
        self
    }

    pub(super) fn occupation(&mut self, occupation: &Occupation) -> &mut Self {
        let scheme = occupation.scheme.as_str();
        let list = if scheme == ISCO.1 { ISCO.0 } else { scheme };
        let attributes = [("listName", list), ("listVersionID", occupation.edition.as_str())];
        self.coded("JobCategoryCode", &attributes, occupation.code.as_str())
    }

    /// The groups of ISCO-08 that a table maps codes of other lists to: as codes that everybody reads, and as what maps to
    /// what.
    pub(super) fn mapped(&mut self, occupations: &[Occupation]) -> &mut Self {
        for isco in occupations.iter().filter(|one| one.scheme.as_str() != ISCO.1).filter_map(|one| one.isco)
        {
            let attributes = [("listName", ISCO.0), ("listVersionID", "2008"), ("name", MAPPED)];
            self.coded("JobCategoryCode", &attributes, isco);
        }
        self
    }

    pub(super) fn mappings(&mut self, occupations: &[Occupation]) -> &mut Self {
        for one in occupations {
            let Some(isco) = one.isco else { continue };
            let relation = one.relation.map(|relation| relation.as_code());
            let mut attributes = vec![("listName", one.scheme.as_str()), ("code", one.code.as_str())];
            attributes.extend(relation.map(|relation| ("relation", relation)));
            self.coded("x:Mapping", &attributes, isco);
        }
        self
    }

    pub(super) fn pay(&mut self, pay: Option<&Pay>) -> &mut Self {
        let Some(pay) = pay else { return self };
        let (min, max) = (pay.min().map(|end| end.to_string()), pay.max().map(|end| end.to_string()));
        let currency = pay.currency().to_string();
        let mut attributes = vec![("currency", currency.as_str()), ("interval", pay.interval().as_code())];
        attributes.extend(pay.tax().map(|tax| ("tax", tax.as_code())));
        attributes.extend(min.as_deref().map(|min| ("min", min)));
        attributes.extend(max.as_deref().map(|max| ("max", max)));
        self.start("x:Pay", &attributes).end()
    }

    /// Whether work is done from afar: the flag of the profile, and beside it what the flag cannot tell.
    pub(super) fn remote(&mut self, remote: Option<Remote>) -> &mut Self {
        if let Some(remote) = remote {
            self.leaf("RemoteWorkIndicator", remote != Remote::No).leaf("x:Remote", remote);
        }
        self
    }

    /// Country, region and settlement of an address.
    pub(super) fn place(&mut self, place: &Place) -> &mut Self {
        self.some("oa:CityName", place.name.as_ref().map(|name| name.as_str()));
        if let Some(region) = &place.region {
            self.coded("oa:CountrySubDivisionCode", &[("listName", super::REGIONS)], region.as_str());
        }
        self.leaf("CountryCode", place.country)
    }

    /// A way to reach somebody. A number stands in `oa:DialNumber`, all else in `oa:URI` (D12).
    pub(super) fn communication(&mut self, contact: &Contact) -> &mut Self {
        let element = match contact.channel {
            ContactChannel::Telephone | ContactChannel::Mobile | ContactChannel::Fax => "oa:DialNumber",
            ContactChannel::Email | ContactChannel::Messenger | ContactChannel::Web => "oa:URI",
            ContactChannel::Person => return self,
        };
        self.start("Communication", &[])
            .leaf("ChannelCode", contact.channel)
            .leaf(element, &contact.value)
            .end()
    }
}

/// The text without the characters that XML 1.0 does not allow.
fn legal(text: &str) -> Cow<'_, str> {
    match crate::exchange::document::chars::find_illegal(text) {
        None => Cow::Borrowed(text),
        Some(_) => {
            let is_legal = |c: &char| {
                crate::exchange::document::chars::find_illegal(c.encode_utf8(&mut [0; 4])).is_none()
            };
            Cow::Owned(text.chars().filter(is_legal).collect())
        }
    }
}

/// Marks a code that a table made of another.
pub(super) const MAPPED: &str = "X-MAPPED";
