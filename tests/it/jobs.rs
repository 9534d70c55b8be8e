//! Documents of the labour half: each as files hold it at every stage, and across the border between two nodes.

use crate::exchange::{ended, journal};
use crate::fixtures::{every_file_of, fixture};
use crate::nodes::{TestDesk, World};
use crate::processes::{Process, run, stazh, two_nodes};
use stazh::base::Limits;
use stazh::exchange::accept;
use stazh::exchange::canonical::State;
use stazh::exchange::canonical::job::{JobDocument, JobDocumentKind, Reveal};
use stazh::exchange::document::codec::{Header, HeaderText, encode_job, job_root};
use stazh::exchange::rules::{Catalogue, MessageKind, Rules};
use stazh::exchange::seal::{Signer, TrustStore, open_within, seal, verify};
use stazh::exchange::transit::{Action, Headers, LogicalAddress, MessageCode};
use stazh::exchange::wire::Envelope;
use stazh::flow::{Begin, Composed, Desk, FlowError, Opening, begin};
use stazh::labour::insurance_record;
use stazh::node::Node;
use stazh::store::ConversationState;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The document of a kind, as its file holds it.
fn document(kind: JobDocumentKind) -> JobDocument {
    let text = fs::read_to_string(fixture(&format!("jobs/{}.json", kind.as_code()))).unwrap();
    let document: JobDocument = serde_json::from_str(&text).unwrap();
    assert_eq!(document.kind(), kind);
    document
}

fn message(catalogue: &Catalogue, kind: JobDocumentKind) -> MessageKind {
    let (root, namespace) = job_root(kind);
    catalogue.message_of_root(namespace, root).unwrap().clone()
}

/// Compares a stage with its file, or writes it.
fn hold(path: &Path, made: &[u8]) {
    if std::env::var_os("STAZH_UPDATE").is_some() {
        fs::write(path, made).unwrap();
    }
    let held = fs::read(path).unwrap_or_default();
    assert!(held == made, "{} is not what is made now", path.display());
}

const ID: &str = "0198a5c1-7c10-7b1e-9d55-3a2b4c5d6e02";
const AT: &str = "2027-03-12T08:00:00Z";

#[test]
fn every_file_of_the_folder_is_a_stage_of_a_kind() {
    let files = every_file_of("jobs");
    let is_stage = |name: &str| {
        let stages = [".json", ".sealed.xml", ".envelope.xml"];
        let kind = stages.iter().find_map(|stage| name.strip_suffix(stage));
        kind.is_some_and(|kind| kind.parse::<JobDocumentKind>().is_ok())
    };
    assert!(files.iter().all(|path| is_stage(path.file_name().unwrap().to_str().unwrap())), "{files:?}");
    // a profile crosses in no envelope of its own
    assert_eq!(files.len(), 3 * JobDocumentKind::ALL.len() - 1);
}

