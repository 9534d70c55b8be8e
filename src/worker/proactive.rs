//! Prepares inquiries for workers who near a pension age, and sends them where the policy says so.

use super::complain;
use crate::flow::{Context, prepare_inquiries, send_prepared_by_policy};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

/// Looks through the local files until `stop` turns true; a node whose settings name no ages does nothing.
pub async fn run_proactive(mut stop: watch::Receiver<bool>, ctx: Arc<Context>) {
    let Some(every_ms) = ctx.proactive.as_ref().map(|plan| plan.every_ms) else { return };
    loop {
        if let Err(error) = prepare_inquiries(&ctx).await {
            complain(&error, "inquiries for workers who near a pension age could not be prepared");
        }
        if let Err(error) = send_prepared_by_policy(&ctx).await {
            complain(&error, "prepared inquiries could not be sent");
        }
        tokio::select! {
            _ = stop.wait_for(|is_over| *is_over) => return,
            () = tokio::time::sleep(Duration::from_millis(every_ms)) => {}
        }
    }
}
