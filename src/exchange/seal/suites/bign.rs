//! bign with belt-hash: STB 34.101.45 on bign-curve256v1, in pure Rust, since no engine of OpenSSL knows it.

use super::super::error::SealError;
use super::{PrivateKey, PublicKey, Scheme};
use bignp256::ecdsa::signature::{Signer, Verifier};
use bignp256::ecdsa::{Signature, SigningKey, VerifyingKey};

pub(super) static BIGN: Bign = Bign;

/// Signs with a bign key, and with no other.
pub(in super::super) fn sign_by_bign(key: &PrivateKey, bytes: &[u8]) -> Result<Vec<u8>, SealError> {
    BIGN.sign(key, bytes)
}

/// bign-with-hbelt, as a certificate names it.
pub(in super::super) const SIGNATURE_OID: &str = "1.2.112.0.2.0.34.101.45.12";

/// bign-with-hbelt; a signature is 48 octets.
#[derive(Debug)]
pub(super) struct Bign;

impl Scheme for Bign {
    fn is_fit(&self, key: &PublicKey) -> bool {
        match key {
            PublicKey::Bign(_) => true,
            PublicKey::Library(_) => false,
        }
    }

    fn sign(&self, key: &PrivateKey, bytes: &[u8]) -> Result<Vec<u8>, SealError> {
        let refused = |reason| SealError::Key { reason };
        let PrivateKey::Bign(key) = key else { return Err(refused("it is no bign key")) };
        let signature = SigningKey::from(key.clone()).try_sign(bytes);
        let signature: Signature = signature.map_err(|_cause| refused("bign refuses it"))?;
        Ok(signature.to_bytes().to_vec())
    }

    fn is_signature(&self, key: &PublicKey, bytes: &[u8], signature: &[u8]) -> bool {
        let PublicKey::Bign(key) = key else { return false };
        Signature::from_slice(signature).is_ok_and(|it| VerifyingKey::from(key).verify(bytes, &it).is_ok())
    }
}
