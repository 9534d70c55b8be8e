//! The source of facts: what local forms of facts say of a person, how old they are, and what happened in whose life.

use super::book::ProfileBook;
use super::convert::Convert;
use super::error::AdapterError;
use super::folder::Stamp;
use super::local::Entry;
use super::local_fact::LocalFact;
use super::local_fact::LocalLifeEvent;
use super::people::Candidates;
use super::people::Gathering;
use super::people::People;
use super::profile::Field;
use super::profile::Profile;
use super::source::described;
use crate::base::Findings;
use crate::base::Limits;
use crate::exchange::canonical::AddressLevel;
use crate::exchange::canonical::Coded;
use crate::exchange::canonical::FactShape;
use crate::exchange::canonical::FactValue;
use crate::exchange::canonical::IdentityAnswer;
use crate::exchange::canonical::Interval;
use crate::exchange::canonical::Matcher;
use crate::exchange::canonical::Measure;
use crate::exchange::canonical::Money;
use crate::exchange::canonical::MonthlyAmount;
use crate::exchange::canonical::Person;
use crate::exchange::canonical::YearMonth;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;

/// The local forms of facts of one state. Files are read once, and again when one of them has changed.
#[derive(Debug)]
pub struct FactSource {
    book: Arc<ProfileBook>,
    folder: PathBuf,
    limits: Limits,
    loaded: Mutex<Option<Arc<Loaded>>>,
}

/// Which fact of whom is looked for.
#[derive(Debug, Clone)]
pub struct FactQuestion {
    /// Its kind.
    pub kind: Coded,
    /// What its value looks like.
    pub shape: FactShape,
    /// How many days old the data may be.
    pub age_days: i32,
    /// About whom.
    pub person: Person,
}

/// What the local forms say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FactFound {
    /// The fact.
    Known(KnownFact),
    /// There is none of this person, or nobody is meant.
    Nobody,
    /// More than one person may be meant, or it is not certain who.
    Several,
    /// The data are older than they may be, or were never fed.
    Late {
        /// As of when they are.
        as_of: Option<Date>,
    },
}

/// A fact as the local forms tell it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownFact {
    /// What is stated.
    pub value: FactValue,
    /// The first day on which it counts, where the form says so.
    pub from: Option<Date>,
    /// The last one.
    pub until: Option<Date>,
    /// As of when the data are.
    pub as_of: Date,
    /// The profiles by which the files were read.
    pub read_by: Arc<[String]>,
}

/// An event in a person's life.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonEvent {
    /// Whose.
    pub person: Person,
    /// What.
    pub event: LocalLifeEvent,
}

#[derive(Debug)]
struct Loaded {
    by: Arc<Vec<Profile>>,
    read_by: Arc<[String]>,
    stamps: Vec<(usize, Stamp)>,
    people: People,
    /// As of when the feed of each kind is.
    feeds: BTreeMap<Coded, Date>,
    findings: Findings,
    is_taken: AtomicBool,
}

impl FactSource {
    /// The forms in a folder; nothing is read yet.
    pub fn watch(book: Arc<ProfileBook>, folder: impl Into<PathBuf>, limits: Limits) -> Self {
        Self { book, folder: folder.into(), limits, loaded: Mutex::new(None) }
    }

    /// What the forms say on a day.
    ///
    /// # Errors
    /// A folder or file that cannot be read, or profiles that cannot be used. Nobody is answered then.
    pub fn find(&self, asked: &FactQuestion, today: Date) -> Result<FactFound, AdapterError> {
        let loaded = self.current()?;
        let Some(fed) = loaded.feeds.get(&asked.kind).copied() else {
            return Ok(FactFound::Late { as_of: None });
        };
        if is_late(fed, asked.age_days, today) {
            return Ok(FactFound::Late { as_of: Some(fed) });
        }
        let matcher = Matcher::built_in().map_err(AdapterError::Letters)?;
        let known = match loaded.people.candidates(&asked.person, self.book.state(), matcher) {
            Candidates::Nobody => return Ok(FactFound::Nobody),
            Candidates::Several | Candidates::Unsure(_) => return Ok(FactFound::Several),
            Candidates::One(known) => known,
        };
        let mut rows: Vec<&LocalFact> = known.facts.iter().filter(|row| row.kind == asked.kind).collect();
        rows.sort_by_key(|row| (row.from, row.as_of));
        let Some(Stated { value, used }) = stated(asked.shape, &rows, today) else {
            return Ok(FactFound::Nobody);
        };
        let as_of = used.iter().filter_map(|row| row.as_of).min().unwrap_or(fed);
        if is_late(as_of, asked.age_days, today) {
            return Ok(FactFound::Late { as_of: Some(as_of) });
        }
        let one = if used.len() == 1 { used.first() } else { None };
        let ends_itself = if let FactValue::Until(day) = &value { Some(*day) } else { None };
        Ok(FactFound::Known(KnownFact {
            from: one.and_then(|row| row.from),
            until: one.and_then(|row| row.to).into_iter().chain(ends_itself).min(),
            value,
            as_of,
            read_by: loaded.read_by.clone(),
        }))
    }

