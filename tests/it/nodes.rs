//! Two real nodes on this machine: own folders, own keys, free ports, a local system made of closures.

use crate::keys::Authority;
use stazh::base::{Digest256, DocumentId};
use stazh::exchange::adapter::Found;
use stazh::exchange::canonical::case::CaseDocument;
use stazh::exchange::canonical::job::{Interest, JobDocument, Reveal};
use stazh::exchange::canonical::{CopyOfDocument, Inquiry, InsuranceRecord, Person};
use stazh::flow::{CopyWriter, Desk, Done, FlowError, Origin, SaidToInterest};
use stazh::node::{Door, Node, Settings};
use std::collections::HashMap;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// A local system that knows some records and remembers what it was told.
#[derive(Default)]
pub(crate) struct TestDesk {
    /// As of when its records are.
    pub(crate) updated_at: Option<jiff::Timestamp>,
    pub(crate) records: HashMap<String, InsuranceRecord>,
    /// What its records' copies of documents hold.
    pub(crate) copies: HashMap<Digest256, Vec<u8>>,
    /// The copies that came.
    pub(crate) taken: Arc<Mutex<HashMap<Digest256, Vec<u8>>>>,
    pub(crate) told: Mutex<HashMap<DocumentId, (InsuranceRecord, u32)>>,
    /// The documents of pension cases that came.
    pub(crate) cases: Mutex<HashMap<DocumentId, (CaseDocument, u32)>>,
    /// The documents of the labour half that came.
    pub(crate) jobs: Mutex<HashMap<DocumentId, (JobDocument, u32)>>,
    /// What is said to any interest.
    pub(crate) reveal: Option<Box<Reveal>>,
}

impl TestDesk {
    pub(crate) fn knowing(records: Vec<InsuranceRecord>) -> Self {
        let by_number = |record: InsuranceRecord| (number_of(&record.person), record);
        Self { records: records.into_iter().map(by_number).collect(), ..Self::default() }
    }
}

impl TestDesk {
    /// Waits until so many records were handed over, each once: the last of them a little after the end of its
    /// conversation.
    pub(crate) async fn all_told(&self, count: usize) {
        let begun = Instant::now();
        while self.told.lock().unwrap().len() < count {
            assert!(
                begun.elapsed() < Duration::from_secs(120),
                "{} of {count}",
                self.told.lock().unwrap().len()
            );
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        let told = self.told.lock().unwrap();
        assert_eq!(told.len(), count);
        assert!(told.values().all(|(_, times)| *times == 1), "a record was handed over twice");
    }
}

fn number_of(person: &Person) -> String {
    person.identifiers[0].identifier.as_str().to_owned()
}

impl Desk for TestDesk {
    fn updated_at(&self) -> Result<Option<jiff::Timestamp>, FlowError> {
        Ok(self.updated_at)
    }

    fn find(&self, inquiry: &Inquiry, _as_of: jiff::civil::Date) -> Result<Found, FlowError> {
        let known = self.records.get(&number_of(&inquiry.person)).cloned();
        Ok(known.map_or(Found::Nobody, |record| Found::Record(record, Arc::default())))
    }

    fn open_copy(&self, _person: &Person, copy: &CopyOfDocument) -> Result<Box<dyn Read + Send>, FlowError> {
        Ok(Box::new(std::io::Cursor::new(self.copies[&copy.sha256].clone())))
    }

    fn take_copy(
        &self,
        _id: DocumentId,
        copy: &CopyOfDocument,
    ) -> Result<Option<Box<dyn CopyWriter>>, FlowError> {
        Ok(Some(Box::new(Taking { sha256: copy.sha256, content: Vec::new(), taken: self.taken.clone() })))
    }

    fn hand_over(&self, origin: &Origin, record: &InsuranceRecord) -> Result<Done, FlowError> {
        let mut told = self.told.lock().unwrap();
        let entry = told.entry(origin.document_id).or_insert_with(|| (record.clone(), 0));
        entry.1 += 1;
        Ok(if entry.1 == 1 { Done::First } else { Done::AlreadyThere })
    }

    fn hand_over_case(&self, origin: &Origin, document: &CaseDocument) -> Result<Done, FlowError> {
        let mut cases = self.cases.lock().unwrap();
        let entry = cases.entry(origin.document_id).or_insert_with(|| (document.clone(), 0));
        entry.1 += 1;
        Ok(if entry.1 == 1 { Done::First } else { Done::AlreadyThere })
    }

    fn hand_over_job(&self, origin: &Origin, document: &JobDocument) -> Result<Done, FlowError> {
        let mut jobs = self.jobs.lock().unwrap();
        let entry = jobs.entry(origin.document_id).or_insert_with(|| (document.clone(), 0));
        entry.1 += 1;
        Ok(if entry.1 == 1 { Done::First } else { Done::AlreadyThere })
    }

