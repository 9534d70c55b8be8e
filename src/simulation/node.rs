//! A simulated node: the real flows on a real database, with a local system that knows invented persons.

use super::wire::{SimWire, name_of};
use super::{SimulationError, database};
use crate::base::{Clock, Digest256, DocumentId, FixedClock, Limits, Secret, SeededRandom, Shelf};
use crate::exchange::adapter::Found;
use crate::exchange::canonical::{CopyOfDocument, Inquiry, InsuranceRecord, Person, State};
use crate::exchange::rules::{Catalogue, FactCatalogue, Rules};
use crate::exchange::seal::{KeyKind, Signer, Signers, ThrowAwayAuthority, TrustStore, sha256};
use crate::exchange::transit::Schedule;
use crate::flow::entry::EntryPolicy;
use crate::flow::labour::Labour;
use crate::flow::{
    CasePolicy, Checks, Context, CopyWriter, Desk, Done, Facts, FlowError, Origin, Peer, Peers, Wake,
    take_back_leases,
};
use crate::store::{Fate, Store};
use jiff::Timestamp;
use jiff::civil::Date;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

pub(super) struct SimNode {
    state: State,
    folder: PathBuf,
    identity: Arc<Identity>,
    clock: Arc<FixedClock>,
    wire: Arc<SimWire>,
    rules: Rules,
    desk: Arc<SimDesk>,
    seed: u64,
    starts: u64,
    fate: Fate,
    ctx: Arc<Context>,
    trouble: Option<Trouble>,
}

/// What is wrong with a node for as long as a run lasts, peace included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Trouble {
    /// It takes what comes and never says a word.
    Mute,
    /// Its local system does not answer.
    Hung,
    /// It forgets what it has seen, so it does things twice.
    Forgetful,
}

/// What outlives a restart beside the database.
struct Identity {
    signers: Arc<Signers>,
    trust: HashMap<State, Arc<TrustStore>>,
}

/// The local system of a node.
pub(super) struct SimDesk {
    state: State,
    told: Mutex<HashMap<DocumentId, InsuranceRecord>>,
    /// The copies of documents that came whole.
    copies: Arc<Mutex<HashSet<Digest256>>>,
    is_hung: AtomicBool,
}

/// Makes three nodes that know each other.
pub(super) async fn make(
    folder: &Path,
    seed: u64,
    clock: &Arc<FixedClock>,
    wire: &Arc<SimWire>,
    rules: &Rules,
) -> Result<Vec<SimNode>, SimulationError> {
    std::fs::create_dir_all(folder)
        .map_err(|source| SimulationError::Stage { path: folder.to_owned(), source })?;
    let now = clock.now();
    let mut signers = Vec::new();
    let mut trust = HashMap::new();
    for state in STATES {
        let authority = ThrowAwayAuthority::new("simulated authority", state.as_code(), now)?;
        let issued = authority.issue_seal("simulated fund", KeyKind::P256)?;
        signers.push((state, Arc::new(Signer::from_pem(&issued.key_pem, &issued.chain_pem)?.into())));
        trust.insert(state, Arc::new(TrustStore::from_pem(&authority.pem()?)?));
    }
    let mut nodes = Vec::new();
    for (state, signers) in signers {
        let identity = Arc::new(Identity { signers, trust: trust.clone() });
        let desk = Arc::new(SimDesk {
            state,
            told: Mutex::default(),
            copies: Arc::default(),
            is_hung: AtomicBool::new(false),
        });
        let fate = Fate::immortal();
        let ctx = start(state, folder, &fate, (clock, wire, rules), &identity, &desk, seed).await?;
        nodes.push(SimNode {
            state,
            folder: folder.to_owned(),
            identity,
            clock: clock.clone(),
            wire: wire.clone(),
            rules: rules.clone(),
            desk,
            seed,
            starts: 0,
            fate,
            ctx,
            trouble: None,
        });
    }
    Ok(nodes)
}

