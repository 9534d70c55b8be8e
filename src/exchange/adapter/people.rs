//! Persons of whom local files tell, found by number and by name with birth date.

use super::events::PlacedEvent;
use super::events::periods_of;
use super::local::Entry;
use super::local::KnownPerson;
use super::local::LocalRecord;
use super::local_fact::LocalFact;
use super::local_fact::LocalLifeEvent;
use super::odd::Odd;
use super::revised::Entries;
use super::revised::Taken;
use crate::base::Finding;
use crate::exchange::canonical::Contribution;
use crate::exchange::canonical::EmployerNumber;
use crate::exchange::canonical::Identifier;
use crate::exchange::canonical::InsurancePeriod;
use crate::exchange::canonical::Likeness;
use crate::exchange::canonical::Matcher;
use crate::exchange::canonical::Name;
use crate::exchange::canonical::Person;
use crate::exchange::canonical::Resemblance;
use crate::exchange::canonical::State;
use jiff::civil::Date;
use serde::Deserialize;
use serde::Serialize;
use std::collections::HashMap;
use std::collections::HashSet;

/// Everybody, with what is known of each.
#[derive(Debug, Default)]
pub(super) struct People {
    all: Vec<Known>,
    by_identifier: HashMap<Identifier, usize>,
    by_name: HashMap<NameKey, Vec<usize>>,
    aside: AsideRows,
}

/// Rows that were set aside, by whom they are about.
#[derive(Debug, Default)]
pub(super) struct AsideRows {
    by_identifier: HashMap<Identifier, Vec<u64>>,
    by_name: HashMap<NameKey, Vec<u64>>,
    /// How many tell whom they are about; their numbers are kept above.
    pub(super) of_known: u64,
    /// How many do not.
    pub(super) of_somebody: u64,
}

/// By what a person is found.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum LookedUp {
    Number(Identifier),
    Name(NameKey),
}

impl AsideRows {
    /// Counts a row for whom it is about, as far as it tells.
    pub(super) fn put(&mut self, whose: &KnownPerson) {
        let key = whose.key();
        if whose.identifiers.is_empty() && key.is_none() {
            self.of_somebody += 1;
            return;
        }
        for held in &whose.identifiers {
            self.by_identifier.entry(held.identifier.clone()).or_default().push(self.of_known);
        }
        if let Some(key) = key {
            self.by_name.entry(key).or_default().push(self.of_known);
        }
        self.of_known += 1;
    }

    /// How many are about one of these.
    fn of(&self, persons: &[&Person]) -> u64 {
        let mut rows: HashSet<u64> = HashSet::new();
        for key in keys_of(persons) {
            let found = match &key {
                LookedUp::Number(number) => self.by_identifier.get(number),
                LookedUp::Name(name) => self.by_name.get(name),
            };
            rows.extend(found.into_iter().flatten());
        }
        u64::try_from(rows.len()).unwrap_or(u64::MAX).saturating_add(self.of_somebody)
    }

    /// Each row with one of those by which it is found.
    pub(super) fn into_rows(self) -> impl Iterator<Item = (LookedUp, u64)> {
        let by_number = self.by_identifier.into_iter().map(|(number, rows)| (LookedUp::Number(number), rows));
        let by_name = self.by_name.into_iter().map(|(name, rows)| (LookedUp::Name(name), rows));
        by_number.chain(by_name).flat_map(|(key, rows)| rows.into_iter().map(move |row| (key.clone(), row)))
    }
}

/// All by which persons are found.
pub(super) fn keys_of(persons: &[&Person]) -> Vec<LookedUp> {
    let mut keys = Vec::new();
    for one in persons {
        keys.extend(one.identifiers.iter().map(|held| LookedUp::Number(held.identifier.clone())));
        let names = one.names().filter_map(|name| name_key(name, one.birth_date));
        keys.extend(names.map(LookedUp::Name));
    }
    keys
}

impl KnownPerson {
    /// His name with birth date, if the row tells both.
    pub(super) fn key(&self) -> Option<NameKey> {
        self.name.as_ref().zip(self.birth_date).and_then(|(name, birth)| name_key(name, birth))
    }

