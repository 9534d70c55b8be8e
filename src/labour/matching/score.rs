//! The score of a person and a vacancy: each part by itself, in whole points.

use super::barrier::{countries, home, is_afar};
use super::part::{LanguageSeen, Part, PartKind, PlaceStanding, Score, Warning, Why};
use super::rates::{PayShown, Rates};
use super::recognition::Recognition;
use super::tables::{Guess, Tables};
use super::weights::{WHOLE, Weights};
use crate::exchange::canonical::job::{
    CandidateProfile, ExperienceBand, IscoCode, LanguageLevel, Place, Schedule, Schooling, Vacancy, Worked,
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
    let vacancy = offer.vacancy;
    let points = by.weights.points(offer.likeness.is_some());
    let mut warnings = Vec::new();
    let nearest = nearest(profile, offer, by);
    if let Some(nearest) = &nearest {
        if nearest.is_guessed {
            warnings.push(Warning::OccupationGuessed);
        }
        warnings.extend(recognition(profile, vacancy, nearest.offered, by.recognition));
    }
    let mut parts = Vec::with_capacity(PartKind::ALL.len());
    for kind in PartKind::ALL {
        let (share, why) = match kind {
            PartKind::Occupation => occupation(nearest.as_ref(), by.weights),
            PartKind::Skills => skills(profile, vacancy, by),
            PartKind::Languages => languages(profile, vacancy, by.weights),
            PartKind::Place => place(profile, vacancy, by.weights),
            PartKind::Pay => pay(profile, vacancy, by, &mut warnings),
            PartKind::Experience => experience(profile, vacancy, nearest.as_ref(), by.weights),
            PartKind::Schooling => schooling(profile, vacancy, by.weights),
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

/// The two occupations that lie nearest, and what they are worth.
struct Nearest<'a> {
    worked: &'a Worked,
    own: IscoCode,
    offered: IscoCode,
    is_guessed: bool,
    share: u32,
}

fn nearest<'a>(profile: &'a CandidateProfile, offer: &Offer<'_>, by: &Matching<'_>) -> Option<Nearest<'a>> {
    let shares = &by.weights.occupation;
    let first = offer.guesses.first();
    let is_doubted = |code: IscoCode| {
        first.is_some_and(|guess| guess.group.level() == code.level() && guess.group != code)
    };
    let coded = offer
        .vacancy
        .isco()
        .map(|code| (code, if is_doubted(code) { shares.doubted_code } else { WHOLE }, false));
    let guessed = offer
        .guesses
        .iter()
        .map(|guess| (guess.group, shares.guess.saturating_mul(u32::from(guess.certainty)) / WHOLE, true));
    let offered: Vec<_> = coded.chain(guessed).collect();
    let mut best: Option<Nearest<'_>> = None;
    for (at, worked) in profile.work.iter().enumerate() {
        let Some(own) = worked.occupation.isco else { continue };
        let order = shares.order.get(at).or(shares.order.last()).copied().unwrap_or(WHOLE);
        for (offered, trust, is_guessed) in offered.iter().copied() {
            let levels = usize::from(own.shared_levels(&offered));
            let share = shares.shared_levels.get(levels).copied().unwrap_or_default();
            let lasting = worked.experience.map_or(0, |band| band_share(&shares.experience, band));
            let kept = WHOLE - shares.experience_weight + shares.experience_weight * lasting / WHOLE;
            let share = share * order / WHOLE * trust / WHOLE * kept / WHOLE;
            if best.as_ref().is_none_or(|best| best.share < share) {
                best = Some(Nearest { worked, own, offered, is_guessed, share });
            }
        }
    }
    best
}

fn band_share(shares: &[u32; 5], band: ExperienceBand) -> u32 {
    let [none, one, two, five, over] = *shares;
    match band {
        ExperienceBand::None => none,
        ExperienceBand::UpToOne => one,
        ExperienceBand::UpToTwo => two,
        ExperienceBand::TwoToFive => five,
        ExperienceBand::OverFive => over,
    }
}

fn occupation(nearest: Option<&Nearest<'_>>, weights: &Weights) -> (u32, Why) {
    let Some(nearest) = nearest else { return (weights.occupation.unknown, Why::Unknown) };
    let Nearest { own, offered, is_guessed, .. } = *nearest;
    let shared_levels = own.shared_levels(&offered);
    let experience = nearest.worked.experience;
    (nearest.share, Why::Occupation { own, offered, shared_levels, experience, is_guessed })
}

fn skills(profile: &CandidateProfile, vacancy: &Vacancy, by: &Matching<'_>) -> (u32, Why) {
    let shares = &by.weights.skills;
    let own: Vec<&Coded> = profile.skills.iter().filter_map(|skill| skill.code.as_ref()).collect();
    let (mut had, mut near, mut missing) = (Vec::new(), Vec::new(), Vec::new());
    let (mut whole, mut there) = (0_u32, 0_u32);
    for asked in &vacancy.skills {
        let Some(code) = asked.code.as_ref() else { continue };
        let weight = if asked.is_required { shares.required_times } else { 1 };
        whole += weight * WHOLE;
        if own.contains(&code) {
            there += weight * WHOLE;
            had.push(code.clone());
        } else if let Some(kin) = own.iter().find(|own| by.tables.are_kin(own, code)) {
            there += weight * shares.near;
            near.push((code.clone(), (*kin).clone()));
        } else {
            missing.push(code.clone());
        }
    }
    match (own.is_empty(), whole) {
        (true, 0) | (false, 0) => (shares.unknown, Why::Unknown),
        (true, _) => (shares.unknown, Why::Skills { had, near, missing }),
        (false, whole) => (share_of(there, whole), Why::Skills { had, near, missing }),
    }
}

