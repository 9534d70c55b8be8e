//! References that lead elsewhere, and transforms that make something else of what they lead to. All are signed by the
//! honest key, so that nothing but the profile refuses them.

use super::*;

#[test]
fn a_reference_leads_to_the_content_and_nowhere_else() {
    let honest = Honest::new();
    let uri = between(&honest.signature, "URI=\"", "\"");
    let id = &uri[5..uri.len() - 1];
    let to = |target: &str| resigned(&honest.whole, |info| info.replace(&uri, &format!("URI=\"{target}\"")));
    let reference = between(&honest.signature, "<ds:Reference ", "</ds:Reference>");
    let nameless = reference
        .replace(&between(&reference, " Id=\"", "\""), "")
        .replace("<ds:ReferenceURI", "<ds:Reference URI");
    let twice = |second: &str| {
        resigned(&honest.whole, |info| info.replace("</ds:SignedInfo>", &format!("{second}</ds:SignedInfo>")))
    };
    let info = between(&honest.signature, "<ds:SignedInfo>", "</ds:SignedInfo>");
    let other_info = info
        .replace(&between(&info, " Id=\"xmldsig", "\""), "")
        .replace("<ds:ReferenceURI", "<ds:Reference URI");
    refused(vec![
        attack("to a web address", to(&format!("http://127.0.0.1:9/{id}")), "seal.external_reference"),
        attack("to a safe web address", to(&format!("https://127.0.0.1:9/{id}")), "seal.external_reference"),
        attack("to a file", to("file:///etc/passwd"), "seal.external_reference"),
        attack("to a file of this folder", to("passwd"), "seal.external_reference"),
        attack("to an attachment", to("cid:1@x"), "seal.external_reference"),
        attack("to a share", to("\\\\127.0.0.1\\x"), "seal.external_reference"),
        attack("to an entry of a directory", to("ldap://127.0.0.1:9/x"), "seal.external_reference"),
        attack("to an archive", to("jar:http://127.0.0.1:9/!x"), "seal.external_reference"),
        attack("to data in the address", to("data:text/xml;base64,PGEvPg=="), "seal.external_reference"),
        attack(
            "to the content of another document",
            to(&format!("other.xml{id}")),
            "seal.external_reference",
        ),
        attack("to the whole document", to(""), "seal.wrong_reference"),
        attack(
            "to nobody",
            resigned(&honest.whole, |info| info.replace(&format!(" {uri}"), "")),
            "seal.wrong_reference",
        ),
        attack("to an empty name", to("#"), "seal.wrong_reference"),
        attack("to Data", to(&id.replacen("#c", "#d", 1)), "seal.wrong_reference"),
        attack("to the root by a pointer", to("#xpointer(/)"), "seal.wrong_reference"),
        attack(
            "to the content by a pointer",
            to(&format!("#xpointer(id('{}'))", &id[1..])),
            "seal.wrong_reference",
        ),
        attack(
            "to the content by an escaped name",
            to(&id.replacen("#c", "#%63", 1)),
            "seal.wrong_reference",
        ),
        attack("to the content and a blank", to(&format!("{id} ")), "seal.wrong_reference"),
        attack("to the signature", to(&id.replacen("#c", "#xmldsig-", 1)), "seal.wrong_reference"),
        attack("a second reference", twice(&nameless), "seal.misplaced_reference"),
        attack(
            "a second reference to a file",
            twice(&nameless.replace(&uri, "URI=\"file:///etc/passwd\"")),
            "seal.misplaced_reference",
        ),
        attack(
            "no reference",
            resigned(&honest.whole, |info| info.replace(&reference, "")),
            "seal.wrong_element",
        ),
        attack(
            "a manifest",
            honest.with("</ds:KeyInfo>", "</ds:KeyInfo><ds:Object><ds:Manifest></ds:Manifest></ds:Object>"),
            "seal.misplaced_object",
        ),
        attack(
            "a second SignedInfo behind (CVE-2025-29774)",
            honest.with("</ds:SignedInfo>", &format!("</ds:SignedInfo>{other_info}")),
            "seal.misplaced_signed_info",
        ),
        attack(
            "a second SignedInfo before",
            honest.with("<ds:SignedInfo>", &format!("{other_info}<ds:SignedInfo>")),
            "seal.misplaced_signed_info",
        ),
        attack(
            "a second SignedInfo at the end",
            honest.with("</ds:KeyInfo>", &format!("</ds:KeyInfo>{other_info}")),
            "seal.misplaced_signed_info",
        ),
        attack(
            "a SignedInfo inside SignedInfo",
            honest.with("<ds:SignatureMethod", &format!("{other_info}<ds:SignatureMethod")),
            "seal.misplaced_signed_info",
        ),
    ]);
}

