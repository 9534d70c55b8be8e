//! Weaker algorithms in the place of strong ones, keys in the place of others. All are signed for as they claim.

use super::*;
use openssl::dsa::Dsa;
use openssl::ec::{EcGroup, EcKey};
use openssl::nid::Nid;
use openssl::rsa::Rsa;

fn with_method(whole: &str, uri: &str) -> String {
    with_method_holding(whole, uri, "")
}

fn with_method_holding(whole: &str, uri: &str, inside: &str) -> String {
    resigned(whole, |info| {
        let own = between(info, "<ds:SignatureMethod", "</ds:SignatureMethod>");
        info.replace(&own, &format!("<ds:SignatureMethod Algorithm=\"{uri}\">{inside}</ds:SignatureMethod>"))
    })
}

#[test]
fn a_weaker_algorithm_is_refused_by_its_name() {
    let honest = Honest::new();
    let method = |uri: &str| with_method(&honest.whole, uri);
    let digest = |uri: &str| {
        resigned(&honest.whole, |info| info.replace("http://www.w3.org/2001/04/xmlenc#sha256", uri))
    };
    let dsig = "http://www.w3.org/2000/09/xmldsig#";
    let more = "http://www.w3.org/2001/04/xmldsig-more#";
    refused(vec![
        attack("RSA over SHA-1", method(&format!("{dsig}rsa-sha1")), "seal.weak_algorithm"),
        attack("RSA over MD5", method(&format!("{more}rsa-md5")), "seal.weak_algorithm"),
        attack("RSA over RIPEMD-160", method(&format!("{more}rsa-ripemd160")), "seal.weak_algorithm"),
        attack(
            "RSA by PSS over SHA-1",
            method("http://www.w3.org/2007/05/xmldsig-more#sha1-rsa-MGF1"),
            "seal.weak_algorithm",
        ),
        attack("DSA over SHA-1", method(&format!("{dsig}dsa-sha1")), "seal.weak_algorithm"),
        attack("ECDSA over SHA-1", method(&format!("{more}ecdsa-sha1")), "seal.weak_algorithm"),
        attack("a digest by SHA-1", digest(&format!("{dsig}sha1")), "seal.weak_algorithm"),
        attack("a digest by MD5", digest(&format!("{more}md5")), "seal.weak_algorithm"),
        attack(
            "a digest by RIPEMD-160",
            digest("http://www.w3.org/2001/04/xmlenc#ripemd160"),
            "seal.weak_algorithm",
        ),
        attack(
            "a digest of another family",
            digest("urn:EAEU:Digest:belt-hash256"),
            "seal.unknown_algorithm",
        ),
        attack("HMAC over SHA-1", method(&format!("{dsig}hmac-sha1")), "seal.keyed_hash"),
        attack("HMAC over SHA-256", method(&format!("{more}hmac-sha256")), "seal.keyed_hash"),
        attack(
            "HMAC cut to nothing (CVE-2009-0217)",
            with_method_holding(
                &honest.whole,
                &format!("{more}hmac-sha256"),
                "<ds:HMACOutputLength>0</ds:HMACOutputLength>",
            ),
            "seal.keyed_hash",
        ),
        attack(
            "RSA cut to nothing",
            with_method_holding(&honest.whole, RSA_SHA256, "<ds:HMACOutputLength>0</ds:HMACOutputLength>"),
            "seal.parameter",
        ),
        attack(
            "PSS with parameters of the signer's",
            with_method_holding(
                &honest.whole,
                "http://www.w3.org/2007/05/xmldsig-more#rsa-pss",
                "<p:RSAPSSParams xmlns:p=\"http://www.w3.org/2007/05/xmldsig-more#\"/>",
            ),
            "seal.parameter",
        ),
        attack("an algorithm of nobody", method("urn:evil"), "seal.unknown_algorithm"),
        attack("an algorithm in capitals", method(&RSA_SHA256.to_uppercase()), "seal.unknown_algorithm"),
        attack("an algorithm and a blank", method(&format!("{RSA_SHA256} ")), "seal.unknown_algorithm"),
        attack("an algorithm without a name", method(""), "seal.profile"),
        attack("no algorithm", method("").replace(" Algorithm=\"\"", ""), "seal.profile"),
        attack(
            "a digest for a signature",
            method("http://www.w3.org/2001/04/xmlenc#sha256"),
            "seal.unknown_algorithm",
        ),
        attack("a signature for a digest", digest(RSA_SHA256), "seal.unknown_algorithm"),
    ]);
}

/// The public key is no secret: whoever takes it for one lets anybody sign.
#[test]
fn the_public_key_signs_nothing() {
    let honest = Honest::new();
    let whole = with_method(&honest.whole, "http://www.w3.org/2001/04/xmldsig-more#hmac-sha256");
    let mut attacks = Vec::new();
    let key = &keys::rsa().key;
    for (name, secret) in [
        ("HMAC by the public key in DER", key.public_key_to_der().unwrap()),
        ("HMAC by the public key in PEM", key.public_key_to_pem().unwrap()),
        ("HMAC by the certificate", keys::rsa().certificate.to_der().unwrap()),
        ("HMAC by nothing", vec![0]),
    ] {
        let secret = PKey::hmac(&secret).unwrap();
        let mac = Signer::new(MessageDigest::sha256(), &secret)
            .unwrap()
            .sign_oneshot_to_vec(&signed_octets(&whole).0);
        attacks.push(attack(name, with_signature(&whole, &mac.unwrap()), "seal.keyed_hash"));
    }
    refused(attacks);
}

