//! How sure a mean is: the bootstrap interval.

use crate::base::{Random, SeededRandom};

/// A mean and the interval in which 95 of 100 means of sets drawn from the same values lie.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub(super) struct Interval {
    /// The mean of the values.
    pub(super) mean: f64,
    /// 2.5 of 100 means are below.
    pub(super) low: f64,
    /// 2.5 of 100 means are above.
    pub(super) high: f64,
}

impl Interval {
    /// The mean of `values` with its interval, out of 1,000 sets of the same size drawn with replacement under `seed`
    /// (percentile bootstrap). Of nothing, all three are 0.
    pub(super) fn of(values: &[f64], seed: u64) -> Self {
        let random = SeededRandom::new(seed);
        let mut means: Vec<f64> = (0..SETS).map(|_| mean(&drawn(values, &random))).collect();
        means.sort_by(f64::total_cmp);
        let at = |rank: usize| means.get(rank).copied().unwrap_or_default();
        Self { mean: mean(values), low: at(SETS / 40), high: at(SETS - 1 - SETS / 40) }
    }
}

const SETS: usize = 1_000;

/// As many of the values as there are, each drawn from all of them.
fn drawn(values: &[f64], random: &dyn Random) -> Vec<f64> {
    let mut bits = std::iter::from_fn(|| Some(random.uuid().as_u128() >> 80)); // 48 bits, all of them drawn
    let count = u128::try_from(values.len()).unwrap_or_default();
    let mut place = || usize::try_from(bits.next()?.checked_mul(count)? >> 48).ok();
    values.iter().map(|_| place().and_then(|at| values.get(at).copied()).unwrap_or_default()).collect()
}

fn mean(values: &[f64]) -> f64 {
    let count = u32::try_from(values.len()).map_or(f64::INFINITY, f64::from);
    if values.is_empty() { 0.0 } else { values.iter().sum::<f64>() / count }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_interval_of_a_share_is_that_of_the_textbook() {
        let values: Vec<f64> = (0..2_000).map(|n| if n % 5 == 0 { 0.0 } else { 1.0 }).collect();
        let found = Interval::of(&values, 7);
        let half = 1.96 * (0.8_f64 * 0.2 / 2_000.0).sqrt();
        assert!((found.mean - 0.8).abs() < 1e-9);
        assert!(
            (found.low - (0.8 - half)).abs() < 0.003 && (found.high - (0.8 + half)).abs() < 0.003,
            "{found:?}"
        );
        assert_eq!(found, Interval::of(&values, 7), "the same seed draws the same sets");
        assert_ne!(found, Interval::of(&values, 8));
        assert_eq!(Interval::of(&[], 7), Interval { mean: 0.0, low: 0.0, high: 0.0 });
        assert_eq!(Interval::of(&[1.0; 3], 7), Interval { mean: 1.0, low: 1.0, high: 1.0 });
    }
}
