//! Makes throw-away authorities and certificates: for a demonstration, a sandbox, a first try.
//!
//! A member state's real certificates come from its certification authority, never from here.

use super::error::SealError;
use jiff::Timestamp;
use openssl::asn1::Asn1Time;
use openssl::bn::{BigNum, MsbOption};
use openssl::ec::{EcGroup, EcKey};
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};
use openssl::rsa::Rsa;
use openssl::x509::extension::{BasicConstraints, KeyUsage, SubjectAlternativeName};
use openssl::x509::{X509, X509Builder, X509Name, X509NameBuilder};
use zeroize::Zeroizing;

/// An authority that lives as long as this value: its key is never written anywhere.
pub struct ThrowAwayAuthority {
    key: PKey<Private>,
    certificate: X509,
    country: String,
    now: Timestamp,
}

/// A key with its certificate.
pub struct Issued {
    /// The certificate, then its authority's, as PEM.
    pub chain_pem: Vec<u8>,
    /// The key as PKCS#8 PEM.
    pub key_pem: Zeroizing<Vec<u8>>,
}

/// The algorithm of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyKind {
    /// RSA with 2048 bits.
    Rsa2048,
    /// ECDSA on P-256.
    P256,
}

impl ThrowAwayAuthority {
    /// Makes an authority of a country, valid from `now` for 90 days.
    ///
    /// # Errors
    /// The cryptographic library refuses.
    pub fn new(name: &str, country: &str, now: Timestamp) -> Result<Self, SealError> {
        let key = make_key(KeyKind::P256)?;
        let subject = subject(name, country)?;
        let mut builder = begin(&subject, &key, now)?;
        builder.set_issuer_name(&subject)?;
        builder.append_extension(BasicConstraints::new().critical().ca().build()?)?;
        builder.append_extension(KeyUsage::new().critical().key_cert_sign().crl_sign().build()?)?;
        builder.sign(&key, MessageDigest::sha256())?;
        Ok(Self { key, certificate: builder.build(), country: country.to_owned(), now })
    }

    /// The authority's own certificate, for those who are to trust it.
    ///
    /// # Errors
    /// The cryptographic library refuses.
    pub fn pem(&self) -> Result<Vec<u8>, SealError> {
        Ok(self.certificate.to_pem()?)
    }

    /// A key for the wire: for this DNS name, and for this machine itself.
    ///
    /// # Errors
    /// The cryptographic library refuses.
    pub fn issue_wire(&self, dns_name: &str) -> Result<Issued, SealError> {
        let key = make_key(KeyKind::P256)?;
        let mut builder = self.begin(dns_name, &key)?;
        let context = builder.x509v3_context(Some(&self.certificate), None);
        let names =
            SubjectAlternativeName::new().dns(dns_name).dns("localhost").ip("127.0.0.1").build(&context)?;
        builder.append_extension(names)?;
        self.finish(builder, &key)
    }

    /// A key that may sign documents.
    ///
    /// # Errors
    /// The cryptographic library refuses.
    pub fn issue_seal(&self, name: &str, kind: KeyKind) -> Result<Issued, SealError> {
        let key = make_key(kind)?;
        let mut builder = self.begin(name, &key)?;
        builder
            .append_extension(KeyUsage::new().critical().digital_signature().non_repudiation().build()?)?;
        self.finish(builder, &key)
    }

    fn begin(&self, name: &str, key: &PKey<Private>) -> Result<X509Builder, SealError> {
        let mut builder = begin(&subject(name, &self.country)?, key, self.now)?;
        builder.set_issuer_name(self.certificate.subject_name())?;
        Ok(builder)
    }

    fn finish(&self, mut builder: X509Builder, key: &PKey<Private>) -> Result<Issued, SealError> {
        builder.sign(&self.key, MessageDigest::sha256())?;
        let mut chain_pem = builder.build().to_pem()?;
        chain_pem.extend(self.pem()?);
        Ok(Issued { chain_pem, key_pem: Zeroizing::new(key.private_key_to_pem_pkcs8()?) })
    }
}

fn make_key(kind: KeyKind) -> Result<PKey<Private>, SealError> {
    Ok(match kind {
        KeyKind::Rsa2048 => PKey::from_rsa(Rsa::generate(2048)?)?,
        KeyKind::P256 => {
            let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1)?;
            PKey::from_ec_key(EcKey::generate(&group)?)?
        }
    })
}

fn subject(name: &str, country: &str) -> Result<X509Name, SealError> {
    let mut builder = X509NameBuilder::new()?;
    builder.append_entry_by_nid(Nid::COUNTRYNAME, country)?;
    builder.append_entry_by_nid(Nid::COMMONNAME, name)?;
    Ok(builder.build())
}

fn begin(subject: &X509Name, key: &PKey<Private>, now: Timestamp) -> Result<X509Builder, SealError> {
    let mut builder = X509::builder()?;
    let mut serial = BigNum::new()?;
    serial.rand(SERIAL_BITS, MsbOption::MAYBE_ZERO, false)?;
    builder.set_version(2)?;
    builder.set_serial_number(&*serial.to_asn1_integer()?)?;
    builder.set_subject_name(subject)?;
    builder.set_pubkey(key)?;
    builder.set_not_before(&*Asn1Time::from_unix(now.as_second() - SKEW_SECONDS)?)?;
    builder.set_not_after(&*Asn1Time::from_unix(now.as_second() + LIFE_SECONDS)?)?;
    Ok(builder)
}

const SERIAL_BITS: i32 = 120;
/// A clock that is a little behind still accepts a fresh certificate.
const SKEW_SECONDS: i64 = 3_600;
const LIFE_SECONDS: i64 = 90 * 24 * 3_600;
