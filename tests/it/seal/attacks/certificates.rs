//! Certificates that should not convince, and chains that should not lead anywhere.

use super::*;
use openssl::asn1::{Asn1Object, Asn1OctetString, Asn1Time};
use openssl::bn::BigNum;
use openssl::rsa::Rsa;
use openssl::x509::extension::{BasicConstraints, KeyUsage};
use openssl::x509::{X509, X509Builder, X509Extension, X509Name};

/// A certificate that is being made.
struct Draft<'i> {
    country: &'static str,
    name: &'static str,
    issuer: Option<&'i Identity>,
    digest: MessageDigest,
    not_after: &'static str,
    key: PKey<Private>,
}

impl<'i> Draft<'i> {
    fn by(issuer: &'i Identity) -> Self {
        Self {
            country: "KZ",
            name: "Test fund",
            issuer: Some(issuer),
            digest: MessageDigest::sha256(),
            not_after: "2040-01-01T00:00:00Z",
            key: keys::ec_key(),
        }
    }

    fn made(self, extend: impl FnOnce(&mut X509Builder)) -> Identity {
        let seconds = |text: &str| text.parse::<jiff::Timestamp>().unwrap().as_second();
        let mut subject = X509Name::builder().unwrap();
        subject.append_entry_by_text("C", self.country).unwrap();
        subject.append_entry_by_text("CN", self.name).unwrap();
        let subject = subject.build();
        let mut builder = X509::builder().unwrap();
        builder.set_version(2).unwrap();
        builder.set_serial_number(&BigNum::from_u32(7).unwrap().to_asn1_integer().unwrap()).unwrap();
        builder.set_subject_name(&subject).unwrap();
        builder.set_issuer_name(self.issuer.map_or(&*subject, |by| by.certificate.subject_name())).unwrap();
        builder.set_not_before(&Asn1Time::from_unix(seconds("2020-01-01T00:00:00Z")).unwrap()).unwrap();
        builder.set_not_after(&Asn1Time::from_unix(seconds(self.not_after)).unwrap()).unwrap();
        builder.set_pubkey(&self.key).unwrap();
        extend(&mut builder);
        builder.sign(self.issuer.map_or(&self.key, |by| &by.key), self.digest).unwrap();
        Identity { certificate: builder.build(), key: self.key }
    }

    fn authority(self, length: Option<u32>, more: impl FnOnce(&mut X509Builder)) -> Identity {
        self.made(|builder| {
            let mut constraints = BasicConstraints::new();
            constraints.critical().ca();
            if let Some(length) = length {
                constraints.pathlen(length);
            }
            builder.append_extension(constraints.build().unwrap()).unwrap();
            builder.append_extension(KeyUsage::new().critical().key_cert_sign().build().unwrap()).unwrap();
            more(builder);
        })
    }

    fn signer(self) -> Identity {
        self.made(for_signing)
    }
}

fn for_signing(builder: &mut X509Builder) {
    builder.append_extension(KeyUsage::new().critical().digital_signature().build().unwrap()).unwrap();
}

fn extension(oid: &str, is_critical: bool, der: &[u8]) -> X509Extension {
    let value = Asn1OctetString::new_from_bytes(der).unwrap();
    X509Extension::new_from_der(&Asn1Object::from_str(oid).unwrap(), is_critical, &value).unwrap()
}

/// What `identity` seals is refused with `code` by those who trust these.
fn refused_under(trusted: &[&Identity], rows: Vec<(&'static str, &Identity, &'static str)>) {
    let bundle: Vec<u8> = trusted.iter().flat_map(|identity| identity.certificate_pem()).collect();
    let trust = TrustStore::from_pem(&bundle).unwrap();
    let attacks = rows.into_iter().map(|(name, identity, code)| attack(name, sealed(identity), code));
    refused_by(attacks.collect(), &trust, &Limits::default());
}

/// The honest document under another key, whatever our own signer would say of it.
fn sealed(identity: &Identity) -> String {
    let honest = Honest::new();
    let whole = with_certificate(&honest.whole, &identity.certificate.to_der().unwrap());
    let uri = if identity.key.rsa().is_ok() { RSA_SHA256 } else { ECDSA_SHA256 };
    signed_by(&identity.key, &whole, |info| info.replace(RSA_SHA256, uri))
}

#[test]
fn what_is_made_here_convinces_if_it_is_honest() {
    let root = keys::authority();
    let between = Draft { name: "Between", ..Draft::by(root) }.authority(Some(0), |_| {});
    let bundle = [root.certificate_pem(), between.certificate_pem()].concat();
    let trust = TrustStore::from_pem(&bundle).unwrap();
    for honest in [Draft::by(root).signer(), Draft::by(&between).signer()] {
        judged(sealed(&honest).as_bytes(), &trust, &Limits::default()).unwrap();
    }
}

