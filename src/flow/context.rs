//! What every flow is handed: the node's identity, its peers, its stores and its clock.

use super::appeals_archive::ArchivePlace;
use super::entry::EntryPolicy;
use super::labour::Labour;
use super::upkeep::{KeyPlace, RulePlace};
use super::{
    AgreementOf, CertificateFile, CheckError, Checks, CopyWriter, Examiner, Facts, FlowError, KeptRows,
    OutcomeWriter, OwnThirdParty, OwnTimeStamps, Proactive, SaidToInterest, StatusSources, Wake,
};
use crate::base::{Clock, ConversationId, Digest256, DocumentId, Findings, Limits, Random, Shelf, Verdict};
use crate::exchange::adapter::{
    EachRows, FactFound, FactQuestion, Found, LocalReading, PersonEvent, Profile,
};
use crate::exchange::canonical::case::CaseDocument;
use crate::exchange::canonical::job::{Interest, JobDocument};
use crate::exchange::canonical::{
    Coded, CopyOfDocument, Fact, Inquiry, InsuranceRecord, Person, RecordId, State,
};
use crate::exchange::rules::{Catalogue, Rules, Transaction};
use crate::exchange::seal::{Signers, TrustStore};
use crate::exchange::transit::{LogicalAddress, Schedule};
use crate::exchange::wire::{PeerCertificate, Wire};
use crate::pension::TermBook;
use crate::store::{Role, Store};
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;
use std::sync::Arc;
use uuid::Uuid;

/// One node, as its flows see it.
pub struct Context {
    /// Whose node it is.
    pub state: State,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Ids and jitter.
    pub random: Arc<dyn Random>,
    /// Bounds on everything.
    pub limits: Limits,
    /// How tries are spaced.
    pub retry: Schedule,
    /// What must not be forgotten.
    pub store: Store,
    /// The road to the peers.
    pub wire: Arc<dyn Wire>,
    /// The other nodes.
    pub peers: Peers,
    /// The common processes.
    pub catalogue: Catalogue,
    /// The rules of all messages.
    pub rules: Arc<Rules>,
    /// Our signatures.
    pub signers: Shelf<Signers>,
    /// Our trusted third party, if we have one; without, seals are judged by the authorities of each peer.
    pub third_party: Option<OwnThirdParty>,
    /// Who stamps what we exchange, if anybody does.
    pub time_stamps: Option<OwnTimeStamps>,
    /// Whom to ask which certificates are revoked, if the settings name anybody.
    pub revocation: Option<Arc<StatusSources>>,
    /// Which facts this node gives and takes.
    pub facts: Facts,
    /// By which terms answers of pension cases are due, and what the node does of its own where one is late.
    pub cases: CasePolicy,
    /// Whether inquiries are prepared for workers who near a pension age.
    pub proactive: Option<Proactive>,
    /// With whom this node checks persons in payment.
    pub checks: Checks,
    /// How it exchanges jobs.
    pub labour: Labour,
    /// Who looks the node over when its pages are asked to.
    pub examiner: Option<Arc<dyn Examiner>>,
    /// Our keys for seals and those that are to take their place; none where they are no files.
    pub keys: Option<Arc<dyn KeyPlace>>,
    /// Where archives are kept; none where nothing is archived.
    pub archive: Option<Arc<dyn ArchivePlace>>,
    /// Where rules of our own are; none where they cannot be changed.
    pub own_rules: Option<Arc<dyn RulePlace>>,
    /// The certificates that the node works with, for those who watch over it.
    pub certificates: Vec<CertificateFile>,
    /// How people and programs are let in.
    pub entry: EntryPolicy,
    /// The local system.
    pub desk: Arc<dyn Desk>,
    /// Wake-ups of the workers.
    pub wake: Wake,
}

/// By which terms answers of pension cases are due, and what the node does of its own where one is late.
#[derive(Debug)]
pub struct CasePolicy {
    /// Terms and working days.
    pub book: Shelf<TermBook>,
    /// Whether it reminds a peer whose answer is late; else a person does.
    pub reminds: bool,
    /// How many days after its last document a closed case is forgotten; never if absent.
    pub keep_days: Option<u32>,
}

impl Default for CasePolicy {
    fn default() -> Self {
        Self { book: Shelf::new(TermBook::built_in()), reminds: false, keep_days: None }
    }
}

/// The other nodes, by state.
#[derive(Debug, Default)]
pub struct Peers(BTreeMap<State, Peer>);

