//! Sets of days, as stretches that neither touch nor overlap.

use crate::exchange::canonical::Interval;
use jiff::civil::Date;
use schemars::JsonSchema;
use serde::Serialize;

/// Days in a row, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
pub struct Stretch {
    /// The first.
    #[schemars(with = "String")]
    pub from: Date,
    /// The last.
    #[schemars(with = "String")]
    pub to: Date,
}

impl Stretch {
    /// Whether both share a day, or no day lies between them.
    pub fn touches(&self, other: &Self) -> bool {
        !is_apart(self.to, other.from) && !is_apart(other.to, self.from)
    }
}

/// A set of days.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, JsonSchema)]
#[serde(transparent)]
pub struct Days(Vec<Stretch>);

impl From<Stretch> for Days {
    fn from(stretch: Stretch) -> Self {
        Self(vec![stretch])
    }
}

impl Days {
    /// No day.
    pub const NONE: Self = Self(Vec::new());

    /// The days of any of these spans up to a last day: what goes on is counted up to it.
    pub fn of(spans: impl IntoIterator<Item = Interval>, last: Date) -> Self {
        let up_to = |span: Interval| {
            let to = span.to().map_or(last, |to| to.min(last));
            (span.from() <= to).then_some(Stretch { from: span.from(), to })
        };
        let mut all: Vec<Stretch> = spans.into_iter().filter_map(up_to).collect();
        all.sort_unstable();
        let mut joined = Self(Vec::with_capacity(all.len()));
        all.into_iter().for_each(|stretch| joined.join(stretch));
        joined
    }

    /// Adds days that begin no earlier than the last stretch does.
    fn join(&mut self, later: Stretch) {
        match self.0.last_mut().filter(|before| !is_apart(before.to, later.from)) {
            Some(before) => before.to = before.to.max(later.to),
            None => self.0.push(later),
        }
    }

    /// The stretches, the earliest first.
    pub fn stretches(&self) -> &[Stretch] {
        &self.0
    }

    /// Whether there is no day in it.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The days of either.
    pub fn union(&self, other: &Self) -> Self {
        let (mut own, mut theirs) = (self.0.iter().peekable(), other.0.iter().peekable());
        let mut both = Self(Vec::with_capacity(self.0.len() + other.0.len()));
        loop {
            let next = match (own.peek(), theirs.peek()) {
                (Some(one), Some(two)) if one.from <= two.from => own.next(),
                (Some(_), None) => own.next(),
                (Some(_), Some(_)) | (None, _) => theirs.next(),
            };
            match next {
                Some(stretch) => both.join(*stretch),
                None => return both,
            }
        }
    }

    /// The days that the other has not.
    pub fn without(&self, other: &Self) -> Self {
        let mut left = Vec::with_capacity(self.0.len());
        let mut taken = other.0.as_slice();
        for stretch in &self.0 {
            taken = after(taken, stretch.from);
            let mut rest = Some(stretch.from);
            for one in taken.iter().take_while(|one| one.from <= stretch.to) {
                let Some(from) = rest else { break };
                if from < one.from
                    && let Ok(to) = one.from.yesterday()
                {
                    left.push(Stretch { from, to });
                }
                rest = one.to.tomorrow().ok().filter(|next| *next <= stretch.to);
            }
            if let Some(from) = rest {
                left.push(Stretch { from, to: stretch.to });
            }
        }
        Self(left)
    }

    /// The days of both.
    pub fn within(&self, other: &Self) -> Self {
        let mut both = Vec::new();
        let mut theirs = other.0.as_slice();
        for stretch in &self.0 {
            theirs = after(theirs, stretch.from);
            let shared = theirs.iter().take_while(|one| one.from <= stretch.to);
            both.extend(
                shared.map(|one| Stretch { from: one.from.max(stretch.from), to: one.to.min(stretch.to) }),
            );
        }
        Self(both)
    }

    /// The days from one on and up to the day before another.
    pub fn between(&self, from: Date, before: Date) -> impl Iterator<Item = Stretch> {
        self.0.iter().filter_map(move |stretch| {
            let to = if stretch.to < before { stretch.to } else { before.yesterday().ok()? };
            let cut = Stretch { from: stretch.from.max(from), to };
            (cut.from <= cut.to).then_some(cut)
        })
    }
}

/// The stretches that end on a day or later.
fn after(stretches: &[Stretch], day: Date) -> &[Stretch] {
    let past = stretches.iter().take_while(|one| one.to < day).count();
    stretches.get(past..).unwrap_or_default()
}

/// Whether there is a day between the end of a stretch and a later day.
fn is_apart(end: Date, later: Date) -> bool {
    end.tomorrow().is_ok_and(|next| next < later)
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::ToSpan;
    use jiff::civil::date;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    fn day(number: i64) -> Date {
        date(2000, 1, 1).checked_add(number.days()).unwrap()
    }

    fn days_of(spans: &[(i64, i64)]) -> Days {
        let span = |(a, b): &(i64, i64)| Interval::new(day(*a.min(b)), Some(day(*a.max(b)))).unwrap();
        Days::of(spans.iter().map(span), day(400))
    }

    fn listed(days: &Days) -> BTreeSet<Date> {
        let mut all = BTreeSet::new();
        for stretch in days.stretches() {
            let mut at = stretch.from;
            while at <= stretch.to {
                assert!(all.insert(at), "{at} twice");
                at = at.tomorrow().unwrap();
            }
        }
        all
    }

    fn is_in_order(days: &Days) -> bool {
        days.stretches().iter().all(|one| one.from <= one.to)
            && days.stretches().windows(2).all(|pair| is_apart(pair[0].to, pair[1].from))
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]
        #[test]
        fn sets_of_days_are_as_sets_of_single_days(
            one in prop::collection::vec((0_i64..300, 0_i64..300), 0..8),
            two in prop::collection::vec((0_i64..300, 0_i64..300), 0..8),
            cut in (0_i64..300, 0_i64..300),
        ) {
            let (one, two) = (days_of(&one), days_of(&two));
            let (singles, others) = (listed(&one), listed(&two));
            let same = |days: &Days, wanted: BTreeSet<Date>| is_in_order(days) && listed(days) == wanted;
            prop_assert!(same(&one, singles.clone()));
            prop_assert!(same(&one.union(&two), &singles | &others));
            prop_assert!(same(&one.without(&two), &singles - &others));
            prop_assert!(same(&one.within(&two), &singles & &others));
            let (from, before) = (day(cut.0), day(cut.1));
            let wanted = singles.into_iter().filter(|at| (from..before).contains(at)).collect();
            prop_assert!(same(&Days(one.between(from, before).collect()), wanted));
        }
    }

    #[test]
    fn what_goes_on_is_counted_up_to_the_last_day() {
        let open = Interval::new(day(10), None).unwrap();
        let later = Interval::new(day(30), Some(day(40))).unwrap();
        assert_eq!(Days::of([open, later], day(20)).stretches(), [Stretch { from: day(10), to: day(20) }]);
    }
}
