//! The lane of one peer: claims what is due and keeps a bounded number of messages in flight.

use super::rest;
use crate::flow::{Context, claim, deliver};
use std::sync::Arc;
use tokio::sync::watch;
use tokio::task::JoinSet;

/// Delivers to `peer` until `stop` turns true.
pub async fn run_lane(peer: String, mut stop: watch::Receiver<bool>, ctx: Arc<Context>) {
    let mut wake = ctx.wake.watch_outbox();
    let mut in_flight: JoinSet<()> = JoinSet::new();
    loop {
        wake.mark_unchanged();
        let room = ctx.limits.lane_in_flight_max.saturating_sub(in_flight.len());
        let claimed = match claim(&peer, u32::try_from(room).unwrap_or(u32::MAX), &ctx).await {
            Ok(claimed) => claimed,
            Err(error) => {
                tracing::error!(error = ?error, peer, "the outbox could not be read");
                Vec::new()
            }
        };
        for (row, message_id) in claimed {
            let ctx = ctx.clone();
            in_flight.spawn(async move {
                if let Err(error) = deliver(&row, message_id, &ctx).await {
                    tracing::error!(error = ?error, row = %row.id, "a delivery could not be recorded");
                }
            });
        }
        let go_on = tokio::select! {
            Some(_) = in_flight.join_next() => !*stop.borrow(),
            go_on = rest(&mut wake, &mut stop) => go_on,
        };
        if !go_on {
            break;
        }
    }
    while in_flight.join_next().await.is_some() {}
}
