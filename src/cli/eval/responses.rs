//! `stazh eval responses`: the order of real vacancies for those who applied for some of them.

use super::{Exit, Interval, show};
use crate::cli::jobs::unusable;
use crate::cli::scratch::Scratch;
use crate::exchange::canonical::Currency;
use crate::exchange::canonical::job::Vacancy;
use crate::labour::evaluation::{Applied, Response, Responses, ndcg, recall, reciprocal_rank};
use crate::labour::matching::{BuiltInTables, Matching, Recognition, Sought, Weights};
use crate::store::job_index::{JobIndex, Keys, PER_PAGE_MAX};
use anyhow::{Context, Result};
use jiff::civil::Date;
use std::collections::HashMap;
use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};

/// Measure matching on the public release of responses of «Работа в России» (data set
/// 186 of the RCSI portal), which is not shipped with the program.
///
/// The folder holds its tables as they are published: curricula_vitae.csv,
/// vacancies.csv, responses.csv and, if it is there, invitations.csv (semicolons). What
/// a person applied for counts as fitting, what he was invited to as fitting best; that
/// nobody applied for the rest says little, so the figures compare ways and are no
/// measure of how good either is.
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(super) struct ResponsesEval {
    /// The folder of the tables.
    folder: PathBuf,
    /// For the first so many persons.
    #[arg(long, default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    persons: u32,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

#[derive(Default)]
struct Measured {
    ndcg: Vec<f64>,
    reciprocal: Vec<f64>,
    recall: Vec<f64>,
}

impl ResponsesEval {
    pub(super) fn run(self) -> Result<Exit> {
        let mut release = Responses::default();
        release.read_vacancies(open(&self.folder, "vacancies")?)?;
        release.read_people(open(&self.folder, "curricula_vitae")?, &BuiltInTables)?;
        release.read_pairs(open(&self.folder, "responses")?, Response::Applied)?;
        if self.folder.join("invitations.csv").exists() {
            release.read_pairs(open(&self.folder, "invitations")?, Response::Invited)?;
        }
        let scratch = Scratch::new("responses")?;
        let index = JobIndex::open(scratch.path())?;
        let weights = Weights::built_in().map_err(unusable)?;
        let mut writer = index.writer(weights, &BuiltInTables)?;
        for vacancy in &release.vacancies {
            writer.put(vacancy)?;
        }
        writer.commit()?;
        drop(writer);
        let newest = release.vacancies.iter().map(|vacancy| vacancy.posted_on).max();
        let rouble: Currency = "RUB".parse().map_err(unusable)?;
        let by = Matching {
            weights,
            recognition: Recognition::built_in().map_err(unusable)?,
            tables: &BuiltInTables,
            rates: None,
            currency: rouble,
            today: newest.unwrap_or(Date::ZERO),
            sought: Sought::Vacancies,
        };
        let places: HashMap<&str, usize> =
            release.vacancies.iter().enumerate().map(|(at, one)| (one.reference.id.as_str(), at)).collect();
        let applied = release.applied();
        let (mut ours, mut words) = (Measured::default(), Measured::default());
        for person in applied.iter().take(usize::try_from(self.persons)?) {
            let keys = Keys { words: person.words.clone(), per_page: PER_PAGE_MAX, ..Keys::default() };
            let found = index.search(Some(&person.profile), &keys, &by)?;
            ours.see(person, found.page.iter().map(|one| &one.vacancy), &places);
            let found = index.by_words_alone(&person.words, None, PER_PAGE_MAX, &by)?;
            words.see(person, found.iter(), &places);
        }
        let persons = ours.reciprocal.len();
        if self.json {
            show::json(&serde_json::json!({
                "vacancies": release.vacancies.len(), "persons": persons, "set_aside": release.set_aside,
                "matching": ours.as_json(), "bm25": words.as_json(),
            }));
        } else {
            let mut aside: Vec<_> =
                release.set_aside.iter().map(|(table, rows)| format!("{table} {rows}")).collect();
            aside.sort();
            let aside = if aside.is_empty() { "none".to_owned() } else { aside.join(", ") };
            show::line(&format!(
                "{} vacancies, {persons} persons who applied; rows set aside: {aside}",
                release.vacancies.len()
            ));
            show::line(&format!("matching {}", ours.as_text()));
            show::line(&format!("bm25     {}", words.as_text()));
        }
        Ok(if persons > 0 { Exit::Done } else { Exit::Refused })
    }
}

fn open(folder: &Path, table: &str) -> Result<BufReader<File>> {
    let path = folder.join(format!("{table}.csv"));
    Ok(BufReader::new(File::open(&path).with_context(|| format!("read {}", path.display()))?))
}

impl Measured {
    fn see<'v>(
        &mut self,
        person: &Applied,
        found: impl Iterator<Item = &'v Vacancy>,
        places: &HashMap<&str, usize>,
    ) {
        let grade = |vacancy: &Vacancy| {
            let place = places.get(vacancy.reference.id.as_str())?;
            person.grades.get(place).copied()
        };
        let ranked: Vec<u8> = found.map(|vacancy| grade(vacancy).unwrap_or_default()).collect();
        let all: Vec<u8> = person.grades.values().copied().collect();
        self.ndcg.extend(ndcg(&ranked, &all, 10));
        self.reciprocal.push(reciprocal_rank(&ranked));
        self.recall.extend(recall(&ranked, &all, 50));
    }

    fn measures(&self) -> [(&'static str, Interval); 3] {
        let of = |values: &[f64]| Interval::of(values, SEED);
        [("nDCG@10", of(&self.ndcg)), ("MRR", of(&self.reciprocal)), ("Recall@50", of(&self.recall))]
    }

    fn as_text(&self) -> String {
        let told = self
            .measures()
            .map(|(name, one)| format!("{name} {:.3} [{:.3}, {:.3}]", one.mean, one.low, one.high));
        told.join("  ")
    }

    fn as_json(&self) -> serde_json::Value {
        let measures: std::collections::BTreeMap<_, _> = self.measures().into_iter().collect();
        serde_json::json!(measures)
    }
}

/// Of the intervals.
const SEED: u64 = 186;