    /// All by which he may be found.
    pub(super) fn keys(&self) -> Vec<LookedUp> {
        let mut keys: Vec<_> =
            self.identifiers.iter().map(|held| LookedUp::Number(held.identifier.clone())).collect();
        let original = self.original_name.as_ref().map(|original| &original.name);
        let names = self.name.iter().chain(original);
        let names = names.zip(self.birth_date.into_iter().cycle());
        keys.extend(names.filter_map(|(name, birth)| name_key(name, birth)).map(LookedUp::Name));
        keys
    }
}

/// One person and what the files say of him.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Known {
    pub(super) person: Person,
    pub(super) periods: Vec<InsurancePeriod>,
    pub(super) contributions: Vec<Contribution>,
    pub(super) facts: Vec<LocalFact>,
    pub(super) life_events: Vec<LocalLifeEvent>,
}

/// Who may be meant.
pub(super) enum Candidates<'p> {
    Nobody,
    One(&'p Known),
    Several,
    /// Somebody who is not certainly the one, with what speaks for and against each, best first.
    Unsure(Vec<String>),
}

impl People {
    /// Who is meant: by a number of `state`; without a known one, by family and given name with birth date.
    ///
    /// A number alone is not believed against both name and birth date, since a slip of the pen would then
    /// show a stranger's record; nor is a name against another number. Who only resembles him, or whose patronymic or
    /// sex is another's, is a question to a clerk, never an answer.
    pub(super) fn candidates(&self, asked: &Person, state: State, matcher: &Matcher) -> Candidates<'_> {
        if let Some(found) = self.told_as_asked(asked, state, matcher) {
            return found;
        }
        let found = self.resembling(asked, matcher);
        if found.is_empty() {
            return Candidates::Nobody;
        }
        Candidates::Unsure(found.iter().take(TOLD_MAX).map(|(_, likeness)| told(likeness)).collect())
    }

    /// The same, of those who are told as it was asked; none if nobody is.
    pub(super) fn told_as_asked(
        &self,
        asked: &Person,
        state: State,
        matcher: &Matcher,
    ) -> Option<Candidates<'_>> {
        let own = |id: &&Identifier| id.kind().state() == state;
        let mut numbers = asked.identifiers.iter().map(|held| &held.identifier).filter(own).peekable();
        let has_number = numbers.peek().is_some();
        let mut found: Vec<usize> =
            numbers.filter_map(|identifier| self.by_identifier.get(identifier).copied()).collect();
        found.retain(|at| self.all.get(*at).is_some_and(|known| is_plausible(&known.person, asked)));
        let is_by_name = found.is_empty();
        if is_by_name {
            let keys = asked.names().filter_map(|name| name_key(name, asked.birth_date));
            found = keys.filter_map(|key| self.by_name.get(&key)).flatten().copied().collect();
            let has_other_number =
                |known: &Known| known.person.identifiers.iter().any(|h| own(&&h.identifier));
            found.retain(|at| !has_number || !self.all.get(*at).is_some_and(has_other_number));
        }
        found.sort_unstable();
        found.dedup();
        match (found.first().and_then(|at| self.all.get(*at)), found.len()) {
            (Some(known), 1) if is_by_name => {
                let likeness = matcher.compare(&known.person, asked);
                let is_disputed =
                    likeness.reasons.iter().any(|reason| DISPUTES.contains(&reason.code.as_str()));
                Some(if is_disputed {
                    Candidates::Unsure(vec![told(&likeness)])
                } else {
                    Candidates::One(known)
                })
            }
            (Some(known), 1) => Some(Candidates::One(known)),
            (Some(_), _) => Some(Candidates::Several),
            (None, _) => None,
        }
    }

    /// Who may be meant although nothing is told as it was asked, best first.
    fn resembling(&self, asked: &Person, matcher: &Matcher) -> Vec<(usize, Likeness)> {
        let near = self.all.iter().map(|known| &known.person).enumerate();
        let near = near.filter(|(_, known)| {
            is_near_birth(known.birth_date, asked.birth_date) || shares_number(known, asked)
        });
        let mut found: Vec<(usize, Likeness)> =
            near.map(|(at, known)| (at, matcher.compare(known, asked))).collect();
        found.retain(|(_, likeness)| likeness.resemblance >= Resemblance::Possible);
        found.sort_by(|(_, a), (_, b)| b.score.total_cmp(&a.score));
        found
    }

    /// How many rows that are or may be about these were set aside.
    pub(super) fn aside_of(&self, persons: &[&Person]) -> u64 {
        self.aside.of(persons)
    }

    /// Whoever of these may be meant, or may be one with somebody of whom other rows tell: he shares a number, or name
    /// and day of birth, or resembles him who is asked about. In their order.
    pub(super) fn related(&self, asked: &Person, told: &[LookedUp], matcher: &Matcher) -> Vec<&Known> {
        let mut found: Vec<usize> = Vec::new();
        for key in told.iter().chain(&keys_of(&[asked])) {
            match key {
                LookedUp::Number(number) => found.extend(self.by_identifier.get(number)),
                LookedUp::Name(name) => found.extend(self.by_name.get(name).into_iter().flatten()),
            }
        }
        found.extend(self.resembling(asked, matcher).iter().map(|(at, _)| at));
        found.sort_unstable();
        found.dedup();
        found.into_iter().filter_map(|at| self.all.get(at)).collect()
    }

    /// Adds a person after all others.
    pub(super) fn push(&mut self, known: Known) {
        let at = self.all.len();
        for key in keys_of(&[&known.person]) {
            match key {
                LookedUp::Number(number) => {
                    self.by_identifier.insert(number, at);
                }
                LookedUp::Name(name) => {
                    let same = self.by_name.entry(name).or_default();
                    if same.last() != Some(&at) {
                        same.push(at);
                    }
                }
            }
        }
        self.all.push(known);
    }

    /// Everybody.
    pub(super) fn all(&self) -> impl Iterator<Item = &Known> {
        self.all.iter()
    }

    /// How many they are.
    pub(super) fn count(&self) -> usize {
        self.all.len()
    }
}

