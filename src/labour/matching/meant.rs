//! Which occupations a side means, by all that it tells: codes of its source, words of a title, skills.
//!
//! A code may be wrong, a title may mean two things, and a skill may be of many groups (`labour.md`, 10.2: a wrong code is a
//! noise of real data). So each group that anything speaks for is weighed by the chance of seeing all that is seen if it were
//! meant (naive Bayes), and nothing decides alone. Only sums, products and quotients are used: the same on every machine.

use super::tables::{Guess, Tables};
use super::weights::{Chances, WHOLE, Weights};
use crate::exchange::canonical::job::{CandidateProfile, ExperienceBand, IscoCode, Skill, Vacancy};
use rust_decimal::prelude::ToPrimitive;
use std::collections::{BTreeMap, BTreeSet};

/// An occupation that a side means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Meant {
    /// Which.
    pub group: IscoCode,
    /// How far it is meant, of 1000. What a vacancy means adds up to 1000 at most; a person may have several whole.
    pub share: u32,
    /// Whether a code of the source says so.
    pub is_coded: bool,
    /// How long the person worked as this, if that is told.
    pub experience: Option<ExperienceBand>,
}

/// The skills that a side tells and that are known, each by the groups that need it.
struct Told(Vec<Vec<IscoCode>>);

impl Told {
    fn of(skills: &[Skill], tables: &dyn Tables) -> Self {
        let codes = skills.iter().filter_map(|skill| skill.code.as_ref());
        Self(codes.map(|code| tables.groups(code)).filter(|groups| !groups.is_empty()).collect())
    }

    /// The groups that need nearly as many of them as any does.
    fn groups(&self) -> Vec<IscoCode> {
        let mut counts: BTreeMap<IscoCode, usize> = BTreeMap::new();
        for group in self.0.iter().flatten() {
            *counts.entry(*group).or_default() += 1;
        }
        let most = counts.values().copied().max().unwrap_or_default();
        counts.retain(|_, count| *count + FEWER_MAX >= most);
        counts.into_keys().collect()
    }

    /// The chance to tell these skills and no other of one who is of all these groups, beside one who tells what he should.
    fn chance(&self, of: &[IscoCode], tables: &dyn Tables, chances: &Chances) -> f64 {
        if self.0.is_empty() {
            return 1.0;
        }
        let is_needed =
            |groups: &&Vec<IscoCode>| groups.iter().any(|group| of.iter().any(|one| covers(*one, *group)));
        let needed = self.0.iter().filter(is_needed).count();
        let mut all = 0_u32;
        for (at, group) in of.iter().enumerate() {
            let counted = of.iter().take(at).map(|before| tables.common_skills(*before, *group)).max();
            all += tables.skill_count(*group).saturating_sub(counted.unwrap_or_default());
        }
        let untold = usize::try_from(all).unwrap_or_default().saturating_sub(needed);
        power(chances.stray_skill(), self.0.len() - needed) * power(chances.untold_skill(), untold)
    }
}

/// Whether a group is another, or stands above it.
fn covers(group: IscoCode, other: IscoCode) -> bool {
    group.shared_levels(&other) == group.level()
}

fn power(base: f64, times: usize) -> f64 {
    (0..times).fold(1.0, |power, _| power * base)
}

/// The chance of a code if another group is meant, beside the right code.
fn chance_of_code(code: IscoCode, meant: IscoCode, chances: &Chances) -> f64 {
    match code.shared_levels(&meant) {
        _ if covers(code, meant) => 1.0,
        0 | 1 => chances.far_code(),
        _ => chances.near_code(),
    }
}

