//! Searching the index: it brings a few hundred that may fit, the score sets them in order.

use super::brief;
use super::counts::{Mark, Marks};
use super::question::{Filter, Keys, Order, or_any, profile_filters, profile_query, together};
use super::{JobIndex, JobIndexError, PER_PAGE_MAX};
use crate::exchange::canonical::job::{CandidateProfile, Vacancy};
use crate::labour::matching::{Facets, Guess, Matching, Offer, Removed, Score, order_vacancies, score};
use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};
use tantivy::collector::{Count, TopDocs};
use tantivy::query::{AllQuery, EnableScoring, Query};
use tantivy::schema::Value;
use tantivy::{DocAddress, DocSet, Searcher, TantivyDocument};

/// What was found.
#[derive(Debug)]
pub struct Found {
    /// A page, in the order that was asked for.
    pub page: Vec<FoundVacancy>,
    /// How many can be paged through: no more than are scored.
    pub ranked: usize,
    /// How many meet all filters and are near what was asked; where those are fewer than are scored, and no words were given,
    /// all that meet the filters.
    pub hits: usize,
    /// Counts of all that meet the filters.
    pub facets: Facets,
    /// Where nothing was found, by the names of filters: how many there are without any (`all`), and how many there would be
    /// without that filter alone.
    pub removed: BTreeMap<&'static str, Removed>,
}

/// A vacancy and why it was found.
#[derive(Debug)]
pub struct FoundVacancy {
    /// Which.
    pub vacancy: Vacancy,
    /// How it fits; none where neither a profile was given nor words.
    pub score: Option<Score>,
}

/// As much of a vacancy as the score reads, and where the rest of it is.
struct Brought {
    address: DocAddress,
    vacancy: Vacancy,
    guesses: Vec<Guess>,
    likeness: Option<u16>,
}

impl Brought {
    fn offer(&self) -> Offer<'_> {
        Offer { vacancy: &self.vacancy, guesses: &self.guesses, likeness: self.likeness }
    }
}

impl JobIndex {
    /// Finds vacancies for a profile, for words, or both.
    ///
    /// # Errors
    /// An index that cannot be read.
    pub fn search(
        &self,
        profile: Option<&CandidateProfile>,
        keys: &Keys,
        by: &Matching<'_>,
    ) -> Result<Found, JobIndexError> {
        self.search_page(profile, keys, keys.per_page.clamp(1, PER_PAGE_MAX), by)
    }

    /// The same with pages of any length.
    pub(super) fn search_page(
        &self,
        profile: Option<&CandidateProfile>,
        keys: &Keys,
        per_page: usize,
        by: &Matching<'_>,
    ) -> Result<Found, JobIndexError> {
        let searcher = self.reader.searcher();
        let mut filters = keys.filters(&self.fields, by);
        if let Some(profile) = profile {
            filters.extend(profile_filters(profile, &self.needs(&searcher)?, &self.fields, by.today));
        }
        let words = keys.words_query(&self.fields, |term| searcher.doc_freq(term))?;
        let mut sought: Vec<Box<dyn Query>> =
            profile.map(|profile| profile_query(profile, &self.fields, by)).into_iter().collect();
        sought.extend(words.as_ref().map(|words| words.box_clone()));
        if sought.is_empty() {
            sought.push(Box::new(AllQuery));
        }
        let mut addresses: Vec<DocAddress> = Vec::new();
        let (mut hits, mut marks) = (0, Vec::new());
        for query in sought {
            let find = |query: &dyn Query| top(&searcher, query, keys.order);
            let found = match &words {
                None => near_or_any(query, &filters, find, |found| found.hits)?,
                Some(_) => find(together(query, &filters)?.as_ref())?,
            };
            if found.hits >= hits {
                (hits, marks) = (found.hits, found.marks);
            }
            addresses.extend(found.first);
        }
        addresses.sort();
        addresses.dedup();
        let likeness = words.map(|words| likeness(&searcher, words.as_ref(), &addresses)).transpose()?;
        let brought = brought(&searcher, &addresses, likeness.as_ref())?;
        let ordered = order(profile, &brought, keys.order, by);
        let removed = if ordered.is_empty() { removed(&searcher, &filters)? } else { BTreeMap::new() };
        let ranked = ordered.len();
        let shown = ordered.into_iter().skip(keys.page.saturating_mul(per_page)).take(per_page);
        let page = self.whole(&searcher, profile, shown, by)?;
        let facets = self.tags.count(marks, &searcher)?;
        Ok(Found { page, ranked, hits, facets, removed })
    }

    /// The vacancies that a profile may take in order, by what is scored alone: no facets, no counts.
    ///
    /// # Errors
    /// An index that cannot be read.
    pub fn matches(
        &self,
        profile: &CandidateProfile,
        by: &Matching<'_>,
    ) -> Result<Vec<FoundVacancy>, JobIndexError> {
        self.best_matches(profile, CANDIDATES, by)
    }

