//! A limit on everything that a stranger can make large.

use serde::{Deserialize, Serialize};

/// Bounds on what is read, kept and tried. Each has a test at its boundary.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Largest message body taken from a peer (D5 App.1 ¶5 names 100 MB).
    pub body_bytes_max: usize,
    /// Largest XML document read, in bytes.
    pub xml_bytes_max: usize,
    /// Deepest nesting of XML elements.
    pub xml_depth_max: usize,
    /// Most attributes on one element, namespace declarations included.
    pub xml_attributes_max: usize,
    /// Most elements in one document.
    pub xml_elements_max: usize,
    /// Most documents in one container (R.010).
    pub container_documents_max: usize,
    /// Largest local record file read.
    pub local_bytes_max: usize,
    /// Largest local files, all together, whose rows are held in memory; those of larger ones are kept in files without a
    /// name.
    pub local_held_bytes_max: usize,
    /// Largest row of a local file read, and the most that is held of rows whose form tells more after them.
    pub local_row_bytes_max: usize,
    /// Most messages in flight to one peer.
    pub lane_in_flight_max: usize,
    /// How long one exchange with a peer may take.
    pub post_timeout_ms: u64,
    /// Most callers at once that have yet to prove who they are; one more pushes the oldest out.
    pub handshakes_max: usize,
    /// How long a caller may take to prove who it is.
    pub handshake_timeout_ms: u64,
    /// Most connections of one peer at once.
    pub callers_per_peer_max: usize,
    /// Most connections at once of all who are lawful callers but no peers.
    pub strangers_max: usize,
    /// How long a connection may stay open without a message on it.
    pub idle_ms: u64,
    /// How long a body may stand still.
    pub body_stall_ms: u64,
    /// How fast a body must come on the whole, a standstill forgiven once.
    pub body_bytes_per_second_min: usize,
    /// Largest attachment inside its document; a larger one travels beside it (D5 ¶23 recommends 2 MB).
    pub attachment_inside_bytes_max: u64,
    /// Most bytes of one peer's large bodies in memory at once; never less than one body.
    pub bodies_bytes_per_peer_max: usize,
    /// Largest body read of a caller that is no peer.
    pub stranger_bytes_max: usize,
    /// How much is kept of what is refused before it is read as a message; its digest and length are kept too.
    pub refused_bytes_max: usize,
    /// How often the journal sums up the callers that were turned away.
    pub turned_away_every_ms: u64,
    /// Largest copy of an order that is attached to an access request.
    pub access_file_bytes_max: usize,
    /// How long a claimed row stays claimed if its worker dies.
    pub lease_ms: i64,
    /// How long a wake-up that was lost, or a try that is due, can wait until the node looks by itself.
    pub sweep_ms: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body_bytes_max: 100 * 1024 * 1024,
            xml_bytes_max: 100 * 1024 * 1024,
            xml_depth_max: 64,
            xml_attributes_max: 64,
            xml_elements_max: 1_000_000,
            container_documents_max: 1_000,
            local_bytes_max: 16 * 1024 * 1024 * 1024,
            local_held_bytes_max: 2 * 1024 * 1024,
            local_row_bytes_max: 1024 * 1024,
            lane_in_flight_max: 16,
            post_timeout_ms: 30_000,
            handshakes_max: 128,
            handshake_timeout_ms: 5_000,
            callers_per_peer_max: 64,
            strangers_max: 8,
            idle_ms: 15_000,
            body_stall_ms: 15_000,
            body_bytes_per_second_min: 8 * 1024,
            attachment_inside_bytes_max: 2 * 1024 * 1024,
            bodies_bytes_per_peer_max: 128 * 1024 * 1024,
            stranger_bytes_max: 64 * 1024,
            refused_bytes_max: 1024,
            turned_away_every_ms: 60_000,
            access_file_bytes_max: 5 * 1024 * 1024,
            lease_ms: 60_000,
            sweep_ms: 500,
        }
    }
}
