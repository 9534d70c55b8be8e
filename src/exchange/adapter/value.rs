//! A local file as a tree: text, list, map. Every leaf knows its line, so that a finding can name it.

use std::fmt;
use std::sync::Arc;

/// One node of a local file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Value {
    /// A leaf.
    Text(Text),
    /// Several nodes of one name.
    List(Vec<Value>),
    /// Named nodes.
    Map(Map),
}

/// A leaf: its text and the line it stands on.
#[derive(Clone)]
pub(super) struct Text {
    text: String,
    line: usize,
}

/// Named nodes in written order. A name added twice makes a list.
#[derive(Debug, Clone, Default)]
pub(super) struct Map {
    entries: Vec<(Arc<str>, Value)>,
    line: usize,
}

/// One row of a local file, with what encloses it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Row<'v> {
    /// The name of the last step of the rows path as the file writes it.
    pub(super) name: &'v str,
    /// The row itself.
    pub(super) map: &'v Map,
    /// What encloses it, the document first.
    pub(super) above: &'v [&'v Map],
}

/// A row to be written: its own map last, before it those of the enclosing levels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct LocalRow {
    /// The name of the last step, where the rows path allows several.
    pub(super) name: Option<String>,
    /// The fields of each level, the outermost first.
    pub(super) levels: Vec<Map>,
}

impl Text {
    /// A leaf of the line `line`, counted from 1; 0 for one that was not read.
    pub(super) fn new(text: impl Into<String>, line: usize) -> Self {
        Self { text: text.into(), line }
    }

    /// What stands there, as its own text.
    pub(super) fn into_string(self) -> String {
        self.text
    }

    /// What stands there. A person's data: never log it.
    pub(super) fn as_str(&self) -> &str {
        &self.text
    }

    /// The line.
    pub(super) fn line(&self) -> usize {
        self.line
    }
}

impl Value {
    /// A leaf that was not read from a file.
    pub(super) fn text(text: impl Into<String>) -> Self {
        Self::Text(Text::new(text, 0))
    }

    /// The nodes: a list's items, else the node itself.
    pub(super) fn items(&self) -> &[Self] {
        match self {
            Self::List(items) => items,
            Self::Text(_) | Self::Map(_) => std::slice::from_ref(self),
        }
    }

    /// The line on which the node begins, 0 if it is not known.
    pub(super) fn line(&self) -> usize {
        match self {
            Self::Text(text) => text.line,
            Self::Map(map) => map.line,
            Self::List(items) => items.first().map_or(0, Self::line),
        }
    }
}

impl Map {
    /// An empty map that begins on the line `line`.
    pub(super) fn at(line: usize) -> Self {
        Self { entries: Vec::new(), line }
    }

    /// Nothing, where something with parts should stand.
    pub(super) const NONE: &'static Self = &Self { entries: Vec::new(), line: 0 };

    /// The line on which it begins.
    pub(super) fn line(&self) -> usize {
        self.line
    }

    /// The entries in written order.
    pub(super) fn entries(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.entries.iter().map(|(name, value)| (name.as_ref(), value))
    }

    /// Whether nothing is in it.
    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The node of a name.
    pub(super) fn node(&self, name: &str) -> Option<&Value> {
        self.entries.iter().find(|(own, _)| own.as_ref() == name).map(|(_, value)| value)
    }

