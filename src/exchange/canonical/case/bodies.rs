//! Documents about bodies and laws, and what the Commission asks (needs L, M).

use super::CaseHead;
use super::parts::{Answer, DirectoryEntry, Question};
use crate::exchange::canonical::{Coded, Evidence, Number, Remark, Title};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// The authorised and competent bodies of a state, with their history (T46).
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BodyDirectory {
    /// Whose document of which case it is.
    pub head: CaseHead,
    /// All that there are, ended ones included.
    pub entries: Vec<DirectoryEntry>,
    /// As of when.
    pub as_of: Date,
}

/// A change of law within the scope of the Agreement (T34).
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LawChange {
    /// Whose document of which case it is.
    pub head: CaseHead,
    /// What the act is called.
    pub title: Title,
    /// Its number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<Number>,
    /// When it was adopted.
    pub adopted_on: Date,
    /// When it comes into force.
    pub in_force_on: Date,
    /// Which pensions it is about; none means all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub kinds: Vec<Coded>,
    /// What changes.
    pub summary: Remark,
    /// What proves it, with copies where there are.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub evidence: Vec<Evidence>,
}

/// What the Commission asks, passed on (T33).
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CommissionInquiry {
    /// Whose document of which case it is.
    pub head: CaseHead,
    /// About what.
    pub subject: Title,
    /// What is asked.
    pub questions: Vec<Question>,
    /// Until when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<Date>,
}

/// What is answered to it (T33).
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CommissionAnswer {
    /// Whose document of which case it is.
    pub head: CaseHead,
    /// About what.
    pub subject: Title,
    /// What is answered.
    pub answers: Vec<Answer>,
    /// As of when the figures are.
    pub as_of: Date,
}
