//! No peer is told that its message is held before the message is on the disk: the calls of the real program to the
//! kernel are watched by strace. TLS hides what is said, not when.

use crate::door::{Line, head, hear, say};
use crate::full_disk::until;
use crate::link::address_of;
use crate::processes::{Process, also_set, two_nodes};
use crate::refusals::{connect, headers};
use stazh::exchange::wire::Envelope;
use std::collections::HashMap;
use std::path::Path;
use std::process::Command;
use tokio::task::JoinSet;

/// A call of a node to the kernel, at the moment that counts: a sync when it is done, everything else when it begins.
#[derive(Debug, PartialEq, Eq)]
enum Call<'a> {
    /// These bytes were written to the write-ahead log.
    Logged(&'a str),
    /// All that was written to the log is on the disk.
    Synced,
    /// Something came from this port of a caller.
    Came(u16),
    /// Something is sent to this port of a caller.
    Said(u16),
}

/// The calls of a trace, in order. A call that another thread's interrupts stands in two lines.
fn calls<'a>(trace: &'a str, door: &str) -> Vec<Call<'a>> {
    let from_caller = format!("<TCP:[{door}->127.0.0.1:");
    let mut begun: HashMap<&str, &str> = HashMap::new();
    let mut calls = Vec::new();
    for line in trace.lines() {
        let Some((thread, call)) = line.split_once(' ') else { continue };
        let call = call.trim_start();
        // where it begins, and whether it is done
        let (call, is_begun, is_done) = match call.strip_prefix("<... ") {
            Some(_) => (begun.remove(thread).unwrap_or_default(), false, true),
            None if call.ends_with("<unfinished ...>") => {
                begun.insert(thread, call);
                (call, true, false)
            }
            None => (call, true, true),
        };
        let port =
            || call.split_once(&from_caller).and_then(|(_, rest)| rest.split_once(']')?.0.parse().ok());
        let is_log = call.contains("/stazh.db-wal>");
        let name = call.split_once('(').map_or("", |(name, _)| name);
        match name {
            "pwrite64" if is_begun && is_log => calls.push(Call::Logged(call)),
            "fsync" | "fdatasync" if is_done && is_log => calls.push(Call::Synced),
            "recvfrom" | "read" if is_done => calls.extend(port().map(Call::Came)),
            "sendto" | "write" | "writev" if is_begun => calls.extend(port().map(Call::Said)),
            _ => {}
        }
    }
    calls
}

