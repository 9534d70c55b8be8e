//! A bad line between two real nodes: a carrier in user space that delays, trickles, cuts connections in the middle of
//! requests and of replies, and loses replies, as its seed says.

use crate::full_disk::{journal, until};
use crate::processes::{
    Process, also_set, assert_handed_over, completed, inquiries, keep_local, run, stazh, two_nodes,
};
use stazh::base::{Random, SeededRandom};
use std::net::SocketAddr;
use std::path::Path;
use std::process::Stdio;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};

/// A line to one peer; it ends with the test's runtime.
pub(crate) struct Link {
    pub(crate) address: SocketAddr,
    ends: Arc<Ends>,
}

/// How a connection ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    /// After so many bytes to the peer, which is seldom between two requests.
    CutAsking(usize),
    /// After so many bytes from the peer.
    CutAnswering(usize),
    /// It stays open, but after so many bytes from the peer no more of them come.
    Unanswered(usize),
    /// Each piece waits; cut after so many bytes to the peer.
    Slow(usize),
    /// A few bytes at a time; cut after so many to the peer.
    Trickle(usize),
}

impl Fate {
    /// The kinds take turns; how far it goes is drawn.
    fn of(number: u32, random: &SeededRandom) -> Self {
        let upto = |most: usize| usize::try_from(random.permille()).unwrap() * most / 1000 + 1;
        // A handshake is some 3 kB each way, a message 2 to 10 kB, a reply 150 bytes.
        match number % 5 {
            0 => Self::CutAsking(upto(ASKING_BYTES)),
            1 => Self::CutAnswering(upto(ANSWERING_BYTES)),
            2 => Self::Unanswered(upto(ANSWERING_BYTES)),
            3 => Self::Slow(upto(ASKING_BYTES)),
            _ => Self::Trickle(upto(ASKING_BYTES)),
        }
    }

    fn ways(self) -> (Way, Way) {
        let free = Way { bytes_max: usize::MAX, end: End::Cut, piece: PIECE, pause: Duration::ZERO };
        let slow = Way { pause: Duration::from_millis(10), ..free };
        let trickle = Way { piece: 100, pause: Duration::from_millis(1), ..free };
        match self {
            Self::CutAsking(bytes_max) => (Way { bytes_max, ..free }, free),
            Self::CutAnswering(bytes_max) => (free, Way { bytes_max, ..free }),
            Self::Unanswered(bytes_max) => (free, Way { bytes_max, end: End::Silence, ..free }),
            Self::Slow(bytes_max) => (Way { bytes_max, ..slow }, slow),
            Self::Trickle(bytes_max) => (Way { bytes_max, ..trickle }, trickle),
        }
    }
}

/// How bytes are carried one way.
#[derive(Debug, Clone, Copy)]
struct Way {
    bytes_max: usize,
    end: End,
    piece: usize,
    pause: Duration,
}

/// What happens when a way has carried all it may.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Cut,
    Silence,
}

/// How many connections there were, and how many met their fate; from the others a node hung up before.
#[derive(Debug, Default)]
struct Ends {
    connections: AtomicU32,
    cut_asking: AtomicU32,
    cut_answering: AtomicU32,
    unanswered: AtomicU32,
    slow: AtomicU32,
    trickle: AtomicU32,
}

impl Ends {
    fn met(&self, fate: Fate) -> &AtomicU32 {
        match fate {
            Fate::CutAsking(_) => &self.cut_asking,
            Fate::CutAnswering(_) => &self.cut_answering,
            Fate::Unanswered(_) => &self.unanswered,
            Fate::Slow(_) => &self.slow,
            Fate::Trickle(_) => &self.trickle,
        }
    }

    /// Cut in the middle of requests and of replies, and replies lost.
    fn of_each_loss(&self) -> [u32; 3] {
        [&self.cut_asking, &self.cut_answering, &self.unanswered].map(|count| count.load(Ordering::Relaxed))
    }
}

impl Link {
    /// A line whose every connection has its fate, in the order they are made.
    async fn bad(to: SocketAddr, seed: u64) -> Self {
        let (listener, address) = listen().await;
        let ends = Arc::new(Ends::default());
        let (random, told) = (SeededRandom::new(seed), ends.clone());
        tokio::spawn(async move {
            for number in 0.. {
                let Ok((caller, _)) = listener.accept().await else { return };
                told.connections.fetch_add(1, Ordering::Relaxed);
                let (fate, told) = (Fate::of(number, &random), told.clone());
                tokio::spawn(async move {
                    if let Ok(peer) = TcpStream::connect(to).await
                        && carry(caller, peer, fate.ways()).await
                    {
                        told.met(fate).fetch_add(1, Ordering::Relaxed);
                    }
                });
            }
        });
        Self { address, ends }
    }

