//! The receipt of a third party in XML: the second-level signature of a `SignedDoc` (namespace
//! `urn:EEC:TTP:v1.0:receipt`, XAdES properties).
//!
//! Where the receipt stands and what it signs is nowhere told in a text that we have: here it signs `Data` by its Id,
//! with signature and content, and itself. So it can be moved to no other document, and to no other signature of the
//! same one.

use super::c14n::Canonicalizer;
use super::container::{EXCLUSIVE_URI, SIGNATURE_NAMESPACE, SIGNED_DATA_NAMESPACE, SealedDocument};
use super::error::SealError;
use super::filling::{Filled, Filling, Hole};
use super::open::{Reference, Walk};
use super::report::Report;
use super::signer::Signer;
use super::suites::{DigestAlgorithm, check_fit, suite_of, unknown};
use super::third_party::{Outcome, ReceiptTrust};
use super::verify::SignerCertificate;
use crate::base::Limits;
use crate::exchange::document::{Scope, XmlReader};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use std::sync::Arc;
use uuid::Uuid;

/// What a receipt is about: `Data` of a `SignedDoc`, signatures and content, in canonical form.
pub struct ReceiptSubject {
    data_id: String,
    data: Vec<u8>,
    holes: Vec<Hole>,
    doc_instance: String,
    /// The Ids of its signatures, in their order.
    signatures: Vec<Option<String>>,
}

impl ReceiptSubject {
    /// Begins the digest of what the receipt is about, with the attachments to be fed in.
    fn filling(&self, digest: DigestAlgorithm) -> Result<Filling<'_>, SealError> {
        Filling::new(&self.data, &self.holes, digest.hasher()?)
    }

    /// Signs what is said of each of its signatures, in their order.
    ///
    /// # Errors
    /// It refers to attachments that are not inside; nothing can be said of it; or the key refuses.
    pub fn receipt(
        &self,
        each: &[Outcome],
        (id, at): (Uuid, Timestamp),
        signer: &Signer,
    ) -> Result<String, SealError> {
        let digest = signer.suite().digest();
        let filled = self.filling(digest)?.finish()?;
        let report = Report::write(each, &self.signatures)?;
        let receipt = format!(
            "<rcpt:Receipt{DECLARE_RCPT} Id=\"r{id}\"><rcpt:ReceiptId>{}</rcpt:ReceiptId>\
             <rcpt:DocId>{}</rcpt:DocId><rcpt:Report>{report}</rcpt:Report></rcpt:Receipt>",
            id.urn(),
            escaped(&self.doc_instance),
        );
        let certificate = STANDARD.encode(digest.of(&signer.certificate_der()?)?);
        let properties = |declare_xades: &str, declare_ds: &str| {
            format!(
                "<xades:SignedProperties{declare_xades} Id=\"p{id}\"><xades:SignedSignatureProperties>\
                 <xades:SigningTime>{at}</xades:SigningTime><xades:SigningCertificate><xades:Cert>\
                 <xades:CertDigest><ds:DigestMethod{declare_ds} Algorithm=\"{uri}\"></ds:DigestMethod>\
                 <ds:DigestValue{declare_ds}>{certificate}</ds:DigestValue></xades:CertDigest></xades:Cert>\
                 </xades:SigningCertificate></xades:SignedSignatureProperties></xades:SignedProperties>",
                uri = digest.uri(),
            )
        };
        let own = [
            (format!("#{}", name(&self.data_id)?), "", filled.digests.take(digest)?),
            (format!("#r{id}"), "", digest.of(receipt.as_bytes())?),
            (
                format!("#p{id}"),
                PROPERTIES_TYPE,
                digest.of(properties(DECLARE_XADES, DECLARE_DS).as_bytes())?,
            ),
        ];
        let references: String = own
            .iter()
            .map(|(uri, kind, value)| {
                format!(
                    "<ds:Reference{kind} URI=\"{uri}\"><ds:Transforms><ds:Transform Algorithm=\"{EXCLUSIVE_URI}\">\
                     </ds:Transform></ds:Transforms><ds:DigestMethod Algorithm=\"{}\"></ds:DigestMethod>\
                     <ds:DigestValue>{}</ds:DigestValue></ds:Reference>",
                    digest.uri(),
                    STANDARD.encode(value),
                )
            })
            .collect();
        let signed_info = |declare: &str| {
            format!(
                "<ds:SignedInfo{declare}><ds:CanonicalizationMethod Algorithm=\"{EXCLUSIVE_URI}\">\
                 </ds:CanonicalizationMethod><ds:SignatureMethod Algorithm=\"{}\"></ds:SignatureMethod>{references}\
                 </ds:SignedInfo>",
                signer.suite().signature_uri(),
            )
        };
        let signature = signer.sign(signed_info(DECLARE_DS).as_bytes())?;
        Ok(format!(
            "<ds:Signature{DECLARE_DS} Id=\"s{id}\">{}<ds:SignatureValue>{}</ds:SignatureValue><ds:KeyInfo>\
             <ds:X509Data><ds:X509Certificate>{}</ds:X509Certificate></ds:X509Data></ds:KeyInfo>\
             <ds:Object>{receipt}</ds:Object><ds:Object><xades:QualifyingProperties{DECLARE_XADES} \
             Target=\"#s{id}\">{}</xades:QualifyingProperties></ds:Object></ds:Signature>",
            signed_info(""),
            STANDARD.encode(signature),
            signer.certificate_base64(),
            properties("", ""),
        ))
    }
}

