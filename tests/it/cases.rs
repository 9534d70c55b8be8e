//! Documents of pension cases: each as files hold it, and across the border both ways, on both databases.

use crate::exchange::{ended, inquiry_between, journal, record_of};
use crate::fixtures::{every_file_of, fixture};
use crate::nodes::{TestDesk, World};
use crate::postgres_server;
use stazh::base::{DocumentId, Limits};
use stazh::exchange::canonical::case::{CaseDocument, CaseDocumentKind};
use stazh::exchange::canonical::{Interval, RecordId, State};
use stazh::exchange::document::codec::{Header, HeaderText, case_root, encode_case};
use stazh::exchange::rules::{Catalogue, MessageKind, Rules};
use stazh::flow::{Begin, Composed, FlowError, Opening, begin, case_of, compose, voided_of};
use stazh::node::{Door, Node, Server, Settings};
use stazh::pension::CaseStage;
use stazh::store::{ConversationState, JournalBy, journal_list};
use std::fs;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The document of a kind, as its file holds it.
fn document(kind: CaseDocumentKind) -> CaseDocument {
    let path = fixture(&format!("cases/{}.json", kind.as_code()));
    let text = fs::read_to_string(&path).unwrap_or_else(|_| panic!("{} is missing", path.display()));
    let document: CaseDocument = serde_json::from_str(&text).unwrap();
    assert_eq!(document.kind(), kind);
    document
}

fn message(catalogue: &Catalogue, kind: CaseDocumentKind) -> MessageKind {
    let (process, transaction) = catalogue.beginning_with_root(case_root(kind)).unwrap();
    process.message(&transaction.request).unwrap().clone()
}

#[test]
fn every_file_of_the_folder_is_of_a_kind() {
    let is_kind = |name: &str| CaseDocumentKind::ALL.iter().any(|kind| kind.as_code() == name);
    let files = every_file_of("cases");
    assert!(files.iter().all(|path| is_kind(path.file_stem().unwrap().to_str().unwrap())), "{files:?}");
}

#[test]
fn every_kind_stands_in_the_fixtures_as_a_record_and_as_xml() {
    let (rules, catalogue) = (Rules::built_in(Limits::default()).unwrap(), Catalogue::built_in().unwrap());
    for kind in CaseDocumentKind::ALL {
        let (document, message) = (document(*kind), message(&catalogue, *kind));
        let header = Header {
            message: message.code.clone(),
            structure: message.structure.clone(),
            document_id: "018f6f3a-7c10-7b1e-9d55-3a2b4c5d6e01".parse().unwrap(),
            answers: document.head().about,
            made_at: HeaderText::of("2031-04-01T08:00:00Z".parse().unwrap()),
        };
        let made = encode_case(&document, &header).unwrap();
        let valid = rules.check(&made, &message).unwrap_or_else(|found| panic!("{kind:?}: {found:#?}"));
        let path = fixture(&format!("documents/case-{}.xml", kind.as_code()));
        if std::env::var_os("STAZH_UPDATE").is_some() {
            fs::write(&path, valid.as_bytes()).unwrap();
        }
        let held = fs::read(&path).unwrap_or_default();
        assert!(held == valid.as_bytes(), "{} is not what is made now", path.display());
        assert!(message.serves.is_some(), "{} says nothing of what it serves", message.code);
    }
}

/// Two nodes that exchange documents, each with what it was told.
struct Pair {
    _world: World,
    /// How the Russian one is set up, where it listens now.
    settings: Settings,
    ru: (Node, Arc<TestDesk>),
    kg: (Node, Arc<TestDesk>),
}

