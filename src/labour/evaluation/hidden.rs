//! What is true in the generated world and stands in no profile and no vacancy; and what fits, by that.

use super::dice::Dice;
use super::known::{count, normal};
use super::lexicon::{Lexicon, Trade};
use super::phrases::regions_of;
use super::world::World;
use crate::exchange::canonical::State;
use crate::exchange::canonical::job::{DrivingLicence, LanguageCode, Schedule, Schooling};
use std::collections::{BTreeMap, BTreeSet};

/// How far each trade helps in each other, 0 to 1.
pub(super) struct Transfer(Vec<Vec<f64>>);

/// A post, as it truly is.
pub(super) struct Opening {
    pub(super) trade: usize,
    /// Skills that the work needs, and how much.
    pub(super) needs: Vec<(usize, f64)>,
    pub(super) state: State,
    pub(super) region: &'static str,
    /// In which language it is written.
    pub(super) language: LanguageCode,
    /// In any of which one gets along there.
    pub(super) works_in: Vec<LanguageCode>,
    /// How well, 0 to 6.
    pub(super) level: usize,
    pub(super) is_afar: bool,
    /// For a month, in roubles.
    pub(super) pay: f64,
    pub(super) licence: Option<DrivingLicence>,
    pub(super) schooling: Schooling,
    pub(super) months: u16,
    pub(super) schedule: Schedule,
    pub(super) days_ago: i64,
}

/// A person, as he truly is.
pub(super) struct Seeker {
    pub(super) trade: usize,
    pub(super) second: Option<usize>,
    pub(super) months: u16,
    /// What he can do, and how well.
    pub(super) skills: BTreeMap<usize, f64>,
    pub(super) state: State,
    pub(super) region: &'static str,
    pub(super) language: LanguageCode,
    /// How well he knows each, 0 to 6.
    pub(super) languages: BTreeMap<LanguageCode, usize>,
    /// In which states he would work.
    pub(super) states: BTreeSet<State>,
    pub(super) would_move: bool,
    pub(super) takes_afar: bool,
    /// The least pay he would take, in roubles.
    pub(super) least_pay: f64,
    pub(super) licences: Vec<DrivingLicence>,
    pub(super) schooling: Schooling,
    /// Which schedules he would not like.
    pub(super) dislikes: Option<Schedule>,
}

impl Transfer {
    /// Trades that share skills help in each other, more or less as it falls.
    pub(super) fn draw(lexicon: &Lexicon, dice: &Dice) -> Self {
        let row = |one: usize| {
            let helps = |other: usize| {
                let (Some(a), Some(b)) = (lexicon.trades.get(one), lexicon.trades.get(other)) else {
                    return 0.0;
                };
                if one == other {
                    return 1.0;
                }
                (alike(a, b) + SCATTER * dice.normal()).clamp(0.0, 0.85)
            };
            (0..lexicon.trades.len()).map(helps).collect()
        };
        Self((0..lexicon.trades.len()).map(row).collect())
    }

    /// The chance that one trade helps at least so much in another, as far as anyone can tell who does not know what was drawn.
    pub(super) fn reaches(lexicon: &Lexicon, from: usize, to: usize, least: f64) -> f64 {
        let pair = lexicon.trades.get(from).zip(lexicon.trades.get(to));
        pair.map_or(0.0, |(from, to)| normal((alike(from, to) - least) / SCATTER))
    }

    fn of(&self, from: usize, to: usize) -> f64 {
        self.0.get(from).and_then(|row| row.get(to)).copied().unwrap_or_default()
    }

    /// The trades that one may have come from.
    fn near(&self, to: usize) -> Vec<usize> {
        let row = self.0.get(to).map(Vec::as_slice).unwrap_or_default();
        row.iter().enumerate().filter(|(_, share)| (0.25..1.0).contains(*share)).map(|(at, _)| at).collect()
    }
}

/// How far one trade helps in another, on the whole.
fn alike(one: &Trade, other: &Trade) -> f64 {
    let common = count(one.skills.iter().filter(|skill| other.skills.contains(skill)).count());
    let all = count(one.skills.len().min(other.skills.len()).max(1));
    let bond = match one.group.shared_levels(&other.group) {
        3 => 0.25,
        2 => 0.08,
        _ => 0.0,
    };
    0.7 * common / all + bond
}

/// How much each pair of trades is better or worse than that.
const SCATTER: f64 = 0.12;
/// Trades that help less do not help at all.
pub(super) const HELPS_FROM: f64 = 0.4;
/// How long persons worked, in months.
pub(super) const LASTING: [u16; 7] = [3, 10, 18, 30, 48, 80, 120];
/// What posts ask, in months.
pub(super) const ASKED: [u16; 5] = [0, 0, 12, 12, 36];

