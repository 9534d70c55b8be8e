//! How long each class of record of the labour half is kept (`privacy.md` §7): from when its clock runs, for how long, and what is
//! done then. Pure: what is due is told by dates alone. Terms are of the calendar, so that nothing ends a day early in a leap year.
//!
//! Raw files of connectors are no class here: a node keeps none, `stazh jobs fetch` writes where it is told to.

use super::words::words;
use crate::exchange::canonical::YearMonth;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};
use serde::{Deserialize, Serialize};

words! {
    /// A class of records with a clock of its own.
    RecordClass {
        /// A profile that peers may see.
        PublishedProfile = "published_profile",
        /// What is left of a record that was erased: its reference and when.
        Tombstone = "tombstone",
        /// What a person agreed to, with what proves it.
        Consent = "consent",
        /// To which employer a person showed himself.
        RevealRecord = "reveal_record",
        /// What a person of another state showed an employer of ours.
        RevealedContacts = "revealed_contacts",
        /// A vacancy of ours.
        Vacancy = "vacancy",
    }
}

/// What is done with a record whose time is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// Nothing is left but its reference and when; each peer is told.
    Tombstone,
    /// It goes as a whole.
    Delete,
    /// It goes; its SHA-256 stays.
    DeleteKeepHash,
    /// What it holds goes; that it was there stays.
    Erase,
}

impl RecordClass {
    /// From when its clock runs, in words.
    pub fn starts(self) -> &'static str {
        match self {
            Self::PublishedProfile => "consent or last change of the profile, whichever is earlier",
            Self::Tombstone => "receipts of all peers",
            Self::Consent => "end of the consent",
            Self::RevealRecord => "end of the reveal",
            Self::RevealedContacts => "closing of the vacancy; over at once when the reveal ends",
            Self::Vacancy => "closing",
        }
    }

    /// What is done when its time is over.
    pub fn end(self) -> End {
        match self {
            Self::PublishedProfile => End::Tombstone,
            Self::Tombstone => End::Delete,
            Self::Consent | Self::RevealRecord => End::DeleteKeepHash,
            Self::RevealedContacts | Self::Vacancy => End::Erase,
        }
    }
}

impl End {
    /// In words.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Tombstone => "tombstone",
            Self::Delete => "delete",
            Self::DeleteKeepHash => "delete, keep the hash",
            Self::Erase => "erase the content",
        }
    }
}

/// A span of the calendar: `30 days`, `6 months`, `1 year`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Term {
    count: u16,
    unit: Unit,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Unit {
    Day,
    Month,
    Year,
}

impl Unit {
    fn word(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Month => "month",
            Self::Year => "year",
        }
    }
}

/// What is no term.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("read a term; write a number from 1 to 36500 with days, months or years, such as \"6 months\"")]
pub struct TermFault;

impl std::str::FromStr for Term {
    type Err = TermFault;

    fn from_str(text: &str) -> Result<Self, TermFault> {
        let (count, unit) = text.trim().split_once(' ').ok_or(TermFault)?;
        let count: u16 = count.parse().map_err(|_cause| TermFault)?;
        let unit = match unit {
            "day" | "days" => Unit::Day,
            "month" | "months" => Unit::Month,
            "year" | "years" => Unit::Year,
            _ => return Err(TermFault),
        };
        let max = match unit {
            Unit::Day => 36_500,
            Unit::Month => 1_200,
            Unit::Year => 100,
        };
        if (1..=max).contains(&count) { Ok(Self { count, unit }) } else { Err(TermFault) }
    }
}

impl TryFrom<String> for Term {
    type Error = TermFault;

    fn try_from(text: String) -> Result<Self, TermFault> {
        text.parse()
    }
}

impl From<Term> for String {
    fn from(term: Term) -> Self {
        term.to_string()
    }
}

impl std::fmt::Display for Term {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let plural = if self.count == 1 { "" } else { "s" };
        write!(f, "{} {}{plural}", self.count, self.unit.word())
    }
}

impl Term {
    const fn of(count: u16, unit: Unit) -> Self {
        Self { count, unit }
    }

    fn span(self) -> Span {
        match self.unit {
            Unit::Day => Span::new().days(self.count),
            Unit::Month => Span::new().months(self.count),
            Unit::Year => Span::new().years(self.count),
        }
    }

