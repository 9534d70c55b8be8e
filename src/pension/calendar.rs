//! Working days of the five states, as data (`schemas/treaty/calendars.toml`), which an operator replaces or extends.

use super::TermsError;
use crate::base::WorkingDays;
use crate::exchange::canonical::State;
use jiff::ToSpan;
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
    /// So many days after Easter as the Orthodox churches keep it.
    #[serde(default)]
    after_easter: BTreeSet<i16>,
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

    /// The same with what a file of the operator says: a state's days off of a week and holidays, of a day or after Easter,
    /// where the file has any, stand in place of these, its single days beside them, and before them where they say otherwise.
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
            if !theirs.after_easter.is_empty() {
                own.after_easter = theirs.after_easter;
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
        let is_off = self.days_off.contains(&day_of_week(day))
            || self.holidays.contains(&of_year)
            || !self.after_easter.is_empty()
                && days_after_easter(day).is_some_and(|days| self.after_easter.contains(&days));
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

/// How many days after Easter of its year a day is; negative before it.
fn days_after_easter(day: Date) -> Option<i16> {
    let days = easter(day.year())?.until(day).ok()?.get_days();
    i16::try_from(days).ok()
}

/// Easter by the Julian calendar, as a day of ours: the rule of Meeus, good from 1900 to 2099, in which the calendars are
/// 13 days apart; none in other years.
fn easter(year: i16) -> Option<Date> {
    if !(1900..=2099).contains(&year) {
        return None;
    }
    let moon = (19 * (year % 19) + 15) % 30;
    let weekday = (2 * (year % 4) + 4 * (year % 7) - moon + 34) % 7;
    // days after 22 March, Julian
    let days = i32::from(moon + weekday) + 13;
    Date::new(year, 3, 22).ok()?.checked_add(days.days()).ok()
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

/// The file of the working days that the program knows.
pub const CALENDARS_TEXT: &str = include_str!("../../schemas/treaty/calendars.toml");

#[expect(clippy::expect_used, reason = "it is compiled in, and a test reads it")]
static CALENDARS: LazyLock<Calendars> =
    LazyLock::new(|| toml::from_str(CALENDARS_TEXT).expect("the calendars are readable"));

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
    fn a_holiday_after_easter_moves_with_it() {
        // Orthodox Easter, as it was and will be kept
        let kept = "1900-04-22 1983-05-08 2000-04-30 2021-05-02 2022-04-24 2023-04-16 2024-05-05 2025-04-20 2026-04-12 \
                    2027-05-02 2028-04-16 2099-04-12";
        for day in kept.split(' ').map(|day| day.parse::<Date>().unwrap()) {
            assert_eq!(easter(day.year()), Some(day));
        }
        assert_eq!((easter(1899), easter(2100)), (None, None));
        assert!((1900..2100).all(|year| easter(year).unwrap().weekday() == Weekday::Sunday));
        // Radunitsa, a Tuesday, is off in Belarus alone
        let is_off = |state, day| !calendars().of(state).unwrap().is_working(day);
        for radunitsa in [date(2026, 4, 21), date(2027, 5, 11), date(2028, 4, 25)] {
            let states: Vec<State> =
                State::ALL.into_iter().filter(|state| is_off(*state, radunitsa)).collect();
            assert_eq!(states, [State::By], "{radunitsa}");
            assert!(!is_off(State::By, radunitsa.tomorrow().unwrap()));
        }
        let other = calendars().clone().extended("[BY]\nafter_easter = [1]").unwrap();
        let belarus = other.of(State::By).unwrap();
        assert!(belarus.is_working(date(2026, 4, 21)) && !belarus.is_working(date(2026, 4, 13)));
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
