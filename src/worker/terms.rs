//! Watches the terms of the conversations we began (D5 ¶108: only the sender does).

use super::complain;
use crate::flow::{Context, forget_parts, watch_terms};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

/// Looks for terms that ran out until `stop` turns true.
pub async fn run_terms(mut stop: watch::Receiver<bool>, ctx: Arc<Context>) {
    let mut looks = 0_u32;
    loop {
        if looks.is_multiple_of(SWEEP_EACH)
            && let Err(error) = forget_parts(&ctx).await
        {
            complain(&error, "what is left of messages could not be swept up");
        }
        looks = looks.wrapping_add(1);
        if let Err(error) = watch_terms(&ctx).await {
            complain(&error, "the terms could not be watched");
        }
        tokio::select! {
            _ = stop.wait_for(|is_over| *is_over) => return,
            () = tokio::time::sleep(LOOK_EVERY) => {}
        }
    }
}

/// Terms are minutes; a second late is on time.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// An hour.
const SWEEP_EACH: u32 = 3_600;
