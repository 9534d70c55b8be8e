//! A first profile, made from a sample of a file.

use super::error::FormatError;
use super::guess::Guess;
use super::guess::guess;
use super::guess::quoted;
use super::profile::Format;
use super::profile::Profile;
use super::profile::RecordKind;
use super::reading::sample;
use super::value::Map;
use super::value::Value;
use crate::exchange::canonical::State;
use std::fmt::Write;
use std::ops::ControlFlow;

impl Profile {
    /// The text of a first profile for files like a sample: columns are recognised by their names and values, the others
    /// are left as comments. Nothing of the values is in it but short codes.
    ///
    /// # Errors
    /// A sample whose ending is not that of CSV, JSON or JSON lines, or that is not what its ending says.
    pub fn draft(
        (state, record): (State, RecordKind),
        (name, bytes): (&str, &[u8]),
    ) -> Result<String, FormatError> {
        let (stem, ending) = name.rsplit_once('.').unwrap_or((name, ""));
        let format = match ending.to_lowercase().as_str() {
            "csv" | "txt" | "tsv" => Format::Csv,
            "json" => Format::Json,
            "jsonl" | "ndjson" => Format::Jsonl,
            _ => return Err(FormatError::NoSample),
        };
        let fields = fields_of(format, bytes)?;
        let part = record.part();
        let stem = stem.trim_end_matches(|c: char| c.is_ascii_digit() || matches!(c, '-' | '_'));
        let mut text = format!(
            "# A first profile, made from a sample: complete what is a comment, then stazh profile check and test.\n\n\
             [profile]\nstate = \"{state}\"\nrecord = \"{part}\"\nversion = \"0.1.0\"\nfiles = \"{stem}*.{ending}\"\nformat = \"{}\"\n",
            format.ending()
        );
        if format == Format::Csv {
            text.push_str(if std::str::from_utf8(bytes).is_ok() {
                "encoding = \"utf-8\"\n"
            } else {
                "encoding = \"windows-1251\"\n"
            });
        }
        if format == Format::Json {
            text.push_str("rows = \"rows\"                    # a bare list is read as one named so\n");
        }
        let mut set = Vec::new();
        for (local, values) in &fields {
            let name = quoted(local);
            match guess((state, record), local, values) {
                Some(Guess { canonical, lines }) if !set.contains(&canonical) => {
                    let _ = write!(text, "\n[[map]]\nlocal = {name}\ncanonical = \"{canonical}\"\n{lines}"); // a string takes all
                    set.push(canonical);
                }
                Some(_) | None => {
                    let _ = write!(
                        text,
                        "\n# [[map]]\n# local = {name}\n# canonical = \"\"              # what is it?\n"
                    ); // as above
                }
            }
        }
        let locals: Vec<String> = fields.iter().map(|(local, _)| quoted(local)).collect();
        if record != RecordKind::Person && !set.iter().any(|own| *own == format!("{part}.id")) {
            let of = locals.join(", ");
            let _ = write!(text, "\n[[map]]\ncanonical = \"{part}.id\"\nconvert = \"digest\"\nof = [{of}]\n"); // as above
        }
        let constants: &[(&str, &str)] = match record {
            RecordKind::Period => {
                &[("period.kind", "work"), ("period.employer.state", ""), ("period.state", "")]
            }
            RecordKind::Contribution => {
                &[("contribution.kind", "insurance"), ("contribution.employer.state", "")]
            }
            RecordKind::Event => &[("event.form", "entry"), ("event.employer.state", "")],
            RecordKind::Person => &[],
        };
        for (place, value) in constants {
            if !set.iter().any(|own| own == place) {
                let value = if value.is_empty() { state.to_string() } else { (*value).to_owned() };
                let _ = write!(
                    text,
                    "\n[[map]]\ncanonical = \"{place}\"\nconvert = \"constant\"\nvalue = \"{value}\"\n"
                ); // as above
            }
        }
        Ok(text)
    }
}

/// The fields of the first rows of a sample, each with what it says.
fn fields_of(format: Format, bytes: &[u8]) -> Result<Vec<(String, Vec<String>)>, FormatError> {
    let mut fields: Vec<(String, Vec<String>)> = Vec::new();
    let mut rows = 0;
    sample(format, bytes, &mut |row| {
        rows += 1;
        gather("", row.map, &mut fields);
        if rows < ROWS_MAX { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    })?;
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
