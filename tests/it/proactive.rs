//! Inquiries for workers who near a pension age: prepared once for each worker and state, sent once.

use crate::nodes::World;
use crate::postgres_server::database;
use crate::processes::{Process, also_set, stazh, two_nodes, with_replicas};
use crate::refusals::Stage;
use jiff::ToSpan;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use stazh::base::{Clock, FixedClock, SystemClock};
use stazh::exchange::canonical::{Identifier, IdentifierKind, Standing};
use stazh::flow::{
    Context, FlowError, drop_prepared, prepare_inquiries, prepared_after, send_prepared,
    send_prepared_by_policy,
};
use stazh::node::{FolderDesk, Node, ProactiveSettings, Server, Settings};
use stazh::pension::HeldBy;
use stazh::store::{JournalBy, PreparedRow, PreparedState, conversation_counts, journal_list};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

const NOW: &str = "2026-11-30T09:00:00Z";
const AGES: &str = "before_months = 12
    [[age]]
    kind = 'kz-funded-age'
    sex = '1'
    years = 63
    [[age]]
    kind = 'kz-funded-age'
    sex = '2'
    years = 61
    months = 6";

/// A sound number of the n-th man or woman who was born on a day of the last century.
fn iin(born: Date, is_man: bool, number: u32) -> String {
    let sex = if is_man { 3 } else { 4 };
    let body = format!("{}{sex}{number:04}", born.strftime("%y%m%d"));
    let sound = (0..10).map(|digit| format!("{body}{digit}")).find(|text| {
        Identifier::parse(IdentifierKind::Iin, text).is_ok_and(|iin| iin.standing() == Standing::Sound)
    });
    sound.unwrap_or_else(|| format!("{body}0"))
}

/// Rows of the Kazakh form of persons: (number, born, man, citizenship).
fn depositors(local: &Path, rows: &[(u32, Date, bool, &str)]) {
    let row = |(number, born, is_man, country): &(u32, Date, bool, &str)| {
        let iin = iin(*born, *is_man, *number);
        let (day, sex) = (born.strftime("%d.%m.%Y"), if *is_man { "М" } else { "Ж" });
        let letter = char::from_u32(u32::from('а') + number % 32).unwrap();
        format!("{iin},Досанов{letter},Ерлан,,{day},{sex},{country}\n")
    };
    let text: String = rows.iter().map(row).collect();
    fs::create_dir_all(local).unwrap();
    fs::write(
        local.join("depositors.csv"),
        format!("iin,family,given,patronymic,birth_date,sex,citizenship\n{text}"),
    )
    .unwrap();
}

/// The settings of a Kazakh node whose peer is Russia.
fn settings(world: &World) -> Settings {
    world.settle("RU", "KZ"); // its authority is trusted
    let settings = world.settle("KZ", "RU");
    let plan: ProactiveSettings = toml::from_str(AGES).unwrap();
    let folder = world.folder("KZ").join("prepared");
    Settings { proactive: Some(ProactiveSettings { folder, ..plan }), ..settings }
}

async fn context(settings: &Settings, clock: &Arc<FixedClock>) -> Context {
    let desk = Arc::new(FolderDesk::open(settings).unwrap());
    let mut ctx = Node::context(settings, &Stage::identity_of(settings), desk).await.unwrap();
    ctx.clock = clock.clone();
    ctx
}

fn clock() -> Arc<FixedClock> {
    Arc::new(FixedClock::at(NOW.parse().unwrap()))
}

/// The files of a folder that wait, by name.
fn files(folder: &Path) -> BTreeSet<String> {
    let Ok(entries) = fs::read_dir(folder) else { return BTreeSet::new() };
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.filter(|name| name.ends_with(".json")).collect()
}

async fn rows(ctx: &Context) -> Vec<PreparedRow> {
    prepared_after("", ctx).await.unwrap()
}

async fn journal(ctx: &Context) -> String {
    let mut tx = ctx.store.read().await.unwrap();
    let rows = journal_list(&mut tx, JournalBy::All, 0, 1_000).await.unwrap();
    rows.iter().map(|row| format!("{:?}\n", row.entry)).collect()
}

