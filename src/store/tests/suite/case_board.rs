//! The board lists cases by what is due first, each once, and is drawn anew after every change.

use super::fixture::*;
use crate::exchange::canonical::case::CaseDocumentKind;
use crate::exchange::canonical::{RecordId, State};
use crate::pension::{CaseEntry, Said};
use crate::store::*;
use jiff::civil::{Date, date};

fn case(number: u32) -> RecordId {
    format!("KZ-{number:04}").parse().unwrap()
}

fn row(due_on: Option<Date>, is_ours: bool) -> BoardRow {
    BoardRow { stage: "waiting".to_owned(), due_on, is_ours, is_theirs: !is_ours }
}

async fn draw(tx: &mut Tx, number: u32, row: &BoardRow) {
    case_lock(tx, &case(number)).await.unwrap();
    assert!(case_board_take(tx, &case(number)).await.unwrap());
    case_board_put(tx, &case(number), row).await.unwrap();
}

async fn numbers(tx: &mut Tx, choice: &BoardChoice) -> Vec<String> {
    let page = case_board_page(tx, choice, None, 100).await.unwrap();
    page.iter().map(|place| place.case.as_str().to_owned()).collect()
}

#[tokio::test]
async fn the_cursor_walks_every_case_once_what_is_due_first_before_the_others() {
    let (_folder, store) = store().await;
    let mut tx = store.begin().await.unwrap();
    // several on one day, several without any
    for number in 0..30_u32 {
        let day = (number % 5 != 0).then(|| date(2026, 3, i8::try_from(number % 4 + 1).unwrap()));
        draw(&mut tx, number, &row(day, number % 2 == 0)).await;
    }
    let (mut walked, mut after) = (Vec::new(), None);
    loop {
        let page = case_board_page(&mut tx, &BoardChoice::default(), after.as_ref(), 7).await.unwrap();
        let Some(last) = page.last() else { break };
        after = Some(last.clone());
        walked.extend(page);
    }
    assert_eq!(walked.len(), 30);
    let keys: Vec<_> = walked.iter().map(|it| (it.due_on.unwrap_or(Date::MAX), it.case.clone())).collect();
    assert!(keys.is_sorted() && keys.windows(2).all(|pair| pair[0] != pair[1]));
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn cases_are_chosen_by_turn_by_stage_and_by_what_is_over() {
    let (_folder, store) = store().await;
    let mut tx = store.begin().await.unwrap();
    draw(&mut tx, 1, &row(Some(date(2026, 3, 1)), true)).await;
    draw(&mut tx, 2, &row(Some(date(2026, 3, 9)), false)).await;
    draw(&mut tx, 3, &row(None, true)).await;
    let still =
        |stage: &str| BoardRow { stage: stage.to_owned(), due_on: None, is_ours: false, is_theirs: false };
    draw(&mut tx, 4, &still("closed")).await;
    draw(&mut tx, 5, &still("none")).await;
    let all = BoardChoice::default();
    assert_eq!(
        numbers(&mut tx, &all).await,
        ["KZ-0001", "KZ-0002", "KZ-0003"],
        "a closed one is not among them"
    );
    let ours = BoardChoice { is_ours: true, ..all.clone() };
    assert_eq!(numbers(&mut tx, &ours).await, ["KZ-0001", "KZ-0003"]);
    let over = BoardChoice { due_before: Some(date(2026, 3, 9)), ..all.clone() };
    assert_eq!(numbers(&mut tx, &over).await, ["KZ-0001"], "the last day is not over");
    let closed = BoardChoice { stage: Some("closed".to_owned()), ..all };
    assert_eq!(numbers(&mut tx, &closed).await, ["KZ-0004"]);
    let counts = case_board_counts(&mut tx, date(2026, 3, 9)).await.unwrap();
    let count = |is_it: fn(&BoardCount) -> bool| -> u64 {
        counts.iter().filter(|row| is_it(row)).map(|row| row.count).sum()
    };
    assert_eq!((count(|it| it.is_overdue), count(|it| it.is_ours), count(|it| it.is_theirs)), (1, 2, 1));
    assert_eq!((count(|it| it.stage == "closed"), count(|it| it.stage == "none")), (1, 0));
    tx.commit().await.unwrap();
}

fn entry(number: u128) -> CaseEntry {
    CaseEntry {
        document_id: document(number),
        kind: CaseDocumentKind::PensionClaim,
        from: State::Ru,
        to: State::Kg,
        about: None,
        at: at(10),
        said: Said::default(),
    }
}

#[tokio::test]
async fn whatever_is_written_to_a_case_has_it_drawn_anew() {
    let (_folder, store) = store().await;
    let mut tx = store.begin().await.unwrap();
    let waiting = async |tx: &mut Tx| case_board_waiting(tx, 10).await.unwrap().len();
    case_lock(&mut tx, &case(1)).await.unwrap();
    case_put(&mut tx, &case(1), &entry(1), None).await.unwrap();
    assert_eq!(waiting(&mut tx).await, 1, "a new case");
    assert!(case_board_take(&mut tx, &case(1)).await.unwrap());
    assert!(!case_board_take(&mut tx, &case(1)).await.unwrap(), "another has drawn it");
    assert_eq!(waiting(&mut tx).await, 0);
    case_void(&mut tx, document(1)).await.unwrap();
    assert_eq!(waiting(&mut tx).await, 1, "the peer refused its document");
    assert!(case_board_take(&mut tx, &case(1)).await.unwrap());
    case_restore(&mut tx, document(1)).await.unwrap();
    assert_eq!(waiting(&mut tx).await, 1, "it is sent again");
    assert!(case_board_take(&mut tx, &case(1)).await.unwrap());
    case_board_renew(&mut tx).await.unwrap();
    assert_eq!(waiting(&mut tx).await, 1, "the terms have changed");
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn a_record_is_put_into_a_case_once_and_can_be_taken_out() {
    let (_folder, store) = store().await;
    let mut tx = store.begin().await.unwrap();
    let record = |number| CaseRecord {
        document_id: document(number),
        conversation_id: conversation(number),
        peer: "RU".to_owned(),
        put_at: at(i64::try_from(number).unwrap()),
        put_by: "a.akhmetova".to_owned(),
    };
    assert!(case_record_put(&mut tx, &case(1), &record(2)).await.unwrap());
    assert!(case_record_put(&mut tx, &case(1), &record(1)).await.unwrap());
    assert!(!case_record_put(&mut tx, &case(1), &record(1)).await.unwrap());
    assert!(case_record_put(&mut tx, &case(2), &record(1)).await.unwrap(), "a record serves several cases");
    assert_eq!(case_records(&mut tx, &case(1)).await.unwrap(), [record(1), record(2)]);
    assert!(case_record_drop(&mut tx, &case(1), document(1)).await.unwrap());
    assert!(!case_record_drop(&mut tx, &case(1), document(1)).await.unwrap());
    assert_eq!(case_records(&mut tx, &case(1)).await.unwrap(), [record(2)]);
    assert_eq!(case_records(&mut tx, &case(2)).await.unwrap(), [record(1)]);
    tx.commit().await.unwrap();
}