/// What a person can work as: the codes of the profile, each as likely as skills leave it, and groups that skills speak for
/// though no code does. At most one code is taken to be wrong.
pub fn own_occupations(profile: &CandidateProfile, tables: &dyn Tables, weights: &Weights) -> Vec<Meant> {
    let shares = &weights.occupation;
    let chances = &shares.own;
    let told = Told::of(&profile.skills, tables);
    let mut coded: Vec<(IscoCode, Option<ExperienceBand>)> = Vec::new();
    for worked in &profile.work {
        let Some(group) = worked.occupation.isco else { continue };
        if coded.len() < CODES_MAX && coded.iter().all(|(known, _)| *known != group) {
            coded.push((group, worked.experience));
        }
    }
    let codes: Vec<IscoCode> = coded.iter().map(|(group, _)| *group).collect();
    let others: Vec<IscoCode> = told.groups().into_iter().filter(|group| !codes.contains(group)).collect();
    let longest = profile.work.iter().filter_map(|worked| worked.experience).max();
    let mut all = 0.0;
    let mut found: BTreeMap<IscoCode, (f64, Option<ExperienceBand>)> = BTreeMap::new();
    let mut suppose =
        |groups: &[IscoCode], chance: f64, instead: Option<(IscoCode, Option<ExperienceBand>)>| {
            let chance = chance * told.chance(groups, tables, chances);
            all += chance;
            for group in groups {
                let (sum, _) = found.entry(*group).or_insert((0.0, instead.and_then(|(_, band)| band)));
                *sum += chance;
            }
        };
    if codes.is_empty() {
        others.iter().for_each(|other| suppose(&[*other], 1.0, Some((*other, longest))));
    } else {
        suppose(&codes, 1.0, None);
    }
    for (at, (code, band)) in coded.iter().enumerate() {
        for other in &others {
            let groups: Vec<IscoCode> = codes
                .iter()
                .enumerate()
                .map(|(place, group)| if place == at { *other } else { *group })
                .collect();
            suppose(&groups, chance_of_code(*code, *other, chances), Some((*other, *band)));
        }
    }
    let order = |at: usize| shares.order.get(at).or(shares.order.last()).copied().unwrap_or(WHOLE);
    let share = |group: &IscoCode| found.get(group).map_or(0, |(sum, _)| part(*sum, all));
    let mut own: Vec<Meant> = Vec::new();
    for (at, (group, experience)) in coded.iter().enumerate() {
        let share = order(at) * share(group) / WHOLE;
        own.push(Meant { group: *group, share, is_coded: true, experience: *experience });
    }
    let mut by_skills: Vec<Meant> = Vec::new();
    for other in others {
        let experience = found.get(&other).and_then(|(_, band)| *band);
        by_skills.push(Meant { group: other, share: share(&other), is_coded: false, experience });
    }
    by_skills.retain(|one| one.share >= SHARE_MIN);
    by_skills.sort_by_key(|one| (std::cmp::Reverse(one.share), one.group));
    by_skills.truncate(MEANT_MAX);
    own.extend(by_skills);
    own
}

/// What a vacancy means, by its codes, its title and its skills together; the likeliest first.
pub fn meant_occupations(
    vacancy: &Vacancy,
    guesses: &[Guess],
    tables: &dyn Tables,
    weights: &Weights,
) -> Vec<Meant> {
    let shares = &weights.occupation;
    let chances = &shares.offered;
    let told = Told::of(&vacancy.skills, tables);
    let mut groups: BTreeSet<IscoCode> = vacancy.isco().collect();
    groups.extend(guesses.iter().map(|guess| guess.group));
    groups.extend(told.groups());
    let supposed: Vec<(IscoCode, f64)> = groups
        .into_iter()
        .map(|group| {
            let by_code = vacancy.isco().map(|code| chance_of_code(code, group, chances)).fold(None, larger);
            let certainty =
                guesses.iter().filter(|guess| guess.group == group).map(|guess| guess.certainty).max();
            let by_title = match guesses {
                [] => 1.0,
                _ => f64::from(shares.title.at(u32::from(certainty.unwrap_or_default()))) / f64::from(WHOLE),
            };
            // one that stands above unit groups is no occupation: it is meant where nothing finer is
            let fine = if group.level() < IscoCode::LEVELS { chances.coarse() } else { 1.0 };
            (group, by_code.unwrap_or(1.0) * by_title * fine * told.chance(&[group], tables, chances))
        })
        .collect();
    let all = supposed.iter().fold(0.0, |all, (_, chance)| all + chance);
    let is_coded = |group: IscoCode| vacancy.isco().any(|code| code == group);
    let meant = |(group, chance): (IscoCode, f64)| Meant {
        group,
        share: part(chance, all),
        is_coded: is_coded(group),
        experience: None,
    };
    let mut meant: Vec<Meant> =
        supposed.into_iter().map(meant).filter(|one| one.share >= SHARE_MIN).collect();
    meant.sort_by_key(|one| (std::cmp::Reverse(one.share), one.group));
    meant.truncate(MEANT_MAX);
    meant
}

fn larger(most: Option<f64>, next: f64) -> Option<f64> {
    Some(most.map_or(next, |most: f64| most.max(next)))
}

/// A part of a whole, of 1000.
fn part(part: f64, whole: f64) -> u32 {
    if whole > 0.0 { (part / whole * f64::from(WHOLE)).to_u32().unwrap_or_default().min(WHOLE) } else { 0 }
}

/// What is meant less is not looked at.
const SHARE_MIN: u32 = 10;
const MEANT_MAX: usize = 6;
/// A group that needs so many fewer of the skills told than another is not thought of.
const FEWER_MAX: usize = 2;
/// More codes of one profile are not weighed against each other.
const CODES_MAX: usize = 8;
