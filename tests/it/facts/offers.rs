//! Life events make offers: once an event, by consent where the ground is one, accepted or declined by the peer.

use super::{Pair, Side, handed_over, in_days, today, whole_journal};
use crate::nodes::World;
use crate::refusals::entry_where;
use stazh::exchange::canonical::Validity;
use stazh::flow::{
    Agreement, AgreementOf, FlowError, Resent, Settled, kept_facts, open_offers, resend, settle_offer,
};
use stazh::node::Node;
use stazh::store::{
    ConversationState, FactOfferRow, FactOfferState, JournalRow, Role, conversation_lock, conversation_update,
};
use std::fs;
use std::path::PathBuf;
use std::time::Duration;
use uuid::Uuid;

const PERSONS: [&str; 2] =
    ["11423648225,Иванов,Алексей,Владимирович,1986-11-14", "11067186734,Ким,Виктория,Андреевна,1970-07-22"];

/// Puts life events into the local folder of the Russian node: person, id, event, day, state.
fn happened(world: &World, events: &[(usize, &str, &str, jiff::civil::Date, &str)]) -> PathBuf {
    let mut text = "snils,family,given,patronymic,birth_date,id,event,date,state\n".to_owned();
    for (who, id, event, day, state) in events {
        text.push_str(&format!("{},{id},{event},{day},{state}\n", PERSONS[*who]));
    }
    let path = world.folder("RU").join("local/life-events.csv");
    fs::write(&path, text).unwrap();
    path
}

