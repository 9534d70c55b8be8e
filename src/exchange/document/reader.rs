//! The bounded, namespace-aware reader of untrusted bytes: one pass, no tree, no DTD.
//!
//! The tokens come from `quick_xml`, which is not a strict parser; every rule of XML 1.0 and of
//! Namespaces that it leaves to its caller is checked here. Comments are dropped, CDATA sections are
//! text.

use super::XML_NAMESPACE;
use super::chars::find_illegal;
use super::chars::is_ncname;
use super::chars::is_space;
use super::chars::resolve;
use super::chars::with_line_feeds;
use super::tag::Accepted;
use super::tag::Attribute;
use super::tag::Binding;
use super::tag::StartTag;
use super::tag::binding_of;
use super::tag::parse_attributes;
use super::tag::split_name;
use super::tag::without_last;
use super::xml_error::XmlError;
use super::xml_error::XmlErrorKind;
use crate::base::Limits;
use memchr::memchr;
use memchr::memmem;
use std::borrow::Cow;

/// One thing read. Text comes in pieces: neighbours belong together.
#[derive(Debug)]
pub enum Event<'r, 'a> {
    /// An element begins.
    Start(StartTag<'r>),
    /// An element ends; an empty element ends too.
    End {
        /// The name as written, with its prefix.
        qname: &'a str,
    },
    /// A piece of text, references resolved, line ends normalised.
    Text(Cow<'a, str>),
    /// A processing instruction.
    Pi {
        /// Whom it addresses.
        target: &'a str,
        /// The rest of it.
        content: Cow<'a, str>,
    },
    /// The document is read to its end and was well-formed.
    Done,
}

/// The namespaces declared outside a fragment, so that it means the same when read alone.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scope(Vec<(String, String)>);

impl Scope {
    /// What a prefix stands for.
    pub fn namespace(&self, prefix: &str) -> Option<&str> {
        self.0.iter().find(|(own, _)| own == prefix).map(|(_, namespace)| namespace.as_str())
    }

    /// An element that was cut out of a document, with the declarations of that place, so that it can be read alone.
    pub fn declared_on<'e>(&self, element: &'e [u8], limits: &Limits) -> Result<Cow<'e, [u8]>, XmlError> {
        let mut reader = XmlReader::within(element, self, limits)?;
        reader.next_event()?;
        let tag = element.get(..reader.position()).unwrap_or_default();
        let is_declared = |name: &str| {
            memmem::find_iter(tag, name.as_bytes())
                .any(|at| matches!(tag.get(at + name.len()), Some(b'=' | b' ' | b'\t' | b'\n' | b'\r')))
        };
        let mut declarations = String::new();
        for (prefix, namespace) in &self.0 {
            let name = if prefix.is_empty() { "xmlns".to_owned() } else { format!("xmlns:{prefix}") };
            if !is_declared(&name) {
                let namespace = namespace.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;");
                declarations.push_str(&format!(" {name}=\"{namespace}\""));
            }
        }
        if declarations.is_empty() {
            return Ok(Cow::Borrowed(element));
        }
        let ends = |c: &u8| matches!(c, b'>' | b'/' | b' ' | b'\t' | b'\n' | b'\r');
        let end = tag.iter().position(ends).unwrap_or(tag.len());
        let (name, rest) = element.split_at_checked(end).unwrap_or((element, &[]));
        Ok(Cow::Owned([name, declarations.as_bytes(), rest].concat()))
    }
}

/// Reads one document, or one element cut out of it, from a slice.
pub struct XmlReader<'a> {
    text: &'a str,
    /// Bytes of a byte order mark before `text`.
    skipped: usize,
    tokens: quick_xml::Reader<&'a [u8]>,
    depth_max: usize,
    attributes_max: usize,
    elements_left: usize,
    elements_max: usize,
    open: Vec<Open<'a>>,
    bindings: Vec<Binding<'a>>,
    accepted: Accepted<'a>,
    attributes: Vec<Attribute<'a>>,
    /// Where the present token begins.
    at: usize,
    is_empty_element: bool,
    has_root: bool,
    /// Whether a carriage return stands anywhere in the document.
    has_returns: bool,
    comments: usize,
}