#[test]
fn what_is_digested_is_the_exclusive_canonical_form_and_nothing_else() {
    let honest = Honest::new();
    let exclusive = format!("<ds:Transform Algorithm=\"{EXCLUSIVE}\"></ds:Transform>");
    let transform =
        |uri: &str, inside: &str| format!("<ds:Transform Algorithm=\"{uri}\">{inside}</ds:Transform>");
    let by = |transforms: &str| resigned(&honest.whole, |info| info.replace(&exclusive, transforms));
    let one = |uri: &str, inside: &str| by(&transform(uri, inside));
    let method = |uri: &str, inside: &str| {
        resigned(&honest.whole, |info| {
            let own = between(info, "<ds:CanonicalizationMethod", "</ds:CanonicalizationMethod>");
            info.replace(
                &own,
                &format!(
                    "<ds:CanonicalizationMethod Algorithm=\"{uri}\">{inside}</ds:CanonicalizationMethod>"
                ),
            )
        })
    };
    let dsig = "http://www.w3.org/2000/09/xmldsig#";
    let xslt = "http://www.w3.org/TR/1999/REC-xslt-19991116";
    let xpath = "http://www.w3.org/TR/1999/REC-xpath-19991116";
    let sheet = "<xsl:stylesheet xmlns:xsl=\"http://www.w3.org/1999/XSL/Transform\" version=\"1.0\"></xsl:stylesheet>";
    let prefixes = "<e:InclusiveNamespaces xmlns:e=\"http://www.w3.org/2001/10/xml-exc-c14n#\" PrefixList=\"x #default\"/>";
    let c10 = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315";
    let c11 = "http://www.w3.org/2006/12/xml-c14n11";
    refused(vec![
        attack("a script (CVE-2022-47966)", one(xslt, sheet), "seal.transform"),
        attack(
            "a script behind the canonical form",
            by(&format!("{exclusive}{}", transform(xslt, sheet))),
            "seal.misplaced",
        ),
        attack("a script before it", by(&format!("{}{exclusive}", transform(xslt, sheet))), "seal.transform"),
        attack(
            "a path",
            one(xpath, "<ds:XPath>not(ancestor-or-self::ds:Signature)</ds:XPath>"),
            "seal.transform",
        ),
        attack("a path with here()", one(xpath, "<ds:XPath>here()/ancestor::*</ds:XPath>"), "seal.transform"),
        attack(
            "a filter",
            one(
                "http://www.w3.org/2002/06/xmldsig-filter2",
                "<f:XPath xmlns:f=\"http://www.w3.org/2002/06/xmldsig-filter2\" Filter=\"subtract\">/</f:XPath>",
            ),
            "seal.transform",
        ),
        attack("an enveloped signature", one(&format!("{dsig}enveloped-signature"), ""), "seal.transform"),
        attack("base64", one(&format!("{dsig}base64"), ""), "seal.transform"),
        attack("decryption", one("http://www.w3.org/2002/07/decrypt#XML", ""), "seal.transform"),
        attack(
            "a token",
            one(
                "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-soap-message-security-1.0#STR-Transform",
                "",
            ),
            "seal.transform",
        ),
        attack("a transform of nobody", one("urn:evil", ""), "seal.unknown_algorithm"),
        attack("a list of prefixes", one(EXCLUSIVE, prefixes), "seal.parameter"),
        attack("canonical XML 1.0", one(c10, ""), "seal.unknown_algorithm"),
        attack(
            "canonical XML 1.0 with comments",
            one(&format!("{c10}#WithComments"), ""),
            "seal.unknown_algorithm",
        ),
        attack("canonical XML 1.1", one(c11, ""), "seal.unknown_algorithm"),
        attack(
            "canonical XML 1.1 with comments",
            one(&format!("{c11}#WithComments"), ""),
            "seal.unknown_algorithm",
        ),
        attack(
            "exclusive canonical XML with comments",
            one(&format!("{EXCLUSIVE}WithComments"), ""),
            "seal.unknown_algorithm",
        ),
        attack("no transform", by(""), "seal.wrong_element"),
        attack(
            "no transforms",
            resigned(&honest.whole, |info| {
                info.replace(&between(info, "<ds:Transforms>", "</ds:Transforms>"), "")
            }),
            "seal.misplaced",
        ),
        attack("the canonical form twice", by(&exclusive.repeat(2)), "seal.misplaced"),
        attack("a transform without a name", by("<ds:Transform></ds:Transform>"), "seal.profile"),
        attack("SignedInfo by canonical XML 1.0", method(c10, ""), "seal.unknown_algorithm"),
        attack(
            "SignedInfo with comments",
            method(&format!("{EXCLUSIVE}WithComments"), ""),
            "seal.unknown_algorithm",
        ),
        attack("SignedInfo by a list of prefixes", method(EXCLUSIVE, prefixes), "seal.parameter"),
        attack("SignedInfo by a script", method(xslt, sheet), "seal.transform"),
    ]);
}

