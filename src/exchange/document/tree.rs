//! A document as a tree, for the stages that look back and forth in it. Made of canonical bytes.

use super::{Event, Scope, XmlError, XmlReader};
use crate::base::Limits;
use std::collections::HashMap;

/// An element with what stands in it.
#[derive(Clone, PartialEq, Eq)]
pub struct Element {
    /// Its namespace.
    pub namespace: String,
    /// Its name without a prefix.
    pub local: String,
    /// Its attributes that belong to no namespace, by name.
    pub attributes: Vec<(String, String)>,
    /// Its own text, in one piece.
    pub text: String,
    /// Its elements in order.
    pub children: Vec<Element>,
}

impl Element {
    /// Reads a whole document.
    ///
    /// # Errors
    /// Bytes that the reader refuses.
    pub fn parse(document: &[u8], limits: &Limits) -> Result<Self, XmlError> {
        Self::read(XmlReader::new(document, limits)?)
    }

    /// Reads an element that was cut out of a document, with the declarations that were in scope there.
    ///
    /// # Errors
    /// Bytes that the reader refuses.
    pub fn parse_within(element: &[u8], scope: &Scope, limits: &Limits) -> Result<Self, XmlError> {
        Self::read(XmlReader::within(element, scope, limits)?)
    }

    fn read(mut reader: XmlReader<'_>) -> Result<Self, XmlError> {
        let mut open: Vec<Self> = Vec::new();
        let mut root = None;
        loop {
            match reader.next_event()? {
                Event::Start(tag) => open.push(Self {
                    namespace: tag.namespace().to_owned(),
                    local: tag.local().to_owned(),
                    attributes: tag
                        .attributes()
                        .filter(|a| a.namespace.is_empty())
                        .map(|a| (a.local.to_owned(), a.value.to_owned()))
                        .collect(),
                    text: String::new(),
                    children: Vec::new(),
                }),
                Event::Text(text) => {
                    if let Some(element) = open.last_mut() {
                        element.text.push_str(&text);
                    }
                }
                Event::End { .. } => {
                    let closed = open.pop();
                    match (open.last_mut(), closed) {
                        (Some(parent), Some(closed)) => parent.children.push(closed),
                        (None, closed) => root = closed,
                        (Some(_), None) => {}
                    }
                }
                Event::Pi { .. } => {}
                Event::Done => {
                    let unfinished = || reader.error(super::XmlErrorKind::Unfinished);
                    return root.ok_or_else(unfinished);
                }
            }
        }
    }

    /// Whether this is the element `local` of `namespace`.
    pub fn is(&self, namespace: &str, local: &str) -> bool {
        self.local == local && self.namespace == namespace
    }

    /// The first child of this name.
    pub fn child(&self, namespace: &str, local: &str) -> Option<&Self> {
        self.children.iter().find(|child| child.is(namespace, local))
    }

    /// The children of this name, in order.
    pub fn children_of<'e>(&'e self, namespace: &'e str, local: &'e str) -> impl Iterator<Item = &'e Self> {
        self.children.iter().filter(move |child| child.is(namespace, local))
    }

    /// The text as a token: white space collapsed.
    pub fn token(&self) -> String {
        self.text.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// The value of an attribute.
    pub fn attribute(&self, local: &str) -> Option<&str> {
        self.attributes.iter().find(|(name, _)| name == local).map(|(_, value)| value.as_str())
    }

    /// Visits this element and all below it, each with its path, such as
    /// `/InsuranceRecord/InsurancePeriodDetails[2]/StartDate`.
    pub fn visit(&self, see: &mut dyn FnMut(&str, &Self)) {
        self.visit_below("", None, see);
    }

    fn visit_below(&self, above: &str, place: Option<usize>, see: &mut dyn FnMut(&str, &Self)) {
        let place = place.map(|place| format!("[{place}]")).unwrap_or_default();
        let path = format!("{above}/{}{place}", self.local);
        see(&path, self);
        for (child, place) in self.placed_children() {
            child.visit_below(&path, place, see);
        }
    }

    /// The children of a root in order, each with its path, such as `/GenericEDocDetails/InsuranceRecord[2]`.
    pub fn visit_children<'e>(&'e self, see: &mut dyn FnMut(&str, &'e Self)) {
        for (child, place) in self.placed_children() {
            let place = place.map(|place| format!("[{place}]")).unwrap_or_default();
            see(&format!("/{}/{}{place}", self.local, child.local), child);
        }
    }

    /// The children, each with its place among those of its name if there are several.
    fn placed_children<'e>(&'e self) -> Vec<(&'e Self, Option<usize>)> {
        let mut places: HashMap<(&str, &str), (usize, usize)> = HashMap::new();
        for child in &self.children {
            places.entry((&child.namespace, &child.local)).or_default().1 += 1;
        }
        let place = |child: &'e Self| {
            let (place, count) = places.entry((&child.namespace, &child.local)).or_default();
            *place += 1;
            (*count > 1).then_some(*place)
        };
        let places: Vec<Option<usize>> = self.children.iter().map(place).collect();
        self.children.iter().zip(places).collect()
    }
}

impl std::fmt::Debug for Element {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Element({}, {} children)", self.local, self.children.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tree_knows_names_texts_and_paths() {
        let text = "<a xmlns='urn:a' k='v'><b> x <!-- --> y </b><b/><c xmlns='urn:c'>z<d/></c></a>";
        let root = Element::parse(text.as_bytes(), &Limits::default()).unwrap();
        assert_eq!(root.attribute("k"), Some("v"));
        assert_eq!(root.child("urn:a", "b").unwrap().token(), "x y");
        assert_eq!(root.children_of("urn:a", "b").count(), 2);
        assert!(root.child("urn:a", "c").is_none());
        let mut paths = Vec::new();
        root.visit(&mut |path, _| paths.push(path.to_owned()));
        assert_eq!(paths, ["/a", "/a/b[1]", "/a/b[2]", "/a/c", "/a/c/d"]);
        assert!(!format!("{root:?}").contains('z'));
    }
}
