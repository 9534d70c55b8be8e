//! A person who is scored against many vacancies, and how near his occupations are to theirs.

use super::meant::{Meant, meant_occupations, own_occupations};
use super::score::{Matching, Offer};
use super::weights::WHOLE;
use crate::exchange::canonical::job::{CandidateProfile, ExperienceBand, IscoCode};
use std::cell::RefCell;
use std::collections::HashMap;

/// A person with what a matching asks about him again and again, found out once.
pub(super) struct Asker<'a> {
    pub(super) profile: &'a CandidateProfile,
    occupations: Vec<Meant>,
    /// How near two groups are, as far as it was asked before.
    near: RefCell<HashMap<(IscoCode, IscoCode), u32>>,
}

impl<'a> Asker<'a> {
    pub(super) fn of(profile: &'a CandidateProfile, by: &Matching<'_>) -> Self {
        let occupations = own_occupations(profile, by.tables, by.weights);
        Self { profile, occupations, near: RefCell::default() }
    }

    fn near(&self, own: IscoCode, offered: IscoCode, by: &Matching<'_>) -> u32 {
        *self.near.borrow_mut().entry((own, offered)).or_insert_with(|| nearness(own, offered, by))
    }

    /// How surely a skill is one of the person's own trade, of 1000, and how long he worked in it.
    pub(super) fn is_of_trade(&self, groups: &[IscoCode]) -> (u32, Option<ExperienceBand>) {
        let is_one =
            |own: &&Meant| groups.iter().any(|group| own.group.shared_levels(group) == own.group.level());
        let surest = self.occupations.iter().filter(is_one).max_by_key(|own| own.share);
        surest.map_or((0, None), |own| (own.share, own.experience))
    }

    /// How his occupations lie to those that a vacancy means.
    pub(super) fn standing(&self, offer: &Offer<'_>, by: &Matching<'_>) -> Standing {
        let offered = meant_occupations(offer.vacancy, offer.guesses, by.tables, by.weights);
        let mut standing = Standing { nearest: None, share: 0 };
        let (mut most, mut sum) = (0, 0);
        for offered in offered {
            let mut best: Option<(u32, &Meant)> = None;
            for own in &self.occupations {
                let share = self.near(own.group, offered.group, by) * own.share;
                if best.is_none_or(|(most, _)| most < share) {
                    best = Some((share, own));
                }
            }
            let Some((share, own)) = best else { continue };
            let share = u64::from(share) * u64::from(offered.share);
            sum += share;
            if standing.nearest.is_none() || most < share {
                (standing.nearest, most) = (Some(Nearest { own: *own, offered }), share);
            }
        }
        standing.share = u32::try_from(sum / u64::from(WHOLE * WHOLE)).unwrap_or(WHOLE).min(WHOLE);
        standing
    }
}

/// How the occupations of both lie to each other.
pub(super) struct Standing {
    /// The two that count most.
    pub(super) nearest: Option<Nearest>,
    /// How near all of them are, of 1000: each that the vacancy may mean counts as far as it is meant.
    pub(super) share: u32,
}

#[derive(Clone, Copy)]
pub(super) struct Nearest {
    pub(super) own: Meant,
    pub(super) offered: Meant,
}

/// How far one who is of a group does in another, of 1000: whole in the same; less the fewer skills both need and the fewer
/// levels of the tree they share.
fn nearness(own: IscoCode, offered: IscoCode, by: &Matching<'_>) -> u32 {
    let shares = &by.weights.occupation;
    let shared = own.shared_levels(&offered);
    if shared == IscoCode::LEVELS {
        return WHOLE;
    }
    let at = |list: &[u32; 4]| list.get(usize::from(shared)).copied().unwrap_or(WHOLE);
    if shared == own.level().min(offered.level()) {
        return at(&shares.coarse_levels); // one stands above the other: it may be the same
    }
    let fewer = by.tables.skill_count(own).min(by.tables.skill_count(offered)).max(1);
    let common = by.tables.common_skills(own, offered) * shares.near_skills / fewer;
    shares.near.at(common + at(&shares.near_levels))
}
