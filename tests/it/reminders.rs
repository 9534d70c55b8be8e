//! A peer whose answer is late is reminded by the node, if it may: once for each stated day, however many replicas look and
//! whenever one is killed; and a case that waits for others alone is hinted at.

use crate::cli::stazh;
use crate::nodes::{TestDesk, World};
use crate::postgres_server;
use crate::refusals::Stage;
use stazh::base::{Clock, DocumentId, FixedClock, SystemClock};
use stazh::exchange::canonical::case::{CaseDocument, CaseDocumentKind};
use stazh::exchange::canonical::{CopyOfDocument, RecordId, State};
use stazh::exchange::document::codec::case_root;
use stazh::exchange::seal::sha256;
use stazh::flow::office::renew_board;
use stazh::flow::{Begin, Context, Opening, begin, case_of, cases_after, forget_cases, note_due, voided_of};
use stazh::node::{Node, Server, Settings};
use stazh::pension::{CaseEntry, Said};
use stazh::store::{Fate, JournalBy, Store, case_put, case_void, journal_list, outbox_of_document};
use std::collections::{HashMap, HashSet};
use std::num::NonZeroU32;
use std::sync::Arc;

/// A node of Russia with Kyrgyzstan as its peer, which does nothing by itself.
struct Bench {
    world: World,
    settings: Settings,
    clock: Arc<FixedClock>,
}

const DAY_MS: i64 = 86_400_000;

impl Bench {
    fn set(is_on_server: bool, reminds: bool) -> Self {
        let world = World::new();
        let mut settings = world.settle("RU", "KG");
        world.settle("KG", "RU");
        settings.cases.reminds = reminds;
        if is_on_server {
            settings.database = Some(Server { urls: vec![postgres_server::database()], password_file: None });
        }
        Self { world, settings, clock: Arc::new(FixedClock::at(SystemClock.now())) }
    }

    /// One replica.
    async fn replica(&self, desk: TestDesk) -> Context {
        let identity = Stage::identity_of(&self.settings);
        let mut ctx = Node::context(&self.settings, &identity, Arc::new(desk)).await.unwrap();
        ctx.clock = self.clock.clone();
        ctx
    }
}

