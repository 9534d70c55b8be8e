//! The employment record: contract, periods and contributions of one person, as one state knows them (`labour.md` §3.5).
//!
//! Nothing of it is changed in place: a correction is a new entry that names the one it replaces.

use super::Occupation;
use super::code::coded;
use crate::base::Finding;
use crate::exchange::canonical::{
    Coded, Contribution, Employer, Evidence, Interval, Number, Person, Position, RecordId, SpecialCondition,
    State,
};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::collections::HashSet;
use std::fmt;
use std::str::FromStr;

/// What one state knows of a person's employment. It travels in the channel of the treaty, without consent.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EmploymentRecord {
    /// Whose knowledge it is.
    pub state: State,
    /// The day it was drawn up.
    pub as_of: Date,
    /// About whom.
    pub person: Person,
    /// The contract it is about, where it is about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contract: Option<Contract>,
    /// Periods of work, superseded and cancelled ones included.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub periods: Vec<EmploymentPeriod>,
    /// Contributions by month, likewise.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub contributions: Vec<Contribution>,
}

/// A contract of work.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Contract {
    /// Its number.
    pub number: Number,
    /// The day both signed it.
    pub signed_on: Date,
    /// The first day of work.
    pub starts_on: Date,
    /// For how long it is meant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<ContractKind>,
    /// The last day, of one that has an end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ends_on: Option<Date>,
    /// With whom.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub employer: Option<Employer>,
    /// As what.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub position: Option<Position>,
}

coded! {
    /// For how long a contract is meant (contract register of Kazakhstan, `labour.md` §3.2).
    ContractKind, "kind of contract", "contract register of Kazakhstan", {
        /// Without an end.
        Indefinite = "indefinite",
        /// For a time.
        FixedTerm = "fixed-term",
        /// For a season.
        Seasonal = "seasonal",
        /// For a piece of work.
        Task = "task",
    }
}

/// A time of work for one employer.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EmploymentPeriod {
    /// Which entry of the state's record it is.
    pub id: RecordId,
    /// On whose territory.
    pub state: State,
    /// When; both ends are within, one without an end goes on.
    pub interval: Interval,
    /// On what ground the person works.
    pub basis: EmploymentBasis,
    /// For whom.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub employer: Option<Employer>,
    /// Whether it is less than full time, or a second job.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_part_time: bool,
    /// Whether it is done from afar.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_remote: bool,
    /// As what, in the words of the source.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub position: Option<Position>,
    /// The occupation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub occupation: Option<Occupation>,
    /// Special conditions of work.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub special_conditions: Vec<SpecialCondition>,
    /// The system of the state that it comes from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<Coded>,
    /// What proves it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub evidence: Vec<Evidence>,
    /// The entry it replaces.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub supersedes: Option<RecordId>,
    /// The day it was cancelled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cancelled_on: Option<Date>,
}

coded! {
    /// On what ground a person works.
    EmploymentBasis, "basis of work", "common model of employment", {
        /// A contract of employment.
        Contract = "contract",
        /// A contract of civil law.
        Civil = "civil",
        /// On his own account.
        SelfEmployed = "self",
        /// Service of the state.
        Service = "service",
        /// Another one.
        Other = "other",
    }
}

impl EmploymentRecord {
    /// The periods that stand: neither cancelled nor superseded.
    pub fn standing_periods(&self) -> impl Iterator<Item = &EmploymentPeriod> {
        let replaced: HashSet<&RecordId> =
            self.periods.iter().filter_map(|period| period.supersedes.as_ref()).collect();
        let is_left = move |it: &&EmploymentPeriod| it.cancelled_on.is_none() && !replaced.contains(&it.id);
        self.periods.iter().filter(is_left)
    }

    /// The contributions that stand: neither cancelled nor superseded.
    pub fn standing_contributions(&self) -> impl Iterator<Item = &Contribution> {
        let replaced: HashSet<&RecordId> =
            self.contributions.iter().filter_map(|one| one.supersedes.as_ref()).collect();
        self.contributions.iter().filter(move |it| it.cancelled_on.is_none() && !replaced.contains(&it.id))
    }
}

impl fmt::Debug for EmploymentRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (periods, contributions) = (self.periods.len(), self.contributions.len());
        write!(f, "EmploymentRecord({}, …, {periods} periods, {contributions} contributions)", self.state)
    }
}

impl fmt::Debug for Contract {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Contract(…)")
    }
}

impl fmt::Debug for EmploymentPeriod {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EmploymentPeriod({}, {}, …)", self.id.as_str(), self.state)
    }
}
