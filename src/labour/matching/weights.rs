//! How much each part of a match may give: data, checked when it is read.

use super::PartKind;
use super::curve::Curve;
use crate::base::Finding;
use crate::exchange::canonical::job::{ExperienceBand, PayInterval};
use rust_decimal::Decimal;
use serde::Deserialize;
use std::sync::LazyLock;

/// The weights of `schemas/labour/weights.toml`. Shares are of 1000.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Weights {
    without_words: Points,
    with_words: Points,
    pub(super) occupation: OccupationShares,
    pub(super) skills: SkillShares,
    pub(super) languages: LanguageShares,
    pub(super) place: PlaceShares,
    pub(super) pay: PayShares,
    pub(super) terms: TermShares,
    pub(super) schooling: SchoolingShares,
    pub(super) experience: ExperienceShares,
    pub(super) freshness: FreshnessShares,
}

/// The most points of each part.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Points {
    occupation: u16,
    skills: u16,
    languages: u16,
    place: u16,
    pay: u16,
    experience: u16,
    schooling: u16,
    terms: u16,
    freshness: u16,
    text: u16,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct OccupationShares {
    pub(super) share: Curve,
    pub(super) near: Curve,
    pub(super) near_levels: [u32; 4],
    pub(super) near_skills: u32,
    pub(super) coarse_levels: [u32; 4],
    pub(super) order: Vec<u32>,
    pub(super) title: Curve,
    pub(super) offered: Chances,
    pub(super) own: Chances,
    pub(super) unknown: u32,
}

