//! Ids that two readers resolve in two ways, attributes twice in one sense, names that only look like others.
//!
//! "The Fragile Lock" (2025) calls the two families attribute pollution and namespace confusion.

use super::*;

#[test]
fn an_id_names_one_element_however_it_is_written() {
    let honest = Honest::new();
    let id = between(&honest.content, " Id=\"c", "\"");
    let named =
        |attribute: &str| honest.with("<x:Empty>", &format!("<x:Empty{}>", id.replace(" Id=", attribute)));
    let content =
        |attributes: &str| honest.with("<doc:SignedContent ", &format!("<doc:SignedContent {attributes} "));
    let data =
        |from: &str, to: &str| honest.with(&format!("<doc:Data Id=\"{from}"), &format!("<doc:Data {to}"));
    refused(vec![
        attack("Id twice", named(" Id="), "seal.duplicate_id"),
        attack("Id and ID", named(" ID="), "seal.duplicate_id"),
        attack("Id and id", named(" id="), "seal.duplicate_id"),
        attack("Id and xml:id", named(" xml:id="), "seal.duplicate_id"),
        attack("Id and wsu:Id", named(" xmlns:wsu=\"urn:wsu\" wsu:Id="), "seal.duplicate_id"),
        attack("Id and y:ID", named(" y:ID="), "seal.duplicate_id"),
        attack(
            "Data has the Id of the content",
            honest.with("<doc:Data Id=\"d", "<doc:Data Id=\"c"),
            "seal.duplicate_id",
        ),
        attack(
            "the signature has the Id of the content",
            honest.with(
                &between(&honest.signature, "<ds:Signature ", ">"),
                &format!("<ds:Signature{DECLARE_DS}{id}>"),
            ),
            "seal.duplicate_id",
        ),
        attack(
            "KeyInfo has the Id of the content",
            honest.with("<ds:KeyInfo>", &format!("<ds:KeyInfo{id}>")),
            "seal.duplicate_id",
        ),
        attack(
            "a second Id of another namespace on the content",
            content("xmlns:e=\"urn:e\" e:Id=\"evil\""),
            "seal.stray_attribute",
        ),
        attack("a second ID on the content", content("ID=\"evil\""), "seal.stray_attribute"),
        attack("xml:id on the content", content("xml:id=\"evil\""), "seal.stray_attribute"),
        attack("Id twice on the content", content("Id=\"evil\""), "seal.duplicate_attribute"),
        attack(
            "Id of the container's own namespace",
            honest.with(&id, &id.replace(" Id=", " doc:Id=")),
            "seal.stray_attribute",
        ),
        attack(
            "the content has only an xml:id",
            honest.with(&id, &id.replace(" Id=", " xml:id=")),
            "seal.stray_attribute",
        ),
        attack("the content has no Id", honest.with(&id, ""), "seal.profile"),
        attack("the content has an empty Id", honest.with(&id, " Id=\"\""), "seal.profile"),
        attack("Data has no Id", honest.with(&between(&honest.head, " Id=\"d", "\""), ""), "seal.profile"),
        attack("Data of another document", data("d", "Id=\"e"), "seal.mixed_ids"),
        attack("a stray attribute of Data", data("d", "x=\"1\" Id=\"d"), "seal.stray_attribute"),
        attack(
            "the signature of another document",
            honest.with("Id=\"xmldsig-", "Id=\"xmldsig-e").replacen(
                "<ds:Reference Id=\"xmldsig-e",
                "<ds:Reference Id=\"xmldsig-",
                1,
            ),
            "seal.mixed_ids",
        ),
        attack(
            "a stray attribute of SignedInfo",
            resigned(&honest.whole, |info| info.replacen("<ds:SignedInfo", "<ds:SignedInfo Type=\"x\"", 1)),
            "seal.stray_attribute",
        ),
        attack(
            "a type of the reference",
            resigned(&honest.whole, |info| {
                info.replacen(" URI=", " Type=\"http://www.w3.org/2000/09/xmldsig#Manifest\" URI=", 1)
            }),
            "seal.stray_attribute",
        ),
        attack(
            "a second algorithm of another namespace",
            resigned(&honest.whole, |info| {
                info.replacen("<ds:SignatureMethod ", "<ds:SignatureMethod ds:Algorithm=\"urn:evil\" ", 1)
            }),
            "seal.stray_attribute",
        ),
        attack(
            "an encoding of the certificate",
            honest.with("<ds:X509Certificate>", "<ds:X509Certificate Encoding=\"pem\">"),
            "seal.stray_attribute",
        ),
    ]);
}

