//! The shared documents R.007 and R.010: golden files from record to document and back, and what is refused.
//!
//! `STAZH_UPDATE=1` writes the documents and the findings of `fixtures/documents/refused` anew; read what changed.

use crate::fixtures::{every_file_of, fixture};
use stazh::base::{DocumentId, Finding, Findings, Limits};
use stazh::exchange::accept_holding;
use stazh::exchange::canonical::{InsuranceRecord, ResourceStatus};
use stazh::exchange::document::Element;
use stazh::exchange::document::codec::{
    Attachments, CodecError, Header, HeaderText, HeldDocument, HeldError, encode_container, encode_record,
    encode_status,
};
use stazh::exchange::rules::{Catalogue, MessageKind, Rules, ValidDocument};
use stazh::exchange::seal::{Signer, TrustStore, VerifiedDocument, canonicalize, open, seal, verify};
use std::fs;
use std::path::Path;
use std::sync::LazyLock;

/// The message that the shared documents here stand in; no process of the catalogue is needed to judge them.
const MESSAGE: &str = "P.XP.90.MSG.001";
pub(crate) const CONTAINER: &str = "R.010";
const STATUS: &str = "R.007";

/// What the containers here may hold.
pub(crate) fn allowed() -> [String; 2] {
    ["R.XP.XP.01.002".to_owned(), STATUS.to_owned()]
}

/// A message that carries a container; no process of the catalogue has one.
pub(crate) fn container() -> MessageKind {
    MessageKind {
        code: MESSAGE.to_owned(),
        structure: CONTAINER.to_owned(),
        namespace: "urn:EEC:R:GenericEDocDetails:v1.0.0".to_owned(),
        root: "GenericEDocDetails".to_owned(),
        ..status()
    }
}

/// The message that answers with the state of a resource.
fn status() -> MessageKind {
    Catalogue::built_in().unwrap().process("P.XP.02").unwrap().message("P.XP.02.MSG.002").unwrap().clone()
}

fn read<T: serde::de::DeserializeOwned>(name: &str) -> T {
    serde_json::from_str(&fs::read_to_string(fixture(name)).unwrap()).unwrap()
}

/// Compares a document with its file, or writes it.
fn hold(path: &Path, made: &str) {
    if std::env::var_os("STAZH_UPDATE").is_some() {
        fs::write(path, made).unwrap();
    }
    let is = fs::read_to_string(path).unwrap_or_else(|_| panic!("{} is missing", path.display()));
    assert!(is == made, "{} is not what is made now:\n{made}", path.display());
}

fn header(structure: &str, number: u32, answers: bool) -> Header {
    Header {
        message: MESSAGE.to_owned(),
        structure: structure.to_owned(),
        document_id: format!("7d2a1c58-0c5e-4f0f-9b8e-2f7f0d5b6a{number:02}").parse::<DocumentId>().unwrap(),
        answers: answers.then(|| "6a1b7f0c-3c1e-4c39-8f2b-1b7f5b8a0c13".parse().unwrap()),
        made_at: HeaderText("2026-11-23T10:00:00Z".to_owned()),
    }
}

fn rules() -> &'static Rules {
    &RULES
}

/// Compiled once, for many documents.
static RULES: LazyLock<Rules> = LazyLock::new(|| Rules::built_in(Limits::default()).unwrap());

fn check(document: &[u8], message: &MessageKind) -> Result<ValidDocument, Findings> {
    rules().check_holding(document, message, &allowed())
}

/// Seals a lawful document and takes it as the peer does.
fn sent(valid: &ValidDocument, id: DocumentId) -> VerifiedDocument {
    let keys = fixture("keys");
    let signer = Signer::from_files(&keys.join("seal.key.pem"), &keys.join("seal.pem")).unwrap();
    let trust = TrustStore::from_files(&[keys.join("authority.pem")]).unwrap();
    let sealed = seal(valid, id, &signer).unwrap();
    let opened = open(sealed.as_bytes(), &Limits::default()).unwrap();
    verify(opened, &trust, "2026-12-01T10:00:00Z".parse().unwrap()).unwrap()
}

/// The documents that stand in the container of the fixtures.
fn parts() -> Vec<Vec<u8>> {
    let record: InsuranceRecord = read("shared/insurance-record.json");
    let status: ResourceStatus = read("shared/resource-status.json");
    vec![
        encode_record(&record, &header("R.XP.XP.01.002", 2, true)).unwrap(),
        encode_status(&status, &header(STATUS, 3, true)).unwrap(),
        encode_record(&record, &header("R.XP.XP.01.002", 4, true)).unwrap(),
    ]
}

#[test]
fn a_status_is_walked_from_the_record_to_the_sealed_document_and_back() {
    let state: ResourceStatus = read("shared/resource-status.json");
    let header = Header { message: status().code, ..header(STATUS, 1, true) };
    let document = encode_status(&state, &header).unwrap();
    assert_eq!(canonicalize(&document, &Limits::default()).unwrap(), document);
    let verified = sent(&check(&document, &status()).unwrap(), header.document_id);
    let accepted = accept_holding(&verified, &status(), &[], rules()).unwrap();
    assert_eq!(accepted.status(&Limits::default()).unwrap(), (header, state));
}

