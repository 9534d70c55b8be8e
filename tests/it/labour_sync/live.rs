//! Peers that are asked for vacancies at once: one that answers, one that is dead, one that is slow and one that lies.

use super::{context, journal, vacancy};
use crate::nodes::{TestDesk, World};
use crate::refusals::Stage;
use bytes::Bytes;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use serde_json::{Value, json};
use stazh::base::{Clock, FixedClock, SystemClock};
use stazh::exchange::canonical::State;
use stazh::exchange::canonical::job::{Vacancy, VacancyStatus};
use stazh::exchange::seal::sha256;
use stazh::exchange::wire::{HttpsSync, PeerEndpoint, Reply, SyncCall, SyncRoad, WireError};
use stazh::flow::Context;
use stazh::flow::labour::{LiveAsked, LivePlan, ask_peers, publish_vacancies};
use stazh::flow::posts::{answer_search, renew_index};
use stazh::labour::live::{LiveIs, LiveQuestion};
use stazh::node::{Door, Node};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// What is answered to a question.
type Script = dyn Fn(&Value) -> Vec<u8> + Send + Sync;

/// To Kazakhstan and Russia by HTTPS, to Belarus without end, to Armenia what is scripted; Belarus and Armenia have no node.
struct Mixed {
    https: Option<HttpsSync>,
    armenia: Box<Script>,
}

impl SyncRoad for Mixed {
    fn peers(&self) -> Vec<String> {
        ["AM", "BY", "KZ", "RU"].map(str::to_owned).to_vec()
    }

    fn call<'a>(&'a self, peer: &'a str, call: SyncCall) -> BoxFuture<'a, Result<Reply, WireError>> {
        match (peer, &self.https, &call) {
            ("BY", _, _) => std::future::pending().boxed(),
            ("AM", _, SyncCall::Post { body, .. }) => {
                let body = Bytes::from((self.armenia)(&serde_json::from_slice(body).unwrap()));
                async move { Ok(Reply { status: 200, body }) }.boxed()
            }
            (_, Some(https), _) => https.call(peer, call),
            (_, None, _) => {
                async move { Err(WireError::Timeout { peer: peer.to_owned(), timeout_ms: 1 }) }.boxed()
            }
        }
    }
}

fn of(state: &str, number: u32, title: &str) -> Vacancy {
    let mut one = serde_json::to_value(vacancy(number, title, true).without_contacts()).unwrap();
    one["reference"]["state"] = state.into();
    serde_json::from_value(one).unwrap()
}

fn record(name: &str, content: &Value) -> Value {
    let hash = sha256(content.to_string().as_bytes()).to_string();
    json!({ "ref": name, "result": "ok", "content": content, "hash": hash })
}

fn answer_of(results: &[Value]) -> Value {
    json!({ "as_of": "2099-01-01T00:00:00Z", "hits": results.len(), "results": results, "has_more": false })
}

fn question() -> LiveQuestion {
    LiveQuestion { words: "сварщик".to_owned(), limit: 5, ..LiveQuestion::default() }
}

/// Kyrgyzstan with four peers, and the node of Kazakhstan with its door.
struct Four {
    _world: World,
    kg: Context,
    kz: Node,
    https: HttpsSync,
}

impl Four {
    async fn open() -> Self {
        let world = World::new();
        let (mut kg, mut kz) = (world.settle("KG", "KZ"), world.settle("KZ", "KG"));
        kz.labour.enabled = true;
        for state in ["AM", "BY", "RU"] {
            world.settle(state, "KG");
            let mut peer = kg.peers[0].clone();
            peer.state = state.parse().unwrap();
            peer.certificate_name = format!("{}.example", state.to_lowercase());
            kg.peers.push(peer);
        }
        let door = Door::open(&kz).await.unwrap();
        let address = door.address().unwrap();
        let kz = Node::start(door, &kz, Arc::new(TestDesk::default())).await.unwrap();
        let clock = Arc::new(FixedClock::at(SystemClock.now()));
        let ours = Stage::identity_of(&kg);
        let endpoint =
            |name: &str, url: String| PeerEndpoint { name: name.to_owned(), url: url.parse().unwrap() };
        let peers = vec![
            endpoint("KZ", format!("https://{address}/")),
            endpoint("RU", "https://127.0.0.1:1/".to_owned()), // nobody listens there
        ];
        let https = HttpsSync::new(peers, 20_000, &ours, "Stazh-Node KG".to_owned()).unwrap();
        let mut ctx = context(&kg, &clock).await;
        ctx.labour.live = Arc::new(LivePlan::new(20_000, 5));
        Self { _world: world, kg: ctx, kz, https }
    }
}

