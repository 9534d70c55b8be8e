//! Life events become offers, what people say to them is taken, offers leave; facts that have ended are forgotten.

use super::complain;
use crate::flow::{Context, forget_facts, note_late_feeds, note_life_events, send_offers, take_agreements};
use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

/// Looks at facts until `stop` turns true; a node that exchanges none does nothing.
pub async fn run_facts(mut stop: watch::Receiver<bool>, ctx: Arc<Context>) {
    let (mut events, mut agreements) = (HashSet::new(), HashSet::new());
    loop {
        if !ctx.facts.gives.is_empty() {
            if let Err(error) = note_late_feeds(&ctx).await {
                complain(&error, "feeds of facts could not be looked at");
            }
            if let Err(error) = note_life_events(&mut events, &ctx).await {
                events.clear(); // one of them may have been seen and not stored
                complain(&error, "life events could not be looked at");
            }
            if let Err(error) = take_agreements(&mut agreements, &ctx).await {
                complain(&error, "what people said to offers could not be taken");
            }
            if let Err(error) = send_offers(&ctx).await {
                complain(&error, "offers could not be sent");
            }
        }
        if !ctx.facts.takes.is_empty()
            && let Err(error) = forget_facts(&ctx).await
        {
            complain(&error, "facts that have ended could not be forgotten");
        }
        tokio::select! {
            _ = stop.wait_for(|is_over| *is_over) => return,
            () = tokio::time::sleep(Duration::from_millis(ctx.facts.every_ms)) => {}
        }
    }
}
