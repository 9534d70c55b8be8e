//! The guard of small cells (`privacy.md` §3): who is one of few in a region with an occupation is told by these two alone. So a
//! region stands beside a group of ISCO only if enough active profiles share both; else the region is widened to the state, and
//! then the group goes up the tree. What too few share at the top is not told at all.

use crate::exchange::canonical::Coded;
use crate::exchange::canonical::job::IscoCode;
use std::collections::BTreeSet;

/// Active profiles of a region and a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CellCount {
    /// The region; none of profiles that tell none.
    pub region: Option<Coded>,
    /// The group, of any level.
    pub isco: IscoCode,
    /// How many persons.
    pub persons: u32,
}

/// How many persons share what.
#[derive(Debug, Clone, Default)]
pub struct CellCounts(Vec<CellCount>);

/// What may be told of a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShownCells {
    /// Whether the region may stand beside the groups.
    pub shows_region: bool,
    /// The group for each occupation that was asked about, in their order; none where too few share even the widest.
    pub groups: Vec<Option<IscoCode>>,
}

/// The groups that a person with these occupations is counted in, each once: those and all above them.
pub fn groups_of(occupations: impl IntoIterator<Item = IscoCode>) -> BTreeSet<IscoCode> {
    let above = |group: IscoCode| (1..=group.level()).filter_map(move |level| group.at_level(level));
    occupations.into_iter().flat_map(above).collect()
}

impl CellCounts {
    /// Out of what was counted: each person once in each group of [`groups_of`].
    pub fn new(counts: Vec<CellCount>) -> Self {
        Self(counts)
    }

    /// Persons of a group, in a region or, without one, in the whole state.
    pub fn persons(&self, region: Option<&Coded>, group: IscoCode) -> u32 {
        let of_group = |count: &&CellCount| {
            count.isco == group && region.is_none_or(|region| count.region.as_ref() == Some(region))
        };
        self.0.iter().filter(of_group).fold(0, |sum, count| sum.saturating_add(count.persons))
    }

