//! Peers that break the protocol.

use super::{Direct, context, journal, mirrored, two, vacancy};
use bytes::Bytes;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use serde_json::{Value, json};
use stazh::exchange::seal::sha256;
use stazh::exchange::wire::{Reply, SyncCall, SyncRoad, WireError};
use stazh::flow::labour::{publish_vacancies, pull};
use stazh::labour::sync::StreamKind;
use stazh::store::{cursor_find, mirror_wanted};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

/// Answers what a function says.
struct Scripted<F>(F, AtomicU32);

impl<F: Fn(&str, u32) -> Value + Send + Sync> SyncRoad for Scripted<F> {
    fn peers(&self) -> Vec<String> {
        vec!["RU".to_owned()]
    }

    fn call<'a>(&'a self, _peer: &'a str, call: SyncCall) -> BoxFuture<'a, Result<Reply, WireError>> {
        let number = self.1.fetch_add(1, Ordering::Relaxed);
        assert!(number < 100, "it is asked without end");
        let text = match call {
            SyncCall::Get { path } => path,
            SyncCall::Post { path, body } => path + " " + &String::from_utf8_lossy(&body),
        };
        let body = Bytes::from(self.0(&text, number).to_string());
        async move { Ok(Reply { status: 200, body }) }.boxed()
    }
}

fn head(seq: u64) -> Value {
    json!({ "stream_epoch": "e1", "head_seq": seq })
}

fn ping(seq: u64) -> Value {
    json!({ "node": "RU", "streams": { "vacancy": head(seq) }, "schema_versions": [1] })
}

fn change(seq: u64, kind: &str, hash: Option<String>) -> Value {
    let mut told = json!({ "seq": seq, "ref": format!("RU/trudvsem/v-{seq}"), "kind": kind, "at": "2026-11-30T00:00:00Z" });
    if let Some(hash) = hash {
        told["hash"] = hash.into();
    }
    told
}

fn empty() -> Value {
    json!({ "head": head(0), "items": [], "next_cursor": 0, "has_more": false })
}

