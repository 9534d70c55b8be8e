//! Notes documents by person that were stored before that was noted: once, after a node was brought up to date.

use super::complain;
use crate::flow::{Context, note_persons_of_before};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

/// Notes until all are, or `stop` turns true; what is left is gone on with at the next start.
pub async fn run_persons(mut stop: watch::Receiver<bool>, ctx: Arc<Context>) {
    loop {
        let pause = match note_persons_of_before(&ctx).await {
            Ok(true) => PAUSE,
            Ok(false) => return,
            Err(error) => {
                complain(&error, "documents of before could not be noted by person; it is tried on");
                LONG_PAUSE
            }
        };
        tokio::select! {
            _ = stop.wait_for(|is_over| *is_over) => return,
            () = tokio::time::sleep(pause) => {}
        }
    }
}

/// What is exchanged meanwhile comes first.
const PAUSE: Duration = Duration::from_millis(20);
const LONG_PAUSE: Duration = Duration::from_secs(10);
