//! Many workers on one file: no row is claimed twice.

use super::fixture::*;
use crate::store::*;
use std::collections::HashSet;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn concurrent_claims_never_give_the_same_row_twice() {
    let (place, first) = store().await;
    let second = again(&place).await;
    let mut tx = first.begin().await.unwrap();
    for number in 0..60 {
        outbox_put(&mut tx, &outgoing("kz", number)).await.unwrap();
        inbox_hold(&mut tx, &incoming("kz", number)).await.unwrap();
    }
    tx.commit().await.unwrap();
    let workers: Vec<_> = [&first, &second, &first, &second]
        .into_iter()
        .map(|store| tokio::spawn(drain(store.clone())))
        .collect();
    let (mut sent, mut settled) = (Vec::new(), Vec::new());
    for worker in workers {
        let (out, inside) = worker.await.unwrap();
        sent.extend(out);
        settled.extend(inside);
    }
    assert_eq!((sent.len(), settled.len()), (60, 60));
    assert_eq!(sent.into_iter().collect::<HashSet<_>>().len(), 60);
    assert_eq!(settled.into_iter().collect::<HashSet<_>>().len(), 60);
}

/// Claims until nothing is left.
async fn drain(store: Store) -> (Vec<OutboxId>, Vec<InboxId>) {
    let (mut sent, mut settled) = (Vec::new(), Vec::new());
    loop {
        let mut tx = store.begin().await.unwrap();
        let out = outbox_claim(&mut tx, "kz", at(0), at(1000), 3).await.unwrap();
        let inside = inbox_claim(&mut tx, at(0), at(1000), 3, &[]).await.unwrap();
        tx.commit().await.unwrap();
        if out.is_empty() && inside.is_empty() {
            return (sent, settled);
        }
        sent.extend(out.into_iter().map(|row| row.id));
        settled.extend(inside.into_iter().map(|row| row.id));
        tokio::task::yield_now().await;
    }
}
