//! Local CSV files: comma, semicolon, tab or what the profile names; UTF-8 (a byte order mark is dropped) or windows-1251.

use super::error::FormatError;
use super::value::LocalRow;
use super::value::Map;
use super::value::Row;
use super::value::Text;
use super::value::Value;
use crate::base::Finding;
use crate::base::Findings;
use serde::Deserialize;
use std::borrow::Cow;
use std::io::Cursor;
use std::sync::Arc;

/// How the characters of a file are written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Encoding {
    /// UTF-8, with or without a byte order mark.
    #[default]
    #[serde(rename = "utf-8")]
    Utf8,
    /// The Cyrillic code page of Windows.
    #[serde(rename = "windows-1251")]
    Windows1251,
    /// UTF-8 if it is that, else windows-1251. Written as UTF-8.
    Auto,
}

impl Encoding {
    /// The text of a file.
    ///
    /// # Errors
    /// Bytes that are not of this encoding.
    pub fn decode(self, bytes: &[u8]) -> Result<Cow<'_, str>, FormatError> {
        let body = bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(bytes);
        let is_marked = body.len() < bytes.len();
        match (self, std::str::from_utf8(body)) {
            (Self::Utf8 | Self::Auto, Ok(text)) => Ok(Cow::Borrowed(text)),
            (Self::Windows1251, Ok(text)) if is_marked => Ok(Cow::Borrowed(text)),
            (Self::Utf8, Err(error)) => Err(not_encoded(body, error.valid_up_to(), "UTF-8")),
            (Self::Auto, Err(error)) if is_marked => Err(not_encoded(body, error.valid_up_to(), "UTF-8")),
            (Self::Windows1251 | Self::Auto, _) => encoding_rs::WINDOWS_1251
                .decode_without_bom_handling_and_without_replacement(body)
                .ok_or_else(|| not_encoded(body, 0, "windows-1251")),
        }
    }

    /// The bytes of a text.
    ///
    /// # Errors
    /// A character that the code page lacks.
    pub fn encode(self, text: &str) -> Result<Vec<u8>, FormatError> {
        if self != Self::Windows1251 {
            return Ok(text.as_bytes().to_vec());
        }
        let (bytes, _, has_unmappable) = encoding_rs::WINDOWS_1251.encode(text);
        if has_unmappable { Err(FormatError::CodePage) } else { Ok(bytes.into_owned()) }
    }
}