async fn pair(is_on_server: bool) -> Pair {
    let world = World::new();
    let (mut ru, mut kg) = (world.settle("RU", "KG"), world.settle("KG", "RU"));
    for settings in [&mut ru, &mut kg].into_iter().filter(|_| is_on_server) {
        settings.database = Some(Server { urls: vec![postgres_server::database()], password_file: None });
    }
    let (ru_door, kg_door) = (Door::open(&ru).await.unwrap(), Door::open(&kg).await.unwrap());
    ru.peers[0].url = format!("https://{}/", kg_door.address().unwrap());
    kg.peers[0].url = format!("https://{}/", ru_door.address().unwrap());
    let settings = Settings { listen: ru_door.address().unwrap(), ..ru.clone() };
    // need B: each knows a worker of its own
    let (ru_desk, kg_desk) =
        (TestDesk::knowing(vec![record_of("RU", 1)]), TestDesk::knowing(vec![record_of("KG", 2)]));
    let (ru_desk, kg_desk) = (Arc::new(ru_desk), Arc::new(kg_desk));
    let ru = (Node::start(ru_door, &ru, ru_desk.clone()).await.unwrap(), ru_desk);
    let kg = (Node::start(kg_door, &kg, kg_desk.clone()).await.unwrap(), kg_desk);
    Pair { _world: world, settings, ru, kg }
}

async fn send(node: &Node, to: State, document: &CaseDocument) -> Composed {
    let ctx = node.flows();
    let (_process, transaction) = ctx.catalogue.beginning_with_root(case_root(document.kind())).unwrap();
    let opening = Opening::Case(document);
    let what = Begin { opening, to, transaction: &transaction.code, within: None, refers_to: None };
    begin(what, ctx).await.unwrap_or_else(|error| panic!("{:?}: {error:?}", document.kind()))
}

/// Sends one of each kind; those that are about an earlier document are about the first claim.
pub(crate) async fn send_all(node: &Node, (from, to): (State, State)) -> Vec<(DocumentId, CaseDocument)> {
    let mut sent: Vec<(DocumentId, CaseDocument)> = Vec::new();
    for kind in CaseDocumentKind::ALL {
        let mut document = document(*kind);
        let head = document.head_mut();
        head.state = from;
        head.about = head.about.and(sent.first().map(|(id, _)| *id));
        // each in a case of its own, but for those that belong to none
        head.case = head.case.as_ref().map(|_| format!("{from}-{}", kind.as_code()).parse().unwrap());
        if let CaseDocument::PensionDecision(decision) = &mut document {
            decision.kind = format!("{}-old-age", from.as_code().to_lowercase()).parse().unwrap();
        }
        let composed = send(node, to, &document).await;
        sent.push((composed.document_id, document));
    }
    sent
}

