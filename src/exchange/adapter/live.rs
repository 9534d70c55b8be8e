//! One person as a national database tells of him while an inquiry waits: what is asked, and how the answer is read.
//!
//! The rows are read as those of a file, by a profile, and gathered with what the files say of the same persons: who is
//! meant is decided over both, by the rules that files alone have.

use super::error::AdapterError;
use super::local::LocalRecord;
use super::people::Gathering;
use super::profile::Profile;
use super::reading::Tally;
use crate::base::Findings;
use crate::exchange::canonical::Person;
use crate::exchange::canonical::State;

/// What a query about one person brought.
#[derive(Clone, PartialEq, Eq)]
pub struct LiveAnswer {
    /// How findings name it.
    pub source: String,
    /// The name of the profile that reads its columns, without `.toml`.
    pub form: String,
    /// The names of its columns.
    pub columns: Vec<String>,
    /// Its rows, a value for each column.
    pub rows: Vec<Vec<Option<String>>>,
}

/// Rows are about persons: only how many there are is shown.
impl std::fmt::Debug for LiveAnswer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "LiveAnswer({}, {} rows)", self.source, self.rows.len())
    }
}

/// The names under which a query is told who is asked about.
pub const LIVE_NAMES: [&str; 6] = ["kind", "number", "family", "given", "patronymic", "birth_date"];

/// Whom to ask about, in the order of [`LIVE_NAMES`]: each of the person's numbers of this state with each of his names.
/// Who has no such number is asked about by name and day of birth alone.
pub fn live_sets(person: &Person, state: State) -> Vec<Vec<Option<String>>> {
    let own = person.identifiers.iter().map(|held| &held.identifier);
    let own = own.filter(|number| number.kind().state() == state);
    let mut numbers: Vec<_> = own.map(Some).collect();
    if numbers.is_empty() {
        numbers.push(None);
    }
    let mut sets = Vec::new();
    for number in numbers {
        for name in person.names() {
            sets.push(vec![
                number.map(|number| number.kind().as_code().to_owned()),
                number.map(|number| number.as_str().to_owned()),
                name.family().map(str::to_owned),
                name.given().map(str::to_owned),
                name.patronymic().map(str::to_owned),
                Some(person.birth_date.to_string()),
            ]);
        }
    }
    sets
}

/// The profile that reads the columns of a query.
///
/// # Errors
/// There is none, or a column that each row needs is not among these.
pub(super) fn form_of<'p>(
    profiles: &'p [Profile],
    (source, form): (&str, &str),
    columns: &[String],
) -> Result<&'p Profile, AdapterError> {
    let refuse = |reason: String| AdapterError::Live { source_name: source.to_owned(), reason };
    let Some(profile) = profiles.iter().find(|profile| profile.is_named(&format!("{form}.toml"))) else {
        return Err(refuse(format!("no profile {form}.toml reads records; write one, or correct form")));
    };
    let is_there = |name: &&str| columns.iter().any(|column| column == name);
    match profile.required_columns().into_iter().find(|name| !is_there(name)) {
        Some(name) => Err(refuse(format!("the query gives no column {name}, which {profile} needs"))),
        None => Ok(profile),
    }
}

/// The rows of answers, as they are read.
pub(super) struct LiveRead {
    /// Rows that are used, each with the key by which it knows another one, and its place.
    pub(super) rows: Vec<(LocalRecord, Option<String>, String)>,
    /// Rows that are set aside, and what is odd.
    pub(super) gathering: Gathering,
    pub(super) findings: Findings,
    pub(super) read_by: Vec<String>,
}

/// Reads answers, each by its profile.
///
/// # Errors
/// As [`form_of`].
pub(super) fn read_live(profiles: &[Profile], answers: &[LiveAnswer]) -> Result<LiveRead, AdapterError> {
    let mut read = LiveRead {
        rows: Vec::new(),
        gathering: Gathering::default(),
        findings: Findings::new(),
        read_by: Vec::new(),
    };
    for answer in answers {
        let profile = form_of(profiles, (&answer.source, &answer.form), &answer.columns)?;
        let mut tally = Tally::default();
        for (number, columns) in answer.numbered() {
            let row = profile.read_columns(&answer.source, number, columns);
            if let Some(whose) = &row.whose {
                read.gathering.set_aside(whose);
            }
            if let Some((record, place)) = tally.take(row) {
                let key = profile.key_of(&record);
                read.rows.push((record, key, place));
            }
        }
        read.findings.append(&mut tally.finished(&answer.source).findings);
        let by = profile.to_string();
        if !read.read_by.contains(&by) {
            read.read_by.push(by);
        }
    }
    Ok(read)
}

impl LiveAnswer {
    /// Each row with its number, as names and values.
    fn numbered(&self) -> impl Iterator<Item = (usize, impl Iterator<Item = (&str, Option<String>)>)> {
        (1..)
            .zip(&self.rows)
            .map(|(number, row)| (number, self.columns.iter().map(String::as_str).zip(row.iter().cloned())))
    }
}
