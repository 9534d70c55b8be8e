//! Bad input about periods, filing and decisions: each kind with the rule that finds it, at each place that judges it, and
//! all at once. What is lawful and odd is told, never refused (T22).

use crate::rules::dates::{findings, rules_with, schema};
use crate::rules::{message, sample};
use serde_json::{Value, json};
use stazh::base::{DocumentId, Findings};
use stazh::exchange::canonical::case::{CaseDocumentKind, DirectoryEntry};
use stazh::exchange::canonical::{InsuranceRecord, Interval, State};
use stazh::exchange::rules::CodeLists;
use stazh::pension::{CaseEntry, CaseFile, Claim, Filed, Said, advise, agreement, judge, judge_body};
use std::collections::BTreeSet;

/// What can be wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Wrong {
    Reversed,
    Nested,
    InTwoStates,
    LeftOpen,
    BeforeBirth,
    AfterDeath,
    NotCovered,
    FiledLater,
    NoSuchBody,
    Expired,
    TwoDecisions,
}

use Wrong::*;

const ALL: [Wrong; 11] = [
    Reversed,
    Nested,
    InTwoStates,
    LeftOpen,
    BeforeBirth,
    AfterDeath,
    NotCovered,
    FiledLater,
    NoSuchBody,
    Expired,
    TwoDecisions,
];

/// Where it is judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    /// By the fill rules, when a document is written and when it comes.
    Border,
    /// By the documents of the case.
    Case,
    /// By the advice on a claim.
    Advice,
    /// Where a file is read.
    File,
}

/// A finding: its code, its rule, and whether it refuses.
type Told = (&'static str, &'static str, bool);

const ERROR: bool = true;
const WARNING: bool = false;

