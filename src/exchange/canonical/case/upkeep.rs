//! Documents about earlier documents: what every case system needs.

use super::CaseHead;
use super::parts::{Answer, Body, Question};
use crate::exchange::canonical::{Coded, Evidence, Remark, State};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Asks what is unclear in an earlier document.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Clarification {
    /// Whose document of which case it is.
    pub head: CaseHead,
    /// What is unclear.
    pub questions: Vec<Question>,
    /// Until when an answer is needed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<Date>,
}

/// Answers what was unclear.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClarificationAnswer {
    /// Whose document of which case it is.
    pub head: CaseHead,
    /// What is answered.
    pub answers: Vec<Answer>,
    /// What proves it, with copies where there are.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub evidence: Vec<Evidence>,
}

/// An earlier document cannot be dealt with, and why.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rejection {
    /// Whose document of which case it is.
    pub head: CaseHead,
    /// A code of the list of reasons.
    pub reason: Coded,
    /// In words, with what to do.
    pub explanation: Remark,
}

/// An earlier document waits for its answer.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reminder {
    /// Whose document of which case it is.
    pub head: CaseHead,
    /// Which reminder of it this is.
    pub number: u16,
    /// When the answer was, or is, due.
    pub due: Date,
    /// In words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub explanation: Option<Remark>,
}

/// Another document stands in the place of an earlier one.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Update {
    /// Whose document of which case it is.
    pub head: CaseHead,
    /// Which.
    pub replacement: Uuid,
    /// What is other in it.
    pub explanation: Remark,
}

/// An earlier document does not count any more.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Invalidation {
    /// Whose document of which case it is.
    pub head: CaseHead,
    /// A code of the list of reasons.
    pub reason: Coded,
    /// From when it does not count.
    pub from: Date,
    /// In words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub explanation: Option<Remark>,
}

/// A document was passed on to the body that it is for.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Forwarding {
    /// Whose document of which case it is.
    pub head: CaseHead,
    /// To which state.
    pub to: State,
    /// To which body.
    pub body: Body,
    /// A code of the list of reasons.
    pub reason: Coded,
    /// In words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub explanation: Option<Remark>,
}

/// A case is closed.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Closure {
    /// Whose document of which case it is.
    pub head: CaseHead,
    /// A code of the list of reasons.
    pub reason: Coded,
    /// When.
    pub closed_on: Date,
    /// In words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub explanation: Option<Remark>,
}
