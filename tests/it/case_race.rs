//! Documents of one case that exclude each other, and arrive at once: one is taken, the other hears of the first.

use crate::nodes::{TestDesk, World};
use crate::postgres_server;
use crate::refusals::{Stage, fresh};
use stazh::base::{Clock, ConversationId, DocumentId, MessageId, ProcedureId, SystemClock};
use stazh::exchange::canonical::RecordId;
use stazh::exchange::canonical::case::CaseDocument;
use stazh::exchange::document::codec::{Header, HeaderText, encode_case};
use stazh::exchange::seal::{seal_unchecked, sha256};
use stazh::exchange::transit::{Headers, LogicalAddress};
use stazh::exchange::wire::Envelope;
use stazh::flow::{Begin, Context, FlowError, Opening, begin, claim_inbox, settle};
use stazh::node::{Node, Server, Settings};
use stazh::store::{
    Arrival, ConversationState, InboxDraft, InboxId, InboxState, JournalBy, Role, case_entries, case_held,
    conversation_lock, conversation_update, inbox_find, inbox_hold, inbox_resume, journal_list,
};
use std::sync::Arc;
use uuid::Uuid;

/// A Kirghiz node that does not work by itself, and the settings of the Russian one.
struct Bench {
    _world: World,
    kg: Arc<Context>,
    ru: Settings,
}

impl Bench {
    async fn set(is_on_server: bool) -> Self {
        let world = World::new();
        let (ru, mut kg) = (world.settle("RU", "KG"), world.settle("KG", "RU"));
        if is_on_server {
            kg.database = Some(Server { urls: vec![postgres_server::database()], password_file: None });
        }
        let identity = Stage::identity_of(&kg);
        let kg = Node::context(&kg, &identity, Arc::new(TestDesk::default())).await.unwrap();
        Self { _world: world, kg: Arc::new(kg), ru }
    }

    /// Puts a decision of Russia into the inbox, as if it had just come.
    async fn came(&self, case: &RecordId, decision: &str) -> InboxId {
        let document_id = DocumentId::from_uuid(Uuid::from_u128(fresh()));
        let header = Header {
            message: "P.XP.03.MSG.002".to_owned(),
            structure: "R.XP.XP.03.002".to_owned(),
            document_id,
            answers: None,
            made_at: HeaderText::of(SystemClock.now()),
        };
        let written = encode_case(&decided(case, decision), &header).unwrap();
        let signer = self.ru.seal.own.signer().unwrap();
        let sealed = seal_unchecked(&written, document_id, &signer).unwrap().into_bytes();
        let headers = Headers {
            to: LogicalAddress::of_actor("KG", "P.XP.03", "P.XP.03.ACT.002"),
            reply_to: LogicalAddress::of_actor("RU", "P.XP.03", "P.XP.03.ACT.001"),
            action: "int://CP/P.XP.03/1.0.0/P.XP.03.PRC.002/P.XP.03.TRN.002/P.XP.03.MSG.002".parse().unwrap(),
            message_id: MessageId::from_uuid(Uuid::from_u128(fresh())),
            relates_to: None,
            procedure_id: ProcedureId::start(Uuid::from_u128(fresh())),
            conversation_id: ConversationId::from_uuid(Uuid::from_u128(fresh())),
        };
        let raw = Envelope::write(&headers, &sealed).unwrap();
        let draft = InboxDraft {
            peer: "RU".to_owned(),
            message_id: Some(headers.message_id),
            relates_to: None,
            conversation_id: Some(headers.conversation_id),
            procedure_id: Some(headers.procedure_id.clone()),
            action: headers.action.to_string(),
            digest: sha256(&raw),
            raw,
            headers: String::new(),
            received_at: self.kg.clock.now(),
            arrival: Arrival::Held,
        };
        let mut tx = self.kg.store.begin().await.unwrap();
        let id = inbox_hold(&mut tx, &draft).await.unwrap();
        tx.commit().await.unwrap();
        id
    }

    async fn state(&self, id: InboxId) -> InboxState {
        inbox_find(&mut self.kg.store.read().await.unwrap(), id).await.unwrap().unwrap().state
    }

    async fn journal(&self) -> String {
        let mut tx = self.kg.store.read().await.unwrap();
        let rows = journal_list(&mut tx, JournalBy::All, 0, 1_000).await.unwrap();
        rows.iter().map(|row| format!("{}: {}\n", row.entry.kind, row.entry.detail)).collect()
    }

    /// How many documents of a case count, and how many are held.
    async fn known(&self, case: &RecordId) -> (usize, usize) {
        let mut tx = self.kg.store.read().await.unwrap();
        let held = case_held(&mut tx, case).await.unwrap().len();
        (case_entries(&mut tx, case).await.unwrap().len(), held)
    }
}

fn decided(case: &RecordId, decision: &str) -> CaseDocument {
    let text = include_str!("../../fixtures/cases/pension-decision.json");
    let mut document: CaseDocument = serde_json::from_str(text).unwrap();
    let head = document.head_mut();
    (head.case, head.about) = (Some(case.clone()), None);
    if let CaseDocument::PensionDecision(it) = &mut document {
        it.kind = "ru-old-age".parse().unwrap();
        it.decision = decision.parse().unwrap();
        it.reason = (decision == "refusal").then(|| "threshold".parse().unwrap());
    }
    document
}