#[test]
fn a_key_signs_by_its_own_algorithm_alone() {
    let honest = Honest::new();
    // signed by `key`, whose certificate our authority issued, and called `uri`
    let by = |key: PKey<Private>, uri: &str| {
        let identity = identity_of(key);
        let whole = with_certificate(&honest.whole, &identity.certificate.to_der().unwrap());
        signed_by(&identity.key, &whole, |info| info.replace(RSA_SHA256, uri))
    };
    let on = |curve: Nid| {
        PKey::from_ec_key(EcKey::generate(&EcGroup::from_curve_name(curve).unwrap()).unwrap()).unwrap()
    };
    let rsa = |bits: u32| PKey::from_rsa(Rsa::generate(bits).unwrap()).unwrap();
    let more = "http://www.w3.org/2001/04/xmldsig-more#";
    let gost = "urn:ietf:params:xml:ns:cpxmlsec:algorithms:gostr34102012-gostr34112012-256";
    let bign = "urn:EAEU:Signature:bign-with-hbelt";
    let digest = |whole: String, from: &str, to: &str| {
        signed_by(&keys::ec().key, &whole, |info| info.replace(from, to))
    };
    let belt = digest(
        by(keys::ec().key.clone(), bign),
        "http://www.w3.org/2001/04/xmlenc#sha256",
        "urn:EAEU:Digest:belt-hash256",
    );
    super::refused(vec![
        attack("an RSA key as ECDSA", by(rsa(2048), ECDSA_SHA256), "seal.unfit_key"),
        attack("a P-256 key as RSA", by(keys::ec_key(), RSA_SHA256), "seal.unfit_key"),
        attack("a P-384 key as P-256", by(on(Nid::SECP384R1), ECDSA_SHA256), "seal.unfit_key"),
        attack("a P-256 key as P-384", by(keys::ec_key(), &format!("{more}ecdsa-sha384")), "seal.unfit_key"),
        attack("a key of 1024 bits", by(rsa(1024), RSA_SHA256), "seal.weak_key"),
        attack("a key of 512 bits", by(rsa(512), RSA_SHA256), "seal.weak_key"),
        attack("a curve of coins", by(on(Nid::SECP256K1), ECDSA_SHA256), "seal.weak_key"),
        attack("a curve of 224 bits", by(on(Nid::SECP224R1), ECDSA_SHA256), "seal.weak_key"),
        attack("a curve of 521 bits", by(on(Nid::SECP521R1), ECDSA_SHA256), "seal.weak_key"),
        attack("a curve of another standard", by(on(Nid::BRAINPOOL_P256R1), ECDSA_SHA256), "seal.weak_key"),
        attack("an Edwards key", by(PKey::generate_ed25519().unwrap(), RSA_SHA256), "seal.weak_key"),
        attack(
            "a DSA key",
            by(PKey::from_dsa(Dsa::generate(1024).unwrap()).unwrap(), RSA_SHA256),
            "seal.weak_key",
        ),
        attack("a P-256 key as GOST", by(keys::ec_key(), gost), "seal.unknown_algorithm"),
        attack("a P-256 key as bign", belt, "seal.digest_mismatch"),
    ]);
}

/// PKCS#1 and PSS are two algorithms of one key: what one signed is no signature of the other.
#[test]
fn one_padding_is_not_the_other() {
    use openssl::rsa::Padding;
    use openssl::sign::RsaPssSaltlen;
    let honest = Honest::new();
    let pss_uri = "http://www.w3.org/2007/05/xmldsig-more#sha256-rsa-MGF1";
    let as_pss = with_method(&honest.whole, pss_uri);
    let signed = |salt: RsaPssSaltlen, mgf: MessageDigest, whole: &str| {
        let mut signer = Signer::new(MessageDigest::sha256(), &keys::rsa().key).unwrap();
        signer.set_rsa_padding(Padding::PKCS1_PSS).unwrap();
        signer.set_rsa_mgf1_md(mgf).unwrap();
        signer.set_rsa_pss_saltlen(salt).unwrap();
        let (octets, _) = signed_octets(whole);
        with_signature(whole, &signer.sign_oneshot_to_vec(&octets).unwrap())
    };
    let sha256 = MessageDigest::sha256;
    check_bytes(signed(RsaPssSaltlen::DIGEST_LENGTH, sha256(), &as_pss).as_bytes()).unwrap();
    refused(vec![
        attack("PKCS#1 called PSS", as_pss.as_str(), "seal.signature_mismatch"),
        attack(
            "PSS called PKCS#1",
            signed(RsaPssSaltlen::DIGEST_LENGTH, sha256(), &honest.whole),
            "seal.signature_mismatch",
        ),
        attack(
            "PSS without a salt",
            signed(RsaPssSaltlen::custom(0), sha256(), &as_pss),
            "seal.signature_mismatch",
        ),
        attack(
            "PSS with the longest salt",
            signed(RsaPssSaltlen::MAXIMUM_LENGTH, sha256(), &as_pss),
            "seal.signature_mismatch",
        ),
        attack(
            "PSS masked by SHA-1",
            signed(RsaPssSaltlen::DIGEST_LENGTH, MessageDigest::sha1(), &as_pss),
            "seal.signature_mismatch",
        ),
    ]);
}
