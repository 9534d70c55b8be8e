//! A document as a tree, for the stages that look back and forth in it. Made of canonical bytes.

use super::reader::Opened;
use super::tag::Attribute;
use super::{Event, Scope, XmlError, XmlReader};
use crate::base::{Limits, collapsed};
use std::borrow::Cow;
use std::collections::HashMap;

/// An element with what stands in it. It borrows of the bytes that it was read from what stands there as it is.
#[derive(Clone, PartialEq, Eq)]
pub struct Element<'d> {
    /// Its namespace.
    pub namespace: Cow<'d, str>,
    /// Its name without a prefix.
    pub local: Cow<'d, str>,
    /// Its attributes that belong to no namespace, by name.
    pub attributes: Vec<(Cow<'d, str>, Cow<'d, str>)>,
    /// Its own text, in one piece.
    pub text: Cow<'d, str>,
    /// Its elements in order.
    pub children: Vec<Element<'d>>,
}

impl<'d> Element<'d> {
    /// Reads a whole document.
    ///
    /// # Errors
    /// Bytes that the reader refuses.
    pub fn parse(document: &'d [u8], limits: &Limits) -> Result<Self, XmlError> {
        Self::parse_noting(document, limits).map(|(root, _)| root)
    }

    /// The same, and whether an attribute of a namespace, which the tree does not keep, stands anywhere in it.
    ///
    /// # Errors
    /// Bytes that the reader refuses.
    pub fn parse_noting(document: &'d [u8], limits: &Limits) -> Result<(Self, bool), XmlError> {
        let mut has_foreign = false;
        let root = Self::read(XmlReader::new(document, limits)?, &mut has_foreign)?;
        Ok((root, has_foreign))
    }

    /// Reads an element that was cut out of a document, with the declarations that were in scope there.
    ///
    /// # Errors
    /// Bytes that the reader refuses.
    pub fn parse_within(element: &'d [u8], scope: &'d Scope, limits: &Limits) -> Result<Self, XmlError> {
        Self::read(XmlReader::within(element, scope, limits)?, &mut false)
    }

    /// The same with all that it borrows taken over.
    pub fn into_owned(self) -> Element<'static> {
        let own = |text: Cow<'_, str>| Cow::Owned(text.into_owned());
        Element {
            namespace: own(self.namespace),
            local: own(self.local),
            attributes: self.attributes.into_iter().map(|(name, value)| (own(name), own(value))).collect(),
            text: own(self.text),
            children: self.children.into_iter().map(Element::into_owned).collect(),
        }
    }

    fn read(mut reader: XmlReader<'d>, has_foreign: &mut bool) -> Result<Self, XmlError> {
        // those that are open, each with its children that are closed behind it
        let mut elements: Vec<Self> = Vec::with_capacity(ELEMENTS);
        let mut open: Vec<usize> = Vec::with_capacity(OPEN);
        loop {
            match reader.next_event()? {
                Event::Start(_) => {
                    let Some(Opened { namespace, local, attributes }) = reader.take_opened() else {
                        continue;
                    };
                    let all = attributes.len();
                    let mut own = Vec::with_capacity(all);
                    own.extend(attributes.filter_map(Attribute::into_plain));
                    *has_foreign |= own.len() < all;
                    open.push(elements.len());
                    elements.push(Self {
                        namespace,
                        local: Cow::Borrowed(local),
                        attributes: own,
                        text: Cow::Borrowed(""),
                        children: Vec::new(),
                    });
                }
                Event::Text(more) => {
                    if let Some(element) = open.last().and_then(|at| elements.get_mut(*at)) {
                        match element.text.is_empty() {
                            true => element.text = more,
                            false => element.text.to_mut().push_str(&more),
                        }
                    }
                }
                Event::End { .. } => {
                    let Some(at) = open.pop() else { continue };
                    let first = at.saturating_add(1);
                    if first < elements.len() {
                        let children = elements.drain(first..).collect();
                        if let Some(element) = elements.last_mut() {
                            element.children = children;
                        }
                    }
                }
                Event::Pi { .. } => {}
                Event::Done => {
                    let unfinished = || reader.error(super::XmlErrorKind::Unfinished);
                    return elements.pop().ok_or_else(unfinished);
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
        self.word().into_owned()
    }

    /// The same, borrowed where nothing is to be collapsed.
    pub fn word(&self) -> Cow<'_, str> {
        collapsed(&self.text)
    }

    /// The value of an attribute.
    pub fn attribute(&self, local: &str) -> Option<&str> {
        self.attributes.iter().find(|(name, _)| name == local).map(|(_, value)| value.as_ref())
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

/// Room for the elements that most documents have open at once, and for those behind them.
const OPEN: usize = 8;
const ELEMENTS: usize = 32;

/// An element with those above it.
#[derive(Debug)]
pub struct Trail<'e>(Vec<&'e Element<'e>>);

impl<'e> Trail<'e> {
    /// The element, and after it those above it.
    pub fn from_below(&self) -> impl Iterator<Item = &'e Element<'e>> {
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
        let mut above: Option<&Element<'_>> = None;
        for element in &self.0 {
            path.push('/');
            path.push_str(&element.local);
            if let Some(parent) = above {
                let alike: Vec<&Element<'_>> =
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

impl std::fmt::Debug for Element<'_> {
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
