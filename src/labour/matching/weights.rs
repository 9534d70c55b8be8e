//! How much each part of a match may give: data, checked when it is read.

use super::PartKind;
use crate::base::Finding;
use crate::exchange::canonical::job::PayInterval;
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
    pub(super) shared_levels: [u32; 5],
    pub(super) order: Vec<u32>,
    pub(super) experience_weight: u32,
    pub(super) experience: [u32; 5],
    pub(super) doubted_code: u32,
    pub(super) guess: u32,
    pub(super) by_skills: u32,
    pub(super) skills_enough: u32,
    pub(super) votes_agree: u32,
    pub(super) sharpness: u8,
    pub(super) unknown: u32,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SkillShares {
    pub(super) near: u32,
    pub(super) untold: u32,
    pub(super) required_times: u32,
    pub(super) rare_times: u32,
    pub(super) enough: u32,
    pub(super) nobody: u32,
    pub(super) of_trade: u32,
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
    pub(super) between: u32,
    pub(super) nothing_at: u32,
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
    pub(super) above: u32,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ExperienceShares {
    pub(super) unknown: u32,
    pub(super) not_asked: u32,
    pub(super) maybe: u32,
    pub(super) lacking: u32,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FreshnessShares {
    pub(super) full_days: i32,
    pub(super) none_days: i32,
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
            occupation.experience_weight,
            occupation.doubted_code,
            occupation.guess,
            occupation.by_skills,
            occupation.votes_agree,
            occupation.unknown,
            skills.near,
            skills.untold,
            skills.enough,
            skills.nobody,
            skills.of_trade,
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
            pay.between,
            pay.nothing_at,
            pay.unknown,
            terms.other,
            terms.unknown,
            schooling.unknown,
            schooling.above,
            schooling.below_usual,
            experience.unknown,
            experience.not_asked,
            experience.maybe,
            experience.lacking,
        ];
        let lists = occupation.shared_levels.into_iter().chain(occupation.experience);
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
        for (from, to) in
            [("occupation = 355", "occupation = 356"), ("near = 383", "near = 1001"), ("above", "over")]
        {
            assert!(text.contains(from));
            assert!(Weights::parse(&text.replacen(from, to, 1)).is_err(), "{to}");
        }
    }
}
