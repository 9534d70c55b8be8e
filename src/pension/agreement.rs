//! What the Agreement fixes, as data (`schemas/treaty/agreement.toml`).

use crate::base::Texts;
use crate::exchange::canonical::State;
use jiff::civil::Date;
use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// The parts of the Agreement that the arithmetic of a claim needs.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Agreement {
    dates: Dates,
    threshold: Threshold,
    coefficient: Coefficient,
    #[serde(rename = "payer")]
    payers: Vec<Payer>,
    residence_only: BTreeMap<State, Texts>,
    kinds: BTreeMap<String, PensionKind>,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Dates {
    in_force: Known,
    second_class: Known,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Known {
    day: Date,
    #[serde(rename = "confidence")]
    _confidence: Confidence,
}

/// How sure a fact is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Confidence {
    #[serde(rename = "official text")]
    OfficialText,
    Inferred,
    Unverified,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Threshold {
    full_months: u32,
    exempt: Vec<Branch>,
    #[serde(rename = "confidence")]
    _confidence: Confidence,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Coefficient {
    states: Vec<State>,
    per_year: Decimal,
    #[serde(rename = "months_in_a_year")]
    _months: u32,
    #[serde(rename = "days_in_a_year")]
    _days: u32,
    #[serde(rename = "confidence")]
    _confidence: Confidence,
}

/// For what a pension is paid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Branch {
    /// Age.
    OldAge,
    /// Long service in a profession.
    LongService,
    /// Disability.
    Disability,
    /// The death of who supported the family.
    Survivors,
    /// Savings.
    Funded,
}

/// A kind of pension that the Agreement covers (T3).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(from = "WrittenKind")]
pub struct PensionKind {
    /// Who pays it.
    pub state: State,
    /// For what.
    pub branch: Branch,
    rests_on: Branch,
    names: Texts,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenKind {
    state: State,
    branch: Branch,
    /// The branch whose facts it rests on, where that is another: savings that are paid for disability.
    #[serde(default)]
    rests_on: Option<Branch>,
    en: String,
    ru: String,
}

impl From<WrittenKind> for PensionKind {
    fn from(written: WrittenKind) -> Self {
        let WrittenKind { state, branch, rests_on, en, ru } = written;
        Self { state, branch, rests_on: rests_on.unwrap_or(branch), names: Texts::new(en, ru) }
    }
}

impl PensionKind {
    /// The branch whose facts it rests on: savings that are paid for disability rest on those of disability.
    pub fn rests_on(&self) -> Branch {
        self.rests_on
    }

    /// What it is called.
    pub fn names(&self) -> &Texts {
        &self.names
    }
}

/// The class of a period: who pays for it depends on when it was (T44, T45, T48).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
pub enum PeriodClass {
    /// Before the CIS agreement of 1992.
    P1,
    /// From then on, before this Agreement.
    P2,
    /// Since this Agreement.
    P3,
}

impl PeriodClass {
    /// All three, the earliest first.
    pub const ALL: [Self; 3] = [Self::P1, Self::P2, Self::P3];

    fn number(self) -> u8 {
        match self {
            Self::P1 => 1,
            Self::P2 => 2,
            Self::P3 => 3,
        }
    }
}

/// Who pays for a class of periods.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Payer {
    class: u8,
    /// Acquired where it is claimed.
    #[serde(default)]
    own: bool,
    /// Between these two only.
    #[serde(default)]
    between: Option<[State; 2]>,
    /// Where this one is one of the two.
    #[serde(default)]
    with: Option<State>,
    /// Of claims filed from this day on.
    #[serde(default)]
    claims_from: Option<Date>,
    /// Who pays.
    pub by: PaidBy,
    /// By which act.
    pub basis: Texts,
    #[serde(rename = "confidence")]
    _confidence: Confidence,
}

/// Who pays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PaidBy {
    /// The state of residence at the time of the claim.
    Residence,
    /// Each state for what was acquired on its territory.
    Own,
    /// As national law and earlier agreements say.
    National,
}

impl Agreement {
    /// A kind of pension by its code; nothing where the Agreement does not cover it.
    pub fn kind(&self, code: &str) -> Option<&PensionKind> {
        self.kinds.get(code)
    }

    /// The kinds that it covers, by code.
    pub fn kinds(&self) -> impl Iterator<Item = (&str, &PensionKind)> {
        self.kinds.iter().map(|(code, kind)| (code.as_str(), kind))
    }

