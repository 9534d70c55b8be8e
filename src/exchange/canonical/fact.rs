//! A fact: one small statement about a person, given in place of a record; the question for it, and the offer of it.

use super::{Coded, Interval, Money, Person, State, Title, YearMonth};
use crate::base::Finding;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;
use uuid::Uuid;

/// A statement of one state about a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fact {
    /// Whose knowledge it is.
    pub state: State,
    /// A code of the catalogue of facts.
    pub kind: Coded,
    /// About whom; no more of him than is needed to tell him ([`Person::told_apart`]).
    pub person: Person,
    /// What is stated.
    pub value: FactValue,
    /// For which days it may be relied on.
    pub validity: Validity,
    /// As of when the data are.
    pub as_of: Date,
    /// Why it is given.
    pub ground: Ground,
}

/// A question for a fact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FactInquiry {
    /// Who asks.
    pub asking: State,
    /// Who is asked.
    pub asked: State,
    /// About whom.
    pub person: Person,
    /// Which fact.
    pub kind: Coded,
    /// Why.
    pub ground: Ground,
}

/// A fact that is offered unasked, since something happened in the person's life.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FactOffer {
    /// What happened: a code of the catalogue of facts.
    pub event: Coded,
    /// What is offered.
    pub fact: Fact,
}

/// Purpose, channel and legal basis, and the consent where the channel is one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ground {
    /// A code of the list of purposes.
    pub purpose: Coded,
    /// By what right.
    pub channel: Channel,
    /// The act: a code of the catalogue of facts.
    pub basis: Coded,
    /// What the person agreed to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub consent: Option<Consent>,
}

/// By what right a fact crosses the border. The channels are never mixed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Channel {
    /// A duty of competent bodies by treaty.
    Treaty,
    /// A function laid down by an act of the state.
    Statute,
    /// The person agreed.
    Consent,
}

/// That a person agreed, once, for one purpose, and for these states.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Consent {
    /// A random number, the same wherever the consent is referred to.
    pub id: Uuid,
    /// To which purpose.
    pub purpose: Coded,
    /// Which states may be told.
    pub states: Vec<State>,
    /// Since when and until when it counts.
    pub validity: Validity,
    /// How it was signed: a code of the list of levels.
    pub level: Coded,
}

/// Days with a first and a last one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "Interval", into = "Interval")]
pub struct Validity {
    interval: Interval,
    until: Date,
}

/// What a fact states.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FactValue {
    /// The day since which it is so.
    Since(Date),
    /// The last day on which it is so.
    Until(Date),
    /// A code of the state that keeps it, such as a group.
    Code(Coded),
    /// Money, month by month.
    Amounts(Vec<MonthlyAmount>),
    /// Where, to the district.
    Address(AddressLevel),
    /// What was received.
    Measures(Vec<Measure>),
    /// Whether the person is known as he was named.
    Match(IdentityAnswer),
}

/// Money of one month.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MonthlyAmount {
    /// Of which month.
    pub month: YearMonth,
    /// How much.
    pub amount: Money,
}

/// Where a person lives, to the district and no closer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AddressLevel {
    /// First level.
    pub region: Title,
    /// Second level.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub district: Option<Title>,
}

/// A measure, benefit or payment.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Measure {
    /// Which, or for which purpose: a code of the state that keeps it.
    pub code: Coded,
    /// How it stands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<Coded>,
    /// For which days.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interval: Option<Interval>,
    /// How much.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<Money>,
}

/// Whether a person is known as he was named.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum IdentityAnswer {
    /// Yes.
    Yes,
    /// No.
    No,
    /// Several may be meant.
    Ambiguous,
}

/// What the value of a kind of fact looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FactShape {
    /// [`FactValue::Since`].
    Since,
    /// [`FactValue::Until`].
    Until,
    /// [`FactValue::Code`].
    Code,
    /// [`FactValue::Amounts`].
    Amounts,
    /// [`FactValue::Address`].
    Address,
    /// [`FactValue::Measures`].
    Measures,
    /// [`FactValue::Match`].
    Match,
}

impl FactValue {
    /// What it looks like.
    pub fn shape(&self) -> FactShape {
        match self {
            Self::Since(_) => FactShape::Since,
            Self::Until(_) => FactShape::Until,
            Self::Code(_) => FactShape::Code,
            Self::Amounts(_) => FactShape::Amounts,
            Self::Address(_) => FactShape::Address,
            Self::Measures(_) => FactShape::Measures,
            Self::Match(_) => FactShape::Match,
        }
    }
}