/// Gathers rows of files until all are read.
#[derive(Default)]
pub(super) struct Gathering {
    all: Vec<OnePerson>,
    by_identifier: HashMap<Identifier, usize>,
    by_name: HashMap<NameKey, usize>,
    aside: AsideRows,
    odd: Odd,
    /// The number of the row that is added.
    row: u64,
}

struct OnePerson {
    person: KnownPerson,
    /// The number of that row.
    first: u64,
    /// Where the person was first read of.
    place: String,
    periods: Entries<InsurancePeriod>,
    contributions: Entries<Contribution>,
    events: Vec<PlacedEvent>,
    facts: Vec<LocalFact>,
    life_events: Vec<LocalLifeEvent>,
}

/// Everybody in the order of their first rows, each with its number, and what is to be told of the rows.
pub(super) struct Gathered {
    pub(super) all: Vec<(u64, Known)>,
    pub(super) aside: AsideRows,
    /// What is odd about rows that were read, or says why they are not used.
    pub(super) odd: Odd,
}

impl Gathered {
    /// Those whom it tells of, to be found in memory.
    pub(super) fn into_people(self) -> (People, Odd) {
        let mut people = People { aside: self.aside, ..People::default() };
        for (_, known) in self.all {
            people.push(known);
        }
        (people, self.odd)
    }
}

impl Gathering {
    /// Counts a row that was set aside, for whom it is about as far as it tells.
    pub(super) fn set_aside(&mut self, whose: &KnownPerson) {
        self.aside.put(whose);
    }

    /// Adds a person of whom other rows told, as they were gathered.
    pub(super) fn add_known(&mut self, known: &Known) {
        let at = self.all.len();
        let person = KnownPerson::from(&known.person);
        for held in &person.identifiers {
            self.by_identifier.entry(held.identifier.clone()).or_insert(at);
        }
        if person.identifiers.is_empty()
            && let Some(key) = name_key(&known.person.name, known.person.birth_date)
        {
            self.by_name.entry(key).or_insert(at);
        }
        self.all.push(OnePerson {
            person,
            first: self.row,
            place: String::new(),
            periods: Entries::of(&known.periods),
            contributions: Entries::of(&known.contributions),
            events: Vec::new(),
            facts: Vec::new(),
            life_events: Vec::new(),
        });
    }