/// A receipt of the right shape, which nobody has checked yet.
pub struct OpenedReceipt {
    signed_info: Vec<u8>,
    signature_uri: String,
    signature: Vec<u8>,
    certificate: Vec<u8>,
    references: Vec<Reference>,
    receipt: Element,
    properties: Element,
    doc_id: String,
    receipt_id: String,
    said_at: Timestamp,
    told_certificate: (String, Vec<u8>),
    report: Report,
}

/// A signed element: its Id and its canonical form.
struct Element {
    id: String,
    canonical: Vec<u8>,
}

/// What a third party said of a document, with all that shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// What came of it.
    pub outcome: Outcome,
    /// The same of each signature, in their order.
    pub(super) each: Vec<Outcome>,
    /// The receipt's own id.
    pub receipt_id: String,
    /// When it was given, by the third party's clock.
    pub at: Timestamp,
}

impl OpenedReceipt {
    /// The certificate it brings.
    pub(super) fn certificate(&self) -> &[u8] {
        &self.certificate
    }

    /// Begins the digest of the subject as the receipt tells it, with the attachments to be fed in.
    ///
    /// # Errors
    /// An algorithm that is not known here.
    pub fn filling<'s>(&self, subject: &'s ReceiptSubject) -> Result<Filling<'s>, SealError> {
        let reference = self.reference_to(&subject.data_id)?;
        subject.filling(suite_of(&self.signature_uri, &reference.digest_uri)?.1)
    }

    /// Sees that the receipt is about this document and this signature, and of whom we trust.
    ///
    /// # Errors
    /// It is not: it proves nothing.
    pub fn verify(
        self,
        (subject, filled): (&ReceiptSubject, &Filled),
        trust: &ReceiptTrust,
        now: Timestamp,
    ) -> Result<Said, SealError> {
        let about = self.reference_to(&subject.data_id)?;
        let (_suite, digest) = suite_of(&self.signature_uri, &about.digest_uri)?;
        if filled.digests.by(digest) != Some(about.digest.as_slice()) {
            return Err(SealError::Receipt { reason: "it is about another document or signature" });
        }
        for element in [&self.receipt, &self.properties] {
            let reference = self.reference_to(&element.id)?;
            let (_suite, digest) = suite_of(&self.signature_uri, &reference.digest_uri)?;
            if digest.of(&element.canonical)? != reference.digest {
                return Err(SealError::Receipt { reason: "it was changed after it was signed" });
            }
        }
        if self.doc_id != subject.doc_instance {
            return Err(SealError::Receipt { reason: "it names another document" });
        }
        let (digest_uri, told) = &self.told_certificate;
        let (suite, digest) = suite_of(&self.signature_uri, digest_uri)?;
        if digest.of(&self.certificate)? != *told {
            return Err(SealError::Receipt { reason: "it names another certificate than it brings" });
        }
        let signer = Arc::new(SignerCertificate::read(&self.certificate)?);
        check_fit(suite.scheme(), &signer.key)?;
        if !suite.scheme().is_signature(&signer.key, &self.signed_info, &self.signature) {
            return Err(SealError::SignatureMismatch);
        }
        trust.check(self.certificate, signer, now)?;
        let each = self.report.of(&subject.signatures)?;
        Ok(Said { outcome: Outcome::of_all(&each), each, receipt_id: self.receipt_id, at: self.said_at })
    }

    fn reference_to(&self, id: &str) -> Result<&Reference, SealError> {
        let found = self.references.iter().find(|reference| reference.uri.strip_prefix('#') == Some(id));
        found.ok_or(SealError::Receipt { reason: "it does not sign all that it must" })
    }
}

