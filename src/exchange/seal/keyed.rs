//! Keyed digests: by them what is known of a person can be looked for, and not be read.

use super::SealError;
use crate::base::{Digest256, Secret};
use openssl::hash::MessageDigest;
use openssl::pkey::PKey;
use openssl::sign::Signer;

/// HMAC-SHA-256 (RFC 2104) of some parts, none of which runs into the next.
///
/// # Errors
/// The cryptographic library fails.
pub fn keyed_digest(key: &Secret<Vec<u8>>, parts: &[&str]) -> Result<Digest256, SealError> {
    let key = PKey::hmac(key.expose())?;
    let mut signer = Signer::new(MessageDigest::sha256(), &key)?;
    for part in parts {
        let length = u64::try_from(part.len()).unwrap_or(u64::MAX);
        signer.update(&length.to_be_bytes())?;
        signer.update(part.as_bytes())?;
    }
    let mut digest = [0; 32];
    signer.sign(&mut digest)?;
    Ok(Digest256(digest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_and_keys_are_told_apart() {
        let (one, two) = (Secret::new(vec![1; 32]), Secret::new(vec![2; 32]));
        let digest = |key, parts: &[&str]| keyed_digest(key, parts).unwrap();
        assert_eq!(digest(&one, &["iin", "1"]), digest(&one, &["iin", "1"]));
        assert_ne!(digest(&one, &["iin", "1"]), digest(&two, &["iin", "1"]));
        assert_ne!(digest(&one, &["iin", "1"]), digest(&one, &["ii", "n1"]));
    }
}
