//! The fields of a sample, for who writes a profile of its form.

use super::csv;
use super::error::FormatError;
use super::json;
use super::value::Map;
use super::value::Row;
use super::value::Value;
use super::value::walk;

/// The fields of a sample in the format `csv`, `json` or `jsonl`: each with what its first rows say.
///
/// # Errors
/// A sample that is not of the format.
pub fn sample_fields(format: &str, text: &str) -> Result<Vec<(String, Vec<String>)>, FormatError> {
    let mut fields: Vec<(String, Vec<String>)> = Vec::new();
    let mut rows = 0;
    let mut each = |row: Row<'_>| {
        rows += 1;
        if rows <= ROWS_MAX {
            gather("", row.map, &mut fields);
        }
    };
    match format {
        "json" => walk(&json::read(text)?, "rows", &mut each, &mut |_line| ()),
        "jsonl" => drop(json::read_lines("sample", text, &mut each)),
        _ => drop(csv::read("sample", text, None, &[], &mut each)?),
    }
    Ok(fields)
}

fn gather(path: &str, map: &Map, fields: &mut Vec<(String, Vec<String>)>) {
    for (name, value) in map.entries() {
        let path = if path.is_empty() { name.to_owned() } else { format!("{path}/{name}") };
        match value {
            Value::Map(inner) => gather(&path, inner, fields),
            Value::Text(text) => match fields.iter_mut().find(|(own, _)| *own == path) {
                Some((_, values)) => values.push(text.as_str().to_owned()),
                None => fields.push((path, vec![text.as_str().to_owned()])),
            },
            Value::List(_) => {}
        }
    }
}

const ROWS_MAX: usize = 1_000;
