//! Every sample of a fact stands as a document, as the rules accept it. `STAZH_UPDATE=1` writes them anew.

use crate::fixtures::{every_file_of, fixture};
use serde::de::DeserializeOwned;
use stazh::base::{DocumentId, Limits};
use stazh::exchange::document::codec::{
    Header, HeaderText, NoticeCode, ProcessingResult, encode_fact, encode_fact_inquiry, encode_fact_offer,
    encode_result,
};
use stazh::exchange::rules::{Catalogue, Rules};
use std::fs;
use std::path::Path;

fn header(message: &str, structure: &str, answers: bool) -> Header {
    Header {
        message: message.to_owned(),
        structure: structure.to_owned(),
        document_id: "7d2a1c58-0c5e-4f0f-9b8e-2f7f0d5b6a90".parse::<DocumentId>().unwrap(),
        answers: answers.then(|| "6a1b7f0c-3c1e-4c39-8f2b-1b7f5b8a0c13".parse().unwrap()),
        made_at: HeaderText("2026-11-30T10:00:00Z".to_owned()),
    }
}

fn read<T: DeserializeOwned>(path: &Path) -> T {
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

/// Compares a document with its file, or writes it; the rules must accept it without a warning.
fn hold(name: &str, document: &[u8], message: &str) {
    let path = fixture(&format!("documents/{name}.xml"));
    if std::env::var_os("STAZH_UPDATE").is_some() {
        fs::write(&path, document).unwrap();
    }
    assert!(fs::read(&path).unwrap() == document, "{name} is not what is made now");
    let catalogue = Catalogue::built_in().unwrap();
    let message = catalogue.process("P.XP.06").unwrap().message(message).unwrap();
    let valid = Rules::built_in(Limits::default()).unwrap().check(document, message);
    assert_eq!(valid.unwrap_or_else(|findings| panic!("{name}: {findings:#?}")).warnings(), [], "{name}");
}

#[test]
fn every_sample_of_a_fact_stands_as_a_lawful_document() {
    for path in every_file_of("facts") {
        let name = path.file_stem().unwrap().to_str().unwrap();
        let kind = name.split('-').next().unwrap();
        match kind {
            "inquiry" => {
                let header = header("P.XP.06.MSG.001", "R.XP.XP.06.001", false);
                hold(
                    &format!("fact-{name}"),
                    &encode_fact_inquiry(&read(&path), &header).unwrap(),
                    "P.XP.06.MSG.001",
                );
            }
            "fact" => {
                let header = header("P.XP.06.MSG.002", "R.XP.XP.06.002", true);
                hold(name, &encode_fact(&read(&path), &header).unwrap(), "P.XP.06.MSG.002");
            }
            "offer" => {
                let header = header("P.XP.06.MSG.004", "R.XP.XP.06.003", false);
                hold("fact-offer", &encode_fact_offer(&read(&path), &header).unwrap(), "P.XP.06.MSG.004");
            }
            other => panic!("{other} is no sample"),
        }
    }
    let ended_at = HeaderText("2026-11-30T10:00:01Z".to_owned());
    let description = Some("[rules.fact_no_consent] Факт передаётся с согласия лица.".to_owned());
    let notice = ProcessingResult { ended_at, code: NoticeCode::refused(), description };
    let header = header("P.XP.06.MSG.003", "R.006", true);
    hold("fact-notice", &encode_result(&notice, &header).unwrap(), "P.XP.06.MSG.003");
}

/// Which rules a change of a document breaks.
fn broken(name: &str, message: &str, (from, to): (&str, &str)) -> Vec<String> {
    let text = fs::read_to_string(fixture(&format!("documents/{name}.xml"))).unwrap();
    assert!(text.contains(from), "{from} is not in {name}");
    let catalogue = Catalogue::built_in().unwrap();
    let message = catalogue.process("P.XP.06").unwrap().message(message).unwrap();
    let changed = text.replacen(from, to, 1);
    let findings = Rules::built_in(Limits::default()).unwrap().check(changed.as_bytes(), message);
    findings.err().unwrap_or_default().into_iter().map(|finding| finding.rule).collect()
}

#[test]
fn each_fill_rule_of_a_fact_tells_its_number() {
    let fact = |name: &str, from: &str, to: &str| broken(name, "P.XP.06.MSG.002", (from, to));
    for (name, from, to, number) in [
        ("fact-pension", ">P.XP.06.MSG.002<", ">P.XP.06.MSG.001<", 1),
        ("fact-pension", ">R.XP.XP.06.002<", ">R.XP.XP.06.001<", 2),
        ("fact-pension", ">2026-11-30T10:00:00Z<", ">12026-11-30T10:00:00Z<", 4),
        ("fact-pension", ">RU<", ">UZ<", 5),
        ("fact-pension", ">1970-07-22<", ">1870-07-22<", 8),
        ("fact-pension", ">snils<", ">passport<", 9),
        ("fact-pension", ">X-PENSION-SINCE<", ">X-PENSION-WHEN<", 15),
        ("fact-pension", ">pension<", ">curiosity<", 16),
        ("fact-pension", ">treaty<", ">custom<", 17),
        ("fact-pension", ">XB-AGR-2019<", ">XB-AGR-2020<", 18),
        ("fact-wage-summary", ">one-time-sms<", ">whispered<", 19),
        ("fact-wage-summary", ">2027-09-30<", ">2026-09-30<", 20),
        ("fact-pension", ">2026-11-30<", ">1826-11-30<", 22),
        ("fact-pension", ">2026-12-31<", ">2126-12-31<", 23),
        ("fact-pension", ">2026-12-31<", ">2026-11-29<", 25),
        ("fact-wallet", ">2026-10-31<", ">2026-09-30<", 26),
        ("fact-identity", ">ambiguous<", ">perhaps<", 27),
        ("fact-wage-summary", "currencyCode=\"RUB\"", "currencyCode=\"XXQ\"", 28),
        ("fact-pension", ">2024-03-01<", ">1824-03-01<", 29),
        ("fact-wage-summary", ">2026-08<", ">1826-08<", 31),
        ("fact-pension", ">2026-11-29<", ">1826-11-29<", 32),
    ] {
        let rules = fact(name, from, to);
        assert_eq!(rules, [format!("R.XP.XP.06.002/{number}")], "{name}: {from} -> {to}");
    }
    let birth = "<csdo:BirthDate";
    for (more, number) in [
        (
            "<csdo:UnifiedSexCode xmlns:csdo=\"urn:EEC:M:SimpleDataObjects:v0.4.12\" codeListId=\"XSX\">1</csdo:UnifiedSexCode>",
            11,
        ),
        (
            "<csdo:NationalityCountryCode xmlns:csdo=\"urn:EEC:M:SimpleDataObjects:v0.4.12\" codeListId=\"2021\">KZ</csdo:NationalityCountryCode>",
            12,
        ),
    ] {
        let identifier = "<xpdo:PersonIdentifierDetails";
        let rules = fact("fact-pension", identifier, &format!("{more}{identifier}"));
        assert_eq!(
            rules,
            [format!("R.XP.XP.06.002/{number}")],
            "a fact says no more of the person than it must"
        );
    }
    let original = "<xpdo:OriginalFullNameDetails languageCode=\"ru\"><csdo:LastName xmlns:csdo=\"urn:EEC:M:SimpleDataObjects:v0.4.12\">Ким</csdo:LastName></xpdo:OriginalFullNameDetails>";
    let rules = fact("fact-pension", birth, &format!("{original}{birth}"));
    assert_eq!(rules, ["R.XP.XP.06.002/13"]);
    let event = broken("fact-offer", "P.XP.06.MSG.004", (">birth<", ">wedding<"));
    assert_eq!(event, ["R.XP.XP.06.003/33"]);
    let until = broken("fact-offer", "P.XP.06.MSG.004", (">2031-08-31<", ">2131-08-31<"));
    assert_eq!(until, ["R.XP.XP.06.003/30"]);
    let asking = broken("fact-inquiry-account", "P.XP.06.MSG.001", (">RU<", ">UZ<"));
    assert_eq!(asking, ["R.XP.XP.06.001/5"]);
}
