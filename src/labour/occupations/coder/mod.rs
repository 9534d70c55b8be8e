//! From a job title, as somebody wrote it in any of the six languages, to unit groups of ISCO-08.
//!
//! Five views of a title are weighed together: BM25 over words of one occupation and of the whole group, BM25 over runs
//! of letters of the group, the nearest single name, and the vote of all names by how near they are. Nothing is drawn
//! and nothing is learned at run time: the same title gives the same answer everywhere.

mod ads;
mod index;
mod normal;
mod terms;
mod trial;

use crate::base::Language;
use crate::exchange::canonical::job::IscoCode;
use index::{Index, Weights};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

pub use trial::{Baseline, Outcome, Question, Trial};

/// A text as names are compared: small letters, those folded that people write for each other, single blanks.
pub(super) fn folded(text: &str) -> String {
    normal::words(text).join(" ")
}

/// An occupation by its names, all of one unit group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// The group.
    pub group: IscoCode,
    /// The language of the names, if it is known.
    pub language: Option<Language>,
    /// The name that counts twice.
    pub preferred: String,
    /// The others.
    pub others: Vec<String>,
}

impl Named {
    /// All its names, the preferred one first.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        std::iter::once(self.preferred.as_str()).chain(self.others.iter().map(String::as_str))
    }
}

/// Names of occupations, made ready to be asked.
pub struct Coder {
    groups: Vec<IscoCode>,
    /// The group of each occupation and of each name, as its place among `groups`.
    group_of: Vec<usize>,
    group_of_name: Vec<usize>,
    names: Vec<String>,
    exact: BTreeMap<String, BTreeSet<usize>>,
    words: Index,
    group_words: Index,
    group_grams: Index,
    name_grams: Index,
}

/// What a title is coded as.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Coding {
    /// What of the text was taken as the title: small letters, without pay, grade, shift and place.
    pub title: String,
    /// The group, if the confidence in it is at least [`Coder::ANSWER_FROM`].
    pub answer: Option<IscoCode>,
    /// The groups that are meant most likely, at most [`Coder::CANDIDATES`], the best first.
    pub candidates: Vec<Candidate>,
}

/// A group that a title may mean.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Candidate {
    /// The group.
    pub group: IscoCode,
    /// In how many of 100 such cases it is the right one, as a share of 1.
    pub confidence: f64,
    /// The name of the group that is nearest to the title.
    pub nearest: String,
    /// What each view says, before weights: 1 for the group it likes best.
    pub views: [f64; VIEWS],
}

/// How many views of a title are weighed.
pub const VIEWS: usize = 5;

/// All that is known of one title before it is told.
struct Ranked {
    /// Place of a group, its weighed sum and its views; the best first.
    groups: Vec<(usize, f64, [f64; VIEWS])>,
    /// How near the nearest name of each group is, 0 to 1.
    nearness: Vec<f64>,
    /// By group, the place of its nearest name.
    nearest: Vec<Option<usize>>,
    /// By group, which share of the title a name of it is that stands in it whole, 0 to 1.
    held: Vec<f64>,
    /// Which share of what the title says the best group knows, 0 to 1.
    coverage: f64,
}

impl Coder {
    /// From which confidence a group is an answer: of 100 answers about 80 are right where the title is no name of the
    /// tables (`stazh eval titles`).
    pub const ANSWER_FROM: f64 = 0.6;
    /// What the views are called: words of the occupation, words of the group, letters of the group, vote of names, nearest
    /// name.
    pub const VIEW_NAMES: [&str; VIEWS] = ["words", "group_words", "group_letters", "vote", "nearest"];
    /// How many groups are told at most.
    pub const CANDIDATES: usize = 10;

