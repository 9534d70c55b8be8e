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
    {
        let told = ru_desk.told.lock().unwrap();
        assert_eq!(told.len(), usize::try_from(RECORDS).unwrap());
        assert!(told.values().all(|(_, times)| *times == 1), "handed over once each");
    }
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
