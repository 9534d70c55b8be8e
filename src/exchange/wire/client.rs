//! The way out: one HTTPS client per peer, built once, since building one reads the whole trust store.

use super::{NodeIdentity, Reply, Wire, WireError};
use bytes::{Bytes, BytesMut};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use std::collections::HashMap;
use std::time::Duration;

/// Where a peer is.
#[derive(Debug, Clone)]
pub struct PeerEndpoint {
    /// Its name in our configuration.
    pub name: String,
    /// Its `https://` address.
    pub url: reqwest::Url,
}

/// HTTPS to every peer, our certificate shown, theirs checked against the known authorities only.
pub struct HttpsWire {
    peers: HashMap<String, (reqwest::Client, reqwest::Url)>,
    timeout_ms: u64,
}

impl HttpsWire {
    /// Prepares a client for each peer.
    ///
    /// # Errors
    /// Our key or certificate is unusable.
    pub fn new(
        peers: Vec<PeerEndpoint>,
        timeout_ms: u64,
        identity: &NodeIdentity,
    ) -> Result<Self, WireError> {
        let mut clients = HashMap::new();
        for PeerEndpoint { name, url } in peers {
            let client = client(timeout_ms, identity)
                .map_err(|source| WireError::Client { peer: name.clone(), source })?;
            clients.insert(name, (client, url));
        }
        Ok(Self { peers: clients, timeout_ms })
    }

    async fn send(&self, peer: &str, envelope: Bytes) -> Result<Reply, WireError> {
        let (client, url) =
            self.peers.get(peer).ok_or_else(|| WireError::UnknownPeer { peer: peer.to_owned() })?;
        let failed = |source: reqwest::Error| {
            let peer = peer.to_owned();
            match source.is_timeout() {
                true => WireError::Timeout { peer, timeout_ms: self.timeout_ms },
                false => WireError::Unreachable { peer, source },
            }
        };
        let request = client.post(url.clone()).header("content-type", ENVELOPE_TYPE).body(envelope);
        let mut response = request.send().await.map_err(failed)?;
        let status = response.status().as_u16();
        let mut body = BytesMut::new();
        while let Some(chunk) = response.chunk().await.map_err(failed)? {
            if body.len() + chunk.len() > REPLY_BYTES_MAX {
                return Err(WireError::ReplyTooLarge { peer: peer.to_owned(), bytes_max: REPLY_BYTES_MAX });
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Reply { status, body: body.freeze() })
    }
}

impl Wire for HttpsWire {
    fn post<'a>(&'a self, peer: &'a str, envelope: Bytes) -> BoxFuture<'a, Result<Reply, WireError>> {
        self.send(peer, envelope).boxed()
    }
}

fn client(timeout_ms: u64, identity: &NodeIdentity) -> Result<reqwest::Client, reqwest::Error> {
    let ours = reqwest::Identity::from_pkcs8_pem(&identity.certificate_pem, identity.key_pem.expose())?;
    let authorities = reqwest::Certificate::from_pem_bundle(&identity.authorities_pem)?;
    reqwest::Client::builder()
        .tls_backend_native()
        .tls_certs_only(authorities)
        .identity(ours)
        .https_only(true)
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .timeout(Duration::from_millis(timeout_ms))
        .build()
}

/// The media type of SOAP 1.2.
const ENVELOPE_TYPE: &str = "application/soap+xml; charset=utf-8";

/// A reply holds nothing or one fault; more than this is a mistake or an attack.
const REPLY_BYTES_MAX: usize = 1024 * 1024;
