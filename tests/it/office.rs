//! A clerk's day over two nodes: the claim comes, the record is asked for, found again and laid out; on both databases.

use crate::fixtures::fixture;
use crate::nodes::{TestDesk, World};
use crate::people::{House, plain};
use crate::postgres_server;
use jiff::civil::{Date, date};
use stazh::access::{Actor, Ask, Commands, Permit, Purpose, Role, Via, decide};
use stazh::base::{ConversationId, DocumentId, Language};
use stazh::exchange::canonical::case::{CaseDocument, CaseDocumentKind};
use stazh::exchange::canonical::{Inquiry, InsuranceRecord, Person, RecordId, State};
use stazh::exchange::document::codec::case_root;
use stazh::flow::entry::{EntryError, Eyes};
use stazh::flow::office::{
    AskedToSend, BoardFilter, Decided, Linked, LocalRecord, Reckoning, ToSend, Turn, Workbench, WorkbenchOf,
    ask_to_send, begun_draft, case_board, case_file, decide_to_send, draft_of, gather_records, link_record,
    print_document, unlink_record, workbench,
};
use stazh::flow::{Begin, Context, Opening, begin, compose};
use stazh::node::{Door, Node, Server, Settings};
use stazh::pension::{Branch, CaseStage, Choice, Right, Side};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

fn actor(login: &str, role: Role) -> Actor {
    Actor {
        login: login.to_owned(),
        role,
        functions: ["cases", "export", "decisions", "approvals"].map(str::to_owned).into(),
        is_complete: true,
        via: Via::Console,
    }
}

fn permit(command: &str, object: &str, at: jiff::Timestamp) -> Permit {
    let actor = actor("b.asanova", Role::Clerk);
    let purpose = Purpose { code: "case".to_owned(), case: object.to_owned() };
    let object = format!("case:{object}");
    let ask = Ask { command, object: &object, purpose: Some(&purpose), at };
    decide(Commands::built_in(), &actor, ask).unwrap()
}

fn claim() -> CaseDocument {
    let text = std::fs::read_to_string(fixture("cases/pension-claim.json")).unwrap();
    let mut claim: serde_json::Value = serde_json::from_str(&text).unwrap();
    claim["kinds"] = serde_json::json!(["kg-old-age"]);
    serde_json::from_value(claim).unwrap()
}

fn record(state: State, person: &Person, periods: &[(&str, &str)]) -> InsuranceRecord {
    let period = |(number, (from, to)): (usize, &(&str, &str))| {
        serde_json::json!({
            "id": format!("{state}-{number}"), "state": state, "kind": "work",
            "interval": { "from": from, "to": to },
        })
    };
    let periods: Vec<_> = periods.iter().enumerate().map(period).collect();
    let record = serde_json::json!({
        "state": state, "as_of": "2026-02-20", "person": person, "periods": periods,
    });
    serde_json::from_value(record).unwrap()
}

/// The node of Bishkek of such a day with a door for people.
pub(crate) struct OfficeHouse {
    pub(crate) house: House,
    pub(crate) case: RecordId,
    /// What came to Moscow.
    pub(crate) other_desk: Arc<TestDesk>,
}

/// Opens it.
pub(crate) async fn open_house() -> OfficeHouse {
    let Day { world, ru, kg, url, case, ru_desk, .. } = day(false).await;
    OfficeHouse { house: House::of(kg, url, ru, world), case, other_desk: ru_desk }
}

impl OfficeHouse {
    pub(crate) async fn close(self) {
        self.house.close().await;
    }
}

/// Russia and Kyrgyzstan; Bishkek has the claim of a worker, and what Moscow knows of him.
struct Day {
    world: World,
    ru: Node,
    kg: Node,
    case: RecordId,
    conversation: ConversationId,
    claim: DocumentId,
    /// What came to Moscow.
    ru_desk: Arc<TestDesk>,
    /// Where the door for people of Bishkek is called.
    url: String,
}

