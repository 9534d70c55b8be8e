//! Keys change under load: nothing is lost or refused, and what is unfit is not taken.

use crate::exchange::{ended, inquiry, record};
use crate::keys::Authority;
use crate::nodes::{TestDesk, World};
use openssl::ssl::{SslConnector, SslMethod, SslVerifyMode};
use openssl::x509::X509;
use stazh::base::{Clock, Digest256, OsRandom, Random, SystemClock};
use stazh::exchange::seal::{
    DigestAlgorithm, Imprint, Issued, KeyKind, Signer, StampAuthority, StampQuestion, ThrowAwayAuthority,
    sha256,
};
use stazh::flow::compose;
use stazh::node::{Door, Node, Settings, TimeStampSettings};
use stazh::store::{
    ConversationState, InboxState, JournalBy, JournalRow, OutboxState, inbox_counts, journal_list,
    outbox_counts,
};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::{Duration, Instant};

/// Russia asks, Kazakhstan answers; both may change their keys.
struct Pair {
    world: World,
    ru: Node,
    kz: Node,
    desk: Arc<TestDesk>,
    ru_door: SocketAddr,
    kz_door: SocketAddr,
}

const PERSONS: u32 = 400;

impl Pair {
    async fn start(change: impl FnOnce(&mut Settings, &mut Settings)) -> Self {
        let world = World::new();
        let (mut ru, mut kz) = (world.settle("RU", "KZ"), world.settle("KZ", "RU"));
        let (ru_open, kz_open) = (Door::open(&ru).await.unwrap(), Door::open(&kz).await.unwrap());
        let (ru_door, kz_door) = (ru_open.address().unwrap(), kz_open.address().unwrap());
        ru.peers[0].url = format!("https://{kz_door}/");
        kz.peers[0].url = format!("https://{ru_door}/");
        for settings in [&mut ru, &mut kz] {
            settings.limits.sweep_ms = 50;
        }
        change(&mut ru, &mut kz);
        let desk = Arc::new(TestDesk::default());
        let knows = Arc::new(TestDesk::knowing((0..PERSONS).map(record).collect()));
        let ru = Node::start(ru_open, &ru, desk.clone()).await.unwrap();
        let kz = Node::start(kz_open, &kz, knows).await.unwrap();
        Self { world, ru, kz, desk, ru_door, kz_door }
    }

    /// Asks until it is told to stop; each answer must come.
    async fn load(&self, goes_on: &AtomicBool, asked: &AtomicU32) {
        let mut open = Vec::new();
        while goes_on.load(Ordering::Relaxed) {
            let number = asked.fetch_add(1, Ordering::Relaxed);
            assert!(number < PERSONS, "the keys change too slowly");
            open.push(compose(&inquiry(number), self.ru.flows()).await.unwrap().conversation_id);
            if open.len() >= 8 {
                assert_eq!(ended(&self.ru, open.remove(0)).await, ConversationState::Completed);
            }
        }
        for id in open {
            assert_eq!(ended(&self.ru, id).await, ConversationState::Completed);
        }
    }

    /// Nobody refused or parked anything.
    async fn assert_peace(&self) {
        for node in [&self.ru, &self.kz] {
            let mut tx = node.flows().store.read().await.unwrap();
            let inbox = inbox_counts(&mut tx).await.unwrap();
            for state in [InboxState::Returned, InboxState::Quarantined, InboxState::Parked] {
                assert_eq!(inbox.get(&state), None, "{inbox:?}");
            }
            let outbox = outbox_counts(&mut tx).await.unwrap();
            for state in [OutboxState::Returned, OutboxState::Quarantined, OutboxState::Parked] {
                assert_eq!(outbox.get(&state), None, "{outbox:?}");
            }
        }
    }

    fn file(&self, state: &str, name: &str) -> PathBuf {
        self.world.folder(state).join(name)
    }
}

async fn entries(node: &Node, kind: &str) -> Vec<JournalRow> {
    let mut tx = node.flows().store.read().await.unwrap();
    let rows = journal_list(&mut tx, JournalBy::All, 0, 100_000).await.unwrap();
    rows.into_iter().filter(|row| row.entry.kind == kind).collect()
}

