//! Spans of days and months, as treaties count them.

use crate::base::Finding;
use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::ops::RangeInclusive;
use std::str::FromStr;

/// A span of days, closed on both ends; without an end it goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "Ends", into = "Ends")]
pub struct Interval {
    from: Date,
    to: Option<Date>,
}

/// The ends of a span as they are written in a record.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ends {
    /// First day.
    pub from: Date,
    /// Last day; none while it goes on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<Date>,
}

impl Interval {
    /// A span whose ends stand in order, in the years that documents may name.
    ///
    /// # Errors
    /// The end before the start, or a year outside 1900–2100.
    pub fn new(from: Date, to: Option<Date>) -> Result<Self, Finding> {
        let out_of_range = std::iter::once(from).chain(to).find(|day| !YEARS.contains(&day.year()));
        if let Some(day) = out_of_range {
            let message = "the year is outside 1900–2100; correct the date";
            return Err(Finding::error(
                "canonical.year",
                "interval",
                "year 1900–2100",
                &day.to_string(),
                message,
            ));
        }
        if let Some(to) = to
            && to < from
        {
            let message = "the period ends before it begins; correct one of the dates";
            let rule = "from ≤ to, both ends inclusive";
            return Err(Finding::error(
                "canonical.dates_reversed",
                "interval",
                rule,
                &to.to_string(),
                message,
            ));
        }
        Ok(Self { from, to })
    }

    /// First day.
    pub fn from(&self) -> Date {
        self.from
    }

    /// Last day; none while it goes on.
    pub fn to(&self) -> Option<Date> {
        self.to
    }

    /// The same days up to a last one; none if there is no such day, or it is of a year that documents may not name.
    pub fn up_to(&self, last: Date) -> Option<Self> {
        let to = self.to.map_or(last, |to| to.min(last));
        (self.from <= to && YEARS.contains(&to.year())).then_some(Self { from: self.from, to: Some(to) })
    }

    /// Whether a day belongs to both.
    pub fn overlaps(&self, other: &Self) -> bool {
        let begins_before_end = |a: &Self, b: &Self| b.to.is_none_or(|to| a.from <= to);
        begins_before_end(self, other) && begins_before_end(other, self)
    }
}

impl TryFrom<Ends> for Interval {
    type Error = Finding;

    fn try_from(ends: Ends) -> Result<Self, Finding> {
        Self::new(ends.from, ends.to)
    }
}

impl From<Interval> for Ends {
    fn from(interval: Interval) -> Self {
        Self { from: interval.from, to: interval.to }
    }
}

/// A calendar month, written `2024-03`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct YearMonth {
    year: i16,
    month: i8,
}

impl YearMonth {
    /// A month of the years that documents may name.
    ///
    /// # Errors
    /// Not a month, or a year outside 1900–2100.
    pub fn new(year: i16, month: i8) -> Result<Self, Finding> {
        if YEARS.contains(&year) && (1..=12).contains(&month) {
            return Ok(Self { year, month });
        }
        Err(refuse_month(&format!("{year}-{month}")))
    }

    /// The year.
    pub fn year(&self) -> i16 {
        self.year
    }

    /// The month, 1–12.
    pub fn month(&self) -> i8 {
        self.month
    }
}

impl fmt::Display for YearMonth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.year, self.month)
    }
}

impl FromStr for YearMonth {
    type Err = Finding;

    fn from_str(text: &str) -> Result<Self, Finding> {
        let (year, month) = text.split_once('-').ok_or_else(|| refuse_month(text))?;
        let is_number = |part: &str, length| part.len() == length && part.bytes().all(|b| b.is_ascii_digit());
        if !is_number(year, 4) || !is_number(month, 2) {
            return Err(refuse_month(text));
        }
        match (year.parse(), month.parse()) {
            (Ok(year), Ok(month)) => Self::new(year, month),
            (Err(_), _) | (_, Err(_)) => Err(refuse_month(text)),
        }
    }
}

impl TryFrom<String> for YearMonth {
    type Error = Finding;

    fn try_from(text: String) -> Result<Self, Finding> {
        text.parse()
    }
}

