//! What can be reached at all: the order of one who knows how the world is made, all its chances and names, but of a person
//! and a vacancy sees no more than matching does.
//!
//! It is no scorer: its numbers are those of the generator, and so it may never be used for anything but to say how much of
//! what is missing is the noise of the set. It is not exact: it takes what a person can do of a post's needs as normally
//! distributed, so that a scorer might surpass it by a little.

use super::hidden::{ASKED, HELPS_FROM, Transfer, major, usual_pay, usual_schooling};
use super::known::{KnownOpening, KnownSeeker, Supposed, count, lasting, normal};
use super::observed::in_roubles;
use super::phrases::regions_of;
use super::world::World;
use crate::exchange::canonical::State;
use crate::exchange::canonical::job::{
    CandidateProfile, LanguageCode, LanguageLevel, Pay, Remote, Schedule, Schooling, Vacancy,
};
use crate::labour::matching::barriers;
use rust_decimal::prelude::ToPrimitive;

/// The bound for one set of vacancies.
pub struct Bound<'a> {
    world: &'a World,
    vacancies: &'a [Vacancy],
    known: Vec<KnownOpening>,
}

impl<'a> Bound<'a> {
    /// Looks at vacancies of a world.
    pub fn of(world: &'a World, vacancies: &'a [Vacancy]) -> Self {
        let known = vacancies.iter().map(|vacancy| KnownOpening::of(vacancy, &world.lexicon)).collect();
        Self { world, vacancies, known }
    }

    /// The vacancies that may fit, by what grade they can be expected to have, the best first.
    pub fn order(&self, profile: &CandidateProfile) -> Vec<&'a Vacancy> {
        let seeker = KnownSeeker::of(profile, &self.world.lexicon);
        let gains = self.vacancies.iter().zip(&self.known).map(|(vacancy, known)| {
            let is_barred = !barriers(profile, vacancy, World::today()).is_empty();
            if is_barred { 0.0 } else { self.gain(profile, &seeker, vacancy, known) }
        });
        let mut found: Vec<(f64, &Vacancy)> =
            gains.zip(self.vacancies).filter(|(gain, _)| *gain > 0.0).collect();
        found.sort_by(|(a, _), (b, _)| b.total_cmp(a));
        found.into_iter().map(|(_, vacancy)| vacancy).collect()
    }

    /// What is gained by showing it, by the measure nDCG, on average.
    fn gain(
        &self,
        profile: &CandidateProfile,
        seeker: &KnownSeeker,
        vacancy: &Vacancy,
        known: &KnownOpening,
    ) -> f64 {
        let lasts = lasting(profile.work.first().and_then(|work| work.experience));
        let (schedule, experience) = (schedule_disliked(profile, vacancy), too_green(&lasts, vacancy));
        let near = self.nearness(profile, vacancy);
        let mut gain = 0.0;
        for supposed in &seeker.0 {
            for (trade, chance) in &known.trades {
                let chance = chance * supposed.chance;
                if chance < 0.002 {
                    continue;
                }
                let (helps, could) = self.could(supposed, *trade, known);
                if helps < 0.005 {
                    continue;
                }
                let [of, to] = [supposed.trade, *trade].map(|trade| self.group(trade));
                let dislikes = [pay_below(profile, vacancy, of, to), schedule, experience];
                let is_free = self.speaks(profile, vacancy, to) * is_schooled(profile, of, to);
                gain += chance * helps * near * is_free * expected(could, dislikes);
            }
        }
        gain
    }

    /// The chance that his trades help in another, and those of the grades 0 to 3 by what he can do of its needs.
    fn could(&self, supposed: &Supposed, trade: usize, known: &KnownOpening) -> (f64, [f64; 4]) {
        let is_own = supposed.trade == trade || supposed.second == Some(trade);
        let reaches = |from: usize| Transfer::reaches(&self.world.lexicon, from, trade, HELPS_FROM);
        let helps = match (is_own, supposed.second) {
            (true, _) => 1.0,
            (false, None) => reaches(supposed.trade),
            (false, Some(second)) => 1.0 - (1.0 - reaches(supposed.trade)) * (1.0 - reaches(second)),
        };
        let own =
            self.world.lexicon.trades.get(trade).map(|trade| trade.skills.as_slice()).unwrap_or_default();
        let named = known.needs.iter().map(|(skill, weight)| {
            (*skill, 1.0, if own.contains(skill) { *weight } else { 0.35 }) // what another trade needs weighs less
        });
        let is_named = |skill: &&usize| known.needs.iter().any(|(named, _)| named == *skill);
        let unnamed = own.iter().filter(|skill| !is_named(skill)).map(|skill| (*skill, known.unnamed, 0.65));
        let needs: Vec<(f64, f64, f64)> = named
            .chain(unnamed)
            .map(|(skill, is_needed, weight)| {
                (is_needed, weight, supposed.can.get(skill).copied().unwrap_or_default())
            })
            .collect();
        let over = |share: f64| {
            let (mut mean, mut spread) = (0.0, 0.0);
            for (is_needed, weight, can) in &needs {
                let one = is_needed * weight * (can - share);
                let square = can * (1.0 - share) * (1.0 - share) + (1.0 - can) * share * share;
                mean += one;
                spread += is_needed * (weight * weight + 0.02) * square - one * one;
            }
            if spread > 0.0 { normal(mean / spread.sqrt()) } else { 0.5 }
        };
        let [much, some] = if is_own { [0.5, 0.25] } else { [0.6, 0.35] }.map(over);
        let could = [1.0 - some, some - much, much];
        let [low, middle, high] = could;
        (helps, if is_own { [0.0, low, middle, high] } else { [low, middle, high, 0.0] })
    }

    fn group(&self, trade: usize) -> u8 {
        self.world.lexicon.trades.get(trade).map_or(0, |trade| major(trade.group.as_code()))
    }

    /// The chance that one who would not move lives in the region, where it is not told.
    fn nearness(&self, profile: &CandidateProfile, vacancy: &Vacancy) -> f64 {
        let is_told = vacancy.places.iter().any(|place| place.region.is_some());
        let is_afar = vacancy.remote == Some(Remote::Possible) && profile.wishes.remote.is_some();
        if profile.wishes.would_move || is_told || is_afar {
            return 1.0;
        }
        1.0 / count(regions_of(vacancy.reference.state).len().max(1))
    }

    fn speaks(&self, profile: &CandidateProfile, vacancy: &Vacancy, group: u8) -> f64 {
        let is_office = (2..=4).contains(&group);
        let least = if is_office { LanguageLevel::B1 } else { LanguageLevel::A1 };
        let knows = |language: LanguageCode| {
            let known = profile.languages.iter().find(|known| known.language == language);
            match known.map(|known| known.level) {
                None => 0.0,
                Some(None) if is_office => 0.6,
                Some(None) => 1.0,
                Some(Some(level)) if level >= least => 1.0,
                Some(Some(_)) => 0.0,
            }
        };
        let Some(written) = vacancy.language else { return 1.0 };
        let [_, russian] = self.world.languages.of(vacancy.reference.state);
        match vacancy.languages.first() {
            Some(asked) => knows(asked.language),
            None if written == russian => knows(written),
            // of the posts that ask for none, so many do with Russian
            None => knows(written).max(0.789 * knows(russian)),
        }
    }
}

