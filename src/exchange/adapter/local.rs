//! One row of a local file as typed values: whom it is about, and what it says of him.

use super::local_fact::LocalFact;
use super::local_fact::LocalLifeEvent;
use super::profile::RecordKind;
use super::revised::rows_of;
use crate::base::Finding;
use crate::exchange::canonical::Coded;
use crate::exchange::canonical::Contribution;
use crate::exchange::canonical::Country;
use crate::exchange::canonical::Employer;
use crate::exchange::canonical::HeldIdentifier;
use crate::exchange::canonical::InsurancePeriod;
use crate::exchange::canonical::InsuranceRecord;
use crate::exchange::canonical::Name;
use crate::exchange::canonical::Number;
use crate::exchange::canonical::OriginalName;
use crate::exchange::canonical::Person;
use crate::exchange::canonical::Position;
use crate::exchange::canonical::RecordId;
use crate::exchange::canonical::Title;
use jiff::civil::Date;
use serde::Deserialize;
use serde::Serialize;
use std::fmt;

/// One row of a local file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LocalRecord {
    /// Whom it is about, as far as the row tells.
    pub person: KnownPerson,
    /// What it says.
    pub entry: Entry,
    /// Whether it says so for the first time.
    pub form: RowForm,
}

/// Whether a row tells something, replaces what was told, or takes it back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum RowForm {
    /// It tells something.
    #[default]
    Original,
    /// It replaces what an earlier row of the same key told.
    Correcting,
    /// It takes back what an earlier row of the same key told.
    Cancelling,
}

/// What a row says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Entry {
    /// Only who the person is.
    Person,
    /// A contribution for a month.
    Contribution(Contribution),
    /// A period that counts.
    Period(InsurancePeriod),
    /// Something that happened in the person's employment.
    Event(LabourEvent),
    /// A fact.
    Fact(LocalFact),
    /// Something that happened in the person's life.
    LifeEvent(LocalLifeEvent),
}

/// A person as far as one row tells: a line of contributions may hold a number only.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KnownPerson {
    /// In Russian or Latin letters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<Name>,
    /// As written at home.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub original_name: Option<OriginalName>,
    /// Day of birth.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub birth_date: Option<Date>,
    /// A code of the list of sexes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sex: Option<Coded>,
    /// Of which countries he is a citizen.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub citizenships: Vec<Country>,
    /// His numbers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub identifiers: Vec<HeldIdentifier>,
}

/// An event of employment: hired, transferred, dismissed. Periods are drawn from events.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LabourEvent {
    /// Its id; of a cancellation, the id of the event it cancels.
    pub id: RecordId,
    /// Whether it tells something or takes back what was told.
    pub form: EventForm,
    /// What happened; a code that is not known is kept as it was read.
    pub kind: Coded,
    /// When.
    pub date: Date,
    /// At which employer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub employer: Option<Employer>,
    /// `main` or `secondary`: a second job beside the main one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub work: Option<Coded>,
    /// The post.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub position: Option<Position>,
    /// What else is said; of a renaming, the name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub details: Option<Title>,
    /// The code of the function.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub occupation: Option<Number>,
    /// First day of what it orders.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Date>,
    /// Last day of what it orders.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<Date>,
    /// The day it was taken back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cancelled_on: Option<Date>,
}

/// Whether an event tells something or takes it back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EventForm {
    /// It tells that something happened.
    Entry,
    /// It takes back the event of the same id.
    Cancellation,
}

impl LocalRecord {
    /// What a record has of a kind, as rows: first what was told, then what replaced it, then what took it back.
    /// Events and facts are not kept in a record; it has none.
    pub fn all_of(record: &InsuranceRecord, kind: RecordKind) -> Vec<Self> {
        let person = KnownPerson::from(&record.person);
        let row = |(entry, form)| Self { person: person.clone(), entry, form };
        match kind {
            RecordKind::Person => vec![row((Entry::Person, RowForm::Original))],
            RecordKind::Event | RecordKind::Fact | RecordKind::LifeEvent => Vec::new(),
            RecordKind::Period => {
                rows_of(&record.periods).map(|(one, form)| row((Entry::Period(one), form))).collect()
            }
            RecordKind::Contribution => {
                let rows = rows_of(&record.contributions);
                rows.map(|(one, form)| row((Entry::Contribution(one), form))).collect()
            }
        }
    }

