//! Money with its currency; never a bare number.

use crate::base::Finding;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// An amount of a currency. Negative amounts are lawful: a recalculation may take back.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Money {
    /// How much.
    pub amount: Decimal,
    /// Of what.
    pub currency: Currency,
}

impl fmt::Debug for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Money(…, {})", self.currency)
    }
}

/// A currency by its three letters (ISO 4217).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Currency([u8; 3]);

impl Money {
    /// Reads an amount, with a point or a comma before its fraction.
    ///
    /// # Errors
    /// Not a number, or more digits than documents carry (24, of them 4 after the point).
    pub fn parse(amount: &str, currency: &str) -> Result<Self, Finding> {
        let text: String = amount.chars().filter(|c| !c.is_whitespace()).collect();
        let text = text.replace(',', ".");
        let refuse = |message| Finding::error("canonical.amount", "amount", "decimal 24/4", amount, message);
        let amount =
            Decimal::from_str(&text).map_err(|_cause| refuse("not an amount; write it as 1234.56"))?;
        if amount.normalize().scale() > 4 {
            return Err(refuse("more than four digits after the point; round it as your law rounds"));
        }
        Ok(Self { amount, currency: currency.parse()? })
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{}", char::from(*byte)))
    }
}

impl FromStr for Currency {
    type Err = Finding;

    fn from_str(text: &str) -> Result<Self, Finding> {
        let message = "not a currency; write its three capital letters, such as KZT";
        let refuse = || Finding::error("canonical.currency", "currency", "ISO 4217", text, message);
        let letters: [u8; 3] = text.as_bytes().try_into().map_err(|_cause| refuse())?;
        if letters.iter().all(u8::is_ascii_uppercase) { Ok(Self(letters)) } else { Err(refuse()) }
    }
}

impl TryFrom<String> for Currency {
    type Error = Finding;

    fn try_from(text: String) -> Result<Self, Finding> {
        text.parse()
    }
}

impl From<Currency> for String {
    fn from(currency: Currency) -> Self {
        currency.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amount_is_read_as_offices_write_it() {
        let money = Money::parse("1 234 567,50", "KZT").unwrap();
        assert_eq!(
            (money.amount.to_string().as_str(), money.currency.to_string().as_str()),
            ("1234567.50", "KZT")
        );
        assert!(Money::parse("-10", "RUB").is_ok());
        for (amount, currency) in
            [("ten", "RUB"), ("1.23456", "RUB"), ("1", "rub"), ("1", "RUBL"), ("", "RUB")]
        {
            assert!(Money::parse(amount, currency).is_err(), "{amount} {currency}");
        }
        assert!(!format!("{money:?}").contains("1234"));
    }
}
