//! Draws out of a seed.

use crate::base::{Random, SeededRandom};
use uuid::Uuid;

/// Repeatable draws.
pub(super) struct Dice(SeededRandom);

impl Dice {
    pub(super) fn new(seed: u64) -> Self {
        Self(SeededRandom::new(seed))
    }

    /// 0 to just below 1.
    pub(super) fn unit(&self) -> f64 {
        let bits = u32::try_from(self.0.uuid().as_u128() >> 96).unwrap_or_default();
        f64::from(bits) / 4_294_967_296.0
    }

    /// Whether something of this chance happens.
    pub(super) fn falls(&self, chance: f64) -> bool {
        self.unit() < chance
    }

    /// A number below another; 0 below none.
    pub(super) fn below(&self, end: usize) -> usize {
        let bits = self.0.uuid().as_u128() >> 96;
        let end = u128::try_from(end).unwrap_or_default();
        usize::try_from(bits.saturating_mul(end) >> 32).unwrap_or_default()
    }

    pub(super) fn pick<'a, T>(&self, of: &'a [T]) -> Option<&'a T> {
        of.get(self.below(of.len()))
    }

    /// Mean 0, deviation 1 (twelve draws added).
    pub(super) fn normal(&self) -> f64 {
        (0..12).map(|_| self.unit()).sum::<f64>() - 6.0
    }

    pub(super) fn uuid(&self) -> Uuid {
        self.0.uuid()
    }
}
