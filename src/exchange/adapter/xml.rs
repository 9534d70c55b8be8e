//! Local XML files as trees. Prefixes are the profile's: a name means its namespace, not its spelling.
//!
//! An element of text is a leaf; one with elements or attributes is a map, attributes as `@name`.
//!
//! The bounded reader takes only ASCII names of namespaces, as signed documents have them. Local forms of
//! Russia have Cyrillic ones (`http://пф.рф/…`): they are percent-encoded before the reader sees them.

use super::error::FormatError;
use super::value::Map;
use super::value::TEXT;
use super::value::Text;
use super::value::Value;
use crate::base::Limits;
use crate::exchange::document::CanonicalWriter;
use crate::exchange::document::Event;
use crate::exchange::document::Scope;
use crate::exchange::document::StartTag;
use crate::exchange::document::XmlError;
use crate::exchange::document::XmlReader;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::Write;

/// The profile's prefixes, each with the namespaces it stands for; the first is the one written.
pub type Namespaces = BTreeMap<String, Vec<String>>;

/// One element as it was read.
pub(super) struct Node {
    /// Its name by the profile's prefixes.
    pub(super) name: String,
    pub(super) value: Value,
}

/// The start tag of an element that encloses others.
pub(super) struct Opening {
    /// Its name by the profile's prefixes.
    pub(super) name: String,
    /// Its attributes, `@name` each.
    pub(super) attributes: Map,
    /// The declarations in force inside it.
    pub(super) scope: Scope,
}

/// Reads an element that was cut out of a document; lines are counted from `first_line`.
///
/// # Errors
/// XML that the bounded reader refuses.
pub(super) fn element(
    bytes: &[u8],
    (namespaces, scope): (&Namespaces, &Scope),
    first_line: usize,
    limits: &Limits,
) -> Result<Node, XmlError> {
    let encoded = ascii(bytes);
    let mut reader = XmlReader::within(&encoded, scope, limits)?;
    let mut lines = Lines { bytes: &encoded, at: 0, line: first_line };
    let mut open: Vec<Open> = Vec::new();
    let mut whole = None;
    loop {
        match reader.next_event()? {
            Event::Start(tag) => open.push(Open::of(&tag, namespaces, lines.at(tag.offset()))),
            Event::Text(piece) => {
                if let Some(element) = open.last_mut() {
                    element.text.push_str(&piece);
                }
            }
            Event::End { .. } => {
                let Some((name, value)) = open.pop().map(Open::close) else { continue };
                match open.last_mut() {
                    Some(parent) => parent.map.add(name, value),
                    None => whole = Some(Node { name, value }),
                }
            }
            Event::Pi { .. } => {}
            Event::Done => break,
        }
    }
    // the reader is not done before its element is
    Ok(whole.unwrap_or_else(|| Node { name: String::new(), value: Value::Map(Map::at(first_line)) }))
}

/// Reads a start tag alone, without its `>`.
///
/// # Errors
/// XML that the bounded reader refuses.
pub(super) fn opening(
    tag: &[u8],
    (namespaces, scope): (&Namespaces, &Scope),
    line: usize,
    limits: &Limits,
) -> Result<Opening, XmlError> {
    let encoded = ascii(&[tag, b"/>"].concat()).into_owned();
    let mut reader = XmlReader::within(&encoded, scope, limits)?;
    let open = match reader.next_event()? {
        Event::Start(tag) => Open::of(&tag, namespaces, line),
        Event::Text(_) | Event::End { .. } | Event::Pi { .. } | Event::Done => Open::default(),
    };
    Ok(Opening { name: open.name, attributes: open.map, scope: reader.scope() })
}

/// The bytes with each namespace in ASCII; those that are no UTF-8 are left to the reader, which says where.
fn ascii(bytes: &[u8]) -> Cow<'_, [u8]> {
    let declares = memchr::memmem::find(bytes, b"xmlns").is_some();
    match std::str::from_utf8(bytes) {
        Ok(text) if declares => match with_ascii_namespaces(text) {
            Cow::Borrowed(text) => Cow::Borrowed(text.as_bytes()),
            Cow::Owned(text) => Cow::Owned(text.into_bytes()),
        },
        Ok(_) | Err(_) => Cow::Borrowed(bytes),
    }
}

/// Writes a document whose only entry is the root element.
///
/// # Errors
/// A prefix the profile does not declare, or a name or character that XML does not allow.
pub(super) fn write(document: &Map, namespaces: &Namespaces) -> Result<Vec<u8>, FormatError> {
    let known: Vec<(&str, &str)> = namespaces
        .iter()
        .filter_map(|(prefix, uris)| Some((prefix.as_str(), uris.first()?.as_str())))
        .collect();
    let mut writer = CanonicalWriter::new(&known);
    for (name, value) in document.entries() {
        write_nodes(&mut writer, name, value);
    }
    let mut bytes = b"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n".to_vec();
    bytes.append(&mut writer.finish()?);
    bytes.push(b'\n');
    Ok(bytes)
}

