//! Reads schema files into what [`PlainSchema`] knows; a structure whose schema says anything else has none.

use super::SchemaFiles;
use super::plain::{
    ANY_LENGTH, AttributeUse, Base, Content, Part, Particle, PlainSchema, Simple, Term, Type,
};
use crate::base::Limits;
use crate::exchange::document::{Element, Event, Scope, XmlReader};
use regex::Regex;
use std::collections::{BTreeMap, HashMap};

/// A name with its namespace.
type Name = (String, String);

impl PlainSchema {
    /// Of the root element of a structure; none if its schema says what is not known here.
    pub(super) fn compile(declared: &Declared, namespace: &str, root: &str) -> Option<Self> {
        let mut compiling = Compiling { declared, types: Vec::new(), numbers: HashMap::new() };
        let root = compiling.element(&(namespace.to_owned(), root.to_owned()))?;
        Some(Self { root, types: compiling.types })
    }
}

/// What schema files declare at their top, each with the prefixes of its file.
#[derive(Default)]
pub(super) struct Declared {
    elements: BTreeMap<Name, (Element<'static>, Scope)>,
    types: BTreeMap<Name, (Element<'static>, Scope)>,
    namespaces: Vec<String>,
}

impl Declared {
    /// What all schema files declare; none if one of them is of a form that is not known here.
    pub(super) fn of(files: &SchemaFiles) -> Option<Self> {
        let mut declared = Self::default();
        for (_, text) in files.ending_in(".xsd") {
            declared.add(text)?;
        }
        Some(declared)
    }

    fn add(&mut self, text: &str) -> Option<()> {
        let limits = Limits::default();
        let schema = Element::parse(text.as_bytes(), &limits).ok()?;
        let mut reader = XmlReader::new(text.as_bytes(), &limits).ok()?;
        let scope = loop {
            if let Event::Start(_) = reader.next_event().ok()? {
                break reader.scope();
            }
        };
        let namespace = schema.attribute("targetNamespace").unwrap_or_default().to_owned();
        // of two files for one namespace nobody could say here which is meant
        if self.namespaces.contains(&namespace) {
            return None;
        }
        self.namespaces.push(namespace.clone());
        let is_qualified = schema.attribute("elementFormDefault") == Some("qualified");
        for child in &schema.children {
            let Some(name) = child.attribute("name") else { continue };
            let name = (namespace.clone(), name.to_owned());
            let place = match child.local.as_ref() {
                "element" if is_qualified => &mut self.elements,
                "simpleType" | "complexType" if is_qualified => &mut self.types,
                _ => continue,
            };
            place.insert(name, (child.clone().into_owned(), scope.clone()));
        }
        Some(())
    }
}

struct Compiling<'d> {
    declared: &'d Declared,
    types: Vec<Type>,
    numbers: HashMap<Name, usize>,
}

impl Compiling<'_> {
    fn element(&mut self, name: &Name) -> Option<Part> {
        let (element, scope) = self.declared.elements.get(name)?;
        let own = only(element, &["name", "type"])?;
        // an anonymous type is not known here; documentation is
        own.children.iter().all(is_note).then_some(())?;
        let of = self.of(&resolved(own.attribute("type")?, scope)?)?;
        Some(Part { namespace: name.0.clone(), local: name.1.clone(), of })
    }

    fn of(&mut self, name: &Name) -> Option<usize> {
        if let Some(number) = self.numbers.get(name) {
            return Some(*number);
        }
        let number = self.types.len();
        self.numbers.insert(name.clone(), number);
        let empty = Content::Sequence(Vec::new());
        self.types.push(Type { content: empty, attributes: Vec::new() });
        let own = self.type_of(name)?;
        *self.types.get_mut(number)? = own;
        Some(number)
    }

    fn type_of(&mut self, name: &Name) -> Option<Type> {
        let declared = self.declared.types.get(name);
        let Some((element, scope)) = declared.filter(|(element, _)| element.local == "complexType") else {
            let content = Content::Simple(self.simple(name)?);
            return Some(Type { content, attributes: Vec::new() });
        };
        let mut parts = only(element, &["name"])?.children.iter().filter(|part| !is_note(part));
        let (part, None) = (parts.next()?, parts.next()) else { return None };
        match part.local.as_ref() {
            "sequence" => {
                let content = Content::Sequence(self.sequence(only(part, &[])?, scope)?);
                Some(Type { content, attributes: Vec::new() })
            }
            "simpleContent" | "complexContent" => self.extended(only(part, &[])?, scope),
            _ => None,
        }
    }

    /// A type with attributes beside those of another.
    fn extended(&mut self, content: &Element, scope: &Scope) -> Option<Type> {
        let [extension] = content.children.as_slice() else { return None };
        (extension.local == "extension").then_some(())?;
        let base = resolved(only(extension, &["base"])?.attribute("base")?, scope)?;
        let base = self.type_of(&base)?;
        let is_simple = matches!(base.content, Content::Simple(_));
        (is_simple == (content.local == "simpleContent")).then_some(())?;
        let mut attributes = base.attributes;
        for attribute in &extension.children {
            (attribute.local == "attribute").then_some(())?;
            let attribute = only(attribute, &["name", "type", "use"])?;
            let is_required = match attribute.attribute("use") {
                Some("required") => true,
                Some("optional") | None => false,
                Some(_) => return None,
            };
            let value = self.simple(&resolved(attribute.attribute("type")?, scope)?)?;
            let name = attribute.attribute("name")?.to_owned();
            attributes.push(AttributeUse { name, is_required, value });
        }
        Some(Type { content: base.content, attributes })
    }

