//! How good an order is, by grades from 0 (does not fit) to 3.

/// The discounted gain of the first `k`, of 1 where the best of all stand first. `None` where nothing fits at all.
pub fn ndcg(ranked: &[u8], all: &[u8], k: usize) -> Option<f64> {
    let mut ideal = all.to_vec();
    ideal.sort_by(|a, b| b.cmp(a));
    let best = gain(&ideal, k);
    (best > 0.0).then(|| gain(ranked, k) / best)
}

fn gain(grades: &[u8], k: usize) -> f64 {
    let places = (2_u32..).map(|place| f64::from(place).log2());
    grades.iter().take(k).zip(places).map(|(grade, log)| (f64::from(*grade).exp2() - 1.0) / log).sum()
}

/// One over the place of the first that fits well; 0 where none does.
pub fn reciprocal_rank(ranked: &[u8]) -> f64 {
    let place = (1_u32..).zip(ranked).find(|(_, grade)| **grade >= GOOD).map(|(place, _)| place);
    place.map_or(0.0, |place| 1.0 / f64::from(place))
}

/// Which part of those that fit well stand among the first `k`, of those that can. `None` where none fits well.
pub fn recall(ranked: &[u8], all: &[u8], k: usize) -> Option<f64> {
    let possible = good(all).min(k);
    (possible > 0).then(|| count(good(ranked.get(..k).unwrap_or(ranked))) / count(possible))
}

/// Which part of the first `k` fits well.
pub fn precision(ranked: &[u8], k: usize) -> f64 {
    count(good(ranked.get(..k).unwrap_or(ranked))) / count(k.max(1))
}

fn good(grades: &[u8]) -> usize {
    grades.iter().filter(|grade| **grade >= GOOD).count()
}

fn count(number: usize) -> f64 {
    u32::try_from(number).map_or(f64::INFINITY, f64::from)
}

/// From this grade on something fits well.
const GOOD: u8 = 2;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn measures_are_those_of_the_textbook() {
        let all = [3, 2, 0, 1, 0];
        assert_eq!(ndcg(&[3, 2, 1, 0, 0], &all, 10), Some(1.0));
        let turned = ndcg(&[2, 3], &all, 2).unwrap();
        let expected = (3.0 + 7.0 / 3_f64.log2()) / (7.0 + 3.0 / 3_f64.log2());
        assert!((turned - expected).abs() < 1e-12);
        assert_eq!(ndcg(&[0], &[0, 0], 10), None);
        assert_eq!((reciprocal_rank(&[1, 0, 2]), reciprocal_rank(&[1])), (1.0 / 3.0, 0.0));
        assert_eq!((recall(&[0, 3], &all, 2), recall(&[0, 3], &all, 1)), (Some(0.5), Some(0.0)));
        assert_eq!(recall(&[], &[1, 1], 5), None);
        assert_eq!(precision(&[3, 0, 2, 2], 2), 0.5);
    }
}
