//! Fill rules and code lists: what a structure's document must say beyond its schema, in one pass over its elements.
//!
//! Rules are data (`*.rules.toml`); here are the kinds of rule there can be.

use super::judge::Case;
use super::place::{Beside, Place};
use super::{CodeLists, MessageKind, Names, RulesError, SchemaFiles};
use crate::base::{Findings, Severity};
use crate::exchange::document::Element;
use serde::Deserialize;
use std::collections::{BTreeSet, HashMap};

/// The rules of one structure, and which schema and root it has.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StructureRules {
    /// Such as `R.XP.XP.01.002`; stands in EDocHeader as EDocCode.
    pub structure: String,
    /// The namespace of its root element.
    pub namespace: String,
    /// Its root element.
    pub root: String,
    /// Its schema, below `schemas/`.
    pub schema: String,
    /// Whether whole documents of other structures stand in it.
    #[serde(default)]
    pub container: bool,
    /// The version of these rules.
    pub version: String,
    /// Rules that it shares with other structures: files below `schemas/`, such as `base/header.rules.part.toml`.
    #[serde(default)]
    includes: Vec<String>,
    #[serde(default, rename = "rule")]
    rules: Vec<Rule>,
    /// Which rules look at an element of a name.
    #[serde(skip)]
    by_name: HashMap<String, Vec<usize>>,
}

/// Rules that several structures share, each with the number it has in all of them.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Part {
    #[serde(rename = "rule")]
    rules: Vec<Rule>,
}

/// One rule.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Rule {
    /// Unique in its structure, never reused.
    pub number: u32,
    /// Whether a violation refuses the document.
    #[serde(default = "refuses")]
    pub severity: Severity,
    /// The messages it is for, where a structure is carried by several; empty means all.
    #[serde(default)]
    messages: Vec<String>,
    /// What it demands.
    #[serde(flatten)]
    pub text: Names,
    #[serde(flatten)]
    pub(super) demand: Demand,
}

/// What a rule demands.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum Demand {
    /// The value is the code of the message.
    MessageCode { at: Place },
    /// The value is the code of the structure.
    StructureCode { at: Place },
    /// Something stands at `at` below every `each`.
    Required {
        #[serde(default)]
        each: Place,
        at: String,
    },
    /// Nothing stands at `at` below any `each`.
    Absent {
        #[serde(default)]
        each: Place,
        at: String,
    },
    /// Below every `each` one of these at least is there and says something.
    AnyOf { each: Place, of: Vec<String> },
    /// Below every `each` the first date is not after the last.
    Order { each: Place, first: String, last: String },
    /// The value, or that of an attribute, is in a code list and counts on a day: that the document was written, or
    /// that stands at `on`. An attribute that names the list names this one.
    InList { at: Place, list: String, attribute: Option<String>, on: Option<Beside> },
    /// The value is one of these.
    OneOf { at: Place, values: BTreeSet<String> },
    /// The text is plain: no mark-up of a page is in it.
    PlainText { at: Place },
    /// The text holds no telephone, no address of mail and no page: nothing by which a person can be reached.
    NoContact { at: Place },
    /// Below every `each` the first amount is not above the last, both are above zero, and both of one currency.
    AmountsInOrder { each: Place, first: String, last: String },
    /// The year of the date, month or instant lies between these.
    YearRange { at: Place, from: i64, to: i64 },
    /// No two elements have the same value.
    Unique { at: Place },
    /// No date at `at` is before the one at `than`: a period before the birth, a decision before the claim (T8). A month
    /// or year is so only as a whole, and an instant may be on the next day elsewhere.
    NotBefore { at: Place, than: Beside },
    /// No date at `at` is after the one at `than`: a day of filing after the document (T8), a period after the death.
    NotAfter { at: Place, than: Beside },
    /// The intervals `of` below each `each` do not overlap. `unless` something at this path says that one counts no
    /// more; `apart` compares those only that differ there, such as by state (T22, which resolves it: a warning), and
    /// `alike` those only that agree there, such as in their employer.
    NoOverlap {
        #[serde(default)]
        each: Place,
        of: String,
        first: String,
        last: String,
        unless: Option<String>,
        apart: Option<String>,
        #[serde(default)]
        alike: Vec<String>,
    },
    /// An interval that began more than so many years before the document, or the day at `on`, has an end, if it is of
    /// one of these kinds (the `values` at `only`) and `unless` something says that it counts no more.
    Closed {
        each: Place,
        first: String,
        last: String,
        years: i32,
        on: Option<Beside>,
        only: Option<String>,
        #[serde(default)]
        values: BTreeSet<String>,
        unless: Option<String>,
    },
}

