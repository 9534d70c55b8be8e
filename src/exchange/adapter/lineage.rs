//! Which field of which local file each value of a record was read from.

use super::decoding::Set;
use super::error::AdapterError;
use super::local::Entry;
use super::local::EventForm;
use super::local::LabourEvent;
use super::local::LocalRecord;
use super::profile::Profile;
use super::source::Source;
use crate::exchange::canonical::Employer;
use crate::exchange::canonical::EmployerNumber;
use crate::exchange::canonical::InsuranceRecord;
use crate::exchange::canonical::RecordId;
use std::collections::BTreeMap;

/// A field of a local file that a value was read from.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ReadFrom {
    /// The file and the line.
    pub place: String,
    /// The column or path; empty for what is not read but made.
    pub local: String,
    /// How it was read.
    pub how: String,
    /// By which profile.
    pub profile: String,
}

/// The fields behind each value of a record, by the value's place such as `periods[0].interval.from`.
pub type Lineage = BTreeMap<String, Vec<ReadFrom>>;

impl Source {
    /// Which fields the values of a record of this source were read from. The files are read again for it.
    ///
    /// # Errors
    /// As [`Source::open`].
    pub fn lineage(&self, record: &InsuranceRecord) -> Result<Lineage, AdapterError> {
        let mut lineage = Lineage::new();
        self.read_again(&mut |profile, file, row, set| {
            if !is_of(&row, record) {
                return;
            }
            for one in set {
                for place in places(&row, &one.canonical, record) {
                    let from = ReadFrom {
                        place: format!("{file}:{}", one.line),
                        local: one.local.clone(),
                        how: one.how.clone(),
                        profile: profile.to_string(),
                    };
                    let all = lineage.entry(place).or_default();
                    if !all.contains(&from) {
                        all.push(from);
                    }
                }
            }
        })?;
        Ok(lineage)
    }
}

/// Whether a row is about the person of a record.
fn is_of(row: &LocalRecord, record: &InsuranceRecord) -> bool {
    let numbers = || row.person.identifiers.iter().map(|held| &held.identifier);
    let by_number =
        numbers().any(|number| record.person.identifiers.iter().any(|held| held.identifier == *number));
    let by_name = row.person.birth_date == Some(record.person.birth_date)
        && row.person.name.as_ref().is_some_and(|name| name.is_alike(&record.person.name));
    by_number || (row.person.identifiers.is_empty() && by_name)
}

/// The places of the record that a place of a row became.
fn places(row: &LocalRecord, canonical: &str, record: &InsuranceRecord) -> Vec<String> {
    let Some((part, rest)) = canonical.split_once('.') else { return Vec::new() };
    if part == "person" {
        return match rest {
            // which of several it is does not matter to who looks for it
            "identifiers" => {
                (0..record.person.identifiers.len()).map(|at| format!("person.identifiers[{at}]")).collect()
            }
            "citizenships" => {
                (0..record.person.citizenships.len()).map(|at| format!("person.citizenships[{at}]")).collect()
            }
            _ => vec![format!("person.{rest}")],
        };
    }
    match &row.entry {
        Entry::Person | Entry::Fact(_) | Entry::LifeEvent(_) => Vec::new(),
        Entry::Contribution(one) => {
            let mut all = (0..).zip(&record.contributions);
            let is_it = |own: &RecordId| is_kept_as(own, &one.id);
            all.find(|(_, own)| is_it(&own.id) && own.month == one.month && own.amount == one.amount)
                .map(|(at, _): (usize, _)| format!("contributions[{at}].{rest}"))
                .into_iter()
                .collect()
        }
        Entry::Period(one) => {
            let mut all = (0..).zip(&record.periods);
            all.find(|(_, own)| is_kept_as(&own.id, &one.id) && own.interval.from() == one.interval.from())
                .map(|(at, _): (usize, _)| format!("periods[{at}].{rest}"))
                .into_iter()
                .collect()
        }
        Entry::Event(event) => of_event(event, rest, record),
    }
}

/// What an event became: the beginning or the end of a period.
fn of_event(event: &LabourEvent, rest: &str, record: &InsuranceRecord) -> Vec<String> {
    let number = |employer: Option<&Employer>| -> Option<EmployerNumber> { employer?.number.clone() };
    let of = |at: usize| match (event.form, rest) {
        (EventForm::Cancellation, "cancelled_on") => Some(format!("periods[{at}].cancelled_on")),
        (EventForm::Cancellation, _) => None,
        (EventForm::Entry, "date" | "from") => Some(format!("periods[{at}].interval.from")),
        (EventForm::Entry, "id" | "kind" | "position") => Some(format!("periods[{at}].{rest}")),
        (EventForm::Entry, _) if rest.starts_with("employer.") => Some(format!("periods[{at}].{rest}")),
        (EventForm::Entry, _) => None,
    };
    let mut places = Vec::new();
    for (at, period) in record.periods.iter().enumerate() {
        let is_same_employer = number(period.employer.as_ref()) == number(event.employer.as_ref());
        if is_kept_as(&period.id, &event.id) {
            places.extend(of(at));
        } else if rest == "date" && is_same_employer && period.interval.to() == Some(event.date) {
            places.push(format!("periods[{at}].interval.to"));
        }
    }
    places
}

/// An entry beside another of the same id is kept under the id with a number.
fn is_kept_as(kept: &RecordId, read: &RecordId) -> bool {
    let rest = kept.as_str().strip_prefix(read.as_str());
    rest.is_some_and(|rest| {
        rest.is_empty() || rest.strip_prefix('-').is_some_and(|rest| rest.parse::<u32>().is_ok())
    })
}

/// What is told of each row that is read again: its profile, its file, the row, what set its places.
pub(super) type EachRow<'t> = &'t mut dyn FnMut(&Profile, &str, LocalRecord, Vec<Set>);
