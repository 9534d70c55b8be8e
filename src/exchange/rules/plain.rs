//! Documents that are plainly in order: what most are, told without the schema processor.
//!
//! It knows a part of XML Schema, compiled from the same files, and the plain spelling of values. What it accepts the
//! schema processor accepts; of all else it says nothing, and the schema processor is asked. So a finding is always the
//! processor's own.

use crate::exchange::document::Element;
use jiff::civil::Date;
use regex::Regex;
use std::borrow::Cow;

/// The compiled schema of one structure.
#[derive(Debug)]
pub(super) struct PlainSchema {
    pub(super) root: Part,
    pub(super) types: Vec<Type>,
}

/// An element that may stand in a place.
#[derive(Debug, Clone)]
pub(super) struct Part {
    pub(super) namespace: String,
    pub(super) local: String,
    /// Its type, by its number.
    pub(super) of: usize,
}

/// What an element may hold.
#[derive(Debug)]
pub(super) struct Type {
    pub(super) content: Content,
    pub(super) attributes: Vec<AttributeUse>,
}

#[derive(Debug, Clone)]
pub(super) struct AttributeUse {
    pub(super) name: String,
    pub(super) is_required: bool,
    pub(super) value: Simple,
}

#[derive(Debug, Clone)]
pub(super) enum Content {
    /// A value.
    Simple(Simple),
    /// Elements in order.
    Sequence(Vec<Particle>),
}

/// What may stand next, and how often.
#[derive(Debug, Clone)]
pub(super) struct Particle {
    pub(super) term: Term,
    pub(super) min: usize,
    pub(super) max: usize,
}

#[derive(Debug, Clone)]
pub(super) enum Term {
    Element(Part),
    Sequence(Vec<Particle>),
}

/// A value: what kind, and its facets.
#[derive(Debug, Clone)]
pub(super) struct Simple {
    pub(super) base: Base,
    pub(super) length: (usize, usize),
    pub(super) digits: (usize, usize),
    pub(super) patterns: Vec<Regex>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Base {
    String,
    Token,
    Decimal,
    Date,
    DateTime,
    YearMonth,
    Base64,
    Boolean,
    Count,
}

impl PlainSchema {
    /// Whether a document is in order beyond doubt. Its attributes must all be of no namespace.
    pub(super) fn accepts(&self, root: &Element) -> bool {
        root.is(&self.root.namespace, &self.root.local) && self.holds(root, self.root.of)
    }

    fn holds(&self, element: &Element, of: usize) -> bool {
        let Some(own) = self.types.get(of) else { return false };
        let is_known = |(name, value): &(Cow<'_, str>, Cow<'_, str>)| {
            own.attributes.iter().any(|known| known.name == *name && known.value.accepts(value))
        };
        let is_there = |known: &AttributeUse| !known.is_required || element.attribute(&known.name).is_some();
        if !element.attributes.iter().all(is_known) || !own.attributes.iter().all(is_there) {
            return false;
        }
        match &own.content {
            Content::Simple(value) => element.children.is_empty() && value.accepts(&element.text),
            Content::Sequence(particles) => {
                element.text.bytes().all(|byte| byte.is_ascii_whitespace())
                    && self.takes(particles, &element.children) == Some(element.children.len())
            }
        }
    }

    /// How many children a sequence takes. No two that may stand in one place have one name, so the first that fits is
    /// the one.
    fn takes(&self, particles: &[Particle], children: &[Element]) -> Option<usize> {
        let mut taken = 0;
        for Particle { term, min, max } in particles {
            let mut count = 0;
            while count < *max {
                let rest = children.get(taken..).unwrap_or_default();
                let more = match term {
                    Term::Element(part) => match rest.first() {
                        Some(child) if child.is(&part.namespace, &part.local) => {
                            if !self.holds(child, part.of) {
                                return None;
                            }
                            1
                        }
                        Some(_) | None => 0,
                    },
                    Term::Sequence(inner) => self.takes(inner, rest).unwrap_or_default(),
                };
                if more == 0 {
                    break;
                }
                taken += more;
                count += 1;
            }
            if count < *min {
                return None;
            }
        }
        Some(taken)
    }
}

impl Simple {
    /// Whether a text is a value of this type in its plain spelling.
    fn accepts(&self, text: &str) -> bool {
        let is_of_kind = match self.base {
            Base::String => true,
            Base::Token => is_collapsed(text),
            Base::Decimal => is_decimal(text, self.digits),
            Base::Date => is_date(text),
            Base::YearMonth => is_month(text),
            Base::DateTime => is_instant(text),
            Base::Base64 => is_base64(text),
            Base::Boolean => matches!(text, "true" | "false"),
            Base::Count => (1..=9).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit()),
        };
        let (least, most) = self.length;
        let is_long_enough = || (least, most) == ANY_LENGTH || (least..=most).contains(&text.chars().count());
        is_of_kind && is_long_enough() && self.patterns.iter().all(|pattern| pattern.is_match(text))
    }
}

/// Whether nothing of a text is dropped when its white space is collapsed.
fn is_collapsed(text: &str) -> bool {
    let is_other_blank = |byte: u8| matches!(byte, b'\t' | b'\n' | b'\r');
    !text.bytes().any(is_other_blank)
        && !text.starts_with(' ')
        && !text.ends_with(' ')
        && !text.contains("  ")
}

fn is_decimal(text: &str, (total, fraction): (usize, usize)) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, part) = digits.split_once('.').unwrap_or((digits, "0"));
    let all = |digits: &str| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    all(whole) && all(part) && part.len() <= fraction && whole.len() + part.len() <= total
}

