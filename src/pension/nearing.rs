//! Who nears the age of a pension, and which other states may hold service of his. Pure.
//!
//! No age stands here: they are law of each state, and the settings of its node say them.

use super::agreement::{Branch, agreement};
use crate::exchange::canonical::{Coded, Country, InsuranceRecord, Person, State};
use jiff::Span;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// The age at which a kind of pension is due, as the law of its state has it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PensionAge {
    /// The kind: a code of the kinds of pension.
    pub kind: Coded,
    /// Of whom, by a code of the list of sexes; of both if absent.
    #[serde(default)]
    pub sex: Option<Coded>,
    /// Full years.
    pub years: u16,
    /// Full months beside them.
    #[serde(default)]
    pub months: u16,
}

/// Why a state may hold service of a worker.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum HeldBy {
    /// He is a citizen of it.
    Citizenship,
    /// He has a number of it.
    Number,
    /// A period in our own records is of its territory.
    Period,
    /// An employer in our own records is registered there.
    Employer,
    /// It answered about him before.
    Record,
}

impl PensionAge {
    /// Why this age cannot be used by the node of a state, if so.
    pub fn misfit(&self, state: State) -> Option<String> {
        let code = self.kind.as_str();
        let Some(kind) = agreement().kind(code) else {
            return Some(format!("{code} is no kind of pension; stazh totalise --kinds lists them"));
        };
        if kind.state != state {
            return Some(format!("{code} is of {}; name kinds of {state}", kind.state));
        }
        if purpose_of(kind.branch).is_none() {
            return Some(format!("{code} is not due by age; name a kind that is"));
        }
        if self.sex.as_ref().is_some_and(|sex| !SEXES.contains(&sex.as_str())) {
            return Some(format!(
                "the sex of {code} is neither 1 (male) nor 2 (female); leave it out for both"
            ));
        }
        if !(AGE_MIN..=AGE_MAX).contains(&self.years) || self.months > 11 {
            return Some(format!(
                "the age of {code} is not from {AGE_MIN} to {AGE_MAX} years and 0 to 11 months; correct it"
            ));
        }
        None
    }

    /// For what a state is asked about a worker who nears it: a code of the purposes of an inquiry.
    pub fn purpose(&self) -> Option<&'static str> {
        purpose_of(agreement().kind(self.kind.as_str())?.branch)
    }

    /// The day on which somebody reaches it; none past the end of the calendar.
    pub fn reached_on(&self, born: Date) -> Option<Date> {
        let age = Span::new().years(i64::from(self.years)).months(i64::from(self.months));
        born.checked_add(age).ok()
    }

    /// Whether it is of a person's sex, as told or as a number of his tells; of one whose sex nobody tells it is.
    fn is_of(&self, person: &Person) -> bool {
        let told = person.sex.as_ref().map(Coded::as_str).filter(|sex| SEXES.contains(sex));
        let by_number = || person.identifiers.iter().find_map(|held| held.identifier.sex());
        match (&self.sex, told.or_else(by_number)) {
            (Some(of), Some(sex)) => of.as_str() == sex,
            (Some(_), None) | (None, _) => true,
        }
    }
}

/// The age that a person reaches next within so many months, the day itself included; none that he has reached.
pub fn nearing<'a>(
    ages: &'a [PensionAge],
    person: &Person,
    months: u16,
    today: Date,
) -> Option<&'a PensionAge> {
    let ahead = today.checked_add(Span::new().months(i64::from(months))).unwrap_or(Date::MAX);
    let near = ages.iter().filter(|age| age.is_of(person)).filter_map(|age| {
        let day = age.reached_on(person.birth_date)?;
        (today..=ahead).contains(&day).then_some((day, age))
    });
    near.min_by_key(|(day, _)| *day).map(|(_, age)| age)
}

/// Which other states may hold service of a worker, and why, by what our own state knows.
pub fn holders(record: &InsuranceRecord, ours: State) -> BTreeMap<State, BTreeSet<HeldBy>> {
    let mut found: BTreeMap<State, BTreeSet<HeldBy>> = BTreeMap::new();
    let mut note = |state: State, why: HeldBy| {
        if state != ours {
            found.entry(state).or_default().insert(why);
        }
    };
    let person = &record.person;
    person.citizenships.iter().filter_map(member).for_each(|state| note(state, HeldBy::Citizenship));
    person.identifiers.iter().for_each(|held| note(held.identifier.kind().state(), HeldBy::Number));
    record.standing_periods().for_each(|period| note(period.state, HeldBy::Period));
    let employers = record.standing_periods().filter_map(|period| period.employer.as_ref());
    let payers = record.standing_contributions().filter_map(|contribution| contribution.employer.as_ref());
    let countries = employers.chain(payers).filter_map(|employer| employer.state.as_ref());
    countries.filter_map(member).for_each(|state| note(state, HeldBy::Employer));
    found
}

/// The member state that a country is.
fn member(country: &Country) -> Option<State> {
    State::ALL.into_iter().find(|state| Country::from(*state) == *country)
}

/// Nothing where a pension is not due by age.
fn purpose_of(branch: Branch) -> Option<&'static str> {
    match branch {
        Branch::OldAge | Branch::Funded => Some("old-age"),
        Branch::LongService => Some("long-service"),
        Branch::Disability | Branch::Survivors => None,
    }
}

