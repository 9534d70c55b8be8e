//! Legal terms: by which day an answer is due, and when to remind. Pure; terms and calendars are data
//! (`schemas/treaty/terms.toml`, `schemas/treaty/calendars.toml`).

use super::{Calendar, Days, Stretch};
use crate::base::{Texts, Verdict};
use crate::exchange::canonical::State;
use jiff::civil::Date;
use jiff::{Span, ToSpan};
use serde::de::Error;
use serde::{Deserialize, Deserializer};
use std::sync::LazyLock;

/// The terms that are known, and when somebody is reminded of them.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Terms {
    #[serde(rename = "term")]
    terms: Vec<Term>,
    #[serde(default, rename = "reminder")]
    reminders: Vec<Reminder>,
    #[serde(default, rename = "overdue")]
    overdue: Vec<Overdue>,
}

/// How long an answer may take.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Term {
    #[serde(deserialize_with = "kind")]
    kind: String,
    /// Between these two only, either way.
    #[serde(default)]
    between: Option<[State; 2]>,
    /// Where this one has to answer.
    #[serde(default)]
    to: Option<State>,
    /// How many.
    #[serde(deserialize_with = "count")]
    pub count: u16,
    /// Of what.
    pub unit: Unit,
    /// By which act.
    pub basis: Texts,
    /// How sure that is.
    pub confidence: TermConfidence,
}

/// What a term is counted in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Unit {
    /// Days that are worked in the state that has to answer.
    Working,
    /// All days.
    Calendar,
    /// Months: up to the same day of a later one, or its last.
    Months,
}

/// How sure a term is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TermConfidence {
    /// Read in the act.
    #[serde(rename = "official text")]
    OfficialText,
    /// Our conclusion from an act.
    Inferred,
    /// Of another treaty, or of the press.
    Unverified,
    /// Made by the project.
    Ours,
}

/// When somebody is reminded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(untagged, deny_unknown_fields)]
pub enum Reminder {
    /// After this share of the time.
    Share {
        /// Numerator and denominator.
        #[serde(deserialize_with = "share")]
        share: [u16; 2],
    },
    /// So many working days before the last day.
    Before {
        /// How many.
        working_days_before: u16,
    },
}

/// When a node that may do so reminds a peer whose answer is late.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Overdue {
    /// So many working days of the state that has to answer after the last day.
    working_days_after: u16,
}

/// Terms or calendars that cannot be used: a file of the operator is at fault.
#[derive(Debug, thiserror::Error)]
pub enum TermsError {
    /// It is not what such a file looks like; the source names line and key.
    #[error("understand the file of terms or working days")]
    Parse(#[from] Box<toml::de::Error>),
    /// An answer has no term, so that nobody would be told that it is late.
    #[error(
        "find a term of {kind} that {asks} asks {answers} for; write a [[term]] of this kind without between and to"
    )]
    NoTerm {
        /// The kind of message.
        kind: &'static str,
        /// Who asks.
        asks: State,
        /// Who has to answer.
        answers: State,
    },
}

impl TermsError {
    /// What becomes of the work: our configuration is at fault.
    pub fn verdict(&self) -> Verdict {
        match self {
            Self::Parse(_) | Self::NoTerm { .. } => Verdict::Park { code: "pension.terms" },
        }
    }
}

impl Terms {
    /// The terms in a file of the operator.
    ///
    /// # Errors
    /// A file of another form.
    pub fn read(text: &str) -> Result<Self, TermsError> {
        toml::from_str(text).map_err(|source| Box::new(source).into())
    }

    /// The term of a kind of message that one state sends and another answers; the first entry that fits counts.
    pub fn term(&self, kind: &str, asks: State, answers: State) -> Option<&Term> {
        let fits = |term: &&Term| {
            let is_between =
                |pair: [State; 2]| asks != answers && pair.contains(&asks) && pair.contains(&answers);
            term.kind == kind && term.between.is_none_or(is_between) && term.to.is_none_or(|to| to == answers)
        };
        self.terms.iter().find(fits)
    }

    /// The kinds of message that have a term.
    pub fn kinds(&self) -> impl Iterator<Item = &str> {
        self.terms.iter().map(|term| term.kind.as_str())
    }

    /// Sees that each kind that is waited for has a term between any two states.
    ///
    /// # Errors
    /// The first that has none.
    pub fn complete(self, kinds: impl IntoIterator<Item = &'static str>) -> Result<Self, TermsError> {
        for kind in kinds {
            for asks in State::ALL {
                for answers in State::ALL.into_iter().filter(|answers| *answers != asks) {
                    if self.term(kind, asks, answers).is_none() {
                        return Err(TermsError::NoTerm { kind, asks, answers });
                    }
                }
            }
        }
        Ok(self)
    }