    /// The same, no more than so many.
    ///
    /// # Errors
    /// An index that cannot be read.
    pub fn best_matches(
        &self,
        profile: &CandidateProfile,
        limit: usize,
        by: &Matching<'_>,
    ) -> Result<Vec<FoundVacancy>, JobIndexError> {
        let searcher = self.reader.searcher();
        let mut filters = Keys::default().filters(&self.fields, by);
        filters.extend(profile_filters(profile, &self.needs(&searcher)?, &self.fields, by.today));
        let near = profile_query(profile, &self.fields, by);
        let best = |query: &dyn Query| {
            let found = searcher.search(query, &TopDocs::with_limit(CANDIDATES).order_by_score())?;
            Ok(found.into_iter().map(|(_, address)| address).collect())
        };
        let mut addresses: Vec<DocAddress> = near_or_any(near, &filters, best, Vec::len)?;
        addresses.sort();
        let brought = brought(&searcher, &addresses, None)?;
        let ordered = order(Some(profile), &brought, Order::Match, by);
        self.whole(&searcher, Some(profile), ordered.into_iter().take(limit), by)
    }

    /// Reads whole what is shown, with the reasons.
    fn whole<'a>(
        &self,
        searcher: &Searcher,
        profile: Option<&CandidateProfile>,
        shown: impl Iterator<Item = &'a Brought>,
        by: &Matching<'_>,
    ) -> Result<Vec<FoundVacancy>, JobIndexError> {
        let mut page = Vec::new();
        for one in shown {
            let vacancy = self.kept(searcher, one.address)?;
            let read = Vacancy { places: vacancy.places.clone(), ..one.vacancy.clone() }; // a reason names its place
            let offer = Offer { vacancy: &read, ..one.offer() };
            let score = match profile {
                Some(profile) => Some(score(profile, &offer, by)),
                None => one.likeness.map(Score::of_words),
            };
            page.push(FoundVacancy { vacancy, score });
        }
        Ok(page)
    }

    /// The vacancies whose words are nearest, by BM25 of words alone, those first that a profile can take if one is given.
    /// It is what matching is measured against.
    ///
    /// # Errors
    /// An index that cannot be read.
    pub fn by_words_alone(
        &self,
        words: &str,
        filtered_for: Option<&CandidateProfile>,
        limit: usize,
        by: &Matching<'_>,
    ) -> Result<Vec<Vacancy>, JobIndexError> {
        let searcher = self.reader.searcher();
        let keys = Keys { words: words.to_owned(), ..Keys::default() };
        let Some(query) = keys.plain_words_query(&self.fields) else { return Ok(Vec::new()) };
        let filters = match filtered_for {
            Some(profile) => profile_filters(profile, &self.needs(&searcher)?, &self.fields, by.today),
            None => Vec::new(),
        };
        let query = together(query, &filters)?;
        let found = searcher.search(query.as_ref(), &TopDocs::with_limit(limit.max(1)).order_by_score())?;
        found.into_iter().map(|(_, address)| self.kept(&searcher, address)).collect()
    }

    pub(super) fn kept(&self, searcher: &Searcher, address: DocAddress) -> Result<Vacancy, JobIndexError> {
        let row: TantivyDocument = searcher.doc(address)?;
        let bytes = row.get_first(self.fields.kept).and_then(|value| value.as_bytes().map(<[u8]>::to_vec));
        let bytes = bytes.ok_or(JobIndexError::Empty)?;
        serde_json::from_slice(&bytes).map_err(|source| JobIndexError::Kept { source })
    }
}

/// What one pass finds.
struct Top {
    first: Vec<DocAddress>,
    hits: usize,
    marks: Vec<Marks>,
}

/// What is near what is asked for; where those are fewer than are scored, what there is of all that meet the filters.
fn near_or_any<T>(
    query: Box<dyn Query>,
    filters: &[Filter],
    find: impl Fn(&dyn Query) -> Result<T, JobIndexError>,
    count: impl Fn(&T) -> usize,
) -> Result<T, JobIndexError> {
    let near = find(together(query.box_clone(), filters)?.as_ref())?;
    if count(&near) >= CANDIDATES { Ok(near) } else { find(together(or_any(query), filters)?.as_ref()) }
}

fn top(searcher: &Searcher, query: &dyn Query, order: Order) -> Result<Top, JobIndexError> {
    let limit = TopDocs::with_limit(CANDIDATES);
    let (hits, first, marks) = match order {
        Order::Match => {
            let (hits, first, marks) = searcher.search(query, &(Count, limit.order_by_score(), Mark))?;
            (hits, first.into_iter().map(|(_, address)| address).collect(), marks)
        }
        Order::Recent => {
            let newest = limit.order_by_fast_field::<u64>("posted", tantivy::Order::Desc);
            let (hits, first, marks) = searcher.search(query, &(Count, newest, Mark))?;
            (hits, first.into_iter().map(|(_, address)| address).collect(), marks)
        }
    };
    Ok(Top { first, hits, marks })
}

