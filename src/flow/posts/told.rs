//! Codes, scores and pay as people read them, in the reader's language; the codes stand beside.

use crate::base::{Language, phrases};
use crate::exchange::canonical::job::{
    CandidateProfile, IscoCode, LanguageSkill, Pay, Place, Schooling, Skill, Worked,
};
use crate::exchange::canonical::{Coded, Country, State};
use crate::labour::matching::{Monthly, PayShown};
use crate::labour::occupations::{OccupationTree, SkillList};
use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::Serialize;

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
pub struct PublishedProfile {
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
pub(super) fn skill_says(language: Language, code: &Coded) -> String {
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

pub(super) fn pay_says(language: Language, pay: &Pay) -> String {
    let tax = pay.tax().map(|tax| format!(", {}", choice(language, "tax", tax.as_code())));
    let span = choice(language, "interval", pay.interval().as_code());
    let ends = ends_say(language, pay.min(), pay.max());
    format!("{ends} {} {span}{}", pay.currency(), tax.unwrap_or_default())
}

pub(super) fn monthly_says(language: Language, pay: &Monthly) -> String {
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
) -> PublishedProfile {
    let worked = |worked: &Worked| WorkedTold {
        occupation: occupation_told(language, &worked.occupation),
        experience: worked.experience.map(|band| named(language, "experience-band", band.as_code())),
    };
    let wishes = &profile.wishes;
    PublishedProfile {
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
}
