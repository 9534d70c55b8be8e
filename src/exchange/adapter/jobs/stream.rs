//! Entries of a file of jobs, one after the other, in memory that the file cannot make grow.

use super::super::csv::Encoding;
use super::super::csv_rows::{Cut, Rows};
use super::super::error::FormatError;
use super::super::lines::{Line, Lines};
use super::super::rows::{self, Met};
use super::super::scan::Scan;
use crate::base::{Finding, Limits};
use serde_json::{Map, Value};
use std::io::BufRead;
use std::ops::ControlFlow;

/// How the entries of a file stand in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EntryForm {
    /// In the first list of a JSON document, whatever stands around it.
    Json,
    /// One JSON object on each line.
    JsonLines,
    /// Rows under a header. A cell that holds a JSON list or object is one.
    Csv {
        /// What stands between the cells; told from the header if absent.
        delimiter: Option<char>,
    },
}

/// What stands where an entry should.
pub enum Entry {
    /// An entry, with the line it begins on.
    Read(Value, usize),
    /// What cannot be read as one.
    Aside(Finding),
}

impl EntryForm {
    /// The form of a file by the end of its name; none of a name that says nothing.
    pub fn of_name(name: &str, delimiter: Option<char>) -> Option<Self> {
        match name.rsplit_once('.')?.1.to_ascii_lowercase().as_str() {
            "json" => Some(Self::Json),
            "jsonl" | "ndjson" => Some(Self::JsonLines),
            "csv" | "txt" => Some(Self::Csv { delimiter }),
            _ => None,
        }
    }

    /// Gives every entry of a file; what is wrong with one of them leaves the others.
    ///
    /// # Errors
    /// The file cannot be read, or is not of this form at all.
    pub fn read(
        self,
        file: &str,
        input: &mut dyn BufRead,
        limits: &Limits,
        each: &mut dyn FnMut(Entry) -> ControlFlow<()>,
    ) -> Result<(), FormatError> {
        let bytes_max = limits.local_row_bytes_max;
        match self {
            Self::Json => List { scan: Scan::new(input, bytes_max)?, file }.read(each),
            Self::JsonLines => lines(file, input, bytes_max, each),
            Self::Csv { delimiter } => cells(file, input, (delimiter, bytes_max), each),
        }
    }
}

fn aside(met: Met<'_>) -> Option<Entry> {
    match met {
        Met::Aside(finding) => Some(Entry::Aside(finding)),
        Met::Row(_) => None,
    }
}

fn lines(
    file: &str,
    input: &mut dyn BufRead,
    bytes_max: usize,
    each: &mut dyn FnMut(Entry) -> ControlFlow<()>,
) -> Result<(), FormatError> {
    let mut lines = Lines::new(input, Encoding::Utf8, bytes_max)?;
    while let Some((number, line)) = lines.next_line()? {
        let entry = match line {
            Line::Text(text) if text.trim().is_empty() => continue,
            Line::Text(text) => match serde_json::from_str(text) {
                Ok(value) => Some(Entry::Read(value, number)),
                Err(_cause) => aside(no_json(file, number)),
            },
            Line::TooLong => aside(rows::too_long(file, number, bytes_max)),
            Line::NotEncoded(encoding) => aside(rows::not_encoded(file, number, encoding)),
        };
        if entry.is_some_and(|entry| each(entry).is_break()) {
            return Ok(());
        }
    }
    lines.check_encoding(0)
}

