//! Facts: golden documents; two nodes that ask, keep and offer; what is refused, and why.

mod documents;
mod offers;
mod program;
mod refused;

use crate::exchange::ended;
use crate::fixtures::{every_file_of, fixture};
use crate::nodes::World;
use crate::refusals::entry_where;
use jiff::civil::Date;
use jiff::{Span, Timestamp, tz::TimeZone};
use stazh::base::{Clock, Limits, SystemClock};
use stazh::exchange::adapter::ProfileBook;
use stazh::exchange::canonical::{Coded, Fact, FactInquiry, Validity};
use stazh::flow::{FactAsked, FlowError, ask_fact, forget_facts, kept_facts};
use stazh::node::{Door, FactSettings, FolderDesk, Node, Settings};
use stazh::store::{ConversationState, JournalBy, journal_list};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Two nodes over folders, in each of which lie the fixtures of its state.
pub(crate) struct Pair {
    pub(crate) world: World,
    pub(crate) one: Node,
    pub(crate) other: Node,
}

/// A state, and the kinds of facts that its node gives and takes.
pub(crate) struct Side<'s> {
    pub(crate) state: &'s str,
    pub(crate) gives: &'s [&'s str],
    pub(crate) takes: &'s [&'s str],
}

pub(crate) fn today() -> Date {
    SystemClock.now().to_zoned_datetime(TimeZone::UTC).date()
}

/// So many days from today.
pub(crate) fn in_days(days: i32) -> Date {
    today().checked_add(Span::new().days(days)).unwrap()
}

pub(crate) fn kinds(codes: &[&str]) -> BTreeSet<Coded> {
    codes.iter().map(|code| code.parse().unwrap()).collect()
}

/// The local folder of a node, with the fixtures of its state, and a desk over it.
pub(crate) fn desk(settings: &Settings, state: &str) -> Arc<FolderDesk> {
    fs::create_dir_all(&settings.local).unwrap();
    let files = every_file_of(match state {
        "AM" => "facts/local/am",
        "BY" => "facts/local/by",
        "KG" => "facts/local/kg",
        "KZ" => "facts/local/kz",
        "RU" => "facts/local/ru",
        other => panic!("{other} has no fixtures"),
    });
    for file in files {
        let name = file.file_name().unwrap();
        if name != "life-events.csv" {
            fs::write(settings.local.join(name), fs::read(&file).unwrap()).unwrap();
        }
    }
    let book = ProfileBook::new(settings.state, None);
    Arc::new(FolderDesk::over(book, &settings.local, &settings.handed_over, Limits::default()).unwrap())
}

pub(crate) fn configure(settings: &mut Settings, side: &Side<'_>) {
    settings.facts = FactSettings { gives: kinds(side.gives), takes: kinds(side.takes), every_ms: 50 };
}

impl Pair {
    pub(crate) async fn of(one: Side<'_>, other: Side<'_>) -> Self {
        let world = World::new();
        let (mut own, mut others) =
            (world.settle(one.state, other.state), world.settle(other.state, one.state));
        configure(&mut own, &one);
        configure(&mut others, &other);
        let (door, other_door) = (Door::open(&own).await.unwrap(), Door::open(&others).await.unwrap());
        own.peers[0].url = format!("https://{}/", other_door.address().unwrap());
        others.peers[0].url = format!("https://{}/", door.address().unwrap());
        let (desk, other_desk) = (desk(&own, one.state), desk(&others, other.state));
        let node = Node::start(door, &own, desk).await.unwrap();
        Self { world, one: node, other: Node::start(other_door, &others, other_desk).await.unwrap() }
    }

    pub(crate) async fn stop(self) {
        self.one.stop().await;
        self.other.stop().await;
    }
}

/// What was handed over as facts, in the order of the file names.
pub(crate) fn handed_over(world: &World, state: &str) -> Vec<serde_json::Value> {
    let folder = world.folder(state).join("handed-over/facts");
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths.iter().map(|path| serde_json::from_slice(&fs::read(path).unwrap()).unwrap()).collect()
}

