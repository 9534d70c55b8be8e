//! Which trades a vacancy and a profile are of, as far as anyone can tell who knows how the world is made and sees what
//! matching sees.

use super::hidden::{Transfer, licence_of, major, usual_schooling};
use super::lexicon::{Lexicon, Trade};
use super::observed::{CODE_OF_PROFILE, CODE_OF_VACANCY};
use crate::exchange::canonical::job::{
    CandidateProfile, ExperienceBand, IscoCode, LanguageCode, Schooling, Skill, Vacancy,
};
use crate::labour::matching::Tables;
use std::collections::BTreeSet;

/// What is known of a vacancy.
pub(super) struct KnownOpening {
    /// Trades that it may be of, each with its chance.
    pub(super) trades: Vec<(usize, f64)>,
    /// Skills that it names, each with how much the work needs it.
    pub(super) needs: Vec<(usize, f64)>,
    /// How likely a skill of the trade that is not named is needed all the same.
    pub(super) unnamed: f64,
}

/// What is known of a person: trades that he may be of, with their chance, and how likely he can do each skill then.
pub(super) struct KnownSeeker(pub(super) Vec<Supposed>);

/// A first and a second trade.
pub(super) struct Supposed {
    pub(super) trade: usize,
    pub(super) second: Option<usize>,
    pub(super) chance: f64,
    /// By skill.
    pub(super) can: Vec<f64>,
}

impl KnownOpening {
    pub(super) fn of(vacancy: &Vacancy, lexicon: &Lexicon) -> Self {
        let coded = places(&vacancy.skills, lexicon);
        let named = vacancy.description.iter().flat_map(|text| lexicon.named_skills(text.as_str()));
        let named: BTreeSet<usize> = named.filter_map(|code| lexicon.place(&code)).collect();
        let log = |trade: &Trade| {
            let code = log_of_code(vacancy.isco().next(), trade, lexicon, CODE_OF_VACANCY);
            let title = vacancy
                .language
                .map_or(1.0, |language| chance_of_title(vacancy.title.as_str(), trade, language));
            let usual = usual_schooling(major(trade.group.as_code()));
            let is_possible = vacancy.schooling.is_none_or(|asked| asked == usual)
                && vacancy.licences.first().copied() == licence_of(trade.group.as_code());
            let facts = if is_possible { 0.0 } else { NEVER };
            code + title.max(SMALL).ln() + facts + log_of_needs(trade, &coded, &named, lexicon)
        };
        let logs: Vec<(usize, f64)> = lexicon.trades.iter().map(log).enumerate().collect();
        let mut needs: Vec<(usize, f64)> = Vec::new();
        for skill in coded.union(&named) {
            let of_it = |one: &&Skill| one.code.as_ref().and_then(|code| lexicon.place(code)) == Some(*skill);
            let weight = match vacancy.skills.iter().find(of_it) {
                Some(demanded) if demanded.is_required => 0.8,
                Some(_) => 0.45,
                None => 0.65,
            };
            needs.push((*skill, weight));
        }
        let unnamed = if coded.is_empty() { 0.27 } else { 0.085 };
        Self { trades: chances(logs, |(trade, chance)| (trade, chance)), needs, unnamed }
    }
}

