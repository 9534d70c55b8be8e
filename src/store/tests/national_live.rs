//! A query about one person: values are bound, bounds hold, and what is away is told apart from what is wrong.

use super::postgres_server::database;
use crate::base::{Verdict, with_causes};
use crate::store::{LivePlan, LiveQuery, LiveRows, NationalError, NationalPlan};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{Connection, PgConnection, SqliteConnection, raw_sql};
use std::path::Path;
use std::time::{Duration, Instant};

const NAMES: &[&str] = &["number", "family"];
const MADE: &str = "CREATE TABLE person (iin varchar(12), family text, paid numeric(10, 2), born date);
    INSERT INTO person VALUES ('1', 'Ким', 11.5, '1990-07-22'), ('1', 'Ким', NULL, NULL),
        ('2', 'O''Brien', 7, '1980-01-01'), ('3', 'Ким', 8, '1970-01-01')";
const QUERY: &str =
    "SELECT iin, family, paid, born FROM person WHERE iin = $number OR family = $family ORDER BY iin, paid;";

/// The same table on a server and in a file.
async fn both(folder: &Path) -> [String; 2] {
    let (server, file) = (database(), folder.join("national.db"));
    let mut connection = PgConnection::connect(&server).await.unwrap();
    raw_sql(MADE).execute(&mut connection).await.unwrap();
    let options = SqliteConnectOptions::new().filename(&file).create_if_missing(true);
    let mut connection = SqliteConnection::connect_with(&options).await.unwrap();
    raw_sql(MADE).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
    [server, format!("sqlite:{}", file.display())]
}

fn plan(url: &str, query: &str) -> LivePlan {
    let url = url.to_owned();
    LivePlan {
        server: NationalPlan { url, password: None, authorities: None, statement_timeout_ms: 2_000 },
        query: query.to_owned(),
        names: NAMES,
        rows_max: 1_000,
        bytes_max: 1_000_000,
    }
}

fn set(number: Option<&str>, family: &str) -> Vec<Option<String>> {
    vec![number.map(str::to_owned), Some(family.to_owned())]
}

async fn ask(plan: &LivePlan, sets: &[Vec<Option<String>>]) -> Result<LiveRows, NationalError> {
    LiveQuery::new(plan)?.ask(sets).await
}

fn code(error: &NationalError) -> String {
    match error.verdict() {
        Verdict::Park { code } => code.to_owned(),
        Verdict::Retry { .. } => "retry".to_owned(),
        verdict @ (Verdict::Return { .. } | Verdict::Quarantine { .. }) => panic!("{verdict:?}"),
    }
}

#[tokio::test]
async fn rows_about_a_person_come_as_texts_once_and_null_is_none() {
    let folder = tempfile::tempdir().unwrap();
    for url in both(folder.path()).await {
        let plan = plan(&url, QUERY);
        let query = LiveQuery::new(&plan).unwrap();
        assert_eq!(query.columns().await.unwrap(), ["iin", "family", "paid", "born"]);
        let sets = [set(Some("1"), "Цой"), set(Some("1"), "Цой"), set(Some("2"), "Ким"), set(None, "Ли")];
        let told = query.ask(&sets).await.unwrap();
        assert_eq!(told.columns, ["iin", "family", "paid", "born"]);
        let of = |iin: &str| told.rows.iter().filter(|row| row[0].as_deref() == Some(iin)).count();
        assert_eq!((of("1"), of("2"), of("3")), (2, 1, 1), "{url}");
        let text = |text: &str| Some(text.to_owned());
        let paid = if url.starts_with("sqlite:") { "11.5" } else { "11.50" };
        assert!(told.rows.contains(&vec![text("1"), text("Ким"), text(paid), text("1990-07-22")]), "{url}");
        assert!(told.rows.contains(&vec![text("1"), text("Ким"), None, None]));
        assert_eq!(query.ask(&[set(None, "Никто")]).await.unwrap().rows.len(), 0);
    }
}

#[tokio::test]
async fn what_is_asked_is_bound_and_a_query_cannot_write() {
    let folder = tempfile::tempdir().unwrap();
    for url in both(folder.path()).await {
        let good = plan(&url, QUERY);
        for hostile in
            ["' OR 1=1 --", "'; DELETE FROM person; --", "$number", "Ким' UNION SELECT * FROM person --"]
        {
            assert_eq!(ask(&good, &[set(Some(hostile), hostile)]).await.unwrap().rows.len(), 0, "{hostile}");
        }
        assert_eq!(ask(&good, &[set(None, "O'Brien")]).await.unwrap().rows.len(), 1);
        for text in [
            "DELETE FROM person WHERE iin = $number RETURNING iin",
            "SELECT 1 AS a WHERE $number <> '') AS asked; DELETE FROM person; SELECT * FROM (SELECT 1",
            "WITH gone AS (DELETE FROM person RETURNING iin) SELECT iin FROM gone WHERE iin = $number",
        ] {
            let error = ask(&plan(&url, text), &[set(Some("1"), "Ким")]).await.unwrap_err();
            assert_eq!(code(&error), "store.national_query", "{text}: {error:?}");
            assert!(!with_causes(&error).contains("Ким"), "{error:?}");
        }
        let all = plan(&url, "SELECT iin FROM person WHERE $number IS NOT NULL");
        assert_eq!(ask(&all, &[set(Some("1"), "")]).await.unwrap().rows.len(), 4, "all are there");
    }
}

