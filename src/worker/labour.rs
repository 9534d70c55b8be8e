//! Takes the streams of jobs of each peer; and sees to what becomes of consents with time.

use super::complain;
use crate::base::{Verdict, with_causes};
use crate::flow::labour::{
    Swept, ask_renewals, end_expired, note_missing_receipts, publish_waiting, pull, sweep_retention,
};
use crate::flow::{Context, FlowError};
use crate::store::mirror_expire;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

/// Takes the streams of a peer again and again until `stop` turns true. A peer that is not reached is asked ever more seldom; one
/// that leads nowhere as often as the settings say, and a person is told once.
pub async fn run_sync(peer: String, mut stop: watch::Receiver<bool>, ctx: Arc<Context>) {
    let mut misses = 0_u32;
    let mut until = stop.clone();
    loop {
        // what is cut off by a stop is gone on with from the last page that was kept
        let pulled = tokio::select! {
            _ = until.wait_for(|is_over| *is_over) => return,
            pulled = pull(&peer, &ctx) => pulled,
        };
        let every = ctx.labour.every_ms;
        let wait = match pulled {
            Ok(_) => {
                misses = 0;
                every
            }
            Err(error) => {
                if misses == 0 {
                    tracing::warn!(error = %with_causes(&error), peer, "the jobs of a peer could not be taken; it is tried on");
                }
                misses = misses.saturating_add(1);
                match error.verdict() {
                    Verdict::Retry { .. } => {
                        let now = ctx.clock.now();
                        let next = ctx.retry.next_at(misses, ctx.random.permille(), now);
                        u64::try_from(next.duration_since(now).as_millis()).unwrap_or(every)
                    }
                    Verdict::Return { .. } | Verdict::Quarantine { .. } | Verdict::Park { .. } => every,
                }
            }
        };
        tokio::select! {
            _ = stop.wait_for(|is_over| *is_over) => return,
            () = tokio::time::sleep(Duration::from_millis(wait)) => {}
        }
    }
}

/// Notes consents that have expired, publishes profiles that wait, blanks what may be kept no longer, has persons asked about
/// renewals and erasures that are not confirmed, and does what the clocks of records say, until `stop` turns true.
pub async fn run_labour(mut stop: watch::Receiver<bool>, ctx: Arc<Context>) {
    loop {
        if let Err(error) = look(&ctx).await {
            complain(&error, "consents could not be looked at");
        }
        tokio::select! {
            _ = stop.wait_for(|is_over| *is_over) => return,
            () = tokio::time::sleep(Duration::from_millis(ctx.labour.every_ms)) => {}
        }
    }
}

async fn look(ctx: &Context) -> Result<(), FlowError> {
    end_expired(ctx).await?;
    publish_waiting(ctx).await?;
    let mut tx = ctx.store.begin().await?;
    mirror_expire(&mut tx, ctx.clock.now()).await?;
    tx.commit().await?;
    note_missing_receipts(ctx).await?;
    ask_renewals(ctx).await?;
    let swept = sweep_retention(ctx).await?;
    if swept != Swept::default() {
        tracing::info!(?swept, "the time of records is over");
    }
    Ok(())
}
