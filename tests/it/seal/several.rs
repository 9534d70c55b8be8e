//! Several signatures in one document: all of them are good, or it is not taken.

use super::keys::{self, Identity, WIDE, now};
use super::{check, document, document_id, sealed_by, template, xmlsec1_sign_with, xmlsec1_verify_with};
use stazh::base::{Limits, Verdict};
use stazh::exchange::seal::{
    Aspect, DigestAlgorithm, KeyKind, Signer, Signers, ThrowAwayAuthority, TrustStore, inspect, open,
    seal_unchecked, verify,
};
use std::sync::OnceLock;

/// Another lawful signer of the same authority.
fn chief() -> &'static Identity {
    static MADE: OnceLock<Identity> = OnceLock::new();
    MADE.get_or_init(|| keys::make("Test chief", keys::rsa_key(), Some(keys::authority()), WIDE, true))
}

/// Somebody of whom nobody knows.
fn stranger() -> &'static Identity {
    static MADE: OnceLock<Identity> = OnceLock::new();
    MADE.get_or_init(|| {
        let authority = keys::make("Strange authority", keys::ec_key(), None, WIDE, true);
        keys::make("Test fund", keys::ec_key(), Some(&authority), WIDE, true)
    })
}

fn sealed_by_all(identities: &[&Identity]) -> String {
    let signers: Vec<Signer> = identities.iter().map(|identity| identity.signer()).collect();
    sealed_by_signers(&signers)
}

fn sealed_by_signers(signers: &[Signer]) -> String {
    String::from_utf8(seal_unchecked(&document(), document_id(), signers).unwrap().into_bytes()).unwrap()
}

/// The signatures of a document as they stand, cut out.
fn signatures(sealed: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = sealed;
    while let Some(begin) = rest.find("<ds:Signature ") {
        let end = begin + rest[begin..].find("</ds:Signature>").unwrap() + "</ds:Signature>".len();
        found.push(rest[begin..end].to_owned());
        rest = &rest[end..];
    }
    found
}

/// Where xmlsec1 finds a signature.
fn of_signature(id: &str) -> [&str; 4] {
    ["--id-attr:Id", "http://www.w3.org/2000/09/xmldsig#:Signature", "--node-id", id]
}

#[test]
fn each_of_several_signers_is_named_and_the_document_is_the_same() {
    let sealed = sealed_by_all(&[keys::ec(), chief()]);
    let verified = check(&sealed).unwrap();
    assert_eq!(verified.signers().collect::<Vec<_>>(), ["C=KZ, CN=Test fund", "C=KZ, CN=Test chief"]);
    assert_eq!(verified.signer(), Some("C=KZ, CN=Test fund"));
    let alone = check(&sealed_by(keys::ec())).unwrap();
    assert_eq!((verified.document(), verified.digest()), (alone.document(), alone.digest()));
}

#[test]
fn signers_of_every_digest_sign_one_content() {
    let today = now();
    let authority = ThrowAwayAuthority::new("test", "KZ", today).unwrap();
    let kinds = [KeyKind::P256, KeyKind::P384, KeyKind::Bign, KeyKind::Rsa2048];
    let signers = kinds.map(|kind| {
        let issued = authority.issue_seal(&format!("{kind:?}"), kind).unwrap();
        Signer::from_pem(&issued.key_pem, &issued.chain_pem).unwrap()
    });
    let sealed = sealed_by_signers(&signers);
    for digest in [DigestAlgorithm::Sha256, DigestAlgorithm::Sha384, DigestAlgorithm::Belt] {
        assert!(sealed.contains(digest.uri()), "{digest:?}");
    }
    let trust = TrustStore::from_pem(&authority.pem().unwrap()).unwrap();
    let verified = |text: &str| {
        verify(open(text.as_bytes(), &Limits::default()).unwrap(), &trust, today)
            .map(|it| it.signers().count())
    };
    assert_eq!(verified(&sealed).unwrap(), 4);
    assert_eq!(verified(&sealed.replace("1985", "1986")).unwrap_err().code(), "seal.digest_mismatch");
}

#[test]
fn xmlsec1_accepts_each_signature_of_two() {
    let sealed = sealed_by_all(&[keys::ec(), chief()]);
    let authority = keys::authority().certificate_pem();
    let id = format!("xmldsig-{}", document_id().as_uuid());
    for id in [id.clone(), format!("{id}-2")] {
        let (accepted, told) = xmlsec1_verify_with(&sealed, &authority, &of_signature(&id));
        assert!(accepted, "{id}: {told}");
        let changed = sealed.replace("1985", "1986");
        assert!(!xmlsec1_verify_with(&changed, &authority, &of_signature(&id)).0, "{id}");
    }
    let bad = signatures(&sealed)[1].replace("-ref0", "-ref1");
    let bad = sealed.replace(&signatures(&sealed)[1], &bad);
    assert!(xmlsec1_verify_with(&bad, &authority, &of_signature(&id)).0, "the first one is as it was");
    assert!(!xmlsec1_verify_with(&bad, &authority, &of_signature(&format!("{id}-2"))).0);
    assert!(check(&bad).is_err());
}

