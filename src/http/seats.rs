//! How many may be at the door at once, and how much of what they send may be in memory.
//!
//! Each peer has a share of its own, so that none can take what another needs; all callers that are no peers have one
//! small share together.

use crate::base::Limits;
use crate::flow::Peers;
use std::collections::HashMap;
use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The shares of the door.
pub(super) struct Seats {
    peers: HashMap<String, Arc<Share>>,
    strangers: Arc<Share>,
}

/// What one peer, or all strangers, may take of the door.
pub(super) struct Share {
    /// Whose it is.
    pub(super) name: String,
    /// Most connections.
    pub(super) callers_max: usize,
    callers: Arc<Semaphore>,
    /// Kilobytes of large bodies.
    memory: Arc<Semaphore>,
    /// All of them.
    bytes_max: usize,
}

/// A place at the door, free again when it is dropped.
pub(super) struct Seat {
    pub(super) share: Arc<Share>,
    pub(super) is_peer: bool,
    _place: OwnedSemaphorePermit,
}

/// Memory that a body holds until it is dropped. Small bodies need none.
pub(super) struct Held {
    share: Arc<Share>,
    permits: Vec<OwnedSemaphorePermit>,
    bytes: usize,
}

impl Seats {
    pub(super) fn new(peers: &Peers, limits: &Limits) -> Self {
        let bytes = limits.bodies_bytes_per_peer_max.max(limits.body_bytes_max);
        let share =
            |name: String| (name.clone(), Arc::new(Share::new(name, limits.callers_per_peer_max, bytes)));
        Self {
            peers: peers.names().into_iter().map(share).collect(),
            strangers: Arc::new(Share::new("strangers".to_owned(), limits.strangers_max, bytes)),
        }
    }

    /// A place for a caller: a peer by its name, or a stranger. The share says whose all places are taken.
    pub(super) fn take(&self, peer: Option<&str>) -> Result<Seat, Arc<Share>> {
        let of_peer = peer.and_then(|name| self.peers.get(name));
        let share = of_peer.unwrap_or(&self.strangers).clone();
        match share.callers.clone().try_acquire_owned() {
            Ok(place) => Ok(Seat { is_peer: of_peer.is_some(), share, _place: place }),
            Err(_all_taken) => Err(share),
        }
    }
}

impl Share {
    pub(super) fn new(name: String, callers_max: usize, bytes: usize) -> Self {
        let memory = Arc::new(Semaphore::new(kilobytes(bytes).min(Semaphore::MAX_PERMITS)));
        Self { name, callers_max, callers: Arc::new(Semaphore::new(callers_max)), memory, bytes_max: bytes }
    }

    /// A hold on nothing so far.
    pub(super) fn hold(self: &Arc<Self>) -> Held {
        Held { share: self.clone(), permits: Vec::new(), bytes: SMALL_BYTES_MAX }
    }
}

impl Held {
    /// Waits until so many bytes may be in memory. `wanted` is how many there will be, if that is known.
    pub(super) async fn grow_to(&mut self, bytes: usize, wanted: Option<usize>) {
        if bytes <= self.bytes {
            return;
        }
        let next = wanted.unwrap_or(bytes + STEP_BYTES).min(self.share.bytes_max).max(bytes);
        let more = u32::try_from(kilobytes(next - self.bytes)).unwrap_or(u32::MAX);
        if let Ok(permit) = self.share.memory.clone().acquire_many_owned(more).await {
            self.permits.push(permit); // the semaphore is never closed
        }
        self.bytes = next;
    }
}

fn kilobytes(bytes: usize) -> usize {
    bytes.div_ceil(1024)
}

/// A body up to this size asks nobody: connections are few enough.
const SMALL_BYTES_MAX: usize = 64 * 1024;

/// By how much a body of unknown size grows at a time.
const STEP_BYTES: usize = 1024 * 1024;
