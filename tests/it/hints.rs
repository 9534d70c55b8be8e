//! Two replicas on one database tell each other of work at once, and lose nothing when they cannot.

use crate::exchange::{inquiry, record};
use crate::nodes::{TestDesk, World};
use crate::postgres_server;
use sqlx::Connection;
use sqlx::postgres::{PgConnection, PgListener};
use stazh::base::ConversationId;
use stazh::exchange::wire::NodeIdentity;
use stazh::flow::{Context, compose};
use stazh::node::{Door, Node, Server, Settings};
use stazh::store::{ConversationState, Role, conversation_find};
use stazh::worker::run_hints;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A sweep that no test waits for.
const SWEEP_MS: u32 = 120_000;

async fn completed(id: ConversationId, flows: &Context) {
    let begun = Instant::now();
    loop {
        let mut tx = flows.store.read().await.unwrap();
        let found = conversation_find(&mut tx, id, Role::Initiator).await.unwrap().unwrap();
        drop(tx);
        if found.state == ConversationState::Completed {
            return;
        }
        assert!(begun.elapsed() < Duration::from_secs(30), "the other replica did not hear of it");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// A replica without workers but the one that tells and hears, so that only another can do its work.
async fn idle_replica(settings: &Settings) -> Arc<Context> {
    let files = &settings.wire;
    let identity = NodeIdentity::read(&files.certificate, &files.key, &files.authorities).unwrap();
    Arc::new(Node::context(settings, &identity, Arc::new(TestDesk::default())).await.unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn work_of_one_replica_is_taken_up_by_another_long_before_its_sweep_whoever_cuts_the_line() {
    let (world, url) = (World::new(), postgres_server::database());
    let (mut ru, mut kz) = (world.settle("RU", "KZ"), world.settle("KZ", "RU"));
    ru.database = Some(Server { urls: vec![url.clone()], password_file: None });
    ru.limits.sweep_ms = SWEEP_MS.into();
    ru.limits.lease_ms = 4 * i64::from(SWEEP_MS);
    let (ru_door, kz_door) = (Door::open(&ru).await.unwrap(), Door::open(&kz).await.unwrap());
    ru.peers[0].url = format!("https://{}/", kz_door.address().unwrap());
    kz.peers[0].url = format!("https://{}/", ru_door.address().unwrap());
    let records = (0..60).map(record).collect();
    let asked = Node::start(kz_door, &kz, Arc::new(TestDesk::knowing(records))).await.unwrap();
    let working = Node::start(ru_door, &ru, Arc::new(TestDesk::default())).await.unwrap();
    let idle = idle_replica(&ru).await;
    let (stop, stopping) = tokio::sync::watch::channel(false);
    let telling = tokio::spawn(run_hints(stopping, idle.clone()));
    let mut spy = PgListener::connect(&url).await.unwrap();
    spy.listen("stazh").await.unwrap();

    for number in 0..20 {
        let id = compose(&inquiry(number), &idle).await.unwrap().conversation_id;
        completed(id, &idle).await; // or a panic, long before the sweep
    }
    let mut notices = 0;
    while spy.next_buffered().is_some()
        || tokio::time::timeout(Duration::from_millis(300), spy.recv()).await.is_ok()
    {
        notices += 1;
        assert!(notices < 20 * 12, "a notice is told on and on");
    }
    assert!(notices >= 20);

    // The lines are cut over and over; what was told meanwhile is found when they are open again.
    let mut cutter = PgConnection::connect(&url).await.unwrap();
    for number in 20..24 {
        let cut = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
                   WHERE datname = current_database() AND pid <> pg_backend_pid()
                     AND (query LIKE 'LISTEN%' OR query LIKE '%pg_notify%')";
        let cut: i64 = sqlx::query_scalar(cut).fetch_one(&mut cutter).await.unwrap();
        assert!(cut >= 1, "there was nothing to cut");
        let id = compose(&inquiry(number), &idle).await.unwrap().conversation_id;
        completed(id, &idle).await;
    }
    stop.send_replace(true);
    telling.await.unwrap();
    working.stop().await;
    asked.stop().await;
}
