//! Makes throw-away authorities and certificates: for a demonstration, a sandbox, a first try.
//!
//! A member state's real certificates come from its certification authority, never from here.

use super::asn1::{parts, sequence};
use super::error::SealError;
use super::revocation::{NO_CHECK, OCSP_PURPOSE};
use super::suites::{BIGN_SIGNATURE_OID, PrivateKey, STREEBOG256, STREEBOG512, gost_digest, sign_by_bign};
use super::third_party::DVCS_PURPOSE;
use super::time_stamp::TIME_STAMPING_PURPOSE;
use bignp256::SecretKey;
use bignp256::pkcs8::{EncodePrivateKey, EncodePublicKey, PrivateKeyInfoRef};
use der::asn1::{AnyRef, BitStringRef, Null, ObjectIdentifier, OctetStringRef};
use der::pem::LineEnding;
use der::{Encode, SecretDocument};
use jiff::Timestamp;
use openssl::asn1::{Asn1Object, Asn1OctetString, Asn1Time};
use openssl::bn::{BigNum, MsbOption};
use openssl::ec::{EcGroup, EcKey};
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{PKey, PKeyRef, Private};
use openssl::rsa::Rsa;
use openssl::sign::Signer;
use openssl::x509::extension::{BasicConstraints, ExtendedKeyUsage, KeyUsage, SubjectAlternativeName};
use openssl::x509::{X509, X509Builder, X509Extension, X509Name, X509NameBuilder};
use zeroize::Zeroizing;

/// An authority that lives as long as this value: its key is never written anywhere.
pub struct ThrowAwayAuthority {
    pub(super) key: PrivateKey,
    pub(super) certificate: X509,
    country: String,
    valid: Validity,
}

/// From when until when a certificate is valid.
#[derive(Clone, Copy)]
struct Validity {
    now: Timestamp,
    days: u32,
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
    /// ECDSA on P-384.
    P384,
    /// GOST R 34.10-2012 with 256 bits, through the GOST engine.
    Gost256,
    /// The same with 512 bits.
    Gost512,
    /// STB 34.101.45 on bign-curve256v1.
    Bign,
}

impl ThrowAwayAuthority {
    /// Makes an authority of a country, valid from `now` for 90 days. Its key is on P-256.
    ///
    /// # Errors
    /// The cryptographic library refuses.
    pub fn new(name: &str, country: &str, now: Timestamp) -> Result<Self, SealError> {
        Self::of_kind(KeyKind::P256, name, country, now)
    }

    /// The same with a key of another algorithm.
    ///
    /// # Errors
    /// The cryptographic library refuses, or the GOST engine is not loaded.
    pub fn of_kind(kind: KeyKind, name: &str, country: &str, now: Timestamp) -> Result<Self, SealError> {
        Self::lasting(DAYS, kind, name, country, now)
    }

    /// The same, valid for so many days.
    ///
    /// # Errors
    /// The cryptographic library refuses, or the GOST engine is not loaded.
    pub fn lasting(
        days: u32,
        kind: KeyKind,
        name: &str,
        country: &str,
        now: Timestamp,
    ) -> Result<Self, SealError> {
        let key = Key::make(kind)?.private;
        let subject = subject(name, country)?;
        let valid = Validity { now, days };
        let mut builder = begin(&subject, &key, valid)?;
        builder.set_issuer_name(&subject)?;
        builder.append_extension(BasicConstraints::new().critical().ca().build()?)?;
        builder.append_extension(KeyUsage::new().critical().key_cert_sign().crl_sign().build()?)?;
        let certificate = certify(builder, &key, &key)?;
        Ok(Self { key, certificate, country: country.to_owned(), valid })
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
        let key = Key::make(KeyKind::P256)?;
        let mut builder = self.begin(dns_name, &key.private)?;
        let context = builder.x509v3_context(Some(&self.certificate), None);
        let names =
            SubjectAlternativeName::new().dns(dns_name).dns("localhost").ip("127.0.0.1").build(&context)?;
        builder.append_extension(names)?;
        self.finish(builder, key)
    }

