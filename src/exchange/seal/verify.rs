//! Checks an opened document: digest, signature, certificate. In that order, each with its own error.

use super::breach::Breach;
use super::c14n::{Canonicalizer, canonical_form};
use super::dvcs::Confirmation;
use super::error::SealError;
use super::filling::{Filled, Filling, Hole};
use super::open::OpenedDocument;
use super::signature::OpenedSignature;
use super::suites::{DigestAlgorithm, PublicKey};
use super::trust::TrustStore;
use crate::base::{Digest256, HeldPart, Limits};
use crate::exchange::document::{Scope, XmlReader};
use der::Decode;
use der::asn1::ObjectIdentifier;
use jiff::Timestamp;
use openssl::x509::X509;
use openssl::x509::X509NameRef;
use std::ops::Range;
use std::sync::Arc;
use x509_cert::Certificate;
use x509_cert::ext::pkix::ExtendedKeyUsage;

/// A document whose signatures are good, or needs none by its message. Shows only bytes that were digested. Only
/// [`verify()`], [`confirm`] and [`take_unsigned`] make one.
#[derive(Clone, PartialEq, Eq)]
pub struct VerifiedDocument {
    content: Vec<u8>,
    document: Range<usize>,
    doc_instance: String,
    signers: Vec<String>,
    digest: Digest256,
    parts: Vec<HeldPart>,
}

impl VerifiedDocument {
    /// The canonical bytes of the document that SignedContent carries.
    pub fn document(&self) -> &[u8] {
        self.content.get(self.document.clone()).unwrap_or_default()
    }

    /// The canonical bytes of SignedContent, all of them signed.
    pub fn signed_content(&self) -> &[u8] {
        &self.content
    }

    /// The id of the electronic document, as signed.
    pub fn doc_instance(&self) -> &str {
        &self.doc_instance
    }

    /// The subject of the first signer's certificate, in the order it is written there; none if nobody had to sign.
    pub fn signer(&self) -> Option<&str> {
        self.signers.first().map(String::as_str)
    }

    /// The subjects of all signers' certificates.
    pub fn signers(&self) -> impl Iterator<Item = &str> {
        self.signers.iter().map(String::as_str)
    }

    /// The SHA-256 of the signed content, whatever digest the signature tells.
    pub fn digest(&self) -> Digest256 {
        self.digest
    }

    /// The attachments that were digested with it, in the order of the empty elements they belong into.
    pub fn parts(&self) -> &[HeldPart] {
        &self.parts
    }
}

impl VerifiedDocument {
    fn of(opened: OpenedDocument, Filled { digests, parts }: Filled, signers: Vec<String>) -> Self {
        Self {
            content: opened.content,
            document: opened.document,
            doc_instance: opened.doc_instance,
            signers,
            digest: digests.ledger,
            parts,
        }
    }
}

impl std::fmt::Debug for VerifiedDocument {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "VerifiedDocument({} bytes, {})", self.document.len(), self.digest)
    }
}

/// Sees that the content is what was signed, by whom the certificates say, each of whom we trust at `now`.
pub fn verify(
    opened: OpenedDocument,
    trust: &TrustStore,
    now: Timestamp,
) -> Result<VerifiedDocument, SealError> {
    if let Some(hole) = opened.holes.first() {
        return Err(SealError::NoPart { content_id: hole.content_id.clone() });
    }
    let filled = opened.filling()?.finish()?;
    verify_filled(opened, filled, trust, now)
}

/// The same for a document whose attachments were fed into its [`OpenedDocument::filling`].
pub fn verify_filled(
    opened: OpenedDocument,
    filled: Filled,
    trust: &TrustStore,
    now: Timestamp,
) -> Result<VerifiedDocument, SealError> {
    let (mut signers, mut undecided) = (Vec::new(), None);
    for judged in judge_each(&opened, &filled, trust, now)? {
        match judged {
            Ok(signer) => signers.push(signer.name.clone()),
            // what is bad is bad, whatever else there is that cannot be judged
            Err(error) if error.is_undecided() => undecided = Some(error.with(undecided)),
            Err(error) => return Err(error),
        }
    }
    match undecided {
        Some(error) => Err(error),
        None => Ok(VerifiedDocument::of(opened, filled, signers)),
    }
}

/// What is to be said of each signature, in their order.
///
/// # Errors
/// The attachments are another's, so that nothing can be said of any.
pub(super) fn judge_each(
    opened: &OpenedDocument,
    filled: &Filled,
    trust: &TrustStore,
    now: Timestamp,
) -> Result<Vec<Result<Arc<SignerCertificate>, SealError>>, SealError> {
    if filled.parts.len() != opened.holes.len() {
        return Err(SealError::Hole);
    }
    let judge = |signature: &OpenedSignature| signature.verify(&filled.digests, trust, now);
    Ok(opened.signatures.iter().map(judge).collect())
}

