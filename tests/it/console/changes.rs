//! Changes of the node that two persons make, what is asked for and taken back, and what the journal says of each.

use crate::labour_sync::journal;
use crate::people::{Caller, House};
use openssl::x509::X509;
use reqwest::StatusCode;
use stazh::access::Role;
use stazh::exchange::canonical::State;
use stazh::exchange::seal::sha256;
use stazh::flow::upkeep::{Placing, put_approved};
use std::time::{Duration, Instant};

/// What was asked for, out of where the answer leads.
async fn asked(caller: &Caller, path: &str, fields: &[(&str, &str)]) -> String {
    let answer = caller.post(path, fields).await;
    let to = answer.header("location").to_owned();
    to.strip_prefix("/console/asked/").unwrap_or_else(|| panic!("{path}: {} {}", to, answer.text)).to_owned()
}

/// A22: which appeal or defect a change resolves.
const RESOLVES: (&str, &str) = ("resolves", "X-17");

async fn decide(caller: &Caller, approval: &str, verdict: &str) -> StatusCode {
    let fields = [("verdict", verdict), ("verdict_reason", "not now")];
    caller.post(&format!("/console/approvals/{approval}/decide"), &fields).await.status
}

/// The stages of a command's acts, the first first.
async fn stages(house: &House, login: &str, command: &str) -> Vec<String> {
    let acts = house.acts_of(login).await.into_iter().rev().filter(|act| act.command == command);
    acts.map(|act| act.stage.or(act.code).unwrap_or_default()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_profile_counts_when_another_administrator_has_approved_exactly_it() {
    let house = House::open_with_forms().await;
    for (login, role) in [
        ("a.system", Role::SystemAdministrator),
        ("b.system", Role::SystemAdministrator),
        ("c.cyber", Role::CyberAdministrator),
    ] {
        house.employ(login, role).await;
    }
    let (one, two) = (house.let_in("a.system").await, house.let_in("b.system").await);
    let text = include_str!("../../../schemas/profiles/kz/contracts.toml").replace("1.0.0", "7.7.7");
    let form = one.get("/console/profiles/change?profile_name=contracts.toml").await;
    assert_eq!(form.status, StatusCode::OK);
    for (name, wrong) in [
        ("contracts.toml", "[profile]\nstate = "),
        ("contracts.toml", &*text.replace("state = \"KZ\"", "state = \"RU\"")),
        ("contracts.toml", &*text.replace("record = \"period\"", "record = \"elephant\"")),
        ("../contracts.toml", &*text),
        ("contracts.json", &*text),
        ("Contracts.toml", &*text),
    ] {
        let fields = [("profile_name", name), ("profile_text", wrong), RESOLVES];
        let answer = one.post("/console/profiles/change", &fields).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{name}: {}", answer.text);
    }
    let fields = [("profile_name", "contracts.toml"), ("profile_text", &*text), RESOLVES];
    let id = asked(&one, "/console/profiles/change", &fields).await;
    let place = house.folder().join("profiles/contracts.toml");
    assert!(!place.exists(), "it waits");
    let seen = two.get(&format!("/console/approvals/{id}/decide")).await;
    assert!(
        seen.text.contains("7.7.7") && seen.text.contains("canonical ="),
        "it is read before it is approved"
    );
    assert_eq!(decide(&one, &id, "approve").await, StatusCode::FORBIDDEN, "the same pair of eyes");
    let cyber = house.let_in("c.cyber").await;
    assert_eq!(decide(&cyber, &id, "approve").await, StatusCode::FORBIDDEN, "A1: it is not for his role");
    assert!(!place.exists());
    assert_eq!(decide(&two, &id, "approve").await, StatusCode::SEE_OTHER);
    assert_eq!(std::fs::read_to_string(&place).unwrap(), text);
    assert!(one.get("/console/profiles").await.text.contains("7.7.7"), "it counts at once");
    assert_eq!(decide(&two, &id, "approve").await, StatusCode::UNPROCESSABLE_ENTITY, "once");
    let told = stages(&house, "a.system", "profile-change").await;
    let mut wanted = vec!["opened"];
    wanted.extend(["asked", "failed"].repeat(6));
    wanted.extend(["asked", "waiting"]);
    assert_eq!(told, wanted);
    assert_eq!(stages(&house, "b.system", "profile-change").await, ["done"]);
    assert_eq!(
        stages(&house, "b.system", "approval-decide").await,
        ["asked", "done", "asked", "failed", "failed"]
    );
}

/// Each machine of a node puts in place what was approved, whichever machine was spoken to, once and again until it can; what a
/// hand changed since is not undone.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_approved_is_put_in_place_by_every_machine_and_by_each_once() {
    let house = House::open_with_forms().await;
    for login in ["a.system", "b.system"] {
        house.employ(login, Role::SystemAdministrator).await;
    }
    let (one, two) = (house.let_in("a.system").await, house.let_in("b.system").await);
    let text = include_str!("../../../schemas/profiles/kz/contracts.toml").replace("1.0.0", "7.7.7");
    let fields = [("profile_name", "contracts.toml"), ("profile_text", &*text), RESOLVES];
    let id = asked(&one, "/console/profiles/change", &fields).await;
    // the folder cannot be written: it is approved all the same, and told
    let (folder, place) = (house.folder().join("profiles"), house.folder().join("profiles/contracts.toml"));
    let _ = std::fs::remove_dir_all(&folder); // there may be none yet
    std::fs::write(&folder, "in the way").unwrap();
    assert_eq!(decide(&two, &id, "approve").await, StatusCode::SEE_OTHER);
    let seen = two.get(&format!("/console/approvals/{id}")).await.text;
    assert!(seen.contains("not in place on this machine yet"), "{seen}");
    assert!(journal(house.flows(), "not_placed").await.iter().any(|told| told.contains(&id)));
    let mut placing = Placing::default();
    for _again in 0..2 {
        assert_eq!(put_approved(&mut placing, house.flows()).await.unwrap().len(), 1);
    }
    std::fs::remove_file(&folder).unwrap();
    assert!(put_approved(&mut placing, house.flows()).await.unwrap().is_empty());
    assert_eq!(std::fs::read_to_string(&place).unwrap(), text);
    assert!(!two.get(&format!("/console/approvals/{id}")).await.text.contains("not in place"));
    // a hand has changed it since
    std::fs::write(&place, text.replace("7.7.7", "8.8.8")).unwrap();
    assert!(put_approved(&mut placing, house.flows()).await.unwrap().is_empty());
    assert!(std::fs::read_to_string(&place).unwrap().contains("8.8.8"));
    // another machine on the same database has neither
    std::fs::remove_dir_all(&folder).unwrap();
    std::fs::remove_file(house.folder().join("data/changes.json")).unwrap();
    assert!(put_approved(&mut placing, house.flows()).await.unwrap().is_empty());
    assert_eq!(std::fs::read_to_string(&place).unwrap(), text);
    assert!(journal(house.flows(), "placed").await.len() >= 2, "by each");
}

/// Of two changes of one thing the one counts that was approved last, not the one that was asked for last.
#[tokio::test(flavor = "multi_thread")]
async fn rules_of_ones_own_count_when_another_administrator_has_approved_exactly_them() {
    let house = House::open().await;
    for (login, role) in [
        ("a.system", Role::SystemAdministrator),
        ("b.system", Role::SystemAdministrator),
        ("c.cyber", Role::CyberAdministrator),
        ("d.clerk", Role::Clerk),
    ] {
        house.employ(login, role).await;
    }
    let (one, two) = (house.let_in("a.system").await, house.let_in("b.system").await);
    assert_eq!(house.let_in("d.clerk").await.get("/console/own-rules").await.status, StatusCode::FORBIDDEN);
    let form = one.get("/console/own-rules/change?rule_name=terms").await;
    assert!(form.text.contains("kind = &quot;amounts&quot;") || form.text.contains("kind = \"amounts\""));
    let built_in = include_str!("../../../schemas/treaty/terms.toml");
    let terms = |days: u16| {
        let (head, rest) = built_in.split_once("kind = \"amounts\"\ncount = 10\n").unwrap();
        format!("{head}kind = \"amounts\"\ncount = {days}\n{rest}")
    };
    for (name, wrong) in [
        ("terms", "[[term]]\nkind = \"amounts\"\n"),
        ("terms", &*terms(0)),
        ("terms", "[KG]\noff = [\"2026-11-30\"]\n"),
        ("working-days", "[KG]\nholidays = [\"02-30\"]\n"),
        ("working-days", built_in),
        ("node", built_in),
        ("../terms", built_in),
    ] {
        let fields = [("rule_name", name), ("rule_text", wrong), RESOLVES];
        let answer = one.post("/console/own-rules/change", &fields).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{name}: {}", answer.text);
    }
    let ask = async |text: &str, name: &str| {
        let fields = [("rule_name", name), ("rule_text", text), RESOLVES];
        asked(&one, "/console/own-rules/change", &fields).await
    };
    let (first, second) = (ask(&terms(11), "terms").await, ask(&terms(12), "terms").await);
    let days = ask("[KG]\noff = [\"2026-11-30\"]\n", "working-days").await;
    let place = house.folder().join("terms.toml");
    assert!(!place.exists(), "it waits");
    assert_eq!(decide(&one, &first, "approve").await, StatusCode::FORBIDDEN, "the same pair of eyes");
    let cyber = house.let_in("c.cyber").await;
    assert_eq!(decide(&cyber, &first, "approve").await, StatusCode::FORBIDDEN, "A1: it is not for his role");
    for id in [&second, &first, &days] {
        assert_eq!(decide(&two, id, "approve").await, StatusCode::SEE_OTHER);
    }
    assert_eq!(std::fs::read_to_string(&place).unwrap(), terms(11));
    let counts = || house.flows().cases.book.get().terms.term("amounts", State::Ru, State::Kg).unwrap().count;
    let begun = Instant::now();
    while counts() != 11 {
        assert!(begun.elapsed() < Duration::from_secs(60), "the watch over files did not take it up");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert!(put_approved(&mut Placing::default(), house.flows()).await.unwrap().is_empty());
    assert_eq!(std::fs::read_to_string(&place).unwrap(), terms(11), "nothing swings back");
    let shown = one.get("/console/own-rules").await.text;
    assert_eq!(shown.matches("This state&#39;s own").count() + shown.matches("This state's own").count(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_that_lie_beside_ours_take_their_place_when_the_other_administrator_approves_them() {
    let house = House::open().await;
    house.employ("a.system", Role::SystemAdministrator).await;
    house.employ("c.cyber", Role::CyberAdministrator).await;
    let (system, cyber) = (house.let_in("a.system").await, house.let_in("c.cyber").await);
    let answer = system.post("/console/keys/replace", &[RESOLVES]).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "nothing lies there");
    let at = |name: &str| house.folder().join(name);
    let put = |name: &str, bytes: &[u8]| std::fs::write(at(name), bytes).unwrap();
    let (first, second) = (house.issue_for_seals("first"), house.issue_for_seals("second"));
    // half of a pair is none
    put("seal.pem.next", &first.certificate);
    let answer = system.post("/console/keys/replace", &[RESOLVES]).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", answer.text);
    assert!(system.get("/console/keys").await.text.contains("cannot take their place"));
    put("seal.key.next", &first.key);
    let id = asked(&system, "/console/keys/replace", &[RESOLVES]).await;
    // others lie there by the time it is approved
    put("seal.pem.next", &second.certificate);
    put("seal.key.next", &second.key);
    assert_eq!(decide(&cyber, &id, "approve").await, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(decide(&cyber, &id, "reject").await, StatusCode::SEE_OTHER);
    let old = std::fs::read(at("seal.key")).unwrap();
    let id = asked(&system, "/console/keys/replace", &[RESOLVES]).await;
    assert_eq!(decide(&system, &id, "approve").await, StatusCode::FORBIDDEN);
    assert_eq!(decide(&cyber, &id, "approve").await, StatusCode::SEE_OTHER);
    assert_eq!(std::fs::read(at("seal.key")).unwrap(), second.key);
    assert_eq!(std::fs::read(at("seal.key.before")).unwrap(), old);
    assert!(!at("seal.pem.next").exists() && !at("seal.key.next").exists());
    let wanted = sha256(&X509::stack_from_pem(&second.certificate).unwrap()[0].to_der().unwrap());
    let begun = Instant::now();
    while house.flows().signers.get().fingerprints().unwrap() != [wanted] {
        assert!(begun.elapsed() < Duration::from_secs(60), "the watch over keys did not take it up");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert!(system.get("/console/keys").await.text.contains(&wanted.to_string()));
    assert_eq!(stages(&house, "c.cyber", "key-replace").await, ["done"]);
}

/// A22: nothing of the node is changed but to resolve an appeal or defect, whose number is journalled and shown to whoever approves.
#[tokio::test(flavor = "multi_thread")]
async fn a22_a_change_names_the_appeal_or_defect_that_it_resolves() {
    let house = House::open_with_forms().await;
    for login in ["a.system", "b.system"] {
        house.employ(login, Role::SystemAdministrator).await;
    }
    let (one, two) = (house.let_in("a.system").await, house.let_in("b.system").await);
    let text = include_str!("../../../schemas/profiles/kz/contracts.toml");
    let change = [("profile_name", "contracts.toml"), ("profile_text", text)];
    for (path, fields) in [("/console/profiles/change", &change[..]), ("/console/keys/replace", &[])] {
        let answer = one.post(path, fields).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{path}");
        let blank = [fields, &[("resolves", "  ")]].concat();
        assert_eq!(one.post(path, &blank).await.status, StatusCode::UNPROCESSABLE_ENTITY, "{path}");
    }
    let id = asked(&one, "/console/profiles/change", &[&change[..], &[RESOLVES]].concat()).await;
    assert!(two.get(&format!("/console/approvals/{id}")).await.text.contains("X-17"));
    assert_eq!(decide(&two, &id, "approve").await, StatusCode::SEE_OTHER);
    let acts = house.acts_of("a.system").await;
    let told = acts.iter().find(|act| act.stage.as_deref() == Some("waiting")).unwrap();
    assert_eq!((told.purpose.as_deref(), told.served.as_deref()), (Some("maintenance"), Some("X-17")));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_asked_takes_it_back_and_nobody_else_does() {
    let house = House::open_with_forms().await;
    for login in ["a.system", "b.system"] {
        house.employ(login, Role::SystemAdministrator).await;
    }
    let (one, two) = (house.let_in("a.system").await, house.let_in("b.system").await);
    let text = include_str!("../../../schemas/profiles/kz/contracts.toml");
    let fields = [("profile_name", "contracts.toml"), ("profile_text", text), RESOLVES];
    let id = asked(&one, "/console/profiles/change", &fields).await;
    let own = format!("/console/asked/{id}");
    assert!(one.get("/console/asked").await.text.contains(&own));
    assert!(!two.get("/console/asked").await.text.contains(&own));
    assert_eq!(two.get(&own).await.status, StatusCode::NOT_FOUND);
    assert_eq!(two.post(&format!("{own}/withdraw"), &[]).await.status, StatusCode::NOT_FOUND);
    assert_eq!(one.post(&format!("{own}/withdraw"), &[]).await.header("location"), own);
    assert!(one.get(&own).await.text.contains("Withdrawn"), "{}", one.get(&own).await.text);
    assert_eq!(decide(&two, &id, "approve").await, StatusCode::UNPROCESSABLE_ENTITY, "it waits no more");
    let again = one.post(&format!("{own}/withdraw"), &[]).await;
    assert_eq!(again.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(!house.folder().join("profiles/contracts.toml").exists());
    assert_eq!(stages(&house, "a.system", "approval-withdraw").await[..2], ["asked", "done"]);
}

/// A2: who opens the form has sent nothing, and what failed is told as that. A5: a query that serves no open case is told to
/// the administrator of cyber security, one that does is not.
#[tokio::test(flavor = "multi_thread")]
async fn a2_a5_the_journal_tells_what_was_opened_and_failed_and_what_served_no_open_case() {
    let house = House::open_with_cases().await;
    house.employ("a.clerk", Role::Clerk).await;
    house.employ("c.cyber", Role::CyberAdministrator).await;
    let clerk = house.let_in("a.clerk").await;
    let board = clerk.get("/console/cases").await.text;
    let case = board.split("href=\"/console/cases/").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let case = format!("/console/cases/{case}");
    assert_eq!(clerk.get(&format!("{case}/send?document_kind=reminder")).await.status, StatusCode::OK);
    assert!(stages(&house, "a.clerk", "case-send").await.is_empty());
    assert_eq!(stages(&house, "a.clerk", "case-draft").await, [""]);
    let answer = clerk.post(&format!("{case}/send"), &[]).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(stages(&house, "a.clerk", "case-send").await, ["asked", "failed"]);
    assert_eq!(clerk.get(&case).await.status, StatusCode::OK);
    let flags = house.acts_of("a.clerk").await.into_iter().filter_map(|act| act.flag).collect::<Vec<_>>();
    assert!(flags.is_empty(), "{flags:?}");

    let fields = [("number", "850315300018"), ("purpose", "court"), ("reason", "KZ-0000-1")];
    assert_eq!(clerk.post("/console/persons", &fields).await.status, StatusCode::OK);
    let flagged: Vec<_> =
        house.acts_of("a.clerk").await.into_iter().filter(|act| act.flag.is_some()).collect();
    assert_eq!(flagged.len(), 1);
    assert_eq!(flagged[0].flag.as_deref(), Some("access.no_open_case"));
    let cyber = house.let_in("c.cyber").await;
    let seen = cyber.get("/console/acts?flagged=yes").await.text;
    assert!(seen.contains("access.no_open_case") && seen.contains("a.clerk"), "{seen}");
    assert!(!seen.contains("850315300018"), "no number stands in the journal");
    assert_eq!(seen.matches("<tr>").count(), 2, "a head, and what is to be looked at");
}
