//! Fields of an entry whose source writes one name in three ways (`date_modify`, `dateModify`, `creation-date`) and one
//! value in several shapes; and the notes that are made while it is read.

use crate::base::{Finding, Findings};
use serde_json::{Map, Value};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// The fields of an object by their names without case, hyphens and underscores. Empty ones are absent.
#[derive(Debug, Default)]
pub(super) struct Fields<'v>(BTreeMap<String, &'v Value>);

impl<'v> Fields<'v> {
    pub(super) fn of(object: &'v Map<String, Value>) -> Self {
        Self(
            object
                .iter()
                .filter(|(_, value)| !is_empty(value))
                .map(|(name, value)| (key(name), value))
                .collect(),
        )
    }

    /// The fields of a value that is an object; none of another.
    pub(super) fn within(value: &'v Value) -> Self {
        value.as_object().map(Self::of).unwrap_or_default()
    }

    /// The first field that is there of several names, each written small and in one piece.
    pub(super) fn value(&self, names: &[&str]) -> Option<&'v Value> {
        names.iter().find_map(|name| self.0.get(*name).copied())
    }

    /// Its text; that of an object is its name, that of a list its first entry.
    pub(super) fn text(&self, names: &[&str]) -> Option<Cow<'v, str>> {
        names.iter().find_map(|name| text_of(self.0.get(*name)?))
    }

    /// Its texts: one of a text, those of a list.
    pub(super) fn texts(&self, names: &[&str]) -> Vec<Cow<'v, str>> {
        match self.value(names) {
            Some(Value::Array(all)) => all.iter().filter_map(text_of).collect(),
            Some(value) => text_of(value).into_iter().collect(),
            None => Vec::new(),
        }
    }

    /// The objects of a list, or the object that stands in place of a list.
    pub(super) fn objects(&self, names: &[&str]) -> Vec<Fields<'v>> {
        match self.value(names) {
            Some(Value::Array(all)) => all.iter().filter_map(Value::as_object).map(Fields::of).collect(),
            Some(value) => value.as_object().map(Fields::of).into_iter().collect(),
            None => Vec::new(),
        }
    }

    /// The fields of the object that stands there; none where a text stands in its place.
    pub(super) fn inner(&self, names: &[&str]) -> Fields<'v> {
        self.value(names).map(Fields::within).unwrap_or_default()
    }

    /// Whether it says yes.
    pub(super) fn is_true(&self, names: &[&str]) -> bool {
        self.text(names).is_some_and(|text| TRUE.contains(&text.to_lowercase().as_str()))
    }
}

/// The text of a value; none of what is empty or has none.
pub(super) fn text_of(value: &Value) -> Option<Cow<'_, str>> {
    match value {
        Value::String(text) => Some(text.trim()).filter(|text| !text.is_empty()).map(Cow::Borrowed),
        Value::Number(number) => Some(Cow::Owned(number.to_string())),
        Value::Bool(is) => Some(Cow::Borrowed(if *is { "true" } else { "false" })),
        Value::Array(all) => all.iter().find_map(text_of),
        Value::Object(_) => Fields::within(value).text(&NAMES),
        Value::Null => None,
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.trim().is_empty(),
        Value::Array(all) => all.is_empty(),
        Value::Object(all) => all.is_empty(),
        Value::Bool(_) | Value::Number(_) => false,
    }
}

fn key(name: &str) -> String {
    name.chars().filter(|c| !matches!(c, '-' | '_' | ' ')).flat_map(char::to_lowercase).collect()
}

/// What is found while one entry is read.
#[derive(Debug)]
pub(super) struct Notes {
    place: String,
    pub(super) findings: Findings,
}

impl Notes {
    /// Of the entry at a place, such as `vacancies.json:12`.
    pub(super) fn at(place: &str) -> Self {
        Self { place: place.to_owned(), findings: Vec::new() }
    }

    /// What refuses the entry.
    pub(super) fn error(&self, code: &str, field: &str, rule: &str, value: &str, message: &str) -> Finding {
        Finding::error(code, format!("{} {field}", self.place), rule, value, message)
    }

    /// What is left out of it.
    pub(super) fn warn(&mut self, code: &str, field: &str, rule: &str, value: &str, message: &str) {
        let finding = self.error(code, field, rule, value, message).as_warning();
        self.findings.push(finding);
    }

    /// A word that the tables do not know.
    pub(super) fn unknown(&mut self, field: &str, value: &str) {
        let message =
            "no table knows what this says, so it is left out; put it into schemas/labour/sources if you do";
        self.warn("adapter.job_code", field, "schemas/labour/sources", value, message);
    }

    /// A finding of a value, at its place, as a warning: the value is left out.
    pub(super) fn left_out(&mut self, field: &str, finding: Finding) {
        self.findings.push(Finding { path: format!("{} {field}", self.place), ..finding }.as_warning());
    }

    /// The value, or a note of why it is left out.
    pub(super) fn kept<T>(&mut self, field: &str, read: Result<T, Finding>) -> Option<T> {
        read.map_err(|finding| self.left_out(field, finding)).ok()
    }
}

const TRUE: &[&str] = &["true", "1", "да", "yes"];
/// By which an object of the source names itself.
const NAMES: [&str; 5] = ["name", "title", "value", "skillname", "hardskillname"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_name_is_found_in_all_its_writings_and_one_value_in_all_its_shapes() {
        for name in ["date_modify", "dateModify", "date-modify", "DATE_MODIFY"] {
            for value in [r#""x""#, r#"{"name":"x"}"#, r#"["x"]"#, r#"[null,"",{"title":" x "}]"#] {
                let object: Value = serde_json::from_str(&format!(r#"{{"{name}":{value}}}"#)).unwrap();
                assert_eq!(Fields::within(&object).text(&["datemodify"]).as_deref(), Some("x"), "{object}");
            }
        }
        for empty in ["null", r#""""#, r#"" ""#, "[]", "{}"] {
            let object: Value = serde_json::from_str(&format!(r#"{{"a":{empty},"b":1}}"#)).unwrap();
            let fields = Fields::within(&object);
            assert!(fields.value(&["a"]).is_none(), "{empty}");
            assert_eq!(fields.text(&["a", "b"]).as_deref(), Some("1"), "{empty}");
        }
        assert!(Fields::within(&Value::Null).texts(&["a"]).is_empty());
    }
}
