//! A wire between simulated nodes, as bad as the seed makes it.

use crate::base::{Random, SeededRandom};
use crate::exchange::canonical::State;
use crate::exchange::transit::{Fault, RawHeaders, Subcode};
use crate::exchange::wire::{Came, Envelope, Parcel, Reply, Wire, WireError, is_package};
use crate::flow::{Arrived, Caller, Context, NotTaken, receive, take_package, unstored};
use bytes::Bytes;
use futures_util::future::BoxFuture;
use futures_util::stream;
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError, Weak};

/// The wire, shared by all nodes of a run.
pub(super) struct SimWire(Mutex<Inner>);

struct Inner {
    random: SeededRandom,
    nodes: HashMap<String, Weak<Context>>,
    cut: HashSet<(State, State)>,
    /// Envelopes that will come later: from whom, to whom.
    late: Vec<(State, String, Crate)>,
    speaker: State,
    is_healed: bool,
    told: Vec<String>,
    mishaps: u32,
}

/// A message on its way, packed as it is on a line.
#[derive(Clone)]
struct Crate {
    content_type: String,
    bytes: Bytes,
}

impl Crate {
    async fn unpack(self, ctx: &Context) -> Result<Arrived, NotTaken> {
        if !is_package(&self.content_type) {
            return Ok(Came::Whole(self.bytes).into());
        }
        let body = stream::once(async move { Ok(self.bytes) });
        take_package(&self.content_type, body, Arc::default(), ctx).await
    }
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
        for (from, to, packed) in late.into_iter().rev() {
            let _ = self.hand(from, &to, packed).await; // nobody waits for this reply
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

    /// Brings a message to a node; whose database dies over its attachments answers as one that cannot store.
    async fn hand(&self, from: State, to: &str, packed: Crate) -> Option<Reply> {
        let ctx = self.inner().nodes.get(to).and_then(Weak::upgrade)?;
        Some(match packed.unpack(&ctx).await {
            Ok(arrived) => receive(Caller::Road(from.as_code()), arrived, &ctx).await,
            Err(error) => {
                error.tell();
                unstored()
            }
        })
    }

    async fn carry(&self, to: &str, parcel: Parcel) -> Result<Reply, WireError> {
        let from = self.inner().speaker;
        let silence = || WireError::Timeout { peer: to.to_owned(), timeout_ms: 30_000 };
        let bytes = parcel.collect().await.map_err(|_gone| silence())?;
        let packed = Crate { content_type: parcel.content_type(), bytes };
        match self.choose(from, to) {
            Way::Well => self.hand(from, to, packed).await.ok_or_else(silence),
            Way::Twice => {
                let _ = self.hand(from, to, packed.clone()).await; // the second reply is the one heard
                self.hand(from, to, packed).await.ok_or_else(silence)
            }
            Way::ReplyLost => {
                let _ = self.hand(from, to, packed).await; // so it is lost
                Err(silence())
            }
            Way::Late => {
                self.inner().late.push((from, to.to_owned(), packed));
                Err(silence())
            }
            Way::Truncated => {
                let announced = u64::try_from(packed.bytes.len()).ok();
                let kept = packed.bytes.slice(..packed.bytes.len() / 2);
                let ctx = self.inner().nodes.get(to).and_then(Weak::upgrade);
                if let Some(ctx) = ctx {
                    let broken = Came::Broken { kept, announced };
                    let _ = receive(Caller::Road(from.as_code()), broken, &ctx).await; // the connection broke
                }
                Err(silence())
            }
            Way::TakenThenError => {
                let _ = self.hand(from, to, packed).await; // its answer is lost with the machine
                Ok(Reply { status: 500, body: Bytes::new() })
            }
            Way::Error => Ok(Reply { status: 502, body: Bytes::from_static(b"<html>bad gateway</html>") }),
            Way::NotFound => Ok(Reply { status: 404, body: Bytes::new() }),
            Way::Faulted => {
                let fault = Fault::new(Subcode::InternalError, "a gateway on the way has failed");
                let body = Envelope::write_fault(
                    &fault,
                    ("EAEU://EEC/SR/gate", "urn:uuid:0"),
                    &RawHeaders::default(),
                    None,
                );
                Ok(Reply { status: 500, body: body.unwrap_or_default().into() })
            }
            Way::Lost | Way::Cut => Err(silence()),
        }
    }
}

impl Wire for SimWire {
    fn post<'a>(&'a self, peer: &'a str, parcel: Parcel) -> BoxFuture<'a, Result<Reply, WireError>> {
        Box::pin(self.carry(peer, parcel))
    }
}

/// The name in the wire certificate of a state's node.
pub(super) fn name_of(state: State) -> String {
    format!("{}.simulation", state.as_code().to_lowercase())
}
