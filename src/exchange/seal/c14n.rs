//! Exclusive XML Canonicalization 1.0 without comments, written while a document is read.

use super::breach::Breach;
use super::error::SealError;
use super::filling::Hole;
use crate::base::Limits;
use crate::exchange::document::AttributeRef;
use crate::exchange::document::Event;
use crate::exchange::document::StartTag;
use crate::exchange::document::XmlError;
use crate::exchange::document::XmlErrorKind;
use crate::exchange::document::XmlReader;
use crate::exchange::document::escape_attribute;
use crate::exchange::document::escape_text;
use percent_encoding::percent_decode_str;
use std::ops::Range;

/// Takes the events of one subtree and gives its canonical bytes.
#[derive(Debug, Default)]
pub struct Canonicalizer {
    out: Vec<u8>,
    /// The namespace declarations written on elements that are still open.
    rendered: Vec<Rendered>,
    /// How many of them there were before each open element.
    marks: Vec<usize>,
    /// Only if attachments may stand beside what is written.
    xop: Option<Xop>,
}

/// Where the prefix and the namespace of a declaration stand in what is written. The reader takes no namespace that would
/// be written in another way than it is.
#[derive(Debug)]
struct Rendered {
    prefix: Range<usize>,
    namespace: Range<usize>,
}

/// Keeps `xop:Include` out of the canonical bytes: it stands for the base64 of a part (XOP 1.0 §2.1, §3.2).
#[derive(Debug, Default)]
struct Xop {
    holes: Vec<Hole>,
    last: Last,
    /// The first one that stands where none may, or that names nothing.
    fault: Option<usize>,
}

/// What was read last, as far as it matters to an `xop:Include`.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Last {
    #[default]
    Anything,
    /// The start tag of an element that holds base64: only here may one stand.
    BinaryStart,
    /// Its start tag.
    Include,
    /// Its end tag: nothing but the end tag around it may follow.
    IncludeEnd,
}

impl Canonicalizer {
    /// One that expects about so many bytes.
    pub fn with_capacity(bytes: usize) -> Self {
        Self { out: Vec::with_capacity(bytes), ..Self::default() }
    }

    /// One that leaves a hole for each attachment.
    pub(super) fn with_holes(bytes: usize) -> Self {
        Self { xop: Some(Xop::default()), ..Self::with_capacity(bytes) }
    }

    /// Writes a start tag, with the declarations it visibly uses and no element above it has written.
    pub fn start(&mut self, tag: &StartTag<'_>) {
        if self.xop.as_mut().is_some_and(|xop| xop.start(tag, self.out.len())) {
            return;
        }
        self.marks.push(self.rendered.len());
        self.out.push(b'<');
        self.name(tag.prefix(), tag.local());
        let mut attributes = tag.attributes();
        match (attributes.next(), attributes.next()) {
            (None, _) => self.declare_missing(tag.prefix(), tag.namespace()),
            (Some(only), None) if only.prefix.is_empty() => {
                self.declare_missing(tag.prefix(), tag.namespace());
                self.attribute(only);
            }
            (Some(_), _) => self.sorted(tag),
        }
        self.out.push(b'>');
    }

    /// Declarations and attributes, where there is something to sort.
    fn sorted(&mut self, tag: &StartTag<'_>) {
        let mut used = vec![(tag.prefix(), tag.namespace())];
        let mut attributes: Vec<_> = tag.attributes().collect();
        used.extend(attributes.iter().filter(|a| !a.prefix.is_empty()).map(|a| (a.prefix, a.namespace)));
        used.sort_unstable();
        for (prefix, namespace) in used {
            self.declare_missing(prefix, namespace);
        }
        attributes.sort_unstable_by_key(|a| (a.namespace, a.local));
        for attribute in attributes {
            self.attribute(attribute);
        }
    }

    /// Writes a declaration, unless it is in force already.
    fn declare_missing(&mut self, prefix: &str, namespace: &str) {
        if self.is_rendered(prefix, namespace) {
            return;
        }
        self.out.extend_from_slice(if prefix.is_empty() { b" xmlns" } else { b" xmlns:" });
        let at = self.out.len();
        self.out.extend_from_slice(prefix.as_bytes());
        let behind_prefix = self.out.len();
        self.out.extend_from_slice(OPENING);
        let begin = self.out.len();
        escape_attribute(&mut self.out, namespace);
        let namespace = begin..self.out.len();
        self.out.push(b'"');
        self.rendered.push(Rendered { prefix: at..behind_prefix, namespace });
    }

    fn attribute(&mut self, attribute: AttributeRef<'_>) {
        self.out.push(b' ');
        self.name(attribute.prefix, "");
        self.value(attribute.local, attribute.value);
    }

    /// Writes a piece of text.
    pub fn text(&mut self, text: &str) {
        self.beside();
        escape_text(&mut self.out, text);
    }

