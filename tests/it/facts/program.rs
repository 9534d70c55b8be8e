//! The commands on two nodes of the real program.

use super::{OF_PERSONS, today, wage_summary};
use crate::cli::stazh;
use crate::processes::{Process, also_set, stazh as program, two_nodes};
use std::fs;
use std::path::Path;

#[test]
fn the_catalogue_is_shown_in_both_languages() {
    let folder = tempfile::tempdir().unwrap();
    let (code, out, _) = stazh(folder.path(), &["fact", "kinds"]);
    assert!(code == Some(0) && out.contains("X-LARGE-FAMILY") && out.contains("Large family until"), "{out}");
    let (_, out, _) = stazh(folder.path(), &["fact", "kinds", "--language", "ru", "--state", "BY"]);
    assert!(out.contains("Многодетная") && !out.contains("X-UZ-CATEGORY"), "{out}");
    let (_, out, _) = stazh(folder.path(), &["fact", "kinds", "--json"]);
    let all: Vec<serde_json::Value> = out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(all.iter().any(|kind| kind["kind"] == "X-UZ-CATEGORY" && kind["enabled"] == false), "{out}");
    let (code, _, err) = stazh(folder.path(), &["fact", "kinds", "--state", "UZ"]);
    assert!(code == Some(2) && err.contains("not a member state"), "{err}");
}

fn change(file: &Path, from: &str, to: &str) {
    let text = fs::read_to_string(file).unwrap();
    assert!(text.contains(from), "{text}");
    fs::write(file, text.replacen(from, to, 1)).unwrap();
}

#[test]
fn a_node_without_facts_asks_for_none_and_a_wrong_kind_keeps_it_from_starting() {
    let folder = tempfile::tempdir().unwrap();
    let run = |words: &[&str]| stazh(folder.path(), words);
    let peer = "RU=https://127.0.0.1:1/";
    assert_eq!(run(&["init", "kg", "--state", "KG", "--seal-key", "p256", "--peer", peer]).0, Some(0));
    assert_eq!(run(&["init", "ru", "--state", "RU", "--seal-key", "p256"]).0, Some(0));
    assert_eq!(run(&["init", "kg", "--trust", "ru"]).0, Some(0));
    let question = folder.path().join("question.json");
    fs::write(&question, serde_json::to_string(&wage_summary()).unwrap()).unwrap();
    let (code, out, err) = run(&["fact", "ask", "kg", "question.json"]);
    assert_eq!((code, out.as_str()), (Some(1), ""), "{err}");
    assert!(err.contains("rules.fact_not_configured"), "{err}");
    let node = folder.path().join("kg/node.toml");
    let with = |facts: &str| {
        let text = fs::read_to_string(&node).unwrap();
        let text = text.split("\n[facts]\n").next().unwrap().to_owned();
        fs::write(&node, format!("{text}\n[facts]\n{facts}\n")).unwrap();
    };
    with("gives = [\"X-LARGE-FAMILY\"]");
    let (code, _, err) = run(&["fact", "list", "kg"]);
    assert!(code == Some(3) && err.contains("KG does not keep it; take it out of gives"), "{err}");
    with("takes = [\"X-WAGE-SUMMARY\"]");
    let (code, out, err) = run(&["fact", "ask", "kg", "question.json", "--json"]);
    assert_eq!(code, Some(0), "{err}");
    let sent: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert!(sent["conversation"].is_string(), "{out}");
    let (code, out, _) = run(&["fact", "list", "kg"]);
    assert_eq!((code, out.as_str()), (Some(0), "no fact is kept\nno offer was made\n"));
    let (_, _, logged) = run(&["--log", "debug", "fact", "ask", "kg", "question.json", "--fresh"]);
    assert!(OF_PERSONS.iter().all(|value| !logged.contains(value)), "{logged}");
}