impl KnownSeeker {
    pub(super) fn of(profile: &CandidateProfile, lexicon: &Lexicon) -> Self {
        let told = places(&profile.skills, lexicon);
        let (first, other) = (profile.work.first(), profile.work.get(1));
        let [first_code, other_code] = [first, other].map(|work| work.and_then(|work| work.occupation.isco));
        let band = first.and_then(|work| work.experience);
        let as_second = |trade: &Trade| log_of_code(other_code, trade, lexicon, CODE_OF_PROFILE);
        let as_second: Vec<f64> = lexicon.trades.iter().map(as_second).collect();
        let mut logs = Vec::new();
        for (at, trade) in lexicon.trades.iter().enumerate() {
            let as_first =
                log_of_code(first_code, trade, lexicon, CODE_OF_PROFILE) + log_of_schooling(profile, trade);
            let near =
                |other: usize| if other == at { 0.0 } else { Transfer::reaches(lexicon, at, other, 0.25) };
            let near: Vec<f64> = (0..lexicon.trades.len()).map(near).collect();
            let all: f64 = near.iter().sum::<f64>().max(SMALL);
            let seconds: Vec<(Option<usize>, f64)> = match other {
                None => vec![(None, 0.0)],
                Some(_) => near
                    .iter()
                    .zip(&as_second)
                    .enumerate()
                    .filter(|(_, (near, _))| **near > 0.005)
                    .map(|(second, (near, code))| (Some(second), (near / all).ln() + code))
                    .collect(),
            };
            for (second, log) in seconds {
                if as_first + log < UNLIKELY {
                    continue; // two wrong codes at once
                }
                let by_skills = match told.is_empty() {
                    true => 0.0,
                    false => log_of_told(&told, &able(at, second, band, lexicon)),
                };
                logs.push(((at, second), as_first + log + by_skills));
            }
        }
        let supposed = |((trade, second), chance): ((usize, Option<usize>), f64)| {
            let mut can = able(trade, second, band, lexicon);
            for (skill, chance) in can.iter_mut().enumerate() {
                // of what he can, he tells three quarters
                *chance = match (told.is_empty(), told.contains(&skill)) {
                    (true, _) => *chance,
                    (false, true) => 0.98,
                    (false, false) => *chance * 0.25 / (1.0 - *chance * 0.75),
                };
            }
            Supposed { trade, second, chance, can }
        };
        Self(chances(logs, supposed))
    }
}

/// Chances out of logarithms, the likeliest first, without those that matter little.
fn chances<K, T>(logs: Vec<(K, f64)>, make: impl Fn((K, f64)) -> T) -> Vec<T> {
    let most = logs.iter().map(|(_, log)| *log).fold(f64::NEG_INFINITY, f64::max);
    let all: f64 = logs.iter().map(|(_, log)| (log - most).exp()).sum();
    let mut found: Vec<(K, f64)> = logs.into_iter().map(|(of, log)| (of, (log - most).exp() / all)).collect();
    found.retain(|(_, chance)| *chance > 0.005);
    found.sort_by(|(_, a), (_, b)| b.total_cmp(a));
    found.truncate(8);
    found.into_iter().map(make).collect()
}

fn places(skills: &[Skill], lexicon: &Lexicon) -> BTreeSet<usize> {
    skills.iter().filter_map(|skill| lexicon.place(skill.code.as_ref()?)).collect()
}

fn log_of_code(code: Option<IscoCode>, trade: &Trade, lexicon: &Lexicon, [right, wrong]: [f64; 2]) -> f64 {
    let Some(code) = code else { return 0.0 };
    let is_near = |other: &IscoCode| *other != trade.group && other.shared_levels(&trade.group) >= 2;
    let near = lexicon.trades.iter().filter(|other| is_near(&other.group)).count();
    let any = 1.0 / count(lexicon.trades.len());
    let as_near = match near {
        0 => any,
        near if is_near(&code) => 1.0 / count(near),
        _ => 0.0,
    };
    let is_right = if code == trade.group { right } else { 0.0 };
    (is_right + wrong * (as_near + any) / 2.0).ln()
}

