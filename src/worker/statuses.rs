//! Asks again which certificates are revoked, before what is known of it ends.

use super::complain;
use crate::flow::{Context, forget_statuses, refresh_statuses};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

/// Asks until `stop` turns true; a node without sources has nothing to ask.
pub async fn run_statuses(mut stop: watch::Receiver<bool>, ctx: Arc<Context>) {
    if ctx.revocation.is_none() {
        return;
    }
    let mut looks = 0_u32;
    loop {
        if looks.is_multiple_of(FORGET_EACH)
            && let Err(error) = forget_statuses(&ctx).await
        {
            complain(&error, "old answers about revocation could not be swept up");
        }
        looks = looks.wrapping_add(1);
        let refreshed = tokio::select! {
            _ = stop.wait_for(|is_over| *is_over) => return,
            refreshed = refresh_statuses(&ctx) => refreshed,
        };
        if let Err(error) = refreshed {
            complain(&error, "answers about revocation could not be kept");
        }
        tokio::select! {
            _ = stop.wait_for(|is_over| *is_over) => return,
            () = tokio::time::sleep(LOOK_EVERY) => {}
        }
    }
}

const LOOK_EVERY: Duration = Duration::from_secs(1);
/// An hour.
const FORGET_EACH: u32 = 3_600;
