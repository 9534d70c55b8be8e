//! A peer that is on the line and is no node: one that takes everything and does nothing, one that shows a page, one
//! that never ends an answer. The operator learns of it, other peers go on, and what was begun with it comes to its end.

use super::clock::Clock;
use crate::full_disk::{journal, until};
use crate::keys::Authority;
use crate::processes::{Process, also_set, completed, inquiries, keep_local, run, stazh, two_nodes, waiting};
use openssl::pkey::PKey;
use openssl::ssl::{Ssl, SslAcceptor, SslMethod};
use openssl::x509::X509;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio_openssl::SslStream;

/// A web server under a certificate that the node knows, where the Armenian node should be.
struct Counterpart {
    requests: Arc<AtomicU32>,
    /// What it says to every request, after `HTTP/1.1 200 OK`.
    answer: Arc<Mutex<&'static str>>,
}

impl Counterpart {
    /// Starts it and makes it a peer of the node in `folder`.
    async fn of(folder: &Path, answer: &'static str) -> Self {
        let authority = Authority::new("Some authority");
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("https://{}/", listener.local_addr().unwrap());
        also_set(
            folder,
            &format!(
                "[[peer]]\nstate = \"AM\"\nurl = \"{url}\"\ncertificate_name = \"am.example\"\n\
                 seal_authorities = \"keys/am-seal-authorities.pem\""
            ),
        );
        std::fs::write(folder.join("keys/am-seal-authorities.pem"), authority.pem()).unwrap();
        let known = std::fs::OpenOptions::new().append(true).open(folder.join("keys/wire-authorities.pem"));
        known.unwrap().write_all(&authority.pem()).unwrap();
        let counterpart = Self { requests: Arc::default(), answer: Arc::new(Mutex::new(answer)) };
        let (requests, answer) = (counterpart.requests.clone(), counterpart.answer.clone());
        let acceptor = acceptor(&authority);
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                let mut stream = SslStream::new(Ssl::new(acceptor.context()).unwrap(), socket).unwrap();
                let (requests, answer) = (requests.clone(), answer.clone());
                tokio::spawn(async move {
                    if Pin::new(&mut stream).accept().await.is_ok() {
                        answer_all(stream, &requests, &answer).await;
                    }
                });
            }
        });
        counterpart
    }

    fn requests(&self) -> u32 {
        self.requests.load(Ordering::Relaxed)
    }
}

fn acceptor(authority: &Authority) -> SslAcceptor {
    let issued = authority.issue("am.example");
    let mut builder = SslAcceptor::mozilla_intermediate_v5(SslMethod::tls_server()).unwrap();
    builder.set_private_key(&PKey::private_key_from_pem(&issued.key).unwrap()).unwrap();
    builder.set_certificate(&X509::from_pem(&issued.certificate).unwrap()).unwrap();
    builder.build()
}

async fn answer_all(stream: SslStream<TcpStream>, requests: &AtomicU32, answer: &Mutex<&str>) {
    let mut stream = BufReader::new(stream);
    loop {
        let mut length = 0;
        loop {
            let mut line = String::new();
            if !matches!(stream.read_line(&mut line).await, Ok(1..)) {
                return;
            }
            if let Some(value) = line.to_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse().unwrap();
            }
            if line == "\r\n" {
                break;
            }
        }
        if stream.read_exact(&mut vec![0; length]).await.is_err() {
            return;
        }
        requests.fetch_add(1, Ordering::Relaxed);
        let answer = format!("HTTP/1.1 200 OK\r\n{}", *answer.lock().unwrap());
        if stream.write_all(answer.as_bytes()).await.is_err() {
            return;
        }
        let _ = stream.flush().await; // the next read tells
    }
}

/// A Russian node with two peers, a true Kazakh one and a counterpart; what it asks each of them.
struct Stage {
    _root: tempfile::TempDir,
    ru: PathBuf,
    clock: Clock,
    counterpart: Counterpart,
    _nodes: [Process; 2],
}

impl Stage {
    async fn set(answer: &'static str, post_timeout_ms: u32) -> Self {
        let root = tempfile::tempdir().unwrap();
        let (ru, kz) = two_nodes(root.path());
        let counterpart = Counterpart::of(&ru, answer).await;
        let lease_ms = post_timeout_ms + 2000;
        also_set(&ru, &format!("[limits]\npost_timeout_ms = {post_timeout_ms}\nlease_ms = {lease_ms}"));
        keep_local(&kz, 0..KZ_ASKED);
        let clock = Clock::new(&ru);
        let nodes = [clock.start(&ru), Process::start(&kz)];
        for (asked, count) in [("AM", AM_ASKED), ("KZ", KZ_ASKED)] {
            run(stazh().arg("send").arg(&ru).args(inquiries(root.path(), asked, 0..count)));
        }
        Self { _root: root, ru, clock, counterpart, _nodes: nodes }
    }

