//! The insurance record: what one state knows of a person's work, and the question for it.

use super::{
    Coded, Country, Interval, MediaType, Money, Number, Person, Position, RecordId, RegisterNumber, State,
    Title, YearMonth,
};
use crate::base::Digest256;
use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use std::collections::HashSet;
use std::fmt;

/// A question: what do you know of this person?
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Inquiry {
    /// Who asks.
    pub asking: State,
    /// Who is asked.
    pub asked: State,
    /// About whom.
    pub person: Person,
    /// About which days; all of them if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interval: Option<Interval>,
    /// A code of the list of purposes.
    pub purpose: Coded,
}

/// What one state knows of a person's work.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InsuranceRecord {
    /// Whose knowledge it is.
    pub state: State,
    /// The day it was drawn up.
    pub as_of: Date,
    /// About whom.
    pub person: Person,
    /// Periods that count, superseded and cancelled ones included: the history is kept.
    #[serde(default)]
    pub periods: Vec<InsurancePeriod>,
    /// Contributions by month, likewise.
    #[serde(default)]
    pub contributions: Vec<Contribution>,
    /// What proves the record as a whole, such as a work book.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub evidence: Vec<Evidence>,
}

/// A period that counts towards a pension.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InsurancePeriod {
    /// Which entry of the state's record it is.
    pub id: RecordId,
    /// On whose territory it was acquired.
    pub state: State,
    /// When.
    pub interval: Interval,
    /// A code of the list of period kinds.
    pub kind: Coded,
    /// For whom the person worked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub employer: Option<Employer>,
    /// As what.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub position: Option<Position>,
    /// Special conditions; another state counts them as ordinary (T25).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub special_conditions: Vec<SpecialCondition>,
    /// What proves it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub evidence: Vec<Evidence>,
    /// The entry it replaces.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub supersedes: Option<RecordId>,
    /// The day it was cancelled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cancelled_on: Option<Date>,
}

/// A contribution paid for a month.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Contribution {
    /// Which entry of the state's record it is.
    pub id: RecordId,
    /// For which month.
    pub month: YearMonth,
    /// A code of the list of contribution kinds.
    pub kind: Coded,
    /// Who paid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub employer: Option<Employer>,
    /// The earnings it is computed from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base: Option<Money>,
    /// How much was paid.
    pub amount: Money,
    /// The entry it replaces.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub supersedes: Option<RecordId>,
    /// The day it was cancelled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cancelled_on: Option<Date>,
}

/// Who employed or paid.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Employer {
    /// Where it is registered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<Country>,
    /// What it is called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<Title>,
    /// Its number, and in which register.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<EmployerNumber>,
}

/// The number of an employer in a register.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EmployerNumber {
    /// A code of the list of registers, such as `bin` or `inn`.
    pub kind: Coded,
    /// The number.
    pub value: RegisterNumber,
}

/// A special condition of work.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SpecialCondition {
    /// A code of the list of special conditions.
    pub kind: Coded,
    /// The state's own code, kept as it is: it has no equivalent across the border.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<Number>,
    /// By how much the state multiplies.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub coefficient: Option<Decimal>,
}

/// A document that proves an entry.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Evidence {
    /// A code of the list of evidence.
    pub kind: Coded,
    /// Its number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<Number>,
    /// Its day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub date: Option<Date>,
    /// What it is called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<Title>,
    /// A picture or file of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub copy: Option<CopyOfDocument>,
}

/// A picture or file of a document. Its content travels beside the record and is known by its digest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CopyOfDocument {
    /// What kind of file it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub media_type: Option<MediaType>,
    /// How long it is.
    pub bytes: u64,
    /// The SHA-256 of its content.
    pub sha256: Digest256,
}

impl InsuranceRecord {
    /// The copies of documents, in the order in which its XML has them.
    pub fn copies(&self) -> impl Iterator<Item = &CopyOfDocument> {
        let of_periods = self.periods.iter().flat_map(|period| &period.evidence);
        of_periods.chain(&self.evidence).filter_map(|evidence| evidence.copy.as_ref())
    }

    /// The periods that stand: neither cancelled nor superseded.
    pub fn standing_periods(&self) -> impl Iterator<Item = &InsurancePeriod> {
        let replaced: HashSet<&RecordId> =
            self.periods.iter().filter_map(|p| p.supersedes.as_ref()).collect();
        self.periods.iter().filter(move |p| p.cancelled_on.is_none() && !replaced.contains(&p.id))
    }