fn write_nodes(writer: &mut CanonicalWriter, name: &str, value: &Value) {
    let (prefix, local) = split_prefix(name);
    for item in value.items() {
        writer.start(prefix, local);
        match item {
            Value::Text(text) => {
                writer.text(text.as_str());
            }
            Value::Map(map) => write_content(writer, map),
            Value::List(_) => {}
        }
        writer.end();
    }
}

fn write_content(writer: &mut CanonicalWriter, map: &Map) {
    for (name, value) in map.entries() {
        if let (Some(attribute), Some(text)) = (name.strip_prefix('@'), value.as_text()) {
            let (prefix, local) = split_prefix(attribute);
            writer.attribute(prefix, local, text.as_str());
        }
    }
    for (name, value) in map.entries().filter(|(name, _)| !name.starts_with('@')) {
        match (name, value.as_text()) {
            (TEXT, Some(text)) => {
                writer.text(text.as_str());
            }
            (_, _) => write_nodes(writer, name, value),
        }
    }
}

fn split_prefix(name: &str) -> (&str, &str) {
    name.split_once(':').unwrap_or(("", name))
}

#[derive(Default)]
struct Open {
    name: String,
    map: Map,
    text: String,
}

impl Open {
    fn of(tag: &StartTag<'_>, namespaces: &Namespaces, line: usize) -> Self {
        let mut map = Map::at(line);
        for attribute in tag.attributes() {
            let name = match attribute.namespace {
                "" => format!("@{}", attribute.local),
                namespace => format!("@{}", named(namespaces, namespace, attribute.local)),
            };
            map.add(name, Value::Text(Text::new(attribute.value.trim(), line)));
        }
        Self { name: named(namespaces, tag.namespace(), tag.local()), map, text: String::new() }
    }

    fn close(mut self) -> (String, Value) {
        let text = Text::new(self.text.trim(), self.map.line());
        if self.map.is_empty() {
            return (self.name, Value::Text(text));
        }
        if !text.as_str().is_empty() {
            self.map.add(TEXT, Value::Text(text));
        }
        (self.name, Value::Map(self.map))
    }
}

/// The name by the profile's prefix; `{namespace}local` for a namespace it does not know.
fn named(namespaces: &Namespaces, namespace: &str, local: &str) -> String {
    let known = namespaces.iter().find(|(_, uris)| uris.iter().any(|uri| uri == namespace));
    match known.map(|(prefix, _)| prefix.as_str()) {
        Some("") => local.to_owned(),
        Some(prefix) => format!("{prefix}:{local}"),
        None if namespace.is_empty() => local.to_owned(),
        None => format!("{{{namespace}}}{local}"),
    }
}

pub(super) fn in_ascii(namespaces: &Namespaces) -> Namespaces {
    let encode = |uris: &Vec<String>| uris.iter().map(|uri| percent_encoded(uri)).collect();
    namespaces.iter().map(|(prefix, uris)| (prefix.clone(), encode(uris))).collect()
}

/// The document with each namespace declaration percent-encoded; lines stay where they are.
fn with_ascii_namespaces(text: &str) -> Cow<'_, str> {
    let mut encoded = String::new();
    let mut copied = 0;
    let mut at = 0;
    while let Some(begin) = find(text, at, "<") {
        let rest = text.get(begin..).unwrap_or_default();
        let skipped = [("<!--", "-->"), ("<![CDATA[", "]]>"), ("<?", "?>")];
        if let Some((open, close)) = skipped.into_iter().find(|(open, _)| rest.starts_with(open)) {
            at = find(text, begin + open.len(), close).map_or(text.len(), |end| end + close.len());
            continue;
        }
        at = begin + 1;
        while let Some((quote_at, quote)) = next_quote(text, at) {
            let value_at = quote_at + 1;
            let end = find(text, value_at, quote).unwrap_or(text.len());
            let value = text.get(value_at..end).unwrap_or_default();
            if !value.is_ascii() && is_declaration(text.get(at..quote_at).unwrap_or_default()) {
                encoded.push_str(text.get(copied..value_at).unwrap_or_default());
                encoded.push_str(&percent_encoded(value));
                copied = end;
            }
            at = (end + 1).min(text.len());
        }
    }
    if copied == 0 {
        return Cow::Borrowed(text);
    }
    encoded.push_str(text.get(copied..).unwrap_or_default());
    Cow::Owned(encoded)
}

