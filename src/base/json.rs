//! JSON of the local system: what does not fit is told by its place, never by its value.

use serde::de::DeserializeOwned;
use serde_json::error::Category;

/// Why a text is not what it should be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: {what}")]
pub struct JsonFault {
    /// Where, from 1.
    pub line: usize,
    /// Where in the line.
    pub column: usize,
    /// What is wrong, without the value.
    pub what: String,
}

/// Reads a value.
///
/// # Errors
/// The first thing that does not fit.
pub fn from_json<T: DeserializeOwned>(text: &[u8]) -> Result<T, JsonFault> {
    serde_json::from_slice(text).map_err(|error| {
        let what = match error.classify() {
            Category::Io | Category::Syntax | Category::Eof => "it is not JSON".to_owned(),
            Category::Data => without_value(&error.to_string()),
        };
        JsonFault { line: error.line(), column: error.column(), what }
    })
}

/// What is wrong with a value: the library shows the value where it says `invalid` or `unknown variant`.
fn without_value(message: &str) -> String {
    let message = message.rsplit_once(" at line ").map_or(message, |(text, _place)| text);
    let shows_value = ["invalid ", "unknown variant"].iter().any(|start| message.starts_with(start));
    match message.rsplit_once("expected ") {
        Some((_, expected)) if shows_value => format!("expected {expected}"),
        None if shows_value => "a value that is not of this kind".to_owned(),
        Some(_) | None => message.to_owned(),
    }
}