async fn start(
    state: State,
    folder: &Path,
    fate: &Fate,
    (clock, wire, rules): (&Arc<FixedClock>, &Arc<SimWire>, &Rules),
    identity: &Identity,
    desk: &Arc<SimDesk>,
    seed: u64,
) -> Result<Arc<Context>, SimulationError> {
    let store = Store::open_mortal(database(folder, state), fate.clone()).await?;
    take_back_leases(&store).await?;
    let peers = identity.trust.iter().filter(|(peer, _)| **peer != state).map(|(peer, trust)| Peer {
        state: *peer,
        certificate_name: name_of(*peer),
        trust: Some(Shelf::new(trust.clone())),
        signers: Vec::new(),
        term_factor: 1,
        processes: None,
    });
    let of_state = state.as_code().bytes().fold(0, |number, byte| number * 256 + u64::from(byte));
    let catalogue = Arc::new(FactCatalogue::built_in()?);
    let random = SeededRandom::new(seed ^ (of_state << 32));
    let ctx = Arc::new(Context {
        state,
        clock: clock.clone(),
        random: Arc::new(random),
        examiner: None,
        keys: None,
        archive: None,
        own_rules: None,
        certificates: Vec::new(),
        limits: Limits { attachment_inside_bytes_max: 2_000, ..Limits::default() },
        retry: Schedule::default(),
        store,
        wire: wire.clone(),
        peers: Peers::new(peers),
        catalogue: Catalogue::built_in()?,
        rules: Arc::new(rules.clone()),
        signers: Shelf::new(identity.signers.clone()),
        third_party: None,
        time_stamps: None,
        revocation: None,
        checks: Checks::default(),
        labour: Labour::default(),
        facts: Facts { catalogue, gives: BTreeSet::new(), takes: BTreeSet::new(), every_ms: 60_000 },
        cases: CasePolicy::default(),
        proactive: None,
        entry: EntryPolicy::new(Secret::new(vec![7; 32])),
        desk: desk.clone(),
        wake: Wake::default(),
    });
    wire.attach(state, &ctx);
    Ok(ctx)
}

impl SimNode {
    pub(super) fn state(&self) -> State {
        self.state
    }

    pub(super) fn flows(&self) -> &Arc<Context> {
        &self.ctx
    }

    pub(super) fn trouble(&self) -> Option<Trouble> {
        self.trouble
    }

    pub(super) fn get_into(&mut self, trouble: Trouble) {
        self.trouble = Some(trouble);
        self.desk.is_hung.store(trouble == Trouble::Hung, Ordering::Relaxed);
    }

    pub(super) fn fate(&self) -> &Fate {
        &self.fate
    }

    /// What the local system was told, each document once.
    pub(super) fn told(&self) -> HashMap<DocumentId, InsuranceRecord> {
        self.desk.told.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The process ends, whatever it was doing, and another begins on the same file.
    pub(super) async fn restart(&mut self) -> Result<(), SimulationError> {
        self.ctx.store.close().await;
        self.starts += 1;
        self.fate = Fate::immortal();
        let shared = (&self.clock, &self.wire, &self.rules);
        let seed = self.seed.wrapping_add(self.starts << 40);
        self.ctx =
            start(self.state, &self.folder, &self.fate, shared, &self.identity, &self.desk, seed).await?;
        Ok(())
    }

    pub(super) async fn close(&self) {
        self.ctx.store.close().await;
    }
}

impl SimDesk {
    fn answer(&self) -> Result<(), FlowError> {
        let hung = || FlowError::Local {
            verdict: crate::base::Verdict::Retry { not_before: None },
            detail: "the local system does not answer".to_owned(),
        };
        if self.is_hung.load(Ordering::Relaxed) { Err(hung()) } else { Ok(()) }
    }
}

impl Desk for SimDesk {
    fn updated_at(&self) -> Result<Option<Timestamp>, FlowError> {
        self.answer()?;
        Ok(Some(Timestamp::UNIX_EPOCH))
    }

    fn find(&self, inquiry: &Inquiry, as_of: Date) -> Result<Found, FlowError> {
        self.answer()?;
        let family = inquiry.person.name.family().unwrap_or_default();
        let number: u32 = family.trim_start_matches(FAMILY).parse().unwrap_or(0);
        if number % 4 == 3 {
            return Ok(Found::Nobody);
        }
        let record = record(self.state, &inquiry.person, as_of, number);
        record.map(|record| Found::Record(record, Arc::default())).map_err(|error| FlowError::Local {
            verdict: crate::base::Verdict::Park { code: "simulation.person" },
            detail: error.to_string(),
        })
    }

