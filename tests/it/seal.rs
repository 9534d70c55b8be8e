//! Sealing and verifying, against xmlsec1 as the judge, and Apache Santuario for a second opinion.

mod attacks;
mod canonical;
mod files;
mod keys;
mod several;
mod strict;
mod trust;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use keys::Identity;
use keys::now;
use stazh::base::DocumentId;
use stazh::base::Limits;
use stazh::base::Random;
use stazh::base::SeededRandom;
use stazh::base::{Clock, SystemClock};
use stazh::exchange::document::CanonicalWriter;
use stazh::exchange::document::Event;
use stazh::exchange::document::XmlReader;
use stazh::exchange::seal::KeyKind;
use stazh::exchange::seal::SealError;
use stazh::exchange::seal::Signer;
use stazh::exchange::seal::ThrowAwayAuthority;
use stazh::exchange::seal::TrustStore;
use stazh::exchange::seal::VerifiedDocument;
use stazh::exchange::seal::canonicalize;
use stazh::exchange::seal::open;
use stazh::exchange::seal::open_within;
use stazh::exchange::seal::seal_unchecked;
use stazh::exchange::seal::verify;
use std::fs;
use std::process::Command;

#[test]
fn xmlsec1_accepts_what_we_seal() {
    for identity in [keys::rsa(), keys::ec()] {
        let (accepted, told) = xmlsec1_verify(&sealed_by(identity));
        assert!(accepted, "{told}");
        let (accepted, _) = xmlsec1_verify(&sealed_by(identity).replace("1985", "1986"));
        assert!(!accepted, "the judge accepts everything");
    }
}

#[test]
fn santuario_accepts_what_we_seal() {
    let verified = |sealed: &str| {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("sealed.xml");
        fs::write(&file, sealed).unwrap();
        let run = Command::new("xsec-checksig").args(["--id", "Id"]).arg(file).output().unwrap();
        (run.status.code(), String::from_utf8_lossy(&run.stdout).into_owned())
    };
    let longer = format!("http://www.w3.org/2001/04/xmldsig-more#{}", "rsa-sha512");
    let signers = [keys::rsa().signer(), keys::ec().signer(), keys::rsa().signer().using(&longer).unwrap()];
    for signer in signers {
        let sealed = seal_unchecked(&document(), document_id(), &signer).unwrap().into_bytes();
        let sealed = String::from_utf8(sealed).unwrap();
        let (code, told) = verified(&sealed);
        assert_eq!(code, Some(0), "{signer:?}: {told}");
        assert_eq!(verified(&sealed.replace("1985", "1986")).0, Some(1), "{signer:?}");
        assert_eq!(verified(&sealed.replace("-ref0", "-ref1")).0, Some(1), "{signer:?}");
    }
}

#[test]
fn xmlsec1_accepts_the_longer_digests_and_p384_too() {
    let rsa = |name: &str| {
        let uri = format!("http://www.w3.org/2001/04/xmldsig-more#{name}");
        (keys::rsa().signer().using(&uri).unwrap(), keys::authority().certificate_pem())
    };
    let today = SystemClock.now(); // xmlsec1 has no other
    let authority = ThrowAwayAuthority::of_kind(KeyKind::P384, "test", "KZ", today).unwrap();
    let issued = authority.issue_seal("fund", KeyKind::P384).unwrap();
    let p384 = Signer::from_pem(&issued.key_pem, &issued.chain_pem).unwrap();
    for (signer, anchor) in [rsa("rsa-sha384"), rsa("rsa-sha512"), (p384, authority.pem().unwrap())] {
        let sealed = seal_unchecked(&document(), document_id(), &signer).unwrap().into_bytes();
        let sealed = String::from_utf8(sealed).unwrap();
        let (accepted, told) = xmlsec1_verify_by(&sealed, &anchor);
        assert!(accepted, "{signer:?}: {told}");
        assert!(!xmlsec1_verify_by(&sealed.replace("1985", "1986"), &anchor).0, "{signer:?}");
        let trust = TrustStore::from_pem(&anchor).unwrap();
        let opened = open(sealed.as_bytes(), &Limits::default()).unwrap();
        assert_eq!(verify(opened, &trust, today).unwrap().document(), document());
    }
}

