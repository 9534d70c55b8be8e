//! The member states and all other countries, by their ISO 3166-1 codes.

use crate::base::Finding;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;
use std::sync::LazyLock;

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

/// Any country: a worker may be a citizen of one outside the Union, and an employer may be registered there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Country([u8; 2]);

impl From<State> for Country {
    fn from(state: State) -> Self {
        match state {
            State::Am => Self(*b"AM"),
            State::By => Self(*b"BY"),
            State::Kz => Self(*b"KZ"),
            State::Kg => Self(*b"KG"),
            State::Ru => Self(*b"RU"),
        }
    }
}

impl Country {
    /// The two letters of ISO 3166-1.
    pub fn as_code(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default() // two letters of ASCII, as in the list
    }
}

impl fmt::Display for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_code())
    }
}

impl FromStr for Country {
    type Err = Finding;

    fn from_str(text: &str) -> Result<Self, Finding> {
        let code =
            text.as_bytes().try_into().ok().map(Self).filter(|code| COUNTRIES.binary_search(code).is_ok());
        code.ok_or_else(|| {
            let message = "not a country; write its two letters, such as KZ";
            Finding::error("canonical.country", "country", "ISO 3166-1", text, message)
        })
    }
}

impl TryFrom<String> for Country {
    type Error = Finding;

    fn try_from(text: String) -> Result<Self, Finding> {
        text.parse()
    }
}

impl From<Country> for String {
    fn from(country: Country) -> Self {
        country.to_string()
    }
}

/// In their order, the codes of the list that the rules of documents use too: what is read here can be written there.
static COUNTRIES: LazyLock<Vec<Country>> = LazyLock::new(|| {
    let list: Option<toml::Table> = include_str!("../../../schemas/codelists/countries.toml").parse().ok();
    let codes = list.as_ref().and_then(|list| list.get("codes")?.as_table());
    let codes = codes.into_iter().flat_map(toml::Table::keys);
    let mut codes: Vec<Country> =
        codes.filter_map(|code| code.as_bytes().try_into().ok()).map(Country).collect();
    codes.sort_unstable();
    codes
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn countries_are_those_of_the_list_and_the_member_states_among_them() {
        assert!(COUNTRIES.len() > 240, "{} countries", COUNTRIES.len());
        for state in State::ALL {
            assert_eq!(state.as_code().parse(), Ok(Country::from(state)));
            assert_eq!(Country::from(state).to_string(), state.as_code());
        }
        assert!("UA".parse::<Country>().is_ok() && "TR".parse::<Country>().is_ok());
        for wrong in ["XX", "kz", "K", "KAZ", "", "КЗ"] {
            assert_eq!(wrong.parse::<Country>().unwrap_err().code, "canonical.country", "{wrong}");
        }
    }
}