fn chance_of_title(title: &str, trade: &Trade, language: LanguageCode) -> f64 {
    let (known, other) = trade.names(language);
    let is_it = |name: &&String| {
        title.strip_prefix(name.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
    };
    let part = |names: &[String]| count(names.iter().filter(is_it).count()) / count(names.len().max(1));
    if other.is_empty() { part(known) } else { 0.65 * part(known) + 0.35 * part(other) }
}

/// Skills of a trade are needed by two posts of three, then written as codes and in the text, or not.
fn log_of_needs(trade: &Trade, coded: &BTreeSet<usize>, named: &BTreeSet<usize>, lexicon: &Lexicon) -> f64 {
    let written = |skill: &usize, has_codes: bool| {
        let code = match (has_codes, coded.contains(skill)) {
            (true, true) => 0.75,
            (true, false) => 0.25,
            (false, true) => 0.0,
            (false, false) => 1.0,
        };
        code * if named.contains(skill) { 0.8 } else { 0.2 }
    };
    let is_seen = |skill: &usize| coded.contains(skill) || named.contains(skill);
    let with = |has_codes: bool| {
        let own = trade
            .skills
            .iter()
            .map(|skill| 0.65 * written(skill, has_codes) + if is_seen(skill) { 0.0 } else { 0.35 });
        let strange = coded.union(named).filter(|skill| !trade.skills.contains(skill));
        let strange = strange.map(|skill| 0.3 / count(lexicon.skills.len()) * written(skill, has_codes));
        own.chain(strange).map(|chance| (chance + SMALL).ln()).sum::<f64>()
    };
    let (with_codes, without) = (with(true) + 0.85_f64.ln(), with(false) + 0.15_f64.ln());
    let most = with_codes.max(without);
    most + ((with_codes - most).exp() + (without - most).exp()).ln()
}

fn log_of_schooling(profile: &CandidateProfile, trade: &Trade) -> f64 {
    let is_high = major(trade.group.as_code()) == 2;
    let chance: f64 = match profile.schooling {
        None => 1.0,
        Some(Schooling::Bachelor) => {
            if is_high {
                0.8
            } else {
                0.3
            }
        }
        Some(Schooling::Master) if is_high => 0.2,
        Some(Schooling::LowerSecondary) if !is_high => 0.2,
        Some(Schooling::PostSecondary) if !is_high => 0.5,
        Some(_) => SMALL,
    };
    chance.ln()
}

fn log_of_told(told: &BTreeSet<usize>, can: &[f64]) -> f64 {
    let any = 0.2 / count(can.len());
    let log = |(skill, chance): (usize, &f64)| {
        let tells = 0.75 * chance + any;
        if told.contains(&skill) { tells.ln() } else { (1.0 - tells).ln() }
    };
    can.iter().enumerate().map(log).sum()
}

/// How likely one of these trades, with so much experience, can do each skill before he tells any.
fn able(trade: usize, second: Option<usize>, band: Option<ExperienceBand>, lexicon: &Lexicon) -> Vec<f64> {
    let mut can = vec![0.0; lexicon.skills.len()];
    let lasting = lasting(band);
    for months in &lasting {
        let ripe = f64::from((*months).min(60)) / 60.0;
        let mut cannot = vec![1.0; lexicon.skills.len()];
        for (of, base) in [(Some(trade), 0.55), (second, 0.35)] {
            let level = base + 0.25 * ripe;
            let skills = of.and_then(|of| lexicon.trades.get(of)).map(|trade| trade.skills.as_slice());
            for skill in skills.unwrap_or_default() {
                let mut learn = |skill: usize, chance: f64| {
                    if let Some(cannot) = cannot.get_mut(skill) {
                        *cannot *= 1.0 - 0.85 * chance;
                    }
                };
                learn(*skill, normal((level - 0.5) / 0.15));
                let kin = lexicon.skills.get(*skill).map(|skill| skill.kin.as_slice()).unwrap_or_default();
                kin.iter().for_each(|kin| learn(*kin, normal((0.5 * level - 0.5) / 0.125)));
            }
        }
        can.iter_mut().zip(cannot).for_each(|(can, cannot)| *can += (1.0 - cannot) / count(lasting.len()));
    }
    can
}

/// The months that a band may stand for.
pub(super) fn lasting(band: Option<ExperienceBand>) -> Vec<u16> {
    let is_of = |months: &u16| band.is_none_or(|band| ExperienceBand::of_months(*months) == band);
    super::hidden::LASTING.into_iter().filter(is_of).collect()
}

/// The part of a normal distribution below a value (Zelen and Severo, exact to seven digits).
pub(super) fn normal(value: f64) -> f64 {
    let t = 1.0 / (1.0 + 0.231_641_9 * value.abs());
    let density = 0.398_942_3 * (-value * value / 2.0).exp();
    let tail = [1.330_274, -1.821_256, 1.781_478, -0.356_563_8, 0.319_381_5]
        .into_iter()
        .fold(0.0, |sum, next| (sum + next) * t);
    if value > 0.0 { 1.0 - density * tail } else { density * tail }
}

pub(super) fn count(number: usize) -> f64 {
    u32::try_from(number).map_or(f64::INFINITY, f64::from)
}

const SMALL: f64 = 1e-9;
const NEVER: f64 = -20.0;
const UNLIKELY: f64 = -14.0;
