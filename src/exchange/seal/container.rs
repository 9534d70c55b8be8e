//! The container `SignedDoc`: written around a canonical document without parsing it.

use super::c14n::XOP;
use super::error::SealError;
use super::filling::{Filled, Filling, Hole};
use super::signature::SIGNATURES_MAX;
use super::signer::Signer;
use super::suites::{ContentDigests, ContentHasher};
use crate::base::Digest256;
use crate::base::DocumentId;
use crate::exchange::rules::ValidDocument;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use memchr::memmem;
use percent_encoding::{NON_ALPHANUMERIC, percent_decode, utf8_percent_encode};
use std::borrow::Cow;
use std::ops::Range;

/// A document with our signature, ready to be sent. Only [`seal`] and [`seal_unchecked`] make one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedDocument {
    bytes: Vec<u8>,
    document_id: DocumentId,
    digest: Digest256,
}

impl SealedDocument {
    /// A document of ours that more was put into than its signature.
    pub(super) fn of_parts(bytes: Vec<u8>, document_id: DocumentId, digest: Digest256) -> Self {
        Self { bytes, document_id, digest }
    }

    /// The `SignedDoc`, in canonical form, without an XML declaration.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The id under which the document was sealed.
    pub fn document_id(&self) -> DocumentId {
        self.document_id
    }

    /// The SHA-256 of the signed content, whatever digest the signature tells.
    pub fn digest(&self) -> Digest256 {
        self.digest
    }

    /// The bytes alone.
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }
}

/// Signs a document that the rules of its message accept, by one signer or several, in their order.
///
/// All Ids follow from the document's id, so one document sealed twice by one RSA key gives one result.
pub fn seal(
    document: &ValidDocument,
    document_id: DocumentId,
    signers: &(impl AsRef<[Signer]> + ?Sized),
) -> Result<SealedDocument, SealError> {
    seal_unchecked(document.as_bytes(), document_id, signers)
}

/// Signs a document of no common process, in canonical form as `CanonicalWriter` writes it: for a person who
/// seals a file. A node sends nothing that was sealed so.
pub fn seal_unchecked(
    document: &[u8],
    document_id: DocumentId,
    signers: &(impl AsRef<[Signer]> + ?Sized),
) -> Result<SealedDocument, SealError> {
    let sealing = Sealing::of(document, &[], document_id)?;
    let filled = sealing.filling(signers)?.finish()?;
    sealing.seal(filled, signers)
}

/// A document of ours whose attachments are fed in before it is signed.
pub struct Sealing {
    /// The signed content as it is digested, its holes empty.
    content: String,
    holes: Vec<Hole>,
    document_id: DocumentId,
}

impl Sealing {
    /// Begins with a document that the rules of its message accept. Its attachments go by the names `content_ids`
    /// into its empty binary elements, in their order.
    ///
    /// # Errors
    /// It has not as many of them.
    pub fn new(
        document: &ValidDocument,
        content_ids: &[String],
        document_id: DocumentId,
    ) -> Result<Self, SealError> {
        Self::of(document.as_bytes(), content_ids, document_id)
    }

    fn of(document: &[u8], content_ids: &[String], document_id: DocumentId) -> Result<Self, SealError> {
        let document = sealable(document)?;
        let id = document_id.as_uuid();
        let head = format!("<doc:SignedContent{DECLARE_DOC} DocInstance=\"i{id}\" Id=\"c{id}\">");
        let begin = head.len();
        let mut content = String::with_capacity(begin + document.len() + CONTENT_END.len());
        content.push_str(&head);
        content.push_str(document);
        content.push_str(CONTENT_END);
        let mut places = document.match_indices(EMPTY_BINARY).map(|(at, _)| begin + at + 1);
        let holes: Vec<Hole> = content_ids
            .iter()
            .map_while(|content_id| Some(Hole { at: places.next()?, content_id: content_id.clone() }))
            .collect();
        if holes.len() != content_ids.len() || places.next().is_some() {
            return Err(SealError::Hole);
        }
        Ok(Self { content, holes, document_id })
    }

    /// Begins the digest, with the attachments to be fed in.
    ///
    /// # Errors
    /// The GOST engine is gone.
    pub fn filling(&self, signers: &(impl AsRef<[Signer]> + ?Sized)) -> Result<Filling<'_>, SealError> {
        let told = signers.as_ref().iter().map(|signer| signer.suite().digest());
        Filling::new(self.content.as_bytes(), &self.holes, ContentHasher::of(told)?)
    }

    /// Signs it. What is signed has the attachments inside, what leaves refers to them.
    ///
    /// # Errors
    /// A key refuses; or there is none, or more than eight; or the attachments are another's.
    pub fn seal(
        &self,
        filled: Filled,
        signers: &(impl AsRef<[Signer]> + ?Sized),
    ) -> Result<SealedDocument, SealError> {
        let signers = signers.as_ref();
        if signers.is_empty() || signers.len() > SIGNATURES_MAX {
            return Err(SealError::Unsealable { reason: "it needs from one to eight signers" });
        }
        if filled.parts.len() != self.holes.len() {
            return Err(SealError::Hole);
        }
        // the declaration stands on the container already
        let declared = memmem::find(self.content.as_bytes(), DECLARE_DOC.as_bytes()).unwrap_or_default();
        let mut from = declared + DECLARE_DOC.len();
        let mut content = vec![Cow::Borrowed(self.content.get(..declared).unwrap_or_default())];
        for Hole { at, content_id } in &self.holes {
            content.push(Cow::Borrowed(self.content.get(from..*at).unwrap_or_default()));
            content.push(Cow::Owned(include(content_id)));
            from = *at;
        }
        content.push(Cow::Borrowed(self.content.get(from..).unwrap_or_default()));
        wrap(content, &filled.digests, self.document_id, signers)
    }
}

