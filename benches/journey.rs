//! The measured claims: ratios taken in one run, each with its limit.
//!
//! `make bench` prints them. A ratio is the median of interleaved rounds, so that a busy machine touches both sides.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::indexing_slicing,
    reason = "a bench prints and may fail by panic"
)]

use openssl::ec::{EcGroup, EcKey};
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};
use openssl::rsa::Rsa;
use openssl::sign::{Signer as RawSigner, Verifier};
use openssl::x509::extension::{BasicConstraints, KeyUsage};
use openssl::x509::{X509, X509Name};
use quick_xml::events::Event;
use quick_xml::{NsReader, Writer};
use stazh::base::{DocumentId, Limits};
use stazh::exchange::document::CanonicalWriter;
use stazh::exchange::seal::{
    KeyKind, Signer, StatusSource, Statuses, Terms, ThrowAwayAuthority, TrustStore, canonicalize, open,
    seal_unchecked, verify,
};
use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

fn main() {
    let document = document();
    let id: DocumentId = "7d2a1c58-0c5e-4f0f-9b8e-2f7f0d5b6a77".parse().unwrap();
    println!("a document of {} bytes, canonical as we encode it", document.len());
    let now = "2026-11-23T00:00:00Z".parse().unwrap();
    for (name, key, sealing_max) in [("RSA-2048", rsa_key(), 1.4), ("ECDSA P-256", ec_key(), 5.0)] {
        let certificate = certificate(&key);
        let pem = certificate.to_pem().unwrap();
        let signer = Signer::from_pem(&key.private_key_to_pem_pkcs8().unwrap(), &pem).unwrap();
        let trust = TrustStore::from_pem(&pem).unwrap();
        let small = [7_u8; 512];
        let (ours, raw) = medians(|| seal_unchecked(&document, id, &signer).unwrap(), || sign(&key, &small));
        report(&format!("sealing / raw {name} signature"), ratio(ours, raw), sealing_max, true);
        let sealed = seal_unchecked(&document, id, &signer).unwrap().into_bytes();
        let signature = sign(&key, &small);
        let limits = Limits::default();
        let first = |sealed: &[u8]| {
            let trust = TrustStore::from_pem(&pem).unwrap();
            let opened = open(sealed, &limits).unwrap();
            let begun = Instant::now();
            verify(opened, &trust, now).unwrap();
            begun.elapsed()
        };
        println!(
            "the first document of a certificate is verified in {:?}, not counted below",
            first(&sealed)
        );
        let (ours, raw) = medians(
            || verify(open(&sealed, &limits).unwrap(), &trust, now).unwrap(),
            || {
                for _ in 0..4 {
                    black_box(read_namespaces(&sealed));
                }
                let mut verifier = Verifier::new(MessageDigest::sha256(), &key).unwrap();
                assert!(verifier.verify_oneshot(&signature, &small).unwrap());
            },
        );
        report(
            &format!("verifying / (raw {name} verification + 4 NsReader passes)"),
            ratio(ours, raw),
            1.0,
            true,
        );
    }
    let (watched, plain) = watched_and_plain(&document, id, now);
    report("verifying where revocation is known / where nobody is asked", ratio(watched, plain), 1.05, true);
    let (ours, by_hand) = medians(|| ours_written(500), || by_hand_written(500));
    report("encoding speed / the same events by hand with quick-xml", ratio(by_hand, ours), 0.5, false);
}

/// How long it takes to verify a document of a signer seen before, with and without a list of revoked certificates.
fn watched_and_plain(document: &[u8], id: DocumentId, now: jiff::Timestamp) -> (Duration, Duration) {
    let authority = ThrowAwayAuthority::new("bench", "KZ", now).unwrap();
    let issued = authority.issue_seal("fund", KeyKind::P256).unwrap();
    let signer = Signer::from_pem(&issued.key_pem, &issued.chain_pem).unwrap();
    let anchor = authority.pem().unwrap();
    let source = StatusSource::new(&anchor, None, false).unwrap();
    let statuses = Arc::new(Statuses::new(vec![source], Terms::default()));
    let until = now.checked_add(jiff::SignedDuration::from_hours(1)).unwrap();
    statuses.take_list(0, &authority.issue_list(&[], 1, (now, until)).unwrap(), now).unwrap();
    let plain = TrustStore::from_pem(&anchor).unwrap();
    let watched = TrustStore::from_pem(&anchor).unwrap().with_statuses(statuses);
    let sealed = seal_unchecked(document, id, &signer).unwrap().into_bytes();
    let limits = Limits::default();
    medians(
        || verify(open(&sealed, &limits).unwrap(), &watched, now).unwrap(),
        || verify(open(&sealed, &limits).unwrap(), &plain, now).unwrap(),
    )
}

/// Prints a claim with its limit; `is_most` tells on which side of the limit it must stay.
fn report(claim: &str, ratio: f64, limit: f64, is_most: bool) {
    let is_kept = if is_most { ratio <= limit } else { ratio >= limit };
    let side = if is_most { "at most" } else { "at least" };
    println!("{claim}: {ratio:.2} ({side} {limit}) {}", if is_kept { "kept" } else { "BROKEN" });
}

