//! A look at a peer without a message: whether it is there, who it is, what time it has, and how it sees us.

use super::{HttpsWire, WireError};
use bytes::{Bytes, BytesMut};
use jiff::Timestamp;
use jiff::fmt::rfc2822;
use openssl::x509::X509;
use reqwest::header::DATE;
use reqwest::tls::TlsInfo;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::time::Duration;

/// Where a node of this program tells a caller how it sees him.
pub const VIEW_PATH: &str = "/view";

/// How a node sees a caller.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct View {
    /// Whose node it is.
    pub node: String,
    /// Whose node the caller is for it; none for a stranger.
    pub caller: Option<String>,
    /// The common processes that it knows and lets the caller take part in.
    pub processes: Vec<String>,
    /// By what it judges what comes; told to peers, and by no node of an older version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub announced: Option<Announced>,
}

/// By what a node judges what comes to it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Announced {
    /// The version of each common process, by its code.
    pub processes: BTreeMap<String, String>,
    /// The version of each structure's rules and the edition of each code list, by their codes.
    pub versions: BTreeMap<String, String>,
    /// The largest message that it takes, in bytes.
    pub message_bytes_max: u64,
}

/// What was seen of a peer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PeerLook {
    /// Its answer.
    pub status: u16,
    /// The time by its clock, in whole seconds.
    pub clock: Option<Timestamp>,
    /// Its wire certificate, as PEM.
    pub certificate_pem: Vec<u8>,
    /// The DNS names in that.
    pub dns_names: Vec<String>,
    /// How it sees us, if it tells.
    pub view: Option<View>,
}

impl HttpsWire {
    /// Looks at a peer. It leaves no trace in its journal.
    ///
    /// # Errors
    /// It cannot be reached, or one of us does not accept the other's certificate.
    pub async fn look(&self, peer: &str) -> Result<PeerLook, WireError> {
        let (client, mut url) = self.line(peer)?;
        url.set_path(VIEW_PATH);
        let timeout = Duration::from_millis(LOOK_TIMEOUT_MS);
        let unreachable = |source: reqwest::Error| match source.is_timeout() {
            true => WireError::Timeout { peer: peer.to_owned(), timeout_ms: LOOK_TIMEOUT_MS },
            false => WireError::Unreachable { peer: peer.to_owned(), source },
        };
        let mut response = client.get(url).timeout(timeout).send().await.map_err(unreachable)?;
        let status = response.status().as_u16();
        let date = response.headers().get(DATE).and_then(|date| date.to_str().ok());
        let clock = date.and_then(|date| rfc2822::parse(date).ok()).map(|date| date.timestamp());
        let der = response.extensions().get::<TlsInfo>().and_then(TlsInfo::peer_certificate);
        let certificate = der.and_then(|der| X509::from_der(der).ok());
        let names = certificate.as_ref().and_then(|certificate| certificate.subject_alt_names());
        let dns_names = names.iter().flatten().filter_map(|name| name.dnsname()).map(str::to_owned).collect();
        let pem = certificate.and_then(|certificate| certificate.to_pem().ok());
        let mut body = BytesMut::new();
        while let Some(chunk) = response.chunk().await.map_err(unreachable)? {
            if body.len() + chunk.len() > VIEW_BYTES_MAX {
                return Err(WireError::ReplyTooLarge { peer: peer.to_owned(), bytes_max: VIEW_BYTES_MAX });
            }
            body.extend_from_slice(&chunk);
        }
        let view = (status == 200).then(|| view_of(&body.freeze())).flatten();
        Ok(PeerLook { status, clock, certificate_pem: pem.unwrap_or_default(), dns_names, view })
    }
}

fn view_of(body: &Bytes) -> Option<View> {
    serde_json::from_slice(body).ok()
}

const LOOK_TIMEOUT_MS: u64 = 5_000;
const VIEW_BYTES_MAX: usize = 64 * 1024;