/// Waits until so many entries of a kind were written.
async fn told(node: &Node, kind: &str, count: usize) -> Vec<String> {
    let begun = Instant::now();
    loop {
        let found = entries(node, kind).await;
        if found.len() >= count {
            return found.into_iter().map(|row| row.entry.detail).collect();
        }
        assert!(begun.elapsed() < Duration::from_secs(60), "{} of {count} {kind}", found.len());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

fn fingerprint(pem: &[u8]) -> Digest256 {
    sha256(&X509::stack_from_pem(pem).unwrap()[0].to_der().unwrap())
}

/// The certificate that a door shows to whoever calls.
async fn shown(door: SocketAddr) -> Digest256 {
    tokio::task::spawn_blocking(move || {
        let mut connector = SslConnector::builder(SslMethod::tls_client()).unwrap();
        connector.set_verify(SslVerifyMode::NONE);
        let stream = TcpStream::connect(door).unwrap();
        let stream = connector.build().connect("localhost", stream).unwrap();
        sha256(&stream.ssl().peer_certificate().unwrap().to_der().unwrap())
    })
    .await
    .unwrap()
}

fn write(file: &Path, bytes: &[u8]) {
    std::fs::write(file, bytes).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_change_under_load_and_no_document_is_lost_or_refused() {
    let pair = Pair::start(|_ru, kz| {
        kz.peers[0].seal_signers = ["CN=RU fund", "CN=RU fund 2"].map(str::to_owned).into();
    })
    .await;
    let (goes_on, asked) = (AtomicBool::new(true), AtomicU32::new(0));
    let change = async {
        let some_more = async |count: u32| {
            let from = asked.load(Ordering::Relaxed);
            while asked.load(Ordering::Relaxed) < from + count {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        some_more(10).await;
        // the seal: first the key, then its certificate, and it does not matter which is seen first
        let seal = pair.world.seals.lock().unwrap()["RU"].issue_for_seals("RU fund 2");
        write(&pair.file("RU", "seal.key"), &seal.key);
        write(&pair.file("RU", "seal.pem"), &seal.certificate);
        let changed = told(&pair.ru, "keys_changed", 1).await;
        assert_eq!(changed, [format!("[seal]: sha-256 {}", fingerprint(&seal.certificate))]);
        some_more(10).await;
        // the wire of both sides
        for (state, node, door) in [("RU", &pair.ru, pair.ru_door), ("KZ", &pair.kz, pair.kz_door)] {
            let before = shown(door).await;
            let told_before = entries(node, "keys_changed").await.len();
            let name = format!("{}.example", state.to_lowercase());
            let (key, certificate) = pair.world.issue(&name);
            let certificate = std::fs::read(certificate).unwrap();
            write(&pair.file(state, "wire.pem"), &certificate);
            write(&pair.file(state, "wire.key"), &std::fs::read(key).unwrap());
            let changed = told(node, "keys_changed", told_before + 1).await;
            let print = fingerprint(&certificate);
            assert!(changed.last().unwrap().starts_with(&format!("[wire]: sha-256 {print}")), "{changed:?}");
            assert_ne!(before, print);
            assert_eq!(shown(door).await, print);
            some_more(10).await;
        }
        goes_on.store(false, Ordering::Relaxed);
    };
    tokio::join!(pair.load(&goes_on, &asked), change);
    let count = usize::try_from(asked.load(Ordering::Relaxed)).unwrap();
    pair.desk.all_told(count).await;
    pair.assert_peace().await;
    // who is in no list of the peer's signers is refused all the same
    let seal = pair.world.seals.lock().unwrap()["RU"].issue_for_seals("RU fund 3");
    write(&pair.file("RU", "seal.key"), &seal.key);
    write(&pair.file("RU", "seal.pem"), &seal.certificate);
    let print = fingerprint(&seal.certificate).to_string();
    let begun = Instant::now();
    while !entries(&pair.ru, "keys_changed").await.iter().any(|row| row.entry.detail.contains(&print)) {
        assert!(begun.elapsed() < Duration::from_secs(60));
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    compose(&inquiry(1), pair.ru.flows()).await.unwrap();
    let refused = told(&pair.kz, "quarantined", 1).await;
    assert_eq!(refused.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unfit_key_leaves_the_old_one_in_use_and_is_told_once() {
    let pair = Pair::start(|_ru, _kz| {}).await;
    let answer = async |number| {
        let id = compose(&inquiry(number), pair.ru.flows()).await.unwrap().conversation_id;
        assert_eq!(ended(&pair.ru, id).await, ConversationState::Completed);
    };
    answer(1).await;
    let (key, good) = (pair.file("RU", "seal.key"), std::fs::read(pair.file("RU", "seal.key")).unwrap());
    let other = pair.world.seals.lock().unwrap()["RU"].issue_for_seals("RU fund 2");
    let wire_key = std::fs::read(pair.file("RU", "wire.key")).unwrap();
    let bundle = std::fs::read(pair.file("RU", "../KZ-seals.pem")).unwrap();
    let shown_before = shown(pair.ru_door).await;
    // a key without its certificate, half of one, none; a wire key of another; half a bundle
    let unfit: [(&Path, &[u8], &str); 6] = [
        (&key, &other.key, "[seal]: "),
        (&key, &good[..good.len() / 2], "[seal]: "),
        (&key, b"", "[seal]: "),
        (&pair.file("RU", "wire.key"), &other.key, "[wire]: "),
        (&pair.file("RU", "wire.pem"), b"-----BEGIN", "[wire]: "),
        (&pair.file("RU", "../KZ-seals.pem"), &bundle[..bundle.len() / 2], "seal_authorities of KZ: "),
    ];
    for (count, (file, bytes, what)) in unfit.into_iter().enumerate() {
        write(file, bytes);
        let lines = told(&pair.ru, "keys_unfit", count + 1).await;
        assert!(lines.last().unwrap().starts_with(what), "{lines:?}");
        assert!(!lines.concat().contains("PRIVATE"), "{lines:?}");
        let number = 2 + u32::try_from(count).unwrap();
        answer(number).await;
    }
    assert_eq!(shown(pair.ru_door).await, shown_before);
    assert_eq!(
        entries(&pair.ru, "keys_unfit").await.len(),
        6,
        "each was told once, however often it was looked at"
    );
    assert_eq!(entries(&pair.ru, "keys_changed").await.len(), 0);
    // mended, it is as it was: nothing has changed, and nothing is told
    write(&key, &good);
    write(&pair.file("RU", "wire.key"), &wire_key);
    answer(20).await;
    assert_eq!(entries(&pair.ru, "keys_changed").await.len(), 0);
    pair.assert_peace().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_authority_of_a_peer_is_added_while_the_node_runs() {
    let pair = Pair::start(|_ru, _kz| {}).await;
    let new = Authority::new("RU seals of next year");
    let theirs = pair.file("KZ", "../RU-seals.pem");
    let both = [std::fs::read(&theirs).unwrap(), new.pem()].concat();
    write(&theirs, &both);
    told(&pair.kz, "keys_changed", 1).await;
    let seal = new.issue_for_seals("RU fund");
    write(&pair.file("RU", "seal.pem"), &seal.certificate);
    write(&pair.file("RU", "seal.key"), &seal.key);
    told(&pair.ru, "keys_changed", 1).await;
    let id = compose(&inquiry(1), pair.ru.flows()).await.unwrap().conversation_id;
    assert_eq!(ended(&pair.ru, id).await, ConversationState::Completed);
    pair.assert_peace().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_authority_for_time_stamps_is_added_while_the_node_runs() {
    let now = SystemClock.now();
    let make = |name| ThrowAwayAuthority::of_kind(KeyKind::P256, name, "RU", now).unwrap();
    let (old, new) = (make("time"), make("time of next year"));
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("time-stamp-authorities.pem");
    write(&file, &old.pem().unwrap());
    let pair = Pair::start(|ru, _kz| {
        ru.time_stamps = Some(TimeStampSettings {
            url: "http://127.0.0.1:1/".to_owned(),
            authorities: file.clone(),
            signer: None,
            every_ms: 1_000_000,
            renew_before_days: 60,
        });
    })
    .await;
    let counts = |authority: &ThrowAwayAuthority| {
        let Issued { chain_pem, key_pem } = authority.issue_time_stamping("clock", KeyKind::P256).unwrap();
        let clock = StampAuthority::new(Signer::from_pem(&key_pem, &chain_pem).unwrap()).unwrap();
        let imprint = Imprint::of(DigestAlgorithm::Sha256, b"a document").unwrap();
        let question = StampQuestion::new(imprint, OsRandom::default().uuid(), now);
        let (answer, _) =
            clock.answer(&question.to_der().unwrap(), (OsRandom::default().uuid(), now)).unwrap();
        let trust = pair.ru.flows().time_stamps.as_ref().unwrap().trust.get();
        question.read_answer(&answer, &trust, now).is_ok()
    };
    assert!(counts(&old) && !counts(&new));
    let both = [old.pem().unwrap(), new.pem().unwrap()].concat();
    write(&file, &both[..both.len() - 100]);
    let unfit = told(&pair.ru, "keys_unfit", 1).await;
    assert!(unfit[0].starts_with("authorities of [time_stamps]: "), "{unfit:?}");
    assert!(counts(&old) && !counts(&new));
    write(&file, &both);
    let changed = told(&pair.ru, "keys_changed", 1).await;
    assert!(changed[0].starts_with("authorities of [time_stamps]: sha-256 "), "{changed:?}");
    assert!(changed[0].contains(&fingerprint(&new.pem().unwrap()).to_string()), "{changed:?}");
    assert!(counts(&old) && counts(&new));
    write(&file, &new.pem().unwrap());
    told(&pair.ru, "keys_changed", 2).await;
    assert!(!counts(&old) && counts(&new));
}
