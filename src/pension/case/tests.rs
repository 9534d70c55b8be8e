//! Cases out of documents: where they stand, and what is refused.

use super::*;
use crate::base::DocumentId;
use crate::exchange::canonical::State;
use crate::exchange::canonical::case::CaseDocumentKind as Kind;
use crate::pension::{Branch, agreement};
use jiff::Timestamp;
use proptest::prelude::*;
use uuid::Uuid;

fn id(number: u128) -> DocumentId {
    DocumentId::from_uuid(Uuid::from_u128(number))
}

fn at(day: i64) -> Timestamp {
    Timestamp::from_second(1_834_000_000 + day * 86_400).unwrap()
}

fn filed(text: &str) -> Option<Filed> {
    Some(Filed { state: State::Kg, at: text.parse().unwrap() })
}

fn entry(number: u128, kind: Kind, (from, to): (State, State), about: Option<u128>) -> CaseEntry {
    let day = i64::try_from(number).unwrap();
    CaseEntry {
        document_id: id(number),
        kind,
        from,
        to,
        about: about.map(id),
        at: at(day),
        said: Said::default(),
    }
}

/// A claim of KG for a Russian pension, filed on 10 February 2028.
fn claim() -> CaseEntry {
    let mut claim = entry(1, Kind::PensionClaim, (State::Kg, State::Ru), None);
    claim.said.filed = filed("2028-02-10T10:00:00+06:00");
    claim.said.pensions = vec!["ru-old-age".parse().unwrap()];
    claim
}

fn decision(number: u128, what: &str) -> CaseEntry {
    let mut decision = entry(number, Kind::PensionDecision, (State::Ru, State::Kg), Some(1));
    decision.said.pensions = vec!["ru-old-age".parse().unwrap()];
    decision.said.decision = Some(what.parse().unwrap());
    decision.said.reason = (what == "refusal").then(|| "threshold".parse().unwrap());
    decision
}

fn codes(case: &[CaseEntry], next: &CaseEntry) -> Vec<String> {
    let findings = judge(&CaseFile::new(case.to_vec()), next, agreement());
    findings.into_iter().map(|finding| finding.code).collect()
}

#[test]
fn a_claim_waits_for_its_decision_and_is_closed() {
    let mut documents = vec![claim()];
    let stage = |documents: &[CaseEntry]| CaseFile::new(documents.to_vec()).stage();
    assert_eq!(stage(&[]), CaseStage::Open);
    assert_eq!(stage(&documents), CaseStage::Waiting);
    assert_eq!(CaseFile::new(documents.clone()).waiting().first().map(|it| it.who), Some(State::Ru));
    documents.push(entry(2, Kind::ExaminationRequest, (State::Ru, State::Kg), Some(1)));
    documents.push(decision(3, "award"));
    let waiting = CaseFile::new(documents.clone()).waiting();
    assert_eq!(waiting.iter().map(|it| it.kind).collect::<Vec<_>>(), [Kind::ExaminationRequest]);
    documents.push(entry(4, Kind::ExaminationRecord, (State::Kg, State::Ru), None));
    assert_eq!(stage(&documents), CaseStage::Decided, "an answer of one's own initiative answers (T36)");
    documents.push(entry(5, Kind::Closure, (State::Ru, State::Kg), Some(1)));
    assert_eq!(stage(&documents), CaseStage::Closed);
    documents.push(entry(6, Kind::Invalidation, (State::Ru, State::Kg), Some(5)));
    assert_eq!(stage(&documents), CaseStage::Decided, "an invalid closure closes nothing");
    let file = CaseFile::new(documents);
    assert_eq!((file.sort(), file.entries().len()), (CaseSort::Claim, 6));
    assert_eq!(file.filed(), filed("2028-02-10T10:00:00+06:00").as_ref());
}

