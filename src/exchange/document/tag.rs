//! One start tag: its attributes parsed, its prefixes resolved.

use super::XML_NAMESPACE;
use super::chars::attribute_value;
use super::chars::is_ncname;
use super::xml_error::XmlErrorKind;
use memchr::memchr;
use std::borrow::Cow;

/// A start tag, with every name resolved to its namespace.
#[derive(Debug, Clone, Copy)]
pub struct StartTag<'r> {
    pub(super) prefix: &'r str,
    pub(super) local: &'r str,
    pub(super) namespace: &'r str,
    pub(super) attributes: &'r [Attribute<'r>],
    pub(super) bindings: &'r [Binding<'r>],
    pub(super) offset: usize,
}

/// One attribute that is not a namespace declaration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AttributeRef<'r> {
    /// The prefix as written, empty without one.
    pub prefix: &'r str,
    /// The namespace of the prefix, empty without one.
    pub namespace: &'r str,
    /// The name after the colon.
    pub local: &'r str,
    /// The value, references resolved.
    pub value: &'r str,
}

impl<'r> StartTag<'r> {
    /// The prefix as written, empty without one.
    pub fn prefix(&self) -> &'r str {
        self.prefix
    }

    /// The name after the colon.
    pub fn local(&self) -> &'r str {
        self.local
    }

    /// The namespace of the element, empty for none.
    pub fn namespace(&self) -> &'r str {
        self.namespace
    }

    /// Where the tag begins, in bytes from the start of the document.
    pub fn offset(&self) -> usize {
        self.offset
    }

    /// Whether this is the element `local` of `namespace`.
    pub fn is(&self, namespace: &str, local: &str) -> bool {
        self.local == local && self.namespace == namespace
    }

    /// The attributes in written order, namespace declarations left out.
    pub fn attributes(&self) -> impl Iterator<Item = AttributeRef<'r>> + use<'r> {
        let bindings = self.bindings;
        self.attributes.iter().map(move |attribute| attribute.view(bindings))
    }

    /// The value of the attribute `local` that belongs to no namespace.
    pub fn attribute(&self, local: &str) -> Option<&'r str> {
        self.attributes().find(|a| a.local == local && a.namespace.is_empty()).map(|a| a.value)
    }
}

/// One namespace declaration in scope.
#[derive(Debug, Clone)]
pub(super) struct Binding<'a> {
    pub(super) prefix: &'a str,
    pub(super) namespace: Cow<'a, str>,
}

/// An attribute whose prefix is resolved to a place among the bindings.
#[derive(Debug, Clone)]
pub(super) struct Attribute<'a> {
    prefix: &'a str,
    local: &'a str,
    value: Cow<'a, str>,
    binding: Option<usize>,
}

impl<'a> Attribute<'a> {
    fn view<'r>(&'r self, bindings: &'r [Binding<'a>]) -> AttributeRef<'r> {
        let namespace = self.binding.and_then(|at| bindings.get(at)).map_or("", |b| b.namespace.as_ref());
        AttributeRef { prefix: self.prefix, namespace, local: self.local, value: &self.value }
    }

    /// Name and value of an attribute without a prefix.
    pub(super) fn as_plain(&self) -> Option<(&str, &str)> {
        self.prefix.is_empty().then_some((self.local, self.value.as_ref()))
    }

    /// The same, taken over. Without a prefix an attribute belongs to no namespace.
    pub(super) fn into_plain(self) -> Option<(Cow<'a, str>, Cow<'a, str>)> {
        self.prefix.is_empty().then_some((Cow::Borrowed(self.local), self.value))
    }
}

/// The binding of `prefix` that is in force, if any.
pub(super) fn binding_of(bindings: &[Binding<'_>], prefix: &str) -> Option<usize> {
    bindings.iter().rposition(|binding| binding.prefix == prefix)
}

/// Splits `p:name`, and sees that both halves are names.
pub(super) fn split_name(qname: &str) -> Result<(&str, &str), XmlErrorKind> {
    let colon = qname.bytes().position(|byte| byte == b':');
    let (prefix, local) = colon.and_then(|at| around(qname, at)).unwrap_or(("", qname));
    let is_prefix_named = colon.is_none() || is_ncname(prefix);
    if is_prefix_named && is_ncname(local) { Ok((prefix, local)) } else { Err(XmlErrorKind::Name) }
}

/// The namespace names that were found to be acceptable: canonical XML repeats a few of them over and over.
#[derive(Debug, Default)]
pub(super) struct Accepted<'a>(Vec<&'a str>);

impl<'a> Accepted<'a> {
    fn has(&self, namespace: &str) -> bool {
        self.0.contains(&namespace)
    }

    fn add(&mut self, namespace: &'a str) {
        if self.0.len() < ACCEPTED_MAX {
            self.0.push(namespace);
        }
    }
}