    /// A key that may sign documents.
    ///
    /// # Errors
    /// The cryptographic library refuses, or the GOST engine is not loaded.
    pub fn issue_seal(&self, name: &str, kind: KeyKind) -> Result<Issued, SealError> {
        let key = Key::make(kind)?;
        let mut builder = self.begin(name, &key.private)?;
        builder
            .append_extension(KeyUsage::new().critical().digital_signature().non_repudiation().build()?)?;
        self.finish(builder, key)
    }

    /// A key that may sign the receipts of a third party (RFC 3029).
    ///
    /// # Errors
    /// The cryptographic library refuses, or the GOST engine is not loaded.
    pub fn issue_third_party(&self, name: &str, kind: KeyKind) -> Result<Issued, SealError> {
        let key = Key::make(kind)?;
        let mut builder = self.begin(name, &key.private)?;
        builder
            .append_extension(KeyUsage::new().critical().digital_signature().non_repudiation().build()?)?;
        let purpose = ExtendedKeyUsage::new().critical().other(&DVCS_PURPOSE.to_string()).build()?;
        builder.append_extension(purpose)?;
        self.finish(builder, key)
    }

    /// A key that may sign time stamps (RFC 3161), and nothing else.
    ///
    /// # Errors
    /// The cryptographic library refuses, or the GOST engine is not loaded.
    pub fn issue_time_stamping(&self, name: &str, kind: KeyKind) -> Result<Issued, SealError> {
        let key = Key::make(kind)?;
        let mut builder = self.begin(name, &key.private)?;
        builder.append_extension(KeyUsage::new().critical().digital_signature().build()?)?;
        let purpose = ExtendedKeyUsage::new().critical().other(&TIME_STAMPING_PURPOSE.to_string()).build()?;
        builder.append_extension(purpose)?;
        self.finish(builder, key)
    }

    /// A key that may answer in the authority's place whether certificates were revoked (RFC 6960); `is_checked` says
    /// whether it may itself have been.
    ///
    /// # Errors
    /// The cryptographic library refuses, or the GOST engine is not loaded.
    pub fn issue_responder(&self, name: &str, kind: KeyKind, is_checked: bool) -> Result<Issued, SealError> {
        let key = Key::make(kind)?;
        let mut builder = self.begin(name, &key.private)?;
        builder.append_extension(KeyUsage::new().critical().digital_signature().build()?)?;
        builder.append_extension(ExtendedKeyUsage::new().other(&OCSP_PURPOSE.to_string()).build()?)?;
        if !is_checked {
            let id = Asn1Object::from_str(&NO_CHECK.to_string())?;
            let null = Asn1OctetString::new_from_bytes(&[5, 0])?;
            builder.append_extension(X509Extension::new_from_der(&id, false, &null)?)?;
        }
        self.finish(builder, key)
    }

    fn begin(&self, name: &str, key: &PrivateKey) -> Result<X509Builder, SealError> {
        let mut builder = begin(&subject(name, &self.country)?, key, self.valid)?;
        builder.set_issuer_name(self.certificate.subject_name())?;
        Ok(builder)
    }

    fn finish(&self, builder: X509Builder, key: Key) -> Result<Issued, SealError> {
        let mut chain_pem = certify(builder, &key.private, &self.key)?.to_pem()?;
        chain_pem.extend(self.pem()?);
        Ok(Issued { chain_pem, key_pem: key.pem })
    }
}

/// A new key.
struct Key {
    private: PrivateKey,
    pem: Zeroizing<Vec<u8>>,
}

