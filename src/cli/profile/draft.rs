//! `stazh profile new`: a first profile from a sample of a file.

use super::super::{Exit, Misused, show};
use super::guess::{Guess, guess};
use crate::exchange::adapter::{Encoding, RecordKind, sample_fields};
use crate::exchange::canonical::State;
use anyhow::{Context, Result};
use std::fmt::Write;
use std::path::PathBuf;

/// Make a first profile from a sample of a file, to be completed by hand.
///
/// Columns are recognised by their names and values; what is not is left as a
/// comment. Nothing of the values is written but codes.
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(super) struct New {
    /// A sample: CSV, JSON or JSON lines.
    sample: PathBuf,
    /// Whose form it is.
    #[arg(long)]
    state: String,
    /// What a row is: person, contribution, period or event.
    #[arg(long)]
    record: String,
}

impl New {
    pub(super) fn run(self) -> Result<Exit> {
        let state: State =
            self.state.parse().map_err(|finding| Misused(format!("read --state: {finding}")))?;
        let record: RecordKind =
            serde_json::from_value(serde_json::json!(self.record)).map_err(|_cause| {
                Misused("read --record: write person, contribution, period or event".to_owned())
            })?;
        let bytes = std::fs::read(&self.sample).with_context(|| format!("read {}", self.sample.display()))?;
        let text = Encoding::Auto.decode(&bytes)?;
        let is_utf8 = std::str::from_utf8(&bytes).is_ok();
        let name = self.sample.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending).to_lowercase();
        let format = match ending.as_str() {
            "json" => "json",
            "jsonl" | "ndjson" => "jsonl",
            "csv" | "txt" | "tsv" => "csv",
            _ => {
                let told = format!(
                    "make a profile of {name}: name the sample .csv, .json or .jsonl; XML and columns of a fixed width are written by hand, see schemas/profiles"
                );
                return Err(Misused(told).into());
            }
        };
        let fields = sample_fields(format, &text)?;
        show::line(&draft((state, record), (&name, format, is_utf8), &fields));
        Ok(Exit::Done)
    }
}

/// The text of the profile.
fn draft(
    (state, record): (State, RecordKind),
    (name, format, is_utf8): (&str, &str, bool),
    fields: &[(String, Vec<String>)],
) -> String {
    let part = record.part();
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    let stem = stem.trim_end_matches(|c: char| c.is_ascii_digit() || matches!(c, '-' | '_'));
    let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending);
    let mut text = format!(
        "# A first profile, made from a sample: complete what is a comment, then stazh profile check and test.\n\n\
         [profile]\nstate = \"{state}\"\nrecord = \"{part}\"\nversion = \"0.1.0\"\nfiles = \"{stem}*.{ending}\"\nformat = \"{format}\"\n"
    );
    if format == "csv" {
        text.push_str(if is_utf8 { "encoding = \"utf-8\"\n" } else { "encoding = \"windows-1251\"\n" });
    }
    if format == "json" {
        text.push_str("rows = \"rows\"                    # a bare list is read as one named so\n");
    }
    let mut set = Vec::new();
    for (local, values) in fields {
        match guess((state, record), local, values) {
            Some(Guess { canonical, lines }) if !set.contains(&canonical) => {
                let _ = write!(text, "\n[[map]]\nlocal = \"{local}\"\ncanonical = \"{canonical}\"\n{lines}"); // a string takes all
                set.push(canonical);
            }
            Some(_) | None => {
                let _ = write!(
                    text,
                    "\n# [[map]]\n# local = \"{local}\"\n# canonical = \"\"              # what is it?\n"
                ); // as above
            }
        }
    }
    let locals: Vec<String> = fields.iter().map(|(local, _)| format!("\"{local}\"")).collect();
    if record != RecordKind::Person && !set.iter().any(|own| *own == format!("{part}.id")) {
        let of = locals.join(", ");
        let _ = write!(text, "\n[[map]]\ncanonical = \"{part}.id\"\nconvert = \"digest\"\nof = [{of}]\n"); // as above
    }
    let constants: &[(&str, &str)] = match record {
        RecordKind::Period => &[("period.kind", "work"), ("period.employer.state", ""), ("period.state", "")],
        RecordKind::Contribution => {
            &[("contribution.kind", "insurance"), ("contribution.employer.state", "")]
        }
        RecordKind::Event => &[("event.form", "entry"), ("event.employer.state", "")],
        RecordKind::Person => &[],
    };
    for (place, value) in constants {
        if !set.iter().any(|own| own == place) {
            let value = if value.is_empty() { state.to_string() } else { (*value).to_owned() };
            let _ = write!(
                text,
                "\n[[map]]\ncanonical = \"{place}\"\nconvert = \"constant\"\nvalue = \"{value}\"\n"
            ); // as above
        }
    }
    text
}
