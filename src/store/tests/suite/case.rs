//! Documents of cases are kept once, and found by their case in the order in which they left or came.

use super::fixture::*;
use crate::exchange::canonical::case::{BodyDirectory, CaseDocumentKind};
use crate::exchange::canonical::{RecordId, State};
use crate::pension::{CaseEntry, Filed, Said};
use crate::store::*;

const DIRECTORY: &str = r#"{ "head": { "state": "RU", "body": { "name": "Министерство" } }, "as_of": "2026-05-04",
    "entries": [{ "body": { "id": "1", "name": "Фонд" }, "role": "competent", "days": { "from": "2023-01-01" } }] }"#;

#[tokio::test]
async fn the_newest_directory_of_a_state_is_kept() {
    let (_folder, store) = store().await;
    let newest: BodyDirectory = serde_json::from_str(DIRECTORY).unwrap();
    let older =
        BodyDirectory { as_of: newest.as_of.yesterday().unwrap(), entries: Vec::new(), ..newest.clone() };
    let mut tx = store.begin().await.unwrap();
    assert!(directory_find(&mut tx, State::Ru).await.unwrap().is_none());
    for directory in [&older, &newest, &older] {
        directory_put(&mut tx, directory).await.unwrap();
    }
    assert_eq!(directory_find(&mut tx, State::Ru).await.unwrap(), Some(newest.entries));
    assert!(directory_find(&mut tx, State::Kg).await.unwrap().is_none());
    tx.commit().await.unwrap();
}

fn entry(number: u128, ms: i64) -> CaseEntry {
    CaseEntry {
        document_id: document(number),
        kind: CaseDocumentKind::PensionDecision,
        from: State::Ru,
        to: State::Kg,
        about: (number > 1).then(|| document(1)),
        at: at(ms),
        said: Said {
            filed: Some(Filed { state: State::Kg, at: "2026-02-10T10:00:00+06:00".parse().unwrap() }),
            pensions: vec!["ru-old-age".parse().unwrap()],
            decision: Some("award".parse().unwrap()),
            due: None,
            check: Some("KZ-RU-1".parse().unwrap()),
        },
    }
}

#[tokio::test]
async fn a_case_has_each_of_its_documents_once_and_no_other() {
    let (_folder, store) = store().await;
    let (case, other): (RecordId, RecordId) = ("RU-1".parse().unwrap(), "RU-2".parse().unwrap());
    let mut tx = store.begin().await.unwrap();
    for (case, entry) in [(&case, entry(2, 20)), (&case, entry(1, 10)), (&other, entry(3, 5))] {
        case_put(&mut tx, case, &entry).await.unwrap();
    }
    case_put(&mut tx, &other, &entry(1, 90)).await.unwrap(); // it belongs to a case already
    assert_eq!(case_entries(&mut tx, &case).await.unwrap(), [entry(1, 10), entry(2, 20)]);
    assert_eq!(case_entries(&mut tx, &other).await.unwrap(), [entry(3, 5)]);
    assert_eq!(case_list(&mut tx, "", 10).await.unwrap(), [case.clone(), other.clone()]);
    assert_eq!(case_list(&mut tx, "", 1).await.unwrap(), std::slice::from_ref(&case));
    assert_eq!(case_list(&mut tx, "RU-1", 10).await.unwrap(), [other]);
    assert_eq!(case_forget(&mut tx, &case).await.unwrap(), 2);
    assert_eq!(case_entries(&mut tx, &case).await.unwrap(), []);
    tx.commit().await.unwrap();
}
