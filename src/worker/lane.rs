//! The lane of one peer: claims what is due and keeps a bounded number of messages in flight.
//!
//! A peer that is not reached gets one message at a time, spaced like the tries of one message, until it answers:
//! ten thousand messages that wait for it do not knock ten thousand times, and all leave at once when it is back.

use super::rest;
use crate::exchange::transit::Schedule;
use crate::flow::{Context, Reach, claim, deliver};
use jiff::Timestamp;
use std::sync::Arc;
use tokio::sync::watch;
use tokio::task::JoinSet;

/// Delivers to `peer` until `stop` turns true.
pub async fn run_lane(peer: String, mut stop: watch::Receiver<bool>, ctx: Arc<Context>) {
    let mut wake = ctx.wake.watch_outbox();
    let mut in_flight: JoinSet<Option<Reach>> = JoinSet::new();
    let mut breaker = Breaker::default();
    loop {
        wake.mark_unchanged();
        let room = breaker.room(ctx.limits.lane_in_flight_max, in_flight.len(), ctx.clock.now());
        let claimed = if room == 0 { Ok(Vec::new()) } else { claim(&peer, room, &ctx).await };
        let claimed = claimed.unwrap_or_else(|error| {
            tracing::error!(error = ?error, peer, "the outbox could not be read");
            Vec::new()
        });
        for (row, message_id) in claimed {
            let ctx = ctx.clone();
            in_flight.spawn(async move {
                let outcome = deliver(&row, message_id, &ctx).await;
                if let Err(error) = &outcome {
                    tracing::error!(error = ?error, row = %row.id, "a delivery could not be recorded");
                }
                outcome.ok()
            });
        }
        let go_on = tokio::select! {
            Some(ended) = in_flight.join_next() => {
                if let Ok(Some(reach)) = ended {
                    breaker.learn(reach, ctx.random.permille(), ctx.clock.now(), &ctx.retry);
                }
                !*stop.borrow()
            }
            go_on = rest(&mut wake, &mut stop) => go_on,
        };
        if !go_on {
            break;
        }
    }
    while in_flight.join_next().await.is_some() {}
}

/// Holds a lane back while its peer is not reached.
#[derive(Debug, Default)]
struct Breaker {
    misses: u32,
    not_before: Option<Timestamp>,
}

impl Breaker {
    /// How many messages may leave now.
    fn room(&self, in_flight_max: usize, in_flight: usize, now: Timestamp) -> u32 {
        match self.not_before {
            None => u32::try_from(in_flight_max.saturating_sub(in_flight)).unwrap_or(u32::MAX),
            Some(not_before) => u32::from(in_flight == 0 && not_before <= now),
        }
    }

    fn learn(&mut self, reach: Reach, jitter: u32, now: Timestamp, retry: &Schedule) {
        match reach {
            Reach::Reached => *self = Self::default(),
            // those that were under way with the first are not misses of their own
            Reach::Missed if self.not_before.is_some_and(|not_before| now < not_before) => {}
            Reach::Missed => {
                self.misses = self.misses.saturating_add(1);
                self.not_before = Some(retry.next_at(self.misses, jitter, now));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: i64) -> Timestamp {
        Timestamp::from_millisecond(ms).unwrap()
    }

    #[test]
    fn a_peer_that_is_not_reached_gets_one_message_at_a_time_until_it_answers() {
        let retry = Schedule { first_ms: 100, longest_ms: 1_000, factor: 2.0, jitter_permille: 0 };
        let mut breaker = Breaker::default();
        assert_eq!(breaker.room(16, 4, at(0)), 12);
        for _ in 0..16 {
            breaker.learn(Reach::Missed, 0, at(0), &retry); // one burst, one miss
        }
        assert_eq!((breaker.room(16, 0, at(99)), breaker.room(16, 0, at(100))), (0, 1));
        assert_eq!(breaker.room(16, 1, at(100)), 0, "one at a time");
        breaker.learn(Reach::Missed, 0, at(100), &retry);
        assert_eq!((breaker.room(16, 0, at(299)), breaker.room(16, 0, at(300))), (0, 1));
        breaker.learn(Reach::Reached, 0, at(300), &retry);
        assert_eq!(breaker.room(16, 1, at(300)), 15, "all leave when it is back");
    }
}