fn find(text: &str, from: usize, what: &str) -> Option<usize> {
    text.get(from..)?.find(what).map(|at| from + at)
}

/// The quote that begins the next attribute of the tag, if it has one more.
fn next_quote(text: &str, from: usize) -> Option<(usize, &str)> {
    let at = text.get(from..)?.find(['"', '\'', '>', '<'])? + from;
    let found = text.get(at..=at)?;
    (!matches!(found, ">" | "<")).then_some((at, found))
}

/// Whether what stands before a quote is `xmlns=` or `xmlns:prefix=`.
fn is_declaration(before: &str) -> bool {
    let name = before.trim_end().strip_suffix('=').unwrap_or_default().trim_end();
    let name = name.rsplit(char::is_whitespace).next().unwrap_or_default();
    name == "xmlns" || name.starts_with("xmlns:")
}

fn percent_encoded(uri: &str) -> String {
    let mut encoded = String::with_capacity(uri.len());
    for byte in uri.bytes() {
        if byte.is_ascii() {
            encoded.push(char::from(byte));
        } else {
            let _ = write!(encoded, "%{byte:02X}"); // a string takes all
        }
    }
    encoded
}

/// Turns rising offsets into lines, in one pass.
struct Lines<'a> {
    bytes: &'a [u8],
    at: usize,
    line: usize,
}

impl Lines<'_> {
    fn at(&mut self, offset: usize) -> usize {
        let passed = self.bytes.get(self.at..offset).unwrap_or_default();
        self.line += passed.iter().filter(|byte| **byte == b'\n').count();
        self.at = offset;
        self.line
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn namespaces() -> Namespaces {
        let uris = |all: &[&str]| all.iter().map(|uri| (*uri).to_owned()).collect();
        [("".to_owned(), uris(&["urn:new", "urn:old"])), ("t".to_owned(), uris(&["urn:t"]))].into()
    }

    fn read(text: &[u8], limits: &Limits) -> Result<Map, XmlError> {
        let Node { name, value } = element(text, (&in_ascii(&namespaces()), &Scope::default()), 1, limits)?;
        let mut map = Map::default();
        map.add(name, value);
        Ok(map)
    }

    #[test]
    fn names_mean_namespaces_whatever_their_prefix() {
        let text =
            "<q:a xmlns:q='urn:old' xmlns='urn:t'>\n <b k='1'> x </b>\n <b>y</b><c xmlns='urn:z'/></q:a>";
        let map = read(text.as_bytes(), &Limits::default()).unwrap();
        let leaves: Vec<_> = map.all("a/t:b").into_iter().filter_map(|v| v.as_text()).collect();
        assert_eq!(leaves.iter().map(|t| (t.as_str(), t.line())).collect::<Vec<_>>(), [("x", 2), ("y", 3)]);
        assert_eq!(map.all("a/t:b/@k").len(), 1);
        assert_eq!(map.all("a").first().and_then(|v| v.as_map()).map(|m| m.entries().count()), Some(2));
    }

    #[test]
    fn a_tree_is_read_as_it_is_written() {
        let text =
            "<a xmlns='urn:new' xmlns:t='urn:t'><t:b k='1'>x &amp; y</t:b><t:b>2</t:b><c><d>3</d></c></a>";
        let map = read(text.as_bytes(), &Limits::default()).unwrap();
        let written = write(&map, &namespaces()).unwrap();
        assert_eq!(read(&written, &Limits::default()).unwrap(), map);
    }

    #[test]
    fn a_document_type_and_a_huge_file_are_refused() {
        let read = |text: &str, limits| read(text.as_bytes(), &limits);
        assert!(read("<!DOCTYPE a><a/>", Limits::default()).is_err());
        assert!(read("<a/>", Limits { xml_bytes_max: 1, ..Limits::default() }).is_err());
    }

    #[test]
    fn only_names_of_namespaces_are_encoded() {
        let kept =
            "<!-- xmlns='ф' --><a k='xmlns=\"ф\"' xmlns='urn:a'>xmlns='ф' > \"<![CDATA[<b xmlns='ф'>]]></a>";
        assert_eq!(with_ascii_namespaces(kept), kept);
        let encoded = with_ascii_namespaces("<a\n xmlns:p = 'http://ф/' k='ф'><b xmlns=\"urn:ф\"/></a>");
        assert_eq!(encoded, "<a\n xmlns:p = 'http://%D1%84/' k='ф'><b xmlns=\"urn:%D1%84\"/></a>");
        for unfinished in ["<", "<a xmlns='", "<a xmlns='ф", "<!--", "<?", "'"] {
            assert!(with_ascii_namespaces(unfinished).len() >= unfinished.len());
        }
    }
}