/// Servers were made to fetch what an `xop:Include` names (CVE-2022-46364, CVE-2024-28752).
#[test]
fn an_attachment_comes_from_the_message_and_from_nowhere_else() {
    let honest = Honest::new();
    let binary = |inside: &str| {
        let xop = "xmlns:xop=\"http://www.w3.org/2004/08/xop/include\"";
        let inside = inside.replace("<xop:Include", &format!("<xop:Include {xop}"));
        let element = "<csdo:DocBinaryText xmlns:csdo=\"urn:EEC:M:SimpleDataObjects:v0.4.12\">";
        honest.with("<x:Empty></x:Empty>", &format!("{element}{inside}</csdo:DocBinaryText>"))
    };
    refused(vec![
        attack("from a web address", binary("<xop:Include href=\"http://169.254.169.254/\"/>"), "seal.include"),
        attack("from a file", binary("<xop:Include href=\"file:///etc/passwd\"/>"), "seal.include"),
        attack("from this folder", binary("<xop:Include href=\"seal.key\"/>"), "seal.include"),
        attack("from nowhere", binary("<xop:Include/>"), "seal.include"),
        attack("from a part of the message that did not come", binary("<xop:Include href=\"cid:1\"/>"), "seal.no_part"),
        attack("twice", binary("<xop:Include href=\"cid:1\"/><xop:Include href=\"cid:2\"/>"), "seal.include"),
        attack("beside other bytes", binary("AAAA<xop:Include href=\"cid:1\"/>"), "seal.include"),
        attack("outside of binary content", honest.with("<x:Empty></x:Empty>", "<i:Include xmlns:i=\"http://www.w3.org/2004/08/xop/include\" href=\"cid:1\"/>"), "seal.include"),
        attack("in the place of a digest", honest.with("<ds:DigestValue>", "<ds:DigestValue><i:Include xmlns:i=\"http://www.w3.org/2004/08/xop/include\" href=\"cid:1\"/>"), "seal.wrong_element"),
    ]);
}
