//! The score of a person and a vacancy: each part by itself, in whole points.

use super::asker::{Asker, Nearest, Standing};
use super::barrier::{countries, home, is_afar};
use super::curve::Curve;
use super::part::{LanguageSeen, Part, PartKind, PlaceStanding, Score, Warning, Why};
use super::rates::{PayShown, Rates};
use super::recognition::Recognition;
use super::tables::{Guess, Tables};
use super::weights::{WHOLE, Weights, of_band};
use crate::exchange::canonical::job::{
    CandidateProfile, IscoCode, LanguageCode, LanguageLevel, LanguageSkill, Pay, Place, Schedule, Schooling,
    Vacancy,
};
use crate::exchange::canonical::{Coded, Country, Currency, State};
use jiff::civil::Date;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

/// What a matching goes by, beside the two sides.
#[derive(Clone, Copy)]
pub struct Matching<'a> {
    /// How much each part gives.
    pub weights: &'a Weights,
    /// What states ask of qualifications.
    pub recognition: &'a Recognition,
    /// Occupations and skills.
    pub tables: &'a dyn Tables,
    /// Rates of currencies, if there are any.
    pub rates: Option<&'a Rates>,
    /// The currency of the reader.
    pub currency: Currency,
    /// The day.
    pub today: Date,
    /// Which side is sought: its newness counts.
    pub sought: Sought,
}

impl Matching<'_> {
    /// Pay as the source says it, and for the reader.
    pub fn pay_shown(&self, pay: &Pay) -> PayShown {
        let monthly = self.weights.pay.monthly(pay, self.currency, self.rates, self.today);
        PayShown { offered: *pay, monthly }
    }
}

/// Which side is sought.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sought {
    /// Vacancies, for a person.
    Vacancies,
    /// Persons, for a vacancy.
    Profiles,
}

/// A vacancy with what was found out about it before.
#[derive(Debug, Clone, Copy)]
pub struct Offer<'a> {
    /// The vacancy.
    pub vacancy: &'a Vacancy,
    /// Which occupations its title may mean.
    pub guesses: &'a [Guess],
    /// How well the words that a reader typed fit, of 1000; none where none were typed.
    pub likeness: Option<u16>,
}

impl<'a> Offer<'a> {
    /// A vacancy of which nothing more is known.
    pub fn plain(vacancy: &'a Vacancy) -> Self {
        Self { vacancy, guesses: &[], likeness: None }
    }
}

/// How well the two fit. The points of the parts add up to the score.
pub fn score(profile: &CandidateProfile, offer: &Offer<'_>, by: &Matching<'_>) -> Score {
    score_for(&Asker::of(profile, by), offer, by)
}

/// [`score`] for a person who is asked for often.
pub(super) fn score_for(asker: &Asker<'_>, offer: &Offer<'_>, by: &Matching<'_>) -> Score {
    let (profile, vacancy) = (asker.profile, offer.vacancy);
    let points = by.weights.points(offer.likeness.is_some());
    let mut warnings = Vec::new();
    let standing = asker.standing(offer, by);
    if let Some(nearest) = standing.nearest {
        if !nearest.offered.is_coded {
            warnings.push(Warning::OccupationGuessed);
        }
        warnings.extend(recognition(profile, vacancy, nearest.offered.group, by.recognition));
    }
    let mut parts = Vec::with_capacity(PartKind::ALL.len());
    for kind in PartKind::ALL {
        let (share, why) = match kind {
            PartKind::Occupation => occupation(&standing, by.weights),
            PartKind::Skills => skills(asker, vacancy, &standing, by),
            PartKind::Languages => languages(profile, vacancy, &standing, by.weights),
            PartKind::Place => place(profile, vacancy, by.weights),
            PartKind::Pay => pay(profile, vacancy, by, &mut warnings),
            PartKind::Experience => experience(profile, vacancy, &standing, by.weights),
            PartKind::Schooling => schooling(profile, vacancy, &standing, by.weights),
            PartKind::Terms => terms(profile, vacancy, by.weights),
            PartKind::Freshness => freshness(profile, vacancy, by),
            PartKind::Text => match offer.likeness {
                Some(likeness) => (u32::from(likeness), Why::Text { likeness }),
                None => continue,
            },
        };
        let most = points.of(kind);
        let given = u32::from(most).saturating_mul(share.min(WHOLE)) / WHOLE;
        parts.push(Part { kind, points: u16::try_from(given).unwrap_or(most), most, why });
    }
    Score { points: parts.iter().map(|part| part.points).sum(), parts, warnings }
}

