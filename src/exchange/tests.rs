//! Documents of pension cases: what is written is lawful, and read back the same.

use super::document::codec::{Attachments, Dice, Header, case_root, decode_case, encode_case, invent_case};
use super::seal::sha256;
use crate::base::{DocumentId, HeldPart, Limits};
use crate::exchange::canonical::case::{CaseDocument, CaseDocumentKind};
use crate::exchange::rules::{Catalogue, CodeLists, MessageKind, Rules};
use proptest::prelude::*;
use std::sync::LazyLock;

static LISTS: LazyLock<CodeLists> = LazyLock::new(|| CodeLists::built_in().unwrap());
static RULES: LazyLock<Rules> = LazyLock::new(|| Rules::built_in(Limits::default()).unwrap());
static CATALOGUE: LazyLock<Catalogue> = LazyLock::new(|| Catalogue::built_in().unwrap());

fn codes(list: &str) -> Vec<String> {
    LISTS.list(list).unwrap().codes().map(|(code, _)| code.to_owned()).collect()
}

fn invented(kind: CaseDocumentKind, octets: &[u8]) -> CaseDocument {
    invent_case(kind, &mut Dice::new(octets, &codes)).unwrap()
}

fn message(kind: CaseDocumentKind) -> &'static MessageKind {
    let (process, transaction) = CATALOGUE.beginning_with_root(case_root(kind)).unwrap();
    process.message(&transaction.request).unwrap()
}

fn header(document: &CaseDocument) -> Header {
    let message = message(document.kind());
    let (id, about) = (DocumentId::from_uuid(uuid::Uuid::from_u128(7)), document.head().about);
    let now = "2036-02-10T08:00:00Z".parse().unwrap();
    Header::new((&message.code, &message.structure), id, about, now)
}

fn there_and_back(document: &CaseDocument) -> Vec<u8> {
    let header = header(document);
    let bytes = encode_case(document, &header).unwrap();
    let none: &[HeldPart] = &[];
    let parts = Attachments::new(none, sha256);
    let (read_header, read) = decode_case(&bytes, parts, &Limits::default()).unwrap();
    assert_eq!(read_header, header);
    assert!(read == *document, "{}", String::from_utf8_lossy(&bytes));
    bytes
}

fn with_about(kind: CaseDocumentKind, octets: &[u8]) -> CaseDocument {
    let mut document = invented(kind, octets);
    document.head_mut().about = Some(DocumentId::from_uuid(uuid::Uuid::from_u128(9)));
    document
}

#[test]
fn the_simplest_of_each_kind_is_lawful() {
    for kind in CaseDocumentKind::ALL {
        let document = with_about(*kind, &[]);
        let bytes = there_and_back(&document);
        if let Err(findings) = RULES.check(&bytes, message(*kind)) {
            panic!("{}: {findings:#?}", kind.as_code());
        }
        let json = serde_json::to_string(&document).unwrap();
        assert!(json.contains(&format!("\"document\":\"{}\"", kind.as_code())), "{json}");
        assert!(serde_json::from_str::<CaseDocument>(&json).unwrap() == document);
    }
}

proptest! {
    /// `PROPTEST_CASES` takes as many of each kind as one likes.
    #[test]
    fn every_invented_document_is_read_back_the_same(octets in prop::collection::vec(any::<u8>(), 0..600)) {
        for kind in CaseDocumentKind::ALL {
            there_and_back(&with_about(*kind, &octets));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn every_invented_document_is_lawful(octets in prop::collection::vec(any::<u8>(), 0..600)) {
        for kind in CaseDocumentKind::ALL {
            let document = with_about(*kind, &octets);
            let bytes = there_and_back(&document);
            let checked = RULES.check(&bytes, message(*kind));
            prop_assert!(checked.is_ok(), "{}: {checked:#?} {}", kind.as_code(), String::from_utf8_lossy(&bytes));
            let json = serde_json::to_string(&document).unwrap();
            prop_assert!(serde_json::from_str::<CaseDocument>(&json).unwrap() == document);
        }
    }
}
