//! RSA, by PKCS#1 v1.5 and by PSS, with keys of 2048 to 4096 bits.

use super::super::error::SealError;
use super::{DigestAlgorithm, PrivateKey, PublicKey, RawSignature, Scheme};
use openssl::error::ErrorStack;
use openssl::hash::MessageDigest;
use openssl::pkey::{Id, PKeyRef, Private, Public};
use openssl::rsa::Padding;
use openssl::sign::{RsaPssSaltlen, Signer, Verifier};

pub(super) static PKCS1_SHA256: Rsa =
    Rsa { form: Form::Pkcs1, digest: MessageDigest::sha256, told: DigestAlgorithm::Sha256 };
pub(super) static PKCS1_SHA384: Rsa =
    Rsa { form: Form::Pkcs1, digest: MessageDigest::sha384, told: DigestAlgorithm::Sha384 };
pub(super) static PKCS1_SHA512: Rsa =
    Rsa { form: Form::Pkcs1, digest: MessageDigest::sha512, told: DigestAlgorithm::Sha512 };
pub(super) static PSS_SHA256: Rsa =
    Rsa { form: Form::Pss, digest: MessageDigest::sha256, told: DigestAlgorithm::Sha256 };
pub(super) static PSS_SHA384: Rsa =
    Rsa { form: Form::Pss, digest: MessageDigest::sha384, told: DigestAlgorithm::Sha384 };
pub(super) static PSS_SHA512: Rsa =
    Rsa { form: Form::Pss, digest: MessageDigest::sha512, told: DigestAlgorithm::Sha512 };

/// RSA with one digest and one way to fill up the block.
#[derive(Debug)]
pub(super) struct Rsa {
    form: Form,
    digest: fn() -> MessageDigest,
    /// The same, as a signature tells it.
    told: DigestAlgorithm,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Pkcs1,
    /// MGF1 and the message with one digest, and a salt as long as that (RFC 9231, 2.3.10).
    Pss,
}

impl Scheme for Rsa {
    fn is_fit(&self, key: &PublicKey) -> bool {
        let PublicKey::Library(key) = key else { return false };
        // a key may be bound to PSS by its certificate
        let is_rsa = key.id() == Id::RSA || (self.form == Form::Pss && key.id() == Id::RSA_PSS);
        is_rsa && (BITS_MIN..=BITS_MAX).contains(&key.bits())
    }

    fn on_token(&self) -> Option<RawSignature> {
        Some(match self.form {
            Form::Pkcs1 => RawSignature::Pkcs1(self.told),
            Form::Pss => RawSignature::Pss(self.told),
        })
    }

    fn sign(&self, key: &PrivateKey, bytes: &[u8]) -> Result<Vec<u8>, SealError> {
        Ok(self.sign_by(key.of_library()?, bytes)?)
    }

    fn is_signature(&self, key: &PublicKey, bytes: &[u8], signature: &[u8]) -> bool {
        let PublicKey::Library(key) = key else { return false };
        // as long as the modulus (RFC 8017, 8.1.2 and 8.2.2): the library takes one whose leading zeros are cut off;
        // a signature it cannot even read is no signature of this key
        key.size() == signature.len() && self.verify_by(key, bytes, signature).unwrap_or(false)
    }
}

impl Rsa {
    fn sign_by(&self, key: &PKeyRef<Private>, bytes: &[u8]) -> Result<Vec<u8>, ErrorStack> {
        let digest = (self.digest)();
        let mut signer = Signer::new(digest, key)?;
        if self.form == Form::Pss {
            signer.set_rsa_padding(Padding::PKCS1_PSS)?;
            signer.set_rsa_mgf1_md(digest)?;
            signer.set_rsa_pss_saltlen(RsaPssSaltlen::DIGEST_LENGTH)?;
        }
        signer.sign_oneshot_to_vec(bytes)
    }

    fn verify_by(&self, key: &PKeyRef<Public>, bytes: &[u8], signature: &[u8]) -> Result<bool, ErrorStack> {
        let digest = (self.digest)();
        let mut verifier = Verifier::new(digest, key)?;
        if self.form == Form::Pss {
            verifier.set_rsa_padding(Padding::PKCS1_PSS)?;
            verifier.set_rsa_mgf1_md(digest)?;
            verifier.set_rsa_pss_saltlen(RsaPssSaltlen::DIGEST_LENGTH)?;
        }
        verifier.verify_oneshot(signature, bytes)
    }
}

const BITS_MIN: u32 = 2048;
const BITS_MAX: u32 = 4096;