/// Another node.
#[derive(Debug)]
pub struct Peer {
    /// Whose node it is.
    pub state: State,
    /// The DNS name in its wire certificate.
    pub certificate_name: String,
    /// Who may vouch for its seals, where no third party judges them.
    pub trust: Option<Shelf<TrustStore>>,
    /// Who seals for it, one of them at least, if the settings say so.
    pub signers: Vec<String>,
    /// How many times longer its terms are than the process says.
    pub term_factor: u32,
    /// The common processes it takes part in here; all of them if nothing is said.
    pub processes: Option<BTreeSet<String>>,
}

impl Peer {
    /// Whether it may send messages of this process, and be sent them.
    pub fn may_take_part(&self, process: &str) -> bool {
        self.processes.as_ref().is_none_or(|allowed| allowed.contains(process))
    }
}

/// The local system: asked for records, told of them. May block; called on threads of its own.
pub trait Desk: Send + Sync {
    /// What the local records know about the person of an inquiry.
    ///
    /// # Errors
    /// The local system cannot be asked.
    fn find(&self, inquiry: &Inquiry, as_of: jiff::civil::Date) -> Result<Found, FlowError>;

    /// As of when the local records are, if that is known.
    ///
    /// # Errors
    /// The local system cannot be asked.
    fn updated_at(&self) -> Result<Option<Timestamp>, FlowError> {
        Ok(None)
    }

    /// What is to be told of the local records and was not taken yet.
    fn take_reading(&self) -> Option<LocalReading> {
        None
    }

    /// What else is to be told of the local system, once: feeds that are late, rows of facts that cannot be read.
    fn take_findings(&self) -> Findings {
        Findings::new()
    }

    /// The same as [`Desk::find`], with how many rows that are or may be about the person are set aside: the answer may
    /// lack them.
    ///
    /// # Errors
    /// The local system cannot be asked.
    fn find_counting(&self, inquiry: &Inquiry, as_of: jiff::civil::Date) -> Result<(Found, u64), FlowError> {
        Ok((self.find(inquiry, as_of)?, 0))
    }

    /// Opens a copy of a document that a record of [`Desk::find`] tells of.
    ///
    /// # Errors
    /// It is not there any more.
    fn open_copy(&self, _person: &Person, _copy: &CopyOfDocument) -> Result<Box<dyn Read + Send>, FlowError> {
        Err(no_copies())
    }

    /// Takes a copy of a document before the record that tells of it; nothing if it is there already.
    ///
    /// # Errors
    /// The local system cannot be told.
    fn take_copy(
        &self,
        _id: DocumentId,
        _copy: &CopyOfDocument,
    ) -> Result<Option<Box<dyn CopyWriter>>, FlowError> {
        Err(no_copies())
    }

    /// Keeps a file of local rows in a form that is known here, whole; it counts at once.
    ///
    /// # Errors
    /// There is no place for it, no form of this name, or it is not of its form.
    fn keep_rows(&self, _name: &str, _bytes: &[u8]) -> Result<KeptRows, FlowError> {
        Err(FlowError::Local {
            verdict: Verdict::Return { code: "flow.no_place" },
            detail: "it keeps no rows that are brought".to_owned(),
        })
    }

    /// What was handed over of this document, as JSON, if it is still there.
    ///
    /// # Errors
    /// Nothing is kept for being fetched.
    fn handed(&self, _id: DocumentId) -> Result<Option<Vec<u8>>, FlowError> {
        Err(FlowError::Local {
            verdict: Verdict::Return { code: "flow.no_place" },
            detail: "records are told where [hand_over] says, and are not kept to be fetched".to_owned(),
        })
    }

    /// Hands a record over; the second time under the same document id has no effect.
    ///
    /// # Errors
    /// The local system cannot be told.
    fn hand_over(&self, origin: &Origin, record: &InsuranceRecord) -> Result<Done, FlowError>;

    /// Hands a document of a pension case over; the second time under the same id has no effect.
    ///
    /// # Errors
    /// The local system cannot be told.
    fn hand_over_case(&self, _origin: &Origin, _document: &CaseDocument) -> Result<Done, FlowError> {
        Err(FlowError::Local {
            verdict: Verdict::Park { code: "flow.no_cases" },
            detail: "it takes no documents of pension cases".to_owned(),
        })
    }

    /// Hands a document of the labour half over; the second time under the same id has no effect. Of an employment record
    /// the pension side is told by [`Desk::hand_over`] first.
    ///
    /// # Errors
    /// The local system cannot be told.
    fn hand_over_job(&self, _origin: &Origin, _document: &JobDocument) -> Result<Done, FlowError> {
        Err(FlowError::Local {
            verdict: Verdict::Park { code: "flow.no_jobs" },
            detail: "it takes no documents of the labour half".to_owned(),
        })
    }