    /// Writes a processing instruction.
    pub fn pi(&mut self, target: &str, content: &str) {
        self.beside();
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
        if self.xop.as_mut().is_some_and(Xop::end) {
            return;
        }
        self.out.extend_from_slice(b"</");
        self.out.extend_from_slice(qname.as_bytes());
        self.out.push(b'>');
        self.rendered.truncate(self.marks.pop().unwrap_or_default());
    }

    /// How many bytes are written.
    pub fn written(&self) -> usize {
        self.out.len()
    }

    /// The canonical bytes and the holes in them.
    pub(super) fn into_parts(self) -> Result<(Vec<u8>, Vec<Hole>), SealError> {
        let Xop { holes, fault, .. } = self.xop.unwrap_or_default();
        match fault {
            Some(offset) => Err(Breach::Include { offset }.into()),
            None => Ok((self.out, holes)),
        }
    }

    /// Something stands here that is neither a start nor an end.
    fn beside(&mut self) {
        if let Some(xop) = &mut self.xop {
            xop.beside();
        }
    }

    /// The canonical bytes.
    pub fn into_bytes(self) -> Vec<u8> {
        self.out
    }

    /// Whether the namespace needs no declaration here.
    fn is_rendered(&self, prefix: &str, namespace: &str) -> bool {
        let written = |range: &Range<usize>| self.out.get(range.clone()).unwrap_or_default();
        let found = self.rendered.iter().rfind(|known| written(&known.prefix) == prefix.as_bytes());
        let in_force = found.map(|known| written(&known.namespace)).unwrap_or_default();
        in_force == namespace.as_bytes() || prefix == "xml"
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
        self.out.extend_from_slice(OPENING);
        escape_attribute(&mut self.out, value);
        self.out.push(b'"');
    }
}

impl Xop {
    /// Tells whether this is an `xop:Include`, which is not written.
    fn start(&mut self, tag: &StartTag<'_>, at: usize) -> bool {
        let before = std::mem::replace(&mut self.last, Last::Anything);
        if !tag.is(XOP, "Include") {
            if matches!(before, Last::Include | Last::IncludeEnd) {
                self.fault.get_or_insert(tag.offset());
            }
            if BINARY.iter().any(|(namespace, local)| tag.is(namespace, local)) {
                self.last = Last::BinaryStart;
            }
            return false;
        }
        self.last = Last::Include;
        let mut attributes = tag.attributes();
        let content_id = match (attributes.next(), attributes.next()) {
            (Some(href), None) if href.namespace.is_empty() && href.local == "href" => content_id(href.value),
            (Some(_) | None, _) => None,
        };
        match content_id {
            Some(content_id)
                if before == Last::BinaryStart
                    && self.holes.len() < HOLES_MAX
                    && self.holes.iter().all(|hole| hole.content_id != content_id) =>
            {
                self.holes.push(Hole { at, content_id });
            }
            Some(_) | None => {
                self.fault.get_or_insert(tag.offset());
            }
        }
        true
    }

    /// Tells whether this is the end of an `xop:Include`.
    fn end(&mut self) -> bool {
        let is_include = self.last == Last::Include;
        self.last = if is_include { Last::IncludeEnd } else { Last::Anything };
        is_include
    }

    fn beside(&mut self) {
        if matches!(self.last, Last::Include | Last::IncludeEnd) {
            self.fault.get_or_insert(self.holes.last().map_or(0, |hole| hole.at));
        }
        self.last = Last::Anything;
    }
}

/// The Content-ID in a `cid:` URL (RFC 2392); none in any other: an attachment is never fetched from anywhere.
fn content_id(href: &str) -> Option<String> {
    let coded = href.strip_prefix("cid:")?;
    let id = percent_decode_str(coded).decode_utf8().ok()?;
    let is_printable =
        (1..=CONTENT_ID_CHARS_MAX).contains(&id.len()) && id.bytes().all(|c| c.is_ascii_graphic());
    is_printable.then(|| id.into_owned())
}

/// Between the name of an attribute and its value.
const OPENING: &[u8] = b"=\"";

/// The canonical form of a whole document.
pub fn canonicalize(bytes: &[u8], limits: &Limits) -> Result<Vec<u8>, XmlError> {
    let canonical = Canonicalizer::with_capacity(bytes.len());
    Ok(canonical_form(XmlReader::new(bytes, limits)?, canonical, limits)?.into_bytes())
}

/// The canonical form of what a reader has before it.
pub(super) fn canonical_form(
    mut reader: XmlReader<'_>,
    mut canonical: Canonicalizer,
    limits: &Limits,
) -> Result<Canonicalizer, XmlError> {
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
            Event::Done => return Ok(canonical),
        }
    }
}

/// What `xop:Include` belongs to.
pub(super) const XOP: &str = "http://www.w3.org/2004/08/xop/include";