impl Key {
    fn make(kind: KeyKind) -> Result<Self, SealError> {
        let pem = match kind {
            KeyKind::Rsa2048 => PKey::from_rsa(Rsa::generate(2048)?)?.private_key_to_pem_pkcs8()?,
            KeyKind::P256 => on_curve(Nid::X9_62_PRIME256V1)?.private_key_to_pem_pkcs8()?,
            KeyKind::P384 => on_curve(Nid::SECP384R1)?.private_key_to_pem_pkcs8()?,
            KeyKind::Gost256 => gost_pem(GOST256_OID, &[CRYPTOPRO_A, STREEBOG256_OID], 32).map_err(coding)?,
            KeyKind::Gost512 => gost_pem(GOST512_OID, &[TC26_512_A, STREEBOG512_OID], 64).map_err(coding)?,
            KeyKind::Bign => {
                let reason = "no key was made";
                let key = SecretKey::from_slice(&random(32)?).map_err(|_cause| SealError::Key { reason })?;
                pem_of(&key.to_pkcs8_der().map_err(|_cause| SealError::Key { reason })?).map_err(coding)?
            }
        };
        let pem = Zeroizing::new(pem);
        Ok(Self { private: PrivateKey::from_pem(&pem)?, pem })
    }
}

fn on_curve(curve: Nid) -> Result<PKey<Private>, SealError> {
    let group = EcGroup::from_curve_name(curve)?;
    Ok(PKey::from_ec_key(EcKey::generate(&group)?)?)
}

/// A GOST key in PKCS#8. The engine makes keys only for those who name it parameters in its own way; it reads any.
fn gost_pem(
    algorithm: ObjectIdentifier,
    parameters: &[ObjectIdentifier],
    octets: i32,
) -> der::Result<Vec<u8>> {
    let failed = |_cause| der::ErrorKind::Failed;
    let oids = parameters.iter().map(Encode::to_der).collect::<der::Result<Vec<_>>>()?;
    let parameters = sequence(&oids.iter().map(Vec::as_slice).collect::<Vec<_>>())?;
    let secret = random(octets).map_err(failed)?;
    let algorithm = bignp256::pkcs8::AlgorithmIdentifierRef {
        oid: algorithm,
        parameters: Some(AnyRef::try_from(parameters.as_slice())?),
    };
    let info = PrivateKeyInfoRef::new(algorithm, OctetStringRef::new(&secret)?);
    pem_of(&SecretDocument::encode_msg(&info)?)
}

fn pem_of(key: &SecretDocument) -> der::Result<Vec<u8>> {
    Ok(key.to_pem("PRIVATE KEY", LineEnding::LF)?.as_bytes().to_vec())
}

/// A secret below the order of any group of this length, the least octet first.
fn random(octets: i32) -> Result<Zeroizing<Vec<u8>>, SealError> {
    let mut secret = BigNum::new_secure()?;
    secret.rand(octets * 8 - 2, MsbOption::MAYBE_ZERO, false)?;
    let mut secret = Zeroizing::new(secret.to_vec_padded(octets)?);
    secret.reverse();
    Ok(secret)
}

/// Signs a certificate. Where OpenSSL does not know one of the keys, what stands for it in the builder is replaced.
fn certify(mut builder: X509Builder, own: &PrivateKey, issuer: &PrivateKey) -> Result<X509, SealError> {
    match issuer {
        PrivateKey::Library(key) => builder.sign(key, certificate_digest(key)?)?,
        PrivateKey::Bign(_) => builder.sign(&*on_curve(Nid::X9_62_PRIME256V1)?, MessageDigest::sha256())?,
    }
    let certificate = builder.build();
    if let (PrivateKey::Library(_), PrivateKey::Library(_)) = (own, issuer) {
        return Ok(certificate);
    }
    let der = replaced(&certificate.to_der()?, own, issuer)?;
    Ok(X509::from_der(&der)?)
}

