//! Searching the index: it brings a few hundred that may fit, the score sets them in order.

use super::fields::Kept;
use super::question::{Filter, Keys, Order, profile_filters, profile_query, together};
use super::{JobIndex, JobIndexError, PER_PAGE_MAX};
use crate::exchange::canonical::job::{CandidateProfile, Vacancy};
use crate::labour::matching::{Facets, Guess, Matched, Matching, Offer, Removed, Score, rank_vacancies};
use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};
use tantivy::aggregation::AggregationCollector;
use tantivy::aggregation::agg_req::Aggregations;
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
    /// How many meet all filters.
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

/// A vacancy that was brought from the index.
struct Brought {
    kept: Kept,
    /// As it is scored.
    read: Vacancy,
    guesses: Vec<Guess>,
    likeness: Option<u16>,
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
        let searcher = self.reader.searcher();
        let mut filters = keys.filters(&self.fields, by);
        if let Some(profile) = profile {
            filters.extend(profile_filters(profile, &self.needs()?, &self.fields, by.today));
        }
        let words = keys.words_query(&self.fields);
        let likeness = |addresses: &[DocAddress]| match &words {
            Some(words) => likeness(&searcher, words.as_ref(), addresses),
            None => Ok(HashMap::new()),
        };
        let mut sought: Vec<Box<dyn Query>> =
            profile.map(|profile| profile_query(profile, &self.fields, by)).into_iter().collect();
        sought.extend(words.as_ref().map(|words| words.box_clone()));
        if sought.is_empty() {
            sought.push(Box::new(AllQuery));
        }
        let mut addresses: Vec<DocAddress> = Vec::new();
        let mut hits = 0;
        let mut facets = Facets::default();
        for query in sought {
            let query = together(query, &filters)?;
            let (count, top) = top(&searcher, query.as_ref(), keys.order)?;
            if count >= hits {
                (hits, facets) = (count, self.facets(&searcher, query.as_ref())?);
            }
            addresses.extend(top);
        }
        addresses.sort();
        addresses.dedup();
        let likeness = likeness(&addresses)?;
        let mut brought = Vec::with_capacity(addresses.len());
        for address in addresses {
            let kept = self.kept(&searcher, address)?;
            let likeness = words.is_some().then(|| likeness.get(&address).copied().unwrap_or_default());
            brought.push(Brought { guesses: kept.guesses(), read: kept.read(), kept, likeness });
        }
        let ordered = order(profile, brought, keys.order, by);
        let removed = if ordered.is_empty() { removed(&searcher, &filters)? } else { BTreeMap::new() };
        let per_page = keys.per_page.clamp(1, PER_PAGE_MAX);
        let ranked = ordered.len();
        let page = ordered.into_iter().skip(keys.page.saturating_mul(per_page)).take(per_page).collect();
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
        let searcher = self.reader.searcher();
        let mut filters = Keys::default().filters(&self.fields, by);
        filters.extend(profile_filters(profile, &self.needs()?, &self.fields, by.today));
        let query = together(profile_query(profile, &self.fields, by), &filters)?;
        let found = searcher.search(query.as_ref(), &TopDocs::with_limit(CANDIDATES).order_by_score())?;
        let mut addresses: Vec<DocAddress> = found.into_iter().map(|(_, address)| address).collect();
        addresses.sort();
        let mut brought = Vec::with_capacity(addresses.len());
        for address in addresses {
            let kept = self.kept(&searcher, address)?;
            brought.push(Brought { guesses: kept.guesses(), read: kept.read(), kept, likeness: None });
        }
        Ok(order(Some(profile), brought, Order::Match, by))
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
            Some(profile) => profile_filters(profile, &self.needs()?, &self.fields, by.today),
            None => Vec::new(),
        };
        let query = together(query, &filters)?;
        let found = searcher.search(query.as_ref(), &TopDocs::with_limit(limit.max(1)).order_by_score())?;
        found.into_iter().map(|(_, address)| Ok(self.kept(&searcher, address)?.vacancy)).collect()
    }

    fn kept(&self, searcher: &Searcher, address: DocAddress) -> Result<Kept, JobIndexError> {
        let row: TantivyDocument = searcher.doc(address)?;
        let bytes = row.get_first(self.fields.kept).and_then(|value| value.as_bytes().map(<[u8]>::to_vec));
        let bytes = bytes.ok_or(JobIndexError::Empty)?;
        serde_json::from_slice(&bytes).map_err(|source| JobIndexError::Kept { source })
    }

    fn facets(&self, searcher: &Searcher, query: &dyn Query) -> Result<Facets, JobIndexError> {
        let asked = serde_json::json!({ "tags": { "terms": { "field": "tag", "size": FACET_TERMS_MAX } } });
        let asked: Aggregations =
            serde_json::from_value(asked).map_err(|source| JobIndexError::Kept { source })?;
        let told = searcher.search(query, &AggregationCollector::from_aggs(asked, Default::default()))?;
        let told = serde_json::to_value(told).map_err(|source| JobIndexError::Kept { source })?;
        let buckets =
            told.pointer("/tags/buckets").and_then(|buckets| buckets.as_array()).cloned().unwrap_or_default();
        let mut counts: BTreeMap<&'static str, Vec<(String, u64)>> = BTreeMap::new();
        for bucket in &buckets {
            let tag = bucket.get("key").and_then(|key| key.as_str()).and_then(|key| key.split_once(':'));
            let count = bucket.get("doc_count").and_then(serde_json::Value::as_u64);
            let Some(((name, value), count)) = tag.zip(count) else { continue };
            let name = Facets::NAMES.into_iter().find(|known| *known == name);
            if let Some(name) = name.filter(|_| !value.ends_with('/')) {
                counts.entry(name).or_default().push((value.to_owned(), count));
            }
        }
        Ok(Facets::from_counts(counts.into_iter()))
    }
}

