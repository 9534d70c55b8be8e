//! The door of a real node against callers that take too much of it: their number, their time, their memory.

use crate::refusals::{Stage, entry_where};
use flate2::Compression;
use flate2::write::GzEncoder;
use stazh::exchange::wire::{HttpsWire, NodeIdentity, PeerEndpoint, Wire, WireError};
use stazh::flow::{Released, release};
use stazh::store::{InboxState, RowId, inbox_find};
use std::io::Write;
use std::path::Path;
use std::pin::Pin;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio_openssl::SslStream;

pub(crate) type Line = SslStream<TcpStream>;

pub(crate) async fn say(line: &mut Line, text: &str) {
    line.write_all(text.as_bytes()).await.unwrap();
}

pub(crate) fn head(length: usize) -> String {
    format!("POST / HTTP/1.1\r\nhost: kz\r\ncontent-length: {length}\r\n\r\n")
}

/// Reads one reply: its head and as much of a body as it announces.
pub(crate) async fn hear(line: &mut Line) -> String {
    let mut reply = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&reply).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
            if body.len() >= length.map_or(0, |length| length.parse().unwrap()) {
                return text;
            }
        }
        assert!(line.read_buf(&mut reply).await.unwrap() > 0, "closed after {text}");
    }
}

/// How long the node keeps a connection on which nothing is said.
async fn is_closed_within(line: &mut Line, most: Duration) -> bool {
    let mut rest = Vec::new();
    tokio::time::timeout(most, line.read_to_end(&mut rest)).await.is_ok()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_of_callers_without_tls_keeps_no_peer_out_and_fills_no_journal() {
    let stage = Stage::set_within(|limits| {
        limits.handshakes_max = 4;
        limits.turned_away_every_ms = 400;
    })
    .await;
    let mut silent = Vec::new();
    for _ in 0..60 {
        silent.push(TcpStream::connect(stage.kz_address).await.unwrap());
    }
    let begun = Instant::now();
    assert!(stage.is_well().await);
    assert!(begun.elapsed() < Duration::from_secs(5), "the flood delayed a peer");
    for _ in 0..60 {
        let mut noisy = TcpStream::connect(stage.kz_address).await.unwrap();
        noisy.write_all(b"GET / HTTP/1.1\r\n\r\n").await.unwrap();
    }
    let sum =
        entry_where(&stage.kz, |row| row.entry.detail.contains(" more from 127.0.0.1 were turned away"))
            .await;
    assert_eq!(sum.entry.kind, "turned_away");
    assert_eq!(sum.entry.code.as_deref(), Some("wire.handshake"));
    assert!(sum.entry.detail.contains("; the last: agree on TLS with 127.0.0.1"), "{}", sum.entry.detail);
    assert!(stage.is_well().await);
    let rows = stage.journal().await.into_iter().filter(|row| row.entry.kind == "turned_away").count();
    // those that ended, the one that had begun before, and the one that goes on
    let windows = usize::try_from(begun.elapsed().as_millis() / 400).unwrap() + 2;
    assert!(rows <= 2 * windows, "{rows} rows for 120 callers");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_peer_that_takes_all_its_places_keeps_out_itself_alone() {
    let stage = Stage::set_within(|limits| limits.callers_per_peer_max = 3).await;
    let mut lines = Vec::new();
    for _ in 0..3 {
        let mut line = stage.connect().await;
        say(&mut line, &head(10)).await;
        lines.push(line);
    }
    let error = stage.wire(&stage.identity()).post("KZ", stage.message(b"<x/>").into()).await.unwrap_err();
    assert!(matches!(error, WireError::Unreachable { .. }), "{error}");
    let entry = stage.entry("wire.no_seat").await.entry;
    assert_eq!(entry.detail, "seat one more caller of RU: 3 are open; it must close some");
    let (status, _) = stage.post_as(&Stage::identity_of(&stage.am), "<a/>").await;
    assert_eq!(status, 400, "another peer is served");
    drop(lines);
    for _ in 0..500 {
        if stage.wire(&stage.identity()).post("KZ", stage.message(b"<x/>").into()).await.is_ok() {
            assert!(stage.is_well().await);
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("its places are not free again");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_peer_that_never_closes_is_closed() {
    let stage = Stage::set_within(|limits| limits.idle_ms = 300).await;
    let mut line = stage.connect().await;
    for _ in 0..2 {
        say(&mut line, &(head(4) + "<a/>")).await;
        assert!(
            hear(&mut line).await.starts_with("HTTP/1.1 400"),
            "a connection serves one message after another"
        );
    }
    assert!(is_closed_within(&mut line, Duration::from_secs(5)).await, "an idle connection stays open");
    let mut line = stage.connect().await;
    let closed = async {
        for byte in head(4).bytes().cycle() {
            if line.write_all(&[byte]).await.is_err() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    let ended = tokio::time::timeout(Duration::from_secs(10), closed).await;
    assert!(ended.is_ok(), "a header that drips keeps a connection open");
    assert!(stage.is_well().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_stands_still_or_drips_is_cut_off() {
    let stage = Stage::set_within(|limits| {
        limits.body_stall_ms = 300;
        limits.body_bytes_per_second_min = 100_000;
    })
    .await;
    let mut still = stage.connect().await;
    say(&mut still, &(head(1_000) + "0123456789")).await;
    let reply = hear(&mut still).await;
    assert!(reply.starts_with("HTTP/1.1 408"), "{reply}");
    let told = "a body came too slowly: 10 bytes of 1000 announced bytes";
    assert!(reply.contains(told) && reply.contains("int:DataError"), "{reply}");
    assert_eq!(stage.entry("wire.body_slow").await.entry.detail, told);
    let (mut from, mut to) = tokio::io::split(stage.connect().await);
    to.write_all(head(1_000_000).as_bytes()).await.unwrap();
    let begun = Instant::now();
    let drip = tokio::spawn(async move {
        while to.write_all(b"0123456789").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(20)).await; // 500 bytes a second
        }
    });
    let mut reply = Vec::new();
    while !String::from_utf8_lossy(&reply).contains("</soap:Envelope>") {
        assert!(from.read_buf(&mut reply).await.unwrap() > 0, "{}", String::from_utf8_lossy(&reply));
    }
    assert!(reply.starts_with(b"HTTP/1.1 408"));
    assert!(begun.elapsed() < Duration::from_secs(10));
    drip.abort();
    assert!(stage.is_well().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn large_bodies_of_a_peer_wait_for_its_own_memory_and_not_for_another_peers() {
    let stage = Stage::set_within(|limits| {
        limits.body_bytes_max = 1_000_000;
        limits.bodies_bytes_per_peer_max = 0; // one body at least
        limits.body_stall_ms = 1_000;
        limits.body_bytes_per_second_min = 1;
    })
    .await;
    let large = || " ".repeat(900_000);
    let mut slow = stage.connect().await;
    say(&mut slow, &head(900_000)).await;
    say(&mut slow, &" ".repeat(200_000)).await;
    let drip = tokio::spawn(async move {
        while slow.write_all(b" ").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    });
    // the memory of the first is taken some time after it was sent
    let mut busy = 0;
    for _ in 0..20 {
        let (status, _) = stage.post(large()).await;
        if status == 503 {
            busy += 1;
            break;
        }
    }
    assert_eq!(busy, 1, "two large bodies were taken at once");
    let (status, _) = stage.post_as(&Stage::identity_of(&stage.am), large()).await;
    assert_eq!(status, 400, "another peer's large body is read");
    assert!(stage.is_well().await, "small messages need no share");
    drip.abort();
    let _ = drip.await; // the line is dropped with it
    let (status, _) = stage.post(large()).await;
    assert_eq!(status, 400, "the memory is free again");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stranger_called_like_a_state_is_never_taken_for_it() {
    let stage = Stage::set_within(|limits| limits.turned_away_every_ms = 600_000).await;
    let (key, certificate) = stage.world.issue("RU");
    let identity = NodeIdentity::read(&certificate, &key, &stage.ru.wire.authorities).unwrap();
    let inquiry = stage.message(&stage.sealed(&stage.signer()));
    let (status, fault) = stage.post_as(&identity, inquiry.clone()).await;
    assert_eq!(status, 403);
    assert!(fault.contains("the sender is no peer of this node"), "{fault}");
    let entry = stage.entry("wire.unknown_caller").await.entry;
    assert_eq!((entry.peer.as_deref(), entry.kind.as_str()), (Some("stranger RU"), "returned"));
    let kept = format!("; of {} bytes the first 1024 are kept", inquiry.len());
    assert!(entry.detail.ends_with(&kept), "{}", entry.detail);
    let store = &stage.kz.flows().store;
    let id = "in_1".parse().unwrap();
    let RowId::Inbox(inbox_id) = id else { panic!() };
    let row = inbox_find(&mut store.read().await.unwrap(), inbox_id).await.unwrap().unwrap();
    assert_eq!((row.peer.as_str(), row.state), ("stranger RU", InboxState::Returned));
    assert_eq!(row.raw, inquiry[..1024]);
    assert_eq!(row.digest, stazh::exchange::seal::sha256(&inquiry));
    let released = release(id, store, stage.kz.flows().clock.as_ref()).await.unwrap();
    assert_eq!(released, Released::NotWaiting);
    for _ in 0..20 {
        assert_eq!(stage.post_as(&identity, inquiry.clone()).await.0, 403);
    }
    assert_eq!(stage.count(InboxState::Returned).await, 1, "one of a window is enough as evidence");
    assert!(stage.is_well().await);
}

pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

async fn post_coded(stage: &Stage, coding: &str, body: &[u8]) -> String {
    let mut line = stage.connect().await;
    let head = format!(
        "POST / HTTP/1.1\r\nhost: kz\r\ncontent-encoding: {coding}\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    line.write_all(head.as_bytes()).await.unwrap();
    let _ = line.write_all(body).await; // the node may have heard enough
    hear(&mut line).await
}

/// The reply is a fault with this status and reason, and the journal says the same under this code.
pub(crate) async fn assert_refused(stage: &Stage, reply: &str, status: &str, code: &str, told: &str) {
    assert!(reply.starts_with(&format!("HTTP/1.1 {status}")), "{told}\n{reply}");
    assert!(reply.contains(told) && reply.contains("<soap:Fault>"), "{told}\n{reply}");
    let journal = stage.journal().await;
    let last = &journal.iter().rfind(|row| row.entry.kind == "returned").unwrap().entry;
    assert_eq!(last.code.as_deref(), Some(code));
    assert!(last.detail.contains(told), "{}", last.detail);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deflated_body_is_taken_and_a_bomb_a_cut_one_and_another_coding_are_refused() {
    let stage = Stage::set_within(|limits| limits.body_bytes_max = 1_000_000).await;
    let before = stage.count(InboxState::Settled).await;
    let lawful = stage.message(&stage.sealed(&stage.signer()));
    let reply = post_coded(&stage, "gzip", &gzip(&lawful)).await;
    assert!(reply.starts_with("HTTP/1.1 202"), "{reply}");
    assert!(reply.contains("\r\naccept-encoding: gzip\r\n"), "{reply}");
    assert!(stage.settles_more_than(before).await);
    let bomb = gzip(&vec![b' '; 500_000_000]);
    assert!(bomb.len() < 600_000, "{}", bomb.len());
    let nested = gzip(&bomb);
    let cases: [(&str, &[u8], &str, &str, &str); 5] = [
        ("gzip", &bomb, "413", "wire.body_too_large", "a body exceeds the limit of 1000000 bytes"),
        ("GZip", &gzip(&lawful)[..500], "400", "wire.body_coding", "inflate a body: it is not whole gzip"),
        ("gzip", b"<not-gzip/>", "400", "wire.body_coding", "inflate a body: it is not whole gzip"),
        ("br", b"<a/>", "415", "wire.body_coding", "the content coding br is not taken; send gzip, or none"),
        ("gzip, gzip", &nested, "415", "wire.body_coding", "the content coding gzip, gzip is not taken"),
    ];
    for (coding, body, status, code, told) in cases {
        let reply = post_coded(&stage, coding, body).await;
        assert_refused(&stage, &reply, status, code, told).await;
    }
    assert!(stage.is_well().await);
}

/// Carries bytes to the node and counts them.
async fn counting(to: std::net::SocketAddr) -> (std::net::SocketAddr, Arc<AtomicU64>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (address, count) = (listener.local_addr().unwrap(), Arc::new(AtomicU64::new(0)));
    let sum = count.clone();
    tokio::spawn(async move {
        while let Ok((mut from, _)) = listener.accept().await {
            let sum = sum.clone();
            tokio::spawn(async move {
                let mut to = TcpStream::connect(to).await.unwrap();
                if let Ok((up, _down)) = copy_bidirectional(&mut from, &mut to).await {
                    sum.fetch_add(up, Ordering::SeqCst);
                }
            });
        }
    });
    (address, count)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_was_told_sends_deflated_and_the_other_settles_it() {
    let stage = Stage::set_within(|limits| limits.idle_ms = 100).await;
    let (address, count) = counting(stage.kz_address).await;
    let url = format!("https://{address}/").parse().unwrap();
    let endpoint = PeerEndpoint { name: "KZ".to_owned(), url };
    let wire = HttpsWire::new(vec![endpoint], 5_000, &stage.identity()).unwrap();
    let mut sizes = Vec::new();
    for _ in 0..2 {
        let before = (count.load(Ordering::SeqCst), stage.count(InboxState::Settled).await);
        let inquiry = stage.message(&stage.sealed(&stage.signer()));
        let length = u64::try_from(inquiry.len()).unwrap();
        assert_eq!(wire.post("KZ", inquiry.into()).await.unwrap().status, 202);
        assert!(stage.settles_more_than(before.1).await);
        let begun = Instant::now();
        while count.load(Ordering::SeqCst) == before.0 {
            assert!(begun.elapsed() < Duration::from_secs(10), "the idle connection stays open");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        sizes.push((length, count.load(Ordering::SeqCst) - before.0));
    }
    let [(length, plain), (_, deflated)] = sizes[..] else { panic!("{sizes:?}") };
    assert!(plain > length, "the first went as it was");
    assert!(deflated + length / 3 < plain, "the second was deflated: {deflated} bytes after {plain}");
}

/// `openssl s_client` with the Russian node's certificate; posts `<a/>` and gives back what it printed.
fn s_client(stage: &Stage, words: &[&str]) -> String {
    let path = |path: &Path| path.to_str().unwrap().to_owned();
    let mut client = Command::new("openssl")
        .args(["s_client", "-connect", &stage.kz_address.to_string(), "-ign_eof"])
        .args(["-cert", &path(&stage.ru.wire.certificate), "-key", &path(&stage.ru.wire.key)])
        .args(words)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = client.stdin.take().unwrap();
    let close = head(4).replace("host: kz", "host: kz\r\nconnection: close");
    input.write_all((close + "<a/>").as_bytes()).unwrap();
    let output = client.wait_with_output().unwrap();
    drop(input);
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_that_would_resume_a_session_proves_its_certificate_again() {
    let stage = Stage::set().await;
    let folder = tempfile::tempdir().unwrap();
    for version in ["-tls1_2", "-tls1_3"] {
        let session = folder.path().join(format!("session{version}"));
        let session = session.to_str().unwrap();
        let first = s_client(&stage, &[version, "-sess_out", session]);
        assert!(first.contains("HTTP/1.1 400"), "{first}");
        // a door that gives no session may leave no file; one of TLS 1.2 has a session without id and ticket
        let offered: &[&str] = match Path::new(session).exists() {
            true => &[version, "-sess_in", session],
            false => &[version],
        };
        let second = s_client(&stage, offered);
        assert!(second.contains("HTTP/1.1 400"), "{second}");
        assert!(second.contains("New, TLSv1") && !second.contains("Reused, TLSv1"), "{second}");
    }
    let again = s_client(&stage, &["-tls1_2", "-reconnect"]);
    assert!(!again.contains("Reused, TLSv1") && !again.contains("alert"), "{again}");
    assert!(stage.is_well().await);
}

/// The end of a line that a caller closes in the middle is no trouble either.
#[tokio::test(flavor = "multi_thread")]
async fn a_caller_that_leaves_after_its_handshake_leaves_its_place() {
    let stage = Stage::set_within(|limits| limits.callers_per_peer_max = 1).await;
    for _ in 0..5 {
        let mut line = stage.connect().await;
        let _ = Pin::new(&mut line).shutdown().await; // the node may be quicker
        drop(line);
    }
    for _ in 0..500 {
        if stage.wire(&stage.identity()).post("KZ", "<a/>".into()).await.is_ok() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("the place is not free again");
}
