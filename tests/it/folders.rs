//! Two nodes that are never online to each other: a courier carries files, badly.

use crate::exchange::{inquiry, record};
use crate::nodes::{TestDesk, World};
use stazh::flow::compose;
use stazh::node::{Door, Node, Settings};
use stazh::store::{ConversationState, InboxState, conversation_counts, inbox_counts};
use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

const RECORDS: u32 = 30;

async fn start(settings: &mut Settings, road: &Path, desk: Arc<TestDesk>) -> Node {
    settings.peers[0].url = format!("file://{}", road.display());
    settings.peers[0].term_factor = 1_000;
    let door = Door::open(settings).await.unwrap();
    Node::start(door, settings, desk).await.unwrap()
}

/// Carries what lies in `from` to `to`: half of it first, then all of it twice, in no order.
fn carry(from: &Path, to: &Path, carried: &mut HashSet<PathBuf>) {
    for entry in std::fs::read_dir(from.join("out")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|ending| ending != "xml") || !carried.insert(path.clone()) {
            continue;
        }
        let bytes = std::fs::read(&path).unwrap();
        let name = path.file_stem().unwrap().to_str().unwrap().chars().rev().collect::<String>();
        for (number, part) in [&bytes[..bytes.len() / 2], &bytes[..], &bytes[..]].into_iter().enumerate() {
            let whole = to.join("in").join(format!("{name}-{number}.xml"));
            let under_way = whole.with_extension("part");
            std::fs::write(&under_way, part).unwrap();
            std::fs::rename(under_way, whole).unwrap();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn records_cross_as_files_each_once_however_badly_they_are_carried() {
    let world = World::new();
    let root = tempfile::tempdir().unwrap();
    let (ru_road, kz_road) = (root.path().join("ru-kz"), root.path().join("kz-ru"));
    let (mut ru, mut kz) = (world.settle("RU", "KZ"), world.settle("KZ", "RU"));
    let ru_desk = Arc::new(TestDesk::default());
    let kz_desk = Arc::new(TestDesk::knowing((1..=RECORDS).map(record).collect()));
    let ru = start(&mut ru, &ru_road, ru_desk.clone()).await;
    let kz = start(&mut kz, &kz_road, kz_desk).await;
    for number in 1..=RECORDS {
        compose(&inquiry(number), ru.flows()).await.unwrap();
    }
    let courier = async {
        let mut carried = HashSet::new();
        loop {
            carry(&ru_road, &kz_road, &mut carried);
            carry(&kz_road, &ru_road, &mut carried);
            let counts = conversation_counts(&mut ru.flows().store.read().await.unwrap()).await.unwrap();
            if counts.get(&ConversationState::Completed) == Some(&i64::from(RECORDS)) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await; // the way
        }
    };
    tokio::time::timeout(Duration::from_secs(120), courier).await.unwrap();
    ru_desk.all_told(usize::try_from(RECORDS).unwrap()).await;
    let counts = inbox_counts(&mut kz.flows().store.read().await.unwrap()).await.unwrap();
    assert!(
        counts[&InboxState::Returned] >= i64::from(RECORDS),
        "the halves are kept as evidence: {counts:?}"
    );
    let taken = std::fs::read_dir(kz_road.join("taken")).unwrap().count();
    assert!(taken >= 3 * usize::try_from(RECORDS).unwrap(), "what came is put aside, not deleted");
    ru.stop().await;
    kz.stop().await;
}

/// A pipe that would be waited for without end, a folder that looks like a file, a file that cannot be put aside: none
/// of them keeps the others, and what is stored is not stored twice.
#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_dealt_with_keeps_nobody_else() {
    let world = World::new();
    let root = tempfile::tempdir().unwrap();
    let road = root.path().join("kz-ru");
    world.settle("RU", "KZ");
    let mut settings = world.settle("KZ", "RU");
    let kz = start(&mut settings, &road, Arc::new(TestDesk::default())).await;
    let pipe = road.join("in/0-pipe.xml");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    std::fs::create_dir(road.join("in/1-folder.xml")).unwrap();
    // A folder of the file's name stands where it should be put aside.
    std::fs::create_dir_all(road.join("taken/2-stuck.xml/x")).unwrap();
    std::fs::write(road.join("in/2-stuck.xml"), b"<a/>").unwrap();
    std::fs::write(road.join("in/3-free.xml"), b"<b/>").unwrap();
    let freed = async {
        while !road.join("taken/3-free.xml").exists() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), freed).await.unwrap();
    let returned = async || {
        let counts = inbox_counts(&mut kz.flows().store.read().await.unwrap()).await.unwrap();
        counts.get(&InboxState::Returned).copied().unwrap_or_default()
    };
    assert_eq!(returned().await, 2);
    std::fs::write(road.join("in/4-later.xml"), b"<c/>").unwrap();
    let later = async {
        while !road.join("taken/4-later.xml").exists() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), later).await.unwrap();
    assert_eq!(returned().await, 3, "the one that is stuck was looked at again and not stored again");
    std::fs::remove_dir_all(road.join("taken/2-stuck.xml")).unwrap();
    let mended = async {
        while road.join("in/2-stuck.xml").exists() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), mended).await.unwrap();
    assert_eq!(returned().await, 3);
    kz.stop().await;
}
