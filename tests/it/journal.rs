//! The journal of a real exchange: every hop under all its ids, verified in the database and in a file.

use crate::exchange::{handed_over, inquiry, record};
use crate::nodes::{TestDesk, World};
use crate::processes::{Process, assert_handed_over, inquiries, keep_local, run, stazh, two_nodes};
use sqlx::{Connection, SqliteConnection};
use stazh::base::MessageId;
use stazh::exchange::transit::{LogicalAddress, ServiceAction, ServiceHeaders};
use stazh::exchange::wire::Envelope;
use stazh::flow::compose;
use stazh::store::{Hop, JournalBy, journal_list};
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Runs `stazh journal`; its exit code and what it prints.
fn journal(words: &[&str], paths: &[&Path]) -> (Option<i32>, String) {
    let output =
        Command::new(env!("CARGO_BIN_EXE_stazh")).arg("journal").args(words).args(paths).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap();
    (output.status.code(), text)
}

fn listed(node: &Path, words: &[&str]) -> Vec<serde_json::Value> {
    let (code, text) = journal(&[&["list", "--json"], words].concat(), &[node]);
    assert_eq!(code, Some(0), "{text}");
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Two nodes that have exchanged a record and stopped.
async fn exchanged(world: &World) -> String {
    let kz_desk = Arc::new(TestDesk::knowing(vec![record(1)]));
    let (ru, kz) = world.pair(Arc::new(TestDesk::default()), kz_desk).await;
    let composed = compose(&inquiry(1), ru.flows()).await.unwrap();
    handed_over(ru.flows(), composed.conversation_id).await;
    let rows = journal_list(&mut ru.flows().store.read().await.unwrap(), JournalBy::All, 0, 1_000).await;
    for row in rows.unwrap() {
        assert!(Hop::is_known(&row.entry.kind), "{} is not in the table of events", row.entry.kind);
    }
    ru.stop().await;
    kz.stop().await;
    composed.conversation_id.as_uuid().to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_hop_is_found_by_each_of_the_four_ids() {
    let world = World::new();
    let conversation = exchanged(&world).await;
    let ru = world.folder("RU");
    let all = listed(&ru, &["--conversation", &conversation]);
    let of_kind = |kind: &str| all.iter().find(|entry| entry["kind"] == kind).unwrap();
    assert_eq!((&of_kind("composed")["event"], &of_kind("answered")["event"]), (&2.into(), &3.into()));
    let sent = of_kind("sent");
    assert_eq!((&sent["event"], &sent["direction"]), (&3.into(), &"out".into()));
    assert!(sent["to"].as_str().unwrap().starts_with("EAEU://KZ/CP/P.XP.01/"), "{sent}");
    assert!(sent["reply_to"].as_str().unwrap().starts_with("EAEU://RU/CP/P.XP.01/"), "{sent}");
    let held = of_kind("held");
    assert_eq!((&held["event"], &held["direction"], &held["peer"]), (&1.into(), &"in".into(), &"KZ".into()));
    assert!(held["to"].as_str().unwrap().starts_with("EAEU://RU/CP/P.XP.01/"), "{held}");
    for entry in &all {
        assert!(entry["procedure"].is_string() && entry["action"].is_string(), "{entry}");
    }
    let text = |entry: &serde_json::Value, name: &str| entry[name].as_str().unwrap().to_owned();
    let procedure = text(sent, "procedure");
    assert_eq!(listed(&ru, &["--procedure", &procedure]), all, "one procedure, one conversation");
    let by_document = listed(&ru, &["--document", &text(sent, "document")]);
    assert!(by_document.contains(sent) && by_document.contains(of_kind("composed")), "{by_document:?}");
    let message = text(sent, "message");
    let journey = listed(&ru, &["--message", &message]);
    let kinds: Vec<_> = journey.iter().map(|entry| text(entry, "kind")).collect();
    assert_eq!(kinds[..1], ["composed"], "the journey begins before the message has its id");
    assert!(journey.iter().any(|entry| entry["relates_to"] == *message), "and ends with what answers it");
    let (code, shown) = journal(&["list", "--message", &message], &[&ru]);
    assert_eq!(code, Some(0));
    for told in [&message, &procedure, "2 transformed", "3 sent", "answer P.MSG.RCV", "to KZ", "from KZ"] {
        assert!(shown.contains(told), "{told} is not in\n{shown}");
    }
    assert!(listed(&ru, &["--conversation", &conversation, "--peer", "BY"]).is_empty());
    assert!(listed(&ru, &["--since", "2999-01-01T00:00:00Z"]).is_empty());
    assert_eq!(listed(&ru, &["--limit", "3"]).len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_journal_is_found_out_in_the_database_and_in_a_file() {
    let world = World::new();
    exchanged(&world).await;
    let (ru, kz) = (world.folder("RU"), world.folder("KZ"));
    for node in [&ru, &kz] {
        let (code, text) = journal(&["verify"], &[node]);
        assert_eq!(code, Some(0), "{text}");
        assert!(text.contains("0 entries not linked yet; nothing was changed"), "{text}");
        assert!(text.contains("last sealed at") && text.contains("; 0 links stand behind it"), "{text}");
    }
    let file = ru.join("journal.jsonl");
    assert_eq!(journal(&["export"], &[&ru, &file]).0, Some(0));
    assert_eq!(journal(&["export"], &[&ru, &file]).0, Some(3), "nothing is overwritten");
    let from = |words: &[&str], file: &Path| journal(&[&["verify"], words, &["--from"]].concat(), &[file]);
    let (code, text) = from(&[], &file);
    assert!(code == Some(0) && text.contains("compare its sha-256 with the node's"), "{text}");
    let (own, other) = (ru.join("seal.pem"), kz.join("seal.pem"));
    let (code, text) = from(&["--certificate", own.to_str().unwrap()], &file);
    assert!(code == Some(0) && !text.contains("compare"), "{text}");
    let (code, text) = from(&["--certificate", other.to_str().unwrap()], &file);
    assert!(code == Some(1) && text.contains("by another certificate"), "{text}");
    let whole = std::fs::read_to_string(&file).unwrap();
    let forged = ru.join("forged.jsonl");
    let mut lines: Vec<String> = whole.lines().map(|line| format!("{line}\n")).collect();
    // a seal may stand between two links
    let fourth = (4..lines.len()).find(|at| lines[*at].contains("\"kind\":\"")).unwrap();
    lines[fourth] = lines[fourth].replace("\"kind\":\"", "\"kind\":\"not ");
    std::fs::write(&forged, lines.concat()).unwrap();
    let (code, text) = from(&[], &forged);
    assert!(code == Some(1) && text.contains("BROKEN: link ") && text.contains(": its entry "), "{text}");
    for cut in [whole.len() - 1, whole.len() / 2, whole.rfind("{\"head").unwrap()] {
        std::fs::write(&forged, &whole[..cut]).unwrap();
        let (code, text) = from(&[], &forged);
        assert!(code == Some(3) && text.contains("cut"), "{text}");
    }
    let database = format!("sqlite://{}", ru.join("data/stazh.db").display());
    let mut connection = SqliteConnection::connect(&database).await.unwrap();
    for text in ["UPDATE journal SET code = 'x' WHERE id = 3", "DELETE FROM journal WHERE id = 5"] {
        sqlx::query(text).execute(&mut connection).await.unwrap();
    }
    connection.close().await.unwrap();
    let (code, text) = journal(&["verify"], &[&ru]);
    assert_eq!(code, Some(1), "{text}");
    assert!(
        text.contains("link 3: its entry 3") && text.contains("link 5: its entry 5 was deleted"),
        "{text}"
    );
    assert!(text.contains("2 BREAKS"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_peer_is_asked_for_its_journal_and_tells_of_its_exchange_with_us_alone() {
    let root = tempfile::tempdir().unwrap();
    let (ru, kz) = two_nodes(root.path());
    keep_local(&kz, 0..1);
    let _nodes = [Process::start(&ru), Process::start(&kz)];
    run(stazh().arg("send").arg(&ru).args(inquiries(root.path(), "KZ", 0..1)));
    assert_handed_over(&ru, 0..1).await;
    let sent = listed(&ru, &[]).into_iter().find(|entry| entry["kind"] == "sent").unwrap();
    let message = sent["message"].as_str().unwrap().to_owned();
    let ask = |from: &Path, words: &[&str]| {
        let output = stazh().args(["journal", "ask"]).arg(from).args(words).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap();
        (output.status.code(), text)
    };
    let (code, told) = ask(&ru, &["KZ", "--message", &message, "--json"]);
    assert_eq!(code, Some(0), "{told}");
    let records: Vec<serde_json::Value> =
        told.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let events: Vec<&str> = records.iter().map(|record| record["event"].as_str().unwrap()).collect();
    assert_eq!(events.first(), Some(&"received"), "{told}");
    assert!(records.iter().all(|record| record["message"].as_str().unwrap().contains(&message)), "{told}");
    let (_, more) = ask(&ru, &["KZ", "--message", &message, "--relates", "--json"]);
    assert!(more.lines().count() > records.len() && more.contains("\"sent\""), "{more}");
    let (code, shown) = ask(&kz, &["RU", "--message", &message]);
    assert_eq!(code, Some(0));
    assert!(shown.contains(&message) && shown.contains("sent"), "{shown}");
    let none = "eaddf37f-70db-45ee-9a08-542d2c5589c3";
    let (code, shown) = ask(&ru, &["KZ", "--message", none]);
    assert_eq!(code, Some(0));
    assert_eq!(shown, "the journal of KZ has no such message between you and it\n");
    let kinds: Vec<String> =
        listed(&kz, &[]).iter().map(|entry| entry["kind"].as_str().unwrap().to_owned()).collect();
    for (kind, count) in [("journal_told", 3), ("journal_learnt", 1), ("journal_asked", 1)] {
        assert_eq!(kinds.iter().filter(|own| *own == kind).count(), count, "{kind}");
    }
    let (code, shown) = ask(&ru, &["BY", "--message", none]);
    assert_eq!((code, shown.contains("find peer BY; add it to the settings")), (Some(3), true), "{shown}");
    assert_eq!(ask(&ru, &["KZ", "--message", "7"]).0, Some(2));
    drop(_nodes);
    let (code, shown) = ask(&ru, &["KZ", "--message", none]);
    assert!(code != Some(0) && shown.contains("tell peer KZ"), "{code:?} {shown}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_for_the_journal_that_is_none_is_refused() {
    let world = World::new();
    let (ru, kz) = world.pair(Arc::new(TestDesk::default()), Arc::new(TestDesk::default())).await;
    let question = |segment: &str, from: &str| ServiceHeaders {
        to: LogicalAddress::of_service(segment, "JOURNAL/GET"),
        reply_to: LogicalAddress::of_gate(from),
        action: ServiceAction::JournalGet,
        message_id: MessageId::from_uuid(ru.flows().random.uuid()),
        relates_to: None,
    };
    let post = async |headers: ServiceHeaders, body: &str| {
        let envelope = Envelope::write_service(&headers, body.as_bytes()).unwrap();
        ru.flows().wire.post("KZ", envelope.into()).await.unwrap()
    };
    let body = "<getJournal xmlns:j=\"urn:EEC:Interaction:v1.0:Service:Util:Journal\"><j:MessageID/><j:TrackID/>\
                <j:FindRelates>true</j:FindRelates></getJournal>";
    for (to, from) in [("BY", "RU"), ("KZ", "BY")] {
        let reply = post(question(to, from), body).await;
        assert_eq!(reply.status, 400);
        assert!(String::from_utf8_lossy(&reply.body).contains("soap:Fault"));
    }
    assert_eq!(post(question("KZ", "RU"), body).await.status, 202, "it is held, then judged");
    let begun = Instant::now();
    loop {
        let mut tx = kz.flows().store.read().await.unwrap();
        let rows = journal_list(&mut tx, JournalBy::All, 0, 100).await.unwrap();
        drop(tx);
        let detail = "does not fill exactly one of MessageID and TrackID";
        if rows.iter().any(|row| row.entry.kind == "returned" && row.entry.detail.contains(detail)) {
            break;
        }
        assert!(begun.elapsed() < Duration::from_secs(20), "{rows:?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    ru.stop().await;
    kz.stop().await;
}
