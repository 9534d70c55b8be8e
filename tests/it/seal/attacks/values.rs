//! What two readers see differently inside a value: comments, instructions, elements, entities, ends of lines.

use super::super::check;
use super::*;

#[test]
fn nothing_hides_in_a_value_of_the_signature() {
    let honest = Honest::new();
    let mut attacks = Vec::new();
    let places = [
        ("<ds:DigestValue>", "seal.wrong_element"),
        ("-sign0\">", "seal.wrong_element"),
        ("<ds:X509Certificate>", "seal.key_info"),
    ];
    for (place, element) in places {
        let inserted = |what: &str| insert_after(&honest.whole, place, 4, what);
        attacks.extend([
            attack("a comment in a value (CVE-2025-29775)", inserted("<!-- c -->"), "seal.inserted"),
            attack("an instruction in a value", inserted("<?x y?>"), "seal.inserted"),
            attack("an element in a value", inserted("<a/>"), element),
        ]);
    }
    attacks.extend([
        attack(
            "the digest of another behind a comment",
            honest.with("<ds:DigestValue>", "<ds:DigestValue><!--AAAA-->"),
            "seal.inserted",
        ),
        attack(
            "a digest inside the digest",
            honest.with("<ds:DigestValue>", "<ds:DigestValue><ds:DigestValue>AAAA</ds:DigestValue>"),
            "seal.misplaced",
        ),
        attack(
            "two digests",
            honest.with("</ds:DigestValue>", "</ds:DigestValue><ds:DigestValue>AAAA</ds:DigestValue>"),
            "seal.misplaced",
        ),
        attack(
            "two signature values",
            honest.with(
                "</ds:SignatureValue>",
                "</ds:SignatureValue><ds:SignatureValue>AAAA</ds:SignatureValue>",
            ),
            "seal.misplaced",
        ),
        attack(
            "a comment beside SignedInfo",
            honest.with("<ds:SignedInfo>", "<!-- c --><ds:SignedInfo>"),
            "seal.inserted",
        ),
        attack(
            "an instruction beside SignedInfo",
            honest.with("<ds:SignedInfo>", "<?x?><ds:SignedInfo>"),
            "seal.inserted",
        ),
        attack(
            "a comment in the reference",
            honest.with("<ds:DigestMethod", "<!-- c --><ds:DigestMethod"),
            "seal.inserted",
        ),
        attack(
            "an instruction beside the document",
            honest.with("</doc:SignedContent>", "<?x y?></doc:SignedContent>"),
            "seal.inserted",
        ),
        attack("an instruction beside Data", honest.with("<doc:Data ", "<?x y?><doc:Data "), "seal.inserted"),
        attack(
            "text in SignedInfo",
            honest.with("<ds:SignatureMethod", "x<ds:SignatureMethod"),
            "seal.wrong_element",
        ),
        attack("base64 with a bar", insert_after(&honest.whole, "<ds:DigestValue>", 4, "-"), "seal.base64"),
        attack(
            "base64 of the address alphabet",
            honest.with(&between(&honest.whole, "<ds:DigestValue>", "<"), "<ds:DigestValue>__-_<"),
            "seal.base64",
        ),
        attack(
            "base64 without its end",
            honest.with("=</ds:DigestValue>", "</ds:DigestValue>"),
            "seal.base64",
        ),
        attack("base64 with bits behind its end", with_last_bit(&honest.whole), "seal.base64"),
        attack("an empty digest", with_value(&honest.whole, "<ds:DigestValue>", ""), "seal.base64"),
        attack("an empty signature", with_value(&honest.whole, "-sign0\">", ""), "seal.base64"),
        attack("an empty certificate", with_value(&honest.whole, "<ds:X509Certificate>", ""), "seal.base64"),
        attack(
            "a digest cut short",
            resigned(&honest.whole, |info| with_value(info, "<ds:DigestValue>", "AAAA")),
            "seal.digest_mismatch",
        ),
    ]);
    refused(attacks);
}

/// The digest ends in one character that has bits to spare: they are set.
fn with_last_bit(whole: &str) -> String {
    let value = between(whole, "<ds:DigestValue>", "<");
    let at = value.len() - 3;
    let spare = char::from(value.as_bytes()[at] + 1);
    whole.replace(&value, &format!("{}{spare}=<", &value[..at]))
}

#[test]
fn what_was_signed_cannot_be_changed() {
    let honest = Honest::new();
    refused(vec![
        attack("the content", honest.with("1985", "1986"), "seal.digest_mismatch"),
        attack("its instance", honest.with("DocInstance=\"i", "DocInstance=\"j"), "seal.digest_mismatch"),
        attack("a blank in it", honest.with("<x:Empty>", "<x:Empty> "), "seal.digest_mismatch"),
        attack("a blank beside it", honest.with("<x:R ", " <x:R "), "seal.digest_mismatch"),
        attack("an instruction in it", honest.with("<x:Empty>", "<x:Empty><?evil?>"), "seal.digest_mismatch"),
        attack("a carriage return that a reader loses", honest.with("&#xD;", "\r"), "seal.digest_mismatch"),
        attack(
            "a line feed in an attribute that a reader loses",
            honest.with("a&#xA;b", "a\nb"),
            "seal.digest_mismatch",
        ),
        attack("a letter that looks alike", honest.with("Айгүл", "Aйгүл"), "seal.digest_mismatch"),
        attack("a letter written in two characters", honest.with("й", "и\u{306}"), "seal.digest_mismatch"),
        attack("the Id of its reference", honest.with("-ref0", "-ref1"), "seal.signature_mismatch"),
        attack("its digest", resigned_by_nobody(&honest), "seal.signature_mismatch"),
    ]);
}

/// The digest belongs to the evil content, the signature to the honest SignedInfo.
fn resigned_by_nobody(honest: &Honest) -> String {
    let evil = honest.evil();
    let declared = evil.replacen(
        "<doc:SignedContent",
        "<doc:SignedContent xmlns:doc=\"urn:EEC:SignedData:v1.0:EDoc\"",
        1,
    );
    let canonical = canonicalize(declared.as_bytes(), &Limits::default()).unwrap();
    let digest = STANDARD.encode(openssl::sha::sha256(&canonical));
    let whole = honest.with(&honest.content, &evil);
    with_value(&whole, "<ds:DigestValue>", &digest)
}

/// Comments are not signed, so nobody may read them: a name keeps its whole text (CVE-2018-0489 and its family).
#[test]
fn a_comment_in_a_name_neither_cuts_it_nor_is_seen() {
    let honest = Honest::new();
    for inserted in ["<!---->", "<!-- c -->", "<![CDATA[]]>"] {
        let cut = honest.whole.replace("Айгүл &amp; Ко", &format!("Айгүл{inserted} &amp; Ко"));
        assert_ne!(cut, honest.whole);
        let verified = check(&cut).unwrap();
        assert_eq!(verified.document(), check(&honest.whole).unwrap().document());
        assert!(String::from_utf8_lossy(verified.document()).contains("Айгүл &amp; Ко"));
    }
}
