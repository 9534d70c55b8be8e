//! Where a rule looks in a document.

use crate::exchange::document::{Element, Trail};
use serde::Deserialize;

/// Where a rule looks: names from below the root, or, after `//`, the last names of a path at any depth.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(from = "String")]
pub(super) struct Place {
    is_anywhere: bool,
    names: Vec<String>,
}

impl From<String> for Place {
    fn from(text: String) -> Self {
        let names = text.split('/').filter(|name| !name.is_empty()).map(str::to_owned).collect();
        Self { is_anywhere: text.starts_with("//"), names }
    }
}

impl Place {
    /// The name of the element it looks at; none for the root.
    pub(super) fn last(&self) -> Option<&str> {
        self.names.last().map(String::as_str)
    }

    /// Whether an element is at this place.
    pub(super) fn is_at(&self, trail: &Trail<'_>) -> bool {
        let mut steps = trail.from_below().map(|element| element.local.as_ref());
        let fits = self.names.iter().rev().all(|name| steps.next() == Some(name));
        // What is left is the root.
        fits && (self.is_anywhere || trail.depth() == self.names.len() + 1)
    }
}

/// Where a rule finds what it measures an element by: names from below the root after `/`, else beside the element; each
/// `../` is one step further up.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub(super) struct Beside(String);

impl Beside {
    /// The first element there.
    pub(super) fn of<'e>(&self, trail: &Trail<'e>) -> Option<&'e Element<'e>> {
        if let Some(path) = self.0.strip_prefix('/') {
            return descend(trail.from_below().last()?, path);
        }
        let (mut path, mut up) = (self.0.as_str(), 1);
        while let Some(rest) = path.strip_prefix("../") {
            (path, up) = (rest, up + 1);
        }
        descend(trail.from_below().nth(up)?, path)
    }
}

/// The first element at a path of names below another.
pub(super) fn descend<'e>(element: &'e Element<'e>, path: &str) -> Option<&'e Element<'e>> {
    path.split('/').try_fold(element, |here, name| here.children.iter().find(|child| child.local == name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_found_below_the_root_or_anywhere() {
        let text = "<R><a/><a><b/><b/></a><c><a><b/></a></c></R>";
        let root = Element::parse(text.as_bytes(), &crate::base::Limits::default()).unwrap();
        let found = |place: &str| {
            let (place, mut found) = (Place::from(place.to_owned()), Vec::new());
            root.walk(&mut |trail| found.extend(place.is_at(trail).then(|| trail.path())));
            found.join(" ")
        };
        assert_eq!(found(""), "/R");
        assert_eq!(found("a/b"), "/R/a[2]/b[1] /R/a[2]/b[2]");
        assert_eq!(found("b"), "");
        assert_eq!(found("//b"), "/R/a[2]/b[1] /R/a[2]/b[2] /R/c/a/b");
        assert_eq!(found("//c/a/b"), "/R/c/a/b");
    }

    #[test]
    fn what_stands_beside_is_found_from_the_root_or_from_the_element() {
        let text = "<R><h>1</h><a><h>2</h><b><h>3</h><c/></b></a></R>";
        let root = Element::parse(text.as_bytes(), &crate::base::Limits::default()).unwrap();
        let found = |path: &str| {
            let mut found = None;
            root.walk(&mut |trail| {
                if trail.depth() == 4 && trail.from_below().next().is_some_and(|here| here.local == "c") {
                    found = Beside(path.to_owned()).of(trail).map(Element::token);
                }
            });
            found
        };
        assert_eq!(found("/h").as_deref(), Some("1"));
        assert_eq!(found("/a/b/h").as_deref(), Some("3"));
        assert_eq!(found("h").as_deref(), Some("3"));
        assert_eq!(found("../h").as_deref(), Some("2"));
        assert_eq!(found("../../h").as_deref(), Some("1"));
        assert_eq!((found("../../../h"), found("x"), found("/x")), (None, None, None));
    }
}