fn cells(
    file: &str,
    input: &mut dyn BufRead,
    (delimiter, bytes_max): (Option<char>, usize),
    each: &mut dyn FnMut(Entry) -> ControlFlow<()>,
) -> Result<(), FormatError> {
    let mut lines = Lines::new(input, Encoding::Auto, bytes_max)?;
    let mut rows = Rows::new(&mut lines, delimiter, bytes_max);
    let columns = rows.header(&[])?;
    while let Some((line, cut)) = rows.cut(columns.len())? {
        let entry = match cut {
            Cut::Blank => continue,
            Cut::Row => {
                let fields = rows.fields()?;
                let is_header = fields.iter().eq(columns.iter().map(AsRef::as_ref));
                let cells =
                    || columns.iter().zip(fields.iter()).map(|(name, text)| (name.to_string(), cell(text)));
                match is_header {
                    true => aside(rows::header_again(file, line)),
                    false => Some(Entry::Read(Value::Object(cells().collect::<Map<_, _>>()), line)),
                }
            }
            Cut::Length(found) => aside(wrong_length(file, line, columns.len(), found)),
            Cut::Open => aside(rows::no_row(
                file,
                line,
                "quotes in pairs",
                "a quote is not closed in the row; check its quotes",
            )),
            Cut::TooLong => aside(rows::too_long(file, line, bytes_max)),
            Cut::NotEncoded(encoding) => aside(rows::not_encoded(file, line, encoding)),
        };
        if entry.is_some_and(|entry| each(entry).is_break()) {
            return Ok(());
        }
    }
    rows.check_encoding()
}

/// What stands in a cell: a list or object that was written into it, or text.
fn cell(text: &str) -> Value {
    let is_nested =
        matches!((text.chars().next(), text.chars().last()), (Some('{'), Some('}')) | (Some('['), Some(']')));
    let nested = if is_nested { serde_json::from_str(text).ok() } else { None };
    nested.unwrap_or_else(|| Value::String(text.to_owned()))
}

/// The first list of a JSON document.
struct List<'i, 'f> {
    scan: Scan<'i>,
    file: &'f str,
}

impl List<'_, '_> {
    fn read(mut self, each: &mut dyn FnMut(Entry) -> ControlFlow<()>) -> Result<(), FormatError> {
        self.begin()?;
        loop {
            let Some(byte) = self.next()? else {
                let cut = aside(rows::cut(self.file, self.scan.line()));
                let _ = cut.map(each); // it is the last in any case
                return Ok(());
            };
            match byte {
                b']' => return Ok(()),
                b',' => {
                    self.scan.pass()?;
                }
                _ => {
                    let line = self.scan.line();
                    let entry = match self.entry(byte)? {
                        Some(entry) => entry,
                        None => {
                            let _ = aside(rows::cut(self.file, line)).map(each); // likewise
                            return Ok(());
                        }
                    };
                    if each(entry).is_break() {
                        return Ok(());
                    }
                }
            }
        }
    }

    /// Passes over what stands before the list.
    fn begin(&mut self) -> Result<(), FormatError> {
        loop {
            match self.scan.pass()? {
                Some(b'[') => return Ok(()),
                Some(b'"') => self.pass_string()?,
                Some(_) => {}
                None => return Err(FormatError::Rows { expected: "a list [ … ]".to_owned() }),
            }
        }
    }

    fn pass_string(&mut self) -> Result<(), FormatError> {
        let mut is_escaped = false;
        while let Some(byte) = self.scan.pass()? {
            if byte == b'"' && !is_escaped {
                return Ok(());
            }
            is_escaped = byte == b'\\' && !is_escaped;
        }
        Ok(())
    }

    /// The entry that begins here; none if the file ends in it.
    fn entry(&mut self, first: u8) -> Result<Option<Entry>, FormatError> {
        let line = self.scan.line();
        self.scan.begin();
        let is_whole = match first {
            b'{' | b'[' => self.scan.keep_while(&mut nested())? && self.scan.keep()?,
            _ => self.scan.keep_while(&mut |byte| !matches!(byte, b',' | b']'))?,
        };
        if !is_whole {
            return Ok(None);
        }
        let Some(bytes) = self.scan.kept() else {
            return Ok(aside(rows::too_long(self.file, line, self.scan.bytes_max())));
        };
        let read = serde_json::from_slice(bytes).map(|value| Entry::Read(value, line));
        Ok(read.ok().or_else(|| aside(no_json(self.file, line))))
    }

    fn next(&mut self) -> Result<Option<u8>, FormatError> {
        while let Some(byte) = self.scan.peek()? {
            if !byte.is_ascii_whitespace() {
                return Ok(Some(byte));
            }
            self.scan.pass()?;
        }
        Ok(None)
    }
}

