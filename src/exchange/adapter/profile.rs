//! Profiles: what a local file looks like, told as data. One profile maps both ways.
//!
//! The language is explained in `schemas/profiles/README.md`. A profile is checked when it is read:
//! a path that no record has, or a conversion that cannot yield what stands there, is refused with
//! file, line and key.

use super::convert::Convert;
use super::csv::Encoding;
use super::error::ProfileError;
use super::spec;
use super::target::Target;
use super::xml::Namespaces;
use crate::exchange::canonical::State;
use serde::Deserialize;

/// The description of one local form.
#[derive(Debug, Clone)]
pub struct Profile {
    pub(super) head: Head,
    pub(super) fields: Vec<Field>,
    pub(super) lists: Vec<FieldList>,
}

/// What a profile says of its form as a whole: the section `[profile]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Head {
    /// Whose local form it is.
    pub state: State,
    /// What one row is.
    pub record: RecordKind,
    /// Version of the profile.
    pub version: String,
    /// Which files of the folder have this form; `*` stands for any characters.
    pub files: String,
    /// CSV, JSON or XML.
    pub format: Format,
    /// Only of CSV.
    #[serde(default)]
    pub encoding: Encoding,
    /// The path from the document to its rows; only of JSON and XML.
    #[serde(default)]
    pub rows: String,
    /// Prefixes of the profile; only of XML.
    #[serde(default)]
    pub namespaces: Namespaces,
    /// What a direction leaves out.
    #[serde(default)]
    pub partial: Partial,
}

/// What is lost in a direction, in words for a person. Empty where the direction is total.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Partial {
    /// From the local form to the record.
    #[serde(default)]
    pub decode: String,
    /// From the record to the local form.
    #[serde(default)]
    pub encode: String,
}

/// What a row of a local form is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RecordKind {
    /// A person.
    Person,
    /// A contribution for a month.
    Contribution,
    /// A period that counts.
    Period,
    /// An event of employment.
    Event,
}

/// How a local form is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Format {
    /// Lines of fields under a header.
    Csv,
    /// JSON.
    Json,
    /// XML.
    Xml,
}

/// One value of a row: where it stands here and there.
#[derive(Debug, Clone)]
pub(super) struct Field {
    pub(super) local: Option<String>,
    pub(super) canonical: Option<(String, Target)>,
    pub(super) convert: Convert,
    /// The local text that an absent field means; a field that would say it is not written.
    pub(super) default: Option<String>,
    pub(super) is_optional: bool,
    /// Used only when no other field has set the place.
    pub(super) is_fallback: bool,
    /// Only in rows of this name.
    pub(super) only: Option<String>,
}

/// A repeated node of a row that becomes items of a canonical list.
#[derive(Debug, Clone)]
pub(super) struct FieldList {
    pub(super) local: String,
    pub(super) canonical: String,
    pub(super) fields: Vec<Field>,
}

impl Profile {
    /// The profiles of a state that are compiled into the program.
    ///
    /// # Errors
    /// Never for the files of this repository; a test reads them.
    pub fn built_in(state: State) -> Result<Vec<Self>, ProfileError> {
        let all = BUILT_IN.iter().map(|(file, text)| Self::parse(file, text));
        let all: Vec<Self> = all.collect::<Result<_, _>>()?;
        Ok(all.into_iter().filter(|profile| profile.head.state == state).collect())
    }

    /// Reads a profile; `file` is named in errors.
    ///
    /// # Errors
    /// Not TOML, an unknown key, or a key whose value makes no sense.
    pub fn parse(file: &str, text: &str) -> Result<Self, ProfileError> {
        spec::compile(file, text)
    }

    /// What it says of the form as a whole.
    pub fn head(&self) -> &Head {
        &self.head
    }

    /// Whether a file of this name has this form.
    pub fn is_of(&self, file: &str) -> bool {
        let mut parts = self.head.files.split('*');
        let Some(mut rest) = parts.next().and_then(|first| file.strip_prefix(first)) else {
            return false;
        };
        let mut parts = parts.peekable();
        if parts.peek().is_none() {
            return rest.is_empty();
        }
        while let Some(part) = parts.next() {
            if parts.peek().is_none() {
                return rest.ends_with(part);
            }
            let Some(at) = rest.find(part) else { return false };
            rest = rest.get(at + part.len()..).unwrap_or_default();
        }
        true
    }

    /// The local columns in order, each once; of CSV.
    pub(super) fn columns(&self) -> Vec<&str> {
        let mut columns = Vec::new();
        for column in self.fields.iter().filter_map(|field| field.local.as_deref()) {
            if !columns.contains(&column) {
                columns.push(column);
            }
        }
        columns
    }
}

impl RecordKind {
    /// Under which name the record stands beside `person`.
    pub(super) fn part(self) -> &'static str {
        match self {
            Self::Person => "person",
            Self::Contribution => "contribution",
            Self::Period => "period",
            Self::Event => "event",
        }
    }
}

const BUILT_IN: [(&str, &str); 5] = [
    ("kz/depositors.toml", include_str!("../../../schemas/profiles/kz/depositors.toml")),
    ("kz/contracts.toml", include_str!("../../../schemas/profiles/kz/contracts.toml")),
    ("kz/contributions.toml", include_str!("../../../schemas/profiles/kz/contributions.toml")),
    ("ru/labour-events.toml", include_str!("../../../schemas/profiles/ru/labour-events.toml")),
    ("ru/insured-periods.toml", include_str!("../../../schemas/profiles/ru/insured-periods.toml")),
];
