//! What matching sees of the generated world: gaps, wrong codes, other words.

use super::hidden::{Opening, Seeker};
use super::phrases::phrases;
use super::world::{World, WorldFault};
use crate::exchange::canonical::job::{
    CandidateProfile, ExperienceBand, IscoCode, LanguageCode, LanguageLevel, LanguageSkill, Occupation, Pay,
    PayInterval, Place, ProfileRef, Relation, Remote, Schedule, Skill, Vacancy, VacancyRef, VacancyStatus,
    Wishes, Worked,
};
use crate::exchange::canonical::{Coded, Currency, State, YearMonth};
use jiff::{Timestamp, ToSpan};
use rust_decimal::Decimal;
use std::str::FromStr;

/// How often the code of a vacancy is right, and how often it is wrong; else there is none.
pub(super) const CODE_OF_VACANCY: [f64; 2] = [0.72, 0.08];
/// The same of a profile.
pub(super) const CODE_OF_PROFILE: [f64; 2] = [0.93, 0.07];

impl World {
    /// A post as its source writes it.
    pub(super) fn observe_opening(&self, opening: &Opening, number: usize) -> Result<Vacancy, WorldFault> {
        let dice = &self.dice;
        let language = opening.language;
        let title = self.title(opening.trade, language);
        let said: Vec<usize> =
            opening.needs.iter().filter(|_| dice.falls(0.8)).map(|(skill, _)| *skill).collect();
        let codes_none = dice.falls(0.15);
        let mut skills: Vec<Skill> = Vec::new();
        for (skill, weight) in &opening.needs {
            if let Some(known) = self.lexicon.skills.get(*skill).filter(|_| !codes_none && dice.falls(0.75)) {
                skills.push(Skill { code: Some(known.code.clone()), name: None, is_required: *weight > 0.6 });
            }
        }
        let posted_on = Self::today()
            .checked_sub(opening.days_ago.days())
            .map_err(|error| WorldFault(error.to_string()))?;
        let says_languages = dice.falls(0.6);
        let mut languages: Vec<LanguageSkill> = Vec::new();
        if let ([only], true) = (&opening.works_in[..], says_languages) {
            let level = LanguageLevel::ALL.get(opening.level.saturating_sub(1)).copied();
            languages.push(LanguageSkill { language: *only, level, is_required: dice.falls(0.7) });
        }
        let is_afar =
            if opening.is_afar { Some(Remote::Possible) } else { dice.falls(0.5).then_some(Remote::No) };
        Ok(Vacancy {
            reference: VacancyRef {
                state: opening.state,
                source: coded("X-GENERATED")?,
                id: parsed(&number.to_string())?,
            },
            status: VacancyStatus::Open,
            title: parsed(&title)?,
            language: Some(language),
            description: Some(parsed(&self.description(&said, language))?),
            occupations: self.written_code(opening.trade, CODE_OF_VACANCY)?.into_iter().collect(),
            employer: None,
            is_of_agency: false,
            places: vec![Place {
                country: opening.state.into(),
                region: if dice.falls(0.9) { Some(coded(opening.region)?) } else { None },
                name: None,
            }],
            remote: is_afar,
            pay: if dice.falls(0.75) {
                pay(opening.pay * 0.95, Some(opening.pay * 1.1), opening.state)
            } else {
                None
            },
            offering: None,
            schedule: dice.falls(0.8).then_some(opening.schedule),
            skills,
            languages,
            licences: opening.licence.into_iter().collect(),
            certificates: Vec::new(),
            schooling: dice.falls(0.6).then_some(opening.schooling),
            experience_months: dice.falls(0.7).then_some(opening.months),
            posts: 1,
            quotas: Vec::new(),
            benefits: Vec::new(),
            industries: Vec::new(),
            posted_on,
            changed_at: Timestamp::UNIX_EPOCH,
            closes_on: None,
            page: None,
            contacts: Vec::new(),
        })
    }

    /// A person as his profile tells him, and the words that he would type.
    pub(super) fn observe_seeker(&self, seeker: &Seeker) -> Result<(CandidateProfile, String), WorldFault> {
        let dice = &self.dice;
        let band = Some(ExperienceBand::of_months(seeker.months));
        let mut work: Vec<Worked> = Vec::new();
        for (trade, experience) in [(Some(seeker.trade), band), (seeker.second, None)] {
            let Some(trade) = trade else { continue };
            let written = self.written_code(trade, CODE_OF_PROFILE)?;
            work.extend(written.map(|occupation| Worked { occupation, experience }));
        }
        let can = seeker.skills.iter().filter(|(_, level)| **level > 0.5).map(|(skill, _)| *skill);
        let mut told: Vec<usize> = can.filter(|_| dice.falls(0.75)).collect();
        if dice.falls(0.2) {
            told.push(dice.below(self.lexicon.skills.len()));
        }
        if dice.falls(0.08) {
            told.clear();
        }
        let known = || told.iter().filter_map(|skill| self.lexicon.skills.get(*skill));
        let words = self.title(seeker.trade, seeker.language);
        let words = known().fold(words, |words, skill| words + " " + skill.name(seeker.language));
        let code = |skill: &super::lexicon::KnownSkill| Skill {
            code: Some(skill.code.clone()),
            name: None,
            is_required: false,
        };
        let level = |level: usize| LanguageLevel::ALL.get(level).copied();
        let pay = pay(seeker.least_pay * (0.08 * dice.normal()).exp(), None, seeker.state);
        let schedules: Vec<Schedule> = match seeker.dislikes {
            Some(disliked) => Schedule::ALL
                .iter()
                .copied()
                .filter(|one| *one != disliked && *one != Schedule::Any)
                .collect(),
            None => Vec::new(),
        };
        let today = Self::today();
        let profile = CandidateProfile {
            reference: ProfileRef(dice.uuid()),
            state: seeker.state,
            work,
            skills: known().map(code).collect(),
            schooling: dice.falls(0.85).then_some(seeker.schooling),
            languages: seeker
                .languages
                .iter()
                .map(|(language, known)| LanguageSkill {
                    language: *language,
                    level: if dice.falls(0.85) {
                        level((*known).saturating_sub(usize::from(*known < 6)))
                    } else {
                        None
                    },
                    is_required: false,
                })
                .collect(),
            licences: seeker.licences.clone(),
            certificates: Vec::new(),
            home: Some(Place {
                country: seeker.state.into(),
                region: Some(coded(seeker.region)?),
                name: None,
            }),
            wishes: Wishes {
                states: seeker.states.iter().copied().collect(),
                places: Vec::new(),
                would_move: seeker.would_move,
                remote: seeker.takes_afar.then_some(Remote::Possible),
                offerings: Vec::new(),
                schedules,
                pay: if dice.falls(0.8) { pay } else { None },
                from: None,
            },
            changed: YearMonth::new(today.year(), today.month())
                .map_err(|finding| WorldFault(finding.message))?,
        };
        Ok((profile, words))
    }