/// How likely what is seen is if a group is meant, of 10,000 of what such a one should tell.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Chances {
    near_code: u32,
    far_code: u32,
    stray_skill: u32,
    untold_skill: u32,
    coarse: u32,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SkillShares {
    pub(super) covered: Curve,
    pub(super) near: u32,
    pub(super) untold: [u32; 5],
    pub(super) usual: [u32; 5],
    pub(super) nobody: u32,
    pub(super) required_times: u32,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LanguageShares {
    pub(super) lacking: u32,
    pub(super) other_of_state: u32,
    pub(super) little: u32,
    pub(super) level_lower: Vec<u32>,
    pub(super) unknown: u32,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PlaceShares {
    pub(super) home_region: u32,
    pub(super) wished_region: u32,
    pub(super) afar: u32,
    pub(super) home_state: u32,
    pub(super) wished_state: u32,
    pub(super) another_region: u32,
    pub(super) unknown: u32,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PayShares {
    pub(super) of_wish: Curve,
    pub(super) unknown: u32,
    pub(super) hours_of_month: Decimal,
    pub(super) days_of_month: Decimal,
    pub(super) weeks_of_month: Decimal,
    pub(super) rate_days_max: i32,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TermShares {
    pub(super) other: u32,
    pub(super) unknown: u32,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SchoolingShares {
    pub(super) unknown: u32,
    pub(super) below_usual: u32,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ExperienceShares {
    pub(super) unknown: u32,
    pub(super) not_asked: [u32; 5],
    pub(super) lacking: u32,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FreshnessShares {
    pub(super) full_days: i32,
    pub(super) none_days: i32,
}

impl Chances {
    pub(super) fn near_code(&self) -> f64 {
        of_ten_thousand(self.near_code)
    }

    pub(super) fn far_code(&self) -> f64 {
        of_ten_thousand(self.far_code)
    }

    pub(super) fn stray_skill(&self) -> f64 {
        of_ten_thousand(self.stray_skill)
    }

    pub(super) fn untold_skill(&self) -> f64 {
        of_ten_thousand(self.untold_skill)
    }

    pub(super) fn coarse(&self) -> f64 {
        of_ten_thousand(self.coarse)
    }

    /// A chance of nothing would make everything impossible.
    fn is_in_order(&self) -> bool {
        let all = [self.near_code, self.far_code, self.stray_skill, self.untold_skill, self.coarse];
        all.iter().all(|chance| (1..=10_000).contains(chance))
    }
}

fn of_ten_thousand(chance: u32) -> f64 {
    f64::from(chance) / 10_000.0
}

/// The value of a list for a band; where none is told, that of the middle.
pub(super) fn of_band(shares: &[u32; 5], band: Option<ExperienceBand>) -> u32 {
    let [none, one, two, five, over] = *shares;
    match band {
        Some(ExperienceBand::None) => none,
        Some(ExperienceBand::UpToOne) => one,
        Some(ExperienceBand::UpToTwo) | None => two,
        Some(ExperienceBand::TwoToFive) => five,
        Some(ExperienceBand::OverFive) => over,
    }
}

impl Points {
    pub(super) fn of(&self, kind: PartKind) -> u16 {
        match kind {
            PartKind::Occupation => self.occupation,
            PartKind::Skills => self.skills,
            PartKind::Languages => self.languages,
            PartKind::Place => self.place,
            PartKind::Pay => self.pay,
            PartKind::Experience => self.experience,
            PartKind::Schooling => self.schooling,
            PartKind::Terms => self.terms,
            PartKind::Freshness => self.freshness,
            PartKind::Text => self.text,
        }
    }

    fn sum(&self) -> u32 {
        PartKind::ALL.iter().map(|kind| u32::from(self.of(*kind))).sum()
    }
}

impl Weights {
    /// The weights compiled into the program.
    ///
    /// # Errors
    /// Never for the file of this repository; a test reads it.
    pub fn built_in() -> Result<&'static Self, Finding> {
        static BUILT_IN: LazyLock<Result<Weights, Finding>> =
            LazyLock::new(|| Weights::parse(include_str!("../../../schemas/labour/weights.toml")));
        BUILT_IN.as_ref().map_err(Clone::clone)
    }

    /// Reads weights.
    ///
    /// # Errors
    /// A file that is not of this form, points of a column that do not add up to 1000, or a share above 1000.
    pub fn parse(text: &str) -> Result<Self, Finding> {
        let refuse = |message: String| {
            Finding::error("canonical.match_table", "weights", "points add up to 1000", "", message)
        };
        let weights: Self = toml::from_str(text).map_err(|error| refuse(error.message().to_owned()))?;
        for (column, points) in [("without_words", weights.without_words), ("with_words", weights.with_words)]
        {
            if points.sum() != WHOLE {
                let message = format!("the points of {column} add up to {}; make them {WHOLE}", points.sum());
                return Err(refuse(message));
            }
        }
        if weights.without_words.text != 0 {
            return Err(refuse("text gives points where no words were typed; write 0".to_owned()));
        }
        if let Some(share) = weights.shares().find(|share| *share > WHOLE) {
            return Err(refuse(format!("a share of {share} is above {WHOLE}")));
        }
        let Self { occupation, skills, pay, .. } = &weights;
        let curves = [&occupation.share, &occupation.near, &occupation.title, &skills.covered, &pay.of_wish];
        if !curves.iter().all(|curve| curve.is_in_order()) {
            return Err(refuse(
                "a line has no point, falls, or goes back; put its points in order".to_owned(),
            ));
        }
        if !occupation.own.is_in_order() || !occupation.offered.is_in_order() {
            return Err(refuse("a chance is not between 1 and 10000".to_owned()));
        }
        Ok(weights)
    }

    /// By how much pay of a span is multiplied to be a month's; none of pay for the whole work.
    pub fn months(&self, interval: PayInterval) -> Option<Decimal> {
        self.pay.months(interval)
    }

    pub(super) fn points(&self, has_words: bool) -> Points {
        if has_words { self.with_words } else { self.without_words }
    }

    fn shares(&self) -> impl Iterator<Item = u32> {
        let Self { occupation, skills, languages, place, pay, terms, schooling, experience, .. } = self;
        let one_by_one = [
            occupation.near_skills,
            occupation.unknown,
            skills.near,
            skills.nobody,
            languages.lacking,
            languages.other_of_state,
            languages.little,
            languages.unknown,
            place.home_region,
            place.wished_region,
            place.afar,
            place.home_state,
            place.wished_state,
            place.another_region,
            place.unknown,
            pay.unknown,
            terms.other,
            terms.unknown,
            schooling.unknown,
            schooling.below_usual,
            experience.unknown,
            experience.lacking,
        ];
        let lists = skills.untold.into_iter().chain(skills.usual).chain(experience.not_asked);
        let lists = lists.chain(occupation.near_levels).chain(occupation.coarse_levels);
        let lists = lists.chain(occupation.order.clone()).chain(languages.level_lower.clone());
        one_by_one.into_iter().chain(lists)
    }
}

/// The whole: the most of a score, and of a share.
pub(super) const WHOLE: u32 = 1000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_add_up_or_are_refused() {
        assert!(Weights::built_in().is_ok(), "{:?}", Weights::built_in().err());
        let text = include_str!("../../../schemas/labour/weights.toml");
        for (from, to) in [
            ("terms = 53", "terms = 54"),
            ("near = 500", "near = 1001"),
            ("nobody", "anybody"),
            ("[900, 150]", "[700, 150]"),
            ("far_code = 10", "far_code = 0"),
        ] {
            assert!(text.contains(from));
            assert!(Weights::parse(&text.replacen(from, to, 1)).is_err(), "{to}");
        }
    }
}
