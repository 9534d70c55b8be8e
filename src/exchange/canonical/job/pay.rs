//! Pay as a vacancy or a wish tells it.

use super::code::coded;
use crate::base::Finding;
use crate::exchange::canonical::{Currency, Money};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// Pay from one amount to another, of one currency, for one span of time. At least one end is known, none is zero or
/// less, and the first is not above the second.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "WrittenPay", into = "WrittenPay")]
pub struct Pay {
    min: Option<Decimal>,
    max: Option<Decimal>,
    currency: Currency,
    interval: PayInterval,
    tax: Option<PayTax>,
}

/// Pay as it is written in a record, not judged yet.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenPay {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    min: Option<Decimal>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    max: Option<Decimal>,
    currency: Currency,
    interval: PayInterval,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    tax: Option<PayTax>,
}

coded! {
    /// For which span of time pay is.
    PayInterval, "span of pay", "EURES list", {
        /// An hour.
        Hour = "hour",
        /// A day.
        Day = "day",
        /// A week.
        Week = "week",
        /// A month.
        Month = "month",
        /// A year.
        Year = "year",
        /// The whole work.
        Once = "once",
    }
}

coded! {
    /// Whether taxes are in the amount.
    PayTax, "tax of pay", "gross or net", {
        /// Before taxes.
        Gross = "gross",
        /// After taxes.
        Net = "net",
    }
}

impl Pay {
    /// Pay whose ends stand in order.
    ///
    /// # Errors
    /// No end, an end of zero or less, more digits than documents carry, or the first end above the second.
    pub fn new(
        ends: (Option<Decimal>, Option<Decimal>),
        currency: Currency,
        interval: PayInterval,
        tax: Option<PayTax>,
    ) -> Result<Self, Finding> {
        let (min, max) = ends;
        let refuse = |value: Decimal, message| {
            Finding::error("canonical.pay", "pay", "0 < min ≤ max", &value.to_string(), message)
        };
        for end in [min, max].into_iter().flatten() {
            Money::new(end, currency)?;
            if end <= Decimal::ZERO {
                return Err(refuse(end, "zero or less is no pay; leave the end out that is not known"));
            }
        }
        match (min, max) {
            (None, None) => Err(refuse(Decimal::ZERO, "neither end is known; leave the pay out")),
            (Some(low), Some(high)) if low > high => {
                Err(refuse(low, "the lower end is above the upper one; correct one of them in the source"))
            }
            (Some(_), _) | (None, Some(_)) => Ok(Self { min, max, currency, interval, tax }),
        }
    }

    /// The lower end, if it is known.
    pub fn min(&self) -> Option<Decimal> {
        self.min
    }

    /// The upper end, if it is known; `None` beside a lower one means "and more".
    pub fn max(&self) -> Option<Decimal> {
        self.max
    }

    /// Of which currency.
    pub fn currency(&self) -> Currency {
        self.currency
    }

    /// For which span.
    pub fn interval(&self) -> PayInterval {
        self.interval
    }

    /// Before or after taxes, if it is said.
    pub fn tax(&self) -> Option<PayTax> {
        self.tax
    }
}

impl TryFrom<WrittenPay> for Pay {
    type Error = Finding;

    fn try_from(written: WrittenPay) -> Result<Self, Finding> {
        Self::new((written.min, written.max), written.currency, written.interval, written.tax)
    }
}

impl From<Pay> for WrittenPay {
    fn from(pay: Pay) -> Self {
        Self { min: pay.min, max: pay.max, currency: pay.currency, interval: pay.interval, tax: pay.tax }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pay_has_an_end_and_its_ends_stand_in_order() {
        let kzt: Currency = "KZT".parse().unwrap();
        let pay = |min: Option<i64>, max: Option<i64>| {
            Pay::new((min.map(Decimal::from), max.map(Decimal::from)), kzt, PayInterval::Month, None)
        };
        assert!(pay(Some(1), Some(1)).is_ok());
        assert!(pay(None, Some(1)).is_ok());
        for (min, max) in
            [(None, None), (Some(0), None), (Some(1), Some(0)), (Some(-1), None), (Some(2), Some(1))]
        {
            assert_eq!(pay(min, max).unwrap_err().code, "canonical.pay", "{min:?} {max:?}");
        }
        let written = r#"{"min":"2","max":"1","currency":"KZT","interval":"month"}"#;
        assert!(serde_json::from_str::<Pay>(written).is_err());
    }
}
