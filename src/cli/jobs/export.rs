//! `stazh jobs export`: vacancies and candidates as others read them.

use super::out::{LinesOut, whole};
use crate::base::{Limits, from_json};
use crate::cli::{Exit, show};
use crate::exchange::adapter::jobs::{Entry, EntryForm, job_posting};
use crate::exchange::canonical::job::{Candidate, CandidateProfile, Vacancy};
use crate::exchange::document::hr_xml::{Contacts, Told, write_candidate, write_opening, write_profile};
use anyhow::{Context, Result};
use serde_json::Value;
use std::fs::File;
use std::io::BufReader;
use std::ops::ControlFlow;
use std::path::PathBuf;

/// Export vacancies as HR-XML 3.2 (EURES profile 1.3) or as JobPosting of schema.org, and
/// candidates as HR-XML.
///
///   stazh jobs export vacancies.jsonl --as hr-xml --out xml
///   stazh jobs export vacancies.jsonl --as job-posting --out web
///
/// HR-XML is one file for each; postings stand in postings.jsonl, closed vacancies left
/// out. No contact is told and of a candidate only the coded profile, unless a flag asks.
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(super) struct Export {
    /// Vacancies, candidates or profiles of our own form, one on each line.
    input: PathBuf,
    /// As what.
    #[arg(long = "as", value_enum)]
    target: Target,
    /// The folder to write into; files of the same names are replaced.
    #[arg(long)]
    out: PathBuf,
    /// Tell the contacts of vacancies in HR-XML. They are data of persons.
    #[arg(long)]
    with_contacts: bool,
    /// Tell who a candidate is.
    #[arg(long)]
    with_identity: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Target {
    /// HR-XML 3.2, EURES profile 1.3.
    HrXml,
    /// JobPosting of schema.org, as JSON-LD.
    JobPosting,
}

#[derive(Default)]
struct Counts {
    written: u64,
    closed: u64,
    aside: u64,
}

impl Export {
    pub(super) fn run(self) -> Result<Exit> {
        std::fs::create_dir_all(&self.out).with_context(|| format!("make {}", self.out.display()))?;
        let mut postings = match self.target {
            Target::JobPosting => Some(LinesOut::create(&self.out, "postings")?),
            Target::HrXml => None,
        };
        let name = self.input.file_name().and_then(|name| name.to_str()).unwrap_or("file").to_owned();
        let file = File::open(&self.input).with_context(|| format!("read {}", self.input.display()))?;
        let mut counts = Counts::default();
        let mut fault: Result<()> = Ok(());
        let read =
            EntryForm::JsonLines.read(&name, &mut BufReader::new(file), &Limits::default(), &mut |entry| {
                match entry {
                    Entry::Aside(finding) => {
                        counts.aside += 1;
                        show::aside(&finding.to_string());
                    }
                    Entry::Read(value, line) => match self.one(&value, line, &mut postings, &mut counts) {
                        Ok(None) => {}
                        Ok(Some(why)) => {
                            counts.aside += 1;
                            show::aside(&format!("{name}:{line}: {why} (adapter.job_unreadable)"));
                        }
                        Err(error) => {
                            fault = Err(error);
                            return ControlFlow::Break(());
                        }
                    },
                }
                ControlFlow::Continue(())
            });
        fault?;
        read.with_context(|| format!("read {}", self.input.display()))?;
        if let Some(postings) = postings {
            postings.finish()?;
        }
        let Counts { written, closed, aside } = counts;
        show::line(&format!(
            "{written} written in {}; {closed} closed, {aside} set aside",
            self.out.display()
        ));
        Ok(if aside == 0 { Exit::Done } else { Exit::Refused })
    }

    /// Writes one; why not, if it cannot be understood.
    fn one(
        &self,
        value: &Value,
        line: usize,
        postings: &mut Option<LinesOut>,
        counts: &mut Counts,
    ) -> Result<Option<String>> {
        let text = value.to_string();
        if let Some(postings) = postings {
            let vacancy: Vacancy = match from_json(text.as_bytes()) {
                Ok(vacancy) => vacancy,
                Err(fault) => return Ok(Some(fault.what)),
            };
            match job_posting(&vacancy) {
                Some(posting) => postings.put(&posting)?,
                None => counts.closed += 1,
            }
            counts.written +=
                u64::from(vacancy.status == crate::exchange::canonical::job::VacancyStatus::Open);
            return Ok(None);
        }
        let contacts = if self.with_contacts { Contacts::Shown } else { Contacts::Kept };
        let told = if self.with_identity { Told::Person } else { Told::Profile };
        let (kind, written) = if value.get("person").is_some() {
            let read: Result<Candidate, _> = from_json(text.as_bytes());
            ("candidate", read.map(|candidate| write_candidate(&candidate, told)))
        } else if let Some(profile) = value.get("profile").or_else(|| value.get("wishes").map(|_| value)) {
            let read: Result<CandidateProfile, _> = from_json(profile.to_string().as_bytes());
            ("candidate", read.map(|profile| write_profile(&profile)))
        } else {
            let read: Result<Vacancy, _> = from_json(text.as_bytes());
            ("vacancy", read.map(|vacancy| write_opening(&vacancy, contacts)))
        };
        match written {
            Ok(document) => {
                whole(&self.out, &format!("{kind}-{line:07}.xml"), &document.context("write HR-XML")?)?;
                counts.written += 1;
                Ok(None)
            }
            Err(fault) => Ok(Some(fault.what)),
        }
    }
}