#[test]
fn a_namespace_is_the_one_it_is_and_none_that_looks_like_it() {
    let honest = Honest::new();
    let doc = "xmlns:doc=\"urn:EEC:SignedData:v1.0:EDoc\"";
    let ds = "xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\"";
    let info = |to: &str| {
        resigned(&honest.whole, |info| info.replacen("<ds:SignedInfo", &format!("<ds:SignedInfo {to}"), 1))
    };
    refused(vec![
        attack(
            "a container of another version",
            honest.with(doc, &doc.replace("v1.0", "v1.1")),
            "seal.wrong_element",
        ),
        attack("a container in capitals", honest.with(doc, &doc.replace("EEC", "eec")), "seal.wrong_element"),
        attack(
            "a container of no namespace",
            honest.whole.replace(&format!(" {doc}"), "").replace("doc:", ""),
            "seal.wrong_element",
        ),
        attack(
            "a signature of a namespace without #",
            honest.with(ds, &ds.replace('#', "")),
            "seal.wrong_element",
        ),
        attack(
            "a signature of a namespace with an escaped #",
            honest.with(ds, &ds.replace('#', "%23")),
            "seal.wrong_element",
        ),
        attack(
            "a signature of a namespace with a blank",
            honest.with(ds, &ds.replace("#\"", "# \"")),
            "seal.namespace",
        ),
        attack(
            "a prefix that changes its meaning before SignedInfo",
            honest.with("<ds:SignedInfo", "<ds:SignedInfo xmlns:ds=\"urn:evil\""),
            "seal.wrong_element",
        ),
        attack(
            "a content of a prefix that changed its meaning",
            honest.with("<doc:SignedContent", "<doc:SignedContent xmlns:doc=\"urn:evil\""),
            "seal.wrong_element",
        ),
        attack(
            "a default namespace that changes an element inside",
            info("xmlns=\"urn:evil\"")
                .replace("<ds:Transforms>", "<Transforms>")
                .replace("</ds:Transforms>", "</Transforms>"),
            "seal.wrong_element",
        ),
        attack(
            "a prefix that is not declared",
            honest.with("<x:Empty>", "<evil:Empty>").replace("</x:Empty>", "</evil:Empty>"),
            "seal.namespace",
        ),
        attack("xml bound anew", honest.with("<x:R ", "<x:R xmlns:xml=\"urn:evil\" "), "seal.namespace"),
        attack("xmlns bound anew", honest.with("<x:R ", "<x:R xmlns:xmlns=\"urn:evil\" "), "seal.namespace"),
        attack(
            "a prefix bound to the namespace of xml",
            honest.with("<x:R ", "<x:R xmlns:q=\"http://www.w3.org/XML/1998/namespace\" "),
            "seal.namespace",
        ),
        attack("a prefix bound to nothing", honest.with("<x:R ", "<x:R xmlns:q=\"\" "), "seal.namespace"),
        attack(
            "an attribute twice by two prefixes",
            honest.with("<x:R ", "<x:R xmlns:q=\"urn:x-stazh:more\" q:code=\"\" "),
            "seal.duplicate_attribute",
        ),
        attack(
            "a namespace declared twice",
            honest.with("<doc:SignedDoc ", "<doc:SignedDoc xmlns:doc=\"urn:evil\" "),
            "seal.duplicate_attribute",
        ),
    ]);
}

/// A canonical form that fails, and gives nothing, is digested as nothing: void canonicalisation.
#[test]
fn nothing_is_signed_by_the_digest_of_nothing() {
    let honest = Honest::new();
    let nothing = STANDARD.encode(openssl::sha::sha256(b""));
    let void = resigned(&honest.whole, |info| with_value(info, "<ds:DigestValue>", &nothing));
    let declared = |declaration: &str| void.replacen("<x:R ", &format!("<x:R {declaration} "), 1);
    refused(vec![
        attack("the digest of nothing", void.as_str(), "seal.digest_mismatch"),
        attack("a relative namespace", declared("xmlns:q=\"1\""), "seal.namespace"),
        attack("a relative namespace by a path", declared("xmlns:q=\"../a\""), "seal.namespace"),
        attack("a namespace without a host", declared("xmlns:q=\"http://\""), "seal.namespace"),
        attack("a namespace with an ampersand", declared("xmlns:q=\"urn:a&amp;b\""), "seal.namespace"),
        attack("a namespace of another script", declared("xmlns:q=\"urn:ж\""), "seal.namespace"),
        attack(
            "a namespace too long",
            declared(&format!("xmlns:q=\"urn:{}\"", "a".repeat(1_025))),
            "seal.namespace",
        ),
    ]);
}