fn by_state(asked: Vec<LiveAsked>) -> BTreeMap<String, LiveAsked> {
    asked.into_iter().map(|one| (one.peer.to_string(), one)).collect()
}

/// Whatever three peers do, the fourth is heard within its term, and nothing is taken that a peer may not say.
#[tokio::test(flavor = "multi_thread")]
async fn a_dead_a_slow_and_a_lying_peer_delay_nobody_and_tell_nothing_of_others() {
    let Four { _world, mut kg, kz, https } = Four::open().await;
    let published: Vec<Vacancy> = (0..3).map(|number| of("KZ", number, "Сварщик на стройку")).collect();
    publish_vacancies(&published, kz.flows()).await.unwrap();
    renew_index("test", kz.flows()).await.unwrap();
    let armenia = |_: &Value| {
        let own = |number: u32| serde_json::to_value(of("AM", number, "Сварщик")).unwrap();
        let mut spoilt = record("AM/trudvsem/v-2", &own(2));
        spoilt["hash"] = "00".repeat(32).into();
        let mut called = own(3);
        called["contacts"] = json!([{ "channel": "X-Person", "value": "Кадровик Тайный" }]);
        let mut closed = own(4);
        closed["status"] = "closed".into();
        let foreign = serde_json::to_value(of("KZ", 0, "Не сварщик")).unwrap();
        let results = [
            record("AM/trudvsem/v-1", &own(1)),
            spoilt,
            record("AM/trudvsem/v-3", &called),
            record("AM/trudvsem/v-4", &closed),
            record("KZ/trudvsem/v-0", &foreign),
        ];
        answer_of(&results).to_string().into_bytes()
    };
    kg.labour.live = Arc::new(LivePlan::new(4_000, 5));
    kg.labour.road = Some(Arc::new(Mixed { https: Some(https), armenia: Box::new(armenia) }));
    let begun = Instant::now();
    let asked = by_state(ask_peers(&question(), &[], &kg).await.unwrap());
    let took = begun.elapsed();
    assert!(took < Duration::from_secs(12), "the slow one had its term and no more: {took:?}");
    let is: BTreeMap<&str, LiveIs> = asked.iter().map(|(state, one)| (state.as_str(), one.is)).collect();
    let expected =
        [("AM", LiveIs::CutOff), ("BY", LiveIs::Late), ("KZ", LiveIs::Answered), ("RU", LiveIs::Unreachable)];
    assert_eq!(is, expected.into(), "{asked:?}");
    assert_eq!((asked["KZ"].vacancies.len(), asked["KZ"].hits, asked["KZ"].refused), (3, 3, 0));
    let taken: Vec<&str> = asked["AM"].vacancies.iter().map(|one| one.reference.id.as_str()).collect();
    assert_eq!((taken, asked["AM"].refused), (vec!["v-1"], 4));
    assert!(asked["AM"].as_of.unwrap() <= kg.clock.now(), "nothing is younger than now");
    // the one that was asked keeps how many it told, and nothing of what it was asked
    let kept = journal(kz.flows(), "jobs_answered").await;
    assert!(kept.len() == 1 && kept[0].contains("told 3 of 3"), "{kept:?}");
    assert!(!kept[0].contains("сварщик"), "{kept:?}");
    kz.stop().await;
}

