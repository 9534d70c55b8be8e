//! Where work is done.

use super::code::coded;
use crate::base::Finding;
use crate::exchange::canonical::{Coded, Country, Title};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// A place of work or of living, no nearer than a settlement.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Place {
    /// In which country.
    pub country: Country,
    /// The region, by the head of the code of the state's own register of places: RU two digits (KLADR), KZ two (KATO),
    /// BY one (SOATO), KG up to five (SOATE), AM the code of the marz.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<Coded>,
    /// What the settlement or region is called. Not of a profile that leaves its node.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<Title>,
}

coded! {
    /// Whether work is done from afar. It is a flag of its own: some states write it as a kind of contract.
    Remote, "remote work", "no, possible, only", {
        /// At the place.
        No = "no",
        /// At will.
        Possible = "possible",
        /// From afar only.
        Only = "only",
    }
}