/// Each kind of bad input, where it is judged, what is found there, and what should be.
fn table() -> Vec<(Wrong, Place, Findings, Vec<Told>)> {
    use Place::*;
    let record = |changes: &[(&str, &str)]| findings("insurance-record", "P.XP.01.MSG.002", changes);
    let decision = |changes: &[(&str, &str)]| findings("case-pension-decision", "P.XP.03.MSG.002", changes);
    let claim = |changes: &[(&str, &str)]| findings("case-pension-claim", "P.XP.03.MSG.001", changes);
    let fill = |rule: &'static str, refuses: bool| vec![("rules.fill", rule, refuses)];
    let one = |code: &'static str, rule: &'static str, refuses: bool| vec![(code, rule, refuses)];
    let in_russia = (in_state("KZ"), in_state("RU"));
    let reversed = Interval::new("2013-08-31".parse().unwrap(), "2008-08-31".parse().ok());
    vec![
        (Reversed, Border, record(&[REVERSED]), fill("R.XP.XP.01.002/18", ERROR)),
        (
            Reversed,
            File,
            vec![reversed.unwrap_err()],
            one("canonical.dates_reversed", "from ≤ to, both ends inclusive", ERROR),
        ),
        (Nested, Border, record(&[NESTED]), fill("R.XP.XP.01.002/39", WARNING)),
        (
            Nested,
            Advice,
            told(&[("RU", &[("2000-01-01", Some("2009-12-31")), ("2001-01-01", Some("2002-12-31"))])], &[]),
            one("pension.nested", "T22", WARNING),
        ),
        (
            InTwoStates,
            Border,
            record(&[(&in_russia.0, &in_russia.1), (">2013-08-31<", ">2013-09-10<")]),
            fill("R.XP.XP.01.002/38", WARNING),
        ),
        (InTwoStates, Advice, overlapping(), one("overlap", "T22", WARNING)),
        (LeftOpen, Border, record(&[(">2024-03-01<", ">2016-11-19<")]), fill("R.XP.XP.01.002/40", WARNING)),
        (
            LeftOpen,
            Advice,
            told(&[("RU", &[("2000-01-01", None)])], &[]),
            one("pension.open_ended", "T22", WARNING),
        ),
        (BeforeBirth, Border, record(&[(">2009-06-01<", ">1985-03-14<")]), fill("R.XP.XP.01.002/33", ERROR)),
        (
            BeforeBirth,
            Advice,
            told(&[("RU", &[("1963-04-09", Some("1990-12-31"))])], &[]),
            one("pension.before_birth", "T22", ERROR),
        ),
        (
            AfterDeath,
            Advice,
            told(&[("RU", &[("2000-01-01", Some("2025-06-02"))])], &[("died_on", "2025-06-01")]),
            one("pension.after_death", "T22", WARNING),
        ),
        (
            AfterDeath,
            Advice,
            told(&[("RU", &[("2025-06-02", Some("2025-06-09"))])], &[("died_on", "2025-06-01")]),
            one("pension.begins_after_death", "T22", ERROR),
        ),
        (
            NotCovered,
            Border,
            decision(&[(">ru-old-age<", ">kz-basic<")]),
            one("rules.code_list", "R.XP.XP.03.002/35", ERROR),
        ),
        (NotCovered, Case, judged(&[], &of_kind("kz-basic")), one("case.kind_not_covered", "T3", ERROR)),
        (NotCovered, Case, judged(&[], &of_kind("kg-old-age")), one("case.kind_not_covered", "T20", ERROR)),
        (
            NotCovered,
            Advice,
            told(&[("RU", &[("2000-01-01", Some("2009-12-31"))])], &[("kind", "kz-basic")]),
            one("pension.not_covered", "T3", WARNING),
        ),
        (
            NotCovered,
            Advice,
            told(&[("RU", &[("2000-01-01", Some("2009-12-31"))])], &[("kind", "kg-old-age")]),
            one("pension.kind_of_another_state", "T3", ERROR),
        ),
        (FiledLater, Border, claim(&[(">2026-02-10T", ">2036-02-10T")]), fill("R.XP.XP.03.001/33", ERROR)),
        (
            FiledLater,
            Case,
            judged(&[], &filed("2036-02-10T09:30:00+03:00")),
            one("case.filed_later", "T8", ERROR),
        ),
        (
            FiledLater,
            Advice,
            told(&[("RU", &[("2000-01-01", Some("2009-12-31"))])], &[("received_on", "2026-02-09")]),
            one("pension.filed_later", "T8", ERROR),
        ),
        (NoSuchBody, Case, of_body("RU-2"), one("case.body_unknown", "T46", ERROR)),
        (NoSuchBody, Case, of_body("RU-9"), one("case.body_unknown", "T46", ERROR)),
        (Expired, Border, of_old_edition(), one("rules.code_expired", "R.XP.XP.03.002/35", ERROR)),
        (TwoDecisions, Case, judged(&[entry(1)], &entry(2)), one("case.decided_before", "T20", ERROR)),
    ]
}

#[test]
fn each_kind_of_bad_input_is_found_where_it_is_judged_with_its_rule() {
    let mut seen = BTreeSet::new();
    for (wrong, place, found, wanted) in table() {
        let told: Vec<_> =
            found.iter().map(|one| (one.code.as_str(), one.rule.as_str(), one.is_error())).collect();
        assert_eq!(told, wanted, "{wrong:?} at {place:?}");
        assert!(found.iter().all(|one| one.message.len() > 20), "{wrong:?}: what is to be done? {found:?}");
        seen.insert(wrong);
    }
    assert_eq!(seen, BTreeSet::from(ALL));
}

/// Refusing because the person lives in another member state is forbidden (T10): a refusal has a reason, and none is that.
#[test]
fn a_refusal_has_a_reason_that_is_not_residence() {
    let mut refusal = entry(1);
    refusal.said.decision = "refusal".parse().ok();
    let told: Vec<_> = judged(&[], &refusal).into_iter().map(|one| (one.code, one.rule)).collect();
    assert_eq!(told, [("case.refusal_without_reason".to_owned(), "T10".to_owned())]);
    refusal.said.reason = "threshold".parse().ok();
    assert_eq!(judged(&[], &refusal), []);
    let lists = CodeLists::built_in().unwrap();
    let words = ["residence", "living", "abroad", "reloc"];
    for (code, known) in lists.list("XRR").unwrap().codes() {
        let english = known.names.en.to_lowercase();
        let named = words.iter().find(|word| code.contains(*word) || english.contains(*word));
        assert_eq!(named, None, "{code} refuses for living elsewhere");
    }
}