/// The octets that were signed, and the signature over them, cut out of a document of ours.
fn signed_octets(sealed: &str) -> (String, Vec<u8>) {
    let between = |begin: &str, end: &str| sealed.split_once(begin).unwrap().1.split_once(end).unwrap().0;
    let info = between("<ds:SignedInfo>", "</ds:SignedInfo>");
    let declared = "<ds:SignedInfo xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\">";
    let value = between("-sign0\">", "</ds:SignatureValue>");
    (format!("{declared}{info}</ds:SignedInfo>"), STANDARD.decode(value).unwrap())
}

#[test]
fn openssl_accepts_our_pss_signature() {
    let pss = "http://www.w3.org/2007/05/xmldsig-more#sha256-rsa-MGF1";
    let signer = keys::rsa().signer().using(pss).unwrap();
    let sealed = seal_unchecked(&document(), document_id(), &signer).unwrap().into_bytes();
    let sealed = String::from_utf8(sealed).unwrap();
    let (info, signature) = signed_octets(&sealed);
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        fs::write(&path, bytes).unwrap();
        path
    };
    let public = keys::rsa().key.public_key_to_pem().unwrap();
    let verify = |info: &[u8]| {
        let run = Command::new("openssl")
            .args(["dgst", "-sha256", "-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:digest"])
            .arg("-verify")
            .arg(file("public.pem", &public))
            .arg("-signature")
            .arg(file("signature", &signature))
            .arg(file("info.xml", info))
            .output()
            .unwrap();
        run.status.success()
    };
    assert!(verify(info.as_bytes()));
    assert!(!verify(info.replace("ref0", "ref1").as_bytes()));
    assert_eq!(check(&sealed).unwrap().document(), document());
}

#[test]
fn what_we_seal_is_canonical_and_verifies() {
    for identity in [keys::rsa(), keys::ec()] {
        let sealed = sealed_by(identity);
        assert_eq!(canonicalize(sealed.as_bytes(), &Limits::default()).unwrap(), sealed.as_bytes());
        let verified = check(&sealed).unwrap();
        assert_eq!(verified.document(), document());
        assert_eq!(verified.doc_instance(), format!("i{}", document_id().as_uuid()));
        assert_eq!(verified.signer(), Some("C=KZ, CN=Test fund"));
        let again = seal_unchecked(&document(), document_id(), &identity.signer()).unwrap();
        assert_eq!(verified.digest(), again.digest());
        assert!(!format!("{verified:?} {:?}", identity.signer()).contains("1985"));
    }
}

#[test]
fn every_one_byte_change_is_refused_or_changes_nothing() {
    let limits = Limits::default();
    for identity in [keys::rsa(), keys::ec()] {
        let sealed = sealed_by(identity).into_bytes();
        let original = check_bytes(&sealed).unwrap();
        let canonical = canonicalize(&sealed, &limits).unwrap();
        let mut refused = 0;
        for at in 0..sealed.len() {
            for change in [1_u8, 0x02, 0x10, 0x20, 0x80] {
                let mut altered = sealed.clone();
                altered[at] ^= change;
                match check_bytes(&altered) {
                    Err(_) => refused += 1,
                    Ok(_) => assert_eq!(canonicalize(&altered, &limits).unwrap(), canonical, "byte {at}"),
                }
            }
            let mut shorter = sealed.clone();
            shorter.remove(at);
            let mut longer = sealed.clone();
            longer.insert(at, b' ');
            for altered in [shorter, longer] {
                assert!(check_bytes(&altered).ok().is_none_or(|verified| verified == original), "byte {at}");
            }
        }
        assert!(refused > sealed.len() * 5 - 50, "{refused} of {}", sealed.len() * 5);
    }
}

