//! The source: what the local system knows of a person, read from the files of a folder.

use super::book::ProfileBook;
use super::error::AdapterError;
use super::folder::Stamp;
use super::folder::stamps;
use super::lineage::EachRow;
use super::live::LiveAnswer;
use super::live::LiveRead;
use super::live::form_of;
use super::live::read_live;
use super::local::KnownPerson;
use super::people::Candidates;
use super::people::Gathered;
use super::people::Gathering;
use super::people::Known;
use super::people::People;
use super::profile::Profile;
use super::reading::Tally;
use super::revised::Revised;
use crate::base::Finding;
use crate::base::Findings;
use crate::base::Limits;
use crate::exchange::canonical::Contribution;
use crate::exchange::canonical::Inquiry;
use crate::exchange::canonical::InsurancePeriod;
use crate::exchange::canonical::InsuranceRecord;
use crate::exchange::canonical::Interval;
use crate::exchange::canonical::Matcher;
use crate::exchange::canonical::Person;
use crate::exchange::canonical::RecordId;
use crate::exchange::canonical::State;
use crate::exchange::canonical::YearMonth;
use jiff::civil::Date;
use std::collections::HashSet;
use std::ops::ControlFlow;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;

/// The local records of one state. Files are read once, and again when one of them has changed.
#[derive(Debug)]
pub struct Source {
    book: Arc<ProfileBook>,
    folder: PathBuf,
    limits: Limits,
    loaded: Mutex<Option<Arc<Loaded>>>,
}

/// What the local system knows of him who is asked about.
#[expect(clippy::large_enum_variant, reason = "there is one per inquiry, never a collection")]
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// Exactly one person is meant; what is known may still be nothing. With the profiles, and their versions, by which
    /// the files were read.
    Record(InsuranceRecord, Arc<[String]>),
    /// Nobody is meant.
    Nobody,
    /// More than one person may be meant; a clerk must say which.
    Several,
    /// Somebody may be meant, but name, birth date or number differ from what was asked; a clerk must say. With what
    /// speaks for and against each, best first, without values.
    Unsure(Arc<[String]>),
}

/// What is known of him who is asked about, and what is to be told of how it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answered {
    /// What is known.
    pub found: Found,
    /// How many rows that are or may be about him are set aside: the answer may lack them.
    pub aside: u64,
    /// What is wrong or odd about rows that were asked for just now, never with a value.
    pub findings: Findings,
}

/// What is to be told of the files of a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LocalReading {
    /// What is wrong or odd about their rows, never with a value.
    pub findings: Findings,
    /// What became of each file.
    pub files: Vec<FileRead>,
}

impl LocalReading {
    /// Whether every file of the folder is told of: one that is refused keeps the others from being read.
    pub fn is_whole(&self) -> bool {
        self.files.iter().all(|file| file.refused.is_none())
    }
}

/// What became of a local file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileRead {
    /// Its name.
    pub name: String,
    /// Rows that are used.
    pub taken: u64,
    /// Rows that are set aside.
    pub aside: u64,
    /// Of each of these why, with its place; of the first thousand.
    pub why: Findings,
    /// Why nothing of it is used; inquiries wait until it is mended.
    pub refused: Option<Finding>,
}

impl Source {
    /// Reads the folder by the built-in profiles of a state.
    ///
    /// # Errors
    /// A folder or file that cannot be read, or a file that is not of its form at all. Rows that are not
    /// lawful are [`Source::findings`].
    pub fn open(state: State, folder: impl Into<PathBuf>) -> Result<Self, AdapterError> {
        Self::open_with(Arc::new(ProfileBook::new(state, None)), folder, Limits::default())
    }

    /// The same by profiles of one's own and within other limits.
    ///
    /// # Errors
    /// As [`Source::open`]; and profiles that cannot be used.
    pub fn open_with(
        book: Arc<ProfileBook>,
        folder: impl Into<PathBuf>,
        limits: Limits,
    ) -> Result<Self, AdapterError> {
        Self::open_telling(book, folder, limits, &mut |_, _| ())
    }

