//! Local JSON files as trees, each value with its line.

use super::error::FormatError;
use super::lines::Line;
use super::lines::Lines;
use super::lines::trimmed;
use super::room::Room;
use super::rows::Each;
use super::rows::Met;
use super::rows::no_row;
use super::rows::not_encoded;
use super::rows::too_long;
use super::value::LocalRow;
use super::value::Map;
use super::value::Row;
use super::value::Text;
use super::value::Value;
use memchr::memchr;
use serde::de::DeserializeSeed;
use serde::de::Error;
use serde::de::MapAccess;
use serde::de::SeqAccess;
use serde::de::Visitor;
use std::cell::Cell;
use std::cell::RefCell;
use std::fmt;
use std::fmt::Display;
use std::fmt::Write;
use std::io::Read;
use std::sync::Arc;

/// Reads one value that begins on a line. Null is absence.
///
/// # Errors
/// Not JSON, or a name twice in one object.
pub(super) fn tree(
    text: &str,
    first_line: usize,
    room: &RefCell<Room>,
) -> Result<Option<Value>, serde_json::Error> {
    let line = Cell::new(first_line);
    let tree = Tree { line: &line, room };
    room.borrow_mut().begin();
    if memchr(b'\n', text.as_bytes()).is_none() {
        let mut parser = serde_json::Deserializer::from_str(text);
        let value = tree.deserialize(&mut parser)?;
        parser.end()?;
        return Ok(value);
    }
    let mut parser = serde_json::Deserializer::from_reader(Counted { rest: text.as_bytes(), line: &line });
    let value = tree.deserialize(&mut parser)?;
    parser.end()?;
    Ok(value)
}

/// Writes a document; every leaf is a string.
///
/// # Errors
/// None that a tree can cause.
pub(super) fn write(document: &Map) -> Result<Vec<u8>, FormatError> {
    let mut bytes = serde_json::to_vec_pretty(&to_json(&Value::Map(document.clone())))
        .map_err(|_cause| FormatError::Write)?;
    bytes.push(b'\n');
    Ok(bytes)
}

/// Gives the object of every line; a line that is none is told, and the others are read.
///
/// # Errors
/// The file cannot be read.
pub(super) fn read_lines(
    file: &str,
    lines: &mut Lines<'_>,
    bytes_max: usize,
    each: Each<'_>,
) -> Result<(), FormatError> {
    let room = RefCell::new(Room::default());
    while let Some((number, line)) = lines.next_line()? {
        let line = match line {
            Line::Text(line) if line.trim().is_empty() => continue,
            Line::Text(line) => tree(trimmed(line), number, &room).map_err(|error| error.column()),
            Line::TooLong => {
                if each(too_long(file, number, bytes_max)).is_break() {
                    break;
                }
                continue;
            }
            Line::NotEncoded(encoding) => {
                if each(not_encoded(file, number, encoding)).is_break() {
                    break;
                }
                continue;
            }
        };
        let met = match &line {
            Ok(Some(Value::Map(map))) => Met::Row(Row { name: "", map, above: &[] }),
            Ok(_) | Err(_) => {
                let message = "the line is not a JSON object; correct it in the source";
                no_row(file, number, "one JSON object in each line", message)
            }
        };
        if each(met).is_break() {
            break;
        }
        if let Ok(Some(value)) = line {
            room.borrow_mut().take_back(value);
        }
    }
    lines.check_encoding(0)
}

/// Writes each row as an object in a line of its own; every leaf is a string.
///
/// # Errors
/// None that a tree can cause.
pub(super) fn write_lines(rows: &[LocalRow]) -> Result<String, FormatError> {
    let mut text = String::new();
    for map in rows.iter().filter_map(|row| row.levels.last()) {
        let line = serde_json::to_string(&to_json(&Value::Map(map.clone())));
        text.push_str(&line.map_err(|_cause| FormatError::Write)?);
        text.push('\n');
    }
    Ok(text)
}

fn to_json(value: &Value) -> serde_json::Value {
    match value {
        Value::Text(text) => serde_json::Value::String(text.as_str().to_owned()),
        Value::List(items) => serde_json::Value::Array(items.iter().map(to_json).collect()),
        Value::Map(map) => map.entries().map(|(name, value)| (name.to_owned(), to_json(value))).collect(),
    }
}

/// Counts line ends as the parser passes them.
struct Counted<'a> {
    rest: &'a [u8],
    line: &'a Cell<usize>,
}

