//! Local files of lines whose columns have a fixed width, counted in characters.

use super::error::FormatError;
use super::lines::Line;
use super::lines::Lines;
use super::lines::trimmed;
use super::profile::Column;
use super::rows::Each;
use super::rows::Met;
use super::rows::not_encoded;
use super::rows::too_long;
use super::value::LocalRow;
use super::value::Map;
use super::value::Row;
use super::value::Text;
use super::value::Value;
use crate::base::Finding;
use crate::base::Findings;
use std::sync::Arc;

/// Gives every line; one that is longer or shorter than its columns is told.
///
/// # Errors
/// The file cannot be read.
pub(super) fn read(
    file: &str,
    lines: &mut Lines<'_>,
    (columns, bytes_max): (&[Column], usize),
    each: Each<'_>,
) -> Result<(), FormatError> {
    let width: usize = columns.iter().map(|column| column.width).sum();
    let last = columns.last().map_or(0, |column| column.width);
    let names: Vec<Arc<str>> = columns.iter().map(|column| Arc::from(column.name.as_str())).collect();
    let mut map = Map::default();
    while let Some((number, line)) = lines.next_line()? {
        let met = match line {
            Line::TooLong => too_long(file, number, bytes_max),
            Line::NotEncoded(encoding) => not_encoded(file, number, encoding),
            Line::Text(line) => {
                let line = trimmed(line);
                if line.trim().is_empty() {
                    continue;
                }
                // many programs drop the blanks at the end of a line: only the last column may be cut so
                let line = line.trim_end_matches(['\r', '\u{1a}']);
                let length = line.chars().count();
                if length > width || length < width - last {
                    Met::Aside(Finding::error(
                        "adapter.row_length",
                        format!("{file}:{number}"),
                        format!("{width} characters, as the columns have"),
                        "",
                        format!("the line has {length} characters; check which column is cut or shifted"),
                    ))
                } else {
                    map.refill(number, &names, fields(line, columns));
                    Met::Row(Row { name: "", map: &map, above: &[] })
                }
            }
        };
        if each(met).is_break() {
            break;
        }
    }
    lines.check_encoding(0)
}

/// The columns of a line, without the blanks around them.
fn fields<'l>(line: &'l str, columns: &[Column]) -> impl Iterator<Item = &'l str> {
    let mut rest = line;
    columns.iter().map(move |column| {
        let end = rest.char_indices().nth(column.width).map_or(rest.len(), |(at, _)| at);
        let (field, after) = rest.split_at(end);
        rest = after;
        field.trim()
    })
}

/// Writes each row in a line; what does not fit into its column is left out and told.
pub(super) fn write(columns: &[Column], rows: &[LocalRow]) -> (String, Findings) {
    let mut text = String::new();
    let mut findings = Findings::new();
    for map in rows.iter().filter_map(|row| row.levels.last()) {
        for column in columns {
            let field = map.node(&column.name).and_then(Value::as_text).map_or("", Text::as_str);
            let length = field.chars().count();
            let fits = length <= column.width && !field.contains(['\n', '\r']);
            if !fits {
                let rule = format!("{} characters in one line", column.width);
                let message = "does not fit into its column and is left out; tell it on paper";
                findings.push(Finding::error("adapter.too_long", &column.name, rule, field, message));
            }
            let field = if fits { field } else { "" };
            text.push_str(field);
            text.extend(std::iter::repeat_n(' ', column.width - field.chars().count()));
        }
        text.push('\n');
    }
    (text, findings)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exchange::adapter::csv::Encoding;
    use std::ops::ControlFlow;

    fn columns() -> Vec<Column> {
        [("a", 3), ("b", 5)].map(|(name, width)| Column { name: name.to_owned(), width }).to_vec()
    }

    #[test]
    fn columns_are_cut_by_characters_and_a_line_of_another_length_is_told() {
        let (mut seen, mut places) = (Vec::new(), Vec::new());
        let mut input = "Ким12345\nab cde  \n\nx\nКим123456\nКим  1\r\n".as_bytes();
        let mut lines = Lines::new(&mut input, Encoding::Utf8, 100).unwrap();
        read("f", &mut lines, (&columns(), 100), &mut |met| {
            match met {
                Met::Row(row) => {
                    let text = |name: &str| {
                        row.map.node(name).and_then(Value::as_text).map(|t| t.as_str().to_owned())
                    };
                    seen.push((row.map.line(), text("a").unwrap(), text("b").unwrap()));
                }
                Met::Aside(finding) => places.push(finding.path),
            }
            ControlFlow::Continue(())
        })
        .unwrap();
        let seen: Vec<_> = seen.iter().map(|(line, a, b)| (*line, a.as_str(), b.as_str())).collect();
        assert_eq!(seen, [(1, "Ким", "12345"), (2, "ab", "cde"), (6, "Ким", "1")]);
        assert_eq!(places, ["f:4", "f:5"]);
    }

    #[test]
    fn what_does_not_fit_is_told_and_keeps_no_other_column_from_its_place() {
        let mut map = Map::default();
        assert!(map.set("a", "длинно") && map.set("b", "да"));
        let (text, findings) = write(&columns(), &[LocalRow { name: None, levels: vec![map] }]);
        assert_eq!(text, "   да   \n");
        assert_eq!(findings.len(), 1);
        assert!(!findings[0].to_string().contains("длинно"));
    }
}
