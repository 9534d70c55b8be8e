//! A line through points: how much of something is how much of another, as data.

use super::weights::WHOLE;
use serde::Deserialize;

/// Points from left to right, straight between two, level beyond the first and the last. All numbers are whole.
#[derive(Debug, Clone, Deserialize)]
#[serde(transparent)]
pub(super) struct Curve(Vec<[u32; 2]>);

impl Curve {
    /// How high the line is.
    pub(super) fn at(&self, x: u32) -> u32 {
        let mut before: Option<[u32; 2]> = None;
        for point in &self.0 {
            let [to, high] = *point;
            match before {
                _ if to < x => before = Some(*point),
                Some([from, low]) => {
                    let part =
                        |much: u32| u64::from(much) * u64::from(x - from) / u64::from((to - from).max(1));
                    let up = u32::try_from(part(high.saturating_sub(low))).unwrap_or(WHOLE);
                    return low + up;
                }
                None => return high,
            }
        }
        before.map_or(0, |[_, high]| high)
    }

    /// Whether it goes from left to right, never falls and never leaves the whole.
    pub(super) fn is_in_order(&self) -> bool {
        let rises = |pair: &[[u32; 2]]| match pair {
            [[x, y], [next, high]] => x < next && y <= high,
            _ => true,
        };
        !self.0.is_empty() && self.0.windows(2).all(rises) && self.0.iter().all(|[_, y]| *y <= WHOLE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_goes_straight_between_its_points_and_level_beyond() {
        let curve = Curve(vec![[100, 0], [200, 50], [400, 1000]]);
        assert!(curve.is_in_order());
        let found = [0, 100, 150, 200, 300, 400, 9000].map(|x| curve.at(x));
        assert_eq!(found, [0, 0, 25, 50, 525, 1000, 1000]);
        for off in [vec![], vec![[1, 5], [1, 6]], vec![[1, 5], [2, 4]], vec![[1, 1001]]] {
            assert!(!Curve(off).is_in_order());
        }
    }
}
