//! Every transaction pattern of the catalogue between two real nodes, each once and to its end.

use crate::exchange::{ended, inquiry, journal, record, record_of};
use crate::nodes::{TestDesk, World};
use jiff::Timestamp;
use stazh::base::{Digest256, DocumentId};
use stazh::exchange::canonical::{ResourceStatus, State};
use stazh::flow::{
    Begin, Composed, FlowError, Opening, Resent, begin, compose, ended_without_result, resend,
};
use stazh::node::{Door, Node};
use stazh::store::{
    Conversation, ConversationState, InboxState, JournalBy, Role, conversation_find, inbox_claim,
    inbox_counts, inbox_retry, journal_list, ledger_record,
};
use std::sync::Arc;
use std::time::Duration;

async fn pair() -> (World, Arc<TestDesk>, Arc<TestDesk>, Node, Node) {
    let world = World::new();
    let ru_desk = Arc::new(TestDesk::default());
    let kz_desk = Arc::new(TestDesk {
        updated_at: Some("2026-11-22T18:30:00Z".parse().unwrap()),
        ..TestDesk::knowing(vec![record(1)])
    });
    let (ru, kz) = world.pair(ru_desk.clone(), kz_desk.clone()).await;
    (world, ru_desk, kz_desk, ru, kz)
}

async fn start(ru: &Node, transaction: &str, opening: Opening<'_>) -> Composed {
    begin(Begin { opening, to: State::Kz, transaction, within: None, refers_to: None }, ru.flows())
        .await
        .unwrap()
}

