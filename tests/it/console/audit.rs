//! What an auditor takes away: the journal of acts and the audit of the node as signed files, and who saw a person.

use crate::people::House;
use reqwest::StatusCode;
use serde_json::Value;
use stazh::access::Role;
use stazh::exchange::seal::Witness;
use stazh::flow::{SignedFile, certificates_of, check_signed_file};

pub(crate) fn witness(file: &[u8]) -> Witness {
    let mut witness = Witness::default();
    for der in certificates_of(file).unwrap() {
        witness.add_der(&der).unwrap();
    }
    witness
}

/// A25, A26: configuration, versions, accounts and open incidents, and the journal, as files that whoever has the certificate checks.
#[tokio::test(flavor = "multi_thread")]
async fn a25_journal_and_audit_leave_as_signed_files_for_who_may() {
    let house = House::open().await;
    for (login, role) in [
        ("a.auditor", Role::Auditor),
        ("c.cyber", Role::CyberAdministrator),
        ("a.system", Role::SystemAdministrator),
        ("a.clerk", Role::Clerk),
    ] {
        house.employ(login, role).await;
    }
    let (auditor, clerk) = (house.let_in("a.auditor").await, house.let_in("a.clerk").await);
    let fields = [("appeal_kind", "failure"), ("subject", "<b>x</b>"), ("text", "y"), ("contact", "z")];
    assert_eq!(clerk.post("/console/appeals/new", &fields).await.status, StatusCode::SEE_OTHER);
    for path in ["/console/acts/export", "/console/audit/file", "/console/audit"] {
        assert_eq!(clerk.get(path).await.status, StatusCode::FORBIDDEN, "{path}");
        let system = house.let_in("a.system").await;
        assert_eq!(system.get(path).await.status, StatusCode::FORBIDDEN, "A1: {path}");
        let cyber = house.let_in("c.cyber").await;
        assert_eq!(cyber.get(path).await.status, StatusCode::OK, "{path}");
    }
    let audit = auditor.get("/console/audit/file").await.text;
    let view: Value = serde_json::from_str(audit.lines().nth(1).unwrap()).unwrap();
    assert_eq!(view["accounts"].as_array().unwrap().len(), 4);
    assert_eq!(view["incidents"][0]["source"], "user");
    assert!(view["configuration"]["peer_RU"].is_string() && view["program"].is_string());
    assert!(
        !audit.contains("seal.key") && !audit.contains(house.folder().to_str().unwrap()),
        "no path is told"
    );
    let page = auditor.get("/console/audit").await;
    assert!(page.text.contains("peer_RU") && page.status == StatusCode::OK);

    let acts = auditor.get("/console/acts/export").await;
    assert!(acts.header("content-disposition").contains(".jsonl"));
    let file = acts.text.into_bytes();
    let SignedFile::Whole { lines } = check_signed_file(&file, &witness(&file)) else {
        panic!("it is signed")
    };
    assert!(lines > 10, "{lines}");
    let text = String::from_utf8(file.clone()).unwrap();
    assert!(text.contains("a.clerk") && text.contains("appeal-file") && text.contains("access.role"));
    // by whoever: a line changed, taken out, put in, cut off, or signed by another
    let all: Vec<&str> = text.lines().collect();
    let changed = [
        text.replacen("a.clerk", "b.clerk", 1),
        [&all[..2], &all[3..]].concat().join("\n"),
        [&all[..2], &all[1..]].concat().join("\n"),
        all[..all.len() - 1].join("\n"),
        String::new(),
    ];
    for broken in changed {
        let found = check_signed_file(broken.as_bytes(), &witness(&file));
        assert!(matches!(found, SignedFile::Changed(_)), "{found:?}");
    }
    assert!(matches!(check_signed_file(&file, &Witness::default()), SignedFile::Unknown(_)));
    let none = auditor.get("/console/acts/export?from_day=2020-01-01&to_day=2020-01-02").await;
    assert_eq!(none.text.lines().count(), 2, "a head, and a signature");
    let wrong = auditor.get("/console/acts/export?from_day=2026-02-02&to_day=2026-01-01").await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
}

/// A5: who opened a case of a person saw him, though nobody searched for him.
#[tokio::test(flavor = "multi_thread")]
async fn a5_who_opened_a_case_of_a_person_is_found_by_his_number() {
    let house = House::open_with_cases().await;
    house.employ("a.clerk", Role::Clerk).await;
    house.employ("c.cyber", Role::CyberAdministrator).await;
    let clerk = house.let_in("a.clerk").await;
    let board = clerk.get("/console/cases").await.text;
    let mut number = None;
    for link in board.split("href=\"").filter(|link| link.starts_with("/console/cases/")) {
        let page = clerk.get(link.split('"').next().unwrap()).await.text;
        let told = page.split("<dd>").filter_map(|rest| rest.split("</dd>").next());
        number = number.or(told.map(str::to_owned).find(|text| {
            stazh::exchange::canonical::Identifier::parse(
                stazh::exchange::canonical::IdentifierKind::Snils,
                text,
            )
            .is_ok()
        }));
    }
    let number = number.expect("a case is about a person with a number");
    let cyber = house.let_in("c.cyber").await;
    let fields = [("number_kind", "SNILS"), ("number", &*number), ("purpose", "check"), ("reason", "7")];
    let saw = cyber.post("/console/acts/of-person", &fields).await;
    assert_eq!(saw.status, StatusCode::OK);
    assert!(saw.text.contains("a.clerk") && saw.text.contains("Read a case"), "{}", saw.text);
}

/// The doctor looks the node over from the page of peers, for who may.
#[tokio::test(flavor = "multi_thread")]
async fn the_node_is_looked_over_from_its_page() {
    let house = House::open().await;
    house.employ("a.system", Role::SystemAdministrator).await;
    house.employ("a.clerk", Role::Clerk).await;
    let system = house.let_in("a.system").await;
    assert!(system.get("/console/peers").await.text.contains("/console/peers/examine"));
    let found = system.post("/console/peers/examine", &[]).await;
    assert_eq!(found.status, StatusCode::OK);
    assert!(found.text.contains("peer RU") && found.text.contains("doctor.peer_away"), "{}", found.text);
    let clerk = house.let_in("a.clerk").await;
    assert_eq!(clerk.post("/console/peers/examine", &[]).await.status, StatusCode::FORBIDDEN);
}
