//! One document before its fill rules: where a rule looks, and what it finds there.

use super::check::FINDINGS_MAX;
use super::fill::{Demand, Rule};
use super::{CodeLists, MessageKind};
use crate::base::{Finding, Findings, Severity};
use crate::exchange::document::Element;
use jiff::civil::Date;
use serde::Deserialize;
use std::collections::HashSet;

/// Where a rule looks: names from below the root, or, after `//`, the last names of a path at any depth.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(from = "String")]
pub(super) struct Place {
    is_anywhere: bool,
    names: Vec<String>,
}

impl From<String> for Place {
    fn from(text: String) -> Self {
        let names = text.split('/').filter(|name| !name.is_empty()).map(str::to_owned).collect();
        Self { is_anywhere: text.starts_with("//"), names }
    }
}

impl Place {
    /// The name of the element it looks at; none for the root.
    pub(super) fn last(&self) -> Option<&str> {
        self.names.last().map(String::as_str)
    }

    /// Whether a path as [`Element::visit`] tells it is this place.
    pub(super) fn is_at(&self, path: &str) -> bool {
        let mut steps = path.rsplit('/').map(|step| step.split('[').next().unwrap_or_default());
        let fits = self.names.iter().rev().all(|name| steps.next() == Some(name));
        // What is left is the root, and the empty text before the first stroke.
        fits && (self.is_anywhere || steps.count() == 2)
    }
}

/// One document under judgement.
pub(super) struct Case<'c> {
    structure: &'c str,
    message: &'c MessageKind,
    lists: &'c CodeLists,
    seen: HashSet<(u32, String)>,
    findings: Findings,
    errors: usize,
    warnings: usize,
}

impl<'c> Case<'c> {
    pub(super) fn new(structure: &'c str, message: &'c MessageKind, lists: &'c CodeLists) -> Self {
        Self {
            structure,
            message,
            lists,
            seen: HashSet::new(),
            findings: Findings::new(),
            errors: 0,
            warnings: 0,
        }
    }

    pub(super) fn into_findings(self) -> Findings {
        self.findings
    }

    /// Judges one element that a rule looks at.
    pub(super) fn judge(&mut self, rule: &Rule, path: &str, element: &Element) {
        match &rule.demand {
            Demand::MessageCode { .. } => {
                self.expect(rule, path, element.token() == self.message.code, element)
            }
            Demand::StructureCode { .. } => {
                self.expect(rule, path, element.token() == self.structure, element)
            }
            Demand::Required { at, .. } => {
                if descend(element, at).is_none() {
                    self.find("rules.fill", rule, format!("{path}/{at}"), "");
                }
            }
            Demand::Absent { at, .. } => {
                if let Some(found) = descend(element, at) {
                    self.find("rules.fill", rule, format!("{path}/{at}"), &found.token());
                }
            }
            Demand::AnyOf { of, .. } => {
                let says = |found: &Element| !found.children.is_empty() || !found.token().is_empty();
                if !of.iter().any(|at| descend(element, at).is_some_and(says)) {
                    self.find("rules.fill", rule, path.to_owned(), "");
                }
            }
            Demand::Order { first, last, .. } => {
                let day = |at| descend(element, at).and_then(|date| day(&date.token()));
                if let (Some(first), Some(end)) = (day(first), day(last))
                    && first > end
                {
                    self.find("rules.fill", rule, format!("{path}/{last}"), &end.to_string());
                }
            }
            Demand::InList { list, attribute, .. } => {
                self.in_list(rule, list, attribute.as_deref(), path, element)
            }
            Demand::OneOf { values, .. } => {
                self.expect(rule, path, values.contains(&element.token()), element);
            }
            Demand::YearRange { from, to, .. } => {
                // What is no date at all is the schema's finding.
                let is_within = year(&element.token()).is_none_or(|year| (*from..=*to).contains(&year));
                self.expect(rule, path, is_within, element);
            }
            Demand::Unique { .. } => {
                let is_new = self.seen.insert((rule.number, element.token()));
                self.expect(rule, path, is_new, element);
            }
        }
    }

    /// The list's own attribute is named after the attribute it explains: codeListId, currencyCodeListId.
    fn in_list(&mut self, rule: &Rule, list: &str, attribute: Option<&str>, path: &str, element: &Element) {
        let list_attribute = attribute.map_or("codeListId".to_owned(), |name| format!("{name}ListId"));
        if let Some(named) = element.attribute(&list_attribute)
            && named != list
        {
            self.find("rules.code_list_id", rule, format!("{path}/@{list_attribute}"), named);
        }
        let (path, code) = match attribute {
            None => (path.to_owned(), Some(element.token())),
            Some(name) => (format!("{path}/@{name}"), element.attribute(name).map(str::to_owned)),
        };
        let is_known = |code: &String| self.lists.list(list).is_some_and(|list| list.code(code).is_some());
        if let Some(code) = code.filter(|code| !is_known(code)) {
            self.find("rules.code_list", rule, path, &code);
        }
    }

    fn expect(&mut self, rule: &Rule, path: &str, is_so: bool, element: &Element) {
        if !is_so {
            self.find("rules.fill", rule, path.to_owned(), &element.token());
        }
    }

    fn find(&mut self, code: &str, rule: &Rule, path: String, value: &str) {
        // An error is told however many warnings stand before it: it decides.
        let alike = match rule.severity {
            Severity::Error => &mut self.errors,
            Severity::Warning => &mut self.warnings,
        };
        if *alike >= FINDINGS_MAX {
            return;
        }
        *alike += 1;
        let id = format!("{}/{}", self.structure, rule.number);
        let finding = Finding::error(code, path, id, value, rule.text.en.as_str());
        self.findings.push(match rule.severity {
            Severity::Error => finding,
            Severity::Warning => finding.as_warning(),
        });
    }
}

fn descend<'e>(element: &'e Element, path: &str) -> Option<&'e Element> {
    path.split('/').try_fold(element, |here, name| here.children.iter().find(|child| child.local == name))
}

/// A day with or without a zone; a zone never moves the day it is written on.
fn day(text: &str) -> Option<Date> {
    text.get(..10)?.parse().ok()
}

/// The year of a date, month or instant; years of more than four digits are lawful XML and never ours.
fn year(text: &str) -> Option<i64> {
    let (digits, _) = text.split_at_checked(1 + text.get(1..)?.find('-')?)?;
    digits.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_found_below_the_root_or_anywhere() {
        let place = |text: &str| Place::from(text.to_owned());
        assert!(place("").is_at("/R") && !place("").is_at("/R/a"));
        assert!(
            place("a/b").is_at("/R/a[2]/b") && !place("a/b").is_at("/R/c/a/b") && !place("b").is_at("/R/a/b")
        );
        assert!(
            place("//b").is_at("/R/a/b[3]")
                && place("//a/b").is_at("/R/c/a/b")
                && !place("//a/b").is_at("/R/b")
        );
    }

    #[test]
    fn years_and_days_are_read_from_every_lexical_form() {
        assert_eq!(year("2020-01"), Some(2020));
        assert_eq!(year("2020-01-01+06:00"), Some(2020));
        assert_eq!(year("20025-12-18"), Some(20025));
        assert_eq!(year("-0044-03-15"), Some(-44));
        assert_eq!((year("ten"), year(""), year("я")), (None, None, None));
        assert_eq!(day("2020-02-29Z"), day("2020-02-29"));
        assert!(day("2021-02-29").is_none() && day("2020").is_none());
    }
}
