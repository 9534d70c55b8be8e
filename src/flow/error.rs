//! What may go wrong in a flow: a stage's own failure, with its own verdict.

use crate::base::{Finding, Findings, Verdict};
use crate::exchange::OwnError;
use crate::exchange::canonical::State;
use crate::exchange::document::codec::CodecError;
use crate::exchange::rules::{Carries, CatalogueError, Refusal};
use crate::exchange::seal::SealError;
use crate::exchange::transit::{ActionError, JournalError, SignalBodyError};
use crate::exchange::wire::EnvelopeError;
use crate::store::StoreError;
use uuid::Uuid;

/// A failure of a flow.
#[derive(Debug, thiserror::Error)]
pub enum FlowError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A process or transaction that is not in the catalogue.
    #[error(transparent)]
    Catalogue(#[from] CatalogueError),
    /// An envelope that cannot be written, or a held one that cannot be read any more.
    #[error(transparent)]
    Envelope(#[from] EnvelopeError),
    /// A stored action that is none.
    #[error(transparent)]
    Action(#[from] ActionError),
    /// A signal that cannot be written or read.
    #[error(transparent)]
    Signal(#[from] SignalBodyError),
    /// A journal message that cannot be written or read.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// A record that cannot become a document.
    #[error(transparent)]
    Codec(#[from] CodecError),
    /// A document that cannot be sealed.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// A document of ours that cannot be read again.
    #[error(transparent)]
    Own(#[from] OwnError),
    /// An inquiry that another state asks.
    #[error("send what is of {asking} from the node of {ours}; let it say that {ours} asks or writes")]
    NotOurs {
        /// Who asks by its text.
        asking: State,
        /// Whose node this is.
        ours: State,
    },
    /// A content that the transaction does not begin with.
    #[error(
        "begin {transaction}, which carries {carries:?}; send such a content or name another transaction"
    )]
    OtherContent {
        /// The transaction.
        transaction: String,
        /// What it begins with.
        carries: Carries,
    },
    /// A fact that may not be asked for or offered.
    #[error("begin about fact {kind}: {}", refusal.code())]
    Fact {
        /// Its kind.
        kind: String,
        /// Why not.
        refusal: Refusal,
    },
    /// A fact that is kept and cannot be read again.
    #[error("read a fact that was kept")]
    KeptFact,
    /// A prepared inquiry that cannot be sent or dropped.
    #[error("send or drop prepared inquiry {id}: {reason}")]
    NotPrepared {
        /// Its number.
        id: Uuid,
        /// Why not, and what to do.
        reason: &'static str,
    },
    /// A bulk check that cannot go on.
    #[error(transparent)]
    Check(#[from] super::CheckError),
    /// Jobs that cannot be published or taken.
    #[error(transparent)]
    Labour(#[from] super::labour::LabourError),
    /// The index of vacancies could not be made or read.
    #[error(transparent)]
    JobIndex(#[from] crate::store::job_index::JobIndexError),
    /// An offer that another replica has sent.
    #[error("send an offer that has left")]
    OfferGone,
    /// Copies of documents in a message that is not sealed: nothing would bind them to it.
    #[error(
        "send copies of documents in {message}, which is not signed; sign it in the catalogue, or send none"
    )]
    CopiesUnsigned {
        /// Its code.
        message: String,
    },
    /// A peer that is not configured.
    #[error("find peer {peer}; add it to the settings")]
    UnknownPeer {
        /// Its state's code.
        peer: String,
    },
    /// A peer that takes no part in a process, by our settings.
    #[error("begin {process} with peer {peer}, which takes no part in it; add it to processes of the peer")]
    ProcessNotAllowed {
        /// Its state's code.
        peer: String,
        /// The process.
        process: String,
    },
    /// A service message that a peer did not take.
    #[error("tell peer {peer}: {detail}")]
    NotTaken {
        /// Its state's code.
        peer: String,
        /// Why not.
        detail: String,
    },
    /// Our trusted third party could not be asked, or did not decide. It says nothing of the document.
    #[error("have the signature judged by the third party of [third_party] in the settings: {detail}")]
    ThirdParty {
        /// Why, without a person's data.
        detail: String,
    },
    /// Our time-stamping authority could not be asked, or gave no time stamp. The documents wait for one.
    #[error("have documents stamped by the authority of [time_stamps] in the settings: {detail}")]
    TimeStamps {
        /// Why, without a person's data.
        detail: String,
    },
    /// Work on a thread of its own was cut off.
    #[error("finish the work on a document; the node is stopping")]
    CutOff,
    /// The local system could not be asked or told.
    #[error("reach the local system: {detail}")]
    Local {
        /// What becomes of the message.
        verdict: Verdict,
        /// Why, without a person's data.
        detail: String,
    },
    /// Copies of documents that no message can carry.
    #[error("carry all copies of documents in one message; leave out {left_out} of them")]
    TooMuch {
        /// How many are too many.
        left_out: usize,
    },
    /// A document of ours that our own rules refuse.
    #[error("compose a lawful document: {}", all(.0))]
    Unlawful(Findings),
}

impl FlowError {
    /// Whether the operator was told of the cause when it began, and need not be told each time.
    pub fn is_told(&self) -> bool {
        matches!(self, Self::Store(error) if error.is_told())
    }

    /// Whether another worker went on with the same row: a clock that jumps ahead ends a lease before its time. Nothing
    /// is harmed, since what came second was undone.
    pub fn is_lost_race(&self) -> bool {
        matches!(self, Self::Store(StoreError::Transition { .. }))
    }

    /// What becomes of the message or record.
    pub fn verdict(&self) -> Verdict {
        match self {
            Self::Store(error) => error.verdict(),
            Self::Catalogue(error) => error.verdict(),
            Self::Envelope(error) => error.verdict(),
            Self::Action(_) => Verdict::Park { code: "flow.action" },
            Self::Signal(error) => error.verdict(),
            Self::Journal(error) => error.verdict(),
            Self::Codec(error) => error.verdict(),
            Self::Seal(error) => error.verdict(),
            Self::Own(_) => Verdict::Park { code: "flow.own_document" },
            Self::NotOurs { .. } => Verdict::Return { code: "flow.not_ours" },
            Self::OtherContent { .. } => Verdict::Return { code: "flow.other_content" },
            Self::Fact { refusal, .. } => Verdict::Return { code: refusal.code() },
            Self::Check(error) => error.verdict(),
            Self::Labour(error) => error.verdict(),
            Self::JobIndex(error) => error.verdict(),
            Self::KeptFact => Verdict::Park { code: "flow.kept_fact" },
            Self::NotPrepared { .. } => Verdict::Return { code: "flow.not_prepared" },
            Self::OfferGone => Verdict::Return { code: "flow.offer_gone" },
            Self::CopiesUnsigned { .. } => Verdict::Return { code: "flow.copies_unsigned" },
            Self::UnknownPeer { .. } => Verdict::Park { code: "flow.unknown_peer" },
            Self::ProcessNotAllowed { .. } => Verdict::Return { code: "flow.process_not_allowed" },
            Self::NotTaken { .. } | Self::CutOff | Self::ThirdParty { .. } | Self::TimeStamps { .. } => {
                Verdict::Retry { not_before: None }
            }
            Self::Local { verdict, .. } => *verdict,
            Self::TooMuch { .. } => Verdict::Return { code: "flow.too_much" },
            Self::Unlawful(_) => Verdict::Return { code: "flow.unlawful" },
        }
    }
}

/// Every finding, up to as many as a person reads.
fn all(findings: &[Finding]) -> String {
    findings.iter().take(20).map(ToString::to_string).collect::<Vec<_>>().join("; ")
}
