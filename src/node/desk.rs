//! The local system as two folders: its files in one, handed-over records in the other.

use super::Settings;
use super::evidence::{CopyFolder, EvidenceFolder};
use crate::base::{DocumentId, Finding, Findings, Limits, with_causes};
use crate::exchange::adapter::{
    AdapterError, FileRead, Found, HandedOver, LocalReading, ProfileBook, Sink, Source, late_feeds,
};
use crate::exchange::canonical::{CopyOfDocument, Inquiry, InsuranceRecord, Person};
use crate::exchange::rules::CodeLists;
use crate::flow::{CopyWriter, Desk, Done, FlowError};
use jiff::Timestamp;
use jiff::civil::Date;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// Reads the state's own forms by its profiles, writes records for its system.
#[derive(Debug)]
pub struct FolderDesk {
    local: PathBuf,
    book: Arc<ProfileBook>,
    feeds: Mutex<Feeds>,
    source: Source,
    sink: Sink,
    evidence: EvidenceFolder,
    copies: CopyFolder,
}

/// Feeds that are late, told once a day.
#[derive(Debug, Default)]
struct Feeds {
    looked_on: Option<Date>,
    untold: Findings,
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
        // the lists are compiled in: there is no file that could be wrong
        let kinds = CodeLists::built_in().ok();
        let kinds = kinds.as_ref().and_then(|lists| lists.list(EVIDENCE_KINDS)).into_iter();
        let kinds = kinds.flat_map(|list| list.codes().map(|(code, _)| code.to_owned())).collect();
        Ok(Self {
            local: local.to_owned(),
            book: book.clone(),
            feeds: Mutex::default(),
            source,
            sink: Sink::open(book, handed_over)?,
            evidence: EvidenceFolder::of(local, kinds),
            copies: CopyFolder::of(handed_over),
        })
    }

    /// The feeds whose newest file is older than its profile allows.
    ///
    /// # Errors
    /// The folder cannot be read, or a profile cannot be used.
    pub fn late_feeds(&self, today: Date) -> Result<Findings, AdapterError> {
        late_feeds(&self.book, &self.local, today)
    }

    /// Looks once a day whether a feed is late.
    fn look_at_feeds(&self, today: Date) -> Result<(), AdapterError> {
        let mut feeds = self.feeds.lock().unwrap_or_else(PoisonError::into_inner);
        if feeds.looked_on != Some(today) {
            *feeds = Feeds { looked_on: Some(today), untold: self.late_feeds(today)? };
        }
        Ok(())
    }
}

impl Desk for FolderDesk {
    fn find(&self, inquiry: &Inquiry, as_of: Date) -> Result<Found, FlowError> {
        self.look_at_feeds(as_of).map_err(local)?;
        let found = self.source.find(inquiry, as_of).map_err(local)?;
        Ok(match found {
            Found::Record(mut record, read_by) => {
                record.evidence = self.evidence.find(&record.person)?;
                Found::Record(record, read_by)
            }
            Found::Nobody | Found::Several | Found::Unsure(_) => found,
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

    fn take_late_feeds(&self) -> Findings {
        std::mem::take(&mut self.feeds.lock().unwrap_or_else(PoisonError::into_inner).untold)
    }

    fn take_reading(&self) -> Option<LocalReading> {
        self.source.take_reading().unwrap_or_else(|error| {
            let path = error.path().map_or_else(String::new, |path| path.display().to_string());
            let finding = Finding::error(error.code(), path, "form of the profile", "", with_causes(&error));
            let name = error.path().and_then(Path::file_name).map(|name| name.to_string_lossy().into_owned());
            let refused = |name| FileRead {
                name,
                taken: 0,
                aside: 0,
                why: Findings::new(),
                refused: Some(finding.clone()),
            };
            Some(LocalReading { files: name.into_iter().map(refused).collect(), findings: vec![finding] })
        })
    }

    fn aside_of(&self, person: &Person) -> Result<u64, FlowError> {
        self.source.aside_of(person).map_err(local)
    }

    fn hand_over(&self, id: DocumentId, record: &InsuranceRecord) -> Result<Done, FlowError> {
        Ok(match self.sink.hand_over(id, record).map_err(local)? {
            HandedOver::First => Done::First,
            HandedOver::AlreadyThere => Done::AlreadyThere,
        })
    }
}

fn local(error: AdapterError) -> FlowError {
    FlowError::Local { verdict: error.verdict(), detail: with_causes(&error) }
}

/// The list of what may prove work.
const EVIDENCE_KINDS: &str = "XEK";