/// Reads what a receipt is about, and the receipt if there is one, from a `SignedDoc` with the namespaces that are in
/// scope around it.
///
/// # Errors
/// It is not of the profile.
pub fn open_receipt(
    bytes: &[u8],
    scope: &Scope,
    limits: &Limits,
) -> Result<(ReceiptSubject, Option<OpenedReceipt>), SealError> {
    let mut walk = Walk::new(XmlReader::within(bytes, scope, limits)?, bytes.len(), limits);
    walk.enter(SIGNED_DATA_NAMESPACE, "SignedDoc", &[])?;
    let subject = subject(&mut walk)?;
    let receipt = match walk.enter_or_leave(SIGNATURE_NAMESPACE, "Signature", &["Id"])? {
        Some(_tag) => {
            let receipt = receipt(&mut walk)?;
            walk.leave("the end of SignedDoc")?;
            Some(receipt)
        }
        None => None,
    };
    walk.done()?;
    Ok((subject, receipt))
}

/// Puts a receipt where it belongs into a sealed document.
///
/// # Errors
/// It is none of this document: it does not even stand in it as it should.
pub fn with_receipt(
    sealed: SealedDocument,
    receipt: &str,
    limits: &Limits,
) -> Result<SealedDocument, SealError> {
    let (document_id, digest) = (sealed.document_id(), sealed.digest());
    let bytes = sealed.into_bytes();
    let end = memchr::memmem::rfind(&bytes, b"</").unwrap_or(bytes.len());
    let (before, after) = bytes.split_at_checked(end).unwrap_or((&bytes, &[]));
    let bytes = [before, receipt.as_bytes(), after].concat();
    let (_, found) = open_receipt(&bytes, &Scope::default(), limits)?;
    found.ok_or(SealError::Receipt { reason: "it does not stand in the document" })?;
    Ok(SealedDocument::of_parts(bytes, document_id, digest))
}

fn subject(walk: &mut Walk<'_>) -> Result<ReceiptSubject, SealError> {
    walk.canonicalize_next(Canonicalizer::with_holes(walk.size()));
    let data = walk.enter(SIGNED_DATA_NAMESPACE, "Data", &["Id"])?;
    let data_id = walk.required(&data, "Id")?;
    let mut subject = ReceiptSubject {
        data_id,
        data: Vec::new(),
        holes: Vec::new(),
        doc_instance: String::new(),
        signatures: Vec::new(),
    };
    walk.copy_rest(|tag, level| {
        if level == 1 && tag.is(SIGNATURE_NAMESPACE, "Signature") {
            subject.signatures.push(tag.attribute("Id").map(str::to_owned));
        }
        if level == 1 && tag.is(SIGNED_DATA_NAMESPACE, "SignedContent") {
            subject.doc_instance = tag.attribute("DocInstance").unwrap_or_default().to_owned();
        }
    })?;
    (subject.data, subject.holes) = walk.canonical().into_parts()?;
    Ok(subject)
}

fn receipt(walk: &mut Walk<'_>) -> Result<OpenedReceipt, SealError> {
    let comments = walk.comments();
    walk.canonicalize_next(Canonicalizer::default());
    walk.enter(SIGNATURE_NAMESPACE, "SignedInfo", &["Id"])?;
    let canonical = walk.algorithm("CanonicalizationMethod")?;
    if canonical != EXCLUSIVE_URI {
        return Err(unknown(&canonical));
    }
    let signature_uri = walk.algorithm("SignatureMethod")?;
    let mut references = Vec::new();
    while let Some(tag) = walk.enter_or_leave(SIGNATURE_NAMESPACE, "Reference", &["Id", "Type", "URI"])? {
        if references.len() == REFERENCES {
            return Err(SealError::Receipt { reason: "it signs more than itself and the document" });
        }
        references.push(walk.reference(&tag)?);
    }
    let signed_info = walk.canonical().into_bytes();
    let (_, signature) = walk.base64("SignatureValue", &["Id"])?;
    let certificate = walk.key_info()?;
    walk.enter(SIGNATURE_NAMESPACE, "Object", &["Id"])?;
    let (receipt, said) = payload(walk)?;
    walk.leave("the end of Object")?;
    walk.enter(SIGNATURE_NAMESPACE, "Object", &["Id"])?;
    walk.enter(XADES, "QualifyingProperties", &["Id", "Target"])?;
    let (properties, said_at, told_certificate) = properties(walk)?;
    walk.leave("the end of QualifyingProperties")?;
    walk.leave("the end of Object")?;
    walk.leave("the end of Signature")?;
    if walk.comments() != comments {
        return Err(SealError::Receipt { reason: "there is a comment in it" });
    }
    Ok(OpenedReceipt {
        signed_info,
        signature_uri,
        signature,
        certificate,
        references,
        receipt,
        properties,
        doc_id: said.doc_id,
        receipt_id: said.receipt_id,
        said_at,
        told_certificate,
        report: said.report,
    })
}

