//! What speaks against the next document of a case; all of it at once.

use super::entry::{CaseEntry, answers_to};
use super::stage::CaseFile;
use crate::base::{Finding, Findings};
use crate::exchange::canonical::case::{CaseDocumentKind, DirectoryEntry};
use crate::exchange::canonical::{Coded, RegisterNumber};
use crate::pension::Agreement;
use jiff::Timestamp;
use jiff::civil::Date;

/// Judges a document that is to be written, or came, before it belongs to its case.
pub fn judge(case: &CaseFile, next: &CaseEntry, agreement: &Agreement) -> Findings {
    let found = [filing(case, next), late_filing(next), closed(case, next), other_answer(case, next)];
    let mut findings: Findings = found.into_iter().flatten().collect();
    findings.extend(next.said.pensions.iter().filter_map(|kind| covered(next, kind, agreement)));
    findings.extend(decided_before(case, next));
    findings.extend(without_reason(next));
    findings
}

/// A body that writes is in the directory of its state on that day (T46).
pub fn judge_body(bodies: &[DirectoryEntry], id: &RegisterNumber, on: Date) -> Option<Finding> {
    let holds =
        |entry: &DirectoryEntry| (entry.days.from()..=entry.days.to().unwrap_or(Date::MAX)).contains(&on);
    let mut named = bodies.iter().filter(|entry| entry.body.id.as_ref() == Some(id)).peekable();
    let is_named = named.peek().is_some();
    (!named.any(holds)).then(|| {
        let message = if is_named {
            "the body is in the directory of its state, but not on this day; write the one that took its place"
        } else {
            "the directory of the state knows no body of this number; correct it, or send the directory first"
        };
        Finding::error("case.body_unknown", "/head/body/id", "T46", id.as_str(), message)
    })
}

/// The original filing date travels with every message and is never replaced (T8).
fn filing(case: &CaseFile, next: &CaseEntry) -> Option<Finding> {
    let (known, said) = (case.filed()?, next.said.filed.as_ref()?);
    let is_same = known.state == said.state
        && (known.at == said.at || known.at.instant().zip(said.at.instant()).is_some_and(|(a, b)| a == b));
    (!is_same).then(|| {
        let message = "the claim of this case was filed at another time or in another state; write what the first \
                       document of the case says";
        Finding::error("case.filing_changed", "/head/filing", "T8", "", message)
    })
}

fn late_filing(next: &CaseEntry) -> Option<Finding> {
    let filed: Timestamp = next.said.filed.as_ref()?.at.instant()?;
    (filed > next.at).then(|| {
        let message =
            "the claim was filed after this document came or was written; correct the day of filing";
        Finding::error("case.filed_later", "/head/filing", "T8", "", message)
    })
}

fn closed(case: &CaseFile, next: &CaseEntry) -> Option<Finding> {
    use CaseDocumentKind as Kind;
    let may_come = matches!(
        next.kind,
        Kind::PensionClaim | Kind::Closure | Kind::Invalidation | Kind::Update | Kind::CircumstanceNotice
    );
    (case.is_closed() && !may_come).then(|| {
        let message = "the case is closed; open another, or invalidate the closure first";
        Finding::error("case.closed", "/document", "closed is closed", next.kind.as_code(), message)
    })
}

/// An answer answers what asks for it.
fn other_answer(case: &CaseFile, next: &CaseEntry) -> Option<Finding> {
    let asked = case.entry(next.about?)?;
    let is_answer = CaseDocumentKind::ALL.iter().any(|kind| answers_to(*kind).contains(&next.kind));
    let fits = !is_answer
        || next.kind == CaseDocumentKind::PensionDecision
        || answers_to(asked.kind).contains(&next.kind);
    (!fits).then(|| {
        let message = "it answers a document that asks for something else; name the one that it answers";
        Finding::error(
            "case.other_answer",
            "/head/about",
            "an answer fits its question",
            asked.kind.as_code(),
            message,
        )
    })
}

/// The closed list of article 2(2) says which pensions a state has (T3); who decides decides on its own.
fn covered(next: &CaseEntry, kind: &Coded, agreement: &Agreement) -> Option<Finding> {
    let known = agreement.kind(kind.as_str());
    let decides = next.kind == CaseDocumentKind::PensionDecision;
    let (rule, message) = match known {
        None => (
            "T3",
            "this kind of pension is not covered by the Agreement; leave it to the law of the state of residence",
        ),
        Some(kind) if decides && kind.state != next.from => (
            "T20",
            "a state decides on pensions of its own law alone; send the claim on to the state whose pension it is",
        ),
        Some(_) => return None,
    };
    Some(Finding::error("case.kind_not_covered", "/kind", rule, kind.as_str(), message))
}

/// Two decisions for one claim, told to one state: what came of it changes by a recalculation or review, or the first is declared invalid.
fn decided_before(case: &CaseFile, next: &CaseEntry) -> Option<Finding> {
    let is_first = |decision: &Coded| FIRST.contains(&decision.as_str());
    let is_it =
        next.kind == CaseDocumentKind::PensionDecision && next.said.decision.as_ref().is_some_and(is_first);
    let is_alike = |entry: &CaseEntry| {
        entry.kind == CaseDocumentKind::PensionDecision
            && (entry.from, entry.to) == (next.from, next.to)
            && entry.said.pensions == next.said.pensions
            && entry.document_id != next.document_id
            && entry.said.decision.as_ref().is_some_and(is_first)
    };
    (is_it && case.counting().any(is_alike)).then(|| {
        let message = "there is a decision on this pension in this case already; recalculate or review it, or \
                       invalidate the first";
        Finding::error("case.decided_before", "/decision", "T20", "", message)
    })
}

/// A refusal says why, so that it can be seen not to be for living in another member state (T10).
fn without_reason(next: &CaseEntry) -> Option<Finding> {
    let is_refusal = next.kind == CaseDocumentKind::PensionDecision
        && next.said.decision.as_ref().is_some_and(|decision| decision.as_str() == REFUSAL);
    (is_refusal && next.said.reason.is_none()).then(|| {
        let message = "a refusal says why; write the reason: living in another member state is none";
        Finding::error("case.refusal_without_reason", "/reason", "T10", "", message)
    })
}

/// Decisions that answer a claim; a provisional award is followed by another.
const FIRST: [&str; 2] = ["award", REFUSAL];
const REFUSAL: &str = "refusal";
