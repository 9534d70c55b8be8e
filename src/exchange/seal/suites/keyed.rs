//! Digests under a secret, and signatures of programs of the national system; neither is a seal of a document.

use super::super::error::SealError;
use crate::base::Digest256;
use openssl::hash::MessageDigest;
use openssl::pkey::{Id, PKey};
use openssl::sign::{Signer, Verifier};

/// HMAC-SHA256 of some bytes.
///
/// # Errors
/// The library refuses.
pub fn keyed_digest(key: &[u8], bytes: &[u8]) -> Result<Digest256, SealError> {
    let key = PKey::hmac(key)?;
    let mut digest = [0; 32];
    Signer::new(MessageDigest::sha256(), &key)?.sign_oneshot(&mut digest, bytes)?;
    Ok(Digest256(digest))
}

/// Whether this is the Ed25519 signature (RFC 8032) of some bytes by a public key.
pub fn is_ed25519(key: &[u8], bytes: &[u8], signature: &[u8]) -> bool {
    let Ok(key) = PKey::public_key_from_raw_bytes(key, Id::ED25519) else { return false };
    let verified = Verifier::new_without_digest(&key).and_then(|mut v| v.verify_oneshot(signature, bytes));
    verified.unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn octets(hex: &str) -> Vec<u8> {
        hex.as_bytes()
            .chunks(2)
            .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap())
            .collect()
    }

    /// RFC 4231, test case 2.
    #[test]
    fn a_keyed_digest_is_that_of_the_standard() {
        let digest = keyed_digest(b"Jefe", b"what do ya want for nothing?").unwrap();
        let wanted = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
        assert_eq!(digest.to_string(), wanted);
    }

    /// RFC 8032, 7.1, test 2.
    #[test]
    fn a_signature_is_that_of_the_standard_and_of_these_bytes_alone() {
        let key = octets("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c");
        let signature = octets(
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
        );
        assert!(is_ed25519(&key, &[0x72], &signature));
        assert!(!is_ed25519(&key, &[0x73], &signature));
        assert!(!is_ed25519(&key[1..], &[0x72], &signature));
        assert!(!is_ed25519(&key, &[0x72], &signature[1..]));
    }
}