    /// Makes it a row of leaves of one line, in the room of the row before it.
    pub(super) fn refill<'t>(
        &mut self,
        line: usize,
        names: &[Arc<str>],
        texts: impl Iterator<Item = &'t str>,
    ) {
        self.line = line;
        if self.entries.len() != names.len() {
            self.entries = names.iter().map(|name| (name.clone(), Value::text(""))).collect();
        }
        for ((_, value), text) in self.entries.iter_mut().zip(texts) {
            match value {
                Value::Text(leaf) => {
                    leaf.line = line;
                    leaf.text.clear();
                    leaf.text.push_str(text);
                }
                Value::List(_) | Value::Map(_) => *value = Value::Text(Text::new(text, line)),
            }
        }
    }

    /// Adds a node of a name that is not there yet.
    pub(super) fn add_new(&mut self, name: Arc<str>, value: Value) {
        self.entries.push((name, value));
    }

    /// An empty map that begins on the line `line`, with the room of another.
    pub(super) fn within(mut entries: Vec<(Arc<str>, Value)>, line: usize) -> Self {
        entries.clear();
        Self { entries, line }
    }

    /// Its entries and their room.
    pub(super) fn into_entries(self) -> Vec<(Arc<str>, Value)> {
        self.entries
    }

    /// Adds a node; a second one of the same name makes a list.
    pub(super) fn add(&mut self, name: impl AsRef<str> + Into<Arc<str>>, value: Value) {
        match self.entries.iter_mut().find(|(own, _)| own.as_ref() == name.as_ref()) {
            None => self.entries.push((name.into(), value)),
            Some((_, Value::List(items))) => items.push(value),
            Some((_, single)) => {
                let first = std::mem::replace(single, Value::List(Vec::new()));
                *single = Value::List(vec![first, value]);
            }
        }
    }

    /// Sets the leaf at a path such as `ФИО/Имя`, making the maps on the way.
    /// Returns false where a leaf or a list stands in the way.
    pub(super) fn set(&mut self, path: &str, text: &str) -> bool {
        let Some((step, rest)) = path.split_once('/') else {
            let is_free = self.node(path).is_none();
            if is_free {
                self.entries.push((path.into(), Value::text(text)));
            }
            return is_free;
        };
        if self.node(step).is_none() {
            self.entries.push((step.into(), Value::Map(Self::default())));
        }
        let found = self.entries.iter_mut().find(|(own, _)| own.as_ref() == step);
        if let Some((_, Value::Map(inner))) = found { inner.set(rest, text) } else { false }
    }

    /// Every node at a path; a list on the way is followed into each of its items.
    pub(super) fn all<'v>(&'v self, path: &str) -> Vec<&'v Value> {
        let mut all = Vec::new();
        self.each(path, &mut |value| all.push(value));
        all
    }

    /// Tells every node at a path.
    pub(super) fn each<'v>(&'v self, path: &str, tell: &mut dyn FnMut(&'v Value)) {
        let (step, rest) = path.split_once('/').map_or((path, None), |(step, rest)| (step, Some(rest)));
        let Some(node) = self.node(step) else { return };
        match rest {
            None => node.items().iter().for_each(tell),
            Some(rest) => {
                node.items().iter().filter_map(Value::as_map).for_each(|map| map.each(rest, tell));
            }
        }
    }
}

impl Value {
    /// The map, if it is one.
    pub(super) fn as_map(&self) -> Option<&Map> {
        match self {
            Self::Map(map) => Some(map),
            Self::Text(_) | Self::List(_) => None,
        }
    }

    /// The leaf: a text, or the text of a map that has attributes beside it.
    pub(super) fn as_text(&self) -> Option<&Text> {
        match self {
            Self::Text(text) => Some(text),
            Self::Map(map) => match map.node(TEXT) {
                Some(Self::Text(text)) => Some(text),
                Some(Self::List(_) | Self::Map(_)) | None => None,
            },
            Self::List(_) => None,
        }
    }
}

impl<'v> Row<'v> {
    /// The line of a text that stands where a path needs something with parts.
    pub(super) fn bare_on_the_way(&self, path: &str) -> Option<usize> {
        let (_, inner) = split_ups(path);
        let outer = path.len() - inner.len();
        let ends = inner.match_indices('/').map(|(at, _)| outer + at);
        let on_the_way = ends.filter_map(|end| path.get(..end)).flat_map(|prefix| self.all(prefix));
        let bare = |value: &&Value| match value {
            Value::Text(text) => !text.as_str().trim().is_empty(),
            Value::Map(_) | Value::List(_) => false,
        };
        on_the_way.into_iter().find(|value| bare(value)).map(Value::line)
    }

    /// Every node at a path; each leading `../` goes one level out.
    pub(super) fn all(&self, path: &str) -> Vec<&'v Value> {
        let mut all = Vec::new();
        self.each(path, &mut |value| all.push(value));
        all
    }

    /// Tells every node at a path.
    pub(super) fn each(&self, path: &str, tell: &mut dyn FnMut(&'v Value)) {
        let (ups, rest) = split_ups(path);
        let level = match ups {
            0 => Some(self.map),
            _ => self.above.len().checked_sub(ups).and_then(|at| self.above.get(at)).copied(),
        };
        if let Some(map) = level {
            map.each(rest, tell);
        }
    }

    /// The texts at a path that are not empty.
    pub(super) fn texts(&self, path: &str) -> Texts<'v> {
        let mut texts = Texts::default();
        self.each(path, &mut |value| {
            if let Some(text) = value.as_text().filter(|text| !text.as_str().is_empty()) {
                texts.add(text.as_str(), text.line());
            }
        });
        texts
    }
}

