//! Takes what lies in our queues of the broker.

use crate::base::with_causes;
use crate::exchange::wire::{BrokerWire, Came, Letter, Letters, Wire, WireError};
use crate::flow::{Arrived, Caller, Context, came_back, receive, take_package};
use bytes::Bytes;
use futures_util::{Stream, stream};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

/// Which of our queues.
#[derive(Debug, Clone, Copy)]
pub enum Queue {
    /// What comes from the peers.
    Inbound,
    /// What of ours nobody took in time.
    Expired,
}

/// Reads a queue until `stop` turns true, and connects again as often as it must.
pub async fn run_gateway(
    queue: Queue,
    broker: BrokerWire,
    mut stop: watch::Receiver<bool>,
    ctx: Arc<Context>,
) {
    let mut failures = 0_u32;
    loop {
        match open(queue, &broker).await {
            Ok(mut letters) => {
                if failures > 0 {
                    tracing::info!(?queue, "the broker is back");
                }
                failures = 0;
                if read(queue, &mut letters, &broker, &mut stop, &ctx).await {
                    return;
                }
                tracing::warn!(?queue, "the broker is gone");
            }
            // a broker that is away is told once, not at each try
            Err(error) if failures == 0 => {
                tracing::warn!(error = %with_causes(&error), ?queue, "a queue cannot be read; it is tried on");
            }
            Err(_known) => {}
        }
        failures = failures.saturating_add(1);
        let now = ctx.clock.now();
        let next_at = ctx.retry.next_at(failures, ctx.random.permille(), now);
        let wait = u64::try_from(next_at.duration_since(now).as_millis()).unwrap_or(0);
        tokio::select! {
            _ = stop.wait_for(|is_over| *is_over) => return,
            () = tokio::time::sleep(Duration::from_millis(wait)) => {}
        }
    }
}

async fn open(queue: Queue, broker: &BrokerWire) -> Result<Letters, WireError> {
    match queue {
        Queue::Inbound => broker.inbound().await,
        Queue::Expired => broker.expired().await,
    }
}

/// Reads until the broker is gone; tells whether the node stops.
async fn read(
    queue: Queue,
    letters: &mut Letters,
    broker: &BrokerWire,
    stop: &mut watch::Receiver<bool>,
    ctx: &Context,
) -> bool {
    loop {
        let letter = tokio::select! {
            _ = stop.wait_for(|is_over| *is_over) => return true,
            letter = letters.next() => letter,
        };
        let Some(mut letter) = letter else { return false };
        let is_stored = match queue {
            Queue::Inbound => take_in(&mut letter, broker, ctx).await,
            Queue::Expired => take_back(&mut letter, ctx).await,
        };
        if is_stored {
            letter.take().await;
        } else {
            letter.leave().await;
            tokio::time::sleep(NOT_STORED_PAUSE).await;
        }
    }
}

/// Stores a message that came; a fault, which on a line would be the reply, goes back by the sender's queue.
async fn take_in(letter: &mut Letter, broker: &BrokerWire, ctx: &Context) -> bool {
    let Some(arrived) = arrive(letter, ctx).await else { return false };
    // A queue speaks only for peers that are reached by one: a peer with a certificate of his own has to show it.
    let sender = match Letter::sender(arrived.came.bytes(), &ctx.limits) {
        Some(sender) if broker.knows(&sender) => sender,
        Some(sender) => format!("{sender} by a queue"),
        None => "nobody".to_owned(),
    };
    let reply = receive(Caller::Road(&sender), arrived, ctx).await;
    if reply.status == 503 {
        return false;
    }
    if !reply.body.is_empty()
        && broker.knows(&sender)
        && let Err(error) = broker.post(&sender, reply.body.into()).await
    {
        tracing::warn!(error = %with_causes(&error), sender, "a fault could not be told to its sender");
    }
    true
}

/// The message, its attachments kept; nothing if they cannot be.
async fn arrive(letter: &mut Letter, ctx: &Context) -> Option<Arrived> {
    let package = letter.package_type().map(str::to_owned);
    let bytes = letter.take_bytes();
    if bytes.len() > ctx.limits.body_bytes_max {
        let announced = u64::try_from(bytes.len()).ok();
        return Some(Came::TooLarge { kept: bytes, announced }.into());
    }
    let Some(content_type) = package else { return Some(Came::Whole(bytes).into()) };
    match take_package(&content_type, cut(bytes), Arc::default(), ctx).await {
        Ok(arrived) => Some(arrived),
        Err(error) => {
            error.tell();
            None
        }
    }
}

/// The bytes in pieces that share their memory.
fn cut(mut bytes: Bytes) -> impl Stream<Item = std::io::Result<Bytes>> + Send + 'static {
    stream::iter(std::iter::from_fn(move || {
        let piece = bytes.split_to(bytes.len().min(PIECE_BYTES));
        (!piece.is_empty()).then_some(Ok(piece))
    }))
}

async fn take_back(letter: &mut Letter, ctx: &Context) -> bool {
    let Some(arrived) = arrive(letter, ctx).await else { return false };
    match came_back(arrived.came.bytes(), ctx).await {
        Ok(()) => true,
        Err(error) if matches!(error.verdict(), crate::base::Verdict::Retry { .. }) => false,
        Err(error) => {
            tracing::warn!(error = %with_causes(&error), "what came back is no message of ours");
            true
        }
    }
}

const PIECE_BYTES: usize = 256 * 1024;
/// So that a database that is away is not asked in a circle.
const NOT_STORED_PAUSE: Duration = Duration::from_secs(1);
