//! An inverted index: which texts hold a term, and how much it says of them.

use std::collections::HashMap;

/// Texts by their terms; a term weighs in a text what [`Weights`] says.
pub(super) struct Index {
    places: HashMap<String, usize>,
    terms: Vec<Term>,
    texts: usize,
    /// What a term weighs that no text holds.
    unknown: f64,
}

/// What an index knows of a term.
struct Term {
    rarity: f64,
    found: Vec<(usize, f64)>,
}

/// How much a term says of a text.
#[derive(Debug, Clone, Copy)]
pub(super) enum Weights {
    /// BM25 with k1 = 1.2 and b = 0.75.
    Bm25,
    /// Rarity over the length of the text as a vector, so that the sum is a cosine once divided by that of the question.
    Cosine,
}

/// What a question found.
pub(super) struct Found {
    /// By text.
    pub(super) scores: Vec<f64>,
    /// The length of the question as a vector of rarities.
    pub(super) norm: f64,
}

impl Index {
    /// Of texts, each its terms.
    pub(super) fn of(texts: impl IntoIterator<Item = Vec<String>>, weights: Weights) -> Self {
        let mut index = Self { places: HashMap::new(), terms: Vec::new(), texts: 0, unknown: 0.0 };
        let mut lengths = Vec::new();
        for terms in texts {
            lengths.push(float(terms.len()));
            for term in terms {
                index.count(term);
            }
            index.texts += 1;
        }
        let texts = float(index.texts);
        for term in &mut index.terms {
            let held = float(term.found.len());
            term.rarity = rarity(texts, held);
        }
        index.unknown = rarity(texts, 0.0);
        match weights {
            Weights::Bm25 => index.weigh_bm25(&lengths),
            Weights::Cosine => index.weigh_cosine(),
        }
        index
    }

    fn count(&mut self, term: String) {
        let next = self.terms.len();
        let place = *self.places.entry(term).or_insert(next);
        if place == next {
            self.terms.push(Term { rarity: 0.0, found: Vec::new() });
        }
        let Some(term) = self.terms.get_mut(place) else { return };
        match term.found.last_mut() {
            Some((text, times)) if *text == self.texts => *times += 1.0,
            Some(_) | None => term.found.push((self.texts, 1.0)),
        }
    }

    fn weigh_bm25(&mut self, lengths: &[f64]) {
        let mean = lengths.iter().sum::<f64>() / float(lengths.len().max(1));
        for term in &mut self.terms {
            for (text, weight) in &mut term.found {
                let length = lengths.get(*text).copied().unwrap_or_default() / mean.max(1.0);
                *weight = term.rarity * *weight * (K1 + 1.0) / (*weight + K1 * (1.0 - B + B * length));
            }
        }
    }

    fn weigh_cosine(&mut self) {
        let mut squares = vec![0.0; self.texts];
        for term in &self.terms {
            for (text, times) in &term.found {
                if let Some(square) = squares.get_mut(*text) {
                    *square += (times * term.rarity).powi(2);
                }
            }
        }
        for term in &mut self.terms {
            for (text, weight) in &mut term.found {
                let length = squares.get(*text).copied().unwrap_or_default().sqrt();
                *weight *= term.rarity * term.rarity / length.max(f64::MIN_POSITIVE);
            }
        }
    }

    /// The score of each text for a question of `terms`, each of which counts once.
    pub(super) fn ask(&self, terms: &[String]) -> Found {
        let mut terms: Vec<&String> = terms.iter().collect();
        terms.sort_unstable();
        terms.dedup();
        let mut found = Found { scores: vec![0.0; self.texts], norm: 0.0 };
        for term in terms {
            let known = self.places.get(term).and_then(|place| self.terms.get(*place));
            let Some(term) = known else {
                found.norm += self.unknown.powi(2);
                continue;
            };
            found.norm += term.rarity.powi(2);
            for (text, weight) in &term.found {
                if let Some(score) = found.scores.get_mut(*text) {
                    *score += weight;
                }
            }
        }
        found.norm = found.norm.sqrt();
        found
    }

    /// Which share of what the question says a text holds, 0 to 1: each term weighs as much as it is rare.
    pub(super) fn coverage(&self, terms: &[String], text: usize) -> f64 {
        let (mut all, mut held) = (0.0, 0.0);
        for term in terms {
            let known = self.places.get(term).and_then(|place| self.terms.get(*place));
            let rarity = known.map_or(self.unknown, |term| term.rarity);
            all += rarity;
            let has = known.is_some_and(|term| term.found.binary_search_by_key(&text, |(at, _)| *at).is_ok());
            held += if has { rarity } else { 0.0 };
        }
        if all > 0.0 { held / all } else { 0.0 }
    }
}

/// `ln(1 + (N - df + 0.5) / (df + 0.5))`.
fn rarity(texts: f64, held: f64) -> f64 {
    ((texts - held + 0.5) / (held + 0.5)).ln_1p()
}

const K1: f64 = 1.2;
const B: f64 = 0.75;

/// A count as a number; beyond what a computer holds of texts nothing is counted.
pub(super) fn float(count: usize) -> f64 {
    u32::try_from(count).map_or(f64::MAX, f64::from)
}