    /// A name of a trade, one in three of those that nobody who matches knows.
    fn title(&self, trade: usize, language: LanguageCode) -> String {
        let dice = &self.dice;
        let (known, other) =
            self.lexicon.trades.get(trade).map_or((&[][..], &[][..]), |trade| trade.names(language));
        let name = if dice.falls(0.35) { dice.pick(other).or(dice.pick(known)) } else { dice.pick(known) };
        let name = name.map_or("", String::as_str);
        match dice.pick(phrases(language).decorations).filter(|_| dice.falls(0.3)) {
            Some(decoration) => format!("{name} {decoration}"),
            None => name.to_owned(),
        }
    }

    fn description(&self, skills: &[usize], language: LanguageCode) -> String {
        let dice = &self.dice;
        let phrases = phrases(language);
        let names = skills.iter().filter_map(|skill| self.lexicon.skills.get(*skill));
        let names: Vec<&str> = names.map(|skill| skill.name(language)).collect();
        let (duties, demands) = names.split_at(names.len() / 2);
        let common: Vec<&str> = phrases.common.iter().copied().filter(|_| dice.falls(0.5)).collect();
        format!(
            "{}: {}. {}: {}. {}.",
            phrases.duties,
            duties.join(", "),
            phrases.demands,
            demands.join(", "),
            common.join(". ")
        )
    }

    /// The code of a trade as it is written: right, wrong, or not at all, by two chances.
    fn written_code(&self, trade: usize, [right, wrong]: [f64; 2]) -> Result<Option<Occupation>, WorldFault> {
        let dice = &self.dice;
        let drawn = dice.unit();
        let written = match drawn {
            drawn if drawn < right => Some(trade),
            drawn if drawn < right + wrong => Some(self.wrong(trade)),
            _ => None,
        };
        let group = written.and_then(|written| self.lexicon.trades.get(written)).map(|trade| trade.group);
        group.map(occupation).transpose()
    }

    /// Half of the wrong codes are of a neighbour, half are any.
    fn wrong(&self, trade: usize) -> usize {
        let dice = &self.dice;
        let trades = &self.lexicon.trades;
        let group = trades.get(trade).map(|trade| trade.group);
        let is_near = |other: usize| {
            let other = trades.get(other).map(|trade| trade.group);
            group.zip(other).is_some_and(|(group, other)| group != other && group.shared_levels(&other) >= 2)
        };
        let near: Vec<usize> = (0..trades.len()).filter(|other| is_near(*other)).collect();
        let any = dice.below(trades.len());
        if dice.falls(0.5) { dice.pick(&near).copied().unwrap_or(any) } else { any }
    }
}

fn occupation(group: IscoCode) -> Result<Occupation, WorldFault> {
    Ok(Occupation {
        scheme: coded("isco-08")?,
        edition: coded("2008")?,
        code: coded(group.as_code())?,
        isco: Some(group),
        relation: Some(Relation::Exact),
    })
}

/// What a unit of the currency of a state is in roubles.
pub(super) fn in_roubles(state: State) -> f64 {
    match state {
        State::Ru => 1.0,
        State::Kz => 0.16,
        State::By => 27.0,
        State::Kg => 0.92,
        State::Am => 0.21,
    }
}

/// Pay for a month, in the currency of a state.
fn pay(low: f64, high: Option<f64>, state: State) -> Option<Pay> {
    let currency = match state {
        State::Ru => "RUB",
        State::Kz => "KZT",
        State::By => "BYN",
        State::Kg => "KGS",
        State::Am => "AMD",
    };
    let roubles = in_roubles(state);
    let amount = |end: f64| Decimal::from_str(&format!("{:.0}", (end / roubles / 10.0).ceil() * 10.0)).ok();
    let ends = (amount(low), high.and_then(amount));
    Pay::new(ends, currency.parse::<Currency>().ok()?, PayInterval::Month, None).ok()
}

fn coded(code: &str) -> Result<Coded, WorldFault> {
    parsed(code)
}

fn parsed<T: FromStr<Err = crate::base::Finding>>(text: &str) -> Result<T, WorldFault> {
    text.parse().map_err(|finding: crate::base::Finding| WorldFault(finding.to_string()))
}
