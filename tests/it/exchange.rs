//! The main job between two real nodes over a real wire.

use crate::nodes::{TestDesk, World};
use stazh::base::ConversationId;
use stazh::exchange::adapter::Found;
use stazh::exchange::canonical::{Inquiry, InsuranceRecord, Person};
use stazh::flow::{Context, Desk, Done, FlowError, Origin, compose};
use stazh::node::{Door, Node};
use stazh::store::{
    ConversationState, JournalBy, Role, conversation_counts, conversation_find, journal_list,
};
use std::sync::Arc;
use std::time::Duration;

/// A synthetic person, different for each number.
fn person(number: u32) -> Person {
    let text = format!(
        r#"{{ "name": {{ "family": "Тестов{number}", "given": "Ерлан" }}, "birth_date": "1985-03-15",
             "identifiers": [{{ "kind": "iin", "value": "{}" }}] }}"#,
        iin(number)
    );
    serde_json::from_str(&text).unwrap()
}

/// An IIN of 15.03.1985 with serial `number` and its check digit, or the next number that has one.
pub(crate) fn iin(number: u32) -> String {
    let body = format!("8503153{number:04}");
    let digits: Vec<u32> = body.chars().filter_map(|c| c.to_digit(10)).collect();
    let sum = |weights: &mut dyn Iterator<Item = u32>| {
        digits.iter().zip(weights).map(|(d, w)| d * w).sum::<u32>() % 11
    };
    let mut check = sum(&mut (1..=11));
    if check == 10 {
        check = sum(&mut (3..=11).chain(1..=2));
    }
    format!("{body}{}", check % 10)
}

pub(crate) fn record(number: u32) -> InsuranceRecord {
    record_of("KZ", number)
}

pub(crate) fn record_of(state: &str, number: u32) -> InsuranceRecord {
    let text = format!(
        r#"{{ "state": "{state}", "as_of": "2026-11-23", "person": {},
             "periods": [{{ "id": "p{number}", "state": "{state}", "kind": "work",
                            "interval": {{ "from": "2010-01-11", "to": "2012-02-01" }},
                            "employer": {{ "state": "KZ", "name": "ТОО «Сарыарка» №{number}" }} }}],
             "contributions": [{{ "id": "c{number}", "month": "2010-02", "kind": "opv",
                                  "amount": {{ "amount": "{number}.50", "currency": "KZT" }} }}] }}"#,
        serde_json::to_string(&person(number)).unwrap()
    );
    serde_json::from_str(&text).unwrap()
}

pub(crate) fn inquiry(number: u32) -> Inquiry {
    inquiry_between("RU", "KZ", number)
}

pub(crate) fn inquiry_between(asking: &str, asked: &str, number: u32) -> Inquiry {
    let text = format!(
        r#"{{ "asking": "{asking}", "asked": "{asked}", "person": {}, "purpose": "old-age" }}"#,
        serde_json::to_string(&person(number)).unwrap()
    );
    serde_json::from_str(&text).unwrap()
}

/// Waits until the conversation has ended, whatever its end.
pub(crate) async fn ended(node: &Node, id: ConversationId) -> ConversationState {
    ended_in(node.flows(), id).await
}