/// Texts of a row, each with its line; mostly there is one.
#[derive(Default)]
pub(super) struct Texts<'v> {
    first: Option<(&'v str, usize)>,
    more: Vec<(&'v str, usize)>,
}

impl<'v> Texts<'v> {
    /// Adds one.
    pub(super) fn add(&mut self, text: &'v str, line: usize) {
        match self.first {
            None => self.first = Some((text, line)),
            Some(_) => self.more.push((text, line)),
        }
    }

    /// The first of them.
    pub(super) fn first(&self) -> Option<(&'v str, usize)> {
        self.first
    }

    /// Whether there are several.
    pub(super) fn is_many(&self) -> bool {
        !self.more.is_empty()
    }

    /// One after the other.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&'v str, usize)> {
        self.first.into_iter().chain(self.more.iter().copied())
    }
}

/// Splits `../../a/b` into how often it goes out and the rest.
pub(super) fn split_ups(path: &str) -> (usize, &str) {
    let (mut ups, mut rest) = (0, path);
    while let Some(inner) = rest.strip_prefix("../") {
        ups += 1;
        rest = inner;
    }
    (ups, rest)
}

/// Joins rows into one document: neighbours whose outer levels are equal share them.
pub(super) fn join(rows: Vec<LocalRow>, path: &str) -> Map {
    let steps: Vec<&str> = path.split('/').map(|step| step.split('|').next().unwrap_or(step)).collect();
    let mut document = Map::default();
    if let Some(first) = rows.first().and_then(|row| row.levels.first()) {
        document = first.clone();
    }
    let children: Vec<Nested> = rows
        .into_iter()
        .map(|row| Nested { name: row.name, levels: row.levels.into_iter().skip(1).collect() })
        .collect();
    nest(&mut document, children, &steps);
    document
}

struct Nested {
    name: Option<String>,
    levels: std::collections::VecDeque<Map>,
}

fn nest(here: &mut Map, rows: Vec<Nested>, steps: &[&str]) {
    let Some((step, rest)) = steps.split_first() else { return };
    let mut rows = rows.into_iter().peekable();
    while let Some(mut row) = rows.next() {
        let Some(mut own) = row.levels.pop_front() else { continue };
        if rest.is_empty() {
            here.add(row.name.as_deref().unwrap_or(step), Value::Map(own));
            continue;
        }
        let mut group = vec![row];
        while let Some(mut next) = rows.next_if(|next| next.levels.front() == Some(&own)) {
            let _ = next.levels.pop_front(); // equal to `own`, which stands for it
            group.push(next);
        }
        nest(&mut own, group, rest);
        here.add(*step, Value::Map(own));
    }
}

/// Places do not count: the same fields in the same order are the same map.
impl PartialEq for Map {
    fn eq(&self, other: &Self) -> bool {
        self.entries == other.entries
    }
}

impl Eq for Map {}

/// Places do not count here either.
impl PartialEq for Text {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Text {}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Text(…, line {})", self.line)
    }
}

/// The name under which a map keeps the text beside its attributes.
pub(super) const TEXT: &str = "#text";

#[cfg(test)]
mod tests {
    use super::*;

    fn map(entries: &[(&str, &str)]) -> Map {
        let mut map = Map::default();
        for (name, text) in entries {
            assert!(map.set(name, text));
        }
        map
    }

    #[test]
    fn a_path_goes_in_through_lists_and_out_through_levels() {
        let mut row = Map::at(7);
        row.add("k", Value::Map(map(&[("n", "1")])));
        row.add("k", Value::Map(map(&[("n", "2")])));
        let outer = map(&[("a/b", "out")]);
        let row = Row { name: "r", map: &row, above: &[&outer] };
        let texts =
            |path| row.all(path).into_iter().filter_map(Value::as_text).map(Text::as_str).collect::<Vec<_>>();
        assert_eq!(texts("k/n"), ["1", "2"]);
        assert_eq!(texts("../a/b"), ["out"]);
        assert_eq!(texts("../../a/b"), [""; 0]);
    }

    #[test]
    fn joined_rows_share_the_levels_that_are_equal() {
        let row = |person: &str, n: &str| LocalRow {
            name: None,
            levels: vec![Map::default(), map(&[("id", person)]), map(&[("n", n)])],
        };
        let document = join(vec![row("p", "1"), row("p", "2"), row("q", "3")], "person/row|other");
        let texts = |path| {
            let all = document.all(path).into_iter().filter_map(Value::as_text);
            all.map(|text| text.as_str().to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(texts("person/id"), ["p", "q"]);
        assert_eq!(texts("person/row/n"), ["1", "2", "3"]);
        assert_eq!(document.node("person").map(|people| people.items().len()), Some(2));
    }

    #[test]
    fn a_tree_shows_no_value() {
        assert!(!format!("{:?}", map(&[("a", "Ахметов")])).contains("Ахметов"));
    }
}
