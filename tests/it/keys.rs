//! Throw-away authorities and certificates for the tests.

use openssl::asn1::{Asn1Time, Asn1TimeRef};
use openssl::bn::BigNum;
use openssl::ec::{EcGroup, EcKey};
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};
use openssl::x509::extension::{BasicConstraints, KeyUsage, SubjectAlternativeName};
use openssl::x509::{X509, X509Builder, X509NameBuilder};

/// An authority that issues certificates.
pub(crate) struct Authority {
    key: PKey<Private>,
    certificate: X509,
}

/// A key with its certificate, as PEM.
pub(crate) struct Issued {
    pub(crate) certificate: Vec<u8>,
    pub(crate) key: Vec<u8>,
}

impl Authority {
    pub(crate) fn new(name: &str) -> Self {
        let key = ec_key();
        let mut builder = certificate(name, &key);
        builder.set_issuer_name(&subject(name)).unwrap();
        builder.append_extension(BasicConstraints::new().critical().ca().build().unwrap()).unwrap();
        builder.append_extension(KeyUsage::new().key_cert_sign().crl_sign().build().unwrap()).unwrap();
        builder.sign(&key, MessageDigest::sha256()).unwrap();
        Self { key, certificate: builder.build() }
    }

    pub(crate) fn pem(&self) -> Vec<u8> {
        self.certificate.to_pem().unwrap()
    }

    /// A certificate for `name`, with its chain: leaf first, this authority after it.
    pub(crate) fn issue(&self, name: &str) -> Issued {
        let key = ec_key();
        let mut builder = certificate(name, &key);
        builder.set_issuer_name(self.certificate.subject_name()).unwrap();
        let context = builder.x509v3_context(Some(&self.certificate), None);
        let names = SubjectAlternativeName::new().dns(name).ip("127.0.0.1").build(&context).unwrap();
        builder.append_extension(names).unwrap();
        builder.sign(&self.key, MessageDigest::sha256()).unwrap();
        let mut chain = builder.build().to_pem().unwrap();
        chain.extend(self.pem());
        Issued { certificate: chain, key: key.private_key_to_pem_pkcs8().unwrap() }
    }
}

impl Authority {
    /// A certificate whose key may sign documents.
    pub(crate) fn issue_for_seals(&self, name: &str) -> Issued {
        self.issue_for_seals_until(name, &Asn1Time::days_from_now(365).unwrap())
    }

    /// The same with a certificate that is valid from long ago until `end`.
    pub(crate) fn issue_for_seals_until(&self, name: &str, end: &Asn1TimeRef) -> Issued {
        let key = ec_key();
        let mut builder = certificate(name, &key);
        builder.set_not_before(&Asn1Time::from_unix(1_577_836_800).unwrap()).unwrap();
        builder.set_not_after(end).unwrap();
        builder.set_issuer_name(self.certificate.subject_name()).unwrap();
        builder.append_extension(KeyUsage::new().critical().digital_signature().build().unwrap()).unwrap();
        builder.sign(&self.key, MessageDigest::sha256()).unwrap();
        Issued {
            certificate: builder.build().to_pem().unwrap(),
            key: key.private_key_to_pem_pkcs8().unwrap(),
        }
    }
}

fn ec_key() -> PKey<Private> {
    let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap();
    PKey::from_ec_key(EcKey::generate(&group).unwrap()).unwrap()
}

fn subject(name: &str) -> openssl::x509::X509Name {
    let mut builder = X509NameBuilder::new().unwrap();
    builder.append_entry_by_nid(Nid::COMMONNAME, name).unwrap();
    builder.build()
}

fn certificate(name: &str, key: &PKey<Private>) -> X509Builder {
    let mut builder = X509::builder().unwrap();
    let mut serial = BigNum::new().unwrap();
    serial.rand(120, openssl::bn::MsbOption::MAYBE_ZERO, false).unwrap();
    builder.set_version(2).unwrap();
    builder.set_serial_number(&serial.to_asn1_integer().unwrap()).unwrap();
    builder.set_subject_name(&subject(name)).unwrap();
    builder.set_pubkey(key).unwrap();
    builder.set_not_before(&Asn1Time::days_from_now(0).unwrap()).unwrap();
    builder.set_not_after(&Asn1Time::days_from_now(365).unwrap()).unwrap();
    builder
}