    /// The first day of a class and the first day after it.
    pub fn bounds(&self, class: PeriodClass) -> (Date, Date) {
        let (second, third) = (self.dates.second_class.day, self.dates.in_force.day);
        match class {
            PeriodClass::P1 => (Date::MIN, second),
            PeriodClass::P2 => (second, third),
            PeriodClass::P3 => (third, Date::MAX),
        }
    }

    /// How many full months on its own territory a state may ask for, whatever others add (T26); nothing for branches
    /// that are exempt (T27).
    pub fn threshold_months(&self, branch: Branch) -> Option<u32> {
        (!self.threshold.exempt.contains(&branch)).then_some(self.threshold.full_months)
    }

    /// What a year of service elsewhere adds to the coefficient of a state that has one (T24).
    pub fn coefficient_per_year(&self, state: State) -> Option<Decimal> {
        self.coefficient.states.contains(&state).then_some(self.coefficient.per_year)
    }

    /// Who pays for a class of periods acquired in one state, claimed in another.
    pub fn payer(&self, class: PeriodClass, states: [State; 2], filed_on: Date) -> Option<&Payer> {
        let [claimed, acquired] = states;
        let is_own = claimed == acquired;
        let fits = |payer: &&Payer| {
            payer.class == class.number()
                && (!payer.own || is_own)
                && payer.between.is_none_or(|pair| states.iter().all(|state| pair.contains(state)))
                && payer.with.is_none_or(|one| states.contains(&one))
                && payer.claims_from.is_none_or(|from| from <= filed_on)
        };
        self.payers.iter().find(fits)
    }

    /// What a state pays only to those who live there (T14).
    pub fn residence_only(&self, state: State) -> Option<&Texts> {
        self.residence_only.get(&state)
    }
}

/// The Agreement of 20.12.2019.
pub fn agreement() -> &'static Agreement {
    &AGREEMENT
}

#[expect(clippy::expect_used, reason = "it is compiled in, and a test reads it")]
static AGREEMENT: LazyLock<Agreement> = LazyLock::new(|| {
    toml::from_str(include_str!("../../schemas/treaty/agreement.toml")).expect("the Agreement is readable")
});

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn classes_follow_each_other_without_a_gap() {
        let mut next = Date::MIN;
        for class in PeriodClass::ALL {
            let (from, before) = agreement().bounds(class);
            assert_eq!(from, next);
            assert!(from < before);
            next = before;
        }
        assert_eq!(agreement().bounds(PeriodClass::P3).0, date(2021, 1, 1));
    }

    #[test]
    fn every_class_of_every_pair_has_a_payer() {
        for class in PeriodClass::ALL {
            for own in State::ALL {
                for other in State::ALL {
                    let payer = agreement().payer(class, [own, other], date(2026, 2, 10)).unwrap();
                    let is_union_treaty = class != PeriodClass::P3
                        && own != other
                        && [own, other].iter().all(|state| matches!(state, State::By | State::Ru));
                    if class == PeriodClass::P3 || own == other {
                        assert_eq!(payer.by, PaidBy::Own);
                    } else if is_union_treaty {
                        assert_eq!(payer.by == PaidBy::Residence, class == PeriodClass::P1);
                    }
                }
            }
        }
    }

    #[test]
    fn russia_left_the_agreement_of_1992_and_others_did_not() {
        let basis = |states, filed| {
            let payer = agreement().payer(PeriodClass::P2, states, filed).unwrap();
            payer.basis.of(crate::base::Language::En).to_owned()
        };
        assert!(basis([State::Ru, State::Kz], date(2022, 12, 31)).contains("CIS agreement of 13.03.1992"));
        assert!(basis([State::Ru, State::Kz], date(2023, 1, 1)).contains("Russia left"));
        assert!(!basis([State::Kg, State::Kz], date(2023, 1, 1)).contains("Russia left"));
    }

    #[test]
    fn each_state_has_its_kinds_and_belarus_no_savings() {
        for state in State::ALL {
            let own: Vec<_> = agreement().kinds().filter(|(_, kind)| kind.state == state).collect();
            let prefix = format!("{}-", state.as_code().to_lowercase());
            assert!(!own.is_empty() && own.iter().all(|(code, _)| code.starts_with(&prefix)), "{state}");
            assert_eq!(
                own.iter().any(|(_, kind)| kind.branch == Branch::Funded),
                state != State::By,
                "{state}"
            );
        }
        assert!(agreement().kind("kz-basic").is_none(), "the Kazakh basic pension is not covered (T3)");
    }
}