/// Calls `each` for every row that has as many fields as the header; the others are findings.
///
/// # Errors
/// A file without a header, with one column twice, or without one that is required.
pub(super) fn read(
    file: &str,
    text: &str,
    delimiter: Option<char>,
    required: &[&str],
    each: &mut dyn FnMut(Row<'_>),
) -> Result<Findings, FormatError> {
    let header_end = text.find('\n').unwrap_or(text.len());
    let delimiter = delimiter.and_then(|own| u8::try_from(own).ok());
    let delimiter = delimiter.unwrap_or_else(|| sniff(text.get(..header_end).unwrap_or_default()));
    let build = || {
        let mut builder = csv::ReaderBuilder::new();
        builder.delimiter(delimiter).flexible(true).has_headers(false);
        builder.from_reader(Cursor::new(text.as_bytes()))
    };
    let mut reader = build();
    let mut record = csv::StringRecord::new();
    let has_header = reader.read_record(&mut record).map_err(|_cause| FormatError::Header)?;
    let columns: Vec<Arc<str>> = record.iter().map(|name| Arc::from(name.trim())).collect();
    let is_twice =
        columns.iter().enumerate().any(|(at, name)| columns.iter().take(at).any(|one| one == name));
    if !has_header || is_twice || columns.iter().any(|name| name.is_empty()) {
        return Err(FormatError::Header);
    }
    if let Some(name) = required.iter().find(|name| !columns.iter().any(|column| column.as_ref() == **name)) {
        return Err(FormatError::Column { name: (*name).to_owned() });
    }
    let mut findings = Findings::new();
    loop {
        let start = reader.position().clone();
        if !reader.read_record(&mut record).map_err(|_cause| FormatError::Header)? {
            return Ok(findings);
        }
        let begin = begin(text, record.position().unwrap_or(&start));
        let line = usize::try_from(begin.line()).unwrap_or(usize::MAX);
        if record.len() == columns.len()
            && !swallows(text, (&begin, reader.position()), delimiter, columns.len())
        {
            let mut map = Map::at(line);
            for (name, field) in columns.iter().zip(record.iter()) {
                map.add(name.clone(), Value::Text(Text::new(field.trim(), line)));
            }
            each(Row { name: "", map: &map, above: &[] });
            continue;
        }
        if record.len() == 1 && record.iter().all(|field| field.trim().is_empty()) {
            continue;
        }
        findings.push(wrong_length(file, line, columns.len(), record.len()));
        let next = next_line(text, &begin);
        if next.line() < reader.position().line() {
            // a quote that is never closed swallowed the rows after its own: read them after all
            reader.seek(next).map_err(|_cause| FormatError::Header)?;
        }
    }
}

/// Writes rows under a header of these columns.
///
/// # Errors
/// A row that needs more than one level, or a character the encoding lacks.
pub(super) fn write(
    columns: &[&str],
    rows: &[LocalRow],
    delimiter: Option<char>,
    encoding: Encoding,
) -> Result<Vec<u8>, FormatError> {
    let delimiter = delimiter.and_then(|own| u8::try_from(own).ok()).unwrap_or(b',');
    let mut writer = csv::WriterBuilder::new().delimiter(delimiter).from_writer(Vec::new());
    writer.write_record(columns).map_err(|_cause| FormatError::Write)?;
    for row in rows {
        let map = row.levels.last().ok_or(FormatError::Write)?;
        let field = |name: &&str| map.node(name).and_then(Value::as_text).map_or("", Text::as_str);
        writer.write_record(columns.iter().map(field)).map_err(|_cause| FormatError::Write)?;
    }
    let bytes = writer.into_inner().map_err(|_cause| FormatError::Write)?;
    let text = String::from_utf8(bytes).map_err(|_cause| FormatError::Write)?;
    encoding.encode(&text)
}

/// The delimiter that stands most often in the header.
fn sniff(header: &str) -> u8 {
    let count = |delimiter: &u8| header.bytes().filter(|byte| byte == delimiter).count();
    // of equals the last is taken: the comma
    [b'\t', b';', b','].into_iter().max_by_key(count).unwrap_or(b',')
}

/// Where a row really begins: the parser counts the line ends before it as its own.
fn begin(text: &str, start: &csv::Position) -> csv::Position {
    let rest = rest_of(text, start);
    let blank = rest.len() - rest.trim_start_matches(['\r', '\n']).len();
    moved(rest, start, blank)
}

/// Where the line after the one of `start` begins.
fn next_line(text: &str, start: &csv::Position) -> csv::Position {
    let rest = rest_of(text, start);
    moved(rest, start, rest.find('\n').map_or(rest.len(), |at| at + 1))
}

fn rest_of<'t>(text: &'t str, start: &csv::Position) -> &'t str {
    text.get(usize::try_from(start.byte()).unwrap_or(usize::MAX)..).unwrap_or_default()
}

fn moved(rest: &str, start: &csv::Position, by: usize) -> csv::Position {
    let count = |n: usize| u64::try_from(n).unwrap_or(u64::MAX);
    let passed = rest.get(..by).unwrap_or_default();
    let mut position = start.clone();
    position.set_byte(start.byte() + count(by));
    position.set_line(start.line() + count(passed.matches('\n').count()));
    position
}

/// Whether a row that spans lines has another whole row in it: a quote was not closed where it should have been.
fn swallows(
    text: &str,
    (begin, end): (&csv::Position, &csv::Position),
    delimiter: u8,
    columns: usize,
) -> bool {
    let length = usize::try_from(end.byte().saturating_sub(begin.byte())).unwrap_or(usize::MAX);
    let span = rest_of(text, begin).get(..length).unwrap_or_default();
    span.lines().skip(1).any(|line| {
        let mut alone = csv::ReaderBuilder::new();
        let mut alone =
            alone.delimiter(delimiter).flexible(true).has_headers(false).from_reader(line.as_bytes());
        let mut record = csv::StringRecord::new();
        columns > 1 && alone.read_record(&mut record).is_ok_and(|is_row| is_row) && record.len() == columns
    })
}

