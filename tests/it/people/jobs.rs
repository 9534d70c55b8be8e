//! The node of Kyrgyzstan with a door for people, and that of Kazakhstan, which exchange jobs: vacancies of both, a welder who
//! consented, and a worker of the other state.

use super::{House, plain};
use crate::fixtures::fixture;
use crate::nodes::{TestDesk, World};
use serde_json::Value;
use stazh::base::{Clock, Digest256, SystemClock};
use stazh::exchange::canonical::State;
use stazh::exchange::canonical::job::{Candidate, JobDocument, JobDocumentKind, Vacancy};
use stazh::exchange::document::codec::job_root;
use stazh::flow::labour::{NewConsent, give_consent, publish_vacancies, subject_of};
use stazh::flow::posts::is_current;
use stazh::flow::{Begin, Context, Opening, begin};
use stazh::labour::consent::{ConsentText, EmployerClass, Purpose, Section, SignatureLevel};
use stazh::node::{Door, LabourSettings, Node};
use stazh::store::target_list;
use std::sync::Arc;
use std::time::{Duration, Instant};
use uuid::Uuid;

/// The two nodes, and who seeks work.
pub(crate) struct JobsHouse {
    pub(crate) house: House,
    /// What Kazakhstan's local system was told.
    pub(crate) desk: Arc<TestDesk>,
    /// The welder's digest.
    pub(crate) worker: Digest256,
    /// His consent to be found.
    pub(crate) consent: Uuid,
    /// How his profile is called in Kazakhstan.
    pub(crate) profile: String,
}

impl House {
    /// Opens it. No day of a rate is needed: they are of today.
    pub(crate) async fn open_with_jobs() -> JobsHouse {
        let world = World::new();
        let (mut own, mut other) = (world.settle("KG", "KZ"), world.settle("KZ", "KG"));
        let rates = world.folder("KG").join("rates.toml");
        let today = SystemClock.now().to_zoned_datetime(jiff::tz::TimeZone::UTC).date();
        std::fs::write(&rates, rates_of(&today)).unwrap();
        let labour = LabourSettings {
            enabled: true,
            sync_every_ms: 50,
            small_cell: 1,
            publish_within_minutes: 0,
            ..LabourSettings::default()
        };
        own.labour = LabourSettings { rates: Some(rates), ..labour.clone() };
        other.labour = labour;
        own.console = Some(plain());
        let (door, other_door) = (Door::open(&own).await.unwrap(), Door::open(&other).await.unwrap());
        own.peers[0].url = format!("https://{}/", other_door.address().unwrap());
        other.peers[0].url = format!("https://{}/", door.address().unwrap());
        let url = door.console_url().unwrap().unwrap();
        let desk = Arc::new(TestDesk::default());
        let node = Node::start(door, &own, Arc::new(TestDesk::default())).await.unwrap();
        let peer = Node::start(other_door, &other, desk.clone()).await.unwrap();
        let (kg, kz) = (node.flows().clone(), peer.flows().clone());
        publish_vacancies(&vacancies("vacancies-kz.jsonl"), &kz).await.unwrap();
        publish_vacancies(&[own_vacancy()], &kg).await.unwrap();
        let welder = candidate("welder.json");
        let worker = subject_of(&welder.person, &kg).unwrap();
        let consent = give_consent(&welder, consent_to(State::Kz), &kg).await.unwrap().id;
        let mut abroad = welder.clone();
        abroad.profile.state = State::Kz;
        abroad.profile.home = None;
        abroad.profile.wishes.states = vec![State::Kg];
        give_consent(&abroad, consent_to(State::Kg), &kz).await.unwrap();
        let mut profile = None;
        until("the profile is published", async || {
            let targets = target_list(&mut kg.store.read().await.unwrap(), consent).await.unwrap();
            profile = targets[0].reference.clone();
            profile.is_some()
        })
        .await;
        let house = Self::of(node, url, peer, world);
        house.has_index(9).await;
        JobsHouse { house, desk, worker, consent, profile: profile.unwrap() }
    }

    /// Waits until the node has made its index of what the streams are, of so many vacancies.
    pub(crate) async fn has_index(&self, count: u64) {
        let ctx = self.node.flows().clone();
        until(&format!("an index of {count}"), async || {
            let made = ctx.labour.shelf.as_ref().unwrap().made();
            made.is_some_and(|made| made.taken == count) && is_current(&ctx).await.unwrap()
        })
        .await;
    }
}

