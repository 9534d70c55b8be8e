//! Local CSV files: comma, semicolon, tab or what the profile names; UTF-8 (a byte order mark is dropped) or windows-1251.

use super::csv_rows::Cut;
use super::csv_rows::Rows;
use super::error::FormatError;
use super::lines::BYTE_ORDER_MARK;
use super::lines::Lines;
use super::rows::Each;
use super::rows::Met;
use super::rows::header_again;
use super::rows::not_encoded;
use super::rows::too_long;
use super::value::LocalRow;
use super::value::Map;
use super::value::Row;
use super::value::Text;
use super::value::Value;
use crate::base::Finding;
use serde::Deserialize;
use std::borrow::Cow;

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
            (Self::Utf8, Err(error)) => Err(wrong_bytes(body, error.valid_up_to(), "UTF-8")),
            (Self::Auto, Err(error)) if is_marked => Err(wrong_bytes(body, error.valid_up_to(), "UTF-8")),
            (Self::Windows1251 | Self::Auto, _) => encoding_rs::WINDOWS_1251
                .decode_without_bom_handling_and_without_replacement(body)
                .ok_or_else(|| wrong_bytes(body, 0, "windows-1251")),
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

/// Gives every row that has as many fields as the header; the others are told.
///
/// # Errors
/// A file without a header, with one column twice, or without one that is required; or it cannot be read.
pub(super) fn read(
    file: &str,
    lines: &mut Lines<'_>,
    (delimiter, bytes_max): (Option<char>, usize),
    required: &[&str],
    each: Each<'_>,
) -> Result<(), FormatError> {
    let mut rows = Rows::new(lines, delimiter, bytes_max);
    let columns = rows.header(required)?;
    let mut map = Map::default();
    while let Some((line, cut)) = rows.cut(columns.len())? {
        let met = match cut {
            Cut::Blank => continue,
            Cut::Row => {
                let fields = rows.fields()?;
                if fields.iter().eq(columns.iter().map(|name| name.as_ref())) {
                    header_again(file, line)
                } else {
                    map.refill(line, &columns, fields.iter());
                    Met::Row(Row { name: "", map: &map, above: &[] })
                }
            }
            Cut::Length(found) => Met::Aside(wrong_length(file, line, columns.len(), found)),
            Cut::Open => Met::Aside(wrong_length(file, line, columns.len(), columns.len())),
            Cut::TooLong => too_long(file, line, bytes_max),
            Cut::NotEncoded(encoding) => not_encoded(file, line, encoding),
        };
        if each(met).is_break() {
            break;
        }
    }
    rows.check_encoding()
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

fn wrong_bytes(bytes: &[u8], at: usize, encoding: &'static str) -> FormatError {
    let line = 1 + bytes.iter().take(at).filter(|byte| **byte == b'\n').count();
    FormatError::NotEncoded { encoding, line }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Findings;
    use std::ops::ControlFlow;

    /// The rows, each with its line.
    type Seen = Vec<(usize, Vec<String>)>;

    fn told(text: &str) -> Result<(Seen, Findings), FormatError> {
        let (mut seen, mut findings) = (Vec::new(), Vec::new());
        let mut input = text.as_bytes();
        let mut lines = Lines::new(&mut input, Encoding::Utf8, 1_000)?;
        read("f.csv", &mut lines, (None, 1_000), &[], &mut |met| {
            match met {
                Met::Row(row) => {
                    let texts = row.map.entries().filter_map(|(_, v)| v.as_text());
                    seen.push((row.map.line(), texts.map(|t| t.as_str().to_owned()).collect()));
                }
                Met::Aside(finding) => findings.push(finding),
            }
            ControlFlow::Continue(())
        })?;
        Ok((seen, findings))
    }

    fn rows(text: &str) -> (Seen, Findings) {
        told(text).unwrap()
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
    fn a_file_cut_in_a_quote_and_a_header_between_rows_spoil_only_themselves() {
        for (text, lines, place) in [
            ("a,b\n1,2\n3,\"4", vec![2], "f.csv:3"),
            ("a,b\n1,2\n3,\"4\n5\n", vec![2], "f.csv:3"),
            ("a,b\n1,2\na,b\n3,4\n", vec![2, 4], "f.csv:3"),
            ("a,b\n1,2\r3,4\n5,6", vec![2, 2, 3], ""),
        ] {
            let (seen, findings) = rows(text);
            assert_eq!(seen.iter().map(|(line, _)| *line).collect::<Vec<_>>(), lines, "{text:?}");
            assert_eq!(findings.first().map_or("", |one| one.path.as_str()), place, "{text:?}");
        }
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
            assert!(matches!(told(text), Err(FormatError::Header)), "{text}");
        }
    }
}
