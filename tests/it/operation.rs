//! What those see who watch over a node, after a real exchange: lists, the journey of a message, documents by person, figures.

use crate::exchange::{handed_over, iin, inquiry, record};
use crate::nodes::{TestDesk, World};
use sqlx::{Connection, Row, SqliteConnection};
use stazh::access::{Actor, Ask, Commands, Permit, Purpose, Role, Via, decide};
use stazh::base::Language;
use stazh::flow::watch::{
    Journey, MessageFilter, Span, StageIs, close_days, figures, find_person, journey, messages, peers_view,
    profiles_view,
};
use stazh::flow::{
    Composed, Context, PersonQuery, compose, forget_person, note_persons_of_before, persons_noted,
};
use stazh::node::Node;
use std::path::Path;
use std::sync::Arc;

fn permit(command: &str, ctx: &Context) -> Permit {
    let function = Commands::built_in().find(command).unwrap().function.to_owned();
    let actor = Actor {
        login: "auditor".to_owned(),
        role: Role::Auditor,
        functions: [function].into(),
        is_complete: true,
        via: Via::Console,
    };
    let purpose = Purpose { code: "check".to_owned(), case: "12".to_owned() };
    let ask = Ask { command, object: "", purpose: Some(&purpose), at: ctx.clock.now() };
    decide(Commands::built_in(), &actor, ask).unwrap()
}

async fn exchanged(world: &World) -> (Node, Node, Composed) {
    let kz_desk = Arc::new(TestDesk::knowing(vec![record(1)]));
    let (ru, kz) = world.pair(Arc::new(TestDesk::default()), kz_desk).await;
    let composed = compose(&inquiry(1), ru.flows()).await.unwrap();
    handed_over(ru.flows(), composed.conversation_id).await;
    (ru, kz, composed)
}

async fn journey_of(id: &str, ctx: &Context) -> Option<Journey> {
    journey(&permit("message-view", ctx), id, Language::Ru, ctx).await.unwrap()
}

