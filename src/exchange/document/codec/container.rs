//! R.010 GenericEDocDetails: a container, which holds whole documents of other structures behind its own header.

use super::fields::{Fields, finish};
use super::header::Header;
use super::inquiry::read_inquiry;
use super::namespaces::{CCDO, CSDO};
use super::record::{Attachments, read_record};
use super::result::{ProcessingResult, read_result};
use super::status::read_status;
use super::{CodecError, HeldError};
use crate::base::{Finding, Findings, Limits};
use crate::exchange::canonical::{Inquiry, InsuranceRecord, ResourceStatus, State};
use crate::exchange::document::{CanonicalWriter, Element, Event, XmlError, XmlReader};
use std::ops::Range;

/// A document that an accepted container holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldDocument {
    root: Element<'static>,
    range: Range<usize>,
}

impl HeldDocument {
    /// The namespace of its root element.
    pub fn namespace(&self) -> &str {
        &self.root.namespace
    }

    /// Its root element.
    pub fn root(&self) -> &str {
        &self.root.local
    }

    /// Where it stands in the container, in bytes. It may lean on prefixes that are declared outside.
    pub fn range(&self) -> Range<usize> {
        self.range.clone()
    }

    /// The inquiry it is; `asked` is the state that reads it.
    ///
    /// # Errors
    /// Values that mean nothing.
    pub fn inquiry(&self, asked: State) -> Result<(Header, Inquiry), CodecError> {
        read_inquiry(&self.root, asked)
    }

    /// The insurance record it is, with its own attachments.
    ///
    /// # Errors
    /// Values that mean nothing.
    pub fn record(&self, attachments: Attachments<'_>) -> Result<(Header, InsuranceRecord), CodecError> {
        read_record(&self.root, attachments)
    }

    /// The notice it is.
    ///
    /// # Errors
    /// Values that mean nothing.
    pub fn notice(&self) -> Result<(Header, ProcessingResult), CodecError> {
        read_result(&self.root)
    }

    /// The status of a resource it is.
    ///
    /// # Errors
    /// Values that mean nothing.
    pub fn status(&self) -> Result<(Header, ResourceStatus), CodecError> {
        read_status(&self.root)
    }
}

/// A container with these documents, each as its own `encode_…` wrote it, as canonical XML.
///
/// # Errors
/// No document or too many; one that is not a single element, or a container itself.
pub fn encode_container(
    documents: &[Vec<u8>],
    header: &Header,
    limits: &Limits,
) -> Result<Vec<u8>, CodecError> {
    if documents.is_empty() {
        return Err(HeldError::None.into());
    }
    if documents.len() > limits.container_documents_max {
        return Err(HeldError::TooMany { limit: limits.container_documents_max }.into());
    }
    let mut writer = CanonicalWriter::new(&[("doc", DOC), ("ccdo", CCDO), ("csdo", CSDO)]);
    writer.start("doc", ROOT);
    header.encode(&mut writer);
    for (place, document) in documents.iter().enumerate() {
        if !is_plain(document, limits)? {
            return Err(HeldError::NotPlain { place: place + 1 }.into());
        }
        writer.embed(document);
    }
    writer.end();
    Ok(writer.finish()?)
}

/// The documents in a container that was found acceptable, in their order.
///
/// # Errors
/// No header, no document, or too many.
pub(in crate::exchange) fn decode_container(
    document: &[u8],
    limits: &Limits,
) -> Result<(Header, Vec<HeldDocument>), CodecError> {
    let root = Element::parse(document, limits)?;
    let mut findings = Findings::new();
    let fields = Fields::of_root(&root);
    let header = Header::decode(&fields, &mut findings);
    let count = root.children.iter().filter(|child| !is_header(child)).count();
    if !(1..=limits.container_documents_max).contains(&count) {
        let rule = format!("1–{} documents", limits.container_documents_max);
        let message = "the container holds no document or too many; send each part in a container of its own";
        findings.push(Finding::error("document.held", format!("/{ROOT}"), rule, "", message));
    }
    let ranges = child_ranges(document, limits)?;
    let held = root.children.into_iter().zip(ranges).filter(|(child, _)| !is_header(child));
    let held = held.map(|(root, range)| HeldDocument { root: root.into_owned(), range }).collect();
    finish(header.map(|header| (header, held)), findings)
}

fn is_header(element: &Element) -> bool {
    element.is(CCDO, "EDocHeader")
}

/// Where the children of the root stand, in bytes.
fn child_ranges(document: &[u8], limits: &Limits) -> Result<Vec<Range<usize>>, XmlError> {
    let mut reader = XmlReader::new(document, limits)?;
    let (mut ranges, mut begin) = (Vec::new(), 0);
    loop {
        let (is_start, is_end) = match reader.next_event()? {
            Event::Start(_) => (true, false),
            Event::End { .. } => (false, true),
            Event::Text(_) | Event::Pi { .. } => (false, false),
            Event::Done => return Ok(ranges),
        };
        if is_start && reader.depth() == 2 {
            begin = reader.offset();
        }
        if is_end && reader.depth() == 1 {
            ranges.push(begin..reader.position());
        }
    }
}

/// Whether it is one element and nothing beside it, so that it is canonical inside the container too: no declaration,
/// comment or instruction, and nothing of the container's namespace, whose prefix would be in scope.
fn is_plain(document: &[u8], limits: &Limits) -> Result<bool, XmlError> {
    let mut reader = XmlReader::new(document, limits)?;
    let mut is_plain = document.starts_with(b"<") && !document.starts_with(b"<?") && document.ends_with(b">");
    loop {
        match reader.next_event()? {
            Event::Start(tag) => is_plain &= tag.namespace() != DOC,
            Event::Pi { .. } => is_plain = false,
            Event::Text(_) | Event::End { .. } => {}
            Event::Done => return Ok(is_plain && reader.comments() == 0),
        }
    }
}

const DOC: &str = "urn:EEC:R:GenericEDocDetails:v1.0.0";
const ROOT: &str = "GenericEDocDetails";