    fn open_copy(&self, _person: &Person, copy: &CopyOfDocument) -> Result<Box<dyn Read + Send>, FlowError> {
        self.answer()?;
        Ok(Box::new(std::io::Cursor::new(scan(copy.bytes))))
    }

    fn take_copy(
        &self,
        _id: DocumentId,
        copy: &CopyOfDocument,
    ) -> Result<Option<Box<dyn CopyWriter>>, FlowError> {
        self.answer()?;
        let (sha256, copies) = (copy.sha256, self.copies.clone());
        Ok(Some(Box::new(SimCopy { sha256, content: Vec::new(), copies })))
    }

    fn hand_over(&self, origin: &Origin, record: &InsuranceRecord) -> Result<Done, FlowError> {
        self.answer()?;
        let copies = self.copies.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(copy) = record.copies().find(|copy| !copies.contains(&copy.sha256)) {
            let detail = format!("the copy {} did not come before its record", copy.sha256);
            return Err(FlowError::Local {
                verdict: crate::base::Verdict::Park { code: "simulation.copy" },
                detail,
            });
        }
        drop(copies);
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(match told.insert(origin.document_id, record.clone()) {
            None => Done::First,
            Some(_) => Done::AlreadyThere,
        })
    }
}

/// An inquiry about the invented person of a number.
pub(super) fn inquiry(from: State, to: State, number: u32) -> Result<Inquiry, serde_json::Error> {
    serde_json::from_value(serde_json::json!({
        "asking": from, "asked": to, "purpose": "old-age",
        "person": {
            "name": { "family": format!("{FAMILY}{number}"), "given": "Ерлан" }, "birth_date": "1985-03-15",
        },
    }))
}

/// The record of the invented person of a number, unasked.
pub(super) fn own_record(from: State, number: u32) -> Result<InsuranceRecord, serde_json::Error> {
    let person = inquiry(from, from, number)?.person;
    record(from, &person, jiff::civil::date(2026, 11, 1), number)
}

fn record(
    state: State,
    person: &Person,
    as_of: Date,
    number: u32,
) -> Result<InsuranceRecord, serde_json::Error> {
    // some travel inside their documents, some beside them
    let copy = match number % 10 {
        4 => Some(2_000),
        9 => Some(2_001),
        _ => None,
    };
    let evidence: Vec<_> = copy
        .map(|bytes| {
            let sha256 = sha256(&scan(bytes)).to_string();
            serde_json::json!({ "kind": "workbook", "copy": { "bytes": bytes, "sha256": sha256 } })
        })
        .into_iter()
        .collect();
    serde_json::from_value(serde_json::json!({
        "state": state, "as_of": as_of, "person": person, "evidence": evidence,
        "periods": [{
            "id": format!("p{number}"), "state": state, "kind": "work",
            "interval": { "from": "2010-01-11", "to": "2012-02-01" },
        }],
        "contributions": [],
    }))
}

/// What an invented copy of a document holds.
fn scan(bytes: u64) -> Vec<u8> {
    (0..bytes).map(|at| u8::try_from(at % 251).unwrap_or_default()).collect()
}

/// A copy that is being told to the local system.
struct SimCopy {
    sha256: Digest256,
    content: Vec<u8>,
    copies: Arc<Mutex<HashSet<Digest256>>>,
}

impl Write for SimCopy {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.content.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl CopyWriter for SimCopy {
    fn finish(self: Box<Self>) -> Result<(), FlowError> {
        if sha256(&self.content) == self.sha256 {
            self.copies.lock().unwrap_or_else(PoisonError::into_inner).insert(self.sha256);
        }
        Ok(())
    }
}

/// Of an invented person: followed by his number.
pub(super) const FAMILY: &str = "Тестов";
const STATES: [State; 3] = [State::Ru, State::Kz, State::By];