    /// The same; `told` is told how many bytes of how many are read.
    ///
    /// # Errors
    /// As [`Source::open_with`].
    pub fn open_telling(
        book: Arc<ProfileBook>,
        folder: impl Into<PathBuf>,
        limits: Limits,
        told: EachBytes<'_>,
    ) -> Result<Self, AdapterError> {
        let source = Self::watch(book, folder, limits);
        source.current_telling(told)?;
        Ok(source)
    }

    /// The same without reading: a file that is not of its form does not keep a node from starting.
    pub fn watch(book: Arc<ProfileBook>, folder: impl Into<PathBuf>, limits: Limits) -> Self {
        Self { book, folder: folder.into(), limits, loaded: Mutex::new(None) }
    }

    /// What is known of the person on a day: entries of the days asked about, each whole.
    ///
    /// # Errors
    /// The inquiry asks another state, or a changed file cannot be read. Nobody is answered then: an old
    /// or a partial record would pass for the whole.
    pub fn find(&self, inquiry: &Inquiry, as_of: Date) -> Result<Found, AdapterError> {
        Ok(self.answer(inquiry, as_of, &[])?.found)
    }

    /// The same with what databases were asked about the person just now, and with what is to be told of it.
    ///
    /// # Errors
    /// As [`Source::find`]; and an answer that its profile cannot read.
    pub fn answer(
        &self,
        inquiry: &Inquiry,
        as_of: Date,
        live: &[LiveAnswer],
    ) -> Result<Answered, AdapterError> {
        let state = self.book.state();
        if inquiry.asked != state {
            return Err(AdapterError::NotAsked { asked: inquiry.asked, state });
        }
        let loaded = self.current()?;
        let matcher = Matcher::built_in().map_err(AdapterError::Letters)?;
        let asked = &inquiry.person;
        if live.is_empty() {
            let candidates = loaded.people.candidates(asked, state, matcher);
            let aside = |persons: &[&Person]| loaded.people.aside_of(persons);
            let read_by = loaded.read_by.clone();
            return Ok(answered(candidates, inquiry, as_of, read_by, &aside));
        }
        let LiveRead { rows, mut gathering, mut findings, read_by } = read_live(&loaded.by, live)?;
        let told: Vec<&KnownPerson> = rows.iter().map(|(row, ..)| &row.person).collect();
        for known in loaded.people.related(asked, &told, matcher) {
            gathering.add_known(known);
        }
        for (row, key, place) in rows {
            gathering.add(row, key, &place);
        }
        let Gathered { people, findings: mut odd, unused: _ } = gathering.finish(state);
        findings.append(&mut odd);
        let aside = |persons: &[&Person]| loaded.people.aside_of(persons) + people.aside_of(persons);
        let mut all = loaded.read_by.to_vec();
        all.extend(read_by.into_iter().filter(|by| !loaded.read_by.contains(by)));
        let candidates = people.candidates(asked, state, matcher);
        Ok(Answered { findings, ..answered(candidates, inquiry, as_of, all.into(), &aside) })
    }

    /// Sees that a profile reads what a query gives.
    ///
    /// # Errors
    /// None does, or a column that it needs is missing.
    pub fn check_live(&self, of: (&str, &str), columns: &[String]) -> Result<(), AdapterError> {
        form_of(&self.book.current()?, of, columns).map(drop)
    }

    /// What is wrong or odd about the rows read last, never with a value.
    pub fn findings(&self) -> Findings {
        self.held().map(|loaded| loaded.findings.clone()).unwrap_or_default()
    }

    /// What is to be told of the files as they are now, if nobody took it yet.
    ///
    /// # Errors
    /// A folder or file that cannot be read, or a file that is not of its form.
    pub fn take_reading(&self) -> Result<Option<LocalReading>, AdapterError> {
        let loaded = self.current()?;
        let is_taken = loaded.is_taken.swap(true, Ordering::Relaxed);
        let reading = || LocalReading { findings: loaded.findings.clone(), files: loaded.files.clone() };
        Ok((!is_taken).then(reading))
    }