#[test]
fn the_days_on_which_a_claim_travels_are_no_part_of_the_term() {
    let book = crate::pension::TermBook::built_in();
    let mut asked = claim();
    asked.said.filed = filed("2026-02-10T10:00:00+06:00");
    asked.at = "2026-03-01T08:00:00Z".parse().unwrap();
    let due = |asked: &CaseEntry| {
        let case = CaseFile::new(vec![asked.clone()]);
        let waiting = case.waiting();
        let due = waiting.first()?.is_due(case.filed(), &book)?;
        Some((due.day, due.transit))
    };
    let late = due(&asked).unwrap();
    asked.at = "2026-02-10T08:00:00Z".parse().unwrap();
    let at_once = due(&asked).unwrap();
    assert_eq!((late.1, at_once.1), (19, 0), "treaty 9.2: 19 days are excluded");
    assert!(late.0 > at_once.0);
    let mut question = entry(1, Kind::Clarification, (State::Ru, State::Kg), None);
    assert_eq!(due(&question), None, "a clarification has the day that it names, or none");
    question.said.due = Some(jiff::civil::date(2026, 5, 4));
    assert_eq!(due(&question), Some((jiff::civil::date(2026, 5, 4), 0)));
}

#[test]
fn a_rejection_answers_and_reminders_are_counted() {
    let asked = entry(1, Kind::AmountsInquiry, (State::Ru, State::Kg), None);
    let reminded = entry(2, Kind::Reminder, (State::Ru, State::Kg), Some(1));
    let rejected = entry(3, Kind::Rejection, (State::Kg, State::Ru), Some(1));
    let case = CaseFile::new(vec![reminded, asked.clone()]);
    assert_eq!(case.waiting().first().map(|it| it.reminders), Some(1));
    assert_eq!(case.sort(), CaseSort::Inquiry);
    assert_eq!(CaseFile::new(vec![asked, rejected]).stage(), CaseStage::Open);
}

#[test]
fn a_provisional_award_is_possible_where_only_the_part_of_others_is_missing() {
    let possible = |documents: &[CaseEntry], ours| {
        CaseFile::new(documents.to_vec()).provisional(ours, agreement()).map(|found| found.awaited)
    };
    let asks = entry(2, Kind::FamilyInquiry, (State::Ru, State::Kg), None);
    assert_eq!(possible(&[claim()], State::Ru), None, "nothing of others is missing");
    assert_eq!(possible(&[claim()], State::Kg), None, "it is no pension of its law");
    assert_eq!(possible(std::slice::from_ref(&asks), State::Ru), None, "it is no claim");
    assert_eq!(possible(&[claim(), asks.clone()], State::Ru), Some(vec![State::Kg]));
    // what we are asked ourselves is missing, too
    let asked = entry(3, Kind::ExaminationRequest, (State::Kg, State::Ru), None);
    assert_eq!(possible(&[claim(), asks.clone(), asked.clone()], State::Ru), None);
    let told = entry(4, Kind::ExaminationRecord, (State::Ru, State::Kg), Some(3));
    assert_eq!(possible(&[claim(), asks.clone(), asked, told], State::Ru), Some(vec![State::Kg]));
    // who has a pension of its own in the claim waits for the decision of the other
    let mut both = claim();
    both.said.pensions.push("kg-old-age".parse().unwrap());
    assert_eq!(possible(std::slice::from_ref(&both), State::Kg), Some(vec![State::Ru]));
    for decided in ["provisional-award", "award", "refusal"] {
        let mut own = decision(3, decided);
        (own.from, own.to, own.about) = (State::Kg, State::Ru, None);
        own.said.pensions = vec!["kg-old-age".parse().unwrap()];
        assert_eq!(possible(&[both.clone(), own], State::Kg), None, "{decided}");
    }
    let closed = entry(5, Kind::Closure, (State::Ru, State::Kg), Some(1));
    assert_eq!(possible(&[claim(), asks, closed], State::Ru), None);
}

#[test]
fn a_refusal_says_why() {
    let mut refusal = decision(3, "refusal");
    assert_eq!(codes(&[claim()], &refusal), [""; 0]);
    refusal.said.reason = None;
    assert_eq!(codes(&[claim()], &refusal), ["case.refusal_without_reason"]);
    assert_eq!(codes(&[claim()], &decision(3, "award")), [""; 0]);
}

