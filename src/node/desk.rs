//! The local system: its files in a folder, and where records are handed over, a folder or what the settings name.

use super::agreements::AgreementFolder;
use super::checks::Outcomes;
use super::evidence::{CopyFolder, EvidenceFolder};
use super::hand_over::{HandOverSettings, Handed, Teller};
use super::live::Live;
use super::proactive::{PreparedFolder, each_record};
use super::{Settings, StartError};
use crate::base::{DocumentId, Finding, Findings, Limits, Verdict, WholeFile, with_causes};
use crate::exchange::adapter::{
    AdapterError, Answered, EachRows, FactFound, FactQuestion, FactSource, FileRead, Found, HandedOver,
    LocalReading, PersonEvent, Profile, ProfileBook, Sink, Source, late_feeds, payment_rows,
};
use crate::exchange::canonical::case::CaseDocument;
use crate::exchange::canonical::job::JobDocument;
use crate::exchange::canonical::{Coded, CopyOfDocument, Fact, Inquiry, InsuranceRecord, Person, RecordId};
use crate::exchange::rules::CodeLists;
use crate::flow::{AgreementOf, CopyWriter, Desk, Done, FlowError, KeptRows, Origin, OutcomeWriter};
use jiff::Timestamp;
use jiff::civil::Date;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use uuid::Uuid;

