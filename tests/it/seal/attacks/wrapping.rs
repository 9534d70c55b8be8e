//! Signature wrapping: the signature stays good, and something else is read.
//!
//! The eight shapes of "On Breaking SAML" (Somorovsky and others, 2012), where `SignedDoc` and `Data` stand for the
//! response and `SignedContent` for the assertion, and what came after them.

use super::super::xmlsec1_verify;
use super::*;

/// Those in which the signature stays good, so that who only checks it is taken in.
fn with_a_good_signature() -> Vec<Attack> {
    let honest = Honest::new();
    let Honest { whole, head, signature, content, tail } = &honest;
    let apart = honest.evil_apart();
    let enveloping = |inside: &str| honest.signature_with(&format!("<ds:Object>{inside}</ds:Object>"));
    let evil_around = |inside: &str| apart.replacen("<x:Empty></x:Empty>", inside, 1);
    let unsigned_whole = format!("{head}{content}{tail}");
    let evil_whole = |inside: &[&str]| honest.holding(inside).replacen(" Id=\"d", " Id=\"f", 1);
    let of = |inside: &[&str]| honest.holding(inside);
    let within_evil = apart.replacen("<x:R", &format!("{}<x:R", enveloping(content)), 1);
    let header = format!("<doc:Header>{content}</doc:Header><doc:Data ");
    let behind_header = of(&[signature, &apart]).replacen("<doc:Data ", &header, 1);
    let behind_data = format!("{head}{signature}{apart}</doc:Data>{content}</doc:SignedDoc>");
    let second = format!("</doc:Data><doc:Data Id=\"f\">{content}{tail}");
    let second_data = format!("{head}{signature}{apart}{second}");
    let outside = format!("{head}{content}</doc:Data>{signature}</doc:SignedDoc>");
    vec![
        attack(
            "XSW1: the whole document inside the signature of another",
            evil_whole(&[&enveloping(&unsigned_whole), &apart]),
            "seal.misplaced_object",
        ),
        attack(
            "XSW2: the whole document before the signature of another",
            evil_whole(&[&unsigned_whole, signature, &apart]),
            "seal.misplaced_container",
        ),
        attack("XSW3: another content before it", of(&[&apart, signature, content]), "seal.unsigned"),
        attack(
            "XSW4: the signed content inside another",
            of(&[signature, &evil_around(content)]),
            "seal.misplaced_content",
        ),
        attack(
            "XSW5: the signed content behind another",
            of(&[signature, &apart, content]),
            "seal.misplaced_content",
        ),
        attack(
            "XSW6: the signed content in its signature, inside of another content",
            of(&[&within_evil]),
            "seal.unsigned",
        ),
        attack(
            "XSW7: another content in an extension before it",
            of(&["<x:Ext xmlns:x=\"urn:x\">", &apart, "</x:Ext>", signature, content]),
            "seal.wrong_element",
        ),
        attack(
            "XSW8: the signed content in an object of the signature",
            of(&[&enveloping(content), &apart]),
            "seal.misplaced_object",
        ),
        attack(
            "it inside of nothing",
            of(&[signature, "<a>", content, "</a>", &apart]),
            "seal.wrong_element",
        ),
        attack("it behind Data", behind_data, "seal.misplaced_content"),
        attack("it in a second Data", second_data, "seal.misplaced_container"),
        attack("it in a header before Data", behind_header, "seal.misplaced"),
        attack("two contents", of(&[signature, content, &apart]), "seal.misplaced_content"),
        attack("the content before its signature", of(&[content, signature]), "seal.unsigned"),
        attack("the signature behind Data", outside, "seal.unsigned"),
        attack("an object of nobody", whole.replace(signature, &enveloping("<a/>")), "seal.misplaced_object"),
    ]
}

#[test]
fn what_is_read_is_what_is_signed() {
    let honest = Honest::new();
    let Honest { whole, signature, content, .. } = &honest;
    let (evil, apart) = (honest.evil(), honest.evil_apart());
    let document = between(content, "<x:R", "</x:R>");
    let other_signature =
        with_value(&signature.replace("\"xmldsig-", "\"other-"), "<ds:DigestValue>", "AAAA");
    let by_another = with_certificate(&other_signature, &keys::ec().certificate.to_der().unwrap());
    let evil_around = |inside: &str| apart.replacen("<x:Empty></x:Empty>", inside, 1);
    let bare = content
        .replace("<doc:SignedContent", "<doc:SignedContent xmlns:doc=\"urn:EEC:SignedData:v1.0:EDoc\"");
    let of = |inside: &[&str]| honest.holding(inside);
    refused(with_a_good_signature());
    refused(vec![
        attack("another content of the same Id", of(&[signature, &evil]), "seal.digest_mismatch"),
        attack("another content of another Id", of(&[signature, &apart]), "seal.wrong_reference"),
        attack("two contents of one Id", of(&[signature, &evil, content]), "seal.misplaced_content"),
        attack(
            "a container in the content",
            of(&[signature, &evil_around(whole)]),
            "seal.misplaced_container",
        ),
        attack(
            "a signature in the content",
            of(&[signature, &content.replace("<x:Empty></x:Empty>", signature)]),
            "seal.misplaced_signature",
        ),
        attack(
            "an attribute of the container in the content",
            honest.with("<x:Empty>", "<x:Empty doc:Id=\"c1\">"),
            "seal.misplaced",
        ),
        attack("two documents", honest.with(&document, &document.repeat(2)), "seal.wrong_element"),
        attack("no document", honest.with(&document, ""), "seal.wrong_element"),
        attack("text beside it", honest.with(&document, &format!("x{document}")), "seal.wrong_element"),
        attack("no signature", of(&[content]), "seal.unsigned"),
        attack("no container", bare, "seal.misplaced_content"),
        attack("no content", of(&[signature]), "seal.wrong_element"),
        attack("the signature alone", signature.as_str(), "seal.misplaced_signature"),
        attack("another root behind", format!("{whole}{whole}"), "seal.malformed"),
        attack(
            "a signature over another content before it (CVE-2024-45409)",
            of(&[&by_another, signature, content]),
            "seal.digest_mismatch",
        ),
        attack("one of the same signer", of(&[&other_signature, signature, content]), "seal.same_signer"),
        attack("it twice", of(&[signature, signature, content]), "seal.duplicate_id"),
    ]);
}

#[test]
fn they_are_real_and_take_in_who_only_checks_the_signature() {
    for Attack { name, document, .. } in with_a_good_signature() {
        let (is_taken_in, told) = xmlsec1_verify(&String::from_utf8(document).unwrap());
        assert!(is_taken_in, "{name}: {told}");
    }
}
