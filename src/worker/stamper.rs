//! Stamps what was exchanged, batch by batch, and renews what was stamped. Nothing waits for it.

use super::complain;
use crate::base::with_causes;
use crate::flow::{
    Context, FlowError, OwnTimeStamps, Stamping, note_unstamped, renew_time_stamps, stamp_documents,
};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

/// Stamps until `stop` turns true; at once over where no authority is configured.
pub async fn run_stamper(mut stop: watch::Receiver<bool>, ctx: Arc<Context>) {
    let Some(own) = &ctx.time_stamps else { return };
    let mut misses = 0_u32;
    loop {
        let pause = pause(misses, own, &ctx);
        tokio::select! {
            _ = stop.wait_for(|is_over| *is_over) => return,
            () = tokio::time::sleep(pause) => {}
        }
        match stamp(own, || !*stop.borrow(), &ctx).await {
            Ok(()) => misses = 0,
            Err(error @ FlowError::TimeStamps { .. }) => {
                misses = misses.saturating_add(1);
                if misses == 1 {
                    // the same trouble is told once, not at every try
                    tracing::warn!(error = %with_causes(&error), "documents wait for time stamps; it is tried on");
                }
                if let Err(error) = note_unstamped(misses, &ctx).await {
                    complain(&error, "the journal could not be written");
                }
            }
            Err(error) => complain(&error, "documents could not be stamped"),
        }
    }
}

async fn stamp(
    own: &OwnTimeStamps,
    mut may_go_on: impl FnMut() -> bool,
    ctx: &Context,
) -> Result<(), FlowError> {
    while may_go_on() && stamp_documents(own, ctx).await? == Stamping::MoreWaits {}
    while may_go_on() && renew_time_stamps(own, ctx).await? == Stamping::MoreWaits {}
    Ok(())
}

/// A window of documents, or the time to the next try.
fn pause(misses: u32, own: &OwnTimeStamps, ctx: &Context) -> Duration {
    if misses == 0 {
        return Duration::from_millis(own.every_ms);
    }
    let now = ctx.clock.now();
    let next = ctx.retry.next_at(misses, ctx.random.permille(), now);
    next.duration_since(now).try_into().unwrap_or_default()
}