fn document(kind: CaseDocumentKind) -> CaseDocument {
    let path = crate::fixtures::fixture(&format!("cases/{}.json", kind.as_code()));
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn case_id() -> RecordId {
    document(CaseDocumentKind::AmountsInquiry).head().case.clone().unwrap()
}

async fn send(document: &CaseDocument, ctx: &Context) -> DocumentId {
    let (_, transaction) = ctx.catalogue.beginning_with_root(case_root(document.kind())).unwrap();
    let opening = Opening::Case(document);
    let what =
        Begin { opening, to: State::Kg, transaction: &transaction.code, within: None, refers_to: None };
    begin(what, ctx).await.unwrap().document_id
}

/// The reminders of a case, each of which lies in the outbox.
async fn reminders(ctx: &Context) -> Vec<CaseEntry> {
    let case = case_of(&case_id(), ctx).await.unwrap().unwrap();
    let all = case.file.entries().iter().filter(|entry| entry.kind == CaseDocumentKind::Reminder);
    let all: Vec<CaseEntry> = all.cloned().collect();
    let mut tx = ctx.store.read().await.unwrap();
    for one in &all {
        assert!(outbox_of_document(&mut tx, "KG", one.document_id).await.unwrap().is_some());
    }
    all
}

/// What the journal says under a kind.
async fn told(kind: &str, ctx: &Context) -> Vec<String> {
    let mut tx = ctx.store.read().await.unwrap();
    let rows = journal_list(&mut tx, JournalBy::All, 0, 1_000).await.unwrap();
    rows.into_iter().filter(|row| row.entry.kind == kind).map(|row| row.entry.detail).collect()
}

/// Both replicas look at once.
async fn look(one: &Arc<Context>, other: &Arc<Context>) {
    let looks = [one, other].map(|ctx| {
        let ctx = ctx.clone();
        tokio::spawn(async move { note_due(&mut HashSet::new(), &ctx).await })
    });
    for one in looks {
        one.await.unwrap().unwrap();
    }
}

async fn reminded_once(is_on_server: bool) {
    let bench = Bench::set(is_on_server, true);
    let one = Arc::new(bench.replica(TestDesk::default()).await);
    let other = Arc::new(bench.replica(TestDesk::default()).await);
    let asked = send(&document(CaseDocumentKind::AmountsInquiry), &one).await;
    look(&one, &other).await;
    assert!(reminders(&one).await.is_empty(), "it is not late");
    for count in [1, 2] {
        // the term is ten working days; the stated days are the first and the tenth after it
        bench.clock.advance_ms(23 * DAY_MS);
        for _ in 0..2 {
            assert!(told("ask_person", &one).await.is_empty());
            look(&one, &other).await;
            let sent = reminders(&one).await;
            assert_eq!(sent.len(), count, "one for each stated day");
            assert!(sent.iter().all(|entry| entry.about == Some(asked) && entry.to == State::Kg));
            assert_eq!(told("reminded", &one).await.len(), count);
            if count == 2 {
                break;
            }
        }
    }
    for _ in 0..2 {
        look(&one, &other).await;
        assert_eq!(reminders(&one).await.len(), 2, "no more than is stated");
    }
    let asks = told("ask_person", &one).await;
    assert!(asks.len() == 1 && asks[0].contains("they were reminded 2 times"), "{asks:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_peer_is_reminded_once_however_many_replicas_look_on_sqlite() {
    reminded_once(false).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_peer_is_reminded_once_however_many_replicas_look_on_postgresql() {
    reminded_once(true).await;
}

#[tokio::test]
async fn a_node_that_is_killed_while_it_reminds_reminds_once() {
    let bench = Bench::set(false, true);
    let mut ctx = bench.replica(TestDesk::default()).await;
    send(&document(CaseDocumentKind::AmountsInquiry), &ctx).await;
    bench.clock.advance_ms(23 * DAY_MS);
    let file = bench.settings.data.join("stazh.db");
    let mut deaths = 0;
    loop {
        ctx.store.close().await;
        let fate = Fate::immortal();
        ctx.store = Store::open_mortal(&file, fate.clone()).await.unwrap();
        fate.die_after(deaths);
        let looked = note_due(&mut HashSet::new(), &ctx).await;
        ctx.store.close().await;
        ctx.store = Store::open(&file).await.unwrap();
        let sent = reminders(&ctx).await.len();
        assert!(sent <= 1, "after {deaths} statements");
        if !fate.is_dead() {
            looked.unwrap();
            assert_eq!(sent, 1);
            break;
        }
        deaths += 1;
    }
    assert!(deaths > 5, "it never died on its way: {deaths}");
    assert_eq!(told("reminded", &ctx).await.len(), 1);
}

#[tokio::test]
async fn a_reminder_that_the_peer_refuses_is_not_sent_again_and_again() {
    let bench = Bench::set(false, true);
    let ctx = bench.replica(TestDesk::default()).await;
    send(&document(CaseDocumentKind::AmountsInquiry), &ctx).await;
    bench.clock.advance_ms(23 * DAY_MS);
    note_due(&mut HashSet::new(), &ctx).await.unwrap();
    let [sent] = &reminders(&ctx).await[..] else { panic!("one reminder") };
    let mut tx = ctx.store.begin().await.unwrap();
    case_void(&mut tx, sent.document_id).await.unwrap();
    tx.commit().await.unwrap();
    for _ in 0..3 {
        note_due(&mut HashSet::new(), &ctx).await.unwrap();
    }
    assert!(reminders(&ctx).await.is_empty());
    assert_eq!(voided_of(&case_id(), &ctx).await.unwrap(), std::slice::from_ref(sent));
    bench.clock.advance_ms(23 * DAY_MS);
    note_due(&mut HashSet::new(), &ctx).await.unwrap();
    assert_eq!(reminders(&ctx).await.len(), 1, "the next stated day has its own");
}

#[tokio::test]
async fn a_person_is_asked_where_the_node_may_not_remind_or_cannot() {
    for reminds in [false, true] {
        let bench = Bench::set(false, reminds);
        let ctx = bench.replica(TestDesk::default()).await;
        let mut inquiry = document(CaseDocumentKind::AmountsInquiry);
        inquiry.head_mut().body.id = Some("RU-001".parse().unwrap());
        send(&inquiry, &ctx).await;
        if reminds {
            // the body is in the directory of its state no more
            let mut directory = document(CaseDocumentKind::BodyDirectory);
            directory.head_mut().state = State::Ru;
            if let CaseDocument::BodyDirectory(it) = &mut directory {
                it.entries.retain(|entry| entry.body.id.as_ref().is_none_or(|id| id.as_str() != "RU-001"));
            }
            send(&directory, &ctx).await;
        }
        bench.clock.advance_ms(60 * DAY_MS);
        for _ in 0..2 {
            note_due(&mut HashSet::new(), &ctx).await.unwrap();
        }
        assert!(reminders(&ctx).await.is_empty());
        let asks = told("ask_person", &ctx).await;
        assert!(asks.len() == 1 && asks[0].ends_with("remind them"), "{asks:?}");
        assert_eq!(asks[0].contains("case.body_unknown"), reminds, "{asks:?}");
    }
}

#[tokio::test]
async fn what_was_answered_or_had_attachments_beside_it_is_treated_as_any_other() {
    let mut bench = Bench::set(false, true);
    bench.settings.limits.attachment_inside_bytes_max = 100;
    let scan = vec![7; 5_000];
    let copy = CopyOfDocument { media_type: None, bytes: 5_000, sha256: sha256(&scan) };
    let copies = HashMap::from([(copy.sha256, scan)]);
    let ctx = bench.replica(TestDesk { copies, ..TestDesk::default() }).await;
    let mut claim = document(CaseDocumentKind::PensionClaim);
    claim.evidence_mut()[0].copy = Some(copy);
    let claim = send(&claim, &ctx).await;
    let inquiry = send(&document(CaseDocumentKind::AmountsInquiry), &ctx).await;
    let answer = CaseEntry {
        document_id: DocumentId::from_uuid(uuid::Uuid::from_u128(9)),
        kind: CaseDocumentKind::AmountsRecord,
        from: State::Kg,
        to: State::Ru,
        about: Some(inquiry),
        at: ctx.clock.now(),
        said: Said::default(),
    };
    let mut tx = ctx.store.begin().await.unwrap();
    case_put(&mut tx, &case_id(), &answer, None).await.unwrap();
    tx.commit().await.unwrap();
    bench.clock.advance_ms(60 * DAY_MS);
    note_due(&mut HashSet::new(), &ctx).await.unwrap();
    let about: Vec<_> = reminders(&ctx).await.into_iter().map(|entry| entry.about).collect();
    assert_eq!(about, [Some(claim)], "{:?}", told("ask_person", &ctx).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provisional_award_is_hinted_at_where_only_the_part_of_others_is_missing() {
    let bench = Bench::set(false, false);
    let ctx = bench.replica(TestDesk::default()).await;
    let claim = CaseEntry {
        document_id: DocumentId::from_uuid(uuid::Uuid::from_u128(1)),
        kind: CaseDocumentKind::PensionClaim,
        from: State::Kg,
        to: State::Ru,
        about: None,
        at: ctx.clock.now(),
        said: Said { pensions: vec!["ru-old-age".parse().unwrap()], ..Said::default() },
    };
    let mut tx = ctx.store.begin().await.unwrap();
    case_put(&mut tx, &case_id(), &claim, None).await.unwrap();
    tx.commit().await.unwrap();
    let shown = || {
        let node = bench.world.folder("RU");
        let (code, out, err) = stazh(&node, &["case", "show", ".", case_id().as_str()]);
        assert_eq!(code, Some(0), "{err}");
        out
    };
    assert!(!shown().contains("provisional"), "nothing of others is missing");
    send(&document(CaseDocumentKind::FamilyInquiry), &ctx).await;
    let told_by = shown();
    for word in ["hint: only the part of KG is missing", "ru-old-age", "a person decides (T20, T21, T28"] {
        assert!(told_by.contains(word), "{word}\n{told_by}");
    }
    note_due(&mut HashSet::new(), &ctx).await.unwrap();
    assert!(told("hint", &ctx).await.is_empty(), "it is not late");
    bench.clock.advance_ms(60 * DAY_MS);
    for _ in 0..2 {
        note_due(&mut HashSet::new(), &ctx).await.unwrap();
    }
    let hints = told("hint", &ctx).await;
    assert!(
        hints.len() == 1 && hints[0].contains("a provisional award of ru-old-age is possible"),
        "{hints:?}"
    );
}

/// What is closed is forgotten so many days after its last document, if the settings say so; else it is kept.
#[tokio::test]
async fn a_closed_case_is_forgotten_when_its_time_is_over_and_not_before() {
    for keep_days in [None, NonZeroU32::new(40)] {
        let mut bench = Bench::set(false, false);
        bench.settings.cases.keep_days = keep_days;
        let ctx = bench.replica(TestDesk::default()).await;
        let ours = |kind, case: &RecordId, about| {
            let mut document = document(kind);
            let head = document.head_mut();
            (head.state, head.case, head.about) = (State::Ru, Some(case.clone()), about);
            document
        };
        let notice = ours(CaseDocumentKind::CircumstanceNotice, &case_id(), None);
        let closed = send(&notice, &ctx).await;
        let other = ours(CaseDocumentKind::FamilyInquiry, &"RU-2026-000999".parse().unwrap(), None);
        send(&other, &ctx).await;
        bench.clock.advance_ms(10 * DAY_MS);
        send(&ours(CaseDocumentKind::Closure, &case_id(), Some(closed)), &ctx).await;
        for (days, left) in [(0, 2), (39, 2), (2, if keep_days.is_some() { 1 } else { 2 })] {
            bench.clock.advance_ms(days * DAY_MS);
            renew_board(&ctx).await.unwrap();
            let forgotten = forget_cases(&ctx).await.unwrap();
            assert_eq!(cases_after("", 10, &ctx).await.unwrap().len(), left, "{keep_days:?}, {days} days on");
            assert_eq!(forgotten, 2 - left);
        }
        assert_eq!(forget_cases(&ctx).await.unwrap(), 0, "once");
        let told = told("forgotten", &ctx).await;
        assert_eq!(told.len(), usize::from(keep_days.is_some()), "{told:?}");
        assert!(told.iter().all(|line| line.contains(case_id().as_str())), "{told:?}");
        let mut tx = ctx.store.read().await.unwrap();
        assert!(outbox_of_document(&mut tx, "KG", closed).await.unwrap().is_some(), "what was sealed stays");
    }
}
