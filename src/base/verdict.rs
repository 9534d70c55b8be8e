//! What becomes of a failure: the one decision every stage's error must make.

use jiff::Timestamp;

/// A stable, dotted, documented code such as `seal.expired`. The code is the contract, the text is not.
pub type Code = &'static str;

/// What the flow does with a thing that failed. Matched without a wildcard everywhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Try the same bytes later; the network or the peer is at fault.
    Retry {
        /// The earliest instant of the next try, when the failure names one.
        not_before: Option<Timestamp>,
    },
    /// Tell the sender; final. Their document (or our record) is at fault.
    Return {
        /// What went wrong.
        code: Code,
    },
    /// Keep, never process by itself, alert. Their identity or signature is at fault.
    Quarantine {
        /// What went wrong.
        code: Code,
    },
    /// Stop this lane until a person acts. Our key, configuration or bug is at fault.
    Park {
        /// What went wrong.
        code: Code,
    },
}

impl Verdict {
    /// The code of a final verdict; a retry has none of its own.
    pub fn code(&self) -> Option<Code> {
        match self {
            Self::Retry { .. } => None,
            Self::Return { code } | Self::Quarantine { code } | Self::Park { code } => Some(code),
        }
    }
}
