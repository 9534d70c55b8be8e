//! What is odd about rows, in the order of the rows, in whatever order it was found.

use crate::base::Finding;
use crate::base::Findings;
use std::collections::BTreeMap;

/// The first of what was found. Files with more are broken as a whole.
#[derive(Debug, Default)]
pub(super) struct Odd {
    /// Each with whether it says why a row is not used.
    found: BTreeMap<Key, (Finding, bool)>,
    /// How many rows are not used after all, by what stands before the last colon of their place: their file.
    unused: BTreeMap<String, u64>,
}

/// Of rows first, then of whole persons; by the number of the row, then as they were found.
type Key = (bool, u64, u32);

impl Odd {
    /// Adds what is odd about a row.
    pub(super) fn of_row(&mut self, row: u64, finding: Finding) {
        self.put((false, row), (finding, false));
    }

    /// Adds what is odd about a person of whom a row told first.
    pub(super) fn of_person(&mut self, row: u64, finding: Finding) {
        self.put((true, row), (finding, false));
    }

    /// Adds why a row is not used.
    pub(super) fn of_unused(&mut self, row: u64, finding: Finding) {
        let file = finding.path.rsplit_once(':').map_or("", |(file, _line)| file);
        match self.unused.get_mut(file) {
            Some(count) => *count += 1,
            None => drop(self.unused.insert(file.to_owned(), 1)),
        }
        self.put((false, row), (finding, true));
    }

    fn put(&mut self, (is_of_person, row): (bool, u64), told: (Finding, bool)) {
        let end = (is_of_person, row, u32::MAX);
        let last = self.found.range((is_of_person, row, 0)..end).next_back();
        let number = last.map_or(0, |((.., number), _)| number.saturating_add(1));
        self.found.insert((is_of_person, row, number), told);
        if self.found.len() > FOUND_MAX {
            self.found.pop_last();
        }
    }

    /// Takes over what was found among other rows.
    pub(super) fn append(&mut self, other: Self) {
        for ((is_of_person, row, _), told) in other.found {
            self.put((is_of_person, row), told);
        }
        for (file, count) in other.unused {
            *self.unused.entry(file).or_default() += count;
        }
    }

    /// How many rows of a file are not used after all, and why.
    pub(super) fn unused_of(&self, file: &str) -> (u64, Findings) {
        let count = self.unused.get(file).copied().unwrap_or_default();
        let is_of = |finding: &Finding| finding.path.rsplit_once(':').is_some_and(|(own, _)| own == file);
        let why = self.found.values().filter(|(finding, is_unused)| *is_unused && is_of(finding));
        (count, why.map(|(finding, _)| finding.clone()).collect())
    }

    /// All of it in its order.
    pub(super) fn into_findings(self) -> Findings {
        self.found.into_values().map(|(finding, _)| finding).collect()
    }
}

/// As many as of a file.
const FOUND_MAX: usize = 10_000;
