//! Everybody the local files tell of, when that is more than memory may hold: rows are kept in a file without a name, sorted
//! into parts that fit, each of which is gathered as rows in memory are; what is known of a person is read when he is asked
//! about.
//!
//! Rows of one person share a number, or are tied by rows with several numbers; rows without a number share a name with
//! birth date. What is so tied is in one part, in the order of the files, so that each answer and each finding is the one
//! that memory would give.

use super::local::KnownPerson;
use super::local::LocalRecord;
use super::odd::Odd;
use super::people::AsideRows;
use super::people::Gathered;
use super::people::Gathering;
use super::people::Known;
use super::people::LookedUp;
use super::people::People;
use super::people::is_near_birth;
use super::people::keys_of;
use super::spill::Index;
use super::spill::PLACE;
use super::spill::Place;
use super::spill::Spill;
use crate::exchange::canonical::Matcher;
use crate::exchange::canonical::Person;
use crate::exchange::canonical::State;
use jiff::civil::Date;
use serde::Deserialize;
use serde::Serialize;
use std::collections::HashMap;
use std::collections::HashSet;
use std::hash::BuildHasher;
use std::hash::RandomState;
use std::io;
use std::io::ErrorKind;
use std::io::Read;
use std::path::Path;
use std::path::PathBuf;

/// Everybody, with what is known of each, in files without a name.
#[derive(Debug)]
pub(super) struct SpilledPeople {
    keys: Keys,
    /// What is known, one after another.
    known: Spill,
    /// The place of each by day of birth, in no order.
    births: Spill,
    by_key: Index,
    aside: SpilledAside,
    count: usize,
}

/// Keyed hashes of what persons are found by.
#[derive(Debug, Default)]
struct Keys(RandomState);

impl Keys {
    fn of(&self, key: &LookedUp) -> u64 {
        self.0.hash_one(key)
    }
}

/// Rows that were set aside, by whom they are about.
#[derive(Debug)]
struct SpilledAside {
    by_key: Index,
    of_known: u64,
    of_somebody: u64,
}

impl SpilledAside {
    /// Takes over rows; their numbers begin anew with each of these.
    fn take(&mut self, rows: AsideRows, keys: &Keys) -> io::Result<()> {
        let (of_known, of_somebody) = (rows.of_known, rows.of_somebody);
        for (key, row) in rows.into_rows() {
            let order = self.of_known + row;
            self.by_key.push(Place { hash: keys.of(&key), order, at: 0, length: 0 })?;
        }
        self.of_known += of_known;
        self.of_somebody += of_somebody;
        Ok(())
    }
}

impl SpilledPeople {
    /// Those among whom a person is to be looked for; who is meant among them is meant among all.
    pub(super) fn about(&self, asked: &Person, state: State, matcher: &Matcher) -> io::Result<People> {
        let mut places = self.places_of(&keys_of(&[asked]))?;
        let found = self.people_at(&places)?;
        if found.told_as_asked(asked, state, matcher).is_some() {
            return Ok(found);
        }
        places.extend(self.near(asked)?);
        self.people_at(&places)
    }

    /// Those who may have to do with a person, or with what other rows tell.
    pub(super) fn around(&self, asked: &Person, told: &[LookedUp]) -> io::Result<People> {
        let mut places = self.places_of(&keys_of(&[asked]))?;
        places.extend(self.places_of(told)?);
        places.extend(self.near(asked)?);
        self.people_at(&places)
    }

    /// How many rows that are or may be about these were set aside.
    pub(super) fn aside_of(&self, persons: &[&Person]) -> io::Result<u64> {
        let mut rows: HashSet<u64> = HashSet::new();
        for key in keys_of(persons) {
            rows.extend(self.aside.by_key.find(self.keys.of(&key))?.iter().map(|place| place.order));
        }
        let count = u64::try_from(rows.len()).unwrap_or(u64::MAX);
        Ok(count.saturating_add(self.aside.of_somebody))
    }