/// Every entry of a node's journal, as text.
pub(crate) async fn whole_journal(node: &Node) -> String {
    let mut tx = node.flows().store.read().await.unwrap();
    let rows = journal_list(&mut tx, JournalBy::All, 0, 1_000).await.unwrap();
    rows.iter().map(|row| format!("{:?}\n", row.entry)).collect()
}

/// What no journal and no log may show: names, numbers and values of the fixtures.
pub(crate) const OF_PERSONS: [&str; 14] = [
    "Ким",
    "Виктория",
    "Иванов",
    "Ахметов",
    "Козлов",
    "11067186734",
    "110-671",
    "11423648225",
    "850315300019",
    "3190184A000PB4",
    "128000",
    "70250",
    "2024-03-01",
    "Столичный",
];

pub(crate) fn assert_tells_of_nobody(text: &str) {
    for value in OF_PERSONS {
        assert!(!text.contains(value), "{value} is shown in {text}");
    }
}

/// The question of the fixture, with a consent that counts today.
pub(crate) fn wage_summary() -> FactInquiry {
    let text = fs::read_to_string(fixture("facts/inquiry-wage-summary.json")).unwrap();
    let mut inquiry: FactInquiry = serde_json::from_str(&text).unwrap();
    if let Some(consent) = &mut inquiry.ground.consent {
        consent.validity = Validity::new(in_days(-10), in_days(20)).unwrap();
    }
    inquiry
}

/// What the journal of the asking node says of the answer, once it has taken it.
pub(crate) async fn answered(node: &Node, composed: &stazh::flow::Composed) -> String {
    assert_eq!(ended(node, composed.conversation_id).await, ConversationState::Completed);
    let id = Some(composed.conversation_id);
    let row = entry_where(node, |row| row.entry.conversation_id == id && row.entry.kind == "answered").await;
    row.entry.detail
}