    /// Takes back a document of the labour half that was handed over, if it still lies where it was put: a person shows himself no
    /// more. Whoever has fetched it is told by a document of its own.
    ///
    /// # Errors
    /// It cannot be taken back.
    fn take_back_job(&self, _document: DocumentId) -> Result<(), FlowError> {
        Ok(())
    }

    /// What the person behind a profile decided about an employer's interest; most are asked only when it came.
    ///
    /// # Errors
    /// The local system cannot be asked.
    fn say_to_interest(&self, _interest: &Interest) -> Result<SaidToInterest, FlowError> {
        Ok(SaidToInterest::Later)
    }

    /// What the local forms of facts say on a day.
    ///
    /// # Errors
    /// The local system cannot be asked.
    fn find_fact(&self, _asked: &FactQuestion, _today: jiff::civil::Date) -> Result<FactFound, FlowError> {
        Ok(FactFound::Late { as_of: None })
    }

    /// As of when the feed of a kind of facts is; none if it was never fed.
    ///
    /// # Errors
    /// The local system cannot be asked.
    fn fed_on(&self, _kind: &Coded) -> Result<Option<jiff::civil::Date>, FlowError> {
        Ok(None)
    }

    /// Hands a fact over, and the event for which it was offered; the second time under the same id has no effect.
    ///
    /// # Errors
    /// The local system cannot be told.
    fn hand_over_fact(
        &self,
        _id: DocumentId,
        _event: Option<&Coded>,
        _fact: &Fact,
    ) -> Result<Done, FlowError> {
        Err(no_facts())
    }

    /// The profiles of its forms, of records and of facts; none where it has no forms.
    ///
    /// # Errors
    /// A profile cannot be used.
    fn forms(&self) -> Result<Vec<Arc<Vec<Profile>>>, FlowError> {
        Ok(Vec::new())
    }

    /// The text of a profile of its own, by the name of its file; none if it has none of this name.
    ///
    /// # Errors
    /// It cannot be read.
    fn profile_text(&self, _name: &str) -> Result<Option<String>, FlowError> {
        Ok(None)
    }

    /// Sees that a profile of this name and text could be used.
    ///
    /// # Errors
    /// Why not: file, line and column.
    fn check_profile(&self, _name: &str, _text: &str) -> Result<(), FlowError> {
        Err(no_forms())
    }

    /// Puts a profile in place, whole; it counts from the next file that is read.
    ///
    /// # Errors
    /// It could not be used, or the disk.
    fn put_profile(&self, _name: &str, _text: &str) -> Result<(), FlowError> {
        Err(no_forms())
    }

    /// Whether the settings name a list of persons in payment.
    fn has_payments(&self) -> bool {
        false
    }

    /// Gives the rows of the list of persons in payment, so many at once; false if the settings name none.
    ///
    /// # Errors
    /// The list cannot be read.
    fn payments(&self, _at_once: usize, _each: EachRows<'_>) -> Result<bool, FlowError> {
        Ok(false)
    }

    /// Takes the outcomes of a check, in place of those that it took before.
    ///
    /// # Errors
    /// The local system cannot take them.
    fn hand_over_outcomes(&self, _check: &RecordId) -> Result<Box<dyn OutcomeWriter>, FlowError> {
        Err(CheckError::NoList.into())
    }

    /// Every event in people's lives that the local forms tell of.
    ///
    /// # Errors
    /// The local system cannot be asked.
    fn life_events(&self) -> Result<Vec<PersonEvent>, FlowError> {
        Ok(Vec::new())
    }

    /// Gives what the local records know of each person on a day.
    ///
    /// # Errors
    /// The local system cannot be asked.
    fn each_worker(
        &self,
        _as_of: jiff::civil::Date,
        _give: &mut dyn FnMut(InsuranceRecord),
    ) -> Result<(), FlowError> {
        Ok(())
    }

    /// Gives the records that peers sent and that the local system still has.
    ///
    /// # Errors
    /// The local system cannot be asked.
    fn each_received(&self, _give: &mut dyn FnMut(InsuranceRecord)) -> Result<(), FlowError> {
        Ok(())
    }

    /// Keeps a prepared inquiry under its number, where a clerk finds it; again, it changes nothing.
    ///
    /// # Errors
    /// There is no place for it.
    fn keep_prepared(&self, _id: Uuid, _inquiry: &Inquiry) -> Result<(), FlowError> {
        Ok(())
    }

