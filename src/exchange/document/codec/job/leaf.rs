//! The values of jobs that stand in one element each, and pay, whose ends are judged together.

use super::HOME;
use crate::base::Finding;
use crate::exchange::canonical::Money;
use crate::exchange::canonical::job::{
    ApplicationId, ContactChannel, ContractKind, DrivingLicence, EmploymentBasis, ExperienceBand, IscoCode,
    LanguageCode, LanguageLevel, Offering, Pay, PayInterval, PayTax, ProfileRef, Relation, Remote, RevealId,
    Schedule, Schooling, VacancyStatus,
};
use crate::exchange::document::CanonicalWriter;
use crate::exchange::document::codec::dice::Dice;
use crate::exchange::document::codec::field::{At, Inside, Part, Reading, Slot, at, leaf};
use crate::exchange::document::codec::fields::Fields;
use rust_decimal::Decimal;
use uuid::Uuid;

/// Values of an enumeration, each by its code.
macro_rules! codes {
    ($($name:ident)*) => {
        $(impl Part for $name {
            fn write(&self, writer: &mut CanonicalWriter, at: &At) {
                leaf(writer, at, self.as_code());
            }

            fn read(fields: &Fields<'_>, reading: &mut Reading<'_, '_>) -> Option<Self> {
                fields.parse(reading.findings)
            }

            fn invent(_at: &At, dice: &mut Dice<'_>) -> Result<Self, Finding> {
                dice.pick(Self::ALL).copied()
            }
        })*
    };
}

codes! {
    ContactChannel ContractKind DrivingLicence EmploymentBasis ExperienceBand LanguageLevel Offering PayInterval PayTax
    Relation Remote Schedule Schooling VacancyStatus
}

/// Random ids, without the prefix by which people tell them.
macro_rules! ids {
    ($($name:ident)*) => {
        $(impl Part for $name {
            fn write(&self, writer: &mut CanonicalWriter, at: &At) {
                leaf(writer, at, &self.0.to_string());
            }

            fn read(fields: &Fields<'_>, reading: &mut Reading<'_, '_>) -> Option<Self> {
                fields.parse::<Uuid>(reading.findings).map(Self)
            }

            fn invent(_at: &At, dice: &mut Dice<'_>) -> Result<Self, Finding> {
                Ok(Self(dice.uuid()))
            }
        })*
    };
}

ids! { ApplicationId ProfileRef RevealId }

impl Part for IscoCode {
    fn write(&self, writer: &mut CanonicalWriter, at: &At) {
        leaf(writer, at, self.as_code());
    }

    fn read(fields: &Fields<'_>, reading: &mut Reading<'_, '_>) -> Option<Self> {
        fields.parse(reading.findings)
    }

    fn invent(_at: &At, dice: &mut Dice<'_>) -> Result<Self, Finding> {
        let number = 1_000 + dice.below(8_999);
        let unit: Self = number.to_string().parse()?;
        let level = 1 + dice.below(4);
        Ok(u8::try_from(level).ok().and_then(|level| unit.at_level(level)).unwrap_or(unit))
    }
}

impl Part for LanguageCode {
    fn write(&self, writer: &mut CanonicalWriter, at: &At) {
        leaf(writer, at, &self.to_string());
    }

    fn read(fields: &Fields<'_>, reading: &mut Reading<'_, '_>) -> Option<Self> {
        fields.parse(reading.findings)
    }

    fn invent(_at: &At, dice: &mut Dice<'_>) -> Result<Self, Finding> {
        dice.pick(&["ru", "kk", "hy", "ky", "be", "en"])?.parse()
    }
}

/// By hand, since its ends are of one currency and stand in order.
impl Inside for Pay {
    fn write_inside(&self, writer: &mut CanonicalWriter) {
        let money = |end: Option<Decimal>| end.map(|amount| Money { amount, currency: self.currency() });
        money(self.min()).write(writer, &MIN);
        money(self.max()).write(writer, &MAX);
        Slot::write(&self.interval(), writer, &INTERVAL);
        self.tax().write(writer, &TAX);
    }

    fn read_inside(fields: &Fields<'_>, reading: &mut Reading<'_, '_>) -> Option<Self> {
        let min = Option::<Money>::read(fields, &MIN, reading)?;
        let max = Option::<Money>::read(fields, &MAX, reading)?;
        let interval = Slot::read(fields, &INTERVAL, reading)?;
        let tax = Slot::read(fields, &TAX, reading)?;
        let Some(currency) = min.or(max).map(|end| end.currency) else {
            reading.findings.push(fields.missing(MIN.local));
            return None;
        };
        if [min, max].into_iter().flatten().any(|end| end.currency != currency) {
            let message = "the ends of the pay are of two currencies; tell both in one";
            reading.findings.push(Finding::error(
                "canonical.pay",
                fields.path(),
                "one currency",
                "",
                message,
            ));
            return None;
        }
        let ends = (min.map(|end| end.amount), max.map(|end| end.amount));
        fields.keep(Self::new(ends, currency, interval, tax), reading.findings)
    }

    fn invent_inside(dice: &mut Dice<'_>) -> Result<Self, Finding> {
        let currency = dice.money()?.currency;
        let low = Decimal::from(1 + dice.below(65_536));
        let ends = match dice.below(3) {
            0 => (Some(low), None),
            1 => (None, Some(low)),
            _ => (Some(low), Some(low + Decimal::from(dice.below(65_536)))),
        };
        Self::new(ends, currency, Slot::invent(&INTERVAL, dice)?, Slot::invent(&TAX, dice)?)
    }
}

const MIN: At = at!("PayMinAmount");
const MAX: At = at!("PayMaxAmount");
const INTERVAL: At = at!("PayIntervalCode", in "XJI");
const TAX: At = at!("PayTaxCode", in "XJT");
