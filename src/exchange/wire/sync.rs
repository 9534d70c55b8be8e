//! The road by which nodes synchronise what they publish of jobs: questions over the same mutually authenticated HTTPS as
//! messages, whose answers are read to a bound and inflated if they come deflated.

use super::client::not_sent;
use super::coding::{GZIP, Inflater};
use super::identity::NodeIdentity;
use super::{HttpsWire, PeerEndpoint, Reply, WireError};
use bytes::{Bytes, BytesMut};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use reqwest::header::{ACCEPT_ENCODING, AUTHORIZATION, CONTENT_ENCODING, CONTENT_TYPE};
use std::collections::BTreeSet;

/// One question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SyncCall {
    /// For what stands at a path.
    Get {
        /// From the root, with its query.
        path: String,
    },
    /// With a body of JSON.
    Post {
        /// From the root.
        path: String,
        /// The JSON.
        body: Bytes,
    },
}

/// A road for such questions.
pub trait SyncRoad: Send + Sync {
    /// The peers that it leads to.
    fn peers(&self) -> Vec<String>;

    /// Asks a peer. No database transaction may be open meanwhile.
    fn call<'a>(&'a self, peer: &'a str, call: SyncCall) -> BoxFuture<'a, Result<Reply, WireError>>;
}

/// HTTPS to the peers that are reached by it.
pub struct HttpsSync {
    wire: HttpsWire,
    peers: BTreeSet<String>,
    /// What we say of who we are.
    caller: String,
    timeout_ms: u64,
}

impl HttpsSync {
    /// Prepares a client for each peer; `caller` is what each call says of who we are.
    ///
    /// # Errors
    /// Our key or certificate is unusable.
    pub fn new(
        peers: Vec<PeerEndpoint>,
        timeout_ms: u64,
        identity: &NodeIdentity,
        caller: String,
    ) -> Result<Self, WireError> {
        let names = peers.iter().map(|peer| peer.name.clone()).collect();
        Ok(Self { wire: HttpsWire::new(peers, timeout_ms, identity)?, peers: names, caller, timeout_ms })
    }

    async fn ask(&self, peer: &str, call: SyncCall) -> Result<Reply, WireError> {
        let (client, url) = self.wire.line(peer)?;
        let at = |path: &str| {
            let mut url = url.clone();
            let (path, query) =
                path.split_once('?').map_or((path, None), |(path, query)| (path, Some(query)));
            url.set_path(path);
            url.set_query(query);
            url
        };
        let request = match call {
            SyncCall::Get { path } => client.get(at(&path)),
            SyncCall::Post { path, body } => {
                client.post(at(&path)).header(CONTENT_TYPE, "application/json").body(body)
            }
        };
        let request = request.header(AUTHORIZATION, &self.caller).header(ACCEPT_ENCODING, GZIP);
        let response = request.send().await.map_err(|source| not_sent(peer, self.timeout_ms, source))?;
        read(peer, self.timeout_ms, response).await
    }
}

impl SyncRoad for HttpsSync {
    fn peers(&self) -> Vec<String> {
        self.peers.iter().cloned().collect()
    }

    fn call<'a>(&'a self, peer: &'a str, call: SyncCall) -> BoxFuture<'a, Result<Reply, WireError>> {
        self.ask(peer, call).boxed()
    }
}

/// Reads an answer to its end; what comes out of a deflated one counts, not what came.
async fn read(peer: &str, timeout_ms: u64, mut response: reqwest::Response) -> Result<Reply, WireError> {
    let status = response.status().as_u16();
    let too_large = || WireError::ReplyTooLarge { peer: peer.to_owned(), bytes_max: SYNC_REPLY_BYTES_MAX };
    let is_deflated = response.headers().get(CONTENT_ENCODING).is_some_and(|coding| coding == GZIP);
    let mut plain = BytesMut::new();
    let mut inflater = Inflater::new(SYNC_REPLY_BYTES_MAX);
    loop {
        match response.chunk().await {
            Ok(None) if is_deflated => {
                let body = inflater.finish().map_err(|_spoilt| too_large())?;
                return Ok(Reply { status, body });
            }
            Ok(None) => return Ok(Reply { status, body: plain.freeze() }),
            Ok(Some(chunk)) if is_deflated => inflater.push(&chunk).map_err(|_spoilt| too_large())?,
            Ok(Some(chunk)) if plain.len() + chunk.len() > SYNC_REPLY_BYTES_MAX => return Err(too_large()),
            Ok(Some(chunk)) => plain.extend_from_slice(&chunk),
            Err(source) if source.is_timeout() => {
                return Err(WireError::ReplyTimeout { peer: peer.to_owned(), status, timeout_ms });
            }
            Err(source) => return Err(WireError::ReplyBroken { peer: peer.to_owned(), status, source }),
        }
    }
}

/// More than the largest page or the largest answer with contents.
pub const SYNC_REPLY_BYTES_MAX: usize = 8 * 1024 * 1024;
