//! The way of one person from a vacancy to an insurance record, by the real program on three nodes: what is shown to whom, and that
//! nothing tells who he is before he shows himself.

use crate::fixtures::fixture;
use crate::processes::{Process, also_set, free_port, run, stazh};
use serde_json::Value;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

/// What tells who the welder of `fixtures/demo/bakyt/welder.json` is.
const KNOWN: [&str; 5] =
    ["Токтосунов", "1985-03-15", "21503198500017", "+996 555 123456", "bakyt@primer.example"];

fn story(name: &str) -> PathBuf {
    fixture(&format!("demo/bakyt/{name}"))
}

fn output(command: &mut Command) -> String {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn refused(command: &mut Command) -> String {
    let output = command.output().unwrap();
    assert!(!output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Files below a path that hold one of the words, byte for byte.
fn holding(path: &Path, words: &[&str]) -> Vec<PathBuf> {
    if path.is_dir() {
        return fs::read_dir(path)
            .unwrap()
            .flat_map(|entry| holding(&entry.unwrap().path(), words))
            .collect();
    }
    let bytes = fs::read(path).unwrap_or_default(); // a file may have gone meanwhile
    let has = |word: &&str| memchr::memmem::find(&bytes, word.as_bytes()).is_some();
    if words.iter().any(has) { vec![path.to_owned()] } else { Vec::new() }
}

/// The nodes of Kyrgyzstan, Kazakhstan and Russia, each trusting the others.
fn three_nodes(root: &Path) -> [PathBuf; 3] {
    let places = ["KG", "KZ", "RU"].map(|state| (state, root.join(state.to_lowercase()), free_port()));
    for (state, folder, port) in &places {
        let mut init = stazh();
        init.arg("init").arg(folder).args(["--seal-key", "p256", "--state", state]);
        init.args(["--listen", &format!("127.0.0.1:{port}")]);
        for (peer, _, at) in places.iter().filter(|(peer, _, _)| peer != state) {
            init.args(["--peer", &format!("{peer}=https://127.0.0.1:{at}/")]);
        }
        run(&mut init);
        also_set(
            folder,
            "[labour]\nenabled = true\nsync_every_ms = 50\nsmall_cell = 1\npublish_within_minutes = 0",
        );
    }
    for (one, folder, _) in &places {
        for (_, other, _) in places.iter().filter(|(peer, _, _)| peer != one) {
            run(stazh().arg("init").arg(folder).arg("--trust").arg(other));
        }
    }
    places.map(|(_, folder, _)| folder)
}

fn give(kg: &Path, terms: &[&str]) -> Value {
    let mut command = stazh();
    command.args(["--log", "trace", "jobs", "consent", "give"]).arg(kg).arg(story("welder.json")).args(terms);
    command.arg("--text").arg(story("consent-ru.txt"));
    command.args(["--text-version", "1", "--language", "ru", "--signature", "one_time_sms"]);
    let log = kg.parent().unwrap().join(format!("give-{}.log", terms.len()));
    let told = output(command.args(["--basis", "KG 58", "--json"]).stderr(File::create(log).unwrap()));
    serde_json::from_str(&told).unwrap()
}

async fn until(what: &str, is_so: impl Fn() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < Duration::from_secs(60), "{what}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Documents of a kind that were handed over.
fn handed(node: &Path, document: &str) -> Vec<PathBuf> {
    let files = fs::read_dir(node.join("handed-over/jobs")).into_iter().flatten();
    let files = files
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "json"));
    let named = format!("\"document\":\"{document}\"");
    let is_it = |path: &PathBuf| fs::read_to_string(path).unwrap().replace(": ", ":").contains(&named);
    files.filter(is_it).collect()
}

/// How many insurance records the pension side was told.
fn records(node: &Path) -> usize {
    let files = fs::read_dir(node.join("handed-over")).into_iter().flatten();
    files
        .filter(|entry| entry.as_ref().unwrap().path().extension().is_some_and(|ending| ending == "json"))
        .count()
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_learns_who_a_person_is_before_he_shows_himself_and_then_one_employer_does() {
    let root = tempfile::tempdir().unwrap();
    let root = root.path();
    let [kg, kz, ru] = three_nodes(root);
    let _nodes = [("kg", &kg), ("kz", &kz), ("ru", &ru)].map(|(name, folder)| {
        let log = File::create(root.join(format!("{name}.log"))).unwrap();
        Process::start_with(stazh().args(["--log", "trace", "serve"]).stderr(log), folder)
    });
    run(stazh().args(["jobs", "publish"]).arg(&kz).arg(story("vacancies-kz.jsonl")));
    run(stazh().args(["jobs", "publish"]).arg(&ru).arg(story("vacancies-ru.jsonl")));
    let sections = "occupation,experience_years,skills,languages,location,relocation";
    let cv = give(&kg, &["--to", "RU,KZ", "--sections", sections]);
    let profiles = |node: &Path| {
        let told = output(stazh().args(["jobs", "mirror"]).arg(node).args(["--list", "profile"]));
        told.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()).collect::<Vec<_>>()
    };
    until("the profile comes", || !profiles(&kz).is_empty() && !profiles(&ru).is_empty()).await;
    let (at_kz, at_ru) = (profiles(&kz)[0].clone(), profiles(&ru)[0].clone());
    assert_ne!(at_kz["reference"], at_ru["reference"], "two peers could compare theirs");
    until("the vacancies come", || {
        let mirror = output(stazh().args(["jobs", "mirror"]).arg(&kg).args(["--list", "vacancy"]));
        mirror.lines().count() == 16
    })
    .await;

    // the index of the node: posts of both states, and how old what it has is
    run(stazh().args(["jobs", "index"]).arg(&kg));
    let search = |more: &[&str]| {
        let mut command = stazh();
        command.args(["jobs", "search"]).arg(&kg).arg("--profile").arg(story("welder.json"));
        output(command.arg("--rates").arg(story("rates.toml")).args(["--on", "2027-09-06"]).args(more))
    };
    let told: Value = serde_json::from_str(&search(&["--json"])).unwrap();
    let states: Vec<&str> = told["page"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["vacancy"]["reference"]["state"].as_str().unwrap())
        .collect();
    assert!(states.contains(&"RU") && states.contains(&"KZ"), "{states:?}");
    assert!(told["sources"].as_array().unwrap().iter().all(|source| source["answers"] == true), "{told}");
    let told = search(&["--state", "KZ"]);
    assert!(told.contains("KZ takes nobody without its certificate for 7212"), "{told}");
    assert!(told.contains("RU: as of ") && told.contains("KZ: as of "), "{told}");

    let mut interest: Value = serde_json::from_slice(&fs::read(story("interest.json")).unwrap()).unwrap();
    interest["profile"] = at_kz["reference"].clone();
    let file = root.join("interest.json");
    fs::write(&file, interest.to_string()).unwrap();
    run(stazh().arg("send").arg(&kz).arg(&file).args(["--to", "KG"]));
    until("the interest comes", || !handed(&kg, "interest").is_empty()).await;
    let interest = handed(&kg, "interest").remove(0);
    let reveal = |consent: &Value| {
        let mut command = stazh();
        command.args(["jobs", "reveal"]).arg(&kg).arg(&interest).arg(story("welder.json"));
        command.args(["--consent", consent["consent"].as_str().unwrap()]);
        command.args(["--fields", "name,contacts,experience_history"]);
        command
    };
    let told = refused(&mut reveal(&cv));
    assert!(told.contains("a consent for cv_search"), "a consent to be found is none to be shown: {told}");

    // before: no log and no byte of a database, of a peer or in a log at home
    let logs =
        || fs::read_dir(root).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_file());
    let logs: Vec<PathBuf> =
        logs().filter(|path| path.extension().is_some_and(|ending| ending == "log")).collect();
    let tells_all = |path: &PathBuf| fs::read_to_string(path).unwrap().contains("TRACE");
    assert!(logs.len() >= 4 && logs.iter().any(tells_all), "{logs:?}");
    for place in logs.iter().chain([&kz, &ru]) {
        assert_eq!(holding(place, &KNOWN), Vec::<PathBuf>::new(), "it tells who he is");
    }

    let consent = give(&kg, &["--purpose", "reveal", "--to", "KZ", "--sections", "experience_history"]);
    run(&mut reveal(&consent));
    until("the reveal comes", || !handed(&kz, "reveal").is_empty()).await;
    assert!(!holding(&kz, &KNOWN[..1]).is_empty(), "the search finds a name where there is one");
    let shown = output(stazh().args(["jobs", "consent", "show"]).arg(&kg).arg(story("welder.json")));
    assert!(shown.contains("in KZ for KZ/enbek/K-201") && shown.contains("name, contacts"), "{shown}");
    // the same reveal by hand to another state does not leave
    let came: Value = serde_json::from_slice(&fs::read(handed(&kz, "reveal").remove(0)).unwrap()).unwrap();
    let file = root.join("reveal.json");
    fs::write(&file, came["record"].to_string()).unwrap();
    let told = refused(stazh().arg("send").arg(&kg).arg(&file).args(["--to", "RU"]));
    assert!(told.contains("another state than that of the vacancy"), "{told}");

    // the story's days have not come yet
    let record = fs::read_to_string(story("employment-record.json")).unwrap();
    let file = root.join("employment-record.json");
    fs::write(&file, record.replace("2028-", "2026-").replace("2027-", "2025-")).unwrap();
    run(stazh().arg("send").arg(&kz).arg(&file).args(["--to", "KG"]));
    until("both pension sides have the record", || (records(&kg), records(&kz)) == (1, 1)).await;
    assert!(handed(&kg, "employment-record").len() == 1 && handed(&kz, "employment-record").is_empty());

    for consent in [&cv, &consent] {
        let id = consent["consent"].as_str().unwrap();
        run(stazh().args(["jobs", "consent", "withdraw"]).arg(&kg).arg(id));
    }
    until("the end of the reveal comes", || !handed(&kz, "reveal-end").is_empty()).await;
    until("what was shown is taken back", || handed(&kz, "reveal").is_empty()).await;
    until("and erased", || {
        let told: Value =
            serde_json::from_str(&output(stazh().args(["jobs", "retention"]).arg(&kz).arg("--json")))
                .unwrap();
        let class =
            told["classes"].as_array().unwrap().iter().find(|one| one["class"] == "revealed_contacts");
        class.unwrap()["kept"] == 0
    })
    .await;
    until("both prove the deletion", || {
        output(stazh().args(["jobs", "consent", "missing"]).arg(&kg)).contains("every erasure is confirmed")
    })
    .await;
    assert!(profiles(&kz).is_empty() && profiles(&ru).is_empty());
    let shown = output(stazh().args(["jobs", "consent", "show"]).arg(&kg).arg(story("welder.json")));
    assert_eq!(shown.matches("and the key of its seals").count(), 2, "{shown}");
    assert!(shown.contains(", ended at "), "{shown}");
    for place in [&ru, &root.join("ru.log"), &root.join("kz.log")] {
        assert_eq!(holding(place, &KNOWN), Vec::<PathBuf>::new(), "it tells who he is");
    }
    assert_eq!((records(&kg), records(&kz)), (1, 1), "the records of the treaty's channel stay");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_state_that_does_not_answer_is_named_and_what_was_had_of_it_is_shown() {
    let root = tempfile::tempdir().unwrap();
    let [kg, kz, ru] = three_nodes(root.path());
    run(stazh().args(["jobs", "publish"]).arg(&kz).arg(story("vacancies-kz.jsonl")));
    {
        let _kz = Process::start(&kz);
        run(stazh().args(["jobs", "sync"]).arg(&kg).args(["--once", "--from", "KZ"]));
    }
    run(stazh().args(["jobs", "index"]).arg(&kg));
    let search = |words: &str| {
        let mut command = stazh();
        output(command.args(["jobs", "search"]).arg(&kg).args(["--words", words]))
    };
    let told = search("электросварщик");
    assert!(
        told.contains("K-201") && told.contains("! RU has not answered yet: nothing of it is shown"),
        "{told}"
    );
    // what closed there is gone from the index once it is made anew
    let closed = fs::read_to_string(story("vacancies-kz.jsonl")).unwrap().replace("\"open\"", "\"closed\"");
    let file = root.path().join("closed.jsonl");
    fs::write(&file, closed.lines().next().unwrap()).unwrap();
    run(stazh().args(["jobs", "publish"]).arg(&kz).arg(&file));
    {
        let _kz = Process::start(&kz);
        run(stazh().args(["jobs", "sync"]).arg(&kg).args(["--once", "--from", "KZ"]));
    }
    run(stazh().args(["jobs", "index"]).arg(&kg));
    let told =
        stazh().args(["jobs", "search"]).arg(&kg).args(["--words", "электросварщик"]).output().unwrap();
    assert!(!String::from_utf8_lossy(&told.stdout).contains("K-201"));
    let refused = refused(stazh().args(["jobs", "search"]).arg(&ru).args(["--words", "повар"]));
    assert!(refused.contains("make one with stazh jobs index"), "{refused}");
}
