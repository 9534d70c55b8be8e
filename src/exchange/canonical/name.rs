//! A person's name: in Russian or Latin for the peer, and as written at home.

use super::text::{collapsed, kept};
use crate::base::Finding;
use serde::{Deserialize, Serialize};
use std::fmt;

/// A name. At least the family name or the given name is there.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "NameParts", into = "NameParts")]
pub struct Name(NameParts);

/// The parts of a name as they are written in a record.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NameParts {
    /// Family name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub family: Option<String>,
    /// Given name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub given: Option<String>,
    /// Patronymic, second or middle name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub patronymic: Option<String>,
}

impl Name {
    /// The family name, if known.
    pub fn family(&self) -> Option<&str> {
        self.0.family.as_deref()
    }

    /// The given name, if known.
    pub fn given(&self) -> Option<&str> {
        self.0.given.as_deref()
    }

    /// The patronymic, if there is one.
    pub fn patronymic(&self) -> Option<&str> {
        self.0.patronymic.as_deref()
    }

    /// Whether family and given name are the same, letter case and the Russian Ё aside.
    pub fn is_alike(&self, other: &Self) -> bool {
        let is_alike = |one: Option<&str>, two: Option<&str>| match (one, two) {
            (Some(one), Some(two)) => one == two || folded(one) == folded(two),
            (one, two) => one == two,
        };
        is_alike(self.family(), other.family()) && is_alike(self.given(), other.given())
    }
}

fn folded(text: &str) -> String {
    text.to_lowercase().replace('ё', "е")
}

impl TryFrom<NameParts> for Name {
    type Error = Finding;

    /// White space is collapsed, as the schema's tokens are; an empty part is an absent one.
    fn try_from(parts: NameParts) -> Result<Self, Finding> {
        let clean = |part: Option<String>| -> Result<Option<String>, Finding> {
            let text = part.map(|part| kept(part, |part| collapsed(part, "name"))).transpose()?;
            Ok(text.filter(|text| !text.is_empty()))
        };
        let parts = NameParts {
            family: clean(parts.family)?,
            given: clean(parts.given)?,
            patronymic: clean(parts.patronymic)?,
        };
        let all = [&parts.family, &parts.given, &parts.patronymic];
        if let Some(long) = all.into_iter().flatten().find(|text| text.chars().count() > PART_CHARS_MAX) {
            let message =
                "a part of the name is longer than 120 characters; shorten it as the document prints it";
            return Err(Finding::error("canonical.name_long", "name", "Name120Type", long, message));
        }
        if parts.family.is_none() && parts.given.is_none() {
            let message = "neither family nor given name; write at least one";
            return Err(Finding::error("canonical.name_empty", "name", "FullNameDetails", "", message));
        }
        Ok(Self(parts))
    }
}

impl From<Name> for NameParts {
    fn from(name: Name) -> Self {
        name.0
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Name(…)")
    }
}

impl fmt::Debug for NameParts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NameParts(…)")
    }
}

const PART_CHARS_MAX: usize = 120;

#[cfg(test)]
mod tests {
    use super::*;

    fn name(family: &str, given: &str) -> Result<Name, Finding> {
        let part = |text: &str| Some(text.to_owned());
        Name::try_from(NameParts { family: part(family), given: part(given), patronymic: part(" ") })
    }

    #[test]
    fn blanks_collapse_and_an_empty_part_is_absent() {
        let name = name(" Ким \n", "Анна  Мария").unwrap();
        assert_eq!((name.family(), name.given(), name.patronymic()), (Some("Ким"), Some("Анна Мария"), None));
    }

    #[test]
    fn a_name_without_parts_or_with_an_endless_one_is_refused() {
        assert_eq!(name("", " ").unwrap_err().code, "canonical.name_empty");
        assert_eq!(name(&"я".repeat(121), "").unwrap_err().code, "canonical.name_long");
        assert!(name(&"я".repeat(120), "").is_ok());
        assert_eq!(name("Ким\u{0}", "Анна").unwrap_err().code, "canonical.text_character");
    }

    #[test]
    fn names_are_compared_without_case_and_yo() {
        assert!(name("Королёв", "СЕРГЕЙ").unwrap().is_alike(&name("КОРОЛЕВ", "Сергей").unwrap()));
        assert!(!name("Королёв", "Сергей").unwrap().is_alike(&name("Королёв", "").unwrap()));
    }
}
