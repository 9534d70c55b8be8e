//! Two ends of the wire, with real sockets and real certificates.

use crate::keys::{Authority, Issued};
use bytes::Bytes;
use stazh::base::Verdict;
use stazh::exchange::wire::{
    HttpsWire, NodeIdentity, PeerCertificate, PeerEndpoint, TlsListener, Wire, WireError,
};
use std::path::Path;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

fn identity(folder: &Path, issued: &Issued, authority: &Authority) -> NodeIdentity {
    let [certificate, key, authorities] =
        ["certificate.pem", "key.pem", "authorities.pem"].map(|f| folder.join(f));
    std::fs::write(&certificate, &issued.certificate).unwrap();
    std::fs::write(&key, &issued.key).unwrap();
    std::fs::write(&authorities, authority.pem()).unwrap();
    NodeIdentity::read(&certificate, &key, &authorities).unwrap()
}

async fn door(identity: &NodeIdentity) -> (TlsListener, PeerEndpoint) {
    let listener = TlsListener::bind("127.0.0.1:0".parse().unwrap(), 5_000, identity).await.unwrap();
    let url = format!("https://{}/", listener.address().unwrap()).parse().unwrap();
    (listener, PeerEndpoint { name: "KZ".to_owned(), url })
}

/// Takes one caller, reads its request to the end of `body`, answers 202.
async fn answer_once(
    listener: TlsListener,
    body: &'static [u8],
) -> Result<(PeerCertificate, Vec<u8>), WireError> {
    let (mut stream, caller) = listener.accept().await?.finish().await?;
    let mut request = Vec::new();
    while !request.ends_with(body) {
        assert!(stream.read_buf(&mut request).await.unwrap() > 0, "the caller hung up");
    }
    stream.write_all(b"HTTP/1.1 202 Accepted\r\ncontent-length: 2\r\n\r\nok").await.unwrap();
    Ok((caller, request))
}

#[tokio::test]
async fn an_envelope_arrives_with_the_name_of_the_leaf_and_not_of_its_issuer() {
    let folder = tempfile::tempdir().unwrap();
    let authority = Authority::new("Test authority");
    let kz = identity(folder.path(), &authority.issue("kz.example"), &authority);
    let ru = identity(folder.path(), &authority.issue("ru.example"), &authority);
    let (listener, endpoint) = door(&kz).await;
    let wire = HttpsWire::new(vec![endpoint], 5_000, &ru).unwrap();
    let (reply, seen) =
        tokio::join!(wire.post("KZ", Bytes::from_static(b"<x/>")), answer_once(listener, b"<x/>"));
    let (caller, request) = seen.unwrap();
    assert_eq!(caller.common_name, "ru.example");
    assert_eq!(caller.dns_names, ["ru.example"]);
    assert!(String::from_utf8(request).unwrap().contains("application/soap+xml"));
    let reply = reply.unwrap();
    assert_eq!((reply.status, reply.body.as_ref()), (202, b"ok".as_slice()));
}

#[tokio::test]
async fn a_caller_with_a_foreign_certificate_is_refused_before_a_byte_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let (ours, foreign) = (Authority::new("Ours"), Authority::new("Foreign"));
    let kz = identity(folder.path(), &ours.issue("kz.example"), &ours);
    let stranger = identity(folder.path(), &foreign.issue("ru.example"), &ours);
    let (listener, endpoint) = door(&kz).await;
    let wire = HttpsWire::new(vec![endpoint], 5_000, &stranger).unwrap();
    let (reply, seen) =
        tokio::join!(wire.post("KZ", Bytes::from_static(b"<x/>")), answer_once(listener, b"<x/>"));
    assert_eq!(seen.unwrap_err().verdict(), Verdict::Quarantine { code: "wire.handshake" });
    assert!(matches!(reply.unwrap_err(), WireError::Unreachable { .. }));
}

#[tokio::test]
async fn we_do_not_speak_to_a_peer_of_a_foreign_authority() {
    let folder = tempfile::tempdir().unwrap();
    let (ours, foreign) = (Authority::new("Ours"), Authority::new("Foreign"));
    let impostor = identity(folder.path(), &foreign.issue("kz.example"), &ours);
    let ru = identity(folder.path(), &ours.issue("ru.example"), &ours);
    let (listener, endpoint) = door(&impostor).await;
    let wire = HttpsWire::new(vec![endpoint], 5_000, &ru).unwrap();
    let (reply, seen) =
        tokio::join!(wire.post("KZ", Bytes::from_static(b"<x/>")), answer_once(listener, b"<x/>"));
    assert!(seen.is_err());
    assert!(matches!(reply.unwrap_err().verdict(), Verdict::Retry { .. }));
}

#[tokio::test]
async fn a_silent_caller_is_dropped_and_a_silent_peer_is_a_timeout() {
    let folder = tempfile::tempdir().unwrap();
    let authority = Authority::new("Test authority");
    let kz = identity(folder.path(), &authority.issue("kz.example"), &authority);
    let listener = TlsListener::bind("127.0.0.1:0".parse().unwrap(), 50, &kz).await.unwrap();
    let address = listener.address().unwrap();
    let silent = tokio::net::TcpStream::connect(address).await.unwrap();
    let refused = listener.accept().await.unwrap().finish().await.unwrap_err();
    assert!(matches!(refused, WireError::HandshakeTimeout { timeout_ms: 50, .. }));
    drop(silent);
    let endpoint =
        PeerEndpoint { name: "KZ".to_owned(), url: format!("https://{address}/").parse().unwrap() };
    let wire = HttpsWire::new(vec![endpoint], 50, &kz).unwrap();
    let error = wire.post("KZ", Bytes::new()).await.unwrap_err();
    assert_eq!(error.to_string(), "reach peer KZ within 50 ms");
}

#[tokio::test]
async fn a_key_that_is_not_there_is_named_and_never_shown() {
    let folder = tempfile::tempdir().unwrap();
    let authority = Authority::new("Test authority");
    let kz = identity(folder.path(), &authority.issue("kz.example"), &authority);
    assert!(!format!("{kz:?}").contains("PRIVATE"));
    let key = folder.path().join("absent.pem");
    let error = NodeIdentity::read(&folder.path().join("certificate.pem"), &key, &key).unwrap_err();
    assert!(error.to_string().ends_with("absent.pem"));
    let wire = HttpsWire::new(Vec::new(), 50, &kz).unwrap();
    let error = wire.post("BY", Bytes::new()).await.unwrap_err();
    assert_eq!(error.to_string(), "find peer BY; add it to the configuration");
}
