//! Keys of all suites: those that OpenSSL knows, and those that it does not.

use super::super::asn1::parts;
use super::super::error::SealError;
use super::gost::{self, ENGINE_MISSING, is_engine_loaded};
use bignp256::pkcs8::PrivateKeyInfoRef;
use der::asn1::ObjectIdentifier;
use der::referenced::OwnedToRef;
use der::{Decode, Encode, SecretDocument};
use memchr::memmem;
use openssl::pkey::{PKey, PKeyRef, Private, Public};
use openssl::x509::X509Ref;
use std::fmt;
use x509_cert::Certificate;

/// A public key.
#[derive(Debug)]
pub enum PublicKey {
    /// OpenSSL knows it, by itself or through the GOST engine.
    Library(PKey<Public>),
    /// bign-curve256v1.
    Bign(bignp256::PublicKey),
}

/// A private key. Never prints it.
pub enum PrivateKey {
    /// OpenSSL knows it, by itself or through the GOST engine.
    Library(PKey<Private>),
    /// bign-curve256v1.
    Bign(bignp256::SecretKey),
}

impl PublicKey {
    /// The key of a certificate.
    pub(in super::super) fn of(certificate: &X509Ref) -> Result<Self, SealError> {
        let library = certificate.public_key().ok();
        if let Some(key) = &library
            && !gost::is_key(key)
        {
            return Ok(Self::Library(key.clone()));
        }
        let unfit = |reason| SealError::Certificate { reason };
        let der = certificate.to_der()?;
        let read = Certificate::from_der(&der).map_err(|_cause| unfit("its key cannot be read"))?;
        let info = read.tbs_certificate().subject_public_key_info();
        if let Some(key) = library {
            let parameters = info.algorithm.parameters.as_ref().and_then(|any| any.to_der().ok());
            let curve = parameters
                .and_then(|parameters| ObjectIdentifier::from_der(parts(&parameters).ok()?.first()?).ok());
            let is_known = curve.is_some_and(|curve: ObjectIdentifier| gost::is_curve(&curve.to_string()));
            let reason = "its GOST key is on a curve that is not one for signing";
            return if is_known { Ok(Self::Library(key)) } else { Err(unfit(reason)) };
        }
        if gost::is_algorithm(&info.algorithm.oid.to_string()) && !is_engine_loaded() {
            return Err(SealError::GostEngine);
        }
        let key = bignp256::PublicKey::try_from(info.owned_to_ref());
        Ok(Self::Bign(key.map_err(|_cause| unfit("its key cannot be read"))?))
    }

    /// Whether a private key is the other half of this one.
    pub(in super::super) fn is_of(&self, private: &PrivateKey) -> bool {
        match (self, private) {
            (Self::Library(public), PrivateKey::Library(private)) => public.public_eq(private),
            (Self::Bign(public), PrivateKey::Bign(private)) => *public == private.public_key(),
            (Self::Library(_), PrivateKey::Bign(_)) | (Self::Bign(_), PrivateKey::Library(_)) => false,
        }
    }
}

impl PrivateKey {
    /// Reads a PEM text. A key under a password is refused rather than asked for.
    pub(in super::super) fn from_pem(pem: &[u8]) -> Result<Self, SealError> {
        Self::from_pem_under(pem, None)
    }

    /// The same of a key that may be under a password.
    pub(in super::super) fn from_pem_under(pem: &[u8], password: Option<&[u8]>) -> Result<Self, SealError> {
        if let Some(key) = algorithm_and_key(pem) {
            match key {
                Pkcs8::Bign(key) => return Ok(Self::Bign(key)),
                Pkcs8::Gost if !is_engine_loaded() => return Err(SealError::Key { reason: ENGINE_MISSING }),
                Pkcs8::Gost => {}
            }
        }
        let is_under_password = memmem::find(pem, b"ENCRYPTED").is_some();
        let (key, reason) = match password {
            Some(password) if is_under_password => {
                (PKey::private_key_from_pem_passphrase(pem, password), WRONG_PASSWORD)
            }
            None if is_under_password => {
                return Err(SealError::Key { reason: "the key is under a password; name its password_file" });
            }
            Some(_) | None => {
                (PKey::private_key_from_pem_callback(pem, |_| Ok(0)), "the key is not a PEM private key")
            }
        };
        Ok(Self::Library(key.map_err(|_cause| SealError::Key { reason })?))
    }

    /// The key as OpenSSL has it.
    pub(super) fn of_library(&self) -> Result<&PKeyRef<Private>, SealError> {
        match self {
            Self::Library(key) => Ok(key),
            Self::Bign(_) => Err(SealError::Key { reason: "it is a bign key, and of no other algorithm" }),
        }
    }
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PrivateKey")
    }
}

/// What is wrong with a certificate of our own: our fault and no document's.
pub(in super::super) fn own_key(error: SealError) -> SealError {
    if matches!(error, SealError::GostEngine) {
        return SealError::Key { reason: ENGINE_MISSING };
    }
    if let SealError::Certificate { reason } = error { SealError::Key { reason } } else { error }
}

const WRONG_PASSWORD: &str = "its password does not open it, or what it holds is no key that OpenSSL knows (a bign key is kept without a password)";

/// Keys that OpenSSL alone cannot read.
enum Pkcs8 {
    Bign(bignp256::SecretKey),
    Gost,
}

fn algorithm_and_key(pem: &[u8]) -> Option<Pkcs8> {
    let (label, document) = SecretDocument::from_pem(std::str::from_utf8(pem).ok()?.trim()).ok()?;
    if label != "PRIVATE KEY" {
        return None;
    }
    let info = PrivateKeyInfoRef::from_der(document.as_bytes()).ok()?;
    if gost::is_algorithm(&info.algorithm.oid.to_string()) {
        return Some(Pkcs8::Gost);
    }
    bignp256::SecretKey::try_from(info).ok().map(Pkcs8::Bign)
}