    /// A row of this person is not used.
    fn refuse(&mut self, finding: Finding, whose: &KnownPerson) {
        self.set_aside(whose);
        self.odd.of_unused(self.row, finding);
    }

    /// Adds one row, read at `place`; by `key` it knows the row that it corrects or cancels.
    pub(super) fn add(&mut self, record: LocalRecord, key: Option<String>, place: &str) {
        self.add_at(self.row + 1, record, key, place);
    }

    /// The same, of rows that have a number among others.
    pub(super) fn add_at(&mut self, row: u64, record: LocalRecord, key: Option<String>, place: &str) {
        self.row = row;
        let Some(at) = self.place_of(&record.person, place) else { return };
        let Some(own) = self.all.get_mut(at) else { return };
        if own.person.is_another(&record.person) {
            let message =
                "name and birth date are those of another person than the number; the row is not used";
            let rule = "one person, one row, one meaning";
            let finding = Finding::error("adapter.person_mismatch", place, rule, "", message);
            self.refuse(finding, &record.person);
            return;
        }
        if own.person.learn(&record.person) {
            let message = "name or birth date differ from what another row says; the first one is used";
            self.odd.of_row(row, warning("adapter.person_conflict", place, message));
        }
        let taken = match record.entry {
            Entry::Person => Taken::New,
            Entry::Contribution(one) => own.contributions.take(one, record.form, key),
            Entry::Period(one) => own.periods.take(one, record.form, key),
            Entry::Event(event) => {
                own.events.push(PlacedEvent { event, place: place.to_owned() });
                Taken::New
            }
            Entry::Fact(fact) if own.facts.contains(&fact) => Taken::Twice,
            Entry::Fact(fact) => {
                own.facts.push(fact);
                Taken::New
            }
            Entry::LifeEvent(event) => {
                own.life_events.push(event);
                Taken::New
            }
        };
        let odd = match taken {
            Taken::New => None,
            Taken::Twice => {
                Some(("adapter.row_twice", "the same entry stands here and before; it is used once"))
            }
            Taken::Beside => Some((
                "adapter.row_differs",
                "another entry with the same key stands before, and they differ; both are used",
            )),
            Taken::CorrectsNothing => {
                Some(("adapter.revision", "corrects a row that is not there; it is used as the first"))
            }
            Taken::CancelsNothing => {
                Some(("adapter.revision", "cancels a row that is not there; it is not used"))
            }
        };
        if let Some(finding) = odd.map(|(code, message)| warning(code, place, message)) {
            if taken == Taken::CancelsNothing {
                self.refuse(finding, &record.person);
            } else {
                self.odd.of_row(row, finding);
            }
        }
        for held in &record.person.identifiers {
            self.by_identifier.entry(held.identifier.clone()).or_insert(at);
        }
    }

    /// Which person a row is about; a new one if he is not known. None if the row does not tell.
    fn place_of(&mut self, person: &KnownPerson, place: &str) -> Option<usize> {
        let known = person.identifiers.iter().find_map(|held| self.by_identifier.get(&held.identifier));
        if let Some(at) = known {
            return Some(*at);
        }
        if person.identifiers.is_empty() {
            let Some(key) = person.key() else {
                let message = "neither a number nor a name with birth date; the row is not used";
                self.refuse(warning("adapter.nobody", place, message), person);
                return None;
            };
            if let Some(at) = self.by_name.get(&key) {
                return Some(*at);
            }
            self.by_name.insert(key, self.all.len());
        }
        self.all.push(OnePerson {
            person: KnownPerson::default(),
            first: self.row,
            place: place.to_owned(),
            periods: Entries::default(),
            contributions: Entries::default(),
            events: Vec::new(),
            facts: Vec::new(),
            life_events: Vec::new(),
        });
        Some(self.all.len() - 1)
    }