/// The gain on average, by the chances of grades and those of three dislikes, each of which takes a grade off.
fn expected(could: [f64; 4], dislikes: [f64; 3]) -> f64 {
    let less = |[none, one, two, three]: [f64; 4], chance: f64| {
        let kept = 1.0 - chance;
        [none + one * chance, one * kept + two * chance, two * kept + three * chance, three * kept]
    };
    let [_, one, two, three] = dislikes.into_iter().fold(could, less);
    one + 3.0 * two + 7.0 * three
}

fn schedule_disliked(profile: &CandidateProfile, vacancy: &Vacancy) -> f64 {
    let wished = &profile.wishes.schedules;
    let is_other = |schedule: &Schedule| !wished.is_empty() && !wished.contains(schedule);
    match vacancy.schedule {
        Some(schedule) => {
            if is_other(&schedule) {
                1.0
            } else {
                0.0
            }
        }
        None => SCHEDULES.iter().filter(|(schedule, _)| is_other(schedule)).map(|(_, share)| share).sum(),
    }
}

const SCHEDULES: [(Schedule, f64); 5] = [
    (Schedule::FullTime, 0.5),
    (Schedule::Shift, 0.2),
    (Schedule::PartTime, 0.1),
    (Schedule::FlexTime, 0.1),
    (Schedule::Rotation, 0.1),
];

fn too_green(lasts: &[u16], vacancy: &Vacancy) -> f64 {
    let asked = vacancy.experience_months.map_or(ASKED.to_vec(), |asked| vec![asked]);
    let short = lasts.iter().map(|lasts| asked.iter().filter(|asked| lasts < asked).count()).sum();
    count(short) / count((lasts.len() * asked.len()).max(1))
}

fn is_schooled(profile: &CandidateProfile, own: u8, offered: u8) -> f64 {
    let least = usual_schooling(offered);
    match profile.schooling {
        Some(schooling) => {
            if schooling >= least {
                1.0
            } else {
                0.0
            }
        }
        None if own == 2 || least <= Schooling::LowerSecondary => 1.0,
        None if least <= Schooling::PostSecondary => 0.8,
        None => 0.3,
    }
}

/// The chance that the pay is below the least that he would take.
fn pay_below(profile: &CandidateProfile, vacancy: &Vacancy, own: u8, offered: u8) -> f64 {
    let (there, home) = (vacancy.reference.state, profile.state);
    let roubles = |pay: &Pay, state: State| {
        let amount = pay.max().or(pay.min())?.to_f64()?;
        Some(amount * in_roubles(state))
    };
    let (offer, offer_spread) = match vacancy.pay.as_ref().and_then(|pay| roubles(pay, there)) {
        Some(most) => (most.ln(), 0.0),
        None => ((usual_pay(offered, there) * 1.1).ln(), 0.22),
    };
    let (wish, wish_spread) = match profile.wishes.pay.as_ref().and_then(|pay| roubles(pay, home)) {
        Some(least) => (least.ln(), 0.08),
        None => (usual_pay(own, home).ln() - 0.2, 0.25),
    };
    let spread = f64::hypot(offer_spread, wish_spread);
    normal((wish - offer) / spread)
}