/// What refers to a part.
fn include(content_id: &str) -> String {
    let coded = utf8_percent_encode(content_id, NON_ALPHANUMERIC);
    format!("<xop:Include xmlns:xop=\"{XOP}\" href=\"cid:{coded}\"></xop:Include>")
}

/// Where a document of ours refers to a part, and to which.
pub fn includes(body: &[u8]) -> Vec<(Range<usize>, String)> {
    let begin = format!("<xop:Include xmlns:xop=\"{XOP}\" href=\"cid:");
    let mut found = Vec::new();
    // `<` stands in no text or attribute of canonical XML, so this is nothing else
    for at in memmem::find_iter(body, begin.as_bytes()) {
        let rest = body.get(at + begin.len()..).unwrap_or_default();
        let Some(length) = memmem::find(rest, INCLUDE_END) else { continue };
        let coded = rest.get(..length).unwrap_or_default();
        let content_id = percent_decode(coded).decode_utf8_lossy().into_owned();
        found.push((at..at + begin.len() + length + INCLUDE_END.len(), content_id));
    }
    found
}

/// Signs a digest and puts the container around the content, which may be long: it is copied once.
fn wrap(
    content: Vec<Cow<'_, str>>,
    digests: &ContentDigests,
    document_id: DocumentId,
    signers: &[Signer],
) -> Result<SealedDocument, SealError> {
    let id = document_id.as_uuid();
    let mut before = format!("<doc:SignedDoc{DECLARE_DOC}><doc:Data Id=\"d{id}\">");
    for (place, signer) in signers.iter().enumerate() {
        let own = match place {
            0 => format!("xmldsig-{id}"),
            _ => format!("xmldsig-{id}-{}", place + 1),
        };
        before.push_str(&signature(&own, &format!("c{id}"), digests, signer)?);
    }
    let behind = Cow::Borrowed("</doc:Data></doc:SignedDoc>");
    let all: Vec<_> = std::iter::once(Cow::Owned(before)).chain(content).chain([behind]).collect();
    Ok(SealedDocument { bytes: all.concat().into_bytes(), document_id, digest: digests.ledger })
}

/// One signature, under this Id of its own, over the content of this Id.
fn signature(
    own: &str,
    content: &str,
    digests: &ContentDigests,
    signer: &Signer,
) -> Result<String, SealError> {
    let suite = signer.suite();
    let digest = STANDARD.encode(digests.by(suite.digest()).ok_or(SealError::Hole)?);
    let signed_info = |declaration: &str| {
        format!(
            "<ds:SignedInfo{declaration}>\
             <ds:CanonicalizationMethod Algorithm=\"{EXCLUSIVE_URI}\"></ds:CanonicalizationMethod>\
             <ds:SignatureMethod Algorithm=\"{}\"></ds:SignatureMethod>\
             <ds:Reference Id=\"{own}-ref0\" URI=\"#{content}\"><ds:Transforms>\
             <ds:Transform Algorithm=\"{EXCLUSIVE_URI}\"></ds:Transform></ds:Transforms>\
             <ds:DigestMethod Algorithm=\"{}\"></ds:DigestMethod><ds:DigestValue>{digest}</ds:DigestValue>\
             </ds:Reference></ds:SignedInfo>",
            suite.signature_uri(),
            suite.digest().uri(),
        )
    };
    let value = signer.sign(signed_info(DECLARE_DS).as_bytes())?;
    Ok(format!(
        "<ds:Signature{DECLARE_DS} Id=\"{own}\">{}\
         <ds:SignatureValue Id=\"{own}-sign0\">{}</ds:SignatureValue>\
         <ds:KeyInfo><ds:X509Data><ds:X509Certificate>{}</ds:X509Certificate></ds:X509Data></ds:KeyInfo>\
         </ds:Signature>",
        signed_info(""),
        STANDARD.encode(value),
        signer.certificate_base64(),
    ))
}

/// Refuses what could not be canonical, or could be mistaken for a part of the container.
fn sealable(document: &[u8]) -> Result<&str, SealError> {
    let unsealable = |reason| SealError::Unsealable { reason };
    let text = std::str::from_utf8(document).map_err(|_cause| unsealable("not UTF-8"))?;
    let is_element =
        text.starts_with('<') && !text.starts_with("<?") && !text.starts_with("<!") && text.ends_with('>');
    if !is_element {
        return Err(unsealable("not one element, without declaration or space around it"));
    }
    let names = |namespace: &str| memmem::find(document, namespace.as_bytes()).is_some();
    if names(SIGNED_DATA_NAMESPACE) || names(SIGNATURE_NAMESPACE) {
        return Err(unsealable("it names the namespaces of the container"));
    }
    Ok(text)
}

const CONTENT_END: &str = "</doc:SignedContent>";
const INCLUDE_END: &[u8] = b"\"></xop:Include>";
/// How canonical XML of ours writes an element for an attachment that travels beside it; `<` stands in no text or
/// attribute of it.
const EMPTY_BINARY: &str = "></csdo:DocBinaryText>";
/// The namespace of the container.
pub const SIGNED_DATA_NAMESPACE: &str = "urn:EEC:SignedData:v1.0:EDoc";
pub(super) const SIGNATURE_NAMESPACE: &str = "http://www.w3.org/2000/09/xmldsig#";
pub(super) const EXCLUSIVE_URI: &str = "http://www.w3.org/2001/10/xml-exc-c14n#";
const DECLARE_DOC: &str = " xmlns:doc=\"urn:EEC:SignedData:v1.0:EDoc\"";
const DECLARE_DS: &str = " xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\"";
