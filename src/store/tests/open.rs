//! Opening, closing, committing, and what becomes of failures.

use super::fixture::*;
use crate::base::Verdict;
use crate::store::*;

#[tokio::test]
async fn what_was_committed_is_there_after_reopening_and_nothing_else() {
    let (folder, first) = store().await;
    let path = folder.path().join("node.db");
    let mut tx = first.begin().await.unwrap();
    let kept = outbox_put(&mut tx, &outgoing("kz", 1)).await.unwrap();
    assert_eq!(claimed(&mut tx, 0, 100).await, [kept]);
    let held = inbox_hold(&mut tx, &incoming("kz", 1)).await.unwrap();
    tx.commit().await.unwrap();
    let mut tx = first.begin().await.unwrap();
    let lost = outbox_put(&mut tx, &outgoing("kz", 2)).await.unwrap();
    drop(tx);
    drop(first);
    let second = Store::open(&path).await.unwrap();
    let mut tx = second.begin().await.unwrap();
    assert_eq!(outbox_state(&mut tx, kept).await, OutboxState::Leased);
    assert_eq!(inbox_state(&mut tx, held).await, InboxState::Held);
    assert_eq!(outbox_find(&mut tx, lost).await.unwrap(), None);
    assert_eq!(claimed(&mut tx, 100, 200).await, [kept]);
    tx.commit().await.unwrap();
    second.close().await;
}

#[tokio::test]
async fn the_file_is_journalled_ahead_and_synced_at_every_commit() {
    let (_folder, store) = store().await;
    let mut tx = store.begin().await.unwrap();
    let Tx::Sqlite(inner) = &mut tx;
    let mode: String = sqlx::query_scalar("PRAGMA journal_mode").fetch_one(&mut **inner).await.unwrap();
    let synchronous: i64 = sqlx::query_scalar("PRAGMA synchronous").fetch_one(&mut **inner).await.unwrap();
    let keys: i64 = sqlx::query_scalar("PRAGMA foreign_keys").fetch_one(&mut **inner).await.unwrap();
    assert_eq!((mode.as_str(), synchronous, keys), ("wal", 2, 1));
}

#[tokio::test]
async fn a_reader_sees_the_last_commit_and_cannot_write() {
    let (_folder, store) = store().await;
    let mut writing = store.begin().await.unwrap();
    let id = outbox_put(&mut writing, &outgoing("kz", 1)).await.unwrap();
    let mut reading = store.read().await.unwrap();
    assert_eq!(outbox_find(&mut reading, id).await.unwrap(), None);
    assert!(outbox_put(&mut reading, &outgoing("kz", 1)).await.is_err());
    drop(reading);
    writing.commit().await.unwrap();
    let mut reading = store.read().await.unwrap();
    assert!(outbox_find(&mut reading, id).await.unwrap().is_some());
}

#[test]
fn a_sqlite_that_can_lose_commits_is_refused() {
    for (version, is_accepted) in [
        ("3.51.3", true),
        ("3.51.10", true),
        ("3.52.0", true),
        ("4.0.0", true),
        ("3.51.2", false),
        ("3.46.0", false),
        ("3.51", false),
        ("", false),
    ] {
        assert_eq!(is_recent_enough(version), is_accepted, "{version}");
    }
}

#[tokio::test]
async fn every_failure_has_its_verdict() {
    let retry = Verdict::Retry { not_before: None };
    let begin = |source| StoreError::Begin { source };
    assert_eq!(begin(sqlx::Error::PoolTimedOut).verdict(), retry);
    assert_eq!(begin(sqlx::Error::Io(std::io::Error::other("x"))).verdict(), retry);
    assert_eq!(begin(sqlx::Error::RowNotFound).verdict(), Verdict::Park { code: "store.query" });
    let too_old = StoreError::EngineTooOld { found: "3.40.1".to_owned(), needed: "3.51.3" };
    assert_eq!(too_old.verdict(), Verdict::Park { code: "store.engine" });
    let folder = tempfile::tempdir().unwrap();
    let no_file = Store::open(folder.path()).await.unwrap_err();
    assert_eq!(no_file.verdict(), Verdict::Park { code: "store.disk" });
    let path = folder.path().join("text");
    std::fs::write(&path, "this is a text and no database at all, however long one makes it").unwrap();
    let no_database = Store::open(&path).await.unwrap_err();
    assert_eq!(no_database.verdict(), Verdict::Park { code: "store.corrupt" });
}

#[tokio::test]
async fn a_database_that_is_locked_is_tried_again() {
    let (folder, store) = store().await;
    let path = folder.path().join("node.db");
    let impatient =
        sqlx::sqlite::SqliteConnectOptions::new().filename(path).busy_timeout(std::time::Duration::ZERO);
    let pool = sqlx::sqlite::SqlitePoolOptions::new().connect_with(impatient).await.unwrap();
    let _writing = store.begin().await.unwrap();
    let source = pool.begin_with("BEGIN IMMEDIATE").await.unwrap_err();
    assert_eq!(StoreError::Begin { source }.verdict(), Verdict::Retry { not_before: None });
}

#[test]
fn every_stored_word_is_read_back_and_no_other() {
    for state in OutboxState::ALL {
        assert_eq!(state.as_str().parse(), Ok(*state));
    }
    for state in InboxState::ALL {
        assert_eq!(state.as_str().parse(), Ok(*state));
    }
    assert!("Queued".parse::<OutboxState>().is_err());
    assert!("".parse::<ConversationState>().is_err());
    assert!("both".parse::<Role>().is_err());
    assert!("letter".parse::<OutboxKind>().is_err());
}
