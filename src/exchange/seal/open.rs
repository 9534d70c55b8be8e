//! Reads a `SignedDoc` in one pass and refuses whatever the profile does not name.
//!
//! What is signed is canonicalised while it is read, in the context of its document; what comes out is
//! only what the signature will be asked about.

use super::breach::{Breach, Piece, inside, out_of_place, refused_algorithm, unsigned};
use super::c14n::Canonicalizer;
use super::container::EXCLUSIVE_URI;
use super::container::SIGNATURE_NAMESPACE;
use super::container::SIGNED_DATA_NAMESPACE;
use super::error::SealError;
use super::filling::Filling;
use super::filling::Hole;
use super::signature::OpenedSignature;
use super::signature::SIGNATURES_MAX;
use super::signature::check_several;
use super::suites::ContentHasher;
use super::suites::sha256;
use super::suites::unknown;
use crate::base::Digest256;
use crate::base::Limits;
use crate::exchange::document::Event;
use crate::exchange::document::Scope;
use crate::exchange::document::StartTag;
use crate::exchange::document::XmlErrorKind;
use crate::exchange::document::XmlReader;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::collections::HashSet;
use std::ops::Range;

/// A `SignedDoc` of the right shape, whose signatures nobody has checked yet. Its content stays shut.
pub struct OpenedDocument {
    /// One at least.
    pub(super) signatures: Vec<OpenedSignature>,
    pub(super) content: Vec<u8>,
    /// Where attachments belong into the content.
    pub(super) holes: Vec<Hole>,
    pub(super) document: Range<usize>,
    pub(super) doc_instance: String,
    /// Whether a third party's receipt stands behind the signatures; it is not looked into here.
    pub(super) has_receipt: bool,
}

impl OpenedDocument {
    /// Whether it refers to attachments that travel beside it.
    pub fn has_holes(&self) -> bool {
        !self.holes.is_empty()
    }

    /// Begins the digests of the content, with its attachments to be fed in: all that its signatures tell and that are
    /// known here.
    ///
    /// # Errors
    /// The cryptographic library fails.
    pub fn filling(&self) -> Result<Filling<'_>, SealError> {
        let known = self.signatures.iter().filter_map(|signature| signature.digest().ok());
        Filling::new(&self.content, &self.holes, ContentHasher::of(known)?)
    }

    /// The document inside, if these are the bytes that we sealed ourselves under this digest.
    pub(in crate::exchange) fn own_document(&self, digest: Digest256) -> Option<&[u8]> {
        (!self.has_holes() && sha256(&self.content) == digest)
            .then(|| self.content.get(self.document.clone()))?
    }

    /// The same of a document that may have attachments beside it, which are not in these bytes: its digest cannot be
    /// compared then, and what keeps the bytes is trusted with them.
    pub(in crate::exchange) fn own_document_without_parts(&self, digest: Digest256) -> Option<&[u8]> {
        match self.has_holes() {
            true => self.content.get(self.document.clone()),
            false => self.own_document(digest),
        }
    }

    /// The Content-IDs of the attachments beside it, in the order of the empty elements they belong into.
    pub(in crate::exchange) fn attachments(&self) -> impl Iterator<Item = &str> {
        self.holes.iter().map(|hole| hole.content_id.as_str())
    }

    /// The SHA-256 by which a node knows this document: claimed, since nobody has checked a signature.
    ///
    /// # Errors
    /// Its attachments are not inside, or the cryptographic library fails.
    pub fn claimed_digest(&self) -> Result<Digest256, SealError> {
        if let Some(Hole { content_id, .. }) = self.holes.first() {
            return Err(SealError::NoPart { content_id: content_id.clone() });
        }
        Ok(sha256(&self.content))
    }

    /// Whether a third party's receipt came with it.
    pub fn has_receipt(&self) -> bool {
        self.has_receipt
    }

    /// What the document calls itself, for who tells of a refusal; nothing vouches for it.
    pub fn claimed_doc_instance(&self) -> &str {
        &self.doc_instance
    }
}

impl std::fmt::Debug for OpenedDocument {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let methods = self.signatures.iter().map(|signature| signature.method.as_str());
        write!(f, "OpenedDocument({} bytes, {})", self.content.len(), methods.collect::<Vec<_>>().join(", "))
    }
}

