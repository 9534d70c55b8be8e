//! All who sign a document of ours, in their order.

use super::error::SealError;
use super::signature::SIGNATURES_MAX;
use super::signer::Signer;
use crate::base::Digest256;

/// From one to eight signers, each with a certificate of his own.
#[derive(Debug)]
pub struct Signers(Vec<Signer>);

impl Signers {
    /// These signers; the first of them signs whatever else the node signs.
    ///
    /// # Errors
    /// There is none, or more than eight, or one stands twice.
    pub fn new(signers: Vec<Signer>) -> Result<Self, SealError> {
        let refused = |reason| Err(SealError::Key { reason });
        if signers.is_empty() || signers.len() > SIGNATURES_MAX {
            return refused("a document is sealed by one to eight signers");
        }
        for (place, signer) in signers.iter().enumerate() {
            let certificate = signer.certificate_base64();
            if signers.iter().take(place).any(|other| other.certificate_base64() == certificate) {
                return refused("a certificate stands twice among the signers");
            }
        }
        Ok(Self(signers))
    }

    /// All of them.
    pub fn all(&self) -> &[Signer] {
        &self.0
    }

    /// The SHA-256 of each certificate.
    ///
    /// # Errors
    /// Never.
    pub fn fingerprints(&self) -> Result<Vec<Digest256>, SealError> {
        self.0.iter().map(Signer::fingerprint).collect()
    }

    /// Who signs what a node says by itself: the seals of its journal, its containers of evidence.
    ///
    /// # Errors
    /// Never.
    pub fn first(&self) -> Result<&Signer, SealError> {
        self.0.first().ok_or(SealError::Key { reason: "there is no signer" })
    }
}

impl AsRef<[Signer]> for Signers {
    fn as_ref(&self) -> &[Signer] {
        &self.0
    }
}

impl From<Signer> for Signers {
    fn from(signer: Signer) -> Self {
        Self(vec![signer])
    }
}
