//! Known attacks on XML signatures; each must end with its own code.

use super::check;
use super::keys;
use super::sealed_by;
use stazh::base::Verdict;

#[test]
fn known_attacks_are_refused() {
    let sealed = sealed_by(keys::rsa());
    let content = between(&sealed, "<doc:SignedContent", "</doc:SignedContent>");
    let signature = between(&sealed, "<ds:Signature ", "</ds:Signature>");
    let evil = content.replace("1985", "1986");
    let id = between(&sealed, " Id=\"c", "\"").trim_start().to_owned();
    let exclusive = "<ds:Transform Algorithm=\"http://www.w3.org/2001/10/xml-exc-c14n#\"></ds:Transform>";
    let method = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256";
    let attacks: Vec<(&str, String, &str)> = vec![
        ("moved body", sealed.replace(&content, &format!("<wrap>{content}</wrap>{evil}")), "seal.wrong_element"),
        ("body in the signature", sealed.replace("</ds:KeyInfo>", &format!("</ds:KeyInfo><ds:Object>{content}</ds:Object>")).replacen(&format!("{content}</doc:Data>"), &format!("{evil}</doc:Data>"), 1), "seal.wrong_element"),
        ("body inside the body", sealed.replace(&content, &evil.replacen("<x:Empty></x:Empty>", &content, 1)), "seal.wrong_element"),
        ("body with another Id", sealed.replace(&content, &evil.replace(&id, "Id=\"other\"")), "seal.wrong_reference"),
        ("second content", sealed.replace(&content, &format!("{evil}{content}")), "seal.wrong_element"),
        ("content first", sealed.replace(&format!("{signature}{content}"), &format!("{content}{signature}")), "seal.wrong_element"),
        ("the same signature twice", sealed.replace(&signature, &format!("{signature}{signature}")), "seal.duplicate_id"),
        ("signature after Data", sealed.replace("</doc:Data>", &format!("</doc:Data>{signature}")), "seal.duplicate_id"),
        ("second receipt", sealed.replace("</doc:Data>", &format!("</doc:Data>{}", "<ds:Signature xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\"></ds:Signature>".repeat(2))), "seal.wrong_element"),
        ("no signature", sealed.replace(&signature, ""), "seal.wrong_element"),
        ("second Data", sealed.replace("</doc:Data>", "</doc:Data><doc:Data Id=\"e\"></doc:Data>"), "seal.wrong_element"),
        ("two documents", sealed.replace("</doc:SignedContent>", "<a></a></doc:SignedContent>"), "seal.wrong_element"),
        ("no document", sealed.replace(&between(&sealed, "<x:R", "</x:R>"), ""), "seal.wrong_element"),
        ("text beside the document", sealed.replace("</doc:SignedContent>", "x</doc:SignedContent>"), "seal.wrong_element"),
        ("instruction beside the document", sealed.replace("</doc:SignedContent>", "<?x y?></doc:SignedContent>"), "seal.wrong_element"),
        ("duplicate Id", sealed.replace("<x:Empty>", &format!("<x:Empty {id}>")), "seal.duplicate_id"),
        ("duplicate ID", sealed.replace("<x:Empty>", &format!("<x:Empty {}>", id.replace("Id=", "ID="))), "seal.duplicate_id"),
        ("duplicate xml:id", sealed.replace("<x:Empty>", &format!("<x:Empty {}>", id.replace("Id=", "xml:id="))), "seal.duplicate_id"),
        ("external reference", sealed.replace("URI=\"#", "URI=\"http://127.0.0.1/#"), "seal.external_reference"),
        ("file reference", sealed.replace("URI=\"#", "URI=\"file:///etc/passwd#"), "seal.external_reference"),
        ("pointer", sealed.replace("URI=\"#", "URI=\"#xpointer(/)"), "seal.wrong_reference"),
        ("whole document", sealed.replace(&format!("URI=\"#{}", &id[4..]), "URI=\"\""), "seal.wrong_reference"),
        ("second reference", sealed.replace("</ds:Reference>", &format!("</ds:Reference>{}", between(&sealed, "<ds:Reference", "</ds:Reference>").replace(" Id=", " Type="))), "seal.wrong_element"),
        ("extra transform", sealed.replace(exclusive, &format!("{exclusive}{exclusive}")), "seal.wrong_element"),
        ("script transform", sealed.replace(exclusive, "<ds:Transform Algorithm=\"http://www.w3.org/TR/1999/REC-xslt-19991116\"></ds:Transform>"), "seal.unknown_algorithm"),
        ("no transform", sealed.replace(exclusive, ""), "seal.wrong_element"),
        ("prefix list", sealed.replace(exclusive, &exclusive.replace("></", "><e:InclusiveNamespaces xmlns:e=\"http://www.w3.org/2001/10/xml-exc-c14n#\" PrefixList=\"x\"/></")), "seal.wrong_element"),
        ("keyed hash", sealed.replace(method, "http://www.w3.org/2000/09/xmldsig#hmac-sha1"), "seal.unknown_algorithm"),
        ("weak digest", sealed.replace("xmlenc#sha256", "xmldsig#sha1"), "seal.unknown_algorithm"),
        ("other key type", sealed.replace(method, "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256"), "seal.certificate"),
        ("comment in the digest", insert_after(&sealed, "<ds:DigestValue>", 4, "<!-- c -->"), "seal.profile"),
        ("comment in the signature value", insert_after(&sealed, "-sign0\">", 4, "<!-- c -->"), "seal.profile"),
        ("element in the digest", insert_after(&sealed, "<ds:DigestValue>", 4, "<a/>"), "seal.wrong_element"),
        ("second certificate", sealed.replace("</ds:X509Data>", &format!("{}</ds:X509Data>", between(&sealed, "<ds:X509Certificate>", "</ds:X509Certificate>"))), "seal.wrong_element"),
        ("bare key", sealed.replace("<ds:X509Data>", "<ds:KeyValue></ds:KeyValue><ds:X509Data>"), "seal.wrong_element"),
        ("document type", format!("<!DOCTYPE x [<!ENTITY a \"b\">]>{sealed}"), "seal.dtd"),
        ("entity", sealed.replace("1985", "&year;"), "seal.malformed"),
        ("deep nesting", sealed.replace("<x:Empty></x:Empty>", &format!("{}{}", "<a>".repeat(5000), "</a>".repeat(5000))), "seal.malformed"),
        ("stray attribute", sealed.replace("<doc:Data ", "<doc:Data x=\"1\" "), "seal.profile"),
        ("foreign Data Id", sealed.replace("<doc:Data Id=\"d", "<doc:Data Id=\"e"), "seal.profile"),
        ("empty signature", sealed.replace(&between(&sealed, "-sign0\">", "<")[8..], "<"), "seal.profile"),
        ("changed content", sealed.replace("1985", "1986"), "seal.digest_mismatch"),
        ("changed instance", sealed.replace("DocInstance=\"i", "DocInstance=\"j"), "seal.digest_mismatch"),
        ("changed reference Id", sealed.replace("-ref0", "-ref1"), "seal.signature_mismatch"),
    ];
    for (name, attack, code) in attacks {
        assert_ne!(attack, sealed, "{name} changes nothing");
        let error = check(&attack).map(drop).expect_err(name);
        assert_eq!(error.code(), code, "{name}: {error}");
        let is_final = matches!(error.verdict(), Verdict::Quarantine { .. } | Verdict::Return { .. });
        assert!(is_final, "{name}");
    }
}

#[test]
fn what_stands_in_the_place_of_a_receipt_is_never_read() {
    let sealed = sealed_by(keys::rsa());
    let content = between(&sealed, "<doc:SignedContent ", "</doc:SignedContent>");
    let evil = content.replace("1985", "1999").replace(" Id=\"c", " Id=\"e");
    let signature = "<ds:Signature xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\">";
    let wrapped = format!(
        "</doc:Data>{signature}<ds:Object><doc:Data Id=\"e\">{evil}</doc:Data></ds:Object></ds:Signature>"
    );
    let attack = sealed.replace("</doc:Data>", &wrapped);
    let verified = check(&attack).unwrap();
    assert_eq!(verified.document(), check(&sealed).unwrap().document());
}

fn between(text: &str, from: &str, to: &str) -> String {
    let begin = text.find(from).unwrap();
    let end = begin + from.len() + text[begin + from.len()..].find(to).unwrap() + to.len();
    text[begin..end].to_owned()
}

fn insert_after(text: &str, place: &str, skip: usize, what: &str) -> String {
    let at = text.find(place).unwrap() + place.len() + skip;
    format!("{}{what}{}", &text[..at], &text[at..])
}
