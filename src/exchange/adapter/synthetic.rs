//! Local records of invented persons: for a demonstration, for load, and for tests that go there and back.
//!
//! Nobody is real: names come from lists, everything else from a seed. Numbers of persons are sound by their rules.

mod lists;

use super::error::FormatError;
use super::home::Home;
use super::home::home;
use super::local::Entry;
use super::local::EventForm;
use super::local::KnownPerson;
use super::local::LabourEvent;
use super::local::LocalRecord;
use super::local::RowForm;
use super::profile::Profile;
use super::profile::RecordKind;
use crate::base::Finding;
use crate::base::Findings;
use crate::base::Random;
use crate::exchange::canonical::Contribution;
use crate::exchange::canonical::Identifier;
use crate::exchange::canonical::IdentifierKind;
use crate::exchange::canonical::InsurancePeriod;
use crate::exchange::canonical::Standing;
use crate::exchange::canonical::State;
use jiff::ToSpan;
use jiff::civil::Date;
use serde_json::Value as Json;
use serde_json::json;

/// An invented person with all that his state knows of him.
#[derive(Debug)]
pub struct Synthetic {
    pub(super) person: KnownPerson,
    jobs: Vec<Job>,
    /// A period without work.
    pause: Option<InsurancePeriod>,
}

#[derive(Debug)]
struct Job {
    period: InsurancePeriod,
    contributions: Vec<Contribution>,
    events: Vec<LabourEvent>,
}

impl Synthetic {
    /// The person of a number among those of a state; the same number and random source make the same person.
    ///
    /// # Errors
    /// Never for the lists of this module; a test makes thousands.
    pub fn person(state: State, number: u32, random: &dyn Random) -> Result<Self, Finding> {
        let mut draw = Draw { random };
        let person = draw.known_person(state, number)?;
        let born = person.birth_date.unwrap_or(FIRST_BIRTH);
        let mut from = day_after(born, 365 * 18 + i32::from(draw.below(365 * 6)));
        let mut jobs = Vec::new();
        for at in 0..1 + draw.below(4) {
            if from >= LAST_DAY {
                break;
            }
            let days = 60 + i32::from(draw.below(365 * 5));
            let end = day_after(from, days);
            let to = (end < LAST_DAY).then_some(end);
            jobs.push(draw.job(state, (number, at), (from, to))?);
            from = day_after(end, 1 + i32::from(draw.below(120)));
        }
        // the Kazakh forms tell of contracts only
        let has_pause = state != State::Kz && day_after(from, PAUSE_DAYS) < LAST_DAY && draw.below(3) == 0;
        let pause = has_pause.then(|| {
            lawful(json!({
                "id": format!("{}-{number}-pause", state.to_string().to_lowercase()), "state": state.to_string(),
                "interval": { "from": from.to_string(), "to": day_after(from, PAUSE_DAYS).to_string() }, "kind": "childcare",
            }))
        });
        Ok(Self { person, jobs, pause: pause.transpose()? })
    }

    /// What the rows of a form say of him, but for the periods that one of `others` can say; one in thirty is
    /// corrected, one in a hundred taken back, if the form can.
    fn rows(&self, profile: &Profile, others: &[Profile], random: &dyn Random) -> Vec<LocalRecord> {
        let head = profile.head();
        let row = |entry| LocalRecord::original(self.person.clone(), entry);
        let mut rows: Vec<LocalRecord> = match head.record {
            RecordKind::Person => vec![row(Entry::Person)],
            RecordKind::Fact | RecordKind::LifeEvent => Vec::new(), // nothing is invented of them
            RecordKind::Period => {
                let all = self.jobs.iter().map(|job| &job.period).chain(&self.pause);
                let rows = all.map(|one| row(Entry::Period(one.clone())));
                rows.filter(|row| says(profile, row) && !others.iter().any(|other| says(other, row)))
                    .collect()
            }
            RecordKind::Contribution => {
                let all = self.jobs.iter().flat_map(|job| &job.contributions);
                all.map(|one| row(Entry::Contribution(one.clone()))).collect()
            }
            RecordKind::Event => {
                let all = self.jobs.iter().flat_map(|job| &job.events);
                let rows = all.map(|one| row(Entry::Event(one.clone())));
                rows.filter(|row| is_whole(profile, row)).collect()
            }
        };
        if head.revision.is_some() {
            let revised: Vec<LocalRecord> = rows.iter().filter_map(|row| revised(row, random)).collect();
            rows.extend(revised);
        }
        rows
    }