async fn conversations(ctx: &Context) -> i64 {
    conversation_counts(&mut ctx.store.read().await.unwrap()).await.unwrap().values().sum()
}

fn born(text: &str) -> Date {
    text.parse().unwrap()
}

#[tokio::test]
async fn who_nears_the_age_is_asked_about_where_he_may_have_worked_and_once() {
    let world = World::new();
    let settings = settings(&world);
    let people = [
        (1, born("1964-05-10"), true, "RU"),  // a man of 62
        (2, born("1965-11-15"), false, "KZ"), // a woman of 61; Russia sent a record before
        (3, born("1964-05-10"), true, "KZ"),  // nothing is known of him elsewhere
        (4, born("1965-05-10"), true, "RU"),  // he is too young by half a year
        (5, born("1963-05-10"), true, "RU"),  // he has reached it
        (6, born("1964-05-10"), true, "KG"),  // Kyrgyzstan is no peer
    ];
    depositors(&settings.local, &people);
    fs::create_dir_all(&settings.handed_over).unwrap();
    let woman = serde_json::json!({
        "name": { "family": "Другая", "given": "Анна" }, "birth_date": "1965-11-15",
        "identifiers": [{ "kind": "iin", "value": iin(people[1].1, false, 2) }],
    });
    let record = serde_json::json!({ "state": "RU", "as_of": "2020-01-01", "person": woman });
    fs::write(settings.handed_over.join("a.json"), record.to_string()).unwrap();
    fs::write(settings.handed_over.join("b.json"), "{ no record").unwrap();
    let clock = clock();
    let ctx = context(&settings, &clock).await;
    assert_eq!(prepare_inquiries(&ctx).await.unwrap(), 2);
    assert_eq!(prepare_inquiries(&ctx).await.unwrap(), 0, "once");
    let folder = world.folder("KZ").join("prepared");
    let found = rows(&ctx).await;
    let reasons: BTreeSet<_> =
        found.iter().map(|row| row.draft.reasons.iter().copied().collect::<Vec<_>>()).collect();
    assert_eq!(reasons, [vec![HeldBy::Citizenship], vec![HeldBy::Record]].into());
    assert_eq!(files(&folder), found.iter().map(|row| format!("{}.json", row.draft.id)).collect());
    for row in &found {
        let text = fs::read_to_string(folder.join(format!("{}.json", row.draft.id))).unwrap();
        let inquiry: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!((&inquiry["asking"], &inquiry["asked"]), (&"KZ".into(), &"RU".into()));
        assert_eq!(inquiry["purpose"], "old-age");
    }
    let told = journal(&ctx).await;
    assert_eq!(told.matches("\"flow.prepared\"").count(), 2, "{told}");
    assert_eq!(told.matches("flow.prepared_no_peer").count(), 1, "{told}");
    for personal in ["Досанов", "Другая", "1964", "1965", &iin(people[0].1, true, 1)] {
        assert!(!told.contains(personal), "{personal} in {told}");
    }
    // a power cut took a file: it is written again, under its number
    fs::remove_file(folder.join(format!("{}.json", found[0].draft.id))).unwrap();
    let missing = send_prepared(found[0].draft.id, &ctx).await.unwrap_err();
    assert!(matches!(missing, FlowError::NotPrepared { .. }), "{missing}");
    // and half a year later the man who was too young is old enough, on the day on which the first reaches the age
    clock.advance_ms(161 * 24 * 3_600_000);
    assert_eq!(prepare_inquiries(&ctx).await.unwrap(), 1);
    assert_eq!(files(&folder).len(), 3);
    let (sent, dropped) = (found[0].draft.id, found[1].draft.id);
    send_prepared(sent, &ctx).await.unwrap();
    drop_prepared(dropped, &ctx).await.unwrap();
    for gone in [sent, dropped] {
        assert!(send_prepared(gone, &ctx).await.is_err(), "it does not wait any more");
        assert!(drop_prepared(gone, &ctx).await.is_err());
    }
    assert_eq!(prepare_inquiries(&ctx).await.unwrap(), 0);
    assert_eq!((files(&folder).len(), files(&folder.join("sent"))), (1, [format!("{sent}.json")].into()));
    let states: Vec<PreparedState> = rows(&ctx).await.iter().map(|row| row.state).collect();
    assert_eq!(states, [PreparedState::Sent, PreparedState::Dropped, PreparedState::Waiting]);
    assert_eq!(conversations(&ctx).await, 1);
}