    /// A good line to whichever of several replicas is up, in turns.
    pub(crate) async fn shared(replicas: Vec<SocketAddr>) -> Self {
        let (listener, address) = listen().await;
        let (replicas, turn) = (Arc::new(replicas), Arc::new(AtomicUsize::new(0)));
        tokio::spawn(async move {
            while let Ok((mut caller, _)) = listener.accept().await {
                let (replicas, first) = (replicas.clone(), turn.fetch_add(1, Ordering::Relaxed));
                tokio::spawn(async move {
                    for number in first..first + replicas.len() {
                        if let Ok(mut peer) = TcpStream::connect(replicas[number % replicas.len()]).await {
                            let _ = copy_bidirectional(&mut caller, &mut peer).await; // a killed one breaks off
                            return;
                        }
                    }
                });
            }
        });
        Self { address, ends: Arc::default() }
    }

    /// Lets a node reach its peer over this line.
    pub(crate) fn leads_from(&self, folder: &Path) {
        let settings = folder.join("node.toml");
        let text = std::fs::read_to_string(&settings).unwrap();
        let url = text.lines().find(|line| line.starts_with("url = \"https")).unwrap();
        let text = text.replace(url, &format!("url = \"https://{}/\"", self.address));
        std::fs::write(&settings, text).unwrap();
    }
}

async fn listen() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    (listener, address)
}

/// Where a node listens, as its settings say.
pub(crate) fn address_of(folder: &Path) -> SocketAddr {
    let text = std::fs::read_to_string(folder.join("node.toml")).unwrap();
    let listen = text.lines().find_map(|line| line.strip_prefix("listen = ")).unwrap();
    listen.trim_matches('"').parse().unwrap()
}

/// Carries until an end closes or the fate is met; tells whether it was.
async fn carry(caller: TcpStream, peer: TcpStream, (to_peer, to_caller): (Way, Way)) -> bool {
    let ((from_caller, into_caller), (from_peer, into_peer)) = (caller.into_split(), peer.into_split());
    let is_met = Arc::new(Mutex::new(false));
    tokio::select! {
        () = to_peer.pump(from_caller, into_peer, is_met.clone()) => {}
        () = to_caller.pump(from_peer, into_caller, is_met.clone()) => {}
    }
    *is_met.lock().unwrap()
}

impl Way {
    async fn pump(self, mut from: OwnedReadHalf, mut into: OwnedWriteHalf, is_met: Arc<Mutex<bool>>) {
        let mut piece = vec![0; self.piece];
        let mut left = self.bytes_max;
        loop {
            let Ok(came @ 1..) = from.read(&mut piece).await else { return };
            tokio::time::sleep(self.pause).await;
            let carried = came.min(left);
            if into.write_all(&piece[..carried]).await.is_err() {
                return;
            }
            left -= carried;
            if left == 0 {
                *is_met.lock().unwrap() = true;
                if self.end == End::Cut {
                    return;
                }
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_conversations_cross_a_bad_line_and_none_is_lost_or_doubled() {
    const CONVERSATIONS: u32 = 200;
    let root = tempfile::tempdir().unwrap();
    let (ru, kz) = two_nodes(root.path());
    let (to_kz, to_ru) = (Link::bad(address_of(&kz), 1).await, Link::bad(address_of(&ru), 2).await);
    to_kz.leads_from(&ru);
    to_ru.leads_from(&kz);
    for folder in [&ru, &kz] {
        also_set(folder, "[limits]\npost_timeout_ms = 700\nlease_ms = 2000");
    }
    keep_local(&kz, 0..CONVERSATIONS);
    let inquiries = inquiries(root.path(), "KZ", 0..CONVERSATIONS);
    let start = |folder| Process::start_with(stazh().arg("serve").stderr(Stdio::null()), folder);
    let _nodes = [start(&ru), start(&kz)];
    run(stazh().arg("send").arg(&ru).args(&inquiries));
    until("not all came over the line", async || completed(&ru).await == i64::from(CONVERSATIONS)).await;
    assert_handed_over(&ru, 0..CONVERSATIONS).await;
    for link in [&to_kz, &to_ru] {
        let ends = link.ends.of_each_loss();
        assert!(ends.iter().all(|count| *count > 0), "the line was not bad enough: {:?}", link.ends);
    }
    let repeated = journal(&kz).iter().filter(|row| row["kind"] == "repeated").count();
    assert!(repeated > 0, "no reply was lost, or it was not noticed");
}

const ASKING_BYTES: usize = 25_000;
const ANSWERING_BYTES: usize = 5_000;
const PIECE: usize = 16_384;
