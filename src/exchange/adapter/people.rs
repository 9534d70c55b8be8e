//! Everybody the local files tell of, found by number and by name with birth date.

use super::events::PlacedEvent;
use super::events::periods_of;
use super::local::Entry;
use super::local::KnownPerson;
use super::local::LocalRecord;
use super::local_fact::LocalFact;
use super::local_fact::LocalLifeEvent;
use super::revised::Entries;
use super::revised::Taken;
use crate::base::Finding;
use crate::base::Findings;
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
use std::collections::HashMap;
use std::collections::HashSet;

/// Everybody, with what is known of each.
#[derive(Debug)]
pub(super) struct People {
    all: Vec<Known>,
    by_identifier: HashMap<Identifier, usize>,
    by_name: HashMap<NameKey, Vec<usize>>,
    aside: AsideRows,
}

/// Rows that were set aside, by whom they are about.
#[derive(Debug, Default)]
struct AsideRows {
    by_identifier: HashMap<Identifier, Vec<u64>>,
    by_name: HashMap<NameKey, Vec<u64>>,
    /// How many tell whom they are about; their numbers are kept above.
    of_known: u64,
    /// How many do not.
    of_somebody: u64,
}

/// One person and what the files say of him.
#[derive(Debug)]
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
                if is_disputed { Candidates::Unsure(vec![told(&likeness)]) } else { Candidates::One(known) }
            }
            (Some(known), 1) => Candidates::One(known),
            (Some(_), _) => Candidates::Several,
            (None, _) => {
                let found = self.resembling(asked, matcher);
                if found.is_empty() {
                    return Candidates::Nobody;
                }
                Candidates::Unsure(found.iter().take(TOLD_MAX).map(|(_, likeness)| told(likeness)).collect())
            }
        }
    }

    /// Who may be meant although nothing is told as it was asked, best first.
    fn resembling(&self, asked: &Person, matcher: &Matcher) -> Vec<(usize, Likeness)> {
        let shares = |known: &Person| {
            known
                .identifiers
                .iter()
                .any(|own| asked.identifiers.iter().any(|o| o.identifier == own.identifier))
        };
        let near = self.all.iter().map(|known| &known.person).enumerate();
        let near =
            near.filter(|(_, known)| is_near_birth(known.birth_date, asked.birth_date) || shares(known));
        let mut found: Vec<(usize, Likeness)> =
            near.map(|(at, known)| (at, matcher.compare(known, asked))).collect();
        found.retain(|(_, likeness)| likeness.resemblance >= Resemblance::Possible);
        found.sort_by(|(_, a), (_, b)| b.score.total_cmp(&a.score));
        found
    }

    /// How many rows that are or may be about these were set aside.
    pub(super) fn aside_of(&self, persons: &[&Person]) -> u64 {
        let numbers = persons.iter().flat_map(|one| one.identifiers.iter().map(|held| &held.identifier));
        let by_number = numbers.filter_map(|number| self.aside.by_identifier.get(number));
        let names =
            persons.iter().flat_map(|one| one.names().map(move |name| name_key(name, one.birth_date)));
        let by_name = names.flatten().filter_map(|name| self.aside.by_name.get(&name));
        let rows: HashSet<u64> = by_number.chain(by_name).flatten().copied().collect();
        u64::try_from(rows.len()).unwrap_or(u64::MAX) + self.aside.of_somebody
    }

    /// Whoever of these may be meant, or may be one with somebody of whom other rows tell: he shares a number, or name
    /// and day of birth, or resembles him who is asked about. In their order.
    pub(super) fn related(&self, asked: &Person, told: &[&KnownPerson], matcher: &Matcher) -> Vec<&Known> {
        let asked_as = KnownPerson::from(asked);
        let mut found: Vec<usize> = Vec::new();
        for one in told.iter().copied().chain([&asked_as]) {
            let numbers = one.identifiers.iter();
            found.extend(numbers.filter_map(|held| self.by_identifier.get(&held.identifier)));
            let original = one.original_name.as_ref().map(|original| &original.name);
            let names = one.name.iter().chain(original);
            let keys = names.zip(one.birth_date.into_iter().cycle());
            let keys = keys.filter_map(|(name, birth_date)| name_key(name, birth_date));
            found.extend(keys.filter_map(|key| self.by_name.get(&key)).flatten());
        }
        found.extend(self.resembling(asked, matcher).iter().map(|(at, _)| at));
        found.sort_unstable();
        found.dedup();
        found.into_iter().filter_map(|at| self.all.get(at)).collect()
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
    findings: Findings,
    unused: Findings,
}