/// What the score reads of some rows, which stand in the order of segments.
fn brought(
    searcher: &Searcher,
    addresses: &[DocAddress],
    likeness: Option<&HashMap<DocAddress, u16>>,
) -> Result<Vec<Brought>, JobIndexError> {
    let mut brought = Vec::with_capacity(addresses.len());
    for of_segment in addresses.chunk_by(|one, next| one.segment_ord == next.segment_ord) {
        let Some(first) = of_segment.first() else { continue };
        let column = searcher.segment_reader(first.segment_ord).fast_fields().u64(BRIEF)?;
        for address in of_segment {
            let (vacancy, guesses) =
                brief::read(column.values_for_doc(address.doc_id)).ok_or(JobIndexError::Brief)?;
            let likeness = likeness.map(|all| all.get(address).copied().unwrap_or_default());
            brought.push(Brought { address: *address, vacancy, guesses, likeness });
        }
    }
    Ok(brought)
}

/// How well words fit each of some rows, of 1000 of the best among them.
fn likeness(
    searcher: &Searcher,
    words: &dyn Query,
    addresses: &[DocAddress],
) -> Result<HashMap<DocAddress, u16>, JobIndexError> {
    let weight = words.weight(EnableScoring::enabled_from_searcher(searcher))?;
    let mut found: Vec<(DocAddress, f32)> = Vec::new();
    for (segment, reader) in (0_u32..).zip(searcher.segment_readers()) {
        let mut scorer = weight.scorer(reader, 1.0)?;
        for address in addresses.iter().filter(|address| address.segment_ord == segment) {
            if scorer.doc() < address.doc_id {
                scorer.seek(address.doc_id);
            }
            if scorer.doc() == address.doc_id {
                found.push((*address, scorer.score()));
            }
        }
    }
    let best = found.iter().map(|(_, score)| *score).fold(f32::MIN_POSITIVE, f32::max);
    Ok(found.into_iter().map(|(address, score)| (address, permille(score / best))).collect())
}

fn permille(part: f32) -> u16 {
    let rounded = (part.clamp(0.0, 1.0) * 1000.0).round();
    // a number of at most four digits is written and read back: `as` is denied, and no conversion of floats checks
    format!("{rounded:.0}").parse().unwrap_or_default()
}

/// The order that was asked for; a profile's barriers are judged again here, by the vacancy itself.
fn order<'a>(
    profile: Option<&CandidateProfile>,
    brought: &'a [Brought],
    order: Order,
    by: &Matching<'_>,
) -> Vec<&'a Brought> {
    let newest = |one: &&'a Brought| (Reverse(one.vacancy.posted_on), &one.vacancy.reference);
    let mut ordered: Vec<&Brought> = match profile {
        Some(profile) => {
            let found = order_vacancies(profile, brought.iter().map(|one| (one.offer(), one)), by);
            found.into_iter().map(|(one, _)| one).collect()
        }
        None => brought.iter().collect(),
    };
    match (order, profile) {
        (Order::Match, Some(_)) => {}
        (Order::Match, None) => {
            ordered.sort_by(|a, b| (Reverse(a.likeness), newest(a)).cmp(&(Reverse(b.likeness), newest(b))));
        }
        (Order::Recent, Some(_) | None) => ordered.sort_by(|a, b| newest(a).cmp(&newest(b))),
    }
    ordered
}

/// How many rows each filter keeps out that no other does.
fn removed(
    searcher: &Searcher,
    filters: &[Filter],
) -> Result<BTreeMap<&'static str, Removed>, JobIndexError> {
    let mut removed = BTreeMap::new();
    let count = |filters: Vec<&Filter>| -> Result<usize, JobIndexError> {
        let clauses: Vec<_> = filters.iter().map(|filter| (filter.occur, filter.query.box_clone())).collect();
        let all: Box<dyn Query> = Box::new(AllQuery);
        let clauses = [(tantivy::query::Occur::Must, all)].into_iter().chain(clauses).collect();
        Ok(searcher.search(&tantivy::query::BooleanQuery::new(clauses), &Count)?)
    };
    let whole = count(Vec::new())?;
    let none = count(filters.iter().collect())?;
    for filter in filters {
        let kept = count(vec![filter])?;
        let others = count(filters.iter().filter(|other| other.name != filter.name).collect())?;
        removed.insert(filter.name, Removed { all: whole - kept, by_it_alone: others.saturating_sub(none) });
    }
    Ok(removed)
}

/// How many are scored.
pub(super) const CANDIDATES: usize = 700;
/// The column of briefs, by its name.
pub(super) const BRIEF: &str = "brief";