#[test]
fn an_offer_is_made_shown_and_settled_by_commands() {
    let folder = tempfile::tempdir().unwrap();
    let run = |words: &[&str]| stazh(folder.path(), words);
    let peer = "KZ=https://127.0.0.1:1/";
    assert_eq!(run(&["init", "ru", "--state", "RU", "--seal-key", "p256", "--peer", peer]).0, Some(0));
    assert_eq!(run(&["init", "kz", "--state", "KZ", "--seal-key", "p256"]).0, Some(0));
    assert_eq!(run(&["init", "ru", "--trust", "kz"]).0, Some(0));
    let node = folder.path().join("ru/node.toml");
    let text = fs::read_to_string(&node).unwrap();
    fs::write(&node, format!("{text}\n[facts]\ngives = [\"X-EMPLOYED-SINCE\"]\n")).unwrap();
    let local = folder.path().join("ru/local");
    fs::create_dir_all(&local).unwrap();
    let facts = crate::fixtures::fixture("facts/local/ru/facts.csv");
    fs::write(local.join("facts.csv"), fs::read(facts).unwrap()).unwrap();
    let person = "11423648225,Иванов,Алексей,Владимирович,1986-11-14";
    let events = format!(
        "snils,family,given,patronymic,birth_date,id,event,date,state\n{person},e1,retirement,{0},KZ\n{person},e2,retirement,{0},KZ\n",
        today()
    );
    fs::write(local.join("life-events.csv"), events).unwrap();
    let (code, out, err) = run(&["fact", "offer", "ru"]);
    assert_eq!(code, Some(0), "{err}");
    assert!(out.starts_with("2 offers are new\n") && out.contains("waits for the person"), "{out}");
    let (_, out, _) = run(&["fact", "list", "ru", "--json"]);
    let rows: Vec<serde_json::Value> = out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let id = |at: usize| rows[at]["offer"].as_str().unwrap().to_owned();
    let (code, out, err) = run(&["fact", "decline", "ru", &id(0)]);
    assert!(code == Some(0) && out.contains("is settled"), "{err}");
    let (code, _, err) = run(&["fact", "decline", "ru", &id(0)]);
    assert!(code == Some(1) && err.contains("waits for nobody"), "{err}");
    let consent = wage_summary().ground.consent.unwrap();
    fs::write(folder.path().join("consent.json"), serde_json::to_string(&consent).unwrap()).unwrap();
    let (code, _, err) = run(&["fact", "agree", "ru", &id(1), "consent.json"]);
    assert!(code == Some(1) && err.contains("rules.fact_consent_purpose"), "{err}");
    change(&folder.path().join("consent.json"), "means-test", "proactive-service");
    change(&folder.path().join("consent.json"), "\"KG\"", "\"KZ\"");
    let (code, _, err) = run(&["fact", "agree", "ru", &id(1), "consent.json"]);
    assert_eq!(code, Some(0), "{err}");
    let (_, out, _) = run(&["fact", "offer", "ru"]);
    assert!(
        out.starts_with("0 offers are new\n") && out.contains("sent") && out.contains("declined"),
        "{out}"
    );
    let (_, out, _) = run(&["status", "ru", "--json"]);
    let status: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!(status["outbox"]["queued"], 1, "it waits for the peer: {out}");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_programs_exchange_a_fact_once_and_no_log_tells_of_anybody() {
    let folder = tempfile::tempdir().unwrap();
    let (ru, kz) = two_nodes(folder.path());
    also_set(&ru, "[facts]\ntakes = [\"X-ACCOUNT-SINCE\"]");
    also_set(&kz, "[facts]\ngives = [\"X-ACCOUNT-SINCE\"]");
    fs::create_dir_all(kz.join("local")).unwrap();
    let accounts = crate::fixtures::fixture("facts/local/kz/accounts.csv");
    fs::write(kz.join("local/accounts.csv"), fs::read(accounts).unwrap()).unwrap();
    let logs = [folder.path().join("ru.log"), folder.path().join("kz.log")];
    let serve = |node: &Path, log: &Path| {
        let log = fs::File::create(log).unwrap();
        Process::start_with(program().args(["--log", "stazh=debug", "serve"]).stderr(log), node)
    };
    let running = [serve(&ru, &logs[0]), serve(&kz, &logs[1])];
    let question = crate::fixtures::fixture("facts/inquiry-account.json");
    let ask = || {
        let words = ["fact", "ask", ru.to_str().unwrap(), question.to_str().unwrap(), "--json"];
        let (code, out, err) = stazh(folder.path(), &words);
        assert_eq!(code, Some(0), "{err}");
        serde_json::from_str::<serde_json::Value>(&out).unwrap()
    };
    assert!(ask()["conversation"].is_string());
    let begun = std::time::Instant::now();
    while ask()["kept"]["value"]["since"] != "2009-06-15" {
        assert!(begun.elapsed().as_secs() < 60, "no fact came");
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    assert!(fs::read_dir(ru.join("handed-over/facts")).unwrap().count() >= 1);
    drop(running);
    let journals = [&ru, &kz].map(|node| {
        let (code, out, err) = stazh(folder.path(), &["journal", "list", node.to_str().unwrap(), "--json"]);
        assert_eq!(code, Some(0), "{err}");
        out
    });
    for text in logs.iter().map(|log| fs::read_to_string(log).unwrap()).chain(journals) {
        assert!(OF_PERSONS.iter().chain(&["2009-06-15"]).all(|value| !text.contains(value)), "{text}");
    }
}

#[test]
fn the_doctor_tells_of_a_feed_that_is_late_and_of_a_kind_that_does_not_fit() {
    let folder = tempfile::tempdir().unwrap();
    let run = |words: &[&str]| stazh(folder.path(), words);
    assert_eq!(run(&["init", "by", "--state", "BY", "--seal-key", "p256"]).0, Some(0));
    let (_, out, _) = run(&["doctor", "by"]);
    assert!(!out.contains("the facts"), "a node that exchanges none is not bothered: {out}");
    also_set(&folder.path().join("by"), "[facts]\ngives = [\"X-LARGE-FAMILY\"]");
    let (_, out, _) = run(&["doctor", "by"]);
    assert!(out.contains("nothing was ever fed of X-LARGE-FAMILY"), "{out}");
    let families = crate::fixtures::fixture("facts/local/by/families.csv");
    fs::write(folder.path().join("by/local/families.csv"), fs::read(families).unwrap()).unwrap();
    let (_, out, _) = run(&["doctor", "by"]);
    assert!(out.contains("all feeds are in time"), "{out}");
    change(&folder.path().join("by/node.toml"), "X-LARGE-FAMILY", "X-MEASURE");
    let (_, out, _) = run(&["doctor", "by"]);
    assert!(out.contains("BY does not keep it"), "{out}");
}