    /// How many rows that are or may be about a person were set aside: what is told of him may lack them.
    ///
    /// # Errors
    /// As [`Source::open`].
    pub fn aside_of(&self, person: &Person) -> Result<u64, AdapterError> {
        let matcher = Matcher::built_in().map_err(AdapterError::Letters)?;
        let people = &self.current()?.people;
        Ok(match people.candidates(person, self.book.state(), matcher) {
            Candidates::One(known) => people.aside_of(&[&known.person, person]),
            Candidates::Nobody | Candidates::Several | Candidates::Unsure(_) => people.aside_of(&[person]),
        })
    }

    /// How many persons the files tell of.
    pub fn count(&self) -> usize {
        self.held().map(|loaded| loaded.people.count()).unwrap_or_default()
    }

    /// Everybody the files tell of, with all that is known on a day.
    ///
    /// # Errors
    /// As [`Source::open`].
    pub fn everybody(&self, as_of: Date) -> Result<Vec<InsuranceRecord>, AdapterError> {
        let loaded = self.current()?;
        let all = loaded.people.all();
        Ok(all.map(|known| record_of(known, self.book.state(), as_of, None)).collect())
    }

    /// Tells every row of the files as they are now.
    pub(super) fn read_again(&self, each: EachRow<'_>) -> Result<(), AdapterError> {
        let profiles = self.book.current()?;
        for (at, stamp) in described(&profiles, &self.folder)? {
            let Some(profile) = profiles.get(at) else { continue };
            let mut told = |row, set| each(profile, &stamp.name, row, set);
            profile
                .read_traced(&stamp.name, &mut stamp.open()?, &self.limits, &mut told)
                .map_err(|source| stamp.unread(source))?;
        }
        Ok(())
    }

    fn held(&self) -> Option<Arc<Loaded>> {
        self.loaded.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What the files say now.
    fn current(&self) -> Result<Arc<Loaded>, AdapterError> {
        self.current_telling(&mut |_, _| ())
    }

    fn current_telling(&self, told: EachBytes<'_>) -> Result<Arc<Loaded>, AdapterError> {
        let mut held = self.loaded.lock().unwrap_or_else(PoisonError::into_inner);
        let profiles = self.book.current()?;
        let stamps = described(&profiles, &self.folder)?;
        let is_same = |loaded: &&Arc<Loaded>| loaded.stamps == stamps && Arc::ptr_eq(&loaded.by, &profiles);
        if let Some(loaded) = held.as_ref().filter(is_same) {
            return Ok(loaded.clone());
        }
        let loaded = Arc::new(load((profiles, self.book.state()), stamps, &self.limits, told)?);
        *held = Some(loaded.clone());
        Ok(loaded)
    }
}

/// Is told how many bytes of how many are read.
pub type EachBytes<'t> = &'t mut dyn FnMut(u64, u64);

/// After so many rows it is told how far the reading has come.
const TOLD_EVERY: u64 = 1_024;

#[derive(Debug)]
struct Loaded {
    by: Arc<Vec<Profile>>,
    read_by: Arc<[String]>,
    stamps: Vec<(usize, Stamp)>,
    people: People,
    findings: Findings,
    files: Vec<FileRead>,
    /// Whether what is to be told was taken for the journal.
    is_taken: AtomicBool,
}

/// The files that profiles describe, each with the number of its profile: by profile, then by name. One file may hold
/// rows of several kinds.
pub(super) fn described(profiles: &[Profile], folder: &Path) -> Result<Vec<(usize, Stamp)>, AdapterError> {
    let stamps = stamps(folder, |name| profiles.iter().any(|profile| profile.is_of(name)))?;
    let of = |(at, profile): (usize, &Profile)| {
        let own: Vec<_> = stamps.iter().filter(|stamp| profile.is_of(&stamp.name)).cloned().collect();
        own.into_iter().map(move |stamp| (at, stamp))
    };
    Ok(profiles.iter().enumerate().flat_map(of).collect())
}

fn load(
    (profiles, state): (Arc<Vec<Profile>>, State),
    stamps: Vec<(usize, Stamp)>,
    limits: &Limits,
    told: EachBytes<'_>,
) -> Result<Loaded, AdapterError> {
    let total: u64 = stamps.iter().map(|(_, stamp)| stamp.length).sum();
    let mut before = 0_u64;
    let mut gathering = Gathering::default();
    let mut findings = Findings::new();
    let mut files: Vec<FileRead> = Vec::new();
    for (at, stamp) in &stamps {
        let Some(profile) = profiles.get(*at) else { continue };
        let limit = limits.local_bytes_max;
        if usize::try_from(stamp.length).unwrap_or(usize::MAX) > limit {
            return Err(AdapterError::TooLarge { path: stamp.path.clone(), limit });
        }
        let mut tally = Tally::default();
        let mut input = stamp.open()?;
        let count = input.get_ref().count();
        let read = profile.read_rows(&stamp.name, &mut input, limits, &mut |row| {
            if tally.rows.is_multiple_of(TOLD_EVERY) {
                told(before + count.load(Ordering::Relaxed), total);
            }
            if let Some(whose) = &row.whose {
                gathering.set_aside(whose);
            }
            if let Some((record, place)) = tally.take(row) {
                let key = profile.key_of(&record);
                gathering.add(record, key, &place);
            }
            ControlFlow::Continue(())
        });
        read.map_err(|source| stamp.unread(source))?;
        before += stamp.length;
        let mut tally = tally.finished(&stamp.name);
        findings.append(&mut tally.findings);
        // one file may hold rows of several kinds
        match files.iter_mut().find(|file| file.name == stamp.name) {
            Some(file) => file.add(tally),
            None => files.push(FileRead::of(&stamp.name, tally)),
        }
    }
    let Gathered { people, findings: mut odd, unused } = gathering.finish(state);
    for finding in unused {
        let name = finding.path.rsplit_once(':').map(|(name, _line)| name);
        if let Some(file) = files.iter_mut().find(|file| Some(file.name.as_str()) == name) {
            file.put_aside(finding);
        }
    }
    findings.append(&mut odd);
    let mut used: Vec<usize> = stamps.iter().map(|(profile, _)| *profile).collect();
    used.dedup(); // they are sorted
    let read_by = used.into_iter().filter_map(|at| profiles.get(at)).map(Profile::to_string).collect();
    Ok(Loaded { by: profiles, read_by, stamps, people, findings, files, is_taken: AtomicBool::new(false) })
}

impl FileRead {
    fn of(name: &str, tally: Tally) -> Self {
        let Tally { rows: taken, aside, set_aside: why, .. } = tally;
        Self { name: name.to_owned(), taken, aside, why, refused: None }
    }

