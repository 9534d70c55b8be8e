//! What may go wrong on the road.

use crate::base::Verdict;
use crate::exchange::document::{WriteError, XmlError};
use std::path::PathBuf;

/// A failure of the road or of our own side of it.
#[derive(Debug, thiserror::Error)]
pub enum WireError {
    /// No such peer in the configuration.
    #[error("find peer {peer}; add it to the configuration")]
    UnknownPeer {
        /// Its name.
        peer: String,
    },
    /// The peer could not be reached, or the connection broke.
    #[error("reach peer {peer}")]
    Unreachable {
        /// Its name.
        peer: String,
        /// Why.
        #[source]
        source: reqwest::Error,
    },
    /// The peer did not answer in time.
    #[error("reach peer {peer} within {timeout_ms} ms")]
    Timeout {
        /// Its name.
        peer: String,
        /// The limit.
        timeout_ms: u64,
    },
    /// The peer's immediate reply is larger than a fault can be.
    #[error("read the reply of peer {peer}: it exceeds {bytes_max} bytes")]
    ReplyTooLarge {
        /// Its name.
        peer: String,
        /// The limit.
        bytes_max: usize,
    },
    /// The peer began to reply and broke off.
    #[error("read the reply of peer {peer} to its end; it answered {status}")]
    ReplyBroken {
        /// Its name.
        peer: String,
        /// What it had answered.
        status: u16,
        /// Why.
        #[source]
        source: reqwest::Error,
    },
    /// The peer began to reply and did not come to an end.
    #[error(
        "read the reply of peer {peer} within {timeout_ms} ms; it answered {status} and is sending still"
    )]
    ReplyTimeout {
        /// Its name.
        peer: String,
        /// What it had answered.
        status: u16,
        /// The limit.
        timeout_ms: u64,
    },
    /// Our trusted third party, or our time-stamping authority, did not answer the question.
    #[error("ask {peer}: it answers {status}: {detail}")]
    ThirdParty {
        /// Which of the two.
        peer: String,
        /// The status.
        status: u16,
        /// What it says.
        detail: String,
    },
    /// A source of the settings does not tell which certificates are revoked.
    #[error("ask {place} which certificates are revoked: {detail}")]
    Status {
        /// Its address or file.
        place: String,
        /// Why not.
        detail: String,
    },
    /// The peer sends callers elsewhere, where a message must not follow.
    #[error(
        "reach peer {peer}: it answers {status} and sends callers to {location}; ask its operator, then correct its url in the settings"
    )]
    Redirected {
        /// Its name.
        peer: String,
        /// Its answer.
        status: u16,
        /// Where it sends.
        location: String,
    },
    /// A file of our identity cannot be read.
    #[error("read {}", path.display())]
    ReadFile {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A key or certificate of ours is unusable. The cause never shows the key.
    #[error("use {what}")]
    Identity {
        /// Which part.
        what: &'static str,
        /// Why.
        #[source]
        source: openssl::error::ErrorStack,
    },
    /// The client for a peer could not be made.
    #[error("prepare the client for peer {peer}")]
    Client {
        /// Its name.
        peer: String,
        /// Why.
        #[source]
        source: reqwest::Error,
    },
    /// A folder or file of the road by files cannot be read or written.
    #[error("use {} as a road", path.display())]
    Folder {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The broker cannot be reached, refuses us, or has our queues otherwise.
    #[error("use the broker at {url}")]
    Broker {
        /// Its address, without the password.
        url: String,
        /// Why.
        #[source]
        source: Box<lapin::Error>,
    },
    /// The broker knows no such queue.
    #[error(
        "put a message into queue {queue}: the broker has none of this name; has the peer's node declared it?"
    )]
    NoQueue {
        /// Its name.
        queue: String,
    },
    /// The broker would not keep the message.
    #[error("put a message into queue {queue}: the broker does not confirm it")]
    Unconfirmed {
        /// Its name.
        queue: String,
    },
    /// The socket could not be opened or read.
    #[error("listen for peers")]
    Listen(#[source] std::io::Error),
    /// The caller's handshake failed: no certificate, a foreign one, or no TLS at all.
    #[error("agree on TLS with {}", caller.ip())]
    Handshake {
        /// Its socket address.
        caller: std::net::SocketAddr,
        /// Why.
        #[source]
        source: openssl::ssl::Error,
    },
    /// The caller did not finish its handshake in time.
    #[error("agree on TLS with {} within {timeout_ms} ms", caller.ip())]
    HandshakeTimeout {
        /// Its socket address.
        caller: std::net::SocketAddr,
        /// The limit.
        timeout_ms: u64,
    },
    /// The caller did not finish its handshake before many others came.
    #[error("agree on TLS with {} before {handshakes_max} others began to", caller.ip())]
    PushedOut {
        /// Its socket address.
        caller: std::net::SocketAddr,
        /// The limit.
        handshakes_max: usize,
    },
    /// The caller has as many connections as it may have.
    #[error("seat one more caller of {name}: {callers_max} are open; it must close some")]
    NoSeat {
        /// Its socket address.
        caller: std::net::SocketAddr,
        /// Whose they are.
        name: String,
        /// The limit.
        callers_max: usize,
    },
}

