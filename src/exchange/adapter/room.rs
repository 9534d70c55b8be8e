//! What the rows of a file share: the names of their fields, and the memory of the row before.

use super::value::Map;
use super::value::Value;
use std::sync::Arc;

/// Names that were met, and texts and maps of rows that are done with. No file makes it grow beyond a few kilobytes.
#[derive(Default)]
pub(super) struct Room {
    names: Vec<Arc<str>>,
    /// Which name comes next, if the row is like the one before it.
    next: usize,
    texts: Vec<String>,
    maps: Vec<Vec<(Arc<str>, Value)>>,
}

impl Room {
    /// Another value begins.
    pub(super) fn begin(&mut self) {
        self.next = 0;
    }

    /// The name of a field.
    pub(super) fn name(&mut self, name: &str) -> Arc<str> {
        let is_next = self.names.get(self.next).is_some_and(|known| **known == *name);
        let known =
            if is_next { Some(self.next) } else { self.names.iter().position(|known| **known == *name) };
        if let Some(at) = known {
            self.next = at + 1;
            if let Some(known) = self.names.get(at) {
                return known.clone();
            }
        }
        let new: Arc<str> = name.into();
        if self.names.len() < NAMES_MAX && name.len() <= TEXT_BYTES_MAX {
            self.names.push(new.clone());
            self.next = self.names.len();
        }
        new
    }

    /// An empty text.
    pub(super) fn text(&mut self) -> String {
        self.texts.pop().unwrap_or_default()
    }

    /// An empty map that begins on a line.
    pub(super) fn map(&mut self, line: usize) -> Map {
        Map::within(self.maps.pop().unwrap_or_default(), line)
    }

    /// Takes back the memory of what is done with.
    pub(super) fn take_back(&mut self, value: Value) {
        match value {
            Value::Text(text) => {
                let mut text = text.into_string();
                if self.texts.len() < TEXTS_MAX && text.capacity() <= TEXT_BYTES_MAX {
                    text.clear();
                    self.texts.push(text);
                }
            }
            Value::List(items) => items.into_iter().for_each(|item| self.take_back(item)),
            Value::Map(map) => {
                let mut entries = map.into_entries();
                entries.drain(..).for_each(|(_, value)| self.take_back(value));
                if self.maps.len() < MAPS_MAX && entries.capacity() <= ENTRIES_MAX {
                    self.maps.push(entries);
                }
            }
        }
    }
}

const NAMES_MAX: usize = 64;
const TEXTS_MAX: usize = 64;
const TEXT_BYTES_MAX: usize = 256;
const MAPS_MAX: usize = 16;
const ENTRIES_MAX: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exchange::adapter::value::Text;

    #[test]
    fn a_name_is_kept_once_in_whatever_order_names_come() {
        let mut room = Room::default();
        let first = ["a", "b", "c"].map(|name| room.name(name));
        for order in [["a", "b", "c"], ["c", "a", "b"], ["b", "b", "a"]] {
            room.begin();
            for name in order {
                let again = room.name(name);
                assert!(first.iter().any(|one| Arc::ptr_eq(one, &again)) && *again == *name);
            }
        }
    }

    #[test]
    fn no_file_makes_it_grow() {
        let mut room = Room::default();
        for number in 0..1_000 {
            assert_eq!(*room.name(&number.to_string()), *number.to_string());
            let mut map = room.map(number);
            assert!(map.is_empty() && room.text().is_empty());
            for place in 0..100 {
                map.add(place.to_string(), Value::Text(Text::new("x".repeat(place * 9), number)));
            }
            room.take_back(Value::List(vec![Value::Map(map)]));
        }
        assert!(
            room.names.len() <= NAMES_MAX && room.texts.len() <= TEXTS_MAX && room.maps.len() <= MAPS_MAX
        );
        assert!(room.texts.iter().all(|text| text.capacity() <= TEXT_BYTES_MAX));
        assert!(room.maps.iter().all(|map| map.capacity() <= ENTRIES_MAX));
    }
}
