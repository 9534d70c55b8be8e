//! `stazh jobs import`: vacancies out of files.

use super::out::{LinesOut, VacanciesOut, folded, own, tell, whole};
use crate::base::{Clock, Digest256, Limits, SystemClock};
use crate::cli::progress::Progress;
use crate::cli::{Exit, Misused, show};
use crate::exchange::adapter::AdapterError;
use crate::exchange::adapter::jobs::{Cleaner, ContractRow, Entry, EntryForm, JobTally, Manifest, Taken};
use crate::exchange::canonical::job::{Vacancy, VacancyStatus};
use crate::exchange::canonical::{Coded, State};
use crate::exchange::document::hr_xml::read_opening;
use crate::exchange::seal::sha256_hasher;
use crate::labour::duplicates;
use anyhow::{Context, Result, bail};
use jiff::civil::Date;
use std::collections::HashSet;
use std::fs::File;
use std::io::{BufReader, Read};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

/// Import vacancies, or look at what an import would bring.
///
/// A drop of our own form (JSON Lines, or CSV with the same names) with the manifest
/// beside it, FILE.manifest.json; without one, its source is to be named:
///
///   stazh jobs import gsz.jsonl --state BY --out by
///
/// A bulk set of trudvsem, vacancies or curricula vitae (JSON, JSON Lines, CSV with |):
///
///   stazh jobs import vacancy.csv --state RU --form trudvsem --out ru
///
/// The extract of the register of contracts of Kazakhstan is read and counted:
///
///   stazh jobs import contracts.csv --state KZ --form kz-contracts
///
/// Of a folder every .json, .jsonl, .csv and .xml is read. Without --out nothing is
/// written. Exit code 1 if an entry was set aside.
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(super) struct Import {
    /// A file, or a folder of them.
    input: PathBuf,
    /// Whose: AM, BY, KG, KZ or RU.
    #[arg(long)]
    state: String,
    /// What stands in it.
    #[arg(long, value_enum, default_value_t = Form::Own)]
    form: Form,
    /// The system it comes from, where no manifest says so.
    #[arg(long)]
    source: Option<String>,
    /// The folder to write into; files of the same names are replaced.
    #[arg(long)]
    out: Option<PathBuf>,
    /// Write the contacts of vacancies too. They are data of persons.
    #[arg(long)]
    with_contacts: bool,
    /// Leave out what tells the same as another of the same employer, place and title, and
    /// list it in duplicates.jsonl. All vacancies are held in memory for it.
    #[arg(long)]
    fold: bool,
    /// As of which day: what is over or too old by then is told so. Today if absent.
    #[arg(long)]
    as_of: Option<Date>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Form {
    /// Our own form.
    Own,
    /// A bulk set of vacancies of trudvsem.
    Trudvsem,
    /// A bulk set of curricula vitae of trudvsem; each gives a profile without a name.
    TrudvsemCv,
    /// The extract of the register of contracts of Kazakhstan.
    KzContracts,
    /// HR-XML 3.2, one PositionOpening a file.
    HrXml,
}

/// What is done with the entries of a run.
struct Run<'i> {
    import: &'i Import,
    cleaner: Cleaner,
    state: State,
    limits: Limits,
    tally: JobTally,
    out: Option<VacanciesOut>,
    profiles: Option<LinesOut>,
    held: Vec<Vacancy>,
    progress: Progress,
}

impl Import {
    pub(super) fn run(self) -> Result<Exit> {
        let state: State =
            self.state.parse().map_err(|finding| Misused(format!("read --state: {finding}")))?;
        self.check(state)?;
        let files = files(&self.input, self.form)?;
        let today = || SystemClock.now().to_zoned_datetime(jiff::tz::TimeZone::UTC).date();
        let mut run = Run {
            import: &self,
            cleaner: Cleaner::built_in(self.as_of.unwrap_or_else(today))?,
            state,
            limits: Limits { local_bytes_max: SET_BYTES_MAX, ..Limits::default() },
            tally: JobTally::default(),
            out: None,
            profiles: None,
            held: Vec::new(),
            progress: Progress::unmeasured("entries"),
        };
        for file in &files {
            run.file(file)?;
        }
        run.finish()
    }

    fn check(&self, state: State) -> Result<(), Misused> {
        let of = match self.form {
            Form::Own | Form::HrXml => state,
            Form::Trudvsem | Form::TrudvsemCv => State::Ru,
            Form::KzContracts => State::Kz,
        };
        if of != state {
            return Err(Misused(format!("read this form for {state}: it is one of {of}; name --state {of}")));
        }
        if self.form == Form::KzContracts && self.out.is_some() {
            let message = "write rows of contracts: they are counted only; leave --out away";
            return Err(Misused(message.to_owned()));
        }
        Ok(())
    }
}

