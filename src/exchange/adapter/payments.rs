//! The list of persons in payment, row by row: one JSON object a line, in memory that the file cannot make grow.

use super::csv::Encoding;
use super::error::AdapterError;
use super::lines::{Line, Lines, trimmed};
use crate::base::{Finding, Limits, from_json};
use crate::exchange::canonical::PersonInPayment;
use std::fs::File;
use std::io::BufReader;
use std::ops::ControlFlow;
use std::path::Path;

/// A row of the list as it stands in the file.
#[derive(Debug)]
pub struct PaymentRow {
    /// Its line, from 1.
    pub line: usize,
    text: Result<String, Finding>,
    file: String,
}

impl PaymentRow {
    /// The text of the line, if it can be read as text. A person's data: never log it.
    pub fn text(&self) -> Option<&str> {
        self.text.as_deref().ok()
    }

    /// Who it is.
    ///
    /// # Errors
    /// Why the row is to be set aside.
    pub fn read(&self) -> Result<PersonInPayment, Finding> {
        let text = self.text.as_ref().map_err(Clone::clone)?;
        from_json(text.as_bytes()).map_err(|fault| {
            let path = format!("{}:{}:{}", self.file, self.line, fault.column);
            let message =
                format!("the row is no person in payment: {}; correct it in the source", fault.what);
            Finding::error("adapter.row_form", path, "a person in payment as JSON", "", message)
        })
    }
}

/// Takes rows, as many as are read at once; it may have had enough.
pub type EachRows<'e> = &'e mut dyn FnMut(Vec<PaymentRow>) -> ControlFlow<()>;

/// Reads a list of persons in payment and gives its rows in their order, `at_once` at a time. Blank lines are none.
///
/// # Errors
/// The file cannot be read, or is larger than the limits let be read.
pub fn payment_rows(
    path: &Path,
    at_once: usize,
    limits: &Limits,
    each: EachRows<'_>,
) -> Result<(), AdapterError> {
    let unreadable = |source| AdapterError::Read { path: path.to_owned(), source };
    let unfit = |source| AdapterError::Format { path: path.to_owned(), source };
    let input = File::open(path).map_err(unreadable)?;
    let length = input.metadata().map_err(unreadable)?.len();
    if usize::try_from(length).map_or(true, |length| length > limits.local_bytes_max) {
        return Err(AdapterError::TooLarge { path: path.to_owned(), limit: limits.local_bytes_max });
    }
    let mut input = BufReader::with_capacity(BUFFER_BYTES, input);
    let mut lines = Lines::new(&mut input, Encoding::Utf8, limits.local_row_bytes_max).map_err(unfit)?;
    let file = path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    let mut rows = Vec::new();
    while let Some((line, read)) = lines.next_line().map_err(unfit)? {
        let aside = |code: &str, rule: String, message: &str| {
            Finding::error(code, format!("{file}:{line}"), rule, "", message)
        };
        let text = match read {
            Line::Text(text) if text.trim_ascii().is_empty() => continue,
            Line::Text(text) => Ok(trimmed(text).to_owned()),
            Line::NotEncoded(encoding) => {
                let message = format!("the row is not {encoding}; write the file anew in one encoding");
                Err(aside("adapter.row_encoding", encoding.to_owned(), &message))
            }
            Line::TooLong => {
                let rule = format!("at most {} bytes a row", limits.local_row_bytes_max);
                let message = "the row is longer than any can be; correct it in the source";
                Err(aside("adapter.row_too_long", rule, message))
            }
        };
        rows.push(PaymentRow { line, text, file: file.clone() });
        if rows.len() >= at_once && each(std::mem::take(&mut rows)).is_break() {
            return Ok(());
        }
    }
    if !rows.is_empty() {
        let _ = each(rows); // they were the last ones
    }
    Ok(())
}

const BUFFER_BYTES: usize = 256 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(bytes: &[u8], at_once: usize) -> Vec<PaymentRow> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("payments.jsonl");
        std::fs::write(&path, bytes).unwrap();
        let limits = Limits { local_row_bytes_max: 400, ..Limits::default() };
        let mut all = Vec::new();
        payment_rows(&path, at_once, &limits, &mut |rows| {
            assert!(rows.len() <= at_once);
            all.extend(rows);
            ControlFlow::Continue(())
        })
        .unwrap();
        all
    }

    #[test]
    fn each_line_is_a_row_and_what_is_none_says_why_and_no_value() {
        let good = r#"{ "reference": "7", "person": { "name": { "family": "Ким" }, "birth_date": "1960-01-01" }, "pensions": [{ "kind": "ru-old-age", "since": "2020-01-01" }] }"#;
        let late = good.replace("1960-01-01", "1960-31-01");
        let mut text = [good, "", "{", &late, &"x".repeat(500)].join("\n").into_bytes();
        text.extend(b"\n\xca\xe8\xec\n");
        text.extend(good.as_bytes());
        for at_once in [1, 2, 100] {
            let rows = rows(&text, at_once);
            let lines: Vec<usize> = rows.iter().map(|row| row.line).collect();
            assert_eq!(lines, [1, 3, 4, 5, 6, 7]);
            assert_eq!(rows[0].text(), Some(good));
            let codes: Vec<String> = rows
                .iter()
                .map(|row| row.read().err().map_or_else(String::new, |finding| finding.code))
                .collect();
            let (form, long) = ("adapter.row_form", "adapter.row_too_long");
            assert_eq!(codes, ["", form, form, long, "adapter.row_encoding", ""]);
            let told = rows[2].read().unwrap_err().to_string();
            assert!(told.starts_with("payments.jsonl:4:") && !told.contains("1960"), "{told}");
        }
    }

    #[test]
    fn a_file_that_is_too_large_or_not_there_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("payments.jsonl");
        let mut none = |_rows| ControlFlow::Continue(());
        assert!(matches!(
            payment_rows(&path, 1, &Limits::default(), &mut none),
            Err(AdapterError::Read { .. })
        ));
        std::fs::write(&path, "12345").unwrap();
        let limits = Limits { local_bytes_max: 4, ..Limits::default() };
        assert!(matches!(payment_rows(&path, 1, &limits, &mut none), Err(AdapterError::TooLarge { .. })));
    }
}
