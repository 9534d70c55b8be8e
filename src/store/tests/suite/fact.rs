//! Facts are kept until they end; an event makes each offer once.

use super::fixture::*;
use crate::base::{ConversationId, DocumentId};
use crate::store::*;
use uuid::Uuid;

fn fact(key: &str, until: &str, body: &str) -> FactDraft {
    FactDraft {
        key: key.to_owned(),
        peer: "RU".to_owned(),
        kind: "X-DIED".to_owned(),
        document_id: DocumentId::from_uuid(Uuid::from_u128(1)),
        valid_until: until.to_owned(),
        kept_at: at(1),
        body: body.to_owned(),
    }
}

#[tokio::test]
async fn a_fact_is_found_until_its_last_day_and_the_newer_one_stands() {
    let (_folder, store) = store().await;
    let mut tx = store.begin().await.unwrap();
    fact_put(&mut tx, &fact("a", "2026-11-30", "first")).await.unwrap();
    fact_put(&mut tx, &fact("b", "2026-12-31", "other")).await.unwrap();
    fact_put(&mut tx, &fact("a", "2026-12-01", "second")).await.unwrap();
    assert_eq!(fact_find(&mut tx, "a", "2026-12-01").await.unwrap().as_deref(), Some("second"));
    assert_eq!(fact_find(&mut tx, "a", "2026-12-02").await.unwrap(), None);
    assert_eq!(fact_find(&mut tx, "c", "2026-12-01").await.unwrap(), None);
    assert_eq!(fact_list(&mut tx, "2026-12-02").await.unwrap(), ["other"]);
    assert_eq!(fact_forget(&mut tx, "2026-12-02").await.unwrap(), 1);
    assert_eq!(fact_list(&mut tx, "2020-01-01").await.unwrap(), ["other"]);
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn an_event_makes_each_offer_once_and_an_offer_leaves_once() {
    let (_folder, store) = store().await;
    let mut tx = store.begin().await.unwrap();
    let draft = |id: u128, peer: &str| FactOfferDraft {
        id: Uuid::from_u128(id),
        event: "e".to_owned(),
        kind: "X-DEPARTED".to_owned(),
        peer: peer.to_owned(),
        state: FactOfferState::Waiting,
        made_at: at(1),
        expires_at: at(100),
        body: "{}".to_owned(),
    };
    assert!(fact_offer_put(&mut tx, &draft(1, "KZ")).await.unwrap());
    assert!(!fact_offer_put(&mut tx, &draft(2, "KZ")).await.unwrap(), "the same event again");
    assert!(fact_offer_put(&mut tx, &draft(3, "KG")).await.unwrap());
    let first = Uuid::from_u128(1);
    let found = fact_offer_find(&mut tx, first).await.unwrap().unwrap();
    assert_eq!((found.draft, found.conversation_id), (draft(1, "KZ"), None));
    assert_eq!(fact_offer_find(&mut tx, Uuid::from_u128(2)).await.unwrap(), None);
    let conversation = ConversationId::from_uuid(Uuid::from_u128(9));
    assert!(!fact_offer_sent(&mut tx, first, conversation).await.unwrap(), "it waits for the person");
    let agreed = (FactOfferState::Waiting, FactOfferState::Ready);
    assert!(fact_offer_move(&mut tx, first, agreed, "{\"agreed\":true}").await.unwrap());
    assert!(!fact_offer_move(&mut tx, first, agreed, "").await.unwrap(), "he has said so");
    let ready = fact_offer_list(&mut tx, FactOfferState::Ready).await.unwrap();
    assert_eq!(ready.iter().map(|row| row.draft.body.as_str()).collect::<Vec<_>>(), ["{\"agreed\":true}"]);
    assert!(fact_offer_sent(&mut tx, first, conversation).await.unwrap());
    assert!(!fact_offer_sent(&mut tx, first, conversation).await.unwrap(), "another replica comes late");
    let sent = fact_offer_find(&mut tx, first).await.unwrap().unwrap();
    assert_eq!((sent.draft.body.as_str(), sent.conversation_id), ("", Some(conversation)));
    let again = ConversationId::from_uuid(Uuid::from_u128(10));
    let unanswered = (FactOfferState::Sent, FactOfferState::Unanswered);
    assert!(fact_offer_move(&mut tx, first, unanswered, "").await.unwrap());
    assert!(fact_offer_resent(&mut tx, conversation, again).await.unwrap());
    assert!(!fact_offer_answered(&mut tx, conversation, FactOfferState::Accepted).await.unwrap());
    assert!(fact_offer_answered(&mut tx, again, FactOfferState::Accepted).await.unwrap());
    assert!(!fact_offer_answered(&mut tx, again, FactOfferState::Refused).await.unwrap());
    assert!(!fact_offer_resent(&mut tx, again, conversation).await.unwrap(), "it has ended");
    tx.commit().await.unwrap();
}
