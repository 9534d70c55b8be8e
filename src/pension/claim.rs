//! A claim, as far as the arithmetic needs it.

use super::length::{Convention, Length};
use crate::exchange::canonical::{Coded, State};
use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// What is claimed, where and when, and what the law of that state demands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Claim {
    /// Whose pension is claimed.
    pub state: State,
    /// A code of the kinds of pension.
    pub kind: Coded,
    /// The day it was filed, wherever that was: it is the day of filing in every state (T8).
    pub filed_on: Date,
    /// Where it was filed; in the state itself if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filed_in: Option<State>,
    /// The day it reached the state, if it was filed elsewhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub received_on: Option<Date>,
    /// Where the claimant lives.
    pub residence: State,
    /// The day the worker died, in a claim of survivors.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub died_on: Option<Date>,
    /// What the law of the state demands; a clerk states it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub needed: Option<Needed>,
    /// The coefficient that the state has determined for periods of its own and of the former USSR (T23).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub own_coefficient: Option<Decimal>,
    /// How days become months and years.
    #[serde(default)]
    pub convention: Convention,
}

/// What the law of a state demands for the right.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Needed {
    /// How much service.
    pub service: Length,
    /// Which coefficient, where the state has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub coefficient: Option<Decimal>,
}
