//! Writes XML that is already in exclusive canonical form.
//!
//! Each prefix stands for one namespace, told beforehand, and is declared on the element that first
//! uses it: the form that Exclusive XML Canonicalization 1.0 gives to any such document.

use super::chars::find_illegal;
use super::chars::has_any;
use super::chars::is_ncname;
use super::chars::is_plain_text;
use std::fmt::{Display, Write};

/// What the caller asked to write that is no XML, or no whole document.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WriteError {
    /// A prefix that was not told beforehand, or told twice.
    #[error("write XML: prefix {prefix:?} is not declared once")]
    Prefix {
        /// The prefix.
        prefix: String,
    },
    /// A name that XML does not allow.
    #[error("write XML: {name:?} is not a name")]
    Name {
        /// The name.
        name: String,
    },
    /// A character that XML does not allow, in the value of `name`.
    #[error("write XML: a character XML does not allow in {name:?}")]
    Character {
        /// The element or attribute.
        name: String,
    },
    /// An attribute outside a start tag, or twice in it.
    #[error("write XML: attribute {name:?} is twice on its element or on none")]
    Attribute {
        /// The attribute.
        name: String,
    },
    /// Elements left open, closed twice, or text beside the root.
    #[error("write XML: elements are not closed one within another")]
    Unbalanced,
}

/// Writes one document. Mistakes of the caller are kept and told by [`CanonicalWriter::finish`].
#[derive(Debug)]
pub struct CanonicalWriter<'n> {
    out: Vec<u8>,
    /// Sorted by prefix, as canonical form declares them.
    namespaces: Vec<Namespace<'n>>,
    names: String,
    open: Vec<usize>,
    pending: Option<Pending>,
    attributes: Vec<PendingAttribute>,
    /// Names and values of the attributes that wait, one after the other.
    waiting: String,
    /// Room for a value that is shown.
    shown: String,
    has_root: bool,
    fault: Option<WriteError>,
}

impl<'n> CanonicalWriter<'n> {
    /// A writer that knows these prefixes; the empty one is the default namespace, `xml` is always known.
    pub fn new(namespaces: &[(&'n str, &'n str)]) -> Self {
        let mut known = Vec::with_capacity(namespaces.len() + 1);
        known.extend(namespaces.iter().map(|(prefix, uri)| Namespace { prefix, uri, declared_at: None }));
        // Bound everywhere and never declared: no element is this deep.
        known.push(Namespace { prefix: "xml", uri: super::XML_NAMESPACE, declared_at: Some(usize::MAX) });
        known.sort_by(|a, b| a.prefix.cmp(b.prefix));
        let twice = known.iter().zip(known.iter().skip(1)).find(|(a, b)| a.prefix == b.prefix);
        let fault = twice.map(|(a, _)| WriteError::Prefix { prefix: a.prefix.to_owned() });
        Self {
            out: Vec::with_capacity(OUT_BYTES),
            namespaces: known,
            names: String::with_capacity(NAMES_BYTES),
            open: Vec::with_capacity(OPEN),
            pending: None,
            attributes: Vec::new(),
            waiting: String::new(),
            shown: String::new(),
            has_root: false,
            fault,
        }
    }

    /// Opens an element.
    pub fn start(&mut self, prefix: &str, local: &str) -> &mut Self {
        self.complete_tag();
        if self.open.is_empty() && self.has_root {
            self.fail(WriteError::Unbalanced);
        }
        self.has_root = true;
        let namespace = self.find(prefix, local);
        self.open.push(self.names.len());
        if !prefix.is_empty() {
            self.names.push_str(prefix);
            self.names.push(':');
        }
        self.names.push_str(local);
        self.pending = Some(Pending { namespace });
        self
    }

    /// Gives the element just opened an attribute.
    pub fn attribute(&mut self, prefix: &str, local: &str, value: &str) -> &mut Self {
        let namespace = if prefix.is_empty() { None } else { self.find(prefix, local) };
        let waiting = &self.waiting;
        let is_it = |a: &PendingAttribute| a.namespace == namespace && a.local(waiting) == local;
        let is_twice = self.attributes.iter().any(is_it);
        if self.pending.is_none() || is_twice {
            self.fail(WriteError::Attribute { name: local.to_owned() });
        }
        self.check(local, value);
        let begin = self.waiting.len();
        self.waiting.push_str(local);
        let middle = self.waiting.len();
        self.waiting.push_str(value);
        self.attributes.push(PendingAttribute { namespace, begin, middle, end: self.waiting.len() });
        self
    }

    /// Writes text into the open element.
    pub fn text(&mut self, text: &str) -> &mut Self {
        self.complete_tag();
        if self.open.is_empty() {
            self.fail(WriteError::Unbalanced);
        }
        if is_plain_text(text) {
            self.out.extend_from_slice(text.as_bytes());
            return self;
        }
        if find_illegal(text).is_some() {
            let name = self.open_name().to_owned();
            self.fail(WriteError::Character { name });
        }
        escape_text(&mut self.out, text);
        self
    }