/// The elements that hold an attachment.
const BINARY: [(&str, &str); 1] = [("urn:EEC:M:SimpleDataObjects:v0.4.12", "DocBinaryText")];

/// The most attachments of one document.
const HOLES_MAX: usize = 1_000;

/// Longer names are nobody's.
const CONTENT_ID_CHARS_MAX: usize = 255;

#[cfg(test)]
mod tests {
    use super::*;

    fn holes(body: &str) -> Result<(String, Vec<(usize, String)>), SealError> {
        let text = format!(
            "<a xmlns:c='urn:EEC:M:SimpleDataObjects:v0.4.12' xmlns:x='http://www.w3.org/2004/08/xop/include'>{body}</a>"
        );
        let limits = Limits::default();
        let reader = XmlReader::new(text.as_bytes(), &limits)?;
        let (bytes, holes) = canonical_form(reader, Canonicalizer::with_holes(0), &limits)?.into_parts()?;
        let holes = holes.into_iter().map(|hole| (hole.at, hole.content_id)).collect();
        Ok((String::from_utf8(bytes).unwrap(), holes))
    }

    #[test]
    fn an_attachment_leaves_a_hole_where_its_base64_belongs() {
        let start = "<a><c:DocBinaryText xmlns:c=\"urn:EEC:M:SimpleDataObjects:v0.4.12\">";
        let (bytes, found) =
            holes("<c:DocBinaryText><x:Include href='cid:scan%401'/></c:DocBinaryText>").unwrap();
        assert_eq!(bytes, format!("{start}</c:DocBinaryText></a>"));
        assert_eq!(found, [(start.len(), "scan@1".to_owned())]);
        let (_, found) = holes(
            "<c:DocBinaryText><!-- a --><x:Include href='cid:1'></x:Include></c:DocBinaryText>\
             <c:DocBinaryText>QUJD</c:DocBinaryText><c:DocBinaryText><x:Include href='cid:2'/></c:DocBinaryText>",
        )
        .unwrap();
        assert_eq!(found.len(), 2);
    }

    #[test]
    fn an_attachment_stands_nowhere_else_and_comes_from_nowhere_else() {
        for body in [
            "<x:Include href='cid:1'/>",
            "<c:DocName><x:Include href='cid:1'/></c:DocName>",
            "<c:DocBinaryText>QUJD<x:Include href='cid:1'/></c:DocBinaryText>",
            "<c:DocBinaryText> <x:Include href='cid:1'/></c:DocBinaryText>",
            "<c:DocBinaryText><x:Include href='cid:1'/>QUJD</c:DocBinaryText>",
            "<c:DocBinaryText><x:Include href='cid:1'/><b/></c:DocBinaryText>",
            "<c:DocBinaryText><b/><x:Include href='cid:1'/></c:DocBinaryText>",
            "<c:DocBinaryText><x:Include href='cid:1'/><?p?></c:DocBinaryText>",
            "<c:DocBinaryText><x:Include href='cid:1'/><x:Include href='cid:2'/></c:DocBinaryText>",
            "<c:DocBinaryText><x:Include href='cid:1'>QUJD</x:Include></c:DocBinaryText>",
            "<c:DocBinaryText><x:Include href='cid:1'><b/></x:Include></c:DocBinaryText>",
            "<c:DocBinaryText><x:Include href='cid:1'><x:Include href='cid:2'/></x:Include></c:DocBinaryText>",
            "<c:DocBinaryText><x:Include/></c:DocBinaryText>",
            "<c:DocBinaryText><x:Include href='cid:'/></c:DocBinaryText>",
            "<c:DocBinaryText><x:Include href='cid:a%00b'/></c:DocBinaryText>",
            "<c:DocBinaryText><x:Include href='cid:a%ff'/></c:DocBinaryText>",
            "<c:DocBinaryText><x:Include href='http://10.0.0.1/secret'/></c:DocBinaryText>",
            "<c:DocBinaryText><x:Include href='file:///etc/passwd'/></c:DocBinaryText>",
            "<c:DocBinaryText><x:Include href='cid:1' c:href='cid:2'/></c:DocBinaryText>",
            "<c:DocBinaryText><x:Include href='cid:1'/></c:DocBinaryText><c:DocBinaryText><x:Include href='cid:1'/></c:DocBinaryText>",
        ] {
            let error = holes(body).unwrap_err();
            assert_eq!(error.code(), "seal.include", "{body}: {error}");
        }
    }

    #[test]
    fn outside_of_a_message_an_include_is_an_element_as_any_other() {
        let text = "<x:Include xmlns:x=\"http://www.w3.org/2004/08/xop/include\" href=\"cid:1\"></x:Include>";
        assert_eq!(canonicalize(text.as_bytes(), &Limits::default()).unwrap(), text.as_bytes());
    }

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
