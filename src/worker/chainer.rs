//! Chains the journal: every second, and when all others have stopped.

use crate::base::with_causes;
use crate::flow::{Context, FlowError, Linked, Sealing, link_journal, seal_journal};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

/// Chains until `stop` turns true.
pub async fn run_chainer(mut stop: watch::Receiver<bool>, ctx: Arc<Context>) {
    let mut is_silent = false;
    loop {
        match chain(Sealing::WhenDue, || !*stop.borrow(), &ctx).await {
            Ok(()) => is_silent = false,
            // the same trouble is told once, not every second
            Err(error) if !is_silent => {
                is_silent = true;
                tracing::error!(error = %with_causes(&error), "the journal could not be chained; it is tried on");
            }
            Err(_known) => {}
        }
        tokio::select! {
            _ = stop.wait_for(|is_over| *is_over) => return,
            () = tokio::time::sleep(CHAIN_EVERY) => {}
        }
    }
}

/// Links and seals what the workers wrote last.
pub(super) async fn finish_chain(ctx: &Context) {
    let mut batches = 0..LAST_BATCHES;
    if let Err(error) = chain(Sealing::Now, || batches.next().is_some(), ctx).await {
        tracing::warn!(error = %with_causes(&error), "the end of the journal is linked at the next start");
    }
}

async fn chain(
    sealing: Sealing,
    mut may_go_on: impl FnMut() -> bool,
    ctx: &Context,
) -> Result<(), FlowError> {
    while may_go_on() && link_journal(ctx).await? == Linked::Some {}
    seal_journal(sealing, ctx).await
}

/// A node that was brought up to date may have a long journal to link; its end is not held up by that.
const LAST_BATCHES: u32 = 10;
const CHAIN_EVERY: Duration = Duration::from_secs(1);
