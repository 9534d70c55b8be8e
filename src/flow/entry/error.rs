//! Why somebody is not let in, or may not do what he wants.

use crate::access::{AccountError, Ground, PasswordError, Refusal, Weakness};
use crate::base::{Code, Finding, Findings, Verdict};
use crate::exchange::seal::SealError;
use crate::flow::FlowError;
use crate::store::StoreError;
use jiff::Timestamp;

/// A failure of an entry or of an act.
#[derive(Debug, thiserror::Error)]
pub enum EntryError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Another flow that was called.
    #[error(transparent)]
    Flow(#[from] FlowError),
    /// The library of digests.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// A password that could not be kept.
    #[error(transparent)]
    Password(#[from] PasswordError),
    /// He may not.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The account is not where it would have to be.
    #[error(transparent)]
    Account(#[from] AccountError),
    /// Login, password or one-time code are wrong; which of them is not told.
    #[error("sign in: login, password or one-time code are wrong")]
    Credentials,
    /// The password fits, and a one-time code is wanted.
    #[error("sign in without a one-time code")]
    CodeWanted,
    /// Too many failed tries.
    #[error("sign in before {until}")]
    Wait {
        /// When the next try counts.
        until: Timestamp,
    },
    /// The account is blocked.
    #[error("enter a blocked account ({})", ground.word())]
    Blocked {
        /// Why.
        ground: Ground,
    },
    /// The temporary password was used, or its time is over (A30).
    #[error("enter by a temporary password that is over")]
    TemporaryOver,
    /// A password that the policy does not take (A7).
    #[error("take a password that is weak: {} faults", .0.len())]
    Weak(Vec<Weakness>),
    /// What was filed is not in order; all that is wrong with it.
    #[error("take what is not in order: {}", all(.0))]
    NotInOrder(Findings),
    /// There is no such thing, or it is not his.
    #[error("find {what}")]
    NotThere {
        /// What.
        what: &'static str,
    },
    /// Somebody has decided it before.
    #[error("decide what was decided before")]
    Decided,
    /// He decides about himself (A1).
    #[error("decide about oneself")]
    OneSelf,
    /// A second factor that the key of the node does not open.
    #[error("open a second factor: it was locked under another key")]
    FactorKey,
    /// A token that is none.
    #[error("take a token: {reason}")]
    Token {
        /// Why, without its content.
        reason: &'static str,
    },
}

impl EntryError {
    /// Its stable code.
    pub fn code(&self) -> Option<Code> {
        Some(match self {
            Self::Store(error) => return error.verdict().code(),
            Self::Flow(error) => return error.verdict().code(),
            Self::Seal(error) => return error.verdict().code(),
            Self::Password(_) => "access.unkept",
            Self::Refused(refusal) => refusal.code(),
            Self::Account(_) => "access.account",
            Self::Credentials => "access.credentials",
            Self::CodeWanted => "access.code_wanted",
            Self::Wait { .. } => "access.wait",
            Self::Blocked { .. } => "access.blocked",
            Self::TemporaryOver => "access.temporary_over",
            Self::Weak(_) => "access.weak",
            Self::NotInOrder(_) => "access.request",
            Self::NotThere { .. } => "access.not_there",
            Self::Decided => "access.decided",
            Self::OneSelf => "access.oneself",
            Self::Token { .. } => "access.token",
            Self::FactorKey => "access.factor_key",
        })
    }

    /// What becomes of it.
    pub fn verdict(&self) -> Verdict {
        match self {
            Self::Store(error) => error.verdict(),
            Self::Flow(error) => error.verdict(),
            Self::Seal(error) => error.verdict(),
            Self::Wait { until } => Verdict::Retry { not_before: Some(*until) },
            Self::Password(_) | Self::FactorKey => Verdict::Park { code: self.code().unwrap_or_default() },
            Self::Refused(_)
            | Self::Account(_)
            | Self::Credentials
            | Self::CodeWanted
            | Self::Blocked { .. }
            | Self::TemporaryOver
            | Self::Weak(_)
            | Self::NotInOrder(_)
            | Self::NotThere { .. }
            | Self::Decided
            | Self::OneSelf
            | Self::Token { .. } => Verdict::Return { code: self.code().unwrap_or_default() },
        }
    }
}

/// Every finding, up to as many as a person reads.
fn all(findings: &[Finding]) -> String {
    findings.iter().take(20).map(ToString::to_string).collect::<Vec<_>>().join("; ")
}