    /// Everybody, and what is odd about the rows.
    pub(super) fn finish(self, state: State) -> Gathered {
        let (mut all, mut odd) = (Vec::new(), self.odd);
        for gathered in self.all {
            let first = gathered.first;
            let Some(person) = gathered.person.to_person() else {
                let message =
                    "nothing tells name and birth date of this person; nobody will be answered about him";
                let rule = "name and birth date";
                let finding = Finding::error("adapter.person_unknown", gathered.place, rule, "", message);
                odd.of_person(first, finding);
                continue;
            };
            let (mut periods, of_events) = periods_of(&gathered.events, state);
            for finding in of_events {
                odd.of_person(first, finding);
            }
            let told: Vec<InsurancePeriod> =
                gathered.periods.into_entries().filter(|one| !is_told(one, &periods)).collect();
            periods.extend(told);
            periods.sort_by(|a, b| (a.interval, &a.id).cmp(&(b.interval, &b.id)));
            let mut contributions: Vec<Contribution> = gathered.contributions.into_entries().collect();
            contributions.sort_by(|a, b| (a.month, &a.id).cmp(&(b.month, &b.id)));
            let (facts, life_events) = (gathered.facts, gathered.life_events);
            all.push((first, Known { person, periods, contributions, facts, life_events }));
        }
        Gathered { all, aside: self.aside, odd }
    }
}

/// Whether a period adds nothing to those drawn from events: the same work for the same employer.
fn is_told(period: &InsurancePeriod, drawn: &[InsurancePeriod]) -> bool {
    let number = |one: &InsurancePeriod| -> Option<EmployerNumber> { one.employer.as_ref()?.number.clone() };
    let covers = |own: &InsurancePeriod| {
        let (a, b) = (own.interval, period.interval);
        let ends_later = a.to().is_none_or(|end| b.to().is_some_and(|other| other <= end));
        a.from() <= b.from() && ends_later
    };
    period.special_conditions.is_empty()
        && number(period).is_some()
        && drawn.iter().any(|own| {
            own.cancelled_on.is_none()
                && own.kind == period.kind
                && number(own) == number(period)
                && covers(own)
        })
}

/// A person's number fits him who is asked about if name or birth date agree too.
fn is_plausible(known: &Person, asked: &Person) -> bool {
    known.birth_date == asked.birth_date
        || known.names().any(|own| asked.names().any(|other| own.is_alike(other)))
}

/// Whether they have a number in common.
fn shares_number(one: &Person, other: &Person) -> bool {
    one.identifiers.iter().any(|own| other.identifiers.iter().any(|o| o.identifier == own.identifier))
}

/// Whether days of birth are so near that one person may have both: a part mistaken, day and month changed.
pub(super) fn is_near_birth(one: Date, other: Date) -> bool {
    let parts = [one.year() == other.year(), one.month() == other.month(), one.day() == other.day()];
    let is_first_day = |date: Date| date.month() == 1 && date.day() == 1;
    let is_swapped = one.day() == other.month() && one.month() == other.day();
    let has_year = one.year() == other.year();
    parts.into_iter().filter(|is| *is).count() >= 2
        || has_year && (is_swapped || is_first_day(one) || is_first_day(other))
}

fn told(likeness: &Likeness) -> String {
    format!("{}, {:.1} bits: {}", likeness.resemblance, likeness.score, likeness.in_short())
}

/// Against these a name with its birth date is not believed.
const DISPUTES: [&str; 2] = ["patronymic.other", "sex.other"];

/// How many who may be meant are told.
const TOLD_MAX: usize = 3;

/// Family name, given name, birth date; both names must be there.
pub(super) type NameKey = (String, String, Date);

fn name_key(name: &Name, birth_date: Date) -> Option<NameKey> {
    let fold = |part: &str| part.to_lowercase().replace('ё', "е");
    Some((fold(name.family()?), fold(name.given()?), birth_date))
}

fn warning(code: &'static str, place: &str, message: &str) -> Finding {
    Finding::error(code, place, "one person, one row, one meaning", "", message).as_warning()
}