    /// So long after an instant; what no calendar reaches is never.
    pub fn after(self, start: Timestamp) -> Timestamp {
        let after = start.to_zoned_datetime(TimeZone::UTC).checked_add(self.span());
        after.map_or(Timestamp::MAX, |after| after.timestamp())
    }

    /// An instant such that whatever is due began before it: to look by. What began before it need not be due.
    pub fn look_before(self, now: Timestamp) -> Timestamp {
        let before = now.to_zoned_datetime(TimeZone::UTC).checked_sub(self.span());
        let slack = before.and_then(|before| before.checked_add(Span::new().days(SLACK_DAYS)));
        slack.map_or(Timestamp::MIN, |before| before.timestamp()).min(now)
    }
}

/// Months end on different days: what is counted forwards and back differs by so many days at most.
const SLACK_DAYS: i64 = 4;

/// How long each class is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Terms {
    /// A published profile.
    pub published_profile: Term,
    /// What is left of an erased record, after all receipts.
    pub tombstone: Term,
    /// A consent, after its end.
    pub consent: Term,
    /// The record of a reveal, after its end.
    pub reveal_record: Term,
    /// What was shown to an employer, after the vacancy has closed, if the reveal does not end before.
    pub revealed_contacts: Term,
    /// A vacancy, after it has closed.
    pub vacancy: Term,
}

impl Default for Terms {
    fn default() -> Self {
        Self {
            published_profile: Term::of(1, Unit::Year),
            tombstone: Term::of(1, Unit::Year),
            consent: Term::of(3, Unit::Year),
            reveal_record: Term::of(3, Unit::Year),
            revealed_contacts: Term::of(6, Unit::Month),
            vacancy: Term::of(1, Unit::Year),
        }
    }
}

impl Terms {
    /// That of a class.
    pub fn of(&self, class: RecordClass) -> Term {
        match class {
            RecordClass::PublishedProfile => self.published_profile,
            RecordClass::Tombstone => self.tombstone,
            RecordClass::Consent => self.consent,
            RecordClass::RevealRecord => self.reveal_record,
            RecordClass::RevealedContacts => self.revealed_contacts,
            RecordClass::Vacancy => self.vacancy,
        }
    }
}

/// The dates of a record on which its clock depends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dates {
    /// Of a published profile: since when it counts, see [`profile_since`].
    PublishedProfile {
        /// Since when.
        since: Timestamp,
    },
    /// Of what is left of an erased record: when the last peer confirmed; none while one has not.
    Tombstone {
        /// When.
        confirmed_at: Option<Timestamp>,
    },
    /// Of a consent.
    Consent {
        /// When it ended; none while it is in force.
        ended_at: Option<Timestamp>,
    },
    /// Of the record of a reveal.
    RevealRecord {
        /// When the person ended it.
        ended_at: Option<Timestamp>,
        /// When it ends by itself.
        expires_at: Timestamp,
    },
    /// Of what a person showed.
    RevealedContacts {
        /// When the person ended the reveal.
        ended_at: Option<Timestamp>,
        /// When it ends by itself.
        expires_at: Timestamp,
        /// When the vacancy closed, if it is closed.
        vacancy_closed_at: Option<Timestamp>,
    },
    /// Of a vacancy.
    Vacancy {
        /// When it closed; none while it is open.
        closed_at: Option<Timestamp>,
    },
}

/// What the clock of a record says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Clocked {
    /// It does not run yet.
    NotYet,
    /// It is kept until then.
    Until(Timestamp),
    /// It would be due, and a legal hold keeps it until then.
    Held(Timestamp),
    /// Its time is over.
    Due,
}

impl Dates {
    /// Of which class the record is.
    pub fn class(&self) -> RecordClass {
        match self {
            Self::PublishedProfile { .. } => RecordClass::PublishedProfile,
            Self::Tombstone { .. } => RecordClass::Tombstone,
            Self::Consent { .. } => RecordClass::Consent,
            Self::RevealRecord { .. } => RecordClass::RevealRecord,
            Self::RevealedContacts { .. } => RecordClass::RevealedContacts,
            Self::Vacancy { .. } => RecordClass::Vacancy,
        }
    }