async fn day(is_on_server: bool) -> Day {
    let world = World::new();
    let claim = claim();
    let person = claim.person().unwrap().clone();
    let known = record(State::Ru, &person, &[("2019-01-01", "2020-12-31"), ("2021-01-01", "2024-12-31")]);
    let own = [("2009-01-01", "2012-12-31"), ("2013-01-01", "2015-12-31"), ("2018-06-01", "2019-02-28")];
    let own = record(State::Kg, &person, &own);
    let (mut ru, mut kg) = (world.settle("RU", "KG"), world.settle("KG", "RU"));
    for settings in [&mut ru, &mut kg].into_iter().filter(|_| is_on_server) {
        settings.database = Some(Server { urls: vec![postgres_server::database()], password_file: None });
    }
    kg.console = Some(plain());
    let (ru_door, kg_door) = (Door::open(&ru).await.unwrap(), Door::open(&kg).await.unwrap());
    let url = kg_door.console_url().unwrap().unwrap();
    ru.peers[0].url = format!("https://{}/", kg_door.address().unwrap());
    kg.peers[0].url = format!("https://{}/", ru_door.address().unwrap());
    let start = async |door, settings: &Settings, desk: &Arc<TestDesk>| {
        Node::start(door, settings, desk.clone()).await.unwrap()
    };
    let (ru_desk, kg_desk) =
        (Arc::new(TestDesk::knowing(vec![known])), Arc::new(TestDesk::knowing(vec![own])));
    let (ru, kg) = (start(ru_door, &ru, &ru_desk).await, start(kg_door, &kg, &kg_desk).await);

    let ctx = ru.flows();
    let (_process, transaction) = ctx.catalogue.beginning_with_root(case_root(claim.kind())).unwrap();
    let opening = Opening::Case(&claim);
    let what =
        Begin { opening, to: State::Kg, transaction: &transaction.code, within: None, refers_to: None };
    let sent = begin(what, ctx).await.unwrap();
    let purpose = "old-age".parse().unwrap();
    let inquiry = Inquiry { asking: State::Kg, asked: State::Ru, person, interval: None, purpose };
    let asked = compose(&inquiry, kg.flows()).await.unwrap();
    kg_desk.all_told(1).await;
    let begun = Instant::now();
    while kg_desk.cases.lock().unwrap().is_empty() {
        assert!(begun.elapsed() < Duration::from_secs(120), "the claim did not come");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let case = claim.head().case.clone().unwrap();
    let day = Day {
        world,
        ru,
        kg,
        case,
        conversation: asked.conversation_id,
        claim: sent.document_id,
        ru_desk,
        url,
    };
    // what was handed over counts a moment later
    while board(&day, &BoardFilter::default()).await.is_empty() || !record_is_settled(&day).await {
        assert!(begun.elapsed() < Duration::from_secs(120), "what came was not settled");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    day
}

impl Day {
    fn ctx(&self) -> &Context {
        self.kg.flows()
    }

    fn permit(&self, command: &str) -> Permit {
        permit(command, self.case.as_str(), self.ctx().clock.now())
    }

    async fn workbench(&self, choice: &Choice, stated: &Reckoning) -> Workbench {
        let of = WorkbenchOf::Case(self.case.clone());
        let permit = self.permit("case-workbench");
        workbench(&permit, &of, (choice, stated), Language::En, self.ctx()).await.unwrap().unwrap()
    }
}

async fn board(day: &Day, filter: &BoardFilter) -> Vec<String> {
    let permit = permit("case-list", "", day.ctx().clock.now());
    let board = case_board(&permit, filter, None, Language::En, day.ctx()).await.unwrap();
    assert!(board.next.is_none());
    board.cases.iter().map(|case| case.case.as_str().to_owned()).collect()
}

async fn record_is_settled(day: &Day) -> bool {
    let of = WorkbenchOf::Conversation(day.conversation);
    let id = day.conversation.as_uuid().to_string();
    let permit = permit("case-workbench", &id, day.ctx().clock.now());
    let nothing = (&Choice::default(), &Reckoning::default());
    workbench(&permit, &of, nothing, Language::En, day.ctx()).await.unwrap().is_some()
}

async fn a_day(is_on_server: bool) {
    let day = day(is_on_server).await;
    let ctx = day.ctx();

    // the board: it is our turn, and the term is long over or yet to come by the book
    let mine = [day.case.as_str().to_owned()];
    assert_eq!(board(&day, &BoardFilter { turn: Some(Turn::Ours), ..Default::default() }).await, mine);
    assert!(board(&day, &BoardFilter { turn: Some(Turn::Theirs), ..Default::default() }).await.is_empty());
    let closed = BoardFilter { stage: Some(CaseStage::Closed), ..Default::default() };
    assert!(board(&day, &closed).await.is_empty());

    // the case: whose turn, and what may be sent next
    let file = case_file(&day.permit("case-view"), &day.case, Language::En, ctx).await.unwrap().unwrap();
    assert_eq!((file.stage, &file.branches[..]), (CaseStage::Waiting, &[Branch::OldAge][..]));
    assert_eq!(file.lacks, [], "age rests on service alone");
    assert_eq!(file.person.as_ref().unwrap().name, "Осмонов Бакыт Асанович");
    assert!(file.waits.len() == 1 && file.waits[0].is_ours && file.waits[0].due_on.is_some());
    let answers: Vec<&str> =
        file.next.iter().filter(|it| it.answers == Some(day.claim)).map(|it| it.kind.as_code()).collect();
    assert!(answers.contains(&"pension-decision") && answers.contains(&"clarification"), "{answers:?}");
    assert!(file.documents[0].conversation_id.is_some());

    // the record names no case: it is looked for, once
    let before = day.workbench(&Choice::default(), &Reckoning::default()).await;
    assert_eq!(before.timeline.lanes.iter().map(|lane| lane.side).collect::<Vec<_>>(), [Side::Local]);
    let gathered = gather_records(&day.permit("case-workbench"), &day.case, ctx).await.unwrap().unwrap();
    assert_eq!((gathered.looked_at, gathered.found, gathered.put), (1, 1, 1));
    let again = gather_records(&day.permit("case-workbench"), &day.case, ctx).await.unwrap().unwrap();
    assert_eq!((again.found, again.put), (1, 0));

    let bench = day.workbench(&Choice::default(), &Reckoning::default()).await;
    assert_ne!(bench.version, before.version, "a page from before is told that it is out of date");
    assert_eq!(bench.local, LocalRecord::Found);
    let line = &bench.timeline;
    let lanes: Vec<_> = line.lanes.iter().map(|lane| (lane.state, lane.side, lane.segments.len())).collect();
    assert_eq!(
        lanes,
        [(State::Kg, Side::Local, 2), (State::Ru, Side::Received, 1)],
        "split periods are folded"
    );
    assert_eq!(line.lanes[1].segments[0].pieces.len(), 2);
    let days = |from: Date, to: Date| vec![stazh::pension::Stretch { from, to }];
    assert_eq!(line.overlaps.len(), 1);
    assert_eq!(line.overlaps[0].days.stretches(), days(date(2019, 1, 1), date(2019, 2, 28)));
    assert_eq!(line.gaps.stretches(), days(date(2016, 1, 1), date(2018, 5, 31)));
    assert_eq!(bench.filed_on, Some(date(2026, 2, 10)), "the day of filing travels (T8)");

    // the totals: nobody stated what the law demands, then somebody does
    assert_eq!(bench.totals.len(), 1);
    assert!(bench.totals[0].right == Right::Undecided && !bench.totals[0].is_assumed);
    let needed =
        |years| Some(serde_json::from_value(serde_json::json!({ "service": { "years": years } })).unwrap());
    let stated = Reckoning { needed: needed(10), ..Reckoning::default() };
    let reckoned = day.workbench(&Choice::default(), &stated).await;
    assert_eq!(reckoned.totals[0].right, Right::Added);
    let rules: BTreeSet<&str> = reckoned.totals[0].steps.iter().map(|step| step.rule.as_str()).collect();
    assert!(["T8", "T9", "T21", "T22"].iter().all(|rule| rules.contains(rule)), "{rules:?}");

    // a choice is of what is drawn, not of what is reckoned with
    let choice = Choice { states: BTreeSet::from([State::Ru]), ..Choice::default() };
    let chosen = day.workbench(&choice, &stated).await;
    assert_eq!(chosen.timeline.lanes.len(), 1);
    assert_eq!(chosen.totals[0].right, Right::Added);

    // taken out and named again
    let record = bench.records[0].document_id;
    let may = day.permit("case-workbench");
    assert!(unlink_record(&may, &day.case, record, ctx).await.unwrap());
    assert!(!unlink_record(&may, &day.case, record, ctx).await.unwrap());
    let link = async |id| link_record(&may, &day.case, id, ctx).await.unwrap();
    assert_eq!(link(day.conversation).await, Some(Linked::Now));
    assert_eq!(link(day.conversation).await, Some(Linked::Before));
    let nothing = ConversationId::from_uuid(day.claim.as_uuid());
    assert_eq!(link(nothing).await, Some(Linked::NoRecord));

    // forms: marked, of this case alone, and for who may take them out
    let export = day.permit("case-print");
    for document in [day.claim, record] {
        let form = print_document(&export, &day.case, document, Language::Ru, ctx).await.unwrap().unwrap();
        assert!(form.starts_with(b"%PDF-"));
    }
    let none = print_document(&may, &day.case, day.claim, Language::Ru, ctx).await.unwrap();
    assert!(none.is_none(), "a permit to look is none to take out");

    // a permit is for one case
    let other: RecordId = "RU-2026-000418".parse().unwrap();
    assert!(case_file(&day.permit("case-view"), &other, Language::En, ctx).await.unwrap().is_none());
    let forged = permit("case-view", other.as_str(), ctx.clock.now());
    assert!(case_file(&forged, &other, Language::En, ctx).await.unwrap().is_none());
    assert!(case_file(&forged, &day.case, Language::En, ctx).await.unwrap().is_none());

    four_eyes(&day).await;
    a_death(&day).await;
    day.ru.stop().await;
    day.kg.stop().await;
}

/// A document of the case tells that the worker died: service after that day is told of, and nobody states the day again.
async fn a_death(day: &Day) {
    let dead = async || {
        let bench = day.workbench(&Choice::default(), &Reckoning::default()).await;
        bench.totals[0].findings.iter().any(|finding| finding.code == "pension.after_death")
    };
    assert!(!dead().await);
    let claim = claim();
    let text = std::fs::read_to_string(fixture("cases/circumstance-notice.json")).unwrap();
    let mut notice: serde_json::Value = serde_json::from_str(&text).unwrap();
    notice["head"] = serde_json::to_value(claim.head()).unwrap();
    notice["person"] = serde_json::to_value(claim.person()).unwrap();
    (notice["circumstance"], notice["on"]) = ("death".into(), "2024-06-30".into());
    let notice: CaseDocument = serde_json::from_value(notice).unwrap();
    let transaction = "P.XP.04.TRN.001";
    let opening = Opening::Case(&notice);
    let what = Begin { opening, to: State::Kg, transaction, within: None, refers_to: None };
    begin(what, day.ru.flows()).await.unwrap();
    let begun = Instant::now();
    while !dead().await {
        assert!(begun.elapsed() < Duration::from_secs(120), "nobody knows of the death");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// What a second person decides about what waits.
async fn decide_by(
    day: &Day,
    (login, approval): (&str, uuid::Uuid),
    eyes: Eyes,
) -> Result<Decided, EntryError> {
    let senior = actor(login, Role::SeniorClerk);
    let object = format!("approval:{approval}");
    let ask = Ask { command: "approval-decide", object: &object, purpose: None, at: day.ctx().clock.now() };
    let may = decide(Commands::built_in(), &senior, ask).unwrap();
    decide_to_send((&may, &senior), (approval, eyes, "not yet"), day.ctx()).await
}

/// A decision is written by one person, approved by another, and only then leaves.
async fn four_eyes(day: &Day) {
    let (ctx, may) = (day.ctx(), day.permit("case-send"));
    let file = async || case_file(&may, &day.case, Language::En, ctx).await.unwrap().unwrap();
    let about = Some(day.claim);
    let begun = begun_draft(&may, &day.case, (CaseDocumentKind::PensionDecision, about), ctx).await;
    let begun = begun.unwrap().unwrap();
    assert_eq!(begun["kind"], "kg-old-age");
    let text = std::fs::read_to_string(fixture("cases/pension-decision.json")).unwrap();
    let mut decision: serde_json::Value = serde_json::from_str(&text).unwrap();
    for part in ["head", "person", "kind"] {
        decision[part] = begun[part].clone();
    }
    decision["head"]["body"] = serde_json::json!({ "name": "Социальный фонд" });
    let version = file().await.version;
    let ask = async |version: &str, document: &serde_json::Value| {
        let text = document.to_string();
        let to_send = ToSend { version, to: State::Ru, text: &text };
        ask_to_send(&may, &day.case, &to_send, ctx).await.unwrap()
    };

    // what is out of date, no document, of another case or against the rules waits for nobody
    assert!(matches!(ask("0123456789abcdef", &decision).await, AskedToSend::Changed));
    assert!(matches!(ask(&version, &serde_json::json!({})).await, AskedToSend::Unread(_)));
    let mut wrong = decision.clone();
    wrong["head"]["case"] = "RU-2026-000999".into();
    assert!(matches!(ask(&version, &wrong).await, AskedToSend::Unread(_)));
    let mut wrong = decision.clone();
    wrong["kind"] = "ru-old-age".into();
    let AskedToSend::Unfit(findings) = ask(&version, &wrong).await else { panic!("a foreign pension") };
    assert!(findings.iter().any(|finding| finding.code == "case.kind_not_covered"), "{findings:#?}");
    assert!(file().await.sendings.is_empty());

    // one is rejected and stays here, one is approved
    let AskedToSend::Waits { approval: first } = ask(&version, &decision).await else { panic!("it waits") };
    assert_eq!(decide_by(day, ("c.bekova", first), Eyes::Reject).await.unwrap(), Decided::Kept);
    let AskedToSend::Waits { approval } = ask(&version, &decision).await else { panic!("it waits") };
    let listed = file().await.sendings;
    let states: BTreeSet<&str> = listed.iter().map(|it| it.state.as_str()).collect();
    assert_eq!(states, BTreeSet::from(["rejected", "waiting"]));
    let waiting = listed.iter().find(|it| it.state == "waiting").unwrap();
    let draft = draft_of(&may, &day.case, waiting.draft.parse().unwrap(), ctx).await.unwrap().unwrap();
    assert_eq!((draft.kind.as_str(), draft.to), ("pension-decision", State::Ru));
    let object = format!("case:{}", day.case.as_str());
    let mut tx = ctx.store.read().await.unwrap();
    let asked = stazh::store::approvals_of(&mut tx, "case-send", &object).await;
    drop(tx);
    let told = format!("{:?}", asked.unwrap());
    assert!(!told.contains("Осмонов") && !told.contains("215031965"), "nothing of the person is in it");

    assert!(decide_by(day, ("b.asanova", approval), Eyes::Approve).await.is_err(), "the same pair of eyes");
    assert_eq!(file().await.stage, CaseStage::Waiting, "nothing has left");
    let sent = decide_by(day, ("c.bekova", approval), Eyes::Approve).await.unwrap();
    let Decided::Sent(composed) = sent else { panic!("it is sent") };
    assert!(decide_by(day, ("c.bekova", approval), Eyes::Approve).await.is_err(), "it is decided");
    assert_eq!(file().await.stage, CaseStage::Decided);
    let begun = Instant::now();
    while !day.ru_desk.cases.lock().unwrap().contains_key(&composed.document_id) {
        assert!(begun.elapsed() < Duration::from_secs(120), "the decision did not come");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clerk_goes_from_the_board_to_the_totals_on_sqlite() {
    a_day(false).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clerk_goes_from_the_board_to_the_totals_on_postgresql() {
    a_day(true).await;
}