    /// How many persons they are.
    pub(super) fn count(&self) -> usize {
        self.count
    }

    /// Gives everybody, in the order of the files.
    pub(super) fn each(&self, give: &mut dyn FnMut(&Known)) -> io::Result<()> {
        let mut places = Vec::with_capacity(self.count);
        self.each_place(&mut |place| places.push(place))?;
        places.sort_unstable_by_key(|place| place.order);
        for place in places {
            give(&self.read(place)?);
        }
        Ok(())
    }

    fn places_of(&self, keys: &[LookedUp]) -> io::Result<Vec<Place>> {
        let mut places = Vec::new();
        for key in keys {
            places.extend(self.by_key.find(self.keys.of(key))?);
        }
        Ok(places)
    }

    /// Where those stand whose day of birth is so near that they may be meant.
    fn near(&self, asked: &Person) -> io::Result<Vec<Place>> {
        let mut places = Vec::new();
        self.each_place(&mut |place| {
            if day_of(place.hash).is_some_and(|birth_date| is_near_birth(birth_date, asked.birth_date)) {
                places.push(place);
            }
        })?;
        Ok(places)
    }

    fn each_place(&self, give: &mut dyn FnMut(Place)) -> io::Result<()> {
        let mut reader = self.births.reader();
        let mut bytes = [0; PLACE];
        for _ in 0..self.count {
            reader.read_exact(&mut bytes)?;
            give(Place::of_bytes(&bytes));
        }
        Ok(())
    }

    /// The persons of these places, each once, in the order of the files.
    fn people_at(&self, places: &[Place]) -> io::Result<People> {
        let mut places: Vec<(u64, Place)> = places.iter().map(|place| (place.order, *place)).collect();
        places.sort_unstable_by_key(|(order, _)| *order);
        places.dedup_by_key(|(order, _)| *order);
        let mut people = People::default();
        for (_, place) in places {
            people.push(self.read(place)?);
        }
        Ok(people)
    }

    fn read(&self, place: Place) -> io::Result<Known> {
        parse(&self.known.read_at(place.at, place.length)?)
    }
}

/// Rows on their way to [`SpilledPeople`].
#[derive(Debug)]
pub(super) struct Spilling {
    folder: PathBuf,
    keys: Keys,
    rows: Spill,
    /// How many they are.
    count: u64,
    /// Numbers that stand in one row with others, each with one that it is tied to.
    ties: HashMap<u64, u64>,
    aside: SpilledAside,
    /// Those that were set aside last.
    aside_last: AsideRows,
    part_bytes: u64,
}

/// Takes a row with its place and its bytes.
type EachRow<'e> = &'e mut dyn FnMut(&mut Spilling, Place, &[u8]) -> io::Result<()>;

/// A row as it waits.
#[derive(Serialize, Deserialize)]
struct Waiting {
    record: LocalRecord,
    key: Option<String>,
    place: String,
}

impl Spilling {
    /// Nothing yet, in files on the disk of a folder; what is held at once is less than memory may hold of files.
    pub(super) fn create(folder: &Path, held_bytes_max: usize) -> io::Result<Self> {
        std::fs::create_dir_all(folder)?;
        let aside = SpilledAside { by_key: Index::of(folder), of_known: 0, of_somebody: 0 };
        Ok(Self {
            folder: folder.to_owned(),
            keys: Keys::default(),
            rows: Spill::of(folder),
            count: 0,
            ties: HashMap::new(),
            aside,
            aside_last: AsideRows::default(),
            part_bytes: u64::try_from(held_bytes_max / 4)
                .unwrap_or(u64::MAX)
                .clamp(PART_BYTES_MIN, PART_BYTES_MAX),
        })
    }

