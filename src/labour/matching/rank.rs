//! The order of what was found, the same on every node, and what was left out and why.

use super::asker::Asker;
use super::barrier::{Barrier, barriers};
use super::facets::Facets;
use super::part::Score;
use super::score::{Matching, Offer, score, score_for};
use crate::exchange::canonical::YearMonth;
use crate::exchange::canonical::job::{CandidateProfile, ProfileRef, VacancyRef};
use jiff::civil::Date;
use serde::Serialize;
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// What was found, the best first.
#[derive(Debug, Clone)]
pub struct Ranked<T> {
    /// In order: by score, then the newest, then by reference.
    pub found: Vec<Matched<T>>,
    /// How many were looked at.
    pub looked_at: usize,
    /// By the names of barriers, what they removed.
    pub removed: BTreeMap<&'static str, Removed>,
    /// Counts of what was found.
    pub facets: Facets,
}

/// How many a barrier removed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Removed {
    /// That have it.
    pub all: usize,
    /// That have no other: so many more would be found without it.
    pub by_it_alone: usize,
}

/// One that was found.
#[derive(Debug, Clone)]
pub struct Matched<T> {
    /// What.
    pub item: T,
    /// Why.
    pub score: Score,
}

/// The vacancies that a person may take, the best first.
pub fn rank_vacancies<'a>(
    profile: &CandidateProfile,
    offers: impl IntoIterator<Item = Offer<'a>>,
    by: &Matching<'_>,
) -> Ranked<Offer<'a>> {
    let pairs = offers.into_iter().map(|offer| (barriers(profile, offer.vacancy, by.today), offer));
    let asker = Asker::of(profile, by);
    let mut ranked = keep(pairs, |offer| score_for(&asker, offer, by));
    let key = |offer: &Offer<'a>| (Reverse(offer.vacancy.posted_on), &offer.vacancy.reference);
    ranked.found.sort_by(|a, b| {
        let newest: (Reverse<Date>, &VacancyRef) = key(&b.item);
        b.score.points.cmp(&a.score.points).then_with(|| key(&a.item).cmp(&newest))
    });
    ranked.facets = Facets::of(ranked.found.iter().map(|matched| matched.item.vacancy));
    ranked
}

/// The same order by what the score reads of each vacancy, for one who keeps it elsewhere: what was not left out, with its
/// points. Nothing is counted.
pub fn order_vacancies<'a, T>(
    profile: &CandidateProfile,
    offers: impl IntoIterator<Item = (Offer<'a>, T)>,
    by: &Matching<'_>,
) -> Vec<(T, u16)> {
    let asker = Asker::of(profile, by);
    let offers = offers.into_iter();
    let fit = offers.filter(|(offer, _)| barriers(profile, offer.vacancy, by.today).is_empty());
    let mut found: Vec<_> =
        fit.map(|(offer, item)| (score_for(&asker, &offer, by).points, offer.vacancy, item)).collect();
    found.sort_by(|(points, vacancy, _), (others, other, _)| {
        let newest = other.posted_on.cmp(&vacancy.posted_on);
        others.cmp(points).then(newest).then_with(|| vacancy.reference.cmp(&other.reference))
    });
    found.into_iter().map(|(points, _, item)| (item, points)).collect()
}

/// The persons who may take a vacancy, the best first.
pub fn rank_profiles<'a>(
    offer: &Offer<'_>,
    profiles: impl IntoIterator<Item = &'a CandidateProfile>,
    by: &Matching<'_>,
) -> Ranked<&'a CandidateProfile> {
    let pairs = profiles.into_iter().map(|profile| (barriers(profile, offer.vacancy, by.today), profile));
    let mut ranked = keep(pairs, |profile| score(profile, offer, by));
    let key = |profile: &CandidateProfile| -> (Reverse<(i16, i8)>, ProfileRef) {
        let changed: YearMonth = profile.changed;
        (Reverse((changed.year(), changed.month())), profile.reference)
    };
    ranked
        .found
        .sort_by(|a, b| b.score.points.cmp(&a.score.points).then_with(|| key(a.item).cmp(&key(b.item))));
    ranked
}

fn keep<T>(pairs: impl Iterator<Item = (Vec<Barrier>, T)>, score: impl Fn(&T) -> Score) -> Ranked<T> {
    let mut ranked =
        Ranked { found: Vec::new(), looked_at: 0, removed: BTreeMap::new(), facets: Facets::default() };
    for (barriers, item) in pairs {
        ranked.looked_at += 1;
        if barriers.is_empty() {
            let score = score(&item);
            ranked.found.push(Matched { item, score });
            continue;
        }
        let mut names: Vec<_> = barriers.iter().map(Barrier::name).collect();
        names.dedup(); // those of one name stand together
        for name in &names {
            let removed = ranked.removed.entry(name).or_default();
            removed.all += 1;
            removed.by_it_alone += usize::from(names.len() == 1);
        }
    }
    ranked
}
