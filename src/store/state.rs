//! The words that columns hold, as enums. A word that is not here is a row error, never a default.

/// A word in a column that is none of its enum's.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("read {kind}: no such word")]
pub struct WordError {
    kind: &'static str,
}

impl WordError {
    pub(super) fn of(kind: &'static str) -> Self {
        Self { kind }
    }
}

macro_rules! word_enum {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $word:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum $name { $($(#[$variant_doc])* $variant,)+ }

        impl $name {
            /// All of them, in the order of the journey.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The word that is stored.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word,)+ }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::store::WordError;

            fn from_str(word: &str) -> Result<Self, $crate::store::WordError> {
                match word {
                    $($word => Ok(Self::$variant),)+
                    _ => Err($crate::store::WordError::of(stringify!($name))),
                }
            }
        }
    };
}

pub(super) use word_enum;

word_enum!(
    /// Whether a message comes or goes.
    Direction {
        /// From the peer.
        In = "in",
        /// To the peer.
        Out = "out",
    }
);

word_enum!(
    /// Where a message to a peer stands. Only sealed bytes are put, so a row is born queued.
    OutboxState {
        /// Waits for its next try.
        Queued = "queued",
        /// A worker is sending it.
        Leased = "leased",
        /// The peer took the bytes.
        Sent = "sent",
        /// The peer confirmed it by a signal or an answer.
        Confirmed = "confirmed",
        /// Refused for good.
        Returned = "returned",
        /// Kept; never sent by itself.
        Quarantined = "quarantined",
        /// Waits for a person, and so does the rest of its conversation.
        Parked = "parked",
    }
);

word_enum!(
    /// Where a message from a peer stands.
    InboxState {
        /// Its bytes are stored, nothing else is done.
        Held = "held",
        /// A worker settles it.
        Leased = "leased",
        /// Its structure was found readable.
        Received = "received",
        /// It passed signature and rules.
        Accepted = "accepted",
        /// It is accepted, and has its effect when its transaction is complete, or none.
        Deferred = "deferred",
        /// Its outcome and answers are stored.
        Settled = "settled",
        /// Refused for good, and the sender is told.
        Returned = "returned",
        /// Kept; never settled by itself.
        Quarantined = "quarantined",
        /// Waits for a person, and so does the rest of its conversation.
        Parked = "parked",
    }
);

word_enum!(
    /// What a message to a peer is.
    OutboxKind {
        /// A document.
        Application = "application",
        /// RCV, PRS or ERR.
        Signal = "signal",
        /// A fault of the header.
        Fault = "fault",
    }
);

word_enum!(
    /// Whether a conversation still goes on, and how it ended.
    ConversationState {
        /// Goes on; its timers run.
        Open = "open",
        /// Ended as the process foresees, a business refusal included.
        Completed = "completed",
        /// Ended by a fault, an error signal or an operator.
        Failed = "failed",
        /// Ended because a timer ran out for the last time.
        Expired = "expired",
    }
);
