//! Working days of the five states, as data (`schemas/treaty/calendars.toml`), which an operator replaces or extends.

use super::TermsError;
use crate::base::WorkingDays;
use crate::exchange::canonical::State;
use jiff::civil::{Date, Weekday};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

/// The calendars of the states.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Calendars(BTreeMap<State, Calendar>);

/// Which days are worked in a state.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Calendar {
    #[serde(default)]
    days_off: BTreeSet<DayOfWeek>,
    #[serde(default)]
    holidays: BTreeSet<Holiday>,
    #[serde(default)]
    off: BTreeSet<Date>,
    #[serde(default)]
    working: BTreeSet<Date>,
    #[serde(default, rename = "confidence")]
    _confidence: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
enum DayOfWeek {
    Monday,
    Tuesday,
    Wednesday,
    Thursday,
    Friday,
    Saturday,
    Sunday,
}

/// A day of every year, written `MM-DD`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
struct Holiday {
    month: i8,
    day: i8,
}

impl TryFrom<String> for Holiday {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        // a leap year has every day
        let day: Option<Date> = (text.len() == 5).then(|| format!("2000-{text}").parse().ok()).flatten();
        let day = day.ok_or_else(|| "a holiday is written as month and day, MM-DD".to_owned())?;
        Ok(Self { month: day.month(), day: day.day() })
    }
}

impl Calendars {
    /// The calendar of a state.
    pub fn of(&self, state: State) -> Option<&Calendar> {
        self.0.get(&state)
    }

    /// The same with what a file of the operator says: a state's days off of a week and holidays, where the file has any,
    /// stand in place of these, its single days beside them, and before them where they say otherwise.
    ///
    /// # Errors
    /// A file of another form.
    pub fn extended(mut self, text: &str) -> Result<Self, TermsError> {
        let Self(more) = toml::from_str(text).map_err(Box::new)?;
        for (state, theirs) in more {
            let own = self.0.entry(state).or_default();
            if !theirs.days_off.is_empty() {
                own.days_off = theirs.days_off;
            }
            if !theirs.holidays.is_empty() {
                own.holidays = theirs.holidays;
            }
            own.off.retain(|day| !theirs.working.contains(day));
            own.working.retain(|day| !theirs.off.contains(day));
            own.off.extend(theirs.off);
            own.working.extend(theirs.working);
        }
        Ok(self)
    }
}

impl Calendar {
    /// Whether a day is worked. What is said of the single day goes before what is said of every year and week.
    pub fn is_working(&self, day: Date) -> bool {
        let of_year = Holiday { month: day.month(), day: day.day() };
        let is_off = self.days_off.contains(&day_of_week(day)) || self.holidays.contains(&of_year);
        self.working.contains(&day) || !is_off && !self.off.contains(&day)
    }
}

impl WorkingDays for Calendar {
    fn is_working(&self, day: Date) -> bool {
        Self::is_working(self, day)
    }
}

/// The calendars that the program knows.
pub fn calendars() -> &'static Calendars {
    &CALENDARS
}

fn day_of_week(day: Date) -> DayOfWeek {
    match day.weekday() {
        Weekday::Monday => DayOfWeek::Monday,
        Weekday::Tuesday => DayOfWeek::Tuesday,
        Weekday::Wednesday => DayOfWeek::Wednesday,
        Weekday::Thursday => DayOfWeek::Thursday,
        Weekday::Friday => DayOfWeek::Friday,
        Weekday::Saturday => DayOfWeek::Saturday,
        Weekday::Sunday => DayOfWeek::Sunday,
    }
}

#[expect(clippy::expect_used, reason = "it is compiled in, and a test reads it")]
static CALENDARS: LazyLock<Calendars> = LazyLock::new(|| {
    toml::from_str(include_str!("../../schemas/treaty/calendars.toml")).expect("the calendars are readable")
});

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn every_state_rests_at_weekends_and_at_new_year() {
        for state in State::ALL {
            let calendar = calendars().of(state).unwrap();
            assert!(
                !calendar.is_working(date(2026, 1, 1)) && !calendar.is_working(date(2026, 10, 10)),
                "{state}"
            );
            assert!(calendar.is_working(date(2026, 10, 12)), "{state}");
        }
        assert!(!calendars().of(State::Kz).unwrap().is_working(date(2026, 12, 16)));
        assert!(calendars().of(State::Ru).unwrap().is_working(date(2026, 12, 16)));
    }

    #[test]
    fn an_operator_says_which_days_are_moved() {
        let moved = "[RU]\noff = [\"2026-01-09\"]\nworking = [\"2026-10-10\"]";
        let once = calendars().clone().extended(moved).unwrap();
        let russia = once.of(State::Ru).unwrap();
        assert!(!russia.is_working(date(2026, 1, 9)) && russia.is_working(date(2026, 10, 10)));
        assert!(!russia.is_working(date(2026, 6, 12)), "what the file leaves out stays");
        assert_eq!(once.of(State::By), calendars().of(State::By));
        // and takes it back
        let back = "[RU]\noff = [\"2026-10-10\"]\nworking = [\"2026-01-09\"]\nholidays = [\"06-13\"]";
        let twice = once.extended(back).unwrap();
        let russia = twice.of(State::Ru).unwrap();
        assert!(russia.is_working(date(2026, 1, 9)) && !russia.is_working(date(2026, 10, 10)));
        assert!(russia.is_working(date(2026, 6, 12)));
    }

    #[test]
    fn a_day_that_no_year_has_is_refused() {
        for wrong in
            ["[RU]\nholidays = [\"02-30\"]", "[RU]\nholidays = [\"1-01\"]", "[XX]\noff = []", "[RU]\non = []"]
        {
            assert!(calendars().clone().extended(wrong).is_err(), "{wrong}");
        }
        assert!(calendars().clone().extended("[AM]\nholidays = [\"02-29\"]").is_ok());
    }
}
