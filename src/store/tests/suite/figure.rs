//! Figures: each day counted once, and never twice by two replicas.

use super::fixture::*;
use crate::store::*;

#[tokio::test]
async fn the_classes_of_the_statement_are_those_of_the_table() {
    let (_folder, store) = store().await;
    let mut tx = store.begin().await.unwrap();
    let tried: Vec<i64> = CLASS_ENDS_MS.iter().flat_map(|end| [end - 1, *end]).collect();
    for (number, took) in (1..).zip(&tried) {
        let finished = at(0).as_millisecond();
        tamper(
            &mut tx,
            &format!(
                "INSERT INTO conversation (id, role, peer, process, transaction_code, procedure_id, state, step, attempts,
                    started_at, finished_at)
                 VALUES ('c{number}', 'initiator', 'KZ', 'P', 'T', 'p', 'completed', 's', 0, {}, {finished})",
                finished - took
            ),
        )
        .await;
    }
    let rows = figure_count(&mut tx, at(0).as_millisecond() / DAY_MS).await.unwrap();
    let mut wanted = std::collections::BTreeMap::new();
    for took in tried {
        let class = CLASS_ENDS_MS.iter().filter(|end| took >= **end).count();
        *wanted.entry(i64::try_from(class).unwrap()).or_insert(0) += 1;
    }
    let counted: std::collections::BTreeMap<i64, i64> =
        rows.iter().map(|row| (row.class, row.number)).collect();
    assert_eq!(counted, wanted);
}

#[tokio::test]
async fn a_day_is_closed_once() {
    let (_folder, store) = store().await;
    let mut tx = store.begin().await.unwrap();
    assert_eq!(figure_first(&mut tx).await.unwrap(), None);
    assert_eq!(figure_closed(&mut tx).await.unwrap(), None);
    outbox_put(&mut tx, &outgoing("KZ", 1)).await.unwrap();
    inbox_hold(&mut tx, &incoming("KZ", 2)).await.unwrap();
    inbox_hold(&mut tx, &incoming("stranger x", 3)).await.unwrap();
    let day = figure_first(&mut tx).await.unwrap().unwrap();
    let rows = figure_count(&mut tx, day).await.unwrap();
    let told: Vec<_> = rows.iter().map(|row| (row.peer.as_str(), row.measure.as_str(), row.number)).collect();
    assert_eq!(told, [("KZ", "out-application", 1), ("KZ", "in-application", 1)]);
    assert!(figure_close(&mut tx, day, &rows).await.unwrap());
    assert!(!figure_close(&mut tx, day, &rows).await.unwrap(), "another replica was faster");
    assert_eq!(figure_closed(&mut tx).await.unwrap(), Some(day + 1));
    let mut kept = figure_days(&mut tx, day - 5, day).await.unwrap();
    kept.sort_by_key(|row| std::cmp::Reverse(row.measure.clone()));
    assert_eq!(kept, rows);
    assert_eq!(figure_days(&mut tx, day + 1, day + 9).await.unwrap(), []);
}

#[tokio::test]
async fn what_waits_what_goes_on_and_what_was_last_is_told_by_peer() {
    let (_folder, store) = store().await;
    let mut tx = store.begin().await.unwrap();
    let parked = outbox_put(&mut tx, &outgoing("KZ", 1)).await.unwrap();
    force(&mut tx, "outbox", parked.0, "parked").await;
    let mut apart = incoming("BY", 2);
    apart.arrival = Arrival::Quarantined { code: "seal.digest".to_owned() };
    apart.received_at = at(70);
    inbox_hold(&mut tx, &apart).await.unwrap();
    let mut waiting = figure_waiting(&mut tx).await.unwrap();
    waiting.sort();
    let row = |peer: &str, state: &str| (peer.to_owned(), state.to_owned(), 1);
    assert_eq!(waiting, [row("BY", "quarantined"), row("KZ", "parked")]);
    assert_eq!(figure_last(&mut tx, "KZ").await.unwrap(), (Some(at(0)), None));
    assert_eq!(figure_last(&mut tx, "BY").await.unwrap(), (None, Some(at(70))));
    assert_eq!(figure_faults(&mut tx, at(1)).await.unwrap().len(), 1);
    assert_eq!(figure_open(&mut tx, at(0)).await.unwrap(), []);
    figure_now_put(&mut tx, "overdue", &[("KZ".to_owned(), 3)], at(5)).await.unwrap();
    figure_now_put(&mut tx, "overdue", &[("RU".to_owned(), 1)], at(6)).await.unwrap();
    assert_eq!(figure_now(&mut tx, "overdue").await.unwrap(), [("RU".to_owned(), 1, at(6))]);
}
