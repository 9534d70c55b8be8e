//! Statements that run all the time find their rows by an index, however long the backlog.

use crate::store::*;

#[tokio::test]
async fn no_frequent_statement_reads_a_whole_table_or_sorts_the_backlog() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path().join("node.db")).await.unwrap();
    let mut tx = store.read().await.unwrap();
    let frequent = [
        (outbox::CLAIM, "outbox_claimable"),
        (outbox::RELEASE_LEASES, "outbox_"),
        (inbox::CLAIM, "inbox_claimable"),
        (inbox::RELEASE_LEASES, "inbox_claimable"),
        (conversation::DUE, "conversation_due"),
        // both ends of the range, so that it walks none that lasts as long as the time stamps of today
        (time_stamp::ENDING, "USING INDEX time_stamp_end (good_until>? AND good_until<?)"),
        (asked::PAGE, "handover_number"),
        (account::IDLE, "account_idle"),
        (session::FIND, "session"),
        (act::BY_LOGIN, "act_login"),
        (act::BY_OBJECT, "act_object"),
        (act::BY_SUBJECT, "act_subject"),
        (approval::PAGE, "approval_state"),
        (access_request::PAGE, "access_request_state"),
        (case_board::STALE, "pension_case_stale"),
        (case_board::PAGE, "pension_case_due"),
        (case_board::PAGE_OF_STAGE, "pension_case_stage"),
        (case_record::CANDIDATES, "conversation_transaction"),
        (case_record::CAME, "inbox_conversation"),
        (journal::LATEST_BY_MESSAGE, "journal_message"),
        (journal::LATEST_BY_RELATES, "journal_relates"),
        (journal::LATEST_BY_CONVERSATION, "journal_conversation"),
        (journal::LATEST_BY_PROCEDURE, "journal_procedure"),
        (journal::LATEST_BY_DOCUMENT, "journal_document"),
    ];
    for (text, own_index) in frequent {
        let lines = plan(&mut tx, text).await;
        // what was found claimable is no more than the limit
        let scans = lines.iter().any(|line| {
            line.starts_with("SCAN") && !line.contains(" USING INDEX ") && line != "SCAN claimable"
        });
        let sorts = lines.iter().any(|line| line.ends_with("B-TREE FOR ORDER BY"));
        let is_indexed = lines.iter().any(|line| line.contains(own_index));
        assert!(is_indexed && !scans && !sorts, "{text}\n{lines:#?}");
    }
}

/// What a person looks for is found by an index too; what few rows are left is sorted.
#[tokio::test]
async fn nobody_who_looks_for_a_message_reads_a_whole_table() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path().join("node.db")).await.unwrap();
    let mut tx = store.read().await.unwrap();
    let looked_for = [
        (person::FIND, "person_ref"),
        (figure::OUT, "outbox_time"),
        (figure::IN, "inbox_time"),
        (figure::ENDED, "conversation_finished"),
        (figure::FAULTS, "inbox_apart"),
        (figure::WAITING, "inbox_apart"),
        (figure::LAST, "inbox_peer_time"),
        (figure::OPEN, "conversation_due"),
    ];
    for (text, own_index) in looked_for.into_iter().chain(message::plans()) {
        let lines = plan(&mut tx, text).await;
        let scans = |line: &String| {
            // a walk of a bounded length, over an index that is in its order or over what such a walk found
            line.starts_with("SCAN")
                && !["walked", "p", "open", "CONSTANT ROW"].contains(&line[5..].trim())
                && !line.contains("USING INDEX")
                && !line.contains("USING COVERING INDEX")
        };
        let is_indexed = lines.iter().any(|line| line.contains(own_index) || line.contains("PRIMARY KEY"));
        assert!(is_indexed && !lines.iter().any(scans), "{own_index}: {text}\n{lines:#?}");
    }
}

async fn plan(tx: &mut Tx, text: &str) -> Vec<String> {
    let Tx::SqliteReading(inner) = tx else { panic!("an SQLite file") };
    let explained = sqlx::AssertSqlSafe(format!("EXPLAIN QUERY PLAN {text}"));
    let rows: Vec<(i64, i64, i64, String)> = sqlx::query_as(explained).fetch_all(&mut **inner).await.unwrap();
    rows.into_iter().map(|row| row.3).collect()
}