#[tokio::test]
async fn a_file_that_a_clerk_corrected_is_sent_and_one_he_broke_waits() {
    let world = World::new();
    let settings = settings(&world);
    depositors(&settings.local, &[(1, born("1964-05-10"), true, "RU")]);
    let ctx = context(&settings, &clock()).await;
    prepare_inquiries(&ctx).await.unwrap();
    let id = rows(&ctx).await[0].draft.id;
    let path = world.folder("KZ").join(format!("prepared/{id}.json"));
    let text = fs::read_to_string(&path).unwrap();
    for (broken, code) in [
        (text.replace("\"RU\",", "\"AM\","), "flow.not_prepared"),
        (text.replace("old-age", "x"), "flow.unlawful"),
        (text.replace("\"purpose\"", "\"porpoise\""), "flow.prepared_unfit"),
    ] {
        assert_ne!(broken, text);
        fs::write(&path, broken).unwrap();
        let error = send_prepared(id, &ctx).await.unwrap_err();
        assert_eq!(format!("{:?}", error.verdict()), format!("Return {{ code: {code:?} }}"), "{error}");
        assert!(!error.to_string().contains("Досанов"), "{error}");
    }
    fs::write(&path, text.replace("Ерлан", "Ерболат")).unwrap();
    assert_eq!(prepare_inquiries(&ctx).await.unwrap(), 0);
    assert!(fs::read_to_string(&path).unwrap().contains("Ерболат"), "the next look leaves it as it is");
    send_prepared(id, &ctx).await.unwrap();
}