async fn ended_in(flows: &Context, id: ConversationId) -> ConversationState {
    let look = async {
        loop {
            let mut tx = flows.store.read().await.unwrap();
            let found = conversation_find(&mut tx, id, Role::Initiator).await.unwrap().unwrap();
            if found.state != ConversationState::Open {
                return found.state;
            }
            drop(tx);
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    match tokio::time::timeout(Duration::from_secs(120), look).await {
        Ok(state) => state,
        Err(_late) => panic!("{}", journal(flows, id).await),
    }
}

/// The journal of a conversation, when its answer is handed over: that is a little after its end.
pub(crate) async fn handed_over(flows: &Context, id: ConversationId) -> String {
    let look = async {
        loop {
            let lines = journal(flows, id).await;
            if lines.contains("\nanswered ") {
                return lines;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    match tokio::time::timeout(Duration::from_secs(60), look).await {
        Ok(lines) => lines,
        Err(_late) => panic!("it is not handed over:\n{}", journal(flows, id).await),
    }
}

/// The journal of a conversation, a line an entry.
pub(crate) async fn journal(flows: &Context, id: ConversationId) -> String {
    let mut tx = flows.store.read().await.unwrap();
    let rows = journal_list(&mut tx, JournalBy::Conversation(id), 0, 100).await.unwrap();
    rows.iter().map(|row| format!("{} {:?} {}\n", row.entry.kind, row.entry.code, row.entry.detail)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_inquiry_from_moscow_is_answered_from_astana() {
    let world = World::new();
    let ru_desk = Arc::new(TestDesk::default());
    let kz_desk = Arc::new(TestDesk::knowing(vec![record(1)]));
    let (ru, kz) = world.pair(ru_desk.clone(), kz_desk).await;
    let known = compose(&inquiry(1), ru.flows()).await.unwrap();
    let unknown = compose(&inquiry(2), ru.flows()).await.unwrap();
    assert_eq!(ended(&ru, known.conversation_id).await, ConversationState::Completed);
    assert_eq!(ended(&ru, unknown.conversation_id).await, ConversationState::Completed);
    let told: Vec<_> = ru_desk.told.lock().unwrap().values().cloned().collect();
    assert_eq!(told, [(record(1), 1)]);
    let lines = handed_over(ru.flows(), known.conversation_id).await;
    for kind in ["composed", "sent", "signal None P.MSG.RCV", "signal None P.MSG.PRS"] {
        assert!(lines.contains(kind), "{kind} is not in\n{lines}");
    }
    let mut tx = kz.flows().store.read().await.unwrap();
    let counts = conversation_counts(&mut tx).await.unwrap();
    assert_eq!(counts.get(&ConversationState::Completed), Some(&2));
    drop(tx);
    ru.stop().await;
    kz.stop().await;
}

/// Asks about every number, 64 at a time; tells which document answered which conversation.
async fn ask_all(node: &Node, asking: &str, asked: &str, numbers: std::ops::Range<u32>) {
    let mut going = tokio::task::JoinSet::new();
    for number in numbers {
        if going.len() >= 64 {
            going.join_next().await.unwrap().unwrap();
        }
        let (flows, inquiry) = (node.flows().clone(), inquiry_between(asking, asked, number));
        going.spawn(async move {
            let id = compose(&inquiry, &flows).await.unwrap().conversation_id;
            assert_eq!(ended_in(&flows, id).await, ConversationState::Completed);
        });
    }
    while let Some(ended) = going.join_next().await {
        ended.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_thousand_records_cross_both_ways_and_every_worker_gets_his_own() {
    const EACH_WAY: u32 = 1_000;
    let world = World::new();
    let known_by = |state| (0..EACH_WAY).map(|number| record_of(state, number)).collect();
    let ru_desk = Arc::new(TestDesk::knowing(known_by("RU")));
    let kz_desk = Arc::new(TestDesk::knowing(known_by("KZ")));
    let (ru, kz) = world.pair(ru_desk.clone(), kz_desk.clone()).await;
    tokio::join!(ask_all(&ru, "RU", "KZ", 0..EACH_WAY), ask_all(&kz, "KZ", "RU", 0..EACH_WAY));
    for (desk, state) in [(&ru_desk, "KZ"), (&kz_desk, "RU")] {
        desk.all_told(usize::try_from(EACH_WAY).unwrap()).await;
        let told = desk.told.lock().unwrap();
        let mut records: Vec<_> =
            told.values().map(|(record, _)| serde_json::to_string(record).unwrap()).collect();
        let mut expected: Vec<_> =
            (0..EACH_WAY).map(|number| serde_json::to_string(&record_of(state, number)).unwrap()).collect();
        records.sort();
        expected.sort();
        assert!(
            records == expected,
            "{} records of {state} arrived, or not with their own bytes",
            records.len()
        );
    }
    ru.stop().await;
    kz.stop().await;
}

/// A local system that answers whoever is asked about with one record.
struct Mistaken(InsuranceRecord);

impl Desk for Mistaken {
    fn find(&self, _inquiry: &Inquiry, _as_of: jiff::civil::Date) -> Result<Found, FlowError> {
        Ok(Found::Record(self.0.clone(), Arc::default()))
    }

    fn hand_over(&self, _origin: &Origin, _record: &InsuranceRecord) -> Result<Done, FlowError> {
        Ok(Done::First)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_of_another_person_or_state_is_returned_and_handed_to_nobody() {
    for (answer, place) in [(record(2), "/person"), (record_of("AM", 1), "/state")] {
        let ru_desk = Arc::new(TestDesk::default());
        let world = World::new();
        let (ru, kz) = world.pair(ru_desk.clone(), Arc::new(Mistaken(answer))).await;
        let composed = compose(&inquiry(1), ru.flows()).await.unwrap();
        let look = async {
            loop {
                let mut tx = ru.flows().store.read().await.unwrap();
                let by = JournalBy::Conversation(composed.conversation_id);
                let rows = journal_list(&mut tx, by, 0, 100).await.unwrap();
                if let Some(row) = rows.iter().find(|row| row.entry.code.as_deref() == Some("flow.misfit")) {
                    return row.entry.detail.clone();
                }
                drop(tx);
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        let detail = tokio::time::timeout(Duration::from_secs(20), look).await.unwrap();
        assert!(detail.starts_with(place) && !detail.contains("Тестов"), "{detail}");
        assert!(ru_desk.told.lock().unwrap().is_empty());
        ru.stop().await;
        kz.stop().await;
    }
}

#[tokio::test]
async fn an_inquiry_of_another_state_is_not_sent() {
    let world = World::new();
    let (ru, kz) = world.pair(Arc::new(TestDesk::default()), Arc::new(TestDesk::default())).await;
    let error = compose(&inquiry_between("BY", "KZ", 1), ru.flows()).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "send what is of BY from the node of RU; let it say that RU asks or writes"
    );
    ru.stop().await;
    kz.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_peer_that_is_never_reached_is_a_persons_business_and_is_tried_on() {
    let world = World::new();
    world.settle("KZ", "RU");
    let mut settings = world.settle("RU", "KZ"); // its url leads nowhere
    settings.retry.longest_ms = 30;
    let door = Door::open(&settings).await.unwrap();
    let ru = Node::start(door, &settings, Arc::new(TestDesk::default())).await.unwrap();
    for number in 0..5 {
        compose(&inquiry(number), ru.flows()).await.unwrap();
    }
    let look = async {
        loop {
            let mut tx = ru.flows().store.read().await.unwrap();
            let rows = journal_list(&mut tx, JournalBy::Peer("KZ"), 0, 1_000).await.unwrap();
            let calls: Vec<_> = rows.iter().filter(|row| row.entry.kind == "ask_person").collect();
            let missed = rows.iter().filter(|row| row.entry.kind == "missed").count();
            if missed > 30 {
                assert_eq!(calls.len(), 1, "once for the peer, not for each message or try");
                return calls[0].entry.detail.clone();
            }
            drop(tx);
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let detail = tokio::time::timeout(Duration::from_secs(60), look).await.unwrap();
    assert_eq!(detail, "the peer was not reached 20 times in a row; it is tried on, but call its operator");
    ru.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn many_messages_do_not_knock_many_times_at_a_peer_that_is_down_and_all_leave_when_it_is_back() {
    let world = World::new();
    let (mut ru, mut kz) = (world.settle("RU", "KZ"), world.settle("KZ", "RU"));
    (ru.retry.first_ms, ru.retry.longest_ms) = (100, 100);
    let kz_door = Door::open(&kz).await.unwrap();
    kz.listen = kz_door.address().unwrap();
    ru.peers[0].url = format!("https://{}/", kz.listen);
    drop(kz_door);
    let ru_door = Door::open(&ru).await.unwrap();
    kz.peers[0].url = format!("https://{}/", ru_door.address().unwrap());
    let ru_desk = Arc::new(TestDesk::default());
    let ru = Node::start(ru_door, &ru, ru_desk.clone()).await.unwrap();
    let begun = std::time::Instant::now();
    for number in 1..=100 {
        compose(&inquiry(number), ru.flows()).await.unwrap();
    }
    tokio::time::sleep(Duration::from_secs(2)).await; // the outage
    let missed = {
        let mut tx = ru.flows().store.read().await.unwrap();
        let rows = journal_list(&mut tx, JournalBy::All, 0, 10_000).await.unwrap();
        rows.iter().filter(|row| row.entry.kind == "missed").count()
    };
    // the burst that was under way, then one each 100 ms; each message on its own would be ten times as many
    let most = 16 + 2 * usize::try_from(begun.elapsed().as_millis() / 100).unwrap();
    assert!((2..=most).contains(&missed), "{missed} tries, at most {most} by the spacing");
    let door = Door::open(&kz).await.unwrap();
    let kz_desk = Arc::new(TestDesk::knowing((1..=100).map(record).collect()));
    let kz = Node::start(door, &kz, kz_desk).await.unwrap();
    let look = async {
        while ru_desk.told.lock().unwrap().len() < 100 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), look).await.unwrap();
    ru.stop().await;
    kz.stop().await;
}

/// A local system that lets nothing go before it is told to.
#[derive(Default)]
struct HungDesk {
    asked: std::sync::Mutex<u32>,
    is_back: std::sync::Mutex<bool>,
    back: std::sync::Condvar,
}

impl HungDesk {
    fn come_back(&self) {
        *self.is_back.lock().unwrap() = true;
        self.back.notify_all();
    }
}

impl Desk for HungDesk {
    fn find(&self, inquiry: &Inquiry, _as_of: jiff::civil::Date) -> Result<Found, FlowError> {
        *self.asked.lock().unwrap() += 1;
        let mut is_back = self.is_back.lock().unwrap();
        while !*is_back {
            is_back = self.back.wait(is_back).unwrap();
        }
        let number = inquiry.person.name.family().unwrap().trim_start_matches("Тестов").parse().unwrap();
        Ok(Found::Record(record(number), Arc::default()))
    }

    fn hand_over(&self, _origin: &Origin, _record: &InsuranceRecord) -> Result<Done, FlowError> {
        Ok(Done::First)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_local_system_that_hangs_is_asked_once_and_holds_up_no_signals() {
    let world = World::new();
    let (mut ru_settings, mut kz_settings) = (world.settle("RU", "KZ"), world.settle("KZ", "RU"));
    kz_settings.limits.lease_ms = 400;
    let (ru_door, kz_door) =
        (Door::open(&ru_settings).await.unwrap(), Door::open(&kz_settings).await.unwrap());
    ru_settings.peers[0].url = format!("https://{}/", kz_door.address().unwrap());
    kz_settings.peers[0].url = format!("https://{}/", ru_door.address().unwrap());
    let hung = Arc::new(HungDesk::default());
    let ru_desk = Arc::new(TestDesk::default());
    let ru = Node::start(ru_door, &ru_settings, ru_desk.clone()).await.unwrap();
    let kz = Node::start(kz_door, &kz_settings, hung.clone()).await.unwrap();
    let mut asked = Vec::new();
    for number in 0..12 {
        asked.push(compose(&inquiry(number), ru.flows()).await.unwrap().conversation_id);
    }
    // All places for documents of RU are taken at last; and then for several leases.
    let all_taken = async {
        while *hung.asked.lock().unwrap() < 8 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), all_taken).await.unwrap();
    // The Kazakh node's own question hears its signals meanwhile.
    let own = compose(&inquiry_between("KZ", "RU", 50), kz.flows()).await.unwrap().conversation_id;
    let heard = async {
        loop {
            let mut tx = kz.flows().store.read().await.unwrap();
            let found = conversation_find(&mut tx, own, Role::Initiator).await.unwrap().unwrap();
            if found.step == "accepted" {
                return;
            }
            drop(tx);
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), heard).await.unwrap();
    tokio::time::sleep(Duration::from_millis(1_500)).await; // several leases long
    let asked_so_far = *hung.asked.lock().unwrap();
    assert!((8..=15).contains(&asked_so_far), "{asked_so_far} questions for 12 inquiries");
    hung.come_back();
    for id in asked {
        assert_eq!(ended(&ru, id).await, ConversationState::Completed);
    }
    assert_eq!(ended(&kz, own).await, ConversationState::Completed);
    assert_eq!(*hung.asked.lock().unwrap(), 12, "each inquiry is put to the local system once");
    ru.stop().await;
    kz.stop().await;
}