    /// Counts a row that was set aside, for whom it is about as far as it tells.
    pub(super) fn set_aside(&mut self, whose: &KnownPerson) -> io::Result<()> {
        self.aside_last.put(whose);
        if self.aside_last.of_known < ASIDE_AT_ONCE {
            return Ok(());
        }
        self.aside.take(std::mem::take(&mut self.aside_last), &self.keys)
    }

    /// Adds one row, read at `place`; by `key` it knows the row that it corrects or cancels.
    pub(super) fn add(&mut self, record: LocalRecord, key: Option<String>, place: String) -> io::Result<()> {
        self.count += 1;
        let tie = self.tie(&record.person);
        let row = serde_json::to_vec(&Waiting { record, key, place }).map_err(io::Error::other)?;
        let length = u64::try_from(row.len()).map_err(io::Error::other)?;
        self.rows.append(&Place { hash: tie, order: self.count, at: 0, length }.to_bytes())?;
        self.rows.append(&row).map(drop)
    }

    /// What a row has in common with others of its person.
    fn tie(&mut self, person: &KnownPerson) -> u64 {
        let mut numbers =
            person.identifiers.iter().map(|held| self.keys.of(&LookedUp::Number(held.identifier.clone())));
        let Some(first) = numbers.next() else {
            // a row that tells nobody has nothing in common with any other
            return person.key().map_or(self.count, |name| self.keys.of(&LookedUp::Name(name)));
        };
        let others: Vec<u64> = numbers.collect();
        for other in others {
            let (one, other) = (self.root(first), self.root(other));
            if one != other {
                self.ties.insert(one.max(other), one.min(other));
            }
        }
        first
    }

    /// What all that is tied to this has in common.
    fn root(&mut self, of: u64) -> u64 {
        let mut root = of;
        while let Some(next) = self.ties.get(&root) {
            root = *next;
        }
        // the way is short the next time
        let mut here = of;
        while here != root {
            let Some(next) = self.ties.insert(here, root) else { break };
            here = next;
        }
        root
    }

    /// Everybody, and what is odd about the rows.
    pub(super) fn finish(mut self, state: State) -> io::Result<(SpilledPeople, Odd)> {
        let rows = std::mem::replace(&mut self.rows, Spill::of(&self.folder));
        let aside_last = std::mem::take(&mut self.aside_last);
        self.aside.take(aside_last, &self.keys)?;
        let mut gathered = Filling {
            state,
            known: Spill::of(&self.folder),
            births: Spill::of(&self.folder),
            by_key: Index::of(&self.folder),
            count: 0,
            odd: Odd::default(),
        };
        self.sort(rows, 0, &mut gathered)?;
        let Filling { mut known, mut births, mut by_key, count, odd, .. } = gathered;
        known.finish()?;
        births.finish()?;
        by_key.finish()?;
        self.aside.by_key.finish()?;
        Ok((SpilledPeople { keys: self.keys, known, births, by_key, aside: self.aside, count }, odd))
    }

    /// Sorts rows into parts until each fits, and gathers it.
    fn sort(&mut self, mut rows: Spill, level: u32, to: &mut Filling) -> io::Result<()> {
        rows.finish()?;
        if rows.length() == 0 {
            return Ok(());
        }
        if rows.length() <= self.part_bytes || level >= LEVELS_MAX {
            return self.gather(&rows, to);
        }
        let mut parts = (0..PARTS).map(|_| Spill::of(&self.folder)).collect::<Vec<_>>();
        self.each_row(&rows, &mut |own, place, row| {
            let tie = own.root(place.hash);
            let part = usize::try_from((tie >> (level * PART_BITS)) % PARTS).map_err(io::Error::other)?;
            let Some(part) = parts.get_mut(part) else { return Ok(()) };
            part.append(&place.to_bytes())?;
            part.append(row).map(drop)
        })?;
        drop(rows);
        for part in parts {
            self.sort(part, level + 1, to)?;
        }
        Ok(())
    }

