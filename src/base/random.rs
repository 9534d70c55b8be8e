//! The only source of randomness. Everything else is handed one.

use jiff::Timestamp;
use std::sync::atomic::{AtomicU64, Ordering};
use uuid::Uuid;

const COUNT_BITS: u32 = 12;
const COUNT_MASK: u64 = (1 << COUNT_BITS) - 1;

/// Makes ids and jitter.
pub trait Random: Send + Sync {
    /// A fresh UUID, unique in the world.
    fn uuid(&self) -> Uuid;

    /// The latest instant and count of [`Random::id`], packed: milliseconds above 12 bits of count.
    fn latest(&self) -> &AtomicU64;

    /// The same in the order of time (version 7), for what is stored: what belongs together lies together, so that a
    /// commit changes few pages of an index. Of one millisecond they are counted (RFC 9562, 6.2, method 1), so that
    /// what was drawn later is the greater, also where the clock steps back by less than a second.
    fn id(&self, now: Timestamp) -> Uuid {
        let ms = u64::try_from(now.as_millisecond()).unwrap_or_default(); // before 1970: the order is lost
        let stamp = stamp(self.latest(), ms);
        let [.., c, d] = (stamp & COUNT_MASK).to_be_bytes();
        let [e, f, g, h, i, j, _, _, _, k, l, ..] = self.uuid().into_bytes(); // those that are random
        uuid::Builder::from_unix_timestamp_millis(stamp >> COUNT_BITS, &[c, d, e, f, g, h, i, j, k, l])
            .into_uuid()
    }

    /// A number in `0..1000`, for jitter.
    fn permille(&self) -> u32 {
        u32::try_from(self.uuid().as_u128() % 1000).unwrap_or(0)
    }
}

/// A millisecond with a count of what was drawn in it, greater than the one before unless the clock steps back by more
/// than a second. Whoever draws more than the count holds draws from the next millisecond.
fn stamp(latest: &AtomicU64, ms: u64) -> u64 {
    const STEP_BACK: u64 = 1_000 << COUNT_BITS;
    let fresh = ms << COUNT_BITS;
    let next = |latest: u64| match latest.checked_sub(fresh) {
        Some(ahead) if ahead < STEP_BACK => latest.wrapping_add(1),
        _ => fresh,
    };
    let before = latest.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |latest| Some(next(latest)));
    next(before.unwrap_or_else(|latest| latest))
}

/// Octets each bit of which is random: of a UUID those are left out that tell its version and variant.
pub fn random_octets<const N: usize>(random: &dyn Random) -> [u8; N] {
    let (mut octets, mut filled) = ([0; N], 0);
    while filled < N {
        let drawn = random.uuid().into_bytes();
        let whole = drawn.iter().enumerate().filter(|(at, _)| !matches!(at, 6 | 8));
        for (place, (_, octet)) in octets.iter_mut().skip(filled).zip(whole) {
            *place = *octet;
            filled += 1;
        }
    }
    octets
}

/// The operating system's randomness. Each has an order of ids of its own: a node shares one.
#[derive(Debug, Default)]
pub struct OsRandom(AtomicU64);

impl Random for OsRandom {
    #[expect(clippy::disallowed_methods, reason = "this is the one place that asks for randomness")]
    fn uuid(&self) -> Uuid {
        Uuid::new_v4()
    }

    fn latest(&self) -> &AtomicU64 {
        &self.0
    }
}

/// Repeatable ids for tests and golden files: splitmix64 from a seed.
#[derive(Debug)]
pub struct SeededRandom {
    state: AtomicU64,
    latest: AtomicU64,
}

impl SeededRandom {
    /// A source whose whole sequence follows from `seed`.
    pub fn new(seed: u64) -> Self {
        Self { state: AtomicU64::new(seed), latest: AtomicU64::new(0) }
    }

    fn next(&self) -> u64 {
        let state = self
            .state
            .fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::Relaxed)
            .wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}

impl Random for SeededRandom {
    fn uuid(&self) -> Uuid {
        let wide = (u128::from(self.next()) << 64) | u128::from(self.next());
        uuid::Builder::from_u128(wide)
            .with_variant(uuid::Variant::RFC4122)
            .with_version(uuid::Version::Random)
            .into_uuid()
    }

    fn latest(&self) -> &AtomicU64 {
        &self.latest
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_in_the_order_of_their_instants_and_never_the_same() {
        let random = SeededRandom::new(1);
        let at = |ms| Timestamp::from_millisecond(ms).unwrap();
        let ids: Vec<Uuid> = (1..1_000).map(|ms| random.id(at(1_790_000_000_000 + ms))).collect();
        assert!(ids.is_sorted() && ids.iter().all(|id| id.get_version_num() == 7));
        assert!(ids.iter().all(|id| id.get_variant() == uuid::Variant::RFC4122));
        let at_once: Vec<Uuid> = (0..10_000).map(|_| random.id(at(5))).collect();
        assert!(at_once.is_sorted_by(|a, b| a < b), "of one millisecond, more than its count holds");
        let back: Vec<Uuid> = [7_999, 7_000, 7_500].map(|ms| random.id(at(ms))).into();
        assert!(back.is_sorted_by(|a, b| a < b), "a clock that is set back by a little");
        assert!(random.id(at(6_000)) < back[0], "a clock that was wrong is not believed for ever");
        assert_eq!(random.id(at(-5)).get_version_num(), 7, "a clock that is wrong stops nothing");
    }

    #[test]
    fn every_bit_of_octets_is_drawn() {
        let random = SeededRandom::new(2);
        let (mut ones, mut zeros) = ([0_u8; 33], [0_u8; 33]);
        for _ in 0..64 {
            for (at, octet) in random_octets::<33>(&random).into_iter().enumerate() {
                ones[at] |= octet;
                zeros[at] |= !octet;
            }
        }
        assert_eq!((ones, zeros), ([255; 33], [255; 33]));
    }
}