/// Replicas that look and send at the same time, each with a folder of its own.
async fn raced(world: &World, database: Option<Server>) {
    const WORKERS: u32 = 12;
    let settings = settings(world);
    let people: Vec<_> = (0..WORKERS).map(|number| (number, born("1964-05-10"), true, "RU")).collect();
    depositors(&settings.local, &people);
    let clock = clock();
    let mut replicas = Vec::new();
    for number in 0..2 {
        let mut own = settings.clone();
        let plan = own.proactive.as_mut().unwrap();
        (plan.sends, plan.folder) = (true, world.folder("KZ").join(format!("prepared-{number}")));
        own.database = database.clone();
        replicas.push(context(&own, &clock).await);
    }
    let work = async |ctx: &Context| {
        let mut done = (0, 0);
        for _ in 0..3 {
            done.0 += prepare_inquiries(ctx).await.unwrap();
            done.1 += send_prepared_by_policy(ctx).await.unwrap();
        }
        done
    };
    let (one, other) = tokio::join!(work(&replicas[0]), work(&replicas[1]));
    let workers = usize::try_from(WORKERS).unwrap();
    assert_eq!((one.0 + other.0, one.1 + other.1), (workers, workers), "{one:?} {other:?}");
    assert_eq!(conversations(&replicas[0]).await, i64::from(WORKERS));
    let told = journal(&replicas[0]).await;
    assert_eq!(told.matches("\"flow.prepared\"").count(), workers, "{told}");
    assert_eq!(told.matches("\"composed\"").count(), workers, "{told}");
    for (number, replica) in replicas.iter().enumerate() {
        prepare_inquiries(replica).await.unwrap();
        assert_eq!(
            files(&world.folder("KZ").join(format!("prepared-{number}"))).len(),
            0,
            "all were put away"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_replicas_prepare_and_send_each_once() {
    raced(&World::new(), None).await;
    let server = Server { urls: vec![database()], password_file: None };
    raced(&World::new(), Some(server)).await;
}

/// Workers who reach an age within a year, whatever today is, and the settings that say so.
fn near_today(kz: &Path, workers: u32) {
    let today = SystemClock.now().to_zoned_datetime(TimeZone::UTC).date();
    let born = today.checked_sub(50.years()).unwrap().checked_add(6.months()).unwrap();
    let people: Vec<_> = (0..workers).map(|number| (number, born, true, "RU")).collect();
    depositors(&kz.join("local"), &people);
    also_set(
        kz,
        "[proactive]\nbefore_months = 12\nsends = true\nevery_ms = 50\n\
         [[proactive.age]]\nkind = \"kz-funded-age\"\nyears = 50",
    );
}

/// Kills both replicas over and over until every inquiry is answered.
async fn survives(root: &Path) {
    const WORKERS: u32 = 40;
    let (ru, kz) = two_nodes(root);
    near_today(&kz, WORKERS);
    let mut folders: Vec<PathBuf> = vec![kz.clone()];
    folders.extend(with_replicas(&kz, 1));
    let _ru = Process::start(&ru);
    let mut nodes: Vec<Process> = folders.iter().map(|folder| Process::start(folder)).collect();
    let ended = async || crate::processes::completed(&kz).await;
    let (begun, mut kills) = (Instant::now(), 0);
    while ended().await < i64::from(WORKERS) || kills < 4 {
        assert!(begun.elapsed() < Duration::from_secs(200), "{} of {WORKERS}", ended().await);
        tokio::time::sleep(Duration::from_millis(150)).await; // a moment of its work, which one does not matter
        nodes[kills % 2].kill_and_start_again();
        kills += 1;
    }
    let listed = stazh().args(["proactive", "list", "--all", "--json"]).arg(&kz).output().unwrap();
    let listed = String::from_utf8(listed.stdout).unwrap();
    let all: Vec<serde_json::Value> =
        listed.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let conversations: BTreeSet<&str> = all.iter().filter_map(|row| row["conversation"].as_str()).collect();
    let workers = usize::try_from(WORKERS).unwrap();
    assert_eq!((all.len(), conversations.len()), (workers, workers), "after {kills} kills: {listed}");
    let store = Node::store(&Settings::read(&kz.join("node.toml")).unwrap()).await.unwrap();
    let counts = conversation_counts(&mut store.read().await.unwrap()).await.unwrap();
    assert_eq!(counts.values().sum::<i64>(), i64::from(WORKERS), "after {kills} kills: {counts:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn however_often_replicas_are_killed_each_inquiry_leaves_once() {
    let root = tempfile::tempdir().unwrap();
    survives(root.path()).await;
}

#[test]
fn the_commands_list_send_and_drop() {
    let root = tempfile::tempdir().unwrap();
    let (_ru, kz) = two_nodes(root.path());
    let run = |words: &[&str]| {
        let output = stazh().args(words).output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        (output.status.code(), text(output.stdout), text(output.stderr))
    };
    let node = kz.to_str().unwrap();
    let (code, _, err) = run(&["proactive", "look", node]);
    assert!(code == Some(2) && err.contains("has no [proactive]"), "{err}");
    near_today(&kz, 2);
    assert_eq!(run(&["proactive", "look", node]).1, "2 inquiries are new\n");
    assert_eq!(run(&["proactive", "look", node]).1, "0 inquiries are new\n");
    let (code, out, err) = run(&["proactive", "list", node]);
    assert!(
        code == Some(0) && out.matches("a citizen of it").count() == 2 && out.contains("Досанов"),
        "{out}{err}"
    );
    let listed = run(&["proactive", "list", node, "--json"]).1;
    let all: Vec<serde_json::Value> =
        listed.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((all.len(), &all[0]["reasons"]), (2, &serde_json::json!(["citizenship"])));
    let id = all[0]["prepared"].as_str().unwrap();
    assert!(run(&["proactive", "drop", node, id]).1.contains("is dropped"));
    let (code, _, err) = run(&["proactive", "send", node, id]);
    assert!(code == Some(1) && err.contains("it has left, or was dropped"), "{code:?} {err}");
    let (code, out, err) = run(&["proactive", "send", node, "--all"]);
    assert!(code == Some(0) && out.contains("is in the outbox: conversation"), "{out}{err}");
    assert_eq!(run(&["proactive", "list", node]).1, "no inquiry waits\n");
    assert_eq!(run(&["proactive", "list", node, "--all", "--json"]).1.lines().count(), 2);
    assert_eq!(run(&["proactive", "send", node]).0, Some(2), "which?");
}
