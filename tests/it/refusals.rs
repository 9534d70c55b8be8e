//! Bad input at a real node: each gets a clear answer, leaves a journal entry and its bytes, and harms nothing.

use crate::keys::{Authority, Issued};
use crate::nodes::{TestDesk, World};
use bytes::Bytes;
use openssl::pkey::PKey;
use openssl::ssl::{SslConnector, SslMethod, SslVerifyMode};
use openssl::x509::X509;
use stazh::base::{ConversationId, DocumentId, MessageId, ProcedureId};
use stazh::exchange::document::codec::{Header, HeaderText, encode_inquiry};
use stazh::exchange::seal::{Signer, seal};
use stazh::exchange::transit::{Headers, LogicalAddress};
use stazh::exchange::wire::{Envelope, HttpsWire, NodeIdentity, PeerEndpoint, Reply, Wire};
use stazh::node::{Door, Node, Settings};
use stazh::store::{InboxState, JournalBy, JournalRow, inbox_counts, journal_list};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// A Kazakh node, and what a Russian caller needs to speak to it.
struct Stage {
    kz: Node,
    kz_address: std::net::SocketAddr,
    ru: Settings,
    world: World,
}

impl Stage {
    async fn set() -> Self {
        let world = World::new();
        let (ru, kz) = (world.settle("RU", "KZ"), world.settle("KZ", "RU"));
        let door = Door::open(&kz).await.unwrap();
        let kz_address = door.address().unwrap();
        let kz = Node::start(door, &kz, Arc::new(TestDesk::default())).await.unwrap();
        Self { kz, kz_address, ru, world }
    }

    fn wire(&self, identity: &NodeIdentity) -> HttpsWire {
        let url = format!("https://{}/", self.kz_address).parse().unwrap();
        HttpsWire::new(vec![PeerEndpoint { name: "KZ".to_owned(), url }], 5_000, identity).unwrap()
    }

    fn identity(&self) -> NodeIdentity {
        let files = &self.ru.wire;
        NodeIdentity::read(&files.certificate, &files.key, &files.authorities).unwrap()
    }

    async fn post(&self, body: impl Into<Bytes>) -> (u16, String) {
        let Reply { status, body } = self.wire(&self.identity()).post("KZ", body.into()).await.unwrap();
        (status, String::from_utf8(body.to_vec()).unwrap())
    }

    async fn journal(&self) -> Vec<JournalRow> {
        let mut tx = self.kz.flows().store.read().await.unwrap();
        journal_list(&mut tx, JournalBy::All, 0, 1_000).await.unwrap()
    }