impl Read for Counted<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        // one byte at a time: the parser asks so, and the count must not run ahead of it
        let one = buffer.len().min(1);
        let count = self.rest.read(buffer.get_mut(..one).unwrap_or_default())?;
        if count == 1 && buffer.first() == Some(&b'\n') {
            self.line.set(self.line.get() + 1);
        }
        Ok(count)
    }
}

/// Builds one node; none for null.
#[derive(Clone, Copy)]
struct Tree<'a> {
    line: &'a Cell<usize>,
    room: &'a RefCell<Room>,
}

impl<'de> DeserializeSeed<'de> for Tree<'_> {
    type Value = Option<Value>;

    fn deserialize<D: serde::Deserializer<'de>>(self, parser: D) -> Result<Self::Value, D::Error> {
        parser.deserialize_any(Node { tree: self, line: self.line.get() })
    }
}

struct Node<'a> {
    tree: Tree<'a>,
    line: usize,
}

impl Node<'_> {
    fn leaf(&self, text: impl Display) -> Option<Value> {
        let mut room = self.tree.room.borrow_mut().text();
        let _ = write!(room, "{text}"); // a string takes all
        Some(Value::Text(Text::new(room, self.line)))
    }
}

impl<'de> Visitor<'de> for Node<'_> {
    type Value = Option<Value>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Self::Value, E> {
        Ok(self.leaf(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Self::Value, E> {
        Ok(self.leaf(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Self::Value, E> {
        Ok(self.leaf(value))
    }

    /// The shortest text of the same number; an amount of up to 15 digits is read as it is written.
    fn visit_f64<E>(self, value: f64) -> Result<Self::Value, E> {
        Ok(self.leaf(value))
    }

    fn visit_str<E>(self, value: &str) -> Result<Self::Value, E> {
        let mut room = self.tree.room.borrow_mut().text();
        room.push_str(value.trim());
        Ok(Some(Value::Text(Text::new(room, self.line))))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(self.tree)? {
            list.extend(item);
        }
        Ok(Some(Value::List(list)))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Self::Value, A::Error> {
        let mut map = self.tree.room.borrow_mut().map(self.line);
        while let Some(name) = entries.next_key_seed(Name(self.tree.room))? {
            if map.node(&name).is_some() {
                return Err(A::Error::custom("a name twice"));
            }
            if let Some(value) = entries.next_value_seed(self.tree)? {
                map.add_new(name, value);
            }
        }
        Ok(Some(Value::Map(map)))
    }
}

/// Reads the name of a field.
struct Name<'a>(&'a RefCell<Room>);

impl<'de> DeserializeSeed<'de> for Name<'_> {
    type Value = Arc<str>;

    fn deserialize<D: serde::Deserializer<'de>>(self, parser: D) -> Result<Arc<str>, D::Error> {
        parser.deserialize_str(self)
    }
}

impl Visitor<'_> for Name<'_> {
    type Value = Arc<str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_str<E>(self, name: &str) -> Result<Arc<str>, E> {
        Ok(self.0.borrow_mut().name(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Option<Value>, serde_json::Error> {
        tree(text, 1, &RefCell::default())
    }

    fn map(text: &str) -> Map {
        read(text).unwrap().unwrap().as_map().unwrap().clone()
    }

    #[test]
    fn every_value_knows_its_line() {
        let map =
            map("{\n \"a\": 12,\n \"b\": [\n  \"x\",\n  null,\n  { \"c\": true }\n ],\n \"d\": 1.50\n}\n");
        let leaf = |path| {
            let all = map.all(path);
            all.into_iter()
                .filter_map(|v| v.as_text())
                .map(|t| (t.as_str().to_owned(), t.line()))
                .collect::<Vec<_>>()
        };
        assert_eq!(leaf("a"), [("12".to_owned(), 2)]);
        assert_eq!(leaf("b"), [("x".to_owned(), 4)]);
        assert_eq!(leaf("b/c"), [("true".to_owned(), 6)]);
        assert_eq!(leaf("d"), [("1.5".to_owned(), 8)]);
    }

    #[test]
    fn what_is_not_json_is_refused() {
        for text in ["{\"a\":1,\"a\":2}", "{\"a\":1} 2", "{", ""] {
            assert!(read(text).is_err(), "{text}");
        }
        assert!(read(&"[".repeat(5000)).is_err());
    }

    #[test]
    fn a_tree_is_read_as_it_is_written() {
        let map = map("{\"rows\":[{\"a\":\"1\",\"b\":{\"c\":\"2\"}},{\"a\":\"3\"}]}");
        let written = write(&map).unwrap();
        assert_eq!(read(std::str::from_utf8(&written).unwrap()).unwrap(), Some(Value::Map(map)));
    }
}