    /// As of when the feed of a kind is; none if it was never fed.
    ///
    /// # Errors
    /// As [`FactSource::find`].
    pub fn fed_on(&self, kind: &Coded) -> Result<Option<Date>, AdapterError> {
        Ok(self.current()?.feeds.get(kind).copied())
    }

    /// Every event that the forms tell of.
    ///
    /// # Errors
    /// As [`FactSource::find`].
    pub fn life_events(&self) -> Result<Vec<PersonEvent>, AdapterError> {
        let loaded = self.current()?;
        let of = |person: &Person, events: &[LocalLifeEvent]| {
            let person = person.told_apart();
            events
                .iter()
                .cloned()
                .map(|event| PersonEvent { person: person.clone(), event })
                .collect::<Vec<_>>()
        };
        Ok(loaded.people.all().flat_map(|known| of(&known.person, &known.life_events)).collect())
    }

    /// The findings of the files as they were read last, if nobody took them yet. A node that exchanges no facts reads
    /// none, and has none.
    pub fn take_findings(&self) -> Findings {
        let held = self.loaded.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let new = held.filter(|loaded| !loaded.is_taken.swap(true, Ordering::Relaxed));
        new.map(|loaded| loaded.findings.clone()).unwrap_or_default()
    }

    /// What the files say now.
    fn current(&self) -> Result<Arc<Loaded>, AdapterError> {
        let mut held = self.loaded.lock().unwrap_or_else(PoisonError::into_inner);
        let profiles = self.book.facts()?;
        let stamps = described(&profiles, &self.folder)?;
        let is_same = |loaded: &&Arc<Loaded>| loaded.stamps == stamps && Arc::ptr_eq(&loaded.by, &profiles);
        if let Some(loaded) = held.as_ref().filter(is_same) {
            return Ok(loaded.clone());
        }
        let loaded = Arc::new(self.load(profiles, stamps)?);
        *held = Some(loaded.clone());
        Ok(loaded)
    }

    fn load(&self, by: Arc<Vec<Profile>>, stamps: Vec<(usize, Stamp)>) -> Result<Loaded, AdapterError> {
        let mut gathering = Gathering::default();
        let mut findings = Findings::new();
        let mut fed: BTreeMap<usize, Date> = BTreeMap::new();
        for (at, stamp) in &stamps {
            let Some(profile) = by.get(*at) else { continue };
            let path = || stamp.path.clone();
            let limit = self.limits.local_bytes_max.min(FACTS_BYTES_MAX);
            if usize::try_from(stamp.length).unwrap_or(usize::MAX) > limit {
                return Err(AdapterError::TooLarge { path: path(), limit });
            }
            let day = day_of(stamp);
            let read = profile.read(&stamp.name, stamp.open()?, &self.limits, &mut |mut record, place| {
                if let Entry::Fact(fact) = &mut record.entry {
                    fact.as_of = fact.as_of.or(day);
                }
                gathering.add(record, None, place);
            });
            findings.append(&mut read.map_err(|source| stamp.unread(source))?.findings);
            if let Some(day) = day {
                let newest = fed.entry(*at).or_insert(day);
                *newest = day.max(*newest);
            }
        }
        let mut feeds: BTreeMap<Coded, Date> = BTreeMap::new();
        let mut read_by = Vec::new();
        for (at, day) in fed {
            let Some(profile) = by.get(at) else { continue };
            read_by.push(profile.to_string());
            for kind in profile.fact_kinds() {
                let oldest = feeds.entry(kind).or_insert(day);
                *oldest = day.min(*oldest);
            }
        }
        let (people, odd) = gathering.finish(self.book.state()).into_people();
        findings.extend(odd.into_findings());
        let (read_by, is_taken) = (read_by.into(), AtomicBool::new(false));
        Ok(Loaded { by, read_by, stamps, people, feeds, findings, is_taken })
    }
}

impl Profile {
    /// The kinds of facts that rows of this form may tell of.
    pub fn fact_kinds(&self) -> Vec<Coded> {
        self.codes_of("fact.kind")
    }

