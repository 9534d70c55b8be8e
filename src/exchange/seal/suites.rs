//! Signature suites: which algorithm a URI names, and how its octets are written in XML Signature.

use super::error::SealError;
use crate::base::Digest256;
use openssl::bn::BigNum;
use openssl::ecdsa::EcdsaSig;
use openssl::error::ErrorStack;
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::Id;
use openssl::pkey::PKeyRef;
use openssl::pkey::Private;
use openssl::pkey::Public;
use openssl::sha::Sha256;
use std::fmt::Debug;
use std::io::Write;

/// One algorithm of signature with its digest. A new one is a new implementation and a line in [`suite_of`].
pub trait Suite: Debug + Send + Sync {
    /// The URI of the signature algorithm.
    fn signature_uri(&self) -> &'static str;

    /// The URI of the digest algorithm.
    fn digest_uri(&self) -> &'static str;

    /// Whether the key is of this algorithm and strong enough.
    fn is_fit(&self, key: &PKeyRef<Public>) -> bool;

    /// Computes a digest piece by piece.
    fn hasher(&self) -> Box<dyn ContentHasher>;

    /// Signs bytes; the result is written as XML Signature writes it.
    fn sign(&self, key: &PKeyRef<Private>, bytes: &[u8]) -> Result<Vec<u8>, SealError>;

    /// Whether `signature` is that of `key` over `bytes`.
    fn is_signature(&self, key: &PKeyRef<Public>, bytes: &[u8], signature: &[u8]) -> bool;
}

/// A digest that is fed piece by piece; feeding it never fails.
pub trait ContentHasher: Write + Send {
    /// The digest of all that it was fed.
    fn finish(self: Box<Self>) -> Digest256;
}

/// SHA-256.
#[derive(Default)]
struct Sha256Hasher(Sha256);

impl Write for Sha256Hasher {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl ContentHasher for Sha256Hasher {
    fn finish(self: Box<Self>) -> Digest256 {
        Digest256(self.0.finish())
    }
}

/// The suite that both URIs name together.
pub fn suite_of(signature_uri: &str, digest_uri: &str) -> Result<&'static dyn Suite, SealError> {
    let suite = SUITES.into_iter().find(|suite| suite.signature_uri() == signature_uri);
    let suite = suite.ok_or_else(|| unknown(signature_uri))?;
    if suite.digest_uri() == digest_uri { Ok(suite) } else { Err(unknown(digest_uri)) }
}

/// The suite a key is made for.
pub(super) fn suite_for(key: &PKeyRef<Public>) -> Option<&'static dyn Suite> {
    SUITES.into_iter().find(|suite| suite.is_fit(key))
}

/// The SHA-256 of some bytes.
pub fn sha256(bytes: &[u8]) -> Digest256 {
    Digest256(openssl::sha::sha256(bytes))
}

/// Computes the SHA-256 of some bytes piece by piece.
pub fn sha256_hasher() -> Box<dyn ContentHasher> {
    Box::<Sha256Hasher>::default()
}

pub(super) fn unknown(uri: &str) -> SealError {
    let printable = uri.chars().filter(char::is_ascii_graphic).take(URI_CHARS_MAX);
    SealError::UnknownAlgorithm { uri: printable.collect() }
}

/// RSASSA-PKCS1-v1_5 with SHA-256, 2048 bits or more.
#[derive(Debug)]
struct RsaSha256;

impl Suite for RsaSha256 {
    fn signature_uri(&self) -> &'static str {
        "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
    }

    fn digest_uri(&self) -> &'static str {
        SHA256_URI
    }

    fn is_fit(&self, key: &PKeyRef<Public>) -> bool {
        key.id() == Id::RSA && (RSA_BITS_MIN..=RSA_BITS_MAX).contains(&key.bits())
    }

    fn hasher(&self) -> Box<dyn ContentHasher> {
        sha256_hasher()
    }

    fn sign(&self, key: &PKeyRef<Private>, bytes: &[u8]) -> Result<Vec<u8>, SealError> {
        Ok(sign_plain(key, bytes)?)
    }

    fn is_signature(&self, key: &PKeyRef<Public>, bytes: &[u8], signature: &[u8]) -> bool {
        is_signature_plain(key, bytes, signature)
    }
}

