//! Counts what the figures are made of, and archives months that are over.

use super::complain;
use crate::flow::watch::{close_days, count_overdue};
use crate::flow::{Context, archive_appeals};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

/// Counts until `stop` turns true; a long past is counted bit by bit.
pub async fn run_tally(mut stop: watch::Receiver<bool>, ctx: Arc<Context>) {
    loop {
        let mut pause = COUNT_EVERY;
        match close_days(DAYS_AT_ONCE, &ctx).await {
            Ok(true) => pause = PAUSE,
            Ok(false) => {}
            Err(error) => complain(&error, "days that are over could not be counted"),
        }
        match archive_appeals(&ctx).await {
            Ok(Some(_)) => pause = PAUSE,
            Ok(None) => {}
            Err(error) => complain(&error, "the appeals of a month could not be archived"),
        }
        if pause == COUNT_EVERY
            && let Err(error) = count_overdue(&ctx).await
        {
            complain(&error, "overdue answers could not be counted");
        }
        tokio::select! {
            _ = stop.wait_for(|is_over| *is_over) => return,
            () = tokio::time::sleep(pause) => {}
        }
    }
}

const DAYS_AT_ONCE: u32 = 10;
const COUNT_EVERY: Duration = Duration::from_secs(600);
/// What is exchanged meanwhile comes first.
const PAUSE: Duration = Duration::from_millis(50);