#[test]
fn what_is_in_order_is_found_by_nobody() {
    assert_eq!(findings("insurance-record", "P.XP.01.MSG.002", &[]), []);
    assert_eq!(judged(&[], &entry(1)), []);
    assert_eq!(of_body("RU-1"), []);
    assert_eq!(told(&[("RU", &[("2000-01-01", Some("2009-12-31"))])], &[]), []);
}

#[test]
fn all_that_is_wrong_with_a_record_is_told_at_once() {
    // two that end before they begin would hold no day in common
    let found = findings(
        "insurance-record",
        "P.XP.01.MSG.002",
        &[REVERSED, NESTED, (">1985-03-15<", ">2010-03-15<"), (">2024-03-01<", ">2016-11-19<")],
    );
    let told: BTreeSet<_> = found.iter().map(|one| one.rule.rsplit('/').next().unwrap()).collect();
    assert_eq!(told, BTreeSet::from(["18", "33", "34", "39", "40"]), "{found:#?}");
}

#[test]
fn all_that_is_wrong_with_a_document_of_a_case_is_told_at_once() {
    let mut first = entry(1);
    first.said.pensions = vec!["kz-basic".parse().unwrap()];
    let mut second = entry(2);
    second.said = Said { pensions: first.said.pensions.clone(), ..filed("2036-02-10T09:30:00+03:00").said };
    let mut found = judged(&[first], &second);
    found.extend(of_body("RU-2"));
    let told: Vec<_> = found.iter().map(|one| (one.code.as_str(), one.rule.as_str())).collect();
    let wanted = [
        ("case.filing_changed", "T8"),
        ("case.filed_later", "T8"),
        ("case.kind_not_covered", "T3"),
        ("case.decided_before", "T20"),
        ("case.body_unknown", "T46"),
    ];
    assert_eq!(told, wanted);
}

#[test]
fn all_that_is_wrong_with_a_claim_and_its_records_is_told_at_once() {
    let found = told(
        &[
            (
                "RU",
                &[
                    ("1960-01-01", Some("1970-12-31")),
                    ("2000-01-01", None),
                    ("2001-01-01", Some("2002-12-31")),
                    ("2026-02-11", Some("2026-02-20")),
                ],
            ),
            ("KG", &[("2001-01-01", Some("2002-12-31"))]),
        ],
        &[("died_on", "2026-02-10"), ("received_on", "2026-02-09"), ("kind", "kg-old-age")],
    );
    let told: BTreeSet<_> = found.iter().map(|one| one.code.as_str()).collect();
    let wanted = [
        "after_death",
        "before_birth",
        "begins_after_death",
        "filed_later",
        "kind_of_another_state",
        "nested",
        "open_ended",
    ];
    let wanted: Vec<String> = wanted.iter().map(|code| format!("pension.{code}")).collect();
    assert_eq!(told, wanted.iter().map(String::as_str).collect());
}

const REVERSED: (&str, &str) = (">2013-08-31<", ">2008-08-31<");
/// The third period is within the second, which it was to replace.
const NESTED: (&str, &str) = ("<xpdo:CancelledDate>2016-05-01</xpdo:CancelledDate>", "");

/// The first period of the record, as acquired in a state.
fn in_state(state: &str) -> String {
    let namespace = "xmlns:csdo=\"urn:EEC:M:SimpleDataObjects:v0.4.12\"";
    format!("{state}</csdo:UnifiedCountryCode><csdo:StartDate {namespace}>2009-06-01")
}

/// A decision for a kind whose code another edition of the list knew.
fn of_old_edition() -> Findings {
    let list = schema("codelists/pension-kinds.toml");
    let edited = list.replace("ru-old-age = { ", "ru-old-age = { to = \"2030-12-31\", ");
    assert_ne!(edited, list);
    let rules = rules_with(&[("codelists/pension-kinds.toml", &edited)]);
    let document = sample("case-pension-decision");
    rules.check(document.as_bytes(), &message("P.XP.03.MSG.002")).unwrap_err()
}

