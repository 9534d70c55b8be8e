//! Entries that can be replaced and taken back: contributions and periods alike.

use super::local::RowForm;
use crate::exchange::canonical::Contribution;
use crate::exchange::canonical::InsurancePeriod;
use crate::exchange::canonical::RecordId;
use jiff::civil::Date;
use std::collections::HashMap;

/// An entry of a record that another may replace or take back.
pub(super) trait Revised: Clone + PartialEq {
    /// Its id.
    fn id(&self) -> &RecordId;
    /// The id of what it replaces.
    fn supersedes(&self) -> Option<&RecordId>;
    /// The day on which it was taken back.
    fn cancelled_on(&self) -> Option<Date>;
    /// The same entry with these.
    fn with(self, id: RecordId, supersedes: Option<RecordId>, cancelled_on: Option<Date>) -> Self;
}

macro_rules! revised {
    ($($entry:ty),*) => { $(
        impl Revised for $entry {
            fn id(&self) -> &RecordId {
                &self.id
            }

            fn supersedes(&self) -> Option<&RecordId> {
                self.supersedes.as_ref()
            }

            fn cancelled_on(&self) -> Option<Date> {
                self.cancelled_on
            }

            fn with(self, id: RecordId, supersedes: Option<RecordId>, cancelled_on: Option<Date>) -> Self {
                Self { id, supersedes, cancelled_on, ..self }
            }
        }
    )* };
}

revised!(Contribution, InsurancePeriod);

/// The entries of one kind and one person, as they are gathered.
pub(super) struct Entries<T> {
    all: HashMap<RecordId, T>,
    /// The one that stands, by the key of rows that correct or cancel each other.
    standing: HashMap<String, RecordId>,
}

/// What became of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Taken {
    New,
    /// It says the same as one before it.
    Twice,
    /// It has the id of one before it and says something else.
    Beside,
    /// It replaces what is not there, and is taken as the first.
    CorrectsNothing,
    /// It takes back what is not there, and is not used.
    CancelsNothing,
}

impl<T> Default for Entries<T> {
    fn default() -> Self {
        Self { all: HashMap::new(), standing: HashMap::new() }
    }
}

impl<T: Revised> Entries<T> {
    /// Entries that were gathered before. Rows that correct them are in the same place, and were read then.
    pub(super) fn of(told: &[T]) -> Self {
        let all = told.iter().map(|one| (one.id().clone(), one.clone())).collect();
        Self { all, standing: HashMap::new() }
    }

    /// Takes one row; by `key` it knows the one that it corrects or cancels.
    pub(super) fn take(&mut self, one: T, form: RowForm, key: Option<String>) -> Taken {
        let before = key.as_ref().and_then(|key| self.standing.get(key).cloned());
        match (form, before) {
            (RowForm::Original, _) => self.put(one, None, key),
            (RowForm::Correcting, Some(before)) => self.put(one, Some(before), key),
            (RowForm::Correcting, None) => {
                let taken = self.put(one, None, key);
                if taken == Taken::New { Taken::CorrectsNothing } else { taken }
            }
            (RowForm::Cancelling, before) => {
                let Some((id, held)) = before.and_then(|id| self.all.remove_entry(&id)) else {
                    return Taken::CancelsNothing;
                };
                let supersedes = held.supersedes().cloned();
                self.all.insert(id.clone(), held.with(id, supersedes, one.cancelled_on()));
                self.standing.remove(&key.unwrap_or_default());
                Taken::New
            }
        }
    }

    fn put(&mut self, one: T, replaces: Option<RecordId>, key: Option<String>) -> Taken {
        let (supersedes, cancelled_on) = (one.supersedes().cloned().or(replaces), one.cancelled_on());
        let id = one.id().clone();
        let one = one.with(id.clone(), supersedes.clone(), cancelled_on);
        let (id, taken) = place_for(&self.all, &id, |held| *held == one);
        self.all.insert(id.clone(), one.with(id.clone(), supersedes, cancelled_on));
        self.standing.extend(key.map(|key| (key, id)));
        taken
    }

    /// All of them, in no order.
    pub(super) fn into_entries(self) -> impl Iterator<Item = T> {
        self.all.into_values()
    }
}

/// The id under which an entry can be kept, so that none takes the place of another.
fn place_for<T>(
    held: &HashMap<RecordId, T>,
    id: &RecordId,
    is_same: impl Fn(&T) -> bool,
) -> (RecordId, Taken) {
    let mut free = id.clone();
    let mut taken = Taken::New;
    for number in 2_u32.. {
        match held.get(&free) {
            None => break,
            Some(one) if number == 2 && is_same(one) => return (free, Taken::Twice),
            Some(_) => taken = Taken::Beside,
        }
        match format!("{}-{number}", id.as_str()).parse() {
            Ok(next) => free = next,
            Err(_too_long) => break,
        }
    }
    (free, taken)
}

/// Entries as rows: first what was told, each after the one it replaces, then what took it back.
pub(super) fn rows_of<T: Revised>(all: &[T]) -> impl Iterator<Item = (T, RowForm)> {
    let before: HashMap<&RecordId, &RecordId> =
        all.iter().filter_map(|one| Some((one.id(), one.supersedes()?))).collect();
    let depth = |one: &T| {
        let mut id = one.id();
        let mut depth = 0;
        // no chain is longer than there are rows, unless it bites its tail
        while let Some(next) = before.get(id).filter(|_| depth <= before.len()) {
            (id, depth) = (next, depth + 1);
        }
        depth
    };
    let mut told: Vec<(usize, &T)> = all.iter().map(|one| (depth(one), one)).collect();
    told.sort_by_key(|(depth, _)| *depth);
    let cancelled = told.clone().into_iter().filter(|(_, one)| one.cancelled_on().is_some());
    let cancelling: Vec<(T, RowForm)> =
        cancelled.map(|(_, one)| (one.clone(), RowForm::Cancelling)).collect();
    let first: Vec<(T, RowForm)> = told
        .into_iter()
        .map(|(_, one)| {
            let (id, supersedes) = (one.id().clone(), one.supersedes().cloned());
            let form = if supersedes.is_some() { RowForm::Correcting } else { RowForm::Original };
            (one.clone().with(id, supersedes, None), form)
        })
        .collect();
    first.into_iter().chain(cancelling)
}
