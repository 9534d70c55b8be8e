//! Terms of a form: until when a row must have been registered, and how old a feed may be. Each names its legal basis,
//! and says whether its days are working or calendar days.

use super::book::ProfileBook;
use super::error::AdapterError;
use super::folder::stamps;
use super::profile::When;
use crate::base::Finding;
use crate::base::Findings;
use jiff::Timestamp;
use jiff::ToSpan;
use jiff::civil::Date;
use jiff::civil::Weekday;
use serde::Deserialize;
use std::path::Path;

/// Until when a row must have been registered: a section `[[profile.term]]`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Term {
    /// Of which rows; of all if absent.
    #[serde(default)]
    pub(super) when: Option<When>,
    /// The local field with the day from which the term runs.
    pub(super) from: String,
    /// The local field with the day of registration.
    pub(super) until: String,
    /// How both days are written.
    pub(super) pattern: String,
    /// How many days.
    pub(super) days: u16,
    /// Which days count.
    pub(super) unit: Unit,
    /// By which rule.
    pub(super) basis: String,
}

/// Which days a term counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Unit {
    /// All of them.
    Calendar,
    /// Monday to Friday. Holidays are not known, so a term that a holiday prolongs is told as missed.
    Working,
}

/// How old a feed may be: the section `[profile.fresh]`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fresh {
    /// How many days ago the newest of its files may have been written.
    pub days: u16,
    /// By which rule.
    pub basis: String,
}

impl Term {
    /// The last day of a term that runs from a day.
    pub(super) fn last_day(&self, from: Date) -> Date {
        match self.unit {
            Unit::Calendar => from.saturating_add(i32::from(self.days).days()),
            Unit::Working => {
                let is_working = |day: &Date| !matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday);
                let after = from.series(1.day()).skip(1).filter(is_working);
                after.take(usize::from(self.days)).last().unwrap_or(from)
            }
        }
    }

    /// The finding that a row was registered too late.
    pub(super) fn late(&self, (from, until): (&str, &str)) -> Option<Finding> {
        let day = |text: &str| Date::strptime(&self.pattern, text).ok();
        let (from, until) = (day(from)?, day(until)?);
        let unit = match self.unit {
            Unit::Calendar => "calendar",
            Unit::Working => "working",
        };
        (until > self.last_day(from)).then(|| {
            let message = "registered after its term; ask the employer, and take the row as it is";
            let rule = format!("{} {unit} days, {}", self.days, self.basis);
            Finding::error("adapter.late", "", rule, "", message).as_warning()
        })
    }
}

/// The feeds whose newest file is older than its profile allows. A feed without files is none.
///
/// # Errors
/// A folder that cannot be read, or profiles that cannot be used.
pub fn late_feeds(book: &ProfileBook, folder: &Path, today: Date) -> Result<Findings, AdapterError> {
    let mut late = Findings::new();
    for profile in book.current()?.iter() {
        let Some(fresh) = &profile.head().fresh else { continue };
        let files = stamps(folder, |name| profile.is_of(name))?;
        let written = files.iter().filter_map(|file| Timestamp::try_from(file.changed_at?).ok()).max();
        let Some(day) = written.map(|at| at.to_zoned_datetime(jiff::tz::TimeZone::UTC).date()) else {
            continue;
        };
        if day.saturating_add(i32::from(fresh.days).days()) < today {
            let message = "the newest file of this feed is older than it may be; ask who delivers it";
            let rule = format!("at most {} days, {}", fresh.days, fresh.basis);
            let place = profile.head().files.clone();
            late.push(Finding::error("adapter.stale", place, rule, "", message).as_warning());
        }
    }
    Ok(late)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn term(days: u16, unit: Unit) -> Term {
        let (from, until, pattern) = ("from".to_owned(), "until".to_owned(), "%Y-%m-%d".to_owned());
        Term { when: None, from, until, pattern, days, unit, basis: "a rule".to_owned() }
    }

    #[test]
    fn working_and_calendar_days_are_two_things() {
        let friday: Date = "2026-11-27".parse().unwrap();
        assert_eq!(term(5, Unit::Working).last_day(friday).to_string(), "2026-12-04");
        assert_eq!(term(5, Unit::Calendar).last_day(friday).to_string(), "2026-12-02");
        assert_eq!(term(3, Unit::Working).last_day("2026-11-28".parse().unwrap()).to_string(), "2026-12-02");
    }

    #[test]
    fn the_last_day_is_in_time_and_the_next_is_late() {
        let term = term(15, Unit::Calendar);
        assert_eq!(term.late(("2026-11-01", "2026-11-16")), None);
        let finding = term.late(("2026-11-01", "2026-11-17")).unwrap();
        assert_eq!((finding.rule.as_str(), finding.is_error()), ("15 calendar days, a rule", false));
        assert_eq!(term.late(("2026-11-01", "")), None, "a row that does not tell is not late");
    }
}
