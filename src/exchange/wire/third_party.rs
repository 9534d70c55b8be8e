//! The way to our own trusted third party, and to a time-stamping authority: a question out, an answer back, both sides
//! authenticated.

use super::client::{SLOWEST_BYTES_A_MS, client, plain_client};
use super::identity::{Made, WireKeys};
use super::{NodeIdentity, WireError};
use bytes::{Bytes, BytesMut};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use futures_util::stream::BoxStream;
use reqwest::header::{CONTENT_LENGTH, CONTENT_TYPE};
use std::time::Duration;

/// The form of a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AskedBy {
    /// RFC 3029.
    Dvcs,
    /// The signed document as it is.
    Xml,
    /// RFC 3161.
    TimeStamp,
}

impl AskedBy {
    /// Its media type.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Dvcs => "application/dvcs",
            Self::Xml => "application/xml",
            Self::TimeStamp => "application/timestamp-query",
        }
    }

    /// That of the answer.
    pub fn answer_type(self) -> &'static str {
        match self {
            Self::Dvcs | Self::Xml => self.media_type(),
            Self::TimeStamp => "application/timestamp-reply",
        }
    }
}

/// A question, fed piece by piece.
pub struct Inquest {
    /// Its form.
    pub form: AskedBy,
    /// How long it is.
    pub bytes: u64,
    /// What it says.
    pub body: BoxStream<'static, std::io::Result<Bytes>>,
}

/// The way to a third party or a time-stamping authority.
pub trait ThirdPartyWire: Send + Sync {
    /// Asks it and gives what it answers, whatever that says.
    fn ask(&self, question: Inquest) -> BoxFuture<'_, Result<Bytes, WireError>>;
}

/// HTTPS to one of them; HTTP to a time-stamping authority, where the settings say so.
pub struct HttpsThirdParty {
    /// What errors call it.
    name: &'static str,
    client: Made<reqwest::Client>,
    url: reqwest::Url,
    timeout_ms: u64,
}

impl HttpsThirdParty {
    /// Prepares the way.
    ///
    /// # Errors
    /// Our key or certificate is unusable.
    pub fn new(
        name: &'static str,
        url: reqwest::Url,
        timeout_ms: u64,
        identity: &NodeIdentity,
    ) -> Result<Self, WireError> {
        let client = Made::new(identity, |keys| client_for(&url, timeout_ms, keys))
            .map_err(|source| WireError::Client { peer: name.to_owned(), source })?;
        Ok(Self { name, client, url, timeout_ms })
    }

    async fn send(&self, Inquest { form, bytes, body }: Inquest) -> Result<Bytes, WireError> {
        let peer = || self.name.to_owned();
        let timeout_ms = self.timeout_ms.saturating_add(bytes / SLOWEST_BYTES_A_MS);
        let request = self
            .client
            .current(|keys| client_for(&self.url, self.timeout_ms, keys))
            .post(self.url.clone())
            .timeout(Duration::from_millis(timeout_ms))
            .header(CONTENT_TYPE, form.media_type())
            .header(CONTENT_LENGTH, bytes)
            .body(reqwest::Body::wrap_stream(body));
        let mut response = request.send().await.map_err(|source| match source.is_timeout() {
            true => WireError::Timeout { peer: peer(), timeout_ms },
            false => WireError::Unreachable { peer: peer(), source },
        })?;
        let status = response.status().as_u16();
        let mut answer = BytesMut::new();
        loop {
            match response.chunk().await {
                Ok(None) => break,
                Ok(Some(chunk)) if answer.len() + chunk.len() > ANSWER_BYTES_MAX => {
                    return Err(WireError::ReplyTooLarge { peer: peer(), bytes_max: ANSWER_BYTES_MAX });
                }
                Ok(Some(chunk)) => answer.extend_from_slice(&chunk),
                Err(source) => return Err(WireError::ReplyBroken { peer: peer(), status, source }),
            }
        }
        if status == 200 {
            return Ok(answer.freeze());
        }
        let detail = String::from_utf8_lossy(&answer);
        let detail = detail.chars().filter(|c| !c.is_control()).take(DETAIL_CHARS_MAX).collect();
        Err(WireError::ThirdParty { peer: peer(), status, detail })
    }
}

impl ThirdPartyWire for HttpsThirdParty {
    fn ask(&self, question: Inquest) -> BoxFuture<'_, Result<Bytes, WireError>> {
        self.send(question).boxed()
    }
}

/// One that shows who we are; over a plain line nobody is told, and what comes proves itself by its signature.
fn client_for(
    url: &reqwest::Url,
    timeout_ms: u64,
    keys: &WireKeys,
) -> Result<reqwest::Client, reqwest::Error> {
    if url.scheme() == "http" { plain_client(timeout_ms) } else { client(timeout_ms, keys) }
}

/// A receipt with its certificates is a few kilobytes.
const ANSWER_BYTES_MAX: usize = 1024 * 1024;
const DETAIL_CHARS_MAX: usize = 300;
