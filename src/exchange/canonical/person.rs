//! The person a record is about.

use super::{Coded, Country, Identifier, IdentifierKind, Interval, Name};
use crate::base::{Finding, Findings};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::fmt;

/// A worker, as two states must be able to recognise him.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Person {
    /// In Russian or Latin letters.
    pub name: Name,
    /// As written at home, where that is another script or language.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub original_name: Option<OriginalName>,
    /// Day of birth.
    pub birth_date: Date,
    /// A code of the list of sexes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sex: Option<Coded>,
    /// Of which countries he is a citizen.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub citizenships: Vec<Country>,
    /// His numbers in the states that know him, former ones included.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub identifiers: Vec<HeldIdentifier>,
}

/// A name as written at home.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OriginalName {
    /// Two letters of ISO 639-1, such as `kk`.
    pub language: Coded,
    /// The name.
    pub name: Name,
}

/// An identifier and since and until when it was the person's.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "WrittenIdentifier", into = "WrittenIdentifier")]
pub struct HeldIdentifier {
    /// The number.
    pub identifier: Identifier,
    /// When it was valid, if that is known.
    pub validity: Option<Interval>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenIdentifier {
    kind: IdentifierKind,
    value: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    validity: Option<Interval>,
}

impl Person {
    /// His identifiers of a kind, the present one last as far as validity tells.
    pub fn identifiers_of(&self, kind: IdentifierKind) -> impl Iterator<Item = &Identifier> {
        self.identifiers.iter().map(|held| &held.identifier).filter(move |id| id.kind() == kind)
    }

    /// Warnings about identifiers whose check digits do not fit, and about those that tell another day of birth or sex.
    pub fn findings(&self) -> Findings {
        let sex = self.sex.as_ref().map(Coded::as_str);
        let found = |(at, held): (usize, &HeldIdentifier)| {
            let path = format!("person/identifiers[{}]", at + 1);
            let is_in_use = HeldIdentifier::is_last(&self.identifiers, at);
            let conflict = held.identifier.conflict(Some(self.birth_date), sex, &path).filter(|_| is_in_use);
            held.identifier.finding(&path).into_iter().chain(conflict)
        };
        self.identifiers.iter().enumerate().flat_map(found).collect()
    }

    /// His name, and as it is written at home.
    pub fn names(&self) -> impl Iterator<Item = &Name> {
        std::iter::once(&self.name).chain(self.original_name.iter().map(|original| &original.name))
    }

    /// Whether the other record is of the same person: by a shared identifier, else by name and birth date.
    pub fn is_same(&self, other: &Self) -> bool {
        let shares =
            |held: &HeldIdentifier| other.identifiers.iter().any(|o| o.identifier == held.identifier);
        self.identifiers.iter().any(shares)
            || self.birth_date == other.birth_date
                && self.names().any(|own| other.names().any(|theirs| own.is_alike(theirs)))
    }
}

impl HeldIdentifier {
    /// Whether the number at a place is the last of its kind: one that was replaced may tell what was wrong.
    pub fn is_last(all: &[Self], at: usize) -> bool {
        let kind = all.get(at).map(|held| held.identifier.kind());
        !all.iter().skip(at + 1).any(|later| Some(later.identifier.kind()) == kind)
    }
}

impl TryFrom<WrittenIdentifier> for HeldIdentifier {
    type Error = Finding;

    fn try_from(written: WrittenIdentifier) -> Result<Self, Finding> {
        let identifier = Identifier::take(written.kind, written.value)?;
        Ok(Self { identifier, validity: written.validity })
    }
}

impl From<HeldIdentifier> for WrittenIdentifier {
    fn from(held: HeldIdentifier) -> Self {
        let HeldIdentifier { identifier, validity } = held;
        Self { kind: identifier.kind(), value: identifier.as_str().to_owned(), validity }
    }
}

impl fmt::Debug for Person {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Person(…, {} identifiers)", self.identifiers.len())
    }
}

impl fmt::Debug for OriginalName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OriginalName({:?}, …)", self.language)
    }
}

impl fmt::Debug for HeldIdentifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.identifier)
    }
}
