//! The index for questions between nodes: the sources of one state in it, the keys of a question, and a small index in memory in
//! which what several nodes told is judged and set in order by one measure.

use super::counts::TagTables;
use super::fields::Fields;
use super::search::Found;
use super::{JobIndex, JobIndexError, Keys, Order};
use crate::exchange::canonical::job::{CandidateProfile, Vacancy};
use crate::exchange::canonical::{Coded, State};
use crate::labour::live::{LiveQuestion, LiveSource};
use crate::labour::matching::{Matching, Tables, Weights};
use std::path::PathBuf;
use std::sync::Mutex;
use tantivy::{Index, ReloadPolicy};

impl JobIndex {
    /// An index of some vacancies, in memory alone.
    ///
    /// # Errors
    /// A vacancy that cannot be written.
    pub fn of_few<'v>(
        vacancies: impl IntoIterator<Item = &'v Vacancy>,
        weights: &Weights,
        tables: &dyn Tables,
    ) -> Result<Self, JobIndexError> {
        let (fields, schema) = Fields::build();
        let index = Index::create_in_ram(schema);
        let reader = index.reader_builder().reload_policy(ReloadPolicy::Manual).try_into()?;
        let (needs, tags, path) = (Mutex::default(), TagTables::default(), PathBuf::new());
        let few = Self { index, reader, fields, needs, tags, path };
        let mut writer = few.writer_within(1, FEW_BYTES, weights, tables)?;
        for vacancy in vacancies {
            writer.put(vacancy)?;
        }
        writer.commit()?;
        drop(writer);
        Ok(few)
    }

    /// The systems of a state that the index has vacancies of.
    ///
    /// # Errors
    /// An index that cannot be read.
    pub fn sources_of(&self, state: State) -> Result<Vec<(State, Coded)>, JobIndexError> {
        let prefix = format!("source:{state}/");
        let mut sources = Vec::new();
        for segment in self.reader.searcher().segment_readers() {
            let terms = segment.inverted_index(self.fields.tag)?;
            let from = terms.terms().range().ge(prefix.as_bytes());
            let mut stream = from.into_stream().map_err(tantivy::TantivyError::from)?;
            while stream.advance() {
                let Some(source) =
                    std::str::from_utf8(stream.key()).ok().and_then(|term| term.strip_prefix(&prefix))
                else {
                    break;
                };
                sources.extend(source.parse::<Coded>().ok());
            }
        }
        sources.sort_by(|one, other| one.as_str().cmp(other.as_str()));
        sources.dedup();
        Ok(sources.into_iter().map(|source| (state, source)).collect())
    }

    /// Those that come first for a profile, words, or both: no more than so many, and no more than are scored.
    ///
    /// # Errors
    /// An index that cannot be read.
    pub fn first(
        &self,
        profile: Option<&CandidateProfile>,
        keys: &Keys,
        limit: usize,
        by: &Matching<'_>,
    ) -> Result<Found, JobIndexError> {
        self.search_page(profile, &Keys { page: 0, ..keys.clone() }, limit, by)
    }
}

impl Keys {
    /// The same as a question to another node.
    pub fn question(&self, limit: u32) -> LiveQuestion {
        LiveQuestion {
            words: self.words.trim().to_owned(),
            states: self.states.clone(),
            regions: self.regions.clone(),
            majors: self.majors.clone(),
            groups: self.groups.clone(),
            posted_from: self.posted_from,
            pay_from: self.pay_from,
            remote: self.remote.clone(),
            offerings: self.offerings.clone(),
            schedules: self.schedules.clone(),
            schoolings: self.schoolings.clone(),
            experience: self.experience.clone(),
            languages: self.languages.clone(),
            sources: self
                .sources
                .iter()
                .map(|(state, source)| LiveSource { state: *state, source: source.clone() })
                .collect(),
            is_newest_first: self.order == Order::Recent,
            limit,
        }
    }

    /// The keys of a question that another node asks.
    pub fn of_question(question: &LiveQuestion) -> Self {
        let LiveQuestion {
            words,
            states,
            regions,
            majors,
            groups,
            posted_from,
            pay_from,
            remote,
            offerings,
            schedules,
            schoolings,
            experience,
            languages,
            sources,
            is_newest_first,
            limit: _,
        } = question.clone();
        Self {
            words,
            states,
            regions,
            majors,
            groups,
            posted_from,
            pay_from,
            remote,
            offerings,
            schedules,
            schoolings,
            experience,
            languages,
            sources: sources.into_iter().map(|one| (one.state, one.source)).collect(),
            order: if is_newest_first { Order::Recent } else { Order::Match },
            page: 0,
            per_page: 0,
        }
    }
}

/// What the writer of an index in memory may hold before it writes: the least that the library takes.
const FEW_BYTES: usize = 15_000_000;
