//! Signature suites: which algorithm a URI names, and how its octets are written in XML Signature.

mod bign;
mod digests;
mod ecdsa;
mod gost;
mod keys;
mod names;
mod rsa;

pub(super) use bign::{SIGNATURE_OID as BIGN_SIGNATURE_OID, sign_by_bign};
pub use digests::{ContentDigests, ContentHasher, DigestAlgorithm, Sha256Hasher, sha256, sha256_hasher};
pub(super) use gost::{ENGINE_MISSING, STREEBOG256, STREEBOG512, digest as gost_digest};
pub(super) use keys::own_key;
pub use keys::{PrivateKey, PublicKey};

use super::error::SealError;
use names::{SUITES, Uris};
use std::fmt::Debug;

/// The arithmetic of one signature algorithm.
///
/// A new one is a new implementation and a row in the table of names.
pub trait Scheme: Debug + Send + Sync {
    /// Whether the key is of this algorithm and strong enough.
    fn is_fit(&self, key: &PublicKey) -> bool;

    /// What it cannot work without, if that is not there.
    ///
    /// # Errors
    /// Nothing can be verified by it in this process.
    fn ready(&self) -> Result<(), SealError> {
        Ok(())
    }

    /// Signs bytes; the result is written as XML Signature writes it.
    ///
    /// # Errors
    /// The key is of another algorithm, or the library fails.
    fn sign(&self, key: &PrivateKey, bytes: &[u8]) -> Result<Vec<u8>, SealError>;

    /// Whether `signature` is that of `key` over `bytes`.
    fn is_signature(&self, key: &PublicKey, bytes: &[u8], signature: &[u8]) -> bool;
}

/// A signature algorithm with its names and the digests it stands over.
#[derive(Debug)]
pub struct Suite {
    scheme: &'static dyn Scheme,
    uris: Uris,
    writes: DigestAlgorithm,
    reads: &'static [DigestAlgorithm],
}

impl Suite {
    /// The URI that is written for the signature algorithm.
    pub fn signature_uri(&self) -> &'static str {
        self.uris.writes
    }

    /// The digest that is written with it.
    pub fn digest(&self) -> DigestAlgorithm {
        self.writes
    }

    /// The arithmetic.
    pub fn scheme(&self) -> &'static dyn Scheme {
        self.scheme
    }
}

/// The suite and the digest that two URIs name.
///
/// # Errors
/// One of them is unknown here, or the two do not belong together, or what they need is not loaded. None of this says
/// anything about the signature.
pub fn suite_of(
    signature_uri: &str,
    digest_uri: &str,
) -> Result<(&'static Suite, DigestAlgorithm), SealError> {
    let suite = suite_named(signature_uri).ok_or_else(|| unknown(signature_uri))?;
    let digest = DigestAlgorithm::named(digest_uri)?;
    if !suite.reads.contains(&digest) {
        return Err(unknown(digest_uri));
    }
    suite.scheme.ready()?;
    Ok((suite, digest))
}

/// The suite of this signature algorithm.
pub(super) fn suite_named(signature_uri: &str) -> Option<&'static Suite> {
    SUITES.iter().find(|suite| suite.uris.has(signature_uri))
}

/// The suite a key is made for; where there are several, the one to sign with.
pub(super) fn suite_for(key: &PublicKey) -> Option<&'static Suite> {
    SUITES.iter().find(|suite| suite.scheme.is_fit(key))
}

pub(super) fn unknown(uri: &str) -> SealError {
    let printable = uri.chars().filter(char::is_ascii_graphic).take(URI_CHARS_MAX);
    SealError::UnknownAlgorithm { uri: printable.collect() }
}

const URI_CHARS_MAX: usize = 120;

#[cfg(test)]
mod tests;