    /// When its time is over, without regard to holds; none while its clock does not run.
    pub fn due_at(&self, terms: &Terms) -> Option<Timestamp> {
        let term = terms.of(self.class());
        match *self {
            Self::PublishedProfile { since } => Some(term.after(since)),
            Self::Tombstone { confirmed_at: start }
            | Self::Consent { ended_at: start }
            | Self::Vacancy { closed_at: start } => start.map(|start| term.after(start)),
            Self::RevealRecord { ended_at, expires_at } => Some(term.after(over(ended_at, expires_at))),
            Self::RevealedContacts { ended_at, expires_at, vacancy_closed_at } => {
                let by_vacancy = vacancy_closed_at.map_or(Timestamp::MAX, |closed| term.after(closed));
                Some(over(ended_at, expires_at).min(by_vacancy))
            }
        }
    }

    /// What its clock says at an instant, where holds last until then.
    pub fn judge(&self, terms: &Terms, hold_until: Option<Timestamp>, now: Timestamp) -> Clocked {
        match (self.due_at(terms), hold_until) {
            (None, _) => Clocked::NotYet,
            (Some(due), _) if due > now => Clocked::Until(due),
            (Some(_), Some(until)) if until > now => Clocked::Held(until),
            (Some(_), _) => Clocked::Due,
        }
    }
}

/// When a reveal is over: by the person's act or by itself, whichever was first.
fn over(ended_at: Option<Timestamp>, expires_at: Timestamp) -> Timestamp {
    ended_at.map_or(expires_at, |ended| ended.min(expires_at))
}

/// Since when a profile counts: the consent, or the end of the month in which it was changed last, whichever is earlier.
pub fn profile_since(given_at: Timestamp, changed: YearMonth) -> Timestamp {
    let first = Date::new(changed.year(), changed.month(), 1)
        .and_then(|first| first.checked_add(Span::new().months(1)));
    let next = first.and_then(|first| first.to_zoned_datetime(TimeZone::UTC));
    next.map_or(given_at, |next| next.timestamp().min(given_at))
}

