//! The source: what the local system knows of a person, read from the files of a folder.

use super::book::ProfileBook;
use super::error::AdapterError;
use super::everybody::Everybody;
use super::everybody::Rows;
use super::folder::Stamp;
use super::folder::stamps;
use super::lineage::EachRow;
use super::live::LiveAnswer;
use super::live::LiveRead;
use super::live::form_of;
use super::live::read_live;
use super::people::Candidates;
use super::people::Known;
use super::people::LookedUp;
use super::profile::Profile;
use super::reading::RowRead;
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
    /// On whose disk rows are kept that are more than memory may hold.
    spills: PathBuf,
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
        let spills = std::env::temp_dir();
        Self { book, folder: folder.into(), limits, spills, loaded: Mutex::new(None) }
    }

    /// The same, with what memory may not hold on the disk of this folder, not on that of temporary files.
    #[must_use]
    pub fn spilling_to(self, folder: impl Into<PathBuf>) -> Self {
        Self { spills: folder.into(), ..self }
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
            let about = self.spilled(loaded.people.about(asked, state, matcher))?;
            let candidates = about.candidates(asked, state, matcher);
            let aside = |persons: &[&Person]| loaded.people.aside_of(persons);
            return self.spilled(answered(candidates, inquiry, as_of, loaded.read_by.clone(), &aside));
        }
        let LiveRead { rows, mut gathering, mut findings, read_by } = read_live(&loaded.by, live)?;
        let told: Vec<LookedUp> = rows.iter().flat_map(|(row, ..)| row.person.keys()).collect();
        let around = self.spilled(loaded.people.around(asked, &told))?;
        for known in around.related(asked, &told, matcher) {
            gathering.add_known(known);
        }
        for (row, key, place) in rows {
            gathering.add(row, key, &place);
        }
        let (people, odd) = gathering.finish(state).into_people();
        findings.extend(odd.into_findings());
        let aside = |persons: &[&Person]| {
            Ok(loaded.people.aside_of(persons)?.saturating_add(people.aside_of(persons)))
        };
        let mut all = loaded.read_by.to_vec();
        all.extend(read_by.into_iter().filter(|by| !loaded.read_by.contains(by)));
        let candidates = people.candidates(asked, state, matcher);
        let answered = self.spilled(answered(candidates, inquiry, as_of, all.into(), &aside))?;
        Ok(Answered { findings, ..answered })
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
        let (loaded, state) = (self.current()?, self.book.state());
        let about = self.spilled(loaded.people.about(person, state, matcher))?;
        self.spilled(match about.candidates(person, state, matcher) {
            Candidates::One(known) => loaded.people.aside_of(&[&known.person, person]),
            Candidates::Nobody | Candidates::Several | Candidates::Unsure(_) => {
                loaded.people.aside_of(&[person])
            }
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
        let mut all = Vec::new();
        self.each(as_of, &mut |record| all.push(record))?;
        Ok(all)
    }

    /// Gives everybody, one by one, in the order of the files.
    ///
    /// # Errors
    /// As [`Source::open`].
    pub fn each(&self, as_of: Date, give: &mut dyn FnMut(InsuranceRecord)) -> Result<(), AdapterError> {
        let loaded = self.current()?;
        let mut known = |known: &Known| give(record_of(known, self.book.state(), as_of, None));
        self.spilled(loaded.people.each(&mut known))
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
        let loaded = Arc::new(self.load(profiles, stamps, told)?);
        *held = Some(loaded.clone());
        Ok(loaded)
    }

    /// What came of the files in which rows are kept.
    fn spilled<T>(&self, done: std::io::Result<T>) -> Result<T, AdapterError> {
        done.map_err(|source| AdapterError::Write { path: self.spills.clone(), source })
    }

    fn load(
        &self,
        profiles: Arc<Vec<Profile>>,
        stamps: Vec<(usize, Stamp)>,
        told: EachBytes<'_>,
    ) -> Result<Loaded, AdapterError> {
        let total: u64 = stamps.iter().map(|(_, stamp)| stamp.length).sum();
        let mut rows = self.spilled(Rows::of(total, self.limits.local_held_bytes_max, &self.spills))?;
        let mut before = 0_u64;
        let mut findings = Findings::new();
        let mut files: Vec<FileRead> = Vec::new();
        for (at, stamp) in &stamps {
            let Some(profile) = profiles.get(*at) else { continue };
            let mut tally =
                self.read_file((profile, stamp), &mut rows, &mut |read| told(before + read, total))?;
            before += stamp.length;
            findings.append(&mut tally.findings);
            // one file may hold rows of several kinds
            match files.iter_mut().find(|file| file.name == stamp.name) {
                Some(file) => file.add(tally),
                None => files.push(FileRead::of(&stamp.name, tally)),
            }
        }
        let (people, odd) = self.spilled(rows.finish(self.book.state()))?;
        for file in &mut files {
            let (count, why) = odd.unused_of(&file.name);
            file.put_aside(count, why);
        }
        findings.extend(odd.into_findings());
        let mut used: Vec<usize> = stamps.iter().map(|(profile, _)| *profile).collect();
        used.dedup(); // they are sorted
        let read_by = used.into_iter().filter_map(|at| profiles.get(at)).map(Profile::to_string).collect();
        let is_taken = AtomicBool::new(false);
        Ok(Loaded { by: profiles, read_by, stamps, people, findings, files, is_taken })
    }

    /// Adds the rows of a file, and tells what became of them.
    fn read_file(
        &self,
        (profile, stamp): (&Profile, &Stamp),
        rows: &mut Rows,
        told: &mut dyn FnMut(u64),
    ) -> Result<Tally, AdapterError> {
        let limit = self.limits.local_bytes_max;
        if usize::try_from(stamp.length).unwrap_or(usize::MAX) > limit {
            return Err(AdapterError::TooLarge { path: stamp.path.clone(), limit });
        }
        let (mut tally, mut kept) = (Tally::default(), Ok(()));
        let mut input = stamp.open()?;
        let count = input.get_ref().count();
        let read = profile.read_rows(&stamp.name, &mut input, &self.limits, &mut |row| {
            if tally.rows.is_multiple_of(TOLD_EVERY) {
                told(count.load(Ordering::Relaxed));
            }
            kept = keep(row, profile, &mut tally, rows);
            if kept.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        });
        self.spilled(kept)?;
        read.map_err(|source| stamp.unread(source))?;
        Ok(tally.finished(&stamp.name))
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
    people: Everybody,
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

/// Counts a row, and adds what it says.
fn keep(row: RowRead, profile: &Profile, tally: &mut Tally, rows: &mut Rows) -> std::io::Result<()> {
    if let Some(whose) = &row.whose {
        rows.set_aside(whose)?;
    }
    let Some((record, place)) = tally.take(row) else { return Ok(()) };
    let key = profile.key_of(&record);
    rows.add(record, key, place)
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

    /// So many rows that were read are not used after all.
    fn put_aside(&mut self, count: u64, why: Findings) {
        self.taken = self.taken.saturating_sub(count);
        self.aside += count;
        self.why.extend(why);
    }
}

/// Who is meant, as an answer.
fn answered(
    candidates: Candidates<'_>,
    inquiry: &Inquiry,
    as_of: Date,
    read_by: Arc<[String]>,
    aside: &dyn Fn(&[&Person]) -> std::io::Result<u64>,
) -> std::io::Result<Answered> {
    let asked = &inquiry.person;
    let (found, aside) = match candidates {
        Candidates::Nobody => (Found::Nobody, aside(&[asked])?),
        Candidates::Several => (Found::Several, aside(&[asked])?),
        Candidates::Unsure(reasons) => (Found::Unsure(reasons.into()), aside(&[asked])?),
        Candidates::One(known) => {
            let record = record_of(known, inquiry.asked, as_of, inquiry.interval);
            (Found::Record(record, read_by), aside(&[&known.person, asked])?)
        }
    };
    Ok(Answered { found, aside, findings: Findings::new() })
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
