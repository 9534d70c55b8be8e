//! Settles what came, several messages at a time; those of one conversation in order.
//!
//! Each peer has places of its own for its documents, and signals need none: neither a flood from one peer nor a
//! local system that hangs keeps the others waiting.

use super::{complain, rest};
use crate::flow::{Context, claim_inbox, extend_lease, settle};
use crate::store::{InboxId, InboxRow};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::{Id, JoinSet};
use tokio::time::Instant;

/// Settles until `stop` turns true.
pub async fn run_settler(mut stop: watch::Receiver<bool>, ctx: Arc<Context>) {
    let mut wake = ctx.wake.watch_inbox();
    let mut tasks: JoinSet<()> = JoinSet::new();
    let mut going = Going::default();
    loop {
        wake.mark_unchanged();
        let busy = going.busy();
        let claimed = if going.0.len() >= GOING_MAX {
            Vec::new()
        } else {
            claim_inbox(CLAIM_AT_ONCE, &busy, &ctx).await.unwrap_or_else(|error| {
                complain(&error, "the inbox could not be read");
                Vec::new()
            })
        };
        for row in claimed {
            let ctx = ctx.clone();
            let place = Place::of(&row);
            let task = tasks.spawn(async move {
                if let Err(error) = settle(row, &ctx).await {
                    complain(&error, "a message could not be settled now; its lease will run out");
                }
            });
            going.0.insert(task.id(), place);
        }
        let go_on = tokio::select! {
            Some(ended) = tasks.join_next_with_id() => {
                going.end(ended);
                while let Some(ended) = tasks.try_join_next_with_id() {
                    going.end(ended);
                }
                !*stop.borrow()
            }
            go_on = rest(&mut wake, &mut stop, &ctx) => go_on,
        };
        if !go_on {
            break;
        }
        going.keep_leases(&ctx).await;
    }
    while tasks.join_next().await.is_some() {}
}

/// What is being settled.
#[derive(Default)]
struct Going(HashMap<Id, Place>);

struct Place {
    id: InboxId,
    peer: String,
    is_document: bool,
    leased_at: Instant,
}

impl Place {
    fn of(row: &InboxRow) -> Self {
        let is_document = !row.action.contains("/P.MSG.");
        Self { id: row.id, peer: row.peer.clone(), is_document, leased_at: Instant::now() }
    }
}

impl Going {
    fn end(&mut self, ended: Result<(Id, ()), tokio::task::JoinError>) {
        let id = match ended {
            Ok((id, ())) => id,
            Err(error) => error.id(),
        };
        self.0.remove(&id);
    }

    /// The peers whose documents have taken all their places.
    fn busy(&self) -> Vec<&str> {
        let mut taken: HashMap<&str, usize> = HashMap::new();
        for place in self.0.values().filter(|place| place.is_document) {
            *taken.entry(&place.peer).or_default() += 1;
        }
        taken.into_iter().filter(|(_, taken)| *taken >= PLACES_OF_A_PEER).map(|(peer, _)| peer).collect()
    }

    /// What takes long stays ours.
    async fn keep_leases(&mut self, ctx: &Context) {
        let half = Duration::from_millis(u64::try_from(ctx.limits.lease_ms / 2).unwrap_or(0));
        for place in self.0.values_mut().filter(|place| place.leased_at.elapsed() >= half) {
            match extend_lease(place.id, ctx).await {
                Ok(()) => place.leased_at = Instant::now(),
                Err(error) => {
                    complain(&error, "a lease could not be extended");
                    return;
                }
            }
        }
    }
}

/// How many documents of one peer are settled at once.
const PLACES_OF_A_PEER: usize = 8;
/// How many messages are claimed at once.
const CLAIM_AT_ONCE: u32 = 8;
/// More than all places of all peers, with room for signals.
const GOING_MAX: usize = 64;