/// When a person is asked whether he renews a consent: so many days before it ends, but not in the first half of its time.
pub fn renewal_at(given_at: Timestamp, expires_at: Timestamp, days: u32) -> Timestamp {
    let before = expires_at.checked_sub(jiff::SignedDuration::from_hours(i64::from(days) * 24));
    let half = given_at.checked_add(expires_at.duration_since(given_at) / 2);
    before.unwrap_or(given_at).max(half.unwrap_or(given_at))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn terms_are_of_the_calendar_and_are_read_as_they_are_written() {
        for (text, start, end) in [
            ("1 year", "2027-03-01T10:00:00Z", "2028-03-01T10:00:00Z"), // 366 days
            ("1 year", "2028-02-29T10:00:00Z", "2029-02-28T10:00:00Z"),
            ("3 years", "2026-11-30T23:59:59Z", "2029-11-30T23:59:59Z"),
            ("6 months", "2026-08-31T00:00:00Z", "2027-02-28T00:00:00Z"),
            ("30 days", "2026-11-30T10:00:00Z", "2026-12-30T10:00:00Z"),
        ] {
            let term: Term = text.parse().unwrap();
            assert_eq!((term.to_string().as_str(), term.after(at(start))), (text, at(end)));
        }
        for text in
            ["", "1", "0 days", "-1 days", "1 week", "101 years", "65536 days", "1 year 1 day", "one year"]
        {
            assert_eq!(text.parse::<Term>(), Err(TermFault), "{text}");
        }
    }

    #[test]
    fn each_class_is_kept_one_instant_before_and_is_due_then() {
        let (start, far) = (at("2026-12-01T10:00:00Z"), at("2040-01-01T00:00:00Z"));
        let year = at("2027-12-01T10:00:00Z");
        let some = Some(start);
        let cases = [
            (Dates::PublishedProfile { since: start }, year),
            (Dates::Tombstone { confirmed_at: some }, year),
            (Dates::Consent { ended_at: some }, at("2029-12-01T10:00:00Z")),
            (Dates::RevealRecord { ended_at: some, expires_at: far }, at("2029-12-01T10:00:00Z")),
            (Dates::RevealRecord { ended_at: Some(far), expires_at: start }, at("2029-12-01T10:00:00Z")),
            (Dates::RevealedContacts { ended_at: None, expires_at: start, vacancy_closed_at: None }, start),
            (Dates::RevealedContacts { ended_at: some, expires_at: far, vacancy_closed_at: None }, start),
            (
                Dates::RevealedContacts { ended_at: None, expires_at: far, vacancy_closed_at: some },
                at("2027-06-01T10:00:00Z"),
            ),
            (Dates::Vacancy { closed_at: some }, year),
        ];
        let seen: std::collections::BTreeSet<_> = cases.iter().map(|(dates, _)| dates.class()).collect();
        assert_eq!(seen.len(), RecordClass::ALL.len(), "each class is here");
        let (terms, before) = (Terms::default(), |at: Timestamp| at - jiff::SignedDuration::from_millis(1));
        for (dates, due) in cases {
            assert_eq!(dates.judge(&terms, None, before(due)), Clocked::Until(due), "{dates:?}");
            assert_eq!(dates.judge(&terms, None, due), Clocked::Due, "{dates:?}");
            assert_eq!(dates.judge(&terms, Some(far), due), Clocked::Held(far), "{dates:?}");
            assert_eq!(
                dates.judge(&terms, Some(due), due),
                Clocked::Due,
                "a hold that is over holds nothing"
            );
        }
        for open in [
            Dates::Tombstone { confirmed_at: None },
            Dates::Consent { ended_at: None },
            Dates::Vacancy { closed_at: None },
        ] {
            assert_eq!(open.judge(&terms, None, Timestamp::MAX), Clocked::NotYet);
        }
    }

    #[test]
    fn a_profile_counts_from_the_earlier_of_consent_and_change() {
        let given = at("2026-11-30T10:00:00Z");
        assert_eq!(profile_since(given, "2026-11".parse().unwrap()), given, "its month is not over");
        assert_eq!(profile_since(given, "2026-10".parse().unwrap()), at("2026-11-01T00:00:00Z"));
        assert_eq!(profile_since(given, "2025-12".parse().unwrap()), at("2026-01-01T00:00:00Z"));
        assert_eq!(profile_since(given, "2099-01".parse().unwrap()), given);
    }

    #[test]
    fn a_renewal_is_asked_before_the_end_and_not_in_the_first_half() {
        let given = at("2026-11-30T10:00:00Z");
        let of = |days: i64| {
            renewal_at(given, given + jiff::SignedDuration::from_hours(days * 24), 30)
                .duration_since(given)
                .as_hours()
        };
        assert_eq!((of(365), of(60), of(30), of(2)), (335 * 24, 30 * 24, 15 * 24, 24));
    }

    fn any_term() -> impl Strategy<Value = Term> {
        prop_oneof![
            (1..2_000_u16).prop_map(|count| Term::of(count, Unit::Day)),
            (1..100_u16).prop_map(|count| Term::of(count, Unit::Month)),
            (1..20_u16).prop_map(|count| Term::of(count, Unit::Year)),
        ]
    }

    proptest! {
        /// Whoever looks by the bound finds all that is due; and what is due has been kept for the whole term.
        #[test]
        fn nothing_is_due_early_and_nothing_due_is_overlooked(
            term in any_term(), start in 0..4_000_000_000_i64, later in 0..900_000_000_i64,
        ) {
            let start = Timestamp::from_second(start).unwrap();
            let now = start + jiff::SignedDuration::from_secs(later);
            let (due, text) = (term.after(start), term.to_string());
            prop_assert!(due > start);
            prop_assert!(due > now || start <= term.look_before(now), "{text}: due and not found");
            let least = match term.unit {
                Unit::Day => i64::from(term.count),
                Unit::Month => i64::from(term.count) * 28,
                Unit::Year => i64::from(term.count) * 365,
            };
            prop_assert!(due.duration_since(start).as_hours() >= least * 24, "{text} is short");
            let dates = [
                Dates::PublishedProfile { since: start },
                Dates::Tombstone { confirmed_at: Some(start) },
                Dates::Consent { ended_at: Some(start) },
                Dates::RevealRecord { ended_at: None, expires_at: start },
                Dates::Vacancy { closed_at: Some(start) },
            ];
            let terms = Terms {
                published_profile: term, tombstone: term, consent: term, reveal_record: term,
                revealed_contacts: term, vacancy: term,
            };
            for dates in dates {
                prop_assert_eq!(dates.judge(&terms, None, now) == Clocked::Due, now >= due);
            }
            prop_assert_eq!(text.parse::<Term>(), Ok(term));
        }
    }
}