/// Reads the state's own forms by its profiles, writes records for its system.
pub struct FolderDesk {
    local: PathBuf,
    book: Arc<ProfileBook>,
    feeds: Mutex<Feeds>,
    handed_over: PathBuf,
    limits: Limits,
    /// One file is brought at a time.
    turn: Mutex<()>,
    source: Source,
    facts: FactSource,
    agreements: AgreementFolder,
    sink: Sink,
    /// Who is told in place of the sink.
    teller: Option<Teller>,
    /// What is told beside what is handed over.
    told: HandOverSettings,
    /// Who is asked beside the files.
    live: Vec<Live>,
    /// What is to be told of what they answered.
    untold: Mutex<Findings>,
    evidence: EvidenceFolder,
    copies: CopyFolder,
    prepared: PreparedFolder,
    /// The list of persons in payment.
    payments: Option<PathBuf>,
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
    /// As [`FolderDesk::reading`], and what `[hand_over]` names cannot be used.
    pub fn open(settings: &Settings) -> Result<Self, StartError> {
        let (teller, live) = (Teller::open(&settings.hand_over)?, Live::all(settings)?);
        let told = settings.hand_over.clone();
        Ok(Self { teller, told, live, ..Self::reading(settings)? })
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
        let desk = Self::over(book, &settings.local, &settings.handed_over, settings.limits)?;
        let folder = settings.proactive.as_ref().map(|plan| PreparedFolder::of(plan.folder.clone()));
        let prepared = folder.unwrap_or(desk.prepared);
        let payments = settings.checks.persons.clone();
        Ok(Self { source: desk.source.spilling_to(&settings.data), prepared, payments, ..desk })
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
            book: book.clone(),
            feeds: Mutex::default(),
            handed_over: handed_over.to_owned(),
            limits,
            turn: Mutex::new(()),
            source,
            facts,
            agreements: AgreementFolder::of(local),
            sink: Sink::open(book, handed_over)?,
            teller: None,
            told: HandOverSettings::default(),
            live: Vec::new(),
            untold: Mutex::default(),
            evidence: EvidenceFolder::of(local, kinds),
            copies: CopyFolder::of(handed_over),
            prepared: PreparedFolder::of(handed_over.with_file_name("prepared")),
            payments: None,
        })
    }

    /// Keeps findings until they are taken for the journal.
    fn keep_untold(&self, findings: Findings) {
        let mut untold = self.untold.lock().unwrap_or_else(PoisonError::into_inner);
        let free = UNTOLD_MAX.saturating_sub(untold.len());
        untold.extend(findings.into_iter().take(free));
    }

    /// Sees that a profile reads what a database of `[live]` gives.
    ///
    /// # Errors
    /// None does, or a column that it needs is missing.
    pub(super) fn check_live(&self, of: (&str, &str), columns: &[String]) -> Result<(), AdapterError> {
        self.source.check_live(of, columns)
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
        Ok(self.find_counting(inquiry, as_of)?.0)
    }

    /// The databases of `[live]` are asked each time; while one is away, nobody is answered.
    fn find_counting(&self, inquiry: &Inquiry, as_of: Date) -> Result<(Found, u64), FlowError> {
        self.look_at_feeds(as_of).map_err(local)?;
        let ask = |live: &Live| live.ask(&inquiry.person, inquiry.asked);
        let live = self.live.iter().map(ask).collect::<Result<Vec<_>, _>>()?;
        let Answered { found, aside, findings } = self.source.answer(inquiry, as_of, &live).map_err(local)?;
        self.keep_untold(findings);
        let found = match found {
            Found::Record(mut record, read_by) => {
                record.evidence = self.evidence.find(&record.person)?;
                Found::Record(record, read_by)
            }
            Found::Nobody | Found::Several | Found::Unsure(_) => found,
        };
        Ok((found, aside))
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
        let late = std::mem::take(&mut self.feeds.lock().unwrap_or_else(PoisonError::into_inner).untold);
        let live = std::mem::take(&mut *self.untold.lock().unwrap_or_else(PoisonError::into_inner));
        late.into_iter().chain(self.facts.take_findings()).chain(live).collect()
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

    fn each_worker(&self, as_of: Date, give: &mut dyn FnMut(InsuranceRecord)) -> Result<(), FlowError> {
        self.source.each(as_of, give).map_err(local)
    }

    fn each_received(&self, give: &mut dyn FnMut(InsuranceRecord)) -> Result<(), FlowError> {
        each_record(&self.handed_over, give)
    }

    fn keep_prepared(&self, id: Uuid, inquiry: &Inquiry) -> Result<(), FlowError> {
        self.prepared.keep(id, inquiry)
    }

    fn prepared(&self, id: Uuid) -> Result<Option<Inquiry>, FlowError> {
        self.prepared.find(id)
    }

    fn prepared_here(&self) -> Result<Vec<Uuid>, FlowError> {
        self.prepared.here()
    }

    fn end_prepared(&self, id: Uuid, is_sent: bool) -> Result<(), FlowError> {
        self.prepared.end(id, is_sent)
    }

    fn agreements(&self) -> Result<(Vec<AgreementOf>, Findings), FlowError> {
        self.agreements.read().map_err(local)
    }

    fn forms(&self) -> Result<Vec<Arc<Vec<Profile>>>, FlowError> {
        Ok(vec![self.book.current().map_err(local)?, self.book.facts().map_err(local)?])
    }

    fn has_payments(&self) -> bool {
        self.payments.is_some()
    }

    fn payments(&self, at_once: usize, each: EachRows<'_>) -> Result<bool, FlowError> {
        let Some(path) = &self.payments else { return Ok(false) };
        payment_rows(path, at_once, &self.limits, each).map_err(local)?;
        Ok(true)
    }

    fn hand_over_outcomes(&self, check: &RecordId) -> Result<Box<dyn OutcomeWriter>, FlowError> {
        Ok(Box::new(Outcomes::begin(&self.handed_over, check)?))
    }

    fn hand_over_fact(&self, id: DocumentId, event: Option<&Coded>, fact: &Fact) -> Result<Done, FlowError> {
        let told = HandedFact { event, fact };
        Ok(done(self.sink.hand_over_json("facts", id, &told).map_err(local)?))
    }

    fn take_reading(&self) -> Option<LocalReading> {
        self.source.take_reading().unwrap_or_else(|error| {
            let finding = refusal(&error);
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

    fn profile_text(&self, name: &str) -> Result<Option<String>, FlowError> {
        self.book.text(name).map_err(local)
    }

    fn check_profile(&self, name: &str, text: &str) -> Result<(), FlowError> {
        self.book.check(name, text).map_err(unfit_profile)
    }

    fn put_profile(&self, name: &str, text: &str) -> Result<(), FlowError> {
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        self.book.put(name, text).map_err(unfit_profile)
    }

    fn handed(&self, id: DocumentId) -> Result<Option<Vec<u8>>, FlowError> {
        if self.teller.is_some() {
            let detail = "records are told where [hand_over] says, and are not kept to be fetched".to_owned();
            return Err(FlowError::Local { verdict: Verdict::Return { code: "flow.no_place" }, detail });
        }
        let below = [CASES, JOBS].map(|folder| self.handed_over.join(folder));
        for folder in std::iter::once(self.handed_over.clone()).chain(below) {
            let path = folder.join(format!("{id}.json"));
            match std::fs::read(&path) {
                Ok(bytes) => return Ok(Some(bytes)),
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
                Err(source) => return Err(local(AdapterError::Read { path, source })),
            }
        }
        Ok(None) // it has taken it away
    }

    fn hand_over(&self, origin: &Origin, record: &InsuranceRecord) -> Result<Done, FlowError> {
        if let Some(teller) = &self.teller {
            return teller.hand_over(origin, record);
        }
        Ok(done(self.sink.hand_over(origin.document_id, record).map_err(local)?))
    }

    /// A table has columns for records alone: documents of cases are files beside it.
    fn hand_over_case(&self, origin: &Origin, document: &CaseDocument) -> Result<Done, FlowError> {
        match &self.teller {
            Some(teller) if teller.takes_all() => teller.hand_over(origin, document),
            Some(_) | None => {
                let handed = Handed::of(&self.told, origin, document);
                Ok(done(self.sink.hand_over_json(CASES, origin.document_id, &handed).map_err(local)?))
            }
        }
    }

    /// The same of documents of the labour half. Of an employment record whoever is told by a line was told under the same
    /// id before, as of an insurance record: the whole of it is a file in any case.
    fn hand_over_job(&self, origin: &Origin, document: &JobDocument) -> Result<Done, FlowError> {
        match &self.teller {
            Some(teller) if teller.takes_all() && document.person().is_none() => {
                teller.hand_over(origin, document)
            }
            Some(_) | None => {
                let handed = Handed::of(&self.told, origin, document);
                Ok(done(self.sink.hand_over_json(JOBS, origin.document_id, &handed).map_err(local)?))
            }
        }
    }

    fn take_back_job(&self, document: DocumentId) -> Result<(), FlowError> {
        let path = self.handed_over.join(JOBS).join(format!("{document}.json"));
        match std::fs::remove_file(&path) {
            Ok(()) => Ok(()),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()), // it has taken it away
            Err(source) => Err(local(AdapterError::Write { path, source })),
        }
    }
}

/// Why nothing of a file is used.
fn refusal(error: &AdapterError) -> Finding {
    let path = error.path().map_or_else(String::new, |path| path.display().to_string());
    Finding::error(error.code(), path, "form of the profile", "", with_causes(error))
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

/// Whoever wrote the profile is told: nothing of the node stops for it.
fn unfit_profile(error: AdapterError) -> FlowError {
    let is_of_text = matches!(
        error,
        AdapterError::TooLarge { .. } | AdapterError::Format { .. } | AdapterError::Profile(_)
    );
    let verdict = match error.verdict() {
        Verdict::Park { code } => Verdict::Return { code },
        Verdict::Retry { .. } if is_of_text => Verdict::Return { code: error.code() },
        other @ (Verdict::Retry { .. } | Verdict::Return { .. } | Verdict::Quarantine { .. }) => other,
    };
    FlowError::Local { verdict, detail: with_causes(&error) }
}

fn local(error: AdapterError) -> FlowError {
    FlowError::Local { verdict: error.verdict(), detail: with_causes(&error) }
}

/// The folder of documents of pension cases.
const CASES: &str = "cases";
/// The folder of documents of the labour half.
const JOBS: &str = "jobs";
/// A start is not held up by a local system that hangs.
const LOOK_FOR: Duration = Duration::from_secs(5);

/// More findings of one moment would only hide each other.
const UNTOLD_MAX: usize = 1_000;

/// The list of what may prove work.
const EVIDENCE_KINDS: &str = "XEK";
