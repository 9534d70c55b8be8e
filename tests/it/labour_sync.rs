//! Two nodes synchronise vacancies and profiles: nothing is lost, nothing of who a person is leaves, an end of a consent is proven at
//! the peer, and a peer that leads nowhere is given up.

mod hostile;
mod live;
mod program;

use crate::nodes::{TestDesk, World};
use crate::refusals::Stage;
use bytes::Bytes;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use serde_json::{Value, json};
use stazh::base::{FixedClock, Random, SeededRandom};
use stazh::exchange::canonical::State;
use stazh::exchange::canonical::job::{Candidate, Vacancy};
use stazh::exchange::wire::{HttpsSync, NodeIdentity, PeerEndpoint, Reply, SyncCall, SyncRoad, WireError};
use stazh::flow::Context;
use stazh::flow::labour::{
    NewConsent, answer_changes, answer_details, answer_ping, answer_snapshot, give_consent, lags,
    note_missing_receipts, publish_vacancies, pull, take_receipt, withdraw_consent,
};
use stazh::labour::consent::{ConsentText, EmployerClass, Purpose, Section, SignatureLevel};
use stazh::labour::sync::{DetailsAsked, StreamKind};
use stazh::node::{Door, Node, Settings};
use stazh::store::{
    JournalBy, MirrorState, cursor_find, journal_list, mirror_find, mirror_page, stream_renew, target_list,
    target_missing,
};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use uuid::Uuid;

const NOW: &str = "2026-11-30T10:00:00Z";

/// A node that keeps its own clock and answers no door.
pub(crate) async fn context(settings: &Settings, clock: &Arc<FixedClock>) -> Context {
    let desk = Arc::new(TestDesk::default());
    let mut ctx = Node::context(settings, &Stage::identity_of(settings), desk).await.unwrap();
    ctx.clock = clock.clone();
    ctx.labour.is_enabled = true;
    ctx.labour.k = 1;
    ctx.labour.publish_within_minutes = 0;
    ctx.labour.page = 3;
    ctx.labour.batch = 2;
    ctx
}

/// Kazakhstan follows Russia; both without a door.
pub(crate) async fn two() -> (World, Arc<FixedClock>, Arc<Context>, Context) {
    let world = World::new();
    let (ru, kz) = (world.settle("RU", "KZ"), world.settle("KZ", "RU"));
    let clock = Arc::new(FixedClock::at(NOW.parse().unwrap()));
    let server = Arc::new(context(&ru, &clock).await);
    let follower = context(&kz, &clock).await;
    (world, clock, server, follower)
}

/// A road straight into the flows of the other node. It remembers every byte, and breaks where it is told to.
pub(crate) struct Direct {
    server: Arc<Context>,
    pub(crate) said: Arc<Mutex<Vec<u8>>>,
    breaks: Option<SeededRandom>,
}

impl Direct {
    pub(crate) fn to(server: &Arc<Context>, breaks: Option<u64>) -> Arc<Self> {
        Arc::new(Self { server: server.clone(), said: Arc::default(), breaks: breaks.map(SeededRandom::new) })
    }

    async fn answer(&self, call: SyncCall) -> Value {
        let (ctx, peer) = (&self.server, State::Kz);
        let told = |value: Result<Value, _>| value.unwrap();
        match call {
            SyncCall::Get { path } => {
                let (path, query) = path.split_once('?').unwrap_or((&path, ""));
                let query: BTreeMap<&str, &str> =
                    query.split('&').filter_map(|pair| pair.split_once('=')).collect();
                let number = |key: &str| query[key].parse::<u64>().unwrap();
                let kind = || query["kind"].parse::<StreamKind>().unwrap();
                let limit = || u32::try_from(number("limit")).unwrap();
                told(match path {
                    "/sync/v1/ping" => serde_json::to_value(answer_ping(peer, ctx).await.unwrap()),
                    "/sync/v1/snapshot" => {
                        let place = (number("cursor"), limit());
                        serde_json::to_value(answer_snapshot(peer, kind(), place, ctx).await.unwrap())
                    }
                    _ => {
                        let place = (number("since"), limit());
                        serde_json::to_value(answer_changes(peer, kind(), place, ctx).await.unwrap())
                    }
                })
            }
            SyncCall::Post { path, body } if path == "/sync/v1/details" => {
                let asked: DetailsAsked = serde_json::from_slice(&body).unwrap();
                told(serde_json::to_value(answer_details(peer, &asked, ctx).await.unwrap()))
            }
            SyncCall::Post { body, .. } => {
                let receipt = serde_json::from_slice(&body).unwrap();
                json!({ "confirmed": take_receipt(peer, &receipt, ctx).await.unwrap() })
            }
        }
    }
}