#[test]
fn a_claim_is_for_branches_and_tells_what_they_rest_on() {
    let claims = |kinds: &[&str]| {
        let mut claim = claim();
        claim.said.pensions = kinds.iter().map(|kind| kind.parse().unwrap()).collect();
        claim
    };
    let branches = |kinds: &[&str]| CaseFile::new(vec![claims(kinds)]).branches(agreement());
    assert_eq!(branches(&["ru-survivors", "ru-old-age", "kg-old-age"]), [Branch::OldAge, Branch::Survivors]);
    assert_eq!(branches(&["kz-funded-age", "ru-disability"]), [Branch::Disability, Branch::Funded]);
    assert_eq!(branches(&["kz-basic"]), [], "no kind of the Agreement");
    let lacks = |documents: &[CaseEntry]| -> Vec<(Kind, Vec<&str>)> {
        let lacking = CaseFile::new(documents.to_vec()).lacks(agreement());
        lacking.into_iter().map(|it| (it.told_by, it.rules)).collect()
    };
    let (medical, family) =
        ((Kind::ExaminationRecord, vec!["T29", "T30", "T31"]), (Kind::FamilyRecord, vec!["T17", "T18"]));
    assert_eq!(lacks(&[claim()]), [], "age rests on service alone");
    assert_eq!(lacks(&[claims(&["kg-funded", "am-long-service"])]), []);
    assert_eq!(lacks(&[claims(&["ru-disability"])]), std::slice::from_ref(&medical));
    assert_eq!(lacks(&[claims(&["ru-survivors", "ru-disability"])]), [medical.clone(), family.clone()]);
    assert_eq!(
        lacks(&[claims(&["kz-funded-disability"])]),
        std::slice::from_ref(&medical),
        "savings paid for disability"
    );
    assert_eq!(lacks(&[claims(&["kz-funded-heirs"])]), [family]);
    for told in [Kind::ExaminationRecord, Kind::DisabilityDecision] {
        let told = entry(2, told, (State::Kg, State::Ru), None);
        assert_eq!(lacks(&[claims(&["ru-disability"]), told.clone()]), []);
        let invalid = entry(3, Kind::Invalidation, (State::Kg, State::Ru), Some(2));
        let withdrawn = lacks(&[claims(&["ru-disability"]), told, invalid]);
        assert_eq!(withdrawn.len(), 1, "what is invalid tells nothing");
    }
    let mut decided = decision(4, "refusal");
    decided.said.pensions = vec!["ru-disability".parse().unwrap()];
    assert_eq!(lacks(&[claims(&["ru-disability", "kg-disability"]), decided.clone()]).len(), 1, "half of it");
    assert_eq!(lacks(&[claims(&["ru-disability"]), decided]), []);
    assert_eq!(lacks(&[entry(1, Kind::ExaminationRequest, (State::Ru, State::Kg), None)]), [], "no claim");
}

#[test]
fn what_became_of_a_document_is_told() {
    let mut documents = vec![claim(), entry(2, Kind::CircumstanceNotice, (State::Kg, State::Ru), None)];
    let standing = |documents: &[CaseEntry], number| CaseFile::new(documents.to_vec()).standing(id(number));
    assert_eq!(standing(&documents, 9), None);
    assert_eq!(standing(&documents, 1), Some(Standing::Waits));
    assert_eq!(standing(&documents, 2), Some(Standing::Stands));
    documents.push(decision(3, "award"));
    assert_eq!(standing(&documents, 1), Some(Standing::Answered));
    documents.push(entry(4, Kind::Update, (State::Kg, State::Ru), Some(1)));
    assert_eq!(standing(&documents, 1), Some(Standing::Withdrawn));
}

#[test]
fn the_original_filing_date_is_never_replaced() {
    let mut next = entry(5, Kind::CircumstanceNotice, (State::Ru, State::Kg), None);
    next.said.filed = filed("2028-02-10T04:00:00Z");
    assert_eq!(codes(&[claim()], &next), [""; 0], "the same instant in another zone");
    next.said.filed = filed("2028-02-11T09:00:00+03:00");
    assert_eq!(codes(&[claim()], &next), ["case.filing_changed"]);
    let mut claim = claim();
    claim.said.filed = filed("2128-02-10T10:00:00+06:00");
    assert_eq!(codes(&[], &claim), ["case.filed_later"]);
}

