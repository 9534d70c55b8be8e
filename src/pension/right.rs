//! The arithmetic of a claim: own service, what others add, the threshold, the coefficient, who pays for what.

use super::acquired::{ByState, gather};
use super::agreement::{Agreement, PaidBy, PensionKind, PeriodClass};
use super::claim::Claim;
use super::days::Days;
use super::length::Length;
use super::step::{Part, Step, Value};
use crate::base::{Findings, Language};
use crate::exchange::canonical::{InsuranceRecord, State};
use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::Serialize;

/// What the Agreement says of a claim, step by step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Advice {
    /// What comes of it.
    pub right: Right,
    /// How.
    pub steps: Vec<Step>,
    /// What is wrong or odd about the records and the claim.
    pub findings: Findings,
}

/// What comes of a claim. A person decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Right {
    /// The kind of pension is not covered (T3).
    NotCovered,
    /// Fewer full months on the territory of the state than the Agreement demands (T26).
    UnderThreshold,
    /// From service on the territory of the state alone (T21).
    Own,
    /// With service of other states (T22, T24).
    Added,
    /// Not even then.
    Short,
    /// The law's demand is not stated.
    Undecided,
}

impl Right {
    /// The same in words.
    pub fn in_words(self, language: Language) -> &'static str {
        let (en, ru) = match self {
            Self::NotCovered => ("not covered by the Agreement", "Соглашением не охвачено"),
            Self::UnderThreshold => {
                ("no right: too little service of its own", "права нет: мало собственного стажа")
            }
            Self::Own => ("a right from its own service alone", "право есть по собственному стажу"),
            Self::Added => {
                ("a right with service of other states", "право есть с учётом стажа в других государствах")
            }
            Self::Short => (
                "no right yet, even with service of other states",
                "права пока нет и со стажем в других государствах",
            ),
            Self::Undecided => (
                "a clerk compares with the law of the state",
                "сравнивает специалист по законодательству государства",
            ),
        };
        language.en_or_ru(en, ru)
    }
}

/// What the Agreement says of a claim and of what the states know of the worker.
pub fn advise(claim: &Claim, records: &[InsuranceRecord], agreement: &Agreement) -> Advice {
    let (services, findings) = gather(claim, records, agreement);
    let mut reckoning = Reckoning { claim, agreement, services, steps: Vec::new() };
    reckoning.filing();
    let right = match agreement.kind(claim.kind.as_str()).filter(|kind| kind.state == claim.state) {
        Some(kind) => reckoning.right(kind),
        None => {
            reckoning.tell(Step::new("T3", "not_covered").with("state", Value::State(claim.residence)));
            Right::NotCovered
        }
    };
    Advice { right, steps: reckoning.steps, findings }
}

struct Reckoning<'a> {
    claim: &'a Claim,
    agreement: &'a Agreement,
    services: ByState,
    steps: Vec<Step>,
}

