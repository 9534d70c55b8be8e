//! Why a vacancy and a person do not come together at all: each reason has a name.

use crate::exchange::canonical::job::{
    CandidateProfile, DrivingLicence, LanguageCode, LanguageLevel, Place, Remote, Schooling, Vacancy,
    VacancyStatus,
};
use crate::exchange::canonical::{Coded, Country, State, YearMonth};
use jiff::civil::Date;
use serde::Serialize;
use std::fmt;

/// A demand of a vacancy that a person meets or not. An index keeps it as a term, so that it is judged in one place.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Need {
    /// A driving licence.
    Licence(DrivingLicence),
    /// A certificate.
    Certificate(Coded),
    /// A language without which nobody is taken, and how well.
    Language(LanguageCode, Option<LanguageLevel>),
    /// The least schooling.
    Schooling(Schooling),
}

/// Why the two do not come together.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(tag = "barrier", rename_all = "snake_case")]
pub enum Barrier {
    /// It is filled, or its last day is over.
    Closed,
    /// It lies in none of the states that the person wishes.
    StateNotWished,
    /// It lies elsewhere, and the person would not move.
    NoWillToMove,
    /// The person wishes work from afar alone, and it is not.
    NotAfar,
    /// It is done from afar alone, and the person wishes none such.
    AfarOnly,
    /// A driving licence is lacking.
    LicenceLacking {
        /// Which.
        licence: DrivingLicence,
    },
    /// A certificate is lacking, or is past its last month.
    CertificateLacking {
        /// Which.
        certificate: Coded,
    },
    /// A language is lacking, or not known well enough.
    LanguageLacking {
        /// Which.
        language: LanguageCode,
        /// How well it must be known.
        #[serde(skip_serializing_if = "Option::is_none")]
        level: Option<LanguageLevel>,
    },
    /// The person has less schooling.
    SchoolingBelow {
        /// The least.
        least: Schooling,
    },
}

impl Barrier {
    /// Its name, without what exactly is lacking.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::StateNotWished => "state_not_wished",
            Self::NoWillToMove => "no_will_to_move",
            Self::NotAfar => "not_afar",
            Self::AfarOnly => "afar_only",
            Self::LicenceLacking { .. } => "licence_lacking",
            Self::CertificateLacking { .. } => "certificate_lacking",
            Self::LanguageLacking { .. } => "language_lacking",
            Self::SchoolingBelow { .. } => "schooling_below",
        }
    }
}

impl Need {
    /// The demands of a vacancy.
    pub fn of(vacancy: &Vacancy) -> impl Iterator<Item = Self> + '_ {
        let licences = vacancy.licences.iter().map(|licence| Self::Licence(*licence));
        let certificates = vacancy.certificates.iter().map(|one| Self::Certificate(one.code.clone()));
        let required = vacancy.languages.iter().filter(|language| language.is_required);
        let languages = required.map(|one| Self::Language(one.language, one.level));
        licences.chain(certificates).chain(languages).chain(vacancy.schooling.map(Self::Schooling))
    }

    /// Whether a person meets it. What a profile does not say is no reason to refuse: a level, schooling.
    pub fn is_met_by(&self, profile: &CandidateProfile, today: Date) -> bool {
        match self {
            Self::Licence(needed) => profile.licences.iter().any(|held| includes(*held, *needed)),
            Self::Certificate(code) => profile.certificates.iter().any(|held| {
                held.code == *code && held.valid_to.is_none_or(|month| is_not_over(month, today))
            }),
            Self::Language(language, level) => profile.languages.iter().any(|known| {
                let is_enough = known.level.zip(*level).is_none_or(|(known, needed)| known >= needed);
                known.language == *language && is_enough
            }),
            Self::Schooling(least) => profile.schooling.is_none_or(|schooling| schooling >= *least),
        }
    }

    /// What stands in the way of who does not meet it.
    pub fn barrier(self) -> Barrier {
        match self {
            Self::Licence(licence) => Barrier::LicenceLacking { licence },
            Self::Certificate(certificate) => Barrier::CertificateLacking { certificate },
            Self::Language(language, level) => Barrier::LanguageLacking { language, level },
            Self::Schooling(least) => Barrier::SchoolingBelow { least },
        }
    }

    /// Reads what [`fmt::Display`] writes.
    pub fn parse(term: &str) -> Option<Self> {
        let (kind, rest) = term.split_once(':')?;
        match kind {
            "licence" => rest.parse().ok().map(Self::Licence),
            "certificate" => rest.parse().ok().map(Self::Certificate),
            "schooling" => rest.parse().ok().map(Self::Schooling),
            "language" => {
                let (language, level) = rest.split_once(':').unwrap_or((rest, ""));
                let level = if level.is_empty() { None } else { Some(level.parse().ok()?) };
                Some(Self::Language(language.parse().ok()?, level))
            }
            _ => None,
        }
    }
}