impl WireError {
    /// The address of the caller that met this error, if a caller did.
    pub fn caller(&self) -> Option<std::net::IpAddr> {
        match self {
            Self::Handshake { caller, .. }
            | Self::HandshakeTimeout { caller, .. }
            | Self::PushedOut { caller, .. }
            | Self::NoSeat { caller, .. } => Some(caller.ip()),
            Self::UnknownPeer { .. }
            | Self::Unreachable { .. }
            | Self::Timeout { .. }
            | Self::ReplyTooLarge { .. }
            | Self::ReplyBroken { .. }
            | Self::ReplyTimeout { .. }
            | Self::Redirected { .. }
            | Self::ThirdParty { .. }
            | Self::Status { .. }
            | Self::ReadFile { .. }
            | Self::Identity { .. }
            | Self::Client { .. }
            | Self::Folder { .. }
            | Self::Broker { .. }
            | Self::NoQueue { .. }
            | Self::Unconfirmed { .. }
            | Self::Listen(_) => None,
        }
    }

    /// What becomes of the message that met this error.
    pub fn verdict(&self) -> Verdict {
        match self {
            Self::Broker { .. } | Self::NoQueue { .. } | Self::Unconfirmed { .. } => {
                Verdict::Retry { not_before: None }
            }
            // a disk that is not plugged in is a peer that is not online
            Self::Unreachable { .. }
            | Self::Timeout { .. }
            | Self::ReplyTooLarge { .. }
            | Self::ReplyBroken { .. }
            | Self::ReplyTimeout { .. }
            | Self::Redirected { .. }
            | Self::ThirdParty { .. }
            | Self::Status { .. }
            | Self::Folder { .. } => Verdict::Retry { not_before: None },
            Self::UnknownPeer { .. } => Verdict::Park { code: "wire.unknown_peer" },
            Self::ReadFile { .. } | Self::Identity { .. } | Self::Client { .. } => {
                Verdict::Park { code: "wire.identity" }
            }
            Self::Listen(_) => Verdict::Park { code: "wire.listen" },
            Self::Handshake { .. } | Self::HandshakeTimeout { .. } | Self::PushedOut { .. } => {
                Verdict::Quarantine { code: "wire.handshake" }
            }
            Self::NoSeat { .. } => Verdict::Quarantine { code: "wire.no_seat" },
        }
    }
}

/// Bytes that are not one message in one envelope.
#[derive(Debug, thiserror::Error)]
pub enum EnvelopeError {
    /// Not XML that we accept.
    #[error(transparent)]
    Xml(#[from] XmlError),
    /// XML, but no SOAP 1.2 envelope.
    #[error("read the envelope: it is not soap:Envelope with soap:Header before soap:Body")]
    NotAnEnvelope,
    /// More than one body.
    #[error("read the envelope: it has a second soap:Body")]
    SecondBody,
    /// A body that holds nothing, several elements, or loose text.
    #[error("read the envelope: soap:Body must hold exactly one element")]
    BodyElements,
    /// A header that stands twice, so that two readers could disagree on it.
    #[error("read the envelope: {name} stands twice")]
    HeaderTwice {
        /// Which.
        name: &'static str,
    },
    /// A processing instruction, which SOAP 1.2 forbids.
    #[error("read the envelope: processing instructions are not allowed in SOAP")]
    Instruction,
    /// An envelope of ours could not be written.
    #[error("write the envelope")]
    Write(#[from] WriteError),
}

impl EnvelopeError {
    /// What becomes of the message.
    pub fn verdict(&self) -> Verdict {
        match self {
            Self::Xml(error) => error.verdict(),
            Self::NotAnEnvelope
            | Self::SecondBody
            | Self::BodyElements
            | Self::HeaderTwice { .. }
            | Self::Instruction => Verdict::Return { code: "wire.envelope" },
            Self::Write(_) => Verdict::Park { code: "wire.envelope_write" },
        }
    }
}
