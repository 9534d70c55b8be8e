//! `stazh eval matching`: profiles and vacancies of an invented world, in the order that matching gives them.

use super::{Exit, Interval, show};
use crate::cli::jobs::unusable;
use crate::cli::scratch::Scratch;
use crate::exchange::canonical::Currency;
use crate::exchange::canonical::job::{LanguageCode, Vacancy};
use crate::labour::evaluation::{
    Bound, GeneratedSet, Query, SetSize, World, ndcg, precision, recall, reciprocal_rank,
};
use crate::labour::matching::{Matching, Recognition, Sought, Weights};
use crate::store::job_index::JobIndex;
use anyhow::{Context, Result};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Measure how well vacancies are set in order for a profile.
///
/// The set is generated: what fits whom is told by what the persons can do and would
/// accept, which matching does not see. It sees gaps, wrong codes, other words, other
/// languages. Beside it, in the same run, a search by the words of the profile alone
/// (BM25), once as it is and once with the hard filters of matching before it; and what
/// can be reached at all: the order of one who knows how the world is made, but sees no
/// more than matching does. Tune weights on seeds 1 to 20, and tell the figures of another.
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(super) struct MatchingEval {
    /// The world.
    #[arg(long, default_value_t = 2027)]
    seed: u64,
    /// How many vacancies it has.
    #[arg(long, default_value_t = 5_000, value_parser = clap::value_parser!(u32).range(100..=100_000))]
    vacancies: u32,
    /// For how many profiles they are sought.
    #[arg(long, default_value_t = 400, value_parser = clap::value_parser!(u32).range(10..=10_000))]
    profiles: u32,
    /// Other weights than those of the program.
    #[arg(long, value_name = "FILE")]
    weights: Option<PathBuf>,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

/// The measures of one way to set vacancies in order.
#[derive(Default)]
struct Way {
    name: &'static str,
    ndcg: Vec<f64>,
    reciprocal: Vec<f64>,
    recall: Vec<f64>,
    precision: Vec<f64>,
    /// nDCG@10 among the vacancies of one language alone, by the person's language and theirs.
    pairs: BTreeMap<(LanguageCode, LanguageCode), Vec<f64>>,
}

impl MatchingEval {
    pub(super) fn run(self) -> Result<Exit> {
        let world = World::new(self.seed)?;
        let size = SetSize {
            vacancies: usize::try_from(self.vacancies)?,
            profiles: usize::try_from(self.profiles)?,
        };
        let set = world.set(size)?;
        let weights = match &self.weights {
            Some(path) => {
                let text =
                    std::fs::read_to_string(path).with_context(|| format!("read {}", path.display()))?;
                &Weights::parse(&text).map_err(unusable)?
            }
            None => Weights::built_in().map_err(unusable)?,
        };
        let rates = World::rates()?;
        let scratch = Scratch::new("eval")?;
        let index = JobIndex::open(scratch.path())?;
        let mut writer = index.writer(weights, world.lexicon())?;
        for vacancy in &set.vacancies {
            writer.put(vacancy)?;
        }
        writer.commit()?;
        drop(writer);
        let rouble: Currency = "RUB".parse().map_err(unusable)?;
        let by = Matching {
            weights,
            recognition: Recognition::built_in().map_err(unusable)?,
            tables: world.lexicon(),
            rates: Some(&rates),
            currency: rouble,
            today: World::today(),
            sought: Sought::Vacancies,
        };
        let bound = Bound::of(&world, &set.vacancies);
        let [mut ours, mut words, mut filtered, mut reachable] =
            ["matching", "bm25", "bm25_filtered", "reachable"].map(|name| Way { name, ..Way::default() });
        for query in &set.queries {
            let found = index.matches(&query.profile, &by)?;
            ours.see(&set, query, found.iter().map(|found| &found.vacancy))?;
            let by_words = index.by_words_alone(&query.words, None, DEPTH, &by)?;
            words.see(&set, query, by_words.iter())?;
            let by_words = index.by_words_alone(&query.words, Some(&query.profile), DEPTH, &by)?;
            filtered.see(&set, query, by_words.iter())?;
            reachable.see(&set, query, bound.order(&query.profile).into_iter())?;
        }
        self.tell(&set, &[ours, words, filtered, reachable])
    }

    fn tell(&self, set: &GeneratedSet, ways: &[Way]) -> Result<Exit> {
        let [ours, words, ..] = ways else { return Ok(Exit::Refused) };
        let gain: Vec<f64> = ours.ndcg.iter().zip(&words.ndcg).map(|(ours, words)| ours - words).collect();
        let gain = Interval::of(&gain, self.seed);
        let (same, cross) = ours.same_and_cross(self.seed);
        let share = if same.mean > 0.0 { cross.mean / same.mean } else { 0.0 };
        let goals = [
            ("nDCG@10", Interval::of(&ours.ndcg, self.seed).mean, 0.85),
            ("nDCG@10 above BM25", gain.mean, 0.15),
            ("cross-language of same-language", share, 0.90),
            ("Recall@50", Interval::of(&ours.recall, self.seed).mean, 0.95),
        ];
        let good = |query: &Query| query.grades.iter().filter(|grade| **grade >= 2).count();
        let fitting = set.queries.iter().map(good).sum::<usize>() / set.queries.len().max(1);
        let is_kept = goals.iter().all(|(_, found, goal)| found >= goal);
        if self.json {
            show::json(&serde_json::json!({
                "seed": self.seed, "vacancies": set.vacancies.len(), "profiles": set.queries.len(),
                "fitting_well_per_profile": fitting,
                "ways": ways.iter().map(|way| way.as_json(self.seed)).collect::<Vec<_>>(),
                "ndcg_above_bm25": gain, "same_language": same, "cross_language": cross, "cross_of_same": share,
                "kept": is_kept,
            }));
        } else {
            show::line(&format!(
                "seed {}: {} vacancies, {} profiles, {fitting} vacancies fit each well on average",
                self.seed,
                set.vacancies.len(),
                set.queries.len()
            ));
            ways.iter().for_each(|way| show::line(&way.as_text(self.seed)));
            show::line(&format!("nDCG@10 above BM25 {}", told(gain)));
            show::line(&format!("same language {}; cross-language {}", told(same), told(cross)));
            for ((own, theirs), values) in &ours.pairs {
                let interval = Interval::of(values, self.seed);
                show::line(&format!("  {own} to {theirs}: {} of {} profiles", told(interval), values.len()));
            }
            for (name, found, goal) in goals {
                let kept = if found >= goal { "kept" } else { "BROKEN" };
                show::line(&format!("{name} {found:.3} (at least {goal}) {kept}"));
            }
        }
        Ok(if is_kept { Exit::Done } else { Exit::Refused })
    }
}

impl Way {
    fn see<'v>(
        &mut self,
        set: &GeneratedSet,
        query: &Query,
        found: impl Iterator<Item = &'v Vacancy>,
    ) -> Result<()> {
        let mut ranked: Vec<(u8, Option<LanguageCode>)> = Vec::new();
        for vacancy in found {
            let place: usize = vacancy.reference.id.as_str().parse().context("find a generated vacancy")?;
            ranked.push((query.grades.get(place).copied().unwrap_or_default(), vacancy.language));
        }
        let grades: Vec<u8> = ranked.iter().map(|(grade, _)| *grade).collect();
        self.ndcg.extend(ndcg(&grades, &query.grades, 10));
        self.reciprocal.push(reciprocal_rank(&grades));
        self.recall.extend(recall(&grades, &query.grades, 50));
        self.precision.push(precision(&grades, 10));
        let mut languages: Vec<LanguageCode> = set.vacancies.iter().filter_map(|one| one.language).collect();
        languages.sort();
        languages.dedup();
        for language in languages {
            let of_it = |found: Option<LanguageCode>| found == Some(language);
            let ranked: Vec<u8> =
                ranked.iter().filter(|(_, found)| of_it(*found)).map(|(grade, _)| *grade).collect();
            let all = set.vacancies.iter().zip(&query.grades).filter(|(vacancy, _)| of_it(vacancy.language));
            let all: Vec<u8> = all.map(|(_, grade)| *grade).collect();
            let is_judged = all.iter().any(|grade| *grade >= 2);
            if let Some(value) = ndcg(&ranked, &all, 10).filter(|_| is_judged) {
                self.pairs.entry((query.language, language)).or_default().push(value);
            }
        }
        Ok(())
    }

    fn same_and_cross(&self, seed: u64) -> (Interval, Interval) {
        let of = |is_same: bool| -> Vec<f64> {
            let pairs = self.pairs.iter().filter(|((own, theirs), _)| (own == theirs) == is_same);
            pairs.flat_map(|(_, values)| values.iter().copied()).collect()
        };
        (Interval::of(&of(true), seed), Interval::of(&of(false), seed))
    }

    fn measures(&self, seed: u64) -> [(&'static str, Interval); 4] {
        [
            ("nDCG@10", Interval::of(&self.ndcg, seed)),
            ("MRR", Interval::of(&self.reciprocal, seed)),
            ("Recall@50", Interval::of(&self.recall, seed)),
            ("P@10", Interval::of(&self.precision, seed)),
        ]
    }

    fn as_text(&self, seed: u64) -> String {
        let measures = self.measures(seed).map(|(name, interval)| format!("{name} {}", told(interval)));
        format!("{:<14} {}", self.name, measures.join("  "))
    }

    fn as_json(&self, seed: u64) -> serde_json::Value {
        let pairs = self.pairs.iter().map(|((own, theirs), values)| {
            let interval = Interval::of(values, seed);
            serde_json::json!({ "own": own, "vacancy": theirs, "ndcg": interval, "profiles": values.len() })
        });
        let measures: BTreeMap<_, _> = self.measures(seed).into_iter().collect();
        serde_json::json!({ "way": self.name, "measures": measures, "pairs": pairs.collect::<Vec<_>>() })
    }
}

fn told(interval: Interval) -> String {
    format!("{:.3} [{:.3}, {:.3}]", interval.mean, interval.low, interval.high)
}

/// How many a search by words brings: as many as matching scores.
const DEPTH: usize = 400;