fn ratio(a: Duration, b: Duration) -> f64 {
    a.as_secs_f64() / b.as_secs_f64()
}

/// The median times of two pieces of work, taken in turns.
fn medians<A, B>(mut a: impl FnMut() -> A, mut b: impl FnMut() -> B) -> (Duration, Duration) {
    let (mut of_a, mut of_b) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let begun = Instant::now();
        black_box(a());
        of_a.push(begun.elapsed());
        let begun = Instant::now();
        black_box(b());
        of_b.push(begun.elapsed());
    }
    of_a.sort();
    of_b.sort();
    (of_a[ROUNDS / 2], of_b[ROUNDS / 2])
}

fn sign(key: &PKey<Private>, bytes: &[u8]) -> Vec<u8> {
    RawSigner::new(MessageDigest::sha256(), key).unwrap().sign_oneshot_to_vec(bytes).unwrap()
}

/// One pass of quick-xml's namespace-aware reader, attributes resolved.
fn read_namespaces(bytes: &[u8]) -> usize {
    let mut reader = NsReader::from_reader(bytes);
    let mut seen = 0;
    loop {
        match reader.read_resolved_event().unwrap() {
            (_, Event::Start(tag) | Event::Empty(tag)) => {
                for attribute in tag.attributes() {
                    seen += reader.resolver().resolve_attribute(attribute.unwrap().key).1.as_ref().len();
                }
            }
            (_, Event::Eof) => return seen,
            _ => seen += 1,
        }
    }
}

const CSDO: &str = "urn:EEC:M:SimpleDataObjects:v0.4.12";
const DOC: &str = "urn:x-stazh:bench";

fn ours_written(fields: u32) -> Vec<u8> {
    let mut writer = CanonicalWriter::new(&[("doc", DOC), ("csdo", CSDO)]);
    writer.start("doc", "Record");
    for _ in 0..fields {
        writer
            .start("csdo", "UnifiedCountryCode")
            .attribute("", "codeListId", "2021")
            .text("Қазақстан & KZ")
            .end();
    }
    writer.end();
    writer.finish().unwrap()
}

fn by_hand_written(fields: u32) -> Vec<u8> {
    use quick_xml::events::{BytesEnd, BytesStart, BytesText};
    let mut writer = Writer::new(Vec::new());
    writer
        .write_event(Event::Start(BytesStart::new("doc:Record").with_attributes([("xmlns:doc", DOC)])))
        .unwrap();
    for _ in 0..fields {
        let tag = BytesStart::new("csdo:UnifiedCountryCode")
            .with_attributes([("xmlns:csdo", CSDO), ("codeListId", "2021")]);
        writer.write_event(Event::Start(tag)).unwrap();
        writer.write_event(Event::Text(BytesText::new("Қазақстан & KZ"))).unwrap();
        writer.write_event(Event::End(BytesEnd::new("csdo:UnifiedCountryCode"))).unwrap();
    }
    writer.write_event(Event::End(BytesEnd::new("doc:Record"))).unwrap();
    writer.into_inner()
}

/// The golden record, its periods and contributions repeated until it is about 10 kB.
fn document() -> Vec<u8> {
    let bytes = include_bytes!("../fixtures/case-kz-to-ru/3-document.xml");
    let text = std::str::from_utf8(bytes).unwrap();
    let begin = text.find("<xpdo:ContributionDetails").unwrap();
    let end = text[begin..].find("</xpdo:ContributionDetails>").unwrap()
        + begin
        + "</xpdo:ContributionDetails>".len();
    let more = text[begin..end].repeat(2);
    let longer = text.replacen(&text[begin..end], &(text[begin..end].to_owned() + &more), 1);
    canonicalize(longer.as_bytes(), &Limits::default()).unwrap()
}

fn rsa_key() -> PKey<Private> {
    PKey::from_rsa(Rsa::generate(2048).unwrap()).unwrap()
}

fn ec_key() -> PKey<Private> {
    PKey::from_ec_key(EcKey::generate(&EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap()).unwrap())
        .unwrap()
}

/// A certificate that is its own authority.
fn certificate(key: &PKey<Private>) -> X509 {
    let mut name = X509Name::builder().unwrap();
    name.append_entry_by_text("CN", "Bench").unwrap();
    let name = name.build();
    let mut builder = X509::builder().unwrap();
    builder.set_version(2).unwrap();
    builder.set_subject_name(&name).unwrap();
    builder.set_issuer_name(&name).unwrap();
    builder.set_pubkey(key).unwrap();
    builder.set_not_before(&openssl::asn1::Asn1Time::from_unix(1_700_000_000).unwrap()).unwrap();
    builder.set_not_after(&openssl::asn1::Asn1Time::from_unix(2_400_000_000).unwrap()).unwrap();
    builder.append_extension(BasicConstraints::new().critical().ca().build().unwrap()).unwrap();
    builder
        .append_extension(KeyUsage::new().critical().digital_signature().key_cert_sign().build().unwrap())
        .unwrap();
    builder.sign(key, MessageDigest::sha256()).unwrap();
    builder.build()
}

const ROUNDS: usize = 501;
