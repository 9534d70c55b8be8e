//! Puts in place, on this machine, what two persons have changed by the console of any.

use super::complain;
use crate::flow::Context;
use crate::flow::upkeep::{Placing, put_approved};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

/// Looks for approved changes until `stop` turns true.
pub async fn run_changes(mut stop: watch::Receiver<bool>, ctx: Arc<Context>) {
    let mut placing = Placing::default();
    loop {
        if let Err(error) = put_approved(&mut placing, &ctx).await {
            complain(&error, "changes that were approved could not be looked for");
        }
        tokio::select! {
            _ = stop.wait_for(|is_over| *is_over) => return,
            () = tokio::time::sleep(LOOK_EVERY) => {}
        }
    }
}

/// Whoever approved has it at once on the machine that he spoke to; the others follow.
const LOOK_EVERY: Duration = Duration::from_secs(5);
