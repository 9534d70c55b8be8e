//! The places of a canonical record that a profile may name, and what stands there.

use super::profile::RecordKind;

/// What stands at a canonical path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Target {
    /// The id of an entry.
    Id,
    /// A code of a list.
    Code,
    /// A title of up to 300 characters.
    Title,
    Position,
    /// A number of up to 50 characters.
    Number,
    /// A part of a name.
    NamePart,
    /// A whole name, written in one field.
    Name,
    /// A day.
    Date,
    /// A month.
    Month,
    /// A bare decimal.
    Decimal,
    /// An amount with its currency.
    Money,
    /// A member state.
    State,
    /// A country.
    Country,
    /// Several of them.
    Countries,
    /// Personal identifiers.
    Identifiers,
    /// The number of an employer, with its register.
    EmployerNumber,
    /// Special conditions: filled by a `[[list]]`.
    SpecialConditions,
}

impl Target {
    /// What stands at `path` of a record of this kind, if there is such a place.
    pub(super) fn of(path: &str, record: RecordKind) -> Option<Self> {
        let (part, rest) = path.split_once('.')?;
        if part == "person" {
            return person(rest);
        }
        if part != record.part() {
            return None;
        }
        match record {
            RecordKind::Person => None,
            RecordKind::Contribution => contribution(rest),
            RecordKind::Period => period(rest),
            RecordKind::Event => event(rest),
            RecordKind::Fact => fact(rest),
            RecordKind::LifeEvent => life_event(rest),
        }
    }

    /// What stands at `path` of a special condition.
    pub(super) fn of_special_condition(path: &str) -> Option<Self> {
        match path {
            "kind" => Some(Self::Code),
            "code" => Some(Self::Number),
            "coefficient" => Some(Self::Decimal),
            _ => None,
        }
    }

    /// Whether several local values may stand there.
    pub(super) fn is_list(self) -> bool {
        matches!(self, Self::Countries | Self::Identifiers | Self::SpecialConditions)
    }
}

/// Every place of a record of this kind, as a profile names it.
pub(super) fn places(record: RecordKind) -> Vec<&'static str> {
    let own: &[&'static str] = match record {
        RecordKind::Person => &[],
        RecordKind::Contribution => &CONTRIBUTION,
        RecordKind::Period => &PERIOD,
        RecordKind::Event => &EVENT,
        RecordKind::Fact => &FACT,
        RecordKind::LifeEvent => &LIFE_EVENT,
    };
    PERSON.iter().chain(own).copied().collect()
}

const PERSON: [&str; 11] = [
    "person.name.family",
    "person.name.given",
    "person.name.patronymic",
    "person.original_name.language",
    "person.original_name.name.family",
    "person.original_name.name.given",
    "person.original_name.name.patronymic",
    "person.birth_date",
    "person.sex",
    "person.citizenships",
    "person.identifiers",
];

const CONTRIBUTION: [&str; 10] = [
    "contribution.id",
    "contribution.kind",
    "contribution.month",
    "contribution.base",
    "contribution.amount",
    "contribution.employer.state",
    "contribution.employer.name",
    "contribution.employer.number",
    "contribution.supersedes",
    "contribution.cancelled_on",
];

const PERIOD: [&str; 13] = [
    "period.id",
    "period.kind",
    "period.state",
    "period.interval.from",
    "period.interval.to",
    "period.employer.state",
    "period.employer.name",
    "period.employer.number",
    "period.position",
    "period.special_conditions",
    "period.evidence",
    "period.supersedes",
    "period.cancelled_on",
];

const EVENT: [&str; 14] = [
    "event.id",
    "event.form",
    "event.kind",
    "event.date",
    "event.employer.state",
    "event.employer.name",
    "event.employer.number",
    "event.work",
    "event.position",
    "event.details",
    "event.occupation",
    "event.from",
    "event.to",
    "event.cancelled_on",
];

const FACT: [&str; 13] = [
    "fact.id",
    "fact.kind",
    "fact.since",
    "fact.until",
    "fact.code",
    "fact.status",
    "fact.month",
    "fact.amount",
    "fact.region",
    "fact.district",
    "fact.from",
    "fact.to",
    "fact.as_of",
];

const LIFE_EVENT: [&str; 4] = ["life_event.id", "life_event.kind", "life_event.date", "life_event.state"];

fn person(path: &str) -> Option<Target> {
    match path {
        "name" | "original_name.name" => Some(Target::Name),
        "name.family" | "name.given" | "name.patronymic" => Some(Target::NamePart),
        "original_name.name.family" | "original_name.name.given" | "original_name.name.patronymic" => {
            Some(Target::NamePart)
        }
        "birth_date" => Some(Target::Date),
        "sex" | "original_name.language" => Some(Target::Code),
        "citizenships" => Some(Target::Countries),
        "identifiers" => Some(Target::Identifiers),
        _ => None,
    }
}

fn contribution(path: &str) -> Option<Target> {
    match path {
        "month" => Some(Target::Month),
        "base" | "amount" => Some(Target::Money),
        _ => entry(path),
    }
}

fn period(path: &str) -> Option<Target> {
    match path {
        "state" => Some(Target::State),
        "interval.from" | "interval.to" => Some(Target::Date),
        "position" => Some(Target::Position),
        "special_conditions" => Some(Target::SpecialConditions),
        _ => entry(path),
    }
}

fn event(path: &str) -> Option<Target> {
    match path {
        "form" | "work" => Some(Target::Code),
        "date" | "from" | "to" => Some(Target::Date),
        "position" => Some(Target::Position),
        "details" => Some(Target::Title),
        "occupation" => Some(Target::Number),
        "supersedes" => None,
        _ => entry(path),
    }
}

fn fact(path: &str) -> Option<Target> {
    match path {
        "id" => Some(Target::Id),
        "kind" | "code" | "status" => Some(Target::Code),
        "since" | "until" | "from" | "to" | "as_of" => Some(Target::Date),
        "month" => Some(Target::Month),
        "amount" => Some(Target::Money),
        "region" | "district" => Some(Target::Title),
        _ => None,
    }
}

fn life_event(path: &str) -> Option<Target> {
    match path {
        "id" => Some(Target::Id),
        "kind" => Some(Target::Code),
        "date" => Some(Target::Date),
        "state" => Some(Target::State),
        _ => None,
    }
}

/// What every entry has.
fn entry(path: &str) -> Option<Target> {
    match path {
        "id" | "supersedes" => Some(Target::Id),
        "kind" => Some(Target::Code),
        "cancelled_on" => Some(Target::Date),
        "employer.state" => Some(Target::Country),
        "employer.name" => Some(Target::Title),
        "employer.number" => Some(Target::EmployerNumber),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_place_that_is_listed_is_one_but_for_evidence_which_no_form_tells() {
        use RecordKind::{Contribution, Event, Fact, LifeEvent, Period, Person};
        for record in [Person, Contribution, Period, Event, Fact, LifeEvent] {
            let unknown: Vec<&str> =
                places(record).into_iter().filter(|place| Target::of(place, record).is_none()).collect();
            let expected: &[&str] = if record == RecordKind::Period { &["period.evidence"] } else { &[] };
            assert_eq!(unknown, expected);
        }
    }
}
