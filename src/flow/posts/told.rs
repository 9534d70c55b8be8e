//! Codes, scores and pay as people read them, in the reader's language; the codes stand beside.

use crate::base::{Language, phrases};
use crate::exchange::canonical::job::{
    CandidateProfile, ExperienceBand, IscoCode, LanguageSkill, Pay, Place, Schooling, Skill, Worked,
};
use crate::exchange::canonical::{Coded, Country, State};
use crate::labour::matching::{
    Asked, LanguageSeen, Monthly, Part, PayShown, PlaceStanding, Score, Warning, Why,
};
use crate::labour::occupations::{OccupationTree, SkillList};
use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

/// A code with its name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct NameTold {
    /// The code.
    pub code: String,
    /// What it is called; the code itself where no name is known.
    pub name: String,
}

/// An occupation by one list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct OccupationTold {
    /// Of which list, such as `isco-08` or `okpdtr`.
    pub scheme: String,
    /// The code in it.
    pub code: String,
    /// The group of ISCO-08 that it is mapped to.
    pub isco: Option<String>,
    /// How exactly: `exact`, `broader`, `narrower` or `close`.
    pub relation: Option<String>,
    /// What the group is called.
    pub name: String,
}

/// Where work is done, or somebody lives.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct PlaceTold {
    /// The country.
    pub country: String,
    /// The code of the region in the register of the country.
    pub region: Option<String>,
    /// In words.
    pub told: String,
}

/// Pay, as its source says it and for the reader.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct PayTold {
    /// The lower end.
    pub min: Option<String>,
    /// The upper end.
    pub max: Option<String>,
    /// In which currency.
    pub currency: String,
    /// For which span.
    pub interval: String,
    /// Before or after taxes: `gross` or `net`.
    pub tax: Option<String>,
    /// In words.
    pub told: String,
    /// For a month in the reader's currency, in words; nothing where no rate is known.
    pub monthly: Option<String>,
    /// The day of the rate.
    pub rate_on: Option<String>,
    /// Whether that day is long ago.
    pub is_rate_old: bool,
}

/// A language and how well it is known, or is to be known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct LanguageTold {
    /// Its code.
    pub code: String,
    /// What it is called.
    pub name: String,
    /// The level of CEFR, or `native`.
    pub level: Option<String>,
    /// Whether nobody is taken without it.
    pub is_required: bool,
}

/// An occupation of a person with how long.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct WorkedTold {
    /// As what.
    pub occupation: OccupationTold,
    /// How long, in bands; nothing of what is wished for alone.
    pub experience: Option<NameTold>,
}

/// What a person wishes of work.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct WishesTold {
    /// In which states.
    pub states: Vec<NameTold>,
    /// In which regions.
    pub places: Vec<PlaceTold>,
    /// Whether the person would move.
    pub would_move: bool,
    /// The least pay.
    pub pay: Option<PayTold>,
    /// How much of the time.
    pub schedules: Vec<NameTold>,
}

/// A profile without a name: there is no field for one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ProfileTold {
    /// Whose node keeps the person.
    pub state: String,
    /// What he has worked as.
    pub work: Vec<WorkedTold>,
    /// What he can do.
    pub skills: Vec<NameTold>,
    /// The highest schooling.
    pub schooling: Option<NameTold>,
    /// Which languages.
    pub languages: Vec<LanguageTold>,
    /// Which driving licences.
    pub licences: Vec<String>,
    /// Which certificates, by their codes.
    pub certificates: Vec<String>,
    /// Where he lives, as the guard of small cells lets it be told.
    pub home: Option<PlaceTold>,
    /// What he wishes.
    pub wishes: WishesTold,
}

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

/// What a word of a list is called.
pub(super) fn choice(language: Language, list: &str, word: &str) -> String {
    let key = format!("choice-{list}-{word}").replace('_', "-");
    if phrases(Language::En).has(&key) { phrases(language).say(&key) } else { word.to_owned() }
}

