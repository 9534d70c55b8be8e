//! Documents made to exhaust their reader, and those that are no XML at all.

use super::*;
use std::time::{Duration, Instant};

#[test]
fn a_document_type_is_never_read() {
    let honest = Honest::new();
    let behind = |dtd: &str| format!("{dtd}{}", honest.whole.replace("1985", "&a;"));
    let laughs: String =
        (1..10).map(|n| format!("<!ENTITY l{n} \"{}\">", format!("&l{};", n - 1).repeat(10))).collect();
    refused(vec![
        attack("an entity", behind("<!DOCTYPE x [<!ENTITY a \"1985\">]>"), "seal.dtd"),
        attack(
            "an entity from a file",
            behind("<!DOCTYPE x [<!ENTITY a SYSTEM \"file:///etc/passwd\">]>"),
            "seal.dtd",
        ),
        attack(
            "an entity from a web address",
            behind("<!DOCTYPE x [<!ENTITY a SYSTEM \"http://127.0.0.1:9/\">]>"),
            "seal.dtd",
        ),
        attack(
            "an entity of parameters",
            behind("<!DOCTYPE x [<!ENTITY % a SYSTEM \"http://127.0.0.1:9/\"> %a;]>"),
            "seal.dtd",
        ),
        attack(
            "a billion laughs",
            behind(&format!("<!DOCTYPE x [<!ENTITY l0 \"ha\">{laughs}<!ENTITY a \"&l9;\">]>")),
            "seal.dtd",
        ),
        attack("an entity within itself", behind("<!DOCTYPE x [<!ENTITY a \"&a;\">]>"), "seal.dtd"),
        attack("an Id by declaration", behind("<!DOCTYPE x [<!ATTLIST R kind ID #IMPLIED>]>"), "seal.dtd"),
        attack(
            "an attribute by declaration",
            behind("<!DOCTYPE x [<!ATTLIST R evil CDATA \"1\">]>"),
            "seal.dtd",
        ),
        attack(
            "a type from a web address",
            behind("<!DOCTYPE x SYSTEM \"http://127.0.0.1:9/\">"),
            "seal.dtd",
        ),
        attack("a type of no content", behind("<!DOCTYPE x>"), "seal.dtd"),
        attack("a type in small letters", behind("<!doctype x>"), "seal.dtd"),
        attack("a type inside the document", honest.with("<x:Empty>", "<!DOCTYPE x><x:Empty>"), "seal.dtd"),
        attack("an entity declared outside", honest.with("1985", "<!ENTITY a \"b\">"), "seal.malformed"),
        attack("an entity of nobody", honest.with("1985", "&year;"), "seal.entity"),
        attack("an entity of another standard", honest.with("1985", "&nbsp;"), "seal.entity"),
        attack("an unfinished entity", honest.with("1985", "&#49;&#57"), "seal.entity"),
        attack("an entity in an attribute", honest.with("kind=\"a", "kind=\"&a;"), "seal.entity"),
    ]);
}

#[test]
fn what_is_large_is_refused_before_it_costs() {
    let honest = Honest::new();
    let inside = |what: &str| honest.with("<x:Empty></x:Empty>", what);
    let tag = |attributes: String| inside(&format!("<x:Empty {attributes}></x:Empty>"));
    let numbered = |from: usize, count: usize, write: &dyn Fn(usize) -> String| -> String {
        (from..from + count).map(write).collect()
    };
    let namespaces = |levels: usize| {
        let open = |level: usize| {
            format!("<a{}>", numbered(level * 60, 60, &|n| format!(" xmlns:n{n}=\"urn:{n}\"")))
        };
        format!("{}{}", numbered(0, levels, &open), "</a>".repeat(levels))
    };
    let begun = Instant::now();
    refused(vec![
        attack(
            "deeper than anybody writes",
            inside(&format!("{}{}", "<a>".repeat(62), "</a>".repeat(62))),
            "seal.too_deep",
        ),
        attack("a depth of 500,000", inside(&"<a>".repeat(500_000)), "seal.too_deep"),
        attack(
            "a depth in the signature",
            honest.with("<ds:SignedInfo>", &"<ds:SignedInfo>".repeat(5_000)),
            "seal.misplaced_signed_info",
        ),
        attack("65 attributes", tag(numbered(0, 65, &|n| format!("a{n}=\"\" "))), "seal.too_many_attributes"),
        attack(
            "100,000 attributes",
            tag(numbered(0, 100_000, &|n| format!("a{n}=\"\" "))),
            "seal.too_many_attributes",
        ),
        attack(
            "100,000 namespaces on one element",
            tag(numbered(0, 100_000, &|n| format!("xmlns:a{n}=\"urn:a\" "))),
            "seal.too_many_attributes",
        ),
        attack("namespaces on many levels", inside(&namespaces(5)), "seal.too_many_namespaces"),
        attack(
            "100,000 attributes in the signature",
            honest.with(
                "<ds:SignedInfo>",
                &format!("<ds:SignedInfo {}>", numbered(0, 100_000, &|n| format!("a{n}=\"\" "))),
            ),
            "seal.too_many_attributes",
        ),
        attack(
            "a name of a million letters",
            inside(&format!("<{0}></{0}>", "n".repeat(1_000_000))),
            "seal.digest_mismatch",
        ),
        attack(
            "an attribute of ten million letters",
            tag(format!("a=\"{}\"", "n".repeat(10_000_000))),
            "seal.digest_mismatch",
        ),
        attack("a million comments", inside(&"<!---->".repeat(1_000_000)), "seal.digest_mismatch"),
        attack(
            "ten million letters of base64 for a digest",
            with_value(&honest.whole, "<ds:DigestValue>", &"A".repeat(10_000_000)),
            "seal.digest_mismatch",
        ),
        attack(
            "ten million letters of base64 for a certificate",
            with_value(&honest.whole, "<ds:X509Certificate>", &"A".repeat(10_000_000)),
            "seal.certificate",
        ),
    ]);
    assert!(begun.elapsed() < Duration::from_secs(60), "{:?}", begun.elapsed());
}

