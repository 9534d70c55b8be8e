//! One signature of a `SignedDoc`: how it is read, and what is asked of it by itself.

use super::breach::Breach;
use super::c14n::Canonicalizer;
use super::container::{EXCLUSIVE_URI, SIGNATURE_NAMESPACE};
use super::error::SealError;
use super::open::{Reference, Tag, Walk};
use super::suites::{ContentDigests, DigestAlgorithm, check_fit, suite_of, unknown};
use super::trust::TrustStore;
use super::verify::SignerCertificate;
use jiff::Timestamp;
use std::sync::Arc;
use uuid::Uuid;

/// A signature as read; nobody has checked it yet.
pub(super) struct OpenedSignature {
    pub(super) id: Option<String>,
    value_id: Option<String>,
    value: Vec<u8>,
    pub(super) certificate: Vec<u8>,
    info: Vec<u8>,
    pub(super) method: String,
    reference: Reference,
}

impl OpenedSignature {
    /// Reads what stands behind the start tag; `comments` were dropped before it.
    pub(super) fn read(walk: &mut Walk<'_>, tag: &Tag, comments: usize) -> Result<Self, SealError> {
        walk.canonicalize_next(Canonicalizer::default());
        walk.enter(SIGNATURE_NAMESPACE, "SignedInfo", &["Id"])?;
        let canonical = walk.algorithm("CanonicalizationMethod")?;
        let method = walk.algorithm("SignatureMethod")?;
        let reference = walk.enter(SIGNATURE_NAMESPACE, "Reference", &["Id", "URI"])?;
        let reference = walk.reference(&reference)?;
        walk.leave("the end of SignedInfo")?;
        let info = walk.canonical().into_bytes();
        let (value_tag, value) = walk.base64("SignatureValue", &["Id"])?;
        let certificate = walk.key_info()?;
        walk.leave("the end of Signature")?;
        if walk.comments() != comments {
            return Err(walk.inserted());
        }
        if canonical != EXCLUSIVE_URI {
            return Err(unknown(&canonical));
        }
        let (id, value_id) = (tag.value("Id"), value_tag.value("Id"));
        Ok(Self { id, value_id, value, certificate, info, method, reference })
    }

    /// The reference must lead to the content that is processed; Ids of the known form must belong together,
    /// so that no byte of them can be changed unseen.
    pub(super) fn check_ids(&self, data_id: &str, content_id: &str) -> Result<(), SealError> {
        let reference = &self.reference;
        if !reference.uri.is_empty() && !reference.uri.starts_with('#') {
            return Err(SealError::ExternalReference);
        }
        if reference.uri.strip_prefix('#') != Some(content_id) {
            return Err(SealError::WrongReference);
        }
        let number = content_id.strip_prefix('c').filter(|number| Uuid::try_parse(number).is_ok());
        let is_data_apart = number.is_some_and(|number| data_id.strip_prefix('d') != Some(number));
        let stem = reference.id.as_deref().and_then(|id| id.strip_suffix("-ref0"));
        let is_apart = |id: &Option<String>, ending: &str| {
            id.as_deref().zip(stem).is_some_and(|(id, stem)| id.strip_suffix(ending) != Some(stem))
        };
        if is_data_apart || is_apart(&self.id, "") || is_apart(&self.value_id, "-sign0") {
            return Err(Breach::MixedIds.into());
        }
        Ok(())
    }

    /// The digest that it tells, if it is computed here.
    ///
    /// # Errors
    /// An algorithm that is not known here.
    pub(super) fn digest(&self) -> Result<DigestAlgorithm, SealError> {
        suite_of(&self.method, &self.reference.digest_uri).map(|(_suite, digest)| digest)
    }

    /// Sees that the content is what was signed.
    ///
    /// # Errors
    /// It is not, or its digest is of an algorithm that is not known here.
    pub(super) fn check_content(&self, digests: &ContentDigests) -> Result<(), SealError> {
        let is_told = digests.by(self.digest()?) == Some(self.reference.digest.as_slice());
        if is_told { Ok(()) } else { Err(SealError::DigestMismatch) }
    }

    /// Sees that the key of the certificate made it.
    ///
    /// # Errors
    /// It did not, or not by an algorithm that is known here.
    pub(super) fn check_key(&self, signer: &SignerCertificate) -> Result<(), SealError> {
        let (suite, _digest) = suite_of(&self.method, &self.reference.digest_uri)?;
        check_fit(suite.scheme(), &signer.key)?;
        let is_its = suite.scheme().is_signature(&signer.key, &self.info, &self.value);
        if is_its { Ok(()) } else { Err(SealError::SignatureMismatch) }
    }

    /// Sees that the content is what was signed, by whom the certificate says, whom we trust at `now`.
    ///
    /// # Errors
    /// The first of these that is not so.
    pub(super) fn verify(
        &self,
        digests: &ContentDigests,
        trust: &TrustStore,
        now: Timestamp,
    ) -> Result<Arc<SignerCertificate>, SealError> {
        self.check_content(digests)?;
        if let Some(signer) = trust.recall(&self.certificate, now) {
            self.check_key(&signer)?;
            return Ok(signer);
        }
        let signer = Arc::new(SignerCertificate::read(&self.certificate)?);
        self.check_key(&signer)?;
        trust.check(self.certificate.clone(), signer.clone(), now)?;
        Ok(signer)
    }
}

/// What is asked of several signatures beside what is asked of each: that they are of several, and can be told apart.
pub(super) fn check_several(signatures: &[OpenedSignature]) -> Result<(), SealError> {
    if signatures.len() > 1 && signatures.iter().any(|signature| signature.id.is_none()) {
        return Err(Breach::UnnamedSignature.into());
    }
    for (place, signature) in signatures.iter().enumerate() {
        if signatures.iter().take(place).any(|other| other.certificate == signature.certificate) {
            return Err(Breach::SameSigner.into());
        }
    }
    Ok(())
}

/// How many signatures a document may have.
pub(super) const SIGNATURES_MAX: usize = 8;
