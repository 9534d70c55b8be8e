//! How many of what was found have each value of a facet. Rows are marked in the pass that finds them, and counted by
//! tables in memory: a search may find a half of a million, each with ten tags, and a column is read one value at a time.

use super::JobIndexError;
use crate::labour::matching::Facets;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use tantivy::collector::{Collector, SegmentCollector};
use tantivy::index::SegmentId;
use tantivy::{DocId, Score, Searcher, SegmentOrdinal, SegmentReader};

/// Marks all that is found.
pub(super) struct Mark;

/// Rows of a segment, a bit for each.
pub(super) struct Marks {
    segment: SegmentOrdinal,
    bits: Vec<u64>,
}

impl Collector for Mark {
    type Fruit = Vec<Marks>;
    type Child = Marks;

    fn for_segment(&self, segment: SegmentOrdinal, reader: &SegmentReader) -> tantivy::Result<Marks> {
        let words = usize::try_from(reader.max_doc() / u64::BITS).unwrap_or_default() + 1;
        Ok(Marks { segment, bits: vec![0; words] })
    }

    fn requires_scoring(&self) -> bool {
        false
    }

    fn merge_fruits(&self, segments: Vec<Marks>) -> tantivy::Result<Vec<Marks>> {
        Ok(segments)
    }
}

impl SegmentCollector for Marks {
    type Fruit = Self;

    fn collect(&mut self, doc: DocId, _: Score) {
        let word = usize::try_from(doc / u64::BITS).ok().and_then(|word| self.bits.get_mut(word));
        if let Some(word) = word {
            *word |= 1 << (doc % u64::BITS);
        }
    }

    fn harvest(self) -> Self {
        self
    }
}

/// The tables of the segments that were searched, each made when it is first needed. A segment never changes.
#[derive(Default)]
pub(super) struct TagTables(Mutex<HashMap<SegmentId, Arc<TagTable>>>);

/// The values of the facets of each row of a segment.
struct TagTable {
    /// Where the values of each row begin, and of the last one end.
    starts: Vec<u32>,
    /// Places in `names`.
    values: Vec<u32>,
    names: Vec<(&'static str, String)>,
}

impl TagTables {
    /// Counts what is marked.
    pub(super) fn count(&self, marks: Vec<Marks>, searcher: &Searcher) -> Result<Facets, JobIndexError> {
        let executor = searcher.index().search_executor();
        let of_segment = |marks: Marks| {
            let table = self.of(searcher.segment_reader(marks.segment))?;
            let counts = table.count(&marks);
            Ok((table, counts))
        };
        let mut sums: BTreeMap<&'static str, BTreeMap<String, u64>> = BTreeMap::new();
        for (table, counts) in executor.map(of_segment, marks.into_iter())? {
            for ((name, value), count) in table.names.iter().zip(counts).filter(|(_, count)| *count > 0) {
                let values = sums.entry(name).or_default();
                match values.get_mut(value) {
                    Some(sum) => *sum += count,
                    None => {
                        values.insert(value.clone(), count);
                    }
                }
            }
        }
        let sums = sums.into_iter().map(|(name, values)| (name, values.into_iter().collect()));
        Ok(Facets::from_counts(sums))
    }

    /// Lets go of the tables of segments that are no more.
    pub(super) fn keep(&self, searcher: &Searcher) {
        let is_there = |id: &SegmentId| searcher.segment_readers().iter().any(|one| one.segment_id() == *id);
        self.tables(|tables| tables.retain(|id, _| is_there(id)));
    }

    fn of(&self, segment: &SegmentReader) -> tantivy::Result<Arc<TagTable>> {
        let id = segment.segment_id();
        if let Some(table) = self.tables(|tables| tables.get(&id).cloned()) {
            return Ok(table);
        }
        let table = Arc::new(TagTable::of(segment)?);
        self.tables(|tables| tables.insert(id, table.clone()));
        Ok(table)
    }

    fn tables<T>(&self, with: impl FnOnce(&mut HashMap<SegmentId, Arc<TagTable>>) -> T) -> T {
        with(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner)) // what is in it is whole
    }
}

impl TagTable {
    fn of(segment: &SegmentReader) -> tantivy::Result<Self> {
        let mut table = Self { starts: vec![0], values: Vec::new(), names: Vec::new() };
        let Some(column) = segment.fast_fields().str(TAG)? else { return Ok(table) };
        let mut places = Vec::with_capacity(column.num_terms());
        let mut tag = String::new();
        for term in (0_u64..).take(column.num_terms()) {
            column.ord_to_str(term, &mut tag)?;
            let facet = tag.split_once(':').filter(|(_, value)| !value.ends_with('/'));
            let facet = facet.and_then(|(name, value)| {
                Some((Facets::NAMES.into_iter().find(|known| *known == name)?, value.to_owned()))
            });
            places.push(facet.is_some().then(|| u32::try_from(table.names.len()).unwrap_or(u32::MAX)));
            table.names.extend(facet);
        }
        for doc in 0..segment.max_doc() {
            let terms = column.ords().values_for_doc(doc);
            let of_facets = terms.filter_map(|term| *places.get(usize::try_from(term).ok()?)?);
            table.values.extend(of_facets);
            table.starts.push(u32::try_from(table.values.len()).unwrap_or(u32::MAX));
        }
        table.values.shrink_to_fit();
        Ok(table)
    }

    fn count(&self, marks: &Marks) -> Vec<u64> {
        let mut counts = vec![0; self.names.len()];
        let starts = self.starts.as_slice();
        for (at, word) in marks.bits.iter().enumerate() {
            let mut word = *word;
            while word != 0 {
                let row = at * WORD_ROWS + usize::try_from(word.trailing_zeros()).unwrap_or_default();
                word &= word - 1;
                let Some([from, to]) = starts.get(row..row + 2) else { continue };
                let range = usize::try_from(*from).ok().zip(usize::try_from(*to).ok());
                let values = range.and_then(|(from, to)| self.values.get(from..to)).unwrap_or_default();
                for value in values {
                    let count = usize::try_from(*value).ok().and_then(|value| counts.get_mut(value));
                    if let Some(count) = count {
                        *count += 1;
                    }
                }
            }
        }
        counts
    }
}

/// The field of tags, by its name.
pub(super) const TAG: &str = "tag";
/// So many rows are in one word of marks.
const WORD_ROWS: usize = 64;
