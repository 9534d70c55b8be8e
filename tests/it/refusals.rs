//! Bad input at a real node: each gets a clear answer, leaves a journal entry and its bytes, and harms nothing.

use crate::keys::{Authority, Issued};
use crate::nodes::{TestDesk, World};
use bytes::Bytes;
use openssl::asn1::Asn1Time;
use openssl::pkey::PKey;
use openssl::ssl::{SslConnector, SslMethod, SslVerifyMode};
use openssl::x509::X509;
use stazh::base::{ConversationId, DocumentId, Limits, MessageId, ProcedureId};
use stazh::exchange::adapter::ProfileBook;
use stazh::exchange::canonical::Inquiry;
use stazh::exchange::document::codec::{Header, HeaderText, encode_inquiry};
use stazh::exchange::seal::{Signer, seal_unchecked};
use stazh::exchange::transit::{ErrorCode, Headers, LogicalAddress, Signal, SignalBody, SignalError};
use stazh::exchange::wire::{Envelope, HttpsWire, NodeIdentity, Parcel, PeerEndpoint, Reply, Wire};
use stazh::flow::{Desk, compose};
use stazh::node::{Door, FolderDesk, Node, Settings};
use stazh::store::{InboxState, JournalBy, JournalRow, inbox_counts, journal_list};
use std::net::SocketAddr;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_openssl::SslStream;

/// A Kazakh node, and what a Russian caller needs to speak to it.
pub(crate) struct Stage {
    pub(crate) kz: Node,
    pub(crate) kz_address: std::net::SocketAddr,
    pub(crate) ru: Settings,
    pub(crate) am: Settings,
    pub(crate) world: World,
}

impl Stage {
    pub(crate) async fn set() -> Self {
        Self::set_with(Arc::new(TestDesk::default())).await
    }

    pub(crate) async fn set_with(desk: Arc<dyn Desk>) -> Self {
        Self::set_for(desk, None).await
    }

    pub(crate) async fn set_for(desk: Arc<dyn Desk>, seal_signer: Option<&str>) -> Self {
        Self::set_after(desk, |kz| {
            kz.peers[0].seal_signers = seal_signer.map(str::to_owned).into_iter().collect()
        })
        .await
    }

    /// With the Kazakh node's limits changed.
    pub(crate) async fn set_within(change: impl FnOnce(&mut stazh::base::Limits)) -> Self {
        Self::set_after(Arc::new(TestDesk::default()), |kz| change(&mut kz.limits)).await
    }

    pub(crate) async fn set_after(desk: Arc<dyn Desk>, change: impl FnOnce(&mut Settings)) -> Self {
        let world = World::new();
        let (ru, mut kz) = (world.settle("RU", "KZ"), world.settle("KZ", "RU"));
        let am = world.settle("AM", "KZ");
        kz.peers.push(stazh::node::Peer {
            state: am.state,
            certificate_name: "am.example".to_owned(),
            seal_authorities: kz.peers[0]
                .seal_authorities
                .as_ref()
                .map(|file| file.with_file_name("AM-seals.pem")),
            seal_signers: Vec::new(),
            ..kz.peers[0].clone()
        });
        change(&mut kz);
        let door = Door::open(&kz).await.unwrap();
        let kz_address = door.address().unwrap();
        let kz = Node::start(door, &kz, desk).await.unwrap();
        Self { kz, kz_address, ru, am, world }
    }

    pub(crate) fn wire(&self, identity: &NodeIdentity) -> HttpsWire {
        let url = format!("https://{}/", self.kz_address).parse().unwrap();
        HttpsWire::new(vec![PeerEndpoint { name: "KZ".to_owned(), url }], 5_000, identity).unwrap()
    }

    pub(crate) fn identity(&self) -> NodeIdentity {
        Self::identity_of(&self.ru)
    }

    pub(crate) fn identity_of(settings: &Settings) -> NodeIdentity {
        let files = &settings.wire;
        NodeIdentity::read(&files.certificate, &files.key, &files.authorities).unwrap()
    }

