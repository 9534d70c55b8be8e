//! Every document of a check stands as the rules accept it. `STAZH_UPDATE=1` writes them anew.

use crate::fixtures::fixture;
use stazh::base::{DocumentId, Limits};
use stazh::exchange::canonical::{
    CheckAnswer, CheckBatch, CheckDocument, CheckOpening, CheckReply, CheckResult, CheckSaid, Marks, Points,
    RecordId, State,
};
use stazh::exchange::document::codec::{Header, HeaderText, check_root, encode_check};
use stazh::exchange::rules::{Catalogue, Rules};
use std::fs;

fn number() -> RecordId {
    "KZ-RU-2026-11-30-4f1c".parse().unwrap()
}

fn point(byte: u8) -> [u8; 32] {
    let mut bytes = [byte; 32];
    bytes[31] = 0x3f;
    bytes
}

/// Each with its name and whether it answers.
fn documents() -> Vec<(&'static str, CheckDocument, bool)> {
    let number = number();
    let mut marks = Marks::none_of(11);
    [0, 3, 10].into_iter().for_each(|at| marks.mark(at));
    let opening = CheckOpening {
        number: number.clone(),
        state: State::Kz,
        as_of: "2026-11-30".parse().unwrap(),
        kinds: vec!["kz-funded-age".parse().unwrap(), "ru-old-age".parse().unwrap()],
        ground: "simultaneous-payment".parse().unwrap(),
        scheme: "X-R255-SHA512-1".parse().unwrap(),
        size: 2,
        batch: 15_360,
    };
    let refused = CheckSaid::Refused { reason: "too-soon".parse().unwrap() };
    let (two, one) = (Points::new(vec![point(2), point(4)]), Points::new(vec![point(6)]));
    vec![
        ("check-opening", CheckDocument::Opening(opening), false),
        (
            "check-answer",
            CheckDocument::Answer(CheckAnswer {
                number: number.clone(),
                said: CheckSaid::Accepted { size: 11 },
            }),
            true,
        ),
        ("check-refusal", CheckDocument::Answer(CheckAnswer { number: number.clone(), said: refused }), true),
        (
            "check-batch",
            CheckDocument::Batch(CheckBatch { number: number.clone(), place: 0, points: two.clone() }),
            false,
        ),
        (
            "check-reply",
            CheckDocument::Reply(CheckReply { number: number.clone(), place: 0, raised: two, own: one }),
            true,
        ),
        ("check-result", CheckDocument::Result(CheckResult { number, hits: 3, marks }), false),
    ]
}

fn message(document: &CheckDocument) -> stazh::exchange::rules::MessageKind {
    let catalogue = Catalogue::built_in().unwrap();
    let process = catalogue.process("P.XP.07").unwrap();
    let codes = (1..=5).map(|code| format!("P.XP.07.MSG.00{code}"));
    let mut all = codes.map(|code| process.message(&code).unwrap().clone());
    all.find(|message| message.root == check_root(document).0).unwrap()
}

#[test]
fn every_document_of_a_check_is_lawful() {
    let rules = Rules::built_in(Limits::default()).unwrap();
    for (name, document, answers) in documents() {
        let message = message(&document);
        let header = Header {
            message: message.code.clone(),
            structure: message.structure.clone(),
            document_id: "7d2a1c58-0c5e-4f0f-9b8e-2f7f0d5b6a90".parse::<DocumentId>().unwrap(),
            answers: answers.then(|| "6a1b7f0c-3c1e-4c39-8f2b-1b7f5b8a0c13".parse().unwrap()),
            made_at: HeaderText("2026-11-30T10:00:00Z".to_owned()),
        };
        let made = encode_check(&document, &header).unwrap();
        let path = fixture(&format!("documents/{name}.xml"));
        if std::env::var_os("STAZH_UPDATE").is_some() {
            fs::write(&path, &made).unwrap();
        }
        assert!(fs::read(&path).unwrap() == made, "{name} is not what is made now");
        let valid = rules.check(&made, &message).unwrap_or_else(|findings| panic!("{name}: {findings:#?}"));
        assert_eq!(valid.warnings(), [], "{name}");
        assert!(message.serves.is_some(), "{name}");
    }
}

#[test]
fn each_fill_rule_of_a_check_tells_its_number() {
    let rules = Rules::built_in(Limits::default()).unwrap();
    for (name, from, to, expected) in [
        ("check-opening", ">P.XP.07.MSG.001<", ">P.XP.07.MSG.003<", "001/1"),
        ("check-opening", ">R.XP.XP.07.001<", ">R.XP.XP.07.003<", "001/2"),
        ("check-opening", ">KZ<", ">UZ<", "001/31"),
        ("check-opening", "codeListId=\"2021\"", "codeListId=\"2022\"", "001/32"),
        ("check-opening", ">2026-11-30<", ">2020-11-30<", "001/33"),
        ("check-opening", ">kz-funded-age<", ">kz-basic<", "001/34"),
        ("check-opening", ">kz-funded-age<", ">ru-old-age<", "001/35"),
        ("check-opening", ">simultaneous-payment<", ">curiosity<", "001/36"),
        ("check-opening", ">2026-11-30<", ">2026-12-02<", "001/37"),
        ("check-refusal", ">too-soon<", ">never<", "002/32"),
    ] {
        let text = fs::read_to_string(fixture(&format!("documents/{name}.xml"))).unwrap();
        assert!(text.contains(from), "{from} is not in {name}");
        let (_, document, _) = documents().into_iter().find(|(own, _, _)| *own == name).unwrap();
        let findings = rules.check(text.replacen(from, to, 1).as_bytes(), &message(&document));
        let told: Vec<String> = findings.err().unwrap_or_default().into_iter().map(|it| it.rule).collect();
        assert_eq!(told, [format!("R.XP.XP.07.{expected}")], "{name}: {from} -> {to}");
    }
    // an answer names what it answers
    let reference = "<csdo:EDocRefId xmlns:csdo=\"urn:EEC:M:SimpleDataObjects:v0.4.12\">6a1b7f0c-3c1e-4c39-8f2b-1b7f5b8a0c13</csdo:EDocRefId>";
    for (name, structure) in [("check-answer", "002"), ("check-reply", "004")] {
        let text = fs::read_to_string(fixture(&format!("documents/{name}.xml"))).unwrap();
        assert!(text.contains(reference), "{text}");
        let (_, document, _) = documents().into_iter().find(|(own, _, _)| *own == name).unwrap();
        let findings = rules.check(text.replacen(reference, "", 1).as_bytes(), &message(&document));
        let told: Vec<String> = findings.err().unwrap_or_default().into_iter().map(|it| it.rule).collect();
        assert_eq!(told, [format!("R.XP.XP.07.{structure}/30")], "{name}");
    }
}
