//! Why a node cannot start.

use crate::exchange::adapter::AdapterError;
use crate::exchange::rules::{CatalogueError, RulesError};
use crate::exchange::seal::SealError;
use crate::exchange::wire::WireError;
use crate::flow::FlowError;
use crate::pension::TermsError;
use crate::store::{NationalError, StoreError};
use std::path::PathBuf;

/// A node that cannot start, and what to look at.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The data folder cannot be made.
    #[error("make the data folder {}", path.display())]
    Folder {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// Another process uses the data folder.
    #[error("use the data folder {}: another node runs on it; stop that one first", path.display())]
    InUse {
        /// Which.
        path: PathBuf,
    },
    /// The door for the watchers cannot be opened.
    #[error("listen at {address} for the watchers")]
    Health {
        /// Where.
        address: std::net::SocketAddr,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// This machine does not know a time zone of the settings.
    #[error("the time zone {name} is not known here; write a name as Asia/Almaty, and install tzdata")]
    TimeZone {
        /// Its name.
        name: String,
    },
    /// The door for the local system or for people cannot be opened.
    #[error("listen at {address}")]
    LocalDoor {
        /// Where.
        address: std::net::SocketAddr,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A peer is to take part in a process that is not in the catalogue.
    #[error("let peer {peer} take part in {process}: the catalogue has no such common process")]
    UnknownProcess {
        /// Which peer.
        peer: String,
        /// Which process.
        process: String,
    },
    /// A kind of fact that this node cannot exchange.
    #[error("exchange fact {kind} by [facts] of the settings: {reason}")]
    Fact {
        /// Which.
        kind: String,
        /// Why not, and what to do.
        reason: String,
    },
    /// A rehearsal with keys that somebody may take for real.
    #[error(
        "rehearse: a clock that runs ahead is only for keys of stazh init; take [rehearsal] out of the settings"
    )]
    RealRehearsal,
    /// Bulk checks that cannot be made.
    #[error("check persons in payment by [checks] of the settings: {reason}")]
    Checks {
        /// Why not, and what to do.
        reason: String,
    },
    /// A peer's address is none.
    #[error("read the url of peer {peer}")]
    Url {
        /// Which peer.
        peer: String,
    },
    /// A file of the settings.
    #[error("read {}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// Terms or working days of one's own that cannot be used.
    #[error("use {}", path.display())]
    Terms {
        /// The file.
        path: PathBuf,
        /// Why, with the line.
        #[source]
        source: TermsError,
    },
    /// Numbers of access that cannot be used.
    #[error("use {} of [access]: {reason}", path.display())]
    Access {
        /// The file.
        path: PathBuf,
        /// Why, with the line.
        reason: String,
    },
    /// A secret that could be guessed.
    #[error("use the secret in {}: it has less than 32 bytes; make one by openssl rand -hex 32", path.display())]
    WeakSecret {
        /// Where.
        path: PathBuf,
    },
    /// A folder or a profile of the local system.
    #[error("reach the local system")]
    Local(#[from] AdapterError),
    /// The file with a password or a secret.
    #[error("read the password in {}", path.display())]
    Password {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The database.
    #[error("prepare the database")]
    Store(#[from] StoreError),
    /// The table of the national system.
    #[error("reach the national database")]
    National(#[from] NationalError),
    /// Whoever is to take records cannot as it is.
    #[error("hand records over as [hand_over] says")]
    HandOver(#[source] FlowError),
    /// What was kept of revoked certificates.
    #[error("read what is known of revoked certificates")]
    Revocation(#[from] FlowError),
    /// Our identity on the wire, or the door for the peers.
    #[error("prepare the wire")]
    Wire(#[from] WireError),
    /// Our signature, or a peer's authorities.
    #[error("prepare the seals")]
    Seal(#[from] SealError),
    /// The common processes.
    #[error("read the common processes")]
    Catalogue(#[from] CatalogueError),
    /// The schemas, code lists and fill rules.
    #[error("read the rules of documents")]
    Rules(#[from] RulesError),
}