/// Parses what follows the name in a start tag; declarations go to `bindings`, the rest to `attributes`.
pub(super) fn parse_attributes<'a>(
    mut rest: &'a str,
    attributes_max: usize,
    attributes: &mut Vec<Attribute<'a>>,
    (bindings, accepted): (&mut Vec<Binding<'a>>, &mut Accepted<'a>),
) -> Result<(), XmlErrorKind> {
    let own = bindings.len();
    let mut count = 0;
    attributes.clear();
    loop {
        let trimmed = rest.trim_ascii_start(); // a form feed, the fifth of them, is no character of XML
        if trimmed.is_empty() {
            break;
        }
        if trimmed.len() == rest.len() {
            return Err(XmlErrorKind::Markup("no space before an attribute"));
        }
        let (qname, value, tail) = split_attribute(trimmed)?;
        rest = tail;
        count += 1;
        if count > attributes_max {
            return Err(XmlErrorKind::TooManyAttributes { limit: attributes_max });
        }
        let (prefix, local) = split_name(qname)?;
        let value = attribute_value(value)?;
        match (prefix, local) {
            ("", "xmlns") => declare("", value, own, (bindings, accepted))?,
            ("xmlns", _) => declare(local, value, own, (bindings, accepted))?,
            _ => attributes.push(Attribute { prefix, local, value, binding: None }),
        }
    }
    resolve_prefixes(attributes, bindings)
}

fn split_attribute(text: &str) -> Result<(&str, &str, &str), XmlErrorKind> {
    let (qname, after) = split_at(text, b'=').ok_or(XmlErrorKind::Markup("an attribute without a value"))?;
    let after = after.trim_ascii_start();
    let quote = after.bytes().next().filter(|byte| matches!(byte, b'"' | b'\''));
    let quoted = quote.and_then(|quote| after.get(1..).and_then(|inner| split_at(inner, quote)));
    let (value, tail) = quoted.ok_or(XmlErrorKind::Markup("an attribute without quotes"))?;
    Ok((qname.trim_ascii_end(), value, tail))
}

/// What stands before and behind the first such byte, which is one of ASCII.
fn split_at(text: &str, byte: u8) -> Option<(&str, &str)> {
    around(text, memchr(byte, text.as_bytes())?)
}

/// What stands before and behind a byte of ASCII.
fn around(text: &str, at: usize) -> Option<(&str, &str)> {
    Some((text.get(..at)?, text.get(at + 1..)?))
}

/// The text without this byte of ASCII at its end, if it is there.
pub(super) fn without_last(text: &str, byte: u8) -> Option<&str> {
    if text.as_bytes().last() == Some(&byte) { text.get(..text.len().checked_sub(1)?) } else { None }
}

/// Takes one declaration into scope, unless Namespaces in XML or canonical XML forbids it.
fn declare<'a>(
    prefix: &'a str,
    namespace: Cow<'a, str>,
    own: usize,
    (bindings, accepted): (&mut Vec<Binding<'a>>, &mut Accepted<'a>),
) -> Result<(), XmlErrorKind> {
    if bindings.iter().skip(own).any(|binding| binding.prefix == prefix) {
        return Err(XmlErrorKind::DuplicateAttribute);
    }
    let is_xml = namespace == XML_NAMESPACE;
    if prefix == "xmlns" || is_xml != (prefix == "xml") {
        return Err(XmlErrorKind::Namespace);
    }
    let is_undeclared = prefix.is_empty() && namespace.is_empty();
    if !is_undeclared && !accepted.has(&namespace) {
        // Canonical XML repeats a namespace on each sibling that needs it, so a long one would grow without bound.
        let is_forbidden = namespace.len() > NAMESPACE_BYTES_MAX || namespace == XMLNS_NAMESPACE;
        if is_forbidden || !is_absolute_uri(&namespace) {
            return Err(XmlErrorKind::Namespace);
        }
        if let Cow::Borrowed(namespace) = namespace {
            accepted.add(namespace);
        }
    }
    bindings.push(Binding { prefix, namespace });
    Ok(())
}

/// Canonical XML must refuse relative namespace names; what is no URI character in them divides implementations.
fn is_absolute_uri(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once(':') else { return false };
    let is_scheme = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'));
    let authority = rest.strip_prefix("//").and_then(|rest| rest.split(['/', '?', '#']).next());
    let is_authority = authority.is_none_or(|authority| {
        let (host, port) = authority.split_once(':').unwrap_or((authority, "0"));
        !host.is_empty() && !host.contains('@') && port.parse::<u16>().is_ok()
    });
    let is_octet = |tail: &str| tail.bytes().take_while(u8::is_ascii_hexdigit).take(2).count() == 2;
    let are_octets = rest.split('%').skip(1).all(is_octet);
    let is_uri_char = |c: char| c.is_ascii_alphanumeric() || "-._~:/?#@!$()*+,;=%".contains(c);
    is_scheme && is_authority && are_octets && rest.chars().all(is_uri_char) && rest.matches('#').count() < 2
}

fn resolve_prefixes(attributes: &mut [Attribute<'_>], bindings: &[Binding<'_>]) -> Result<(), XmlErrorKind> {
    for attribute in attributes.iter_mut().filter(|attribute| !attribute.prefix.is_empty()) {
        let found = binding_of(bindings, attribute.prefix).ok_or(XmlErrorKind::UndeclaredPrefix)?;
        attribute.binding = Some(found);
    }
    for (at, later) in attributes.iter().enumerate().skip(1) {
        let later = later.view(bindings);
        let is_twice = attributes.iter().take(at).map(|earlier| earlier.view(bindings)).any(|earlier| {
            earlier.local == later.local
                && (earlier.prefix == later.prefix || earlier.namespace == later.namespace)
        });
        if is_twice {
            return Err(XmlErrorKind::DuplicateAttribute);
        }
    }
    Ok(())
}

const XMLNS_NAMESPACE: &str = "http://www.w3.org/2000/xmlns/";
/// Longer than any namespace name in use by far.
const NAMESPACE_BYTES_MAX: usize = 1_024;
/// A document of ours has fewer.
const ACCEPTED_MAX: usize = 16;
