//! Rows of a national database become local records, each once, by a cursor.

use crate::exchange::iin;
use crate::postgres_server::database;
use crate::processes::{Process, also_set, handed_over, inquiries, keep_local, run, stazh, two_nodes};
use sqlx::{Connection, PgConnection, raw_sql};
use stazh::base::{Random, SeededRandom};
use std::path::Path;
use std::time::{Duration, Instant};

const MADE: &str =
    "CREATE TABLE contribution (id bigint PRIMARY KEY, iin text NOT NULL, bin text, employer text,
    month text NOT NULL, base numeric(12, 2), amount numeric(12, 2) NOT NULL)";

async fn national() -> (String, PgConnection) {
    let url = database();
    let mut connection = PgConnection::connect(&url).await.unwrap();
    raw_sql(MADE).execute(&mut connection).await.unwrap();
    (url, connection)
}

async fn put(national: &mut PgConnection, sql: &str) {
    raw_sql(sqlx::AssertSqlSafe(sql.to_owned())).execute(national).await.unwrap();
}

/// A source, and the profile that says what its columns are: that of the file of contributions, for JSON lines.
fn poll(kz: &Path, url: &str, limit: u32) {
    let query =
        "SELECT id, iin, bin, employer, month, base, amount FROM contribution WHERE id > $cursor::bigint";
    also_set(
        kz,
        &format!(
            "[sources.polled]\nurl = \"{url}\"\nquery = \"{query} ORDER BY id LIMIT {limit}\"\ncursor = \"id\"\n\
             start = \"0\"\nevery_ms = 50\n"
        ),
    );
    let built_in = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas/profiles/kz/contributions.toml");
    let profile = std::fs::read_to_string(built_in).unwrap();
    let profile = profile
        .replace("contributions*.csv", "polled-*.jsonl")
        .replace("format = \"csv\"", "format = \"jsonl\"")
        .replace("encoding = \"auto\"\n", "");
    std::fs::create_dir_all(kz.join("profiles")).unwrap();
    std::fs::write(kz.join("profiles/polled.toml"), profile).unwrap();
}

async fn until(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    let begun = Instant::now();
    while !is_so().await {
        assert!(begun.elapsed() < Duration::from_secs(100), "{what}");
        tokio::time::sleep(Duration::from_millis(30)).await;
    }
}

/// The ids in all files of a source, in the order of the files.
fn ids(kz: &Path) -> Vec<u32> {
    let mut files: Vec<_> =
        std::fs::read_dir(kz.join("local")).unwrap().map(|it| it.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|ending| ending == "jsonl"));
    files.sort();
    let lines = files.iter().map(|path| std::fs::read_to_string(path).unwrap()).collect::<String>();
    let id = |line: &str| {
        let row: serde_json::Value = serde_json::from_str(line).unwrap();
        row["id"].as_str().unwrap().parse().unwrap()
    };
    lines.lines().map(id).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_of_a_national_table_answer_an_inquiry_and_new_ones_are_added() {
    let (url, mut national) = national().await;
    let root = tempfile::tempdir().unwrap();
    let (ru, kz) = two_nodes(root.path());
    keep_local(&kz, 0..1);
    std::fs::remove_file(kz.join("local/contributions.csv")).unwrap();
    poll(&kz, &url, 1000);
    let row = |id: u32, month: &str, amount: &str| {
        format!(
            "INSERT INTO contribution VALUES ({id}, '{}', '051140000018', NULL, '{month}', NULL, {amount})",
            iin(0)
        )
    };
    put(&mut national, &row(1, "02.2010", "11.50")).await;
    let _nodes = [Process::start(&ru), Process::start(&kz)];
    until("the row is there", async || ids(&kz) == [1]).await;
    let inquiry = inquiries(root.path(), "KZ", 0..1);
    let send = || run(stazh().arg("send").arg(&ru).args(&inquiry).stdout(std::process::Stdio::null()));
    send();
    until("it is answered", async || handed_over(&ru).len() == 1).await;
    assert_eq!(handed_over(&ru)[&iin(0)], "11.50");
    std::fs::remove_dir_all(ru.join("handed-over")).unwrap();
    std::fs::create_dir(ru.join("handed-over")).unwrap();
    put(&mut national, &row(2, "03.2010", "22.50")).await;
    until("the new row is there", async || ids(&kz) == [1, 2]).await;
    send();
    until("it is answered again", async || handed_over(&ru).len() == 1).await;
    let file = std::fs::read_dir(ru.join("handed-over")).unwrap().map(|it| it.unwrap().path());
    let file = file.filter(|path| path.extension().is_some_and(|it| it == "json")).collect::<Vec<_>>();
    let record: serde_json::Value = serde_json::from_slice(&std::fs::read(&file[0]).unwrap()).unwrap();
    assert_eq!(record["contributions"].as_array().unwrap().len(), 2, "{record}");
    let doctor = || {
        let output = stazh().arg("doctor").arg(&kz).arg("--json").output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        text.lines().find(|line| line.contains("source polled")).unwrap().to_owned()
    };
    let well = doctor();
    assert!(well.contains("good") && well.contains("it brought rows last at"), "{well}");
    put(&mut national, "ALTER TABLE contribution RENAME COLUMN amount TO sum").await;
    let ill = doctor();
    assert!(ill.contains("doctor.source") && ill.contains("42703"), "{ill}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_killed_while_it_polls_reads_each_row_once() {
    const COUNT: u32 = 3_000;
    let (url, mut national) = national().await;
    let root = tempfile::tempdir().unwrap();
    let (_ru, kz) = two_nodes(root.path());
    poll(&kz, &url, 50);
    let fill = format!(
        "INSERT INTO contribution SELECT n, '{}', NULL, NULL, '02.2010', NULL, n FROM generate_series(1, {COUNT}) n",
        iin(0)
    );
    put(&mut national, &fill).await;
    let mut node = Process::start(&kz);
    let random = SeededRandom::new(20_261_130);
    let (begun, mut kills) = (Instant::now(), 0);
    while ids(&kz).len() < usize::try_from(COUNT).unwrap() {
        assert!(begun.elapsed() < Duration::from_secs(200), "{} of {COUNT}", ids(&kz).len());
        tokio::time::sleep(Duration::from_millis(300 + u64::from(random.permille()))).await; // the random point
        node.kill_and_start_again();
        kills += 1;
    }
    assert!(kills >= 3, "only {kills} kills: the test proves nothing");
    assert!(ids(&kz).into_iter().eq(1..=COUNT), "each row once, in order");
}
