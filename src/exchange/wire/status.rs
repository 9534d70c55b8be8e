//! The way to those who tell which certificates were revoked: lists by HTTP or from a file, answers by HTTP.
//!
//! Only addresses of the settings are called, and nobody who answers leads elsewhere. What comes is signed by an
//! authority, so the way itself proves nothing and may be plain.

use super::WireError;
use super::client::{SLOWEST_BYTES_A_MS, plain_client};
use crate::base::with_causes;
use bytes::{Bytes, BytesMut};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use reqwest::header::CONTENT_TYPE;
use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Whom to ask.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StatusPlace {
    /// An `http://` or `https://` address.
    At(reqwest::Url),
    /// A file.
    In(PathBuf),
}

impl fmt::Display for StatusPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::At(url) => url.fmt(f),
            Self::In(path) => path.display().fmt(f),
        }
    }
}

/// The way to the sources of the settings.
pub trait StatusWire: Send + Sync {
    /// Brings the list that lies at this place.
    fn list<'a>(&'a self, place: &'a StatusPlace) -> BoxFuture<'a, Result<Bytes, WireError>>;

    /// Asks the responder at this place and brings what it answers, whatever that is.
    fn ask<'a>(
        &'a self,
        place: &'a StatusPlace,
        question: Vec<u8>,
    ) -> BoxFuture<'a, Result<Bytes, WireError>>;
}

/// HTTP and files.
pub struct HttpStatus {
    client: reqwest::Client,
    timeout_ms: u64,
}

impl HttpStatus {
    /// Prepares the way. A question is answered within `timeout_ms`; a list goes on within that, and is there in the end
    /// as far as a slow line can carry it.
    ///
    /// # Errors
    /// The TLS library is unusable.
    pub fn new(timeout_ms: u64) -> Result<Self, WireError> {
        let client = plain_client(timeout_ms);
        let refused = |source| WireError::Client { peer: "revocation".to_owned(), source };
        Ok(Self { client: client.map_err(refused)?, timeout_ms })
    }

    async fn bring(&self, place: &StatusPlace, question: Option<Vec<u8>>) -> Result<Bytes, WireError> {
        let url = match place {
            StatusPlace::In(path) => return read_aside(path.clone()).await,
            StatusPlace::At(url) => url,
        };
        let (request, bytes_max) = match question {
            None => {
                let slowest_ms = length(LIST_BYTES_MAX) / SLOWEST_BYTES_A_MS;
                let whole = Duration::from_millis(self.timeout_ms.saturating_add(slowest_ms));
                (self.client.get(url.clone()).timeout(whole), LIST_BYTES_MAX)
            }
            Some(question) => {
                let request = self.client.post(url.clone()).header(CONTENT_TYPE, QUESTION_TYPE);
                (request.body(question), ANSWER_BYTES_MAX)
            }
        };
        let failed = |detail: String| WireError::Status { place: url.to_string(), detail };
        let stall = Duration::from_millis(self.timeout_ms);
        let stalled = |_elapsed| failed(format!("nothing came for {} ms", stall.as_millis()));
        let response = tokio::time::timeout(stall, request.send()).await.map_err(stalled)?;
        let mut response = response.map_err(|error| failed(with_causes(&error.without_url())))?;
        if response.status() != reqwest::StatusCode::OK {
            return Err(failed(format!("it answers {}", response.status().as_u16())));
        }
        let mut body = BytesMut::new();
        loop {
            let chunk = tokio::time::timeout(stall, response.chunk()).await.map_err(stalled)?;
            let Some(chunk) = chunk.map_err(|error| failed(with_causes(&error.without_url())))? else {
                break;
            };
            if body.len() + chunk.len() > bytes_max {
                return Err(failed(format!("it gives more than {bytes_max} bytes")));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body.freeze())
    }
}

impl StatusWire for HttpStatus {
    fn list<'a>(&'a self, place: &'a StatusPlace) -> BoxFuture<'a, Result<Bytes, WireError>> {
        self.bring(place, None).boxed()
    }

    fn ask<'a>(
        &'a self,
        place: &'a StatusPlace,
        question: Vec<u8>,
    ) -> BoxFuture<'a, Result<Bytes, WireError>> {
        self.bring(place, Some(question)).boxed()
    }
}

/// A file may lie on a disk that takes its time.
async fn read_aside(path: PathBuf) -> Result<Bytes, WireError> {
    let place = path.display().to_string();
    let read = tokio::task::spawn_blocking(move || read_whole(&path)).await;
    let failed = |detail: String| WireError::Status { place, detail };
    match read {
        Ok(Ok(bytes)) => Ok(bytes.into()),
        Ok(Err(error)) => Err(failed(error.to_string())),
        Err(_stopping) => Err(failed("the node is stopping".to_owned())),
    }
}

fn read_whole(path: &Path) -> std::io::Result<Vec<u8>> {
    use std::io::Read;
    let mut bytes = Vec::new();
    std::fs::File::open(path)?.take(length(LIST_BYTES_MAX).saturating_add(1)).read_to_end(&mut bytes)?;
    if bytes.len() > LIST_BYTES_MAX {
        return Err(std::io::Error::other(format!("it holds more than {LIST_BYTES_MAX} bytes")));
    }
    Ok(bytes)
}

fn length(bytes: usize) -> u64 {
    u64::try_from(bytes).unwrap_or(u64::MAX)
}

const QUESTION_TYPE: &str = "application/ocsp-request";
/// A list of a million certificates.
const LIST_BYTES_MAX: usize = 48 * 1024 * 1024;
/// An answer with its certificates is a few kilobytes.
const ANSWER_BYTES_MAX: usize = 256 * 1024;