/// Their side of a conversation, once it fits.
async fn theirs(kz: &Node, composed: &Composed, fits: impl Fn(&Conversation) -> bool) -> Conversation {
    for _ in 0..600 {
        let mut tx = kz.flows().store.read().await.unwrap();
        let found = conversation_find(&mut tx, composed.conversation_id, Role::Respondent).await.unwrap();
        if let Some(found) = found.filter(&fits) {
            return found;
        }
        drop(tx);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("{}", journal(kz.flows(), composed.conversation_id).await)
}

fn is_complete(side: &Conversation) -> bool {
    side.state == ConversationState::Completed
}

async fn kinds(node: &Node, composed: &Composed) -> Vec<String> {
    let mut tx = node.flows().store.read().await.unwrap();
    let by = JournalBy::Conversation(composed.conversation_id);
    let rows = journal_list(&mut tx, by, 0, 100).await.unwrap();
    rows.into_iter().map(|row| row.entry.kind).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_and_a_request_for_confirmation_are_answered() {
    let (_world, _, _, ru, kz) = pair().await;
    let asked = ResourceStatus::default();
    for (transaction, signals) in [("P.XP.02.TRN.001", 0), ("P.XP.02.TRN.002", 1)] {
        let composed = start(&ru, transaction, Opening::Status(&asked)).await;
        assert_eq!(ended(&ru, composed.conversation_id).await, ConversationState::Completed);
        theirs(&kz, &composed, is_complete).await;
        let told = journal(ru.flows(), composed.conversation_id).await;
        assert!(told.contains("the peer's records are those of 2026-11-22T18:30:00Z"), "{told}");
        let heard = kinds(&kz, &composed).await.iter().filter(|kind| *kind == "signal").count();
        assert_eq!(heard, signals, "{transaction}: only a confirmed answer has RCV");
        assert!(!kinds(&ru, &composed).await.contains(&"signal".to_owned()), "{transaction}");
    }
    ru.stop().await;
    kz.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_does_not_know_says_so() {
    let world = World::new();
    let (ru, kz) = world.pair(Arc::new(TestDesk::default()), Arc::new(TestDesk::default())).await;
    let composed = start(&ru, "P.XP.02.TRN.001", Opening::Status(&ResourceStatus::default())).await;
    assert_eq!(ended(&ru, composed.conversation_id).await, ConversationState::Completed);
    assert_eq!(theirs(&kz, &composed, is_complete).await.outcome.as_deref(), Some("P.XP.02.MSG.003"));
    ru.stop().await;
    kz.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_notice_is_confirmed_and_a_word_is_not() {
    let (_world, _, kz_desk, ru, kz) = pair().await;
    let changed = record_of("RU", 7);
    let notice = start(&ru, "P.XP.02.TRN.003", Opening::Record(&changed)).await;
    assert_eq!(ended(&ru, notice.conversation_id).await, ConversationState::Completed);
    assert!(kinds(&ru, &notice).await.contains(&"signal".to_owned()), "RCV completes it");
    let updated_at = Some(Timestamp::UNIX_EPOCH.into());
    let status = ResourceStatus { updated_at, ..ResourceStatus::default() };
    let word = start(&ru, "P.XP.02.TRN.004", Opening::Status(&status)).await;
    assert_eq!(ended(&ru, word.conversation_id).await, ConversationState::Completed);
    theirs(&kz, &word, is_complete).await;
    theirs(&kz, &notice, is_complete).await;
    for _ in 0..600 {
        if !kz_desk.told.lock().unwrap().is_empty() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let told: Vec<_> = kz_desk.told.lock().unwrap().values().cloned().collect();
    assert_eq!(told, [(changed, 1)]);
    assert!(!kinds(&ru, &word).await.contains(&"signal".to_owned()));
    ru.stop().await;
    kz.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn mutual_obligations_have_no_effect_before_their_end() {
    let (_world, ru_desk, kz_desk, ru, kz) = pair().await;
    let entered = record_of("RU", 9);
    let transfer = start(&ru, "P.XP.02.TRN.005", Opening::Record(&entered)).await;
    // The respondent has RCV and PRS of its response, so it is complete there.
    theirs(&kz, &transfer, is_complete).await;
    for _ in 0..600 {
        if !kz_desk.told.lock().unwrap().is_empty() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(kz_desk.told.lock().unwrap().len(), 1);
    assert!(kinds(&kz, &transfer).await.contains(&"deferred".to_owned()));
    // Here the peer may object for one more T2 (D5 ¶124).
    let mut tx = ru.flows().store.read().await.unwrap();
    let ours = conversation_find(&mut tx, transfer.conversation_id, Role::Initiator).await.unwrap().unwrap();
    assert_eq!((ours.state, ours.step.as_str()), (ConversationState::Open, "objectable"));
    assert_eq!(inbox_counts(&mut tx).await.unwrap().get(&InboxState::Deferred), Some(&1));
    drop(tx);
    assert!(ru_desk.told.lock().unwrap().is_empty());
    ru.stop().await;
    kz.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_procedure_is_nested_in_another() {
    let (_world, _, _, ru, kz) = pair().await;
    let outer = compose(&inquiry(1), ru.flows()).await.unwrap();
    let status = ResourceStatus::default();
    let what = Begin {
        opening: Opening::Status(&status),
        to: State::Kz,
        transaction: "P.XP.02.TRN.001",
        within: Some(outer.procedure_id.clone()),
        refers_to: None,
    };
    let inner = begin(what, ru.flows()).await.unwrap();
    assert!(inner.procedure_id.to_string().starts_with(&format!("{}/", outer.procedure_id)), "D5 ¶39");
    assert_eq!(ended(&ru, inner.conversation_id).await, ConversationState::Completed);
    assert_eq!(theirs(&kz, &inner, is_complete).await.procedure_id, inner.procedure_id);
    ru.stop().await;
    kz.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_content_that_does_not_fit_its_transaction_is_refused() {
    let (_world, _, _, ru, kz) = pair().await;
    let status = ResourceStatus::default();
    let cases = [
        ("P.XP.02.TRN.003", State::Kz, "flow.other_content"),
        ("P.XP.02.TRN.009", State::Kz, "rules.catalogue"),
        ("P.XP.02.TRN.001", State::By, "flow.unknown_peer"),
        ("P.XP.02.TRN.004", State::Kz, "flow.unlawful"),
    ];
    for (transaction, to, code) in cases {
        let what =
            Begin { opening: Opening::Status(&status), to, transaction, within: None, refers_to: None };
        let error: FlowError = begin(what, ru.flows()).await.unwrap_err();
        assert_eq!(error.verdict().code(), Some(code), "{error}");
    }
    ru.stop().await;
    kz.stop().await;
}

/// What a peer refused is begun again when it has mended the cause, and answered once.
#[tokio::test(flavor = "multi_thread")]
async fn what_ended_without_its_result_is_begun_again() {
    let world = World::new();
    let (mut ru_settings, mut kz_settings) = (world.settle("RU", "KZ"), world.settle("KZ", "RU"));
    let (ru_door, kz_door) =
        (Door::open(&ru_settings).await.unwrap(), Door::open(&kz_settings).await.unwrap());
    ru_settings.peers[0].url = format!("https://{}/", kz_door.address().unwrap());
    kz_settings.peers[0].url = format!("https://{}/", ru_door.address().unwrap());
    // No seal of RU is trusted at first, so its inquiry is refused by ERR.
    let right = kz_settings.peers[0].seal_authorities.clone();
    kz_settings.peers[0].seal_authorities = right.as_ref().map(|file| file.with_file_name("KZ-seals.pem"));
    let ru_desk = Arc::new(TestDesk::default());
    let ru = Node::start(ru_door, &ru_settings, ru_desk.clone()).await.unwrap();
    let kz_desk = Arc::new(TestDesk::knowing(vec![record(1)]));
    let kz = Node::start(kz_door, &kz_settings, kz_desk.clone()).await.unwrap();
    let first = compose(&inquiry(1), ru.flows()).await.unwrap();
    assert_eq!(ended(&ru, first.conversation_id).await, ConversationState::Failed);
    kz.stop().await;
    kz_settings.peers[0].seal_authorities = right;
    kz_settings.listen =
        ru_settings.peers[0].url.trim_start_matches("https://").trim_end_matches('/').parse().unwrap();
    let kz = Node::start(Door::open(&kz_settings).await.unwrap(), &kz_settings, kz_desk).await.unwrap();
    assert_eq!(ended_without_result(Some("AM"), 10, ru.flows()).await.unwrap(), []);
    let ended_so = ended_without_result(Some("KZ"), 10, ru.flows()).await.unwrap();
    assert_eq!(ended_so, [first.conversation_id]);
    let Resent::As(again) = resend(first.conversation_id, ru.flows()).await.unwrap() else {
        panic!("it did not begin again")
    };
    assert_eq!(resend(first.conversation_id, ru.flows()).await.unwrap(), Resent::NotEnded, "only once");
    assert_eq!(ended(&ru, again).await, ConversationState::Completed);
    assert_eq!(resend(again, ru.flows()).await.unwrap(), Resent::NotEnded, "it is complete");
    for _ in 0..600 {
        if !ru_desk.told.lock().unwrap().is_empty() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(ru_desk.told.lock().unwrap().len(), 1);
    ru.stop().await;
    kz.stop().await;
}

/// A document that refers to an earlier one waits for it, and only its own case does.
#[tokio::test(flavor = "multi_thread")]
async fn a_gap_holds_its_own_case_only_and_closes_by_itself() {
    let (_world, _, kz_desk, ru, kz) = pair().await;
    let (earlier, later, other) = (record_of("RU", 3), record_of("RU", 4), record_of("RU", 5));
    let what = |record, refers_to| Begin {
        opening: Opening::Record(record),
        to: State::Kz,
        transaction: "P.XP.02.TRN.003",
        within: None,
        refers_to,
    };
    let missing = DocumentId::from_uuid(uuid::Uuid::from_u128(77));
    let first = begin(what(&earlier, None), ru.flows()).await.unwrap();
    let gap = begin(what(&later, Some(missing)), ru.flows()).await.unwrap();
    let free = begin(what(&other, Some(first.document_id)), ru.flows()).await.unwrap();
    assert_eq!(ended(&ru, first.conversation_id).await, ConversationState::Completed);
    assert_eq!(ended(&ru, free.conversation_id).await, ConversationState::Completed);
    let waits = async {
        while !kinds(&kz, &gap).await.contains(&"waits".to_owned()) {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), waits).await.unwrap();
    assert!(!kz_desk.told.lock().unwrap().values().any(|(record, _)| *record == later));
    // The missing document comes: here its entry in the ledger stands for it.
    let mut tx = kz.flows().store.begin().await.unwrap();
    let later: Timestamp = "2100-01-01T00:00:00Z".parse().unwrap();
    let held = inbox_claim(&mut tx, later, later, 9, &[]).await.unwrap();
    ledger_record(&mut tx, "RU", missing, Digest256([1; 32]), held[0].id).await.unwrap();
    inbox_retry(&mut tx, held[0].id, Timestamp::UNIX_EPOCH, 1).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(ended(&ru, gap.conversation_id).await, ConversationState::Completed);
    ru.stop().await;
    kz.stop().await;
}