#[test]
fn limits_hold_to_the_byte_and_to_the_element() {
    let honest = Honest::new();
    let (trust, default) = (keys::authority().trust(), Limits::default());
    let small = Limits { xml_bytes_max: 100_000, xml_elements_max: 100, ..default };
    let long = honest.with("1985", &"1985".repeat(25_000));
    let many = honest.with("<x:Empty></x:Empty>", &"<a/>".repeat(100));
    // canonical XML declares a namespace on each sibling that uses it
    let growing = honest.with("<x:R ", &format!("<x:R xmlns:q=\"urn:{}\" ", "n".repeat(1_000)));
    let growing = growing.replace("<x:Empty></x:Empty>", &"<q:a/>".repeat(1_000));
    assert!(growing.len() < 100_000);
    let small_bytes = Limits { xml_bytes_max: 100_000, ..default };
    refused_by(
        vec![
            attack("longer than allowed", long, "seal.too_large"),
            attack("more elements than allowed", many, "seal.too_many_elements"),
        ],
        &trust,
        &small,
    );
    refused_by(
        vec![attack("a canonical form that is longer than allowed", growing, "seal.too_large")],
        &trust,
        &small_bytes,
    );
}

#[test]
fn what_readers_disagree_on_is_refused() {
    let honest = Honest::new();
    let utf16: Vec<u8> =
        std::iter::once(0xfeff).chain(honest.whole.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    let mut overlong = honest.whole.clone().into_bytes();
    let at = honest.whole.find("1985").unwrap();
    overlong.splice(at..at + 1, [0xc0, 0xb1]);
    let mut surrogate = honest.whole.clone().into_bytes();
    surrogate.splice(at..at, [0xed, 0xa0, 0x80]);
    let declared =
        |encoding: &str| format!("<?xml version=\"1.0\" encoding=\"{encoding}\"?>{}", honest.whole);
    refused(vec![
        attack("UTF-16", utf16, "seal.malformed"),
        attack("a character in more octets than it needs", overlong, "seal.malformed"),
        attack("half a character of UTF-16", surrogate, "seal.malformed"),
        attack("called UTF-7", declared("UTF-7"), "seal.malformed"),
        attack("called windows-1251", declared("windows-1251"), "seal.malformed"),
        attack("XML 1.1", declared("UTF-8").replace("1.0\"", "1.1\""), "seal.malformed"),
        attack(
            "a declaration in its middle",
            honest.with("<x:Empty>", "<?xml version=\"1.0\"?><x:Empty>"),
            "seal.malformed",
        ),
        attack("a zero", honest.with("1985", "19\u{0}85"), "seal.malformed"),
        attack("a zero by its number", honest.with("1985", "&#0;"), "seal.malformed"),
        attack("a character of no XML", honest.with("1985", "\u{ffff}"), "seal.malformed"),
        attack("the end of a section in text", honest.with("1985", "]]>"), "seal.malformed"),
        attack("a tag that is not closed", honest.with("</x:Empty>", ""), "seal.malformed"),
        attack("attributes without a blank", honest.with(" y:code", "y:code"), "seal.malformed"),
        attack("a < in an attribute", honest.with("kind=\"a", "kind=\"<a"), "seal.malformed"),
        attack(
            "two hyphens in a comment",
            honest.with("<x:Empty>", "<!-- -- --><x:Empty>"),
            "seal.malformed",
        ),
        attack("two colons in a name", honest.with("x:Empty>", "x:y:Empty>"), "seal.malformed"),
        attack("nothing", Vec::new(), "seal.malformed"),
        attack("the first half", &honest.whole[..honest.whole.len() / 2 - 2], "seal.malformed"),
        attack("something behind it", format!("{}x", honest.whole), "seal.malformed"),
    ]);
}
