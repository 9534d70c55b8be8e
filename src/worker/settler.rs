//! Settles what came, several messages at a time; those of one conversation in order.

use super::rest;
use crate::flow::{Context, claim_inbox, settle};
use std::sync::Arc;
use tokio::sync::watch;
use tokio::task::JoinSet;

/// Settles until `stop` turns true.
pub async fn run_settler(mut stop: watch::Receiver<bool>, ctx: Arc<Context>) {
    let mut wake = ctx.wake.watch_inbox();
    let mut going: JoinSet<()> = JoinSet::new();
    loop {
        wake.mark_unchanged();
        let room = SETTLING_MAX.saturating_sub(going.len());
        let claimed = match claim_inbox(u32::try_from(room).unwrap_or(u32::MAX), &ctx).await {
            Ok(claimed) => claimed,
            Err(error) => {
                tracing::error!(error = ?error, "the inbox could not be read");
                Vec::new()
            }
        };
        for row in claimed {
            let ctx = ctx.clone();
            going.spawn(async move {
                let id = row.id;
                if let Err(error) = settle(row, &ctx).await {
                    tracing::error!(error = ?error, row = %id, "a message could not be settled now");
                }
            });
        }
        let go_on = tokio::select! {
            Some(_) = going.join_next() => !*stop.borrow(),
            go_on = rest(&mut wake, &mut stop) => go_on,
        };
        if !go_on {
            break;
        }
    }
    while going.join_next().await.is_some() {}
}

/// How many messages are settled at once.
const SETTLING_MAX: usize = 8;
