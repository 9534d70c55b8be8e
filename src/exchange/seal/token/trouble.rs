//! What can be wrong with a token, by what is to be done about it.

use super::super::error::SealError;
use cryptoki::error::{Error, RvError};

/// What came of asking a token.
pub(super) enum Trouble {
    /// It is not there now, or lost our session: it may come back.
    Away(String),
    /// It does not let us in; asking again with the same PIN would lock it.
    Pin(&'static str),
    /// It is not what the settings say, or refuses.
    Refused(String),
    /// A file of ours cannot be read.
    Own(SealError),
}

impl From<Error> for Trouble {
    fn from(error: Error) -> Self {
        let told = error.to_string();
        let Error::Pkcs11(code, _) = error else { return Self::Refused(told) };
        if let Some(reason) = pin_reason(&code) {
            Self::Pin(reason)
        } else if is_away(&code) {
            Self::Away(told)
        } else {
            Self::Refused(told)
        }
    }
}

/// Why the token does not let us in.
fn pin_reason(code: &RvError) -> Option<&'static str> {
    let of =
        |codes: &[RvError]| codes.iter().any(|it| std::mem::discriminant(it) == std::mem::discriminant(code));
    if of(&[RvError::PinIncorrect, RvError::PinInvalid, RvError::PinLenRange]) {
        Some(
            "the PIN is wrong; it is not tried again before its file changes, since that would lock the token",
        )
    } else if of(&[RvError::PinLocked]) {
        Some(LOCKED)
    } else if of(&[RvError::PinExpired]) {
        Some(
            "the PIN has expired; set a new one with the tool of the token's maker and write it into the file",
        )
    } else if of(&[RvError::UserPinNotInitialized]) {
        Some("the token has no PIN of its user yet; set one with the tool of its maker")
    } else {
        None
    }
}

/// Whether it may come back by itself.
fn is_away(code: &RvError) -> bool {
    matches!(
        code,
        RvError::DeviceError
            | RvError::DeviceMemory
            | RvError::DeviceRemoved
            | RvError::FunctionCanceled
            | RvError::FunctionFailed
            | RvError::GeneralError
            | RvError::HostMemory
            | RvError::KeyHandleInvalid
            | RvError::ObjectHandleInvalid
            | RvError::CryptokiNotInitialized
            | RvError::SessionClosed
            | RvError::SessionCount
            | RvError::SessionHandleInvalid
            | RvError::SlotIdInvalid
            | RvError::TokenNotPresent
            | RvError::TokenNotRecognized
            | RvError::UserNotLoggedIn
    )
}

pub(super) const LOCKED: &str = "the PIN is locked; unlock it with the tool of the token's maker";
pub(super) const ONE_TRY_LEFT: &str = "one try is left before the PIN is locked, and it is not spent here; log in once with the tool of the token's maker";