    /// Files of a state's forms that tell of so many persons, by name, with what a form cannot say; `made` is told how
    /// many persons are made.
    ///
    /// # Errors
    /// As [`Synthetic::person`], or a form that cannot be written.
    pub fn files(
        profiles: &[Profile],
        persons: u32,
        random: &dyn Random,
        made: &mut dyn FnMut(u32),
    ) -> Result<Vec<(String, Vec<u8>, Findings)>, FormatError> {
        let Some(state) = profiles.first().map(|profile| profile.head().state) else { return Ok(Vec::new()) };
        let mut all = Vec::new();
        for number in 0..persons {
            all.push(Self::person(state, number, random).map_err(FormatError::Invented)?);
            made(number + 1);
        }
        let mut files: Vec<(String, Vec<u8>, Findings)> = Vec::new();
        for (at, profile) in profiles.iter().enumerate() {
            let others = profiles.get(..at).unwrap_or_default();
            let rows: Vec<LocalRecord> =
                all.iter().flat_map(|one| one.rows(profile, others, random)).collect();
            let (bytes, findings) = profile.write(&rows)?;
            // forms that share their files are told apart
            let star = match files.iter().filter(|(name, ..)| profile.is_of(name)).count() {
                0 => String::new(),
                count => format!("-{}", count + 1),
            };
            files.push((profile.head().files.replace('*', &star), bytes, findings));
        }
        Ok(files)
    }
}

/// Whether a form can say all that a row says.
fn says(profile: &Profile, row: &LocalRecord) -> bool {
    profile.head().record == RecordKind::Period && is_whole(profile, row)
}

/// Whether a form says of a row what it has a place for.
fn is_whole(profile: &Profile, row: &LocalRecord) -> bool {
    profile.write(std::slice::from_ref(row)).is_ok_and(|(_, lost)| lost.is_empty())
}

/// A row that corrects or takes back another, now and then.
fn revised(row: &LocalRecord, random: &dyn Random) -> Option<LocalRecord> {
    let form = match random.permille() {
        0..30 => RowForm::Correcting,
        30..40 => RowForm::Cancelling,
        _ => return None,
    };
    let mut row = LocalRecord { form, ..row.clone() };
    match (&mut row.entry, form) {
        (Entry::Period(one), RowForm::Correcting) => one.position = "мастер участка".parse().ok(),
        (Entry::Contribution(one), RowForm::Correcting) => one.amount.amount += rust_decimal::Decimal::ONE,
        (Entry::Period(one), RowForm::Cancelling) => one.cancelled_on = Some(LAST_DAY),
        (Entry::Contribution(one), RowForm::Cancelling) => one.cancelled_on = Some(LAST_DAY),
        (Entry::Person | Entry::Event(_) | Entry::Fact(_) | Entry::LifeEvent(_), _)
        | (Entry::Period(_) | Entry::Contribution(_), RowForm::Original) => {}
    }
    Some(row)
}

/// Draws from a random source.
struct Draw<'r> {
    random: &'r dyn Random,
}