fn wrong_length(file: &str, line: usize, expected: usize, found: usize) -> Finding {
    Finding::error(
        "adapter.row_length",
        format!("{file}:{line}"),
        format!("{expected} columns, as in the header"),
        "",
        if found == expected {
            "the row has a quote that is not closed; check its delimiters and quotes".to_owned()
        } else {
            format!("the row has {found} fields; check its delimiters and quotes")
        },
    )
}

fn not_encoded(bytes: &[u8], at: usize, encoding: &'static str) -> FormatError {
    let line = 1 + bytes.iter().take(at).filter(|byte| **byte == b'\n').count();
    FormatError::NotEncoded { encoding, line }
}

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(text: &str) -> (Vec<(usize, Vec<String>)>, Findings) {
        let mut seen = Vec::new();
        let findings = read("f.csv", text, None, &[], &mut |row| {
            let texts = row.map.entries().filter_map(|(_, v)| v.as_text()).map(|t| t.as_str().to_owned());
            seen.push((row.map.line(), texts.collect()));
        });
        (seen, findings.unwrap())
    }

    #[test]
    fn three_delimiters_and_quotes_are_read() {
        for text in ["a,b\n1,\"2,;\n3\"\n4,5\n", "a;b\n1;\"2,;\n3\"\n4;5\n", "a\tb\r\n1\t\"2,;\n3\"\r\n4\t5"]
        {
            let (seen, findings) = rows(text);
            assert!(findings.is_empty(), "{text}");
            assert_eq!(seen.len(), 2, "{text}");
            assert_eq!(seen[0], (2, vec!["1".into(), "2,;\n3".into()]), "{text}");
            assert_eq!(seen[1], (4, vec!["4".into(), "5".into()]), "{text}");
        }
    }

    #[test]
    fn a_row_of_the_wrong_length_is_a_finding_and_the_rest_is_read() {
        let (seen, findings) = rows("a,b\n1\n\n1,2\n1,2,3\n3,4\n");
        assert_eq!(seen.iter().map(|(line, _)| *line).collect::<Vec<_>>(), [4, 6]);
        let shown: Vec<String> = findings.iter().map(ToString::to_string).collect();
        assert_eq!(
            shown,
            [
                "f.csv:2: the row has 1 fields; check its delimiters and quotes (adapter.row_length; rule 2 columns, as in the header; found empty)",
                "f.csv:5: the row has 3 fields; check its delimiters and quotes (adapter.row_length; rule 2 columns, as in the header; found empty)",
            ]
        );
    }

    #[test]
    fn a_quote_never_closed_spoils_only_its_own_row() {
        let (seen, findings) = rows("a,b\n1,2\n\"3,4\n5,6\n7,8\n");
        assert_eq!(seen.iter().map(|(line, _)| *line).collect::<Vec<_>>(), [2, 4, 5]);
        assert_eq!(findings.len(), 1);
        assert_eq!(findings[0].path, "f.csv:3");
    }

    #[test]
    fn encodings_are_told_apart() {
        let windows = Encoding::Windows1251.encode("Ким").unwrap();
        assert_eq!(windows, [0xCA, 0xE8, 0xEC]);
        assert_eq!(Encoding::Auto.decode(&windows).unwrap(), "Ким");
        assert_eq!(Encoding::Auto.decode("\u{feff}Ким".as_bytes()).unwrap(), "Ким");
        assert_eq!(Encoding::Windows1251.decode("\u{feff}Ким".as_bytes()).unwrap(), "Ким");
        let error = Encoding::Utf8.decode(b"a\n\xCA").unwrap_err();
        assert_eq!(error.to_string(), "not UTF-8 on line 2");
        assert!(matches!(Encoding::Windows1251.encode("Әлия"), Err(FormatError::CodePage)));
    }

    #[test]
    fn a_header_names_each_column_once() {
        for text in ["", "a,a\n", "a,,b\n"] {
            assert!(matches!(read("f", text, None, &[], &mut |_| ()), Err(FormatError::Header)), "{text}");
        }
    }
}
