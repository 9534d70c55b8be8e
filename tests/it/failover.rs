//! A database on PostgreSQL that fails over, hangs, stops writing: nothing is lost, and work goes on by itself.

use crate::clusters::Cluster;
use crate::postgres_server;
use crate::processes::{
    Process, also_set, assert_handed_over, completed, inquiries, keep_local, on_server, replica, run, stazh,
    two_nodes,
};
use stazh::base::{Clock, SystemClock, Verdict, with_causes};
use stazh::store::{JournalDraft, Store, journal_append, journal_last};
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

const UNUSABLE: &str = "the database cannot be used";
const AGAIN: &str = "the database can be used again";

/// How often something was told in a log.
fn told(log: &Path, what: &str) -> usize {
    std::fs::read_to_string(log).unwrap_or_default().matches(what).count()
}

/// Looks until it is so, or too late.
async fn until(seconds: u64, what: &str, is_so: impl AsyncFn() -> bool) {
    let begun = Instant::now();
    while !is_so().await {
        assert!(begun.elapsed() < Duration::from_secs(seconds), "in {seconds} s {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_conversations_survive_the_death_of_the_primary_and_the_promotion_of_its_standby() {
    let root = tempfile::tempdir().unwrap();
    let (ru, kz) = two_nodes(root.path());
    let primary = Cluster::start();
    let standby = primary.standby();
    on_server(&ru, &[standby.url(), primary.url()]);
    also_set(&ru, "[limits]\nlease_ms = 3000\npost_timeout_ms = 1500");
    let second = replica(&ru, "second");
    let logs = ["first.log", "second.log"].map(|log| root.path().join(log));
    keep_local(&kz, 0..110);
    let inquiries = inquiries(root.path(), "KZ", 0..110);
    let send = |numbers: std::ops::Range<usize>| {
        run(stazh().arg("send").arg(&ru).args(&inquiries[numbers]).stdout(Stdio::null()));
    };
    let _kz = Process::start(&kz);
    send(0..90); // before anybody delivers: the primary is to die in the middle, however slow it is to ask
    let mut replicas =
        [(&ru, &logs[0]), (&second, &logs[1])].map(|(folder, log)| Process::start_logging(folder, log));
    until(30, "no conversation was completed", async || completed(&ru).await >= 1).await;

    assert_eq!(told(&logs[0], "may be lost at a failover"), 0, "the standby is a synchronous one");
    let before = completed(&ru).await;
    primary.kill();
    for log in &logs {
        until(10, "no replica told that the primary is gone", async || told(log, UNUSABLE) == 1).await;
    }
    standby.promote();
    for log in &logs {
        until(15, "the promoted standby was not found", async || told(log, AGAIN) == 1).await;
    }
    send(90..100);
    until(30, "not all were completed", async || completed(&ru).await == 100).await;
    assert!(before < 90, "the primary was killed too late: the test proves nothing");
    for (log, node) in logs.iter().zip(&mut replicas) {
        assert!(node.is_running());
        assert_eq!((told(log, UNUSABLE), told(log, AGAIN)), (1, 1), "told once each");
        let gaps = told(log, "may be lost at a failover");
        assert_eq!(gaps, 1, "the primary waited for its standby, the promoted one has none to wait for");
    }

    // The old primary comes back and does not know that it was overtaken: nobody works on it.
    primary.serve();
    replicas[1].kill_and_start_again();
    send(100..110);
    until(30, "not all were completed", async || completed(&ru).await == 110).await;
    assert_handed_over(&ru, 0..110).await;
    let on_old = primary
        .sql("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'stazh' AND state <> 'idle'");
    assert_eq!(on_old, "0");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_may_not_write_hangs_or_is_full_is_waited_for_and_told_of_once() {
    let root = tempfile::tempdir().unwrap();
    let (ru, kz) = two_nodes(root.path());
    let server = Cluster::start();
    on_server(&kz, &[server.url()]);
    also_set(&kz, "[limits]\nlease_ms = 3000\npost_timeout_ms = 2500");
    let log = root.path().join("kz.log");
    keep_local(&kz, 0..40);
    let inquiries = inquiries(root.path(), "KZ", 0..40);
    let send = |numbers: std::ops::Range<usize>| {
        run(stazh().arg("send").arg(&ru).args(&inquiries[numbers]).stdout(Stdio::null()));
    };
    let _ru = Process::start(&ru);
    let mut node = Process::start_logging(&kz, &log);
    send(0..10);
    until(20, "the first were not completed", async || completed(&ru).await == 10).await;

    server.set("default_transaction_read_only", "on");
    send(10..20);
    until(10, "nothing was told", async || told(&log, UNUSABLE) == 1).await;
    assert!(told(&log, "is read-only; set default_transaction_read_only = off") >= 1);
    let refused = || {
        let status =
            stazh().args(["journal", "list"]).arg(&ru).args(["--limit", "1000", "--json"]).output().unwrap();
        String::from_utf8(status.stdout).unwrap().contains("the peer answered 503")
    };
    until(10, "no caller was asked to come again", async || refused()).await;
    assert_eq!(reqwest::get(&node.ready).await.unwrap().status(), 503);
    let lines = std::fs::read_to_string(&log).unwrap().lines().count();
    assert!(lines < 60, "{lines} lines were logged");
    server.set("default_transaction_read_only", "off");
    until(20, "work did not go on", async || completed(&ru).await == 20).await;
    assert_eq!((told(&log, UNUSABLE), told(&log, AGAIN)), (1, 1));

    server.freeze();
    send(20..30);
    until(20, "nobody noticed", async || told(&log, UNUSABLE) == 2).await;
    assert!(told(&log, "does not answer within") >= 1);
    server.thaw();
    until(20, "work did not go on", async || completed(&ru).await == 30).await;
    assert_eq!((told(&log, UNUSABLE), told(&log, AGAIN)), (2, 2));

    // As a full disk is told: what would take more room is refused, the rest works.
    server.sql_in_database(
        "CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS
         $$ BEGIN RAISE 'could not extend file' USING ERRCODE = 'disk_full'; END $$;
         CREATE TRIGGER full_disk BEFORE INSERT ON inbox EXECUTE FUNCTION full_disk()",
    );
    send(30..40);
    until(20, "nobody noticed", async || told(&log, UNUSABLE) == 3).await;
    assert!(told(&log, "its disk is full; make room") >= 1);
    server.sql_in_database("DROP TRIGGER full_disk ON inbox");
    until(20, "work did not go on", async || completed(&ru).await == 40).await;
    assert_handed_over(&ru, 0..40).await;
    assert!(node.is_running());
    assert_eq!(told(&log, UNUSABLE), 3, "each is told once");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_no_standby_has_is_not_acknowledged_and_is_there_when_it_comes() {
    let server = Cluster::start();
    let store = Store::connect(&[server.url()], None).await.unwrap();
    let append = async || {
        let mut tx = store.begin().await?;
        let entry = JournalDraft::at(SystemClock.now(), "local", "a line");
        journal_append(&mut tx, &entry).await?;
        tx.commit().await
    };
    let last = async || journal_last(&mut store.read().await?).await;
    append().await.unwrap();
    let before = last().await.unwrap();
    server.set("synchronous_standby_names", "'absent'");
    let error = append().await.unwrap_err();
    assert_eq!(error.verdict(), Verdict::Retry { not_before: None });
    assert!(with_causes(&error).contains("waits for its synchronous standby"), "{}", with_causes(&error));
    assert_eq!(last().await.unwrap(), before);
    server.set("synchronous_standby_names", "''");
    until(20, "the commit was forgotten", async || last().await.is_ok_and(|last| last > before)).await;
    until(20, "work did not go on", async || append().await.is_ok()).await;
    store.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_standby_alone_is_refused_with_its_reason() {
    let primary = Cluster::start();
    let standby = primary.standby();
    primary.kill();
    let error = Store::connect(&[standby.url()], None).await.unwrap_err();
    assert_eq!(error.verdict(), Verdict::Retry { not_before: None });
    assert!(error.to_string().contains("is a standby; promote it, or name its primary"), "{error}");
    standby.promote();
    let error = Store::connect(&[standby.url(), postgres_server::database()], None).await.unwrap_err();
    assert!(error.to_string().contains("is no copy of the same database cluster"), "{error}");
}
