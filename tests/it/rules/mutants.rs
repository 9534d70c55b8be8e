//! A document with one change: an element dropped, repeated, moved, renamed, a value replaced.

use stazh::base::Limits;
use stazh::exchange::document::{Element, escape_attribute, escape_text};
use std::collections::HashSet;

/// A changed document.
pub(crate) struct Mutant {
    /// It.
    pub(crate) text: String,
    /// What was changed, for the one who reads a failure.
    pub(crate) change: String,
    /// A text put in that no finding may show.
    pub(crate) secret: Option<String>,
}

/// Values that are sound for some types and not for others.
const VALUES: [&str; 19] = [
    "",
    "  ",
    " x ",
    "0",
    "-1.23456",
    "12345678901234567890.1234",
    "123456789012345678901.12345",
    "2020-02-30",
    "2020-02-29Z",
    "02020-01-01",
    "2020-13",
    "2020-12+06:00",
    "2020-01-01T25:00:00",
    "KZ",
    "kz",
    "XQJ",
    "Сәуле & <Q>",
    "7d2a1c58-0c5e-4f0f-9b8e-2f7f0d5b6a7",
    "12,5",
];

/// Elements that were changed already: each below an element of a certain name. Documents share most of them, such as
/// the header and the names of a person, and their types with them.
#[derive(Default)]
pub(crate) struct Changed(HashSet<String>);

impl Changed {
    fn is_new(&mut self, path: &str, element: &Element) -> bool {
        let above = path.rsplit('/').nth(1).unwrap_or_default();
        let above = above.split('[').next().unwrap_or_default();
        self.0.insert(format!("{above}/{}:{}", element.namespace, element.local))
    }
}

/// All single changes of those elements of a document that were not changed in another.
pub(crate) fn mutants(document: &str, changed: &mut Changed) -> Vec<Mutant> {
    let tree = Element::parse(document.as_bytes(), &Limits::default()).unwrap();
    let (mut targets, mut number) = (Vec::new(), 0);
    tree.visit(&mut |path, element| {
        if changed.is_new(path, element) {
            targets.push((number, path.to_owned()));
        }
        number += 1;
    });
    let mut all = Vec::new();
    for (target, path) in targets {
        let mut keep = |name: &str, secret: Option<&str>, change: &dyn Fn(&mut Element)| {
            let mut changed = tree.clone();
            let mut number = 0;
            at(&mut changed, target, &mut number, &mut |element| change(element));
            let mut text = Vec::new();
            write(&changed, &mut text);
            let change = format!("{name} {path}");
            all.push(Mutant {
                text: String::from_utf8(text).unwrap(),
                change,
                secret: secret.map(str::to_owned),
            });
        };
        keep("rename", Some("Zulfiya"), &|element| element.local = "Zulfiya".into());
        keep("other namespace", None, &|element| element.namespace = "urn:x-other".into());
        keep("no namespace", None, &|element| element.namespace = "".into());
        keep("unknown attribute", Some("Rakhim"), &|element| {
            element.attributes.push(("Rakhim".into(), "Rakhimov".into()))
        });
        keep("unknown child", Some("Zulfiya"), &|element| element.children.push(stranger()));
        keep("no attributes", None, &|element| element.attributes.clear());
        keep("no content", None, &|element| {
            element.children.clear();
            element.text = "".into();
        });
        let (mut children, mut attributes) = (0, 0);
        let mut probe = tree.clone();
        at(&mut probe, target, &mut 0, &mut |element| {
            (children, attributes) = (element.children.len(), element.attributes.len())
        });
        for child in 0..children {
            keep(&format!("drop child {child} of"), None, &|element| drop(element.children.remove(child)));
            keep(&format!("repeat child {child} of"), None, &|element| {
                let again = element.children[child].clone();
                element.children.insert(child, again);
            });
            keep(&format!("move up child {child} of"), None, &|element| {
                element.children.swap(child, child.saturating_sub(1))
            });
            keep(&format!("move last child {child} of"), None, &|element| {
                let moved = element.children.remove(child);
                element.children.push(moved);
            });
        }
        if children > 0 {
            keep("text in", Some("Bolatbek"), &|element| element.text = "Bolatbek".into());
            continue;
        }
        let long = "ж".repeat(301);
        for value in VALUES.iter().copied().chain([long.as_str()]) {
            let secret = Some(value).filter(|value| value.chars().count() > 6);
            keep("value", secret, &|element| element.text = value.to_owned().into());
            for attribute in 0..attributes {
                keep(&format!("attribute {attribute}"), secret, &|element| {
                    element.attributes[attribute].1 = value.to_owned().into()
                });
            }
        }
    }
    all
}

fn stranger() -> Element<'static> {
    let (local, text) = ("Zulfiya".into(), "Zulfiya".into());
    Element { namespace: "urn:x-other".into(), local, attributes: Vec::new(), text, children: Vec::new() }
}

/// Changes the element that [`Element::visit`] sees as number `target`.
fn at(element: &mut Element, target: usize, number: &mut usize, change: &mut dyn FnMut(&mut Element<'_>)) {
    if *number == target {
        *number += 1;
        change(element);
        return;
    }
    *number += 1;
    for child in &mut element.children {
        if *number <= target {
            at(child, target, number, change);
        }
    }
}

fn write(element: &Element, out: &mut Vec<u8>) {
    let Element { namespace, local, attributes, text, children } = element;
    out.extend_from_slice(format!("<{local} xmlns=\"").as_bytes());
    escape_attribute(out, namespace);
    for (name, value) in attributes {
        out.extend_from_slice(format!("\" {name}=\"").as_bytes());
        escape_attribute(out, value);
    }
    out.extend_from_slice(b"\">");
    escape_text(out, text);
    children.iter().for_each(|child| write(child, out));
    out.extend_from_slice(format!("</{local}>").as_bytes());
}
