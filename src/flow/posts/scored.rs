//! A score with its parts and warnings, as people read it.

use super::told::{
    choice, group_says, monthly_says, pay_says, place_told, schooling_told, skill_says, state_says,
};
use crate::base::{Language, phrases};
use crate::exchange::canonical::Coded;
use crate::exchange::canonical::job::{ExperienceBand, IscoCode, LanguageLevel, Schooling};
use crate::labour::matching::{Asked, LanguageSeen, Part, PlaceStanding, Score, Warning, Why};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

/// How a person and a vacancy fit: the points of the parts add up to the score.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct ScoreTold {
    /// 0 to 1000.
    pub points: u16,
    /// What it is made of.
    pub parts: Vec<PartTold>,
    /// What the reader should know beside it.
    pub warnings: Vec<WarningTold>,
}

/// A part of a score.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct PartTold {
    /// What it is about.
    pub kind: String,
    /// How many points it gives.
    pub points: u16,
    /// How many it may give.
    pub most: u16,
    /// Why, in words.
    pub told: String,
    /// Why, by codes.
    pub why: Value,
}

/// A warning.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct WarningTold {
    /// Which: `recognition`, `old_rate`, `no_rate`, `tax_differs`, `pay_reckoned` or `occupation_guessed`.
    pub kind: String,
    /// Whether it keeps somebody from the post who does not act.
    pub is_hard: bool,
    /// In words.
    pub told: String,
}

/// A score in words.
pub(super) fn score_told(language: Language, score: &Score) -> ScoreTold {
    ScoreTold {
        points: score.points,
        parts: score.parts.iter().map(|part| part_told(language, part)).collect(),
        warnings: score.warnings.iter().map(|warning| warning_told(language, warning)).collect(),
    }
}

fn part_told(language: Language, part: &Part) -> PartTold {
    PartTold {
        kind: part.kind.name().to_owned(),
        points: part.points,
        most: part.most,
        told: why_says(language, &part.why),
        why: serde_json::to_value(&part.why).unwrap_or_default(), // codes and numbers alone
    }
}

fn why_says(language: Language, why: &Why) -> String {
    let say = |key: &str| phrases(language).say(key);
    let say_with = |key: &str, values: &[(&str, &str)]| phrases(language).say_with(key, values);
    match why {
        Why::Unknown => say("why-unknown"),
        Why::Occupation { own, offered, shared_levels, experience, is_guessed } => {
            let group = |group: &IscoCode| format!("{} ({group})", group_says(language, *group));
            let (own, offered, levels) = (group(own), group(offered), shared_levels.to_string());
            let alike = [("own", own.as_str()), ("offered", offered.as_str()), ("levels", levels.as_str())];
            let mut told = vec![say_with("why-occupation", &alike)];
            told.extend(experience.map(|band| band_says(language, band)));
            told.extend(is_guessed.then(|| say("why-occupation-guessed")));
            told.join("; ")
        }
        Why::Skills { had, near, missing } => {
            let list = |codes: Vec<String>| codes.join(", ");
            let of = |codes: &[Coded]| list(codes.iter().map(|code| skill_says(language, code)).collect());
            let near: Vec<String> = near
                .iter()
                .map(|(asked, own)| {
                    let (asked, own) = (skill_says(language, asked), skill_says(language, own));
                    say_with("why-skill-near", &[("asked", &asked), ("own", &own)])
                })
                .collect();
            let told = [("had", of(had)), ("near", list(near)), ("missing", of(missing))];
            let told = told.iter().filter(|(_, skills)| !skills.is_empty());
            let told: Vec<String> = told
                .map(|(key, skills)| say_with(&format!("why-skills-{key}"), &[("skills", skills)]))
                .collect();
            if told.is_empty() { say("why-unknown") } else { told.join("; ") }
        }
        Why::Languages(seen) => {
            let told: Vec<String> = seen.iter().map(|seen| language_says(language, seen)).collect();
            told.join("; ")
        }
        Why::Place { standing, place } => {
            let standing = say(place_key(*standing));
            match place {
                Some(place) => format!("{}: {standing}", place_told(language, place).told),
                None => standing,
            }
        }
        Why::Pay { offered, wished } => {
            let mut told = vec![pay_says(language, &offered.offered)];
            if let Some(monthly) = &offered.monthly {
                told.push(say_with("why-pay-monthly", &[("pay", &monthly_says(language, monthly))]));
            }
            if let Some(wished) = wished {
                told.push(say_with("why-pay-wished", &[("pay", &monthly_says(language, wished))]));
            }
            told.join("; ")
        }
        Why::Experience { asked_months, own } => {
            let asked = asked_months.to_string();
            format!(
                "{}; {}",
                say_with("why-experience-asked", &[("months", &asked)]),
                band_says(language, *own)
            )
        }
        Why::Schooling { asked, own } => {
            let name = |level: Schooling| schooling_told(language, level).name;
            let asked = asked.map_or_else(|| say("why-nothing-asked"), name);
            say_with("why-schooling", &[("asked", &asked), ("own", &name(*own))])
        }
        Why::Terms { schedule, offering } => {
            let one = |list: &str, word: &str, is_wished: bool| {
                let name = choice(language, list, word);
                let key = if is_wished { "why-term-wished" } else { "why-term-not-wished" };
                say_with(key, &[("term", &name)])
            };
            let schedule = schedule.map(|(word, is_wished)| one("schedule", word.as_code(), is_wished));
            let offering = offering.map(|(word, is_wished)| one("offering", word.as_code(), is_wished));
            let told: Vec<String> = schedule.into_iter().chain(offering).collect();
            if told.is_empty() { say("why-unknown") } else { told.join("; ") }
        }
        Why::Freshness { days } => say_with("why-freshness", &[("days", &days.to_string())]),
        Why::Text { likeness } => say_with("why-text", &[("likeness", &likeness.to_string())]),
    }
}

