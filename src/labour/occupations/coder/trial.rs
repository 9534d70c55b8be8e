//! How good the coder is: a name of each occupation is held out, and asked for.

use super::index::{Index, Weights};
use super::{Coder, FEATURES, Named, ads, terms};
use crate::base::Language;
use crate::exchange::canonical::job::IscoCode;
use std::collections::HashSet;

/// A frozen set: what a coder may know, and what it is asked.
#[derive(Debug)]
pub struct Trial {
    /// The occupations, without the names that are asked for.
    pub known: Vec<Named>,
    /// The names held out, those left out that still stand verbatim among the known.
    pub questions: Vec<Question>,
    /// How many names were held out before that.
    pub held_out: usize,
}

/// A name that was held out, and whose it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// The name.
    pub text: String,
    /// The group it belongs to.
    pub group: IscoCode,
    /// Its language, if it is known.
    pub language: Option<Language>,
}

/// What became of one question.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// How many groups stand before the right one; none if it is not among those found.
    pub rank: Option<usize>,
    /// How many digits the first group shares with the right one, 0 to 4.
    pub shared: u8,
    /// The confidence in the first group.
    pub confidence: f64,
    /// The confidence in what is first once the right group is taken away: what is asked about an unknown occupation.
    pub confidence_in_wrong: f64,
    /// What the two confidences are made of.
    pub evidence: [[f64; FEATURES]; 2],
}

impl Trial {
    /// Of each occupation with three or more names beside the preferred one, `draw` picks one that is held out: it is
    /// told how many there are. A name whose case-folded text still stands among the known is no question.
    pub fn of(all: &[Named], mut draw: impl FnMut(usize) -> usize) -> Self {
        let (mut known, mut drawn) = (Vec::with_capacity(all.len()), Vec::new());
        for named in all {
            let mut named = named.clone();
            named.others.retain(|name| *name != named.preferred);
            if named.others.len() >= LEAST {
                let at = draw(named.others.len());
                if at < named.others.len() {
                    let text = named.others.remove(at);
                    drawn.push(Question { text, group: named.group, language: named.language });
                }
            }
            known.push(named);
        }
        let stand: HashSet<String> = known.iter().flat_map(Named::names).map(str::to_lowercase).collect();
        let held_out = drawn.len();
        drawn.retain(|question| !stand.contains(&question.text.to_lowercase()));
        Self { known, questions: drawn, held_out }
    }
}

impl Coder {
    /// What becomes of a question.
    pub fn judge(&self, question: &Question) -> Outcome {
        let words = ads::title_words(&question.text);
        let evidence = |without| {
            let ranked = self.rank(&words, without);
            let confidence = ranked.confidence().first().copied().unwrap_or_default();
            let share = ranked.groups.first().map(|(_, top, _)| {
                1.0 / ranked.groups.iter().map(|(_, sum, _)| (sum - top).exp()).sum::<f64>().max(1.0)
            });
            let best = ranked.groups.first().map(|(place, _, _)| *place);
            let of = ranked.features(best.unwrap_or(usize::MAX), share.unwrap_or_default());
            (ranked, confidence, of)
        };
        let (ranked, confidence, right) = evidence(None);
        let (_, confidence_in_wrong, wrong) = evidence(Some(question.group));
        let found = ranked.groups.iter().filter_map(|(place, _, _)| self.groups.get(*place));
        let (rank, shared) = standing(found.copied(), question.group);
        Outcome { rank, shared, confidence, confidence_in_wrong, evidence: [right, wrong] }
    }
}

/// The ranker that ours is measured against: BM25 over words and BM25 over runs of three and four letters of each
/// occupation, each divided by its best, added (`labour.md`, section 9).
pub struct Baseline {
    groups: Vec<IscoCode>,
    words: Index,
    grams: Index,
}

impl Baseline {
    /// A baseline that knows these occupations.
    pub fn of(known: &[Named]) -> Self {
        let texts: Vec<Vec<String>> = known
            .iter()
            .map(|named| {
                let preferred_twice = std::iter::once(named.preferred.as_str()).chain(named.names());
                preferred_twice.flat_map(plain_words).collect()
            })
            .collect();
        Self {
            groups: known.iter().map(|named| named.group).collect(),
            grams: Index::of(texts.iter().map(|words| terms::grams(words)), Weights::Bm25),
            words: Index::of(texts, Weights::Bm25),
        }
    }

    /// How many groups it puts before the right one, and how many digits its first shares with it.
    pub fn judge(&self, question: &Question) -> (Option<usize>, u8) {
        let words: Vec<String> = plain_words(&question.text).collect();
        let (by_word, by_gram) =
            (self.words.ask(&words).scores, self.grams.ask(&terms::grams(&words)).scores);
        let most = |scores: &[f64]| scores.iter().copied().fold(f64::MIN_POSITIVE, f64::max);
        let (most_words, most_grams) = (most(&by_word), most(&by_gram));
        let sums = by_word.iter().zip(&by_gram).map(|(word, gram)| word / most_words + gram / most_grams);
        let mut best = std::collections::BTreeMap::new();
        for (group, sum) in self.groups.iter().zip(sums).filter(|(_, sum)| *sum > 0.0) {
            let known = best.entry(*group).or_insert(sum);
            *known = sum.max(*known);
        }
        let mut ranked: Vec<(IscoCode, f64)> = best.into_iter().collect();
        ranked.sort_by(|(a, one), (b, other)| other.total_cmp(one).then(a.cmp(b)));
        standing(ranked.into_iter().map(|(group, _)| group), question.group)
    }
}

fn standing(found: impl Iterator<Item = IscoCode> + Clone, right: IscoCode) -> (Option<usize>, u8) {
    let first = found.clone().next();
    let rank = found.clone().position(|group| group == right);
    (rank, first.map_or(0, |first| first.shared_levels(&right)))
}

/// Runs of letters, digits and `_`, in small letters, as a regular expression's `\w+` finds them.
fn plain_words(text: &str) -> impl Iterator<Item = String> {
    let words = text.split(|c: char| !(c.is_alphanumeric() || c == '_')).filter(|word| !word.is_empty());
    words.map(str::to_lowercase)
}

/// From how many names beside the preferred one an occupation gives a question.
const LEAST: usize = 3;
