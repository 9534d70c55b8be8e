//! `stazh eval titles`: how often the coder of job titles names the right unit group.

use super::{Exit, Interval, show};
use crate::base::{Language, Twister};
use crate::exchange::canonical::job::IscoCode;
use crate::labour::occupations::{Baseline, Coder, Named, OccupationTree, Outcome, Question, Trial};
use anyhow::{Context, Result, bail};
use comfy_table::{CellAlignment, presets};
use serde_json::{Map, Value, json};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Measure the coder of job titles: how often it names the right unit group of
/// ISCO-08.
///
/// Of each occupation with three or more alternative names one is held out and asked
/// for; a name that still stands verbatim among the others is no question. The baseline
/// is the sum of BM25 over words and over runs of letters. Of what is known by its
/// tables a title in an advertisement is harder, a name of the tables easier.
///
///   stazh eval titles
///   stazh eval titles --esco occupations_en.csv
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(in crate::cli) struct Titles {
    /// Your copy of ESCO's occupations (CSV: preferredLabel, altLabels, iscoGroup or code) in place of our own tables; the
    /// goals stand beside.
    #[arg(long, value_name = "FILE")]
    esco: Option<PathBuf>,
    /// By which the names are drawn, as Python's random does.
    #[arg(long, default_value_t = 7)]
    seed: u32,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

impl Titles {
    pub(super) fn run(self) -> Result<Exit> {
        let all = match &self.esco {
            Some(file) => read_esco(file)?,
            None => OccupationTree::built_in().named(),
        };
        let mut twister = Twister::new(self.seed);
        let trial = Trial::of(&all, |count| {
            let drawn = twister.below(u32::try_from(count).unwrap_or(u32::MAX));
            usize::try_from(drawn).unwrap_or_default()
        });
        if trial.questions.is_empty() {
            bail!("find a question: no occupation has three alternative names");
        }
        let begun = Instant::now();
        let coder = Coder::of(&trial.known);
        let built = begun.elapsed();
        let baseline = Baseline::of(&trial.known);
        let begun = Instant::now();
        let outcomes: Vec<Outcome> = trial.questions.iter().map(|question| coder.judge(question)).collect();
        let asked = u32::try_from(2 * outcomes.len()).unwrap_or(u32::MAX); // each is judged with and without its group
        let each = begun.elapsed() / asked.max(1);
        let ours =
            outcomes.iter().map(|outcome| Standing { rank: outcome.rank, shared: outcome.shared }).collect();
        let of_baseline = |question| {
            let (rank, shared) = baseline.judge(question);
            Standing { rank, shared }
        };
        let measured = Measured {
            is_esco: self.esco.is_some(),
            seed: self.seed,
            occupations: all.len(),
            held_out: trial.held_out,
            ours,
            baseline: trial.questions.iter().map(of_baseline).collect(),
            outcomes,
            questions: trial.questions,
            built,
            each,
        };
        if self.json {
            show::json(&measured.as_json());
        } else {
            measured.tell();
        }
        Ok(if measured.is_within() { Exit::Done } else { Exit::Refused })
    }
}

/// Where the right group stands.
#[derive(Debug, Clone, Copy)]
struct Standing {
    rank: Option<usize>,
    shared: u8,
}

/// One figure: its name, and what a question gives to its mean.
type Figure = (&'static str, fn(&Standing) -> f64);

const FIGURES: [Figure; 7] = [
    ("acc_at_1", |at| share(at.rank.is_some_and(|rank| rank < 1))),
    ("acc_at_5", |at| share(at.rank.is_some_and(|rank| rank < 5))),
    ("acc_at_10", |at| share(at.rank.is_some_and(|rank| rank < 10))),
    ("mrr", |at| {
        at.rank.and_then(|rank| u32::try_from(rank).ok()).map_or(0.0, |rank| 1.0 / (f64::from(rank) + 1.0))
    }),
    ("digits_1", |at| share(at.shared >= 1)),
    ("digits_2", |at| share(at.shared >= 2)),
    ("digits_3", |at| share(at.shared >= 3)),
];

/// What the figures of ESCO should be (`labour.md`, section 10.2), and what the baseline was when they were set.
const GOALS: [(&str, f64, f64); 3] =
    [("acc_at_1", 0.82, 0.804), ("acc_at_5", 0.95, 0.940), ("mrr", 0.88, 0.865)];

fn share(is: bool) -> f64 {
    if is { 1.0 } else { 0.0 }
}

/// What was measured.
struct Measured {
    is_esco: bool,
    seed: u32,
    occupations: usize,
    held_out: usize,
    questions: Vec<Question>,
    ours: Vec<Standing>,
    baseline: Vec<Standing>,
    outcomes: Vec<Outcome>,
    built: Duration,
    each: Duration,
}

impl Measured {
    fn interval(&self, values: &[f64]) -> Interval {
        Interval::of(values, u64::from(self.seed))
    }

    fn figure(&self, of: &[Standing], wanted: &str) -> Interval {
        let give = FIGURES.iter().find(|(name, _)| *name == wanted).map(|(_, give)| *give);
        let values: Vec<f64> = give.map(|give| of.iter().map(give).collect()).unwrap_or_default();
        self.interval(&values)
    }

    fn figures(&self, of: &[Standing]) -> Value {
        FIGURES
            .iter()
            .map(|(name, _)| ((*name).to_owned(), json!(self.figure(of, name))))
            .collect::<Map<_, _>>()
            .into()
    }

    /// By how much the coder is better, question by question.
    fn gain(&self, wanted: &str) -> Interval {
        let give = FIGURES.iter().find(|(name, _)| *name == wanted).map(|(_, give)| *give);
        let both = self.ours.iter().zip(&self.baseline);
        let values = give.map(|give| both.map(|(ours, base)| give(ours) - give(base)).collect::<Vec<_>>());
        self.interval(&values.unwrap_or_default())
    }

    fn of_language(&self, language: Language) -> [Vec<Standing>; 2] {
        let of = |all: &[Standing]| {
            let both = all.iter().zip(&self.questions);
            both.filter(|(_, question)| question.language == Some(language)).map(|(at, _)| *at).collect()
        };
        [of(&self.ours), of(&self.baseline)]
    }

    /// How many are answered, how many of the answers are right, and how many would be answered were the group unknown.
    fn answers(&self) -> [Interval; 3] {
        let is_answer = |confidence: f64| confidence >= Coder::ANSWER_FROM;
        let answered: Vec<f64> = self.outcomes.iter().map(|one| share(is_answer(one.confidence))).collect();
        let right = self.outcomes.iter().filter(|one| is_answer(one.confidence));
        let right: Vec<f64> = right.map(|one| share(one.rank == Some(0))).collect();
        let unknown: Vec<f64> =
            self.outcomes.iter().map(|one| share(is_answer(one.confidence_in_wrong))).collect();
        [self.interval(&answered), self.interval(&right), self.interval(&unknown)]
    }

    /// By how much confidence and truth differ in the mean, over ten classes of confidence.
    fn calibration_error(&self) -> f64 {
        let mut error = 0.0;
        for class in 0..10_u32 {
            let (low, high) = (f64::from(class) / 10.0, f64::from(class + 1) / 10.0);
            let of_class = |one: &&Outcome| one.confidence >= low && (one.confidence < high || class == 9);
            let told = self.outcomes.iter().filter(of_class);
            error += told.map(|one| one.confidence - share(one.rank == Some(0))).sum::<f64>().abs();
        }
        error / u32::try_from(self.outcomes.len()).map_or(f64::INFINITY, f64::from)
    }

    /// Whether the goals are met; they are of ESCO alone.
    fn is_within(&self) -> bool {
        !self.is_esco || GOALS.iter().all(|(name, goal, _)| self.figure(&self.ours, name).mean >= *goal)
    }

    fn as_json(&self) -> Value {
        let languages = Language::ALL.into_iter().filter_map(|language| {
            let [ours, baseline] = self.of_language(language);
            let figures = json!({
                "questions": ours.len(), "coder": self.figures(&ours), "baseline": self.figures(&baseline),
            });
            (!ours.is_empty()).then(|| (language.code().to_owned(), figures))
        });
        let [answered, right, unknown] = self.answers();
        let goals = GOALS.iter().map(|(name, goal, baseline)| {
            let is_met = self.figure(&self.ours, name).mean >= *goal;
            ((*name).to_owned(), json!({ "goal": goal, "baseline_when_set": baseline, "is_met": is_met }))
        });
        json!({
            "set": if self.is_esco { "esco" } else { "own names" },
            "seed": self.seed, "occupations": self.occupations,
            "held_out": self.held_out, "questions": self.questions.len(),
            "coder": self.figures(&self.ours), "baseline": self.figures(&self.baseline),
            "gain": { "acc_at_1": self.gain("acc_at_1"), "mrr": self.gain("mrr") },
            "answers": {
                "from_confidence": Coder::ANSWER_FROM, "answered": answered, "right_of_answered": right,
                "answered_were_the_group_unknown": unknown, "calibration_error": self.calibration_error(),
            },
            "languages": languages.collect::<Map<_, _>>(),
            "goals": self.is_esco.then(|| goals.collect::<Map<_, _>>()),
            "build_ms": u64::try_from(self.built.as_millis()).unwrap_or(u64::MAX),
            "title_us": u64::try_from(self.each.as_micros()).unwrap_or(u64::MAX),
        })
    }

    fn tell(&self) {
        let mut table = show::table(presets::UTF8_FULL_CONDENSED);
        table.set_header(["", "questions", "acc@1", "acc@5", "acc@10", "MRR", "acc@1 of the baseline"]);
        let mut row = |name: &str, ours: &[Standing], baseline: &[Standing]| {
            let tell = |wanted: &str| written(self.figure(ours, wanted));
            table.add_row([
                name.to_owned(),
                ours.len().to_string(),
                tell("acc_at_1"),
                tell("acc_at_5"),
                tell("acc_at_10"),
                tell("mrr"),
                written(self.figure(baseline, "acc_at_1")),
            ]);
        };
        row("all", &self.ours, &self.baseline);
        row("baseline", &self.baseline, &self.baseline);
        for language in Language::ALL {
            let [ours, baseline] = self.of_language(language);
            if !ours.is_empty() {
                row(language.code(), &ours, &baseline);
            }
        }
        for column in 1..7 {
            if let Some(column) = table.column_mut(column) {
                column.set_cell_alignment(CellAlignment::Right);
            }
        }
        show::line(&table.to_string());
        let [answered, right, unknown] = self.answers();
        show::line(&format!(
            "better than the baseline: acc@1 {}, MRR {}",
            written(self.gain("acc_at_1")),
            written(self.gain("mrr"))
        ));
        show::line(&format!(
            "answered (confidence of {} or more): {}; of these right: {}; were the group unknown: {}; confidence is off by {:.3} in the mean",
            Coder::ANSWER_FROM,
            written(answered),
            written(right),
            written(unknown),
            self.calibration_error(),
        ));
        show::line(&format!(
            "built in {} ms; {} µs for a title",
            self.built.as_millis(),
            self.each.as_micros()
        ));
        if self.is_esco {
            for (name, goal, baseline) in GOALS {
                let found = self.figure(&self.ours, name).mean;
                let is_met = if found >= goal { "met" } else { "not met" };
                show::line(&format!(
                    "goal {name} at least {goal} (baseline when it was set {baseline}): {found:.3}, {is_met}"
                ));
            }
        }
    }
}

fn written(interval: Interval) -> String {
    format!("{:.3} ({:.3}–{:.3})", interval.mean, interval.low, interval.high)
}

/// The occupations of an ESCO file: columns by their names, whatever their case; a cell of labels has one a line.
fn read_esco(file: &Path) -> Result<Vec<Named>> {
    let mut reader = csv::Reader::from_path(file).with_context(|| format!("read {}", file.display()))?;
    let header =
        reader.headers().with_context(|| format!("read the first line of {}", file.display()))?.clone();
    let column = |names: &[&str]| {
        names.iter().find_map(|name| {
            header.iter().position(|own| own.trim_start_matches('\u{feff}').eq_ignore_ascii_case(name))
        })
    };
    let need = |names: &[&str]| {
        column(names).with_context(|| format!("find column {} in {}", names.join(" or "), file.display()))
    };
    let preferred = need(&["preferredLabel"])?;
    let others = need(&["altLabels"])?;
    let group = need(&["iscoGroup", "iscoGroupCode", "code"])?;
    let mut all = Vec::new();
    for row in reader.records() {
        let row = row.with_context(|| format!("read {}", file.display()))?;
        let line = row.position().map_or(0, csv::Position::line);
        let cell = |column: usize| row.get(column).unwrap_or_default().trim();
        let code = format!("{:0>4}", cell(group).split('.').next().unwrap_or_default()); // spreadsheets drop zeros in front
        let group = code.parse::<IscoCode>().ok().filter(|code| code.level() == IscoCode::LEVELS);
        let group = group
            .with_context(|| format!("read {}:{line}: the group has not four digits", file.display()))?;
        let others = cell(others).lines().map(str::trim).filter(|name| !name.is_empty());
        all.push(Named {
            group,
            language: None,
            preferred: cell(preferred).to_owned(),
            others: others.map(str::to_owned).collect(),
        });
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn esco(text: &str) -> Result<Vec<Named>> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("occupations.csv");
        std::fs::write(&file, text).unwrap();
        read_esco(&file)
    }

    #[test]
    fn a_file_of_esco_is_read_with_breaks_inside_its_quotes() {
        let text = "\u{feff}conceptType,iscoGroup,preferredLabel,altLabels\nOccupation,7212,welder,\"arc welder\n\nbrazer\"\nOccupation,110,\"officer, army\",\n";
        let read = esco(text).unwrap();
        assert_eq!(read[0].others, ["arc welder", "brazer"]);
        assert_eq!(
            (read[1].group.as_code(), read[1].preferred.as_str(), read[1].others.len()),
            ("0110", "officer, army", 0)
        );
        let by_code = esco("PREFERREDLABEL,ALTLABELS,CODE\nwelder,,7212.3.1\n").unwrap();
        assert_eq!(by_code[0].group.as_code(), "7212");
    }

    #[test]
    fn a_file_that_is_off_is_told_with_line_or_column() {
        let told = |text: &str| format!("{:#}", esco(text).unwrap_err());
        assert!(told("preferredLabel,iscoGroup\nwelder,7212\n").contains("find column altLabels"));
        let group = told("preferredLabel,altLabels,iscoGroup\nwelder,\"a\nb\",7212\nx,y,smith\n");
        assert!(group.contains("occupations.csv:4: the group has not four digits"), "{group}");
    }

    #[test]
    fn figures_are_means_over_questions() {
        let at = |rank, shared| Standing { rank, shared };
        let standings = [at(Some(0), 4), at(Some(4), 2), at(None, 0), at(Some(9), 1)];
        let means = FIGURES.map(|(_, give)| standings.iter().map(give).sum::<f64>() / 4.0);
        assert_eq!(means, [0.25, 0.5, 0.75, (1.0 + 0.2 + 0.1) / 4.0, 0.75, 0.5, 0.25]);
    }
}
