//! What matching must be told of occupations and skills; the tables themselves are another module's.

use super::named::Names;
use crate::base::Language;
use crate::exchange::canonical::Coded;
use crate::exchange::canonical::job::{IscoCode, LanguageCode};
use crate::labour::occupations::{Candidate, Coder, SkillEntry, SkillList};
use rust_decimal::Decimal;
use rust_decimal::prelude::{FromPrimitive, ToPrimitive};
use std::sync::LazyLock;

/// Occupations and skills, as far as matching asks about them.
pub trait Tables: Sync {
    /// Whether one skill does in part for another; asked both ways.
    fn are_kin(&self, one: &Coded, other: &Coded) -> bool;

    /// The unit groups that need a skill; none where the skill is not known.
    fn groups(&self, skill: &Coded) -> Vec<IscoCode>;

    /// How many skills a unit group needs.
    fn skill_count(&self, group: IscoCode) -> u32;

    /// How many skills two unit groups both need.
    fn common_skills(&self, one: IscoCode, other: IscoCode) -> u32;

    /// The skills that a text names.
    fn named_skills(&self, text: &str) -> Vec<Coded>;

    /// Which groups a title may mean, the likeliest first; none where nobody can tell.
    fn guesses(&self, title: &str, language: Option<LanguageCode>) -> Vec<Guess>;
}

/// A group that a title may mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Guess {
    /// Which.
    pub group: IscoCode,
    /// How sure, of 1000.
    pub certainty: u16,
}

/// No table: no skill is near another, no title is understood.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoTables;

impl Tables for NoTables {
    fn are_kin(&self, _one: &Coded, _other: &Coded) -> bool {
        false
    }

    fn groups(&self, _skill: &Coded) -> Vec<IscoCode> {
        Vec::new()
    }

    fn skill_count(&self, _group: IscoCode) -> u32 {
        0
    }

    fn common_skills(&self, _one: IscoCode, _other: IscoCode) -> u32 {
        0
    }

    fn named_skills(&self, _text: &str) -> Vec<Coded> {
        Vec::new()
    }

    fn guesses(&self, _title: &str, _language: Option<LanguageCode>) -> Vec<Guess> {
        Vec::new()
    }
}

/// The tables that come with the program: skills that are near, and titles in six languages.
#[derive(Debug, Clone, Copy, Default)]
pub struct BuiltInTables;

impl Tables for BuiltInTables {
    fn are_kin(&self, one: &Coded, other: &Coded) -> bool {
        SkillList::built_in().skill(one.as_str()).is_some_and(|skill| skill.kin.contains(other.as_str()))
    }

    fn groups(&self, skill: &Coded) -> Vec<IscoCode> {
        let skill = SkillList::built_in().skill(skill.as_str());
        skill.map(|skill| skill.groups.iter().copied().collect()).unwrap_or_default()
    }

    fn skill_count(&self, group: IscoCode) -> u32 {
        u32::try_from(SkillList::built_in().of_group(group).count()).unwrap_or(u32::MAX)
    }

    fn common_skills(&self, one: IscoCode, other: IscoCode) -> u32 {
        let both = SkillList::built_in().of_group(one).filter(|(_, skill)| skill.groups.contains(&other));
        u32::try_from(both.count()).unwrap_or(u32::MAX)
    }

    fn named_skills(&self, text: &str) -> Vec<Coded> {
        static NAMES: LazyLock<Names> = LazyLock::new(|| {
            let names =
                SkillList::built_in().all().filter_map(|(code, skill)| Some((code.parse().ok()?, skill)));
            let each = |(code, skill): (Coded, &'static SkillEntry)| {
                let names = Language::ALL.into_iter().flat_map(|language| skill.names(language));
                names.map(move |name| (name.as_str(), code.clone()))
            };
            Names::of(names.flat_map(each))
        });
        NAMES.find(text)
    }

    fn guesses(&self, title: &str, _language: Option<LanguageCode>) -> Vec<Guess> {
        let coding = Coder::built_in().code(title);
        let told = coding.candidates.into_iter().filter(|candidate| candidate.confidence >= GUESSED_FROM);
        told.map(|Candidate { group, confidence, .. }| Guess { group, certainty: permille(confidence) })
            .collect()
    }
}

/// A share as parts of 1000.
fn permille(share: f64) -> u16 {
    Decimal::from_f64((share * 1000.0).clamp(0.0, 1000.0))
        .and_then(|parts| parts.to_u16())
        .unwrap_or_default()
}

/// What is less sure than one in five says more about the table than about the title.
const GUESSED_FROM: f64 = 0.2;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_is_guessed_in_any_language_and_nonsense_is_not() {
        for title in ["электрогазосварщик 5 разряда", "welder", "дәнекерлеуші"]
        {
            let guesses = BuiltInTables.guesses(title, None);
            assert_eq!(
                guesses.first().map(|guess| guess.group.to_string()).as_deref(),
                Some("7212"),
                "{title}"
            );
        }
        assert_eq!(BuiltInTables.guesses("qwrtpsdf", None), []);
    }

    #[test]
    fn kinship_of_skills_goes_both_ways() {
        let list = SkillList::built_in();
        for (code, skill) in list.all() {
            for kin in &skill.kin {
                let (one, other) = (code.parse().unwrap(), kin.parse().unwrap());
                assert!(BuiltInTables.are_kin(&one, &other) && BuiltInTables.are_kin(&other, &one));
            }
        }
    }
}