/// Opens a `SignedDoc` that is a document of its own.
pub fn open(bytes: &[u8], limits: &Limits) -> Result<OpenedDocument, SealError> {
    Walk::new(XmlReader::new(bytes, limits)?, bytes.len(), limits).signed_doc()
}

/// Opens a `SignedDoc` cut out of an envelope, with the namespaces that were in scope there.
pub fn open_within(bytes: &[u8], scope: &Scope, limits: &Limits) -> Result<OpenedDocument, SealError> {
    Walk::new(XmlReader::within(bytes, scope, limits)?, bytes.len(), limits).signed_doc()
}

/// What a signature says of something that it signs.
pub(super) struct Reference {
    pub(super) id: Option<String>,
    pub(super) uri: String,
    pub(super) digest_uri: String,
    pub(super) digest: Vec<u8>,
}

/// What stands in Data.
enum Part {
    Signature(Tag),
    Content(Tag),
}

struct Content {
    id: String,
    doc_instance: String,
    canonical: Vec<u8>,
    holes: Vec<Hole>,
    document: Range<usize>,
}

/// A walk through the one shape a `SignedDoc` may have.
pub(super) struct Walk<'a> {
    reader: XmlReader<'a>,
    size: usize,
    /// The most bytes of canonical form: what is repeated there may be more than what was read.
    written_max: usize,
    /// Takes what is read while it stands inside a signed element.
    canonical: Option<Canonicalizer>,
    /// Becomes `canonical` at the next start tag.
    next_canonical: Option<Canonicalizer>,
    ids: HashSet<String>,
}

impl<'a> Walk<'a> {
    pub(super) fn new(reader: XmlReader<'a>, size: usize, limits: &Limits) -> Self {
        let written_max = limits.xml_bytes_max;
        Self { reader, size, written_max, canonical: None, next_canonical: None, ids: HashSet::new() }
    }

    fn signed_doc(mut self) -> Result<OpenedDocument, SealError> {
        self.enter(SIGNED_DATA_NAMESPACE, "SignedDoc", &[])?;
        let data = self.enter(SIGNED_DATA_NAMESPACE, "Data", &["Id"])?;
        let data_id = self.required(&data, "Id")?;
        let (signatures, content) = self.parts()?;
        self.leave("the end of Data")?;
        let has_receipt = self.enter_or_leave(SIGNATURE_NAMESPACE, "Signature", &["Id"])?.is_some();
        if has_receipt {
            self.copy_rest(|_, _| {})?;
            self.leave("the end of SignedDoc")?;
        }
        self.done()?;
        for signature in &signatures {
            signature.check_ids(&data_id, &content.id)?;
        }
        check_several(&signatures)?;
        Ok(OpenedDocument {
            signatures,
            content: content.canonical,
            holes: content.holes,
            document: content.document,
            doc_instance: content.doc_instance,
            has_receipt,
        })
    }

    /// The signatures, and the content behind them.
    fn parts(&mut self) -> Result<(Vec<OpenedSignature>, Content), SealError> {
        let mut signatures = Vec::new();
        loop {
            let comments = self.reader.comments();
            match self.part(signatures.is_empty())? {
                Part::Signature(_) if signatures.len() == SIGNATURES_MAX => {
                    return Err(Breach::TooManySignatures { offset: self.reader.offset() }.into());
                }
                Part::Signature(tag) => signatures.push(OpenedSignature::read(self, &tag, comments)?),
                Part::Content(tag) => return Ok((signatures, self.content(&tag)?)),
            }
        }
    }

    /// Reads up to the start of the next signature, or of the content if a signature stands before it.
    fn part(&mut self, is_first: bool) -> Result<Part, SealError> {
        loop {
            match self.reader.next_event()? {
                Event::Text(text) if is_blank(&text) => {}
                Event::Start(tag) if tag.is(SIGNATURE_NAMESPACE, "Signature") => {
                    take_ids(&mut self.ids, &tag)?;
                    return Ok(Part::Signature(Tag::read(&tag, &["Id"])?));
                }
                Event::Start(tag) if !is_first && tag.is(SIGNED_DATA_NAMESPACE, "SignedContent") => {
                    take_ids(&mut self.ids, &tag)?;
                    self.canonical.insert(Canonicalizer::with_holes(self.size)).start(&tag);
                    return Ok(Part::Content(Tag::read(&tag, &["DocInstance", "Id"])?));
                }
                Event::Start(tag) if is_first => return Err(unsigned(out_of_place(&tag, "Signature"))),
                Event::Start(tag) => return Err(out_of_place(&tag, "SignedContent")),
                Event::Pi { .. } => return Err(self.inserted()),
                Event::Text(_) | Event::End { .. } | Event::Done => {
                    return Err(self.wrong(if is_first { "Signature" } else { "SignedContent" }));
                }
            }
        }
    }

