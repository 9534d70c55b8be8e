//! ECDSA on P-256 and P-384, each with the digest of its length; XML Signature writes r and s one after the other.

use super::super::error::SealError;
use super::{DigestAlgorithm, PrivateKey, PublicKey, RawSignature, Scheme};
use openssl::bn::BigNum;
use openssl::ecdsa::EcdsaSig;
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::sign::{Signer, Verifier};

pub(super) static P256: Ecdsa = Ecdsa {
    curve: Nid::X9_62_PRIME256V1,
    digest: MessageDigest::sha256,
    told: DigestAlgorithm::Sha256,
    half: 32,
    half_padded: 32,
};
pub(super) static P384: Ecdsa = Ecdsa {
    curve: Nid::SECP384R1,
    digest: MessageDigest::sha384,
    told: DigestAlgorithm::Sha384,
    half: 48,
    half_padded: 48,
};

/// ECDSA on one curve.
#[derive(Debug)]
pub(super) struct Ecdsa {
    curve: Nid,
    digest: fn() -> MessageDigest,
    /// The same, as a signature tells it.
    told: DigestAlgorithm,
    /// The octets of r, and of s.
    half: usize,
    /// The same, as the library counts.
    half_padded: i32,
}

impl Scheme for Ecdsa {
    fn is_fit(&self, key: &PublicKey) -> bool {
        let PublicKey::Library(key) = key else { return false };
        key.ec_key().is_ok_and(|key| key.group().curve_name() == Some(self.curve))
    }

    fn on_token(&self) -> Option<RawSignature> {
        Some(RawSignature::Ecdsa(self.told))
    }

    fn sign(&self, key: &PrivateKey, bytes: &[u8]) -> Result<Vec<u8>, SealError> {
        let der = Signer::new((self.digest)(), key.of_library()?)?.sign_oneshot_to_vec(bytes)?;
        let pair = EcdsaSig::from_der(&der)?;
        let mut raw = pair.r().to_vec_padded(self.half_padded)?;
        raw.extend(pair.s().to_vec_padded(self.half_padded)?);
        Ok(raw)
    }

    fn write_cms(&self, signature: Vec<u8>) -> Result<Vec<u8>, SealError> {
        self.der_of_pair(&signature)
    }

    fn read_cms(&self, signature: &[u8]) -> Result<Vec<u8>, SealError> {
        let pair = EcdsaSig::from_der(signature).map_err(|_cause| SealError::SignatureMismatch)?;
        let padded = |half: &openssl::bn::BigNumRef| half.to_vec_padded(self.half_padded);
        let halves = padded(pair.r()).and_then(|r| Ok((r, padded(pair.s())?)));
        let (r, s) = halves.map_err(|_cause| SealError::SignatureMismatch)?;
        Ok([r, s].concat())
    }

    fn is_signature(&self, key: &PublicKey, bytes: &[u8], signature: &[u8]) -> bool {
        let (PublicKey::Library(key), Ok(der)) = (key, self.der_of_pair(signature)) else { return false };
        // a signature the library cannot even read is no signature of this key
        Verifier::new((self.digest)(), key)
            .and_then(|mut verifier| verifier.verify_oneshot(&der, bytes))
            .unwrap_or(false)
    }
}

impl Ecdsa {
    fn der_of_pair(&self, signature: &[u8]) -> Result<Vec<u8>, SealError> {
        let (r, s) = signature.split_at_checked(self.half).ok_or(SealError::SignatureMismatch)?;
        if s.len() != self.half {
            return Err(SealError::SignatureMismatch);
        }
        let pair = EcdsaSig::from_private_components(BigNum::from_slice(r)?, BigNum::from_slice(s)?)?;
        Ok(pair.to_der()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_of_the_wrong_length_is_none() {
        for (curve, octets) in [(&P256, 64), (&P384, 96)] {
            assert!(curve.der_of_pair(&vec![1; octets - 1]).is_err());
            assert!(curve.der_of_pair(&vec![1; octets + 1]).is_err());
            assert!(curve.der_of_pair(&vec![1; octets]).is_ok());
        }
    }
}
