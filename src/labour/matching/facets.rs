//! Counts of what was found, by what a reader may narrow it.

use crate::exchange::canonical::job::Vacancy;
use serde::Serialize;
use std::collections::BTreeMap;

/// How many were found of each value.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Facets(BTreeMap<&'static str, Vec<(String, u64)>>);

impl Facets {
    /// The names of all facets.
    pub const NAMES: [&'static str; 9] =
        ["state", "region", "major", "group", "remote", "offering", "schedule", "language", "source"];

    /// Counts vacancies; one that has several values of a facet is counted for each.
    pub fn of<'a>(vacancies: impl Iterator<Item = &'a Vacancy>) -> Self {
        let mut counts: BTreeMap<&'static str, BTreeMap<String, u64>> = BTreeMap::new();
        for vacancy in vacancies {
            for name in Self::NAMES {
                for value in Self::values(vacancy, name) {
                    *counts.entry(name).or_default().entry(value).or_default() += 1;
                }
            }
        }
        Self::from_counts(counts.into_iter().map(|(name, values)| (name, values.into_iter().collect())))
    }

    /// Sets counts in order: the most first, then by value, no more of each than [`FACET_VALUES_MAX`].
    pub fn from_counts(counts: impl Iterator<Item = (&'static str, Vec<(String, u64)>)>) -> Self {
        Self(
            counts
                .map(|(name, mut values)| {
                    values.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
                    values.truncate(FACET_VALUES_MAX);
                    (name, values)
                })
                .collect(),
        )
    }

    /// The counts of one facet, the most first.
    pub fn counts(&self, name: &str) -> &[(String, u64)] {
        self.0.get(name).map(Vec::as_slice).unwrap_or_default()
    }

    /// The values that a vacancy has of a facet, each once.
    pub fn values(vacancy: &Vacancy, name: &str) -> Vec<String> {
        let mut values: Vec<String> = match name {
            "state" => super::barrier::countries(vacancy).map(|country| country.to_string()).collect(),
            "region" => vacancy
                .places
                .iter()
                .filter_map(|place| Some(format!("{}/{}", place.country, place.region.as_ref()?.as_str())))
                .collect(),
            "major" => {
                vacancy.isco().filter_map(|code| code.at_level(1)).map(|code| code.to_string()).collect()
            }
            "group" => {
                vacancy.isco().filter_map(|code| code.at_level(2)).map(|code| code.to_string()).collect()
            }
            "remote" => vacancy.remote.iter().map(ToString::to_string).collect(),
            "offering" => vacancy.offering.iter().map(ToString::to_string).collect(),
            "schedule" => vacancy.schedule.iter().map(ToString::to_string).collect(),
            "language" => vacancy.language.iter().map(ToString::to_string).collect(),
            "source" => vec![format!("{}/{}", vacancy.reference.state, vacancy.reference.source.as_str())],
            _ => Vec::new(),
        };
        values.sort();
        values.dedup();
        values
    }
}

/// The most values of a facet that are told.
pub const FACET_VALUES_MAX: usize = 30;
