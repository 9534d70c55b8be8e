//! What the codec writes is accepted, and 400 random changes of it are judged as libxml2 judges them.

use super::{accepted_by_xmllint, message, rules};
use stazh::base::{DocumentId, Random, SeededRandom};
use stazh::exchange::canonical::{Inquiry, InsuranceRecord};
use stazh::exchange::document::codec::{
    Header, HeaderText, NoticeCode, ProcessingResult, encode_inquiry, encode_record, encode_result,
};

const RECORD: &str = r#"{ "state": "KZ", "as_of": "2026-11-23",
    "person": { "name": { "family": "Ахметов", "given": "Ерлан", "patronymic": "Бекович" },
        "original_name": { "language": "kk", "name": { "family": "Ахметов", "given": "Ерлан" } },
        "birth_date": "1985-03-15", "sex": "1", "citizenships": ["KZ"],
        "identifiers": [{ "kind": "iin", "value": "850315300019", "validity": { "from": "2007-01-01" } },
                        { "kind": "snils", "value": "112-233-445 95" }] },
    "periods": [{ "id": "p1", "state": "KZ", "kind": "work", "interval": { "from": "2009-06-01", "to": "2013-08-31" },
        "employer": { "state": "KZ", "name": "ТОО «Сарыарка»", "number": { "kind": "bin", "value": "051140000018" } },
        "position": "Сварщик", "special_conditions": [{ "kind": "territory", "code": "27-1", "coefficient": "1.5" }],
        "evidence": [{ "kind": "contract", "number": "14/2009", "date": "2009-05-28", "title": "Договор" }] },
      { "id": "p2", "state": "KZ", "kind": "work", "interval": { "from": "2013-09-10" }, "supersedes": "p1",
        "cancelled_on": "2014-01-01" }],
    "contributions": [{ "id": "c1", "month": "2009-06", "kind": "opv",
        "employer": { "name": "ТОО «Сарыарка»" }, "base": { "amount": "68000.00", "currency": "KZT" },
        "amount": { "amount": "6800.00", "currency": "KZT" } }] }"#;

fn header(message: &str, structure: &str) -> Header {
    Header {
        message: message.to_owned(),
        structure: structure.to_owned(),
        document_id: "7d2a1c58-0c5e-4f0f-9b8e-2f7f0d5b6a77".parse::<DocumentId>().unwrap(),
        answers: "6a1b7f0c-3c1e-4c39-8f2b-1b7f5b8a0c13".parse().ok(),
        made_at: HeaderText("2026-11-23T12:00:00".to_owned()),
    }
}

/// Lawful documents, each with the file of its schema.
fn lawful() -> [(&'static str, String); 3] {
    let record: InsuranceRecord = serde_json::from_str(RECORD).unwrap();
    let inquiry = Inquiry {
        asking: stazh::exchange::canonical::State::Ru,
        asked: record.state,
        person: record.person.clone(),
        interval: Some(record.periods[0].interval),
        purpose: "old-age".parse().unwrap(),
    };
    let notice = ProcessingResult {
        ended_at: HeaderText("2026-11-23T12:00:00Z".to_owned()),
        code: NoticeCode::no_data(),
        description: Some("Сведения отсутствуют".to_owned()),
    };
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    [
        (
            "pension/X_R_XP_XP_01_InsuranceRecord_v1.0.0.xsd",
            text(encode_record(&record, &header("P.XP.01.MSG.002", "R.XP.XP.01.002")).unwrap()),
        ),
        (
            "pension/X_R_XP_XP_01_InsuranceRecordInquiry_v1.0.0.xsd",
            text(
                encode_inquiry(
                    &inquiry,
                    &Header { answers: None, ..header("P.XP.01.MSG.001", "R.XP.XP.01.001") },
                )
                .unwrap(),
            ),
        ),
        (
            "base/EEC_R_ProcessingResultDetails_v1.0.7.xsd",
            text(encode_result(&notice, &header("P.XP.01.MSG.003", "R.006")).unwrap()),
        ),
    ]
}

#[test]
fn what_we_write_is_accepted() {
    let rules = rules();
    for ((schema, document), code) in
        lawful().into_iter().zip(["P.XP.01.MSG.002", "P.XP.01.MSG.001", "P.XP.01.MSG.003"])
    {
        let valid = rules.check(document.as_bytes(), &message(code));
        assert_eq!(valid.map(|valid| valid.warnings().to_vec()), Ok(Vec::new()), "{schema}");
    }
}

/// 400 changed documents, judged by us and by libxml2.
#[test]
fn changed_documents_are_judged_as_libxml2_judges_them() {
    const EACH: usize = 134;
    let rules = rules();
    let random = SeededRandom::new(1);
    for (schema, document) in lawful() {
        let mutants: Vec<String> = (0..EACH).map(|_| mutant(&document, &random)).collect();
        let verdicts = accepted_by_xmllint(&mutants, schema);
        let mut refused = 0;
        for (theirs, text) in verdicts.into_iter().zip(&mutants) {
            let ours = rules.structure(text.as_bytes()).is_empty();
            assert_eq!(ours, theirs, "{text}");
            refused += u32::from(!ours);
        }
        assert!(refused > 40, "the mutants are too tame: {refused} of {EACH} refused");
    }
}

/// One random change: a tag or a text dropped, repeated, swapped or garbled.
fn mutant(document: &str, random: &SeededRandom) -> String {
    let mut tokens: Vec<&str> = Vec::new();
    let mut rest = document;
    while let Some(begin) = rest.find('<') {
        let (text, tag) = rest.split_at(begin);
        let end = tag.find('>').unwrap() + 1;
        tokens.extend([text, &tag[..end]]);
        rest = &tag[end..];
    }
    let pick =
        |count: usize| usize::try_from(random.uuid().as_u128() % u128::try_from(count).unwrap()).unwrap();
    let leaves: Vec<usize> = (0..tokens.len() - 3)
        .filter(|at| {
            tokens[*at].starts_with('<') && !tokens[at + 1].is_empty() && tokens[at + 2].starts_with("</")
        })
        .collect();
    let leaf = leaves[pick(leaves.len())];
    let garbled =
        ["", " ", "x", "0", "2009-02-30", "KZ", "1e5", "ё".repeat(301).leak(), "-1.23456", "P.XP.01.MSG.1"];
    match pick(4) {
        0 => drop(tokens.splice(leaf..leaf + 3, [])),
        1 => {
            let again = tokens[leaf..leaf + 3].to_vec();
            drop(tokens.splice(leaf..leaf, again));
        }
        2 => tokens[leaf + 1] = garbled[pick(garbled.len())],
        _ => {
            let other = leaves[pick(leaves.len())];
            for offset in 0..3 {
                tokens.swap(leaf + offset, other + offset);
            }
        }
    }
    tokens.concat()
}
