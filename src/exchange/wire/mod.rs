//! What crosses the border, and by which road: HTTPS with both sides authenticated, queues of a broker, or files in a
//! folder.
//!
//! It carries bytes and tells who sent them; it decides nothing about their meaning.

mod bare;
mod broker;
mod came;
mod client;
mod coding;
mod envelope;
mod error;
mod folder;
mod http_signature;
mod identity;
mod job_portal;
mod look;
mod parcel;
mod server;
mod status;
mod sync;
mod third_party;
mod unpack;
mod webhook;

pub use bare::BareLine;
pub use broker::{BrokerPlan, BrokerWire, Letter, Letters};
pub use came::Came;
pub use client::{HttpsWire, PeerEndpoint};
pub use coding::{GZIP, InflateError, Inflater, deflate, takes_gzip};
pub use envelope::{Envelope, Integration};
pub use error::{EnvelopeError, WireError};
pub use folder::{FolderWire, Lying, Roads};
pub use identity::{NodeIdentity, PeerCertificate};
pub use job_portal::{EachEntry, Fetched, JobPortal, PortalError, PortalPlan};
pub use look::{Announced, PeerLook, VIEW_PATH, View};
pub use parcel::{PackedPart, Parcel, PartContent};
pub use server::{Handshake, TlsListener};
pub use status::{HttpStatus, StatusPlace, StatusWire};
pub use sync::{HttpsSync, SYNC_REPLY_BYTES_MAX, SyncCall, SyncRoad};
pub use third_party::{AskedBy, HttpsThirdParty, Inquest, ThirdPartyWire};
pub use unpack::{PartKeeper, UnpackError, is_package, unpack};
pub use webhook::{Taken, Webhook, WebhookError, WebhookKey, WebhookPlan};

use bytes::Bytes;
use futures_util::future::BoxFuture;

/// A road to the peers. Every road tells the same outcomes.
pub trait Wire: Send + Sync {
    /// Carries one envelope, with its attachments, to a peer and brings its reply. No database transaction may be
    /// open meanwhile.
    fn post<'a>(&'a self, peer: &'a str, parcel: Parcel) -> BoxFuture<'a, Result<Reply, WireError>>;
}

/// What the peer's node said at once; the answer of a transaction comes as a message of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// The HTTP status.
    pub status: u16,
    /// Empty, or a fault.
    pub body: Bytes,
}
