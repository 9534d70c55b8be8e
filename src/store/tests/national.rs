//! A table of the national system: what is missing is named, each document is put once, and no value is shown.

use super::postgres_server::database;
use crate::base::{Verdict, with_causes};
use crate::store::{NationalError, NationalPlan, NationalTable, Put, TablePlan};
use sqlx::{Connection, PgConnection, raw_sql};

async fn ask(url: &str, sql: &str) {
    let mut connection = PgConnection::connect(url).await.unwrap();
    raw_sql(sqlx::AssertSqlSafe(sql.to_owned())).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
}

async fn count(url: &str) -> i64 {
    let mut connection = PgConnection::connect(url).await.unwrap();
    sqlx::query_scalar("SELECT COUNT(*) FROM interstate.record").fetch_one(&mut connection).await.unwrap()
}

fn table(url: &str, columns: &[&str]) -> NationalTable {
    let server =
        NationalPlan { url: url.to_owned(), password: None, authorities: None, statement_timeout_ms: 2_000 };
    let columns = columns.iter().map(|column| (*column).to_owned()).collect();
    NationalTable::new(
        &server,
        TablePlan { table: "interstate.record".to_owned(), columns, key: "id".to_owned() },
    )
    .unwrap()
}

fn values(id: &str, amount: Option<&str>) -> [Option<String>; 3] {
    let body = r#"{"name": "Ким'); DROP TABLE interstate.record; --"}"#;
    [Some(id.to_owned()), amount.map(str::to_owned), Some(body.to_owned())]
}

const ID: &str = "01933b5e-7c1f-7000-8000-000000000001";
const MADE: &str = "CREATE SCHEMA interstate;
    CREATE TABLE interstate.record (id uuid PRIMARY KEY, amount numeric(8, 2), body jsonb NOT NULL)";

#[tokio::test]
async fn a_record_is_put_once_whatever_its_values_hold() {
    let url = database();
    ask(&url, MADE).await;
    let table = table(&url, &["id", "amount", "body"]);
    table.check().await.unwrap();
    assert_eq!(table.put(&values(ID, Some("12.50"))).await.unwrap(), Put::First);
    assert_eq!(table.put(&values(ID, Some("99"))).await.unwrap(), Put::AlreadyThere);
    assert_eq!(table.put(&values(&ID.replace("01933", "01934"), None)).await.unwrap(), Put::First);
    assert_eq!(count(&url).await, 2);
}

#[tokio::test]
async fn what_is_missing_of_a_table_is_named_with_what_to_do() {
    let url = database();
    let told = async |columns: &[&str]| {
        let error = table(&url, columns).check().await.unwrap_err();
        assert!(matches!(error.verdict(), Verdict::Park { code: "store.national_table" }), "{error:?}");
        with_causes(&error)
    };
    let all = ["id", "amount", "body"];
    assert!(told(&all).await.contains("there is no table interstate.record; make it"));
    ask(&url, MADE).await;
    assert!(told(&["id", "amount", "bodi"]).await.contains("has no column bodi; add it"));
    assert!(told(&["id", "amount"]).await.contains("column body of interstate.record must not be null"));
    ask(&url, "ALTER TABLE interstate.record DROP CONSTRAINT record_pkey").await;
    assert!(told(&all).await.contains("column id of interstate.record is not unique by itself"));
    for partial in ["(id, amount)", "(id) WHERE amount IS NULL", "((id::text))"] {
        ask(&url, &format!("CREATE UNIQUE INDEX part ON interstate.record {partial}")).await;
        assert!(told(&all).await.contains("is not unique by itself"), "{partial}");
        ask(&url, "DROP INDEX interstate.part").await;
    }
    ask(&url, "CREATE UNIQUE INDEX ON interstate.record (id)").await;
    table(&url, &all).check().await.unwrap();
    let user = format!("teller_{}", std::process::id());
    ask(&url, &format!("CREATE ROLE {user} LOGIN; GRANT USAGE ON SCHEMA interstate TO {user}")).await;
    let as_teller = url.replace("stazh@", &format!("{user}@"));
    let told = async || with_causes(&table(&as_teller, &all).check().await.unwrap_err());
    let text = told().await;
    assert!(text.contains("may not INSERT into column id of interstate.record; grant it"), "{text}");
    ask(&url, &format!("GRANT INSERT ON interstate.record TO {user}")).await;
    let text = told().await;
    assert!(
        text.contains("may not SELECT column id of interstate.record, which ON CONFLICT needs"),
        "{text}"
    );
    ask(&url, &format!("GRANT SELECT (id) ON interstate.record TO {user}")).await;
    let table = table(&as_teller, &all);
    table.check().await.unwrap();
    assert_eq!(table.put(&values(ID, None)).await.unwrap(), Put::First, "that is all it needs");
}

