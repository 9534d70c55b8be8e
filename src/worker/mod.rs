//! What a node does by itself: one lane for each peer, the settling of what came, the watch over the terms,
//! the chain over the journal, the time stamps of what was exchanged.
//!
//! Every step is idempotent, takes no input and runs on a wake-up *and* on a timer. A dead peer delays nobody:
//! its lane waits alone.

mod chainer;
mod changes;
mod checks;
mod endings;
mod facts;
mod gateway;
mod hints;
mod jobs;
mod labour;
mod lane;
mod persons;
mod pickup;
mod proactive;
mod settler;
mod stamper;
mod statuses;
mod tally;
mod terms;

pub use chainer::run_chainer;
pub use changes::run_changes;
pub use checks::run_checks;
pub use endings::run_endings;
pub use facts::run_facts;
pub use gateway::{Queue, run_gateway};
pub use hints::run_hints;
pub use jobs::run_job_index;
pub use labour::{run_labour, run_sync};
pub use lane::run_lane;
pub use persons::run_persons;
pub use pickup::run_pickup;
pub use proactive::run_proactive;
pub use settler::run_settler;
pub use stamper::{Stamper, run_stamper};
pub use statuses::run_statuses;
pub use tally::run_tally;
pub use terms::run_terms;

use crate::base::with_causes;
use crate::exchange::wire::{BrokerWire, FolderWire};
use crate::flow::{Context, FlowError};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinSet;

/// Runs all workers of a node until `stop` turns true; what was begun is finished.
pub async fn run_workers(
    stop: watch::Receiver<bool>,
    folders: FolderWire,
    broker: Option<BrokerWire>,
    ctx: Arc<Context>,
) {
    let mut workers = JoinSet::new();
    if let Some(broker) = broker {
        for queue in [Queue::Inbound, Queue::Expired] {
            workers.spawn(run_gateway(queue, broker.clone(), stop.clone(), ctx.clone()));
        }
    }
    for peer in folders.peers() {
        workers.spawn(run_pickup(peer, folders.clone(), stop.clone(), ctx.clone()));
    }
    for peer in ctx.peers.names() {
        workers.spawn(run_lane(peer, stop.clone(), ctx.clone()));
    }
    let road = ctx.labour.road.as_ref().filter(|_| ctx.labour.is_enabled);
    for peer in road.map(|road| road.peers()).unwrap_or_default() {
        workers.spawn(run_sync(peer, stop.clone(), ctx.clone()));
    }
    if ctx.labour.is_enabled {
        workers.spawn(run_labour(stop.clone(), ctx.clone()));
        workers.spawn(run_job_index(stop.clone(), ctx.clone()));
    }
    workers.spawn(run_settler(stop.clone(), ctx.clone()));
    workers.spawn(run_terms(stop.clone(), ctx.clone()));
    workers.spawn(run_changes(stop.clone(), ctx.clone()));
    workers.spawn(run_statuses(stop.clone(), ctx.clone()));
    workers.spawn(run_chainer(stop.clone(), ctx.clone()));
    workers.spawn(run_facts(stop.clone(), ctx.clone()));
    workers.spawn(run_proactive(stop.clone(), ctx.clone()));
    workers.spawn(run_checks(stop.clone(), ctx.clone()));
    workers.spawn(run_persons(stop.clone(), ctx.clone()));
    workers.spawn(run_tally(stop.clone(), ctx.clone()));
    workers.spawn(run_stamper(stop.clone(), ctx.clone()));
    workers.spawn(run_hints(stop, ctx.clone()));
    while let Some(ended) = workers.join_next().await {
        if let Err(error) = ended {
            tracing::error!(%error, "a worker ended by a defect; restart the node and report it");
        }
    }
    chainer::finish_chain(&ctx).await;
}

/// Waits for a wake-up, the sweep or the end; tells whether to go on.
async fn rest(wake: &mut watch::Receiver<u64>, stop: &mut watch::Receiver<bool>, ctx: &Context) -> bool {
    tokio::select! {
        _ = stop.wait_for(|is_over| *is_over) => false,
        _ = wake.changed() => true,
        () = tokio::time::sleep(Duration::from_millis(ctx.limits.sweep_ms)) => true,
    }
}

/// Logs what a worker could not do; a cause that the operator was told of is not repeated at every sweep.
fn complain(error: &FlowError, what: &str) {
    if error.is_lost_race() {
        tracing::info!(error = %with_causes(error), "another worker went on with a message; nothing is harmed");
    } else if error.is_told() {
        tracing::debug!(%error, "{what}");
    } else {
        tracing::error!(error = ?error, "{what}");
    }
}
