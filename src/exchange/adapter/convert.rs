//! Conversions of one value, each in both directions.

use super::made::Made;
use super::target::Target;
use crate::base::Finding;
use crate::base::Findings;
use crate::exchange::canonical::Coded;
use crate::exchange::canonical::Country;
use crate::exchange::canonical::Currency;
use crate::exchange::canonical::Identifier;
use crate::exchange::canonical::IdentifierKind;
use crate::exchange::canonical::Money;
use crate::exchange::canonical::Name;
use crate::exchange::canonical::NameParts;
use crate::exchange::canonical::Number;
use crate::exchange::canonical::Position;
use crate::exchange::canonical::RecordId;
use crate::exchange::canonical::Romaniser;
use crate::exchange::canonical::State;
use crate::exchange::canonical::Title;
use crate::exchange::canonical::YearMonth;
use jiff::civil::Date;
use rust_decimal::Decimal;
use serde_json::Value as Json;
use serde_json::json;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::str::FromStr;

/// How a local text becomes a canonical value and back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Convert {
    /// As it is.
    Text,
    /// A day, by a pattern of `strftime`.
    Date { pattern: String },
    /// A month, by a pattern of `strftime`.
    Month { pattern: String },
    /// A decimal; with a currency, money.
    Decimal { currency: Option<Currency> },
    /// A code, by a table.
    Codes { read: BTreeMap<String, Coded>, write: BTreeMap<Coded, String>, unknown: Unknown },
    /// A personal number, zeros put before it up to `pad` characters; one that another has replaced is former.
    Identifier { kind: IdentifierKind, pad: Option<usize>, is_former: bool },
    /// The number of an employer in the register `kind`, of so many digits.
    Number { kind: Coded, digits: Vec<usize> },
    /// Family name, given name and patronymic in one field.
    Name,
    /// A part of a name in the letters of passports, made of one in other letters; never written.
    Latin { language: Coded },
    /// Always the same.
    Constant(String),
    /// Drawn from local fields.
    Digest(Vec<String>),
}

/// What becomes of a local code that the table lacks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Unknown {
    /// The row is refused.
    Refuse,
    /// It is kept as it is, with a warning.
    Keep,
    /// It is read as this code, with a warning.
    As(Coded),
}

/// A value read, and warnings about it.
pub(super) type Read<'v> = Result<(Made<'v>, Findings), Finding>;

impl Convert {
    /// Whether it can yield what stands there.
    pub(super) fn fits(&self, target: Target) -> bool {
        use Target::{Code, Id, NamePart, Position, Title};
        match self {
            Self::Text => matches!(
                target,
                Id | Code
                    | Title
                    | Position
                    | Target::Number
                    | NamePart
                    | Target::State
                    | Target::Country
                    | Target::Countries
            ),
            Self::Constant(value) => {
                matches!(
                    target,
                    Code | Title
                        | Position
                        | Target::Number
                        | Target::State
                        | Target::Country
                        | Target::Countries
                ) && text(value, target).is_ok()
            }
            Self::Date { .. } => target == Target::Date,
            Self::Month { .. } => target == Target::Month,
            Self::Decimal { currency: Some(_) } => target == Target::Money,
            Self::Decimal { currency: None } => target == Target::Decimal,
            Self::Codes { .. } => {
                matches!(target, Code | Target::State | Target::Country | Target::Countries)
            }
            Self::Identifier { .. } => target == Target::Identifiers,
            Self::Number { .. } => target == Target::EmployerNumber,
            Self::Name => target == Target::Name,
            Self::Latin { .. } => target == NamePart,
            Self::Digest(_) => target == Id,
        }
    }

