//! The weights of comparisons, as data.

use super::Reason;
use crate::base::Finding;
use serde::Deserialize;
use std::collections::BTreeMap;

/// The whole table.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Weights {
    verdict: Thresholds,
    numbers: Group,
    birth: Group,
    family: Group,
    given: Group,
    patronymic: Group,
    name: Group,
    sex: Group,
    citizenship: Group,
    names: Names,
}

type Group = BTreeMap<String, Written>;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Thresholds {
    strong: f64,
    possible: f64,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    m: f64,
    u: f64,
    #[serde(default)]
    contradicts: bool,
    en: String,
    ru: String,
}

/// What is known of names.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Names {
    fold: Vec<(String, String)>,
    feminine: Vec<(String, String)>,
    patronymic: Vec<String>,
    equivalent: Vec<Vec<String>>,
    common: Vec<String>,
}

impl Weights {
    pub(super) fn parse(text: &str) -> Result<Self, Finding> {
        let refuse = |message: String| {
            Finding::error("canonical.letters", "likeness", "schemas/names/likeness.toml", "", message)
        };
        let weights: Self =
            toml::from_str(text).map_err(|cause| refuse(format!("cannot be read: {}", cause.message())))?;
        let is_share = |share: f64| share > 0.0 && share <= 1.0;
        for group in weights.groups() {
            if let Some((code, _)) = group.iter().find(|(_, one)| !is_share(one.m) || !is_share(one.u)) {
                return Err(refuse(format!("the frequencies of {code} are not above 0 and up to 1")));
            }
        }
        if let Some(missing) = CODES.iter().find(|code| weights.written(code).is_none()) {
            return Err(refuse(format!("no weight of {missing}")));
        }
        Ok(weights)
    }

    fn groups(&self) -> [&Group; 8] {
        let Self { verdict: _, numbers, birth, family, given, patronymic, name, sex, citizenship, names: _ } =
            self;
        [numbers, birth, family, given, patronymic, name, sex, citizenship]
    }

    fn written(&self, code: &str) -> Option<&Written> {
        self.groups().into_iter().find_map(|group| group.get(code))
    }

    /// The comparison with its weight.
    pub(super) fn reason(&self, code: &str) -> Option<Reason> {
        let written = self.written(code)?;
        let weight = (written.m / written.u).log2();
        Some(Reason { code: code.to_owned(), weight, en: written.en.clone(), ru: written.ru.clone() })
    }

    /// Whether it speaks against one person whatever else agrees.
    pub(super) fn contradicts(&self, code: &str) -> bool {
        self.written(code).is_some_and(|one| one.contradicts)
    }

    pub(super) fn strong(&self) -> f64 {
        self.verdict.strong
    }

    pub(super) fn possible(&self) -> f64 {
        self.verdict.possible
    }

    pub(super) fn names(&self) -> &Names {
        &self.names
    }
}

impl Names {
    /// A name in small letters of a to z with the ways of transliteration made one.
    pub(super) fn folded(&self, latin: &str) -> String {
        let mut folded: String = latin.to_lowercase();
        for (from, to) in &self.fold {
            folded = folded.replace(from.as_str(), to);
        }
        let mut once = String::with_capacity(folded.len());
        for c in folded.chars() {
            if !once.ends_with(c) {
                once.push(c);
            }
        }
        once
    }

    /// The family name of a man.
    pub(super) fn masculine(&self, folded: &str) -> String {
        let stem = |(of_her, of_him): &(String, String)| {
            folded.strip_suffix(of_her.as_str()).map(|stem| format!("{stem}{of_him}"))
        };
        self.feminine.iter().find_map(stem).unwrap_or_else(|| folded.to_owned())
    }

    /// The father's name in a patronymic.
    pub(super) fn father<'n>(&self, folded: &'n str) -> &'n str {
        let is_name = |stem: &&str| stem.chars().count() >= 3;
        let all = self.patronymic.iter().filter_map(|ending| folded.strip_suffix(ending.as_str()));
        all.filter(is_name).min_by_key(|stem| stem.len()).unwrap_or(folded).trim_end_matches(['i', ' ', '-'])
    }

    /// Whether two are one name in two languages.
    pub(super) fn are_equivalent(&self, one: &str, other: &str) -> bool {
        let has = |group: &Vec<String>, name: &str| group.iter().any(|own| own == name);
        self.equivalent.iter().any(|group| has(group, one) && has(group, other))
    }

    /// Whether two fathers' names, cut as patronymics cut them, are one in two languages.
    pub(super) fn are_equivalent_fathers(&self, one: &str, other: &str) -> bool {
        let is_cut = |group: &Vec<String>, stem: &str| {
            group.iter().filter_map(|own| own.strip_prefix(stem)).any(|rest| rest.len() <= CUT_CHARS_MAX)
        };
        self.equivalent.iter().any(|group| is_cut(group, one) && is_cut(group, other))
    }

    /// Whether a family name, as a man has it, is borne by very many.
    pub(super) fn is_common(&self, masculine: &str) -> bool {
        self.common.iter().any(|name| name == masculine)
    }
}

/// How many letters of a name a patronymic may swallow.
const CUT_CHARS_MAX: usize = 2;

/// Every comparison that the code makes.
const CODES: [&str; 38] = [
    "number.same",
    "number.former",
    "number.near",
    "number.other.snils",
    "number.other.iin",
    "number.other.by-number",
    "number.other.pin",
    "number.other.psn",
    "birth.same",
    "birth.swapped",
    "birth.by_number",
    "birth.part",
    "birth.year",
    "birth.other",
    "family.same",
    "family.letters",
    "family.common",
    "family.form",
    "family.part",
    "family.typo",
    "family.other.woman",
    "family.other",
    "given.same",
    "given.letters",
    "given.initial",
    "given.typo",
    "given.other",
    "patronymic.same",
    "patronymic.letters",
    "patronymic.initial",
    "patronymic.typo",
    "patronymic.missing",
    "patronymic.other",
    "name.order",
    "sex.same",
    "sex.other",
    "citizenship.shared",
    "citizenship.other",
];