    /// A coder that knows these occupations.
    pub fn of(known: &[Named]) -> Self {
        let all: BTreeSet<IscoCode> = known.iter().map(|named| named.group).collect();
        let groups: Vec<IscoCode> = all.into_iter().collect();
        let place = |group: &IscoCode| groups.binary_search(group).unwrap_or_default();
        let group_of: Vec<usize> = known.iter().map(|named| place(&named.group)).collect();
        let split: Vec<Vec<Vec<String>>> =
            known.iter().map(|named| named.names().map(normal::words).collect()).collect();
        let mut of_groups: Vec<Vec<String>> = vec![Vec::new(); groups.len()];
        let (mut names, mut group_of_name, mut exact) = (Vec::new(), Vec::new(), BTreeMap::new());
        for ((named, split), group) in known.iter().zip(&split).zip(&group_of) {
            for (name, words) in named.names().zip(split) {
                exact.entry(words.join(" ")).or_insert_with(BTreeSet::new).insert(*group);
                names.push(name.to_owned());
                group_of_name.push(*group);
                if let Some(all) = of_groups.get_mut(*group) {
                    all.extend_from_slice(words);
                }
            }
        }
        let documents = split.iter().map(|names| {
            let preferred_twice = names.first().into_iter().chain(names);
            preferred_twice.flat_map(|words| terms::stems(words)).collect()
        });
        let name_words = split.iter().flatten();
        Self {
            words: Index::of(documents, Weights::Bm25),
            group_words: Index::of(of_groups.iter().map(|words| terms::stems(words)), Weights::Bm25),
            group_grams: Index::of(of_groups.iter().map(|words| terms::grams(words)), Weights::Bm25),
            name_grams: Index::of(name_words.map(|words| terms::grams(words)), Weights::Cosine),
            groups,
            group_of,
            group_of_name,
            names,
            exact,
        }
    }

    /// What a title means.
    pub fn code(&self, text: &str) -> Coding {
        let words = ads::title_words(text);
        let ranked = self.rank(&words, None);
        let confidence = ranked.confidence();
        let candidates: Vec<Candidate> = ranked
            .groups
            .iter()
            .zip(confidence)
            .take(Self::CANDIDATES)
            .filter_map(|((place, _, views), confidence)| {
                let nearest = ranked.nearest.get(*place).copied().flatten();
                Some(Candidate {
                    group: *self.groups.get(*place)?,
                    confidence,
                    nearest: nearest.and_then(|name| self.names.get(name)).cloned().unwrap_or_default(),
                    views: *views,
                })
            })
            .collect();
        let best = candidates.first().filter(|best| best.confidence >= Self::ANSWER_FROM);
        Coding { title: words.join(" "), answer: best.map(|best| best.group), candidates }
    }

    /// All groups that say anything of a title, the best first; `without` one, as if it were not known.
    fn rank(&self, words: &[String], without: Option<IscoCode>) -> Ranked {
        let (stems, grams) = (terms::stems(words), terms::grams(words));
        let count = self.groups.len();
        let best_of = |scores: &[f64], owners: &[usize]| {
            let mut best = vec![0.0_f64; count];
            for (score, owner) in scores.iter().zip(owners) {
                if let Some(best) = best.get_mut(*owner) {
                    *best = best.max(*score);
                }
            }
            best
        };
        let found = self.name_grams.ask(&grams);
        let norm = found.norm.max(f64::MIN_POSITIVE);
        let near: Vec<f64> = found.scores.iter().map(|score| score / norm).collect();
        let mut nearest: Vec<Option<usize>> = vec![None; count];
        let mut nearness = vec![0.0_f64; count];
        let mut votes = vec![0.0_f64; count];
        for (name, (score, owner)) in near.iter().zip(&self.group_of_name).enumerate() {
            let places = (nearness.get_mut(*owner), nearest.get_mut(*owner), votes.get_mut(*owner));
            let (Some(best), Some(at), Some(vote)) = places else { continue };
            *vote += score.powi(3);
            if *score > *best {
                (*best, *at) = (*score, Some(name));
            }
        }
        votes.iter_mut().for_each(|vote| *vote = vote.cbrt());
        let views = [
            best_of(&self.words.ask(&stems).scores, &self.group_of),
            self.group_words.ask(&stems).scores,
            self.group_grams.ask(&grams).scores,
            votes,
            nearness.clone(),
        ];
        let held = self.held_names(words);
        let is_latin = words.iter().flat_map(|word| word.chars()).all(|c| c.is_ascii());
        let weights = if is_latin { LATIN } else { WEIGHTS };
        let mut groups = Vec::new();
        let most: Vec<f64> = views.iter().map(|view| view.iter().copied().fold(0.0, f64::max)).collect();
        for (place, group) in self.groups.iter().enumerate() {
            let mut seen = [0.0; VIEWS];
            for ((seen, view), most) in seen.iter_mut().zip(&views).zip(&most) {
                let score = view.get(place).copied().unwrap_or_default();
                *seen = if *most > 0.0 { score / most } else { 0.0 };
            }
            let held = held.get(place).copied().unwrap_or_default();
            let sum: f64 = seen.iter().zip(weights).map(|(view, weight)| view * weight).sum();
            let sum = sum + if held < 1.0 { 0.0 } else { EXACT };
            if sum > 0.0 && Some(*group) != without {
                groups.push((place, sum, seen));
            }
        }
        groups.sort_by(|(a, one, _), (b, other, _)| other.total_cmp(one).then(a.cmp(b)));
        let coverage = groups.first().map(|(place, _, _)| self.group_grams.coverage(&grams, *place));
        Ranked { groups, nearness, nearest, held, coverage: coverage.unwrap_or_default() }
    }