/// Goes on up to the bracket that ends what its first byte begins.
fn nested() -> impl FnMut(u8) -> bool {
    let (mut depth, mut is_text, mut is_escaped) = (0_usize, false, false);
    move |byte| {
        if is_text {
            let ends = byte == b'"' && !is_escaped;
            is_escaped = byte == b'\\' && !is_escaped;
            is_text = !ends;
            return true;
        }
        match byte {
            b'"' => is_text = true,
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth > 0
    }
}

fn no_json(file: &str, line: usize) -> Met<'static> {
    rows::no_row(
        file,
        line,
        "one JSON object",
        "the entry is not JSON; find out what wrote it, and correct it in the source",
    )
}

fn wrong_length(file: &str, line: usize, expected: usize, found: usize) -> Met<'static> {
    let rule = format!("{expected} columns, as in the header");
    rows::no_row(file, line, &rule, &format!("the row has {found} fields; check its delimiters and quotes"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::BufReader;

    fn seen(form: EntryForm, text: &str, piece: usize) -> Vec<String> {
        let limits = Limits { local_row_bytes_max: 60, ..Limits::default() };
        let mut input = BufReader::with_capacity(piece, text.as_bytes());
        let mut all = Vec::new();
        let told = form.read("f", &mut input, &limits, &mut |entry| {
            all.push(match entry {
                Entry::Read(value, line) => format!("{line}:{value}"),
                Entry::Aside(finding) => format!("{} {}", finding.path, finding.code),
            });
            ControlFlow::Continue(())
        });
        all.extend(told.err().map(|error| error.to_string()));
        all
    }

    #[test]
    fn the_entries_of_a_list_come_one_by_one_and_a_spoilt_one_leaves_the_others() {
        for piece in [3, 7, 4096] {
            let json = |text| seen(EntryForm::Json, text, piece);
            let text = "{\"a[\":\"]\",\"results\":{\"v\":[\n{\"id\":\"}]\\\"\"},\n{\"x\":,},\n 7, {\"id\":2}]},\"z\":[1]}";
            assert_eq!(
                json(text),
                ["2:{\"id\":\"}]\\\"\"}", "f:3 adapter.row_form", "4:7", "4:{\"id\":2}"],
                "{piece}"
            );
            assert_eq!(json("[]"), Vec::<String>::new());
            assert_eq!(json("[{\"id\":1},{\"id\""), ["1:{\"id\":1}", "f:1 adapter.cut"]);
            assert_eq!(json("[{\"id\":1}"), ["1:{\"id\":1}", "f:1 adapter.cut"]);
            let long = format!("[{{\"id\":\"{}\"}},{{\"id\":1}}]", "x".repeat(70));
            assert_eq!(json(&long), ["f:1 adapter.row_too_long", "1:{\"id\":1}"]);
            assert!(
                json("{\"results\":{}}")
                    .first()
                    .is_some_and(|told| told.contains("nothing stands at a list"))
            );
        }
    }

    #[test]
    fn lines_and_cells_are_read_likewise() {
        let lines = seen(EntryForm::JsonLines, "{\"id\":1}\n\n{\n{\"id\":2}", 5);
        assert_eq!(lines, ["1:{\"id\":1}", "f:3 adapter.row_form", "4:{\"id\":2}"]);
        let form = EntryForm::Csv { delimiter: Some('|') };
        let cells = seen(form, "id|a\n1|{\"b\":[2]}\n2\n3|[x]\nid|a\n", 5);
        assert_eq!(
            cells,
            [
                "2:{\"id\":\"1\",\"a\":\"{\\\"b\\\":[2]}\"}".replace("\"{\\\"b\\\":[2]}\"", "{\"b\":[2]}"),
                "f:3 adapter.row_form".to_owned(),
                "4:{\"id\":\"3\",\"a\":\"[x]\"}".to_owned(),
                "f:5 adapter.header_again".to_owned()
            ]
        );
    }

    #[test]
    fn the_form_is_told_by_the_name() {
        assert_eq!(EntryForm::of_name("a.b.JSONL", None), Some(EntryForm::JsonLines));
        assert_eq!(
            EntryForm::of_name("vacancy.csv", Some('|')),
            Some(EntryForm::Csv { delimiter: Some('|') })
        );
        assert_eq!(EntryForm::of_name("vacancy.xlsx", None), None);
        assert_eq!(EntryForm::of_name("vacancy", None), None);
    }
}