/// What is wrong with the answer to the message of this id on a connection of its own, if anything.
fn told_too_early(calls: &[Call<'_>], id: &str, port: u16) -> Option<&'static str> {
    let Some(logged) =
        calls.iter().position(|call| matches!(call, Call::Logged(bytes) if bytes.contains(id)))
    else {
        return Some("it was never written to the log");
    };
    let Some(came) = calls[..logged].iter().rposition(|call| *call == Call::Came(port)) else {
        return Some("it was written before it came");
    };
    let Some(said) = calls[came..].iter().position(|call| *call == Call::Said(port)) else {
        return Some("it was never answered");
    };
    let before = calls.get(logged..came + said).unwrap_or_default();
    (!before.contains(&Call::Synced)).then_some("it was answered before the log was on the disk")
}

#[test]
fn an_answer_before_the_sync_is_seen() {
    let came = "7 recvfrom(9<TCP:[127.0.0.1:77->127.0.0.1:5000]>, \"x\", 5, 0, NULL, NULL) = 5\n";
    let logged = "7 pwrite64(5<d/stazh.db-wal>, \"..one..\", 4096, 56) = 4096\n";
    let begun = "8 fdatasync(5<d/stazh.db-wal> <unfinished ...>\n";
    let done = "8 <... fdatasync resumed>)     = 0\n";
    let other = "8 fdatasync(6<d/stazh.db>) = 0\n";
    let said = "7 sendto(9<TCP:[127.0.0.1:77->127.0.0.1:5000]>, \"y\", 9, 0, NULL, 0) = 9\n";
    let judge = |lines: &[&str]| told_too_early(&calls(&lines.concat(), "127.0.0.1:77"), "one", 5000);
    let early = Some("it was answered before the log was on the disk");
    assert_eq!(judge(&[came, logged, begun, done, said]), None);
    assert_eq!(judge(&[said, came, logged, begun, done, said]), None, "the handshake");
    assert_eq!(judge(&[came, logged, begun, said, done]), early);
    assert_eq!(judge(&[came, logged, other, said, begun, done]), early);
    assert_eq!(judge(&[came, begun, done, logged, said]), early, "the sync of another");
    assert_eq!(judge(&[came, said, logged, begun, done]), early);
    assert_eq!(judge(&[came, said]), Some("it was never written to the log"));
    assert_eq!(judge(&[came, logged, begun, done]), Some("it was never answered"));
}

/// Whether this machine lets strace watch a program.
#[expect(clippy::print_stderr, reason = "who reads the test's output learns that it proved nothing")]
pub(crate) fn may_watch() -> bool {
    let tried = Command::new("strace").args(["-D", "-o", "/dev/null", "true"]).output().unwrap();
    if !tried.status.success() {
        eprintln!("SKIPPED: strace may not watch: {}", String::from_utf8_lossy(&tried.stderr).trim());
    }
    tried.status.success()
}

async fn post(line: &mut Line) -> String {
    let headers = headers();
    let message = String::from_utf8(Envelope::write(&headers, b"<x/>").unwrap()).unwrap();
    say(line, &(head(message.len()) + &message)).await;
    let answer = hear(line).await;
    assert!(answer.starts_with("HTTP/1.1 202"), "{answer}");
    headers.message_id.as_uuid().to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn no_message_is_acknowledged_before_it_is_on_the_disk() {
    const CALLERS: usize = 8;
    const EACH: usize = 10;
    if !may_watch() {
        return;
    }
    let root = tempfile::tempdir().unwrap();
    let (ru, kz) = two_nodes(root.path());
    also_set(&kz, "[limits]\npost_timeout_ms = 20000"); // watched, it is slow
    let trace = root.path().join("trace");
    let mut serve = Command::new("strace");
    // -D: the node is our child and strace its child, so that killing the node ends both
    serve.args(["-D", "-f", "-yy", "-s", "4096", "-e", CALLS, "-o"]).arg(&trace);
    serve.args([env!("CARGO_BIN_EXE_stazh"), "serve"]);
    let mut node = Process::start_with(&mut serve, &kz);
    let mut callers = JoinSet::new();
    for _ in 0..CALLERS {
        let (address, ru) = (address_of(&kz), ru.clone());
        callers.spawn(async move { calls_in(address, &ru, EACH).await });
    }
    let posted: Vec<(u16, Vec<String>)> = callers.join_all().await;
    node.kill();
    let read = || std::fs::read_to_string(&trace).unwrap();
    let id = format!("{} ", node.child.id());
    let is_end = |line: &str| line.starts_with(&id) && line.ends_with("+++ killed by SIGKILL +++");
    until("strace does not end", async || read().lines().any(is_end)).await;
    let trace = read();
    let calls = calls(&trace, &address_of(&kz).to_string());
    let mut early = Vec::new();
    for (port, ids) in &posted {
        early.extend(ids.iter().filter_map(|id| Some((id, told_too_early(&calls, id, *port)?))));
    }
    assert!(early.is_empty(), "{early:?}");
    assert_eq!(posted.iter().map(|(_, ids)| ids.len()).sum::<usize>(), CALLERS * EACH);
}

/// Posts one after the other on a connection; tells its port and the ids.
async fn calls_in(address: std::net::SocketAddr, ru: &Path, count: usize) -> (u16, Vec<String>) {
    let (key, certificate) = (ru.join("keys/wire.key.pem"), ru.join("keys/wire.pem"));
    let mut line = connect(address, &key, &certificate).await;
    let port = line.get_ref().local_addr().unwrap().port();
    let mut ids = Vec::new();
    for _ in 0..count {
        ids.push(post(&mut line).await);
    }
    (port, ids)
}

const CALLS: &str = "trace=fsync,fdatasync,pwrite64,recvfrom,read,sendto,write,writev";