impl Opening {
    pub(super) fn draw(world: &World) -> Self {
        let (dice, trades) = (&world.dice, &world.lexicon.trades);
        let trade = dice.below(trades.len());
        let (group, own) =
            trades.get(trade).map_or((0, &[][..]), |trade| (major(trade.group.as_code()), &trade.skills[..]));
        let mut needs: Vec<(usize, f64)> = Vec::new();
        for skill in own {
            if dice.falls(0.65) {
                needs.push((*skill, 0.3 + 0.7 * dice.unit()));
            }
        }
        if dice.falls(0.3) {
            needs.push((dice.below(world.lexicon.skills.len()), 0.2 + 0.3 * dice.unit()));
        }
        let state = draw_state(dice);
        let [first, other] = world.languages.of(state);
        let language = if dice.falls(share_of_first(state)) { first } else { other };
        let is_of_office = (2..=4).contains(&group);
        let both = language != other && dice.falls(0.6);
        let licence = trades.get(trade).and_then(|trade| licence_of(trade.group.as_code()));
        Self {
            trade,
            needs,
            state,
            region: dice.pick(regions_of(state)).copied().unwrap_or_default(),
            language,
            works_in: if both { vec![language, other] } else { vec![language] },
            level: if is_of_office { 3 } else { 1 },
            is_afar: is_of_office && dice.falls(0.25),
            pay: usual_pay(group, state) * (0.22 * dice.normal()).exp(),
            licence,
            schooling: usual_schooling(group),
            months: dice.pick(&ASKED).copied().unwrap_or_default(),
            schedule: draw_schedule(dice),
            days_ago: i64::try_from(dice.below(70)).unwrap_or_default(),
        }
    }
}

impl Seeker {
    pub(super) fn draw(world: &World) -> Self {
        let (dice, trades) = (&world.dice, &world.lexicon.trades);
        let trade = dice.below(trades.len());
        let group = trades.get(trade).map_or(0, |trade| major(trade.group.as_code()));
        let near = world.transfer.near(trade);
        let second = if dice.falls(0.3) { dice.pick(&near).copied() } else { None };
        let months = dice.pick(&LASTING).copied().unwrap_or_default();
        let ripe = f64::from(u16::min(months, 60)) / 60.0;
        let mut skills: BTreeMap<usize, f64> = BTreeMap::new();
        let mut learn = |skill: usize, level: f64| {
            let kept = skills.entry(skill).or_default();
            *kept = kept.max(level.clamp(0.0, 1.0));
        };
        for (at, base) in [(Some(trade), 0.55), (second, 0.35)] {
            let of = at.and_then(|at| trades.get(at)).map(|trade| trade.skills.as_slice());
            for skill in of.unwrap_or_default() {
                if dice.falls(0.85) {
                    let level = base + 0.25 * ripe + 0.15 * dice.normal();
                    learn(*skill, level);
                    for kin in
                        world.lexicon.skills.get(*skill).map(|skill| skill.kin.clone()).unwrap_or_default()
                    {
                        learn(kin, 0.5 * level + 0.1 * dice.normal());
                    }
                }
            }
        }
        let state = draw_state(dice);
        let [first, other] = world.languages.of(state);
        let language = if dice.falls(0.2 + 0.75 * share_of_first(state)) { first } else { other };
        let mut languages: BTreeMap<LanguageCode, usize> = BTreeMap::from([(language, 6)]);
        for (at, known) in world.languages.all.into_iter().enumerate() {
            let chance = if at == 0 {
                0.88
            } else if known == first {
                0.5
            } else {
                0.06
            };
            if dice.falls(chance) {
                languages.entry(known).or_insert(1 + dice.below(5));
            }
        }
        let would_move = dice.falls(0.7);
        let mut states: BTreeSet<State> = BTreeSet::new();
        for wished in State::ALL {
            let chance = if wished == state { 0.85 } else { 0.45 };
            if dice.falls(chance) {
                states.insert(wished);
            }
        }
        if states.is_empty() || !would_move {
            states.insert(state);
        }
        let mut licences: Vec<DrivingLicence> = Vec::new();
        licences.extend(trades.get(trade).and_then(|trade| licence_of(trade.group.as_code())));
        if dice.falls(0.4) && !licences.contains(&DrivingLicence::B) {
            licences.push(DrivingLicence::B);
        }
        let schooling = match (group, dice.below(10)) {
            (2, 0..8) => Schooling::Bachelor,
            (2, _) => Schooling::Master,
            (_, 0..2) => Schooling::LowerSecondary,
            (_, 2..7) => Schooling::PostSecondary,
            (_, _) => Schooling::Bachelor,
        };
        let least_pay = usual_pay(group, state) * (0.25 * dice.normal() - 0.2).exp();
        let dislikes = if dice.falls(0.4) { Some(draw_schedule(dice)) } else { None };
        Self {
            trade,
            second,
            months,
            skills,
            state,
            region: dice.pick(regions_of(state)).copied().unwrap_or_default(),
            language,
            languages,
            states,
            would_move,
            takes_afar: dice.falls(0.5),
            least_pay,
            licences,
            schooling,
            dislikes,
        }
    }
}