fn top(
    searcher: &Searcher,
    query: &dyn Query,
    order: Order,
) -> Result<(usize, Vec<DocAddress>), JobIndexError> {
    match order {
        Order::Match => {
            let collector = (Count, TopDocs::with_limit(CANDIDATES).order_by_score());
            let (count, found) = searcher.search(query, &collector)?;
            Ok((count, found.into_iter().map(|(_, address)| address).collect()))
        }
        Order::Recent => {
            let newest =
                TopDocs::with_limit(CANDIDATES).order_by_fast_field::<u64>("posted", tantivy::Order::Desc);
            let (count, found) = searcher.search(query, &(Count, newest))?;
            Ok((count, found.into_iter().map(|(_, address)| address).collect()))
        }
    }
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
fn order(
    profile: Option<&CandidateProfile>,
    brought: Vec<Brought>,
    order: Order,
    by: &Matching<'_>,
) -> Vec<FoundVacancy> {
    let mut ordered: Vec<(usize, Option<Score>)> = match profile {
        Some(profile) => {
            let offers = brought.iter().map(|one| Offer {
                vacancy: &one.read,
                guesses: &one.guesses,
                likeness: one.likeness,
            });
            let places: HashMap<_, _> =
                brought.iter().enumerate().map(|(at, one)| (&one.kept.vacancy.reference, at)).collect();
            let ranked = rank_vacancies(profile, offers, by);
            let place = |matched: Matched<Offer<'_>>| {
                Some((*places.get(&matched.item.vacancy.reference)?, Some(matched.score)))
            };
            ranked.found.into_iter().filter_map(place).collect()
        }
        None => {
            let mut by_words: Vec<usize> = (0..brought.len()).collect();
            by_words.sort_by_key(|at| {
                brought.get(*at).map(|one| {
                    let vacancy = &one.kept.vacancy;
                    (Reverse(one.likeness), Reverse(vacancy.posted_on), vacancy.reference.clone())
                })
            });
            let score = |at: usize| {
                let likeness = brought.get(at)?.likeness?;
                Some(Score::of_words(likeness))
            };
            by_words.into_iter().map(|at| (at, score(at))).collect()
        }
    };
    if order == Order::Recent {
        ordered.sort_by_key(|(at, _)| {
            brought
                .get(*at)
                .map(|one| (Reverse(one.kept.vacancy.posted_on), one.kept.vacancy.reference.clone()))
        });
    }
    let mut brought: Vec<Option<Brought>> = brought.into_iter().map(Some).collect();
    let take = |(at, score): (usize, Option<Score>)| {
        let brought = brought.get_mut(at)?.take()?;
        Some(FoundVacancy { vacancy: brought.kept.vacancy, score })
    };
    ordered.into_iter().filter_map(take).collect()
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
const CANDIDATES: usize = 400;
/// The most different tags that are counted.
const FACET_TERMS_MAX: u32 = 4_000;