impl<'a> XmlReader<'a> {
    /// Checks size, encoding and characters of a whole document.
    pub fn new(bytes: &'a [u8], limits: &Limits) -> Result<Self, XmlError> {
        let too_large = XmlErrorKind::TooLarge { limit: limits.xml_bytes_max };
        if bytes.len() > limits.xml_bytes_max {
            return Err(XmlError { offset: limits.xml_bytes_max, line: 1, kind: too_large });
        }
        let whole = std::str::from_utf8(bytes).map_err(|error| {
            let line = 1 + bytes.iter().take(error.valid_up_to()).filter(|byte| **byte == b'\n').count();
            XmlError { offset: error.valid_up_to(), line, kind: XmlErrorKind::NotUtf8 }
        })?;
        let text = whole.strip_prefix('\u{feff}').unwrap_or(whole);
        let mut tokens = quick_xml::Reader::from_str(text);
        tokens.config_mut().check_comments = true;
        let reader = Self {
            text,
            skipped: whole.len() - text.len(),
            tokens,
            depth_max: limits.xml_depth_max,
            attributes_max: limits.xml_attributes_max,
            elements_left: limits.xml_elements_max,
            elements_max: limits.xml_elements_max,
            open: Vec::new(),
            bindings: vec![Binding { prefix: "xml", namespace: Cow::Borrowed(XML_NAMESPACE) }],
            accepted: Accepted::default(),
            attributes: Vec::new(),
            at: 0,
            is_empty_element: false,
            has_root: false,
            has_returns: memchr(b'\r', text.as_bytes()).is_some(),
            comments: 0,
        };
        // a second mark would be dropped by the tokeniser without a word
        let illegal = find_illegal(text).or(text.starts_with('\u{feff}').then_some(0));
        match illegal {
            Some(at) => Err(reader.error_at(at, XmlErrorKind::Character)),
            None => Ok(reader),
        }
    }

    /// Reads an element cut out of a document, with the declarations that were in scope there.
    pub fn within(bytes: &'a [u8], scope: &'a Scope, limits: &Limits) -> Result<Self, XmlError> {
        let mut reader = Self::new(bytes, limits)?;
        for (prefix, namespace) in &scope.0 {
            reader.bindings.push(Binding { prefix, namespace: Cow::Borrowed(namespace) });
        }
        Ok(reader)
    }

    /// The next thing of the document. After [`Event::Done`] or an error there is nothing more to ask.
    pub fn next_event(&mut self) -> Result<Event<'_, 'a>, XmlError> {
        if self.is_empty_element {
            self.is_empty_element = false;
            let qname = self.close()?;
            return Ok(Event::End { qname });
        }
        loop {
            let raw = self.token()?;
            match raw.as_bytes() {
                [] if self.has_root && self.open.is_empty() => return Ok(Event::Done),
                [] => return Err(self.error(XmlErrorKind::Unfinished)),
                [b'<', b'/', ..] => {
                    let name = raw.get(2..).unwrap_or_default();
                    let name = without_last(name, b'>').unwrap_or(name).trim_ascii_end();
                    let qname = self.close()?;
                    return match name == qname {
                        true => Ok(Event::End { qname }),
                        false => Err(self.error(XmlErrorKind::EndTag)),
                    };
                }
                [b'<', b'!', b'-', ..] => self.comments += 1,
                [b'<', b'!', ..] => {
                    let section = raw.strip_prefix("<![CDATA[").unwrap_or(raw);
                    let section = section.strip_suffix("]]>").unwrap_or(section);
                    return self.inside(self.normalised(section));
                }
                [b'<', b'?', ..] if is_declaration(raw) => self.declaration(raw)?,
                [b'<', b'?', ..] => return self.instruction(raw.strip_prefix("<?").unwrap_or(raw)),
                [b'<', ..] => {
                    let tag = raw.get(1..).unwrap_or_default();
                    self.start(tag).map_err(|kind| self.error(kind))?;
                    return self.started();
                }
                [b'&', ..] => {
                    let body = raw.strip_prefix('&').unwrap_or(raw);
                    let body = body.strip_suffix(';').unwrap_or(body);
                    let meant = resolve(body).map_err(|kind| self.error(kind))?;
                    return self.inside(meant);
                }
                _ if !self.open.is_empty() => return self.text(raw),
                _ if !raw.chars().all(is_space) => return Err(self.error(XmlErrorKind::OutsideRoot)),
                _ => {}
            }
        }
    }

    /// Where the last thing read begins, in bytes from the start of the document.
    pub fn offset(&self) -> usize {
        self.skipped + self.at
    }

    /// Where the last thing read ends.
    pub fn position(&self) -> usize {
        self.skipped + usize::try_from(self.tokens.buffer_position()).unwrap_or(usize::MAX)
    }

    /// How many elements are open.
    pub fn depth(&self) -> usize {
        self.open.len()
    }

    /// How many comments were dropped so far.
    pub fn comments(&self) -> usize {
        self.comments
    }

