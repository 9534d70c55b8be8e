//! The way out: one HTTPS client per peer, built once for each change of our keys, since building one reads the
//! whole trust store.

use super::coding::{GZIP, deflate, takes_gzip};
use super::identity::{Made, WireKeys};
use super::{NodeIdentity, Parcel, Reply, Wire, WireError};
use bytes::{Bytes, BytesMut};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use reqwest::header::{ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, LOCATION};
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
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
    peers: HashMap<String, Line>,
    timeout_ms: u64,
}

/// What is known of the way to one peer.
struct Line {
    client: Made<reqwest::Client>,
    url: reqwest::Url,
    /// Whether its last reply said that it takes gzip.
    takes_gzip: AtomicBool,
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
        let mut lines = HashMap::new();
        for PeerEndpoint { name, url } in peers {
            let client = Made::new(identity, |keys| client(timeout_ms, keys))
                .map_err(|source| WireError::Client { peer: name.clone(), source })?;
            lines.insert(name, Line { client, url, takes_gzip: AtomicBool::new(false) });
        }
        Ok(Self { peers: lines, timeout_ms })
    }

    /// The client for a peer, and where it is.
    pub(super) fn line(&self, peer: &str) -> Result<(reqwest::Client, reqwest::Url), WireError> {
        let line = self.peers.get(peer).ok_or_else(|| WireError::UnknownPeer { peer: peer.to_owned() })?;
        Ok((self.client_of(line), line.url.clone()))
    }

    /// The client of today's keys.
    fn client_of(&self, line: &Line) -> reqwest::Client {
        line.client.current(|keys| client(self.timeout_ms, keys))
    }

    async fn send(&self, peer: &str, parcel: Parcel) -> Result<Reply, WireError> {
        let line = self.peers.get(peer).ok_or_else(|| WireError::UnknownPeer { peer: peer.to_owned() })?;
        let Some(envelope) = parcel.alone() else {
            let response = self.begin(peer, line, &parcel, None).await?; // pictures are compressed already
            return finish(peer, self.timeout_ms, response).await;
        };
        let is_worth_it = envelope.len() > PLAIN_BYTES_MAX && line.takes_gzip.load(Ordering::Relaxed);
        let deflated = if is_worth_it { deflate_aside(envelope.clone()).await } else { None };
        let was_deflated = deflated.is_some();
        let mut response = self.begin(peer, line, &parcel, deflated).await?;
        if was_deflated && response.status() == reqwest::StatusCode::UNSUPPORTED_MEDIA_TYPE {
            response = self.begin(peer, line, &parcel, None).await?; // it took gzip before, but does no more
        }
        finish(peer, self.timeout_ms, response).await
    }

    /// Sends an envelope, deflated or as it is, and waits for the beginning of the reply.
    async fn begin(
        &self,
        peer: &str,
        line: &Line,
        parcel: &Parcel,
        deflated: Option<Bytes>,
    ) -> Result<reqwest::Response, WireError> {
        let timeout_ms = self.timeout_ms.saturating_add(parcel.slowest_ms());
        let request = self.client_of(line).post(line.url.clone()).header(CONTENT_TYPE, parcel.content_type());
        let request = request.timeout(Duration::from_millis(timeout_ms));
        let request = match (deflated, parcel.alone()) {
            (Some(deflated), _) => request.header(CONTENT_ENCODING, GZIP).body(deflated),
            (None, Some(plain)) => request.body(plain.clone()),
            (None, None) => request
                .header(CONTENT_LENGTH, parcel.bytes())
                .body(reqwest::Body::wrap_stream(parcel.stream())),
        };
        let response = request.send().await.map_err(|source| not_sent(peer, timeout_ms, source))?;
        let codings = response.headers().get_all(ACCEPT_ENCODING);
        let takes = codings.iter().any(|value| value.to_str().is_ok_and(takes_gzip));
        line.takes_gzip.store(takes, Ordering::Relaxed);
        Ok(response)
    }
}