async fn sent(inquiry: &FactInquiry, fresh: bool, node: &Node) -> stazh::flow::Composed {
    match ask_fact(inquiry, fresh, node.flows()).await.unwrap() {
        FactAsked::Sent(composed) => composed,
        FactAsked::Kept(_) => panic!("it was kept"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fact_is_asked_for_once_and_kept_until_its_end() {
    let pair = Pair::of(
        Side { state: "KG", gives: &[], takes: &["X-WAGE-SUMMARY", "X-PENSION-SINCE"] },
        Side { state: "RU", gives: &["X-WAGE-SUMMARY", "X-PENSION-SINCE"], takes: &[] },
    )
    .await;
    let inquiry = wage_summary();
    let composed = sent(&inquiry, false, &pair.one).await;
    assert_eq!(answered(&pair.one, &composed).await, "the fact is with the local system");
    let handed = handed_over(&pair.world, "KG");
    let fact: Fact = serde_json::from_value(handed[0]["fact"].clone()).unwrap();
    let value = serde_json::to_value(&fact.value).unwrap();
    assert_eq!(value["amounts"][0]["amount"]["amount"], "128000.00", "two payers of one month");
    assert_eq!((fact.kind, &fact.ground), (inquiry.kind.clone(), &inquiry.ground));
    assert_eq!(fact.validity.until(), in_days(20), "no longer than the consent counts");
    assert_eq!(fact.person, inquiry.person.told_apart());

    let FactAsked::Kept(kept) = ask_fact(&inquiry, false, pair.one.flows()).await.unwrap() else {
        panic!("it was asked for twice")
    };
    assert_eq!(serde_json::to_value(&kept.value).unwrap(), value);
    let mut for_another_purpose = inquiry.clone();
    for_another_purpose.kind = "X-PENSION-SINCE".parse().unwrap();
    for_another_purpose.ground.purpose = "pension".parse().unwrap();
    for_another_purpose.ground.channel = stazh::exchange::canonical::Channel::Treaty;
    for_another_purpose.ground.basis = "XB-AGR-2019".parse().unwrap();
    for_another_purpose.ground.consent = None;
    let other = sent(&for_another_purpose, false, &pair.one).await;
    assert_eq!(answered(&pair.one, &other).await, "the fact is with the local system");
    let fresh = sent(&inquiry, true, &pair.one).await;
    assert_eq!(answered(&pair.one, &fresh).await, "the fact is with the local system");
    assert_eq!(handed_over(&pair.world, "KG").len(), 3);
    assert_eq!(
        kept_facts(pair.one.flows()).await.unwrap().len(),
        2,
        "the fresh one took the place of the first"
    );
    assert_eq!(forget_facts(pair.one.flows()).await.unwrap(), 0, "both count today");

    assert_tells_of_nobody(&whole_journal(&pair.one).await);
    assert_tells_of_nobody(&whole_journal(&pair.other).await);
    pair.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_no_such_fact_is_told_of_and_an_identity_is_answered_in_any_case() {
    let pair = Pair::of(
        Side { state: "RU", gives: &[], takes: &["X-IDENTITY", "X-ACCOUNT-SINCE"] },
        Side { state: "KZ", gives: &["X-IDENTITY", "X-ACCOUNT-SINCE"], takes: &[] },
    )
    .await;
    let question = |kind: &str, purpose: &str, channel: &str, basis: &str, number: &str| -> FactInquiry {
        serde_json::from_value(serde_json::json!({
            "asking": "RU", "asked": "KZ", "kind": kind,
            "person": { "name": { "family": "Ахметов", "given": "Ерлан" }, "birth_date": "1985-03-15",
                        "identifiers": [{ "kind": "iin", "value": number }] },
            "ground": { "purpose": purpose, "channel": channel, "basis": basis },
        }))
        .unwrap()
    };
    for (number, answer) in [("850315300019", "yes"), ("900101300010", "no")] {
        let inquiry = question("X-IDENTITY", "identity", "statute", "XB-KZ-213", number);
        let composed = sent(&inquiry, false, &pair.one).await;
        assert_eq!(answered(&pair.one, &composed).await, "the fact is with the local system");
        let facts = kept_facts(pair.one.flows()).await.unwrap();
        let told = serde_json::to_value(&facts[0].value).unwrap();
        assert_eq!(told["match"], answer);
    }
    let nobody = question("X-ACCOUNT-SINCE", "pension", "treaty", "XB-AGR-2019", "900101300010");
    let composed = sent(&nobody, false, &pair.one).await;
    assert_eq!(
        answered(&pair.one, &composed).await,
        "the peer has no record of the person, or needs an identifier to tell him"
    );
    pair.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_asked_that_the_settings_or_the_catalogue_do_not_let() {
    let pair = Pair::of(
        Side { state: "KG", gives: &[], takes: &["X-WAGE-SUMMARY"] },
        Side { state: "RU", gives: &[], takes: &[] },
    )
    .await;
    let refused = async |inquiry: FactInquiry| match ask_fact(&inquiry, false, pair.one.flows()).await {
        Err(FlowError::Fact { refusal, .. }) => refusal.code(),
        other => panic!("{other:?}"),
    };
    let mut unnamed = wage_summary();
    unnamed.kind = "X-PENSION-SINCE".parse().unwrap();
    unnamed.ground = serde_json::from_value(
        serde_json::json!({ "purpose": "pension", "channel": "treaty", "basis": "XB-AGR-2019" }),
    )
    .unwrap();
    assert_eq!(refused(unnamed).await, "rules.fact_not_configured");
    let mut bare = wage_summary();
    bare.ground.consent = None;
    assert_eq!(refused(bare).await, "rules.fact_no_consent");
    // what the other side does not give is refused by it, and told by its code
    let composed = sent(&wage_summary(), false, &pair.one).await;
    assert_eq!(answered(&pair.one, &composed).await, "the peer refuses: rules.fact_not_configured");
    assert!(handed_over(&pair.world, "KG").is_empty());
    pair.stop().await;
}

/// Sets when a file was last written.
pub(crate) fn set_day(path: &Path, day: Date) {
    let at: Timestamp = format!("{day}T12:00:00Z").parse().unwrap();
    let at = std::time::SystemTime::UNIX_EPOCH
        + std::time::Duration::from_secs(at.as_second().try_into().unwrap());
    fs::File::options().write(true).open(path).unwrap().set_modified(at).unwrap();
}