    /// The declarations in scope here, for [`XmlReader::within`].
    pub fn scope(&self) -> Scope {
        let mut found: Vec<(String, String)> = Vec::new();
        for binding in self.bindings.iter().skip(1).rev() {
            if !found.iter().any(|(prefix, _)| prefix == binding.prefix) {
                found.push((binding.prefix.to_owned(), binding.namespace.clone().into_owned()));
            }
        }
        Scope(found)
    }

    /// The error `kind` at the last thing read; for readers built on this one.
    pub fn error(&self, kind: XmlErrorKind) -> XmlError {
        self.error_at(self.at, kind)
    }

    fn error_at(&self, at: usize, kind: XmlErrorKind) -> XmlError {
        let line = 1 + self.text.bytes().take(at).filter(|byte| *byte == b'\n').count();
        XmlError { offset: self.skipped + at, line, kind }
    }

    /// The text of the next token, empty at the end.
    fn token(&mut self) -> Result<&'a str, XmlError> {
        self.at = usize::try_from(self.tokens.buffer_position()).unwrap_or(usize::MAX);
        let rest = self.text.get(self.at..).unwrap_or_default();
        if let Some(bang) = rest.strip_prefix("<!")
            && !bang.starts_with("--")
            && !bang.starts_with("[CDATA[")
        {
            let is_dtd = bang.starts_with(['D', 'd']);
            let kind =
                if is_dtd { XmlErrorKind::Dtd } else { XmlErrorKind::Markup("an unknown declaration") };
            return Err(self.error(kind));
        }
        let outcome = self.tokens.read_event().map(drop);
        outcome.map_err(|cause| self.error(kind_of(&cause)))?;
        let end = usize::try_from(self.tokens.buffer_position()).unwrap_or(usize::MAX);
        Ok(self.text.get(self.at..end).unwrap_or_default())
    }

    fn start(&mut self, tag: &'a str) -> Result<(), XmlErrorKind> {
        if self.open.is_empty() && self.has_root {
            return Err(XmlErrorKind::OutsideRoot);
        }
        if self.open.len() >= self.depth_max {
            return Err(XmlErrorKind::TooDeep { limit: self.depth_max });
        }
        self.elements_left = self
            .elements_left
            .checked_sub(1)
            .ok_or(XmlErrorKind::TooManyElements { limit: self.elements_max })?;
        let tag = without_last(tag, b'>').unwrap_or(tag);
        let without_slash = without_last(tag, b'/');
        self.is_empty_element = without_slash.is_some();
        let tag = without_slash.unwrap_or(tag);
        let is_end = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\r' | b'\n');
        let name_end = tag.as_bytes().iter().position(is_end).unwrap_or(tag.len());
        let (qname, rest) = tag.split_at_checked(name_end).unwrap_or((tag, ""));
        let (prefix, local) = split_name(qname)?;
        let bindings_before = self.bindings.len();
        let bindings = (&mut self.bindings, &mut self.accepted);
        parse_attributes(rest, self.attributes_max, &mut self.attributes, bindings)?;
        let bindings_max = self.attributes_max.saturating_mul(SCOPE_FACTOR);
        if self.bindings.len() > bindings_max {
            return Err(XmlErrorKind::TooManyNamespaces { limit: bindings_max });
        }
        let binding = binding_of(&self.bindings, prefix);
        if binding.is_none() && !prefix.is_empty() {
            return Err(XmlErrorKind::UndeclaredPrefix);
        }
        self.has_root = true;
        self.open.push(Open { qname, prefix, local, binding, bindings_before, at: self.at });
        Ok(())
    }

    /// The element that was just opened.
    fn started(&self) -> Result<Event<'_, 'a>, XmlError> {
        let open = self.open.last().ok_or_else(|| self.error(XmlErrorKind::Unfinished))?;
        let bound = open.binding.and_then(|at| self.bindings.get(at));
        Ok(Event::Start(StartTag {
            prefix: open.prefix,
            local: open.local,
            namespace: bound.map_or("", |binding| binding.namespace.as_ref()),
            attributes: &self.attributes,
            bindings: &self.bindings,
            offset: self.skipped + open.at,
        }))
    }

    /// What the start tag read last says, for as long as the document is there. Its attributes are taken.
    pub(super) fn take_opened(&mut self) -> Option<Opened<'a, impl ExactSizeIterator<Item = Attribute<'a>>>> {
        let open = self.open.last()?;
        let bound = open.binding.and_then(|at| self.bindings.get(at));
        let namespace = bound.map_or(Cow::Borrowed(""), |binding| binding.namespace.clone());
        Some(Opened { namespace, local: open.local, attributes: self.attributes.drain(..) })
    }

    fn close(&mut self) -> Result<&'a str, XmlError> {
        let open = self.open.pop().ok_or_else(|| self.error(XmlErrorKind::EndTag))?;
        self.bindings.truncate(open.bindings_before);
        Ok(open.qname)
    }

    fn text(&self, raw: &'a str) -> Result<Event<'_, 'a>, XmlError> {
        if memchr(b'>', raw.as_bytes()).is_some() && raw.contains("]]>") {
            return Err(self.error(XmlErrorKind::Markup("a ]]> in text")));
        }
        Ok(Event::Text(self.normalised(raw)))
    }

    /// Text with the line ends of XML; there is nothing to look for where the whole document has no other.
    fn normalised(&self, text: &'a str) -> Cow<'a, str> {
        if self.has_returns { with_line_feeds(text) } else { Cow::Borrowed(text) }
    }

    /// Text that may stand only inside the root: of a section or of a reference.
    fn inside(&self, text: Cow<'a, str>) -> Result<Event<'_, 'a>, XmlError> {
        if self.open.is_empty() {
            return Err(self.error(XmlErrorKind::OutsideRoot));
        }
        Ok(Event::Text(text))
    }

    fn instruction(&self, raw: &'a str) -> Result<Event<'_, 'a>, XmlError> {
        let raw = raw.strip_suffix("?>").unwrap_or(raw);
        let (target, content) = raw.split_once(is_space).unwrap_or((raw, ""));
        if !is_ncname(target) || target.eq_ignore_ascii_case("xml") {
            return Err(self.error(XmlErrorKind::Name));
        }
        Ok(Event::Pi { target, content: self.normalised(content.trim_start_matches(is_space)) })
    }

    /// `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>`, the last two optional, at byte 0 only.
    fn declaration(&self, raw: &str) -> Result<(), XmlError> {
        let body = raw.strip_prefix("<?xml").and_then(|rest| rest.strip_suffix("?>"));
        let (mut fields, mut none) = (Vec::new(), Vec::new());
        let bindings = (&mut none, &mut Accepted::default());
        let parsed = parse_attributes(body.unwrap_or_default(), 3, &mut fields, bindings);
        let mut given = fields.iter().filter_map(Attribute::as_plain).peekable();
        let is_version = given.next() == Some(("version", "1.0"));
        let encoding = given.next_if(|(name, _)| *name == "encoding").map_or("UTF-8", |(_, value)| value);
        let is_standalone_sound =
            given.next().is_none_or(|field| matches!(field, ("standalone", "yes" | "no")));
        let is_sound = parsed.is_ok() && none.is_empty() && is_version && is_standalone_sound;
        if self.at != 0 || !is_sound || given.next().is_some() || raw.contains('&') {
            return Err(self.error(XmlErrorKind::Declaration));
        }
        if encoding.eq_ignore_ascii_case("utf-8") { Ok(()) } else { Err(self.error(XmlErrorKind::NotUtf8)) }
    }
}

