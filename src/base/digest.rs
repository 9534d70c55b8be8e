//! A SHA-256 digest as a value. Computing one is `exchange::seal`'s work.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// The SHA-256 of some bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Digest256(pub [u8; 32]);

/// The content of an attachment, as it is known without having it at hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HeldPart {
    /// Its digest.
    pub digest: Digest256,
    /// How long it is.
    pub bytes: u64,
}

/// A text that is no digest.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("read a digest: expected 64 hexadecimal digits")]
pub struct DigestError;

impl FromStr for Digest256 {
    type Err = DigestError;

    fn from_str(text: &str) -> Result<Self, DigestError> {
        if text.len() != 64 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(DigestError);
        }
        let mut octets = [0; 32];
        for (octet, pair) in octets.iter_mut().zip(text.as_bytes().chunks(2)) {
            let pair = std::str::from_utf8(pair).map_err(|_cause| DigestError)?;
            *octet = u8::from_str_radix(pair, 16).map_err(|_cause| DigestError)?;
        }
        Ok(Self(octets))
    }
}

impl TryFrom<String> for Digest256 {
    type Error = DigestError;

    fn try_from(text: String) -> Result<Self, DigestError> {
        text.parse()
    }
}

impl From<Digest256> for String {
    fn from(digest: Digest256) -> Self {
        digest.to_string()
    }
}

impl fmt::Display for Digest256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for byte in self.0 {
            write!(f, "{byte:02x}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_is_read_as_it_is_written() {
        let digest = Digest256(std::array::from_fn(|at| u8::try_from(at * 8).unwrap()));
        assert_eq!(digest.to_string().parse(), Ok(digest));
        for text in ["", "0", &"0".repeat(63), &"g".repeat(64), &"+1".repeat(32), &"я".repeat(32)] {
            assert_eq!(text.parse::<Digest256>(), Err(DigestError), "{text}");
        }
    }
}
