//! What rows of local forms say of facts and of events in a person's life.

use crate::base::Finding;
use crate::exchange::canonical::Coded;
use crate::exchange::canonical::Interval;
use crate::exchange::canonical::Money;
use crate::exchange::canonical::RecordId;
use crate::exchange::canonical::State;
use crate::exchange::canonical::Title;
use crate::exchange::canonical::YearMonth;
use jiff::civil::Date;
use serde::Deserialize;
use serde::Serialize;
use std::fmt;

/// One row about a fact. Which of its places say something follows from the shape of the kind.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "WrittenFact", into = "WrittenFact")]
pub struct LocalFact {
    /// By which rows that say the same are told apart, where a form has it.
    pub id: Option<RecordId>,
    /// A code of the catalogue of facts.
    pub kind: Coded,
    /// Since when it is so.
    pub since: Option<Date>,
    /// Until when it is so.
    pub until: Option<Date>,
    /// A code, such as a group or a measure.
    pub code: Option<Coded>,
    /// How a measure or payment stands.
    pub status: Option<Coded>,
    /// The month of an amount.
    pub month: Option<YearMonth>,
    /// How much.
    pub amount: Option<Money>,
    /// First level of an address.
    pub region: Option<Title>,
    /// Second level of an address.
    pub district: Option<Title>,
    /// The first day on which the row counts.
    pub from: Option<Date>,
    /// The last one.
    pub to: Option<Date>,
    /// As of when the row is, where it says so.
    pub as_of: Option<Date>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenFact {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    id: Option<RecordId>,
    kind: Coded,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    since: Option<Date>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    until: Option<Date>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    code: Option<Coded>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    status: Option<Coded>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    month: Option<YearMonth>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    amount: Option<Money>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    region: Option<Title>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    district: Option<Title>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    from: Option<Date>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    to: Option<Date>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    as_of: Option<Date>,
}

/// Something that happened in a person's life and may make the state offer a fact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LocalLifeEvent {
    /// Its id in the local register.
    pub id: RecordId,
    /// A code of the catalogue of facts.
    pub kind: Coded,
    /// When it happened.
    pub date: Date,
    /// Which other state it concerns.
    pub state: State,
}

impl TryFrom<WrittenFact> for LocalFact {
    type Error = Finding;

    fn try_from(written: WrittenFact) -> Result<Self, Finding> {
        let WrittenFact {
            id,
            kind,
            since,
            until,
            code,
            status,
            month,
            amount,
            region,
            district,
            from,
            to,
            as_of,
        } = written;
        if let Some(first) = from {
            Interval::new(first, to)?;
        }
        Ok(Self { id, kind, since, until, code, status, month, amount, region, district, from, to, as_of })
    }
}

impl From<LocalFact> for WrittenFact {
    fn from(fact: LocalFact) -> Self {
        let LocalFact {
            id,
            kind,
            since,
            until,
            code,
            status,
            month,
            amount,
            region,
            district,
            from,
            to,
            as_of,
        } = fact;
        Self { id, kind, since, until, code, status, month, amount, region, district, from, to, as_of }
    }
}

impl fmt::Debug for LocalFact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LocalFact({}, …)", self.kind.as_str())
    }
}