impl SyncRoad for Direct {
    fn peers(&self) -> Vec<String> {
        vec!["RU".to_owned()]
    }

    fn call<'a>(&'a self, peer: &'a str, call: SyncCall) -> BoxFuture<'a, Result<Reply, WireError>> {
        async move {
            let breaks = |random: &SeededRandom| random.permille() < 150;
            let broken = || Err(WireError::Timeout { peer: peer.to_owned(), timeout_ms: 1 });
            if self.breaks.as_ref().is_some_and(breaks) {
                return broken(); // the question is lost
            }
            let body = serde_json::to_vec(&self.answer(call).await).unwrap();
            self.said.lock().unwrap().extend_from_slice(&body);
            if self.breaks.as_ref().is_some_and(breaks) {
                return broken(); // the answer is
            }
            Ok(Reply { status: 200, body: Bytes::from(body) })
        }
        .boxed()
    }
}

pub(crate) fn vacancy(number: u32, title: &str, is_open: bool) -> Vacancy {
    serde_json::from_value(json!({
        "reference": { "state": "RU", "source": "trudvsem", "id": format!("v-{number}") },
        "status": if is_open { "open" } else { "closed" },
        "title": title, "posts": 1, "posted_on": "2026-11-01", "changed_at": "2026-11-01T00:00:00Z",
        "contacts": [{ "channel": "X-Person", "value": "Кадровик Тайный" }],
    }))
    .unwrap()
}

/// A candidate with planted values that must leave nowhere.
pub(crate) fn candidate() -> Value {
    json!({
        "person": {
            "name": { "family": "Тайноименов", "given": "Секретбек", "patronymic": "Скрытович" },
            "birth_date": "1983-07-19",
            "identifiers": [{ "kind": "snils", "value": "112-233-445 95" }],
        },
        "citizenships": ["RU"],
        "contacts": [
            { "channel": "Telephone", "value": "+7 905 7654321" }, { "channel": "Email", "value": "hidden@planted.example" },
        ],
        "address": "Город Скрытый, дом 13", "summary": "Планирую переезд",
        "history": [{ "interval": { "from": "2015-02-03" }, "employer": "ООО Тайный Завод", "position": "мастер" }],
        "profile": {
            "reference": "00000000-0000-4000-8000-00000000abcd", "state": "RU",
            "work": [{
                "occupation": { "scheme": "okz", "edition": "2014", "code": "7212", "isco": "7212" }, "experience": "E",
            }],
            "skills": [{ "code": "X0101", "name": "сварка" }],
            "languages": [{ "language": "ru", "level": "C1" }],
            "home": { "country": "RU", "region": "77", "name": "Скрытый" },
            "wishes": { "states": ["KZ"], "would_move": true },
            "changed": "2026-11",
        },
    })
}

/// What of it must stand nowhere outside the home node.
pub(crate) const PLANTED: [&str; 12] = [
    "Тайноименов",
    "Секретбек",
    "Скрытович",
    "1983-07-19",
    "11223344595",
    "112-233-445",
    "7654321",
    "hidden@planted",
    "Скрытый",
    "Тайный Завод",
    "Планирую",
    "00000000abcd",
];

pub(crate) fn new_consent(days: u32) -> NewConsent {
    NewConsent {
        purpose: Purpose::CvSearch,
        sections: Section::ALL.iter().copied().collect(),
        target_states: [State::Kz].into(),
        employer_class: EmployerClass::VerifiedEmployer,
        is_agency_excluded: false,
        text: ConsentText {
            version: "1".parse().unwrap(),
            sha256: stazh::exchange::seal::sha256(b"text"),
            language: "ru".parse().unwrap(),
        },
        days,
        signature_level: SignatureLevel::InPerson,
        evidence: None,
        legal_basis: "152-FZ, art. 9".parse().unwrap(),
    }
}

/// The titles of the vacancies that a node has of Russia, by their names.
pub(crate) async fn mirrored(ctx: &Context) -> BTreeMap<String, String> {
    let mut tx = ctx.store.read().await.unwrap();
    let page =
        mirror_page(&mut tx, ("RU", StreamKind::Vacancy), ("", 10_000), ctx.clock.now()).await.unwrap();
    let title = |content: &str| serde_json::from_str::<Vacancy>(content).unwrap().title.as_str().to_owned();
    page.into_iter().map(|record| (record.reference, title(&record.content.unwrap().0))).collect()
}

