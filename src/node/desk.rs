//! The local system as two folders: its files in one, handed-over records in the other.

use super::Settings;
use super::agreements::AgreementFolder;
use super::evidence::{CopyFolder, EvidenceFolder};
use crate::base::{DocumentId, Finding, Findings, Limits, with_causes};
use crate::exchange::adapter::{
    AdapterError, FactFound, FactQuestion, FactSource, Found, HandedOver, PersonEvent, ProfileBook, Sink,
    Source,
};
use crate::exchange::canonical::{Coded, CopyOfDocument, Fact, Inquiry, InsuranceRecord, Person};
use crate::exchange::rules::CodeLists;
use crate::flow::{AgreementOf, CopyWriter, Desk, Done, FlowError};
use jiff::Timestamp;
use jiff::civil::Date;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Reads the state's own forms by its profiles, writes records for its system.
#[derive(Debug)]
pub struct FolderDesk {
    local: PathBuf,
    source: Source,
    facts: FactSource,
    agreements: AgreementFolder,
    sink: Sink,
    evidence: EvidenceFolder,
    copies: CopyFolder,
}

impl FolderDesk {
    /// The desk of a node, with its own profiles.
    ///
    /// # Errors
    /// As [`FolderDesk::over`].
    pub fn open(settings: &Settings) -> Result<Self, AdapterError> {
        let book = ProfileBook::new(settings.state, Some(settings.profiles.clone()));
        Self::over(book, &settings.local, &settings.handed_over, settings.limits)
    }

    /// A desk over two folders, which are made if they are not there.
    ///
    /// # Errors
    /// A folder that cannot be made, or a profile that cannot be used. A local file that is not of its form is no
    /// error: it is told in the journal, and inquiries wait until it is mended.
    pub fn over(
        book: ProfileBook,
        local: &Path,
        handed_over: &Path,
        limits: Limits,
    ) -> Result<Self, AdapterError> {
        for folder in [local, handed_over] {
            let refuse = |source| AdapterError::Write { path: folder.to_owned(), source };
            std::fs::create_dir_all(folder).map_err(refuse)?;
        }
        book.current()?;
        let book = Arc::new(book);
        let source = Source::watch(book.clone(), local, limits);
        let facts = FactSource::watch(book.clone(), local, limits);
        // the lists are compiled in: there is no file that could be wrong
        let kinds = CodeLists::built_in().ok();
        let kinds = kinds.as_ref().and_then(|lists| lists.list(EVIDENCE_KINDS)).into_iter();
        let kinds = kinds.flat_map(|list| list.codes().map(|(code, _)| code.to_owned())).collect();
        Ok(Self {
            local: local.to_owned(),
            source,
            facts,
            agreements: AgreementFolder::of(local),
            sink: Sink::open(book, handed_over)?,
            evidence: EvidenceFolder::of(local, kinds),
            copies: CopyFolder::of(handed_over),
        })
    }
}

impl Desk for FolderDesk {
    fn find(&self, inquiry: &Inquiry, as_of: Date) -> Result<Found, FlowError> {
        let found = self.source.find(inquiry, as_of).map_err(local)?;
        Ok(match found {
            Found::Record(mut record, read_by) => {
                record.evidence = self.evidence.find(&record.person)?;
                Found::Record(record, read_by)
            }
            Found::Nobody | Found::Several => found,
        })
    }

    fn open_copy(&self, person: &Person, copy: &CopyOfDocument) -> Result<Box<dyn Read + Send>, FlowError> {
        Ok(Box::new(self.evidence.open(person, copy)?))
    }

    fn take_copy(
        &self,
        id: DocumentId,
        copy: &CopyOfDocument,
    ) -> Result<Option<Box<dyn CopyWriter>>, FlowError> {
        self.copies.take(id, copy)
    }

    /// The local records are as of when the last of their files was written.
    fn updated_at(&self) -> Result<Option<Timestamp>, FlowError> {
        let refuse = |source| local(AdapterError::Read { path: self.local.clone(), source });
        let mut last = None;
        for entry in std::fs::read_dir(&self.local).map_err(refuse)? {
            let file = entry.and_then(|entry| entry.metadata()).map_err(refuse)?;
            let written = file.is_file().then(|| file.modified()).transpose().map_err(refuse)?;
            last = last.max(written);
        }
        Ok(last.and_then(|at| Timestamp::try_from(at).ok()))
    }

    fn take_findings(&self) -> Findings {
        let mut findings = match self.source.take_findings() {
            Ok(findings) => findings,
            Err(error) => {
                let path = error.path().map_or_else(String::new, |path| path.display().to_string());
                vec![Finding::error(error.code(), path, "form of the profile", "", with_causes(&error))]
            }
        };
        findings.extend(self.facts.take_findings());
        findings
    }

    fn find_fact(&self, asked: &FactQuestion, today: Date) -> Result<FactFound, FlowError> {
        self.facts.find(asked, today).map_err(local)
    }

    fn fed_on(&self, kind: &Coded) -> Result<Option<Date>, FlowError> {
        self.facts.fed_on(kind).map_err(local)
    }

    fn life_events(&self) -> Result<Vec<PersonEvent>, FlowError> {
        self.facts.life_events().map_err(local)
    }

    fn agreements(&self) -> Result<(Vec<AgreementOf>, Findings), FlowError> {
        self.agreements.read().map_err(local)
    }

    fn hand_over_fact(&self, id: DocumentId, event: Option<&Coded>, fact: &Fact) -> Result<Done, FlowError> {
        let told = HandedFact { event, fact };
        Ok(done(self.sink.hand_over_fact(id, &told).map_err(local)?))
    }

    fn hand_over(&self, id: DocumentId, record: &InsuranceRecord) -> Result<Done, FlowError> {
        Ok(done(self.sink.hand_over(id, record).map_err(local)?))
    }
}

/// A fact as the local system finds it, with the event for which it was offered.
#[derive(serde::Serialize)]
struct HandedFact<'f> {
    #[serde(skip_serializing_if = "Option::is_none")]
    event: Option<&'f Coded>,
    fact: &'f Fact,
}

fn done(handed: HandedOver) -> Done {
    match handed {
        HandedOver::First => Done::First,
        HandedOver::AlreadyThere => Done::AlreadyThere,
    }
}

fn local(error: AdapterError) -> FlowError {
    FlowError::Local { verdict: error.verdict(), detail: with_causes(&error) }
}

/// The list of what may prove work.
const EVIDENCE_KINDS: &str = "XEK";