    /// Closes the element opened last.
    pub fn end(&mut self) -> &mut Self {
        self.complete_tag();
        let Some(begin) = self.open.pop() else {
            self.fail(WriteError::Unbalanced);
            return self;
        };
        self.out.extend_from_slice(b"</");
        self.out.extend_from_slice(self.names.get(begin..).unwrap_or_default().as_bytes());
        self.out.push(b'>');
        self.names.truncate(begin);
        let depth = self.open.len();
        for namespace in self.namespaces.iter_mut().filter(|n| n.declared_at == Some(depth)) {
            namespace.declared_at = None;
        }
        self
    }

    /// An element that holds only text.
    pub fn leaf(&mut self, prefix: &str, local: &str, text: &str) -> &mut Self {
        self.start(prefix, local).text(text).end()
    }

    /// An element that holds only a value, as it is shown.
    pub fn leaf_shown(&mut self, prefix: &str, local: &str, value: &impl Display) -> &mut Self {
        self.start(prefix, local).text_shown(value).end()
    }

    /// Writes a value, as it is shown, into the open element.
    pub fn text_shown(&mut self, value: &impl Display) -> &mut Self {
        let mut shown = std::mem::take(&mut self.shown);
        shown.clear();
        let _ = write!(shown, "{value}"); // a string takes all
        self.text(&shown);
        self.shown = shown;
        self
    }

    /// Writes an element that is canonical by itself and of namespaces that are not declared around it; what it is
    /// stays with the caller.
    pub(super) fn embed(&mut self, element: &[u8]) -> &mut Self {
        self.complete_tag();
        if self.open.is_empty() {
            self.fail(WriteError::Unbalanced);
        }
        self.out.extend_from_slice(element);
        self
    }

    /// The document, or the first mistake.
    pub fn finish(mut self) -> Result<Vec<u8>, WriteError> {
        if !self.open.is_empty() || !self.has_root {
            self.fail(WriteError::Unbalanced);
        }
        match self.fault {
            Some(fault) => Err(fault),
            None => Ok(self.out),
        }
    }

    /// Writes the start tag that waits for its attributes.
    fn complete_tag(&mut self) {
        let Some(pending) = self.pending.take() else { return };
        self.out.push(b'<');
        let begin = self.open.last().copied().unwrap_or_default();
        self.out.extend_from_slice(self.names.get(begin..).unwrap_or_default().as_bytes());
        let depth = self.open.len().saturating_sub(1);
        let attributes = &self.attributes;
        for (place, namespace) in self.namespaces.iter_mut().enumerate() {
            let is_used = pending.namespace == Some(place)
                || attributes.iter().any(|attribute| attribute.namespace == Some(place));
            if is_used && namespace.declared_at.is_none() {
                namespace.declared_at = Some(depth);
                let colon = if namespace.prefix.is_empty() { "" } else { ":" };
                write_attribute(&mut self.out, &["xmlns", colon, namespace.prefix], namespace.uri);
            }
        }
        let (namespaces, waiting) = (&self.namespaces, self.waiting.as_str());
        let known = |attribute: &PendingAttribute| attribute.namespace.and_then(|at| namespaces.get(at));
        let uri = |attribute: &PendingAttribute| known(attribute).map_or("", |n| n.uri);
        self.attributes.sort_by(|a, b| (uri(a), a.local(waiting)).cmp(&(uri(b), b.local(waiting))));
        for attribute in &self.attributes {
            let prefix = known(attribute).map_or("", |n| n.prefix);
            let colon = if prefix.is_empty() { "" } else { ":" };
            let name = [prefix, colon, attribute.local(waiting)];
            write_attribute(&mut self.out, &name, attribute.value(waiting));
        }
        self.attributes.clear();
        self.waiting.clear();
        self.out.push(b'>');
    }

    /// The place of the namespace of `prefix`; an unknown empty prefix is no namespace.
    fn find(&mut self, prefix: &str, local: &str) -> Option<usize> {
        if !is_ncname(local) {
            self.fail(WriteError::Name { name: local.to_owned() });
        }
        let found = self.namespaces.iter().position(|namespace| namespace.prefix == prefix);
        if found.is_none() && !prefix.is_empty() {
            self.fail(WriteError::Prefix { prefix: prefix.to_owned() });
        }
        found
    }

    fn check(&mut self, name: &str, value: &str) {
        if find_illegal(value).is_some() {
            self.fail(WriteError::Character { name: name.to_owned() });
        }
    }

    fn open_name(&self) -> &str {
        self.open.last().and_then(|begin| self.names.get(*begin..)).unwrap_or_default()
    }

    fn fail(&mut self, fault: WriteError) {
        self.fault.get_or_insert(fault);
    }
}

