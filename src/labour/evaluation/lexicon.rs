//! The words of the generated world. A half of the names of a trade is known to whoever matches, the other half is not.

use crate::exchange::canonical::Coded;
use crate::exchange::canonical::job::{IscoCode, LanguageCode};
use crate::labour::matching::{Guess, Names, Tables, grams};
use serde::Deserialize;
use std::collections::{BTreeMap, HashMap};

/// Trades and skills with their names in six languages.
pub struct Lexicon {
    pub(super) trades: Vec<Trade>,
    pub(super) skills: Vec<KnownSkill>,
    places: HashMap<String, usize>,
    /// By each gram, in which known names it stands.
    names_by_gram: HashMap<String, Vec<usize>>,
    names: Vec<KnownName>,
    skill_names: Names,
}

/// A trade: a unit group.
pub(super) struct Trade {
    pub(super) group: IscoCode,
    names: BTreeMap<LanguageCode, Vec<String>>,
    /// Skills of it, by their places.
    pub(super) skills: Vec<usize>,
}

/// A skill.
pub(super) struct KnownSkill {
    pub(super) code: Coded,
    names: BTreeMap<LanguageCode, Vec<String>>,
    /// The trades that need it.
    groups: Vec<IscoCode>,
    /// Near skills, by their places.
    pub(super) kin: Vec<usize>,
}

