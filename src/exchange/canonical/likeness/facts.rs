//! Comparisons of what is no name: numbers, day of birth, sex, citizenship.

use crate::exchange::canonical::Identifier;
use crate::exchange::canonical::IdentifierKind;
use crate::exchange::canonical::Person;
use crate::exchange::canonical::Standing;
use jiff::civil::Date;

/// Numbers of a kind that both have: the best that any two of them say, or that none is shared.
pub(super) fn numbers(one: &Person, other: &Person, found: &mut Vec<&'static str>) {
    for kind in IdentifierKind::ALL {
        let (own, theirs) = (of_kind(one, kind), of_kind(other, kind));
        let (Some(last), Some(their_last)) = (own.last(), theirs.last()) else { continue };
        let is_shared = own.iter().any(|number| theirs.contains(number));
        let is_near = |a: &&Identifier| theirs.iter().any(|b| are_near(a, b));
        found.push(match kind {
            _ if last == their_last => "number.same",
            _ if is_shared => "number.former",
            _ if own.iter().any(is_near) => "number.near",
            IdentifierKind::Snils => "number.other.snils",
            IdentifierKind::Iin => "number.other.iin",
            IdentifierKind::ByNumber => "number.other.by-number",
            IdentifierKind::Pin => "number.other.pin",
            IdentifierKind::Psn => "number.other.psn",
        });
    }
}

/// The numbers of a kind, the one in use last.
fn of_kind(person: &Person, kind: IdentifierKind) -> Vec<&Identifier> {
    let mut held: Vec<_> = person.identifiers.iter().filter(|held| held.identifier.kind() == kind).collect();
    let ended = |held: &&crate::exchange::canonical::HeldIdentifier| {
        held.validity.is_none_or(|validity| validity.to().is_none())
    };
    held.sort_by_key(ended);
    held.into_iter().map(|held| &held.identifier).collect()
}

/// Whether one is the other with a slip of the pen. Where a check digit can tell, one of them must be wrong by it.
fn are_near(one: &Identifier, other: &Identifier) -> bool {
    let has_check = match one.kind() {
        IdentifierKind::Snils | IdentifierKind::Iin | IdentifierKind::ByNumber => true,
        IdentifierKind::Pin | IdentifierKind::Psn => false,
    };
    let is_wrong = |id: &Identifier| id.standing() == Standing::ChecksumMismatch;
    (!has_check || is_wrong(one) || is_wrong(other))
        && strsim::osa_distance(one.as_str(), other.as_str()) == 1
}

/// The day of birth, also as day and month changed, as one part mistaken, and as known only by its year.
pub(super) fn birth(one: &Person, other: &Person, found: &mut Vec<&'static str>) {
    let (a, b) = (one.birth_date, other.birth_date);
    let parts = [a.year() == b.year(), a.month() == b.month(), a.day() == b.day()];
    let is_swapped = a.year() == b.year() && a.day() == b.month() && a.month() == b.day();
    let is_first_day = |date: Date| date.month() == 1 && date.day() == 1;
    let is_by_number = told_by_number(one, other).contains(&b) || told_by_number(other, one).contains(&a);
    found.push(match parts.iter().filter(|is| **is).count() {
        3 => "birth.same",
        _ if is_swapped => "birth.swapped",
        // registers write the first of January where only the year is known
        _ if a.year() == b.year() && (is_first_day(a) || is_first_day(b)) => "birth.year",
        _ if is_by_number => "birth.by_number",
        2 => "birth.part",
        _ => "birth.other",
    });
}

/// The days that a person's numbers tell, but for those that the other has too: they say nothing new.
fn told_by_number(person: &Person, other: &Person) -> Vec<Date> {
    let numbers = person.identifiers.iter().map(|held| &held.identifier);
    let own = numbers.filter(|number| !other.identifiers.iter().any(|held| held.identifier == **number));
    own.filter_map(Identifier::birth_date).collect()
}

/// Sex and citizenship, as far as both tell.
pub(super) fn sex_and_citizenship(one: &Person, other: &Person, found: &mut Vec<&'static str>) {
    if let (Some(a), Some(b)) = (&one.sex, &other.sex) {
        found.push(if a == b { "sex.same" } else { "sex.other" });
    }
    if !one.citizenships.is_empty() && !other.citizenships.is_empty() {
        let is_shared = one.citizenships.iter().any(|country| other.citizenships.contains(country));
        found.push(if is_shared { "citizenship.shared" } else { "citizenship.other" });
    }
}
