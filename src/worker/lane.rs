//! The lane of one peer: claims what is due and keeps a bounded number of messages in flight.
//!
//! A peer that is not reached gets one message at a time, spaced like the tries of one message, until it answers:
//! ten thousand messages that wait for it do not knock ten thousand times, and all leave at once when it is back.

use super::{complain, rest};
use crate::exchange::transit::Schedule;
use crate::flow::{Context, Reach, Room, claim, deliver, note_misses};
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
        let claimed = if room == Room::For(0) { Ok(Vec::new()) } else { claim(&peer, room, &ctx).await };
        let claimed = claimed.unwrap_or_else(|error| {
            complain(&error, "the outbox could not be read");
            Vec::new()
        });
        for (row, message_id) in claimed {
            let ctx = ctx.clone();
            in_flight.spawn(async move {
                let outcome = deliver(&row, message_id, &ctx).await;
                if let Err(error) = &outcome {
                    complain(error, "a delivery could not be recorded; its lease will run out");
                }
                outcome.ok()
            });
        }
        let go_on = tokio::select! {
            Some(ended) = in_flight.join_next() => {
                let mut ended = Some(ended);
                while let Some(one) = ended {
                    if let Ok(Some(reach)) = one {
                        learn(&mut breaker, reach, &peer, &ctx).await;
                    }
                    ended = in_flight.try_join_next(); // one look into the outbox for all that have ended
                }
                !*stop.borrow()
            }
            go_on = rest(&mut wake, &mut stop, &ctx) => go_on,
        };
        if !go_on {
            break;
        }
    }
    while in_flight.join_next().await.is_some() {}
}

async fn learn(breaker: &mut Breaker, reach: Reach, peer: &str, ctx: &Context) {
    let misses = breaker.learn(reach, ctx.random.permille(), ctx.clock.now(), &ctx.retry);
    if let Some(misses) = misses
        && let Err(error) = note_misses(peer, misses, ctx).await
    {
        complain(&error, "the journal could not be written");
    }
}

/// Holds a lane back while its peer is not reached.
#[derive(Debug, Default)]
struct Breaker {
    misses: u32,
    not_before: Option<Timestamp>,
}

impl Breaker {
    /// How many messages may leave now.
    fn room(&self, in_flight_max: usize, in_flight: usize, now: Timestamp) -> Room {
        match self.not_before {
            None => Room::For(u32::try_from(in_flight_max.saturating_sub(in_flight)).unwrap_or(u32::MAX)),
            Some(not_before) if in_flight == 0 && not_before <= now => Room::ToKnock,
            Some(_) => Room::For(0),
        }
    }

    /// Learns from a try; tells how many misses there were in a row, if this was one more.
    fn learn(&mut self, reach: Reach, jitter: u32, now: Timestamp, retry: &Schedule) -> Option<u32> {
        match reach {
            Reach::Reached => {
                *self = Self::default();
                None
            }
            // those that were under way with the first are not misses of their own
            Reach::Missed if self.not_before.is_some_and(|not_before| now < not_before) => None,
            Reach::Missed => {
                self.misses = self.misses.saturating_add(1);
                self.not_before = Some(retry.next_at(self.misses, jitter, now));
                Some(self.misses)
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
        assert_eq!(breaker.room(16, 4, at(0)), Room::For(12));
        let told: Vec<_> = (0..16).map(|_| breaker.learn(Reach::Missed, 0, at(0), &retry)).collect();
        assert_eq!((told[0], told[1..].iter().flatten().count()), (Some(1), 0), "one burst, one miss");
        assert_eq!(
            (breaker.room(16, 0, at(99)), breaker.room(16, 0, at(100))),
            (Room::For(0), Room::ToKnock)
        );
        assert_eq!(breaker.room(16, 1, at(100)), Room::For(0), "one at a time");
        assert_eq!(breaker.learn(Reach::Missed, 0, at(100), &retry), Some(2));
        assert_eq!(
            (breaker.room(16, 0, at(299)), breaker.room(16, 0, at(300))),
            (Room::For(0), Room::ToKnock)
        );
        assert_eq!(breaker.learn(Reach::Reached, 0, at(300), &retry), None);
        assert_eq!(breaker.room(16, 1, at(300)), Room::For(15), "all leave when it is back");
    }
}