    fn sequence(&mut self, sequence: &Element, scope: &Scope) -> Option<Vec<Particle>> {
        let mut particles = Vec::new();
        for part in sequence.children.iter().filter(|part| !is_note(part)) {
            let count = |name: &str| match part.attribute(name) {
                None => Some(1),
                Some("unbounded") => Some(usize::MAX),
                Some(text) => text.parse().ok(),
            };
            let (min, max) = (count("minOccurs")?, count("maxOccurs")?);
            let term = match part.local.as_ref() {
                "element" => {
                    let reference = only(part, &["ref", "minOccurs", "maxOccurs"])?.attribute("ref")?;
                    Term::Element(self.element(&resolved(reference, scope)?)?)
                }
                "sequence" => Term::Sequence(self.sequence(only(part, &["minOccurs", "maxOccurs"])?, scope)?),
                _ => return None,
            };
            particles.push(Particle { term, min, max });
        }
        Some(particles)
    }

    fn simple(&self, name: &Name) -> Option<Simple> {
        if name.0 == XML_SCHEMA {
            let base = match name.1.as_str() {
                "string" => Base::String,
                "token" => Base::Token,
                "decimal" => Base::Decimal,
                "boolean" => Base::Boolean,
                "date" => Base::Date,
                "dateTime" => Base::DateTime,
                "gYearMonth" => Base::YearMonth,
                "nonNegativeInteger" => Base::Count,
                "base64Binary" => Base::Base64,
                _ => return None,
            };
            let digits = (usize::MAX, usize::MAX);
            return Some(Simple { base, length: ANY_LENGTH, digits, patterns: Vec::new() });
        }
        let (element, scope) = self.declared.types.get(name)?;
        (element.local == "simpleType").then_some(())?;
        let mut parts = only(element, &["name"])?.children.iter().filter(|part| !is_note(part));
        let (restriction, None) = (parts.next()?, parts.next()) else { return None };
        (restriction.local == "restriction").then_some(())?;
        let mut own = self.simple(&resolved(only(restriction, &["base"])?.attribute("base")?, scope)?)?;
        for facet in restriction.children.iter().filter(|part| !is_note(part)) {
            let value = only(facet, &["value"])?.attribute("value")?;
            own.narrow(&facet.local, value)?;
        }
        Some(own)
    }
}

impl Simple {
    /// Takes a facet of a derived type; the narrower of two of a kind holds.
    fn narrow(&mut self, facet: &str, value: &str) -> Option<()> {
        let number = || value.parse::<usize>().ok();
        let is_text = matches!(self.base, Base::String | Base::Token);
        match facet {
            "minLength" if is_text => self.length.0 = self.length.0.max(number()?),
            "maxLength" if is_text => self.length.1 = self.length.1.min(number()?),
            "totalDigits" if self.base == Base::Decimal => self.digits.0 = self.digits.0.min(number()?),
            "fractionDigits" if self.base == Base::Decimal => self.digits.1 = self.digits.1.min(number()?),
            // one of a step; several in one step would be alternatives
            "pattern" if is_text && self.patterns.is_empty() => self.patterns.push(pattern(value)?),
            _ => return None,
        }
        Some(())
    }
}

/// A pattern of XML Schema, if it means the same to the regular expressions of Rust.
fn pattern(text: &str) -> Option<Regex> {
    let is_same = |c: char| c.is_ascii_alphanumeric() || r"\.[]{}()?,-| ".contains(c);
    let mut escaped = text.split('\\').skip(1);
    let is_known = escaped.all(|rest| rest.starts_with(['.', '-', 'd']));
    // subtraction of classes is written otherwise
    let mut is_in_class = false;
    let has_nested_class = text.chars().any(|c| {
        let is_nested = is_in_class && c == '[';
        is_in_class = c == '[' || (is_in_class && c != ']');
        is_nested
    });
    let is_plain = text.chars().all(is_same) && is_known && !has_nested_class;
    is_plain.then(|| Regex::new(&format!(r"\A(?:{text})\z")).ok())?
}

/// The element, if it has no other attributes than these.
fn only<'e>(element: &'e Element<'e>, known: &[&str]) -> Option<&'e Element<'e>> {
    let is_known = element.namespace == XML_SCHEMA
        && element.attributes.iter().all(|(name, _)| known.contains(&name.as_ref()));
    is_known.then_some(element)
}

fn is_note(element: &Element) -> bool {
    element.namespace == XML_SCHEMA && element.local == "annotation"
}

fn resolved(name: &str, scope: &Scope) -> Option<Name> {
    let (prefix, local) = name.split_once(':').unwrap_or(("", name));
    Some((scope.namespace(prefix)?.to_owned(), local.to_owned()))
}

const XML_SCHEMA: &str = "http://www.w3.org/2001/XMLSchema";
