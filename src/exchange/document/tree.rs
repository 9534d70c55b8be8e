//! A document as a tree, for the stages that look back and forth in it. Made of canonical bytes.

use super::{Event, Scope, XmlError, XmlReader};
use crate::base::Limits;
use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

/// An element with what stands in it.
#[derive(Clone, PartialEq, Eq)]
pub struct Element {
    /// Its namespace, which elements share.
    pub namespace: Arc<str>,
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
        Self::parse_noting(document, limits).map(|(root, _)| root)
    }

    /// The same, and whether an attribute of a namespace, which the tree does not keep, stands anywhere in it.
    ///
    /// # Errors
    /// Bytes that the reader refuses.
    pub fn parse_noting(document: &[u8], limits: &Limits) -> Result<(Self, bool), XmlError> {
        let mut has_foreign = false;
        let root = Self::read(XmlReader::new(document, limits)?, &mut has_foreign)?;
        Ok((root, has_foreign))
    }

    /// Reads an element that was cut out of a document, with the declarations that were in scope there.
    ///
    /// # Errors
    /// Bytes that the reader refuses.
    pub fn parse_within(element: &[u8], scope: &Scope, limits: &Limits) -> Result<Self, XmlError> {
        Self::read(XmlReader::within(element, scope, limits)?, &mut false)
    }

    fn read(mut reader: XmlReader<'_>, has_foreign: &mut bool) -> Result<Self, XmlError> {
        let mut open: Vec<Self> = Vec::new();
        let mut namespaces: Vec<Arc<str>> = Vec::new();
        let mut root = None;
        loop {
            match reader.next_event()? {
                Event::Start(tag) => open.push(Self {
                    namespace: shared(&mut namespaces, tag.namespace()),
                    local: tag.local().to_owned(),
                    attributes: tag
                        .attributes()
                        .inspect(|a| *has_foreign |= !a.namespace.is_empty())
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
        self.local == local && *self.namespace == *namespace
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
        self.word().into_owned()
    }

    /// The same, borrowed where nothing is to be collapsed.
    pub fn word(&self) -> Cow<'_, str> {
        let text = self.text.as_str();
        // nothing but single blanks between words: most texts are so
        let is_word = text.is_ascii() && !text.bytes().any(|byte| byte.is_ascii_whitespace() || byte == 0x0b);
        if is_word {
            Cow::Borrowed(text)
        } else {
            text.split_whitespace().collect::<Vec<_>>().join(" ").into()
        }
    }

    /// The value of an attribute.
    pub fn attribute(&self, local: &str) -> Option<&str> {
        self.attributes.iter().find(|(name, _)| name == local).map(|(_, value)| value.as_str())
    }

    /// Visits this element and all below it, each with those above it, the root first and itself last.
    pub fn walk<'e>(&'e self, see: &mut dyn FnMut(&Trail<'e>)) {
        fn below<'e>(trail: &mut Trail<'e>, see: &mut dyn FnMut(&Trail<'e>)) {
            see(trail);
            let Some(here) = trail.0.last() else { return };
            for child in &here.children {
                trail.0.push(child);
                below(trail, see);
                trail.0.pop();
            }
        }
        below(&mut Trail(vec![self]), see);
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

/// A namespace out of those that a document named before; it has few.
fn shared(known: &mut Vec<Arc<str>>, namespace: &str) -> Arc<str> {
    if let Some(found) = known.iter().rev().find(|one| ***one == *namespace) {
        return found.clone();
    }
    let new: Arc<str> = namespace.into();
    if known.len() < NAMESPACES_MAX {
        known.push(new.clone());
    }
    new
}

/// More of them are not looked for again.
const NAMESPACES_MAX: usize = 16;

/// An element with those above it.
#[derive(Debug)]
pub struct Trail<'e>(Vec<&'e Element>);

impl<'e> Trail<'e> {
    /// The element, and after it those above it.
    pub fn from_below(&self) -> impl Iterator<Item = &'e Element> {
        self.0.iter().rev().copied()
    }

    /// How many elements it has.
    pub fn depth(&self) -> usize {
        self.0.len()
    }

    /// Those at a path of names below the element, each with those above it.
    pub fn below(&self, path: &str) -> Vec<Self> {
        let mut all = vec![Self(self.0.clone())];
        for name in path.split('/') {
            let step = |trail: &Self| {
                let children = trail.0.last().map(|here| here.children.as_slice()).unwrap_or_default();
                let named = children.iter().filter(|child| child.local == name);
                named.map(|child| Self([trail.0.as_slice(), &[child]].concat())).collect::<Vec<_>>()
            };
            all = all.iter().flat_map(step).collect();
        }
        all
    }

    /// The path of the element, as [`Element::visit`] tells it.
    pub fn path(&self) -> String {
        let mut path = String::new();
        let mut above: Option<&Element> = None;
        for element in &self.0 {
            path.push('/');
            path.push_str(&element.local);
            if let Some(parent) = above {
                let alike: Vec<&Element> =
                    parent.children.iter().filter(|one| one.is(&element.namespace, &element.local)).collect();
                if alike.len() > 1 {
                    let place = alike.iter().position(|one| std::ptr::eq(*one, *element)).unwrap_or_default();
                    path.push_str(&format!("[{}]", place + 1));
                }
            }
            above = Some(element);
        }
        path
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
        let mut walked = Vec::new();
        root.walk(&mut |trail| walked.push(trail.path()));
        assert_eq!(walked, paths);
        root.walk(&mut |trail| {
            if trail.depth() == 1 {
                let below = |path| trail.below(path).iter().map(Trail::path).collect::<Vec<_>>();
                assert_eq!(below("b"), ["/a/b[1]", "/a/b[2]"]);
                assert_eq!(below("c/d"), ["/a/c/d"]);
                assert!(below("d").is_empty());
            }
        });
        assert_eq!(paths, ["/a", "/a/b[1]", "/a/b[2]", "/a/c", "/a/c/d"]);
        assert!(!format!("{root:?}").contains('z'));
    }
}
