//! What the operator sees of both queues, and lets go.

use super::fixture::*;
use crate::store::*;

#[tokio::test]
async fn what_has_not_come_to_rest_is_listed_and_what_waits_for_a_person_is_told() {
    let (_place, store) = store().await;
    let mut tx = store.begin().await.unwrap();
    let queued = outbox_put(&mut tx, &outgoing("kz", 1)).await.unwrap();
    let parked = outbox_put(&mut tx, &outgoing("kz", 2)).await.unwrap();
    let sent = outbox_put(&mut tx, &outgoing("kz", 3)).await.unwrap();
    let held = inbox_hold(&mut tx, &incoming("kz", 4)).await.unwrap();
    claimed(&mut tx, 0, 100).await;
    outbox_sent(&mut tx, sent).await.unwrap();
    outbox_parked(&mut tx, parked, "seal.key").await.unwrap();
    settling(&mut tx, 0, 100).await;
    inbox_quarantined(&mut tx, held, "seal.foreign").await.unwrap();
    let waiting = waiting_list(&mut tx, 100).await.unwrap();
    let shown: Vec<_> = waiting
        .iter()
        .map(|row| (row.id, row.state.as_str(), row.code.as_deref(), row.needs_person()))
        .collect();
    assert_eq!(
        shown,
        [
            (RowId::Outbox(queued), "leased", None, false),
            (RowId::Outbox(parked), "parked", Some("seal.key"), true),
            (RowId::Inbox(held), "quarantined", Some("seal.foreign"), true),
        ]
    );
    assert_eq!(waiting_list(&mut tx, 1).await.unwrap().len(), 2, "one of each queue");
    for row in &waiting {
        assert_eq!(row.id.to_string().parse::<RowId>().unwrap(), row.id);
    }
    for wrong in ["", "12", "out_", "out_-1", "out_0", "in_x", "in_99999999999999999999"] {
        assert!(wrong.parse::<RowId>().is_err(), "{wrong}");
    }
}
