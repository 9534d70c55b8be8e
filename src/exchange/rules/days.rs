//! Days in a document: what a date may mean, and which intervals overlap. Nothing of rules or findings.

use jiff::civil::Date;
use std::collections::HashMap;

/// The days that a date, month, year or instant may mean, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Span {
    first: Date,
    last: Date,
}

impl Span {
    /// Reads any lexical form; a zone never moves the day it is written on, but elsewhere an instant is on the day
    /// before or after.
    pub(super) fn of(text: &str) -> Option<Self> {
        if let Some(day) = day(text) {
            let is_instant = text.as_bytes().get(10) == Some(&b'T');
            let (before, after) = (day.yesterday().unwrap_or(day), day.tomorrow().unwrap_or(day));
            return Some(if is_instant {
                Self { first: before, last: after }
            } else {
                Self { first: day, last: day }
            });
        }
        // without its zone: Z, or + or - and hours
        let bare = text.strip_suffix('Z').unwrap_or(text);
        let bare = if bare.ends_with(":00") { bare.get(..bare.len().checked_sub(6)?)? } else { bare };
        let (year, month) = bare.split_once('-').map_or((bare, None), |(year, month)| (year, Some(month)));
        let year = year.parse().ok().filter(|_| year.len() == 4)?;
        match month {
            Some(month) => {
                let first = Date::new(year, month.parse().ok()?, 1).ok()?;
                Some(Self { first, last: first.last_of_month() })
            }
            None => Some(Self { first: Date::new(year, 1, 1).ok()?, last: Date::new(year, 12, 31).ok()? }),
        }
    }

    /// Whether it is before another whatever both mean.
    pub(super) fn is_before(self, other: Self) -> bool {
        self.last < other.first
    }
}

/// A day with or without a zone; a zone never moves the day it is written on.
pub(super) fn day(text: &str) -> Option<Date> {
    text.get(..10)?.parse().ok()
}

/// An interval of a document, both ends included; nothing after its start where it goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Held {
    pub(super) from: Date,
    pub(super) to: Option<Date>,
    /// Only intervals that differ in this are compared; where there is none, all are.
    pub(super) apart: Option<String>,
    /// Only intervals that agree in this are compared.
    pub(super) alike: Vec<String>,
}

/// The places of those that overlap one that began before them, in the order given. One that ends before it begins
/// holds no day.
pub(super) fn overlapping(intervals: &[Held]) -> Vec<usize> {
    let mut in_time: Vec<(usize, &Held)> =
        intervals.iter().enumerate().filter(|(_, one)| one.to.is_none_or(|to| one.from <= to)).collect();
    in_time.sort_by_key(|(place, one)| (one.from, *place));
    let mut latest: HashMap<&[String], Latest<'_>> = HashMap::new();
    let mut found = Vec::new();
    for (place, one) in in_time {
        let latest = latest.entry(&one.alike).or_default();
        if latest.end_beside(one).is_some_and(|end| one.from <= end) {
            found.push(place);
        }
        latest.see(one);
    }
    found.sort_unstable();
    found
}

/// The latest end seen, and the latest of those that differ from it in what keeps intervals apart.
#[derive(Debug, Default)]
struct Latest<'h> {
    first: Option<(Date, Option<&'h str>)>,
    second: Option<(Date, Option<&'h str>)>,
}

impl<'h> Latest<'h> {
    /// The latest end of those that an interval is compared with.
    fn end_beside(&self, one: &Held) -> Option<Date> {
        let differs = |key: Option<&str>| one.apart.is_none() || key != one.apart.as_deref();
        self.first.into_iter().chain(self.second).find(|(_, key)| differs(*key)).map(|(end, _)| end)
    }

    fn see(&mut self, one: &'h Held) {
        let seen = (one.to.unwrap_or(Date::MAX), one.apart.as_deref());
        match self.first {
            Some(first) if first.1 == seen.1 => self.first = Some((first.0.max(seen.0), first.1)),
            Some(first) if seen.0 <= first.0 => {
                self.second = self.second.filter(|second| seen.0 < second.0).or(Some(seen));
            }
            first => {
                self.first = Some(seen);
                self.second = first.or(self.second);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::ToSpan;
    use jiff::civil::date;
    use proptest::prelude::*;

    fn is_before(one: &str, other: &str) -> bool {
        Span::of(one).unwrap().is_before(Span::of(other).unwrap())
    }

    #[test]
    fn a_day_is_before_another_only_where_that_is_certain() {
        assert!(is_before("1984-12-31", "1985-01-01") && !is_before("1985-01-01", "1985-01-01Z"));
        assert!(is_before("1985-02", "1985-03-15") && !is_before("1985-03", "1985-03-15"));
        assert!(is_before("1984", "1985-03-15+06:00") && !is_before("1985", "1985-03-15"));
        // in Astana it is the 24th already, in the far west still the 22nd
        assert!(!is_before("2026-11-23T20:00:00Z", "2026-11-24"));
        assert!(is_before("2026-11-23T20:00:00Z", "2026-11-25"));
        assert!(!is_before("2026-11-22", "2026-11-23T01:00:00+06:00"));
        assert_eq!(Span::of("1985-03+06:00"), Span::of("1985-03"));
        assert_eq!(Span::of("1985Z"), Span::of("1985"));
        // what is no date at all is the schema's finding
        let none = ["", "я", "ten", "2021-13", "20x1", "2021-02-30", "12026-11-23T10:00:00Z", "-0044", ":00"];
        assert!(none.iter().all(|text| Span::of(text).is_none()));
    }

    #[test]
    fn days_are_read_from_every_lexical_form() {
        assert_eq!(day("2020-02-29Z"), day("2020-02-29"));
        assert!(day("2021-02-29").is_none() && day("2020").is_none());
    }

    fn held() -> impl Strategy<Value = Held> {
        let key = prop::option::weighted(0.9, "[ab c]".prop_map(String::from));
        (0_i64..60, prop::option::weighted(0.9, -3_i64..20), key, "[xy]").prop_map(
            |(from, length, apart, alike)| {
                let from = date(2000, 1, 1).checked_add(from.days()).unwrap();
                let to = length.map(|length| from.checked_add(length.days()).unwrap());
                Held { from, to, apart, alike: vec![alike] }
            },
        )
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]
        #[test]
        fn those_overlap_that_share_a_day_with_an_earlier_one(
            all in prop::collection::vec(held(), 0..12),
            are_apart in any::<bool>(),
        ) {
            // either all are kept apart by something or none is
            let all: Vec<Held> = all
                .into_iter()
                .map(|one| Held { apart: are_apart.then(|| one.apart.unwrap_or_default()), ..one })
                .collect();
            let is_sound = |one: &Held| one.to.is_none_or(|to| one.from <= to);
            let clashes = |(at, one): (usize, &Held)| {
                is_sound(one) && all.iter().enumerate().any(|(place, other)| {
                    place != at
                        && is_sound(other)
                        && (other.from, place) < (one.from, at)
                        && other.to.is_none_or(|to| one.from <= to)
                        && other.alike == one.alike
                        && (!are_apart || other.apart != one.apart)
                })
            };
            let wanted: Vec<usize> =
                all.iter().enumerate().filter(|(at, one)| clashes((*at, *one))).map(|(at, _)| at).collect();
            prop_assert_eq!(overlapping(&all), wanted);
        }
    }
}