struct KnownName {
    group: IscoCode,
    grams: usize,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Words {
    trade: BTreeMap<String, TradeWords>,
    skill: BTreeMap<String, SkillWords>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TradeWords {
    names: BTreeMap<LanguageCode, Vec<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SkillWords {
    names: BTreeMap<LanguageCode, Vec<String>>,
    groups: Vec<String>,
    #[serde(default)]
    kin: Vec<String>,
}

impl Lexicon {
    /// The words of `fixtures/matching/words.toml`, which are frozen; none if that file is not of its form.
    pub fn frozen() -> Option<Self> {
        let words: Words = toml::from_str(include_str!("../../../fixtures/matching/words.toml")).ok()?;
        let places: HashMap<String, usize> =
            words.skill.keys().enumerate().map(|(at, code)| (code.clone(), at)).collect();
        let mut trades: Vec<Trade> = Vec::new();
        for (group, of_trade) in words.trade {
            let with = |(at, skill): (usize, &SkillWords)| skill.groups.contains(&group).then_some(at);
            let skills = words.skill.values().enumerate().filter_map(with).collect();
            trades.push(Trade { group: group.parse().ok()?, names: of_trade.names, skills });
        }
        let mut skills = Vec::new();
        for (code, of_skill) in words.skill {
            let kin = of_skill.kin.iter().filter_map(|code| places.get(code).copied()).collect();
            let groups = of_skill.groups.iter().map(|group| group.parse().ok()).collect::<Option<_>>()?;
            skills.push(KnownSkill { code: code.parse().ok()?, names: of_skill.names, groups, kin });
        }
        let mut lexicon = Self {
            trades,
            skills,
            places,
            names_by_gram: HashMap::new(),
            names: Vec::new(),
            skill_names: Names::default(),
        };
        lexicon.learn();
        Some(lexicon)
    }

    /// The place of a skill.
    pub(super) fn place(&self, code: &Coded) -> Option<usize> {
        self.places.get(code.as_str()).copied()
    }

    fn trade(&self, group: IscoCode) -> Option<&Trade> {
        let place = self.trades.binary_search_by_key(&group, |trade| trade.group).ok()?; // they stand in order
        self.trades.get(place)
    }

    fn learn(&mut self) {
        let names = self
            .skills
            .iter()
            .flat_map(|skill| skill.names.values().flatten().map(|name| (name.as_str(), skill.code.clone())));
        self.skill_names = Names::of(names);
        for trade in &self.trades {
            for name in trade.names.values().flat_map(|names| names.iter().take(known(names.len()))) {
                let mut of_name = grams(name);
                of_name.sort();
                of_name.dedup();
                let place = self.names.len();
                self.names.push(KnownName { group: trade.group, grams: of_name.len() });
                for gram in of_name {
                    self.names_by_gram.entry(gram).or_default().push(place);
                }
            }
        }
    }
}

/// How many of the names are known to whoever matches.
fn known(names: usize) -> usize {
    names.div_ceil(2)
}

impl Trade {
    /// The names that are known, and those that are not.
    pub(super) fn names(&self, language: LanguageCode) -> (&[String], &[String]) {
        let names = self.names.get(&language).map(Vec::as_slice).unwrap_or_default();
        names.split_at_checked(known(names.len())).unwrap_or((names, &[]))
    }
}

impl KnownSkill {
    pub(super) fn name(&self, language: LanguageCode) -> &str {
        self.names.get(&language).and_then(|names| names.first()).map(String::as_str).unwrap_or_default()
    }
}

impl Tables for Lexicon {
    fn are_kin(&self, one: &Coded, other: &Coded) -> bool {
        let (Some(one), Some(other)) = (self.place(one), self.place(other)) else { return false };
        let has = |of: usize, kin: usize| self.skills.get(of).is_some_and(|skill| skill.kin.contains(&kin));
        has(one, other) || has(other, one)
    }

    fn groups(&self, skill: &Coded) -> Vec<IscoCode> {
        let skill = self.place(skill).and_then(|place| self.skills.get(place));
        skill.map(|skill| skill.groups.clone()).unwrap_or_default()
    }

    fn skill_count(&self, group: IscoCode) -> u32 {
        self.trade(group).map_or(0, |trade| u32::try_from(trade.skills.len()).unwrap_or(u32::MAX))
    }

    fn common_skills(&self, one: IscoCode, other: IscoCode) -> u32 {
        let (Some(one), Some(other)) = (self.trade(one), self.trade(other)) else { return 0 };
        let both = one.skills.iter().filter(|skill| other.skills.contains(skill));
        u32::try_from(both.count()).unwrap_or(u32::MAX)
    }

    fn named_skills(&self, text: &str) -> Vec<Coded> {
        self.skill_names.find(text)
    }

    /// By the grams that a title shares with the names that are known.
    fn guesses(&self, title: &str, _language: Option<LanguageCode>) -> Vec<Guess> {
        let mut of_title = grams(title);
        of_title.sort();
        of_title.dedup();
        let mut shared: HashMap<usize, u32> = HashMap::new();
        for gram in &of_title {
            for name in self.names_by_gram.get(gram).into_iter().flatten() {
                *shared.entry(*name).or_default() += 1;
            }
        }
        let mut best: BTreeMap<IscoCode, u16> = BTreeMap::new();
        for (place, shared) in shared {
            let Some(name) = self.names.get(place) else { continue };
            let count = |grams: usize| u32::try_from(grams).unwrap_or(u32::MAX).max(1);
            // alike as a whole, and the name as a part of the title: a title says more than the trade
            let alike = 2000 * shared / count(name.grams + of_title.len());
            let inside = 1000 * shared / count(name.grams);
            let certainty = u16::try_from(u32::midpoint(alike, inside)).unwrap_or(1000);
            let kept = best.entry(name.group).or_default();
            *kept = certainty.max(*kept);
        }
        let mut guesses: Vec<Guess> = best
            .into_iter()
            .filter(|(_, certainty)| *certainty >= CERTAINTY_MIN)
            .map(|(group, certainty)| Guess { group, certainty })
            .collect();
        guesses.sort_by(|a, b| b.certainty.cmp(&a.certainty).then_with(|| a.group.cmp(&b.group)));
        guesses.truncate(GUESSES_MAX);
        guesses
    }
}

const CERTAINTY_MIN: u16 = 500;
const GUESSES_MAX: usize = 2;
