//! Everybody the local files tell of: in memory while the files are small, else in files without a name. Who is meant, and
//! what is odd, is the same.

use super::local::KnownPerson;
use super::local::LocalRecord;
use super::odd::Odd;
use super::people::Gathering;
use super::people::Known;
use super::people::LookedUp;
use super::people::People;
use super::spilled::SpilledPeople;
use super::spilled::Spilling;
use crate::exchange::canonical::Matcher;
use crate::exchange::canonical::Person;
use crate::exchange::canonical::State;
use std::io;
use std::ops::Deref;
use std::path::Path;

/// Everybody, with what is known of each.
#[derive(Debug)]
pub(super) enum Everybody {
    Held(People),
    Spilled(SpilledPeople),
}

/// Everybody, or as many as matter for a question.
pub(super) enum Asked<'p> {
    All(&'p People),
    Few(Box<People>),
}

impl Deref for Asked<'_> {
    type Target = People;

    fn deref(&self) -> &People {
        match self {
            Self::All(people) => people,
            Self::Few(people) => people,
        }
    }
}

impl Everybody {
    /// Those among whom a person is to be looked for; who is meant among them is meant among all.
    pub(super) fn about(&self, asked: &Person, state: State, matcher: &Matcher) -> io::Result<Asked<'_>> {
        match self {
            Self::Held(people) => Ok(Asked::All(people)),
            Self::Spilled(people) => people.about(asked, state, matcher).map(|few| Asked::Few(Box::new(few))),
        }
    }

    /// Those who may have to do with a person, or with what other rows tell.
    pub(super) fn around(&self, asked: &Person, told: &[LookedUp]) -> io::Result<Asked<'_>> {
        match self {
            Self::Held(people) => Ok(Asked::All(people)),
            Self::Spilled(people) => people.around(asked, told).map(|few| Asked::Few(Box::new(few))),
        }
    }

    /// How many rows that are or may be about these were set aside.
    pub(super) fn aside_of(&self, persons: &[&Person]) -> io::Result<u64> {
        match self {
            Self::Held(people) => Ok(people.aside_of(persons)),
            Self::Spilled(people) => people.aside_of(persons),
        }
    }

    /// How many persons they are.
    pub(super) fn count(&self) -> usize {
        match self {
            Self::Held(people) => people.count(),
            Self::Spilled(people) => people.count(),
        }
    }

    /// Gives everybody, in the order of the files.
    pub(super) fn each(&self, give: &mut dyn FnMut(&Known)) -> io::Result<()> {
        match self {
            Self::Held(people) => {
                people.all().for_each(give);
                Ok(())
            }
            Self::Spilled(people) => people.each(give),
        }
    }
}

/// Rows on their way to [`Everybody`].
pub(super) enum Rows {
    Held(Box<Gathering>),
    Spilled(Box<Spilling>),
}

impl Rows {
    /// Nothing yet; rows of more than `held_bytes_max` bytes of files are kept in files on the disk of a folder.
    pub(super) fn of(bytes: u64, held_bytes_max: usize, folder: &Path) -> io::Result<Self> {
        if usize::try_from(bytes).is_ok_and(|bytes| bytes <= held_bytes_max) {
            return Ok(Self::Held(Box::default()));
        }
        Ok(Self::Spilled(Box::new(Spilling::create(folder, held_bytes_max)?)))
    }

    /// Counts a row that was set aside, for whom it is about as far as it tells.
    pub(super) fn set_aside(&mut self, whose: &KnownPerson) -> io::Result<()> {
        match self {
            Self::Held(gathering) => {
                gathering.set_aside(whose);
                Ok(())
            }
            Self::Spilled(spilling) => spilling.set_aside(whose),
        }
    }

    /// Adds one row, read at `place`; by `key` it knows the row that it corrects or cancels.
    pub(super) fn add(&mut self, record: LocalRecord, key: Option<String>, place: String) -> io::Result<()> {
        match self {
            Self::Held(gathering) => {
                gathering.add(record, key, &place);
                Ok(())
            }
            Self::Spilled(spilling) => spilling.add(record, key, place),
        }
    }

    /// Everybody, and what is odd about the rows.
    pub(super) fn finish(self, state: State) -> io::Result<(Everybody, Odd)> {
        match self {
            Self::Held(gathering) => {
                let (people, odd) = gathering.finish(state).into_people();
                Ok((Everybody::Held(people), odd))
            }
            Self::Spilled(spilling) => {
                let (people, odd) = spilling.finish(state)?;
                Ok((Everybody::Spilled(people), odd))
            }
        }
    }
}