    /// The one certificate of a signature.
    pub(super) fn key_info(&mut self) -> Result<Vec<u8>, SealError> {
        self.enter(SIGNATURE_NAMESPACE, "KeyInfo", &["Id"]).map_err(|error| {
            let SealError::WrongElement { offset, .. } = error else { return error };
            Breach::KeyInfo { offset }.into()
        })?;
        self.one_certificate().map_err(inside(|offset| Breach::KeyInfo { offset }))
    }

    fn one_certificate(&mut self) -> Result<Vec<u8>, SealError> {
        self.enter(SIGNATURE_NAMESPACE, "X509Data", &[])?;
        let (_, certificate) = self.base64("X509Certificate", &[])?;
        self.leave("the end of X509Data")?;
        self.leave("the end of KeyInfo")?;
        Ok(certificate)
    }

    /// What a reference holds, behind its start tag.
    pub(super) fn reference(&mut self, tag: &Tag) -> Result<Reference, SealError> {
        self.enter(SIGNATURE_NAMESPACE, "Transforms", &[])?;
        let transform = self.algorithm("Transform")?;
        self.leave("the end of Transforms")?;
        let digest_uri = self.algorithm("DigestMethod")?;
        let (_, digest) = self.base64("DigestValue", &[])?;
        self.leave("the end of Reference")?;
        if transform != EXCLUSIVE_URI {
            return Err(unknown(&transform));
        }
        let uri = tag.value("URI").unwrap_or_default();
        Ok(Reference { id: tag.value("Id"), uri, digest_uri, digest })
    }

    /// What the content holds, behind its start tag.
    fn content(&mut self, tag: &Tag) -> Result<Content, SealError> {
        let (id, doc_instance) = (self.required(tag, "Id")?, self.required(tag, "DocInstance")?);
        let document = self.document()?;
        self.leave("the end of SignedContent")?;
        let (canonical, holes) = self.canonical.take().unwrap_or_default().into_parts()?;
        Ok(Content { id, doc_instance, canonical, holes, document })
    }

    /// The one element inside SignedContent; the place of its canonical bytes.
    fn document(&mut self) -> Result<Range<usize>, SealError> {
        let depth = self.reader.depth();
        let mut begin = None;
        loop {
            let is_inside = self.reader.depth() > depth;
            let canonical = self.canonical.get_or_insert_default();
            let written = canonical.written();
            match self.reader.next_event()? {
                Event::Start(tag) => {
                    begin.get_or_insert(written);
                    refuse_container_names(&tag)?;
                    take_ids(&mut self.ids, &tag)?;
                    canonical.start(&tag);
                    if canonical.written() > self.written_max {
                        let kind = XmlErrorKind::TooLarge { limit: self.written_max };
                        return Err(self.reader.error(kind).into());
                    }
                }
                Event::Text(text) if is_inside || is_blank(&text) => canonical.text(&text),
                Event::Pi { target, content } if is_inside => canonical.pi(target, &content),
                Event::End { qname } if is_inside => {
                    canonical.end(qname);
                    let end = canonical.written();
                    if self.reader.depth() == depth {
                        return Ok(begin.unwrap_or_default()..end);
                    }
                }
                Event::Text(_) | Event::Pi { .. } | Event::End { .. } | Event::Done => {
                    return Err(self.wrong("one document in SignedContent"));
                }
            }
        }
    }

    /// An element of the signature that holds nothing but its `Algorithm`.
    pub(super) fn algorithm(&mut self, local: &'static str) -> Result<String, SealError> {
        let tag = self.enter(SIGNATURE_NAMESPACE, local, &["Algorithm"])?;
        let uri = self.required(&tag, "Algorithm")?;
        if let Some(breach) = refused_algorithm(&uri) {
            return Err(breach.into());
        }
        let parameter = inside(|offset| Breach::Parameter { offset });
        self.leave("nothing inside an algorithm").map_err(parameter)?;
        Ok(uri)
    }