pub(super) fn named(language: Language, list: &str, word: &str) -> NameTold {
    NameTold { code: word.to_owned(), name: choice(language, list, word) }
}

/// What a group of ISCO-08 is called.
pub(super) fn group_says(language: Language, group: IscoCode) -> String {
    let known = OccupationTree::built_in().group(group);
    known.map_or_else(|| group.to_string(), |known| known.title(language).to_owned())
}

pub(super) fn group_told(language: Language, group: IscoCode) -> OccupationTold {
    OccupationTold {
        scheme: "isco-08".to_owned(),
        code: group.to_string(),
        isco: Some(group.to_string()),
        relation: None,
        name: group_says(language, group),
    }
}

pub(super) fn occupation_told(
    language: Language,
    occupation: &crate::exchange::canonical::job::Occupation,
) -> OccupationTold {
    let code = occupation.code.as_str().to_owned();
    let name = occupation.isco.map_or_else(|| code.clone(), |group| group_says(language, group));
    OccupationTold {
        scheme: occupation.scheme.as_str().to_owned(),
        code,
        isco: occupation.isco.map(|group| group.to_string()),
        relation: occupation.relation.map(|relation| relation.to_string()),
        name,
    }
}

/// What a skill is called.
fn skill_says(language: Language, code: &Coded) -> String {
    let known = SkillList::built_in().skill(code.as_str());
    known.map_or_else(|| code.as_str().to_owned(), |known| known.name(language).to_owned())
}

pub(super) fn skills_told(language: Language, skills: &[Skill]) -> Vec<NameTold> {
    let told = |skill: &Skill| {
        let name = skill.code.as_ref().map(|code| skill_says(language, code));
        let name = name.or_else(|| skill.name.as_ref().map(|name| name.as_str().to_owned()))?;
        let code = skill.code.as_ref().map(|code| code.as_str().to_owned()).unwrap_or_default();
        Some(NameTold { code, name })
    };
    skills.iter().filter_map(told).collect()
}

pub(super) fn state_says(language: Language, state: State) -> String {
    choice(language, "peer", state.as_code())
}

fn country_says(language: Language, country: Country) -> String {
    choice(language, "peer", &country.to_string())
}

pub(super) fn place_told(language: Language, place: &Place) -> PlaceTold {
    let country = country_says(language, place.country);
    let nearer = place.name.as_ref().map(|name| name.as_str().to_owned());
    let nearer = nearer.or_else(|| place.region.as_ref().map(|region| region.as_str().to_owned()));
    PlaceTold {
        country: place.country.to_string(),
        region: place.region.as_ref().map(|region| region.as_str().to_owned()),
        told: nearer.map_or(country.clone(), |nearer| format!("{country}, {nearer}")),
    }
}

pub(super) fn languages_told(language: Language, skills: &[LanguageSkill]) -> Vec<LanguageTold> {
    let told = |skill: &LanguageSkill| LanguageTold {
        code: skill.language.to_string(),
        name: choice(language, "text-language", skill.language.as_code()),
        level: skill.level.map(|level| level.to_string()),
        is_required: skill.is_required,
    };
    skills.iter().map(told).collect()
}

pub(super) fn schooling_told(language: Language, schooling: Schooling) -> NameTold {
    named(language, "schooling", schooling.as_code())
}

/// Pay, and what it is for the reader.
pub(super) fn pay_told(language: Language, shown: &PayShown) -> PayTold {
    let pay = &shown.offered;
    PayTold {
        min: pay.min().map(|end| end.to_string()),
        max: pay.max().map(|end| end.to_string()),
        currency: pay.currency().to_string(),
        interval: pay.interval().to_string(),
        tax: pay.tax().map(|tax| tax.to_string()),
        told: pay_says(language, pay),
        monthly: shown.monthly.as_ref().map(|monthly| monthly_says(language, monthly)),
        rate_on: shown.monthly.as_ref().and_then(|monthly| monthly.rate_on).map(|on| on.to_string()),
        is_rate_old: shown.monthly.as_ref().is_some_and(|monthly| monthly.is_rate_old),
    }
}