    /// When to remind of a term that started and is due on these days, the earliest first.
    pub fn reminders(&self, start: Date, due: Date, calendar: &Calendar) -> Vec<Date> {
        let on = |reminder: &Reminder| match *reminder {
            Reminder::Share { share: [part, whole] } => {
                let days = i64::from(days_between(start, due)) * i64::from(part);
                start.checked_add(days.checked_div(i64::from(whole))?.days()).ok()
            }
            Reminder::Before { working_days_before } => {
                let mut day = due;
                for _ in 0..working_days_before {
                    day = day.yesterday().ok()?;
                    while day > start && !calendar.is_working(day) {
                        day = day.yesterday().ok()?;
                    }
                }
                Some(day)
            }
        };
        let mut days: Vec<Date> = self.reminders.iter().filter_map(on).collect();
        days.retain(|day| start < *day && *day < due);
        days.sort_unstable();
        days.dedup();
        days
    }
}

impl Terms {
    /// When a node that may do so reminds a peer of an answer that was due on a day, the earliest first.
    pub fn overdue(&self, due: Date, calendar: &Calendar) -> Vec<Date> {
        let is_working = |day| calendar.is_working(day);
        let on = |one: &Overdue| count_on(due, one.working_days_after.max(1), is_working);
        let mut days: Vec<Date> = self.overdue.iter().filter_map(on).collect();
        days.sort_unstable();
        days.dedup();
        days
    }
}

impl Term {
    /// The last day of the term. The day it starts on is not counted, and neither are those on which documents were on
    /// their way (T9, article 3(3)); none past the end of the calendar.
    pub fn due(&self, start: Date, transit: &Days, calendar: &Calendar) -> Option<Date> {
        let counts = |day: Date| match self.unit {
            Unit::Working => calendar.is_working(day) && !is_in(transit, day),
            Unit::Calendar | Unit::Months => !is_in(transit, day),
        };
        match self.unit {
            Unit::Working | Unit::Calendar => count_on(start, self.count, counts),
            Unit::Months => {
                let end = start.checked_add(Span::new().months(i32::from(self.count))).ok()?;
                let lost = transit.between(start.tomorrow().ok()?, end.tomorrow().ok()?);
                let lost = lost.map(|one| days_between(one.from, one.to) + 1).sum::<i32>();
                count_on(end, u16::try_from(lost).ok()?, counts)
            }
        }
    }
}

/// Whether a term is over, today being a day of the state that has to answer.
pub fn is_overdue(due: Date, today: Date) -> bool {
    today > due
}

/// The days that a document sent or filed on one day was on its way to the body it reached on another: all after the
/// first, up to the day of receipt (T9). None where it was received at once, or before it was sent, which is a slip.
pub fn transit(sent_on: Date, received_on: Date) -> Days {
    match sent_on.tomorrow() {
        Ok(from) if from <= received_on => Days::from(Stretch { from, to: received_on }),
        Ok(_) | Err(_) => Days::NONE,
    }
}

/// How many days those are.
pub fn days_in_transit(sent_on: Date, received_on: Date) -> i32 {
    days_between(sent_on, received_on).max(0)
}

/// A kind of message that a term may be told for.
fn kind<'de, D: Deserializer<'de>>(written: D) -> Result<String, D::Error> {
    let kind = String::deserialize(written)?;
    let is_known = KINDS.contains(&kind.as_str());
    let refused = || D::Error::custom(format!("no such kind of message; write one of {}", KINDS.join(", ")));
    is_known.then_some(kind).ok_or_else(refused)
}

fn count<'de, D: Deserializer<'de>>(written: D) -> Result<u16, D::Error> {
    let count = u16::deserialize(written)?;
    (count > 0).then_some(count).ok_or_else(|| D::Error::custom("a term has one day or month at least"))
}

fn share<'de, D: Deserializer<'de>>(written: D) -> Result<[u16; 2], D::Error> {
    let [part, whole] = <[u16; 2]>::deserialize(written)?;
    let refused = || D::Error::custom("a share is less than the whole, such as [2, 3]");
    (part < whole).then_some([part, whole]).ok_or_else(refused)
}

/// The kinds of message that a term may be told for.
const KINDS: [&str; 14] = [
    "amounts",
    "certificate",
    "circumstances",
    "claim",
    "commission",
    "decision",
    "directory",
    "examination",
    "family",
    "recalculation",
    "record",
    "relocation",
    "verification",
    "withholding",
];