    /// Reads a local text. Constants and digests have none and are made by the caller.
    pub(super) fn decode<'v>(&'v self, local: &'v str, target: Target) -> Read<'v> {
        let plain = |value: Made<'v>| Ok((value, Findings::new()));
        match self {
            Self::Text | Self::Digest(_) => plain(Made::Text(text(local, target)?)),
            Self::Constant(value) => plain(Made::Text(text(value, target)?)),
            Self::Date { pattern } => plain(Made::shown(&date(local, pattern)?)),
            Self::Month { pattern } => plain(Made::shown(&month(local, pattern)?)),
            Self::Decimal { currency } => plain(decimal(local, *currency)?),
            Self::Codes { read, unknown, .. } => {
                let warned = |code: &'v str| {
                    Ok((Made::Text(text(code, target)?), vec![unknown_code(local).as_warning()]))
                };
                match (read.get(local), unknown) {
                    (Some(code), _) => plain(Made::Text(text(code.as_str(), target)?)),
                    (None, Unknown::Keep) => warned(local),
                    (None, Unknown::As(code)) => warned(code.as_str()),
                    (None, Unknown::Refuse) => Err(unknown_code(local)),
                }
            }
            Self::Identifier { kind, pad, is_former: _ } => {
                let identifier = Identifier::parse(*kind, &padded(local, *pad))?;
                let warnings = identifier.finding("").into_iter().collect();
                let (kind, value) = (kind.as_code().into(), identifier.into_value().into());
                let parts = vec![("kind", Made::Text(kind)), ("value", Made::Text(value))];
                Ok((Made::Parts(parts), warnings))
            }
            Self::Number { kind, digits } => {
                let count = local.chars().filter(char::is_ascii_digit).count();
                let is_known = digits.is_empty() || digits.contains(&count);
                let warnings = if is_known { Findings::new() } else { vec![other_number(local, kind)] };
                let (kind, value) = (kind.as_str().into(), Number::judge(local)?);
                let parts = vec![("kind", Made::Text(kind)), ("value", Made::Text(value))];
                Ok((Made::Parts(parts), warnings))
            }
            Self::Name => {
                let NameParts { family, given, patronymic } = split_name(local)?;
                let parts = [("family", family), ("given", given), ("patronymic", patronymic)];
                let said = |(name, part): (&'v str, Option<String>)| Some((name, Made::Text(part?.into())));
                plain(Made::Parts(parts.into_iter().filter_map(said).collect()))
            }
            Self::Latin { language } => drawn(&latin(local, language)?, target),
        }
    }

    /// Writes a canonical value; none if it is not one that this field holds.
    ///
    /// # Errors
    /// A code that the table lacks.
    pub(super) fn encode(&self, value: &Json) -> Result<Option<String>, Finding> {
        let whole = value.as_str();
        Ok(match self {
            Self::Text => match value {
                Json::Array(items) => items.first().and_then(Json::as_str).map(str::to_owned),
                Json::String(_) | Json::Null | Json::Bool(_) | Json::Number(_) | Json::Object(_) => {
                    whole.map(str::to_owned)
                }
            },
            Self::Date { pattern } => {
                whole.and_then(|text| text.parse::<Date>().ok()).map(|day| day.strftime(pattern).to_string())
            }
            Self::Month { pattern } => {
                let month = whole.and_then(|text| text.parse::<YearMonth>().ok());
                let day = month.and_then(|month| Date::new(month.year(), month.month(), 1).ok());
                day.map(|day| day.strftime(pattern).to_string())
            }
            Self::Decimal { currency: None } => whole.map(str::to_owned),
            Self::Decimal { currency: Some(currency) } => {
                let own = part(value, "currency").is_some_and(|own| own == currency.to_string());
                part(value, "amount").filter(|_| own).map(str::to_owned)
            }
            Self::Codes { write, unknown, .. } => match whole.or_else(|| value.get(0).and_then(Json::as_str))
            {
                None => None,
                Some(code) => match code.parse::<Coded>().ok().and_then(|code| write.get(&code)) {
                    Some(local) => Some(local.clone()),
                    None => match unknown {
                        Unknown::Keep => Some(code.to_owned()),
                        // never left out: in this form an absent code may mean something else
                        Unknown::As(other) if write.contains_key(other) => write.get(other).cloned(),
                        Unknown::As(_) | Unknown::Refuse => return Err(unknown_code(code)),
                    },
                },
            },
            Self::Identifier { kind, is_former, .. } => {
                let kind = json!(kind);
                let mut held =
                    value.as_array().into_iter().flatten().filter(|one| one.get("kind") == Some(&kind));
                // the last of a kind is the one in use
                let last = held.next_back();
                let one = if *is_former { held.next_back() } else { last };
                one.and_then(|one| part(one, "value")).map(str::to_owned)
            }
            Self::Number { kind, .. } => {
                let is_own = part(value, "kind") == Some(kind.as_str());
                part(value, "value").filter(|_| is_own).map(str::to_owned)
            }
            Self::Name => {
                let parts = ["family", "given", "patronymic"].map(|name| part(value, name));
                Some(parts.into_iter().flatten().collect::<Vec<_>>().join(" "))
            }
            Self::Latin { .. } | Self::Constant(_) | Self::Digest(_) => None,
        })
    }
}

fn part<'j>(value: &'j Json, name: &str) -> Option<&'j str> {
    value.get(name).and_then(Json::as_str)
}

/// What was drawn of other values, checked as what stands there.
pub(super) fn drawn<'v>(local: &str, target: Target) -> Read<'v> {
    Ok((Made::Text(text(local, target)?.into_owned().into()), Findings::new()))
}

