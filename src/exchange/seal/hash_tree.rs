//! Hash trees of RFC 4998: many digests under one, and the way from each of them up.
//!
//! Two neighbours are arranged in ascending order and digested together; who has no neighbour goes up as he is. A way
//! holds, level by level, the digests that are needed beside the one that is known.

use super::error::SealError;
use super::suites::DigestAlgorithm;

/// A tree over digests, in ascending order and each once.
#[derive(Debug)]
pub(super) struct HashTree {
    levels: Vec<Vec<Vec<u8>>>,
}

/// The lists of a reduced hash tree (`reducedHashtree`), the lowest first.
pub(super) type Way = Vec<Vec<Vec<u8>>>;

impl HashTree {
    /// A tree over these digests.
    ///
    /// # Errors
    /// There is none, or the algorithm is not loaded.
    pub(super) fn over(algorithm: DigestAlgorithm, mut leaves: Vec<Vec<u8>>) -> Result<Self, SealError> {
        leaves.sort();
        leaves.dedup();
        if leaves.is_empty() {
            return Err(SealError::TimeStamp { reason: "there is nothing to stamp" });
        }
        let mut levels = vec![leaves];
        while let Some(last) = levels.last().filter(|last| last.len() > 1) {
            let above = last.chunks(2).map(|pair| together(algorithm, pair)).collect::<Result<_, _>>()?;
            levels.push(above);
        }
        Ok(Self { levels })
    }

    /// The digest above all.
    pub(super) fn root(&self) -> &[u8] {
        self.levels.last().and_then(|top| top.first()).map(Vec::as_slice).unwrap_or_default()
    }

    /// The way up from a digest; nothing if it is not in the tree. A tree of one digest has no lists.
    pub(super) fn way(&self, leaf: &[u8]) -> Option<Way> {
        let (lowest, above) = self.levels.split_first()?;
        let mut place = lowest.binary_search_by(|known| known.as_slice().cmp(leaf)).ok()?;
        let mut way: Way = Vec::new();
        for level in std::iter::once(lowest).chain(above) {
            if let Some(sibling) = level.get(place ^ 1) {
                let mut list = vec![sibling.clone()];
                if way.is_empty() {
                    // what goes up alone for a while is the digest itself
                    list.push(leaf.to_vec());
                    list.sort();
                }
                way.push(list);
            }
            place /= 2;
        }
        Some(way)
    }
}

/// The digest that a way leads to from a digest; nothing if that does not stand at its beginning, or the way is none.
///
/// # Errors
/// The algorithm is not loaded.
pub(super) fn climb(
    algorithm: DigestAlgorithm,
    leaf: &[u8],
    way: &[Vec<Vec<u8>>],
) -> Result<Option<Vec<u8>>, SealError> {
    let Some((first, above)) = way.split_first() else { return Ok(Some(leaf.to_vec())) };
    let is_lawful = |list: &Vec<Vec<u8>>| {
        let in_order = list.windows(2).all(|pair| pair.first() < pair.get(1));
        in_order && !list.is_empty() && list.iter().all(|digest| digest.len() == leaf.len())
    };
    if !first.iter().any(|digest| digest == leaf) || !way.iter().all(is_lawful) {
        return Ok(None);
    }
    let mut reached = together(algorithm, first)?;
    for list in above {
        let mut list = list.clone();
        list.push(reached);
        list.sort();
        reached = together(algorithm, &list)?;
    }
    Ok(Some(reached))
}

/// Digests in ascending order under one; one alone stands for itself.
fn together(algorithm: DigestAlgorithm, digests: &[Vec<u8>]) -> Result<Vec<u8>, SealError> {
    match digests {
        [alone] => Ok(alone.clone()),
        [left, right] if left > right => algorithm.of(&[right.as_slice(), left].concat()),
        sorted => algorithm.of(&sorted.concat()),
    }
}
