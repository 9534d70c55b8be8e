//! Days that are worked: which they are is told by a calendar, how they are counted is told here.

use jiff::civil::Date;

/// Tells which days are worked.
pub trait WorkingDays {
    /// Whether a day is worked.
    fn is_working(&self, day: Date) -> bool;

    /// The day on which so many working days have passed since `start`, which does not count itself; none at the end of
    /// all calendars.
    fn after(&self, start: Date, count: u32) -> Option<Date> {
        let (mut day, mut left) = (start, count);
        while left > 0 {
            day = day.tomorrow().ok()?;
            left -= u32::from(self.is_working(day));
        }
        Some(day)
    }
}
