//! Where a claim waits for other states alone, national law may know a provisional award: a hint, which decides nothing.

use super::stage::{CaseFile, CaseSort, CaseStage};
use crate::exchange::canonical::case::CaseDocumentKind;
use crate::exchange::canonical::{Coded, State};
use crate::pension::Agreement;
use serde::Serialize;

/// What a provisional award could be for, and on whom the case waits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Provisional {
    /// The pensions of our law that are claimed and not decided.
    pub pensions: Vec<Coded>,
    /// The states whose record or decision is missing.
    pub awaited: Vec<State>,
    /// The rules that it rests on: each state assigns when the right arises under its own law (T20), from service on its
    /// own territory first (T21), and computes the amount from that alone (T28).
    pub rules: [&'static str; 3],
}

impl CaseFile {
    /// Whether nothing but what other states are to tell is missing in a claim for a pension of our law. What is asked
    /// beside the case, such as an insurance record, is not known here.
    pub fn provisional(&self, ours: State, agreement: &Agreement) -> Option<Provisional> {
        if self.sort() != CaseSort::Claim || self.stage() != CaseStage::Waiting {
            return None;
        }
        let waiting = self.waiting();
        let is_our_decision = |kind| kind == CaseDocumentKind::PensionClaim;
        if waiting.iter().any(|it| it.who == ours && !is_our_decision(it.kind)) {
            return None;
        }
        let mut awaited: Vec<State> = waiting.iter().map(|it| it.who).filter(|who| *who != ours).collect();
        awaited.sort_unstable();
        awaited.dedup();
        let of = |kind| self.counting().filter(move |entry| entry.kind == kind);
        let is_decided = |pension: &Coded| {
            of(CaseDocumentKind::PensionDecision)
                .any(|entry| entry.from == ours && entry.said.pensions.contains(pension))
        };
        let is_ours =
            |pension: &&Coded| agreement.kind(pension.as_str()).is_some_and(|kind| kind.state == ours);
        let mut pensions: Vec<Coded> =
            self.claimed().filter(is_ours).filter(|one| !is_decided(one)).cloned().collect();
        pensions.sort_unstable();
        pensions.dedup();
        let is_possible = !awaited.is_empty() && !pensions.is_empty();
        is_possible.then_some(Provisional { pensions, awaited, rules: ["T20", "T21", "T28"] })
    }
}
