//! The lists of occupations whose codes can be checked by themselves: their shape, control digit and size.

use super::control_digit;
use crate::base::{Finding, Findings};
use crate::exchange::canonical::Coded;
use std::collections::{BTreeMap, BTreeSet};

/// A list, by its name in `Occupation::scheme`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scheme {
    /// ISCO-08: four digits.
    Isco08,
    /// Russia, ОКЗ: four digits of ISCO-08, or fewer, with a control digit behind a dot or hyphen or without one.
    Okz,
    /// Russia, ОКПДТР: five digits and, mostly, a control digit right behind.
    Okpdtr,
    /// Kazakhstan, НК РК 01-2017: `NNNN-N`.
    Nkrk01,
    /// Belarus, ОКРБ 014-2017: `NNNN-NNN` (unverified).
    Okrb014,
    /// A list that nothing is known of.
    Other,
}

impl Scheme {
    pub(super) fn of(name: &Coded) -> Self {
        match name.as_str() {
            "isco-08" => Self::Isco08,
            "okz" => Self::Okz,
            "okpdtr" => Self::Okpdtr,
            "nkrk-01" => Self::Nkrk01,
            "okrb-014" => Self::Okrb014,
            _ => Self::Other,
        }
    }

    /// The code without its control digit.
    pub(super) fn bare(self, code: &str) -> &str {
        self.parts(code).0
    }

    /// The code and its control digit, if it has one.
    fn parts(self, code: &str) -> (&str, Option<&str>) {
        let parted = match self {
            Self::Okz => code.split_once(['.', '-']),
            Self::Okpdtr if code.len() == 6 => code.split_at_checked(5),
            Self::Okpdtr | Self::Isco08 | Self::Nkrk01 | Self::Okrb014 | Self::Other => None,
        };
        parted.map_or((code, None), |(bare, digit)| (bare, Some(digit)))
    }

    /// What is wrong with a code by itself.
    pub(super) fn off(self, code: &str, place: &str) -> Option<Finding> {
        let is = |text: &str, lengths: std::ops::RangeInclusive<usize>| {
            lengths.contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
        };
        let halves = |first: usize, second: usize| {
            code.split_once('-').is_some_and(|(a, b)| is(a, first..=first) && is(b, second..=second))
        };
        let (bare, digit) = self.parts(code);
        let (is_shaped, shape) = match self {
            Self::Isco08 => (is(code, 4..=4), "NNNN"),
            Self::Okz => (is(bare, 1..=4) && digit.is_none_or(|digit| is(digit, 1..=1)), "NNNN or NNNN.K"),
            Self::Okpdtr => (is(code, 5..=6), "NNNNN or NNNNNK"),
            Self::Nkrk01 => (halves(4, 1), "NNNN-N"),
            Self::Okrb014 => (halves(4, 3), "NNNN-NNN"),
            Self::Other => ((1..=20).contains(&code.len()), "1 to 20 signs"),
        };
        if !is_shaped {
            let message = format!("not of the shape {shape}; correct it after the official list");
            return Some(Finding::error("labour.code_shape", place, shape, code, message));
        }
        let wanted = control_digit(bare);
        if digit.is_some_and(|digit| digit.parse().ok() != wanted) {
            let message = "the control digit does not fit; look the code up, nothing is changed by itself";
            let finding = Finding::error("labour.control_digit", place, "control digit", code, message);
            return Some(finding.as_warning());
        }
        None
    }

    /// Where the number of groups is not that of the whole list: a table may be a part of it, so these are warnings.
    pub(super) fn count<'a>(self, codes: impl Iterator<Item = &'a str>, place: &str) -> Findings {
        let expected = match self {
            Self::Nkrk01 => NKRK_01,
            Self::Isco08 | Self::Okz | Self::Okpdtr | Self::Okrb014 | Self::Other => return Findings::new(),
        };
        let mut found: BTreeMap<&str, [BTreeSet<&str>; 4]> = BTreeMap::new();
        for code in codes {
            let groups = found.entry(code.get(..1).unwrap_or_default()).or_default();
            let unit = code.get(..4).unwrap_or(code);
            for (groups, group) in
                groups.iter_mut().zip([code.get(..2), code.get(..3), Some(unit), Some(code)])
            {
                groups.extend(group);
            }
        }
        if found.is_empty() {
            return Findings::new(); // a table without rows says so by itself
        }
        let mut findings = Findings::new();
        for (major, counts) in expected {
            let groups = found.get(major);
            for (level, (what, count)) in LEVELS.iter().zip(counts).enumerate() {
                let has = groups.and_then(|groups| groups.get(level)).map_or(0, BTreeSet::len);
                if has != *count {
                    let message = format!(
                        "{has} {what} of major group {major} instead of {count}; the table is a part of the list, or another edition"
                    );
                    let finding =
                        Finding::error("labour.count_differs", place, "size of the list", "", message);
                    findings.push(finding.as_warning());
                }
            }
        }
        findings
    }
}

const LEVELS: [&str; 4] = ["sub-groups", "minor groups", "unit groups", "groups of occupations"];

/// НК РК 01-2017 by major group (`labour.md`, section 4.1). Its group X, of five, has codes of a form not known.
const NKRK_01: &[(&str, [usize; 4])] = &[
    ("1", [4, 12, 38, 67]),
    ("2", [6, 29, 114, 368]),
    ("3", [5, 21, 71, 169]),
    ("4", [5, 9, 21, 55]),
    ("5", [4, 14, 27, 77]),
    ("6", [3, 7, 15, 35]),
    ("7", [5, 21, 68, 188]),
    ("8", [3, 17, 60, 243]),
    ("9", [6, 11, 25, 67]),
];