impl fmt::Display for HeldBy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Citizenship => "a citizen of it",
            Self::Number => "a number of it",
            Self::Period => "a period there",
            Self::Employer => "an employer of it",
            Self::Record => "a record that it sent before",
        })
    }
}

/// The codes of the list of sexes for which an age may differ.
const SEXES: [&str; 2] = ["1", "2"];
const AGE_MIN: u16 = 30;
const AGE_MAX: u16 = 100;

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;
    use serde_json::json;

    fn ages(written: &str) -> Vec<PensionAge> {
        #[derive(Deserialize)]
        struct Written {
            age: Vec<PensionAge>,
        }
        toml::from_str::<Written>(written).unwrap().age
    }

    fn person(born: &str, sex: Option<&str>) -> Person {
        let name = json!({ "family": "Осмонов", "given": "Азамат" });
        serde_json::from_value(json!({ "name": name, "birth_date": born, "sex": sex })).unwrap()
    }

    #[test]
    fn an_age_is_near_from_so_many_months_before_its_day_to_that_day() {
        let ages = ages(
            "age = [{ kind = 'kg-old-age', sex = '1', years = 63 }, { kind = 'kg-old-age', sex = '2', years = 58, months = 6 }]",
        );
        let near = |born: &str, sex, today| {
            nearing(&ages, &person(born, sex), 12, today).map(|age| (age.years, age.months))
        };
        let man = |today| near("1964-02-29", Some("1"), today);
        assert_eq!(man(date(2026, 2, 27)), None);
        assert_eq!(man(date(2026, 2, 28)), Some((63, 0)), "the day is 28 February 2027");
        assert_eq!(man(date(2027, 2, 28)), Some((63, 0)));
        assert_eq!(man(date(2027, 3, 1)), None, "he has reached it");
        assert_eq!(near("1964-04-09", Some("2"), date(2022, 4, 1)), Some((58, 6)));
        assert_eq!(near("1964-04-09", Some("1"), date(2022, 4, 1)), None);
        assert_eq!(near("1964-04-09", None, date(2022, 4, 1)), Some((58, 6)), "nobody tells his sex");
        let number = json!([{ "kind": "pin", "value": "21503198500017" }]);
        let mut known = person("1985-03-15", None);
        known.identifiers = serde_json::from_value(number).unwrap();
        let sex = known.identifiers[0].identifier.sex();
        let near = nearing(&ages, &known, 12, date(2043, 6, 1));
        assert_eq!(near.map(|age| age.years), (sex == Some("2")).then_some(58), "a number tells {sex:?}");
    }

    #[test]
    fn every_mark_of_another_state_is_a_reason() {
        let record: InsuranceRecord = serde_json::from_value(json!({
            "state": "RU", "as_of": "2026-11-01",
            "person": {
                "name": { "family": "Осмонов", "given": "Азамат" }, "birth_date": "1964-04-09",
                "citizenships": ["KG", "RU", "TR"], "identifiers": [{ "kind": "pin", "value": "21503198500017" }],
            },
            "periods": [
                { "id": "a", "state": "RU", "interval": { "from": "2010-01-01" }, "kind": "work",
                  "employer": { "state": "BY" } },
                { "id": "b", "state": "KZ", "interval": { "from": "2000-01-01", "to": "2001-12-31" }, "kind": "work" },
                { "id": "c", "state": "AM", "interval": { "from": "1999-01-01", "to": "1999-12-31" }, "kind": "work",
                  "cancelled_on": "2020-01-01" },
            ],
        }))
        .unwrap();
        let found: Vec<(State, Vec<HeldBy>)> = holders(&record, State::Ru)
            .into_iter()
            .map(|(state, why)| (state, why.into_iter().collect()))
            .collect();
        assert_eq!(
            found,
            [
                (State::By, vec![HeldBy::Employer]),
                (State::Kg, vec![HeldBy::Citizenship, HeldBy::Number]),
                (State::Kz, vec![HeldBy::Period]),
            ]
            .into_iter()
            .collect::<BTreeMap<_, _>>()
            .into_iter()
            .collect::<Vec<_>>()
        );
    }

    #[test]
    fn an_age_that_cannot_be_meant_is_told() {
        for (written, told) in [
            ("kind = 'kz-basic', years = 63", "no kind of pension"),
            ("kind = 'kg-old-age', years = 63", "is of KG; name kinds of RU"),
            ("kind = 'ru-disability', years = 60", "not due by age"),
            ("kind = 'ru-old-age', years = 60, sex = '9'", "neither 1 (male) nor 2"),
            ("kind = 'ru-old-age', years = 6", "not from 30 to 100 years"),
            ("kind = 'ru-old-age', years = 60, months = 12", "not from 30 to 100 years"),
        ] {
            let misfit = ages(&format!("age = [{{ {written} }}]"))[0].misfit(State::Ru).unwrap();
            assert!(misfit.contains(told), "{misfit}");
        }
        let fit = &ages("age = [{ kind = 'ru-old-age', years = 60 }]")[0];
        assert_eq!((fit.misfit(State::Ru), fit.purpose()), (None, Some("old-age")));
    }
}