/// Takes a document whose signatures a third party confirmed: that is enough proof, and the only one, within the state
/// that asked. What is looked at still is that the content is what was signed, where its digest is known here.
pub fn confirm(
    opened: OpenedDocument,
    filled: Filled,
    _by: &Confirmation,
) -> Result<VerifiedDocument, SealError> {
    if filled.parts.len() != opened.holes.len() {
        return Err(SealError::Hole);
    }
    for signature in opened.signatures.iter().filter(|signature| signature.digest().is_ok()) {
        signature.check_content(&filled.digests)?;
    }
    let read = opened.signatures.iter().filter_map(|signature| X509::from_der(&signature.certificate).ok());
    let signers = read.map(|signer| name_of(signer.subject_name())).collect();
    Ok(VerifiedDocument::of(opened, filled, signers))
}

/// Takes a document that its message does not have signed, cut out of an envelope with the namespaces that were in
/// scope there. Nobody vouches for it but the road it came by.
pub fn take_unsigned(bytes: &[u8], scope: &Scope, limits: &Limits) -> Result<UnsignedDocument, SealError> {
    let canonical = Canonicalizer::with_holes(bytes.len());
    let canonical = canonical_form(XmlReader::within(bytes, scope, limits)?, canonical, limits)?;
    let (content, holes) = canonical.into_parts()?;
    Ok(UnsignedDocument { content, holes })
}

/// A document that nobody had to sign, before its attachments are fed in.
pub struct UnsignedDocument {
    content: Vec<u8>,
    holes: Vec<Hole>,
}

impl UnsignedDocument {
    /// Begins the digest by which a repeat is known.
    ///
    /// # Errors
    /// Never for what [`take_unsigned`] made.
    pub fn filling(&self) -> Result<Filling<'_>, SealError> {
        Filling::new(&self.content, &self.holes, DigestAlgorithm::Sha256.hasher()?)
    }

    /// The document with its attachments.
    ///
    /// # Errors
    /// They are another's.
    pub fn taken(self, Filled { digests, parts }: Filled) -> Result<VerifiedDocument, SealError> {
        if parts.len() != self.holes.len() {
            return Err(SealError::Hole);
        }
        let document = 0..self.content.len();
        let doc_instance = String::new();
        let digest = digests.ledger;
        Ok(VerifiedDocument {
            content: self.content,
            document,
            doc_instance,
            signers: Vec::new(),
            digest,
            parts,
        })
    }
}

/// The certificate of a signer, with what is asked of it for every document.
pub(super) struct SignerCertificate {
    pub(super) certificate: X509,
    pub(super) key: PublicKey,
    pub(super) name: String,
}

impl SignerCertificate {
    /// Reads a certificate of which no byte may differ unseen from what its authority signed.
    pub(super) fn read(der: &[u8]) -> Result<Self, SealError> {
        let certificate = X509::from_der(der).map_err(|_cause| unfit("it cannot be read"))?;
        let signature = certificate.signature().as_slice();
        let unused_bits = der.len().checked_sub(signature.len() + 1).and_then(|at| der.get(at));
        let is_same = certificate.to_der().is_ok_and(|again| again == der);
        if !is_same || unused_bits != Some(&0) || !der.ends_with(signature) {
            return Err(Breach::NotDer.into());
        }
        let key = PublicKey::of(&certificate)?;
        let name = name_of(certificate.subject_name());
        Ok(Self { certificate, key, name })
    }
}

impl SignerCertificate {
    /// Whether the certificate says that it is for this purpose.
    pub(super) fn is_for(&self, purpose: ObjectIdentifier) -> bool {
        self.purposes().is_some_and(|(_, usage)| usage.0.contains(&purpose))
    }

    /// Whether the certificate says that it is for this purpose and nothing else, and that nobody may pass that over.
    pub(super) fn is_for_alone(&self, purpose: ObjectIdentifier) -> bool {
        self.purposes().is_some_and(|(is_critical, usage)| is_critical && usage.0 == [purpose])
    }

    fn purposes(&self) -> Option<(bool, ExtendedKeyUsage)> {
        let der = self.certificate.to_der().ok()?;
        Certificate::from_der(&der).ok()?.tbs_certificate().get_extension::<ExtendedKeyUsage>().ok()?
    }
}

fn unfit(reason: &'static str) -> SealError {
    SealError::Certificate { reason }
}

/// `CN=…, O=…`: short names and values.
pub(super) fn name_of(name: &X509NameRef) -> String {
    let part = |entry: &openssl::x509::X509NameEntryRef| {
        let kind = entry.object().nid().short_name().unwrap_or("?").to_owned();
        let value = entry.data().to_string().unwrap_or_default();
        format!("{kind}={value}")
    };
    name.entries().map(part).collect::<Vec<_>>().join(", ")
}
