//! The member states, by their ISO 3166-1 codes.

use crate::base::Finding;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// A member state of the Union; also the segment of a logical address (D5 ¶45).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum State {
    /// Armenia.
    Am,
    /// Belarus.
    By,
    /// Kazakhstan.
    Kz,
    /// Kyrgyzstan.
    Kg,
    /// Russia.
    Ru,
}

impl State {
    /// All five, in the order of their codes.
    pub const ALL: [Self; 5] = [Self::Am, Self::By, Self::Kg, Self::Kz, Self::Ru];

    /// The two letters of ISO 3166-1.
    pub fn as_code(&self) -> &'static str {
        match self {
            Self::Am => "AM",
            Self::By => "BY",
            Self::Kz => "KZ",
            Self::Kg => "KG",
            Self::Ru => "RU",
        }
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_code())
    }
}

impl FromStr for State {
    type Err = Finding;

    fn from_str(text: &str) -> Result<Self, Finding> {
        Self::ALL.into_iter().find(|state| state.as_code() == text).ok_or_else(|| {
            Finding::error(
                "canonical.state",
                "state",
                "ISO 3166-1",
                text,
                "not a member state; write one of AM BY KG KZ RU",
            )
        })
    }
}
