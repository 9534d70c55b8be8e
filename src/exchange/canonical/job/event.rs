//! An event of employment, as the books of employers and of the state tell it (`labour.md` §3.5).

use super::Occupation;
use super::code::coded;
use crate::base::Finding;
use crate::exchange::canonical::{
    Coded, Employer, Evidence, Interval, Position, RecordId, SpecialCondition, State,
};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// Something that happened to a person's employment on a day. It is never changed: another event cancels it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EmploymentEvent {
    /// Which; unique within the state.
    pub id: RecordId,
    /// In which state.
    pub state: State,
    /// What.
    pub kind: EventKind,
    /// When: the first day of a hire, the last of a dismissal.
    pub on: Date,
    /// For whom the person works.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub employer: Option<Employer>,
    /// Whether it is of a second job, or of one of less than full time.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_part_time: bool,
    /// As what.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub position: Option<Position>,
    /// The occupation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub occupation: Option<Occupation>,
    /// Special conditions of work.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub special_conditions: Vec<SpecialCondition>,
    /// The days of what has days of its own, such as a ban.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub days: Option<Interval>,
    /// The orders behind it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub evidence: Vec<Evidence>,
    /// The system of the state that it comes from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<Coded>,
    /// The event that this one cancels; it says nothing else then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cancels: Option<RecordId>,
}

coded! {
    /// What happened. Russia's digits (`Вид`) stand beside: those of civil contracts are inferred.
    EventKind, "event of employment", "common model of employment", {
        /// 1: hired.
        Hire = "hire",
        /// 2: moved to another post of the same employer.
        Transfer = "transfer",
        /// 3: the employer has another name.
        Renaming = "renaming",
        /// 4: a second profession or qualification.
        Qualification = "qualification",
        /// 5: dismissed.
        Dismissal = "dismissal",
        /// 6: may not hold posts.
        Ban = "ban",
        /// 7: the contract rests.
        Suspension = "suspension",
        /// 8: it goes on.
        Resumption = "resumption",
        /// 9: a civil contract begins.
        CivilStart = "civil-start",
        /// 10: it ends.
        CivilEnd = "civil-end",
        /// Whatever else, kept as it came.
        Other = "other",
    }
}

impl EventKind {
    /// What a digit of the Russian form means; one that nobody knows is kept, never dropped.
    pub fn of_ru(digit: &str) -> Self {
        match digit {
            "1" => Self::Hire,
            "2" => Self::Transfer,
            "3" => Self::Renaming,
            "4" => Self::Qualification,
            "5" => Self::Dismissal,
            "6" => Self::Ban,
            "7" => Self::Suspension,
            "8" => Self::Resumption,
            "9" => Self::CivilStart,
            "10" => Self::CivilEnd,
            _ => Self::Other,
        }
    }
}

impl fmt::Debug for EmploymentEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EmploymentEvent({}, {}, …)", self.id.as_str(), self.kind)
    }
}