/// A text as the value it stands for, checked as that.
fn text(local: &str, target: Target) -> Result<Cow<'_, str>, Finding> {
    Ok(match target {
        Target::Id => RecordId::judge(local)?,
        Target::Code => Coded::judge(local)?,
        Target::Title => Title::judge(local)?,
        Target::Position => Position::judge(local)?,
        Target::Number => Number::judge(local)?,
        Target::State => local.parse::<State>()?.as_code().into(),
        Target::Country | Target::Countries => local.parse::<Country>().map(|_country| local)?.into(),
        Target::NamePart => {
            let parts = NameParts { family: Some(local.to_owned()), ..NameParts::default() };
            NameParts::from(Name::try_from(parts)?).family.unwrap_or_default().into()
        }
        Target::Name
        | Target::Date
        | Target::Month
        | Target::Decimal
        | Target::Money
        | Target::Identifiers
        | Target::EmployerNumber
        | Target::SpecialConditions => local.into(),
    })
}

/// A day in a form of `strftime`.
///
/// # Errors
/// It is none, or of a year that documents may not name.
pub(super) fn date(local: &str, pattern: &str) -> Result<Date, Finding> {
    let day = Date::strptime(pattern, local).ok();
    day.filter(|day| (1900..=2100).contains(&day.year())).ok_or_else(|| {
        let message = "not a day of the years 1900–2100 in this form; correct it in the source";
        Finding::error("adapter.date", "", pattern, local, message)
    })
}

fn month(local: &str, pattern: &str) -> Result<YearMonth, Finding> {
    // a month is read as its first day, since only a whole day can be read
    let (form, text) = (joined("%d ", pattern), joined("01 ", local));
    let day = Date::strptime(form.as_str().unwrap_or_default(), text.as_str().unwrap_or_default()).ok();
    day.and_then(|day| YearMonth::new(day.year(), day.month()).ok()).ok_or_else(|| {
        let message = "not a month of the years 1900–2100 in this form; correct it in the source";
        Finding::error("adapter.month", "", pattern, local, message)
    })
}

fn joined(head: &str, rest: &str) -> Made<'static> {
    Made::shown(&format_args!("{head}{rest}"))
}

fn decimal<'v>(local: &str, currency: Option<Currency>) -> Result<Made<'v>, Finding> {
    match currency {
        Some(currency) => {
            let money = Money::parse(local, currency.as_code())?;
            let (amount, currency) = (Made::shown(&money.amount), Made::shown(&money.currency));
            Ok(Made::Parts(vec![("amount", amount), ("currency", currency)]))
        }
        None => {
            let text = local.replace(',', ".");
            let message = "not a decimal; write it as 1.5";
            let decimal = Decimal::from_str(&text)
                .map_err(|_cause| Finding::error("adapter.decimal", "", "decimal", local, message))?;
            if decimal.normalize().scale() > 4 {
                let message = "more than four digits after the point, which no document carries; correct it in the source";
                return Err(Finding::error("adapter.decimal", "", "decimal 20/4", local, message));
            }
            Ok(Made::shown(&decimal.normalize()))
        }
    }
}

fn padded(local: &str, pad: Option<usize>) -> Cow<'_, str> {
    let width = pad.unwrap_or_default();
    // one lost zero is a known accident; more is a number of something else
    let is_one_short = local.len() + 1 == width && local.bytes().all(|byte| byte.is_ascii_digit());
    if is_one_short { format!("0{local}").into() } else { local.into() }
}

fn split_name(local: &str) -> Result<NameParts, Finding> {
    let mut words = local.split_whitespace();
    let parts = NameParts {
        family: words.next().map(str::to_owned),
        given: words.next().map(str::to_owned),
        patronymic: Some(words.collect::<Vec<_>>().join(" ")),
    };
    Name::try_from(parts).map(NameParts::from)
}

fn latin(local: &str, language: &Coded) -> Result<String, Finding> {
    Romaniser::built_in()?.latin(local, Some(language.as_str())).ok_or_else(|| {
        let message =
            "a letter that cannot be written in those of passports; fill the Latin name in the source";
        Finding::error("adapter.letters", "", "ICAO Doc 9303", local, message)
    })
}

fn other_number(local: &str, kind: &Coded) -> Finding {
    let message = "not a number of this register; find out which employer is meant";
    Finding::error("adapter.employer_number", "", kind.as_str(), local, message).as_warning()
}

fn unknown_code(local: &str) -> Finding {
    let message = "a code that the profile does not know; add it to the profile's table or correct it";
    Finding::error("adapter.code", "", "table of the profile", local, message)
}