    fn add(&mut self, tally: Tally) {
        self.taken += tally.rows;
        self.aside += tally.aside;
        self.why.extend(tally.set_aside);
    }

    /// A row that was read is not used after all.
    fn put_aside(&mut self, why: Finding) {
        self.taken = self.taken.saturating_sub(1);
        self.aside += 1;
        self.why.push(why);
    }
}

/// Who is meant, as an answer.
fn answered(
    candidates: Candidates<'_>,
    inquiry: &Inquiry,
    as_of: Date,
    read_by: Arc<[String]>,
    aside: &dyn Fn(&[&Person]) -> u64,
) -> Answered {
    let asked = &inquiry.person;
    let (found, aside) = match candidates {
        Candidates::Nobody => (Found::Nobody, aside(&[asked])),
        Candidates::Several => (Found::Several, aside(&[asked])),
        Candidates::Unsure(reasons) => (Found::Unsure(reasons.into()), aside(&[asked])),
        Candidates::One(known) => {
            let record = record_of(known, inquiry.asked, as_of, inquiry.interval);
            (Found::Record(record, read_by), aside(&[&known.person, asked]))
        }
    };
    Answered { found, aside, findings: Findings::new() }
}

/// What is known on a day: later entries are not there yet, and a later end is none.
fn record_of(known: &Known, state: State, as_of: Date, asked: Option<Interval>) -> InsuranceRecord {
    let is_asked = |interval: &Interval| asked.is_none_or(|asked| asked.overlaps(interval));
    let period_on = |period: &InsurancePeriod| {
        let goes_on = period.interval.to().is_some_and(|to| to > as_of);
        let mut period = period.clone();
        if goes_on {
            period.interval = Interval::new(period.interval.from(), None).ok()?;
        }
        (period.interval.from() <= as_of && is_asked(&period.interval)).then_some(period)
    };
    let contribution_on =
        |one: &&Contribution| days_of(one.month).is_some_and(|days| days.from() <= as_of && is_asked(&days));
    let mut periods: Vec<InsurancePeriod> = known.periods.iter().filter_map(period_on).collect();
    let mut contributions: Vec<Contribution> =
        known.contributions.iter().filter(contribution_on).cloned().collect();
    leave_out_replaced(&mut periods, &known.periods);
    leave_out_replaced(&mut contributions, &known.contributions);
    let person = known.person.clone();
    InsuranceRecord { state, as_of, person, periods, contributions, evidence: Vec::new() }
}

/// Leaves out an entry whose replacement is not told, as when it was moved out of the days asked about:
/// told alone, it would seem to stand.
fn leave_out_replaced<T: Revised>(told: &mut Vec<T>, all: &[T]) {
    loop {
        let ids: HashSet<RecordId> = told.iter().map(|one| one.id().clone()).collect();
        let hidden: HashSet<&RecordId> =
            all.iter().filter(|one| !ids.contains(one.id())).filter_map(Revised::supersedes).collect();
        let before = told.len();
        told.retain(|one| !hidden.contains(one.id()));
        if told.len() == before {
            return;
        }
    }
}

fn days_of(month: YearMonth) -> Option<Interval> {
    let first = Date::new(month.year(), month.month(), 1).ok()?;
    Interval::new(first, Some(first.last_of_month())).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    /// `b` moved `a` into later years, `c` moved `b` back; `y` moved the payment `x` into the next year.
    const KNOWN: &str = r#"{
        "state": "KZ", "as_of": "2026-11-23",
        "person": { "name": { "family": "Ким", "given": "Анна" }, "birth_date": "1990-07-22" },
        "periods": [
            { "id": "a", "state": "KZ", "interval": { "from": "2010-01-01", "to": "2010-12-31" }, "kind": "work" },
            { "id": "b", "state": "KZ", "interval": { "from": "2014-01-01", "to": "2014-12-31" }, "kind": "work",
              "supersedes": "a" },
            { "id": "c", "state": "KZ", "interval": { "from": "2012-01-01", "to": "2012-12-31" }, "kind": "work",
              "supersedes": "b" },
            { "id": "d", "state": "KZ", "interval": { "from": "2010-06-01", "to": "2014-06-30" }, "kind": "study" }
        ],
        "contributions": [
            { "id": "x", "month": "2010-12", "kind": "opv", "amount": { "amount": "1", "currency": "KZT" } },
            { "id": "y", "month": "2011-01", "kind": "opv", "amount": { "amount": "1", "currency": "KZT" },
              "supersedes": "x" }
        ]
    }"#;

