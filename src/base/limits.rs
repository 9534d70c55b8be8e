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
    /// Largest local record file read.
    pub local_bytes_max: usize,
    /// Most messages in flight to one peer.
    pub lane_in_flight_max: usize,
    /// How long one exchange with a peer may take.
    pub post_timeout_ms: u64,
    /// How long a claimed row stays claimed if its worker dies.
    pub lease_ms: i64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body_bytes_max: 100 * 1024 * 1024,
            xml_bytes_max: 100 * 1024 * 1024,
            xml_depth_max: 64,
            xml_attributes_max: 64,
            xml_elements_max: 1_000_000,
            local_bytes_max: 1024 * 1024 * 1024,
            lane_in_flight_max: 16,
            post_timeout_ms: 30_000,
            lease_ms: 60_000,
        }
    }
}