fn replaced(certificate: &[u8], own: &PrivateKey, issuer: &PrivateKey) -> Result<Vec<u8>, SealError> {
    let outer = parts(certificate).map_err(coding)?;
    let signed = *outer.first().ok_or(CODING)?;
    let mut algorithm = outer.get(1).ok_or(CODING)?.to_vec();
    if let PrivateKey::Bign(_) = issuer {
        let oid = ObjectIdentifier::new_unwrap(BIGN_SIGNATURE_OID).to_der().map_err(coding)?;
        algorithm = sequence(&[&oid, &Null.to_der().map_err(coding)?]).map_err(coding)?;
    }
    let key = match own {
        PrivateKey::Bign(key) => {
            let reason = "it cannot be written";
            Some(key.public_key().to_public_key_der().map_err(|_cause| SealError::Key { reason })?)
        }
        PrivateKey::Library(_) => None,
    };
    // version, serial number, algorithm, issuer, validity, subject, key, extensions
    let fields = parts(signed).map_err(coding)?;
    let fields = fields.into_iter().enumerate().map(|(place, field)| match (place, &key) {
        (2, _) => algorithm.as_slice(),
        (6, Some(key)) => key.as_bytes(),
        _ => field,
    });
    let signed = sequence(&fields.collect::<Vec<_>>()).map_err(coding)?;
    let signature = match issuer {
        PrivateKey::Library(key) => {
            Signer::new(certificate_digest(key)?, key)?.sign_oneshot_to_vec(&signed)?
        }
        PrivateKey::Bign(_) => sign_by_bign(issuer, &signed)?,
    };
    let signature = BitStringRef::from_bytes(&signature).and_then(|bits| bits.to_der()).map_err(coding)?;
    sequence(&[&signed, &algorithm, &signature]).map_err(coding)
}

pub(super) fn certificate_digest(key: &PKeyRef<Private>) -> Result<MessageDigest, SealError> {
    match key.id().as_raw() {
        979 => gost_digest(STREEBOG256),
        980 => gost_digest(STREEBOG512),
        _ => Ok(MessageDigest::sha256()),
    }
}

fn coding(_cause: der::Error) -> SealError {
    CODING
}

fn subject(name: &str, country: &str) -> Result<X509Name, SealError> {
    let mut builder = X509NameBuilder::new()?;
    builder.append_entry_by_nid(Nid::COUNTRYNAME, country)?;
    builder.append_entry_by_nid(Nid::COMMONNAME, name)?;
    Ok(builder.build())
}

fn begin(subject: &X509Name, key: &PrivateKey, valid: Validity) -> Result<X509Builder, SealError> {
    let mut builder = X509::builder()?;
    let mut serial = BigNum::new()?;
    serial.rand(SERIAL_BITS, MsbOption::MAYBE_ZERO, false)?;
    builder.set_version(2)?;
    builder.set_serial_number(&*serial.to_asn1_integer()?)?;
    builder.set_subject_name(subject)?;
    match key {
        PrivateKey::Library(key) => builder.set_pubkey(key)?,
        PrivateKey::Bign(_) => builder.set_pubkey(&*on_curve(Nid::X9_62_PRIME256V1)?)?, // is replaced
    }
    builder.set_not_before(&*Asn1Time::from_unix(valid.now.as_second() - SKEW_SECONDS)?)?;
    builder
        .set_not_after(&*Asn1Time::from_unix(valid.now.as_second() + i64::from(valid.days) * DAY_SECONDS)?)?;
    Ok(builder)
}

const CODING: SealError = SealError::Key { reason: "a certificate cannot be written in DER" };
const GOST256_OID: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.643.7.1.1.1.1");
const GOST512_OID: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.643.7.1.1.1.2");
const STREEBOG256_OID: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.643.7.1.1.2.2");
const STREEBOG512_OID: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.643.7.1.1.2.3");
const CRYPTOPRO_A: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.643.2.2.35.1");
const TC26_512_A: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.643.7.1.2.1.2.1");
const SERIAL_BITS: i32 = 120;
/// A clock that is a little behind still accepts a fresh certificate.
const SKEW_SECONDS: i64 = 3_600;
const DAY_SECONDS: i64 = 24 * 3_600;
const DAYS: u32 = 90;
