//! What came through the door: a whole body, or as much of it as there was.

use bytes::Bytes;

/// A body as it arrived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Came {
    /// All that the caller announced.
    Whole(Bytes),
    /// More than the limit, announced or found; what was taken until then.
    TooLarge {
        /// The bytes taken before the limit was met.
        kept: Bytes,
        /// What the caller announced, if anything.
        announced: Option<u64>,
    },
    /// The caller broke off, or announced more than it sent.
    Broken {
        /// The bytes that came.
        kept: Bytes,
        /// What the caller announced, if anything.
        announced: Option<u64>,
    },
    /// The caller stood still or only dripped.
    TooSlow {
        /// The bytes that came.
        kept: Bytes,
        /// What the caller announced, if anything.
        announced: Option<u64>,
    },
    /// The caller announced a content coding that it did not keep to.
    Spoilt {
        /// What could be inflated.
        kept: Bytes,
        /// What is wrong.
        reason: String,
    },
    /// A package that could not be taken apart; what it brought is not kept.
    Unpackable {
        /// What is wrong.
        reason: String,
    },
    /// A content coding that is not taken; nothing was read.
    UnknownCoding {
        /// What it says it is.
        coding: String,
    },
}

impl Came {
    /// The bytes that came, whole or not.
    pub fn bytes(&self) -> &[u8] {
        match self {
            Self::Whole(bytes) => bytes,
            Self::TooLarge { kept, .. }
            | Self::Broken { kept, .. }
            | Self::TooSlow { kept, .. }
            | Self::Spoilt { kept, .. } => kept,
            Self::Unpackable { .. } | Self::UnknownCoding { .. } => &[],
        }
    }
}