    /// The contributions that stand: neither cancelled nor superseded.
    pub fn standing_contributions(&self) -> impl Iterator<Item = &Contribution> {
        let replaced: HashSet<&RecordId> =
            self.contributions.iter().filter_map(|c| c.supersedes.as_ref()).collect();
        self.contributions.iter().filter(move |c| c.cancelled_on.is_none() && !replaced.contains(&c.id))
    }

    /// Whether there is anything to tell.
    pub fn is_empty(&self) -> bool {
        self.periods.is_empty() && self.contributions.is_empty() && self.evidence.is_empty()
    }
}

impl fmt::Debug for Inquiry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Inquiry({} asks {}, …)", self.asking, self.asked)
    }
}

impl fmt::Debug for InsuranceRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (periods, contributions) = (self.periods.len(), self.contributions.len());
        write!(f, "InsuranceRecord({}, …, {periods} periods, {contributions} contributions)", self.state)
    }
}

impl fmt::Debug for InsurancePeriod {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "InsurancePeriod({}, {}, …)", self.id.as_str(), self.state)
    }
}

impl fmt::Debug for Contribution {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Contribution({}, …)", self.id.as_str())
    }
}

impl fmt::Debug for SpecialCondition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SpecialCondition({}, …)", self.kind.as_str())
    }
}

impl fmt::Debug for Evidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Evidence({}, …)", self.kind.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RECORD: &str = r#"{
        "state": "KZ", "as_of": "2026-11-23",
        "person": {
            "name": { "family": "Ахметов", "given": "Ерлан" },
            "original_name": { "language": "kk", "name": { "family": "Ахметов", "given": "Ерлан" } },
            "birth_date": "1985-03-15", "sex": "1", "citizenships": ["KZ"],
            "identifiers": [{ "kind": "iin", "value": "850315300019" }]
        },
        "periods": [
            { "id": "a", "state": "KZ", "interval": { "from": "2010-01-11", "to": "2012-02-01" }, "kind": "work",
              "employer": { "state": "KZ", "name": "ТОО Сарыарка", "number": { "kind": "bin", "value": "051140000018" } } },
            { "id": "b", "state": "KZ", "interval": { "from": "2010-01-11", "to": "2012-03-01" }, "kind": "work",
              "supersedes": "a" },
            { "id": "c", "state": "KZ", "interval": { "from": "2013-01-11" }, "kind": "work", "cancelled_on": "2014-01-01" }
        ],
        "contributions": [
            { "id": "m", "month": "2010-02", "kind": "opv", "amount": { "amount": "12000.00", "currency": "KZT" } }
        ]
    }"#;

    #[test]
    fn a_superseded_and_a_cancelled_entry_are_kept_and_do_not_stand() {
        let record: InsuranceRecord = serde_json::from_str(RECORD).unwrap();
        assert_eq!(record.periods.len(), 3);
        assert_eq!(record.standing_periods().map(|p| p.id.as_str()).collect::<Vec<_>>(), ["b"]);
        assert_eq!(record.standing_contributions().count(), 1);
        let again = serde_json::to_string(&record).unwrap();
        assert_eq!(serde_json::from_str::<InsuranceRecord>(&again).unwrap(), record);
    }

    #[test]
    fn a_record_shows_nothing_of_the_person() {
        let record: InsuranceRecord = serde_json::from_str(RECORD).unwrap();
        let shown = format!("{record:?} {:?} {:?} {:?}", record.person, record.periods, record.contributions);
        for personal in ["Ахметов", "Ерлан", "850315", "1985", "2010", "2012", "2014", "Сарыарка", "12000"]
        {
            assert!(!shown.contains(personal), "{personal} in {shown}");
        }
        assert!(shown.starts_with("InsuranceRecord(KZ, …, 3 periods, 1 contributions) "), "{shown}");
    }

    #[test]
    fn an_error_names_its_place_and_what_to_do() {
        let error =
            serde_json::from_str::<InsuranceRecord>(&RECORD.replace("2012-02-01", "2009-02-01")).unwrap_err();
        assert!(
            error.to_string().contains("the period ends before it begins; correct one of the dates"),
            "{error}"
        );
        assert!(error.to_string().contains("line"), "{error}");
        let unknown = RECORD.replace("\"as_of\"", "\"asof\"");
        assert!(serde_json::from_str::<InsuranceRecord>(&unknown).unwrap_err().to_string().contains("asof"));
    }

    #[test]
    fn persons_are_the_same_by_a_number_or_by_name_and_birth() {
        let record: InsuranceRecord = serde_json::from_str(RECORD).unwrap();
        let mut other = record.person.clone();
        other.identifiers.clear();
        assert!(record.person.is_same(&other));
        other.birth_date = jiff::civil::date(1985, 3, 16);
        assert!(!record.person.is_same(&other));
    }
}
