//! Keeps the index of vacancies of what the streams are now: it is made anew beside the old one when they have gone on.

use super::complain;
use crate::flow::posts::{is_current, renew_index};
use crate::flow::{Context, FlowError};
use jiff::{SignedDuration, Timestamp};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

/// Makes the index anew whenever vacancies were published, here or by a peer, until `stop` turns true. What takes long is done
/// seldom: between two times lie ten times as long as the last one took, unless it is of few.
pub async fn run_job_index(mut stop: watch::Receiver<bool>, ctx: Arc<Context>) {
    let mut not_before = Timestamp::MIN;
    let mut until = stop.clone();
    loop {
        if ctx.clock.now() >= not_before {
            // what is cut off by a stop leaves the old index as it is
            let looked = tokio::select! {
                _ = until.wait_for(|is_over| *is_over) => return,
                looked = look(&ctx) => looked,
            };
            match looked {
                Ok(took) => {
                    not_before = ctx.clock.now().saturating_add(took * PAUSES).unwrap_or(Timestamp::MAX)
                }
                Err(error) => {
                    complain(&error, "the index of vacancies could not be made; the old one is searched")
                }
            }
        }
        tokio::select! {
            _ = stop.wait_for(|is_over| *is_over) => return,
            () = tokio::time::sleep(Duration::from_millis(ctx.labour.every_ms)) => {}
        }
    }
}

/// Makes the index anew if it is old; for how long that took, if it is of many: with few it is the machine that was slow.
async fn look(ctx: &Context) -> Result<SignedDuration, FlowError> {
    if is_current(ctx).await? {
        return Ok(SignedDuration::ZERO);
    }
    let begun_at = ctx.clock.now();
    let renewed = renew_index("next", ctx).await?;
    tracing::info!(
        vacancies = renewed.taken,
        refused = renewed.refused,
        "the index of vacancies is made anew"
    );
    let took = ctx.clock.now().duration_since(begun_at);
    Ok(if renewed.taken < FEW { SignedDuration::ZERO } else { took })
}

const PAUSES: i32 = 10;
const FEW: u64 = 5_000;
