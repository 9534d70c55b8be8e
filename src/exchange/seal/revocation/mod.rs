//! Whether a certificate was revoked: lists of revoked certificates (CRL, RFC 5280) and answers about one of them (OCSP,
//! RFC 6960), read and verified by every suite that is known here, and kept as long as they count.
//!
//! Three things may come of asking, and the third is neither of the other two: good, revoked, unknown. What is unknown
//! waits. An authority for which no source is known is not asked about at all.
//!
//! When a revocation counts: a signature is judged at an instant, and a certificate that was revoked later was good at
//! that instant. Not so if its key may have been stolen (keyCompromise, cACompromise, aACompromise): whoever stole it
//! could have signed at any time, so nothing under it counts any more. Where an invalidity date is told, it stands for
//! the date of revocation if it is earlier. A certificate on hold is revoked while it is; of a stale answer about a
//! hold nothing follows. Revoked for any other reason it stays, however old the answer.

mod crl;
mod issue;
mod issuer;
mod ocsp;
mod signed;
mod standing;
mod statuses;
#[cfg(test)]
mod tests;

pub use issue::Revocation;
pub(super) use issuer::{Link, links};
pub use ocsp::StatusQuestion;
pub(super) use ocsp::{NO_CHECK, OCSP_PURPOSE};
pub use standing::Coverage;
pub(super) use standing::Standings;
pub use statuses::{Ask, FoundRevoked, StatusAnswer, StatusKind, StatusSource, Statuses, Taken, Terms};

use super::error::SealError;
use jiff::Timestamp;

/// Why a certificate was revoked (RFC 5280, 5.3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// Not told.
    Unspecified,
    /// Its key may have been stolen.
    KeyCompromise,
    /// The key of its authority may have been stolen.
    CaCompromise,
    /// Its holder is somebody else's now.
    AffiliationChanged,
    /// There is another one in its place.
    Superseded,
    /// It is needed no more.
    CessationOfOperation,
    /// It is suspended and may come back.
    CertificateHold,
    /// Its holder may not any more.
    PrivilegeWithdrawn,
    /// The key of an attribute authority may have been stolen.
    AaCompromise,
}

impl Reason {
    /// As RFC 5280 names it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unspecified => "unspecified",
            Self::KeyCompromise => "keyCompromise",
            Self::CaCompromise => "cACompromise",
            Self::AffiliationChanged => "affiliationChanged",
            Self::Superseded => "superseded",
            Self::CessationOfOperation => "cessationOfOperation",
            Self::CertificateHold => "certificateHold",
            Self::PrivilegeWithdrawn => "privilegeWithdrawn",
            Self::AaCompromise => "aACompromise",
        }
    }

    fn is_theft(self) -> bool {
        matches!(self, Self::KeyCompromise | Self::CaCompromise | Self::AaCompromise)
    }
}

/// That a certificate was revoked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Revoked {
    /// Since when: the date of revocation, or the invalidity date if that is earlier.
    pub since: Timestamp,
    /// Why.
    pub reason: Reason,
}

impl Revoked {
    /// Whether a signature judged at this instant is bad for it.
    pub fn counts_at(&self, at: Timestamp) -> bool {
        self.reason.is_theft() || at >= self.since
    }
}

/// What an answer says of one certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Said {
    Good,
    Revoked(Revoked),
    /// The responder does not know it.
    Unknown,
}

/// The seconds an answer is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Window {
    /// When what it says was known to be right.
    this_update: i64,
    /// By when there is a newer one, if it tells.
    next_update: Option<i64>,
}

fn unusable(reason: &'static str) -> SealError {
    SealError::StatusAnswer { reason }
}

fn not_der(_cause: der::Error) -> SealError {
    unusable("it is not in DER, or a part of it is missing")
}

fn instant(seconds: u64) -> Result<Timestamp, SealError> {
    let seconds = i64::try_from(seconds).ok();
    seconds.and_then(|seconds| Timestamp::from_second(seconds).ok()).ok_or(unusable("a time in it is none"))
}
