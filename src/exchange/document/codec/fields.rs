//! Reading fields out of a tree: each is parsed, each failure is a finding with its path.

use super::super::Element;
use super::CodecError;
use crate::base::{Finding, Findings};
use std::fmt::Display;
use std::str::FromStr;

/// An element that is being read, and where it stands.
pub(super) struct Fields<'e> {
    element: &'e Element<'e>,
    path: String,
}

impl<'e> Fields<'e> {
    pub(super) fn of_root(element: &'e Element) -> Self {
        Self { element, path: format!("/{}", element.local) }
    }

    pub(super) fn attribute(&self, local: &str) -> Option<&'e str> {
        self.element.attribute(local)
    }

    pub(super) fn child(&self, namespace: &str, local: &str) -> Option<Self> {
        let element = self.element.child(namespace, local)?;
        Some(Self { element, path: format!("{}/{local}", self.path) })
    }

    pub(super) fn children(&self, namespace: &str, local: &str) -> Vec<Self> {
        let found = self.element.children.iter().filter(|child| child.is(namespace, local));
        let at = |(place, element)| Self { element, path: format!("{}/{local}[{}]", self.path, place + 1) };
        found.enumerate().map(at).collect()
    }

    pub(super) fn token(&self) -> String {
        self.element.token()
    }

    /// The text without white space, as base64 is read.
    pub(super) fn bare(&self) -> String {
        self.element.text.split_ascii_whitespace().collect()
    }

    pub(super) fn path(&self) -> String {
        self.path.clone()
    }

    pub(super) fn no_content(&self) -> Finding {
        let message = "the attachment is empty, or is no base64; put its content here, or a reference to a part beside it";
        Finding::error("document.no_content", self.path.clone(), "base64Binary", "", message)
    }

    /// The value of an optional field; what cannot be read is a finding and absent.
    pub(super) fn read<T: FromStr<Err: Display>>(
        &self,
        namespace: &str,
        local: &str,
        findings: &mut Findings,
    ) -> Option<T> {
        self.child(namespace, local)?.parse(findings)
    }

    /// The value of a field that must be there.
    pub(super) fn require<T: FromStr<Err: Display>>(
        &self,
        namespace: &str,
        local: &str,
        findings: &mut Findings,
    ) -> Option<T> {
        let Some(child) = self.child(namespace, local) else {
            findings.push(self.missing(local));
            return None;
        };
        child.parse(findings)
    }

    /// A day or month that may be there. A zone, which XML Schema allows, never moves the day it is written on.
    pub(super) fn read_day<T: FromStr<Err: Display>>(
        &self,
        namespace: &str,
        local: &str,
        findings: &mut Findings,
    ) -> Option<T> {
        self.read::<Zoned<T>>(namespace, local, findings).map(|zoned| zoned.0)
    }

    /// A day or month that must be there.
    pub(super) fn require_day<T: FromStr<Err: Display>>(
        &self,
        namespace: &str,
        local: &str,
        findings: &mut Findings,
    ) -> Option<T> {
        self.require::<Zoned<T>>(namespace, local, findings).map(|zoned| zoned.0)
    }

    /// The day or month of this element, whatever its zone.
    pub(super) fn parse_day<T: FromStr<Err: Display>>(&self, findings: &mut Findings) -> Option<T> {
        self.parse::<Zoned<T>>(findings).map(|zoned| zoned.0)
    }

    pub(super) fn parse<T: FromStr<Err: Display>>(&self, findings: &mut Findings) -> Option<T> {
        let text = self.token();
        text.parse().map_err(|_cause| findings.push(self.unreadable(&text))).ok()
    }

    /// Keeps a value, or its finding with the path of this element.
    pub(super) fn keep<T>(&self, value: Result<T, Finding>, findings: &mut Findings) -> Option<T> {
        value.map_err(|finding| findings.push(Finding { path: self.path.clone(), ..finding })).ok()
    }

    pub(super) fn missing(&self, local: &str) -> Finding {
        let path = format!("{}/{local}", self.path);
        Finding::error("document.missing", path, "mandatory", "", "the element is absent; add it")
    }

    fn unreadable(&self, text: &str) -> Finding {
        let message = "the value cannot be read; correct it as its type demands";
        Finding::error("document.value", self.path.clone(), "type of the element", text, message)
    }
}

/// A value of the calendar, written with or without `Z` or `+06:00` behind it.
struct Zoned<T>(T);

impl<T: FromStr> FromStr for Zoned<T> {
    type Err = T::Err;

    fn from_str(text: &str) -> Result<Self, T::Err> {
        let zone = text.len().checked_sub("+06:00".len()).and_then(|at| text.split_at_checked(at));
        let bare = match zone {
            Some((bare, zone)) if zone.starts_with(['+', '-']) && zone.get(3..4) == Some(":") => bare,
            Some(_) | None => text.strip_suffix('Z').unwrap_or(text),
        };
        bare.parse().map(Self)
    }
}

/// The value, if nothing was found against it.
pub(super) fn finish<T>(value: Option<T>, findings: Findings) -> Result<T, CodecError> {
    match value {
        Some(value) if findings.is_empty() => Ok(value),
        Some(_) | None => Err(CodecError::Values(findings)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exchange::canonical::YearMonth;
    use jiff::civil::{Date, date};

    #[test]
    fn a_zone_never_moves_the_day_it_is_written_on() {
        for text in ["2010-01-11", "2010-01-11Z", "2010-01-11+06:00", "2010-01-11-11:00"] {
            assert_eq!(text.parse::<Zoned<Date>>().unwrap().0, date(2010, 1, 11), "{text}");
        }
        for text in ["2010-02", "2010-02Z", "2010-02+06:00"] {
            assert_eq!(
                text.parse::<Zoned<YearMonth>>().unwrap().0,
                YearMonth::new(2010, 2).unwrap(),
                "{text}"
            );
        }
        for text in ["", "Z", "+06:00", "2010-01-11ZZ", "2010-01-11+0600", "2010-01-11+06:00Z"] {
            assert!(text.parse::<Zoned<Date>>().is_err(), "{text}");
        }
    }
}