    async fn the_others_go_on(&self) {
        until("KZ does not go on", async || completed(&self.ru).await == i64::from(KZ_ASKED)).await;
    }

    /// What a person was asked about this peer, by the codes.
    fn person_was_asked(&self) -> Vec<String> {
        let of_am = |row: &serde_json::Value| row["peer"] == "AM" && row["kind"] == "ask_person";
        let asked = journal(&self.ru).into_iter().filter(of_am);
        asked.map(|row| format!("{} {}", row["code"], row["detail"])).collect()
    }

    fn conversations(&self, state: &str) -> serde_json::Value {
        let status = stazh().arg("status").arg(&self.ru).arg("--json").output().unwrap();
        let status: serde_json::Value = serde_json::from_slice(&status.stdout).unwrap();
        status["conversations"][state].clone()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_peer_that_takes_everything_and_does_nothing_is_found_out_by_the_terms_and_a_person_is_asked() {
    let stage = Stage::set(NOTHING, 20_000).await;
    stage.the_others_go_on().await;
    assert_eq!(stage.person_was_asked(), Vec::<String>::new(), "it has its terms");
    for sent in 1..=REPEATS + 1 {
        let all = AM_ASKED * sent;
        until("it was not sent again", async || stage.counterpart.requests() >= all).await;
        let sent_all = async || waiting(&stage.ru).is_empty();
        until("the sending is not recorded", sent_all).await;
        assert_eq!(stage.counterpart.requests(), all, "sent {sent} times, no more");
        stage.clock.is_off_by(i64::from(sent) * PAST_T3_S);
    }
    until("they do not end", async || stage.conversations("expired") == AM_ASKED).await;
    assert_eq!(stage.conversations("open"), serde_json::Value::Null);
    let asked = stage.person_was_asked();
    assert_eq!(Ok(AM_ASKED), asked.len().try_into(), "{asked:?}");
    assert_eq!(stage.counterpart.requests(), AM_ASKED * (REPEATS + 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_peer_that_never_ends_an_answer_is_shown_and_holds_up_nobody() {
    is_shown_and_holds_up_nobody(ENDLESS, "read the reply of peer AM within 150 ms; it answered 200").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_peer_that_shows_a_page_to_everything_is_shown_and_holds_up_nobody() {
    is_shown_and_holds_up_nobody(PAGE, "the peer answered 200 with 18 bytes that are no envelope").await;
}

/// A peer that is no node is a miss: tried on, shown with the reason, and a person is asked.
async fn is_shown_and_holds_up_nobody(answer: &'static str, reason: &str) {
    let stage = Stage::set(answer, 150).await;
    stage.the_others_go_on().await;
    assert_eq!(stage.conversations("open"), AM_ASKED);
    let is_of_am = |row: &serde_json::Value| row["peer"] == "AM";
    let only_am_waits = async || {
        let waits = waiting(&stage.ru);
        waits.len().try_into() == Ok(AM_ASKED) && waits.iter().all(is_of_am)
    };
    until("others wait too", only_am_waits).await;
    until("no person is asked", async || !stage.person_was_asked().is_empty()).await;
    let asked = stage.person_was_asked();
    assert!(asked.iter().all(|text| text.contains("wire.unreachable")), "{asked:?}");
    let is_miss = |row: &serde_json::Value| row["kind"] == "missed" && is_of_am(row);
    let misses: Vec<_> = journal(&stage.ru).into_iter().filter(is_miss).collect();
    assert!(misses.iter().any(|row| row["detail"].to_string().contains(reason)), "{misses:?}");
    assert_eq!(stage.conversations("open"), AM_ASKED, "it is tried on");
    *stage.counterpart.answer.lock().unwrap() = NOTHING;
    until("it is not taken up again", async || waiting(&stage.ru).is_empty()).await;
}

const NOTHING: &str = "content-length: 0\r\n\r\n";
const PAGE: &str = "content-length: 18\r\n\r\n<html>hello</html>";
const ENDLESS: &str = "\r\n<html>";
const KZ_ASKED: u32 = 20;
const AM_ASKED: u32 = 3;
/// How often a request of P.XP.01.TRN.001 is repeated, and a while longer than its T3.
const REPEATS: u32 = 3;
const PAST_T3_S: i64 = 601;