    pub(crate) async fn post(&self, body: impl Into<Bytes>) -> (u16, String) {
        self.post_as(&self.identity(), body).await
    }

    pub(crate) async fn post_as(&self, identity: &NodeIdentity, body: impl Into<Bytes>) -> (u16, String) {
        let Reply { status, body } = self.wire(identity).post("KZ", Parcel::from(body)).await.unwrap();
        (status, String::from_utf8(body.to_vec()).unwrap())
    }

    pub(crate) async fn journal(&self) -> Vec<JournalRow> {
        journal(&self.kz).await
    }

    /// The journal entry that names `code`.
    pub(crate) async fn entry(&self, code: &str) -> JournalRow {
        entry_where(&self.kz, |row| row.entry.code.as_deref() == Some(code)).await
    }

    /// The first journal entry of a kind.
    pub(crate) async fn entry_of(&self, kind: &str) -> JournalRow {
        entry_where(&self.kz, |row| row.entry.kind == kind).await
    }

    pub(crate) async fn count(&self, state: InboxState) -> i64 {
        let mut tx = self.kz.flows().store.read().await.unwrap();
        inbox_counts(&mut tx).await.unwrap().get(&state).copied().unwrap_or_default()
    }

    /// Still alive and at work: a lawful inquiry is held and settled.
    pub(crate) async fn is_well(&self) -> bool {
        let before = self.count(InboxState::Settled).await;
        let (status, _) = self.post(self.message(&self.sealed(&self.signer()))).await;
        assert_eq!(status, 202);
        self.settles_more_than(before).await
    }

