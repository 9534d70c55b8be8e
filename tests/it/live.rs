//! A national database is asked about one person while an inquiry waits.

use crate::exchange::iin;
use crate::postgres_server::database;
use crate::processes::{Process, also_set, handed_over, inquiries, run, stazh, two_nodes, waiting};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{Connection, PgConnection, SqliteConnection, raw_sql};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

const MADE: &str =
    "CREATE TABLE contribution (iin text NOT NULL, bin text, family text, given text, born date,
    month text NOT NULL, base text, amount text NOT NULL)";
const QUERY: &str = "SELECT iin, bin, family, given, born, month, base, amount FROM contribution \
    WHERE iin = $number OR family = $family AND born = ";

fn row(number: u32, amount: &str) -> String {
    format!(
        "INSERT INTO contribution VALUES ('{}', '051140000018', 'Тестов{number}', 'Ерлан', '1985-03-15', '02.2010', NULL, '{amount}')",
        iin(number)
    )
}

/// The query, and the profile that says what its columns are: that of the file of contributions, with the person.
fn live(kz: &Path, url: &str, born: &str, more: &str) {
    also_set(
        kz,
        &format!("[live.paid]\nurl = \"{url}\"\nquery = \"{QUERY}{born}\"\nform = \"live-paid\"\n{more}\n"),
    );
    let built_in = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas/profiles/kz/contributions.toml");
    let profile = std::fs::read_to_string(built_in).unwrap();
    let profile = profile.replace("contributions*.csv", "live-paid*.csv");
    let map = |local: &str, canonical: &str, more: &str| {
        format!("[[map]]\nlocal = \"{local}\"\ncanonical = \"person.{canonical}\"\n{more}\n")
    };
    let person = map("family", "name.family", "")
        + &map("given", "name.given", "")
        + &map("born", "birth_date", "convert = \"date\"\npattern = \"%Y-%m-%d\"");
    std::fs::create_dir_all(kz.join("profiles")).unwrap();
    std::fs::write(kz.join("profiles/live-paid.toml"), profile + "\n" + &person).unwrap();
}

fn send(ru: &Path, inquiries: &[PathBuf]) {
    run(stazh().arg("send").arg(ru).args(inquiries).stdout(std::process::Stdio::null()));
}

async fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < Duration::from_secs(100), "{what}");
        tokio::time::sleep(Duration::from_millis(30)).await;
    }
}

fn doctor(kz: &Path) -> String {
    let output = stazh().arg("doctor").arg(kz).arg("--json").output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().find(|line| line.contains("live.paid")).unwrap().to_owned()
}

fn journal(node: &Path) -> String {
    let output = stazh().args(["journal", "list"]).arg(node).output().unwrap();
    String::from_utf8(output.stdout).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_inquiry_is_answered_from_a_server_and_waits_while_the_query_is_refused() {
    let url = database();
    let mut national = PgConnection::connect(&url).await.unwrap();
    raw_sql(MADE).execute(&mut national).await.unwrap();
    let root = tempfile::tempdir().unwrap();
    let (ru, kz) = two_nodes(root.path());
    live(&kz, &url, "$birth_date::date", "");
    let put = [row(0, "11.50"), row(1, "22.50"), row(2, "7,x")].join(";");
    raw_sql(sqlx::AssertSqlSafe(put)).execute(&mut national).await.unwrap();
    let _nodes = [Process::start(&ru), Process::start(&kz)];
    send(&ru, &inquiries(root.path(), "KZ", 0..1));
    until("it is answered", || handed_over(&ru).len() == 1).await;
    assert_eq!(handed_over(&ru)[&iin(0)], "11.50");
    assert!(journal(&kz).contains("live-paid.toml 1.1.0"), "the journal names the profile");
    let well = doctor(&kz);
    assert!(well.contains("good") && well.contains("its profile reads the columns"), "{well}");

    send(&ru, &inquiries(root.path(), "KZ", 2..3));
    until("a person is asked", || journal(&kz).contains("flow.rows_aside")).await;
    let told = journal(&kz);
    assert!(told.contains("live.paid:1 amount") && !told.contains("7,x"), "{told}");

    raw_sql("ALTER TABLE contribution RENAME COLUMN amount TO sum").execute(&mut national).await.unwrap();
    send(&ru, &inquiries(root.path(), "KZ", 1..2));
    until("it waits for a person", || waiting(&kz).iter().any(|it| it["code"] == "store.national_query"))
        .await;
    let ill = doctor(&kz);
    assert!(ill.contains("doctor.live") && ill.contains("42703"), "{ill}");
    assert_eq!(handed_over(&ru).len(), 1, "nobody is told that there is no record");
    raw_sql("ALTER TABLE contribution RENAME COLUMN sum TO amount").execute(&mut national).await.unwrap();
    run(stazh().args(["release"]).arg(&kz).args(["--all", "--code", "store.national_query"]));
    until("it is answered after the fix", || handed_over(&ru).len() == 2).await;
    assert_eq!(handed_over(&ru)[&iin(1)], "22.50");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_inquiry_waits_while_the_database_is_away_and_is_answered_from_the_file_that_comes() {
    let root = tempfile::tempdir().unwrap();
    let (ru, kz) = two_nodes(root.path());
    live(&kz, "sqlite:national.db", "$birth_date", "");
    let _nodes = [Process::start(&ru), Process::start(&kz)];
    send(&ru, &inquiries(root.path(), "KZ", 0..1));
    let is_tried = |it: &serde_json::Value| it["attempts"].as_u64() > Some(1);
    until("it waits", || waiting(&kz).iter().any(is_tried)).await;
    assert_eq!(handed_over(&ru).len(), 0);
    let made = root.path().join("made.db");
    let options = SqliteConnectOptions::new().filename(&made).create_if_missing(true);
    let mut national = SqliteConnection::connect_with(&options).await.unwrap();
    raw_sql(MADE).execute(&mut national).await.unwrap();
    raw_sql(sqlx::AssertSqlSafe(row(0, "11.50"))).execute(&mut national).await.unwrap();
    national.close().await.unwrap();
    std::fs::rename(made, kz.join("national.db")).unwrap();
    until("it is answered", || handed_over(&ru).len() == 1).await;
    assert_eq!(handed_over(&ru)[&iin(0)], "11.50");
}
