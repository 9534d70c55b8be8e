//! When to try again after the network failed: a schedule that is data, computed by `backoff`, stored by the caller.
//!
//! The crate is used only as a calculator. Its own limit on the elapsed time (15 minutes by default) and its own
//! randomness are switched off: a message waits as long as its process allows, and jitter comes from outside.

use backoff::ExponentialBackoff;
use backoff::backoff::Backoff;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// How the waits between tries grow.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Schedule {
    /// The first wait.
    pub first_ms: u64,
    /// The longest wait.
    pub longest_ms: u64,
    /// How much longer each wait is than the one before.
    pub factor: f64,
    /// How far a wait may be stretched by jitter, in thousandths of itself; so that peers do not call in step.
    pub jitter_permille: u32,
}

impl Default for Schedule {
    fn default() -> Self {
        Self { first_ms: 250, longest_ms: 300_000, factor: 2.0, jitter_permille: 200 }
    }
}

impl Schedule {
    /// The instant of the next try after `failures` in a row; `jitter` is a number in `0..1000`.
    pub fn next_at(&self, failures: u32, jitter: u32, now: Timestamp) -> Timestamp {
        let wait = self.wait(failures);
        let stretch = u64::from(self.jitter_permille) * u64::from(jitter.min(1000));
        let wait = wait.saturating_add(wait.saturating_mul(stretch) / 1_000_000);
        let wait = SignedDuration::from_millis(i64::try_from(wait).unwrap_or(i64::MAX));
        now.checked_add(wait).unwrap_or(Timestamp::MAX)
    }

    /// The wait after `failures` in a row, without jitter, in milliseconds.
    fn wait(&self, failures: u32) -> u64 {
        let mut backoff = ExponentialBackoff {
            current_interval: Duration::from_millis(self.first_ms),
            initial_interval: Duration::from_millis(self.first_ms),
            randomization_factor: 0.0,
            multiplier: self.factor.max(1.0),
            max_interval: Duration::from_millis(self.longest_ms),
            max_elapsed_time: None,
            ..ExponentialBackoff::default()
        };
        let steps = failures.clamp(1, STEPS_MAX);
        let wait = (0..steps).filter_map(|_| backoff.next_backoff()).last().unwrap_or_default();
        u64::try_from(wait.as_millis()).unwrap_or(u64::MAX).min(self.longest_ms)
    }
}

/// After this many failures every sane schedule stands at its longest wait.
const STEPS_MAX: u32 = 64;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn waits(schedule: &Schedule, failures: impl Iterator<Item = u32>) -> Vec<i64> {
        failures.map(|n| schedule.next_at(n, 0, Timestamp::UNIX_EPOCH).as_millisecond()).collect()
    }

    #[test]
    fn waits_double_up_to_the_longest_and_never_give_up() {
        let schedule = Schedule { first_ms: 100, longest_ms: 1_000, ..Schedule::default() };
        assert_eq!(waits(&schedule, 0..=6), [100, 100, 200, 400, 800, 1_000, 1_000]);
        assert_eq!(waits(&schedule, [10_000].into_iter()), [1_000]);
    }

    proptest! {
        #[test]
        fn a_wait_stays_within_its_bounds(failures in 0_u32..10_000, jitter in 0_u32..1000, now in 0_i64..2_000_000_000_000) {
            let schedule = Schedule::default();
            let now = Timestamp::from_millisecond(now).unwrap();
            let wait = schedule.next_at(failures, jitter, now).as_millisecond() - now.as_millisecond();
            prop_assert!((250..=360_000).contains(&wait));
        }
    }
}
