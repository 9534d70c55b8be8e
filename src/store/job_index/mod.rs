//! The index of vacancies: what may fit is found here by codes and words, and judged by [`labour::matching`](crate::labour::matching).
//!
//! It lies in a folder beside the node's data, is read through the memory of the machine's file cache, and holds nothing that
//! is not kept elsewhere: it may be deleted and built anew. Contacts never stand in it.

mod brief;
mod counts;
mod error;
mod fields;
mod live;
mod question;
mod search;
mod writer;

use crate::labour::matching::Need;
use counts::TagTables;
use fields::Fields;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use tantivy::directory::MmapDirectory;
use tantivy::{Index, IndexReader, IndexSettings, ReloadPolicy, Searcher};

pub use error::JobIndexError;
pub use question::{Keys, Order};
pub use search::{Found, FoundVacancy};
pub use writer::JobIndexWriter;

/// An index that is open.
pub struct JobIndex {
    index: Index,
    reader: IndexReader,
    fields: Fields,
    /// The demands that the vacancies have, and of which state of the index they were read.
    needs: Mutex<Option<(u64, Arc<[Need]>)>>,
    tags: TagTables,
    path: PathBuf,
}

impl JobIndex {
    /// Opens the index of a folder; makes an empty one where there is none.
    ///
    /// # Errors
    /// A folder that cannot be made, or that holds something else.
    pub fn open(path: &Path) -> Result<Self, JobIndexError> {
        std::fs::create_dir_all(path)
            .map_err(|source| JobIndexError::Folder { path: path.to_owned(), source })?;
        let refuse = |source: tantivy::TantivyError| JobIndexError::Open {
            path: path.to_owned(),
            source: Box::new(source),
        };
        let (fields, schema) = Fields::build();
        let directory = MmapDirectory::open(path).map_err(|error| refuse(error.into()))?;
        let settings = IndexSettings { docstore_blocksize: BLOCK_BYTES, ..IndexSettings::default() };
        let index = Index::builder().schema(schema).settings(settings);
        let mut index = index.open_or_create(directory).map_err(refuse)?;
        index.set_multithread_executor(threads()).map_err(refuse)?; // segments are searched beside each other
        let reader = index
            .reader_builder()
            .reload_policy(ReloadPolicy::Manual)
            .doc_store_cache_num_blocks(CACHED_BLOCKS);
        let reader = reader.try_into().map_err(refuse)?;
        Ok(Self {
            index,
            reader,
            fields,
            needs: Mutex::default(),
            tags: TagTables::default(),
            path: path.to_owned(),
        })
    }

    /// How many vacancies it holds.
    pub fn count(&self) -> u64 {
        self.reader.searcher().num_docs()
    }

    /// Sees what was written since.
    ///
    /// # Errors
    /// A folder that cannot be read.
    pub fn reload(&self) -> Result<(), JobIndexError> {
        self.reader.reload()?;
        self.tags.keep(&self.reader.searcher());
        Ok(())
    }

    /// Every demand that a vacancy of the index has: a few hundred at most, read once for each state of the index.
    fn needs(&self, searcher: &Searcher) -> Result<Arc<[Need]>, JobIndexError> {
        let generation = searcher.generation().generation_id();
        let mut known = self.needs.lock().unwrap_or_else(PoisonError::into_inner); // what is in it is whole or none
        if let Some((_, needs)) = known.as_ref().filter(|(of, _)| *of == generation) {
            return Ok(needs.clone());
        }
        let mut needs = Vec::new();
        for segment in searcher.segment_readers() {
            let terms = segment.inverted_index(self.fields.need)?;
            let mut stream = terms.terms().stream().map_err(tantivy::TantivyError::from)?;
            while stream.advance() {
                needs.extend(std::str::from_utf8(stream.key()).ok().and_then(Need::parse));
            }
        }
        needs.sort();
        needs.dedup();
        let needs: Arc<[Need]> = needs.into();
        *known = Some((generation, needs.clone()));
        Ok(needs)
    }
}

/// How many threads write or search.
fn threads() -> usize {
    std::thread::available_parallelism().map_or(1, |count| count.get()).min(THREADS_MAX)
}

const THREADS_MAX: usize = 4;
/// Vacancies are read one by one: small blocks, so that little is decompressed for each.
const BLOCK_BYTES: usize = 4096;
const CACHED_BLOCKS: usize = 512;
/// The most that a page holds.
pub const PER_PAGE_MAX: usize = 50;

#[cfg(test)]
mod tests;