/// Two decisions on one claim come; one is taken, whichever is settled first, and the other is refused with the finding.
async fn one_is_taken(is_on_server: bool) {
    let bench = Bench::set(is_on_server).await;
    for round in 0..8 {
        let case: RecordId = format!("RU-{round}").parse().unwrap();
        let ids = [bench.came(&case, "award").await, bench.came(&case, "award").await];
        let mut rows = claim_inbox(2, &[], &bench.kg).await.unwrap();
        let (second, first) = (rows.pop().unwrap(), rows.pop().unwrap());
        let settled = if round == 0 {
            // in turn: the first waits for the end of its transaction
            (settle(first, &bench.kg).await, settle(second, &bench.kg).await)
        } else {
            let (one, other) = (bench.kg.clone(), bench.kg.clone());
            let one = tokio::spawn(async move { settle(first, &one).await });
            let other = tokio::spawn(async move { settle(second, &other).await });
            (one.await.unwrap(), other.await.unwrap())
        };
        settled.0.unwrap();
        settled.1.unwrap();
        let mut states = [bench.state(ids[0]).await, bench.state(ids[1]).await];
        states.sort_by_key(|state| state.as_str());
        assert_eq!(states, [InboxState::Deferred, InboxState::Returned], "{}", bench.journal().await);
        assert_eq!(bench.known(&case).await, (0, 1), "it counts when its transaction is complete");
    }
    let told = bench.journal().await;
    assert_eq!(told.matches("case.decided_before").count(), 8, "{told}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_two_decisions_that_come_at_once_one_is_taken_on_sqlite() {
    one_is_taken(false).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_two_decisions_that_come_at_once_one_is_taken_on_postgresql() {
    one_is_taken(true).await;
}

#[tokio::test]
async fn a_decision_whose_transaction_is_not_completed_bars_no_other() {
    let bench = Bench::set(false).await;
    let case: RecordId = "RU-1".parse().unwrap();
    let lost = bench.came(&case, "award").await;
    settle(claim_inbox(1, &[], &bench.kg).await.unwrap().remove(0), &bench.kg).await.unwrap();
    assert_eq!((bench.state(lost).await, bench.known(&case).await), (InboxState::Deferred, (0, 1)));
    // as when the other side cancels it
    let mut tx = bench.kg.store.begin().await.unwrap();
    let row = inbox_find(&mut tx, lost).await.unwrap().unwrap();
    let id = row.conversation_id.unwrap();
    let mut ended = conversation_lock(&mut tx, id, Role::Respondent).await.unwrap().unwrap();
    (ended.step, ended.state) = ("cancelled".to_owned(), ConversationState::Failed);
    conversation_update(&mut tx, &ended).await.unwrap();
    assert_eq!(inbox_resume(&mut tx, id, "RU").await.unwrap(), 1);
    tx.commit().await.unwrap();
    settle(claim_inbox(1, &[], &bench.kg).await.unwrap().remove(0), &bench.kg).await.unwrap();
    assert_eq!((bench.state(lost).await, bench.known(&case).await), (InboxState::Returned, (0, 0)));
    let second = bench.came(&case, "refusal").await;
    settle(claim_inbox(1, &[], &bench.kg).await.unwrap().remove(0), &bench.kg).await.unwrap();
    assert_eq!((bench.state(second).await, bench.known(&case).await), (InboxState::Deferred, (0, 1)));
}

/// The same of two that leave: neither knows of the other when it is written.
async fn one_leaves(is_on_server: bool) {
    let world = World::new();
    let (mut ru, _) = (world.settle("RU", "KG"), world.settle("KG", "RU"));
    if is_on_server {
        ru.database = Some(Server { urls: vec![postgres_server::database()], password_file: None });
    }
    let identity = Stage::identity_of(&ru);
    let ctx = Arc::new(Node::context(&ru, &identity, Arc::new(TestDesk::default())).await.unwrap());
    for round in 0..8 {
        let case: RecordId = format!("RU-{round}").parse().unwrap();
        let send = |decision: &str| {
            let (ctx, document) = (ctx.clone(), decided(&case, decision));
            tokio::spawn(async move {
                let what = Begin {
                    opening: Opening::Case(&document),
                    to: stazh::exchange::canonical::State::Kg,
                    transaction: "P.XP.03.TRN.002",
                    within: None,
                    refers_to: None,
                };
                begin(what, &ctx).await
            })
        };
        let both = [send("award"), send("award")];
        let mut taken = 0;
        for one in both {
            match one.await.unwrap() {
                Ok(_) => taken += 1,
                Err(FlowError::Unlawful(found)) => assert_eq!(found[0].code, "case.decided_before"),
                Err(error) => panic!("{error:?}"),
            }
        }
        assert_eq!(taken, 1);
        let mut tx = ctx.store.read().await.unwrap();
        assert_eq!(case_entries(&mut tx, &case).await.unwrap().len(), 1);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_two_decisions_that_are_sent_at_once_one_leaves_on_sqlite() {
    one_leaves(false).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_two_decisions_that_are_sent_at_once_one_leaves_on_postgresql() {
    one_leaves(true).await;
}