struct OnePerson {
    person: KnownPerson,
    /// Where the person was first read of.
    place: String,
    periods: Entries<InsurancePeriod>,
    contributions: Entries<Contribution>,
    events: Vec<PlacedEvent>,
    facts: Vec<LocalFact>,
    life_events: Vec<LocalLifeEvent>,
}

/// Everybody, and what is to be told of the rows.
pub(super) struct Gathered {
    pub(super) people: People,
    /// What is odd about rows that were read.
    pub(super) findings: Findings,
    /// Those of them that say why a row is not used.
    pub(super) unused: Findings,
}

impl Gathering {
    /// Counts a row that was set aside, for whom it is about as far as it tells.
    pub(super) fn set_aside(&mut self, whose: &KnownPerson) {
        let aside = &mut self.aside;
        let key = whose.name.as_ref().zip(whose.birth_date).and_then(|(name, birth)| name_key(name, birth));
        if whose.identifiers.is_empty() && key.is_none() {
            aside.of_somebody += 1;
            return;
        }
        for held in &whose.identifiers {
            aside.by_identifier.entry(held.identifier.clone()).or_default().push(aside.of_known);
        }
        if let Some(key) = key {
            aside.by_name.entry(key).or_default().push(aside.of_known);
        }
        aside.of_known += 1;
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
        self.unused.push(finding.clone());
        self.findings.push(finding);
    }

    /// Adds one row, read at `place`; by `key` it knows the row that it corrects or cancels.
    pub(super) fn add(&mut self, record: LocalRecord, key: Option<String>, place: &str) {
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
            self.findings.push(warning("adapter.person_conflict", place, message));
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
                self.findings.push(finding);
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
        let key = person.name.as_ref().zip(person.birth_date).and_then(|(name, birth)| name_key(name, birth));
        if person.identifiers.is_empty() {
            let Some(key) = key else {
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
        let (by_identifier, by_name) = (HashMap::new(), HashMap::new());
        let mut people = People { all: Vec::new(), by_identifier, by_name, aside: self.aside };
        let mut findings = self.findings;
        for gathered in self.all {
            let Some(person) = gathered.person.to_person() else {
                let message =
                    "nothing tells name and birth date of this person; nobody will be answered about him";
                let rule = "name and birth date";
                findings.push(Finding::error("adapter.person_unknown", gathered.place, rule, "", message));
                continue;
            };
            let at = people.all.len();
            for held in &person.identifiers {
                people.by_identifier.insert(held.identifier.clone(), at);
            }
            for key in person.names().filter_map(|name| name_key(name, person.birth_date)) {
                let same = people.by_name.entry(key).or_default();
                if same.last() != Some(&at) {
                    same.push(at);
                }
            }
            let (mut periods, mut odd) = periods_of(&gathered.events, state);
            findings.append(&mut odd);
            let told: Vec<InsurancePeriod> =
                gathered.periods.into_entries().filter(|one| !is_told(one, &periods)).collect();
            periods.extend(told);
            periods.sort_by(|a, b| (a.interval, &a.id).cmp(&(b.interval, &b.id)));
            let mut contributions: Vec<Contribution> = gathered.contributions.into_entries().collect();
            contributions.sort_by(|a, b| (a.month, &a.id).cmp(&(b.month, &b.id)));
            let (facts, life_events) = (gathered.facts, gathered.life_events);
            people.all.push(Known { person, periods, contributions, facts, life_events });
        }
        Gathered { people, findings, unused: self.unused }
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

/// Whether days of birth are so near that one person may have both: a part mistaken, day and month changed.
fn is_near_birth(one: Date, other: Date) -> bool {
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
type NameKey = (String, String, Date);

fn name_key(name: &Name, birth_date: Date) -> Option<NameKey> {
    let fold = |part: &str| part.to_lowercase().replace('ё', "е");
    Some((fold(name.family()?), fold(name.given()?), birth_date))
}

fn warning(code: &'static str, place: &str, message: &str) -> Finding {
    Finding::error(code, place, "one person, one row, one meaning", "", message).as_warning()
}