    /// The codes that rows of this form may set a place to.
    pub fn codes_of(&self, place: &str) -> Vec<Coded> {
        let is_it = |field: &&Field| field.canonical.as_ref().is_some_and(|(own, _)| own == place);
        let codes = self.fields.iter().filter(is_it).flat_map(|field| match &field.convert {
            Convert::Constant(value) => value.parse().into_iter().collect(),
            Convert::Codes { read, .. } => read.values().cloned().collect::<Vec<_>>(),
            Convert::Text
            | Convert::Date { .. }
            | Convert::Month { .. }
            | Convert::Decimal { .. }
            | Convert::Identifier { .. }
            | Convert::Number { .. }
            | Convert::Name
            | Convert::Latin { .. }
            | Convert::Digest(_) => Vec::new(),
        });
        codes.collect()
    }
}

/// A value, and the rows that it was drawn from.
struct Stated<'r> {
    value: FactValue,
    used: Vec<&'r LocalFact>,
}

fn stated<'r>(shape: FactShape, rows: &[&'r LocalFact], today: Date) -> Option<Stated<'r>> {
    let counts =
        |row: &&&LocalFact| row.from.is_none_or(|from| from <= today) && row.to.is_none_or(|to| today <= to);
    let of_last = |value: fn(&LocalFact) -> Option<FactValue>| {
        let mut all = rows.iter().filter(counts).rev();
        all.find_map(|row| Some(Stated { value: value(row)?, used: vec![*row] }))
    };
    match shape {
        FactShape::Since => of_last(|row| row.since.map(FactValue::Since)),
        FactShape::Code => of_last(|row| row.code.clone().map(FactValue::Code)),
        FactShape::Address => of_last(|row| {
            let district = row.district.clone();
            row.region.clone().map(|region| FactValue::Address(AddressLevel { region, district }))
        }),
        FactShape::Until => {
            let last = rows.iter().filter(counts).max_by_key(|row| row.until)?;
            let day = last.until.filter(|day| *day >= today)?;
            Some(Stated { value: FactValue::Until(day), used: vec![*last] })
        }
        FactShape::Match => {
            let last = rows.last()?;
            Some(Stated { value: FactValue::Match(IdentityAnswer::Yes), used: vec![*last] })
        }
        FactShape::Amounts => amounts(rows, today),
        FactShape::Measures => {
            let since = today.checked_sub(jiff::Span::new().days(MEASURES_DAYS)).ok()?;
            let is_recent = |row: &&&LocalFact| row.code.is_some() && row.to.is_none_or(|to| to >= since);
            let used: Vec<&LocalFact> = rows.iter().filter(is_recent).copied().collect();
            let measure = |row: &&LocalFact| {
                let interval = row.from.and_then(|from| Interval::new(from, row.to).ok());
                Some(Measure {
                    code: row.code.clone()?,
                    status: row.status.clone(),
                    interval,
                    amount: row.amount,
                })
            };
            let measures: Vec<Measure> = used.iter().filter_map(measure).collect();
            (!measures.is_empty()).then_some(Stated { value: FactValue::Measures(measures), used })
        }
    }
}

/// Money of the last months that are known; that of one month and currency is added up.
fn amounts<'r>(rows: &[&'r LocalFact], today: Date) -> Option<Stated<'r>> {
    let this_month = YearMonth::new(today.year(), today.month()).ok()?;
    let mut months: BTreeMap<(YearMonth, String), MonthlyAmount> = BTreeMap::new();
    let mut used = Vec::new();
    for row in rows {
        let Some((month, amount)) = row.month.zip(row.amount).filter(|(month, _)| *month <= this_month)
        else {
            continue;
        };
        let sum = months.entry((month, amount.currency.to_string()));
        let sum = sum.or_insert(MonthlyAmount { month, amount: Money { amount: 0.into(), ..amount } });
        sum.amount = Money::new(sum.amount.amount.checked_add(amount.amount)?, amount.currency).ok()?;
        used.push(*row);
    }
    let skipped = months.len().saturating_sub(MONTHS_MAX);
    let months: Vec<MonthlyAmount> = months.into_values().skip(skipped).collect();
    (!months.is_empty()).then_some(Stated { value: FactValue::Amounts(months), used })
}

fn is_late(as_of: Date, age_days: i32, today: Date) -> bool {
    (today - as_of).get_days() > age_days
}

fn day_of(stamp: &Stamp) -> Option<Date> {
    let at = Timestamp::try_from(stamp.changed_at?).ok()?;
    Some(at.to_zoned_datetime(TimeZone::UTC).date())
}

/// The most months that are told.
const MONTHS_MAX: usize = 24;

/// Facts are kept in memory, all of them.
const FACTS_BYTES_MAX: usize = 1024 * 1024 * 1024;
/// Measures that ended longer ago are not told.
const MEASURES_DAYS: i32 = 366;
