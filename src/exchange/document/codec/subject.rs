//! Whom a document is about, whatever else it says.

use super::super::Element;
use super::fields::{Fields, finish};
use super::parts::read_person;
use super::{CodecError, Header};
use crate::base::{Findings, Limits};
use crate::exchange::canonical::Person;

/// The header of a document, and the person it is about, if it is about one.
pub(in crate::exchange) fn decode_subject(
    document: &[u8],
    limits: &Limits,
) -> Result<(Header, Option<Person>), CodecError> {
    let root = Element::parse(document, limits)?;
    let mut findings = Findings::new();
    let header = finish(Header::decode(&Fields::of_root(&root), &mut findings), findings)?;
    // what is wrong with a person makes him nobody here: the document was judged when it came
    let person =
        first(&root).and_then(|element| read_person(&Fields::of_root(element), &mut Findings::new()));
    Ok((header, person))
}

/// The first element of a person, from the top: members of his family stand deeper.
fn first<'a>(root: &'a Element<'a>) -> Option<&'a Element<'a>> {
    let mut level = vec![root];
    while !level.is_empty() {
        if let Some(found) = level.iter().find(|element| element.local == PERSON) {
            return Some(found);
        }
        level = level.into_iter().flat_map(|element| &element.children).collect();
    }
    None
}

const PERSON: &str = "PersonDetails";