#[test]
fn we_accept_what_xmlsec1_signs_twice() {
    for (doc, ds) in [("doc:", "ds:"), ("", "s:"), ("d:", "")] {
        let text = template(doc, ds);
        let begin = text.find(&format!("<{ds}Signature")).unwrap();
        let end = begin + text[begin..].find(&format!("</{ds}Signature>")).unwrap() + ds.len() + 12;
        let first = &text[begin..end];
        let second = first.replace("Id=\"s1\"", "Id=\"s2\"").replace("METHOD", "rsa-sha256");
        let text = text.replace(first, &format!("{first}\n  {second}"));
        let once = xmlsec1_sign_with(&text, keys::ec(), &of_signature("s1"));
        let twice = xmlsec1_sign_with(&once, chief(), &of_signature("s2"));
        let verified = check(&twice).unwrap_or_else(|error| panic!("{error}: {twice}"));
        assert_eq!(verified.signers().count(), 2);
        assert_eq!(verified.document(), document());
        assert!(check(&once).is_err(), "the second one is empty");
    }
}

#[test]
fn one_signature_that_is_not_good_spoils_all() {
    let good = sealed_by_all(&[keys::ec(), chief()]);
    let (ours, theirs) = (signatures(&good), signatures(&sealed_by_all(&[keys::ec(), stranger()])));
    let with = |second: &str| good.replace(&ours[1], second);
    let expired = ("2020-01-01T00:00:00Z", "2026-05-01T00:00:00Z");
    let expired = keys::make("Late chief", keys::ec_key(), Some(keys::authority()), expired, true);
    let locked = keys::make("Test lock", keys::ec_key(), Some(keys::authority()), WIDE, false);
    let id = |text: &str| text.split_once(" Id=\"").unwrap().1.split_once('"').unwrap().0.to_owned();
    let nine: String = (2..10).map(|number| ours[1].replace(&id(&ours[1]), &format!("s{number}"))).collect();
    let attacks = [
        ("a stranger signs too", with(&theirs[1]), "seal.foreign"),
        (
            "a stranger signs first",
            good.replace(&ours[0], &signatures(&sealed_by_all(&[stranger(), chief()]))[0]),
            "seal.foreign",
        ),
        (
            "a value of another key",
            with(&ours[1].replace(&value(&ours[1]), &value(&theirs[1]))),
            "seal.signature_mismatch",
        ),
        ("a changed reference", with(&ours[1].replace("-ref0\"", "-ref1\"")), "seal.signature_mismatch"),
        (
            "a digest of something else",
            with(&ours[1].replace("<ds:DigestValue>", "<ds:DigestValue>AAAA")),
            "seal.digest_mismatch",
        ),
        (
            "an algorithm that nobody knows",
            with(&ours[1].replace("rsa-sha256", "rsa-sha999")),
            "seal.unknown_algorithm",
        ),
        (
            "one that is bad beside one that nobody can judge",
            with(&ours[1].replace("rsa-sha256", "rsa-sha999")).replace("1985", "1986"),
            "seal.digest_mismatch",
        ),
        ("a certificate past its time", sealed_by_all(&[keys::ec(), &expired]), "seal.expired"),
        ("a certificate that is not for signing", sealed_by_all(&[keys::ec(), &locked]), "seal.key_usage"),
        ("two under one Id", with(&ours[1].replace(&id(&ours[1]), &id(&ours[0]))), "seal.duplicate_id"),
        (
            "one without an Id",
            with(&ours[1].replace(&format!(" Id=\"{}\"", id(&ours[1])), "")),
            "seal.unnamed_signature",
        ),
        ("one signer twice", with(&ours[0].replace(&id(&ours[0]), &id(&ours[1]))), "seal.same_signer"),
        (
            "a second reference",
            with(
                &ours[1].replace("</ds:Reference>", "</ds:Reference><ds:Reference URI=\"\"></ds:Reference>"),
            ),
            "seal.misplaced_reference",
        ),
        (
            "a reference to the other signature",
            with(&ours[1].replace("URI=\"#c", "URI=\"#xmldsig-")),
            "seal.wrong_reference",
        ),
        (
            "a signature after the content",
            good.replace(&ours[1], "")
                .replace("</doc:SignedContent>", &format!("</doc:SignedContent>{}", ours[1])),
            "seal.misplaced_signature",
        ),
        (
            "a signature in the content",
            good.replace(&ours[1], "").replace("</x:R>", &format!("{}</x:R>", ours[1])),
            "seal.misplaced_signature",
        ),
        (
            "a signature in a signature",
            good.replace(&ours[1], "").replacen(
                "</ds:KeyInfo>",
                &format!("</ds:KeyInfo><ds:Object>{}</ds:Object>", ours[1]),
                1,
            ),
            "seal.misplaced_object",
        ),
        (
            "content between the signatures",
            format!(
                "{}{}",
                good.split_once(&ours[1]).unwrap().0,
                good.split_once(&ours[1])
                    .unwrap()
                    .1
                    .replace("</doc:Data>", &format!("{}</doc:Data>", ours[1]))
            ),
            "seal.misplaced_signature",
        ),
        (
            "a second content of the second signature",
            with(&format!(
                "{}{}",
                ours[1],
                good.split_once(&ours[1])
                    .unwrap()
                    .1
                    .split_once("</doc:Data>")
                    .unwrap()
                    .0
                    .replace("1985", "1986")
            )),
            "seal.misplaced_content",
        ),
        ("a comment between", with(&format!("<!-- c -->{}", ours[1])), "seal.inserted"),
        ("nine", with(&nine), "seal.too_many_signatures"),
    ];
    for (name, attack, code) in attacks {
        assert_ne!(attack, good, "{name} changes nothing");
        let error = check(&attack).map(drop).expect_err(name);
        assert_eq!(error.code(), code, "{name}: {error}");
        assert!(matches!(error.verdict(), Verdict::Quarantine { .. }), "{name}");
    }
}