#[test]
fn one_claim_has_one_decision_of_a_state_until_it_is_invalid() {
    let first = decision(3, "refusal");
    assert_eq!(codes(&[claim()], &first), [""; 0]);
    assert_eq!(codes(&[claim(), first.clone()], &decision(4, "award")), ["case.decided_before"]);
    assert_eq!(codes(&[claim(), first.clone()], &decision(4, "recalculation")), [""; 0]);
    let mut to_another = decision(4, "refusal");
    to_another.to = State::Kz;
    assert_eq!(codes(&[claim(), first.clone()], &to_another), [""; 0], "each state that has a part is told");
    let invalid = entry(4, Kind::Invalidation, (State::Ru, State::Kg), Some(3));
    assert_eq!(codes(&[claim(), first, invalid], &decision(5, "award")), [""; 0]);
}

#[test]
fn a_kind_that_is_not_covered_or_of_another_state_is_refused() {
    let mut next = decision(3, "award");
    next.said.pensions = vec!["kz-basic".parse().unwrap()];
    assert_eq!(codes(&[claim()], &next), ["case.kind_not_covered"]);
    next.said.pensions = vec!["kg-old-age".parse().unwrap()];
    assert_eq!(codes(&[claim()], &next), ["case.kind_not_covered"]);
}

#[test]
fn a_body_is_in_the_directory_on_the_day_on_which_it_writes() {
    let entry = |id: &str, from: &str, to: Option<&str>| {
        let days = serde_json::json!({ "from": from, "to": to });
        serde_json::from_value(serde_json::json!({
            "body": { "id": id, "name": "Фонд" }, "role": "competent", "days": days,
        }))
        .unwrap()
    };
    let bodies = [entry("1", "2021-01-01", Some("2022-12-31")), entry("2", "2023-01-01", None)];
    let judged =
        |id: &str, year: i16| judge_body(&bodies, &id.parse().unwrap(), jiff::civil::date(year, 6, 1));
    assert_eq!((judged("1", 2022), judged("2", 2026)), (None, None));
    assert!(judged("1", 2026).unwrap().message.contains("not on this day"));
    assert!(judged("3", 2026).unwrap().message.contains("knows no body"));
}

#[test]
fn everything_is_told_at_once() {
    let closure = entry(2, Kind::Closure, (State::Kg, State::Ru), None);
    let mut next = decision(5, "award");
    next.said.filed = filed("2129-01-01T00:00:00Z");
    next.said.pensions = vec!["kz-basic".parse().unwrap()];
    let told = codes(&[claim(), closure], &next);
    assert_eq!(told, ["case.filing_changed", "case.filed_later", "case.closed", "case.kind_not_covered"]);
    let asked = entry(2, Kind::FamilyInquiry, (State::Ru, State::Kg), None);
    let other = entry(3, Kind::AmountsRecord, (State::Kg, State::Ru), Some(2));
    assert_eq!(codes(&[asked], &other), ["case.other_answer"]);
}

proptest! {
    /// Where a case stands does not depend on the order in which its documents are read, and no more waits than asks.
    #[test]
    fn a_case_is_the_same_however_its_documents_are_read(
        drawn in prop::collection::vec((0..Kind::ALL.len(), any::<bool>(), prop::option::of(1_u128..12)), 0..12),
        seed in any::<u64>(),
    ) {
        let mut documents: Vec<CaseEntry> = drawn.into_iter().zip(1..).map(|((kind, is_there, about), number)| {
            let way = if is_there { (State::Ru, State::Kg) } else { (State::Kg, State::Ru) };
            entry(number, Kind::ALL[kind], way, about)
        }).collect();
        let case = CaseFile::new(documents.clone());
        let asking = documents.iter().filter(|it| !answers_to(it.kind).is_empty()).count();
        prop_assert!(case.waiting().len() <= asking);
        let count = documents.len().max(1);
        documents.rotate_left(usize::try_from(seed).unwrap_or(0) % count);
        prop_assert_eq!(CaseFile::new(documents), case);
    }
}