    /// By group, the share of the letters of a title that its longest name covers which stands in it whole; 1 if the title
    /// is a name.
    fn held_names(&self, words: &[String]) -> Vec<f64> {
        let letters = |words: &[String]| words.iter().map(|word| word.chars().count()).sum::<usize>();
        let all = index::float(letters(words).max(1));
        let mut held = vec![0.0_f64; self.groups.len()];
        for start in 0..words.len() {
            let rest = words.get(start..).unwrap_or_default();
            for length in 1..=rest.len().min(NAME_WORDS_MAX) {
                let run = rest.get(..length).unwrap_or_default();
                let share = index::float(letters(run)) / all;
                for group in self.exact.get(&run.join(" ")).into_iter().flatten() {
                    if let Some(held) = held.get_mut(*group) {
                        *held = held.max(share);
                    }
                }
            }
        }
        held
    }
}

impl Ranked {
    /// What the confidence in the best group is told by: its share among all, how near its nearest name is, how much of
    /// the title it knows, and how much of it is a whole name of the group.
    fn features(&self, best: usize, share: f64) -> [f64; FEATURES] {
        let share = share.clamp(1e-6, 1.0 - 1e-6);
        let of = |by_group: &[f64]| by_group.get(best).copied().unwrap_or_default();
        [1.0, (share / (1.0 - share)).ln(), of(&self.nearness), self.coverage, of(&self.held)]
    }

    /// The confidence in each group, in their order.
    fn confidence(&self) -> Vec<f64> {
        let Some((best, top, _)) = self.groups.first() else { return Vec::new() };
        let raised: Vec<f64> = self.groups.iter().map(|(_, sum, _)| (sum - top).exp()).collect();
        let all: f64 = raised.iter().sum();
        let share = 1.0 / all.max(1.0);
        let sum = CALIBRATION.iter().zip(self.features(*best, share));
        let logit: f64 = sum.map(|(weight, feature)| weight * feature).sum();
        let confidence = 1.0 / (1.0 + (-logit).exp());
        // what is left is the others', by their shares; none is surer than the best
        let rest = (1.0 - confidence) / (all - 1.0).max(f64::MIN_POSITIVE);
        let others = raised.iter().skip(1).map(|raised| (raised * rest).min(confidence));
        std::iter::once(confidence).chain(others).collect()
    }
}

// Both were fitted to names held out under the seeds 11 to 14, of our own tables and, the weights, of a public index of
// English titles by another classification; seed 7, by which `stazh eval titles` draws, had no part in it.

/// What each view weighs: words of the occupation, words of the group, letters of the group, vote of names, nearest name.
const WEIGHTS: [f64; VIEWS] = [1.0, 0.5, 4.2, 1.4, 0.3];
/// The same for titles in Latin letters: in Cyrillic the four languages of a group back each other, letter by letter.
const LATIN: [f64; VIEWS] = [2.0, 1.0, 2.6, 2.6, 1.0];
/// What a name weighs that is the title itself.
const EXACT: f64 = 6.0;
/// How many words a name has at most that is looked for in a title.
const NAME_WORDS_MAX: usize = 8;
/// How many things the confidence is told by.
const FEATURES: usize = 5;
/// Of [`Ranked::features`].
const CALIBRATION: [f64; FEATURES] = [-1.55, 0.62, -3.45, 5.5, 1.01];