pub(crate) async fn journal(ctx: &Context, kind: &str) -> Vec<String> {
    let mut tx = ctx.store.read().await.unwrap();
    let rows = journal_list(&mut tx, JournalBy::All, 0, 10_000).await.unwrap();
    rows.into_iter().filter(|row| row.entry.kind == kind).map(|row| format!("{:?}", row.entry)).collect()
}

/// Random changes at the one node, random breaks of the road, random restarts of the follower: at the end it has what is open.
#[tokio::test(flavor = "multi_thread")]
async fn interruptions_at_random_points_lose_nothing_and_bring_nothing_twice() {
    for seed in 0..6 {
        let (world, clock, server, mut follower) = two().await;
        let random = SeededRandom::new(seed);
        let mut truth: BTreeMap<String, String> = BTreeMap::new();
        for round in 0..40_u32 {
            let number = random.permille() % 25;
            let is_open = random.permille() > 250;
            let title = format!("Пост {number} {round}");
            publish_vacancies(&[vacancy(number, &title, is_open)], &server).await.unwrap();
            let name = format!("RU/trudvsem/v-{number}");
            if is_open {
                drop(truth.insert(name, title))
            } else {
                drop(truth.remove(&name))
            }
            follower.labour.road = Some(Direct::to(&server, Some(seed * 1_000 + u64::from(round))));
            let _broken = pull("RU", &follower).await; // it may be cut off anywhere
            if round % 9 == 8 {
                // the process dies and another begins on the same database
                follower.store.close().await;
                let settings = Settings::read(&world.folder("KZ").join("node.toml")).unwrap();
                follower = context(&settings, &clock).await;
            }
        }
        follower.labour.road = Some(Direct::to(&server, None));
        pull("RU", &follower).await.unwrap();
        assert_eq!(mirrored(&follower).await, truth, "seed {seed}");
        let lag = lags(&mut server.store.read().await.unwrap(), clock.now_of()).await.unwrap();
        assert!(lag.iter().all(|lag| lag.changes == 0 && lag.age.is_none()), "{lag:?}");
        assert_eq!(pull("RU", &follower).await.unwrap().came, 0, "nothing comes twice");
    }
}

trait NowOf {
    fn now_of(&self) -> jiff::Timestamp;
}

impl NowOf for FixedClock {
    fn now_of(&self) -> jiff::Timestamp {
        stazh::base::Clock::now(self)
    }
}

/// D9, (a), (b): what leaves holds nothing of who it is; withdrawn, it is blank at both nodes, and the receipt says who proved it.
#[tokio::test]
async fn a_withdrawal_is_proven_at_the_peer_and_a_new_consent_serves_content_again() {
    let (_world, clock, server, mut follower) = two().await;
    let road = Direct::to(&server, None);
    follower.labour.road = Some(road.clone());
    let own: Candidate = serde_json::from_value(candidate()).unwrap();
    let given = give_consent(&own, new_consent(30), &server).await.unwrap();
    assert_eq!(given.published, ["KZ"]);
    pull("RU", &follower).await.unwrap();
    let target = target_list(&mut server.store.read().await.unwrap(), given.id).await.unwrap().remove(0);
    let name = target.reference.unwrap();
    fn of(name: &str) -> (&'static str, StreamKind, &str) {
        ("RU", StreamKind::Profile, name)
    }
    let held = mirror_find(&mut follower.store.read().await.unwrap(), of(&name)).await.unwrap().unwrap();
    let first_hash = held.content.unwrap().1;
    assert_eq!(held.until, Some("2026-12-30T00:00:00Z".parse().unwrap()), "the day, not when he consented");
    withdraw_consent(given.id, &"console".parse().unwrap(), &server).await.unwrap();
    let missing = target_missing(&mut server.store.read().await.unwrap(), 9).await.unwrap();
    assert_eq!(missing.len(), 1, "it is not confirmed yet");
    clock.advance_ms(25 * 3_600_000);
    for _ in 0..2 {
        note_missing_receipts(&server).await.unwrap();
    }
    assert_eq!(journal(&server, "ask_person").await.len(), 1, "a person is asked once after 24 hours");
    // suspended after a week: nothing new is published to it
    clock.advance_ms(7 * 24 * 3_600_000);
    let second = give_consent(&own, new_consent(30), &server).await.unwrap();
    assert_eq!(second.waiting, [("KZ".to_owned(), "labour.suspended")]);
    pull("RU", &follower).await.unwrap();
    let blank = mirror_find(&mut follower.store.read().await.unwrap(), of(&name)).await.unwrap().unwrap();
    assert_eq!((blank.state, &blank.content, blank.until), (MirrorState::Erased, &None, None));
    let target = target_list(&mut server.store.read().await.unwrap(), given.id).await.unwrap().remove(0);
    assert!(target.confirmed_at.is_some() && target.signature.is_some());
    assert_eq!(target.signer.as_deref(), Some("the certificate of the line and the key of its seals"));
    assert_eq!(journal(&server, "erasure_confirmed").await.len(), 1);
    // what waited is published now, under another name, and its content is served (D9)
    stazh::flow::labour::publish_waiting(&server).await.unwrap();
    pull("RU", &follower).await.unwrap();
    let target = target_list(&mut server.store.read().await.unwrap(), second.id).await.unwrap().remove(0);
    let again = target.reference.unwrap();
    assert_ne!(again, name);
    let held = mirror_find(&mut follower.store.read().await.unwrap(), of(&again)).await.unwrap().unwrap();
    assert_ne!(held.content.unwrap().1, first_hash, "the name is part of the content");
    let said = String::from_utf8(road.said.lock().unwrap().clone()).unwrap();
    assert!(said.contains("7212") && said.contains(&name), "the profile did leave");
    let planted: BTreeSet<_> = PLANTED.into_iter().filter(|value| said.contains(value)).collect();
    assert!(planted.is_empty(), "{planted:?}");
}

