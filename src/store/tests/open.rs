//! Opening, closing, committing, and what becomes of failures.

use super::rows::*;
use crate::base::Verdict;
use crate::store::sqlite_query::query_scalar;
use crate::store::*;
use tempfile::TempDir;

async fn store() -> (TempDir, Store) {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path().join("node.db")).await.unwrap();
    (folder, store)
}

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
    let Tx::Sqlite(inner) = &mut tx else { panic!("an SQLite file") };
    let inner = inner.connection().unwrap();
    let mode: String = query_scalar("PRAGMA journal_mode").fetch_one(inner).await.unwrap();
    let synchronous: i64 = query_scalar("PRAGMA synchronous").fetch_one(inner).await.unwrap();
    let keys: i64 = query_scalar("PRAGMA foreign_keys").fetch_one(inner).await.unwrap();
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
        assert_eq!(sqlite::is_recent_enough(version), is_accepted, "{version}");
    }
}

#[tokio::test]
async fn every_failure_has_its_verdict() {
    let retry = Verdict::Retry { not_before: None };
    let begin = |source| StoreError::Begin { source };
    assert_eq!(begin(sqlx::Error::PoolTimedOut).verdict(), retry);
    assert_eq!(begin(sqlx::Error::Io(std::io::Error::other("x"))).verdict(), retry);
    assert_eq!(begin(sqlx::Error::RowNotFound).verdict(), Verdict::Park { code: "store.query" });
    let too_old = StoreError::Engine { found: "SQLite 3.40.1".to_owned(), needed: "SQLite 3.51.3" };
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

#[tokio::test]
async fn another_process_that_writes_is_waited_for() {
    let (folder, store) = store().await;
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(folder.path().join("node.db"));
    let pool = sqlx::sqlite::SqlitePoolOptions::new().connect_with(options).await.unwrap();
    let other = pool.begin_with("BEGIN IMMEDIATE").await.unwrap();
    let (begun, ended) = tokio::join!(store.begin(), other.commit()); // in this order: it must wait
    ended.unwrap();
    let mut tx = begun.unwrap();
    let id = outbox_put(&mut tx, &outgoing("kz", 1)).await.unwrap();
    tx.commit().await.unwrap();
    assert!(outbox_find(&mut store.read().await.unwrap(), id).await.unwrap().is_some());
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

#[tokio::test]
async fn a_server_that_is_not_there_is_tried_again_and_an_unknown_database_is_not() {
    let none = Store::connect(&["postgresql://stazh@127.0.0.1:1/none".to_owned()], None).await.unwrap_err();
    assert_eq!(none.verdict(), Verdict::Retry { not_before: None });
    assert_eq!(none.to_string(), "open the database none at 127.0.0.1:1");
    let url = super::postgres_server::database().replace("test_", "no_");
    let unknown = Store::connect(&[url], None).await.unwrap_err();
    assert_eq!(unknown.verdict(), Verdict::Park { code: "store.access" });
}

/// A server undoes a transaction with its failed statement, and answers the commit as if it had done it.
#[tokio::test]
async fn a_commit_after_a_failed_statement_is_refused_where_the_engine_undoes_all() {
    let store = Store::connect(&[super::postgres_server::database()], None).await.unwrap();
    let mut tx = store.begin().await.unwrap();
    let id = outbox_put(&mut tx, &outgoing("kz", 1)).await.unwrap();
    delivery_put(&mut tx, message(1), id, at(0)).await.unwrap();
    let twice = delivery_put(&mut tx, message(1), id, at(0)).await;
    assert!(outcome(&mut tx, twice).await.is_err(), "a message id stands once");
    assert_eq!(outbox_find(&mut tx, id).await.unwrap_err().verdict(), Verdict::Retry { not_before: None });
    assert_eq!(tx.commit().await.unwrap_err().verdict(), Verdict::Retry { not_before: None });
    assert_eq!(outbox_find(&mut store.begin().await.unwrap(), id).await.unwrap(), None);
    store.close().await;
    assert!(store.begin().await.is_err(), "it is closed");
}

/// Work that is given up at any point leaves no connection in a transaction of its own.
#[tokio::test(flavor = "multi_thread")]
async fn callers_that_give_up_at_any_point_leave_nothing_behind_on_a_server() {
    let url = super::postgres_server::database();
    let store = Store::connect(std::slice::from_ref(&url), None).await.unwrap();
    for number in 0..150_u64 {
        let work = async {
            let mut tx = store.begin().await.unwrap();
            outbox_put(&mut tx, &outgoing("kz", u128::from(number))).await.unwrap();
            tx.commit().await.unwrap();
        };
        let _ = tokio::time::timeout(std::time::Duration::from_micros(number * 20), work).await; // some end, some not
    }
    let mut tx = store.begin().await.unwrap();
    let id = outbox_put(&mut tx, &outgoing("by", 1)).await.unwrap();
    tx.commit().await.unwrap();
    let second = Store::connect(&[url], None).await.unwrap();
    assert!(outbox_find(&mut second.read().await.unwrap(), id).await.unwrap().is_some());
    second.close().await;
    store.close().await; // it ends, so nobody holds a connection
}

#[test]
fn both_engines_have_the_same_tables() {
    let statements = |text: &str| {
        let text: String = text.lines().filter(|line| !line.trim_start().starts_with("--")).collect();
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    let sqlite = statements(include_str!("../migrations/sqlite/0001_spine.sql"));
    let postgres = statements(include_str!("../migrations/postgres/0001_spine.sql"));
    let translated = sqlite
        .replace("INTEGER PRIMARY KEY AUTOINCREMENT", "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY")
        .replace("BLOB", "BYTEA");
    assert_eq!(translated, postgres);
}
