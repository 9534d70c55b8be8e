//! What a peer invents in a check is refused with its code, and no value is raised beyond what was stated.

use super::{agree, journal};
use crate::fixtures::fixture;
use crate::processes::{Process, two_nodes};
use stazh::base::SeededRandom;
use stazh::exchange::canonical::{
    CheckBatch, CheckDocument, CheckOpening, CheckResult, Marks, Matcher, PersonInPayment, Points, State,
};
use stazh::exchange::document::codec::check_root;
use stazh::exchange::wire::NodeIdentity;
use stazh::flow::{Begin, Context, Opening, begin};
use stazh::node::{FolderDesk, Node, Settings};
use stazh::pension::{CHECK_SCHEME, CheckSecret, keys_of};
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

async fn flows(folder: &Path) -> Context {
    let settings = Settings::read(&folder.join("node.toml")).unwrap();
    let files = &settings.wire;
    let identity = NodeIdentity::read(&files.certificate, &files.key, &files.authorities).unwrap();
    let desk = Arc::new(FolderDesk::open(&settings).unwrap());
    Node::context(&settings, &identity, desk).await.unwrap()
}

async fn send(document: CheckDocument, ctx: &Context) {
    let (_process, transaction) = ctx.catalogue.beginning_with_root(check_root(&document)).unwrap();
    let transaction = &transaction.code;
    let opening = Opening::Check(&document);
    begin(Begin { opening, to: State::Ru, transaction, within: None, refers_to: None }, ctx).await.unwrap();
}

/// Waits until a journal tells something so often.
async fn tells(folder: &Path, what: &str, times: usize) {
    let begun = Instant::now();
    while journal(folder).matches(what).count() < times {
        assert!(begun.elapsed() < Duration::from_secs(60), "{what} is not told:\n{}", journal(folder));
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

fn opening(number: &str) -> CheckDocument {
    CheckDocument::Opening(CheckOpening {
        number: number.parse().unwrap(),
        state: State::Kz,
        as_of: "2026-11-30".parse().unwrap(),
        kinds: Vec::new(),
        ground: "overpayment".parse().unwrap(),
        scheme: CHECK_SCHEME.parse().unwrap(),
        size: 1,
        batch: 1,
    })
}

fn batch(number: &str, place: u32, points: Vec<[u8; 32]>) -> CheckDocument {
    CheckDocument::Batch(CheckBatch { number: number.parse().unwrap(), place, points: Points::new(points) })
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_peer_invents_is_refused_and_raised_by_nobody() {
    let root = tempfile::tempdir().unwrap();
    let (ru, kz) = two_nodes(root.path());
    let list: Vec<String> =
        fs::read_to_string(fixture("checks/ru.jsonl")).unwrap().lines().map(str::to_owned).collect();
    agree((&ru, &kz), (&list, &list), "");
    let (_ru, _kz) = (Process::start(&ru), Process::start(&kz));
    let ctx = flows(&kz).await;
    send(opening("RU-KZ-1"), &ctx).await;
    tells(&ru, "check.number", 1).await;
    send(batch("KZ-RU-9", 0, Vec::new()), &ctx).await;
    tells(&ru, "check.unknown", 1).await;
    send(opening("KZ-RU-9"), &ctx).await;
    tells(&ru, "check KZ-RU-9 with KZ is ready: 7 values", 1).await;
    tells(&ru, "P.XP.07.MSG.002", 1).await;
    send(opening("KZ-RU-10"), &ctx).await;
    tells(&ru, "is refused here: too-soon", 1).await;
    let person: PersonInPayment = serde_json::from_str(&list[0]).unwrap();
    let keys = keys_of(&person.person, &"KZ-RU-9".parse().unwrap(), Matcher::built_in().unwrap());
    let points = CheckSecret::draw(&SeededRandom::new(1)).blind(&keys);
    for (number, document) in [
        ("check.count", batch("KZ-RU-9", 0, points.clone())),
        ("check.point", batch("KZ-RU-9", 0, vec![[0; 32]])),
        ("check.place", batch("KZ-RU-9", 7, Vec::new())),
        (
            "check.early",
            CheckDocument::Result(CheckResult {
                number: "KZ-RU-9".parse().unwrap(),
                hits: 0,
                marks: Marks::none_of(7),
            }),
        ),
    ] {
        send(document, &ctx).await;
        tells(&ru, number, 1).await;
    }
    assert!(!journal(&ru).contains("P.XP.07.MSG.004"), "nothing was raised");
    send(batch("KZ-RU-9", 0, vec![points[0]]), &ctx).await;
    tells(&ru, "P.XP.07.MSG.004", 1).await;
    send(batch("KZ-RU-9", 0, vec![points[1]]), &ctx).await;
    tells(&ru, "check.place", 2).await;
    ctx.store.close().await;
}