fn pay_says(language: Language, pay: &Pay) -> String {
    let tax = pay.tax().map(|tax| format!(", {}", choice(language, "tax", tax.as_code())));
    let span = choice(language, "interval", pay.interval().as_code());
    let ends = ends_say(language, pay.min(), pay.max());
    format!("{ends} {} {span}{}", pay.currency(), tax.unwrap_or_default())
}

fn monthly_says(language: Language, pay: &Monthly) -> String {
    let span = choice(language, "interval", "month");
    format!("{} {} {span}", ends_say(language, pay.min, pay.max), pay.currency)
}

fn ends_say(language: Language, min: Option<Decimal>, max: Option<Decimal>) -> String {
    let say =
        |key: &str, end: Decimal| phrases(language).say_with(key, &[("amount", &amount(end, language))]);
    match (min, max) {
        (Some(min), Some(max)) if min == max => amount(min, language),
        (Some(min), Some(max)) => format!("{}–{}", amount(min, language), amount(max, language)),
        (Some(min), None) => say("pay-from", min),
        (None, Some(max)) => say("pay-up-to", max),
        (None, None) => String::new(),
    }
}

/// An amount with its thousands apart.
fn amount(amount: Decimal, language: Language) -> String {
    let text = amount.normalize().to_string();
    let (whole, rest) =
        text.split_once('.').map_or((text.as_str(), None), |(whole, rest)| (whole, Some(rest)));
    let between = if language == Language::En { ',' } else { '\u{a0}' };
    let mut told = String::new();
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at).is_multiple_of(3) {
            told.push(between);
        }
        told.push(digit);
    }
    let point = if language == Language::En { '.' } else { ',' };
    rest.map_or(told.clone(), |rest| format!("{told}{point}{rest}"))
}

/// A profile in words.
pub(super) fn profile_told(
    language: Language,
    profile: &CandidateProfile,
    pay_shown: impl Fn(&Pay) -> PayShown,
) -> ProfileTold {
    let worked = |worked: &Worked| WorkedTold {
        occupation: occupation_told(language, &worked.occupation),
        experience: worked.experience.map(|band| named(language, "experience-band", band.as_code())),
    };
    let wishes = &profile.wishes;
    ProfileTold {
        state: profile.state.to_string(),
        work: profile.work.iter().map(worked).collect(),
        skills: skills_told(language, &profile.skills),
        schooling: profile.schooling.map(|schooling| schooling_told(language, schooling)),
        languages: languages_told(language, &profile.languages),
        licences: profile.licences.iter().map(ToString::to_string).collect(),
        certificates: profile.certificates.iter().map(|one| one.code.as_str().to_owned()).collect(),
        home: profile.home.as_ref().map(|home| place_told(language, home)),
        wishes: WishesTold {
            states: wishes.states.iter().map(|state| named(language, "peer", state.as_code())).collect(),
            places: wishes.places.iter().map(|place| place_told(language, place)).collect(),
            would_move: wishes.would_move,
            pay: wishes.pay.as_ref().map(|pay| pay_told(language, &pay_shown(pay))),
            schedules: wishes
                .schedules
                .iter()
                .map(|one| named(language, "schedule", one.as_code()))
                .collect(),
        },
    }
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
            |level: crate::exchange::canonical::job::LanguageLevel| {
                choice(language, "level", level.as_code())
            },
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

    #[test]
    fn amounts_stand_in_the_readers_form() {
        let of = |text: &str, language| amount(text.parse().unwrap(), language);
        assert_eq!(of("420000", Language::En), "420,000");
        assert_eq!(of("1234567.50", Language::Ru), "1\u{a0}234\u{a0}567,5");
        assert_eq!(of("12", Language::Kk), "12");
    }

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
