//! Money with its currency; never a bare number.

use crate::base::Finding;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// An amount of a currency. Negative amounts are lawful: a recalculation may take back.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "WrittenMoney")]
pub struct Money {
    /// How much.
    pub amount: Decimal,
    /// Of what.
    pub currency: Currency,
}

/// An amount as it is written in a record, not judged yet.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenMoney {
    amount: Decimal,
    currency: Currency,
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
    /// An amount of as many digits as documents carry: 24, of them 4 after the point.
    ///
    /// # Errors
    /// More digits than that. Zeros at the end of a fraction are none.
    pub fn new(mut amount: Decimal, currency: Currency) -> Result<Self, Finding> {
        let digits = amount.normalize();
        let refuse = |message| refuse(&amount.to_string(), message);
        if digits.scale() > FRACTION_DIGITS_MAX {
            return Err(refuse("more than four digits after the point; round it as your law rounds"));
        }
        if digits.mantissa().unsigned_abs() >= MANTISSA_END {
            return Err(refuse("more than 24 digits; correct it in the source"));
        }
        amount.rescale(amount.scale().min(FRACTION_DIGITS_MAX));
        Ok(Self { amount, currency })
    }

    /// Reads an amount, with a point or a comma before its fraction and blanks between its digits.
    ///
    /// # Errors
    /// Not a number, or more digits than documents carry.
    pub fn parse(amount: &str, currency: &str) -> Result<Self, Finding> {
        let text: String = amount.chars().filter(|c| !c.is_whitespace()).collect();
        let text = text.replace(',', ".");
        let text = text.strip_prefix('+').unwrap_or(&text); // XML Schema allows the sign
        let is_plain = text.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'-'));
        let read = if is_plain { Decimal::from_str(text).ok() } else { None };
        let read = read.ok_or_else(|| refuse(amount, "not an amount; write it as 1234.56"))?;
        Self::new(read, currency.parse()?)
    }
}

impl TryFrom<WrittenMoney> for Money {
    type Error = Finding;

    fn try_from(written: WrittenMoney) -> Result<Self, Finding> {
        Self::new(written.amount, written.currency)
    }
}

fn refuse(amount: &str, message: &str) -> Finding {
    Finding::error("canonical.amount", "amount", "decimal 24/4", amount, message)
}

impl Currency {
    /// Its three letters.
    pub fn as_code(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default() // three letters of ASCII, as they were read
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_code())
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

const FRACTION_DIGITS_MAX: u32 = 4;
/// The first number of 25 digits.
const MANTISSA_END: u128 = 1_000_000_000_000_000_000_000_000;

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
        for (amount, currency) in [
            ("ten", "RUB"),
            ("1.23456", "RUB"),
            ("1", "rub"),
            ("1", "RUBL"),
            ("", "RUB"),
            ("1e3", "RUB"),
            ("1_000", "RUB"),
            ("--1", "RUB"),
        ] {
            assert!(Money::parse(amount, currency).is_err(), "{amount} {currency}");
        }
        assert!(!format!("{money:?}").contains("1234"));
    }

    #[test]
    fn json_passes_the_same_gate() {
        let read = |text: &str| serde_json::from_str::<Money>(text).map_err(|error| error.to_string());
        let error = read(r#"{"amount":"1.23456","currency":"KZT"}"#).unwrap_err();
        let expected = "amount: more than four digits after the point; round it as your law rounds \
            (canonical.amount; rule decimal 24/4; found 7 mixed characters)";
        assert!(error.starts_with(expected), "{error}");
        assert!(read(r#"{"amount":"1","currency":"KZT","rate":"2"}"#).is_err());
        assert_eq!(read(r#"{"amount":"1.500000","currency":"KZT"}"#).unwrap().amount.to_string(), "1.5000");
    }

    #[test]
    fn an_amount_has_24_digits_at_most() {
        let most = "99999999999999999999.9999";
        assert_eq!(Money::parse(most, "KZT").unwrap().amount.to_string(), most);
        let finding = Money::parse("1000000000000000000000000", "KZT").unwrap_err();
        assert_eq!(finding.message, "more than 24 digits; correct it in the source");
    }
}