#[test]
fn a_container_is_walked_from_its_documents_to_the_sealed_one_and_back() {
    let limits = Limits::default();
    let header = header(CONTAINER, 1, false);
    let parts = parts();
    let document = encode_container(&parts, &header, &limits).unwrap();
    hold(&fixture("documents/container.xml"), std::str::from_utf8(&document).unwrap());
    assert_eq!(canonicalize(&document, &limits).unwrap(), document, "what is embedded stays canonical");
    let verified = sent(&check(&document, &container()).unwrap(), header.document_id);
    let refused = accept_holding(&verified, &container(), &[STATUS.to_owned()], rules()).unwrap_err();
    assert_eq!(refused.iter().map(|finding| finding.code.as_str()).collect::<Vec<_>>(), ["rules.held"; 2]);
    let accepted = accept_holding(&verified, &container(), &allowed(), rules()).unwrap();
    let (read_header, held) = accepted.container(&limits).unwrap();
    assert_eq!(read_header, header);
    let roots: Vec<&str> = held.iter().map(HeldDocument::root).collect();
    assert_eq!(roots, ["InsuranceRecord", "ResourceStatusDetails", "InsuranceRecord"]);
    assert_eq!(held[1].namespace(), "urn:EEC:R:ResourceStatusDetails:v1.0.0");
    for (held, part) in held.iter().zip(&parts) {
        assert!(verified.document()[held.range()] == part[..]);
    }
    assert!(
        held[0].record(Attachments::new(&[], stazh::exchange::seal::sha256)).unwrap().1
            == read("shared/insurance-record.json")
    );
    assert!(held[1].status().unwrap().1 == read("shared/resource-status.json"));
    assert!(
        held[1].record(Attachments::new(&[], stazh::exchange::seal::sha256)).is_err()
            && held[0].notice().is_err()
    );
    assert!(held[0].inquiry("RU".parse().unwrap()).is_err(), "a record is no inquiry");
}

#[test]
fn a_container_keeps_within_its_limit_on_both_sides() {
    let limits = Limits { container_documents_max: 2, ..Limits::default() };
    let (parts, header) = (parts(), header(CONTAINER, 1, false));
    assert!(encode_container(&parts[..2], &header, &limits).is_ok());
    let told = |documents: &[Vec<u8>]| match encode_container(documents, &header, &limits) {
        Err(CodecError::Held(error)) => error,
        other => panic!("{other:?}"),
    };
    assert_eq!(told(&parts), HeldError::TooMany { limit: 2 });
    assert_eq!(told(&[]), HeldError::None);
    let document = encode_container(&parts, &header, &Limits::default()).unwrap();
    let findings = Rules::built_in(limits).unwrap().structure(&document);
    assert_eq!(
        findings.iter().map(|finding| finding.code.as_str()).collect::<Vec<_>>(),
        ["rules.held_count"]
    );
    let verified = sent(&check(&document, &container()).unwrap(), header.document_id);
    let accepted = accept_holding(&verified, &container(), &allowed(), rules()).unwrap();
    assert!(matches!(accepted.container(&limits), Err(CodecError::Values(_))));
}

#[test]
fn only_one_canonical_element_goes_into_a_container() {
    let header = header(CONTAINER, 1, false);
    let encode = |document: &str| {
        encode_container(&[parts().remove(0), document.as_bytes().to_vec()], &header, &Limits::default())
    };
    let nested = fs::read_to_string(fixture("documents/container.xml")).unwrap();
    for text in [
        "<?xml version=\"1.0\"?><a></a>",
        "<a></a>\n",
        "<a></a><!-- -->",
        "<a><!-- --></a>",
        "<a><?b c?></a>",
        nested.as_str(),
    ] {
        let error = encode(text).unwrap_err();
        assert!(matches!(error, CodecError::Held(HeldError::NotPlain { place: 2 })), "{text}: {error}");
    }
    for text in ["<a>", "<a></a><b></b>", "", "text"] {
        assert!(matches!(encode(text), Err(CodecError::Xml(_))), "{text}");
    }
}

/// The message that a refused document would stand in, by its root element.
pub(crate) fn message_of(document: &str) -> MessageKind {
    let root = Element::parse(document.as_bytes(), &Limits::default()).unwrap();
    match &*root.local {
        "GenericEDocDetails" => container(),
        "ResourceStatusDetails" => status(),
        name => Catalogue::built_in().unwrap().message_of_root(&root.namespace, name).unwrap().clone(),
    }
}

/// Each file of the folder is refused with exactly the findings in the file beside it.
#[test]
fn every_refused_document_tells_what_is_wrong() {
    let mut count = 0;
    for path in every_file_of("documents/refused") {
        if path.extension().is_some_and(|ending| ending == "findings") {
            assert!(path.with_extension("xml").exists(), "{} has no document", path.display());
            continue;
        }
        let document = fs::read_to_string(&path).unwrap();
        let findings =
            check(document.as_bytes(), &message_of(&document)).expect_err(&format!("{}", path.display()));
        let told: Vec<String> = findings.iter().map(Finding::to_string).collect();
        hold(&path.with_extension("findings"), &(told.join("\n") + "\n"));
        count += 1;
    }
    assert!(count >= 80, "{count} documents");
}