fn occupation(standing: &Standing, weights: &Weights) -> (u32, Why) {
    let Some(Nearest { own, offered }) = standing.nearest else {
        return (weights.occupation.unknown, Why::Unknown);
    };
    let why = Why::Occupation {
        own: own.group,
        offered: offered.group,
        shared_levels: own.group.shared_levels(&offered.group),
        experience: own.experience,
        is_guessed: !offered.is_coded,
    };
    (weights.occupation.share.at(standing.share), why)
}

/// Which part of what is asked is there. A skill of the person's own trade that he does not tell may be there all the same,
/// the likelier the longer he worked.
fn skills(asker: &Asker<'_>, vacancy: &Vacancy, standing: &Standing, by: &Matching<'_>) -> (u32, Why) {
    let shares = &by.weights.skills;
    let own: Vec<&Coded> = asker.profile.skills.iter().filter_map(|skill| skill.code.as_ref()).collect();
    let untold = if own.is_empty() { &shares.usual } else { &shares.untold };
    let between =
        |share: u32, of_trade: u32| shares.nobody + of_trade.saturating_sub(shares.nobody) * share / WHOLE;
    let (mut had, mut near, mut missing) = (Vec::new(), Vec::new(), Vec::new());
    let (mut whole, mut there) = (0_u32, 0_u32);
    for asked in &vacancy.skills {
        let Some(code) = asked.code.as_ref() else { continue };
        let weight = if asked.is_required { shares.required_times } else { 2 };
        whole += weight;
        if own.contains(&code) {
            there += weight * WHOLE;
            had.push(code.clone());
            continue;
        }
        let (share, band) = asker.is_of_trade(&by.tables.groups(code));
        let usual = between(share, of_band(untold, band));
        match own.iter().find(|own| by.tables.are_kin(own, code)) {
            Some(kin) => {
                there += weight * shares.near.max(usual);
                near.push((code.clone(), (*kin).clone()));
            }
            None => {
                there += weight * usual;
                missing.push(code.clone());
            }
        }
    }
    if whole == 0 {
        let band = standing.nearest.and_then(|nearest| nearest.own.experience);
        return (shares.covered.at(between(standing.share, of_band(&shares.usual, band))), Why::Unknown);
    }
    (shares.covered.at(there / whole), Why::Skills { had, near, missing })
}

fn languages(
    profile: &CandidateProfile,
    vacancy: &Vacancy,
    standing: &Standing,
    weights: &Weights,
) -> (u32, Why) {
    let shares = &weights.languages;
    let mut asked: Vec<_> = vacancy.languages.iter().map(|one| (one.language, one.level)).collect();
    let is_asked = !asked.is_empty();
    let offered = standing.nearest.map(|nearest| nearest.offered.group);
    let is_office = offered.is_some_and(|group| group.as_code().starts_with(OFFICE)); // its work is words
    if !is_asked {
        asked.extend(vacancy.language.map(|language| (language, None))); // who works there reads it
    }
    if asked.is_empty() || profile.languages.is_empty() {
        return (shares.unknown, Why::Unknown);
    }
    let needed = if is_office { rank(LanguageLevel::B1) } else { 0 };
    let mut sum = 0;
    let mut seen = Vec::new();
    for (language, level) in asked {
        let known = profile.languages.iter().find(|known| known.language == language);
        let own = known.and_then(|known| known.level);
        let needed = level.map_or(needed, rank);
        let share = match (known, own) {
            (None, _) => shares.lacking,
            (Some(_), None) if needed == 0 => WHOLE,
            (Some(_), None) => shares.unknown,
            (Some(_), Some(own)) => match needed.saturating_sub(rank(own)) {
                0 => WHOLE,
                _ if level.is_none() => shares.little,
                lower => shares.level_lower.get(lower - 1).copied().unwrap_or_default(),
            },
        };
        let is_enough =
            !is_asked && share < shares.other_of_state && knows_other(profile, vacancy, language, needed);
        sum += if is_enough { shares.other_of_state } else { share };
        seen.push(LanguageSeen { language, asked: level, is_known: known.is_some(), own });
    }
    let count = u32::try_from(seen.len()).unwrap_or(u32::MAX);
    (sum / count.max(1), Why::Languages(seen))
}

