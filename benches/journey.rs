//! The measured claims: ratios taken in one run, each with its limit.
//!
//! `make bench` prints them. A ratio is the median of interleaved rounds, so that a busy machine touches both sides.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::indexing_slicing,
    reason = "a bench prints and may fail by panic"
)]

#[path = "journey/memory.rs"]
mod memory;
#[path = "journey/xmlsec.rs"]
mod xmlsec;

use jiff::Timestamp;
use openssl::ec::{EcGroup, EcKey};
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{Id, PKey, Private};
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
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

fn main() {
    match std::env::args().nth(1).as_deref() {
        Some("--gost") => seals("GOST-256", gost_keys()),
        Some("--memory") => memory::child(),
        _ => {
            seals("RSA-2048", own_keys(rsa_key()));
            seals("ECDSA P-256", own_keys(ec_key()));
            with_the_engine();
            canonical_forms();
            memory::claims();
            let (watched, plain) = watched_and_plain();
            report(
                "verifying where revocation is known / where nobody is asked",
                ratio(watched, plain),
                1.05,
                true,
            );
            let (ours, by_hand) = medians(|| ours_written(500), || by_hand_written(500));
            let claim = "encoding speed / the same events by hand with quick-xml";
            report(claim, ratio(by_hand, ours), 0.5, false);
        }
    }
}

/// A key, the certificate that is its own authority, both as PEM.
struct Keys {
    key: PKey<Private>,
    key_pem: Vec<u8>,
    chain_pem: Vec<u8>,
    anchor_pem: Vec<u8>,
}

fn own_keys(key: PKey<Private>) -> Keys {
    let pem = certificate(&key).to_pem().unwrap();
    Keys { key_pem: key.private_key_to_pem_pkcs8().unwrap(), chain_pem: pem.clone(), anchor_pem: pem, key }
}

fn gost_keys() -> Keys {
    let authority = ThrowAwayAuthority::of_kind(KeyKind::Gost256, "bench", "RU", now()).unwrap();
    let issued = authority.issue_seal("fund", KeyKind::Gost256).unwrap();
    let key = PKey::private_key_from_pem(&issued.key_pem).unwrap();
    let (key_pem, chain_pem) = (issued.key_pem.to_vec(), issued.chain_pem);
    Keys { key, key_pem, chain_pem, anchor_pem: authority.pem().unwrap() }
}

/// GOST is measured in a process of its own: the engine comes in with OpenSSL's configuration.
fn with_the_engine() {
    let configuration = concat!(env!("CARGO_MANIFEST_DIR"), "/deploy/openssl-gost.cnf");
    let exe = std::env::current_exe().unwrap();
    let run = Command::new(exe).arg("--gost").env("OPENSSL_CONF", configuration).status().unwrap();
    if !run.success() {
        println!("GOST is not measured: deploy/prerequisites installs its engine");
    }
}

/// Sealing and verifying 10 kB against the work that nobody can spare, and against libxmlsec1.
fn seals(name: &str, Keys { key, key_pem, chain_pem, anchor_pem }: Keys) {
    let (document, limits) = (document(), Limits::default());
    let digest = digest_of(&key);
    let is_gost = digest != MessageDigest::sha256();
    let id: DocumentId = "7d2a1c58-0c5e-4f0f-9b8e-2f7f0d5b6a77".parse().unwrap();
    let signer = Signer::from_pem(&key_pem, &chain_pem).unwrap();
    let trust = TrustStore::from_pem(&anchor_pem).unwrap();
    let small = [7_u8; 512];
    println!("a document of {} bytes, canonical as we encode it, {name}:", document.len());
    let (ours, raw) = medians(
        || seal_unchecked(&document, id, &signer).unwrap(),
        || {
            if is_gost {
                black_box(openssl::hash::hash(digest, &document).unwrap());
            }
            sign(&key, &small)
        },
    );
    let (against, most) = match name {
        "RSA-2048" => ("raw signature", 1.3),
        "ECDSA P-256" => ("raw signature", 4.0),
        _ => ("(raw signature + Streebog over the document)", 1.5),
    };
    report(&format!("  sealing / {against}"), ratio(ours, raw), most, true);
    let sealed = seal_unchecked(&document, id, &signer).unwrap().into_bytes();
    let signature = sign(&key, &small);
    let begun = Instant::now();
    verify(open(&sealed, &limits).unwrap(), &TrustStore::from_pem(&anchor_pem).unwrap(), now()).unwrap();
    println!("  the first document of a signer is verified in {:?}, not counted below", begun.elapsed());
    let (ours, raw) = medians(
        || verify(open(&sealed, &limits).unwrap(), &trust, now()).unwrap(),
        || {
            // two and a half passes
            for passes in [&sealed[..], &sealed[..], &half(&sealed)] {
                black_box(read_namespaces(passes));
            }
            if is_gost {
                black_box(openssl::hash::hash(digest, &document).unwrap());
            }
            let mut verifier = Verifier::new(digest, &key).unwrap();
            assert!(verifier.verify_oneshot(&signature, &small).unwrap());
        },
    );
    let streebog = if is_gost { " + Streebog" } else { "" };
    report(
        &format!("  verifying / (raw verification{streebog} + 2.5 NsReader passes)"),
        ratio(ours, raw),
        1.0,
        true,
    );
    if !is_gost {
        let seal = &mut || drop(seal_unchecked(&document, id, &signer).unwrap());
        let verify = &mut || drop(verify(open(&sealed, &limits).unwrap(), &trust, now()).unwrap());
        xmlsec::claims((&sealed, &key_pem, &anchor_pem), seal, verify);
    }
}

/// Half of a document, well-formed enough for a reader that does not look at ends.
fn half(sealed: &[u8]) -> Vec<u8> {
    let middle = sealed.len() / 2;
    let end = middle + sealed[middle..].iter().position(|byte| *byte == b'<').unwrap();
    sealed[..end].to_vec()
}

/// From bytes to canonical form, a record and a large file of records.
fn canonical_forms() {
    let limits = Limits::default();
    let small = document();
    let body = std::str::from_utf8(&small).unwrap();
    let large = format!("<all>{}</all>", body.repeat(1_000_000 / small.len())).into_bytes();
    for document in [&small, &large] {
        let (ours, pass) = medians(|| canonicalize(document, &limits).unwrap(), || read_namespaces(document));
        let megabytes = f64::from(u32::try_from(document.len()).unwrap()) / 1e6;
        let claim = format!("canonical form of {} bytes, MB a second and core", document.len());
        report(&claim, megabytes / ours.as_secs_f64(), 150.0, false);
        println!("  an NsReader pass: {:.0} MB a second", megabytes / pass.as_secs_f64());
    }
}

fn now() -> Timestamp {
    "2026-11-23T00:00:00Z".parse().unwrap()
}

fn digest_of(key: &PKey<Private>) -> MessageDigest {
    let is_known = key.id() == Id::RSA || key.id() == Id::EC;
    if is_known { MessageDigest::sha256() } else { MessageDigest::from_name("md_gost12_256").unwrap() }
}

/// How long it takes to verify a document of a signer seen before, with and without a list of revoked certificates.
fn watched_and_plain() -> (Duration, Duration) {
    let (document, now) = (document(), now());
    let id: DocumentId = "7d2a1c58-0c5e-4f0f-9b8e-2f7f0d5b6a77".parse().unwrap();
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
    let sealed = seal_unchecked(&document, id, &signer).unwrap().into_bytes();
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
    RawSigner::new(digest_of(key), key).unwrap().sign_oneshot_to_vec(bytes).unwrap()
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