#[tokio::test]
async fn what_is_wrong_with_a_query_is_told_without_a_value() {
    let folder = tempfile::tempdir().unwrap();
    for url in both(folder.path()).await {
        for (text, why) in [
            ("SELECT iin, sum FROM person WHERE iin = $number", "refuses the query"),
            ("SELECT iin FROM nobody WHERE iin = $number", "refuses the query"),
            ("SELEC iin FROM person WHERE iin = $number", "refuses the query"),
            ("SELECT iin, family AS iin FROM person WHERE iin = $number", "the column iin twice"),
            (
                "SELECT iin FROM person WHERE iin = $iin",
                "the query has $iin; what can be asked is $number, $family",
            ),
        ] {
            let asked = ask(&plan(&url, text), &[set(Some("1"), "Ким")]).await;
            if url.starts_with("sqlite:") && why.contains("twice") {
                assert_eq!(asked.unwrap().columns, ["iin", "iin:1"], "SQLite tells them apart");
                continue;
            }
            let error = asked.unwrap_err();
            let told = with_causes(&error);
            assert!(told.contains(why), "{told}");
            assert_eq!(code(&error), "store.national_query");
            assert!(!told.contains("Ким"), "{told}");
        }
    }
}

#[tokio::test]
async fn rows_and_bytes_have_bounds_each_at_its_edge() {
    let folder = tempfile::tempdir().unwrap();
    for url in both(folder.path()).await {
        let sets = [set(None, "Ким")];
        let exact = plan(&url, "SELECT 'abcd' AS a FROM person WHERE family = $family"); // 3 rows of 4 bytes
        let within = |rows_max, bytes_max| LivePlan { rows_max, bytes_max, ..exact.clone() };
        assert_eq!(ask(&within(3, 1_000), &sets).await.unwrap().rows.len(), 3);
        assert_eq!(code(&ask(&within(2, 1_000), &sets).await.unwrap_err()), "store.national_rows");
        let one = LivePlan { bytes_max: 4_000, ..plan(&url, "SELECT replace($number, 'x', 'yyyy') AS a") };
        let long = |count: usize| [set(Some(&"x".repeat(count)), "")];
        assert_eq!(ask(&one, &long(900)).await.unwrap().rows.len(), 1);
        assert_eq!(code(&ask(&one, &long(1_001)).await.unwrap_err()), "store.national_rows", "{url}");
        let many: Vec<_> = (0..33).map(|number| set(Some(&number.to_string()), "")).collect();
        assert_eq!(
            ask(&exact, &many).await.unwrap().rows.len(),
            0,
            "the same for the query: it is asked once"
        );
        let error = ask(&one, &many).await.unwrap_err();
        assert!(error.to_string().contains("asked 33 times"), "{error}");
        assert_eq!(ask(&one, &many[..32]).await.unwrap().rows.len(), 32);
    }
}

#[tokio::test]
async fn a_statement_that_takes_too_long_or_a_database_that_is_away_is_tried_again() {
    let folder = tempfile::tempdir().unwrap();
    let [server, file] = both(folder.path()).await;
    let endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) AS a FROM n \
                   WHERE $number <> ''";
    let begun = Instant::now();
    for (url, text) in [(&server, "SELECT pg_sleep(60)::text AS a WHERE $number <> ''"), (&file, endless)] {
        let mut slow = plan(url, text);
        slow.server.statement_timeout_ms = 300;
        let error = ask(&slow, &[set(Some("1"), "")]).await.unwrap_err();
        assert_eq!(code(&error), "retry", "{error:?}");
    }
    assert!(begun.elapsed() < Duration::from_secs(20));
    let gone = format!("sqlite:{}", folder.path().join("gone.db").display());
    for url in ["postgresql://stazh@127.0.0.1:9/x", &gone] {
        let error = ask(&plan(url, QUERY), &[set(Some("1"), "")]).await.unwrap_err();
        assert_eq!(code(&error), "retry", "{error:?}");
    }
    assert!(!folder.path().join("gone.db").exists(), "nothing is made");
}
