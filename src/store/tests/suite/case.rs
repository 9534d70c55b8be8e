//! Documents of cases are kept once, and found by their case in the order in which they left or came.

use super::fixture::*;
use crate::base::Digest256;
use crate::exchange::canonical::case::{BodyDirectory, CaseDocumentKind};
use crate::exchange::canonical::{RecordId, State};
use crate::pension::{CaseEntry, Filed, Said};
use crate::store::*;
use std::sync::Arc;
use tokio::sync::Barrier;

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
            reason: None, // it is judged, and not kept
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
        case_put(&mut tx, case, &entry, None).await.unwrap();
    }
    case_put(&mut tx, &other, &entry(1, 90), None).await.unwrap(); // it belongs to a case already
    assert_eq!(case_entries(&mut tx, &case).await.unwrap(), [entry(1, 10), entry(2, 20)]);
    assert_eq!(case_entries(&mut tx, &other).await.unwrap(), [entry(3, 5)]);
    assert_eq!(case_list(&mut tx, "", 10).await.unwrap(), [case.clone(), other.clone()]);
    assert_eq!(case_list(&mut tx, "", 1).await.unwrap(), std::slice::from_ref(&case));
    assert_eq!(case_list(&mut tx, "RU-1", 10).await.unwrap(), [other]);
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn what_came_is_held_until_its_row_is_settled_and_gone_if_that_is_returned() {
    let (_folder, store) = store().await;
    let case: RecordId = "RU-1".parse().unwrap();
    let mut tx = store.begin().await.unwrap();
    let (kept, lost) = (incoming("ru", 1), InboxDraft { message_id: Some(message(6)), ..incoming("ru", 2) });
    let (kept, lost) = (inbox_hold(&mut tx, &kept).await.unwrap(), inbox_hold(&mut tx, &lost).await.unwrap());
    assert_eq!(settling(&mut tx, 1, 9).await.len(), 2);
    case_put(&mut tx, &case, &entry(1, 10), None).await.unwrap();
    case_put(&mut tx, &case, &entry(2, 20), Some(kept)).await.unwrap();
    case_put(&mut tx, &case, &entry(3, 30), Some(lost)).await.unwrap();
    for id in [kept, lost] {
        inbox_received(&mut tx, id).await.unwrap();
        inbox_accepted(&mut tx, id).await.unwrap();
        assert_eq!(case_entries(&mut tx, &case).await.unwrap(), [entry(1, 10)]);
        assert_eq!(case_held(&mut tx, &case).await.unwrap(), [entry(2, 20), entry(3, 30)]);
    }
    inbox_deferred(&mut tx, kept).await.unwrap();
    inbox_returned(&mut tx, lost, "transit.cancelled").await.unwrap();
    assert_eq!(case_held(&mut tx, &case).await.unwrap(), [entry(2, 20)]);
    inbox_resume(&mut tx, conversation(1), "ru").await.unwrap();
    inbox_settled(&mut tx, kept).await.unwrap();
    assert_eq!(case_entries(&mut tx, &case).await.unwrap(), [entry(1, 10), entry(2, 20)]);
    assert_eq!(case_held(&mut tx, &case).await.unwrap(), []);
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn what_left_counts_until_it_is_refused_and_again_when_it_is_sent_again() {
    let (_folder, store) = store().await;
    let case: RecordId = "RU-1".parse().unwrap();
    let mut tx = store.begin().await.unwrap();
    let row = inbox_hold(&mut tx, &incoming("ru", 1)).await.unwrap();
    assert_eq!(settling(&mut tx, 1, 9).await, [row]);
    inbox_settled(&mut tx, row).await.unwrap();
    case_put(&mut tx, &case, &entry(1, 10), None).await.unwrap();
    case_put(&mut tx, &case, &entry(2, 20), Some(row)).await.unwrap();
    for number in [1, 2, 3] {
        case_void(&mut tx, document(number)).await.unwrap();
    }
    assert_eq!(
        case_entries(&mut tx, &case).await.unwrap(),
        [entry(2, 20)],
        "what came is not ours to take out"
    );
    assert_eq!(case_voided(&mut tx, &case).await.unwrap(), [entry(1, 10)]);
    case_restore(&mut tx, document(1)).await.unwrap();
    assert_eq!(case_voided(&mut tx, &case).await.unwrap(), []);
    assert_eq!(case_entries(&mut tx, &case).await.unwrap(), [entry(1, 10), entry(2, 20)]);
    case_void(&mut tx, document(1)).await.unwrap();
    case_put(&mut tx, &"RU-0".parse().unwrap(), &entry(4, 1), None).await.unwrap();
    case_void(&mut tx, document(4)).await.unwrap();
    assert_eq!(case_list(&mut tx, "", 9).await.unwrap(), [case], "one that has nothing else is not listed");
}

#[tokio::test]
async fn a_closed_case_is_forgotten_whole_and_no_other_loses_anything() {
    let (_folder, store) = store().await;
    let id = |number: u32| -> RecordId { format!("RU-{number}").parse().unwrap() };
    let mut tx = store.begin().await.unwrap();
    for (number, stage, ms) in [(1, "closed", 10), (2, "closed", 20), (3, "decided", 10), (4, "closed", 10)] {
        let document_id = document(u128::from(number));
        case_lock(&mut tx, &id(number)).await.unwrap();
        case_put(&mut tx, &id(number), &entry(u128::from(number), ms), None).await.unwrap();
        let stands = BoardRow { stage: stage.to_owned(), due_on: None, is_ours: false, is_theirs: false };
        case_board_put(&mut tx, &id(number), &stands).await.unwrap();
        let page = CasePage { document_id, digest: None, page: 1, pages: 1, noted_at: at(9) };
        assert!(case_page_put(&mut tx, &id(number), &page).await.unwrap());
        let record = CaseRecord {
            document_id,
            conversation_id: conversation(u128::from(number)),
            peer: "kg".to_owned(),
            put_at: at(9),
            put_by: "b.asanova".to_owned(),
        };
        assert!(case_record_put(&mut tx, &id(number), &record).await.unwrap());
        let draft = CaseDraft {
            id: document_id.as_uuid(),
            case: id(number),
            to: State::Kg,
            body: "{}".to_owned(),
            made_by: "b.asanova".to_owned(),
            made_at: at(9),
        };
        case_draft_put(&mut tx, &draft).await.unwrap();
    }
    let ended = case_ended(&mut tx, "", at(20), 10).await.unwrap();
    assert_eq!(ended, [id(1), id(4)], "closed, and nothing of it is of that instant or later");
    assert_eq!(case_ended(&mut tx, "RU-1", at(20), 10).await.unwrap(), [id(4)]);
    assert_eq!(case_ended(&mut tx, "", at(20), 1).await.unwrap(), [id(1)]);
    case_forget(&mut tx, &id(1)).await.unwrap();
    assert_eq!(case_list(&mut tx, "", 10).await.unwrap(), [id(2), id(3), id(4)]);
    assert_eq!(case_ended(&mut tx, "", at(20), 10).await.unwrap(), [id(4)]);
    for number in 1..=4 {
        let left = usize::from(number != 1);
        assert_eq!(case_entries(&mut tx, &id(number)).await.unwrap().len(), left);
        assert_eq!(case_pages(&mut tx, &id(number)).await.unwrap().len(), left);
        assert_eq!(case_records(&mut tx, &id(number)).await.unwrap().len(), left);
        let draft = case_draft_find(&mut tx, document(u128::from(number)).as_uuid()).await.unwrap();
        assert_eq!(usize::from(draft.is_some()), left);
    }
    // its number may be used again
    case_lock(&mut tx, &id(1)).await.unwrap();
    case_put(&mut tx, &id(1), &entry(1, 30), None).await.unwrap();
    assert_eq!(case_entries(&mut tx, &id(1)).await.unwrap(), [entry(1, 30)]);
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn a_case_whose_documents_are_all_held_is_not_listed_yet() {
    let (_folder, store) = store().await;
    let mut tx = store.begin().await.unwrap();
    let row = inbox_hold(&mut tx, &incoming("ru", 1)).await.unwrap();
    case_put(&mut tx, &"RU-1".parse().unwrap(), &entry(1, 10), Some(row)).await.unwrap();
    assert_eq!(case_list(&mut tx, "", 10).await.unwrap(), []);
    assert_eq!(settling(&mut tx, 1, 9).await, [row]);
    inbox_settled(&mut tx, row).await.unwrap();
    assert_eq!(case_list(&mut tx, "", 10).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_case_is_watched_from_each_document_on_until_it_is_left() {
    let (_folder, store) = store().await;
    let (one, two): (RecordId, RecordId) = ("RU-1".parse().unwrap(), "RU-2".parse().unwrap());
    let mut tx = store.begin().await.unwrap();
    for case in [&two, &one, &one] {
        case_lock(&mut tx, case).await.unwrap();
    }
    assert_eq!(case_watched(&mut tx, "", 9).await.unwrap(), [one.clone(), two.clone()]);
    assert_eq!(case_watched(&mut tx, "RU-1", 9).await.unwrap(), std::slice::from_ref(&two));
    assert_eq!(case_watched(&mut tx, "", 1).await.unwrap(), std::slice::from_ref(&one));
    case_unwatch(&mut tx, &one).await.unwrap();
    assert_eq!(case_watched(&mut tx, "", 9).await.unwrap(), [two]);
    case_lock(&mut tx, &one).await.unwrap();
    assert_eq!(case_watched(&mut tx, "", 1).await.unwrap(), [one]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_those_who_write_to_one_case_at_once_each_sees_what_the_one_before_wrote() {
    let (place, first) = store().await;
    let second = again(&place).await;
    for round in 0..20_u128 {
        let case: RecordId = format!("RU-{round}").parse().unwrap();
        let barrier = Arc::new(Barrier::new(4));
        let writers = [&first, &second, &first, &second].into_iter().zip(1..).map(|(store, number)| {
            let (store, case, barrier) = (store.clone(), case.clone(), barrier.clone());
            tokio::spawn(async move {
                barrier.wait().await;
                let mut tx = store.begin().await.unwrap();
                case_lock(&mut tx, &case).await.unwrap();
                let before = case_entries(&mut tx, &case).await.unwrap().len();
                tokio::task::yield_now().await;
                case_put(&mut tx, &case, &entry(round * 4 + number, 1), None).await.unwrap();
                tx.commit().await.unwrap();
                before
            })
        });
        let mut seen = Vec::new();
        for writer in writers.collect::<Vec<_>>() {
            seen.push(writer.await.unwrap());
        }
        seen.sort_unstable();
        assert_eq!(seen, [0, 1, 2, 3], "round {round}");
    }
}

#[tokio::test]
async fn a_page_is_noted_once_in_a_case_and_a_document_is_found_by_its_id() {
    let (_folder, store) = store().await;
    let (case, other): (RecordId, RecordId) = ("RU-1".parse().unwrap(), "RU-2".parse().unwrap());
    let mut tx = store.begin().await.unwrap();
    let page = |page: u32, digest: Option<Digest256>| CasePage {
        document_id: document(1),
        digest,
        page,
        pages: 12,
        noted_at: at(i64::from(page)),
    };
    let pages = [page(2, None), page(2, Some(Digest256([7; 32]))), page(11, Some(Digest256([7; 32])))];
    for page in pages.iter().rev() {
        assert!(case_page_put(&mut tx, &case, page).await.unwrap());
        assert!(
            !case_page_put(&mut tx, &case, &CasePage { noted_at: at(99), ..page.clone() }).await.unwrap()
        );
    }
    assert_eq!(case_pages(&mut tx, &case).await.unwrap(), pages);
    assert_eq!(case_pages(&mut tx, &other).await.unwrap(), []);
    assert_eq!(case_of_document(&mut tx, document(1)).await.unwrap(), None);
    case_put(&mut tx, &other, &entry(1, 10), None).await.unwrap();
    assert_eq!(case_of_document(&mut tx, document(1)).await.unwrap(), Some(other));
    tx.commit().await.unwrap();
}
