//! Whether two records may be of one person: a score, and the reasons for it. It decides nothing and merges nothing.
//!
//! Every comparison has a weight of its own (`schemas/names/likeness.toml`, after Fellegi and Sunter); the score is their
//! sum. No reason shows a value.

mod facts;
mod names;
mod weights;

use super::Name;
use super::Person;
use super::Romaniser;
use crate::base::Finding;
use serde::Serialize;
use std::fmt;
use std::sync::LazyLock;
use weights::Weights;

/// Compares persons by the tables of weights and of letters.
#[derive(Debug)]
pub struct Matcher {
    weights: Weights,
    letters: &'static Romaniser,
}

/// What two records are to each other, and why.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Likeness {
    /// In one word.
    pub resemblance: Resemblance,
    /// The sum of the weights, in bits.
    pub score: f64,
    /// Every comparison that could be made.
    pub reasons: Vec<Reason>,
}

/// What two records are to each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Resemblance {
    /// Something speaks against it that no evidence outweighs.
    Contradicted,
    /// Little speaks for it.
    Unlikely,
    /// A person should look.
    Possible,
    /// Nearly everything agrees, but no number tells; a person should look, and will probably say yes.
    Strong,
    /// A number of a state is shared, and name or birth date agree.
    SameNumber,
}

/// One comparison and how much it weighs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Reason {
    /// Such as `birth.swapped`.
    pub code: String,
    /// Bits for, or against if negative.
    pub weight: f64,
    /// In English.
    pub en: String,
    /// In Russian.
    pub ru: String,
}

impl Matcher {
    /// By the tables compiled into the program.
    ///
    /// # Errors
    /// Never for the files of this repository; a test reads them.
    pub fn built_in() -> Result<&'static Self, Finding> {
        static BUILT_IN: LazyLock<Result<Matcher, Finding>> = LazyLock::new(|| {
            let text = include_str!("../../../../schemas/names/likeness.toml");
            Matcher::of_weights(text)
        });
        BUILT_IN.as_ref().map_err(Clone::clone)
    }

    /// By weights of one's own, written as those of `schemas/names/likeness.toml`.
    ///
    /// # Errors
    /// Not TOML, a weight that is missing, or a frequency that is none.
    pub fn of_weights(text: &str) -> Result<Self, Finding> {
        Ok(Self { weights: Weights::parse(text)?, letters: Romaniser::built_in()? })
    }

    /// What two records are to each other. The order does not matter.
    pub fn compare(&self, one: &Person, other: &Person) -> Likeness {
        let mut found = Vec::new();
        facts::numbers(one, other, &mut found);
        facts::birth(one, other, &mut found);
        names::names(self, one, other, &mut found);
        facts::sex_and_citizenship(one, other, &mut found);
        self.judge(&found)
    }

    /// Family and given name in the folded letters of passports, the family name as a man has it: the same for every
    /// way of writing the name that the tables know. None if one of them is absent, or a letter stands in no table.
    pub fn folded_name(&self, name: &Name, language: Option<&str>) -> Option<(String, String)> {
        let folded = |part: &str| {
            let latin = self.letters.latin(&part.to_lowercase().replace('ё', "е"), language)?;
            let folded = self.weights.names().folded(&latin);
            (!folded.is_empty()).then_some(folded)
        };
        let (family, given) = (folded(name.family()?)?, folded(name.given()?)?);
        Some((self.weights.names().masculine(&family), given))
    }

    fn judge(&self, found: &[&'static str]) -> Likeness {
        let reasons: Vec<Reason> = found.iter().filter_map(|code| self.weights.reason(code)).collect();
        let score: f64 = reasons.iter().map(|reason| reason.weight).sum();
        let has = |start: &str| found.iter().any(|code| code.starts_with(start));
        let is_shared = has("number.same") || has("number.former");
        // a number alone is not believed against both name and birth date: it may be a slip of the pen
        let has_other_name =
            has("family.other") && has("given.other") || has("given.other") && has("family.typo");
        let is_another = has("birth.other") && has_other_name;
        let is_contradicted = !is_shared && found.iter().any(|code| self.weights.contradicts(code));
        let resemblance = match () {
            () if is_shared && is_another => Resemblance::Contradicted,
            () if is_shared => Resemblance::SameNumber,
            () if is_contradicted => Resemblance::Contradicted,
            () if score >= self.weights.strong() => Resemblance::Strong,
            () if score >= self.weights.possible() => Resemblance::Possible,
            () => Resemblance::Unlikely,
        };
        Likeness { resemblance, score, reasons }
    }
}

impl Likeness {
    /// Whether anything speaks against it.
    pub fn is_disputed(&self) -> bool {
        self.reasons.iter().any(|reason| reason.weight < 0.0)
    }

    /// The reasons in one line, without values: `birth.same +14.4, family.typo +4.3`.
    pub fn in_short(&self) -> String {
        let all = self.reasons.iter().map(|reason| format!("{} {:+.1}", reason.code, reason.weight));
        all.collect::<Vec<_>>().join(", ")
    }
}

impl fmt::Display for Resemblance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Contradicted => "contradicted",
            Self::Unlikely => "unlikely",
            Self::Possible => "possible",
            Self::Strong => "strong",
            Self::SameNumber => "same number",
        })
    }
}

#[cfg(test)]
mod tests;