fn value(signature: &str) -> String {
    signature.split_once("-sign0\">").unwrap().1.split_once('<').unwrap().0.to_owned()
}

#[test]
fn eight_signers_are_taken_and_no_ninth() {
    let issue = |number: i32| {
        keys::make(&format!("Signer {number}"), keys::ec_key(), Some(keys::authority()), WIDE, true).signer()
    };
    let eight: Vec<Signer> = (0..8).map(issue).collect();
    assert_eq!(check(&sealed_by_signers(&eight)).unwrap().signers().count(), 8);
    let nine: Vec<Signer> = (0..9).map(issue).collect();
    let refused = seal_unchecked(&document(), document_id(), &nine).unwrap_err();
    assert_eq!(refused.code(), "seal.unsealable");
    assert_eq!(Signers::new(nine).unwrap_err().code(), "seal.key");
    assert_eq!(Signers::new(Vec::new()).unwrap_err().code(), "seal.key");
    assert_eq!(
        seal_unchecked(&document(), document_id(), &Vec::new()).unwrap_err().code(),
        "seal.unsealable"
    );
    let twice = Signers::new(vec![keys::ec().signer(), keys::ec().signer()]);
    assert_eq!(twice.unwrap_err().code(), "seal.key");
    assert!(Signers::new(eight).is_ok());
}

#[test]
fn every_finding_is_told_of_each_signature() {
    let trust = keys::authority().trust();
    let found = |text: &str| inspect(text.as_bytes(), &trust, None, now(), &Limits::default());
    let good = sealed_by_all(&[keys::ec(), chief()]);
    assert!(found(&good).is_good());
    let bad = sealed_by_all(&[keys::ec(), stranger()]).replace("1985", "1986");
    let wrong = found(&bad);
    let wrong: Vec<_> = wrong
        .all()
        .filter_map(|(signature, aspect, outcome)| Some((signature?, aspect, outcome.as_ref().err()?.code())))
        .collect();
    let expected = [
        (1, Aspect::Content, "seal.digest_mismatch"),
        (2, Aspect::Content, "seal.digest_mismatch"),
        (2, Aspect::Certificate, "seal.foreign"),
    ];
    assert_eq!(wrong, expected);
}

#[test]
fn every_one_byte_change_of_two_signatures_is_refused_or_changes_nothing() {
    let sealed = sealed_by_all(&[keys::ec(), chief()]).into_bytes();
    let limits = Limits::default();
    let trust = keys::authority().trust();
    let judged = |bytes: &[u8]| verify(open(bytes, &limits)?, &trust, now());
    let original = judged(&sealed).unwrap();
    let mut refused = 0;
    for at in 0..sealed.len() {
        for change in [1_u8, 0x20] {
            let mut altered = sealed.clone();
            altered[at] ^= change;
            match judged(&altered) {
                Err(_) => refused += 1,
                Ok(other) => assert_eq!(other, original, "byte {at}"),
            }
        }
    }
    assert!(refused > sealed.len() * 2 - 50, "{refused} of {}", sealed.len() * 2);
}
