//! The road by queues, against a real RabbitMQ of the test's own.

use crate::exchange::{ended, handed_over, iin, inquiry, journal, record};
use crate::nodes::{TestDesk, World};
use stazh::exchange::canonical::{CopyOfDocument, Evidence};
use stazh::exchange::seal::sha256;
use stazh::flow::compose;
use stazh::node::{Broker, Door, Node, Settings};
use stazh::store::{ConversationState, JournalBy, journal_list};
use std::net::TcpStream;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A broker with its own ports, its own files and its own name; it ends with the test.
struct Rabbit {
    folder: tempfile::TempDir,
    /// Of plain AMQP, of its distribution, of the names of Erlang, of AMQP over TLS.
    ports: [u16; 4],
    process: Child,
}

impl Rabbit {
    fn start() -> Self {
        Self::start_with(|_port| String::new())
    }

    /// One whose settings are made for the port that it may use for TLS.
    fn start_with(settings: impl FnOnce(u16) -> String) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let sockets = [0; 4].map(|_| std::net::TcpListener::bind("127.0.0.1:0").unwrap());
        let ports = sockets.each_ref().map(|socket| socket.local_addr().unwrap().port());
        drop(sockets);
        std::fs::write(folder.path().join("rabbitmq.conf"), settings(ports[3])).unwrap();
        let process = Self::run(&folder.path().to_owned(), ports);
        let rabbit = Self { folder, ports, process };
        rabbit.wait();
        rabbit
    }

    fn run(folder: &PathBuf, [port, distribution, names, _tls]: [u16; 4]) -> Child {
        let log = std::fs::File::create(folder.join("out.txt")).unwrap();
        Command::new("/usr/lib/rabbitmq/bin/rabbitmq-server")
            .current_dir(folder) // where it leaves what it dumps when it is killed
            .env("HOME", folder)
            .env("RABBITMQ_NODENAME", format!("stazh-{port}@localhost"))
            .env("RABBITMQ_NODE_IP_ADDRESS", "127.0.0.1")
            .env("RABBITMQ_NODE_PORT", port.to_string())
            .env("RABBITMQ_DIST_PORT", distribution.to_string())
            .env("ERL_EPMD_PORT", names.to_string())
            .env("ERL_EPMD_ADDRESS", "127.0.0.1")
            .env("RABBITMQ_MNESIA_BASE", folder.join("data"))
            .env("RABBITMQ_LOG_BASE", folder.join("log"))
            .env("RABBITMQ_PID_FILE", folder.join("pid"))
            .env("RABBITMQ_CONFIG_FILE", folder.join("rabbitmq.conf"))
            .env("RABBITMQ_ENABLED_PLUGINS_FILE", folder.join("plugins"))
            .env("RABBITMQ_CONF_ENV_FILE", "/dev/null")
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .process_group(0)
            .spawn()
            .unwrap_or_else(|error| panic!("start RabbitMQ, which deploy/prerequisites installs: {error}"))
    }

    fn wait(&self) {
        let begun = Instant::now();
        while TcpStream::connect(("127.0.0.1", self.ports[0])).is_err() {
            let told = std::fs::read_to_string(self.folder.path().join("out.txt")).unwrap_or_default();
            assert!(begun.elapsed() < Duration::from_secs(120), "the broker does not start: {told}");
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    fn kill(&mut self) {
        // All of its processes at once, as a crash would: the first is only the script that started the Erlang machine.
        self.end();
        let begun = Instant::now();
        while TcpStream::connect(("127.0.0.1", self.ports[0])).is_ok() {
            assert!(begun.elapsed() < Duration::from_secs(10), "the broker lives on");
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    fn end(&mut self) {
        let group = format!("-{}", self.process.id());
        let _ = Command::new("kill").args(["-KILL", "--", &group]).status(); // it may have ended
        let _ = self.process.wait(); // as above
    }

    fn start_again(&mut self) {
        self.process = Self::run(&self.folder.path().to_owned(), self.ports);
        self.wait();
    }

    /// Settings of a node that reads its own queue here.
    fn settings(&self, world: &World, state: &str, peer: &str) -> Settings {
        let mut settings = world.settle(state, peer);
        settings.peers[0].url = format!("amqp:{peer}.GATEWAY.INT.IN");
        let password = self.folder.path().join("password");
        std::fs::write(&password, "guest\n").unwrap();
        settings.broker = Some(Broker {
            url: format!("amqp://guest@127.0.0.1:{}/%2f", self.ports[0]),
            password_file: Some(password),
            inbound: format!("{state}.GATEWAY.INT.IN"),
            expiry_ms: 14_400_000,
        });
        settings
    }
}

impl Drop for Rabbit {
    fn drop(&mut self) {
        self.end();
        let names = self.ports[2].to_string();
        let _ = Command::new("epmd").args(["-port", &names, "-kill"]).stdout(Stdio::null()).status();
    }
}

async fn start(settings: &Settings, desk: Arc<TestDesk>) -> Node {
    Node::start(Door::open(settings).await.unwrap(), settings, desk).await.unwrap()
}

/// Waits for an entry of a peer's journal and returns its sentence.
async fn told(node: &Node, peer: &str, kind: &str) -> String {
    let begun = Instant::now();
    loop {
        let mut tx = node.flows().store.read().await.unwrap();
        let rows = journal_list(&mut tx, JournalBy::Peer(peer), 0, 10_000).await.unwrap();
        if let Some(row) = rows.into_iter().find(|row| row.entry.kind == kind) {
            return row.entry.detail;
        }
        drop(tx);
        assert!(begun.elapsed() < Duration::from_secs(60), "no entry {kind}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn records_cross_by_queues_each_once_though_the_broker_is_killed() {
    let mut rabbit = Rabbit::start();
    let world = World::new();
    let (ru_settings, kz_settings) =
        (rabbit.settings(&world, "RU", "KZ"), rabbit.settings(&world, "KZ", "RU"));
    let ru_desk = Arc::new(TestDesk::default());
    let mut kz_desk = TestDesk::knowing((0..60).map(record).collect());
    let scan: Vec<u8> = (0..3_000_000_u32).flat_map(u32::to_le_bytes).collect();
    let copy =
        CopyOfDocument { media_type: None, bytes: scan.len().try_into().unwrap(), sha256: sha256(&scan) };
    let proved = kz_desk.records.get_mut(&iin(0)).unwrap();
    let kind = "workbook".parse().unwrap();
    proved.evidence =
        vec![Evidence { kind, number: None, date: None, title: None, copy: Some(copy.clone()) }];
    kz_desk.copies.insert(copy.sha256, scan.clone());
    let kz_desk = Arc::new(kz_desk);
    let ru = start(&ru_settings, ru_desk.clone()).await;
    let first = compose(&inquiry(0), ru.flows()).await.unwrap().conversation_id;
    // Nobody has declared the queue yet: the operator is told so, and nothing is lost.
    let missed = told(&ru, "KZ", "missed").await;
    assert!(missed.contains("put a message into queue KZ.GATEWAY.INT.IN: the broker has none of this name"));
    let kz = start(&kz_settings, kz_desk).await;
    assert_eq!(ended(&ru, first).await, ConversationState::Completed);
    let lines = handed_over(ru.flows(), first).await;
    for kind in ["sent", "signal None P.MSG.RCV", "signal None P.MSG.PRS"] {
        assert!(lines.contains(kind), "{kind} is not in\n{lines}");
    }
    let mut asked = Vec::new();
    for number in 1..60 {
        asked.push(compose(&inquiry(number), ru.flows()).await.unwrap().conversation_id);
        if number == 20 {
            rabbit.kill();
        }
    }
    rabbit.start_again();
    for id in asked {
        assert_eq!(ended(&ru, id).await, ConversationState::Completed);
    }
    ru_desk.all_told(60).await;
    assert!(ru_desk.taken.lock().unwrap()[&copy.sha256] == scan, "its copy came by the queue too");
    ru.stop().await;
    kz.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broker_is_spoken_to_over_tls_and_one_of_another_name_or_authority_is_not() {
    let (world, others) = (World::new(), World::new());
    let (ours, named, strange) =
        (world.issue("localhost"), world.issue("mq.example"), others.issue("localhost"));
    let tls = |(key, certificate): &(PathBuf, PathBuf)| {
        let (key, certificate) = (key.display().to_string(), certificate.display().to_string());
        move |port: u16| {
            format!(
                "listeners.ssl.1 = 127.0.0.1:{port}\nssl_options.certfile = {certificate}\nssl_options.keyfile = {key}\n\
                 ssl_options.verify = verify_none\nssl_options.fail_if_no_peer_cert = false\n"
            )
        }
    };
    let pair = |rabbit: &Rabbit| {
        [("RU", "KZ"), ("KZ", "RU")].map(|(state, peer)| {
            let mut settings = rabbit.settings(&world, state, peer);
            let url = format!("amqps://guest@localhost:{}/%2f", rabbit.ports[3]);
            settings.broker.as_mut().unwrap().url = url;
            settings
        })
    };
    // Whoever else holds a certificate is given no document: it waits, and is told.
    for keys in [&named, &strange] {
        let rabbit = Rabbit::start_with(tls(keys));
        let [russian, _] = pair(&rabbit);
        let ru = start(&russian, Arc::new(TestDesk::default())).await;
        compose(&inquiry(1), ru.flows()).await.unwrap();
        let why = told(&ru, "KZ", "missed").await;
        assert!(why.contains("amqps://guest@localhost") && why.contains("certificate"), "{why}");
        assert!(!why.contains("guest:guest"), "no password in the journal: {why}");
        ru.stop().await;
        std::fs::remove_dir_all(world.folder("RU")).unwrap();
    }
    let rabbit = Rabbit::start_with(tls(&ours));
    let ru_desk = Arc::new(TestDesk::default());
    let kz_desk = Arc::new(TestDesk::knowing((0..10).map(record).collect()));
    let [russian, kazakh] = pair(&rabbit);
    let (ru, kz) = (start(&russian, ru_desk.clone()).await, start(&kazakh, kz_desk).await);
    for number in 0..10 {
        let id = compose(&inquiry(number), ru.flows()).await.unwrap().conversation_id;
        assert_eq!(ended(&ru, id).await, ConversationState::Completed);
    }
    ru_desk.all_told(10).await;
    ru.stop().await;
    kz.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_takes_in_time_comes_back_and_is_sent_again_and_what_is_too_large_is_refused() {
    let rabbit = Rabbit::start();
    let world = World::new();
    let (mut ru_settings, mut kz_settings) =
        (rabbit.settings(&world, "RU", "KZ"), rabbit.settings(&world, "KZ", "RU"));
    ru_settings.broker.as_mut().unwrap().expiry_ms = 400;
    let ru_desk = Arc::new(TestDesk::default());
    let kz_desk = Arc::new(TestDesk::knowing(vec![record(1)]));
    start(&kz_settings, kz_desk.clone()).await.stop().await; // it has declared its queue, and is away
    let ru = start(&ru_settings, ru_desk.clone()).await;
    let id = compose(&inquiry(1), ru.flows()).await.unwrap().conversation_id;
    let back = told(&ru, "KZ", "expired").await;
    assert_eq!(back, "a message came back: nobody took it from its queue in time");
    let kz = start(&kz_settings, kz_desk.clone()).await;
    assert_eq!(ended(&ru, id).await, ConversationState::Completed);
    ru_desk.all_told(1).await;
    kz.stop().await;
    // A peer that is reached by HTTPS is not spoken for by a queue.
    kz_settings.peers.push(stazh::node::Peer {
        state: "AM".parse().unwrap(),
        url: "https://127.0.0.1:1/".to_owned(),
        certificate_name: "am.example".to_owned(),
        ..kz_settings.peers[0].clone()
    });
    let kz = start(&kz_settings, kz_desk.clone()).await;
    let signal = "<s:Envelope xmlns:s=\"http://www.w3.org/2003/05/soap-envelope\" xmlns:a=\"http://www.w3.org/2005/08/addressing\">\
         <s:Header><a:To>EAEU://KZ/CP/P.XP.01/P.XP.01.ACT.002</a:To><a:ReplyTo><a:Address>\
         EAEU://AM/CP/P.XP.01/P.XP.01.ACT.001</a:Address></a:ReplyTo></s:Header><s:Body><x/></s:Body></s:Envelope>";
    let reply = ru.flows().wire.post("KZ", signal.into()).await.unwrap();
    assert_eq!(reply.status, 202, "the queue took it");
    let entry = told(&kz, "stranger AM by a queue", "returned").await;
    assert!(entry.starts_with("the sender is no configured peer"), "{entry}");
    kz.stop().await;
    kz_settings.peers.pop();
    // D5 App.1 ¶5: processing stops, and the sender gets int:InternalError.
    kz_settings.limits.body_bytes_max = 1_000;
    let kz = start(&kz_settings, kz_desk).await;
    let id = compose(&inquiry(2), ru.flows()).await.unwrap().conversation_id;
    assert_ne!(ended(&ru, id).await, ConversationState::Completed);
    let lines = journal(ru.flows(), id).await;
    assert!(lines.contains("a fault came from the peer") && lines.contains("ask_person"), "{lines}");
    ru.stop().await;
    kz.stop().await;
}
