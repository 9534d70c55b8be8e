//! `stazh doctor` on real nodes: what is well, what is not, and the ends of certificates told in time.

use crate::nodes::{TestDesk, World};
use crate::processes::{Process, also_set, stazh, two_nodes};
use crate::refusals::Stage;
use crate::third_party::beside_third_party;
use jiff::{Timestamp, ToSpan};
use stazh::base::FixedClock;
use stazh::flow::note_endings;
use stazh::node::Node;
use stazh::store::{JournalBy, journal_list};
use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;

/// A finding of the doctor.
#[derive(Debug)]
pub(crate) struct Finding {
    pub(crate) of: String,
    grade: String,
    pub(crate) code: String,
    pub(crate) told: String,
}

/// What the doctor finds, and how it ends.
pub(crate) fn findings(folder: &Path) -> (Option<i32>, Vec<Finding>) {
    let output = stazh().arg("doctor").arg(folder).arg("--json").output().unwrap();
    let lines = String::from_utf8(output.stdout).unwrap();
    let found = lines.lines().map(|line| {
        let finding: serde_json::Value = serde_json::from_str(line).unwrap();
        let text = |key: &str| finding[key].as_str().unwrap_or_default().to_owned();
        if text("grade") != "good" {
            assert!(!text("remedy").is_empty(), "it does not say what to do: {line}");
        }
        Finding { of: text("of"), grade: text("grade"), code: text("code"), told: text("found") }
    });
    (output.status.code(), found.collect())
}

fn wrong(folder: &Path) -> Vec<(String, String)> {
    let (code, found) = findings(folder);
    let is_bad = found.iter().any(|finding| finding.grade == "bad");
    assert_eq!(code, Some(if is_bad { 3 } else { 0 }), "{found:#?}");
    let wrong = found.into_iter().filter(|finding| finding.grade != "good");
    wrong.map(|finding| (finding.of, finding.code)).collect()
}

#[test]
fn a_node_that_is_well_is_told_so_and_each_trouble_is_named() {
    let root = tempfile::tempdir().unwrap();
    let (ru, kz) = two_nodes(root.path());
    let party = beside_third_party(root.path(), ("KZ", &kz), &ru);
    let nobody = wrong(&kz);
    for (of, code) in [
        ("the database", "doctor.database"),
        ("peer RU", "doctor.peer_away"),
        ("the third party", "doctor.third_party_away"),
        ("the time stamps", "doctor.time_stamps_away"),
        ("the clock", "doctor.clock"),
    ] {
        assert!(nobody.contains(&(of.to_owned(), code.to_owned())), "{of}: {nobody:?}");
    }
    {
        let _party = Process::start_with(stazh().arg("ttp"), &party);
        let _nodes = [Process::start(&ru), Process::start(&kz)];
        assert_eq!(wrong(&kz), []);
        let (_, found) = findings(&kz);
        let of = |of: &'static str| found.iter().filter(move |finding| finding.of == of);
        let view = of("peer RU").find(|finding| finding.told.contains("knows us"));
        assert!(view.is_some_and(|finding| finding.told.contains("P.XP.01")), "{found:#?}");
        assert!(of("the time stamps").any(|finding| finding.grade == "good"));
        assert!(of("the clock").any(|finding| finding.grade == "good"));
        let output = stazh().arg("doctor").arg(&kz).args(["--language", "ru"]).output().unwrap();
        assert!(String::from_utf8(output.stdout).unwrap().contains("не работает: 0"));
    }
    // its key and its certificate belong to different signers
    std::fs::copy(ru.join("keys/seal.key.pem"), kz.join("keys/seal.key.pem")).unwrap();
    std::fs::write(kz.join("keys/ru-seal-authorities.pem"), "nothing").unwrap();
    std::fs::write(kz.join("local/contributions.csv"), "iin;bin\n").unwrap();
    let spoilt = wrong(&kz);
    for (of, code) in [
        ("our seal", "seal.key"),
        ("an authority of the seals of RU", "seal.trust_bundle"),
        ("the local forms", "doctor.local"),
    ] {
        assert!(spoilt.contains(&(of.to_owned(), code.to_owned())), "{of}: {spoilt:?}");
    }
}

#[test]
fn a_dry_run_says_whether_the_peer_would_take_it_and_sends_nothing() {
    let root = tempfile::tempdir().unwrap();
    let (ru, kz) = two_nodes(root.path());
    let inquiry = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/demo/inquiry-1.json");
    let run = || {
        let output = stazh().arg("send").arg(&ru).arg(&inquiry).arg("--dry-run").output().unwrap();
        (output.status.code(), String::from_utf8([output.stdout, output.stderr].concat()).unwrap())
    };
    let (code, told) = run();
    assert!(code == Some(4) && told.contains("it is away and was never asked"), "{told}");
    {
        let _nodes = [Process::start(&ru), Process::start(&kz)];
        let (code, told) = run();
        assert!(code == Some(0) && told.contains("for KZ: it would be accepted"), "{told}");
    }
    let (code, told) = run();
    assert!(code == Some(0) && told.contains("accepted") && told.contains("as it announced at"), "{told}");
    // when it was there last it judged by a newer version
    let kept = ru.join("data/peers/KZ.json");
    let mut view: serde_json::Value = serde_json::from_slice(&std::fs::read(&kept).unwrap()).unwrap();
    view["view"]["announced"]["versions"]["R.XP.XP.01.001"] = "2.0.0".into();
    std::fs::write(&kept, view.to_string()).unwrap();
    let (code, told) = run();
    assert!(
        code == Some(1) && told.contains("judges R.XP.XP.01.001 by version 2.0.0, we write 1.1.0"),
        "{told}"
    );
    view["view"].as_object_mut().unwrap().remove("announced");
    std::fs::write(&kept, view.to_string()).unwrap();
    let (code, told) = run();
    assert!(code == Some(0) && told.contains("announces nothing to judge by"), "{told}");
    let journal = stazh().arg("journal").arg("list").arg(&ru).arg("--json").output().unwrap();
    assert!(!String::from_utf8(journal.stdout).unwrap().contains("composed"), "nothing was sent");
}

