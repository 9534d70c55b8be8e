//! Tells the other replicas on the same database that there is work, and hears it from them.
//!
//! Nothing depends on it: a notice only shortens the wait for the sweep. What another replica tells is not told on.

use crate::base::with_causes;
use crate::flow::{Context, OwnWork};
use crate::store::{Hint, HintLine, StoreError};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::{Instant, sleep, sleep_until};

/// Tells and hears until `stop` turns true; a line that breaks is opened anew.
pub async fn run_hints(mut stop: watch::Receiver<bool>, ctx: Arc<Context>) {
    let own = ctx.random.uuid().to_string();
    let mut pause = PAUSE_FIRST;
    loop {
        let opened = Instant::now();
        let outcome = tokio::select! {
            _ = stop.wait_for(|is_over| *is_over) => return,
            outcome = exchange(&own, &ctx) => outcome,
        };
        match outcome {
            Ok(()) => return, // nobody shares this database
            Err(error) => {
                tracing::debug!(error = %with_causes(&error), "the line to the other replicas broke")
            }
        }
        pause = if opened.elapsed() > STEADY { PAUSE_FIRST } else { PAUSE_LONGEST.min(pause * 2) };
        tokio::select! {
            _ = stop.wait_for(|is_over| *is_over) => return,
            () = sleep(pause) => {}
        }
    }
}

async fn exchange(own: &str, ctx: &Context) -> Result<(), StoreError> {
    let mut made = ctx.wake.watch_own();
    let Some(mut line) = ctx.store.hints(own).await? else { return Ok(()) };
    // what was told while nobody heard it
    ctx.wake.heard_outbox();
    ctx.wake.heard_inbox();
    let mut told = OwnWork::default();
    let mut is_new = false;
    let mut next_at = Instant::now();
    loop {
        tokio::select! {
            changed = made.changed(), if !is_new => match changed {
                Ok(()) => is_new = true,
                Err(_over) => return Ok(()),
            },
            () = sleep_until(next_at), if is_new => {
                let now = *made.borrow_and_update();
                tell(&mut line, told, now).await?;
                (told, is_new, next_at) = (now, false, Instant::now() + APART);
            }
            heard = line.hear() => match heard? {
                Hint::Outbox => ctx.wake.heard_outbox(),
                Hint::Inbox => ctx.wake.heard_inbox(),
            },
            () = sleep(QUIET), if !is_new => line.ask().await?,
        }
    }
}

async fn tell(line: &mut HintLine, told: OwnWork, now: OwnWork) -> Result<(), StoreError> {
    if told.outbox != now.outbox {
        line.tell(Hint::Outbox).await?;
    }
    if told.inbox != now.inbox {
        line.tell(Hint::Inbox).await?;
    }
    Ok(())
}

/// Notices are this far apart, however much there is to do.
const APART: Duration = Duration::from_millis(15);

/// After so long without a word the line is tried: one that a firewall forgot is silent.
const QUIET: Duration = Duration::from_secs(30);

const PAUSE_FIRST: Duration = Duration::from_millis(100);
const PAUSE_LONGEST: Duration = Duration::from_secs(10);

/// A line that held so long was a good one.
const STEADY: Duration = Duration::from_secs(30);