/// ECDSA on P-256 with SHA-256; XML Signature writes r and s one after the other.
#[derive(Debug)]
struct EcdsaP256Sha256;

impl Suite for EcdsaP256Sha256 {
    fn signature_uri(&self) -> &'static str {
        "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256"
    }

    fn digest_uri(&self) -> &'static str {
        SHA256_URI
    }

    fn is_fit(&self, key: &PKeyRef<Public>) -> bool {
        key.ec_key().is_ok_and(|key| key.group().curve_name() == Some(Nid::X9_62_PRIME256V1))
    }

    fn hasher(&self) -> Box<dyn ContentHasher> {
        sha256_hasher()
    }

    fn sign(&self, key: &PKeyRef<Private>, bytes: &[u8]) -> Result<Vec<u8>, SealError> {
        let pair = EcdsaSig::from_der(&sign_plain(key, bytes)?)?;
        let mut raw = pair.r().to_vec_padded(P256_BYTES)?;
        raw.extend(pair.s().to_vec_padded(P256_BYTES)?);
        Ok(raw)
    }

    fn is_signature(&self, key: &PKeyRef<Public>, bytes: &[u8], signature: &[u8]) -> bool {
        der_of_pair(signature).is_ok_and(|der| is_signature_plain(key, bytes, &der))
    }
}

fn der_of_pair(signature: &[u8]) -> Result<Vec<u8>, SealError> {
    let (r, s) = signature.split_at_checked(HALF).ok_or(SealError::SignatureMismatch)?;
    if s.len() != HALF {
        return Err(SealError::SignatureMismatch);
    }
    let pair = EcdsaSig::from_private_components(BigNum::from_slice(r)?, BigNum::from_slice(s)?)?;
    Ok(pair.to_der()?)
}

fn sign_plain(key: &PKeyRef<Private>, bytes: &[u8]) -> Result<Vec<u8>, ErrorStack> {
    openssl::sign::Signer::new(MessageDigest::sha256(), key)?.sign_oneshot_to_vec(bytes)
}

fn is_signature_plain(key: &PKeyRef<Public>, bytes: &[u8], signature: &[u8]) -> bool {
    // a signature the library cannot even read is no signature of this key
    openssl::sign::Verifier::new(MessageDigest::sha256(), key)
        .and_then(|mut verifier| verifier.verify_oneshot(signature, bytes))
        .unwrap_or(false)
}

static SUITES: [&dyn Suite; 2] = [&RsaSha256, &EcdsaP256Sha256];
const SHA256_URI: &str = "http://www.w3.org/2001/04/xmlenc#sha256";
const RSA_BITS_MIN: u32 = 2048;
const RSA_BITS_MAX: u32 = 8192;
const P256_BYTES: i32 = 32;
const HALF: usize = 32;
const URI_CHARS_MAX: usize = 120;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_algorithm_is_undecided_and_its_name_is_cut() {
        let found = suite_of("urn:EAEU:Signature:bign-with-hbelt", SHA256_URI).unwrap_err();
        assert_eq!(found.code(), "seal.unknown_algorithm");
        assert!(found.is_undecided());
        let long = unknown(&"x\n".repeat(1000)).to_string();
        assert!(long.len() < 200 && !long.contains('\n'));
    }

    #[test]
    fn a_signature_of_the_wrong_length_is_none() {
        assert!(der_of_pair(&[1; 63]).is_err());
        assert!(der_of_pair(&[1; 65]).is_err());
        assert!(der_of_pair(&[1; 64]).is_ok());
    }
}