fn share_of(part: u32, whole: u32) -> u32 {
    let share = u64::from(part) * u64::from(WHOLE) / u64::from(whole.max(1));
    u32::try_from(share).unwrap_or(WHOLE)
}

fn languages(profile: &CandidateProfile, vacancy: &Vacancy, weights: &Weights) -> (u32, Why) {
    let shares = &weights.languages;
    let mut asked: Vec<_> = vacancy.languages.iter().map(|one| (one.language, one.level)).collect();
    if asked.is_empty() {
        asked.extend(vacancy.language.map(|language| (language, None))); // who works there reads it
    }
    if asked.is_empty() || profile.languages.is_empty() {
        return (shares.unknown, Why::Unknown);
    }
    let mut sum = 0;
    let mut seen = Vec::new();
    for (language, level) in asked {
        let known = profile.languages.iter().find(|known| known.language == language);
        let own = known.and_then(|known| known.level);
        sum += match (known, level, own) {
            (None, _, _) => shares.lacking,
            (Some(_), None, _) => WHOLE,
            (Some(_), Some(_), None) => shares.unknown,
            (Some(_), Some(asked), Some(own)) => match rank(asked).saturating_sub(rank(own)) {
                0 => WHOLE,
                lower => shares.level_lower.get(lower - 1).copied().unwrap_or_default(),
            },
        };
        seen.push(LanguageSeen { language, asked: level, is_known: known.is_some(), own });
    }
    let count = u32::try_from(seen.len()).unwrap_or(u32::MAX);
    (sum / count.max(1), Why::Languages(seen))
}

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
    if place.region.is_some() && is_at_home && place.region == home.region {
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
            pay_share(
                least,
                most,
                wish.min.or(wish.max).unwrap_or_default(),
                shares.between,
                shares.nothing_at,
            )
        }
        (None, _) | (Some(_), None) => shares.unknown,
    };
    (share, Why::Pay { offered: Box::new(PayShown { offered, monthly }), wished })
}

/// Whole if even the lower end is enough; then `between`; below the wish less and less, to nothing.
fn pay_share(least: Decimal, most: Decimal, wish: Decimal, between: u32, nothing_at: u32) -> u32 {
    if least >= wish {
        return WHOLE;
    }
    let part = (most * Decimal::from(WHOLE)).checked_div(wish).and_then(|part| part.to_u32());
    let part = part.unwrap_or_default();
    if part >= WHOLE {
        return between;
    }
    let span = WHOLE.saturating_sub(nothing_at).max(1);
    between * part.saturating_sub(nothing_at) / span
}

fn experience(
    profile: &CandidateProfile,
    vacancy: &Vacancy,
    nearest: Option<&Nearest<'_>>,
    weights: &Weights,
) -> (u32, Why) {
    let Some(asked_months) = vacancy.experience_months else { return (WHOLE, Why::Unknown) };
    let longest = || profile.work.iter().filter_map(|worked| worked.experience).max();
    let own = nearest.and_then(|nearest| nearest.worked.experience).or_else(longest);
    let Some(own) = own else { return (weights.experience.unknown, Why::Unknown) };
    let share = match asked_months {
        0 => WHOLE,
        asked => share_of(u32::from(own.months_max().min(asked)), u32::from(asked)),
    };
    (share, Why::Experience { asked_months, own })
}

fn schooling(profile: &CandidateProfile, vacancy: &Vacancy, weights: &Weights) -> (u32, Why) {
    let shares = &weights.schooling;
    let Some(own) = profile.schooling else { return (shares.unknown, Why::Unknown) };
    let asked = vacancy.schooling;
    let level = |one: Schooling| Schooling::ALL.iter().position(|of| *of == one).unwrap_or_default();
    let share = match asked {
        None => shares.unknown,
        Some(asked) if own < asked => 0,
        Some(asked) => {
            let above = u32::try_from(level(own) - level(asked)).unwrap_or_default();
            WHOLE.saturating_sub(shares.above.saturating_mul(above))
        }
    };
    (share, Why::Schooling { asked, own })
}

fn terms(profile: &CandidateProfile, vacancy: &Vacancy, weights: &Weights) -> (u32, Why) {
    let shares = &weights.terms;
    let wishes = &profile.wishes;
    let is_free = wishes.schedules.is_empty() || wishes.schedules.contains(&Schedule::Any);
    let schedule =
        vacancy.schedule.map(|one| (one, is_free || one == Schedule::Any || wishes.schedules.contains(&one)));
    let offering =
        vacancy.offering.map(|one| (one, wishes.offerings.is_empty() || wishes.offerings.contains(&one)));
    let share = |is_wished: Option<bool>| match is_wished {
        Some(true) => WHOLE,
        Some(false) => shares.other,
        None => shares.unknown,
    };
    let sum = share(schedule.map(|(_, is)| is)) + share(offering.map(|(_, is)| is));
    (sum / 2, Why::Terms { schedule, offering })
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