/// Periods as (first day, last day), by state.
type Periods<'p> = (&'p str, &'p [(&'p str, Option<&'p str>)]);

/// What is found in the records of a worker who was born on 9 April 1964, and in his claim of 10 February 2026 for a
/// Russian pension for old age, changed.
fn told(records: &[Periods<'_>], changes: &[(&str, &str)]) -> Findings {
    advised(records, changes).findings
}

fn advised(records: &[Periods<'_>], changes: &[(&str, &str)]) -> stazh::pension::Advice {
    let record = |(state, periods): &Periods<'_>| -> InsuranceRecord {
        let period = |(number, (from, to)): (usize, &(&str, Option<&str>))| {
            let mut interval = json!({ "from": from });
            if let Some(to) = to {
                interval["to"] = json!(to);
            }
            json!({ "id": format!("p{number}"), "state": state, "kind": "work", "interval": interval })
        };
        let periods: Vec<Value> = periods.iter().enumerate().map(period).collect();
        serde_json::from_value(json!({
            "state": state, "as_of": "2026-02-09", "periods": periods,
            "person": { "name": { "family": "Осмонов", "given": "Азамат" }, "birth_date": "1964-04-09" },
        }))
        .unwrap()
    };
    let mut claim =
        json!({ "state": "RU", "kind": "ru-old-age", "filed_on": "2026-02-10", "residence": "RU" });
    for (name, value) in changes {
        claim[name] = json!(value);
    }
    let claim: Claim = serde_json::from_value(claim).unwrap();
    advise(&claim, &records.iter().map(record).collect::<Vec<_>>(), agreement())
}

/// The lines of the advice about days that two states tell.
fn overlapping() -> Findings {
    let days: &[(&str, Option<&str>)] = &[("2000-01-01", Some("2009-12-31"))];
    let advice = advised(&[("RU", days), ("KG", days)], &[]);
    assert_eq!(advice.findings, []);
    let line = |step: &stazh::pension::Step| {
        let text = step.sentence(stazh::base::Language::En);
        stazh::base::Finding::error(step.key, "advice", step.rule, "", text).as_warning()
    };
    advice.steps.iter().filter(|step| step.key == "overlap").map(line).collect()
}

fn judged(before: &[CaseEntry], next: &CaseEntry) -> Findings {
    judge(&CaseFile::new(before.to_vec()), next, agreement())
}

/// A decision of Russia on a claim of 10 February 2026.
fn entry(number: u128) -> CaseEntry {
    let filed_at = "2026-02-10T09:30:00+03:00".parse().unwrap();
    CaseEntry {
        document_id: DocumentId::from_uuid(uuid::Uuid::from_u128(number)),
        kind: CaseDocumentKind::PensionDecision,
        from: State::Ru,
        to: State::Kg,
        about: None,
        at: "2026-04-03T08:00:00Z".parse().unwrap(),
        said: Said {
            filed: Some(Filed { state: State::Ru, at: filed_at }),
            pensions: vec!["ru-old-age".parse().unwrap()],
            decision: Some("award".parse().unwrap()),
            ..Said::default()
        },
    }
}

fn of_kind(kind: &str) -> CaseEntry {
    let mut entry = entry(1);
    entry.said.pensions = vec![kind.parse().unwrap()];
    entry
}

fn filed(at: &str) -> CaseEntry {
    let mut entry = entry(1);
    entry.said.filed = Some(Filed { state: State::Ru, at: at.parse().unwrap() });
    entry
}

/// What speaks against a body that writes on 3 April 2026: one that is there, one that was there, one that never was.
fn of_body(id: &str) -> Findings {
    let entry = |id: &str, days: Value| -> DirectoryEntry {
        let body = json!({ "id": id, "name": "Фонд" });
        serde_json::from_value(json!({ "body": body, "role": "competent", "days": days })).unwrap()
    };
    let bodies = [
        entry("RU-1", json!({ "from": "2023-01-01" })),
        entry("RU-2", json!({ "from": "2021-01-01", "to": "2022-12-31" })),
    ];
    judge_body(&bodies, &id.parse().unwrap(), "2026-04-03".parse().unwrap()).into_iter().collect()
}
