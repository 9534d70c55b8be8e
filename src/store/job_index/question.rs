//! What is asked of the index: the keys of a search, and how they become a query.

use super::JobIndexError;
use super::fields::{Fields, day_number};
use crate::exchange::canonical::job::{
    CandidateProfile, ExperienceBand, IscoCode, LanguageCode, Offering, Place, Remote, Schedule, Schooling,
};
use crate::exchange::canonical::{Coded, Country, Money, State};
use crate::labour::matching::{Matching, Need, grams, own_occupations, word_terms};
use jiff::civil::Date;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use std::ops::Bound;
use tantivy::Term;
use tantivy::query::{
    AllQuery, BooleanQuery, BoostQuery, ConstScoreQuery, Occur, Query, RangeQuery, TermQuery,
};
use tantivy::schema::{Field, IndexRecordOption};

/// The keys of a search (`labour.md` §7). An empty list asks nothing.
#[derive(Debug, Clone, Default)]
pub struct Keys {
    /// Words that a reader typed.
    pub words: String,
    /// In which states.
    pub states: Vec<State>,
    /// In which regions.
    pub regions: Vec<Place>,
    /// In which major groups of occupations, by the codes of the source.
    pub majors: Vec<IscoCode>,
    /// As which occupations: groups of any level, as they are meant.
    pub groups: Vec<IscoCode>,
    /// Posted on this day or later.
    pub posted_from: Option<Date>,
    /// The least pay for a month; what is paid in another currency is compared by the rates.
    pub pay_from: Option<Money>,
    /// From afar.
    pub remote: Vec<Remote>,
    /// Which contracts.
    pub offerings: Vec<Offering>,
    /// How much of the time.
    pub schedules: Vec<Schedule>,
    /// Which schooling is asked for.
    pub schoolings: Vec<Schooling>,
    /// Which experience is asked for.
    pub experience: Vec<ExperienceBand>,
    /// In which language the text is.
    pub languages: Vec<LanguageCode>,
    /// From which sources.
    pub sources: Vec<(State, Coded)>,
    /// In which order.
    pub order: Order,
    /// Which page, from 0.
    pub page: usize,
    /// How many on a page, at most [`PER_PAGE_MAX`](super::PER_PAGE_MAX).
    pub per_page: usize,
}

/// In which order.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Order {
    /// The best first.
    #[default]
    Match,
    /// The newest first.
    Recent,
}

/// A filter with its name, so that it can be told how many it removed.
pub(super) struct Filter {
    pub(super) name: &'static str,
    pub(super) query: Box<dyn Query>,
    pub(super) occur: Occur,
}