    /// What may be told of a person of a region with these occupations, where at least `k` must share it.
    pub fn shown(&self, region: Option<&Coded>, occupations: &[IscoCode], k: u32) -> ShownCells {
        let shows_region = region.is_some()
            && !occupations.is_empty()
            && occupations.iter().all(|group| self.persons(region, *group) >= k);
        if shows_region {
            return ShownCells { shows_region, groups: occupations.iter().copied().map(Some).collect() };
        }
        let widened = |own: &IscoCode| {
            let mut group = Some(*own);
            while let Some(narrow) = group.filter(|group| self.persons(None, *group) < k) {
                group = narrow.parent();
            }
            group
        };
        ShownCells { shows_region, groups: occupations.iter().map(widened).collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn isco(text: &str) -> IscoCode {
        text.parse().unwrap()
    }

    fn region(number: u8) -> Coded {
        format!("{number:02}").parse().unwrap()
    }

    /// Counts persons of a region with occupations.
    fn counted(persons: &[(Option<Coded>, Vec<IscoCode>)]) -> CellCounts {
        let mut counts: Vec<CellCount> = Vec::new();
        for (region, occupations) in persons {
            for isco in groups_of(occupations.iter().copied()) {
                match counts.iter_mut().find(|count| count.isco == isco && count.region == *region) {
                    Some(count) => count.persons += 1,
                    None => counts.push(CellCount { region: region.clone(), isco, persons: 1 }),
                }
            }
        }
        CellCounts::new(counts)
    }

    fn counts(of: &[(u8, &str, usize)]) -> CellCounts {
        let persons =
            |(at, group, persons): &(u8, &str, usize)| vec![(Some(region(*at)), vec![isco(group)]); *persons];
        counted(&of.iter().flat_map(persons).collect::<Vec<_>>())
    }

    #[test]
    fn a_person_with_two_near_occupations_is_one_person() {
        let alone = counted(&[(None, vec![isco("7212"), isco("7213")])]);
        assert_eq!(alone.persons(None, isco("721")), 1);
        assert_eq!(alone.shown(None, &[isco("7212")], 2).groups, [None]);
    }

    #[test]
    fn the_region_is_widened_first_and_then_the_group_goes_up() {
        let all = counts(&[(1, "7212", 4), (2, "7212", 1), (2, "7213", 2), (3, "2655", 1)]);
        let shown = |at: u8, groups: &[IscoCode], k| all.shown(Some(&region(at)), groups, k);
        let welder = [isco("7212")];
        assert_eq!(shown(1, &welder, 4), ShownCells { shows_region: true, groups: vec![Some(isco("7212"))] });
        assert_eq!(
            shown(1, &welder, 5),
            ShownCells { shows_region: false, groups: vec![Some(isco("7212"))] }
        );
        assert_eq!(shown(1, &welder, 6).groups, [Some(isco("721"))]);
        assert_eq!(shown(3, &[isco("2655")], 2).groups, [None], "an actor who is alone is not told of");
        // one rare occupation takes the region away from the common one too
        let both = shown(1, &[isco("7212"), isco("2655")], 4);
        assert_eq!(both, ShownCells { shows_region: false, groups: vec![Some(isco("7212")), None] });
    }

    fn some_counts() -> impl Strategy<Value = CellCounts> {
        let group =
            (1..4_u8, 0..3_u8, 0..3_u8, 0..3_u8).prop_map(|(a, b, c, d)| isco(&format!("{a}{b}{c}{d}")));
        let person = (0..4_u8, proptest::collection::vec(group, 1..4));
        proptest::collection::vec(person, 0..80).prop_map(|persons| {
            let of = |(at, own): (u8, Vec<IscoCode>)| ((at > 0).then(|| region(at)), own);
            counted(&persons.into_iter().map(of).collect::<Vec<_>>())
        })
    }

    proptest! {
        /// Whatever is told is shared by k, and nothing nearer to the truth would be.
        #[test]
        fn what_is_told_is_shared_by_k_and_is_the_nearest_that_is(
            all in some_counts(), k in 1..12_u32, at in 1..4_u8,
            own in proptest::collection::vec((1..4_u8, 0..3_u8, 0..3_u8, 0..3_u8), 1..4),
        ) {
            let own: Vec<_> = own.iter().map(|(a, b, c, d)| isco(&format!("{a}{b}{c}{d}"))).collect();
            let home = region(at);
            let shown = all.shown(Some(&home), &own, k);
            prop_assert_eq!(shown.groups.len(), own.len());
            for (own, told) in own.iter().zip(&shown.groups) {
                let beside = shown.shows_region.then_some(&home);
                match told {
                    Some(group) => {
                        prop_assert!(all.persons(beside, *group) >= k);
                        prop_assert_eq!(own.at_level(group.level()), Some(*group));
                        let nearer = own.at_level(group.level() + 1);
                        prop_assert!(nearer.is_none_or(|nearer| all.persons(beside, nearer) < k));
                    }
                    None => prop_assert!(all.persons(None, own.at_level(1).unwrap()) < k),
                }
            }
            if !shown.shows_region {
                prop_assert!(own.iter().any(|group| all.persons(Some(&home), *group) < k));
            }
        }

        /// A larger k never tells more.
        #[test]
        fn a_larger_k_never_tells_more(all in some_counts(), k in 1..12_u32, at in 1..4_u8) {
            let (home, own) = (region(at), [isco("1111"), isco("2101")]);
            let (more, fewer) = (all.shown(Some(&home), &own, k), all.shown(Some(&home), &own, k + 1));
            prop_assert!(more.shows_region || !fewer.shows_region);
            for (more, fewer) in more.groups.iter().zip(&fewer.groups) {
                let level = |group: &Option<IscoCode>| group.map_or(0, |group| group.level());
                prop_assert!(level(more) >= level(fewer));
            }
        }
    }
}