fn done(journey: &Journey) -> Vec<&str> {
    let done = journey.stages.iter().filter(|stage| stage.is == StageIs::Done);
    done.map(|stage| stage.name.as_str()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_is_followed_on_both_sides_by_each_of_its_ids() {
    let world = World::new();
    let (ru, kz, composed) = exchanged(&world).await;
    let ctx = ru.flows();
    let conversation = composed.conversation_id.as_uuid().to_string();
    let asked = journey_of(&conversation, ctx).await.unwrap();
    assert_eq!(
        done(&asked),
        ["composed", "sealed", "queued", "sent", "received", "accepted", "answered", "handed-over"],
        "{asked:#?}"
    );
    assert!(asked.stages.iter().all(|stage| stage.at.is_some()));
    let [tried] = asked.tries.as_slice() else { panic!("{:?}", asked.tries) };
    assert_eq!((tried.outcome.as_deref(), &tried.fault), (Some("sent"), &None));
    assert_eq!(asked.message.message.as_deref(), Some(tried.message.as_str()));
    assert_eq!(asked.conversation_state.as_deref(), Some("completed"));
    assert!(!asked.may_resend && asked.fault.is_none() && !asked.entries.is_empty());
    let document = composed.document_id.as_uuid().to_string();
    let procedure = composed.procedure_id.to_string();
    for id in [&document, &tried.message, &procedure, &asked.message.row] {
        let same = journey_of(id, ctx).await.unwrap();
        assert_eq!(same.message.row, asked.message.row, "by {id}");
    }
    assert!(journey_of("out_99", ctx).await.is_none());
    assert!(journey_of("' OR 1=1", ctx).await.is_none());
    let came = journey_of(&document, kz.flows()).await.unwrap();
    assert_eq!(came.message.direction, "in");
    let of_kz = done(&came);
    for stage in ["arrived", "received", "accepted", "answering", "answer-sent", "settled"] {
        assert!(of_kz.contains(&stage), "{stage}: {came:#?}");
    }
    let list = permit("message-list", ctx);
    let wanted = |id: &str| MessageFilter { id: Some(id.to_owned()), ..MessageFilter::default() };
    let all = messages(&list, &MessageFilter::default(), None, 50, ctx).await.unwrap();
    let of_conversation = messages(&list, &wanted(&conversation), None, 50, ctx).await.unwrap();
    assert_eq!(all.messages, of_conversation.messages, "there is no other");
    assert!(all.messages.len() >= 4, "a question, an answer and signals: {:#?}", all.messages);
    let none = messages(&list, &wanted("not an id"), None, 50, ctx).await.unwrap();
    assert!(none.messages.is_empty() && none.next.is_none());
    ru.stop().await;
    kz.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn documents_are_found_by_person_and_the_notes_tell_of_nobody() {
    let world = World::new();
    let (ru, kz, composed) = exchanged(&world).await;
    let by_number = PersonQuery::of_number(&iin(1)).unwrap();
    let person = inquiry(1).person;
    let by_name = PersonQuery::Name { name: person.name, born: person.birth_date };
    for node in [&ru, &kz] {
        for query in [&by_number, &by_name] {
            assert_eq!(found(query, node.flows()).await.len(), 2, "the question and its answer");
        }
        assert!(found(&PersonQuery::of_number(&iin(2)).unwrap(), node.flows()).await.is_empty());
    }
    let documents = found(&by_number, ru.flows()).await;
    assert!(documents.contains(&composed.document_id.as_uuid().to_string()));
    // as if the node had been brought up to date: the notes are not there, and the documents of before are to be read
    let folder = world.folder("RU");
    tampered(&folder, &["DELETE FROM person_ref", FILL_ANEW]).await;
    assert!(found(&by_number, ru.flows()).await.is_empty());
    while note_persons_of_before(ru.flows()).await.unwrap() {}
    let fill = persons_noted(ru.flows()).await.unwrap();
    assert!(fill.iter().all(|fill| fill.place == fill.last && fill.unread == 0), "{fill:?}");
    assert_eq!(found(&by_number, ru.flows()).await, documents);
    assert_eq!(found(&by_name, ru.flows()).await, documents);
    let values = [iin(1), "Тестов1".to_owned(), "тестов".to_owned(), "Ерлан".to_owned(), "TESTOV".to_owned()];
    let notes = text_of(&folder, &["person_ref", "journal", "act", "figure_day", "person_fill"]).await;
    assert!(notes.contains("persons_noted"), "the tables are read");
    for value in values {
        assert!(!notes.contains(&value), "{value} stands in the notes, in the journal or in the acts");
    }
    assert!(forget_person(&by_name, ru.flows()).await.unwrap() >= 2);
    assert!(found(&by_name, ru.flows()).await.is_empty());
    assert_eq!(found(&by_number, ru.flows()).await.len(), 2, "what is asked to be forgotten is");
    ru.stop().await;
    kz.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn figures_count_what_was_exchanged_and_peers_tell_when() {
    let world = World::new();
    let (ru, kz, _) = exchanged(&world).await;
    let ctx = ru.flows();
    let span = Span::month_before(ctx.clock.now());
    let told = figures(&permit("dashboard-view", ctx), span, ctx).await.unwrap();
    let [of_kz] = told.peers.as_slice() else { panic!("{:#?}", told.peers) };
    assert_eq!((of_kz.peer.as_str(), of_kz.came, of_kz.left, of_kz.met), ("KZ", 1, 1, 1));
    assert_eq!((of_kz.delays.number, of_kz.failed, of_kz.open), (1, 0, 0));
    assert!(of_kz.delays.median_ms.is_some_and(|ms| ms <= 60_000), "{:?}", of_kz.delays);
    assert_eq!(told.volumes.iter().map(|it| it.came + it.left).sum::<i64>(), 2);
    assert_eq!((told.faults.len(), told.waiting.len(), told.uncounted_days), (0, 0, 0));
    assert!(!close_days(5, ctx).await.unwrap(), "today is not over");
    let answered = figures(&permit("dashboard-view", kz.flows()), span, kz.flows()).await.unwrap();
    assert_eq!(answered.peers.first().map(|it| (it.answered, it.met)), Some((1, 0)));
    let peers = peers_view(&permit("peer-list", ctx), ctx).await.unwrap();
    let [peer] = peers.peers.as_slice() else { panic!("{peers:?}") };
    assert!(peer.state == "KZ" && peer.last_came.is_some() && peer.last_left.is_some());
    assert!(!peers.certificates.is_empty() && peers.unreadable.is_empty(), "{peers:?}");
    assert!(peers.certificates.iter().all(|it| it.days_left >= 0));
    assert!(profiles_view(&permit("profile-list", ctx), ctx).await.unwrap().profiles.is_empty());
    ru.stop().await;
    kz.stop().await;
}

async fn found(query: &PersonQuery, ctx: &Context) -> Vec<String> {
    let found = find_person(&permit("message-find-person", ctx), query, ctx).await.unwrap();
    for of in &found.documents {
        assert!(of.message.is_some(), "its message is told: {of:?}");
    }
    let mut documents: Vec<String> = found.documents.into_iter().map(|of| of.document).collect();
    documents.sort();
    documents
}

async fn connection(folder: &Path) -> SqliteConnection {
    let database = format!("sqlite://{}", folder.join("data/stazh.db").display());
    SqliteConnection::connect(&database).await.unwrap()
}

async fn tampered(folder: &Path, texts: &[&'static str]) {
    let mut connection = connection(folder).await;
    for text in texts {
        sqlx::query(*text).execute(&mut connection).await.unwrap();
    }
}

/// Every value of some tables, bytes as they are.
async fn text_of(folder: &Path, tables: &[&str]) -> String {
    let mut connection = connection(folder).await;
    let mut all = Vec::new();
    for table in tables {
        let text = sqlx::AssertSqlSafe(format!("SELECT * FROM {table}"));
        for row in sqlx::query(text).fetch_all(&mut connection).await.unwrap() {
            for column in 0..row.len() {
                // text and bytes alike; numbers and what is absent hold nobody's name
                all.extend(
                    row.try_get_unchecked::<Option<Vec<u8>>, _>(column).ok().flatten().unwrap_or_default(),
                );
                all.push(b'\n');
            }
        }
    }
    String::from_utf8_lossy(&all).into_owned()
}

const FILL_ANEW: &str = "UPDATE person_fill SET place = 0, last = CASE side
    WHEN 'out' THEN (SELECT MAX(id) FROM outbox) ELSE (SELECT MAX(id) FROM inbox) END";