#[test]
fn every_kind_is_walked_down_from_the_record_to_the_envelope() {
    let (rules, catalogue) = (Rules::built_in(Limits::default()).unwrap(), Catalogue::built_in().unwrap());
    let signer = Signer::from_files(&fixture("keys/seal.key.pem"), &fixture("keys/seal.pem")).unwrap();
    for kind in JobDocumentKind::ALL {
        let (document, message) = (document(*kind), message(&catalogue, *kind));
        let header = Header {
            message: message.code.clone(),
            structure: message.structure.clone(),
            document_id: ID.parse().unwrap(),
            answers: None,
            made_at: HeaderText::of(AT.parse().unwrap()),
        };
        let made = encode_job(&document, &header).unwrap();
        let valid = rules.check(&made, &message).unwrap_or_else(|found| panic!("{kind:?}: {found:#?}"));
        assert_eq!(valid.warnings(), [], "{kind:?}");
        hold(&fixture(&format!("documents/job-{}.xml", kind.as_code())), valid.as_bytes());
        let sealed = seal(&valid, header.document_id, &signer).unwrap();
        hold(&fixture(&format!("jobs/{}.sealed.xml", kind.as_code())), sealed.as_bytes());
        assert!(message.serves.is_some(), "{} says nothing of what it serves", message.code);
        let Ok((process, transaction)) = catalogue.beginning_with_root(job_root(*kind)) else {
            assert_eq!(*kind, JobDocumentKind::CandidateProfile);
            continue;
        };
        let (from, to) = if document.state() == State::Kz { ("KZ", "KG") } else { ("KG", "KZ") };
        let headers = Headers {
            to: LogicalAddress::of_actor(to, &process.code, &transaction.respondent),
            reply_to: LogicalAddress::of_actor(from, &process.code, &transaction.initiator),
            action: Action {
                process: process.code.clone(),
                version: process.version.clone(),
                procedure: transaction.procedure.clone(),
                transaction: transaction.code.clone(),
                message: MessageCode::Application(message.code.clone()),
            },
            message_id: "0198a5c1-7c10-7b1e-9d55-3a2b4c5d6e03".parse().unwrap(),
            relates_to: None,
            procedure_id: "0198a5c1-7c10-7b1e-9d55-3a2b4c5d6e04".parse().unwrap(),
            conversation_id: "0198a5c1-7c10-7b1e-9d55-3a2b4c5d6e04".parse().unwrap(),
        };
        let envelope = Envelope::write(&headers, sealed.as_bytes()).unwrap();
        hold(&fixture(&format!("jobs/{}.envelope.xml", kind.as_code())), &envelope);
    }
}

#[test]
fn every_kind_is_walked_up_from_the_envelope_to_the_record() {
    let limits = Limits::default();
    let (rules, catalogue) = (Rules::built_in(limits).unwrap(), Catalogue::built_in().unwrap());
    let trust = TrustStore::from_files(&[fixture("keys/authority.pem")]).unwrap();
    for kind in JobDocumentKind::ALL.iter().filter(|kind| **kind != JobDocumentKind::CandidateProfile) {
        let bytes = fs::read(fixture(&format!("jobs/{}.envelope.xml", kind.as_code()))).unwrap();
        let envelope = Envelope::read(&bytes, &limits).unwrap();
        let sealed = &bytes[envelope.body.clone()];
        assert!(sealed == fs::read(fixture(&format!("jobs/{}.sealed.xml", kind.as_code()))).unwrap());
        let opened = open_within(sealed, &envelope.scope, &limits).unwrap();
        let verified = verify(opened, &trust, AT.parse().unwrap()).unwrap();
        assert_eq!(rules.structure(verified.document()), []);
        let message = message(&catalogue, *kind);
        let (header, read) = accept(&verified, &message, &rules).unwrap().job_document(&limits).unwrap();
        assert_eq!(header.document_id, ID.parse().unwrap());
        assert!(read == document(*kind), "{kind:?}");
    }
}

/// Two nodes, and what the local system of each was told.
struct Pair {
    kz: (Node, Arc<TestDesk>),
    kg: (Node, Arc<TestDesk>),
    _world: World,
}

impl Pair {
    async fn start(kg_desk: TestDesk) -> Self {
        let world = World::new();
        let (kz_desk, kg_desk) = (Arc::new(TestDesk::default()), Arc::new(kg_desk));
        let (of_kz, of_kg): (Arc<dyn Desk>, Arc<dyn Desk>) = (kz_desk.clone(), kg_desk.clone());
        let (kz, kg) = world.pair_of(("KZ", of_kz), ("KG", of_kg)).await;
        Self { kz: (kz, kz_desk), kg: (kg, kg_desk), _world: world }
    }

    async fn stop(self) {
        self.kz.0.stop().await;
        self.kg.0.stop().await;
    }
}

async fn send(node: &Node, to: State, document: &JobDocument) -> Result<Composed, FlowError> {
    let ctx = node.flows();
    let (_process, transaction) = ctx.catalogue.beginning_with_root(job_root(document.kind())).unwrap();
    let opening = Opening::Job(document);
    let what = Begin { opening, to, transaction: &transaction.code, within: None, refers_to: None };
    begin(what, ctx).await
}