pub(crate) async fn all_came(desk: &TestDesk, sent: &[(DocumentId, CaseDocument)]) {
    let begun = Instant::now();
    while desk.cases.lock().unwrap().len() < sent.len() {
        let came = desk.cases.lock().unwrap().len();
        assert!(begun.elapsed() < Duration::from_secs(120), "{came} of {}", sent.len());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let came = desk.cases.lock().unwrap();
    for (id, document) in sent {
        let (held, times) = &came[id];
        assert!(held == document, "{:?} came otherwise than it was sent", document.kind());
        assert_eq!(*times, 1, "{:?}", document.kind());
    }
}

async fn cross(is_on_server: bool) {
    let Pair { _world, ru: (ru, ru_desk), kg: (kg, kg_desk), .. } = pair(is_on_server).await;
    let (there, back) =
        tokio::join!(send_all(&ru, (State::Ru, State::Kg)), send_all(&kg, (State::Kg, State::Ru)));
    tokio::join!(all_came(&kg_desk, &there), all_came(&ru_desk, &back));
    // need B: the insurance record on request, and that there is none
    let asked = async |node: &Node, inquiry| {
        let composed = compose(&inquiry, node.flows()).await.unwrap();
        assert_eq!(ended(node, composed.conversation_id).await, ConversationState::Completed);
    };
    tokio::join!(
        asked(&ru, inquiry_between("RU", "KG", 2)),
        asked(&kg, inquiry_between("KG", "RU", 1)),
        asked(&ru, inquiry_between("RU", "KG", 3)),
        asked(&kg, inquiry_between("KG", "RU", 4)),
    );
    for (desk, record) in [(&ru_desk, record_of("KG", 2)), (&kg_desk, record_of("RU", 1))] {
        desk.all_told(1).await;
        let told: Vec<_> = desk.told.lock().unwrap().values().map(|(told, _)| told.clone()).collect();
        assert!(told == [record], "a record came otherwise than it was sent");
    }
    ru.stop().await;
    kg.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_kind_crosses_both_ways_on_sqlite() {
    cross(false).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_kind_crosses_both_ways_on_postgresql() {
    cross(true).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_document_of_another_state_is_refused_and_has_no_effect() {
    let Pair { _world, ru: (ru, _), kg: (kg, kg_desk), .. } = pair(false).await;
    let mut document = document(CaseDocumentKind::CircumstanceNotice);
    document.head_mut().state = State::Ru;
    let composed = send(&ru, State::Kg, &document).await;
    assert_eq!(ended(&ru, composed.conversation_id).await, ConversationState::Completed);
    document.head_mut().state = State::Kg;
    let what = Begin {
        opening: Opening::Case(&document),
        to: State::Kg,
        transaction: "P.XP.04.TRN.001",
        within: None,
        refers_to: None,
    };
    let refused = begin(what, ru.flows()).await.unwrap_err();
    assert!(refused.to_string().contains("KG"), "{refused}");
    let other = Begin { transaction: "P.XP.03.TRN.001", ..wrong(&document) };
    assert!(begin(other, ru.flows()).await.is_err(), "a notice is no claim");
    let came = kg_desk.cases.lock().unwrap().len();
    assert_eq!(came, 1, "{}", journal(kg.flows(), composed.conversation_id).await);
    ru.stop().await;
    kg.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_case_is_known_to_both_sides_and_what_speaks_against_a_document_is_told_by_both() {
    let Pair { _world, mut settings, ru: (ru, ru_desk), kg: (kg, kg_desk) } = pair(false).await;
    // a claim that was filed in KG for a Russian pension, with the day on which it was filed there (T8)
    let mut claim = document(CaseDocumentKind::PensionClaim);
    let head = claim.head_mut();
    head.state = State::Kg;
    head.filing.as_mut().unwrap().state = State::Kg;
    let id = head.case.clone().unwrap();
    let (head, sent) = (head.clone(), send(&kg, State::Ru, &claim).await);
    all_came(&ru_desk, &[(sent.document_id, claim)]).await;
    stands(&[&ru, &kg], &id, CaseStage::Waiting).await;

    let mut decision = document(CaseDocumentKind::PensionDecision);
    decision.head_mut().about = Some(sent.document_id);
    // told at once: another day of filing, and a pension of another state's law
    if let CaseDocument::PensionDecision(it) = &mut decision {
        it.kind = "kg-old-age".parse().unwrap();
    }
    let refused = begin(deciding(&decision), ru.flows()).await.unwrap_err();
    let FlowError::Unlawful(findings) = refused else { panic!("{refused:?}") };
    let codes: Vec<&str> = findings.iter().map(|finding| finding.code.as_str()).collect();
    assert_eq!(codes, ["case.filing_changed", "case.kind_not_covered"]);

    decision.head_mut().filing = head.filing.clone();
    if let CaseDocument::PensionDecision(it) = &mut decision {
        it.kind = "ru-old-age".parse().unwrap();
    }
    let decided = send(&ru, State::Kg, &decision).await;
    all_came(&kg_desk, &[(decided.document_id, decision.clone())]).await;
    stands(&[&ru, &kg], &id, CaseStage::Decided).await;
    let again = begin(deciding(&decision), ru.flows()).await.unwrap_err();
    let FlowError::Unlawful(findings) = again else { panic!("{again:?}") };
    assert_eq!(findings.first().map(|finding| finding.code.as_str()), Some("case.decided_before"));

    // a node whose database was lost sends a second one: the peer knows better, and says so
    ru.stop().await;
    settings.data = settings.data.with_file_name("new-data");
    let ru = Node::start(Door::open(&settings).await.unwrap(), &settings, ru_desk).await.unwrap();
    decision.head_mut().about = None;
    let second = send(&ru, State::Kg, &decision).await;
    assert_eq!(ended(&ru, second.conversation_id).await, ConversationState::Failed);
    let told = journal(ru.flows(), second.conversation_id).await;
    assert!(told.contains("X.CASE.DECIDED.BEFORE"), "{told}");
    let known = case_of(&id, ru.flows()).await.unwrap();
    assert!(known.is_none(), "what was refused decides nothing here either: {known:?}");
    let voided = voided_of(&id, ru.flows()).await.unwrap();
    assert_eq!(voided.iter().map(|entry| entry.document_id).collect::<Vec<_>>(), [second.document_id]);
    assert_eq!(kg_desk.cases.lock().unwrap().len(), 1);
    ru.stop().await;
    kg.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_is_judged_by_the_directory_that_its_state_sent() {
    let Pair { _world, ru: (ru, _), kg: (kg, kg_desk), .. } = pair(false).await;
    let directory = document(CaseDocumentKind::BodyDirectory);
    let sent = send(&ru, State::Kg, &directory).await;
    all_came(&kg_desk, &[(sent.document_id, directory)]).await;
    let mut notice = document(CaseDocumentKind::CircumstanceNotice);
    notice.head_mut().state = State::Ru;
    notice.head_mut().body.id = Some("RU-001".parse().unwrap());
    send(&ru, State::Kg, &notice).await;
    notice.head_mut().body.id = Some("RU-000".parse().unwrap());
    let what = Begin { transaction: "P.XP.04.TRN.001", ..wrong(&notice) };
    let FlowError::Unlawful(findings) = begin(what, ru.flows()).await.unwrap_err() else { panic!() };
    assert_eq!(findings.first().map(|finding| finding.code.as_str()), Some("case.body_unknown"));
    ru.stop().await;
    kg.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_that_changed_are_told_within_a_month_or_both_sides_say_that_it_is_late() {
    let Pair { _world, ru: (ru, _), kg: (kg, kg_desk), .. } = pair(false).await;
    let mut directory = document(CaseDocumentKind::BodyDirectory);
    let mut sent = Vec::new();
    let first = send(&ru, State::Kg, &directory).await;
    sent.push((first.document_id, directory.clone()));
    all_came(&kg_desk, &sent).await;
    // one that began last spring, and one that begins next year
    if let CaseDocument::BodyDirectory(it) = &mut directory {
        for (id, from) in [("RU-002", "2026-05-04"), ("RU-003", "2099-01-01")] {
            let mut entry = it.entries[0].clone();
            entry.body.id = id.parse().ok();
            entry.days = Interval::new(from.parse().unwrap(), None).unwrap();
            it.entries.push(entry);
        }
    }
    let second = send(&ru, State::Kg, &directory).await;
    sent.push((second.document_id, directory));
    all_came(&kg_desk, &sent).await;
    for node in [&ru, &kg] {
        let told = async || {
            let mut tx = node.flows().store.read().await.unwrap();
            let rows = journal_list(&mut tx, JournalBy::All, 0, 1_000).await.unwrap();
            let late =
                rows.into_iter().filter(|row| row.entry.code.as_deref() == Some("case.directory_late"));
            late.map(|row| row.entry.detail).collect::<Vec<_>>()
        };
        let begun = Instant::now();
        while told().await.is_empty() {
            assert!(begun.elapsed() < Duration::from_secs(60), "nobody says that it is late");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        let wanted = "the directory of RU tells late what changed: of 2026-05-04, due by 2026-06-04 (T46)";
        assert_eq!(told().await, [wanted]);
    }
    ru.stop().await;
    kg.stop().await;
}

/// Waits until a case stands there on every side: it is known a little after the local system was told.
async fn stands(nodes: &[&Node], case: &RecordId, stage: CaseStage) {
    let begun = Instant::now();
    for node in nodes {
        let stands = async || case_of(case, node.flows()).await.unwrap().map(|case| case.file.stage());
        while stands().await != Some(stage) {
            assert!(begun.elapsed() < Duration::from_secs(60), "{:?}", stands().await);
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

/// Waits until something is so.
pub(crate) async fn waits_until(what: &str, is_so: impl Fn() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < Duration::from_secs(60), "not yet: {what}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

fn wrong(document: &CaseDocument) -> Begin<'_> {
    let opening = Opening::Case(document);
    Begin { opening, to: State::Kg, transaction: "", within: None, refers_to: None }
}

fn deciding(document: &CaseDocument) -> Begin<'_> {
    Begin { transaction: "P.XP.03.TRN.002", ..wrong(document) }
}
