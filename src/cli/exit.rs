//! Exit codes: decided here and nowhere else.

use super::jobs::UnfitDrop;
use crate::base::Verdict;
use crate::exchange::seal::SealError;
use crate::flow::FlowError;
use crate::flow::entry::EntryError;
use crate::node::{SettingsError, StartError};
use crate::paper::PaperError;
use std::process::ExitCode;

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Exit {
    /// It did what it was asked.
    Done,
    /// A document or record is refused.
    Refused,
    /// The words on the command line are off.
    Usage,
    /// Settings, files or the environment are at fault.
    Environment,
    /// The same command may succeed later.
    Later,
}

/// Words on the command line that cannot be understood, although each is one.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct Misused(pub(super) String);

impl Exit {
    /// The code of an error, by whose fault it is.
    pub fn of(error: &anyhow::Error) -> Self {
        if error.chain().any(|cause| cause.is::<SettingsError>() || cause.is::<StartError>()) {
            return Self::Environment;
        }
        if error.chain().any(|cause| cause.is::<Misused>()) {
            return Self::Usage;
        }
        if error.chain().any(|cause| cause.is::<UnfitDrop>()) {
            return Self::Refused;
        }
        if error.chain().any(|cause| matches!(cause.downcast_ref(), Some(SealError::Unsealable { .. }))) {
            return Self::Refused;
        }
        let verdict = error.chain().find_map(|cause| {
            let flow = cause.downcast_ref::<FlowError>().map(FlowError::verdict);
            let flow = flow.or_else(|| cause.downcast_ref::<EntryError>().map(EntryError::verdict));
            let seal = || cause.downcast_ref::<SealError>().map(SealError::verdict);
            flow.or_else(seal).or_else(|| cause.downcast_ref::<PaperError>().map(PaperError::verdict))
        });
        match verdict {
            Some(Verdict::Retry { .. }) => Self::Later,
            Some(Verdict::Return { .. } | Verdict::Quarantine { .. }) => Self::Refused,
            Some(Verdict::Park { .. }) | None => Self::Environment,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Done => 0_u8,
            Exit::Refused => 1,
            Exit::Usage => 2,
            Exit::Environment => 3,
            Exit::Later => 4,
        })
    }
}
