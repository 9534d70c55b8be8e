//! Statements that run all the time find their rows by an index, however long the backlog.

use super::postgres_server;
use super::rows::*;
use crate::base::{Digest256, ProcedureId};
use crate::store::*;
use uuid::Uuid;

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
        (act::FLAGGED, "act_flag"),
        (act::BY_SERVED, "act_served"),
        (approval::PAGE, "approval_state"),
        (approval::PAGE_OF, "approval_asked"),
        (approval::DONE, "approval_done"),
        (appeal::ANSWERED, "appeal_by_answer"),
        (access_request::PAGE, "access_request_state"),
        (case_board::STALE, "pension_case_stale"),
        (case_board::PAGE, "pension_case_due"),
        (case_board::PAGE_OF_STAGE, "pension_case_stage"),
        (case::ENDED, "pension_case_stage"),
        (case_record::CANDIDATES, "conversation_transaction"),
        (case_record::CAME, "inbox_conversation"),
        (labour_stream::PAGE, "labour_change_seq"),
        (labour_stream::SNAPSHOT, "labour_change_active"),
        (labour_stream::FIND, "labour_change_seq"),
        (labour_stream::UNTOUCHED, "labour_published_open"),
        (labour_stream::ERASE, "labour_published_consent"),
        (labour_consent::ACTIVE, "labour_consent_active"),
        (labour_consent::LIST, "labour_consent_subject"),
        (labour_consent::DUE, "labour_consent_due"),
        (labour_consent::IN_FORCE, "labour_consent_due"),
        (labour_consent::CELLS, "labour_cell_region"),
        (labour_consent::WAITING, "labour_target_waiting"),
        (labour_consent::CONFIRM, "labour_target_erased"),
        (labour_consent::OLDEST, "labour_target_erased"),
        (labour_mirror::WANTED, "labour_mirror_wanted"),
        (labour_mirror::EXPIRE, "labour_mirror_until"),
        (labour_mirror::FIND, "labour_cursor"),
        (labour_consent::RENEWALS, "labour_consent_renew"),
        (labour_retention::PROFILES, "labour_consent_profile"),
        (labour_retention::TOMBSTONES, "labour_target_confirmed"),
        (labour_retention::CONSENTS, "labour_consent_ended"),
        (labour_retention::REVEALS, "labour_reveal_ended"),
        (labour_retention::SHOWN, "labour_shown_open"),
        (labour_retention::VACANCIES, "labour_published_closed"),
        (labour_retention::FORGET_MIRROR, "labour_mirror_gone"),
        (legal_hold::UNTIL, "legal_hold_record"),
        (labour_reveal::LIST, "labour_reveal_consent"),
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
            // the index of stale cases holds those alone
            let is_partial = line.ends_with("INDEX pension_case_stale");
            line.starts_with("SCAN")
                && !line.contains(" USING INDEX ")
                && line != "SCAN claimable"
                && !is_partial
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
    for (text, own_index) in looked_for() {
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

/// The same on a server that knows how many rows there are.
#[tokio::test]
async fn nobody_who_looks_for_a_message_on_a_server_reads_a_whole_table() {
    let url = postgres_server::database();
    let store = Store::connect(std::slice::from_ref(&url), None).await.unwrap();
    let mut tx = store.begin().await.unwrap();
    let past: Vec<PastExchange> = (0..500).map(past).collect();
    bulk_put(&mut tx, 1, &past).await.unwrap();
    bulk_end(&mut tx).await.unwrap();
    let Tx::Postgres(work) = &mut tx else { panic!("a server") };
    let connection = work.ready("look at plans").await.unwrap();
    let settings = "SET LOCAL enable_seqscan = off; SET LOCAL plan_cache_mode = force_generic_plan";
    sqlx::raw_sql(settings).execute(&mut *connection).await.unwrap();
    for (text, own_index) in looked_for() {
        let count = (1..=9).rev().find(|number| text.contains(&format!("${number}"))).unwrap_or(0);
        let values = match count {
            0 => String::new(),
            count => format!("({})", vec!["'0'"; count].join(", ")),
        };
        let prepared = sqlx::AssertSqlSafe(format!("PREPARE looked AS {text}"));
        sqlx::raw_sql(prepared).execute(&mut *connection).await.unwrap();
        let explained = sqlx::AssertSqlSafe(format!("EXPLAIN EXECUTE looked {values}"));
        let rows = sqlx::raw_sql(explained).fetch_all(&mut *connection).await.unwrap();
        let lines: Vec<String> = rows.iter().map(|row| sqlx::Row::get(row, 0)).collect();
        sqlx::raw_sql("DEALLOCATE looked").execute(&mut *connection).await.unwrap();
        // what a person is noted under, and the ledger, are found by their keys
        let is_indexed = lines.iter().any(|line| line.contains(own_index));
        let scans = lines.iter().any(|line| line.contains("Seq Scan"));
        assert!(is_indexed && !scans, "{own_index}: {text}\n{lines:#?}");
    }
}

fn past(n: u128) -> PastExchange {
    let action = "int://CP/P.XP.01/1.0.0/P.XP.01.PRC.001/P.XP.01.TRN.001/P.XP.01.MSG.001";
    PastExchange {
        peer: ["KZ", "BY", "AM", "KG"][usize::try_from(n % 4).unwrap()].to_owned(),
        conversation_id: conversation(n),
        procedure_id: ProcedureId::start(Uuid::from_u128(n)),
        documents: [document(10_000 + n), document(20_000 + n)],
        messages: [0, 1, 2, 3, 4, 5].map(|place| message(100_000 + n * 10 + place)),
        began_at: at(i64::try_from(n).unwrap() * 60_000),
        took_ms: 300,
        body: b"<a/>".to_vec(),
        subjects: vec![Digest256([u8::try_from(n % 250).unwrap(); 32])],
        code: n.is_multiple_of(50).then(|| "rules.content".to_owned()),
        actions: [0; 4].map(|_| action.to_owned()),
    }
}

/// What a person looks for, each with the index that finds it.
fn looked_for() -> Vec<(&'static str, &'static str)> {
    let own = [
        (person::FIND, "person_ref"),
        (figure::OUT, "outbox_time"),
        (figure::IN, "inbox_time"),
        (figure::ENDED, "conversation_finished"),
        (figure::FAULTS, "inbox_apart"),
        (figure::WAITING, "inbox_apart"),
        (figure::LAST, "inbox_peer_time"),
        (figure::OPEN, "conversation_due"),
    ];
    own.into_iter().chain(message::plans()).collect()
}

async fn plan(tx: &mut Tx, text: &str) -> Vec<String> {
    let Tx::SqliteReading(inner) = tx else { panic!("an SQLite file") };
    let explained = sqlx::AssertSqlSafe(format!("EXPLAIN QUERY PLAN {text}"));
    let rows: Vec<(i64, i64, i64, String)> = sqlx::query_as(explained).fetch_all(&mut **inner).await.unwrap();
    rows.into_iter().map(|row| row.3).collect()
}
