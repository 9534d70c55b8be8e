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
    pub(super) file: String,
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
    /// CSV, JSON, JSON lines, XML or columns of a fixed width.
    pub format: Format,
    /// Of what is written in lines.
    #[serde(default)]
    pub encoding: Encoding,
    /// What stands between two fields; only of CSV. Told from the header if absent, and written as a comma.
    #[serde(default)]
    pub delimiter: Option<char>,
    /// The columns of a line; only of a fixed width.
    #[serde(default)]
    pub columns: Vec<Column>,
    /// How a row says that it corrects or cancels an earlier one.
    #[serde(default)]
    pub revision: Option<RevisionWords>,
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

/// A column of a form whose columns have a fixed width.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Column {
    /// What the maps call it.
    pub name: String,
    /// How many characters it has.
    pub width: usize,
}

/// How a row says that it corrects or cancels an earlier one: the section `[profile.revision]`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RevisionWords {
    /// Where the row says it.
    pub local: String,
    /// The word of a row that tells something for the first time; so is one that says nothing.
    pub original: String,
    /// The word of a row that replaces an earlier one.
    pub correcting: String,
    /// The word of a row that takes an earlier one back.
    pub cancelling: String,
    /// The canonical places by which a row and the one it replaces know each other, beside the person.
    pub key: Vec<String>,
    /// Where a cancelling row has its day.
    pub date: String,
    /// How that day is written.
    pub pattern: String,
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
    /// A JSON object in each line.
    Jsonl,
    /// Lines of columns of a fixed width.
    Fixed,
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
    /// Only in rows where another field says one of these.
    pub(super) when: Option<When>,
}

/// A condition on another field of the row.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct When {
    /// Which field.
    pub(super) local: String,
    /// What it may say.
    pub(super) is: Vec<String>,
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
        let folder = format!("{}/", state.as_code().to_lowercase());
        let own = BUILT_IN.iter().filter(|(file, _)| file.starts_with(&folder));
        own.map(|(file, text)| Self::parse(file, text)).collect()
    }

    /// The built-in profile of a name such as `kz/contracts`.
    pub fn named(name: &str) -> Option<Result<Self, ProfileError>> {
        let (file, text) = BUILT_IN.iter().find(|(file, _)| file.strip_suffix(".toml") == Some(name))?;
        Some(Self::parse(file, text))
    }

    /// Reads a profile; `file` is named in errors.
    ///
    /// # Errors
    /// Not TOML, an unknown key, or a key whose value makes no sense.
    pub fn parse(file: &str, text: &str) -> Result<Self, ProfileError> {
        spec::compile(file, text)
    }

    /// Its file, as errors name it.
    pub fn file(&self) -> &str {
        &self.file
    }

    /// Whether it is the one of this file name, whatever the folder.
    pub(super) fn is_named(&self, name: &str) -> bool {
        self.file.rsplit('/').next() == Some(name)
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

    /// Every local path that is read of a row.
    pub(super) fn locals(&self) -> Vec<&str> {
        let mut locals = self.columns();
        for field in &self.fields {
            locals.extend(field.when.iter().map(|when| when.local.as_str()));
            if let Convert::Digest(of) = &field.convert {
                locals.extend(of.iter().map(String::as_str));
            }
        }
        locals.extend(self.lists.iter().map(|list| list.local.as_str()));
        locals
    }

    /// The local columns in order, each once; of CSV.
    pub(super) fn columns(&self) -> Vec<&str> {
        let mut columns = Vec::new();
        let revision =
            self.head.revision.iter().flat_map(|words| [words.local.as_str(), words.date.as_str()]);
        for column in self.fields.iter().filter_map(|field| field.local.as_deref()).chain(revision) {
            if !columns.contains(&column) {
                columns.push(column);
            }
        }
        columns
    }
}

/// Its file and version: by what the form was read.
impl std::fmt::Display for Profile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.file, self.head.version)
    }
}

impl Format {
    /// Whether a row is a line with fields of one level.
    pub(super) fn is_flat(self) -> bool {
        match self {
            Self::Csv | Self::Fixed => true,
            Self::Json | Self::Jsonl | Self::Xml => false,
        }
    }

    /// Whether the rows stand at a path of a document.
    pub(super) fn has_rows_path(self) -> bool {
        match self {
            Self::Json | Self::Xml => true,
            Self::Csv | Self::Jsonl | Self::Fixed => false,
        }
    }

    /// How names of files of this format end.
    pub fn ending(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Json => "json",
            Self::Jsonl => "jsonl",
            Self::Fixed => "txt",
            Self::Xml => "xml",
        }
    }
}

impl RecordKind {
    /// Under which name the record stands beside `person`.
    pub fn part(self) -> &'static str {
        match self {
            Self::Person => "person",
            Self::Contribution => "contribution",
            Self::Period => "period",
            Self::Event => "event",
        }
    }
}

const BUILT_IN: [(&str, &str); 15] = [
    ("kz/depositors.toml", include_str!("../../../schemas/profiles/kz/depositors.toml")),
    ("kz/contracts.toml", include_str!("../../../schemas/profiles/kz/contracts.toml")),
    ("kz/contributions.toml", include_str!("../../../schemas/profiles/kz/contributions.toml")),
    ("ru/labour-events.toml", include_str!("../../../schemas/profiles/ru/labour-events.toml")),
    ("ru/insured-periods.toml", include_str!("../../../schemas/profiles/ru/insured-periods.toml")),
    ("by/pu-1.toml", include_str!("../../../schemas/profiles/by/pu-1.toml")),
    ("by/pu-2.toml", include_str!("../../../schemas/profiles/by/pu-2.toml")),
    ("by/pu-3.toml", include_str!("../../../schemas/profiles/by/pu-3.toml")),
    ("by/pu-3-activity.toml", include_str!("../../../schemas/profiles/by/pu-3-activity.toml")),
    ("kg/pins.toml", include_str!("../../../schemas/profiles/kg/pins.toml")),
    ("kg/accounts.toml", include_str!("../../../schemas/profiles/kg/accounts.toml")),
    ("kg/periods.toml", include_str!("../../../schemas/profiles/kg/periods.toml")),
    ("am/persons.toml", include_str!("../../../schemas/profiles/am/persons.toml")),
    ("am/returns.toml", include_str!("../../../schemas/profiles/am/returns.toml")),
    ("am/employment.toml", include_str!("../../../schemas/profiles/am/employment.toml")),
];