#[test]
fn only_an_authority_vouches_for_others() {
    let root = keys::authority();
    let leaf = Draft { name: "A fund", ..Draft::by(root) }.signer();
    let plain = Draft { name: "A name", ..Draft::by(root) }.made(|_| {});
    let idle = Draft { name: "Idle", ..Draft::by(root) }.made(|builder| {
        builder.append_extension(BasicConstraints::new().critical().ca().build().unwrap()).unwrap();
        builder.append_extension(KeyUsage::new().critical().crl_sign().build().unwrap()).unwrap();
    });
    let called = Draft { name: "Called", ..Draft::by(root) }.made(|builder| {
        builder.append_extension(BasicConstraints::new().critical().build().unwrap()).unwrap();
        builder.append_extension(KeyUsage::new().critical().key_cert_sign().build().unwrap()).unwrap();
    });
    let (by_leaf, by_plain) = (Draft::by(&leaf).signer(), Draft::by(&plain).signer());
    let (by_idle, by_called) = (Draft::by(&idle).signer(), Draft::by(&called).signer());
    refused_under(
        &[root, &leaf, &plain, &idle, &called],
        vec![
            ("issued by a signer", &by_leaf, "seal.no_authority"),
            ("issued by somebody without extensions", &by_plain, "seal.no_authority"),
            ("issued by an authority that may not sign certificates", &by_idle, "seal.no_authority"),
            ("issued by one that is called none", &by_called, "seal.no_authority"),
        ],
    );
}

#[test]
fn an_authority_vouches_as_far_as_it_may() {
    let root =
        Draft { name: "Root", issuer: None, ..Draft::by(keys::authority()) }.authority(Some(0), |_| {});
    let below = Draft { name: "Below", ..Draft::by(&root) }.authority(None, |_| {});
    let too_far = Draft::by(&below).signer();
    refused_under(&[&root, &below], vec![("below one authority too many", &too_far, "seal.chain_length")]);

    // permitted: directory names that begin with C=KZ
    let country = X509Name::builder().map(|mut name| {
        name.append_entry_by_text("C", "KZ").unwrap();
        name.build()
    });
    let tlv = |tag: u8, inside: &[u8]| [&[tag, u8::try_from(inside.len()).unwrap()], inside].concat();
    let subtree = tlv(0x30, &tlv(0xa4, &country.unwrap().to_der().unwrap()));
    let permitted = tlv(0x30, &tlv(0xa0, &subtree));
    let own = Draft { name: "Own", ..Draft::by(keys::authority()) }.authority(None, |builder| {
        builder.append_extension(extension("2.5.29.30", true, &permitted)).unwrap()
    });
    let (inside, outside) = (Draft::by(&own).signer(), Draft { country: "RU", ..Draft::by(&own) }.signer());
    let bundle = [keys::authority().certificate_pem(), own.certificate_pem()].concat();
    judged(sealed(&inside).as_bytes(), &TrustStore::from_pem(&bundle).unwrap(), &Limits::default()).unwrap();
    refused_under(
        &[keys::authority(), &own],
        vec![("of a name that is not its authority's", &outside, "seal.name_constraint")],
    );
}

#[test]
fn a_chain_is_as_strong_as_its_weakest_link() {
    let root = keys::authority();
    let sha1 = Draft { digest: MessageDigest::sha1(), ..Draft::by(root) }.signer();
    let rsa_root =
        Draft { name: "RSA", issuer: None, key: keys::rsa_key(), ..Draft::by(root) }.authority(None, |_| {});
    let md5 = Draft { digest: MessageDigest::md5(), ..Draft::by(&rsa_root) }.signer();
    let small_key = PKey::from_rsa(Rsa::generate(1024).unwrap()).unwrap();
    let small = Draft { name: "Small", key: small_key, ..Draft::by(root) }.authority(None, |_| {});
    let by_small = Draft::by(&small).signer();
    let weak_between =
        Draft { name: "Weak", digest: MessageDigest::sha1(), ..Draft::by(root) }.authority(None, |_| {});
    let by_weak = Draft::by(&weak_between).signer();
    let late =
        Draft { name: "Late", not_after: "2025-01-01T00:00:00Z", ..Draft::by(root) }.authority(None, |_| {});
    let by_late = Draft::by(&late).signer();
    refused_under(
        &[root, &rsa_root, &small, &weak_between, &late],
        vec![
            ("signed with SHA-1", &sha1, "seal.weak_chain"),
            ("signed with MD5", &md5, "seal.weak_chain"),
            ("below an authority's key of 1024 bits", &by_small, "seal.weak_chain"),
            ("below an authority that is signed with SHA-1", &by_weak, "seal.weak_chain"),
            ("below an authority past its time", &by_late, "seal.expired"),
        ],
    );
}