fn band_says(language: Language, band: ExperienceBand) -> String {
    let band = choice(language, "experience-band", band.as_code());
    phrases(language).say_with("why-experience", &[("experience", &band)])
}

fn language_says(language: Language, seen: &LanguageSeen) -> String {
    let name = choice(language, "text-language", seen.language.as_code());
    let level = |level: Option<_>| {
        level.map_or_else(
            || phrases(language).say("why-level-unsaid"),
            |level: LanguageLevel| choice(language, "level", level.as_code()),
        )
    };
    let (asked, own) = (level(seen.asked), level(seen.own));
    let key = if seen.is_known { "why-language-known" } else { "why-language-unknown" };
    phrases(language).say_with(key, &[("language", &name), ("asked", &asked), ("own", &own)])
}

fn place_key(standing: PlaceStanding) -> &'static str {
    match standing {
        PlaceStanding::AnotherRegion => "why-place-another-region",
        PlaceStanding::Unknown => "why-place-unknown",
        PlaceStanding::WishedState => "why-place-wished-state",
        PlaceStanding::HomeState => "why-place-home-state",
        PlaceStanding::Afar => "why-place-afar",
        PlaceStanding::WishedRegion => "why-place-wished-region",
        PlaceStanding::HomeRegion => "why-place-home-region",
    }
}

pub(super) fn warning_told(language: Language, warning: &Warning) -> WarningTold {
    let say = |key: &str, values: &[(&str, &str)]| phrases(language).say_with(key, values);
    let (kind, is_hard, told) = match warning {
        Warning::Recognition { state, group, asked, source } => {
            let (state, group) = (state_says(language, *state), group_says(language, *group));
            let (key, is_hard) = match asked {
                Asked::Mandatory => ("warning-recognition-mandatory", true),
                Asked::Voluntary => ("warning-recognition-voluntary", false),
                Asked::None => ("warning-recognition-none", false),
            };
            let told = say(key, &[("state", &state), ("group", &group), ("source", source)]);
            ("recognition", is_hard, told)
        }
        Warning::OldRate { on } => ("old_rate", false, say("warning-old-rate", &[("day", &on.to_string())])),
        Warning::NoRate => ("no_rate", false, say("warning-no-rate", &[])),
        Warning::TaxDiffers => ("tax_differs", false, say("warning-tax-differs", &[])),
        Warning::PayReckoned => ("pay_reckoned", false, say("warning-pay-reckoned", &[])),
        Warning::OccupationGuessed => ("occupation_guessed", false, say("warning-occupation-guessed", &[])),
    };
    WarningTold { kind: kind.to_owned(), is_hard, told }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each part and each warning is told in words of the reader's language, in all six.
    #[test]
    fn a_score_is_told_in_six_languages() {
        let group: IscoCode = "7212".parse().unwrap();
        let whys = [
            Why::Unknown,
            Why::Occupation {
                own: group,
                offered: group,
                shared_levels: 4,
                experience: None,
                is_guessed: true,
            },
            Why::Skills {
                had: vec!["X0101".parse().unwrap()],
                near: vec![("X0101".parse().unwrap(), "X0104".parse().unwrap())],
                missing: vec!["X0104".parse().unwrap()],
            },
            Why::Place { standing: PlaceStanding::WishedState, place: None },
            Why::Freshness { days: 3 },
            Why::Text { likeness: 500 },
        ];
        let warnings =
            [Warning::NoRate, Warning::TaxDiffers, Warning::PayReckoned, Warning::OccupationGuessed];
        for language in Language::ALL {
            for why in &whys {
                let told = why_says(language, why);
                assert!(
                    !told.is_empty() && !told.contains("why-") && !told.contains('$'),
                    "{language}: {told}"
                );
            }
            for warning in &warnings {
                let told = warning_told(language, warning).told;
                assert!(!told.contains("warning-"), "{language}: {told}");
            }
        }
        let skills = why_says(Language::En, &whys[2]);
        assert!(skills.contains("had") && skills.contains("missing"), "{skills}");
    }
}