/// Whether the person knows another language of the state where the work is: one that nobody asks for may do.
fn knows_other(profile: &CandidateProfile, vacancy: &Vacancy, written: LanguageCode, needed: usize) -> bool {
    let is_of = |state: State| state_languages(state).iter();
    let states = countries(vacancy)
        .filter_map(|country| State::ALL.into_iter().find(|one| Country::from(*one) == country));
    let codes: Vec<&str> = states.flat_map(is_of).copied().collect();
    let is_other = |known: &LanguageSkill| {
        let is_enough = known.level.is_none_or(|level| rank(level) >= needed);
        known.language != written && codes.contains(&known.language.as_code()) && is_enough
    };
    codes.contains(&written.as_code())
        && written.as_code() != RUSSIAN
        && profile.languages.iter().any(is_other)
}

/// The languages of a state, and Russian where most read it (`labour.md` §1).
fn state_languages(state: State) -> &'static [&'static str] {
    match state {
        State::Ru => &[RUSSIAN],
        State::Kz => &["kk", RUSSIAN],
        State::Kg => &["ky", RUSSIAN],
        State::By => &["be", RUSSIAN],
        State::Am => &["hy", RUSSIAN],
    }
}

const RUSSIAN: &str = "ru";
/// Major groups whose work is done in words: managers to clerks.
const OFFICE: [char; 4] = ['1', '2', '3', '4'];

fn rank(level: LanguageLevel) -> usize {
    LanguageLevel::ALL.iter().position(|one| *one == level).unwrap_or_default()
}

fn place(profile: &CandidateProfile, vacancy: &Vacancy, weights: &Weights) -> (u32, Why) {
    let shares = &weights.place;
    let share = |standing| match standing {
        PlaceStanding::AnotherRegion => shares.another_region,
        PlaceStanding::Unknown => shares.unknown,
        PlaceStanding::WishedState => shares.wished_state,
        PlaceStanding::HomeState => shares.home_state,
        PlaceStanding::Afar => shares.afar,
        PlaceStanding::WishedRegion => shares.wished_region,
        PlaceStanding::HomeRegion => shares.home_region,
    };
    let afar = is_afar(profile, vacancy).then_some((PlaceStanding::Afar, None));
    let unsaid = || Place { country: vacancy.reference.state.into(), region: None, name: None };
    let fallback = if vacancy.places.is_empty() { Some(unsaid()) } else { None };
    let places = vacancy.places.iter().cloned().chain(fallback);
    let standings = places.map(|place| (standing(profile, &place), Some(place)));
    let best = standings.chain(afar).max_by_key(|(standing, _)| (share(*standing), *standing));
    match best {
        Some((standing, place)) => (share(standing), Why::Place { standing, place }),
        None => (shares.unknown, Why::Unknown),
    }
}