/// What a start tag says.
pub(super) struct Opened<'a, A> {
    pub(super) namespace: Cow<'a, str>,
    pub(super) local: &'a str,
    pub(super) attributes: A,
}

/// An element that is not closed yet.
struct Open<'a> {
    qname: &'a str,
    prefix: &'a str,
    local: &'a str,
    binding: Option<usize>,
    bindings_before: usize,
    at: usize,
}

fn is_declaration(raw: &str) -> bool {
    raw.strip_prefix("<?xml").is_some_and(|rest| rest.starts_with(is_space) || rest == "?>")
}

fn kind_of(cause: &quick_xml::Error) -> XmlErrorKind {
    use quick_xml::errors::IllFormedError as Ill;
    if let quick_xml::Error::IllFormed(ill) = cause {
        if matches!(ill, Ill::UnclosedReference) {
            return XmlErrorKind::Reference;
        }
        if matches!(ill, Ill::MismatchedEndTag { .. } | Ill::UnmatchedEndTag(_)) {
            return XmlErrorKind::EndTag;
        }
        if matches!(ill, Ill::DoubleHyphenInComment) {
            return XmlErrorKind::Markup("a -- in a comment");
        }
    }
    XmlErrorKind::Markup("markup that is not finished")
}

/// Namespaces in scope, as a multiple of the attributes allowed on one element.
const SCOPE_FACTOR: usize = 4;

#[cfg(test)]
mod tests;