#[tokio::test]
async fn a_refused_value_is_a_persons_business_and_is_not_shown() {
    let url = database();
    ask(&url, &format!("{MADE}; ALTER TABLE interstate.record ADD CONSTRAINT small CHECK (amount < 100)"))
        .await;
    let table = table(&url, &["id", "amount", "body"]);
    for (amount, about) in [("Ахметов", "22P02"), ("99999999999", "22003"), ("100", "23514, small")] {
        let error = table.put(&values(ID, Some(amount))).await.unwrap_err();
        assert_eq!(error.verdict(), Verdict::Park { code: "store.national_value" });
        let told = format!("{} {error:?}", with_causes(&error));
        assert!(told.contains(about) && !told.contains(amount) && !told.contains("Ким"), "{told}");
    }
    assert_eq!(count(&url).await, 0);
}

#[tokio::test]
async fn a_table_that_changes_under_way_is_looked_at_again_and_a_server_that_hangs_is_left() {
    let url = database();
    ask(&url, MADE).await;
    let table = table(&url, &["id", "amount", "body"]);
    table.check().await.unwrap();
    ask(&url, "ALTER TABLE interstate.record RENAME COLUMN amount TO sum").await;
    let error = table.put(&values(ID, None)).await.unwrap_err();
    assert!(matches!(error, NationalError::Misfit { .. }), "{error:?}");
    ask(&url, "ALTER TABLE interstate.record RENAME COLUMN sum TO amount").await;
    ask(&url, "ALTER TABLE interstate.record ALTER COLUMN amount TYPE text").await;
    assert_eq!(table.put(&values(ID, Some("any text"))).await.unwrap(), Put::First);
    // somebody holds the table: the statement ends by its term, and later it goes on
    let mut other = PgConnection::connect(&url).await.unwrap();
    raw_sql("BEGIN; LOCK TABLE interstate.record").execute(&mut other).await.unwrap();
    let second = values(&ID.replace("01933", "01934"), None);
    let error = table.put(&second).await.unwrap_err();
    assert_eq!(error.verdict(), Verdict::Retry { not_before: None }, "{error:?}");
    raw_sql("ROLLBACK").execute(&mut other).await.unwrap();
    assert_eq!(table.put(&second).await.unwrap(), Put::First);
    // every connection is cut between two statements
    let cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()";
    raw_sql(cut).execute(&mut other).await.unwrap();
    let third = values(&ID.replace("01933", "01935"), None);
    let mut put = table.put(&third).await;
    for _ in 0..10 {
        let Err(error) = &put else { break };
        assert_eq!(error.verdict(), Verdict::Retry { not_before: None }, "{error:?}");
        put = table.put(&third).await;
    }
    put.unwrap();
    assert_eq!(count(&url).await, 3);
}

#[tokio::test]
async fn a_server_that_is_not_there_is_waited_for() {
    let error = table("postgresql://a@127.0.0.1:1/x", &["id"]).check().await.unwrap_err();
    assert_eq!(error.verdict(), Verdict::Retry { not_before: None });
    assert!(with_causes(&error).contains("x at 127.0.0.1:1"), "{error:?}");
}
