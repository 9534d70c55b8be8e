//! Exclusive XML Canonicalization 1.0 without comments, written while a document is read.

use crate::base::Limits;
use crate::exchange::document::Event;
use crate::exchange::document::StartTag;
use crate::exchange::document::XmlError;
use crate::exchange::document::XmlErrorKind;
use crate::exchange::document::XmlReader;
use crate::exchange::document::escape_attribute;
use crate::exchange::document::escape_text;

/// Takes the events of one subtree and gives its canonical bytes.
#[derive(Debug, Default)]
pub struct Canonicalizer {
    out: Vec<u8>,
    /// The namespace declarations written on elements that are still open, by prefix.
    rendered: Vec<(String, String)>,
    /// How many of them there were before each open element.
    marks: Vec<usize>,
}

impl Canonicalizer {
    /// One that expects about so many bytes.
    pub fn with_capacity(bytes: usize) -> Self {
        Self { out: Vec::with_capacity(bytes), ..Self::default() }
    }

    /// Writes a start tag, with the declarations it visibly uses and no element above it has written.
    pub fn start(&mut self, tag: &StartTag<'_>) {
        self.marks.push(self.rendered.len());
        self.out.push(b'<');
        self.name(tag.prefix(), tag.local());
        let prefixed = tag.attributes().filter(|a| !a.prefix.is_empty()).map(|a| (a.prefix, a.namespace));
        let mut missing: Vec<(&str, &str)> = Vec::new();
        for (prefix, namespace) in std::iter::once((tag.prefix(), tag.namespace())).chain(prefixed) {
            if !self.is_rendered(prefix, namespace) && !missing.contains(&(prefix, namespace)) {
                missing.push((prefix, namespace));
            }
        }
        missing.sort_unstable();
        for (prefix, namespace) in missing {
            self.out.extend_from_slice(if prefix.is_empty() { b" xmlns" } else { b" xmlns:" });
            self.value(prefix, namespace);
            self.rendered.push((prefix.to_owned(), namespace.to_owned()));
        }
        let mut attributes: Vec<_> = tag.attributes().collect();
        attributes.sort_unstable_by_key(|a| (a.namespace, a.local));
        for attribute in attributes {
            self.out.push(b' ');
            self.name(attribute.prefix, "");
            self.value(attribute.local, attribute.value);
        }
        self.out.push(b'>');
    }

    /// Writes a piece of text.
    pub fn text(&mut self, text: &str) {
        escape_text(&mut self.out, text);
    }

    /// Writes a processing instruction.
    pub fn pi(&mut self, target: &str, content: &str) {
        self.out.extend_from_slice(b"<?");
        self.out.extend_from_slice(target.as_bytes());
        if !content.is_empty() {
            self.out.push(b' ');
            self.out.extend_from_slice(content.as_bytes());
        }
        self.out.extend_from_slice(b"?>");
    }

    /// Writes an end tag.
    pub fn end(&mut self, qname: &str) {
        self.out.extend_from_slice(b"</");
        self.out.extend_from_slice(qname.as_bytes());
        self.out.push(b'>');
        self.rendered.truncate(self.marks.pop().unwrap_or_default());
    }

    /// How many bytes are written.
    pub fn written(&self) -> usize {
        self.out.len()
    }

    /// The canonical bytes.
    pub fn into_bytes(self) -> Vec<u8> {
        self.out
    }

    /// Whether the namespace needs no declaration here.
    fn is_rendered(&self, prefix: &str, namespace: &str) -> bool {
        let written = self.rendered.iter().rfind(|(known, _)| known == prefix).map(|(_, uri)| uri.as_str());
        prefix == "xml" || written.unwrap_or_default() == namespace
    }

    fn name(&mut self, prefix: &str, local: &str) {
        if !prefix.is_empty() {
            self.out.extend_from_slice(prefix.as_bytes());
            self.out.push(b':');
        }
        self.out.extend_from_slice(local.as_bytes());
    }

    fn value(&mut self, name: &str, value: &str) {
        self.out.extend_from_slice(name.as_bytes());
        self.out.extend_from_slice(b"=\"");
        escape_attribute(&mut self.out, value);
        self.out.push(b'"');
    }
}

/// The canonical form of a whole document.
pub fn canonicalize(bytes: &[u8], limits: &Limits) -> Result<Vec<u8>, XmlError> {
    canonical_form(XmlReader::new(bytes, limits)?, bytes.len(), limits)
}

/// The canonical form of what a reader has before it.
pub(super) fn canonical_form(
    mut reader: XmlReader<'_>,
    size: usize,
    limits: &Limits,
) -> Result<Vec<u8>, XmlError> {
    let mut canonical = Canonicalizer::with_capacity(size);
    let mut has_root = false;
    loop {
        let depth = reader.depth();
        match reader.next_event()? {
            Event::Start(tag) => {
                has_root = true;
                canonical.start(&tag);
                if canonical.written() > limits.xml_bytes_max {
                    return Err(reader.error(XmlErrorKind::TooLarge { limit: limits.xml_bytes_max }));
                }
            }
            Event::End { qname } => canonical.end(qname),
            Event::Text(text) => canonical.text(&text),
            Event::Pi { target, content } => {
                // beside the root, each instruction stands on its own line
                if depth == 0 && has_root {
                    canonical.out.push(b'\n');
                }
                canonical.pi(target, &content);
                if depth == 0 && !has_root {
                    canonical.out.push(b'\n');
                }
            }
            Event::Done => return Ok(canonical.into_bytes()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_canonical_form_much_longer_than_its_document_is_refused() {
        let siblings = "<p:b/>".repeat(2_000);
        let text = format!("<a xmlns:p=\"urn:{}\">{siblings}</a>", "n".repeat(1_000));
        let limits = Limits { xml_bytes_max: 100_000, ..Limits::default() };
        assert!(text.len() < limits.xml_bytes_max);
        assert_eq!(canonicalize(text.as_bytes(), &limits).unwrap_err().code(), "document.too_large");
        assert!(canonicalize(text.as_bytes(), &Limits::default()).unwrap().len() > 2_000_000);
    }
}
