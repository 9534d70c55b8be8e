//! Stamps what was exchanged, batch by batch, and renews what was stamped. Nothing waits for it.

use super::complain;
use crate::base::{Code, Verdict, with_causes};
use crate::flow::{
    Context, FlowError, OwnTimeStamps, note_set_aside, note_unstamped, renew_time_stamps, stamp_documents,
    time_stamps_wait,
};
use jiff::{SignedDuration, Timestamp};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

/// Stamps until `stop` turns true; at once over where no authority is configured.
pub async fn run_stamper(mut stop: watch::Receiver<bool>, ctx: Arc<Context>) {
    let Some(own) = &ctx.time_stamps else { return };
    let mut stamper = Stamper::default();
    loop {
        let pause = stamper.pause(own, &ctx);
        tokio::select! {
            _ = stop.wait_for(|is_over| *is_over) => return,
            () = tokio::time::sleep(pause) => {}
        }
        stamper.round(own, || !*stop.borrow(), &ctx).await;
    }
}

/// What it remembers from round to round.
#[derive(Debug, Default)]
pub struct Stamper {
    /// How often in a row no time stamp was had.
    misses: u32,
    /// Which fault of ours a person was told of, and when.
    told: Option<(Code, Timestamp)>,
}

impl Stamper {
    /// Stamps and renews what waits, batch by batch, as long as it may go on.
    pub async fn round(&mut self, own: &OwnTimeStamps, may_go_on: impl FnMut() -> bool, ctx: &Context) {
        let noted = match self.stamp(own, may_go_on, ctx).await {
            Ok(()) => Ok(()),
            Err(error @ FlowError::TimeStamps { .. }) => {
                self.misses = self.misses.saturating_add(1);
                if self.misses == 1 {
                    // the same trouble is told once, not at every try
                    tracing::warn!(error = %with_causes(&error), "documents wait for time stamps; it is tried on");
                }
                note_unstamped(self.misses, ctx).await
            }
            Err(error) => self.note(&error, ctx).await,
        };
        if let Err(error) = noted {
            complain(&error, "the journal could not be written");
        }
    }

    async fn stamp(
        &mut self,
        own: &OwnTimeStamps,
        mut may_go_on: impl FnMut() -> bool,
        ctx: &Context,
    ) -> Result<(), FlowError> {
        while may_go_on() {
            let batch = stamp_documents(own, ctx).await?;
            self.misses = if batch.was_had { 0 } else { self.misses };
            if let Some(error) = batch.set_aside {
                return Err(error); // what ails us may ail all of them
            }
            if !batch.more_waits {
                break;
            }
        }
        while may_go_on() {
            let batch = renew_time_stamps(own, ctx).await?;
            self.misses = if batch.was_had { 0 } else { self.misses };
            if !batch.more_waits {
                break;
            }
        }
        // that another replica has claimed all of it says nothing of the authority
        if self.misses > 0 && !time_stamps_wait(own, ctx).await? {
            self.misses = 0;
        }
        Ok(())
    }

    /// A fault of ours calls a person: once, and again when a day has passed.
    async fn note(&mut self, error: &FlowError, ctx: &Context) -> Result<(), FlowError> {
        let now = ctx.clock.now();
        match error.verdict() {
            Verdict::Park { code } => {
                let is_told =
                    self.told.is_some_and(|(told, at)| told == code && now.duration_since(at) < A_DAY);
                if is_told {
                    tracing::debug!(%error, "documents could not be stamped");
                    return Ok(());
                }
                note_set_aside(error, ctx).await?;
                self.told = Some((code, now));
            }
            Verdict::Retry { .. } | Verdict::Return { .. } | Verdict::Quarantine { .. } => {
                complain(error, "documents could not be stamped");
            }
        }
        Ok(())
    }

    /// A window of documents, or the time to the next try.
    fn pause(&self, own: &OwnTimeStamps, ctx: &Context) -> Duration {
        if self.misses == 0 {
            return Duration::from_millis(own.every_ms);
        }
        let now = ctx.clock.now();
        let next = ctx.retry.next_at(self.misses, ctx.random.permille(), now);
        next.duration_since(now).try_into().unwrap_or_default()
    }
}

const A_DAY: SignedDuration = SignedDuration::from_hours(24);
