//! Records handed over to a national system by HTTP: at least once, effect once, whatever that system does.

mod table;
mod taker;

use crate::exchange::{inquiry, record};
use crate::keys::Authority;
use crate::nodes::{TestDesk, World};
use crate::processes::{Process, also_set, completed, inquiries, keep_local, stazh, two_nodes, waiting};
use stazh::base::{Random, SeededRandom};
use stazh::flow::{compose, release};
use stazh::node::{FolderDesk, HandOverSettings, Node, Settings};
use stazh::store::{JournalBy, RowId, handover_sum, journal_list, outbox_of_document, waiting_list};
use std::process::Stdio;
use std::sync::Arc;
use std::time::{Duration, Instant};
use taker::Taker;

/// Two nodes; what the first is told goes to the taker.
async fn pair(world: &World, taker: &Taker, more: &str, count: u32) -> (Node, Node) {
    let mut settings = world.settle("RU", "KZ");
    settings.hand_over = hand_over(taker, more);
    let ru = Arc::new(FolderDesk::open(&settings).unwrap());
    let kz = Arc::new(TestDesk::knowing((0..count).map(record).collect()));
    world.pair(ru, kz).await
}

fn hand_over(taker: &Taker, more: &str) -> HandOverSettings {
    let mut settings: Settings = Settings::read(&taker.settings_beside(more)).unwrap();
    std::mem::take(&mut settings.hand_over)
}

async fn handed_over(node: &Node) -> i64 {
    handover_sum(&mut node.flows().store.read().await.unwrap()).await.unwrap().0
}

