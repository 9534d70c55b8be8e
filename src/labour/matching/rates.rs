//! Pay in another currency, with the day of the rate; and pay of another span of time, reckoned.

use super::weights::PayShares;
use crate::base::Finding;
use crate::exchange::canonical::Currency;
use crate::exchange::canonical::job::{Pay, PayInterval, PayTax};
use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// Rates of currencies to one of them, each of a day. It is handed in: no rate is compiled into the program.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rates {
    /// To which currency.
    pub base: Currency,
    /// Who published them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// In any order.
    #[serde(default)]
    pub rate: Vec<Rate>,
}

/// How much of the base some units of a currency cost on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rate {
    /// On which day.
    pub on: Date,
    /// Of which currency.
    pub currency: Currency,
    /// How many units of it.
    pub units: u32,
    /// How much of the base they cost.
    pub costs: Decimal,
}

/// What is paid in a month, in the reader's currency, beside the amounts of the source.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PayShown {
    /// As the source says it.
    pub offered: Pay,
    /// In the reader's currency for a month; none where no rate is known, or where the pay is for the whole work.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub monthly: Option<Monthly>,
}

/// Pay for a month.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Monthly {
    /// The lower end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min: Option<Decimal>,
    /// The upper end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max: Option<Decimal>,
    /// In which currency.
    pub currency: Currency,
    /// Whether the source says it for another span, from which it is reckoned.
    pub is_reckoned: bool,
    /// The day of the older of the rates it took; none in the same currency.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rate_on: Option<Date>,
    /// Whether that day is too long ago.
    pub is_rate_old: bool,
    /// Before or after taxes, if it is said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tax: Option<PayTax>,
}

impl Rates {
    /// Reads a table.
    ///
    /// # Errors
    /// A file that is not of this form, or a rate that is not above zero.
    pub fn parse(text: &str) -> Result<Self, Finding> {
        let refuse =
            |message: String| Finding::error("canonical.match_table", "rates", "above zero", "", message);
        let rates: Self = toml::from_str(text).map_err(|error| refuse(error.message().to_owned()))?;
        match rates.rate.iter().find(|rate| rate.units == 0 || rate.costs <= Decimal::ZERO) {
            Some(rate) => {
                Err(refuse(format!("the rate of {} of {} is not above zero", rate.currency, rate.on)))
            }
            None => Ok(rates),
        }
    }

    /// What one unit of a currency costs of the base, by the latest rate up to a day, and the day of that rate.
    fn unit(&self, currency: Currency, today: Date) -> Option<(Decimal, Option<Date>)> {
        if currency == self.base {
            return Some((Decimal::ONE, None));
        }
        let of_it = self.rate.iter().filter(|rate| rate.currency == currency && rate.on <= today);
        let latest = of_it.max_by_key(|rate| rate.on)?;
        Some((latest.costs.checked_div(Decimal::from(latest.units))?, Some(latest.on)))
    }

    /// By how much an amount of one currency is multiplied to be one of another; and the day of the older rate.
    pub fn factor(&self, from: Currency, to: Currency, today: Date) -> Option<(Decimal, Option<Date>)> {
        let ((from, from_on), (to, to_on)) = (self.unit(from, today)?, self.unit(to, today)?);
        Some((from.checked_div(to)?, from_on.into_iter().chain(to_on).min()))
    }

    /// The currencies that can be told in another.
    pub fn currencies(&self) -> Vec<Currency> {
        let mut known = vec![self.base];
        for rate in &self.rate {
            if !known.contains(&rate.currency) {
                known.push(rate.currency);
            }
        }
        known
    }
}

impl PayShares {
    /// By how much pay of a span is multiplied to be a month's.
    pub(super) fn months(&self, interval: PayInterval) -> Option<Decimal> {
        match interval {
            PayInterval::Hour => Some(self.hours_of_month),
            PayInterval::Day => Some(self.days_of_month),
            PayInterval::Week => Some(self.weeks_of_month),
            PayInterval::Month => Some(Decimal::ONE),
            PayInterval::Year => Decimal::ONE.checked_div(Decimal::from(12)),
            PayInterval::Once => None,
        }
    }

    /// Pay for a month in another currency.
    pub(super) fn monthly(
        &self,
        pay: &Pay,
        to: Currency,
        rates: Option<&Rates>,
        today: Date,
    ) -> Option<Monthly> {
        let months = self.months(pay.interval())?;
        let (factor, rate_on) = match pay.currency() == to {
            true => (Decimal::ONE, None),
            false => rates?.factor(pay.currency(), to, today)?,
        };
        let times = months.checked_mul(factor)?;
        let told = |end: Option<Decimal>| {
            end.and_then(|end| end.checked_mul(times)).map(|end| end.round_dp(0).normalize())
        };
        let age = rate_on.and_then(|on| today.since(on).ok()).map_or(0, |span| span.get_days());
        Some(Monthly {
            min: told(pay.min()),
            max: told(pay.max()),
            currency: to,
            is_reckoned: pay.interval() != PayInterval::Month,
            rate_on,
            is_rate_old: age > self.rate_days_max,
            tax: pay.tax(),
        })
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::labour::matching::Weights;
    use jiff::civil::date;

    pub(in crate::labour::matching) fn rates() -> Rates {
        Rates::parse(
            r#"
            base = "RUB"
            [[rate]]
            on = "2026-11-20"
            currency = "KZT"
            units = 100
            costs = "16"
            [[rate]]
            on = "2026-11-27"
            currency = "KZT"
            units = 100
            costs = "15"
            [[rate]]
            on = "2026-10-01"
            currency = "KGS"
            units = 100
            costs = "90"
            "#,
        )
        .unwrap()
    }

    #[test]
    fn pay_is_told_by_the_latest_rate_with_its_day() {
        let currency = |code: &str| code.parse::<Currency>().unwrap();
        let pay = Pay::new(
            (Some(Decimal::from(300_000)), None),
            currency("KZT"),
            PayInterval::Month,
            Some(PayTax::Net),
        )
        .unwrap();
        let shares = &Weights::built_in().unwrap().pay;
        let monthly = |day| shares.monthly(&pay, currency("RUB"), Some(&rates()), day);
        let told = monthly(date(2026, 11, 30)).unwrap();
        assert_eq!((told.min, told.max), (Some(Decimal::from(45_000)), None));
        assert_eq!((told.rate_on, told.is_rate_old), (Some(date(2026, 11, 27)), false));
        assert_eq!(monthly(date(2026, 11, 21)).unwrap().min, Some(Decimal::from(48_000)));
        assert!(monthly(date(2026, 12, 30)).unwrap().is_rate_old);
        assert_eq!(monthly(date(2026, 11, 1)), None, "a rate of tomorrow is no rate");
        let som = shares.monthly(&pay, currency("KGS"), Some(&rates()), date(2026, 11, 30)).unwrap();
        assert_eq!((som.min, som.rate_on), (Some(Decimal::from(50_000)), Some(date(2026, 10, 1))));
        assert_eq!(shares.monthly(&pay, currency("RUB"), None, date(2026, 11, 30)), None);
        assert!(
            Rates::parse(
                "base = \"RUB\"\n[[rate]]\non = \"2026-11-20\"\ncurrency = \"KZT\"\nunits = 0\ncosts = \"1\""
            )
            .is_err()
        );
    }
}