/// An answer that is more than was asked for, repeats itself or is none: nothing of it is taken.
#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_breaks_the_protocol_is_not_taken() {
    let Four { _world, mut kg, kz, https: _ } = Four::open().await;
    let own = |number: u32| {
        record(
            &format!("AM/trudvsem/v-{number}"),
            &serde_json::to_value(of("AM", number, "Сварщик")).unwrap(),
        )
    };
    let many: Vec<Value> = (0..6).map(own).collect();
    let cases = [
        ("too many", answer_of(&many).to_string().into_bytes()),
        ("twice", answer_of(&[own(1), own(1)]).to_string().into_bytes()),
        ("nameless", answer_of(&[record("", &json!({}))]).to_string().into_bytes()),
        ("no JSON", b"<html>".to_vec()),
        ("cut", answer_of(&[own(1)]).to_string().into_bytes()[..80].to_vec()),
        ("deep", "[".repeat(1_000_000).into_bytes()),
        ("of another call", json!({ "results": [] }).to_string().into_bytes()),
    ];
    for (what, body) in cases {
        kg.labour.road = Some(Arc::new(Mixed { https: None, armenia: Box::new(move |_| body.clone()) }));
        let asked = by_state(ask_peers(&question(), &[State::Am], &kg).await.unwrap());
        let armenia = &asked["AM"];
        assert_eq!(armenia.is, LiveIs::Unlawful, "{what}: {armenia:?}");
        assert!(
            armenia.vacancies.is_empty() && armenia.code.as_deref() == Some("labour.live_answer"),
            "{what}"
        );
        assert!(["BY", "KZ", "RU"].iter().all(|state| asked[*state].is == LiveIs::NotAsked), "{what}");
    }
    // what says that it is whole and is not, is not believed to be
    let short =
        json!({ "as_of": "2026-01-01T00:00:00Z", "hits": 900, "results": [own(1)], "has_more": false });
    let short = short.to_string().into_bytes();
    kg.labour.road = Some(Arc::new(Mixed { https: None, armenia: Box::new(move |_| short.clone()) }));
    let asked = by_state(ask_peers(&question(), &[State::Am], &kg).await.unwrap());
    assert_eq!((asked["AM"].is, asked["AM"].vacancies.len()), (LiveIs::CutOff, 1));
    kg.labour.road = None;
    let asked = by_state(ask_peers(&question(), &[], &kg).await.unwrap());
    assert!(asked.values().all(|one| one.is == LiveIs::NoRoad), "{asked:?}");
    kz.stop().await;
}

/// The door: only peers, only lawful questions, only what is open now; and no question leaves that tells of a person.
#[tokio::test(flavor = "multi_thread")]
async fn a_peer_is_told_what_is_open_now_and_a_question_that_tells_of_a_person_is_not_asked() {
    let Four { _world, mut kg, kz, https } = Four::open().await;
    let post = |body: String| SyncCall::Post { path: "/sync/v1/search".to_owned(), body: body.into() };
    let ask = async |body: String| {
        let reply = https.call("KZ", post(body)).await.unwrap();
        (reply.status, String::from_utf8_lossy(&reply.body).into_owned())
    };
    let all: Vec<Vacancy> = (0..4).map(|number| of("KZ", number, "Сварщик на стройку")).collect();
    publish_vacancies(&all, kz.flows()).await.unwrap();
    renew_index("test", kz.flows()).await.unwrap();
    let written = serde_json::to_string(&LiveQuestion { limit: 2, ..question() }).unwrap();
    let (status, told) = ask(written).await;
    let told: Value = serde_json::from_str(&told).unwrap();
    let count = told["results"].as_array().unwrap().len();
    assert_eq!(
        (status, count, &told["hits"], &told["has_more"]),
        (200, 2, &json!(4), &json!(true)),
        "{told}"
    );
    assert!(told.get("score").is_none() && !told.to_string().contains("Кадровик"), "{told}");
    // closed since the index was made: the database of now says what is told
    let closed = Vacancy { status: VacancyStatus::Closed, ..all[0].clone() };
    publish_vacancies(&[closed], kz.flows()).await.unwrap();
    let left = answer_search(State::Kg, &question(), kz.flows()).await.unwrap();
    assert!(left.results.len() == 3 && !left.is_cut(), "{left:?}");
    for (body, expected) in [
        (json!({ "limit": 5, "words": "звонить +7 905 765-43-21" }), "labour.live_question"),
        (json!({ "limit": 0 }), "labour.live_question"),
        (json!({ "limit": 201 }), "labour.live_question"),
        (json!({ "limit": 5, "citizenship": "KZ" }), "labour.sync_request"),
        (json!("7212"), "labour.sync_request"),
    ] {
        let (status, told) = ask(body.to_string()).await;
        assert!(status == 400 && told.contains(expected), "{body}: {status} {told}");
        assert!(!told.contains("905"), "what was asked is not shown");
    }
    let foreign = json!({ "limit": 5, "sources": [{ "state": "RU", "source": "trudvsem" }] });
    let (_, told) = ask(foreign.to_string()).await;
    assert!(told.contains("\"results\":[]") && told.contains("\"hits\":0"), "{told}");
    // here too: it does not leave
    kg.labour.road = Some(Arc::new(Mixed { https: Some(https), armenia: Box::new(|_| panic!("it left")) }));
    let of_person = LiveQuestion { words: "Иван Петрович".to_owned(), ..question() };
    let error = ask_peers(&of_person, &[], &kg).await.unwrap_err();
    assert_eq!(error.verdict().code(), Some("labour.live_question"), "{error}");
    kz.stop().await;
}