#[test]
fn a_name_is_no_proof() {
    let root = keys::authority();
    let of_same_name = keys::make("Test fund", keys::ec_key(), None, keys::WIDE, true);
    let impostor = keys::make("Test authority", keys::ec_key(), None, keys::WIDE, true);
    let by_impostor = Draft::by(&impostor).signer();
    let itself = Draft { issuer: None, ..Draft::by(root) }.signer();
    // the honest one's name, number and issuer, and another key
    let claimed = X509::from_der(&with_key(&keys::ec().certificate, &keys::ec_key())).unwrap();
    let claims = Identity { certificate: claimed, key: keys::ec_key() };
    let for_letters = keys::make("Test fund", keys::ec_key(), Some(root), keys::WIDE, false);
    let unsaid = Draft::by(root).made(|_| {});
    refused_under(
        &[root],
        vec![
            ("an authority of the signer's own name", &of_same_name, "seal.foreign"),
            ("signed by itself", &itself, "seal.foreign"),
            ("issued by another of the authority's name", &by_impostor, "seal.foreign"),
            ("with another key than its authority signed", &claims, "seal.signature_mismatch"),
            ("for encryption", &for_letters, "seal.key_usage"),
            ("without a usage", &unsaid, "seal.key_usage"),
        ],
    );
}

/// The certificate with another key of the same kind in it, its signature as it was.
fn with_key(certificate: &X509, key: &PKey<Private>) -> Vec<u8> {
    let der = certificate.to_der().unwrap();
    let old = certificate.public_key().unwrap().public_key_to_der().unwrap();
    let new = key.public_key_to_der().unwrap();
    let at = der.windows(old.len()).position(|window| window == old).unwrap();
    [&der[..at], &new, &der[at + old.len()..]].concat()
}

#[test]
fn what_is_not_known_and_critical_is_not_passed_over() {
    let root = keys::authority();
    let odd = |is_critical: bool| {
        Draft::by(root).made(|builder| {
            for_signing(builder);
            builder.append_extension(extension("1.2.3.4.5", is_critical, &[5, 0])).unwrap();
        })
    };
    judged(sealed(&odd(false)).as_bytes(), &root.trust(), &Limits::default()).unwrap();
    refused_under(
        &[root],
        vec![("with a critical extension of nobody", &odd(true), "seal.critical_extension")],
    );
}

#[test]
fn a_certificate_is_what_its_authority_signed_to_the_octet() {
    let honest = Honest::new();
    let der = keys::rsa().certificate.to_der().unwrap();
    let with = |der: &[u8]| with_certificate(&honest.whole, der);
    // the outer length in one octet more than it needs
    let long_form = [&[0x30, 0x83, 0], &der[2..]].concat();
    let endless = [&[0x30, 0x80], &der[4..], &[0, 0]].concat();
    let mut spare_bits = der.clone();
    let signature = keys::rsa().certificate.signature().as_slice().len();
    let unused = der.len() - signature - 1;
    spare_bits[unused] = 1;
    let renamed: Vec<u8> = {
        let at = der.windows(9).position(|window| window == b"Test fund").unwrap();
        [&der[..at], b"Best fund", &der[at + 9..]].concat()
    };
    let pem = keys::rsa().certificate_pem();
    let mut algorithm = der.clone();
    let oid = [0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2]; // ECDSA over SHA-256; the outer one is not signed
    let at = algorithm.windows(8).rposition(|window| window == oid).unwrap();
    algorithm[at + 7] = 3;
    refused(vec![
        attack("a length in long form", with(&long_form), "seal.not_der"),
        attack("no length", with(&endless), "seal.not_der"),
        attack("an octet behind it", with(&[der.as_slice(), &[0]].concat()), "seal.not_der"),
        attack("another certificate behind it", with(&der.repeat(2)), "seal.not_der"),
        attack("bits to spare", with(&spare_bits), "seal.not_der"),
        attack("a name that its authority did not sign", with(&renamed), "seal.foreign"),
        attack("an algorithm outside that differs from the one inside", with(&algorithm), "seal.foreign"),
        attack("in PEM", with(&pem), "seal.certificate"),
        attack("a public key", with(&keys::rsa().key.public_key_to_der().unwrap()), "seal.certificate"),
        attack("the first half", with(&der[..der.len() / 2]), "seal.certificate"),
        attack("a private key", with(&keys::rsa().key.private_key_to_der().unwrap()), "seal.certificate"),
        attack("another's, as it is", with(&keys::ec().certificate.to_der().unwrap()), "seal.unfit_key"),
        attack(
            "another's of the same kind",
            with(&identity_of(keys::rsa_key()).certificate.to_der().unwrap()),
            "seal.signature_mismatch",
        ),
        attack("its authority's", with(&keys::authority().certificate.to_der().unwrap()), "seal.unfit_key"),
    ]);
}