/// Waits until a document is with the local system, and tells how often it was handed over.
async fn came(desk: &TestDesk, sent: &Composed) -> (JobDocument, u32) {
    let begun = Instant::now();
    loop {
        if let Some(held) = desk.jobs.lock().unwrap().get(&sent.document_id) {
            return held.clone();
        }
        assert!(begun.elapsed() < Duration::from_secs(120), "it does not come");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

fn reveal() -> Box<Reveal> {
    let JobDocument::Reveal(reveal) = document(JobDocumentKind::Reveal) else { panic!() };
    reveal
}

#[tokio::test(flavor = "multi_thread")]
async fn every_kind_crosses_and_is_handed_over_once() {
    let pair = Pair::start(TestDesk::default()).await;
    for kind in JobDocumentKind::ALL.iter().filter(|kind| **kind != JobDocumentKind::CandidateProfile) {
        let document = document(*kind);
        let ((from, _), (_, desk), to) = match document.state() {
            State::Kz => (&pair.kz, &pair.kg, State::Kg),
            State::Kg => (&pair.kg, &pair.kz, State::Kz),
            State::Am | State::By | State::Ru => panic!("{kind:?}"),
        };
        let sent = send(from, to, &document).await.unwrap();
        assert_eq!(ended(from, sent.conversation_id).await, ConversationState::Completed, "{kind:?}");
        assert!(came(desk, &sent).await == (document, 1), "{kind:?}");
    }
    pair.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_employment_record_reaches_the_pension_side_and_what_is_odd_is_told_without_a_name() {
    let pair = Pair::start(TestDesk::default()).await;
    let JobDocument::EmploymentRecord(mut record) = document(JobDocumentKind::EmploymentRecord) else {
        panic!()
    };
    record.contributions.truncate(1); // nobody paid for February
    let document = JobDocument::EmploymentRecord(record.clone());
    let sent = send(&pair.kz.0, State::Kg, &document).await.unwrap();
    assert!(came(&pair.kg.1, &sent).await == (document, 1));
    let told = pair.kg.1.told.lock().unwrap().get(&sent.document_id).cloned();
    assert!(told == Some((insurance_record(&record).unwrap(), 1)), "the pension side has it as a record");
    assert_eq!(ended(&pair.kz.0, sent.conversation_id).await, ConversationState::Completed);
    let lines = journal(pair.kg.0.flows(), sent.conversation_id).await;
    assert!(lines.contains("labour.unpaid_period") && lines.contains("for 1 of its 3 months"), "{lines}");
    for personal in ["Токтосунов", "Бакыт", "21503198500017", "28000"] {
        assert!(!lines.contains(personal), "{lines}");
    }
    pair.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_who_decided_before_is_revealed_in_the_answer_and_nobody_else_is() {
    let desk = TestDesk { reveal: Some(reveal()), ..TestDesk::default() };
    let pair = Pair::start(desk).await;
    let interest = document(JobDocumentKind::Interest);
    let sent = send(&pair.kz.0, State::Kg, &interest).await.unwrap();
    assert_eq!(ended(&pair.kz.0, sent.conversation_id).await, ConversationState::Completed);
    let begun = Instant::now();
    while pair.kz.1.jobs.lock().unwrap().is_empty() {
        assert!(begun.elapsed() < Duration::from_secs(60), "the reveal does not come");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let answers: Vec<JobDocument> =
        pair.kz.1.jobs.lock().unwrap().values().map(|(it, _)| it.clone()).collect();
    assert!(answers == [JobDocument::Reveal(reveal())]);
    // the local system names somebody else: nothing of him leaves
    let JobDocument::Interest(mut other) = interest else { panic!() };
    other.profile.0 = uuid::Uuid::nil();
    let sent = send(&pair.kz.0, State::Kg, &JobDocument::Interest(other)).await.unwrap();
    assert_eq!(ended(&pair.kz.0, sent.conversation_id).await, ConversationState::Failed);
    assert_eq!(pair.kz.1.jobs.lock().unwrap().len(), 1);
    let lines = journal(pair.kg.0.flows(), sent.conversation_id).await;
    assert!(lines.contains("flow.reveal_other") || lines.contains("of another profile"), "{lines}");
    for node in [&pair.kz.0, &pair.kg.0] {
        let lines = journal(node.flows(), sent.conversation_id).await;
        assert!(!lines.contains("Токтосунов") && !lines.contains("555"), "{lines}");
    }
    pair.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_document_of_another_state_and_one_with_personal_words_do_not_leave() {
    let pair = Pair::start(TestDesk::default()).await;
    let of_kg = document(JobDocumentKind::RevealEnd);
    let refused = send(&pair.kz.0, State::Kg, &of_kg).await.unwrap_err();
    assert!(matches!(refused, FlowError::NotOurs { .. }), "{refused:?}");
    let JobDocument::Interest(mut interest) = document(JobDocumentKind::Interest) else { panic!() };
    interest.title = "Сварщик, звоните +7 701 234 56 78".parse().unwrap();
    let refused = send(&pair.kz.0, State::Kg, &JobDocument::Interest(interest)).await.unwrap_err();
    let FlowError::Unlawful(findings) = refused else { panic!("{refused:?}") };
    assert_eq!(findings[0].path, "/Interest/VacancyName");
    let profile = document(JobDocumentKind::CandidateProfile);
    let ctx = pair.kg.0.flows();
    let what = Begin {
        opening: Opening::Job(&profile),
        to: State::Kz,
        transaction: "P.XL.01.TRN.002",
        within: None,
        refers_to: None,
    };
    let refused = begin(what, ctx).await.unwrap_err();
    assert!(matches!(refused, FlowError::OtherContent { .. }), "{refused:?}");
    assert!(pair.kg.1.jobs.lock().unwrap().is_empty());
    pair.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn files_are_sent_handed_over_validated_and_printed_by_the_commands() {
    let root = tempfile::tempdir().unwrap();
    let (ru, kz) = two_nodes(root.path());
    let file = |name: &str| fixture(&format!("jobs/{name}.json"));
    let profile =
        stazh().arg("send").arg(&kz).arg(file("candidate-profile")).args(["--to", "RU"]).output().unwrap();
    let told = String::from_utf8_lossy(&profile.stderr).into_owned();
    assert!(!profile.status.success() && told.contains("by a consent alone"), "{told}");
    {
        let _nodes = [Process::start(&ru), Process::start(&kz)];
        for name in ["vacancy", "interest", "job-offer", "employment-record"] {
            run(stazh().arg("send").arg(&kz).arg(file(name)).args(["--to", "RU"]));
        }
        let jobs = ru.join("handed-over/jobs");
        let count = |folder: &Path| {
            let all = fs::read_dir(folder).into_iter().flatten().map(|entry| entry.unwrap().path());
            all.filter(|path| path.extension().is_some_and(|ending| ending == "json")).count()
        };
        let begun = Instant::now();
        while count(&jobs) < 4 {
            assert!(begun.elapsed() < Duration::from_secs(60), "{} of 4", count(&jobs));
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        assert_eq!(count(&ru.join("handed-over")), 1, "the employment record, as an insurance record");
    }
    for kind in JobDocumentKind::ALL {
        let xml = fixture(&format!("documents/job-{}.xml", kind.as_code()));
        run(stazh().arg("validate").arg(&xml));
        run(stazh()
            .arg("print")
            .arg(&xml)
            .arg("-o")
            .arg(root.path().join(format!("{}.pdf", kind.as_code()))));
    }
    let text = fs::read_to_string(fixture("documents/job-vacancy.xml")).unwrap();
    let crossed = root.path().join("crossed.xml");
    fs::write(&crossed, text.replacen(">350000<", ">350000000<", 1)).unwrap();
    let refused = stazh().arg("validate").arg(&crossed).output().unwrap();
    let told = String::from_utf8_lossy(&refused.stdout).into_owned();
    assert!(!refused.status.success() && told.contains("/Vacancy/PayDetails/PayMaxAmount"), "{told}");
}
