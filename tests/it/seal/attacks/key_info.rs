//! Whose key it is: hints and keys that the document brings itself, in the place of the one certificate.

use super::*;

#[test]
fn a_key_comes_with_one_certificate_and_in_no_other_way() {
    let honest = Honest::new();
    let data = between(&honest.signature, "<ds:X509Data>", "</ds:X509Data>");
    let certificate = between(&honest.signature, "<ds:X509Certificate>", "</ds:X509Certificate>");
    let instead = |what: &str| honest.with(&data, what);
    let before = |what: &str| honest.with(&data, &format!("{what}{data}"));
    let behind = |what: &str| honest.with(&data, &format!("{data}{what}"));
    let beside = |what: &str| honest.with(&certificate, &format!("{certificate}{what}"));
    let rsa = keys::rsa().key.rsa().unwrap();
    let value = format!(
        "<ds:KeyValue><ds:RSAKeyValue><ds:Modulus>{}</ds:Modulus><ds:Exponent>{}</ds:Exponent></ds:RSAKeyValue></ds:KeyValue>",
        STANDARD.encode(rsa.n().to_vec()),
        STANDARD.encode(rsa.e().to_vec())
    );
    let retrieval = "<ds:RetrievalMethod URI=\"http://127.0.0.1:9/key\"/>";
    let in_file = "<ds:RetrievalMethod URI=\"file:///etc/passwd\" Type=\"http://www.w3.org/2000/09/xmldsig#rawX509Certificate\"/>";
    let reference =
        "<k:KeyInfoReference xmlns:k=\"http://www.w3.org/2009/xmldsig11#\" URI=\"file:///etc/passwd\"/>";
    let name = "<ds:KeyName>our key</ds:KeyName>";
    let serial = "<ds:X509IssuerSerial><ds:X509IssuerName>CN=x</ds:X509IssuerName><ds:X509SerialNumber>7</ds:X509SerialNumber></ds:X509IssuerSerial>";
    refused(vec![
        attack("a bare key", instead(&value), "seal.key_info"),
        attack("a bare key before the certificate", before(&value), "seal.key_info"),
        attack("a bare key behind the certificate", behind(&value), "seal.key_info"),
        attack("the name of a key", instead(name), "seal.key_info"),
        attack("the name of a key before the certificate", before(name), "seal.key_info"),
        attack("a key from a web address", instead(retrieval), "seal.key_info"),
        attack("a key from a file", before(in_file), "seal.key_info"),
        attack("a reference to a key (CVE-2021-40690)", before(reference), "seal.key_info"),
        attack(
            "the number of a certificate",
            instead(&format!("<ds:X509Data>{serial}</ds:X509Data>")),
            "seal.key_info",
        ),
        attack("the number of another certificate beside it", beside(serial), "seal.key_info"),
        attack(
            "the name of a subject",
            beside("<ds:X509SubjectName>CN=x</ds:X509SubjectName>"),
            "seal.key_info",
        ),
        attack("the identifier of a key", beside("<ds:X509SKI>AAAA</ds:X509SKI>"), "seal.key_info"),
        attack("a revocation list", beside("<ds:X509CRL>AAAA</ds:X509CRL>"), "seal.key_info"),
        attack("two certificates", beside(&certificate), "seal.key_info"),
        attack(
            "another's certificate first",
            honest.with(
                &certificate,
                &format!(
                    "{}{certificate}",
                    with_certificate(&certificate, &keys::ec().certificate.to_der().unwrap())
                ),
            ),
            "seal.key_info",
        ),
        attack("two sets of certificates", behind(&data), "seal.key_info"),
        attack("a set without a certificate", instead("<ds:X509Data></ds:X509Data>"), "seal.key_info"),
        attack(
            "an encrypted key",
            before("<e:EncryptedKey xmlns:e=\"http://www.w3.org/2001/04/xmlenc#\"/>"),
            "seal.key_info",
        ),
        attack("a key of PGP", instead("<ds:PGPData></ds:PGPData>"), "seal.key_info"),
        attack("an empty KeyInfo", instead(""), "seal.key_info"),
        attack("text in KeyInfo", before("our key"), "seal.key_info"),
        attack("no KeyInfo", honest.with(&format!("<ds:KeyInfo>{data}</ds:KeyInfo>"), ""), "seal.key_info"),
        attack(
            "two KeyInfo",
            honest.with("</ds:KeyInfo>", "</ds:KeyInfo><ds:KeyInfo></ds:KeyInfo>"),
            "seal.misplaced",
        ),
    ]);
}
