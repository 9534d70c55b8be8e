//! Records put into a table of a national PostgreSQL.

use super::until;
use crate::exchange::{iin, inquiry, record};
use crate::nodes::{TestDesk, World};
use crate::postgres_server::database;
use crate::processes::{Process, also_set, completed, inquiries, keep_local, stazh, two_nodes};
use sqlx::{Connection, PgConnection, raw_sql};
use stazh::base::{Random, SeededRandom};
use stazh::flow::compose;
use stazh::node::{FolderDesk, Settings};
use std::collections::HashSet;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

const MADE: &str = "CREATE TABLE record (document_id uuid PRIMARY KEY, sender char(2) NOT NULL, iin text,
    born date, record jsonb NOT NULL, put_at timestamptz NOT NULL DEFAULT now())";

fn section(url: &str) -> String {
    format!(
        "[hand_over.sql]\nurl = \"{url}\"\ntable = \"public.record\"\n[hand_over.sql.columns]\n\
         document_id = \"document_id\"\nsender = \"sender\"\nborn = \"record.person.birth_date\"\n\
         iin = \"record.person.identifiers[kind=iin].value\"\nrecord = \"record\"\n"
    )
}

async fn made() -> (String, PgConnection) {
    let url = database();
    let mut national = PgConnection::connect(&url).await.unwrap();
    raw_sql(MADE).execute(&mut national).await.unwrap();
    (url, national)
}

async fn workers(national: &mut PgConnection) -> Vec<String> {
    sqlx::query_scalar("SELECT iin FROM record").fetch_all(national).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_becomes_a_row_of_its_columns() {
    let (url, mut national) = made().await;
    let world = World::new();
    let mut settings = world.settle("RU", "KZ");
    let file = world.folder("RU").join("with-table.toml");
    let text = std::fs::read_to_string(world.folder("RU").join("node.toml")).unwrap();
    std::fs::write(&file, format!("{text}\n{}", section(&url))).unwrap();
    settings.hand_over = Settings::read(&file).unwrap().hand_over;
    let desk = FolderDesk::open(&settings).unwrap();
    desk.try_out().await.unwrap();
    let (ru, kz) = world.pair(Arc::new(desk), Arc::new(TestDesk::knowing(vec![record(7)]))).await;
    compose(&inquiry(7), ru.flows()).await.unwrap();
    until("it is put", async || !workers(&mut national).await.is_empty()).await;
    let row: (String, String, String, serde_json::Value) =
        sqlx::query_as("SELECT sender, iin, born::text, record::text FROM record")
            .fetch_one(&mut national)
            .await
            .map(|(sender, iin, born, record): (String, String, String, String)| {
                (sender, iin, born, serde_json::from_str(&record).unwrap())
            })
            .unwrap();
    assert_eq!(row, ("KZ".into(), iin(7), "1985-03-15".into(), serde_json::to_value(record(7)).unwrap()));
    ru.stop().await;
    kz.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_that_misses_a_column_keeps_the_node_from_starting_and_says_so() {
    let (url, mut national) = made().await;
    let root = tempfile::tempdir().unwrap();
    let (ru, _kz) = two_nodes(root.path());
    also_set(&ru, &section(&url));
    raw_sql("ALTER TABLE record DROP COLUMN born").execute(&mut national).await.unwrap();
    let output = stazh().arg("serve").arg(&ru).output().unwrap();
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success() && told.contains("has no column born; add it"), "{told}");
    let doctor = stazh().arg("doctor").arg(&ru).arg("--json").output().unwrap();
    let found = String::from_utf8(doctor.stdout).unwrap();
    let line = found.lines().find(|line| line.contains("the hand-over")).unwrap();
    assert!(line.contains("doctor.hand_over") && line.contains("has no column born"), "{line}");
    raw_sql("ALTER TABLE record ADD COLUMN born date").execute(&mut national).await.unwrap();
    let _node = Process::start(&ru);
}

#[tokio::test(flavor = "multi_thread")]
async fn node_and_connections_are_killed_at_random_and_each_record_is_put_once() {
    const COUNT: u32 = 100;
    let (url, mut national) = made().await;
    // a table without the unique index would show each repeat: here they are counted beside it
    raw_sql(
        "CREATE TABLE tried (iin text); CREATE FUNCTION noted() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN INSERT INTO tried VALUES (NEW.iin); RETURN NEW; END $$;
        CREATE TRIGGER noted AFTER INSERT ON record FOR EACH ROW EXECUTE FUNCTION noted()",
    )
    .execute(&mut national)
    .await
    .unwrap();
    let root = tempfile::tempdir().unwrap();
    let (ru, kz) = two_nodes(root.path());
    also_set(&ru, &section(&url));
    keep_local(&kz, 0..COUNT);
    let inquiries = inquiries(root.path(), "KZ", 0..COUNT);
    let (mut node, _other) = (Process::start(&ru), Process::start(&kz));
    let mut sending: Command = stazh();
    let mut sending = sending.arg("send").arg(&ru).args(&inquiries).stdout(Stdio::null()).spawn().unwrap();
    let random = SeededRandom::new(20_261_130);
    let (begun, mut kills) = (Instant::now(), 0);
    while completed(&ru).await < i64::from(COUNT) || workers(&mut national).await.len() < 100 {
        assert!(begun.elapsed() < Duration::from_secs(200), "{}", workers(&mut national).await.len());
        tokio::time::sleep(Duration::from_millis(100 + u64::from(random.permille()) / 3)).await; // the random point
        kills += 1;
        if random.permille() < 500 {
            node.kill_and_start_again();
        } else {
            let cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                WHERE datname = current_database() AND pid <> pg_backend_pid()";
            raw_sql(cut).execute(&mut national).await.unwrap();
        }
    }
    assert!(sending.wait().unwrap().success());
    assert!(kills >= 3, "only {kills} kills: the test proves nothing");
    let put = workers(&mut national).await;
    let expected: HashSet<String> = (0..COUNT).map(iin).collect();
    assert_eq!((put.len(), put.into_iter().collect::<HashSet<_>>()), (expected.len(), expected));
    let tried: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM tried").fetch_one(&mut national).await.unwrap();
    assert_eq!(tried, i64::from(COUNT), "no effect was repeated");
}
