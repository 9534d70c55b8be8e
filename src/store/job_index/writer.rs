//! Writing the index.

use super::fields::reference_term;
use super::{JobIndex, JobIndexError, threads};
use crate::exchange::canonical::job::{LanguageCode, Vacancy, VacancyRef, VacancyStatus};
use crate::labour::matching::{Guess, Tables, Weights};
use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::PathBuf;
use tantivy::indexer::NoMergePolicy;
use tantivy::{IndexWriter, Term};

/// The one writer of an index. Nothing is seen of what it wrote before it commits.
pub struct JobIndexWriter<'a> {
    writer: IndexWriter,
    index: &'a JobIndex,
    weights: &'a Weights,
    tables: &'a dyn Tables,
    /// Hashes of what was put into an index that was empty, in which nothing needs to be taken out before. Two of one hash
    /// cost a look, no more.
    fresh: Option<HashSet<u64>>,
    guesses: Guesses,
    path: PathBuf,
}

/// What titles may mean, of some that came before: few are written once only, and to understand one costs more than all else
/// of a row.
#[derive(Default)]
struct Guesses(HashMap<(Option<LanguageCode>, String), Vec<Guess>>);

impl Guesses {
    fn of(&mut self, vacancy: &Vacancy, tables: &dyn Tables) -> &[Guess] {
        let title = (vacancy.language, vacancy.title.as_str().to_owned());
        if self.0.len() >= TITLES_MAX && !self.0.contains_key(&title) {
            self.0.clear();
        }
        let guesses = || tables.guesses(vacancy.title.as_str(), vacancy.language);
        self.0.entry(title).or_insert_with(guesses)
    }
}

impl JobIndex {
    /// The writer of this index.
    ///
    /// # Errors
    /// Another writer is at work.
    pub fn writer<'a>(
        &'a self,
        weights: &'a Weights,
        tables: &'a dyn Tables,
    ) -> Result<JobIndexWriter<'a>, JobIndexError> {
        self.writer_within(threads(), MEMORY_BYTES, weights, tables)
    }

    /// The same with so many threads and so much memory.
    pub(super) fn writer_within<'a>(
        &'a self,
        threads: usize,
        bytes: usize,
        weights: &'a Weights,
        tables: &'a dyn Tables,
    ) -> Result<JobIndexWriter<'a>, JobIndexError> {
        let refuse = |source| JobIndexError::Write { path: self.path.clone(), source: Box::new(source) };
        let writer: IndexWriter = self.index.writer_with_num_threads(threads, bytes).map_err(refuse)?;
        let fresh = (self.count() == 0).then(HashSet::new);
        if fresh.is_some() {
            writer.set_merge_policy(Box::new(NoMergePolicy)); // a build makes few segments, and merging would double its time
        }
        let (guesses, path) = (Guesses::default(), self.path.clone());
        Ok(JobIndexWriter { writer, index: self, weights, tables, fresh, guesses, path })
    }
}

impl JobIndexWriter<'_> {
    /// Puts a vacancy in the place of what the index has under its reference; one that is closed is taken out.
    ///
    /// # Errors
    /// A full disk.
    pub fn put(&mut self, vacancy: &Vacancy) -> Result<(), JobIndexError> {
        let is_first = self.fresh.as_mut().is_some_and(|seen| {
            let mut hasher = DefaultHasher::new();
            vacancy.reference.hash(&mut hasher);
            seen.insert(hasher.finish())
        });
        if !is_first {
            self.delete(&vacancy.reference);
        }
        if vacancy.status == VacancyStatus::Closed {
            return Ok(());
        }
        let guesses = self.guesses.of(vacancy, self.tables);
        let row = self.index.fields.row(vacancy, guesses, (self.tables, self.weights))?;
        match self.writer.add_document(row) {
            Ok(_) => Ok(()),
            Err(source) => Err(self.failed(source)),
        }
    }

    /// Takes a vacancy out: a tombstone. One that is not there is no error.
    pub fn delete(&mut self, reference: &VacancyRef) {
        let term = Term::from_field_text(self.index.fields.reference, &reference_term(reference));
        let _ = self.writer.delete_term(term); // the number of the operation tells nothing
    }

    /// Makes what was written durable, and shows it.
    ///
    /// # Errors
    /// A full disk.
    pub fn commit(&mut self) -> Result<(), JobIndexError> {
        if let Err(source) = self.writer.commit() {
            return Err(self.failed(source));
        }
        self.index.reload()
    }

    fn failed(&self, source: tantivy::TantivyError) -> JobIndexError {
        JobIndexError::Write { path: self.path.clone(), source: Box::new(source) }
    }
}

/// What all threads of a writer may hold before they write.
const MEMORY_BYTES: usize = 400_000_000;
/// So many titles are remembered: some tens of megabytes.
const TITLES_MAX: usize = 100_000;
