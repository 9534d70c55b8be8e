//! Signature suites: which algorithm a URI names, and how its octets are written in XML Signature.

mod bign;
mod digests;
mod ecdsa;
mod gost;
mod keyed;
mod keys;
mod names;
mod rsa;

pub(super) use bign::{SIGNATURE_OID as BIGN_SIGNATURE_OID, sign_by_bign};
pub use digests::{ContentDigests, ContentHasher, DigestAlgorithm, Sha256Hasher, sha256, sha256_hasher};
pub(super) use gost::{ENGINE_MISSING, STREEBOG256, STREEBOG512, digest as gost_digest};
pub use keyed::{is_ed25519, keyed_digest};
pub(super) use keys::own_key;
pub use keys::{PrivateKey, PublicKey};

use super::breach::{Breach, refused_algorithm};
use super::error::SealError;
use names::{CMS, KEYS_ALONE, SUITES, Uris};
use std::fmt::Debug;

/// Whether this process can compute GOST.
pub fn is_gost_loaded() -> bool {
    gost::is_engine_loaded()
}

/// The arithmetic of one signature algorithm.
///
/// A new one is a new implementation and a row in the table of names.
pub trait Scheme: Debug + Send + Sync {
    /// Whether the key is of this algorithm and strong enough.
    fn is_fit(&self, key: &PublicKey) -> bool;

    /// How a token signs by it; nothing if none does.
    fn on_token(&self) -> Option<RawSignature> {
        None
    }

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

    /// A signature of this algorithm, from XML Signature's way of writing it into that of CMS.
    ///
    /// # Errors
    /// It is none.
    fn write_cms(&self, signature: Vec<u8>) -> Result<Vec<u8>, SealError> {
        Ok(signature)
    }

    /// The other way round.
    ///
    /// # Errors
    /// It is none.
    fn read_cms(&self, signature: &[u8]) -> Result<Vec<u8>, SealError> {
        Ok(signature.to_vec())
    }

    /// Whether `signature` is that of `key` over `bytes`.
    fn is_signature(&self, key: &PublicKey, bytes: &[u8], signature: &[u8]) -> bool;
}

/// What a token is asked for: to sign a digest that was computed here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RawSignature {
    /// RSA by PKCS#1 v1.5, over the digest with its name.
    Pkcs1(DigestAlgorithm),
    /// RSA by PSS, with a salt as long as the digest.
    Pss(DigestAlgorithm),
    /// ECDSA, as r and s one after the other.
    Ecdsa(DigestAlgorithm),
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

/// Sees that a key is made for an algorithm.
///
/// # Errors
/// It is of another one, or of none that is taken.
pub(super) fn check_fit(scheme: &dyn Scheme, key: &PublicKey) -> Result<(), SealError> {
    if scheme.is_fit(key) {
        return Ok(());
    }
    Err(if suite_for(key).is_some() { Breach::UnfitKey.into() } else { Breach::WeakKey.into() })
}

/// The suite and the digest that two names of CMS mean.
///
/// # Errors
/// As [`suite_of`].
pub(super) fn suite_of_cms(
    signature_oid: &str,
    digest_oid: &str,
) -> Result<(&'static Suite, DigestAlgorithm), SealError> {
    let digest = DigestAlgorithm::of_oid(digest_oid)?;
    let row = CMS.iter().find(|row| row.oid == signature_oid && row.digest == digest);
    let suite = row.and_then(|row| suite_named(row.suite)).ok_or_else(|| unknown(signature_oid))?;
    suite.scheme.ready()?;
    Ok((suite, digest))
}

/// The suite of a signature by the one name that certificates and lists write.
///
/// # Errors
/// As [`suite_of`].
pub(super) fn suite_of_signature(oid: &str) -> Result<&'static Suite, SealError> {
    let names_key_alone = |oid: &str| KEYS_ALONE.contains(&oid);
    let row = CMS.iter().find(|row| row.oid == oid && !names_key_alone(oid));
    let suite = row.and_then(|row| suite_named(row.suite)).ok_or_else(|| unknown(oid))?;
    suite.scheme.ready()?;
    Ok(suite)
}

/// The suite of RSA by PSS with this digest.
pub(super) fn suite_of_pss(digest: DigestAlgorithm) -> Option<&'static Suite> {
    SUITES.iter().find(|suite| suite.writes == digest && suite.uris.writes.ends_with("-rsa-MGF1"))
}

/// What CMS calls a suite: the signature, and the digest beside it.
pub(super) fn cms_names(suite: &Suite) -> Option<(&'static str, DigestAlgorithm)> {
    let row = CMS.iter().find(|row| suite.uris.has(row.suite))?;
    Some((row.oid, row.digest))
}

/// The error for an algorithm that is in no table of ours: not known here, or known and refused.
pub(super) fn unknown(uri: &str) -> SealError {
    if let Some(breach) = refused_algorithm(uri) {
        return breach.into();
    }
    let printable = uri.chars().filter(char::is_ascii_graphic).take(URI_CHARS_MAX);
    SealError::UnknownAlgorithm { uri: printable.collect() }
}

const URI_CHARS_MAX: usize = 120;

#[cfg(test)]
pub(super) mod tests;
