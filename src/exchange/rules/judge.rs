//! One document before its fill rules: what each rule finds where it looks.

use super::check::FINDINGS_MAX;
use super::codelists::Standing;
use super::days::{Held, Span, day, overlapping};
use super::fill::{Demand, Rule};
use super::place::{Beside, descend};
use super::text::{has_contact, has_markup};
use super::{CodeLists, MessageKind};
use crate::base::{Finding, Findings, Severity};
use crate::exchange::document::{Element, Trail};
use jiff::ToSpan;
use jiff::civil::Date;
use rust_decimal::Decimal;
use std::borrow::Cow;
use std::collections::HashSet;

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
                let day = self.day_on(on.as_ref(), trail);
                self.in_list(rule, (list, day), attribute.as_deref(), trail);
            }
            Demand::OneOf { values, .. } => {
                self.expect(rule, trail, values.contains(element.word().as_ref()), element);
            }
            Demand::PlainText { .. } => self.expect(rule, trail, !has_markup(&element.text), element),
            Demand::NoContact { .. } => self.expect(rule, trail, !has_contact(&element.text), element),
            Demand::AmountsInOrder { first, last, .. } => {
                if let Some(place) = out_of_order(element, first, last) {
                    self.find("rules.fill", rule, format!("{}/{place}", trail.path()), "");
                }
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
            Demand::NotBefore { than, .. } => {
                let (own, other) = spans(trail, element, than);
                let is_before = own.zip(other).is_some_and(|(own, other)| own.is_before(other));
                self.expect(rule, trail, !is_before, element);
            }
            Demand::NotAfter { than, .. } => {
                let (own, other) = spans(trail, element, than);
                let is_after = own.zip(other).is_some_and(|(own, other)| other.is_before(own));
                self.expect(rule, trail, !is_after, element);
            }
            Demand::NoOverlap { of, .. } => {
                let held =
                    |place: &Trail<'_>| place.from_below().next().and_then(|one| held(&rule.demand, one));
                let all = trail.below(of).into_iter().filter_map(|place| Some((held(&place)?, place)));
                let (held, places): (Vec<_>, Vec<_>) = all.unzip();
                for place in overlapping(&held).into_iter().filter_map(|at| places.get(at)) {
                    self.find("rules.fill", rule, place.path(), "");
                }
            }
            Demand::Closed { last, .. } => {
                if self.is_left_open(&rule.demand, trail, element) {
                    self.find("rules.fill", rule, format!("{}/{last}", trail.path()), "");
                }
            }
        }
    }

    /// Whether an interval that should have an end by now has none.
    fn is_left_open(&self, demand: &Demand, trail: &Trail<'_>, element: &Element) -> bool {
        let Demand::Closed { first, last, years, on, only, values, unless, .. } = demand else {
            return false;
        };
        let is_there = |at: &String| descend(element, at).is_some();
        let is_meant =
            |at: &String| descend(element, at).is_some_and(|kind| values.contains(kind.word().as_ref()));
        if is_there(last) || unless.as_ref().is_some_and(is_there) || !only.as_ref().is_none_or(is_meant) {
            return false;
        }
        let from = descend(element, first).and_then(|date| day(&date.word()));
        // past the end of the calendar nothing is too old
        let due = from.and_then(|from| from.checked_add(years.years()).ok());
        due.zip(self.day_on(on.as_ref(), trail)).is_some_and(|(due, today)| due < today)
    }

    /// The day by which a rule judges: that at a place, or that the document was written.
    fn day_on(&self, on: Option<&Beside>, trail: &Trail<'_>) -> Option<Date> {
        match on {
            None => self.written_on,
            Some(at) => at.of(trail).and_then(|date| day(&date.word())),
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

/// Which of two amounts is wrong: one that is not above zero, or the last if the first is above it or of another
/// currency. What is no amount is the schema's finding.
fn out_of_order<'n>(element: &Element, first: &'n str, last: &'n str) -> Option<&'n str> {
    let amount = |at: &str| {
        let found = descend(element, at)?;
        let value = found.word().parse::<Decimal>().ok()?;
        Some((value, found.attribute("currencyCode").map(str::to_owned)))
    };
    let (low, high) = (amount(first), amount(last));
    let is_nothing = |end: &Option<(Decimal, Option<String>)>| {
        end.as_ref().is_some_and(|(value, _)| *value <= Decimal::ZERO)
    };
    if is_nothing(&low) {
        return Some(first);
    }
    let is_crossed = low.zip(high.clone()).is_some_and(|(low, high)| low.0 > high.0 || low.1 != high.1);
    (is_nothing(&high) || is_crossed).then_some(last)
}

/// What the date of an element may mean, and the one that it is measured by.
fn spans(trail: &Trail<'_>, element: &Element, than: &Beside) -> (Option<Span>, Option<Span>) {
    (Span::of(&element.word()), than.of(trail).and_then(|other| Span::of(&other.word())))
}

/// The interval that an element holds, if it is one to be compared.
fn held(demand: &Demand, element: &Element) -> Option<Held> {
    let Demand::NoOverlap { first, last, unless, apart, alike, .. } = demand else { return None };
    let word = |at: &String| descend(element, at).map(Element::token);
    if unless.as_ref().is_some_and(|at| descend(element, at).is_some()) {
        return None;
    }
    let to = match descend(element, last) {
        None => None,
        Some(end) => Some(day(&end.word())?),
    };
    Some(Held {
        from: day(&descend(element, first)?.word())?,
        to,
        apart: match apart {
            None => None,
            Some(at) => Some(word(at)?),
        },
        alike: alike.iter().map(word).collect::<Option<Vec<_>>>()?,
    })
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
    fn years_are_read_from_every_lexical_form() {
        assert_eq!(year("2020-01"), Some(2020));
        assert_eq!(year("2020-01-01+06:00"), Some(2020));
        assert_eq!(year("20025-12-18"), Some(20025));
        assert_eq!(year("-0044-03-15"), Some(-44));
        assert_eq!((year("ten"), year(""), year("я")), (None, None, None));
    }
}
