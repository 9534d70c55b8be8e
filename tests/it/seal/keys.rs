//! Keys and certificates made for one test run.

use jiff::Timestamp;
use openssl::asn1::Asn1Time;
use openssl::bn::BigNum;
use openssl::ec::EcGroup;
use openssl::ec::EcKey;
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::PKey;
use openssl::pkey::Private;
use openssl::rsa::Rsa;
use openssl::x509::X509;
use openssl::x509::X509Name;
use openssl::x509::extension::BasicConstraints;
use openssl::x509::extension::KeyUsage;
use stazh::exchange::seal::Signer;
use stazh::exchange::seal::TrustStore;
use std::sync::OnceLock;

/// A key with its certificate.
pub(crate) struct Identity {
    pub(crate) key: PKey<Private>,
    pub(crate) certificate: X509,
}

/// From when until when a certificate holds.
pub(crate) const WIDE: (&str, &str) = ("2020-01-01T00:00:00Z", "2048-01-01T00:00:00Z");

/// An instant inside [`WIDE`].
pub(crate) fn now() -> Timestamp {
    "2026-06-01T00:00:00Z".parse().unwrap()
}

pub(crate) fn rsa_key() -> PKey<Private> {
    PKey::from_rsa(Rsa::generate(2048).unwrap()).unwrap()
}

pub(crate) fn ec_key() -> PKey<Private> {
    let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap();
    PKey::from_ec_key(EcKey::generate(&group).unwrap()).unwrap()
}

/// Our authority, an RSA and an EC identity of it; made once.
pub(crate) fn authority() -> &'static Identity {
    static MADE: OnceLock<Identity> = OnceLock::new();
    MADE.get_or_init(|| make("Test authority", ec_key(), None, WIDE, true))
}

pub(crate) fn rsa() -> &'static Identity {
    static MADE: OnceLock<Identity> = OnceLock::new();
    MADE.get_or_init(|| make("Test fund", rsa_key(), Some(authority()), WIDE, true))
}

pub(crate) fn ec() -> &'static Identity {
    static MADE: OnceLock<Identity> = OnceLock::new();
    MADE.get_or_init(|| make("Test fund", ec_key(), Some(authority()), WIDE, true))
}

/// A certificate by `issuer`, or an authority that signs itself.
pub(crate) fn make(
    name: &str,
    key: PKey<Private>,
    issuer: Option<&Identity>,
    span: (&str, &str),
    is_for_signing: bool,
) -> Identity {
    let mut subject = X509Name::builder().unwrap();
    subject.append_entry_by_text("C", "KZ").unwrap();
    subject.append_entry_by_text("CN", name).unwrap();
    let subject = subject.build();
    let moment = |text: &str| Asn1Time::from_unix(text.parse::<Timestamp>().unwrap().as_second()).unwrap();
    let mut builder = X509::builder().unwrap();
    builder.set_version(2).unwrap();
    builder.set_serial_number(&BigNum::from_u32(7).unwrap().to_asn1_integer().unwrap()).unwrap();
    builder.set_subject_name(&subject).unwrap();
    builder.set_issuer_name(issuer.map_or(&*subject, |i| i.certificate.subject_name())).unwrap();
    builder.set_not_before(&moment(span.0)).unwrap();
    builder.set_not_after(&moment(span.1)).unwrap();
    builder.set_pubkey(&key).unwrap();
    let mut usage = KeyUsage::new();
    if issuer.is_none() {
        builder.append_extension(BasicConstraints::new().critical().ca().build().unwrap()).unwrap();
        usage.key_cert_sign();
    } else if is_for_signing {
        usage.digital_signature();
    } else {
        usage.key_encipherment();
    }
    builder.append_extension(usage.critical().build().unwrap()).unwrap();
    builder.sign(issuer.map_or(&key, |i| &i.key), MessageDigest::sha256()).unwrap();
    Identity { certificate: builder.build(), key }
}

impl Identity {
    pub(crate) fn key_pem(&self) -> Vec<u8> {
        self.key.private_key_to_pem_pkcs8().unwrap()
    }

    pub(crate) fn certificate_pem(&self) -> Vec<u8> {
        self.certificate.to_pem().unwrap()
    }

    pub(crate) fn signer(&self) -> Signer {
        Signer::from_pem(&self.key_pem(), &self.certificate_pem()).unwrap()
    }

    pub(crate) fn trust(&self) -> TrustStore {
        TrustStore::from_pem(&self.certificate_pem()).unwrap()
    }
}
