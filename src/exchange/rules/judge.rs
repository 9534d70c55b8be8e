//! One document before its fill rules: where a rule looks, and what it finds there.

use super::check::FINDINGS_MAX;
use super::codelists::Standing;
use super::fill::{Demand, Rule};
use super::{CodeLists, MessageKind};
use crate::base::{Finding, Findings, Severity};
use crate::exchange::document::{Element, Trail};
use jiff::civil::Date;
use serde::Deserialize;
use std::borrow::Cow;
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

    /// Whether an element is at this place.
    pub(super) fn is_at(&self, trail: &Trail<'_>) -> bool {
        let mut steps = trail.from_below().map(|element| element.local.as_str());
        let fits = self.names.iter().rev().all(|name| steps.next() == Some(name));
        // What is left is the root.
        fits && (self.is_anywhere || trail.depth() == self.names.len() + 1)
    }
}

/// One document under judgement.
pub(super) struct Case<'c> {
    structure: &'c str,
    message: &'c MessageKind,
    lists: &'c CodeLists,
    /// The day the document was written.
    written_on: Option<Date>,
    seen: HashSet<(u32, String)>,
    findings: Findings,
    errors: usize,
    warnings: usize,
}

impl<'c> Case<'c> {
    pub(super) fn new(
        structure: &'c str,
        message: &'c MessageKind,
        lists: &'c CodeLists,
        root: &Element,
    ) -> Self {
        Self {
            structure,
            message,
            lists,
            written_on: descend(root, "EDocHeader/EDocDateTime").and_then(|instant| day(&instant.word())),
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
    pub(super) fn judge(&mut self, rule: &Rule, trail: &Trail<'_>) {
        let Some(element) = trail.from_below().next() else { return };
        match &rule.demand {
            Demand::MessageCode { .. } => {
                self.expect(rule, trail, element.word() == self.message.code, element)
            }
            Demand::StructureCode { .. } => {
                self.expect(rule, trail, element.word() == self.structure, element)
            }
            Demand::Required { at, .. } => {
                if descend(element, at).is_none() {
                    self.find("rules.fill", rule, format!("{}/{at}", trail.path()), "");
                }
            }
            Demand::Absent { at, .. } => {
                if let Some(found) = descend(element, at) {
                    self.find("rules.fill", rule, format!("{}/{at}", trail.path()), &found.word());
                }
            }
            Demand::AnyOf { of, .. } => {
                let says = |found: &Element| !found.children.is_empty() || !found.word().is_empty();
                if !of.iter().any(|at| descend(element, at).is_some_and(says)) {
                    self.find("rules.fill", rule, trail.path(), "");
                }
            }
            Demand::Order { first, last, .. } => {
                let day = |at| descend(element, at).and_then(|date| day(&date.word()));
                if let (Some(first), Some(end)) = (day(first), day(last))
                    && first > end
                {
                    self.find("rules.fill", rule, format!("{}/{last}", trail.path()), &end.to_string());
                }
            }
            Demand::InList { list, attribute, on, .. } => {
                let day = match on {
                    None => self.written_on,
                    Some(at) => beside(trail, at).and_then(|date| day(&date.word())),
                };
                self.in_list(rule, (list, day), attribute.as_deref(), trail);
            }
            Demand::OneOf { values, .. } => {
                self.expect(rule, trail, values.contains(element.word().as_ref()), element);
            }
            Demand::YearRange { from, to, .. } => {
                // What is no date at all is the schema's finding.
                let is_within = year(&element.word()).is_none_or(|year| (*from..=*to).contains(&year));
                self.expect(rule, trail, is_within, element);
            }
            Demand::Unique { .. } => {
                let is_new = self.seen.insert((rule.number, element.token()));
                self.expect(rule, trail, is_new, element);
            }
        }
    }

    /// The list's own attribute is named after the attribute it explains: codeListId, currencyCodeListId.
    fn in_list(
        &mut self,
        rule: &Rule,
        (list, day): (&str, Option<Date>),
        attribute: Option<&str>,
        trail: &Trail<'_>,
    ) {
        let Some(element) = trail.from_below().next() else { return };
        let of_list = |name: &str| match attribute {
            None => name == "codeListId",
            Some(own) => name.strip_suffix("ListId") == Some(own),
        };
        if let Some((name, named)) = element.attributes.iter().find(|(name, _)| of_list(name))
            && named != list
        {
            self.find("rules.code_list_id", rule, format!("{}/@{name}", trail.path()), named);
        }
        let code = match attribute {
            None => Some(element.word()),
            Some(name) => element.attribute(name).map(Cow::Borrowed),
        };
        let Some(code) = code else { return };
        let path = || match attribute {
            None => trail.path(),
            Some(name) => format!("{}/@{name}", trail.path()),
        };
        let text = &rule.text.en;
        match self.lists.standing(list, &code, day) {
            Standing::Valid => {}
            Standing::Unknown => self.find("rules.code_list", rule, path(), &code),
            Standing::Early { from } => {
                let text = format!("{text}; this code counts from {from} on");
                self.find_saying("rules.code_early", rule, path(), &code, text);
            }
            Standing::Expired { since, replaced_by } => {
                let instead = replaced_by.map(|other| format!("; {other} stands in its place"));
                let text = format!("{text}; this code is out since {since}{}", instead.unwrap_or_default());
                self.find_saying("rules.code_expired", rule, path(), &code, text);
            }
        }
    }

    fn expect(&mut self, rule: &Rule, trail: &Trail<'_>, is_so: bool, element: &Element) {
        if !is_so {
            self.find("rules.fill", rule, trail.path(), &element.word());
        }
    }

    fn find(&mut self, code: &str, rule: &Rule, path: String, value: &str) {
        self.find_saying(code, rule, path, value, rule.text.en.clone());
    }

    fn find_saying(&mut self, code: &str, rule: &Rule, path: String, value: &str, text: String) {
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
        let finding = Finding::error(code, path, id, value, text);
        self.findings.push(match rule.severity {
            Severity::Error => finding,
            Severity::Warning => finding.as_warning(),
        });
    }
}

fn descend<'e>(element: &'e Element, path: &str) -> Option<&'e Element> {
    path.split('/').try_fold(element, |here, name| here.children.iter().find(|child| child.local == name))
}

/// What stands at a path: from below the root where it begins with `/`, else beside the element.
fn beside<'e>(trail: &Trail<'e>, path: &str) -> Option<&'e Element> {
    match path.strip_prefix('/') {
        Some(path) => descend(trail.from_below().last()?, path),
        None => descend(trail.from_below().nth(1)?, path),
    }
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
        let text = "<R><a/><a><b/><b/></a><c><a><b/></a></c></R>";
        let root = Element::parse(text.as_bytes(), &crate::base::Limits::default()).unwrap();
        let found = |place: &str| {
            let (place, mut found) = (Place::from(place.to_owned()), Vec::new());
            root.walk(&mut |trail| found.extend(place.is_at(trail).then(|| trail.path())));
            found.join(" ")
        };
        assert_eq!(found(""), "/R");
        assert_eq!(found("a/b"), "/R/a[2]/b[1] /R/a[2]/b[2]");
        assert_eq!(found("b"), "");
        assert_eq!(found("//b"), "/R/a[2]/b[1] /R/a[2]/b[2] /R/c/a/b");
        assert_eq!(found("//c/a/b"), "/R/c/a/b");
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
