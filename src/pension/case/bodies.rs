//! Bodies that changed, and by which day their state had to say so (T46).

use crate::exchange::canonical::State;
use crate::exchange::canonical::case::DirectoryEntry;
use crate::pension::{Days, TermBook, is_overdue};
use jiff::civil::Date;

/// A change of the bodies of a state that was told too late.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct LateChange {
    /// Since when a body is competent, or until when it was.
    pub on: Date,
    /// By which day it was to be told.
    pub due: Date,
}

/// The changes that a directory tells for the first time, and later than within the term of the Agreement (one month, T46,
/// article 13): a body that began, or ended, since the directory that was known. The first directory of a state
/// comes with its notification of internal procedures, so nothing in that one is a change.
pub fn late_changes(
    known: &[DirectoryEntry],
    told: &[DirectoryEntry],
    (state, told_on): (State, Date),
    book: &TermBook,
) -> Vec<LateChange> {
    let Some(term) = book.terms.term(DIRECTORY, state, state) else { return Vec::new() };
    let Some(calendar) = book.calendars.of(state) else { return Vec::new() };
    let changed = told.iter().filter_map(|entry| changed_on(known, entry));
    let late = |on: Date| {
        let due = term.due(on, &Days::NONE, calendar)?;
        is_overdue(due, told_on).then_some(LateChange { on, due })
    };
    let mut late: Vec<LateChange> = changed.filter_map(late).collect();
    late.sort_unstable();
    late.dedup();
    late
}

/// The day of the change that an entry tells, if it is one.
fn changed_on(known: &[DirectoryEntry], entry: &DirectoryEntry) -> Option<Date> {
    let is_it = |other: &&DirectoryEntry| {
        let is_body = match (&other.body.id, &entry.body.id) {
            (Some(one), Some(another)) => one == another,
            (None, None) => other.body.name == entry.body.name,
            (Some(_), None) | (None, Some(_)) => false,
        };
        is_body && (&other.role, other.days.from()) == (&entry.role, entry.days.from())
    };
    match known.iter().find(is_it) {
        None => Some(entry.days.from()),
        Some(before) if before.days.to() != entry.days.to() => entry.days.to(),
        Some(_) => None,
    }
}

/// The kind of message whose term it is.
const DIRECTORY: &str = "directory";

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;
    use serde_json::json;

    fn entry(id: &str, from: &str, to: Option<&str>) -> DirectoryEntry {
        let mut days = json!({ "from": from });
        if let Some(to) = to {
            days["to"] = json!(to);
        }
        serde_json::from_value(
            json!({ "body": { "id": id, "name": "Фонд" }, "role": "competent", "days": days }),
        )
        .unwrap()
    }

    fn late(known: &[DirectoryEntry], told: &[DirectoryEntry], on: Date) -> Vec<LateChange> {
        late_changes(known, told, (State::Ru, on), &TermBook::built_in())
    }

    /// Treaty 9.2: a list that changed on 2026-05-04 is told by 2026-06-04.
    #[test]
    fn a_change_is_late_after_one_month_and_not_on_the_last_day() {
        let known = [entry("RU-1", "2021-01-01", None)];
        let ended = [entry("RU-1", "2021-01-01", Some("2026-05-04")), entry("RU-2", "2026-05-04", None)];
        assert_eq!(late(&known, &ended, date(2026, 6, 4)), []);
        let change = LateChange { on: date(2026, 5, 4), due: date(2026, 6, 4) };
        assert_eq!(late(&known, &ended, date(2026, 6, 5)), [change], "both changes have one day");
        assert_eq!(late(&ended, &ended, date(2026, 9, 1)), [], "what was told before is no change");
        assert_eq!(late(&known, &[entry("RU-1", "2021-01-01", Some("2027-01-01"))], date(2026, 9, 1)), []);
    }

    #[test]
    fn another_role_or_number_is_another_body() {
        let known = [entry("RU-1", "2021-01-01", None)];
        let mut role = entry("RU-1", "2021-01-01", None);
        role.role = "authorised".parse().unwrap();
        let mut unnumbered = entry("RU-1", "2021-01-01", None);
        unnumbered.body.id = None;
        for told in [role, unnumbered.clone()] {
            assert_eq!(
                late(&known, std::slice::from_ref(&told), date(2026, 6, 5)).len(),
                1,
                "{:?}",
                told.role
            );
        }
        assert_eq!(late(std::slice::from_ref(&unnumbered), &[unnumbered.clone()], date(2026, 6, 5)), []);
    }
}
