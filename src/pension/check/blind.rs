//! Values of the group under secrets.

use super::CheckKey;
use crate::base::{Random, Secret};
use curve25519_dalek::ristretto::{CompressedRistretto, RistrettoPoint};
use curve25519_dalek::scalar::Scalar;
use curve25519_dalek::traits::IsIdentity;
use sha2::Sha512;
use std::fmt;
use std::num::NonZero;
use std::sync::LazyLock;
use zeroize::Zeroizing;

/// The secret of one side for one check. Wiped when it is dropped, never printed.
#[derive(Clone)]
pub struct CheckSecret {
    own: Zeroizing<Scalar>,
    /// Half of it: the library doubles while it writes many points at once, which costs less than one by one.
    half: Zeroizing<Scalar>,
}

/// A value of a peer that is no value, by its place in what was raised.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PointFault {
    /// It is no point of the group in its one form.
    #[error("value {place} is no point of the group")]
    NotCanonical {
        /// Which, counted from 0.
        place: usize,
    },
    /// It is the point that every secret leaves as it is.
    #[error("value {place} is the identity of the group")]
    Identity {
        /// Which, counted from 0.
        place: usize,
    },
}

impl CheckSecret {
    /// A new one.
    pub fn draw(random: &dyn Random) -> Self {
        let mut seed = Zeroizing::new([0_u8; 128]); // 8 × 122 random bits, of which 252 are needed
        for part in seed.chunks_mut(16) {
            part.copy_from_slice(random.uuid().as_bytes());
        }
        Self::of(Scalar::hash_from_bytes::<Sha512>(seed.as_slice()))
    }

    /// One that was kept; none if these bytes are no secret.
    pub fn of_bytes(bytes: [u8; 32]) -> Option<Self> {
        let scalar = Option::<Scalar>::from(Scalar::from_canonical_bytes(bytes))?;
        (scalar != Scalar::ZERO).then(|| Self::of(scalar))
    }

    fn of(own: Scalar) -> Self {
        Self { own: Zeroizing::new(own), half: Zeroizing::new(own * *HALF) }
    }

    /// The bytes to keep.
    pub fn to_bytes(&self) -> Secret<[u8; 32]> {
        Secret::new(self.own.to_bytes())
    }

    /// The values of keys under this secret, in their order.
    pub fn blind(&self, keys: &[CheckKey]) -> Vec<[u8; 32]> {
        let points = in_parallel(keys, |keys| {
            let halves: Vec<RistrettoPoint> =
                keys.iter().map(|key| RistrettoPoint::from_uniform_bytes(&key.digest) * *self.half).collect();
            doubled(&halves)
        });
        points.concat()
    }

    /// A peer's values under this secret too, in their order.
    ///
    /// # Errors
    /// One of them is no value: nothing is raised.
    pub fn raise(&self, points: &[[u8; 32]]) -> Result<Vec<[u8; 32]>, PointFault> {
        let numbered: Vec<(usize, [u8; 32])> = points.iter().copied().enumerate().collect();
        let raised = in_parallel(&numbered, |points| {
            let mut halves = Vec::with_capacity(points.len());
            for (place, bytes) in points {
                let (place, point) = (*place, CompressedRistretto(*bytes).decompress());
                let point = point.ok_or(PointFault::NotCanonical { place })?;
                if point.is_identity() {
                    return Err(PointFault::Identity { place });
                }
                halves.push(point * *self.half);
            }
            Ok(doubled(&halves))
        });
        Ok(raised.into_iter().collect::<Result<Vec<_>, _>>()?.concat())
    }
}

impl fmt::Debug for CheckSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CheckSecret(…)")
    }
}

fn doubled(halves: &[RistrettoPoint]) -> Vec<[u8; 32]> {
    let written = RistrettoPoint::double_and_compress_batch(halves);
    written.into_iter().map(|point| point.to_bytes()).collect()
}

/// Does work in pieces, one for each processor, and gives what came of each in their order.
pub fn in_parallel<T: Sync, R: Send>(items: &[T], work: impl Fn(&[T]) -> R + Sync) -> Vec<R> {
    let threads = std::thread::available_parallelism().map_or(1, NonZero::get).min(THREADS_MAX);
    let piece = items.len().div_ceil(threads).max(PIECE_MIN);
    let work = &work;
    std::thread::scope(|scope| {
        let mut pieces = items.chunks(piece);
        let own = pieces.next();
        let begun: Vec<_> = pieces.map(|piece| scope.spawn(move || work(piece))).collect();
        let first = own.map(work);
        let others = begun.into_iter().map(|thread| match thread.join() {
            Ok(done) => done,
            Err(defect) => std::panic::resume_unwind(defect),
        });
        first.into_iter().chain(others).collect()
    })
}

static HALF: LazyLock<Scalar> = LazyLock::new(|| Scalar::from(2_u8).invert());
/// A node has other work too.
const THREADS_MAX: usize = 16;
/// Fewer are not worth a thread.
const PIECE_MIN: usize = 64;
