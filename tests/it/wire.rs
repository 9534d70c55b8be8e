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
        tokio::join!(wire.post("KZ", Bytes::from_static(b"<x/>").into()), answer_once(listener, b"<x/>"));
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
        tokio::join!(wire.post("KZ", Bytes::from_static(b"<x/>").into()), answer_once(listener, b"<x/>"));
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
        tokio::join!(wire.post("KZ", Bytes::from_static(b"<x/>").into()), answer_once(listener, b"<x/>"));
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
    let error = wire.post("KZ", Bytes::new().into()).await.unwrap_err();
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
    let error = wire.post("BY", Bytes::new().into()).await.unwrap_err();
    assert_eq!(error.to_string(), "find peer BY; add it to the configuration");
}

/// A peer that answers one caller after another with the given pieces, and leaves the line open or closes it.
async fn peer_that_says(pieces: Vec<&'static str>, closes: bool) -> (tempfile::TempDir, HttpsWire) {
    let folder = tempfile::tempdir().unwrap();
    let authority = Authority::new("Test authority");
    let kz = identity(folder.path(), &authority.issue("kz.example"), &authority);
    let (listener, endpoint) = door(&kz).await;
    tokio::spawn(async move {
        let mut open = Vec::new();
        while let Ok(caller) = listener.accept().await {
            let (mut stream, _) = caller.finish().await.unwrap();
            let mut request = Vec::new();
            while !request.ends_with(b"<x/>") {
                assert!(stream.read_buf(&mut request).await.unwrap() > 0, "the caller hung up");
            }
            for piece in &pieces {
                let _ = stream.write_all(piece.as_bytes()).await; // the caller may have heard enough
                let _ = stream.flush().await; // as above
                tokio::time::sleep(std::time::Duration::from_millis(20)).await;
            }
            if !closes {
                open.push(stream);
            }
        }
    });
    let wire = HttpsWire::new(vec![endpoint], 1_000, &kz).unwrap();
    (folder, wire)
}

#[tokio::test]
async fn what_a_peer_that_is_no_node_says_is_told_so_that_an_operator_can_act() {
    const DRIP: &str = "5\r\n12345\r\n";
    let chunked = "HTTP/1.1 202 Accepted\r\ntransfer-encoding: chunked\r\n\r\n";
    let cases: [(Vec<&str>, bool, &str); 7] = [
        (
            vec!["HTTP/1.1 301 Moved\r\nlocation: https://elsewhere.example/\r\ncontent-length: 0\r\n\r\n"],
            false,
            "reach peer KZ: it answers 301 and sends callers to https://elsewhere.example/; ask its operator, then correct its url in the settings",
        ),
        (
            [vec![chunked], vec![DRIP; 200]].concat(),
            false,
            "read the reply of peer KZ within 1000 ms; it answered 202 and is sending still",
        ),
        (
            vec!["HTTP/1.1 202 Accepted\r\ncontent-length: 100\r\n\r\n<soap"],
            true,
            "read the reply of peer KZ to its end; it answered 202: ",
        ),
        (vec!["HTTP/1.1 202 Accepted\r\ncontent-le"], true, "reach peer KZ: "),
        (vec!["HTTP/1.1 202 Accepted\r\ncontent-le"], false, "reach peer KZ within 1000 ms"),
        (vec!["SSH-2.0-OpenSSH_9\r\n\r\n"], false, "reach peer KZ: "),
        (vec![], true, "reach peer KZ: "),
    ];
    for (pieces, closes, told) in cases {
        let (_folder, wire) = peer_that_says(pieces, closes).await;
        let error = wire.post("KZ", Bytes::from_static(b"<x/>").into()).await.unwrap_err();
        let text = stazh::base::with_causes(&error);
        assert!(text.starts_with(told), "{told}\n{text}");
        assert!(matches!(error.verdict(), Verdict::Retry { .. }), "nothing is lost: {text}");
    }
    let endless = format!("HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n{}", "x".repeat(1_100_000)).leak();
    let (_folder, wire) = peer_that_says(vec![endless], true).await;
    let error = wire.post("KZ", Bytes::from_static(b"<x/>").into()).await.unwrap_err();
    assert_eq!(error.to_string(), "read the reply of peer KZ: it exceeds 1048576 bytes");
}

#[tokio::test]
async fn what_a_peer_answers_is_brought_whole_whatever_its_status() {
    for (status, said) in [(200, "<html>it works</html>"), (200, ""), (500, "<soap:Fault/>")] {
        let reply = format!("HTTP/1.1 {status} X\r\ncontent-length: {}\r\n\r\n{said}", said.len()).leak();
        let (_folder, wire) = peer_that_says(vec![reply], false).await;
        let reply = wire.post("KZ", Bytes::from_static(b"<x/>").into()).await.unwrap();
        assert_eq!((reply.status, reply.body.as_ref()), (status, said.as_bytes()));
    }
}

/// Answers every request on every line in turn and keeps what came.
async fn peer_in_turn(replies: Vec<&'static str>) -> (HttpsWire, tokio::task::JoinHandle<Vec<String>>) {
    let folder = tempfile::tempdir().unwrap();
    let authority = Authority::new("Test authority");
    let kz = identity(folder.path(), &authority.issue("kz.example"), &authority);
    let (listener, endpoint) = door(&kz).await;
    let wire = HttpsWire::new(vec![endpoint], 5_000, &kz).unwrap();
    let heard = tokio::spawn(async move {
        let mut heads = Vec::new();
        for reply in replies {
            let (mut stream, _) = listener.accept().await.unwrap().finish().await.unwrap();
            let mut request = Vec::new();
            let head = loop {
                assert!(stream.read_buf(&mut request).await.unwrap() > 0, "the caller hung up");
                let Some(end) = request.windows(4).position(|four| four == b"\r\n\r\n") else { continue };
                let head = String::from_utf8(request[..end].to_vec()).unwrap().to_lowercase();
                let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap();
                if request.len() >= end + 4 + length.parse::<usize>().unwrap() {
                    break head;
                }
            };
            stream.write_all(reply.as_bytes()).await.unwrap();
            let _ = std::pin::Pin::new(&mut stream).shutdown().await; // the caller may be gone
            heads.push(head);
        }
        heads
    });
    (wire, heard)
}

#[tokio::test]
async fn gzip_goes_only_to_a_peer_that_takes_it_and_only_in_large_envelopes() {
    const TAKES: &str =
        "HTTP/1.1 202 X\r\naccept-encoding: gzip\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
    const PLAIN: &str = "HTTP/1.1 202 X\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
    const NO_MORE: &str = "HTTP/1.1 415 X\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
    let (wire, heard) = peer_in_turn(vec![TAKES, TAKES, TAKES, PLAIN, TAKES, NO_MORE, PLAIN, PLAIN]).await;
    let (large, small) = (Bytes::from(vec![b' '; 2_049]), Bytes::from(vec![b' '; 2_048]));
    for envelope in [&large, &small, &large, &large, &large, &large, &large] {
        assert_eq!(wire.post("KZ", envelope.clone().into()).await.unwrap().status, 202);
    }
    let deflated: Vec<bool> =
        heard.await.unwrap().iter().map(|head| head.contains("content-encoding: gzip")).collect();
    // unknown yet; too small; offered; offered; not offered; offered but refused, so again plain; not offered
    assert_eq!(deflated, [false, false, true, true, false, true, false, false]);
}