impl fmt::Display for Need {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Licence(licence) => write!(f, "licence:{licence}"),
            Self::Certificate(code) => write!(f, "certificate:{}", code.as_str()),
            Self::Language(language, None) => write!(f, "language:{language}"),
            Self::Language(language, Some(level)) => write!(f, "language:{language}:{level}"),
            Self::Schooling(least) => write!(f, "schooling:{least}"),
        }
    }
}

/// Everything that stands between a person and a vacancy on a day.
pub fn barriers(profile: &CandidateProfile, vacancy: &Vacancy, today: Date) -> Vec<Barrier> {
    let mut found = Vec::new();
    let is_over = vacancy.closes_on.is_some_and(|last| last < today);
    if is_over || vacancy.status == VacancyStatus::Closed {
        found.push(Barrier::Closed);
    }
    let wish = profile.wishes.remote;
    let offer = vacancy.remote;
    if wish == Some(Remote::Only) && !matches!(offer, Some(Remote::Only | Remote::Possible)) {
        found.push(Barrier::NotAfar);
    }
    if wish == Some(Remote::No) && offer == Some(Remote::Only) {
        found.push(Barrier::AfarOnly);
    }
    if !is_afar(profile, vacancy) {
        if !profile.wishes.states.is_empty() && !countries(vacancy).any(|country| is_wished(profile, country))
        {
            found.push(Barrier::StateNotWished);
        } else if !profile.wishes.would_move && !is_near_home(profile, vacancy) {
            found.push(Barrier::NoWillToMove);
        }
    }
    found.extend(Need::of(vacancy).filter(|need| !need.is_met_by(profile, today)).map(Need::barrier));
    found
}

/// Whether it can be done from the person's home, and the person wishes so.
pub(super) fn is_afar(profile: &CandidateProfile, vacancy: &Vacancy) -> bool {
    matches!(vacancy.remote, Some(Remote::Only | Remote::Possible))
        && matches!(profile.wishes.remote, Some(Remote::Only | Remote::Possible))
}

/// Where the work is done: the countries of its places, or that of the node which published it.
pub(super) fn countries(vacancy: &Vacancy) -> impl Iterator<Item = Country> + '_ {
    let unsaid = vacancy.places.is_empty().then(|| Country::from(vacancy.reference.state));
    vacancy.places.iter().map(|place| place.country).chain(unsaid)
}

fn is_wished(profile: &CandidateProfile, country: Country) -> bool {
    profile.wishes.states.iter().any(|state| Country::from(*state) == country)
}

/// Whether one may work there without moving: the same region, or the same country where a region is not said.
fn is_near_home(profile: &CandidateProfile, vacancy: &Vacancy) -> bool {
    let home = home(profile);
    let is_near = |place: &Place| {
        let regions = home.region.as_ref().zip(place.region.as_ref());
        place.country == home.country && regions.is_none_or(|(home, there)| home == there)
    };
    match vacancy.places.is_empty() {
        true => Country::from(vacancy.reference.state) == home.country,
        false => vacancy.places.iter().any(is_near),
    }
}

/// Where the person lives: in the state of the node that keeps him, where nothing nearer is said.
pub(super) fn home(profile: &CandidateProfile) -> Place {
    let unsaid = |state: State| Place { country: state.into(), region: None, name: None };
    profile.home.clone().unwrap_or_else(|| unsaid(profile.state))
}

fn is_not_over(month: YearMonth, today: Date) -> bool {
    (month.year(), month.month()) >= (today.year(), today.month())
}

/// Whether a driving licence allows all that another does. Only what is common to the five states is taken: the category
/// with a trailer includes that without, the larger vehicle the smaller of its kind.
fn includes(held: DrivingLicence, needed: DrivingLicence) -> bool {
    use DrivingLicence::{A, A1, A2, Am, B, B1, Be, C, C1, C1e, Ce, D, D1, D1e, De};
    let below: &[DrivingLicence] = match held {
        A => &[A2, A1, Am],
        A2 => &[A1, Am],
        A1 => &[Am],
        B => &[B1, Am],
        Be => &[B, B1, Am],
        C => &[C1],
        Ce => &[C, C1, C1e],
        C1e => &[C1],
        D => &[D1],
        De => &[D, D1, D1e],
        D1e => &[D1],
        Am | B1 | C1 | D1 => &[],
    };
    held == needed || below.contains(&needed)
}