#[test]
fn other_ways_to_write_the_same_verify_the_same() {
    let sealed = sealed_by(keys::ec());
    let original = check(&sealed).unwrap();
    for (from, to) in [
        ("Айгүл &amp; Ко", "<![CDATA[Айгүл & Ко]]>"),
        ("Айгүл &amp; Ко", "Айг<!-- not signed -->үл &#38; К&#1086;"),
        ("Айгүл &amp; Ко", "&#x410;йгүл &amp; Ко<![CDATA[]]>"),
        ("<doc:SignedDoc", "\u{feff}<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<!-- c --><doc:SignedDoc"),
        (" DocInstance=", "\n\txmlns:unused='urn:unused' DocInstance ="),
        ("kind=\"a&#xA;b\"", "kind='a&#10;b'"),
        ("<x:Empty></x:Empty>", "<x:Empty />"),
        ("</ds:SignedInfo>", "</ds:SignedInfo\n>\n  "),
        ("</doc:Data></doc:SignedDoc>", "\n</doc:Data>\n</doc:SignedDoc>\n<!-- after -->\n"),
    ] {
        let other = sealed.replacen(from, to, 1);
        assert_ne!(other, sealed, "{from}");
        assert_eq!(check(&other).unwrap(), original, "{to}");
    }
}

#[test]
fn we_accept_what_xmlsec1_signs() {
    for identity in [keys::rsa(), keys::ec()] {
        for template in [template("doc:", "ds:"), template("", "s:"), template("d:", ""), template("", "")] {
            let signed = xmlsec1_sign(&template, identity);
            let verified = check(&signed).unwrap_or_else(|error| panic!("{error}: {signed}"));
            assert_eq!(String::from_utf8_lossy(verified.document()), String::from_utf8_lossy(&document()));
            assert_eq!(verified.doc_instance(), "i1");
            let altered = signed.replace("1985", "1986");
            assert_eq!(check(&altered).unwrap_err().code(), "seal.digest_mismatch");
        }
    }
}

#[test]
fn a_sealed_document_cut_out_of_an_envelope_keeps_its_namespaces() {
    let inner = template("doc:", "ds:")
        .replace("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n", "")
        .replace(" xmlns:doc=\"urn:EEC:SignedData:v1.0:EDoc\"", "")
        .replace(" xmlns:x=\"urn:x-stazh:test\"", "");
    let envelope = format!(
        "<s:Body xmlns:s=\"urn:soap\" xmlns:doc=\"urn:EEC:SignedData:v1.0:EDoc\" xmlns:x=\"urn:x-stazh:test\">{inner}</s:Body>"
    );
    let signed = xmlsec1_sign(&envelope, keys::rsa());
    let limits = Limits::default();
    let mut reader = XmlReader::new(signed.as_bytes(), &limits).unwrap();
    reader.next_event().unwrap();
    let (scope, begin) = (reader.scope(), reader.position());
    while !matches!(reader.next_event().unwrap(), Event::End { qname: "doc:SignedDoc" }) {}
    let cut = &signed.as_bytes()[begin..reader.position()];
    let opened = open_within(cut, &scope, &limits).unwrap();
    let verified = verify(opened, &keys::authority().trust(), now()).unwrap();
    assert_eq!(verified.document(), document());
}

/// A document with everything that canonical form has an opinion about.
fn document() -> Vec<u8> {
    let mut writer = CanonicalWriter::new(&[("x", "urn:x-stazh:test"), ("y", "urn:x-stazh:more")]);
    writer.start("x", "R").attribute("", "kind", "a\nb").attribute("y", "code", "<\"&\">");
    writer.leaf("x", "Name", "Айгүл & Ко").leaf("x", "Empty", "").leaf("y", "Born", "1985-03-15\r").end();
    writer.finish().unwrap()
}

fn document_id() -> DocumentId {
    DocumentId::from_uuid(SeededRandom::new(7).uuid())
}

fn sealed_by(identity: &Identity) -> String {
    String::from_utf8(seal_unchecked(&document(), document_id(), &identity.signer()).unwrap().into_bytes())
        .unwrap()
}

fn check(text: &str) -> Result<VerifiedDocument, SealError> {
    check_bytes(text.as_bytes())
}

fn check_bytes(bytes: &[u8]) -> Result<VerifiedDocument, SealError> {
    verify(open(bytes, &Limits::default())?, &keys::authority().trust(), now())
}

