//! The index of vacancies: what may fit is found here by codes and words, and judged by [`labour::matching`](crate::labour::matching).
//!
//! It lies in a folder beside the node's data, is read through the memory of the machine's file cache, and holds nothing that
//! is not kept elsewhere: it may be deleted and built anew. Contacts never stand in it.

mod error;
mod fields;
mod question;
mod search;
mod writer;

use crate::labour::matching::Need;
use fields::Fields;
use std::path::{Path, PathBuf};
use tantivy::directory::MmapDirectory;
use tantivy::{Index, IndexReader, IndexSettings, ReloadPolicy};

pub use error::JobIndexError;
pub use question::{Keys, Order};
pub use search::{Found, FoundVacancy};
pub use writer::JobIndexWriter;

/// An index that is open.
pub struct JobIndex {
    index: Index,
    reader: IndexReader,
    fields: Fields,
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
        let index = index.open_or_create(directory).map_err(refuse)?;
        let reader = index
            .reader_builder()
            .reload_policy(ReloadPolicy::Manual)
            .doc_store_cache_num_blocks(CACHED_BLOCKS);
        let reader = reader.try_into().map_err(refuse)?;
        Ok(Self { index, reader, fields, path: path.to_owned() })
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
        Ok(self.reader.reload()?)
    }

    /// Every demand that a vacancy of the index has: a few hundred at most.
    fn needs(&self) -> Result<Vec<Need>, JobIndexError> {
        let searcher = self.reader.searcher();
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
        Ok(needs)
    }
}

/// Vacancies are read one by one: small blocks, so that little is decompressed for each.
const BLOCK_BYTES: usize = 4096;
const CACHED_BLOCKS: usize = 512;
/// The most that a page holds.
pub const PER_PAGE_MAX: usize = 50;

#[cfg(test)]
mod tests;