/// Appends text as canonical XML writes it.
pub fn escape_text(out: &mut Vec<u8>, text: &str) {
    escape(out, text, |byte| match byte {
        b'&' => Some("&amp;"),
        b'<' => Some("&lt;"),
        b'>' => Some("&gt;"),
        b'\r' => Some("&#xD;"),
        _ => None,
    });
}

/// Appends an attribute's value as canonical XML writes it between its quotes.
pub fn escape_attribute(out: &mut Vec<u8>, value: &str) {
    escape(out, value, |byte| match byte {
        b'&' => Some("&amp;"),
        b'<' => Some("&lt;"),
        b'"' => Some("&quot;"),
        b'\t' => Some("&#x9;"),
        b'\n' => Some("&#xA;"),
        b'\r' => Some("&#xD;"),
        _ => None,
    });
}

#[derive(Debug)]
struct Namespace<'n> {
    prefix: &'n str,
    uri: &'n str,
    /// The depth of the element that declares it, while that is open.
    declared_at: Option<usize>,
}

#[derive(Debug)]
struct Pending {
    namespace: Option<usize>,
}

/// An attribute of the tag that waits: where its name and its value stand.
#[derive(Debug)]
struct PendingAttribute {
    namespace: Option<usize>,
    begin: usize,
    middle: usize,
    end: usize,
}

impl PendingAttribute {
    fn local<'w>(&self, waiting: &'w str) -> &'w str {
        waiting.get(self.begin..self.middle).unwrap_or_default()
    }

    fn value<'w>(&self, waiting: &'w str) -> &'w str {
        waiting.get(self.middle..self.end).unwrap_or_default()
    }
}

fn write_attribute(out: &mut Vec<u8>, name: &[&str], value: &str) {
    out.push(b' ');
    for part in name {
        out.extend_from_slice(part.as_bytes());
    }
    out.extend_from_slice(b"=\"");
    escape_attribute(out, value);
    out.push(b'"');
}

fn escape(out: &mut Vec<u8>, text: &str, stands_for: impl Fn(u8) -> Option<&'static str>) {
    let mut rest = text.as_bytes();
    if !has_any(rest, |byte| matches!(byte, b'&' | b'<' | b'>' | b'"' | b'\t' | b'\n' | b'\r')) {
        out.extend_from_slice(rest);
        return;
    }
    while let Some(at) = rest.iter().position(|byte| stands_for(*byte).is_some()) {
        let (plain, special) = rest.split_at_checked(at).unwrap_or_default();
        out.extend_from_slice(plain);
        let (byte, behind) = special.split_first().unwrap_or((&0, &[]));
        out.extend_from_slice(stands_for(*byte).unwrap_or_default().as_bytes());
        rest = behind;
    }
    out.extend_from_slice(rest);
}

/// Room for a document of a few elements; a longer one takes more.
const OUT_BYTES: usize = 4_096;
const NAMES_BYTES: usize = 256;
const OPEN: usize = 8;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_is_declared_where_it_is_first_used() {
        let mut writer = CanonicalWriter::new(&[("b", "urn:b"), ("a", "urn:a"), ("c", "urn:z")]);
        writer
            .start("a", "root")
            .attribute("", "z", "1\t\"")
            .attribute("b", "k", "<&>")
            .attribute("", "y", "");
        writer.leaf("b", "x", "a>b\r&").start("c", "y").start("c", "y").end().end().leaf("c", "y", "").end();
        let text = String::from_utf8(writer.finish().unwrap()).unwrap();
        assert_eq!(
            text,
            "<a:root xmlns:a=\"urn:a\" xmlns:b=\"urn:b\" y=\"\" z=\"1&#x9;&quot;\" b:k=\"&lt;&amp;>\">\
             <b:x>a&gt;b&#xD;&amp;</b:x><c:y xmlns:c=\"urn:z\"><c:y></c:y></c:y><c:y xmlns:c=\"urn:z\"></c:y></a:root>"
        );
    }

    #[test]
    fn mistakes_are_told_at_the_end() {
        let fault =
            |write: for<'w> fn(&'w mut CanonicalWriter<'static>) -> &'w mut CanonicalWriter<'static>| {
                let mut writer = CanonicalWriter::new(&[("a", "urn:a")]);
                write(&mut writer);
                writer.finish().unwrap_err()
            };
        assert_eq!(fault(|w| w.start("a", "x")), WriteError::Unbalanced);
        assert_eq!(fault(|w| w.leaf("a", "x", "").leaf("a", "x", "")), WriteError::Unbalanced);
        assert_eq!(fault(|w| w.leaf("q", "x", "")), WriteError::Prefix { prefix: "q".into() });
        assert_eq!(fault(|w| w.leaf("a", "x y", "")), WriteError::Name { name: "x y".into() });
        assert_eq!(fault(|w| w.leaf("a", "x", "\u{0}")), WriteError::Character { name: "a:x".into() });
    }
}
