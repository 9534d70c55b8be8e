//! How long: years, months and days, by a stated convention.
//!
//! The Agreement fixes only that a month is a twelfth and a day a 360th of a year for the coefficient (T24); a common way of
//! counting days into months and years is in no text that was seen. So the convention is a choice, and is told with the result.

use super::days::{Days, Stretch};
use jiff::Unit;
use jiff::civil::Date;
use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::ops::{Add, AddAssign};

/// Years, months and days: fewer than 12 months, fewer than 30 days.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "Written", into = "Written")]
pub struct Length {
    days: u32,
}

#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Length")]
struct Written {
    #[serde(default)]
    years: u16,
    #[serde(default)]
    months: u16,
    #[serde(default)]
    days: u16,
}

/// How days become months and years.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Convention {
    /// Each month has 30 days, each year 360: the 31st counts nothing, the last of February counts to the 30th. A sum does
    /// not depend on how a stretch is cut.
    #[default]
    Thirty,
    /// Whole months of the calendar first, then the days that are left; 30 of those make a month.
    Calendar,
}

impl Length {
    /// So many years, months and days; 30 days make a month.
    pub fn new(years: u16, months: u16, days: u16) -> Self {
        Self { days: u32::from(years) * 360 + u32::from(months) * 30 + u32::from(days) }
    }

    /// Full years.
    pub fn years(self) -> u32 {
        self.days / 360
    }

    /// Full months beside them.
    pub fn months(self) -> u32 {
        self.days % 360 / 30
    }

    /// Days beside those.
    pub fn days(self) -> u32 {
        self.days % 30
    }

    /// Full months in all of it.
    pub fn full_months(self) -> u32 {
        self.days / 30
    }

    /// Whether it is nothing.
    pub fn is_zero(self) -> bool {
        self.days == 0
    }

    /// How much of another length it lacks.
    pub fn lacks(self, of: Self) -> Self {
        Self { days: of.days.saturating_sub(self.days) }
    }

    /// In parts of a year of 360 days (T24).
    pub fn in_years(self) -> Decimal {
        Decimal::from(self.days) / Decimal::from(360)
    }
}

impl Convention {
    /// How long a set of days is.
    pub fn length(self, days: &Days) -> Length {
        days.stretches().iter().map(|stretch| self.of(stretch)).fold(Length::default(), Add::add)
    }

    /// How long one stretch is.
    pub(super) fn of(self, stretch: &Stretch) -> Length {
        match self {
            Self::Thirty => Length { days: before(stretch.to, 1).saturating_sub(before(stretch.from, 0)) },
            Self::Calendar => calendar(stretch),
        }
    }
}

/// How many days of months of 30 days there are before a day, or with `and` 1, up to its end.
fn before(day: Date, and: u32) -> u32 {
    let number = |part: i16| u32::from(part.unsigned_abs());
    let of_month = number(i16::from(day.day()));
    let is_end = and == 1 && day.day() == day.days_in_month();
    let days = if is_end { 30 } else { (of_month - 1 + and).min(30) };
    number(day.year()) * 360 + (number(i16::from(day.month())) - 1) * 30 + days
}

fn calendar(stretch: &Stretch) -> Length {
    let Ok(after) = stretch.to.tomorrow() else { return Length::default() };
    let Ok(span) = stretch.from.until((Unit::Year, after)) else { return Length::default() };
    let number = |part: i32| u32::try_from(part).unwrap_or_default();
    let (years, months) = (number(i32::from(span.get_years())), number(span.get_months()));
    Length { days: years * 360 + months * 30 + number(span.get_days()) }
}

impl Add for Length {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self { days: self.days + other.days }
    }
}

impl AddAssign for Length {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl fmt::Display for Length {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} y {} m {} d", self.years(), self.months(), self.days())
    }
}

impl TryFrom<Written> for Length {
    type Error = String;

    fn try_from(written: Written) -> Result<Self, String> {
        let Written { years, months, days } = written;
        if years > 120 || months > 1_440 || days > 43_200 {
            return Err("a length of service over 120 years; correct it".to_owned());
        }
        Ok(Self::new(years, months, days))
    }
}

impl From<Length> for Written {
    fn from(length: Length) -> Self {
        let small = |part: u32| u16::try_from(part).unwrap_or(u16::MAX);
        Self { years: small(length.years()), months: small(length.months()), days: small(length.days()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exchange::canonical::Interval;
    use jiff::ToSpan;
    use jiff::civil::date;
    use proptest::prelude::*;

    fn days(from: Date, to: Date) -> Days {
        Days::of([Interval::new(from, Some(to)).unwrap()], Date::MAX)
    }

    #[test]
    fn whole_months_are_whole_by_either_convention() {
        for (from, to, wanted) in [
            (date(2015, 1, 1), date(2015, 12, 31), Length::new(1, 0, 0)),
            (date(2015, 2, 1), date(2015, 2, 28), Length::new(0, 1, 0)),
            (date(2016, 2, 1), date(2016, 2, 29), Length::new(0, 1, 0)),
            (date(2015, 1, 1), date(2015, 12, 29), Length::new(0, 11, 29)),
            (date(2010, 3, 15), date(2020, 3, 14), Length::new(10, 0, 0)),
            (date(2015, 5, 7), date(2015, 5, 7), Length::new(0, 0, 1)),
        ] {
            for convention in [Convention::Thirty, Convention::Calendar] {
                assert_eq!(convention.length(&days(from, to)), wanted, "{convention:?} {from} {to}");
            }
        }
    }

    #[test]
    fn conventions_differ_where_a_month_has_not_thirty_days() {
        let odd = days(date(2015, 1, 15), date(2015, 3, 14));
        assert_eq!(Convention::Thirty.length(&odd), Length::new(0, 2, 0));
        let two = days(date(2015, 1, 15), date(2015, 1, 31));
        assert_eq!(Convention::Thirty.length(&two), Length::new(0, 0, 16));
        assert_eq!(Convention::Calendar.length(&two), Length::new(0, 0, 17));
    }

    #[test]
    fn parts_of_a_year_are_twelfths_and_three_hundred_sixtieths() {
        let three = Length::new(3, 4, 18).in_years();
        assert_eq!(three.round_dp(6).to_string(), "3.383333", "the worked value of T24");
    }

    proptest! {
        #[test]
        fn by_thirty_a_cut_changes_no_sum(from in 0_i64..20_000, cut in 0_i64..2_000, rest in 1_i64..2_000) {
            let day = |number: i64| date(1960, 1, 1).checked_add(number.days()).unwrap();
            let whole = Convention::Thirty.length(&days(day(from), day(from + cut + rest)));
            let one = Convention::Thirty.length(&days(day(from), day(from + cut)));
            let two = Convention::Thirty.length(&days(day(from + cut + 1), day(from + cut + rest)));
            prop_assert_eq!(whole, one + two);
        }

        #[test]
        fn a_length_is_read_as_it_is_written(years in 0_u16..120, months in 0_u16..12, days in 0_u16..30) {
            let length = Length::new(years, months, days);
            let json = serde_json::to_string(&length).unwrap();
            prop_assert_eq!(serde_json::from_str::<Length>(&json).unwrap(), length);
            prop_assert_eq!(length.to_string(), format!("{years} y {months} m {days} d"));
        }
    }
}