impl Keys {
    /// What the keys demand.
    pub(super) fn filters(&self, fields: &Fields, by: &Matching<'_>) -> Vec<Filter> {
        let regions: Vec<String> = self.regions.iter().filter_map(region_tag).collect();
        let sources = self.sources.iter().map(|(state, source)| format!("{state}/{}", source.as_str()));
        let lists: [(&'static str, Vec<String>); 10] = [
            ("state", texts(&self.states)),
            ("region", regions),
            ("major", texts(&self.majors)),
            ("remote", texts(&self.remote)),
            ("offering", texts(&self.offerings)),
            ("schedule", texts(&self.schedules)),
            ("schooling", texts(&self.schoolings)),
            ("experience", texts(&self.experience)),
            ("language", texts(&self.languages)),
            ("source", sources.collect()),
        ];
        let mut filters = Vec::new();
        for (name, values) in lists {
            if !values.is_empty() {
                let tags = values.iter().map(|value| format!("{name}:{value}"));
                filters.push(Filter { name, query: any_of(fields.tag, tags), occur: Occur::Must });
            }
        }
        if !self.groups.is_empty() {
            let query = any_of(fields.group, texts(&self.groups).into_iter());
            filters.push(Filter { name: "occupation", query, occur: Occur::Must });
        }
        if let Some(from) = self.posted_from {
            let query = range(fields.posted, Bound::Included(day_number(from)), Bound::Unbounded);
            filters.push(Filter { name: "posted", query, occur: Occur::Must });
        }
        if let Some(least) = self.pay_from {
            filters.push(Filter { name: "pay", query: pay_query(least, fields, by), occur: Occur::Must });
        }
        filters.push(open_on(by.today, fields));
        filters
    }

    /// The words that were typed, weighted by BM25. `rows` tells how many rows have a term: of the grams the rarest are asked
    /// for, since those that half of all titles have find everything and tell nothing.
    pub(super) fn words_query(
        &self,
        fields: &Fields,
        rows: impl Fn(&Term) -> tantivy::Result<u64>,
    ) -> Result<Option<Box<dyn Query>>, JobIndexError> {
        let mut clauses: Vec<(Occur, Box<dyn Query>)> = Vec::new();
        let mut add = |term: Term, boost| {
            let query = TermQuery::new(term, IndexRecordOption::WithFreqs);
            clauses.push((Occur::Should, Box::new(BoostQuery::new(Box::new(query), boost))));
        };
        for term in unique(word_terms(&self.words)) {
            add(Term::from_field_text(fields.title, &term), TITLE_BOOST);
            add(Term::from_field_text(fields.text, &term), 1.0);
        }
        let mut by_rows = Vec::new();
        for gram in unique(grams(&self.words)) {
            let term = Term::from_field_text(fields.gram, &gram);
            by_rows.push((rows(&term)?, term));
        }
        by_rows.sort();
        let found = by_rows.into_iter().filter(|(rows, _)| *rows > 0);
        found.take(GRAMS_MAX).for_each(|(_, term)| add(term, GRAM_BOOST));
        Ok(if clauses.is_empty() { None } else { Some(Box::new(BooleanQuery::new(clauses))) })
    }

    /// The words weighted by BM25 of words alone: what matching is measured against.
    pub(super) fn plain_words_query(&self, fields: &Fields) -> Option<Box<dyn Query>> {
        let clauses: Vec<(Occur, Box<dyn Query>)> = unique(word_terms(&self.words))
            .iter()
            .map(|term| {
                let term = Term::from_field_text(fields.text, term);
                let query: Box<dyn Query> = Box::new(TermQuery::new(term, IndexRecordOption::WithFreqs));
                (Occur::Should, query)
            })
            .collect();
        if clauses.is_empty() { None } else { Some(Box::new(BooleanQuery::new(clauses))) }
    }
}

/// What a profile demands: where, and that the person meets what is asked. `needs` are all demands that the index knows.
pub(super) fn profile_filters(
    profile: &CandidateProfile,
    needs: &[Need],
    fields: &Fields,
    today: Date,
) -> Vec<Filter> {
    let mut filters = Vec::new();
    let wishes = &profile.wishes;
    let afar: Vec<String> = match wishes.remote {
        Some(Remote::Only | Remote::Possible) => vec!["remote:only".to_owned(), "remote:possible".to_owned()],
        Some(Remote::No) | None => Vec::new(),
    };
    if wishes.remote == Some(Remote::Only) {
        let query = any_of(fields.tag, afar.iter().cloned());
        filters.push(Filter { name: "not_afar", query, occur: Occur::Must });
    }
    if wishes.remote == Some(Remote::No) {
        let query = any_of(fields.tag, ["remote:only".to_owned()].into_iter());
        filters.push(Filter { name: "afar_only", query, occur: Occur::MustNot });
    }
    if !wishes.states.is_empty() {
        let states = wishes.states.iter().map(|state| format!("state:{state}"));
        let query = any_of(fields.tag, states.chain(afar.iter().cloned()));
        filters.push(Filter { name: "state_not_wished", query, occur: Occur::Must });
    }
    if !wishes.would_move {
        let home = profile.home.as_ref();
        let country = home.map_or(Country::from(profile.state), |home| home.country);
        let near = match home.and_then(region_tag) {
            Some(region) => vec![format!("region:{region}"), format!("region:{country}/")],
            None => vec![format!("state:{country}")],
        };
        let query = any_of(fields.tag, near.into_iter().chain(afar));
        filters.push(Filter { name: "no_will_to_move", query, occur: Occur::Must });
    }
    for (name, is_of) in NEEDS {
        let unmet = needs.iter().filter(|need| is_of(need) && !need.is_met_by(profile, today));
        let unmet: Vec<String> = unmet.map(ToString::to_string).collect();
        if !unmet.is_empty() {
            filters.push(Filter {
                name,
                query: any_of(fields.need, unmet.into_iter()),
                occur: Occur::MustNot,
            });
        }
    }
    filters
}

/// A kind of demand, and what is of it.
type NeedKind = (&'static str, fn(&Need) -> bool);

const NEEDS: [NeedKind; 4] = [
    ("licence_lacking", |need| matches!(need, Need::Licence(_))),
    ("certificate_lacking", |need| matches!(need, Need::Certificate(_))),
    ("language_lacking", |need| matches!(need, Need::Language(..))),
    ("schooling_below", |need| matches!(need, Need::Schooling(_))),
];

/// What is likely to fit a profile: near occupations and its skills. The order that it gives is rough: the score decides.
pub(super) fn profile_query(
    profile: &CandidateProfile,
    fields: &Fields,
    by: &Matching<'_>,
) -> Box<dyn Query> {
    let mut clauses: Vec<(Occur, Box<dyn Query>)> = Vec::new();
    let mut add = |field, term: &str, points| {
        let query = TermQuery::new(Term::from_field_text(field, term), IndexRecordOption::Basic);
        clauses.push((Occur::Should, Box::new(ConstScoreQuery::new(Box::new(query), points))));
    };
    for own in own_occupations(profile, by.tables, by.weights) {
        let kept = f32::from(u16::try_from(own.share).unwrap_or(1000)) / 1000.0;
        for (level, points) in LEVEL_POINTS {
            if let Some(group) = own.group.at_level(level) {
                add(fields.group, group.as_code(), points * kept);
            }
        }
    }
    for code in profile.skills.iter().filter_map(|skill| skill.code.as_ref()) {
        if by.tables.groups(code).len() <= SKILL_GROUPS_MAX {
            add(fields.skill, code.as_str(), SKILL_POINTS);
        }
    }
    for tag in profile.wishes.places.iter().chain(&profile.home).filter_map(region_tag) {
        add(fields.tag, &format!("region:{tag}"), PLACE_POINTS);
    }
    if clauses.is_empty() { Box::new(AllQuery) } else { Box::new(BooleanQuery::new(clauses)) }
}

/// The same, and after it whatever else meets the filters: a post with another name in a trade that nobody coded may still be
/// the right one.
pub(super) fn or_any(near: Box<dyn Query>) -> Box<dyn Query> {
    let any = ConstScoreQuery::new(Box::new(AllQuery), 0.0);
    Box::new(BooleanQuery::new(vec![(Occur::Should, near), (Occur::Should, Box::new(any))]))
}

fn open_on(today: Date, fields: &Fields) -> Filter {
    let query = range(fields.closes, Bound::Unbounded, Bound::Excluded(day_number(today)));
    Filter { name: "closed", query, occur: Occur::MustNot }
}

fn pay_query(least: Money, fields: &Fields, by: &Matching<'_>) -> Box<dyn Query> {
    let mut currencies = by.rates.map(|rates| rates.currencies()).unwrap_or_default();
    if !currencies.contains(&least.currency) {
        currencies.push(least.currency);
    }
    let mut clauses: Vec<(Occur, Box<dyn Query>)> = Vec::new();
    for currency in currencies {
        let factor = match currency == least.currency {
            true => Some(Decimal::ONE),
            false => by
                .rates
                .and_then(|rates| rates.factor(least.currency, currency, by.today))
                .map(|(factor, _)| factor),
        };
        let units = factor
            .and_then(|factor| least.amount.checked_mul(factor))
            .and_then(|units| units.ceil().to_u64());
        let Some(units) = units else { continue };
        let of_currency = any_of(fields.tag, [format!("currency:{currency}")].into_iter());
        let enough = range(fields.pay, Bound::Included(units), Bound::Unbounded);
        clauses.push((Occur::Should, Box::new(BooleanQuery::intersection(vec![of_currency, enough]))));
    }
    Box::new(ConstScoreQuery::new(Box::new(BooleanQuery::new(clauses)), 0.0))
}

fn range(field: Field, from: Bound<u64>, to: Bound<u64>) -> Box<dyn Query> {
    let term = |value| Term::from_field_u64(field, value);
    Box::new(ConstScoreQuery::new(Box::new(RangeQuery::new(from.map(term), to.map(term))), 0.0))
}

/// Any of the terms; it gives no points.
fn any_of(field: Field, terms: impl Iterator<Item = String>) -> Box<dyn Query> {
    let clauses: Vec<(Occur, Box<dyn Query>)> = terms
        .map(|term| {
            let query = TermQuery::new(Term::from_field_text(field, &term), IndexRecordOption::Basic);
            let query: Box<dyn Query> = Box::new(query);
            (Occur::Should, query)
        })
        .collect();
    Box::new(ConstScoreQuery::new(Box::new(BooleanQuery::new(clauses)), 0.0))
}

fn region_tag(place: &Place) -> Option<String> {
    Some(format!("{}/{}", place.country, place.region.as_ref()?.as_str()))
}

fn texts<T: ToString>(values: &[T]) -> Vec<String> {
    values.iter().map(ToString::to_string).collect()
}

fn unique(mut terms: Vec<String>) -> Vec<String> {
    terms.sort();
    terms.dedup();
    terms.truncate(TERMS_MAX);
    terms
}

/// All filters and, of these, what is sought.
pub(super) fn together(sought: Box<dyn Query>, filters: &[Filter]) -> Result<Box<dyn Query>, JobIndexError> {
    let clauses = filters.iter().map(|filter| (filter.occur, filter.query.box_clone()));
    Ok(Box::new(BooleanQuery::new([(Occur::Must, sought)].into_iter().chain(clauses).collect())))
}

const TITLE_BOOST: f32 = 2.0;
const GRAM_BOOST: f32 = 0.3;
/// So many grams are asked for: those of a long word.
const GRAMS_MAX: usize = 12;
/// More words of a reader are not looked at.
const TERMS_MAX: usize = 64;
/// What a group shared at a level gives on the way to the score: only the order of the first few hundred matters.
const LEVEL_POINTS: [(u8, f32); 3] = [(4, 8.0), (3, 5.0), (2, 2.0)];
const SKILL_POINTS: f32 = 2.0;
/// A skill that more groups need finds everything and tells nothing.
const SKILL_GROUPS_MAX: usize = 8;
const PLACE_POINTS: f32 = 0.5;