/// The terms that the program knows.
pub fn terms() -> &'static Terms {
    &TERMS
}

/// The day on which so many days that count have passed since a start, or the start itself for none.
fn count_on(start: Date, count: u16, counts: impl Fn(Date) -> bool) -> Option<Date> {
    let mut day = start;
    let mut left = count;
    while left > 0 {
        day = day.tomorrow().ok()?;
        left -= u16::from(counts(day));
    }
    Some(day)
}

fn is_in(days: &Days, day: Date) -> bool {
    let after = days.stretches().partition_point(|stretch| stretch.to < day);
    days.stretches().get(after).is_some_and(|stretch| stretch.from <= day)
}

fn days_between(from: Date, to: Date) -> i32 {
    from.until(to).map_or(0, |span| span.get_days())
}

/// The file of the terms that the program knows.
pub const TERMS_TEXT: &str = include_str!("../../schemas/treaty/terms.toml");

#[expect(clippy::expect_used, reason = "it is compiled in, and a test reads it")]
static TERMS: LazyLock<Terms> = LazyLock::new(|| Terms::read(TERMS_TEXT).expect("the terms are readable"));

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pension::calendars;
    use jiff::civil::date;
    use proptest::prelude::*;

    fn term(kind: &str, asks: State, answers: State) -> &'static Term {
        terms().term(kind, asks, answers).unwrap()
    }

    #[test]
    fn every_kind_has_a_term_between_all_states() {
        for kind in terms().kinds() {
            for asks in State::ALL {
                assert!(
                    State::ALL.iter().all(|answers| terms().term(kind, asks, *answers).is_some()),
                    "{kind}"
                );
            }
        }
    }

    #[test]
    fn what_two_states_agreed_goes_before_the_default() {
        use TermConfidence::{Ours, Unverified};
        assert_eq!(term("certificate", State::Ru, State::By).confidence, Unverified);
        assert_eq!(term("certificate", State::Ru, State::Kz).confidence, Ours);
        assert_eq!(term("decision", State::Ru, State::Am).confidence, Unverified);
        assert_eq!(term("decision", State::Am, State::Ru).confidence, Ours);
        assert_eq!(terms().term("greeting", State::Am, State::Ru), None);
    }

    /// Treaty 9.2: filed in Kyrgyzstan on 2026-02-10, in Russia on 2026-03-01.
    #[test]
    fn the_19_days_that_a_claim_travels_are_no_part_of_the_term() {
        let (filed, received) = (date(2026, 2, 10), date(2026, 3, 1));
        assert_eq!(days_in_transit(filed, received), 19);
        let russia = calendars().of(State::Ru).unwrap();
        for kind in ["record", "decision"] {
            let term = term(kind, State::Kg, State::Ru);
            let due = term.due(filed, &transit(filed, received), russia);
            assert_eq!(due, term.due(received, &Days::NONE, russia), "{kind}");
        }
        // ten working days after Sunday the 1st, without the 8th, which is a Sunday too
        assert_eq!(
            term("decision", State::Kg, State::Ru).due(filed, &transit(filed, received), russia),
            Some(date(2026, 3, 13))
        );
        assert_eq!(days_in_transit(received, filed), 0);
        assert!(transit(received, filed).is_empty() && transit(filed, filed).is_empty());
    }

    /// Treaty 9.2: bodies changed on 2026-05-04.
    #[test]
    fn a_change_of_the_directory_is_told_within_one_month() {
        let russia = calendars().of(State::Ru).unwrap();
        let term = term("directory", State::Ru, State::Ru);
        assert_eq!(term.due(date(2026, 5, 4), &Days::NONE, russia), Some(date(2026, 6, 4)));
        assert_eq!(term.due(date(2026, 1, 31), &Days::NONE, russia), Some(date(2026, 2, 28)));
        let days = transit(date(2026, 5, 10), date(2026, 5, 13));
        assert_eq!(term.due(date(2026, 5, 4), &days, russia), Some(date(2026, 6, 7)));
        assert!(
            !is_overdue(date(2026, 6, 4), date(2026, 6, 4)) && is_overdue(date(2026, 6, 4), date(2026, 6, 5))
        );
    }

    #[test]
    fn five_working_days_leave_out_weekends_and_holidays() {
        let belarus = calendars().of(State::By).unwrap();
        let term = term("certificate", State::Ru, State::By);
        // Monday; Thursday to Saturday: 7 May, 8 May, and the 9th, a Saturday
        assert_eq!(term.due(date(2026, 5, 4), &Days::NONE, belarus), Some(date(2026, 5, 11)));
        // Wednesday; Friday 1 January and Saturday the 2nd, Thursday the 7th are off
        assert_eq!(term.due(date(2026, 12, 30), &Days::NONE, belarus), Some(date(2027, 1, 8)));
    }

    #[test]
    fn reminders_come_after_two_thirds_and_on_the_working_day_before() {
        let russia = calendars().of(State::Ru).unwrap();
        let remind = |start, due| terms().reminders(start, due, russia);
        assert_eq!(remind(date(2026, 9, 1), date(2026, 10, 1)), [date(2026, 9, 21), date(2026, 9, 30)]);
        // a Monday is due: the Friday before
        assert_eq!(remind(date(2026, 9, 1), date(2026, 9, 14)), [date(2026, 9, 9), date(2026, 9, 11)]);
        assert!(remind(date(2026, 9, 1), date(2026, 9, 2)).is_empty());
    }

    #[test]
    fn a_peer_is_reminded_on_working_days_after_the_last_day() {
        let russia = calendars().of(State::Ru).unwrap();
        // Friday is due: the Monday, and two weeks of working days on
        assert_eq!(terms().overdue(date(2026, 9, 4), russia), [date(2026, 9, 7), date(2026, 9, 18)]);
        let none = Terms::read("term = []").unwrap();
        assert!(none.overdue(date(2026, 9, 4), russia).is_empty());
    }

    #[test]
    fn a_file_of_another_form_is_refused() {
        let error = Terms::read("[[term]]\nkind = 1").unwrap_err();
        assert_eq!(error.verdict(), Verdict::Park { code: "pension.terms" });
        for (wrong, why) in [
            ("[[term]]\nkind = \"amount\"", "no such kind of message; write one of amounts"),
            ("[[term]]\nkind = \"amounts\"\ncount = 0", "one day or month at least"),
            ("term = []\n[[reminder]]\nshare = [1, 0]", "did not match"),
            ("term = []\n[[overdue]]\ndays = 1", "working_days_after"),
        ] {
            let TermsError::Parse(cause) = Terms::read(wrong).unwrap_err() else { panic!("{wrong}") };
            let told = cause.to_string();
            assert!(told.contains(why) && told.contains("line "), "{wrong}: {told}");
        }
    }

    #[test]
    fn what_is_waited_for_has_a_term_between_any_two_states() {
        let whole = terms().clone().complete(crate::pension::case::waited_terms()).unwrap();
        assert_eq!(&whole, terms());
        let some = Terms::read(
            "[[term]]\nkind = \"amounts\"\nto = \"RU\"\ncount = 1\nunit = \"months\"\nbasis = { en = \"a\", ru = \"a\" }\n\
             confidence = \"ours\"",
        );
        let missing = some.unwrap().complete(["amounts"]).unwrap_err();
        assert_eq!(
            missing.to_string(),
            "find a term of amounts that AM asks BY for; write a [[term]] of this kind without between and to"
        );
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1_000))]
        #[test]
        fn a_term_grows_by_what_travels_and_ends_on_a_day_that_counts(
            start in 0_i64..800, count in 1_u16..90, away in 0_i64..60, unit in 0_usize..2, state in 0_usize..5,
        ) {
            let start = date(2025, 1, 1).checked_add(start.days()).unwrap();
            let received = start.checked_add(away.days()).unwrap();
            let calendar = calendars().of(State::ALL[state]).unwrap();
            let unit = [Unit::Working, Unit::Calendar][unit];
            let term = Term { count, unit, ..term("record", State::Kg, State::Kz).clone() };
            let days = transit(start, received);
            let due = term.due(start, &days, calendar).unwrap();
            // it is as if it had started on receipt
            prop_assert_eq!(Some(due), term.due(received, &Days::NONE, calendar));
            prop_assert!(due > received && !is_in(&days, due));
            prop_assert!(unit == Unit::Calendar || calendar.is_working(due));
            let longer = Term { count: count + 1, ..term.clone() };
            prop_assert!(longer.due(start, &days, calendar).unwrap() > due);
            let counted = (1..=i64::from(days_between(start, due)))
                .map(|day| start.checked_add(day.days()).unwrap())
                .filter(|day| !is_in(&days, *day) && (unit == Unit::Calendar || calendar.is_working(*day)));
            prop_assert_eq!(counted.count(), usize::from(count));
        }
    }
}