impl Reckoning<'_> {
    fn tell(&mut self, step: Step) {
        self.steps.push(step);
    }

    /// T8, T9.
    fn filing(&mut self) {
        let claim = self.claim;
        self.tell(Step::new("T8", "filed").with("day", Value::Day(claim.filed_on)));
        if let (Some(from), Some(received)) = (claim.filed_in, claim.received_on)
            && let Ok(span) = claim.filed_on.until(received)
            && !span.is_negative()
        {
            let step = Step::new("T9", "transit").with("days", Value::Count(i64::from(span.get_days())));
            self.tell(step.with("from", Value::State(from)).with("to", Value::State(claim.state)));
        }
    }

    fn right(&mut self, kind: &PensionKind) -> Right {
        let state = self.claim.state;
        let covered = Step::new("T3", "covered").with("kind", Value::Texts(kind.names().clone()));
        self.tell(covered.with("state", Value::State(state)));
        if self.services.others(state).next().is_none() {
            self.tell(Step::new("T1", "no_worker").with("state", Value::State(state)));
        }
        let own = self.own();
        let right = match self.agreement.threshold_months(kind.branch) {
            Some(months) if own.full_months() < months => {
                let missed =
                    Step::new("T26", "threshold_missed").with("months", Value::Count(i64::from(months)));
                self.tell(missed.with("state", Value::State(state)).with("has", Value::Length(own)));
                Right::UnderThreshold
            }
            months => {
                self.tell(match months {
                    Some(months) => Step::new("T26", "threshold_met")
                        .with("months", Value::Count(i64::from(months)))
                        .with("has", Value::Length(own)),
                    None => Step::new("T27", "exempt"),
                });
                self.with_others(own)
            }
        };
        self.payment();
        right
    }

    /// T21, T25: what was acquired on the territory of the state.
    fn own(&mut self) -> Length {
        let state = self.claim.state;
        let service = self.services.of(state);
        let (parts, own) = self.parts(state, &service.days);
        self.tell(Step::new("T21", "own").with("state", Value::State(state)).of(parts).giving(own));
        let special = &self.services.of(state).special;
        if !special.is_empty() {
            let (parts, length) = self.parts(state, special);
            self.tell(
                Step::new("T25", "special").with("state", Value::State(state)).of(parts).giving(length),
            );
        }
        own
    }

    /// T21–T24: whether it is enough, and what other states add if it is not.
    fn with_others(&mut self, own: Length) -> Right {
        let service = self.claim.needed.as_ref().map(|needed| needed.service);
        let lacks_coefficient = self.coefficient_is_short();
        let is_enough = service.is_some_and(|needed| own.lacks(needed).is_zero());
        if let Some(needed) = service.filter(|_| is_enough) {
            let enough = Step::new("T21", "enough").with("has", Value::Length(own));
            self.tell(enough.with("needed", Value::Length(needed)));
            if !lacks_coefficient {
                return Right::Own;
            }
        }
        let (total, for_coefficient) = self.add(own, !is_enough);
        let missing = match service {
            None => {
                let only = Step::new("T22", "total_only").with("has", Value::Length(total));
                self.tell(only.with("state", Value::State(self.claim.state)).giving(total));
                None
            }
            Some(needed) => {
                if !is_enough {
                    let sum = Step::new("T22", "total").with("has", Value::Length(total));
                    self.tell(sum.with("needed", Value::Length(needed)).giving(total));
                }
                Some(total.lacks(needed))
            }
        };
        let is_coefficient_reached = !lacks_coefficient || self.add_to_coefficient(for_coefficient);
        match missing {
            Some(lacks) if !lacks.is_zero() => {
                self.tell(Step::new("T22", "short").with("lacks", Value::Length(lacks)));
                Right::Short
            }
            _ if !is_coefficient_reached => Right::Short,
            Some(_) => Right::Added,
            None => Right::Undecided,
        }
    }

    /// T22, T25: service of each other state, without days that are counted already. With it, how much of it is later than
    /// the first class, whose periods have a coefficient of their own (T23).
    fn add(&mut self, own: Length, is_told: bool) -> (Length, Length) {
        let state = self.claim.state;
        let mut taken = self.services.of(state).days.clone();
        let (mut total, mut for_coefficient) = (own, Length::default());
        let others: Vec<State> = self.services.others(state).collect();
        for other in others {
            let service = self.services.of(other);
            let is_special = !service.special.is_empty();
            let free = service.days.without(&taken);
            let overlap = self.claim.convention.length(&service.days.within(&taken));
            let (parts, length) = self.parts(other, &free);
            let later = parts.iter().filter(|part| part.class != PeriodClass::P1).map(|part| part.length);
            for_coefficient += later.fold(Length::default(), |sum, one| sum + one);
            taken = taken.union(&free);
            total += length;
            if is_told {
                let added = Step::new("T22", "added").with("state", Value::State(other));
                self.tell(added.of(parts).giving(length));
            }
            if !overlap.is_zero() {
                let left_out = Step::new("T22", "overlap").with("state", Value::State(other));
                self.tell(left_out.with("length", Value::Length(overlap)));
            }
            if is_told && is_special {
                self.tell(Step::new("T25", "special_elsewhere").with("state", Value::State(other)));
            }
        }
        (total, for_coefficient)
    }

    /// Whether a coefficient is demanded that the state's own does not reach; T23.
    fn coefficient_is_short(&mut self) -> bool {
        let Some((own, needed, _)) = self.coefficient() else { return false };
        let is_short = own < needed;
        let step = if is_short {
            Step::new("T23", "coefficient_base").with("own", Value::Number(own))
        } else {
            let step = Step::new("T23", "coefficient_enough").with("own", Value::Number(own));
            step.with("needed", Value::Number(needed))
        };
        self.tell(step);
        is_short
    }

    /// T24. Whether the coefficient is reached with it.
    fn add_to_coefficient(&mut self, length: Length) -> bool {
        let Some((own, needed, per_year)) = self.coefficient() else { return true };
        let added = length.in_years() * per_year;
        let sum = own + added;
        let step = Step::new("T24", "coefficient_added").with("length", Value::Length(length));
        let step = step.with("added", Value::Number(added)).with("own", Value::Number(own));
        self.tell(step.with("sum", Value::Number(sum)).with("needed", Value::Number(needed)));
        if sum < needed {
            self.tell(Step::new("T24", "coefficient_short").with("lacks", Value::Number(needed - sum)));
        }
        sum >= needed
    }

    /// The state's own coefficient, the one demanded, and what a year elsewhere adds.
    fn coefficient(&self) -> Option<(Decimal, Decimal, Decimal)> {
        let needed = self.claim.needed.as_ref()?.coefficient?;
        let per_year = self.agreement.coefficient_per_year(self.claim.state)?;
        Some((self.claim.own_coefficient.unwrap_or_default(), needed, per_year))
    }

    /// T11, T14, T19, T20, T28, T44, T45: who pays for what, and where.
    fn payment(&mut self) {
        let (state, residence) = (self.claim.state, self.claim.residence);
        self.tell(Step::new("T28", "amount").with("state", Value::State(state)));
        let states: Vec<State> = self.services.all().collect();
        for &one in &states {
            for class in PeriodClass::ALL {
                let (from, before) = self.agreement.bounds(class);
                let is_there = self.services.of(one).days.between(from, before).next().is_some();
                if is_there {
                    self.payer(one, class);
                }
            }
        }
        if residence != state {
            self.tell(Step::new("T11", "exported").with("residence", Value::State(residence)));
            if let Some(components) = self.agreement.residence_only(state) {
                let step = Step::new("T14", "residence_only").with("residence", Value::State(residence));
                self.tell(step.with("components", Value::Texts(components.clone())));
            }
        }
        for &other in states.iter().filter(|other| **other != state) {
            self.tell(Step::new("T20", "elsewhere").with("state", Value::State(other)));
        }
    }

    fn payer(&mut self, state: State, class: PeriodClass) {
        let pair = [self.claim.state, state];
        let Some(payer) = self.agreement.payer(class, pair, self.claim.filed_on) else { return };
        let rule = if class == PeriodClass::P3 { "T44" } else { "T45" };
        let key = match payer.by {
            PaidBy::Own => "paid_own",
            PaidBy::Residence => "paid_residence",
            PaidBy::National => "paid_national",
        };
        let step = Step::new(rule, key).with("class", Value::Class(class)).with("state", Value::State(state));
        let step = step.with("residence", Value::State(self.claim.residence));
        self.tell(step.with("basis", Value::Texts(payer.basis.clone())));
    }

    /// A set of days split at the bounds of the classes (T48), and how long it is: the sum of its parts.
    fn parts(&self, state: State, days: &Days) -> (Vec<Part>, Length) {
        let mut parts = Vec::with_capacity(days.stretches().len() + 2);
        let mut sum = Length::default();
        for class in PeriodClass::ALL {
            let (from, before) = self.agreement.bounds(class);
            for stretch in days.between(from, before) {
                let length = self.claim.convention.of(&stretch);
                sum += length;
                parts.push(Part { state, class, stretch, length });
            }
        }
        (parts, sum)
    }
}