    pub(crate) async fn settles_more_than(&self, before: i64) -> bool {
        for _ in 0..500 {
            if self.count(InboxState::Settled).await > before {
                return true;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        false
    }

    pub(crate) fn signer(&self) -> Signer {
        self.ru.seal.own.signer().unwrap()
    }

    pub(crate) fn sealed(&self, signer: &Signer) -> Vec<u8> {
        self.sealed_after(signer, |document| document)
    }

    /// A lawful inquiry, changed before it is sealed.
    pub(crate) fn sealed_after(&self, signer: &Signer, change: impl Fn(String) -> String) -> Vec<u8> {
        self.sealed_under(DocumentId::from_uuid(uuid::Uuid::from_u128(fresh())), signer, change)
    }

    pub(crate) fn sealed_under(
        &self,
        id: DocumentId,
        signer: &Signer,
        change: impl Fn(String) -> String,
    ) -> Vec<u8> {
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
        let document = String::from_utf8(encode_inquiry(&inquiry, &header).unwrap()).unwrap();
        seal_unchecked(change(document).as_bytes(), id, signer).unwrap().into_bytes()
    }

    pub(crate) fn headers(&self) -> Headers {
        headers()
    }

    pub(crate) fn message(&self, body: &[u8]) -> Vec<u8> {
        Envelope::write(&self.headers(), body).unwrap()
    }

    /// A raw TLS connection with the Russian node's certificate.
    pub(crate) async fn connect(&self) -> SslStream<TcpStream> {
        self.connect_as(&self.ru.wire.key, &self.ru.wire.certificate).await
    }

    pub(crate) async fn connect_as(&self, key: &Path, certificate: &Path) -> SslStream<TcpStream> {
        connect(self.kz_address, key, certificate).await
    }
}

/// The lawful header of a first inquiry from Moscow to Astana.
pub(crate) fn headers() -> Headers {
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

/// A raw TLS connection to a node under this certificate.
pub(crate) async fn connect(address: SocketAddr, key: &Path, certificate: &Path) -> SslStream<TcpStream> {
    let mut builder = SslConnector::builder(SslMethod::tls_client()).unwrap();
    let read = |path: &Path| std::fs::read(path).unwrap();
    builder.set_private_key(&PKey::private_key_from_pem(&read(key)).unwrap()).unwrap();
    builder.set_certificate(&X509::from_pem(&read(certificate)).unwrap()).unwrap();
    builder.set_verify(SslVerifyMode::NONE); // the test trusts the address it was given
    let ssl = builder.build().configure().unwrap().into_ssl("kz.example").unwrap();
    let socket = TcpStream::connect(address).await.unwrap();
    let mut stream = SslStream::new(ssl, socket).unwrap();
    Pin::new(&mut stream).connect().await.unwrap();
    stream
}

async fn journal(node: &Node) -> Vec<JournalRow> {
    let mut tx = node.flows().store.read().await.unwrap();
    journal_list(&mut tx, JournalBy::All, 0, 1_000).await.unwrap()
}

/// The first journal entry that fits; waits for it, since much is settled after the caller is answered.
pub(crate) async fn entry_where(node: &Node, fits: impl Fn(&JournalRow) -> bool) -> JournalRow {
    for _ in 0..1_000 {
        if let Some(row) = journal(node).await.iter().find(|row| fits(row)) {
            return row.clone();
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("no such entry in {:#?}", journal(node).await)
}

/// A number no other call of this run returns.
pub(crate) fn fresh() -> u128 {
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
    assert_eq!(entry.detail, "the sender is no configured peer");
    assert_eq!(stage.count(InboxState::Returned).await, 1);
    assert!(stage.is_well().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_document_sealed_by_a_stranger_or_after_the_end_is_quarantined_and_the_sender_is_told() {
    let stage = Stage::set().await;
    let Issued { certificate, key } = Authority::new("RU seals").issue_for_seals("RU fund");
    let stranger = Signer::from_pem(&key, &certificate).unwrap();
    let (status, _) = stage.post(stage.message(&stage.sealed(&stranger))).await;
    assert_eq!(status, 202);
    let entry = stage.entry("seal.foreign").await.entry;
    assert_eq!(
        entry.detail,
        "trust a certificate of an unknown authority; if it is lawful, add it to the peer's seal authorities"
    );
    let end = Asn1Time::from_unix(1_700_000_000).unwrap();
    let Issued { certificate, key } =
        stage.world.seals.lock().unwrap()["RU"].issue_for_seals_until("RU fund", &end);
    let expired = Signer::from_pem(&key, &certificate).unwrap();
    stage.post(stage.message(&stage.sealed(&expired))).await;
    let entry = stage.entry("seal.expired").await.entry;
    assert_eq!(
        entry.detail,
        "trust a certificate that has expired; the signer needs a new one and must send again"
    );
    assert_eq!(stage.count(InboxState::Quarantined).await, 2);
    assert!(stage.is_well().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_signer_of_the_settings_seals_for_a_peer() {
    let stage = Stage::set_for(Arc::new(TestDesk::default()), Some("CN=RU fund")).await;
    let Issued { certificate, key } = stage.world.seals.lock().unwrap()["RU"].issue_for_seals("RU citizen");
    let citizen = Signer::from_pem(&key, &certificate).unwrap();
    assert_eq!(stage.post(stage.message(&stage.sealed(&citizen))).await.0, 202);
    let entry = stage.entry("seal.other_signer").await.entry;
    assert_eq!(
        entry.detail,
        "trust the certificate of another signer than the peer's seal_signer; if he is lawful, correct the settings"
    );
    assert_eq!(stage.count(InboxState::Quarantined).await, 1);
    assert!(stage.is_well().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_document_that_was_changed_or_wrapped_is_quarantined() {
    let stage = Stage::set().await;
    let sealed = String::from_utf8(stage.sealed(&stage.signer())).unwrap();
    let changed = sealed.replace("Тестов", "Чужаков");
    stage.post(stage.message(changed.as_bytes())).await;
    assert_eq!(
        stage.entry("seal.digest_mismatch").await.entry.detail,
        "match the digest of the signed content; it was changed after it was signed"
    );
    let twice = sealed.replacen(
        "<doc:SignedContent",
        "<doc:SignedContent DocInstance=\"i\" Id=\"evil\"><x></x></doc:SignedContent><doc:SignedContent",
        1,
    );
    stage.post(stage.message(twice.as_bytes())).await;
    let detail = stage.entry("seal.misplaced_content").await.entry.detail;
    assert!(detail.starts_with("find the end of Data at byte "), "{detail}");
    let id = sealed.split(" Id=\"c").nth(1).and_then(|rest| rest.split('"').next()).unwrap();
    let namesake = sealed.replacen("<doc:Data Id=\"d", "<doc:Data Id=\"c", 1);
    assert!(namesake.contains(&format!("<doc:Data Id=\"c{id}\"")));
    stage.post(stage.message(namesake.as_bytes())).await;
    let detail = stage.entry("seal.duplicate_id").await.entry.detail;
    assert!(detail.ends_with(": an Id that is already taken"), "{detail}");
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
    let sealed = seal_unchecked(&document, id, &stage.signer()).unwrap();
    let (status, _) = stage.post(Envelope::write(&swapped, sealed.as_bytes()).unwrap()).await;
    assert_eq!(status, 202);
    assert_eq!(
        stage.entry("transit.unexpected").await.entry.detail,
        "/: it belongs to no running transaction (transit.unexpected; rule D5 ¶117; found empty)"
    );
    assert_eq!(stage.count(InboxState::Returned).await, 1);
    assert!(stage.is_well().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sealed_document_that_breaks_its_structure_or_rules_is_returned_with_every_finding() {
    let stage = Stage::set().await;
    let post = async |change: &dyn Fn(String) -> String| {
        let sealed = stage.sealed_after(&stage.signer(), change);
        assert_eq!(stage.post(stage.message(&sealed)).await.0, 202);
    };
    post(&|document| document.replace("1985-03-15", "15.03.1985")).await;
    let entry = stage.entry("rules.structure").await.entry;
    assert_eq!((entry.kind.as_str(), entry.detail.as_str()), ("returned", STRUCTURE), "{}", entry.detail);
    post(&|document| document.replace(">KZ<", ">KK<")).await;
    let entry = stage.entry("rules.content").await.entry;
    assert_eq!((entry.kind.as_str(), entry.detail.as_str()), ("returned", CONTENT), "{}", entry.detail);
    assert_eq!(stage.count(InboxState::Returned).await, 2);
    assert!(stage.is_well().await);
}

const STRUCTURE: &str = "/InsuranceRecordInquiry/PersonDetails/BirthDate: the value is not one of its type; write a date as 2020-12-31, a number as 1234.56 (rules.structure; rule cvc-datatype-valid; found 10 mixed characters)";
const CONTENT: &str = "/InsuranceRecordInquiry/PersonDetails/PersonIdentifierDetails/UnifiedCountryCode: the country must be in the list of countries (rules.code_list; rule R.XP.XP.01.001/6; found 2 letters); /InsuranceRecordInquiry/PersonDetails/PersonIdentifierDetails/UnifiedCountryCode: a personal identifier must be one of a member state (rules.fill; rule R.XP.XP.01.001/13; found 2 letters)";

#[tokio::test(flavor = "multi_thread")]
async fn local_files_with_mistakes_leave_their_findings_in_the_journal_and_harm_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (local, out) = (folder.path().join("local"), folder.path().join("handed-over"));
    std::fs::create_dir_all(&local).unwrap();
    let ugly = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/local/ugly");
    for name in ["contracts.json", "contributions.csv", "depositors.csv"] {
        std::fs::copy(ugly.join(name), local.join(name)).unwrap();
    }
    let state = "KZ".parse().unwrap();
    let stage = Stage::set_with(Arc::new(
        FolderDesk::over(ProfileBook::new(state, None), &local, &out, Limits::default()).unwrap(),
    ))
    .await;
    for (code, text) in [
        (
            "canonical.identifier_checksum",
            "depositors.csv:4 iin: the check digit does not fit; ask the body that issued the number",
        ),
        (
            "canonical.dates_reversed",
            "contracts.json:12 termination/date: the period ends before it begins; correct one of the dates",
        ),
        (
            "adapter.code",
            "contributions.csv:5 kind: a code that the profile does not know; add it to the profile's table or correct it",
        ),
        ("adapter.row_length", "depositors.csv:7: the row has 8 fields; check its delimiters and quotes"),
        (
            "adapter.employer_number",
            "contributions.csv:12 bin: not a number of this register; find out which employer is meant",
        ),
    ] {
        let entry = stage.entry(code).await.entry;
        assert_eq!(entry.kind, "local");
        assert!(entry.detail.starts_with(text), "{}", entry.detail);
    }
    assert!(stage.is_well().await);
    let told = stage.journal().await.iter().filter(|row| row.entry.kind == "local").count();
    let sound = std::fs::read(local.join("contracts.json")).unwrap();
    std::fs::write(local.join("contracts.json"), "[{").unwrap();
    let before = stage.count(InboxState::Settled).await;
    assert_eq!(stage.post(stage.message(&stage.sealed(&stage.signer()))).await.0, 202);
    let entry = stage.entry_of("postponed").await.entry;
    let path = local.join("contracts.json");
    let text = format!("reach the local system: understand {}: not JSON on line 1, column 3", path.display());
    assert!(entry.detail.starts_with(&text), "{}", entry.detail);
    std::fs::write(&path, sound).unwrap();
    assert!(stage.settles_more_than(before).await);
    let entry = stage.entry("flow.rows_aside").await.entry;
    assert_eq!(entry.kind, "ask_person");
    assert!(entry.conversation_id.is_some(), "the answer that lacks rows is named");
    let again = stage.journal().await.iter().filter(|row| row.entry.kind == "local").count();
    assert_eq!(again, 2 * told, "each reading is told once");
    assert!(stage.is_well().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_local_file_of_another_form_does_not_keep_a_node_from_starting() {
    for (state, name, bytes, text) in [
        ("KZ", "contributions.csv", "iin,iin\n", "the header does not name each column once"),
        ("KZ", "contracts.json", "[{", "not JSON on line 1, column 3"),
        (
            "RU",
            "labour-events.xml",
            "<a>",
            "not acceptable XML: read XML at byte 3, line 1: the document ends before its root element does",
        ),
    ] {
        let world = World::new();
        world.settle("BY", state);
        let settings = world.settle(state, "BY");
        std::fs::create_dir_all(&settings.local).unwrap();
        let path = settings.local.join(name);
        std::fs::write(&path, bytes).unwrap();
        let desk = FolderDesk::open(&settings).unwrap();
        let door = Door::open(&settings).await.unwrap();
        let node = Node::start(door, &settings, Arc::new(desk)).await.unwrap();
        let entry = entry_where(&node, |row| row.entry.kind == "local").await.entry;
        assert!(entry.detail.starts_with(&format!("{}: understand ", path.display())), "{}", entry.detail);
        assert!(entry.detail.contains(text), "{}", entry.detail);
        node.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_peer_cannot_speak_in_the_conversation_of_another() {
    let stage = Stage::set().await;
    let headers = stage.headers();
    let id = DocumentId::from_uuid(uuid::Uuid::from_u128(fresh()));
    let own =
        Envelope::write(&headers, &stage.sealed_under(id, &stage.signer(), |document| document)).unwrap();
    assert_eq!(stage.post(own).await.0, 202);
    stage.entry_of("answering").await;
    let theirs = Headers {
        reply_to: LogicalAddress::of_actor("AM", "P.XP.01", "P.XP.01.ACT.001"),
        message_id: MessageId::from_uuid(uuid::Uuid::from_u128(fresh())),
        ..headers
    };
    let am = stage.am.seal.own.signer().unwrap();
    let identity = Stage::identity_of(&stage.am);
    // the same conversation, and a document of the same id
    let inquiry = Envelope::write(&theirs, &stage.sealed_under(id, &am, |document| document)).unwrap();
    assert_eq!(stage.post_as(&identity, inquiry).await.0, 202);
    let entry = stage.entry("transit.unexpected").await.entry;
    assert_eq!((entry.kind.as_str(), entry.peer.as_deref()), ("returned", Some("AM")));
    assert_eq!(stage.count(InboxState::Returned).await, 1);
    assert!(stage.is_well().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_peer_cannot_refuse_what_was_sent_to_another() {
    let stage = Stage::set().await;
    let headers = stage.headers();
    let own = Envelope::write(&headers, &stage.sealed(&stage.signer())).unwrap();
    assert_eq!(stage.post(own).await.0, 202);
    // RU is not reached, so the answer is tried; its message id is seen in the journal
    let tried = entry_where(&stage.kz, |row| row.entry.kind == "missed").await.entry;
    let refusal = SignalBody {
        signal: Signal::Error,
        id: uuid::Uuid::from_u128(fresh()),
        at: "2026-11-23T10:00:00Z".parse().unwrap(),
        errors: vec![SignalError::of(ErrorCode::FatalError, "no", None)],
    };
    let theirs = Headers {
        to: LogicalAddress::of_actor("KZ", "P.XP.01", "P.XP.01.ACT.002"),
        reply_to: LogicalAddress::of_actor("AM", "P.XP.01", "P.XP.01.ACT.001"),
        action: headers.action.signal(Signal::Error),
        message_id: MessageId::from_uuid(uuid::Uuid::from_u128(fresh())),
        relates_to: tried.message_id,
        ..headers
    };
    let envelope = Envelope::write(&theirs, &refusal.encode().unwrap()).unwrap();
    assert_eq!(stage.post_as(&Stage::identity_of(&stage.am), envelope).await.0, 202);
    let entry = stage.entry("transit.unexpected").await.entry;
    assert_eq!((entry.kind.as_str(), entry.peer.as_deref()), ("signal", Some("AM")));
    assert_eq!(entry.detail, "P.MSG.ERR answers no message of this node");
}

/// Each header of an envelope of ours, and what stands around them.
fn taken_apart(envelope: &str) -> (String, Vec<String>, String) {
    let (before, rest) = envelope.split_once("<soap:Header>").unwrap();
    let (headers, after) = rest.split_once("</soap:Header>").unwrap();
    let mut found = Vec::new();
    let mut rest = headers;
    while let Some(start) = rest.strip_prefix('<') {
        let name: String = start.chars().take_while(|c| !matches!(c, ' ' | '>')).collect();
        let end = rest.find(&format!("</{name}>")).unwrap() + name.len() + 3;
        found.push(rest[..end].to_owned());
        rest = &rest[end..];
    }
    assert!(rest.is_empty(), "{rest}");
    (format!("{before}<soap:Header>"), found, format!("</soap:Header>{after}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn every_order_of_the_headers_is_taken() {
    let stage = Stage::set().await;
    let lawful = |n: usize| {
        let headers = Headers { relates_to: None, ..stage.headers() };
        let envelope = Envelope::write(&headers, format!("<x n=\"{n}\"/>").as_bytes()).unwrap();
        taken_apart(&String::from_utf8(envelope).unwrap())
    };
    let count = lawful(0).1.len();
    assert_eq!(count, 6);
    let mut orders: Vec<Vec<usize>> = vec![Vec::new()];
    for next in 0..count {
        orders = orders
            .into_iter()
            .flat_map(|order| {
                (0..=next).map(move |at| {
                    let mut longer = order.clone();
                    longer.insert(at, next);
                    longer
                })
            })
            .collect();
    }
    assert_eq!(orders.len(), 720);
    for (number, order) in orders.iter().enumerate() {
        let (before, headers, after) = lawful(number);
        let ordered: String = order.iter().map(|at| headers[*at].as_str()).collect();
        let envelope = format!("{before}{ordered}{after}");
        let read = Envelope::read(envelope.as_bytes(), &Default::default()).unwrap();
        Headers::parse(&read.headers).unwrap();
        // the reader sees all orders; the running node those that begin anew
        if number % 60 == 0 {
            assert_eq!(stage.post(envelope).await.0, 202, "{order:?}");
        }
    }
    assert!(stage.is_well().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn headers_that_do_not_fit_are_refused_with_the_operators_words() {
    let stage = Stage::set().await;
    let lawful = String::from_utf8(stage.message(b"<x/>")).unwrap();
    let stamped = |time: &str| {
        let stamp = format!(
            "<int:Integration xmlns:int=\"urn:EEC:Interaction:v1.0\"><int:TrackID>urn:uuid:f8a30dda-8443-4ef9-a367-c36fa39ee1f1</int:TrackID><int:AcceptTime>{time}</int:AcceptTime></int:Integration></soap:Header>"
        );
        lawful.replace("</soap:Header>", &stamp)
    };
    let of_text =
        |name: &str| lawful.split(&format!("<int:{name}")).nth(1).unwrap().split(['<', '>']).nth(1).unwrap();
    let procedure = of_text("ProcedureID");
    let no_zone = "int:InvalidHeader: int:Integration/int:AcceptTime is no instant with its zone, such as 2026-11-23T10:00:00Z";
    let cases = [
        (
            lawful.replace("</soap:Body>", "</soap:Body><soap:Body><x/></soap:Body>"),
            "wire.envelope",
            "read the envelope: it has a second soap:Body",
        ),
        (stamped("2026-11-23T10:00:00"), "wire.header", no_zone),
        (stamped(""), "wire.header", no_zone),
        (
            stamped("2026-11-23T10:00:00Z</int:AcceptTime><int:AcceptTime>2026-11-23T11:00:00Z"),
            "wire.envelope",
            "read the envelope: int:AcceptTime stands twice",
        ),
        (
            lawful.replace(procedure, &format!("{procedure}/urn:uuid:")),
            "wire.header",
            "int:InvalidHeader: int:ProcedureID: ",
        ),
        (
            lawful.replace(procedure, &format!("{procedure}//{procedure}")),
            "wire.header",
            "int:InvalidHeader: int:ProcedureID: ",
        ),
        (
            lawful.replace(procedure, " "),
            "wire.header",
            "int:InvalidHeader: int:ProcedureID is absent or empty",
        ),
    ];
    for (body, code, text) in &cases {
        assert_ne!(*body, lawful, "{text}");
        let (status, fault) = stage.post(body.clone()).await;
        assert_eq!(status, 400, "{text}");
        assert!(fault.contains(text), "{text}\n{fault}");
        let entry = stage.journal().await.pop().unwrap().entry;
        assert_eq!((entry.kind.as_str(), entry.code.as_deref()), ("returned", Some(*code)));
        assert!(entry.detail.contains(text), "{}", entry.detail);
    }
    assert_eq!(stage.count(InboxState::Returned).await, i64::try_from(cases.len()).unwrap());
    assert!(stage.is_well().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_only_the_platform_fills_is_noted_and_not_used() {
    let stage = Stage::set().await;
    let before = stage.count(InboxState::Settled).await;
    let lawful = String::from_utf8(stage.message(&stage.sealed(&stage.signer()))).unwrap();
    let stamp = "<int:Integration xmlns:int=\"urn:EEC:Interaction:v1.0\"><int:TrackID>urn:uuid:f8a30dda-8443-4ef9-a367-c36fa39ee1f1</int:TrackID><int:AcceptTime>2014-10-20T12:00:00+03:00</int:AcceptTime></int:Integration></soap:Header>";
    assert_eq!(stage.post(lawful.replacen("</soap:Header>", stamp, 1)).await.0, 202);
    let entry = entry_where(&stage.kz, |row| row.entry.detail.contains("int:Integration")).await.entry;
    assert_eq!(entry.kind, "held");
    assert_eq!(
        entry.detail,
        "P.XP.01.MSG.001; it carries int:Integration, which only the platform fills (D5 ¶43); it is kept and not used"
    );
    assert!(stage.settles_more_than(before).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_envelope_twice_is_answered_twice_and_settled_once() {
    let stage = Stage::set().await;
    let envelope = stage.message(&stage.sealed(&stage.signer()));
    assert_eq!(stage.post(envelope.clone()).await.0, 202);
    stage.entry_of("answering").await;
    let before = stage.count(InboxState::Settled).await;
    assert_eq!(stage.post(envelope.clone()).await.0, 202);
    assert!(stage.settles_more_than(before).await);
    let entry = stage.entry("ledger.already_received").await.entry;
    assert_eq!(entry.detail, "seen before; the stored answer goes out again");
    // the same MessageID on another document is another message: duplicates are told by application data
    let id = |envelope: &[u8]| {
        let text = String::from_utf8(envelope.to_vec()).unwrap();
        text.split("MessageID").nth(1).unwrap().split(['<', '>']).nth(1).unwrap().to_owned()
    };
    let other = stage.message(&stage.sealed(&stage.signer()));
    let namesake = String::from_utf8(other.clone()).unwrap().replacen(&id(&other), &id(&envelope), 1);
    let before = stage.count(InboxState::Settled).await;
    assert_eq!(stage.post(namesake).await.0, 202);
    assert!(stage.settles_more_than(before).await);
    let answers = stage.journal().await.iter().filter(|row| row.entry.kind == "answering").count();
    assert_eq!(answers, 2);
    assert!(stage.is_well().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stray_signal_is_told_and_moves_nothing() {
    let stage = Stage::set().await;
    let headers = stage.headers();
    for signal in [Signal::Received, Signal::Accepted, Signal::Error] {
        let errors = match signal {
            Signal::Error => vec![SignalError::of(ErrorCode::FatalError, "no", None)],
            Signal::Received | Signal::Accepted => Vec::new(),
        };
        let id = uuid::Uuid::from_u128(fresh());
        let body = SignalBody { signal, id, at: "2026-11-23T10:00:00Z".parse().unwrap(), errors };
        let stray = Headers {
            to: LogicalAddress::of_actor("KZ", "P.XP.01", "P.XP.01.ACT.001"),
            reply_to: LogicalAddress::of_actor("RU", "P.XP.01", "P.XP.01.ACT.002"),
            action: headers.action.signal(signal),
            message_id: MessageId::from_uuid(uuid::Uuid::from_u128(fresh())),
            relates_to: Some(MessageId::from_uuid(uuid::Uuid::from_u128(fresh()))),
            ..headers.clone()
        };
        assert_eq!(stage.post(Envelope::write(&stray, &body.encode().unwrap()).unwrap()).await.0, 202);
        let told = format!("{} answers no message of this node", signal.as_code());
        let entry = entry_where(&stage.kz, |row| row.entry.detail == told).await.entry;
        assert_eq!(entry.code.as_deref(), Some("transit.unexpected"));
    }
    assert!(stage.is_well().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_peer_sends_messages_of_the_processes_it_takes_part_in_and_of_no_other() {
    let only = |process: &str| Some([process.to_owned()].into());
    let desk = || Arc::new(TestDesk::default());
    let stage = Stage::set_after(desk(), |kz| kz.peers[0].processes = only("P.XP.02")).await;
    let (status, answer) = stage.post(stage.message(&stage.sealed(&stage.signer()))).await;
    assert!(status == 400 && answer.contains("ActionNotSupported"), "{status} {answer}");
    let entry = stage.entry("wire.process_not_allowed").await.entry;
    assert!(entry.detail.contains("P.XP.01") && entry.detail.contains("of RU"), "{}", entry.detail);
    assert_eq!(stage.count(InboxState::Held).await + stage.count(InboxState::Settled).await, 0);
    let flows = stage.kz.flows();
    let inquiry: Inquiry = serde_json::from_str(include_str!("../../fixtures/demo/inquiry-1.json")).unwrap();
    let inquiry = Inquiry { asking: flows.state, asked: stage.ru.state, ..inquiry };
    let refused = compose(&inquiry, flows).await.unwrap_err();
    assert!(refused.to_string().contains("takes no part in it"), "{refused}");
    let stage = Stage::set_after(desk(), |kz| kz.peers[0].processes = only("P.XP.01")).await;
    assert!(stage.is_well().await);
}
