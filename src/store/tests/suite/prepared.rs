//! A prepared inquiry is noted once for a worker and a state, leaves once, or is dropped.

use super::fixture::*;
use crate::base::ConversationId;
use crate::pension::HeldBy;
use crate::store::*;
use uuid::Uuid;

fn draft(id: u128, key: &str) -> PreparedDraft {
    PreparedDraft {
        key: key.to_owned(),
        id: Uuid::from_u128(id),
        peer: "KG".to_owned(),
        kind: "ru-old-age".to_owned(),
        reasons: [HeldBy::Number, HeldBy::Period].into(),
        made_at: at(1),
    }
}

#[tokio::test]
async fn it_is_noted_once_and_leaves_once() {
    let (folder, store) = store().await;
    let mut tx = store.begin().await.unwrap();
    assert!(prepared_put(&mut tx, &draft(1, "a")).await.unwrap());
    assert!(!prepared_put(&mut tx, &draft(2, "a")).await.unwrap(), "the same worker and state");
    assert!(prepared_put(&mut tx, &draft(3, "b")).await.unwrap());
    tx.commit().await.unwrap();
    let other = again(&folder).await;
    let mut tx = other.begin().await.unwrap();
    let found = prepared_of(&mut tx, "a").await.unwrap().unwrap();
    assert_eq!(
        (&found.draft, found.state, found.conversation_id),
        (&draft(1, "a"), PreparedState::Waiting, None)
    );
    assert_eq!(prepared_find(&mut tx, Uuid::from_u128(1)).await.unwrap(), Some(found));
    assert_eq!(prepared_find(&mut tx, Uuid::from_u128(2)).await.unwrap(), None);
    assert_eq!(prepared_of(&mut tx, "c").await.unwrap(), None);
    let conversation = ConversationId::from_uuid(Uuid::from_u128(9));
    assert!(prepared_sent(&mut tx, Uuid::from_u128(1), conversation).await.unwrap());
    assert!(
        !prepared_sent(&mut tx, Uuid::from_u128(1), conversation).await.unwrap(),
        "another replica is late"
    );
    assert!(!prepared_drop(&mut tx, Uuid::from_u128(1)).await.unwrap(), "it has left");
    assert!(prepared_drop(&mut tx, Uuid::from_u128(3)).await.unwrap());
    assert!(!prepared_sent(&mut tx, Uuid::from_u128(3), conversation).await.unwrap(), "it is dropped");
    let first = prepared_page(&mut tx, "", 1).await.unwrap();
    assert_eq!(
        first.iter().map(|row| (row.state, row.conversation_id)).collect::<Vec<_>>(),
        [(PreparedState::Sent, Some(conversation))]
    );
    let after = first[0].draft.id.to_string();
    let rest = prepared_page(&mut tx, &after, 10).await.unwrap();
    assert_eq!(
        rest.iter().map(|row| (row.draft.id.as_u128(), row.state)).collect::<Vec<_>>(),
        [(3, PreparedState::Dropped)]
    );
    tx.commit().await.unwrap();
}
