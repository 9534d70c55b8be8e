//! A person who seeks work: what the home node knows, and what may leave it.

use super::code::coded;
use super::{
    Certificate, Contact, DrivingLicence, LanguageSkill, Occupation, Offering, Pay, Place, Remote, Schedule,
    Schooling, Skill,
};
use crate::base::Finding;
use crate::exchange::canonical::{Country, Interval, Person, Remark, State, Title, YearMonth};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;
use uuid::Uuid;

/// What another node may call a profile: random, another one for each node and after each new consent, so that two
/// nodes cannot compare theirs (`privacy.md` (a)).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ProfileRef(pub Uuid);

impl fmt::Display for ProfileRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "prf_{}", self.0.simple())
    }
}

impl FromStr for ProfileRef {
    type Err = uuid::Error;

    /// Reads the bare UUID, as documents hold it.
    fn from_str(text: &str) -> Result<Self, uuid::Error> {
        text.parse().map(Self)
    }
}

/// What a person offers and wishes, and nothing that tells who he is (`privacy.md` §5): no name, day of birth, age,
/// sex, citizenship, contact, address, employer's or school's name, free text, number.
///
/// Matching reads this type alone, so that nothing else can enter a score.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CandidateProfile {
    /// How it is called between two nodes.
    pub reference: ProfileRef,
    /// Whose node keeps the person.
    pub state: State,
    /// What the person has worked as or wishes to work as, with how long; the first is meant most.
    pub work: Vec<Worked>,
    /// What the person can do, coded.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub skills: Vec<Skill>,
    /// The highest schooling.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schooling: Option<Schooling>,
    /// Which languages.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub languages: Vec<LanguageSkill>,
    /// Which driving licences.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub licences: Vec<DrivingLicence>,
    /// Which certificates.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub certificates: Vec<Certificate>,
    /// Where the person lives, at the level that the guard of small cells allows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub home: Option<Place>,
    /// What the person wishes.
    pub wishes: Wishes,
    /// When it was changed last: the month, not the day.
    pub changed: YearMonth,
}

/// An occupation and how long.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Worked {
    /// As what.
    pub occupation: Occupation,
    /// How long; `None` of what is wished for only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub experience: Option<ExperienceBand>,
}

coded! {
    /// How long somebody worked as something, in bands, since exact spans tell a person.
    ExperienceBand, "band of experience", "EURES list", {
        /// Not at all.
        None = "A",
        /// Up to a year.
        UpToOne = "B",
        /// Up to two years.
        UpToTwo = "C",
        /// Two to five years.
        TwoToFive = "D",
        /// More than five years.
        OverFive = "E",
    }
}

impl ExperienceBand {
    /// The band of so many months.
    pub fn of_months(months: u16) -> Self {
        match months {
            0 => Self::None,
            1..=12 => Self::UpToOne,
            13..=24 => Self::UpToTwo,
            25..=60 => Self::TwoToFive,
            61.. => Self::OverFive,
        }
    }

    /// The least months that it means.
    pub fn months_min(&self) -> u16 {
        match self {
            Self::None => 0,
            Self::UpToOne => 1,
            Self::UpToTwo => 13,
            Self::TwoToFive => 25,
            Self::OverFive => 61,
        }
    }

    /// The most months that it may mean, for a comparison that gives the person the benefit of the doubt.
    pub fn months_max(&self) -> u16 {
        match self {
            Self::None => 0,
            Self::UpToOne => 12,
            Self::UpToTwo => 24,
            Self::TwoToFive => 60,
            Self::OverFive => u16::MAX,
        }
    }
}

/// What a person wishes of work.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wishes {
    /// In which states; the home one too, if it stands here.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub states: Vec<State>,
    /// In which regions of them; in any if empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub places: Vec<Place>,
    /// Whether the person would move.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub would_move: bool,
    /// Whether work from afar is wished.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remote: Option<Remote>,
    /// Which contracts; any if empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub offerings: Vec<Offering>,
    /// How much of the time; any if empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub schedules: Vec<Schedule>,
    /// The least pay.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pay: Option<Pay>,
    /// From which month.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<YearMonth>,
}

/// What the home node knows of a person who seeks work. It never leaves the node: what may is made of it by a consent.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Candidate {
    /// Who.
    pub person: Person,
    /// Citizenships. Never read by matching.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub citizenships: Vec<Country>,
    /// How to reach the person.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub contacts: Vec<Contact>,
    /// The address of living.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<Remark>,
    /// What the person says of himself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub summary: Option<Remark>,
    /// Where the person worked.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub history: Vec<PastWork>,
    /// What is codified of it; its reference is the home node's own.
    pub profile: CandidateProfile,
}

impl fmt::Debug for Candidate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Candidate(…, {})", self.profile.reference)
    }
}

/// A time with one employer.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PastWork {
    /// When.
    pub interval: Interval,
    /// With whom.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub employer: Option<Title>,
    /// As what, as the person writes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub position: Option<Title>,
    /// The occupation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub occupation: Option<Occupation>,
}

impl fmt::Debug for PastWork {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PastWork(…)")
    }
}