impl JobsHouse {
    /// The flows of Kazakhstan.
    pub(crate) fn kz(&self) -> Arc<Context> {
        self.house.peer.as_ref().unwrap().flows().clone()
    }

    /// The node of Kazakhstan is there no more.
    pub(crate) async fn kz_stops(&mut self) {
        self.house.peer.take().unwrap().stop().await;
    }

    /// The address of the welder's pages.
    pub(crate) fn at(&self, rest: &str) -> String {
        format!("/console/workers/{}{rest}", self.worker)
    }

    /// An employer of Kazakhstan is interested in the welder.
    pub(crate) async fn interest(&self) {
        let mut interest: Value = read("interest.json");
        let bare: Uuid = self.profile.trim_start_matches("prf_").parse().unwrap();
        interest["profile"] = bare.to_string().into();
        self.send(&interest).await;
    }

    /// Kazakhstan sends a document of the labour half.
    pub(crate) async fn send(&self, document: &Value) {
        let document: JobDocument = serde_json::from_value(document.clone()).unwrap();
        let ctx = self.kz();
        let (_, transaction) = ctx.catalogue.beginning_with_root(job_root(document.kind())).unwrap();
        let opening = Opening::Job(&document);
        let what =
            Begin { opening, to: State::Kg, transaction: &transaction.code, within: None, refers_to: None };
        begin(what, &ctx).await.unwrap();
    }

    /// The document of a kind that Kazakhstan got, waited for.
    pub(crate) async fn told_to_kz(&self, kind: JobDocumentKind) -> JobDocument {
        let mut found = None;
        until(&format!("{kind:?} in Kazakhstan"), async || {
            let jobs = self.desk.jobs.lock().unwrap();
            found = jobs.values().map(|(document, _)| document).find(|it| it.kind() == kind).cloned();
            found.is_some()
        })
        .await;
        found.unwrap()
    }
}

/// Waits until something is so.
pub(crate) async fn until(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    let begun = Instant::now();
    while !is_so().await {
        assert!(begun.elapsed() < Duration::from_secs(60), "{what}");
        tokio::time::sleep(Duration::from_millis(30)).await;
    }
}

/// A file of the welder's story.
pub(crate) fn read(name: &str) -> Value {
    let text = std::fs::read_to_string(fixture(&format!("demo/bakyt/{name}"))).unwrap();
    serde_json::from_str(&text).unwrap()
}

pub(crate) fn candidate(name: &str) -> Candidate {
    serde_json::from_value(read(name)).unwrap()
}

fn vacancies(name: &str) -> Vec<Vacancy> {
    let text = std::fs::read_to_string(fixture(&format!("demo/bakyt/{name}"))).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// A vacancy of Kyrgyzstan for which a welder is sought.
fn own_vacancy() -> Vacancy {
    let mut one: Value = serde_json::to_value(&vacancies("vacancies-kz.jsonl")[0]).unwrap();
    one["reference"] = serde_json::json!({ "state": "KG", "source": "zanyatost", "id": "G-1" });
    one["title"] = "Сварщик на стройку".into();
    one["places"] = serde_json::json!([{ "country": "KG", "region": "41711", "name": "Бишкек" }]);
    one["pay"] = serde_json::json!({ "min": "60000", "currency": "KGS", "interval": "month" });
    serde_json::from_value(one).unwrap()
}

fn consent_to(state: State) -> NewConsent {
    NewConsent {
        purpose: Purpose::CvSearch,
        sections: Section::ALL.iter().copied().collect(),
        target_states: [state].into(),
        employer_class: EmployerClass::VerifiedEmployer,
        is_agency_excluded: false,
        text: ConsentText {
            version: "1".parse().unwrap(),
            sha256: stazh::exchange::seal::sha256(b"text"),
            language: "ru".parse().unwrap(),
        },
        days: 300,
        signature_level: SignatureLevel::InPerson,
        evidence: None,
        legal_basis: "KG 58, art. 9".parse().unwrap(),
    }
}

fn rates_of(today: &jiff::civil::Date) -> String {
    format!(
        "base = \"KGS\"\n[[rate]]\non = \"{today}\"\ncurrency = \"KZT\"\nunits = 100\ncosts = \"17.4\"\n\
         [[rate]]\non = \"{today}\"\ncurrency = \"RUB\"\nunits = 1\ncosts = \"1.08\"\n"
    )
}
