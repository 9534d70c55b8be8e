//! GOST R 34.10-2012 with Streebog, through the GOST engine of the system's OpenSSL.
//!
//! The engine comes into the process with OpenSSL's configuration and in no other way: `OPENSSL_CONF` names
//! `deploy/openssl-gost.cnf` before the first use. Without it OpenSSL is silent and knows no GOST key; we say so, and
//! never that a signature is bad. A signature is s and then r, each big-endian, in XML as in the engine.

use super::super::error::SealError;
use super::{PrivateKey, PublicKey, Scheme};
use openssl::hash::MessageDigest;
use openssl::pkey::{Id, PKeyRef, Public};
use openssl::sign::{Signer, Verifier};

pub(super) static GOST256: Gost =
    Gost { digest: STREEBOG256, key: 979, signature: 64, algorithm: "1.2.643.7.1.1.1.1" };
pub(super) static GOST512: Gost =
    Gost { digest: STREEBOG512, key: 980, signature: 128, algorithm: "1.2.643.7.1.1.1.2" };

/// GOST R 34.10-2012 of one length.
#[derive(Debug)]
pub(super) struct Gost {
    digest: &'static str,
    /// OpenSSL's number of the key's algorithm.
    key: i32,
    /// The octets of a signature.
    signature: usize,
    /// The algorithm of the key, as a certificate names it.
    algorithm: &'static str,
}

impl Scheme for Gost {
    fn is_fit(&self, key: &PublicKey) -> bool {
        let PublicKey::Library(key) = key else { return false };
        key.id() == Id::from_raw(self.key)
    }

    fn ready(&self) -> Result<(), SealError> {
        digest(self.digest).map(drop)
    }

    fn sign(&self, key: &PrivateKey, bytes: &[u8]) -> Result<Vec<u8>, SealError> {
        Ok(Signer::new(digest(self.digest)?, key.of_library()?)?.sign_oneshot_to_vec(bytes)?)
    }

    fn is_signature(&self, key: &PublicKey, bytes: &[u8], signature: &[u8]) -> bool {
        let (PublicKey::Library(key), Ok(digest)) = (key, digest(self.digest)) else { return false };
        // the engine takes the octets it needs and would not see more
        signature.len() == self.signature
            && Verifier::new(digest, key)
                .and_then(|mut verifier| verifier.verify_oneshot(signature, bytes))
                .unwrap_or(false)
    }
}

/// A digest of the engine.
///
/// # Errors
/// The engine is not loaded.
pub(in super::super) fn digest(name: &str) -> Result<MessageDigest, SealError> {
    MessageDigest::from_name(name).ok_or(SealError::GostEngine)
}

/// Whether this process can do GOST.
pub(super) fn is_engine_loaded() -> bool {
    digest(STREEBOG256).is_ok() && digest(STREEBOG512).is_ok()
}

/// Whether a key that OpenSSL read is of GOST.
pub(super) fn is_key(key: &PKeyRef<Public>) -> bool {
    [&GOST256, &GOST512].into_iter().any(|gost| key.id() == Id::from_raw(gost.key))
}

/// Whether keys of people may be on this curve: the engine reads those of its own tests, too.
pub(super) fn is_curve(oid: &str) -> bool {
    CURVES.contains(&oid)
}

/// Whether this is the algorithm of a key that only the engine knows.
pub(super) fn is_algorithm(oid: &str) -> bool {
    [&GOST256, &GOST512].into_iter().any(|gost| gost.algorithm == oid)
}

/// The parameter sets of signatures: CryptoPro A, B, C and XchA; TC26 of 256 bits A to D, of 512 bits A to C.
const CURVES: [&str; 11] = [
    "1.2.643.2.2.35.1",
    "1.2.643.2.2.35.2",
    "1.2.643.2.2.35.3",
    "1.2.643.2.2.36.0",
    "1.2.643.7.1.2.1.1.1",
    "1.2.643.7.1.2.1.1.2",
    "1.2.643.7.1.2.1.1.3",
    "1.2.643.7.1.2.1.1.4",
    "1.2.643.7.1.2.1.2.1",
    "1.2.643.7.1.2.1.2.2",
    "1.2.643.7.1.2.1.2.3",
];
pub(in super::super) const STREEBOG256: &str = "md_gost12_256";
pub(in super::super) const STREEBOG512: &str = "md_gost12_512";
/// What to do about it.
pub(in super::super) const ENGINE_MISSING: &str =
    "the GOST engine is not loaded; set OPENSSL_CONF to deploy/openssl-gost.cnf and start again";