/// The files to read, in the order of their names.
fn files(input: &Path, form: Form) -> Result<Vec<PathBuf>> {
    if !input.is_dir() {
        return Ok(vec![input.to_owned()]);
    }
    let is_read = |path: &PathBuf| {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        match form {
            Form::HrXml => name.ends_with(".xml"),
            Form::Own | Form::Trudvsem | Form::TrudvsemCv | Form::KzContracts => {
                EntryForm::of_name(name, None).is_some() && !name.ends_with(MANIFEST) && name != "report.json"
            }
        }
    };
    let entries = std::fs::read_dir(input).with_context(|| format!("read {}", input.display()))?;
    let paths: std::io::Result<Vec<PathBuf>> = entries.map(|entry| entry.map(|entry| entry.path())).collect();
    let mut paths = paths.with_context(|| format!("read {}", input.display()))?;
    paths.retain(is_read);
    paths.sort();
    if paths.is_empty() {
        bail!("import {}: no file of this form is in it", input.display());
    }
    Ok(paths)
}

impl Run<'_> {
    fn file(&mut self, path: &Path) -> Result<()> {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or("file").to_owned();
        let length = std::fs::metadata(path).with_context(|| format!("read {}", path.display()))?.len();
        let limit = if self.import.form == Form::HrXml {
            self.limits.xml_bytes_max
        } else {
            self.limits.local_bytes_max
        };
        if usize::try_from(length).unwrap_or(usize::MAX) > limit {
            return Err(AdapterError::TooLarge { path: path.to_owned(), limit }.into());
        }
        if self.import.form == Form::HrXml {
            return self.opening(path, &name);
        }
        let is_portal = matches!(self.import.form, Form::Trudvsem | Form::TrudvsemCv);
        let Some(form) = EntryForm::of_name(&name, is_portal.then_some('|')) else {
            return Err(
                Misused(format!("read {name}: name it .json, .jsonl or .csv, as what stands in it")).into()
            );
        };
        let manifest = self.manifest(path)?;
        let source = match &manifest {
            Some(manifest) => manifest.source.clone(),
            None => self.source(&name)?,
        };
        let begun = self.tally.met;
        let file = File::open(path).with_context(|| format!("read {}", path.display()))?;
        let mut fault: Result<()> = Ok(());
        let limits = self.limits;
        let mut each = |entry: Entry| {
            self.tally.met += 1;
            self.progress.reach(self.tally.met);
            fault = match entry {
                Entry::Aside(finding) => {
                    self.tally.set_aside(&finding);
                    Ok(())
                }
                Entry::Read(value, line) => self.entry(value, &format!("{name}:{line}"), &source),
            };
            if fault.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        };
        let read = form.read(&name, &mut BufReader::new(file), &limits, &mut each);
        fault?;
        read.map_err(|source| AdapterError::Format { path: path.to_owned(), source })?;
        let count = self.tally.met.saturating_sub(begun);
        match manifest.filter(|manifest| manifest.count != count) {
            Some(manifest) => refuse(&manifest.disagreements(&name, (self.state, count, manifest.sha256))),
            None => Ok(()),
        }
    }

    /// The manifest beside a file of our own form, found to agree with it in state and digest before a line is read.
    fn manifest(&self, path: &Path) -> Result<Option<Manifest>> {
        let beside = path.with_extension(MANIFEST);
        if self.import.form != Form::Own || !beside.exists() {
            return Ok(None);
        }
        let name = beside.file_name().and_then(|name| name.to_str()).unwrap_or(MANIFEST);
        let mut text = Vec::new();
        let file = File::open(&beside).with_context(|| format!("read {}", beside.display()))?;
        file.take(MANIFEST_BYTES_MAX)
            .read_to_end(&mut text)
            .with_context(|| format!("read {}", beside.display()))?;
        let manifest = match Manifest::read(&text, name) {
            Ok(manifest) => manifest,
            Err(finding) => return refuse(&[finding]).map(|()| None),
        };
        let digest = digest(path).with_context(|| format!("read {}", path.display()))?;
        refuse(&manifest.disagreements(name, (self.state, manifest.count, digest)))?;
        Ok(Some(manifest))
    }

    fn source(&self, name: &str) -> Result<Coded> {
        match (self.import.form, &self.import.source) {
            (Form::Own, None) => {
                let message =
                    format!("import {name}: it has no manifest beside it; bring it, or name --source");
                Err(Misused(message).into())
            }
            (Form::Own | Form::HrXml, Some(source)) => {
                Ok(source.parse().map_err(|finding| Misused(format!("read --source: {finding}")))?)
            }
            (Form::Trudvsem | Form::TrudvsemCv, _) => own("trudvsem"),
            (Form::KzContracts, _) => own("esutd"),
            (Form::HrXml, None) => own("hr-xml"),
        }
    }

    fn entry(&mut self, value: serde_json::Value, place: &str, source: &Coded) -> Result<()> {
        match self.import.form {
            Form::Own => {
                let read = self.cleaner.own(value, (self.state, source), place);
                self.vacancy(read, place, source)
            }
            Form::Trudvsem => {
                let read = self.cleaner.trudvsem(&value, place);
                self.vacancy(read, place, source)
            }
            Form::TrudvsemCv => {
                let taken = match self.cleaner.trudvsem_cv(&value, place) {
                    Ok(taken) => taken,
                    Err(finding) => {
                        self.tally.set_aside(&finding);
                        return Ok(());
                    }
                };
                self.tally.take(false, &taken.findings);
                let Some(folder) = &self.import.out else { return Ok(()) };
                if self.profiles.is_none() {
                    self.profiles = Some(LinesOut::create(folder, "profiles")?);
                }
                self.profiles.as_mut().map_or(Ok(()), |profiles| profiles.put(&taken.record))
            }
            Form::KzContracts => {
                match ContractRow::read(&value, place) {
                    Ok(taken) => self.tally.take(taken.record.terminated_on.is_some(), &taken.findings),
                    Err(finding) => self.tally.set_aside(&finding),
                }
                Ok(())
            }
            Form::HrXml => Ok(()),
        }
    }

    fn opening(&mut self, path: &Path, name: &str) -> Result<()> {
        let document = std::fs::read(path).with_context(|| format!("read {}", path.display()))?;
        self.tally.met += 1;
        let (vacancy, findings) = match read_opening(&document, &self.limits) {
            Ok(read) => read,
            Err(error) => {
                let message = error.to_string();
                let finding = crate::base::Finding::error(error.code(), name, "HR-XML 3.2", "", message);
                self.tally.set_aside(&finding);
                return Ok(());
            }
        };
        // its texts are a stranger's: they are cleaned as those of any drop
        let source = vacancy.reference.source.clone();
        let mut read = self.cleaner.own(serde_json::to_value(&vacancy)?, (self.state, &source), name);
        if let Ok(taken) = &mut read {
            taken.findings.extend(findings);
        }
        self.vacancy(read, name, &source)
    }

    fn vacancy(
        &mut self,
        read: Result<Taken<Vacancy>, crate::base::Finding>,
        place: &str,
        source: &Coded,
    ) -> Result<()> {
        let taken = match read {
            Ok(taken) if self.tally.is_new(&taken.record.reference.id, place) => taken,
            Ok(_met_before) => return Ok(()),
            Err(finding) => {
                self.tally.set_aside(&finding);
                return Ok(());
            }
        };
        self.tally.take(taken.record.status == VacancyStatus::Closed, &taken.findings);
        let Some(folder) = &self.import.out else {
            if self.import.fold {
                self.held.push(taken.record);
            }
            return Ok(());
        };
        if self.out.is_none() {
            self.out =
                Some(VacanciesOut::create(folder, (self.state, source.clone()), self.import.with_contacts)?);
        }
        match (&mut self.out, self.import.fold) {
            (Some(out), false) => out.put(&taken.record),
            (_, true) => {
                self.held.push(taken.record);
                Ok(())
            }
            (None, false) => Ok(()),
        }
    }

    fn finish(mut self) -> Result<Exit> {
        let found = duplicates(&self.held);
        let hidden: HashSet<_> = found.iter().map(|one| &one.folded).collect();
        if let Some(out) = &mut self.out {
            for vacancy in self.held.iter().filter(|vacancy| !hidden.contains(&vacancy.reference)) {
                out.put(vacancy)?;
            }
        }
        let report = serde_json::json!({ "entries": self.tally, "folded": found.len() });
        match (self.out, self.profiles, &self.import.out) {
            (Some(out), _, folder) => {
                if let (Some(folder), true) = (folder, self.import.fold) {
                    let mut lines = LinesOut::create(folder, "duplicates")?;
                    found.iter().try_for_each(|one| lines.put(&folded(one)))?;
                    lines.finish()?;
                }
                out.finish(&report)?;
            }
            (None, Some(profiles), Some(folder)) => {
                let (count, _) = profiles.finish()?;
                whole(folder, "report.json", format!("{report:#}\n").as_bytes())?;
                show::line(&format!("{count} profiles in {}", folder.join("profiles.jsonl").display()));
            }
            (None, _, _) => {}
        }
        drop(self.progress);
        tell(&self.tally);
        if self.import.fold {
            show::line(&format!("{} duplicates folded", found.len()));
        }
        Ok(if self.tally.aside_count() == 0 { Exit::Done } else { Exit::Refused })
    }
}

/// Refuses a whole file.
fn refuse(findings: &[crate::base::Finding]) -> Result<()> {
    findings.iter().for_each(|finding| show::aside(&finding.to_string()));
    match findings.first() {
        Some(finding) => Err(anyhow::Error::new(UnfitDrop(finding.path.clone()))),
        None => Ok(()),
    }
}

/// A drop that is not what its manifest says.
#[derive(Debug, thiserror::Error)]
#[error("take the drop of {0}: it is not what its manifest says (adapter.job_manifest)")]
pub(in crate::cli) struct UnfitDrop(String);

fn digest(path: &Path) -> std::io::Result<Digest256> {
    let mut hasher = sha256_hasher();
    std::io::copy(&mut File::open(path)?, &mut hasher)?;
    Ok(hasher.finish())
}

const MANIFEST: &str = "manifest.json";
/// A manifest is a few lines.
const MANIFEST_BYTES_MAX: u64 = 64 * 1024;
/// The sets of trudvsem are over 20 GB; they are read in bounded memory.
const SET_BYTES_MAX: usize = 256 * 1024 * 1024 * 1024;
