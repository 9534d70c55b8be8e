//! `stazh totalise`: what the Agreement says of a claim, step by step.

use super::{Exit, local, show};
use crate::base::{Language, Written};
use crate::exchange::canonical::InsuranceRecord;
use crate::pension::{Advice, Claim, Part, Step, advise, agreement, length_in_words, state_name};
use anyhow::Result;
use comfy_table::{Table, presets};
use std::path::PathBuf;

/// Tell what the Agreement on pension provision says of a claim: whose service
/// counts, what is added, what is not, who pays for which period, each step with
/// its rule. The program advises, a person decides.
///
/// The claim is a small JSON file; records are those that states answered, as they
/// lie in a node's folder handed-over, and the state's own:
///
///   stazh totalise fixtures/pension/claim.json fixtures/pension/record-*.json
///   stazh totalise claim.json ru/handed-over/*.json --language ru
///
/// Which kinds of pension the Agreement covers:
///
///   stazh totalise --kinds
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(super) struct Totalise {
    /// The claim: state, kind, filed_on, residence, and what the law needs.
    #[arg(required_unless_present = "kinds")]
    claim: Option<PathBuf>,
    /// The records, one of each state.
    records: Vec<PathBuf>,
    /// List the kinds of pension that are covered.
    #[arg(long)]
    kinds: bool,
    /// In which language: en or ru.
    #[arg(long, default_value = "en")]
    language: Language,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

impl Totalise {
    pub(super) fn run(self) -> Result<Exit> {
        let Some(claim) = self.claim.as_ref().filter(|_| !self.kinds) else {
            self.list_kinds();
            return Ok(Exit::Done);
        };
        let claim: Claim = local::read_json(claim, "claim")?;
        let records: Vec<InsuranceRecord> =
            self.records.iter().map(|path| local::read_json(path, "record")).collect::<Result<_>>()?;
        let advice = advise(&claim, &records, agreement());
        if self.json {
            show::json(&self.as_json(&advice));
        } else {
            self.print(&advice);
        }
        let is_refused = advice.findings.iter().any(crate::base::Finding::is_error);
        Ok(if is_refused { Exit::Refused } else { Exit::Done })
    }

    fn list_kinds(&self) {
        let mut table = table_of();
        for (code, kind) in agreement().kinds() {
            if self.json {
                let names = kind.names();
                show::json_line(
                    &serde_json::json!({ "kind": code, "state": kind.state, "branch": kind.branch,
                    "en": names.of(Language::En), "ru": names.of(Language::Ru) }),
                );
            } else {
                table.add_row([code, kind.state.as_code(), kind.names().of(self.language)]);
            }
        }
        if !self.json {
            show::line(&table.to_string());
        }
    }

    fn print(&self, advice: &Advice) {
        let [rule, says, days, long] = match self.language.written() {
            Written::En => ["rule", "what it says", "what was counted", "length"],
            Written::Ru => ["норма", "что из неё следует", "что учтено", "длительность"],
        };
        let mut table = table_of();
        table.set_header([rule, says, days, long]);
        for step in &advice.steps {
            table.add_row(self.row(step));
        }
        show::line(&table.to_string());
        for finding in &advice.findings {
            show::aside(&finding.to_string());
        }
        show::line(advice.right.in_words(self.language));
    }

    fn row(&self, step: &Step) -> [String; 4] {
        let lines = |of: &dyn Fn(&Part) -> String| step.parts.iter().map(of).collect::<Vec<_>>();
        let days = lines(&|part| {
            let state = state_name(part.state, self.language);
            format!("{state} {:?}: {} – {}", part.class, part.stretch.from, part.stretch.to)
        });
        let mut long = lines(&|part| length_in_words(part.length, self.language));
        if let Some(result) = step.result.filter(|_| long.len() != 1) {
            long.push(format!("= {}", length_in_words(result, self.language)));
        }
        [step.rule.to_owned(), step.sentence(self.language), days.join("\n"), long.join("\n")]
    }

    fn as_json(&self, advice: &Advice) -> serde_json::Value {
        let step = |step: &Step| {
            let mut value = serde_json::json!(step);
            if let Some(object) = value.as_object_mut() {
                object.insert("says".to_owned(), step.sentence(self.language).into());
            }
            value
        };
        let steps: Vec<_> = advice.steps.iter().map(step).collect();
        serde_json::json!({ "right": advice.right, "steps": steps, "findings": advice.findings })
    }
}

fn table_of() -> Table {
    show::table(presets::UTF8_FULL_CONDENSED)
}
