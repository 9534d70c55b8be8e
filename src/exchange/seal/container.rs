//! The container `SignedDoc`: written around a canonical document without parsing it.

use super::error::SealError;
use super::signer::Signer;
use super::suites::sha256;
use crate::base::Digest256;
use crate::base::DocumentId;
use crate::exchange::rules::ValidDocument;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// A document with our signature, ready to be sent. Only [`seal`] and [`seal_unchecked`] make one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedDocument {
    bytes: Vec<u8>,
    document_id: DocumentId,
    digest: Digest256,
}

impl SealedDocument {
    /// The `SignedDoc`, in canonical form, without an XML declaration.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The id under which the document was sealed.
    pub fn document_id(&self) -> DocumentId {
        self.document_id
    }

    /// The digest of the signed content, as the signature tells it.
    pub fn digest(&self) -> Digest256 {
        self.digest
    }

    /// The bytes alone.
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }
}

/// Signs a document that the rules of its message accept.
///
/// All Ids follow from the document's id, so one document sealed twice by one RSA key gives one result.
pub fn seal(
    document: &ValidDocument,
    document_id: DocumentId,
    signer: &Signer,
) -> Result<SealedDocument, SealError> {
    seal_unchecked(document.as_bytes(), document_id, signer)
}

/// Signs a document of no common process, in canonical form as `CanonicalWriter` writes it: for a person who
/// seals a file. A node sends nothing that was sealed so.
pub fn seal_unchecked(
    document: &[u8],
    document_id: DocumentId,
    signer: &Signer,
) -> Result<SealedDocument, SealError> {
    let document = sealable(document)?;
    let id = document_id.as_uuid();
    let suite = signer.suite();
    let content = |declaration: &str| {
        format!(
            "<doc:SignedContent{declaration} DocInstance=\"i{id}\" Id=\"c{id}\">{document}</doc:SignedContent>"
        )
    };
    let digest = sha256(content(DECLARE_DOC).as_bytes());
    let signed_info = |declaration: &str| {
        format!(
            "<ds:SignedInfo{declaration}>\
             <ds:CanonicalizationMethod Algorithm=\"{EXCLUSIVE_URI}\"></ds:CanonicalizationMethod>\
             <ds:SignatureMethod Algorithm=\"{}\"></ds:SignatureMethod>\
             <ds:Reference Id=\"xmldsig-{id}-ref0\" URI=\"#c{id}\"><ds:Transforms>\
             <ds:Transform Algorithm=\"{EXCLUSIVE_URI}\"></ds:Transform></ds:Transforms>\
             <ds:DigestMethod Algorithm=\"{}\"></ds:DigestMethod><ds:DigestValue>{}</ds:DigestValue>\
             </ds:Reference></ds:SignedInfo>",
            suite.signature_uri(),
            suite.digest_uri(),
            STANDARD.encode(digest.0),
        )
    };
    let signature = signer.sign(signed_info(DECLARE_DS).as_bytes())?;
    let bytes = format!(
        "<doc:SignedDoc{DECLARE_DOC}><doc:Data Id=\"d{id}\"><ds:Signature{DECLARE_DS} Id=\"xmldsig-{id}\">{}\
         <ds:SignatureValue Id=\"xmldsig-{id}-sign0\">{}</ds:SignatureValue>\
         <ds:KeyInfo><ds:X509Data><ds:X509Certificate>{}</ds:X509Certificate></ds:X509Data></ds:KeyInfo>\
         </ds:Signature>{}</doc:Data></doc:SignedDoc>",
        signed_info(""),
        STANDARD.encode(signature),
        signer.certificate_base64(),
        content(""),
    );
    Ok(SealedDocument { bytes: bytes.into_bytes(), document_id, digest })
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
    if text.contains(SIGNED_DATA_NAMESPACE) || text.contains(SIGNATURE_NAMESPACE) {
        return Err(unsealable("it names the namespaces of the container"));
    }
    Ok(text)
}

/// The namespace of the container.
pub const SIGNED_DATA_NAMESPACE: &str = "urn:EEC:SignedData:v1.0:EDoc";
pub(super) const SIGNATURE_NAMESPACE: &str = "http://www.w3.org/2000/09/xmldsig#";
pub(super) const EXCLUSIVE_URI: &str = "http://www.w3.org/2001/10/xml-exc-c14n#";
const DECLARE_DOC: &str = " xmlns:doc=\"urn:EEC:SignedData:v1.0:EDoc\"";
const DECLARE_DS: &str = " xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\"";