    /// A row that tells something for the first time.
    pub fn original(person: KnownPerson, entry: Entry) -> Self {
        Self { person, entry, form: RowForm::Original }
    }
}

impl KnownPerson {
    /// The person, if name and birth date are known.
    pub fn to_person(&self) -> Option<Person> {
        Some(Person {
            name: self.name.clone()?,
            original_name: self.original_name.clone(),
            birth_date: self.birth_date?,
            sex: self.sex.clone(),
            citizenships: self.citizenships.clone(),
            identifiers: self.identifiers.clone(),
        })
    }

    /// The same, taken over.
    pub fn into_person(self) -> Option<Person> {
        let Self { name, original_name, birth_date, sex, citizenships, identifiers } = self;
        let (name, birth_date) = (name?, birth_date?);
        Some(Person { name, original_name, birth_date, sex, citizenships, identifiers })
    }

    /// Whether both name and birth date are known on both sides and differ: a shared number is a slip then.
    pub fn is_another(&self, other: &Self) -> bool {
        let has_other_name = matches!((&self.name, &other.name), (Some(a), Some(b)) if !a.is_alike(b));
        let has_other_birth = matches!((self.birth_date, other.birth_date), (Some(a), Some(b)) if a != b);
        has_other_name && has_other_birth
    }

    /// Takes over what is not known yet. True if the other row contradicts what is known.
    pub fn learn(&mut self, other: &Self) -> bool {
        let has_other_name = matches!((&self.name, &other.name), (Some(a), Some(b)) if !a.is_alike(b));
        let has_other_birth = matches!((self.birth_date, other.birth_date), (Some(a), Some(b)) if a != b);
        fill(&mut self.name, &other.name);
        fill(&mut self.original_name, &other.original_name);
        fill(&mut self.birth_date, &other.birth_date);
        fill(&mut self.sex, &other.sex);
        for state in &other.citizenships {
            if !self.citizenships.contains(state) {
                self.citizenships.push(*state);
            }
        }
        self.learn_numbers(&other.identifiers);
        has_other_name || has_other_birth
    }
}

impl KnownPerson {
    /// Takes over numbers, each before the one that replaced it, whatever the order of the rows: the one in use is the
    /// last of its kind.
    fn learn_numbers(&mut self, told: &[HeldIdentifier]) {
        let place_of = |own: &[HeldIdentifier], held: &HeldIdentifier| {
            own.iter().position(|one| one.identifier == held.identifier)
        };
        for (at, held) in told.iter().enumerate() {
            if place_of(&self.identifiers, held).is_some() {
                continue;
            }
            let is_after = |one: &&HeldIdentifier| one.identifier.kind() == held.identifier.kind();
            let mut later = told.iter().skip(at + 1).filter(is_after);
            match later.find_map(|next| place_of(&self.identifiers, next)) {
                Some(place) => self.identifiers.insert(place, held.clone()),
                None => self.identifiers.push(held.clone()),
            }
        }
    }
}

impl From<&Person> for KnownPerson {
    fn from(person: &Person) -> Self {
        Self {
            name: Some(person.name.clone()),
            original_name: person.original_name.clone(),
            birth_date: Some(person.birth_date),
            sex: person.sex.clone(),
            citizenships: person.citizenships.clone(),
            identifiers: person.identifiers.clone(),
        }
    }
}

impl fmt::Debug for KnownPerson {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KnownPerson(…, {} identifiers)", self.identifiers.len())
    }
}

fn fill<T: Clone>(own: &mut Option<T>, other: &Option<T>) {
    if own.is_none() {
        own.clone_from(other);
    }
}

/// Puts a finding of a single value to the place where the value stands.
pub(super) fn placed(mut finding: Finding, path: String) -> Finding {
    finding.path = path;
    finding
}
