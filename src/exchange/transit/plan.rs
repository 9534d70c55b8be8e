//! What a transaction demands of one of its sides: which signals are sent and awaited, and for how long.
//!
//! The pattern says which steps there are (D5 ¶122–139); a term that is blank in the process catalogue takes its
//! step away (D5 ¶105–107). The four parameters are independent of the pattern: odd combinations are in use.

use crate::exchange::rules::Pattern;
use std::fmt;
use std::str::FromStr;

/// Which side of a transaction a node is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Role {
    /// It sent the first message.
    Initiator,
    /// It answers, or only takes.
    Respondent,
}

/// The parameters of a transaction (D5 ¶104–110); a blank term is `None`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Terms {
    /// T1: from sending to the receipt of RCV.
    pub t1_ms: Option<i64>,
    /// T2: from sending to the receipt of PRS.
    pub t2_ms: Option<i64>,
    /// T3: from sending to the receipt of the response.
    pub t3_ms: Option<i64>,
    /// N: how often a message may be repeated; at most N+1 sends.
    pub repeats: u32,
}

/// A transaction as one side sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Plan {
    /// Which side.
    pub role: Role,
    /// How its messages follow each other.
    pub pattern: Pattern,
    /// Its parameters.
    pub terms: Terms,
}

/// The signals about one message, each with its term; `None` where the message has no such signal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Signals {
    /// RCV.
    pub rcv_ms: Option<i64>,
    /// PRS.
    pub prs_ms: Option<i64>,
}

impl Role {
    /// The word that is stored and shown.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Initiator => "initiator",
            Self::Respondent => "respondent",
        }
    }

    /// The side whose message one of this side takes.
    pub fn other(self) -> Self {
        match self {
            Self::Initiator => Self::Respondent,
            Self::Respondent => Self::Initiator,
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A word that names no side.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("read the side of a transaction: no such word")]
pub struct RoleError;

impl FromStr for Role {
    type Err = RoleError;

    fn from_str(word: &str) -> Result<Self, RoleError> {
        [Self::Initiator, Self::Respondent].into_iter().find(|role| role.as_str() == word).ok_or(RoleError)
    }
}

impl Plan {
    /// The signals that this side awaits about the message it sends.
    pub fn awaited(&self) -> Signals {
        self.signals_about(self.role)
    }

    /// The signals that this side sends about the message it takes.
    pub fn sent(&self) -> Signals {
        self.signals_about(self.role.other())
    }

    /// Whether this side awaits a message in answer to its own.
    pub fn awaits_response(&self) -> bool {
        self.role == Role::Initiator && self.pattern.has_response()
    }

    /// For how long the initiator lets the peer object to what it signalled: one more T2 (D5 ¶124).
    pub fn objection_ms(&self) -> Option<i64> {
        let has_it = self.pattern == Pattern::MutualObligations && self.role == Role::Initiator;
        self.terms.t2_ms.filter(|_| has_it)
    }

    /// Whether what came has its effect only when the transaction is complete, so that cancelling it leaves
    /// nothing to undo (D5 ¶98, ¶122).
    pub fn is_atomic(&self) -> bool {
        self.pattern == Pattern::MutualObligations
    }

    /// RCV and PRS about the message that the side `sender` sends.
    fn signals_about(&self, sender: Role) -> Signals {
        let (t1, t2) = (self.terms.t1_ms, self.terms.t2_ms);
        let (rcv_ms, prs_ms) = match (self.pattern, sender) {
            (Pattern::MutualObligations, _) | (Pattern::RequestResponse, Role::Initiator) => (t1, t2),
            (Pattern::RequestConfirmation, Role::Respondent) | (Pattern::Notification, Role::Initiator) => {
                (t1, None)
            }
            (Pattern::RequestConfirmation, Role::Initiator)
            | (Pattern::RequestResponse | Pattern::Notification, Role::Respondent)
            | (Pattern::QuestionAnswer | Pattern::Distribution, _) => (None, None),
        };
        Signals { rcv_ms, prs_ms }
    }
}

impl Signals {
    /// Whether the message has any.
    pub fn is_empty(&self) -> bool {
        self.rcv_ms.is_none() && self.prs_ms.is_none()
    }
}