    /// The rest of the element that is open, to its end, whatever it is; `seen` is shown each start tag with how deep it
    /// stands, 1 for a child.
    pub(super) fn copy_rest(&mut self, mut seen: impl FnMut(&StartTag<'_>, usize)) -> Result<(), SealError> {
        let mut level = 0;
        loop {
            let event = self.reader.next_event()?;
            feed(&mut self.canonical, &event);
            match event {
                Event::Start(tag) => {
                    level += 1;
                    seen(&tag, level);
                    take_ids(&mut self.ids, &tag)?;
                    if self.canonical.as_ref().is_some_and(|it| it.written() > self.written_max) {
                        let kind = XmlErrorKind::TooLarge { limit: self.written_max };
                        return Err(self.reader.error(kind).into());
                    }
                }
                Event::Text(_) | Event::Pi { .. } => {}
                Event::End { .. } if level == 0 => return Ok(()),
                Event::End { .. } => level -= 1,
                Event::Done => return Err(self.wrong("the end of an element")),
            }
        }
    }

    /// The text of an element that holds nothing else and has no attributes.
    pub(super) fn text(&mut self, namespace: &str, local: &'static str) -> Result<String, SealError> {
        self.enter(namespace, local, &[])?;
        self.text_to_end("text and nothing else")
    }

    /// The text up to the end of the open element, which must hold nothing else.
    fn text_to_end(&mut self, expected: &'static str) -> Result<String, SealError> {
        let mut all = String::new();
        loop {
            let event = self.reader.next_event()?;
            feed(&mut self.canonical, &event);
            match event {
                Event::Text(text) => all.push_str(&text),
                Event::End { .. } => return Ok(all),
                Event::Start(tag) => return Err(out_of_place(&tag, expected)),
                Event::Pi { .. } => return Err(self.inserted()),
                Event::Done => return Err(self.wrong(expected)),
            }
        }
    }

    /// Reads up to the start of one of these elements, or to the end of the one that is open.
    pub(super) fn enter_one_of(
        &mut self,
        namespace: &str,
        locals: &[&'static str],
        allowed: &[&'static str],
    ) -> Result<Option<(&'static str, Tag)>, SealError> {
        let wanted = locals.first().copied().unwrap_or_default();
        loop {
            let event = self.reader.next_event()?;
            if matches!(event, Event::Start(_)) && self.next_canonical.is_some() {
                self.canonical = self.next_canonical.take();
            }
            feed(&mut self.canonical, &event);
            match event {
                Event::Text(text) if is_blank(&text) => {}
                Event::End { .. } => return Ok(None),
                Event::Start(tag) => {
                    let found = locals.iter().find(|local| tag.is(namespace, local));
                    let Some(local) = found else { return Err(out_of_place(&tag, wanted)) };
                    take_ids(&mut self.ids, &tag)?;
                    return Ok(Some((local, Tag::read(&tag, allowed)?)));
                }
                Event::Pi { .. } => return Err(self.inserted()),
                Event::Text(_) | Event::Done => return Err(self.wrong(wanted)),
            }
        }
    }

    /// The same for one element.
    pub(super) fn enter_or_leave(
        &mut self,
        namespace: &str,
        local: &'static str,
        allowed: &[&'static str],
    ) -> Result<Option<Tag>, SealError> {
        Ok(self.enter_one_of(namespace, &[local], allowed)?.map(|(_, tag)| tag))
    }

    /// The next element is taken in canonical form from its start.
    pub(super) fn canonicalize_next(&mut self, canonical: Canonicalizer) {
        self.next_canonical = Some(canonical);
    }

    /// What was taken of the element that has just ended.
    pub(super) fn canonical(&mut self) -> Canonicalizer {
        self.canonical.take().unwrap_or_default()
    }

    /// How many bytes there are to read in all.
    pub(super) fn size(&self) -> usize {
        self.size
    }

    /// How many comments were dropped.
    pub(super) fn comments(&self) -> usize {
        self.reader.comments()
    }

    /// An element of the signature that holds base64.
    pub(super) fn base64(
        &mut self,
        local: &'static str,
        allowed: &[&'static str],
    ) -> Result<(Tag, Vec<u8>), SealError> {
        let tag = self.enter(SIGNATURE_NAMESPACE, local, allowed)?;
        let mut coded = self.text_to_end("base64 and nothing else")?;
        coded.retain(|c| !c.is_ascii_whitespace());
        match STANDARD.decode(&coded) {
            Ok(bytes) if !bytes.is_empty() => Ok((tag, bytes)),
            _ => Err(Breach::NotBase64 { offset: self.reader.offset() }.into()),
        }
    }

    /// Reads up to the start of the element the profile wants next.
    pub(super) fn enter(
        &mut self,
        namespace: &str,
        local: &'static str,
        allowed: &[&'static str],
    ) -> Result<Tag, SealError> {
        self.enter_or_leave(namespace, local, allowed)?.ok_or_else(|| self.wrong(local))
    }

    /// Reads up to the end of the open element, which must come next.
    pub(super) fn leave(&mut self, expected: &'static str) -> Result<(), SealError> {
        loop {
            let event = self.reader.next_event()?;
            feed(&mut self.canonical, &event);
            match event {
                Event::Text(text) if is_blank(&text) => {}
                Event::End { .. } => return Ok(()),
                Event::Start(tag) => return Err(out_of_place(&tag, expected)),
                Event::Pi { .. } => return Err(self.inserted()),
                Event::Text(_) | Event::Done => return Err(self.wrong(expected)),
            }
        }
    }

    pub(super) fn done(&mut self) -> Result<(), SealError> {
        if matches!(self.reader.next_event()?, Event::Done) {
            return Ok(());
        }
        Err(self.wrong("nothing after SignedDoc"))
    }

    pub(super) fn required(&self, tag: &Tag, name: &'static str) -> Result<String, SealError> {
        let missing = SealError::Profile { rule: "a required attribute is missing", offset: tag.offset };
        tag.value(name).filter(|value| !value.is_empty()).ok_or(missing)
    }

    fn wrong(&self, expected: &'static str) -> SealError {
        SealError::WrongElement { expected, offset: self.reader.offset() }
    }

    pub(super) fn inserted(&self) -> SealError {
        Breach::Inserted { offset: self.reader.offset() }.into()
    }
}

/// Gives what was read to the canonical form that is being taken, if one is.
fn feed(canonical: &mut Option<Canonicalizer>, event: &Event<'_, '_>) {
    let Some(canonical) = canonical else { return };
    match event {
        Event::Start(tag) => canonical.start(tag),
        Event::Text(text) => canonical.text(text),
        Event::Pi { target, content } => canonical.pi(target, content),
        Event::End { qname } => canonical.end(qname),
        Event::Done => {}
    }
}

/// What is kept of a start tag of the container.
pub(super) struct Tag {
    attributes: Vec<(&'static str, String)>,
    offset: usize,
}

impl Tag {
    /// Keeps the allowed attributes and refuses all others.
    fn read(tag: &StartTag<'_>, allowed: &[&'static str]) -> Result<Self, SealError> {
        let mut attributes = Vec::new();
        for attribute in tag.attributes() {
            let name =
                allowed.iter().find(|name| attribute.namespace.is_empty() && **name == attribute.local);
            let name = name.ok_or(Breach::StrayAttribute { offset: tag.offset() })?;
            attributes.push((*name, attribute.value.to_owned()));
        }
        Ok(Self { attributes, offset: tag.offset() })
    }

    pub(super) fn value(&self, name: &str) -> Option<String> {
        self.attributes.iter().find(|(known, _)| *known == name).map(|(_, value)| value.clone())
    }
}

/// Nothing of the container may hide in the document it carries.
fn refuse_container_names(tag: &StartTag<'_>) -> Result<(), SealError> {
    let is_own = |namespace: &str| namespace == SIGNED_DATA_NAMESPACE || namespace == SIGNATURE_NAMESPACE;
    let expected = "no container or signature inside the document";
    if is_own(tag.namespace()) {
        return Err(out_of_place(tag, expected));
    }
    if tag.attributes().any(|attribute| is_own(attribute.namespace)) {
        return Err(Breach::Misplaced { expected, part: Piece::Other, offset: tag.offset() }.into());
    }
    Ok(())
}

/// Every Id of the document stands in it once.
fn take_ids(ids: &mut HashSet<String>, tag: &StartTag<'_>) -> Result<(), SealError> {
    for attribute in tag.attributes().filter(|attribute| matches!(attribute.local, "Id" | "ID" | "id")) {
        if !ids.insert(attribute.value.to_owned()) {
            return Err(SealError::DuplicateId { offset: tag.offset() });
        }
    }
    Ok(())
}

fn is_blank(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_whitespace())
}
