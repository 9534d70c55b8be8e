//! The local system: its files in a folder, and where records are handed over, a folder or what the settings name.

use super::evidence::{CopyFolder, EvidenceFolder};
use super::hand_over::Teller;
use super::{Settings, StartError};
use crate::base::{DocumentId, Finding, Findings, Limits, Verdict, WholeFile, with_causes};
use crate::exchange::adapter::{
    AdapterError, FileRead, Found, HandedOver, LocalReading, ProfileBook, Sink, Source,
};
use crate::exchange::canonical::{CopyOfDocument, Inquiry, InsuranceRecord, Person};
use crate::exchange::rules::CodeLists;
use crate::flow::{CopyWriter, Desk, Done, FlowError, KeptRows, Origin};
use jiff::Timestamp;
use jiff::civil::Date;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Reads the state's own forms by its profiles, writes records for its system.
pub struct FolderDesk {
    local: PathBuf,
    handed_over: PathBuf,
    book: Arc<ProfileBook>,
    limits: Limits,
    /// One file is brought at a time.
    turn: Mutex<()>,
    source: Source,
    sink: Sink,
    /// Who is told in place of the sink.
    teller: Option<Teller>,
    evidence: EvidenceFolder,
    copies: CopyFolder,
}

impl FolderDesk {
    /// The desk of a node, with its own profiles.
    ///
    /// # Errors
    /// As [`FolderDesk::reading`], and what `[hand_over]` names cannot be used.
    pub fn open(settings: &Settings) -> Result<Self, StartError> {
        Ok(Self { teller: Teller::open(&settings.hand_over)?, ..Self::reading(settings)? })
    }

    /// Sees that whoever `[hand_over]` names can take records; one that is away is waited for.
    ///
    /// # Errors
    /// A table, a column or a right is missing, or an address or key is unusable: nothing could be handed over.
    pub async fn try_out(&self) -> Result<(), StartError> {
        let Some(teller) = &self.teller else { return Ok(()) };
        let Ok(looked) = tokio::time::timeout(LOOK_FOR, teller.look()).await else {
            tracing::warn!("the local system does not answer; records wait for it");
            return Ok(());
        };
        match looked {
            Ok(_seen) => Ok(()),
            Err(error) if matches!(error.verdict(), Verdict::Retry { .. }) => {
                tracing::warn!(error = %with_causes(&error), "the local system is away; records wait for it");
                Ok(())
            }
            Err(error) => Err(StartError::HandOver(error)),
        }
    }

    /// The desk of a node as far as it is read.
    ///
    /// # Errors
    /// As [`FolderDesk::over`].
    pub fn reading(settings: &Settings) -> Result<Self, AdapterError> {
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
            handed_over: handed_over.to_owned(),
            book: book.clone(),
            limits,
            turn: Mutex::new(()),
            source,
            sink: Sink::open(book, handed_over)?,
            teller: None,
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

    fn keep_rows(&self, name: &str, bytes: &[u8]) -> Result<KeptRows, FlowError> {
        let is_plain = !name.starts_with('.') && !name.contains(['/', '\\', '\0']);
        let profiles = self.book.current().map_err(local)?;
        let forms: Vec<_> = profiles.iter().filter(|profile| is_plain && profile.is_of(name)).collect();
        if forms.is_empty() {
            let detail = "no profile describes a file of this name".to_owned();
            return Err(FlowError::Local { verdict: Verdict::Return { code: "adapter.no_form" }, detail });
        }
        let (mut rows, mut findings) = (0, Findings::new());
        for form in forms {
            // what is not of its form would let every inquiry wait
            let read = form.read(name, bytes, &self.limits, &mut |_row, _place| rows += 1);
            let refuse = |error| FlowError::Local {
                verdict: Verdict::Return { code: "adapter.format" },
                detail: with_causes(&error),
            };
            findings.extend(read.map_err(refuse)?.findings);
        }
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let place = self.local.join(name);
        let part = self.local.join(format!(".{name}.{}.part", std::process::id()));
        let written = WholeFile::create(part, place.clone()).and_then(|mut file| {
            file.write_all(bytes)?;
            file.finish()
        });
        written.map_err(|source| local(AdapterError::Write { path: place, source }))?;
        Ok(KeptRows { rows, findings })
    }

    fn handed(&self, id: DocumentId) -> Result<Option<Vec<u8>>, FlowError> {
        if self.teller.is_some() {
            let detail = "records are told where [hand_over] says, and are not kept to be fetched".to_owned();
            return Err(FlowError::Local { verdict: Verdict::Return { code: "flow.no_place" }, detail });
        }
        let path = self.handed_over.join(format!("{id}.json"));
        match std::fs::read(&path) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None), // it has taken it away
            Err(source) => Err(local(AdapterError::Read { path, source })),
        }
    }

    fn hand_over(&self, origin: &Origin, record: &InsuranceRecord) -> Result<Done, FlowError> {
        if let Some(teller) = &self.teller {
            return teller.hand_over(origin, record);
        }
        Ok(match self.sink.hand_over(origin.document_id, record).map_err(local)? {
            HandedOver::First => Done::First,
            HandedOver::AlreadyThere => Done::AlreadyThere,
        })
    }
}

fn local(error: AdapterError) -> FlowError {
    FlowError::Local { verdict: error.verdict(), detail: with_causes(&error) }
}

/// A start is not held up by a local system that hangs.
const LOOK_FOR: Duration = Duration::from_secs(5);

/// The list of what may prove work.
const EVIDENCE_KINDS: &str = "XEK";