/// How well a post fits a person, 0 to 3, as one who knows both would say.
///
/// What bars is absolute. Then what he could do: 3 in a trade of his own if he truly can at least a half of what the work
/// needs, less if he can less; 2 or 1 in another trade in which his own helps. One less for each thing that he would not
/// like: pay below the least that he would take, a schedule that he dislikes, experience that he lacks. Of those who judge,
/// one in twenty is a grade off.
pub(super) fn grade(seeker: &Seeker, opening: &Opening, world: &World) -> u8 {
    let is_own = seeker.trade == opening.trade || seeker.second == Some(opening.trade);
    let from_second = seeker.second.map_or(0.0, |second| world.transfer.of(second, opening.trade));
    let helps = world.transfer.of(seeker.trade, opening.trade).max(from_second);
    if helps < HELPS_FROM || is_barred(seeker, opening) {
        return 0;
    }
    let weight: f64 = opening.needs.iter().map(|(_, weight)| weight).sum();
    let can =
        opening.needs.iter().filter(|(skill, _)| seeker.skills.get(skill).is_some_and(|level| *level > 0.5));
    let covered = if weight > 0.0 { can.map(|(_, weight)| weight).sum::<f64>() / weight } else { 0.5 };
    let could: u8 = match is_own {
        true if covered >= 0.5 => 3,
        true if covered >= 0.25 => 2,
        true => 1,
        false if covered >= 0.6 => 2,
        false if covered >= 0.35 => 1,
        false => 0,
    };
    let dislikes = [
        opening.pay * 1.1 < seeker.least_pay,
        seeker.dislikes == Some(opening.schedule),
        seeker.months < opening.months,
    ];
    let disliked = dislikes.into_iter().map(u8::from).sum();
    match (could.saturating_sub(disliked), world.dice.falls(0.05), world.dice.falls(0.5)) {
        (judged @ 1..=3, true, true) => judged - 1,
        (judged @ 1..=2, true, false) => judged + 1,
        (judged, _, _) => judged,
    }
}

fn is_barred(seeker: &Seeker, opening: &Opening) -> bool {
    let is_from_home = opening.is_afar && seeker.takes_afar;
    let goes_there = seeker.states.contains(&opening.state)
        && (seeker.would_move || opening.state == seeker.state && opening.region == seeker.region);
    let speaks = opening
        .works_in
        .iter()
        .any(|language| seeker.languages.get(language).is_some_and(|level| *level >= opening.level));
    let drives = opening.licence.is_none_or(|licence| seeker.licences.contains(&licence));
    !(is_from_home || goes_there) || !speaks || !drives || seeker.schooling < opening.schooling
}

fn draw_state(dice: &Dice) -> State {
    match dice.below(100) {
        0..32 => State::Ru,
        32..56 => State::Kz,
        56..72 => State::By,
        72..87 => State::Kg,
        _ => State::Am,
    }
}

/// How often the first language of a state is written rather than Russian.
fn share_of_first(state: State) -> f64 {
    match state {
        State::Kz => 0.45,
        State::Kg => 0.5,
        State::By => 0.35,
        State::Am => 0.9,
        State::Ru => 1.0,
    }
}

/// What posts of a major group ask.
pub(super) fn usual_schooling(group: u8) -> Schooling {
    match group {
        2 => Schooling::Bachelor,
        3 => Schooling::PostSecondary,
        9 => Schooling::Primary,
        _ => Schooling::UpperSecondary,
    }
}

fn draw_schedule(dice: &Dice) -> Schedule {
    match dice.below(10) {
        0..5 => Schedule::FullTime,
        5..7 => Schedule::Shift,
        7..8 => Schedule::PartTime,
        8..9 => Schedule::FlexTime,
        _ => Schedule::Rotation,
    }
}

pub(super) fn licence_of(group: &str) -> Option<DrivingLicence> {
    match group {
        "8322" => Some(DrivingLicence::B),
        "8331" => Some(DrivingLicence::D),
        "8332" => Some(DrivingLicence::C),
        _ => None,
    }
}

pub(super) fn major(group: &str) -> u8 {
    group.bytes().next().map_or(0, |digit| digit.saturating_sub(b'0'))
}

/// What is paid on the whole, in roubles. Invented.
pub(super) fn usual_pay(major: u8, state: State) -> f64 {
    let of_group = match major {
        2 => 95_000.0,
        3 => 75_000.0,
        7 | 8 => 80_000.0,
        9 => 45_000.0,
        _ => 55_000.0,
    };
    let of_state = match state {
        State::Ru => 1.0,
        State::Kz => 0.8,
        State::By => 0.75,
        State::Am => 0.65,
        State::Kg => 0.5,
    };
    of_group * of_state
}
