//! A query of the settings: it reads and nothing else, from its cursor on, row by row.

use super::postgres_server::database;
use crate::base::{Verdict, with_causes};
use crate::store::{NationalError, NationalPlan, NationalQuery};
use sqlx::{Connection, PgConnection, raw_sql};
use std::convert::Infallible;

async fn ask(url: &str, sql: &str) {
    let mut connection = PgConnection::connect(url).await.unwrap();
    raw_sql(sqlx::AssertSqlSafe(sql.to_owned())).execute(&mut connection).await.unwrap();
}

fn query(url: &str, text: &str) -> NationalQuery {
    let server =
        NationalPlan { url: url.to_owned(), password: None, authorities: None, statement_timeout_ms: 1_000 };
    NationalQuery::new(&server, text).unwrap()
}

async fn rows(query: &NationalQuery, cursor: &str, limit: usize) -> Result<Vec<String>, NationalError> {
    let mut rows = Vec::new();
    let mut each = |row: String| {
        rows.push(row);
        Ok::<_, Infallible>(rows.len() < limit)
    };
    match query.rows(cursor, &mut each).await? {
        Ok(()) => Ok(rows),
        Err(never) => match never {},
    }
}

const MADE: &str = "CREATE TABLE fact (id bigint PRIMARY KEY, name text, amount numeric(10, 2), born date);
    INSERT INTO fact SELECT n, 'Ким ' || n, n + 0.5, date '2020-01-01' + n::int FROM generate_series(1, 5000) n;
    INSERT INTO fact VALUES (5001, NULL, NULL, NULL)";
const QUERY: &str = "SELECT id, name, amount, born FROM fact WHERE id > $cursor::bigint ORDER BY id;";

#[tokio::test]
async fn rows_come_as_texts_by_their_names_from_the_cursor_on() {
    let url = database();
    ask(&url, MADE).await;
    let query = query(&url, QUERY);
    let one = rows(&query, "1", 1).await.unwrap();
    let one: serde_json::Value = serde_json::from_str(&one[0]).unwrap();
    assert_eq!(
        one,
        serde_json::json!({ "id": "2", "name": "Ким 2", "amount": "2.50", "born": "2020-01-03" })
    );
    let all = rows(&query, "0", usize::MAX).await.unwrap();
    assert_eq!(all.len(), 5001);
    let id = |row: &String| serde_json::from_str::<serde_json::Value>(row).unwrap()["id"].to_string();
    assert!(all.iter().map(id).eq((1..=5001).map(|number| format!("\"{number}\""))));
    let last: serde_json::Value = serde_json::from_str(all.last().unwrap()).unwrap();
    assert_eq!(last, serde_json::json!({ "id": "5001", "name": null, "amount": null, "born": null }));
    assert!(all.iter().all(|row| !row.contains('\n')), "one line each");
    assert_eq!(rows(&query, "5001", 1).await.unwrap(), [""; 0]);
}

#[tokio::test]
async fn a_cursor_is_bound_and_a_query_cannot_write() {
    let url = database();
    ask(&url, MADE).await;
    let hostile = "0; DELETE FROM fact";
    let error = rows(&query(&url, QUERY), hostile, 1).await.unwrap_err();
    assert!(!with_causes(&error).contains("DELETE"), "{error:?}");
    for text in [
        "WITH gone AS (DELETE FROM fact RETURNING id) SELECT id FROM gone WHERE $cursor <> ''",
        "SELECT 1 AS id WHERE $cursor <> '') AS asked; DELETE FROM fact; SELECT (1",
        "SELECT id FROM fact WHERE $cursor <> '' FOR UPDATE",
        "SELECT set_config('transaction_read_only', 'off', false), lo_create(7) AS id WHERE $cursor <> ''",
    ] {
        let error = rows(&query(&url, text), "0", 1).await.unwrap_err();
        assert!(!with_causes(&error).contains("Ким"), "{error:?}");
    }
    assert_eq!(rows(&query(&url, QUERY), "0", usize::MAX).await.unwrap().len(), 5001, "all is there");
}

#[tokio::test]
async fn a_server_that_hangs_or_cuts_off_is_tried_again() {
    let url = database();
    ask(&url, MADE).await;
    let slow = query(&url, "SELECT id, pg_sleep(0.1) FROM fact WHERE id > $cursor::bigint ORDER BY id");
    let error = rows(&slow, "0", usize::MAX).await.unwrap_err();
    assert_eq!(error.verdict(), Verdict::Retry { not_before: None }, "{error:?}");
    let fast = query(&url, QUERY);
    assert_eq!(rows(&fast, "4999", usize::MAX).await.unwrap().len(), 2);
    ask(&url, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = current_database()").await;
    let mut again = rows(&fast, "4999", usize::MAX).await;
    for _ in 0..10 {
        let Err(error) = &again else { break };
        assert_eq!(error.verdict(), Verdict::Retry { not_before: None }, "{error:?}");
        again = rows(&fast, "4999", usize::MAX).await;
    }
    assert_eq!(again.unwrap().len(), 2);
}
