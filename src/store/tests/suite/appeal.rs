//! An appeal is taken and answered once; what was done for a key is done once; a notice hangs until its day.

use super::fixture::*;
use crate::store::*;
use jiff::civil::date;
use std::collections::BTreeMap;
use uuid::Uuid;

fn draft(number: u128, login: Option<&str>) -> AppealDraft {
    AppealDraft {
        id: Uuid::from_u128(number),
        kind: "failure".to_owned(),
        source: AppealSource::User,
        channel: "form".to_owned(),
        login: login.map(str::to_owned),
        contact: "a@example".to_owned(),
        subject: "Ошибка; DROP TABLE appeal".to_owned(),
        body: "<b>it's</b> broken".to_owned(),
        file: Some(("scan.pdf".to_owned(), b"%PDF-".to_vec())),
        filed_at: at(1),
        due_on: date(2026, 12, 3),
    }
}

#[tokio::test]
async fn an_appeal_is_taken_once_and_answered_once() {
    let (_folder, store) = store().await;
    let mut tx = store.begin().await.unwrap();
    appeal_put(&mut tx, &draft(1, Some("a"))).await.unwrap();
    appeal_put(&mut tx, &draft(2, None)).await.unwrap();
    let id = Uuid::from_u128(1);
    assert!(appeal_take(&mut tx, id, at(2), "b").await.unwrap());
    assert!(!appeal_take(&mut tx, id, at(3), "c").await.unwrap());
    assert!(appeal_answer(&mut tx, id, ("done", at(4), "c")).await.unwrap());
    assert!(!appeal_answer(&mut tx, id, ("again", at(5), "d")).await.unwrap());
    assert!(!appeal_take(&mut tx, id, at(6), "d").await.unwrap());
    let found = appeal_find(&mut tx, id).await.unwrap().unwrap();
    assert_eq!(found.reacted, Some((at(2), "b".to_owned())));
    assert_eq!(found.answered, Some(("done".to_owned(), at(4), "c".to_owned())));
    assert_eq!(found.draft, AppealDraft { file: None, ..draft(1, Some("a")) });
    assert_eq!(found.file_name.as_deref(), Some("scan.pdf"));
    assert_eq!(appeal_file(&mut tx, id).await.unwrap(), Some(b"%PDF-".to_vec()));

    // who answers at once has looked at it, too
    let other = Uuid::from_u128(2);
    assert!(appeal_answer(&mut tx, other, ("done", at(9), "e")).await.unwrap());
    let found = appeal_find(&mut tx, other).await.unwrap().unwrap();
    assert_eq!(found.reacted, Some((at(9), "e".to_owned())));
    assert_eq!(appeal_find(&mut tx, Uuid::from_u128(3)).await.unwrap(), None);
}

#[tokio::test]
async fn appeals_are_listed_by_state_or_login_the_newest_first() {
    let (_folder, store) = store().await;
    let mut tx = store.begin().await.unwrap();
    for number in 1..=5 {
        appeal_put(&mut tx, &draft(number, (number % 2 == 0).then_some("a"))).await.unwrap();
    }
    let numbers =
        |rows: Vec<AppealRow>| rows.into_iter().map(|row| row.draft.id.as_u128()).collect::<Vec<_>>();
    let page = appeal_page(&mut tx, (AppealState::Open, None), LAST, 3).await.unwrap();
    assert_eq!(numbers(page), [5, 4, 3]);
    let before = Uuid::from_u128(3).to_string();
    let page = appeal_page(&mut tx, (AppealState::Open, None), &before, 3).await.unwrap();
    assert_eq!(numbers(page), [2, 1]);
    let own = appeal_page(&mut tx, (AppealState::Open, Some("a")), LAST, 9).await.unwrap();
    assert_eq!(numbers(own), [4, 2]);
    assert!(appeal_page(&mut tx, (AppealState::Answered, None), LAST, 9).await.unwrap().is_empty());
}

const LAST: &str = "~";

#[tokio::test]
async fn what_was_done_for_a_key_is_done_once() {
    let (_folder, store) = store().await;
    let mut tx = store.begin().await.unwrap();
    assert_eq!(once_find(&mut tx, "a", "k").await.unwrap(), None);
    assert!(once_begin(&mut tx, ("a", "k"), "d", at(1)).await.unwrap());
    assert!(!once_begin(&mut tx, ("a", "k"), "d", at(2)).await.unwrap());
    assert!(once_begin(&mut tx, ("b", "k"), "e", at(5)).await.unwrap(), "another's key is another");
    once_drop(&mut tx, ("b", "k")).await.unwrap();
    assert!(once_begin(&mut tx, ("b", "k"), "e", at(5)).await.unwrap(), "it may come again");
    once_end(&mut tx, ("a", "k"), "/to").await.unwrap();
    once_drop(&mut tx, ("a", "k")).await.unwrap();
    let done = Some(("d".to_owned(), "/to".to_owned()));
    assert_eq!(once_find(&mut tx, "a", "k").await.unwrap(), done, "what is done stays done");
    assert_eq!(once_forget(&mut tx, at(5)).await.unwrap(), 1);
    assert_eq!(once_find(&mut tx, "a", "k").await.unwrap(), None);
}

#[tokio::test]
async fn a_notice_hangs_until_its_day() {
    let (_folder, store) = store().await;
    let mut tx = store.begin().await.unwrap();
    let notice = |number: u128, ends_on| Notice {
        id: Uuid::from_u128(number),
        published_at: at(1),
        published_by: "s".to_owned(),
        ends_on,
        texts: BTreeMap::from([("kk".to_owned(), "Хабарландыру".to_owned())]),
    };
    notice_put(&mut tx, &notice(1, date(2026, 12, 1))).await.unwrap();
    notice_put(&mut tx, &notice(2, date(2026, 12, 9))).await.unwrap();
    assert_eq!(notice_list(&mut tx, date(2026, 12, 1)).await.unwrap().len(), 2);
    assert_eq!(notice_list(&mut tx, date(2026, 12, 2)).await.unwrap(), [notice(2, date(2026, 12, 9))]);
}

#[tokio::test]
async fn answered_appeals_are_listed_by_when_they_were_answered() {
    let (_folder, store) = store().await;
    let mut tx = store.begin().await.unwrap();
    assert_eq!(appeal_first_answer(&mut tx).await.unwrap(), None);
    for (number, answered) in [(1, Some(9)), (2, Some(5)), (3, None), (4, Some(5)), (5, Some(7))] {
        appeal_put(&mut tx, &draft(number, None)).await.unwrap();
        if let Some(when) = answered {
            let id = draft(number, None).id;
            assert!(appeal_answer(&mut tx, id, ("done", at(when), "c")).await.unwrap());
        }
    }
    assert_eq!(appeal_first_answer(&mut tx).await.unwrap(), Some(at(5)));
    let mut told = Vec::new();
    let mut after = None;
    loop {
        let rows = appeals_answered(&mut tx, (at(5), at(9)), after, 1).await.unwrap();
        let Some(row) = rows.last() else { break };
        after = row.answered.as_ref().map(|(_, when, _)| (*when, row.draft.id));
        told.push(row.draft.id);
    }
    assert_eq!(told, [2, 4, 5].map(|number| draft(number, None).id));
}
