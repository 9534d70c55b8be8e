//! Which occupations a side means, by all that it tells: codes of its source, words of a title, skills.
//!
//! A code may be wrong, a title may mean two things, and a skill may be of many groups. So each votes, a skill the less the
//! more groups need it, and nobody decides alone (`labour.md`, 10.2: a wrong code is a noise of real data).

use super::tables::{Guess, Tables};
use super::weights::{OccupationShares, WHOLE, Weights};
use crate::exchange::canonical::job::{CandidateProfile, ExperienceBand, IscoCode, Skill, Vacancy};
use std::collections::BTreeMap;

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

/// How far skills speak for groups: by how many of them a group needs, and by how few other groups need those.
struct Votes {
    /// Of each group, how many of the skills it needs, and their votes: a skill gives each of its groups an equal part.
    by_group: BTreeMap<IscoCode, (u32, u32)>,
    /// How many skills are known.
    count: u32,
    /// All votes.
    all: u32,
}

impl Votes {
    fn of(skills: &[Skill], tables: &dyn Tables) -> Self {
        let mut votes = Self { by_group: BTreeMap::new(), count: 0, all: 0 };
        for code in skills.iter().filter_map(|skill| skill.code.as_ref()) {
            let groups = tables.groups(code);
            if groups.is_empty() {
                continue;
            }
            let vote = WHOLE / u32::try_from(groups.len()).unwrap_or(WHOLE).max(1);
            votes.count += 1;
            votes.all += vote;
            for group in groups {
                let (count, sum) = votes.by_group.entry(group).or_default();
                *count += 1;
                *sum += vote;
            }
        }
        votes
    }

    /// How far the skills are those of a group, of 1000; of a group above unit groups, of the best below it.
    fn part(&self, group: IscoCode) -> u32 {
        let part = |(count, sum): &(u32, u32)| {
            (count * WHOLE / self.count.max(1) + sum * WHOLE / self.all.max(1)) / 2
        };
        let below = |unit: &IscoCode| unit.shared_levels(&group) == group.level();
        let best = match group.level() {
            IscoCode::LEVELS => self.by_group.get(&group).map(part),
            _ => self.by_group.iter().filter(|(unit, _)| below(unit)).map(|(_, votes)| part(votes)).max(),
        };
        best.unwrap_or_default()
    }

    /// How much there is to go by, of 1000.
    fn weight(&self, shares: &OccupationShares) -> u32 {
        (self.count * WHOLE / shares.skills_enough.max(1)).min(WHOLE)
    }
}

/// What a person can work as: the codes of the profile, each doubted as far as skills speak against it, and groups that
/// skills speak for though no code does.
pub fn own_occupations(profile: &CandidateProfile, tables: &dyn Tables, weights: &Weights) -> Vec<Meant> {
    let shares = &weights.occupation;
    let votes = Votes::of(&profile.skills, tables);
    let weight = votes.weight(shares);
    let mut own: Vec<Meant> = Vec::new();
    for (at, worked) in profile.work.iter().enumerate() {
        let Some(group) = worked.occupation.isco else { continue };
        let order = shares.order.get(at).or(shares.order.last()).copied().unwrap_or(WHOLE);
        let agreed = (votes.part(group) * WHOLE / shares.votes_agree.max(1)).min(WHOLE);
        let doubt = shares.doubted_code * weight / WHOLE * (WHOLE - agreed) / WHOLE;
        let share = order * (WHOLE - doubt.min(WHOLE)) / WHOLE;
        own.push(Meant { group, share, is_coded: true, experience: worked.experience });
    }
    let longest = profile.work.iter().filter_map(|worked| worked.experience).max();
    let mut by_skills: Vec<Meant> = Vec::new();
    for group in votes.by_group.keys().filter(|group| own.iter().all(|one| one.group != **group)) {
        let agreed = (votes.part(*group) * WHOLE / shares.votes_agree.max(1)).min(WHOLE);
        let share = shares.by_skills * weight / WHOLE * agreed / WHOLE;
        if share >= SHARE_MIN {
            by_skills.push(Meant { group: *group, share, is_coded: false, experience: longest });
        }
    }
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
    let votes = Votes::of(&vacancy.skills, tables);
    let weight = votes.weight(shares);
    let mut support: BTreeMap<IscoCode, u32> = BTreeMap::new();
    for group in vacancy.isco().chain(guesses.iter().map(|guess| guess.group)) {
        support.insert(group, 0);
    }
    for group in votes.by_group.keys() {
        if votes.part(*group) >= shares.votes_agree {
            support.insert(*group, 0);
        }
    }
    for (group, sum) in &mut support {
        let is_coded = vacancy.isco().any(|code| code.shared_levels(group) == code.level());
        let guess = guesses
            .iter()
            .filter(|guess| guess.group == *group)
            .map(|guess| u32::from(guess.certainty))
            .max();
        let by_title = shares.guess * guess.unwrap_or_default() / WHOLE;
        let by_skills = shares.by_skills * weight / WHOLE * votes.part(*group) / WHOLE;
        *sum = if is_coded { WHOLE } else { 0 } + by_title + by_skills;
    }
    // raised, so that what has two grounds stands far above what has one
    let raised =
        |sum: u32| (0..shares.sharpness).fold(1_u64, |raised, _| raised.saturating_mul(u64::from(sum) / 8));
    let all: u64 = support.values().map(|sum| raised(*sum)).fold(0, u64::saturating_add);
    let mut meant: Vec<Meant> = support
        .into_iter()
        .map(|(group, sum)| {
            let share = raised(sum).saturating_mul(u64::from(WHOLE)) / all.max(1);
            let is_coded = vacancy.isco().any(|code| code == group);
            Meant { group, share: u32::try_from(share).unwrap_or(WHOLE), is_coded, experience: None }
        })
        .filter(|meant| meant.share >= SHARE_MIN)
        .collect();
    meant.sort_by_key(|one| (std::cmp::Reverse(one.share), one.group));
    meant.truncate(MEANT_MAX);
    meant
}

/// What is meant less is not looked at.
const SHARE_MIN: u32 = 60;
const MEANT_MAX: usize = 6;