#[tokio::test]
async fn a_peer_that_leads_nowhere_is_given_up_and_a_person_is_told_once() {
    type Page = (&'static str, fn() -> Value);
    let pages: [Page; 4] = [
        ("repeats", || json!({ "head": head(9), "changes": [], "next_seq": 0, "has_more": true })),
        ("falls back", || {
            let changes = [change(5, "erased", None), change(4, "erased", None)];
            json!({ "head": head(9), "changes": changes, "next_seq": 5, "has_more": true })
        }),
        ("runs ahead", || json!({ "head": head(9), "changes": [], "next_seq": 10, "has_more": true })),
        ("is longer", || {
            let changes: Vec<Value> = (1..=4).map(|seq| change(seq, "erased", None)).collect();
            json!({ "head": head(9), "changes": changes, "next_seq": 4, "has_more": false })
        }),
    ];
    for (what, page) in pages {
        let (_world, _clock, _server, mut follower) = two().await;
        let answer = move |path: &str, _| match path {
            path if path.ends_with("ping") => ping(9),
            path if path.contains("/snapshot") => empty(),
            path if path.contains("/changes") => page(),
            _ => json!({ "confirmed": 0 }),
        };
        follower.labour.road = Some(Arc::new(Scripted(answer, AtomicU32::new(0))));
        for _ in 0..3 {
            let error = pull("RU", &follower).await.unwrap_err();
            assert_eq!(error.verdict().code(), Some("labour.sync_stuck"), "{what}: {error}");
        }
        let asked = journal(&follower, "ask_person").await;
        assert_eq!(asked.len(), 1, "{what}: {asked:?}");
        let mut tx = follower.store.read().await.unwrap();
        let cursor = cursor_find(&mut tx, "RU", StreamKind::Vacancy).await.unwrap().unwrap();
        assert_eq!((cursor.code.as_deref(), cursor.seq), (Some("labour.sync_stuck"), 0), "{what}");
    }
}

/// D5: one record that cannot be served, is spoilt or is somebody else's takes nothing from the others, and is asked for again; an
/// erasure of what was never here is counted and confirmed.
#[tokio::test]
async fn one_bad_record_takes_nothing_from_the_others_and_unknown_erasures_are_counted() {
    let (_world, _clock, _server, mut follower) = two().await;
    follower.labour.page = 9;
    follower.labour.batch = 9;
    fn content(number: u32) -> String {
        serde_json::to_string(&vacancy(number, "Сварщик", true).without_contacts()).unwrap()
    }
    fn hash(number: u32) -> String {
        sha256(content(number).as_bytes()).to_string()
    }
    let ok = move |number: u32, of: u32| {
        let raw: Value = serde_json::from_str(&content(of)).unwrap();
        json!({ "ref": format!("RU/trudvsem/v-{number}"), "result": "ok", "content": raw, "hash": hash(of) })
    };
    let failed = |number: u32| json!({ "ref": format!("RU/trudvsem/v-{number}"), "result": "failed", "reason": "x.y" });
    let with_contact = move || {
        let raw = serde_json::to_value(vacancy(4, "Сварщик", true)).unwrap();
        json!({ "ref": "RU/trudvsem/v-4", "result": "ok", "hash": sha256(raw.to_string().as_bytes()).to_string(), "content": raw })
    };
    let answer = move |path: &str, number: u32| match path {
        path if path.ends_with("ping") => ping(6),
        path if path.contains("/snapshot") => empty(),
        path if path.contains("/changes") => {
            let since: u64 = path.split("since=").nth(1).unwrap().split('&').next().unwrap().parse().unwrap();
            let mut changes: Vec<Value> =
                (1..=5).map(|seq| change(seq, "created", Some(hash(u32::try_from(seq).unwrap())))).collect();
            changes.push(change(6, "erased", None));
            let left: Vec<Value> =
                changes.into_iter().filter(|it| it["seq"].as_u64().unwrap() > since).collect();
            json!({ "head": head(6), "changes": left, "next_seq": 6, "has_more": false })
        }
        path if path.contains("/details") && number < 4 => {
            let mut spoilt = ok(3, 3);
            spoilt["hash"] = "00".repeat(32).into();
            json!({ "results": [ok(1, 1), failed(2), spoilt, with_contact(), ok(5, 1)] })
        }
        path if path.contains("/details") => {
            let all = [2, 3, 4, 5].map(|number| ok(number, number));
            json!({ "results": all })
        }
        path => {
            assert!(path.contains("/receipts") && path.contains("\"unknown\":1"), "{path}");
            json!({ "confirmed": 0 })
        }
    };
    follower.labour.road = Some(Arc::new(Scripted(answer, AtomicU32::new(0))));
    let first = pull("RU", &follower).await.unwrap();
    assert_eq!((first.came, first.unknown), (1 + 4, 1), "{first:?}");
    let again = mirror_wanted(&mut follower.store.read().await.unwrap(), ("RU", StreamKind::Vacancy), 9)
        .await
        .unwrap();
    assert!(again.is_empty(), "{again:?}");
    assert_eq!(mirrored(&follower).await.len(), 5);
    pull("RU", &follower).await.unwrap();
    let mut tx = follower.store.read().await.unwrap();
    let cursor = cursor_find(&mut tx, "RU", StreamKind::Vacancy).await.unwrap().unwrap();
    assert_eq!((cursor.seq, cursor.acked_seq, cursor.unknown), (6, 6, 1));
}

/// A peer that never serves a record that it lists is asked in bounded steps.
#[tokio::test]
async fn a_peer_that_answers_no_details_is_given_up() {
    let (_world, _clock, _server, mut follower) = two().await;
    let answer = move |path: &str, _| match path {
        path if path.ends_with("ping") => ping(1),
        path if path.contains("/snapshot") => {
            let item = json!({ "seq": 1, "ref": "RU/trudvsem/v-1", "hash": "11".repeat(32) });
            json!({ "head": head(1), "items": [item], "next_cursor": 1, "has_more": false })
        }
        _ => json!({ "results": [] }),
    };
    follower.labour.road = Some(Arc::new(Scripted(answer, AtomicU32::new(0))));
    let error = pull("RU", &follower).await.unwrap_err();
    assert_eq!(error.verdict().code(), Some("labour.sync_stuck"), "{error}");
}

/// Two workers on one database: one of them moves the place, the other begins anew, and each record is there once.
#[tokio::test(flavor = "multi_thread")]
async fn two_workers_on_one_database_do_not_undo_each_other() {
    let (world, clock, server, mut one) = two().await;
    let all: Vec<_> = (0..30).map(|number| vacancy(number, "Пост", true)).collect();
    publish_vacancies(&all, &server).await.unwrap();
    let settings = stazh::node::Settings::read(&world.folder("KZ").join("node.toml")).unwrap();
    let mut other = context(&settings, &clock).await;
    one.labour.road = Some(Direct::to(&server, None));
    other.labour.road = Some(Direct::to(&server, None));
    for _ in 0..20 {
        let (first, second) = tokio::join!(pull("RU", &one), pull("RU", &other));
        for failed in [first.err(), second.err()].into_iter().flatten() {
            assert!(matches!(failed.verdict(), stazh::base::Verdict::Retry { .. }), "{failed}");
        }
    }
    assert_eq!(mirrored(&one).await.len(), 30);
}