fn is_date(text: &str) -> bool {
    text.len() == 10 && is_date_text(text)
}

/// A day of our era, written as `2020-12-31`.
fn is_date_text(text: &str) -> bool {
    let Some((month, day)) = text.rsplit_once('-') else { return false };
    let (Some((year, month)), Some(day)) = (year_and_month(month), number(day, 2)) else { return false };
    let small = |number: i16| i8::try_from(number).unwrap_or_default();
    Date::new(year, small(month), small(day)).is_ok()
}

/// A month of our era, written as `2020-12`.
fn is_month(text: &str) -> bool {
    year_and_month(text).is_some_and(|(_, month)| (1..=12).contains(&month))
}

fn year_and_month(text: &str) -> Option<(i16, i16)> {
    let (year, month) = text.split_once('-')?;
    Some((number(year, 4).filter(|year| *year > 0)?, number(month, 2)?))
}

/// A number of so many digits.
fn number(text: &str, digits: usize) -> Option<i16> {
    let is_number = text.len() == digits && text.bytes().all(|byte| byte.is_ascii_digit());
    if is_number { text.parse().ok() } else { None }
}

/// An instant of UTC, of another zone or of none, written as `2020-12-31T23:59:59.5+03:00`.
fn is_instant(text: &str) -> bool {
    let Some((day, time)) = text.split_once('T') else { return false };
    let (time, zone) = match time.strip_suffix('Z') {
        Some(time) => (time, "00:00"),
        None => time.rsplit_once(['+', '-']).unwrap_or((time, "00:00")),
    };
    let (time, fraction) = time.split_once('.').unwrap_or((time, "0"));
    let mut parts = time.split(':');
    let mut is_below =
        |limit: i16| parts.next().and_then(|part| number(part, 2)).is_some_and(|it| it < limit);
    let is_time = is_below(24) && is_below(60) && is_below(60) && parts.next().is_none();
    let is_fraction = (1..=9).contains(&fraction.len()) && fraction.bytes().all(|byte| byte.is_ascii_digit());
    is_date(day) && is_time && is_fraction && is_zone(zone)
}

/// How far a zone is from UTC: up to 14 hours.
fn is_zone(text: &str) -> bool {
    let Some((hours, minutes)) = text.split_once(':') else { return false };
    match (number(hours, 2), number(minutes, 2)) {
        (Some(hours), Some(minutes)) => (hours < 14 && minutes < 60) || (hours, minutes) == (14, 0),
        (Some(_), None) | (None, _) => false,
    }
}

/// Whole groups of four, the last padded so that no bit is left over.
fn is_base64(text: &str) -> bool {
    let (whole, ending) = match (text.strip_suffix("=="), text.strip_suffix('=')) {
        (Some(whole), _) => (whole, "AQgw"),
        (None, Some(whole)) => (whole, "AEIMQUYcgkosw048"),
        (None, None) => (text, ""),
    };
    let is_ended = ending.is_empty() || whole.ends_with(|last| ending.contains(last));
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
    text.len().is_multiple_of(4) && is_ended && whole.bytes().all(is_plain)
}

/// No facet of length.
pub(super) const ANY_LENGTH: (usize, usize) = (0, usize::MAX);

#[cfg(test)]
mod tests {
    use super::*;

    fn simple(base: Base) -> Simple {
        Simple { base, length: ANY_LENGTH, digits: (24, 4), patterns: Vec::new() }
    }

    #[test]
    fn only_the_plain_spelling_of_a_value_is_accepted() {
        for (base, sound, doubtful) in [
            (Base::Token, &["", "a b", "ж"][..], &[" a", "a ", "a  b", "a\nb"][..]),
            (
                Base::Decimal,
                &["0", "-1.5", "12345678901234567890.1234"],
                &["", "+1", ".5", "1.", "1.23456", "1 "],
            ),
            (
                Base::Date,
                &["2020-02-29", "0001-01-01"],
                &["2021-02-29", "0000-01-01", "2020-02-29Z", "-020-01-01"],
            ),
            (Base::YearMonth, &["2020-12"], &["2020-13", "2020-00", "0000-12", "2020-12+06:00", "02020-1"]),
            (
                Base::DateTime,
                &[
                    "2020-01-01T23:59:59Z",
                    "2020-01-01T00:00:00.123",
                    "2020-01-01T00:00:00+06:00",
                    "2020-01-01T00:00:00.5-14:00",
                ],
                &[
                    "2020-01-01T24:00:00",
                    "2020-01-01T23:59:60Z",
                    "2020-01-01",
                    "2020-01-01T00:00:00+14:01",
                    "2020-01-01T00:00:00+6:00",
                    "2020-01-01T00:00:00+0600",
                    "2020-01-01T00:00:00+03:00Z",
                    "2020-01-01T00:00:00.",
                ],
            ),
            (Base::Boolean, &["true", "false"], &["1", "0", "TRUE", "", " true"]),
            (Base::Count, &["0", "007", "123456789"], &["", "-0", "+5", "1234567890", "1.0", "1 "]),
            (
                Base::Base64,
                &["", "QUJD", "QUI=", "QQ==", "QUJDQQ=="],
                &["QUJ=", "QR==", "====", "Q===", "QUJ", "QU D"],
            ),
        ] {
            assert!(sound.iter().all(|text| simple(base).accepts(text)), "{base:?}: {sound:?}");
            assert!(!doubtful.iter().any(|text| simple(base).accepts(text)), "{base:?}: {doubtful:?}");
        }
        let short = Simple { length: (1, 2), ..simple(Base::String) };
        assert!(short.accepts("жж") && !short.accepts("") && !short.accepts("жжж"));
    }
}
