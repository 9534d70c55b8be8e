//! Conversations: what is stored, what is due, what has ended.

use super::fixture::*;
use crate::base::{ProcedureId, Verdict};
use crate::store::*;
use std::collections::BTreeMap;
use uuid::Uuid;

fn started(number: u128, role: Role) -> Conversation {
    Conversation {
        id: conversation(number),
        role,
        peer: "kz".to_owned(),
        process: "P.XP.01".to_owned(),
        transaction: "P.XP.01.TRN.001".to_owned(),
        procedure_id: ProcedureId::start(Uuid::from_u128(1)),
        request_document_id: None,
        own_outbox_id: None,
        state: ConversationState::Open,
        step: "waits_for_receipt".to_owned(),
        t1_at: None,
        t2_at: None,
        t3_at: None,
        attempts: 0,
        outcome: None,
        started_at: at(0),
        finished_at: None,
    }
}

#[tokio::test]
async fn a_conversation_is_found_by_its_side() {
    let (_folder, store) = store().await;
    let mut tx = store.begin().await.unwrap();
    let asking = started(1, Role::Initiator);
    let answering = started(1, Role::Respondent);
    conversation_put(&mut tx, &asking).await.unwrap();
    assert_eq!(conversation_find(&mut tx, asking.id, Role::Respondent).await.unwrap(), None);
    conversation_put(&mut tx, &answering).await.unwrap();
    assert_eq!(conversation_find(&mut tx, asking.id, Role::Initiator).await.unwrap(), Some(asking.clone()));
    assert_eq!(conversation_find(&mut tx, asking.id, Role::Respondent).await.unwrap(), Some(answering));
    let twice = conversation_put(&mut tx, &asking).await;
    assert!(outcome(&mut tx, twice).await.is_err(), "it has started already");
}

#[tokio::test]
async fn an_update_stores_what_changed_and_an_ended_one_is_refused() {
    let (_folder, store) = store().await;
    let mut tx = store.begin().await.unwrap();
    let mut it = started(1, Role::Initiator);
    conversation_put(&mut tx, &it).await.unwrap();
    it.request_document_id = Some(document(3));
    it.own_outbox_id = Some(outbox_put(&mut tx, &outgoing("kz", 1)).await.unwrap());
    it.step = "waits_for_answer".to_owned();
    it.attempts = 2;
    (it.t1_at, it.t2_at, it.t3_at) = (Some(at(1)), Some(at(2)), Some(at(3)));
    conversation_update(&mut tx, &it).await.unwrap();
    assert_eq!(conversation_find(&mut tx, it.id, it.role).await.unwrap(), Some(it.clone()));
    it.state = ConversationState::Completed;
    it.outcome = Some("done".to_owned());
    it.finished_at = Some(at(9));
    conversation_update(&mut tx, &it).await.unwrap();
    assert_eq!(conversation_find(&mut tx, it.id, it.role).await.unwrap(), Some(it.clone()));
    for state in ConversationState::ALL {
        it.state = *state;
        let refused = conversation_update(&mut tx, &it).await.unwrap_err();
        assert_eq!(refused.verdict(), Verdict::Retry { not_before: None });
    }
    let missing = conversation_update(&mut tx, &started(7, Role::Initiator)).await.unwrap_err();
    assert_eq!(missing.verdict(), Verdict::Park { code: "store.missing" });
    assert_eq!(
        conversation_counts(&mut tx).await.unwrap(),
        BTreeMap::from([(ConversationState::Completed, 1)])
    );
}

#[tokio::test]
async fn the_most_overdue_open_conversations_come_first() {
    let (_folder, store) = store().await;
    let mut tx = store.begin().await.unwrap();
    for (number, t1, t2, t3) in [
        (1, None, None, None),
        (2, Some(30), None, None),
        (3, None, Some(10), Some(90)),
        (4, Some(80), Some(70), Some(20)),
        (5, None, None, Some(51)),
    ] {
        let mut it = started(number, Role::Initiator);
        (it.t1_at, it.t2_at, it.t3_at) = (t1.map(at), t2.map(at), t3.map(at));
        conversation_put(&mut tx, &it).await.unwrap();
    }
    let due = |rows: Vec<Conversation>| rows.into_iter().map(|row| row.id).collect::<Vec<_>>();
    let rows = conversation_due(&mut tx, at(50), 9).await.unwrap();
    assert_eq!(due(rows), [conversation(3), conversation(4), conversation(2)]);
    let rows = conversation_due(&mut tx, at(51), 2).await.unwrap();
    assert_eq!(due(rows), [conversation(3), conversation(4)]);
    let mut it = conversation_find(&mut tx, conversation(3), Role::Initiator).await.unwrap().unwrap();
    it.state = ConversationState::Expired;
    conversation_update(&mut tx, &it).await.unwrap();
    let rows = conversation_due(&mut tx, at(10), 9).await.unwrap();
    assert_eq!(due(rows), []);
}

#[tokio::test]
async fn what_ended_without_its_result_is_begun_again_once() {
    let (_folder, store) = store().await;
    let mut tx = store.begin().await.unwrap();
    let ended = |number, role, state, outcome: &str| Conversation {
        state,
        outcome: Some(outcome.to_owned()),
        started_at: at(100 - i64::try_from(number).unwrap()),
        ..started(number, role)
    };
    use ConversationState::{Completed, Expired, Failed};
    for it in [
        ended(1, Role::Initiator, Failed, "refused"),
        ended(2, Role::Initiator, Expired, "unanswered"),
        ended(3, Role::Initiator, Completed, "completed"),
        ended(4, Role::Respondent, Failed, "rejected"),
        started(5, Role::Initiator),
    ] {
        conversation_put(&mut tx, &it).await.unwrap();
    }
    let ids = async |tx: &mut Tx| -> Vec<_> {
        conversation_ended(tx, 9).await.unwrap().into_iter().map(|found| found.id).collect()
    };
    assert_eq!(ids(&mut tx).await, [conversation(2), conversation(1)], "the oldest first");
    assert!(conversation_resent(&mut tx, conversation(2)).await.unwrap());
    assert!(!conversation_resent(&mut tx, conversation(2)).await.unwrap(), "only once");
    for other in 3..=6 {
        assert!(!conversation_resent(&mut tx, conversation(other)).await.unwrap());
    }
    assert_eq!(ids(&mut tx).await, [conversation(1)]);
}
