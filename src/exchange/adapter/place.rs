//! A place in a canonical record: `record.person.identifiers[kind=iin].value`, as settings name what goes into a column.

use serde_json::Value;
use std::str::FromStr;

/// A path through names, and through lists by number or by what stands in an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place(Vec<Step>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Step {
    Name(String),
    /// The entry of this number.
    Number(usize),
    /// The first entry that has this text under this name.
    Having(String, String),
}

/// A text that names no place.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("write a place as names with dots, and an entry of a list as [0] or [kind=iin]")]
pub struct PlaceError;

impl Place {
    /// What stands there as text: a text as it is, anything else as JSON; nothing where nothing is.
    pub fn read(&self, value: &Value) -> Option<String> {
        let found = self.0.iter().try_fold(value, |value, step| step.of(value))?;
        match found {
            Value::Null => None,
            Value::String(text) => Some(text.clone()),
            Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => Some(found.to_string()),
        }
    }

    /// The name it begins with.
    pub fn head(&self) -> &str {
        match self.0.first() {
            Some(Step::Name(name)) => name,
            Some(Step::Number(_) | Step::Having(..)) | None => "",
        }
    }
}

impl Step {
    fn of<'v>(&self, value: &'v Value) -> Option<&'v Value> {
        match self {
            Self::Name(name) => value.get(name),
            Self::Number(number) => value.as_array()?.get(*number),
            Self::Having(name, text) => {
                value.as_array()?.iter().find(|entry| entry.get(name).and_then(Value::as_str) == Some(text))
            }
        }
    }
}

impl FromStr for Place {
    type Err = PlaceError;

    fn from_str(text: &str) -> Result<Self, PlaceError> {
        let is_word = |word: &str| {
            !word.is_empty() && word.chars().all(|c| c.is_ascii_alphanumeric() || "_-".contains(c))
        };
        let mut steps = Vec::new();
        for part in text.split('.') {
            let (name, rest) = match part.split_once('[') {
                Some((name, rest)) => (name, Some(rest.strip_suffix(']').ok_or(PlaceError)?)),
                None => (part, None),
            };
            if !is_word(name) {
                return Err(PlaceError);
            }
            steps.push(Step::Name(name.to_owned()));
            match rest.map(|rest| (rest.split_once('='), rest)) {
                None => {}
                Some((Some((name, text)), _)) if is_word(name) && is_word(text) => {
                    steps.push(Step::Having(name.to_owned(), text.to_owned()));
                }
                Some((None, number)) => {
                    steps.push(Step::Number(number.parse().map_err(|_not_a_number| PlaceError)?));
                }
                Some((Some(_), _)) => return Err(PlaceError),
            }
        }
        Ok(Self(steps))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_walked_by_names_numbers_and_what_stands_in_an_entry() {
        let value = serde_json::json!({ "record": {
            "person": { "identifiers": [{ "kind": "snils", "value": "1" }, { "kind": "iin", "value": "2" }] },
            "is": true, "none": null,
        }});
        let read = |place: &str| place.parse::<Place>().unwrap().read(&value);
        assert_eq!(read("record.person.identifiers[kind=iin].value").as_deref(), Some("2"));
        assert_eq!(read("record.person.identifiers[0].kind").as_deref(), Some("snils"));
        assert_eq!(read("record.is").as_deref(), Some("true"));
        assert_eq!(read("record.person.identifiers[1]").as_deref(), Some(r#"{"kind":"iin","value":"2"}"#));
        for absent in ["record.none", "record.x.y", "record.person.identifiers[9]", "record.person[kind=iin]"]
        {
            assert_eq!(read(absent), None, "{absent}");
        }
        for wrong in ["", ".", "a.", "a[", "a[]", "a[kind=]", "a[b=c]d", "a b", "[0]", "a[-1]", "a[0][1]"] {
            assert_eq!(wrong.parse::<Place>(), Err(PlaceError), "{wrong}");
        }
    }
}
