//! The real program under SIGKILL and SIGTERM: nothing is lost, nothing is handed over twice.

use crate::exchange::iin;
use crate::postgres_server;
use crate::processes::{
    Process, assert_handed_over, completed, free_port, inquiries, keep_local, on_server, replica, run, stazh,
    two_nodes, waiting, with_replicas,
};
use stazh::base::{Random, SeededRandom};
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

/// Asks for `count` records while a random node is killed and started again, over and over.
async fn survives(root: &Path, (ru, kz): (&Path, &Path), folders: &[&Path], count: u32) {
    keep_local(kz, 0..count);
    let inquiries = inquiries(root, "KZ", 0..count);
    let mut nodes: Vec<Process> = folders.iter().map(|folder| Process::start(folder)).collect();
    let mut sending = stazh().arg("send").arg(ru).args(&inquiries).stdout(Stdio::null()).spawn().unwrap();
    let random = SeededRandom::new(20_261_123);
    let begun = Instant::now();
    let mut kills = 0;
    while completed(ru).await < i64::from(count) {
        assert!(begun.elapsed() < Duration::from_secs(300), "{} of {count}", completed(ru).await);
        tokio::time::sleep(Duration::from_millis(100 + u64::from(random.permille()) / 2)).await; // the random point
        let which = usize::try_from(random.permille()).unwrap() * nodes.len() / 1001;
        nodes[which].kill_and_start_again();
        kills += 1;
    }
    assert!(sending.wait().unwrap().success());
    assert!(kills >= 5, "only {kills} kills: the test proves nothing");
    assert_handed_over(ru, 0..count).await;
    for folder in [ru, kz] {
        let verified = stazh().args(["journal", "verify", "--json"]).arg(folder).output().unwrap();
        let told = String::from_utf8(verified.stdout).unwrap();
        let whole: serde_json::Value = serde_json::from_str(told.lines().last().unwrap()).unwrap();
        assert_eq!(whole["breaks"], 0, "after {kills} kills: {told}");
        assert!(whole["links"].as_u64() > Some(u64::from(count)), "it was linked all the time: {told}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn five_hundred_conversations_survive_sigkill_at_random_points() {
    let root = tempfile::tempdir().unwrap();
    let (ru, kz) = two_nodes(root.path());
    survives(root.path(), (&ru, &kz), &[&ru, &kz], 500).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_replicas_of_each_node_on_a_server_survive_sigkill_too() {
    let root = tempfile::tempdir().unwrap();
    let (ru, kz) = two_nodes(root.path());
    let (second_ru, second_kz) = (with_replicas(&ru, 1), with_replicas(&kz, 1));
    survives(root.path(), (&ru, &kz), &[&ru, &kz, &second_ru[0], &second_kz[0]], 200).await;
}

/// One address in front of several replicas, as a balancer has it: a caller is led to a door that opens.
async fn balancer(port: u16, doors: Vec<u16>) {
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await.unwrap();
    let mut turn = 0;
    loop {
        let (mut caller, _) = listener.accept().await.unwrap();
        turn += 1;
        let order: Vec<u16> =
            doors.iter().copied().cycle().skip(turn % doors.len()).take(doors.len()).collect();
        tokio::spawn(async move {
            for door in order {
                if let Ok(mut node) = tokio::net::TcpStream::connect(("127.0.0.1", door)).await {
                    let _ = tokio::io::copy_bidirectional(&mut caller, &mut node).await; // either may hang up
                    return;
                }
            }
        });
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn three_replicas_restarted_in_turn_lose_nothing_and_hold_nothing_up_for_a_lease() {
    const COUNT: u32 = 150;
    let root = tempfile::tempdir().unwrap();
    let (ru, kz) = two_nodes(root.path());
    // a lease is a minute: one that is not given back at a stop would show
    on_server(&ru, &[postgres_server::database()]);
    let folders = [ru.clone(), replica(&ru, "second"), replica(&ru, "third")];
    let doors = folders.iter().map(|folder| door(folder)).collect();
    let front = free_port();
    let settings = kz.join("node.toml");
    let text = std::fs::read_to_string(&settings).unwrap();
    std::fs::write(&settings, text.replace(&format!(":{}/", door(&ru)), &format!(":{front}/"))).unwrap();
    tokio::spawn(balancer(front, doors));
    keep_local(&kz, 0..COUNT);
    let inquiries = inquiries(root.path(), "KZ", 0..COUNT);
    let _kz = Process::start(&kz);
    let mut nodes: Vec<Process> = folders.iter().map(|folder| Process::start(folder)).collect();
    let mut sending = stazh().arg("send").arg(&ru).args(&inquiries).stdout(Stdio::null()).spawn().unwrap();
    let (begun, mut restarts) = (Instant::now(), 0);
    while restarts < 6 || completed(&ru).await < i64::from(COUNT) {
        assert!(begun.elapsed() < Duration::from_secs(100), "{} of {COUNT}", completed(&ru).await);
        nodes[restarts % 3].stop_and_start_again();
        restarts += 1;
    }
    assert!(sending.wait().unwrap().success());
    assert_handed_over(&ru, 0..COUNT).await;
    let longest = longest_wait(&ru);
    assert!(
        longest < Duration::from_secs(30),
        "{longest:?}, in {restarts} restarts: a lease was not given back"
    );
}

/// The port of a node's door.
fn door(folder: &Path) -> u16 {
    let text = std::fs::read_to_string(folder.join("node.toml")).unwrap();
    let line = text.lines().find(|line| line.starts_with("listen")).unwrap();
    line.trim_end_matches('"').rsplit(':').next().unwrap().parse().unwrap()
}

/// The longest time from the composing of an inquiry to its answer, by the journal.
fn longest_wait(folder: &Path) -> Duration {
    let list =
        stazh().args(["journal", "list"]).arg(folder).args(["--limit", "100000", "--json"]).output().unwrap();
    let mut begun = std::collections::HashMap::new();
    let mut longest = Duration::ZERO;
    for line in String::from_utf8(list.stdout).unwrap().lines() {
        let entry: serde_json::Value = serde_json::from_str(line).unwrap();
        let at: jiff::Timestamp = entry["at"].as_str().unwrap().parse().unwrap();
        let conversation = entry["conversation"].to_string();
        match entry["kind"].as_str().unwrap() {
            "composed" => drop(begun.insert(conversation, at)),
            "answered" => longest = longest.max(at.duration_since(begun[&conversation]).unsigned_abs()),
            _ => {}
        }
    }
    assert!(longest > Duration::ZERO, "nothing was answered");
    longest
}

#[tokio::test(flavor = "multi_thread")]
async fn neither_logs_nor_journals_name_a_person_whatever_the_level() {
    let root = tempfile::tempdir().unwrap();
    let (ru, kz) = two_nodes(root.path());
    keep_local(&kz, 7..8);
    let inquiry = inquiries(root.path(), "KZ", 7..8).remove(0);
    let logged = |name: &str| std::fs::File::create(root.path().join(name)).unwrap();
    let nodes = [("ru.log", &ru), ("kz.log", &kz)].map(|(log, folder)| {
        Process::start_with(stazh().args(["--log", "trace", "serve"]).stderr(logged(log)), folder)
    });
    run(stazh().args(["--log", "trace", "send"]).arg(&ru).arg(&inquiry).stderr(logged("send.log")));
    let begun = Instant::now();
    while completed(&ru).await < 1 {
        assert!(begun.elapsed() < Duration::from_secs(60), "no answer came");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_handed_over(&ru, 7..8).await; // the record came, so there was something to log
    drop(nodes);
    let mut told = String::new();
    for log in ["ru.log", "kz.log", "send.log"] {
        told.push_str(&std::fs::read_to_string(root.path().join(log)).unwrap());
    }
    assert!(told.contains("TRACE"), "the level was trace");
    for folder in [&ru, &kz] {
        let status = stazh()
            .args(["journal", "list"])
            .arg(folder)
            .args(["--limit", "1000", "--json"])
            .output()
            .unwrap();
        told.push_str(&String::from_utf8(status.stdout).unwrap());
    }
    assert!(told.contains("P.XP.01.MSG.002"), "the journal was read");
    for value in [iin(7).as_str(), "Тестов", "Ерлан", "1985-03-15", "051140000018"] {
        let line = told.lines().find(|line| line.contains(value));
        assert_eq!(line, None, "a value of a person was told");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_for_a_person_is_shown_and_goes_on_when_the_cause_is_mended_and_it_is_released() {
    let root = tempfile::tempdir().unwrap();
    let (ru, kz) = two_nodes(root.path());
    keep_local(&kz, 1..2);
    let authorities = kz.join("keys/ru-seal-authorities.pem");
    let lawful = std::fs::read(&authorities).unwrap();
    std::fs::copy(kz.join("keys/own-seal-authority.pem"), &authorities).unwrap(); // the wrong ones
    let (_ru, mut kazakh) = (Process::start(&ru), Process::start(&kz));
    let inquiry = inquiries(root.path(), "KZ", 1..2).remove(0);
    run(stazh().arg("send").arg(&ru).arg(&inquiry));
    let begun = Instant::now();
    let row = loop {
        assert!(begun.elapsed() < Duration::from_secs(30), "{:?}", waiting(&kz));
        if let Some(row) = waiting(&kz).into_iter().find(|row| row["needs_person"] == true) {
            break row;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    };
    assert_eq!((&row["state"], &row["code"]), (&"quarantined".into(), &"seal.foreign".into()));
    std::fs::write(&authorities, lawful).unwrap();
    kazakh.kill_and_start_again(); // it reads its authorities at the start
    let release = |words: &[&str]| stazh().arg("release").arg(&kz).args(words).output().unwrap();
    let told = release(&[row["row"].as_str().unwrap()]);
    assert_eq!(
        String::from_utf8(told.stdout).unwrap(),
        format!("{} goes on\n", row["row"].as_str().unwrap())
    );
    // Moscow was told by ERR that its inquiry is refused, so that is over there; it begins again.
    let resent = stazh().arg("resend").arg(&ru).args(["--all", "--peer", "KZ"]).output().unwrap();
    assert!(String::from_utf8(resent.stdout).unwrap().contains(" begins again as "));
    let begun = Instant::now();
    let handed_over = || std::fs::read_dir(ru.join("handed-over")).unwrap().count();
    while handed_over() == 0 {
        assert!(begun.elapsed() < Duration::from_secs(30), "the record did not come");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let again = release(&[row["row"].as_str().unwrap()]);
    assert_eq!(again.status.code(), Some(1));
    assert!(String::from_utf8(again.stderr).unwrap().contains("does not wait for a person"));
    assert_eq!(String::from_utf8(release(&["--all"]).stdout).unwrap(), "nothing waits for a person\n");
    assert_eq!(release(&["out_x"]).status.code(), Some(2));
}
