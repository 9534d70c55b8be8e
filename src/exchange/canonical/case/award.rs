//! Documents about the right to a pension: claim, decision, examination, family, relocation, verification (needs A, C, D, E, I, J).

use super::CaseHead;
use super::parts::{
    Body, Disability, FamilyMember, PensionComponent, Question, ReceivedPension, Representative, Residence,
    ServiceTotal, TestResult, VerifiedDocument,
};
use crate::exchange::canonical::{Coded, Country, Evidence, Interval, Number, Person, Remark, State};
use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// A claim, forwarded with its documents and the day it was filed (T7, T8).
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PensionClaim {
    /// Whose document of which case it is.
    pub head: CaseHead,
    /// About whom.
    pub person: Person,
    /// A code of the list of applicants.
    pub applicant: Coded,
    /// Who acts for him.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub representative: Option<Representative>,
    /// Which pensions are claimed (T3).
    pub kinds: Vec<Coded>,
    /// From when, where the applicant chooses.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wished_from: Option<Date>,
    /// Where he lives.
    pub residence: Residence,
    /// Where he says that he worked.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub worked_in: Vec<State>,
    /// What he receives already (T19).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pensions: Vec<ReceivedPension>,
    /// What proves it, with copies where there are.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub evidence: Vec<Evidence>,
}

/// Award, refusal, recalculation or end of a pension, by kind (T19, T20, T28, T37).
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PensionDecision {
    /// Whose document of which case it is.
    pub head: CaseHead,
    /// About whom.
    pub person: Person,
    /// Which pension (T3).
    pub kind: Coded,
    /// A code of the list of decisions.
    pub decision: Coded,
    /// Its number.
    pub number: Number,
    /// When it was taken.
    pub decided_on: Date,
    /// From when it has effect, and until when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub days: Option<Interval>,
    /// How much, by component (T14).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub components: Vec<PensionComponent>,
    /// What was counted (T21, T22).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub service: Vec<ServiceTotal>,
    /// The coefficient, where the law has one (T23, T24).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub coefficient: Option<Decimal>,
    /// Why it is refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Coded>,
    /// In words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub explanation: Option<Remark>,
    /// How it is appealed against.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub appeal: Option<Remark>,
}

/// Asks the state of residence for an examination and its data (T29, T31).
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExaminationRequest {
    /// Whose document of which case it is.
    pub head: CaseHead,
    /// About whom.
    pub person: Person,
    /// For which pension.
    pub kind: Coded,
    /// Where he lives, and is examined.
    pub residence: Residence,
    /// What is to be found out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub questions: Vec<Question>,
    /// What proves it, with copies where there are.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub evidence: Vec<Evidence>,
}

/// What an examination found (T29–T31).
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExaminationRecord {
    /// Whose document of which case it is.
    pub head: CaseHead,
    /// About whom.
    pub person: Person,
    /// When.
    pub examined_on: Date,
    /// By whom.
    pub body: Body,
    /// Impaired functions of the body.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub functions: Vec<Coded>,
    /// What examinations came to.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub results: Vec<TestResult>,
    /// The disability, if one was stated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disability: Option<Disability>,
    /// In words.
    pub conclusion: Remark,
    /// What proves it, with copies where there are.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub evidence: Vec<Evidence>,
}

/// Group, cause and term of a disability, as the state decides whose pension it is for (T30, T32).
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DisabilityDecision {
    /// Whose document of which case it is.
    pub head: CaseHead,
    /// About whom.
    pub person: Person,
    /// Who decided.
    pub body: Body,
    /// The number of the decision.
    pub number: Number,
    /// When.
    pub decided_on: Date,
    /// What was stated; none if no disability was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disability: Option<Disability>,
    /// Whether the person was absent.
    pub is_in_absentia: bool,
    /// In words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub explanation: Option<Remark>,
}

/// Asks who belongs to a worker's family (T18).
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FamilyInquiry {
    /// Whose document of which case it is.
    pub head: CaseHead,
    /// About whom.
    pub person: Person,
    /// When he died, for survivors.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub died_on: Option<Date>,
    /// What else is to be found out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub questions: Vec<Question>,
}

/// Who belongs to a worker's family, by the law of the state of employment (T17, T18).
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FamilyRecord {
    /// Whose document of which case it is.
    pub head: CaseHead,
    /// About whom.
    pub person: Person,
    /// When he died, for survivors.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub died_on: Option<Date>,
    /// Who belongs to it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub members: Vec<FamilyMember>,
    /// As of when.
    pub as_of: Date,
    /// What proves it, with copies where there are.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub evidence: Vec<Evidence>,
}

/// Asks the state that issued documents whether they are so (T38, T39).
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VerificationRequest {
    /// Whose document of which case it is.
    pub head: CaseHead,
    /// About whom, where the documents are of a person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<Person>,
    /// Which documents.
    pub evidence: Vec<Evidence>,
    /// What is to be found out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub questions: Vec<Question>,
}

/// What the state that issued documents says of them (T38, T39).
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VerificationRecord {
    /// Whose document of which case it is.
    pub head: CaseHead,
    /// About whom, where the documents are of a person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<Person>,
    /// What it says of each.
    pub documents: Vec<VerifiedDocument>,
    /// What proves it, with copies where there are.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub evidence: Vec<Evidence>,
}

/// A pensioner moved; what he receives, and whether the right from before 2021 is to be reviewed (T16, T44, T45).
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RelocationNotice {
    /// Whose document of which case it is.
    pub head: CaseHead,
    /// About whom.
    pub person: Person,
    /// When.
    pub moved_on: Date,
    /// From where.
    pub former: Country,
    /// Where to.
    pub residence: Residence,
    /// What he receives.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pensions: Vec<ReceivedPension>,
    /// Whether he asks for a review.
    pub is_review_asked: bool,
    /// What proves it, with copies where there are.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub evidence: Vec<Evidence>,
}
