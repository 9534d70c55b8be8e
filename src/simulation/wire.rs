//! A wire between simulated nodes, as bad as the seed makes it.

use crate::base::{Random, SeededRandom};
use crate::exchange::canonical::State;
use crate::exchange::transit::{Fault, RawHeaders, Subcode};
use crate::exchange::wire::{Came, Envelope, Reply, Wire, WireError};
use crate::flow::{Caller, Context, receive};
use bytes::Bytes;
use futures_util::future::BoxFuture;
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError, Weak};

/// The wire, shared by all nodes of a run.
pub(super) struct SimWire(Mutex<Inner>);

struct Inner {
    random: SeededRandom,
    nodes: HashMap<String, Weak<Context>>,
    cut: HashSet<(State, State)>,
    /// Envelopes that will come later: from whom, to whom.
    late: Vec<(State, String, Bytes)>,
    speaker: State,
    is_healed: bool,
    told: Vec<String>,
    mishaps: u32,
}

/// What becomes of an envelope.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Well,
    Twice,
    ReplyLost,
    Late,
    Lost,
    Cut,
    Truncated,
    /// Something on the way answers with an error of its own.
    Error,
    /// The peer takes it and its machine fails then.
    TakenThenError,
    /// Something on the way answers with a fault.
    Faulted,
    /// The address leads to somebody who knows nothing of it.
    NotFound,
}

impl SimWire {
    pub(super) fn new(seed: u64) -> Self {
        Self(Mutex::new(Inner {
            random: SeededRandom::new(seed ^ 0x5eed),
            nodes: HashMap::new(),
            cut: HashSet::new(),
            late: Vec::new(),
            speaker: State::Ru,
            is_healed: false,
            told: Vec::new(),
            mishaps: 0,
        }))
    }

    fn inner(&self) -> std::sync::MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A node is up, in place of the one before it.
    pub(super) fn attach(&self, state: State, ctx: &Arc<Context>) {
        self.inner().nodes.insert(state.to_string(), Arc::downgrade(ctx));
    }

    /// Whose deliveries come next; one node acts at a time.
    pub(super) fn speak_as(&self, state: State) {
        self.inner().speaker = state;
    }

    pub(super) fn told(&self) -> Vec<String> {
        std::mem::take(&mut self.inner().told)
    }

    pub(super) fn mishaps(&self) -> u32 {
        self.inner().mishaps
    }

    /// Cuts two nodes off from each other, or joins them again; tells which.
    pub(super) fn cut_or_join(&self, a: State, b: State) -> bool {
        let mut inner = self.inner();
        let pair = (a.min(b), a.max(b));
        a != b && (inner.cut.remove(&pair) || inner.cut.insert(pair)) && inner.cut.contains(&pair)
    }

    pub(super) fn heal(&self) {
        let mut inner = self.inner();
        inner.cut.clear();
        inner.is_healed = true;
    }

    /// What was delayed comes now, the last first.
    pub(super) async fn late(&self) -> Vec<String> {
        let late = std::mem::take(&mut self.inner().late);
        for (from, to, envelope) in late.into_iter().rev() {
            let _ = self.hand(from, &to, Came::Whole(envelope)).await; // nobody waits for this reply
            self.inner().told.push(format!("{from} to {to}: what was delayed comes"));
        }
        self.told()
    }

    fn choose(&self, from: State, to: &str) -> Way {
        let mut inner = self.inner();
        if inner.is_healed {
            return Way::Well;
        }
        let is_cut = inner
            .cut
            .iter()
            .any(|(a, b)| (*a == from && b.as_code() == to) || (*b == from && a.as_code() == to));
        let way = match inner.random.permille() {
            _ if is_cut => Way::Cut,
            0..650 => Way::Well,
            650..710 => Way::Twice,
            710..780 => Way::ReplyLost,
            780..840 => Way::Late,
            840..890 => Way::Lost,
            890..920 => Way::Truncated,
            920..940 => Way::Error,
            940..960 => Way::TakenThenError,
            960..985 => Way::Faulted,
            _ => Way::NotFound,
        };
        if way != Way::Well {
            inner.mishaps += 1;
            inner.told.push(format!("{from} to {to}: {way:?}"));
        }
        way
    }

    async fn hand(&self, from: State, to: &str, came: Came) -> Option<Reply> {
        let ctx = self.inner().nodes.get(to).and_then(Weak::upgrade)?;
        Some(receive(Caller::Road(from.as_code()), came, &ctx).await)
    }

    async fn carry(&self, to: &str, envelope: Bytes) -> Result<Reply, WireError> {
        let from = self.inner().speaker;
        let silence = || WireError::Timeout { peer: to.to_owned(), timeout_ms: 30_000 };
        match self.choose(from, to) {
            Way::Well => self.hand(from, to, Came::Whole(envelope)).await.ok_or_else(silence),
            Way::Twice => {
                let _ = self.hand(from, to, Came::Whole(envelope.clone())).await; // the second reply is the one heard
                self.hand(from, to, Came::Whole(envelope)).await.ok_or_else(silence)
            }
            Way::ReplyLost => {
                let _ = self.hand(from, to, Came::Whole(envelope)).await; // so it is lost
                Err(silence())
            }
            Way::Late => {
                self.inner().late.push((from, to.to_owned(), envelope));
                Err(silence())
            }
            Way::Truncated => {
                let announced = u64::try_from(envelope.len()).ok();
                let kept = envelope.slice(..envelope.len() / 2);
                let _ = self.hand(from, to, Came::Broken { kept, announced }).await; // the connection broke
                Err(silence())
            }
            Way::TakenThenError => {
                let _ = self.hand(from, to, Came::Whole(envelope)).await; // its answer is lost with the machine
                Ok(Reply { status: 500, body: Bytes::new() })
            }
            Way::Error => Ok(Reply { status: 502, body: Bytes::from_static(b"<html>bad gateway</html>") }),
            Way::NotFound => Ok(Reply { status: 404, body: Bytes::new() }),
            Way::Faulted => {
                let fault = Fault::new(Subcode::InternalError, "a gateway on the way has failed");
                let body =
                    Envelope::write_fault(&fault, "EAEU://EEC/SR/gate", "urn:uuid:0", &RawHeaders::default());
                Ok(Reply { status: 500, body: body.unwrap_or_default().into() })
            }
            Way::Lost | Way::Cut => Err(silence()),
        }
    }
}

impl Wire for SimWire {
    fn post<'a>(&'a self, peer: &'a str, envelope: Bytes) -> BoxFuture<'a, Result<Reply, WireError>> {
        Box::pin(self.carry(peer, envelope))
    }
}

/// The name in the wire certificate of a state's node.
pub(super) fn name_of(state: State) -> String {
    format!("{}.simulation", state.as_code().to_lowercase())
}