#[test]
fn a_peer_that_does_not_know_us_or_is_another_is_told_apart() {
    let root = tempfile::tempdir().unwrap();
    let (ru, kz) = two_nodes(root.path());
    let settings = std::fs::read_to_string(kz.join("node.toml")).unwrap();
    let other = settings.replace("\"ru.node.example\"", "\"moscow.example\"");
    assert_ne!(settings, other);
    std::fs::write(kz.join("node.toml"), other).unwrap();
    let _nodes = [Process::start(&ru), Process::start(&kz)];
    let of_ru = wrong(&ru);
    assert!(of_ru.contains(&("peer KZ".to_owned(), "doctor.peer_stranger".to_owned())), "{of_ru:?}");
    let of_kz = wrong(&kz);
    assert!(of_kz.contains(&("peer RU".to_owned(), "doctor.peer_name".to_owned())), "{of_kz:?}");
    assert!(!of_kz.iter().any(|(_, code)| code == "doctor.peer_stranger"), "RU knows KZ: {of_kz:?}");
    also_set(&kz, "nonsense = 1");
    let refused = stazh().arg("doctor").arg(&kz).output().unwrap();
    assert_eq!(refused.status.code(), Some(3));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_look_at_a_peer_leaves_no_trace_and_a_stranger_learns_nothing() {
    let stage = Stage::set().await;
    let before = stage.journal().await.len();
    let look = stage.wire(&stage.identity()).look("KZ").await.unwrap();
    let view = look.view.unwrap();
    assert_eq!((view.node.as_str(), view.caller.as_deref()), ("KZ", Some("RU")));
    assert!(look.clock.is_some() && look.dns_names.contains(&"kz.example".to_owned()));
    let (key, certificate) = stage.world.issue("nobody.example");
    let nobody =
        stazh::exchange::wire::NodeIdentity::read(&certificate, &key, &stage.ru.wire.authorities).unwrap();
    let view = stage.wire(&nobody).look("KZ").await.unwrap().view.unwrap();
    assert_eq!((view.caller, view.processes), (None, Vec::new()));
    assert_eq!(stage.journal().await.len(), before);
}

#[tokio::test]
async fn the_end_of_a_certificate_is_told_once_at_each_threshold_whoever_looks() {
    let world = World::new();
    let settings = world.settle("KZ", "RU");
    world.settle("RU", "KZ"); // its authority is trusted
    let identity = Stage::identity_of(&settings);
    let files = settings.certificates();
    let ends = files
        .iter()
        .flat_map(|file| stazh::exchange::seal::certificates_in(&std::fs::read(&file.path).unwrap()).unwrap())
        .map(|facts| facts.not_after);
    let first: Timestamp = ends.min().unwrap();
    let mut ctx = Node::context(&settings, &identity, Arc::new(TestDesk::default())).await.unwrap();
    let mut told = Vec::new();
    for days in [61_i64, 59, 58, 29, 13, 6, 0, -2] {
        ctx.clock = Arc::new(FixedClock::at(first.checked_sub((days * 24).hours()).unwrap()));
        // twice by one process, and once by another that knows nothing of it
        let mut memory = HashSet::new();
        note_endings(&files, &mut memory, &ctx).await.unwrap();
        note_endings(&files, &mut memory, &ctx).await.unwrap();
        note_endings(&files, &mut HashSet::new(), &ctx).await.unwrap();
        let mut tx = ctx.store.read().await.unwrap();
        told.push(journal_list(&mut tx, JournalBy::All, 0, 1_000).await.unwrap().len());
    }
    assert_eq!(told[0], 0, "nothing is to be told before 60 days");
    let certificates = told[1];
    assert!(certificates >= 1, "{told:?}");
    let wanted: Vec<_> = [0, 1, 1, 2, 3, 4, 5, 5].iter().map(|times| times * certificates).collect();
    assert_eq!(told, wanted);
    let mut tx = ctx.store.read().await.unwrap();
    for row in journal_list(&mut tx, JournalBy::All, 0, 1_000).await.unwrap() {
        assert_eq!(
            (row.entry.kind.as_str(), row.entry.code.as_deref()),
            ("ask_person", Some("seal.ends_soon"))
        );
        assert!(!row.entry.detail.contains("fund"), "a subject may be a person: {}", row.entry.detail);
    }
}