    /// The journal entry that names `code`; waits for it, since documents are settled after the caller is answered.
    async fn entry(&self, code: &str) -> JournalRow {
        let look = async {
            loop {
                let rows = self.journal().await;
                if let Some(row) = rows.iter().find(|row| row.entry.code.as_deref() == Some(code)) {
                    return row.clone();
                }
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        match tokio::time::timeout(Duration::from_secs(10), look).await {
            Ok(row) => row,
            Err(_late) => panic!("no entry {code} in {:#?}", self.journal().await),
        }
    }

    async fn count(&self, state: InboxState) -> i64 {
        let mut tx = self.kz.flows().store.read().await.unwrap();
        inbox_counts(&mut tx).await.unwrap().get(&state).copied().unwrap_or_default()
    }

    /// Still alive and at work: a lawful inquiry is held and settled.
    async fn is_well(&self) -> bool {
        let before = self.count(InboxState::Settled).await;
        let (status, _) = self.post(self.message(&self.sealed(&self.signer()))).await;
        assert_eq!(status, 202);
        for _ in 0..500 {
            if self.count(InboxState::Settled).await > before {
                return true;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        false
    }

    fn signer(&self) -> Signer {
        Signer::from_files(&self.ru.seal.key, &self.ru.seal.certificate).unwrap()
    }

    fn sealed(&self, signer: &Signer) -> Vec<u8> {
        let id = DocumentId::from_uuid(uuid::Uuid::from_u128(fresh()));
        let header = Header {
            message: "P.XP.01.MSG.001".to_owned(),
            structure: "R.XP.XP.01.001".to_owned(),
            document_id: id,
            answers: None,
            made_at: HeaderText("2026-11-23T10:00:00Z".to_owned()),
        };
        let inquiry = serde_json::from_str(
            r#"{ "asking": "RU", "asked": "KZ", "purpose": "old-age",
                 "person": { "name": { "family": "Тестов", "given": "Ерлан" }, "birth_date": "1985-03-15",
                             "identifiers": [{ "kind": "iin", "value": "850315300019" }] } }"#,
        )
        .unwrap();
        seal(&encode_inquiry(&inquiry, &header).unwrap(), id, signer).unwrap().into_bytes()
    }

    fn headers(&self) -> Headers {
        Headers {
            to: LogicalAddress::of_actor("KZ", "P.XP.01", "P.XP.01.ACT.002"),
            reply_to: LogicalAddress::of_actor("RU", "P.XP.01", "P.XP.01.ACT.001"),
            action: "int://CP/P.XP.01/1.0.0/P.XP.01.PRC.001/P.XP.01.TRN.001/P.XP.01.MSG.001".parse().unwrap(),
            message_id: MessageId::from_uuid(uuid::Uuid::from_u128(fresh())),
            relates_to: None,
            procedure_id: ProcedureId::start(uuid::Uuid::from_u128(fresh())),
            conversation_id: ConversationId::from_uuid(uuid::Uuid::from_u128(fresh())),
        }
    }

    fn message(&self, body: &[u8]) -> Vec<u8> {
        Envelope::write(&self.headers(), body).unwrap()
    }

    /// A raw TLS connection with the Russian node's certificate.
    async fn connect(&self) -> tokio_openssl::SslStream<tokio::net::TcpStream> {
        let mut builder = SslConnector::builder(SslMethod::tls_client()).unwrap();
        let read = |path: &std::path::Path| std::fs::read(path).unwrap();
        builder.set_private_key(&PKey::private_key_from_pem(&read(&self.ru.wire.key)).unwrap()).unwrap();
        builder.set_certificate(&X509::from_pem(&read(&self.ru.wire.certificate)).unwrap()).unwrap();
        builder.set_verify(SslVerifyMode::NONE); // the test trusts the address it was given
        let ssl = builder.build().configure().unwrap().into_ssl("kz.example").unwrap();
        let socket = tokio::net::TcpStream::connect(self.kz_address).await.unwrap();
        let mut stream = tokio_openssl::SslStream::new(ssl, socket).unwrap();
        Pin::new(&mut stream).connect().await.unwrap();
        stream
    }
}

/// A number no other call of this run returns.
fn fresh() -> u128 {
    static NEXT: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(1);
    u128::from(NEXT.fetch_add(1, std::sync::atomic::Ordering::Relaxed)) << 64 | 0x4000_8000_0000_0000_0000
}

#[tokio::test(flavor = "multi_thread")]
async fn bytes_that_are_no_message_are_refused_at_the_door_and_kept() {
    let stage = Stage::set().await;
    let lawful = String::from_utf8(stage.message(b"<x/>")).unwrap();
    let cases = [
        (
            lawful.replace("</soap:Envelope>", ""),
            "document.malformed",
            "the document ends before its root element does",
        ),
        (
            lawful.replacen("<soap:Envelope", "<!DOCTYPE a><soap:Envelope", 1),
            "document.dtd",
            "a document type declaration is not accepted",
        ),
        (
            "<a/>".to_owned(),
            "wire.envelope",
            "read the envelope: it is not soap:Envelope with soap:Header before soap:Body",
        ),
        (
            lawful.replace("<x/>", "<x/><y/>"),
            "wire.envelope",
            "read the envelope: soap:Body must hold exactly one element",
        ),
        (
            lawful.replace("P.XP.01.MSG.001</wsa:Action>", "P.XP.01.MSG.999</wsa:Action>"),
            "wire.header",
            "wsa:ActionNotSupported: wsa:Action: int://CP/P.XP.01/1.0.0/P.XP.01.PRC.001/P.XP.01.TRN.001/P.XP.01.MSG.999 is not in the catalogue of this node",
        ),
        (
            lawful.replace("EAEU://KZ/", "EAEU://BY/"),
            "wire.header",
            "wsa:DestinationUnreachable: wsa:To names segment BY, this node is KZ",
        ),
        (
            lawful.replace("EAEU://RU/", "EAEU://AM/"),
            "wire.header",
            "wsa:InvalidAddressingHeader: wsa:ReplyTo names segment AM, the certificate is of RU",
        ),
    ];
    for (number, (body, code, text)) in cases.iter().enumerate() {
        let (status, fault) = stage.post(body.clone()).await;
        assert_eq!(status, 400, "{text}");
        assert!(fault.contains("<soap:Text xml:lang=\"ru\">"), "{fault}");
        assert!(fault.contains(text), "{text}\n{fault}");
        let journal = stage.journal().await;
        let entry = &journal.last().unwrap().entry;
        assert_eq!(entry.code.as_deref(), Some(*code));
        assert!(entry.detail.contains(text), "{}", entry.detail);
        assert_eq!(stage.count(InboxState::Returned).await, i64::try_from(number).unwrap() + 1);
    }
    assert!(stage.is_well().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_of_200_mb_is_refused_before_it_is_read() {
    let stage = Stage::set().await;
    let mut stream = stage.connect().await;
    stream.write_all(b"POST / HTTP/1.1\r\nhost: kz\r\ncontent-length: 209715200\r\n\r\n<soap").await.unwrap();
    let mut answer = Vec::new();
    while !String::from_utf8_lossy(&answer).contains("</soap:Envelope>") {
        assert!(stream.read_buf(&mut answer).await.unwrap() > 0, "{}", String::from_utf8_lossy(&answer));
    }
    let answer = String::from_utf8(answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
    assert!(answer.contains("int:InternalError"), "{answer}");
    let entry = stage.entry("wire.body_too_large").await.entry;
    assert_eq!(entry.detail, "a body of 209715200 bytes exceeds the limit of 104857600");
    assert!(stage.is_well().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_lies_about_its_length_is_kept_as_far_as_it_came() {
    let stage = Stage::set().await;
    let mut stream = stage.connect().await;
    stream.write_all(b"POST / HTTP/1.1\r\nhost: kz\r\ncontent-length: 1000\r\n\r\n0123456789").await.unwrap();
    let _ = Pin::new(&mut stream).shutdown().await; // the peer may have hung up first
    drop(stream);
    let entry = stage.entry("wire.body_broken").await.entry;
    assert_eq!(entry.detail, "10 bytes of 1000 announced bytes came");
    assert_eq!(stage.count(InboxState::Returned).await, 1);
    assert!(stage.is_well().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_that_is_no_peer_is_kept_apart() {
    let stage = Stage::set().await;
    let by = stage.world.settle("BY", "KZ");
    let identity = NodeIdentity::read(&by.wire.certificate, &by.wire.key, &by.wire.authorities).unwrap();
    let reply = stage.wire(&identity).post("KZ", stage.message(b"<x/>").into()).await.unwrap();
    assert_eq!(reply.status, 403);
    let entry = stage.entry("wire.unknown_caller").await.entry;
    assert_eq!(entry.detail, "the caller's certificate belongs to no configured peer");
    assert_eq!(stage.count(InboxState::Quarantined).await, 1);
    assert!(stage.is_well().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_document_sealed_by_a_stranger_is_quarantined_and_the_sender_is_told() {
    let stage = Stage::set().await;
    let Issued { certificate, key } = Authority::new("RU seals").issue_for_seals("RU fund");
    let stranger = Signer::from_pem(&key, &certificate).unwrap();
    let (status, _) = stage.post(stage.message(&stage.sealed(&stranger))).await;
    assert_eq!(status, 202);
    stage.entry("seal.foreign").await;
    assert_eq!(stage.count(InboxState::Quarantined).await, 1);
    assert!(stage.is_well().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_document_that_was_changed_or_wrapped_is_quarantined() {
    let stage = Stage::set().await;
    let sealed = String::from_utf8(stage.sealed(&stage.signer())).unwrap();
    let changed = sealed.replace("Тестов", "Чужаков");
    stage.post(stage.message(changed.as_bytes())).await;
    stage.entry("seal.digest_mismatch").await;
    let twice = sealed.replacen(
        "<doc:SignedContent",
        "<doc:SignedContent DocInstance=\"i\" Id=\"evil\"><x></x></doc:SignedContent><doc:SignedContent",
        1,
    );
    stage.post(stage.message(twice.as_bytes())).await;
    stage.entry("seal.wrong_element").await;
    let id = sealed.split(" Id=\"c").nth(1).and_then(|rest| rest.split('"').next()).unwrap();
    let namesake = sealed.replacen("<doc:Data Id=\"d", "<doc:Data Id=\"c", 1);
    assert!(namesake.contains(&format!("<doc:Data Id=\"c{id}\"")));
    stage.post(stage.message(namesake.as_bytes())).await;
    stage.entry("seal.duplicate_id").await;
    assert_eq!(stage.count(InboxState::Quarantined).await, 3);
    assert!(stage.is_well().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_to_nothing_is_unexpected() {
    let stage = Stage::set().await;
    let headers = stage.headers();
    let swapped = Headers {
        to: LogicalAddress::of_actor("KZ", "P.XP.01", "P.XP.01.ACT.001"),
        reply_to: LogicalAddress::of_actor("RU", "P.XP.01", "P.XP.01.ACT.002"),
        action: headers.action.reply("P.XP.01.MSG.003"),
        relates_to: Some(headers.message_id),
        ..headers
    };
    let id = DocumentId::from_uuid(uuid::Uuid::from_u128(fresh()));
    let header = Header {
        message: "P.XP.01.MSG.003".to_owned(),
        structure: "R.006".to_owned(),
        document_id: id,
        answers: None,
        made_at: HeaderText("2026-11-23T10:00:00Z".to_owned()),
    };
    let notice = stazh::exchange::document::codec::ProcessingResult {
        ended_at: header.made_at.clone(),
        code: stazh::exchange::document::codec::NoticeCode::no_data(),
        description: None,
    };
    let document = stazh::exchange::document::codec::encode_result(&notice, &header).unwrap();
    let sealed = seal(&document, id, &stage.signer()).unwrap();
    let (status, _) = stage.post(Envelope::write(&swapped, sealed.as_bytes()).unwrap()).await;
    assert_eq!(status, 202);
    stage.entry("transit.unexpected").await;
    assert_eq!(stage.count(InboxState::Returned).await, 1);
    assert!(stage.is_well().await);
}