/// What `rcpt:Receipt` holds.
struct Payload {
    receipt_id: String,
    doc_id: String,
    report: Report,
}

fn payload(walk: &mut Walk<'_>) -> Result<(Element, Payload), SealError> {
    walk.canonicalize_next(Canonicalizer::default());
    let tag = walk.enter(RECEIPT, "Receipt", &["Id"])?;
    let id = walk.required(&tag, "Id")?;
    let receipt_id = walk.text(RECEIPT, "ReceiptId")?;
    let doc_id = walk.text(RECEIPT, "DocId")?;
    walk.enter(RECEIPT, "Report", &[])?;
    let report = Report::read(walk)?;
    if let Some((_, _)) = walk.enter_one_of(RECEIPT, &["AttachedData"], &[])? {
        walk.copy_rest(|_, _| {})?;
        walk.leave("the end of Receipt")?;
    }
    let canonical = walk.canonical().into_bytes();
    Ok((Element { id, canonical }, Payload { receipt_id, doc_id, report }))
}

type Properties = (Element, Timestamp, (String, Vec<u8>));

fn properties(walk: &mut Walk<'_>) -> Result<Properties, SealError> {
    walk.canonicalize_next(Canonicalizer::default());
    let tag = walk.enter(XADES, "SignedProperties", &["Id"])?;
    let id = walk.required(&tag, "Id")?;
    walk.enter(XADES, "SignedSignatureProperties", &[])?;
    let time = walk.text(XADES, "SigningTime")?;
    let time = time.parse().map_err(|_cause| SealError::Receipt { reason: "its time is none" })?;
    walk.enter(XADES, "SigningCertificate", &[])?;
    walk.enter(XADES, "Cert", &[])?;
    walk.enter(XADES, "CertDigest", &[])?;
    let digest_uri = walk.algorithm("DigestMethod")?;
    let (_, digest) = walk.base64("DigestValue", &[])?;
    walk.leave("the end of CertDigest")?;
    // the issuer and the number say nothing that the digest does not
    walk.copy_rest(|_, _| {})?;
    walk.copy_rest(|_, _| {})?;
    walk.copy_rest(|_, _| {})?;
    walk.leave("the end of SignedProperties")?;
    let canonical = walk.canonical().into_bytes();
    Ok((Element { id, canonical }, time, (digest_uri, digest)))
}

/// Text as canonical XML writes it; what cannot be seen becomes a space.
pub(super) fn escaped(text: &str) -> String {
    let visible = text.chars().map(|c| if c.is_control() { ' ' } else { c });
    visible.collect::<String>().replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// An Id that may be written into a URI as it stands.
pub(super) fn name(id: &str) -> Result<&str, SealError> {
    let is_name = id.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '.'));
    if is_name { Ok(id) } else { Err(SealError::Receipt { reason: "an Id of the document is no name" }) }
}

/// Data, receipt, properties.
const REFERENCES: usize = 3;
pub(super) const RECEIPT: &str = "urn:EEC:TTP:v1.0:receipt";
const XADES: &str = "http://uri.etsi.org/01903/v1.3.2#";
const DECLARE_RCPT: &str = " xmlns:rcpt=\"urn:EEC:TTP:v1.0:receipt\"";
const DECLARE_XADES: &str = " xmlns:xades=\"http://uri.etsi.org/01903/v1.3.2#\"";
const DECLARE_DS: &str = " xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\"";
const PROPERTIES_TYPE: &str = " Type=\"http://uri.etsi.org/01903#SignedProperties\"";