#[tokio::test]
async fn a_profile_with_a_name_in_it_is_refused_with_the_place_and_leaves_no_trace() {
    let (_world, _clock, server, _follower) = two().await;
    let mut written = candidate();
    written["profile"]["skills"][0]["name"] = "сварка, спросить Секретбек".into();
    let own: Candidate = serde_json::from_value(written).unwrap();
    let refused = give_consent(&own, new_consent(30), &server).await.unwrap_err().to_string();
    assert!(refused.contains("/skills[1]/name") && !refused.contains("Секретбек"), "{refused}");
    assert!(journal(&server, "consent_given").await.is_empty());
}

/// D10: listed while it was in force, asked for when it is not.
#[tokio::test]
async fn a_consent_that_expires_in_transit_serves_nothing() {
    let (_world, clock, server, mut follower) = two().await;
    let own: Candidate = serde_json::from_value(candidate()).unwrap();
    give_consent(&own, new_consent(1), &server).await.unwrap();
    let listed = answer_changes(State::Kz, StreamKind::Profile, (0, 9), &server).await.unwrap();
    let refs = vec![listed.changes[0].reference.clone()];
    let asked = DetailsAsked { stream: StreamKind::Profile, refs };
    let served = answer_details(State::Kz, &asked, &server).await.unwrap();
    assert!(serde_json::to_string(&served).unwrap().contains("\"result\":\"ok\""));
    follower.labour.road = Some(Direct::to(&server, None));
    pull("RU", &follower).await.unwrap();
    clock.advance_ms(24 * 3_600_000);
    let mut tx = follower.store.read().await.unwrap();
    let shown = mirror_page(&mut tx, ("RU", StreamKind::Profile), ("", 9), clock.now_of()).await.unwrap();
    assert!(shown.is_empty(), "the peer shows it no longer, whether it was told or not");
    drop(tx);
    let served = answer_details(State::Kz, &asked, &server).await.unwrap();
    assert!(serde_json::to_string(&served).unwrap().contains("\"result\":\"closed\""));
    let other = answer_details(State::By, &asked, &server).await.unwrap();
    assert!(serde_json::to_string(&other).unwrap().contains("not_found"), "it is of one peer alone");
    let listed = answer_changes(State::Kz, StreamKind::Profile, (0, 9), &server).await.unwrap();
    assert_eq!(listed.changes[0].kind.as_str(), "erased");
    assert_eq!(listed.changes[0].hash, None);
}