impl From<YearMonth> for String {
    fn from(month: YearMonth) -> Self {
        month.to_string()
    }
}

fn refuse_month(text: &str) -> Finding {
    let message = "not a month of the years 1900–2100; write it as 2024-03";
    Finding::error("canonical.month", "month", "YYYY-MM", text, message)
}

/// A date and time as they were written, with their zone or without: a zone is never guessed.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct WrittenInstant(String);

impl WrittenInstant {
    /// The instant, if its zone is written.
    pub fn instant(&self) -> Option<Timestamp> {
        self.0.parse().ok()
    }

    /// The day that is written, where it was written.
    pub fn day(&self) -> Option<Date> {
        self.0.get(..10)?.parse().ok()
    }
}

impl From<Timestamp> for WrittenInstant {
    fn from(at: Timestamp) -> Self {
        Self(at.to_string())
    }
}

impl FromStr for WrittenInstant {
    type Err = Finding;

    fn from_str(text: &str) -> Result<Self, Finding> {
        let is_iso = text.contains('T') && !text.contains(['[', ',']);
        let is_read = text.parse::<Timestamp>().is_ok() || text.parse::<DateTime>().is_ok();
        if is_iso && is_read {
            return Ok(Self(text.to_owned()));
        }
        let message = "this is no date and time; write it as 2020-12-31T10:00:00Z";
        Err(Finding::error("canonical.instant", "instant", "a date and time", text, message))
    }
}

impl TryFrom<String> for WrittenInstant {
    type Error = Finding;

    fn try_from(text: String) -> Result<Self, Finding> {
        text.parse()
    }
}

impl From<WrittenInstant> for String {
    fn from(written: WrittenInstant) -> Self {
        written.0
    }
}

impl fmt::Display for WrittenInstant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The years that documents may name.
const YEARS: RangeInclusive<i16> = 1900..=2100;

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;
    use proptest::prelude::*;

    #[test]
    fn a_span_that_ends_before_it_begins_is_refused() {
        let finding = Interval::new(date(2020, 5, 2), Some(date(2020, 5, 1))).unwrap_err();
        assert_eq!(finding.code, "canonical.dates_reversed");
        assert!(Interval::new(date(2020, 5, 1), Some(date(2020, 5, 1))).is_ok());
        assert_eq!(Interval::new(date(1899, 1, 1), None).unwrap_err().code, "canonical.year");
    }

    #[test]
    fn spans_that_share_one_day_overlap() {
        let span = |from, to| Interval::new(from, to).unwrap();
        let spring = span(date(2020, 3, 1), Some(date(2020, 5, 31)));
        assert!(spring.overlaps(&span(date(2020, 5, 31), None)));
        assert!(!spring.overlaps(&span(date(2020, 6, 1), None)));
    }

    #[test]
    fn a_month_has_four_digits_and_two() {
        for text in ["2024-+5", "+024-05", "2024-5", "2024-13", "1899-12", "202405", ""] {
            assert!(text.parse::<YearMonth>().is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_month_is_read_as_it_is_written(year in 1900_i16..=2100, month in 1_i8..=12) {
            let month = YearMonth::new(year, month).unwrap();
            prop_assert_eq!(month.to_string().parse::<YearMonth>().unwrap(), month);
            let json = serde_json::to_string(&month).unwrap();
            prop_assert_eq!(serde_json::from_str::<YearMonth>(&json).unwrap(), month);
        }

        #[test]
        fn overlap_is_mutual(days in prop::array::uniform4(0_i32..3000), open in any::<[bool; 2]>()) {
            let day = |n: i32| date(2000, 1, 1).checked_add(jiff::Span::new().days(n)).unwrap();
            let span = |a: i32, b: i32, open: bool| Interval::new(day(a.min(b)), (!open).then(|| day(a.max(b)))).unwrap();
            let (one, two) = (span(days[0], days[1], open[0]), span(days[2], days[3], open[1]));
            prop_assert_eq!(one.overlaps(&two), two.overlaps(&one));
        }
    }
}