async fn until(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    let begun = Instant::now();
    while !is_so().await {
        assert!(begun.elapsed() < Duration::from_secs(60), "{what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_is_told_by_a_post_that_python_verifies_by_the_lines_of_the_page() {
    let world = World::new();
    let (servers, clients) = (Authority::new("Pension system"), Authority::new("Its clients"));
    let taker = Taker::with_tls(&servers, Some(&clients));
    let (ru, kz) = pair(&world, &taker, "must_confirm = true", 1).await;
    let composed = compose(&inquiry(0), ru.flows()).await.unwrap();
    until("it is told", async || handed_over(&ru).await == 1).await;
    let told = taker.log();
    assert_eq!((told.len(), &told[0]["verified"]), (1, &true.into()), "{told:?}");
    let said = &told[0]["said"];
    assert_eq!(said["record"], serde_json::to_value(record(0)).unwrap());
    assert_eq!(said["conversation_id"], composed.conversation_id.as_uuid().to_string());
    assert_eq!((&said["sender"], &said["message"]), (&"KZ".into(), &"P.XP.01.MSG.002".into()));
    assert_eq!((&said["purpose"], &said["legal_basis"]), (&"pensions".into(), &"treaty".into()));
    let id = said["document_id"].as_str().unwrap().parse().unwrap();
    let mut tx = kz.flows().store.read().await.unwrap();
    let sent = outbox_of_document(&mut tx, "RU", id).await.unwrap();
    drop(tx);
    assert_eq!(said["digest"], sent.unwrap().draft.digest.to_string(), "that of what the peer sealed");
    assert_eq!(taker.effects().len(), 1);
    ru.stop().await;
    kz.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_a_webhook_answers_nothing_is_lost_and_its_effect_is_once() {
    let world = World::new();
    let taker = Taker::new();
    let moods = ["cut", "fail-after", "silent", "garbage", "huge", "redirect", "later", "500", "429", "304"];
    let count = u32::try_from(moods.len()).unwrap();
    let (ru, kz) = pair(&world, &taker, "must_confirm = true\ntimeout_ms = 700", count).await;
    for (number, mood) in (0..).zip(moods) {
        taker.be(mood);
        let composed = compose(&inquiry(number), ru.flows()).await.unwrap();
        let tries = || taker.log().iter().filter(|call| call["mood"] == *mood).count();
        until(mood, async || tries() >= 2).await;
        assert_eq!(handed_over(&ru).await, i64::from(number), "{mood} is no answer");
        taker.be("ok");
        until(mood, async || handed_over(&ru).await == i64::from(number) + 1).await;
        let mut tx = ru.flows().store.read().await.unwrap();
        let by = JournalBy::Conversation(composed.conversation_id);
        let rows = journal_list(&mut tx, by, 0, 1000).await.unwrap();
        assert!(rows.iter().any(|row| row.entry.kind == "postponed"), "{mood} is journalled");
        assert!(!rows.iter().any(|row| row.entry.detail.contains("Welcome")), "an answer is not shown");
    }
    let effects = taker.effects();
    assert_eq!(effects.len(), moods.len(), "each once");
    let told = taker.log();
    assert!(told.iter().all(|call| call["verified"] == true && call["path"] == "/records"), "nowhere else");
    ru.stop().await;
    kz.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_that_is_refused_waits_for_a_person_and_goes_on_when_released() {
    let world = World::new();
    let taker = Taker::new();
    let (ru, kz) = pair(&world, &taker, "", 1).await;
    taker.be("422");
    compose(&inquiry(0), ru.flows()).await.unwrap();
    let parked = async || {
        let mut tx = ru.flows().store.read().await.unwrap();
        let all = waiting_list(&mut tx, 10).await.unwrap();
        all.into_iter().find(|row| row.needs_person())
    };
    until("it is parked", async || parked().await.is_some()).await;
    let row = parked().await.unwrap();
    assert_eq!(row.code.as_deref(), Some("wire.webhook_refused"));
    assert!(matches!(row.id, RowId::Inbox(_)));
    assert_eq!(taker.log().len(), 1, "a refusal is not argued with");
    taker.be("ok");
    release(row.id, &ru.flows().store, &*ru.flows().clock).await.unwrap();
    until("it is told", async || handed_over(&ru).await == 1).await;
    assert_eq!(taker.effects().len(), 1);
    ru.stop().await;
    kz.stop().await;
}

#[test]
fn the_doctor_and_the_status_say_what_is_wrong_with_the_taker() {
    let root = tempfile::tempdir().unwrap();
    let (ru, kz) = two_nodes(root.path());
    let servers = Authority::new("Pension system");
    let mut taker = Taker::with_tls(&servers, None);
    let plain = std::fs::read_to_string(ru.join("node.toml")).unwrap();
    also_set(&ru, &taker.section(""));
    let found = || {
        let output = stazh().arg("doctor").arg(&ru).arg("--json").output().unwrap();
        let lines = String::from_utf8(output.stdout).unwrap();
        let mut all = lines.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
        all.find(|finding| finding["of"] == "the hand-over").unwrap()
    };
    assert_eq!(found()["grade"], "good", "{}", found());
    std::fs::write(taker.folder.path().join("servers.pem"), Authority::new("Another").pem()).unwrap();
    assert_eq!(found()["code"], "doctor.hand_over", "a taker of another authority is not spoken to");
    std::fs::write(taker.folder.path().join("servers.pem"), servers.pem()).unwrap();
    taker.kill();
    assert_eq!(found()["code"], "doctor.hand_over");
    // the node starts without him, and the record waits
    taker.start();
    taker.be("403");
    keep_local(&kz, 0..1);
    let _nodes = [Process::start(&ru), Process::start(&kz)];
    let inquiry = inquiries(root.path(), "KZ", 0..1);
    assert!(stazh().arg("send").arg(&ru).args(&inquiry).stdout(Stdio::null()).status().unwrap().success());
    let begun = Instant::now();
    let row = loop {
        if let Some(row) = waiting(&ru).into_iter().find(|row| row["needs_person"] == true) {
            break row;
        }
        assert!(begun.elapsed() < Duration::from_secs(60));
        std::thread::sleep(Duration::from_millis(50));
    };
    assert!(row["remedy"].as_str().unwrap().contains("stazh release"), "{row}");
    let told = stazh().arg("status").arg(&ru).arg("--waiting").output().unwrap();
    let told = String::from_utf8(told.stdout).unwrap();
    assert!(told.contains("wire.webhook_refused: Look into the log of that system"), "{told}");
    std::fs::write(ru.join("node.toml"), plain).unwrap();
    assert!(found()["found"].as_str().unwrap().contains("files"));
}

#[tokio::test(flavor = "multi_thread")]
async fn node_and_webhook_are_killed_at_random_and_each_record_has_its_effect_once() {
    const COUNT: u32 = 150;
    let root = tempfile::tempdir().unwrap();
    let (ru, kz) = two_nodes(root.path());
    let mut taker = Taker::new();
    also_set(&ru, &taker.section("timeout_ms = 2000"));
    keep_local(&kz, 0..COUNT);
    let inquiries = inquiries(root.path(), "KZ", 0..COUNT);
    let (mut node, _other) = (Process::start(&ru), Process::start(&kz));
    let mut sending = stazh().arg("send").arg(&ru).args(&inquiries).stdout(Stdio::null()).spawn().unwrap();
    let random = SeededRandom::new(20_261_130);
    let (begun, mut kills) = (Instant::now(), [0, 0]);
    while taker.effects().len() < usize::try_from(COUNT).unwrap() {
        assert!(begun.elapsed() < Duration::from_secs(200), "{} of {COUNT}", taker.effects().len());
        tokio::time::sleep(Duration::from_millis(100 + u64::from(random.permille()) / 3)).await; // the random point
        if random.permille() < 500 {
            node.kill_and_start_again();
            kills[0] += 1;
        } else {
            taker.kill();
            taker.start();
            kills[1] += 1;
        }
    }
    assert!(sending.wait().unwrap().success());
    assert!(kills.iter().sum::<u32>() >= 4, "only {kills:?} kills: the test proves nothing");
    until("all is known to be told", async || {
        let store = Node::store(&Settings::read(&ru.join("node.toml")).unwrap()).await.unwrap();
        let (count, _) = handover_sum(&mut store.read().await.unwrap()).await.unwrap();
        store.close().await;
        count == i64::from(COUNT)
    })
    .await;
    assert_eq!(completed(&ru).await, i64::from(COUNT));
    let effects = taker.effects();
    assert_eq!(effects.len(), usize::try_from(COUNT).unwrap());
    let workers: std::collections::HashSet<String> =
        effects.iter().map(|said| said["record"]["person"]["identifiers"][0]["value"].to_string()).collect();
    assert_eq!(workers.len(), effects.len(), "each worker's record once");
    assert!(taker.log().iter().all(|call| call["verified"] == true));
}