    fn gather(&mut self, rows: &Spill, to: &mut Filling) -> io::Result<()> {
        let mut gathering = Gathering::default();
        self.each_row(rows, &mut |_, place, row| {
            let Waiting { record, key, place: told } = parse(row)?;
            gathering.add_at(place.order, record, key, &told);
            Ok(())
        })?;
        let Gathered { all, aside, odd } = gathering.finish(to.state);
        self.aside.take(aside, &self.keys)?;
        to.odd.append(odd);
        for (order, known) in all {
            to.put(order, &known, &self.keys)?;
        }
        Ok(())
    }

    fn each_row(&mut self, rows: &Spill, give: EachRow<'_>) -> io::Result<()> {
        let (mut reader, mut left) = (rows.reader(), rows.length());
        let (mut head, mut row) = ([0; PLACE], Vec::new());
        while left > 0 {
            reader.read_exact(&mut head)?;
            let place = Place::of_bytes(&head);
            row.resize(usize::try_from(place.length).map_err(io::Error::other)?, 0);
            reader.read_exact(&mut row)?;
            let read = u64::try_from(head.len()).map_err(io::Error::other)? + place.length;
            left = left.saturating_sub(read);
            give(self, place, &row)?;
        }
        Ok(())
    }
}

/// What was gathered of all parts so far.
struct Filling {
    state: State,
    known: Spill,
    births: Spill,
    by_key: Index,
    count: usize,
    odd: Odd,
}

impl Filling {
    fn put(&mut self, order: u64, known: &Known, keys: &Keys) -> io::Result<()> {
        let bytes = serde_json::to_vec(known).map_err(io::Error::other)?;
        let length = u64::try_from(bytes.len()).map_err(io::Error::other)?;
        let at = self.known.append(&bytes)?;
        let place = |hash| Place { hash, order, at, length };
        self.births.append(&place(number_of(known.person.birth_date)).to_bytes())?;
        let mut told = keys_of(&[&known.person]);
        let mut seen = HashSet::new();
        told.retain(|key| seen.insert(key.clone()));
        for key in told {
            self.by_key.push(place(keys.of(&key)))?;
        }
        self.count += 1;
        Ok(())
    }
}

fn parse<T: for<'t> Deserialize<'t>>(bytes: &[u8]) -> io::Result<T> {
    // the text of a failure may show a value
    serde_json::from_slice(bytes).map_err(|_shows_it| io::Error::from(ErrorKind::InvalidData))
}

/// A day as a number, and back.
fn number_of(day: Date) -> u64 {
    let part = |part: i64| u64::try_from(part).unwrap_or_default();
    let year = part(i64::from(day.year()) + 10_000);
    year * 10_000 + part(i64::from(day.month())) * 100 + part(i64::from(day.day()))
}

fn day_of(number: u64) -> Option<Date> {
    let year = i16::try_from(i64::try_from(number / 10_000).ok()? - 10_000).ok()?;
    let (month, day) = (i8::try_from(number / 100 % 100).ok()?, i8::try_from(number % 100).ok()?);
    Date::new(year, month, day).ok()
}

/// Parts that are sorted into at once: 64.
const PART_BITS: u32 = 6;
const PARTS: u64 = 1 << PART_BITS;
/// So often the bits of a hash suffice.
const LEVELS_MAX: u32 = u64::BITS / PART_BITS;
/// Rows as they wait, gathered at once in several times the memory; more only of one person.
const PART_BYTES_MAX: u64 = 4 * 1024 * 1024;
const PART_BYTES_MIN: u64 = 1024;
/// Rows set aside that are held before they are put away.
const ASIDE_AT_ONCE: u64 = 10_000;

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn a_day_is_the_same_after_it_was_a_number() {
        for day in [date(1990, 7, 22), date(1, 1, 1), date(9999, 12, 31), date(-1, 2, 3)] {
            assert_eq!(day_of(number_of(day)), Some(day));
        }
    }
}