    #[test]
    fn an_entry_replaced_by_one_of_other_days_is_not_told_alone() {
        let InsuranceRecord { person, periods, contributions, .. } = serde_json::from_str(KNOWN).unwrap();
        let (facts, life_events) = (Vec::new(), Vec::new());
        let known = Known { person, periods, contributions, facts, life_events };
        let told = |from: Date, to: Date| {
            let asked = Interval::new(from, Some(to)).unwrap();
            let record = record_of(&known, State::Kz, date(2026, 11, 23), Some(asked));
            let periods: Vec<String> = record.periods.iter().map(|one| one.id.as_str().to_owned()).collect();
            (periods.join(" "), record.contributions.len())
        };
        assert_eq!(told(date(2010, 1, 1), date(2010, 12, 31)), ("d".to_owned(), 0));
        assert_eq!(told(date(2010, 1, 1), date(2012, 12, 31)), ("c d".to_owned(), 2));
        assert_eq!(told(date(2014, 1, 1), date(2014, 12, 31)), ("d".to_owned(), 0));
        assert_eq!(told(date(2012, 1, 1), date(2014, 12, 31)), ("b c d".to_owned(), 0));
        assert_eq!(told(date(2010, 1, 1), date(2014, 12, 31)), ("a b c d".to_owned(), 2));
    }
}
