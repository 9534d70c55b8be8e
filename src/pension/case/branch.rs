//! For what a pension is claimed in a case, and what such a claim rests on beside service: a hint, which decides nothing.

use super::stage::{CaseFile, CaseSort, CaseStage};
use crate::exchange::canonical::Coded;
use crate::exchange::canonical::case::CaseDocumentKind;
use crate::pension::{Agreement, Branch, PensionKind};
use schemars::JsonSchema;
use serde::Serialize;

/// What a claim rests on and nobody has told in its case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Lacking {
    /// For what is claimed.
    pub branch: Branch,
    /// The document that would tell it.
    #[schemars(with = "String")]
    pub told_by: CaseDocumentKind,
    /// The document that asks for it.
    #[schemars(with = "String")]
    pub asked_by: CaseDocumentKind,
    /// By which rules it counts.
    pub rules: Vec<&'static str>,
}

impl CaseFile {
    /// For what is claimed: age, long service, disability, survivors, savings, each once.
    pub fn branches(&self, agreement: &Agreement) -> Vec<Branch> {
        let claimed = self.claimed().filter_map(|kind| agreement.kind(kind.as_str()));
        let mut branches: Vec<Branch> = claimed.map(|kind| kind.branch).collect();
        branches.sort_unstable();
        branches.dedup();
        branches
    }

    /// What a claim on which nobody has decided rests on beside service, and nobody has told: the data of an examination for disability
    /// (T29–T31), the composition of the family for survivors (T17, T18).
    pub fn lacks(&self, agreement: &Agreement) -> Vec<Lacking> {
        if self.sort() != CaseSort::Claim || self.stage() == CaseStage::Closed {
            return Vec::new();
        }
        let is_told = |kinds: &[CaseDocumentKind]| self.counting().any(|entry| kinds.contains(&entry.kind));
        let open = self.claimed().filter(|kind| !self.is_decided(kind));
        let mut grounds: Vec<Branch> =
            open.filter_map(|kind| agreement.kind(kind.as_str())).map(PensionKind::rests_on).collect();
        grounds.sort_unstable();
        grounds.dedup();
        let lacking = |branch| {
            let (tell, asked_by, rules) = ground(branch)?;
            let told_by = *tell.first()?;
            (!is_told(tell)).then(|| Lacking { branch, told_by, asked_by, rules: rules.to_vec() })
        };
        grounds.into_iter().filter_map(lacking).collect()
    }

    /// The kinds of pension of the claims that count.
    pub(super) fn claimed(&self) -> impl Iterator<Item = &Coded> {
        let claims = self.counting().filter(|entry| entry.kind == CaseDocumentKind::PensionClaim);
        claims.flat_map(|entry| &entry.said.pensions)
    }

    /// Whether somebody has decided on a kind of pension.
    fn is_decided(&self, kind: &Coded) -> bool {
        let mut decisions = self.counting().filter(|entry| entry.kind == CaseDocumentKind::PensionDecision);
        decisions.any(|entry| entry.said.pensions.contains(kind))
    }
}

/// Documents of which one is enough, the one that asks for them, and the rules.
type Ground = (&'static [CaseDocumentKind], CaseDocumentKind, &'static [&'static str]);

/// What a claim for a branch rests on beside service, and by which rules.
fn ground(branch: Branch) -> Option<Ground> {
    use CaseDocumentKind as Kind;
    match branch {
        Branch::Disability => {
            let tell = &[Kind::ExaminationRecord, Kind::DisabilityDecision];
            Some((tell, Kind::ExaminationRequest, &["T29", "T30", "T31"]))
        }
        Branch::Survivors => Some((&[Kind::FamilyRecord], Kind::FamilyInquiry, &["T17", "T18"])),
        Branch::OldAge | Branch::LongService | Branch::Funded => None,
    }
}
