//! Why a bulk check cannot go on.

use crate::base::Verdict;
use crate::exchange::canonical::RecordId;
use crate::pension::PointFault;
use jiff::civil::Date;

/// What a bulk check can fail at.
#[derive(Debug, thiserror::Error)]
pub enum CheckError {
    /// The settings agree no check with this peer.
    #[error("check with peer {peer}: none is agreed; add it to peers of [checks]")]
    NotAgreed {
        /// Its state's code.
        peer: String,
    },
    /// There was one a short while ago.
    #[error("check with peer {peer} before {until}: the last one is too new; see every_days of [checks]")]
    TooSoon {
        /// Its state's code.
        peer: String,
        /// From when another one may be opened.
        until: Date,
    },
    /// The day has not come.
    #[error("check as of {as_of}: this day has not come; name one that has")]
    Later {
        /// The day.
        as_of: Date,
    },
    /// The settings name no list.
    #[error("read the persons in payment; name their file as persons of [checks]")]
    NoList,
    /// There is another check of the number that was drawn.
    #[error("give the check a number of its own; begin it again")]
    Taken,
    /// There is none of this number.
    #[error("find check {}; see stazh check list", number.as_str())]
    Unknown {
        /// Its number.
        number: RecordId,
    },
    /// It has come to its end before.
    #[error("go on with check {}, which has ended", number.as_str())]
    Ended {
        /// Its number.
        number: RecordId,
    },
    /// Its hits are not known yet.
    #[error("tell the hits of check {}, which is not closed", number.as_str())]
    NotClosed {
        /// Its number.
        number: RecordId,
    },
    /// Nobody is named who could write about hits.
    #[error("write an inquiry about a hit: name our body as body of [checks]")]
    NoBody,
    /// A value of the peer is none.
    #[error("raise the values of the peer")]
    Point(#[from] PointFault),
    /// A document asks for what is not there any more.
    #[error("answer a document of a check that is not open")]
    NotOpen,
    /// What was kept of a check cannot be read again.
    #[error("read what was kept of a check")]
    Kept,
}

impl CheckError {
    /// What becomes of the document or command.
    pub fn verdict(&self) -> Verdict {
        match self {
            Self::NotAgreed { .. } => Verdict::Return { code: "check.not_agreed" },
            Self::TooSoon { .. } => Verdict::Return { code: "check.too_soon" },
            Self::Later { .. } => Verdict::Return { code: "check.later" },
            Self::NoList => Verdict::Return { code: "check.no_list" },
            Self::Taken => Verdict::Return { code: "check.taken" },
            Self::Unknown { .. } => Verdict::Return { code: "check.unknown" },
            Self::Ended { .. } => Verdict::Return { code: "check.over" },
            Self::NotClosed { .. } => Verdict::Return { code: "check.not_closed" },
            Self::NoBody => Verdict::Return { code: "check.no_body" },
            Self::Point(_) => Verdict::Return { code: "check.point" },
            Self::NotOpen => Verdict::Return { code: "check.closed" },
            Self::Kept => Verdict::Park { code: "check.kept" },
        }
    }
}
