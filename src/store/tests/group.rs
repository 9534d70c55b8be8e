//! Group commit: many transactions on one sync, and none the worse for another's end.

use super::rows::*;
use crate::store::*;
use std::sync::Arc;
use tempfile::TempDir;
use tokio::sync::Barrier;

async fn store() -> (TempDir, Store) {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path().join("node.db")).await.unwrap();
    (folder, store)
}

async fn groups(store: &Store) -> u64 {
    let Engine::Sqlite(file) = &store.0 else { panic!("an SQLite file") };
    file.writer.groups().await
}

#[tokio::test(flavor = "multi_thread")]
async fn those_who_wait_together_are_committed_together_and_each_is_told_after_the_sync() {
    let (folder, store) = store().await;
    let first = store.begin().await.unwrap(); // all others wait behind it
    let barrier = Arc::new(Barrier::new(51));
    let others: Vec<_> = (0..50)
        .map(|number| {
            let (store, barrier) = (store.clone(), barrier.clone());
            tokio::spawn(async move {
                barrier.wait().await;
                let mut tx = store.begin().await.unwrap();
                let id = outbox_put(&mut tx, &outgoing("kz", number)).await.unwrap();
                tx.commit().await.unwrap();
                // whoever is told can see it through another connection: it is no promise of the writer alone
                let found = outbox_find(&mut store.read().await.unwrap(), id).await.unwrap();
                found.unwrap().id
            })
        })
        .collect();
    barrier.wait().await;
    tokio::time::sleep(std::time::Duration::from_millis(100)).await; // they queue up; fewer would queue without it
    first.commit().await.unwrap();
    let mut ids = Vec::new();
    for other in others {
        ids.push(other.await.unwrap());
    }
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 50);
    let groups = groups(&store).await;
    assert!(groups <= 25, "51 commits took {groups} syncs");
    let again = Store::open(folder.path().join("node.db")).await.unwrap();
    let counts = outbox_counts(&mut again.read().await.unwrap()).await.unwrap();
    assert_eq!(counts[&OutboxState::Queued], 50);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transaction_dropped_in_a_group_takes_only_its_own_with_it() {
    let (_folder, store) = store().await;
    let mut kept = Vec::new();
    let held = store.begin().await.unwrap();
    let work: Vec<_> = (0..20)
        .map(|number| {
            let store = store.clone();
            tokio::spawn(async move {
                let mut tx = store.begin().await.unwrap();
                let id = outbox_put(&mut tx, &outgoing("kz", number)).await.unwrap();
                if number % 3 == 0 {
                    drop(tx);
                    return None;
                }
                tx.commit().await.unwrap();
                Some(id)
            })
        })
        .collect();
    tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    drop(held);
    for one in work {
        kept.extend(one.await.unwrap());
    }
    assert_eq!(kept.len(), 13);
    let mut tx = store.read().await.unwrap();
    assert_eq!(outbox_counts(&mut tx).await.unwrap()[&OutboxState::Queued], 13);
}

#[tokio::test(flavor = "multi_thread")]
async fn callers_that_give_up_at_any_point_harm_nobody() {
    let (_folder, store) = store().await;
    for number in 0..300_u64 {
        let work = async {
            let mut tx = store.begin().await.unwrap();
            outbox_put(&mut tx, &outgoing("kz", u128::from(number))).await.unwrap();
            tx.commit().await.unwrap();
        };
        let mut work = std::pin::pin!(work);
        for _ in 0..number % 12 {
            let polled = std::future::poll_fn(|context| {
                std::task::Poll::Ready(work.as_mut().poll(context).is_ready())
            });
            if polled.await {
                break;
            }
            std::thread::sleep(std::time::Duration::from_micros(number % 7 * 30));
        }
    }
    let mut tx = store.begin().await.unwrap();
    let id = outbox_put(&mut tx, &outgoing("by", 1)).await.unwrap();
    tx.commit().await.unwrap();
    assert!(outbox_find(&mut store.read().await.unwrap(), id).await.unwrap().is_some());
    store.close().await;
}

#[tokio::test]
async fn a_refused_statement_leaves_the_others_of_the_group_whole() {
    let (_folder, store) = store().await;
    let mut tx = store.begin().await.unwrap();
    let good = outbox_put(&mut tx, &outgoing("kz", 1)).await.unwrap();
    delivery_put(&mut tx, message(1), good, at(0)).await.unwrap();
    let (first, second) = tokio::join!(tx.commit(), async {
        let mut tx = store.begin().await.unwrap();
        let lost = outbox_put(&mut tx, &outgoing("kz", 1)).await.unwrap();
        (lost, delivery_put(&mut tx, message(1), lost, at(0)).await)
    });
    first.unwrap();
    let (lost, refused) = second;
    assert!(refused.is_err(), "a message id stands once");
    assert_eq!(outbox_find(&mut store.read().await.unwrap(), lost).await.unwrap(), None);
    assert_eq!(delivery_find(&mut store.read().await.unwrap(), message(1)).await.unwrap(), Some(good));
}
