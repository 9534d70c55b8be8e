//! Bulk checks go on as far as they can; those that a peer never ended are forgotten.

use super::{complain, rest};
use crate::flow::{Context, forget_checks, step_checks};
use std::sync::Arc;
use tokio::sync::watch;

/// Goes on with checks until `stop` turns true; what is cut off is begun again by the next start.
pub async fn run_checks(mut stop: watch::Receiver<bool>, ctx: Arc<Context>) {
    let mut wake = ctx.wake.watch_checks();
    let mut until = stop.clone();
    loop {
        wake.mark_unchanged();
        let stepped = async {
            forget_checks(&ctx).await?;
            step_checks(&ctx).await
        };
        tokio::select! {
            _ = until.wait_for(|is_over| *is_over) => return,
            stepped = stepped => if let Err(error) = stepped {
                complain(&error, "bulk checks could not go on");
            },
        }
        if !rest(&mut wake, &mut stop, &ctx).await {
            return;
        }
    }
}