/// The shape, never the value.
impl fmt::Debug for FactValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FactValue({:?}, …)", self.shape())
    }
}

impl fmt::Debug for Measure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Measure(…)")
    }
}

impl Validity {
    /// Days in their order, in the years that documents may name.
    ///
    /// # Errors
    /// The last day before the first, or a year outside 1900–2100.
    pub fn new(from: Date, until: Date) -> Result<Self, Finding> {
        Interval::new(from, Some(until)).map(|interval| Self { interval, until })
    }

    /// The first day.
    pub fn from(&self) -> Date {
        self.interval.from()
    }

    /// The last day.
    pub fn until(&self) -> Date {
        self.until
    }

    /// Whether a day is one of them.
    pub fn holds(&self, day: Date) -> bool {
        (self.from()..=self.until).contains(&day)
    }
}

impl TryFrom<Interval> for Validity {
    type Error = Finding;

    fn try_from(interval: Interval) -> Result<Self, Finding> {
        let until = interval.to().ok_or_else(|| {
            let message = "the last day is absent; write until when it counts";
            Finding::error("canonical.no_end", "validity", "from and to", "", message)
        })?;
        Ok(Self { interval, until })
    }
}

impl From<Validity> for Interval {
    fn from(validity: Validity) -> Self {
        validity.interval
    }
}

impl Person {
    /// No more of a person than tells him from others: his name, birth date and numbers.
    #[must_use]
    pub fn told_apart(&self) -> Self {
        Self { original_name: None, sex: None, citizenships: Vec::new(), ..self.clone() }
    }
}

impl Channel {
    /// As it is written.
    pub fn as_code(self) -> &'static str {
        match self {
            Self::Treaty => "treaty",
            Self::Statute => "statute",
            Self::Consent => "consent",
        }
    }
}

impl IdentityAnswer {
    /// As it is written.
    pub fn as_code(self) -> &'static str {
        match self {
            Self::Yes => "yes",
            Self::No => "no",
            Self::Ambiguous => "ambiguous",
        }
    }
}

impl FromStr for Channel {
    type Err = Finding;

    fn from_str(text: &str) -> Result<Self, Finding> {
        let all = [Self::Treaty, Self::Statute, Self::Consent];
        all.into_iter().find(|channel| channel.as_code() == text).ok_or_else(|| {
            let message = "not a channel; write treaty, statute or consent";
            Finding::error("canonical.channel", "channel", "XFC", text, message)
        })
    }
}

impl FromStr for IdentityAnswer {
    type Err = Finding;

    fn from_str(text: &str) -> Result<Self, Finding> {
        let all = [Self::Yes, Self::No, Self::Ambiguous];
        all.into_iter().find(|answer| answer.as_code() == text).ok_or_else(|| {
            let message = "not an answer; write yes, no or ambiguous";
            Finding::error("canonical.answer", "answer", "XIA", text, message)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn a_validity_has_both_ends_in_order() {
        let year = Validity::new(date(2026, 1, 1), date(2026, 12, 31)).unwrap();
        assert!(year.holds(date(2026, 12, 31)) && !year.holds(date(2027, 1, 1)));
        assert_eq!(
            Validity::new(date(2026, 2, 1), date(2026, 1, 1)).unwrap_err().code,
            "canonical.dates_reversed"
        );
        let open: Result<Validity, _> = serde_json::from_str(r#"{"from":"2026-01-01"}"#);
        assert!(open.unwrap_err().to_string().contains("canonical.no_end"));
        let json = serde_json::to_string(&year).unwrap();
        assert_eq!(json, r#"{"from":"2026-01-01","to":"2026-12-31"}"#);
        assert_eq!(serde_json::from_str::<Validity>(&json).unwrap(), year);
    }

    #[test]
    fn a_fact_shows_no_value_where_it_is_debugged() {
        for text in [
            r#"{"since":"2020-02-01"}"#,
            r#"{"code":"2"}"#,
            r#"{"match":"ambiguous"}"#,
            r#"{"amounts":[{"month":"2020-02","amount":{"amount":"7777","currency":"KGS"}}]}"#,
            r#"{"address":{"region":"Чуйская область"}}"#,
            r#"{"measures":[{"code":"0401"}]}"#,
        ] {
            let value: FactValue = serde_json::from_str(text).unwrap();
            let shown = format!("{value:?}");
            assert!(shown.starts_with("FactValue(") && shown.ends_with(", …)"), "{shown}");
            assert_eq!(serde_json::to_string(&value).unwrap(), text);
        }
    }
}