/// A database that was restored gives its streams another epoch, and whoever follows takes everything anew.
#[tokio::test]
async fn after_a_restore_everything_is_taken_anew_and_what_is_gone_is_gone() {
    let (_world, _clock, server, mut follower) = two().await;
    follower.labour.road = Some(Direct::to(&server, None));
    let all: Vec<Vacancy> = (0..8).map(|number| vacancy(number, "Пост", true)).collect();
    publish_vacancies(&all, &server).await.unwrap();
    pull("RU", &follower).await.unwrap();
    assert_eq!(mirrored(&follower).await.len(), 8);
    let mut tx = follower.store.begin().await.unwrap();
    let cursor = cursor_find(&mut tx, "RU", StreamKind::Vacancy).await.unwrap().unwrap();
    // as if the follower had seen changes that the restored database knows nothing of
    let ahead = stazh::store::Cursor { seq: 500, head_seq: 500, ..cursor };
    let hold = stazh::store::MirrorMove::Hold {
        content: serde_json::to_string(&vacancy(99, "Забытый", true).without_contacts()).unwrap(),
        hash: stazh::base::Digest256([1; 32]),
        until: None,
    };
    let of = ("RU", StreamKind::Vacancy, "RU/trudvsem/v-99");
    stazh::store::mirror_put(&mut tx, of, (&hold, 1), jiff::Timestamp::UNIX_EPOCH).await.unwrap();
    assert!(stazh::store::cursor_move(&mut tx, &ahead).await.unwrap());
    tx.commit().await.unwrap();
    pull("RU", &follower).await.unwrap();
    pull("RU", &follower).await.unwrap();
    assert_eq!(mirrored(&follower).await.len(), 8, "what the peer knows nothing of is gone");
    let mut tx = server.store.begin().await.unwrap();
    stream_renew(&mut tx, "KZ", StreamKind::Vacancy, Uuid::from_u128(9)).await.unwrap();
    tx.commit().await.unwrap();
    let again = pull("RU", &follower).await.unwrap();
    assert_eq!((again.came, mirrored(&follower).await.len()), (0, 8), "what is the same is not sent again");
}

/// The door: who calls is known by his certificate, and what is malformed is told so.
#[tokio::test(flavor = "multi_thread")]
async fn the_door_answers_peers_alone_and_refuses_what_is_malformed() {
    let world = World::new();
    let (mut ru, kz) = (world.settle("RU", "KZ"), world.settle("KZ", "RU"));
    ru.labour.enabled = true;
    let door = Door::open(&ru).await.unwrap();
    let address = door.address().unwrap();
    let node = Node::start(door, &ru, Arc::new(TestDesk::default())).await.unwrap();
    let road = |identity: &NodeIdentity, caller: &str| {
        let url = format!("https://{address}/").parse().unwrap();
        HttpsSync::new(vec![PeerEndpoint { name: "RU".to_owned(), url }], 5_000, identity, caller.to_owned())
            .unwrap()
    };
    let ours = Stage::identity_of(&kz);
    let get = |path: &str| SyncCall::Get { path: format!("/sync/v1/{path}") };
    let status = async |road: &HttpsSync, call: SyncCall| {
        let reply = road.call("RU", call).await.unwrap();
        (reply.status, String::from_utf8_lossy(&reply.body).into_owned())
    };
    let peer = road(&ours, "Stazh-Node KZ");
    assert_eq!(status(&peer, get("ping")).await.0, 200);
    for malformed in ["Stazh-Node", "Bearer KZ", "", "KZ"] {
        let (code, told) = status(&road(&ours, malformed), get("ping")).await;
        assert!(code == 401 && told.contains("labour.sync_caller"), "{malformed}: {code} {told}");
    }
    assert_eq!(status(&road(&ours, "Stazh-Node BY"), get("ping")).await.0, 403, "of another state");
    let (key, certificate) = world.issue("stranger.example");
    let authorities = world.folder("KZ").join("authorities.pem");
    let stranger = NodeIdentity::read(&certificate, &key, &authorities).unwrap();
    assert_eq!(
        status(&road(&stranger, "Stazh-Node KZ"), get("ping")).await.0,
        403,
        "its certificate is of no peer"
    );
    for (path, expected) in [
        ("changes?kind=vacancy&since=0&limit=5", 200),
        ("changes?kind=vacancy&since=x", 400),
        ("changes?kind=nothing", 400),
        ("changes?since=0", 400),
        ("changes?kind=vacancy&since=18446744073709551615", 400),
        ("changes?kind=vacancy&limit=1001", 413),
        ("snapshot?kind=profile&cursor=0", 200),
        ("snapshot?kind=profile&other=0", 400),
    ] {
        assert_eq!(status(&peer, get(path)).await.0, expected, "{path}");
    }
    let post =
        |path: &str, body: String| SyncCall::Post { path: format!("/sync/v1/{path}"), body: body.into() };
    let refs: Vec<String> = (0..1_001).map(|number| number.to_string()).collect();
    let (code, told) =
        status(&peer, post("details", json!({ "stream": "vacancy", "refs": refs }).to_string())).await;
    assert!(code == 413 && told.contains("labour.too_many"), "{told}");
    assert_eq!(status(&peer, post("details", "x".repeat(530_000))).await.0, 413);
    assert_eq!(status(&peer, post("details", "{}".to_owned())).await.0, 400);
    let receipt = json!({ "stream": "vacancy", "stream_epoch": "other", "seq": 1, "applied_at": NOW });
    assert_eq!(status(&peer, post("receipts", receipt.to_string())).await.0, 409);
    node.stop().await;
}