fn standing(profile: &CandidateProfile, place: &Place) -> PlaceStanding {
    let home = home(profile);
    let is_there = |wished: &Place| wished.country == place.country && wished.region == place.region;
    let is_at_home = place.country == home.country;
    let in_country = |wished: &&Place| wished.country == place.country && wished.region.is_some();
    let is_near_unsaid = place.region.is_none() || home.region.is_none();
    if !profile.wishes.would_move && is_at_home && is_near_unsaid {
        PlaceStanding::Unknown // it may be near, or too far for one who would not move
    } else if place.region.is_some() && is_at_home && place.region == home.region {
        PlaceStanding::HomeRegion
    } else if place.region.is_some() && profile.wishes.places.iter().any(is_there) {
        PlaceStanding::WishedRegion
    } else if place.region.is_some() && profile.wishes.places.iter().any(|wished| in_country(&wished)) {
        PlaceStanding::AnotherRegion
    } else if is_at_home {
        PlaceStanding::HomeState
    } else if profile.wishes.states.iter().any(|state| Country::from(*state) == place.country) {
        PlaceStanding::WishedState
    } else {
        PlaceStanding::Unknown
    }
}

fn pay(
    profile: &CandidateProfile,
    vacancy: &Vacancy,
    by: &Matching<'_>,
    warnings: &mut Vec<Warning>,
) -> (u32, Why) {
    let shares = &by.weights.pay;
    let Some(offered) = vacancy.pay else { return (shares.unknown, Why::Unknown) };
    let told = |pay| shares.monthly(pay, by.currency, by.rates, by.today);
    let monthly = told(&offered);
    let wished = profile.wishes.pay.as_ref().and_then(told);
    if monthly.is_none() && shares.months(offered.interval()).is_some() {
        warnings.push(Warning::NoRate);
    }
    let old = [monthly, wished].into_iter().flatten().filter(|one| one.is_rate_old);
    warnings.extend(old.filter_map(|one| one.rate_on).min().map(|on| Warning::OldRate { on }));
    if monthly.is_some_and(|one| one.is_reckoned) {
        warnings.push(Warning::PayReckoned);
    }
    let share = match (&monthly, &wished) {
        (Some(offer), Some(wish)) => {
            if offer.tax != wish.tax {
                warnings.push(Warning::TaxDiffers);
            }
            let least = offer.min.or(offer.max).unwrap_or_default();
            let most = offer.max.or(offer.min).unwrap_or_default();
            pay_share(least, most, wish.min.or(wish.max).unwrap_or_default(), &shares.of_wish)
        }
        (None, _) | (Some(_), None) => shares.unknown,
    };
    (share, Why::Pay { offered: Box::new(PayShown { offered, monthly }), wished })
}

/// Whole if even the lower end is enough, else by which part of the wish the upper end is.
fn pay_share(least: Decimal, most: Decimal, wish: Decimal, of_wish: &Curve) -> u32 {
    if least >= wish {
        return WHOLE;
    }
    let part = (most * Decimal::from(WHOLE)).checked_div(wish).and_then(|part| part.to_u32());
    of_wish.at(part.unwrap_or_default())
}

fn experience(
    profile: &CandidateProfile,
    vacancy: &Vacancy,
    standing: &Standing,
    weights: &Weights,
) -> (u32, Why) {
    let shares = &weights.experience;
    let longest = || profile.work.iter().filter_map(|worked| worked.experience).max();
    let own = standing.nearest.and_then(|nearest| nearest.own.experience).or_else(longest);
    let Some(asked_months) = vacancy.experience_months else {
        return (own.map_or(shares.unknown, |own| of_band(&shares.not_asked, Some(own))), Why::Unknown);
    };
    let Some(own) = own else {
        return (if asked_months == 0 { WHOLE } else { shares.unknown }, Why::Unknown);
    };
    let (from, to) = (u32::from(own.months_min()), u32::from(own.months_max()));
    let asked = u32::from(asked_months);
    let share = match asked {
        asked if from >= asked => WHOLE,
        // the band reaches to both sides of what is asked: by the part of it that is enough
        asked if to >= asked => shares.lacking + (WHOLE - shares.lacking) * (to - asked) / (to - from).max(1),
        _ => shares.lacking,
    };
    (share, Why::Experience { asked_months, own })
}