impl Draw<'_> {
    /// A number below `end`.
    fn below(&mut self, end: u16) -> u16 {
        let wide = self.random.uuid().as_u128() % u128::from(end.max(1));
        u16::try_from(wide).unwrap_or(0)
    }

    fn one_of<'t>(&mut self, list: &[&'t str]) -> &'t str {
        pick(list, self.below(u16::MAX))
    }

    fn known_person(&mut self, state: State, number: u32) -> Result<KnownPerson, Finding> {
        let is_male = self.below(2) == 0;
        let born = day_after(FIRST_BIRTH, i32::from(self.below(365 * 50)));
        let families = lists::families(state);
        let (family, family_home) = pick(families, self.below(20));
        let (given, given_home) = {
            let all = lists::given(state, is_male);
            pick(all, self.below(20))
        };
        let family = if is_male { family.to_owned() } else { lists::of_a_woman(family) };
        let patronymic = (state != State::Am && self.below(10) > 0).then(|| {
            let all = lists::given(state, true);
            let father = pick(all, self.below(20)).0;
            lists::patronymic(father, is_male)
        });
        let kind = home(state).identifier;
        let mut person = json!({
            "name": { "family": family, "given": given },
            "birth_date": born.to_string(),
            "sex": if is_male { "1" } else { "2" },
            "citizenships": [state.to_string()],
            "identifiers": [{ "kind": kind.as_code(), "value": number_of(kind, born, is_male, number) }],
        });
        if let (Some(name), Some(patronymic)) =
            (person.get_mut("name").and_then(Json::as_object_mut), patronymic)
        {
            name.insert("patronymic".to_owned(), Json::String(patronymic));
        }
        if let (Some(person), State::Am) = (person.as_object_mut(), state) {
            let home = json!({ "language": "hy", "name": { "family": family_home, "given": given_home } });
            person.insert("original_name".to_owned(), home);
        }
        lawful(person)
    }

    fn job(
        &mut self,
        state: State,
        (person, at): (u32, u16),
        (from, to): (Date, Option<Date>),
    ) -> Result<Job, Finding> {
        let employer = self.employer(state);
        let position = self.one_of(&lists::POSITIONS);
        let id = format!("{}-{person}-{at}", state.to_string().to_lowercase());
        let kind = if self.below(12) == 0 { "civil-contract" } else { "work" };
        let mut period = json!({
            "id": id, "state": state.to_string(), "interval": { "from": from.to_string() }, "kind": kind,
            "employer": employer, "position": position,
        });
        if let (Some(to), Some(interval)) = (to, period.get_mut("interval").and_then(Json::as_object_mut)) {
            interval.insert("to".to_owned(), json!(to.to_string()));
        }
        let contributions = self.contributions(state, (&id, &employer), (from, to.unwrap_or(LAST_DAY)))?;
        let mut events = vec![self.event("hire", from, (&employer, position))?];
        if let Some(to) = to {
            events.push(self.event("dismissal", to, (&employer, position))?);
        }
        if self.below(50) == 0
            && let Some(told) = events.last().cloned()
        {
            // taken back, and told again under another id
            let again = LabourEvent { id: self.random.uuid().to_string().parse()?, ..told.clone() };
            let form = EventForm::Cancellation;
            let cancelled_on = Some(LAST_DAY);
            events.push(LabourEvent { form, cancelled_on, position: None, occupation: None, ..told });
            events.push(again);
        }
        Ok(Job { period: lawful(period)?, contributions, events })
    }

    fn contributions(
        &mut self,
        state: State,
        (id, employer): (&str, &Json),
        (from, to): (Date, Date),
    ) -> Result<Vec<Contribution>, Finding> {
        let mut contributions = Vec::new();
        let wage = 60 + i64::from(self.below(400));
        let mut month = from.max(to.saturating_sub(11.months())).max(FIRST_MONTH).first_of_month();
        while month <= to {
            let base = rust_decimal::Decimal::new(wage * scale_of(state) + i64::from(self.below(10_000)), 2);
            let amount = (base * rust_decimal::Decimal::new(10, 2)).round_dp(2);
            let currency = home(state).currency;
            let kind = if state == State::Kz { "opv" } else { "insurance" };
            contributions.push(lawful(json!({
                "id": format!("{id}-{}", month.strftime("%Y%m")), "month": month.strftime("%Y-%m").to_string(),
                "kind": kind, "employer": employer,
                "base": { "amount": base.to_string(), "currency": currency },
                "amount": { "amount": amount.to_string(), "currency": currency },
            }))?);
            month = month.saturating_add(1.month());
        }
        Ok(contributions)
    }

    fn event(
        &mut self,
        kind: &str,
        on: Date,
        (employer, position): (&Json, &str),
    ) -> Result<LabourEvent, Finding> {
        let id = self.random.uuid();
        lawful(json!({
            "id": id.to_string(), "form": "entry", "kind": kind, "date": on.to_string(), "employer": employer,
            "work": "main", "position": position, "occupation": "2512.8",
            "details": (kind == "dismissal").then_some("по собственному желанию"),
        }))
    }

    fn employer(&mut self, state: State) -> Json {
        let Home { register, digits, .. } = home(state);
        let which = self.below(40);
        let value = format!("{:0>digits$}", 90_000 + u32::from(which) * 7);
        let name = format!("{} {}", pick(&lists::EMPLOYERS, which), 1 + which);
        json!({ "state": state.to_string(), "name": name, "number": { "kind": register, "value": value } })
    }
}