/// The profile as another program would begin it, with its own prefixes.
fn template(doc: &str, ds: &str) -> String {
    let declare = |prefix: &str, uri: &str| match prefix.strip_suffix(':') {
        Some(name) => format!(" xmlns:{name}=\"{uri}\""),
        None => format!(" xmlns=\"{uri}\""),
    };
    let doc_ns = declare(doc, "urn:EEC:SignedData:v1.0:EDoc");
    let ds_ns = declare(ds, "http://www.w3.org/2000/09/xmldsig#");
    let method = "http://www.w3.org/2001/04/xmldsig-more#METHOD";
    let exclusive = "http://www.w3.org/2001/10/xml-exc-c14n#";
    let body = String::from_utf8(document()).unwrap();
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<{doc}SignedDoc{doc_ns}>\n <{doc}Data Id=\"d1\">\n  <{ds}Signature{ds_ns} Id=\"s1\">\n\
         <{ds}SignedInfo><{ds}CanonicalizationMethod Algorithm=\"{exclusive}\"/>\n<{ds}SignatureMethod Algorithm=\"{method}\"/>\n\
         <{ds}Reference URI=\"#c1\"><{ds}Transforms><{ds}Transform Algorithm=\"{exclusive}\"/></{ds}Transforms>\
         <{ds}DigestMethod Algorithm=\"http://www.w3.org/2001/04/xmlenc#sha256\"/><{ds}DigestValue/></{ds}Reference></{ds}SignedInfo>\
         <{ds}SignatureValue/><{ds}KeyInfo><{ds}X509Data><{ds}X509Certificate/></{ds}X509Data></{ds}KeyInfo></{ds}Signature>\n\
         <{doc}SignedContent DocInstance=\"i1\" Id=\"c1\">\n{body}\n</{doc}SignedContent></{doc}Data></{doc}SignedDoc>\n"
    )
}

const ID_ATTRIBUTE: [&str; 2] = ["--id-attr:Id", "urn:EEC:SignedData:v1.0:EDoc:SignedContent"];

fn xmlsec1_sign(template: &str, identity: &Identity) -> String {
    xmlsec1_sign_with(template, identity, &[])
}

fn xmlsec1_sign_with(template: &str, identity: &Identity, more: &[&str]) -> String {
    let method = if identity.key.rsa().is_ok() { "rsa-sha256" } else { "ecdsa-sha256" };
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        fs::write(&path, bytes).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let (key, certificate) =
        (file("key.pem", &identity.key_pem()), file("own.pem", &identity.certificate_pem()));
    let unsigned = file("unsigned.xml", template.replace("METHOD", method).as_bytes());
    let run = Command::new("xmlsec1")
        .args(["--sign", "--privkey-pem", &format!("{key},{certificate}")])
        .args(ID_ATTRIBUTE)
        .args(more)
        .arg(unsigned)
        .output()
        .unwrap();
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    String::from_utf8(run.stdout).unwrap()
}

fn xmlsec1_verify(sealed: &str) -> (bool, String) {
    xmlsec1_verify_by(sealed, &keys::authority().certificate_pem())
}

fn xmlsec1_verify_by(sealed: &str, authority: &[u8]) -> (bool, String) {
    xmlsec1_verify_with(sealed, authority, &[])
}

fn xmlsec1_verify_with(sealed: &str, authority: &[u8], more: &[&str]) -> (bool, String) {
    let folder = tempfile::tempdir().unwrap();
    let (file, anchor) = (folder.path().join("sealed.xml"), folder.path().join("anchor.pem"));
    fs::write(&file, sealed).unwrap();
    fs::write(&anchor, authority).unwrap();
    let run = Command::new("xmlsec1")
        .args(["--verify", "--enabled-reference-uris", "same-doc", "--trusted-pem"])
        .arg(anchor)
        .args(ID_ATTRIBUTE)
        .args(more)
        .arg(file)
        .output()
        .unwrap();
    (run.status.success(), String::from_utf8_lossy(&run.stderr).into_owned())
}