fn schooling(
    profile: &CandidateProfile,
    vacancy: &Vacancy,
    standing: &Standing,
    weights: &Weights,
) -> (u32, Why) {
    let shares = &weights.schooling;
    let asked = vacancy.schooling;
    let usual = standing.nearest.and_then(|nearest| usual_schooling(nearest.offered.group));
    let Some(own) = profile.schooling else {
        let is_much = asked.or(usual).is_some_and(|least| least > Schooling::LowerSecondary);
        return (if is_much { shares.unknown } else { WHOLE }, Why::Unknown);
    };
    let share = match asked {
        None if usual.is_some_and(|usual| own < usual) => shares.below_usual,
        Some(asked) if own < asked => 0,
        None | Some(_) => WHOLE,
    };
    (share, Why::Schooling { asked, own })
}

/// What a group usually needs, by the skill level that ISCO-08 gives its major group.
fn usual_schooling(group: IscoCode) -> Option<Schooling> {
    match group.as_code().bytes().next() {
        Some(b'2') => Some(Schooling::Bachelor),
        Some(b'3') => Some(Schooling::PostSecondary),
        Some(b'4'..=b'8') => Some(Schooling::UpperSecondary),
        Some(_) | None => None,
    }
}

/// Schedule and contract; what the person leaves free cannot be missed.
fn terms(profile: &CandidateProfile, vacancy: &Vacancy, weights: &Weights) -> (u32, Why) {
    let shares = &weights.terms;
    let wishes = &profile.wishes;
    let is_free = wishes.schedules.is_empty() || wishes.schedules.contains(&Schedule::Any);
    let schedule =
        vacancy.schedule.map(|one| (one, is_free || one == Schedule::Any || wishes.schedules.contains(&one)));
    let offering =
        vacancy.offering.map(|one| (one, wishes.offerings.is_empty() || wishes.offerings.contains(&one)));
    let share = |is_free: bool, is_wished: Option<bool>| match is_wished {
        _ if is_free => WHOLE,
        Some(true) => WHOLE,
        Some(false) => shares.other,
        None => shares.unknown,
    };
    let of_schedule = share(is_free, schedule.map(|(_, is)| is));
    let of_offering = share(wishes.offerings.is_empty(), offering.map(|(_, is)| is));
    (of_schedule.min(of_offering), Why::Terms { schedule, offering })
}

fn freshness(profile: &CandidateProfile, vacancy: &Vacancy, by: &Matching<'_>) -> (u32, Why) {
    let shares = &by.weights.freshness;
    let since = match by.sought {
        Sought::Vacancies => Some(vacancy.posted_on),
        Sought::Profiles => Date::new(profile.changed.year(), profile.changed.month(), 1).ok(),
    };
    let Some(days) = since.and_then(|day| by.today.since(day).ok()).map(|span| span.get_days().max(0)) else {
        return (0, Why::Unknown);
    };
    let whole = i32::try_from(WHOLE).unwrap_or(i32::MAX);
    let span = (shares.none_days - shares.full_days).max(1);
    let late = (days - shares.full_days).clamp(0, span);
    let share = whole - whole.saturating_mul(late) / span;
    (u32::try_from(share).unwrap_or_default(), Why::Freshness { days })
}

/// What the states where the work is ask of a qualification that was got at home.
fn recognition(
    profile: &CandidateProfile,
    vacancy: &Vacancy,
    group: IscoCode,
    rules: &Recognition,
) -> Vec<Warning> {
    let mut warnings: Vec<Warning> = Vec::new();
    for country in countries(vacancy) {
        let state = State::ALL.into_iter().find(|state| Country::from(*state) == country);
        let Some(state) = state.filter(|state| *state != profile.state) else { continue };
        if let Some((asked, source)) = rules.asked(state, group) {
            let warning = Warning::Recognition { state, group, asked, source: source.to_owned() };
            if !warnings.contains(&warning) {
                warnings.push(warning);
            }
        }
    }
    warnings
}
