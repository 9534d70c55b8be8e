//! What may go wrong with jobs: publishing, consents, and the synchronisation with peers.

use crate::base::{Findings, Verdict};
use crate::exchange::wire::WireError;
use crate::labour::Withheld;
use crate::labour::consent::ConsentFault;
use crate::labour::live::{AnswerFault, QuestionFault};
use crate::labour::sync::PageFault;

/// A failure with jobs.
#[derive(Debug, thiserror::Error)]
pub enum LabourError {
    /// This node takes no part.
    #[error("exchange jobs; set enabled of [labour] in the settings")]
    Off,
    /// A vacancy that may not be published.
    #[error("publish a vacancy: {}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Vacancy(Findings),
    /// A consent that is not lawful, or not in force.
    #[error(transparent)]
    Consent(#[from] ConsentFault),
    /// A profile that may not leave.
    #[error(transparent)]
    Withheld(#[from] Withheld),
    /// No such consent.
    #[error("find the consent; stazh jobs consent show lists those of a person")]
    NoConsent,
    /// What speaks against showing a person.
    #[error("show a person to an employer: {0}")]
    Reveal(&'static str),
    /// What speaks against a hold.
    #[error("hold a record: {0}")]
    Hold(&'static str),
    /// Another consent of the person was given at the same moment.
    #[error("give a consent; another one was given meanwhile, look at it and try again")]
    Overtaken,
    /// What we keep cannot be written as JSON.
    #[error("write a record as JSON")]
    Unwritable,
    /// A question that may not be asked.
    #[error(transparent)]
    Question(#[from] QuestionFault),
    /// An answer that is not taken.
    #[error(transparent)]
    Answer(#[from] AnswerFault),
    /// The peer could not be asked.
    #[error(transparent)]
    Wire(#[from] WireError),
    /// The peer does not serve us.
    #[error("synchronise with {peer}: it answers {status} {told}")]
    Refused {
        /// Its state's code.
        peer: String,
        /// Its answer.
        status: u16,
        /// The code that it tells, if it does.
        told: String,
    },
    /// The peer answers something else than the protocol says.
    #[error("understand what {peer} answers about its jobs: {what}")]
    Reply {
        /// Its state's code.
        peer: String,
        /// Which answer.
        what: &'static str,
    },
    /// The peer's pages lead nowhere.
    #[error("go on with the stream of {peer}: {fault}")]
    Stuck {
        /// Its state's code.
        peer: String,
        /// Why.
        #[source]
        fault: PageFault,
    },
    /// Another worker has moved the place in the stream.
    #[error("go on with a stream that another worker went on with")]
    Raced,
}

impl LabourError {
    /// What becomes of what was begun.
    pub fn verdict(&self) -> Verdict {
        match self {
            Self::Off => Verdict::Return { code: "labour.off" },
            Self::Vacancy(_) => Verdict::Return { code: "labour.vacancy" },
            Self::Consent(fault) => Verdict::Return { code: fault.code() },
            Self::Withheld(withheld) => Verdict::Return { code: withheld.code() },
            Self::NoConsent => Verdict::Return { code: "labour.no_consent" },
            Self::Hold(_) => Verdict::Return { code: "labour.hold" },
            Self::Reveal(_) => Verdict::Return { code: "labour.reveal" },
            Self::Unwritable => Verdict::Park { code: "labour.vacancy" },
            Self::Question(fault) => Verdict::Return { code: fault.code() },
            Self::Answer(fault) => Verdict::Park { code: fault.code() },
            Self::Wire(error) => error.verdict(),
            Self::Refused { .. } => Verdict::Park { code: "labour.sync_refused" },
            Self::Reply { .. } => Verdict::Park { code: "labour.sync_reply" },
            Self::Stuck { fault, .. } => Verdict::Park { code: fault.code() },
            Self::Raced | Self::Overtaken => Verdict::Retry { not_before: None },
        }
    }
}