    fn say_to_interest(&self, _interest: &Interest) -> Result<SaidToInterest, FlowError> {
        Ok(self.reveal.clone().map_or(SaidToInterest::Later, SaidToInterest::Revealed))
    }
}

/// A copy that is coming to a test's local system.
struct Taking {
    sha256: Digest256,
    content: Vec<u8>,
    taken: Arc<Mutex<HashMap<Digest256, Vec<u8>>>>,
}

impl Write for Taking {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.content.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl CopyWriter for Taking {
    fn finish(self: Box<Self>) -> Result<(), FlowError> {
        self.taken.lock().unwrap().insert(self.sha256, self.content);
        Ok(())
    }
}

/// Authorities that all nodes of a test share for the wire, and one for each node's seals.
pub(crate) struct World {
    folder: tempfile::TempDir,
    wire: Authority,
    /// Who issued the keys of a state's seals.
    pub(crate) seals: Mutex<HashMap<String, Authority>>,
}

impl World {
    pub(crate) fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            wire: Authority::new("Wire authority"),
            seals: Mutex::default(),
        }
    }

    /// Where a node has its settings and its data.
    pub(crate) fn folder(&self, state: &str) -> PathBuf {
        self.folder.path().join(state)
    }

    /// Settings of a node with its keys on disk; it listens on free ports.
    pub(crate) fn settle(&self, state: &str, peer: &str) -> Settings {
        let folder = self.folder(state);
        std::fs::create_dir_all(&folder).unwrap();
        let name = format!("{}.example", state.to_lowercase());
        let wire = self.wire.issue(&name);
        let seals = Authority::new(&format!("{state} seals"));
        let seal = seals.issue_for_seals(&format!("{state} fund"));
        write(&folder, "wire.pem", &wire.certificate);
        write(&folder, "wire.key", &wire.key);
        write(&folder, "authorities.pem", &self.wire.pem());
        write(&folder, "seal.pem", &seal.certificate);
        write(&folder, "seal.key", &seal.key);
        write(self.folder.path(), &format!("{state}-seals.pem"), &seals.pem());
        self.seals.lock().unwrap().insert(state.to_owned(), seals);
        let text = format!(
            "[node]\nstate = \"{state}\"\ndata = \"data\"\nlisten = \"127.0.0.1:0\"\nhealth = \"127.0.0.1:0\"\n\
             [wire]\ncertificate = \"wire.pem\"\nkey = \"wire.key\"\nauthorities = \"authorities.pem\"\n\
             [seal]\ncertificate = \"seal.pem\"\nkey = \"seal.key\"\n\
             [[peer]]\nstate = \"{peer}\"\nurl = \"https://127.0.0.1:1/\"\n\
             certificate_name = \"{}.example\"\nseal_authorities = \"../{peer}-seals.pem\"\n\
             [retry]\nfirst_ms = 20\nlongest_ms = 200\n",
            peer.to_lowercase()
        );
        let path = write(&folder, "node.toml", text.as_bytes());
        Settings::read(&path).unwrap()
    }

    /// A wire certificate of the authority that all know, for whatever name.
    pub(crate) fn issue(&self, name: &str) -> (PathBuf, PathBuf) {
        let issued = self.wire.issue(name);
        let path = |ending| format!("issued-{name}.{ending}");
        let certificate = write(self.folder.path(), &path("pem"), &issued.certificate);
        (write(self.folder.path(), &path("key"), &issued.key), certificate)
    }

    /// Starts two nodes that know each other.
    pub(crate) async fn pair(&self, ru: Arc<dyn Desk>, kz: Arc<dyn Desk>) -> (Node, Node) {
        self.pair_of(("RU", ru), ("KZ", kz)).await
    }

    /// The same of any two states.
    pub(crate) async fn pair_of(
        &self,
        (one, one_desk): (&str, Arc<dyn Desk>),
        (other, other_desk): (&str, Arc<dyn Desk>),
    ) -> (Node, Node) {
        let (mut own, mut others) = (self.settle(one, other), self.settle(other, one));
        let (door, other_door) = (Door::open(&own).await.unwrap(), Door::open(&others).await.unwrap());
        own.peers[0].url = format!("https://{}/", other_door.address().unwrap());
        others.peers[0].url = format!("https://{}/", door.address().unwrap());
        let node = Node::start(door, &own, one_desk).await.unwrap();
        (node, Node::start(other_door, &others, other_desk).await.unwrap())
    }
}

fn write(folder: &Path, name: &str, bytes: &[u8]) -> PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, bytes).unwrap();
    path
}