/// The offers of a node, once they are as wanted.
async fn offers(node: &Node, fits: impl Fn(&[FactOfferRow]) -> bool) -> Vec<FactOfferRow> {
    for _ in 0..600 {
        let found = open_offers(node.flows()).await.unwrap();
        if fits(&found) {
            return found;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("{:#?}\n{}", open_offers(node.flows()).await.unwrap(), whole_journal(node).await)
}

fn all_are(state: FactOfferState, count: usize) -> impl Fn(&[FactOfferRow]) -> bool {
    move |rows| rows.iter().filter(|row| row.draft.state == state).count() == count
}

fn consent(purpose: &str, state: &str, days: (i32, i32)) -> Agreement {
    Agreement::Agreed(
        serde_json::from_value(serde_json::json!({
            "id": "5b0c1f4e-7d7c-4f56-9a53-0c4a1f3f2b11", "purpose": purpose, "states": [state],
            "validity": Validity::new(in_days(days.0), in_days(days.1)).unwrap(), "level": "one-time-sms",
        }))
        .unwrap(),
    )
}

async fn pair(takes: &[&str]) -> Pair {
    Pair::of(
        Side { state: "RU", gives: &["X-DEPARTED", "X-EMPLOYED-SINCE", "X-DIED"], takes: &[] },
        Side { state: "KZ", gives: &[], takes },
    )
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_makes_one_offer_by_treaty_and_the_peer_accepts_it() {
    let pair = pair(&["X-DEPARTED"]).await;
    let path = happened(&pair.world, &[(0, "e1", "departure", today(), "KZ")]);
    offers(&pair.one, all_are(FactOfferState::Accepted, 1)).await;
    let handed = handed_over(&pair.world, "KZ");
    assert_eq!((handed.len(), &handed[0]["event"]), (1, &"departure".into()));
    assert_eq!(handed[0]["fact"]["value"]["since"], "2026-02-11");
    assert_eq!(kept_facts(pair.other.flows()).await.unwrap().len(), 1, "and it need not be asked for");
    // the file comes again with a row more, whose state is no peer, and one that is too old
    let events = [
        (0, "e1", "departure", today(), "KZ"),
        (0, "e2", "departure", today(), "BY"),
        (1, "e3", "departure", in_days(-31), "KZ"),
    ];
    assert_eq!(happened(&pair.world, &events), path);
    let mut seen = std::collections::HashSet::new();
    assert_eq!(stazh::flow::note_life_events(&mut seen, pair.one.flows()).await.unwrap(), 0);
    assert_eq!(seen.len(), 3, "all of them were looked at");
    assert_eq!(open_offers(pair.one.flows()).await.unwrap().len(), 1);
    super::assert_tells_of_nobody(&whole_journal(&pair.one).await);
    super::assert_tells_of_nobody(&whole_journal(&pair.other).await);
    pair.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_offer_by_consent_waits_for_the_person_who_may_decline() {
    let pair = pair(&["X-EMPLOYED-SINCE"]).await;
    happened(&pair.world, &[(0, "e1", "retirement", today(), "KZ"), (1, "e2", "retirement", today(), "KZ")]);
    let waiting = offers(&pair.one, all_are(FactOfferState::Waiting, 2)).await;
    assert!(handed_over(&pair.world, "KZ").is_empty());
    let whose = |family: &str| {
        let row = waiting.iter().find(|row| row.draft.body.contains(family)).unwrap();
        row.draft.id
    };
    let say =
        async |offer, agreement| settle_offer(&AgreementOf { offer, agreement }, pair.one.flows()).await;
    let (ivanov, kim) = (whose("Иванов"), whose("Ким"));
    for (agreement, code) in [
        (consent("pension", "KZ", (-1, 30)), "rules.fact_consent_purpose"),
        (consent("proactive-service", "KG", (-1, 30)), "rules.fact_consent_state"),
        (consent("proactive-service", "KZ", (-9, -1)), "rules.fact_consent_expired"),
    ] {
        let refused = say(ivanov, agreement).await.unwrap_err();
        assert!(matches!(&refused, FlowError::Fact { refusal, .. } if refusal.code() == code), "{refused}");
    }
    assert_eq!(say(Uuid::nil(), Agreement::Declined).await.unwrap(), Settled::NotWaiting);
    assert_eq!(say(kim, Agreement::Declined).await.unwrap(), Settled::Done);
    assert_eq!(say(kim, consent("proactive-service", "KZ", (-1, 30))).await.unwrap(), Settled::NotWaiting);
    // the other one says so by a file of the local system
    let folder = pair.world.folder("RU").join("local/agreements");
    fs::create_dir(&folder).unwrap();
    let Agreement::Agreed(agreed) = consent("proactive-service", "KZ", (-1, 30)) else { panic!() };
    let said = serde_json::json!({ "offer": ivanov, "agreed": true, "consent": agreed });
    fs::write(folder.join("0.json"), "{ \"offer\": 1 }").unwrap();
    fs::write(folder.join("1.json"), said.to_string()).unwrap();
    let settled = offers(&pair.one, all_are(FactOfferState::Accepted, 1)).await;
    assert!(all_are(FactOfferState::Declined, 1)(&settled) && settled.len() == 2);
    assert!(
        settled.iter().all(|row| row.draft.body.is_empty()),
        "nothing of a person is kept in what has ended"
    );
    let handed = handed_over(&pair.world, "KZ");
    assert_eq!(
        (handed.len(), &handed[0]["fact"]["ground"]["consent"]["id"]),
        (1, &serde_json::json!(agreed.id))
    );
    let told = whole_journal(&pair.one).await;
    assert_eq!(
        told.matches("Some(\"flow.agreement\")").count(),
        1,
        "the file that says nothing is told of once: {told}"
    );
    pair.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_peer_declines_what_it_does_not_take_and_nothing_to_offer_ends_an_offer() {
    let pair = pair(&["X-EMPLOYED-SINCE"]).await;
    happened(&pair.world, &[(0, "e1", "departure", today(), "KZ"), (1, "e2", "death", today(), "KZ")]);
    let ended = offers(&pair.one, |rows| {
        all_are(FactOfferState::Refused, 1)(rows) && all_are(FactOfferState::Empty, 1)(rows)
    })
    .await;
    assert_eq!(ended.len(), 2);
    assert!(handed_over(&pair.world, "KZ").is_empty());
    assert!(kept_facts(pair.other.flows()).await.unwrap().is_empty());
    let refused = |row: &JournalRow| row.entry.detail == "the peer refuses: rules.fact_not_configured";
    entry_where(&pair.one, refused).await;
    pair.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_offer_that_is_never_answered_is_told_so_and_follows_its_transaction_when_it_is_begun_again() {
    let Pair { world, one, other } = pair(&["X-DEPARTED"]).await;
    other.stop().await;
    happened(&world, &[(0, "e1", "departure", today(), "KZ")]);
    let sent = offers(&one, all_are(FactOfferState::Sent, 1)).await;
    let id = sent[0].conversation_id.unwrap();
    let store = &one.flows().store;
    let mut tx = store.begin().await.unwrap();
    let mut conversation = conversation_lock(&mut tx, id, Role::Initiator).await.unwrap().unwrap();
    conversation.state = ConversationState::Expired;
    conversation.finished_at = Some(conversation.started_at);
    conversation.outcome = Some("transit.expired".to_owned());
    conversation_update(&mut tx, &conversation).await.unwrap();
    tx.commit().await.unwrap();
    offers(&one, all_are(FactOfferState::Unanswered, 1)).await;
    let Resent::As(again) = resend(id, one.flows()).await.unwrap() else { panic!("not begun again") };
    let followed = offers(&one, all_are(FactOfferState::Sent, 1)).await;
    assert_eq!(followed[0].conversation_id, Some(again));
    one.stop().await;
}