impl Demand {
    fn place(&self) -> &Place {
        match self {
            Self::MessageCode { at }
            | Self::StructureCode { at }
            | Self::InList { at, .. }
            | Self::OneOf { at, .. }
            | Self::PlainText { at }
            | Self::NoContact { at }
            | Self::YearRange { at, .. }
            | Self::NotBefore { at, .. }
            | Self::NotAfter { at, .. }
            | Self::Unique { at } => at,
            Self::Required { each, .. }
            | Self::Absent { each, .. }
            | Self::AnyOf { each, .. }
            | Self::AmountsInOrder { each, .. }
            | Self::NoOverlap { each, .. }
            | Self::Closed { each, .. }
            | Self::Order { each, .. } => each,
        }
    }
}

impl StructureRules {
    /// Reads the rules of every structure.
    pub(super) fn read_all(files: &SchemaFiles, lists: &CodeLists) -> Result<Vec<Self>, RulesError> {
        let mut all: Vec<Self> = Vec::new();
        for (file, text) in files.ending_in(".rules.toml") {
            let mut rules: Self = toml::from_str(text)
                .map_err(|source| RulesError::Parse { file: file.to_owned(), source: Box::new(source) })?;
            let unfit = |reason| RulesError::Unfit { file: file.to_owned(), reason };
            rules.include(files, file)?;
            rules.misfit(lists).map_or(Ok(()), |reason| Err(unfit(reason)))?;
            if all.iter().any(|known| known.structure == rules.structure) {
                return Err(unfit(format!("structure {} has two rule files", rules.structure)));
            }
            for (at, rule) in rules.rules.iter().enumerate() {
                let name = rule.demand.place().last().unwrap_or(&rules.root).to_owned();
                rules.by_name.entry(name).or_default().push(at);
            }
            all.push(rules);
        }
        Ok(all)
    }

    /// Takes in the rules that it shares, and puts all in the order of their numbers.
    fn include(&mut self, files: &SchemaFiles, file: &str) -> Result<(), RulesError> {
        let unfit = |reason| RulesError::Unfit { file: file.to_owned(), reason };
        let mut taken = HashMap::new();
        let mut take = |rules: &[Rule], from: &str| {
            let twice = rules.iter().find_map(|rule| {
                taken.insert(rule.number, from.to_owned()).map(|other| (rule.number, other))
            });
            twice.map_or(Ok(()), |(number, other)| {
                let other = if other == file { String::new() } else { format!(", in {other} too") };
                Err(unfit(format!("rule {number} is defined twice{other}")))
            })
        };
        let mut all = Vec::new();
        for part in &self.includes {
            if !part.ends_with(PART) {
                return Err(unfit(format!("{part} does not end in {PART}")));
            }
            let text = files.text(part).ok_or_else(|| unfit(format!("{part} is not there")))?;
            let Part { rules } = toml::from_str(text)
                .map_err(|source| RulesError::Parse { file: part.clone(), source: Box::new(source) })?;
            take(&rules, part)?;
            all.extend(rules);
        }
        take(&self.rules, file)?;
        all.append(&mut self.rules);
        all.sort_by_key(|rule| rule.number);
        self.rules = all;
        Ok(())
    }

    /// The first thing that does not fit, if any.
    fn misfit(&self, lists: &CodeLists) -> Option<String> {
        for rule in &self.rules {
            if let Demand::InList { list, .. } = &rule.demand
                && lists.list(list).is_none()
            {
                return Some(format!("rule {} names code list {list}, which is not there", rule.number));
            }
        }
        None
    }

    /// A rule by its number, for whoever shows a finding to a person.
    pub fn rule(&self, number: u32) -> Option<&Rule> {
        self.rules.iter().find(|rule| rule.number == number)
    }

    /// Everything that the rules find in a document, which may lack what its schema demands.
    pub(super) fn judge(&self, root: &Element, message: &MessageKind, lists: &CodeLists) -> Findings {
        let mut case = Case::new(&self.structure, message, lists, root);
        root.walk(&mut |trail| {
            let name = trail.from_below().next().map_or("", |element| &element.local);
            for rule in self.by_name.get(name).into_iter().flatten() {
                if let Some(rule) = self.rules.get(*rule)
                    && (rule.messages.is_empty() || rule.messages.contains(&message.code))
                    && rule.demand.place().is_at(trail)
                {
                    case.judge(rule, trail);
                }
            }
        });
        case.into_findings()
    }
}

/// How the name of a file of shared rules ends.
const PART: &str = ".rules.part.toml";

fn refuses() -> Severity {
    Severity::Error
}