    /// A prepared inquiry that waits, as it stands now; none if it is not here.
    ///
    /// # Errors
    /// It cannot be read.
    fn prepared(&self, _id: Uuid) -> Result<Option<Inquiry>, FlowError> {
        Ok(None)
    }

    /// The numbers of the prepared inquiries that are here and were not put away.
    ///
    /// # Errors
    /// The local system cannot be asked.
    fn prepared_here(&self) -> Result<Vec<Uuid>, FlowError> {
        Ok(Vec::new())
    }

    /// Puts away a prepared inquiry that does not wait any more; again, it changes nothing.
    ///
    /// # Errors
    /// The local system cannot be told.
    fn end_prepared(&self, _id: Uuid, _is_sent: bool) -> Result<(), FlowError> {
        Ok(())
    }

    /// What people said to offers, as the local system tells it; what cannot be read is a finding.
    ///
    /// # Errors
    /// The local system cannot be asked.
    fn agreements(&self) -> Result<(Vec<AgreementOf>, Findings), FlowError> {
        Ok((Vec::new(), Findings::new()))
    }
}

/// What a local system says that has no forms.
fn no_forms() -> FlowError {
    FlowError::Local {
        verdict: Verdict::Return { code: "flow.no_place" },
        detail: "it has no profiles of its own".to_owned(),
    }
}

/// What a local system says that takes no facts.
fn no_facts() -> FlowError {
    FlowError::Local {
        verdict: Verdict::Park { code: "flow.no_facts" },
        detail: "it takes no facts".to_owned(),
    }
}

/// Where a record that is handed over comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// The document: what is handed over under one id has its effect once.
    pub document_id: DocumentId,
    /// The run of the transaction that brought it.
    pub conversation_id: ConversationId,
    /// The code of the state whose node sent it.
    pub sender: String,
    /// The code of its message.
    pub message: String,
    /// SHA-256 of what was sealed, as the ledger has it.
    pub digest: Digest256,
}

/// What a local system says that has no copies of documents.
fn no_copies() -> FlowError {
    FlowError::Local {
        verdict: Verdict::Park { code: "flow.no_copy" },
        detail: "it has no place for copies of documents".to_owned(),
    }
}

/// Whether a hand-over had an effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Done {
    /// Yes.
    First,
    /// It was there already.
    AlreadyThere,
}

impl Peers {
    /// Peers by their states.
    pub fn new(peers: impl IntoIterator<Item = Peer>) -> Self {
        Self(peers.into_iter().map(|peer| (peer.state, peer)).collect())
    }

    /// The peer whose certificate this is.
    pub fn of_certificate(&self, certificate: &PeerCertificate) -> Option<&Peer> {
        self.0.values().find(|peer| certificate.dns_names.contains(&peer.certificate_name))
    }

    /// The peer of a state, by its code.
    ///
    /// # Errors
    /// It is not configured.
    pub fn of_name(&self, name: &str) -> Result<&Peer, FlowError> {
        let unknown = || FlowError::UnknownPeer { peer: name.to_owned() };
        self.0.values().find(|peer| peer.state.as_code() == name).ok_or_else(unknown)
    }

    /// The names of all peers: their states' codes.
    pub fn names(&self) -> Vec<String> {
        self.0.keys().map(ToString::to_string).collect()
    }
}

impl Context {
    /// Authorities of which no certificate below may be revoked, where the settings say whom to ask.
    pub fn with_statuses(&self, trust: TrustStore) -> TrustStore {
        match &self.revocation {
            Some(sources) => trust.with_statuses(sources.statuses().clone()),
            None => trust,
        }
    }

    /// To and ReplyTo of a message of ours: they follow from the role we play.
    pub(super) fn addresses(
        &self,
        peer: &str,
        role: Role,
        process: &str,
        transaction: &Transaction,
    ) -> (LogicalAddress, LogicalAddress) {
        let (ours, theirs) = match role {
            Role::Initiator => (&transaction.initiator, &transaction.respondent),
            Role::Respondent => (&transaction.respondent, &transaction.initiator),
        };
        let to = LogicalAddress::of_actor(peer, process, theirs);
        let reply_to = LogicalAddress::of_actor(self.state.as_code(), process, ours);
        (to, reply_to)
    }

    /// Runs work that keeps a processor or a disk busy on a thread of its own.
    pub(super) async fn aside<T: Send + 'static>(
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, FlowError> {
        tokio::task::spawn_blocking(work).await.map_err(|_stopping| FlowError::CutOff)
    }
}