fn lawful<T: serde::de::DeserializeOwned>(json: Json) -> Result<T, Finding> {
    serde_json::from_value(json).map_err(|_cause| {
        Finding::error(
            "adapter.synthetic",
            "",
            "canonical record",
            "",
            "an invented record is not lawful; report it",
        )
    })
}

/// One of a list, by any number.
fn pick<T: Copy + Default>(list: &[T], number: u16) -> T {
    list.get(usize::from(number) % list.len().max(1)).copied().unwrap_or_default()
}

fn day_after(day: Date, days: i32) -> Date {
    day.saturating_add(days.days())
}

/// Hundredths of the currency to a unit of wages; a wage is 60 to 460 units.
fn scale_of(state: State) -> i64 {
    match state {
        State::Am => 150_000,
        State::By => 1_000,
        State::Kg => 15_000,
        State::Kz => 150_000,
        State::Ru => 30_000,
    }
}

/// The sound number of a person: the first whose check digit fits.
fn number_of(kind: IdentifierKind, born: Date, is_male: bool, number: u32) -> String {
    let (year, month, day) = (born.year(), born.month(), born.day());
    let short = year.rem_euclid(100);
    let is_late = year >= 2000;
    // of an IIN and of a Belarusian number alike
    let century = match (is_late, is_male) {
        (false, true) => 3,
        (false, false) => 4,
        (true, true) => 5,
        (true, false) => 6,
    };
    for again in 0..20 {
        let serial = number + again * 9_973;
        let body = match kind {
            IdentifierKind::Snils => format!("{:09}", 2_000_000 + serial),
            IdentifierKind::Iin => {
                format!("{short:02}{month:02}{day:02}{century}{:04}", serial % 10_000)
            }
            IdentifierKind::ByNumber => {
                let letter =
                    pick(&["A", "B", "C", "E", "H", "K", "M"], u16::try_from(serial / 1000).unwrap_or(0));
                format!("{century}{day:02}{month:02}{short:02}{letter}{:03}PB", serial % 1000)
            }
            IdentifierKind::Pin => {
                return format!(
                    "{}{day:02}{month:02}{year:04}{:05}",
                    if is_male { 2 } else { 1 },
                    serial % 100_000
                );
            }
            IdentifierKind::Psn => {
                let (day, month) =
                    (day + if is_male { 10 } else { 50 }, month + if is_late { 20 } else { 0 });
                return format!("{day:02}{month:02}{short:02}{:03}{}", 1 + serial % 999, serial / 999 % 10);
            }
        };
        let width = if kind == IdentifierKind::Snils { 2 } else { 1 };
        let end = if width == 2 { 100 } else { 10 };
        let is_sound = |value: &String| {
            Identifier::parse(kind, value).is_ok_and(|one| one.standing() == Standing::Sound)
        };
        if let Some(sound) = (0..end).map(|check| format!("{body}{check:0width$}")).find(is_sound) {
            return sound;
        }
    }
    String::new()
}

/// Invented persons were born from this day on.
const FIRST_BIRTH: Date = jiff::civil::date(1952, 1, 1);
/// Nothing is told of later days.
const LAST_DAY: Date = jiff::civil::date(2026, 9, 30);
/// How long a period without work lasts.
const PAUSE_DAYS: i32 = 540;
/// Amounts before this month were in other currencies.
const FIRST_MONTH: Date = jiff::civil::date(2017, 1, 1);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::SeededRandom;

    #[test]
    fn invented_persons_are_lawful_sound_and_the_same_for_a_seed() {
        for state in [State::Am, State::By, State::Kg, State::Kz, State::Ru] {
            let (random, again) = (SeededRandom::new(7), SeededRandom::new(7));
            let mut numbers = std::collections::HashSet::new();
            for number in 0..1_000 {
                let one = Synthetic::person(state, number, &random).unwrap();
                let other = Synthetic::person(state, number, &again).unwrap();
                assert_eq!(one.person, other.person);
                let held = &one.person.identifiers[0].identifier;
                assert_eq!(held.standing(), Standing::Sound);
                assert!(numbers.insert(held.clone()), "{state}: the number of {number} is another's");
                assert!(!one.jobs.is_empty());
            }
        }
    }
}
