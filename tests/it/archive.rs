//! A21: each month of answered appeals is archived once, in a file that its signature proves.

use crate::console::audit::witness;
use crate::people::House;
use jiff::Timestamp;
use stazh::base::{Clock, SystemClock};
use stazh::exchange::seal::sha256;
use stazh::flow::{SignedFile, archive_appeals, check_signed_file};
use stazh::store::{AppealDraft, AppealSource, appeal_answer, appeal_put};
use uuid::Uuid;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn draft(number: u128) -> AppealDraft {
    AppealDraft {
        id: Uuid::from_u128(number),
        kind: "failure".to_owned(),
        source: AppealSource::User,
        channel: "form".to_owned(),
        login: None,
        contact: "a@example".to_owned(),
        subject: "A page that does not open".to_owned(),
        body: format!("Number {number}"),
        file: (number == 1).then(|| ("page.png".to_owned(), b"picture".to_vec())),
        filed_at: at("2026-08-30T10:00:00Z"),
        due_on: "2026-09-02".parse().unwrap(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a21_each_month_of_answered_appeals_is_archived_once() {
    let house = House::open().await;
    let mut tx = house.store().begin().await.unwrap();
    for (number, answered) in [
        (1, Some("2026-09-01T00:00:00Z")),
        (2, Some("2026-09-30T23:59:59.999Z")),
        (3, Some("2026-10-01T00:00:00Z")),
        (4, None),
    ] {
        appeal_put(&mut tx, &draft(number)).await.unwrap();
        if let Some(answered) = answered {
            appeal_answer(&mut tx, Uuid::from_u128(number), ("Mended.", at(answered), "s")).await.unwrap();
        }
    }
    tx.commit().await.unwrap();
    while archive_appeals(house.flows()).await.unwrap().is_some() {}
    let folder = house.folder().join("data/archive");
    let read = |month: &str| std::fs::read_to_string(folder.join(format!("appeals-{month}.jsonl"))).unwrap();
    for (month, count) in [("2026-09", 2), ("2026-10", 1), ("2026-11", 0)] {
        let text = read(month);
        let found = check_signed_file(text.as_bytes(), &witness(text.as_bytes()));
        assert_eq!(found, SignedFile::Whole { lines: count }, "{month}");
    }
    let september = read("2026-09");
    assert!(september.contains(&sha256(b"picture").to_string()) && september.contains("Mended."));
    assert!(!september.contains("Number 3") && !september.contains("Number 4"));
    let changed = september.replace("Number 2", "Number 9");
    let found = check_signed_file(changed.as_bytes(), &witness(changed.as_bytes()));
    assert!(matches!(found, SignedFile::Changed(_)), "{found:?}");
    let this_month = SystemClock.now().strftime("appeals-%Y-%m.jsonl").to_string();
    assert!(!folder.join(this_month).exists(), "it is not over");
    // what is there is not written anew; what is gone is
    let before = std::fs::metadata(folder.join("appeals-2026-10.jsonl")).unwrap().modified().unwrap();
    std::fs::remove_file(folder.join("appeals-2026-09.jsonl")).unwrap();
    assert_eq!(archive_appeals(house.flows()).await.unwrap().as_deref(), Some("appeals-2026-09.jsonl"));
    assert_eq!(archive_appeals(house.flows()).await.unwrap(), None);
    let after = std::fs::metadata(folder.join("appeals-2026-10.jsonl")).unwrap().modified().unwrap();
    assert_eq!(before, after);
}