/// Why a request brought no reply.
pub(super) fn not_sent(peer: &str, timeout_ms: u64, source: reqwest::Error) -> WireError {
    let peer = peer.to_owned();
    match source.is_timeout() {
        true => WireError::Timeout { peer, timeout_ms },
        false => WireError::Unreachable { peer, source },
    }
}

/// Reads a reply to its end.
pub(super) async fn finish(
    peer: &str,
    timeout_ms: u64,
    response: reqwest::Response,
) -> Result<Reply, WireError> {
    finish_within(peer, timeout_ms, REPLY_BYTES_MAX, response).await
}

/// The same of one that may be longer than a fault is.
pub(super) async fn finish_within(
    peer: &str,
    timeout_ms: u64,
    bytes_max: usize,
    mut response: reqwest::Response,
) -> Result<Reply, WireError> {
    let peer = peer.to_owned();
    let status = response.status().as_u16();
    if response.status().is_redirection() {
        let location = response.headers().get(LOCATION).and_then(|value| value.to_str().ok());
        let location = location.unwrap_or("nowhere").chars().take(LOCATION_CHARS_MAX).collect();
        return Err(WireError::Redirected { peer, status, location });
    }
    let mut body = BytesMut::new();
    loop {
        match response.chunk().await {
            Ok(None) => return Ok(Reply { status, body: body.freeze() }),
            Ok(Some(chunk)) if body.len() + chunk.len() > bytes_max => {
                return Err(WireError::ReplyTooLarge { peer, bytes_max });
            }
            Ok(Some(chunk)) => body.extend_from_slice(&chunk),
            Err(source) if source.is_timeout() => {
                return Err(WireError::ReplyTimeout { peer, status, timeout_ms });
            }
            Err(source) => return Err(WireError::ReplyBroken { peer, status, source }),
        }
    }
}

impl Wire for HttpsWire {
    fn post<'a>(&'a self, peer: &'a str, parcel: Parcel) -> BoxFuture<'a, Result<Reply, WireError>> {
        self.send(peer, parcel).boxed()
    }
}

/// Deflates an envelope, a large one on a thread of its own; one that cannot be goes as it is.
async fn deflate_aside(envelope: Bytes) -> Option<Bytes> {
    let deflated = if envelope.len() > ASIDE_BYTES_MIN {
        tokio::task::spawn_blocking(move || deflate(&envelope)).await.ok()?
    } else {
        deflate(&envelope)
    };
    deflated.ok()
}

pub(super) fn client(timeout_ms: u64, identity: &WireKeys) -> Result<reqwest::Client, reqwest::Error> {
    let ours = reqwest::Identity::from_pkcs8_pem(&identity.certificate_pem, identity.key_pem.expose())?;
    let authorities = reqwest::Certificate::from_pem_bundle(&identity.authorities_pem)?;
    let builder = builder(timeout_ms).tls_info(true).tls_certs_only(authorities).identity(ours);
    builder.https_only(true).build()
}

/// For those whose answers are signed, and who need not know who asks.
pub(super) fn plain_client(timeout_ms: u64) -> Result<reqwest::Client, reqwest::Error> {
    builder(timeout_ms).build()
}

/// A client that goes where it is told, and nowhere else.
pub(super) fn builder(timeout_ms: u64) -> reqwest::ClientBuilder {
    reqwest::Client::builder()
        .tls_backend_native()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .timeout(Duration::from_millis(timeout_ms))
        .pool_idle_timeout(IDLE)
}

/// A reply holds nothing or one fault; more than this is a mistake or an attack.
const REPLY_BYTES_MAX: usize = 1024 * 1024;

/// A smaller envelope fits in two packets as it is.
const PLAIN_BYTES_MAX: usize = 2 * 1024;

/// A larger envelope would keep others waiting.
const ASIDE_BYTES_MIN: usize = 256 * 1024;

/// As much of an address as an operator reads.
const LOCATION_CHARS_MAX: usize = 200;

/// A connection is left alone before the door of a peer closes it: a message must not meet one that is closing.
const IDLE: Duration = Duration::from_secs(5);

/// A line that carries less than 100 kB a second is broken.
pub(super) const SLOWEST_BYTES_A_MS: u64 = 100;
